"""The one door for options: each is held against what the signature says, and none passes unread.

Every public function reads its options here, so that a wrong one is refused in the same words everywhere.
What one value may be is checked in `checks`, whose names are handed out here too.
"""

from __future__ import annotations

import ast
import functools
import inspect
import warnings
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Literal, ParamSpec, TypeAlias, TypeVar, get_args, get_origin

from gbaspatial.checks import (
    Check,
    any_number,
    any_whole,
    brief,
    flag,
    level_of,
    number,
    path_of,
    probability,
    seed,
    text,
    whole,
    word,
)
from gbaspatial.errors import OptionError, nearest_names, some

__all__ = [
    "DRAWN_WITH",
    "Given",
    "brief",
    "flag",
    "level_of",
    "number",
    "only",
    "path_of",
    "probability",
    "public",
    "public_methods",
    "renamed",
    "seed",
    "text",
    "undrawn",
    "unused",
    "whole",
    "word",
]

Given: TypeAlias = "Mapping[str, Any]"  # options by name, as they were given: each is checked where it is read

P = ParamSpec("P")
T = TypeVar("T")


def renamed(given: Mapping[str, object], older: str, newer: str) -> dict[str, Any]:
    """`given` with the value of the option `older` under its name of today, and a `DeprecationWarning`.

    Examples
    --------
    >>> renamed({"df": "n"}, "degrees_of_freedom", "df")
    {'df': 'n'}
    """
    options = dict(given)
    value = options.pop(older, None)
    if value is None:
        return options
    if options.get(newer) is not None:
        raise OptionError(f"{older}= is the older name of {newer}=; give {newer}= alone.")
    warnings.warn(f"{older}= is called {newer}=, as everywhere; the older name goes.", DeprecationWarning, stacklevel=4)
    return {**options, newer: value}


def only(options: Mapping[str, object], allowed: Iterable[str], caller: str) -> None:
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


def unused(given: Mapping[str, object], because: str) -> None:
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


DRAWN_WITH = ("draws", "rng", "stop_after")  # the options of what is drawn


def undrawn(option: str, *words: str) -> Callable[[Callable[P, T]], Callable[P, T]]:
    """Mark a function that draws nothing where `option` is one of `words`: draws and seeds are refused there.

    It stands above `public` and looks at what the caller wrote, because the default of `draws` is a number, too.

    Examples
    --------
    >>> @undrawn("method", "delta")
    ... def impacts(fit, *, method="auto", draws=999, rng=0):
    ...     return method
    >>> impacts("a fit", method="delta")
    'delta'
    >>> impacts("a fit", method="delta", draws=99)
    Traceback (most recent call last):
    gbaspatial.errors.OptionError: draws= would not be used here: method='delta' draws nothing.
    """

    def _marked(function: Callable[P, T]) -> Callable[P, T]:
        usual = inspect.signature(function).parameters[option].default

        @functools.wraps(function)
        def _called(*args: P.args, **kwargs: P.kwargs) -> T:
            how = kwargs.get(option, usual)
            if isinstance(how, str) and how in words:
                unused({name: kwargs.get(name) for name in DRAWN_WITH}, f"{option}={how!r} draws nothing")
            return function(*args, **kwargs)

        return _called

    return _marked


def public(function: Callable[P, T]) -> Callable[P, T]:
    """Mark a function that people call: what it says of its options is checked before it begins.

    A call that does not fit its signature, or a value that does not fit the annotation of its option (`bool`,
    `int`, `float`, `str`, a `Literal`, a path, a seed, each perhaps ``| None``; other annotations are the function's
    own business), is an `OptionError` that names what is near. Ranges are checked inside, by whoever knows them.

    Examples
    --------
    >>> @public
    ... def impacts(fit, *, level: float = 0.95, exact: bool = False):
    ...     return level
    >>> impacts("a fit", level=0.9)
    0.9
    >>> impacts("a fit", leevl=0.9)
    Traceback (most recent call last):
    gbaspatial.errors.OptionError: impacts() has no option 'leevl'. Did you mean level?
    >>> impacts("a fit", exact="no")
    Traceback (most recent call last):
    gbaspatial.errors.OptionError: exact='no' must be True or False.
    """
    if hasattr(function, "_checks"):  # marked already
        return function

    checks: dict[str, tuple[object, Check]] = {}
    places: list[str] = []
    read: list[bool] = []

    def _read() -> None:  # at the first call, when every name in the annotations exists
        read.append(True)
        parameters = inspect.signature(function).parameters
        checks.update(_contract(function))
        places.extend(name for name, p in parameters.items() if p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD))

    @functools.wraps(function)
    def _called(*args: P.args, **kwargs: P.kwargs) -> T:
        if not read:
            _read()
        for name, value in (*zip(places, args, strict=False), *kwargs.items()):
            if name in checks:
                default, check = checks[name]
                if value is not default:
                    check(value, name)
        try:
            return function(*args, **kwargs)
        except TypeError as error:
            trace = error.__traceback__
            if trace is not None and trace.tb_next is None and not isinstance(error, OptionError):
                raise _misfit(function, args, kwargs, error) from None
            raise

    _called._checks = checks  # type: ignore[attr-defined]
    return _called


def public_methods(kind: type[T]) -> type[T]:
    """Mark every method of the class `kind` that people call, as `public` does.

    Examples
    --------
    >>> @public_methods
    ... class Bay:
    ...     def cities(self, year: int = 2020):
    ...         return year
    >>> Bay().cities(year="2010")
    Traceback (most recent call last):
    gbaspatial.errors.OptionError: year='2010' must be a whole number.
    """
    for name, method in list(vars(kind).items()):
        if inspect.isfunction(method) and not name.startswith("_"):
            setattr(kind, name, public(method))
    return kind


def _contract(function: Callable[..., object]) -> dict[str, tuple[object, Check]]:
    """For each parameter whose annotation says what is allowed: its default, and the check of other values."""
    known = getattr(inspect.unwrap(function), "__globals__", {})
    found = {}
    for name, parameter in inspect.signature(function).parameters.items():
        check = _check_of(name, parameter.annotation, known)
        if check is not None and parameter.kind not in (parameter.VAR_POSITIONAL, parameter.VAR_KEYWORD):
            found[name] = (parameter.default, check)
    return found


def _check_of(name: str, annotation: object, known: Mapping[str, object]) -> Check | None:
    """The check that the words of `annotation` ask for; None where they say more than this can read."""
    if not isinstance(annotation, str) or annotation is inspect.Parameter.empty:
        return None
    pieces = _pieces(annotation)
    optional = "None" in pieces
    pieces = [piece for piece in pieces if piece != "None"]
    kinds = {piece: _plain_check(piece, name, known) for piece in pieces}
    if {"Path", "os.PathLike[str]"} & set(pieces) and set(pieces) <= {"str", "Path", "os.PathLike[str]"}:
        check: Check | None = path_of
    elif len(kinds) == 1:
        check = next(iter(kinds.values()))
    else:
        check = None
    if check is None or not optional:
        return check
    inner = check
    return lambda value, name: None if value is None else inner(value, name)


def _plain_check(piece: str, name: str, known: Mapping[str, object]) -> Check | None:
    """The check for one word of an annotation."""
    if piece == "float" and name == "level":
        return level_of
    plain: dict[str, Check] = {"bool": flag, "int": any_whole, "float": any_number, "str": text, "Rng": seed}
    if piece in plain:
        return plain[piece]
    words = _words(piece, known)
    return None if words is None else lambda value, name: word(value, words, name)


def _words(piece: str, known: Mapping[str, object]) -> tuple[object, ...] | None:
    """The words of ``Literal['a', 'b']``, or of a name that stands for such."""
    if piece.startswith("Literal[") and piece.endswith("]"):
        read = ast.literal_eval(f"({piece[8:-1]},)")
        return tuple(read)
    meant = known.get(piece)
    return get_args(meant) if get_origin(meant) is Literal else None


def _pieces(annotation: str) -> list[str]:
    """The alternatives of ``a | b[c | d] | None``, read from its outermost bars."""
    found, depth = [""], 0
    for letter in annotation:
        depth += (letter in "[(") - (letter in "])")
        if letter == "|" and depth == 0:
            found.append("")
        else:
            found[-1] += letter
    return [piece.strip() for piece in found]


def _misfit(
    function: Callable[..., object], args: tuple[object, ...], kwargs: Mapping[str, object], error: TypeError
) -> Exception:
    """The sentence for a call that does not fit the signature of `function`."""
    parameters = inspect.signature(function).parameters
    name = getattr(function, "__name__", "the function")
    if name == "__init__":
        name = function.__qualname__.split(".")[-2]
    strange = [key for key in kwargs if key not in parameters]
    if strange:
        known = [key for key in parameters if key != "self"]
        return OptionError(f"{name}() has no option {strange[0]!r}. {nearest_names(strange[0], known)}")
    told = str(error).partition("() ")[2] or str(error)
    return OptionError(f"{name}() {told}.")
