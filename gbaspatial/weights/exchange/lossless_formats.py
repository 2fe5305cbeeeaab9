"""Formats that keep all of W: its labels, its recipe and which links weigh nothing."""

from __future__ import annotations

import json
import math
import zipfile
import zlib
from pathlib import Path
from typing import Any, get_args

import numpy as np

from gbaspatial.errors import (
    FileFormatError,
    import_extra,
    some,
)
from gbaspatial.weights.annotations import IslandLag, Standardization
from gbaspatial.weights.core import Weights
from gbaspatial.weights.exchange.table_formats import of_frame, with_islands
from gbaspatial.weights.exchange.text_formats import Links

_FORMAT = "gbaspatial weights"


def description(w: Weights) -> dict[str, object]:
    """What a W is beside its links: labels, how its rows are scaled, its islands and its recipe."""
    return {
        "format": _FORMAT,
        "version": 1,
        "ids": w.ids.tolist(),
        "id_name": w.ids.name if isinstance(w.ids.name, (str, int)) else None,
        "standardization": w.standardization,
        "islands": w.island_policy,
        "recipe": w.recipe.to_dict(),
    }


def checked_description(about: object, file: Path) -> dict[str, Any]:
    """What a file says of its W, if it says all of it.

    Raises
    ------
    FileFormatError
        If it was not written by `write`, or something is missing.
    """
    if not isinstance(about, dict) or about.get("format") != _FORMAT:
        raise FileFormatError(f"{file.name} was not written by gbaspatial.weights.write.")
    for key, options in (("standardization", get_args(Standardization)), ("islands", get_args(IslandLag))):
        if about.get(key) not in options:
            raise FileFormatError(f"{file.name} has {key} {about.get(key)!r}; it must be one of {', '.join(options)}.")
    if not isinstance(about.get("ids"), list):
        raise FileFormatError(f"{file.name} lacks the list ids.")
    wrong = [label for label in [*about["ids"], about.get("id_name") or ""] if not isinstance(label, (str, int, float))]
    if wrong:
        raise FileFormatError(f"{file.name} has ids that are neither text nor numbers: {some(wrong)}.")
    steps = about.get("recipe")
    if not isinstance(steps, list) or not all(isinstance(step, dict) and "step" in step for step in steps):
        raise FileFormatError(f"{file.name} lacks the recipe, a list of steps.")
    return about


def write_json(w: Weights, file: Path) -> None:
    """W as JSON, for people and programs."""
    pairs = w.sparse.tocoo()
    links = {
        "focal": pairs.coords[0].tolist(),
        "neighbor": pairs.coords[1].tolist(),
        "weight": pairs.data.tolist(),
    }
    file.write_text(json.dumps({**description(w), "links": links}, ensure_ascii=False), encoding="utf-8")


def read_json(file: Path, ids: list[str] | None) -> Links:
    """The links and what is said of them; `ids` are not needed."""
    try:
        about = checked_description(json.loads(file.read_text(encoding="utf-8")), file)
    except UnicodeDecodeError as error:
        raise FileFormatError(f"{file.name} is not JSON: it is not UTF-8 text.") from error
    except json.JSONDecodeError as error:
        raise FileFormatError(f"{file.name} is not JSON: {error}.") from error
    links = about.get("links")
    if not isinstance(links, dict) or not {"focal", "neighbor", "weight"} <= set(links):
        raise FileFormatError(f"{file.name} lacks links with focal, neighbor and weight.")
    return Links.of(about["ids"], links["focal"], links["neighbor"], links["weight"], about)


def write_npz(w: Weights, file: Path) -> None:
    """W as a numpy archive, for large W."""
    pairs = w.sparse.tocoo()
    about = np.array(json.dumps(description(w), ensure_ascii=False))
    with file.open("wb") as out:
        np.savez_compressed(out, focal=pairs.coords[0], neighbor=pairs.coords[1], weight=pairs.data, about=about)


_DAMAGED = (  # what a foreign or damaged archive raises
    KeyError, ValueError, TypeError, AttributeError, OSError, EOFError, NotImplementedError, zipfile.BadZipFile,
    zlib.error,
)  # fmt: skip


def read_npz(file: Path, ids: list[str] | None) -> Links:
    """The links and what is said of them; `ids` are not needed."""
    try:
        with np.load(file, allow_pickle=False) as stored:
            _check_sizes(file)
            about = checked_description(json.loads(str(stored["about"])), file)
            return Links.of(about["ids"], stored["focal"], stored["neighbor"], stored["weight"], about)
    except FileFormatError:
        raise
    except _DAMAGED as error:
        raise FileFormatError(
            f"{file.name} was not written by gbaspatial.weights.write; for a matrix of scipy, use Weights(matrix, ids)."
        ) from error


def _check_sizes(file: Path) -> None:
    """Raise `FileFormatError` if an array says another size than it has: nothing is set aside for what is not there."""
    with zipfile.ZipFile(file) as archive:
        for member in archive.infolist():
            with archive.open(member) as stored:
                version = np.lib.format.read_magic(stored)
                read = np.lib.format.read_array_header_1_0 if version == (1, 0) else np.lib.format.read_array_header_2_0
                shape, _, dtype = read(stored)
                if not dtype.hasobject and stored.tell() + math.prod(shape) * dtype.itemsize != member.file_size:
                    raise FileFormatError(f"{file.name} says another size of {member.filename} than it has.")


def write_parquet(w: Weights, file: Path) -> None:
    """W as Parquet, a row a link."""
    arrow, parquet = import_extra("pyarrow", "parquet"), import_extra("pyarrow.parquet", "parquet")
    try:
        table = arrow.Table.from_pandas(with_islands(w), preserve_index=False)
    except (arrow.ArrowInvalid, arrow.ArrowTypeError) as error:
        kinds = sorted({type(label).__name__ for label in w.ids.tolist()})
        raise FileFormatError(
            f"Parquet holds ids of one type, but these are {' and '.join(kinds)}; use .json, or make them all text."
        ) from error
    about = json.dumps(description(w), ensure_ascii=False).encode()
    parquet.write_table(table.replace_schema_metadata({**(table.schema.metadata or {}), b"gbaspatial": about}), file)


def read_parquet(file: Path, ids: list[str] | None) -> Links:
    """The links and what is said of them; `ids` are not needed."""
    arrow, parquet = import_extra("pyarrow", "parquet"), import_extra("pyarrow.parquet", "parquet")
    try:
        table = parquet.read_table(file)
    except (arrow.ArrowException, OSError, ValueError) as error:
        raise FileFormatError(f"{file.name} is not a Parquet file, or it is cut off.") from error
    kept = (table.schema.metadata or {}).get(b"gbaspatial")
    about = checked_description(json.loads(kept), file) if kept else {}
    return of_frame(table.to_pandas(), file, about)
