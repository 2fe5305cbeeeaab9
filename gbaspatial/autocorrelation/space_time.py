"""Autocorrelation in time: every year in one call, of changes, of later values with earlier neighbors."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, TypedDict, Unpack

import numpy as np
import pandas as pd

from gbaspatial.alignment import align, align_panel, labelled, periods_of
from gbaspatial.autocorrelation.bivariate import bivariate_moran
from gbaspatial.autocorrelation.entrance import DRAWING, drawn_by, draws_for
from gbaspatial.autocorrelation.geary import geary
from gbaspatial.autocorrelation.joint import joint_p
from gbaspatial.autocorrelation.local_moran import local_moran
from gbaspatial.autocorrelation.moran import moran
from gbaspatial.errors import DataError
from gbaspatial.figures.spatial_tests import year_line
from gbaspatial.inference.detection import power_note
from gbaspatial.inference.multiple import adjust
from gbaspatial.inference.null import Alternative, Inference
from gbaspatial.options import public, word
from gbaspatial.progress import shows_progress, track
from gbaspatial.randomness import Rng, seed_of
from gbaspatial.results import Result, Table
from gbaspatial.weights import Weights, as_weights
from gbaspatial.weights.by_period import recipes_of, weights_by_period

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from gbaspatial.alignment import Label
    from gbaspatial.autocorrelation.bivariate import CrossResult
    from gbaspatial.autocorrelation.cross import Shuffled
    from gbaspatial.autocorrelation.local_moran import LocalMoranResult, Moments
    from gbaspatial.autocorrelation.moran import MoranResult
    from gbaspatial.weights.annotations import WeightsLike


class ChangeOptions(TypedDict, total=False):
    """Options of a test of changes: those of `moran`."""

    inference: Inference
    alternative: Alternative
    draws: int
    rng: Rng
    stop_after: int | None
    progress: bool | None


class LocalChangeOptions(TypedDict, total=False):
    """Options of local tests of changes: those of `local_moran`."""

    inference: Inference
    alternative: Alternative
    draws: int
    rng: Rng
    moments: Moments
    ddof: int
    adjust: str
    alpha: float
    progress: bool | None


class LaterOptions(TypedDict, total=False):
    """Options of a test of later values with earlier ones nearby: those of `bivariate_moran`."""

    reassign: Shuffled
    inference: Inference
    alternative: Alternative
    draws: int
    rng: Rng
    progress: bool | None


Yearly = Literal["moran", "geary"]
TITLES = {"moran": "Moran's I", "geary": "Geary's C"}


@dataclass(frozen=True, slots=True, eq=False)
class ByPeriodResult(Result):
    """One test for each period of a panel.

    Parameters
    ----------
    table : pandas.DataFrame
        By period: `statistic`, `expected`, `z`, `p_value`, `inference`, `links`, and two p-values
        for the question whether any period is autocorrelated: `p_adjusted` (Holm) and `p_joint`
        (all periods under the same orders of the units; see `gbaspatial.inference.adjust_jointly`).
        `p_joint` is NaN where tests are neither exact nor by permutation.
    results : dict
        The full result of each period.
    name : str
        What the values are called.
    alternative : str
        Against which the tests are.
    n : int
        Units.
    seed : int
        Seed of the draws.
    recipes : tuple of str
        How the weights were made, one for each W.
    draws : int
        Orders of the units behind `p_joint`; 0 without them.
    """

    table: pd.DataFrame
    results: dict[Label, Any]
    name: str
    statistic: Yearly
    alternative: Alternative
    n: int
    seed: int
    recipes: tuple[str, ...]
    draws: int = 0

    @property
    def title(self) -> str:
        """The statistic's name."""
        return TITLES[self.statistic]

    def kinds(self) -> str:
        """The inferences used, in words."""
        return ", ".join(dict.fromkeys(self.table["inference"]))

    def __getitem__(self, period: Label) -> Any:
        """The result of one period."""
        return self.results[period]

    def tables(self) -> tuple[Table, ...]:
        """The statistic by period."""
        notes = [f"{self.n} units; p-values {self.alternative}, {self.kinds()}.", self._told_adjusted()]
        notes += [f"Weights {recipe}." for recipe in self.recipes]
        last = self.results[self.table.index[-1]]
        note = power_note(last.weights.sparse, statistic=self.statistic, alternative=self.alternative)
        if note:
            notes.append(f"{self.table.index[-1]}: {note}")
        shown = self.table[["statistic", "expected", "z", "p_value", "p_adjusted", "p_joint", "links"]].dropna(
            axis=1, how="all"
        )
        return (Table(shown, f"{self.title} of {self.name} by period", tuple(notes)),)

    def to_frame(self) -> pd.DataFrame:
        """All that is known of each period; a summary shows less."""
        return self.table.copy()

    def _told_adjusted(self) -> str:
        words = f"Adjusted for {len(self.table)} periods: p_adjusted by Holm"
        if not self.draws:
            return f"{words}; for p_joint use inference='permutation'."
        return (
            f"{words}; p_joint by {self.draws:,} orders of the units, the same in all periods, so that periods alike "
            f"count once (step-down min-p, seed {self.seed})."
        )

    def plot(self, ax: Axes | None = None) -> Axes:
        """The line over the periods with p-values."""
        return year_line(self, ax=ax)


@drawn_by(*DRAWING, "exact")
@shows_progress
@public
def moran_by(
    panel: pd.Series,
    w: Weights | Mapping[Any, Weights],
    *,
    statistic: Yearly = "moran",
    inference: Inference = "auto",
    alternative: Alternative = "two-sided",
    draws: int = 9_999,
    rng: Rng = None,
    progress: bool | None = None,
) -> ByPeriodResult:
    """Moran's I (or Geary's C) of each period of a panel.

    Parameters
    ----------
    panel : pandas.Series
        Numbers by unit and period (a balanced panel).
    w : Weights, or mapping from period to Weights
        A mapping gives a W that changes, such as with the bridges open by then.
    statistic : {"moran", "geary"}
    inference : str
        All orders (``"exact"``), random ones (``"permutation"``) or moments over all orders (``"randomization"``);
        ``"auto"`` takes the most exact that can be computed.
    alternative : {"two-sided", "greater", "less"}
        Which tail the p-value counts.
    draws : int
        Random orders, or random sets of neighbors of a local statistic.
    rng : int, numpy.random.Generator or None
        Every period uses the same seed: its result is that of `moran` with this seed.
    progress : bool, optional
        True tells on standard error how far work over two seconds has come, False never; by default on a terminal.

    Returns
    -------
    ByPeriodResult

    Raises
    ------
    MissingDataError
        If a unit has no value in some period.
    UnknownNameError
        If a mapping lacks a period.

    Examples
    --------
    >>> from gbaspatial.weights import from_pairs
    >>> w = from_pairs(pd.DataFrame({"focal": [1, 2, 3, 4, 2, 3, 4, 1], "neighbor": [2, 3, 4, 1, 1, 2, 3, 4]}))
    >>> index = pd.MultiIndex.from_product([[1, 2, 3, 4], [2018, 2019]], names=["city", "year"])
    >>> panel = pd.Series([1.0, 1, 2, 3, 3, 2, 4, 4], index=index, name="x")
    >>> moran_by(panel, w).table["statistic"].round(3).tolist()
    [-0.2, -0.8]
    """
    word(statistic, TITLES, "statistic")
    periods = periods_of(panel)
    matrices = weights_by_period(w, periods)
    values, _ = align_panel(panel, matrices[0].ids)
    seed = seed_of(rng)
    test = moran if statistic == "moran" else geary
    ids = matrices[0].ids
    results = {}
    every = zip(periods, matrices, values, strict=True)
    for period, part, row in track(every, "periods", total=len(periods)):
        series = pd.Series(row, index=ids, name=f"{panel.name} in {period}")
        if row.max() == row.min():
            raise DataError(f"all units have the same value in {period}; leave this period out of the panel.")
        results[period] = test(
            series, part, inference=inference, alternative=alternative, **draws_for(inference, draws=draws, rng=seed)
        )
    table = _by_period(results, matrices, periods)
    table["p_joint"], orders = joint_p(test, results.values(), alternative, draws, seed)
    return ByPeriodResult(
        table=table,
        results=results,
        name=str(panel.name),
        statistic=statistic,
        alternative=alternative,
        n=len(ids),
        seed=seed,
        recipes=recipes_of(matrices, periods),
        draws=orders,
    )


def _by_period(results: dict[Label, Any], matrices: list[Weights], periods: pd.Index) -> pd.DataFrame:
    names = ("statistic", "expected", "variance", "z", "p_value", "inference")
    frame = pd.DataFrame({name: [getattr(r, name) for r in results.values()] for name in names}, index=periods)
    frame["p_adjusted"] = adjust(frame["p_value"].to_numpy(), "holm")
    frame["p_joint"] = np.nan
    frame["links"] = [part.n_links for part in matrices]
    return frame


@public
def differential_moran(first: pd.Series, last: pd.Series, w: Weights, **options: Unpack[ChangeOptions]) -> MoranResult:
    """Moran's I of the change from `first` to `last`.

    Parameters
    ----------
    first, last : pandas.Series, length n
        Values at two dates.
    w : Weights
    **options
        As for `moran`: `inference`, `alternative`, `draws`, `rng`, ...

    Returns
    -------
    MoranResult

    References
    ----------
    Anselin, L. (2019). A local indicator of multivariate spatial association: extending
    Geary's c. The differential Moran is that of GeoDa.

    Examples
    --------
    >>> from gbaspatial.weights import from_pairs
    >>> w = from_pairs(pd.DataFrame({"focal": list("abcbcd"), "neighbor": list("bcdabc")}))
    >>> x = pd.Series({"a": 1.0, "b": 2.0, "c": 4.0, "d": 5.0})
    >>> y = pd.Series({"a": 2.0, "b": 1.0, "c": 5.0, "d": 3.0})
    >>> round(differential_moran(x, y, w).statistic, 3)
    -0.802
    """
    return moran(_change(first, last, w), w, **options)


@public
def differential_local_moran(
    first: pd.Series, last: pd.Series, w: Weights, **options: Unpack[LocalChangeOptions]
) -> LocalMoranResult:
    """Local Moran of the change from `first` to `last`; options as for `local_moran`.

    Parameters
    ----------
    first : pandas.Series, length n
        Values at the first date.
    last : pandas.Series, length n
        Values at the last date.
    w : Weights
        Used as given.
    **options
        Those of `local_moran`: `inference`, `alternative`, `draws`, `rng`, `adjust`, `alpha`.

    Returns
    -------
    LocalMoranResult
        Of the changes, by unit.

    Examples
    --------
    >>> from gbaspatial.weights import from_pairs
    >>> w = from_pairs(pd.DataFrame({"focal": list("abcbcd"), "neighbor": list("bcdabc")}))
    >>> x = pd.Series({"a": 1.0, "b": 2.0, "c": 4.0, "d": 5.0})
    >>> y = pd.Series({"a": 2.0, "b": 1.0, "c": 5.0, "d": 3.0})
    >>> differential_local_moran(x, y, w).statistic.round(3).tolist()
    [-0.556, -1.111, -1.852, -1.296]
    """
    return local_moran(_change(first, last, w), w, **options)


def _change(first: pd.Series, last: pd.Series, w: WeightsLike) -> pd.Series:
    ids = as_weights(w).ids
    change = align(last, ids, "last values") - align(first, ids, "first values")
    return labelled(change, ids, last.index, f"change of {last.name}")


@public
def space_time_moran(first: pd.Series, last: pd.Series, w: Weights, **options: Unpack[LaterOptions]) -> CrossResult:
    """Association of values at `last` with the neighbors' values at `first`.

    Parameters
    ----------
    first, last : pandas.Series, length n
        Values at two dates.
    w : Weights
    **options
        Those of `bivariate_moran`: `reassign`, `inference`, `alternative`, `draws`, `rng`.

    Returns
    -------
    CrossResult

    References
    ----------
    Anselin, L., Syabri, I. and Smirnov, O. (2002). Visualizing multivariate spatial
    correlation with dynamically linked windows.

    Examples
    --------
    >>> from gbaspatial.weights import from_pairs
    >>> w = from_pairs(pd.DataFrame({"focal": list("abcbcd"), "neighbor": list("bcdabc")}))
    >>> x = pd.Series({"a": 1.0, "b": 2.0, "c": 4.0, "d": 5.0})
    >>> y = pd.Series({"a": 2.0, "b": 1.0, "c": 5.0, "d": 3.0})
    >>> round(space_time_moran(x, y, w).statistic, 3)
    0.356
    """
    return bivariate_moran(last, first, w, **options)
