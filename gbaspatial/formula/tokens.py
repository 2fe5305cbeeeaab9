"""The pieces of a formula: names, calls and signs, cut without reading what they mean."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass

from gbaspatial.errors import FormulaError
from gbaspatial.options import brief

MOST_BRACKETS = 30
FULL_WIDTH = {
    "～": "~",
    "＋": "+",
    "－": "-",
    "＊": "*",
    "／": "/",
    "：": ":",
    "（": "(",
    "）": ")",
    "＾": "^",
    "，": ",",
}
_CURES = {
    "|": "parts are not supported here; instruments have options of their own",
    "%": "write a + a:b for 'b %in% a', and I(x % 2) for a remainder",
    "{": "write I(...) for arithmetic",
    "}": "write I(...) for arithmetic",
    "[": "nothing is picked out in a formula; make a column of its own",
    "]": "nothing is picked out in a formula; make a column of its own",
    "'": "text stands only within functions; a name with spaces goes in backticks",
    '"': "text stands only within functions; a name with spaces goes in backticks",
    "=": "compare within I(...), such as I(x == 2)",
    "<": "compare within I(...), such as I(x < 2)",
    ">": "compare within I(...), such as I(x > 2)",
    "#": "a formula has no comments",
    ".": "name the regressors",
}


@dataclass(frozen=True, slots=True)
class Token:
    """A piece of the formula: `kind` is name, call, number or sign."""

    kind: str
    text: str


def tokens_of(text: str) -> list[Token]:
    """The pieces of one side of a formula."""
    found: list[Token] = []
    place = 0
    while place < len(text):
        sign = text[place]
        if sign.isspace():
            place += 1
        elif sign == "`":
            place = _quoted_name(text, place, found)
        elif _is_word(sign) and not (sign == "." and not _is_word(text[place + 1 : place + 2])):
            place = _word(text, place, found)
        else:
            double = text.startswith("**", place)
            if not double and sign not in "+-*/:^()":
                raise _strange(sign, text, place)
            found.append(Token("sign", "**" if double else sign))
            place += 2 if double else 1
    return found


def _quoted_name(text: str, place: int, found: list[Token]) -> int:
    end = text.find("`", place + 1)
    if end < 0:
        raise FormulaError("the formula cannot be read: a backtick is not closed.")
    if end == place + 1:
        raise FormulaError("the formula cannot be read: there is no name between two backticks.")
    found.append(Token("name", text[place + 1 : end]))
    check_not_called(text, place, end)
    return end + 1


def check_not_called(text: str, place: int, end: int) -> None:
    """Raise if the name in backticks from `place` to `end` is called as a function."""
    if text[end + 1 :].lstrip().startswith("("):
        raise FormulaError(f"the formula calls {text[place : end + 1]}; a name in backticks is a column.")


def _word(text: str, place: int, found: list[Token]) -> int:
    end = place
    while end < len(text) and _is_word(text[end]):
        end += 1
    word = text[place:end]
    ahead = end
    while ahead < len(text) and text[ahead].isspace():
        ahead += 1
    if text[ahead : ahead + 1] == "(" and not re.fullmatch(r"[\d.]+", word):
        end = _closing(text, ahead) + 1
        found.append(Token("call", text[place:end]))
    elif word in ("in", "and", "or", "not", "if", "else", "is", "for") and found and found[-1].kind != "sign":
        raise FormulaError(f"the formula cannot be read at {word!r}; write a + a:b for 'b in a'.")
    elif re.fullmatch(r"\d[\d.]*|\.\d+", word):
        found.append(Token("number", word))
    else:
        found.append(Token("name", word))
    return end


def _closing(text: str, opening: int) -> int:
    """The place of the bracket that closes the one at `opening`; quotes and backticks are passed over."""
    depth, place = 0, opening
    while place < len(text):
        sign = text[place]
        if sign in "\"'`":
            place = _after_quote(text, place) - 1
        elif sign in "([{":
            depth += 1
        elif sign in ")]}":
            depth -= 1
            if depth == 0:
                return place
        if depth > MOST_BRACKETS:
            raise too_deep()
        place += 1
    raise FormulaError(f"the formula cannot be read: the bracket after {brief(text[:opening][-40:])} is not closed.")


def too_deep() -> FormulaError:
    """The error of brackets in brackets, deeper than is read."""
    return FormulaError(f"the formula has brackets more than {MOST_BRACKETS} deep, which are the most.")


def _after_quote(text: str, place: int) -> int:
    """The place behind the quoted piece that begins at `place`."""
    end = place + 1
    while end < len(text) and text[end] != text[place]:
        end += 2 if text[end] == "\\" and text[place] != "`" else 1
    if end >= len(text):
        raise FormulaError(f"the formula cannot be read: the quote at {brief(text[place : place + 20])} is not closed.")
    return end + 1


def _strange(sign: str, text: str, place: int) -> FormulaError:
    near = brief(text[max(place - 10, 0) : place + 10])
    if sign in FULL_WIDTH:
        return FormulaError(f"{sign} in the formula at {near} is a full-width sign; write {FULL_WIDTH[sign]}.")
    cure = _CURES.get(sign, "a name with such a sign goes in backticks")
    named = repr(sign) if sign.isprintable() else f"U+{ord(sign):04X}"
    return FormulaError(f"the formula cannot be read at {named} in {near}: {cure}. Allowed are + - : * / ** and ().")


def _is_word(sign: str) -> bool:
    """Whether a sign may stand in a name that is not in backticks."""
    return bool(sign) and (sign.isalnum() or sign in "_." or unicodedata.category(sign).startswith("M"))


def is_plain(name: str) -> bool:
    """Whether a name needs no backticks."""
    return all(map(_is_word, name)) and not re.fullmatch(r"[\d.]*", name)


def outside_brackets(sign: str, text: str) -> list[int]:
    """Where `sign` stands in `text` outside of all brackets."""
    depth, places = 0, []
    for place, here in enumerate(text):
        depth += (here in "([{") - (here in ")]}")
        if here == sign and depth == 0:
            places.append(place)
    return places
