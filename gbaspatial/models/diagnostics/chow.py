"""The Chow test of a fit with regimes: do coefficients differ between classes of units?"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from scipy import special

from gbaspatial.errors import OptionError
from gbaspatial.formula.regressors import classes_of
from gbaspatial.models.fit import Fit
from gbaspatial.models.fit_tables import SMALL
from gbaspatial.options import public
from gbaspatial.referee import code as _code, second_opinion as _second_opinion
from gbaspatial.results import Result, Table

if TYPE_CHECKING:
    from gbaspatial.models.panel.panel_fit import PanelFit


@dataclass(frozen=True, slots=True, eq=False)
class ChowResult(Result):
    """Tests that coefficients do not differ between regimes.

    `frame` has rows by coefficient and ``all``; columns `statistic`, `df`, `p_value`, and for
    least squares `df_resid` (F tests; chi-squared otherwise).

    Attributes
    ----------
    kind : str
        Which tests they are: F tests of least squares, Wald tests of others.
    regimes : str
        The column of the classes.
    n : int
        Units.
    """

    frame: pd.DataFrame
    kind: str
    regimes: str
    n: int
    _fit: Fit | PanelFit = field(repr=False)

    second_opinion = _second_opinion
    code = _code

    def to_frame(self) -> pd.DataFrame:
        """The tests; see `frame`."""
        return self.frame.copy()

    def tables(self) -> tuple[Table, ...]:
        """The tests."""
        notes = [f"{self.kind}; the hypothesis is that the coefficient is the same in every class of {self.regimes}."]
        if self.n < SMALL and "df_resid" not in self.frame:
            notes.append(f"With {self.n} units a chi-squared p-value rejects too often.")
        return (Table(self.frame, f"Chow tests over {self.regimes}", tuple(notes)),)


@public
def chow(fit: Fit | PanelFit) -> ChowResult:
    """Chow test (least squares) or spatial Chow test of a fit with ``regimes=``.

    Parameters
    ----------
    fit : Fit
        Fitted with ``regimes=``.

    Returns
    -------
    ChowResult
        The joint test and one for each coefficient.

    Raises
    ------
    OptionError
        If the fit has no regimes.

    References
    ----------
    Chow, G. (1960). Tests of equality between sets of coefficients in two linear regressions. Econometrica 28,
    591-605.
    Anselin, L. (1990). Spatial dependence and spatial structural instability in applied regression analysis. Journal
    of Regional Science 30, 185-207.

    Examples
    --------
    >>> import gbaspatial as gba
    >>> cities = gba.load_cities(year=2019).assign(coast=["yes", "no"] * 5 + ["yes"])
    >>> fit = gba.models.ols("log(gdp_pc_cny) ~ log(employment)", cities, regimes="coast")
    >>> chow(fit).to_frame().index.tolist()
    ['Intercept', 'log(employment)', 'all']
    """
    if fit.design.regimes is None:
        raise OptionError("the fit has no regimes; estimate it with regimes='column' to test them.")
    levels = classes_of(fit.design.data[fit.design.regimes], fit.design.regimes)
    names: dict[str, list[int]] = {}
    for place, term in enumerate(fit.terms):
        prefix = next((p for p in (f"{fit.design.regimes}[{v}]:" for v in levels) if term.startswith(p)), None)
        if prefix is not None:  # an outcome of the period before is not split
            names.setdefault(term.removeprefix(prefix), []).append(place)
    names = {name: places for name, places in names.items() if len(places) == len(levels)}  # not absorbed intercepts
    spatial = [n for n in fit.params.index if n.startswith("rho[")]
    groups = {**names, **({"rho": [list(fit.params.index).index(n) for n in spatial]} if spatial else {})}
    contrasts = {name: _contrast(places, len(fit.params)) for name, places in groups.items()}
    contrasts["all"] = np.vstack(list(contrasts.values()))
    rows = {name: _test(fit, R) for name, R in contrasts.items()}
    frame = pd.DataFrame.from_dict(rows, orient="index", columns=["statistic", "df", "p_value"])
    if fit.df is not None:
        frame.insert(2, "df_resid", fit.df)
    kind = "F test" if fit.df is not None else "Wald test, chi-squared"
    return ChowResult(frame.rename_axis("coefficient"), kind, fit.design.regimes, fit.n, fit)


def _contrast(places: list[int], p: int) -> np.ndarray:
    """Rows (m - 1, p): each further class less the first."""
    R = np.zeros((len(places) - 1, p))
    for row, place in enumerate(places[1:]):
        R[row, places[0]], R[row, place] = -1.0, 1.0
    return R


def _test(fit: Fit | PanelFit, R: np.ndarray) -> tuple[float, int, float]:
    gap = R @ fit.params.to_numpy()
    spread = R @ fit.covariance.to_numpy() @ R.T
    df = len(gap)
    if df == 0 or not np.all(np.isfinite(spread)):
        return np.nan, df, np.nan
    wald = float(gap @ np.linalg.solve(spread, gap))
    if fit.df is not None:
        return wald / df, df, float(special.fdtrc(df, fit.df, wald / df))
    return wald, df, float(special.chdtrc(df, wald))
