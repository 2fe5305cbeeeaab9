"""Maximum-likelihood refits of one model to many outcomes at once, with standard errors.

A standard error here is from the observed information: the inverse of the Hessian of the
concentrated likelihood, and for beta what its dependence on (rho, lambda) adds.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from gbaspatial.models.likelihood.many_maxima import maximum
from gbaspatial.models.likelihood.many_outcomes import (
    Batch,
    Moments,
    likelihood_of,
    moments,
    residual_moments,
    residual_squares,
    slopes,
    solve_all,
)


class Refits(NamedTuple):
    """Estimates of a batch of m outcomes: `beta` (k, m), the rest (m,).

    `covariance` (k + 2, k + 2, m) of (beta, rho, lambda) where asked for, else (0, 0, m);
    rows of absent parameters are zero.
    """

    beta: np.ndarray
    rho: np.ndarray
    lam: np.ndarray
    sigma2: np.ndarray
    log_likelihood: np.ndarray
    covariance: np.ndarray

    @property
    def std_errors(self) -> np.ndarray:
        """Of (beta, rho, lambda) (k + 2, m)."""
        with np.errstate(invalid="ignore"):
            return np.sqrt(np.einsum("iim->im", self.covariance))


def refit(batch: Batch, Y: np.ndarray, errors: bool = False) -> Refits:
    """Maximum-likelihood estimates for the outcomes `Y` (n, m), in blocks that fit the cache.

    Parameters
    ----------
    batch : Batch
    Y : numpy.ndarray, shape (n, m)
    errors : bool
        Also give standard errors (observed information).
    """
    m = Y.shape[1]
    step = max(256, min(4096, 2_000_000 // max(1, batch.n)))
    parts = [_refit(batch, moments(batch, Y[:, s : s + step]), errors) for s in range(0, m, step)]
    return Refits(*(np.concatenate(columns, axis=-1) for columns in zip(*parts, strict=True)))


def _refit(batch: Batch, have: Moments, errors: bool) -> Refits:
    rho, lam = maximum(batch, have)
    return _finish(batch, have, rho, lam, errors)


def _finish(batch: Batch, have: Moments, rho: np.ndarray, lam: np.ndarray, errors: bool) -> Refits:
    """beta, sigma2, the log-likelihood and, if asked, standard errors at the estimates."""
    tilt = np.stack([np.ones_like(rho), -rho]) if len(have.T[0]) == 2 else np.ones((1, len(rho)))
    C, Q, C1 = have.C, None, None
    if batch.error is None:
        S = residual_squares(have.T[0], rho)[0]
    else:
        here = residual_moments(batch, have, lam)
        S, C, Q, C1 = residual_squares(here.G, rho)[0], have.C + here.C, here.Q, here.C1
    inverse = np.linalg.inv(batch.R)
    beta = inverse @ np.einsum("kqm,qm->km", C, tilt)
    sigma2 = S / batch.n
    value = likelihood_of(batch, S, rho, lam)
    if not errors:
        return Refits(beta, rho, lam, sigma2, value, np.empty((0, 0, len(rho))))
    J = np.zeros((2, batch.k, len(rho)))
    if len(have.T[0]) == 2:
        J[0] = -C[:, 1]
    if C1 is not None:
        J[1] = np.einsum("kqm,qm->km", C1, tilt)
    J = np.einsum("kl,alm->akm", inverse, J)
    covariance = _covariance(variance(batch, have, rho, lam), J, _held(inverse, Q, len(rho)) * sigma2)
    return Refits(beta, rho, lam, sigma2, value, covariance)


def _held(inverse: np.ndarray, Q: np.ndarray | None, m: int) -> np.ndarray:
    """Covariance (k, k, m) of beta over sigma2, were the spatial parameters known."""
    if Q is None:
        return np.repeat((inverse @ inverse.T)[:, :, None], m, axis=2)
    right = np.repeat(inverse.T[:, :, None], m, axis=2)
    return np.einsum("klm,kjm->ljm", right, solve_all(Q, right))


def _covariance(V: np.ndarray, J: np.ndarray, held: np.ndarray) -> np.ndarray:
    """Covariance (k + 2, k + 2, m): `V` of the spatial parameters, `J` (2, k, m) the slopes of beta in them."""
    k, m = J.shape[1:]
    covariance = np.empty((k + 2, k + 2, m))
    covariance[k:, :k] = np.einsum("abm,bkm->akm", V, J)
    covariance[:k, k:] = covariance[k:, :k].transpose(1, 0, 2)
    covariance[:k, :k] = held + np.einsum("akm,ajm->kjm", J, covariance[k:, :k])
    covariance[k:, k:] = V
    return covariance


def variance(batch: Batch, have: Moments, rho: np.ndarray, lam: np.ndarray) -> np.ndarray:
    """Inverse observed information (2, 2, m) of (rho, lambda); zero rows for absent parameters, NaN if not positive."""
    _, hessian = slopes(batch, have, rho, lam)
    out = np.zeros_like(hessian)
    for place, spline in enumerate((batch.lag, batch.error)):
        if spline is not None:
            with np.errstate(divide="ignore"):
                out[place, place] = np.where(hessian[place, place] < 0, -1 / hessian[place, place], np.nan)
    if batch.lag is not None and batch.error is not None:
        a, b, c = -hessian[0, 0], -hessian[0, 1], -hessian[1, 1]
        det = np.where((a > 0) & (a * c - b * b > 0), a * c - b * b, np.nan)
        out = np.stack([np.stack([c / det, -b / det]), np.stack([-b / det, a / det])])
    return out
