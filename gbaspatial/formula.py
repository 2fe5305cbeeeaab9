"""A formula, data and weights become a `Design`: arrays with names, in the order of the units of W.

The formula language is formulaic's (Wilkinson notation, as in R). Two things are added:
``W(x)`` is the spatial lag of `x` with the model's weights, and every further W has the
name under which it is given, e.g. ``{"W": queen, "Wroad": minutes}`` makes ``Wroad(x)``.
Transforms and lags nest: ``W(log(x))``, ``log(W(x))``, ``C(tier):W(x)``, ``W(C(tier))``.

What a `Design` holds
---------------------
* ``y`` (n,), ``X`` (n, k), ``terms`` (k names) and ``response``, in the order of ``ids``
  (the ids of W; without W the sorted index); ``index`` is the order of the user's data.
* ``weights``: the named `Weights`; ``observation_weights`` (n,) or None.
* ``columns``: for each column of X which `regressor` it belongs to and, where the column
  is the lag of a regressor, the name of the W. So for impacts: ``regressors()`` gives, by
  regressor, the column of beta and the columns of theta.
* ``matrix(data)``: X for other data (new units, a changed value), with the levels and
  transforms learned here.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd

from gbaspatial.alignment import align, align_frame, as_numbers, check_units
from gbaspatial.collinearity import check_rank
from gbaspatial.errors import (
    DataError,
    FormulaError,
    LabelTypeError,
    MissingDataError,
    OptionError,
    UnknownNameError,
    nearest_names,
    some,
)
from gbaspatial.results import data_hash
from gbaspatial.weights import Weights, as_weights

INTERCEPT = "Intercept"


@dataclass(frozen=True, slots=True)
class Column:
    """What one column of X is: the lag of `regressor` by the W named `weights`, or (None) itself."""

    name: str
    regressor: str
    weights: str | None = None


@dataclass(frozen=True, slots=True)
class Regressor:
    """Where the coefficients of one regressor stand: column `beta` (or None) and columns `theta` by name of W."""

    name: str
    beta: int | None
    theta: Mapping[str, int]


@dataclass(frozen=True, slots=True, eq=False)
class Design:
    """A model's numbers in the order of `ids`, with their names; see the module."""

    formula: str
    response: str
    terms: tuple[str, ...]
    y: np.ndarray
    X: np.ndarray
    ids: pd.Index
    index: pd.Index
    data: pd.DataFrame
    weights: Mapping[str, Weights]
    columns: tuple[Column, ...]
    model_spec: Any
    durbin: bool = False
    observation_weights: np.ndarray | None = None
    regimes: str | None = None

    @property
    def n(self) -> int:
        """Number of units."""
        return len(self.ids)

    @property
    def k(self) -> int:
        """Number of columns of X."""
        return len(self.terms)

    @property
    def fingerprint(self) -> str:
        """A hash of the data used, the same for any order of rows."""
        return data_hash(self.data, self.formula)

    def regressors(self) -> tuple[Regressor, ...]:
        """All regressors but the intercept (of a regime too), in the order of X."""
        found: dict[str, dict[str | None, int]] = {}
        for place, column in enumerate(self.columns):
            found.setdefault(column.regressor, {})[column.weights] = place
        return tuple(
            Regressor(name, places.get(None), {w: p for w, p in places.items() if w is not None})
            for name, places in found.items()
            if not is_intercept(name)
        )

    def matrix(self, data: pd.DataFrame, weights: Mapping[str, Any] | Any = None) -> np.ndarray:
        """X (m, k) for `data`, in its order; lags by `weights` (the design's own by default).

        Raises
        ------
        UnknownNameError, MissingDataError, DataError
            As at fitting; a level that did not occur then is an error too.
        """
        lags = named_weights(weights) if weights is not None else dict(self.weights)
        lagged = {name: w for name, w in lags.items() if any(c.weights == name for c in self.columns) or name == "W"}
        ids = next(iter(lagged.values())).ids if self.uses_weights and lagged else data.index
        frame = align_frame(data, ids)
        _check_columns(frame, [c for c in self.data.columns if c != self.response and c in _needed(self)])
        X, terms = _build(self.model_spec, frame, lags)
        X, terms, _ = _complete(X, terms, frame, lags, self.durbin, self.regimes, self.data)
        if terms != self.terms:
            raise DataError(f"the data give the columns {some(terms)}, the model has {some(self.terms)}.")
        return pd.DataFrame(X, index=ids).reindex(data.index).to_numpy()

    @property
    def uses_weights(self) -> bool:
        """Whether a column of X is a spatial lag."""
        return any("(" in term and _names_lag(term, self.weights) for term in self.terms)

    def with_outcome(self, y: np.ndarray) -> Design:
        """The same design with another outcome (n,) in the order of `ids`."""
        return replace(self, y=np.asarray(y, dtype=float))

    def label(self, numbers: np.ndarray, name: object = None) -> pd.Series:
        """`numbers` (n,) in the order of `ids` as a Series in the order of the data."""
        return pd.Series(numbers, index=self.ids, name=name).reindex(self.index)


def is_intercept(term: str) -> bool:
    """Whether `term` is the intercept, or that of one regime."""
    return term == INTERCEPT or term.endswith(f":{INTERCEPT}")


def named_weights(w: Any) -> dict[str, Weights]:
    """`w` as a mapping of names to `Weights`; one W alone is named ``W``, the first of a mapping is too."""
    if w is None:
        return {}
    if not isinstance(w, Mapping):
        return {"W": as_weights(w)}
    if not w:
        raise OptionError("no weights were given; give a W, or a mapping of names to W.")
    named = {str(name): as_weights(matrix) for name, matrix in w.items()}
    for name in named:
        if not name.isidentifier():
            raise OptionError(f"{name!r} cannot name a W in a formula; use letters, digits and underscores.")
    first_name, first = next(iter(named.items()))
    for name, matrix in named.items():
        if len(matrix.ids) != len(first.ids) or not matrix.ids.isin(first.ids).all():
            raise OptionError(f"the weights {first_name!r} and {name!r} cover different units; use w.subset(ids).")
    return {"W": first, **named} if "W" not in named else named


def design(
    formula: str,
    data: pd.DataFrame,
    w: Any = None,
    *,
    durbin: bool = False,
    weights: pd.Series | str | None = None,
    regimes: str | None = None,
) -> Design:
    """Read `formula` on `data`, matched to `w` by label.

    Parameters
    ----------
    formula : str
        Such as ``"log(y) ~ log(x) + C(tier) + W(log(x))"``.
    data : pandas.DataFrame
        One row per unit, in any order, indexed by unit.
    w : Weights or mapping of str to Weights, optional
        The weights of ``W(x)``; further ones by name.
    durbin : bool
        Adds the lag by ``W`` of every regressor that has none.
    weights : pandas.Series or str, optional
        Observation weights: a column or a Series; the variance of a unit is sigma2 / weight.
    regimes : str, optional
        A column of classes; every coefficient is estimated by class.

    Raises
    ------
    FormulaError
        If the formula cannot be read, names an unknown column, or asks for ``lag(x)``.
    MissingDataError, DataError
        If a value is missing, infinite or text; nothing is dropped.
    CollinearityError
        If regressors depend on each other, or are more than the units.

    Examples
    --------
    >>> data = pd.DataFrame({"y": [1.0, 2, 4], "x": [0.0, 1, 5]}, index=["a", "b", "c"])
    >>> design("y ~ x", data).terms
    ('Intercept', 'x')
    """
    lags = named_weights(w)
    if not isinstance(data, pd.DataFrame):
        raise LabelTypeError(f"the data are a {type(data).__name__}; pass a DataFrame indexed by unit id.")
    ids = next(iter(lags.values())).ids if lags else _sorted(data.index)
    lags = {name: matrix if matrix.ids.equals(ids) else matrix.subset(ids) for name, matrix in lags.items()}
    frame = align_frame(data, ids)
    parsed, used = _parsed(formula, frame, lags)
    if regimes is not None:
        used = list(dict.fromkeys([*used, _known(regimes, frame)]))
    _check_columns(frame, used)
    frame = pd.DataFrame(frame[used])
    lhs, rhs = _evaluate(parsed, frame, lags)
    response, y = _response(lhs, formula)
    X, terms = _numbers(rhs), tuple(_renamed(rhs.columns))
    X, terms, columns = _complete(X, terms, frame, lags, durbin, regimes, frame)
    _check_values(y, X, terms, response, ids)
    observation = _observation_weights(weights, data, ids)
    result = Design(
        formula=formula, response=response, terms=terms, y=y, X=X, ids=ids, index=data.index, data=frame,
        weights=lags, columns=columns, model_spec=rhs.model_spec, durbin=durbin,
        observation_weights=observation, regimes=regimes,
    )  # fmt: skip
    check_rank(X, terms)
    return result


# -- reading ----------------------------------------------------------------------------
def _sorted(index: pd.Index) -> pd.Index:
    check_units(index, "data")
    try:
        return index.sort_values()
    except TypeError:  # labels of mixed types have no order
        return index


def _known(name: str, frame: pd.DataFrame) -> str:
    if name not in frame.columns:
        hint = nearest_names(name, [c for c in frame.columns if c != "geometry"])
        raise UnknownNameError(f"the data have no column {name!r}. {hint}")
    return name


def _parsed(formula: str, frame: pd.DataFrame, lags: Mapping[str, Weights]) -> tuple[Any, list[str]]:
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
        if name in lags:
            continue
        if name in functions:
            if re.fullmatch(r"W\w*", name):
                given = f"the weights given are named {some(lags)}" if lags else "no weights were given"
                raise FormulaError(f"{name}(...) asks for a spatial lag, but {given}.")
            raise FormulaError(f"the formula uses the function {name}, which is not known; log, exp, C, I, poly are.")
        if name == "W":
            raise FormulaError("W is used without brackets; write W(x) for the spatial lag of x.")
        hint = nearest_names(name, [c for c in frame.columns if c != "geometry"])
        raise FormulaError(f"the formula names {name!r}, which is not a column of the data. {hint}")
    return parsed, [str(c) for c in frame.columns if str(c) in required]


def _first_line(error: BaseException) -> str:
    text = re.sub(r"\x1b\[[0-9;]*m", "", str(error)).strip()
    return text.splitlines()[0] if text else type(error).__name__


def _check_columns(frame: pd.DataFrame, names: Sequence[str]) -> None:
    for name in names:
        missing = frame[_known(name, frame)].isna()
        if missing.any():
            raise MissingDataError(
                f"{name!r} is missing for {some(frame.index[missing])}; fill it in, or drop these units "
                f"from the data and from the weights (w.subset) yourself."
            )
        if pd.api.types.is_numeric_dtype(frame[name]) and not pd.api.types.is_bool_dtype(frame[name]):
            as_numbers(frame[name])


def _needed(design: Design) -> set[str]:
    needed = {str(name) for name in design.model_spec.required_variables}
    return needed | ({design.regimes} if design.regimes else set())


def _context(lags: Mapping[str, Weights]) -> dict[str, Callable[[Any], Any]]:
    def lagger(w: Weights) -> Callable[[Any], Any]:
        def lagged(values: Any) -> Any:
            return _lag_of(values, w)

        return lagged

    return {name: lagger(w) for name, w in lags.items()}


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


def _evaluate(parsed: Any, frame: pd.DataFrame, lags: Mapping[str, Weights]) -> tuple[pd.DataFrame, Any]:
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


def _build(spec: Any, frame: pd.DataFrame, lags: Mapping[str, Weights]) -> tuple[np.ndarray, tuple[str, ...]]:
    try:
        with np.errstate(all="ignore"):
            matrix = spec.get_model_matrix(frame, context=_context(lags), na_action="ignore")
    except Exception as error:
        raise FormulaError(f"the formula cannot be worked out on these data: {_first_line(error)}") from error
    return _numbers(matrix), tuple(_renamed(matrix.columns))


def _numbers(matrix: pd.DataFrame) -> np.ndarray:
    return np.asarray(pd.DataFrame(matrix).to_numpy(), dtype=float)


def _renamed(columns: Sequence[Any]) -> list[str]:
    """``W(C(tier))[T.2]`` as ``W(C(tier)[T.2])``: the lag of a dummy is named like any other lag."""
    return [re.sub(r"^(\w+)\((.*)\)(\[T?\.?[^\]]*\])$", _inside, str(c)) for c in columns]


def _inside(match: re.Match[str]) -> str:
    function, inner, level = match.groups()
    return f"{function}({inner}{level})" if function.startswith("W") else match.group(0)


def _response(lhs: pd.DataFrame, formula: str) -> tuple[str, np.ndarray]:
    if lhs.shape[1] != 1:
        raise FormulaError(
            f"the outcome {formula.split('~')[0].strip()!r} gives {lhs.shape[1]} columns; it must be one column "
            f"of numbers (is it text?)."
        )
    return str(lhs.columns[0]), _numbers(lhs)[:, 0]


# -- completing X -----------------------------------------------------------------------
def _complete(
    X: np.ndarray,
    terms: tuple[str, ...],
    frame: pd.DataFrame,
    lags: Mapping[str, Weights],
    durbin: bool,
    regimes: str | None,
    learned: pd.DataFrame,
) -> tuple[np.ndarray, tuple[str, ...], tuple[Column, ...]]:
    """Adds the lags of a Durbin model and splits by regime; says what each column is."""
    if durbin:
        X, terms = _durbin(X, terms, lags)
    columns = tuple(_column(term, terms, lags) for term in terms)
    if regimes is None:
        return X, terms, columns
    levels = sorted(learned[regimes].unique())
    member = [(frame[regimes] == level).to_numpy() for level in levels]
    parts = np.concatenate([X * inside[:, None] for inside in member], axis=1)
    split = tuple(
        Column(f"{regimes}[{v}]:{c.name}", f"{regimes}[{v}]:{c.regressor}", c.weights) for v in levels for c in columns
    )
    return parts, tuple(c.name for c in split), split


def _durbin(X: np.ndarray, terms: tuple[str, ...], lags: Mapping[str, Weights]) -> tuple[np.ndarray, tuple[str, ...]]:
    if not lags:
        raise OptionError("durbin=True needs weights: the lags W(x) are added with them.")
    new = [
        place
        for place, term in enumerate(terms)
        if not is_intercept(term) and not _names_lag(term, lags) and f"W({term})" not in terms
    ]
    added = lags["W"].sparse @ X[:, new]
    return np.hstack([X, added]), (*terms, *(f"W({terms[place]})" for place in new))


def _names_lag(term: str, lags: Mapping[str, Weights]) -> bool:
    return any(re.search(rf"\b{re.escape(name)}\(", term) for name in lags)


def _column(term: str, terms: Sequence[str], lags: Mapping[str, Weights]) -> Column:
    match = re.fullmatch(r"(\w+)\((.*)\)", term)
    if match and match.group(1) in lags and _balanced(match.group(2)):
        return Column(term, match.group(2), match.group(1))
    return Column(term, term)


def _balanced(text: str) -> bool:
    depth = 0
    for character in text:
        depth += (character == "(") - (character == ")")
        if depth < 0:
            return False
    return depth == 0


# -- checking ---------------------------------------------------------------------------
def _check_values(y: np.ndarray, X: np.ndarray, terms: Sequence[str], response: str, ids: pd.Index) -> None:
    for name, values in [(response, y), *zip(terms, X.T, strict=True)]:
        bad = ~np.isfinite(values)
        if bad.any():
            raise DataError(
                f"{name} is not a finite number for {some(ids[bad])}; a logarithm of zero or of a negative "
                f"value is the usual cause."
            )
    if np.ptp(y) == 0:
        raise DataError(f"{response} is {y[0]:g} for every unit; a constant outcome has nothing to explain.")


def _observation_weights(weights: pd.Series | str | None, data: pd.DataFrame, ids: pd.Index) -> np.ndarray | None:
    if weights is None:
        return None
    series = data[_known(weights, data)] if isinstance(weights, str) else weights
    numbers = align(series, ids, "observation weights")
    if (numbers <= 0).any():
        raise DataError(f"observation weights must be positive, but are not for {some(ids[numbers <= 0])}.")
    return numbers
