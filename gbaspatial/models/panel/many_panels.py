"""Estimates of a panel model for many outcomes at once: arrays only.

The largest likelihood of each outcome is read off a grid over the admissible interval and the parabola through the
best point and its neighbors; standard errors are those of the information matrix. For balanced panels of few units,
where W of a period is a small dense matrix. With both rho and lambda the grid is that of `Plane`.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from scipy.interpolate import RectBivariateSpline

from gbaspatial.models.likelihood.problem import Estimate
from gbaspatial.models.likelihood.signed_root import lowest
from gbaspatial.models.panel.histories import Grid, apply_blocks, dense_blocks, take_out
from gbaspatial.models.panel.information_less_effects import traces
from gbaspatial.models.panel.less_effects import PanelProblem
from gbaspatial.models.panel.plane import Plane, angles_of
from gbaspatial.models.solve.determinant_curves import ZeroCurve

_FINE, _COARSE, _TRACES = 301, 101, 25


@dataclass(frozen=True, slots=True, eq=False)
class Estimates:
    """`params` and `std_errors` (p, m) in the order beta, rho, lambda; `log_likelihood` (m,) but for a constant."""

    params: np.ndarray
    std_errors: np.ndarray
    log_likelihood: np.ndarray


class ManyPanels:
    """One model, ready for outcomes (rows, m); `df_resid` is that of least squares."""

    def __init__(self, model: PanelProblem) -> None:
        self.model, self.effects = model, model.effects
        self.X = take_out(self.effects, model.X)
        self.k = self.X.shape[1]
        self.corrected = model.count < self.effects.stack.rows or self.effects.rank == 0
        self.df_resid = self.effects.stack.rows - self.effects.rank - self.k
        if model.lag is not None and model.error is not None:
            self.plane = Plane(model)
        side = model.lag or model.error
        one = side is not None and (model.lag is None or model.error is None)
        if one:
            assert side is not None
            self.blocks = dense_blocks(side)
            self.grid = Grid(side, model.count, _FINE)
            self.coarse = Grid(side, model.count, _COARSE).values
            traces = [(*side.curve.derivatives(float(v)), self._gram(float(v))) for v in self.coarse]
            self.traces = np.array(traces).T

    def __call__(self, Y: np.ndarray) -> Estimates:
        if self.model.lag is not None and self.model.error is not None:
            return self._two(Y)
        if self.model.lag is not None:
            return self._lag(Y)
        return self._error(Y) if self.model.error is not None else self._least_squares(Y)

    def _gram(self, value: float) -> float:
        zero = ZeroCurve()
        at = Estimate(np.zeros(self.k), value, value, 1.0, 0.0, (), zero, zero)  # type: ignore[arg-type]
        place = 0 if self.model.lag is not None else 1
        return float(traces(self.model, at, self.corrected)[0][place, place])

    def _spatial_variance(self, values: np.ndarray, linear: np.ndarray) -> np.ndarray:
        """Of rho or lambda (m,): `linear` (m,) is the part of its information that regressors leave, over sigma2."""
        first, second, gram = (np.interp(values, self.coarse, part) for part in self.traces)
        return 1 / np.maximum(gram - second + linear - 2 * first**2 / self.model.count, 1e-300)

    # -- by model ---------------------------------------------------------------------------
    def _least_squares(self, Y: np.ndarray) -> Estimates:
        Q, R = np.linalg.qr(self.X)
        Z = take_out(self.effects, Y)
        c = Q.T @ Z
        sse = np.einsum("im,im->m", Z, Z) - np.einsum("km,km->m", c, c)
        beta = np.linalg.solve(R, c)
        root = np.sqrt(np.square(np.linalg.inv(R)).sum(axis=1))
        errors = root[:, None] * np.sqrt(np.maximum(sse, 0) / self.df_resid)
        return Estimates(beta, errors, -self.model.count / 2 * np.log(np.maximum(sse, 1e-300)))

    def _lag(self, Y: np.ndarray) -> Estimates:
        assert self.model.lag is not None
        Q, R = np.linalg.qr(self.X)
        L = self.model.lag.W @ Y
        Z, V = take_out(self.effects, Y), take_out(self.effects, L)
        cz, cv = Q.T @ Z, Q.T @ V
        Z, V = Z - Q @ cz, V - Q @ cv
        zz, zv, vv = (np.einsum("im,im->m", *pair) for pair in ((Z, Z), (Z, V), (V, V)))
        values = self.grid.values
        weights = np.stack([np.ones_like(values), -2 * values, values**2], axis=1) * self.grid.factors[:, None]
        log_top, place = lowest(weights @ np.stack([zz, zv, vv]))
        rho = self.grid.value_at(place)
        beta = np.linalg.solve(R, cz - rho * cv)
        s2 = (zz - 2 * rho * zv + rho**2 * vv) / self.model.count
        H = Q.T @ (lagged := take_out(self.effects, self._mean(rho, L, Z - rho * V)))
        left = lagged - Q @ H
        variance = self._spatial_variance(rho, np.einsum("im,im->m", left, left) / s2)
        h = np.linalg.solve(R, H)
        root = np.square(np.linalg.inv(R)).sum(axis=1)
        errors = np.sqrt(root[:, None] * s2 + h**2 * variance)
        params = np.vstack([beta, rho[None]])
        return Estimates(params, np.vstack([errors, np.sqrt(variance)[None]]), -self.model.count / 2 * log_top)

    def _mean(self, rho: np.ndarray, L: np.ndarray, e: np.ndarray) -> np.ndarray:
        """W A^-1 eta (rows, m) where eta = A y - e: W y less W A^-1 e, each outcome with its own rho."""
        return L - apply_blocks(self.blocks, _solved(self.blocks, rho, e))

    def _error(self, Y: np.ndarray) -> Estimates:
        assert self.model.error is not None
        W = self.model.error.W
        Z, V = take_out(self.effects, Y), take_out(self.effects, W @ Y)
        WX = take_out(self.effects, W @ self.model.X)
        span = np.linalg.qr(np.hstack([self.X, WX]))[0]
        zz, zv, vv = (np.einsum("im,im->m", *pair) for pair in ((Z, Z), (Z, V), (V, V)))
        z, v = span.T @ Z, span.T @ V
        weighted = np.empty((self.grid.size, Y.shape[1]))
        for place, (value, factor) in enumerate(zip(self.grid.values, self.grid.factors, strict=True)):
            basis = np.linalg.qr(self.X - value * WX)[0].T @ span
            part = basis @ (z - value * v)
            squares = zz - 2 * value * zv + value**2 * vv - np.einsum("km,km->m", part, part)
            weighted[place] = factor * np.maximum(squares, 1e-300)
        log_top, place_at = lowest(weighted)
        lam = self.grid.value_at(place_at)
        beta, root, s2 = self._given_lambda(lam, WX, Z, V)
        variance = self._spatial_variance(lam, np.zeros_like(lam))
        params = np.vstack([beta, lam[None]])
        errors = np.vstack([root * np.sqrt(s2), np.sqrt(variance)[None]])
        return Estimates(params, errors, -self.model.count / 2 * log_top)

    def _given_lambda(
        self, lam: np.ndarray, WX: np.ndarray, Z: np.ndarray, V: np.ndarray
    ) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """beta (k, m), roots of the diagonal of (X'X)^-1 (k, m) and sigma2 (m,), filtered by lambda (m,)."""
        a, b, c = self.X.T @ self.X, self.X.T @ WX, WX.T @ WX
        l1 = lam[:, None, None]
        gram = a - l1 * (b + b.T) + l1**2 * c
        right = (self.X.T @ Z - lam * (self.X.T @ V + WX.T @ Z) + lam**2 * (WX.T @ V)).T[:, :, None]
        inverse = np.linalg.inv(gram)
        beta = (inverse @ right)[:, :, 0]
        E = Z - lam * V
        sse = np.einsum("im,im->m", E, E) - np.einsum("mk,mk->m", beta, right[:, :, 0])
        return beta.T, np.sqrt(np.einsum("mkk->mk", inverse)).T, sse / self.model.count

    def _two(self, Y: np.ndarray) -> Estimates:
        columns, rho, lam, log_top = self.plane.estimates(Y)
        beta, inverse, sse = self.plane.given(columns, rho, lam)
        s2 = sse / self.model.count
        spread, h = self._spatial_covariance(Y, columns.coordinates, rho, lam, beta, inverse, s2)
        own = np.einsum("mkk->mk", inverse).T * s2 + h**2 * spread[0, 0]
        with np.errstate(invalid="ignore"):
            errors = np.sqrt(np.vstack([own, spread[0, 0][None], spread[1, 1][None]]))
        return Estimates(np.vstack([beta, rho[None], lam[None]]), errors, -self.model.count / 2 * log_top)

    def _spatial_covariance(
        self, Y: np.ndarray, coordinates: np.ndarray, rho: np.ndarray, lam: np.ndarray, beta: np.ndarray,
        inverse: np.ndarray, s2: np.ndarray,
    ) -> tuple[np.ndarray, np.ndarray]:  # fmt: skip
        """Of rho and lambda (2, 2, m), and h (k, m), by which beta moves with rho."""
        plane, n = self.plane, self.model.count
        sides = ((plane.lag.side, rho), (plane.error.side, lam))
        first, second = np.array([[side.curve.derivatives(v) for v in at.tolist()] for side, at in sides]).transpose(
            2, 0, 1
        )
        logs, tilt = self._traces_of_two
        angles = angles_of(plane.lag, rho), angles_of(plane.error, lam)
        gram = [np.exp(read.ev(*angles)) for read in logs]
        gram.append(tilt.ev(*angles) * np.sqrt(gram[0] * gram[1]))
        mean = self._filtered_mean(Y, rho, lam, beta)
        X = plane.X - lam[:, None, None] * plane.WX
        right = np.einsum("mck,cm->mk", X, plane.span.T @ mean)
        h = np.einsum("mkl,ml->mk", inverse, right)
        left = np.einsum("im,im->m", mean, mean) - np.einsum("mk,mk->m", h, right)
        a = gram[0] - second[0] + left / s2 - 2 * first[0] ** 2 / n
        b = gram[1] - second[1] - 2 * first[1] ** 2 / n
        c = gram[2] - 2 * first[0] * first[1] / n
        size = a * b - c * c
        with np.errstate(divide="ignore", invalid="ignore"):
            return np.where(size > 0, np.array([[b, -c], [-c, a]]) / size, np.nan), -h.T

    def _filtered_mean(self, Y: np.ndarray, rho: np.ndarray, lam: np.ndarray, beta: np.ndarray) -> np.ndarray:
        """M B W1 A^-1 eta (rows, m): B (W1 y - W1 A^-1 B^-1 e), each outcome with its own rho and lambda."""
        one, two = self.plane.one, self.plane.two
        u = Y - self.model.X @ beta - rho * apply_blocks(one, Y)
        e = take_out(self.effects, u - lam * apply_blocks(two, u))
        noise = _solved(one, rho, _solved(two, lam, e))
        lagged = apply_blocks(one, Y - noise)
        return take_out(self.effects, lagged - lam * apply_blocks(two, lagged))

    @cached_property
    def _traces_of_two(self) -> tuple[list[RectBivariateSpline], RectBivariateSpline]:
        """Logs of tr(G1'M G1) and tr(G2'M G2), and tr(G1'M G2) + tr(M G1 G2) over their root, by angles."""
        zero: Any = ZeroCurve()
        grids = (self.plane.lag, self.plane.error)
        rhos, lams = (Grid(grid.side, self.model.count, _TRACES).values for grid in grids)
        angles = angles_of(grids[0], rhos), angles_of(grids[1], lams)
        found = np.empty((3, _TRACES, _TRACES))
        for i, j in np.ndindex(_TRACES, _TRACES):
            at = Estimate(np.zeros(self.k), float(rhos[i]), float(lams[j]), 1.0, 0.0, (), zero, zero)
            gram, cross, _ = traces(self.model, at, self.corrected)
            found[:, i, j] = gram[0, 0], gram[1, 1], gram[0, 1] + cross
        logs = [RectBivariateSpline(*angles, np.log(part)) for part in found[:2]]
        return logs, RectBivariateSpline(*angles, found[2] / np.sqrt(found[0] * found[1]))


def _solved(blocks: list[np.ndarray], values: np.ndarray, Y: np.ndarray) -> np.ndarray:
    """(I - value W)^-1 of each column of Y (rows, m), each with its own value (m,)."""
    T, n = len(blocks), len(blocks[0])
    by = Y.reshape(T, n, -1).transpose(2, 1, 0)  # (m, n, T)
    eye = np.eye(n)
    if all(block is blocks[0] for block in blocks):
        return np.linalg.solve(eye - values[:, None, None] * blocks[0], by).transpose(2, 1, 0).reshape(Y.shape)
    out = np.empty((T, n, len(values)))
    for t, W in enumerate(blocks):
        out[t] = np.linalg.solve(eye - values[:, None, None] * W, by[:, :, t : t + 1])[:, :, 0].T
    return out.reshape(Y.shape)
