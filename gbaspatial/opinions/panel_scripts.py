"""The lines that estimate a panel model in PySAL, R (plm, splm, nlme) and Stata (spxtregress, xsmle)."""

from __future__ import annotations

from gbaspatial.opinions.panel_peers import DUMMIES, ERRED, LAGGED, STRAIGHT, added_intercept, shape_of
from gbaspatial.opinions.script_heads import formula
from gbaspatial.opinions.subject import Subject

BOTH = ("panel_sarar", "panel_gns")
PLM_EFFECT = {"unit": "individual", "time": "time", "twoway": "twoways"}


def panel_lines(subject: Subject, language: str) -> list[str] | None:
    """The lines below the head; None where the language has no counterpart."""
    if not subject.plain:
        return None
    straight = subject.kind in STRAIGHT
    if language == "pysal":
        if added_intercept(subject):
            return None
        return _python_straight(subject) if straight else _python_spatial(subject)
    if language == "r":
        return r_straight(subject) if straight else _r_spatial(subject)
    return _stata_straight(subject) if straight else _stata_spatial(subject)


def _lagged(subject: Subject) -> bool:
    return subject.kind in (*LAGGED, *BOTH)


def _erred(subject: Subject) -> bool:
    return subject.kind in (*ERRED, *BOTH)


def _formula(subject: Subject) -> str:
    """The formula as R has it: effects take the intercept out by themselves."""
    return formula(subject) if subject.method == "pooled" else formula(subject).removesuffix(" - 1")


# -- R ------------------------------------------------------------------------------------
def r_straight(subject: Subject) -> list[str] | None:
    """Least squares by lm and plm, random effects by nlme, common correlated effects by plm."""
    index = 'index = c("id", "time")'
    of = _formula(subject)
    if subject.method in PLM_EFFECT:
        call = f'plm({of}, data = data, {index}, model = "within", effect = "{PLM_EFFECT[subject.method]}")'
        package = "plm"
    elif subject.method == "random" and shape_of(subject).errors == "baltagi":
        call, package = f'lme({of}, random = ~ 1 | id, data = data, method = "ML")', "nlme"
    elif subject.method == "common":
        call, package = f'pcce({of}, data = data, {index}, model = "p")', "plm"
    elif subject.method == "pooled":
        return [f"fit <- lm({of}, data = data)", "print(summary(fit))", "print(logLik(fit))"]
    else:
        return None
    return [f"suppressPackageStartupMessages(library({package}))", f"fit <- {call}", "print(summary(fit))"]


def _r_spatial(subject: Subject) -> list[str] | None:
    """spml: its lambda is our rho, its rho our lambda."""
    shape, method = shape_of(subject), subject.method
    if method in PLM_EFFECT:
        corrected = "TRUE" if shape.corrected else "FALSE"
        model = f'model = "within", effect = "{PLM_EFFECT[method]}", LeeYu = {corrected}'
    elif method == "pooled":
        model = 'model = "pooling"'
    elif method == "random" and shape.errors in ("baltagi", "kkp"):
        model = 'model = "random"'
    else:
        return None
    error = {"kkp": "kkp"}.get(shape.errors or "", "b") if _erred(subject) else "none"
    lag = "TRUE" if _lagged(subject) else "FALSE"
    return [
        "library(splm)  # lambda there is the coefficient of W y, rho that of W u",
        f'fit <- spml({_formula(subject)}, data = data, index = c("id", "time"), listw = lw, {model}, lag = {lag}, '
        f'spatial.error = "{error}")',
        "print(summary(fit))",
    ]  # fmt: skip


# -- Python -------------------------------------------------------------------------------
def _python_straight(subject: Subject) -> list[str] | None:
    if subject.method not in DUMMIES:
        return None
    return [*_python_columns(subject, *DUMMIES[subject.method]), "from spreg import OLS", "fit = OLS(y[:, None], x)",
            "print(fit.summary)"]  # fmt: skip


def _python_columns(subject: Subject, *of: str) -> list[str]:
    """`x`: the regressors, with dummies of each unit or period but the first."""
    lines = [f"x = data[{list(subject.columns.columns)!r}].to_numpy(float)"]
    for name in of:
        column = {"unit": "id", "period": "time"}[name]
        lines.append(f"x = np.column_stack([x, pd.get_dummies(data['{column}'], drop_first=True).to_numpy(float)])")
    return lines


def _python_spatial(subject: Subject) -> list[str] | None:
    if subject.kind not in (*LAGGED, *ERRED):
        return None
    lagged, method = _lagged(subject), subject.method
    of: tuple[str, ...]
    if method == "random" and shape_of(subject).errors == "baltagi":
        name, of, wide = ("ML_LagRE" if lagged else "ML_ErrorRE"), (), False
    elif method in ("unit", "twoway"):
        name, of, wide = ("ML_LagFE" if lagged else "ML_ErrorFE"), DUMMIES[method][1:], False
    elif method in ("pooled", "time"):
        name, of, wide = ("ML_Lag" if lagged else "ML_Error"), DUMMIES[method], True
    else:
        return None
    periods = len(shape_of(subject).periods)
    blocks = [
        "from libpysal.weights import WSP", "from scipy import sparse",
        f"w = WSP(sparse.kron(sparse.eye({periods}), w.sparse, format='csr')).to_W(silence_warnings=True)",
        "w.transform = 'O'  # W in blocks, one for each period",
    ]  # fmt: skip
    call = f"{name}(y[:, None], x, w{', method=' + repr('full') if wide else ''})"
    return [*_python_columns(subject, *of), *(blocks if wide else []), f"from spreg import {name}", f"fit = {call}",
            "print(fit.summary)"]  # fmt: skip


# -- Stata --------------------------------------------------------------------------------
def _stata_straight(subject: Subject) -> list[str] | None:
    columns = " ".join(["y", *subject.columns.columns])
    plain = "" if subject.intercept else ", noconstant"
    random = shape_of(subject).errors == "baltagi"
    call = {
        "pooled": f"regress {columns}{plain}",
        "unit": f"xtreg {columns}, fe",
        "time": f"areg {columns}, absorb(time)",
        "twoway": f"xtreg {columns} i.time, fe",
        "random": f"xtreg {columns}, mle{plain.replace(',', '')}" if random else None,
    }.get(subject.method)
    return None if call is None else [call]


def _stata_spatial(subject: Subject) -> list[str] | None:
    """spxtregress where it has the model: corrected unit effects, or random ones; xsmle where nothing is corrected."""
    shape, columns = shape_of(subject), " ".join(["y", *subject.columns.columns])
    sides = ["dvarlag(W)"] * _lagged(subject) + ["errorlag(W)"] * _erred(subject)
    if subject.method == "random" and shape.errors in ("baltagi", "kkp"):
        nested = ["sarpanel"] if shape.errors == "kkp" else []
        return [f"spxtregress {columns}, re {' '.join([*sides, *nested])}"]
    if subject.method == "unit" and shape.corrected:
        return [f"spxtregress {columns}, fe {' '.join(sides)}"]
    kind = {"unit": "ind", "time": "time", "twoway": "both"}.get(subject.method)
    if kind is None or shape.corrected:
        return None
    model, matrices = ("sar", "wmat(Wm)") if not _erred(subject) else ("sem", "emat(Wm)")
    if subject.kind in BOTH:
        model, matrices = "sac", "wmat(Wm) emat(Wm)"
    return [
        "* xsmle is written by users: search xsmle tells where it is",
        f"xsmle {columns}, fe model({model}) {matrices} type({kind}) nolog",
    ]
