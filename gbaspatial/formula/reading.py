"""What a formula asks for: columns of the data, transforms, spatial lags; or why it cannot be had."""

from __future__ import annotations

import re
import warnings
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from gbaspatial.alignment import as_numbers, check_units
from gbaspatial.errors import DataError, FormulaError, MissingDataError, UnknownNameError, nearest_names, some
from gbaspatial.formula.expressions import Names, names_in, whole_arguments
from gbaspatial.weights import Weights

_FUNCTIONS: dict[str, Callable[..., Any]] = {"log1p": np.log1p}  # beside those of formulaic


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
        names = names_in(parsed._flatten())
    except Exception as error:  # formulaic raises many kinds, SyntaxError among them
        raise FormulaError(f"the formula {formula!r} cannot be read: {_first_line(error)}") from error
    _check_names(names, frame, lags)
    return parsed, [str(c) for c in frame.columns if str(c) in names.read]


def _check_names(names: Names, frame: pd.DataFrame, lags: Mapping[str, Weights]) -> None:
    """Raise unless every name is a column, or a function that is known."""
    from formulaic.transforms import TRANSFORMS

    columns = {str(c) for c in frame.columns}
    for name in sorted(names.called):
        known = name in lags or name in TRANSFORMS or name in _FUNCTIONS
        if known and name in names.read & columns:
            raise FormulaError(f"the formula uses {name} both as a column and as {name}(...); rename the column.")
        if known:
            continue
        if re.fullmatch(r"W\w*", name):
            given = f"the weights given are named {some(lags)}" if lags else "no weights were given"
            raise FormulaError(f"{name}(...) asks for a spatial lag, but {given}.")
        if name == "offset":
            raise FormulaError("a formula takes no offset; for counts, gba.models.ppml has exposure=.")
        raise FormulaError(f"the formula uses the function {name}, which is not known; log, exp, C, I, poly are.")
    for name in sorted(names.read - columns - set(TRANSFORMS)):
        if name == "W" or name in lags:
            raise FormulaError(f"{name} is used without brackets; write {name}(x) for the spatial lag of x.")
        hint = nearest_names(name, [c for c in frame.columns if c != "geometry"])
        raise FormulaError(f"the formula names {name!r}, which is not a column of the data. {hint}")


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


def _context(lags: Mapping[str, Weights]) -> dict[str, Callable[..., Any]]:
    return {**_FUNCTIONS, **{name: _lagger(w) for name, w in lags.items()}}


def _lagger(w: Weights) -> Callable[..., Any]:
    """W(x) as a stateful transform of formulaic: so it learns the levels of a factor at fitting."""

    def _lagged(values: Any, *, _state: Any = None, _spec: Any = None, **_: Any) -> Any:
        return _lag_of(values, w, _state, _spec)

    _lagged.__is_stateful_transform__ = True  # type: ignore[attr-defined]
    _lagged.get_required_variables = lambda *_: ()  # type: ignore[attr-defined]
    return _lagged


def _lag_of(values: Any, w: Weights, state: dict[str, Any] | None, spec: Any) -> Any:
    """The lag of a column, of several, or of the columns that a factor has beside an intercept."""
    metadata = getattr(values, "__formulaic_metadata__", None)
    inner = getattr(values, "__wrapped__", values)
    if metadata is not None and metadata.kind.value == "categorical":
        coded = (metadata.encoder or _encoded)(values, True, [], state, spec)
        return _lagged_frame(_labelled(coded), w)
    if isinstance(inner, pd.Series) and not pd.api.types.is_numeric_dtype(inner):
        return _lagged_frame(_labelled(_encoded(inner, True, [], state, spec)), w)
    if isinstance(inner, dict):  # as splines come
        dropped = metadata.drop_field if metadata is not None and metadata.spans_intercept else None
        inner = pd.DataFrame(
            {k: v for k, v in inner.items() if not str(k).startswith("__") and (dropped is None or k != dropped)}
        )
    if isinstance(inner, pd.DataFrame):
        return _lagged_frame(inner, w)
    if isinstance(inner, pd.Series):
        return pd.Series(w.sparse @ inner.to_numpy(float), index=w.ids, name=inner.name)
    numbers = np.asarray(inner, dtype=float)
    if numbers.ndim == 0:
        raise FormulaError("W(...) needs a column, but was given a single number.")
    if numbers.ndim == 1:
        return pd.Series(w.sparse @ numbers, index=w.ids)
    names = getattr(metadata, "column_names", None)  # as those of poly(x, 2), which count from 1
    return _lagged_frame(pd.DataFrame(numbers, columns=names if names is None else list(names)), w)


def _lagged_frame(frame: pd.DataFrame, w: Weights) -> pd.DataFrame:
    return pd.DataFrame(w.sparse @ frame.to_numpy(float), index=w.ids, columns=frame.columns)


def _encoded(values: Any, reduced_rank: bool, _: list[int], state: Any, spec: Any) -> Any:
    """The dummies of a column of text, as the term itself has them."""
    from formulaic.transforms import encode_contrasts

    return encode_contrasts(pd.Series(values), reduced_rank=reduced_rank, _state=state, _spec=spec)


def _labelled(coded: Any) -> pd.DataFrame:
    """Coded columns under the labels that formulaic would give them: ``T.2`` for treatment contrasts."""
    label = coded.__formulaic_metadata__.get_format()
    frame = pd.DataFrame(coded.__wrapped__).copy()
    frame.columns = [label.format(name="", field=field)[1:-1] for field in frame.columns]
    return frame


def evaluate(parsed: Any, frame: pd.DataFrame, lags: Mapping[str, Weights]) -> tuple[pd.DataFrame, Any]:
    """The left and the right side of a formula on the data: model matrices, of which formulaic remembers the recipe."""
    matrices = _worked_out(parsed, frame, lags, "the formula cannot be worked out")
    if not hasattr(matrices, "lhs"):
        raise FormulaError("the formula has no outcome; write 'outcome ~ regressors'.")
    return matrices.lhs, matrices.rhs


def rebuild(spec: Any, frame: pd.DataFrame, lags: Mapping[str, Weights], learned: pd.DataFrame) -> Any:
    """The model matrix of a formula that was worked out before on the data `learned`, on other data."""
    _check_levels(spec, frame, lags, learned)
    return _worked_out(spec, frame, lags, "the formula cannot be worked out on these data")


def _worked_out(recipe: Any, frame: pd.DataFrame, lags: Mapping[str, Weights], failed: str) -> Any:
    from formulaic.errors import DataMismatchWarning

    try:
        with np.errstate(all="ignore"), warnings.catch_warnings():  # a log of zero is reported later, by unit
            warnings.simplefilter("error", DataMismatchWarning)  # a level not known would count as the base level
            return recipe.get_model_matrix(frame, context=_context(lags), na_action="ignore")
    except FormulaError:
        raise
    except Exception as error:
        raise FormulaError(f"{failed}: {_first_line(error)}") from error


def _check_levels(spec: Any, frame: pd.DataFrame, lags: Mapping[str, Weights], learned: pd.DataFrame) -> None:
    """Raise if a column of classes holds a level that did not occur in the data `learned`."""
    coded = whole_arguments([spec.formula], ["C"])
    plain = whole_arguments([spec.formula], lags) | {
        str(f.expr) for term in spec.formula for f in term.factors if f.eval_method.value == "lookup"
    }
    for name in [str(c) for c in learned.columns if str(c) in coded | plain]:
        if name not in coded and pd.api.types.is_numeric_dtype(learned[name]):
            continue
        known = pd.unique(learned[name])
        strange = ~frame[name].isin(known)
        if strange.any():
            raise DataError(
                f"{name} is {some(pd.unique(frame[name][strange]))} for {some(frame.index[strange])}, a level that the "
                f"model does not know; it knows {some(sorted(known, key=str))}."
            )


def as_matrix(matrix: pd.DataFrame) -> np.ndarray:
    """Plain numbers (n, k) of a model matrix."""
    return np.asarray(pd.DataFrame(matrix).to_numpy(), dtype=float)


def outcome_of(lhs: pd.DataFrame, formula: str) -> tuple[str, np.ndarray]:
    """Name and numbers (n,) of the left-hand side."""
    if lhs.shape[1] != 1:
        raise FormulaError(
            f"the outcome {formula.split('~')[0].strip()!r} gives {lhs.shape[1]} columns; it must be one column "
            f"of numbers (is it text?)."
        )
    return str(lhs.columns[0]), as_matrix(lhs)[:, 0]
