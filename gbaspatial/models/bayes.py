"""Bayesian answers without simulation: the posterior of rho, and the probabilities of models and weights."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from gbaspatial.errors import DataError, OptionError, some
from gbaspatial.figures.parameters import posterior_density
from gbaspatial.formula import Design, design, is_intercept
from gbaspatial.models.fit import problem_again
from gbaspatial.models.likelihood.identification import acts_as_number, cut_note
from gbaspatial.models.likelihood.marginal import Grid, Level, evidence, level_of, log_density, trapezoid
from gbaspatial.models.likelihood.of_design import problem_of
from gbaspatial.models.likelihood.problem import Problem
from gbaspatial.models.solve.admissible import window
from gbaspatial.options import only, public, word
from gbaspatial.results import Result, Table
from gbaspatial.weights import as_weights
from gbaspatial.weights.adoption import as_weights_called

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from gbaspatial.models.fit import Fit
    from gbaspatial.weights.annotations import WeightsGiven

MODELS = ("slx", "lag", "error", "durbin", "durbin_error")
_TWO = 61  # points a side on the plane of rho and lambda


@dataclass(frozen=True, slots=True, eq=False)
class Posterior(Result):
    """The marginal posterior of each spatial parameter of one model.

    Attributes
    ----------
    grids : mapping of str to Grid
        Nodes and density, by ``rho`` and ``lambda``.
    log_evidence : float
        Log marginal likelihood of the model.
    g : float
        Of the prior of the coefficients.
    intervals : mapping of str to (float, float)
        The admissible interval of each parameter.
    n : int
        Units.
    """

    grids: Mapping[str, Grid]
    log_evidence: float
    g: float
    n: int
    intervals: Mapping[str, tuple[float, float]]

    def tables(self) -> tuple[Table, ...]:
        """Mean, standard deviation, quantiles and the probability of a positive value."""
        rows = {name: summary_of(grid) for name, grid in self.grids.items()}
        frame = pd.DataFrame.from_dict(rows, orient="index").rename_axis("parameter")
        notes = [
            f"n = {self.n}; prior uniform over the admissible interval and flat on the mean level, coefficients "
            f"N(0, g s2 (X'X)^-1) with g = {self.g:g}; log marginal likelihood {self.log_evidence:.4f}."
        ]
        cuts = [cut_note(name, interval) for name, interval in self.intervals.items()]
        notes += [f"{cut} The prior is uniform over that part." for cut in cuts if cut is not None]
        return (Table(frame, "Posterior of the spatial parameters", tuple(notes)),)

    def plot(self, ax: Axes | None = None) -> Axes:
        """The density of each parameter."""
        return posterior_density(self, ax=ax)


@dataclass(frozen=True, slots=True, eq=False)
class ModelProbabilities(Result):
    """Posterior probabilities over models and weights, each equally likely before.

    Attributes
    ----------
    frame : pandas.DataFrame
        Index (``weights``, ``model``); `log_evidence`, `probability`, posterior `mean`, `lower`
        and `upper` of the spatial parameter.
    uninformed : tuple of str
        Weights under which the data say nothing of rho or lambda: their posterior is the prior.
    n : int
        Units.
    g : float
        Zellner's g, of the prior of coefficients.
    """

    frame: pd.DataFrame
    n: int
    g: float
    uninformed: tuple[str, ...] = ()

    @property
    def by_model(self) -> pd.Series:
        """Probability of each model, over all weights."""
        return self.frame["probability"].groupby(level="model", sort=False).sum()

    @property
    def by_weights(self) -> pd.Series:
        """Probability of each W, over all models."""
        return self.frame["probability"].groupby(level="weights", sort=False).sum()

    def tables(self) -> tuple[Table, ...]:
        """All combinations, then the models, then the weights."""
        notes = [f"n = {self.n}; every combination equally likely before the data; g = {self.g:g}."]
        if self.uninformed:
            notes.append(uninformed_note(self.uninformed))
        first = Table(self.frame, "Posterior probabilities of models", tuple(notes))
        return first, Table(self.by_model.to_frame(), "By model"), Table(self.by_weights.to_frame(), "By weights")


@public
def posterior(fit: Fit, *, g: float | None = None) -> Posterior:
    """The posterior of the spatial parameters of a fitted model, on a grid.

    Parameters
    ----------
    fit : Fit
        A model with rho, lambda or both.
    g : float, optional
        Of Zellner's prior of the coefficients; n by default.

    Returns
    -------
    Posterior
        Means, intervals and densities of rho, lambda or both.

    Raises
    ------
    OptionError
        If the fit has no spatial parameter or is not one of maximum likelihood, or `g` is not positive.

    References
    ----------
    LeSage, J., Pace, R. K. (2009). Introduction to Spatial Econometrics. CRC Press.
    Zellner, A. (1986). On assessing prior distributions and Bayesian regression analysis
    with g-prior distributions.

    Examples
    --------
    >>> import gbaspatial as gba
    >>> cities = gba.load_cities(year=2019)
    >>> w = gba.weights.contiguity(cities).row_standardized()
    >>> fit = gba.models.lag("log(gdp_pc_cny) ~ C(tier)", cities, w)
    >>> frame = posterior(fit).to_frame()
    >>> bool(frame.loc["rho", "lower"] < frame.loc["rho", "mean"] < frame.loc["rho", "upper"])
    True
    """
    if fit.w is None and fit.error_w is None:
        raise OptionError("the model has no spatial parameter; fit a lag, error or SARAR model.")
    size = prior_size(g, fit.n)
    return posterior_of(problem_again(fit), intercept_of(fit.design), size)


def posterior_of(model: Problem, intercept: int | None, g: float, level: Level | None = None) -> Posterior:
    """The `Posterior` of a likelihood problem whose column `intercept` is the constant (None: it has none).

    `level` is how far the intercept moves the mean level of y, where that is not for `level_of` to say.
    """
    level = level_of(model, intercept) if level is None else level
    sides = {name: side for name, side in (("rho", model.lag), ("lambda", model.error)) if side is not None}
    intervals = {name: side.interval for name, side in sides.items()}
    if len(sides) == 2:
        return Posterior(*_plane(model, intercept, g, level), g, model.n, intervals)
    grid, value = evidence(model, intercept, g, level)
    assert grid is not None
    return Posterior(dict.fromkeys(sides, grid), value, g, model.n, intervals)


def uninformed_note(names: Sequence[str]) -> str:
    """That the data say nothing of the spatial parameter under the weights `names`."""
    return (
        f"Under {some(names)} the data say nothing of the spatial parameter (W acts on all that the regressors leave "
        f"unexplained as a number): its posterior is the prior, and the evidence that of least squares."
    )


@public
def model_probabilities(
    formula: str,
    data: pd.DataFrame,
    w: WeightsGiven,
    *,
    models: Sequence[str] = MODELS,
    g: float | None = None,
    **options: object,
) -> ModelProbabilities:
    """How probable the data make each model and each W.

    Parameters
    ----------
    formula : str
        Without lags: the models add ``W(x)`` of every regressor where they have it.
    data : pandas.DataFrame
        One row per unit, indexed by unit; or a panel, indexed by unit and time.
    w : Weights or mapping of str to Weights
        One W, or several to compare under their names.
    models : sequence of {"ols", "slx", "lag", "error", "durbin", "durbin_error"}
        What is compared, all with the same prior probability.
    g : float, optional
        Of Zellner's prior; n by default (the information of one unit).
    **options
        Of panels, ``effects`` (fixed ones or none) and ``unbalanced``; see `posterior_probabilities`.

    Returns
    -------
    ModelProbabilities
        One row for each model and W, with its marginal likelihood and `probability`.

    Raises
    ------
    OptionError
        If a model is not known, or `g` is not positive.
    FormulaError, AlignmentError, MissingDataError, DataError
        For input that cannot be used.

    References
    ----------
    LeSage, J. (2014). Spatial econometric panel data model specification: a Bayesian
    approach. Spatial Statistics 9, 122-145.

    Examples
    --------
    >>> import gbaspatial as gba
    >>> cities = gba.load_cities(year=2019)
    >>> w = gba.weights.contiguity(cities).row_standardized()
    >>> result = model_probabilities("log(gdp_pc_cny) ~ log(employment)", cities, w)
    >>> round(float(result.frame["probability"].sum()), 10)
    1.0
    """
    if is_panel(data):
        from gbaspatial.models import panel_model_probabilities

        found: ModelProbabilities = panel_model_probabilities(formula, data, w, models=models, g=g, **options)
        return found
    only(options, (), "model_probabilities() of a cross-section")
    for name in models:
        word(name, ("ols", *MODELS), "models")
    named = (
        {str(k): as_weights_called(v, f"w[{k!r}]") for k, v in w.items()}
        if isinstance(w, Mapping)
        else {"W": as_weights(w)}
    )
    if not named or not models:
        raise DataError("there is nothing to compare: give at least one model and one W.")
    rows: dict[tuple[str, str], tuple[Grid | None, float]] = {}
    n, size = 0, 0.0
    uninformed = []
    for label, matrix in named.items():
        for name in models:
            spec = design(formula, data, matrix, durbin=name in ("slx", "durbin", "durbin_error"))
            n, size = spec.n, prior_size(g, spec.n)
            rows[label, name] = evidence(problem_for(name, spec), intercept_of(spec), size)
            if rows[label, name][0] and not says_something(spec):
                uninformed.append(label)
    return comparison_of(rows, n, size, uninformed)


def comparison_of(
    rows: Mapping[tuple[str, str], tuple[Grid | None, float]], n: int, g: float, uninformed: Iterable[str]
) -> ModelProbabilities:
    """From the grid of densities and the log evidence of each (W, model)."""
    told = {}
    for place, (grid, value) in rows.items():
        about = summary_of(grid) if grid else {}
        told[place] = {"log_evidence": value, **{k: about.get(k, np.nan) for k in ("mean", "lower", "upper")}}
    frame = pd.DataFrame.from_dict(told, orient="index")
    frame.index = pd.MultiIndex.from_tuples(list(rows), names=["weights", "model"])
    frame.insert(1, "probability", probabilities(frame["log_evidence"].to_numpy()))
    return ModelProbabilities(frame, n, g, tuple(dict.fromkeys(uninformed)))


def is_panel(data: object) -> bool:
    """Whether the rows are indexed by unit and time."""
    return isinstance(data, pd.DataFrame) and data.index.nlevels == 2


def probabilities(log_evidence: np.ndarray) -> np.ndarray:
    """Posterior probabilities (m,) of equally likely models."""
    shifted = np.exp(log_evidence - log_evidence.max())
    return shifted / shifted.sum()


def problem_for(name: str, spec: Design) -> Problem:
    """The likelihood of `spec` as the model `name`, with its W."""
    w = spec.weights.get("W")
    lagged, erred = name in ("lag", "durbin", "sarar", "gns"), name in ("error", "durbin_error", "sarar", "gns")
    return problem_of(spec, w if lagged else None, w if erred else None)


def says_something(spec: Design) -> bool:
    """Whether W tells anything of a spatial parameter beside the regressors of `spec`."""
    return acts_as_number(spec.X, spec.weights["W"].sparse, spec.observation_weights) is None


def intercept_of(spec: Design) -> int | None:
    """The place of the intercept among the columns; None without one."""
    places = [place for place, term in enumerate(spec.terms) if is_intercept(term)]
    if len(places) > 1:
        raise OptionError("posterior probabilities are not defined for regimes with intercepts of their own.")
    return places[0] if places else None


def prior_size(g: float | None, n: int) -> float:
    """The size of Zellner's prior: `g`, or n."""
    if g is not None and not g > 0:
        raise OptionError(f"g={g!r} must be positive.")
    return float(n if g is None else g)


def summary_of(grid: Grid) -> dict[str, float]:
    """Mean, spread, quantiles and the probability of a positive value."""
    mass = grid.weights()
    mean = float(mass @ grid.at)
    lower, median, upper = np.interp([0.025, 0.5, 0.975], np.cumsum(mass) - mass / 2, grid.at)
    return {
        "mean": mean,
        "sd": float(np.sqrt(mass @ (grid.at - mean) ** 2)),
        "lower": float(lower),
        "median": float(median),
        "upper": float(upper),
        "p_positive": float(mass[grid.at > 0].sum()),
    }


def _plane(model: Problem, intercept: int | None, g: float, level: Level) -> tuple[dict[str, Grid], float]:
    """Marginals of rho and lambda, and the log marginal likelihood, from a grid over the plane of both."""
    assert model.lag is not None
    assert model.error is not None
    boxes = [window(model.lag.interval), window(model.error.interval)]
    volume = sum(float(np.log(high - low)) for low, high in boxes)
    for _ in range(3):  # once over the whole plane, then where the mass is
        rhos, lams = (np.linspace(low, high, _TWO) for low, high in boxes)
        logs = np.array([[log_density(model, r, s, intercept, g, level) for s in lams] for r in rhos])
        peak = logs.max()
        kept = logs > peak - 25
        boxes = [_around(axis, kept.any(axis=1 - side), boxes[side]) for side, axis in enumerate((rhos, lams))]
    cell = np.outer(trapezoid(rhos), trapezoid(lams))
    mass = np.exp(logs - peak) * cell
    total = float(mass.sum())
    one = Grid(rhos, mass.sum(axis=1) / total / trapezoid(rhos), float("nan"))
    two = Grid(lams, mass.sum(axis=0) / total / trapezoid(lams), float("nan"))
    return {"rho": one, "lambda": two}, float(peak + np.log(total) - volume)


def _around(axis: np.ndarray, kept: np.ndarray, box: tuple[float, float]) -> tuple[float, float]:
    """The box of the nodes kept, one node wider on each side."""
    places = np.flatnonzero(kept)
    low = box[0] if places[0] == 0 else float(axis[places[0] - 1])
    high = box[1] if places[-1] == len(axis) - 1 else float(axis[places[-1] + 1])
    return low, high
