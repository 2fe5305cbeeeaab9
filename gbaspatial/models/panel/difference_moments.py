"""Moments of differences for dynamic panels (Arellano and Bond 1991), with spatial lags: arrays only.

Differences take out effects of units; what is predetermined (the outcome of the period before, its spatial lag) and
what is endogenous (the spatial lag of the outcome) has earlier levels as instruments, one column for each lag
("collapsed": one for each lag and period would be more than there are units). Innovations must not be correlated over
time, or earlier levels are no instruments.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import special

from gbaspatial.inference.tails import chi_squared_tail

DEPTH = 3  # how many earlier levels are instruments: further ones are weak and make weights noisy (Roodman 2009)
_DEPENDENT = 1e-10


@dataclass(frozen=True, slots=True, eq=False)
class Differences:
    """The differenced model: `y` (S, n), regressors `Z` (S, n, p), instruments `H` (S, n, q), S periods."""

    y: np.ndarray
    Z: np.ndarray
    H: np.ndarray

    @property
    def units(self) -> int:
        """How many units are differenced."""
        return self.y.shape[1]


@dataclass(frozen=True, slots=True, eq=False)
class MomentsEstimate:
    """Coefficients (p,) with covariance (p, p), differenced residuals (S, n), and tests (statistic, df, p-value)."""

    beta: np.ndarray
    covariance: np.ndarray
    first: np.ndarray
    residuals: np.ndarray
    tests: dict[str, tuple[float, float, float]]


def differences_of(
    y: np.ndarray, Z: np.ndarray, exogenous: np.ndarray, levels: np.ndarray, *, time: bool, depth: int = DEPTH
) -> Differences:
    """The differenced model of y (T, n) on Z (T, n, p).

    Parameters
    ----------
    exogenous : numpy.ndarray
        (T, n, e), whose differences are instruments.
    levels : numpy.ndarray
        (T, n, l), such as the outcome of the period before: its values of the periods before, `depth` of them, are.
    time : bool
        Adds a constant for every differenced period, to regressors and instruments.
    """
    S, n = len(y) - 1, y.shape[1]
    earlier = np.zeros((S, n, depth * levels.shape[2]))
    for lag in range(depth):
        there = slice(lag, S)  # the difference of period t + 1 has the level of period t - lag
        columns = slice(lag * levels.shape[2], (lag + 1) * levels.shape[2])
        earlier[there, :, columns] = levels[: S - lag]
    parts, left = [earlier, np.diff(exogenous, axis=0)], [np.diff(Z, axis=0)]
    if time:
        dummies = np.repeat(np.eye(S)[:, None, :], n, axis=1)
        parts.append(dummies)
        left.append(dummies)
    return Differences(np.diff(y, axis=0), np.concatenate(left, axis=2), _independent(np.concatenate(parts, axis=2)))


def _independent(H: np.ndarray) -> np.ndarray:
    """The columns that do not depend on those before them."""
    flat = H.reshape(-1, H.shape[2])
    kept: list[int] = []
    Q = np.zeros((len(flat), 0))
    for place, column in enumerate(flat.T):
        rest = column - Q @ (Q.T @ column)
        rest = rest - Q @ (Q.T @ rest)
        if np.linalg.norm(rest) > _DEPENDENT * max(float(np.linalg.norm(column)), 1e-300):
            kept.append(place)
            Q = np.column_stack([Q, rest / np.linalg.norm(rest)])
    return H[:, :, kept]


def estimated(model: Differences, two_steps: bool) -> MomentsEstimate:
    """One step with the weights of innovations that are alike, or two with those of its residuals by unit.

    The first has errors clustered by unit, the second those of Windmeijer (2005).
    """
    y, Z, H = model.y, model.Z, model.H
    S = len(y)
    cross = np.einsum("tiq,tip->qp", H, Z)
    target = np.einsum("tiq,ti->q", H, y)
    D = 2 * np.eye(S) - np.eye(S, k=1) - np.eye(S, k=-1)
    A = np.linalg.pinv(np.einsum("tiq,ts,sir->qr", H, D, H, optimize=True), hermitian=True)
    first, V, e = _step(model, A, cross, target)
    moments = np.einsum("tiq,ti->iq", H, e)
    inner = moments.T @ moments
    lift = V @ cross.T @ A
    robust = lift @ inner @ lift.T
    if not two_steps:
        return MomentsEstimate(first, robust, first, e, _tests(model, A, e, V, cross, robust, inner))
    A2 = np.linalg.pinv(inner, hermitian=True)
    beta, V2, e2 = _step(model, A2, cross, target)
    covariance = _windmeijer(model, A2, V2, robust, cross, e, e2)
    return MomentsEstimate(beta, covariance, first, e2, _tests(model, A2, e2, V2, cross, V2, inner))


def _step(
    model: Differences, A: np.ndarray, cross: np.ndarray, target: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    V = np.linalg.inv(cross.T @ A @ cross)
    beta = V @ (cross.T @ A @ target)
    return beta, V, model.y - model.Z @ beta


def _windmeijer(
    model: Differences, A: np.ndarray, V: np.ndarray, robust: np.ndarray, cross: np.ndarray, one: np.ndarray,
    two: np.ndarray,
) -> np.ndarray:  # fmt: skip
    """The covariance of two steps, with what the weights lend it."""
    sums = np.einsum("tiq,ti->q", model.H, two)
    moved = np.einsum("tiq,ti->iq", model.H, one)
    slopes = np.zeros_like(V)
    for place in range(V.shape[0]):
        part = np.einsum("tiq,ti->iq", model.H, model.Z[:, :, place])
        slopes[:, place] = V @ cross.T @ A @ ((part.T @ moved + moved.T @ part) @ (A @ sums))
    return np.asarray(V + slopes @ V + V @ slopes.T + slopes @ robust @ slopes.T)


def _tests(
    model: Differences, A: np.ndarray, e: np.ndarray, V: np.ndarray, cross: np.ndarray, covariance: np.ndarray,
    inner: np.ndarray,
) -> dict[str, tuple[float, float, float]]:  # fmt: skip
    """Hansen's test of the instruments, and serial correlation of first and second order of the differences."""
    sums = np.einsum("tiq,ti->q", model.H, e)
    df = model.H.shape[2] - model.Z.shape[2]
    J = float(sums @ np.linalg.pinv(inner, hermitian=True) @ sums)
    found = {"hansen": (J, float(df), float(chi_squared_tail(J, df)) if df > 0 else np.nan)}
    for order in (1, 2):
        if len(e) <= order:
            continue
        before = np.zeros_like(e)
        before[order:] = e[:-order]
        own = np.einsum("ti,ti->i", before, e)
        across = np.einsum("ti,tip->p", before, model.Z)
        moments = np.einsum("tiq,ti->iq", model.H, e)
        variance = float(own @ own) - 2 * float(across @ V @ cross.T @ A @ (moments.T @ own))
        variance += float(across @ covariance @ across)
        z = float(own.sum() / np.sqrt(variance)) if variance > 0 else np.nan
        found[f"ar{order}"] = (z, np.nan, 2 * float(special.ndtr(-abs(z))))
    return found
