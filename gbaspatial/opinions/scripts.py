"""`code`: a test or model written for PySAL, R or Stata, with its data, ready to run."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from itertools import pairwise
from typing import Literal

from gbaspatial.errors import OptionError
from gbaspatial.opinions.cross_peers import CASES, OPERATIONS
from gbaspatial.opinions.disparity_peers import SCRIPTS
from gbaspatial.opinions.equation_peers import EQUATION_SCRIPTS
from gbaspatial.opinions.mobility_peers import MOBILITY_SCRIPTS
from gbaspatial.opinions.panel_scripts import panel_lines
from gbaspatial.opinions.panel_test_peers import python_panel_tests, r_panel_tests
from gbaspatial.opinions.script_heads import formula, python_head, r_head, stata_head
from gbaspatial.opinions.several_tests import R_SEVERAL, SEVERAL_SCRIPTS
from gbaspatial.opinions.specification_peers import OF_FITS, python_lines, r_lines
from gbaspatial.opinions.spreg_models import call_of
from gbaspatial.opinions.subject import NORMAL, UNBIASED, Subject
from gbaspatial.opinions.subjects import subject_of
from gbaspatial.opinions.tier_peers import R_TIERS, TIER_SCRIPTS
from gbaspatial.options import public, word

Language = Literal["pysal", "r", "stata"]
LANGUAGES = ("pysal", "r", "stata")
MOST_UNITS = 400  # the data stand in the script: beyond, nobody would read it
MOST_ROWS = 5_000  # of panels


@public
def code(result: object, language: Language) -> str:
    """The script of `result` in another language, with data and W inside, so that it runs as it stands.

    Transformed regressors, dummies and spatial lags are written as columns ``x1, x2, ...``
    with their numbers, named in a comment: so the model is the same to the last digit.

    Parameters
    ----------
    result : a test of `gba.autocorrelation`, a fit of `gba.models` or a result of `gba.disparity`
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
        work = _panel_work(subject, language)
        return None if work is None else "\n".join([*_HEADS[language](subject), *work]) + "\n"
    if not subject.plain:
        return None
    if subject.kind in OF_FITS:
        by = {"pysal": lambda: python_lines(subject, _python), "r": lambda: r_lines(subject, _in_r)}.get(language)
        lines = None if by is None else by()
    elif language == "pysal":
        lines = _python(subject)
    else:
        known = _R if language == "r" else _STATA
        written = known.get((subject.kind, subject.method)) or known.get((subject.kind, ""))
        lines = None if written is None else written(subject)
    return None if lines is None else "\n".join([*_HEADS[language](subject), *lines]) + "\n"


def _panel_work(subject: Subject, language: str) -> list[str] | None:
    if subject.of is None:
        return panel_lines(subject, language)
    tests = {"pysal": python_panel_tests, "r": r_panel_tests}.get(language)
    return tests(subject) if tests is not None and subject.kind == "panel_specification" else None


def _in_r(subject: Subject) -> list[str] | None:
    written = _R.get((subject.kind, subject.method))
    return None if written is None else written(subject)


# -- R ------------------------------------------------------------------------------------
def _r_model(call: str) -> Callable[[Subject], list[str] | None]:
    return lambda s: [
        "suppressPackageStartupMessages(library(spatialreg))",
        f"fit <- {call.format(formula=formula(s))}",
        "print(summary(fit))",
    ]


def _r_stsls(s: Subject) -> list[str] | None:
    """Two-stage least squares; without an intercept stsls takes the first column for one."""
    if not s.intercept:
        return None
    return _r_model("stsls({formula}, data = data, listw = lw, zero.policy = TRUE, W2X = TRUE)")(s)


def _r_test(call: str) -> Callable[[Subject], list[str] | None]:
    return lambda s: [f"print({call.format(randomisation='FALSE' if s.method in NORMAL else 'TRUE')})"]


_R_MODEL = '{formula}, data = data, listw = lw, method = "eigen", zero.policy = TRUE, tol.solve = 1e-14'
_R: dict[tuple[str, str], Callable[[Subject], list[str] | None]] = {
    ("moran", ""): _r_test(
        'moran.test(data$y, lw, randomisation = {randomisation}, alternative = "two.sided", zero.policy = TRUE)'
    ),
    ("geary", ""): _r_test(
        'geary.test(data$y, lw, randomisation = {randomisation}, alternative = "two.sided", zero.policy = TRUE)'
    ),
    ("general_g", ""): _r_test('globalG.test(data$y, lw, alternative = "two.sided", zero.policy = TRUE)'),
    ("local_moran", ""): _r_test("localmoran(data$y, lw, conditional = TRUE, zero.policy = TRUE)"),
    ("local_moran", UNBIASED): _r_test("localmoran(data$y, lw, mlvar = FALSE, zero.policy = TRUE)"),
    ("local_geary", ""): _r_test("localC(data$y, lw, zero.policy = TRUE)"),
    ("local_g", ""): _r_test("localG(data$y, lw, zero.policy = TRUE)"),
    ("losh", ""): _r_test("LOSH(data$y, lw, zero.policy = TRUE)"),
    ("join_count", ""): _r_test("joincount.multi(factor(data$y), lw, zero.policy = TRUE)"),
    ("aple", ""): _r_test("spatialreg::aple(data$y - mean(data$y), lw, override_similarity_check = TRUE)"),
    ("bivariate_moran", ""): _r_test("moran_bv(data$y, data$x1, lw, nsim = 499)"),
    ("bivariate_local_moran", ""): _r_test("localmoran_bv(data$y, data$x1, lw, nsim = 499)"),
    ("lee", ""): _r_test("lee(data$y, data$x1, lw, n = nrow(data), zero.policy = TRUE)"),
    ("local_lee", ""): _r_test("lee(data$y, data$x1, lw, n = nrow(data), zero.policy = TRUE)"),
    ("several_local_geary", ""): lambda s: [
        f"several <- list({', '.join('data$' + name for name in ['y', *s.columns.columns])})",
        "print(localC(several, lw, zero.policy = TRUE))",
    ],
    ("ols", "ols"): lambda s: [f"fit <- lm({formula(s)}, data = data)", "print(summary(fit))", "print(logLik(fit))"],
    ("slx", "ols"): lambda s: [f"fit <- lm({formula(s)}, data = data)", "print(summary(fit))", "print(logLik(fit))"],
    ("lag", "ml"): _r_model(f"lagsarlm({_R_MODEL})"),
    ("durbin", "ml"): _r_model(f"lagsarlm({_R_MODEL})"),
    ("error", "ml"): _r_model(f"errorsarlm({_R_MODEL})"),
    ("durbin_error", "ml"): _r_model(f"errorsarlm({_R_MODEL})"),
    ("sarar", "ml"): _r_model(f"sacsarlm({_R_MODEL})"),
    ("gns", "ml"): _r_model(f"sacsarlm({_R_MODEL})"),
    ("lag", "gmm"): _r_stsls,
    ("mess", "ml"): _r_model("lagmess({formula}, data = data, listw = lw, zero.policy = TRUE, use_expm = TRUE)"),
    ("car", "ml"): _r_model(f'spautolm({_R_MODEL}, family = "CAR")'),
    ("sma", "ml"): _r_model(f'spautolm({_R_MODEL}, family = "SMA")'),
    ("ppml", "ppml"): lambda s: [
        f"fit <- glm({formula(s)}, data = data, family = quasipoisson)",
        "print(summary(fit))",
    ],
    **R_TIERS,
    **R_SEVERAL,
}


# -- Python -------------------------------------------------------------------------------
Shown = str | Callable[[Subject], str]


def _py_test(call: Shown, shown: Shown) -> Callable[[Subject], list[str]]:
    def _lines(s: Subject) -> list[str]:
        made = call if isinstance(call, str) else call(s)
        told = shown if isinstance(shown, str) else shown(s)
        return [f"from esda import {made.partition('(')[0]}", f"test = {made}", f"print({told})"]

    return _lines


def _py_model(s: Subject) -> list[str] | None:
    call = call_of(s)
    if call is None:
        return None
    columns = f"data[{list(s.columns.columns)!r}].to_numpy(float)"
    if call.regimes:
        given = [f"blocks = {columns}.reshape(len(data), {s.regimes}, -1)  # the columns of each regime",
                 "x = blocks.sum(axis=1)[:, 1:]", "regimes = blocks[:, :, 0].argmax(axis=1).tolist()"]  # fmt: skip
    else:
        half = f"[:, :{s.columns.shape[1] // 2}]" if call.halved else ""
        given = [f"x = {columns}{half}"]
    shown = "fit.summary" if call.module == "spreg" else "fit.betas.ravel(), fit.vm.diagonal() ** 0.5"
    return [*given, *call.lines(), f"print({shown})"]


def _z_of(letter: str) -> Callable[[Subject], str]:
    """The statistic with the z of the moments that were asked for."""
    return lambda s: f"test.{letter}, test.z_{'norm' if s.method in NORMAL else 'rand'}"


def _g_local(star: str) -> Callable[[Subject], str]:
    """Where all weights of a unit are alike, z is that of binary ones; for others esda's z is not right."""

    def _call(s: Subject) -> str:
        assert s.w is not None
        ends, data = s.w.sparse.indptr, s.w.sparse.data
        alike = all(len(set(data[a:b])) <= 1 for a, b in pairwise(ends))
        return f"G_Local(y, w, transform={'B' if alike else 'R'!r}, permutations=0{star})"

    return _call


def _gamma_call(s: Subject) -> str:
    return f"Gamma(y, w, operation={OPERATIONS[s.kind]!r}, permutations=0)"


_NEAR = "connectivity=w, permutations=0"
_ALL = f"{_NEAR}, drop_islands=False"
_BOTH = "data[['y']].to_numpy(float), data[['x1']].to_numpy(float)"
_PYTHON: dict[str, Callable[[Subject], list[str]]] = {
    "moran": _py_test("Moran(y, w, transformation='O', permutations=0)", _z_of("I")),
    "geary": _py_test("Geary(y, w, transformation='O', permutations=0)", _z_of("C")),
    "general_g": _py_test("G(y, w, permutations=0)", "test.G, test.z_norm"),
    "join_count": _py_test("Join_Counts(y, w, permutations=0)", "test.ww, test.bw, test.bb"),
    "local_moran": _py_test("Moran_Local(y, w, transformation='O', permutations=0)", "test.Is"),
    "local_geary": _py_test(f"Geary_Local({_ALL}).fit(y)", "test.localG"),
    "local_g": _py_test(_g_local(""), "test.Zs"),
    "local_g_star": _py_test(_g_local(", star=True"), "test.Zs"),
    "losh": _py_test("LOSH(connectivity=w, inference='chi-square').fit(y)", "test.Hi"),
    **dict.fromkeys(OPERATIONS, _py_test(_gamma_call, "test.g")),
    "bivariate_moran": _py_test("Moran_BV(y, data['x1'], w, transformation='O', permutations=0)", "test.I"),
    "bivariate_local_moran": _py_test(
        "Moran_Local_BV(y, data['x1'], w, transformation='O', permutations=0)", "test.Is"
    ),
    "lee": _py_test(f"Spatial_Pearson(connectivity=w.sparse, permutations=0).fit({_BOTH})", "test.association_[0, 1]"),
    "local_lee": _py_test(
        f"Spatial_Pearson_Local(connectivity=w.sparse, permutations=0).fit({_BOTH})", "test.associations_"
    ),
    "several_local_geary": _py_test(
        lambda s: f"Geary_Local_MV({_ALL}).fit(list(data[{['y', *s.columns.columns]!r}].to_numpy(float).T))",
        "test.localG",
    ),
    "local_join": _py_test(f"Join_Counts_Local({_NEAR}).fit(y, permutations=0)", "test.LJC"),
    **{
        kind: _py_test(f"Join_Counts_Local_BV({_NEAR}).fit(y, data['x1'], case={case!r}, permutations=0)", "test.LJC")
        for kind, case in CASES.items()
    },
}


def _python(s: Subject) -> list[str] | None:
    made = (_PYTHON | SCRIPTS | EQUATION_SCRIPTS | MOBILITY_SCRIPTS | TIER_SCRIPTS | SEVERAL_SCRIPTS).get(s.kind)
    return _py_model(s) if made is None else made(s)


# -- Stata --------------------------------------------------------------------------------
def _st_model(*extras: str) -> Callable[[Subject], list[str]]:
    return lambda s: [
        f"spregress y {' '.join(s.columns.columns)}, ml {' '.join(extras)}" + ("" if s.intercept else " noconstant"),
        "estat impact" if "dvarlag(W)" in extras else "estat ic",
    ]


def _st_regress(s: Subject) -> list[str]:
    return [f"regress y {' '.join(s.columns.columns)}" + ("" if s.intercept else ", noconstant")]


_STATA: dict[tuple[str, str], Callable[[Subject], list[str] | None]] = {
    ("ols", "ols"): _st_regress,
    ("slx", "ols"): _st_regress,
    ("moran", ""): lambda s: ["regress y", "estat moran, errorlag(W)  // chi2(1) is the square of z"],
    ("lag", "ml"): _st_model("dvarlag(W)"),
    ("durbin", "ml"): _st_model("dvarlag(W)"),
    ("error", "ml"): _st_model("errorlag(W)"),
    ("durbin_error", "ml"): _st_model("errorlag(W)"),
    ("sarar", "ml"): _st_model("dvarlag(W)", "errorlag(W)"),
    ("gns", "ml"): _st_model("dvarlag(W)", "errorlag(W)"),
}
