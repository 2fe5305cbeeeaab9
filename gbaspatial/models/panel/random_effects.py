"""Panel models with random effects of units: from a specification to a `RandomEffectsFit`."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from gbaspatial.errors import DataError, OptionError
from gbaspatial.formula import is_intercept
from gbaspatial.formula.collinearity import check_rank
from gbaspatial.formula.regressors import Column
from gbaspatial.inference.tails import chi_squared_tail
from gbaspatial.models.fit_tables import SMALL
from gbaspatial.models.panel.fixed_effects import edge_notes, labelled_effects, singular_note
from gbaspatial.models.panel.frame import PanelDesign
from gbaspatial.models.panel.less_effects import panel_problem, part_of
from gbaspatial.models.panel.panel_fit import PanelFit, SharedPanelFit
from gbaspatial.models.panel.panel_rows import time_numbers
from gbaspatial.models.panel.panel_specification import Specification
from gbaspatial.models.panel.panel_tests import serial_correlation
from gbaspatial.models.panel.random_clusters import clustered
from gbaspatial.models.panel.random_likelihood import (
    NOTHING_LOST,
    Lost,
    RandomProblem,
    between_precision,
    by_unit,
    ones_of,
    random_problem,
    whitened,
)
from gbaspatial.models.panel.random_maximum import RandomEstimate, covariance, maximize, spread_of
from gbaspatial.models.panel.row_weights import weights_of_units
from gbaspatial.models.panel.sides import panel_side, weighted_side
from gbaspatial.models.panel.stack import Stack
from gbaspatial.models.panel.within import Effects
from gbaspatial.results import Table
from gbaspatial.sizes import SERIAL

if TYPE_CHECKING:
    from gbaspatial.models.panel.random_maximum import Spread


_SAME = 1e-10


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class RandomEffectsFit(SharedPanelFit):
    """A panel model with random effects of units, estimated by maximum likelihood.

    Residuals are innovations less the predicted effects of units, which `effects` holds.

    Attributes
    ----------
    errors : {"baltagi", "kkp", "ar1"}
        Whether the effects are filtered as the innovations are ("kkp"), and whether innovations are
        correlated over time ("ar1").
    variances : pandas.DataFrame
        Rows `phi` (the variance of effects over that of innovations), `psi` (of "ar1"), `theta` (the share of a
        unit's mean that is taken off: zero is pooled, one is fixed effects), `sigma2_unit` and `sigma2`; columns
        `estimate` and `std_error`.
    level : numpy.ndarray
        What the effects add to the outcome's own part, by row.
    """

    errors: str
    variances: pd.DataFrame
    level: np.ndarray

    @property
    def phi(self) -> float:
        """The variance of the effects of units over that of the innovations."""
        return float(self.variances.loc["phi", "estimate"])

    @property
    def n_params(self) -> int:
        """All parameters, both variances, psi and the fixed effects."""
        fixed = self.absorbed if self.correction == "none" else 0
        return len(self.params) + 2 + ("psi" in self.variances.index) + fixed

    @property
    def r_squared_within(self) -> float:
        """1 - e'e over the sum of squares of the outcome, both less the means of units."""
        stack = self.design.stack
        within = Effects(stack, True)
        e, y = within.take_out(self.residuals.reindex(self.design.ids).to_numpy()), within.take_out(self.design.y)
        return 1 - float(e @ e) / float(y @ y)

    def tables(self) -> tuple[Table, ...]:
        """Coefficients, the variances, and the fit."""
        first, *others = PanelFit.tables(self)
        return first, Table(self.variances, "Variances of effects and innovations"), *others

    def _own_part(self) -> np.ndarray:
        return np.asarray(self.design.X @ self.beta + self.level)


def random_effects(given: Specification, errors: str) -> RandomEffectsFit:
    """The fit of a specification whose effects of units are random."""
    design = given.design
    notes: list[str] = []
    if given.kind.random == "mundlak":
        design, notes = with_means(design, given.effects)
        given = replace(given, design=design)
    _check_errors(given, errors)
    root = _root_of(design)
    model, corrected = _problem(given, errors, root)
    at = maximize(model)
    spread = spread_of(model, at)
    notes = [*design.notes, *_notes(given, at, model, corrected), *notes]
    if root is None:
        return _wrapped(given, errors, model, at, spread, corrected, notes)
    notes.append(
        "Weighted by unit: the variances of its effect and of its innovations are over its weight, as of an average "
        "of so many; residuals are not weighted."
    )
    return _unweighted(_wrapped(given, errors, model, at, spread, corrected, notes, root), given, root)


def _root_of(design: PanelDesign) -> np.ndarray | None:
    """The root of the weight of each row (m,), that of its unit; None without weights."""
    if design.observation_weights is None:
        return None
    of_units = weights_of_units(design.observation_weights, design.stack, design.units, "random effects")
    return np.asarray(np.sqrt(of_units)[design.stack.unit])


def _unweighted(fit: RandomEffectsFit, given: Specification, root: np.ndarray) -> RandomEffectsFit:
    """The fit of rows times `root` (m,) in the units of the data."""
    design = fit.design
    sides = {id(w): panel_side(w, None) for w in (given.w, given.error_w) if w is not None}
    one, two = (None if w is None else sides[id(w)] for w in (given.w, given.error_w))
    plain = panel_problem(design.y, design.X, one, two, Effects(design.stack), corrected=False)
    per_unit = pd.Series(root, index=design.ids).groupby(level=0, sort=False).first()
    effects, level = fit.effects.copy(), fit.level / root
    own = effects.index.get_level_values(0) == "unit" if effects.index.nlevels > 1 else np.ones(len(effects), bool)
    labels = effects.index.get_level_values(-1)[own]
    effects.loc[own] = effects[own].to_numpy() / per_unit.reindex(labels).to_numpy()
    return replace(
        fit, residuals=fit.residuals / design.label(root, "root"), effects=effects, level=level,
        log_likelihood=fit.log_likelihood + float(np.log(root).sum()), _problem=part_of(plain),
    )  # fmt: skip


def _check_errors(given: Specification, errors: str) -> None:
    design, needs = given.design, []
    one = design.stack.balanced and (given.error_w is None or given.error_w.constant)
    if errors == "ar1" and not design.stack.balanced:
        needs.append("errors='ar1' needs a balanced panel: fill in the rows, or use unbalanced='common'")
    elif errors == "ar1" and (given.error_w is not None) and not one:
        needs.append("errors='ar1' beside a spatial error needs one W for all periods")
    elif errors == "baltagi" and given.error_w is not None and not one:
        needs.append(
            "errors='baltagi' beside a spatial error needs one W for all periods of a balanced panel; use "
            "errors='kkp', where W filters the effects too"
        )
    times = np.diff(time_numbers(design.periods))
    if errors == "ar1" and len(set(times.tolist())) > 1:
        needs.append("errors='ar1' needs periods that are equally far apart")
    if needs:
        raise OptionError(needs[0] + ".")
    check_repeated(design.stack)


def check_repeated(stack: Stack) -> None:
    """Raise unless units are seen twice or more."""
    if stack.periods < 2:
        raise DataError("random effects of units need two periods or more; use effects='pooled'.")


def with_means(design: PanelDesign, effects: Effects) -> tuple[PanelDesign, list[str]]:
    """The design with the means by unit of the regressors that vary over time and whose means vary over units."""
    stack = design.stack
    names, columns, skipped = [], [], []
    for term, x in zip(design.terms, design.X.T, strict=True):
        if is_intercept(term):
            continue
        mean = (by_unit(x, stack)[:, 0] / np.maximum(stack.histories, 1))[stack.unit]
        left = effects.take_out(mean)
        left = left - left.mean() if effects.rank == 0 else left
        if np.abs(x - mean).max() <= _SAME * np.abs(x).max() or np.abs(left).max() <= _SAME * np.abs(x).max():
            skipped.append(term)
            continue
        names.append(f"mean({term})")
        columns.append(mean)
    if not names:
        raise DataError("no regressor varies over time within units, so that their means add nothing; use 'random'.")
    X = np.column_stack([design.X, *columns])
    check_rank(effects.take_out(X) if effects.rank else X, (*design.terms, *names))
    notes = [f"No mean of {', '.join(skipped)}, which do not vary over time or over units."] if skipped else []
    added = tuple(Column(name, name) for name in names)
    return replace(design, X=X, terms=(*design.terms, *names), columns=(*design.columns, *added)), notes


def _problem(given: Specification, errors: str, root: np.ndarray | None) -> tuple[RandomProblem, bool]:
    design, effects = given.design, given.effects
    if root is not None:
        return _weighted_problem(given, errors, root), False
    nested = errors == "kkp" or given.error_w is None
    corrected = given.corrected and effects.rank > 0 and effects.separable and nested and errors != "ar1"
    off = effects if corrected else None
    one = panel_side(given.w, off) if given.w is not None else None
    two = one if given.error_w is given.w else panel_side(given.error_w, off) if given.error_w is not None else None
    X = design.X
    if effects.cells is not None:
        X = np.column_stack([X, effects.cells[:, None] == np.arange(effects.cells.max() + 1)[None, :]])
    lost = Lost(effects.rank, effects.rank / design.stack.periods) if corrected else NOTHING_LOST
    model = random_problem(design.y, X, design.stack, one, two, nested=nested, serial=errors == "ar1", lost=lost)
    return model, corrected


def _weighted_problem(given: Specification, errors: str, root: np.ndarray) -> RandomProblem:
    """The problem of rows times `root` (m,) and S W S^-1; effects of time are columns times it."""
    design, effects = given.design, given.effects
    one = weighted_side(given.w, None, root) if given.w is not None else None
    same = given.error_w is given.w
    two = one if same else weighted_side(given.error_w, None, root) if given.error_w is not None else None
    X = design.X
    if effects.cells is not None:
        X = np.column_stack([X, effects.cells[:, None] == np.arange(effects.cells.max() + 1)[None, :]])
    nested = errors == "kkp" or given.error_w is None
    return random_problem(
        root * design.y, root[:, None] * X, design.stack, one, two, nested=nested, serial=errors == "ar1",
        lost=NOTHING_LOST,
    )  # fmt: skip


def _wrapped(
    given: Specification, errors: str, model: RandomProblem, at: RandomEstimate, spread: Spread, corrected: bool,
    notes: list[str], root: np.ndarray | None = None,
) -> RandomEffectsFit:  # fmt: skip
    design, k = given.design, given.design.k
    effect, level, e = _predicted(model, at)
    serial = serial_correlation(e, design.stack.unit, time_numbers(design.periods)[design.stack.period])
    kind, told = _covariance_kind(given, model, errors, serial, notes)
    few = design.stack.n < SMALL
    V = clustered(model, at, spread, few) if kind == "cluster" else covariance(at, spread)
    spatial = {
        n: v for n, v, there in (("rho", at.at.rho, given.w), ("lambda", at.at.lam, given.error_w)) if there is not None
    }
    terms = [*design.terms, *spatial]
    found = [*range(k), *(len(at.beta) + spread.names.index(name) if name in spread.names else -1 for name in spatial)]
    matrix = V[np.ix_(found, found)]
    for place, where in enumerate(found):
        if where < 0:
            matrix[place, :] = matrix[:, place] = np.nan
    notes.extend(singular_note(matrix, at.edges))
    params = pd.Series([*at.beta[:k], *spatial.values()], index=terms, name="estimate", dtype=float)
    if given.kind.random == "mundlak":
        notes.append(_mundlak_note(params, matrix, terms))
    cells = None if given.effects.cells is None else model.X[:, k:] @ at.beta[k:]
    shown = cells if cells is None or root is None else cells / root
    plain = Effects(design.stack)
    return RandomEffectsFit(
        model=given.name, kind=given.kind, correction="lee-yu" if corrected else "none", design=design, params=params,
        covariance=pd.DataFrame(matrix, index=terms, columns=terms), sigma2=at.sigma2,
        log_likelihood=at.log_likelihood, residuals=design.label(e, "residuals"),
        effects=_told_effects(given, effect, shown), absorbed=given.effects.rank, _count=model.count,
        covariance_kind=told, covariance_code=kind, df=float(design.stack.n - 1) if kind == "cluster" else None,
        df_resid=design.n - given.effects.rank - k, serial_correlation=serial,
        _problem=part_of(panel_problem(design.y, design.X, model.lag, model.error, plain, corrected=False)), w=given.w,
        error_w=given.error_w, edges=tuple(n for n in at.edges if n in spatial), notes=tuple(notes), errors=errors,
        variances=_variances(model, at, spread, V), level=level if cells is None else level + cells,
    )  # fmt: skip


def _predicted(model: RandomProblem, at: RandomEstimate) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The effects of units (n,), what they add to A y (m,), and innovations less them (m,)."""
    stack, point = model.stack, at.at
    u = model.y - model.X @ at.beta
    if model.lag is not None:
        u = u - point.rho * (model.lag.W @ model.y)
    image = u if model.mixed or model.error is None else u - point.lam * (model.error.W @ u)
    ones, lengths = ones_of(stack, point.psi)
    size = np.sqrt(np.maximum(lengths, 1e-300))
    means = by_unit(whitened(image[:, None], stack, point.psi) * ones[:, None], stack)[:, 0] / size
    precise = between_precision(model, point, means) if model.mixed else means / (1 + point.phi * lengths)
    effect = point.phi * size * precise
    spread_out = effect[stack.unit]
    if model.error is None:
        return effect, spread_out, whitened((u - spread_out)[:, None], stack, point.psi)[:, 0]
    if model.mixed:
        rest, level = u - spread_out, spread_out
    else:
        level = model.error.factor(point.lam).solve(spread_out)
        rest = u - level
    innovations = rest - point.lam * (model.error.W @ rest)
    return effect, level, whitened(innovations[:, None], stack, point.psi)[:, 0]


def _covariance_kind(
    given: Specification, model: RandomProblem, errors: str, serial: float, notes: list[str]
) -> tuple[str, str]:
    kind, n = given.covariance, given.design.stack.n
    able = not model.mixed and not model.serial
    if kind == "cluster" and not able:
        raise OptionError(
            "clusters by unit need a likelihood that falls apart by unit: use errors='kkp' beside a spatial error, and "
            "not errors='ar1', which models the correlation over time."
        )
    if kind is None:
        kind = "cluster" if serial > SERIAL and able else "information"
        if kind == "cluster":
            notes.append(
                f"Standard errors are clustered by unit because residuals are serially correlated ({serial:.2f}); "
                f"covariance='information' overlooks that."
            )
        elif serial > SERIAL:
            cure = (
                "errors='kkp' has clusters by unit, errors='ar1' models it"
                if not model.serial
                else "its cause is not an AR(1)"
            )
            notes.append(f"Residuals are serially correlated ({serial:.2f}), which standard errors overlook: {cure}.")
    if kind == "cluster":
        return kind, f"clustered by unit ({n} clusters{', leaving one out: CR3' if n < SMALL else ''})"
    observed = model.lag is not None or model.error is not None
    return kind, "information matrix" + (" (of spatial parameters observed)" if observed else "")


def _notes(given: Specification, at: RandomEstimate, model: RandomProblem, corrected: bool) -> list[str]:
    notes = []
    if at.at.phi == 0:
        notes.append("The variance of the effects of units is estimated as zero: the fit is that of effects='pooled'.")
    if given.effects.rank:
        rank = given.effects.rank
        notes.append(
            f"Corrected for the degrees of freedom of {rank} effects of time (Lee and Yu 2010)."
            if corrected
            else f"Not corrected for the degrees of freedom of {rank} effects of time."
        )
    return [*notes, *edge_notes(at.at, at.edges, model)]


def _mundlak_note(params: pd.Series, matrix: np.ndarray, terms: list[str]) -> str:
    places = [place for place, term in enumerate(terms) if term.startswith("mean(")]
    b, V = params.to_numpy()[places], matrix[np.ix_(places, places)]
    wald = float(b @ np.linalg.solve(V, b))
    p = float(chi_squared_tail(wald, len(b)))
    return (
        f"Wald test of the means of units (a Hausman test in auxiliary form): chi-squared = {wald:.4g} on {len(b)}, "
        f"p = {p:.4g}; where it rejects, random effects are correlated with the regressors."
    )


def _told_effects(given: Specification, effect: np.ndarray, cells: np.ndarray | None) -> pd.Series:
    units = pd.Series(effect, index=given.design.units, name="effect")
    if cells is None:
        return units
    fixed = labelled_effects(given.design, given.effects, given.kind, cells)
    key = "time" if given.kind.groups is None else f"{given.kind.groups} by time"
    return pd.concat({"unit": units, key: fixed}, names=["effect", "label"]).rename("effect")


def _variances(model: RandomProblem, at: RandomEstimate, spread: Spread, V: np.ndarray) -> pd.DataFrame:
    k, point = len(at.beta), at.at
    lengths = ones_of(model.stack, point.psi)[1]
    length = float(lengths[lengths > 0].mean())
    error = {
        name: float(np.sqrt(V[k + place, k + place])) if V[k + place, k + place] >= 0 else np.nan
        for place, name in enumerate(spread.names)
    }
    rows = {"phi": (point.phi, error.get("phi", np.nan))}
    if model.serial:
        rows["psi"] = (point.psi, error.get("psi", np.nan))
    root = 1 / np.sqrt(1 + point.phi * length)
    rows["theta"] = (1 - root, error.get("phi", np.nan) * length * root**3 / 2)
    rows["sigma2_unit"] = (point.phi * at.sigma2, np.nan)
    rows["sigma2"] = (at.sigma2, np.nan)
    return pd.DataFrame.from_dict(rows, orient="index", columns=["estimate", "std_error"]).rename_axis("parameter")
