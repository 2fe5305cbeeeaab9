"""What a test can see: the chance that it detects a given spatial dependence, with this W and this n.

For normal values Moran's I, Geary's C and APLE are ratios of quadratic forms whether
there is dependence or not, so that the probability to pass the critical value is an
integral (Imhof 1961), not a simulation. The critical values are those of the exact test
for normal values; the permutation test has them on average over samples.

References
----------
Imhof, J. P. (1961). Computing the distribution of quadratic forms in normal variables.
Biometrika 48, 419-426.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Literal

import numpy as np
import pandas as pd
from scipy import optimize, sparse
from scipy.special import ndtr

from gbaspatial.errors import OptionError, WeightsError, check_option
from gbaspatial.inference.null import ALTERNATIVES, Alternative, check_draws
from gbaspatial.inference.quadratic import positive_tail, saddlepoint_deviate
from gbaspatial.randomness import stream
from gbaspatial.results import Result, Table
from gbaspatial.weights import Weights, as_weights

Statistic = Literal["moran", "geary", "aple", "join_count", "general_g"]
Process = Literal["sar", "sma"]
STATISTICS = ("moran", "geary", "aple", "join_count", "general_g")
MOST_UNITS = 1_000
_REACH = 0.98  # share of the admissible interval that is looked at
_NOTE_BELOW = 50
_MOST_INTEGRATED = 60


@dataclass(frozen=True, slots=True, eq=False)
class PowerResult(Result):
    """The power of a test over a grid of spatial parameters.

    Parameters
    ----------
    curve : pandas.Series
        Probability to reject, by rho.
    detectable, detectable_negative : float
        The smallest positive rho, and the negative rho nearest zero, detected with
        probability `target`; NaN where no admissible rho is.
    interval : (float, float)
        The admissible interval of rho.
    """

    curve: pd.Series
    detectable: float
    detectable_negative: float
    interval: tuple[float, float]
    statistic: str
    process: str
    alternative: str
    alpha: float
    target: float
    n: int
    recipe: str
    method: str

    def tables(self) -> tuple[Table, ...]:
        """The curve, with the smallest rho detected."""
        notes = (
            self.sentence(),
            f"{self.n} units, normal values; {self.alternative} test at {self.alpha:g}; {self.method}.",
            f"Weights: {self.recipe}; rho between {self.interval[0]:.3f} and {self.interval[1]:.3f}.",
        )
        title = f"Power of {_TITLES[self.statistic]} against {self.process.upper()} errors"
        return (Table(self.curve.to_frame(), title, notes, formats={"power": ".3f"}),)

    def sentence(self) -> str:
        """The smallest detectable rho in words."""
        share = f"{100 * self.target:g} %"
        if np.isnan(self.detectable):
            return f"No positive rho below {self.interval[1]:.3g} is detected with {share} probability."
        return f"The smallest positive rho detected with {share} probability is {self.detectable:.2f}."

    def plot(self, ax: Any = None) -> Any:
        """The power curve; gives back the matplotlib axes."""
        from gbaspatial.figures.autocorrelation import power_curve

        return power_curve(self, ax=ax)


_TITLES = {
    "moran": "Moran's I",
    "geary": "Geary's C",
    "aple": "APLE",
    "join_count": "the BB join count (values above their median)",
    "general_g": "general G (lognormal values)",
}


def power(
    statistic: Statistic,
    w: Weights,
    *,
    rho: Iterable[float] | None = None,
    process: Process = "sar",
    alternative: Alternative = "two-sided",
    alpha: float = 0.05,
    target: float = 0.8,
    draws: int = 4_999,
) -> PowerResult:
    """The chance that a test on these weights detects spatially dependent errors.

    Parameters
    ----------
    statistic : {"moran", "geary", "aple", "join_count", "general_g"}
        The first three are exact for normal values; the others are simulated with a
        fixed seed.
    w : Weights
        Used as given, for the test and for the process.
    rho : iterable of float, optional
        Spatial parameters; by default 21 over the admissible interval.
    process : {"sar", "sma"}
        u = rho W u + e, or u = rho W e + e.
    alternative : {"two-sided", "greater", "less"}
        Two-sided puts half of `alpha` into each tail. Of Geary's C, which is small where
        neighbors are alike, ``"less"`` is the side of positive dependence.
    alpha : float
        Level of the test.
    target : float
        The probability for which `detectable` is found.
    draws : int
        Samples for simulated statistics.

    Returns
    -------
    PowerResult

    Raises
    ------
    OptionError
        If a rho is not admissible, or an option is not known.
    WeightsError
        If `w` has fewer than 4 or more than 1,000 units, or no link.

    Notes
    -----
    A permutation test has the same power to about two points in a hundred: its critical
    value varies with the sample around the one used here.

    Examples
    --------
    >>> ring = pd.DataFrame({"focal": range(12), "neighbor": [(i + 1) % 12 for i in range(12)]})
    >>> from gbaspatial.weights import from_pairs
    >>> both = pd.concat([ring, ring.rename(columns={"focal": "neighbor", "neighbor": "focal"})])
    >>> result = power("moran", from_pairs(both).row_standardized(), rho=[0.0, 0.5, 0.9])
    >>> [round(p, 3) for p in result.curve]
    [0.05, 0.339, 0.878]
    """
    w = as_weights(w)
    check_option(statistic, STATISTICS, "statistic")
    check_option(process, ("sar", "sma"), "process")
    check_option(alternative, ALTERNATIVES, "alternative")
    for name, value in (("alpha", alpha), ("target", target)):
        if not 0 < value < 1:
            raise OptionError(f"{name}={value!r} is not a probability; use a number between 0 and 1.")
    _check_size(w)
    low, high = _interval(w, process)
    grid = _grid(low, high) if rho is None else _checked_grid(rho, low, high)
    chance = _chance(statistic, w.sparse.toarray(), process, alternative, alpha, draws)
    simulated = statistic in _SIMULATED
    return PowerResult(
        curve=pd.Series(chance(grid), index=pd.Index(grid, name="rho"), name="power"),
        detectable=_first_above(chance, target, high),
        detectable_negative=_first_above(chance, target, low),
        interval=(low, high),
        statistic=statistic,
        process=process,
        alternative=alternative,
        alpha=alpha,
        target=target,
        n=w.n,
        recipe=str(w.recipe),
        method=f"simulated, {check_draws(draws)} draws" if simulated else _method(w.n),
    )


def power_note(W: sparse.csr_array, *, statistic: Statistic = "moran", alternative: Alternative = "two-sided") -> str:
    """One sentence for the foot of a test: what it can detect at 5 %; empty from 50 units on.

    Examples
    --------
    >>> power_note(sparse.csr_array((60, 60)))
    ''
    """
    n = W.shape[0]
    if n >= _NOTE_BELOW or n < 4 or W.nnz == 0:
        return ""
    return _note(W.toarray().tobytes(), n, statistic, alternative)


@lru_cache(maxsize=64)
def _note(content: bytes, n: int, statistic: Statistic, alternative: Alternative) -> str:
    matrix = np.frombuffer(content).reshape(n, n)
    w = Weights(matrix, pd.RangeIndex(n))
    high = _interval(w, "sar")[1]
    if not np.isfinite(high):
        return ""
    low = max(_interval(w, "sar")[0], -10 * high)
    negative = alternative == ("greater" if statistic == "geary" else "less")
    shown = np.array([0.3, 0.6, 0.9]) * (low if negative else high)  # of the admissible range
    chance = _chance(statistic, matrix, "sar", alternative, 0.05, 1_999)
    values = chance(shown)
    least = _first_above(chance, 0.8, shown[-1] / 0.9)
    told = ", ".join(f"{100 * p:.0f} % at rho = {r:.2g}" for r, p in zip(shown, values, strict=True))
    reach = f"80 % only from rho = {least:.2f}" if not np.isnan(least) else "80 % at no admissible rho"
    return f"Power at n = {n} ({alternative}, 5 %, SAR errors): {told}; {reach}."


def _method(n: int) -> str:
    return "exact (Imhof)" if n <= _MOST_INTEGRATED else "saddlepoint approximation"


def _check_size(w: Weights) -> None:
    if not 4 <= w.n <= MOST_UNITS:
        raise WeightsError(f"power is computed for 4 to {MOST_UNITS} units; w has {w.n}.")
    if not w.n_links:
        raise WeightsError("w has no link, so that no test can detect anything.")


def _interval(w: Weights, process: str) -> tuple[float, float]:
    low, high = w.interval
    if process == "sma":  # I + rho W is singular where I - (-rho) W is
        low, high = -high, -low
    widest = max(part for part in (-low, high) if np.isfinite(part)) if np.isfinite([low, high]).any() else np.inf
    return max(low, -widest), min(high, widest)


def _grid(low: float, high: float) -> np.ndarray:
    shares = np.linspace(0, _REACH, 11)
    both = np.concatenate([low * shares[:0:-1], high * shares]) if np.isfinite([low, high]).all() else high * shares
    return np.round(both, 4)


def _checked_grid(rho: Iterable[float], low: float, high: float) -> np.ndarray:
    grid = np.asarray(list(rho), dtype=float)
    if grid.ndim != 1 or not len(grid) or not (np.isfinite(grid).all() and (grid > low).all() and (grid < high).all()):
        raise OptionError(f"rho must be numbers between {low:.4g} and {high:.4g}, where I - rho W can be inverted.")
    return grid


def _first_above(chance: Callable[[np.ndarray], np.ndarray], target: float, end: float) -> float:
    """The rho nearest zero on the way to `end` at which the power reaches `target`, else NaN."""
    if not np.isfinite(end):
        return np.nan
    grid = end * np.linspace(0, 0.995, 11)
    for _ in range(2):  # a coarse look, then a close one at the step where it is crossed
        values = chance(grid)
        above = np.flatnonzero(values >= target)
        if not len(above):
            return np.nan
        at = above[0]
        if at == 0:
            return float(grid[0])
        bracket = grid[at - 1], grid[at]
        share = (target - values[at - 1]) / (values[at] - values[at - 1])
        grid = np.linspace(*bracket, 6)
    return float(bracket[0] + share * (bracket[1] - bracket[0]))


# -- arrays only ------------------------------------------------------------------------
def _positive(eigenvalues: np.ndarray) -> np.ndarray:
    """P(sum_j l_j X_j > 0) (m,) for chi-squares X_j of one degree; `eigenvalues` (m, k).

    The integral up to 60 terms; above, the saddlepoint approximation is right to four decimals.
    """
    degrees = np.ones_like(eigenvalues)
    if eigenvalues.shape[1] <= _MOST_INTEGRATED:
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


def _chance(
    statistic: str, W: np.ndarray, process: str, alternative: str, alpha: float, draws: int
) -> Callable[[np.ndarray], np.ndarray]:
    if statistic in _SIMULATED:
        return _simulated_chance(_SIMULATED[statistic], W, process, alternative, alpha, draws)
    return _exact_chance(*quadratic_pair(statistic, W), W, process, _tails(alternative, alpha))


def _tails(alternative: str, alpha: float) -> tuple[float, float]:
    """Probability put into the upper and the lower tail of the statistic."""
    if alternative == "two-sided":
        return alpha / 2, alpha / 2
    return (alpha, 0.0) if alternative == "greater" else (0.0, alpha)


def _transform(W: np.ndarray, rho: float, process: str) -> np.ndarray:
    n = len(W)
    return np.linalg.inv(np.eye(n) - rho * W) if process == "sar" else np.eye(n) + rho * W


def _exact_chance(
    S: np.ndarray, B: np.ndarray, W: np.ndarray, process: str, tails: tuple[float, float]
) -> Callable[[np.ndarray], np.ndarray]:
    n = len(W)
    # an orthonormal basis of the deviations from the mean
    basis = np.linalg.qr(np.column_stack([np.ones(n), np.eye(n)[:, 1:]]))[0][:, 1:]
    S0, B0 = basis.T @ S @ basis, basis.T @ B @ basis
    upper, lower = (_critical(S0, B0, tail, above) for tail, above in zip(tails, (True, False), strict=True))

    def chance(grid: np.ndarray) -> np.ndarray:
        total = np.zeros(len(grid))
        A = np.stack([basis.T @ _transform(W, r, process) for r in np.atleast_1d(grid)])
        for cut, above in ((upper, True), (lower, False)):
            if cut is not None:
                form = np.swapaxes(A, 1, 2) @ (S0 - cut * B0) @ A
                beyond = _positive(np.linalg.eigvalsh((form + np.swapaxes(form, 1, 2)) / 2))
                total += beyond if above else 1 - beyond
        return np.clip(total, 0.0, 1.0)

    return chance


def _critical(S: np.ndarray, B: np.ndarray, tail: float, above: bool) -> float | None:
    """The value with probability `tail` above (or below) it for independent normal values; None if tail is 0."""
    if tail <= 0:
        return None
    from scipy.linalg import eigh

    ends = eigh(S, B, eigvals_only=True)

    def excess(cut: float) -> float:
        more = _positive(np.linalg.eigvalsh(S - cut * B)[None, :])[0]
        return float(more - (tail if above else 1 - tail))

    span = ends[-1] - ends[0]
    return float(optimize.brentq(excess, ends[0] - 1e-6 * span, ends[-1] + 1e-6 * span, xtol=1e-10 * span))


def _black_joins(Y: np.ndarray, W: np.ndarray) -> np.ndarray:
    black = (np.median(Y, axis=1, keepdims=True) < Y).astype(float)
    return np.einsum("ij,ij->i", black @ W, black)


def _every_pattern(n: int) -> np.ndarray:
    """All ways (patterns, n) to have half of n units above the median."""
    from gbaspatial.inference.local_exact import subsets

    chosen = subsets(n, n // 2)
    patterns = np.zeros((len(chosen), n))
    np.put_along_axis(patterns, chosen, 1.0, axis=1)
    if n % 2:  # one unit is the median itself
        rest = np.argmin(patterns, axis=1)
        patterns[np.arange(len(chosen)), rest] = 0.5
    return patterns


def _general_g(Y: np.ndarray, W: np.ndarray) -> np.ndarray:
    scale = Y.std(axis=1, keepdims=True)
    X = np.exp(Y / np.where(scale > 0, scale, 1.0))
    return np.einsum("ij,ij->i", X @ W, X) / (X.sum(axis=1) ** 2 - (X**2).sum(axis=1))


_SIMULATED: dict[str, Callable[[np.ndarray, np.ndarray], np.ndarray]] = {
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
) -> Callable[[np.ndarray], np.ndarray]:
    E = stream(0, len(W)).standard_normal((draws, len(W)))
    upper, lower = _tails(alternative, alpha)
    null = values_of(_every_pattern(len(W)) if values_of is _black_joins and len(W) <= 16 else E, W)
    # beyond, not at, the quantile: a discrete statistic then keeps its level
    high, low = np.quantile(null, [1 - upper, lower], method="inverted_cdf")

    def chance(grid: np.ndarray) -> np.ndarray:
        found = [values_of(E @ _transform(W, r, process).T, W) for r in np.atleast_1d(grid)]
        above = [np.mean(v > high + 1e-12) if upper else 0.0 for v in found]
        below = [np.mean(v < low - 1e-12) if lower else 0.0 for v in found]
        return np.add(above, below)

    return chance
