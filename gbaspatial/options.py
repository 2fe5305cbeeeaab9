"""The one door for options: numbers, whole numbers, flags, words, levels and paths.

Every public function reads its options here, so that a wrong one is refused in the same words everywhere,
none is taken for another (text is not a truth value, True is not a number), and none passes unread.
"""

from __future__ import annotations

import ast
import functools
import inspect
import math
import numbers
import os
import warnings
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any, Literal, ParamSpec, TypeAlias, TypeVar, get_args, get_origin

from gbaspatial.errors import OptionError, nearest_names, some

Given: TypeAlias = "Mapping[str, Any]"  # options by name, as they were given: each is checked where it is read

P = ParamSpec("P")
T = TypeVar("T")

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
    try:
        return number(value, name, least=0, most=1, open_ends=True)
    except OptionError:
        raise OptionError(
            f"{name}={brief(value)} is not a confidence level; use one between 0 and 1, such as 0.95."
        ) from None


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
    try:
        return number(value, name, least=0, most=1, open_ends=True)
    except OptionError:
        raise OptionError(
            f"{name}={brief(value)} is not a probability; use a number between 0 and 1, such as 0.05."
        ) from None


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
    plain: dict[str, Check] = {"bool": flag, "int": _any_whole, "float": _any_number, "str": text, "Rng": seed}
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


def _any_whole(value: object, name: str) -> int:
    return whole(value, name, least=-math.inf)


def _any_number(value: object, name: str) -> object:
    """A number, infinite ones too: only the function knows its range."""
    if isinstance(value, numbers.Real) and not _is_flag(value) and value == value:
        return value
    raise OptionError(f"{name}={brief(value)} must be a number.")


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
