"""Impacts of a dynamic panel model in the short and in the long run, and its largest root, estimate and draws alike.

With y_t = rho W y_t + gamma y_(t-1) + delta W y_(t-1) + b x_t + t W x_t + ... the long run is that of a cross-section,
((1 - gamma) I - (rho + delta) W)^-1 (b I + t W) = (I - r W)^-1 (b I + t W) / (1 - gamma) with r = (rho + delta) / (1 -
gamma). So both runs are read by the engine of the cross-section: averages, units, groups and orders.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from gbaspatial.errors import ConvergenceError, OptionError
from gbaspatial.models.fit import Fit
from gbaspatial.models.impacts.summary_measures import ImpactsResult, of_draws
from gbaspatial.models.panel.frame import PanelDesign
from gbaspatial.models.panel.impacts_in_period import in_period, place_meant
from gbaspatial.models.panel.period_weights import PanelWeights
from gbaspatial.randomness import IMPACT_DRAWS, Rng, seed_of, stream
from gbaspatial.results import Result, Table
from gbaspatial.weights import Weights

if TYPE_CHECKING:
    from gbaspatial.alignment import Label
    from gbaspatial.models.panel.dynamic_fit import DynamicFit

_SHOWN = ["estimate", "lower", "upper"]
_WITHOUT_END = 1e9  # times the coefficients: a draw that is not stable, which intervals take for infinite


@dataclass(frozen=True, slots=True, eq=False)
class DynamicImpacts(Result):
    """Impacts in the short and, for a stable model, in the long run.

    Attributes
    ----------
    frame : pandas.DataFrame
        Indexed (run, effect, term), with `estimate, lower, upper`.
    short : ImpactsResult
        The impacts within the period; by unit, by group and by order too.
    level : float
        Of the intervals, which are quantiles of draws.
    draws, unstable : int
        Draws from the normal distribution of the estimates, and how many of them are not stable.
    notes : tuple of str
    formula : str
        Of the model.
    root : float
        Size of the largest root; below one the model is stable.
    lasting : ImpactsResult or None
        Of the long run; None where the model is not stable.
    """

    frame: pd.DataFrame
    short: ImpactsResult
    level: float
    draws: int
    unstable: int
    formula: str
    notes: tuple[str, ...]
    root: float
    lasting: ImpactsResult | None

    @property
    def long(self) -> ImpactsResult:
        """The impacts in the long run; by unit, by group and by order too.

        Raises
        ------
        ConvergenceError
            If the model is not stable.
        """
        if self.lasting is None:
            raise no_run(self.root, "long run")
        return self.lasting

    def to_frame(self) -> pd.DataFrame:
        """The impacts; see `frame`."""
        return self.frame.copy()

    def tables(self) -> tuple[Table, ...]:
        """One table."""
        return (Table(self.frame, f"Impacts in the short and in the long run: {self.formula}", self.notes),)


def impacts_over_time(fit: DynamicFit, period: Label, draws: int, rng: Rng, level: float) -> DynamicImpacts:
    """Impacts of every regressor in the period itself and, for a stable model, in the long run.

    Raises
    ------
    OptionError
        If W changes over time and no period is named.
    """
    held = weights_held(fit, period)
    section = _section(fit, period, held)
    nodes, seed, y = eigenvalues_of(held), seed_of(rng), fit.design.response
    root = largest_root(moving_of(fit.params, y), nodes)
    drawn = parameter_draws(fit, draws, seed)
    bad = largest_roots(moving_of(drawn, y), nodes) >= 1
    short = _of_short_run(fit, section, drawn, seed, level)
    lasting = _of_long_run(fit, section, drawn, bad, seed, level) if root < 1 else None
    runs = {"short": short} if lasting is None else {"short": short, "long": lasting}
    parts = {
        (run, effect): getattr(found, effect)[_SHOWN]
        for run, found in runs.items()
        for effect in ("direct", "indirect", "total")
    }
    frame = pd.concat(parts, names=["run", "effect"])
    notes = [f"Intervals of {level:.0%}: quantiles of {draws} draws of the estimates."]
    unstable = int(bad.sum())
    if unstable and lasting is not None:
        notes.append(f"{unstable} draws are not stable and count as unbounded in the long run.")
    if lasting is None:
        notes.append(f"No long run: the largest root has size {root:.4g}.")
    return DynamicImpacts(frame, short, level, draws, unstable, fit.formula, tuple(notes), root, lasting)


def _section(fit: DynamicFit, period: Label, held: Weights | None) -> Fit:
    """The model of one period without the outcome of the period before, under the W that stays."""
    section = in_period(fit, None if held is None else period)
    moving = moving_terms(fit.design.response)
    kept = [place for place, term in enumerate(section.design.terms) if term not in moving]
    design = replace(
        section.design, terms=tuple(section.design.terms[place] for place in kept), X=section.design.X[:, kept],
        columns=tuple(section.design.columns[place] for place in kept),
    )  # fmt: skip
    return replace(section, design=design, w=held)


def _of_short_run(fit: DynamicFit, section: Fit, drawn: pd.DataFrame, seed: int, level: float) -> ImpactsResult:
    names = list(section.design.terms)
    if fit.w is None:
        section = replace(section, w=None)
    else:
        names.append("rho")
    told = "percentiles of draws from the normal distribution of the estimates"
    return _read(section, fit.params[names], drawn[names].to_numpy(), seed, level, f"Short run: {told}")


def _of_long_run(
    fit: DynamicFit, section: Fit, drawn: pd.DataFrame, bad: np.ndarray, seed: int, level: float
) -> ImpactsResult:
    """A draw that is `bad` (m,), not stable, counts as one without an end, on either side by turns."""
    names, y = list(section.design.terms), fit.design.response
    own = _lasting(fit.params[names].to_numpy()[None, :], moving_of(fit.params, y)[None, :])
    values = _lasting(drawn[names].to_numpy(), moving_of(drawn, y))
    far = np.outer(np.where(np.arange(int(bad.sum())) % 2, 1.0, -1.0), _WITHOUT_END * np.abs(own[0, :-1]))
    values[bad] = np.column_stack([far, np.full(len(far), own[0, -1])])
    if section.w is None:
        own, values = own[:, :-1], values[:, :-1]
    else:
        names.append("rho")
    params = pd.Series(own[0], index=names, name="estimate")
    return _read(section, params, values, seed, level, "Long run: percentiles of draws; those not stable have no bound")


def _lasting(beta: np.ndarray, moving: np.ndarray) -> np.ndarray:
    """Coefficients `beta` (m, k) over 1 - gamma and, last, r: of an outcome that has settled."""
    gamma, delta, rho = moving.T
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.column_stack([beta, rho + delta]) / (1 - gamma)[:, None]


def _read(section: Fit, params: pd.Series, drawn: np.ndarray, seed: int, level: float, told: str) -> ImpactsResult:
    """Impacts of `params` with draws of them (m, p)."""
    spread = pd.DataFrame(np.atleast_2d(np.cov(drawn.T)), index=params.index, columns=params.index)
    one = replace(section, params=params, covariance=spread)
    return of_draws(one, drawn, seed=seed, level=level, told=told, method="draws")


# -- what moves over time ---------------------------------------------------------------------
def no_run(root: float, what: str) -> ConvergenceError:
    """The error of a model that is not stable, asked for `what` needs it."""
    return ConvergenceError(
        f"the model is not stable (its largest root has size {root:.4g}), so there is no {what}; take differences or "
        f"effects of time, or another W."
    )


def weights_held(fit: DynamicFit, period: Label) -> Weights | None:
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


def moving_of(params: pd.Series | pd.DataFrame, response: str) -> np.ndarray:
    """gamma, delta and rho (3,) of parameters, or (m, 3) of draws of them."""
    nothing = 0.0 if isinstance(params, pd.Series) else np.zeros(len(params))
    return np.stack([params.get(name, nothing) for name in moving_terms(response)], axis=-1).astype(float)


def moving_terms(response: str) -> tuple[str, str, str]:
    """The names of gamma, delta and rho."""
    return f"L({response})", f"W(L({response}))", "rho"


def eigenvalues_of(w: Weights | None) -> np.ndarray:
    """Those of W (n,), or zero."""
    return np.zeros(1) if w is None else np.linalg.eigvals(w.sparse.toarray())


def roots_of(params: pd.Series, design: PanelDesign, w: PanelWeights | None) -> np.ndarray:
    """The eigenvalues of (I - rho W)^-1 (gamma I + delta W), of every W that there is."""
    gamma, delta, rho = moving_of(params, design.response)
    if w is None:
        return np.array([gamma])
    nodes = np.concatenate([np.linalg.eigvals(one.sparse.toarray()) for one in w.different])
    return np.asarray((gamma + delta * nodes) / (1 - rho * nodes))


def largest_root(moving: np.ndarray, nodes: np.ndarray) -> float:
    """The largest root with gamma, delta and rho (3,) where W has the eigenvalues `nodes` (n,)."""
    return float(largest_roots(moving[None, :], nodes)[0])


def largest_roots(moving: np.ndarray, nodes: np.ndarray) -> np.ndarray:
    """The same for each row of `moving` (m, 3)."""
    gamma, delta, rho = (moving[:, [place]] for place in range(3))
    return np.asarray(np.abs((gamma + delta * nodes) / (1 - rho * nodes)).max(axis=1))


def parameter_draws(fit: DynamicFit, count: int, seed: int) -> pd.DataFrame:
    """Draws (m, p) of the parameters from their normal distribution."""
    random = stream(seed, IMPACT_DRAWS)
    values = random.multivariate_normal(fit.params, fit.covariance, size=count, method="svd")
    return pd.DataFrame(values, columns=fit.params.index)
