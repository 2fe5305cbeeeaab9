"""What changes at a border: local regressions on the distance to the line between two sides."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from scipy import special

from gbaspatial.alignment import align, align_labels, check_units
from gbaspatial.errors import DataError, GeometryError, LabelTypeError, OptionError, import_extra, some
from gbaspatial.geography import representative_points, to_metric
from gbaspatial.options import brief, number, public, whole
from gbaspatial.results import Result, Table

if TYPE_CHECKING:
    from gbaspatial.alignment import Label


KERNELS = {
    "triangular": lambda u: np.clip(1 - np.abs(u), 0, None),
    "uniform": lambda u: (np.abs(u) <= 1).astype(float),
    "epanechnikov": lambda u: np.clip(0.75 * (1 - u**2), 0, None),
}
_GRID = 0.05  # metres within which two outlines are one line
FEW = 15  # units on a side within the bandwidth below which a local line is hardly more than a guess
ASSUMPTIONS = (
    "But for the border the outcome would change smoothly across the line; nothing else that matters jumps there; "
    "units did not choose their side.",
)


@dataclass(frozen=True, slots=True, eq=False)
class BorderDiscontinuity(Result):
    """The jump of an outcome at a line.

    Attributes
    ----------
    frame : pandas.DataFrame
        One row, the jump to the side `beyond`: `estimate, std_error` (HC3), `statistic, p_value, lower, upper`
        (95 %, t), `bandwidth_km`, `units_before`, `units_beyond` within it.
    distance_km : pandas.Series
        From each unit's point to the line; negative before it.
    beyond : object
        The side that positive distances lie on.
    outcome, kernel : str
    degree : int
    donut_km : float
    notes : tuple of str
    values : numpy.ndarray
        The outcome of the units, in the order of `distance_km`.
    """

    frame: pd.DataFrame
    distance_km: pd.Series
    beyond: Label
    outcome: str
    kernel: str
    degree: int
    donut_km: float
    notes: tuple[str, ...]
    values: np.ndarray = field(repr=False)

    @property
    def bandwidth_km(self) -> float:
        """How far from the line units count."""
        return float(self.frame["bandwidth_km"].iloc[0])

    def sensitivity(self, bandwidths: Iterable[float] | None = None, donuts: Iterable[float] = (0.0,)) -> pd.DataFrame:
        """The jump for other bandwidths (by default 0.5 to 2 times the one used) and donuts, in km.

        Parameters
        ----------
        bandwidths, donuts : sequence of float, optional

        Returns
        -------
        pandas.DataFrame
            Indexed by `bandwidth_km` and `donut_km`; missing where too few units are left.
        """
        if bandwidths is None:
            bandwidths = [self.bandwidth_km * share for share in (0.5, 0.75, 1.0, 1.5, 2.0)]
        rows = {}
        for h in _numbers(bandwidths, "bandwidths"):
            for hole in _numbers(donuts, "donuts"):
                rows[h, hole] = self._row(h, hole)
        index = pd.MultiIndex.from_tuples(rows, names=["bandwidth_km", "donut_km"])
        return pd.DataFrame(list(rows.values()), index=index).drop(columns="bandwidth_km")

    def _row(self, h: float, hole: float) -> dict[str, float]:
        d = self.distance_km.to_numpy()
        try:
            return _jump(self.values, d, h, hole, self.kernel, self.degree)
        except DataError:
            columns = ("estimate", "std_error", "statistic", "p_value", "lower", "upper")
            near = (np.abs(d) < h) & (np.abs(d) >= hole)
            counts = {"units_before": int((near & (d < 0)).sum()), "units_beyond": int((near & (d >= 0)).sum())}
            return {**dict.fromkeys(columns, np.nan), "bandwidth_km": h, **counts}

    def tables(self) -> tuple[Table, ...]:
        """The jump, and the jump for other bandwidths."""
        top = Table(self.frame, f"Jump of {self.outcome} at the border, to {self.beyond}", (*self.notes, *ASSUMPTIONS))
        return top, Table(self.sensitivity().reset_index(), "With other bandwidths")


@public
def border_discontinuity(
    values: pd.Series,
    units: gpd.GeoDataFrame,
    side: pd.Series,
    *,
    line: shapely.Geometry | gpd.GeoSeries | None = None,
    beyond: Label | None = None,
    bandwidth_km: float | str | None = None,
    donut_km: float = 0.0,
    kernel: Literal["triangular", "uniform", "epanechnikov"] = "triangular",
    degree: int = 1,
) -> BorderDiscontinuity:
    """The jump of `values` where units change from one side of a line to the other.

    Parameters
    ----------
    values : pandas.Series
        The outcome by unit.
    units : geopandas.GeoDataFrame
        Small units on both sides, such as districts; a representative point stands for each.
    side : pandas.Series
        Two sides, by unit.
    line : geometry, GeoSeries or GeoDataFrame, optional
        The line in the CRS of `units` (a GeoSeries may have its own); by default what the outlines of both sides
        have in common.
    beyond : label, optional
        The side whose distances are positive; by default the second one in the order of labels.
    bandwidth_km : float or "rdrobust", optional
        How far from the line units count; by default the one with the smallest error in predicting units from those
        on the same side that lie farther out (cross-validation). ``"rdrobust"`` takes the bandwidth that balances
        bias and variance from that package (extra ``causal``) and shows its bias-corrected interval as well.
    donut_km : float
        Units nearer to the line than this are left out.
    kernel : {"triangular", "uniform", "epanechnikov"}
    degree : int
        Of the polynomials on both sides; 1 or 2.

    Returns
    -------
    BorderDiscontinuity

    Raises
    ------
    DataError
        With too few units on a side.
    GeometryError
        If the sides have no line in common and none is given.
    AlignmentError, CRSError, MissingDataError, OptionError

    References
    ----------
    Imbens, G. and Lemieux, T. (2008). Regression discontinuity designs: a guide to practice. Journal of
    Econometrics 142(2), 615-635.
    Keele, L. and Titiunik, R. (2015). Geographic boundaries as regression discontinuities. Political Analysis 23(1),
    127-155.
    Calonico, S., Cattaneo, M. and Titiunik, R. (2014). Robust nonparametric confidence intervals for
    regression-discontinuity designs. Econometrica 82(6), 2295-2326.

    Examples
    --------
    >>> boxes = [shapely.box(i / 50, j / 50, (i + 1) / 50, (j + 1) / 50) for i in range(-8, 8) for j in range(4)]
    >>> units = gpd.GeoDataFrame(geometry=boxes, crs=4326)
    >>> side = pd.Series(["west"] * 32 + ["east"] * 32).rename("side")
    >>> values = pd.Series(np.where(side == "east", 5.0, 3.0) + 0.01 * np.sin(np.arange(64)))
    >>> result = border_discontinuity(values, units, side, beyond="east", bandwidth_km=15.0)
    >>> float(result.frame["estimate"].iloc[0].round(1))
    2.0
    """
    if not isinstance(units, gpd.GeoDataFrame):
        raise LabelTypeError(f"units is a {type(units).__name__}; pass the shapes as a GeoDataFrame.")
    check_units(units.index, "units")
    y = align(values, units.index)
    labels = align_labels(side, units.index, "side", "data")
    beyond = _sides(labels, beyond)
    there = labels == beyond
    degree = whole(degree, "degree", least=1, most=2)
    hole = number(donut_km, "donut_km", least=0.0)
    d = signed_distance_km(units, there, line)
    notes = [f"Distances: points of units to the line, {d.min():.1f} to {d.max():.1f} km; donut {hole:g} km."]
    if isinstance(bandwidth_km, str):
        h, note = _by_rdrobust(y, d, hole, bandwidth_km, kernel, degree)
    elif bandwidth_km is None:
        h, note = _cross_validated(y, d, hole, kernel, degree)
    else:
        h, note = number(bandwidth_km, "bandwidth_km", least=0.0, open_ends=True), "Bandwidth as given."
    row = _jump(y, d, h, hole, kernel, degree)
    notes.append(f"{note} {kernel} kernel, degree {degree}; standard error HC3.")
    if min(row["units_before"], row["units_beyond"]) < FEW:
        notes.append(
            f"Fewer than {FEW} units on a side within the bandwidth: a local line is hardly more than a guess."
        )
    frame = pd.DataFrame([row], index=pd.Index([str(beyond)], name="to"))
    name = str(values.name) if values.name is not None else "the outcome"
    distance = pd.Series(d, index=units.index, name="distance_km")
    return BorderDiscontinuity(frame, distance, beyond, name, kernel, degree, hole, tuple(notes), y)


def _sides(labels: np.ndarray, beyond: Label | None) -> Label:
    kinds = sorted(pd.unique(pd.Series(labels)), key=str)
    if len(kinds) != 2:
        raise DataError(f"side must have two sides; it has {len(kinds)} ({some(kinds)}). Leave out the other units.")
    if beyond is None:
        return kinds[1]
    if beyond not in kinds:
        raise OptionError(f"beyond={brief(beyond)} is no side; use {kinds[0]!r} or {kinds[1]!r}.")
    return beyond


def signed_distance_km(
    units: gpd.GeoDataFrame, there: np.ndarray, line: shapely.Geometry | gpd.GeoSeries | None
) -> np.ndarray:
    """Distance (n,) from the representative points to the line; positive where `there` (n,).

    Measured in a projection centered on the units.
    """
    metric = to_metric(units)
    if line is None:
        shapes = metric.geometry.to_numpy()
        outlines = [shapely.boundary(shapely.union_all(shapes[part])) for part in (there, ~there)]
        common = shapely.intersection(*outlines, grid_size=_GRID)
        if common.is_empty or shapely.length(common) == 0:
            raise GeometryError(
                "the two sides have no line in common; give one as line=, such as a middle line at sea."
            )
    else:
        common = _given_line(line, units, metric)
    points = representative_points(metric).to_numpy()
    km = shapely.distance(points, common) / 1000
    return np.where(there, km, -km)


def _given_line(
    line: shapely.Geometry | gpd.GeoSeries | None, units: gpd.GeoDataFrame, metric: gpd.GeoDataFrame
) -> shapely.Geometry:
    if isinstance(line, gpd.GeoDataFrame):
        line = line.geometry
    if not isinstance(line, gpd.GeoSeries):
        if not isinstance(line, shapely.Geometry):
            raise LabelTypeError(f"line= is a {type(line).__name__}; pass a line, or a GeoSeries of lines.")
        line = gpd.GeoSeries([line], crs=units.crs)
    if line.crs is None:
        line = line.set_crs(units.crs)
    if line.empty or line.is_empty.all():
        raise GeometryError("line= is empty; give the border as a line.")
    return shapely.union_all(line.to_crs(metric.crs).to_numpy())


def _near(d: np.ndarray, h: float, hole: float, degree: int) -> np.ndarray:
    near = (np.abs(d) < h) & (np.abs(d) >= hole)
    need = degree + 2
    before, beyond = int((near & (d < 0)).sum()), int((near & (d >= 0)).sum())
    if min(before, beyond) < need:
        raise DataError(
            f"within {h:.3g} km of the line ({hole:g} km left out) lie {before} units before it and {beyond} beyond; "
            f"{need} are needed on each side. Use a larger bandwidth_km= or smaller units."
        )
    return near


def _columns(d: np.ndarray, degree: int) -> np.ndarray:
    jump = (d >= 0).astype(float)
    powers = [d**p for p in range(1, degree + 1)]
    return np.column_stack([np.ones_like(d), jump, *powers, *(jump * p for p in powers)])


def _jump(y: np.ndarray, d: np.ndarray, h: float, hole: float, kernel: str, degree: int) -> dict[str, float]:
    near = _near(d, h, hole, degree)
    root = np.sqrt(KERNELS[kernel](d[near] / h))
    used = root > 0
    X = _columns(d[near][used] / h, degree) * root[used, None]
    z = (y[near][used] - y[near].mean()) * root[used]
    Q, R = np.linalg.qr(X)
    if np.abs(np.diag(R)).min() <= 1e-3 * np.abs(np.diag(R)).max():
        raise DataError(f"within {h:.3g} km too few different distances lie on a side; use a larger bandwidth_km=.")
    b = np.linalg.solve(R, Q.T @ z)
    e = z - X @ b
    leverage = np.clip(np.square(Q).sum(axis=1), 0, 1 - 1e-10)
    half = np.linalg.solve(R, (Q * (e / (1 - leverage))[:, None]).T)
    error = float(np.sqrt(np.square(half[1]).sum()))
    df = len(z) - X.shape[1]
    width = float(special.stdtrit(df, 0.975)) * error
    t = b[1] / error if error > 0 else np.nan
    return {
        "estimate": float(b[1]), "std_error": error, "statistic": t, "p_value": float(2 * special.stdtr(df, -abs(t))),
        "lower": float(b[1]) - width, "upper": float(b[1]) + width, "bandwidth_km": h,
        "units_before": int((near & (d < 0)).sum()), "units_beyond": int((near & (d >= 0)).sum()),
    }  # fmt: skip


def _cross_validated(y: np.ndarray, d: np.ndarray, hole: float, kernel: str, degree: int) -> tuple[float, str]:
    """The bandwidth of least error in predicting each unit from those on its side that lie farther from the line."""
    far = np.sort(np.abs(d[np.abs(d) >= hole]))
    if len(far) < 4 * (degree + 2):
        raise DataError(f"{len(far)} units are too few to choose a bandwidth; give bandwidth_km=.")
    tried = np.unique(np.quantile(far, np.linspace(0.3, 1.0, 15))) * (1 + 1e-9)
    half = np.abs(d) <= np.median(far)  # what counts is the fit near the line (Imbens and Lemieux)
    best: tuple[float, float] | None = None
    for h in tried:
        try:
            _jump(y, d, float(h), hole, kernel, degree)
        except DataError:  # too few units, or too few different distances
            continue
        errors = [_missed(y, d, int(i), h, hole, kernel, degree) for i in np.flatnonzero(half & (np.abs(d) >= hole))]
        known = [e for e in errors if e is not None]
        if len(known) < 0.5 * len(errors) or not known:
            continue
        score = float(np.mean(known))
        if best is None or score < best[0]:
            best = (score, float(h))
    if best is None:
        raise DataError("no bandwidth predicts the units near the line; give bandwidth_km=.")
    return best[1], f"Bandwidth {best[1]:.3g} km by cross-validation."


def _missed(y: np.ndarray, d: np.ndarray, i: int, h: float, hole: float, kernel: str, degree: int) -> float | None:
    same = (np.sign(d) == np.sign(d[i])) & (np.abs(d) > np.abs(d[i])) & (np.abs(d) >= hole)
    u = (d - d[i]) / h
    root = np.sqrt(KERNELS[kernel](u))
    used = same & (root > 0)
    if used.sum() < degree + 2:
        return None
    X = np.vander(u[used], degree + 1, increasing=True) * root[used, None]
    b, *_ = np.linalg.lstsq(X, y[used] * root[used], rcond=None)
    return float((y[i] - b[0]) ** 2)


def _by_rdrobust(y: np.ndarray, d: np.ndarray, hole: float, word: str, kernel: str, degree: int) -> tuple[float, str]:
    if word != "rdrobust":
        raise OptionError(f"bandwidth_km={word!r} is not known; give kilometers, or 'rdrobust'.")
    package = import_extra("rdrobust", "causal")
    outside = np.abs(d) >= hole
    found = package.rdrobust(y=y[outside], x=d[outside], c=0, p=degree, kernel=kernel)
    h = float(found.bws.loc["h", "left"])
    low, high = (float(v) for v in found.ci.loc["Robust"])
    return h, f"Bandwidth {h:.3g} km by rdrobust, whose bias-corrected 95 % interval is {low:.4g} to {high:.4g};"


def _numbers(values: object, name: str) -> list[float]:
    if isinstance(values, str) or not isinstance(values, Iterable):
        raise OptionError(f"{name}={brief(values)} must list numbers in km, such as [10, 20].")
    return [number(value, name, least=0.0) for value in values]
