"""The chance that a test rejects, as a function of the spatial parameter: arrays only.

For ratios of quadratic forms in normal values (Moran, Geary, APLE) an integral; for others
(join counts, general G) a simulation with a fixed seed.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import numpy as np
from scipy import linalg
from scipy.special import ndtr

from gbaspatial.inference.local_exact import subsets
from gbaspatial.inference.quadratic import positive_tail, saddlepoint_deviate
from gbaspatial.randomness import POWER_DRAWS, stream
from gbaspatial.repeated.blocks import map_blocks

Chance = Callable[[np.ndarray], np.ndarray]
MOST_INTEGRATED = 60


def _positive(eigenvalues: np.ndarray) -> np.ndarray:
    """P(sum_j l_j X_j > 0) (m,) for chi-squares X_j of one degree; `eigenvalues` (m, k).

    The integral up to 60 terms; above, the saddlepoint approximation is right to four decimals.
    """
    degrees = np.ones_like(eigenvalues)
    if eigenvalues.shape[1] <= MOST_INTEGRATED:
        return positive_tail(eigenvalues, degrees)
    return ndtr(-saddlepoint_deviate(eigenvalues, degrees))


def quadratic_pair(statistic: str, W: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """(S, B) with statistic z'Sz / z'Bz up to a constant, for deviations z from the mean."""
    n = len(W)
    symmetric = (W + W.T) / 2
    if statistic == "geary":
        return np.diag(W.sum(axis=0) + W.sum(axis=1)) / 2 - symmetric, np.eye(n)
    if statistic == "aple":
        return symmetric, W.T @ W + np.einsum("ij,ji->", W, W) / n * np.eye(n)
    return symmetric, np.eye(n)


def chance_of(statistic: str, W: np.ndarray, process: str, alternative: str, alpha: float, draws: int) -> Chance:
    """The chance to reject, by rho; `W` is used for the statistic and for the process."""
    if statistic in SIMULATED:
        return _simulated_chance(SIMULATED[statistic], W, process, alternative, alpha, draws)
    return _exact_chance(*quadratic_pair(statistic, W), W, process, _tails(alternative, alpha))


def _tails(alternative: str, alpha: float) -> tuple[float, float]:
    """Probability put into the upper and the lower tail of the statistic."""
    if alternative == "two-sided":
        return alpha / 2, alpha / 2
    return (alpha, 0.0) if alternative == "greater" else (0.0, alpha)


def _transform(W: np.ndarray, rho: float, process: str) -> np.ndarray:
    n = len(W)
    return np.linalg.inv(np.eye(n) - rho * W) if process == "sar" else np.eye(n) + rho * W


def _exact_chance(S: np.ndarray, B: np.ndarray, W: np.ndarray, process: str, tails: tuple[float, float]) -> Chance:
    n = len(W)
    # an orthonormal basis of the deviations from the mean
    basis = np.linalg.qr(np.column_stack([np.ones(n), np.eye(n)[:, 1:]]))[0][:, 1:]
    S0, B0 = basis.T @ S @ basis, basis.T @ B @ basis
    ends = linalg.eigh(S0, B0, eigvals_only=True)
    if ends[-1] - ends[0] <= 1e-9 * np.abs(ends).max():  # each unit a neighbor of each other: always the same
        return _never
    upper, lower = (_critical(S0, B0, tail, above) for tail, above in zip(tails, (True, False), strict=True))

    def _chance(grid: np.ndarray) -> np.ndarray:
        total = np.zeros(len(grid))
        A = np.stack([basis.T @ _transform(W, r, process) for r in np.atleast_1d(grid)])
        for cut, above in ((upper, True), (lower, False)):
            if cut is not None:
                form = np.swapaxes(A, 1, 2) @ (S0 - cut * B0) @ A
                beyond = _positive(np.linalg.eigvalsh((form + np.swapaxes(form, 1, 2)) / 2))
                total += beyond if above else 1 - beyond
        return np.clip(total, 0.0, 1.0)

    return _chance


def _never(grid: np.ndarray) -> np.ndarray:
    """The chance that a statistic which takes one value only is beyond it."""
    return np.zeros(len(np.atleast_1d(grid)))


def _critical(S: np.ndarray, B: np.ndarray, tail: float, above: bool) -> float | None:
    """The value with probability `tail` above (or below) it for independent normal values; None if tail is 0."""
    if tail <= 0:
        return None
    from scipy import optimize  # a tenth of a second that no test waits for

    ends = linalg.eigh(S, B, eigvals_only=True)

    def _excess(cut: float) -> float:
        more = _positive(np.linalg.eigvalsh(S - cut * B)[None, :])[0]
        return float(more - (tail if above else 1 - tail))

    span = ends[-1] - ends[0]
    return float(optimize.brentq(_excess, ends[0] - 1e-6 * span, ends[-1] + 1e-6 * span, xtol=1e-10 * span))


def _black_joins(Y: np.ndarray, W: np.ndarray) -> np.ndarray:
    black = (np.median(Y, axis=1, keepdims=True) < Y).astype(float)
    return np.einsum("ij,ij->i", black @ W, black)


def _every_pattern(n: int) -> np.ndarray:
    """All ways (patterns, n) to have half of n units above the median."""
    chosen = subsets(n, n // 2)
    patterns = np.zeros((len(chosen), n))
    np.put_along_axis(patterns, chosen, 1.0, axis=1)
    if n % 2:  # one unit is the median itself
        rest = np.argmin(patterns, axis=1)
        patterns[np.arange(len(chosen)), rest] = 0.5
    return patterns


def _general_g(Y: np.ndarray, W: np.ndarray) -> np.ndarray:
    scale = Y.std(axis=1, keepdims=True)
    # divided by its largest value, which G does not see and the exponential does
    X = np.exp((Y - Y.max(axis=1, keepdims=True)) / np.where(scale > 0, scale, 1.0))
    return np.einsum("ij,ij->i", X @ W, X) / (X.sum(axis=1) ** 2 - (X**2).sum(axis=1))


SIMULATED: dict[str, Callable[[np.ndarray, np.ndarray], np.ndarray]] = {
    "join_count": _black_joins,
    "general_g": _general_g,
}


def _simulated_chance(
    values_of: Callable[[np.ndarray, np.ndarray], np.ndarray],
    W: np.ndarray,
    process: str,
    alternative: str,
    alpha: float,
    draws: int,
) -> Chance:
    E = stream(POWER_DRAWS, len(W)).standard_normal((draws, len(W)))
    upper, lower = _tails(alternative, alpha)
    null = values_of(_every_pattern(len(W)) if values_of is _black_joins and len(W) <= 16 else E, W)
    # beyond, not at, the quantile: a discrete statistic then keeps its level
    high, low = np.quantile(null, [1 - upper, lower], method="inverted_cdf")

    def _chance(grid: np.ndarray) -> np.ndarray:
        values = np.atleast_1d(grid).tolist()
        found = list(map_blocks(partial(_outcomes, values_of, E, W, process), values, "values of rho"))
        above = [np.mean(v > high + 1e-12) if upper else 0.0 for v in found]
        below = [np.mean(v < low - 1e-12) if lower else 0.0 for v in found]
        return np.add(above, below)

    return _chance


def _outcomes(
    values_of: Callable[[np.ndarray, np.ndarray], np.ndarray], E: np.ndarray, W: np.ndarray, process: str, rho: float
) -> np.ndarray:
    return values_of(E @ _transform(W, rho, process).T, W)
