"""How far an effect holds if trends were not quite parallel: honest bounds for an event study."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal

import numpy as np
import pandas as pd
from scipy import special
from scipy.optimize import brentq, minimize

from gbaspatial.errors import ConvergenceError, DataError, OptionError, some
from gbaspatial.figures import bounds_by_size
from gbaspatial.options import level_of, number
from gbaspatial.results import Result, Table

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from gbaspatial.causal.event_study import EventStudy


_KNOWN = 200.0  # degrees of freedom from which the variance is as good as known, and weights may be made from it
_FEW = 4.0
_FEW_TOLD = (
    "Fewer than four degrees of freedom: the intervals hold for normal errors of equal variance only, and a handful of "
    "treated units cannot show whether theirs are."
)


@dataclass(frozen=True, slots=True, eq=False)
class HonestBounds(Result):
    """Bounds of an effect under deviations from parallel trends of a stated size.

    Attributes
    ----------
    frame : pandas.DataFrame
        Rows by `size` of the deviations; `identified_lower, identified_upper` (if estimates were exact) and `lower,
        upper`, a confidence interval of the stated level.
    breakdown : float
        The largest size tried at which the interval still leaves zero out; NaN if none does.
    kind, target : str
    estimate : float
    level : float
    notes : tuple of str
    """

    frame: pd.DataFrame
    breakdown: float
    kind: str
    target: str
    estimate: float
    level: float
    notes: tuple[str, ...]

    def tables(self) -> tuple[Table, ...]:
        """The bounds by size of the deviations."""
        title = f"Honest bounds of the effect ({self.target}), estimate {self.estimate:.4g}"
        return (Table(self.frame, title, self.notes),)

    def plot(self, *, ax: Axes | None = None) -> Axes:
        """The bounds by size of the deviations; gives back the Axes."""
        return bounds_by_size(self, ax=ax)


def honest_bounds(
    study: EventStudy,
    *,
    kind: Literal["relative", "smoothness"] = "relative",
    sizes: Iterable[float] | None = None,
    event_time: int | None = None,
    level: float = 0.95,
) -> HonestBounds:
    """Bounds of the effect on the treated if trends may have deviated from parallel.

    Parameters
    ----------
    study : EventStudy
        The study whose effects are bounded; with ``study.honest_bounds()`` it is given already.
    kind : {"relative", "smoothness"}
        Relative: after the base, the trends may drift apart from one period to the next by no more than `size`
        times the largest such drift before it. Smoothness: the slope of the drift changes from one period to the
        next by no more than `size` (0: a straight line).
    sizes : sequence of float, optional
        By default 0, 0.5, 1 and 2 (relative), or 0 and multiples of half the largest standard error (smoothness).
    event_time : int, optional
        Whose effect is bounded; by default the mean over all periods from the treatment on.
    level : float

    Returns
    -------
    HonestBounds
        Relative: an interval for each lead and sign that may be the largest, all of them together. Smoothness: the
        shortest interval of fixed length about an affine estimator, which is the paper's; below two hundred degrees of
        freedom with the leads' weights for independent errors: variances of few units mislead them. Both take the
        standard errors wider by the ratio of the quantiles of t and of the normal distribution, with the fewest degrees
        of freedom of the estimates used.

    Raises
    ------
    DataError
        If the study has no two periods before the base, gaps between event times, or a variance that rests on less
        than one degree of freedom.
    OptionError

    References
    ----------
    Rambachan, A. and Roth, J. (2023). A more credible approach to parallel trends. Review of Economic Studies
    90(5), 2555-2591.

    Examples
    --------
    >>> import gbaspatial as gba
    >>> rng = np.random.default_rng(1)
    >>> index = pd.MultiIndex.from_product([range(12), range(6)], names=["unit", "year"])
    >>> data = pd.DataFrame({"y": rng.normal(size=72)}, index=index)
    >>> data.loc[[0, 1, 2, 3], "y"] += 3.0 * (index.get_level_values(1)[:24] >= 3)
    >>> study = gba.causal.event_study("y ~ 1", data, treated=[0, 1, 2, 3], time=3)
    >>> bounds = study.honest_bounds(sizes=[0, 1])
    >>> list(bounds.frame.columns)
    ['identified_lower', 'identified_upper', 'lower', 'upper']
    """
    level = level_of(level)
    leads, lags, b, V = _of_study(study)
    weights = _target(lags, event_time)
    df = _least_degrees(study, leads, [t for t, weight in zip(lags, weights, strict=True) if weight > 0])
    V = V * float(special.stdtrit(df, (1 + level) / 2) / special.ndtri((1 + level) / 2)) ** 2
    keys = [("treated", t) for t in (*leads, *lags)]
    shape = study.working.loc[keys, keys].to_numpy() if df < _KNOWN else None
    estimates = _Estimates(np.array(leads), np.array(lags), study.base, b, V, weights, shape)
    tried = _sizes(sizes, kind, V)
    bounds = _relative if kind == "relative" else _smooth
    rows = [bounds(estimates, size, level) for size in tried]
    columns = ["identified_lower", "identified_upper", "lower", "upper"]
    frame = pd.DataFrame(rows, index=pd.Index(tried, name="size"), columns=columns)
    apart = (frame["lower"] > 0) | (frame["upper"] < 0)
    holding = apart.to_numpy().cumprod().sum()
    meaning = (
        "size x the largest drift between neighboring periods before the base"
        if kind == "relative"
        else "changes of the slope of the drift up to size"
    )
    target = "mean of all periods from the treatment on" if event_time is None else f"event time {event_time}"
    notes = (
        f"Deviations from parallel trends: {meaning}. Confidence {level:.0%} for any deviation of the size, t with "
        f"{df:.1f} degrees of freedom; event times {leads[0]} to {lags[-1]}, base {study.base}.",
        *([_FEW_TOLD] if df < _FEW else []),
    )
    breakdown = float(tried[holding - 1]) if holding else np.nan
    return HonestBounds(frame, breakdown, kind, target, float(weights @ b[len(leads) :]), level, notes)


def _of_study(study: EventStudy) -> tuple[list[int], list[int], np.ndarray, np.ndarray]:
    """Leads, lags, estimates and covariance of the treated, in the order of event time, without the base."""
    events = [t for name, t in study.covariance.index if name == "treated"]
    leads, lags = [t for t in events if t < study.base], [t for t in events if t > study.base]
    whole = [*leads, study.base, *lags]
    if whole != list(range(whole[0], whole[0] + len(whole))):
        raise DataError("the study has gaps between its event times; honest bounds need every period.")
    if not leads or lags[-1] < 0:
        raise DataError("honest bounds need an event time before the base and one from the treatment on.")
    keys = [("treated", t) for t in (*leads, *lags)]
    b = study.frame.loc[keys, "estimate"].to_numpy()
    V = study.covariance.loc[keys, keys].to_numpy()
    bare = [t for (_, t), error in study.frame.loc[keys, "std_error"].items() if not error > 0]
    if bare:
        raise DataError(
            f"the effects at event times {some(bare)} have no standard error (one unit alone); honest bounds need one "
            f"for each; end the data where two treated units or more are seen."
        )
    return leads, lags, b, V


def _least_degrees(study: EventStudy, leads: Sequence[int], lags: Sequence[int]) -> float:
    """The fewest degrees of freedom among the estimates that are used."""
    df = float(study.frame.loc[[("treated", t) for t in (*leads, *lags)], "df"].min())
    if not df >= 1:
        raise DataError(
            "the variance of the study's effects rests on less than one degree of freedom, so no bounds have their "
            "confidence; placebo() of difference_in_differences reassigns the treatment instead."
        )
    return df


def _target(lags: Sequence[int], event_time: int | None) -> np.ndarray:
    after = np.array([t >= 0 for t in lags], dtype=float)
    if event_time is None:
        return after / after.sum()
    if event_time not in lags or event_time < 0:
        raise OptionError(f"event_time={event_time} is not estimated; the study has {lags[0]} to {lags[-1]}.")
    return np.array([t == event_time for t in lags], dtype=float)


def _sizes(sizes: Iterable[float] | None, kind: str, V: np.ndarray) -> list[float]:
    if sizes is None:
        half = float(np.sqrt(np.diag(V)).max()) / 2
        return [0.0, 0.5, 1.0, 2.0] if kind == "relative" else [0.0, half, 2 * half, 4 * half]
    if isinstance(sizes, str) or not isinstance(sizes, Iterable):
        raise OptionError("sizes= must list numbers from zero, such as [0, 0.5, 1].")
    out = [number(size, "sizes", least=0.0) for size in sizes]
    if not out or out != sorted(set(out)):
        raise OptionError("sizes= must ascend, such as [0, 0.5, 1].")
    return out


@dataclass(frozen=True, slots=True, eq=False)
class _Estimates:
    """Event times, estimates `b` (leads, then lags) with covariance `V`; `weights` of the lags in the target.

    `shape` is the covariance by which the leads' weights are chosen, `V` where it is None: a variance of few units
    knows directions in which these few happen not to move, and weights made from it lean on them.
    """

    leads: np.ndarray
    lags: np.ndarray
    base: int
    b: np.ndarray
    V: np.ndarray
    weights: np.ndarray
    shape: np.ndarray | None = None

    @property
    def target(self) -> np.ndarray:
        """The target as a function of all estimates."""
        return np.concatenate([np.zeros(len(self.leads)), self.weights])

    def drifts(self) -> np.ndarray:
        """The drifts between neighboring periods before the base, as functions (leads, estimates) of all estimates."""
        steps = np.diff(np.eye(len(self.leads) + 1), axis=0)[:, :-1]  # the base is zero
        return np.hstack([steps, np.zeros((len(steps), len(self.lags)))])


def _relative(at: _Estimates, size: float, level: float) -> tuple[float, float, float, float]:
    """Identified and confidence bounds where drifts are at most `size` times the largest before the base.

    The drift of the target is then within reach x that largest one. For each lead and sign that may be the largest,
    two inequalities bound the effect; an effect is refused only where all of these refuse it.
    """
    reach = size * float(at.weights @ (at.lags - at.base))
    effect = float(at.target @ at.b)
    identified, inside = [], []
    for drift in at.drifts():
        for sign in (1.0, -1.0):
            width = reach * sign * float(drift @ at.b)
            low, high = at.target - reach * sign * drift, at.target + reach * sign * drift
            sd_low, sd_high = np.sqrt(low @ at.V @ low), np.sqrt(high @ at.V @ high)
            critical = _largest_of_two(-(low @ at.V @ high) / (sd_low * sd_high), level)
            identified.append((effect - width, effect + width))
            inside.append((effect - width - critical * sd_low, effect + width + critical * sd_high))
    return (*_hull(identified), *_hull(inside))


def _largest_of_two(correlation: float, level: float) -> float:
    """The quantile of the larger of two standard normals."""
    from scipy import stats  # a second to load, so only where it is used

    r = float(np.clip(correlation, -1.0, 1.0))
    if r > 1 - 1e-12:
        return float(special.ndtri(level))
    if r < -1 + 1e-12:
        return float(special.ndtri((1 + level) / 2))
    both = stats.multivariate_normal([0.0, 0.0], [[1.0, r], [r, 1.0]])
    return float(brentq(lambda c: both.cdf([c, c]) - level, special.ndtri(level) - 1e-6, 10.0, xtol=1e-10))


def _hull(ends: list[tuple[float, float]]) -> tuple[float, float]:
    """The interval over all pieces that are not empty."""
    known = np.array([pair for pair in ends if pair[0] <= pair[1]])
    return float(known[:, 0].min()), float(known[:, 1].max())


def _smooth(at: _Estimates, size: float, level: float) -> tuple[float, float, float, float]:
    """Identified bounds, and the shortest interval of fixed length, where slopes change by at most `size`."""
    j = (at.lags - at.base).astype(float)
    slope = -at.b[len(at.leads) - 1]  # of the last step before the base
    middle = float(at.target @ at.b) - float(at.weights @ j) * slope
    spread = size * float(at.weights @ (j * (j + 1) / 2))
    if at.shape is None:
        v, half = _shortest(at, size, level)
    else:
        v, _ = _shortest(replace(at, V=at.shape, shape=None), size, level)
        half = _half_length(at, v, size, level)
    estimate = float(v @ at.b)
    return middle - spread, middle + spread, estimate - half, estimate + half


def _half_length(at: _Estimates, v: np.ndarray, size: float, level: float) -> float:
    """Half the length of the interval about v'b."""
    K = _slopes_to_drifts(np.concatenate([at.leads, at.lags]) - at.base)
    sd = float(np.sqrt(v @ at.V @ v))
    return sd * _folded(size * float(np.abs(v @ K).sum()) / sd, level)


def _shortest(at: _Estimates, size: float, level: float) -> tuple[np.ndarray, float]:
    """The affine estimator (of all estimates) whose interval of fixed length is shortest, and half that length.

    Its weights on the leads must undo any straight drift; what is left of its bias is a sum over changes of slope.
    """
    times = np.concatenate([at.leads, at.lags]) - at.base
    n = len(at.leads)
    fixed = np.concatenate([np.zeros(n), at.weights])
    free = _orthogonal(times[:n].astype(float))  # (n - 1, n): moves that keep straight drifts undone
    start = fixed.copy()
    start[:n] = -times[:n] * float(fixed @ times) / float(times[:n] @ times[:n])
    K = _slopes_to_drifts(times)

    def _parts(x: np.ndarray) -> tuple[np.ndarray, float, float]:
        v = start.copy()
        v[:n] += x @ free if len(free) else 0.0
        return v, size * float(np.abs(v @ K).sum()), float(np.sqrt(v @ at.V @ v))

    def _half(bias: float, sd: float) -> float:
        return sd * _folded(bias / sd, level)

    root = np.linalg.cholesky(at.V + 1e-14 * np.trace(at.V) * np.eye(len(at.V)))
    x = np.zeros(len(free))
    if len(free):
        moves = np.hstack([free, np.zeros((len(free), len(at.lags)))])
        x = np.linalg.lstsq(root.T @ moves.T, -root.T @ start, rcond=None)[0]  # smallest variance
    if size == 0 or not len(free):
        v, bias, sd = _parts(x)
        return v, _half(bias, sd)
    return _least_half(_parts, _half, x, free, start, K, at, size)


def _least_half(
    parts: Callable[[np.ndarray], tuple[np.ndarray, float, float]], half: Callable[..., float], x: np.ndarray,
    free: np.ndarray, start: np.ndarray, K: np.ndarray, at: _Estimates, size: float,
) -> tuple[np.ndarray, float]:  # fmt: skip
    """Minimize half the length over x with |bias| split in two sides, so that everything is smooth."""
    n, q = len(free), K.shape[1]
    moves = np.hstack([free, np.zeros((n, len(at.lags)))])
    unit = float(np.sqrt(np.trace(at.V))) or 1.0

    def _of(z: np.ndarray) -> float:
        v = start + z[:n] @ moves
        return half(size * float(z[n:].sum()), float(np.sqrt(v @ at.V @ v))) / unit

    equal = {
        "type": "eq",
        "fun": lambda z: (start + z[:n] @ moves) @ K - z[n : n + q] + z[n + q :],
        "jac": lambda z: np.hstack([(moves @ K).T, -np.eye(q), np.eye(q)]),
    }
    best: tuple[float, np.ndarray] | None = None
    for x0 in (x, np.zeros(n)):
        kappa = (start + x0 @ moves) @ K
        z0 = np.concatenate([x0, np.maximum(kappa, 0), np.maximum(-kappa, 0)])
        bounds = [(None, None)] * n + [(0, None)] * (2 * q)
        found = minimize(
            _of, z0, method="SLSQP", bounds=bounds, constraints=[equal], options={"maxiter": 500, "ftol": 1e-12}
        )
        v, bias, sd = parts(found.x[:n])
        length = half(bias, sd)
        if np.isfinite(length) and (best is None or length < best[0]):
            best = (length, v)
    if best is None:
        raise ConvergenceError("the shortest interval was not found; use kind='relative'.")
    return best[1], best[0]


def _orthogonal(row: np.ndarray) -> np.ndarray:
    """An orthonormal basis (n - 1, n) of what is orthogonal to `row` (n,)."""
    _, _, vt = np.linalg.svd(row[None])
    return vt[1:]


def _slopes_to_drifts(times: np.ndarray) -> np.ndarray:
    """Drifts (m,) at `times` from the base as sums of changes of slope (m, q): those at the base and after, before it.

    Any drift that is zero at the base is a straight line plus these; the line's slope is that of the step after the
    base for earlier times, so that each change of slope is used once.
    """
    first, last = int(times.min()), int(times.max())
    bends = range(first + 1, last)  # a change of slope at each inner time
    K = np.zeros((len(times), len(bends)))
    for k, bend in enumerate(bends):
        if bend >= 0:
            K[:, k] = np.maximum(times - bend, 0)
        else:
            K[:, k] = np.maximum(bend - times, 0)
    return K


def _folded(bias: float, level: float) -> float:
    """The quantile of |N(bias, 1)|."""
    if bias > 30:
        return bias + float(special.ndtri(level))
    return float(
        brentq(lambda c: special.ndtr(c - bias) - special.ndtr(-c - bias) - level, 0.0, bias + 10.0, xtol=1e-12)
    )
