"""Dynamic panel models by moments of differences: from a specification to a `DynamicMomentsFit`."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from gbaspatial.errors import OptionError
from gbaspatial.models.fit_tables import SMALL
from gbaspatial.models.panel.difference_moments import DEPTH, Differences, MomentsEstimate, differences_of, estimated
from gbaspatial.models.panel.dynamic_fit import DynamicFit
from gbaspatial.models.panel.dynamic_impacts import roots_of
from gbaspatial.models.panel.fixed_effects import labelled_effects
from gbaspatial.models.panel.less_effects import panel_problem, part_of
from gbaspatial.models.panel.panel_rows import time_numbers
from gbaspatial.models.panel.panel_specification import Specification
from gbaspatial.models.panel.panel_tests import serial_correlation
from gbaspatial.models.panel.sides import panel_side
from gbaspatial.results import Table


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class DynamicMomentsFit(DynamicFit):
    """A dynamic panel model by moments of differences (Arellano and Bond 1991); see `DynamicFit`.

    `uncorrected` holds the estimates of the first step.

    Attributes
    ----------
    moments : pandas.DataFrame
        Rows `hansen` (are the instruments valid?), `ar1` and `ar2` (serial correlation of the differences: the first
        is there by construction, the second says that earlier levels are no instruments); `statistic, df, p_value`.
    """

    moments: pd.DataFrame

    def _before(self) -> str:
        return "First step"

    def tables(self) -> tuple[Table, ...]:
        """Coefficients, the tests of the moments, and the fit."""
        first, *others = DynamicFit.tables(self)
        return first, Table(self.moments, "Tests of the moments"), *others


def dynamic_by_moments(given: Specification, dynamic: str, lags: int) -> DynamicMomentsFit:
    """The fit of a specification whose first columns are lags of the outcome.

    Raises
    ------
    OptionError
        For effects other than those of units (and time), a spatial error, or too few units for the instruments.
    """
    _check(given)
    model = _differences(given, lags)
    n, q, p = model.units, model.H.shape[2], model.Z.shape[2]
    if q < p:
        raise OptionError(
            f"{p} coefficients need as many instruments, and there are {q}; give the formula a regressor that varies "
            f"in space and time."
        )
    if q >= n:
        raise OptionError(
            f"{n} units cannot carry {q} instruments, whose weights are made of one moment a unit; use fewer "
            f"regressors, effects='unit', or method='ml'."
        )
    found = estimated(model, two_steps=n >= SMALL)
    return _wrapped(given, dynamic, model, found)


def _check(given: Specification) -> None:
    if given.error_w is not None:
        raise OptionError(
            f"moments of differences have no spatial error: use panel_lag or panel_ols, not {given.name}."
        )
    if not given.kind.unit or given.kind.groups is not None:
        raise OptionError(
            f"moments of differences take out effects of units (and time): effects='unit' or 'twoway', not "
            f"{given.kind.name!r}."
        )
    if given.covariance not in (None, "cluster"):
        raise OptionError(f"covariance={given.covariance!r} is not made here: these errors are clustered by unit.")
    if given.design.stack.periods < 3:
        raise OptionError("moments of differences need four periods of the outcome or more.")


def _differences(given: Specification, lags: int) -> Differences:
    """Exogenous are all columns but lags of the outcome, with their lags in space beside rho."""
    design, stack = given.design, given.design.stack
    T, n = stack.periods, stack.n
    moving = [c.lagged and c.name in (f"L({design.response})", f"W(L({design.response}))") for c in design.columns]
    columns = [design.X]
    before = design.X[:, [place for place, lag in enumerate(moving) if lag]]
    outer = design.X[:, [place for place, lag in enumerate(moving) if not lag]]
    exogenous, levels = [outer], [before]
    if given.w is not None:
        columns.append((given.w.sparse @ design.y)[:, None])
        block = outer
        for _ in range(lags):
            block = given.w.sparse @ block
            exogenous.append(block)
        if before.shape[1] == 1:
            levels.append(given.w.sparse @ before)
    wide = [np.column_stack(part).reshape(T, n, -1) for part in (columns, exogenous, levels)]
    return differences_of(design.y.reshape(T, n), *wide, time=given.kind.time)


def _wrapped(given: Specification, dynamic: str, model: Differences, found: MomentsEstimate) -> DynamicMomentsFit:
    design, effects, stack = given.design, given.effects, given.design.stack
    names = [*design.terms, *(["rho"] if given.w is not None else [])]
    p = len(names)
    params = pd.Series(found.beta[:p], index=names, name="estimate", dtype=float)
    first = pd.Series(found.first[:p], index=names, name="estimate", dtype=float)
    Z = design.X if given.w is None else np.column_stack([design.X, given.w.sparse @ design.y])
    rows = design.y - Z @ found.beta[:p]
    e = effects.take_out(rows)
    W = given.w if given.w is not None else design.weights.get("W")
    roots = roots_of(params, design, W)
    side = panel_side(given.w, None) if given.w is not None else None
    steps = "two steps, errors of Windmeijer (2005)" if stack.n >= SMALL else "one step, few units"
    frame = pd.DataFrame.from_dict(found.tests, orient="index", columns=["statistic", "df", "p_value"])
    own = {
        "model": given.name, "kind": given.kind, "correction": "none", "design": design, "params": params,
        "covariance": pd.DataFrame(found.covariance[:p, :p], index=names, columns=names),
        "sigma2": float(np.square(found.residuals).sum()) / (2 * (found.residuals.size - len(found.beta))),
        "log_likelihood": np.nan, "residuals": design.label(e, "residuals"),
        "effects": labelled_effects(design, effects, given.kind, effects.fitted(rows)), "absorbed": effects.rank,
        "_count": design.n, "covariance_kind": f"clustered by unit ({stack.n} clusters; {steps})",
        "covariance_code": "cluster", "df": float(stack.n - 1), "df_resid": design.n - effects.rank - p,
        "serial_correlation": serial_correlation(e, stack.unit, time_numbers(design.periods)[stack.period]),
        "_problem": part_of(panel_problem(design.y, design.X, side, None, effects, corrected=False)), "w": given.w,
        "notes": _notes(given, model, found, roots), "inference": "asymptotic",
    }  # fmt: skip
    ratio = stack.n / stack.periods**3
    return DynamicMomentsFit(
        **own, dynamic=dynamic, uncorrected=first, ratio=ratio, roots=roots, moments=frame.rename_axis("test")
    )


def _notes(
    given: Specification, model: Differences, found: MomentsEstimate, roots: np.ndarray
) -> tuple[str, ...]:  # fmt: skip
    notes = [
        *given.design.notes,
        f"Moments of differences (Arellano and Bond 1991): {model.H.shape[2]} instruments, the levels of {DEPTH} "
        f"earlier periods collapsed; right for few periods and many units. There is no likelihood.",
    ]
    second = found.tests.get("ar2")
    if second is not None and second[2] < 0.05:
        notes.append(
            f"The differences are serially correlated of second order (z = {second[0]:.2f}, p = {second[2]:.4g}): "
            f"earlier levels are no instruments, and the estimates are wrong; add lags."
        )
    if found.tests["hansen"][2] < 0.05:
        notes.append(f"Hansen's test rejects the instruments (p = {found.tests['hansen'][2]:.4g}).")
    if np.abs(roots).max() >= 1:
        notes.append(
            f"Not stable: the largest of the roots of (I - rho W)^-1 (gamma I + delta W) has size "
            f"{np.abs(roots).max():.4g}, so that there is no long run."
        )
    return tuple(notes)
