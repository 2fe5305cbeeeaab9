"""Changed values of the regressors of a fit: what they do to X, and how far outside the data they lie."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
import pandas as pd

from gbaspatial.alignment import check_unit, check_units
from gbaspatial.errors import DataError, OptionError, UnknownNameError, nearest_names, some
from gbaspatial.models.panel.panel_fit import PanelFit
from gbaspatial.models.panel.panel_predictions import regressors_in_period
from gbaspatial.options import word
from gbaspatial.results import number

if TYPE_CHECKING:
    from gbaspatial.alignment import Label
    from gbaspatial.models import Fit
    from gbaspatial.weights import Weights


Matrix: TypeAlias = "Callable[[pd.DataFrame, Mapping[str, Weights]], np.ndarray]"


def matrix_of(fit: Fit | PanelFit, period: Label | None) -> Matrix:
    """What makes X of changed data and W: of a cross-section, or of a period of a panel (the last if not named)."""
    if not isinstance(fit, PanelFit):
        return lambda data, lags: fit.design.matrix(data, dict(lags) or None)
    time = fit.design.periods[-1] if period is None else period
    return lambda data, lags: regressors_in_period(fit, time, data, lags)


@dataclass(frozen=True, slots=True, eq=False)
class Changed:
    """The change of X (n, k) in the order of the ids, in words, and how far it leads.

    `ranges` holds (variable, unit, value, least, most) of every value outside the data; `leverage` the largest of
    the new rows over the largest of the old.
    """

    steps: np.ndarray
    told: pd.DataFrame
    ranges: tuple[tuple[str, Label, float, float, float], ...]
    leverage: float


def changed_data(
    fit: Fit, change: Mapping[Any, Mapping[str, float]] | pd.DataFrame | None, kind: str, whole: pd.DataFrame,
    lags: Mapping[str, Weights], matrix: Matrix,
) -> Changed:  # fmt: skip
    """The changes of a scenario, checked; `whole` are all the data of the fit, `lags` the W of the scenario.

    `matrix` makes X (n, k) of data by unit and of W by name, in the order of the data.

    Raises
    ------
    OptionError, UnknownNameError, DataError
        For a variable that the model lacks, a unit it lacks, or a value for which the formula is not defined.
    """
    word(kind, ("factor", "add", "set"), "kind")
    design = fit.design
    data, rows = design.data.copy(), []
    for unit, variable, value in _listed(change):
        _check_there(fit, unit, variable)
        before = data.loc[unit, variable]
        if isinstance(before, (bool, np.bool_, str)) or not pd.api.types.is_numeric_dtype(data[variable]):
            if kind != "set":
                raise OptionError(f"{variable} is not a number; say what it becomes with kind='set'.")
            after: object = value
        else:
            if not isinstance(value, (int, float, np.number)) or not np.isfinite(value):
                raise OptionError(f"the change of {variable} in {unit} is {value!r}; give a finite number.")
            after = {"factor": before * value, "add": before + value, "set": value}[kind]
            data[variable] = data[variable].astype(float)
        data.loc[unit, variable] = after
        rows.append((unit, variable, before, after))
    told = pd.DataFrame(rows, columns=["unit", "variable", "before", "after"])
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):  # told below
        X, base = matrix(data, lags), matrix(design.data, design.weights)
        steps = pd.DataFrame(X - base, index=data.index).reindex(design.ids).to_numpy()
    bad = [term for term, ok in zip(design.terms, np.isfinite(steps).all(axis=0), strict=True) if not ok]
    if bad:
        raise DataError(f"{some(bad)} is not finite after the change; choose values for which the formula is defined.")
    ranges = tuple(_outside(told, whole))
    return Changed(steps, told, ranges, _leverage(base, X))


def _listed(change: Mapping[Any, Mapping[str, float]] | pd.DataFrame | None) -> list[tuple[Label, str, float]]:
    if change is None:
        return []
    if isinstance(change, pd.DataFrame):
        check_units(change.index, "changes")
        found = [(u, c, change.loc[u, c]) for u in change.index for c in change.columns]
        return [(u, str(c), value) for u, c, value in found if not pd.isna(value)]
    if not isinstance(change, Mapping):
        raise OptionError(
            f"change is a {type(change).__name__}; give units, each with variables and numbers, such as "
            f"{{'Shenzhen': {{'employment': 1.1}}}}."
        )
    for unit, values in change.items():
        if not isinstance(values, Mapping):
            raise OptionError(f"the change of {unit} is {values!r}; name the variable, such as {{'employment': 1.1}}.")
    return [(unit, str(name), value) for unit, values in change.items() for name, value in values.items()]


def _check_there(fit: Fit, unit: Label, variable: str) -> None:
    design = fit.design
    check_unit(unit, design.ids)
    if variable not in design.data.columns or variable == design.response:
        there = [c for c in design.data.columns if c != design.response]
        raise UnknownNameError(f"the model lacks the variable {variable!r}. {nearest_names(variable, there)}")


def _outside(told: pd.DataFrame, whole: pd.DataFrame) -> list[tuple[str, Label, float, float, float]]:
    found = []
    for unit, variable, _, after in told.itertuples(index=False, name=None):
        column = whole[variable]
        if not pd.api.types.is_numeric_dtype(column) or isinstance(after, str):
            continue
        least, most = float(column.min()), float(column.max())
        if not least <= after <= most:
            found.append((variable, unit, float(after), least, most))
    return found


def outside_words(changed: Changed) -> str:
    """Which values lie outside the data, and how far; empty where none does."""
    parts = []
    for variable, unit, value, least, most in changed.ranges:
        beyond = value - most if value > most else least - value
        share = beyond / (most - least) if most > least else np.inf
        parts.append(
            f"{variable} of {unit} becomes {number(value)}, but the data run from {number(least)} to {number(most)} "
            f"({share:.0%} of their range beyond)"
        )
    return f"Outside the data: {'; '.join(parts)}." if parts else ""


def _leverage(X: np.ndarray, changed: np.ndarray) -> float:
    """The largest leverage of the changed rows over the largest of the old ones."""
    moved = (changed != X).any(axis=1)
    if not moved.any():
        return 0.0
    q, r = np.linalg.qr(X)
    far = np.linalg.lstsq(r.T, changed[moved].T, rcond=None)[0]
    return float((far**2).sum(axis=0).max() / (q**2).sum(axis=1).max())
