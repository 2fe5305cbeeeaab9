"""Blocks that are done, in a folder: numbers, arrays and tuples of them, each in a file named by what made it.

A file holds no program, only arrays: reading one runs nothing. Its name is a hash of the work (the functions, all
data they hold, the version of this package) and of the block, so that a file is never read for other work.
"""

from __future__ import annotations

import hashlib
import io
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields, is_dataclass
from functools import partial
from importlib.metadata import version
from os import PathLike
from pathlib import Path
from types import CodeType, FunctionType, MethodType
from typing import Any, NamedTuple
from zipfile import BadZipFile

import numpy as np
from scipy import sparse

from gbaspatial.options import path_of
from gbaspatial.writing import replace_file

_BY_NAME = ("builtin_function_or_method", "CPUDispatcher", "ufunc", "_ArrayFunctionDispatcher")  # the version tells
_SIMPLE = (bool, int, float, str, type(None))


class Found(NamedTuple):
    """A kept result, which may be None itself."""

    value: Any


class Unnamed(Exception):
    """Something whose content cannot be told, so that what it makes cannot be kept under a name."""


@dataclass(frozen=True, slots=True, eq=False)
class Kept:
    """The folder of one work; `key` tells all that decides its results but the block."""

    folder: Path
    key: str

    def read(self, block: object) -> Found | None:
        """The result of `block`; None if there is none, or its file is not whole."""
        try:
            with np.load(self._path(block), allow_pickle=False) as held:
                return Found(_joined(json.loads(str(held["form"])), held))
        except (OSError, BadZipFile, ValueError, KeyError):
            return None

    def write(self, block: object, result: object) -> None:
        """Keep `result` if it is made of numbers and arrays; else `block` is run again the next time."""
        arrays: dict[str, np.ndarray] = {}
        form = _taken_apart(result, arrays)
        if form is None:
            return
        buffer = io.BytesIO()
        np.savez(buffer, form=np.array(json.dumps(form)), **arrays)  # type: ignore[arg-type]
        replace_file(self._path(block), lambda half: half.write_bytes(buffer.getvalue()))

    def _path(self, block: object) -> Path:
        return self.folder / self.key[:2] / f"{self.key[:24]}-{digest_of(block)[:16]}.npz"


def kept_in(folder: str | PathLike[str], work: Callable[..., object], what: str) -> Kept | None:
    """Where the blocks of `work` are kept; None if it holds something whose content cannot be told."""
    try:
        return Kept(path_of(folder, "folder"), digest_of((version("gbaspatial"), version("numpy"), what, work)))
    except Unnamed:
        return None


def digest_of(content: object) -> str:
    """A hash of all that `content` holds: functions with their closures, arrays, tables, W and dataclasses.

    Examples
    --------
    >>> digest_of((1, np.ones(2))) == digest_of((1, np.ones(2))) != digest_of((1, np.ones(3)))
    True
    """
    digest = hashlib.sha256()
    _feed(content, digest.update, ())
    return digest.hexdigest()


def _feed(item: object, put: Callable[[bytes], object], above: tuple[int, ...]) -> None:
    """Put the content of `item` into a hash; `above` are the things it is part of, so that circles end."""
    put(f"<{type(item).__module__}.{type(item).__qualname__}>".encode())
    if isinstance(item, (*_SIMPLE, bytes, np.generic)):
        put(repr(item).encode())
        return
    if id(item) in above:
        put(b"<above>")
        return
    if isinstance(item, np.ndarray) and item.dtype != object:
        put(f"{item.dtype.str}{item.shape}".encode())
        put(np.ascontiguousarray(item).tobytes())
        return
    for part in _parts(item):
        _feed(part, put, (*above, id(item)))
    put(b"<end>")


def _parts(item: Any) -> Any:
    """What `item` is made of, in an order that its content decides."""
    if isinstance(item, np.ndarray):
        return [item.shape, *item.ravel().tolist()]
    if isinstance(item, (tuple, list, range)):
        return list(item)
    if isinstance(item, Mapping):
        return sorted(item.items(), key=lambda pair: repr(pair[0]))
    if isinstance(item, (set, frozenset)):
        return sorted(item, key=repr)
    if isinstance(item, FunctionType):
        return [item.__module__, item.__qualname__, item.__code__, item.__defaults__, item.__kwdefaults__,
                [cell.cell_contents for cell in item.__closure__ or ()]]  # fmt: skip
    if isinstance(item, CodeType):
        return [item.co_code, item.co_names, item.co_consts]
    if isinstance(item, MethodType):
        return [item.__func__, item.__self__]
    if isinstance(item, partial):
        return [item.func, item.args, item.keywords]
    if isinstance(item, type) or type(item).__name__ in _BY_NAME:
        return [getattr(item, "__module__", ""), item.__name__]
    if is_dataclass(item):
        return [getattr(item, field.name) for field in fields(item)]
    return _others(item)


def _others(item: Any) -> Any:
    """The parts of things of other packages, and of ours that are no dataclass."""
    name = f"{type(item).__module__.partition('.')[0]}.{type(item).__name__}"
    if isinstance(item, sparse.csr_array | sparse.csc_array):
        return [item.shape, item.data, item.indices, item.indptr]
    if name.startswith("pandas."):
        columns = getattr(item, "columns", None)
        if columns is not None:
            return [list(columns), item.index, *(item.iloc[:, place] for place in range(len(columns)))]
        return [getattr(item, "name", None), getattr(item, "index", None), item.to_numpy(dtype=object)]
    if name == "gbaspatial.Weights":
        return [item.ids, item.sparse]
    if name.startswith("gbaspatial.") and hasattr(item, "__dict__"):
        return [dict(vars(item))]
    raise Unnamed(name)


def _taken_apart(result: Any, arrays: dict[str, np.ndarray]) -> Any:
    """The form of `result` for JSON, its arrays put into `arrays`; None if it holds anything else."""
    if isinstance(result, np.ndarray) and result.dtype != object:
        arrays[f"a{len(arrays)}"] = result
        return ["array", f"a{len(arrays) - 1}"]
    if isinstance(result, np.generic):
        arrays[f"a{len(arrays)}"] = np.asarray(result)
        return ["number", f"a{len(arrays) - 1}"]
    if isinstance(result, _SIMPLE):
        return ["plain", result]
    if type(result) in (tuple, list):
        parts = [_taken_apart(part, arrays) for part in result]
        return None if any(part is None for part in parts) else [type(result).__name__, parts]
    return None


def _joined(form: Any, arrays: Any) -> Any:
    kind, content = form
    if kind == "array":
        return arrays[content]
    if kind == "number":
        return arrays[content][()]
    if kind == "plain":
        return content
    parts = [_joined(part, arrays) for part in content]
    return tuple(parts) if kind == "tuple" else parts
