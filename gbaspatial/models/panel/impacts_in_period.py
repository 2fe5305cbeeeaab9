"""Impacts of a panel model: those of its cross-section in one period, with the W of that period."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import numpy as np
import pandas as pd

from gbaspatial.errors import OptionError, UnknownNameError, some
from gbaspatial.formula import Design
from gbaspatial.inference.null import check_draws
from gbaspatial.models.few_units.recommended import SEED
from gbaspatial.models.fit import Fit
from gbaspatial.models.impacts.summary_measures import ImpactsResult, impacts as cross_section, of_draws
from gbaspatial.models.panel.few_histories import FewHistories, applies, few_histories, histories_of, movable
from gbaspatial.options import level_of, public, undrawn, word
from gbaspatial.randomness import Rng, seed_of

if TYPE_CHECKING:
    from gbaspatial.alignment import Label
    from gbaspatial.models.panel.panel_fit import PanelFit


DRAWS = 1999


@undrawn("method", "delta")
@public
def impacts(
    fit: PanelFit,
    *,
    period: Label = None,
    method: Literal["auto", "delta", "simulated", "confidence"] = "auto",
    draws: int = DRAWS,
    rng: Rng = SEED,
    level: float = 0.95,
) -> ImpactsResult:
    """Direct, indirect and total impacts within a period; unit to unit, by group and by order too.

    Parameters
    ----------
    fit : PanelFit
    period : optional
        The period whose W is meant; needed where W changes over time.
    method : {"auto", "delta", "simulated", "confidence"}
        By the delta method (exact without a spatial lag); by draws from the normal distribution of the estimates
        with the fit's covariance; or by draws from the confidence distribution of rho and, given it, of the
        coefficients, made of the units' whole residual histories (balanced panels with fixed effects or none).
        ``"auto"`` is the inference of the fit: below fifty units the last, from the draws behind `conf_int`; else
        normal draws, or the delta method without a spatial lag. An interval of the last is unbounded where no rho up
        to the end of its admissible interval can be rejected.
    draws : int
        Draws of the simulated errors, or of histories.
    rng : int, Generator or None
        Seed of the draws; recorded.
    level : float
        Of the intervals.

    Returns
    -------
    ImpactsResult

    References
    ----------
    LeSage, J. and Pace, R. K. (2009). Introduction to Spatial Econometrics. CRC Press, ch. 2.
    Elhorst, J. P. (2014). Spatial Econometrics: From Cross-Sectional Data to Spatial Panels. Springer, ch. 3.

    Examples
    --------
    >>> import gbaspatial as gba
    >>> panel = gba.load_panel().loc[:, ["gdp_pc_cny", "employment"]].dropna()
    >>> w = gba.weights.contiguity(gba.load_cities(year=2019), links=2019).row_standardized()
    >>> fit = gba.models.panel_lag("log(gdp_pc_cny) ~ log(employment)", panel, w, effects="twoway", unbalanced="keep")
    >>> list(fit.impacts(period=2019, method="delta").total.columns)
    ['estimate', 'std_error', 'lower', 'upper', 'p_value']
    """
    word(method, ("auto", "delta", "simulated", "confidence"), "method")
    section = in_period(fit, period)
    few = histories_behind(fit, method, draws, rng)
    if few is not None:
        names = [*fit.terms] + (["rho"] if fit.w is not None else [])
        told = f"{few.how}; std_error: half of the middle 68 %"
        return of_draws(section, few.draws_of(names), seed=few.seed, level=level_of(level), told=told)
    chosen = method if method != "auto" else "delta" if fit.w is None else "simulated"
    drawn: dict[str, object] = {} if chosen == "delta" else {"draws": draws, "rng": rng}
    return cross_section(section, method=chosen, level=level, **drawn)  # type: ignore[arg-type]


def histories_behind(fit: PanelFit, method: str, draws: int, rng: Rng) -> FewHistories | None:
    """The inference by histories where `method` asks for it: that of the fit itself where nothing else is named."""
    if method == "confidence":
        if not movable(fit):
            raise OptionError(
                "method='confidence' is for balanced panels with fixed effects or none and without observation "
                "weights; use method='simulated'."
            )
    elif method != "auto" or not applies(fit):
        return None
    if rng == SEED and draws == DRAWS and applies(fit):
        return few_histories(fit)
    return histories_of(fit, seed_of(rng), check_draws(draws))


def in_period(fit: PanelFit, period: Label) -> Fit:
    """The fit as one of the cross-section of a period."""
    design = fit.design
    place = place_meant(fit, period)
    start, end = design.stack.starts[place], design.stack.starts[place + 1]
    units = design.units[design.stack.unit[start:end]]
    rows = slice(int(start), int(end))
    weights = {name: w.by_period[place] for name, w in design.weights.items()}
    data = design.data.iloc[rows].set_axis(units)
    there = set(units)
    index = pd.Index([unit for unit, time in design.index if time == design.periods[place] and unit in there])
    section = Design(
        formula=design.formula, response=design.response, terms=design.terms, y=design.y[rows], X=design.X[rows],
        ids=units, index=index.rename(units.name), data=data, weights=weights, columns=design.columns,
        model_spec=design.model_spec, durbin=design.durbin,
        regimes=design.regimes,
    )  # fmt: skip
    return Fit(
        model=fit.model, method="panel", design=section, params=fit.params, covariance=fit.covariance,
        sigma2=fit.sigma2, log_likelihood=np.nan, residuals=fit.residuals,
        w=None if fit.w is None else fit.w.by_period[place],
        error_w=None if fit.error_w is None else fit.error_w.by_period[place],
        covariance_kind=fit.covariance_kind, covariance_code=fit.covariance_code,
        df=fit.df, edges=fit.edges, inference="asymptotic",
    )  # fmt: skip


def place_meant(fit: PanelFit, period: Label) -> int:
    """The number of the `period` whose W is meant; the last one, where W does not change, by default."""
    periods = fit.design.periods
    changing = [name for name, w in fit.design.weights.items() if not w.constant]
    if period is None:
        if changing:
            raise OptionError(
                f"{some(changing)} changes over time, so name the period whose W is meant: period={periods[-1]}."
            )
        return len(periods) - 1
    return place_of(period, periods)


def place_of(period: Label, periods: pd.Index) -> int:
    """Where `period` stands among those of the model."""
    if period not in periods:
        raise UnknownNameError(f"the model has no period {period!r}; it has {some(periods, 40)}.")
    return int(periods.get_loc(period))
