"""Exact tests of no spatial dependence in a regression: residuals rotated, or put in another order."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from itertools import permutations
from math import factorial
from typing import TYPE_CHECKING, Literal, NamedTuple

import numpy as np
import pandas as pd
from scipy import special

from gbaspatial.errors import OptionError
from gbaspatial.formula import is_intercept
from gbaspatial.inference.null import check_draws, monte_carlo_p
from gbaspatial.inference.permutation import orders
from gbaspatial.models.few_units.refits import batch_around, check_refittable, ranks_of
from gbaspatial.models.fit import problem_again
from gbaspatial.models.likelihood.many_outcomes import Batch
from gbaspatial.models.likelihood.many_refits import refit
from gbaspatial.models.likelihood.problem import Problem
from gbaspatial.models.likelihood.resample import BLOCK, held
from gbaspatial.models.likelihood.signed_root import noise, signed_roots
from gbaspatial.options import public, word
from gbaspatial.progress import shows_progress
from gbaspatial.randomness import ROTATIONS, Rng, seed_of, stream
from gbaspatial.repeated.blocks import map_blocks, spans
from gbaspatial.results import Result, Table
from gbaspatial.sizes import INVERT_LIMIT, TIE_OF_STATISTICS

if TYPE_CHECKING:
    from gbaspatial.models.fit import Fit

ALL_ORDERS = 8


@dataclass(frozen=True, slots=True, eq=False)
class ExactTest(Result):
    """A test that all spatial parameters of a fit are zero.

    Attributes
    ----------
    statistic : float
        The likelihood ratio.
    p_value : float
        Two-sided. With one spatial parameter both tails of the signed root count alike, for
        its estimate is biased (below 50 units, with the usual draws and seed, this is
        ``fit.pvalues``); with two it is `p_ratio`.
    p_greater, p_less : float
        One-sided, of the signed root, for a fit with one spatial parameter; else NaN.
    p_ratio : float
        Of the likelihood ratio, (r + 1) / (m + 1); over all orders the plain share.
    p_asymptotic : float
        By the chi-squared distribution.
    inference : str
        ``"rotation"``, ``"permutation"`` or ``"exact"`` (all orders).
    draws, seed, n, title, note
    """

    statistic: float
    p_value: float
    p_greater: float
    p_less: float
    p_ratio: float
    p_asymptotic: float
    inference: str
    draws: int
    seed: int | None
    n: int
    title: str
    note: str

    def tables(self) -> tuple[Table, ...]:
        """The test in one row."""
        names = ("statistic", "p_value", "p_greater", "p_less", "p_ratio", "p_asymptotic", "inference", "draws")
        frame = pd.DataFrame([{name: getattr(self, name) for name in names}], index=pd.Index(["lr"], name="test"))
        return (Table(frame, self.title, (self.note, f"n = {self.n}; seed {self.seed}.")),)


@shows_progress
@public
def exact_test(
    fit: Fit,
    *,
    method: Literal["rotation", "permutation"] = "rotation",
    draws: int = 9999,
    rng: Rng = 0,
    progress: bool | None = None,
) -> ExactTest:
    """Test that the spatial parameters are zero, exactly at any n.

    If they are, the least-squares residuals of normal errors point in a direction that is
    uniform among all directions orthogonal to X, whatever the coefficients and the variance.
    ``"rotation"`` draws such directions, keeps the fitted values and the length, and refits:
    an exact Monte Carlo test for normal errors (Langsrud 2005). ``"permutation"`` puts the
    residuals in another order (Freedman and Lane 1983), in all orders up to 8 units: exact
    for any exchangeable errors if X is only an intercept, else nearly.

    Parameters
    ----------
    fit : Fit
        By maximum likelihood, with rho, lambda or both.
    method : {"rotation", "permutation"}
        Random directions of the residuals, or other orders of them.
    draws : int
        Rotations or orders.
    rng : int, Generator or None
        Seed; recorded.
    progress : bool, optional
        True tells on standard error how far work over two seconds has come, False never; by default on a terminal.

    Returns
    -------
    ExactTest
        `statistic`, `p_value` and its Monte Carlo interval.

    Raises
    ------
    OptionError
        If the fit is not by maximum likelihood or has no spatial parameter.

    References
    ----------
    Freedman, D. and Lane, D. (1983). A nonstochastic interpretation of reported significance
    levels. Journal of Business & Economic Statistics 1, 292-298.
    Langsrud, O. (2005). Rotation tests. Statistics and Computing 15, 53-60.

    Examples
    --------
    >>> import gbaspatial as gba
    >>> cities = gba.load_cities(year=2019)
    >>> w = gba.weights.contiguity(cities).row_standardized()
    >>> fit = gba.models.lag("log(gdp_pc_cny) ~ log(employment)", cities, w)
    >>> round(exact_test(fit, draws=199, rng=1).p_value, 3)
    0.28
    """
    check_refittable(fit)
    word(method, ("rotation", "permutation"), "method")
    model = problem_again(fit)
    if model.lag is None and model.error is None:
        raise OptionError(f"a {fit.model} model has no spatial parameter to test; fit lag, error or sarar.")
    draws, seed = check_draws(draws), seed_of(rng)
    one = (model.lag is None) != (model.error is None)
    whole = method == "permutation" and fit.n <= ALL_ORDERS
    full = batch_around(fit, model)
    least = held(model, full, 0.0 if model.lag else None, 0.0 if model.error else None)
    observed, root = (part[0] for part in _ratios(full, least, model, model.y[:, None]))
    if one and method == "rotation" and fit.n <= INVERT_LIMIT:
        name = "rho" if model.lag is not None else "lambda"
        made = noise(model.n, draws, seed, ranks=ranks_of(fit.design.ids))
        seen, roots = signed_roots(model, name, made)(0.0)
        hits = _Hits(
            roots**2 >= seen**2 - TIE_OF_STATISTICS,
            roots >= seen - TIE_OF_STATISTICS,
            roots <= seen + TIE_OF_STATISTICS,
        )
    else:
        work = partial(_ratios, full, least, model)
        parts = (
            _orders(fit, model, draws, seed, whole, work)
            if method == "permutation"
            else _rotations(fit, model, draws, seed, work)
        )
        null, roots = (np.concatenate(columns) for columns in zip(*parts, strict=True))
        hits = _Hits(
            null >= observed - TIE_OF_STATISTICS, roots >= root - TIE_OF_STATISTICS, roots <= root + TIE_OF_STATISTICS
        )
    ratio, greater, less = (_share(beyond, whole) for beyond in hits)
    return ExactTest(
        statistic=float(observed),
        p_value=min(1.0, 2 * min(greater, less)) if one else ratio,
        p_greater=greater if one else float("nan"),
        p_less=less if one else float("nan"),
        p_ratio=ratio,
        p_asymptotic=float(special.chdtrc(2 - one, observed)),
        inference="exact" if whole else method,
        draws=len(hits.ratio),
        seed=None if whole else seed,
        n=fit.n,
        title=f"Test of no spatial dependence against the {fit.model} model: {fit.formula}",
        note=_note(fit, method, whole),
    )


class _Hits(NamedTuple):
    """Which samples are at least as far out as the data: by the ratio, above, below (m,)."""

    ratio: np.ndarray
    above: np.ndarray
    below: np.ndarray


def _share(beyond: np.ndarray, whole: bool) -> float:
    return float(beyond.mean()) if whole else float(monte_carlo_p(int(beyond.sum()), len(beyond)))


def _note(fit: Fit, method: str, whole: bool) -> str:
    if method == "rotation":
        return "Residuals rotated in the space orthogonal to X: exact for normal errors."
    only = all(map(is_intercept, fit.terms))
    kind = f"all {factorial(fit.n)} orders" if whole else "random orders"
    return f"Residuals in {kind}: " + ("exact." if only else "nearly exact, for X has regressors (Freedman-Lane).")


def _ratios(full: Batch, least, model: Problem, Y: np.ndarray) -> tuple[np.ndarray, np.ndarray]:  # type: ignore[no-untyped-def]
    """Likelihood ratios (m,) and their signed roots."""
    found = refit(full, Y)
    ratio = np.maximum(2 * (found.log_likelihood - least(Y)), 0.0)
    return ratio, np.sign(found.rho if model.lag is not None else found.lam) * np.sqrt(ratio)


def _split(model: Problem) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Fitted values, residuals and a basis of the columns of X, in the scale of D^1/2; the scale."""
    root = np.ones(model.n) if model.d is None else np.sqrt(model.d)
    basis = np.linalg.qr(model.X * root[:, None])[0]
    y = model.y * root
    fitted = basis @ (basis.T @ y)
    return fitted, y - fitted, basis, root


Ratios = tuple[np.ndarray, np.ndarray]
OfOutcomes = Callable[[np.ndarray], Ratios]


def _rotations(fit: Fit, model: Problem, draws: int, seed: int, work: OfOutcomes) -> list[Ratios]:
    """`work` of outcomes (n, up to 1,000) with residuals turned to random directions; their length and the fit stay."""
    fitted, e, basis, root = _split(model)
    ranks, length = ranks_of(fit.design.ids), np.linalg.norm(e)

    def _of(span: tuple[int, int]) -> Ratios:
        start, stop = span
        z = stream(seed, ROTATIONS, start // BLOCK).standard_normal((BLOCK, model.n))[: stop - start].T[ranks]
        z = z - basis @ (basis.T @ z)
        return work((fitted[:, None] + z * (length / np.linalg.norm(z, axis=0))) / root[:, None])

    return list(map_blocks(_of, spans(0, draws, BLOCK), "rotations"))


def _orders(fit: Fit, model: Problem, draws: int, seed: int, whole: bool, work: OfOutcomes) -> list[Ratios]:
    """`work` of outcomes (n, up to 10,000) with the residuals in other orders of the sorted labels."""
    fitted, e, _, root = _split(model)
    ranks = ranks_of(fit.design.ids)
    sorted_e = e[np.argsort(ranks)]
    every = np.array(list(permutations(range(model.n)))) if whole else orders(model.n, draws, seed)

    def _of(span: tuple[int, int]) -> Ratios:
        return work((fitted[:, None] + sorted_e[every[slice(*span)]].T[ranks]) / root[:, None])

    return list(map_blocks(_of, spans(0, len(every), 10 * BLOCK), "orders"))
