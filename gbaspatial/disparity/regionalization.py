"""Tiers that lie together: max-p and SKATER through spopt (arrays and W in, groups out)."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np
import pandas as pd
from scipy.spatial.distance import cdist

from gbaspatial.errors import DataError, OptionError, import_extra, some
from gbaspatial.randomness import REGIONS, stream
from gbaspatial.weights import Weights

_APART = 1e-9  # of the largest difference: without it a link between equal values is no edge of the spanning tree
_STARTS, _TRIES = (
    1_500,
    60,
)  # of max-p, times units: an exchange asks of each unit whether its tier still hangs together


def check_parts(w: Weights) -> None:
    """Raise if units of `w` cannot be reached from one another, so that no tier can hold them both."""
    part = w.components
    if (part != part.iloc[0]).any():
        most = part.value_counts().index[0]
        raise DataError(
            f"no link leads from {some(part.index[part != most])} to the other units, so that tiers cannot lie "
            f"together; link them (links= of contiguity, or w with an edge more), or leave them out."
        )


def check_floor(floor: int, k: int, n: int, method: str) -> None:
    """Raise if tiers of `floor` units and more cannot be `k`, or for max-p can be more."""
    if floor * k > n and method == "skater":
        raise OptionError(f"{n} units do not make {k} tiers of {floor} units and more; use a smaller k or floor.")
    if method == "max_p" and n // floor > k:
        raise OptionError(
            f"floor={floor} lets {n} units make {n // floor} tiers, more than k={k}; use k={n // floor}, "
            f"or floor={n // (k + 1) + 1}."
        )
    if floor * 2 > n:
        raise OptionError(f"floor={floor} leaves no two tiers of {n} units; use {n // 2} or less.")


def pruned_tree(x: np.ndarray, w: Weights, k: int, floor: int) -> np.ndarray:
    """Groups (n,) from 0: the spanning tree of least differences of `x` (n, p), cut where most squares go (SKATER)."""
    skater = import_extra("spopt.region", extra="regions").skater
    apart = _APART * float(cdist(x, x, "sqeuclidean").max())

    def _differences(rows: np.ndarray, others: np.ndarray | None) -> np.ndarray:
        return cdist(rows, rows, "sqeuclidean") + apart if others is None else cdist(rows, others, "sqeuclidean")

    forest = skater.SpanningForest(dissimilarity=_differences)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # fewer cuts than asked for; the result says how many tiers there are
        forest.fit(k, _links(w), data=x, quorum=floor)
    return np.unique(forest.current_labels_, return_inverse=True)[1]


def most_regions(x: np.ndarray, w: Weights, floor: int, seed: int) -> np.ndarray:
    """Groups (n,) from 0: as many as there can be of `floor` units and more, and then alike within (max-p)."""
    region = import_extra("spopt.region", extra="regions")
    names = [f"x{i}" for i in range(x.shape[1])]
    frame = pd.DataFrame(x, columns=names).assign(units=1)
    solver = region.MaxPHeuristic(
        frame,
        _links(w),
        names,
        "units",
        floor - 0.5,  # units are whole, and spopt takes none from a tier that would then stand on the floor itself
        max_iterations_construction=int(np.clip(_STARTS // w.n, 10, 40)),
        max_iterations_sa=int(np.clip(_TRIES // w.n, 1, 3)),
        policy="keep",
    )
    with _drawn_from(seed), warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of pandas, at a line of spopt
        solver.solve()
    return np.unique(np.asarray(solver.labels_), return_inverse=True)[1]


def _links(w: Weights) -> object:
    """Who is linked, in either direction, as spopt takes it: by place."""
    return Weights(w.symmetrized().binary().sparse, range(w.n)).to_libpysal()


@contextmanager
def _drawn_from(seed: int) -> Iterator[None]:
    """spopt draws from numpy's one stream: for a while it is ours, and then again what it was."""
    kept = np.random.get_state()  # noqa: NPY002
    np.random.seed(stream(seed, REGIONS).integers(2**32 - 1))  # noqa: NPY002
    try:
        yield
    finally:
        np.random.set_state(kept)  # noqa: NPY002
