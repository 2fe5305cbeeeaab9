"""The W of a scenario: other links or another friction, and the outcomes that follow under it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from gbaspatial.errors import OptionError
from gbaspatial.models.impacts.engine import Engine
from gbaspatial.models.solve.admissible import window
from gbaspatial.models.solve.resolvent import resolvent_of
from gbaspatial.models.solve.side import side_of
from gbaspatial.options import number as number_of
from gbaspatial.results import number
from gbaspatial.spillover.friction_links import friction_kept
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
    """The weights of the scenario by name, and how many links they have more; None where W stays.

    Raises
    ------
    OptionError
        If both or neither of what a friction needs are given, it lets a border weigh less than none, or the rows of
        `w` do not sum to one as those of the fit.
    """
    own = dict(engine.fit.design.weights)
    if w is None and friction is None:
        return own, None
    if w is not None and friction is not None:
        raise OptionError("give one of w= and friction=.")
    main = own.get("W")
    if main is None:
        raise OptionError("the model has no W, so that other links or another friction change nothing in it.")
    if friction is None:
        other = as_weights(w)  # type: ignore[arg-type]
        other = other if other.ids.equals(main.ids) else other.subset(main.ids)
        if _rows_sum_to_one(main) and not _rows_sum_to_one(other):
            raise OptionError(
                "the rows of w do not sum to one, and those of the W of the fit do: the lag would move with its level "
                "and not with the links. Give w.row_standardized()."
            )
    else:
        if groups is None:
            raise OptionError("friction= needs groups=: the side of the border on which each unit lies.")
        other = main.with_friction(groups, _relative(friction, main))
        if main.standardization == "row":
            other = other.row_standardized()
    return {**own, "W": other}, int(other.sparse.nnz - main.sparse.nnz)


def _rows_sum_to_one(w: Weights) -> bool:
    """Whether the rows of all units with links do."""
    sums = np.asarray(w.sparse.sum(axis=1)).ravel()
    return bool(np.allclose(sums[np.diff(w.sparse.indptr) > 0], 1.0))


def _relative(friction: float, main: Weights) -> float:
    """A friction relative to what the W of the fit has, if no link across then counts more than one within."""
    asked, already = number_of(friction, "friction", least=0), friction_kept(main)
    if already == 0:
        raise OptionError("the W of the fit has a closed border, so that no friction can open it; give w= instead.")
    if asked > (1 + 1e-9) / already:
        there = "has no friction" if already == 1 else f"has a friction of {already:g}"
        raise OptionError(
            f"friction={asked:g} would let links across the border count more than links within: the W of the fit "
            f"{there}, so give 0 (closed) to {1 / already:g} (no border); 1 leaves it as it is."
        )
    return asked


def newly_cut(before: Mapping[str, Weights], after: Mapping[str, Weights]) -> pd.Index:
    """Units that have links in a W of the fit and none in that of the scenario."""
    if before.get("W") is after.get("W"):
        return pd.Index([])
    main, other = before["W"], after["W"]
    there, left = (np.asarray(w.sparse.sum(axis=1)).ravel() > 0 for w in (main, other))
    return main.ids[there & ~left]


def resolvent_under(engine: Engine, W1: Weights | None) -> Resolvent:
    """(I - rho W1)^-1 at every rho of the engine.

    Raises
    ------
    OptionError
        If rho is not admissible under `W1`.
    """
    assert W1 is not None
    side = side_of(W1, engine.fit._logdet)
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
    low, high = window(side_of(W1, engine.fit._logdet).interval)
    rho = known.draws[:, known.rho_place]
    inside = (rho > low) & (rho < high)
    if inside.all():
        return engine
    covariances = None if known.draw_covariances is None else known.draw_covariances[:, :, inside]
    return replace(engine, known=replace(known, draws=known.draws[inside], draw_covariances=covariances))
