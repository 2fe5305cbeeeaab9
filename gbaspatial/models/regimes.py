"""Coefficients by regime: Chow tests, and a spatial lag whose rho differs between regimes.

With ``regimes="tier"`` every column of X is estimated by class. `chow` tests that the
classes agree: an F test for least squares, a Wald test on the covariance of the fit for
spatial models (Anselin 1990), which is right for any ``covariance=``.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import pandas as pd
from scipy import optimize, sparse, special
from scipy.sparse.linalg import splu

from gbaspatial.alignment import align_labels
from gbaspatial.errors import ConvergenceError, OptionError, WeightsError, some
from gbaspatial.formula import design, is_intercept
from gbaspatial.formula.regressors import classes_of
from gbaspatial.models.fit import Fit, build
from gbaspatial.models.fitted import Inference
from gbaspatial.models.likelihood.information import inverse
from gbaspatial.models.likelihood.problem import LOG_2PI
from gbaspatial.models.regression import lag
from gbaspatial.models.solve.origin import Centered, Ground, newton, refuse_perfect
from gbaspatial.models.spatial_fit import RhoByRegimeFit, RhoByRegimeWithChow
from gbaspatial.options import flag, public, word
from gbaspatial.sizes import DENSE_LIMIT, REGIMES_LIMIT

if TYPE_CHECKING:
    from gbaspatial.alignment import Label
    from gbaspatial.weights.annotations import WeightsGiven


@public
def rho_by_regime(
    formula: str,
    data: pd.DataFrame,
    w: WeightsGiven,
    *,
    regimes: str,
    durbin: bool = False,
    coefficients: Literal["intercepts", "common", "regimes"] = "intercepts",
    inference: Inference = "recommended",
) -> Fit:
    """A lag model in which every class of units responds with its own rho.

    y = diag(rho of the unit's class) W y + X b + e, by maximum likelihood.

    Parameters
    ----------
    formula : str
    data : pandas.DataFrame
        One row per unit, indexed by unit.
    w : Weights
    regimes : str
        A column of classes.
    durbin : bool
        Adds the lag of every regressor.
    coefficients : {"intercepts", "common", "regimes"}
        What of b differs between classes: its intercept (by default), nothing, or all of it. With
        one intercept for all classes the answer depends on the unit of y: log y in another
        currency is log y + c, and (I - diag(rho) W) c is c (1 - rho) of the class.
    inference : {"recommended", "asymptotic"}
        Where p-values and intervals come from; of this estimator both are normal, approximate below 50 units.

    Returns
    -------
    Fit
        With parameters ``rho[class]``; ``fit.chow()`` tests that they agree if b differs
        too, ``fit.extra["equal_rho"]`` holds the likelihood ratio test otherwise.

    Raises
    ------
    OptionError
        If a class has fewer units than three.
    DataError
        If there is one class only, or classes of several types.
    ConvergenceError
        If no maximum is found from any start.

    Notes
    -----
    Every |rho| is searched below 1 / (largest row sum of W), where I - diag(rho) W is
    invertible for certain.

    References
    ----------
    Allers, M. A. and Elhorst, J. P. (2005). Tax mimicking and yardstick competition among local governments in the
    Netherlands. International Tax and Public Finance 12, 493-513.

    Examples
    --------
    >>> from gbaspatial.weights import Weights
    >>> chain = Weights(np.eye(9, k=1) + np.eye(9, k=-1), list("abcdefghi")).row_standardized()
    >>> data = pd.DataFrame({"y": [1.0, 2, 2, 3, 7, 8, 6, 7, 8], "x": [0.0, 2, 1, 2, 4, 3, 1, 0, 2]}, index=chain.ids)
    >>> fit = rho_by_regime("y ~ x", data.assign(side=list("aaaaabbbb")), chain, regimes="side")
    >>> [term for term in fit.params.index if term.startswith("rho")]
    ['rho[a]', 'rho[b]']
    """
    word(coefficients, ("intercepts", "common", "regimes"), "coefficients")
    split: dict[str, Any] = {"regimes": regimes} if coefficients == "regimes" else {}
    durbin = flag(durbin, "durbin")
    if coefficients == "intercepts":
        formula, durbin = _with_intercepts(formula, data, w, regimes, durbin)
    spec = design(formula, data, w, durbin=durbin, **split)
    levels, member = _classes(data[regimes], spec.ids, regimes)
    W = spec.weights["W"].sparse
    limit = 1 / float(np.asarray(abs(W).sum(axis=1)).max()) if W.nnz else 0.0
    if limit == 0.0:
        raise WeightsError("W has no links, so there is no spatial lag to estimate.")
    one = lag(formula, data, w, durbin=durbin, **split)
    origin = Centered.of(spec.y, spec.X)
    ground = Ground.of(spec.y, origin.Q, W, member.T)
    y = spec.y - ground.m
    lags = member.T * (W @ y)[:, None]  # (n, g)
    likelihood = _Likelihood(origin.rest, lags - origin.Q @ (origin.Q.T @ lags), W, member, limit)
    bound = limit * (1 - 1e-6)
    starts = (float(np.clip(one.rho, -0.9 * limit, 0.9 * limit)), 0.0, 0.5 * limit, -0.5 * limit)
    rho = _lowest(likelihood, starts, bound)
    e = likelihood.residuals(rho)
    refuse_perfect(float(e @ e), float(origin.rest @ origin.rest))
    c = origin.Q.T @ (y - lags @ rho)
    s2 = float(e @ e) / spec.n
    log_likelihood = -spec.n / 2 * (LOG_2PI + 1) - likelihood.loss(rho)
    names = [f"rho[{level}]" for level in levels]
    edges = tuple(n for n, r in zip(names, rho, strict=True) if bound - abs(r) < 1e-3 * limit)
    variance = _variance(origin.Q, c, W, rho, member, s2)
    c, variance = ground.lifted(c, variance, 1 - ground.s * rho, np.full(len(rho), -ground.s), spec.k)
    beta, variance = origin.coefficients(c, whole=True), origin.covariance(variance)
    for name in edges:
        place = spec.k + names.index(name)
        variance[place, :] = variance[:, place] = np.nan
    equal, told = _equal_rho(log_likelihood - one.log_likelihood, len(levels) - 1)
    notes = [told]
    if edges:
        notes.append(f"{some(edges)} lies at the edge of the interval searched; no standard error is given.")
    return build(
        kind=RhoByRegimeFit if spec.regimes is None else RhoByRegimeWithChow,
        model="lag with rho by regime", method="ml", design=spec, w=spec.weights["W"],
        params={**dict(zip(spec.terms, beta, strict=True)), **dict(zip(names, rho, strict=True))},
        covariance=variance, residuals=e, log_likelihood=log_likelihood, covariance_kind="information matrix",
        edges=edges, notes=tuple(notes), inference=inference,
        extra={"regimes": regimes, "equal_rho": equal},
    )  # fmt: skip


def _classes(column: pd.Series, ids: pd.Index, name: str) -> tuple[list[Label], np.ndarray]:
    """The classes (g,) in order, and which units are in each (g, n)."""
    labels = align_labels(column, ids, name)
    levels = classes_of(pd.Series(labels), name)
    member = np.array([labels == level for level in levels], dtype=float)
    few = [level for level, row in zip(levels, member, strict=True) if row.sum() < 3]
    if few:
        raise OptionError(f"{name} has fewer than three units in {some(few)}, too few for a rho of its own.")
    return levels, member


def _with_intercepts(formula: str, data: pd.DataFrame, w: WeightsGiven, regimes: str, durbin: bool) -> tuple[str, bool]:
    """The formula with an intercept by class, and with the lags of a Durbin model, but none of the intercepts."""
    first = design(formula, data, w)
    if not any(map(is_intercept, first.terms)):
        return formula, durbin
    whole = f"{formula} + C({regimes if regimes.isidentifier() else f'`{regimes}`'})"
    if not durbin:
        return whole, False
    terms = [str(term) for term in first.model_spec.terms if str(term) != "1"]
    crossed = [term for term in terms if ":" in term]
    if crossed:
        raise OptionError(
            f"durbin=True cannot lag {some(crossed)} beside an intercept by class; write the lags that you want in the "
            f"formula, such as W(x), or use coefficients='common' or 'regimes'."
        )
    there = {column.regressor for column in first.columns if column.lagged}
    lags = [f"W({term})" for term in terms if term not in there and f"W({term})" not in terms and term[:2] != "W("]
    return " + ".join([whole, *lags]), False


@dataclass(frozen=True, slots=True, eq=False)
class _Likelihood:
    """Minus the log-likelihood without constants, from y and its lags by class off X: `rest` (n,), `lags` (n, g)."""

    rest: np.ndarray
    lags: np.ndarray
    W: sparse.csr_array
    member: np.ndarray
    limit: float

    def residuals(self, rho: np.ndarray) -> np.ndarray:
        """e (n,)."""
        return self.rest - self.lags @ rho

    def loss(self, rho: np.ndarray) -> float:
        """n/2 log(e'e / n) - log|I - diag(rho) W|, or 1e300 where that does not exist."""
        e = self.residuals(rho)
        with np.errstate(divide="ignore"):
            value = len(e) / 2 * np.log(e @ e / len(e)) - _log_det(self.W, rho @ self.member)
        return float(value) if np.isfinite(value) else 1e300

    def by_share(self, share: np.ndarray) -> tuple[float, np.ndarray]:
        """`loss` and its slopes in rho / limit, from a dense inverse."""
        rho = share * self.limit
        A = np.eye(len(self.rest)) - (rho @ self.member)[:, None] * self.W.toarray()
        own = np.einsum("ij,ji->i", self.W.toarray(), np.linalg.inv(A))
        e = self.residuals(rho)
        slope = -len(e) * (self.lags.T @ e) / (e @ e) + self.member @ own
        return self.loss(rho), slope * self.limit


def _lowest(likelihood: _Likelihood, starts: tuple[float, ...], bound: float) -> np.ndarray:
    """Where the loss of g rho within (-bound, bound) is lowest, from the best of several starts."""
    g, limit = len(likelihood.member), likelihood.limit
    box = [(-bound / limit, bound / limit)] * g

    def _loss(share: np.ndarray) -> float:
        return likelihood.loss(share * limit)

    found = (optimize.minimize(_loss, np.full(g, start / limit), method="L-BFGS-B", bounds=box) for start in starts)
    best = min(found, key=lambda answer: float(answer.fun))
    if best.fun >= 1e299:
        raise ConvergenceError("no maximum over the rho of the regimes was found; four starts were tried.")
    near = _polished(_loss, best.x, bound / limit)
    if len(likelihood.rest) <= REGIMES_LIMIT:
        near = newton(likelihood.by_share, near, box)
    return near * limit


def _equal_rho(gain: float, df: int) -> tuple[dict[str, float], str]:
    """The likelihood ratio test that rho is the same in all regimes, and its sentence."""
    ratio = max(2 * gain, 0.0)
    p = float(special.chdtrc(df, ratio))
    told = (
        f"Likelihood ratio test that rho is the same in all regimes: {ratio:.4g}, "
        f"{df} degrees of freedom, p = {p:.4g} (chi-squared, asymptotic)."
    )
    return {"statistic": ratio, "df": df, "p_value": p}, told


def _log_det(W: sparse.csr_array, rho: np.ndarray) -> float:
    """log|I - diag(rho) W| for `rho` by unit (n,)."""
    n = W.shape[0]
    A = sparse.eye_array(n, format="csr") - sparse.diags_array(rho) @ W
    if n <= REGIMES_LIMIT:
        sign, value = np.linalg.slogdet(A.toarray())
        return float(value) if sign > 0 else -np.inf
    return float(np.log(np.abs(splu(A.tocsc()).U.diagonal())).sum())


def _polished(loss: Callable[[np.ndarray], float], start: np.ndarray, bound: float) -> np.ndarray:
    """The minimum to more digits than L-BFGS-B with difference gradients gives."""
    answer = optimize.minimize(
        loss, start, method="Nelder-Mead", bounds=[(-bound, bound)] * len(start),
        options={"xatol": 1e-9, "fatol": 1e-12, "maxiter": 2_000},
    )  # fmt: skip
    return np.asarray(answer.x if answer.fun <= loss(start) else start)


def _variance(
    X: np.ndarray, beta: np.ndarray, W: sparse.csr_array, rho: np.ndarray, member: np.ndarray, s2: float
) -> np.ndarray:
    """Inverse expected information of (beta, rho by regime), sigma2 removed; the columns of `X` are orthonormal."""
    n, k = X.shape
    g = len(member)
    if n > DENSE_LIMIT:
        raise OptionError(
            f"rho by regime needs a dense matrix for its standard errors, refused above {DENSE_LIMIT:,} units."
        )
    A = np.eye(n) - (rho @ member)[:, None] * W.toarray()
    plain = W @ np.linalg.inv(A)
    means = member.T * (plain @ (X @ beta))[:, None]
    h = X.T @ means  # in the coordinates (b + h rho, rho) nothing cancels where y is far from zero
    means = means - X @ h
    Gs = [row[:, None] * plain for row in member]
    matrix = np.zeros((k + g + 1, k + g + 1))
    matrix[:k, :k] = np.eye(k) / s2
    matrix[-1, -1] = n / (2 * s2**2)
    for a in range(g):
        matrix[k + a, -1] = matrix[-1, k + a] = np.trace(Gs[a]) / s2
        for b in range(g):
            products = np.sum(Gs[a] * Gs[b].T) + np.sum(Gs[a] * Gs[b])
            matrix[k + a, k + b] = products + means[:, a] @ means[:, b] / s2
    T = np.eye(k + g)
    T[:k, k:] = -h
    return np.asarray(T @ inverse(matrix)[:-1, :-1] @ T.T)
