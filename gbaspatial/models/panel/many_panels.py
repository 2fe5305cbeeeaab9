"""Estimates of a panel model for many outcomes at once: arrays only.

The largest likelihood of each outcome is read off a grid over the admissible interval and the parabola through the
best point and its neighbors; standard errors are those of the information matrix. For balanced panels of few units,
where W of a period is a small dense matrix. With both rho and lambda each outcome is estimated by itself.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from gbaspatial.errors import ConvergenceError
from gbaspatial.models.likelihood.problem import Estimate, maximize
from gbaspatial.models.likelihood.signed_root import lowest
from gbaspatial.models.panel.histories import Grid, dense_blocks, take_out
from gbaspatial.models.panel.information_less_effects import information_apart, parts_of, traces
from gbaspatial.models.panel.less_effects import PanelProblem
from gbaspatial.models.solve.logdet import ZeroCurve

_FINE, _COARSE = 301, 101


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
        T, n = self.effects.stack.periods, self.effects.stack.n
        by = e.reshape(T, n, -1).transpose(2, 1, 0)  # (m, n, T)
        eye = np.eye(n)
        if all(block is self.blocks[0] for block in self.blocks):
            W = self.blocks[0]
            back = W @ np.linalg.solve(eye - rho[:, None, None] * W, by)
            return L - back.transpose(2, 1, 0).reshape(e.shape)
        out = np.empty((T, n, len(rho)))
        for t, W in enumerate(self.blocks):
            out[t] = (W @ np.linalg.solve(eye - rho[:, None, None] * W, by[:, :, t : t + 1]))[:, :, 0].T
        return L - out.reshape(e.shape)

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
        p = self.k + 2
        params, errors = np.full((p, Y.shape[1]), np.nan), np.full((p, Y.shape[1]), np.nan)
        likelihood = np.full(Y.shape[1], np.nan)
        for place, y in enumerate(Y.T):
            model = self.model.with_outcome(y)
            try:
                at = maximize(model)
            except ConvergenceError:
                continue
            apart = information_apart(model, at, parts_of(model, at), self.corrected)
            with np.errstate(invalid="ignore"):
                errors[:, place] = np.sqrt(np.diag(apart.covariance()))[:-1]
            params[:, place] = [*at.beta, at.rho, at.lam]
            likelihood[place] = at.log_likelihood
        return Estimates(params, errors, likelihood)
