"""Two-stage difference in differences; arrays only.

Effects of unit and period (and of X) are estimated on the clean rows, those neither treated nor near the treated;
what they leave unexplained in all rows is averaged by treatment and ring. The variance of the averages carries the
first stage: both stages' moments are summed by unit.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import sparse
from scipy.sparse.linalg import splu

from gbaspatial.models.panel.stack import Stack


@dataclass(frozen=True, slots=True, eq=False)
class Averages:
    """Mean effects (q,), their covariance (q, q) by unit, and the scores (n, q) that make it."""

    effects: np.ndarray
    covariance: np.ndarray
    scores: np.ndarray


class Unidentified(Exception):
    """A unit (`units`) or period (`periods`) without a clean row, or rows that nothing ties together."""

    def __init__(self, units: np.ndarray, periods: np.ndarray, pieces: int) -> None:
        super().__init__("not identified")
        self.units, self.periods, self.pieces = units, periods, pieces


def check_identified(stack: Stack, clean: np.ndarray) -> None:
    """Raise `Unidentified` unless the clean rows (m,) tell the effects of every unit and period apart.

    Examples
    --------
    >>> from gbaspatial.models.panel.stack import balanced_stack
    >>> check_identified(balanced_stack(2, 2), np.array([True, True, True, False]))
    """
    here, units = stack.period[clean], stack.unit[clean]
    lone_units = np.setdiff1d(stack.unit, units)
    lone_periods = np.setdiff1d(stack.period, here)
    links = sparse.coo_array(
        (np.ones(len(units)), (units, stack.n + here)), shape=(stack.n + stack.periods,) * 2
    ).tocsr()
    _, label = sparse.csgraph.connected_components(links, directed=False)
    used = np.union1d(units, stack.n + here)
    pieces = len(np.unique(label[used]))
    if len(lone_units) or len(lone_periods) or pieces > 1:
        raise Unidentified(lone_units, lone_periods, pieces)


def _dummies(stack: Stack, X: np.ndarray) -> sparse.csr_array:
    """Unit dummies, period dummies but the first, and X: (m, n + T - 1 + k)."""
    rows = np.arange(stack.rows)
    units = sparse.csr_array((np.ones(stack.rows), (rows, stack.unit)), shape=(stack.rows, stack.n))
    periods = sparse.csr_array((np.ones(stack.rows), (rows, stack.period)), shape=(stack.rows, stack.periods))
    return sparse.csr_array(sparse.hstack([units, periods[:, 1:], sparse.csr_array(X)]))


def averages(stack: Stack, y: np.ndarray, X: np.ndarray, D: np.ndarray, clean: np.ndarray) -> Averages:
    """Mean effects by column of `D` (m, q), whose rows hold at most one 1; see the module.

    Parameters
    ----------
    stack : Stack
        All n units and all periods must have rows.
    y : (m,)
    X : (m, k)
        Covariates without intercept, of full rank beside the effects of the clean rows.
    clean : (m,) of bool

    Raises
    ------
    Unidentified
    """
    check_identified(stack, clean)
    size = np.sqrt(np.mean(X[clean] ** 2, axis=0)) if X.size else np.ones(0)
    Z = _dummies(stack, X / np.where(size > 0, size, 1.0))
    first = sparse.csr_array(Z[clean])
    solver = splu(sparse.csc_matrix(first.T @ first))
    level = y[clean].mean()
    gamma = solver.solve(np.asarray(first.T @ (y[clean] - level)))
    e1 = np.zeros(len(y))
    e1[clean] = y[clean] - level - first @ gamma
    left = y - level - Z @ gamma
    count = D.sum(axis=0)
    effects = (D.T @ left) / count
    e2 = left - D @ effects
    carried = solver.solve(np.asarray(Z.T @ D))  # (p, q): how the averages lean on the first stage
    scores = D * e2[:, None] - (Z @ carried) * e1[:, None]
    by_unit = np.stack([np.bincount(stack.unit, weights=column, minlength=stack.n) for column in scores.T], axis=1)
    by_unit = by_unit / count
    few = stack.n / (stack.n - 1)
    return Averages(effects, few * by_unit.T @ by_unit, by_unit)
