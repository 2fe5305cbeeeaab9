"""Sums of squares of many outcomes of a panel over the plane of rho and lambda: arrays only.

With p = M (y - lambda W2 y) and q = M (W1 y - lambda W2 W1 y) the sum of squares is that of p - rho q off
M (I - lambda W2) X: a parabola in rho at each lambda, from four columns for each outcome. So the largest likelihoods of
thousands of outcomes are read off a grid of lambda by a grid of rho, and made exact by Newton's steps.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from scipy import optimize
from scipy.interpolate import CubicSpline

from gbaspatial.models.likelihood.signed_root import lowest
from gbaspatial.models.panel.histories import POINTS, Grid, apply_blocks, dense_blocks, take_out
from gbaspatial.models.panel.less_effects import PanelProblem

Curve = Callable[[np.ndarray], np.ndarray]
_SPLINE = 401
_NEWTON = 6
_STEP = 1e-4  # of the width of an interval, for differences


@dataclass(frozen=True, slots=True, eq=False)
class Columns:
    """Of m outcomes, less effects: inner products (4, 4, m) of y, W1 y, W2 y, W2 W1 y, and `coordinates` (4, c, m).

    The coordinates are those in the span of X and W2 X.
    """

    products: np.ndarray
    coordinates: np.ndarray


class Plane:
    """One model with both parameters, ready for outcomes (rows, m)."""

    def __init__(self, model: PanelProblem, size: int = POINTS) -> None:
        assert model.lag is not None
        assert model.error is not None
        self.model, self.count = model, model.count
        self.lag, self.error = Grid(model.lag, model.count, size), Grid(model.error, model.count, size)
        self.one, self.two = dense_blocks(model.lag), dense_blocks(model.error)
        X, WX = take_out(model.effects, model.X), take_out(model.effects, model.error.W @ model.X)
        self.span = np.linalg.qr(np.hstack([X, WX]))[0]  # every filtered X lies in it
        self.X, self.WX = self.span.T @ X, self.span.T @ WX
        self.scale = np.linalg.qr(X)[1] if X.shape[1] else np.zeros((0, 0))
        self.bases = [self.basis(float(lam)) for lam in self.error.values]

    @cached_property
    def own(self) -> Columns:
        """The columns of the data."""
        return self.columns(self.model.y[:, None])

    @cached_property
    def curves(self) -> tuple[Curve, Curve]:
        """The log-determinants less effects, of many rho and of many lambda."""
        return _curve(self.lag), _curve(self.error)

    def basis(self, lam: float) -> np.ndarray:
        """An orthonormal basis (c, k) of the filtered X, in coordinates."""
        return np.asarray(np.linalg.qr(self.X - lam * self.WX)[0])

    def columns(self, Y: np.ndarray) -> Columns:
        """What the outcomes `Y` (rows, m) need."""
        one = apply_blocks(self.one, Y)
        parts = [Y, one, apply_blocks(self.two, Y), apply_blocks(self.two, one)]
        off = np.stack([take_out(self.model.effects, part) for part in parts])
        products = np.empty((4, 4, Y.shape[1]))
        for a in range(4):
            for b in range(a + 1):
                products[a, b] = products[b, a] = np.einsum("im,im->m", off[a], off[b])
        return Columns(products, np.einsum("ic,aim->acm", self.span, off))

    def parabola(self, columns: Columns, lam: float, basis: np.ndarray) -> np.ndarray:
        """Coefficients (3, m) of the sum of squares at `lam` in 1, rho, rho^2."""
        P, c = columns.products, columns.coordinates
        inner = [basis.T @ (c[a] - lam * c[a + 2]) for a in (0, 1)]

        def _pair(a: int, b: int) -> np.ndarray:
            whole = P[a, b] - lam * (P[a, b + 2] + P[a + 2, b]) + lam**2 * P[a + 2, b + 2]
            return np.asarray(whole - np.einsum("km,km->m", inner[a], inner[b]))

        return np.stack([_pair(0, 0), -2 * _pair(0, 1), _pair(1, 1)])

    # -- largest likelihoods: as logs of sums of squares with their determinants, the lower the larger ---------
    def top(self, columns: Columns) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """The lowest log (m,) over the plane, and rho and lambda (m,) there, read off the grid."""
        logs, places = [], []
        for lam, factor, basis in zip(self.error.values, self.error.factors, self.bases, strict=True):
            low, place = self._over_rho(self.parabola(columns, float(lam), basis))
            logs.append(low + np.log(factor))
            places.append(place)
        best, at = lowest(np.array(logs), logs=True)
        return best, self.lag.value_at(_between(np.array(places), at)), self.error.value_at(at)

    def held(self, columns: Columns, name: str, value: float) -> np.ndarray:
        """The lowest log (m,) where `name` has the `value`."""
        side = self.lag.side if name == "rho" else self.error.side
        return self._along(columns, name, value)[0] - 2 * side.curve(value) / self.count

    def _along(self, columns: Columns, name: str, value: float) -> tuple[np.ndarray, np.ndarray]:
        """The lowest log (m,) over the other parameter, less the determinant of `name`, and its place on the grid."""
        if name == "lambda":
            return self._over_rho(self.parabola(columns, value, self.basis(value)))
        powers = np.array([1.0, value, value**2])
        logs = [
            np.log(np.maximum(powers @ self.parabola(columns, float(lam), basis), 1e-300)) + np.log(factor)
            for lam, factor, basis in zip(self.error.values, self.error.factors, self.bases, strict=True)
        ]
        return lowest(np.array(logs), logs=True)

    def given_one(self, name: str, value: float) -> tuple[float, float]:
        """rho and lambda of the data where `name` has the `value` and the likelihood is largest."""
        place = float(self._along(self.own, name, value)[1][0])
        grid = self.error if name == "rho" else self.lag

        def _pair(other: float) -> tuple[float, float]:
            return (value, other) if name == "rho" else (other, value)

        ends = sorted(float(grid.value_at(np.clip(place + step, 0, grid.size - 1))) for step in (-1.0, 1.0))
        found = optimize.minimize_scalar(
            lambda other: float(self._log(self.own, *(np.array([part]) for part in _pair(other)))[0]),
            bounds=ends, method="bounded", options={"xatol": 1e-7},
        )  # fmt: skip
        return _pair(float(found.x))

    def ratios(self, name: str, values: np.ndarray) -> np.ndarray:
        """Twice the fall of the log-likelihood of the data from its top, at `values` (g,) of `name`."""
        held = np.array([float(self.held(self.own, name, value)[0]) for value in values.tolist()])
        return np.asarray(self.count * (held - held.min()))

    def _over_rho(self, parabola: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        values = self.lag.values
        powers = np.stack([np.ones_like(values), values, values**2], axis=1) * self.lag.factors[:, None]
        return lowest(np.maximum(powers @ parabola, 1e-300))

    def roots(self, Y: np.ndarray, name: str, value: float) -> np.ndarray:
        """Signed roots (m,) of the likelihood ratio of `name` = `value`."""
        columns = self.columns(Y)
        best, rho, lam = self.top(columns)
        ratio = self.count * (self.held(columns, name, value) - best)
        return np.asarray(np.sign((rho if name == "rho" else lam) - value) * np.sqrt(np.maximum(ratio, 0.0)))

    # -- estimates ----------------------------------------------------------------------------------------------
    def given(self, columns: Columns, rho: np.ndarray, lam: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """beta (k, m), the inverse (m, k, k) of the filtered X'X, and sums of squares (m,), at rho, lambda (m,)."""
        P, c = columns.products, columns.coordinates
        weights = np.stack([np.ones_like(rho), -rho, -lam, rho * lam])
        total = np.einsum("am,bm,abm->m", weights, weights, P)
        target = np.einsum("am,acm->mc", weights, c)
        X = self.X - lam[:, None, None] * self.WX
        right = np.einsum("mck,mc->mk", X, target)
        inverse = np.linalg.inv(np.einsum("mck,mcl->mkl", X, X))
        beta = np.einsum("mkl,ml->mk", inverse, right)
        return beta.T, inverse, np.maximum(total - np.einsum("mk,mk->m", beta, right), 1e-300)

    def _log(self, columns: Columns, rho: np.ndarray, lam: np.ndarray) -> np.ndarray:
        f, g = self.curves
        return np.asarray(np.log(self.given(columns, rho, lam)[2]) - 2 * (f(rho) + g(lam)) / self.count)

    def estimates(self, Y: np.ndarray) -> tuple[Columns, np.ndarray, np.ndarray, np.ndarray]:
        """The columns of the outcomes, rho and lambda (m,) where the likelihood is largest, and the log there."""
        columns = self.columns(Y)
        _, rho, lam = self.top(columns)
        best = self._log(columns, rho, lam)
        h1, h2 = (_STEP * (grid.high - grid.low) for grid in (self.lag, self.error))
        for _ in range(_NEWTON):
            rho, lam, moved = self._newton(columns, rho, lam, best, h1, h2)
            best = self._log(columns, rho, lam)
            if moved < 1e-9:
                break
        return columns, rho, lam, best

    def _newton(
        self, columns: Columns, rho: np.ndarray, lam: np.ndarray, best: np.ndarray, h1: float, h2: float
    ) -> tuple[np.ndarray, np.ndarray, float]:
        up, down = self._log(columns, rho + h1, lam), self._log(columns, rho - h1, lam)
        right, left = self._log(columns, rho, lam + h2), self._log(columns, rho, lam - h2)
        corner = self._log(columns, rho + h1, lam + h2)
        a, b = (up - 2 * best + down) / h1**2, (right - 2 * best + left) / h2**2
        c = (corner - up - right + best) / (h1 * h2)
        gr, gl = (up - down) / (2 * h1), (right - left) / (2 * h2)
        size = a * b - c * c
        with np.errstate(invalid="ignore", divide="ignore"):
            step1, step2 = -(b * gr - c * gl) / size, -(a * gl - c * gr) / size
        fine = (size > 0) & (a > 0) & np.isfinite(step1) & np.isfinite(step2)
        new1 = np.clip(np.where(fine, rho + step1, rho), self.lag.low + h1, self.lag.high - h1)
        new2 = np.clip(np.where(fine, lam + step2, lam), self.error.low + h2, self.error.high - h2)
        better = self._log(columns, new1, new2) < best
        moved = float(np.max(np.abs(new1 - rho)[better], initial=0.0))
        return np.where(better, new1, rho), np.where(better, new2, lam), moved


def angles_of(grid: Grid, values: np.ndarray) -> np.ndarray:
    """`values` as angles over the interval of a grid, whose points are equally far apart so: poles are mild there."""
    middle, half = (grid.low + grid.high) / 2, (grid.high - grid.low) / 2
    return np.asarray(np.arccos(np.clip((middle - values) / half, -1.0, 1.0)))


def _curve(grid: Grid) -> Curve:
    """The log-determinant at many values, by a spline over their angles."""
    fine = Grid(grid.side, grid.count, _SPLINE)
    spline = CubicSpline(angles_of(grid, fine.values), np.log(fine.factors) * (-grid.count / 2))
    return lambda values: np.asarray(spline(angles_of(grid, values)))


def _between(places: np.ndarray, at: np.ndarray) -> np.ndarray:
    """`places` (g, m) read between their rows at `at` (m,)."""
    low = np.clip(np.floor(at).astype(int), 0, len(places) - 2)
    share = at - low
    column = np.arange(places.shape[1])
    return np.asarray((1 - share) * places[low, column] + share * places[low + 1, column])
