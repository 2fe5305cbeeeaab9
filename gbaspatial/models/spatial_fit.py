"""Fits with the verbs that apply to them: which class an estimator gives back says what one may ask.

==========================  ==========================================================================
`Fit`                       numbers and tables (in `fit`)
`SpatialFit`                + impacts, predictions, simulation, diagnostics, a second opinion, code
`LeastSquaresFit`           + the likelihood again: bootstrap, influence, power
`LikelihoodFit`             + profile, bias, exact test of rho or lambda
`InstrumentFit`             `SpatialFit` + tests of the instruments
`...ByRegime`               + the Chow test
`RhoByRegimeFit`            predictions and simulation
==========================  ==========================================================================

Verbs are functions, assigned: signature, types and help are the function's own.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from gbaspatial.models.diagnostics.chow import chow as _chow
from gbaspatial.models.diagnostics.suite import diagnostics as _diagnostics
from gbaspatial.models.few_units.bias import bias_correction as _bias_correction
from gbaspatial.models.few_units.bootstrap import bootstrap as _bootstrap
from gbaspatial.models.few_units.detectable import detectable_effect as _detectable_effect
from gbaspatial.models.few_units.exact import exact_test as _exact_test
from gbaspatial.models.few_units.influence import influence as _influence
from gbaspatial.models.few_units.profile import profile as _profile
from gbaspatial.models.few_units.recommended import few_units as _recommended
from gbaspatial.models.few_units.wild import wild_test as _wild_test
from gbaspatial.models.fit import Fit, problem_again
from gbaspatial.models.impacts.change import impact_of_change as _impact_of_change
from gbaspatial.models.impacts.engine import impact_matrix as _impact_matrix
from gbaspatial.models.impacts.summary_measures import impacts as _impacts
from gbaspatial.models.likelihood.maximum import maximize
from gbaspatial.models.predict import predict as _predict, predict_mean as _mean
from gbaspatial.models.simulation import simulate_fit as _simulate
from gbaspatial.referee import code as _code, second_opinion as _second_opinion

if TYPE_CHECKING:
    import numpy as np

    from gbaspatial.models.instruments.instrument_set import InstrumentTests
    from gbaspatial.models.likelihood.problem import Estimate


@dataclass(frozen=True, slots=True, eq=False)
class SpatialFit(Fit):
    """A fit of the lag and error family, or by least squares; see `Fit`."""

    impacts = _impacts
    impact_matrix = _impact_matrix
    impact_of_change = _impact_of_change
    predict = _predict
    simulate = _simulate
    diagnostics = _diagnostics
    second_opinion = _second_opinion
    code = _code


@dataclass(frozen=True, slots=True, eq=False)
class LeastSquaresFit(SpatialFit):
    """A fit whose Gaussian likelihood can be evaluated again; see `Fit`."""

    _refits = True

    bootstrap = _bootstrap
    wild_test = _wild_test
    influence = _influence
    detectable_effect = _detectable_effect

    _problem = problem_again

    def _refit(self, y: np.ndarray) -> Estimate:
        """The maximum-likelihood estimate for another outcome (n,) in the order of ``design.ids``."""
        return maximize(problem_again(self).with_outcome(y))


@dataclass(frozen=True, slots=True, eq=False)
class LikelihoodFit(LeastSquaresFit):
    """A fit by maximum likelihood with rho or lambda; see `Fit`."""

    profile = _profile
    bias_correction = _bias_correction
    exact_test = _exact_test
    _few_units = _recommended


@dataclass(frozen=True, slots=True, eq=False)
class InstrumentFit(SpatialFit):
    """A fit by generalized moments that uses instruments; see `Fit`."""

    def instrument_tests(self) -> InstrumentTests:
        """Strength and validity of the instruments."""
        tests: InstrumentTests = self.extra["instruments"]
        return tests


@dataclass(frozen=True, slots=True, eq=False)
class LeastSquaresByRegime(LeastSquaresFit):
    """A fit by least squares with ``regimes=``; see `Fit`."""

    chow = _chow


@dataclass(frozen=True, slots=True, eq=False)
class LikelihoodByRegime(LikelihoodFit):
    """A fit by maximum likelihood with ``regimes=``; see `Fit`."""

    chow = _chow


@dataclass(frozen=True, slots=True, eq=False)
class MomentsByRegime(SpatialFit):
    """A fit by generalized moments without instruments and with ``regimes=``; see `Fit`."""

    chow = _chow


@dataclass(frozen=True, slots=True, eq=False)
class InstrumentByRegime(InstrumentFit):
    """A fit by generalized moments with instruments and ``regimes=``; see `Fit`."""

    chow = _chow


@dataclass(frozen=True, slots=True, eq=False)
class RhoByRegimeFit(Fit):
    """A lag model with a rho for each class of units; see `Fit`."""

    predict = _predict
    simulate = _simulate


@dataclass(frozen=True, slots=True, eq=False)
class RhoByRegimeWithChow(RhoByRegimeFit):
    """A lag model with a rho and coefficients for each class of units; see `Fit`."""

    chow = _chow


def moments_kind(instruments: bool, regimes: bool) -> type[SpatialFit]:
    """The class of a fit by generalized moments."""
    if instruments:
        return InstrumentByRegime if regimes else InstrumentFit
    return MomentsByRegime if regimes else SpatialFit


@dataclass(frozen=True, slots=True, eq=False)
class ErrorProcessFit(Fit):
    """A fit whose errors depend on each other in another way (CAR, SMA): the mean of y given X is X b; see `Fit`."""

    predict = _mean
    impact_of_change = _impact_of_change
    second_opinion = _second_opinion
    code = _code
