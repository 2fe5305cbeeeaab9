"""Difference in differences beside neighbors that are touched too: treated units and rings around them."""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, ClassVar, Literal

import numpy as np
import pandas as pd
from scipy import special

from gbaspatial.causal.exposure import NEVER, Rings, first_exposure, ring_before, ring_by_period, rings_among, starts_of
from gbaspatial.causal.imputation import Averages, Unidentified, averages
from gbaspatial.causal.placebo import placebo
from gbaspatial.errors import DataError, GbaWarning, MissingDataError, some
from gbaspatial.models.panel.frame import PanelDesign, read_panel
from gbaspatial.models.panel.stack import Stack
from gbaspatial.models.panel.within import effects_of
from gbaspatial.options import level_of, public, whole
from gbaspatial.results import Result, Table

if TYPE_CHECKING:
    from gbaspatial.alignment import Label
    from gbaspatial.causal.exposure import Edges, Near, Treated
    from gbaspatial.weights.annotations import WeightsLike

ASSUMPTIONS = (
    "Without treatment, treated and touched units would have moved in parallel with the clean ones (given the "
    "covariates); units beyond the rings are not touched; nothing is anticipated beyond the stated periods.",
)
WITHOUT_RINGS = (
    "Without treatment, treated units would have moved in parallel with the others (given the covariates); no unit is "
    "touched by the treatment of another; nothing is anticipated beyond the stated periods.",
)
FEW = 10  # treated units below which standard errors by unit are known to mislead


@dataclass(frozen=True, slots=True, eq=False)
class Setting:
    """The arrays of a design: rows by period and unit, who is treated from when (n,), and how near is near."""

    stack: Stack
    y: np.ndarray
    X: np.ndarray
    starts: np.ndarray
    rings: Rings
    anticipation: int

    def marks(self) -> tuple[np.ndarray, np.ndarray]:
        """The term of each row (m,): 0 clean, 1 treated, 2 ... rings, and whether (m,) the row is anticipation."""
        s = self.stack
        own = self.starts[s.unit]
        ring = ring_by_period(self.starts, self.rings, s.periods)[s.period, s.unit]
        mark = np.where(own <= s.period, 1, np.where(ring > 0, ring + 1, 0))
        soon = np.zeros(s.rows, dtype=bool)
        if self.anticipation:
            touched, _ = first_exposure(self.starts, self.rings, s.periods)
            first = np.minimum(self.starts, touched)[s.unit]
            soon = (mark == 0) & (s.period >= first - self.anticipation) & (first < NEVER)
        return mark, soon

    def estimate(self) -> tuple[Averages, list[str], np.ndarray]:
        """Mean effects with the names of their terms and the marks of the rows (m,)."""
        mark, soon = self.marks()
        names = ["treated", *self.rings.names]
        D = [mark == k + 1 for k in range(len(names))]
        if soon.any():
            names, D = [*names, "anticipation"], [*D, soon]
        there = [bool(column.any()) for column in D]
        names = [name for name, is_there in zip(names, there, strict=True) if is_there]
        columns = np.stack([c for c, is_there in zip(D, there, strict=True) if is_there], axis=1).astype(float)
        return averages(self.stack, self.y, self.X, columns, (mark == 0) & ~soon), names, mark


@dataclass(frozen=True, slots=True, eq=False)
class DifferenceInDifferences(Result):
    """Mean effects on the treated and on the rings around them.

    Attributes
    ----------
    frame : pandas.DataFrame
        Rows by term (`treated`, one per ring, perhaps `anticipation`); `estimate, std_error, statistic, p_value,
        lower, upper` (95 %), `rows` and `units` that the mean is over.
    covariance : pandas.DataFrame
        Of the estimates, by unit, the first stage carried.
    n, n_units, n_periods, n_treated, n_clean : int
        Rows, units, periods; units ever treated; units never treated or touched.
    formula : str
    notes : tuple of str
    periods : pandas.Index
    """

    frame: pd.DataFrame
    covariance: pd.DataFrame
    n: int
    n_units: int
    n_periods: int
    n_treated: int
    n_clean: int
    formula: str
    notes: tuple[str, ...]
    _setting: Setting = field(repr=False)
    units: pd.Index = field(repr=False)
    periods: pd.Index = field(repr=False)

    _older: ClassVar[Mapping[str, str]] = {"setting": "_setting"}

    @property
    def params(self) -> pd.Series:
        """Mean effects by term."""
        return self.frame["estimate"]

    @property
    def std_errors(self) -> pd.Series:
        """Standard errors by term."""
        return self.frame["std_error"]

    @property
    def pvalues(self) -> pd.Series:
        """Two-sided p-values by term, from t with units less one degrees of freedom."""
        return self.frame["p_value"]

    def conf_int(self, level: float = 0.95) -> pd.DataFrame:
        """Confidence intervals `lower`, `upper` by term."""
        width = special.stdtrit(self.n_units - 1, (1 + level_of(level)) / 2) * self.std_errors
        return pd.DataFrame({"lower": self.params - width, "upper": self.params + width})

    placebo = placebo

    def tables(self) -> tuple[Table, ...]:
        """The effects."""
        assumed = ASSUMPTIONS if self._setting.rings.edges else WITHOUT_RINGS
        return (Table(self.frame, f"Difference in differences: {self.formula}", (*self.notes, *assumed)),)


@public
def difference_in_differences(
    formula: str,
    data: pd.DataFrame,
    *,
    treated: Treated,
    time: Label | None = None,
    w: WeightsLike | None = None,
    distance: pd.DataFrame | pd.Series | None = None,
    rings: Edges | None = None,
    anticipation: int = 0,
    unbalanced: Literal["error", "common", "keep"] = "error",
) -> DifferenceInDifferences:
    """Effects of a treatment on the treated and on their neighbors, with effects of unit and period.

    Two stages (Gardner; Borusyak, Jaravel and Spiess): effects of units, of periods and of the covariates come from
    rows that are neither treated nor in a ring; what they leave is averaged over treated rows and over each ring
    (Butts). Treatments may begin at different times: no row that is already treated serves as a control. With one
    date and no covariates on a balanced panel it is least squares with effects of unit and period.

    Parameters
    ----------
    formula : str
        Outcome and covariates that vary over time, ``"log(y) ~ x"``, or ``"y ~ 1"``.
    data : pandas.DataFrame
        Indexed by unit and time, in any order.
    treated : pandas.Series, list of labels, or str
        The first treated period of each unit (missing for never); or who is treated (a list, or true and false by
        unit) with `time`; or the name of a column that is 0 before and 1 from the first treated row on.
    time : int, optional
        The one first treated period.
    w : Weights, optional
        Rings by steps over its links: a unit lies one step away if it has a treated neighbor.
    distance : GeoDataFrame or DataFrame, optional
        Rings by kilometers: the units' shapes, or km from unit to unit.
    rings : int or sequence of float, optional
        How many steps (1 by default), or outer edges of the rings in km.
    anticipation : int
        Periods before the treatment that may already react; they are a term of their own.
    unbalanced : {"error", "common", "keep"}
        What to do about rows that are not there.

    Returns
    -------
    DifferenceInDifferences

    Raises
    ------
    DataError
        If no clean row tells the effect of a period, or no unit is left to compare with; for a treatment that ends.
    AlignmentError, MissingDataError, OptionError
        For units, rows and options that do not fit.

    References
    ----------
    Butts, K. (2021). Difference-in-differences estimation with spatial spillovers. arXiv 2105.03737.
    Gardner, J. (2022). Two-stage differences in differences. arXiv 2207.05943.
    Borusyak, K., Jaravel, X. and Spiess, J. (2024). Revisiting event-study designs: robust and efficient
    estimation. Review of Economic Studies 91(6), 3253-3285.

    Examples
    --------
    >>> index = pd.MultiIndex.from_product([list("abcd"), [2000, 2001]], names=["city", "year"])
    >>> data = pd.DataFrame({"y": [1.0, 4.0, 2.0, 3.0, 0.0, 1.1, 5.0, 5.9]}, index=index)
    >>> result = difference_in_differences("y ~ 1", data, treated=["a"], time=2001)
    >>> float(round(result.params["treated"], 6))
    2.0
    """
    design, setting, units, notes = read_setting(
        formula, data, treated, time, (w, distance, rings), anticipation, unbalanced
    )
    try:
        found, names, mark = setting.estimate()
    except Unidentified as problem:
        raise DataError(told(problem, units, design.periods, bool(setting.rings.edges))) from None
    return _result(design, setting, units, found, names, mark, notes)


def read_setting(
    formula: str, data: pd.DataFrame, treated: Treated, time: Label | None, near: Near, anticipation: int,
    unbalanced: str,
) -> tuple[PanelDesign, Setting, pd.Index, list[str]]:  # fmt: skip
    """A formula and its data as arrays, with the labels of the units in them and what was left out.

    Units that are treated, touched or in anticipation in every period cannot be in them.
    """
    anticipation = whole(anticipation, "anticipation")
    design = read_panel(formula, data, unbalanced=unbalanced)
    starts = starts_of(treated, time, design, data)
    rings = rings_among(design.units, treated, data, near)
    keep = [j for j, term in enumerate(design.terms) if term != "Intercept"]
    if (starts == NEVER).all():
        raise DataError(
            f"no unit is treated by {design.periods[-1]}, the last period of the data; there is no effect to estimate."
        )
    notes = list(design.notes)
    touched, _ = first_exposure(starts, rings, design.stack.periods)
    first = np.minimum(np.minimum(starts, touched), NEVER - anticipation)
    always = (first <= anticipation) | (ring_before(starts, rings) > 0)
    if always.any():
        note = (
            f"Left out, because they are treated, touched or in anticipation in every period, so that nothing shows "
            f"what they were like before: {some(design.units[always], 8)} (their neighbors count as touched)."
        )
        warnings.warn(note, GbaWarning, stacklevel=4)
        notes.append(note)
    rows = ~always[design.stack.unit]
    if not rows.any() or (starts[~always] == NEVER).all():
        raise DataError("no unit is first seen untreated and then treated; the effect is not identified.")
    stack = design.stack
    places = np.cumsum(~always) - 1
    left = Stack(places[stack.unit[rows]], stack.period[rows], int((~always).sum()), stack.periods)
    # who was treated before the data begin still touches: distances keep their columns
    setting = Setting(
        left, design.y[rows], design.X[rows][:, keep], starts[~always], _among(rings, always), anticipation
    )
    _check_covariates(setting, [design.terms[j] for j in keep])
    return design, setting, design.units[~always], [*notes, *_empty_rings(setting)]


def _empty_rings(setting: Setting) -> list[str]:
    """Rings that touch no row, so that they have no effect in the table."""
    names = np.array(setting.rings.names, dtype=object)
    lacking = names[~np.isin(np.arange(2, len(names) + 2), setting.marks()[0])]
    if not len(lacking):
        return []
    told = "so none is taken to be touched" if len(lacking) == len(names) else "so there is no effect on it"
    return [f"No unit without treatment lies at {some(lacking)} from a treated one, {told}."]


def _among(rings: Rings, out: np.ndarray) -> Rings:
    """The rings among the units that are not `out` (n,)."""
    apart = rings.apart[~out][:, ~out] if rings.edges else rings.apart[~out]
    return Rings(apart, rings.edges, rings.names)


def _check_covariates(setting: Setting, terms: list[str]) -> None:
    """Covariates must vary beside the effects of the clean rows."""
    mark, soon = setting.marks()
    clean = (mark == 0) & ~soon
    if not terms or not clean.any():
        return
    s = setting.stack
    used, unit = np.unique(s.unit[clean], return_inverse=True)
    seen, period = np.unique(s.period[clean], return_inverse=True)
    effects = effects_of(Stack(unit, period, len(used), len(seen)), unit=True, time=True)
    X = setting.X[clean]
    within = effects.take_out(X)
    size = np.linalg.norm(X - X.mean(axis=0), axis=0)
    flat = np.linalg.norm(within, axis=0) <= 1e-9 * np.maximum(size, np.abs(X).max(axis=0))
    if flat.any():
        raise DataError(
            f"effects of unit and period absorb {some(np.array(terms)[flat])} among the untreated rows; leave it out."
        )
    scaled = within / np.linalg.norm(within, axis=0)
    if np.linalg.matrix_rank(scaled) < len(terms):
        raise DataError(f"among the untreated rows {some(terms)} are collinear; leave one of them out.")


def told(problem: Unidentified, units: pd.Index, periods: pd.Index, ringed: bool) -> str:
    """What is not identified, in a sentence; `ringed` where rings were asked for, which could be fewer."""
    fewer = "use fewer or narrower rings, or " if ringed else ""
    untouched = " and untouched" if ringed else ""
    if len(problem.periods):
        return (
            f"in {some(periods[problem.periods])} no unit is untreated{untouched}, so nothing tells what these "
            f"periods did by themselves; {fewer}leave out these periods."
        )
    if len(problem.units):
        return (
            f"of {some(units[problem.units])} no row is untreated{untouched}, so nothing tells what they were like "
            f"before; leave them out."
        )
    return (
        "the untreated and untouched rows fall into pieces that share no period, so their effects cannot be told "
        f"apart; {'use fewer rings or' if ringed else 'use'} other periods."
    )


def _result(
    design: PanelDesign, setting: Setting, units: pd.Index, found: Averages, names: list[str], mark: np.ndarray,
    notes: list[str],
) -> DifferenceInDifferences:  # fmt: skip
    s = setting.stack
    if not np.isfinite(found.effects).all():
        raise MissingDataError("the averages are not finite; look for huge values in the outcome.")
    sets = _rows_of(setting, names, mark)
    count = np.array([len(np.unique(s.unit[rows])) for rows in sets])
    error = np.where(count > 1, np.sqrt(np.diag(found.covariance)), np.nan)
    df = s.n - 1
    with np.errstate(divide="ignore", invalid="ignore"):
        t = np.where(error > 0, found.effects / error, np.nan)
    width = special.stdtrit(df, 0.975) * error
    frame = pd.DataFrame(
        {
            "estimate": found.effects, "std_error": error, "statistic": t, "p_value": 2 * special.stdtr(df, -np.abs(t)),
            "lower": found.effects - width, "upper": found.effects + width,
            "rows": [int(rows.sum()) for rows in sets],
            "units": count,
        },
        index=pd.Index(names, name="term"),
    )  # fmt: skip
    treated = int((setting.starts < NEVER).sum())
    never = np.setdiff1d(np.arange(s.n), s.unit[mark > 0])
    notes = [_told_rows(design, setting, treated, len(never), df), *notes]
    if not setting.rings.edges:
        notes.append("Without w= or distance= no unit is taken to be touched by the treatment of another.")
    if (count == 1).any():
        notes.append(f"{some(np.array(names)[count == 1])}: one unit, whose own chance has no standard error.")
    if treated < FEW or s.n - treated < FEW:
        notes.append(
            f"With {treated} treated of {s.n} units these standard errors mislead; placebo() reassigns the "
            f"treatment instead."
        )
    return DifferenceInDifferences(
        frame, pd.DataFrame(found.covariance, index=frame.index, columns=frame.index), s.rows, s.n, s.periods,
        treated, len(never), design.formula, tuple(notes), setting, units, design.periods,
    )  # fmt: skip


def _rows_of(setting: Setting, names: list[str], mark: np.ndarray) -> list[np.ndarray]:
    order = ["treated", *setting.rings.names]
    soon = setting.marks()[1]
    return [soon if name == "anticipation" else mark == order.index(name) + 1 for name in names]


def _told_rows(design: PanelDesign, setting: Setting, treated: int, never: int, df: int) -> str:
    s = setting.stack
    dates = np.unique(setting.starts[setting.starts < NEVER])
    when = some(design.periods[dates], 6)
    return (
        f"{s.rows} rows: {s.n} units in {s.periods} periods ({design.periods[0]} to {design.periods[-1]}); {treated} "
        f"treated (from {when}), {never} never treated or touched. Standard errors by unit, t with {df} degrees of "
        f"freedom."
    )
