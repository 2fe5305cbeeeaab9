"""Inference by simulation from a fitted model: standard errors, intervals, p-values, LM and LR tests."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np
import pandas as pd

from gbaspatial.figures.parameters import replicates
from gbaspatial.inference.null import check_draws_of_interval
from gbaspatial.models.few_units.recommended import inversion_of
from gbaspatial.models.few_units.refits import batch_around, check_refittable, places_of, ranks_of, refits
from gbaspatial.models.fit import problem_again
from gbaspatial.models.fit_tables import SMALL
from gbaspatial.models.likelihood.inversion import Inversion, invert
from gbaspatial.models.likelihood.many_outcomes import Batch
from gbaspatial.models.likelihood.many_refits import Refits
from gbaspatial.models.likelihood.many_tests import OneTest, ratio_tests, score_tests
from gbaspatial.models.likelihood.problem import Problem
from gbaspatial.models.likelihood.resample import KINDS, Kind
from gbaspatial.models.solve.side import side_of
from gbaspatial.options import level_of, public, word
from gbaspatial.progress import shows_progress
from gbaspatial.randomness import Rng, seed_of
from gbaspatial.results import Result, Table
from gbaspatial.sizes import REFITS_LIMIT
from gbaspatial.weights import as_weights

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from gbaspatial.models.fit import Fit
    from gbaspatial.weights.annotations import WeightsGiven

IntervalKind = Literal["recommended", "percentile", "basic", "studentized", "inverted"]
INTERVALS = ("recommended", "percentile", "basic", "studentized", "inverted")
MOST_INVERTED = 999  # from fifty units on


@dataclass(frozen=True, slots=True, eq=False)
class BootstrapResult(Result):
    """What refits of simulated outcomes tell of a fit.

    Attributes
    ----------
    estimates, std_errors, bias, p_values : pandas.Series
        By term; the standard error is the spread of the refits, the bias their mean less
        the estimate.
    replicates : pandas.DataFrame, shape (draws, terms)
        The refitted parameters.
    ratios : pandas.DataFrame, shape (draws, terms)
        (refit - estimate) / standard error of the refit.
    asymptotic : pandas.Series
        Standard errors from the observed information, by which the ratios are scaled back.
    inversions, windows : mapping
        By spatial parameter the tests of all its values, and its admissible interval. The draws
        behind a test are those of its `draws`: all below 50 units, at most 999 above, and with
        two spatial parameters none (the interval is then studentized).
    tests : pandas.DataFrame
        LM and LR tests with asymptotic and simulated p-values.
    draws, kind, seed, n, level, recipe, data_hash
        How it was made; repeats bit for bit.
    title : str
        Of the table.
    """

    estimates: pd.Series
    std_errors: pd.Series
    bias: pd.Series
    replicates: pd.DataFrame
    ratios: pd.DataFrame
    asymptotic: pd.Series
    inversions: Mapping[str, Inversion]
    windows: Mapping[str, tuple[float, float]]
    tests: pd.DataFrame
    draws: int
    kind: str
    seed: int
    n: int
    level: float
    title: str
    recipe: str
    data_hash: str

    @property
    def p_values(self) -> pd.Series:
        """Two-sided: studentized for coefficients, by inversion (equal tails, null imposed) for rho and lambda."""
        size = (self.estimates / self.asymptotic).abs()
        extreme = (self.ratios.abs() >= size - 1e-12).sum()
        p = (extreme + 1) / (self.ratios.notna().sum() + 1)
        for name, inversion in self.inversions.items():
            p[name] = inversion.p_at(0.0)
        return p.rename("p_value")

    def conf_int(self, level: float | None = None, *, kind: IntervalKind = "recommended") -> pd.DataFrame:
        """Intervals `lower`, `upper` by term.

        ``"recommended"`` is studentized for coefficients and inverted for rho and lambda
        (where there is one, else studentized): of those in the table of
        docs/small-samples.md the ones whose coverage is nearest to nominal.

        Parameters
        ----------
        level : float, optional
            Of confidence, between 0 and 1; by default that of the bootstrap.
        kind : {"recommended", "percentile", "basic", "studentized", "inverted"}
            How an interval is read from the replicates; "inverted" knows rho and lambda only, others are NaN.
        """
        word(kind, INTERVALS, "kind")
        level = level_of(self.level if level is None else level)
        tail = (1 - level) / 2
        low, high = self.replicates.quantile(tail), self.replicates.quantile(1 - tail)
        if kind == "basic":
            low, high = 2 * self.estimates - high, 2 * self.estimates - low
        elif kind != "percentile":
            width = self.ratios.abs().quantile(level) * self.asymptotic
            low, high = self.estimates - width, self.estimates + width
        frame = pd.DataFrame({"lower": low, "upper": high}, index=self.estimates.index).rename_axis("term")
        for name, window in self.windows.items():
            frame.loc[name] = frame.loc[name].clip(*window)
        if kind == "inverted":
            frame.loc[:, :] = np.nan
        if kind in ("recommended", "inverted"):
            for name, inversion in self.inversions.items():
                frame.loc[name] = inversion.interval(level)
        return frame

    def tables(self) -> tuple[Table, ...]:
        """Parameters, and the tests."""
        frame = pd.DataFrame(
            {"estimate": self.estimates, "bias": self.bias, "std_error": self.std_errors, "p_value": self.p_values}
        ).join(self.conf_int())
        told = ", ".join(self.inversions)
        tests = [
            f"{name}: every value tested by {found.draws:,} samples, p ± {found.p_error(0.0):.2g}, ends ± "
            + ", ".join(f"{error:.2g}" for error in found.end_errors(self.level))
            + " (Monte Carlo error; 0 at the limit)."
            for name, found in self.inversions.items()
        ]
        notes = [
            f"{self.kind} bootstrap, {self.draws} draws, seed {self.seed}, n = {self.n}; W: {self.recipe}.",
            f"Intervals at {self.level:.0%}: studentized"
            + (f", of {told} the values that a simulated test does not reject (equal tails)." if told else "."),
            *tests,
        ]
        main = Table(frame.rename_axis("term"), self.title, tuple(notes))
        if self.tests.empty:
            return (main,)
        note = "p_bootstrap: under the null, from the model estimated with the parameter at zero."
        return main, Table(self.tests, "Tests", (note,))

    def plot(self, *, columns: int = 3, ax: Axes | np.ndarray | None = None) -> np.ndarray:
        """Histograms of the refits with the estimate and the recommended interval, a panel for each term.

        Parameters
        ----------
        columns : int
            Panels beside one another.
        ax : sequence of matplotlib.axes.Axes, optional
            One for each term; a new figure if not given.

        Returns
        -------
        numpy.ndarray of matplotlib.axes.Axes
            One for each term.
        """
        return replicates(self, columns=columns, ax=ax)


@shows_progress
@public
def bootstrap(
    fit: Fit,
    *,
    draws: int = 9999,
    kind: Kind = "parametric",
    rng: Rng = None,
    level: float = 0.95,
    w: WeightsGiven | None = None,
    progress: bool | None = None,
) -> BootstrapResult:
    """Refit a model to outcomes simulated from it.

    Parameters
    ----------
    fit : Fit
        By maximum likelihood or least squares.
    draws : int
        Simulated outcomes, all refitted at once.
    kind : {"parametric", "residual", "wild"}
        Errors drawn from a normal distribution; from the residuals with replacement; or
        the residuals themselves with random signs (for variances that differ).
        Residuals are scaled by sqrt(n / (n - k)).
    rng : int, Generator or None
        Seed; recorded.
    level : float
        Of the intervals shown.
    w : Weights, optional
        For the LM tests of a least-squares fit.
    progress : bool, optional
        True tells on standard error how far work over two seconds has come, False never; by default on a terminal.

    Returns
    -------
    BootstrapResult

    Raises
    ------
    OptionError
        For a fit by moments, or another model.

    References
    ----------
    Efron, B. and Tibshirani, R. (1993). An Introduction to the Bootstrap. Chapman & Hall.
    Hansen, B. (1999). The grid bootstrap and the autoregressive model. Review of Economics
    and Statistics 81, 594-607.
    Lin, K.-P., Long, Z. and Ou, B. (2011). The size and power of bootstrap tests for spatial
    dependence in a linear regression model. Computational Economics 38, 153-171.

    Examples
    --------
    >>> import gbaspatial as gba
    >>> cities = gba.load_cities(year=2019)
    >>> w = gba.weights.contiguity(cities, links=2019).row_standardized()
    >>> fit = gba.models.lag("log(gdp_pc_cny) ~ log(employment)", cities, w)
    >>> boot = fit.bootstrap(draws=499, rng=1)
    >>> boot.conf_int().shape
    (3, 2)
    """
    word(kind, KINDS, "kind")
    draws = _checked(fit, draws, level_of(level))
    seed = seed_of(rng)
    model = problem_again(fit)
    own, parts = refits(fit, draws, kind, seed)
    values, errors = _stacked(fit, parts)
    center, scale = (part[0] for part in _stacked(fit, own))
    names = list(fit.params.index)
    replicates = pd.DataFrame(values, columns=names)
    with np.errstate(invalid="ignore", divide="ignore"):
        ratios = pd.DataFrame((values - center) / errors, columns=names)
    estimates = pd.Series(center, index=names, name="estimate")
    return BootstrapResult(
        estimates=estimates,
        std_errors=replicates.std(ddof=1).rename("std_error"),
        bias=(replicates.mean() - estimates).rename("bias"),
        replicates=replicates,
        ratios=ratios,
        asymptotic=pd.Series(scale, index=names),
        inversions=_inversions(fit, model, draws, seed, kind),
        windows={n: s.interval for n, s in (("rho", model.lag), ("lambda", model.error)) if s is not None},
        tests=_tests(fit, model, batch_around(fit, model), w, draws, seed, kind),
        draws=draws,
        kind=kind,
        seed=seed,
        n=fit.n,
        level=level,
        title=f"Bootstrap of the {fit.model} model: {fit.formula}",
        recipe=_recipe(fit),
        data_hash=fit.design.fingerprint,
    )


def _checked(fit: Fit, draws: int, level: float) -> int:
    check_refittable(fit)
    return check_draws_of_interval(draws, level)


def _recipe(fit: Fit) -> str:
    used = fit.w if fit.w is not None else fit.error_w
    return str(used.recipe) if used is not None else "none"


def _stacked(fit: Fit, parts: Refits) -> tuple[np.ndarray, np.ndarray]:
    """Parameters (m, p) in the order of ``fit.params``, and their standard errors."""
    values = np.vstack([parts.beta, parts.rho[None], parts.lam[None]])
    places = places_of(fit)
    return values[places].T, parts.std_errors[places].T


def _inversions(fit: Fit, model: Problem, draws: int, seed: int, kind: Kind) -> dict[str, Inversion]:
    """Tests of all values of rho or lambda: for models with one of them, up to `REFITS_LIMIT` units."""
    names = [name for name in ("rho", "lambda") if name in fit.params.index]
    if len(names) != 1 or fit.n > REFITS_LIMIT:
        return {}
    draws = draws if fit.n < SMALL else min(draws, MOST_INVERTED)
    if kind == "parametric":
        return {names[0]: inversion_of(fit, names[0], seed, draws)}
    ranks = ranks_of(fit.design.ids)
    return {names[0]: invert(model, names[0], draws=draws, seed=seed, kind=kind, ranks=ranks)}


def _tests(fit: Fit, model: Problem, full: Batch, w: WeightsGiven, draws: int, seed: int, kind: Kind) -> pd.DataFrame:

    rows: list[OneTest] = []
    ranks = ranks_of(fit.design.ids)
    side = model.lag or model.error
    if w is not None:
        weights = as_weights(w)
        side = side_of(weights if weights.ids.equals(fit.design.ids) else weights.subset(fit.design.ids))
    if side is not None and model.d is None:
        rows += score_tests(model, side, draws, seed, kind, ranks)
    if model.lag is not None or model.error is not None:
        rows += ratio_tests(model, full, draws, seed, kind, ranks)
    return pd.DataFrame(rows, columns=list(OneTest._fields)).set_index("test")
