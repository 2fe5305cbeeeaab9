"""What must hold of the shapes of a layer: a CRS that its coordinates can be in, and valid geometry."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from gbaspatial.errors import CRSError, GeometryError, some
from gbaspatial.options import brief

if TYPE_CHECKING:
    import geopandas as gpd
    import pyproj

    from gbaspatial.geography.crs import CrsLike

_SHIFTED = ("gcj02", "bd09")


def with_crs(units: gpd.GeoDataFrame, crs: CrsLike | None, name: str) -> gpd.GeoDataFrame:
    """`units` in the CRS that the file says, or that `crs` says where the file does not or cannot be right."""
    from gbaspatial.geography import describe_crs, shift_layer

    if units.crs is not None and units.crs.name.startswith("Undefined "):
        units = units.set_crs(None, allow_override=True)  # what a GeoPackage says where nobody said a CRS
    impossible, _ = _why_not_degrees(units, units.crs)
    if isinstance(crs, str) and crs.lower() in _SHIFTED:
        degrees = units.set_crs("EPSG:4326", allow_override=True) if units.crs is None else units
        _require_degrees(degrees, crs, name)
        return shift_layer(degrees, source=crs.lower())  # type: ignore[arg-type]
    if crs is not None:
        said = _known_crs(crs)
        if units.crs is not None and not impossible and not said.equals(units.crs, ignore_axis_order=True):
            raise CRSError(
                f"{name} says it is in {describe_crs(units.crs)}, but crs= says {describe_crs(said)}; leave crs= out "
                f"to take the file at its word, or correct the file in a GIS where it is wrong."
            )
        units = units.set_crs(said, allow_override=True)
    if units.crs is None:
        raise CRSError(f"{name} does not say its CRS; say it with crs=, e.g. {_likely(units)}.")
    if units.crs.equals("EPSG:4326", ignore_axis_order=True):
        units = units.set_crs("EPSG:4326", allow_override=True)  # GeoParquet and GeoJSON call it OGC:CRS84
    _require_degrees(units, crs, name)
    return units


def _known_crs(crs: CrsLike | None) -> pyproj.CRS:
    import pyproj

    try:
        return pyproj.CRS.from_user_input(crs)
    except Exception as error:  # of PROJ, or of what was given in its place
        raise CRSError(f"crs={brief(crs)} is no known CRS; use e.g. 'EPSG:4326', 'gcj02' or 'bd09'.") from error


def _likely(units: gpd.GeoDataFrame) -> str:
    """An example of crs= that the coordinates can be in."""
    bounds = units.total_bounds
    if np.isfinite(bounds).all() and (np.abs(bounds) <= 360).all():
        return "crs='EPSG:4326' for degrees of WGS 84"
    return "crs='EPSG:4547' for metres of CGCS2000 around 114 degrees east"


def _require_degrees(units: gpd.GeoDataFrame, crs: CrsLike | None, name: str) -> None:
    """Raise where the coordinates cannot be the degrees that the CRS says; the cure is never what was tried."""
    from gbaspatial.geography import describe_crs

    why, swapped = _why_not_degrees(units, units.crs)
    if not why:
        return
    if swapped:
        cure = "are x and y swapped? Swap them in the file, longitude first"
    elif crs is None:
        cure = "they are not degrees, so the file is wrong; say the right CRS with crs=, e.g. crs='EPSG:4547'"
    else:
        cure = "they are not degrees, so crs= must be another one, in metres, such as 'EPSG:4547'"
    raise CRSError(f"{name} is said to be in {describe_crs(units.crs)}, but {why}; {cure}.")


def _why_not_degrees(units: gpd.GeoDataFrame, crs: pyproj.CRS | None) -> tuple[str, bool]:
    """Why the coordinates of `units` cannot be degrees, if `crs` says that they are; else nothing.

    With it, whether they would be degrees if x and y were swapped.
    """
    bounds = units.total_bounds
    if crs is None or not crs.is_geographic or not np.isfinite(bounds).all():
        return "", False
    if (np.abs(bounds) > 360).any():
        return f"its coordinates reach {bounds[np.abs(bounds).argmax()]:.0f}", False
    latitudes = bounds[[1, 3]]
    if (np.abs(latitudes) > 90).any():
        return f"latitudes reach {latitudes[np.abs(latitudes).argmax()]:.4g}", True
    return "", False


def checked_geometry(units: gpd.GeoDataFrame, repair: str | None, name: str) -> gpd.GeoDataFrame:
    """`units` if every shape is there, finite and valid, repaired if asked for; else an error that names units."""
    import shapely

    shapes = units.geometry
    empty = shapes.isna() | shapes.is_empty
    if empty.any():
        raise GeometryError(
            f"{name} has no geometry for {some(units.index[empty])}; give these units one or remove them from the file."
        )
    finite = np.isfinite(shapes.bounds.to_numpy()).all(axis=1)
    if not finite.all():
        raise GeometryError(
            f"{name} has coordinates that are no finite numbers for {some(units.index[~finite])}; correct them."
        )
    bad = ~shapes.is_valid
    if not bad.any():
        return units
    if repair is None:
        reasons = (f"{label} ({shapely.is_valid_reason(shape)})" for label, shape in shapes[bad].items())
        raise GeometryError(
            f"{name} has invalid geometry for {some(reasons)}; repair it in a GIS, or read it with repair='make_valid'."
        )
    repaired = shapes.copy()
    repaired[bad] = _made_valid(shapes[bad])
    lost = repaired.isna() | repaired.is_empty
    if lost.any():
        raise GeometryError(
            f"the geometry of {some(units.index[lost])} in {name} has no area left when it is repaired; "
            f"draw it again in a GIS."
        )
    return units.set_geometry(repaired)


def _made_valid(shapes: gpd.GeoSeries) -> gpd.GeoSeries:
    """Valid shapes of the same kind: polygons stay polygons, without the lines and points of collapsed parts."""
    import geopandas as gpd
    import shapely

    made = shapely.make_valid(shapes.to_numpy(), method="structure", keep_collapsed=False)
    flat = []
    for before, after in zip(shapes, made, strict=True):
        parts = [part for part in shapely.get_parts(after) if part.geom_type in ("Polygon", "MultiPolygon")]
        mixed = before.geom_type in ("Polygon", "MultiPolygon") and after.geom_type == "GeometryCollection"
        flat.append(shapely.union_all(parts) if mixed else after)
    return gpd.GeoSeries(flat, index=shapes.index, crs=shapes.crs)
