"""Weights side by side with libpysal and pygeoda, in one run: ratios of time, and our peak memory.

    python benchmarks/weights.py                     # polygons and points up to 1e5
    python benchmarks/weights.py --polygons 10000 --points 11 10000 1000000
    python benchmarks/weights.py --memory 1000000    # 1e6 points, 8 neighbors, row-standardized: peak memory

pygeoda (and R's spdep through `Rscript`) are measured where they are installed. A ratio is the median
CPU time of the peer over ours; above one we are quicker.
"""

from __future__ import annotations

import argparse
import importlib.util
import resource
import shutil
import statistics
import subprocess
import tempfile
import time
import warnings
from collections.abc import Callable
from pathlib import Path

import geopandas as gpd
import numpy as np
import shapely
from scipy.spatial import Voronoi

from gbaspatial import weights as gw

PEERS = ("libpysal.graph", "libpysal.weights", "pygeoda", "spdep")


def cells(n: int) -> gpd.GeoSeries:
    """`n` Voronoi polygons with shared vertices, 1,000 km wide."""
    points = np.random.default_rng(1).random((n, 2))
    mirrored = [np.where(np.arange(2) == axis, 2 * side - points, points) for axis in (0, 1) for side in (0, 1)]
    diagram = Voronoi(np.vstack([points, *mirrored]))
    rings = [diagram.vertices[diagram.regions[diagram.point_region[i]]] * 1e6 for i in range(n)]
    return gpd.GeoSeries([shapely.Polygon(ring) for ring in rings], crs="EPSG:2326")


def detailed(n: int, between: int = 28) -> gpd.GeoSeries:
    """The same cells with `between` more vertices on each edge, bit-equal on both sides, as surveyed borders have."""
    t = np.arange(1, between + 1) / (between + 1)
    shapes = []
    for shape in cells(n):
        ring = shapely.get_coordinates(shape)
        start, end = ring[:-1], ring[1:]
        turned = (start[:, 0] > end[:, 0]) | ((start[:, 0] == end[:, 0]) & (start[:, 1] > end[:, 1]))
        low, high = np.where(turned[:, None], end, start), np.where(turned[:, None], start, end)
        along = (high - low)[:, None, :]
        wave = 0.01 * np.sin(3 * np.pi * t)[None, :, None] * along[..., ::-1] * [1, -1]
        inner = low[:, None, :] + t[None, :, None] * along + wave
        inner = np.where(turned[:, None, None], inner[:, ::-1], inner)
        shapes.append(shapely.Polygon(np.concatenate([start[:, None, :], inner], axis=1).reshape(-1, 2)))
    return gpd.GeoSeries(shapes, crs="EPSG:2326")


def unclean(n: int) -> gpd.GeoSeries:
    """The same cells, each vertex moved by round-off (20 micrometers) in each cell for itself."""
    layer, rng = cells(n), np.random.default_rng(3)
    rings = [shapely.get_coordinates(shape)[:-1] for shape in layer]
    return gpd.GeoSeries(
        [shapely.Polygon(ring + rng.uniform(-2e-5, 2e-5, ring.shape)) for ring in rings], crs=layer.crs
    )


def dots(n: int) -> gpd.GeoSeries:
    """`n` points in a square of 100 km."""
    xy = np.random.default_rng(2).random((n, 2)) * 1e5
    return gpd.GeoSeries.from_xy(*xy.T, crs="EPSG:2326")


def seconds(run: Callable[[], object], repeat: int) -> float:
    """Median CPU time of `repeat` runs after one to warm up (of the first, where that takes long).

    CPU time of all threads, because other programs do not disturb it.
    """
    times = []
    for _ in range(repeat + 1):
        start = time.process_time()
        run()
        times.append(time.process_time() - start)
        if times[0] > 5:
            return times[0]
    return statistics.median(times[1:])


def polygon_runs(layer: gpd.GeoSeries, precision: float = 0.0) -> dict[str, Callable[[], object]]:
    """Queen contiguity by everyone; pygeoda takes vertices closer than `precision` for the same."""
    from libpysal.graph import Graph
    from libpysal.weights import Queen

    runs: dict[str, Callable[[], object]] = {
        "gbaspatial": lambda: gw.contiguity(layer),
        "libpysal.graph": lambda: Graph.build_contiguity(layer, rook=False),
        "libpysal.weights": lambda: Queen.from_dataframe(
            gpd.GeoDataFrame(geometry=layer), use_index=True, silence_warnings=True
        ),
    }
    if importlib.util.find_spec("pygeoda"):
        import pygeoda

        opened = pygeoda.open(gpd.GeoDataFrame({"id": range(len(layer))}, geometry=layer.to_numpy(), crs=layer.crs))
        runs["pygeoda"] = lambda: pygeoda.queen_weights(opened, precision_threshold=precision)
    return runs


def point_runs(layer: gpd.GeoSeries, task: str) -> dict[str, Callable[[], object]]:
    """One of the tasks with points, in the plane (the peers have no geodesic ones), by everyone."""
    from libpysal.graph import Graph
    from libpysal.weights import KNN, DistanceBand, Kernel

    xy = shapely.get_coordinates(layer.to_numpy())
    far = 2_000 * np.sqrt(2e4 / max(len(layer), 11))
    if task == "8 nearest":
        runs: dict[str, Callable[[], object]] = {
            "gbaspatial": lambda: gw.nearest(layer, k=8, metric="planar"),
            "libpysal.graph": lambda: Graph.build_knn(layer, k=8),
            "libpysal.weights": lambda: KNN.from_array(xy, k=8, silence_warnings=True),
        }
    elif task == "distance band":
        runs = {
            "gbaspatial": lambda: gw.distance_band(layer, threshold_km=far / 1000, metric="planar"),
            "libpysal.graph": lambda: Graph.build_distance_band(layer, far),
            "libpysal.weights": lambda: DistanceBand.from_array(xy, far, silence_warnings=True),
        }
    else:
        runs = {
            "gbaspatial": lambda: gw.kernel(layer, bandwidth_km=far / 1000, metric="planar"),
            "libpysal.weights": lambda: Kernel(xy, bandwidth=far, k=30, function="triangular"),
        }
        if len(layer) <= 3_000:  # it fills a dense matrix
            runs["libpysal.graph"] = lambda: Graph.build_kernel(layer, kernel="triangular", bandwidth=far)
    if importlib.util.find_spec("pygeoda") and task != "kernel":
        import pygeoda

        opened = pygeoda.open(gpd.GeoDataFrame({"id": range(len(layer))}, geometry=layer.to_numpy(), crs=layer.crs))
        if task == "8 nearest":
            runs["pygeoda"] = lambda: pygeoda.knn_weights(opened, 8)
        else:
            runs["pygeoda"] = lambda: pygeoda.distance_weights(opened, far)
    return runs


def spdep_seconds(layer: gpd.GeoSeries, task: str) -> float | None:
    """The time that spdep takes, as R measures it; None where R or spdep is not installed."""
    if shutil.which("Rscript") is None:
        return None
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "layer.gpkg"
        layer.to_file(file)
        call = "poly2nb(x)" if task == "queen contiguity" else "knearneigh(sf::st_coordinates(x), 8)"
        code = f"library(spdep); x <- sf::st_read('{file}', quiet=TRUE); cat(system.time({call})[['elapsed']])"
        done = subprocess.run(["Rscript", "-e", code], capture_output=True, text=True, check=False)
        return float(done.stdout.split()[-1]) if done.returncode == 0 and done.stdout.split() else None


def measure(task: str, layer: gpd.GeoSeries, repeat: int) -> None:
    """One line of the table."""
    runs = polygon_runs(layer) if task == "queen contiguity" else point_runs(layer, task)
    taken = {name: seconds(run, repeat) for name, run in runs.items()}
    if task in ("queen contiguity", "8 nearest"):
        taken |= {name: t for name, t in [("spdep", spdep_seconds(layer, task))] if t is not None}
    ours = taken["gbaspatial"]
    ratios = [f"{taken[peer] / ours:>16.1f}" if peer in taken else f"{'-':>16}" for peer in PEERS]
    print(f"{task:<18}{len(layer):>10,}{ours:>10.4f}{''.join(ratios)}", flush=True)


def memory(n: int) -> None:
    """Peak memory of `n` geodesic points with 8 neighbors, built and row-standardized."""
    xy = np.random.default_rng(2).random((n, 2)) * [3, 2] + [112, 22]
    layer = gpd.GeoSeries.from_xy(*xy.T, crs="EPSG:4326")
    start = time.perf_counter()
    w = gw.nearest(layer, k=8).row_standardized()
    taken = time.perf_counter() - start
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
    print(f"{n:,} points, {w.n_links:,} links, geodesic, row-standardized: {taken:.1f} s, peak {peak:.2f} GiB")


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--polygons", type=int, nargs="*", default=[11, 1_000, 100_000])
    parser.add_argument("--points", type=int, nargs="*", default=[11, 1_000, 100_000])
    parser.add_argument("--repeat", type=int, default=3)
    parser.add_argument("--memory", type=int, help="only measure the peak memory for this many points")
    options = parser.parse_args()
    warnings.simplefilter("ignore")
    if options.memory:
        memory(options.memory)
        return
    print(f"{'task':<18}{'units':>10}{'ours, s':>10}{''.join(f'{peer:>16}' for peer in PEERS)}   (peer / ours)")
    for n in options.polygons:
        measure("queen contiguity", cells(n), options.repeat)
    for n in options.points:
        for task in ("8 nearest", "distance band", "kernel"):
            measure(task, dots(n), options.repeat)


if __name__ == "__main__":
    main()
