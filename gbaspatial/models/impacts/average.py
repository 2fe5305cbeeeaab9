"""Estimates, standard errors, intervals and p-values of impacts, whatever is read off the matrix: arrays only.

The impact matrix of a regressor is S = (I - rho W)^-1 (b I + sum_j t_j W_j): linear in its
coefficients b, t_j, with readings of the resolvent as functions of rho (`resolvent`). So one
engine serves averages, groups, units and orders.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy import special

from gbaspatial.inference.null import monte_carlo_p
from gbaspatial.models.likelihood.confidence import Mixture
from gbaspatial.models.solve.resolvent import Reader
from gbaspatial.sizes import UNBOUNDED

METHODS = ("delta", "simulated", "bootstrap", "confidence")
_NOTHING = 1e-13
_ROUNDING = 1e-11  # of draws, some of which lie near the end of rho's interval


@dataclass(frozen=True, slots=True, eq=False)
class Uncertainty:
    """What is known of the parameters (p,), rho at `rho_place` (None without a lag).

    `draws` (m, p) are draws from their normal distribution or refits; `draw_covariances`
    (p, p, m) belong to refits, for studentizing. `mixture` is the distribution of coefficients
    without a lag of y, whose impacts are linear in them.
    """

    estimate: np.ndarray
    covariance: np.ndarray
    rho_place: int | None
    method: str
    level: float
    df: float | None = None
    draws: np.ndarray | None = None
    draw_covariances: np.ndarray | None = None
    mixture: Mixture | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Measured:
    """Estimate, standard error, interval and two-sided p-value of q quantities, (q,) each.

    `p_greater` is the one-sided p-value against the quantity being at most zero.
    """

    estimate: np.ndarray
    std_error: np.ndarray
    lower: np.ndarray
    upper: np.ndarray
    p_value: np.ndarray
    p_greater: np.ndarray


@dataclass(frozen=True, slots=True, eq=False)
class Quantity:
    """q linear readings of S: the places of b and t_j among the parameters, each with its reader."""

    places: tuple[int, ...]
    readers: tuple[Reader, ...]

    def values(self, parameters: np.ndarray, rho_place: int | None) -> np.ndarray:
        """(m, q) at `parameters` (m, p)."""
        rho = parameters[:, rho_place] if rho_place is not None else np.zeros(len(parameters))
        return sum(
            parameters[:, [place]] * reader(rho)[0] for place, reader in zip(self.places, self.readers, strict=True)
        )  # type: ignore[return-value]

    def gradients(self, parameters: np.ndarray, rho_place: int | None) -> tuple[np.ndarray, np.ndarray]:
        """Values (m, q) and gradients (m, q, p)."""
        m, p = parameters.shape
        rho = parameters[:, rho_place] if rho_place is not None else np.zeros(m)
        read = [reader(rho) for reader in self.readers]
        values = sum(parameters[:, [place]] * part[0] for place, part in zip(self.places, read, strict=True))
        gradient = np.zeros((m, read[0][0].shape[1], p))
        for place, (value, slope) in zip(self.places, read, strict=True):
            gradient[:, :, place] += value
            if rho_place is not None:
                gradient[:, :, rho_place] += parameters[:, [place]] * slope
        return np.asarray(values), gradient

    def times(self, factor: float) -> Quantity:
        """The quantity `factor` times as large."""

        def _scaled(reader: Reader) -> Reader:
            def _read(rho: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
                value, slope = reader(rho)
                return factor * value, factor * slope

            return _read

        return Quantity(self.places, tuple(map(_scaled, self.readers)))


def mixed(first: Quantity, second: Quantity, weight: float = -1.0) -> Quantity:
    """The quantity `first` + `weight` times `second`."""
    other = second.times(weight)
    return Quantity((*first.places, *other.places), (*first.readers, *other.readers))


def measure(quantity: Quantity, known: Uncertainty) -> Measured:
    """Estimates and their uncertainty, by the method of `known`."""
    values, gradient = quantity.gradients(known.estimate[None, :], known.rho_place)
    estimate = values[0]
    size = _size(quantity, known)
    gradient[np.abs(gradient) <= _NOTHING * size] = 0.0  # differences of equal readings: an exact zero
    estimate = np.where((gradient[0] == 0).all(axis=1), 0.0, estimate)
    with np.errstate(invalid="ignore"):
        delta = np.sqrt(np.einsum("qp,pr,qr->q", gradient[0], known.covariance, gradient[0]))
    if known.method == "delta":
        return normal(estimate, delta, known)
    if known.mixture is not None:
        return _linear(estimate, gradient[0], known.mixture, known.level)
    assert known.draws is not None
    if known.method == "simulated":
        found = _percentile(estimate, quantity.values(known.draws, known.rho_place), known.level)
    elif known.method in ("confidence", "draws"):
        found = _confidence(estimate, quantity.values(known.draws, known.rho_place), known.level, size)
    else:
        assert known.draw_covariances is not None
        found = _studentized(estimate, delta, quantity, known)
    return _exact_zeros(found, (gradient[0] == 0).all(axis=1) & (found.std_error <= _ROUNDING * size))


def _linear(estimate: np.ndarray, C: np.ndarray, mixture: Mixture, level: float) -> Measured:
    """Combinations `C` (q, p) of the coefficients; zero rows are exact zeros, about which there is nothing to test."""
    there = (C != 0).any(axis=1)
    rows = [np.zeros(len(C)) for _ in range(3)] + [np.full(len(C), np.nan) for _ in range(2)]
    if there.any():
        found = mixture.combined(C[there])
        spread = (found.quantile(0.84134) - found.quantile(0.15866)) / 2
        parts = (spread, *found.interval(level), found.p_values(), found.at_most_zero())
        for row, part in zip(rows, parts, strict=True):
            row[there] = part
    return Measured(estimate, *rows)


def _exact_zeros(found: Measured, nothing: np.ndarray) -> Measured:
    """`found` with exact zeros, about which there is nothing to test, where `nothing` (q,) but rounding is left."""
    if not nothing.any():
        return found
    zero = [np.where(nothing, 0.0, part) for part in (found.estimate, found.std_error, found.lower, found.upper)]
    return Measured(*zero, *(np.where(nothing, np.nan, part) for part in (found.p_value, found.p_greater)))


def _size(quantity: Quantity, known: Uncertainty) -> float:
    """The size of what a quantity is the difference of."""
    rho = known.estimate[[known.rho_place]] if known.rho_place is not None else np.zeros(1)
    return max(float(np.abs(reader(rho)[0]).max()) for reader in quantity.readers)


def normal(estimate: np.ndarray, se: np.ndarray, known: Uncertainty) -> Measured:
    """By the normal distribution, or t with the degrees of freedom of `known`."""
    tail = 0.5 + known.level / 2
    width = float(special.ndtri(tail) if known.df is None else special.stdtrit(known.df, tail))
    with np.errstate(invalid="ignore", divide="ignore"):
        z = estimate / se
    below, tail = ((special.ndtr(-t) if known.df is None else special.stdtr(known.df, -t)) for t in (z, np.abs(z)))
    return Measured(estimate, se, estimate - width * se, estimate + width * se, 2 * tail, below)


def _percentile(estimate: np.ndarray, drawn: np.ndarray, level: float) -> Measured:
    tail = (1 - level) / 2
    lower, upper = np.quantile(drawn, [tail, 1 - tail], axis=0)
    at_most = monte_carlo_p((drawn <= 0).sum(axis=0), len(drawn))
    at_least = monte_carlo_p((drawn >= 0).sum(axis=0), len(drawn))
    p = np.minimum(1.0, 2 * np.minimum(at_most, at_least))
    return Measured(estimate, drawn.std(axis=0, ddof=1), lower, upper, p, np.asarray(at_most))


def _confidence(estimate: np.ndarray, drawn: np.ndarray, level: float, size: float) -> Measured:
    """Percentiles; the standard error is half the distance of the 16th and 84th, for a mean need not exist."""
    found = _percentile(estimate, drawn, level)
    one, two = np.quantile(drawn, [0.15866, 0.84134], axis=0)
    limit = UNBOUNDED * size
    lower, upper, se = (
        np.where(np.abs(part) > limit, np.copysign(np.inf, part), part)
        for part in (found.lower, found.upper, (two - one) / 2)
    )
    p = np.where((drawn == 0).all(axis=0) | (estimate == 0), np.nan, found.p_value)
    return Measured(estimate, se, lower, upper, p, found.p_greater)


def _studentized(estimate: np.ndarray, delta: np.ndarray, quantity: Quantity, known: Uncertainty) -> Measured:
    """By the distribution of (refit - estimate) / standard error of the refit; equal tails."""
    assert known.draws is not None
    assert known.draw_covariances is not None
    drawn, gradient = quantity.gradients(known.draws, known.rho_place)
    with np.errstate(invalid="ignore", divide="ignore"):
        se = np.sqrt(np.einsum("mqp,prm,mqr->mq", gradient, known.draw_covariances, gradient, optimize=True))
        ratio = (drawn - estimate) / se
        z = estimate / delta
    ratio = np.where(np.isfinite(ratio), ratio, np.nan)
    tail = (1 - known.level) / 2
    fixed = delta <= 1e-14 * np.maximum(np.abs(estimate), 1e-300)  # nothing to infer: e.g. an exact zero
    low, high = np.nanquantile(np.where(fixed, 0.0, ratio), [tail, 1 - tail], axis=0)
    count = np.isfinite(ratio).sum(axis=0)
    above = monte_carlo_p((ratio >= z - 1e-12).sum(axis=0), count)
    below = monte_carlo_p((ratio <= z + 1e-12).sum(axis=0), count)
    p = np.where(fixed, np.nan, np.minimum(1.0, 2 * np.minimum(above, below)))
    return Measured(estimate, drawn.std(axis=0, ddof=1), estimate - high * delta, estimate - low * delta, p, above)


def normal_draws(
    estimate: np.ndarray, covariance: np.ndarray, rho_place: int | None, ends: tuple[float, float], draws: int,
    rng: np.random.Generator,
) -> tuple[np.ndarray, int]:  # fmt: skip
    """Draws (m, p) from the normal distribution with rho inside `ends`, and how many had to be drawn anew."""
    values, vectors = np.linalg.eigh(covariance)
    root = vectors * np.sqrt(np.maximum(values, 0.0))
    kept: list[np.ndarray] = []
    made = have = 0
    while have < draws:
        part = estimate + rng.standard_normal((draws, len(estimate))) @ root.T
        made += draws
        if rho_place is not None:
            part = part[(part[:, rho_place] > ends[0]) & (part[:, rho_place] < ends[1])]
        kept.append(part)
        have += len(part)
        if made >= 50 * draws and have < draws:
            break
    drawn = np.concatenate(kept)[:draws]
    return drawn, max(0, made - have) * draws // made


def order_readers(traces: Sequence[float], powers: Sequence[int]) -> Reader:
    """Readings traces[q] rho^powers[q]; a negative power stands for nothing."""
    size, power = np.asarray(traces, dtype=float), np.asarray(powers)

    def _read(rho: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        column = np.asarray(rho, dtype=float)[:, None]
        value = np.where(power >= 0, column ** np.maximum(power, 0), 0.0) * size
        slope = np.where(power >= 1, power * column ** np.maximum(power - 1, 0), 0.0) * size
        return value, slope

    return _read
