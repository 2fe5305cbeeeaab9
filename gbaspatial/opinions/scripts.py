"""`code`: a test or model written for PySAL, R or Stata, with its data, ready to run."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Literal

import numpy as np

from gbaspatial.errors import OptionError
from gbaspatial.opinions.subjects import Subject, subject_of
from gbaspatial.options import public, word

Language = Literal["pysal", "r", "stata"]
LANGUAGES = ("pysal", "r", "stata")
MOST_UNITS = 400  # the data stand in the script: beyond, nobody would read it


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
        If the language has no counterpart, or there are more than 400 units.

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
    if subject.n > MOST_UNITS:
        raise OptionError(
            f"the script would hold the data of {subject.n} units; it is written for up to {MOST_UNITS}. "
            f"Write the data with to_csv and W with gba.weights.write instead."
        )
    work = script(subject, language)
    if work is None:
        raise OptionError(f"{language} has no counterpart of {subject.title}, so no code of it can be written.")
    return work


def script(subject: Subject, language: str) -> str | None:
    """The text for `subject`; None where the language has no counterpart."""
    lines = _LINES[language].get((subject.kind, subject.method)) or _LINES[language].get((subject.kind, ""))
    if lines is None or (not subject.plain):
        return None
    head = {"pysal": _python_head, "r": _r_head, "stata": _stata_head}[language]
    return "\n".join([*head(subject), *lines(subject)]) + "\n"


def _table(subject: Subject) -> list[str]:
    """The data as lines of CSV: id, y and the columns, numbers to the last digit."""
    frame = subject.columns.copy()
    frame.insert(0, "y", np.asarray(subject.outcome, dtype=float))
    rows = [f"{number},{','.join(repr(float(v)) for v in row)}" for number, row in enumerate(frame.to_numpy(), start=1)]
    return [",".join(["id", *frame.columns]), *rows]


def _links(subject: Subject) -> list[str]:
    """W as lines of CSV: focal, neighbor, weight; units by number."""
    if subject.w is None:
        return []
    W = subject.w.sparse.tocoo()
    rows = [f"{i + 1},{j + 1},{float(v)!r}" for i, j, v in zip(W.row, W.col, W.data, strict=True)]
    return ["focal,neighbor,weight", *rows]


def _legend(subject: Subject, sign: str) -> list[str]:
    """Comments: what it is, the units by number, the columns by name."""
    units = ", ".join(f"{number} {label}" for number, label in enumerate(subject.outcome.index, start=1))
    told = [f"{sign} {subject.title}; y = {subject.outcome.name}", f"{sign} units: {units}"]
    told += [f"{sign} {short} = {name}" for short, name in zip(subject.columns.columns, subject.terms, strict=False)]
    return [" ".join(line.split()) for line in told]


def _formula(subject: Subject) -> str:
    right = " + ".join(subject.columns.columns) or "1"
    return f"y ~ {right}" + ("" if subject.intercept else " - 1")


# -- R ------------------------------------------------------------------------------------
def _r_head(subject: Subject) -> list[str]:
    head = [*_legend(subject, "#"), 'data <- read.csv(text = "', *_table(subject), '")']
    if subject.w is None:
        return head
    return [
        *head,
        'links <- read.csv(text = "', *_links(subject), '")',
        "W <- matrix(0, nrow(data), nrow(data), dimnames = list(data$id, data$id))",
        "W[cbind(links$focal, links$neighbor)] <- links$weight",
        "suppressPackageStartupMessages(library(spdep))",
        "invisible(set.ZeroPolicyOption(TRUE))  # units without neighbors are legal",
        f'lw <- suppressWarnings(mat2listw(W, style = "{_r_style(subject)}"))  # the weights as given',
    ]  # fmt: skip


def _r_style(subject: Subject) -> str:
    """What spdep calls a W: "W" keeps stsls from taking W 1 = 1 for an instrument of its own."""
    assert subject.w is not None
    return "W" if np.allclose(np.asarray(subject.w.sparse.sum(axis=1)), 1.0) else "M"


def _r_model(call: str) -> Callable[[Subject], list[str]]:
    return lambda s: [
        "suppressPackageStartupMessages(library(spatialreg))",
        f"fit <- {call.format(formula=_formula(s))}",
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
    ("ols", "ols"): lambda s: [f"fit <- lm({_formula(s)}, data = data)", "print(summary(fit))", "print(logLik(fit))"],
    ("slx", "ols"): lambda s: [f"fit <- lm({_formula(s)}, data = data)", "print(summary(fit))", "print(logLik(fit))"],
    ("lag", "ml"): _r_model(f"lagsarlm({_R_MODEL})"),
    ("durbin", "ml"): _r_model(f"lagsarlm({_R_MODEL})"),
    ("error", "ml"): _r_model(f"errorsarlm({_R_MODEL})"),
    ("durbin_error", "ml"): _r_model(f"errorsarlm({_R_MODEL})"),
    ("sarar", "ml"): _r_model(f"sacsarlm({_R_MODEL})"),
    ("gns", "ml"): _r_model(f"sacsarlm({_R_MODEL})"),
    ("lag", "gmm"): _r_model("stsls({formula}, data = data, listw = lw, zero.policy = TRUE, W2X = TRUE)"),
}


# -- Python -------------------------------------------------------------------------------
def _python_head(subject: Subject) -> list[str]:
    head = [
        *_legend(subject, "#"),
        "import io", "import numpy as np", "import pandas as pd",
        'data = pd.read_csv(io.StringIO("""', *_table(subject), '""".strip()))',
    ]  # fmt: skip
    if subject.w is None:
        return head
    return [
        *head,
        "from libpysal.weights import W",
        'links = pd.read_csv(io.StringIO("""', *_links(subject), '""".strip()))',
        "near = {i: [] for i in data['id']}", "weight = {i: [] for i in data['id']}",
        "for focal, neighbor, value in links.itertuples(index=False):",
        "    near[int(focal)].append(int(neighbor)); weight[int(focal)].append(float(value))",
        "w = W(near, weight, id_order=list(data['id']), silence_warnings=True)",
        "w.transform = 'O'  # the weights as given",
        "y = data['y'].to_numpy(float)",
    ]  # fmt: skip


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
def _stata_head(subject: Subject) -> list[str]:
    columns = ["id", "y", *subject.columns.columns]
    head = [*_legend(subject, "*"), "clear", f"input {' '.join(columns)}"]
    head += [line.replace(",", " ") for line in _table(subject)[1:]] + ["end", "spset id"]
    if subject.w is None:
        return head
    n = subject.n
    cells = [f"W[{focal}, {neighbor}] = {weight}"
             for focal, neighbor, weight in (line.split(",") for line in _links(subject)[1:])]  # fmt: skip
    return [
        *head, "mata:", f"W = J({n}, {n}, 0)", *cells, f"ids = (1::{n})", 'st_matrix("Wids", ids)', "end",
        "spmatrix spfrommata W = W ids, replace normalize(none)",
    ]  # fmt: skip


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
