"""The recommended inference of a panel of few units: one, named, seeded and cached by the fit.

Below fifty units, for balanced panels with fixed effects (or none): every value of rho or lambda is tested by
letting whole residual histories change units (`histories`), and coefficients by a bootstrap that gives each unit
the whole history of a unit drawn with replacement, studentized. With both rho and lambda, which few units can hardly
tell apart, and where a covariance was named, p-values and intervals are left to t or normal.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from gbaspatial.models.few_units.recommended import SEED, ranks_of
from gbaspatial.models.fit_tables import SMALL
from gbaspatial.models.likelihood.inversion import Inversion, invert_roots
from gbaspatial.models.panel.block_bootstrap import Blocks, blocks_of
from gbaspatial.models.panel.histories import history_roots, orders
from gbaspatial.models.panel.less_effects import PanelProblem
from gbaspatial.results import number, p_text

if TYPE_CHECKING:
    from gbaspatial.models.panel.panel_fit import PanelFit

DRAWS = 999
SPATIAL = ("rho", "lambda")


@dataclass(frozen=True, slots=True, eq=False)
class FewHistories:
    """p-values and intervals of a panel of few units."""

    terms: tuple[str, ...]
    inversions: Mapping[str, Inversion]
    blocks: Blocks

    def p_values(self) -> pd.Series:
        """Two-sided, by term."""
        found = self.blocks.p_values()
        for name, inversion in self.inversions.items():
            found[name] = inversion.p_at(0.0)
        return found.rename("p_value")

    def conf_int(self, level: float) -> pd.DataFrame:
        """Ends `lower`, `upper` by term."""
        found = self.blocks.conf_int(level)
        for name, inversion in self.inversions.items():
            found.loc[name] = inversion.interval(level)
        return found

    def told(self) -> str:
        """One sentence that names this inference."""
        drawn = f"{self.blocks.draws:,} draws, seed {SEED}"
        boot = f"by bootstrap of the units' whole residual histories (studentized, {drawn})"
        if not self.inversions:
            return f"Inference recommended below {SMALL} units: {boot}."
        name, inversion = next(iter(self.inversions.items()))
        return (
            f"Inference recommended below {SMALL} units: every value of {name} tested by letting the units' whole "
            f"residual histories change units ({inversion.draws:,} orders, seed {SEED}, both tails alike), "
            f"coefficients {boot}."
        )

    def told_errors(self, level: float) -> list[str]:
        """The Monte Carlo errors of p and of the ends at this `level`, a sentence for the spatial parameter."""
        words = []
        for name, inversion in self.inversions.items():
            p, error = inversion.p_at(0.0), inversion.p_error(0.0)
            ends = zip(("lower", "upper"), inversion.interval(level), inversion.end_errors(level), strict=True)
            told = "; ".join(
                f"{side} end at the limit {number(end)} (nothing up to it is rejected)"
                if end in inversion.window
                else f"{side} end {number(end)} ± {number(spread)}"
                for side, end, spread in ends
            )
            words.append(f"Monte Carlo error of {name}: p {p_text(p)} ± {number(error)}; {told}.")
        return words


def few_histories(fit: PanelFit) -> FewHistories | None:
    """The recommended inference of a panel of few units, made once; None where it is another one."""
    if not applies(fit):
        return None
    if "few_histories" not in fit.made:
        fit.made["few_histories"] = _made(fit)
    found: FewHistories = fit.made["few_histories"]
    return found


def applies(fit: PanelFit) -> bool:
    """Whether the recommended inference of `fit` is by its histories."""
    return (
        fit.inference == "recommended"
        and fit.n_units < SMALL
        and type(fit.problem) is PanelProblem
        and fit.problem.d is None
        and fit.design.stack.balanced
        and fit.n_periods > 1
        and not fit.edges
        and not all(name in fit.params.index for name in SPATIAL)
    )


def _made(fit: PanelFit) -> FewHistories:
    blocks = blocks_of(fit, "residual", "unit", DRAWS, SEED)
    inversions = {name: inverted(fit, name, DRAWS) for name in SPATIAL if name in fit.params.index}
    return FewHistories(fit.terms, inversions, blocks)


def inverted(fit: PanelFit, name: str, draws: int, seed: int = SEED) -> Inversion:
    """The tests of all values of rho or lambda."""
    model = fit.problem
    side = model.lag if name == "rho" else model.error
    assert side is not None
    given = orders(fit.n_units, draws, seed, ranks_of(fit.design.units), model.effects.groups)
    likely = _likelihood_ratios(model, name)
    return invert_roots(history_roots(model, given), float(fit.params[name]), side.interval, likely, draws)


def _likelihood_ratios(model: PanelProblem, name: str):  # type: ignore[no-untyped-def]
    """Twice the fall of the log-likelihood of the data from its top, at values (g,) of the only spatial parameter."""
    from gbaspatial.models.likelihood.problem import log_likelihood

    def _ratios(tried: np.ndarray) -> np.ndarray:
        found = np.array([log_likelihood(model, *((v, 0.0) if name == "rho" else (0.0, v))) for v in tried.tolist()])
        return np.asarray(2 * (np.nanmax(found) - found))

    return _ratios
