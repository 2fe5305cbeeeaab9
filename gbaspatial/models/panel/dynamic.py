"""Dynamic panel models: y_t = rho W y_t + gamma y_t-1 + delta W y_t-1 + X_t b + effects + e_t.

Quasi-maximum likelihood given the first period, less the bias that effects of units give to it (Yu, de Jong
and Lee 2008; Lee and Yu 2010). The lagged outcome is correlated with the mean over time of the
innovations, so that the score at the truth has the mean

    -(tr J K, tr J W K, gamma tr J G K + delta tr J G W K)    for gamma, delta, rho,

K = ((1 - gamma) I - (rho + delta) W)^-1, G = W (I - rho W)^-1, J the projection off effects of time; what
the estimates are moved by is this times their covariance.
"""

from __future__ import annotations

import warnings
from dataclasses import fields, replace

import numpy as np
import pandas as pd

from gbaspatial.errors import GbaWarning, OptionError
from gbaspatial.models.likelihood.maximum import maximize
from gbaspatial.models.likelihood.problem import Estimate
from gbaspatial.models.panel.dynamic_fit import DynamicFit
from gbaspatial.models.panel.dynamic_impacts import roots_of
from gbaspatial.models.panel.fixed_effects import problem_of, wrapped
from gbaspatial.models.panel.information_less_effects import information_apart, parts_of
from gbaspatial.models.panel.less_effects import PanelProblem, part_of
from gbaspatial.models.panel.panel_specification import Specification
from gbaspatial.sizes import DENSE_LIMIT

SHORT = 0.1  # of units over periods cubed, above which what is left of the bias is not small beside the standard error


def dynamic_effects(given: Specification, dynamic: str) -> DynamicFit:
    """The fit of a specification whose first columns are lags of the outcome."""
    design, effects = given.design, given.effects
    model = problem_of(design, given.w, given.error_w, effects, given.corrected)
    at = maximize(model)
    lags = dynamic.count("y")
    plain = pd.Series([*at.beta, *([at.rho] if given.w is not None else [])], dtype=float)
    plain.index = pd.Index([*design.terms, *(["rho"] if given.w is not None else [])])
    notes = [*design.notes]
    W = given.w if given.w is not None else design.weights.get("W")
    if W is not None and not W.constant:
        notes.append("Not corrected for the bias of lagged outcomes beside effects: W changes over time.")
        moved = at
    else:
        moved = _less_bias(model, at, lags, given, notes)
    ratio = design.stack.n / design.stack.periods**3
    if effects.unit:
        notes.append(f"N / T^3 = {ratio:.3g}: the correction of the bias is valid where this is small.")
        if ratio > SHORT:
            warnings.warn(
                f"N / T^3 = {ratio:.3g} is above {SHORT}: with {design.stack.periods} periods for {design.stack.n} "
                f"units the bias that is left of a dynamic model is not small; use more periods.",
                GbaWarning, stacklevel=5,
            )  # fmt: skip
    fit = wrapped(given, model, moved, tuple(notes))
    own = {one.name: getattr(fit, one.name) for one in fields(fit) if one.init} | {"_problem": part_of(model)}
    roots = roots_of(fit.params, design, W)
    if np.abs(roots).max() >= 1:
        own["notes"] += (
            f"Not stable: the largest of the roots of (I - rho W)^-1 (gamma I + delta W) has size "
            f"{np.abs(roots).max():.4g}, so that there is no long run.",
        )
    return DynamicFit(**own, dynamic=dynamic, uncorrected=plain.rename("estimate"), ratio=ratio, roots=roots)


def _less_bias(model: PanelProblem, at: Estimate, lags: int, given: Specification, notes: list[str]) -> Estimate:
    """The estimate less its bias of order 1 / T."""
    effects = model.effects
    if not effects.unit:
        return at
    if not given.corrected:
        notes.append("Not corrected for the bias of lagged outcomes beside effects of units.")
        return at
    gamma, delta = at.beta[0], at.beta[1] if lags == 2 else 0.0
    nodes, shares = _nodes(given)
    s = 1 / (1 - at.rho * nodes)
    a = (gamma + delta * nodes) * s
    if np.abs(a).max() >= 1:
        notes.append("Not corrected for the bias of lagged outcomes: the estimate is not stable.")
        return at
    K = s / (1 - a)

    def _trace(values: np.ndarray) -> float:
        return float((shares * values).sum().real)

    apart = information_apart(model, at, parts_of(model, at), given.corrected)
    V = apart.covariance()
    bias = np.zeros(len(V))
    bias[0] = _trace(K)
    if lags == 2:
        bias[1] = _trace(nodes * K)
    k = model.X.shape[1]
    if model.lag is not None:
        bias[k] = _trace(nodes * s * (gamma + delta * nodes) * K)
    move = V @ bias
    beta, rho = at.beta + move[:k], at.rho + (float(move[k]) if model.lag is not None else 0.0)
    u = model.y - model.X @ beta - (rho * (model.lag.W @ model.y) if model.lag is not None else 0.0)
    e = effects.take_out(u)
    notes.append(
        "Less the bias of lagged outcomes beside effects of units (Yu, de Jong and Lee 2008; Lee and Yu 2010); the "
        "log-likelihood is that at its maximum, before."
    )
    curve = model.lag.curve if model.lag is not None else at.lag_curve
    return replace(at, beta=beta, rho=rho, sigma2=float(e @ e) / model.n, lag_curve=curve)


def _nodes(given: Specification) -> tuple[np.ndarray, np.ndarray]:
    """Eigenvalues of W with the shares that the projection off effects of time leaves of each."""
    n = given.design.stack.n
    w = given.w if given.w is not None else given.design.weights.get("W")
    groups = given.effects.groups
    J = np.eye(n)
    if groups is not None:
        member = (groups[:, None] == groups[None, :]).astype(float)
        J = J - member / member.sum(axis=1, keepdims=True)
    if w is None:
        return np.zeros(1), np.array([np.trace(J)])
    if n > DENSE_LIMIT:
        raise OptionError(
            f"the bias correction of a dynamic model needs the eigenvectors of W, which is refused above "
            f"{DENSE_LIMIT:,} units; use correction='none'."
        )
    nodes, vectors = np.linalg.eig(w.by_period[0].sparse.toarray())
    if groups is None:
        return nodes, np.ones(n)
    return nodes, np.einsum("ij,ji->i", np.linalg.inv(vectors), J @ vectors)
