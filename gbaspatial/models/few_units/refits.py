"""Refits of a model on outcomes that it simulates: what every simulation of few units rests on."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from gbaspatial.errors import OptionError
from gbaspatial.models.fit import problem_again
from gbaspatial.models.likelihood.many_outcomes import Batch, batch_of
from gbaspatial.models.likelihood.many_refits import Refits, refit
from gbaspatial.models.likelihood.problem import Problem
from gbaspatial.models.likelihood.resample import Kind, generator

if TYPE_CHECKING:
    from gbaspatial.models.fit import Fit


def ranks_of(ids: pd.Index) -> np.ndarray:
    """Where each unit stands among the sorted labels (n,): random numbers belong to labels, not to positions."""
    order = sorted(range(len(ids)), key=lambda place: (str(ids[place]), str(type(ids[place])), place))
    ranks = np.empty(len(ids), dtype=int)
    ranks[order] = np.arange(len(ids))
    return ranks


def check_refittable(fit: Fit) -> None:
    """Raise `OptionError` unless the class of `fit` says that its Gaussian likelihood can be evaluated again."""
    if not fit._refits:
        raise OptionError(
            f"a {fit.model} model by method={fit.method!r} cannot be refitted here; fit a model of the lag and error "
            f"family with method='ml', or least squares."
        )


def batch_around(fit: Fit, model: Problem) -> Batch:
    """What all refits of `fit` share."""
    return batch_of(model, (_or_zero(fit.rho), _or_zero(fit.lambda_)), _reach(fit))


def refits(fit: Fit, draws: int, kind: Kind, seed: int) -> tuple[Refits, Refits]:
    """The estimate itself and those of `draws` simulated outcomes, with covariances by the same formula."""
    check_refittable(fit)
    model = problem_again(fit)
    full = batch_around(fit, model)
    drawn = generator(model, seed, kind, ranks=ranks_of(fit.design.ids)).each(partial(_refitted, full), draws)
    parts = Refits(*(np.concatenate(columns, axis=-1) for columns in zip(*drawn, strict=True)))
    return refit(full, model.y[:, None], errors=True), parts


def _refitted(full: Batch, Y: np.ndarray) -> tuple[np.ndarray, ...]:
    return tuple(refit(full, Y, errors=True))


def _or_zero(value: float) -> float:
    return 0.0 if np.isnan(value) else value


def _reach(fit: Fit) -> float:
    """How far around the estimate refits of large samples look: twelve standard errors."""
    errors = [fit.std_errors[name] for name in ("rho", "lambda") if name in fit.params.index]
    return 12 * float(np.nanmax(errors)) if errors and not np.all(np.isnan(errors)) else np.inf


def places_of(fit: Fit) -> list[int]:
    """Where the parameters of `fit` stand among (beta, rho, lambda) of a refit."""
    extra = [fit.k + place for place, name in enumerate(("rho", "lambda")) if name in fit.params.index]
    return [*range(fit.k), *extra]
