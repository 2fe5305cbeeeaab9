"""Spatial seemingly unrelated regressions (SUR): several outcomes of the same units, with correlated errors."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal

import numpy as np
import pandas as pd

from gbaspatial.errors import OptionError
from gbaspatial.formula import Design, design as read_design
from gbaspatial.models.fitted import Inference
from gbaspatial.models.instruments import two_stage as iv
from gbaspatial.models.likelihood.equation_systems import system_of
from gbaspatial.models.likelihood.identification import check_informed
from gbaspatial.models.likelihood.peaks import at_edge
from gbaspatial.models.likelihood.several_equations import (
    Solution,
    System,
    covariance,
    maximize,
    three_stage,
)
from gbaspatial.models.solve.origin import span_of
from gbaspatial.models.sur_fit import SurFit, sur_kind
from gbaspatial.options import public, renamed, unused, word
from gbaspatial.weights import Weights

if TYPE_CHECKING:
    from gbaspatial.weights.annotations import WeightsGiven

Model = Literal["ols", "slx", "lag", "error", "durbin", "durbin_error", "sarar", "gns"]
MODELS: dict[str, tuple[bool, bool, bool]] = {  # lag of y, spatial error, lags of X
    "ols": (False, False, False), "slx": (False, False, True), "lag": (True, False, False),
    "error": (False, True, False), "durbin": (True, False, True), "durbin_error": (False, True, True),
    "sarar": (True, True, False), "gns": (True, True, True),
}  # fmt: skip


@public
def sur(
    formulas: Mapping[str, str] | Sequence[str],
    data: pd.DataFrame,
    w: WeightsGiven,
    *,
    model: Model = "lag",
    method: Literal["ml", "3sls"] = "ml",
    instrument_lags: Literal[1, 2] | None = None,
    df: Literal["n", "n-k"] | None = None,
    degrees_of_freedom: Literal["n", "n-k"] | None = None,
    inference: Inference = "recommended",
) -> SurFit:
    """Several spatial equations of the same units whose errors are correlated.

    Parameters
    ----------
    formulas : sequence of str, or mapping of str to str
        One formula an equation; equations are called by their outcomes, or by the keys.
    data : pandas.DataFrame
        One row per unit, indexed by unit.
    w : Weights
        One W for all equations.
    model : {"ols", "slx", "lag", "error", "durbin", "durbin_error", "sarar", "gns"}
        What every equation has; rho and lambda differ by equation.
    method : {"ml", "3sls"}
        Maximum likelihood, or three-stage least squares (models with a lag and no error).
    instrument_lags : {1, 2}
        3SLS: W X, or (by default) W X and W^2 X as instruments for W y.
    df : {"n", "n-k"}
        3SLS: divisor of the covariances of the two-stage residuals, by default ``"n"``.
    degrees_of_freedom : {"n", "n-k"}
        The older name of `df`.
    inference : {"recommended", "asymptotic"}
        Where p-values and intervals come from; of this estimator both are normal, approximate below 50 units.

    Returns
    -------
    SurFit
        `params`, `sigma`, `lm_tests()`.

    Raises
    ------
    OptionError
        If two equations have one name, or the method cannot estimate the model.
    ConvergenceError
        If the likelihood has no maximum that can be reached.

    References
    ----------
    Zellner, A. (1962). An efficient method of estimating seemingly unrelated regressions.
    JASA 57, 348-368.
    Anselin, L. (1988). Spatial Econometrics: Methods and Models. Kluwer, chapter 10.
    Lopez, F. A., Mur, J. and Angulo, A. (2014). Spatial model selection strategies in a SUR
    framework. Annals of Regional Science 53, 197-220.

    Examples
    --------
    >>> from gbaspatial.weights import Weights
    >>> chain = Weights(np.eye(8, k=1) + np.eye(8, k=-1), list("abcdefgh")).row_standardized()
    >>> data = pd.DataFrame({"y": [1.0, 2, 2, 3, 5, 4, 4, 2], "z": [2.0, 1, 3, 3, 2, 5, 1, 0],
    ...                      "x": [0.0, 2, 1, 2, 4, 3, 1, 1]}, index=list("abcdefgh"))
    >>> sur(["y ~ x", "z ~ x"], data, chain, model="ols").params.round(3).tolist()
    [1.391, 0.848, 1.326, 0.457]
    """
    word(model, MODELS, "model")
    df = renamed({"df": df, "degrees_of_freedom": degrees_of_freedom}, "degrees_of_freedom", "df")["df"]
    if word(method, ("ml", "3sls"), "method") == "ml":
        unused({"instrument_lags": instrument_lags, "df": df}, "they belong to method='3sls'")
    lagged, erred, durbin = MODELS[model]
    designs = _designs(formulas, data, w, durbin)
    first = next(iter(designs.values())).weights["W"]
    asked = _Asked(model, method, designs, first, inference)
    system, origins = system_of(designs, first, lagged, erred)
    for name, design in designs.items():
        if lagged or erred:
            check_informed(f"{'rho' if lagged else 'lambda'} of {name}", design.X, first.sparse)
    if method == "3sls":
        if not lagged or erred:
            raise OptionError("method='3sls' estimates the models 'lag' and 'durbin'; use method='ml' for others.")
        solution, matrix = _three_stage(designs, system, instrument_lags or 2, df or "n")
        solution, matrix = origins.taken_back(system, solution, matrix)
        fit = _wrap(asked, system, solution, matrix, ())
        return replace(fit, instrument_lags=instrument_lags or 2, divisor=df or "n")
    solution = maximize(system)
    matrix, spread = covariance(system, solution)
    notes = (f"Standard errors by random probes (relative error of traces {spread:.1e}).",) if spread else ()
    solution, matrix = origins.taken_back(system, solution, matrix)
    return _wrap(asked, system, solution, matrix, notes)


# -- reading and wrapping -------------------------------------------------------------------------
@dataclass(frozen=True, slots=True, eq=False)
class _Asked:
    """The model, how it is estimated and tested, its equations by name, and W."""

    model: str
    method: str
    designs: Mapping[str, Design]
    w: Weights
    inference: str


def _designs(formulas: object, data: pd.DataFrame, w: WeightsGiven, durbin: bool) -> dict[str, Design]:
    if isinstance(formulas, str) or not isinstance(formulas, (Mapping, Sequence)) or len(formulas) == 0:
        raise OptionError("formulas must be a list such as ['y ~ x', 'z ~ x'], or a mapping of names to formulas.")
    pairs = list(formulas.items()) if isinstance(formulas, Mapping) else [(None, text) for text in formulas]
    found: dict[str, Design] = {}
    for name, text in pairs:
        design = read_design(text, data, w, durbin=durbin)
        key = design.response if name is None else str(name)
        if key in found:
            raise OptionError(f"two equations are called {key!r}; give a mapping of names to formulas.")
        found[key] = design
    return found


def _three_stage(designs: Mapping[str, Design], system: System, lags: int, degrees: str) -> tuple[Solution, np.ndarray]:
    word(lags, (1, 2), "instrument_lags")
    word(degrees, ("n", "n-k"), "df")
    instruments = []
    for name, design in designs.items():
        H = iv.lagged_columns(design.X, system.w.sparse, lags)
        H = H[:, iv.independent_columns(H)]
        if not design.k < H.shape[1] < design.n:
            raise OptionError(
                f"equation {name!r} has {H.shape[1]} instruments for {design.k + 1} coefficients and {design.n} units; "
                f"it needs at least as many as coefficients and fewer than units."
            )
        instruments.append(H)
    df = [design.n - (design.k + 1 if degrees == "n-k" else 0) for design in designs.values()]
    return three_stage(system, instruments, df)


def _wrap(
    asked: _Asked, system: System, at: Solution, covariance: np.ndarray, notes: tuple[str, ...]
) -> SurFit:  # fmt: skip
    designs, w = asked.designs, asked.w
    params: dict[tuple[str, str], float] = {}
    edges = []
    low, high = span_of(w)
    for g, (name, design) in enumerate(designs.items()):
        params |= {(name, term): value for term, value in zip(design.terms, at.betas[g], strict=True)}
        for term, values, there in (("rho", at.rho, system.lagged), ("lambda", at.lam, system.erred)):
            if there:
                params[name, term] = float(values[g])
                if at_edge(float(values[g]), low, high):
                    edges.append((name, term))
    index = pd.MultiIndex.from_tuples(params, names=["equation", "term"])
    matrix = pd.DataFrame(covariance, index=index, columns=index)
    for edge in edges:
        matrix.loc[edge, :] = np.nan
        matrix.loc[:, edge] = np.nan
        told = f"{edge[1]} of {edge[0]} = {params[edge]:.6g} lies at or beyond the edge of its admissible interval"
        notes = (*notes, f"{told} ({low:.6g}, {high:.6g}): no standard error is given.")
    if not edges and not np.all(np.isfinite(covariance)):
        notes = (*notes, "The information matrix is singular: these data do not tell all parameters apart.")
    names = list(designs)
    residuals = pd.DataFrame(at.E, index=w.ids, columns=names).reindex(next(iter(designs.values())).index)
    return sur_kind(asked.model, asked.method)(
        model=asked.model, method=asked.method, designs=dict(designs), w=w,
        params=pd.Series(list(params.values()), index=index, name="estimate"), covariance=matrix,
        sigma=pd.DataFrame(at.Sigma, index=names, columns=names), residuals=residuals,
        log_likelihood=at.log_likelihood, edges=tuple(edges), notes=notes,
        inference=asked.inference,
    )  # fmt: skip
