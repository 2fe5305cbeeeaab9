"""The bias of order 1/n of the maximum-likelihood estimates of a lag or error model, and estimates without it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from gbaspatial.errors import OptionError
from gbaspatial.models.few_units.refits import check_refittable, places_of, refits
from gbaspatial.models.fit import problem_again
from gbaspatial.models.solve.admissible import window
from gbaspatial.options import public, undrawn
from gbaspatial.progress import shows_progress
from gbaspatial.randomness import Rng, seed_of
from gbaspatial.results import Result, Table

if TYPE_CHECKING:
    from gbaspatial.models.fit import Fit


@dataclass(frozen=True, slots=True, eq=False)
class BiasResult(Result):
    """Estimates, their bias, and estimates without it (`frame`: `estimate, bias, corrected`).

    Attributes
    ----------
    method : str
        How the bias was found.
    seed : int or None
        Seed of the draws.
    n : int
        Units.
    title : str
        Of the table.
    """

    frame: pd.DataFrame
    method: str
    seed: int | None
    n: int
    title: str

    @property
    def corrected(self) -> pd.Series:
        """By term."""
        return self.frame["corrected"]

    def tables(self) -> tuple[Table, ...]:
        """Estimates with and without bias."""
        told = {
            "analytic": "bias of order 1/n for normal errors, at the estimates (Bao 2013; Cox and Snell 1968)",
            "bootstrap": f"bias as the mean of refits less the estimate, seed {self.seed}",
        }[self.method]
        return (Table(self.frame, self.title, (f"{told}; n = {self.n}.", "A corrected rho stays in its interval.")),)


@undrawn("method", "analytic")
@shows_progress
@public
def bias_correction(
    fit: Fit, *, method: str = "analytic", draws: int = 9999, rng: Rng = 0, progress: bool | None = None
) -> BiasResult:
    """The bias of the estimates of a lag or error model, and estimates without it.

    Parameters
    ----------
    fit : Fit
        By maximum likelihood.
    method : {"analytic", "bootstrap"}
        The bias of order 1/n in closed form, for models with one spatial parameter; or the
        bias that refits of simulated outcomes show, for all.
    draws : int
        Refits of the bootstrap.
    rng : int, Generator or None
        Seed of the bootstrap; recorded.
    progress : bool, optional
        True tells on standard error how far work over two seconds has come, False never; by default on a terminal.

    Returns
    -------
    BiasResult
        The estimates, their bias and what is left of them without it, in `to_frame()`.

    Raises
    ------
    OptionError
        If the fit is not by maximum likelihood, or has two spatial parameters and ``method="analytic"``.

    References
    ----------
    Bao, Y. (2013). Finite-sample bias of the QMLE in spatial autoregressive models. Econometric Theory 29, 68-88.
    Cox, D. R. and Snell, E. J. (1968). A general definition of residuals. Journal of the Royal Statistical Society B
    30, 248-275.

    Examples
    --------
    >>> import gbaspatial as gba
    >>> cities = gba.load_cities(year=2019)
    >>> w = gba.weights.contiguity(cities).row_standardized()
    >>> fit = gba.models.lag("log(gdp_pc_cny) ~ log(employment)", cities, w)
    >>> bias_correction(fit).to_frame().columns.tolist()
    ['estimate', 'bias', 'corrected']
    """
    check_refittable(fit)
    if method not in ("analytic", "bootstrap"):
        raise OptionError(f"method={method!r} is not known; use one of 'analytic', 'bootstrap'.")
    seed = None
    if method == "bootstrap":
        seed = seed_of(rng)
        own, parts = refits(fit, draws, "parametric", seed)
        drawn = np.vstack([parts.beta, parts.rho[None], parts.lam[None]]).mean(axis=1)
        center = np.vstack([own.beta, own.rho[None], own.lam[None]])[:, 0]
        bias = (drawn - center)[places_of(fit)]
    else:
        bias = _analytic(fit)[:-1]
    frame = pd.DataFrame({"estimate": fit.params, "bias": bias})
    frame["corrected"] = frame["estimate"] - frame["bias"]
    model = problem_again(fit)
    for name, side in (("rho", model.lag), ("lambda", model.error)):
        if side is not None:
            frame.loc[name, "corrected"] = np.clip(frame.loc[name, "corrected"], *window(side.interval))
    title = f"Bias of the {fit.model} model: {fit.formula}"
    return BiasResult(frame.rename_axis("term"), method, seed, fit.n, title)


def _analytic(fit: Fit) -> np.ndarray:
    model = problem_again(fit)
    if (model.lag is None) == (model.error is None) or model.d is not None:
        raise OptionError(
            "the analytic bias is for models with one spatial parameter and without observation weights; "
            "use method='bootstrap'."
        )
    side = model.lag if model.lag is not None else model.error
    assert side is not None
    W = side.W.toarray()
    if model.lag is not None:
        return lag_bias(W, model.X, fit.beta, fit.rho, fit.sigma2)
    return error_bias(W, model.X, fit.lambda_, fit.sigma2)


@dataclass(slots=True)
class _Cumulants:
    """Information (p, p), E l_ijk (p, p, p) and E l_ij l_k (p, p, p)."""

    information: np.ndarray
    third: np.ndarray
    mixed: np.ndarray

    def set_third(self, i, j, k, value) -> None:  # type: ignore[no-untyped-def]
        """The same value for all orders of three places (slices stand for beta)."""
        T, value = self.third, np.asarray(value)
        if isinstance(i, slice) and isinstance(j, slice):
            T[i, j, k] = T[i, k, j] = T[k, i, j] = value
        elif isinstance(i, slice):
            for a, b in ((j, k), (k, j)):
                T[i, a, b] = T[a, i, b] = T[a, b, i] = value
        else:
            for a, b, c in {(i, j, k), (i, k, j), (j, i, k), (j, k, i), (k, i, j), (k, j, i)}:
                T[a, b, c] = value

    def bias(self) -> np.ndarray:
        """Cox and Snell's (p,): sum of k^si k^jk (l_ijk / 2 + l_ij,k)."""
        inverse = np.linalg.inv(self.information)
        return inverse @ np.einsum("ijk,jk->i", self.third / 2 + self.mixed, inverse)


def _common(G: np.ndarray, XX: np.ndarray, s: float) -> tuple[_Cumulants, slice, int, int]:
    """What lag and error model share: entries of the spatial parameter r and the variance s, and of X'X."""
    n, k = len(G), len(XX)
    b, r, v, p = slice(0, k), k, k + 1, k + 2
    c = _Cumulants(np.zeros((p, p)), np.zeros((p, p, p)), np.zeros((p, p, p)))
    t1, t2, t11 = np.trace(G), np.sum(G * G.T), np.sum(G * G)
    GG = G @ G
    t3, t112 = np.sum(GG * G.T), np.sum(G * GG)
    c.information[b, b] = XX / s
    c.information[r, r] = t2 + t11
    c.information[r, v] = c.information[v, r] = t1 / s
    c.information[v, v] = n / (2 * s**2)
    c.set_third(r, r, r, -2 * t3)
    c.set_third(r, r, v, t11 / s)
    c.set_third(r, v, v, 2 * t1 / s**2)
    c.set_third(v, v, v, 2 * n / s**3)
    c.set_third(b, b, v, XX / s**2)
    c.mixed[r, r, r], c.mixed[r, r, v] = -2 * t112, -t11 / s
    for i, j in ((r, v), (v, r)):
        c.mixed[i, j, r], c.mixed[i, j, v] = -(t2 + t11) / s, -t1 / s**2
    c.mixed[b, v, b] = c.mixed[v, b, b] = -XX / s**2
    c.mixed[v, v, r], c.mixed[v, v, v] = -2 * t1 / s**2, -n / s**3
    return c, b, r, v


def lag_bias(W: np.ndarray, X: np.ndarray, beta: np.ndarray, rho: float, s: float) -> np.ndarray:
    """Bias (k + 2,) of (beta, rho, sigma2) in the lag model, to order 1/n, normal errors."""
    G = W @ np.linalg.inv(np.eye(len(W)) - rho * W)
    c, b, r, v = _common(G, X.T @ X, s)
    eta = G @ X @ beta
    c.information[r, r] += eta @ eta / s
    c.information[b, r] = c.information[r, b] = X.T @ eta / s
    c.set_third(r, r, v, c.third[r, r, v] + eta @ eta / s**2)
    c.set_third(b, r, v, X.T @ eta / s**2)
    c.mixed[r, r, b] = -2 * X.T @ G.T @ eta / s
    c.mixed[r, r, r] += -2 * eta @ G @ eta / s
    for i, j in ((r, b), (b, r)):
        c.mixed[i, j, b] = -X.T @ G @ X / s
        c.mixed[i, j, r] = -X.T @ G @ eta / s
    for i, j in ((r, v), (v, r)):
        c.mixed[i, j, b] = -X.T @ eta / s**2
        c.mixed[i, j, r] += -eta @ eta / s**2
    c.mixed[b, v, r] = c.mixed[v, b, r] = -X.T @ eta / s**2
    return c.bias()


def error_bias(W: np.ndarray, X: np.ndarray, lam: float, s: float) -> np.ndarray:
    """Bias (k + 2,) of (beta, lambda, sigma2) in the error model, to order 1/n, normal errors; zero for beta."""
    B = np.eye(len(W)) - lam * W
    G = W @ np.linalg.inv(B)
    Z = B @ X
    c, b, r, _ = _common(G, Z.T @ Z, s)
    both = Z.T @ (G + G.T) @ Z / s
    c.set_third(b, b, r, both)
    c.mixed[b, r, b] = c.mixed[r, b, b] = -both
    return c.bias()
