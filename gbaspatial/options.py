"""The one door for options: numbers, whole numbers, flags, words, levels and paths.

Every public function reads its options here, so that a wrong one is refused in the same words everywhere,
none is taken for another (text is not a truth value, True is not a number), and none passes unread.
"""

from __future__ import annotations

import functools
import inspect
import math
import numbers
import os
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any, ParamSpec, TypeVar

from gbaspatial.errors import OptionError, nearest_names, some

P = ParamSpec("P")
T = TypeVar("T")


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


def whole(value: Any, name: str, *, least: int = 0, most: int | None = None) -> int:
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


def flag(value: Any, name: str) -> bool:
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


def word(value: Any, allowed: Iterable[Any], name: str) -> Any:
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


def level_of(value: Any, name: str = "level") -> float:
    """`value` as a confidence level strictly between 0 and 1, or `OptionError`.

    Examples
    --------
    >>> level_of(0.95)
    0.95
    """
    try:
        return number(value, name, least=0, most=1, open_ends=True)
    except OptionError:
        raise OptionError(
            f"{name}={brief(value)} is not a confidence level; use one between 0 and 1, such as 0.95."
        ) from None


def path_of(value: Any, name: str = "path") -> Path:
    """`value` as a Path: text or a path that is not empty, or `OptionError`.

    Examples
    --------
    >>> path_of("bay.gpkg").name
    'bay.gpkg'
    """
    if isinstance(value, (str, os.PathLike)) and isinstance(os.fspath(value), str) and str(value).strip():
        if "\0" in str(value):
            raise OptionError(f"{name}={brief(value)} holds a NUL character, which no file name can have.")
        return Path(value)
    raise OptionError(f"{name}={brief(value)} must be the path of a file, such as 'bay.gpkg'.")


def only(options: Mapping[str, Any], allowed: Iterable[str], caller: str) -> None:
    """Raise `OptionError` for the first of `options` that `caller` does not have.

    Examples
    --------
    >>> only({"leevl": 0.9}, ("level", "draws"), "impacts()")
    Traceback (most recent call last):
    gbaspatial.errors.OptionError: impacts() has no option 'leevl'. Did you mean level?
    """
    known = list(allowed)
    for name in options:
        if name not in known:
            raise OptionError(f"{caller} has no option {name!r}. {nearest_names(name, known)}")


def unused(given: Mapping[str, Any], because: str) -> None:
    """Refuse options that were given (are not None) although this call does not use them.

    Examples
    --------
    >>> unused({"bandwidth_km": None}, "covariance='hac'")
    >>> unused({"bandwidth_km": 50}, "they belong to covariance='hac'")
    Traceback (most recent call last):
    gbaspatial.errors.OptionError: bandwidth_km= would not be used here: they belong to covariance='hac'.
    """
    named = [f"{name}=" for name, value in given.items() if value is not None]
    if named:
        raise OptionError(f"{some(named)} would not be used here: {because}.")


def public(function: Callable[P, T]) -> Callable[P, T]:
    """Mark a function that people call: a call that does not fit its signature is an `OptionError` with the near name.

    Costs nothing when the call fits.
    """

    @functools.wraps(function)
    def called(*args: P.args, **kwargs: P.kwargs) -> T:
        try:
            return function(*args, **kwargs)
        except TypeError as error:
            trace = error.__traceback__
            if trace is not None and trace.tb_next is None and not isinstance(error, OptionError):
                raise _misfit(function, args, kwargs, error) from None
            raise

    return called


def _misfit(function: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any], error: TypeError) -> Exception:
    """The sentence for a call that does not fit the signature of `function`."""
    parameters = inspect.signature(function).parameters
    name = getattr(function, "__name__", "the function")
    strange = [key for key in kwargs if key not in parameters]
    if strange:
        known = [key for key in parameters if key != "self"]
        return OptionError(f"{name}() has no option {strange[0]!r}. {nearest_names(strange[0], known)}")
    told = str(error).partition("() ")[2] or str(error)
    return OptionError(f"{name}() {told}.")


def brief(value: Any) -> str:
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


def _is_flag(value: Any) -> bool:
    return isinstance(value, bool) or type(value).__name__ in ("bool_", "bool")


def _is_whole(value: Any) -> bool:
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
