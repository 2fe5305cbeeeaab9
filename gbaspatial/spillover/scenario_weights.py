"""The W of a scenario: other links or another friction, and the outcomes that follow under it."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from gbaspatial.errors import OptionError
from gbaspatial.models.impacts.engine import Engine
from gbaspatial.models.solve.admissible import window
from gbaspatial.models.solve.resolvent import resolvent_of
from gbaspatial.models.solve.side import side_of
from gbaspatial.results import number
from gbaspatial.weights import Weights, as_weights

if TYPE_CHECKING:
    from gbaspatial.models.solve.resolvent import Resolvent
    from gbaspatial.weights.annotations import WeightsGiven


def lag_is_main(engine: Engine) -> bool:
    """Whether rho and the lags of regressors have the same units."""
    own = engine.fit.design.weights.get("W")
    return own is not None and engine.fit.w is not None and own.ids.equals(engine.fit.w.ids)


def scenario_weights(
    engine: Engine, w: WeightsGiven | None, friction: float | None, groups: pd.Series | None
) -> tuple[dict[str, Weights], int | None]:
    """The weights of the scenario by name, and how many links they have more; None where W stays."""
    own = dict(engine.fit.design.weights)
    if w is None and friction is None:
        return own, None
    if w is not None and friction is not None:
        raise OptionError("give one of w= and friction=.")
    main = own.get("W")
    if main is None:
        raise OptionError("the model has no W, so that other links or another friction change nothing in it.")
    if w is not None:
        other = as_weights(w)  # type: ignore[arg-type]
        other = other if other.ids.equals(main.ids) else other.subset(main.ids)
    else:
        if groups is None:
            raise OptionError("friction= needs groups=: the side of the border on which each unit lies.")
        other = main.with_friction(groups, friction)
        if main.standardization == "row":
            other = other.row_standardized()
    return {**own, "W": other}, int(other.sparse.nnz - main.sparse.nnz)


def resolvent_under(engine: Engine, W1: Weights | None) -> Resolvent:
    """(I - rho W1)^-1 at every rho of the engine.

    Raises
    ------
    OptionError
        If rho is not admissible under `W1`.
    """
    assert W1 is not None
    side = side_of(W1, engine.fit.logdet)
    low, high = window(side.interval)
    known = engine.known
    assert known.rho_place is not None
    rho = known.estimate[known.rho_place]
    if not low < rho < high:
        raise OptionError(
            f"rho of {number(float(rho))} lies outside the admissible interval of the W of the scenario, "
            f"{number(low)} to {number(high)}; standardize it as the W of the fit."
        )
    drawn = known.draws[:, known.rho_place] if known.draws is not None else np.array([rho])
    return resolvent_of(side, engine.fit.n, float(max(low, drawn.min())), float(min(high, drawn.max())))


def admissible(engine: Engine, W1: Weights | None) -> Engine:
    """The engine with draws of rho that are admissible under the W of the scenario too."""
    known = engine.known
    if known.draws is None or known.rho_place is None or W1 is None:
        return engine
    low, high = window(side_of(W1, engine.fit.logdet).interval)
    rho = known.draws[:, known.rho_place]
    inside = (rho > low) & (rho < high)
    if inside.all():
        return engine
    covariances = None if known.draw_covariances is None else known.draw_covariances[:, :, inside]
    return replace(engine, known=replace(known, draws=known.draws[inside], draw_covariances=covariances))
