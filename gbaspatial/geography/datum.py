"""GCJ-02 and BD-09, the shifted coordinates of online maps in mainland China, to WGS 84 and back.

Whether a layer is shifted is a property of its source and is said by the user; it is
never guessed from where the layer lies. Hong Kong and Macao are shown unshifted by some
services and shifted by others: pass ``exempt`` to leave them alone.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Literal

import numpy as np

from gbaspatial import options
from gbaspatial.alignment import align_labels
from gbaspatial.errors import DataError, OptionError, some
from gbaspatial.geography.crs import require_crs
from gbaspatial.options import public

if TYPE_CHECKING:
    import geopandas as gpd
    import pandas as pd
    from shapely.geometry.base import BaseGeometry

_AXIS, _ECCENTRICITY = 6378245.0, 0.00669342162296594323  # Krasovsky 1940
_BAIDU = np.pi * 3000 / 180
_STEPS = 10


def _checked(coordinates: np.ndarray) -> np.ndarray:
    points = np.asarray(coordinates, dtype=float)
    if points.ndim != 2 or points.shape[1] != 2:
        raise DataError(f"coordinates must have shape (n, 2): longitude, latitude; these have {points.shape}.")
    if points.size and (np.abs(points[:, 0]).max() > 180 or np.abs(points[:, 1]).max() > 90):
        raise DataError("these coordinates are not degrees of longitude and latitude; project them to EPSG:4326 first.")
    return points


def _offset(points: np.ndarray) -> np.ndarray:
    """The shift (n, 2) in degrees that GCJ-02 adds at the WGS 84 `points` (n, 2)."""
    x, y = points[:, 0] - 105.0, points[:, 1] - 35.0
    root = np.sqrt(np.abs(x))
    wave = (20.0 * np.sin(6.0 * x * np.pi) + 20.0 * np.sin(2.0 * x * np.pi)) * 2.0 / 3.0
    lat = -100.0 + 2.0 * x + 3.0 * y + 0.2 * y * y + 0.1 * x * y + 0.2 * root + wave
    lat += (20.0 * np.sin(y * np.pi) + 40.0 * np.sin(y / 3.0 * np.pi)) * 2.0 / 3.0
    lat += (160.0 * np.sin(y / 12.0 * np.pi) + 320.0 * np.sin(y * np.pi / 30.0)) * 2.0 / 3.0
    lon = 300.0 + x + 2.0 * y + 0.1 * x * x + 0.1 * x * y + 0.1 * root + wave
    lon += (20.0 * np.sin(x * np.pi) + 40.0 * np.sin(x / 3.0 * np.pi)) * 2.0 / 3.0
    lon += (150.0 * np.sin(x / 12.0 * np.pi) + 300.0 * np.sin(x / 30.0 * np.pi)) * 2.0 / 3.0
    radians = np.radians(points[:, 1])
    magic = 1.0 - _ECCENTRICITY * np.sin(radians) ** 2
    lat = np.degrees(lat / (_AXIS * (1.0 - _ECCENTRICITY) / (magic * np.sqrt(magic))))
    lon = np.degrees(lon / (_AXIS / np.sqrt(magic) * np.cos(radians)))
    return np.column_stack([lon, lat])


@public
def wgs84_to_gcj02(coordinates: np.ndarray) -> np.ndarray:
    """WGS 84 longitude and latitude (n, 2) in degrees to GCJ-02 (Amap, Tencent, Google in the mainland).

    Parameters
    ----------
    coordinates : numpy.ndarray, shape (n, 2)
        Longitude and latitude in degrees.

    Returns
    -------
    numpy.ndarray, shape (n, 2)
        In GCJ-02.

    Examples
    --------
    >>> wgs84_to_gcj02(np.array([[113.25, 23.11667]])).round(4).tolist()
    [[113.2553, 23.114]]
    """
    points = _checked(coordinates)
    return points + _offset(points)


@public
def gcj02_to_wgs84(coordinates: np.ndarray) -> np.ndarray:
    """GCJ-02 longitude and latitude (n, 2) in degrees to WGS 84; back and forth within a millionth of a millimeter.

    Parameters
    ----------
    coordinates : numpy.ndarray, shape (n, 2)
        Longitude and latitude in degrees.

    Returns
    -------
    numpy.ndarray, shape (n, 2)
        In WGS84.

    Examples
    --------
    >>> there = np.array([[113.25, 23.11667]])
    >>> bool(np.allclose(gcj02_to_wgs84(wgs84_to_gcj02(there)), there, rtol=0, atol=1e-12))
    True
    """
    target = _checked(coordinates)
    points = target - _offset(target)
    for _ in range(_STEPS):  # a fixed point; each step gains about three decimals
        points = target - _offset(points)
    return points


def _gcj02_to_bd09(points: np.ndarray) -> np.ndarray:
    radius = np.hypot(points[:, 0], points[:, 1]) + 0.00002 * np.sin(points[:, 1] * _BAIDU)
    angle = np.arctan2(points[:, 1], points[:, 0]) + 0.000003 * np.cos(points[:, 0] * _BAIDU)
    return np.column_stack([radius * np.cos(angle) + 0.0065, radius * np.sin(angle) + 0.006])


@public
def wgs84_to_bd09(coordinates: np.ndarray) -> np.ndarray:
    """WGS 84 longitude and latitude (n, 2) in degrees to BD-09 (Baidu).

    Parameters
    ----------
    coordinates : numpy.ndarray, shape (n, 2)
        Longitude and latitude in degrees.

    Returns
    -------
    numpy.ndarray, shape (n, 2)
        In BD-09.

    Examples
    --------
    >>> wgs84_to_bd09(np.array([[113.25, 23.11667]])).round(4).tolist()
    [[113.2618, 23.1201]]
    """
    return _gcj02_to_bd09(wgs84_to_gcj02(coordinates))


@public
def bd09_to_wgs84(coordinates: np.ndarray) -> np.ndarray:
    """BD-09 longitude and latitude (n, 2) in degrees to WGS 84, by a fixed point.

    Parameters
    ----------
    coordinates : numpy.ndarray, shape (n, 2)
        Longitude and latitude in degrees.

    Returns
    -------
    numpy.ndarray, shape (n, 2)
        In WGS84.

    Examples
    --------
    >>> there = np.array([[113.25, 23.11667]])
    >>> bool(np.allclose(bd09_to_wgs84(wgs84_to_bd09(there)), there, rtol=0, atol=1e-12))
    True
    """
    target = _checked(coordinates)
    points = target - np.array([0.0065, 0.006])
    for _ in range(_STEPS + 5):
        points = points + (target - _gcj02_to_bd09(points))
    return gcj02_to_wgs84(points)


_MOVES: dict[tuple[str, str], Callable[[np.ndarray], np.ndarray]] = {
    ("gcj02", "wgs84"): gcj02_to_wgs84,
    ("wgs84", "gcj02"): wgs84_to_gcj02,
    ("bd09", "wgs84"): bd09_to_wgs84,
    ("wgs84", "bd09"): wgs84_to_bd09,
}
Datum = Literal["wgs84", "gcj02", "bd09"]


@public
def shift_layer(
    units: gpd.GeoDataFrame, *, source: Datum, target: Datum = "wgs84", exempt: pd.Series | None = None
) -> gpd.GeoDataFrame:
    """A layer of shifted coordinates moved to WGS 84, or the other way.

    Parameters
    ----------
    units : GeoDataFrame
        In degrees (EPSG:4326 by name; the shift is what `source` says).
    source, target : {"wgs84", "gcj02", "bd09"}
        One of the two is "wgs84".
    exempt : Series of booleans (or of 0 and 1), optional
        True for the units whose coordinates are not shifted, e.g.
        ``units["side"] != "mainland"`` for a service that leaves Hong Kong and Macao alone.

    Returns
    -------
    GeoDataFrame
        A copy in EPSG:4326.

    Raises
    ------
    OptionError
        If `source` or `target` is unknown, or neither is "wgs84".
    DataError
        If `exempt` holds anything but truth values.
    CRSError
        If the CRS is not set, or the coordinates are no degrees.

    Examples
    --------
    >>> import gbaspatial as gba
    >>> cities = gba.load_cities(year=2019)
    >>> moved = shift_layer(cities, source="wgs84", target="gcj02", exempt=cities["side"] != "mainland")
    >>> bool(moved.geometry["Macao"].equals(cities.geometry["Macao"]))
    True
    """
    import shapely

    data = ("wgs84", "gcj02", "bd09")
    options.word(source, data, "source")
    options.word(target, data, "target")
    if (source, target) not in _MOVES:
        raise OptionError(f"source={source!r} and target={target!r}: exactly one of them must be 'wgs84'.")
    crs = require_crs(units)
    shapes = units.geometry if crs.to_epsg() == 4326 else units.geometry.to_crs("EPSG:4326")
    keep = np.zeros(len(units), bool) if exempt is None else _truths(exempt, units.index)
    move = _MOVES[source, target]

    def _moved(geometry: BaseGeometry, left_alone: bool) -> BaseGeometry:
        return geometry if left_alone or geometry is None else shapely.transform(geometry, move)

    result = units.copy()
    geometries = [_moved(geometry, bool(stay)) for geometry, stay in zip(shapes, keep, strict=True)]
    return result.set_geometry(type(shapes)(geometries, index=units.index, crs="EPSG:4326"))


def _truths(exempt: pd.Series, ids: pd.Index) -> np.ndarray:
    """Truth values (n,) in the order of `ids`: True and False, or 1 and 0; text is none, whatever it says."""
    values = align_labels(exempt, ids, "exempt")
    odd = [not (isinstance(value, (bool, np.bool_, int, np.integer, float)) and value in (0, 1)) for value in values]
    if any(odd):
        told = [f"{label} ({value!r})" for label, value in zip(ids[odd], values[odd], strict=True)]
        raise DataError(
            f"exempt must hold True or False for each unit, but does not for {some(told)}; compare instead, as in "
            f"units['side'] != 'mainland'."
        )
    return values.astype(bool)
