"""Panel models with fixed effects, taken out: from a specification to a `PanelFit`."""

from __future__ import annotations

from collections.abc import Container
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from gbaspatial.models.fit_tables import SMALL
from gbaspatial.models.likelihood.information import Apart
from gbaspatial.models.likelihood.maximum import maximize
from gbaspatial.models.likelihood.problem import Estimate
from gbaspatial.models.panel.effect_kinds import Kind
from gbaspatial.models.panel.frame import PanelDesign
from gbaspatial.models.panel.information_less_effects import Parts, clustered, information_apart, parts_of, sums_by_unit
from gbaspatial.models.panel.less_effects import PanelProblem, panel_problem
from gbaspatial.models.panel.long_run_variance import long_run
from gbaspatial.models.panel.panel_fit import PanelFit, panel_kind
from gbaspatial.models.panel.panel_rows import time_numbers
from gbaspatial.models.panel.panel_specification import Specification
from gbaspatial.models.panel.panel_tests import serial_correlation
from gbaspatial.models.panel.period_weights import PanelWeights
from gbaspatial.models.panel.sides import leaves_effects, panel_side
from gbaspatial.models.panel.unknown_regressors import known_rows
from gbaspatial.models.panel.within import Effects
from gbaspatial.models.solve.admissible import window
from gbaspatial.sizes import SERIAL

if TYPE_CHECKING:
    from gbaspatial.models.panel.random_likelihood import Point, RandomProblem


LOUD = 16.0  # of variances between units, four times the standard deviation


def fixed_effects(given: Specification) -> PanelFit:
    """The fit of a specification whose effects are all fixed."""
    design, W1, W2, effects = given.design, given.w, given.error_w, given.effects
    model = problem_of(design, W1, W2, effects, given.corrected)
    at = maximize(model)
    notes = [*design.notes, *_correction_notes(W1, W2, effects, given.corrected), *edge_notes(at, at.edges, model)]
    if design.stack.n < SMALL and effects.rank and (W1 is not None or W2 is not None):
        other = maximize(problem_of(design, W1, W2, effects, not given.corrected))
        notes.append(told_other_correction(given, other))
        notes += _variance_notes(model, at)
    return wrapped(given, model, at, tuple(notes))


def problem_of(
    design: PanelDesign, w: PanelWeights | None, error_w: PanelWeights | None, effects: Effects, corrected: bool
) -> PanelProblem:
    """The likelihood less the effects."""
    off = effects if corrected else None
    one = panel_side(w, off) if w is not None else None
    two = one if error_w is w else panel_side(error_w, off) if error_w is not None else None
    return panel_problem(design.y, design.X, one, two, effects, corrected=corrected)


def wrapped(
    given: Specification,
    model: PanelProblem,
    at: Estimate,
    notes: tuple[str, ...],
    root: np.ndarray | None = None,
    apart: Apart | None = None,
) -> PanelFit:
    """The fit of an estimate; `root` (m,) are the roots of the observation weights that `model` was multiplied by.

    `apart` takes the place of the information of the likelihood.
    """
    design, covariance = given.design, given.covariance
    parts = parts_of(model, at)
    known, stack = known_rows(given.effects), design.stack
    serial = serial_correlation(
        parts.e[known], stack.unit[known], time_numbers(design.periods)[stack.period[known]]
    )  # fmt: skip
    if covariance is None:
        covariance = "cluster" if serial > SERIAL and design.stack.n > 1 else "information"
        if covariance == "cluster":
            notes += (
                f"Standard errors are clustered by unit because residuals are serially correlated ({serial:.2f}); "
                f"covariance='information' overlooks that.",
            )
    both = (("rho", at.rho, given.w), ("lambda", at.lam, given.error_w))
    spatial = {name: value for name, value, there in both if there is not None}
    df_resid = design.n - model.effects.rank - design.k
    df: float | None
    if given.reach is not None:
        times = time_numbers(design.periods)
        variance, told, df = long_run(
            parts.X, parts.e, design.stack, times, design.units, design.terms, covariance, given.reach
        )
    else:
        variance, told, df = _variance(model, at, parts, covariance, given.corrected, df_resid, apart)
    notes += singular_note(variance, at.edges)
    for term in at.edges:
        place = design.k + list(spatial).index(term)
        variance[place, :] = variance[:, place] = np.nan
    terms = [*design.terms, *spatial]
    sse = float(parts.e @ parts.e)
    e = np.full(design.n, np.nan)
    e[known] = (parts.e if root is None else parts.e / root)[known]
    exchanged = exchangeable(given) and type(model) is PanelProblem and model.d is None
    shared = not given.pairs and design.unknown is None
    return panel_kind(exchanged, shared, design.regimes is not None)(
        model=given.name, kind=given.kind, correction="lee-yu" if given.corrected else "none", design=design,
        params=pd.Series([*at.beta, *spatial.values()], index=terms, name="estimate", dtype=float),
        covariance=pd.DataFrame(variance, index=terms, columns=terms), sigma2=at.sigma2 if spatial else sse / df_resid,
        log_likelihood=at.log_likelihood, residuals=design.label(e, "residuals"),
        effects=labelled_effects(design, given.effects, given.kind, effects_by_row(design, parts, at, root)),
        absorbed=model.effects.rank, _count=model.n, covariance_kind=told,
        covariance_code=_code(covariance, bool(spatial)), df=df, df_resid=df_resid, serial_correlation=serial,
        _problem=model, w=given.w, error_w=given.error_w, edges=at.edges, notes=notes,
        inference="recommended" if given.covariance is None else "asymptotic",
    )  # fmt: skip


def exchangeable(given: Specification) -> bool:
    """Whether units may exchange their residual histories.

    Not where the means of the outcome are their own, where rows have a dummy each, or where pairs of units estimate.
    """
    return not given.kind.common and given.design.unknown is None and not given.pairs


def effects_by_row(design: PanelDesign, parts: Parts, at: Estimate, root: np.ndarray | None) -> np.ndarray:
    """What the effects add to the outcome's own part (m,)."""
    eta = parts.eta
    return np.asarray((eta if root is None else eta / root) - design.X @ at.beta)


def _code(covariance: str, spatial: bool) -> str:
    """The covariance by its code: that of least squares without a name is the classical one."""
    return "classical" if covariance == "information" and not spatial else covariance


def _variance(
    model: PanelProblem,
    at: Estimate,
    parts: Parts,
    covariance: str,
    corrected: bool,
    df_resid: int,
    apart: Apart | None,
) -> tuple[np.ndarray, str, float | None]:
    """The covariance without sigma2, how to call it, and the degrees of freedom of t."""
    equations = apart is not None and corrected
    apart = information_apart(model, at, parts, corrected) if apart is None else apart
    spatial = model.lag is not None or model.error is not None
    n = int((model.effects.equations > 0).sum())
    if covariance == "cluster":
        few = n < SMALL
        matrix = clustered(model, at, parts, apart, corrected, few)[:-1, :-1]
        told = f"clustered by unit ({n} clusters{', leaving one out: CR3' if few else ''})"
        return matrix, told, float(n - 1)
    matrix = apart.covariance()[:-1, :-1]
    if not spatial:
        return matrix * (model.n / df_resid), "classical", float(df_resid)
    if equations:
        return matrix, "sandwich of the adjusted scores", None
    exact = apart.error == 0
    return matrix, "information matrix" + ("" if exact else f", traces by probes (error {apart.error:.1e})"), None


def labelled_effects(design: PanelDesign, effects: Effects, kind: Kind, total: np.ndarray) -> pd.Series:
    """The effects from what they sum to (m,) in each row."""
    by_unit, by_cell = effects.split(total)
    if by_unit is None and by_cell is None:
        return pd.Series(dtype=float, name="effect")
    parts = {}
    if by_unit is not None:
        parts["unit"] = pd.Series(by_unit, index=design.units)
    if by_cell is not None:
        stack = design.stack
        assert effects.cells is not None
        first = np.unique(effects.cells, return_index=True)[1]
        labels = design.periods[stack.period[first]]
        if kind.groups is not None:
            assert effects.group_labels is not None
            names = effects.group_labels[stack.unit[first]]
            index = pd.MultiIndex.from_arrays([names, labels], names=[kind.groups, design.periods.name])
            parts[f"{kind.groups} by time"] = pd.Series(by_cell, index=[f"{a} ({b})" for a, b in index])
        else:
            parts["time"] = pd.Series(by_cell, index=labels)
    if len(parts) == 1:
        return next(iter(parts.values())).rename("effect")
    return pd.concat(parts, names=["effect", "label"]).rename("effect")


# -- what a reader must know ------------------------------------------------------------------
def _correction_notes(
    w: PanelWeights | None, error_w: PanelWeights | None, effects: Effects, corrected: bool
) -> list[str]:
    if effects.rank == 0 or (w is None and error_w is None):
        return []
    exists = all(leaves_effects(one, effects) for one in (w, error_w) if one is not None)
    return [correction_note(effects.rank, corrected, exists)]


def correction_note(rank: int, corrected: bool, exists: bool) -> str:
    """What was done about the degrees of freedom of `rank` effects; whether Lee and Yu's transformation `exists`."""
    if not corrected:
        return "Not corrected for the degrees of freedom of the effects: sigma2 is too small."
    if exists:
        return f"Likelihood of the outcome less {rank} effects (the transformation of Lee and Yu 2010)."
    return (
        f"Adjusted score, less {rank} effects: the transformation of Lee and Yu (2010) does not exist for this W and "
        f"these effects; the log-likelihood is the one whose slope that score is."
    )


def told_other_correction(given: Specification, at: Estimate) -> str:
    """Below fifty units: the estimates `at` with the other choice of correction."""
    values = [("rho", at.rho, given.w), ("lambda", at.lam, given.error_w)]
    told = ", ".join(f"{name} = {value:.4f}" for name, value, there in values if there is not None)
    how = "Without the correction" if given.corrected else "Corrected (lee-yu)"
    return f"{how}: {told}, sigma2 = {at.sigma2:.4g}."


def _variance_notes(model: PanelProblem, at: Estimate) -> list[str]:
    """Beside effects of time: a loud unit moves rho (see `gbaspatial.models.panel.different_units`)."""
    stack, effects = model.effects.stack, model.effects
    if effects.cells is None or not effects.separable:
        return []
    squares = sums_by_unit((parts_of(model, at).e ** 2)[:, None], stack.unit, stack.n)[:, 0]
    ratio = float(squares.max() / max(squares.min(), 1e-300))
    if ratio < LOUD:
        return []
    return [
        f"The variances of the units' residuals differ by a factor of {ratio:.3g}, which moves rho and lambda beside "
        f"effects of time; correction='pairs' does not depend on them."
    ]


def singular_note(variance: np.ndarray, edges: Container[str]) -> tuple[str, ...]:
    """Why there are no standard errors at all, where no edge of an interval tells it."""
    if np.isfinite(variance).all() or "rho" in edges or "lambda" in edges:
        return ()
    return (
        "No standard errors: beside the effects these rows do not tell all parameters apart (few units, "
        "or a column that is all but a combination of others), so that their information is singular.",
    )


def edge_notes(at: Estimate | Point, edges: Container[str], model: PanelProblem | RandomProblem) -> list[str]:
    """Parameters at the edge of what was searched, in words; `at` has rho and lam, `model` their sides."""
    notes = []
    for name, value, side in (("rho", at.rho, model.lag), ("lambda", at.lam, model.error)):
        if name in edges and side is not None:
            low, high = window(side.interval)
            notes.append(
                f"{name} = {value:.6g} lies at the edge of the interval ({low:.6g}, {high:.6g}) that was searched, so "
                f"no standard error is given."
            )
    return notes
