"""Tests of random effects of units, spatial errors and serial correlation, from pooled residuals: arrays only.

Baltagi, Song and Koh (2003): u = mu + e, e = lambda W e + v. `lm1` is of no variance of mu (one-sided: a variance is
not negative), `lm2` of lambda = 0, `lmh` of both, `clm_lambda` of lambda = 0 where mu may vary and `clm_mu` of no
variance of mu where lambda may differ from zero; `slm1` and `slm2` are `lm1` and `lm2` less their exact mean over
their exact standard deviation under the null (Honda 1991), nearer to normal with few units or many regressors.
Baltagi, Song, Jung and Koh (2007) add serial correlation: `j` is of all three. lambda may have either sign and a
variance may not, so that `lmh` leaves a negative `lm1` out and has, under the null, chi-squared with one or two
degrees of freedom, half of the time each. Conditional tests have the others at their largest likelihood and all
parameters in the information. For balanced panels with one W; rows by period, unit.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from scipy import optimize, special

from gbaspatial.inference.tails import chi_squared_tail

_TRIED = {"mu": (0.0, 0.3, 2.0, 10.0), "rho": (0.0, 0.5, 0.9, 0.98), "lambda": (-0.3, 0.1, 0.5)}
_FINE = {"ftol": 1e-13, "gtol": 1e-7, "maxiter": 500}


@dataclass(frozen=True, slots=True, eq=False)
class Pooled:
    """Outcome (T, n), regressors (T, n, k) with the intercept, and W (n, n)."""

    y: np.ndarray
    X: np.ndarray
    W: np.ndarray

    @property
    def residuals(self) -> np.ndarray:
        """Of least squares (T, n)."""
        T, n, k = self.X.shape
        X, y = self.X.reshape(T * n, k), self.y.reshape(T * n)
        return np.asarray((y - X @ np.linalg.lstsq(X, y, rcond=None)[0]).reshape(T, n))


def mixture(statistic: float, df: int) -> float:
    """The p-value where `df` less one degree of freedom, or `df`, have half of the chances each."""
    low = float(chi_squared_tail(statistic, df - 1)) if df > 1 else float(statistic <= 0)
    return (low + float(chi_squared_tail(statistic, df))) / 2


def random_effects_tests(pooled: Pooled) -> dict[str, tuple[float, float | str | None, float]]:
    """(statistic, degrees of freedom, p-value) by name.

    References
    ----------
    Baltagi, B. H., Song, S. H. and Koh, W. (2003). Testing panel data regression models with spatial error
    correlation. Journal of Econometrics 117(1), 123-150.
    Honda, Y. (1991). A standardized test for the error components model with the two-way layout. Economics Letters
    37(2), 125-128.
    Baltagi, B. H., Song, S. H., Jung, B. C. and Koh, W. (2007). Testing for serial correlation, spatial autocorrelation
    and random effects using panel data. Journal of Econometrics 140(1), 5-51.
    """
    u, W = pooled.residuals, pooled.W
    T, n = u.shape
    total, b = float((u**2).sum()), float((W * W).sum() + (W * W.T).sum())
    G = float((u.sum(axis=0) ** 2).sum()) / total - 1
    H = float((u * (u @ W.T)).sum()) / total
    lm1, lm2 = np.sqrt(n * T / (2 * (T - 1))) * G, np.sqrt(n**2 * T / b) * H
    lmh = max(lm1, 0.0) ** 2 + lm2**2
    slm1, slm2 = _standardized(pooled, u)
    two = ("sigma2", "mu", "lambda")
    clm_lambda = conditional(pooled, "lambda", two)
    clm_mu = conditional(pooled, "mu", two)
    found: dict[str, tuple[float, float | str | None, float]] = {
        "bsk_lmh": (lmh, "1, 2", mixture(lmh, 2)),
        "bsk_lm1": (lm1, None, float(special.ndtr(-lm1))),
        "bsk_lm2": (lm2, None, _both(lm2)),
        "bsk_slm1": (slm1, None, float(special.ndtr(-slm1))),
        "bsk_slm2": (slm2, None, _both(slm2)),
        "bsk_clm_lambda": (clm_lambda, None, _both(clm_lambda)),
        "bsk_clm_mu": (clm_mu, None, float(special.ndtr(-clm_mu))),
    }
    if T > 2:
        F = 2 * float((u[1:] * u[:-1]).sum()) / (2 * total)
        j = n * T**2 / (2 * (T - 1) * (T - 2)) * (G**2 - 4 * G * F + 2 * T * F**2) + lm2**2
        found["bsjk_j"] = (j, 3, float(chi_squared_tail(j, 3)))
        three = ("sigma2", "mu", "rho", "lambda")
        for name, tested in (("bsjk_c_1", "lambda"), ("bsjk_c_2", "rho"), ("bsjk_c_3", "mu")):
            square = conditional(pooled, tested, three) ** 2
            found[name] = (square, 1, float(chi_squared_tail(square, 1)))
    return found


def _standardized(pooled: Pooled, u: np.ndarray) -> tuple[float, float]:
    """u'Du / u'u of D = J (x) I and D = I (x) (W + W')/2, less the exact mean, over the exact standard deviation.

    The variance of a quadratic form is that of the symmetric part of its matrix: splm takes W itself.
    """
    T, n, k = pooled.X.shape
    Q = np.linalg.qr(pooled.X.reshape(T * n, k))[0].reshape(T, n, k)
    S = (pooled.W + pooled.W.T) / 2
    df, total = T * n - k, float((u**2).sum())

    def _of(applied: Callable[[np.ndarray], np.ndarray], trace: float, squares: float) -> float:
        image = applied(Q)
        inner = np.tensordot(Q, image, axes=([0, 1], [0, 1]))
        first = trace - float(np.trace(inner))
        second = squares - 2 * float((image**2).sum()) + float((inner**2).sum())
        variance = 2 * (df * second - first**2) / (df**2 * (df + 2))
        form = float((u * applied(u[..., None])[..., 0]).sum()) / total
        if variance <= 1e-12 * second / df**2:  # so few rows leave the form no freedom
            return float("nan")
        return float((form - first / df) / np.sqrt(variance))

    of_units = _of(lambda Z: np.broadcast_to(Z.sum(axis=0), Z.shape), n * T, n * T**2)
    return of_units, _of(lambda Z: S @ Z, 0.0, T * float((S**2).sum()))


def _both(z: float) -> float:
    return float(2 * special.ndtr(-abs(z)))


# -- one of them, the others allowed for ----------------------------------------------------------
@dataclass(frozen=True, slots=True, eq=False)
class Structure:
    """The covariance of all errors over sigma2: phi J (x) I + V (x) S, S = (B'B)^-1, in the eigenvectors of S.

    `V` (T, T) that of a stationary autoregression with `rho`, `values` (n,) and `vectors` (n, n) of S.
    """

    phi: float
    rho: float
    lam: float
    V: np.ndarray
    values: np.ndarray
    vectors: np.ndarray

    def whitened(self, rotated: np.ndarray) -> np.ndarray:
        """(T, n, ...) in the eigenvectors, made independent with one variance."""
        root = np.linalg.inv(np.linalg.cholesky(self.V))
        ones = root.sum(axis=1)
        tau = float(ones @ ones)
        shape = (1, -1) + (1,) * (rotated.ndim - 2)
        z = np.tensordot(root, rotated, axes=1) / np.sqrt(self.values).reshape(shape)
        shrink = 1 - 1 / np.sqrt(1 + self.phi * tau / self.values)
        part = np.tensordot(ones, z, axes=1) / tau
        return np.asarray(z - np.multiply.outer(ones, part) * shrink.reshape(shape))

    @property
    def log_determinant(self) -> float:
        """Of the whole covariance."""
        T = len(self.V)
        tau = float(np.linalg.solve(self.V, np.ones(T)).sum())
        each = T * np.log(self.values) + np.log1p(self.phi * tau / self.values)
        return float(each.sum() + len(self.values) * np.linalg.slogdet(self.V)[1])


def structure(W: np.ndarray, T: int, phi: float, rho: float, lam: float) -> Structure:
    """The covariance at these parameters."""
    n = len(W)
    V = rho ** np.abs(np.subtract.outer(np.arange(T), np.arange(T))) / (1 - rho**2)
    if lam == 0:
        return Structure(phi, rho, lam, V, np.ones(n), np.eye(n))
    B = np.eye(n) - lam * W
    inverse, vectors = np.linalg.eigh(B.T @ B)
    return Structure(phi, rho, lam, V, 1 / inverse, vectors)


def _estimated(pooled: Pooled, at: Structure) -> tuple[np.ndarray, float]:
    """Residuals (T, n) in the eigenvectors and sigma2, of generalized least squares."""
    T, n, k = pooled.X.shape
    y, X = pooled.y @ at.vectors, np.swapaxes(np.swapaxes(pooled.X, 1, 2) @ at.vectors, 1, 2)
    z, Z = at.whitened(y).reshape(T * n), at.whitened(X).reshape(T * n, k)
    beta = np.linalg.lstsq(Z, z, rcond=None)[0]
    left = z - Z @ beta
    return y - X @ beta, float(left @ left) / (T * n)


def conditional(pooled: Pooled, tested: str, parameters: tuple[str, ...]) -> float:
    """The signed root of the score statistic of one parameter = 0, the others at their largest likelihood."""
    at = _restricted(pooled, [name for name in parameters if name not in ("sigma2", tested)])
    r, s2 = _estimated(pooled, at)
    score, info = _scores(pooled.W, at, r, s2, parameters)
    place = parameters.index(tested)
    return float(score[place] * np.sqrt(np.linalg.inv(info)[place, place]))


def _restricted(pooled: Pooled, free: list[str]) -> Structure:
    T = len(pooled.y)
    bounds = {"mu": (0.0, 1e4), "rho": (-0.9999, 0.9999), "lambda": (-0.98, 0.98)}
    keys = {"mu": "phi", "rho": "rho", "lambda": "lam"}

    def _at(values: np.ndarray) -> Structure:
        given = {keys[name]: float(value) for name, value in zip(free, values, strict=True)}
        return structure(pooled.W, T, **({"phi": 0.0, "rho": 0.0, "lam": 0.0} | given))

    def _loss(values: np.ndarray) -> float:
        at = _at(values)
        return 0.5 * pooled.y.size * np.log(_estimated(pooled, at)[1]) + 0.5 * at.log_determinant

    limits = [bounds[name] for name in free]
    tried = [np.array(values) for values in itertools.product(*(_TRIED[name] for name in free))]
    start = min(tried, key=_loss)
    return _at(optimize.minimize(_loss, start, method="L-BFGS-B", bounds=limits, options=_FINE).x)


def _scores(
    W: np.ndarray, at: Structure, r: np.ndarray, s2: float, parameters: tuple[str, ...]
) -> tuple[np.ndarray, np.ndarray]:
    """Scores (p,) and information (p, p) of `parameters`, sigma2 in its own scale, mu as a variance over sigma2."""
    T, n = r.shape
    J, d = np.ones((T, T)), at.values
    inverse = np.linalg.inv(d[:, None, None] * at.V + at.phi * J)
    gap = np.abs(np.subtract.outer(np.arange(T), np.arange(T)))
    slope = np.where(gap > 0, gap * at.rho ** np.maximum(gap - 1, 0), 0.0) / (1 - at.rho**2)
    slope = slope + 2 * at.rho * at.V / (1 - at.rho**2)
    diagonal = {
        "sigma2": np.tile(np.eye(T), (n, 1, 1)), "mu": inverse @ J, "rho": d[:, None, None] * (inverse @ slope)
    }  # fmt: skip
    B = np.eye(n) - at.lam * W
    S = (at.vectors * d) @ at.vectors.T
    M = at.vectors.T @ (S @ (W.T @ B + B.T @ W) @ S) @ at.vectors
    Z = np.einsum("its,si->ti", inverse, r)
    PV = inverse @ at.V
    squares = {
        "sigma2": float((Z * r).sum()), "mu": float((Z.sum(axis=0) ** 2).sum()),
        "rho": float((d * np.einsum("ti,ts,si->i", Z, slope, Z)).sum()), "lambda": float((M * (Z.T @ at.V @ Z)).sum()),
    }  # fmt: skip
    traces = {name: float(np.einsum("itt->", part)) for name, part in diagonal.items()}
    traces["lambda"] = float(np.diag(M) @ np.einsum("itt->i", PV))
    score = np.array([0.5 * (squares[name] / s2 - traces[name]) for name in parameters])
    info = np.empty((len(parameters),) * 2)
    for a, one in enumerate(parameters):
        for b, two in enumerate(parameters):
            info[a, b] = 0.5 * _product(one, two, diagonal, PV, M)
    return score, info


def _product(one: str, two: str, diagonal: dict[str, np.ndarray], PV: np.ndarray, M: np.ndarray) -> float:
    """The trace of both slopes, each behind the inverse of the covariance."""
    if one == two == "lambda":
        flat, turned = PV.reshape(len(PV), -1), PV.transpose(0, 2, 1).reshape(len(PV), -1)
        return float((M**2 * (flat @ turned.T)).sum())
    if "lambda" in (one, two):
        other = diagonal[two if one == "lambda" else one]
        return float(np.diag(M) @ np.einsum("its,ist->i", PV, other))
    return float(np.einsum("its,ist->", diagonal[one], diagonal[two]))
