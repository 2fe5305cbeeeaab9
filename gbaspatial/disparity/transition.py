"""Markov chains of classes: counts, probabilities and what follows from them. Arrays only."""

from __future__ import annotations

import numpy as np
from scipy.sparse import csgraph

from gbaspatial.inference.tails import chi_squared_tail


def quantile_cuts(values: np.ndarray, k: int) -> np.ndarray:
    """The k - 1 inner quantiles of `values`, without repetitions."""
    return np.unique(np.quantile(values, np.arange(1, k) / k))


def classify(values: np.ndarray, cuts: np.ndarray) -> np.ndarray:
    """Classes 0, 1, ... of `values`; a value on a cut belongs to the class below it."""
    return np.searchsorted(cuts, values, side="left")


def count_transitions(classes: np.ndarray, k: int) -> np.ndarray:
    """Moves from class to class (k, k), pooled over time, of `classes` (T, n)."""
    pairs = classes[:-1] * k + classes[1:]
    return np.bincount(pairs.ravel(), minlength=k * k).reshape(k, k).astype(float)


def count_conditional(classes: np.ndarray, given: np.ndarray, k: int, m: int) -> np.ndarray:
    """Moves (m, k, k) split by the class `given` (T, n) of the neighbors before the move."""
    cells = (given[:-1] * k + classes[:-1]) * k + classes[1:]
    return np.bincount(cells.ravel(), minlength=m * k * k).reshape(m, k, k).astype(float)


def probabilities(counts: np.ndarray) -> np.ndarray:
    """Maximum-likelihood probabilities (..., k, k); a row without moves is NaN."""
    totals = counts.sum(axis=-1, keepdims=True)
    with np.errstate(invalid="ignore"):
        return np.where(totals > 0, counts / totals, np.nan)


def steady_state(P: np.ndarray) -> np.ndarray:
    """The stationary distribution (k,) of `P` (k, k); NaN where `P` has none or several."""
    k = len(P)
    if np.isnan(P).any() or _closed_classes(P) != 1:
        return np.full(k, np.nan)
    system = np.vstack([P.T - np.eye(k), np.ones(k)])
    return np.linalg.lstsq(system, np.append(np.zeros(k), 1.0), rcond=None)[0]


def _closed_classes(P: np.ndarray) -> int:
    count, label = csgraph.connected_components(P > 0, directed=True, connection="strong")
    leaves = np.zeros(count, dtype=bool)
    rows, columns = np.nonzero(P)
    leaves[label[rows[label[rows] != label[columns]]]] = True
    return int((~leaves).sum())


def first_passage(P: np.ndarray) -> np.ndarray:
    """Mean number of steps (k, k) from each class to each first; the diagonal is the mean return.

    Infinite where a class may never be reached, NaN where `P` has an empty row.
    """
    k = len(P)
    if np.isnan(P).any():
        return np.full((k, k), np.nan)
    M = np.empty((k, k))
    for j in range(k):
        others = np.delete(np.arange(k), j)
        sure = _reaches_surely(P, j)
        steps = np.full(k, np.inf)
        steps[j] = 0.0
        solvable = others[sure[others]]
        if len(solvable):
            inner = P[np.ix_(solvable, solvable)]
            steps[solvable] = np.linalg.solve(np.eye(len(solvable)) - inner, np.ones(len(solvable)))
        reachable = P[j] > 0
        M[:, j] = steps
        M[j, j] = 1.0 + P[j, reachable] @ steps[reachable]
    return M


def _reaches_surely(P: np.ndarray, target: int) -> np.ndarray:
    """Whether each class (k,) reaches `target` with probability one."""
    links = P > 0
    links[target] = False  # once there, it is reached
    reach = csgraph.floyd_warshall(links.astype(float), unweighted=True)
    can = np.isfinite(reach[:, target])
    return np.array([can[np.isfinite(reach[i])].all() for i in range(len(P))])


def sojourn(P: np.ndarray) -> np.ndarray:
    """Mean number of periods (k,) that a unit stays in a class; infinite if it never leaves."""
    with np.errstate(divide="ignore"):
        return 1.0 / (1.0 - np.diag(P))


MOBILITY = ("prais", "determinant", "second_eigenvalue", "bartholomew", "bartholomew_leaving")


def mobility_indices(P: np.ndarray) -> dict[str, float]:
    """Prais (trace), determinant, second eigenvalue and two Bartholomew indices of `P` (k, k).

    ``bartholomew`` is the mean of the classes crossed, each class counting alike; ``bartholomew_leaving`` the share
    that leaves its class in the long run, (k - k sum pi_i P_ii) / (k - 1) with the stationary pi (NaN without one).
    """
    k = len(P)
    if np.isnan(P).any() or k < 2:
        return dict.fromkeys(MOBILITY, np.nan)
    sizes = np.sort(np.abs(np.linalg.eigvals(P)))[::-1]
    steps = np.abs(np.subtract.outer(np.arange(k), np.arange(k)))
    return {
        "prais": float((k - np.trace(P)) / (k - 1)),
        "determinant": float(1 - abs(np.linalg.det(P))),
        "second_eigenvalue": float(1 - sizes[1]),
        "bartholomew": float((P * steps).sum() / (k * (k - 1))),
        "bartholomew_leaving": float(k * (1 - steady_state(P) @ np.diag(P)) / (k - 1)),
    }


def homogeneity(counts: np.ndarray) -> tuple[float, float, int]:
    """Q (Pearson), LR and their degrees of freedom that `counts` (m, k, k) share one matrix."""
    pooled = counts.sum(axis=0)
    P0 = np.nan_to_num(probabilities(pooled))
    rows = counts.sum(axis=2, keepdims=True)
    expected = rows * P0
    seen = expected > 0
    q = ((counts - expected)[seen] ** 2 / expected[seen]).sum()
    moved = counts > 0
    lr = 2 * (counts[moved] * np.log(counts[moved] / expected[moved])).sum()
    regimes = (counts.sum(axis=2) > 0).sum(axis=0)
    targets = (pooled > 0).sum(axis=1)
    df = int((np.maximum(regimes - 1, 0) * np.maximum(targets - 1, 0)).sum())
    return float(q), float(lr), df


def chi_square(counts: np.ndarray, expected: np.ndarray) -> tuple[float, float, int]:
    """Pearson's test (statistic, p, degrees of freedom) of `counts` (k, k) against `expected` counts or odds."""
    P0 = np.nan_to_num(probabilities(expected))
    E = counts.sum(axis=1, keepdims=True) * P0
    value = ((counts - E) ** 2 / np.where(E == 0, 1.0, E)).sum()
    df = int(((counts.sum(axis=1) > 0).sum() - 1) * ((expected.sum(axis=1) > 0).sum() - 1))
    return float(value), float(chi_squared_tail(value, df)) if df > 0 else np.nan, df
