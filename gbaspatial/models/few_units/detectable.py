"""What a model can see at this n, W and X: the power of its tests and the smallest effect detectable."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from gbaspatial.errors import OptionError, some
from gbaspatial.figures.parameters import detected_effects
from gbaspatial.inference.null import check_draws
from gbaspatial.models.few_units.refits import batch_around, check_refittable, places_of, ranks_of
from gbaspatial.models.fit import problem_again
from gbaspatial.models.likelihood.many_outcomes import Batch
from gbaspatial.models.likelihood.many_refits import refit
from gbaspatial.models.likelihood.problem import Problem, problem
from gbaspatial.models.likelihood.resample import Generator, held, restricted, scaled_innovations
from gbaspatial.models.simulation import check_parameter
from gbaspatial.options import probability, public
from gbaspatial.progress import shows_progress, track
from gbaspatial.randomness import AN_EFFECT, NO_EFFECT, Rng, seed_of
from gbaspatial.results import Result, Table

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from gbaspatial.models.fit import Fit

_POINTS = 15
_WIDEST = 40.0  # standard errors, where coefficients are searched


@dataclass(frozen=True, slots=True, eq=False)
class DetectableResult(Result):
    """The power of a test by size of the effect.

    Attributes
    ----------
    curve : pandas.DataFrame
        `effect` and `power`.
    negative, positive : float
        The effects nearest to zero that are found with probability `target`; NaN if no
        effect in the range is.
    name, target, alpha, draws, seed, n
    title : str
        Of the table.
    """

    name: str
    curve: pd.DataFrame
    negative: float
    positive: float
    target: float
    alpha: float
    draws: int
    seed: int
    n: int
    title: str

    @property
    def sentence(self) -> str:
        """In words."""
        found = [f"{self.negative:.3g} or less"] if np.isfinite(self.negative) else []
        found += [f"{self.positive:.3g} or more"] if np.isfinite(self.positive) else []
        test = f"With n = {self.n}, a test at {self.alpha:.0%} finds {self.name} with probability {self.target:.0%}"
        if not found:
            return f"{test} at no value that it may have."
        missing = "" if len(found) == 2 else f"; no {'positive' if np.isnan(self.positive) else 'negative'} value is"
        return f"{test} only if it is {', or '.join(found)}{missing}."

    def tables(self) -> tuple[Table, ...]:
        """The power curve."""
        note = "Two-sided, equal tails, critical values simulated so that the size is right; others at their estimates."
        return (Table(self.curve.set_index("effect"), self.title, (self.sentence, note, f"Seed {self.seed}.")),)

    def plot(self, ax: Axes | None = None) -> Axes:
        """Power over the effect."""
        return detected_effects(self, ax=ax)


@shows_progress
@public
def detectable_effect(
    fit: Fit,
    name: str | None = None,
    *,
    target: float = 0.8,
    alpha: float = 0.05,
    draws: int = 2000,
    rng: Rng = 0,
    progress: bool | None = None,
) -> DetectableResult:
    """The smallest value of a parameter that its test finds with probability `target`.

    Outcomes are simulated with the parameter at each value of a grid and all others at
    their estimates with it held at zero; the critical values are those simulated at zero.

    Parameters
    ----------
    fit : Fit
        By maximum likelihood or least squares.
    name : str, optional
        ``"rho"``, ``"lambda"`` or a term; by default rho, where the model has none lambda.
    target, alpha : float
        Power and size.
    draws : int
        Samples for each value.
    rng : int, Generator or None
        Seed; recorded.
    progress : bool, optional
        True tells on standard error how far work over two seconds has come, False never; by default on a terminal.

    Returns
    -------
    DetectableResult
        The effect, and the power at each value of the grid in `to_frame()`.

    Raises
    ------
    OptionError
        If the fit has no such parameter, or none is named and it has neither rho nor lambda, or `target`, `alpha` or
        `draws` cannot be used.

    Examples
    --------
    >>> import gbaspatial as gba
    >>> cities = gba.load_cities(year=2019)
    >>> w = gba.weights.contiguity(cities).row_standardized()
    >>> fit = gba.models.lag("log(gdp_pc_cny) ~ log(employment)", cities, w)
    >>> found = detectable_effect(fit, draws=200, rng=1)
    >>> found.to_frame().columns.tolist()
    ['power']
    """
    check_refittable(fit)
    for told, value in (("target", target), ("alpha", alpha)):
        probability(value, told)
    name = sought(name, fit.params.index)
    draws, seed = check_draws(draws), seed_of(rng)
    model, ranks = problem_again(fit), ranks_of(fit.design.ids)
    full = batch_around(fit, model)
    grid, at, statistic = (_spatial if name in ("rho", "lambda") else _coefficient)(fit, model, full, name)
    null = _drawn(at(0.0), statistic, ranks, draws, seed, NO_EFFECT)
    low, high = np.nanquantile(null, [alpha / 2, 1 - alpha / 2])
    drawn = [_drawn(at(float(v)), statistic, ranks, draws, seed, AN_EFFECT) for v in track(grid, f"values of {name}")]
    power = np.array([np.mean((values < low) | (values > high)) for values in drawn])
    curve = pd.DataFrame({"effect": grid, "power": power}).sort_values("effect", ignore_index=True)
    negative, positive = (first_reached(curve, target, side) for side in (-1, 1))
    title = f"Power to find {name} in the {fit.model} model: {fit.formula}"
    return DetectableResult(name, curve, negative, positive, target, alpha, draws, seed, fit.n, title)


def sought(name: str | None, parameters: pd.Index) -> str:
    """The parameter that is meant: rho, where there is none lambda, unless another is named."""
    if name is None:
        spatial = [term for term in ("rho", "lambda") if term in parameters]
        if not spatial:
            raise OptionError(f"the model has neither rho nor lambda; name one of its terms: {some(parameters)}.")
        return spatial[0]
    check_parameter(name, parameters)
    return name


def _drawn(source: Generator, statistic, ranks: np.ndarray, draws: int, seed: int, purpose: int) -> np.ndarray:  # type: ignore[no-untyped-def]
    from dataclasses import replace

    return np.concatenate(replace(source, seed=seed, purpose=purpose, ranks=ranks).each(statistic, draws))


def first_reached(curve: pd.DataFrame, target: float, side: int) -> float:
    """Going out from zero, where the power reaches `target`, between the grid's points."""
    part = curve[curve["effect"] * side > 0]
    part = part.reindex(part["effect"].abs().sort_values().index)
    effect, power = part["effect"].to_numpy(), part["power"].to_numpy()
    reached = np.flatnonzero(power >= target)
    if len(reached) == 0:
        return float("nan")
    place = int(reached[0])
    before = (effect[place - 1], power[place - 1]) if place else (0.0, 0.0)
    share = (target - before[1]) / (power[place] - before[1])
    return float(before[0] + share * (effect[place] - before[0]))


def _spatial(fit: Fit, model: Problem, full: Batch, name: str):  # type: ignore[no-untyped-def]
    """Grid, generator and signed root of the likelihood ratio for rho or lambda."""
    spline = full.lag if name == "rho" else full.error
    assert spline is not None
    shape = np.sin(np.pi / 2 * (np.arange(_POINTS) + 1) / (_POINTS + 0.5))
    grid = np.concatenate([spline.low * shape, spline.high * shape])
    zero = {"rho" if name == "rho" else "lam": 0.0}
    best = held(model, full, **zero)
    beta, rho, lam = restricted(model, zero.get("rho"), zero.get("lam"))
    e = scaled_innovations(model, beta, rho, lam)

    def _at(value: float) -> Generator:
        return Generator(
            model, beta, value if name == "rho" else rho, lam if name == "rho" else value, e, "parametric", seed=0
        )

    def _statistic(Y: np.ndarray) -> np.ndarray:
        # near a pole outcomes are so large that the model fits them to all digits: then no ratio is larger
        with np.errstate(divide="ignore", invalid="ignore"):
            found = refit(full, Y)
            ratio = np.nan_to_num(2 * (found.log_likelihood - best(Y)), nan=np.inf, posinf=np.inf)
        return np.sign(found.rho if name == "rho" else found.lam) * np.sqrt(np.maximum(ratio, 0.0))

    return grid, _at, _statistic


def _coefficient(fit: Fit, model: Problem, full: Batch, name: str):  # type: ignore[no-untyped-def]
    """Grid, generator and t statistic for a coefficient."""
    place = list(fit.params.index).index(name)
    others = [i for i in range(fit.k) if i != place]
    if not others:
        raise OptionError("the model has only one column in X; there is nothing to hold the outcome at without it.")
    part = problem(model.y, model.X[:, others], model.lag, model.error, model.d)
    beta = np.zeros(fit.k)
    beta[others], rho, lam = restricted(part, None, None)
    e = scaled_innovations(part, beta[others], rho, lam)
    size = float(refit(full, model.y[:, None], errors=True).std_errors[places_of(fit)[place], 0])
    shape = _WIDEST * (np.arange(1, _POINTS + 1) / _POINTS) ** 2
    grid = size * np.concatenate([-shape, shape])

    def _at(value: float) -> Generator:
        coefficients = beta.copy()
        coefficients[place] = value
        return Generator(model, coefficients, rho, lam, e, "parametric", seed=0)

    def _statistic(Y: np.ndarray) -> np.ndarray:
        found = refit(full, Y, errors=True)
        return found.beta[place] / found.std_errors[place]

    return grid, _at, _statistic
