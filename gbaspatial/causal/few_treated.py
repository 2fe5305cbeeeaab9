"""Standard errors that few treated units can bear: residuals scaled by leverage, degrees of freedom from the design."""

from __future__ import annotations

import numpy as np

from gbaspatial.models.panel.stack import Stack

_NONE = 1e-8  # of an eigenvalue: nothing of this direction is left in the residuals


def bias_reduced(s: Stack, work: np.ndarray, e: np.ndarray, L: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The covariance (k, k) of estimates L'y clustered by unit, and their degrees of freedom (k,).

    Bell and McCaffrey's (CR2): the residuals of each unit are scaled by the inverse root of what effects of unit and
    period and the working regressors leave of its own errors, so that the variance is unbiased where errors are
    independent; degrees of freedom are Satterthwaite's (Pustejovsky and Tipton 2018). For one date and no covariates
    both are Welch's, of the difference between two means.

    Parameters
    ----------
    s : Stack
        Rows by period and unit.
    work : (m, r) array
        Working regressors, effects of unit and period taken out.
    e : (m,) array
        Residuals of the outcome on these.
    L : (m, k) array
        The weights that estimates give the outcome.

    References
    ----------
    Bell, R. M. and McCaffrey, D. F. (2002). Bias reduction in standard errors for linear regression with multi-stage
    samples. Survey Methodology 28(2), 169-181.
    Pustejovsky, J. E. and Tipton, E. (2018). Small-sample methods for cluster-robust variance estimation and
    hypothesis testing in fixed effects models. Journal of Business and Economic Statistics 36(4), 672-683.
    """
    U = np.linalg.qr(work)[0]
    share = 1 / np.bincount(s.period, minlength=s.periods)  # of a period's mean that is one unit's own
    scaled = _scaled(s, U, share, L)
    scores = np.stack([np.bincount(s.unit, weights=e * column, minlength=s.n) for column in scaled.T], axis=1)
    return scores.T @ scores, np.array([_degrees(s, U, share, column) for column in scaled.T])


def _scaled(s: Stack, U: np.ndarray, share: np.ndarray, L: np.ndarray) -> np.ndarray:
    """`L` with the rows of each unit multiplied by the inverse root of its block of the residual maker."""
    order = np.lexsort((s.period, s.unit))
    ends = np.cumsum(np.bincount(s.unit, minlength=s.n))[:-1]
    out, known = np.empty_like(L), {}
    for rows in np.split(order, ends):
        own, period = U[rows], s.period[rows]
        key = (np.round(own, 10) + 0.0).tobytes() + period.tobytes()
        if key not in known:
            center = np.eye(len(rows)) - 1 / len(rows)
            known[key] = _inverse_root(center - center @ np.diag(share[period]) @ center - own @ own.T)
        out[rows] = known[key] @ L[rows]
    return out


def _inverse_root(S: np.ndarray) -> np.ndarray:
    values, vectors = np.linalg.eigh(S)
    kept = values > _NONE
    return np.asarray((vectors[:, kept] / np.sqrt(values[kept])) @ vectors[:, kept].T)


def _degrees(s: Stack, U: np.ndarray, share: np.ndarray, q: np.ndarray) -> float:
    """Satterthwaite's degrees of freedom of a sum of squares of q_u'e_u, for independent errors.

    The scores' covariance is a diagonal matrix less F F' with few columns: one for each period and working regressor.
    """
    size = np.bincount(s.unit, minlength=s.n)
    left = q - (np.bincount(s.unit, weights=q, minlength=s.n) / size)[s.unit]
    own = np.bincount(s.unit, weights=q * left, minlength=s.n)
    by_period = np.zeros((s.n, s.periods))
    by_period[s.unit, s.period] = left * np.sqrt(share[s.period])
    taken = [np.bincount(s.unit, weights=q * column, minlength=s.n) for column in U.T]
    F = np.column_stack([by_period, *taken])
    rows = (F**2).sum(axis=1)
    whole = own.sum() - rows.sum()
    squares = (own**2).sum() - 2 * (own * rows).sum() + ((F.T @ F) ** 2).sum()
    return float(whole**2 / squares) if squares > 0 and whole > 0 else np.nan
