"""The door for panels: a formula, a long frame and W become arrays by period, matched by unit and time.

The frame is indexed (unit, time) in any order. Lags in time, ``L(x)`` and ``L(x, 2)``, go by the
value of time and never by row; ``W(x)`` is the lag in space within each period; they nest. What
L(x) does not know, the first periods, leaves the sample after everything is worked out.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from gbaspatial.errors import (
    DataError,
    FormulaError,
    MissingDataError,
    OptionError,
    some,
)
from gbaspatial.formula.kinds import plain
from gbaspatial.formula.magnitude import check_finite, check_magnitude, check_weights_magnitude
from gbaspatial.formula.reading import (
    as_matrix,
    check_classes,
    check_columns,
    columns_named,
    evaluate,
    known_column,
    outcome_of,
    parsed_formula,
)
from gbaspatial.formula.regressors import Column, complete, named_twice, written
from gbaspatial.models.panel.panel_rows import Rows, checked_index, ordered_rows, time_numbers, told_pairs
from gbaspatial.models.panel.period_weights import (
    PanelWeights,
    by_period,
    given_weights,
    ids_of,
    weights_by_name,
)
from gbaspatial.models.panel.row_weights import observation_weights
from gbaspatial.models.panel.stack import Stack
from gbaspatial.models.panel.unknown_regressors import gaps_of, may_be_unknown, with_gaps, without_gaps
from gbaspatial.options import word
from gbaspatial.results import data_hash
from gbaspatial.weights import Weights

if TYPE_CHECKING:
    from formulaic import ModelSpec

    from gbaspatial.weights.annotations import WeightsGiven

UNBALANCED = ("error", "common", "keep")
_KEEP = (
    "fill it in, or use unbalanced='keep': these rows then have no equation, and their outcomes stay in W y of their "
    "neighbors"
)
Given = Mapping[str, "Weights | Mapping[int, Weights]"]


@dataclass(frozen=True, slots=True, eq=False)
class PanelDesign:
    """A panel model's numbers, rows by period and unit (see `Stack`), with their names.

    `index` is that of the user's rows that are used, in the user's order; `ids` the same labels
    in the order of the arrays. `unknown` (m,) are rows whose outcome is known and whose regressors are not.
    """

    formula: str
    response: str
    terms: tuple[str, ...]
    y: np.ndarray
    X: np.ndarray
    columns: tuple[Column, ...]
    model_spec: ModelSpec
    stack: Stack
    units: pd.Index
    periods: pd.Index
    ids: pd.MultiIndex
    index: pd.MultiIndex
    data: pd.DataFrame
    weights: Mapping[str, PanelWeights]
    durbin: bool = False
    notes: tuple[str, ...] = ()
    observation_weights: np.ndarray | None = None
    regimes: str | None = None
    unknown: np.ndarray | None = None

    @property
    def n(self) -> int:
        """Number of rows."""
        return len(self.y)

    @property
    def k(self) -> int:
        """Number of columns of X."""
        return len(self.terms)

    @property
    def fingerprint(self) -> str:
        """A hash of the data used, the same for any order of rows."""
        return data_hash(self.data, self.formula)

    def label(self, numbers: np.ndarray, name: object = None) -> pd.Series:
        """`numbers` (m,) in the order of `ids` as a Series in the order of the data."""
        return pd.Series(numbers, index=self.ids, name=name).reindex(self.index)


# -- W, and other rows ---------------------------------------------------------------------
def weights_of(w: WeightsGiven, design: PanelDesign, what: str = "W") -> PanelWeights:
    """Another W for the rows of `design`: one, or one for each period."""
    given = given_weights(w, what)
    if len({id(v) for v in given.values()}) != 1:
        raise OptionError(f"{what} must be one W, or a mapping of periods to W.")
    numbers = time_numbers(design.periods)
    rows = Rows(np.arange(design.n), design.stack, design.units, design.periods, numbers, ())
    return by_period(given["W"], rows, design.ids, what)


def kept_rows(design: PanelDesign, ids: pd.MultiIndex, stack: Stack, periods: pd.Index) -> PanelDesign:
    """`design` with other rows of the same units and of some of its periods, W restricted to the units of each."""
    numbers = time_numbers(design.periods)
    rows = Rows(np.arange(stack.rows), stack, design.units, periods, time_numbers(periods), ())
    lags = {}
    for name, w in design.weights.items():
        by_time = dict(zip(numbers.tolist(), w.by_period, strict=True))
        lags[name] = by_period(by_time, rows, ids, name)
    return replace(design, ids=ids, stack=stack, periods=periods, weights=lags)


# -- the formula ------------------------------------------------------------------------------
class _Earlier:
    """L(x, k): the value of the same unit k periods before, by the value of time; notes the rows that have none."""

    def __init__(self, rows: Rows) -> None:
        s = rows.stack
        self.unit, self.time = s.unit, rows.times[s.period]
        self.unknown = np.zeros(s.rows, dtype=bool)
        self.steps = np.diff(rows.times)

    @cached_property
    def _index(self) -> pd.MultiIndex:
        return pd.MultiIndex.from_arrays([self.unit, self.time])

    def __call__(self, column: pd.Series, periods: int) -> pd.Series:
        places = self._index.get_indexer(pd.MultiIndex.from_arrays([self.unit, self.time - periods]))
        if (places < 0).all():
            apart = int(np.gcd.reduce(self.steps)) if len(self.steps) else 0
            cure = f"; the periods are {apart} apart, so write L(x, {apart})" if apart > 1 else ""
            raise DataError(f"no row of the panel has a row {periods} before it, so L(...) is known nowhere{cure}.")
        self.unknown |= places < 0
        values = column.to_numpy(dtype=float)
        return pd.Series(np.where(places < 0, np.nan, values[places]), index=column.index, name=column.name)


def read_panel(
    formula: str, data: object, w: WeightsGiven | None = None, *, durbin: bool = False, unbalanced: str = "error",
    weights: pd.Series | str | None = None, regimes: str | None = None, takes_gaps: bool = False,
) -> PanelDesign:  # fmt: skip
    """Read `formula` on a long frame, matched to `w` by unit and time.

    Parameters
    ----------
    formula : str
        As in `gbaspatial.formula.design`, with L(x) for lags in time.
    data : pandas.DataFrame
        Indexed by unit and time.
    w : Weights, mapping of period to Weights, or mapping of name to either
    durbin : bool
        Adds the spatial lag of every regressor that has none.
    unbalanced : {"error", "common", "keep"}
    weights : pandas.Series or str, optional
        Observation weights: a column, or a Series by row or by unit; the variance of a row is sigma2 / weight.
    regimes : str, optional
        A column of classes; every coefficient is estimated by class.
    takes_gaps : bool
        Whether rows whose outcome is known may lack regressors with ``unbalanced="keep"``: then the design says which
        are `unknown`, and else an error says that they might.

    Raises
    ------
    AlignmentError, MissingDataError, LabelTypeError
        For an index, units or periods that do not fit; nothing is dropped unasked.
    """
    index = checked_index(data)
    word(unbalanced, UNBALANCED, "unbalanced")
    given = given_weights(w)
    check_weights_magnitude(weights_by_name(given))
    rows = ordered_rows(index, ids_of(given), unbalanced)
    data = _with_time(data, index)
    parsed = parsed_formula(formula, data, given)
    wanted = parsed.columns
    if regimes is not None:
        wanted = list(dict.fromkeys([*wanted, known_column(regimes, data)]))
    frame = columns_named(data, wanted).iloc[rows.places]
    outcome = parsed_formula(f"{formula.partition('~')[0]}~ 1", data, given).columns if takes_gaps else []
    able = may_be_unknown(formula, frame, outcome) if takes_gaps else []
    empty = gaps_of(frame, able if unbalanced == "keep" else [])
    check_columns(frame, [name for name in wanted if name not in empty], dict.fromkeys(able, _KEEP))
    classes = [name for name in wanted if name not in parsed.columns]
    numbers = with_gaps(plain(without_gaps(frame, empty), parsed.columns), empty)
    frame = numbers.join(frame[classes]) if classes else numbers
    observed = observation_weights(weights, data, index)
    ids = pd.MultiIndex([rows.units, rows.periods], [rows.stack.unit, rows.stack.period], names=index.names)
    lags = {name: by_period(v, rows, ids, name) for name, v in given.items()}
    frame.index = ids
    check_classes(parsed.terms, frame, lags)  # type: ignore[arg-type]
    earlier = _Earlier(rows)
    lhs, rhs, spec = evaluate(parsed.formula, frame, lags, earlier)
    response, y = outcome_of(lhs, parsed.terms)
    columns = written(spec, lags)  # type: ignore[arg-type]
    X, columns = complete(as_matrix(rhs), columns, frame, lags, durbin, regimes, frame)  # type: ignore[arg-type]
    names = [column.name for column in columns]
    _check_names(names)
    inside, notes = _known_rows(rows, earlier, y, X, unbalanced)
    whole = bool(inside.all())
    if not whole:
        y, X, ids, frame = y[inside], X[inside], ids[inside], frame[inside]
    unknown = np.isnan(X).any(axis=1) if empty else np.zeros(len(y), dtype=bool)
    if unknown.any():
        X = np.where(unknown[:, None], 0.0, X)
        notes = [*notes, _told_unknown(ids[unknown], len(y))]
    _check_values(y, X, names, response, ids)
    if not whole:
        rows = rows.kept(inside)
        lags = {name: by_period(v, rows, ids, name) for name, v in given.items()}
    used = np.sort(rows.places)
    return PanelDesign(
        formula=formula, response=response, terms=tuple(names), y=y, X=X, columns=columns,
        model_spec=spec, stack=rows.stack, units=rows.units, periods=rows.periods, ids=ids,
        index=index if len(used) == len(index) else index[used], data=frame, weights=lags, durbin=durbin,
        notes=(*rows.notes, *notes, *_idle(given, columns)), regimes=regimes,
        unknown=unknown if unknown.any() else None,
        observation_weights=None if observed is None else observed[rows.places],
    )  # fmt: skip


def _told_unknown(ids: pd.MultiIndex, count: int) -> str:
    if len(ids) == count:
        raise MissingDataError("the regressors are known together in no row; leave out the one that is missing most.")
    return (
        f"Regressors, or their lags, are not known for {len(ids)} of {count} rows ({some(told_pairs(ids), 3)}): their "
        f"outcome stays in W y of their neighbors, and their own equations drop out."
    )


def _idle(given: Mapping[str, object], columns: Sequence[Column]) -> list[str]:
    """W with names that the model has no use for, in a sentence."""
    first, used = given.get("W"), {column.weights for column in columns}
    idle = [name for name, one in given.items() if one is not first and name not in used]
    if not idle:
        return []
    return [f"No regressor uses the W named {some(idle)}, and rho and lambda take the first; periods are no names."]


def _with_time(data: pd.DataFrame, index: pd.MultiIndex) -> pd.DataFrame:
    """The data with their time as a column, under its name, unless a column has it."""
    name = index.names[1]
    if not isinstance(name, str) or name in {str(c) for c in data.columns}:
        return data
    return data.assign(**{name: time_numbers(pd.Index(index.get_level_values(1)))})


def _known_rows(
    rows: Rows, earlier: _Earlier, y: np.ndarray, X: np.ndarray, unbalanced: str
) -> tuple[np.ndarray, list[str]]:
    """Which rows (m,) know their lags in time: whole periods, unless the panel is kept unbalanced."""
    s = rows.stack
    if not earlier.unknown.any():
        return np.ones(s.rows, dtype=bool), []
    touched = np.zeros(s.periods, dtype=bool)
    touched[s.period[earlier.unknown]] = True
    empty = np.isnan(y) | np.isnan(X).any(axis=1)
    out = earlier.unknown | (empty & touched[s.period])
    if s.balanced or unbalanced != "keep":
        out = touched[s.period]
        note = f"L(...) leaves out the periods {some(rows.periods[touched], 8)}, whose lags in time are not known."
    else:
        note = f"L(...) leaves out {out.sum()} rows whose lags in time are not known."
    if out.all():
        raise DataError("no period knows all lags in time of the formula; use shorter lags, or more periods.")
    return ~out, [note]


def _check_names(names: Sequence[str]) -> None:
    twice = [name for name in names if names.count(name) > 1]
    if twice:
        raise named_twice(twice[0])
    for name in names:
        if name.partition("[")[0] in ("rho", "lambda"):
            raise FormulaError(
                f"the regressor {name!r} has the name of a parameter of spatial models; rename the column."
            )


def _check_values(y: np.ndarray, X: np.ndarray, terms: Sequence[str], response: str, ids: pd.MultiIndex) -> None:
    columns = [(response, y), *zip(terms, X.T, strict=True)]
    check_finite(columns, lambda bad: told_pairs(ids[bad]))
    check_magnitude(columns)
    if np.ptp(y) == 0:
        raise DataError(f"{response} is {y[0]:g} for every unit and period; a constant outcome has nothing to explain.")
