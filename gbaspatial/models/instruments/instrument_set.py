"""Instruments: their columns and names, whether they suffice, and the tests of their strength and validity."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy import sparse

from gbaspatial.errors import OptionError, some
from gbaspatial.models.instruments import two_stage as iv
from gbaspatial.results import Result, Table
from gbaspatial.weights import Weights

WEAK = 10.0  # the rule of thumb of Staiger and Stock (1997)


@dataclass(frozen=True, slots=True, eq=False)
class InstrumentTests(Result):
    """Are the instruments strong, and are they valid?

    Attributes
    ----------
    first_stage : pandas.DataFrame
        By endogenous regressor: `f` of the excluded instruments, `df1`, `df2`, `p_value`,
        `partial_r2`. An F below 10 is weak (Staiger and Stock 1997).
    overidentification : pandas.DataFrame
        Rows `sargan` and `hansen`: `statistic, df, p_value`. The null is that all instruments
        are valid; Hansen's J holds under heteroskedasticity (with HAC under spatial
        correlation). NaN where there are no more instruments than needed.
    cragg_donald : float
        The smallest first-stage F over all combinations of the endogenous regressors.
    instruments : tuple of str
        The excluded instruments.
    """

    first_stage: pd.DataFrame
    overidentification: pd.DataFrame
    cragg_donald: float
    instruments: tuple[str, ...]

    @property
    def weak(self) -> bool:
        """Whether the smallest first-stage F is below 10."""
        return bool(min(self.cragg_donald, float(self.first_stage["f"].min())) < WEAK)

    def tables(self) -> tuple[Table, ...]:
        """First stage, then overidentification."""
        notes = (f"Excluded instruments: {some(self.instruments, 12)}.", f"Cragg-Donald F: {self.cragg_donald:.4g}.")
        gone = self.overidentification["statistic"].isna().any()
        told = ("Hansen's J does not exist: with this kernel the moments have no positive definite covariance.",)
        return (
            Table(self.first_stage, "Strength of the instruments", notes),
            Table(self.overidentification, "Validity of the instruments", told if gone else ()),
        )


def instruments_of(
    base: np.ndarray, names: list[str], w: Weights, lags: int, n_exogenous: int
) -> tuple[np.ndarray, tuple[str, ...]]:
    """An orthonormal basis Q (n, q) of the instruments, and the names of those that are excluded."""
    H = iv.lagged_columns(base, w.sparse, lags, w.row_sums)
    varying = [name for name, column in zip(names, base.T, strict=True) if np.ptp(column) > 0]
    told = [*names, *(f"W({v})" for v in varying), *(f"W(W({v}))" for v in varying if lags == 2)]
    kept, Q = iv.orthogonalized(H)
    return Q, tuple(told[place] for place in kept if place >= n_exogenous)


def check_identified(Q: np.ndarray, Z: np.ndarray, names: tuple[str, ...], lags: int, wanted: tuple[str, ...]) -> None:
    """Raise `OptionError` if the `wanted` endogenous regressors have too few instruments, or all of them too many."""
    n, q = Q.shape
    if q < Z.shape[1]:
        told = f"only {some(names)}" if names else "none"
        raise OptionError(
            f"{some(wanted)} need {len(wanted)} instruments, but there are {told}; give the formula a regressor that "
            f"varies in space (its lags serve as instruments), or more instruments=."
        )
    if q >= n:
        cure = "instrument_lags=1 or fewer regressors" if lags == 2 else "fewer regressors"
        raise OptionError(f"{n} units cannot carry {q} instruments; use {cure}.")


def instrument_tests(
    endogenous: Mapping[str, np.ndarray],
    X: np.ndarray,
    stage: iv.TwoStage,
    instruments: tuple[str, ...],
    K: sparse.csr_array | None = None,
) -> InstrumentTests:
    """The tests of the instruments of `stage` for the named `endogenous` columns beside `X` (n, k)."""
    first = iv.first_stage(np.column_stack(list(endogenous.values())), X, stage.Q)
    columns = {"f": first.f, "df1": first.df[0], "df2": first.df[1], "p_value": first.p_value}
    frame = pd.DataFrame(
        {**columns, "partial_r2": first.partial_r2}, index=pd.Index(list(endogenous), name="endogenous")
    )
    rows = pd.DataFrame(
        [iv.sargan(stage), iv.hansen(stage, K)],
        index=pd.Index(["sargan", "hansen"], name="test"),
        columns=["statistic", "df", "p_value"],
    )
    return InstrumentTests(frame, rows, first.cragg_donald, instruments)


def check_instrumented(endogenous: str | None, instruments: str | None) -> None:
    """Raise if endogenous regressors are named without instruments, or instruments without them."""
    if instruments and not endogenous:
        raise OptionError("instruments= are for endogenous=; name the endogenous regressors.")
    if endogenous and not instruments:
        raise OptionError("endogenous= needs instruments=, the right side of a formula such as 'distance + area'.")


def check_apart(instruments: Iterable[str], endogenous: Collection[str]) -> None:
    """Raise if a term is an instrument and endogenous."""
    both = [term for term in instruments if term in endogenous]
    if both:
        raise OptionError(f"{some(both)} cannot be endogenous and an instrument at once.")
