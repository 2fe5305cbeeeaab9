"""The recommended inference of a panel of few units: one, named, seeded and cached by the fit.

Below fifty units, for balanced panels with fixed effects (or none): every value of rho or lambda is tested by
letting whole residual histories change units (`histories`; with both, the other one is estimated), and coefficients
given rho by histories drawn with replacement, over the confidence distribution of rho (`history_draws`). The same draws
of rho and coefficients give impacts their intervals. Where a covariance was named, p-values and intervals are left to
t or normal.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from gbaspatial.inference.null import monte_carlo_p
from gbaspatial.models.few_units.recommended import SEED
from gbaspatial.models.few_units.refits import ranks_of
from gbaspatial.models.fit_tables import SMALL
from gbaspatial.models.likelihood.confidence import quantiles
from gbaspatial.models.likelihood.inversion import Inversion, invert_roots
from gbaspatial.models.likelihood.problem import log_likelihood
from gbaspatial.models.panel.histories import history_roots, orders, resampled
from gbaspatial.models.panel.history_draws import history_draws, plane_roots
from gbaspatial.models.panel.less_effects import PanelProblem
from gbaspatial.models.panel.plane import Plane
from gbaspatial.sizes import POINTS_TWO

if TYPE_CHECKING:
    from gbaspatial.models.panel.panel_fit import PanelFit

DRAWS = 999
COEFFICIENT_DRAWS = 4_000
NODES = 200  # quantiles of rho at which coefficients are drawn
SPATIAL = ("rho", "lambda")


@dataclass(frozen=True, slots=True, eq=False)
class FewHistories:
    """p-values and intervals of a panel of few units.

    Attributes
    ----------
    terms : tuple of str
        Of the regressors.
    inversions : mapping
        Tests of all values of rho, of lambda, or of each.
    coefficients, spatial : numpy.ndarray
        Draws (m, k) of the coefficients, and (m, 2) of the rho and lambda that each was drawn at.
    seed : int
    estimates : mapping
        Of rho, of lambda, or of each.
    timed : bool
        Whether effects of time are taken out.
    """

    terms: tuple[str, ...]
    inversions: Mapping[str, Inversion]
    coefficients: np.ndarray
    spatial: np.ndarray
    seed: int
    estimates: Mapping[str, float]
    timed: bool

    def p_values(self) -> pd.Series:
        """Two-sided, by term."""
        tails = [(side <= 0).sum(axis=0) for side in (self.coefficients, -self.coefficients)]
        p = 2 * monte_carlo_p(np.minimum(*tails), len(self.coefficients))
        found = pd.Series(np.minimum(1.0, p), index=list(self.terms), name="p_value", dtype=float)
        for name, inversion in self.inversions.items():
            found[name] = inversion.p_at(0.0)
        return found

    def conf_int(self, level: float) -> pd.DataFrame:
        """Ends `lower`, `upper` by term."""
        tail = (1 - level) / 2
        ends = np.quantile(self.coefficients, [tail, 1 - tail], axis=0).T
        found = pd.DataFrame(ends, index=list(self.terms), columns=["lower", "upper"])
        for name, inversion in self.inversions.items():
            found.loc[name] = inversion.interval(level)
        return found

    def draws_of(self, names: Sequence[str]) -> np.ndarray:
        """Draws (m, p) of these terms together, rho and lambda among them."""
        frame = dict(zip(self.terms, self.coefficients.T, strict=True)) | dict(
            zip(SPATIAL, self.spatial.T, strict=True)
        )
        return np.column_stack([frame[name] for name in names])

    @property
    def how(self) -> str:
        """How coefficients, and what depends on them, were drawn."""
        drawn = f"the units' whole residual histories drawn with replacement ({len(self.coefficients):,} draws"
        given = next(iter(self.inversions), None)
        if given is None:
            return f"{drawn}, seed {self.seed})"
        return f"{drawn}) given {given}, over its confidence distribution"

    def told(self) -> str:
        """One sentence that names this inference."""
        if not self.inversions:
            return f"Inference recommended below {SMALL} units: {self.how}."
        names, inversion = " and ".join(self.inversions), next(iter(self.inversions.values()))
        other = ", the other estimated" if len(self.inversions) == 2 else ""
        return (
            f"Inference recommended below {SMALL} units: every value of {names} tested{other} by letting the units' "
            f"whole residual histories change units ({inversion.draws:,} orders, seed {self.seed}, both tails alike), "
            f"coefficients by {self.how}."
        )

    def told_errors(self, level: float) -> list[str]:
        """The Monte Carlo errors of p and of the ends at this `level`, and estimates that lie outside, in sentences."""
        told = [inversion.told_errors(name, level) for name, inversion in self.inversions.items()]
        return [*told, *filter(None, (self.outside(name, level) for name in self.inversions))]

    def outside(self, name: str, level: float) -> str:
        """A sentence where the interval does not hold the estimate, or nothing."""
        inversion, estimate = self.inversions[name], self.estimates[name]
        low, high = inversion.interval(level)
        slack = 2 * max(inversion.end_errors(level))
        if low - slack <= estimate <= high + slack:
            return ""
        why = "" if self.timed else ": what all units share over time moves the estimate; see effects='twoway'"
        return f"The estimate of {name}, {estimate:.4f}, lies outside its interval{why}."


def few_histories(fit: PanelFit) -> FewHistories | None:
    """The recommended inference of a panel of few units, made once; None where it is another one."""
    if not applies(fit):
        return None
    if "few_histories" not in fit._made:
        fit._made["few_histories"] = histories_of(fit, SEED, COEFFICIENT_DRAWS)
    found: FewHistories = fit._made["few_histories"]
    return found


def applies(fit: PanelFit) -> bool:
    """Whether the recommended inference of `fit` is by its histories."""
    return fit.inference == "recommended" and fit.n_units < SMALL and movable(fit)


def movable(fit: PanelFit) -> bool:
    """Whether residual histories of `fit` can change units: two or more, balanced, with fixed effects or none."""
    plain = type(fit._problem) is PanelProblem and fit._problem.d is None
    return plain and fit.design.stack.balanced and fit.n_periods > 1 and fit.n_units > 1


def histories_of(fit: PanelFit, seed: int, draws: int) -> FewHistories:
    """The inference by histories with another seed, or other `draws` of coefficients."""
    model = fit._problem
    plane = Plane(model) if model.lag is not None and model.error is not None else None
    names = [name for name in SPATIAL if name in fit.params.index]
    inversions = {name: inverted(fit, name, DRAWS, seed, plane) for name in names}
    nodes = nodes_of(inversions, plane)
    count = max(-(-draws // (2 * len(nodes))), 1)
    given = resampled(fit.n_units, count * len(nodes), seed, ranks_of(fit.design.units), model.effects.groups)
    coefficients = history_draws(model, nodes, given)
    return FewHistories(
        fit.terms,
        inversions,
        coefficients,
        np.repeat(nodes, 2 * count, axis=0),
        seed,
        {name: float(fit.params[name]) for name in names},
        fit.kind.time or fit.kind.groups is not None,
    )


def nodes_of(inversions: Mapping[str, Inversion], plane: Plane | None) -> list[tuple[float, float]]:
    """Values of (rho, lambda): quantiles of the first of these that there is, the other one estimated given it."""
    if not inversions:
        return [(0.0, 0.0)]
    name, inversion = next(iter(inversions.items()))
    values = [float(value) for value in quantiles(inversion, (np.arange(NODES) + 0.5) / NODES)]
    if plane is not None:
        return [plane.given_one(name, value) for value in values]
    return [(value, 0.0) if name == "rho" else (0.0, value) for value in values]


def inverted(fit: PanelFit, name: str, draws: int, seed: int = SEED, plane: Plane | None = None) -> Inversion:
    """The tests of all values of rho or lambda; with both, over the `plane`."""
    model = fit._problem
    side = model.lag if name == "rho" else model.error
    assert side is not None
    given = orders(fit.n_units, draws, seed, ranks_of(fit.design.units), model.effects.groups)
    at, interval = float(fit.params[name]), side.interval
    if plane is None:
        return invert_roots(history_roots(model, given), at, interval, _likelihood_ratios(model, name), draws)
    return invert_roots(
        plane_roots(plane, name, given), at, interval, lambda tried: plane.ratios(name, tried), draws, POINTS_TWO
    )


def _likelihood_ratios(model: PanelProblem, name: str):  # type: ignore[no-untyped-def]
    """Twice the fall of the log-likelihood of the data from its top, at values (g,) of the only spatial parameter."""

    def _ratios(tried: np.ndarray) -> np.ndarray:
        found = np.array([log_likelihood(model, *((v, 0.0) if name == "rho" else (0.0, v))) for v in tried.tolist()])
        return np.asarray(2 * (np.nanmax(found) - found))

    return _ratios
