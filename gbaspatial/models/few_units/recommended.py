"""The recommended inference of a fit: one, named, seeded and cached by the fit, behind every number that is shown.

==============================================  ====================================================
fit                                             recommended
==============================================  ====================================================
below `SMALL` units, maximum likelihood, rho    every value tested by rotations, exact for normal
or lambda                                       errors; coefficients by t given rho or lambda, over
                                                the confidence distribution of that (`Mixture`)
the same with rho and lambda                    every value of each tested, the other estimated
                                                (approximate); coefficients by studentized refits
least squares                                   t with n - k degrees of freedom
all else                                        normal (asymptotic)
==============================================  ====================================================

``inference="asymptotic"`` leaves only the last two. Standard errors and t values are always
the asymptotic ones.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from gbaspatial.inference.null import check_draws
from gbaspatial.models.few_units.refits import ranks_of, refits
from gbaspatial.models.fit import SPATIAL, Fit, problem_again
from gbaspatial.models.fit_tables import SMALL
from gbaspatial.models.likelihood.confidence import mixture
from gbaspatial.models.likelihood.inversion import POINTS, Inversion, invert
from gbaspatial.sizes import POINTS_TWO

if TYPE_CHECKING:
    from gbaspatial.models.likelihood.confidence import Mixture

SEED = 0
DRAWS = 9_999
DRAWS_TWO = 999  # with two spatial parameters a test costs ten times as much, and is approximate
DRAWS_MANY = 999  # from fifty units on, where the asymptotic interval is near


@dataclass(frozen=True, slots=True, eq=False)
class Studentized:
    """Refits by their t: `ratios` (m, k), and the standard errors (k,) that scale them back."""

    estimate: np.ndarray
    scale: np.ndarray
    ratios: np.ndarray

    def p_values(self) -> np.ndarray:
        """Two-sided (k,)."""
        extreme = (np.abs(self.ratios) >= np.abs(self.estimate / self.scale) - 1e-12).sum(axis=0)
        return (extreme + 1) / (np.isfinite(self.ratios).sum(axis=0) + 1)

    def interval(self, level: float) -> tuple[np.ndarray, np.ndarray]:
        """Ends (k,), symmetric."""
        width = np.nanquantile(np.abs(self.ratios), level, axis=0) * self.scale
        return self.estimate - width, self.estimate + width


@dataclass(frozen=True, slots=True, eq=False)
class FewUnits:
    """p-values and intervals of a fit of few units: of the spatial parameters by inversion, and of coefficients."""

    terms: tuple[str, ...]
    inversions: Mapping[str, Inversion]
    coefficients: Mixture | Studentized

    @property
    def exact(self) -> bool:
        """Whether the tests of the spatial parameter are exact for normal errors."""
        return len(self.inversions) == 1

    def p_values(self) -> pd.Series:
        """Two-sided, by term."""
        spatial = [found.p_at(0.0) for found in self.inversions.values()]
        return pd.Series([*self.coefficients.p_values(), *spatial], index=self._index(), name="p_value")

    def conf_int(self, level: float) -> pd.DataFrame:
        """Ends `lower`, `upper` by term."""
        low, high = self.coefficients.interval(level)
        ends = [found.interval(level) for found in self.inversions.values()]
        rows = np.vstack([np.column_stack([low, high]), np.array(ends)])
        return pd.DataFrame(rows, index=self._index(), columns=["lower", "upper"])

    def told(self) -> str:
        """One sentence that names this inference."""
        first = next(iter(self.inversions.values()))
        names = " and ".join(self.inversions)
        drawn = f"{first.draws:,} rotations of residuals, seed {SEED}"
        if self.exact:
            return (
                f"Inference recommended below {SMALL} units: every value of {names} tested ({drawn}: exact for normal "
                f"errors, both tails alike), coefficients by t given {names}, over its confidence distribution."
            )
        return (
            f"Inference recommended below {SMALL} units: every value of {names} tested, the other estimated ({drawn}: "
            f"approximate), coefficients by parametric bootstrap (studentized, {first.draws:,} draws)."
        )

    def told_errors(self, level: float) -> list[str]:
        """The Monte Carlo errors of p and of the ends at this `level`, a sentence for each spatial parameter."""
        return [inversion.told_errors(name, level) for name, inversion in self.inversions.items()]

    def _index(self) -> pd.Index:
        return pd.Index([*self.terms, *self.inversions])


def applies(fit: Fit) -> bool:
    """Whether the recommended inference of `fit` is by inversion."""
    spatial = any(name in fit.params.index for name in SPATIAL)
    plain = fit._refits and fit.covariance_code == "information"
    return fit.inference == "recommended" and fit.n < SMALL and spatial and plain


def few_units(fit: Fit) -> FewUnits | None:
    """The recommended inference of a fit of few units, made once; None where it is another one."""
    if not applies(fit):
        return None
    if "few_units" not in fit._made:
        fit._made["few_units"] = _made(fit)
    found: FewUnits = fit._made["few_units"]
    return found


def inversion_of(fit: Fit, name: str, seed: int = SEED, draws: int | None = None) -> Inversion:
    """The tests of all values of rho or lambda; those of the recommended inference where they are the same."""
    two = all(term in fit.params.index for term in SPATIAL)
    few = DRAWS_TWO if two else DRAWS
    draws = (few if fit.n < SMALL else DRAWS_MANY) if draws is None else check_draws(draws)
    usual = seed == SEED and draws == few
    known = few_units(fit) if usual else None
    if known is not None:
        return known.inversions[name]
    return _inverted(fit, name, draws, seed, two)


def _inverted(fit: Fit, name: str, draws: int, seed: int, two: bool) -> Inversion:
    ranks, points = ranks_of(fit.design.ids), POINTS_TWO if two else POINTS
    return invert(problem_again(fit), name, draws=draws, seed=seed, ranks=ranks, points=points)


def _made(fit: Fit) -> FewUnits:
    names = [name for name in SPATIAL if name in fit.params.index]
    if len(names) == 1:
        found = {names[0]: _inverted(fit, names[0], DRAWS, SEED, two=False)}
        return FewUnits(fit.terms, found, mixture(problem_again(fit), names[0], found[names[0]]))
    both = {name: _inverted(fit, name, DRAWS_TWO, SEED, two=True) for name in names}
    return FewUnits(fit.terms, both, _studentized(fit))


def _studentized(fit: Fit) -> Studentized:
    own, parts = refits(fit, DRAWS_TWO, "parametric", SEED)
    center, scale = own.beta[:, 0], own.std_errors[: fit.k, 0]
    with np.errstate(invalid="ignore", divide="ignore"):
        ratios = ((parts.beta - center[:, None]) / parts.std_errors[: fit.k]).T
    return Studentized(center, scale, np.where(np.isfinite(ratios), ratios, np.nan))
