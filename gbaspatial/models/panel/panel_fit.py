"""`PanelFit`: what the estimators of panels return."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, ClassVar

import numpy as np
import pandas as pd

from gbaspatial.models.diagnostics.chow import chow as _chow
from gbaspatial.models.fit_tables import lonely_histories, told_lonely
from gbaspatial.models.fitted import BELONG, Fitted, absent
from gbaspatial.models.likelihood.problem import Estimate
from gbaspatial.models.panel.block_bootstrap import bootstrap as _bootstrap
from gbaspatial.models.panel.effect_kinds import Kind
from gbaspatial.models.panel.few_histories import FewHistories, few_histories
from gbaspatial.models.panel.frame import PanelDesign
from gbaspatial.models.panel.impacts_in_period import impacts as _impacts
from gbaspatial.models.panel.information_less_effects import parts_of
from gbaspatial.models.panel.left_out import PanelCall, influence as _influence
from gbaspatial.models.panel.less_effects import PanelProblem
from gbaspatial.models.panel.panel_predictions import predict as _predict, simulate as _simulate
from gbaspatial.models.panel.panel_tests import diagnostics as _diagnostics
from gbaspatial.models.panel.period_weights import PanelWeights
from gbaspatial.models.panel.pictures_of_fits import plot as _plot
from gbaspatial.models.panel.power_of_panels import detectable_effect as _detectable_effect
from gbaspatial.models.panel.signed_histories import wild_test as _wild_test
from gbaspatial.models.solve.determinant_curves import ZeroCurve
from gbaspatial.referee import code as _code, second_opinion as _second_opinion

if TYPE_CHECKING:
    from gbaspatial.models.solve.determinant_curves import Curve


TITLES = {
    "panel_ols": "Panel, least squares", "panel_slx": "Panel, spatial lag of X (SLX)",
    "panel_lag": "Panel, spatial lag", "panel_error": "Panel, spatial error",
    "panel_sarar": "Panel, spatial lag and error (SARAR)", "panel_durbin": "Panel, spatial Durbin",
    "panel_durbin_error": "Panel, spatial Durbin error", "panel_gns": "Panel, general nesting",
}  # fmt: skip
_MOVED = (
    "panels by maximum likelihood or least squares, with fixed effects or none, without a lagged outcome, observation "
    "weights, effects that an error process filters, and rows without regressors"
)
_ELSEWHERE = "static panels with a likelihood, or by least squares, whose regressors are known in every row,"
BELONG_TO_PANELS = {  # verbs that some panel fits have, and to which
    "impacts": "all panels",
    "predict": "all panels",
    "diagnostics": "all panels",
    "influence": "all panels",
    "detectable_effect": "all panels",
    "bootstrap": _MOVED,
    "wild_test": _MOVED,
    "simulate": "panels without the outcome of the period before",
    "chow": "panels by maximum likelihood or least squares with regimes=",
    "second_opinion": f"{_ELSEWHERE} which PySAL or R has, too",
    "code": f"{_ELSEWHERE} which PySAL, R or Stata has, too",
}


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class PanelFit(Fitted):
    """An estimated model of a panel.

    Attributes
    ----------
    model, kind : str and Kind
        Such as ``"panel_lag"``; which effects it has.
    correction : {"lee-yu", "none", "pairs"}
        Whether the degrees of freedom of the effects were taken off; ``"pairs"`` uses pairs of different units alone.
    params : pandas.Series
        Coefficients by term, ``rho`` and ``lambda`` among them.
    covariance : pandas.DataFrame
        Their covariance matrix; ``covariance_kind`` says which in words, ``covariance_code`` in one
        (``"classical"``, ``"information"``, ``"cluster"``).
    sigma2 : float
        e'e over rows less effects (and less coefficients, for least squares); with ``correction="none"``
        e'e over rows, for spatial models.
    log_likelihood : float
        Of the outcome less its effects; with ``correction="none"`` of the outcome.
    residuals : pandas.Series
        Innovations e less the effects, in the order of the data; NaN where regressors are not known.
    effects : pandas.Series
        Estimates of the effects: by unit or by time; with both, indexed (effect, label), those of units
        with the level and those of time with the mean zero.
    df : float or None
        Degrees of freedom of the t distribution; None means normal.
    df_resid : int
        Rows less effects less columns of X.
    serial_correlation : float
        Of the residuals of neighboring periods; about -1 / (T - 1) without any, where units have effects.
    edges : tuple of str
        Spatial parameters at the edge of their interval: they have no standard error.
    notes : tuple of str
        What a reader must know.
    inference : {"recommended", "asymptotic"}
        Where p-values and intervals come from: below fifty units whole residual histories of units are
        exchanged and drawn anew (see docs/panels.md), else t or normal, by `df`.
    absorbed : int
        How many effects were taken out.
    w : PanelWeights or None
        W of the lag, by period.
    error_w : PanelWeights or None
        W of the error, by period.
    """

    design: PanelDesign
    kind: Kind
    correction: str
    effects: pd.Series
    absorbed: int
    _count: int
    df_resid: int
    serial_correlation: float
    _problem: PanelProblem = field(repr=False)
    w: PanelWeights | None = None
    error_w: PanelWeights | None = None
    _call: PanelCall | None = field(default=None, repr=False)

    _older: ClassVar[Mapping[str, str]] = {name: f"_{name}" for name in ("made", "problem", "count", "call")}

    impacts = _impacts
    diagnostics = _diagnostics
    influence = _influence
    plot = _plot
    detectable_effect = _detectable_effect
    predict = _predict

    # -- what was estimated ---------------------------------------------------------------
    @property
    def n_units(self) -> int:
        """Number of units."""
        return self.design.stack.n

    @property
    def n_periods(self) -> int:
        """Number of periods."""
        return self.design.stack.periods

    @property
    def n_params(self) -> int:
        """All parameters and the variance; with ``correction="none"`` the effects too, which are in the likelihood."""
        return len(self.params) + 1 + (self.absorbed if self.correction == "none" else 0)

    @property
    def likelihood_of(self) -> str:
        """What `log_likelihood` is of, in words: only likelihoods of the same compare."""
        if self.correction == "none" or self.absorbed == 0:
            return "the outcome"
        return f"the outcome less {replace(self.kind, random=None).told} effects"

    @property
    def bic(self) -> float:
        """-2 l + log(rows that count) `n_params`."""
        return -2 * self.log_likelihood + float(np.log(self._count)) * self.n_params

    @property
    def r_squared_within(self) -> float:
        """1 - e'e over the sum of squares of the outcome less the effects (less its mean, without effects)."""
        y = self._problem.effects.take_out(self.design.y)
        e = self.residuals.dropna().to_numpy()
        return 1 - float(e @ e) / float(np.square(y - y.mean()).sum())

    @classmethod
    def _absent(cls, name: str) -> str:
        return absent(cls, name, {**BELONG, **BELONG_TO_PANELS})

    def _few_units(self) -> FewHistories | None:
        return few_histories(self)

    # -- tables -----------------------------------------------------------------------------
    def glance(self) -> pd.DataFrame:
        """One row that tells the whole fit."""
        row = {
            "model": self.model, "effects": self.kind.name, "correction": self.correction, "n": self.n,
            "n_units": self.n_units, "n_periods": self.n_periods, "k": self.k, "rho": self.rho,
            "lambda": self.lambda_, "sigma2": self.sigma2, "log_likelihood": self.log_likelihood, "aic": self.aic,
            "bic": self.bic, "r_squared_within": self.r_squared_within,
            "serial_correlation": self.serial_correlation,
        }  # fmt: skip
        return pd.DataFrame([row])

    @property
    def heading(self) -> str:
        """The model in words, and its formula: the title of its tables."""
        return f"{TITLES[self.model]}: {self.formula}"

    def _about(self) -> list[str]:
        notes = [
            f"n = {self.n} rows: {self.n_units} units in {_span(self.design.periods)}; {self.kind.told} effects "
            f"({self.absorbed} absorbed).",
        ]
        if np.isfinite(self.serial_correlation):
            notes.append(f"Serial correlation of the residuals: {self.serial_correlation:.3f}.")
        for name, w in (("W", self.w), ("W of the error", self.error_w if self.error_w is not self.w else None)):
            if w is not None:
                count = len(w.different)
                notes.append(f"{name}: {w.by_period[0].recipe}." + (f" ({count} W by period)" if count > 1 else ""))
        rows = self.design.stack
        if found := lonely_histories(self.terms, self.design.X, rows.unit, rows.period, not self.kind.unit):
            notes.append(f"{told_lonely(found)}.")
        return notes

    def _own_part(self) -> np.ndarray:
        """X b + effects (m,), in the order of the arrays."""
        return parts_of(self._problem, self._estimate()).eta

    def _estimate(self) -> Estimate:
        rho, lam = (0.0 if np.isnan(value) else value for value in (self.rho, self.lambda_))
        none: Curve = ZeroCurve()
        return Estimate(self.beta, rho, lam, self.sigma2, self.log_likelihood, self.edges, none, none)


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class StaticPanelFit(PanelFit):
    """A panel model without the outcome of the period before; see `PanelFit`."""

    simulate = _simulate


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class SharedPanelFit(StaticPanelFit):
    """A static panel model with a likelihood, or by least squares, as other programs have it; see `PanelFit`."""

    second_opinion = _second_opinion
    code = _code


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class HistoriesFit(SharedPanelFit):
    """A panel model whose residual histories can be drawn anew: fixed effects or none; see `PanelFit`."""

    bootstrap = _bootstrap
    wild_test = _wild_test


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class PanelFitByRegime(StaticPanelFit):
    """A panel model with ``regimes=``; see `PanelFit`."""

    chow = _chow


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class HistoriesByRegime(HistoriesFit):
    """A panel model with ``regimes=`` whose residual histories can be drawn anew; see `PanelFit`."""

    chow = _chow


def panel_kind(histories: bool, shared: bool, regimes: bool) -> type[StaticPanelFit]:
    """The class of a static fit with fixed effects or none.

    By whether its histories can be drawn anew, whether other programs have it, and whether it has ``regimes=``.
    """
    if histories:
        return HistoriesByRegime if regimes else HistoriesFit
    if regimes:
        return PanelFitByRegime
    return SharedPanelFit if shared else StaticPanelFit


def _span(periods: pd.Index) -> str:
    """How many periods there are, and the first and last; a year that is a float is told as the whole number it is."""
    first, last = (int(one) if isinstance(one, float) else one for one in (periods[0], periods[-1]))
    return f"1 period ({first})" if len(periods) == 1 else f"{len(periods)} periods ({first} to {last})"
