"""One cell of a scan: the likelihood of a border's friction under one standardization, effects and dynamics."""

from __future__ import annotations

import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from scipy import special

from gbaspatial.errors import GbaWarning, OptionError
from gbaspatial.models.panel.filtered_fit import needs_filter
from gbaspatial.models.panel.fixed_effects import problem_of
from gbaspatial.models.panel.frame import PanelDesign, weights_of
from gbaspatial.models.panel.panel_rows import time_numbers
from gbaspatial.models.panel.panel_specification import Specification, specified
from gbaspatial.models.panel.panel_tests import serial_correlation
from gbaspatial.models.panel.period_weights import PanelWeights
from gbaspatial.models.request import Request
from gbaspatial.randomness import label_ranks
from gbaspatial.spillover.friction_likelihood import (
    FRICTIONS,
    AtFriction,
    best_friction,
    errors_like,
    interval_of_friction,
    profile_of,
)
from gbaspatial.weights import Weights

if TYPE_CHECKING:
    from gbaspatial.spillover.friction_likelihood import Profile
    from gbaspatial.spillover.friction_links import PeriodWeights


STANDARDIZATIONS = {
    "row": Weights.row_standardized, "spectral": Weights.spectral, "min_max": Weights.min_max, "none": lambda w: w,
}  # fmt: skip
MODELS = {"lag": ("panel_lag", False), "durbin": ("panel_lag", True), "error": ("panel_error", False)}
_KEYS = {"no_border": 51, "closed_border": 52, "spillover": 53}  # streams of the samples under each null


@dataclass(frozen=True, slots=True)
class Choice:
    """What one cell assumes."""

    standardization: str
    effects: str
    dynamics: str


@dataclass(frozen=True, slots=True, eq=False)
class Cell:
    """The models of one choice by friction (None where there is no link), with the outcome (rows,).

    `torn` tells that rows are standardized and a closed border makes islands: there units lose a lag that they have at
    every friction above, so that the likelihood jumps with their level; zero is then no member of the family, and the
    closed border is the limit of small frictions.
    """

    choice: Choice
    models: tuple[AtFriction | None, ...]
    y: np.ndarray
    design: PanelDesign
    torn: bool

    @property
    def leveled(self) -> bool:
        """Whether W y holds the level of y times the row sums of W, and no effect of units takes it out."""
        at = self.models[-1]
        return at is not None and not at.effects.unit and self.choice.standardization != "row"

    @property
    def family(self) -> tuple[AtFriction | None, ...]:
        """The models among which the best friction is looked for."""
        return (None, *self.models[1:]) if self.torn else self.models


@dataclass(frozen=True, slots=True, eq=False)
class CellResult:
    """What one cell found.

    `p_values` by null: ``no_border``, ``closed_border``, ``spillover``; `rho` and `top` at the best friction,
    `ratio` (frictions,) twice the fall from there, negative at a zero that is torn off and higher; `serial` of the
    residuals; `centered` the same of the outcome less its mean, where the level of the outcome is not absorbed.
    """

    choice: Choice
    n: int
    rho: float
    top: float
    lower: float
    upper: float
    ratio: np.ndarray
    p_values: Mapping[str, float]
    serial: float
    centered: CellResult | None = None


def slowed(w: PeriodWeights, groups: pd.Series, friction: float, standardization: str) -> Any:
    """`w` (or each W of a mapping by period) with this friction, standardized; without the warnings that a scan tells.

    A W that stands for several periods stays one object.
    """
    if isinstance(w, Mapping):
        known: dict[int, Weights] = {}
        return {
            key: known.setdefault(id(one), slowed(one, groups, friction, standardization)) for key, one in w.items()
        }
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", GbaWarning)
        slow = w.with_friction(groups, friction)
        return STANDARDIZATIONS[standardization](slow) if slow.n_links else slow


def slowed_by(w: PeriodWeights, groups: pd.Series, standardization: str) -> list[PeriodWeights]:
    """`w` at every friction of the scan, standardized: shared by the cells with this standardization."""
    return [slowed(w, groups, friction, standardization) for friction in FRICTIONS.tolist()]


def cell_of(
    formula: str, data: pd.DataFrame, by_friction: Sequence[PeriodWeights], model: str, choice: Choice, *, islands: bool
) -> Cell:
    """The models of one choice at every friction.

    `by_friction` are the W of `slowed_by` under its standardization; `islands` tells whether a closed border makes any.

    Raises
    ------
    OptionError, CollinearityError, WeightsError, ConvergenceError
        Where the model does not exist under this choice.
    """
    name, durbin = MODELS[model]
    dynamic = None if choice.dynamics == "static" else choice.dynamics
    options = {"effects": choice.effects, "dynamic": dynamic}

    def _specified(slow: PeriodWeights) -> Specification:
        lagged = name == "panel_lag"
        given = specified(Request(name, formula, data, slow, durbin, options, lagged, erred=not lagged))
        if needs_filter(given):
            raise OptionError(
                "the profile of an error model with effects of time needs rows that sum to one, so that filtering "
                "leaves the effects as they are; use standardizations='row', or effects='unit'."
            )
        return given

    open_ = _specified(by_friction[-1])
    own = (dynamic or "").count("y")
    moving = dynamic == "y + Wy" or any(column.lagged for column in open_.design.columns[own:])
    models: list[AtFriction | None] = []
    for slow in by_friction:
        if not _links(slow):
            models.append(None)
            continue
        given = _specified(slow) if moving else open_
        models.append(_ready(given, weights_of(slow, given.design)))
    torn = islands and choice.standardization == "row"
    return Cell(choice, tuple(models), open_.design.y, open_.design, torn)


def _links(w: PeriodWeights) -> int:
    return sum(one.n_links for one in w.values()) if isinstance(w, Mapping) else int(w.n_links)


def _ready(given: Specification, w: PanelWeights) -> AtFriction:
    lag, error = (w, None) if given.w is not None else (None, w)
    return AtFriction(problem_of(given.design, lag, error, given.effects, given.corrected))


def examined(cell: Cell, draws: int, seed: int, level: float) -> CellResult:
    """What a cell says, and where it holds the level of the outcome what it says without."""
    found = _examined(cell, draws, seed, level)
    if not cell.leveled:
        return found
    return replace(found, centered=_examined(replace(cell, y=cell.y - cell.y.mean()), draws, seed, level))


def _examined(cell: Cell, draws: int, seed: int, level: float) -> CellResult:
    """The profile of a cell with its interval, and bootstrap tests of no border, of a closed one, of no spillover."""
    profile = profile_of(cell.family, cell.y[:, None])
    values = profile.values[:, 0]
    zero = cell.models[0]
    ratio = 2 * (np.nanmax(values) - values)
    lower, upper = interval_of_friction(ratio, float(special.chdtri(1, 1 - level)))
    place = int(np.nanargmax(values))
    at = cell.models[place]
    assert at is not None
    design = cell.design
    e = at.residuals(float(profile.rho[place, 0]), cell.y)[0]
    serial = serial_correlation(e, design.stack.unit, time_numbers(design.periods)[design.stack.period])
    nulls = {"no_border": len(FRICTIONS) - 1, "closed_border": int(cell.torn), "spillover": len(FRICTIONS) - 1}
    p_values = {name: p_of(cell, name, null, profile, draws, seed) for name, null in nulls.items()}
    if cell.torn and zero is not None:
        ratio[0] = 2 * (np.nanmax(values) - float(zero.top(cell.y[:, None])[0][0]))
    return CellResult(
        cell.choice, design.n, float(profile.rho[place, 0]), best_friction(values), lower, upper, ratio,
        p_values, serial,
    )  # fmt: skip


def p_of(cell: Cell, name: str, place: int, seen: Profile, draws: int, seed: int) -> float:
    """The share of samples made under a null whose likelihood ratio is not below that of the data."""
    at = cell.family[place]
    if at is None:
        return float("nan")
    value = 0.0 if name == "spillover" else float(seen.rho[place, 0])
    e, rest = at.residuals(value, cell.y)
    ranks = label_ranks(cell.design.units)
    made = at.outcomes(value, rest, errors_like(at, e, draws, seed, _KEYS[name], ranks))
    drawn = profile_of(cell.family, made)
    if name == "spillover":
        many, one = drawn.ratio_without, float(seen.ratio_without[0])
    else:
        many, one = drawn.ratio_at(place), float(seen.ratio_at(place)[0])
    return float((np.sum(many >= one - 1e-9) + 1) / (draws + 1))
