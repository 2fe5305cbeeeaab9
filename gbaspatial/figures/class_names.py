"""What legends call the categories of a variable."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import cast

from gbaspatial.typesetting import moments

NO_TEXT = "(empty text)"  # the name of a class of texts without a letter


def names_of(categories: Sequence[object]) -> tuple[str, ...]:
    """What a legend calls categories: days without a time, and a text without a letter by words that are seen.

    Examples
    --------
    >>> names_of(["", "  ", "port"]), names_of([date(2018, 10, 24)])
    (('(empty text)', "(blank '  ')", 'port'), ('2018-10-24',))
    """
    if all(isinstance(category, date) for category in categories):
        return tuple(moments(cast(Sequence[date], categories)))
    return tuple(_name_of(category) for category in categories)


def _name_of(category: object) -> str:
    if isinstance(category, str) and not category.strip():
        return f"(blank {category!r})" if category else NO_TEXT
    return str(category)
