"""Flows of zero that a Poisson regression can fit without end: arrays only.

A zero is separated if some combination of regressors and effects is positive for it, nowhere negative among zeros,
and zero wherever something flows: the likelihood then rises as the coefficients of that combination run off.
"""

from __future__ import annotations

import numpy as np
from scipy import optimize, sparse

from gbaspatial.spillover.two_way_poisson import TwoWay

_ABOVE = 0.5  # of what is lifted by one or not at all


def separated(y: np.ndarray, X: np.ndarray, ways: TwoWay) -> np.ndarray:
    """Which of the flows `y` (m,) are separated by the columns of `X` (m, k) and the effects.

    The combination that is positive for most zeros is the solution of a linear program (Correia, Guimaraes and
    Zylkin 2019).

    References
    ----------
    Correia, S., Guimaraes, P. and Zylkin, T. (2019). Verifying the existence of maximum likelihood estimates for
    generalized linear models. arXiv 1903.01633.

    Examples
    --------
    >>> ways = TwoWay(np.repeat([0, 1, 2], 3), np.tile([0, 1, 2], 3))
    >>> y, once = np.array([3.0, 1, 0, 1, 2, 1, 2, 1, 4]), np.zeros((9, 1))
    >>> once[2] = 1
    >>> np.flatnonzero(separated(y, once, ways)).tolist()
    [2]
    """
    zero = y == 0
    if not zero.any():
        return zero
    size = np.abs(X).max(axis=0, initial=0.0)
    dummies = [part.T for part in ways.incidence]
    columns = sparse.csr_array(sparse.hstack([X / np.where(size > 0, size, 1.0), *dummies]))
    nothing, zeros = columns[~zero], columns[zero]
    count, width = zeros.shape
    found = optimize.linprog(  # as many zeros as can be lifted by one at least, none lowered
        np.concatenate([np.zeros(width), -np.ones(count)]),
        A_ub=sparse.hstack([-zeros, sparse.eye_array(count)]),
        b_ub=np.zeros(count),
        A_eq=sparse.hstack([nothing, sparse.csr_array((nothing.shape[0], count))]),
        b_eq=np.zeros(nothing.shape[0]),
        bounds=[(None, None)] * width + [(0, 1)] * count,
        method="highs",
    )
    gone = np.zeros(len(y), dtype=bool)
    if found.x is not None:
        gone[zero] = found.x[width:] > _ABOVE
    return gone


def without_total(y: np.ndarray, ways: TwoWay) -> np.ndarray:
    """Flows (m,) of places from which, or to which, nothing flows; what is left is looked at again.

    Examples
    --------
    >>> ways = TwoWay(np.repeat([0, 1], 2), np.tile([0, 1], 2))
    >>> without_total(np.array([0.0, 0, 1, 2]), ways).tolist()
    [True, True, False, False]
    """
    empty = np.zeros(len(y), dtype=bool)
    for codes in (ways.origin, ways.destination):
        empty |= np.bincount(codes, y)[codes] == 0
    return empty
