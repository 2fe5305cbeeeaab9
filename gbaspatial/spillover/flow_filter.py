"""Spatial filters of flows: eigenvectors of W x W that take up network autocorrelation of residual flows."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from scipy import sparse

from gbaspatial.errors import OptionError, some
from gbaspatial.models.filtering import moran_eigenvectors
from gbaspatial.spillover.flow_dependence import FlowLag, PearsonFlows, unit_matrix, z_of
from gbaspatial.spillover.flow_table import FlowDesign
from gbaspatial.spillover.two_way_poisson import FittedFlows, poisson_two_way
from gbaspatial.weights import as_weights

if TYPE_CHECKING:
    from gbaspatial.weights.annotations import WeightsGiven

_SHARE = 0.25  # of the largest eigenvalue: smaller ones are patterns of little autocorrelation (Griffith 2003)
_CANDIDATES = 400
_DRAWS, _SEED = 199, 20_080_101
_ENOUGH = 1.645


def filtered(
    design: FlowDesign, at: FittedFlows, kept: np.ndarray, w: WeightsGiven
) -> tuple[FlowDesign, FittedFlows, pd.DataFrame, str]:
    """The design with the eigenvectors that free residual flows of autocorrelation, its fit, these by pair, a sentence.

    Each step adds the eigenvector of W x W that lowers Moran's I between neighbors of both ends most, until its z is
    below 1.645, or falls no more.

    References
    ----------
    Fischer, M. M. and Griffith, D. A. (2008). Modeling spatial autocorrelation in spatial interaction data: an
    application to patent citation data in the European Union. Journal of Regional Science 48, 969-989.
    """
    names, vectors = _candidates(design, w)
    ways, y, W = design.ways.among(kept), design.y[kept], unit_matrix(w, design)
    chosen: list[int] = []
    first = z = _state(design, at, kept, W)[2]
    while z >= _ENOUGH and len(chosen) < len(names):
        place = _best(vectors[kept], chosen, y, at, design, kept, W)
        trial = _with(design, names, vectors, [*chosen, place])
        new = poisson_two_way(y, trial.X[kept], ways)
        after = _state(trial, new, kept, W)[2]
        if abs(after) >= z:
            break
        chosen, at, z = [*chosen, place], new, after
    wide = _with(design, names, vectors, chosen)
    frame = pd.DataFrame(vectors[:, chosen], index=design.pairs, columns=[names[place] for place in chosen])
    left = "" if z < _ENOUGH else "; no further one brings it closer to none"
    note = f"{len(chosen)} eigenvectors of W x W bring the z of Moran's I of flows from {first:.2f} to {z:.2f}{left}."
    return wide, at, frame.reindex(design.index), note


def _candidates(design: FlowDesign, w: WeightsGiven) -> tuple[list[str], np.ndarray]:
    """Names and columns (m, c) of products of eigenvectors, from the most autocorrelated on."""
    found = moran_eigenvectors(as_weights(w))
    unit_matrix(w, design)  # says what is wrong with the units
    values = found.eigenvalues.to_numpy()
    V = found.vectors.reindex(design.units).to_numpy()
    both = np.multiply.outer(values, values)
    order = np.argsort(-both, axis=None, kind="stable")
    order = order[both.ravel()[order] > _SHARE * both.max()][:_CANDIDATES]
    first, second = np.unravel_index(order, both.shape)
    names = [f"EV{i + 1}xEV{j + 1}" for i, j in zip(first, second, strict=True)]
    taken = [name for name in names if name in design.terms]
    if taken:
        raise OptionError(f"the formula has the term {some(taken)}, which is the name of an eigenvector; rename it.")
    return names, V[design.ways.origin][:, first] * V[design.ways.destination][:, second]


def _with(design: FlowDesign, names: list[str], vectors: np.ndarray, chosen: list[int]) -> FlowDesign:
    terms = (*design.terms, *(names[place] for place in chosen))
    return replace(design, terms=terms, X=np.column_stack([design.X, vectors[:, chosen]]))


def _state(
    design: FlowDesign, at: FittedFlows, kept: np.ndarray, W: sparse.csr_array
) -> tuple[PearsonFlows, FlowLag, float]:
    """What residual flows are freed of, their neighbors, and the z of Moran's I."""
    flows = PearsonFlows.of(design, at.mu, kept)
    lag = FlowLag.of("both", W, flows)
    return flows, lag, z_of(lag, flows, flows.pearson(design.y[kept]), _DRAWS, _SEED)


def _best(
    vectors: np.ndarray, chosen: list[int], y: np.ndarray, at: FittedFlows, design: FlowDesign, kept: np.ndarray,
    W: sparse.csr_array,
) -> int:  # fmt: skip
    """The candidate without which Moran's I of the residuals would be least, to first order."""
    names = [str(place) for place in range(vectors.shape[1])]
    whole = np.zeros((design.n, vectors.shape[1]))
    whole[kept] = vectors
    flows = PearsonFlows.of(_with(design, names, whole, chosen), at.mu, kept)
    lag = FlowLag.of("both", W, flows)
    e = flows.pearson(y)
    root = np.sqrt(at.mu)[:, None]
    free = flows.freed(root * vectors)
    size = np.square(free).sum(axis=0)
    usable = size > 1e-10 * np.square(root * vectors).sum(axis=0)
    usable[chosen] = False
    free = free / np.sqrt(np.where(usable, size, 1.0))
    share = free.T @ e
    S = (lag.matrix + lag.matrix.T) / 2
    lagged = S @ free
    cross = e @ (S @ e) - 2 * share * (e @ lagged) + share**2 * np.einsum("mc,mc->c", free, lagged)
    left = np.where(usable, cross / (e @ e - share**2), np.inf)
    return int(np.argmin(left))
