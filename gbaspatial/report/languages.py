"""A sentence in the two languages of the report, made from the same numbers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, NamedTuple

Language = Literal["en", "zh"]
LANGUAGES: tuple[Language, ...] = ("en", "zh")


class Words(NamedTuple):
    """The same said in English and in Chinese.

    Examples
    --------
    >>> Words("neighbors", "邻居").of("zh")
    '邻居'
    """

    en: str
    zh: str

    def of(self, language: Language) -> str:
        """The words in one language."""
        return self.zh if language == "zh" else self.en

    def then(self, other: Words) -> Words:
        """Both, one after the other."""
        return Words(f"{self.en} {other.en}", f"{self.zh}{other.zh}")


def listed(names: Sequence[str], last: str = "and") -> str:
    """Names in an English sentence.

    Examples
    --------
    >>> listed(["Foshan", "Hong Kong", "Macao"], "or")
    'Foshan, Hong Kong or Macao'
    """
    return f" {last} ".join(part for part in (", ".join(names[:-1]), *names[-1:]) if part)


def listed_zh(names: Sequence[str], last: str = "和") -> str:
    """Names in a Chinese sentence.

    Examples
    --------
    >>> listed_zh(["佛山市", "香港", "澳门"], "或")
    '佛山市、香港或澳门'
    """
    return last.join(part for part in ("、".join(names[:-1]), *names[-1:]) if part)
