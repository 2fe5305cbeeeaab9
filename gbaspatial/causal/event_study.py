"""Event studies: effects by time since the treatment, for the treated and for the rings around them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

import numpy as np
import pandas as pd
from scipy import linalg, special

from gbaspatial.causal.differences import FEW, Setting, read_setting
from gbaspatial.causal.exposure import NEVER, first_exposure
from gbaspatial.causal.few_treated import bias_reduced
from gbaspatial.causal.honest_bounds import honest_bounds
from gbaspatial.errors import DataError, some
from gbaspatial.figures import event_times
from gbaspatial.inference.tails import f_tail
from gbaspatial.models.panel.within import effects_of
from gbaspatial.options import public
from gbaspatial.results import Result, Table

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from gbaspatial.alignment import Label
    from gbaspatial.causal.exposure import Edges, Treated
    from gbaspatial.weights.annotations import WeightsLike


@dataclass(frozen=True, slots=True, eq=False)
class EventStudy(Result):
    """Effects by time since the treatment against one named base period.

    Attributes
    ----------
    frame : pandas.DataFrame
        Rows by term (`treated` and the rings) and `event_time`; `estimate, std_error, statistic, p_value, lower,
        upper` (95 %), `df` (degrees of freedom), `units`. The base has estimate 0 and no error.
    covariance : pandas.DataFrame
        Of all estimates but the base, by unit.
    working : pandas.DataFrame
        The same for independent errors of one variance: its shape is that of the design, and no residual is in it.
    base : int
        The event time against which all others are.
    pretest : pandas.DataFrame
        By term: joint test that the effects before the base (anticipation left out) are zero: `leads`, `F`, `df`,
        `p_value` (missing where there are too few units), and `p_largest`, Bonferroni's of the largest.
    formula : str
    notes : tuple of str
    n : int
        Rows.
    n_units : int
        Units.
    anticipation : int
        Periods before the treatment that it may touch already.
    """

    frame: pd.DataFrame
    covariance: pd.DataFrame
    working: pd.DataFrame
    base: int
    pretest: pd.DataFrame
    n: int
    n_units: int
    formula: str
    notes: tuple[str, ...]
    anticipation: int = field(default=0)

    honest_bounds = honest_bounds

    def tables(self) -> tuple[Table, ...]:
        """Effects by event time, then the test of the leads."""
        return (
            Table(self.frame, f"Event study: {self.formula}", self.notes),
            Table(self.pretest, "Were they parallel before?", (PRETEST_NOTE,)),
        )

    def plot(self, ax: Axes | None = None) -> Axes:
        """Effects by event time with their intervals."""
        return event_times(self, ax=ax)


PRETEST_NOTE = (
    "A test that does not reject has not shown that trends are parallel: with few units it has little power. "
    "honest_bounds() says how much the conclusion bears."
)


@public
def event_study(
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
) -> EventStudy:
    """Effects by time since the treatment, with effects of unit and period.

    Every group of units with the same first treated period, the same first touched period and ring has its own
    effect at every time; those of the same time since the treatment are averaged by the groups' sizes (Sun and
    Abraham). So no treated unit is a control of another, and effects may differ between groups. A unit counts in
    the ring in which it is first touched, until it is treated itself; its base is then the period before it was
    first touched.

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
        Rings by steps over its links.
    distance : GeoDataFrame or DataFrame, optional
        Rings by kilometers: the units' shapes, or km from unit to unit.
    rings : int or sequence of float, optional
        How many steps (1 by default), or outer edges of the rings in km.
    anticipation : int
        Periods before the treatment that may already react. The base is the period before these, event time
        ``-1 - anticipation``, and the test of the leads leaves them out.
    unbalanced : {"error", "common", "keep"}
        What to do about rows that are not there.

    Returns
    -------
    EventStudy

    Raises
    ------
    DataError
        Without a unit that is never treated and never touched, or without a base period for a group.
    AlignmentError, MissingDataError, OptionError
        For units, rows and options that do not fit.

    References
    ----------
    Sun, L. and Abraham, S. (2021). Estimating dynamic treatment effects in event studies with heterogeneous
    treatment effects. Journal of Econometrics 225(2), 175-199.
    Pustejovsky, J. E. and Tipton, E. (2018). Small-sample methods for cluster-robust variance estimation and
    hypothesis testing in fixed effects models. Journal of Business and Economic Statistics 36(4), 672-683.
    Butts, K. (2021). Difference-in-differences estimation with spatial spillovers. arXiv 2105.03737.

    Examples
    --------
    >>> index = pd.MultiIndex.from_product([list("abcd"), [2000, 2001, 2002]], names=["city", "year"])
    >>> data = pd.DataFrame({"y": [1.0, 2, 5, 2, 3, 4, 0, 1.1, 2, 5, 5.9, 7]}, index=index)
    >>> result = event_study("y ~ 1", data, treated=["a"], time=2002)
    >>> float(round(result.frame.loc[("treated", 0), "estimate"], 6))
    2.0
    """
    design, setting, units, notes = read_setting(
        formula, data, treated, time, (w, distance, rings), anticipation, unbalanced
    )
    base = -1 - setting.anticipation
    cells = _cells(setting, base, units, design.periods)
    found = _averaged(setting, cells, [t for t in design.terms if t != "Intercept"])
    return _result(design.formula, setting, cells, found, base, notes)


@dataclass(frozen=True, slots=True, eq=False)
class _Cells:
    """The saturated columns: for each its term (number), event time and rows (m,) of bool; and names of terms.

    `based` counts, by term, the units whose base period is before it.
    """

    term: np.ndarray
    event: np.ndarray
    rows: np.ndarray
    names: tuple[str, ...]
    based: dict[int, int]


def _cells(setting: Setting, base: int, units: pd.Index, periods: pd.Index) -> _Cells:
    s = setting.stack
    touched, ring = first_exposure(setting.starts, setting.rings, s.periods)
    names = ("treated", *setting.rings.names)
    ringed = bool(setting.rings.edges)
    if not ((setting.starts == NEVER) & (touched == NEVER)).any():
        raise DataError(
            f"no unit is never treated{' and never touched' if ringed else ''}, so there is nothing to compare with in "
            f"all periods; {'use fewer or narrower rings, or ' if ringed else ''}end the data before all are treated."
        )
    begin = np.where(touched < setting.starts, touched, setting.starts)
    history = np.column_stack([setting.starts, np.where(touched < setting.starts, touched, NEVER), ring])
    history[touched >= setting.starts, 2] = 0
    groups, member = np.unique(history, axis=0, return_inverse=True)
    term, event, rows = [], [], []
    for g, (start, near, k) in enumerate(groups):
        if start == NEVER and near == NEVER:
            continue
        first = min(start, near)
        inside = (member == g)[s.unit]
        times = np.unique(s.period[inside])
        if first + base not in times:
            what = "treated" if near == NEVER else names[k]
            raise DataError(
                f"{some(units[member == g])} ({what} from {periods[int(first)]}) have no row {-base} "
                f"period{'s' * (base < -1)} before, the base; leave them out, or state less anticipation."
            )
        for period in times[times != first + base]:
            treated = period >= start or near == NEVER
            term.append(0 if treated else int(k))
            event.append(int(period - (start if treated else near)))
            rows.append(inside & (s.period == period))
    based = {k: int(((begin < NEVER) & (history[:, 2] == k)).sum()) for k in range(len(names))}
    return _Cells(np.array(term), np.array(event), np.array(rows), names, based)


@dataclass(frozen=True, slots=True, eq=False)
class _Averaged:
    """Estimates by term (number) and event time: averages of cells by their sizes, with covariance and degrees."""

    labels: list[tuple[int, int]]
    estimate: np.ndarray
    covariance: np.ndarray
    working: np.ndarray
    degrees: np.ndarray
    count: np.ndarray


def _averaged(setting: Setting, cells: _Cells, terms: list[str]) -> _Averaged:
    """Least squares on all cells with effects of unit and period, averaged; the variance that few units can bear.

    A cell of one unit has no residual of its own: beside others of its event time it is compared with their average,
    which counts differences between their effects as chance and so errs to the safe side.
    """
    s = setting.stack
    effects = effects_of(s, unit=True, time=True)
    scale = np.sqrt(np.mean(setting.X**2, axis=0)) if setting.X.size else np.ones(0)
    Z = np.column_stack([cells.rows.T.astype(float), setting.X / np.where(scale > 0, scale, 1.0)])
    within = effects.take_out(Z)
    y = effects.take_out(setting.y)
    inverse = _inverse(within, cells, terms)
    count = cells.rows.sum(axis=1)
    labels = sorted({(int(k), int(t)) for k, t in zip(cells.term, cells.event, strict=True)})
    A = np.zeros((len(labels), Z.shape[1]))  # averages by the sizes of the groups
    pooled: list[np.ndarray] = [within[:, len(count) :]]
    for i, (k, t) in enumerate(labels):
        here = np.flatnonzero((cells.term == k) & (cells.event == t))
        A[i, here] = count[here] / count[here].sum()
        one = count[here].min() < 2
        pooled.append(within[:, here].sum(axis=1, keepdims=True) if one else within[:, here])
    work, L = np.column_stack(pooled), within @ (inverse @ A.T)
    e = y - work @ np.linalg.lstsq(work, y, rcond=None)[0]
    covariance, degrees = bias_reduced(s, work, e, L)
    size = np.array([count[(cells.term == k) & (cells.event == t)].sum() for k, t in labels])
    working = L.T @ L * float(e @ e) / max(s.rows - work.shape[1] - effects.rank, 1)
    return _Averaged(labels, L.T @ y, covariance, working, np.minimum(degrees, s.n - 1), size)


def _inverse(within: np.ndarray, cells: _Cells, terms: list[str]) -> np.ndarray:
    """(Z'Z)^-1 of what effects leave of the columns; raise where they leave one nothing of its own."""
    _, r, order = linalg.qr(within, mode="economic", pivoting=True)
    size = np.abs(np.diag(r))
    if len(size) < within.shape[1] or size.min() <= 1e-10 * size.max():
        lost = order[size <= 1e-10 * size.max()] if len(size) == within.shape[1] else order[len(size) :]
        named = [_cell_name(cells, int(j), terms) for j in lost]
        raise DataError(
            f"effects of unit and period leave {some(named)} without variation of its own; a steady trend of a "
            f"group cannot be told from the effects. Use fewer rings, or leave covariates out."
        )
    inverse = np.empty((within.shape[1],) * 2)
    inverse[np.ix_(order, order)] = linalg.cho_solve((r, False), np.eye(len(r)))
    return inverse


def _cell_name(cells: _Cells, j: int, terms: list[str]) -> str:
    if j >= len(cells.term):
        return terms[j - len(cells.term)]
    return f"{cells.names[cells.term[j]]} at {cells.event[j]:+d}"


def _result(formula: str, setting: Setting, cells: _Cells, found: _Averaged, base: int, notes: list[str]) -> EventStudy:
    s = setting.stack
    alone = found.count < 2  # one unit: its own chance has no standard error
    error = np.where(alone, np.nan, np.sqrt(np.diag(found.covariance)))
    df = np.where(alone, np.nan, found.degrees)
    width = special.stdtrit(df, 0.975) * error
    with np.errstate(divide="ignore", invalid="ignore"):
        statistic = np.where(error > 0, found.estimate / error, np.nan)
    names = [(cells.names[k], t) for k, t in found.labels]
    index = pd.MultiIndex.from_tuples(names, names=["term", "event_time"])
    frame = pd.DataFrame(
        {
            "estimate": found.estimate, "std_error": error, "statistic": statistic,
            "p_value": 2 * special.stdtr(df, -np.abs(statistic)), "lower": found.estimate - width,
            "upper": found.estimate + width, "df": df, "units": found.count,
        },
        index=index,
    )  # fmt: skip
    table = pd.DataFrame(found.covariance, index=index, columns=index)
    pretest = _pretest(frame, table, base)
    frame = _with_base(frame, cells, base)
    treated = int((setting.starts < NEVER).sum())
    words = [
        f"Base: event time {base}"
        + (f" (before {setting.anticipation} periods of anticipation)." if setting.anticipation else "."),
        f"{s.rows} rows: {s.n} units in {s.periods} periods; {treated} treated. Standard errors by unit, their bias "
        f"reduced (CR2); t with the degrees of freedom in df (Satterthwaite's: few treated give few).",
    ]
    if alone.any():
        words.append("Effects of a single unit have no standard error: nothing tells its own chance.")
    if treated < FEW or s.n - treated < FEW:
        words.append(
            f"With {treated} treated of {s.n} units intervals rest on normal errors; placebo() of "
            f"difference_in_differences reassigns the treatment instead."
        )
    return EventStudy(
        frame, table, pd.DataFrame(found.working, index=index, columns=index), base, pretest, s.rows, s.n, formula,
        (*words, *notes), setting.anticipation,
    )  # fmt: skip


def _with_base(frame: pd.DataFrame, cells: _Cells, base: int) -> pd.DataFrame:
    rows = [name for k, name in enumerate(cells.names) if (cells.term == k).any()]
    index = pd.MultiIndex.from_tuples([(name, base) for name in rows], names=frame.index.names)
    zero = pd.DataFrame({"estimate": 0.0, "lower": 0.0, "upper": 0.0}, index=index).reindex(columns=frame.columns)
    zero["units"] = [cells.based[cells.names.index(name)] for name in rows]
    order = {name: i for i, name in enumerate(cells.names)}
    both = pd.concat([frame, zero])
    both = both.iloc[np.lexsort([both.index.get_level_values(1), both.index.get_level_values(0).map(order)])]
    both["units"] = both["units"].astype(int)
    return both


def _pretest(frame: pd.DataFrame, covariance: pd.DataFrame, base: int) -> pd.DataFrame:
    """Hotelling's test of all leads, and Bonferroni's of the largest, with the leads' least degrees of freedom.

    The variance of leads is that of a handful of units, treated or clean, whatever the number of all: an F test with
    as many degrees as units rejects a true zero in 35 % of samples with five treated units.
    """
    rows = {}
    for name in frame.index.get_level_values(0).unique():
        leads = [key for key in frame.index if key[0] == name and key[1] < base]
        if not leads:
            continue
        b, V = frame.loc[leads, "estimate"].to_numpy(), covariance.loc[leads, leads].to_numpy()
        known = frame.loc[leads, "std_error"].notna().to_numpy()
        df = float(frame.loc[leads, "df"].min()) if known.any() else np.nan
        q, left = len(leads), df - len(leads) + 1
        usable = left > 0 and bool(known.all()) and np.linalg.matrix_rank(V, hermitian=True) == q
        F = float(b @ np.linalg.solve(V, b)) / q * left / df if usable else np.nan
        p = float(f_tail(F, q, left)) if usable else np.nan
        largest = float(np.nanmax(np.abs(frame.loc[leads, "statistic"].to_numpy()), initial=0.0))
        alone = min(1.0, q * 2 * float(special.stdtr(df, -largest))) if df > 0 and largest > 0 else np.nan
        rows[name] = (q, F, max(left, 0) if usable else 0, p, alone)
    out = pd.DataFrame.from_dict(rows, orient="index", columns=["leads", "F", "df", "p_value", "p_largest"])
    return out.rename_axis("term")
