"""What a coupling hangs on: the indicators that hold units back, and the choices that move its numbers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from gbaspatial.results import Result, Table

if TYPE_CHECKING:
    from gbaspatial.development.coupling import CouplingResult


@dataclass(frozen=True, slots=True, eq=False)
class ObstacleResult(Result):
    """What holds each row back, in per cent of all that is missing to full level.

    Attributes
    ----------
    by_indicator, by_subsystem : pandas.DataFrame
        Per cent by row, summing to 100; NaN for a row that lacks nothing.
    main : pandas.Series
        The indicator that holds back most.
    """

    by_indicator: pd.DataFrame
    by_subsystem: pd.DataFrame
    main: pd.Series

    def tables(self) -> tuple[Table, ...]:
        """By subsystem with the main obstacle; by indicator."""
        note = "Weight of an indicator times its distance to the best value, in per cent of the sum over indicators."
        first = self.by_subsystem.assign(main=self.main)
        return (
            Table(first, "Obstacles to coordination, per cent", (note,)),
            Table(self.by_indicator, "By indicator, per cent"),
        )


def obstacles_of(scaled: pd.DataFrame, weights: pd.Series, importance: pd.Series) -> ObstacleResult:
    """The obstacles of indicators on their common `scaled` range, with their weights."""
    factor = weights.to_numpy() * importance.reindex(weights.index.get_level_values("subsystem")).to_numpy()
    missing = factor * (scaled.to_numpy().max(axis=0) - scaled.to_numpy())
    total = missing.sum(axis=1, keepdims=True)
    share = np.divide(100 * missing, total, out=np.full_like(missing, np.nan), where=total > 0)
    frame = pd.DataFrame(share, index=scaled.index, columns=scaled.columns)
    subsystem = dict(zip(weights.index.get_level_values("indicator"), weights.index.get_level_values(0), strict=True))
    by = {
        name: frame.loc[:, [subsystem[c] == name for c in frame]].sum(axis=1, skipna=False) for name in importance.index
    }
    largest = np.where(np.isnan(share), -1.0, share).argmax(axis=1)
    main = np.where(total[:, 0] > 0, scaled.columns.to_numpy()[largest].astype(object), "none")
    return ObstacleResult(frame, pd.DataFrame(by), pd.Series(main, index=scaled.index, name="main"))


@dataclass(frozen=True, slots=True, eq=False)
class SensitivityResult(Result):
    """Coordination under other choices that are just as good.

    Attributes
    ----------
    interval : pandas.DataFrame
        By row: `coordination` as chosen, `lower` and `upper` over all combinations of choices, and the best and
        worst rank of the row within its period (`rank`, `best_rank`, `worst_rank`).
    variants : pandas.DataFrame
        By single change: mean and largest absolute change of the coordination, Kendall's tau of the order of all
        rows with the one chosen, and the share of periods with the same unit first.
    leaders : pandas.DataFrame
        The unit that is first, by period and single change.
    combinations : pandas.DataFrame
        The coordination of every row under every combination.
    refused : dict of str to str
        Choices that these data do not allow, and why.
    """

    interval: pd.DataFrame
    variants: pd.DataFrame
    leaders: pd.DataFrame
    combinations: pd.DataFrame
    refused: dict[str, str]

    def tables(self) -> tuple[Table, ...]:
        """The interval of each row; the single changes; who leads."""
        notes = [
            f"lower and upper: {self.combinations.shape[1]} combinations of weights, degree, scale and range.",
            *(f"Not possible: {name} ({why})" for name, why in self.refused.items()),
        ]
        return (
            Table(self.interval, "Coordination and its interval over the choices", tuple(notes)),
            Table(self.variants, "One choice changed at a time, one subsystem left out"),
            Table(self.leaders, "Who is first"),
        )


def sensitivity_of(
    result: CouplingResult, variants: Mapping[str, Mapping[str, CouplingResult | str]]
) -> SensitivityResult:
    """The coordination of `result` held against that of its `variants`: "all", "single" and "without"."""
    chosen = result.coordination
    tried = {**variants["single"], **{f"without {name}": one for name, one in variants["without"].items()}}
    refused = {name: one for name, one in tried.items() if isinstance(one, str)}
    single = {name: one.coordination for name, one in tried.items() if not isinstance(one, str)}
    every = {name: one.coordination for name, one in variants["all"].items() if not isinstance(one, str)}
    combinations = pd.DataFrame(every, index=chosen.index)
    ranks = combinations.apply(_ranks)
    interval = pd.DataFrame({
        "coordination": chosen, "lower": combinations.min(axis=1), "upper": combinations.max(axis=1),
        "rank": _ranks(chosen), "best_rank": ranks.min(axis=1), "worst_rank": ranks.max(axis=1),
    })  # fmt: skip
    leaders = pd.DataFrame({"as chosen": _first(chosen), **{name: _first(one) for name, one in single.items()}})
    rows = {name: _held_against(one, chosen, leaders[name], leaders["as chosen"]) for name, one in single.items()}
    frame = pd.DataFrame.from_dict(rows, orient="index").rename_axis("change")
    return SensitivityResult(interval, frame, leaders, combinations, refused)


def _held_against(other: pd.Series, chosen: pd.Series, first: pd.Series, first_chosen: pd.Series) -> dict[str, float]:
    from scipy import stats  # a second to load, so only where it is used

    apart = (other - chosen).abs()
    return {
        "mean_change": float(apart.mean()),
        "largest_change": float(apart.max()),
        "kendall_tau": float(stats.kendalltau(other, chosen).statistic),
        "same_first": float((first == first_chosen).mean()),
    }


def _ranks(coordination: pd.Series) -> pd.Series:
    """The rank of each row within its period, 1 for the highest."""
    rounded = coordination.round(12)  # levels alike up to rounding share a rank
    by = rounded.groupby(level=1) if rounded.index.nlevels > 1 else rounded
    return by.rank(ascending=False, method="min").astype(int)


def _first(coordination: pd.Series) -> pd.Series:
    """The unit with the highest coordination, by period."""
    if coordination.index.nlevels == 1:
        return pd.Series([coordination.idxmax()], index=["all"])
    return coordination.groupby(level=1).idxmax().map(lambda label: label[0])
