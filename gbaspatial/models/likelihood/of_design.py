"""The likelihood of a design: its arrays with the sides of rho and lambda."""

from __future__ import annotations

from gbaspatial.formula import Design
from gbaspatial.models.likelihood.problem import Problem, problem
from gbaspatial.models.solve.side import side_of
from gbaspatial.weights import Weights


def problem_of(design: Design, w: Weights | None, error_w: Weights | None, logdet: str = "auto") -> Problem:
    """The arrays of the likelihood of `design` with a spatial lag by `w`, a spatial error by `error_w`."""
    one = side_of(w, logdet) if w is not None else None
    two = one if error_w is w else (side_of(error_w, logdet) if error_w is not None else None)
    return problem(design.y, design.X, one, two, design.observation_weights)
