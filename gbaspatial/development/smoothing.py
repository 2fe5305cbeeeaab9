"""The smoothed bootstrap of efficiency (Simar and Wilson): arrays only.

All is done on the distance d >= 1, the inverse of efficiency, in both orientations. Distances are drawn from a kernel
density reflected at one, units are moved to their drawn distance, and the given units are measured against them.

Simar, L. and Wilson, P. W. (1998). Sensitivity analysis of efficiency scores: how to bootstrap in nonparametric
frontier models. Management Science 44(1), 49-61. Simar, L. and Wilson, P. W. (2000). A general methodology for
bootstrapping in non-parametric frontier models. Journal of Applied Statistics 27(6), 779-802.
"""

from __future__ import annotations

import numpy as np

from gbaspatial.development.frontier import Direction, Technology, radial
from gbaspatial.errors import DataError
from gbaspatial.randomness import stream
from gbaspatial.repeated.blocks import map_blocks

_ON_FRONTIER = 1e-6


def bandwidth_of(distance: np.ndarray) -> float:
    """Width of the kernel for distances (n,), those of one left out and the others reflected at one.

    The normal reference rule on the 2 m reflected values, carried over to n.
    """
    away = distance[distance > 1 + _ON_FRONTIER]
    if len(away) < 2:
        raise DataError(
            f"{len(away)} of {len(distance)} units are off the frontier; a bootstrap needs two: use fewer columns, or "
            f"constant returns."
        )
    reflected = np.concatenate([away, 2 - away])
    low, high = np.quantile(reflected, [0.25, 0.75])
    width = 1.06 * min(reflected.std(ddof=1), (high - low) / 1.349) * len(reflected) ** -0.2
    n = len(distance)
    return float(width * (len(reflected) / n) ** 0.2 * distance.std(ddof=1) / reflected.std(ddof=1))


def drawn_distances(distance: np.ndarray, width: float, rng: np.random.Generator) -> np.ndarray:
    """As many distances (n,), not below one, from the smoothed and reflected density: of the variance of `distance`."""
    n = len(distance)
    chosen = distance[rng.integers(0, n, n)]
    noisy = chosen + width * rng.standard_normal(n)
    reflected = np.where(noisy < 1, 2 - noisy, noisy)
    mean = chosen.mean()
    found = mean + (reflected - mean) / np.sqrt(1 + width**2 / distance.var())
    return np.where(found < 1, 2 - found, found)


def bootstrap_distances(
    technology: Technology, distance: np.ndarray, direction: Direction, draws: int, seed: int
) -> tuple[np.ndarray, float]:
    """Distances (draws, n) of the units of `technology` from frontiers that are drawn, and the bandwidth."""
    width = bandwidth_of(distance)

    def _of(number: int) -> np.ndarray:
        ratio = drawn_distances(distance, width, stream(seed, number)) / distance
        if direction == "input":  # to the frontier, then away from it by the drawn distance
            moved = Technology(technology.x * ratio[:, None], technology.y, technology.returns)
        else:
            moved = Technology(technology.x, technology.y / ratio[:, None], technology.returns)
        factor = radial(moved, technology.x, technology.y, direction)
        return 1 / factor if direction == "input" else factor

    return np.stack(list(map_blocks(_of, range(draws), "draws of the frontier"))), width
