"""What expressions mention: the columns they read, the functions they call, the lags they take."""

from __future__ import annotations

import ast
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from gbaspatial.formula.syntax import column_of, function_name, syntax
from gbaspatial.formula.vocabulary import FUNCTIONS

if TYPE_CHECKING:
    from formulaic.formula import SimpleFormula


@dataclass(frozen=True, slots=True)
class Names:
    """The names that an expression reads, and those that it calls as functions."""

    read: frozenset[str]
    called: frozenset[str]


def names_of(expression: str) -> Names:
    """The names in an expression, in which columns may stand in backticks.

    Examples
    --------
    >>> found = names_of("W(log(`a b`)) + np.sqrt(x)")
    >>> sorted(found.read), sorted(found.called)
    (['a b', 'x'], ['W', 'log', 'sqrt'])
    """
    read: set[str] = set()
    called: set[str] = set()
    open_nodes: list[ast.AST] = [syntax(expression)]
    while open_nodes:
        node = open_nodes.pop()
        if isinstance(node, ast.Call):
            name = function_name(node)
            called.add(name)
            count = FUNCTIONS[name].columns if name in FUNCTIONS else 1
            open_nodes += node.args[:count]  # what follows are options
        elif isinstance(node, ast.Name):
            read.add(column_of(node))
        else:
            open_nodes += ast.iter_child_nodes(node)
    return Names(frozenset(read), frozenset(called))


def names_in(formulas: Iterable[SimpleFormula]) -> Names:
    """The names in all terms of formulaic's formulas."""
    read: set[str] = set()
    called: set[str] = set()
    for factor in (factor for formula in formulas for term in formula for factor in term.factors):
        kind = factor.eval_method.value
        if kind == "lookup":
            read.add(str(factor.expr))
        elif kind == "python":
            names = names_of(factor.expr)
            read |= names.read
            called |= names.called
    return Names(frozenset(read), frozenset(called))


def whole_arguments(formulas: Iterable[SimpleFormula], functions: Collection[str]) -> frozenset[str]:
    """The names that stand alone as the first argument of one of the functions, as `tier` does in ``W(C(tier))``."""
    texts = [
        f.expr for formula in formulas for term in formula for f in term.factors if f.eval_method.value == "python"
    ]
    return whole_arguments_of(texts, functions)


def whole_arguments_of(expressions: Iterable[str], functions: Collection[str]) -> frozenset[str]:
    """As `whole_arguments`, of expressions."""
    found: set[str] = set()
    for node in (node for expression in expressions for node in ast.walk(syntax(expression))):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in functions:
            found |= {column_of(a) for a in node.args[:1] if isinstance(a, ast.Name)}
    return frozenset(found)


def lags_of(expression: str, weights: Collection[str]) -> tuple[tuple[str, ...], str]:
    """The W whose lags an expression takes, the outermost first, and what is lagged.

    Examples
    --------
    >>> lags_of("W(near(log(x)))", ["W", "near"])
    (('W', 'near'), 'log(x)')
    >>> lags_of("log(W(x))", ["W"])
    ((), 'log(W(x))')
    """
    call = syntax(expression)
    path: list[str] = []
    while isinstance(call, ast.Call) and isinstance(call.func, ast.Name) and call.func.id in weights:
        path.append(call.func.id)
        call = call.args[0]
    return tuple(path), ast.unparse(call) if path else expression
