"""`fit.bootstrap()` of panels: whole residual histories of units, or whole years, drawn anew; and wild signs of both.

Rows of a panel are not independent: a unit's residuals are correlated over time, those of a year between units. So
the bootstrap moves blocks. By unit: each unit gets the whole history of a unit drawn with replacement (``"residual"``)
or its own with one random sign (``"wild"``, which keeps each unit's variance). By time: the same with whole years.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np
import pandas as pd

from gbaspatial.errors import DataError, OptionError
from gbaspatial.inference.null import check_draws_of_interval
from gbaspatial.models.few_units.refits import ranks_of
from gbaspatial.models.panel.histories import resampled
from gbaspatial.models.panel.information_less_effects import parts_of, without_unit
from gbaspatial.models.panel.less_effects import PanelProblem
from gbaspatial.models.panel.many_panels import ManyPanels
from gbaspatial.models.solve.admissible import window
from gbaspatial.options import level_of, public, word
from gbaspatial.randomness import BLOCK_PERIODS, BLOCK_SIGNS, Rng, seed_of, stream
from gbaspatial.repeated.blocks import map_blocks, spans
from gbaspatial.results import Result, Table

if TYPE_CHECKING:
    from gbaspatial.models.panel.panel_fit import PanelFit

KINDS, BY = ("residual", "wild"), ("unit", "time")
MOST_UNITS = 200
BLOCK = 250


@dataclass(frozen=True, slots=True, eq=False)
class Blocks(Result):
    """Estimates of samples whose residuals moved in blocks.

    Attributes
    ----------
    estimates, std_errors, bias : pandas.Series
        By term: of the data, the spread of the samples, and their mean less the estimate.
    replicates, ratios : pandas.DataFrame
        Estimates of the samples, and less the estimate over their own standard errors; columns are terms.
    asymptotic : pandas.Series
        The information standard errors of the data, which scale the ratios back.
    windows : mapping
        The admissible intervals of rho and lambda, at which their intervals end.
    kind, by, draws, seed, level
        How it was made.
    title : str
        Of the table.
    """

    estimates: pd.Series
    std_errors: pd.Series
    bias: pd.Series
    replicates: pd.DataFrame
    ratios: pd.DataFrame
    asymptotic: pd.Series
    windows: Mapping[str, tuple[float, float]]
    kind: str
    by: str
    draws: int
    seed: int
    level: float
    title: str

    def p_values(self) -> pd.Series:
        """Two-sided, by term: the share of samples with a ratio as large as that of the estimate to zero."""
        size = (self.estimates / self.asymptotic).abs()
        beyond = (self.ratios.abs() >= size - 1e-12).sum()
        return ((beyond + 1) / (self.ratios.notna().sum() + 1)).rename("p_value")

    def conf_int(self, level: float | None = None) -> pd.DataFrame:
        """Intervals `lower`, `upper` by term; symmetric for coefficients, equal tails for rho and lambda."""
        level = self.level if level is None else level_of(level)
        width = self.ratios.abs().quantile(level) * self.asymptotic
        found = pd.DataFrame({"lower": self.estimates - width, "upper": self.estimates + width})
        tail = (1 - level) / 2
        for name in found.index.intersection(["rho", "lambda"]):
            ends = self.ratios[name].quantile([1 - tail, tail]) * self.asymptotic[name]
            found.loc[name] = np.clip(self.estimates[name] - ends.to_numpy(), *self.windows[name])
        return found

    def to_frame(self) -> pd.DataFrame:
        """One row per term: `estimate, std_error, bias, p_value, lower, upper`."""
        parts = {"estimate": self.estimates, "std_error": self.std_errors, "bias": self.bias}
        return pd.DataFrame(parts).join(self.p_values()).join(self.conf_int()).rename_axis("term")

    def tables(self) -> tuple[Table, ...]:
        """One row per term."""
        what = {"residual": "drawn with replacement", "wild": "with random signs"}[self.kind]
        whole = {"unit": "whole histories of units", "time": "whole periods"}[self.by]
        failed = int(self.replicates.isna().any(axis=1).sum())
        notes = [f"Residuals in blocks: {whole} {what}; {self.draws:,} draws, seed {self.seed}; studentized."]
        if failed:
            notes.append(f"{failed} samples had no maximum of the likelihood and are left out.")
        return (Table(self.to_frame(), self.title, tuple(notes)),)


@public
def bootstrap(
    fit: PanelFit,
    *,
    draws: int = 999,
    kind: Literal["residual", "wild"] = "residual",
    by: Literal["unit", "time"] = "unit",
    rng: Rng = 0,
    level: float = 0.95,
) -> Blocks:
    """Bootstrap of a panel in blocks, for few units or few periods.

    Parameters
    ----------
    fit : PanelFit
        Balanced, up to 200 units, with fixed effects or none.
    draws : int
        Samples.
    kind : {"residual", "wild"}
        Blocks drawn with replacement (units alike), or each block with a random sign (variances that differ).
    by : {"unit", "time"}
        Blocks are the histories of units (correlation over time) or whole periods (correlation between units).
    rng : int, Generator or None
        Seed; recorded. Random numbers belong to labels.
    level : float
        Of the intervals.

    Returns
    -------
    Blocks

    Raises
    ------
    OptionError
        For an unbalanced panel, random effects, or more units.

    References
    ----------
    Kapetanios, G. (2008). A bootstrap procedure for panel data sets with many cross-sectional units. Econometrics
    Journal 11(2), 377-395.
    Cameron, A. C., Gelbach, J. B. and Miller, D. L. (2008). Bootstrap-based improvements for inference with clustered
    errors. Review of Economics and Statistics 90(3), 414-427.

    Examples
    --------
    >>> import gbaspatial as gba
    >>> panel = gba.load_panel().loc[:, ["gdp_pc_cny", "employment"]].dropna()
    >>> w = gba.weights.contiguity(gba.load_cities(year=2019), links=2019).row_standardized()
    >>> fit = gba.models.panel_lag("log(gdp_pc_cny) ~ log(employment)", panel, w, unbalanced="common")
    >>> fit.bootstrap(draws=99, kind="wild", rng=1).conf_int().shape
    (2, 2)
    """
    word(kind, KINDS, "kind")
    word(by, BY, "by")
    check_movable(fit, "bootstrap()")
    return blocks_of(fit, kind, by, check_draws_of_interval(draws, level_of(level)), seed_of(rng), level_of(level))


def check_movable(fit: PanelFit, verb: str) -> None:
    """Raise unless blocks of the residuals of `fit` can change places."""
    if type(fit._problem) is not PanelProblem or fit._problem.d is not None:
        raise OptionError(
            f"{verb} is for panels by maximum likelihood or least squares, with fixed effects or none, without a "
            f"lagged outcome, observation weights, effects that an error process filters, and rows without regressors."
        )
    if not fit.design.stack.balanced:
        raise OptionError(f"{verb} needs a balanced panel; fit with unbalanced='common' first.")
    if fit.n_units > MOST_UNITS:
        raise OptionError(f"{verb} goes to {MOST_UNITS} units; from fifty on clusters (covariance='cluster') hold.")


def blocks_of(fit: PanelFit, kind: str, by: str, draws: int, seed: int, level: float = 0.95) -> Blocks:
    """The bootstrap of `fit`; see `bootstrap`."""
    model, at = fit._problem, fit._estimate()
    parts = parts_of(model, at)
    many = ManyPanels(model)
    own = many(model.y[:, None])
    noise = _moved(fit, parts, kind, by, draws, seed)

    def _of(span: tuple[int, int]) -> tuple[np.ndarray, np.ndarray]:
        made = many(outcomes_of(model, at, parts.eta, noise[:, slice(*span)]))
        return made.params, made.std_errors

    found = list(map_blocks(_of, spans(0, draws, BLOCK), "draws"))
    names = list(fit.params.index)
    values = np.concatenate([params for params, _ in found], axis=1).T
    errors = np.concatenate([spread for _, spread in found], axis=1).T
    center = own.params[:, 0]
    scale = own.std_errors[:, 0]
    if not np.isfinite(scale).all():
        raise DataError("a parameter of this fit has no standard error, so that samples cannot be studentized.")
    replicates = pd.DataFrame(values, columns=names)
    estimates = pd.Series(center, index=names, name="estimate")
    with np.errstate(invalid="ignore", divide="ignore"):
        ratios = pd.DataFrame((values - center) / errors, columns=names)
    return Blocks(
        estimates=estimates, std_errors=replicates.std(ddof=1).rename("std_error"),
        bias=(replicates.mean() - estimates).rename("bias"), replicates=replicates, ratios=ratios,
        asymptotic=pd.Series(scale, index=names), windows=_windows(model), kind=kind, by=by, draws=draws,
        seed=seed, level=level,
        title=f"Bootstrap of the panel: {fit.formula}",
    )  # fmt: skip


def _windows(model: PanelProblem) -> dict[str, tuple[float, float]]:
    sides = (("rho", model.lag), ("lambda", model.error))
    return {name: window(side.interval) for name, side in sides if side is not None}


def _moved(fit: PanelFit, parts, kind: str, by: str, draws: int, seed: int) -> np.ndarray:  # type: ignore[no-untyped-def]
    """Innovations (m, draws): residuals in blocks that moved or changed sign."""
    stack, effects = fit.design.stack, fit._problem.effects
    T, n = stack.periods, stack.n
    if kind == "wild":
        e = (without_unit(parts, stack.unit, n) if by == "unit" else parts.e * _scale(fit)).reshape(T, n)
        count = n if by == "unit" else T
        signs = stream(seed, BLOCK_SIGNS, count).integers(0, 2, (draws, count)).T * 2.0 - 1
        if by == "unit":
            return (e[:, :, None] * signs[ranks_of(fit.design.units)][None]).reshape(T * n, draws)
        return (e[:, :, None] * signs[:, None, :]).reshape(T * n, draws)
    e = (parts.e * _scale(fit)).reshape(T, n)
    if by == "unit":
        given = resampled(n, draws, seed, ranks_of(fit.design.units), effects.groups)
        return e[:, given].reshape(T * n, draws)
    given = stream(seed, BLOCK_PERIODS, T).integers(0, T, (draws, T)).T
    return e[given].transpose(0, 2, 1).reshape(T * n, draws)


def _scale(fit: PanelFit) -> float:
    """What effects and coefficients took out of the residuals, given back."""
    return float(np.sqrt(fit.n / fit.df_resid))


def outcomes_of(model: PanelProblem, at, eta: np.ndarray, noise: np.ndarray) -> np.ndarray:  # type: ignore[no-untyped-def]
    """y = A^-1 (eta + B^-1 e) for many e (m, b); eta holds regressors and effects."""
    u = noise if model.error is None else model.error.factor(at.lam).solve(noise)
    y = eta[:, None] + u
    return y if model.lag is None else model.lag.factor(at.rho).solve(y)
