"""Panel models with fixed effects by pairs of different units: from a specification to a `PanelFit`."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from gbaspatial.errors import OptionError
from gbaspatial.models.fit_tables import SMALL
from gbaspatial.models.likelihood.maximum import maximize
from gbaspatial.models.likelihood.problem import Estimate
from gbaspatial.models.panel.different_units import Point, covariance_of, equations_of, solved
from gbaspatial.models.panel.fixed_effects import problem_of, wrapped
from gbaspatial.models.panel.less_effects import PanelProblem, part_of
from gbaspatial.models.panel.panel_fit import PanelFit
from gbaspatial.models.panel.panel_specification import Specification


def pairs_of_units(given: Specification) -> PanelFit:
    """The fit of a specification with rho or lambda, whatever the variances of the units.

    Raises
    ------
    OptionError
        Without rho or lambda, for other covariances than clusters by unit, gaps, or too few units in a class.
    ConvergenceError
        If the equations have no solution in the interval.
    """
    if given.w is None and given.error_w is None:
        raise OptionError(
            f"correction='pairs' is for models with rho or lambda, not for {given.name}: least squares do not lean on "
            f"the units' variances; use covariance='cluster'."
        )
    if given.covariance not in (None, "cluster"):
        raise OptionError(f"covariance={given.covariance!r} assumes one variance; correction='pairs' has 'cluster'.")
    model = problem_of(given.design, given.w, given.error_w, given.effects, True)
    start = maximize(model)
    point = solved(equations_of(model), start)
    at = Estimate(
        point.beta, point.rho, point.lam, float(point.e @ point.e) / model.n, np.nan, (), start.lag_curve,
        start.error_curve,
    )  # fmt: skip
    few = given.design.stack.n < SMALL
    variance = covariance_of(point, few)
    plain = wrapped(
        replace(given, covariance="cluster"), model, at, (*given.design.notes, *_notes(point, start, model))
    )
    frame = plain.covariance.copy()
    frame.iloc[:, :] = variance
    return replace(
        plain, correction="pairs", covariance=frame, _problem=part_of(model), inference="asymptotic",
        covariance_kind=plain.covariance_kind + ", pairs of different units",
    )  # fmt: skip


def _notes(point: Point, start: Estimate, model: PanelProblem) -> list[str]:
    sides = (("rho", start.rho, model.lag), ("lambda", start.lam, model.error))
    told = ", ".join(f"{name} = {value:.4f}" for name, value, side in sides if side is not None)
    return [
        "From pairs of different units alone: right for any variances of the units and any correlation of a unit with "
        "itself over time, if units are independent given the model. There is no likelihood.",
        f"The likelihood with one variance (correction='lee-yu') has {told}.",
    ]
