"""What a formula asks for: columns of the data, transforms, spatial lags; or why it cannot be had."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from gbaspatial.alignment import as_numbers, check_units
from gbaspatial.errors import FormulaError, MissingDataError, UnknownNameError, nearest_names, some
from gbaspatial.weights import Weights


def sorted_index(index: pd.Index) -> pd.Index:
    """Labels in an order that the order of rows does not change."""
    check_units(index, "data")
    try:
        return index.sort_values()
    except TypeError:  # labels of mixed types have no order
        return index


def known_column(name: str, frame: pd.DataFrame) -> str:
    """`name`, if it is a column of the data."""
    if name not in frame.columns:
        hint = nearest_names(name, [c for c in frame.columns if c != "geometry"])
        raise UnknownNameError(f"the data have no column {name!r}. {hint}")
    return name


def parsed_formula(formula: str, frame: pd.DataFrame, lags: Mapping[str, Weights]) -> tuple[Any, list[str]]:
    """The formula as formulaic sees it, and the columns of `frame` that it uses."""
    from formulaic import Formula

    if not isinstance(formula, str) or formula.count("~") != 1 or not formula.split("~")[0].strip():
        raise FormulaError(f"{formula!r} is not a formula; write 'outcome ~ regressor + regressor'.")
    if re.search(r"\blag\s*\(", formula):
        raise FormulaError(
            "lag(x) could mean a lag in time or in space; write W(x) for the spatial lag of x "
            "(and make a column of your own for a lag in time)."
        )
    try:
        parsed = Formula(formula)
        required = {str(name) for name in parsed.required_variables}
    except Exception as error:  # formulaic raises many kinds, SyntaxError among them
        raise FormulaError(f"the formula {formula!r} cannot be read: {_first_line(error)}") from error
    columns = {str(c) for c in frame.columns}
    functions = set(re.findall(r"([A-Za-z_]\w*)\s*\(", formula))
    for name in sorted(required - columns):
        if name in lags and name in functions:
            continue
        if name in functions:
            if re.fullmatch(r"W\w*", name):
                given = f"the weights given are named {some(lags)}" if lags else "no weights were given"
                raise FormulaError(f"{name}(...) asks for a spatial lag, but {given}.")
            raise FormulaError(f"the formula uses the function {name}, which is not known; log, exp, C, I, poly are.")
        if name == "W" or name in lags:
            raise FormulaError(f"{name} is used without brackets; write {name}(x) for the spatial lag of x.")
        hint = nearest_names(name, [c for c in frame.columns if c != "geometry"])
        raise FormulaError(f"the formula names {name!r}, which is not a column of the data. {hint}")
    return parsed, [str(c) for c in frame.columns if str(c) in required]


def _first_line(error: BaseException) -> str:
    text = re.sub(r"\x1b\[[0-9;]*m", "", str(error)).strip()
    return text.splitlines()[0] if text else type(error).__name__


def check_columns(frame: pd.DataFrame, names: Sequence[str]) -> None:
    """Raise if a column is not there or has a missing value."""
    for name in names:
        missing = frame[known_column(name, frame)].isna()
        if missing.any():
            raise MissingDataError(
                f"{name!r} is missing for {some(frame.index[missing])}; fill it in, or drop these units "
                f"from the data and from the weights (w.subset) yourself."
            )
        if pd.api.types.is_numeric_dtype(frame[name]) and not pd.api.types.is_bool_dtype(frame[name]):
            as_numbers(frame[name])


def _context(lags: Mapping[str, Weights]) -> dict[str, Callable[[Any], Any]]:
    def _lagger(w: Weights) -> Callable[[Any], Any]:
        def _lagged(values: Any) -> Any:
            return _lag_of(values, w)

        return _lagged

    return {name: _lagger(w) for name, w in lags.items()}


def _lag_of(values: Any, w: Weights) -> Any:
    """The lag of a column, of several, or of the dummies of a factor (its first level left out)."""
    inner = getattr(values, "__wrapped__", values)
    metadata = getattr(values, "__formulaic_metadata__", None)
    if metadata is not None and str(getattr(metadata, "kind", "")).endswith("CATEGORICAL"):
        inner = pd.Series(inner)
    if isinstance(inner, pd.Series) and not pd.api.types.is_numeric_dtype(inner):
        dummies = pd.get_dummies(inner, drop_first=True, dtype=float)
        dummies.columns = [f"T.{c}" for c in dummies.columns]
        return _lag_of(dummies, w)
    if metadata is not None and isinstance(inner, pd.Series) and str(metadata.kind).endswith("CATEGORICAL"):
        return _lag_of(inner.astype("category").astype(str), w)
    if isinstance(inner, pd.DataFrame):
        return pd.DataFrame(w.sparse @ inner.to_numpy(float), index=w.ids, columns=inner.columns)
    if isinstance(inner, pd.Series):
        return pd.Series(w.sparse @ inner.to_numpy(float), index=w.ids, name=inner.name)
    numbers = np.asarray(inner, dtype=float)
    if numbers.ndim == 0:
        raise FormulaError("W(...) needs a column, but was given a single number.")
    return pd.Series(w.sparse @ numbers, index=w.ids) if numbers.ndim == 1 else w.sparse @ numbers


def evaluate(parsed: Any, frame: pd.DataFrame, lags: Mapping[str, Weights]) -> tuple[pd.DataFrame, Any]:
    """The left and the right side of a formula on the data: model matrices, of which formulaic remembers the recipe."""
    try:
        with np.errstate(all="ignore"):  # a log of zero is reported below, by unit
            matrices = parsed.get_model_matrix(frame, context=_context(lags), na_action="ignore")
    except FormulaError:
        raise
    except Exception as error:
        raise FormulaError(f"the formula cannot be worked out: {_first_line(error)}") from error
    if not hasattr(matrices, "lhs"):
        raise FormulaError("the formula has no outcome; write 'outcome ~ regressors'.")
    return matrices.lhs, matrices.rhs


def rebuild(spec: Any, frame: pd.DataFrame, lags: Mapping[str, Weights]) -> tuple[np.ndarray, tuple[str, ...]]:
    """Columns (n, k) of a formula that was worked out before, on other data, and their names."""
    try:
        with np.errstate(all="ignore"):
            matrix = spec.get_model_matrix(frame, context=_context(lags), na_action="ignore")
    except Exception as error:
        raise FormulaError(f"the formula cannot be worked out on these data: {_first_line(error)}") from error
    return as_matrix(matrix), tuple(renamed(matrix.columns))


def as_matrix(matrix: pd.DataFrame) -> np.ndarray:
    """Plain numbers (n, k) of a model matrix."""
    return np.asarray(pd.DataFrame(matrix).to_numpy(), dtype=float)


def renamed(columns: Sequence[Any]) -> list[str]:
    """``W(C(tier))[T.2]`` as ``W(C(tier)[T.2])``: the lag of a dummy is named like any other lag."""
    return [re.sub(r"^(\w+)\((.*)\)(\[T?\.?[^\]]*\])$", _inside, str(c)) for c in columns]


def _inside(match: re.Match[str]) -> str:
    function, inner, level = match.groups()
    return f"{function}({inner}{level})" if function.startswith("W") else match.group(0)


def outcome_of(lhs: pd.DataFrame, formula: str) -> tuple[str, np.ndarray]:
    """Name and numbers (n,) of the left-hand side."""
    if lhs.shape[1] != 1:
        raise FormulaError(
            f"the outcome {formula.split('~')[0].strip()!r} gives {lhs.shape[1]} columns; it must be one column "
            f"of numbers (is it text?)."
        )
    return str(lhs.columns[0]), as_matrix(lhs)[:, 0]
