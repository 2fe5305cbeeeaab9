"""The sides of rho and lambda of a panel: W by period with its curve less the effects, its interval and its solver."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import sparse

from gbaspatial.errors import ConvergenceError, OptionError
from gbaspatial.models.panel.curves import panel_curve
from gbaspatial.models.panel.period_weights import PanelWeights
from gbaspatial.models.panel.stack import ByPeriod, Operator, Repeated
from gbaspatial.models.panel.within import Effects
from gbaspatial.models.solve.admissible import Interval, interval_of
from gbaspatial.models.solve.factor import Factor, pencil_of
from gbaspatial.models.solve.logdet import curve_of
from gbaspatial.models.solve.side import Side
from gbaspatial.randomness import IDENTITY_VECTORS, label_ranks, stream

_SAME = 1e-9


@dataclass(frozen=True, slots=True, eq=False)
class PanelFactor:
    """I - rho W of every period, factorized; `factors` once for each W."""

    weights: PanelWeights
    factors: dict[int, Factor]

    def of_period(self, period: int) -> Factor:
        """I - rho W of one period."""
        return self.factors[id(self.weights.by_period[period])]

    def solve(self, right: np.ndarray) -> np.ndarray:
        """(I - rho W)^-1 `right`, period by period; `right` is (m,) or (m, q)."""
        flat = right.reshape(len(right), -1)
        by = self.weights.by_period
        if isinstance(self.weights.sparse, Repeated):
            n, q, T = by[0].n, flat.shape[1], len(by)
            wide = flat.reshape(T, n, q).transpose(1, 0, 2).reshape(n, T * q)
            out = self.factors[id(by[0])].solve(wide).reshape(n, T, q).transpose(1, 0, 2)
            return np.ascontiguousarray(out).reshape(right.shape)
        found, start = np.empty_like(flat, dtype=float), 0
        for w in by:
            found[start : start + w.n] = self.factors[id(w)].solve(flat[start : start + w.n])
            start += w.n
        return found.reshape(right.shape)


def panel_side(weights: PanelWeights, effects: Effects | None) -> Side:
    """The side of one W by period; with `effects` their part of the log-determinant is taken off."""
    curves = {id(w): curve_of(w) for w in weights.different}
    blocks = [w.sparse for w in weights.by_period]
    curve = panel_curve(blocks, [curves[id(w)] for w in weights.by_period], effects)
    intervals = [interval_of(w) for w in weights.different]
    ends = np.array(intervals)

    def _factor(rho: float) -> PanelFactor:
        return PanelFactor(weights, {id(w): pencil_of(w).factor(rho) for w in weights.different})

    interval = Interval(float(ends[:, 0].max()), float(ends[:, 1].min()), min(one.reach for one in intervals))
    return Side(weights.sparse, curve, interval, _factor, lambda: _ranks(weights))  # type: ignore[arg-type]


@dataclass(frozen=True, slots=True, eq=False)
class WeightedFactor:
    """I - rho S W S^-1 of every period, S the diagonal matrix of `root` (m,)."""

    inner: PanelFactor
    root: np.ndarray

    def solve(self, right: np.ndarray) -> np.ndarray:
        """(I - rho S W S^-1)^-1 `right`, for `right` (m,) or (m, q)."""
        root = self.root if right.ndim == 1 else self.root[:, None]
        return np.asarray(root * self.inner.solve(right / root))


def weighted_side(weights: PanelWeights, effects: Effects | None, root: np.ndarray) -> Side:
    """The side of S W S^-1 by period, S the diagonal matrix of `root` (m,): its determinant is that of W."""
    known: dict[tuple[int, bytes], sparse.csr_array] = {}
    blocks, start = [], 0
    for w in weights.by_period:
        part = root[start : start + w.n]
        key = (id(w), part.tobytes())
        if key not in known:
            known[key] = sparse.csr_array(sparse.diags_array(part) @ w.sparse @ sparse.diags_array(1 / part))
        blocks.append(known[key])
        start += w.n
    plain = panel_side(weights, None)
    curves = {id(w): curve_of(w) for w in weights.different}
    curve = panel_curve(blocks, [curves[id(w)] for w in weights.by_period], effects)
    one = len(known) == 1
    operator: Operator = Repeated(blocks[0], len(blocks)) if one else ByPeriod(blocks)

    def _factor(rho: float) -> WeightedFactor:
        return WeightedFactor(plain.factor(rho), root)  # type: ignore[arg-type]

    return Side(operator, curve, plain.interval, _factor, plain.ranks)  # type: ignore[arg-type]


def _ranks(weights: PanelWeights) -> np.ndarray:
    """Where each row (m,) stands if the units of every period are sorted by their labels."""
    ranks = {id(w): label_ranks(w.ids) for w in weights.different}
    starts = np.cumsum([0, *(w.n for w in weights.by_period)])
    return np.concatenate([start + ranks[id(w)] for start, w in zip(starts, weights.by_period, strict=False)])


def leaves_effects(weights: PanelWeights, effects: Effects) -> bool:
    """Whether W maps the effects onto themselves, so that taking them out commutes with filtering by W."""
    if effects.rank == 0:
        return True
    if not weights.constant or not effects.separable:
        return False
    if effects.groups is None:
        return True
    Q = (effects.groups[:, None] == np.arange(effects.groups.max() + 1)[None, :]).astype(float)
    image = weights.by_period[0].sparse @ Q
    means = (Q.T @ image) / Q.sum(axis=0)[:, None]
    return bool(np.abs(image - means[effects.groups]).max() <= _SAME * max(np.abs(image).max(), 1e-300))


def check_error_effects(weights: PanelWeights, effects: Effects, told: str) -> None:
    """Raise unless effects and an error process go together."""
    if leaves_effects(weights, effects):
        return
    raise OptionError(
        f"an error process beside {told} effects needs a W that maps the effects onto themselves: one W for all "
        f"periods of a balanced panel and, for effects of time, rows that sum to one (of groups by time, within each "
        f"group too); use w.row_standardized(), other effects, or a lag model."
    )


def check_informed_panel(name: str, X: np.ndarray, W: Operator, effects: Effects) -> None:
    """Raise `ConvergenceError` where W acts as a number on all that regressors and effects leave unexplained."""
    vectors = stream(IDENTITY_VECTORS, len(X)).standard_normal((len(X), 3))
    basis = np.linalg.qr(effects.take_out(X))[0]
    if not _number_on(vectors[:, :1], basis, W, effects)[1]:  # one vector tells that W is no number
        return
    number, same = _number_on(vectors, basis, W, effects)
    if same:
        raise ConvergenceError(
            f"these data cannot tell {name}: W acts on all that regressors and effects leave unexplained as the number "
            f"{number:.6g} (as complete row-standardized weights with effects of time do), so that {name} and sigma2 "
            f"stand for each other; use weights that tell near units from far ones."
        )


def _number_on(vectors: np.ndarray, basis: np.ndarray, W: Operator, effects: Effects) -> tuple[float, bool]:
    """The number as which W acts on what `basis` and effects leave of `vectors` (m, q), and whether it acts so."""

    def _off(values: np.ndarray) -> np.ndarray:
        values = effects.take_out(values)
        return np.asarray(values - basis @ (basis.T @ values))

    images = W @ vectors
    left, moved = _off(vectors), _off(images)
    number = float(np.sum(left * moved) / np.sum(left**2))
    return number, bool(np.linalg.norm(moved - number * left) <= _SAME * np.linalg.norm(images))
