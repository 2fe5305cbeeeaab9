"""What an expression of a formula is made of: read into a syntax tree, held against what is allowed, never run as code.

`syntax` reads and bounds the text, `check` holds every piece against the vocabulary, and the rest tells the
names that are read, those that are called, and the lags that are taken. `evaluation` works out the same tree.
"""

from __future__ import annotations

import ast
import functools
import keyword
import math
import re
import unicodedata
import warnings
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import Any, NoReturn

from gbaspatial.errors import FormulaError, nearest_names, some
from gbaspatial.formula.vocabulary import (
    ALLOWED,
    CONTRASTS,
    FUNCTIONS,
    LARGEST_EXPONENT,
    MOST_LEVELS,
    NUMBER_BY_NUMBER,
    OF_TWO,
    Option,
    contrast,
)
from gbaspatial.options import brief

LONGEST = 10_000  # characters of one expression
LONGEST_TEXT = 200  # a level of a class
DEEPEST = 80  # the interpreter of Python itself stops at some hundreds of nested calls

_OPERATORS = (ast.Add, ast.Sub, ast.Mult, ast.Div, ast.FloorDiv, ast.Mod, ast.Pow)
_COMPARISONS = (ast.Eq, ast.NotEq, ast.Lt, ast.LtE, ast.Gt, ast.GtE)
_KINDS: dict[type[ast.AST], str] = {
    ast.Attribute: "an attribute", ast.Subscript: "a subscript", ast.Lambda: "a function of its own",
    ast.IfExp: "a condition", ast.BoolOp: "'and' or 'or' (write & or | between comparisons)",
    ast.NamedExpr: "an assignment", ast.JoinedStr: "a formatted text", ast.Starred: "a starred argument",
    ast.Dict: "braces", ast.Set: "braces", ast.ListComp: "a loop", ast.SetComp: "a loop", ast.DictComp: "a loop",
    ast.GeneratorExp: "a loop", ast.Await: "an await", ast.Yield: "a yield", ast.YieldFrom: "a yield",
    ast.List: "a list", ast.Tuple: "several values",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Names:
    """The names that an expression reads, and those that it calls as functions."""

    read: frozenset[str]
    called: frozenset[str]


@dataclass(frozen=True, slots=True)
class Known:
    """The columns of the data, and the names of the weights."""

    columns: frozenset[str]
    lags: frozenset[str]


# -- reading ------------------------------------------------------------------------------
@functools.lru_cache(maxsize=4096)
def syntax(expression: str) -> ast.expr:
    """The bounded syntax tree of an expression; columns with special names stand in it in backticks.

    Raises
    ------
    FormulaError
        If it cannot be read, or is too long or too deep.
    """
    if len(expression) > LONGEST:
        raise FormulaError(
            f"the expression {brief(expression)} has {len(expression):,} characters; the most are {LONGEST:,}."
        )
    text, aliases = _with_aliases(expression.strip())
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # Python's advice on style, of text that is not its own
            tree = ast.parse(text, mode="eval").body
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        told = getattr(error, "msg", None) or str(error) or "it is too deep"
        words = [word for word in re.findall(r"[A-Za-z]+", text) if keyword.iskeyword(word)]
        hint = f" A column that is named {words[0]} goes in backticks." if words else ""
        raise FormulaError(f"the formula cannot be read at {brief(expression)}: {told}.{hint}") from error
    if _depth(tree) > DEEPEST:
        raise FormulaError(
            f"the expression {brief(expression)} is nested more than {DEEPEST} deep, which are the most."
        )
    for node in ast.walk(tree):
        if isinstance(node, ast.Name):
            node.id = aliases.get(node.id, node.id)
    return _without_q(tree)


def column_of(name: ast.Name) -> str:
    """The column that a name in a syntax tree stands for."""
    return name.id[1:-1] if name.id.startswith("`") else name.id


def _with_aliases(expression: str) -> tuple[str, dict[str, str]]:
    """The expression with plain names for those that Python does not take, or would change, and what they stand for."""
    alias = "_q"
    while alias in expression:
        alias += "q"
    aliases: dict[str, str] = {}
    parts: list[str] = []
    place = 0
    while place < len(expression):
        end, kind = _piece(expression, place)
        piece = expression[place:end]
        plain = piece.isascii() and not keyword.iskeyword(piece)
        if kind == "quoted" or (kind == "word" and not plain and not keyword.iskeyword(piece)):
            name = piece[1:-1] if kind == "quoted" else piece
            stands = name if _is_name(name) else f"`{name}`"
            piece = f" {alias}{len(aliases)} "
            aliases[piece.strip()] = stands
        parts.append(piece)
        place = end
    return "".join(parts).strip(), aliases


def _piece(text: str, place: int) -> tuple[int, str]:
    """Where the piece at `place` ends, and whether it is text, quoted, a word or a sign."""
    sign = text[place]
    if sign in "\"'":
        found = re.compile(r"\"(?:\\.|[^\"\\])*\"|'(?:\\.|[^'\\])*'", re.DOTALL).match(text, place)
        if found is None:
            raise FormulaError(f"the formula cannot be read at {brief(text)}: a quote is not closed.")
        return found.end(), "text"
    if sign == "`":
        end = text.find("`", place + 1)
        if end <= place + 1:
            raise FormulaError(
                f"the formula cannot be read at {brief(text)}: a backtick is not closed, or no name follows."
            )
        if text[end + 1 :].lstrip().startswith("("):
            raise FormulaError(f"the formula calls {text[place : end + 1]}; a name in backticks is a column.")
        return end + 1, "quoted"
    if _is_letter(sign):
        end = place
        while end < len(text) and (_is_letter(text[end]) or text[end].isdigit()):
            end += 1
        if text[end : end + 1] in ("'", '"'):
            raise FormulaError(
                f"the formula holds a text with a prefix, {brief(text[place : end + 10])}; write it without."
            )
        return end, "word"
    if sign in "#\\;@{}" or not (sign.isascii() and (sign.isprintable() or sign.isspace())):
        named = repr(sign) if sign.isprintable() else f"U+{ord(sign):04X}"
        hint = " Is it a full-width or typographic sign?" if not sign.isascii() else ""
        raise FormulaError(
            f"the formula holds {named} in {brief(text)}, which no formula may have.{hint} Allowed are {ALLOWED}."
        )
    if sign.isdigit():
        end = place
        while end < len(text) and (text[end].isalnum() or text[end] in "._"):
            end += 1
        return end, "sign"
    return place + 1, "sign"


def _is_letter(sign: str) -> bool:
    return sign == "_" or sign.isalpha() or (not sign.isascii() and unicodedata.category(sign)[0] in "MN")


def _is_name(name: str) -> bool:
    """Whether a name needs no backticks."""
    return all(_is_letter(s) or s.isdigit() for s in name) and not name[0].isdigit() and not keyword.iskeyword(name)


def _depth(tree: ast.AST) -> int:
    """How deep a tree is, without recursion."""
    depth, level = 0, [tree]
    while level and depth <= DEEPEST:
        level = [child for node in level for child in ast.iter_child_nodes(node)]
        depth += 1
    return depth


class _Unquote(ast.NodeTransformer):
    """``Q("a b")``, as patsy writes it, is the column `a b`."""

    def visit_Call(self, node: ast.Call) -> ast.AST:
        self.generic_visit(node)
        one = node.args[0] if len(node.args) == 1 and not node.keywords else None
        called = isinstance(node.func, ast.Name) and node.func.id == "Q"
        if called and isinstance(one, ast.Constant) and isinstance(one.value, str) and one.value.replace("`", ""):
            return ast.Name(one.value if _is_name(one.value) else f"`{one.value}`", ast.Load())
        return node


def _without_q(tree: ast.expr) -> ast.expr:
    found: ast.expr = _Unquote().visit(tree)
    return found


# -- holding against what is allowed --------------------------------------------------------
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


def _refuse(node: ast.AST, why: str = "") -> NoReturn:
    told = why or _KINDS.get(type(node), "which is no arithmetic")
    hint = ""
    if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id != "np":
        hint = f" A column that is named so goes in backticks: `{_shown(node)}`."
    raise FormulaError(
        f"the formula holds {_shown(node)}, {told}, which no formula may have.{hint} Allowed are {ALLOWED}."
    )


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
            _refuse(node, "'not' (write ~ before a comparison)")
        _value(node.operand, known)
    elif isinstance(node, ast.Compare):
        for op in node.ops:
            if not isinstance(op, _COMPARISONS):
                _refuse(node, "a comparison other than == != < <= > >=")
        for side in (node.left, *node.comparators):
            value = side.value if isinstance(side, ast.Constant) else None
            if isinstance(value, str) and len(value) > LONGEST_TEXT:
                raise FormulaError(f"the text {_shown(side)} in the formula is longer than {LONGEST_TEXT} characters.")
            if not isinstance(value, (str, bool)):
                _value(side, known)
    elif isinstance(node, ast.Call):
        _call(node, known)
    else:
        _refuse(node)


def _arithmetic(node: ast.BinOp, known: Known) -> None:
    if isinstance(node.op, ast.BitXor):
        left, right = ast.unparse(node.left), ast.unparse(node.right)
        raise FormulaError(f"within a function ^ is no power; write {brief(f'{left}**{right}')[1:-1]}.")
    if not isinstance(node.op, (*_OPERATORS, ast.BitAnd, ast.BitOr)):
        _refuse(node, "an operator that is not known")
    _value(node.left, known)
    _value(node.right, known)
    exponent = _literal(node.right) if isinstance(node.op, ast.Pow) else 0
    if isinstance(exponent, (int, float)) and abs(exponent) > LARGEST_EXPONENT:
        raise FormulaError(f"the exponent {exponent:g} in the formula is beyond {LARGEST_EXPONENT}, the largest.")


def _number(node: ast.Constant) -> float:
    value = node.value
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        kind = "a text" if isinstance(value, str) else "not a number"
        _refuse(node, kind)
    if not (abs(value) <= 1e300 and math.isfinite(value)):
        raise FormulaError(f"the number {brief(value)} in the formula is too large; 1e300 is the largest.")
    return value


def function_name(node: ast.Call) -> str:
    """The name that a call calls; that of numpy for one that formulas have."""
    func = node.func
    if isinstance(func, ast.Name):
        return func.id
    is_numpy = isinstance(func, ast.Attribute) and isinstance(func.value, ast.Name) and func.value.id == "np"
    if is_numpy and func.attr in {*NUMBER_BY_NUMBER, *OF_TWO}:  # type: ignore[attr-defined]
        return str(func.attr)  # type: ignore[attr-defined]
    _refuse(func, "" if isinstance(func, ast.Attribute) else "which is called but is no function's name")


def _call(node: ast.Call, known: Known) -> None:
    name = function_name(node)
    for argument in node.args:
        if isinstance(argument, ast.Starred):
            _refuse(argument)
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


# -- options of functions --------------------------------------------------------------------
def options_of(node: ast.Call, lags: Collection[str]) -> dict[str, Any]:
    """The options of a call, as values: numbers, words, levels, contrasts; they hold no columns."""
    name = function_name(node)
    function = None if name in lags else FUNCTIONS[name]
    options = function.options if function is not None else {}
    rest = node.args[function.columns if function is not None else 1 :]
    if len(rest) > len(options):
        raise FormulaError(f"{brief(ast.unparse(node))[1:-1]} in the formula gives {name} more than it takes.")
    given: list[tuple[str | None, ast.expr]] = [
        *zip(options, rest, strict=False),
        *((k.arg, k.value) for k in node.keywords),
    ]
    return _option_values(name, options, given)


def _option_values(name: str, options: Any, given: Iterable[tuple[str | None, ast.expr]]) -> dict[str, Any]:
    found: dict[str, Any] = {}
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
                f"{told} in the formula must be a list of up to {MOST_LEVELS} values, not {_shown(node)}."
            )
        kind = Option("number") if option.kind == "numbers" else Option("level")
        return [_option(told, element, kind) for element in node.elts]
    value = _literal(node)
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
    raise FormulaError(f"{told} in the formula must be {wanted}, not {_shown(node)}.")


def _shown(node: ast.AST) -> str:
    return brief(ast.unparse(node))[1:-1]


def _literal(node: ast.expr) -> Any:
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub) and isinstance(node.operand, ast.Constant):
        value = node.operand.value
        return -value if isinstance(value, (int, float)) and not isinstance(value, bool) else None
    return node.value if isinstance(node, ast.Constant) else None


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
        raise FormulaError(f"{_shown(call)} in the formula gives {name} more than it takes.")
    given: list[tuple[str | None, ast.expr]] = [
        *zip(options, call.args, strict=False), *((k.arg, k.value) for k in call.keywords)
    ]  # fmt: skip
    return contrast(name)(**_option_values(name, options, given))


# -- names and lags ---------------------------------------------------------------------------
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
