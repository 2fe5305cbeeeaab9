"""The errors and warnings of the package, and the words they are told in.

One flat tree: every error is a `GbaError` and also the builtin that fits, so that
``except ValueError`` keeps working. An error says what is wrong, which units, rows or
value, and what to do.
"""

from __future__ import annotations

import difflib
import importlib
import os
import sys
from collections.abc import Callable, Iterable, Mapping
from types import FrameType, ModuleType
from typing import NoReturn

_PACKAGE = os.path.dirname(__file__) + os.sep


class GbaError(Exception):
    """Base of every error raised on purpose by gbaspatial."""


class AlignmentError(GbaError, ValueError):
    """Two inputs cover different units, or a label occurs twice."""


class MissingDataError(GbaError, ValueError):
    """A value is missing; nothing is ever dropped for the user."""


class DataError(GbaError, ValueError):
    """A value cannot be used: text, infinite, constant, out of range."""


class CRSError(GbaError, ValueError):
    """A coordinate reference system is absent, mixed or of the wrong kind."""


class GeometryError(GbaError, ValueError):
    """A geometry is missing, empty, invalid or of the wrong type."""


class WeightsError(GbaError, ValueError):
    """Spatial weights that cannot be built, or cannot serve here."""


class FormulaError(GbaError, ValueError):
    """A model formula that cannot be read, or names what is not there."""


class CollinearityError(GbaError, ValueError):
    """Regressors are linearly dependent; the error names them."""


class OptionError(GbaError, ValueError, TypeError):
    """An argument that the function does not know, or whose value or type it cannot take."""


class UnknownNameError(GbaError, KeyError):
    """A year, city, variable, layer or column that does not exist."""

    def __str__(self) -> str:  # KeyError would print the repr of the sentence
        return str(self.args[0]) if self.args else ""


class LabelTypeError(GbaError, TypeError):
    """A bare array was given where labels are needed to match units."""


class MissingFileError(GbaError, FileNotFoundError):
    """A file that is not there."""


class FileFormatError(GbaError, ValueError):
    """A file whose content or ending cannot be read or written."""


class WritingError(GbaError, OSError):
    """A file that could not be written; what was there before is as it was."""

    def __str__(self) -> str:  # OSError would print its number and file beside the sentence
        return str(self.args[0]) if self.args else ""


class ConvergenceError(GbaError, RuntimeError):
    """An estimator did not reach an optimum; the error says what was tried."""


class ClusterError(GbaError, RuntimeError):
    """A cluster that cannot do its work: workers are gone, end again and again, or have other versions."""


class MissingPackageError(GbaError, ImportError):
    """An optional package is not installed; the error names the extra to install."""


class GbaWarning(UserWarning):
    """Base of every warning given by gbaspatial."""


class IslandWarning(GbaWarning):
    """Some units have no neighbors."""


class CaveatWarning(GbaWarning):
    """A shipped statistic with a known defect is being used."""


class GeometryWarning(GbaWarning):
    """A layer has gaps, overlaps or invalid shapes."""


class ReadingWarning(GbaWarning):
    """A file was read with a guess, or holds something that looks like another thing than it was read as."""


class EndogeneityWarning(GbaWarning):
    """Weights were built from a variable that may also enter the model."""


class SmallSampleWarning(GbaWarning):
    """Asymptotic inference was asked for where n is too small to trust it."""


def some(items: Iterable[object], limit: int = 5) -> str:
    """Name up to `limit` of `items` and count the rest; rows of a panel are named by unit and period.

    Examples
    --------
    >>> some(["Shenzhen", "Foshan"])
    'Shenzhen, Foshan'
    >>> some(range(9))
    '0, 1, 2, 3, 4 and 4 more'
    >>> some([("Shenzhen", 2019), ("Foshan", 2020)])
    'Shenzhen (2019), Foshan (2020)'
    """
    names = [_named(item) for item in items]
    if len(names) <= limit:
        return ", ".join(names)
    return f"{', '.join(names[:limit])} and {len(names) - limit} more"


def _named(item: object) -> str:
    """A row of a panel as its unit and, in parentheses, its period; any other label as it prints."""
    if isinstance(item, tuple) and len(item) == 2 and isinstance(item[0], str) and not isinstance(item[1], str | tuple):
        return f"{item[0]} ({item[1]})"
    return str(item)


def nearest_names(name: object, names: Iterable[object]) -> str:
    """Close matches of `name` among `names`, as a hint that ends a sentence.

    Examples
    --------
    >>> nearest_names("shenzen", ["Shenzhen", "Foshan"])
    'Did you mean Shenzhen?'
    >>> nearest_names("x", ["Shenzhen", "Foshan"])
    'There are: Shenzhen, Foshan.'
    """
    known = [str(item) for item in names]
    close = names_near(name, known)
    if close:
        return f"Did you mean {' or '.join(close)}?"
    return f"There are: {some(known, 12)}." if known else "There are none."


def names_near(name: object, names: Iterable[object]) -> list[str]:
    """Up to three of `names` that `name` may have been meant for, the closest first.

    Examples
    --------
    >>> names_near("shenzen", ["Shenzhen", "Foshan"])
    ['Shenzhen']
    """
    folded = {str(item).casefold(): str(item) for item in reversed(list(names))}
    return [folded[item] for item in difflib.get_close_matches(str(name).casefold(), folded, n=3, cutoff=0.6)]


def no_attribute(room: str, name: str, names: Iterable[str], called: Mapping[str, str] | None = None) -> AttributeError:
    """The error for a `name` that the module `room` has not, with what is near.

    Parameters
    ----------
    room : str
        The module, as its ``__name__`` says.
    name : str
        What was asked for.
    names : iterable of str
        What there is.
    called : mapping of str to str, optional
        What other software, or the field, calls so, and how it is had here: in lower case.

    Examples
    --------
    >>> print(no_attribute("gbaspatial.weights", "contiguty", ["contiguity", "nearest"]))
    module 'gbaspatial.weights' has no attribute 'contiguty'. Did you mean contiguity?
    >>> print(no_attribute("gbaspatial.weights", "knn", ["nearest"], {"knn": "nearest(units, k=4)"}))
    module 'gbaspatial.weights' has no attribute 'knn'. Use nearest(units, k=4).
    """
    said = f"module {room!r} has no attribute {name!r}"
    if name.startswith("_"):  # what notebooks and pickle ask every module for
        return AttributeError(said)
    here = (called or {}).get(name.lower())
    return AttributeError(f"{said}. {f'Use {here}.' if here else nearest_names(name, names)}")


def no_member(whose: str, name: str, names: Iterable[str], called: Mapping[str, str] | None = None) -> AttributeError:
    """The error for a `name` that an object has not: as `no_attribute` has it for modules.

    Examples
    --------
    >>> print(no_member("a W", "neighbours", ["neighbors", "ids"]))
    a W has no 'neighbours'. Did you mean neighbors?
    """
    if name.startswith("_"):  # what notebooks and pickle ask every object for
        return AttributeError(name)
    here = (called or {}).get(name.lower())
    return AttributeError(f"{whose} has no {name!r}. {f'Use {here}.' if here else nearest_names(name, names)}")


def door_of(
    room: str, names: Iterable[str], called: Mapping[str, str] | None = None
) -> tuple[Callable[[str], object], Callable[[], list[str]]]:
    """``__getattr__`` and ``__dir__`` of a module that has loaded all its `names`: it shows these and nothing else.

    See `no_attribute`; a module that loads lazily raises that error at the end of its own ``__getattr__``.

    Examples
    --------
    >>> getattr_, dir_ = door_of("gbaspatial.weights", ["nearest", "contiguity"])
    >>> dir_()
    ['contiguity', 'nearest']
    """
    known = sorted(names)

    def _missing(name: str) -> NoReturn:
        raise no_attribute(room, name, known, called)

    return _missing, lambda: list(known)


def own_names(namespace: Mapping[str, object]) -> list[str]:
    """The public functions and classes that a module defines itself, for `door_of`, from its ``globals()``.

    Examples
    --------
    >>> "GbaError" in own_names(globals()), "Any" in own_names(globals())
    (True, False)
    """
    here = namespace["__name__"]
    return [
        name
        for name, value in namespace.items()
        if not name.startswith("_") and getattr(value, "__module__", None) == here
    ]


def outside() -> int:
    """The `stacklevel` of a warning that points at the line of whoever called into the package.

    Examples
    --------
    >>> outside()
    1
    """
    frame, level = sys._getframe(1), 1
    while frame.f_back is not None and _is_ours(frame):
        frame, level = frame.f_back, level + 1
    return level


def _is_ours(frame: FrameType) -> bool:
    """Whether a frame runs code of this package, by its file: modules run as scripts and doctests are not."""
    return frame.f_code.co_filename.startswith(_PACKAGE)


def import_extra(module: str, extra: str) -> ModuleType:
    """Import an optional `module`, or say which extra of gbaspatial brings it.

    Examples
    --------
    >>> import_extra("json", extra="parquet").__name__
    'json'
    """
    try:
        return importlib.import_module(module)
    except ImportError as error:
        raise MissingPackageError(
            f"this needs the package {module.split('.')[0]!r}, which is not installed; "
            f"install it with: pip install 'gbaspatial[{extra}]'"
        ) from error


__getattr__, __dir__ = door_of(__name__, own_names(globals()))
