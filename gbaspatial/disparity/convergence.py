"""Do poor units catch up (beta), and do the differences shrink (sigma)?"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd
from scipy import special

from gbaspatial import models
from gbaspatial.alignment import align_frame, align_panel, check_periods
from gbaspatial.errors import DataError, OptionError, some
from gbaspatial.inference.ordering import by_label
from gbaspatial.options import level_of, public, unused
from gbaspatial.results import Result, Table
from gbaspatial.weights import Weights

Method = Literal["ols", "nls"]
Spatial = Literal["lag", "error"]
Covariance = Literal["hac", "classical"]


@dataclass(frozen=True, slots=True, eq=False)
class BetaConvergenceResult(Result):
    """Yearly growth of the logarithm on the logarithm at the start.

    Attributes
    ----------
    params, std_errors : pandas.Series
        `Intercept`, `log_initial`, then the controls, and `rho` or `lambda` of a model with W.
    r_squared : float
        Squared correlation of growth with what the model says of it.
    speed : float
        Share of the gap to the steady state that closes in a unit of time, -ln(1 + b T) / T;
        negative if units move apart, NaN if b T is -1 or less (no speed closes the gap that fast).
    speed_std_error : float
    half_life : float
        ln 2 / `speed`; infinite if units do not converge.
    residuals : pandas.Series, length n
    method, spatial : str
    years : float
        T, from the first to the last period.
    span : pair
        The first and the last period.
    n : int
        Units.
    """

    params: pd.Series
    std_errors: pd.Series
    r_squared: float
    speed: float
    speed_std_error: float
    half_life: float
    residuals: pd.Series
    method: str
    spatial: str
    years: float
    span: tuple[object, object]
    n: int

    @property
    def tvalues(self) -> pd.Series:
        """Coefficients over their standard errors."""
        return self.params / self.std_errors

    @property
    def pvalues(self) -> pd.Series:
        """Two-sided p-values, by Student's t with n - k degrees of freedom."""
        return pd.Series(2 * special.stdtr(self._df, -np.abs(self.tvalues.to_numpy())), self.params.index)

    @property
    def _df(self) -> int:
        return max(self.n - len(self.params), 1)

    def speed_interval(self, level: float = 0.95) -> tuple[float, float]:
        """Interval of the speed: symmetric for "nls", that of the slope carried over for "ols".

        An upper end is infinite where the interval of the slope allows that the whole gap closes.
        """
        t = special.stdtrit(self._df, (1 + level_of(level)) / 2)
        if self.method == "nls":
            return self.speed - t * self.speed_std_error, self.speed + t * self.speed_std_error
        slope, error = self.params["log_initial"], self.std_errors["log_initial"]
        low, high = (_speed(slope + side * t * error, self.years) for side in (1, -1))
        return low, np.inf if np.isnan(high) else high

    def tables(self) -> tuple[Table, ...]:
        """The coefficients; speed and half-life in the notes."""
        frame = pd.DataFrame(
            {"estimate": self.params, "std_error": self.std_errors, "t": self.tvalues, "p_value": self.pvalues}
        ).rename_axis("term")
        low, high = self.speed_interval()
        notes = (
            f"{self.n} units, {self.span[0]} to {self.span[1]}; growth of the logarithm per unit of time; "
            f"{self.method}, {self.spatial}; R2 {self.r_squared:.3f}.",
            f"Speed {self.speed:.4f} (95 % interval {low:.4f} to {high:.4f}), half-life {self.half_life:.1f}.",
        )
        return (Table(frame, "Beta convergence", notes),)


@public
def beta_convergence(
    panel: pd.Series,
    w: Weights | None = None,
    *,
    method: Method = "ols",
    controls: pd.DataFrame | None = None,
    spatial: Spatial | None = None,
) -> BetaConvergenceResult:
    """Whether units that start lower grow faster, between the first and the last period.

    Yearly growth (ln y_T - ln y_0) / T is regressed on ln y_0: absolute convergence; with `controls` conditional
    convergence; with `w` a spatial lag or error besides. A negative slope is also what chance gives when values
    are measured with error in the first period: read it beside `sigma_convergence`.

    Parameters
    ----------
    panel : pandas.Series
        Positive numbers by unit and period (a balanced panel); periods are numbers such as years.
    w : Weights, optional
        For a model with spatial dependence, by maximum likelihood.
    method : {"ols", "nls"}
        "ols" estimates the slope b; "nls" puts -(1 - exp(-speed T)) / T in its place and estimates the speed
        (Barro and Sala-i-Martin). The fit is the same; the interval of the speed is not.
    controls : pandas.DataFrame, optional
        Columns of numbers by unit that set the steady state.
    spatial : {"lag", "error"}, optional
        With `w` only; by default "lag". The slope of a lag model is before feedback of the neighbors, and so is the
        speed from it.

    Returns
    -------
    BetaConvergenceResult

    Raises
    ------
    DataError
        If a value is not positive, periods are no numbers, all units start alike or there are too few units.
    OptionError
        If `spatial` is given without `w`, or `w` with ``method="nls"``.

    References
    ----------
    Barro, R. J. and Sala-i-Martin, X. (1992). Convergence. Journal of Political Economy 100(2), 223-251. Rey, S. J.
    and Montouri, B. D. (1999). US regional income convergence: a spatial econometric perspective. Regional Studies
    33(2), 143-156.

    Examples
    --------
    >>> index = pd.MultiIndex.from_product([list("abcd"), [2000, 2010]], names=["city", "year"])
    >>> panel = pd.Series([1.0, 4.0, 2.0, 6.0, 4.0, 9.0, 8.0, 16.0], index=index)
    >>> fit = beta_convergence(panel)
    >>> round(float(fit.params["log_initial"]), 4), round(fit.speed, 4), round(fit.half_life, 1)
    (-0.0342, 0.0418, 16.6)
    """
    if w is None:
        unused({"spatial": spatial}, "they belong to a model with w")
    elif method == "nls":
        raise OptionError('method="nls" has no form with w; use method="ols", whose speed is the same.')
    w = None if w is None else by_label(w)
    values, periods = align_panel(panel, None if w is None else w.ids)
    ids = panel.index.unique(0).sort_values() if w is None else w.ids
    years = times_of(periods)
    positive_values(values[[0, -1]], ids, periods[[0, -1]])
    frame = _frame(values, ids, years, controls)
    k = frame.shape[1]
    if len(frame) <= k:
        raise DataError(f"{len(frame)} units do not allow {k} coefficients; leave out controls.")
    params, errors, fitted = _least_squares(frame) if w is None else _with_w(frame, w, spatial or "lag")
    T = float(years[-1] - years[0])
    speed = _speed(params["log_initial"], T)
    growth = frame["growth"]
    return BetaConvergenceResult(
        params=params,
        std_errors=errors,
        r_squared=float(np.corrcoef(growth, fitted)[0, 1] ** 2) if np.ptp(fitted) > 0 else 0.0,
        speed=speed,
        speed_std_error=float(errors["log_initial"] * np.exp(speed * T)),
        half_life=float(np.log(2) / speed) if speed > 0 else np.nan if np.isnan(speed) else np.inf,
        residuals=(growth - fitted).rename("residual"),
        method=method,
        spatial="no dependence" if w is None else f"spatial {spatial or 'lag'}",
        years=T,
        span=(periods[0], periods[-1]),
        n=len(frame),
    )


def _speed(slope: float, T: float) -> float:
    """The speed whose slope over `T` years is `slope`; NaN where none is."""
    return float(-np.log1p(slope * T) / T) if slope * T > -1 else np.nan


def times_of(periods: pd.Index) -> np.ndarray:
    """The periods (T,) as numbers."""
    check_periods(periods)
    if not pd.api.types.is_numeric_dtype(periods):
        raise DataError(f"growth per year needs periods that are numbers, such as 2010; they are {some(periods)}.")
    return periods.to_numpy(float)


def positive_values(values: np.ndarray, ids: pd.Index, periods: pd.Index) -> None:
    """Raise for values (T, n) that have no logarithm."""
    rows, columns = np.nonzero(values <= 0)
    if len(rows):
        told = [f"{ids[c]} ({periods[r]})" for r, c in zip(rows, columns, strict=True)]
        raise DataError(f"logarithms need positive values, but they are not for {some(told)}; leave these units out.")


def _frame(values: np.ndarray, ids: pd.Index, years: np.ndarray, controls: pd.DataFrame | None) -> pd.DataFrame:
    """Growth, log_initial and the controls by unit."""
    initial, final = np.log(values[0]), np.log(values[-1])
    if np.ptp(initial) <= 1e-12 * max(1.0, np.abs(initial).max()):
        raise DataError("all units start from the same value, so that nobody can catch up.")
    frame = pd.DataFrame({"growth": (final - initial) / (years[-1] - years[0]), "log_initial": initial}, index=ids)
    if controls is None:
        return frame
    taken = {"growth", "log_initial", "Intercept"} & set(map(str, controls.columns))
    if taken:
        raise OptionError(
            f"controls have columns called {some(sorted(taken))}, which are names of the model; rename them."
        )
    others = align_frame(controls, ids, "controls", "values").set_axis(ids)
    return frame.join(others.set_axis([str(c) for c in others.columns], axis=1).astype(float))


def _least_squares(frame: pd.DataFrame) -> tuple[pd.Series, pd.Series, pd.Series]:
    """Coefficients, classical standard errors, and fitted values."""
    X = np.column_stack([np.ones(len(frame)), frame.iloc[:, 1:]])
    y = frame["growth"].to_numpy()
    names = pd.Index(["Intercept", *frame.columns[1:]])
    Q, R = np.linalg.qr(X)
    diagonal = np.abs(np.diag(R))
    lost = diagonal <= 1e-11 * np.linalg.norm(X, axis=0)
    if lost.any():
        raise DataError(f"{some(names[lost])} follows from the other regressors; leave it out.")
    beta = np.linalg.solve(R, Q.T @ y)
    fitted = X @ beta
    sigma2 = ((y - fitted) ** 2).sum() / (len(y) - len(beta))
    errors = np.sqrt(sigma2 * (np.linalg.inv(R) ** 2).sum(axis=1))
    return pd.Series(beta, names), pd.Series(errors, names), pd.Series(fitted, frame.index)


def _with_w(frame: pd.DataFrame, w: Weights, spatial: str) -> tuple[pd.Series, pd.Series, pd.Series]:
    """The same by maximum likelihood with dependence."""
    _least_squares(frame)  # names the regressor that is one too many
    terms = " + ".join(f"`{name}`" for name in frame.columns[1:])
    estimate = models.lag if spatial == "lag" else models.error
    fit = estimate(f"growth ~ {terms}", frame, w)
    names = [str(name).strip("`") for name in fit.params.index]
    fitted = frame["growth"] - fit.residuals.reindex(frame.index)
    return fit.params.set_axis(names), fit.std_errors.set_axis(names), fitted
