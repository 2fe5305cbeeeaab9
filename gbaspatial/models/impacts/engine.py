"""Impacts: what a change in a regressor in one place does there and elsewhere.

For y = rho W y + b x + t W x + ... the change of the mean of y_i when x_j rises by one is
entry (i, j) of S = (I - rho W)^-1 (b I + t W). The direct impact is the mean of the
diagonal, the total impact the mean of the row sums, the indirect impact their difference
(LeSage and Pace 2009). The feedback of t is counted where it arrives: part of it is direct.
Nothing here assumes that the rows of W sum to one.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np
import pandas as pd

from gbaspatial.errors import OptionError, UnknownNameError, nearest_names
from gbaspatial.formula import Regressor
from gbaspatial.inference.null import check_draws, check_draws_of_interval
from gbaspatial.models.few_units.recommended import inversion_of
from gbaspatial.models.few_units.refits import refits
from gbaspatial.models.fit import problem_again
from gbaspatial.models.impacts import average as effects
from gbaspatial.models.impacts.average import Measured, Quantity, Uncertainty
from gbaspatial.models.impacts.uncertainty import chosen
from gbaspatial.models.likelihood.confidence import mixture, parameter_draws
from gbaspatial.models.solve.admissible import window
from gbaspatial.models.solve.resolvent import Reading, Resolvent, resolvent_of
from gbaspatial.models.solve.side import Side, side_of
from gbaspatial.options import level_of, public, word
from gbaspatial.randomness import IMPACT_DRAWS, Rng, seed_of, stream
from gbaspatial.sizes import DENSE_LIMIT

if TYPE_CHECKING:
    from gbaspatial.models.fit import Fit

Method = Literal["auto", "delta", "simulated", "bootstrap", "confidence"]
COLUMNS = ("estimate", "std_error", "lower", "upper", "p_value")


@dataclass(frozen=True, slots=True, eq=False)
class Engine:
    """A fit's regressors, resolvent and uncertainty, ready for any reading of the impact matrix."""

    fit: Fit
    resolvent: Resolvent
    known: Uncertainty
    seed: int | None
    redrawn: int
    told: str | None = None

    def regressors(self) -> dict[str, Regressor]:
        """By name."""
        return {r.name: r for r in self.fit.design.regressors()}

    def regressor(self, name: str | None) -> Regressor:
        """The regressor `name`; without a name, the only one."""
        there = self.regressors()
        if name is None and len(there) == 1:
            return next(iter(there.values()))
        if name is None:
            raise OptionError(f"the model has several regressors; name one of {', '.join(there)}.")
        if name not in there:
            raise UnknownNameError(f"the model has no regressor {name!r}. {nearest_names(name, there)}")
        return there[name]

    def quantity(self, regressor: Regressor, reading: Reading) -> Quantity:
        """`reading` of the impact matrix of `regressor`."""
        parts = [(regressor.beta, None)] if regressor.beta is not None else []
        parts += [(place, self.fit.design.weights[name].sparse) for name, place in regressor.theta.items()]
        readers = tuple(self.resolvent.reader(M, reading) for _, M in parts)
        return Quantity(tuple(int(place) for place, _ in parts), readers)

    def measure(self, quantity: Quantity) -> Measured:
        """With the uncertainty of the fit."""
        return effects.measure(quantity, self.known)

    def matrix(self, regressor: Regressor) -> np.ndarray:
        """S (n, n) in the order of the ids: row i receives, column j gives."""
        n = self.fit.n
        if n > DENSE_LIMIT:
            raise OptionError(f"the impact matrix of {n} units is dense; it goes to {DENSE_LIMIT} units.")
        right = np.zeros((n, n))
        if regressor.beta is not None:
            right[np.diag_indices(n)] = self.fit.beta[regressor.beta]
        for name, place in regressor.theta.items():
            right += self.fit.beta[place] * self.fit.design.weights[name].sparse.toarray()
        if self.fit.w is None:
            return right
        return np.linalg.solve(np.eye(n) - self.fit.rho * self.fit.w.sparse.toarray(), right)


def prepared(fit: Fit, method: Method, draws: int, rng: Rng, level: float) -> Engine:
    """The engine of a fit for a method, checked."""
    word(method, ("auto", *effects.METHODS), "method")
    used, level = chosen(fit, method), level_of(level)
    count = check_draws(draws) if used == "delta" else check_draws_of_interval(draws, level)
    return _engine(fit, used, count, rng, level)


@public
def impact_matrix(fit: Fit, term: str | None = None) -> pd.DataFrame:
    """The unit-by-unit impact matrix of a regressor: row receives, column gives.

    Parameters
    ----------
    fit : Fit
    term : str, optional
        Needed where the model has several regressors.

    Returns
    -------
    pandas.DataFrame, shape (n, n)
        In the order of the data.
    """
    engine = _engine(fit, "delta", 0, None, 0.95)
    return labelled_matrix(engine, engine.regressor(term))


def unit_balance(engine: Engine, regressor: Regressor) -> pd.DataFrame:
    """By unit `own, gives, receives, net` and the ends of the last three, in the order of the ids."""
    fit = engine.fit
    eye, ones = np.eye(fit.n), np.ones((fit.n, fit.n))
    own = engine.quantity(regressor, Reading("diagonal"))
    columns = engine.quantity(regressor, Reading("pairs", ones, eye))
    rows = engine.quantity(regressor, Reading("pairs", eye, ones))
    parts = {
        "own": own,
        "gives": effects.mixed(columns, own),
        "receives": effects.mixed(rows, own),
        "net": effects.mixed(columns, rows),
    }
    frame = pd.DataFrame(index=fit.design.ids)
    for name, quantity in parts.items():
        found = engine.measure(quantity)
        frame[name] = found.estimate
        if name != "own":
            frame[f"{name}_lower"], frame[f"{name}_upper"] = found.lower, found.upper
    return frame


def labelled_matrix(engine: Engine, regressor: Regressor) -> pd.DataFrame:
    """The impact matrix in the order of the data."""
    design = engine.fit.design
    frame = pd.DataFrame(engine.matrix(regressor), index=design.ids, columns=design.ids)
    frame = frame.loc[design.index, design.index]
    return frame.rename_axis("receiver").rename_axis("giver", axis=1)


def parameters_of(fit: Fit) -> tuple[list[str], np.ndarray, np.ndarray]:
    """Names, estimates (p,) and covariance (p, p) of the coefficients and, last, rho where there is one."""
    names = [*fit.terms] + (["rho"] if fit.w is not None else [])
    return names, fit.params[names].to_numpy(dtype=float), fit.covariance.loc[names, names].to_numpy(dtype=float)


def lag_of(fit: Fit, names: list[str]) -> tuple[int | None, Side | None, tuple[float, float]]:
    """The place of rho among `names`, its side and its interval; of nothing without a lag."""
    if fit.w is None:
        return None, None, (-np.inf, np.inf)
    side = side_of(fit.w, fit._logdet)
    return len(names) - 1, side, window(side.interval)


def _engine(fit: Fit, method: str, draws: int, rng: Rng, level: float) -> Engine:
    names, estimate, covariance = parameters_of(fit)
    place, side, ends = lag_of(fit, names)
    drawn = drawn_covariances = seed = None
    redrawn, linear = 0, None
    if method == "simulated":
        seed = seed_of(rng)
        drawn, redrawn = effects.normal_draws(estimate, covariance, place, ends, draws, stream(seed, IMPACT_DRAWS))
    elif method == "confidence":
        seed = seed_of(rng)
        name = "rho" if fit.w is not None else "lambda"
        found = inversion_of(fit, name)  # the tests of the summary: one answer about rho, whatever the seed of draws
        if name == "rho":
            drawn = parameter_draws(problem_again(fit), name, found, draws, seed)
        else:
            linear = mixture(problem_again(fit), name, found)
    elif method == "bootstrap":
        seed = seed_of(rng)
        drawn, drawn_covariances, covariance = _refits(fit, draws, seed, len(names))
    low, high = range_of(estimate, covariance, place, drawn)
    known = Uncertainty(estimate, covariance, place, method, level, fit.df, drawn, drawn_covariances, linear)
    return Engine(fit, resolvent_of(side, fit.n, low, high), known, seed, redrawn)


def _refits(fit: Fit, draws: int, seed: int, count: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Refitted parameters (m, p), their covariances (p, p, m), and the covariance of the fit by the same formula."""
    own, parts = refits(fit, draws, "parametric", seed)
    values = np.vstack([parts.beta, parts.rho[None]])[:count]
    return values.T, parts.covariance[:count, :count], own.covariance[:count, :count, 0]


def range_of(
    estimate: np.ndarray, covariance: np.ndarray, place: int | None, drawn: np.ndarray | None
) -> tuple[float, float]:
    """Where rho will be read."""
    if place is None:
        return 0.0, 0.0
    spread = float(np.sqrt(max(np.nan_to_num(covariance[place, place]), 0.0))) or 0.01
    low, high = estimate[place] - 0.5 * spread, estimate[place] + 0.5 * spread
    if drawn is None:
        return low, high
    return min(low, float(drawn[:, place].min())), max(high, float(drawn[:, place].max()))
