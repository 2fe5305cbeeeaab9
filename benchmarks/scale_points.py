"""Points that need not fit in memory: written as row groups, cut into parts, joined with neighbors, tested.

python benchmarks/scale_points.py 10000000      # CPU seconds and peak memory of each step
"""

from __future__ import annotations

import json
import resource
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pyproj
import shapely

import gbaspatial as gba

_ROWS = 500_000


def write_points(n: int, path: Path) -> Path:
    """`n` random points of a region of 80 by 60 km with a rent that rises to the east, as GeoParquet."""
    shapes = {"encoding": "WKB", "geometry_types": ["Point"], "crs": json.loads(pyproj.CRS(32649).to_json())}
    told = {"version": "1.0.0", "primary_column": "geometry", "columns": {"geometry": shapes}}
    schema = pa.schema({"shop": pa.int64(), "rent": pa.float64(), "geometry": pa.binary()})
    schema = schema.with_metadata({b"geo": json.dumps(told).encode()})
    with pq.ParquetWriter(path, schema) as writer:
        for block, start in enumerate(range(0, n, _ROWS)):
            rng, rows = np.random.default_rng([3, block]), min(_ROWS, n - start)
            xy = rng.uniform(0, 1, (rows, 2)) * [80_000, 60_000] + [500_000, 2_450_000]
            rent = rng.gamma(2, size=rows) + xy[:, 0] / 3e4
            columns = [np.arange(start, start + rows), rent, shapely.to_wkb(shapely.points(xy))]
            writer.write_table(pa.table([pa.array(column) for column in columns], schema=schema))
    return path


def in_parts(n: int, folder: Path, tell: Callable[[str, Callable[[], Any]], Any] | None = None) -> Any:
    """Units by class of local Moran with 999 permutations and six nearest neighbors."""
    step = tell or (lambda _, work: work())
    source = step("write", lambda: write_points(n, folder / "points.parquet"))
    parts = step("partition", lambda: gba.partitions.partition(source, folder / "parts", id="shop"))
    w = step("nearest", lambda: gba.partitions.nearest(parts, k=6))
    found = folder / "lisa.parquet"
    return step("local_moran", lambda: gba.partitions.local_moran(w, "rent", found, draws=999, rng=1))


def _told(what: str, work: Callable[[], Any]) -> Any:
    start = time.process_time()
    result = work()
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
    print(json.dumps({"step": what, "cpu_seconds": round(time.process_time() - start, 2), "peak_gib": round(peak, 2)}))
    return result


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as place:
        print(in_parts(int(sys.argv[1]), Path(place), _told).to_dict())
