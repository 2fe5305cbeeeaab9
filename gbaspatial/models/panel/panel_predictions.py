"""Outcomes that a fitted panel expects, in its own periods and in new ones, and outcomes drawn from it."""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np
import pandas as pd
from scipy import sparse
from scipy.sparse import linalg

from gbaspatial.errors import AlignmentError, GbaWarning, MissingDataError, OptionError, some
from gbaspatial.formula.kinds import like
from gbaspatial.formula.mentions import names_in
from gbaspatial.formula.reading import as_matrix, check_columns, class_columns, columns_named, rebuild
from gbaspatial.formula.regressors import complete, written
from gbaspatial.models.panel.frame import _Earlier, _with_time
from gbaspatial.models.panel.panel_rows import Rows, checked_index, ordered_rows, time_numbers
from gbaspatial.models.panel.period_weights import PanelWeights, by_period, given_weights
from gbaspatial.models.panel.unknown_regressors import gaps_of, with_gaps, without_gaps
from gbaspatial.models.panel.within import effects_of
from gbaspatial.options import public, whole, word
from gbaspatial.randomness import PANEL_OUTCOMES, Rng, label_order, seed_of, stream

if TYPE_CHECKING:
    from gbaspatial.alignment import Label
    from gbaspatial.models.panel.panel_fit import PanelFit
    from gbaspatial.weights.annotations import WeightsGiven
    from gbaspatial.weights.core import Weights

KINDS = ("trend", "signal", "corrected")


@public
def predict(
    fit: PanelFit,
    data: pd.DataFrame | None = None,
    w: WeightsGiven | None = None,
    *,
    kind: Literal["trend", "signal", "corrected"] = "corrected",
) -> pd.Series:
    """Predict the outcome of a fitted panel, on the scale of the formula's left side.

    Effects of units are kept. Effects of a new period are not known: beside effects of units they have mean zero, so
    that zero is taken and a warning says so; alone they hold the level, and a new period is refused.

    Parameters
    ----------
    fit : PanelFit
    data : pandas.DataFrame, optional
        Rows to predict, indexed by unit and time: of new periods, or of fitted ones with changed regressors. Units
        are those of the fit. With ``L(x)`` the periods before are taken from the fit where `data` lack them, and rows
        whose lags are known nowhere are left out, with a warning. By default the fitted rows as they were.
    w : Weights, mapping of period to Weights, or mapping of name to either, optional
        W of the rows of `data`; needed for new periods where W changes over time.
    kind : {"trend", "signal", "corrected"}
        X b + effects; that and the part that observed neighbors tell, in sample only; or the mean of the reduced form,
        (I - rho W)^-1 (X b + effects), by period.

    Returns
    -------
    pandas.Series
        In the order of `data`.

    Raises
    ------
    OptionError, AlignmentError, MissingDataError
        For new units, for effects that are not known, and for weights or rows that do not fit.

    Examples
    --------
    >>> import numpy as np
    >>> from gbaspatial import models
    >>> from gbaspatial.weights import Weights
    >>> w = Weights(np.eye(6, k=1) + np.eye(6, k=-1), list("abcdef")).row_standardized()
    >>> index = pd.MultiIndex.from_product([list("abcdef"), range(2000, 2006)], names=["city", "year"])
    >>> random = np.random.default_rng(1)
    >>> data = pd.DataFrame(random.normal(size=(36, 2)), index=index, columns=["y", "x"])
    >>> fit = models.panel_lag("y ~ x", data, w, effects="unit")
    >>> new = pd.DataFrame({"x": 0.0}, index=pd.MultiIndex.from_product([list("abcdef"), [2006]], names=index.names))
    >>> fit.predict(new).shape
    (6,)
    """
    word(kind, KINDS, "kind")
    if data is not None:
        return _anew(fit, data, w, kind)
    if w is not None:
        raise OptionError("another W needs the rows that it is for: give data=, such as those of the fit.")
    if kind == "signal":
        return fit.fitted.rename("predicted")
    mean = fit._own_part()
    if kind == "corrected" and fit._problem.lag is not None:
        mean = fit._problem.lag.factor(fit.rho).solve(mean)
    return fit.design.label(mean, "predicted")


@public
def simulate(fit: PanelFit, *, draws: int = 1, rng: Rng = None) -> pd.DataFrame:
    """Outcomes (rows, draws) drawn from a fitted panel with its effects kept and normal innovations; a column a draw.

    Parameters
    ----------
    fit : PanelFit
        With fixed effects, none, or random ones without serial correlation; not dynamic.
    draws : int
        Columns of the answer.
    rng : int, Generator or None
        Seed; random numbers belong to the labels of units.

    Returns
    -------
    pandas.DataFrame
        In the order of the data.

    Raises
    ------
    OptionError
        For fits whose innovations are not all there is to draw.
    """
    count, seed = whole(draws, "draws", least=1), seed_of(rng)
    if getattr(fit, "dynamic", None) is not None:
        raise OptionError("simulate() of a panel is for models without the outcome of the period before.")
    if getattr(fit, "errors", None) == "ar1":
        raise OptionError(
            "simulate() of a panel needs innovations that are not correlated over time; not errors='ar1'."
        )
    if fit.kind.rows is not None:
        raise OptionError(f"simulate() makes outcomes of the panel's own rows, not those of effects={fit.kind.rows!r}.")
    stack, order = fit.design.stack, label_order(fit.design.units)
    e = np.empty((stack.n, stack.periods, count))
    for number, unit in enumerate(order):
        e[unit] = stream(seed, PANEL_OUTCOMES, number).standard_normal((count, stack.periods)).T
    noise = e[stack.unit, stack.period] * np.sqrt(fit.sigma2)
    if fit.design.observation_weights is not None:
        noise = noise / np.sqrt(fit.design.observation_weights)[:, None]
    eta, lag, error = fit._own_part(), fit._problem.lag, fit._problem.error
    columns = []
    for one in noise.T:
        y = eta + (one if error is None else error.factor(fit.lambda_).solve(one))
        columns.append(y if lag is None else lag.factor(fit.rho).solve(y))
    return pd.DataFrame(np.column_stack(columns), index=fit.design.ids).reindex(fit.design.index)


# -- rows that were not fitted, or not so -----------------------------------------------------------
@dataclass(frozen=True, slots=True, eq=False)
class _Frame:
    """Fitted and new rows together, with W and the regressors; `unknown` (m,) rows lack lags in time."""

    rows: Rows
    ids: pd.MultiIndex
    X: np.ndarray
    weights: Mapping[str, PanelWeights]
    unknown: np.ndarray


def _anew(fit: PanelFit, data: pd.DataFrame, w: WeightsGiven, kind: str) -> pd.Series:
    _check_predictable(fit, kind)
    index = checked_index(data)
    strange = pd.Index(index.get_level_values(0)).unique().difference(fit.design.units, sort=False)
    if len(strange):
        raise AlignmentError(
            f"{some(strange)} was not fitted, so its effect is not known; a panel predicts its fitted units only."
        )
    made = _joined(fit, data, index, w)
    asked = made.ids.isin(index)
    late = asked & made.unknown
    if late.any():
        told = some(pd.unique(made.ids.get_level_values(1)[late]))
        if late[asked].all():
            raise MissingDataError(f"the lags in time of {told} are not known; add the rows of the periods before.")
        warnings.warn(f"Not predicted, because lags in time are not known: {told}.", GbaWarning, stacklevel=4)
    mean = made.X @ fit.beta + _effects(fit, made, np.unique(made.rows.stack.period[asked]))
    if kind == "corrected" and fit.w is not None:
        mean = _reduced(fit, made, mean, asked & ~late)
    bad = asked & ~late & ~np.isfinite(mean)
    if bad.any():
        raise MissingDataError(
            f"{some([f'{unit} ({time})' for unit, time in made.ids[bad]])} cannot be predicted: a regressor, or one of "
            f"its neighbors', is not a finite number then."
        )
    found = pd.Series(mean, index=made.ids, name="predicted")[asked & ~late]
    return found.reindex(index[index.isin(found.index)])


def _check_predictable(fit: PanelFit, kind: str) -> None:
    if kind == "signal":
        raise OptionError("kind='signal' takes observed outcomes and is for the fitted rows; leave out data=.")
    if getattr(fit, "dynamic", None) is not None:
        raise OptionError("a dynamic panel predicts its fitted rows only; fit.impulse() follows a shock over time.")
    if fit.kind.random is not None and fit.kind.groups is not None:
        raise OptionError(f"effects={fit.kind.name!r} predict their fitted rows only; leave out data=.")
    if fit.kind.rows is not None or fit.kind.common or fit.kind.random == "mundlak":
        raise OptionError(
            f"effects={fit.kind.name!r} stand for means or differences of the fitted rows, which other rows lack; "
            f"leave out data=, or use effects='unit'."
        )


def regressors_in_period(fit: PanelFit, period: Label, data: pd.DataFrame, w: Mapping[str, WeightsGiven]) -> np.ndarray:
    """X (n, k) of one period of a fit with the values of `data` (by unit) and the W of `w` (by name), in its order.

    Raises
    ------
    OptionError
        For effects that stand for means or differences of the fitted rows.
    """
    _check_predictable(fit, "trend")
    names = fit.design.ids.names
    index = pd.MultiIndex.from_arrays([data.index, pd.Index([period] * len(data))], names=names)
    made = _joined(fit, data.set_axis(index), index, dict(w) or None)
    return pd.DataFrame(made.X, index=made.ids).reindex(index).to_numpy()


def _joined(fit: PanelFit, data: pd.DataFrame, index: pd.MultiIndex, w: WeightsGiven) -> _Frame:
    """The fitted rows with those of `data` put in or added, by period and unit."""
    design = fit.design
    names = names_in([design.model_spec.formula]).read
    used = [column for column in design.data.columns if column in names or column == design.regimes]
    new = columns_named(_with_time(data, index), used)
    check_columns(new, used)
    old = design.data.loc[~design.ids.isin(index), used]
    frame = pd.concat([old, new.set_axis(index.set_names(design.ids.names))]) if len(old) else new
    frame.index = pd.MultiIndex.from_tuples([*old.index, *index], names=design.ids.names)
    rows = ordered_rows(frame.index, design.units, "keep")
    ids = pd.MultiIndex.from_arrays(
        [rows.units[rows.stack.unit], rows.periods[rows.stack.period]], names=frame.index.names
    )
    frame = frame.iloc[rows.places].set_axis(ids)
    times = time_numbers(pd.Index(index.get_level_values(1)))
    _check_whole(fit, rows, set(times.tolist()))
    lags = {name: by_period(v, rows, ids, name) for name, v in _weights(fit, rows, set(times.tolist()), w).items()}
    empty, learned = gaps_of(frame, used), without_gaps(design.data[used], gaps_of(design.data, used))
    whole_frame = like(without_gaps(frame, empty), learned, class_columns(design.model_spec, learned, lags))  # type: ignore[arg-type]
    frame = with_gaps(whole_frame, empty)
    earlier = _Earlier(rows)
    matrix = rebuild(design.model_spec, frame, lags, earlier)
    X, columns = as_matrix(matrix), written(matrix.model_spec, lags)  # type: ignore[arg-type]
    X, columns = complete(X, columns, frame, lags, design.durbin, design.regimes, design.data)  # type: ignore[arg-type]
    places = [[column.name for column in columns].index(term) for term in design.terms]
    return _Frame(rows, ids, X[:, places], lags, earlier.unknown)


def _check_whole(fit: PanelFit, rows: Rows, times: set[int]) -> None:
    """Raise where a spatial model lacks units in a period, unless it was fitted on such periods."""
    if not fit.design.weights or not fit.design.stack.balanced:
        return
    s = rows.stack
    short = [t for t in range(s.periods) if int(rows.times[t]) in times and s.starts[t + 1] - s.starts[t] < s.n]
    if short:
        there = s.unit[s.starts[short[0]] : s.starts[short[0] + 1]]
        lacking = rows.units[np.setdiff1d(np.arange(s.n), there)]
        raise MissingDataError(
            f"the rows of {rows.periods[short[0]]} lack {some(lacking)}, whose regressors a spatial model needs for "
            f"neighbors; give all {s.n} units."
        )


def _weights(fit: PanelFit, rows: Rows, times: set[int], w: WeightsGiven) -> dict[str, dict[int, Weights]]:
    """W by name and time: those of the fit, and for the `times` that are asked those that are given."""
    design, known = fit.design, set(time_numbers(fit.design.periods).tolist())
    given = given_weights(w)
    found: dict[str, dict[int, Weights]] = {}
    for name, own in design.weights.items():
        of = dict(zip(time_numbers(design.periods).tolist(), own.by_period, strict=True))
        if name in given:
            one = given[name]
            of |= {t: one[t] for t in times if t in one} if isinstance(one, Mapping) else dict.fromkeys(times, one)
        elif own.constant and design.stack.balanced:
            of |= dict.fromkeys(times - known, own.by_period[0])
        lacking = sorted(times - set(of))
        if lacking:
            raise OptionError(
                f"W changes from period to period, so that of {some(lacking)} is not known; give it as w=."
            )
        found[name] = {int(t): of[int(t)] for t in rows.times}
    return found


def _effects(fit: PanelFit, made: _Frame, asked: np.ndarray) -> np.ndarray:
    """The effects (m,) of all rows: those of units as estimated, those of periods not fitted as their mean, zero."""
    design, effects = fit.design, fit._problem.effects
    if fit.kind.random is not None:
        effects = effects_of(design.stack, unit=True, time=fit.kind.time)
    by_unit, by_cell = effects.split(fit._own_part() - design.X @ fit.beta)
    total = np.zeros(len(made.ids)) if by_unit is None else by_unit[made.rows.stack.unit]
    if by_cell is None:
        return total
    assert effects.groups is not None
    old = pd.MultiIndex.from_arrays([effects.groups[design.stack.unit], design.periods[design.stack.period]])
    cells = pd.Series(by_cell[effects.cells], index=old)
    cells = cells[~cells.index.duplicated()]
    new = pd.MultiIndex.from_arrays([effects.groups[made.rows.stack.unit], made.ids.get_level_values(1)])
    values = cells.reindex(new).to_numpy()
    unknown = np.isnan(values) & np.isin(made.rows.stack.period, asked)
    if unknown.any():
        told = some(pd.unique(made.ids.get_level_values(1)[unknown]))
        if by_unit is None:
            raise OptionError(f"the effect of {told} is not known and holds the level; use effects='unit' or 'twoway'.")
        warnings.warn(
            f"The effect of {told} is not known: zero is taken, the mean of those of the fitted periods.", GbaWarning,
            stacklevel=5,
        )  # fmt: skip
    return total + np.nan_to_num(values)


def _reduced(fit: PanelFit, made: _Frame, eta: np.ndarray, asked: np.ndarray) -> np.ndarray:
    """(I - rho W)^-1 eta in each period that is `asked`."""
    out, s, lag = np.full(len(eta), np.nan), made.rows.stack, made.weights["W"]
    for t in np.unique(s.period[asked]):
        own, w = slice(int(s.starts[t]), int(s.starts[t + 1])), lag.by_period[t]
        low, high = w.interval
        if not low < fit.rho < high:
            raise OptionError(
                f"rho = {fit.rho:.6g} lies outside the admissible interval ({low:.6g}, {high:.6g}) of W of "
                f"{made.rows.periods[t]}, where the process explodes; use kind='trend'."
            )
        A = sparse.csc_array(sparse.eye_array(w.n) - fit.rho * w.sparse)
        out[own] = linalg.splu(A).solve(eta[own])
    return out
