"""The profile likelihood of a spatial parameter, with its interval and its picture."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from scipy import optimize, special

from gbaspatial.errors import OptionError
from gbaspatial.figures.parameters import likelihood_profile
from gbaspatial.models.few_units.recommended import inversion_of
from gbaspatial.models.few_units.refits import check_refittable
from gbaspatial.models.fit import problem_again
from gbaspatial.models.likelihood.identification import cut_note
from gbaspatial.models.likelihood.maximum import rho_given_lambda
from gbaspatial.models.likelihood.problem import Problem, log_likelihood
from gbaspatial.models.likelihood.resample import restricted
from gbaspatial.models.solve.admissible import window
from gbaspatial.options import level_of, public
from gbaspatial.progress import shows_progress
from gbaspatial.randomness import Rng, seed_of
from gbaspatial.results import Result, Table
from gbaspatial.sizes import REFITS_LIMIT

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from gbaspatial.models.fit import Fit

_POINTS = 201


@dataclass(frozen=True, slots=True, eq=False)
class ProfileResult(Result):
    """A profile log-likelihood.

    Attributes
    ----------
    curve : pandas.DataFrame
        `value`, `log_likelihood` (the largest with the parameter held there) and `ratio`, the
        likelihood ratio against the estimate.
    intervals : pandas.DataFrame
        Rows ``"chi-squared"`` (ratio below the chi-squared quantile) and, up to 500 units,
        ``"simulated"`` (see `inversion`; below 50 units and with the usual draws and seed the
        interval of the fit): `lower, upper`.
    end_errors : tuple of float
        The Monte Carlo errors of the ends of the simulated interval; NaN if not simulated.
    median_unbiased : float
        The value for which the estimate found is the median one; NaN if not simulated.
    name, estimate, draws, level, window, n, seed
    title : str
        Of the table.
    """

    name: str
    estimate: float
    curve: pd.DataFrame
    intervals: pd.DataFrame
    median_unbiased: float
    end_errors: tuple[float, float]
    draws: int | None
    level: float
    window: tuple[float, float]
    n: int
    seed: int | None
    title: str

    @property
    def lower(self) -> float:
        """Of the last interval: the simulated one where there is one."""
        return float(self.intervals["lower"].iloc[-1])

    @property
    def upper(self) -> float:
        """Of the last interval."""
        return float(self.intervals["upper"].iloc[-1])

    def tables(self) -> tuple[Table, ...]:
        """The intervals."""
        low, high = self.window
        notes = [
            f"{self.name} = {self.estimate:.4f} in ({low:.4g}, {high:.4g}); {self.level:.0%} intervals; n = {self.n}."
        ]
        if self.seed is not None:
            one, two = (f"{error:.2g}" if error else "none (the limit)" for error in self.end_errors)
            notes.append(
                f"Simulated: every value tested by {self.draws:,} samples, seed {self.seed}; Monte Carlo error of the "
                f"ends {one}, {two}. Median-unbiased estimate {self.median_unbiased:.4f}."
            )
        if (cut := cut_note(self.name, self.window)) is not None:
            notes.append(cut)
        return (Table(self.intervals, self.title, tuple(notes)),)

    @property
    def cut(self) -> float:
        """The log-likelihood above which the asymptotic interval lies."""
        return float(self.curve["log_likelihood"].max()) - float(special.chdtri(1, 1 - self.level)) / 2

    def plot(self, ax: Axes | None = None) -> Axes:
        """The curve over the admissible interval with its cut and its intervals."""
        return likelihood_profile(self, ax=ax)


@shows_progress
@public
def profile(
    fit: Fit,
    name: str | None = None,
    *,
    level: float = 0.95,
    draws: int | None = None,
    rng: Rng = 0,
    simulate: bool = True,
    progress: bool | None = None,
) -> ProfileResult:
    """The profile likelihood of rho or lambda over its whole admissible interval.

    Parameters
    ----------
    fit : Fit
        By maximum likelihood.
    name : str, optional
        ``"rho"`` or ``"lambda"``; by default the one that the model has (of two, rho).
    level : float
    draws : int, optional
        Samples for each value tried by the simulated interval: 9,999 below 50 units (999 with
        rho and lambda), 999 above.
    rng : int, Generator or None
        Seed; recorded.
    simulate : bool
        False leaves the simulated interval out.
    progress : bool, optional
        True tells on standard error how far work over two seconds has come, False never; by default on a terminal.

    References
    ----------
    Hansen, B. (1999). The grid bootstrap and the autoregressive model. Review of Economics
    and Statistics 81, 594-607.
    """
    check_refittable(fit)
    there = [term for term in ("rho", "lambda") if term in fit.params.index]
    name = name or (there[0] if there else "rho")
    if name not in there:
        raise OptionError(f"a {fit.model} model has no parameter {name!r}; it has {', '.join(there) or 'neither'}.")
    level = level_of(level)
    model = problem_again(fit)
    side = model.lag if name == "rho" else model.error
    assert side is not None
    ends = window(side.interval)
    value, estimate = _profile_of(model, name), float(fit.params[name])
    curve = _curve(value, estimate, ends, fit.log_likelihood)
    intervals = {
        "chi-squared": _cut(value, estimate, ends, fit.log_likelihood - float(special.chdtri(1, 1 - level)) / 2)
    }
    seed, unbiased, errors = None, float("nan"), (float("nan"), float("nan"))
    made = None
    if simulate and fit.n <= REFITS_LIMIT:
        seed = seed_of(rng)
        found = inversion_of(fit, name, seed, draws)
        intervals["simulated"], errors = found.interval(level), found.end_errors(level)
        unbiased, made = found.median_unbiased, found.draws
    frame = pd.DataFrame.from_dict(intervals, orient="index", columns=["lower", "upper"]).rename_axis("interval")
    return ProfileResult(
        name, estimate, curve, frame, unbiased, errors, made, level, side.interval, fit.n, seed,
        f"Profile likelihood of {name} in the {fit.model} model: {fit.formula}",
    )  # fmt: skip


def _profile_of(model: Problem, name: str):  # type: ignore[no-untyped-def]
    """The largest log-likelihood with `name` held at a value."""

    def _value(at: float) -> float:
        if name == "rho":
            _, rho, lam = restricted(model, at, None)
        elif model.lag is None:
            rho, lam = 0.0, at
        else:
            rho, lam = rho_given_lambda(model, at), at
        return log_likelihood(model, rho, lam)

    return _value


def _curve(value, estimate: float, ends: tuple[float, float], top: float) -> pd.DataFrame:  # type: ignore[no-untyped-def]
    shape = 0.5 - 0.5 * np.cos(np.pi * (np.arange(_POINTS // 2) + 0.5) / (_POINTS // 2))
    left, right = ends[0] + (estimate - ends[0]) * shape, estimate + (ends[1] - estimate) * shape
    grid = np.concatenate([left, [estimate], right])
    values = np.array([value(float(at)) for at in grid])
    return pd.DataFrame({"value": grid, "log_likelihood": values, "ratio": np.maximum(2 * (top - values), 0.0)})


def _cut(value, estimate: float, ends: tuple[float, float], level: float) -> tuple[float, float]:  # type: ignore[no-untyped-def]
    """Where the profile falls through `level` on both sides of the estimate."""
    found = []
    for end in ends:
        inside = end + 1e-9 * (estimate - end)
        if value(inside) >= level:
            found.append(end)
        else:
            found.append(float(optimize.brentq(lambda at: value(at) - level, inside, estimate, xtol=1e-10)))
    return found[0], found[1]
