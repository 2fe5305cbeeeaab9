"""What an expression of a formula is made of: the names it reads, those it calls, and the lags it takes."""

from __future__ import annotations

import ast
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Names:
    """The names that an expression reads, and those that it calls as functions."""

    read: frozenset[str]
    called: frozenset[str]


def names_of(expression: str) -> Names:
    """The names in a Python expression, in which columns may stand in backticks.

    Examples
    --------
    >>> found = names_of("W(log(`a b`)) + np.sqrt(x)")
    >>> sorted(found.read), sorted(found.called)
    (['a b', 'np', 'x'], ['W', 'log'])
    """
    tree, aliases = _parsed(expression)
    functions = {id(node.func) for node in ast.walk(tree) if isinstance(node, ast.Call)}
    found = [(aliases.get(n.id, n.id), id(n) in functions) for n in ast.walk(tree) if isinstance(n, ast.Name)]
    return Names(frozenset(n for n, call in found if not call), frozenset(n for n, call in found if call))


def names_in(formulas: Iterable[Any]) -> Names:
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


def whole_arguments(formulas: Iterable[Any], functions: Collection[str]) -> frozenset[str]:
    """The names that stand alone as the first argument of one of the functions, as `tier` does in ``W(C(tier))``."""
    found: set[str] = set()
    for factor in (factor for formula in formulas for term in formula for factor in term.factors):
        if factor.eval_method.value != "python":
            continue
        tree, aliases = _parsed(factor.expr)
        for node in ast.walk(tree):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in functions:
                found |= {aliases.get(a.id, a.id) for a in node.args[:1] if isinstance(a, ast.Name)}
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
    tree, _ = _parsed(expression)
    call = tree.body
    if not (isinstance(call, ast.Call) and isinstance(call.func, ast.Name) and call.func.id in weights):
        return (), expression
    inner = expression[expression.index("(") + 1 : expression.rindex(")")].strip()
    further, base = lags_of(inner, weights)
    return (call.func.id, *further), base


def _parsed(expression: str) -> tuple[ast.Expression, dict[str, str]]:
    """The syntax tree, and what the names in it stand for."""
    from formulaic.utils.code import sanitize_variable_names

    aliases: dict[str, str] = {}
    return ast.parse(sanitize_variable_names(expression, {}, aliases), mode="eval"), aliases
