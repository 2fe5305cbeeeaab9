"""What spreg and plm say of the specification tests of a panel by least squares."""

from __future__ import annotations

from importlib.metadata import version

import numpy as np

from gbaspatial.models.fit_tables import SMALL
from gbaspatial.opinions import known
from gbaspatial.opinions.answers import Answer
from gbaspatial.opinions.panel_peers import DUMMIES, blocks_of, shape_of, with_dummies
from gbaspatial.opinions.script_heads import formula
from gbaspatial.opinions.subject import Subject, libpysal_w

LM = {"lm_lag": "lml", "lm_error": "lme", "robust_lm_lag": "rlml", "robust_lm_error": "rlme"}
BSK = {  # our names of Baltagi, Song and Koh's tests, and those of spreg
    "bsk_lm1": "LM Marginal RE (LM1)", "bsk_lm2": "LM Marginal Spatial (LM2)", "bsk_lmh": "LM Joint (LMJ)",
}  # fmt: skip


def panel_tests(subject: Subject) -> Answer | None:
    """Tests for lag and error, and beside no effects those of Baltagi, Song and Koh; None where there is no W."""
    if subject.w is None:
        return None
    from spreg import OLS, LMtests
    from spreg.ols import BaseOLS

    y, x = subject.outcome.to_numpy(dtype=float)[:, None], with_dummies(subject, *DUMMIES[subject.method])
    plain = subject.method == "pooled" and not subject.intercept
    model = BaseOLS(y, x) if plain else OLS(y, x, nonspat_diag=False)
    found = LMtests(model, blocks_of(subject, len(shape_of(subject).periods)), tests=list(LM.values()))
    numbers = {name: float(getattr(found, short)[0]) for name, short in LM.items()}
    calls, differences = ["LMtests() with W in blocks" + " and dummies" * bool(DUMMIES[subject.method])], []
    if "period" in DUMMIES[subject.method]:
        differences.append(known.WITHIN_LAG)
    if set(BSK) <= set(subject.ours) and subject.intercept:
        numbers |= _by_bsk(subject, y, x)
        calls.append("BSK_tests()")
        differences.append(known.BSK_JOINT)
    return Answer(numbers, "spreg", version("spreg"), ", ".join(calls), tuple(differences))


def _by_bsk(subject: Subject, y: np.ndarray, x: np.ndarray) -> dict[str, float]:
    from spreg import PooledOLS
    from spreg.diagnostics_panel import BSK_tests

    W = libpysal_w(subject.w)
    table = BSK_tests(PooledOLS(y, x, W), W, which=["LM1", "LM2", "LMJ"]).set_index("Test")
    return {name: float(np.ravel(table.loc[theirs, "Statistic"])[0]) for name, theirs in BSK.items()}


def python_panel_tests(subject: Subject) -> list[str] | None:
    """The tests for lag and error as lines of Python; the head made data, y and w."""
    if not subject.plain or subject.w is None or (subject.method == "pooled" and not subject.intercept):
        return None
    columns = list(subject.columns.columns)
    dummies = [f"pd.get_dummies(data['{'id' if name == 'unit' else 'time'}'], drop_first=True).to_numpy(float)"
               for name in DUMMIES[subject.method]]  # fmt: skip
    return [
        "from libpysal.weights import WSP", "from scipy import sparse", "from spreg import OLS, LMtests",
        f"x = np.column_stack([{', '.join([f'data[{columns!r}].to_numpy(float)', *dummies])}])",
        f"blocks = sparse.kron(sparse.eye_array({len(shape_of(subject).periods)}), w.sparse).tocsr()",
        "blocks = WSP(blocks).to_W(silence_warnings=True)",
        f"tests = LMtests(OLS(y[:, None], x, nonspat_diag=False), blocks, tests={list(LM.values())!r})",
        f"print({', '.join(f'tests.{short}' for short in LM.values())})",
    ]  # fmt: skip


def r_panel_tests(subject: Subject) -> list[str] | None:
    """The tests that plm has, kept by our names in `made`."""
    if not subject.plain or (not subject.intercept and subject.method == "pooled"):
        return None
    of, both = formula(subject).removesuffix(" - 1"), 'data = data, index = c("id", "time")'
    effect = {"pooled": "", "unit": "individual", "time": "time", "twoway": "twoways"}[subject.method]
    within = f'plm({of}, {both}, model = "within", effect = "{effect}")'
    pooled = f'plm({of}, {both}, model = "pooling")'
    asked = {
        "pesaran_cd": 'pcdtest(fit, test = "cd")',
        "scaled_lm": f'pcdtest(fit, test = "{"bcsclm" if "unit" in DUMMIES[subject.method] else "sclm"}")',
    }  # fmt: skip
    if subject.w is not None:
        asked["local_pesaran_cd"] = 'pcdtest(fit, test = "cd", w = (W + t(W)) != 0)'
    less = pooled if subject.method == "unit" else f'plm({of}, {both}, model = "within", effect = "time")'
    if "f_unit" in subject.ours:
        asked["f_unit"] = f"pFtest(fit, {less})"
    asked["lm_effects"] = 'plmtest(fit, effect = "individual", type = "bp")'
    asked["hausman"] = f'phtest(fit, plm({of}, {both}, model = "random"))'
    asked["wooldridge"] = "pwartest(fit)"
    n = len(shape_of(subject).units)
    clusters = {"wooldridge": f" * {n - 1} / {n}"} if n < SMALL else {}  # ours counts the units below fifty
    asked["cips"] = 'cipstest(pdata.frame(data, index = c("id", "time"))$y, lags = 1, type = "drift")'
    return [
        "suppressPackageStartupMessages(library(plm))", f"fit <- {pooled if subject.method == 'pooled' else within}",
        "made <- c()",
        *(f"made['{name}'] <- suppressWarnings({call})$statistic{clusters.get(name, '')}"
          for name, call in asked.items() if name in subject.ours),
        "print(made)",
    ]  # fmt: skip
