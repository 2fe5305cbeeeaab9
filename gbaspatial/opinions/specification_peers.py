"""What spreg and R say of what is made of a fit: its specification tests, its Chow test, its impacts."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from dataclasses import replace
from importlib.metadata import version
from types import SimpleNamespace
from typing import Any

import numpy as np

from gbaspatial.opinions import known
from gbaspatial.opinions.answers import Answer
from gbaspatial.opinions.script_heads import r_names
from gbaspatial.opinions.spreg_models import Call, call_of, made_by
from gbaspatial.opinions.subject import Subject, libpysal_w, row_sums

MULTIPLIER = {  # our names of the tests of least squares, and those of spreg's LMtests
    "lm_error": "lme", "lm_lag": "lml", "robust_lm_error": "rlme", "robust_lm_lag": "rlml", "lm_sarma": "sarma",
}  # fmt: skip
DURBIN = {  # those against lags of the regressors
    "lm_wx": "lmwx", "lm_sdm": "lmspdurbin", "robust_lm_wx": "rlmwx", "robust_lm_lag_sdm": "rlmdurlag",
    "lm_slx_error": "lmslxerr",
}  # fmt: skip
_MAXIMUM = 1e-4  # relative: what two searches for a maximum agree in


def fit_of(subject: Subject) -> Subject:
    """The model whose tests or impacts are asked about."""
    assert subject.of is not None
    return subject.of


# -- spreg --------------------------------------------------------------------------------
def specification(subject: Subject) -> Answer | None:
    """Tests of a fit; None where spreg has none of them."""
    asked = {"ols": _least_squares, "gmm": _instruments, "ml": _likelihoods}.get(subject.method)
    return None if asked is None or call_of(fit_of(subject)) is None else asked(subject)


def _answer(numbers: dict[str, float], call: str, *differences: known.Known, tolerance: float = 1e-6) -> Answer:
    flat = {name: float(np.ravel(value)[0]) for name, value in numbers.items()}
    return Answer(flat, "spreg", version("spreg"), call, differences, tolerance)


def _least_squares(subject: Subject) -> Answer:
    from spreg import LMtests, MoranRes
    from spreg.diagnostics import condition_index, jarque_bera

    fit = fit_of(subject)
    call = call_of(fit)
    assert call is not None
    model = made_by(fit, call)
    numbers = {"condition_number": condition_index(model)}
    calls = ["condition_index()"]
    if fit.intercept or fit.regimes:  # spreg takes the mean of the residuals for zero
        numbers["jarque_bera"] = jarque_bera(model)["jb"]
        calls.append("jarque_bera()")
    if subject.w is not None:
        W = libpysal_w(subject.w)
        found = LMtests(model, W, tests=list(MULTIPLIER.values()))
        numbers |= {name: getattr(found, short)[0] for name, short in MULTIPLIER.items()}
        numbers["moran_residuals"] = MoranRes(model, W, z=True).zI
        calls = ["LMtests()", "MoranRes(z=True)", *calls]
        if _lags_are_new(subject):
            found = LMtests(model, W, tests=list(DURBIN.values()))
            numbers |= {name: getattr(found, short)[0] for name, short in DURBIN.items()}
    if fit.intercept and not fit.regimes and len(fit.terms):
        numbers |= _of_variance(model, fit)
        calls += ["breusch_pagan() and koenker_bassett() of x less its least, by its root", "white()", "vif()"]
    return _answer(numbers, ", ".join(calls))


def _lags_are_new(subject: Subject) -> bool:
    """Whether lags of all regressors can be added: with an intercept, and none of them there already."""
    fit = fit_of(subject)
    if not fit.intercept or fit.regimes or subject.w is None or not len(fit.terms):
        return False
    X = np.column_stack([np.ones(fit.n), fit.columns.to_numpy(dtype=float)])
    lags = subject.w.sparse @ X[:, 1:]
    both = np.column_stack([X, lags])
    plain = not any(term.startswith("W(") or ":W(" in term for term in fit.terms)
    return plain and int(np.linalg.matrix_rank(both / np.linalg.norm(both, axis=0))) == both.shape[1]


def _of_variance(model: object, fit: Subject) -> dict[str, float]:
    """Tests of the variance on X. spreg takes squares of what it is given, so it is given roots."""
    from spreg.diagnostics import breusch_pagan, koenker_bassett, vif, white

    x = fit.columns.to_numpy(dtype=float)
    roots = np.column_stack([np.ones(len(x)), np.sqrt(x - x.min(axis=0))])
    of = SimpleNamespace(**{name: getattr(model, name) for name in ("u", "n", "k", "utu")}, x=roots)
    numbers = {"breusch_pagan": breusch_pagan(of)["bp"], "koenker_bassett": koenker_bassett(of)["kb"]}
    told = white(model)
    if isinstance(told, dict):  # a sentence where X is nearly collinear
        numbers["white"] = told["wh"]
    if len(fit.terms) > 1:
        numbers |= {f"vif[{term}]": part[0] for term, part in zip(fit.terms, vif(model)[1:], strict=True)}
    return numbers


def _instruments(subject: Subject) -> Answer | None:
    fit = fit_of(subject)
    call = call_of(fit)
    if "anselin_kelejian" not in subject.ours or call is None or subject.w is None:
        return None
    from spreg import AKtest

    found = AKtest(made_by(fit, call), libpysal_w(subject.w), case="gen")
    return _answer({"anselin_kelejian": found.ak}, f"AKtest({call.told()}, case='gen')")


def _likelihoods(subject: Subject) -> Answer | None:
    from spreg import OLS
    from spreg.diagnostics import likratiotest
    from spreg.diagnostics_sp import comfac_test

    fit = fit_of(subject)
    call = call_of(fit)
    if call is None or fit.regimes:
        return None
    model = made_by(fit, call)
    y, x = fit.outcome.to_numpy(dtype=float)[:, None], fit.columns.to_numpy(dtype=float)
    numbers, calls = {}, []
    if fit.intercept and len(fit.terms):
        numbers["likelihood_ratio"] = likratiotest(OLS(y, x), model)["likr"]
        calls.append("likratiotest(OLS(), " + call.told() + ")")
    if "common_factor_wald" in subject.ours and fit.intercept and standardized(fit):
        half, betas = x.shape[1] // 2, np.asarray(model.betas)
        vm = np.asarray(model.vm)[1 : 2 * half + 2, 1 : 2 * half + 2]
        # the Wald statistic alone: their order of the derivatives is that of rho last
        numbers["common_factor_wald"] = comfac_test(model.rho, betas[1 : half + 1], betas[half + 1 : -1], vm)[0]
        calls.append("comfac_test()")
    if not numbers:
        return None
    return _answer(numbers, ", ".join(calls), *_excused(fit, call, model), tolerance=10 * _MAXIMUM)


def _excused(fit: Subject, call: Call, model: Any) -> tuple[known.Known, ...]:
    """What is known of spreg's `model`, without what its likelihood shows not to be the reason."""
    logll = getattr(model, "logll", None)
    theirs = {} if logll is None else {"log_likelihood": float(np.ravel(logll)[0])}
    for name, value in zip(call.spatial, np.ravel(model.betas)[-len(call.spatial) :], strict=True):
        theirs[f"params[{name}]"] = float(value)
    return known.excused(call.known, fit.w, fit.ours, theirs)


def standardized(subject: Subject) -> bool:
    """Whether every row of W sums to one, so that no unit is without neighbors."""
    return bool(np.allclose(row_sums(subject), 1.0))


def chow(subject: Subject) -> Answer | None:
    """Wald statistics that coefficients are the same in every class."""
    fit = fit_of(subject)
    call = call_of(fit)
    if call is None or not call.regimes:
        return None
    model = made_by(fit, call)
    found = model.chow
    walds = [*(float(np.ravel(test)[0]) for test in found.regi), float(np.ravel(found.joint)[0])]
    divisors = map(float, subject.method.split(","))
    names = [name for name in subject.ours if name.startswith("statistic[")]
    numbers = {name: wald / by for name, wald, by in zip(names, walds, divisors, strict=True)}
    told = "" if fit.method != "ols" else ", over its degrees of freedom"
    differences = _excused(fit, call, model) if call.spatial else call.known
    return _answer(numbers, f"{call.told()}.chow{told}", *differences, tolerance=call.tolerance)


def impacts(subject: Subject) -> Answer | None:
    """Average impacts of a lag model; spreg puts the feedback of W x of Durbin models into the indirect ones."""
    fit = fit_of(subject)
    call = call_of(fit)
    if call is None or fit.kind != "lag" or fit.regimes or "rho" not in call.spatial:
        return None
    multiplier = importlib.import_module("spreg.sputils").spmultiplier
    model = made_by(fit, call)
    by = multiplier(libpysal_w(fit.w), float(np.ravel(model.rho)[0]), method="full")
    betas = np.ravel(model.betas)[int(fit.intercept) :][: len(fit.terms)]
    numbers = {
        f"{effect}[{term}]": beta * by[letter]
        for effect, letter in (("direct", "adi"), ("indirect", "aii"), ("total", "ati"))
        for term, beta in zip(fit.terms, betas, strict=True)
    }
    differences = (*_excused(fit, call, model), *(() if standardized(fit) else (known.SPREG_TOTAL,)))
    return _answer(numbers, f"{call.told()}, spmultiplier(method='full')", *differences, tolerance=call.tolerance)


OF_FITS: dict[str, Callable[[Subject], Answer | None]] = {
    "specification": specification, "chow": chow, "impacts": impacts,
}  # fmt: skip


# -- as Python --------------------------------------------------------------------------------
def python_lines(subject: Subject, model: Callable[[Subject], list[str] | None]) -> list[str] | None:
    """The model as it is written, and what is made of it."""
    fit = fit_of(subject)
    call = call_of(fit)
    lines = model(fit)
    if call is None or lines is None:
        return None
    written = {"specification": _specification_lines, "chow": _chow_lines, "impacts": _impact_lines}[subject.kind]
    more = written(subject)
    return None if more is None else [*lines[:-1], *more]


def _specification_lines(subject: Subject) -> list[str] | None:
    if subject.method == "ols":
        lines = ["from spreg.diagnostics import condition_index, jarque_bera"]
        if subject.w is None:
            return [*lines, "print(condition_index(fit), jarque_bera(fit))"]
        short = [*MULTIPLIER.values(), *(DURBIN.values() if _lags_are_new(subject) else ())]
        return [
            *lines, "from spreg import LMtests, MoranRes",
            f"tests, moran = LMtests(fit, w, tests={short!r}), MoranRes(fit, w, z=True)",
            f"print({', '.join(f'tests.{name}' for name in short)})",
            "print(moran.I, moran.zI, condition_index(fit), jarque_bera(fit))",
        ]  # fmt: skip
    if subject.method == "gmm" and "anselin_kelejian" in subject.ours:
        return ["from spreg import AKtest", "tests = AKtest(fit, w, case='gen')", "print(tests.ak, tests.p)"]
    fit = fit_of(subject)
    if subject.method != "ml" or not fit.intercept or fit.regimes or not len(fit.terms):
        return None
    return [
        "from spreg import OLS", "from spreg.diagnostics import likratiotest",
        "tests = likratiotest(OLS(y[:, None], x), fit)", "print(tests)",
    ]  # fmt: skip


def _chow_lines(subject: Subject) -> list[str] | None:
    call = call_of(fit_of(subject))
    return ["tests = fit.chow", "print(tests.joint, tests.regi)"] if call is not None and call.regimes else None


def _impact_lines(subject: Subject) -> list[str] | None:
    fit = fit_of(subject)
    if fit.kind != "lag" or fit.regimes:
        return None
    first = int(fit.intercept)
    return [
        "from spreg.sputils import spmultiplier", "by = spmultiplier(w, float(np.ravel(fit.rho)[0]), method='full')",
        f"b = np.ravel(fit.betas)[{first}:{first + len(fit.terms)}]",
        "direct, total = by['adi'] * b, by['ati'] * b", "print(direct, total)",
    ]  # fmt: skip


# -- as R ---------------------------------------------------------------------------------------
def r_lines(subject: Subject, model: Callable[[Subject], list[str] | None]) -> list[str] | None:
    """The model as R has it, and what is made of it; tests and impacts are kept by our names in `made`."""
    fit = fit_of(subject)
    if not fit.plain and subject.method != "ols":
        return None
    if subject.kind == "impacts":
        return _r_impacts(fit, model)
    lines = model(fit)
    if lines is None or subject.kind != "specification":
        return None
    lines = [line for line in lines if not line.startswith("print(")]
    if subject.method == "ols":
        if subject.w is None:
            return None
        return [
            *lines, 'multipliers <- if (exists("lm.RStests")) lm.RStests else lm.LMtests',
            'made <- sapply(multipliers(fit, lw, zero.policy = TRUE, test = "all"), function(t) t$statistic)',
            f"names(made) <- c({', '.join(map(repr, MULTIPLIER))})",
            "made <- c(made, moran_residuals = unname(lm.morantest(fit, lw, zero.policy = TRUE)$statistic))",
            "print(made)",
        ]  # fmt: skip
    if subject.method != "ml":
        return None
    kept = ["likelihood_ratio = LR1.Sarlm(fit)$statistic"] if fit.kind in _WITH_RATIO else []
    kept += ["lm_error_residual = fit$LMtest"] if "lm_error_residual" in subject.ours else []
    if fit.kind in ("error", "durbin_error") and "hausman" in subject.ours:
        kept.append("hausman = Hausman.test(fit)$statistic")
    named = ", ".join(kept)
    return [*lines, f"made <- sapply(list({named}), as.numeric)", "print(made)"] if kept else None


_WITH_RATIO = ("lag", "durbin", "error", "durbin_error")


def _r_impacts(fit: Subject, model: Callable[[Subject], list[str] | None]) -> list[str] | None:
    """Durbin models are written with their lags made by R, which knows only then which column is the lag of which."""
    if fit.kind == "durbin" and fit.method == "ml" and standardized(fit) and fit.intercept:
        half = fit.columns.shape[1] // 2
        plain = replace(fit, columns=fit.columns.iloc[:, :half], terms=fit.terms[:half])
        lines = model(plain)
        lines = None if lines is None else [
            line.replace("lagsarlm(", "lagsarlm(Durbin = TRUE, formula = ") for line in lines]  # fmt: skip
    elif fit.kind == "lag" and fit.method in ("ml", "gmm"):
        lines = model(fit)
    else:
        return None
    if lines is None:
        return None
    return [*(line for line in lines if not line.startswith("print(")), "made <- impacts(fit, listw = lw)",
            "print(made)"]  # fmt: skip


def r_read(subject: Subject) -> list[str]:
    """What is read of `made`."""
    if subject.kind == "specification":
        return ["say(names(made), made)"]
    terms = [name.partition("[")[2] for name in subject.ours if name.startswith("direct[")]
    effects = ("direct", "indirect", "total")
    return [f"terms <- {r_names(terms)}", *(f'say(paste0("{effect}[", terms), made${effect})' for effect in effects)]


def r_call(subject: Subject) -> str:
    """What is asked of R."""
    if subject.kind == "impacts":
        return "impacts()"
    return "lm.LMtests(), lm.morantest()" if subject.method == "ols" else "LR1.Sarlm(), LMtest, Hausman.test()"


def r_known(subject: Subject) -> tuple[known.Known, ...]:
    """What is known of R's answers."""
    by_instruments = subject.method == "gmm" and subject.w is not None and not standardized(subject)
    found = (known.R_INSTRUMENTS,) if by_instruments else ()
    if subject.kind == "impacts" and not standardized(fit_of(subject)):
        return (*found, known.R_TOTAL)
    if subject.kind == "specification" and subject.w is not None and len(subject.w.islands):
        return (known.R_RESIDUALS,)
    return found
