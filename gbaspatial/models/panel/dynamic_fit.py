"""`DynamicFit`: what dynamic panel models return: roots, the short and the long run, half-life, impulses."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from gbaspatial.alignment import check_unit
from gbaspatial.errors import ConvergenceError, OptionError
from gbaspatial.formula import is_intercept
from gbaspatial.models.few_units.recommended import SEED
from gbaspatial.models.panel.frame import PanelDesign, PanelWeights
from gbaspatial.models.panel.impacts_in_period import place_meant
from gbaspatial.models.panel.panel_fit import PanelFit
from gbaspatial.options import level_of, whole
from gbaspatial.randomness import IMPACT_DRAWS, Rng, seed_of, stream
from gbaspatial.results import Result, Table
from gbaspatial.weights import Weights

_EFFECTS = ("direct", "indirect", "total")


@dataclass(frozen=True, slots=True, eq=False)
class DynamicImpacts(Result):
    """Impacts in the short and, for a stable model, in the long run.

    Attributes
    ----------
    frame : pandas.DataFrame
        Indexed (run, effect, term), with `estimate, lower, upper`.
    level : float
        Of the intervals, which are quantiles of draws.
    draws, unstable : int
        Draws from the normal distribution of the estimates, and how many of them are not stable.
    notes : tuple of str
    """

    frame: pd.DataFrame
    level: float
    draws: int
    unstable: int
    formula: str
    notes: tuple[str, ...]

    def to_frame(self) -> pd.DataFrame:
        """The impacts; see `frame`."""
        return self.frame.copy()

    def tables(self) -> tuple[Table, ...]:
        """One table."""
        return (Table(self.frame, f"Impacts in the short and in the long run: {self.formula}", self.notes),)


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
            f"Before the bias is taken off: {told}.",
        ]

    def _moving(self) -> tuple[str, ...]:
        y = self.design.response
        return (f"L({y})", f"W(L({y}))", "rho")

    def impacts(  # type: ignore[override]
        self, *, period: Any = None, draws: int = 1999, rng: Rng = SEED, level: float = 0.95
    ) -> DynamicImpacts:
        """Direct, indirect and total impacts in the period itself and, where there is one, in the long run.

        The short run is that of (I - rho W)^-1 (b I + theta W), the long run that of
        ((1 - gamma) I - (rho + delta) W)^-1 (b I + theta W). Draws that are not stable count as unbounded
        in the long run, half of them on either side.

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
        return _impacts(self, weights_held(self, period), whole(draws, "draws", least=99), rng, level_of(level))

    def half_life(self, *, period: Any = None, draws: int = 1999, rng: Rng = SEED, level: float = 0.95) -> pd.Series:
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
        nodes = _eigenvalues(weights_held(self, period))
        own = _largest(_moving_parts(self), nodes)
        if own >= 1:
            raise _unstable(own, "half-life")
        sizes = [_largest(values, nodes) for values in _draws(self, count, rng)]
        lives = np.array([_life(size) for size in sizes])
        lower, upper = np.quantile(lives, [(1 - share) / 2, (1 + share) / 2], method="closest_observation")
        return pd.Series({"estimate": _life(own), "lower": lower, "upper": upper}, name="half_life")

    def impulse(self, unit: Any, *, periods: int = 10, period: Any = None) -> pd.DataFrame:
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
        gamma, delta, rho = _lags(self.params, self.design.response)
        S = np.eye(n) - rho * dense
        now = np.linalg.solve(S, np.eye(n)[:, units.get_loc(unit)])
        rows = [now]
        for _ in range(steps):
            now = np.linalg.solve(S, gamma * now + delta * (dense @ now))
            rows.append(now)
        return pd.DataFrame(np.array(rows), index=pd.RangeIndex(steps + 1, name="period"), columns=units)


def _unstable(root: float, what: str) -> ConvergenceError:
    return ConvergenceError(
        f"the model is not stable (its largest root has size {root:.4g}), so there is no {what}; take differences or "
        f"effects of time, or another W."
    )


def _moving_parts(fit: DynamicFit) -> pd.Series:
    return pd.Series(_lags(fit.params, fit.design.response), index=["gamma", "delta", "rho"])


def weights_held(fit: DynamicFit, period: Any) -> Weights | None:
    """The W that stays from now on: the only one, or that of `period`."""
    w = fit.w if fit.w is not None else fit.design.weights.get("W")
    if w is None:
        return None
    if period is None and not w.constant:
        raise OptionError(
            f"W changes over time, so there is no one long run; name the period whose W stays: "
            f"period={fit.design.periods[-1]}."
        )
    return w.by_period[place_meant(fit, period)]


def _lags(params: pd.Series, response: str) -> tuple[float, float, float]:
    """gamma, delta, rho."""
    names = (f"L({response})", f"W(L({response}))", "rho")
    gamma, delta, rho = (float(params.get(name, 0.0)) for name in names)
    return gamma, delta, rho


def _eigenvalues(w: Weights | None) -> np.ndarray:
    return np.zeros(1) if w is None else np.linalg.eigvals(w.sparse.toarray())


def roots_of(params: pd.Series, design: PanelDesign, w: PanelWeights | None) -> np.ndarray:
    """The eigenvalues of (I - rho W)^-1 (gamma I + delta W), of every W that there is."""
    gamma, delta, rho = _lags(params, design.response)
    if w is None:
        return np.array([gamma])
    nodes = np.concatenate([np.linalg.eigvals(one.sparse.toarray()) for one in w.different])
    return np.asarray((gamma + delta * nodes) / (1 - rho * nodes))


def _largest(values: pd.Series, nodes: np.ndarray) -> float:
    gamma, delta, rho = values.iloc[0], values.iloc[1], values.iloc[2]
    return float(np.abs((gamma + delta * nodes) / (1 - rho * nodes)).max())


def _life(size: float) -> float:
    return float("inf") if size >= 1 else 0.0 if size <= 0 else float(np.log(0.5) / np.log(size))


def _draws(fit: DynamicFit, count: int, rng: Rng) -> list[pd.Series]:
    """gamma, delta, rho, then the coefficients, in each draw."""
    values = stream(seed_of(rng), IMPACT_DRAWS).multivariate_normal(
        fit.params, fit.covariance, size=count, method="svd"
    )
    frame = pd.DataFrame(values, columns=fit.params.index)
    y = fit.design.response
    ordered = [f"L({y})", f"W(L({y}))", "rho"]
    frame = frame.reindex(columns=[*ordered, *(c for c in frame.columns if c not in ordered)], fill_value=0.0)
    return [row for _, row in frame.iterrows()]


def _impacts(fit: DynamicFit, W: Weights | None, draws: int, rng: Rng, level: float) -> DynamicImpacts:
    pairs = _pairs(fit)
    nodes = _eigenvalues(W)
    reader = _Multipliers(W, nodes, fit.design.stack.n)
    own = _moving_parts(fit)
    stable = _largest(own, nodes) < 1
    centre = pd.concat([own, fit.params.drop([name for name in fit._moving() if name in fit.params])])
    runs = ["short", "long"] if stable else ["short"]
    estimate = {run: reader.impacts(centre, pairs, run) for run in runs}
    found: dict[str, list[np.ndarray]] = {run: [] for run in runs}
    unstable = 0
    for row in _draws(fit, draws, rng):
        bad = _largest(row, nodes) >= 1
        unstable += bad
        for run in runs:
            blank = np.full((3, len(pairs)), np.inf if unstable % 2 else -np.inf)
            found[run].append(blank if bad and run == "long" else reader.impacts(row, pairs, run))
    tails = [(1 - level) / 2, (1 + level) / 2]
    rows = {}
    for run in runs:
        ends = np.quantile(np.array(found[run]), tails, axis=0, method="closest_observation")
        for i, effect in enumerate(_EFFECTS):
            for j, (term, _, _) in enumerate(pairs):
                rows[run, effect, term] = (estimate[run][i, j], ends[0, i, j], ends[1, i, j])
    frame = pd.DataFrame.from_dict(rows, orient="index", columns=["estimate", "lower", "upper"])
    frame.index = pd.MultiIndex.from_tuples(frame.index, names=["run", "effect", "term"])
    notes = [f"Intervals of {level:.0%}: quantiles of {draws} draws of the estimates."]
    if unstable and stable:
        notes.append(f"{unstable} draws are not stable and count as unbounded in the long run.")
    if not stable:
        notes.append(f"No long run: the largest root has size {_largest(own, nodes):.4g}.")
    return DynamicImpacts(frame, level, draws, unstable, fit.formula, tuple(notes))


def _pairs(fit: DynamicFit) -> list[tuple[str, str | None, str | None]]:
    """Each regressor with its own term and that of its spatial lag."""
    moving = fit._moving()
    columns = [c for c in fit.design.columns if c.name not in moving and not is_intercept(c.name)]
    found: dict[str, tuple[str | None, str | None]] = {}
    for column in columns:
        if column.weights not in (None, "W"):
            raise OptionError(f"impacts of a dynamic model need one W; {column.name} is a lag by another.")
        own, lag = found.get(column.regressor, (None, None))
        found[column.regressor] = (column.name, lag) if column.weights is None else (own, column.name)
    return [(name, own, lag) for name, (own, lag) in found.items()]


class _Multipliers:
    """Averages over units of (a I - c W)^-1 (b I + theta W)."""

    def __init__(self, w: Weights | None, nodes: np.ndarray, n: int) -> None:
        self.nodes, self.n, self.w = nodes, n if w is not None else 1, w
        sums = np.zeros(1) if w is None else np.asarray(w.sparse.sum(axis=1)).ravel()
        self.sums = sums
        self.even = bool(np.ptp(sums) <= 1e-12 * max(np.abs(sums).max(), 1e-300))

    def impacts(self, values: pd.Series, pairs: list[Any], run: str) -> np.ndarray:
        """Direct, indirect and total (3, terms)."""
        gamma, delta, rho = values.iloc[0], values.iloc[1], values.iloc[2]
        a, c = (1.0, rho) if run == "short" else (1 - gamma, rho + delta)
        inverse = 1 / (a - c * self.nodes)
        own = np.array([inverse.sum().real, (inverse * self.nodes).sum().real]) / self.n
        everywhere = self._totals(a, c)
        out = np.zeros((3, len(pairs)))
        for j, (_, one, lag) in enumerate(pairs):
            b = np.array([values[one] if one else 0.0, values[lag] if lag else 0.0])
            out[:, j] = own @ b, everywhere @ b - own @ b, everywhere @ b
        return out

    def _totals(self, a: float, c: float) -> np.ndarray:
        if self.even:
            s = float(self.sums[0])
            return np.array([1.0, s]) / (a - c * s)
        assert self.w is not None
        dense = self.w.sparse.toarray()
        left = np.linalg.solve((a * np.eye(self.n) - c * dense).T, np.ones(self.n))
        return np.array([left.sum(), left @ self.sums]) / self.n
