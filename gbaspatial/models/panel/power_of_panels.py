"""What a panel can see: the power to find rho, lambda or a coefficient, and the smallest that is found."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from scipy import special

from gbaspatial.inference.null import check_draws
from gbaspatial.models.few_units.detectable import DetectableResult, first_reached, sought
from gbaspatial.models.few_units.refits import ranks_of
from gbaspatial.models.fit_tables import SMALL
from gbaspatial.models.panel.history_draws import regression_given
from gbaspatial.models.panel.less_effects import PanelProblem
from gbaspatial.models.panel.many_panels import ManyPanels
from gbaspatial.models.solve.admissible import window
from gbaspatial.options import probability, public
from gbaspatial.randomness import NO_EFFECT, Rng, seed_of, stream
from gbaspatial.results import Table

if TYPE_CHECKING:
    from gbaspatial.models.panel.panel_fit import PanelFit

_POINTS = 12
_WIDEST = 6.0  # standard errors, where coefficients are searched


@dataclass(frozen=True, slots=True, eq=False)
class PanelPower(DetectableResult):
    """The power of a test in a panel by size of the effect; see `DetectableResult`. `how` says how it was found."""

    how: str

    def tables(self) -> tuple[Table, ...]:
        """The power curve."""
        return (Table(self.curve.set_index("effect"), self.title, (self.sentence, self.how)),)


@public
def detectable_effect(
    fit: PanelFit,
    name: str | None = None,
    *,
    target: float = 0.8,
    alpha: float = 0.05,
    draws: int = 999,
    rng: Rng = 0,
) -> PanelPower:
    """The smallest value of a parameter that a panel's test finds with probability `target`.

    Of rho or lambda of a balanced panel below fifty units outcomes are made with the parameter at each value of a grid
    from the residual histories of a fit with zero, each unit's drawn with replacement and a random sign, so that serial
    correlation stays; critical values are those simulated at zero. Elsewhere the estimate is taken as normal with the
    standard error of the fit (Bloom 1995): take clusters where residuals are serially correlated.

    Parameters
    ----------
    fit : PanelFit
    name : str, optional
        ``"rho"``, ``"lambda"`` or a term; by default rho, where the model has none lambda.
    target, alpha : float
        Power and size.
    draws : int
        Samples for each value.
    rng : int, Generator or None
        Seed; recorded.

    Returns
    -------
    PanelPower
        With ``positive`` and ``negative``, a ``sentence``, and the power by value in ``to_frame()``.

    Raises
    ------
    UnknownNameError, OptionError
        If the fit has no such parameter, or neither rho nor lambda and none is named, or an option cannot be used.

    References
    ----------
    Bloom, H. S. (1995). Minimum detectable effects: a simple way to report the statistical power of experimental
    designs. Evaluation Review 19(5), 547-556.

    Examples
    --------
    >>> import gbaspatial as gba
    >>> panel = gba.load_panel().loc[:, ["gdp_pc_cny", "employment"]].dropna()
    >>> w = gba.weights.contiguity(gba.load_cities(year=2019), links=2019).row_standardized()
    >>> fit = gba.models.panel_lag(
    ...     "log(gdp_pc_cny) ~ log(employment)", panel, w, effects="twoway", unbalanced="common", covariance="cluster"
    ... )
    >>> 0.2 < fit.detectable_effect(draws=199).positive < 0.9
    True
    """
    for told, value in (("target", target), ("alpha", alpha)):
        probability(value, told)
    name = sought(name, fit.params.index)
    count, seed = check_draws(draws), seed_of(rng)
    model = fit._problem
    one = (model.lag is None) != (model.error is None)
    few = fit.n_units < SMALL and type(model) is PanelProblem and fit.design.stack.balanced
    if name in ("rho", "lambda") and one and few:
        grid, power = _by_histories(fit, model, alpha, count, seed)
        how = f"Residual histories of units drawn with random signs; {count:,} draws, seed {seed}."
    else:
        grid, power = _normal(fit, name, alpha)
        how = f"The estimate taken as normal with the standard error of the fit ({fit.covariance_kind})."
        count = 0
    curve = pd.DataFrame({"effect": grid, "power": power}).sort_values("effect", ignore_index=True)
    negative, positive = (first_reached(curve, target, side) for side in (-1, 1))
    title = f"Power to find {name} in the {fit.model} model: {fit.formula}"
    return PanelPower(name, curve, negative, positive, target, alpha, count, seed, fit.n, title, how)


def _by_histories(
    fit: PanelFit, model: PanelProblem, alpha: float, draws: int, seed: int
) -> tuple[np.ndarray, np.ndarray]:
    stack, side = model.effects.stack, model.lag or model.error
    assert side is not None
    beta, e, _ = regression_given(model, 0.0, 0.0)
    e = e * np.sqrt(stack.rows / max(fit.df_resid, 1))
    ranks = ranks_of(fit.design.units)
    order = np.argsort(ranks)
    rng = stream(seed, NO_EFFECT)
    who = order[rng.integers(stack.n, size=(stack.n, draws))][ranks]
    sign = rng.choice([-1.0, 1.0], size=(stack.n, draws))[ranks]
    noise = (e.reshape(stack.periods, stack.n)[:, who] * sign).reshape(stack.rows, draws)
    mean, many = (model.X @ beta)[:, None], ManyPanels(model)

    def _estimates(value: float) -> np.ndarray:
        factor = side.factor(value)
        made = factor.solve(mean + noise) if model.lag is not None else mean + factor.solve(noise)
        return np.asarray(many(made).params[-1])

    low, high = np.quantile(_estimates(0.0), [alpha / 2, 1 - alpha / 2])
    ends = window(side.interval)
    shape = np.sin(np.pi / 2 * (np.arange(_POINTS) + 1) / (_POINTS + 0.5))
    grid = np.concatenate([ends[0] * shape, ends[1] * shape])
    found = [_estimates(float(value)) for value in grid]
    return grid, np.array([np.mean((values < low) | (values > high)) for values in found])


def _normal(fit: PanelFit, name: str, alpha: float) -> tuple[np.ndarray, np.ndarray]:
    size = float(fit.std_errors[name])
    critical = special.ndtri(1 - alpha / 2) if fit.df is None else special.stdtrit(fit.df, 1 - alpha / 2)
    steps = np.linspace(0, _WIDEST, 4 * _POINTS + 1)[1:]
    ratio = np.concatenate([-steps, steps])
    power = special.ndtr(-(critical - ratio)) + special.ndtr(-critical - ratio)
    return ratio * size, power
