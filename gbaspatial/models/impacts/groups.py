"""Impacts from group to group, and what a group gives and receives."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from gbaspatial.alignment import align_labels
from gbaspatial.errors import DataError
from gbaspatial.figures.effects import group_flows
from gbaspatial.formula import Regressor
from gbaspatial.models.impacts import average as effects
from gbaspatial.models.impacts.average import Measured, Quantity
from gbaspatial.models.impacts.engine import Engine
from gbaspatial.models.impacts.open_ends import open_rows, open_words
from gbaspatial.models.solve.resolvent import Reading
from gbaspatial.results import Result, Table

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from gbaspatial.alignment import Label


@dataclass(frozen=True, slots=True, eq=False)
class GroupImpacts(Result):
    """Impacts from group to group.

    Attributes
    ----------
    flows : pandas.DataFrame
        By giver and receiver: what an average unit of the receiver gains when the regressor
        rises by one in every unit of the giver, `estimate, std_error, lower, upper, p_value`.
    balance : pandas.DataFrame
        By group, per unit of the group and without what stays inside it: `gives`,
        `receives`, `net` with `net_std_error, net_lower, net_upper`, the two-sided `p_value`
        of net = 0 and `p_gives_more`, one-sided: small if the group gives more than it
        receives.
    term, notes
    """

    flows: pd.DataFrame
    balance: pd.DataFrame
    term: str
    notes: tuple[str, ...]

    def to_frame(self) -> pd.DataFrame:
        """Columns `giver, receiver, value` and the rest, one row per pair: for maps and tables."""
        return self.flows.reset_index().rename(columns={"estimate": "value"})

    @property
    def matrix(self) -> pd.DataFrame:
        """Rows receive, columns give."""
        return self.flows["estimate"].reset_index().pivot_table(index="receiver", columns="giver", values="estimate")

    def tables(self) -> tuple[Table, ...]:
        """The balance of each group, then the flows."""
        first = Table(self.balance, f"What groups give and receive of {self.term}", self.notes)
        return first, Table(self.flows, "From group to group, on an average unit of the receiver")

    def plot(self, ax: Axes | None = None) -> Axes:
        """The flows as a matrix of colors with their values."""
        return group_flows(self, ax=ax)


def by_group(engine: Engine, regressor: Regressor, groups: pd.Series) -> GroupImpacts:
    """Impacts of `regressor` from group to group.

    Parameters
    ----------
    engine : Engine
    regressor : Regressor
    groups : pandas.Series
        A class for each unit, in any order.
    """
    ids = engine.fit.design.ids
    labels = align_labels(groups, ids, "groups", "fit")
    classes = _ordered(labels)
    if len(classes) < 2:
        raise DataError(f"all units are in the group {classes[0]!r}; impacts from group to group need two groups.")
    member = np.stack([labels == c for c in classes], axis=1).astype(float)
    sizes = member.sum(axis=0)
    g = len(classes)
    receivers, givers = np.repeat(np.arange(g), g), np.tile(np.arange(g), g)
    pair = Reading("pairs", (member / sizes)[:, receivers], member[:, givers])
    found = engine.measure(engine.quantity(regressor, pair))
    index = pd.MultiIndex.from_arrays(
        [[classes[h] for h in givers], [classes[r] for r in receivers]], names=["giver", "receiver"]
    )
    flows = pd.DataFrame(
        {c: getattr(found, c) for c in ("estimate", "std_error", "lower", "upper", "p_value")}, index=index
    )
    balance = _balance(engine, regressor, member / sizes, member, classes, groups.name)
    open_ones = [f"{balance.index.name} {name}" for name in balance.index[open_rows(balance)]]
    open_ones += [f"{giver} to {receiver}" for giver, receiver in flows.index[open_rows(flows)]]
    notes = (*_notes(engine), *open_words(engine, open_ones))
    return GroupImpacts(flows, balance, regressor.name, notes)


def _ordered(labels: np.ndarray) -> list[Label]:
    try:
        return sorted(set(labels))
    except TypeError:  # labels of mixed types have no order
        return list(dict.fromkeys(labels))


def _notes(engine: Engine) -> tuple[str, ...]:
    known = engine.known
    return (
        f"Per unit of the group, without what stays inside the group; {known.level:.0%} intervals: {known.method}.",
        "p_gives_more is one-sided: small if the group gives more than it receives.",
    )


def _balance(
    engine: Engine, regressor: Regressor, share: np.ndarray, member: np.ndarray, classes: list[Label], name: object
) -> pd.DataFrame:
    """Given to and received from units of other groups, per unit of the group."""
    others = 1 - member
    given: Quantity = engine.quantity(regressor, Reading("pairs", others, share))
    received = engine.quantity(regressor, Reading("pairs", share, others))
    gives, receives = engine.measure(given), engine.measure(received)
    net: Measured = engine.measure(effects.mixed(given, received))
    return pd.DataFrame(
        {
            "units": member.sum(axis=0).astype(int),
            "gives": gives.estimate,
            "receives": receives.estimate,
            "net": net.estimate,
            "net_std_error": net.std_error,
            "net_lower": net.lower,
            "net_upper": net.upper,
            "p_value": net.p_value,
            "p_gives_more": net.p_greater,
        },
        index=pd.Index(classes, name=name if name is not None else "group"),
    )
