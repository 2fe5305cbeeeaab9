"""Is a layer fit for contiguity: invalid, empty, doubled, overlapping, gaping, slivered or shifted shapes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from gbaspatial import options
from gbaspatial.alignment import check_units
from gbaspatial.errors import GeometryError
from gbaspatial.geography.crs import require_crs
from gbaspatial.geography.datum import bd09_to_wgs84, gcj02_to_wgs84
from gbaspatial.geography.true_length import to_metric
from gbaspatial.options import public
from gbaspatial.results import Result, Table

if TYPE_CHECKING:
    import geopandas as gpd
    import pyproj
    from matplotlib.axes import Axes
    from shapely.geometry.base import BaseGeometry

    from gbaspatial.alignment import Label

KINDS = ("missing", "empty", "invalid", "duplicate", "overlap", "gap", "sliver", "shifted")
_COLUMNS = ["kind", "units", "area_km2", "width_m", "lon", "lat", "detail"]
_Row = tuple[str, list[Any], Any, str]


@dataclass(frozen=True, slots=True, eq=False)
class CoverageResult(Result):
    """Troubles of a layer.

    Parameters
    ----------
    troubles : GeoDataFrame
        One row each, in EPSG:4326: ``kind, units`` (names separated by semicolons),
        ``area_km2, width_m`` (twice the area over the perimeter), ``lon, lat`` (a point in
        it), ``detail, geometry`` (the overlap, the gap, the invalid shape).
    layer : GeoDataFrame
        The outlines that were checked.
    n : int
        Units checked.
    shift : str
        "none", "gcj02", "bd09", or "not checked" where the layer has no outline near the shipped one.
    outline_offset_m : float
        Median distance of the layer's outlines from the shipped ones; NaN if not checked.
    """

    troubles: gpd.GeoDataFrame
    layer: gpd.GeoSeries
    n: int
    shift: str
    outline_offset_m: float

    @property
    def ok(self) -> bool:
        """Whether nothing was found."""
        return self.troubles.empty

    def counts(self) -> pd.Series:
        """How many troubles of each kind."""
        return self.troubles["kind"].value_counts().reindex(list(KINDS), fill_value=0).rename("count")

    def tables(self) -> tuple[Table, ...]:
        """The troubles, then their number by kind."""
        shift = f"Outlines against the shipped ones: shift {self.shift}"
        offset = "" if np.isnan(self.outline_offset_m) else f", median distance {self.outline_offset_m:.0f} m"
        title = f"Coverage of {self.n} units: {'no trouble' if self.ok else f'{len(self.troubles)} troubles'}"
        return (
            Table(self.to_frame(), title, notes=(f"{shift}{offset}.",), formats={"lon": ".5f", "lat": ".5f"}),
            Table(self.counts().to_frame().rename_axis("kind"), "By kind"),
        )

    def to_frame(self) -> pd.DataFrame:
        """The troubles without their geometry."""
        return pd.DataFrame(self.troubles.drop(columns="geometry"))

    def to_gis(self) -> gpd.GeoDataFrame:
        """The troubles as a layer in EPSG:4326."""
        return self.troubles.copy()

    def plot(self, ax: Axes | None = None) -> Axes:
        """A map of the units with the troubles in color; small ones are circled."""
        from gbaspatial.figures.layer_troubles import coverage_map

        return coverage_map(self, ax=ax)


@public
def check_coverage(
    units: gpd.GeoDataFrame | gpd.GeoSeries,
    *,
    sliver_m: float = 50.0,
    smallest_m2: float = 1.0,
    shift: bool = True,
) -> CoverageResult:
    """Look for everything in a layer that makes contiguity wrong.

    Missing, empty and invalid geometry; the same geometry twice; pairs that overlap; gaps
    (holes of the union that at least two units surround) and open slits that part
    neighbors for longer than they touch. Overlaps and gaps thinner than `sliver_m` are
    called slivers. Where the layer has outlines near the bay area, they are compared
    with the shipped ones as they are, and with GCJ-02 and BD-09 undone: a much better
    match is reported as a suspected shift. Nothing is repaired.

    Parameters
    ----------
    units : GeoDataFrame or GeoSeries of polygons
    sliver_m : float
        Mean width in meters below which an overlap or gap is a sliver; slits open to the
        outside are found up to this width.
    smallest_m2 : float
        Overlaps and gaps smaller than this are rounding and passed over.
    shift : bool
        Whether to look for shifted coordinates.

    Returns
    -------
    CoverageResult

    Raises
    ------
    CRSError
        If the layer has no CRS.
    GeometryError
        If the layer has no polygon.

    Examples
    --------
    >>> import gbaspatial as gba
    >>> found = check_coverage(gba.load_cities(year=2019))
    >>> found.ok, found.shift
    (True, 'none')
    """
    require_crs(units)
    check_units(units.index, "units")
    sliver_m = options.number(sliver_m, "sliver_m", least=0)
    smallest_m2 = options.number(smallest_m2, "smallest_m2", least=0)
    shift = options.flag(shift, "shift")
    shapes = units.geometry
    usable = shapes[~(shapes.isna() | shapes.is_empty)]
    polygons = usable[usable.geom_type.isin(["Polygon", "MultiPolygon"])]
    if polygons.empty:
        raise GeometryError("the layer has no polygon; coverage can only be checked for areas.")
    metric = to_metric(usable)
    rows = _unit_troubles(shapes, metric)
    sound = metric[metric.geom_type.isin(["Polygon", "MultiPolygon"]) & metric.is_valid]
    rows += _duplicates(sound) + _overlaps(sound, sliver_m, smallest_m2) + _gaps(sound, sliver_m, smallest_m2)
    found, offset = _shift(polygons) if shift else ("not checked", float("nan"))
    if found in ("gcj02", "bd09"):
        text = f"outlines fit the shipped ones far better after undoing {found}; read it with crs={found!r}"
        rows.append(("shifted", [], None, text))
    return CoverageResult(_frame(rows, metric.crs, usable), usable.to_crs("EPSG:4326"), len(shapes), found, offset)


def _unit_troubles(shapes: gpd.GeoSeries, metric: gpd.GeoSeries) -> list[_Row]:
    import shapely

    rows: list[_Row] = [("missing", [label], None, "no geometry") for label in shapes.index[shapes.isna()]]
    rows += [("empty", [label], None, "empty geometry") for label in shapes.index[shapes.is_empty]]
    for label, shape in metric[~metric.is_valid].items():
        rows.append(("invalid", [label], shape, shapely.is_valid_reason(shape)))
    return rows


def _duplicates(shapes: gpd.GeoSeries) -> list[_Row]:
    groups: dict[bytes, list[Label]] = {}
    for label, shape in shapes.normalize().items():
        groups.setdefault(shape.wkb, []).append(label)
    return [
        ("duplicate", labels, shapes[labels[0]], "the same geometry") for labels in groups.values() if len(labels) > 1
    ]


def _width(shape: BaseGeometry) -> float:
    return 2 * shape.area / shape.length if shape.length else 0.0


def _overlaps(shapes: gpd.GeoSeries, sliver_m: float, smallest_m2: float) -> list[_Row]:
    import shapely

    geometry, labels = shapes.to_numpy(), shapes.index
    first, second = shapely.STRtree(geometry).query(geometry, predicate="intersects")
    pairs = first < second
    first, second = first[pairs], second[pairs]
    common = shapely.intersection(geometry[first], geometry[second])
    rows: list[_Row] = []
    for i, j, shape in zip(first, second, common, strict=True):
        if shape.area > smallest_m2 and not geometry[i].equals(geometry[j]):
            thin = _width(shape) < sliver_m
            rows.append(("sliver" if thin else "overlap", [labels[i], labels[j]], shape, "overlap"))
    return rows


def _gaps(shapes: gpd.GeoSeries, sliver_m: float, smallest_m2: float) -> list[_Row]:
    """Holes between units, and slits up to `sliver_m` wide that are open to the outside."""
    import shapely

    geometry, labels = shapes.to_numpy(), shapes.index
    union = shapely.union_all(geometry)
    holes = [shapely.Polygon(ring) for part in shapely.get_parts(union) for ring in part.interiors]
    slits: list[BaseGeometry] = []
    if sliver_m > 0:
        closed = shapely.make_valid(shapely.buffer(shapely.buffer(union, sliver_m / 2), -sliver_m / 2))
        filled = shapely.union_all([shapely.Polygon(part.exterior) for part in shapely.get_parts(union)])
        # on a grid of a millimeter: without one, overlay fails on nearly coincident edges
        left = shapely.difference(closed, shapely.make_valid(filled), grid_size=0.001)
        slits = [part for part in shapely.get_parts(left) if part.geom_type == "Polygon"]
    tree = shapely.STRtree(geometry)
    rows: list[_Row] = []
    for shape, is_hole in [*((h, True) for h in holes), *((s, False) for s in slits)]:
        if shape.area <= smallest_m2:
            continue
        # the closing leaves a hair between slit and unit
        around = sorted(tree.query(shape, predicate="dwithin", distance=0.01))
        if len(around) < 2:
            continue
        thin = _width(shape) < sliver_m
        detail = "gap" if is_hole else "slit open to the outside"
        if is_hole or _is_slit(shape, [geometry[i] for i in around], sliver_m):
            rows.append(("sliver" if thin else "gap", [labels[i] for i in around], shape, detail))
    return rows


def _is_slit(shape: BaseGeometry, around: list[BaseGeometry], sliver_m: float) -> bool:
    """Whether `shape` parts neighbors; a notch at the end of a longer common border does not."""
    import shapely

    length = shape.length / 2
    if length < 3 * sliver_m:
        return False
    common = max(shapely.intersection(a, b).length for i, a in enumerate(around) for b in around[i + 1 :])
    return bool(length > common)


def _shift(polygons: gpd.GeoSeries) -> tuple[str, float]:
    """Which shift, if undone, brings the outlines much nearer to the shipped ones, and the offset as it is (m)."""
    import geopandas as gpd
    import shapely

    from gbaspatial.data.files import layer

    shipped = layer("gba_districts").geometry
    mark = shipped.total_bounds
    lines = polygons.to_crs("EPSG:4326").boundary
    points = shapely.get_coordinates(shapely.segmentize(lines.to_numpy(), 0.005))
    inside = (points[:, 0] > mark[0]) & (points[:, 0] < mark[2]) & (points[:, 1] > mark[1]) & (points[:, 1] < mark[3])
    points = np.unique(points[inside], axis=0)
    if len(points) < 50:
        return "not checked", float("nan")
    points = points[:: max(1, len(points) // 4000)]
    outline = to_metric(shipped.boundary)
    tree = shapely.STRtree(shapely.get_parts(outline.to_numpy()))

    def _distances(coordinates: np.ndarray) -> np.ndarray:
        moved = gpd.GeoSeries(gpd.points_from_xy(*coordinates.T), crs="EPSG:4326").to_crs(outline.crs)
        return tree.query_nearest(moved.to_numpy(), return_distance=True, all_matches=False)[1]

    as_is = _distances(points)
    near = as_is < 3000  # inner lines of finer units have no counterpart
    if near.sum() < 50:
        return "not checked", float("nan")
    # the lower quartile: outlines that run through the sea in one layer and along the coast in the other do not count
    before = float(np.quantile(as_is[near], 0.25))
    after = {name: float(np.quantile(_distances(undo(points[near])), 0.25)) for name, undo in _UNDO.items()}
    best = min(after, key=after.__getitem__)
    shifted = before > 100 and after[best] < before / 2
    return (best if shifted else "none"), float(np.median(as_is[near]))


_UNDO = {"gcj02": gcj02_to_wgs84, "bd09": bd09_to_wgs84}


def _frame(rows: list[_Row], crs: pyproj.CRS | None, usable: gpd.GeoSeries) -> gpd.GeoDataFrame:
    import geopandas as gpd

    shapes = gpd.GeoSeries([shape for _, _, shape, _ in rows], crs=crs)
    frame = gpd.GeoDataFrame(
        {
            "kind": [kind for kind, _, _, _ in rows],
            "units": ["; ".join(str(label) for label in labels) for _, labels, _, _ in rows],
            "area_km2": [float("nan") if s is None else s.area / 1e6 for s in shapes],
            "width_m": [float("nan") if s is None else _width(s) for s in shapes],
            "detail": [detail for _, _, _, detail in rows],
        },
        geometry=shapes.to_crs("EPSG:4326"),
        crs="EPSG:4326",
    )
    bounds = usable.to_crs("EPSG:4326").total_bounds
    middle = ((bounds[0] + bounds[2]) / 2, (bounds[1] + bounds[3]) / 2)
    points = [
        (s.representative_point().x, s.representative_point().y) if s is not None else middle for s in frame.geometry
    ]
    frame["lon"], frame["lat"] = [p[0] for p in points], [p[1] for p in points]
    frame.index = pd.RangeIndex(1, len(frame) + 1, name="trouble")
    return frame[[*_COLUMNS, "geometry"]]
