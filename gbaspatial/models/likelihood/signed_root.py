"""Signed roots of the likelihood ratio of any value of rho or lambda, in the data and in samples where it is true.

With one spatial parameter, (I - rho0 W) y is a classical regression on X if rho0 is true (for
the error model (I - lambda0 W) y on (I - lambda0 W) X). Then, for normal errors, the direction
of its residuals is uniform in the space orthogonal to its regressors, whatever the coefficients
and the variance. `Noise` turns the residuals to other directions and keeps their length and the
fitted values; whatever statistic is computed from the samples so made and from the data by the
same function, the share of samples beyond the data is an exact test of rho0 (rotation tests;
Dufour's Monte Carlo tests). With two parameters the other one is estimated: nearly exact.

The statistic is the signed root of the likelihood ratio; the largest likelihood of a sample is
read off a grid over the whole admissible interval and the parabola through the best point and
its neighbors, for the data as for the samples. All values tested share their random numbers,
so that the tails are smooth in the value. Random numbers belong to labels, not to positions:
`ranks` says where a unit stands among the sorted labels. Arrays only.

References
----------
Dufour, J.-M. (2006). Monte Carlo tests with nuisance parameters. Journal of Econometrics 133, 443-477.
Langsrud, O. (2005). Rotation tests. Statistics and Computing 15, 53-60.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np

from gbaspatial.models.likelihood.many_maxima import grid_moments, points
from gbaspatial.models.likelihood.many_outcomes import Batch, batch_of, moments
from gbaspatial.models.likelihood.maximum import rho_given_lambda
from gbaspatial.models.likelihood.problem import Problem
from gbaspatial.models.likelihood.resample import BLOCK, Kind, restricted
from gbaspatial.models.solve.many_rho import Spline, spline_of
from gbaspatial.models.solve.side import Side
from gbaspatial.randomness import ROTATIONS, stream

Roots = Callable[[float], tuple[float, np.ndarray]]
_GRID, _GRID_MANY, _GRID_TWO = 25, 97, 19
_MANY = 50


@dataclass(frozen=True, slots=True, eq=False)
class Noise:
    """Random numbers (n, m), the same at every value tested, that make errors of m samples from one residual."""

    kind: Kind
    numbers: np.ndarray
    ranks: np.ndarray

    def errors(self, e: np.ndarray, basis: np.ndarray) -> np.ndarray:
        """Errors (n, m + 1) like the residuals `e` (n,) of a regression on `basis` (n, k); the first are `e` itself."""
        if self.kind == "parametric":
            turned = self.directions(basis) * np.linalg.norm(e)
        else:
            n, k = basis.shape
            even = e - e.mean()
            scaled = even * np.sqrt(e @ e / max(float(even @ even), 1e-300) * n / max(n - k, 1))
            by_label = scaled[np.argsort(self.ranks)]
            turned = by_label[self.numbers] if self.kind == "residual" else scaled[:, None] * self.numbers
        return np.column_stack([e, turned])

    def directions(self, basis: np.ndarray) -> np.ndarray:
        """Unit vectors (n, m) orthogonal to `basis` (n, k), uniform among all of these."""
        turned = self.numbers - basis @ (basis.T @ self.numbers)
        turned /= np.sqrt(np.einsum("im,im->m", turned, turned))
        return turned


def noise(n: int, draws: int, seed: int, kind: Kind = "parametric", ranks: np.ndarray | None = None) -> Noise:
    """The random numbers of `draws` samples; of `ranks` (n,) see above."""
    drawn = np.hstack(list(_numbers(n, draws, seed, kind)))
    ranks = np.arange(n) if ranks is None else ranks
    return Noise(kind, drawn[ranks], ranks)


def _numbers(n: int, draws: int, seed: int, kind: Kind) -> Iterator[np.ndarray]:
    for block, start in enumerate(range(0, draws, BLOCK)):
        rng, left = stream(seed, ROTATIONS, block), draws - start
        if kind == "parametric":
            yield rng.standard_normal((BLOCK, n))[:left].T
        elif kind == "residual":
            yield rng.integers(0, n, (BLOCK, n))[:left].T
        else:
            yield (2.0 * rng.integers(0, 2, (BLOCK, n)) - 1)[:left].T


def signed_roots(model: Problem, name: str, made: Noise) -> Roots:
    """A function of a value of `name`: the signed root in the data, and in the samples (m,) where the value is true."""
    if model.lag is not None and model.error is not None:
        found: Callable[[float], np.ndarray] = _Two(model, name, made)
    else:
        found = _Lag(model, made) if model.lag is not None else _Error(model, made)

    def _roots(value: float) -> tuple[float, np.ndarray]:
        all_roots = found(value)
        return float(all_roots[0]), all_roots[1:]

    return _roots


# -- one parameter --------------------------------------------------------------------------
class _Curve:
    """The log-determinant on a grid over the admissible interval, as a factor exp(-2 f / n) of sums of squares."""

    def __init__(self, side: Side, n: int, size: int) -> None:
        self.spline: Spline = spline_of(side, n)
        self.n, self.size = n, size
        self.grid = points(self.spline.low, self.spline.high, size)
        self.factors = np.exp(-2 * (self.spline(self.grid)[0]) / n)

    def factor(self, value: float) -> float:
        """At any value."""
        return float(np.exp(-2 * self.spline(np.array([value]))[0][0] / self.n))

    def place(self, value: float) -> float:
        """Where `value` lies among the points of the grid, counted from zero."""
        low, high = self.spline.low, self.spline.high
        angle = np.arccos(np.clip((low + high - 2 * value) / (high - low), -1.0, 1.0))
        return float(angle * self.size / np.pi - 0.5)

    def roots(self, weighted: np.ndarray, at_value: np.ndarray | float, value: float) -> np.ndarray:
        """Signed roots (m,): `weighted` (g, m) sums of squares times factors on the grid, and those at the value."""
        top, place = lowest(weighted)
        ratio = np.maximum(-self.n * (top - np.log(at_value)), 0.0)
        return np.sign(place - self.place(value)) * np.sqrt(ratio)


def lowest(values: np.ndarray, logs: bool = False) -> tuple[np.ndarray, np.ndarray]:
    """The lowest log (...) of positive `values` (g, ...), and its place, by the parabola through the best point."""
    best = np.clip(np.argmin(values, axis=0), 1, len(values) - 2)[None]
    three = np.concatenate([np.take_along_axis(values, best + shift, axis=0) for shift in (-1, 0, 1)])
    left, mid, right = three if logs else np.log(three)
    bend, tilt = left - 2 * mid + right, right - left
    with np.errstate(divide="ignore", invalid="ignore"):
        step = np.clip(np.where(bend > 0, -tilt / (2 * bend), np.where(left < right, -1.0, 1.0)), -1.0, 1.0)
    return mid + step * tilt / 2 + step**2 * bend / 2, best[0] + step


def _size(n: int) -> int:
    """Points of the grid: the likelihood of many units is narrow."""
    return _GRID if n < _MANY else _GRID_MANY


def _dense(W) -> np.ndarray:  # type: ignore[no-untyped-def]
    return np.asarray(W.toarray(), dtype=float)


class _Lag:
    """The lag model: S(rho) = |e + (rho0 - rho) V|^2, where e are the errors and V is W y off X."""

    def __init__(self, model: Problem, made: Noise) -> None:
        assert model.lag is not None
        self.made, self.y, self.W = made, model.leveled, _dense(model.lag.W)
        self.root = np.ones(model.n) if model.d is None else np.sqrt(model.d)
        self.basis = np.linalg.qr(model.X * self.root[:, None])[0]
        self.curve = _Curve(model.lag, model.n, _size(model.n))
        self.turned = made.directions(self.basis) if made.kind == "parametric" else None

    def __call__(self, value: float) -> np.ndarray:
        A = np.eye(len(self.y)) - value * self.W
        z = self.root * (A @ self.y)
        fitted = self.basis @ (self.basis.T @ z)
        K = self.root[:, None] * np.linalg.solve(A.T, self.W.T).T / self.root  # W A^-1 in the scale of the weights
        K = K - self.basis @ (self.basis.T @ K)
        delta = value - self.curve.grid
        if self.turned is not None:
            e = z - fitted
            size = np.linalg.norm(e)
            E = np.column_stack([e / size, self.turned])
            V, ee = K @ E + (K @ fitted / size)[:, None], np.ones(E.shape[1])
        else:
            E = self.made.errors(z - fitted, self.basis)
            V = K @ (fitted[:, None] + E)
            E = E - self.basis @ (self.basis.T @ E)
            ee = np.einsum("im,im->m", E, E)
        ev, vv = np.einsum("im,im->m", E, V), np.einsum("im,im->m", V, V)
        weights = np.stack([np.ones_like(delta), 2 * delta, delta**2], axis=1) * self.curve.factors[:, None]
        weighted = weights @ np.stack([np.ones_like(ee), ev / ee, vv / ee])
        return self.curve.roots(weighted, self.curve.factor(value), value)


class _Error:
    """The error model: S(lambda) = |E + (lambda0 - lambda) F|^2 off (I - lambda W) X, F being W u in filtered terms."""

    def __init__(self, model: Problem, made: Noise) -> None:
        assert model.error is not None
        self.made, self.y, self.X, self.W = made, model.leveled, model.X, _dense(model.error.W)
        self.root = np.ones(model.n) if model.d is None else np.sqrt(model.d)
        self.curve = _Curve(model.error, model.n, _size(model.n))
        WX = self.W @ self.X
        self.span = np.linalg.qr(self.root[:, None] * np.hstack([self.X, WX]))[0]  # every filtered X lies in it
        filtered = self.root[:, None] * (self.X - self.curve.grid[:, None, None] * WX)
        self.bases = np.linalg.qr(filtered)[0].transpose(0, 2, 1) @ self.span  # (g, k, 2 k)

    def __call__(self, value: float) -> np.ndarray:
        B = np.eye(len(self.y)) - value * self.W
        basis = np.linalg.qr(self.root[:, None] * (B @ self.X))[0]
        z = self.root * (B @ self.y)
        E = self.made.errors(z - basis @ (basis.T @ z), basis)
        if self.made.kind != "parametric":
            E = E - basis @ (basis.T @ E)
        F = (self.root[:, None] * np.linalg.solve(B.T, self.W.T).T / self.root) @ E
        ee, ef, ff = (np.einsum("im,im->m", *pair) for pair in ((E, E), (E, F), (F, F)))
        e, f = self.span.T @ E, self.span.T @ F
        weighted = np.empty((self.curve.size, len(ee)))
        deltas = value - self.curve.grid
        for place, (delta, factor, base) in enumerate(zip(deltas, self.curve.factors, self.bases, strict=True)):
            Z = base @ (e + delta * f)
            weighted[place] = factor * (ee + 2 * delta * ef + delta**2 * ff - np.einsum("km,km->m", Z, Z)) / ee
        return self.curve.roots(np.maximum(weighted, 1e-300), self.curve.factor(value), value)


# -- two parameters -------------------------------------------------------------------------
class _Two:
    """A model with rho and lambda: one is tested, the other is at its best given the value."""

    def __init__(self, model: Problem, name: str, made: Noise) -> None:
        assert model.lag is not None
        assert model.error is not None
        self.model, self.name, self.made = model, name, made
        self.W1, self.W2 = _dense(model.lag.W), _dense(model.error.W)
        self.root = np.ones(model.n) if model.d is None else np.sqrt(model.d)
        self.batch: Batch = batch_of(model)
        self.lag, self.error = _Curve(model.lag, model.n, _GRID_TWO), _Curve(model.error, model.n, _GRID_TWO)

    def __call__(self, value: float) -> np.ndarray:
        have = moments(self.batch, self._samples(value))
        G = np.stack(grid_moments(self.batch, have, self.error.grid))
        if self.name == "rho":
            free = lowest(self.error.factors[:, None, None] * _squares(G, self.lag.grid))[0]
            held = lowest(self.error.factors[:, None] * _squares(G, np.array([value]))[:, 0])[0]
            curve = self.lag
        else:
            free = lowest(np.swapaxes(self.lag.factors[:, None] * _squares(G, self.lag.grid), 0, 1))[0]
            at = np.stack(grid_moments(self.batch, have, np.array([value])))
            held = lowest(self.lag.factors[:, None] * _squares(at, self.lag.grid)[0])[0]
            curve = self.error
        top, place = lowest(free + np.log(curve.factors)[:, None], logs=True)
        ratio = np.maximum(self.model.n * (held + np.log(curve.factor(value)) - top), 0.0)
        return np.sign(place - curve.place(value)) * np.sqrt(ratio)

    def _samples(self, value: float) -> np.ndarray:
        """The data, and outcomes (n, m) where the value is true and the other parameter is as estimated."""
        if self.name == "rho":
            rho, lam = value, restricted(self.model, value, None)[2]
        else:
            rho, lam = rho_given_lambda(self.model, value), value
        A, B = (np.eye(self.model.n) - at * W for at, W in ((rho, self.W1), (lam, self.W2)))
        basis = np.linalg.qr(self.root[:, None] * (B @ self.model.X))[0]
        z = self.root * (B @ (A @ self.model.leveled))
        fitted = basis @ (basis.T @ z)
        E = self.made.errors(z - fitted, basis)
        return np.linalg.solve(A, np.linalg.solve(B, (fitted[:, None] + E) / self.root[:, None]))


def _squares(G: np.ndarray, rho: np.ndarray) -> np.ndarray:
    """Sums of squares (l, r, m) at the `rho` (r,) of residual moments `G` (l, 2, 2, m)."""
    weights = np.stack([np.ones_like(rho), -rho, rho**2], axis=1)
    three = np.stack([G[:, 0, 0], G[:, 0, 1] + G[:, 1, 0], G[:, 1, 1]], axis=1)
    return np.maximum(weights @ three, 1e-300)
