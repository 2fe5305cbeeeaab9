"""Results that were kept as JSON: read back, printed as they were, and held against the same analysis of today."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from gbaspatial import records
from gbaspatial.errors import FileFormatError, door_of, own_names
from gbaspatial.options import path_of, public
from gbaspatial.results import Result, Table


@dataclass(frozen=True, slots=True, eq=False)
class SavedResult(Result):
    """A result as `to_json` kept it: its tables and where they come from; made by `read_result`.

    Parameters
    ----------
    kind : str
        The class of the result.
    origin : mapping
        Fingerprint of the data, recipe and fingerprint of the weights, and the seed, as far as the result keeps them.
    made_by : mapping
        Versions of gbaspatial, Python and the packages that the numbers came from.
    kept : tuple of Table
    """

    kind: str
    origin: Mapping[str, Any]
    made_by: Mapping[str, str]
    kept: tuple[Table, ...]

    def tables(self) -> tuple[Table, ...]:
        """The tables as they were kept."""
        return self.kept

    def _head(self) -> dict[str, Any]:
        return {"kind": self.kind, "origin": dict(self.origin), "made_by": dict(self.made_by)}

    def _origin(self) -> dict[str, Any]:
        return dict(self.origin)

    def compare(self, result: Result) -> Table:
        """Hold a result of today against the kept one: the same data, the same weights, the same numbers?

        Parameters
        ----------
        result : Result
            The same analysis made again, or another saved result.

        Returns
        -------
        Table
            By row what is compared, what was kept, what is there today, and whether they agree; for tables, the
            largest difference relative to the kept number.

        Raises
        ------
        TypeError
            If `result` is no result.
        """
        if not isinstance(result, Result):
            raise TypeError(f"compare takes a result (of a test, a fit...), got {type(result).__name__}.")
        kind = result.kind if isinstance(result, SavedResult) else type(result).__name__
        rows = [("kind", self.kind, kind, self.kind == kind)]
        rows += _origins(self.origin, result._origin())
        rows += _tables(self.kept, result.tables())
        frame = pd.DataFrame(rows, columns=["", "kept", "today", "agree"]).set_index("")
        return Table(frame, title="Kept and today", notes=(f"Kept by gbaspatial {self.made_by['gbaspatial']}.",))


@public
def read_result(path: str | Path) -> SavedResult:
    """Read a result that `to_json` kept.

    Parameters
    ----------
    path : path
        A file ending in .json.

    Returns
    -------
    SavedResult

    Raises
    ------
    FileFormatError
        If the file is no such record.

    Examples
    --------
    >>> import tempfile
    >>> import gbaspatial as gba
    >>> cities = gba.load_cities(year=2019)
    >>> w = gba.weights.contiguity(cities, links=2019)
    >>> test = gba.autocorrelation.moran(cities["gdp_pc_cny"], w)
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     _ = test.to_json(f"{folder}/moran.json")
    ...     kept = gba.read_result(f"{folder}/moran.json")
    >>> bool(kept.compare(test).frame["agree"].all())
    True
    """
    place = path_of(path)
    record = records.content_of(_text(place), place.name)
    if record.get("format") != records.FORMAT:
        raise FileFormatError(f"{place.name} is no record of a result: it does not say {records.FORMAT!r}.")
    try:
        parts = tuple(_table(told) for told in record["tables"])
        return SavedResult(record["kind"], record["origin"], record["made_by"], parts)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise FileFormatError(f"{place.name} was changed after it was written: {error!r} does not fit.") from None


def _text(place: Path) -> str:
    try:
        return place.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise FileFormatError(f"{place.name} cannot be read as a record of a result: {error}") from None


def _table(told: Mapping[str, Any]) -> Table:
    frame, formats = records.frame_of(told)
    return Table(frame, told["title"], tuple(told["notes"]), formats, told["parameters"])


def _origins(kept: Mapping[str, object], today: Mapping[str, object]) -> list[tuple[str, Any, Any, Any]]:
    marks = [(name, _mark(kept.get(name)), _mark(today.get(name))) for name in ("data", "weights", "seed")]
    return [(name, ours, theirs, ours == theirs) for name, ours, theirs in marks if (ours, theirs) != ("", "")]


def _mark(value: object) -> str:
    if isinstance(value, Mapping):
        return str(value["fingerprint"])
    return "" if value is None else str(value)


def _tables(kept: tuple[Table, ...], today: tuple[Table, ...]) -> list[tuple[str, Any, Any, Any]]:
    rows: list[tuple[str, object, object, object]] = []
    for place in range(max(len(kept), len(today))):
        if place >= min(len(kept), len(today)):
            rows.append((f"table {place + 1}", place < len(kept), place < len(today), False))
            continue
        rows.append(_numbers(kept[place], today[place]))
    return rows


def _numbers(kept: Table, today: Table) -> tuple[str, Any, Any, Any]:
    name = kept.title or "table"
    ours, theirs = (records.frame_of(records.rows_of(t.frame, t._labelled, {}))[0] for t in (kept, today))
    if ours.shape != theirs.shape or not ours.columns.equals(theirs.columns) or not ours.index.equals(theirs.index):
        return name, f"{ours.shape[0]} x {ours.shape[1]}", f"{theirs.shape[0]} x {theirs.shape[1]}", False
    worst = max((_apart(ours.iloc[:, c], theirs.iloc[:, c]) for c in range(ours.shape[1])), default=0.0)
    return name, "", f"largest difference {worst:.1e}" if worst else "", worst == 0.0


def _apart(ours: pd.Series, theirs: pd.Series) -> float:
    """The largest difference relative to the kept number; 1 where texts differ or one is missing."""
    left, right = (pd.to_numeric(column, errors="coerce").to_numpy(float) for column in (ours, theirs))
    both = np.isfinite(left) & np.isfinite(right)
    same = (ours.to_numpy(object) == theirs.to_numpy(object)) | (ours.isna() & theirs.isna()).to_numpy()
    if not np.all(same | both):
        return 1.0
    scale = np.maximum(np.abs(left[both]), np.finfo(float).tiny)
    return float(np.max(np.abs(left[both] - right[both]) / scale, initial=0.0))


__getattr__, __dir__ = door_of(__name__, own_names(globals()))
