"""A small world for the map tests: a grid of squares, and the eight names that carry code."""

import geopandas as gpd
import numpy as np
from shapely import box

HOSTILE = (
    "<img src=x onerror=alert(1)>",
    "</script><script>alert(2)</script>",
    "${alert(3)}",
    "`+alert(4)+`",
    "\\`;alert(5);//\\",
    "{% raw %}{{ 7 * 7 }}",
    "{{{{#}}",
    "'\"><svg onload=alert(8)>\u2028alert(8)//&lt;img src=y onerror=alert(9)&gt;",
)


def grid_of(rows, columns, *, crs=4326, size=0.1, west=10.0, south=50.0, index=None):
    """`rows` times `columns` squares; far from the shipped layers, so that no background is drawn."""
    shapes = [
        box(west + size * c, south + size * r, west + size * (c + 1), south + size * (r + 1))
        for r in range(rows)
        for c in range(columns)
    ]
    labels = index if index is not None else [f"u{i}" for i in range(len(shapes))]
    units = gpd.GeoDataFrame({"x": np.arange(len(shapes), dtype=float)}, index=labels, geometry=shapes, crs=4326)
    return units if crs == 4326 else units.to_crs(crs)
