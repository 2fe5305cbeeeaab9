"""What tests of autocorrelation give back: one statistic, or one per unit."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
import pandas as pd

from gbaspatial.alignment import check_same_units
from gbaspatial.errors import LabelTypeError, OptionError, some
from gbaspatial.inference.multiple import adjust as adjust_p, adjust_by_neighbors
from gbaspatial.inference.null import LocalNull, Null
from gbaspatial.results import Result, Table, data_hash
from gbaspatial.weights import Weights

if TYPE_CHECKING:
    import geopandas as gpd
    from matplotlib.axes import Axes

_TOLD = {
    "exact": "exact: all {size:,} orders",
    "permutation": "{size:,} random orders, seed {seed}",
    "randomization": "normal approximation, moments over all orders",
    "normal": "normal approximation, moments for normal values",
    "saddlepoint": "saddlepoint approximation for normal values",
    "imhof": "exact for normal values (Imhof)",
    "bootstrap": "{size:,} bootstrap samples of each unit's neighbors, seed {seed}",
    "chi-square": "chi-square approximation",
}


@dataclass(frozen=True, slots=True, eq=False)
class GlobalTest(Result):
    """One statistic of spatial autocorrelation and its test.

    Attributes
    ----------
    statistic, expected, variance, z, p_value : float
        Moments are those of the null of `inference`; `z` has the sign of the statistic.
    alternative, inference : str
    n : int
        Units with neighbors.
    null : Null
        The null distribution: quantiles, histogram, interval of a Monte Carlo p-value.
    values : pandas.Series
        What was tested, in the order given.
    weights : Weights
    """

    name: str
    null: Null
    alternative: str
    n: int
    values: pd.Series
    weights: Weights
    _power: ClassVar[str | None] = None  # the statistic whose power a summary tells

    @property
    def statistic(self) -> float:
        """The observed statistic."""
        return self.null.observed

    @property
    def expected(self) -> float:
        """Its mean under the null."""
        return self.null.mean

    @property
    def variance(self) -> float:
        """Its variance under the null."""
        return self.null.variance

    @property
    def z(self) -> float:
        """(statistic - expected) / standard deviation."""
        return self.null.z

    @property
    def p_value(self) -> float:
        """The p-value against `alternative`."""
        return self.null.p_value(self.alternative)  # type: ignore[arg-type]

    @property
    def p_interval(self) -> tuple[float, float]:
        """95 % confidence interval of a Monte Carlo p-value; the p-value twice otherwise."""
        return self.null.interval(self.alternative)  # type: ignore[arg-type]

    @property
    def inference(self) -> str:
        """How the p-value was made."""
        return self.null.kind

    @property
    def draws(self) -> int:
        """Orders enumerated or drawn."""
        return self.null.size

    @property
    def seed(self) -> int | None:
        """The seed of the draws."""
        return self.null.seed

    @property
    def variable(self) -> str:
        """What the values are called."""
        return str(self.values.name) if self.values.name is not None else "values"

    @property
    def recipe(self) -> str:
        """How the weights were made."""
        return str(self.weights.recipe)

    @property
    def data_hash(self) -> str:
        """Fingerprint of the values."""
        return data_hash(self.values)

    def power_note(self) -> str:
        """What the test can detect with these weights, in a sentence; empty from 50 units on."""
        if self._power is None:
            return ""
        from gbaspatial.inference.detection import power_note

        return power_note(self.weights.sparse, statistic=self._power, alternative=self.alternative)  # type: ignore[arg-type]

    def tables(self) -> tuple[Table, ...]:
        """Statistic, moments and p-value in one row."""
        row = {
            "statistic": self.statistic,
            "expected": self.expected,
            "variance": self.variance,
            "z": self.z,
            "p_value": self.p_value,
            "n": self.n,
        }
        told = _TOLD[self.inference].format(size=self.draws, seed=self.seed)
        notes = [f"p-value: {self.alternative}, {told}."]
        if self.inference == "permutation":
            low, high = self.p_interval
            stopped = ", stopped early" if self.null.stopped else ""
            notes.append(f"Monte Carlo 95 % interval of p: {low:.4f} to {high:.4f}{stopped}.")
        if len(self.weights.islands):
            notes.append(f"{len(self.weights.islands)} units without neighbors are not counted in n.")
        if self.power_note():
            notes.append(self.power_note())
        notes.append(f"Weights: {self.recipe}.")
        frame = pd.DataFrame([row], index=pd.Index([self.variable], name="variable"))
        return (Table(frame, self.name, tuple(notes)),)

    def plot(self, ax: Axes | None = None) -> Axes:
        """The null distribution with the observed value."""
        return null_plot(self.null, self.name, ax, self.alternative)


def null_plot(null: Null, name: str, ax: Axes | None = None, alternative: str = "two-sided") -> Axes:
    """Reference distribution of a statistic with the observed value and its mean."""
    import matplotlib.pyplot as plt

    ax = plt.subplots(figsize=(6, 4), layout="constrained")[1] if ax is None else ax
    heights, edges = null.histogram()
    p = null.p_value(alternative)  # type: ignore[arg-type]
    ax.stairs(heights, edges, fill=True, color="#C9CDD2")
    ax.axvline(null.mean, color="#777777", linestyle=":", label=f"expected {null.mean:.3f}")
    ax.axvline(null.observed, color="#B2182B", label=f"observed {null.observed:.3f}, p = {p:.4f}")
    ax.set(xlabel=name, ylabel="density under the null")
    ax.spines[["top", "right"]].set_visible(False)
    ax.legend(frameon=False)
    return ax


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
    def quadrant(self) -> pd.Series:
        """HH, LL, LH or HL: the unit's value, then its neighbors', against the mean."""
        if "quadrant" not in self.frame:
            raise OptionError(f"{self.name} has no quadrants.")
        return self._column("quadrant")

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
        """Classes at another level, or by adjusted p-values."""
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

    def tables(self) -> tuple[Table, ...]:
        """The statistic by unit."""
        told = _TOLD[self.inference].format(size=self.draws, seed=self.seed).replace("orders", "sets of neighbors")
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
        return units.join(self.frame.rename(columns=renamed))

    def plot(self, units: gpd.GeoDataFrame | None = None, ax: Axes | None = None) -> Axes:
        """A map of the classes of `units`."""
        if units is None:
            raise OptionError("a map needs shapes; use plot(units) with a GeoDataFrame of the same units.")
        from gbaspatial.figures.autocorrelation import cluster_map

        return cluster_map(self, units, title=f"{self.name} of {self.variable}", ax=ax)


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


def local_result(
    name: str,
    null: LocalNull,
    classes: np.ndarray,
    w: Weights,
    values: pd.Series | pd.DataFrame,
    *,
    alternative: str = "two-sided",
    adjust: str = "bh",
    alpha: float = 0.05,
    columns: dict[str, Any] | None = None,
    result: type[LocalTest] = LocalTest,
) -> Any:
    """Label a `LocalNull`: statistic, moments, p-values and classes by unit, in the order of `values`.

    Parameters
    ----------
    classes : numpy.ndarray of str, shape (n,)
        The class of each unit if it is significant.
    columns : dict, optional
        More columns (n,), shown before `cluster`.
    """
    if not 0 < alpha < 1:
        raise OptionError(f"alpha={alpha!r} is not a level; use a number between 0 and 1, such as 0.05.")
    counts = w.cardinalities.to_numpy()
    island = counts == 0
    statistic = np.where(island, np.nan, null.observed)
    p = np.where(island, np.nan, null.p_value(alternative))  # type: ignore[arg-type]
    frame = pd.DataFrame(
        {
            "statistic": statistic,
            "expected": np.where(island, np.nan, null.mean),
            "variance": np.where(island, np.nan, null.variance),
            "z": np.where(island, np.nan, null.z),
            "p_value": p,
            "p_adjusted": adjusted_p(p, counts, adjust),
            **(columns or {}),
            "cluster": classified(p, classes, island, alpha),
        },
        index=w.ids,
    )
    labels = pd.Series(classes, index=w.ids, dtype=object)
    kept = values.to_frame() if isinstance(values, pd.Series) else values.copy()
    return result(
        name=name,
        variable=", ".join(str(c) for c in kept.columns if c is not None),
        frame=frame if values.index is w.ids else frame.reindex(values.index),
        null=null,
        alternative=alternative,
        adjust=adjust,
        alpha=alpha,
        values=kept,
        weights=w,
        classes=labels.reindex(values.index),
    )
