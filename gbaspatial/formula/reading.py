"""What a formula asks for: columns of the data, transforms, spatial lags; or why it cannot be had."""

from __future__ import annotations

import ast
import math
import re
import warnings
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
import pandas as pd

from gbaspatial.alignment import check_units, missing_values, no_column
from gbaspatial.errors import (
    CollinearityError,
    DataError,
    FormulaError,
)
from gbaspatial.formula.evaluation import materializer
from gbaspatial.formula.expressions import Known, check, check_column
from gbaspatial.formula.grammar import Factor, Term, Terms, parse
from gbaspatial.formula.kinds import check_crowded
from gbaspatial.formula.mentions import lags_of, names_of, whole_arguments, whole_arguments_of
from gbaspatial.formula.regressors import is_intercept
from gbaspatial.formula.syntax import column_of, syntax
from gbaspatial.options import brief
from gbaspatial.weights import Weights

if TYPE_CHECKING:
    from formulaic import ModelMatrix, ModelSpec
    from formulaic.formula import StructuredFormula
    from formulaic.materializers.types import FactorValues
    from formulaic.parser.types import Term as FormulaicTerm

    from gbaspatial.models.panel.period_weights import PanelWeights

Lag: TypeAlias = "Weights | PanelWeights"  # what lags a column: a W, or the W of each period of a panel

Earlier = Callable[[pd.Series, int], pd.Series]


def sorted_index(index: pd.Index) -> pd.Index:
    """Labels in an order that the order of rows does not change."""
    check_units(index, "data")
    try:
        return index.sort_values()
    except TypeError:  # labels of mixed types have no order
        return index


def known_column(name: str, frame: pd.DataFrame) -> str:
    """`name`, if it is a column of the data."""
    if name not in {str(column) for column in frame.columns}:
        raise no_column(name, frame)
    return name


@dataclass(frozen=True, slots=True)
class Parsed:
    """A formula as its terms, as formulaic takes it, and the columns of the data that it uses."""

    terms: Terms
    formula: StructuredFormula
    columns: list[str]


def parsed_formula(formula: str, frame: pd.DataFrame, lags: Mapping[str, Weights]) -> Parsed:
    """The formula, of which every piece is allowed and every name is known."""
    known = Known(frozenset(str(c) for c in frame.columns), frozenset(lags))

    def _read(text: str) -> Factor:
        written = check(text, known)
        tree = syntax(written)
        return Factor(column_of(tree), True) if isinstance(tree, ast.Name) else Factor(written, False)

    terms = parse(formula, _read, lambda factor: _stands_for_classes(factor, frame))
    factors = {terms.outcome, *(factor for term in terms.terms for factor in term)}
    for factor in sorted(factors, key=str):
        _check_factor(factor, factors, known, terms.outcome)
    _check_outcome(terms, lags)
    names = [names_of(factor.text) for factor in factors if not factor.column]
    read = {factor.text for factor in factors if factor.column}.union(*(name.read for name in names))
    for name in sorted(set().union(*(name.called for name in names)) & read):
        raise FormulaError(f"the formula uses {name} both as a column and as {name}(...); rename the column.")
    return Parsed(terms, _for_formulaic(terms), [str(c) for c in frame.columns if str(c) in read])


def _stands_for_classes(factor: Factor, frame: pd.DataFrame) -> bool:
    """Whether a factor is one of classes, whose product with itself is what it is."""
    if not factor.column:
        return factor.text.startswith("C(")
    place = [place for place, column in enumerate(frame.columns) if str(column) == factor.text]
    if len(place) != 1:
        return False
    dtype = frame.dtypes.iloc[place[0]]
    return not pd.api.types.is_numeric_dtype(dtype) or pd.api.types.is_bool_dtype(dtype)


def _check_factor(factor: Factor, factors: Collection[Factor], known: Known, outcome: Factor) -> None:
    if factor.column:
        check_column(factor.text, known)
    if factor.column and (factor.text == "1" or (is_intercept(factor.text) and factor != outcome)):
        raise FormulaError(
            f"the column {factor.text!r} has the name of the intercept; rename the column, or write I(`{factor.text}`)."
        )
    if factor.column and Factor(factor.text, False) in factors:
        raise FormulaError(
            f"{factor.text} is a column of the data and an expression of the formula; rename the column."
        )


def _check_outcome(terms: Terms, lags: Mapping[str, Weights]) -> None:
    """Raise if a regressor is the outcome, or is made of the same column: the fit would explain y by y."""
    outcome = terms.outcome
    read = frozenset([outcome.text]) if outcome.column else names_of(outcome.text).read
    for factor in (factor for term in terms.terms for factor in term):
        inner = frozenset([factor.text]) if factor.column else names_of(factor.text).read
        if factor != outcome and not (len(read) == 1 and inner == read):
            continue
        if not factor.column and "L" in names_of(factor.text).called:
            raise FormulaError(
                f"{factor} is the outcome of an earlier period, whose coefficient is biased beside effects of units; "
                f"leave it out of the formula and give dynamic='y' or 'y + Wy' to panel_ols, panel_slx, panel_lag or "
                f"panel_durbin, which take the bias off."
            )
        if not factor.column and lags_of(factor.text, lags)[0]:
            raise FormulaError(
                f"{factor} is the spatial lag of the outcome, which depends on the errors: leave it out of the "
                f"formula and use gba.models.lag (of a panel: panel_lag), which estimates its coefficient rho."
            )
        raise FormulaError(
            f"{factor} stands on both sides of the formula, so {outcome} would be explained by itself; leave it out "
            f"on the right."
            if factor == outcome
            else f"{factor} is made of the outcome {outcome} alone, which would be explained by itself; leave it out."
        )


def _for_formulaic(terms: Terms) -> StructuredFormula:
    """The terms as formulaic has them; nothing is left for it to read."""
    from formulaic import Formula
    from formulaic.parser.types import Factor as TheirFactor, Term as TheirTerm

    def _theirs(term: Term) -> FormulaicTerm:
        if not term:
            return TheirTerm([TheirFactor("1", eval_method="literal")])
        return TheirTerm([TheirFactor(f.text, eval_method="lookup" if f.column else "python") for f in term])

    return Formula(lhs=[_theirs((terms.outcome,))], rhs=[_theirs(term) for term in terms.terms])


def columns_named(frame: pd.DataFrame, names: Sequence[str]) -> pd.DataFrame:
    """The columns whose names read as `names`, under these: a column may be named 2019.

    Raises
    ------
    DataError
        If two columns have the same name.
    """
    written = [str(column) for column in frame.columns]
    for name in names:
        if written.count(name) > 1:
            raise DataError(
                f"the data have {written.count(name)} columns that are named {name!r}; rename or drop all but one."
            )
    found = pd.DataFrame(frame.iloc[:, [written.index(known_column(name, frame)) for name in names]])
    return found.set_axis(list(names), axis=1)


def _first_line(error: BaseException) -> str:
    text = re.sub(r"\x1b\[[0-9;]*m", "", str(error)).strip()
    return text.splitlines()[0] if text else type(error).__name__


def check_columns(frame: pd.DataFrame, names: Sequence[str], cures: Mapping[str, str] | None = None) -> None:
    """Raise if a column is not there or has a missing value; `cures` by name, where the usual one is wrong."""
    for name in names:
        missing = frame[known_column(name, frame)].isna()
        if missing.any():
            raise missing_values(repr(name), frame.index[missing], (cures or {}).get(name))


def check_classes(terms: Terms, frame: pd.DataFrame, lags: Mapping[str, Weights]) -> None:
    """Raise for text that is no class, and for products of classes with more columns than there are units."""
    factors = [factor for term in terms.terms for factor in term]
    lone = whole_arguments_of([f.text for f in factors if not f.column], lags)
    check_crowded(frame, sorted({f.text for f in factors if f.column} | lone))
    for term in terms.terms:
        size = math.prod(max(_levels(factor, frame) - 1, 1) for factor in term)
        if size >= max(len(frame), 2):
            raise CollinearityError(
                f"the term {brief(':'.join(map(str, term)))[1:-1]} has {size} coefficients or more but only "
                f"{len(frame)} units; merge levels, or leave it out."
            )


def _levels(factor: Factor, frame: pd.DataFrame) -> int:
    """How many levels a factor has: 1 if it is a number, or not known before it is worked out."""
    name = factor.text
    if not factor.column:
        name = next(iter(whole_arguments_of([factor.text], ["C"])), "") if factor.text.startswith("C(") else ""
    if name not in frame or (factor.column and pd.api.types.is_numeric_dtype(frame[name])):
        return 1
    return int(frame[name].nunique())


def _lagger(w: Lag) -> Callable[..., pd.Series]:
    """W(x) as a stateful transform of formulaic: so it learns the levels of a factor at fitting."""

    def _lagged(values: pd.Series, *, _state: Any = None, _spec: Any = None, **_: object) -> pd.Series:
        return _lag_of(values, w, _state, _spec)

    _lagged.__is_stateful_transform__ = True  # type: ignore[attr-defined]
    _lagged.get_required_variables = lambda *_: ()  # type: ignore[attr-defined]
    return _lagged


def _lag_of(values: pd.Series, w: Lag, state: dict[str, object] | None, spec: ModelSpec) -> pd.Series:
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


def _lagged_frame(frame: pd.DataFrame, w: Lag) -> pd.DataFrame:
    return pd.DataFrame(w.sparse @ frame.to_numpy(float), index=w.ids, columns=frame.columns)


def _encoded(values: pd.Series, reduced_rank: bool, _: list[int], state: object, spec: ModelSpec) -> pd.DataFrame:
    """The dummies of a column of text, as the term itself has them."""
    from formulaic.transforms import encode_contrasts

    return encode_contrasts(pd.Series(values), reduced_rank=reduced_rank, _state=state, _spec=spec)


def _labelled(coded: FactorValues) -> pd.DataFrame:
    """Coded columns under the labels that formulaic would give them: ``T.2`` for treatment contrasts."""
    label = coded.__formulaic_metadata__.get_format()
    frame = pd.DataFrame(coded.__wrapped__).copy()
    frame.columns = [label.format(name="", field=field)[1:-1] for field in frame.columns]
    return frame


def evaluate(
    formula: StructuredFormula, frame: pd.DataFrame, lags: Mapping[str, Lag], earlier: Earlier | None = None
) -> tuple[pd.DataFrame, pd.DataFrame, ModelSpec]:
    """The left and the right side of a formula on the data, and the recipe of the right one that formulaic remembers.

    `lags` have ``ids`` and a ``sparse`` that multiplies; `earlier` serves L(x), in panels.
    """
    outcome, *names = _columns_alone(formula, frame)
    if outcome:
        spec = _recipe_of(outcome, tuple(names))
        columns = [str(name) for part in spec.structure for name in part.columns]
        sides = [[outcome], names]
        left, right = (np.array([_numbers(frame, name) for name in side], dtype=float) for side in sides)
        own = replace(spec, transform_state={}, encoder_state=dict(spec.encoder_state))
        return pd.DataFrame(left.T, columns=[outcome]), pd.DataFrame(right.T, columns=columns), own
    matrices = _worked_out(formula, frame, lags, "the formula cannot be worked out", earlier)
    return matrices.lhs, matrices.rhs, matrices.rhs.model_spec


def _columns_alone(formula: StructuredFormula, frame: pd.DataFrame) -> list[str]:
    """The outcome and the regressors, "1" for the intercept, where each is a column of numbers as it is; or [""]."""
    numbers = {str(name) for name, dtype in frame.dtypes.items() if getattr(dtype, "kind", "") in tuple("iuf")}
    found = []
    for term in (*formula.lhs, *formula.rhs):
        way, text = term.factors[0].eval_method.value, str(term.factors[0].expr)
        if len(term.factors) > 1 or not (way == "literal" if text == "1" else way == "lookup" and text in numbers):
            return [""]
        found.append(text)
    return found if len(list(formula.rhs)) else [""]


def _numbers(frame: pd.DataFrame, name: str) -> np.ndarray:
    return np.ones(len(frame)) if name == "1" else frame[name].to_numpy(dtype=float)


@lru_cache(maxsize=64)
def _recipe_of(outcome: str, names: tuple[str, ...]) -> ModelSpec:
    """What formulaic remembers of columns of numbers, which is the same whatever the numbers are."""
    some = pd.DataFrame({name: [0.0, 1.0] for name in (outcome, *names) if name != "1"})
    terms = tuple(() if name == "1" else (Factor(name, True),) for name in names)
    formula = _for_formulaic(Terms(Factor(outcome, True), terms))
    return _worked_out(formula, some, {}, "the formula cannot be worked out").rhs.model_spec


def rebuild(
    spec: ModelSpec, frame: pd.DataFrame, lags: Mapping[str, Lag], earlier: Earlier | None = None
) -> pd.DataFrame:
    """The model matrix of a formula that was worked out before, on other data."""
    return _worked_out(spec, frame, lags, "the formula cannot be worked out on these data", earlier)


def _worked_out(
    recipe: StructuredFormula | ModelSpec,
    frame: pd.DataFrame,
    lags: Mapping[str, Lag],
    failed: str,
    earlier: Earlier | None = None,
) -> ModelMatrix:
    from formulaic.errors import DataMismatchWarning

    try:
        with np.errstate(all="ignore"), warnings.catch_warnings():  # a log of zero is reported later, by unit
            warnings.simplefilter("error", DataMismatchWarning)  # a level not known would count as the base level
            made = materializer(frame, {name: _lagger(w) for name, w in lags.items()}, earlier)
            return made.get_model_matrix(recipe, na_action="ignore", output="pandas")
    except (FormulaError, CollinearityError):
        raise
    except Exception as error:
        if isinstance(error.__cause__, (FormulaError, DataError)):
            raise error.__cause__ from None
        raise FormulaError(f"{failed}: {_first_line(error)}") from error


def class_columns(spec: ModelSpec, learned: pd.DataFrame, lags: Mapping[str, Weights]) -> list[str]:
    """The columns of which a formula takes the values as levels."""
    coded = whole_arguments([spec.formula], ["C"])
    plain = whole_arguments([spec.formula], lags) | {
        str(f.expr) for term in spec.formula for f in term.factors if f.eval_method.value == "lookup"
    }
    return [
        name
        for name in learned.columns
        if name in coded or (name in plain and not pd.api.types.is_numeric_dtype(learned[name]))
    ]


def as_matrix(matrix: pd.DataFrame) -> np.ndarray:
    """Plain numbers (n, k) of a model matrix."""
    return np.asarray(pd.DataFrame(matrix).to_numpy(), dtype=float)


def outcome_of(lhs: pd.DataFrame, terms: Terms) -> tuple[str, np.ndarray]:
    """Name and numbers (n,) of the left-hand side."""
    if lhs.shape[1] != 1:
        raise FormulaError(
            f"the outcome '{terms.outcome}' gives {lhs.shape[1]} columns; it must be one column "
            f"of numbers (is it text?)."
        )
    return str(lhs.columns[0]), as_matrix(lhs)[:, 0]
