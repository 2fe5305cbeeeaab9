"""What an expression of a formula may be: its syntax tree held against what is allowed, never run as code.

`syntax` reads and bounds the text, `mentions` tells the names that are read and called, `call_options` the options
of a call; `check` holds every piece against the vocabulary. `evaluation` works out the same tree.
"""

from __future__ import annotations

import ast
import math
import re
from dataclasses import dataclass

from gbaspatial.errors import FormulaError, nearest_names, some
from gbaspatial.formula.call_options import LONGEST_TEXT, options_of
from gbaspatial.formula.mentions import names_of
from gbaspatial.formula.syntax import column_of, function_name, literal, refuse, shown, syntax
from gbaspatial.formula.vocabulary import ALLOWED, FUNCTIONS, LARGEST_EXPONENT
from gbaspatial.options import brief

_OPERATORS = (ast.Add, ast.Sub, ast.Mult, ast.Div, ast.FloorDiv, ast.Mod, ast.Pow)
_COMPARISONS = (ast.Eq, ast.NotEq, ast.Lt, ast.LtE, ast.Gt, ast.GtE)


@dataclass(frozen=True, slots=True)
class Known:
    """The columns of the data, and the names of the weights."""

    columns: frozenset[str]
    lags: frozenset[str]


def check(expression: str, known: Known) -> str:
    """The expression in its one way of writing, if all of it is allowed.

    Raises
    ------
    FormulaError
        Naming the piece that is not, and what is.

    Examples
    --------
    >>> check("W( log(x)+1 )", Known(frozenset(["x"]), frozenset(["W"])))
    'W(log(x) + 1)'
    >>> check("I(x.sum())", Known(frozenset(["x"]), frozenset()))
    Traceback (most recent call last):
    gbaspatial.errors.FormulaError: the formula holds x.sum, an attribute, which no formula may have. A column ...
    """
    tree = syntax(expression)
    _value(tree, known)
    if not names_of(expression).read:
        raise FormulaError(f"{brief(expression)} in the formula reads no column, so it is the same for every unit.")
    return ast.unparse(tree)


def check_column(name: str, known: Known) -> None:
    """Raise unless `name` is a column."""
    if name in known.columns:
        return
    if name == "W" or name in known.lags:
        raise FormulaError(f"{name} is used without brackets; write {name}(x) for the spatial lag of x.")
    hint = nearest_names(name, sorted(known.columns - {"geometry"}))
    raise FormulaError(f"the formula names {brief(name)}, which is not a column of the data. {hint}")


def _value(node: ast.AST, known: Known) -> None:
    """Raise unless `node` is a column, a number, arithmetic, a comparison, or a call that is allowed."""
    if isinstance(node, ast.Name):
        check_column(column_of(node), known)
    elif isinstance(node, ast.Constant):
        _number(node)
    elif isinstance(node, ast.BinOp):
        _arithmetic(node, known)
    elif isinstance(node, ast.UnaryOp):
        if isinstance(node.op, ast.Not):
            refuse(node, "'not' (write ~ before a comparison)")
        _value(node.operand, known)
    elif isinstance(node, ast.Compare):
        for op in node.ops:
            if not isinstance(op, _COMPARISONS):
                refuse(node, "a comparison other than == != < <= > >=")
        for side in (node.left, *node.comparators):
            value = side.value if isinstance(side, ast.Constant) else None
            if isinstance(value, str) and len(value) > LONGEST_TEXT:
                raise FormulaError(f"the text {shown(side)} in the formula is longer than {LONGEST_TEXT} characters.")
            if not isinstance(value, (str, bool)):
                _value(side, known)
    elif isinstance(node, ast.Call):
        _call(node, known)
    else:
        refuse(node)


def _arithmetic(node: ast.BinOp, known: Known) -> None:
    if isinstance(node.op, ast.BitXor):
        left, right = ast.unparse(node.left), ast.unparse(node.right)
        raise FormulaError(f"within a function ^ is no power; write {brief(f'{left}**{right}')[1:-1]}.")
    if not isinstance(node.op, (*_OPERATORS, ast.BitAnd, ast.BitOr)):
        refuse(node, "an operator that is not known")
    _value(node.left, known)
    _value(node.right, known)
    exponent = literal(node.right) if isinstance(node.op, ast.Pow) else 0
    if isinstance(exponent, (int, float)) and abs(exponent) > LARGEST_EXPONENT:
        raise FormulaError(f"the exponent {exponent:g} in the formula is beyond {LARGEST_EXPONENT}, the largest.")


def _number(node: ast.Constant) -> float:
    value = node.value
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        kind = "a text" if isinstance(value, str) else "not a number"
        refuse(node, kind)
    if not (abs(value) <= 1e300 and math.isfinite(value)):
        raise FormulaError(f"the number {brief(value)} in the formula is too large; 1e300 is the largest.")
    return value


def _call(node: ast.Call, known: Known) -> None:
    name = function_name(node)
    for argument in node.args:
        if isinstance(argument, ast.Starred):
            refuse(argument)
    if name not in known.lags and name not in FUNCTIONS:
        raise _unknown_function(name, known)
    columns = 1 if name in known.lags else FUNCTIONS[name].columns
    misused = name == "Q" and name not in known.lags  # well used it is a column by now
    if misused or len(node.args) < columns:
        takes = "the name of a column in quotes" if misused else "a column" if columns == 1 else f"{columns} columns"
        raise FormulaError(f"{brief(ast.unparse(node))[1:-1]} in the formula lacks what {name} takes: {takes}.")
    for argument in node.args[:columns]:
        _value(argument, known)
    options_of(node, known.lags)


def _unknown_function(name: str, known: Known) -> FormulaError:
    if re.fullmatch(r"W\w*", name):
        given = f"the weights given are named {some(sorted(known.lags))}" if known.lags else "no weights were given"
        return FormulaError(f"{name}(...) asks for a spatial lag, but {given}.")
    if name == "lag":
        return FormulaError(
            "lag(x) could mean a lag in time or in space; write W(x) for the spatial lag of x "
            "(and make a column of your own for a lag in time)."
        )
    if name == "offset":
        return FormulaError("a formula takes no offset; for counts, gba.models.ppml has exposure=.")
    return FormulaError(f"the formula uses the function {name}, which is not known. Allowed are {ALLOWED}.")
