"""Placebo treatments: the same estimate where units, or dates, are not those that were treated."""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import combinations
from math import comb
from typing import TYPE_CHECKING, Literal

import numpy as np
import pandas as pd

from gbaspatial.causal.exposure import NEVER
from gbaspatial.causal.imputation import Unidentified
from gbaspatial.errors import DataError
from gbaspatial.inference.null import check_draws
from gbaspatial.models.panel.stack import Stack
from gbaspatial.progress import track
from gbaspatial.randomness import PLACEBO_ORDERS, Rng, label_order, seed_of, stream
from gbaspatial.results import Result, Table

if TYPE_CHECKING:
    from gbaspatial.causal.differences import DifferenceInDifferences, Setting


@dataclass(frozen=True, slots=True, eq=False)
class PlaceboResult(Result):
    """How unusual the estimates are among placebo treatments.

    Attributes
    ----------
    frame : pandas.DataFrame
        Rows by term; `estimate`, `p_value` (two-sided, by `by`), `p_error` (its Monte Carlo error, 0 if all
        assignments were gone through), `placebo_mean`, `placebo_sd`, `placebos`, and `detectable`, the smallest
        effect that these placebos would tell from chance at 5 % four times out of five (missing where fewer than
        twenty placebos can give no p-value so small, and where t-values are compared).
    placebos : pandas.DataFrame
        What the placebos gave, by placebo and term.
    over : str
    by : str
        Whether estimates or t-values were compared.
    exact : bool
        Whether all assignments were gone through.
    seed : int or None
    notes : tuple of str
    """

    frame: pd.DataFrame
    placebos: pd.DataFrame
    over: str
    by: str
    exact: bool
    seed: int | None
    notes: tuple[str, ...]

    def tables(self) -> tuple[Table, ...]:
        """P-values by term."""
        return (Table(self.frame, f"Placebo treatments over {self.over}, by {self.by}", self.notes),)


def placebo(
    result: DifferenceInDifferences,
    *,
    over: Literal["units", "dates"] = "units",
    by: Literal["t", "estimate"] = "estimate",
    draws: int = 999,
    rng: Rng = None,
    progress: bool | None = None,
) -> PlaceboResult:
    """Estimates under treatments that did not happen.

    Over units the dates are given to other units, W or distances stay: under the sharp hypothesis that nobody is
    touched, all assignments are alike, and the p-value is exact for any number of treated units if any unit might
    as well have been treated. All assignments are gone through if there are no more than `draws`. Over dates, only
    the rows before any treatment are used, and the treatments are moved to earlier periods: these estimates should
    be near zero.

    Parameters
    ----------
    result : DifferenceInDifferences
        The fit whose treatment is moved; with ``result.placebo()`` it is given already.
    over : {"units", "dates"}
    by : {"estimate", "t"}
        What is compared; t-values hold better where the variance differs between units, and fail with one or two
        treated units.
    draws : int
        Random assignments, where there are more than these.
    rng : int, numpy.random.Generator or None
    progress : bool, optional
        Whether to show progress; by default on a terminal.

    Returns
    -------
    PlaceboResult

    Raises
    ------
    DataError
        If no placebo is identified.

    References
    ----------
    MacKinnon, J. G. and Webb, M. D. (2020). Randomization inference for difference-in-differences with few treated
    clusters. Journal of Econometrics 218(2), 435-450.

    Examples
    --------
    >>> import gbaspatial as gba
    >>> index = pd.MultiIndex.from_product([list("abcd"), [2000, 2001]], names=["city", "year"])
    >>> data = pd.DataFrame({"y": [1.0, 4.0, 2.0, 3.0, 0.0, 1.1, 5.0, 5.9]}, index=index)
    >>> result = gba.causal.difference_in_differences("y ~ 1", data, treated=["a"], time=2001)
    >>> float(result.placebo().frame.loc["treated", "p_value"])
    0.25
    """
    draws = check_draws(draws)
    if over == "dates":
        return _over_dates(result, by)
    setting = result._setting
    order = label_order(result.units)
    found = _assignments(setting.starts[order], draws)
    seed = None if found is not None else seed_of(rng)
    if found is None:
        assert seed is not None
        found = [setting.starts[order][stream(seed, PLACEBO_ORDERS, i).permutation(len(order))] for i in range(draws)]
    values, lost = [], 0
    for starts in track(found, "placebo treatments", show=progress is not False):
        there = np.empty_like(starts)
        there[order] = starts
        one = _values(replace(setting, starts=there), list(result.frame.index), by)
        if one is None:
            lost += 1
        else:
            values.append(one)
    notes = [
        f"{len(values)} assignments of the treatment dates to units"
        + (", all there are." if seed is None else f", drawn with seed {seed}.")
    ]
    if lost:
        notes.append(f"{lost} further assignments leave the effects unidentified and do not count.")
    return _judged(result, np.array(values), pd.RangeIndex(len(values), name="placebo"), "units", by, seed, notes)


def _assignments(starts: np.ndarray, most: int) -> list[np.ndarray] | None:
    """All distinct assignments of `starts` (n,) if there are at most `most` of them."""
    dates, counts = np.unique(starts[starts < NEVER], return_counts=True)
    total, left = 1, len(starts)
    for count in counts:
        total *= comb(left, int(count))
        left -= int(count)
    if total > most:
        return None
    out = [np.full(len(starts), NEVER)]
    for date, count in zip(dates, counts, strict=True):
        grown = []
        for given in out:
            for chosen in combinations(np.flatnonzero(given == NEVER), int(count)):
                one = given.copy()
                one[list(chosen)] = date
                grown.append(one)
        out = grown
    return out


def _values(setting: Setting, terms: list[str], by: str) -> np.ndarray | None:
    """What is compared, by term of the real estimate; NaN for a term that the placebo lacks, None if unidentified."""
    try:
        found, names, _ = setting.estimate()
    except (Unidentified, RuntimeError):
        return None
    with np.errstate(divide="ignore", invalid="ignore"):
        numbers = found.effects / np.sqrt(np.diag(found.covariance)) if by == "t" else found.effects
    return pd.Series(numbers, index=names).reindex(terms).to_numpy()


def _over_dates(result: DifferenceInDifferences, by: str) -> PlaceboResult:
    """Treatments moved to earlier periods, on the rows before any treatment, exposure or anticipation."""
    setting = result._setting
    mark, soon = setting.marks()
    clean = (mark == 0) & ~soon
    s = setting.stack
    first = int(setting.starts[setting.starts < NEVER].min()) - setting.anticipation
    values, steps = [], []
    for back in range(1, first):
        starts = np.where(setting.starts < NEVER, setting.starts - setting.anticipation - back, NEVER)
        ended = np.where(starts < NEVER, starts + back, NEVER)[s.unit]
        rows = clean & (s.period < np.minimum(ended, s.periods))
        used = np.unique(s.unit[rows])
        if len(used) < s.n or (starts[starts < NEVER] < 1).any():
            continue
        seen, period = np.unique(s.period[rows], return_inverse=True)
        stack = Stack(s.unit[rows], period, s.n, len(seen))
        moved = replace(
            setting, stack=stack, y=setting.y[rows], X=setting.X[rows], starts=starts, anticipation=0
        )  # fmt: skip
        one = _values(moved, list(result.frame.index), by)
        if one is not None:
            values.append(one)
            steps.append(back)
    if not values:
        raise DataError("too few periods lie before the treatment for a placebo over dates; use over='units'.")
    notes = [
        f"Treatments moved back by {steps[0]} to {steps[-1]} periods, rows before the treatment only; estimates "
        f"should be near zero. With {len(steps)} of them, p below {1 / (len(steps) + 1):.2g} cannot be had."
    ]
    return _judged(result, np.array(values), pd.Index(steps, name="periods_before"), "dates", by, None, notes)


def _judged(
    result: DifferenceInDifferences, values: np.ndarray, labels: pd.Index, over: str, by: str, seed: int | None,
    notes: list[str],
) -> PlaceboResult:  # fmt: skip
    if not len(values):
        raise DataError("no placebo treatment leaves the effects identified; use fewer rings.")
    terms = result.frame.index
    real = (result.frame["statistic"] if by == "t" else result.frame["estimate"]).to_numpy()
    whole = over == "units" and seed is None  # the real one is among them
    rows = []
    for j in range(len(terms)):
        there = values[np.isfinite(values[:, j]), j]
        size = abs(real[j]) * (1 - 1e-9)
        beyond, m = int((np.abs(there) >= size).sum()), len(there)
        p = np.nan if not m or not np.isfinite(real[j]) else beyond / m if whole else (beyond + 1) / (m + 1)
        error = 0.0 if whole or over == "dates" else float(np.sqrt(p * (1 - p) / m)) if m else np.nan
        sd = float(there.std(ddof=1)) if m > 1 else np.nan
        found = _detectable(there) if by == "estimate" and over == "units" else np.nan
        rows.append((result.frame["estimate"].iloc[j], p, error, float(there.mean()) if m else np.nan, sd, m, found))
    for term, row in zip(terms, rows, strict=True):
        least = 1 / (row[5] + (not whole)) if np.isfinite(row[1]) else 0.0
        if least > 0.05:
            notes.append(f"{term}: no p-value below {least:.2g} is possible with so few placebos.")
    columns = ["estimate", "p_value", "p_error", "placebo_mean", "placebo_sd", "placebos", "detectable"]
    frame = pd.DataFrame(rows, index=terms, columns=columns)
    return PlaceboResult(
        frame, pd.DataFrame(values, index=labels, columns=terms), over, by, seed is None, seed, tuple(notes)
    )


def _detectable(placebos: np.ndarray, alpha: float = 0.05, target: float = 0.8) -> float:
    """The smallest effect that, added to `placebos` (m,), lies beyond all but `alpha` of them with chance `target`."""
    if len(placebos) < 1 / alpha:
        return np.nan
    critical = float(np.quantile(np.abs(placebos), 1 - alpha, method="higher"))
    return critical + float(np.quantile(-placebos, target))
