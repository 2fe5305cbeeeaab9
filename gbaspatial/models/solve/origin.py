"""Coordinates in which neither the origin nor the unit of a variable, nor the scale of W, costs digits: arrays only.

Regressors are replaced by an orthonormal basis of their columns and the outcome by what they leave
of it; a spatial parameter is sought over the interval that the scale of W gives. What is found is
taken back to the user's units at the end.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from scipy import linalg, sparse

from gbaspatial.errors import ConvergenceError
from gbaspatial.models.solve.admissible import interval_of, window
from gbaspatial.weights import Weights

_EXACT = 1e-27  # squared round-off of a residual, as a share of the square of what was regressed
PERFECT = 1e-18  # of a sum of squares at a maximum that is none


@dataclass(frozen=True, slots=True, eq=False)
class Centered:
    """`Q` (n, k) an orthonormal basis of X = Q R, `rest` (n,) = y - X b0 the outcome without its mean on X.

    A coefficient vector c on Q of `rest` is `b0` + R^-1 c on X of y.
    """

    Q: np.ndarray
    R: np.ndarray
    b0: np.ndarray
    rest: np.ndarray

    @classmethod
    def of(cls, y: np.ndarray, X: np.ndarray) -> Centered:
        """The coordinates of `y` (n,) and `X` (n, k) of full rank."""
        Q, R = np.linalg.qr(X)
        c0 = Q.T @ y
        rest = y - Q @ c0
        more = Q.T @ rest  # a second time: what round-off left of a column far from zero
        return cls(Q, R, linalg.solve_triangular(R, c0 + more), rest - Q @ more)

    @property
    def exact(self) -> bool:
        """Whether X fits y up to round-off."""
        fitted = self.R @ self.b0
        return float(self.rest @ self.rest) <= _EXACT * float(fitted @ fitted + self.rest @ self.rest)

    def coefficients(self, c: np.ndarray, *, whole: bool = False) -> np.ndarray:
        """b (k,) on X for the coefficients `c` (k,) on Q of `rest`, or of the `whole` outcome."""
        b = np.asarray(linalg.solve_triangular(self.R, c))
        return b if whole else self.b0 + b

    def covariance(self, C: np.ndarray) -> np.ndarray:
        """The covariance (p, p) of (b, further parameters) from that of (c, further parameters)."""
        return taken_back(self.R, C)


@dataclass(frozen=True, slots=True, eq=False)
class Ground:
    """The mean `m` of an outcome that a model with a lag of y can do without: W 1 = `s` 1, and 1 is in the span of X.

    (I - rho W) y is (I - rho W)(y - m) and m (1 - rho s), which goes to the intercept. `q` (k, g) holds the
    coefficients on Q of the constant, or of the constant of each of g classes with a rho of their own. Where
    W 1 is no constant, or these are no combinations of the regressors, `m` is zero.
    """

    m: float
    s: float
    q: np.ndarray

    @classmethod
    def of(cls, y: np.ndarray, Q: np.ndarray, W: sparse.csr_array, classes: np.ndarray | None = None) -> Ground:
        """The level of `y` (n,) beside the basis `Q` (n, k); `classes` (n, g) are 0 or 1."""
        constants = np.ones((len(y), 1)) if classes is None else classes
        sums = np.asarray(W.sum(axis=1)).ravel()
        q = Q.T @ constants
        free = np.abs(Q @ q - constants).max() <= 1e-9 and np.ptp(sums) <= 1e-12 * np.abs(sums).max()
        return cls(float(y.mean()) if free else 0.0, float(sums.mean()), q)

    def lifted(
        self, c: np.ndarray, C: np.ndarray, share: np.ndarray, slope: np.ndarray, place: int
    ) -> tuple[np.ndarray, np.ndarray]:
        """`c` (k,) and the covariance `C` (p, p) with the level back.

        `share` (g,) of it is left by the filter of y, with the `slope` (g,) in the parameters that begin at `place`.
        """
        T = np.eye(len(C))
        T[: len(c), place : place + len(slope)] = self.m * self.q * slope
        return c + self.m * (self.q @ share), T @ C @ T.T


def least_squares(X: np.ndarray, y: np.ndarray) -> np.ndarray:
    """The coefficients (k,) of `y` (n,) on `X` (n, k) of any rank, whatever the units of its columns.

    Plain least squares takes a column that is 1e-15 times another for round-off, and leaves it out.

    Examples
    --------
    >>> least_squares(np.diag([1e-20, 1e20]), np.array([1e-20, 1e20])).tolist()
    [1.0, 1.0]
    """
    size = np.linalg.norm(X, axis=0)
    size = np.where(size > 0, size, 1.0)
    found: np.ndarray = np.linalg.lstsq(X / size, y, rcond=None)[0] / size
    return found


def taken_back(R: np.ndarray, C: np.ndarray) -> np.ndarray:
    """The covariance (p, p) of (R^-1 c, others) from `C`, that of (c, others)."""
    k = len(R)
    half = np.array(C)
    half[:k] = linalg.solve_triangular(R, half[:k], check_finite=False)
    half[:, :k] = linalg.solve_triangular(R, half[:, :k].T, check_finite=False).T
    return (half + half.T) / 2


def span_of(w: Weights) -> tuple[float, float]:
    """The finite part of the admissible interval that is searched, in proportion to 1 / scale of W.

    Where W has no cycle every number is admissible, and ten times the inverse of its largest row sum is far.
    """
    return window(interval_of(w))


def scale_of(w: Weights) -> float:
    """The size of W: one over the nearer end of its admissible interval, or the largest row sum without one.

    Examples
    --------
    >>> chain = Weights(np.eye(6, k=1) + np.eye(6, k=-1), list("abcdef"))
    >>> scale_of(chain.row_standardized())
    1.0
    """
    if w.is_row_stochastic:
        return 1.0
    ends = [abs(end) for end in w.interval if np.isfinite(end)]
    if ends:
        return 1 / min(ends)
    largest = float(np.asarray(abs(w.sparse).sum(axis=1)).max())
    return largest if largest > 0 else 1.0


def refuse_perfect(sse: float, size: float) -> None:
    """Raise `ConvergenceError` if the sum of squares at a maximum is nothing beside `size`: there is no maximum."""
    if not sse > PERFECT * size:
        raise ConvergenceError(
            "the model fits every unit exactly, so its likelihood is unbounded and has no maximum; "
            "use fewer regressors."
        )


def newton(
    loss: Callable[[np.ndarray], tuple[float, np.ndarray]], start: np.ndarray, box: Sequence[tuple[float, float]]
) -> np.ndarray:
    """The minimum next to `start` (p,) to all digits, by Newton steps on the exact slopes of `loss`.

    A search that compares values of `loss` ends where it is flat, with half the digits, and these depend
    on the order of the units. `loss` gives value and slopes; coordinates at an end of the `box` stay.
    """
    low, high = np.array(box, dtype=float).T
    at, step = np.array(start, dtype=float), 1e-5 * (high - low)
    free = np.flatnonzero((at - low > 4 * step) & (high - at > 4 * step))
    if not len(free):
        return at
    value, slope = loss(at)
    columns = []
    for place in free:
        shift = np.zeros(len(at))
        shift[place] = step[place]
        columns.append((loss(at + shift)[1] - loss(at - shift)[1])[free] / (2 * step[place]))
    hessian = (np.array(columns) + np.array(columns).T) / 2
    if not np.all(np.isfinite(hessian)) or np.linalg.eigvalsh(hessian)[0] <= 0:
        return at
    for _ in range(30):
        move = np.linalg.solve(hessian, slope[free])
        new = at.copy()
        new[free] -= move
        if (new[free] <= low[free]).any() or (new[free] >= high[free]).any():
            break
        value_there, slope_there = loss(new)
        nearer = np.abs(slope_there[free]).max() < np.abs(slope[free]).max()
        if not nearer or value_there > value + 1e-9 * (1 + abs(value)):
            break
        at, value, slope = new, value_there, slope_there
    return at
