"""The verbs of a W that give it another shape: a frame, a matrix, the graphs of other software, a file."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd
import scipy.sparse as sp

if TYPE_CHECKING:
    import networkx as nx
    from libpysal.graph import Graph
    from libpysal.weights import W

    from gbaspatial.alignment import Label
    from gbaspatial.weights.core import Weights


def to_frame(w: Weights) -> pd.DataFrame:
    """Links as a frame with columns `focal`, `neighbor`, `weight`."""
    pairs = w._sparse.tocoo()
    return pd.DataFrame({"focal": w._ids[pairs.coords[0]], "neighbor": w._ids[pairs.coords[1]], "weight": pairs.data})


def to_sparse(w: Weights) -> sp.csr_array:
    """A writable copy of the matrix."""
    return w._sparse.copy()


def to_graph(w: Weights) -> Graph:
    """A `libpysal.graph.Graph` with the same ids and weights; islands are kept."""
    from libpysal.graph import Graph

    return Graph.from_sparse(sp.csr_array(w._sparse.copy()), ids=list(w._ids))


def to_libpysal(w: Weights) -> W:
    """A `libpysal.weights.W` with the same ids and weights; islands are kept."""
    from libpysal.weights import W

    neighbors: dict[Label, list[Label]] = {}
    weights: dict[Label, list[float]] = {}
    for place, unit in enumerate(w._ids.tolist()):
        span = slice(w._sparse.indptr[place], w._sparse.indptr[place + 1])
        neighbors[unit] = w._ids[w._sparse.indices[span]].tolist()
        weights[unit] = w._sparse.data[span].tolist()
    return W(neighbors, weights, id_order=w._ids.tolist(), silence_warnings=True)


def to_networkx(w: Weights) -> nx.Graph:
    """A `networkx.DiGraph` (an undirected `Graph` if W is symmetric) with edge attribute `weight`."""
    from gbaspatial.errors import import_extra

    networkx = import_extra("networkx", extra="notebook")
    graph = networkx.Graph() if w.is_symmetric else networkx.DiGraph()
    graph.add_nodes_from(w._ids.tolist())
    graph.add_weighted_edges_from(w.to_frame().itertuples(index=False, name=None))
    return graph


def save(w: Weights, path: str | Path) -> Path:
    """Write W to a file; the ending says how: see `gbaspatial.weights.write`.

    Parameters
    ----------
    path : path
        Such as ``"w.gal"``.
    """
    from gbaspatial.weights.exchange.weight_files import write

    return write(w, path)
