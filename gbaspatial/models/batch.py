"""Maximum-likelihood refits of one model to many outcomes at once: arrays only, plain NumPy.

All refits share X, the weights and one eigendecomposition of each W. What an outcome y
adds are a few inner products of y, W1 y and X (and of their lags by W2), after which an
evaluation of its concentrated likelihood costs nothing that depends on n but the
log-determinant. A grid over the admissible interval finds the highest peak, Newton steps
inside a bracket finish it, for all outcomes together (the batch is the last axis).

For the model of `likelihood`, with B = I - lambda W2 and G(lambda) the 2 x 2 matrix of
inner products of B y and B W1 y after projecting off the columns of B X::

    l(rho, lambda) = f1(rho) + f2(lambda) - n/2 log S,   S = G00 - 2 rho G01 + rho^2 G11

A standard error here is from the observed information: the inverse of the Hessian of the
concentrated likelihood, and for beta what its dependence on (rho, lambda) adds.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from scipy import sparse

from gbaspatial.models.likelihood import LOG_2PI, Problem
from gbaspatial.models.splines import EIGEN_LIMIT, Spline, spline_of

_GRID = 25
_GRID_TWO = 17
_STEPS = 60


@dataclass(frozen=True, slots=True, eq=False)
class Batch:
    """What all refits share: X (n, k) in an orthonormal basis, its moments by W2, and the two curves."""

    X: np.ndarray
    basis: np.ndarray
    R: np.ndarray
    root: np.ndarray | None
    W1: sparse.csr_array | np.ndarray | None
    W2: sparse.csr_array | np.ndarray | None
    lag: Spline | None
    error: Spline | None
    Q1: np.ndarray
    Q2: np.ndarray
    basis_lag: np.ndarray | None

    @property
    def n(self) -> int:
        return self.X.shape[0]

    @property
    def k(self) -> int:
        return self.X.shape[1]


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


class Moments(NamedTuple):
    """Inner products by outcome. T (2, 2, m) of (y, W1 y), R (k, 2, m) with X, each by power of lambda.

    `C` (k, 2, m) are the least-squares coefficients that were taken off y and W1 y first.
    """

    T: tuple[np.ndarray, ...]
    R: tuple[np.ndarray, ...]
    C: np.ndarray


def batch_of(model: Problem, center: tuple[float, float] = (0.0, 0.0), reach: float = np.inf) -> Batch:
    """The `Batch` of a likelihood problem; above 2,000 units only spatial parameters near `center` are searched."""
    n = model.n
    root = np.sqrt(model.d) if model.d is not None else None
    W1 = _fast(model.lag.W) if model.lag else None
    W2 = _fast(model.error.W) if model.error else None
    X = np.asarray(model.X, dtype=float)
    basis, R = np.linalg.qr(X if root is None else X * root[:, None])
    k = X.shape[1]
    Q1 = Q2 = np.zeros((k, k))
    lagged = None
    if W2 is not None:
        lagged = W2 @ (basis if root is None else basis / root[:, None])
        lagged = lagged if root is None else lagged * root[:, None]
        Q1, Q2 = basis.T @ lagged + lagged.T @ basis, lagged.T @ lagged
    lag = spline_of(model.lag, n, center[0], reach) if model.lag else None
    if model.error is not None and model.lag is not None and model.error.W is model.lag.W and n <= EIGEN_LIMIT:
        error = lag
    else:
        error = spline_of(model.error, n, center[1], reach) if model.error else None
    return Batch(X, basis, R, root, W1, W2, lag, error, Q1, Q2, lagged)


def _fast(W: sparse.csr_array) -> sparse.csr_array | np.ndarray:
    return W.toarray() if W.shape[0] <= 200 else W


def moments(batch: Batch, Y: np.ndarray) -> Moments:
    """The inner products of the outcomes `Y` (n, m)."""
    m = Y.shape[1]
    U = np.stack([Y, batch.W1 @ Y], axis=1) if batch.W1 is not None else Y[:, None, :]
    if batch.root is not None:
        U = U * batch.root[:, None, None]
    q = U.shape[1]
    flat = U.reshape(batch.n, q * m)
    C = batch.basis.T @ flat
    flat = flat - batch.basis @ C
    C, U = C.reshape(batch.k, q, m), flat.reshape(batch.n, q, m)
    T0 = _gram(U, U)
    if batch.W2 is None:
        return Moments((T0,), (), C)
    assert batch.basis_lag is not None
    V = batch.W2 @ (flat if batch.root is None else flat / batch.root[:, None])
    V = V if batch.root is None else V * batch.root[:, None]
    V3 = V.reshape(batch.n, q, m)
    cross = _gram(U, V3)
    R1 = (batch.basis.T @ V + batch.basis_lag.T @ flat).reshape(batch.k, q, m)
    R2 = (batch.basis_lag.T @ V).reshape(batch.k, q, m)
    return Moments((T0, cross + cross.transpose(1, 0, 2), _gram(V3, V3)), (R1, R2), C)


def _gram(U: np.ndarray, V: np.ndarray) -> np.ndarray:
    """(q, q, m) inner products over the units of `U`, `V` (n, q, m)."""
    q = U.shape[1]
    return np.stack([np.stack([np.einsum("im,im->m", U[:, i], V[:, j]) for j in range(q)]) for i in range(q)])


# -- the residual moments G(lambda) and their slopes --------------------------------------
def _solve(Q: np.ndarray, R: np.ndarray) -> np.ndarray:
    """Solutions (k, q, m) of the symmetric systems Q (k, k, m) by Cholesky, all m at once."""
    k = len(Q)
    L = np.zeros_like(Q)
    for i in range(k):
        for j in range(i + 1):
            rest = Q[i, j] - sum(L[i, p] * L[j, p] for p in range(j))
            L[i, j] = np.sqrt(np.maximum(rest, 1e-300)) if i == j else rest / L[j, j]
    Z = np.array(R, dtype=float)
    for i in range(k):
        for p in range(i):
            Z[i] -= L[i, p] * Z[p]
        Z[i] /= L[i, i]
    for i in reversed(range(k)):
        for p in range(i + 1, k):
            Z[i] -= L[p, i] * Z[p]
        Z[i] /= L[i, i]
    return Z


class _Local(NamedTuple):
    G: np.ndarray
    G1: np.ndarray
    G2: np.ndarray
    C: np.ndarray
    C1: np.ndarray
    Q: np.ndarray


def _at(batch: Batch, have: Moments, lam: np.ndarray) -> _Local:
    """G(lambda), its two derivatives, the coefficients C (k, q, m) and their derivative."""
    (T0, T1, T2), (R1, R2) = have.T, have.R
    eye = np.eye(batch.k)[:, :, None]
    Q = eye - lam * batch.Q1[:, :, None] + lam**2 * batch.Q2[:, :, None]
    dQ = -batch.Q1[:, :, None] + 2 * lam * batch.Q2[:, :, None]
    R, dR = -lam * R1 + lam**2 * R2, -R1 + 2 * lam * R2  # y and W1 y are already free of X at lambda = 0
    C = _solve(Q, R)
    gap = dR - np.einsum("ijm,jqm->iqm", dQ, C)
    C1 = _solve(Q, gap)
    cross = np.einsum("kim,kjm->ijm", dR, C)
    ddQ = 2 * np.einsum("kim,kl,ljm->ijm", C, batch.Q2, C)
    half = 2 * np.einsum("kim,kjm->ijm", R2, C)
    G = T0 - lam * T1 + lam**2 * T2 - np.einsum("kim,kjm->ijm", R, C)
    G1 = -T1 + 2 * lam * T2 - cross - cross.transpose(1, 0, 2) + np.einsum("kim,klm,ljm->ijm", C, dQ, C)
    G2 = 2 * T2 - half - half.transpose(1, 0, 2) + ddQ - 2 * np.einsum("kim,kjm->ijm", gap, C1)
    return _Local(G, G1, G2, C, C1, Q)


def _quadratic(G: np.ndarray, rho: np.ndarray | float) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """S = (1, -rho) G (1, -rho)' and its two derivatives in rho."""
    if len(G) == 1:
        return G[0, 0], np.zeros_like(G[0, 0]), np.zeros_like(G[0, 0])
    off = (G[0, 1] + G[1, 0]) / 2
    return G[0, 0] - 2 * rho * off + rho**2 * G[1, 1], -2 * off + 2 * rho * G[1, 1], 2 * G[1, 1]


# -- where the likelihood is largest ----------------------------------------------------------
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


def maximum(batch: Batch, have: Moments) -> tuple[np.ndarray, np.ndarray]:
    """rho and lambda (m,) where the concentrated likelihood is largest; zero where the model has none."""
    zero = np.zeros(have.T[0].shape[-1])
    if batch.lag is not None and batch.error is not None:
        return _maximum_of_two(batch, have)
    if batch.lag is not None:
        return _maximum_of_one(batch.lag, lambda g, _: _quadratic(have.T[0][:, :, g], _), batch.n, len(zero)), zero
    if batch.error is not None:

        def along(g: np.ndarray, lam: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
            here = _at(batch, _pick(have, g), lam)
            return here.G[0, 0], here.G1[0, 0], here.G2[0, 0]

        return zero, _maximum_of_one(batch.error, along, batch.n, len(zero), _grid_sums(batch, have))
    return zero, zero


def _pick(have: Moments, g: np.ndarray) -> Moments:
    return Moments(tuple(t[..., g] for t in have.T), tuple(r[..., g] for r in have.R), have.C[..., g])


def _points(low: float, high: float, count: int) -> np.ndarray:
    return (low + high) / 2 - (high - low) / 2 * np.cos(np.pi * (np.arange(count) + 0.5) / count)


def _grid_moments(batch: Batch, have: Moments, lams: np.ndarray) -> list[np.ndarray]:
    """G (q, q, m) at every lambda of a grid, each with one factorization for all outcomes."""
    (T0, T1, T2), (R1, R2) = have.T, have.R
    k, q, m = R1.shape
    found = []
    for lam in lams:
        Q = np.eye(batch.k) - lam * batch.Q1 + lam**2 * batch.Q2
        R = -lam * R1 + lam**2 * R2
        C = np.linalg.solve(Q, R.reshape(k, q * m)).reshape(k, q, m)
        found.append(T0 - lam * T1 + lam**2 * T2 - np.einsum("kim,kjm->ijm", R, C))
    return found


def _grid_sums(batch: Batch, have: Moments) -> np.ndarray:
    assert batch.error is not None
    lams = _points(batch.error.low, batch.error.high, _GRID)
    return np.stack([G[0, 0] for G in _grid_moments(batch, have, lams)])


def _maximum_of_one(spline: Spline, along, n: int, m: int, sums: np.ndarray | None = None) -> np.ndarray:  # type: ignore[no-untyped-def]
    """Where f(r) - n/2 log S(r) is largest; `along(g, r)` gives S, S', S'' of the outcomes `g`."""
    grid = _points(spline.low, spline.high, _GRID)
    everyone = np.arange(m)
    if sums is None:
        sums = np.stack([along(everyone, r)[0] for r in grid])
    with np.errstate(divide="ignore", invalid="ignore"):
        best = np.argmax(spline(grid)[0][:, None] - n / 2 * np.log(sums), axis=0)
    ends = np.concatenate([[spline.low], grid, [spline.high]])
    low, here, high = ends[best], ends[best + 1], ends[best + 2]
    out, active = here.copy(), everyone
    for _ in range(_STEPS):
        S, S1, S2 = along(active, here)
        _, f1, f2 = spline(here)
        slope = f1 - n / 2 * S1 / S
        bend = f2 - n / 2 * (S2 / S - (S1 / S) ** 2)
        low, high = np.where(slope > 0, here, low), np.where(slope > 0, high, here)
        with np.errstate(divide="ignore", invalid="ignore"):
            new = here - slope / bend
        new = np.where((bend < 0) & (new > low) & (new < high), new, (low + high) / 2)
        out[active] = new
        moving = np.abs(new - here) > 1e-8 * (spline.high - spline.low)
        if not moving.any():
            break
        active, here, low, high = active[moving], new[moving], low[moving], high[moving]
    return out


def _value_two(batch: Batch, G: np.ndarray, rho: np.ndarray, f: np.ndarray, g: np.ndarray) -> np.ndarray:
    S, _, _ = _quadratic(G, rho)
    with np.errstate(divide="ignore", invalid="ignore"):
        return f + g - batch.n / 2 * np.log(S)


def _maximum_of_two(batch: Batch, have: Moments) -> tuple[np.ndarray, np.ndarray]:
    """The best point of a grid, then damped Newton steps that never go down."""
    one, two = batch.lag, batch.error
    assert one is not None
    assert two is not None
    rhos, lams = _points(one.low, one.high, _GRID_TWO), _points(two.low, two.high, _GRID_TWO)
    f, g = one(rhos)[0], two(lams)[0]
    m = have.T[0].shape[-1]
    top, rho, lam = np.full(m, -np.inf), np.zeros(m), np.zeros(m)
    for j, G in enumerate(_grid_moments(batch, have, lams)):
        for i, r in enumerate(rhos):
            value = _value_two(batch, G, r, f[i], g[j])
            better = value > top
            top[better], rho[better], lam[better] = value[better], r, lams[j]
    return _climb_two(batch, have, rho, lam, top)


def _climb_two(
    batch: Batch, have: Moments, rho: np.ndarray, lam: np.ndarray, top: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    one, two = batch.lag, batch.error
    assert one is not None
    assert two is not None
    active, damp = np.arange(len(rho)), np.full(len(rho), 1e-3)
    for _ in range(4 * _STEPS):
        part = _pick(have, active)
        r, s = rho[active], lam[active]
        slope, hessian = slopes(batch, part, r, s)
        a, b, c = -hessian[0, 0], -hessian[0, 1], -hessian[1, 1]
        lowest = (a + c) / 2 - np.sqrt(((a - c) / 2) ** 2 + b**2)
        shift = np.maximum(0, -lowest) * 1.1 + damp[active] * (np.abs(a) + np.abs(c))
        shift = np.where((damp[active] <= 1e-3) & (lowest > 0), 0.0, shift)
        a, c = a + shift, c + shift
        det = a * c - b * b
        step = np.stack([(c * slope[0] - b * slope[1]) / det, (a * slope[1] - b * slope[0]) / det])
        new_r, new_s = r + step[0], s + step[1]
        inside = (new_r > one.low) & (new_r < one.high) & (new_s > two.low) & (new_s < two.high)
        safe_r, safe_s = np.where(inside, new_r, r), np.where(inside, new_s, s)
        value = _value_two(batch, _at(batch, part, safe_s).G, safe_r, one(safe_r)[0], two(safe_s)[0])
        good = inside & (value >= top[active] - 1e-10)
        went = active[good]
        rho[went], lam[went], top[went] = new_r[good], new_s[good], value[good]
        damp[went] = np.maximum(damp[went] / 5, 1e-3)
        damp[active[~good]] *= 8
        size = np.maximum(np.abs(step[0]), np.abs(step[1]))
        done = (good & (size < 1e-8)) | (damp[active] > 1e9)
        active = active[~done]
        if not len(active):
            break
    return rho, lam


def slopes(batch: Batch, have: Moments, rho: np.ndarray, lam: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Gradient (2, m) and Hessian (2, 2, m) of the concentrated log-likelihood; zero for absent parameters."""
    n, m = batch.n, have.T[0].shape[-1]
    gradient, hessian = np.zeros((2, m)), np.zeros((2, 2, m))
    if batch.error is None:
        G = have.T[0]
        S, Sr, Srr = _quadratic(G, rho)
        Sl = Sll = Srl = np.zeros(m)
    else:
        here = _at(batch, have, lam)
        S, Sr, Srr = _quadratic(here.G, rho)
        Sl, Srl, _ = _quadratic(here.G1, rho)
        Sll = _quadratic(here.G2, rho)[0]
        _, f1, f2 = batch.error(lam)
        gradient[1], hessian[1, 1] = f1 - n / 2 * Sl / S, f2 - n / 2 * (Sll / S - (Sl / S) ** 2)
    if batch.lag is not None:
        _, f1, f2 = batch.lag(rho)
        gradient[0], hessian[0, 0] = f1 - n / 2 * Sr / S, f2 - n / 2 * (Srr / S - (Sr / S) ** 2)
        if batch.error is not None:
            hessian[0, 1] = hessian[1, 0] = -n / 2 * (Srl / S - Sr * Sl / S**2)
    return gradient, hessian


def sum_of_squares(batch: Batch, have: Moments, rho: np.ndarray, lam: np.ndarray) -> np.ndarray:
    """S (m,) at given spatial parameters."""
    G = have.T[0] if batch.error is None else _at(batch, have, lam).G
    return _quadratic(G, rho)[0]


def log_likelihood(batch: Batch, have: Moments, rho: np.ndarray, lam: np.ndarray) -> np.ndarray:
    """The concentrated log-likelihood (m,) at given spatial parameters, with all constants."""
    return _likelihood(batch, sum_of_squares(batch, have, rho, lam), rho, lam)


def _likelihood(batch: Batch, S: np.ndarray, rho: np.ndarray, lam: np.ndarray) -> np.ndarray:
    scale = float(np.log(batch.root).sum()) if batch.root is not None else 0.0
    value = -batch.n / 2 * (LOG_2PI + 1 + np.log(S / batch.n)) + scale
    if batch.lag is not None:
        value = value + batch.lag(rho)[0]
    return value + batch.error(lam)[0] if batch.error is not None else value


def _finish(batch: Batch, have: Moments, rho: np.ndarray, lam: np.ndarray, errors: bool) -> Refits:
    """beta, sigma2, the log-likelihood and, if asked, standard errors at the estimates."""
    m = len(rho)
    tilt = np.stack([np.ones(m), -rho]) if len(have.T[0]) == 2 else np.ones((1, m))
    C, Q, C1 = have.C, None, None
    if batch.error is None:
        S = _quadratic(have.T[0], rho)[0]
    else:
        here = _at(batch, have, lam)
        S, C, Q, C1 = _quadratic(here.G, rho)[0], have.C + here.C, here.Q, here.C1
    inverse = np.linalg.inv(batch.R)
    beta = inverse @ np.einsum("kqm,qm->km", C, tilt)
    sigma2 = S / batch.n
    value = _likelihood(batch, S, rho, lam)
    if not errors:
        return Refits(beta, rho, lam, sigma2, value, np.empty((0, 0, m)))
    V = variance(batch, have, rho, lam)
    J = np.zeros((2, batch.k, m))
    if len(have.T[0]) == 2:
        J[0] = -C[:, 1]
    if C1 is not None:
        J[1] = np.einsum("kqm,qm->km", C1, tilt)
    J = np.einsum("kl,alm->akm", inverse, J)
    own = inverse @ inverse.T
    own = np.repeat(own[:, :, None], m, axis=2)
    if Q is not None:
        right = np.repeat(inverse.T[:, :, None], m, axis=2)
        own = np.einsum("klm,kjm->ljm", right, _solve(Q, right))
    k = batch.k
    covariance = np.empty((k + 2, k + 2, m))
    covariance[k:, :k] = np.einsum("abm,bkm->akm", V, J)
    covariance[:k, k:] = covariance[k:, :k].transpose(1, 0, 2)
    covariance[:k, :k] = own * sigma2 + np.einsum("akm,ajm->kjm", J, covariance[k:, :k])
    covariance[k:, k:] = V
    return Refits(beta, rho, lam, sigma2, value, covariance)


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
