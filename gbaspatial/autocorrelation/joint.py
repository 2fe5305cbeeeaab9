"""p-values of several tests of the same units, adjusted for their number by orders of the units that all share."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import numpy as np

from gbaspatial.inference.multiple import adjust_jointly
from gbaspatial.inference.null import Alternative


def joint_p(
    test: Callable[..., Any], results: Iterable[Any], alternative: Alternative, draws: int, seed: int
) -> tuple[np.ndarray, int]:
    """Step-down min-p (T,) of global tests of the same units, and by how many orders: NaN and 0 without orders.

    Parameters
    ----------
    test : callable
        Made each of `results`; called again by permutation where a result is of all orders.
    results : iterable of GlobalTest
        Draws are keyed by seed and number, so that those of single tests are of the same orders already.
    alternative, draws, seed
        Those of `results`.
    """
    found = list(results)
    if not all(each.inference in ("exact", "permutation") for each in found):
        return np.full(len(found), np.nan), 0
    p, samples = np.array([each.p_value for each in found]), []
    for each in found:
        drawn = each
        if each.inference != "permutation":
            drawn = test(
                each.values, each.weights, inference="permutation", alternative=alternative, draws=draws, rng=seed
            )
        samples.append(drawn.null.sample)
    if len(found) == 1:  # one test needs no adjustment, and its p-value may be exact
        return p, len(samples[0])
    orders = np.column_stack(samples)
    joint = adjust_jointly(np.array([each.statistic for each in found]), orders, alternative)
    return np.fmax(joint, p), len(orders)  # drawn, it may fall short of an exact p-value
