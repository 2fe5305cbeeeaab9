"""Checks of one value: numbers, whole numbers, flags, words, levels, paths, text and seeds.

Each gives the value back as what it is, or is an `OptionError` in the same words everywhere. None is taken for
another: text is not a truth value, and True is not a number.
"""

from __future__ import annotations

import math
import numbers
import os
from collections.abc import Callable, Iterable
from contextlib import suppress
from pathlib import Path
from typing import Any

from gbaspatial.errors import OptionError

Check = Callable[[Any, str], object]  # of a value and the name of its option: raises `OptionError`


def number(
    value: Any, name: str, *, least: float = -math.inf, most: float = math.inf, open_ends: bool = False
) -> float:
    """`value` as a float from `least` to `most` (strictly between them with `open_ends`), or `OptionError`.

    Examples
    --------
    >>> number(2, "power", least=0)
    2.0
    >>> number("two", "power", least=0)
    Traceback (most recent call last):
    gbaspatial.errors.OptionError: power='two' must be a number of at least 0.
    """
    real = isinstance(value, numbers.Real) and not _is_flag(value)
    if real and math.isfinite(value):
        inside = least < value < most if open_ends else least <= value <= most
        if inside:
            return float(value)
    raise OptionError(f"{name}={brief(value)} must be a number{_range(least, most, open_ends)}.")


def whole(value: Any, name: str, *, least: float = 0, most: int | None = None) -> int:
    """`value` as an int from `least` to `most`, or `OptionError`; 3.0 is refused, True too.

    Examples
    --------
    >>> whole(3, "k", least=1)
    3
    """
    top = math.inf if most is None else most
    if _is_whole(value) and least <= int(value) <= top:
        return int(value)
    raise OptionError(f"{name}={brief(value)} must be a whole number{_range(least, top, False)}.")


def flag(value: object, name: str) -> bool:
    """`value` as a bool: True or False and nothing else, or `OptionError`.

    Examples
    --------
    >>> flag("no", "durbin")
    Traceback (most recent call last):
    gbaspatial.errors.OptionError: durbin='no' must be True or False.
    """
    if _is_flag(value):
        return bool(value)
    raise OptionError(f"{name}={brief(value)} must be True or False.")


def word(value: object, allowed: Iterable[object], name: str) -> Any:
    """`value` if it is one of `allowed`, or `OptionError` with what was near.

    Examples
    --------
    >>> word("queen", ("queen", "rook"), "criterion")
    'queen'
    >>> word("quen", ("queen", "rook"), "criterion")
    Traceback (most recent call last):
    gbaspatial.errors.OptionError: criterion='quen' is not known; use one of 'queen', 'rook'.
    """
    known = list(allowed)
    for item in known:
        both_text = isinstance(value, str) and isinstance(item, str)
        both_whole = _is_whole(value) and _is_whole(item)
        if (type(value) is type(item) or both_text or both_whole) and value == item:
            return item
    listed = ", ".join(repr(item) for item in known)
    raise OptionError(f"{name}={brief(value)} is not known; use one of {listed}.")


def level_of(value: object, name: str = "level") -> float:
    """`value` as a confidence level strictly between 0 and 1, or `OptionError`.

    Examples
    --------
    >>> level_of(0.95)
    0.95
    """
    return _inside_zero_and_one(value, name, "a confidence level; use one between 0 and 1, such as 0.95.")


def probability(value: object, name: str) -> float:
    """`value` as a probability strictly between 0 and 1, such as the level of a test, or `OptionError`.

    Examples
    --------
    >>> probability(0.05, "alpha")
    0.05
    >>> probability(5, "alpha")
    Traceback (most recent call last):
    gbaspatial.errors.OptionError: alpha=5 is not a probability; use a number between 0 and 1, such as 0.05.
    """
    return _inside_zero_and_one(value, name, "a probability; use a number between 0 and 1, such as 0.05.")


def _inside_zero_and_one(value: object, name: str, wanted: str) -> float:
    try:
        return number(value, name, least=0, most=1, open_ends=True)
    except OptionError:
        raise OptionError(f"{name}={brief(value)} is not {wanted}") from None


def text(value: object, name: str) -> str:
    """`value` if it is text, or `OptionError`.

    Examples
    --------
    >>> text(3, "title")
    Traceback (most recent call last):
    gbaspatial.errors.OptionError: title=3 must be text.
    """
    if isinstance(value, str):
        return value
    raise OptionError(f"{name}={brief(value)} must be text.")


def seed(value: Any, name: str = "rng") -> Any:
    """`value` if draws can begin from it: a whole number from zero, a numpy Generator or None; or `OptionError`.

    Examples
    --------
    >>> seed(7)
    7
    """
    if value is None or hasattr(value, "bit_generator") or (_is_whole(value) and value >= 0):
        return value
    raise OptionError(f"{name}={brief(value)} is not a seed; use a non-negative integer, a numpy Generator or None.")


def path_of(value: object, name: str = "path") -> Path:
    """`value` as a Path: text or a path that is not empty, or `OptionError`; ``~`` is the home folder.

    Examples
    --------
    >>> path_of("bay.gpkg").name
    'bay.gpkg'
    """
    if isinstance(value, (str, os.PathLike)) and isinstance(os.fspath(value), str) and str(value).strip():
        if "\0" in str(value):
            raise OptionError(f"{name}={brief(value)} holds a NUL character, which no file name can have.")
        with suppress(RuntimeError):  # ~ of nobody is a name like any other
            return Path(value).expanduser()
        return Path(value)
    raise OptionError(f"{name}={brief(value)} must be the path of a file, such as 'bay.gpkg'.")


def any_whole(value: object, name: str) -> int:
    """A whole number, negative ones too: only the function knows its range."""
    return whole(value, name, least=-math.inf)


def any_number(value: object, name: str) -> object:
    """A number, infinite ones too: only the function knows its range."""
    if isinstance(value, numbers.Real) and not _is_flag(value) and value == value:
        return value
    raise OptionError(f"{name}={brief(value)} must be a number.")


def brief(value: object) -> str:
    """`repr(value)`, cut where it would fill the screen.

    Examples
    --------
    >>> brief("no")
    "'no'"
    """
    try:
        shown = repr(value)
    except Exception:  # a stranger's repr may do anything
        shown = f"<{type(value).__name__}>"
    return shown if len(shown) <= 60 else f"{shown[:57]}..."


def _is_flag(value: object) -> bool:
    return isinstance(value, bool) or type(value).__name__ in ("bool_", "bool")


def _is_whole(value: object) -> bool:
    return isinstance(value, numbers.Integral) and not _is_flag(value)


def _range(least: float, most: float, open_ends: bool) -> str:
    """The words for a range of numbers."""
    low, high = f"{least:,.10g}", f"{most:,.10g}"
    if math.isinf(least) and math.isinf(most):
        return ""
    if math.isinf(most):
        return f" above {low}" if open_ends else f" of at least {low}"
    if math.isinf(least):
        return f" below {high}" if open_ends else f" of at most {high}"
    return f" between {low} and {high}" if open_ends else f" from {low} to {high}"
