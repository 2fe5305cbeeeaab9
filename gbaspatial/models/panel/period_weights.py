"""W of a panel: one, or one for each period, by name, over the units that each period has."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pandas as pd

from gbaspatial.errors import AlignmentError, OptionError, UnknownNameError, some
from gbaspatial.formula.lag_weights import check_lag_name, in_order
from gbaspatial.models.panel.panel_rows import Rows, time_numbers
from gbaspatial.models.panel.stack import ByPeriod, Operator, Repeated
from gbaspatial.weights import Weights
from gbaspatial.weights.adoption import as_weights_called

if TYPE_CHECKING:
    from gbaspatial.alignment import Label
    from gbaspatial.weights.annotations import WeightsGiven


@dataclass(frozen=True, slots=True, eq=False)
class PanelWeights:
    """The W of each period over the units seen in it: one object where it does not change."""

    ids: pd.Index
    by_period: tuple[Weights, ...]
    sparse: Operator

    @property
    def constant(self) -> bool:
        """Whether all periods have one W."""
        return all(w is self.by_period[0] for w in self.by_period)

    @property
    def different(self) -> tuple[Weights, ...]:
        """Each W once."""
        return tuple({id(w): w for w in self.by_period}.values())


def given_weights(w: WeightsGiven, what: str = "w") -> dict[str, Any]:
    """W by name, each a `Weights` or a mapping of periods to `Weights`; the first one is also ``W``."""
    if w is None:
        return {}
    if not isinstance(w, Mapping):
        return {"W": as_weights_called(w, what)}
    if not w:
        raise OptionError(f"{what} is an empty mapping; give a W, a mapping of periods to W, or of names to W.")
    texts = [isinstance(key, str) for key in w]
    if any(texts) and not all(texts):
        raise OptionError(f"the keys of {what} are partly text and partly not; give periods, or names.")
    if not texts[0]:
        return {"W": _by_time(w, what)}
    years = [repr(key) for key in w if key.strip().isdecimal()]
    if years:
        raise OptionError(
            f"the keys of {what} are text ({some(years)}), which would be names of W; periods are whole numbers: "
            f"{{int(year): one for year, one in {what}.items()}}."
        )
    named = {
        name: _by_time(v, f"{what}[{name!r}]") if isinstance(v, Mapping) else as_weights_called(v, f"{what}[{name!r}]")
        for name, v in w.items()
    }
    for name in named:
        check_lag_name(name)
    return {"W": next(iter(named.values())), **named} if "W" not in named else named


class _Timed(dict[int, Weights]):
    """W by period as a number, which for periods of pandas is counted from 1970; `labels` are the user's own."""

    labels: tuple[Label, ...] = ()


def _by_time(w: Mapping[Any, object], what: str) -> _Timed:
    if not w:
        raise OptionError(f"{what} is an empty mapping; give a W for every period.")
    numbers = time_numbers(pd.Index(list(w)), f"the time in {what}")
    one: dict[int, Weights] = {}  # the same W given for several periods stays one object
    found = _Timed(
        {
            int(t): one.setdefault(id(v), as_weights_called(v, f"{what} of {label}"))
            for t, (label, v) in zip(numbers, w.items(), strict=True)
        }
    )
    found.labels = tuple(w)
    return found


def _told_keys(given: Mapping[int, Weights]) -> pd.Index:
    return pd.Index(given.labels if isinstance(given, _Timed) else list(given)).sort_values()


def weights_by_name(given: Mapping[str, Any]) -> dict[str, Weights]:
    """Every single W of `given` under a name that tells its period."""
    found: dict[str, Weights] = {}
    for name, w in given.items():
        found |= {name: w} if isinstance(w, Weights) else {f"{name} in {period}": one for period, one in w.items()}
    return found


def ids_of(given: Mapping[str, Any]) -> pd.Index | None:
    """The units of the first W, those of all periods together."""
    if not given:
        return None
    first = next(iter(given.values()))
    if isinstance(first, Weights):
        return first.ids
    ids = next(iter(first.values())).ids
    for w in first.values():
        ids = ids.append(w.ids.difference(ids, sort=False))
    return ids


def by_period(given: Any, rows: Rows, ids: pd.Index, name: str) -> PanelWeights:
    """The W of each period over the units seen in it."""
    s = rows.stack
    known: dict[tuple[int, bytes], Weights] = {}
    found = []
    for period, start in enumerate(s.starts[:-1]):
        w = given if isinstance(given, Weights) else _of_time(given, rows, period, name)
        codes = s.unit[start : s.starts[period + 1]]
        key = (id(w), codes.tobytes())
        if key not in known:
            known[key] = _among(w, rows.units[codes], rows.periods[period], name, len(codes) == s.n)
        found.append(known[key])
    constant = s.balanced and all(w is found[0] for w in found)
    operator: Operator = Repeated(found[0].sparse, s.periods) if constant else ByPeriod([w.sparse for w in found])
    return PanelWeights(ids, tuple(found), operator)


def _of_time(given: Mapping[int, Weights], rows: Rows, period: int, name: str) -> Weights:
    time = int(rows.times[period])
    if time not in given:
        lacking = [label for label, t in zip(rows.periods, rows.times, strict=True) if int(t) not in given]
        if len(lacking) == len(rows.periods):
            raise UnknownNameError(
                f"{name} has weights for none of the periods of the data ({some(lacking)}): it has them for "
                f"{some(_told_keys(given))}. Both must be of one kind, whole numbers or pandas periods of one length "
                f"(here {rows.periods.inferred_type} and {_told_keys(given).inferred_type})."
            )
        raise UnknownNameError(
            f"{name} has no weights for {some(lacking)}; it has them for {some(_told_keys(given))}. Give one for "
            f"every period of the data, or leave out the others."
        )
    return given[time]


def _among(w: Weights, units: pd.Index, period: Label, name: str, whole: bool) -> Weights:
    """`w` among `units`, in their order; as it is where it has no others."""
    if w.n == len(units) and units.isin(w.ids).all():
        return in_order(w, units)
    absent = units.difference(w.ids, sort=False)
    if len(absent):
        raise AlignmentError(f"the weights {name} of {period} lack {some(absent)}, which the data have then.")
    return w.subset(units)
