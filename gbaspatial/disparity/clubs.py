"""Convergence clubs: groups of units whose paths come together, found by the log t test."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy import special

from gbaspatial.alignment import align_panel, check_steps
from gbaspatial.disparity.agreement import adjusted_rand
from gbaspatial.errors import DataError, some
from gbaspatial.options import number, public
from gbaspatial.results import Result, Table

CRITICAL = -1.65  # five per cent, one-sided
_LEAST_PERIODS = 5  # that a regression with two coefficients and a long-run variance can be run on
_EQUAL = 1e-28  # variation of shares that is rounding


@dataclass(frozen=True)
class _LogT:
    """The log t test on values (T, n), of which the first `skipped` periods are left out."""

    values: np.ndarray
    ids: pd.Index
    periods: pd.Index
    skipped: int

    def __call__(self, members: list[int]) -> tuple[float, float]:
        """b and its t-value for the units at these places."""
        inside = self.values[:, members]
        variation = ((inside / inside.mean(axis=1, keepdims=True) - 1) ** 2).mean(axis=1)
        used = np.r_[0, self.skipped : len(variation)]
        if (variation[used] <= _EQUAL).any():
            alike = self.periods[used[variation[used] <= _EQUAL]]
            raise DataError(
                f"{some(self.ids[members])} have the same value in {some(alike)}, where the test has no logarithm; "
                f"give values with more digits, or keep one of these units."
            )
        log_t = np.log(np.arange(self.skipped + 1, len(variation) + 1))
        y = np.log(variation[0] / variation[self.skipped :]) - 2 * np.log(log_t)
        x = log_t - log_t.mean()
        b = float(x @ y / (x @ x))
        residuals = y - y.mean() - b * x
        return b, b / float(np.sqrt(_long_run_variance(residuals) / (x @ x)))


def _long_run_variance(e: np.ndarray) -> float:
    """Long-run variance of residuals (T,): quadratic spectral kernel, bandwidth of an AR(1) (Andrews 1991).

    As in Phillips and Sul's own program the last residual is outside the covariances, and T - 1 divides.
    """
    T = len(e)
    rho = (e[1:] @ e[:-1]) / (e[:-1] @ e[:-1])
    bandwidth = 1.3221 * (4 * rho**2 / (1 - rho) ** 4 * T) ** 0.2
    angle = 1.2 * np.pi * np.arange(1, T - 1) / max(bandwidth, 1e-8)
    kernel = 3 / angle**2 * (np.sin(angle) / angle - np.cos(angle))
    early = e[:-1]
    covariances = np.correlate(early, early, "full")[T - 1 :]
    variance = (e @ e + 2 * kernel @ covariances) / (T - 1)
    return float(variance) if variance > 0 else float(e @ e) / (T - 1)


@dataclass(frozen=True, slots=True, eq=False)
class ClubsResult(Result):
    """Convergence clubs of a panel.

    Attributes
    ----------
    clubs : pandas.DataFrame
        By club, from the highest: `size`, `b` (twice the speed in log t), `t`, `p_value` (one-sided: small rejects
        that the club converges), and `merged_from`, the clubs before merging.
    members : pandas.Series, length n
        The club of each unit, 0 for units that converge with nobody.
    unmerged : pandas.DataFrame
        The clubs before merging.
    overall : pandas.Series
        `b`, `t` and `p_value` of all units together.
    first_used : object
        The first period in the regressions.
    values : pandas.DataFrame
        By unit and period, as used.
    merge : bool
        Whether clubs that converge together were joined.
    trim : float
        Share of first periods that was left out.
    n : int
        Units.
    """

    clubs: pd.DataFrame
    members: pd.Series
    unmerged: pd.DataFrame
    overall: pd.Series
    first_used: object
    values: pd.DataFrame
    merge: bool
    trim: float
    n: int

    @property
    def divergent(self) -> list[object]:
        """Units that converge with nobody."""
        return self.members.index[self.members == 0].tolist()

    def sensitivity(self) -> pd.DataFrame:
        """The clubs in other units of money, and in levels if values are logarithms (or logarithms if levels).

        Returns
        -------
        pandas.DataFrame
            By `values`: number of clubs, units in none, and the adjusted Rand index with the clubs as given; NaN
            where the yearly mean would not keep away from zero.
        """
        x = self.values
        others = {
            "as given": x,
            "if logarithms: unit 1,000 times larger": x - np.log(1000.0),
            "if logarithms: unit 1,000 times smaller": x + np.log(1000.0),
        }
        if x.to_numpy().max() < 300:
            others["if logarithms: levels"] = np.exp(x - x.to_numpy().max())
        if (x > 0).all(axis=None):
            others["if levels: logarithms"] = np.log(x)
        rows = {}
        for name, frame in others.items():
            try:
                found = convergence_clubs(frame.stack(), merge=self.merge, trim=self.trim)
            except DataError:
                rows[name] = (np.nan, np.nan, np.nan)
                continue
            same = adjusted_rand(found.members.reindex(x.index).to_numpy(), self.members.reindex(x.index).to_numpy())
            rows[name] = (len(found.clubs), len(found.divergent), same)
        columns = ["clubs", "in_none", "adjusted_rand"]
        return pd.DataFrame.from_dict(rows, orient="index", columns=columns).rename_axis("values")

    def tables(self) -> tuple[Table, ...]:
        """The clubs; the club of each unit."""
        notes = [
            f"{self.n} units; regressions from {self.first_used} on. All together: b {self.overall['b']:.3f}, "
            f"t {self.overall['t']:.2f} (below {CRITICAL}: they do not converge as one).",
            "Values are divided by their yearly mean: clubs of logarithms depend on the unit of money; sensitivity() "
            "shows other units, and levels.",
        ]
        weak = self.clubs.index[self.clubs["t"] <= CRITICAL]
        if len(weak):
            notes.append(f"Club {some(weak)} does not pass its own test as a whole.")
        if self.divergent:
            notes.append(f"In no club: {some(self.divergent)}.")
        return (Table(self.clubs, "Convergence clubs", tuple(notes)), Table(self.members.to_frame(), "Club by unit"))


@public
def convergence_clubs(panel: pd.Series, merge: bool = True, *, trim: float = 1 / 3, sieve: float = 0.0) -> ClubsResult:
    """Clubs of units whose relative paths come together (Phillips and Sul).

    Units are ordered by their last value. A core group is where the log t test is most in favor of convergence; units
    join it if its t-value with them is above `sieve`; the same begins anew with the others. With `merge`, neighboring
    clubs that converge together become one.

    Parameters
    ----------
    panel : pandas.Series
        Numbers by unit and period (a balanced panel), used as given: usually logarithms without their cycle.
    merge : bool
        Join neighboring clubs.
    trim : float
        Share of the periods left out at the start.
    sieve : float
        Least t-value with which a unit joins a core; higher is stricter.

    Returns
    -------
    ClubsResult

    Raises
    ------
    DataError
        If the mean of a period is zero or changes its sign, periods are too few, or units are alike in a period.

    References
    ----------
    Phillips, P. C. B. and Sul, D. (2007). Transition modeling and econometric convergence tests. Econometrica 75(6),
    1771-1855. Phillips, P. C. B. and Sul, D. (2009). Economic transition and growth. Journal of Applied Econometrics
    24(7), 1153-1185.

    Examples
    --------
    >>> years = np.arange(1.0, 31)
    >>> rng = np.random.default_rng(1)
    >>> paths = {unit: goal + (rng.normal() + 0.01 * rng.normal(size=30)) / years
    ...          for unit, goal in zip("abcdef", [10, 10, 10, 5, 5, 5])}
    >>> clubs = convergence_clubs(pd.DataFrame(paths, index=range(30)).T.stack())
    >>> clubs.members.tolist()
    [1, 1, 1, 2, 2, 2]
    """
    trim, sieve = number(trim, "trim", least=0, most=0.9), number(sieve, "sieve", least=CRITICAL)
    values, periods = align_panel(panel)
    check_steps(periods)
    ids = panel.index.unique(0).sort_values()
    test = _LogT(values, ids, periods, max(round(trim * len(periods)), 1))  # the logarithm of log 1 does not exist
    _check(values, periods, test.skipped)
    order = np.argsort(-values[-1], kind="stable").tolist()
    found = _find(test, order, sieve)
    joined = _merged(test, found) if merge else [[place] for place in range(len(found))]
    groups = [[unit for place in places for unit in found[place]] for places in joined]
    clubs = _frame(test, groups)
    clubs["merged_from"] = [", ".join(str(place + 1) for place in places) for places in joined]
    members = pd.Series(0, ids, name="club")
    for number_of, group in enumerate(groups, start=1):
        members.iloc[group] = number_of
    b, t = test(order)
    return ClubsResult(
        clubs=clubs,
        members=members.reindex(panel.index.unique(0)),
        unmerged=_frame(test, found),
        overall=pd.Series({"b": b, "t": t, "p_value": float(special.ndtr(t))}),
        first_used=periods[test.skipped],
        values=pd.DataFrame(values.T, ids, periods),
        merge=merge,
        trim=trim,
        n=len(ids),
    )


def _check(values: np.ndarray, periods: pd.Index, skipped: int) -> None:
    """Raise for panels (T, n) that the test cannot be run on."""
    if values.shape[1] < 2:
        raise DataError("clubs need at least two units.")
    if len(periods) - skipped < _LEAST_PERIODS:
        raise DataError(
            f"{len(periods)} periods leave {len(periods) - skipped} after trimming; clubs need {_LEAST_PERIODS}."
        )
    means = values.mean(axis=1)
    near_zero = np.abs(means) <= 1e-8 * np.abs(values).max(axis=1)
    if near_zero.any() or (means > 0).any() != (means > 0).all():
        raise DataError(
            f"the mean over units is zero or changes sign ({some(periods[near_zero | (means < 0)])}), so that paths "
            f"relative to it have no meaning; state values in another unit, or use levels."
        )


def _frame(test: _LogT, groups: list[list[int]]) -> pd.DataFrame:
    """`size`, `b`, `t`, `p_value` by club."""
    found = np.array([test(group) for group in groups]).reshape(len(groups), 2)
    index = pd.RangeIndex(1, len(groups) + 1, name="club")
    frame = pd.DataFrame({"size": [len(group) for group in groups], "b": found[:, 0], "t": found[:, 1]}, index)
    return frame.astype({"size": int}).assign(p_value=special.ndtr(found[:, 1]))


def _find(test: _LogT, order: list[int], sieve: float) -> list[list[int]]:
    """The clubs, from units in descending order."""
    clubs: list[list[int]] = []
    left = order
    while len(left) > 1:
        if test(left)[1] > CRITICAL:
            return [*clubs, left]
        core = _core(test, left)
        if core is None:
            break
        outside = [unit for unit in left if unit not in core]
        club = core + [unit for unit in outside if test([*core, unit])[1] > sieve]
        clubs.append(club)
        left = [unit for unit in outside if unit not in club]
    return clubs


def _core(test: _LogT, left: list[int]) -> list[int] | None:
    """The core group: of the groups that grow downward from the first converging pair, the one of the largest t."""
    for start in range(len(left) - 1):
        best, highest = None, CRITICAL
        for stop in range(start + 2, len(left) + 1):
            t = test(left[start:stop])[1]
            if t <= CRITICAL:
                break
            if t >= highest:
                best, highest = left[start:stop], t
        if best is not None:
            return best
    return None


def _merged(test: _LogT, clubs: list[list[int]]) -> list[list[int]]:
    """Places of the clubs that become one: each takes in the next as long as all together converge."""
    joined: list[list[int]] = []
    members: list[int] = []
    for place, club in enumerate(clubs):
        if joined and test(members + club)[1] > CRITICAL:
            joined[-1].append(place)
            members = members + club
        else:
            joined.append([place])
            members = club
    return joined
