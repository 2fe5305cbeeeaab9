"""W of a layer in parts: the neighbors of a part's own units, found among these and what lies around them.

The halo of a part is taken from the parts whose boxes come near enough that no neighbor can be missed: for a band its
threshold; for k nearest units the distance within which the part itself has k; for touching polygons their boxes.
Ties between equal distances fall to the smaller label, so that the links are those of the whole layer.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import numpy as np
from scipy import sparse

from gbaspatial.errors import GbaWarning, OptionError
from gbaspatial.geography.crs import metres_per_unit
from gbaspatial.geography.places import places_of
from gbaspatial.geography.search import nearest_places, pairs_within
from gbaspatial.options import number, path_of, public, public_methods, whole, word
from gbaspatial.partitions.layout import Partitioned, open_parts
from gbaspatial.repeated.blocks import map_blocks
from gbaspatial.weights.contiguity import touching
from gbaspatial.writing import replace_file

if TYPE_CHECKING:
    import geopandas as gpd
    import pyproj

Find = Callable[["gpd.GeoSeries"], sparse.csr_array]  # of own units and halo: W, one where there is a link


@public_methods
@dataclass(frozen=True, eq=False)
class PartitionedWeights:
    """W of a layer in parts, a file for each part's rows.

    Attributes
    ----------
    parts : Partitioned
    folder : pathlib.Path
    recipe : str
    row_standardized : bool
        Whether weights of a row sum to one, as they are used; the files hold ones.
    n_links, n_islands, most : int
        Links, units without neighbors, and the most neighbors of a unit.
    """

    parts: Partitioned
    folder: Path
    recipe: str
    row_standardized: bool
    n_links: int
    n_islands: int
    most: int

    def rows(self, part: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """The rows of W of one part, units numbered by the order of all labels.

        Parameters
        ----------
        part : int
            From zero.

        Returns
        -------
        starts : numpy.ndarray of int, shape (m + 1,)
            Where the links of each of the part's m units start.
        neighbors : numpy.ndarray of int, shape (links,)
            Ascending within a unit.
        weights : numpy.ndarray, shape (links,)
        """
        with np.load(_file(self.folder, part)) as held:
            starts, neighbors = held["starts"], held["neighbors"]
        counts = np.diff(starts)
        weight = 1.0 / np.maximum(counts, 1) if self.row_standardized else np.ones(len(counts))
        return starts, neighbors, np.repeat(weight, counts)

    def to_parquet(self, path: str | PathLike[str]) -> Path:
        """Write the links as a table of focal, neighbor and weight, a row group for each part.

        Parameters
        ----------
        path : path

        Returns
        -------
        pathlib.Path
        """
        return replace_file(path_of(path), partial(_write_links, self))

    def __repr__(self) -> str:
        return f"<PartitionedWeights: {self.parts.n:,} units, {self.n_links:,} links; {self.recipe}>"


@public
def nearest(parts: Partitioned, *, k: int, row_standardized: bool = True) -> PartitionedWeights:
    """The k nearest units of each unit, by planar distance.

    Parameters
    ----------
    parts : Partitioned
        In a projected CRS that is true to length where the units are.
    k : int
    row_standardized : bool

    Returns
    -------
    PartitionedWeights
        With the links that ``gba.weights.nearest(units, k=k, metric="planar")`` has.

    Raises
    ------
    OptionError
        If there are not more than `k` units.
    CRSError
        If the CRS is in degrees, or not true to length.

    Examples
    --------
    >>> import geopandas as gpd, shapely, tempfile, gbaspatial as gba
    >>> at, folder = np.arange(400), tempfile.mkdtemp()
    >>> corners = 500_000 + at % 20, 2_500_000 + at // 20
    >>> cells = shapely.box(*corners, corners[0] + 1, corners[1] + 1)
    >>> grid = gpd.GeoDataFrame({"cell": at, "x": at % 7.0}, geometry=cells, crs=32650)
    >>> grid.to_parquet(folder + "/grid.parquet")
    >>> parts = gba.partitions.partition(folder + "/grid.parquet", folder, id="cell", size=100)
    >>> nearest(parts, k=4).n_links
    1600
    """
    k = whole(k, "k", least=1)
    if k >= parts.n:
        raise OptionError(f"k={k} neighbors cannot be had from {parts.n} units; use a smaller k.")
    return _built(parts, f"nearest-{k}", partial(_near, parts, k), partial(_of_k, k), row_standardized)


@public
def distance_band(parts: Partitioned, *, threshold_km: float, row_standardized: bool = True) -> PartitionedWeights:
    """All units within a threshold, by planar distance.

    Parameters
    ----------
    parts : Partitioned
        In a projected CRS that is true to length where the units are.
    threshold_km : float
        Inclusive.
    row_standardized : bool

    Returns
    -------
    PartitionedWeights
        With the links that ``gba.weights.distance_band(units, threshold_km=threshold_km, metric="planar")`` has.

    Raises
    ------
    CRSError
        If the CRS is in degrees, or not true to length.

    Examples
    --------
    >>> import geopandas as gpd, shapely, tempfile, gbaspatial as gba
    >>> at, folder = np.arange(400), tempfile.mkdtemp()
    >>> corners = 500_000 + at % 20, 2_500_000 + at // 20
    >>> cells = shapely.box(*corners, corners[0] + 1, corners[1] + 1)
    >>> grid = gpd.GeoDataFrame({"cell": at, "x": at % 7.0}, geometry=cells, crs=32650)
    >>> grid.to_parquet(folder + "/grid.parquet")
    >>> parts = gba.partitions.partition(folder + "/grid.parquet", folder, id="cell", size=100)
    >>> distance_band(parts, threshold_km=0.0012).n_links
    1520
    """
    reach = number(threshold_km, "threshold_km", least=0)
    around = partial(_within, parts, reach)
    return _built(parts, f"band-{reach:g}", around, partial(_of_band, reach), row_standardized)


@public
def contiguity(
    parts: Partitioned, *, criterion: Literal["queen", "rook"] = "queen", row_standardized: bool = True
) -> PartitionedWeights:
    """Polygons that touch; whether a layer is clean is seen part by part.

    Parameters
    ----------
    parts : Partitioned
        Of polygons.
    criterion : {"queen", "rook"}
        A common corner, or a common edge.
    row_standardized : bool

    Returns
    -------
    PartitionedWeights

    Examples
    --------
    >>> import geopandas as gpd, shapely, tempfile, gbaspatial as gba
    >>> at, folder = np.arange(400), tempfile.mkdtemp()
    >>> corners = 500_000 + at % 20, 2_500_000 + at // 20
    >>> cells = shapely.box(*corners, corners[0] + 1, corners[1] + 1)
    >>> grid = gpd.GeoDataFrame({"cell": at, "x": at % 7.0}, geometry=cells, crs=32650)
    >>> grid.to_parquet(folder + "/grid.parquet")
    >>> parts = gba.partitions.partition(folder + "/grid.parquet", folder, id="cell", size=100)
    >>> contiguity(parts, criterion="rook").n_links
    1520
    """
    word(criterion, ("queen", "rook"), "criterion")
    return _built(parts, criterion, partial(_boxes_met, parts), partial(_touching, criterion), row_standardized)


def _built(
    parts: Partitioned, name: str, around: Callable[..., gpd.GeoSeries], find: Find, row_standardized: bool
) -> PartitionedWeights:
    folder = parts.folder / f"links-{name}"
    folder.mkdir(exist_ok=True)
    work = partial(_rows_of, parts.folder, folder, around, find)
    told = list(map_blocks(work, range(parts.n_parts), "parts"))
    links, islands, most = np.array(told).T
    return PartitionedWeights(
        parts, folder, name, row_standardized, int(links.sum()), int(islands.sum()), int(most.max())
    )


def _file(folder: Path, part: int) -> Path:
    return folder / f"rows-{part:05d}.npz"


def _rows_of(
    place: Path, folder: Path, around: Callable[..., gpd.GeoSeries], find: Find, part: int
) -> tuple[int, int, int]:
    """Find and write the rows of one part, unless they are there; its links, islands and most neighbors."""
    path = _file(folder, part)
    if path.exists():
        with np.load(path) as held:
            counts = np.diff(held["starts"])
        return int(counts.sum()), int((counts == 0).sum()), int(counts.max())
    parts = open_parts(place)
    shapes, ranks, own = _with_halo(parts, part, around)
    W = find(shapes)[:own]
    rows = np.repeat(np.arange(own), np.diff(W.indptr))
    neighbors = ranks[W.indices]
    order = np.lexsort([neighbors, rows])
    counts = np.diff(W.indptr)

    def _write(half: Path) -> None:
        with half.open("wb") as file:
            np.savez(file, starts=W.indptr.astype(np.int64), neighbors=neighbors[order])

    replace_file(path, _write)
    return int(counts.sum()), int((counts == 0).sum()), int(counts.max())


def _with_halo(
    parts: Partitioned, part: int, around: Callable[..., gpd.GeoSeries]
) -> tuple[gpd.GeoSeries, np.ndarray, int]:
    """Shapes of the part's own units and, behind them, of its halo, by rank; the ranks; how many are its own."""
    import geopandas as gpd
    import pandas as pd

    shapes = [_shapes(parts, part)]
    least = around(shapes[0], part)
    for other in range(parts.n_parts):
        if other != part and _meet(parts.boxes[other], least):
            found = _shapes(parts, other)
            shapes.append(found[_meet(found.bounds.to_numpy(), least)])
    joined = gpd.GeoSeries(pd.concat(shapes))
    return joined, joined.index.to_numpy(), len(shapes[0])


def _shapes(parts: Partitioned, part: int) -> gpd.GeoSeries:
    import geopandas as gpd

    path = parts.folder / f"part-{part:05d}.parquet"
    shapes = gpd.read_parquet(path, columns=[parts.geometry]).geometry
    return gpd.GeoSeries(shapes.to_numpy(), index=parts.ranks(part), crs=shapes.crs)


def _meet(box: np.ndarray, other: np.ndarray) -> np.ndarray:
    """Whether boxes (4,) or (m, 4) and one other have a point in common."""
    box = np.asarray(box)
    return (box[..., 0] <= other[2]) & (box[..., 2] >= other[0]) & (box[..., 1] <= other[3]) & (box[..., 3] >= other[1])


def _widened(box: np.ndarray, by: float) -> np.ndarray:
    return np.asarray(box) + np.array([-by, -by, by, by])


_SLACK = 1 + 1e-9


def _within(parts: Partitioned, reach_km: float, own: gpd.GeoSeries, part: int) -> np.ndarray:
    return _widened(parts.boxes[part], reach_km * 1000 / metres_per_unit(places_crs(own)) * _SLACK)


def places_crs(shapes: gpd.GeoSeries) -> pyproj.CRS:
    """The CRS of `shapes`, if distances in it are true."""
    from gbaspatial.geography.true_length import require_metric

    return require_metric(shapes, "layer in parts", instead="project it to a national grid or a UTM zone")


def _near(parts: Partitioned, k: int, own: gpd.GeoSeries, part: int) -> np.ndarray:
    """The box around a part that holds the k nearest of its units: each has k within, so near that none is beyond."""
    scale = metres_per_unit(places_crs(own)) / 1000
    box = parts.boxes[part]
    if len(own) <= k:
        return np.array([-np.inf, -np.inf, np.inf, np.inf])
    xy = own.representative_point().get_coordinates().to_numpy()
    reach = nearest_places(places_of(own, "planar"), k)[1][:, -1] / scale
    edge = np.minimum(xy - box[:2], box[2:] - xy).min(axis=1)
    return _widened(box, max(0.0, float((reach - edge).max())) * _SLACK)


def _boxes_met(parts: Partitioned, own: gpd.GeoSeries, part: int) -> np.ndarray:
    box = parts.boxes[part]
    return _widened(box, 1e-6 * float(max(box[2] - box[0], box[3] - box[1])))


def _of_k(k: int, shapes: gpd.GeoSeries) -> sparse.csr_array:
    columns, _ = nearest_places(places_of(shapes, "planar"), k)
    n = len(shapes)
    return sparse.csr_array((np.ones(columns.size), columns.ravel(), np.arange(n + 1) * k), shape=(n, n))


def _of_band(reach: float, shapes: gpd.GeoSeries) -> sparse.csr_array:
    i, j, _ = pairs_within(places_of(shapes, "planar"), reach, measured=False)
    n = len(shapes)
    half = sparse.csr_array((np.ones(len(i)), (i, j)), shape=(n, n))
    return sparse.csr_array(half + half.T)


def _touching(criterion: Literal["queen", "rook"], shapes: gpd.GeoSeries) -> sparse.csr_array:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", GbaWarning)  # of a halo, which has an edge where the layer has none
        _, half, _ = touching(shapes, criterion, None)
    return sparse.csr_array(half + half.T)


def _write_links(w: PartitionedWeights, path: Path) -> None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    labels, ranks = [], []
    for part in range(w.parts.n_parts):
        labels.append(pq.read_table(w.parts.folder / f"part-{part:05d}.parquet", columns=[w.parts.id]).column(0))
        ranks.append(w.parts.ranks(part))
    every = pa.chunked_array([chunk for column in labels for chunk in column.chunks])
    by_rank = every.take(pa.array(np.argsort(np.concatenate(ranks))))
    schema = pa.schema({"focal": every.type, "neighbor": every.type, "weight": pa.float64()})
    with pq.ParquetWriter(path, schema) as writer:
        for part in range(w.parts.n_parts):
            starts, neighbors, weights = w.rows(part)
            focal = np.repeat(ranks[part], np.diff(starts))
            columns = [by_rank.take(pa.array(focal)), by_rank.take(pa.array(neighbors)), pa.array(weights)]
            writer.write_table(pa.table(columns, schema=schema))
