"""Tests of every value of rho or lambda of a panel of few units: whole residual histories change units.

Residuals of a unit are correlated over time, so rows cannot be exchanged; units can, with their whole histories. If
rho0 is true, (I - rho0 W) y is a regression on X with effects; its residuals are taken from the units they belong
to, given to others, and put back with the fitted part and the effects (Freedman and Lane 1983). The outcome made so
has rho0 too, whatever the correlation over time. The statistic is the signed root of the likelihood ratio, for the
data as for the samples. W stays where it is and so does X: relabeling W under a fixed X rejects a true zero far too
often where a regressor is clustered. Histories change units within the classes of effects by time. Arrays only.

References
----------
Freedman, D. and Lane, D. (1983). A nonstochastic interpretation of reported significance levels. Journal of Business
and Economic Statistics 1(4), 292-298.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np

from gbaspatial.models.likelihood.signed_root import Roots, lowest
from gbaspatial.models.panel.less_effects import PanelProblem
from gbaspatial.models.panel.within import Effects
from gbaspatial.models.solve.admissible import window
from gbaspatial.models.solve.side import Side
from gbaspatial.randomness import HISTORY_ORDERS, HISTORY_RESAMPLES, stream

POINTS = 41


def orders(n: int, draws: int, seed: int, ranks: np.ndarray, groups: np.ndarray | None = None) -> np.ndarray:
    """Which unit's history each unit gets (n, draws): all orders alike, within `groups` (n,) if given.

    `ranks` (n,) says where a unit stands among the sorted labels: random numbers belong to labels.
    """
    keys = stream(seed, HISTORY_ORDERS, n).random((draws, n)).T[ranks]
    found = np.empty((n, draws), dtype=np.intp)
    for members, home in _classes(ranks, groups):
        place = np.argsort(np.argsort(keys[members], axis=0), axis=0)
        found[members] = home[place]
    return found


def resampled(n: int, draws: int, seed: int, ranks: np.ndarray, groups: np.ndarray | None = None) -> np.ndarray:
    """The same with replacement: each unit gets the history of any unit of its class."""
    shares = stream(seed, HISTORY_RESAMPLES, n).random((draws, n)).T[ranks]
    found = np.empty((n, draws), dtype=np.intp)
    for members, home in _classes(ranks, groups):
        found[members] = home[np.minimum((shares[members] * len(members)).astype(int), len(members) - 1)]
    return found


def _classes(ranks: np.ndarray, groups: np.ndarray | None) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """The units of each group as they stand, and sorted by label."""
    classes = np.zeros(len(ranks), dtype=int) if groups is None else groups
    for one in np.unique(classes):
        members = np.flatnonzero(classes == one)
        yield members, members[np.argsort(ranks[members])]


def take_out(effects: Effects, values: np.ndarray) -> np.ndarray:
    """`effects.take_out` for many columns (m, b) at once."""
    plain = effects.cells is None or (effects.groups is not None and not effects.groups.any())
    if not (effects.stack.balanced and plain):
        return effects.take_out(values)
    by = values.reshape(effects.stack.periods, effects.stack.n, -1)
    if effects.unit:
        by = by - by.mean(axis=0)
    if effects.cells is not None:
        by = by - by.mean(axis=1, keepdims=True)
    return by.reshape(values.shape)


def dense_blocks(side: Side) -> list[np.ndarray]:
    """W of each period, dense: one object where it does not change."""
    known: dict[int, np.ndarray] = {}
    return [known.setdefault(id(block), block.toarray()) for block in side.W.blocks]  # type: ignore[attr-defined]


def apply_blocks(blocks: list[np.ndarray], values: np.ndarray) -> np.ndarray:
    """Each block times the rows of its period; of balanced panels, `values` (m, b)."""
    by = values.reshape(len(blocks), len(blocks[0]), -1)
    if all(block is blocks[0] for block in blocks):
        return np.matmul(blocks[0], by).reshape(values.shape)
    return np.stack([block @ now for block, now in zip(blocks, by, strict=True)]).reshape(values.shape)


def per_block(blocks: list[np.ndarray], made: Callable[[np.ndarray], np.ndarray]) -> list[np.ndarray]:
    """A matrix made of each block, once for each object."""
    known: dict[int, np.ndarray] = {}
    for block in blocks:
        if id(block) not in known:
            known[id(block)] = made(block)
    return [known[id(block)] for block in blocks]


class Grid:
    """The log-determinant less effects on a grid over the admissible interval, as factors of sums of squares."""

    def __init__(self, side: Side, count: int, size: int = POINTS) -> None:
        self.side, self.count = side, count
        low, high = window(side.interval)
        self.values = (low + high) / 2 - (high - low) / 2 * np.cos(np.pi * (np.arange(size) + 0.5) / size)
        self.factors = np.exp(-2 * np.array([side.curve(float(v)) for v in self.values]) / count)
        self.low, self.high, self.size = low, high, size

    def value_at(self, place: np.ndarray) -> np.ndarray:
        """The value (m,) at a place among the points, counted from zero."""
        return (self.low + self.high) / 2 - (self.high - self.low) / 2 * np.cos(np.pi * (place + 0.5) / self.size)

    def roots(self, weighted: np.ndarray, at_value: np.ndarray, value: float) -> np.ndarray:
        """Signed roots (m,): `weighted` (g, m) sums of squares times factors, and sums of squares `at_value` (m,)."""
        log_top, place = lowest(weighted)
        here = np.log(at_value) - 2 * self.side.curve(value) / self.count
        return np.sign(self.value_at(place) - value) * np.sqrt(np.maximum(self.count * (here - log_top), 0.0))


class _Samples:
    """What both models share: the residuals of the data and of all samples, histories having changed units."""

    def __init__(self, model: PanelProblem, given: np.ndarray) -> None:
        self.model, self.given = model, given

    def _exchanged(self, e: np.ndarray) -> np.ndarray:
        """Residuals (m,) and, beside them, those of the samples (m, draws + 1)."""
        stack = self.model.effects.stack
        by = e.reshape(stack.periods, stack.n)
        return np.concatenate([by[:, :, None], by[:, self.given]], axis=2).reshape(len(e), -1)


class LagHistories(_Samples):
    """The lag model: S(rho) = |e + (rho0 - rho) V|^2, V being W y less effects and X."""

    def __init__(self, model: PanelProblem, given: np.ndarray) -> None:
        super().__init__(model, given)
        assert model.lag is not None
        self.blocks = dense_blocks(model.lag)
        self.basis = np.linalg.qr(take_out(model.effects, model.X))[0]
        self.grid = Grid(model.lag, model.count)

    def __call__(self, value: float) -> np.ndarray:
        assert self.model.lag is not None
        z = self.model.y - value * (self.model.lag.W @ self.model.y)
        e = self._off(z[:, None])[:, 0]
        eye = np.eye(len(self.blocks[0]))
        K = per_block(self.blocks, lambda W: np.linalg.solve((eye - value * W).T, W.T).T)
        E = self._exchanged(e)
        V = self._off(apply_blocks(K, (z - e)[:, None] + E))
        E = self._off_basis(E)  # whole histories moved within their class: means by unit and by period stay zero
        ee, ev, vv = (np.einsum("im,im->m", *pair) for pair in ((E, E), (E, V), (V, V)))
        delta = value - self.grid.values
        weights = np.stack([np.ones_like(delta), 2 * delta, delta**2], axis=1) * self.grid.factors[:, None]
        return self.grid.roots(weights @ np.stack([ee, ev, vv]), ee, value)

    def _off(self, values: np.ndarray) -> np.ndarray:
        return self._off_basis(take_out(self.model.effects, values))

    def _off_basis(self, values: np.ndarray) -> np.ndarray:
        return values - self.basis @ (self.basis.T @ values)


class ErrorHistories(_Samples):
    """The error model: S(lambda) = |E + (lambda0 - lambda) F|^2 off (I - lambda W) X, less effects."""

    def __init__(self, model: PanelProblem, given: np.ndarray) -> None:
        super().__init__(model, given)
        assert model.error is not None
        self.blocks = dense_blocks(model.error)
        self.X = take_out(model.effects, model.X)
        self.WX = take_out(model.effects, model.error.W @ model.X)
        self.grid = Grid(model.error, model.count)
        self.span = np.linalg.qr(np.hstack([self.X, self.WX]))[0]  # every filtered X lies in it
        filtered = self.X - self.grid.values[:, None, None] * self.WX
        self.bases = np.linalg.qr(filtered)[0].transpose(0, 2, 1) @ self.span

    def __call__(self, value: float) -> np.ndarray:
        assert self.model.error is not None
        basis = np.linalg.qr(self.X - value * self.WX)[0]
        z = take_out(self.model.effects, self.model.y - value * (self.model.error.W @ self.model.y))
        eye = np.eye(len(self.blocks[0]))
        G = per_block(self.blocks, lambda W: np.linalg.solve((eye - value * W).T, W.T).T)
        E = self._exchanged(z - basis @ (basis.T @ z))
        F = take_out(self.model.effects, apply_blocks(G, E))  # E itself, whole histories moved, is free of effects
        ee, ef, ff = (np.einsum("im,im->m", *pair) for pair in ((E, E), (E, F), (F, F)))
        e, f = self.span.T @ E, self.span.T @ F
        here = basis.T @ E
        weighted = np.empty((self.grid.size, len(ee)))
        deltas = value - self.grid.values
        for place, (delta, factor, base) in enumerate(zip(deltas, self.grid.factors, self.bases, strict=True)):
            Z = base @ (e + delta * f)
            weighted[place] = factor * (ee + 2 * delta * ef + delta**2 * ff - np.einsum("km,km->m", Z, Z))
        at = ee - np.einsum("km,km->m", here, here)
        return self.grid.roots(np.maximum(weighted, 1e-300), np.maximum(at, 1e-300), value)


def history_roots(model: PanelProblem, given: np.ndarray) -> Roots:
    """A function of a value of rho or lambda: the signed root in the data, and in the samples where it is true.

    `given` (n, draws) says whose history each unit gets; see `orders`.
    """
    found = LagHistories(model, given) if model.lag is not None else ErrorHistories(model, given)

    def _roots(value: float) -> tuple[float, np.ndarray]:
        every = found(value)
        return float(every[0]), every[1:]

    return _roots
