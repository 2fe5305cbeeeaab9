"""Correlograms: autocorrelation by order of neighbors or by distance, over the band that chance gives."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import pandas as pd
from scipy import sparse

from gbaspatial.alignment import align
from gbaspatial.autocorrelation.entrance import DRAWING, drawn_by, draws_for
from gbaspatial.autocorrelation.geary import geary
from gbaspatial.autocorrelation.joint import joint_p
from gbaspatial.autocorrelation.lag_correlation import lag_correlation
from gbaspatial.autocorrelation.moran import moran
from gbaspatial.errors import OptionError, WeightsError
from gbaspatial.figures.spatial_tests import correlogram as drawn_correlogram
from gbaspatial.geography import distance_km
from gbaspatial.inference import adjust
from gbaspatial.inference.exact_distribution import histograms
from gbaspatial.inference.null import Alternative, Inference
from gbaspatial.options import public, whole, word
from gbaspatial.progress import track
from gbaspatial.randomness import Rng, seed_of
from gbaspatial.referee import code as _code, second_opinion as _second_opinion
from gbaspatial.results import Result, Table
from gbaspatial.weights import Weights, as_weights

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from gbaspatial.geography.places import Units

Statistic = Literal["moran", "geary", "correlation"]
TITLES = {"moran": "Moran's I", "geary": "Geary's C", "correlation": "Correlation with the lag"}
MOST_ORDERS = 50
BAND_ALPHA = 0.05  # of the null distribution lies outside the band of a class


@dataclass(frozen=True, slots=True, eq=False)
class CorrelogramResult(Result):
    """A statistic by order of neighbors or by class of distance.

    Parameters
    ----------
    table : pandas.DataFrame
        By order or class: `statistic`, `expected`, `variance`, `z`, `p_value`,
        `p_adjusted` (Holm), `p_joint` (all classes under the same orders of the units, by step-down
        min-p; see `gbaspatial.inference.adjust_jointly`; only where tests are exact or by
        permutation), `lower` and `upper` end of the band that holds 1 - alpha of
        the null distribution of each class, `pairs` linked and `isolates` without any;
        95 % interval `p_lower` to `p_upper` of a Monte Carlo p-value, `n` units with neighbors,
        `inference` and orders `draws`.
    statistic : str
        ``"moran"``, ``"geary"`` or ``"correlation"``.
    values : pandas.Series
    classes : Weights
        The number, from 1, of the class of each pair that has one.
    standardized : bool
        Whether the links of each class are row-standardized, or ones.
    name : str
        What the values are called.
    title : str
        The statistic in words.
    alternative : str
        Against which the tests are.
    alpha : float
        Level up to which a p-value makes a class.
    seed : int
        Seed of the draws.
    recipe : str
        How the weights were made.
    """

    table: pd.DataFrame
    name: str
    title: str
    alternative: str
    alpha: float
    inference: str
    n: int
    seed: int
    recipe: str
    statistic: str
    values: pd.Series
    classes: Weights
    standardized: bool
    draws: int = 0

    second_opinion = _second_opinion
    code = _code

    @property
    def band(self) -> str:
        """What the band is, for a legend."""
        return f"{100 * (1 - self.alpha):g} % of {_NULLS.get(self.inference, 'the null distribution')}"

    def tables(self) -> tuple[Table, ...]:
        """The statistic by class."""
        notes = (
            f"{self.n} units; p-values {self.alternative}, {self.inference}; p_adjusted: Holm over the classes"
            + (f"; p_joint: {self.draws:,} orders of the units, the same in all classes." if self.draws else "."),
            f"lower, upper: {self.band}, for each class by itself.",
            f"Weights: {self.recipe}.",
        )
        shown = [
            "statistic",
            "expected",
            "variance",
            "z",
            "p_value",
            "p_adjusted",
            *(["p_joint"] if self.draws else []),
            "lower",
            "upper",
            "pairs",
            "isolates",
        ]
        return (Table(self.table[shown], f"Correlogram of {self.name} ({self.title})", notes),)

    def to_frame(self) -> pd.DataFrame:
        """All that is known of each class; a summary shows less."""
        return self.table.copy()

    def plot(self, ax: Axes | None = None) -> Axes:
        """The statistic over its band."""
        return drawn_correlogram(self, ax=ax)


_NULLS = {"exact": "all orders", "permutation": "random orders"}


def neighbor_orders(W: sparse.csr_array, orders: int) -> list[sparse.csr_array]:
    """Links (n, n) of each order: pairs whose shortest path has exactly that many links.

    Examples
    --------
    >>> line = sparse.csr_array(np.diag(np.ones(2), 1) + np.diag(np.ones(2), -1))
    >>> [int(part.sum()) for part in neighbor_orders(line, 3)]
    [4, 2, 0]
    """
    links = sparse.csr_array(W != 0).astype(float)
    seen = sparse.csr_array(links + sparse.eye_array(W.shape[0], format="csr"))
    found = [links]
    for _ in range(orders - 1):
        reached = sparse.csr_array((found[-1] @ links) != 0).astype(float)
        fresh = sparse.csr_array(reached - reached.multiply(seen != 0))
        fresh.eliminate_zeros()
        found.append(fresh)
        seen = sparse.csr_array(seen + fresh)
    return found


@drawn_by(*DRAWING, "exact")
@public
def correlogram(
    values: pd.Series,
    w: Weights,
    *,
    orders: int = 4,
    statistic: Statistic = "moran",
    inference: Inference = "auto",
    alternative: Alternative = "two-sided",
    rng: Rng = None,
) -> CorrelogramResult:
    """Autocorrelation among neighbors of order 1, 2, ...: at one, two, ... steps along the links.

    Parameters
    ----------
    values : pandas.Series, length n
    w : Weights
        Only the links count. Each order is row-standardized if the rows of `w` sum to one, else binary.
    orders : int
        The highest order.
    statistic : {"moran", "geary", "correlation"}
        ``"correlation"`` is that of values and their lags.
    inference, alternative
        As for `moran`. The correlation with the lag is tested by permutation.
    rng : int, numpy.random.Generator or None

    Returns
    -------
    CorrelogramResult

    Raises
    ------
    OptionError
        If `orders` is not a number from 1 to 50.
    WeightsError
        If some order has no pair.

    Notes
    -----
    Orders are shortest paths, as spdep's `nblag`; units without neighbors of some order
    are islands there, and treated as the statistic treats islands.

    References
    ----------
    Cliff, A. D. and Ord, J. K. (1981). Spatial Processes. Pion, ch. 5.

    Examples
    --------
    >>> from gbaspatial.weights import from_pairs
    >>> w = from_pairs(pd.DataFrame({"focal": list("abcbcd"), "neighbor": list("bcdabc")}))
    >>> x = pd.Series({"a": 1.0, "b": 2.0, "c": 4.0, "d": 5.0})
    >>> y = pd.Series({"a": 2.0, "b": 1.0, "c": 5.0, "d": 3.0})
    >>> correlogram(x, w, orders=2, inference="randomization").to_frame()["statistic"].round(3).tolist()
    [0.4, -0.8]
    """
    w = as_weights(w)
    orders = whole(orders, "orders", least=1, most=MOST_ORDERS)
    align(values, w.ids)
    linked = w.cardinalities.to_numpy() > 0
    rows_sum_to_one = bool(np.allclose(w.row_sums[linked], 1.0, rtol=0, atol=1e-12))
    parts = {}
    for k, matrix in enumerate(neighbor_orders(w.sparse, orders), start=1):
        if matrix.nnz == 0:
            raise WeightsError(f"no two units are {k} steps apart; use orders={k - 1}.")
        part = Weights(matrix, w.ids, recipe=w.recipe.then("order", k=k), islands=w.island_policy)
        parts[k] = part.row_standardized() if rows_sum_to_one else part
    index = pd.Index(list(parts), name="order")
    return _by_class(values, list(parts.values()), index, statistic, inference, alternative, rng)


@drawn_by(*DRAWING, "exact")
@public
def correlogram_by_distance(
    values: pd.Series,
    units: Units,
    *,
    breaks_km: int | Sequence[float] = 6,
    statistic: Statistic = "moran",
    inference: Inference = "auto",
    alternative: Alternative = "two-sided",
    rng: Rng = None,
) -> CorrelogramResult:
    """Autocorrelation among pairs of units in classes of distance.

    Parameters
    ----------
    values : pandas.Series, length n
    units : geopandas.GeoDataFrame or GeoSeries
        The same units, with a CRS; distances are geodesic between representative points.
    breaks_km : int or sequence of float
        Number of classes with equally many pairs, up to the half of all pairs that are
        nearest; or the upper ends of the classes in kilometers, ascending.
    statistic : {"moran", "geary", "correlation"}
        What is computed in each class, with a link of one between the units of every pair of the class;
        ``"correlation"`` is that of values and their lags.
    inference : {"auto", "exact", "permutation", "randomization"}
        All orders of the values, random ones, or a normal distribution with the moments over all orders; by default
        all orders where they can be listed. The correlation with the lag knows no moments.
    alternative : {"two-sided", "greater", "less"}
        Which tail the p-values count.
    rng : int, numpy.random.Generator or None
        Seed of the random orders, the same in every class; recorded.

    Returns
    -------
    CorrelogramResult

    Raises
    ------
    AlignmentError, MissingDataError, DataError
        If values and units do not match, or values are missing, not numbers or all equal.
    CRSError
        If the units have no CRS.
    WeightsError
        If a class holds no pair.
    OptionError
        If `breaks_km` is neither a number of classes from 1 to 50 nor ascending ends, or another option is not known.

    References
    ----------
    Cliff, A. D. and Ord, J. K. (1981). Spatial Processes. Pion, ch. 5.

    Examples
    --------
    >>> import gbaspatial as gba
    >>> cities = gba.load_cities(year=2019)
    >>> found = correlogram_by_distance(cities["gdp_pc_cny"], cities, breaks_km=[60, 120], inference="randomization")
    >>> found.to_frame()["pairs"].to_dict()
    {'0-60': 9, '60-120': 23}
    """
    distance = distance_km(units)
    ids = distance.index
    align(values, ids)
    D = distance.to_numpy()
    breaks = _breaks(breaks_km, D[np.triu_indices(len(D), 1)])
    lower = np.concatenate([[0.0], breaks[:-1]])
    parts = []
    for low, high in zip(lower, breaks, strict=True):
        near = (low < D) & (high >= D) if low > 0 else high >= D  # coincident points are near
        np.fill_diagonal(near, False)
        if not near.any():
            raise WeightsError(f"no two units are between {low:g} and {high:g} km apart; choose wider classes.")
        parts.append(Weights(near.astype(float), ids))
    index = pd.Index([f"{low:.0f}-{high:.0f}" for low, high in zip(lower, breaks, strict=True)], name="distance_km")
    return _by_class(values, parts, index, statistic, inference, alternative, rng)


def _breaks(breaks_km: int | Sequence[float], distances: np.ndarray) -> np.ndarray:
    if isinstance(breaks_km, (int, np.integer)) and not isinstance(breaks_km, bool):
        if not 1 <= breaks_km <= MOST_ORDERS:
            raise OptionError(f"breaks_km={breaks_km!r} is not a number of classes; use 1 to {MOST_ORDERS}.")
        return np.unique(np.quantile(distances, np.arange(1, breaks_km + 1) / (2 * breaks_km)))
    breaks = np.asarray(breaks_km, dtype=float)
    if breaks.ndim != 1 or not len(breaks) or not (breaks > 0).all() or not (np.diff(breaks) > 0).all():
        raise OptionError(f"breaks_km={breaks_km!r} are not upper ends of classes; give ascending positive kilometers.")
    return breaks


def _by_class(
    values: pd.Series,
    parts: list[Weights],
    index: pd.Index,
    statistic: Statistic,
    inference: Inference,
    alternative: Alternative,
    rng: Rng,
) -> CorrelogramResult:
    """The statistic and its band for each W of `parts`; every class uses the same seed."""
    word(statistic, TITLES, "statistic")
    seed = seed_of(rng)
    tests: dict[str, Any] = {"moran": moran, "geary": geary, "correlation": lag_correlation}
    sampling = draws_for(inference, rng=seed)
    rows, results = [], []
    for part in track(parts, "classes"):
        with histograms():  # the band needs them
            found = tests[statistic](values, part, inference=inference, alternative=alternative, **sampling)
        results.append(found)
        lower, upper = found.null.quantile([BAND_ALPHA / 2, 1 - BAND_ALPHA / 2])
        rows.append(
            {
                **{name: getattr(found, name) for name in ("statistic", "expected", "variance", "z", "p_value")},
                **dict(zip(("p_lower", "p_upper"), found.p_interval, strict=True)),
                "lower": float(lower),
                "upper": float(upper),
                "pairs": _pairs(part),
                "isolates": len(part.islands),
                **{name: getattr(found, name) for name in ("n", "inference", "draws")},
            }
        )
    table = pd.DataFrame(rows, index=index)
    table.insert(5, "p_adjusted", adjust(table["p_value"].to_numpy(), "holm"))
    joint, orders = joint_p(tests[statistic], results, alternative, sampling.get("draws", 9_999), seed)
    if orders:
        table.insert(6, "p_joint", joint)
    return CorrelogramResult(
        table=table,
        name=str(values.name),
        title=TITLES[statistic],
        alternative=alternative,
        alpha=BAND_ALPHA,
        inference=found.inference,
        n=len(values),
        seed=seed,
        recipe=str(parts[0].recipe),
        statistic=statistic,
        values=values,
        classes=_numbered(parts),
        standardized=any(bool((part.sparse.data != 1).any()) for part in parts),
        draws=orders,
    )


def _numbered(parts: list[Weights]) -> Weights:
    """The number, from 1, of the class that links each pair: classes share none."""
    numbers = sum((number * (part.sparse != 0) for number, part in enumerate(parts, start=1)), 0)
    return Weights(sparse.csr_array(numbers).astype(float), parts[0].ids, recipe=parts[0].recipe)


def _pairs(w: Weights) -> int:
    """Number of unordered pairs that are linked in one direction or both."""
    return int(sparse.triu(w.sparse + w.sparse.T, k=1).nnz)
