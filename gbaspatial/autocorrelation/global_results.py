"""What global tests of autocorrelation give back: one statistic and its test."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import pandas as pd

from gbaspatial.errors import some
from gbaspatial.figures.null_values import null_distribution
from gbaspatial.inference.null import Null
from gbaspatial.referee import code as _code, second_opinion as _second_opinion
from gbaspatial.results import Result, Table, data_hash
from gbaspatial.weights import Weights

if TYPE_CHECKING:
    from matplotlib.axes import Axes


TOLD = {  # how the p-value was made, in words
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
    name : str
        What the statistic is called.
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
        told = TOLD[self.inference].format(size=self.draws, seed=self.seed)
        notes = [f"p-value: {self.alternative}, {told}."]
        if self.inference == "permutation":
            low, high = self.p_interval
            stopped = ", stopped early" if self.null.stopped else ""
            notes.append(f"Monte Carlo 95 % interval of p: {low:.4f} to {high:.4f}{stopped}.")
        if len(self.weights.islands):
            notes.append(f"Not counted in n, being without neighbors: {some(self.weights.islands)}.")
        if self.power_note():
            notes.append(self.power_note())
        notes.append(f"Weights: {self.recipe}.")
        frame = pd.DataFrame([row], index=pd.Index([self.variable], name="variable"))
        return (Table(frame, self.name, tuple(notes)),)

    def plot(self, ax: Axes | None = None) -> Axes:
        """The null distribution with the observed value."""
        return null_distribution(self.null, self.name, self.alternative, ax=ax)


@dataclass(frozen=True, slots=True, eq=False)
class SharedTest(GlobalTest):
    """A test that other programs make, too; see `GlobalTest`."""

    second_opinion = _second_opinion
    code = _code
