"""`code`: a test or model written for PySAL, R or Stata, with its data, ready to run."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any, Literal

from gbaspatial.errors import OptionError
from gbaspatial.opinions.panel_scripts import panel_lines
from gbaspatial.opinions.script_heads import formula, python_head, r_head, stata_head
from gbaspatial.opinions.subject import Subject
from gbaspatial.opinions.subjects import subject_of
from gbaspatial.options import public, word

Language = Literal["pysal", "r", "stata"]
LANGUAGES = ("pysal", "r", "stata")
MOST_UNITS = 400  # the data stand in the script: beyond, nobody would read it
MOST_ROWS = 5_000  # of panels


@public
def code(result: Any, language: Language) -> str:
    """The script of `result` in another language, with data and W inside, so that it runs as it stands.

    Transformed regressors, dummies and spatial lags are written as columns ``x1, x2, ...``
    with their numbers, named in a comment: so the model is the same to the last digit.

    Parameters
    ----------
    result : a test of `gba.autocorrelation` or a fit of `gba.models`
    language : {"pysal", "r", "stata"}

    Returns
    -------
    str

    Raises
    ------
    OptionError
        If the language has no counterpart, or there are more than 400 units, or 5,000 rows of a panel.

    Examples
    --------
    >>> import gbaspatial as gba
    >>> cities = gba.load_cities(year=2019)
    >>> w = gba.weights.contiguity(cities).row_standardized()
    >>> print(code(gba.autocorrelation.moran(cities["gdp_pc_cny"], w), "r").splitlines()[-1])
    print(moran.test(data$y, lw, randomisation = TRUE, alternative = "two.sided", zero.policy = TRUE))
    """
    word(language, LANGUAGES, "language")
    subject = subject_of(result)
    most, what = (MOST_UNITS, "units") if subject.panel is None else (MOST_ROWS, "rows")
    if subject.n > most:
        raise OptionError(
            f"the script would hold the data of {subject.n} {what}; it is written for up to {most}. "
            f"Write the data with to_csv and W with gba.weights.write instead."
        )
    work = script(subject, language)
    if work is None:
        raise OptionError(
            f"{language} has no counterpart of {subject.title}, so no code of it can be written"
            f"{_instead(subject, language)}."
        )
    return work


def _instead(subject: Subject, language: str) -> str:
    """What could be written: many programs do not correct for effects of time."""
    if subject.panel is None or not subject.panel.corrected:
        return ""
    plain = replace(subject, panel=replace(subject.panel, corrected=False))
    return "; of the same with correction='none' it can" if script(plain, language) is not None else ""


_HEADS = {"pysal": python_head, "r": r_head, "stata": stata_head}


def script(subject: Subject, language: str) -> str | None:
    """The text for `subject`; None where the language has no counterpart."""
    if subject.panel is not None:
        work = panel_lines(subject, language)
        return None if work is None else "\n".join([*_HEADS[language](subject), *work]) + "\n"
    lines = _LINES[language].get((subject.kind, subject.method)) or _LINES[language].get((subject.kind, ""))
    if lines is None or (not subject.plain):
        return None
    return "\n".join([*_HEADS[language](subject), *lines(subject)]) + "\n"


# -- R ------------------------------------------------------------------------------------
def _r_model(call: str) -> Callable[[Subject], list[str]]:
    return lambda s: [
        "suppressPackageStartupMessages(library(spatialreg))",
        f"fit <- {call.format(formula=formula(s))}",
        "print(summary(fit))",
    ]


def _r_test(call: str) -> Callable[[Subject], list[str]]:
    return lambda s: [f"print({call.format(randomisation='FALSE' if s.method == 'normal' else 'TRUE')})"]


_R_MODEL = '{formula}, data = data, listw = lw, method = "eigen", zero.policy = TRUE, tol.solve = 1e-14'
_R: dict[tuple[str, str], Callable[[Subject], list[str]]] = {
    ("moran", ""): _r_test(
        'moran.test(data$y, lw, randomisation = {randomisation}, alternative = "two.sided", zero.policy = TRUE)'
    ),
    ("geary", ""): _r_test(
        'geary.test(data$y, lw, randomisation = {randomisation}, alternative = "two.sided", zero.policy = TRUE)'
    ),
    ("general_g", ""): _r_test('globalG.test(data$y, lw, alternative = "two.sided", zero.policy = TRUE)'),
    ("local_moran", ""): _r_test("localmoran(data$y, lw, conditional = TRUE, zero.policy = TRUE)"),
    ("local_geary", ""): _r_test("localC(data$y, lw, zero.policy = TRUE)"),
    ("local_g", ""): _r_test("localG(data$y, lw, zero.policy = TRUE)"),
    ("losh", ""): _r_test("LOSH(data$y, lw, zero.policy = TRUE)"),
    ("join_count", ""): _r_test("joincount.multi(factor(data$y), lw, zero.policy = TRUE)"),
    ("ols", "ols"): lambda s: [f"fit <- lm({formula(s)}, data = data)", "print(summary(fit))", "print(logLik(fit))"],
    ("slx", "ols"): lambda s: [f"fit <- lm({formula(s)}, data = data)", "print(summary(fit))", "print(logLik(fit))"],
    ("lag", "ml"): _r_model(f"lagsarlm({_R_MODEL})"),
    ("durbin", "ml"): _r_model(f"lagsarlm({_R_MODEL})"),
    ("error", "ml"): _r_model(f"errorsarlm({_R_MODEL})"),
    ("durbin_error", "ml"): _r_model(f"errorsarlm({_R_MODEL})"),
    ("sarar", "ml"): _r_model(f"sacsarlm({_R_MODEL})"),
    ("gns", "ml"): _r_model(f"sacsarlm({_R_MODEL})"),
    ("lag", "gmm"): _r_model("stsls({formula}, data = data, listw = lw, zero.policy = TRUE, W2X = TRUE)"),
}


# -- Python -------------------------------------------------------------------------------
def _py_test(call: str, shown: str) -> Callable[[Subject], list[str]]:
    name = call.partition("(")[0]
    return lambda s: [f"from esda import {name}", f"test = {call}", f"print({shown})"]


def _py_model(call: str) -> Callable[[Subject], list[str]]:
    name = call.partition("(")[0]
    return lambda s: [
        f"from spreg import {name}",
        f"x = data[{list(s.columns.columns)!r}].to_numpy(float)",
        f"fit = {call}",
        "print(fit.summary)",
    ]


_PYTHON: dict[tuple[str, str], Callable[[Subject], list[str]]] = {
    ("moran", ""): _py_test("Moran(y, w, transformation='O', permutations=0)", "test.I, test.z_rand, test.p_rand"),
    ("geary", ""): _py_test("Geary(y, w, transformation='O', permutations=0)", "test.C, test.z_rand"),
    ("general_g", ""): _py_test("G(y, w, permutations=0)", "test.G, test.z_norm"),
    ("join_count", ""): _py_test("Join_Counts(y, w, permutations=0)", "test.ww, test.bw, test.bb"),
    ("local_moran", ""): _py_test("Moran_Local(y, w, transformation='O', permutations=0)", "test.Is"),
    ("local_geary", ""): _py_test("Geary_Local(connectivity=w, permutations=0).fit(y)", "test.localG"),
    ("local_g", ""): _py_test("G_Local(y, w, transform='B', permutations=0)", "test.Zs"),
    ("local_g_star", ""): _py_test("G_Local(y, w, transform='B', permutations=0, star=True)", "test.Zs"),
    ("losh", ""): _py_test("LOSH(connectivity=w, inference='chi-square').fit(y)", "test.Hi"),
    ("ols", "ols"): _py_model("OLS(data[['y']].to_numpy(float), x)"),
    ("slx", "ols"): _py_model("OLS(data[['y']].to_numpy(float), x)"),
    ("lag", "ml"): _py_model("ML_Lag(y[:, None], x, w=w, method='full')"),
    ("durbin", "ml"): _py_model("ML_Lag(y[:, None], x, w=w, method='full')"),
    ("error", "ml"): _py_model("ML_Error(y[:, None], x, w=w, method='full')"),
    ("durbin_error", "ml"): _py_model("ML_Error(y[:, None], x, w=w, method='full')"),
    ("lag", "gmm"): _py_model("GM_Lag(y[:, None], x, w=w, w_lags=2, sig2n_k=True)"),
    ("error", "gmm"): _py_model("GM_Error_Het(y[:, None], x, w=w)"),
    ("sarar", "gmm"): _py_model("GM_Combo_Het(y[:, None], x, w=w, w_lags=2)"),
}


# -- Stata --------------------------------------------------------------------------------
def _st_model(*extras: str) -> Callable[[Subject], list[str]]:
    return lambda s: [
        f"spregress y {' '.join(s.columns.columns)}, ml {' '.join(extras)}" + ("" if s.intercept else " noconstant"),
        "estat impact" if "dvarlag(W)" in extras else "estat ic",
    ]


_STATA: dict[tuple[str, str], Callable[[Subject], list[str]]] = {
    ("ols", "ols"): lambda s: [f"regress y {' '.join(s.columns.columns)}"],
    ("slx", "ols"): lambda s: [f"regress y {' '.join(s.columns.columns)}"],
    ("moran", ""): lambda s: ["regress y", "estat moran, errorlag(W)  // chi2(1) is the square of z"],
    ("lag", "ml"): _st_model("dvarlag(W)"),
    ("durbin", "ml"): _st_model("dvarlag(W)"),
    ("error", "ml"): _st_model("errorlag(W)"),
    ("durbin_error", "ml"): _st_model("errorlag(W)"),
    ("sarar", "ml"): _st_model("dvarlag(W)", "errorlag(W)"),
    ("gns", "ml"): _st_model("dvarlag(W)", "errorlag(W)"),
}
_LINES: dict[str, dict[tuple[str, str], Callable[[Subject], list[str]]]] = {
    "pysal": _PYTHON, "r": _R, "stata": _STATA,
}  # fmt: skip
