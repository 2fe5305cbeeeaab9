"""Impacts of a panel model: those of its cross-section in one period, with the W of that period."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import pandas as pd

from gbaspatial.errors import OptionError, UnknownNameError, some
from gbaspatial.formula import Design
from gbaspatial.models.few_units.recommended import SEED
from gbaspatial.models.fit import Fit
from gbaspatial.models.impacts.engine import ImpactsResult, impacts as cross_section
from gbaspatial.options import public, undrawn, word
from gbaspatial.randomness import Rng

if TYPE_CHECKING:
    from gbaspatial.models.panel.panel_fit import PanelFit


@undrawn("method", "delta")
@public
def impacts(
    fit: PanelFit,
    *,
    period: Any = None,
    method: Literal["auto", "delta", "simulated"] = "auto",
    draws: int = 1999,
    rng: Rng = SEED,
    level: float = 0.95,
) -> ImpactsResult:
    """Direct, indirect and total impacts within a period; unit to unit, by group and by order too.

    Parameters
    ----------
    fit : PanelFit
    period : optional
        The period whose W is meant; needed where W changes over time.
    method : {"auto", "delta", "simulated"}
        Standard errors by the delta method (exact without a spatial lag, and the default there), or by
        draws from the normal distribution of the estimates with the fit's covariance.
    draws : int
        Draws of the simulated errors.
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
    word(method, ("auto", "delta", "simulated"), "method")
    chosen = method if method != "auto" else "delta" if fit.w is None else "simulated"
    drawn: dict[str, Any] = {} if chosen == "delta" else {"draws": draws, "rng": rng}
    return cross_section(in_period(fit, period), method=chosen, level=level, **drawn)  # type: ignore[arg-type]


def in_period(fit: PanelFit, period: Any) -> Fit:
    """The fit as one of the cross-section of a period."""
    design = fit.design
    place = _place(fit, period)
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
    )  # fmt: skip
    return Fit(
        model=fit.model, method="panel", design=section, params=fit.params, covariance=fit.covariance,
        sigma2=fit.sigma2, log_likelihood=np.nan, residuals=fit.residuals,
        w=None if fit.w is None else fit.w.by_period[place],
        error_w=None if fit.error_w is None else fit.error_w.by_period[place],
        covariance_kind=fit.covariance_kind, covariance_code=fit.covariance_code,
        df=fit.df, edges=fit.edges, inference="asymptotic",
    )  # fmt: skip


def _place(fit: PanelFit, period: Any) -> int:
    periods = fit.design.periods
    changing = [name for name, w in fit.design.weights.items() if not w.constant]
    if period is None:
        if changing:
            raise OptionError(
                f"{some(changing)} changes over time, so name the period whose W is meant: period={periods[-1]!r}."
            )
        return len(periods) - 1
    if period not in periods:
        raise UnknownNameError(f"the model has no period {period!r}; it has {some(periods, 40)}.")
    return int(periods.get_loc(period))
