"""The checked syntax tree of an expression, worked out on columns: no code is run, so there is nothing to escape to."""

from __future__ import annotations

import ast
import functools
import itertools
import math
import operator
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
import pandas as pd

from gbaspatial.errors import CollinearityError, FormulaError
from gbaspatial.formula.call_options import options_of
from gbaspatial.formula.syntax import column_of, function_name, syntax
from gbaspatial.formula.vocabulary import FUNCTIONS, transform
from gbaspatial.options import brief

if TYPE_CHECKING:
    from formulaic import ModelSpec
    from formulaic.materializers import PandasMaterializer
    from formulaic.parser.types import Factor


Lagger: TypeAlias = "Callable[..., pd.Series]"  # the lag of a column, and of its state when it is evaluated anew

_EXACT = 2.0**53  # whole numbers up to here are exact in a double

_ARITHMETIC: dict[type[ast.operator], Callable[[Any, Any], Any]] = {
    ast.Add: np.add, ast.Sub: np.subtract, ast.Mult: np.multiply, ast.Div: np.divide, ast.FloorDiv: np.floor_divide,
    ast.Mod: np.mod, ast.Pow: np.float_power,
}  # fmt: skip
_COMPARISONS: dict[type[ast.cmpop], Callable[[Any, Any], Any]] = {
    ast.Eq: operator.eq, ast.NotEq: operator.ne, ast.Lt: operator.lt, ast.LtE: operator.le,
    ast.Gt: operator.gt, ast.GtE: operator.ge,
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Evaluator:
    """Works out expressions on a frame: `lags` by name, and what transforms learned in `spec.transform_state`.

    `earlier` gives the values of a column so many periods before; only a panel has it.
    """

    frame: pd.DataFrame
    lags: Mapping[str, Lagger]
    spec: ModelSpec
    earlier: Callable[[pd.Series, int], pd.Series] | None = None

    def value(self, expression: str) -> Any:
        """The column, or columns, of an expression."""
        return self._value(syntax(expression))

    def _value(self, node: ast.expr) -> Any:
        if isinstance(node, ast.Name):
            return self.frame[column_of(node)]
        if isinstance(node, ast.Constant):
            if isinstance(node.value, int) and abs(node.value) >= 2**63:  # which numpy takes for an object
                return float(node.value)
            return node.value
        if isinstance(node, ast.BinOp):
            left, right = self._value(node.left), self._value(node.right)
            if isinstance(node.op, (ast.BitAnd, ast.BitOr)):
                left, right = self._truth(left, node.left), self._truth(right, node.right)
                return left & right if isinstance(node.op, ast.BitAnd) else left | right
            return self._counted(_ARITHMETIC[type(node.op)], node, left, right)
        if isinstance(node, ast.UnaryOp):
            inner = self._value(node.operand)
            if isinstance(node.op, ast.Invert):
                return ~self._truth(inner, node.operand)
            return self._counted(np.multiply, node, -1 if isinstance(node.op, ast.USub) else 1, inner)
        if isinstance(node, ast.Compare):
            return self._comparison(node)
        if isinstance(node, ast.Call):
            return self._call(node)
        raise FormulaError(f"the formula holds {brief(ast.unparse(node))}, which cannot be worked out.")

    def _call(self, node: ast.Call) -> Any:
        name = function_name(node)
        function = FUNCTIONS.get(name) if name not in self.lags else None
        if function is None:
            return self.lags[name](self._value(node.args[0]), _state=self._memory(node), _spec=self.spec)
        if function.form == "earlier":
            return self._earlier(node, name)
        values = [self._value(argument) for argument in node.args[: function.columns]]
        if function.form == "as_it_is":
            return values[0]
        if function.form == "numbers":
            assert function.ufunc is not None
            made = function.ufunc(*(np.asarray(self._numbers(v, node), dtype=float) for v in values))
            return self._labelled(made)
        options = options_of(node, self.lags)
        if function.form == "classes":
            return transform(name)(self._column(values[0], node), **options)
        column = self._column(self._numbers(values[0], node), node).astype(float)
        return transform(name)(column, **options, _state=self._memory(node), _spec=self.spec)

    def _earlier(self, node: ast.Call, name: str) -> pd.Series:
        """L(x, periods): by the value of time; over a gap, L(L(x)) is L(x, 2)."""
        if self.earlier is None:
            raise FormulaError(f"{_shown(node)} in the formula is a lag in time, which only the models of panels have.")
        inner: ast.expr = node
        periods = 0
        while isinstance(inner, ast.Call) and function_name(inner) == name:
            periods += options_of(inner, self.lags).get("periods", 1)
            inner = inner.args[0]
        column = self._column(self._numbers(self._value(inner), node), node).astype(float)
        return self.earlier(column, periods)

    def _memory(self, node: ast.Call) -> dict[str, Any]:
        """What a transform learned when the model was fitted."""
        found: dict[str, object] = self.spec.transform_state.setdefault(ast.unparse(node), {})
        return found

    def _counted(self, made: Callable[[Any, Any], Any], node: ast.expr, left: Any, right: Any) -> Any:
        """Arithmetic in doubles, whose result is whole again where both sides are whole and it is exact.

        Whole numbers of a fixed size would wrap around at their largest without a word, and x % 0 would be 0.
        """
        one, two = (np.asarray(self._numbers(v, node)) for v in (left, right))
        found = made(one.astype(float), two.astype(float))
        whole = one.dtype.kind in "biu" and two.dtype.kind in "biu" and made is not np.divide
        if whole and np.all(np.isfinite(found)) and np.all(np.abs(found) < _EXACT) and np.all(found == np.rint(found)):
            found = found.astype(np.int64)
        return self._labelled(found)

    def _comparison(self, node: ast.Compare) -> Any:
        sides = [self._value(side) for side in (node.left, *node.comparators)]
        found = []
        for op, (left, right) in zip(node.ops, itertools.pairwise(sides), strict=True):
            left, right = _plain(left), _plain(right)
            if not isinstance(op, (ast.Eq, ast.NotEq)):
                left, right = (np.asarray(self._numbers(v, node), dtype=float) for v in (left, right))
            found.append(np.asarray(_COMPARISONS[type(op)](left, right), dtype=bool))
        return self._labelled(functools.reduce(np.logical_and, found))

    def _numbers(self, value: object, node: ast.expr) -> Any:
        """`value`, if it is one number or one column of numbers."""
        inner = getattr(value, "__wrapped__", value)
        kind = getattr(getattr(value, "__formulaic_metadata__", None), "kind", None)
        array = None if isinstance(inner, dict) or getattr(kind, "value", "") == "categorical" else np.asarray(inner)
        if array is None or array.ndim > 1:
            raise FormulaError(
                f"{_shown(node)} in the formula takes one column of numbers, but is given several columns."
            )
        if array.dtype.kind not in "biuf":
            raise FormulaError(f"{_shown(node)} in the formula takes numbers, but is given text or classes.")
        return inner

    def _truth(self, value: object, node: ast.expr) -> Any:
        if np.asarray(value).dtype.kind != "b":
            raise FormulaError(f"{_shown(node)} in the formula is joined by & | or ~, but is no comparison.")
        return value

    def _column(self, value: Any, node: ast.expr) -> pd.Series:
        inner = getattr(value, "__wrapped__", value)
        if isinstance(inner, pd.Series):
            return inner
        if isinstance(inner, (dict, pd.DataFrame)) or np.ndim(inner) != 1:
            raise FormulaError(f"{_shown(node)} in the formula takes one column.")
        return pd.Series(inner, index=self.frame.index)

    def _labelled(self, found: np.ndarray | pd.Series) -> pd.Series:
        array = np.asarray(found)
        return pd.Series(array, index=self.frame.index) if array.ndim == 1 else array[()]


def _plain(value: object) -> Any:
    """What compares element by element without looking at labels."""
    if isinstance(value, pd.Series) and isinstance(value.dtype, pd.CategoricalDtype):
        return value.astype(object).to_numpy()
    return value.to_numpy() if isinstance(value, pd.Series) else value


def _shown(node: ast.expr) -> str:
    return brief(ast.unparse(node))[1:-1]


def _doubles(value: Any) -> Any:
    """Whole numbers as doubles: products of terms must not wrap around at the largest whole number."""
    whole = isinstance(value, pd.Series) and value.dtype.kind in "iu" and not hasattr(value, "__formulaic_metadata__")
    return value.astype(float) if whole else value


def materializer(
    frame: pd.DataFrame,
    lags: Mapping[str, Lagger],
    earlier: Callable[[pd.Series, int], pd.Series] | None = None,
) -> PandasMaterializer:
    """Formulaic's maker of model matrices, with expressions worked out here and names looked up in the data alone."""
    from formulaic.materializers import PandasMaterializer

    def _lookup(name: str) -> tuple[Any, set[Any]]:
        return _doubles(frame[name]), set()

    def _evaluate(expression: str, _: object, spec: ModelSpec) -> tuple[Any, set[Any]]:
        return _doubles(Evaluator(frame, lags, spec, earlier).value(expression)), set()

    made: Any = PandasMaterializer(frame)
    theirs = made._get_columns_for_term

    def _columns(factors: list[dict[str, Factor]], spec: ModelSpec, scale: float = 1) -> Any:
        count = math.prod(len(factor) for factor in factors)
        if count > len(frame) and len(factors) > 1 and not spec.structure:  # when it is fitted
            raise CollinearityError(
                f"a product of terms has {count} columns but only {len(frame)} units; merge levels, or leave it out."
            )
        return theirs(factors, spec=spec, scale=scale)

    made._lookup, made._evaluate, made._get_columns_for_term = _lookup, _evaluate, _columns
    return made
