"""Counts of a panel by Poisson pseudo-maximum likelihood with fixed effects: E y = exposure exp(X b + effects).

Effects of units (or, without these, of the cells of time) are taken out of the likelihood: given all else, the
fitted outcomes of a unit sum to its own. Cells beside units are dummies. Coefficients of X are not biased by the
number of effects.
"""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from scipy import special

from gbaspatial.errors import ConvergenceError, DataError, GbaWarning, OptionError, some
from gbaspatial.formula import Design
from gbaspatial.models.fit_tables import SMALL
from gbaspatial.models.fitted import Fitted
from gbaspatial.models.panel.effect_kinds import Kind
from gbaspatial.models.panel.frame import PanelDesign
from gbaspatial.models.panel.panel_rows import time_numbers
from gbaspatial.models.panel.panel_specification import Specification, specified
from gbaspatial.models.panel.panel_tests import serial_correlation
from gbaspatial.models.request import Request
from gbaspatial.options import word

if TYPE_CHECKING:
    from gbaspatial.alignment import Label
    from gbaspatial.weights.annotations import WeightsGiven

COVARIANCES = ("cluster", "classical")
_ROUNDS = 100
_RUN_OFF = 1e-10


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class PanelCountsFit(Fitted):
    """Counts of a panel by Poisson pseudo-maximum likelihood with fixed effects.

    Attributes
    ----------
    design, kind : PanelDesign and Kind
    mean : pandas.Series
        Fitted outcomes mu; residuals are y - mu.
    absorbed : int
        Number of effects.
    deviance : float
    serial_correlation : float
        Of Pearson residuals of neighboring periods.
    """

    design: PanelDesign
    kind: Kind
    mean: pd.Series
    absorbed: int
    deviance: float
    serial_correlation: float

    @property
    def n_units(self) -> int:
        """Number of units."""
        return self.design.stack.n

    @property
    def n_params(self) -> int:
        """Coefficients and effects."""
        return len(self.params) + self.absorbed

    def glance(self) -> pd.DataFrame:
        """One row that tells the whole fit."""
        row = {
            "model": self.model, "effects": self.kind.name, "n": self.n, "n_units": self.n_units,
            "n_periods": self.design.stack.periods, "k": self.k, "log_likelihood": self.log_likelihood,
            "aic": self.aic, "bic": self.bic, "deviance": self.deviance, "dispersion": self.sigma2,
            "serial_correlation": self.serial_correlation,
        }  # fmt: skip
        return pd.DataFrame([row])

    @property
    def heading(self) -> str:
        """The model in words, and its formula: the title of its tables."""
        return f"Panel, counts (PPML): {self.formula}"

    def _about(self) -> list[str]:
        stack, periods = self.design.stack, self.design.periods
        return [
            f"n = {self.n} rows: {stack.n} units in {stack.periods} periods ({periods[0]} to {periods[-1]}); "
            f"{self.kind.told} effects ({self.absorbed} absorbed).",
            f"Dispersion {self.sigma2:.4g} (one if the variance is the mean); serial correlation of the Pearson "
            f"residuals {self.serial_correlation:.3f}.",
        ]


def panel_counts(
    formula: str,
    data: pd.DataFrame,
    w: WeightsGiven,
    effects: str,
    offset: Any,
    covariance: str | None,
    unbalanced: str,
    inference: str,
) -> PanelCountsFit:
    """The fit; `offset` gives the logarithm of the exposure (m,) for the labels of the rows.

    Raises
    ------
    OptionError, DataError, ConvergenceError
        For effects or covariances that are not there, negative outcomes, and regressors that separate zeros.
    """
    covariance = "cluster" if covariance is None else covariance
    if covariance not in COVARIANCES:
        raise OptionError(
            f"covariance={covariance!r} is not made for counts of a panel; use 'cluster' (by unit), or 'classical'."
        )
    options = {"effects": effects, "unbalanced": word(unbalanced, ("error", "common", "keep"), "unbalanced")}
    given = specified(Request("panel_ols", formula, data, w, False, options, whole=True))
    if given.kind.random is not None or given.kind.rows is not None:
        raise OptionError(f"counts have fixed effects, not effects={effects!r}; use 'unit', 'time' or 'twoway'.")
    design = given.design
    check_counts(design)
    return _fitted(given, offset(design.ids), covariance, inference)


def check_counts(design: Design | PanelDesign) -> None:
    """Raise where a count is negative."""
    negative = design.y < 0
    if negative.any():
        raise DataError(f"{design.response} is negative for {some(list(design.ids[negative]))}; counts cannot be.")


def _fitted(given: Specification, offset: np.ndarray, covariance: str, inference: str) -> PanelCountsFit:
    design, stack = given.design, given.design.stack
    groups, dummies = _groups(given)
    inside, gone = _informative(given, design.y)
    y, unit = design.y[inside], stack.unit[inside]
    Z = np.column_stack([design.X, dummies])[inside]
    Z = Z[:, [place for place in range(Z.shape[1]) if place < design.k or Z[:, place].any()]]
    at = None if groups is None else np.unique(groups[inside], return_inverse=True)[1]
    beta, mu = poisson_less_effects(y, Z, offset[inside], at)
    _check_separation(design, y, mu, inside)
    left = less_means(Z, mu, at)
    bread = np.linalg.inv(left.T @ (mu[:, None] * left))
    n = len(np.unique(unit))
    told = f"clustered by unit ({n} clusters{'; few: too small' if n < SMALL else ''})"
    V = bread
    if covariance == "cluster":
        scores = left * (y - mu)[:, None]
        sums = np.column_stack([np.bincount(unit, weights=column, minlength=stack.n) for column in scores.T])
        V = n / (n - 1) * bread @ (sums.T @ sums) @ bread
    else:
        told = "classical"
        warnings.warn(
            "classical standard errors of a panel of counts take the variance for the mean and the periods of a unit "
            "for independent; use covariance='cluster'.",
            GbaWarning, stacklevel=5,
        )  # fmt: skip
    fitted = np.zeros(design.n)
    fitted[inside] = mu
    pearson = np.divide(design.y - fitted, np.sqrt(fitted), out=np.zeros(design.n), where=fitted > 0)
    absorbed = (0 if at is None else int(at.max()) + 1) + Z.shape[1] - design.k
    terms, k = list(design.terms), design.k
    notes = [*design.notes]
    if gone:
        notes.append(f"Always zero, so that they tell nothing of the coefficients: {some(gone, 8)}.")
    return PanelCountsFit(
        model="ppml", kind=given.kind, design=design, params=pd.Series(beta[:k], index=terms, name="estimate"),
        covariance=pd.DataFrame(V[:k, :k], index=terms, columns=terms),
        sigma2=float((pearson**2).sum() / max(len(y) - absorbed - k, 1)),
        log_likelihood=float((special.xlogy(y, mu) - mu - special.gammaln(y + 1)).sum()),
        residuals=design.label(design.y - fitted, "residuals"), mean=design.label(fitted, "fitted"),
        covariance_kind=told, covariance_code=covariance, df=float(n - 1) if covariance == "cluster" else None,
        inference=inference, notes=tuple(notes), absorbed=absorbed,
        deviance=float(2 * (special.xlogy(y, y) - special.xlogy(y, mu) - y + mu).sum()),
        serial_correlation=serial_correlation(pearson, stack.unit, time_numbers(design.periods)[stack.period]),
    )  # fmt: skip


def _groups(given: Specification) -> tuple[np.ndarray | None, np.ndarray]:
    """The effects that are taken out, by row, and the dummies of the others: one cell fewer than there are."""
    design, effects = given.design, given.effects
    nothing = np.empty((design.n, 0))
    if not effects.unit:
        return effects.cells, nothing
    if effects.cells is None:
        return design.stack.unit, nothing
    dummies = (effects.cells[:, None] == np.arange(effects.cells.max() + 1)[None, :]).astype(float)
    less = np.column_stack([design.stack.unit[:, None] == np.arange(design.stack.n)[None, :]]).astype(float)
    kept: list[int] = []
    # a dummy that units and the ones before explain is left out: one, or one of every class that units keep
    for place in range(dummies.shape[1]):
        trial = dummies[:, [*kept, place]]
        rest = trial - less @ (less.T @ trial / np.maximum(less.sum(axis=0), 1)[:, None])
        if np.linalg.matrix_rank(rest) > len(kept):
            kept.append(place)
    return design.stack.unit, dummies[:, kept]


def _informative(given: Specification, y: np.ndarray) -> tuple[np.ndarray, list[Label]]:
    """The rows of effects whose outcomes are not all zero, and the units and periods that are left out."""
    design, stack, effects = given.design, given.design.stack, given.effects
    gone: list[Label] = []
    inside = np.ones(design.n, dtype=bool)
    codes_of = [(stack.unit, "unit")] if effects.unit else []
    codes_of += [(effects.cells, "cell")] if effects.cells is not None else []
    before = -1
    while int(inside.sum()) != before:
        before = int(inside.sum())
        for codes, what in codes_of:
            totals = np.bincount(codes[inside], weights=y[inside], minlength=int(codes.max()) + 1)
            empty = inside & (totals[codes] == 0)
            if what == "unit":
                gone += list(design.units[np.unique(codes[empty])])
            else:
                gone += list(design.periods[np.unique(stack.period[empty])])
            inside &= ~empty
    if not inside.any():
        raise all_zero(design.response)
    return inside, gone


def all_zero(response: str) -> DataError:
    """The error of an outcome that is nowhere more than zero."""
    return DataError(f"{response} is zero everywhere; there is nothing to estimate.")


def less_means(Z: np.ndarray, mu: np.ndarray, groups: np.ndarray | None) -> np.ndarray:
    """Z (m, p) less the means of its groups, weighted by `mu` (m,)."""
    if groups is None:
        return Z
    total = np.bincount(groups, weights=mu)
    sums = np.column_stack([np.bincount(groups, weights=mu * column, minlength=len(total)) for column in Z.T])
    return Z - (sums / total[:, None])[groups]


def poisson_less_effects(
    y: np.ndarray, Z: np.ndarray, offset: np.ndarray, groups: np.ndarray | None
) -> tuple[np.ndarray, np.ndarray]:
    """b (p,) and mu (m,) of the Poisson likelihood whose effects of `groups` (m,) are taken out.

    Examples
    --------
    >>> y, Z = np.array([1.0, 3, 2, 6]), np.array([[0.0], [1], [0], [1]])
    >>> b, mu = poisson_less_effects(y, Z, np.zeros(4), np.array([0, 0, 1, 1]))
    >>> np.exp(b).round(9).tolist(), mu.round(9).tolist()
    ([3.0], [1.0, 3.0, 2.0, 6.0])
    """
    totals = None if groups is None else np.bincount(groups, weights=y)
    size = np.abs(Z).max(axis=0)
    scaled = Z / np.where(size > 0, size, 1.0)

    def _mean(b: np.ndarray) -> np.ndarray:
        eta = offset + scaled @ b
        if groups is None or totals is None:
            return np.exp(np.clip(eta, -700, 700))
        top = np.full(len(totals), -np.inf)
        np.maximum.at(top, groups, eta)
        part = np.exp(eta - top[groups])
        return np.asarray(totals[groups] * part / np.bincount(groups, weights=part)[groups])

    def _fall(mu: np.ndarray) -> float:
        with np.errstate(divide="ignore"):
            return float((mu - special.xlogy(y, mu)).sum())

    b = np.zeros(Z.shape[1])
    if groups is None:  # from least squares of a logarithm that exists
        b = np.linalg.lstsq(scaled, np.log(y + y.mean()) - offset, rcond=None)[0]
    mu = _mean(b)
    value = _fall(mu)
    for _ in range(_ROUNDS):
        left = less_means(scaled, mu, groups)
        root = np.sqrt(mu)
        step = np.linalg.lstsq(left * root[:, None], np.divide(y - mu, root, out=np.zeros_like(mu), where=root > 0),
                               rcond=None)[0]  # fmt: skip
        share = 1.0
        while not _fall(_mean(b + share * step)) <= value + 1e-12 * abs(value) and share > 1e-8:
            share /= 2
        b = b + share * step
        mu = _mean(b)
        new = _fall(mu)
        if np.abs(share * step).max() < 1e-10 and abs(new - value) <= 1e-12 * max(abs(value), 1):
            break
        value = new
    return b / np.where(size > 0, size, 1.0), mu


def _check_separation(design: PanelDesign, y: np.ndarray, mu: np.ndarray, inside: np.ndarray) -> None:
    runaway = (y == 0) & (mu < _RUN_OFF * max(float(y.mean()), 1e-300))
    if runaway.any():
        rows = [f"{unit} ({time})" for unit, time in design.ids[inside][runaway]]
        raise ConvergenceError(
            f"a regressor separates the zeros of {some(rows)} from the rest, so that its coefficient runs off; leave "
            f"it out, or leave these rows out."
        )
