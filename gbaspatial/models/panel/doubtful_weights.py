"""What a reader must know of the W of a panel: made of what the model explains, and units that it leaves alone."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from typing import TYPE_CHECKING

import pandas as pd

from gbaspatial.errors import EndogeneityWarning, some

if TYPE_CHECKING:
    from gbaspatial.models.panel.period_weights import PanelWeights

MADE_OF = "economic"  # the step of recipes whose W is made of a variable


def notes_on_weights(given: Sequence[PanelWeights | None], columns: pd.Index, periods: pd.Index) -> list[str]:
    """Sentences on the W of rho and lambda, each once; those on what W is made of are warnings too."""
    found: list[str] = []
    for w in dict.fromkeys(one for one in given if one is not None):
        variables = _variables(w, columns)
        if variables:
            text = _endogenous(variables, w.constant)
            warnings.warn(text, EndogeneityWarning, stacklevel=7)
            found.append(text)
        found += _alone(w, periods)
    return list(dict.fromkeys(found))


def _variables(w: PanelWeights, columns: pd.Index) -> list[str]:
    """The columns of the model's data that its W are made of."""
    steps = [dict(step.options) for one in w.different for step in one.recipe.steps if step.name == MADE_OF]
    made_of = {str(options.get("variable")) for options in steps}
    return [str(column) for column in columns if str(column) in made_of]


def _endogenous(variables: list[str], constant: bool) -> str:
    cure = (
        "make it of values from before the first period"
        if constant
        else "take the W of an earlier period, which cannot answer to this one: gba.weights.earlier(w)"
    )
    return f"W is made of {some(variables)}, which the model holds too: it may answer to the outcome; {cure}."


def _alone(w: PanelWeights, periods: pd.Index) -> list[str]:
    """Units without neighbors in some periods."""
    when: dict[object, list[object]] = {}
    for period, one in zip(periods, w.by_period, strict=True):
        for unit in one.islands:
            when.setdefault(unit, []).append(period)
    if not when:
        return []
    all_along = [unit for unit, times in when.items() if len(times) == len(periods)]
    told = [f"{unit} ({some(times, 3)})" for unit, times in when.items() if len(times) < len(periods)]
    parts = [f"{some(told)}"] if told else []
    parts += [f"{some(all_along)} (always)"] if all_along else []
    return [f"Without neighbors, so that their spatial lags are zero then: {'; '.join(parts)}."]
