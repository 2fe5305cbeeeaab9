"""Where units go from where they are, without classes: the stochastic kernel, over time or given the neighbors."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from gbaspatial.alignment import align_panel, check_periods, check_steps
from gbaspatial.disparity import transition
from gbaspatial.disparity.mobility import relative_to_mean
from gbaspatial.disparity.spatial_chains import refuse_islands
from gbaspatial.errors import DataError, OptionError, some
from gbaspatial.figures.transitions import kernel_contours
from gbaspatial.inference.ordering import by_label
from gbaspatial.options import number, public, unused, whole
from gbaspatial.results import Result, Table
from gbaspatial.weights import Weights

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from gbaspatial.weights.annotations import WeightsLike

_BANDWIDTHS = 3  # bandwidths beyond which the kernel is as good as zero
_LIVED = 1e-3  # of the highest density of where units are: a table and a picture end where nobody is
_ROW_SUM = 1e-8


@dataclass(frozen=True, slots=True, eq=False)
class StochasticKernelResult(Result):
    """The density of where units go, by where they are.

    Attributes
    ----------
    density : pandas.DataFrame, shape (points, points)
        Rows are places of origin, each a density over the columns; NaN where no unit is within three bandwidths.
    median : pandas.Series, length points
        The median of each row: the ridge of the kernel.
    slope : float
        Least squares of where units go on where they are. Over time: one keeps differences, zero undoes them. Given the
        neighbors: one if neighbors make no difference, zero if units are like their neighbors.
    start, ergodic : pandas.Series, length points
        The density of where units are, and the one that the kernel leads to in the long run (over time only, else NaN).
    bandwidths : tuple of float
        Of where units are and of where they go.
    step : int or None
        Periods from the first value of a pair to the second.
    recipe : str or None
        How the weights were made, of a kernel given neighbors.
    moves : int
        Pairs of values.
    n : int
        Units.
    periods : int
        Periods.
    """

    density: pd.DataFrame
    median: pd.Series
    slope: float
    start: pd.Series
    ergodic: pd.Series
    bandwidths: tuple[float, float]
    step: int | None
    recipe: str | None
    moves: int
    n: int
    periods: int

    def tables(self) -> tuple[Table, ...]:
        """The ridge at some places, beside where units are."""
        columns = {"median": self.median, "start": self.start}
        if self.recipe is None:
            columns["ergodic"] = self.ergodic
        lived = np.flatnonzero(self.start > _LIVED * self.start.max())
        shown = np.unique(np.linspace(lived[0], lived[-1], 11).round().astype(int))
        frame = pd.DataFrame(columns).iloc[shown].rename_axis("from").reset_index()
        wide = ", ".join(f"{size:.3g}" for size in self.bandwidths)
        what = f"over {self.step} periods" if self.recipe is None else f"given the neighbors by {self.recipe}"
        notes = (
            f"{self.n} units, {self.periods} periods, {self.moves} pairs of values {what}; bandwidths {wide}.",
            f"Slope {self.slope:.3f}. Values of one unit in neighboring periods hang together: no test can count them "
            "as so many.",
        )
        return (Table(frame, "Stochastic kernel", notes, {"from": ".4g"}),)

    def plot(self, ax: Axes | None = None) -> Axes:
        """The kernel as contours, with its ridge and the line of no change."""
        return kernel_contours(self, ax=ax)


@public
def stochastic_kernel(
    panel: pd.Series,
    w: WeightsLike | None = None,
    *,
    step: int | None = None,
    relative: bool = True,
    bandwidth: float | None = None,
    points: int = 80,
) -> StochasticKernelResult:
    """Quah's stochastic kernel: of moves over time, or from a unit's place among all to that among its neighbors.

    Parameters
    ----------
    panel : pandas.Series
        Numbers by unit and period (a balanced panel).
    w : Weights, optional
        With rows that sum to one. Given it, each value relative to the mean of all leads to the same value relative to
        the mean of the neighbors, in the same period; without it, each value leads to that of the same unit later.
    step : int, optional
        Periods from value to value; one without `w`, none with it.
    relative : bool
        Divide each period by its mean first; always so with `w`.
    bandwidth : float, optional
        Of both directions; by default pairs ** (-1/6) times the spread of each, which is the smaller of the standard
        deviation and the range of the middle half over 1.349, so that one far unit does not blur the others.
    points : int
        Places at which the density is computed, the same in both directions.

    Returns
    -------
    StochasticKernelResult

    Raises
    ------
    MissingDataError
        If periods are not equally far apart, without `w`.
    DataError
        If there are no two periods `step` apart, values are all alike, or with `w` a unit has no neighbors or values
        are not positive, so that there is no relation to the neighbors.
    OptionError
        If rows of `w` do not sum to one.

    References
    ----------
    Quah, D. T. (1996). Regional convergence clusters across Europe. European Economic Review 40, 951-958. Quah, D. T.
    (1997). Empirics for growth and distribution: stratification, polarization, and convergence clubs. Journal of
    Economic Growth 2, 27-59.

    Examples
    --------
    >>> import gbaspatial as gba
    >>> panel = gba.load_panel(variables="gdp_pc_cny", years=range(2005, 2020))["gdp_pc_cny"]
    >>> found = stochastic_kernel(panel, step=5)
    >>> found.moves, round(found.slope, 2)
    (110, 0.94)
    >>> w = gba.weights.contiguity(gba.load_cities(), links=2019).row_standardized()
    >>> stochastic_kernel(panel, w).moves
    165
    """
    points = whole(points, "points", least=20, most=500)
    width = None if bandwidth is None else number(bandwidth, "bandwidth", least=0, open_ends=True)
    near = None if w is None else by_label(w)
    values, periods = align_panel(panel, None if near is None else near.ids)
    if near is None:
        apart = 1 if step is None else whole(step, "step", least=1)
        check_periods(periods)
        check_steps(periods)
        if len(periods) <= apart:
            raise DataError(f"step={apart} needs more than {apart} periods; there are {len(periods)}.")
        scaled = relative_to_mean(values, periods) if relative else values
        x, y = scaled[:-apart].ravel(), scaled[apart:].ravel()
    else:
        unused({"step": step}, "given the neighbors, values of the same period are compared")
        apart = None
        x, y = _among_neighbors(values, near, periods)
    for each in (x, y):
        if np.ptp(each) <= 1e-12 * np.abs(each).max():
            raise DataError("values that are all alike have no density; give values that differ.")
    return StochasticKernelResult(
        **_kernel(x, y, width, points, over_time=near is None),
        step=apart,
        recipe=None if near is None else str(near.recipe),
        moves=len(x),
        n=values.shape[1],
        periods=len(periods),
    )


def _among_neighbors(values: np.ndarray, w: Weights, periods: pd.Index) -> tuple[np.ndarray, np.ndarray]:
    """Values (T, n) relative to the mean of all, and to the mean of the neighbors, each as one vector."""
    refuse_islands(w, "a mean of neighbors")
    sums = w.sparse.sum(axis=1)
    if np.abs(sums - 1).max() > _ROW_SUM:
        raise OptionError("rows of w do not sum to one, so that W y is no mean of neighbors; use w.row_standardized().")
    low = w.ids[(values <= 0).any(axis=0)]
    if len(low):
        raise DataError(f"{some(low)} have values of zero or less, which have no relation to those of neighbors.")
    lag = (w.sparse @ values.T).T
    return relative_to_mean(values, periods).ravel(), (values / lag).ravel()


def _kernel(x: np.ndarray, y: np.ndarray, width: float | None, points: int, *, over_time: bool) -> dict[str, Any]:
    """The conditional density of `y` given `x` (both of m pairs) on a grid, and what follows from it."""
    h, g = (width or _spread(each) * len(each) ** (-1 / 6) for each in (x, y))
    reach = _BANDWIDTHS * max(h, g)
    at = np.linspace(min(x.min(), y.min()) - reach, max(x.max(), y.max()) + reach, points)
    gap = at[1] - at[0]
    from_x, from_y = (_normal((at[:, None] - each) / size) / size for each, size in ((x, h), (y, g)))
    seen = np.abs(at[:, None] - x).min(axis=1) <= _BANDWIDTHS * h
    with np.errstate(divide="ignore", invalid="ignore"):
        density = np.where(seen[:, None], from_x @ from_y.T / from_x.sum(axis=1, keepdims=True), np.nan)
    index, columns = pd.Index(at, name="from"), pd.Index(at, name="to")
    return {
        "density": pd.DataFrame(density, index, columns),
        "median": pd.Series(_medians(density, at), index, name="median"),
        "slope": float(np.cov(x, y)[0, 1] / x.var(ddof=1)),
        "start": pd.Series(from_x.mean(axis=1), index, name="start"),
        "ergodic": pd.Series(_ergodic(density, seen, gap) if over_time else np.nan, index, name="ergodic"),
        "bandwidths": (h, g),
    }


def _spread(x: np.ndarray) -> float:
    low, high = np.quantile(x, [0.25, 0.75])
    sizes = float(x.std(ddof=1)), float((high - low) / 1.349)
    return min(size for size in sizes if size > 0)


def _normal(z: np.ndarray) -> np.ndarray:
    return np.exp(-0.5 * z**2) / np.sqrt(2 * np.pi)


def _medians(density: np.ndarray, at: np.ndarray) -> np.ndarray:
    """The median of each row of densities over `at`; NaN where there is none."""
    below = np.cumsum(density, axis=1)
    shares = below / below[:, -1:]
    return np.array([np.nan if np.isnan(row).any() else np.interp(0.5, row, at) for row in shares])


def _ergodic(density: np.ndarray, seen: np.ndarray, gap: float) -> np.ndarray:
    """The density that stays as it is under the kernel, among places where units have been."""
    inside = density[np.ix_(seen, seen)]
    stays = transition.steady_state(inside / inside.sum(axis=1, keepdims=True))
    found = np.zeros(len(density))
    found[seen] = stays / gap
    return found
