"""How much the estimates owe to each unit: the model estimated without it."""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from gbaspatial.errors import GbaError, GbaWarning, OptionError, UnknownNameError, nearest_names, some
from gbaspatial.figures.parameters import without_units
from gbaspatial.models.few_units.refits import check_refittable
from gbaspatial.options import public
from gbaspatial.progress import shows_progress
from gbaspatial.repeated.blocks import map_blocks
from gbaspatial.results import Result, Table
from gbaspatial.sizes import REFITS_LIMIT

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from gbaspatial.alignment import Label
    from gbaspatial.models.fit import Fit


@dataclass(frozen=True, slots=True, eq=False)
class InfluenceResult(Result):
    """Estimates without each unit.

    Attributes
    ----------
    estimates : pandas.DataFrame
        By left-out unit and term; NaN where the model cannot be estimated without the unit.
    changes : pandas.DataFrame
        (estimate without the unit - estimate) / standard error of the fit.
    failed : pandas.Series
        By unit, why the model cannot be estimated without it.
    left_out : str
        What was left out in turn, in a word: a unit, or a period of a panel.
    notes : tuple of str
        What else a reader must know.
    full : pandas.Series or None
        The estimates with all, by term.
    title : str
        Of the table.
    """

    estimates: pd.DataFrame
    changes: pd.DataFrame
    failed: pd.Series
    title: str
    left_out: str = "unit"
    notes: tuple[str, ...] = ()
    full: pd.Series | None = None

    @property
    def largest(self) -> pd.Series:
        """By what was left out the largest change of any parameter, in standard errors."""
        return self.changes.abs().max(axis=1).rename("largest_change")

    def tables(self) -> tuple[Table, ...]:
        """Estimates without each, and the largest change."""
        notes = ["largest_change: in standard errors of the full fit."]
        if self.left_out == "unit":
            notes = [f"{notes[0]} W is standardized anew without the unit."]
        notes += self.notes
        if len(self.failed):
            notes.append(f"Not estimable without {some(self.failed.index)}: {self.failed.iloc[0]}")
        return (Table(self.estimates.assign(largest_change=self.largest), self.title, tuple(notes)),)

    def drawn_term(self, term: str | None = None) -> str:
        """`term`, or without one the spatial parameter, or else the last term."""
        spatial = [name for name in ("rho", "lambda") if name in self.estimates.columns]
        name = term or (spatial[0] if spatial else str(self.estimates.columns[-1]))
        if name not in self.estimates.columns:
            raise UnknownNameError(f"there is no term {name!r}. {nearest_names(name, self.estimates.columns)}")
        return name

    def plot(self, term: str | None = None, ax: Axes | None = None) -> Axes:
        """Estimates of `term` without each unit, and a line at the estimate with all.

        Parameters
        ----------
        term : str, optional
            By default the spatial parameter, or else the last term.
        ax : matplotlib.axes.Axes, optional
            Where to draw; a new figure if not given.
        """
        return without_units(self, term, ax=ax)


@shows_progress
@public
def influence(fit: Fit, *, most_units: int = REFITS_LIMIT, progress: bool | None = None) -> InfluenceResult:
    """Estimate a model n times, each time without one unit.

    The unit leaves the data and W; a row-standardized W is standardized anew, and lags of
    regressors are computed anew.

    Parameters
    ----------
    fit : Fit
        By maximum likelihood or least squares.
    most_units : int
        The model is estimated once for each unit; above this many units it is refused.
    progress : bool, optional
        True tells on standard error how far work over two seconds has come, False never; by default on a terminal.
    """
    check_refittable(fit)
    if fit.n > most_units:
        raise OptionError(
            f"influence() estimates the model {fit.n} times, once without each unit, which goes to {most_units} "
            f"units; give most_units={fit.n} if you can wait."
        )
    if "influence" not in fit._made:
        fit._made["influence"] = _influence_of(fit)
    found: InfluenceResult = fit._made["influence"]
    return found


def _influence_of(fit: Fit) -> InfluenceResult:
    rows: dict[Label, pd.Series] = {}
    failed: dict[Label, str] = {}
    units = list(fit.design.index)
    for unit, (found, trouble) in zip(units, map_blocks(partial(_params_without, fit), units, "units"), strict=True):
        rows[unit] = pd.Series(found, index=fit.params.index if trouble is None else [], dtype=float)
        if trouble is not None:
            failed[unit] = trouble
    estimates = pd.DataFrame(rows).T.reindex(index=fit.design.index, columns=fit.params.index).astype(float)
    with np.errstate(invalid="ignore"):
        changes = (estimates - fit.params) / fit.std_errors
    title = f"Influence of each unit on the {fit.model} model: {fit.formula}"
    return InfluenceResult(estimates, changes, pd.Series(failed, dtype=object), title, full=fit.params.copy())


def _params_without(fit: Fit, unit: Label) -> tuple[np.ndarray, str | None]:
    """The parameters without `unit`, or none and why there are none."""
    with warnings.catch_warnings():
        # what holds of the whole sample was told when it was fitted, and not n times again
        warnings.simplefilter("ignore", GbaWarning)
        try:
            return _without(fit, unit).params.reindex(fit.params.index).to_numpy(float), None
        except GbaError as problem:
            return np.empty(0), str(problem)


def _without(fit: Fit, unit: Label) -> Fit:
    design = fit.design
    kept = design.ids[design.ids != unit]
    data = design.data.loc[kept]
    weights = {name: w.subset(kept) for name, w in design.weights.items()} or None
    options: dict[str, object] = {"regimes": design.regimes}
    if design.observation_weights is not None:
        options["weights"] = pd.Series(design.observation_weights, index=design.ids).loc[kept]
    if fit.error_w is not None and fit.w is not None and fit.error_w is not fit.w:
        options["error_w"] = fit.error_w.subset(kept)
    assert fit._estimator is not None
    return fit._estimator(design.formula, data, weights, **options)
