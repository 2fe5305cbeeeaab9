"""Graphs for tests: a square grid, and nearest neighbors of random points."""

import numpy as np
import pandas as pd
from scipy import sparse
from scipy.spatial import cKDTree

from gbaspatial.weights import Weights


def grid(side: int) -> Weights:
    """The rook graph of a square, binary."""
    line = sparse.diags_array([np.ones(side - 1)] * 2, offsets=[-1, 1])
    eye = sparse.eye_array(side)
    return Weights(sparse.kron(line, eye) + sparse.kron(eye, line), pd.RangeIndex(side * side))


def nearest(n: int, k: int = 4) -> Weights:
    """k nearest neighbors of random points: an asymmetric W."""
    points = np.random.default_rng(0).random((n, 2))
    places = cKDTree(points).query(points, k + 1)[1][:, 1:].ravel()
    matrix = sparse.csr_array((np.ones(n * k), places, np.arange(0, n * k + 1, k)), shape=(n, n))
    return Weights(matrix, pd.RangeIndex(n)).row_standardized()
