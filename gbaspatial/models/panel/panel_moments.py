"""Panel models without a likelihood: two-stage least squares and generalized moments, fixed effects taken out.

W is applied first and effects are taken out after, of the instruments too. W y is instrumented by W X and W^2 X;
lambda comes from the moments of Kapoor, Kelejian and Prucha (2007) within units, as Mutl and Pfaffermayr (2011) do
beside fixed effects: e'e, (W e)'W e and e'W e of innovations less their effects, with T - 1 periods that count.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from gbaspatial.errors import OptionError
from gbaspatial.formula import is_intercept, sides
from gbaspatial.models.fit_tables import SMALL
from gbaspatial.models.instruments import two_stage as iv
from gbaspatial.models.instruments.instrument_set import (
    InstrumentTests,
    check_apart,
    check_identified,
    check_instrumented,
    instrument_tests,
)
from gbaspatial.models.panel.filtered_effects import basis_of, with_basis
from gbaspatial.models.panel.fixed_effects import labelled_effects
from gbaspatial.models.panel.frame import PanelDesign, read_panel
from gbaspatial.models.panel.information_less_effects import sums_by_unit
from gbaspatial.models.panel.kapoor_moments import lambda_within, part_of_residuals
from gbaspatial.models.panel.less_effects import panel_problem, part_of
from gbaspatial.models.panel.panel_fit import StaticPanelFit
from gbaspatial.models.panel.panel_rows import time_numbers
from gbaspatial.models.panel.panel_specification import Specification
from gbaspatial.models.panel.panel_tests import serial_correlation
from gbaspatial.models.panel.sides import panel_side
from gbaspatial.models.panel.within import Effects
from gbaspatial.models.solve.admissible import window
from gbaspatial.options import word
from gbaspatial.sizes import SERIAL

if TYPE_CHECKING:
    from gbaspatial.options import Given
    from gbaspatial.weights.annotations import WeightsGiven


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class PanelMomentsFit(StaticPanelFit):
    """A panel model by two-stage least squares or generalized moments: there is no likelihood.

    Attributes
    ----------
    instruments : InstrumentTests or None
        Strength and validity of the instruments; None without any.
    """

    instruments: InstrumentTests | None


@dataclass(frozen=True, slots=True, eq=False)
class Instruments:
    """Which terms are `endogenous`, and the user's own instruments `given` (m, q) with `names`; lags of X to take."""

    endogenous: tuple[str, ...]
    given: np.ndarray
    names: tuple[str, ...]
    lags: int


def formula_with(formula: str, options: Given) -> str:
    """The formula with the endogenous regressors."""
    endogenous, instruments = options.get("endogenous"), options.get("instruments")
    check_instrumented(endogenous, instruments)
    return f"{formula} + {endogenous}" if endogenous else formula


def instruments_for(
    design: PanelDesign, formula: str, data: pd.DataFrame, w: WeightsGiven, options: Given
) -> Instruments:
    """What the options say of instruments, in the rows of `design`."""
    lags = word(options.get("instrument_lags", 2), (1, 2), "instrument_lags")
    endogenous = options.get("endogenous")
    if not endogenous:
        return Instruments((), np.empty((design.n, 0)), (), lags)
    outcome = sides(formula)[0]
    unbalanced = options.get("unbalanced", "error")
    part = read_panel(f"{outcome} ~ {endogenous}", data, w, unbalanced=unbalanced)
    named = {term for term in part.terms if not is_intercept(term)}
    columns = tuple(column.name for column in design.columns if {column.name, column.regressor} & named)
    given = read_panel(f"{outcome} ~ {options['instruments']}", data, w, unbalanced=unbalanced)
    check_apart(given.terms, columns)
    places = given.ids.get_indexer(design.ids)
    if (places < 0).any():
        raise OptionError(
            "the instruments are not known in all periods of the model (their lags in time reach back further); leave "
            "the first periods out of the data of the model, or take shorter lags."
        )
    fresh = [p for p, term in enumerate(given.terms) if not is_intercept(term) and term not in design.terms]
    return Instruments(columns, given.X[np.ix_(places, fresh)], tuple(given.terms[p] for p in fresh), lags)


def by_moments(given: Specification, known: Instruments) -> PanelMomentsFit:
    """The fit of a specification with fixed effects."""
    if given.covariance not in (None, "classical", "information", "cluster"):
        raise OptionError(f"covariance={given.covariance!r} is not made by method='gmm'; use 'classical' or 'cluster'.")
    if given.design.observation_weights is not None:
        return _weighted(given, known, np.sqrt(given.design.observation_weights))
    stage, tests = _stage(given, known, 0.0)
    lam = None
    if given.error_w is not None:
        u = _outcome(given) - regressors_of(given) @ stage.delta
        lam = lambda_of_moments(given, given.effects.take_out(u))
        stage, tests = _stage(given, known, lam)
    return wrapped_moments(given, stage, tests, lam, given.design.n - given.effects.rank - len(stage.delta))


def _weighted(given: Specification, known: Instruments, root: np.ndarray) -> PanelMomentsFit:
    """Two-stage least squares of rows times `root` (m,), less effects times it: the moments H'S e of S = diag(w)."""
    effects = given.effects
    own = with_basis(effects, basis_of(effects, root)) if effects.rank else effects
    stage, tests = _stage(given, known, 0.0, own, root)
    fit = wrapped_moments(given, stage, tests, None, given.design.n - effects.rank - len(stage.delta))
    note = "Weighted: the variance of a row is sigma2 over its weight; residuals are not weighted."
    rows = _outcome(given) - regressors_of(given) @ stage.delta
    level = rows - stage.residuals / root
    return replace(
        fit, residuals=given.design.label(stage.residuals / root, "residuals"), notes=(*fit.notes, note),
        effects=labelled_effects(given.design, effects, given.kind, level),
    )  # fmt: skip


def _outcome(given: Specification) -> np.ndarray:
    return given.design.y


def regressors_of(given: Specification) -> np.ndarray:
    """[X, W y] (m, p)."""
    design = given.design
    return np.column_stack([design.X, given.w.sparse @ design.y]) if given.w is not None else design.X


def _stage(
    given: Specification, known: Instruments, lam: float, effects: Effects | None = None, root: np.ndarray | None = None
) -> tuple[iv.TwoStage, InstrumentTests | None]:
    """Two-stage least squares of what is filtered by lambda, times `root` if given, and less the effects."""
    design, off = given.design, (effects or given.effects).take_out
    times = np.ones(design.n) if root is None else root
    y, Z = filtered_by(given, lam, _outcome(given)), filtered_by(given, lam, regressors_of(given))
    y, Z = off(times * y), off(times[:, None] * Z)
    if not instrumented(given, known):
        return iv.two_stage(y, Z, iv.basis(Z)), None
    exogenous = [place for place, term in enumerate(design.terms) if term not in known.endogenous]
    H, names = instruments_of_panel(given, known, exogenous)
    if lam:  # filtered regressors are instruments for themselves, the others stay as they are
        first = filtered_by(given, lam, design.X[:, exogenous])
        H, names = np.column_stack([first, H]), [*(design.terms[place] for place in exogenous), *names]
    return staged(given, known, y, Z, (off(times[:, None] * H), names))


def staged(
    given: Specification, known: Instruments, y: np.ndarray, Z: np.ndarray, instruments: tuple[np.ndarray, list[str]]
) -> tuple[iv.TwoStage, InstrumentTests]:
    """y (m,) on Z (m, p) by `instruments` (m, q) with their names, the exogenous regressors first, and their tests.

    Raises
    ------
    OptionError
        If there are fewer instruments than endogenous regressors.
    """
    design, wanted = given.design, instrumented(given, known)
    exogenous = [place for place, term in enumerate(design.terms) if term not in known.endogenous]
    H, names = instruments
    kept = iv.independent_columns(H)
    H, told = H[:, kept], tuple(names[place] for place in kept if place >= len(exogenous))
    check_identified(H, Z, told, known.lags, wanted)
    stage = iv.two_stage(y, Z, iv.basis(H))
    places = [design.terms.index(term) for term in known.endogenous] + ([design.k] if given.w is not None else [])
    columns = {name: Z[:, place] for name, place in zip(wanted, places, strict=True)}
    return stage, instrument_tests(columns, Z[:, exogenous], stage, told)


def instrumented(given: Specification, known: Instruments) -> tuple[str, ...]:
    """The regressors that need instruments."""
    return (*known.endogenous, *(["W y"] if given.w is not None else []))


def instruments_of_panel(
    given: Specification, known: Instruments, exogenous: list[int]
) -> tuple[np.ndarray, list[str]]:
    """The exogenous regressors, given instruments and lags in space of both (m, q), with their names."""
    design = given.design
    base = np.column_stack([design.X[:, exogenous], known.given])
    names = [*(design.terms[place] for place in exogenous), *known.names]
    blocks, told = [base], list(names)
    if given.w is not None:
        varying = [place for place in range(base.shape[1]) if np.ptp(base[:, place]) > 0]
        block, called = base[:, varying], [names[place] for place in varying]
        for _ in range(known.lags):
            block, called = given.w.sparse @ block, [f"W({name})" for name in called]
            blocks.append(block)
            told += called
    return np.column_stack(blocks), told


def filtered_by(given: Specification, lam: float, values: np.ndarray) -> np.ndarray:
    """(I - lambda W) `values`."""
    return values if given.error_w is None or lam == 0 else values - lam * (given.error_w.sparse @ values)


def lambda_of_moments(given: Specification, u: np.ndarray) -> float:
    """lambda from the three moments within units of residuals `u` (m,) less the effects."""
    effects, w = given.effects, given.error_w
    assert w is not None
    u1 = effects.take_out(w.sparse @ u)
    u2 = effects.take_out(w.sparse @ u1)
    periods = given.design.stack.periods
    n = given.design.stack.n * (periods - 1 if effects.unit else periods)
    trace = float(np.mean([np.square(one.sparse.data).sum() / one.n for one in w.by_period]))
    low, high = window((max(one.interval[0] for one in w.different), min(one.interval[1] for one in w.different)))
    return lambda_within(part_of_residuals(u, u1, u2, n, trace), low, high)[0]


def wrapped_moments(
    given: Specification, stage: iv.TwoStage, tests: InstrumentTests | None, lam: float | None, df_resid: int
) -> PanelMomentsFit:
    """The fit of the last stage."""
    design, effects, u = given.design, given.effects, stage.residuals
    serial = serial_correlation(u, design.stack.unit, time_numbers(design.periods)[design.stack.period])
    notes = [*design.notes, "Generalized moments have no likelihood: log-likelihood, AIC and BIC do not exist."]
    kind = given.covariance or ("cluster" if serial > SERIAL else "classical")
    if given.covariance is None and kind == "cluster":
        notes.append(f"Standard errors are clustered by unit because residuals are serially correlated ({serial:.2f}).")
    variance, sigma2 = iv.classic_covariance(stage, df_resid)
    told = "classical"
    if kind == "cluster":
        variance, told = clustered(stage, design.stack.unit, design.stack.n, df_resid)
    names = [*design.terms, *(["rho"] if given.w is not None else [])]
    values = dict(zip(names, stage.delta, strict=True))
    if lam is not None:
        values["lambda"] = lam
        variance = np.pad(variance, (0, 1), constant_values=np.nan)
        notes.append("lambda is a nuisance of these moments and has no standard error.")
    if tests is not None:
        smallest = float(tests.first_stage["f"].min())
        weak = ": weak, so estimates lean towards least squares and intervals are too short" if tests.weak else ""
        statistic, df, p = tests.overidentification.loc["sargan"]
        notes.append(f"Smallest first-stage F of the instruments: {smallest:.2f}{weak}.")
        if df:
            notes.append(f"Sargan's test of the instruments: chi-squared = {statistic:.4g} on {df:g}, p = {p:.4g}.")
    edges = _edges(given, values)
    for name in edges:
        place = list(values).index(name)
        variance[place, :] = variance[:, place] = np.nan
        notes.append(f"{name} = {values[name]:.6g} is at or beyond the edge of its interval: the model does not suit.")
    rows = _outcome(given) - regressors_of(given) @ stage.delta
    one = panel_side(given.w, None) if given.w is not None else None
    two = panel_side(given.error_w, None) if given.error_w is not None else None
    return PanelMomentsFit(
        model=given.name, kind=given.kind, correction="none", design=design,
        params=pd.Series(values, name="estimate", dtype=float),
        covariance=pd.DataFrame(variance, index=list(values), columns=list(values)), sigma2=sigma2,
        log_likelihood=np.nan, residuals=design.label(u, "residuals"),
        effects=labelled_effects(design, effects, given.kind, effects.fitted(rows)), absorbed=effects.rank,
        _count=design.n, covariance_kind=told, covariance_code=kind if kind == "cluster" else "classical",
        df=float(design.stack.n - 1) if kind == "cluster" else None, df_resid=df_resid, serial_correlation=serial,
        _problem=part_of(panel_problem(design.y, design.X, one, two, effects, corrected=False)), w=given.w,
        error_w=given.error_w, edges=tuple(edges), notes=tuple(notes), instruments=tests,
    )  # fmt: skip


def _edges(given: Specification, values: Mapping[str, float]) -> list[str]:
    found = []
    for name, w in (("rho", given.w), ("lambda", given.error_w)):
        if w is None or name not in values:
            continue
        low = max(one.interval[0] for one in w.different)
        high = min(one.interval[1] for one in w.different)
        if not low * 0.999 < values[name] < high * 0.999:
            found.append(name)
    return found


def clustered(stage: iv.TwoStage, unit: np.ndarray, n: int, df_resid: int) -> tuple[np.ndarray, str]:
    """The sandwich (p, p) of two-stage least squares clustered by unit (CR1), and how to call it."""
    influence = stage.influence * stage.residuals[:, None]
    sums = sums_by_unit(influence, unit, n)
    m = len(unit)
    few = "; few clusters: too small" if n < SMALL else ""
    factor = n / (n - 1) * (m - 1) / max(m - len(stage.delta), 1)
    return factor * sums.T @ sums, f"clustered by unit ({n} clusters{few})"
