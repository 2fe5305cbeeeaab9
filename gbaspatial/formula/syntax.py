"""The text of an expression as a syntax tree: bounded in length and depth, its columns told apart from its words."""

from __future__ import annotations

import ast
import functools
import keyword
import re
import unicodedata
import warnings
from typing import NoReturn

from gbaspatial.errors import FormulaError
from gbaspatial.formula.tokens import check_not_called
from gbaspatial.formula.vocabulary import ALLOWED, NUMBER_BY_NUMBER, OF_TWO
from gbaspatial.options import brief

LONGEST = 10_000  # characters of one expression
DEEPEST = 80  # the interpreter of Python itself stops at some hundreds of nested calls

_KINDS: dict[type[ast.AST], str] = {
    ast.Attribute: "an attribute", ast.Subscript: "a subscript", ast.Lambda: "a function of its own",
    ast.IfExp: "a condition", ast.BoolOp: "'and' or 'or' (write & or | between comparisons)",
    ast.NamedExpr: "an assignment", ast.JoinedStr: "a formatted text", ast.Starred: "a starred argument",
    ast.Dict: "braces", ast.Set: "braces", ast.ListComp: "a loop", ast.SetComp: "a loop", ast.DictComp: "a loop",
    ast.GeneratorExp: "a loop", ast.Await: "an await", ast.Yield: "a yield", ast.YieldFrom: "a yield",
    ast.List: "a list", ast.Tuple: "several values",
}  # fmt: skip


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
        deep = isinstance(error, (RecursionError, MemoryError))
        told = "it is too deep" if deep else getattr(error, "msg", None) or str(error)
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
        check_not_called(text, place, end)
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
        """A call ``Q("a b")`` as the name of its column; others as they are."""
        self.generic_visit(node)
        one = node.args[0] if len(node.args) == 1 and not node.keywords else None
        called = isinstance(node.func, ast.Name) and node.func.id == "Q"
        if called and isinstance(one, ast.Constant) and isinstance(one.value, str) and one.value.replace("`", ""):
            return ast.Name(one.value if _is_name(one.value) else f"`{one.value}`", ast.Load())
        return node


def _without_q(tree: ast.expr) -> ast.expr:
    found: ast.expr = _Unquote().visit(tree)
    return found


# -- pieces of the tree ---------------------------------------------------------------------
def function_name(node: ast.Call) -> str:
    """The name that a call calls; that of numpy for one that formulas have."""
    func = node.func
    if isinstance(func, ast.Name):
        return func.id
    is_numpy = isinstance(func, ast.Attribute) and isinstance(func.value, ast.Name) and func.value.id == "np"
    if is_numpy and func.attr in {*NUMBER_BY_NUMBER, *OF_TWO}:  # type: ignore[attr-defined]
        return str(func.attr)  # type: ignore[attr-defined]
    return refuse(func, "" if isinstance(func, ast.Attribute) else "which is called but is no function's name")


def shown(node: ast.AST) -> str:
    """A piece of a formula as text, cut where it is long."""
    return brief(ast.unparse(node))[1:-1]


def literal(node: ast.expr) -> object:
    """The number, text or truth value that a node is, or None."""
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub) and isinstance(node.operand, ast.Constant):
        value = node.operand.value
        return -value if isinstance(value, (int, float)) and not isinstance(value, bool) else None
    return node.value if isinstance(node, ast.Constant) else None


def refuse(node: ast.AST, why: str = "") -> NoReturn:
    """Raise, naming the piece and why no formula may have it."""
    told = why or _KINDS.get(type(node), "which is no arithmetic")
    hint = ""
    if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id != "np":
        hint = f" A column that is named so goes in backticks: `{shown(node)}`."
    raise FormulaError(
        f"the formula holds {shown(node)}, {told}, which no formula may have.{hint} Allowed are {ALLOWED}."
    )
