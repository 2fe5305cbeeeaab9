"""Rates of rare events: empirical Bayes estimates, and autocorrelation that allows for unequal variances."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy import sparse, special

from gbaspatial.alignment import align, labelled
from gbaspatial.autocorrelation.entrance import DRAWING, drawn_by, draws_for
from gbaspatial.autocorrelation.local_moran import LocalMoranResult, local_moran
from gbaspatial.autocorrelation.moran import MoranResult, moran
from gbaspatial.errors import DataError, LabelTypeError, some
from gbaspatial.inference.null import Alternative, Inference
from gbaspatial.options import public
from gbaspatial.progress import shows_progress
from gbaspatial.randomness import Rng
from gbaspatial.results import Result, Table
from gbaspatial.weights import Weights, as_weights


@dataclass(frozen=True, slots=True, eq=False)
class RatesResult(Result):
    """Raw and empirical Bayes rates.

    Parameters
    ----------
    raw, estimate : pandas.Series, length n
        Events by those at risk, and the same drawn toward the mean the more, the fewer
        are at risk.
    mean : float or pandas.Series
        What rates are drawn toward: the overall rate, or that of the neighborhood.
    between_variance : float or pandas.Series
        Variance of the true rates between units (by moments; zero if negative).
    n : int
        Units.
    recipe : str or None
        How the weights were made, if neighbors are what rates are drawn to.
    """

    raw: pd.Series
    estimate: pd.Series
    mean: float | np.ndarray
    between_variance: float | pd.Series
    n: int
    recipe: str | None

    def tables(self) -> tuple[Table, ...]:
        """Rates by unit."""
        frame = pd.DataFrame({"raw": self.raw, "estimate": self.estimate})
        notes = ["Empirical Bayes, variances by moments (Marshall 1991)."]
        if self.recipe is None:
            notes.append(f"Overall rate {self.mean:.6g}, variance between units {self.between_variance:.4g}.")
        else:
            frame["mean"], frame["between_variance"] = self.mean, self.between_variance
            notes.append(f"Drawn toward the rate of the neighborhood (the unit in it); weights: {self.recipe}.")
        return (Table(frame, f"Rates of {self.n} units", tuple(notes)),)


_MOST = 1e70  # squares and products of such counts are numbers still


def aligned_rates(events: pd.Series, at_risk: pd.Series, ids: pd.Index) -> tuple[np.ndarray, np.ndarray]:
    """Events and those at risk in the order of `ids`, or an error that names the units at fault."""
    number, base = align(events, ids, "events"), align(at_risk, ids, "at-risk population")
    if (number < 0).any():
        raise DataError(f"events are counted from zero, but are negative for {some(ids[number < 0])}.")
    if (base <= 0).any():
        raise DataError(
            f"the population at risk must be positive, but is zero or negative for {some(ids[base <= 0])}; "
            f"leave these units out of the data and of the weights (w.subset) yourself."
        )
    if not number.any():
        raise DataError("no unit has an event, so that all rates are zero.")
    for what, counts in (("events", number), ("population at risk", base)):
        if counts.max() > _MOST or counts[counts > 0].min() < 1 / _MOST:
            raise DataError(f"{what}: a count beyond {_MOST:g} (or as far below one) is no count; check the units.")
    return number, base


def _ids_of(events: pd.Series) -> pd.Index:
    """The units of a Series of events; anything else is refused."""
    if not isinstance(events, pd.Series):
        raise LabelTypeError(
            f"the events are a bare {type(events).__name__} without unit labels; pass a pandas Series."
        )
    return events.index


def rate_moments(number: np.ndarray, base: np.ndarray) -> tuple[float, float]:
    """The overall rate and the variance between true rates, by moments, negative if it comes out so."""
    rate, mean = number / base, number.sum() / base.sum()
    spread = (base * (rate - mean) ** 2).sum() / base.sum()
    return float(mean), float(spread - mean / base.mean())


def standardized_rates(number: np.ndarray, base: np.ndarray) -> np.ndarray:
    """Deviations from the overall rate in units of their own standard deviation (n,) (Assunção and Reis 1999)."""
    mean, between = rate_moments(number, base)
    variance = between + mean / base
    return (number / base - mean) / np.sqrt(np.where(variance < 0, mean / base, variance))


def neighborhood_moments(number: np.ndarray, base: np.ndarray, W: sparse.csr_array) -> tuple[np.ndarray, np.ndarray]:
    """Rate and variance between true rates (n,), both in the neighborhood of each unit, itself in it."""
    links = sparse.csr_array(W != 0).astype(float) + sparse.eye_array(W.shape[0], format="csr")
    people = links @ base
    mean = (links @ number) / people
    spread = (links @ (base * (number / base - mean) ** 2)) / people
    return mean, spread - mean * np.diff(links.indptr) / people


@public
def empirical_bayes_rates(events: pd.Series, at_risk: pd.Series, w: Weights | None = None) -> RatesResult:
    """Rates drawn toward the overall rate, or toward that of the neighborhood.

    Parameters
    ----------
    events : pandas.Series, length n
        Counts, such as patents or deaths; zero or more.
    at_risk : pandas.Series, length n
        What they are counted against, such as employees; positive.
    w : Weights, optional
        Neighborhoods; only the links count. Without it all units share one mean.

    Returns
    -------
    RatesResult

    Raises
    ------
    DataError
        If events are negative or all zero, or a population at risk is not positive.

    References
    ----------
    Marshall, R. J. (1991). Mapping disease and mortality rates using empirical Bayes
    estimators. Applied Statistics 40, 283-294.

    Examples
    --------
    >>> events, people = pd.Series([0, 30, 80], list("abc")), pd.Series([100, 1000, 1000], list("abc"))
    >>> empirical_bayes_rates(events, people).estimate.round(4).tolist()
    [0.0232, 0.0317, 0.078]
    """
    if w is None:
        ids = _ids_of(events)
    else:
        w = as_weights(w)
        ids = w.ids
    number, base = aligned_rates(events, at_risk, ids)
    mean: float | np.ndarray
    mean, between = rate_moments(number, base) if w is None else neighborhood_moments(number, base, w.sparse)
    between = np.maximum(between, 0.0)
    rate = number / base
    noise = mean / base
    share = np.divide(between, between + noise, out=np.zeros(len(rate)), where=between + noise > 0)
    estimate = mean + (rate - mean) * share

    def _series(numbers: float | np.ndarray, name: str) -> pd.Series:
        return labelled(numbers, ids, events.index, name)

    return RatesResult(
        raw=_series(rate, "raw"),
        estimate=_series(estimate, "estimate"),
        mean=mean if w is None else _series(mean, "mean"),
        between_variance=float(between) if w is None else _series(np.asarray(between), "between_variance"),
        n=len(rate),
        recipe=None if w is None else str(w.recipe),
    )


@public
def rate_probabilities(events: pd.Series, at_risk: pd.Series) -> pd.DataFrame:
    """How likely each count is if all units had the overall rate (a probability map).

    Parameters
    ----------
    events, at_risk : pandas.Series, length n
        Counts, and what they are counted against.

    Returns
    -------
    pandas.DataFrame
        In the order of `events`: `expected` counts, `relative_risk` in per cent, `cumulative` the
        Poisson probability of at most as many events, `tail` that of at least as extreme a count
        on its side of the expected one (Choynowski).

    Notes
    -----
    The probabilities are not corrected for as many units as there are, nor for overdispersion.

    References
    ----------
    Choynowski, M. (1959). Maps based on probabilities. Journal of the American
    Statistical Association 54, 385-388.

    Examples
    --------
    >>> events, people = pd.Series([0, 30, 80], list("abc")), pd.Series([100, 1000, 1000], list("abc"))
    >>> rate_probabilities(events, people)["tail"].round(4).tolist()
    [0.0053, 0.0006, 0.0002]
    """
    number, base = aligned_rates(events, at_risk, _ids_of(events))
    expected = base * number.sum() / base.sum()
    cumulative = special.gammaincc(np.floor(number) + 1, expected)
    tail = np.where(number < expected, cumulative, special.gammainc(np.ceil(number), expected))
    columns = {
        "expected": expected,
        "relative_risk": 100 * number / expected,
        "cumulative": cumulative,
        "tail": tail,
    }
    return pd.DataFrame(columns, index=events.index)


def _standardized_series(events: pd.Series, at_risk: pd.Series, ids: pd.Index) -> pd.Series:
    number, base = aligned_rates(events, at_risk, ids)
    rate = number / base
    if np.ptp(rate) <= 1e-13 * rate.max():
        raise DataError("all units have the same rate; a constant has no autocorrelation.")
    name = f"rate of {events.name or 'events'} by {at_risk.name or 'those at risk'}"
    return labelled(standardized_rates(number, base), ids, events.index, name)


@drawn_by(*DRAWING)
@shows_progress
@public
def moran_rates(
    events: pd.Series,
    at_risk: pd.Series,
    w: Weights,
    *,
    inference: Inference = "auto",
    alternative: Alternative = "two-sided",
    draws: int = 9_999,
    rng: Rng = None,
    progress: bool | None = None,
) -> MoranResult:
    """Moran's I of rates, each in units of its own standard deviation.

    Parameters
    ----------
    events, at_risk : pandas.Series, length n
        Counts, and what they are counted against.
    w : Weights
    inference : str
        All orders (``"exact"``), random ones (``"permutation"``) or moments over all orders (``"randomization"``);
        ``"auto"`` takes the most exact that can be computed.
    alternative : {"two-sided", "greater", "less"}
        Which tail the p-value counts.
    draws : int
        Random orders, or random sets of neighbors of a local statistic.
    rng : int, Generator or None
        Seed of what is drawn; recorded.
    progress : bool, optional
        True tells on standard error how far work over two seconds has come, False never; by default on a terminal.

    Returns
    -------
    MoranResult
        Its `values` are the standardized rates.

    Raises
    ------
    DataError
        If events are negative or all zero, or a population at risk is not positive.

    Notes
    -----
    A rate of few at risk varies more, so that plain Moran's I of rates rejects too often
    where small units are neighbors. Permutations exchange standardized rates.

    References
    ----------
    Assunção, R. and Reis, E. (1999). A new proposal to adjust Moran's I for population
    density. Statistics in Medicine 18, 2147-2162.

    Examples
    --------
    >>> from gbaspatial.weights import from_pairs
    >>> w = from_pairs(pd.DataFrame({"focal": list("abcbcd"), "neighbor": list("bcdabc")}))
    >>> x = pd.Series({"a": 1.0, "b": 2.0, "c": 4.0, "d": 5.0})
    >>> y = pd.Series({"a": 2.0, "b": 1.0, "c": 5.0, "d": 3.0})
    >>> round(moran_rates(x, 10 * y, w).statistic, 3)
    -0.959
    """
    w = as_weights(w)
    rates = _standardized_series(events, at_risk, w.ids)
    return moran(rates, w, inference=inference, alternative=alternative, **draws_for(inference, draws=draws, rng=rng))


@drawn_by(*DRAWING)
@shows_progress
@public
def local_moran_rates(
    events: pd.Series,
    at_risk: pd.Series,
    w: Weights,
    *,
    inference: Inference = "auto",
    alternative: Alternative = "two-sided",
    draws: int = 9_999,
    rng: Rng = None,
    adjust: str = "bh",
    alpha: float = 0.05,
    progress: bool | None = None,
) -> LocalMoranResult:
    """Local Moran of rates, each in units of its own standard deviation.

    Parameters
    ----------
    events, at_risk : pandas.Series, length n
        Counts, and what they are counted against.
    w : Weights
    inference : str
        All orders (``"exact"``), random ones (``"permutation"``) or moments over all orders (``"randomization"``);
        ``"auto"`` takes the most exact that can be computed.
    alternative : {"two-sided", "greater", "less"}
        Which tail the p-value counts.
    draws : int
        Random orders, or random sets of neighbors of a local statistic.
    rng : int, Generator or None
        Seed of what is drawn; recorded.
    adjust : str
        Which correction for multiple tests `p_adjusted` holds: ``"bh"``, ``"by"``, ``"bonferroni"``, ``"sidak"``,
        ``"holm"``, ``"by-neighbor"`` or ``"none"``.
    alpha : float
        Level of `cluster`.
    progress : bool, optional
        True tells on standard error how far work over two seconds has come, False never; by default on a terminal.

    Returns
    -------
    LocalMoranResult

    References
    ----------
    Assunção, R. and Reis, E. (1999). A new proposal to adjust Moran's I for population density. Statistics in
    Medicine 18, 2147-2162.

    Examples
    --------
    >>> from gbaspatial.weights import from_pairs
    >>> w = from_pairs(pd.DataFrame({"focal": list("abcbcd"), "neighbor": list("bcdabc")}))
    >>> x = pd.Series({"a": 1.0, "b": 2.0, "c": 4.0, "d": 5.0})
    >>> y = pd.Series({"a": 2.0, "b": 1.0, "c": 5.0, "d": 3.0})
    >>> local_moran_rates(x, 10 * y, w).statistic.round(3).tolist()
    [-0.836, -1.723, -2.041, -1.154]
    """
    w = as_weights(w)
    rates = _standardized_series(events, at_risk, w.ids)
    return local_moran(
        rates,
        w,
        inference=inference,
        alternative=alternative,
        **draws_for(inference, draws=draws, rng=rng),
        adjust=adjust,
        alpha=alpha,
    )
