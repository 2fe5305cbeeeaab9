"""A W made of another: what it keeps of it, and what is told when units lose by it."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np
import scipy.sparse as sp

from gbaspatial.errors import GbaWarning, outside, some
from gbaspatial.weights.algebra import matched
from gbaspatial.weights.foreign_weights import adopted
from gbaspatial.weights.isolation import tell_new_islands

if TYPE_CHECKING:
    from gbaspatial.weights.annotations import Standardization, WeightsLike
    from gbaspatial.weights.core import Weights

_KEEP_ROWS = ("scaled", "spectral", "min_max", "globally_standardized", "with_friction")


def like(
    w: Weights, matrix: sp.csr_array, step: str, standardization: Standardization | None = None, **options: object
) -> Weights:
    """`matrix` (n, n) over the units of `w`, with `step` added to its recipe; units that lose all neighbors are told.

    Examples
    --------
    >>> from gbaspatial.weights import Weights
    >>> like(Weights([[0, 1], [1, 0]], "ab"), sp.csr_array([[0.0, 2.0], [2.0, 0.0]]), "doubled")
    <Weights: 2 units, 2 links; matrix -> doubled>
    """
    made = type(w)(
        matrix,
        w._ids,
        recipe=w._recipe.then(step, **options),
        standardization=w._standardization if standardization is None else standardization,
        islands=w._island_policy,
    )
    if "_evened" in w.__dict__ and step in _KEEP_ROWS:
        made.__dict__["_evened"] = w.__dict__["_evened"]
    lost = (np.diff(made._sparse.indptr) == 0) & (np.diff(w._sparse.indptr) != 0)
    if lost.any():
        tell_new_islands(w._ids[lost], f"the W made by {step}", policy_built_with(w))
    return made


def of_two(w: Weights, step: str, other: WeightsLike, operation: Callable[..., sp.csr_array], *options: str) -> Weights:
    """What `operation` makes of the matrices of `w` and of `other`, whose units are matched by label."""
    second = adopted(type(w), other)
    matrix = operation(w._sparse, matched(second, w), *options)
    how = {"weights": options[0]} if options and step != "hadamard" else {}
    return like(w, matrix, step, "none", other=second.recipe, **how)


def tell_friction_undone(w: Weights, step: str) -> None:
    """Warn of units whose links all bear the same friction, which scaling their row takes away again."""
    evened = w.__dict__.get("_evened")
    if evened is not None and len(evened):
        warnings.warn(
            f"{step} undoes the friction of {some(evened)}: all their links cross a border, and weigh "
            f"as without it. spectral() or min_max() keeps it.",
            GbaWarning,
            stacklevel=outside(),
        )


def policy_built_with(w: Weights) -> str | None:
    """What the builder of `w` was told to do with islands, if it was told."""
    policies = [dict(step.options).get("policy") for step in w._recipe.steps if step.name == "islands"]
    return policies[-1] if policies else None
