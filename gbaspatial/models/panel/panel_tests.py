"""`fit.diagnostics(w)` of a panel: what effects, lags and residuals say of the specification."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
import pandas as pd

from gbaspatial.errors import OptionError
from gbaspatial.figures import period_line
from gbaspatial.inference.tails import chi_squared_tail, f_tail
from gbaspatial.models.diagnostics.lm_tests import Ingredients, Score, lm_error, lm_lag, robust_lm_error, robust_lm_lag
from gbaspatial.models.panel import comparison_tests, dependence, random_effects_tests, unit_roots
from gbaspatial.models.panel.frame import weights_of
from gbaspatial.models.panel.panel_rows import time_numbers
from gbaspatial.models.panel.period_weights import PanelWeights
from gbaspatial.models.panel.within import Effects, effects_of
from gbaspatial.models.solve.origin import least_squares
from gbaspatial.randomness import PAIR_SIGNS
from gbaspatial.referee import code as _code, second_opinion as _second_opinion
from gbaspatial.results import Result, Table
from gbaspatial.sizes import DENSE_PAIRS_LIMIT

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from gbaspatial.models.panel.panel_fit import PanelFit
    from gbaspatial.weights.annotations import WeightsGiven

Outcome: TypeAlias = "Score | tuple[float, float | str | None, float]"  # statistic, degrees of freedom or law, p

NULLS = {
    "lm_lag": "no spatial lag",
    "lm_error": "no spatial error",
    "robust_lm_lag": "no spatial lag, an error allowed for",
    "robust_lm_error": "no spatial error, a lag allowed for",
    "f_unit": "effects of units are all alike",
    "lr_unit_effects": "effects of units are all alike",
    "lr_time_effects": "effects of time are all alike",
    "lm_effects": "no variance of effects of units (random effects)",
    "hausman": "effects of units and regressors are not related",
    "hausman_auxiliary": "effects of units and regressors are not related (within columns added)",
    "hausman_clustered": "effects of units and regressors are not related (variances clustered by unit)",
    "bsk_lmh": "neither effects of units nor spatial errors",
    "bsk_lm1": "no effects of units, no spatial errors assumed",
    "bsk_lm2": "no spatial errors, no effects of units assumed",
    "bsk_slm1": "no effects of units, no spatial errors assumed (exact mean and variance)",
    "bsk_slm2": "no spatial errors, no effects of units assumed (exact mean and variance)",
    "bsk_clm_lambda": "no spatial errors, effects of units allowed for",
    "bsk_clm_mu": "no effects of units, spatial errors allowed for",
    "bsjk_j": "neither effects of units, spatial errors nor serial correlation",
    "bsjk_c_1": "no spatial errors, effects of units and serial correlation allowed for",
    "bsjk_c_2": "no serial correlation, effects of units and spatial errors allowed for",
    "bsjk_c_3": "no effects of units, spatial errors and serial correlation allowed for",
    "wooldridge": "errors are not serially correlated (Wooldridge)",
    "cips": "the outcome has a unit root in every unit",
    "common_factor": "the Durbin model is an error model",
    "lr_rho": "no spatial lag",
    "lr_lambda": "no spatial error",
    "pesaran_cd": "residuals of different units are not correlated",
    "weighted_cd": "residuals of different units are not correlated (random signs)",
    "scaled_lm": "residuals of different units are not correlated",
    "local_pesaran_cd": "residuals of linked units are not correlated",
    "exponent": "a measure: 1/2 without dependence, 1 for a factor that reaches all units",
}


@dataclass(frozen=True, slots=True, eq=False)
class PanelDiagnostics(Result):
    """Specification tests of a panel.

    Attributes
    ----------
    frame : pandas.DataFrame
        Rows by test; `statistic`, `df`, `p_value`, `null`.
    moran : pandas.Series
        Moran's I of the residuals by period; empty without W.
    serial_correlation : float
        Of the residuals.
    notes : tuple of str
    formula : str
        Of the model.
    """

    frame: pd.DataFrame
    moran: pd.Series
    serial_correlation: float
    formula: str
    notes: tuple[str, ...]
    _fit: PanelFit = field(repr=False)
    _w: PanelWeights | None = field(repr=False)

    second_opinion = _second_opinion
    code = _code

    def to_frame(self) -> pd.DataFrame:
        """The tests; see `frame`."""
        return self.frame.copy()

    def tables(self) -> tuple[Table, ...]:
        """The tests, then Moran's I of the residuals by period."""
        title = f"Specification tests: {self.formula}"
        notes = (*self.notes, f"Serial correlation of the residuals: {self.serial_correlation:.3f}.")
        tests = Table(self.frame, title, notes)
        if self.moran.empty:
            return (tests,)
        return tests, Table(self.moran.to_frame(), "Moran's I of the residuals by period")

    def plot(self, *, ax: Axes | None = None) -> Axes:
        """Moran's I of the residuals by period; gives back the Axes."""
        return period_line(self.moran.rename("Moran's I"), label=f"Moran's I of the residuals: {self.formula}", ax=ax)


def diagnostics(fit: PanelFit, w: WeightsGiven | None = None) -> PanelDiagnostics:
    """Specification tests of a panel fit.

    Lagrange multiplier tests (Elhorst) are those of least squares with the effects of the fit, and
    are made for `panel_ols` and `panel_slx`; as in the literature their traces are those of all
    periods, without the degrees of freedom of the effects.

    Parameters
    ----------
    fit : PanelFit
    w : Weights or mapping of period to Weights, optional
        The W of the tests; by default that of the fit.

    Returns
    -------
    PanelDiagnostics

    Raises
    ------
    OptionError
        For a fit with ``weights=``.

    References
    ----------
    Elhorst, J. P. (2014). Spatial Econometrics: From Cross-Sectional Data to Spatial Panels. Springer, ch. 3.
    Pesaran, M. H. (2021). General diagnostic tests for cross-sectional dependence in panels. Empirical Economics 60.
    Juodis, A. and Reese, S. (2022). The incidental parameters problem in testing for remaining cross-section
    correlation. Journal of Business and Economic Statistics 40(3).

    Examples
    --------
    >>> import gbaspatial as gba
    >>> panel = gba.load_panel().loc[:, ["gdp_pc_cny", "employment"]].dropna()
    >>> w = gba.weights.contiguity(gba.load_cities(year=2019), links=2019).row_standardized()
    >>> fit = gba.models.panel_ols("log(gdp_pc_cny) ~ log(employment)", panel, w, effects="unit", unbalanced="keep")
    >>> sorted(fit.diagnostics().frame.index[:4])
    ['lm_error', 'lm_lag', 'robust_lm_error', 'robust_lm_lag']
    """
    design = fit.design
    if design.observation_weights is not None:
        raise OptionError(
            "diagnostics() of panels take all rows for equally sure, and this fit weighs them; fit it without weights=."
        )
    if design.unknown is not None:
        raise OptionError(
            f"diagnostics() of panels need the residual of every row, and regressors are not known for "
            f"{design.unknown.sum()} of {design.n}; fit without these rows."
        )
    weights = weights_of(w, design) if w is not None else design.weights.get("W")
    least_squares = fit._problem.lag is None and fit._problem.error is None and fit.kind.random is None
    found: dict[str, Outcome] = {}
    if weights is not None and least_squares and any(one.n_links for one in weights.different):
        parts = _ingredients(fit, weights)
        for name, test in (
            ("lm_lag", lm_lag), ("lm_error", lm_error), ("robust_lm_lag", robust_lm_lag),
            ("robust_lm_error", robust_lm_error),
        ):  # fmt: skip
            found[name] = test(parts)
    if least_squares:
        found |= _effect_tests(fit) | _random_effects(fit, weights)
    else:
        found |= comparison_tests.likelihood_ratios(fit)
    factor = comparison_tests.common_factor(fit)
    found |= {"common_factor": factor} if factor is not None else {}
    found |= _over_time(fit) | _dependence(fit, weights)
    columns = ["test", "statistic", "df", "p_value", "null"]
    frame = pd.DataFrame([_row(name, score) for name, score in found.items()], columns=columns).set_index("test")
    return PanelDiagnostics(
        frame, _moran_by_period(fit, weights), fit.serial_correlation, fit.formula, _notes(fit, found), fit, weights
    )


def _row(name: str, score: Outcome) -> dict[str, object]:
    if isinstance(score, Score):
        p = float(chi_squared_tail(score.statistic, score.df)) if np.isfinite(score.statistic) else np.nan
        return {"test": name, "statistic": score.statistic, "df": score.df, "p_value": p, "null": NULLS[name]}
    statistic, df, p = score
    return {"test": name, "statistic": statistic, "df": df, "p_value": p, "null": NULLS[name]}


def _notes(fit: PanelFit, found: Mapping[str, Outcome]) -> tuple[str, ...]:
    if not found:
        stack = fit.design.stack
        return (f"No test is made of this fit: {stack.n} units and {stack.periods} periods are too few for any.",)
    notes = ["p-values: asymptotic, but for cips; chi-squared where df is one number, F where it is two, else normal."]
    if "pesaran_cd" in found and fit._problem.effects.cells is not None:
        notes.append(
            "pesaran_cd has no p-value after effects of time: these make the residuals of a period sum to zero, so "
            "that it is set by the variances of the units (about -sqrt(T / 2) where they are equal) and not by their "
            "correlation (Juodis and Reese 2022); weighted_cd, with random signs of the units, has one."
        )
    if "weighted_cd" in found:
        few = "; below fifty units it rejects too often (7 to 12 % at 5 % with nine)" if fit.n_units < 50 else ""
        notes.append(
            f"weighted_cd: one draw of signs, seed {PAIR_SIGNS}; it sees large correlations of any sign and has "
            f"little power against small ones{few}."
        )
    if "hausman" in found and np.isnan(found["hausman"][0]):
        notes.append(
            "hausman: the difference of the variances is not positive definite, so that there is no such test here; "
            "hausman_auxiliary and hausman_clustered (Mundlak's form) stand for it."
        )
    if "cips" in found:
        notes.append(
            f"cips: of the outcome, one lagged difference and a drift (Pesaran 2007); p from {unit_roots.DRAWS} "
            f"simulated panels of random walks."
        )
    if "bsk_lmh" in found:
        notes.append(
            "bsk_lmh: p from the mixture of chi-squared with 1 and 2 df; bsk_lm1, bsk_slm1 and bsk_clm_mu one-sided."
        )
    if "exponent" in found:
        notes.append("exponent: of cross-section dependence (Bailey, Kapetanios and Pesaran 2019), has no test.")
    return tuple(notes)


# -- lag or error -------------------------------------------------------------------------------
def _ingredients(fit: PanelFit, w: PanelWeights) -> Ingredients:
    """Those of `lm_tests`, of outcome and regressors less the effects and W by period."""
    take_out, W = fit._problem.effects.take_out, w.sparse
    y, X = take_out(fit.design.y), take_out(fit.design.X)
    basis = np.linalg.qr(X)[0]
    fitted = basis @ (basis.T @ y)
    e = y - fitted
    s2 = float(e @ e) / len(y)
    raw = W @ fitted
    wxb = raw - basis @ (basis.T @ raw)
    trace = 0.0
    known: dict[int, float] = {}
    for one in w.by_period:
        if id(one) not in known:
            both = one.sparse + one.sparse.T
            known[id(one)] = float(both.multiply(both).sum()) / 2
        trace += known[id(one)]
    return Ingredients(
        error=float(e @ (W @ e)) / s2, lag=float(e @ (W @ y)) / s2, trace=trace, nj=float(wxb @ wxb) / s2 + trace,
        WX=np.zeros((len(y), 0)), wxb=wxb, residuals=e, s2=s2, basis=basis,
    )  # fmt: skip


# -- effects ------------------------------------------------------------------------------------
def _sse(fit: PanelFit, effects: Effects) -> float:
    """The sum of squares of least squares with other effects (an intercept where there are none)."""
    X = fit.design.X
    if effects.rank == 0:
        X = np.column_stack([np.ones(len(X)), X])
    y, X = effects.take_out(fit.design.y), effects.take_out(X)
    return float(np.square(y - X @ least_squares(X, y)).sum())


def _effect_tests(fit: PanelFit) -> dict[str, Any]:
    """Of the effects that the fit has, each against the fit without it; without effects, of random ones."""
    effects, stack = fit._problem.effects, fit.design.stack
    own = float(np.square(fit.residuals.to_numpy()).sum())
    found: dict[str, Outcome] = {}
    if own == 0:  # nothing is left to compare anything with
        return found
    other = Effects(stack, False, effects.cells, effects.groups)
    df = effects.rank - max(other.rank, 1)
    if effects.unit and df > 0:  # one unit alone has no other effect to be unlike
        sse = _sse(fit, other)
        F = (sse - own) / df / (own / fit.df_resid)
        found["f_unit"] = (F, f"{df}, {fit.df_resid}", float(f_tail(F, df, fit.df_resid)))
        found["lr_unit_effects"] = Score(stack.rows * float(np.log(sse / own)), df)
    other = effects_of(stack, unit=effects.unit, time=False)
    df = effects.rank - max(other.rank, 1)
    if effects.cells is not None and fit.kind.groups is None and df > 0:
        found["lr_time_effects"] = Score(stack.rows * float(np.log(_sse(fit, other) / own)), df)
    if effects.rank == 0 and stack.balanced and stack.periods > 1 and fit.kind.rows is None:
        e = fit.residuals.reindex(fit.design.ids).to_numpy().reshape(stack.periods, stack.n)
        T, n = e.shape
        found["lm_effects"] = Score(
            n * T / (2 * (T - 1)) * (float(np.square(e.sum(0)).sum() / (e**2).sum()) - 1) ** 2, 1
        )
    return found


def _random_effects(fit: PanelFit, w: PanelWeights | None) -> dict[str, Any]:
    """Of balanced panels: Hausman's tests beside effects of units, those of random effects beside none."""
    design, effects = fit.design, fit._problem.effects
    stack = design.stack
    if not stack.balanced or stack.periods < 2 or fit.kind.rows is not None:  # rows of means or of differences
        return {}
    if effects.unit and effects.cells is None and stack.n > design.k + 1:
        return comparison_tests.hausman_tests(design.y, design.X, stack)
    small = stack.n <= DENSE_PAIRS_LIMIT
    if effects.rank or w is None or not w.constant or w.by_period[0].n_links == 0 or not small:
        return {}
    shape = (stack.periods, stack.n)
    pooled = random_effects_tests.Pooled(
        design.y.reshape(shape), design.X.reshape(*shape, -1), w.by_period[0].sparse.toarray()
    )
    return random_effects_tests.random_effects_tests(pooled)


def _over_time(fit: PanelFit) -> dict[str, Any]:
    """Serial correlation of within residuals, and unit roots of the outcome; of balanced panels of enough periods."""
    stack, effects = fit.design.stack, fit._problem.effects
    T, n = stack.periods, stack.n
    steps = np.diff(time_numbers(fit.design.periods))
    if not stack.balanced or T < 3 or (steps != steps[0]).any():
        return {}
    found: dict[str, Outcome] = {}
    if effects.unit and fit.kind.groups is None:
        found["wooldridge"] = comparison_tests.wooldridge(
            fit.residuals.reindex(fit.design.ids).to_numpy().reshape(T, n)
        )
    if unit_roots.least_periods() <= T and n > 2:
        statistic = float(unit_roots.cips(fit.design.y.reshape(T, n)))
        found["cips"] = (statistic, None, unit_roots.cips_p(statistic, n, T))
    return found


# -- dependence of residuals -----------------------------------------------------------------------
def _dependence(fit: PanelFit, w: PanelWeights | None) -> dict[str, Any]:
    """Tests from the correlations of all pairs of units; balanced panels only."""
    stack = fit.design.stack
    if not stack.balanced or stack.periods < 3 or stack.n < 3:
        return {}
    T = stack.periods
    R = dependence.correlations(fit.residuals.reindex(fit.design.ids).to_numpy().reshape(T, stack.n))
    if R is None:
        return {}
    after_time = fit._problem.effects.cells is not None
    found = {"pesaran_cd": (dependence.pesaran_cd(R, T), not after_time)}
    if after_time:
        found["weighted_cd"] = (dependence.weighted_cd(R, T, fit.design.units), True)
    found["scaled_lm"] = (dependence.scaled_lm(R, T, unit_effects=fit._problem.effects.unit), True)
    if w is not None and w.constant:
        linked = (w.by_period[0].sparse + w.by_period[0].sparse.T).toarray() != 0
        found["local_pesaran_cd"] = (dependence.local_cd(R, T, linked), not after_time)
    tests = {name: (z, None, dependence.two_sided(z) if told else np.nan) for name, (z, told) in found.items()}
    return tests | {"exponent": (dependence.exponent(R, T), None, np.nan)}


def _moran_by_period(fit: PanelFit, w: PanelWeights | None) -> pd.Series:
    """Moran's I of the residuals of each period."""
    name = fit.design.periods.name
    if w is None:
        return pd.Series(dtype=float, name="moran", index=pd.Index([], name=name))
    e = fit.residuals.reindex(fit.design.ids).to_numpy()
    starts = fit.design.stack.starts
    found = []
    for t, one in enumerate(w.by_period):
        z = e[starts[t] : starts[t + 1]]
        z = z - z.mean()
        total = float(one.sparse.sum())
        found.append(len(z) / total * float(z @ (one.sparse @ z)) / float(z @ z) if total and z @ z else np.nan)
    return pd.Series(found, index=fit.design.periods, name="moran")


def serial_correlation(residuals: np.ndarray, unit: np.ndarray, time: np.ndarray) -> float:
    """The correlation of residuals (m,) of one unit in neighboring times; NaN where there are none.

    Examples
    --------
    >>> serial_correlation(np.array([1.0, -1, 1, -1]), np.zeros(4, int), np.arange(4))
    -1.0
    """
    step = int(unit.max()) + 1
    place = (time - time.min()) * step + unit  # rises by row, where rows stand by period and unit
    order = None if (np.diff(place) > 0).all() else np.argsort(place)
    places = place if order is None else place[order]
    before = np.minimum(np.searchsorted(places, place - step), len(places) - 1)
    there = places[before] == place - step
    before = before if order is None else order[before]
    now, then = residuals[there], residuals[before[there]]
    size = float(np.sqrt((now @ now) * (then @ then)))
    return float(now @ then) / size if size > 0 else float("nan")
