"""`DynamicFit`: what dynamic panel models return: roots, the short and the long run, half-life, impulses."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from gbaspatial.alignment import check_unit
from gbaspatial.models.few_units.recommended import SEED
from gbaspatial.models.panel.dynamic_impacts import (
    DynamicImpacts,
    eigenvalues_of,
    impacts_over_time,
    largest_root,
    largest_roots,
    moving_of,
    moving_terms,
    no_run,
    parameter_draws,
    weights_held,
)
from gbaspatial.models.panel.panel_fit import PanelFit
from gbaspatial.options import level_of, whole
from gbaspatial.randomness import Rng, seed_of

if TYPE_CHECKING:
    from gbaspatial.alignment import Label


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class DynamicFit(PanelFit):
    """A panel model with the outcome of the period before.

    Attributes
    ----------
    dynamic : {"y", "y + Wy"}
    uncorrected : pandas.Series
        Estimates before the bias was taken off.
    ratio : float
        N / T^3, which must be small.
    roots : numpy.ndarray
        Eigenvalues of (I - rho W)^-1 (gamma I + delta W); the model is stable if all lie inside the unit circle.
    """

    dynamic: str
    uncorrected: pd.Series
    ratio: float
    roots: np.ndarray

    @property
    def stable(self) -> bool:
        """Whether all roots lie inside the unit circle."""
        return bool(np.abs(self.roots).max() < 1)

    def _about(self) -> list[str]:
        told = ", ".join(f"{name} = {value:.4f}" for name, value in self.uncorrected.items() if name in self._moving())
        return [
            *PanelFit._about(self),
            f"Largest root: {np.abs(self.roots).max():.4f}" + (" (stable)." if self.stable else " (not stable)."),
            *([f"{self._before()}: {told}."] if not self.uncorrected.equals(self.params) else []),
        ]

    def _before(self) -> str:
        """What the estimates in `uncorrected` are."""
        return "Before the bias is taken off"

    def _moving(self) -> tuple[str, ...]:
        return moving_terms(self.design.response)

    def impacts(  # type: ignore[override]
        self, *, period: Label = None, draws: int = 1999, rng: Rng = SEED, level: float = 0.95
    ) -> DynamicImpacts:
        """Direct, indirect and total impacts in the period itself and, where there is one, in the long run.

        The short run is that of (I - rho W)^-1 (b I + theta W), the long run that of
        ((1 - gamma) I - (rho + delta) W)^-1 (b I + theta W). Draws that are not stable count as unbounded
        in the long run, half of them on either side. By unit, group and order: ``impacts().short`` and ``.long``.

        Parameters
        ----------
        period : optional
            The period whose W is meant, and stays in the long run; needed where W changes over time.
        draws : int
            From the normal distribution of the estimates.
        rng : int, Generator or None
        level : float
            Of the intervals.
        """
        return impacts_over_time(self, period, whole(draws, "draws", least=99), rng, level_of(level))

    def half_life(self, *, period: Label = None, draws: int = 1999, rng: Rng = SEED, level: float = 0.95) -> pd.Series:
        """Periods until the slowest part of a shock is half: log(1/2) over the log of the largest root, with interval.

        Parameters
        ----------
        period : optional
            The period whose W stays; needed where W changes over time.
        draws : int
            Of the coefficients from their normal distribution, for the interval; at least 99.
        rng : int, numpy.random.Generator or None
            Seed of the draws.
        level : float
            Of confidence, between 0 and 1.

        Raises
        ------
        ConvergenceError
            If the model is not stable.
        """
        share, count = level_of(level), whole(draws, "draws", least=99)
        nodes = eigenvalues_of(weights_held(self, period))
        y = self.design.response
        own = largest_root(moving_of(self.params, y), nodes)
        if own >= 1:
            raise no_run(own, "half-life")
        drawn = parameter_draws(self, count, seed_of(rng))
        lives = np.array([_life(size) for size in largest_roots(moving_of(drawn, y), nodes)])
        lower, upper = np.quantile(lives, [(1 - share) / 2, (1 + share) / 2], method="closest_observation")
        life = _life(own)  # a size: its draws lie above a root that is near zero, which the interval shall hold
        return pd.Series({"estimate": life, "lower": min(lower, life), "upper": max(upper, life)}, name="half_life")

    def impulse(self, unit: Label, *, periods: int = 10, period: Label = None) -> pd.DataFrame:
        """What a shock of one to the innovation of `unit` does to all units, by period (rows) and unit (columns).

        Parameters
        ----------
        unit : label
            Where the shock falls.
        periods : int
            How many periods are followed after that of the shock.
        period : optional
            The period whose W stays; needed where W changes over time.

        Raises
        ------
        UnknownNameError
            If the model has no such unit.
        """
        steps = whole(periods, "periods", least=1)
        units = self.design.units
        check_unit(unit, units)
        n, W = len(units), weights_held(self, period)
        dense = np.zeros((n, n)) if W is None else W.sparse.toarray()
        gamma, delta, rho = moving_of(self.params, self.design.response)
        S = np.eye(n) - rho * dense
        now = np.linalg.solve(S, np.eye(n)[:, units.get_loc(unit)])
        rows = [now]
        for _ in range(steps):
            now = np.linalg.solve(S, gamma * now + delta * (dense @ now))
            rows.append(now)
        return pd.DataFrame(np.array(rows), index=pd.RangeIndex(steps + 1, name="period"), columns=units)


def _life(size: float) -> float:
    return float("inf") if size >= 1 else 0.0 if size <= 0 else float(np.log(0.5) / np.log(size))
