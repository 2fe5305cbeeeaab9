"""The exact likelihood of a panel with random effects of units, concentrated: arrays only.

With A = I - rho W1 and B = I - lambda W2 within each period,

    A y = X b + u,    u = mu + B^-1 v  ("baltagi")    or    u = B^-1 (mu + v)  ("kkp"),

mu of a unit with variance phi sigma2, v independent with variance sigma2 or, with psi,
v_t = psi v_t-1 + e_t. What time does is taken out by the transformation of Prais and Winsten
(with psi = 0: nothing); then only the weighted mean of a unit over time tells of mu, and the
covariance falls into a part within units, sigma2 (B'B)^-1, and one between them,
sigma2 (a I + (B'B)^-1) or sigma2 (1 + a) (B'B)^-1, with a = phi times the squared length of
the transformed vector of ones (the number of periods, with psi = 0). Each part is reduced once
by a QR decomposition, so that nothing of the size of units times periods squared is made.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np
from scipy import linalg

from gbaspatial.models.panel.between_units import Middle, middle_of, plan_of
from gbaspatial.models.panel.stack import Stack
from gbaspatial.models.solve.determinant_curves import Curve, ZeroCurve
from gbaspatial.models.solve.side import Side
from gbaspatial.models.solve.squares import Squared

LOG_2PI = float(np.log(2 * np.pi))


@dataclass(frozen=True, slots=True, eq=False)
class RandomProblem:
    """Arrays of one model; `nested` says that mu is filtered by B too (kkp).

    `units` is the number of units that count in the part between them, `count` that of rows: fewer than
    there are where the degrees of freedom of effects of time are taken off. `plan` is that of B B' of many
    `mixed` units.
    """

    y: np.ndarray
    X: np.ndarray
    stack: Stack
    lag: Side | None
    error: Side | None
    nested: bool
    serial: bool
    count: int
    units: float
    columns: np.ndarray = field(default_factory=lambda: np.zeros((0, 0)))
    plan: Squared | None = None

    @property
    def mixed(self) -> bool:
        """Whether the part between units has a covariance of its own: mu is not filtered, v is."""
        return self.error is not None and not self.nested


class Lost(NamedTuple):
    """Degrees of freedom that effects of time take: of rows, and of units."""

    rows: int = 0
    units: float = 0.0


NOTHING_LOST = Lost()


@dataclass(frozen=True, slots=True, eq=False)
class Point:
    """Where a likelihood is looked at: rho, lambda, phi (variance of mu over sigma2), psi."""

    rho: float = 0.0
    lam: float = 0.0
    phi: float = 0.0
    psi: float = 0.0


@dataclass(frozen=True, slots=True, eq=False)
class Reduced:
    """The columns [y, W1 y, X] (and their lag by W2) at one psi: the part within units, and means by unit.

    `within` (r, q), `means` (n, q) of units with `lengths` (n,); `blocks` (length, R, number of units) where the
    means go through a QR decomposition too.
    """

    within: np.ndarray
    means: np.ndarray
    lengths: np.ndarray
    blocks: tuple[tuple[float, np.ndarray, int], ...]


def random_problem(
    y: np.ndarray, X: np.ndarray, stack: Stack, lag: Side | None, error: Side | None, *, nested: bool,
    serial: bool = False, lost: Lost = NOTHING_LOST,
) -> RandomProblem:  # fmt: skip
    """The model of y (m,) on X (m, k)."""
    Z = np.column_stack([y, lag.W @ y if lag is not None else np.zeros_like(y), X])
    if error is not None:
        Z = np.hstack([Z, error.W @ Z])
    plan = plan_of(error, stack.n) if error is not None and not nested else None
    return RandomProblem(
        y, X, stack, lag, error, nested or error is None, serial, len(y) - lost.rows,
        float((stack.histories > 0).sum()) - lost.units, Z, plan,
    )  # fmt: skip


# -- time ---------------------------------------------------------------------------------------
def whitened(values: np.ndarray, stack: Stack, psi: float) -> np.ndarray:
    """The transformation of Prais and Winsten of `values` (m, q), period by period of a balanced panel."""
    if psi == 0:
        return values
    wide = values.reshape(stack.periods, stack.n, -1)
    out = np.concatenate([np.sqrt(1 - psi**2) * wide[:1], wide[1:] - psi * wide[:-1]])
    return np.asarray(out.reshape(values.shape))


def ones_of(stack: Stack, psi: float) -> tuple[np.ndarray, np.ndarray]:
    """The transformed vector of ones by row (m,), and its squared length by unit (n,)."""
    if psi == 0:
        return np.ones(stack.rows), stack.histories.astype(float)
    ones = np.full(stack.rows, 1 - psi)
    ones[: stack.n] = np.sqrt(1 - psi**2)
    return ones, np.full(stack.n, (1 - psi**2) + (stack.periods - 1) * (1 - psi) ** 2)


def by_unit(values: np.ndarray, stack: Stack) -> np.ndarray:
    """Sums (n, q) over the rows of each unit."""
    flat = values.reshape(len(values), -1)
    return np.column_stack([np.bincount(stack.unit, weights=column, minlength=stack.n) for column in flat.T])


def reduced(model: RandomProblem, psi: float) -> Reduced:
    """The columns of `model` at psi, reduced."""
    Z = whitened(model.columns, model.stack, psi)
    ones, lengths = ones_of(model.stack, psi)
    size = np.sqrt(np.maximum(lengths, 1e-300))
    means = by_unit(Z * ones[:, None], model.stack) / size[:, None]
    rest = Z - (ones / size[model.stack.unit])[:, None] * means[model.stack.unit]
    within = np.asarray(np.linalg.qr(rest, mode="r"))
    blocks = []
    if not model.mixed:
        for length in np.unique(lengths[lengths > 0]):
            there = lengths == length
            blocks.append((float(length), np.asarray(np.linalg.qr(means[there], mode="r")), int(there.sum())))
    return Reduced(within, means, lengths, tuple(blocks))


# -- the likelihood -----------------------------------------------------------------------------
def curves_of(model: RandomProblem) -> tuple[Curve, Curve]:
    """The log-determinants of both sides."""
    zero: Curve = ZeroCurve()
    return (model.lag.curve if model.lag else zero), (model.error.curve if model.error else zero)


def solution(model: RandomProblem, at: Point, parts: Reduced | None = None) -> tuple[np.ndarray, float, np.ndarray]:
    """b (k,), the generalized sum of squares, and the inverse R (k, k) with (X' V^-1 X)^-1 = R R'."""
    parts = parts if parts is not None else reduced(model, at.psi)
    Z = _rows(model, at, parts, _middle(model, at, parts))
    target = Z[:, 0] - at.rho * Z[:, 1]
    Q, R = np.linalg.qr(Z[:, 2:])
    beta = linalg.solve_triangular(R, Q.T @ target)
    rest = target - Z[:, 2:] @ beta
    return beta, float(rest @ rest), linalg.solve_triangular(R, np.eye(len(R)))


def _sum_of_squares(Z: np.ndarray, rho: float) -> float:
    """The generalized sum of squares from its rows, without the coefficients."""
    R = np.asarray(np.linalg.qr(np.column_stack([Z[:, 2:], Z[:, 0] - rho * Z[:, 1]]), mode="r"))
    return float(R[-1, -1] ** 2) if R.shape[0] == R.shape[1] else 0.0


def _rows(model: RandomProblem, at: Point, parts: Reduced, middle: Middle | None) -> np.ndarray:
    """Rows whose sums of squares are those of the generalized least squares, for [y, W1 y, X]."""
    within = _filtered(model, parts.within, at.lam)
    if middle is not None:
        return np.vstack([within, middle.rows(_filtered(model, parts.means, at.lam))])
    found = [within]
    for length, R, _ in parts.blocks:
        found.append(_filtered(model, R, at.lam) / np.sqrt(1 + at.phi * length))
    return np.vstack(found)


def _middle(model: RandomProblem, at: Point, parts: Reduced) -> Middle | None:
    """I + a B B' of a `mixed` model: z'(a I + (B'B)^-1)^-1 z is |L^-1 B z|^2 with L L' = I + a B B'."""
    if not model.mixed:
        return None
    assert model.error is not None
    W = model.error.W.blocks[0]  # type: ignore[attr-defined]
    return middle_of(W, model.plan, at.lam, at.phi * float(parts.lengths[0]))


def _filtered(model: RandomProblem, Z: np.ndarray, lam: float) -> np.ndarray:
    if model.error is None:
        return Z
    q = Z.shape[1] // 2
    return np.asarray(Z[:, :q] - lam * Z[:, q:])


def _log_det_between(model: RandomProblem, at: Point, parts: Reduced, middle: Middle | None) -> float:
    """Half the log-determinant of the covariance between units, over that of (B'B)^-1."""
    if middle is not None:
        return middle.half_log_det
    share = model.units / max(sum(number for _, _, number in parts.blocks), 1)
    return 0.5 * share * sum(number * float(np.log1p(at.phi * length)) for length, _, number in parts.blocks)


def log_likelihood(
    model: RandomProblem, at: Point, curves: Sequence[Curve] | None = None, parts: Reduced | None = None
) -> float:
    """The concentrated log-likelihood, with all constants.

    Examples
    --------
    >>> from gbaspatial.models.panel.stack import balanced_stack
    >>> y = np.array([1.0, 2, 3, 1, 4, 2])
    >>> model = random_problem(y, np.ones((6, 1)), balanced_stack(3, 2), None, None, nested=False)
    >>> round(log_likelihood(model, Point(phi=0.5)), 6)
    -8.799409
    """
    f, g = curves if curves is not None else curves_of(model)
    parts = parts if parts is not None else reduced(model, at.psi)
    middle = _middle(model, at, parts)
    sse = _sum_of_squares(_rows(model, at, parts, middle), at.rho)
    if not sse > 0:
        return -np.inf
    value = -model.count / 2 * (LOG_2PI + 1 + float(np.log(sse / model.count))) + f(at.rho) + g(at.lam)
    if at.psi:
        value += model.units / 2 * float(np.log1p(-(at.psi**2)))
    return value - _log_det_between(model, at, parts, middle)


def between_precision(model: RandomProblem, at: Point, means: np.ndarray) -> np.ndarray:
    """(a I + (B'B)^-1)^-1 `means` (n,): what the effects of units are predicted from where v alone is filtered."""
    assert model.error is not None
    W = model.error.W.blocks[0]  # type: ignore[attr-defined]
    middle = middle_of(W, model.plan, at.lam, at.phi * float(ones_of(model.stack, at.psi)[1][0]))
    image = middle.solve(means - at.lam * (W @ means))
    return np.asarray(image - at.lam * (W.T @ image))
