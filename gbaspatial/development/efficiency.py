"""Data envelopment analysis: how far each unit is from the best practice of the units themselves."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd

from gbaspatial.development.frontier import Direction, Returns, Technology, projection, radial, slack_based
from gbaspatial.development.quantities import amounts, dimension_note, scaled
from gbaspatial.development.smoothing import bootstrap_distances
from gbaspatial.errors import DataError, OptionError, some
from gbaspatial.options import public, whole
from gbaspatial.randomness import Rng, label_order, seed_of
from gbaspatial.results import Result, Table

Measure = Literal["radial", "super", "slacks"]
Orientation = Literal["output", "input", "both"]

_EFFICIENT = 1e-6
"""A unit within a millionth of the frontier is on it: beyond that the programs are exact to about 1e-9."""

_SAID = {
    "radial": "radial efficiency",
    "super": "super-efficiency (each unit against the others)",
    "slacks": "slacks-based efficiency",
}


@dataclass(frozen=True, slots=True, eq=False)
class DeaResult(Result):
    """Efficiency of units against the frontier that they span.

    Attributes
    ----------
    efficiency : pandas.Series
        From 0 to 1, 1 on the frontier; super-efficiency may be above one. Higher is always better. NaN where the
        program is infeasible.
    status : pandas.Series
        "efficient", "inefficient" or "infeasible".
    weights : pandas.DataFrame
        The peers of each unit (row) and their weights; empty for the slacks-based measure.
    slacks : pandas.DataFrame
        What each input could still save and each output gain after the radial move, in the units of the data.
    outputs, inputs : pandas.DataFrame
    returns : {"constant", "variable", "non-increasing"}
    orientation : {"output", "input", "both"}
    measure : {"radial", "super", "slacks"}
    """

    efficiency: pd.Series
    status: pd.Series
    weights: pd.DataFrame
    slacks: pd.DataFrame
    outputs: pd.DataFrame
    inputs: pd.DataFrame
    returns: Returns
    orientation: Orientation
    measure: Measure

    def bootstrap(self, *, draws: int = 2000, level: float = 0.95, rng: Rng = None) -> DeaBootstrapResult:
        """Bias and intervals of radial efficiency by the smoothed bootstrap of Simar and Wilson.

        Parameters
        ----------
        draws : int
            100 at least.
        level : float
            Of the intervals.
        rng : int, numpy.random.Generator or None
        """
        if self.measure != "radial":
            raise OptionError(f"the bootstrap is for measure='radial'; this is {_SAID[self.measure]}.")
        return _bootstrap(self, whole(draws, "draws", least=100), level, seed_of(rng))

    def tables(self) -> tuple[Table, ...]:
        """Efficiency and peers; slacks."""
        frame = pd.DataFrame({"efficiency": self.efficiency, "status": self.status})
        if len(self.weights):
            frame["peers"] = [_peers(row) for _, row in self.weights.iterrows()]
        main = Table(frame, f"{_SAID[self.measure].capitalize()}, {self.returns} returns", self._notes())
        return (main,) if not len(self.slacks) else (main, Table(self.slacks, "Slacks beyond the radial move"))

    def _notes(self) -> tuple[str, ...]:
        efficient = int((self.status == "efficient").sum())
        notes = [
            f"Outputs {some(self.outputs)}; inputs {some(self.inputs)}; orientation {self.orientation}.",
            dimension_note(len(self.efficiency), self.outputs.shape[1], self.inputs.shape[1], efficient),
        ]
        lost = self.status.index[self.status == "infeasible"]
        if len(lost):
            notes.append(
                f"Infeasible for {some(lost)}: the others cannot reach it in this direction; it has no number."
            )
        if self.measure == "radial":
            notes.append(
                "The frontier is that of these units, so efficiency is too high: bootstrap() says by how much."
            )
        return tuple(notes)


def _peers(row: pd.Series) -> str:
    found = row[row > 0.005].sort_values(ascending=False)
    return ", ".join(f"{name} {weight:.2f}" for name, weight in found.items())


@public
def dea(
    outputs: pd.Series | pd.DataFrame,
    inputs: pd.Series | pd.DataFrame,
    *,
    returns: Returns = "constant",
    orientation: Orientation = "output",
    measure: Measure = "radial",
) -> DeaResult:
    """Data envelopment analysis: efficiency of units against the best practice among them.

    Parameters
    ----------
    outputs, inputs : pandas.Series or pandas.DataFrame
        Amounts by unit, matched by label; none negative. Their units of measurement do not matter.
    returns : {"constant", "variable", "non-increasing"}
        Returns to scale (Charnes, Cooper and Rhodes; Banker, Charnes and Cooper).
    orientation : {"output", "input", "both"}
        How much more output the same inputs could give, or how much less input would do; both at
        once for ``measure="slacks"`` only.
    measure : {"radial", "super", "slacks"}
        - ``"radial"``: all outputs (inputs) by the same factor, 1 on the frontier;
        - ``"super"``: the same with each unit left out of its own frontier, so that efficient
          units differ (Andersen and Petersen); with variable returns it may be infeasible;
        - ``"slacks"``: Tone's measure, which counts every slack.

    Returns
    -------
    DeaResult

    Raises
    ------
    AlignmentError, MissingDataError, DataError
        If outputs and inputs cover other units, are missing or negative, or if there are as
        many columns as units.
    OptionError
        If the orientation does not fit the measure.

    References
    ----------
    Charnes, A., Cooper, W. W. and Rhodes, E. (1978). Measuring the efficiency of decision
    making units. European Journal of Operational Research 2, 429-444. Banker, R. D.,
    Charnes, A. and Cooper, W. W. (1984). Some models for estimating technical and scale
    inefficiencies in data envelopment analysis. Management Science 30, 1078-1092.
    Andersen, P. and Petersen, N. C. (1993). A procedure for ranking efficient units in data
    envelopment analysis. Management Science 39, 1261-1264. Tone, K. (2001). A slacks-based
    measure of efficiency in data envelopment analysis. European Journal of Operational
    Research 130, 498-509.

    Examples
    --------
    >>> firms = pd.DataFrame({"y": [1, 2, 3, 4, 5], "x": [2, 4, 3, 5, 6]}, index=list("abcde"))
    >>> dea(firms["y"], firms["x"]).efficiency.round(3).tolist()
    [0.5, 0.5, 1.0, 0.8, 0.833]
    >>> dea(firms["y"], firms["x"], returns="variable").efficiency.round(3).tolist()
    [1.0, 0.545, 1.0, 0.923, 1.0]
    """
    if (orientation == "both") != (measure == "slacks") and orientation == "both":
        raise OptionError("orientation='both' needs measure='slacks'; a radial move goes one way.")
    y, x = amounts(outputs, inputs)
    if measure == "slacks":
        return _by_slacks(y, x, returns, orientation)
    direction: Direction = "input" if orientation == "input" else "output"
    Y, X = scaled(y.to_numpy(), x.to_numpy())
    factor = _factors(Technology(X, Y, returns), X, Y, direction, measure)
    return _radial_result(y, x, factor, returns, direction, measure)


def _factors(
    technology: Technology, X: np.ndarray, Y: np.ndarray, direction: Direction, measure: Measure
) -> np.ndarray:
    if measure == "radial":
        return radial(technology, X, Y, direction)
    alone = [radial(technology.without(k), X[[k]], Y[[k]], direction)[0] for k in range(len(X))]
    return np.array(alone)


def _radial_result(
    y: pd.DataFrame, x: pd.DataFrame, factor: np.ndarray, returns: Returns, direction: Direction, measure: Measure
) -> DeaResult:
    """The result for the radial `factor` (n,) of each unit."""
    efficiency = _efficiency(factor, direction)
    technology = Technology(x.to_numpy(), y.to_numpy(), returns)
    weights, slacks = pd.DataFrame(), pd.DataFrame()
    if measure == "radial":
        found = projection(technology, x.to_numpy(), y.to_numpy(), factor, direction)
        weights = pd.DataFrame(found.weights, index=y.index, columns=y.index)
        slacks = pd.DataFrame(np.hstack([found.surplus, found.shortfall]), index=y.index, columns=[*x, *y])
    return DeaResult(
        efficiency=pd.Series(efficiency, y.index, name="efficiency"),
        status=_status(efficiency, y.index),
        weights=weights,
        slacks=slacks,
        outputs=y,
        inputs=x,
        returns=returns,
        orientation=direction,
        measure=measure,
    )


def _efficiency(factor: np.ndarray, direction: Direction) -> np.ndarray:
    """Farrell's efficiency, larger is better, from the factor of outputs or inputs."""
    if direction == "input":
        return factor
    return np.divide(1.0, factor, out=np.full_like(factor, np.nan), where=factor > 0)


def _status(efficiency: np.ndarray, index: pd.Index) -> pd.Series:
    with np.errstate(invalid="ignore"):
        words = np.where(efficiency >= 1 - _EFFICIENT, "efficient", "inefficient").astype(object)
    words[np.isnan(efficiency)] = "infeasible"
    return pd.Series(words, index, name="status")


def _by_slacks(y: pd.DataFrame, x: pd.DataFrame, returns: Returns, orientation: Orientation) -> DeaResult:
    for table in (y, x):
        zero = table.index[(table == 0).any(axis=1)]
        if len(zero):
            raise DataError(f"measure='slacks' divides by each amount, and one is zero for {some(zero)}.")
    Y, X = scaled(y.to_numpy(), x.to_numpy())
    efficiency = slack_based(Technology(X, Y, returns), X, Y, orientation)
    found = pd.Series(efficiency, y.index, name="efficiency")
    empty = pd.DataFrame()
    return DeaResult(found, _status(efficiency, y.index), empty, empty, y, x, returns, orientation, "slacks")


@dataclass(frozen=True, slots=True, eq=False)
class DeaBootstrapResult(Result):
    """Efficiency corrected for the bias of a frontier that is estimated.

    Attributes
    ----------
    efficiency : pandas.Series
        As estimated.
    corrected : pandas.Series
        After the correction of the distance; above zero and not above the estimate.
    lower, upper : pandas.Series
        Interval at `level`.
    worth_correcting : pandas.Series of bool
        Whether the squared bias is more than three times the variance: else the correction adds more than it takes.
    distances : pandas.DataFrame
        The distance (1 / efficiency) of each unit in every draw.
    bandwidth : float
    level : float
    draws, seed : int
    caption : str
        Of the table.
    """

    efficiency: pd.Series
    corrected: pd.Series
    lower: pd.Series
    upper: pd.Series
    worth_correcting: pd.Series
    distances: pd.DataFrame
    bandwidth: float
    level: float
    draws: int
    seed: int
    caption: str

    def tables(self) -> tuple[Table, ...]:
        """Efficiency, corrected, with its interval."""
        frame = pd.DataFrame({
            "efficiency": self.efficiency, "corrected": self.corrected, "lower": self.lower, "upper": self.upper,
            "worth_correcting": self.worth_correcting,
        })  # fmt: skip
        notes = (
            f"Smoothed bootstrap: {self.draws} draws, seed {self.seed}, bandwidth {self.bandwidth:.4f}; interval of "
            f"{self.level:.0%}.",
            "The correction is made on the distance 1 / efficiency, so that no efficiency leaves 0 to 1.",
            "With few units the interval is too narrow: docs/development.md says by how much.",
        )
        return (Table(frame, self.caption, notes),)


def _bootstrap(result: DeaResult, draws: int, level: float, seed: int) -> DeaBootstrapResult:
    """Distances of every draw, in the order of labels, so that rows may come in any order."""
    order = label_order(result.efficiency.index)
    ids = result.efficiency.index[order]
    Y, X = scaled(result.outputs.to_numpy()[order], result.inputs.to_numpy()[order])
    direction: Direction = "input" if result.orientation == "input" else "output"
    distance = 1 / result.efficiency.to_numpy()[order]
    sample, bandwidth = bootstrap_distances(Technology(X, Y, result.returns), distance, direction, draws, seed)
    tail = (1 - level) / 2
    low, high = np.quantile(sample, [tail, 1 - tail], axis=0)
    bias = sample.mean(axis=0) - distance
    spread = sample.var(axis=0, ddof=1)

    def _series(numbers: np.ndarray, name: str) -> pd.Series:
        return pd.Series(numbers, ids, name=name).reindex(result.efficiency.index)

    return DeaBootstrapResult(
        efficiency=result.efficiency,
        corrected=_series(1 / np.maximum(distance - bias, distance), "corrected"),
        lower=_series(1 / np.maximum(2 * distance - low, 1.0), "lower"),
        upper=_series(1 / np.maximum(2 * distance - high, 1.0), "upper"),
        worth_correcting=_series(bias**2 > 3 * spread, "worth_correcting"),
        distances=pd.DataFrame(sample, columns=ids)[result.efficiency.index],
        bandwidth=bandwidth,
        level=level,
        draws=draws,
        seed=seed,
        caption=f"Radial efficiency, {result.returns} returns, orientation {result.orientation}: bias and interval",
    )
