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

from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Literal

import numpy as np
import pandas as pd
from scipy import sparse

from gbaspatial.errors import OptionError, WeightsError
from gbaspatial.figures.spatial_tests import power_curve
from gbaspatial.inference.null import ALTERNATIVES, Alternative, check_draws
from gbaspatial.inference.ordering import by_label
from gbaspatial.inference.rejection import MOST_INTEGRATED, SIMULATED, Chance, chance_of
from gbaspatial.options import probability, public, word
from gbaspatial.progress import shows_progress
from gbaspatial.results import Result, Table
from gbaspatial.weights import Weights

if TYPE_CHECKING:
    from matplotlib.axes import Axes

Statistic = Literal["moran", "geary", "aple", "join_count", "general_g"]
Process = Literal["sar", "sma"]
STATISTICS = ("moran", "geary", "aple", "join_count", "general_g")
MOST_UNITS = 1_000
_REACH = 0.98  # share of the admissible interval that is looked at
_NOTE_BELOW = 50


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
    statistic : str
        Which test.
    process : str
        What the values followed.
    alternative : str
        Against which the tests are.
    alpha : float
        Level of the tests.
    n : int
        Units.
    recipe : str
        How the weights were made.
    method : str
        How power was found.
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

    def plot(self, ax: Axes | None = None) -> Axes:
        """The power curve."""
        return power_curve(self, ax=ax)


_TITLES = {
    "moran": "Moran's I",
    "geary": "Geary's C",
    "aple": "APLE",
    "join_count": "the BB join count (values above their median)",
    "general_g": "general G (lognormal values)",
}


@shows_progress
@public
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
    progress: bool | None = None,
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
    progress : bool, optional
        True tells on standard error how far work over two seconds has come, False never; by default on a terminal.

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
    w = by_label(w)
    word(statistic, STATISTICS, "statistic")
    word(process, ("sar", "sma"), "process")
    word(alternative, ALTERNATIVES, "alternative")
    for name, value in (("alpha", alpha), ("target", target)):
        probability(value, name)
    _check_size(w)
    low, high = _interval(w, process)
    grid = _grid(low, high) if rho is None else _checked_grid(rho, low, high)
    chance = chance_of(statistic, w.sparse.toarray(), process, alternative, alpha, draws)
    simulated = statistic in SIMULATED
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


@public
def power_note(W: sparse.csr_array, *, statistic: Statistic = "moran", alternative: Alternative = "two-sided") -> str:
    """One sentence for the foot of a test: what it can detect at 5 %; empty from 50 units on.

    Parameters
    ----------
    W : scipy.sparse.csr_array, shape (n, n)
        The weights.
    statistic : {"moran", "geary"}
        Whose power it is.
    alternative : {"two-sided", "greater", "less"}
        Which tail the p-value counts.

    Returns
    -------
    str
        A sentence; empty from 50 units on.

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
    chance = chance_of(statistic, matrix, "sar", alternative, 0.05, 1_999)
    values = chance(shown)
    least = _first_above(chance, 0.8, shown[-1] / 0.9)
    told = ", ".join(f"{100 * p:.0f} % at rho = {r:.2g}" for r, p in zip(shown, values, strict=True))
    reach = f"80 % only from rho = {least:.2f}" if not np.isnan(least) else "80 % at no admissible rho"
    return f"Power at n = {n} ({alternative}, 5 %, SAR errors): {told}; {reach}."


def _method(n: int) -> str:
    return "exact (Imhof)" if n <= MOST_INTEGRATED else "saddlepoint approximation"


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


def _first_above(chance: Chance, target: float, end: float) -> float:
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
