"""Coupling coordination: do innovation, finance, universities... stand at one level, and how high?"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import cast

import numpy as np
import pandas as pd

from gbaspatial.development.choices import (
    Degree,
    Plan,
    Scale,
    Weighting,
    given_weights,
    importance_of,
    negative_of,
    shares_of,
    subsystems_of,
    weighting_of,
)
from gbaspatial.development.coordination import GRADES, grade_of, modified_degree, original_degree
from gbaspatial.development.indicators import (
    columns_as_numbers,
    constant_in,
    critic_weights,
    entropy_weights,
    equal_weights,
    on_one_scale,
)
from gbaspatial.development.robustness import ObstacleResult, SensitivityResult, obstacles_of, sensitivity_of
from gbaspatial.errors import DataError, OptionError, some
from gbaspatial.options import number, public
from gbaspatial.results import Result, Table

_METHODS = {"entropy": entropy_weights, "critic": critic_weights, "equal": equal_weights}
_DEGREES = {"modified": modified_degree, "original": original_degree}


@dataclass(frozen=True, slots=True, eq=False)
class CouplingResult(Result):
    """Levels of subsystems, how far they are coupled, and how well they are coordinated.

    Attributes
    ----------
    levels : pandas.DataFrame
        Level of each subsystem, 0 to 1, by row of the data.
    development : pandas.Series
        T, the mean of the levels weighted by the importance of the subsystems.
    degree : pandas.Series
        C, the coupling degree: how alike the levels are, whether high or low.
    coordination : pandas.Series
        D = sqrt(C T), the coupling coordination degree.
    grades : pandas.Series
        The ten grades of D (an ordered category).
    weights : pandas.Series
        Weight of each indicator in its subsystem, by (subsystem, indicator).
    scaled : pandas.DataFrame
        The indicators on their common scale.
    plan : Plan
        The choices made.
    data : pandas.DataFrame
        The indicators as given.
    """

    levels: pd.DataFrame
    development: pd.Series
    degree: pd.Series
    coordination: pd.Series
    grades: pd.Series
    weights: pd.Series
    scaled: pd.DataFrame
    plan: Plan
    data: pd.DataFrame

    def obstacles(self) -> ObstacleResult:
        """Which indicators hold each row back: the share of each in what is missing to full level."""
        return obstacles_of(self.scaled, self.weights, self.plan.importance)

    def sensitivity(self) -> SensitivityResult:
        """The coordination under every other choice of weights, degree, scale and range, as an interval.

        With three subsystems or more each is also left out in turn.
        """
        return sensitivity_of(self, _variants(self))

    def by_period(self) -> pd.DataFrame:
        """Mean, lowest and highest coordination of each period, and the unit that leads."""
        if self.coordination.index.nlevels < 2:
            raise DataError("the data have no periods; index them by unit and period, e.g. (city, year).")
        groups = self.coordination.groupby(level=1)
        frame = groups.agg(["size", "mean", "min", "max"]).rename(columns={"size": "units"})
        frame["first"] = groups.idxmax().map(lambda label: label[0])
        return frame

    def tables(self) -> tuple[Table, ...]:
        """Levels, degree and coordination by row; by period; the weights."""
        frame = self.levels.assign(
            development=self.development,
            degree=self.degree,
            coordination=self.coordination,
            grade=self.grades.astype(str),
        )
        weights = self.weights.to_frame("weight")
        main = Table(frame, f"Coupling of {_and(self.plan.subsystems)}", self._notes())
        middle = () if frame.index.nlevels < 2 else (Table(self.by_period(), "Coordination by period"),)
        return (main, *middle, Table(weights, "Weights of the indicators within their subsystem"))

    def _notes(self) -> tuple[str, ...]:
        chosen = self.plan.weights if isinstance(self.plan.weights, str) else "given"
        low, high = self.plan.margin, 1 - self.plan.margin
        notes = [
            f"{self.plan.degree} coupling degree; {chosen} weights; indicators from {low:g} to {high:g}, "
            f"compared {_COMPARED[self.plan.scale]}.",
            "degree says how alike the levels are, high or low; only coordination says how far development goes "
            "together. Grades are a convention on a scale relative to these data: not comparable with other studies.",
        ]
        zero = self.levels.columns[(self.levels == 0).any()]
        if len(zero):
            rows = self.levels.index[(self.levels == 0).any(axis=1)]
            notes.append(
                f"{some(zero)} is zero for {some(map(_label, rows))}: the lowest of all on every indicator, so that "
                f"coordination is zero by the scale alone; margin=0.01 shows how much hangs on it."
            )
        if self.levels.index.nlevels > 1 and self.plan.scale == "by period":
            notes.append("Each period is compared with itself: growth over time is not in these numbers.")
        if self.levels.index.nlevels > 1 and np.ptp(self.by_period()["units"]) > 0:
            notes.append("Units differ from period to period: do not compare the means of periods.")
        notes.append("sensitivity() gives the interval over the other choices.")
        return tuple(notes)


_COMPARED = {"pooled": "over all rows", "by period": "within each period"}


def _and(names: Mapping[str, object]) -> str:
    *first, last = names
    return f"{', '.join(first)} and {last}"


def _label(label: object) -> str:
    return f"{label[0]} ({label[1]})" if isinstance(label, tuple) else str(label)


@public
def coupling(
    data: pd.DataFrame,
    subsystems: Mapping[str, Sequence[str]],
    *,
    weights: Weighting | Mapping[str, float] = "entropy",
    degree: Degree = "modified",
    negative: Sequence[str] = (),
    importance: pd.Series | Mapping[str, float] | None = None,
    scale: Scale = "pooled",
    margin: float = 0.0,
) -> CouplingResult:
    """Coupling coordination degree of two or more subsystems, each measured by indicators.

    Every indicator is brought from its lowest to its highest value onto 0 to 1, weighted
    into the level U of its subsystem, and the levels are compared. The coupling degree C is
    one of

    - ``"original"``: n (U1 ... Un)^(1/n) / (U1 + ... + Un), near one for nearly all data;
    - ``"modified"``: sqrt([1 - mean of |Ui - Uj|] [product of Ui / max U]^(1/(n-1))), spread over
      0 to 1 (Wang et al. 2021).

    T is the mean of the levels, and the coordination degree is D = sqrt(C T).

    Parameters
    ----------
    data : pandas.DataFrame
        Indicators in columns, indexed by unit, or by unit and period.
    subsystems : mapping of str to list of str
        The columns of each subsystem; at least two subsystems.
    weights : {"entropy", "critic", "equal"}, pandas.Series or mapping
        Of the indicators within their subsystem. Weights by indicator are scaled to sum to
        one within each subsystem.
    degree : {"modified", "original"}
    negative : list of str
        Indicators where less is better.
    importance : pandas.Series or mapping, optional
        Weight of each subsystem in T, by its name; by default the same for all.
    scale : {"pooled", "by period"}
        Lowest and highest value over all rows, or within each period: then growth drops
        out and only the order of the units within the period is left.
    margin : float
        Indicators run from `margin` to 1 - `margin`, 0 to 0.2; many papers take 0.01 so that no
        level is zero.

    Returns
    -------
    CouplingResult

    Raises
    ------
    OptionError
        If the subsystems are fewer than two or share an indicator.
    UnknownNameError
        For a column, indicator or subsystem that does not exist.
    MissingDataError, DataError
        If an indicator is missing, no number, or constant where it is compared.

    Notes
    -----
    Four misuses are common in this literature, and the result warns of each.

    1. *C is read as coordination.* Two levels of 0.01 are fully coupled. Only D speaks of
       development.
    2. *C is written without its factor n or with the root for two subsystems*, so that its
       range is not 0 to 1. Here equal levels give C = 1 for any number of subsystems.
    3. *Weights decide.* Entropy weights reward uneven indicators, whatever they mean. See
       ``sensitivity()``.
    4. *Grades are read as absolute.* D depends on who is compared with whom and in which years.

    References
    ----------
    Wang, S., Kong, W., Ren, L., Zhi, D. and Dai, B. (2021). Research on misuses and
    modification of coupling coordination degree model in China. Journal of Natural
    Resources 36(3), 793-810.

    Examples
    --------
    >>> data = pd.DataFrame({"patents": [9.0, 4, 1], "loans": [8.0, 9, 2]}, index=["Shenzhen", "Guangzhou", "Jiangmen"])
    >>> result = coupling(data, {"innovation": ["patents"], "finance": ["loans"]})
    >>> result.coordination.round(3).tolist(), result.grades.tolist()[0]
    ([0.892, 0.508, 0.0], 'good coordination')
    """
    groups = subsystems_of(subsystems)
    plan = Plan(
        subsystems=groups,
        negative=negative_of(negative, groups),
        weights=weighting_of(weights, _METHODS),
        importance=importance_of(importance, list(groups)),
        degree=degree,
        scale=scale,
        margin=number(margin, "margin", least=0, most=0.2),
    )
    columns_as_numbers(data, plan.indicators)
    return couple(data[plan.indicators], plan)


def couple(data: pd.DataFrame, plan: Plan) -> CouplingResult:
    """The coupling of `data`, whose columns are the indicators of `plan`."""
    scaled = _scaled(data, plan)
    weights = _weights(scaled, plan)
    parts = {
        name: scaled[list(names)].to_numpy() @ weights.loc[name].to_numpy() for name, names in plan.subsystems.items()
    }
    levels = pd.DataFrame(parts, index=data.index).clip(0, 1)
    overall = levels.to_numpy() @ plan.importance.reindex(levels.columns).to_numpy()
    degree = _DEGREES[plan.degree](levels.to_numpy())
    coordination = np.sqrt(degree * overall)
    grades = pd.Categorical.from_codes(grade_of(coordination), list(GRADES), ordered=True)
    return CouplingResult(
        levels=levels,
        development=pd.Series(overall, data.index, name="development"),
        degree=pd.Series(degree, data.index, name="degree"),
        coordination=pd.Series(coordination, data.index, name="coordination"),
        grades=pd.Series(grades, data.index, name="grade"),
        weights=weights,
        scaled=scaled,
        plan=plan,
        data=data,
    )


def _blocks(data: pd.DataFrame, scale: Scale) -> tuple[np.ndarray, pd.Index | None]:
    """The number of the block of rows that each row is compared within, and the period of each block."""
    if scale == "pooled":
        return np.zeros(len(data), dtype=int), None
    if data.index.nlevels < 2:
        raise OptionError("scale='by period' needs data indexed by unit and period, e.g. (city, year).")
    return pd.factorize(data.index.get_level_values(1), sort=True)


def _scaled(data: pd.DataFrame, plan: Plan) -> pd.DataFrame:
    names = plan.indicators
    blocks, periods = _blocks(data, plan.scale)
    negative = np.array([name in plan.negative for name in names])
    scaled = on_one_scale(columns_as_numbers(data, names), negative, plan.margin, blocks)
    flat = constant_in(scaled, blocks)
    if flat:
        told = [names[c] if periods is None else f"{names[c]} ({periods[b]})" for c, b in flat]
        raise DataError(f"{some(told)} is the same for all rows, and so tells nothing apart; leave it out.")
    return pd.DataFrame(scaled, index=data.index, columns=names)


def _weights(scaled: pd.DataFrame, plan: Plan) -> pd.Series:
    given = None
    if isinstance(plan.weights, pd.Series):
        given = given_weights(plan.weights, plan.indicators, "weights")
    parts = {}
    for name, names in plan.subsystems.items():
        if given is not None:
            parts[name] = shares_of(given[list(names)], "weights")
            continue
        method = cast("str", plan.weights)
        found = _METHODS[method](scaled[list(names)].to_numpy())
        if np.isnan(found).any():
            raise DataError(f"the indicators of {name} are perfectly correlated: {method} weights do not exist.")
        parts[name] = pd.Series(found, index=list(names))
    return pd.concat(parts, names=["subsystem", "indicator"]).rename("weight")


def _variants(result: CouplingResult) -> dict[str, dict[str, CouplingResult | str]]:
    """Couplings under other choices: all combinations, one change at a time, each subsystem left out.

    Where a choice is not possible for these data stands the sentence that says why.
    """
    plan, data = result.plan, result.data
    methods: list[Weighting] = ["entropy", "critic", "equal"]
    if isinstance(plan.weights, pd.Series):
        methods.append(plan.weights)
    degrees: list[Degree] = ["modified", "original"]
    scales: list[Scale] = ["pooled", "by period"] if data.index.nlevels > 1 else ["pooled"]
    margins = sorted({0.0, 0.01, plan.margin})
    choices = [
        (weights, degree, scale, margin)
        for weights in methods
        for degree in degrees
        for scale in scales
        for margin in margins
    ]
    every = {_name(*one): replace(plan, weights=one[0], degree=one[1], scale=one[2], margin=one[3]) for one in choices}
    single = {
        **{f"{_of(m)} weights": replace(plan, weights=m) for m in methods},
        **{f"{d} degree": replace(plan, degree=d) for d in degrees},
        **{f"compared {_COMPARED[s]}": replace(plan, scale=s) for s in scales},
        **{f"range {m:g} to {1 - m:g}": replace(plan, margin=m) for m in margins},
    }
    tried = {
        "all": {name: _tried(data, one) for name, one in every.items()},
        "single": {name: _tried(data, one) for name, one in single.items()},
        "without": {},
    }
    if len(plan.subsystems) > 2:
        tried["without"] = {name: _tried(data, plan, without=name) for name in plan.subsystems}
    return tried


def _tried(data: pd.DataFrame, plan: Plan, without: str | None = None) -> CouplingResult | str:
    try:
        chosen = plan if without is None else plan.without(without)
        return couple(data[chosen.indicators], chosen)
    except (DataError, OptionError) as error:
        return str(error)


def _of(weights: Weighting) -> str:
    return weights if isinstance(weights, str) else "given"


def _name(weights: Weighting, degree: str, scale: str, margin: float) -> str:
    return f"{_of(weights)}, {degree}, {scale}, {margin:g}"
