"""From a design and its W to the fit by maximum likelihood, with what a reader must know of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from gbaspatial.formula import Design
from gbaspatial.models import covariance as covariances
from gbaspatial.models.fit import Fit, build
from gbaspatial.models.fitted import INFERENCES
from gbaspatial.models.likelihood.identification import check_carried, check_informed, cut_note
from gbaspatial.models.likelihood.information import information_apart
from gbaspatial.models.likelihood.maximum import maximize
from gbaspatial.models.likelihood.of_design import problem_of
from gbaspatial.models.likelihood.problem import Estimate, Problem
from gbaspatial.models.solve.admissible import window
from gbaspatial.models.solve.origin import Centered, Ground, refuse_perfect
from gbaspatial.models.spatial_fit import LikelihoodByRegime, LikelihoodFit
from gbaspatial.options import word
from gbaspatial.weights import Weights

if TYPE_CHECKING:
    from gbaspatial.options import Given


Estimator = Callable[..., Fit]  # (formula, data, w, **options)


def inference_of(options: Given) -> str:
    """The `inference` that the options name, checked."""
    return str(word(options.get("inference", "recommended"), INFERENCES, "inference"))


def by_maximum_likelihood(
    name: str,
    spec: Design,
    w: Weights | None,
    error_w: Weights | None,
    options: Given,
    estimator: Estimator,
) -> Fit:
    """The fit of the model whose spatial parameters `w` and `error_w` tell; `estimator` does the same anew."""
    check_carried(spec.n, spec.k, spatial=int(w is not None) + int(error_w is not None))
    for term, given in (("rho", w), ("lambda", error_w)):
        if given is not None:
            check_informed(term, spec.X, given.sparse, spec.observation_weights)
    origin = Centered.of(spec.y, spec.X)
    if origin.exact:
        refuse_perfect(0.0, 1.0)
    # an orthonormal basis stands for X; what X says of y is taken off where W y does not need it
    ground = None if w is None else Ground.of(spec.y, origin.Q, w.sparse)
    centered = replace(spec, X=origin.Q, y=origin.rest if ground is None else spec.y - ground.m)
    model = problem_of(centered, w, error_w, options.get("logdet", "auto"))
    at = maximize(model)
    spatial = {n: v for n, v, there in (("rho", at.rho, w), ("lambda", at.lam, error_w)) if there is not None}
    apart = information_apart(model, at)
    variance = apart.covariance()[:-1, :-1]
    probes = "" if apart.error == 0 else f", traces by probes (relative error {apart.error:.1e})"
    told = f"information matrix{probes}"
    kind = options.get("covariance") or "information"
    residuals = innovations(centered, at, w, error_w)
    if kind not in ("information", "classical"):
        variance, told = covariances.maximum_likelihood(spec, model, at, apart, kind)
    else:
        kind = "information"
    beta = at.beta
    if ground is not None:
        share, slope = np.array([1 - at.rho * ground.s]), np.array([-ground.s])
        beta, variance = ground.lifted(beta, variance, share, slope, spec.k)
    beta, variance = origin.coefficients(beta, whole=ground is not None), origin.covariance(variance)
    notes = [*_edge_notes(at, model), *_cut_notes(model)]
    if not np.all(np.isfinite(variance)) and not at.edges:
        notes.append(
            "The information matrix is singular: a column of X, W y or W u is all but a combination of others, so "
            "there are no standard errors; see fit.profile()."
        )
    for term in at.edges:
        place = spec.k + list(spatial).index(term)
        variance[place, :] = variance[:, place] = np.nan
    curve = at.lag_curve if w is not None else at.error_curve
    return build(
        kind=LikelihoodFit if spec.regimes is None else LikelihoodByRegime,
        model=name, method="ml", design=spec, params={**dict(zip(spec.terms, beta, strict=True)), **spatial},
        covariance=variance, residuals=residuals, sigma2=at.sigma2, log_likelihood=at.log_likelihood, w=w,
        error_w=error_w, covariance_kind=told, covariance_code=kind, _logdet=curve.kind, edges=at.edges,
        notes=(*notes, *_curve_notes(at)), inference=inference_of(options),
        _estimator=estimator,
    )  # fmt: skip


def innovations(spec: Design, at: Estimate, w: Weights | None, error_w: Weights | None) -> np.ndarray:
    """e (n,) in the order of the ids: not weighted by observation weights."""
    u = spec.y - spec.X @ at.beta
    if w is not None:
        u = u - at.rho * (w.sparse @ spec.y)
    return u if error_w is None else u - at.lam * (error_w.sparse @ u)


def _edge_notes(at: Estimate, model: Problem) -> list[str]:
    notes = []
    for name in at.edges:
        side = model.lag if name == "rho" else model.error
        assert side is not None
        low, high = side.interval
        value = at.rho if name == "rho" else at.lam
        if not np.isfinite(low if value < sum(window(side.interval)) / 2 else high):
            notes.append(
                f"{name} = {value:.6g} lies where the search was cut: the likelihood still rises there, so this is "
                f"not its maximum, and no standard error is given; use other weights or another model."
            )
            continue
        notes.append(
            f"{name} = {value:.6g} lies at the edge of its admissible interval ({low:.6g}, {high:.6g}): "
            f"normal theory fails there and no standard error is given; use fit.profile() or fit.bootstrap()."
        )
    return notes


def _cut_notes(model: Problem) -> list[str]:
    sides = [(name, side) for name, side in (("rho", model.lag), ("lambda", model.error)) if side is not None]
    return [note for name, side in sides if (note := cut_note(name, side.interval)) is not None]


def _curve_notes(at: Estimate) -> list[str]:
    notes = []
    for name, value, curve in (("rho", at.rho, at.lag_curve), ("lambda", at.lam, at.error_curve)):
        if not getattr(curve, "exact", True):
            notes.append(
                f"log-determinant at {name} by {curve.kind}: estimated, standard error {curve.error(value):.2g}."
            )
    return notes
