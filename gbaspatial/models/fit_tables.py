"""What a fit shows: its terms, the measures of the whole fit, and in words where the inference comes from."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from gbaspatial.errors import some
from gbaspatial.results import Table

if TYPE_CHECKING:
    from gbaspatial.models.fitted import Fitted

SMALL = 50  # from here on the asymptotic inference is near
LONELY = 2  # units on which no test of a term can rest


def tables(fit: Fitted, about: list[str]) -> tuple[Table, ...]:
    """Coefficients with sentences `about` the fit, and, in a second table, its measures."""
    numbers = fit.glance().iloc[0]
    numbers = numbers[[not isinstance(value, str) for value in numbers]]
    measures = pd.DataFrame({"value": numbers.dropna()}).rename_axis("measure")
    return Table(fit.tidy(), fit.heading, (*about, *told(fit), *fit.notes), parameters=True), Table(measures)


def tidy(fit: Fitted, level: float = 0.95) -> pd.DataFrame:
    """One row per term: `estimate, std_error, statistic, p_value, lower, upper`, by the inference of the fit."""
    frame = pd.DataFrame(
        {
            "estimate": fit.params,
            "std_error": fit.std_errors,
            "statistic": fit.tvalues,
            "p_value": fit.pvalues,
        }
    ).join(fit.conf_int(level))
    return frame.rename_axis("term")


def told(fit: Fitted, level: float = 0.95) -> tuple[str, ...]:
    """Sentences that name the inference of `fit`, with its Monte Carlo error where it has one."""
    found = fit._few_units()
    if found is None:
        return (_told_asymptotic(fit),)
    return (found.told(), *found.told_errors(level), f"std_error, statistic: asymptotic ({fit.covariance_kind}).")


def told_kind(fit: Fitted) -> str:
    """One sentence that names the inference of `fit`."""
    found = fit._few_units()
    return _told_asymptotic(fit) if found is None else found.told()


def _told_asymptotic(fit: Fitted) -> str:
    if fit.df is not None:
        distribution = f"t with {fit.df:g} degrees of freedom"
        if fit.n_units < SMALL:
            exact = fit.covariance_code == "classical" and not fit.selected
            distribution += ", exact for normal errors" if exact else ", approximate"
    else:
        few = fit.n_units < SMALL
        distribution = f"normal, approximate with {fit.n_units} units" if few else "normal, asymptotic"
    return f"Standard errors: {fit.covariance_kind}; p-values and intervals: {distribution}, two-sided."


def lonely(terms: Sequence[str], X: np.ndarray) -> list[str]:
    """Terms whose columns of `X` (n, k) have one value but for at most two units, whose own errors are in it.

    Examples
    --------
    >>> lonely(["Intercept", "capital", "x"], np.column_stack([np.ones(6), np.eye(6)[0], np.arange(6.0)]))
    ['capital']
    """
    n, found = len(X), []
    for term, x in zip(terms, X.T, strict=True):
        others = n - int(np.unique(x, return_counts=True)[1].max())
        if 0 < others <= LONELY and n > 2 * LONELY:
            found.append(term)
    return found


def told_lonely(terms: Sequence[str]) -> str:
    """A sentence on `terms` that are `lonely`: what rests on so few units, and what to make of it."""
    return (
        f"{some(terms)}: at most {LONELY} units against all others. No test keeps its level there if one of them has "
        f"a variance of its own"
    )


def lonely_histories(
    terms: Sequence[str], X: np.ndarray, unit: np.ndarray, period: np.ndarray, level: bool
) -> list[str]:
    """Terms of a panel whose columns of `X` (m, k) have one history but for at most two units.

    Parameters
    ----------
    unit, period : numpy.ndarray of int, shape (m,)
        Codes of the rows, every unit and every period at least once.
    level : bool
        Whether the mean of a unit counts; not where effects of units take it out.

    Examples
    --------
    >>> unit, period = np.tile(np.arange(6), 2), np.repeat([0, 1], 6)
    >>> treated = ((unit == 3) & (period == 1)) * 1.0
    >>> lonely_histories(["treated", "x"], np.column_stack([treated, np.arange(12.0) ** 2]), unit, period, False)
    ['treated']
    """
    n = int(unit.max()) + 1
    found: list[str] = []
    if n <= 2 * LONELY:
        return found
    for term, x in zip(terms, X.T, strict=True):
        values = x if level else x - (np.bincount(unit, x) / np.bincount(unit))[unit]
        values = np.round(values, 12 - int(np.ceil(np.log10(np.abs(x).max(initial=1e-300) or 1e-300))))
        usual = pd.Series(values).groupby(period).agg(lambda seen: seen.mode().iloc[0]).to_numpy()
        others = len(np.unique(unit[values != usual[period]]))
        if 0 < others <= LONELY:
            found.append(term)
    return found
