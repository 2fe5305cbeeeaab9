"""Texts that stand for numbers: "12%", "1,234", "3,5": never guessed in silence, read on request."""

from __future__ import annotations

import re
import unicodedata
import warnings
from dataclasses import dataclass
from typing import Literal

import pandas as pd

from gbaspatial.errors import OptionError, ReadingWarning, outside, some
from gbaspatial.options import brief, word

Percent = Literal["points", "share"]

_NEARLY_ALL = 0.9  # of the texts of a column: with fewer, it is a column of words
_MINUS = str.maketrans({"−": "-", "–": "-", "﹣": "-", "－": "-"})


@dataclass(frozen=True, slots=True)
class NumberTexts:
    """How numbers are written: the decimal mark, the mark between thousands, what a percent sign means."""

    decimal: str = "."
    thousands: str | None = None
    percent: Percent | None = None

    def value(self, text: object) -> float | None:
        """The number that `text` stands for, or None where it stands for none.

        Examples
        --------
        >>> NumberTexts(thousands=",").value("1,234.5"), NumberTexts(percent="share").value("12%")
        (1234.5, 0.12)
        >>> NumberTexts(thousands=",").value("12,34") is None
        True
        """
        if not isinstance(text, str):
            return None
        bare, scale = plain(text), 1.0
        if self.percent and bare.endswith("%"):
            bare, scale = bare[:-1].rstrip(), 0.01 if self.percent == "share" else 1.0
        if self.thousands is not None and self.thousands in bare:
            mark = re.escape(self.thousands)
            grouped = rf"[+-]?\d{{1,3}}({mark}\d{{3}})+({re.escape(self.decimal)}\d*)?"
            if not re.fullmatch(grouped, bare):
                return None
            bare = bare.replace(self.thousands, "")
        if self.decimal != ".":
            if "." in bare:
                return None
            bare = bare.replace(self.decimal, ".")
        if not re.fullmatch(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d{1,3})?", bare):
            return None
        return float(bare) / 100 if scale == 0.01 else float(bare)

    @property
    def plain(self) -> bool:
        """Whether numbers are written as computers write them, and nothing was asked for."""
        return (self.decimal, self.thousands, self.percent) == (".", None, None)


AS_COMPUTERS = NumberTexts()
"""As computers write numbers: 1234.5."""


def number_texts(decimal: object, thousands: object, percent: object) -> NumberTexts:
    """The options `decimal`, `thousands` and `percent`, checked."""
    point = word(decimal, (".", ","), "decimal")
    word(percent, (None, "points", "share"), "percent")
    if thousands is not None and thousands not in (",", ".", " ", "'"):
        raise OptionError(f"thousands={brief(thousands)} is not known; use one of ',', '.', ' ', \"'\".")
    if thousands == point:
        raise OptionError(
            f"thousands={thousands!r} cannot be the decimal mark, too; say decimal= and thousands= apart."
        )
    return NumberTexts(point, thousands, percent)  # type: ignore[arg-type]


def plain(text: str) -> str:
    """`text` with digits, signs and spaces of full or other width as those of ASCII.

    Examples
    --------
    >>> plain("−１２．５％")
    '-12.5%'
    """
    return unicodedata.normalize("NFKC", text).translate(_MINUS).replace("\u202f", " ").replace("\xa0", " ").strip()


_WAYS: dict[str, NumberTexts] = {
    "percent='points' (12% is 12) or percent='share' (0.12)": NumberTexts(percent="points"),
    "thousands=','": NumberTexts(thousands=","),
    "decimal=','": NumberTexts(decimal=","),
    "decimal=',', thousands='.'": NumberTexts(decimal=",", thousands="."),
    "thousands=' '": NumberTexts(thousands=" "),
    'thousands="\'"': NumberTexts(thousands="'"),
    "thousands=',' and percent='points' (12% is 12) or percent='share' (0.12)": NumberTexts(".", ",", "points"),
}


def way_of(texts: pd.Series, share: float = _NEARLY_ALL) -> str | None:
    """The options with which nearly all of `texts` are numbers, or None where they are words.

    Examples
    --------
    >>> way_of(pd.Series(["1,234", "5,678"]))
    "thousands=','"
    >>> way_of(pd.Series(["12", "(3)"]))
    'a number in brackets is negative in accounts: write (10) as -10'
    """
    distinct = [text for text in texts.dropna().unique() if isinstance(text, str)]
    if not distinct:
        return None
    if _in_accounts(distinct, share):
        return BRACKETS
    for options, written in _WAYS.items():
        good = sum(written.value(text) is not None for text in distinct)
        if good >= share * len(distinct) and good:
            return options
    good = sum(_is_decorated(text) for text in distinct)
    return TAKE_AWAY if good and good >= share * len(distinct) else None


BRACKETS = "a number in brackets is negative in accounts: write (10) as -10"
TAKE_AWAY = "take away the sign of money or the unit and multiply, 1.2万 is 12000"
_MONEY = r"(?:HK\$|US\$|NT\$|MOP\$?|RMB|CNY|HKD|USD|[¥$€£₩])"
_UNIT = r"(?:[十百千万萬亿億]+元?|元|圆|圓|[kKmM])"
_DECORATED = re.compile(rf"([+-]?)\s*{_MONEY}?\s*([+-]?[\d.,' ]*\d[\d.,' ]*?)\s*{_UNIT}?\s*{_MONEY}?")


def _in_accounts(texts: list[str], share: float) -> bool:
    """Whether nearly all of `texts` are numbers once those in brackets are taken for negative, and some are so."""
    bare = [re.sub(r"^\((.*)\)$", r"\1", plain(text)) for text in texts]
    in_brackets = any(short != plain(text) for short, text in zip(bare, texts, strict=True))
    good = sum(any(written.value(text) is not None for written in _BARE) for text in bare)
    return in_brackets and good >= share * len(texts)


def _is_decorated(text: str) -> bool:
    """Whether `text` is a number with a sign of money or a unit, such as "¥12" or "12万"."""
    found = _DECORATED.fullmatch(plain(text))
    return found is not None and any(written.value(found[2].strip()) is not None for written in _BARE)


_BARE = (NumberTexts(), NumberTexts(thousands=","), NumberTexts(decimal=","), NumberTexts(decimal=",", thousands="."))


def tell_columns(ways: dict[str, tuple[str, str]], name: str) -> None:
    """Warn, once for all, of columns that were left as text although nearly all of their texts are numbers."""
    if not ways:
        return
    shown = some(f"{column!r} ({example!r}: {options})" for column, (options, example) in ways.items())
    warnings.warn(
        f"{name} has columns of text that are nearly all numbers, left as text: {shown}; "
        f"read them so, or they enter a formula as categories.",
        ReadingWarning,
        stacklevel=outside(),
    )
