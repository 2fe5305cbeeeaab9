"""rho and lambda together beside effects that W does not map onto themselves, by adjusted scores; arrays only.

With A = I - rho W1, B = I - lambda W2 by period, u = A y - X b - D a and B u = e, effects are taken out by M, the
projection off B D, and rho and lambda solve

    e'B W1 y / s2 - tr(M G1) = 0,     G1 = B W1 A^-1 B^-1,
    e'G2 e / s2   - tr(M G2) = 0,     G2 = W2 B^-1,     s2 = e'e / (m - rank D),

each of which has the mean zero at the truth. M moves with lambda, so that the two are no slopes of one function: there
is no likelihood, and the variance is that of estimating equations, H^-1 V H^-T. Where W maps the effects onto
themselves both are the likelihood of Lee and Yu (2010). Not corrected, tr(G) takes the place of tr(M G): that is the
likelihood with a dummy for every effect.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import pairwise

import numpy as np
from numpy.polynomial import Chebyshev
from scipy import integrate, linalg, optimize, sparse

from gbaspatial.errors import ConvergenceError
from gbaspatial.models.likelihood.information import Apart
from gbaspatial.models.likelihood.problem import LOG_2PI, Estimate
from gbaspatial.models.panel.filtered_effects import with_basis
from gbaspatial.models.panel.information_less_effects import parts_of, products
from gbaspatial.models.panel.less_effects import PanelProblem
from gbaspatial.models.solve.admissible import window
from gbaspatial.models.solve.determinant_curves import ZeroCurve
from gbaspatial.models.solve.origin import least_squares

_GRID = 21  # of each parameter
_FINE = 401  # of rho, where a score is read between the grid's values
_SOLVED = 1e-9
_STEP = 1e-5  # of the width of an interval: how far beside a root slopes are taken


@dataclass(frozen=True, slots=True, eq=False)
class AtLambda:
    """What the equations need at one lambda, for every rho.

    `e` (q, 2) are the filtered y and W1 y less effects and regressors, `b` (k, 2) their coefficients, `moved` (q, 2)
    the lag of the disturbances; `inner` (r, r) is the inverse of D'B'B D, `half` the log of its root's determinant,
    and `trace` that of M G2.
    """

    lam: float
    e: np.ndarray
    b: np.ndarray
    moved: np.ndarray
    inner: np.ndarray
    half: float
    trace: float

    def squares(self, rho: np.ndarray | float) -> np.ndarray:
        """Sums of squares at `rho`."""
        (a, b), (_, c) = (self.e.T @ self.e).tolist()
        return np.asarray(a - 2 * np.asarray(rho) * b + np.square(rho) * c)

    def of_rho(self, rho: float) -> float:
        """e'B W1 y."""
        return float((self.e[:, 0] - rho * self.e[:, 1]) @ self.e[:, 1])

    def of_lambda(self, rho: float) -> float:
        """e'G2 e."""
        return float((self.e[:, 0] - rho * self.e[:, 1]) @ (self.moved[:, 0] - rho * self.moved[:, 1]))


@dataclass(frozen=True, eq=False)
class AdjustedScores:
    """The equations of a `model` with both sides, whose effects are the independent columns of `D` (m, r)."""

    model: PanelProblem
    D: sparse.csr_array
    corrected: bool

    @property
    def count(self) -> int:
        """Rows, less effects where these are corrected for."""
        return self.D.shape[0] - (self.D.shape[1] if self.corrected else 0)

    @cached_property
    def _reduced(self) -> tuple[np.ndarray, np.ndarray]:
        """[D, y, W1 y, X] and its lag by W2, in the coordinates of their QR decomposition."""
        model = self.model
        assert model.lag is not None
        assert model.error is not None
        Z = np.column_stack([self.D.toarray(), model.y, model.lag.W @ model.y, model.X])
        R = np.asarray(np.linalg.qr(np.hstack([Z, model.error.W @ Z]), mode="r"))
        return R[:, : Z.shape[1]], R[:, Z.shape[1] :]

    def at_lambda(self, lam: float) -> AtLambda:
        """What the equations need at `lam`."""
        (R0, R1), r = self._reduced, self.D.shape[1]
        A = R0 - lam * R1
        Q, R = np.linalg.qr(A[:, :r])
        image = A[:, r:] - Q @ (Q.T @ A[:, r:])
        b = np.linalg.lstsq(image[:, 2:], image[:, :2], rcond=None)[0]
        root = linalg.solve_triangular(R, np.eye(r))
        a = root @ (Q.T @ (A[:, r : r + 2] - A[:, r + 2 :] @ b))
        moved = R1[:, r : r + 2] - R1[:, r + 2 :] @ b - R1[:, :r] @ a
        trace = -self.model.error.curve.derivatives(lam)[0]  # type: ignore[union-attr]
        if self.corrected:
            trace -= float(np.sum((root @ Q.T) * R1[:, :r].T))
        half = -float(np.log(np.abs(np.diag(R))).sum())
        return AtLambda(lam, image[:, :2] - image[:, 2:] @ b, b, moved, root @ root.T, half, trace)

    def inside(self, rho: float) -> list[np.ndarray]:
        """The coefficients (r, r) of D'B'B W1 A^-1 D in 1, -lambda, lambda^2."""
        model, starts = self.model, self.model.effects.stack.starts
        assert model.lag is not None
        assert model.error is not None
        at = replace(self._nowhere, rho=rho)
        found = [np.zeros((self.D.shape[1],) * 2) for _ in range(3)]
        known: dict[tuple[int, int], list[np.ndarray]] = {}
        for t, (W1, W2) in enumerate(zip(model.lag.W.blocks, model.error.W.blocks, strict=True)):
            key = (id(W1), id(W2))
            if key not in known:
                G = np.asarray(products(replace(model, error=None), at, t)[0])
                known = {key: [G, W2 @ G + W2.T @ G, W2.T @ (W2 @ G)]}
            D = self.D[starts[t] : starts[t + 1]]
            for total, part in zip(found, known[key], strict=True):
                total += np.asarray((D.T @ (D.T @ part).T).T)
        return found

    @property
    def _nowhere(self) -> Estimate:
        return Estimate(np.zeros(0), 0.0, 0.0, 1.0, np.nan, (), ZeroCurve(), ZeroCurve())

    def equations(self, rho: float, lam: float) -> np.ndarray:
        """Both adjusted scores (2,), s2 at its own solution."""
        at = self.at_lambda(lam)
        s2 = float(at.squares(rho)) / self.count
        trace = -self.model.lag.curve.derivatives(rho)[0]  # type: ignore[union-attr]
        trace -= float(_inside_traces([at], self.inside(rho))[0]) if self.corrected else 0.0
        return np.array([at.of_rho(rho) / s2 - trace, at.of_lambda(rho) / s2 - at.trace])


def _inside_traces(many: list[AtLambda], parts: list[np.ndarray]) -> np.ndarray:
    """tr((I - M) G1) at each lambda, from the parts of one rho."""
    found = []
    for at in many:
        shares = [float(np.sum(at.inner * part.T)) for part in parts]
        found.append(shares[0] - at.lam * shares[1] + at.lam**2 * shares[2])
    return np.array(found)


# -- where both are zero ---------------------------------------------------------------------
def solved(scores: AdjustedScores) -> tuple[PanelProblem, Estimate]:
    """The model with the projection at the estimate, and the estimate.

    Raises
    ------
    ConvergenceError
        If the equations have no solution inside the intervals, or the regressors explain every row.
    """
    model = scores.model
    assert model.lag is not None
    assert model.error is not None
    ends = window(model.lag.interval), window(model.error.interval)
    width = np.array([high - low for low, high in ends])
    best: tuple[float, np.ndarray] | None = None
    grid = _Grid.of(scores, *ends)
    for starts in (grid.along(), grid.anywhere()):
        for height, start in starts:
            at = _root(scores, start, width, ends) if best is None or height > best[0] else None
            best = best if at is None else (height, at)
        if best is not None:
            break
    if best is None:
        raise ConvergenceError(
            f"no point was found where the adjusted scores of rho and lambda are zero together within {_told(ends[0])} "
            f"and {_told(ends[1])}; fit one of both (panel_lag, panel_error), or take fewer effects."
        )
    return _estimate(scores, *best[1].tolist())


def _root(
    scores: AdjustedScores, start: np.ndarray, width: np.ndarray, ends: tuple[tuple[float, float], ...]
) -> np.ndarray | None:
    """The (rho, lambda) that a search from `start` finds, unless the scores rise there, as beside a saddle."""
    found = optimize.root(lambda at: scores.equations(*(at * width)), start / width, method="hybr")
    at = found.x * width
    inside = all(low < value < high for value, (low, high) in zip(at, ends, strict=True))
    if not inside or np.any(np.abs(found.fun) > _SOLVED * scores.count * (1 + 1 / width)):
        return None
    steps = np.diag(_STEP * width)
    slopes = np.column_stack([scores.equations(*(at + one)) - scores.equations(*(at - one)) for one in steps]) * width
    return at if np.trace(slopes) < 0 < np.linalg.det(slopes) else None


def _told(ends: tuple[float, float]) -> str:
    return f"({ends[0]:.4g}, {ends[1]:.4g})"


def _nodes(ends: tuple[float, float]) -> np.ndarray:
    low, high = ends
    return (low + high) / 2 - (high - low) / 2 * np.cos(np.pi * (np.arange(_GRID) + 0.5) / _GRID)


@dataclass(frozen=True, slots=True, eq=False)
class _Grid:
    """Both scores at `rhos` (g,) and `lams` (g,): what they need at each lambda, and traces inside what M takes out."""

    scores: AdjustedScores
    rhos: np.ndarray
    lams: np.ndarray
    many: list[AtLambda]
    inside: np.ndarray
    line: _Line

    @classmethod
    def of(cls, scores: AdjustedScores, one: tuple[float, float], two: tuple[float, float]) -> _Grid:
        """Of the intervals of rho and lambda."""
        rhos, lams = _nodes(one), _nodes(two)
        many = [scores.at_lambda(lam) for lam in lams.tolist()]
        sizes = np.array([float(at.squares(0.0)) for at in many])
        y = scores.model.y
        if sizes.min() <= 1e-20 * float(y @ y):
            raise ConvergenceError("regressors and effects explain every row exactly; use fewer of them.")
        traces = np.zeros((_GRID, _GRID))
        if scores.corrected:
            traces = np.array([_inside_traces(many, scores.inside(rho)) for rho in rhos.tolist()])
        return cls(scores, rhos, lams, many, traces, _Line.of(scores.model, one))

    def _of_lambda(self, j: int, rho: float) -> float:
        at = self.many[j]
        return at.of_lambda(rho) * self.scores.count / float(at.squares(rho)) - at.trace

    def along(self) -> Iterator[tuple[float, np.ndarray]]:
        """Where the score of lambda falls through zero along the best rho for each lambda, with how high that lies."""
        heights = [_heights(self.scores, at, self.rhos, self.inside[:, j], self.line) for j, at in enumerate(self.many)]
        best = [int(np.argmax(one)) for one in heights]
        tops = [(float(one[place]), float(self.line.fine[place])) for one, place in zip(heights, best, strict=True)]
        slopes = [self._of_lambda(j, rho) for j, (_, rho) in enumerate(tops)]
        for i, j in pairwise(range(_GRID)):
            if slopes[i] > 0 >= slopes[j]:
                share = slopes[i] / (slopes[i] - slopes[j])
                both = [np.array([tops[place][1], self.lams[place]]) for place in (i, j)]
                yield max(tops[i][0], tops[j][0]), (1 - share) * both[0] + share * both[1]

    def anywhere(self) -> Iterator[tuple[float, np.ndarray]]:
        """The middle of each cell in which both scores change their signs, with how high that lies."""
        curve = self.scores.model.lag.curve  # type: ignore[union-attr]
        own = np.array([-curve.derivatives(rho)[0] for rho in self.rhos.tolist()])
        first = self.scores.count * np.array(
            [[at.of_rho(rho) / float(at.squares(rho)) for at in self.many] for rho in self.rhos.tolist()]
        )
        first += self.inside - own[:, None]
        second = np.array([[self._of_lambda(j, rho) for j in range(_GRID)] for rho in self.rhos.tolist()])
        for i, k in pairwise(range(_GRID)):
            for j, m in pairwise(range(_GRID)):
                cells = [one[i : k + 1, j : m + 1] for one in (first, second)]
                if all(cell.min() <= 0 <= cell.max() for cell in cells):
                    start = np.array([self.rhos[i] + self.rhos[k], self.lams[j] + self.lams[m]]) / 2
                    height = _heights(self.scores, self.many[j], self.rhos, self.inside[:, j], self.line)
                    yield float(np.interp(start[0], self.line.fine, height)), start


@dataclass(frozen=True, slots=True, eq=False)
class _Line:
    """Many rho (f,) between two `ends`, the log-determinant there, and the interval."""

    fine: np.ndarray
    curve: np.ndarray
    ends: tuple[float, float]
    interval: tuple[float, float]

    @classmethod
    def of(cls, model: PanelProblem, ends: tuple[float, float]) -> _Line:
        """That of a model."""
        assert model.lag is not None
        middle, half = (ends[0] + ends[1]) / 2, (ends[1] - ends[0]) / 2
        fine = middle - half * np.cos(np.pi * (np.arange(_FINE) + 0.5) / _FINE)
        return cls(fine, model.lag.curve.along(fine), ends, model.lag.interval)

    def tamed(self, rho: np.ndarray) -> np.ndarray:
        """What a trace, whose poles are the ends of the interval, is multiplied by to be smooth."""
        low, high = self.interval
        return np.asarray((1 - rho / low) * (1 - rho / high))


def _heights(scores: AdjustedScores, at: AtLambda, rhos: np.ndarray, inside: np.ndarray, line: _Line) -> np.ndarray:
    """(f,) values over the line of the function whose slope is the score of rho at one lambda."""
    fine = line.fine
    smooth = Chebyshev.fit(rhos, inside * line.tamed(rhos), _GRID - 1, domain=list(line.ends))
    taken = integrate.cumulative_trapezoid(smooth(fine) / line.tamed(fine), fine, initial=0.0)
    taken -= np.interp(0.0, fine, taken)
    value = line.curve + taken - scores.count / 2 * (np.log(at.squares(fine) / scores.count) + LOG_2PI + 1)
    level = scores.model.error.curve(at.lam) + (at.half if scores.corrected else 0.0)  # type: ignore[union-attr]
    return np.asarray(value + level)


def _estimate(scores: AdjustedScores, rho: float, lam: float) -> tuple[PanelProblem, Estimate]:
    model, at = scores.model, scores.at_lambda(lam)
    assert model.lag is not None
    assert model.error is not None
    D = scores.D.toarray()
    effects = with_basis(model.effects, np.linalg.qr(D - lam * (model.error.W @ D))[0])
    s2, m = float(at.squares(rho)) / scores.count, len(model.y)
    level = np.nan
    if not scores.corrected:
        level = -m / 2 * (LOG_2PI + 1 + float(np.log(s2))) + model.lag.curve(rho) + model.error.curve(lam)
    beta = at.b[:, 0] - rho * at.b[:, 1]
    found = Estimate(beta, rho, lam, s2, level, (), model.lag.curve, model.error.curve)
    return replace(model, effects=effects, count=scores.count), found


# -- variances -------------------------------------------------------------------------------
@dataclass(frozen=True, slots=True, eq=False)
class _Forms:
    """Traces of products of Gi and Sj = Gj + Gj' with and without the basis Q of what M takes out."""

    plain: np.ndarray
    left: np.ndarray
    right: np.ndarray
    both: np.ndarray
    first: np.ndarray
    own: float

    def once(self, i: int, j: int) -> float:
        """tr(M Gi Sj)."""
        return float(self.plain[i, j] - self.right[i, j])

    def twice(self, i: int, j: int) -> float:
        """tr(M Gi M Sj)."""
        return float(self.plain[i, j] - self.left[i, j] - self.right[i, j] + self.both[i, j])


def _forms(model: PanelProblem, at: Estimate, Q: np.ndarray) -> _Forms:
    starts = model.effects.stack.starts
    plain, first, own = np.zeros((2, 2)), np.zeros(2), 0.0
    GQ, QG = np.zeros((2, *Q.shape)), np.zeros((2, *Q.shape))
    known: dict[tuple[int, int], list[np.ndarray]] = {}
    for t, (W1, W2) in enumerate(zip(model.lag.W.blocks, model.error.W.blocks, strict=True)):  # type: ignore[union-attr]
        key, rows = (id(W1), id(W2)), slice(starts[t], starts[t + 1])
        if key not in known:
            known = {key: [np.asarray(G) for G in products(model, at, t)]}
        G = known[key]
        for i in range(2):
            first[i] += np.trace(G[i])
            GQ[i, rows], QG[i, rows] = G[i] @ Q[rows], G[i].T @ Q[rows]
            for j in range(2):
                plain[i, j] += np.sum(G[i] * G[j].T) + np.sum(G[i] * G[j])
        own += float(np.sum(G[0] ** 2))
    SQ = GQ + QG
    small = [Q.T @ GQ[i] for i in range(2)]
    return _Forms(
        plain,
        np.array([[np.sum(GQ[i] * SQ[j]) for j in range(2)] for i in range(2)]),
        np.array([[np.sum(QG[i] * SQ[j]) for j in range(2)] for i in range(2)]),
        np.array([[np.sum(small[i] * (small[j] + small[j].T)) for j in range(2)] for i in range(2)]),
        first - np.array([np.trace(one) for one in small]),
        # tr(M G1 M G1) + tr(M G1 G1')
        float(plain[0, 0] - own - 2 * np.sum(QG[0] * GQ[0]) + np.sum(small[0] * small[0].T))
        + own - float(np.sum(QG[0] ** 2)),
    )  # fmt: skip


def apart_of(model: PanelProblem, at: Estimate, corrected: bool) -> Apart:
    """The mean slopes H of the equations of (beta + h rho, rho, lambda, sigma2), and their variance V."""
    parts, s2 = parts_of(model, at), at.sigma2
    Q = model.effects.basis if corrected else model.effects.basis[:, :0]
    forms, k = _forms(model, at, Q), model.X.shape[1]
    assert parts.mean is not None
    h = least_squares(parts.X, parts.mean)
    left = parts.mean - parts.X @ h
    H = np.zeros((k + 3, k + 3))
    H[:k, :k] = parts.X.T @ parts.X / s2
    H[k, -1] = H[-1, k] = forms.first[0] / s2
    H[k + 1, -1] = H[-1, k + 1] = forms.first[1] / s2
    H[-1, -1] = model.n / (2 * s2**2)
    V = H.copy()
    signal = float(left @ left) / s2
    H[k, k], V[k, k] = forms.once(0, 0) + signal, forms.own + signal
    H[k, k + 1], H[k + 1, k] = forms.once(0, 1), forms.twice(1, 0)
    V[k, k + 1] = V[k + 1, k] = forms.twice(0, 1)
    H[k + 1, k + 1] = V[k + 1, k + 1] = forms.twice(1, 1)
    T = np.eye(k + 3)
    T[:k, k] = -h
    return Apart(H, T, 0.0, V)
