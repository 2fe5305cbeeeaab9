"""Outcomes drawn from a fitted or restricted model, many at once: arrays only.

Draws come in blocks of 1,000 with a stream each, keyed by (seed, purpose, block): the first
999 of 9,999 draws are those of a run of 999 (to rounding: matrix products round by their width).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, Literal, TypeVar

import numpy as np

from gbaspatial.errors import OptionError
from gbaspatial.models.likelihood.many_outcomes import Batch, log_likelihood, moments
from gbaspatial.models.likelihood.many_refits import refit
from gbaspatial.models.likelihood.maximum import maximize
from gbaspatial.models.likelihood.problem import Problem, problem, solution
from gbaspatial.randomness import REFITS, stream
from gbaspatial.repeated.blocks import map_blocks, spans
from gbaspatial.sizes import INVERT_LIMIT

T = TypeVar("T")
Kind = Literal["parametric", "residual", "wild"]
KINDS = ("parametric", "residual", "wild")
BLOCK = 1_000


@dataclass(frozen=True, slots=True, eq=False)
class Generator:
    """A model that makes outcomes: y = A^-1 (X b + B^-1 D^-1/2 e)."""

    model: Problem
    beta: np.ndarray
    rho: float
    lam: float
    innovations: np.ndarray
    kind: Kind
    seed: int
    purpose: int = REFITS
    ranks: np.ndarray | None = None

    def each(self, work: Callable[[np.ndarray], T], draws: int) -> list[T]:
        """`work` of the outcomes (n, up to 1,000) of each block."""
        return list(map_blocks(_OfBlock(self, work), spans(0, draws, BLOCK), "draws"))

    def _errors(self, block: int) -> np.ndarray:
        """Innovations (n, 1,000) of one block, in the scale of D^1/2 e."""
        rng, e = stream(self.seed, self.purpose, block), self.innovations
        n = len(e)
        ranks = np.arange(n) if self.ranks is None else self.ranks
        if self.kind == "parametric":
            return rng.standard_normal((BLOCK, n)).T[ranks] * np.sqrt(np.mean(e**2))
        if self.kind == "residual":
            return e[np.argsort(ranks)][rng.integers(0, n, (BLOCK, n)).T][ranks]
        return e[:, None] * (2.0 * rng.integers(0, 2, (BLOCK, n)) - 1).T[ranks]


@dataclass(frozen=True, eq=False)
class _OfBlock:
    """What is made of the outcomes of one block; a worker solves with the factors that it has made once."""

    source: Generator
    work: Callable[[np.ndarray], Any]

    def __call__(self, span: tuple[int, int]) -> Any:
        start, stop = span
        model = self.source.model
        e = self.source._errors(start // BLOCK)[:, : stop - start]
        if model.d is not None:
            e = e / np.sqrt(model.d)[:, None]
        solve_lag, solve_error = self._solvers
        return self.work(solve_lag((model.X @ self.source.beta)[:, None] + solve_error(e)))

    @cached_property
    def _solvers(self) -> tuple[Any, Any]:
        model = self.source.model
        return _solver(model.lag, self.source.rho), _solver(model.error, self.source.lam)


def _solver(side, value: float):  # type: ignore[no-untyped-def]
    """A function that multiplies (n, m) by (I - value W)^-1."""
    if side is None or value == 0.0:
        return lambda right: right
    n = side.W.shape[0]
    if n <= INVERT_LIMIT:
        inverse = np.linalg.inv(np.eye(n) - value * side.W.toarray())
        return lambda right: inverse @ right
    return side.factor(value).solve


def scaled_innovations(model: Problem, beta: np.ndarray, rho: float, lam: float) -> np.ndarray:
    """D^1/2 e (n,) at these parameters, centered, times sqrt(n / (n - k)): ML residuals are too small."""
    u = model.y - model.X @ beta
    if model.lag is not None and rho:
        u = u - rho * (model.lag.W @ model.y)
    if model.error is not None and lam:
        u = u - lam * (model.error.W @ u)
    e = u if model.d is None else u * np.sqrt(model.d)
    size = float(e @ e)
    e = e - e.mean()
    n, k = model.X.shape
    return e * np.sqrt(size / max(float(e @ e), 1e-300) * n / max(n - k, 1))


def generator(
    model: Problem, seed: int, kind: Kind = "parametric", purpose: int = REFITS, rho: float | None = None,
    lam: float | None = None, ranks: np.ndarray | None = None,
) -> Generator:  # fmt: skip
    """The maximum-likelihood model of these data with rho or lambda held at a value, ready to make outcomes.

    `ranks` (n,) says where each unit stands among the sorted labels: random numbers belong to labels.
    """
    beta, rho_at, lam_at = restricted(model, rho, lam)
    e = scaled_innovations(model, beta, rho_at, lam_at)
    return Generator(model, beta, rho_at, lam_at, e, kind, seed, purpose, ranks)


def restricted(model: Problem, rho: float | None, lam: float | None) -> tuple[np.ndarray, float, float]:
    """beta, rho and lambda where the likelihood is largest with those that are given held fixed."""
    free_lag = model.lag if rho is None else None
    free_error = model.error if lam is None else None
    if free_lag is None and free_error is None:
        return solution(model, rho or 0.0, lam or 0.0)[0], rho or 0.0, lam or 0.0
    at = maximize(_held(model, rho, lam))
    return at.beta, (at.rho if rho is None else rho), (at.lam if lam is None else lam)


def _held(model: Problem, rho: float | None, lam: float | None) -> Problem:
    """The likelihood over what is still free; the log-determinant of what is held is left out."""
    if rho is None and lam is None:
        return model
    if rho is not None:
        y = model.y - rho * (model.lag.W @ model.y) if model.lag is not None and rho else model.y
        return problem(y, model.X, None, model.error, model.d)
    if lam:
        raise OptionError("where rho is free, lambda can be held at zero only.")
    return problem(model.y, model.X, model.lag, None, model.d)


@dataclass(frozen=True, slots=True, eq=False)
class Held:
    """The largest log-likelihood of many outcomes with rho or lambda held, for likelihood ratios."""

    full: Batch
    part: Batch | None
    rho: float | None
    lam: float | None
    W1: object = None

    def __call__(self, Y: np.ndarray) -> np.ndarray:
        m = Y.shape[1]
        if self.part is None:  # nothing else is free
            have = moments(self.full, Y)
            rho, lam = np.full(m, self.rho or 0.0), np.full(m, self.lam or 0.0)
            return log_likelihood(self.full, have, rho, lam)
        if not self.rho:
            return refit(self.part, Y).log_likelihood
        value = refit(self.part, Y - self.rho * (self.W1 @ Y)).log_likelihood  # type: ignore[operator]
        assert self.full.lag is not None
        return value + self.full.lag(np.array([self.rho]))[0][0]


def held(model: Problem, full: Batch, rho: float | None = None, lam: float | None = None) -> Held:
    """A function of outcomes (n, m): their largest log-likelihood with rho or lambda held."""
    both = model.lag is not None and model.error is not None and (rho is None or lam is None)
    if not both:
        return Held(full, None, rho, lam)
    part = replace(full, lag=None, W1=None) if rho is not None else _without_error(model, full)
    return Held(full, part, rho, lam, full.W1)


def _without_error(model: Problem, full: Batch) -> Batch:
    zero = np.zeros((full.k, full.k))
    return replace(full, error=None, W2=None, Q1=zero, Q2=zero, basis_lag=None)
