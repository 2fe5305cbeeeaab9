"""The information of a panel's likelihood less its effects, and covariances clustered by unit: arrays only.

With e = M B (y - rho W1 y - X b), B = I - lambda W2, M the projection off the effects and
``G1 = B W1 A^-1 B^-1``, ``G2 = W2 B^-1`` (A = I - rho W1), all by period,

    I_bb = X'B'M B X / s2      I_rr = tr(M G1^2) + |M G1|^2 + |M B W1 A^-1 eta|^2 / s2

and so on, where eta = A y - B^-1 e holds regressors and effects. tr(M G) and tr(M G^2) are the
derivatives of the curves. tr(G'M G) of rho or lambda alone is exact, at any size by sparse factors;
the rest is exact up to `PANEL_TRACES_LIMIT` units and comes from random probes above. Nothing of the
size of units times periods squared is made.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from scipy import sparse

from gbaspatial.models.likelihood.information import Apart
from gbaspatial.models.likelihood.problem import Estimate
from gbaspatial.models.panel.curves import indicators
from gbaspatial.models.panel.less_effects import PanelProblem
from gbaspatial.models.panel.sides import PanelFactor
from gbaspatial.models.panel.stack import Stack
from gbaspatial.models.panel.within import Effects
from gbaspatial.models.solve.factor import Eliminated, Factor
from gbaspatial.models.solve.origin import least_squares
from gbaspatial.models.solve.side import Side
from gbaspatial.models.solve.squares import sum_of_squares
from gbaspatial.randomness import PANEL_PROBES, probes_of
from gbaspatial.sizes import PANEL_TRACES_LIMIT, SQUARES_FROM

_PROBES = 32
_FEW_ENTRIES = 1 / 20  # of n^2, in a sparse factor: more, and dense solves are as quick


@dataclass(frozen=True, slots=True, eq=False)
class Parts:
    """What information and scores are made of.

    `X` (m, k) filtered and less the effects, `mean` (m,) of the lag filtered and less the effects,
    `eta` (m,), `e` (m,) innovations less the effects.
    """

    X: np.ndarray
    mean: np.ndarray | None
    eta: np.ndarray
    e: np.ndarray


def parts_of(model: PanelProblem, at: Estimate) -> Parts:
    """The parts at an estimate."""
    u = model.y - model.X @ at.beta
    if model.lag is not None:
        u = u - at.rho * (model.lag.W @ model.y)
    e = model.effects.take_out(filtered(model, at.lam, u))
    noise = e if model.error is None else model.error.factor(at.lam).solve(e)
    eta = u + model.X @ at.beta - noise
    mean = None
    if model.lag is not None:
        lagged = model.lag.W @ model.lag.factor(at.rho).solve(eta)
        mean = model.effects.take_out(filtered(model, at.lam, lagged))
    return Parts(model.effects.take_out(filtered(model, at.lam, model.X)), mean, eta, e)


def filtered(model: PanelProblem, lam: float, values: np.ndarray) -> np.ndarray:
    """(I - lambda W2) `values`."""
    return values if model.error is None else values - lam * (model.error.W @ values)


def information_apart(model: PanelProblem, at: Estimate, parts: Parts, corrected: bool) -> Apart:
    """The information of (beta + h rho, rho, lambda, sigma2); see `gbaspatial.models.likelihood.information.Apart`."""
    X, s2 = parts.X, at.sigma2
    k, s = X.shape[1], (model.lag is not None) + (model.error is not None)
    matrix = np.zeros((k + s + 1, k + s + 1))
    matrix[:k, :k] = X.T @ X / s2
    matrix[-1, -1] = model.n / (2 * s2**2)
    T = np.eye(len(matrix))
    if not s:
        return Apart(matrix, T, 0.0)
    gram, cross, error = traces(model, at, corrected)
    sides = [(0, k, at.lag_curve, at.rho)] if model.lag is not None else []
    sides += [(1, k + s - 1, at.error_curve, at.lam)] if model.error is not None else []
    for i, place, curve, value in sides:
        first, second = curve.derivatives(value)
        matrix[place, place] = gram[i, i] - second
        matrix[place, -1] = matrix[-1, place] = -first / s2
    if parts.mean is not None:
        h = least_squares(X, parts.mean)
        left = parts.mean - X @ h
        matrix[k, k] += left @ left / s2
        T[:k, k] = -h
    if s == 2:
        matrix[k, k + 1] = matrix[k + 1, k] = gram[0, 1] + cross
    return Apart(matrix, T, error)


# -- by period --------------------------------------------------------------------------------
def _periods(model: PanelProblem, corrected: bool) -> Iterator[tuple[float, int, np.ndarray | None]]:
    """Each different period as (how often, its number, K) with K the projection (n_t, n_t), or what it is made of."""
    side = model.lag or model.error
    assert side is not None
    other = model.error if model.error is not None else model.lag
    assert other is not None
    effects = model.effects
    if not corrected or effects.rank == 0 or effects.separable:
        counts: dict[tuple[int, int], list[int]] = {}
        for t, pair in enumerate(zip(side.W.blocks, other.W.blocks, strict=True)):
            counts.setdefault((id(pair[0]), id(pair[1])), []).append(t)
        for places in counts.values():
            yield float(len(places)), places[0], None
        return
    for t in range(len(side.W.blocks)):
        yield 1.0, t, effects.share_in_period(t)


def _less(model: PanelProblem, G: np.ndarray, K: np.ndarray | None, corrected: bool) -> np.ndarray:
    """M_tt G for the block of one period of the projection; G itself without correction."""
    effects = model.effects
    if not corrected or effects.rank == 0:
        return G
    if K is not None:
        return G - K @ G
    keep = 1 - 1 / effects.stack.periods if effects.unit else 1.0
    if effects.groups is None:
        return keep * G
    sizes = np.bincount(effects.groups)
    sums = np.zeros((len(sizes), G.shape[1]))
    np.add.at(sums, effects.groups, G)
    return keep * (G - (sums / sizes[:, None])[effects.groups])


def products(model: PanelProblem, at: Estimate, t: int) -> tuple[np.ndarray | None, np.ndarray | None]:
    """G1 and G2 (n_t, n_t) of one period, dense; None where the model has no such side."""
    G1 = _product(model.lag, at.rho, t) if model.lag is not None else None
    G2 = _product(model.error, at.lam, t) if model.error is not None else None
    if model.lag is not None and model.error is not None and G1 is not None:
        W2 = model.error.W.blocks[t]
        if W2 is not model.lag.W.blocks[t]:
            B = np.eye(len(G1)) - at.lam * W2.toarray()
            G1 = np.linalg.solve(B.T, (B @ G1).T).T
    return G1, G2


def _product(side: Side, value: float, t: int) -> np.ndarray:
    """W (I - `value` W)^-1 (n_t, n_t) of one period, dense: by sparse factors where they have few entries."""
    W = side.W.blocks[t]
    n = W.shape[0]
    if n >= SQUARES_FROM:  # below, factors of all periods take longer than the product of one
        factor = side.factor(value)
        one = factor.of_period(t) if isinstance(factor, PanelFactor) else None
        if isinstance(one, Eliminated) and one.pencil.plan.block[-1] <= _FEW_ENTRIES * n**2:
            return np.asarray(W @ one.solve(np.eye(n)))
    dense = W.toarray()
    return np.asarray(np.linalg.solve((np.eye(n) - value * dense).T, dense.T).T)


def traces(model: PanelProblem, at: Estimate, corrected: bool) -> tuple[np.ndarray, float, float]:
    """tr(Gi' M Gj) (2, 2), tr(M G1 G2), and the relative error of probes."""
    side = model.lag or model.error
    assert side is not None
    of_one = _gram_of_one(model, at, corrected)
    if of_one is not None:
        return np.diag([of_one, 0.0] if model.lag is not None else [0.0, of_one]), 0.0, 0.0
    if max(block.shape[0] for block in side.W.blocks) > PANEL_TRACES_LIMIT:
        return _probed(model, at, corrected)
    gram, cross = np.zeros((2, 2)), 0.0
    for count, t, K in _periods(model, corrected):
        both = products(model, at, t)
        less = [None if G is None else _less(model, G, K, corrected) for G in both]
        for i in range(2):
            for j in range(2):
                left, right = both[i], less[j]
                if left is not None and right is not None:
                    gram[i, j] += count * float(np.sum(left * right))
        if both[0] is not None and both[1] is not None:
            cross += count * float(np.sum(less[0] * both[1].T))
    return gram, cross, 0.0


def _gram_of_one(model: PanelProblem, at: Estimate, corrected: bool) -> float | None:
    """tr(G'M G) of a model of rho or lambda alone, from sparse factors; None where this is not the quicker way."""
    if model.lag is not None and model.error is not None:
        return None
    side, value = (model.lag, at.rho) if model.lag is not None else (model.error, at.lam)
    assert side is not None
    factor, total = side.factor(value), 0.0
    for count, t, K in _periods(model, corrected):
        if K is not None or not isinstance(factor, PanelFactor):
            return None
        one, W = factor.of_period(t), side.W.blocks[t]
        squares = sum_of_squares(one, value)
        if squares is None:
            return None
        total += count * _share_left(model.effects, one, W, squares, corrected)
    return total


def _share_left(effects: Effects, factor: Factor, W: sparse.csr_array, squares: float, corrected: bool) -> float:
    """tr(G'M_tt G) from tr(G'G), the `squares`, of one period: the effects of its groups take |Q'G|^2 with them."""
    if not corrected or effects.rank == 0:
        return squares
    if effects.groups is not None:
        Q = indicators(effects.groups)
        squares -= float(np.square(factor.solve(W.T @ Q, transposed=True)).sum())
    return squares * (1 - 1 / effects.stack.periods if effects.unit else 1.0)


def _probed(model: PanelProblem, at: Estimate, corrected: bool) -> tuple[np.ndarray, float, float]:
    """The same from random probes: v'G'M G v, one set of probes for all periods."""
    side = model.lag or model.error
    assert side is not None
    V = probes_of(side.ranks(), _PROBES, PANEL_PROBES)
    take_out = model.effects.take_out if corrected else (lambda values: values)
    images: list[np.ndarray | None] = [None, None]
    A = model.lag.factor(at.rho) if model.lag is not None else None
    B = model.error.factor(at.lam) if model.error is not None else None
    if model.lag is not None and A is not None:
        inner = V if B is None else B.solve(V)
        images[0] = filtered(model, at.lam, model.lag.W @ A.solve(inner))
    if model.error is not None and B is not None:
        images[1] = model.error.W @ B.solve(V)
    gram, errors = np.zeros((2, 2)), [0.0]
    for i in range(2):
        for j in range(2):
            if images[i] is not None and images[j] is not None:
                by_probe = np.sum(images[i] * take_out(images[j]), axis=0)
                gram[i, j] = by_probe.mean()
                if i == j:
                    errors.append(float(by_probe.std(ddof=1) / np.sqrt(_PROBES) / by_probe.mean()))
    cross = 0.0
    if images[0] is not None and images[1] is not None:
        assert model.lag is not None
        assert A is not None
        assert B is not None
        twice = filtered(model, at.lam, model.lag.W @ A.solve(B.solve(images[1])))
        cross = float(np.sum(take_out(V) * twice, axis=0).mean())
    return gram, cross, max(errors)


# -- clustered by unit ------------------------------------------------------------------------
def clustered(model: PanelProblem, at: Estimate, parts: Parts, apart: Apart, corrected: bool, few: bool) -> np.ndarray:
    """The covariance (p, p) of (beta, rho, lambda, sigma2) clustered by unit.

    The score of a spatial parameter is c'e + e'G e - s2 tr(M G). Its variance, for innovations of
    different units independent and those of one unit of any kind, is that of the own part of
    every unit and, of every pair of units, q_ij (q_ij + q_ji) with q_ij = sum over periods of
    e_it G_ij e_jt. With `few` innovations are those of leaving a unit out (CR3).
    """
    stack, k, s2 = model.effects.stack, parts.X.shape[1], at.sigma2
    e = without_unit(parts, stack.unit, stack.n) if few else parts.e
    s = (model.lag is not None) + (model.error is not None)
    own = np.zeros((stack.n, k + s + 1))
    own[:, :k] = sums_by_unit(parts.X * e[:, None], stack.unit, stack.n)
    if parts.mean is not None:
        own[:, k] = sums_by_unit((parts.mean * e)[:, None], stack.unit, stack.n)[:, 0]
    squares = sums_by_unit((e**2)[:, None], stack.unit, stack.n)[:, 0]
    equations = model.effects.equations
    own[:, -1] = (squares - s2 * model.n * equations / equations.sum()) / (2 * s2)
    pairs: dict[int, np.ndarray] = {}
    centers: dict[int, np.ndarray] = {}
    if s:
        _add_pairs(model, at, e, corrected, pairs, centers, k, s)
    for place, Q in pairs.items():
        own[:, place] += np.diag(Q) - s2 * centers[place]
    own = own @ apart.T
    # pairs of rho and lambda alone: the coordinates of `apart` do not mix these
    meat = own.T @ own
    for a, Qa in pairs.items():
        for b, Qb in pairs.items():
            both = Qa * (Qb + Qb.T)
            meat[a, b] += float(both.sum() - np.trace(both))
    n, m = int((equations > 0).sum()), int(equations.sum())
    others = stack.rows - m + (n if model.effects.unit else 0)
    cells = 0 if model.effects.cells is None else model.effects.rank - others
    factor = (n - 1) / n if few else n / (n - 1) * (m - 1) / max(m - k - s - cells, 1)
    return np.asarray(factor * (apart.T @ apart.sandwich(meat / s2**2) @ apart.T.T))


def _add_pairs(
    model: PanelProblem, at: Estimate, e: np.ndarray, corrected: bool, pairs: dict[int, np.ndarray],
    centers: dict[int, np.ndarray], k: int, s: int,
) -> None:  # fmt: skip
    """q (n, n) and the diagonal of M G summed by unit, for rho and lambda."""
    stack = model.effects.stack
    places = {0: k, 1: k + s - 1}
    sides = [side for side in (model.lag, model.error) if side is not None]
    exact = not model.effects.separable and corrected and model.effects.rank > 0
    for first, end in runs(sides, stack):
        rows = slice(stack.starts[first], stack.starts[end])
        unit, now = stack.unit[stack.starts[first] : stack.starts[first + 1]], e[rows].reshape(end - first, -1)
        moments = now.T @ now
        for i, G in enumerate(products(model, at, first)):
            if G is None:
                continue
            Q = pairs.setdefault(places[i], np.zeros((stack.n, stack.n)))
            Q[np.ix_(unit, unit)] += G * moments
            center = centers.setdefault(places[i], np.zeros(stack.n))
            if exact:
                for t in range(first, end):
                    center[unit] += np.diag(_less(model, G, model.effects.share_in_period(t), corrected))
            else:
                center[unit] += (end - first) * np.diag(_less(model, G, None, corrected))


def runs(sides: Sequence[Side], stack: Stack) -> Iterator[tuple[int, int]]:
    """The first period, and one past the last, of every run of periods that share their W and their units."""
    starts, first = stack.starts, 0
    for t in range(1, stack.periods + 1):
        if t < stack.periods and all(side.W.blocks[t] is side.W.blocks[first] for side in sides):
            now, then = (stack.unit[starts[p] : starts[p + 1]] for p in (t, first))
            if np.array_equal(now, then):
                continue
        yield first, t
        first = t


def sums_by_unit(values: np.ndarray, codes: np.ndarray, count: int) -> np.ndarray:
    """Sums (count, q) of `values` (m, q) over the rows with each code (m,)."""
    out = np.zeros((count, values.shape[1]))
    for place, column in enumerate(values.T):
        out[:, place] = np.bincount(codes, weights=column, minlength=count)
    return out


def without_unit(parts: Parts, unit: np.ndarray, n: int) -> np.ndarray:
    """Residuals (m,) of each unit from the regression that leaves it out."""
    return without_unit_of(parts.X, parts.e, unit, n)


def without_unit_of(X: np.ndarray, residuals: np.ndarray, unit: np.ndarray, n: int) -> np.ndarray:
    """The same from the regressors (m, k) less the effects and the `residuals` (m,)."""
    Q = np.linalg.qr(X)[0]
    e = residuals.copy()
    for i in range(n):
        rows = unit == i
        H = Q[rows] @ Q[rows].T
        e[rows] = np.linalg.lstsq(np.eye(len(H)) - H, residuals[rows], rcond=1e-10)[0]
    return e
