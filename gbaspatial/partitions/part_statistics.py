"""Lags and local statistics part by part, to one Parquet file each, with the numbers of the whole layer.

What a part needs of the others are the values of its units' neighbors, the moments of all values, and the values of
the units that are drawn, which all units share: a few thousand, whatever n is.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from os import PathLike
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd
from scipy import sparse

from gbaspatial.errors import DataError
from gbaspatial.inference.conditional import LocalSums, Totals, counted, shared_draws, targets
from gbaspatial.inference.local_exact import equal_rows
from gbaspatial.inference.null import check_draws, monte_carlo_p, p_from_tails
from gbaspatial.options import path_of, probability, public
from gbaspatial.partitions.halos import PartitionedWeights
from gbaspatial.progress import shows_progress
from gbaspatial.randomness import Rng, seed_of
from gbaspatial.repeated.blocks import map_blocks
from gbaspatial.writing import replace_file


class Drawn(NamedTuple):
    """What all parts share: deviations of all units, their moments, the units drawn, and the level of classes."""

    file: Path
    mean: float
    totals: Totals
    scale: float
    extreme: int
    lists: np.ndarray
    seed: int
    alpha: float


@public
def lag(w: PartitionedWeights, column: str, path: str | PathLike[str]) -> Path:
    """The spatial lag of a column, written as Parquet, a row group a part.

    Parameters
    ----------
    w : PartitionedWeights
    column : str
    path : path
        Gets the labels, and ``lag``: zero for units without neighbors.

    Returns
    -------
    pathlib.Path

    Examples
    --------
    >>> import geopandas as gpd, shapely, tempfile, gbaspatial as gba
    >>> at, folder = np.arange(400), tempfile.mkdtemp()
    >>> corners = 500_000 + at % 20, 2_500_000 + at // 20
    >>> cells = shapely.box(*corners, corners[0] + 1, corners[1] + 1)
    >>> grid = gpd.GeoDataFrame({"cell": at, "x": at % 7.0}, geometry=cells, crs=32650)
    >>> grid.to_parquet(folder + "/grid.parquet")
    >>> parts = gba.partitions.partition(folder + "/grid.parquet", folder, id="cell", size=100)
    >>> pd.read_parquet(lag(gba.partitions.nearest(parts, k=4), "x", folder + "/lag.parquet")).columns.tolist()
    ['cell', 'lag']
    """
    w.parts.values(column)
    target = path_of(path)
    _gathered(w, partial(_lag_of, w, column), f"lag-{w.recipe}-{column}", target)
    return target


@shows_progress
@public
def local_moran(
    w: PartitionedWeights,
    column: str,
    path: str | PathLike[str],
    *,
    draws: int = 999,
    rng: Rng = 0,
    alpha: float = 0.05,
    progress: bool | None = None,
) -> pd.Series:
    """Local Moran of a column by conditional permutation, written as Parquet, a row group a part.

    Parameters
    ----------
    w : PartitionedWeights
    column : str
    path : path
        Gets the labels, ``statistic``, ``expected``, ``variance``, ``z``, the two-sided ``p_value``, and ``cluster``
        at `alpha`, for one unit as for all: those that `gba.autocorrelation.local_moran` gives for the whole layer.
    draws : int
        Random lists of units, shared by all units.
    rng : int, Generator or None
    alpha : float
        Level of the classes, not adjusted for the number of units.
    progress : bool, optional
        True tells on standard error how far work over two seconds has come, False never; by default on a terminal.

    Returns
    -------
    pandas.Series
        Units by class.

    Raises
    ------
    DataError
        If all values are the same.

    Examples
    --------
    >>> import geopandas as gpd, shapely, tempfile, gbaspatial as gba
    >>> at, folder = np.arange(400), tempfile.mkdtemp()
    >>> corners = 500_000 + at % 20, 2_500_000 + at // 20
    >>> cells = shapely.box(*corners, corners[0] + 1, corners[1] + 1)
    >>> grid = gpd.GeoDataFrame({"cell": at, "x": at % 7.0}, geometry=cells, crs=32650)
    >>> grid.to_parquet(folder + "/grid.parquet")
    >>> parts = gba.partitions.partition(folder + "/grid.parquet", folder, id="cell", size=100)
    >>> w = gba.partitions.contiguity(parts)
    >>> int(local_moran(w, "x", folder + "/lisa.parquet", draws=99, rng=1).sum())
    400
    """
    probability(alpha, "alpha")
    values = w.parts.values(column)
    y = np.asarray(values)
    if y.min() == y.max():
        raise DataError(f"{column!r} has one value in all {len(y):,} units, so that there is nothing to test.")
    seed, mean = seed_of(rng), float(y.mean())
    z = y - mean
    lists = shared_draws(len(y), min(len(y), w.most + 1), check_draws(draws), seed)
    file = w.parts.folder / f"values-{w.parts.columns.index(column):03d}.npy"
    square = float(z @ z)
    totals = Totals(len(y), np.array([z.mean()]), np.array([[float((z - z.mean()) @ (z - z.mean()))]]))
    shared = Drawn(file, mean, totals, len(y) / square, int(np.abs(z).argmax()), lists, seed, alpha)
    name = f"moran-{w.recipe}-{w.row_standardized:d}-{column}-{draws}-{seed}-{alpha:g}"
    told = _gathered(w, partial(_moran_of, w, shared), name, path_of(path))
    return pd.DataFrame(told).sum().astype(int).rename_axis("cluster").rename("units")


def _lag_of(w: PartitionedWeights, column: str, part: int) -> tuple[pd.DataFrame, dict[str, int]]:
    starts, neighbors, weights = w.rows(part)
    values = w.parts.values(column)
    near = sparse.csr_array((weights, np.arange(len(weights)), starts), shape=(len(starts) - 1, len(weights)))
    return pd.DataFrame({"lag": near @ np.asarray(values[neighbors])}), {}


def _moran_of(w: PartitionedWeights, shared: Drawn, part: int) -> tuple[pd.DataFrame, dict[str, int]]:
    starts, neighbors, weights = w.rows(part)
    own = w.parts.ranks(part)
    known = np.unique(np.concatenate([own, neighbors, shared.lists.ravel(), [shared.extreme]]))
    place = np.searchsorted(known, own)
    z = np.asarray(np.load(shared.file, mmap_mode="r")[known]) - shared.mean
    W = _embedded(len(known), place, starts, np.searchsorted(known, neighbors), weights)
    sums = LocalSums(W, z[None, :], (shared.scale * z)[None, :])
    equal, linked = equal_rows(W), np.zeros(len(known), dtype=bool)
    linked[place] = np.diff(starts) > 0
    lists = np.searchsorted(known, shared.lists)
    more, fewer = counted(sums, targets(sums, equal), (linked & equal, linked & ~equal), lists)
    mean, variance = sums.moments(shared.totals)
    upper, lower = monte_carlo_p(more[place], len(lists)), monte_carlo_p(fewer[place], len(lists))
    p = np.where(linked[place], p_from_tails(upper, lower, "two-sided"), np.nan)
    near = W @ z
    high, alike = z[place] > 0, near[place] > 0
    classes = np.where(high, np.where(alike, "HH", "HL"), np.where(alike, "LH", "LL"))
    cluster = np.where(p <= shared.alpha, classes, "not significant")
    cluster = np.where(linked[place], cluster, "isolate")
    expected, spread = (np.where(linked[place], part[place], np.nan) for part in (mean, variance))
    statistic = np.where(linked[place], sums.observed[place], np.nan)
    with np.errstate(divide="ignore", invalid="ignore"):
        score = (statistic - expected) / np.sqrt(spread)
    frame = pd.DataFrame({"statistic": statistic, "expected": expected, "variance": spread, "z": score, "p_value": p})
    return frame.assign(cluster=cluster), dict(zip(*np.unique(cluster, return_counts=True), strict=True))


def _embedded(
    n: int, place: np.ndarray, starts: np.ndarray, columns: np.ndarray, weights: np.ndarray
) -> sparse.csr_array:
    """Rows of a part as those of a square W (n, n) of all units that it needs to know."""
    rows = np.repeat(place, np.diff(starts))
    return sparse.csr_array((weights, (rows, columns)), shape=(n, n))


Made = Callable[[int], tuple[pd.DataFrame, dict[str, int]]]


def _gathered(w: PartitionedWeights, make: Made, name: str, path: Path) -> list[dict[str, int]]:
    """Make the rows of each part, in files that stay until all are there, and join these as one Parquet file."""
    import pyarrow.parquet as pq

    folder = w.parts.folder / f"made-{name}"
    folder.mkdir(exist_ok=True)
    files = [folder / f"made-{part:05d}.parquet" for part in range(w.parts.n_parts)]
    told = list(map_blocks(partial(_made, w, make, folder), range(w.parts.n_parts), "parts"))

    def _write(half: Path) -> None:
        with pq.ParquetWriter(half, pq.read_schema(files[0])) as writer:
            for file in files:
                writer.write_table(pq.read_table(file))

    replace_file(path, _write)
    for file in files:
        file.unlink()
    folder.rmdir()
    return told


def _made(w: PartitionedWeights, make: Made, folder: Path, part: int) -> dict[str, int]:
    """Write what `make` gives of a part, with its labels, unless it is there; how many units are of each class."""
    import pyarrow.parquet as pq

    path = folder / f"made-{part:05d}.parquet"
    if path.exists():
        table = pq.read_table(path)
        return table.column("cluster").to_pandas().value_counts().to_dict() if "cluster" in table.column_names else {}
    frame, told = make(part)
    labels = pq.read_table(w.parts.folder / f"part-{part:05d}.parquet", columns=[w.parts.id]).column(0).to_pandas()
    frame.insert(0, w.parts.id, labels.to_numpy())
    replace_file(path, lambda half: frame.to_parquet(half, index=False))
    return told
