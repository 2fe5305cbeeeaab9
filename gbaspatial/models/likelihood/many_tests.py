"""Score and likelihood-ratio tests of many outcomes at once, for their simulated distributions: arrays only."""

from __future__ import annotations

from functools import partial
from typing import NamedTuple

import numpy as np
from scipy import special

from gbaspatial.inference.null import monte_carlo_p
from gbaspatial.models.likelihood.many_outcomes import Batch
from gbaspatial.models.likelihood.many_refits import refit
from gbaspatial.models.likelihood.problem import Problem, problem
from gbaspatial.models.likelihood.resample import Held, Kind, generator, held
from gbaspatial.models.solve.side import Side
from gbaspatial.randomness import RATIO_TESTS, SCORE_TESTS
from gbaspatial.sizes import SMALL_DENSE_LIMIT

SCORES = ("lm_error", "lm_lag", "robust_lm_error", "robust_lm_lag", "lm_sarma")
SCORE_DF = (1, 1, 1, 1, 2)


class OneTest(NamedTuple):
    """One test: its statistic and degrees of freedom, the chi-squared and the simulated p-value."""

    test: str
    statistic: float
    df: int
    p_asymptotic: float
    p_bootstrap: float


def scores(Y: np.ndarray, X: np.ndarray, W) -> np.ndarray:  # type: ignore[no-untyped-def]
    """The five statistics of `SCORES` (5, m) for the outcomes `Y` (n, m); as in `lm_tests`.

    NaN where a robust test cannot tell lag from error.
    """
    basis = np.linalg.qr(X)[0]
    fitted = basis @ (basis.T @ Y)
    E = Y - fitted
    s2 = np.einsum("im,im->m", E, E) / len(Y)
    error = np.einsum("im,im->m", E, W @ E) / s2
    wxb = W @ fitted
    wxb = wxb - basis @ (basis.T @ wxb)
    beside = np.einsum("im,im->m", E, wxb) / s2  # e'W y - e'W e, without the level of y times the round-off of e'1
    lag = error + beside
    both = W + W.T
    trace = float((both * both).sum() if isinstance(W, np.ndarray) else both.multiply(both).sum()) / 2
    nj = np.einsum("im,im->m", wxb, wxb) / s2 + trace
    with np.errstate(divide="ignore", invalid="ignore"):
        spread = nj - trace
        spread = np.where(spread > 1e-10 * trace, spread, np.nan)
        robust_error = (error - trace / nj * lag) ** 2 / (trace * spread / nj)
        robust_lag = beside**2 / spread
    return np.stack([error**2 / trace, lag**2 / nj, robust_error, robust_lag, error**2 / trace + robust_lag])


def simulated_p(observed: float, null: np.ndarray) -> float:
    """(r + 1) / (m + 1) over the draws that could be computed."""
    known = null[np.isfinite(null)]
    if not np.isfinite(observed) or not len(known):
        return float("nan")
    return float(monte_carlo_p(int((known >= observed - 1e-9 * max(1.0, abs(observed))).sum()), len(known)))


def score_tests(
    model: Problem, side: Side, draws: int, seed: int, kind: Kind, ranks: np.ndarray | None = None
) -> list[OneTest]:
    """The LM tests, drawn under least squares."""
    plain = problem(model.y, model.X)
    W = side.W.toarray() if side.W.shape[0] <= SMALL_DENSE_LIMIT else side.W
    observed = scores(model.y[:, None], model.X, W)[:, 0]
    source = generator(plain, seed, kind, SCORE_TESTS, ranks=ranks)
    null = np.concatenate(source.each(partial(scores, X=model.X, W=W), draws), axis=1)
    return [
        OneTest(name, float(seen), df, float(special.chdtrc(df, seen)), simulated_p(seen, row))
        for name, df, seen, row in zip(SCORES, SCORE_DF, observed, null, strict=True)
    ]


def ratio_tests(
    model: Problem, full: Batch, draws: int, seed: int, kind: Kind, ranks: np.ndarray | None = None
) -> list[OneTest]:
    """The LR tests that spatial parameters are zero."""
    names = [name for name, side in (("rho", model.lag), ("lambda", model.error)) if side is not None]
    nulls: list[tuple[str, dict[str, float]]] = [
        (f"lr_{name}", {"rho" if name == "rho" else "lam": 0.0}) for name in names
    ]
    if len(names) == 2:
        nulls.append(("lr_rho_lambda", {"rho": 0.0, "lam": 0.0}))
    rows = []
    for number, (name, zero) in enumerate(nulls):
        best = held(model, full, **zero)
        source = generator(model, seed, kind, RATIO_TESTS + number, **zero, ranks=ranks)
        y = model.y[:, None]
        seen = float(max(0.0, _ratio(full, best, y)[0]))
        null = np.concatenate(source.each(partial(_ratio, full, best), draws))
        df = len(zero)
        rows.append(OneTest(name, seen, df, float(special.chdtrc(df, seen)), simulated_p(seen, np.maximum(null, 0.0))))
    return rows


def _ratio(full: Batch, best: Held, Y: np.ndarray) -> np.ndarray:
    """Likelihood ratios (m,) of the outcomes `Y` (n, m)."""
    return np.asarray(2 * (refit(full, Y).log_likelihood - best(Y)))
