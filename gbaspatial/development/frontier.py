"""Linear programs of data envelopment analysis, by HiGHS: arrays in, arrays out.

Columns are inputs or outputs, rows are units. Each row of a program is divided by the own amount of the unit that is
looked at, so that neither the unit of money nor the size of a city reaches the tolerance of the solver.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from scipy import sparse
from scipy.optimize import linprog

Returns = Literal["constant", "variable", "non-increasing"]
Direction = Literal["output", "input"]

_PRECISE = {"primal_feasibility_tolerance": 1e-10, "dual_feasibility_tolerance": 1e-10}
_TOGETHER = 2_000
"""Units times references solved in one program: larger ones take longer than their parts."""


@dataclass(frozen=True, slots=True, eq=False)
class Technology:
    """What is possible: the inputs `x` (J, m) and outputs `y` (J, s) of the reference units.

    Attributes
    ----------
    returns : {"constant", "variable", "non-increasing"}
        Returns to scale: the weights of the reference are free, sum to one, or to one at most.
    """

    x: np.ndarray
    y: np.ndarray
    returns: Returns

    def without(self, unit: int) -> Technology:
        """The technology of the other units."""
        return Technology(np.delete(self.x, unit, axis=0), np.delete(self.y, unit, axis=0), self.returns)


def radial(technology: Technology, x: np.ndarray, y: np.ndarray, direction: Direction) -> np.ndarray:
    """The factor (K,) by which outputs can grow, or to which inputs can shrink, for units `x` (K, m), `y` (K, s).

    NaN where the technology cannot reach the unit at all (infeasible).
    """
    step = max(1, _TOGETHER // len(technology.x))
    parts = []
    for start in range(0, len(x), step):
        rows = slice(start, start + step)
        found = _solve_together(technology, x[rows], y[rows], direction)
        if found is None:  # one unit that cannot be reached makes the whole program infeasible
            one_by_one = zip(x[rows], y[rows], strict=True)
            found = np.concatenate([_alone(technology, a[None], b[None], direction) for a, b in one_by_one])
        parts.append(found)
    return np.concatenate(parts)


def _alone(technology: Technology, x: np.ndarray, y: np.ndarray, direction: Direction) -> np.ndarray:
    found = _solve_together(technology, x, y, direction)
    return np.array([np.nan]) if found is None else found


def _solve_together(technology: Technology, x: np.ndarray, y: np.ndarray, direction: Direction) -> np.ndarray | None:
    """The factors of all units by one program of independent blocks; None unless every block has an optimum."""
    A, b = _programs(technology, x, y, direction)
    units, _, size = A.shape
    cost = np.tile([-1.0 if direction == "output" else 1.0, *np.zeros(size - 1)], units)
    sums = {}
    if technology.returns == "variable":
        once = np.tile(np.append(0.0, np.ones(size - 1)), (units, 1, 1))
        sums = {"A_eq": _diagonal(once), "b_eq": np.ones(units)}
    solved = linprog(
        cost, A_ub=_diagonal(A), b_ub=b.ravel(), **sums, bounds=(0, None), method="highs", options=_PRECISE
    )
    return solved.x[::size] if solved.status == 0 else None


def _programs(
    technology: Technology, x: np.ndarray, y: np.ndarray, direction: Direction
) -> tuple[np.ndarray, np.ndarray]:
    """Rows A z <= b of each unit, (K, rows, 1 + J) and (K, rows); z is its factor, then the reference's weights."""
    m, size, units = technology.x.shape[1], len(technology.x), len(x)
    per_x, per_y = _own_amounts(technology, x, y)
    x0, y0 = x / per_x, y / per_y
    A = np.empty((units, m + technology.y.shape[1], 1 + size))
    A[:, :m, 0], A[:, m:, 0] = (-x0, 0.0) if direction == "input" else (0.0, y0)
    A[:, :m, 1:] = technology.x.T[None] / per_x[:, :, None]
    A[:, m:, 1:] = -technology.y.T[None] / per_y[:, :, None]
    if technology.returns == "constant":
        A[:, :, 1:] /= _sizes(A[:, :, 1:])
    zero_x, zero_y = np.zeros_like(x0), np.zeros_like(y0)
    b = np.concatenate([zero_x, -y0] if direction == "input" else [x0, zero_y], axis=1)
    if technology.returns == "non-increasing":
        at_most_one = np.tile(np.append(0.0, np.ones(size)), (units, 1, 1))
        A, b = np.concatenate([A, at_most_one], axis=1), np.column_stack([b, np.ones(units)])
    return A, b


def _sizes(references: np.ndarray) -> np.ndarray:
    """How large each reference unit (last axis) is beside the one looked at, over its rows (the axis before).

    With constant returns weights have no bound: a village that is the peer of a city would weigh 1e8, and the
    tolerance of the solver with it. Divided by size, no weight is larger than about one.
    """
    size = np.abs(references).max(axis=-2, keepdims=True)
    return np.where(size > 0, size, 1.0)


def _diagonal(blocks: np.ndarray) -> sparse.csr_array:
    """The block-diagonal matrix of `blocks` (K, rows, columns)."""
    units, rows, columns = blocks.shape
    place = np.arange(columns)[None, None, :] + (columns * np.arange(units))[:, None, None]
    indices = np.broadcast_to(place, blocks.shape).ravel()
    starts = np.arange(units * rows + 1) * columns
    return sparse.csr_array((blocks.ravel(), indices, starts), shape=(units * rows, units * columns))


def _own_amounts(technology: Technology, x: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """What each unit's columns are divided by: its own amounts, or the largest one where it has none."""
    tiny = np.finfo(float).tiny
    of_x = np.where(x > 0, x, np.maximum(technology.x.max(axis=0), tiny))
    of_y = np.where(y > 0, y, np.maximum(technology.y.max(axis=0), tiny))
    return of_x, of_y


def _by_own_amount(
    technology: Technology, x: np.ndarray, y: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Reference and unit with every column divided by the unit's own amount."""
    per_x, per_y = _own_amounts(technology, x[None], y[None])
    return technology.x / per_x, technology.y / per_y, x / per_x[0], y / per_y[0]


@dataclass(frozen=True, slots=True, eq=False)
class Projection:
    """Where units would stand on the frontier.

    Attributes
    ----------
    weights : numpy.ndarray, shape (K, J)
        Of the reference units.
    surplus : numpy.ndarray, shape (K, m)
        Inputs that could still be saved beyond the radial factor.
    shortfall : numpy.ndarray, shape (K, s)
        Outputs that could still be gained beyond it.
    """

    weights: np.ndarray
    surplus: np.ndarray
    shortfall: np.ndarray


def projection(
    technology: Technology, x: np.ndarray, y: np.ndarray, factor: np.ndarray, direction: Direction
) -> Projection:
    """Largest slacks of units `x` (K, m), `y` (K, s) that the radial `factor` (K,) has brought to the frontier.

    The sum of slacks, each in parts of the unit's own amount, is largest (the second stage); NaN where the factor is.
    """
    m, s, size = technology.x.shape[1], technology.y.shape[1], len(technology.x)
    found = np.full((len(x), size + m + s), np.nan)
    for k, (a, b, f) in enumerate(zip(x, y, factor, strict=True)):
        if np.isfinite(f):
            near_x, near_y = (f * a, b) if direction == "input" else (a, f * b)
            found[k] = _largest_slacks(technology, near_x, near_y)
    return Projection(found[:, :size], found[:, size : size + m], found[:, size + m :])


def _largest_slacks(technology: Technology, x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Reference weights and slacks, in amounts, of one unit at `x` (m,), `y` (s,)."""
    X, Y, x0, y0 = _by_own_amount(technology, x, y)
    size, m, s = len(X), len(x), len(y)
    sizes = _sizes(np.vstack([X.T, Y.T])) if technology.returns == "constant" else np.ones((1, size))
    A = np.block([[X.T / sizes, np.eye(m), np.zeros((m, s))], [Y.T / sizes, np.zeros((s, m)), -np.eye(s)]])
    b = np.concatenate([x0, y0])
    cost = np.concatenate([np.zeros(size), -np.ones(m + s)])
    z = _optimum(cost, A, b, technology.returns, size)
    if z is None:  # the factor is exact to 1e-10 only: leave that much room
        room = np.concatenate([x0 * (1 + 1e-8), y0 * (1 - 1e-8)])
        z = _optimum(cost, A, room, technology.returns, size)
    if z is None:
        return np.full(size + m + s, np.nan)
    per_x, per_y = _own_amounts(technology, x[None], y[None])
    slacks = np.where(z[size:] > 1e-9, z[size:], 0.0)  # parts of the own amount: less is rounding
    return np.concatenate([np.maximum(z[:size] / sizes[0], 0.0), slacks * np.concatenate([per_x[0], per_y[0]])])


def _optimum(cost: np.ndarray, A: np.ndarray, b: np.ndarray, returns: Returns, size: int) -> np.ndarray | None:
    more = {}
    sums = np.zeros((1, A.shape[1]))
    sums[0, :size] = 1.0
    if returns == "variable":
        A, b = np.vstack([A, sums]), np.append(b, 1.0)
    elif returns == "non-increasing":
        more = {"A_ub": sums, "b_ub": np.ones(1)}
    solved = linprog(cost, A_eq=A, b_eq=b, **more, bounds=(0, None), method="highs", options=_PRECISE)
    return solved.x if solved.status == 0 else None


def slack_based(
    technology: Technology, x: np.ndarray, y: np.ndarray, direction: Direction | Literal["both"]
) -> np.ndarray:
    """Tone's slacks-based efficiency (K,) of units with positive `x` (K, m) and `y` (K, s).

    (1 - mean of input slacks) / (1 + mean of output slacks), slacks in parts of the own amounts; with a direction only
    that side counts.
    """
    return np.array([_slack_based(technology, a, b, direction) for a, b in zip(x, y, strict=True)])


def _slack_based(technology: Technology, x: np.ndarray, y: np.ndarray, direction: str) -> float:
    """One unit, by the linear program of Charnes and Cooper: z is the scale t, then t times weights and slacks."""
    X, Y, x0, y0 = _by_own_amount(technology, x, y)
    size, m, s = len(X), len(x), len(y)
    sizes = _sizes(np.vstack([X.T, Y.T])) if technology.returns == "constant" else np.ones((1, size))
    saved = -1 / m if direction in ("input", "both") else 0.0
    gained = 1 / s if direction in ("output", "both") else 0.0
    cost = np.concatenate([[1.0], np.zeros(size), np.full(m, saved), np.zeros(s)])
    A = np.block([
        [-x0[:, None], X.T / sizes, np.eye(m), np.zeros((m, s))],
        [-y0[:, None], Y.T / sizes, np.zeros((s, m)), -np.eye(s)],
        [np.ones((1, 1)), np.zeros((1, size + m)), np.full((1, s), gained)],
    ])  # fmt: skip
    b = np.concatenate([np.zeros(m + s), [1.0]])
    sums = np.concatenate([[-1.0], np.ones(size), np.zeros(m + s)])[None]
    more = {}
    if technology.returns == "variable":
        A, b = np.vstack([A, sums]), np.append(b, 0.0)
    elif technology.returns == "non-increasing":
        more = {"A_ub": sums, "b_ub": np.zeros(1)}
    solved = linprog(cost, A_eq=A, b_eq=b, **more, bounds=(0, None), method="highs", options=_PRECISE)
    return float(solved.fun) if solved.status == 0 else np.nan
