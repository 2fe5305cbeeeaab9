"""Covariances of least squares on a panel whose residuals are correlated between units: arrays only.

``"driscoll-kraay"``: the scores of a period are summed, whatever correlates its units, and the sums may be
correlated over time (Bartlett weights). ``"hac"`` (Conley): units near each other in the same year, and one unit in
years near each other; the sum of both kernels, own terms once. Distances in time go by the value of time, never by
row. Maximum likelihood with rho or lambda refuses both: it is inconsistent when innovations are correlated between
units in another way than the model says.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from scipy import sparse

from gbaspatial.errors import DataError, OptionError, some
from gbaspatial.models.instruments.hac import SHAPES, kernel_weights
from gbaspatial.models.panel.stack import Stack
from gbaspatial.models.solve.origin import taken_back
from gbaspatial.options import whole, word

if TYPE_CHECKING:
    from gbaspatial.geography.places import Units
    from gbaspatial.options import Given


KINDS = ("driscoll-kraay", "hac")


@dataclass(frozen=True, slots=True, eq=False)
class Reach:
    """How far correlation reaches: `lags` in units of time; for ``"hac"`` a kernel over distance too.

    `coordinates` are those of the units (geometries, or columns lon and lat), one row for each.
    """

    lags: int | None = None
    coordinates: Units | pd.DataFrame | None = field(default=None, repr=False)
    kernel: str = "triangular"
    neighbors: int | None = None
    bandwidth_km: float | None = None


def reach_of(covariance: str | None, options: Given, data: pd.DataFrame, units_level: int = 0) -> Reach | None:
    """The `Reach` among the options of an estimator; None for other covariances.

    Raises
    ------
    OptionError
        For options that do not belong to this covariance, or where no coordinates are given or in the data.
    """
    mine = {name: options[name] for name in Reach.__dataclass_fields__ if options.get(name) is not None}
    if covariance not in KINDS:
        if mine:
            raise OptionError(f"{some(mine)} belong to covariance='hac' or 'driscoll-kraay', which was not asked for.")
        return None
    if "lags" in mine:
        mine["lags"] = whole(mine["lags"], "lags", least=0)
    if covariance == "driscoll-kraay":
        if set(mine) - {"lags"}:
            raise OptionError(f"{some(set(mine) - {'lags'})} belong to covariance='hac'; Driscoll and Kraay need none.")
        return Reach(**mine)
    word(mine.get("kernel", "triangular"), SHAPES, "kernel")
    if "coordinates" not in mine:
        mine["coordinates"] = _of_units(data, units_level)
    return Reach(**mine)


def _of_units(data: pd.DataFrame, level: int) -> pd.DataFrame:
    """The places of the units that the data themselves have."""
    if not {"lon", "lat"} <= set(data.columns):
        raise OptionError(
            "covariance='hac' needs to know where the units are: coordinates=gba.load_cities() or another frame of "
            "units with geometries or columns lon and lat."
        )
    places = data[["lon", "lat"]].groupby(level=level).agg(["min", "max"])
    moved = places.index[[(row.iloc[0] != row.iloc[1] or row.iloc[2] != row.iloc[3]) for _, row in places.iterrows()]]
    if len(moved):
        raise DataError(f"lon and lat change over time for {some(moved)}; a unit has one place.")
    return data[["lon", "lat"]].groupby(level=level).first()


def check_least_squares(covariance: str | None, spatial: bool) -> None:
    """Raise where a covariance that is for least squares meets rho or lambda."""
    if covariance in KINDS and spatial:
        raise OptionError(
            f"covariance={covariance!r} does not go with maximum likelihood of rho or lambda, which is inconsistent "
            f"when innovations are correlated between units; use covariance='cluster' (correlated over time within "
            f"units), panel_ols or panel_slx, or put the correlation into the model (panel_sarar)."
        )


def long_run(
    X: np.ndarray, e: np.ndarray, stack: Stack, times: np.ndarray, units: pd.Index, terms: tuple[str, ...], kind: str,
    reach: Reach,
) -> tuple[np.ndarray, str, float]:  # fmt: skip
    """The covariance (k, k) of coefficients on X (m, k), less effects, how to call it, and degrees of freedom of t.

    Parameters
    ----------
    X, e : numpy.ndarray, shapes (m, k) and (m,)
        Regressors and residuals less the effects.
    stack : Stack
    times : numpy.ndarray, shape (periods,)
        The periods as whole numbers.
    units : pandas.Index
    terms : tuple of str
    kind : {"driscoll-kraay", "hac"}
    reach : Reach

    References
    ----------
    Driscoll, J. C. and Kraay, A. C. (1998). Consistent covariance matrix estimation with spatially dependent panel
    data. Review of Economics and Statistics 80(4), 549-560.
    Conley, T. G. (1999). GMM estimation with cross sectional dependence. Journal of Econometrics 92(1), 1-45.
    """
    Q, R = np.linalg.qr(X)
    scores = np.zeros((stack.periods, stack.n, X.shape[1]))
    scores[stack.period, stack.unit] = Q * e[:, None]
    lags = int(np.floor(stack.periods**0.25)) if reach.lags is None else reach.lags
    _check_periods(kind, reach.lags, times)
    near = np.maximum(1 - np.abs(times[:, None] - times[None, :]) / (lags + 1), 0.0)
    if kind == "driscoll-kraay":
        sums = scores.sum(axis=1)
        meat, df = sums.T @ near @ sums, stack.periods - 1
        told = f"Driscoll-Kraay (Bartlett kernel, {_counted(lags)}; {stack.periods} periods)"
    else:
        K = kernel_weights(
            reach.coordinates, units, kernel=reach.kernel, neighbors=reach.neighbors, bandwidth_km=reach.bandwidth_km  # type: ignore[arg-type]
        )  # fmt: skip
        meat, df = conley(scores, K, near), stack.n - 1
        told = f"spatial HAC (same year: {_width(reach)}, {reach.kernel}; same unit: {_counted(lags)}, Bartlett)"
    matrix = taken_back(R, (meat + meat.T) / 2)
    negative = [term for term, value in zip(terms, np.diag(matrix), strict=True) if value <= 0]
    if negative:
        raise DataError(
            f"this kernel gives a variance of {some(negative)} that is not positive; use fewer lags, a smaller "
            f"bandwidth, or covariance='cluster'."
        )
    return matrix, told, float(df)


def _counted(lags: int) -> str:
    return "1 lag" if lags == 1 else f"{lags} lags"


def _check_periods(kind: str, lags: int | None, times: np.ndarray) -> None:
    """Raise where sums by period, or their lags, reach over all periods: scores sum to zero, and so do errors then."""
    if kind == "driscoll-kraay" and len(times) < 2:
        raise OptionError(
            "covariance='driscoll-kraay' takes the scores of a period together and needs two periods or more, and "
            "there is one; use covariance='hac' or 'information'."
        )
    span = int(times[-1] - times[0])
    if lags is not None and lags > max(span, 1):
        raise OptionError(
            f"lags={lags} reach beyond the {span} steps between the first and the last period, so that all periods "
            f"count as one and standard errors go to zero; use fewer, such as {int(np.floor(len(times) ** 0.25))}."
        )


def conley(scores: np.ndarray, K: sparse.csr_array, near: np.ndarray) -> np.ndarray:
    """Scores (T, n, k) of near units in the same period, and of one unit in near periods; own terms once."""
    k = scores.shape[2]
    meat = np.zeros((k, k))
    for now in scores:
        meat += now.T @ (K @ now)
    flat = scores.reshape(len(scores), -1)
    meat += np.einsum("tik,til->kl", scores, (near @ flat).reshape(scores.shape), optimize=True)
    return meat - np.einsum("tik,til->kl", scores, scores, optimize=True)


def _width(reach: Reach) -> str:
    if reach.bandwidth_km is not None:
        return f"within {reach.bandwidth_km:g} km"
    return f"{reach.neighbors or 'n^(1/3)'} nearest neighbors"
