"""Hausman's test between two fits of a panel, with rho or lambda or without: fixed effects against random ones."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from gbaspatial.errors import OptionError, some
from gbaspatial.formula import is_intercept
from gbaspatial.inference.tails import chi_squared_tail
from gbaspatial.models.panel.panel_fit import PanelFit
from gbaspatial.options import public
from gbaspatial.results import Result, Table
from gbaspatial.sizes import POSITIVE_ABOVE


@dataclass(frozen=True, slots=True, eq=False)
class HausmanTest(Result):
    """Are the effects of units unrelated to the regressors?

    Attributes
    ----------
    statistic, p_value : float
        NaN where the difference of the variances is not positive definite.
    df : int
    frame : pandas.DataFrame
        By coefficient: `fixed`, `random`, `difference`, and `std_error` of it (NaN where its variance is negative).
    notes, title
    """

    statistic: float
    p_value: float
    df: int
    frame: pd.DataFrame
    notes: tuple[str, ...]
    title: str

    def to_frame(self) -> pd.DataFrame:
        """See `frame`."""
        return self.frame.copy()

    def tables(self) -> tuple[Table, ...]:
        """The coefficients side by side, with the test below."""
        return (Table(self.frame, self.title, self.notes),)


@public
def hausman(fixed: PanelFit, random: PanelFit) -> HausmanTest:
    """Compare the coefficients of a fit with fixed effects of units with those of one with random effects.

    Under the null both estimate the same and the random effects fit is efficient, so that the variance of the
    difference is the difference of the variances. In a sample that need not be positive definite: then there is no
    such test, and none is made of its absolute value; the Mundlak form (``effects="mundlak"``, whose fit tells the
    Wald test of the means) always exists and may be clustered.

    Parameters
    ----------
    fixed : PanelFit
        With effects of units (``"unit"`` or ``"twoway"``) and ``covariance="information"``.
    random : PanelFit
        The same model with ``effects="random"`` and ``covariance="information"``.

    Returns
    -------
    HausmanTest

    Raises
    ------
    OptionError
        If the fits are of other data, have other terms or effects, or clustered covariances.

    References
    ----------
    Hausman, J. A. (1978). Specification tests in econometrics. Econometrica 46(6), 1251-1271.
    Mutl, J. and Pfaffermayr, M. (2011). The Hausman test in a Cliff and Ord panel model. Econometrics Journal 14(1),
    48-76.

    Examples
    --------
    >>> import gbaspatial as gba
    >>> panel = gba.load_panel().loc[:, ["gdp_pc_cny", "employment"]].dropna()
    >>> w = gba.weights.contiguity(gba.load_cities(year=2019), links=2019).row_standardized()
    >>> fits = [
    ...     gba.models.panel_lag("log(gdp_pc_cny) ~ log(employment)", panel, w, effects=effects, unbalanced="common",
    ...                          covariance="information")
    ...     for effects in ("unit", "random")
    ... ]
    >>> hausman(*fits).df
    1
    """
    terms = [term for term in fixed.terms if not is_intercept(term)]
    _check(fixed, random, terms)
    gap = fixed.params[terms] - random.params[terms]
    difference = fixed.covariance.loc[terms, terms] - random.covariance.loc[terms, terms]
    with np.errstate(invalid="ignore"):
        error = np.sqrt(np.diag(difference))
    frame = pd.DataFrame(
        {"fixed": fixed.params[terms], "random": random.params[terms], "difference": gap, "std_error": error}
    ).rename_axis("term")
    size = np.sqrt(np.abs(np.diag(difference)))
    defined = np.isfinite(difference.to_numpy()).all() and size.min() > 0
    statistic = np.nan
    if defined and np.linalg.eigvalsh(difference.to_numpy() / np.outer(size, size)).min() > POSITIVE_ABOVE:
        statistic = float(gap @ np.linalg.solve(difference, gap))
    p = float(chi_squared_tail(statistic, len(terms))) if np.isfinite(statistic) else float("nan")
    told = (
        f"Hausman: chi-squared {statistic:.4f}, df {len(terms)}, p {p:.4g}; null: effects of units and regressors are "
        f"not related."
        if np.isfinite(statistic)
        else "The difference of the variances is not positive definite, so that there is no Hausman test here; use the "
        "Wald test of effects='mundlak'."
    )
    return HausmanTest(statistic, p, len(terms), frame, (told,), f"Fixed or random effects: {fixed.formula}")


def _check(fixed: PanelFit, random: PanelFit, terms: list[str]) -> None:
    for name, fit in (("fixed", fixed), ("random", random)):
        if not isinstance(fit, PanelFit):
            raise OptionError(f"{name} is a {type(fit).__name__}; give a fit of a panel.")
        if fit.covariance_code not in ("information", "classical"):
            raise OptionError(f"the {name} fit's errors are {fit.covariance_kind}; use covariance='information'.")
    if not fixed.kind.unit or fixed.kind.random is not None:
        raise OptionError(f"fixed has {fixed.kind.told} effects; it needs those of units, effects='unit' or 'twoway'.")
    if random.kind.random is None:
        raise OptionError(f"random has {random.kind.told} effects; fit it with effects='random'.")
    if fixed.model != random.model or fixed.design.fingerprint != random.design.fingerprint:
        raise OptionError("the two fits are of different models or data; give the same call with other effects.")
    absent = [term for term in terms if term not in random.params.index]
    if absent:
        raise OptionError(f"the random effects fit has no {some(absent)}; give the same formula to both.")
