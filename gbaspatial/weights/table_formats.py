"""W as a table of links: CSV and the frame in Parquet."""

from __future__ import annotations

import io
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from gbaspatial.errors import FileFormatError, some
from gbaspatial.sheets import guarded, unguarded
from gbaspatial.weights.text_formats import Links

if TYPE_CHECKING:
    from gbaspatial.weights.core import Weights


def with_islands(w: Weights) -> pd.DataFrame:
    """Links, and each island as a link with itself of weight zero, in unit order."""
    alone = np.flatnonzero(np.diff(w.sparse.indptr) == 0)
    rows = np.repeat(np.arange(w.n), np.diff(w.sparse.indptr))
    focal = np.concatenate([rows, alone])
    neighbor = np.concatenate([w.sparse.indices, alone])
    weight = np.concatenate([w.sparse.data, np.zeros(len(alone))])
    order = np.argsort(focal, kind="stable")
    frame = {"focal": w.ids[focal[order]], "neighbor": w.ids[neighbor[order]], "weight": weight[order]}
    return pd.DataFrame(frame)


def write_csv(w: Weights, file: Path) -> None:
    """CSV, separated by commas."""
    guarded(with_islands(w)).to_csv(file, index=False, encoding="utf-8")


def read_csv(file: Path, ids: list[str] | None = None) -> Links:
    """CSV in UTF-8, UTF-16 or GB18030, separated by comma, semicolon or tab."""
    text = _decoded(file)
    if not text.strip():
        raise FileFormatError(f"{file.name} is empty.")
    separator = _separator(text.splitlines()[0])
    # where semicolons separate, the comma is that of decimals
    options: dict[str, Any] = {"sep": separator, "decimal": "," if separator == ";" else "."}
    kinds = {"focal": str, "neighbor": str}
    try:
        frame = pd.read_csv(io.StringIO(text), dtype=kinds, keep_default_na=False, **options)
    except pd.errors.ParserError as error:
        raise FileFormatError(f"{file.name} is not a table: {str(error).strip()}.") from error
    return of_frame(unguarded(frame), file, {})


def _decoded(file: Path) -> str:
    raw = file.read_bytes()
    encodings = ["utf-16"] if raw[:2] in (b"\xff\xfe", b"\xfe\xff") else ["utf-8-sig", "gb18030"]
    for encoding in encodings:
        try:
            return raw.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise FileFormatError(f"{file.name} is not text in UTF-8, UTF-16 or GB18030; save it as UTF-8.")


def _separator(head: str) -> str:
    """What separates the columns focal and neighbor in the first line; a comma, if nothing does."""
    for mark in (",", ";", "\t"):
        if {"focal", "neighbor"} <= {word.strip('"') for word in head.split(mark)}:
            return mark
    return ","


def of_frame(frame: pd.DataFrame, file: Path, about: dict[str, Any]) -> Links:
    """The links in the columns focal, neighbor and weight (one, where there is none)."""
    if not {"focal", "neighbor"} <= set(frame.columns):
        frame = frame.reset_index()
    if not {"focal", "neighbor"} <= set(frame.columns):
        raise FileFormatError(f"{file.name} has no columns focal and neighbor. There are: {some(frame.columns)}.")
    weight = (
        pd.to_numeric(frame["weight"], errors="coerce") if "weight" in frame.columns else pd.Series(1.0, frame.index)
    )
    if weight.isna().any():
        raise FileFormatError(
            f"{file.name} has weights that are not numbers in line {some(np.flatnonzero(weight.isna()) + 2)}."
        )
    labels = pd.Index(about["ids"]) if "ids" in about else pd.Index(frame["focal"].unique())
    labels = labels.append(pd.Index(frame["neighbor"].unique()).difference(labels, sort=False))
    island = (frame["focal"] == frame["neighbor"]) & (weight == 0)
    links, weight = frame[~island], weight[~island]
    return Links.of(
        labels.tolist(), labels.get_indexer(links["focal"]), labels.get_indexer(links["neighbor"]), weight, about
    )
