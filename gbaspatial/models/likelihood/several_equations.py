"""Spatial seemingly unrelated equations: likelihood, information, score tests, three-stage least squares: arrays only.

For equations g = 1..G over the same n units::

    (I - rho_g W) y_g = X_g b_g + u_g,   (I - lambda_g W) u_g = e_g,   Cov(e_g, e_h) = sigma_gh I

    l = -nG/2 log 2pi - n/2 log|Sigma| + sum_g (log|I - rho_g W| + log|I - lambda_g W|)
        - 1/2 tr(Sigma^-1 E'E)

Given the spatial parameters, b and Sigma come from iterated generalized least squares.

References
----------
Anselin, L. (1988). Spatial Econometrics: Methods and Models. Kluwer, chapter 10.
Mur, J., Lopez, F. and Herrera, M. (2010). Testing for spatial effects in seemingly unrelated
regressions. Spatial Economic Analysis 5, 399-440.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy import optimize

from gbaspatial.errors import ConvergenceError
from gbaspatial.models.instruments.two_stage import basis, two_stage
from gbaspatial.models.likelihood.information import inverse
from gbaspatial.models.likelihood.problem import LOG_2PI
from gbaspatial.models.solve.determinant_curves import Curve
from gbaspatial.models.solve.factor import pencil_of
from gbaspatial.models.solve.logdet import curve_of
from gbaspatial.models.solve.origin import least_squares, newton, span_of
from gbaspatial.randomness import EQUATION_PROBES, label_ranks, probes_of
from gbaspatial.sizes import EQUATIONS_LIMIT, PROBES
from gbaspatial.weights import Weights

_ROUNDS = 2_000


@dataclass(frozen=True, slots=True, eq=False)
class System:
    """`ys` and `Xs` by equation, W, and which spatial parameters every equation has."""

    ys: tuple[np.ndarray, ...]
    Xs: tuple[np.ndarray, ...]
    w: Weights
    lagged: bool = False
    erred: bool = False

    @property
    def n(self) -> int:
        """Units."""
        return len(self.ys[0])

    @property
    def G(self) -> int:
        """Equations."""
        return len(self.ys)


@dataclass(frozen=True, slots=True, eq=False)
class Solution:
    """By equation: `betas`, `rho` (G,), `lam` (G,); innovations `E` (n, G), `Sigma` (G, G) = E'E / n, likelihood."""

    betas: tuple[np.ndarray, ...]
    rho: np.ndarray
    lam: np.ndarray
    E: np.ndarray
    Sigma: np.ndarray
    log_likelihood: float


# -- generalized least squares ------------------------------------------------------------------
def _cross(Xs: Sequence[np.ndarray], targets: Sequence[np.ndarray]) -> tuple[np.ndarray, np.ndarray, list[slice]]:
    """X'X (K, K) and X'y (K, G) of all equations side by side, and where each equation stands."""
    ends = np.cumsum([X.shape[1] for X in Xs])
    places = [slice(int(end) - X.shape[1], int(end)) for end, X in zip(ends, Xs, strict=True)]
    stacked = np.hstack(Xs)
    return stacked.T @ stacked, stacked.T @ np.column_stack(targets), places


def weighted(cross: tuple[np.ndarray, np.ndarray, list[slice]], precision: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Generalized least squares for a Sigma^-1: b of all equations (K,), and the normal matrix (K, K)."""
    XX, Xy, places = cross
    A, b = np.empty_like(XX), np.empty(XX.shape[0])
    for g, one in enumerate(places):
        b[one] = Xy[one] @ precision[g]
        for h, two in enumerate(places):
            A[one, two] = precision[g, h] * XX[one, two]
    unit = 1 / np.sqrt(np.diag(A))  # columns may have any scale
    try:
        return unit * np.linalg.solve(A * unit[:, None] * unit, unit * b), A
    except np.linalg.LinAlgError:
        raise ConvergenceError(
            "the filtered regressors of an equation are linearly dependent at an end of the interval of lambda."
        ) from None


def iterated(
    Xs: Sequence[np.ndarray], targets: Sequence[np.ndarray]
) -> tuple[list[np.ndarray], np.ndarray, np.ndarray]:
    """b by equation, E (n, G) and Sigma (G, G) = E'E / n where generalized least squares come to rest."""
    cross = _cross(Xs, targets)
    Y, places = np.column_stack(targets), cross[2]
    precision, before, change = np.eye(len(Xs)), np.full((len(Xs), len(Xs)), np.inf), np.inf
    for _ in range(_ROUNDS):
        b = weighted(cross, precision)[0]
        E = Y - np.column_stack([X @ b[p] for X, p in zip(Xs, places, strict=True)])
        Sigma = E.T @ E / len(E)
        size = np.sqrt(np.diag(Sigma))
        if not (size > 0).all() or np.linalg.eigvalsh(Sigma / np.outer(size, size))[0] <= 1e-14:
            raise ConvergenceError("the residuals of the equations are linearly dependent: Sigma has no inverse.")
        last, change = change, float(np.abs((Sigma - before) / np.outer(size, size)).max())
        if change <= 1e-15 or (change < 1e-12 and change >= last):  # to the last digit: the slopes need it
            return [b[p] for p in places], E, Sigma
        precision, before = np.linalg.inv(Sigma), Sigma
    raise ConvergenceError(f"generalized least squares did not come to rest in {_ROUNDS} rounds.")


# -- maximum likelihood ---------------------------------------------------------------------------
@dataclass(frozen=True, slots=True, eq=False)
class _Filtered:
    """y, W y, X and their lags by equation, made once."""

    system: System
    curve: Curve

    def at(self, rho: np.ndarray, lam: np.ndarray) -> tuple[Solution, np.ndarray, np.ndarray]:
        """The best b and Sigma for given spatial parameters, with the slopes (G,) of the likelihood in them."""
        system, W = self.system, self.system.w.sparse
        lags = [W @ y for y in system.ys]
        moved = [y - r * wy for y, r, wy in zip(system.ys, rho, lags, strict=True)]
        targets = [v - s * (W @ v) for v, s in zip(moved, lam, strict=True)]
        Xs = [X - s * (W @ X) for X, s in zip(system.Xs, lam, strict=True)]
        betas, E, Sigma = iterated(Xs, targets)
        weighted_E = E @ np.linalg.inv(Sigma)
        value = -system.n / 2 * (system.G * (LOG_2PI + 1) + np.linalg.slogdet(Sigma)[1])
        slope_rho, slope_lam = np.zeros(system.G), np.zeros(system.G)
        for g in range(system.G):
            if system.lagged:
                value += self.curve(rho[g])
                inner = lags[g] - lam[g] * (W @ lags[g])
                slope_rho[g] = self.curve.derivatives(rho[g])[0] + weighted_E[:, g] @ inner
            if system.erred:
                value += self.curve(lam[g])
                u = moved[g] - system.Xs[g] @ betas[g]
                slope_lam[g] = self.curve.derivatives(lam[g])[0] + weighted_E[:, g] @ (W @ u)
        return Solution(tuple(betas), rho, lam, E, Sigma, float(value)), slope_rho, slope_lam


def maximize(system: System) -> Solution:
    """The maximum-likelihood solution, the best of several starts over the admissible interval.

    Where an exact log-determinant is costly, an estimate of it finds the neighborhood.

    Raises
    ------
    ConvergenceError
        If no start reaches a maximum.
    """
    sides = int(system.lagged) + int(system.erred)
    curve = curve_of(system.w)
    if sides == 0:
        return _Filtered(system, curve).at(np.zeros(system.G), np.zeros(system.G))[0]
    low, high = span_of(system.w)
    levels = itertools.product((0.0, 0.45 * low, 0.45 * high), repeat=sides)
    rough = curve.rough()
    best = _climb(_Filtered(system, rough), [np.repeat(level, system.G) for level in levels], (low, high))
    exact = _Filtered(system, curve)
    if rough is not curve:
        best = _climb(exact, [best], (low, high))
    return exact.at(*_split(system, best))[0]


def _split(system: System, theta: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """rho and lambda (G,) from the vector of those that the system has."""
    zero, parts = np.zeros(system.G), theta.reshape(-1, system.G)
    return (parts[0] if system.lagged else zero), (parts[-1] if system.erred else zero)


def _climb(filtered: _Filtered, starts: list[np.ndarray], bounds: tuple[float, float]) -> np.ndarray:
    """The best local maximum from `starts`, by quasi-Newton steps and then Newton's, in shares of the interval."""
    system = filtered.system
    width = bounds[1] - bounds[0]

    def _loss(share: np.ndarray) -> tuple[float, np.ndarray]:
        solution, slope_rho, slope_lam = filtered.at(*_split(system, share * width))
        slopes = [s for s, there in ((slope_rho, system.lagged), (slope_lam, system.erred)) if there]
        return -solution.log_likelihood, -np.concatenate(slopes) * width

    best, failures = None, []
    box = [(bounds[0] / width, bounds[1] / width)] * len(starts[0])
    for start in starts:
        try:
            answer = optimize.minimize(_loss, start / width, jac=True, method="L-BFGS-B", bounds=box,
                                       options={"ftol": 1e-15, "gtol": 1e-9, "maxiter": 500})  # fmt: skip
        except ConvergenceError as error:
            failures.append(f"{start.round(3).tolist()}: {error}")
            continue
        if np.isfinite(answer.fun) and (best is None or answer.fun < best.fun):
            best = answer
    if best is None:
        raise ConvergenceError(f"no maximum was found; tried the starts {'; '.join(failures)}.")
    return newton(_loss, np.asarray(best.x), box) * width


def covariance(system: System, at: Solution) -> tuple[np.ndarray, float]:
    """The covariance of (b_1, rho_1, lambda_1, b_2, ...), and the relative error of the probes behind it."""
    matrix, spread, T = _apart(system, at)
    count = len(T)
    return T @ inverse(matrix)[:count, :count] @ T.T, spread


def information(system: System, at: Solution) -> tuple[np.ndarray, float]:
    """Expected information of (b_1, rho_1, lambda_1, b_2, ..., vech Sigma); the probes' relative error (0 if exact).

    With de_g = -(m_a + C_a e_g) da for a parameter a of equation g, the information between a
    of g and b of h is s^gh (m_a'm_b + s_gh tr C_a'C_b), plus tr C_a C_b if g = h.
    """
    matrix, spread, T = _apart(system, at)
    back = np.eye(len(matrix))
    back[: len(T), : len(T)] = 2 * np.eye(len(T)) - T  # the inverse of T
    return back.T @ matrix @ back, spread


def _apart(system: System, at: Solution) -> tuple[np.ndarray, float, np.ndarray]:
    """`information` in the coordinates (b + h rho, rho), h the regression of the mean of the lag on X; and T.

    There nothing cancels if y is far from zero. T (p, p) takes these coordinates to (b, rho).
    """
    n, G = system.n, system.G
    W = system.w.sparse
    pencil = pencil_of(system.w)
    exact = n <= EQUATIONS_LIMIT
    plain = not at.rho.any() and not at.lam.any()  # score tests: every C is W, whose traces are sums over links
    Z = np.eye(n) if exact else probes_of(label_ranks(system.w.ids), PROBES, EQUATION_PROBES, n)
    share = 1.0 if exact else 1 / PROBES
    owners: list[int] = []
    means: list[np.ndarray] = []
    images: list[tuple[np.ndarray, np.ndarray] | None] = []
    shifts: list[tuple[int, np.ndarray]] = []
    for g in range(G):
        X = system.Xs[g] - at.lam[g] * (W @ system.Xs[g])
        for column in X.T:
            owners.append(g)
            means.append(column)
            images.append(None)
        if system.lagged:
            factor = pencil.factor(at.rho[g])
            owners.append(g)
            mean = W @ factor.solve(X @ at.betas[g])
            h = least_squares(X, mean)
            shifts.append((len(owners) - 1, h))
            means.append(mean - X @ h)
            images.append((W @ factor.solve(Z), factor.solve(W.T @ Z, transposed=True)))
        if system.erred:
            factor = pencil.factor(at.lam[g])
            owners.append(g)
            means.append(np.zeros(n))
            images.append((W @ factor.solve(Z), factor.solve(W.T @ Z, transposed=True)))
    owner = np.array(owners)
    precision = np.linalg.inv(at.Sigma)
    M = np.column_stack(means)
    matrix = precision[np.ix_(owner, owner)] * (M.T @ M)
    traces, spread = np.zeros(len(owner)), 0.0
    for a, one in enumerate(images):
        if one is None:
            continue
        traces[a] = float(W.trace()) if plain else share * float(np.einsum("ij,ij->", Z, one[0]))
        for b, two in enumerate(images):
            if two is None:
                continue
            by_probe = np.einsum("ij,ij->j", one[0], two[0])
            inner = float(W.multiply(W).sum()) if plain else share * float(by_probe.sum())
            matrix[a, b] += precision[owner[a], owner[b]] * at.Sigma[owner[a], owner[b]] * inner
            if owner[a] == owner[b]:
                turned = float(W.multiply(W.T).sum()) if plain else share * float(np.einsum("ij,ij->", one[1], two[0]))
                matrix[a, b] += turned
            if not exact and not plain and a == b:
                spread = max(spread, float(by_probe.std(ddof=1) / abs(by_probe.mean()) / np.sqrt(PROBES)))
    T = np.eye(len(owner))
    for place, h in shifts:
        T[place - len(h) : place, place] = -h
    return _with_variances(matrix, traces, owner, precision, n), spread, T


def _with_variances(
    matrix: np.ndarray, traces: np.ndarray, owner: np.ndarray, precision: np.ndarray, n: int
) -> np.ndarray:
    """The information extended by the elements of Sigma on and below the diagonal."""
    G = len(precision)
    units = []
    for j in range(G):
        for k in range(j + 1):
            unit = np.zeros((G, G))
            unit[j, k] = unit[k, j] = 1
            units.append(precision @ unit)
    cross = np.array([[unit[owner[a], owner[a]] * traces[a] for unit in units] for a in range(len(owner))])
    own = np.array([[n / 2 * np.trace(one @ two) for two in units] for one in units])
    return np.block([[matrix, cross], [cross.T, own]])


# -- score tests ----------------------------------------------------------------------------------
def score_tests(system: System, at: Solution) -> dict[str, tuple[float, int]]:
    """LM tests (statistic, df) of spatial effects, from the solution of the equations without any."""
    full = System(system.ys, system.Xs, system.w, lagged=True, erred=True)
    G, W = system.G, system.w.sparse
    weighted_E = at.E @ np.linalg.inv(at.Sigma)
    score_lag = np.array([weighted_E[:, g] @ (W @ system.ys[g]) for g in range(G)])
    score_error = np.array([weighted_E[:, g] @ (W @ at.E[:, g]) for g in range(G)])
    matrix = _apart(full, at)[0]
    sizes = [X.shape[1] + 2 for X in system.Xs]
    ends = np.cumsum(sizes)
    lag, error = ends - 2, ends - 1
    inside = np.concatenate([lag, error])
    rest = np.setdiff1d(np.arange(len(matrix)), inside)
    part = matrix[np.ix_(inside, inside)] - matrix[np.ix_(inside, rest)] @ np.linalg.solve(
        matrix[np.ix_(rest, rest)], matrix[np.ix_(rest, inside)]
    )
    L, X, S = part[:G, :G], part[:G, G:], part[G:, G:]
    clean_lag = score_lag - X @ np.linalg.solve(S, score_error)
    clean_error = score_error - X.T @ np.linalg.solve(L, score_lag)
    return {
        "lm_lag": (_form(score_lag, L), G),
        "lm_error": (_form(score_error, S), G),
        "robust_lm_lag": (_form(clean_lag, L - X @ np.linalg.solve(S, X.T)), G),
        "robust_lm_error": (_form(clean_error, S - X.T @ np.linalg.solve(L, X)), G),
        "lm_sarma": (_form(np.concatenate([score_lag, score_error]), part), 2 * G),
    }


def _form(score: np.ndarray, matrix: np.ndarray) -> float:
    return float(score @ np.linalg.solve(matrix, score))


# -- three-stage least squares -----------------------------------------------------------------------
def three_stage(system: System, instruments: Sequence[np.ndarray], df: Sequence[int]) -> tuple[Solution, np.ndarray]:
    """Lag equations by three-stage least squares with `instruments` (n, q_g): the solution and its covariance.

    Sigma is that of the two-stage residuals of each equation, over sqrt(df_g df_h) of `df`.
    The covariance is in the order (b_1, rho_1, b_2, rho_2, ...).
    """
    W = system.w.sparse
    Zs = [np.column_stack([X, W @ y]) for X, y in zip(system.Xs, system.ys, strict=True)]
    stages = [two_stage(y, Z, basis(H)) for y, Z, H in zip(system.ys, Zs, instruments, strict=True)]
    E = np.column_stack([stage.residuals for stage in stages])
    first = E.T @ E / np.sqrt(np.outer(df, df))
    cross = _cross([stage.Zhat for stage in stages], system.ys)
    delta, normal = weighted(cross, np.linalg.inv(first))
    parts = [delta[place] for place in cross[2]]
    E = np.column_stack([y - Z @ d for y, Z, d in zip(system.ys, Zs, parts, strict=True)])
    rho = np.array([d[-1] for d in parts])
    solution = Solution(tuple(d[:-1] for d in parts), rho, np.zeros(system.G), E, first, float("nan"))
    return solution, inverse(normal)
