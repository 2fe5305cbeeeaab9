"""Where the concentrated likelihood of each outcome of a batch is largest: a grid, then Newton steps.

A grid over the admissible interval finds the highest peak; Newton steps inside a bracket
(one spatial parameter), or damped so that they never go down (two), finish it, for all
outcomes together.
"""

from __future__ import annotations

import numpy as np

from gbaspatial.models.likelihood.many_outcomes import Batch, Moments, residual_moments, residual_squares, slopes
from gbaspatial.models.solve.many_rho import Spline

_GRID = 25
_GRID_TWO = 17
_STEPS = 60


def maximum(batch: Batch, have: Moments) -> tuple[np.ndarray, np.ndarray]:
    """rho and lambda (m,) where the concentrated likelihood is largest; zero where the model has none."""
    zero = np.zeros(have.T[0].shape[-1])
    if batch.lag is not None and batch.error is not None:
        return _maximum_of_two(batch, have)
    if batch.lag is not None:

        def _along_rho(g: np.ndarray, rho: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
            return residual_squares(have.T[0][:, :, g], rho)

        return _maximum_of_one(batch.lag, _along_rho, batch.n, len(zero)), zero
    if batch.error is not None:

        def _along_lambda(g: np.ndarray, lam: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
            here = residual_moments(batch, _pick(have, g), lam)
            return here.G[0, 0], here.G1[0, 0], here.G2[0, 0]

        return zero, _maximum_of_one(batch.error, _along_lambda, batch.n, len(zero), _grid_sums(batch, have))
    return zero, zero


def _pick(have: Moments, g: np.ndarray) -> Moments:
    return Moments(tuple(t[..., g] for t in have.T), tuple(r[..., g] for r in have.R), have.C[..., g])


def points(low: float, high: float, count: int) -> np.ndarray:
    """Chebyshev points (count,) between `low` and `high`, from the lowest."""
    return (low + high) / 2 - (high - low) / 2 * np.cos(np.pi * (np.arange(count) + 0.5) / count)


def grid_moments(batch: Batch, have: Moments, lams: np.ndarray) -> list[np.ndarray]:
    """G (q, q, m) at every lambda of a grid, each with one factorization for all outcomes."""
    (T0, T1, T2), (R1, R2) = have.T, have.R
    k, q, m = R1.shape
    found = []
    for lam in lams:
        Q = np.eye(batch.k) - lam * batch.Q1 + lam**2 * batch.Q2
        R = -lam * R1 + lam**2 * R2
        C = np.linalg.solve(Q, R.reshape(k, q * m)).reshape(k, q, m)
        found.append(T0 - lam * T1 + lam**2 * T2 - np.einsum("kim,kjm->ijm", R, C))
    return found


def _grid_sums(batch: Batch, have: Moments) -> np.ndarray:
    assert batch.error is not None
    lams = points(batch.error.low, batch.error.high, _GRID)
    return np.stack([G[0, 0] for G in grid_moments(batch, have, lams)])


def _maximum_of_one(spline: Spline, along, n: int, m: int, sums: np.ndarray | None = None) -> np.ndarray:  # type: ignore[no-untyped-def]
    """Where f(r) - n/2 log S(r) is largest; `along(g, r)` gives S, S', S'' of the outcomes `g`."""
    grid = points(spline.low, spline.high, _GRID)
    everyone = np.arange(m)
    if sums is None:
        sums = np.stack([along(everyone, r)[0] for r in grid])
    with np.errstate(divide="ignore", invalid="ignore"):
        best = np.argmax(spline(grid)[0][:, None] - n / 2 * np.log(sums), axis=0)
    ends = np.concatenate([[spline.low], grid, [spline.high]])
    low, here, high = ends[best], ends[best + 1], ends[best + 2]
    out, active = here.copy(), everyone
    for _ in range(_STEPS):
        S, S1, S2 = along(active, here)
        _, f1, f2 = spline(here)
        slope = f1 - n / 2 * S1 / S
        bend = f2 - n / 2 * (S2 / S - (S1 / S) ** 2)
        low, high = np.where(slope > 0, here, low), np.where(slope > 0, high, here)
        with np.errstate(divide="ignore", invalid="ignore"):
            new = here - slope / bend
        new = np.where((bend < 0) & (new > low) & (new < high), new, (low + high) / 2)
        out[active] = new
        moving = np.abs(new - here) > 1e-8 * (spline.high - spline.low)
        if not moving.any():
            break
        active, here, low, high = active[moving], new[moving], low[moving], high[moving]
    return out


def _value_two(batch: Batch, G: np.ndarray, rho: np.ndarray, f: np.ndarray, g: np.ndarray) -> np.ndarray:
    S, _, _ = residual_squares(G, rho)
    with np.errstate(divide="ignore", invalid="ignore"):
        return f + g - batch.n / 2 * np.log(S)


def _maximum_of_two(batch: Batch, have: Moments) -> tuple[np.ndarray, np.ndarray]:
    """The best point of a grid, then damped Newton steps that never go down."""
    one, two = batch.lag, batch.error
    assert one is not None
    assert two is not None
    rhos, lams = points(one.low, one.high, _GRID_TWO), points(two.low, two.high, _GRID_TWO)
    f, g = one(rhos)[0], two(lams)[0]
    m = have.T[0].shape[-1]
    top, rho, lam = np.full(m, -np.inf), np.zeros(m), np.zeros(m)
    for j, G in enumerate(grid_moments(batch, have, lams)):
        for i, r in enumerate(rhos):
            value = _value_two(batch, G, r, f[i], g[j])
            better = value > top
            top[better], rho[better], lam[better] = value[better], r, lams[j]
    return _climb_two(batch, have, rho, lam, top)


def _climb_two(
    batch: Batch, have: Moments, rho: np.ndarray, lam: np.ndarray, top: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Damped Newton steps from (rho, lambda), where the likelihood is `top`, that never go down."""
    one, two = batch.lag, batch.error
    assert one is not None
    assert two is not None
    wide, broad = one.high - one.low, two.high - two.low  # W may have any scale: steps are shares of the intervals
    active, damp = np.arange(len(rho)), np.full(len(rho), 1e-3)
    for _ in range(4 * _STEPS):
        part = _pick(have, active)
        r, s = rho[active], lam[active]
        slope, hessian = slopes(batch, part, r, s)
        slope = slope * np.array([[wide], [broad]])
        a, b, c = -hessian[0, 0] * wide**2, -hessian[0, 1] * wide * broad, -hessian[1, 1] * broad**2
        lowest = (a + c) / 2 - np.sqrt(((a - c) / 2) ** 2 + b**2)
        shift = np.maximum(0, -lowest) * 1.1 + damp[active] * (np.abs(a) + np.abs(c))
        shift = np.where((damp[active] <= 1e-3) & (lowest > 0), 0.0, shift)
        a, c = a + shift, c + shift
        det = a * c - b * b
        step = np.stack([(c * slope[0] - b * slope[1]) / det, (a * slope[1] - b * slope[0]) / det])
        new_r, new_s = r + wide * step[0], s + broad * step[1]
        inside = (new_r > one.low) & (new_r < one.high) & (new_s > two.low) & (new_s < two.high)
        safe_r, safe_s = np.where(inside, new_r, r), np.where(inside, new_s, s)
        value = _value_two(batch, residual_moments(batch, part, safe_s).G, safe_r, one(safe_r)[0], two(safe_s)[0])
        good = inside & (value >= top[active] - 1e-10)
        went = active[good]
        rho[went], lam[went], top[went] = new_r[good], new_s[good], value[good]
        damp[went] = np.maximum(damp[went] / 5, 1e-3)
        damp[active[~good]] *= 8
        size = np.maximum(np.abs(step[0]), np.abs(step[1]))
        done = (good & (size < 1e-8)) | (damp[active] > 1e9)
        active = active[~done]
        if not len(active):
            break
    return rho, lam
