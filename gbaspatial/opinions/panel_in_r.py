"""What R is asked of a panel: plm, nlme and lm as they are; spatialreg with W in blocks and effects as dummies."""

from __future__ import annotations

from dataclasses import dataclass

from gbaspatial.opinions.panel_peers import DUMMIES, ERRED, LAGGED, STRAIGHT, freedom, shape_of
from gbaspatial.opinions.panel_scripts import BOTH, r_straight
from gbaspatial.opinions.panel_test_peers import r_panel_tests
from gbaspatial.opinions.script_heads import r_head, r_names, r_style
from gbaspatial.opinions.subject import Subject


@dataclass(frozen=True, slots=True)
class Question:
    """The text for R without the printing, the package asked, the call, and to which tolerance both agree."""

    text: str
    package: str
    call: str
    tolerance: float


def question_of(subject: Subject) -> Question | None:
    """How R is asked about a panel; None where it has no counterpart that is asked."""
    if not subject.plain:
        return None
    if subject.kind == "panel_specification":
        work = r_panel_tests(subject)
        read = ["say(names(made), made)"]
        return (
            None
            if work is None
            else Question(
                "\n".join([*r_head(subject), *work[:-1], *read]),
                "plm",
                "pcdtest(), pFtest(), plmtest(), phtest(), pwartest(), cipstest()",
                1e-6,
            )
        )
    if subject.kind in STRAIGHT:
        work = r_straight(subject)
        return None if work is None else _straight(subject, work)
    if subject.kind not in (*LAGGED, *ERRED, *BOTH) or subject.method not in DUMMIES:
        return None
    return _spatial(subject)


def _straight(subject: Subject, work: list[str]) -> Question:
    fit = next(line for line in work if line.startswith("fit <- "))
    call = fit.removeprefix("fit <- ").partition("(")[0]
    package = {"plm": "plm", "pcce": "plm", "lme": "nlme"}.get(call, "R")
    within = call in ("plm", "pcce")
    terms = [*([] if within or not subject.intercept else ["Intercept"]), *subject.terms]
    read = [f"names <- {r_names(terms)}"]
    if call == "lme":  # adjustSigma: standard errors there are over n - k, ours as all of maximum likelihood
        read += ["b <- fixef(fit)", "se <- sqrt(diag(fit$varFix))", 'say("sigma2", fit$sigma^2)',
                 'say("log_likelihood", logLik(fit))']  # fmt: skip
    elif call == "pcce":
        read += ["b <- coef(fit)[seq_along(names)]"]
    else:
        read += ["b <- coef(fit)", "se <- sqrt(diag(vcov(fit)))", 'say("sigma2", deviance(fit) / df.residual(fit))']
        read += ['say("log_likelihood", logLik(fit))'] if call == "lm" else []
    read += ['say(paste0("params[", names, "]"), b)']
    read += [] if call == "pcce" else ['say(paste0("std_errors[", names, "]"), se)']
    lines = [line for line in work if not line.startswith("print(")]
    return Question("\n".join([*r_head(subject), *lines, *read]), package, f"{call}()",
                    1e-4 if call == "lme" else 1e-6)  # fmt: skip


def _spatial(subject: Subject) -> Question:
    lagged, erred = subject.kind in (*LAGGED, *BOTH), subject.kind in (*ERRED, *BOTH)
    call = "sacsarlm" if lagged and erred else "lagsarlm" if lagged else "errorsarlm"
    columns = list(subject.columns.columns)
    dummies = [f"factor({'id' if name == 'unit' else 'time'})" for name in DUMMIES[subject.method]]
    constant = subject.intercept or bool(dummies)
    right = " + ".join([*columns, *dummies]) or "1"
    shape, k = shape_of(subject), len(columns)
    taken = f"{1 + constant}:{k + constant}" if not subject.intercept else f"1:{k + 1}"
    read = [
        f"names <- {r_names([*(['Intercept'] if subject.intercept else []), *subject.terms])}",
        f"b <- fit$coefficients[{taken}]", f"se <- fit$rest.se[{taken}]",
        f'say("sigma2", fit$s2 * {freedom(subject)!r})', 'say("log_likelihood", fit$LL)',
        'say(paste0("params[", names, "]"), b)',
        f'say(paste0("std_errors[", names, "]"), se * sqrt({freedom(subject)!r}))',
    ]  # fmt: skip
    for ours, theirs in (("rho", "rho"), ("lambda", "lambda")):
        if (lagged and ours == "rho") or (erred and ours == "lambda"):
            read += [f'say("params[{ours}]", fit${theirs})',
                     f'say("std_errors[{ours}]", fit${theirs}.se * sqrt({freedom(subject)!r}))']  # fmt: skip
    lines = [
        f"lw <- suppressWarnings(mat2listw(kronecker(diag({len(shape.periods)}), W), style = \"{r_style(subject)}\"))",
        "suppressPackageStartupMessages(library(spatialreg))",
        f"fit <- {call}(y ~ {right}{'' if constant else ' - 1'}, data = data, listw = lw, method = \"eigen\", "
        f"zero.policy = TRUE, tol.solve = 1e-14)",
    ]  # fmt: skip
    told = f"{call}() with W in blocks" + (f" and {' and '.join(dummies)}" if dummies else "")
    return Question(
        "\n".join([*r_head(subject), *lines, *read]), "spatialreg", told, 1e-3 if lagged and erred else 1e-4
    )
