"""Shift-share designs: shocks of industries that reach units through their shares, and neighbors through W."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from scipy import special

from gbaspatial.alignment import align_frame, as_numbers
from gbaspatial.errors import AlignmentError, CollinearityError, DataError, LabelTypeError, some
from gbaspatial.formula import design
from gbaspatial.options import level_of, public
from gbaspatial.results import Result, Table
from gbaspatial.weights import as_weights

if TYPE_CHECKING:
    from gbaspatial.formula import Design
    from gbaspatial.weights.annotations import WeightsLike

ASSUMPTIONS = (
    "Given the covariates, shocks are as good as random across industries (shares may be anything); units respond "
    "to their own exposure and, with w=, to that of their neighbors alone.",
)
FEW = 20  # effective shocks below which their normal approximation is doubtful


@dataclass(frozen=True, slots=True, eq=False)
class ShiftShare(Result):
    """Effects of exposure to shocks, and of the neighbors' exposure.

    Attributes
    ----------
    frame : pandas.DataFrame
        Rows `exposure` and, with W, `W exposure`, then covariates; `estimate, std_error` (by shocks for exposures,
        HC1 for covariates), `statistic, p_value, lower, upper` (95 %, normal), `hc1`.
    exposure : pandas.Series
        Shares times shocks, by unit.
    effective_shocks : float
        1 over the sum of squared average shares.
    n, n_shocks : int
    formula : str
    notes : tuple of str
    """

    frame: pd.DataFrame
    exposure: pd.Series
    effective_shocks: float
    n: int
    n_shocks: int
    formula: str
    notes: tuple[str, ...]

    @property
    def params(self) -> pd.Series:
        """Estimates by term."""
        return self.frame["estimate"]

    @property
    def std_errors(self) -> pd.Series:
        """Standard errors by term."""
        return self.frame["std_error"]

    @property
    def pvalues(self) -> pd.Series:
        """Two-sided p-values by term."""
        return self.frame["p_value"]

    def conf_int(self, level: float = 0.95) -> pd.DataFrame:
        """Confidence intervals `lower`, `upper` by term."""
        width = special.ndtri((1 + level_of(level)) / 2) * self.std_errors
        return pd.DataFrame({"lower": self.params - width, "upper": self.params + width})

    def tables(self) -> tuple[Table, ...]:
        """The effects."""
        return (Table(self.frame, f"Shift-share: {self.formula}", (*self.notes, *ASSUMPTIONS)),)


@public
def shift_share(
    formula: str, data: pd.DataFrame, shares: pd.DataFrame, shocks: pd.Series, *, w: WeightsLike | None = None
) -> ShiftShare:
    """Regress an outcome on exposure to shocks, with errors that know that units share the same shocks.

    Exposure of a unit is the sum over industries of its share times the shock. With W, the neighbors' exposure,
    W times exposure, is a second regressor: shares W S of the same shocks.

    Parameters
    ----------
    formula : str
        Outcome and covariates, ``"growth ~ log(gdp)"``. Where shares do not sum to one, their sum should be among
        the covariates; it is added if it is not constant.
    data : pandas.DataFrame
        By unit.
    shares : pandas.DataFrame
        From zero, by unit (rows) and industry (columns), in any order.
    shocks : pandas.Series
        By industry.
    w : Weights, optional

    Returns
    -------
    ShiftShare

    Raises
    ------
    DataError
        For negative shares, shares that are not there or a single shock.
    AlignmentError, CollinearityError, FormulaError, MissingDataError

    References
    ----------
    Adao, R., Kolesar, M. and Morales, E. (2019). Shift-share designs: theory and inference. Quarterly Journal of
    Economics 134(4), 1949-2010.
    Borusyak, K., Hull, P. and Jaravel, X. (2022). Quasi-experimental shift-share research designs. Review of
    Economic Studies 89(1), 181-213.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> units, industries = [f"u{i}" for i in range(60)], [f"s{k}" for k in range(30)]
    >>> shares = pd.DataFrame(rng.dirichlet(np.ones(30) / 5, 60), units, industries)
    >>> shocks = pd.Series(rng.normal(size=30), industries)
    >>> data = pd.DataFrame({"growth": 2.0 * (shares @ shocks) + rng.normal(0, 0.1, 60)}, units)
    >>> result = shift_share("growth ~ 1", data, shares, shocks)
    >>> bool(abs(result.params["exposure"] - 2.0) < 0.2)
    True
    """
    w = None if w is None else as_weights(w)
    read = design(formula, data, w)
    S = _checked_shares(shares, shocks, read.ids)
    g = as_numbers(shocks, "shocks").reindex(shares.columns).to_numpy()
    exposure = S @ g
    parts = {"exposure": S} if w is None else {"exposure": S, "W exposure": w.sparse @ S}
    Z, names, notes = _covariates(read, S)
    # shocks are judged against their mean, so that the covariates' intercept takes what all share
    D = np.column_stack([part @ g for part in parts.values()])
    X = np.column_stack([D, Z])
    _check_rank(X, [*parts, *names])
    b, *_ = np.linalg.lstsq(X / _size(X), read.y, rcond=None)
    b = b / _size(X)
    e = read.y - X @ b
    inverse = np.linalg.pinv(X / _size(X)) / _size(X)[:, None]  # (X'X)^-1 X'
    hc1 = np.sqrt(len(e) / (len(e) - X.shape[1]) * np.square(inverse * e).sum(axis=1))
    errors = hc1.copy()
    q = D.shape[1]
    errors[:q] = _shock_errors(D, Z, list(parts.values()), e)
    effective = 1 / float(np.square(S.mean(axis=0) / S.mean(axis=0).sum()).sum())
    with np.errstate(divide="ignore", invalid="ignore"):
        t = np.where(errors > 0, b / errors, np.nan)
    width = special.ndtri(0.975) * errors
    frame = pd.DataFrame(
        {
            "estimate": b, "std_error": errors, "statistic": t, "p_value": 2 * special.ndtr(-np.abs(t)),
            "lower": b - width, "upper": b + width, "hc1": hc1,
        },
        index=pd.Index([*parts, *names], name="term"),
    )  # fmt: skip
    notes = [
        f"{len(e)} units, {len(g)} shocks (as many as {effective:.1f} of equal size). Standard errors of exposures "
        f"by shocks (Adao, Kolesar and Morales), of covariates HC1; normal.",
        *notes,
    ]
    if effective < FEW:
        notes.append(f"With the weight of {effective:.1f} equal shocks the normal approximation is doubtful.")
    return ShiftShare(
        frame, pd.Series(exposure, index=read.ids, name="exposure").reindex(data.index), effective, len(e), len(g),
        formula, tuple(notes),
    )  # fmt: skip


def _checked_shares(shares: pd.DataFrame, shocks: pd.Series, ids: pd.Index) -> np.ndarray:
    if not isinstance(shares, pd.DataFrame):
        raise LabelTypeError(f"shares is a {type(shares).__name__}; pass a DataFrame of units by industries.")
    if not isinstance(shocks, pd.Series):
        raise LabelTypeError(f"shocks is a {type(shocks).__name__}; pass a Series by industry.")
    differing = shares.columns.symmetric_difference(shocks.index)
    for kept in (shares.columns, shocks.index):
        differing = differing.union(kept[kept.duplicated()].unique(), sort=False)
    if len(differing):
        raise AlignmentError(
            f"shares and shocks must have the same industries, each once; they differ in {some(differing)}."
        )
    if len(shocks) < 2:
        raise DataError("one shock tells nothing; shift-shares need several industries.")
    frame = align_frame(shares, ids, "shares")
    S = np.column_stack([as_numbers(frame[c], f"shares of {c}").to_numpy(dtype=float) for c in frame.columns])
    negative = (S < 0).any(axis=1)
    if negative.any():
        raise DataError(f"shares are negative for {some(ids[negative])}; shares are from zero.")
    empty = ~S.any(axis=0)
    if empty.any():
        raise DataError(f"no unit has a share of {some(frame.columns[empty])}; leave these industries out.")
    if np.linalg.matrix_rank(S / _size(S)) < S.shape[1]:
        raise CollinearityError(
            f"the shares of {S.shape[1]} industries are collinear over {S.shape[0]} units, so that shocks cannot be "
            f"told apart; use fewer, coarser industries."
        )
    return S


def _covariates(read: Design, S: np.ndarray) -> tuple[np.ndarray, list[str], list[str]]:
    names, Z, notes = list(read.terms), read.X, []
    total = S.sum(axis=1)
    if np.ptp(total) > 1e-9 * np.abs(total).max():
        columns = np.column_stack([Z, total])
        if np.linalg.matrix_rank(columns / _size(columns)) > Z.shape[1]:
            Z, names = columns, [*names, "sum of shares"]
            notes.append("Shares do not sum to the same for all units, so that their sum is a covariate.")
    return Z, names, notes


def _size(X: np.ndarray) -> np.ndarray:
    size = np.linalg.norm(X, axis=0)
    return np.where(size > 0, size, 1.0)


def _check_rank(X: np.ndarray, names: list[str]) -> None:
    if np.linalg.matrix_rank(X / _size(X)) < X.shape[1]:
        raise CollinearityError(f"{some(names)} are collinear; leave one of them out.")


def _shock_errors(D: np.ndarray, Z: np.ndarray, parts: list[np.ndarray], e: np.ndarray) -> np.ndarray:
    """Standard errors (q,) by shocks: residual exposures are taken apart into residual shocks (AKM, remark 5)."""
    within = D - Z @ np.linalg.lstsq(Z, D, rcond=None)[0] if Z.shape[1] else D
    bread = np.linalg.inv(within.T @ within)
    scores = []
    for j, part in enumerate(parts):
        shocks, *_ = np.linalg.lstsq(part, within[:, j], rcond=None)  # (industries,)
        scores.append(shocks * (part.T @ e))
    meat = np.array(scores).T  # (industries, q)
    V = bread @ (meat.T @ meat) @ bread
    return np.sqrt(np.diag(V))
