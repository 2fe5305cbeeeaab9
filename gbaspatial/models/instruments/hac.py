"""Kernel weights over distance for spatial HAC and Conley standard errors.

K_ij = K(d_ij / h_i) with the bandwidth h_i the distance from unit i to its m-th nearest
neighbor, as Kelejian and Prucha (2007) and their followers use it; K_ii = 1. Only units
nearer than h_i count, so that ties at the m-th neighbor never decide anything.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Literal

import numpy as np
import pandas as pd
from scipy import sparse

from gbaspatial.alignment import align, check_same_units
from gbaspatial.errors import DataError, LabelTypeError, OptionError, some
from gbaspatial.geography.places import Places, earth_centered_km, places_of
from gbaspatial.options import number, whole, word

if TYPE_CHECKING:
    from gbaspatial.geography.places import Units


Kernel = Literal["triangular", "epanechnikov", "parzen", "tukey-hanning", "quadratic-spectral", "uniform"]


def _parzen(z: np.ndarray) -> np.ndarray:
    return np.where(z <= 0.5, 1 - 6 * z**2 + 6 * z**3, 2 * (1 - z) ** 3)


def _quadratic_spectral(z: np.ndarray) -> np.ndarray:
    x = 6 * np.pi * np.where(z == 0, 1.0, z) / 5
    return np.where(z == 0, 1.0, 3 / x**2 * (np.sin(x) / x - np.cos(x)))


SHAPES: dict[str, Callable[[np.ndarray], np.ndarray]] = {
    "triangular": lambda z: 1 - z,
    "epanechnikov": lambda z: 1 - z**2,
    "parzen": _parzen,
    "tukey-hanning": lambda z: (1 + np.cos(np.pi * z)) / 2,
    "quadratic-spectral": _quadratic_spectral,
    "uniform": np.ones_like,
}


def kernel_matrix(rows: np.ndarray, columns: np.ndarray, ratio: np.ndarray, n: int, kernel: str) -> sparse.csr_array:
    """K (n, n) with K(ratio) at the places (rows, columns), 1 on the diagonal and zero where ratio >= 1."""
    values = SHAPES[kernel](np.minimum(ratio, 1.0)) * (ratio < 1.0)
    off = sparse.coo_array((values, (rows, columns)), shape=(n, n))
    return sparse.csr_array(off + sparse.eye_array(n))


def kernel_weights(
    coordinates: Units | pd.DataFrame,
    ids: pd.Index,
    *,
    kernel: Kernel = "triangular",
    neighbors: int | None = None,
    bandwidth_km: float | None = None,
) -> sparse.csr_array:
    """Kernel weights of the units `ids` at `coordinates`.

    Parameters
    ----------
    coordinates : GeoDataFrame, GeoSeries or DataFrame
        Geometries with a CRS, or a frame with the columns `lon` and `lat` (degrees): distances
        are geodesic km. Or a frame with two planar columns such as `x` and `y`.
    ids : pandas.Index
        The n units in the wanted order.
    kernel : str
        ``"triangular"`` (Bartlett), ``"epanechnikov"``, ``"parzen"``, ``"tukey-hanning"``,
        ``"quadratic-spectral"`` (cut at the bandwidth, as in sphet) or ``"uniform"``.
    neighbors : int, optional
        The bandwidth of a unit is its distance to this nearest neighbor; by default the
        next integer above n^(1/3), at least 2.
    bandwidth_km : float, optional
        One bandwidth for all units instead (km; of planar columns in their own unit).

    Returns
    -------
    scipy.sparse.csr_array, shape (n, n)

    Raises
    ------
    OptionError
        If the kernel is not known or the bandwidth is impossible.
    AlignmentError
        If the coordinates are not those of the units.

    References
    ----------
    Kelejian, H. H. and Prucha, I. R. (2007). HAC estimation in a spatial framework.
    Journal of Econometrics 140, 131-154.

    Examples
    --------
    >>> line = pd.DataFrame({"x": [0.0, 1.0, 3.0], "y": 0.0}, index=list("abc"))
    >>> kernel_weights(line, line.index, neighbors=2).toarray().round(2).tolist()
    [[1.0, 0.67, 0.0], [0.5, 1.0, 0.0], [0.0, 0.33, 1.0]]
    """
    word(kernel, SHAPES, "kernel")
    places = _places(coordinates, ids)
    if bandwidth_km is not None:
        if neighbors is not None:
            raise OptionError("give neighbors= or bandwidth_km=, not both.")
        return _fixed(places, bandwidth_km, kernel)
    n = places.n
    count = max(2, int(np.ceil(n ** (1 / 3)))) if neighbors is None else neighbors
    return _adaptive(places, whole(count, "neighbors", least=2, most=n - 1), kernel)


def _fixed(places: Places, bandwidth: float, kernel: str) -> sparse.csr_array:
    bandwidth = number(bandwidth, "bandwidth_km", least=0, open_ends=True)
    pairs = places.tree().query_pairs(float(bandwidth), output_type="ndarray")  # a chord is never longer than its arc
    ratio = places.distance_km(pairs[:, 0], pairs[:, 1]) / bandwidth
    rows, columns = np.concatenate([pairs, pairs[:, ::-1]]).T
    return kernel_matrix(rows, columns, np.tile(ratio, 2), places.n, kernel)


def _adaptive(places: Places, count: int, kernel: str) -> sparse.csr_array:
    n = places.n
    # More candidates than needed: the order by straight lines can differ a little from that on the ground.
    width = min(count + 8, n - 1) if places.metric == "geodesic" else count
    found = np.asarray(places.tree().query(places.space, k=width + 1)[1])
    own = found == np.arange(n)[:, None]
    own[~own.any(axis=1), -1] = True  # of many coincident points the unit itself may not be among the nearest
    rows, columns = np.repeat(np.arange(n), width), found[~own]
    distance = places.distance_km(rows, columns)
    bandwidth = np.partition(distance.reshape(n, width), count - 1, axis=1)[:, count - 1]
    if (bandwidth == 0).any():
        told = some(places.ids[bandwidth == 0])
        raise DataError(f"{told} share one place with their {count} nearest neighbors; use more neighbors.")
    return kernel_matrix(rows, columns, distance / bandwidth[rows], n, kernel)


def _places(coordinates: Units | pd.DataFrame, ids: pd.Index) -> Places:
    """One point a unit, in the order of `ids`."""
    if hasattr(coordinates, "geometry"):
        check_same_units(coordinates.index, ids, "coordinates")
        return places_of(coordinates.reindex(ids))
    if not isinstance(coordinates, pd.DataFrame):
        raise LabelTypeError(
            "covariance='hac' needs coordinates=: geometries with a CRS, or a DataFrame indexed by unit with the "
            "columns lon and lat (degrees) or x and y (planar)."
        )
    pairs = (["lon", "lat"], ["x", "y"], list(coordinates.columns))
    columns = next((pair for pair in pairs if set(pair) <= set(coordinates.columns)), [])
    if len(columns) != 2:
        told = some(coordinates.columns)
        raise DataError(f"the coordinates have the columns {told}; give lon and lat (degrees) or two planar columns.")
    points = np.column_stack([align(coordinates[name], ids, "coordinates") for name in columns])
    if columns != ["lon", "lat"]:
        return Places(ids, points, points, "planar", "")
    if ((np.abs(points[:, 0]) > 360) | (np.abs(points[:, 1]) > 90)).any():
        raise DataError("lon and lat are not degrees; name planar coordinates x and y.")
    return Places(ids, points, earth_centered_km(points), "geodesic", "EPSG:4326")
