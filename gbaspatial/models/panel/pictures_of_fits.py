"""`fit.plot()` of panels: effects of units on the map, impacts over the periods."""

from __future__ import annotations

import inspect
from typing import TYPE_CHECKING, Literal

import pandas as pd

from gbaspatial.errors import OptionError
from gbaspatial.figures import forest, map_of, period_bands
from gbaspatial.models.panel.few_histories import applies
from gbaspatial.options import public, word

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from gbaspatial.geography.places import Units
    from gbaspatial.models.panel.panel_fit import PanelFit

KINDS = ("impacts", "effects")


@public
def plot(
    fit: PanelFit,
    kind: Literal["impacts", "effects"] = "impacts",
    *,
    units: Units | None = None,
    term: str | None = None,
    ax: Axes | None = None,
) -> Axes:
    """Impacts of a regressor over the periods, or effects of the units on their map.

    Parameters
    ----------
    fit : PanelFit
    kind : {"impacts", "effects"}
    units : GeoDataFrame, optional
        Needed for effects; indexed by unit.
    term : str, optional
        The regressor whose impacts are drawn; the first by default.
    ax : matplotlib.axes.Axes, optional
        Where to draw.

    Returns
    -------
    matplotlib.axes.Axes

    Raises
    ------
    OptionError
        If units are not given for a map, or the fit has no effects of units.

    Examples
    --------
    >>> import gbaspatial as gba
    >>> panel = gba.load_panel().loc[:, ["gdp_pc_cny", "employment"]].dropna()
    >>> by_year = gba.weights.by_year(gba.load_cities(year=2019), years=range(2000, 2024))
    >>> fit = gba.models.panel_lag("log(gdp_pc_cny) ~ log(employment)", panel, by_year, unbalanced="common")
    >>> fit.plot().get_title()
    'Impacts of log(employment)'
    """
    word(kind, KINDS, "kind")
    if kind == "effects":
        return _effects_map(fit, units, ax)
    return _impacts_picture(fit, term, ax)


def _impacts_picture(fit: PanelFit, term: str | None, ax: Axes | None) -> Axes:
    if "method" not in inspect.signature(type(fit).impacts).parameters:  # dynamic: short and long run, not periods
        frame = fit.impacts(period=fit.design.periods[-1]).to_frame()
        return forest(frame if term is None else frame.xs(term, level="term"), label="Impacts", ax=ax)
    frame = impacts_by_period(fit, term)
    measured = f"impact on {fit.design.response}, 95 % intervals"
    return period_bands(frame, label=f"Impacts of {frame.attrs['term']}", measured=measured, ax=ax)


def _effects_map(fit: PanelFit, units: Units, ax: Axes | None) -> Axes:
    if not fit.kind.unit and fit.kind.random is None:
        raise OptionError("the fit has no effects of units, so there is no map; use effects='unit' or 'twoway'.")
    if units is None:
        raise OptionError("effects are drawn on a map: give units=, the GeoDataFrame of the units.")
    effects = fit.effects.loc["unit"] if fit.effects.index.nlevels == 2 else fit.effects
    return map_of(
        units.assign(effect=effects.reindex(units.index)),
        "effect",
        label=f"Effects of units on {fit.design.response}",
        ax=ax,
    )


def impacts_by_period(fit: PanelFit, term: str | None = None) -> pd.DataFrame:
    """Direct, indirect and total impacts by period; each W is worked on once.

    Intervals are those of the recommended inference below fifty units, else by the delta method.
    """
    how: Literal["auto", "delta"] = "auto" if applies(fit) else "delta"
    weights = fit.w if fit.w is not None else next(iter(fit.design.weights.values()), None)
    known: dict[int, pd.DataFrame] = {}
    parts = {}
    name = term
    for place, period in enumerate(fit.design.periods):
        key = id(weights.by_period[place]) if weights is not None else 0
        if key not in known:
            frame = fit.impacts(period=period, method=how).to_frame()
            name = name or str(frame.index[0][0])
            known[key] = frame.loc[name]
        parts[period] = known[key]
    found = pd.concat(parts, names=[fit.design.periods.name])
    found.attrs["term"] = name
    return found
