"""Outcomes drawn from a model, as it is fitted or as it is made up."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from scipy import sparse
from scipy.sparse import linalg

from gbaspatial.alignment import check_frame, check_units
from gbaspatial.errors import OptionError, UnknownNameError, nearest_names, some
from gbaspatial.formula import design, sides
from gbaspatial.models.predict import check_inside, operator_of, rho_of, scales_of
from gbaspatial.options import public, whole
from gbaspatial.randomness import Rng, label_ranks, seed_of, stream

if TYPE_CHECKING:
    from gbaspatial.models.fit import Fit
    from gbaspatial.weights.annotations import WeightsGiven


@public
def simulate_fit(fit: Fit, *, draws: int = 1, rng: Rng = None) -> pd.DataFrame:
    """Outcomes (n, draws) drawn from a fitted model with normal innovations; a column a draw.

    Parameters
    ----------
    fit : Fit
        Of a model with rho, lambda or both inside their range.
    draws : int
        How many columns.
    rng : int, numpy.random.Generator or None
        Seed of what is drawn; recorded.
    """
    seed, ids = seed_of(rng), fit.design.ids
    check_inside("rho", fit.rho, fit.w, "simulate()")
    check_inside("lambda", fit.lambda_, fit.error_w, "simulate()")
    rho = fit.rho if fit.w is None else rho_of(fit, fit.design.data, ids)
    A, B = operator_of(ids, rho, fit.w), operator_of(ids, fit.lambda_, fit.error_w)
    values = _drawn(fit.design.X @ fit.beta, A, B, scales_of(fit), draws, seed, ids)
    return pd.DataFrame(values, index=ids).reindex(fit.design.index)


def check_parameter(name: object, known: Iterable[str]) -> None:
    """Raise unless `name` is one of the parameters of a model."""
    known = list(known)
    if name not in known:
        raise UnknownNameError(f"the model has no parameter {name!r}. {nearest_names(name, known)}")


@public
def simulate(
    formula: str,
    data: pd.DataFrame,
    w: WeightsGiven | None = None,
    *,
    params: Mapping[str, float],
    sigma2: float = 1.0,
    draws: int = 1,
    rng: Rng = None,
) -> pd.DataFrame:
    """Outcomes drawn from a model that is given, not fitted.

    Parameters
    ----------
    formula : str
        The right side, such as ``"~ x + W(x)"``.
    data : pandas.DataFrame
        Regressors by unit.
    w : Weights or mapping of str to Weights, optional
        Needed for ``W(x)``, ``rho`` and ``lambda``.
    params : mapping of str to float
        A value for every term of the formula, and ``rho`` and ``lambda`` if wanted.
    sigma2 : float
        Variance of the normal innovations.
    draws : int
        Columns of the answer.
    rng : int, Generator or None
        Seed of the innovations.

    Returns
    -------
    pandas.DataFrame, shape (n, draws)
        In the order of `data`.

    Raises
    ------
    OptionError
        If a term has no value, or `sigma2` or `draws` cannot be used.
    FormulaError, AlignmentError, MissingDataError
        For input that cannot be used.

    Examples
    --------
    >>> import gbaspatial as gba
    >>> cities = gba.load_cities(year=2019)
    >>> w = gba.weights.contiguity(cities).row_standardized()
    >>> truth = {"Intercept": 1.0, "C(tier)[T.2]": -0.5, "C(tier)[T.3]": -1.0, "rho": 0.4}
    >>> gba.models.simulate("~ C(tier)", cities, w, params=truth, draws=3, rng=1).shape
    (11, 3)
    """
    check_frame(data)
    check_units(data.index, "data")
    left, right = sides(formula)
    if left:
        raise OptionError(f"simulate() makes the outcome, so the formula has a right side only, such as '~ {right}'.")
    free = "outcome" + "_" * (1 + max((len(str(column)) for column in data.columns), default=0))  # no column's name
    spec = design(f"{free} ~ {right}", data.assign(**{free: np.arange(len(data), dtype=float)}), w)
    allowed = [*spec.terms, "rho", "lambda"]
    for name in params:
        check_parameter(name, allowed)
    absent = [term for term in spec.terms if term not in params]
    if absent:
        raise OptionError(f"params gives no value for {some(absent)}.")
    if not sigma2 > 0:
        raise OptionError(f"sigma2={sigma2!r} must be positive.")
    W = spec.weights.get("W")
    for name in ("rho", "lambda"):
        value = float(params.get(name, 0.0))
        if value and W is None:
            raise OptionError(f"{name}={value} needs weights w.")
        if W is not None and not W.interval[0] < value < W.interval[1]:
            raise OptionError(f"{name}={value} is outside the admissible interval of W, {W.interval}.")
    A, B = (operator_of(spec.ids, float(params.get(name, 0.0)), W) for name in ("rho", "lambda"))
    beta = np.array([params[term] for term in spec.terms], dtype=float)
    values = _drawn(spec.X @ beta, A, B, np.full(spec.n, np.sqrt(sigma2)), draws, seed_of(rng), spec.ids)
    return pd.DataFrame(values, index=spec.ids).reindex(data.index)


def _drawn(
    signal: np.ndarray,
    A: sparse.csc_array,
    B: sparse.csc_array,
    scales: np.ndarray,
    draws: int,
    seed: int,
    ids: pd.Index,
) -> np.ndarray:
    """Outcomes (n, draws) of `ids`; the stream of draw r is keyed by (seed, r), its numbers belong to labels."""
    draws = whole(draws, "draws", least=1)
    ranks = label_ranks(ids)
    e = np.column_stack([stream(seed, draw).standard_normal(len(ids))[ranks] for draw in range(draws)])
    e *= scales[:, None]
    return linalg.splu(A).solve(signal[:, None] + linalg.splu(B).solve(e))
