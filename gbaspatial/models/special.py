"""`SpecialFit`: a `Fit` of a model outside the family of `likelihood`, which refuses what does not apply to it.

The verbs of `Fit` evaluate the likelihood of the lag and error family again. For a model
with another likelihood they would answer for the wrong model, so they say no instead.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Any, NoReturn, TypeVar

import numpy as np
from scipy import optimize

from gbaspatial.errors import ConvergenceError, OptionError, check_option
from gbaspatial.models.fit import TITLES, Fit

TITLES.update(
    {
        "mess": "Matrix exponential spatial lag model (MESS)",
        "mess_error": "Matrix exponential spatial error model (MESS)",
        "car": "Conditional autoregressive model (CAR)",
        "sma": "Spatial moving average model (SMA)",
        "ppml": "Poisson regression",
        "filter": "Least squares with Moran eigenvectors (spatial filter)",
    }
)
_EDGE = 1e-3
F = TypeVar("F", bound="SpecialFit")


@dataclass(frozen=True, slots=True, eq=False)
class SpecialFit(Fit):
    """A `Fit` whose model is not one of the lag and error family; verbs of that family raise `OptionError`."""

    def _refuse(self, verb: str) -> NoReturn:
        raise OptionError(
            f"{verb}() works with the likelihood of the lag and error family, and does not apply to "
            f"{TITLES.get(self.model, self.model)}."
        )

    def problem(self) -> Any:
        """Not for this model."""
        self._refuse("problem")

    def refit(self, y: np.ndarray) -> Any:
        """Not for this model."""
        self._refuse("refit")

    def impacts(self, **options: Any) -> Any:
        """Not for this model."""
        self._refuse("impacts")

    def impact_matrix(self, *names: str, **options: Any) -> Any:
        """Not for this model."""
        self._refuse("impact_matrix")

    def bootstrap(self, **options: Any) -> Any:
        """Not for this model."""
        self._refuse("bootstrap")

    def profile(self, *names: str, **options: Any) -> Any:
        """Not for this model."""
        self._refuse("profile")

    def influence(self, **options: Any) -> Any:
        """Not for this model."""
        self._refuse("influence")

    def predict(self, *data: Any, **options: Any) -> Any:
        """The mean of y given X, of fitted or new units: X b where the dependence is of errors; else not for it."""
        if self.model not in ("car", "sma", "mess_error"):
            self._refuse("predict")
        from gbaspatial.models.predict import predict

        check_option(options.pop("kind", "corrected"), ("trend", "corrected"), "kind")
        return predict(self, *data, kind="trend", **options)

    def simulate(self, **options: Any) -> Any:
        """Not for this model."""
        self._refuse("simulate")

    def diagnostics(self, *w: Any, **options: Any) -> Any:
        """Not for this model."""
        self._refuse("diagnostics")

    def chow(self) -> Any:
        """Not for this model."""
        self._refuse("chow")


def as_kind(kind: type[F], fit: Fit) -> F:
    """`fit` as a fit of a special `kind`."""
    return kind(**{part.name: getattr(fit, part.name) for part in fields(fit) if part.init})


def highest(value: Any, slope: Any, low: float, high: float, *, points: int = 41, inside: bool = False) -> float:
    """Where `value` (a function of one number) is largest in (low, high): all peaks of a grid, each refined.

    A zero of its `slope` is found to all digits, where the largest value would be flat to half of
    them: so the answer depends neither on the order of the units nor on the scale of W. With
    `inside` a peak at an end counts only if there is no other: for likelihoods that have a pole
    there.

    Raises
    ------
    ConvergenceError
        If the function is finite nowhere.
    """
    grid = (low + high) / 2 - (high - low) / 2 * np.cos(np.pi * (np.arange(points) + 0.5) / points)
    heights = np.array([value(x) for x in grid])
    heights[~np.isfinite(heights)] = -np.inf
    if not np.isfinite(heights.max()):
        raise ConvergenceError(f"the likelihood is finite nowhere in ({low:.6g}, {high:.6g}).")
    padded = np.concatenate([[-np.inf], heights, [-np.inf]])
    peaks = np.flatnonzero((heights >= padded[:-2]) & (heights >= padded[2:]) & np.isfinite(heights))
    if inside and ((peaks > 0) & (peaks < points - 1)).any():
        peaks = peaks[(peaks > 0) & (peaks < points - 1)]
    ends = np.concatenate([[low], grid, [high]])
    best = [level(slope, ends[p], ends[p + 2]) for p in peaks]
    return max(best, key=value)


def level(slope: Any, low: float, high: float) -> float:
    """Where a `slope` that falls from `low` to `high` is zero; the better end if it does not change sign."""
    if not slope(low) > 0:
        return float(low)
    if not slope(high) < 0:
        return float(high)
    return float(optimize.brentq(slope, low, high, xtol=max(1e-15 * (high - low), 1e-300), rtol=1e-14, maxiter=300))


def at_edge(value: float, low: float, high: float) -> bool:
    """Whether `value` lies within a thousandth of an end of (low, high)."""
    return min(value - low, high - value) < _EDGE * (high - low)
