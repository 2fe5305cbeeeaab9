"""The designs of several equations as one system of arrays, each measured from its own origin."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from scipy import linalg

from gbaspatial.errors import OptionError
from gbaspatial.formula import Design
from gbaspatial.models.likelihood.several_equations import (
    Solution,
    System,
)
from gbaspatial.models.solve.origin import Centered, Ground, least_squares, refuse_perfect
from gbaspatial.weights import Weights


@dataclass(frozen=True, slots=True, eq=False)
class Origins:
    """The coordinates of every equation and the `units` (G,) of its outcome: residual standard deviations."""

    centered: tuple[Centered, ...]
    units: np.ndarray
    grounds: tuple[Ground, ...]

    def system(self, w: Weights, lagged: bool, erred: bool, whole: bool) -> System:
        """The equations in these coordinates; where `whole` the outcome keeps its mean, which (I - rho W) moves."""
        outcomes = [
            one.Q @ (one.R @ one.b0) + one.rest - ground.m if whole else one.rest
            for one, ground in zip(self.centered, self.grounds, strict=True)
        ]
        ys = tuple(y / unit for y, unit in zip(outcomes, self.units, strict=True))
        return System(ys, tuple(one.Q for one in self.centered), w, lagged, erred)

    def _lifted(self, g: int, c: np.ndarray, C: np.ndarray, rho: float, start: int) -> tuple[np.ndarray, np.ndarray]:
        """`c` of equation `g`, whose parameters begin at `start`, and `C` with the level of the outcome back."""
        ground, k = self.grounds[g], len(c)
        level = ground.m / self.units[g] * ground.q[:, 0]
        T = np.eye(len(C))
        T[start : start + k, start + k] = -level * ground.s
        return c + level * (1 - rho * ground.s), T @ C @ T.T

    def taken_back(self, system: System, at: Solution, C: np.ndarray) -> tuple[Solution, np.ndarray]:
        """The solution and its covariance in the units of the data."""
        betas, blocks, place = [], [], 0
        for g, (one, unit, c) in enumerate(zip(self.centered, self.units, at.betas, strict=True)):
            if system.lagged:
                c, C = self._lifted(g, c, C, float(at.rho[g]), place)
            place += len(c) + int(system.lagged) + int(system.erred)
            inverse = unit * linalg.solve_triangular(one.R, np.eye(len(one.R)))
            betas.append(inverse @ c + (0.0 if system.lagged else one.b0))
            blocks += [inverse, *([np.eye(1)] * (int(system.lagged) + int(system.erred)))]
        J = linalg.block_diag(*blocks)
        likelihood = at.log_likelihood - system.n * float(np.log(self.units).sum())
        Sigma = at.Sigma * np.outer(self.units, self.units)
        return Solution(tuple(betas), at.rho, at.lam, at.E * self.units, Sigma, likelihood), J @ C @ J.T


def system_of(
    designs: Mapping[str, Design], w: Weights, lagged: bool, erred: bool, *, whole: bool = False
) -> tuple[System, Origins]:
    """The system of the equations, and the origins from which it measures; raise where units are too few."""
    largest = max(design.k for design in designs.values()) + int(lagged) + int(erred)
    if largest + len(designs) >= w.n:
        raise OptionError(f"{w.n} units cannot carry {len(designs)} equations with up to {largest} coefficients.")
    centered = tuple(Centered.of(design.y, design.X) for design in designs.values())
    if any(one.exact for one in centered):
        refuse_perfect(0.0, 1.0)
    units = np.array([np.sqrt(one.rest @ one.rest / w.n) for one in centered])
    grounds = (Ground.of(d.y, one.Q, w.sparse) for d, one in zip(designs.values(), centered, strict=True))
    origins = Origins(centered, units, tuple(grounds))
    return origins.system(w, lagged, erred, whole or lagged), origins


def residuals_of(design: Design) -> np.ndarray:
    """The residuals (n,) of one equation by least squares."""
    return design.y - design.X @ least_squares(design.X, design.y)
