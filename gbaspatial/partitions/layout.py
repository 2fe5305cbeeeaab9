"""A layer cut into parts of units that lie together: one GeoParquet file each, in one folder.

Two passes over the row groups of the source: the first takes a sample of places, whose medians say where to cut,
the second gives every unit to its part. Nothing but the labels is ever held whole. Units are numbered by the order of
their labels, so that what is computed does not depend on how they were cut.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import shapely

from gbaspatial.errors import (
    AlignmentError,
    DataError,
    FileFormatError,
    MissingDataError,
    UnknownNameError,
    import_extra,
    nearest_names,
    some,
)  # fmt: skip
from gbaspatial.options import path_of, public, public_methods, whole
from gbaspatial.progress import track
from gbaspatial.writing import replace_file, replace_text

if TYPE_CHECKING:
    import geopandas as gpd
    import pyarrow as pa


_SAMPLE = 200_000  # places that say where to cut
_ROWS = 100_000  # read at once
_LAYOUT = "layout.json"


@public_methods
@dataclass(frozen=True, eq=False)
class Partitioned:
    """A layer in parts, in the folder that `partition` made.

    Attributes
    ----------
    folder : pathlib.Path
        Holds ``part-00000.parquet`` and so on, GeoParquet each, and what was made of them.
    id, geometry : str
        Names of the columns of labels and of shapes.
    columns : tuple of str
        The other columns.
    counts : numpy.ndarray, shape (parts,)
        Units by part.
    boxes : numpy.ndarray, shape (parts, 4)
        Around the shapes of each part: least x, least y, most x, most y.
    """

    folder: Path
    id: str
    geometry: str
    columns: tuple[str, ...]
    counts: np.ndarray
    boxes: np.ndarray

    @property
    def n(self) -> int:
        """Number of units."""
        return int(self.counts.sum())

    @property
    def n_parts(self) -> int:
        """Number of parts."""
        return len(self.counts)

    def part(self, number: int) -> gpd.GeoDataFrame:
        """The units of one part.

        Parameters
        ----------
        number : int
            From zero.

        Returns
        -------
        geopandas.GeoDataFrame
            Indexed by label.
        """
        import geopandas as gpd

        at = whole(number, "number", most=self.n_parts - 1)
        return gpd.read_parquet(self.folder / f"part-{at:05d}.parquet").set_index(self.id)

    def ranks(self, number: int) -> np.ndarray:
        """Where the units of one part stand among all labels, sorted.

        Parameters
        ----------
        number : int
            From zero.

        Returns
        -------
        numpy.ndarray of int, shape (units of the part,)
        """
        return np.asarray(np.load(self.folder / f"part-{number:05d}.ranks.npy"))

    def values(self, column: str) -> np.ndarray:
        """A column of all units by the order of their labels, read from a file as it is needed.

        Parameters
        ----------
        column : str

        Returns
        -------
        numpy.memmap, shape (n,)

        Raises
        ------
        MissingDataError, DataError
            If a value is missing or no number.
        """
        return _values(self, column)

    def __repr__(self) -> str:
        return f"<Partitioned: {self.n:,} units in {self.n_parts} parts, {self.folder}>"


@public
def partition(source: str | PathLike[str], folder: str | PathLike[str], *, id: str, size: int = 100_000) -> Partitioned:
    """Cut a GeoParquet file into parts of units that lie together.

    Parameters
    ----------
    source : path
        GeoParquet of points or polygons; its row groups are read one after another.
    folder : path
        Where the parts go, and later what is made of them. Half of it may be there: it is made anew.
    id : str
        The column of labels: whole numbers or text, each once.
    size : int
        About so many units a part.

    Returns
    -------
    Partitioned

    Raises
    ------
    FileFormatError
        If `source` is no GeoParquet with shapes in WKB, or has no column `id`.
    AlignmentError
        If a label is missing or occurs twice.

    Examples
    --------
    >>> import geopandas as gpd, numpy as np, tempfile
    >>> at = np.arange(400)
    >>> grid = gpd.GeoDataFrame({"cell": at, "x": at % 7.0}, geometry=gpd.points_from_xy(at % 20, at // 20), crs=32650)
    >>> folder = tempfile.mkdtemp()
    >>> grid.to_parquet(folder + "/grid.parquet")
    >>> partition(folder + "/grid.parquet", folder + "/parts", id="cell", size=100).counts.tolist()
    [100, 100, 100, 100]
    """
    size = whole(size, "size", least=2)
    read = _Source(path_of(source, "source"), id)
    target = path_of(folder, "folder")
    target.mkdir(parents=True, exist_ok=True)
    (target / _LAYOUT).unlink(missing_ok=True)  # without it the folder is not taken for whole
    cuts = _cuts(_sample(read), max(0, int(np.ceil(np.log2(max(read.n / size, 1))))))
    counts, boxes = _give_out(read, cuts, target)
    _write_ranks(target, id, counts)
    columns = [name for name in read.columns if name not in (id, read.geometry)]
    told = {"id": id, "geometry": read.geometry, "columns": columns, "counts": counts.tolist(), "boxes": boxes.tolist()}
    replace_text(target / _LAYOUT, json.dumps(told))
    return open_parts(target)


@public
def open_parts(folder: str | PathLike[str]) -> Partitioned:
    """The parts that `partition` has put into `folder`.

    Parameters
    ----------
    folder : path

    Returns
    -------
    Partitioned

    Raises
    ------
    FileFormatError
        If the parts are not there, or not whole.

    Examples
    --------
    >>> open_parts("no such folder")
    Traceback (most recent call last):
    gbaspatial.errors.FileFormatError: no such folder holds no whole set of parts; make it with ...
    """
    place = path_of(folder, "folder")
    try:
        told = json.loads((place / _LAYOUT).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        raise FileFormatError(f"{place} holds no whole set of parts; make it with gba.partitions.partition.") from None
    return Partitioned(
        place, told["id"], told["geometry"], tuple(told["columns"]), np.array(told["counts"]), np.array(told["boxes"])
    )


class _Source:
    """A GeoParquet file that is read some rows at a time."""

    def __init__(self, path: Path, id: str) -> None:
        self._parquet = import_extra("pyarrow.parquet", extra="parquet")
        self.path, self.id = path, id
        try:
            self.file = self._parquet.ParquetFile(path)
            told = json.loads((self.file.schema_arrow.metadata or {})[b"geo"])
            self.geometry = told["primary_column"]
            self.about = told["columns"][self.geometry]
        except (OSError, KeyError, ValueError) as error:
            raise FileFormatError(f"{path} is no GeoParquet file: {error}; write it with to_parquet().") from error
        if self.about["encoding"] != "WKB":
            raise FileFormatError(f"{path} holds shapes as {self.about['encoding']}; write them as WKB.")
        if id not in self.columns:
            raise FileFormatError(f"{path} has no column {id!r}; it has {some(self.columns)}.")

    @property
    def n(self) -> int:
        """Number of units in the file."""
        return int(self.file.metadata.num_rows)

    @cached_property
    def columns(self) -> list[str]:
        """Names of all columns, that of the shapes among them."""
        return list(self.file.schema_arrow.names)

    @cached_property
    def schema(self) -> pa.Schema:
        """Of the parts: without what is true of the whole file only, its extent and the index of its rows."""
        schema = self.file.schema_arrow
        told = json.loads(schema.metadata[b"geo"])
        told["columns"][self.geometry].pop("bbox", None)
        return schema.with_metadata({b"geo": json.dumps(told).encode()})

    def tables(self, columns: list[str] | None = None) -> Iterator[tuple[pa.Table, np.ndarray, np.ndarray]]:
        """Arrow tables of some rows each, and the centers (m, 2) of their shapes."""
        import pyarrow as pa

        for batch in self.file.iter_batches(_ROWS, columns=columns):
            shapes = shapely.from_wkb(batch.column(self.geometry).to_numpy(zero_copy_only=False))
            box = shapely.bounds(shapes)
            yield pa.Table.from_batches([batch]), (box[:, :2] + box[:, 2:]) / 2, box


def _sample(source: _Source) -> np.ndarray:
    """Every so many of the centers, which stand for all."""
    step, first, parts = max(1, source.n // _SAMPLE), 0, []
    for _, centers, _ in source.tables([source.geometry]):
        if not np.isfinite(centers).all():
            bad = int(np.flatnonzero(~np.isfinite(centers).all(axis=1))[0])
            raise DataError(f"row {first + bad} of {source.path} has no shape, or one without an extent; leave it out.")
        parts.append(centers[(-first) % step :: step])
        first += len(centers)
    return np.concatenate(parts) if parts else np.empty((0, 2))


def _cuts(sample: np.ndarray, depth: int) -> list[np.ndarray]:
    """By depth: the coordinate of the cut, and along which axis, for each cell (2^depth, 2) of that depth."""
    cells, found = [sample], []
    for _ in range(depth):
        rows, halves = [], []
        for cell in cells:
            axis = int(np.argmax(np.ptp(cell, axis=0))) if len(cell) else 0
            cut = float(np.median(cell[:, axis])) if len(cell) else 0.0
            rows.append((cut, axis))
            halves += [cell[cell[:, axis] <= cut], cell[cell[:, axis] > cut]]
        found.append(np.array(rows))
        cells = halves
    return found


def _cell_of(cuts: list[np.ndarray], centers: np.ndarray) -> np.ndarray:
    """The cell (m,) that each center lies in."""
    cell = np.zeros(len(centers), dtype=np.int64)
    for level in cuts:
        cut, axis = level[cell, 0], level[cell, 1].astype(int)
        cell = 2 * cell + (centers[np.arange(len(centers)), axis] > cut)
    return cell


def _give_out(source: _Source, cuts: list[np.ndarray], folder: Path) -> tuple[np.ndarray, np.ndarray]:
    """Write each row to the file of its cell; the counts and boxes of the cells that have units."""
    import pyarrow as pa

    parts = 2 ** len(cuts)
    counts, boxes = np.zeros(parts, dtype=np.int64), np.tile([np.inf, np.inf, -np.inf, -np.inf], (parts, 1))
    schema = source.schema
    paths = [folder / f"cell-{cell}.parquet" for cell in range(parts)]
    writers = [source._parquet.ParquetWriter(path, schema) for path in paths]
    held: list[list[pa.Table]] = [[] for _ in paths]
    for table, centers, box in track(source.tables(), "rows", total=-(-source.n // _ROWS)):
        cell = _cell_of(cuts, centers)
        for part in np.unique(cell):
            inside = cell == part
            counts[part] += inside.sum()
            boxes[part, :2] = np.minimum(boxes[part, :2], box[inside, :2].min(axis=0))
            boxes[part, 2:] = np.maximum(boxes[part, 2:], box[inside, 2:].max(axis=0))
            held[part].append(table.filter(pa.array(inside)))
            if sum(map(len, held[part])) >= _ROWS:
                writers[part].write_table(pa.concat_tables(held[part]).cast(schema))
                held[part] = []
    for part, writer in enumerate(writers):
        if held[part]:
            writer.write_table(pa.concat_tables(held[part]).cast(schema))
        writer.close()
    there = np.flatnonzero(counts)
    for number, part in enumerate(there):
        paths[part].replace(folder / f"part-{number:05d}.parquet")
    for part in np.flatnonzero(counts == 0):
        paths[part].unlink()
    return counts[there], boxes[there]


def _write_ranks(folder: Path, id: str, counts: np.ndarray) -> None:
    """For each part a file that says where its units stand among the sorted labels."""
    import pyarrow as pa
    import pyarrow.compute as pc
    import pyarrow.parquet as pq

    found = [pq.read_table(folder / f"part-{part:05d}.parquet", columns=[id]).column(id) for part in range(len(counts))]
    labels = pa.chunked_array([chunk for column in found for chunk in column.chunks])
    if labels.null_count:
        raise AlignmentError(f"{labels.null_count} units have no label in {id!r}; give each one.")
    order = pc.sort_indices(labels).to_numpy()
    ordered = labels.take(pa.array(order))
    twice = pc.equal(ordered[1:], ordered[:-1]).to_numpy()
    if twice.any():
        again = ordered.take(pa.array(np.flatnonzero(twice)[:5])).to_pylist()
        raise AlignmentError(f"labels in {id!r} occur more than once: {some(again)}; give each unit one of its own.")
    ranks = np.empty(len(order), dtype=np.int64)
    ranks[order] = np.arange(len(order))
    for part, own in enumerate(np.split(ranks, np.cumsum(counts)[:-1])):
        _save(folder / f"part-{part:05d}.ranks.npy", own)


def _values(parts: Partitioned, column: str) -> np.ndarray:
    import pyarrow.parquet as pq

    if column not in parts.columns:
        raise UnknownNameError(f"there is no column {column!r} in these parts. {nearest_names(column, parts.columns)}")
    path = parts.folder / f"values-{parts.columns.index(column):03d}.npy"
    if not path.exists():
        whole_column = np.empty(parts.n)
        for number in range(parts.n_parts):
            table = pq.read_table(parts.folder / f"part-{number:05d}.parquet", columns=[parts.id, column])
            try:
                own = table.column(column).to_numpy().astype(float)
            except (TypeError, ValueError):
                raise DataError(f"{column} holds {table.column(column).type}, which is no number.") from None
            if not np.isfinite(own).all():
                bad = table.column(parts.id).to_numpy()[~np.isfinite(own)]
                raise MissingDataError(f"{column} is missing or infinite for {some(bad.tolist())}; leave these out.")
            whole_column[parts.ranks(number)] = own
        _save(path, whole_column)
    return np.asarray(np.load(path, mmap_mode="r"))


def _save(path: Path, values: np.ndarray) -> None:
    def _write(half: Path) -> None:
        with half.open("wb") as file:
            np.save(file, values)

    replace_file(path, _write)
