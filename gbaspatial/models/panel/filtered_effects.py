"""Effects that an error process filters: projections off them, and the restricted likelihood of lambda; arrays only.

With u = y - X b - D a and B u = e, B = I - lambda W by period, effects are taken out by M, the projection off B D.
Where W maps the effects D onto themselves that is the projection off D, whatever lambda. Elsewhere (W by period, rows
that do not sum to one beside effects of time, gaps, observation weights) it moves with lambda, and the likelihood less
its effects is the restricted one,

    log|B| - 1/2 log|D'B'B D| - df/2 log(e'M e),    df = m - rank D,

whose slope is e'G e / s2 - tr(M G), G = W B^-1: the adjusted score.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import numpy as np
from scipy import linalg, optimize

from gbaspatial.errors import ConvergenceError, OptionError
from gbaspatial.models.likelihood.problem import LOG_2PI, Estimate
from gbaspatial.models.panel.information_less_effects import products
from gbaspatial.models.panel.less_effects import PanelProblem
from gbaspatial.models.panel.within import Effects
from gbaspatial.models.solve.admissible import window
from gbaspatial.models.solve.determinant_curves import Curve, ZeroCurve
from gbaspatial.sizes import CHEBYSHEV_POINTS, PANEL_TRACES_LIMIT

_RANK = 1e-9


@dataclass(frozen=True, eq=False)
class FilteredEffects(Effects):
    """Effects whose projection is that off the columns of the orthonormal `basis` (m, r)."""

    basis: np.ndarray = field(default_factory=lambda: np.zeros((0, 0)), repr=False)

    @property
    def separable(self) -> bool:
        """Whether M is a projection over time times a projection over units: not in general."""
        return False

    def take_out(self, values: np.ndarray) -> np.ndarray:
        """M `values` (m,) or (m, q)."""
        return np.asarray(values - self.basis @ (self.basis.T @ values))

    def share_in_period(self, period: int) -> np.ndarray:
        """The diagonal block (n_t, n_t) of the projection for one period."""
        rows = self.basis[self.stack.starts[period] : self.stack.starts[period + 1]]
        return np.asarray(rows @ rows.T)


def basis_of(effects: Effects, root: np.ndarray | None = None) -> np.ndarray:
    """An orthonormal basis (m, r) of the effects, times `root` (m,) by row."""
    D = dummies_of(effects, root)
    return np.linalg.qr(D)[0] if D.shape[1] else D


def dummies_of(effects: Effects, root: np.ndarray | None = None) -> np.ndarray:
    """Independent dummies (m, r) of the effects, times `root` (m,) by row."""
    stack = effects.stack
    codes = [effects.cells] if effects.cells is not None else []
    codes = [stack.unit, *codes] if effects.unit else codes
    if not codes:
        return np.zeros((stack.rows, 0))
    D = np.column_stack([(code[:, None] == np.arange(code.max() + 1)[None, :]).astype(float) for code in codes])
    D = D if root is None else root[:, None] * D
    _, R, order = linalg.qr(D, mode="economic", pivoting=True)
    size = np.abs(np.diag(R))
    return np.asarray(D[:, np.sort(order[size > _RANK * size[0]])])


def with_basis(effects: Effects, basis: np.ndarray) -> FilteredEffects:
    """`effects` with another projection."""
    return FilteredEffects(effects.stack, effects.unit, effects.cells, effects.groups, effects.group_labels, basis)


@dataclass(frozen=True, slots=True, eq=False)
class Restricted:
    """[D, y, X] and their lag by W in the coordinates of their QR decomposition; `rank` columns are effects."""

    R0: np.ndarray
    R1: np.ndarray
    rank: int
    count: int
    corrected: bool
    curve: Curve

    def solved(self, lam: float) -> tuple[np.ndarray, float, float, float]:
        """b (k,), e'M e, the log-likelihood, and its slope."""
        A, r = self.R0 - lam * self.R1, self.rank
        Q, R = np.linalg.qr(A[:, :r])
        image = A[:, r:] - Q @ (Q.T @ A[:, r:])
        b = np.linalg.lstsq(image[:, 1:], image[:, 0], rcond=None)[0]
        e = image[:, 0] - image[:, 1:] @ b
        sse = float(e @ e)
        target = A[:, r] - A[:, r + 1 :] @ b
        a = linalg.solve_triangular(R, Q.T @ target) if r else np.zeros(0)
        moved = self.R1[:, r] - self.R1[:, r + 1 :] @ b - self.R1[:, :r] @ a
        value = -self.count / 2 * (LOG_2PI + 1 + float(np.log(sse / self.count))) + self.curve(lam)
        slope = self.count * float(e @ moved) / sse + self.curve.derivatives(lam)[0]
        if self.corrected and r:
            value -= float(np.log(np.abs(np.diag(R))).sum())
            slope += float(np.trace(linalg.solve_triangular(R, Q.T @ self.R1[:, :r])))
        return b, sse, value, slope


def restricted(model: PanelProblem, basis: np.ndarray, corrected: bool) -> Restricted:
    """The restricted likelihood (that with dummies, not `corrected`) of an error model whose effects span `basis`."""
    assert model.error is not None
    Z = np.column_stack([basis, model.y, model.X])
    R = np.asarray(np.linalg.qr(np.hstack([Z, model.error.W @ Z]), mode="r"))
    q, r = Z.shape[1], basis.shape[1]
    return Restricted(R[:, :q], R[:, q:], r, len(model.y) - (r if corrected else 0), corrected, model.error.curve)


def maximize_restricted(model: PanelProblem, basis: np.ndarray, corrected: bool) -> tuple[PanelProblem, Estimate]:
    """The model with the projection at its estimate, and the estimate.

    Raises
    ------
    OptionError
        For more units than whole inverses are made of.
    ConvergenceError
        If there is no maximum inside the interval.
    """
    assert model.error is not None
    check_size(model)
    likelihood = restricted(model, basis, corrected)
    lam = _highest(likelihood, window(model.error.interval))
    b, sse, value, _ = likelihood.solved(lam)
    if sse <= 1e-20 * float(model.y @ model.y):
        raise ConvergenceError("the model fits every row exactly, so there is no maximum; use fewer regressors.")
    moved = basis - lam * (model.error.W @ basis)
    effects = with_basis(model.effects, np.linalg.qr(moved)[0])
    found = replace(model, effects=effects, count=likelihood.count)
    zero: Curve = ZeroCurve()
    at = Estimate(b, 0.0, lam, sse / likelihood.count, value, (), zero, zero)
    curve = _Slopes(*_curvature(found, at, corrected))
    return found, replace(at, error_curve=curve)  # type: ignore[arg-type]


def check_size(model: PanelProblem) -> None:
    """Raise `OptionError` for more units than whole inverses are made of."""
    assert model.error is not None
    size = max(block.shape[0] for block in model.error.W.blocks)
    if size > PANEL_TRACES_LIMIT:
        raise OptionError(
            f"an error process beside effects that W does not map onto themselves inverts I - lambda W whole, which is "
            f"refused above {PANEL_TRACES_LIMIT:,} units (here {size:,}); use one W with rows that sum to one."
        )


def _heights(likelihood: Restricted, grid: np.ndarray) -> np.ndarray:
    """The log-likelihood on a grid, from cross products: a tenth of the work of QR, for a first look."""
    R0, R1, r = likelihood.R0, likelihood.R1, likelihood.rank
    still, once, twice = R0.T @ R0, R0.T @ R1, R1.T @ R1
    found = []
    for lam in grid:
        N = still - lam * (once + once.T) + lam**2 * twice
        L = np.linalg.cholesky(N[:r, :r])
        part = linalg.solve_triangular(L, N[:r, r:], lower=True)
        image = N[r:, r:] - part.T @ part
        b = np.linalg.lstsq(image[1:, 1:], image[1:, 0], rcond=None)[0]
        sse = max(float(image[0, 0] - image[0, 1:] @ b), np.finfo(float).tiny)
        value = -likelihood.count / 2 * (LOG_2PI + 1 + float(np.log(sse / likelihood.count))) + likelihood.curve(lam)
        found.append(value - float(np.log(np.diag(L)).sum()) if likelihood.corrected else value)
    return np.array(found)


def _highest(likelihood: Restricted, ends: tuple[float, float]) -> float:
    low, high = ends
    grid = (low + high) / 2 - (high - low) / 2 * np.cos(np.pi * (np.arange(CHEBYSHEV_POINTS) + 0.5) / CHEBYSHEV_POINTS)
    heights = _heights(likelihood, grid)
    tops = np.flatnonzero((heights >= np.r_[-np.inf, heights[:-1]]) & (heights >= np.r_[heights[1:], -np.inf])).tolist()
    near = sorted({place for top in tops for place in (top - 1, top, top + 1) if 0 <= place < len(grid)})
    slopes = {place: likelihood.solved(grid[place])[3] for place in near}
    falls = [i for i in near if slopes[i] > 0 and slopes.get(i + 1, np.inf) <= 0]
    roots = [
        optimize.brentq(lambda at: likelihood.solved(at)[3], grid[i], grid[i + 1], xtol=1e-13, rtol=1e-13)
        for i in falls
    ]
    best = max(roots, key=lambda at: likelihood.solved(at)[2], default=None)
    if best is None or likelihood.solved(best)[2] < heights.max() - 1e-6:
        raise ConvergenceError(
            f"the likelihood of lambda has no maximum in ({low:.4g}, {high:.4g}): it rises towards an end; use a lag "
            f"model, other effects, or another W."
        )
    return float(best)


@dataclass(frozen=True, slots=True)
class _Slopes:
    """What `information_apart` asks of a curve: its two derivatives at the estimate."""

    first: float
    second: float

    def derivatives(self, lam: float) -> tuple[float, float]:
        """Slope and curvature, at the estimate alone."""
        return self.first, self.second


def _curvature(model: PanelProblem, at: Estimate, corrected: bool) -> tuple[float, float]:
    """-tr(M G), and tr(G'M G) less the expected information tr(M G M G) + tr(M G M G'), or those without M."""
    effects = model.effects
    Q = effects.basis if corrected else effects.basis[:, :0]
    trace = square = own = 0.0
    GQ, QG = np.zeros_like(Q), np.zeros_like(Q)
    known: dict[int, np.ndarray] = {}
    for t, start in enumerate(effects.stack.starts[:-1]):
        rows = slice(start, effects.stack.starts[t + 1])
        block = model.error.W.blocks[t]  # type: ignore[union-attr]
        if id(block) not in known:
            known = {id(block): products(model, at, t)[1]}  # type: ignore[dict-item]
        G = known[id(block)]
        trace += float(np.trace(G))
        square += float(np.sum(G * G.T))
        own += float(np.sum(G**2))
        GQ[rows], QG[rows] = G @ Q[rows], G.T @ Q[rows]
    both = Q.T @ GQ
    one = trace - float(np.trace(both))
    expected = square - 2 * float(np.sum(QG * GQ)) + float(np.sum(both * both.T))
    expected += own - float(np.sum(GQ**2)) - float(np.sum(QG**2)) + float(np.sum(both**2))
    return -one, own - float(np.sum(QG**2)) - expected
