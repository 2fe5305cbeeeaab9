"""How much the estimates of a panel owe to each unit, or to each period: the model estimated without it."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import pandas as pd

from gbaspatial.errors import GbaError, GbaWarning, OptionError
from gbaspatial.models.few_units.influence import InfluenceResult
from gbaspatial.options import public, whole, word
from gbaspatial.progress import shows_progress
from gbaspatial.repeated.blocks import map_blocks
from gbaspatial.sizes import REFITS_LIMIT
from gbaspatial.weights import as_weights

if TYPE_CHECKING:
    from gbaspatial.alignment import Label
    from gbaspatial.models.panel.panel_fit import PanelFit
    from gbaspatial.weights.annotations import WeightsGiven

BY = ("unit", "time")


@dataclass(frozen=True, slots=True, eq=False)
class PanelCall:
    """How a panel was estimated, for doing the same with other rows or another W.

    `estimate` takes data, w and, by name, error_w; the others are those of the call.
    """

    estimate: Callable[..., PanelFit]
    data: pd.DataFrame
    w: WeightsGiven | None = None
    error_w: WeightsGiven | None = None

    def without_unit(self, unit: Label) -> PanelFit:
        """The fit without a unit, which leaves W too."""
        kept = self.data.index.get_level_values(0) != unit
        return self.estimate(self.data[kept], less(self.w, unit), error_w=less(self.error_w, unit))

    def without_period(self, period: Label) -> PanelFit:
        """The fit without a period."""
        kept = self.data.index.get_level_values(1) != period
        return self.estimate(self.data[kept], self.w, error_w=self.error_w)


def less(w: WeightsGiven | None, unit: Label) -> Any:
    """`w`, or each W of a mapping, without `unit`, standardized anew where it was."""
    if w is None:
        return None
    if isinstance(w, Mapping):
        known: dict[int, object] = {}  # what is one object for several periods stays one
        return {key: known.setdefault(id(one), less(one, unit)) for key, one in w.items()}
    given = as_weights(w)
    return given.subset(given.ids[given.ids != unit]) if unit in given.ids else given


@shows_progress
@public
def influence(
    fit: PanelFit,
    *,
    by: Literal["unit", "time"] = "unit",
    most_units: int = REFITS_LIMIT,
    progress: bool | None = None,
) -> InfluenceResult:
    """Estimate a panel many times, each time without one unit, or without one period.

    A unit leaves the data and W, which is standardized anew where it was; lags of regressors are computed anew. A
    period leaves the data only: where the formula has lags in time, the periods that need it as an earlier one go too.

    Parameters
    ----------
    fit : PanelFit
        By any estimator of panels.
    by : {"unit", "time"}
        What is left out.
    most_units : int
        The model is estimated once for each; above this many it is refused.
    progress : bool, optional
        True tells on standard error how far work over two seconds has come, False never; by default on a terminal.

    Returns
    -------
    InfluenceResult
        Estimates by what was left out, and their changes in standard errors of the fit; which could not be estimated.

    Raises
    ------
    OptionError
        For more units or periods than `most_units`.

    Examples
    --------
    >>> import gbaspatial as gba
    >>> panel = gba.load_panel().loc[:, ["gdp_pc_cny", "employment"]].dropna()
    >>> w = gba.weights.contiguity(gba.load_cities(year=2019), links=2019).row_standardized()
    >>> fit = gba.models.panel_lag("log(gdp_pc_cny) ~ log(employment)", panel, w, unbalanced="keep")
    >>> fit.influence().estimates.shape
    (11, 2)
    """
    word(by, BY, "by")
    most = whole(most_units, "most_units", least=1)
    places = fit.design.units if by == "unit" else fit.design.periods
    what = "unit" if by == "unit" else "period"
    if len(places) > most:
        raise OptionError(
            f"influence() estimates the model {len(places)} times, once without each {what}, which goes to {most}; "
            f"give most_units={len(places)} if you can wait."
        )
    assert fit._call is not None
    estimate = fit._call.without_unit if by == "unit" else fit._call.without_period
    rows: dict[Label, pd.Series] = {}
    failed: dict[Label, str] = {}
    more = 0
    for place, (found, periods, trouble) in zip(
        places, map_blocks(partial(_params_without, estimate), list(places), f"{what}s"), strict=True
    ):
        rows[place] = pd.Series(dict(found), dtype=float)
        if trouble is not None:
            failed[place] = trouble
        else:
            more = max(more, fit.n_periods - periods - (by == "time"))
    notes = (f"Up to {more} more periods leave with one, whose lags in time need it.",) if more > 0 else ()
    estimates = pd.DataFrame(rows).T.reindex(index=places, columns=fit.params.index).astype(float)
    with np.errstate(invalid="ignore"):
        changes = (estimates - fit.params) / fit.std_errors
    title = f"Influence of each {what} on the {fit.model} model: {fit.formula}"
    return InfluenceResult(estimates, changes, pd.Series(failed, dtype=object), title, what, notes, fit.params.copy())


def _params_without(
    estimate: Callable[[Label], PanelFit], place: Label
) -> tuple[tuple[tuple[str, float], ...], int, str | None]:
    """Terms with their estimates, and the number of periods, without `place`; or none, and why there are none."""
    with warnings.catch_warnings():
        # what holds of the whole sample was told when it was fitted, and not each time again
        warnings.simplefilter("ignore", GbaWarning)
        try:
            found = estimate(place)
        except GbaError as problem:
            return (), 0, str(problem)
    return tuple((str(term), float(value)) for term, value in found.params.items()), int(found.n_periods), None
