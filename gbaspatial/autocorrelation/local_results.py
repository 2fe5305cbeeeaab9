"""What local tests of autocorrelation give back: a statistic, its test and a class for each unit."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from gbaspatial.alignment import check_same_units
from gbaspatial.autocorrelation.global_results import TOLD
from gbaspatial.errors import LabelTypeError, OptionError, some
from gbaspatial.figures.spatial_tests import cluster_map
from gbaspatial.inference.multiple import adjust as adjust_p, adjust_by_neighbors
from gbaspatial.inference.null import LocalNull
from gbaspatial.options import probability
from gbaspatial.referee import code as _code, second_opinion as _second_opinion
from gbaspatial.results import Result, Table, data_hash
from gbaspatial.weights import Weights

if TYPE_CHECKING:
    import geopandas as gpd
    from matplotlib.axes import Axes


@dataclass(frozen=True, slots=True, eq=False)
class LocalTest(Result):
    """A local statistic by unit and its tests; every Series is in the order of the values given.

    Attributes
    ----------
    frame : pandas.DataFrame
        By unit: `statistic`, `expected`, `variance`, `z`, `p_value`, `p_adjusted`, where
        it has one `quadrant`, and `cluster`.
    alternative, inference, adjust : str
    alpha : float
        Level of `cluster`, which looks at the raw p-value.
    n : int
    null : LocalNull
        Tails in the order of the weights.
    name : str
        What the statistic is called.
    variable : str
        What the values are called.
    values : pandas.DataFrame
        What was tested, a column for each variable, in the order given.
    weights : Weights
    classes : pandas.Series
        The class of each unit if it is significant.
    """

    name: str
    variable: str
    frame: pd.DataFrame
    null: LocalNull
    alternative: str
    adjust: str
    alpha: float
    values: pd.DataFrame
    weights: Weights
    classes: pd.Series = field(repr=False)

    def _column(self, name: str) -> pd.Series:
        return self.frame[name].copy()

    @property
    def statistic(self) -> pd.Series:
        """The local statistic."""
        return self._column("statistic")

    @property
    def expected(self) -> pd.Series:
        """Its mean under the null."""
        return self._column("expected")

    @property
    def variance(self) -> pd.Series:
        """Its variance under the null."""
        return self._column("variance")

    @property
    def z(self) -> pd.Series:
        """(statistic - expected) / standard deviation."""
        return self._column("z")

    @property
    def p_value(self) -> pd.Series:
        """Raw p-values; NaN for units without neighbors."""
        return self._column("p_value")

    @property
    def p_adjusted(self) -> pd.Series:
        """p-values adjusted by `adjust` for as many tests as there are units tested."""
        return self._column("p_adjusted")

    @property
    def cluster(self) -> pd.Series:
        """The class of each unit at `alpha` (raw p-value)."""
        return self._column("cluster")

    @property
    def inference(self) -> str:
        """How the p-values were made."""
        return self.null.kind

    @property
    def n(self) -> int:
        """Number of units."""
        return len(self.frame)

    @property
    def draws(self) -> int:
        """Sets drawn for each unit, or the most enumerated for one."""
        return int(self.null.size.max(initial=0))

    @property
    def seed(self) -> int | None:
        """The seed of the draws."""
        return self.null.seed

    @property
    def recipe(self) -> str:
        """How the weights were made."""
        return str(self.weights.recipe)

    @property
    def data_hash(self) -> str:
        """Fingerprint of the values."""
        return data_hash(self.values)

    def clusters(self, alpha: float = 0.05, *, adjusted: bool = False) -> pd.Series:
        """Classes at another level, or by adjusted p-values.

        Parameters
        ----------
        alpha : float
            The p-value up to which a unit belongs to a class.
        adjusted : bool
            Judge by `p_adjusted` instead of `p_value`.
        """
        p = self.frame["p_adjusted" if adjusted else "p_value"]
        island = p.index.isin(self.weights.islands)
        found = classified(p.to_numpy(), self.classes.to_numpy(), island, alpha)
        return pd.Series(found, p.index, name="cluster", dtype=object)

    def adjusted(self, method: str) -> pd.Series:
        """p-values adjusted by another method of `gbaspatial.inference.adjust`, or ``"by-neighbor"``."""
        counts = self.weights.cardinalities.reindex(self.frame.index).to_numpy()
        return pd.Series(
            adjusted_p(self.frame["p_value"].to_numpy(), counts, method), self.frame.index, name="p_adjusted"
        )

    second_opinion = _second_opinion
    code = _code

    def tables(self) -> tuple[Table, ...]:
        """The statistic by unit."""
        told = TOLD[self.inference].format(size=self.draws, seed=self.seed).replace("orders", "sets of neighbors")
        if self.inference == "exact":
            told = f"exact: all sets of neighbors, up to {self.draws:,}"
        notes = [
            f"p-value: {self.alternative}, {told}.",
            f"p_adjusted: {self.adjust}, {int(self.frame['p_value'].notna().sum())} tests; "
            f"cluster: raw p <= {self.alpha:g}.",
            *self._out_of_reach(),
            f"Weights: {self.recipe}.",
        ]
        return (Table(self.frame, f"{self.name} of {self.variable}", tuple(notes)),)

    def _out_of_reach(self) -> list[str]:
        """Which units have too few sets of neighbors to be significant, whatever the values."""
        if self.inference != "exact":
            return []
        least = (2.0 if self.alternative == "two-sided" else 1.0) / np.maximum(self.null.size, 1)
        never = self.weights.ids[(least > self.alpha) & (self.null.size > 0)]
        return [f"Too few sets of neighbors for p <= {self.alpha:g} whatever the values: {some(never)}."] * (
            len(never) > 0
        )

    def to_gis(self, units: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
        """`units` with the columns of this result beside their own, matched by label.

        A column of `units` that has the name of one of the result's keeps it; the result's
        then starts with ``local_``.
        """
        if not hasattr(units, "geometry"):
            raise LabelTypeError(f"units are a {type(units).__name__}; give a GeoDataFrame indexed by unit.")
        check_same_units(units.index, self.frame.index, "units")
        renamed = {c: f"local_{c}" for c in self.frame.columns if c in units.columns}
        joined = units.join(self.frame.rename(columns=renamed))
        joined.attrs = dict(units.attrs)  # whose the boundaries are
        return joined

    def plot(self, units: gpd.GeoDataFrame | None = None, ax: Axes | None = None) -> Axes:
        """A map of the classes of `units`.

        Parameters
        ----------
        units : geopandas.GeoDataFrame
            The units of the test, with their shapes and a CRS.
        ax : matplotlib.axes.Axes, optional
            Where to draw; a new figure if not given.
        """
        if units is None:
            raise OptionError("a map needs shapes; use plot(units) with a GeoDataFrame of the same units.")
        return cluster_map(self, units, title=f"{self.name} of {self.variable}", ax=ax)


@dataclass(frozen=True, slots=True, eq=False)
class QuadrantTest(LocalTest):
    """A local test whose units lie in quadrants of a scatterplot; see `LocalTest`."""

    @property
    def quadrant(self) -> pd.Series:
        """HH, LL, LH or HL: the unit's value, then its neighbors', against the mean."""
        return self._column("quadrant")


def classified(p: np.ndarray, classes: np.ndarray, island: np.ndarray, alpha: float) -> np.ndarray:
    """The class (n,) where p <= alpha; else not significant, isolate (no neighbors) or undefined (no p-value)."""
    cluster = np.where(p <= alpha, classes, "not significant").astype(object)
    cluster[np.isnan(p)] = "undefined"
    cluster[island] = "isolate"
    return cluster


def adjusted_p(p: np.ndarray, cardinalities: np.ndarray, method: str) -> np.ndarray:
    """Adjusted p-values, ``"by-neighbor"`` being the Holm adjustment within each neighborhood."""
    if method == "by-neighbor":
        return adjust_by_neighbors(p, cardinalities)
    return adjust_p(p, method)  # type: ignore[arg-type]


@dataclass(frozen=True, slots=True)
class Judgement:
    """How p-values are read: the `alternative`, how they are adjusted, and the level of a class on the map."""

    alternative: str = "two-sided"
    adjust: str = "bh"
    alpha: float = 0.05


@dataclass(frozen=True, slots=True, eq=False)
class Found:
    """What a local statistic came to, in the order of the weights.

    `null` has the statistic with its distribution, `classes` (n,) the class of each unit if it is
    significant, `columns` more columns (n,), which are shown before `cluster`.
    """

    null: LocalNull
    classes: np.ndarray
    columns: Mapping[str, Any] = field(default_factory=dict)


def local_result(
    name: str,
    found: Found,
    w: Weights,
    values: pd.Series | pd.DataFrame,
    judged: Judgement,
    *,
    result: Callable[..., LocalTest] = LocalTest,
) -> Any:
    """Label what was found: statistic, moments, p-values and classes by unit, in the order of `values`."""
    null = found.null
    probability(judged.alpha, "alpha")
    counts = w.cardinalities.to_numpy()
    island = counts == 0
    statistic = np.where(island, np.nan, null.observed)
    p = np.where(island, np.nan, null.p_value(judged.alternative))  # type: ignore[arg-type]
    frame = pd.DataFrame(
        {
            "statistic": statistic,
            "expected": np.where(island, np.nan, null.mean),
            "variance": np.where(island, np.nan, null.variance),
            "z": np.where(island, np.nan, null.z),
            "p_value": p,
            "p_adjusted": adjusted_p(p, counts, judged.adjust),
            **found.columns,
            "cluster": classified(p, found.classes, island, judged.alpha),
        },
        index=w.ids,
    )
    labels = pd.Series(found.classes, index=w.ids, dtype=object)
    kept = values.to_frame() if isinstance(values, pd.Series) else values.copy()
    return result(
        name=name,
        variable=", ".join(str(c) for c in kept.columns if c is not None),
        frame=frame if values.index is w.ids else frame.reindex(values.index),
        null=null,
        alternative=judged.alternative,
        adjust=judged.adjust,
        alpha=judged.alpha,
        values=kept,
        weights=w,
        classes=labels.reindex(values.index),
    )
