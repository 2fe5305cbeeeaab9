"""Sigma convergence: whether the spread of logarithms falls over time."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd
from scipy import special

from gbaspatial.alignment import align_panel
from gbaspatial.disparity.convergence import Covariance, positive_values, times_of
from gbaspatial.errors import DataError, OptionError
from gbaspatial.options import public, unused
from gbaspatial.results import Result, Table


@dataclass(frozen=True, slots=True, eq=False)
class TrendResult(Result):
    """A line through a measure over time.

    Attributes
    ----------
    params, std_errors : pandas.Series
        `Intercept` and the slope, called as the periods are.
    classical_std_errors : pandas.Series
        As if years were independent of each other, which makes them too small.
    lags : int
        Lags of Newey and West's covariance; 0 for the classical one.
    measure : str
        Of dispersion, whose trend it is.
    covariance : str
        Which standard errors.
    n : int
        Periods.
    """

    params: pd.Series
    std_errors: pd.Series
    classical_std_errors: pd.Series
    measure: str
    covariance: str
    lags: int
    n: int

    @property
    def tvalues(self) -> pd.Series:
        """Coefficients over their standard errors."""
        return self.params / self.std_errors

    @property
    def pvalues(self) -> pd.Series:
        """Two-sided p-values, by Student's t with T - 2 degrees of freedom."""
        return pd.Series(2 * special.stdtr(self.n - 2, -np.abs(self.tvalues.to_numpy())), self.params.index)

    def tables(self) -> tuple[Table, ...]:
        """The line."""
        frame = pd.DataFrame(
            {"estimate": self.params, "std_error": self.std_errors, "t": self.tvalues, "p_value": self.pvalues}
        ).rename_axis("term")
        how = f"Newey-West with {self.lags} lags" if self.covariance == "hac" else "classical"
        return (Table(frame, f"Trend of {self.measure}", (f"{self.n} periods; standard errors: {how}.",)),)


@dataclass(frozen=True, slots=True, eq=False)
class SigmaConvergenceResult(Result):
    """How far apart units are in each period, and the trend of it.

    Attributes
    ----------
    frame : pandas.DataFrame
        By period: `sd_log`, the standard deviation of the logarithms, and `cv`, standard deviation over mean
        (both with n - 1).
    trend : TrendResult or None
        None with fewer than three periods.
    n : int
        Units.
    """

    frame: pd.DataFrame
    trend: TrendResult | None
    n: int

    def tables(self) -> tuple[Table, ...]:
        """Dispersion by period, and its trend."""
        first = Table(self.frame, "Sigma convergence", (f"{self.n} units; both with n - 1.",))
        return (first,) if self.trend is None else (first, *self.trend.tables())


@public
def sigma_convergence(
    panel: pd.Series,
    *,
    measure: Literal["sd_log", "cv"] = "sd_log",
    covariance: Covariance = "hac",
    lags: int | None = None,
) -> SigmaConvergenceResult:
    """Whether the differences between units shrink over time.

    Parameters
    ----------
    panel : pandas.Series
        Positive numbers by unit and period (a balanced panel); periods are numbers such as years.
    measure : {"sd_log", "cv"}
        The dispersion whose trend is estimated; the table has both.
    covariance : {"hac", "classical"}
        Of the trend: Newey and West's, as dispersion this year is near that of last year; or independent years.
    lags : int, optional
        Of "hac"; by default floor(4 (T / 100)^(2/9)).

    Returns
    -------
    SigmaConvergenceResult

    Raises
    ------
    DataError
        If a value is not positive, or there are fewer than two units or periods.

    References
    ----------
    Barro, R. J. and Sala-i-Martin, X. (1992). Convergence. Journal of Political Economy 100(2), 223-251. Newey, W. K.
    and West, K. D. (1987). A simple, positive semi-definite, heteroskedasticity and autocorrelation consistent
    covariance matrix. Econometrica 55(3), 703-708.

    Examples
    --------
    >>> index = pd.MultiIndex.from_product([list("abc"), [2000, 2001]], names=["city", "year"])
    >>> sigma_convergence(pd.Series([1.0, 2.0, 2.0, 3.0, 4.0, 5.0], index=index)).to_frame().round(3)["cv"].tolist()
    [0.655, 0.458]
    """
    values, periods = align_panel(panel)
    years = times_of(periods)
    if values.shape[1] < 2:
        raise DataError("dispersion needs at least two units.")
    positive_values(values, panel.index.unique(0).sort_values(), periods)
    if covariance == "classical":
        unused({"lags": lags}, 'they belong to covariance="hac"')
    if lags is not None and not 0 <= lags < len(years) - 1:
        raise OptionError(f"lags={lags} must be from 0 to {len(years) - 2}, two less than the periods.")
    index = periods.rename(periods.name or "period")
    unit = values / values.mean(axis=1, keepdims=True)
    frame = pd.DataFrame({"sd_log": np.log(unit).std(axis=1, ddof=1), "cv": unit.std(axis=1, ddof=1)}, index=index)
    if len(years) < 3:
        return SigmaConvergenceResult(frame, None, values.shape[1])
    if lags is None:
        lags = min(int(4 * (len(years) / 100) ** (2 / 9)), len(years) - 2)
    trend = _trend(frame[measure], years, covariance, lags)
    return SigmaConvergenceResult(frame, trend, values.shape[1])


def _trend(dispersion: pd.Series, years: np.ndarray, covariance: str, lags: int) -> TrendResult:
    """The line of `dispersion` (T,) on `years` (T,)."""
    T = len(years)
    middle = years.mean()
    X = np.column_stack([np.ones(T), years - middle])
    y = dispersion.to_numpy()
    inverse = np.diag(1 / (X**2).sum(axis=0))
    beta = inverse @ X.T @ y
    scores = X * (y - X @ beta)[:, None]
    apart = np.abs(np.subtract.outer(years, years)) / np.diff(years).min()  # of the calendar: years may be missing
    meat = scores.T @ np.clip(1 - apart / (lags + 1), 0, None) @ scores
    hac = inverse @ meat @ inverse * T / (T - 2)
    classical = inverse * ((y - X @ beta) ** 2).sum() / (T - 2)
    back = np.array([[1.0, -middle], [0.0, 1.0]])  # from the centered line to the one through year zero
    names = pd.Index(["Intercept", str(dispersion.index.name)])
    hac_errors, plain = (pd.Series(np.sqrt(np.diag(back @ v @ back.T)), names) for v in (hac, classical))
    robust = covariance == "hac"
    return TrendResult(
        params=pd.Series(back @ beta, names),
        std_errors=hac_errors if robust else plain,
        classical_std_errors=plain,
        measure=str(dispersion.name),
        covariance=covariance,
        lags=lags if robust else 0,
        n=T,
    )
