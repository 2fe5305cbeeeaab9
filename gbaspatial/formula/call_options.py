"""The options in a call of a formula, such as the levels of a class: literals, never columns."""

from __future__ import annotations

import ast
from collections.abc import Collection, Iterable, Mapping
from typing import Any

from gbaspatial.errors import FormulaError
from gbaspatial.formula.syntax import function_name, literal, shown
from gbaspatial.formula.vocabulary import CONTRASTS, FUNCTIONS, MOST_LEVELS, Option, contrast
from gbaspatial.options import brief

LONGEST_TEXT = 200  # a level of a class


def options_of(node: ast.Call, lags: Collection[str]) -> dict[str, Any]:
    """The options of a call, as values: numbers, words, levels, contrasts; they hold no columns."""
    name = function_name(node)
    function = None if name in lags else FUNCTIONS[name]
    options = function.options if function is not None else {}
    rest = node.args[function.columns if function is not None else 1 :]
    if len(rest) > len(options):
        raise _too_many(brief(ast.unparse(node))[1:-1], name)
    given: list[tuple[str | None, ast.expr]] = [
        *zip(options, rest, strict=False),
        *((k.arg, k.value) for k in node.keywords),
    ]
    return _option_values(name, options, given)


def _option_values(
    name: str, options: Mapping[str, Option], given: Iterable[tuple[str | None, ast.expr]]
) -> dict[str, Any]:
    found: dict[str, object] = {}
    for key, value in given:
        if key is None or key not in options or key in found:
            told = "twice" if key in found else "which it does not have"
            hint = f"; it has {', '.join(options)}" if options else "; it has none"
            raise FormulaError(f"{name}(...) in the formula is given the option {key or '**'}, {told}{hint}.")
        found[key] = _option(f"{name}(..., {key}=...)", value, options[key])
    return found


def _option(told: str, node: ast.expr, option: Option) -> Any:
    if option.kind == "contrasts":
        return _contrast(node)
    if option.kind in ("numbers", "levels"):
        if not isinstance(node, (ast.List, ast.Tuple)) or len(node.elts) > MOST_LEVELS:
            raise FormulaError(
                f"{told} in the formula must be a list of up to {MOST_LEVELS} values, not {shown(node)}."
            )
        kind = Option("number") if option.kind == "numbers" else Option("level")
        return [_option(told, element, kind) for element in node.elts]
    value: Any = literal(node)
    whole = isinstance(value, int) and not isinstance(value, bool)
    real = whole or isinstance(value, float)
    fits = {
        "whole": whole and option.least <= value <= option.most, "number": real and abs(value) <= 1e300,
        "flag": isinstance(value, bool), "word": isinstance(value, str) and value in option.words,
        "level": (isinstance(value, str) and len(value) <= LONGEST_TEXT) or isinstance(value, bool) or real,
    }[option.kind]  # fmt: skip
    if fits:
        return value
    wanted = {
        "whole": f"a whole number from {option.least:g} to {option.most:g}", "number": "a number",
        "flag": "True or False", "word": f"one of {', '.join(map(repr, option.words))}", "level": "a level",
    }[option.kind]  # fmt: skip
    raise FormulaError(f"{told} in the formula must be {wanted}, not {shown(node)}.")


def _contrast(node: ast.expr) -> Any:
    call = node if isinstance(node, ast.Call) else None
    name = ast.unparse(call.func if call is not None else node)
    if name not in CONTRASTS:
        raise FormulaError(
            f"the contrasts {brief(name)[1:-1]} in the formula are not known; there are {', '.join(CONTRASTS)}."
        )
    if call is None:
        return contrast(name)()
    options = CONTRASTS[name]
    if len(call.args) > len(options):
        raise _too_many(shown(call), name)
    given: list[tuple[str | None, ast.expr]] = [
        *zip(options, call.args, strict=False), *((k.arg, k.value) for k in call.keywords)
    ]  # fmt: skip
    return contrast(name)(**_option_values(name, options, given))


def _too_many(call: str, name: str) -> FormulaError:
    """The error of a call with more than the function `name` takes."""
    return FormulaError(f"{call} in the formula gives {name} more than it takes.")
