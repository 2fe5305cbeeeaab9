"""W as a table of links, CSV and the frame in Parquet, or as a square table."""

from __future__ import annotations

import io
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from gbaspatial.errors import FileFormatError, some
from gbaspatial.sheets import guarded, unguarded
from gbaspatial.weights.exchange.text_formats import Links, filled_text, is_number

if TYPE_CHECKING:
    from gbaspatial.weights.core import Weights


_MARKS = {",": "comma", ";": "semicolon", "\t": "tab"}


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
    """CSV, separated by comma, semicolon or tab."""
    text = filled_text(file)
    separator = _separator(text.splitlines()[0])
    cells = _cells(file, text, separator)
    head = [word.strip() for word in cells.iloc[0]]
    # where semicolons separate, the comma is that of decimals
    point = "," if separator == ";" else "."
    if not {"focal", "neighbor"} <= set(head):
        return _square(file, unguarded(cells), point)
    frame = cells.iloc[1:].set_axis(head, axis=1)
    if "weight" in frame.columns and point != ".":
        frame["weight"] = frame["weight"].str.replace(point, ".", regex=False)
    twice = [name for name in ("focal", "neighbor", "weight") if head.count(name) > 1]
    if twice:
        raise FileFormatError(f"{file.name} has the column {twice[0]} more than once.")
    return of_frame(unguarded(frame), file, {})


def _cells(file: Path, text: str, separator: str) -> pd.DataFrame:
    """All cells as text, the header in the first row; every row must be as wide as the header."""
    try:
        cells = pd.read_csv(
            io.StringIO(text), sep=separator, header=None, dtype=str, keep_default_na=False, na_filter=False,
            skip_blank_lines=True,
        )  # fmt: skip
    except (ValueError, OverflowError) as error:  # ParserError among them
        wide = re.search(r"Expected (\d+) fields in line (\d+), saw (\d+)", str(error))
        if wide is None:
            raise FileFormatError(f"{file.name} is not a table; a quote may be open, or it is damaged.") from error
        raise FileFormatError(
            f"{file.name} is not a table: it has {wide[3]} cells in line {wide[2]}, but {wide[1]} columns; "
            f"put labels that hold a {_MARKS[separator]} in double quotes."
        ) from error
    short = cells.isna().any(axis=1)
    if short.any():
        raise FileFormatError(f"{file.name} has too few cells in line {some(np.flatnonzero(short) + 1)}.")
    return cells


def _square(file: Path, cells: pd.DataFrame, point: str) -> Links:
    """A square table as W: labels in the first row and column, or in the first row only, or no labels at all."""
    table = cells.to_numpy(dtype=object)
    rows, columns = table.shape
    if rows == columns and not _number(table[0, 0], point):
        labels, across = ([str(label).strip() for label in line[1:]] for line in (table[:, 0], table[0]))
        if set(labels) != set(across) or len(set(across)) < len(across):
            raise FileFormatError(
                f"{file.name} has no columns focal and neighbor, and rows and columns that name different units (or "
                f"one twice): it is no table of links, and no square matrix."
            )
        place = {label: at for at, label in enumerate(across)}
        return _entries(file, labels, table[1:, 1:][:, [place[label] for label in labels]], point)
    if rows == columns + 1:
        return _entries(file, [str(label).strip() for label in table[0]], table[1:], point)
    if rows == columns:
        found = _entries(file, list(range(rows)), table, point)
        return Links(None, found.focal, found.neighbor, found.weight, rows)
    raise FileFormatError(
        f"{file.name} has no columns focal and neighbor. There are: {some(table[0])}. Nor is it a square matrix."
    )


def _entries(file: Path, labels: list[Any], values: np.ndarray, point: str) -> Links:
    """The links of a square table of text."""
    flat = pd.Series(values.ravel(), dtype=object).astype(str).str.strip()
    numbers = pd.to_numeric(flat.str.replace(point, ".", regex=False), errors="coerce").to_numpy(dtype=float)
    odd = np.flatnonzero(~np.isfinite(numbers))
    if len(odd):
        n = len(labels)
        told = [f"{labels[at // n]} to {labels[at % n]} ({flat[at][:20]!r})" for at in odd]
        raise FileFormatError(f"{file.name} has weights that are not numbers, from {some(told)}.")
    square = numbers.reshape(len(labels), len(labels))
    focal, neighbor = np.nonzero(square)
    return Links.of(labels, focal, neighbor, square[focal, neighbor])


def _number(word: object, point: str) -> bool:
    return is_number(str(word).replace(point, "."))


def _separator(head: str) -> str:
    """What separates the columns focal and neighbor in the first line; else what is there most often."""
    for mark in _MARKS:
        if {"focal", "neighbor"} <= {word.strip().strip('"') for word in head.split(mark)}:
            return mark
    if 0 < head.count(";") >= head.count(",") - 1:  # then the commas may be those of decimals
        return ";"
    return max(_MARKS, key=head.count)


def _check_named(frame: pd.DataFrame, file: Path) -> None:
    """Refuse empty cells where units are named; a unit whose label is empty has links to and from it, or a row."""
    ends = frame[["focal", "neighbor"]]
    empty = ends.isna() | (ends == "")
    unnamed = ends.isna().any(axis=1) | (empty.any(axis=1) & (empty.any().sum() == 1))
    if unnamed.any():
        raise FileFormatError(f"{file.name} names no unit in line {some(np.flatnonzero(unnamed) + 2)}; fill it in.")


def of_frame(frame: pd.DataFrame, file: Path, about: dict[str, object]) -> Links:
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
    _check_named(frame, file)
    labels = pd.Index(about["ids"]) if "ids" in about else pd.Index(frame["focal"].unique())
    labels = labels.append(pd.Index(frame["neighbor"].unique()).difference(labels, sort=False))
    island = (frame["focal"] == frame["neighbor"]) & (weight == 0)
    links, weight = frame[~island], weight[~island]
    return Links.of(
        labels.tolist(), labels.get_indexer(links["focal"]), labels.get_indexer(links["neighbor"]), weight, about
    )
