"""From what is asked of a panel to its fit: which likelihood or which moments."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pandas as pd

from gbaspatial.errors import OptionError
from gbaspatial.models.fitted import INFERENCES, with_inference
from gbaspatial.models.panel.difference_fit import dynamic_by_moments
from gbaspatial.models.panel.dynamic import dynamic_effects
from gbaspatial.models.panel.filtered_fit import filtered_fit, needs_filter
from gbaspatial.models.panel.fixed_effects import exchangeable, fixed_effects
from gbaspatial.models.panel.left_out import PanelCall
from gbaspatial.models.panel.less_effects import part_of
from gbaspatial.models.panel.pairs_fit import pairs_of_units
from gbaspatial.models.panel.panel_fit import PanelFit
from gbaspatial.models.panel.panel_moments import by_moments, formula_with, instruments_for
from gbaspatial.models.panel.panel_options import PanelOptions
from gbaspatial.models.panel.panel_specification import Specification, specified
from gbaspatial.models.panel.random_effects import random_effects
from gbaspatial.models.panel.random_moments import random_by_moments
from gbaspatial.models.request import Request
from gbaspatial.options import brief, only, unused, word

if TYPE_CHECKING:
    from gbaspatial.options import Given
    from gbaspatial.weights.annotations import WeightsGiven


ERRORS = ("baltagi", "kkp", "ar1")


# -- from the door to the cellar ------------------------------------------------------------
def panel_fit_of(asked: Request) -> PanelFit:
    """The fit of what is asked, with the inference that is asked for and what it needs to be made again."""
    only(asked.options, PanelOptions.__annotations__, f"{asked.name}()")
    inference = _inference_of(asked.options)

    def _again(data: pd.DataFrame, w: WeightsGiven | None, *, error_w: WeightsGiven | None = None) -> PanelFit:
        return panel_fit_of(replace(asked, data=data, w=w, error_w=error_w))

    fit = with_inference(_estimated(asked), inference)
    return replace(fit, _call=PanelCall(_again, asked.data.copy(deep=False), asked.w, asked.error_w))


def _inference_of(options: Given) -> str | None:
    """How p-values and intervals are asked for; a covariance that is named leaves them to t or normal."""
    if "inference" not in options:
        return None
    inference: str = word(options["inference"], INFERENCES, "inference")
    if inference == "recommended" and options.get("covariance") is not None:
        raise OptionError(
            f"covariance={options['covariance']!r} leaves p-values and intervals to t or normal; give either it or "
            f"inference='recommended'."
        )
    return inference


def _estimated(asked: Request) -> PanelFit:
    options = asked.options
    if word(options.get("method", "ml"), ("ml", "gmm"), "method") == "gmm":
        return _by_moments(asked)
    for of_moments in ("endogenous", "instruments", "instrument_lags"):
        if options.get(of_moments) is not None:
            raise OptionError(f"{of_moments}= belongs to method='gmm'.")
    errors = options.get("errors")
    given = specified(asked)
    if given.pairs:
        return _by_pairs(given, options)
    if given.kind.random is not None:
        return random_effects(given, word(errors or "baltagi", ERRORS, "errors"))
    if errors is not None:
        raise OptionError(f"errors={brief(errors)} is an option of random effects; use it with effects='random'.")
    if options.get("dynamic") is not None:
        return dynamic_effects(given, options["dynamic"])
    if needs_filter(given):
        return filtered_fit(given)
    fit = fixed_effects(given)
    return fit if exchangeable(given) else replace(fit, _problem=part_of(fit._problem))


def _by_pairs(given: Specification, options: Given) -> PanelFit:
    if given.kind.random is not None or given.kind.rows is not None or given.kind.common:
        raise OptionError(f"correction='pairs' is for fixed effects or none, not for effects={given.kind.name!r}.")
    unused(
        {name: options.get(name) for name in ("errors", "dynamic")}, "correction='pairs' is for static fixed effects"
    )
    return pairs_of_units(given)


def _by_moments(asked: Request) -> PanelFit:
    options = asked.options
    if options.get("errors") not in (None, "kkp"):
        raise OptionError(
            f"errors={brief(options['errors'])} belongs to method='ml'; these moments are those of errors='kkp'."
        )
    if options.get("correction") == "pairs":
        raise OptionError("correction='pairs' belongs to method='ml': these moments do not lean on the variances.")
    given = specified(replace(asked, formula=formula_with(asked.formula, options)))
    if options.get("dynamic") is not None:
        if options.get("endogenous") is not None:
            raise OptionError("moments of differences have their own instruments; leave out endogenous=.")
        lags = word(options.get("instrument_lags", 2), (1, 2), "instrument_lags")
        return dynamic_by_moments(given, options["dynamic"], lags)
    if given.kind.rows is not None:
        raise OptionError(f"method='gmm' is for effects of units or time, not for effects={given.kind.name!r}.")
    known = instruments_for(given.design, asked.formula, asked.data, asked.w, options)
    return random_by_moments(given, known) if given.kind.random is not None else by_moments(given, known)
