"""What a call of a panel estimator means: the design, its effects and its W, checked."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from gbaspatial.errors import CollinearityError, DataError, OptionError, some
from gbaspatial.formula import is_intercept
from gbaspatial.formula.collinearity import check_rank
from gbaspatial.models.likelihood.identification import check_given, check_linked
from gbaspatial.models.panel.doubtful_weights import notes_on_weights
from gbaspatial.models.panel.effect_kinds import Kind, effects_for, kind_of
from gbaspatial.models.panel.frame import PanelDesign, read_panel, weights_of
from gbaspatial.models.panel.lagged_outcome import DYNAMICS, with_lagged_outcome
from gbaspatial.models.panel.long_run_variance import Reach, check_least_squares, reach_of
from gbaspatial.models.panel.other_rows import rows_between, rows_of_differences
from gbaspatial.models.panel.period_weights import PanelWeights
from gbaspatial.models.panel.sides import check_error_effects, check_informed_panel
from gbaspatial.models.panel.unknown_regressors import beside_rows
from gbaspatial.models.panel.within import Effects
from gbaspatial.models.request import Request
from gbaspatial.options import flag, word

if TYPE_CHECKING:
    from gbaspatial.options import Given


CORRECTIONS = ("lee-yu", "none", "pairs")
COVARIANCES = ("classical", "information", "cluster", "driscoll-kraay", "hac")
_ABSORBED = 1e-10


@dataclass(frozen=True, slots=True, eq=False)
class Specification:
    """A panel model before it is estimated: `effects` are the fixed ones; `w` that of rho, `error_w` of lambda."""

    name: str
    kind: Kind
    design: PanelDesign
    effects: Effects
    w: PanelWeights | None
    error_w: PanelWeights | None
    corrected: bool
    covariance: str | None
    pairs: bool = False
    reach: Reach | None = None


def specified(asked: Request) -> Specification:
    """The specification of one call.

    Raises
    ------
    OptionError, AlignmentError, MissingDataError, LabelTypeError, CollinearityError, WeightsError, ConvergenceError
        For options, rows, regressors and W that do not fit.
    """
    name, data, w, options, lagged, erred = (
        asked.name, asked.data, asked.w, asked.options, asked.lagged, asked.erred,
    )  # fmt: skip
    correction = word(options.get("correction", "lee-yu"), CORRECTIONS, "correction")
    covariance = options.get("covariance")
    if covariance is not None:
        word(covariance, COVARIANCES, "covariance")
    check_least_squares(covariance, lagged or erred)
    if name != "panel_ols":
        check_given(w)
    time_name = data.index.names[-1] if isinstance(data, pd.DataFrame) else None
    kind = kind_of(options.get("effects", "unit"), time_name)
    unbalanced = options.get("unbalanced", "error")
    design = read_panel(
        asked.formula, data, w, durbin=flag(asked.durbin, "durbin"), unbalanced=unbalanced,
        weights=options.get("weights"), regimes=options.get("regimes"),
        takes_gaps=not asked.whole and _takes_gaps(kind, options, erred=erred),
    )  # fmt: skip
    _check_split(design, kind, options, erred=erred)
    if kind.common:
        if erred or correction != "lee-yu":
            which = f"{name}" if erred else f"correction={correction!r}"
            raise OptionError(
                f"effects='common' is for panel_ols, panel_slx, panel_lag and panel_durbin with correction='lee-yu', "
                f"not for {which}: an error process or another score beside it has not been shown to be right."
            )
        covariance = covariance or "cluster"
    if kind.rows is not None:
        if name not in ("panel_ols", "panel_slx"):
            raise OptionError(f"effects={kind.rows!r} is for panel_ols and panel_slx, not for {name}.")
        design = rows_between(design) if kind.rows == "between" else rows_of_differences(design)
        several = kind.rows == "first-difference" and design.stack.n > 1
        covariance = covariance or ("cluster" if several else None)
    if covariance == "cluster" and design.stack.n == 1:
        raise OptionError(
            f"clusters by unit need two units or more, and there is one ({design.units[0]}); use "
            f"covariance='information'."
        )
    dynamic = options.get("dynamic")
    if dynamic is not None:
        _check_dynamic(name, kind, word(dynamic, DYNAMICS, "dynamic"))
        design = with_lagged_outcome(design, asked.formula, data, w, dynamic, unbalanced)
    _check_variation(design, kind)
    effects = beside_rows(effects_for(kind, design, data, lagged=lagged), design.unknown)
    design = _less_absorbed(design, effects, kind, spatial=lagged or erred)
    W1 = design.weights["W"] if lagged else None
    other = asked.error_w
    W2 = None if not erred else design.weights["W"] if other is None else weights_of(other, design, "error_w")
    moments = options.get("method", "ml") == "gmm"
    _check_weights(W1, W2, design, effects, kind, fixed=kind.random is None and correction != "pairs" and not moments)
    doubts = notes_on_weights([W1, W2], design.data.columns, design.periods)
    design = replace(design, notes=(*design.notes, *doubts))
    reach = reach_of(covariance, options, data)
    return Specification(
        name, kind, design, effects, W1, W2, correction != "none", covariance, correction == "pairs", reach
    )


def _check_variation(design: PanelDesign, kind: Kind) -> None:
    """Effects of units need two periods; all need an outcome that those of units or of time do not explain alone."""
    stack, y = design.stack, design.y
    if kind.time and stack.n > 1 and _constant_in(stack.period, y):
        raise DataError(
            f"{design.response} does not differ between units in any period, so that effects of time explain all of "
            f"it; use another outcome."
        )
    if not kind.unit:
        return
    if stack.periods < 2:
        raise DataError(
            f"effects of units need two periods or more, and there is one ({design.periods[0]}); use effects='pooled'."
        )
    if _constant_in(stack.unit, y):
        raise DataError(
            f"{design.response} does not vary over time within any unit, so that effects of units explain all of it; "
            f"use effects='time' or 'pooled', or another outcome."
        )


def _check_split(design: PanelDesign, kind: Kind, options: Given, *, erred: bool) -> None:
    """Regimes are for all but rows of means or differences; weights where somebody has defined what they weigh."""
    if design.regimes is not None and (kind.rows is not None or options.get("endogenous") is not None):
        raise OptionError(
            f"regimes= cannot split {'endogenous=' if kind.rows is None else f'effects={kind.rows!r}'}; write the "
            f"products in the formula, such as C({design.regimes}):x."
        )
    if design.observation_weights is None:
        return
    moments = options.get("method", "ml") == "gmm"
    other = [f"effects={kind.name!r}"] if kind.rows == "first-difference" or kind.common else []
    other += [f"dynamic={options['dynamic']!r}"] if options.get("dynamic") is not None else []
    other += ["method='gmm' with random effects"] if moments and kind.random else []
    other += ["method='gmm' with an error process"] if moments and erred else []
    other += ["correction='pairs'"] if options.get("correction") == "pairs" else []
    if other:
        raise OptionError(
            f"weights= is not for {other[0]}: its differences, corrections or moments of variances are those of rows "
            f"of equal weight, and nobody has defined others; use effects='unit', 'twoway', 'random' or 'between'."
        )


def _takes_gaps(kind: Kind, options: Given, *, erred: bool) -> bool:
    """Whether rows may lack regressors: fixed effects, and nothing that filters, weighs or differences rows."""
    plain = kind.random is None and kind.rows is None and not kind.common and not erred
    others = ("dynamic", "weights", "regimes")
    return (
        plain and options.get("method", "ml") == "ml" and options.get("correction") != "pairs"
        and all(options.get(name) is None for name in others)
    )  # fmt: skip


def _check_dynamic(name: str, kind: Kind, dynamic: str) -> None:
    if name not in ("panel_ols", "panel_slx", "panel_lag", "panel_durbin"):
        raise OptionError(
            f"dynamic={dynamic!r} is for panel_ols, panel_slx, panel_lag and panel_durbin, not for {name}."
        )
    if kind.random is not None or kind.rows is not None or kind.common:
        raise OptionError(
            f"dynamic={dynamic!r} needs fixed effects: random effects are correlated with the outcome of the period "
            f"before; use effects='unit' or 'twoway'."
        )


def _less_absorbed(design: PanelDesign, effects: Effects, kind: Kind, *, spatial: bool) -> PanelDesign:
    """The design without the intercept that effects absorb; raise for other columns that they absorb.

    A `spatial` model needs no regressor: rho or lambda is estimable beside the effects alone.
    """
    if effects.rank == 0:
        check_rank(design.X, design.terms)
        return design
    kept = _not_absorbed(design, effects)
    X = design.X[:, kept]
    terms = tuple(design.terms[place] for place in kept)
    if not kept and not spatial:
        raise CollinearityError("the formula has no regressor beside the effects; there is nothing to estimate.")
    left = effects.take_out(X)
    gone = [t for t, x, m in zip(terms, X.T, left.T, strict=True) if np.abs(m).max() <= _ABSORBED * np.abs(x).max()]
    if gone:
        within = (
            " vary over time within units" if kind.unit and not kind.time and kind.groups is None else " vary otherwise"
        )
        raise CollinearityError(
            f"{kind.told} effects absorb {some(gone)}, which do{'es' * (len(gone) == 1)} not{within}, so the "
            f"coefficient cannot be told; leave it out" + _product(design, kind, gone[0], X[:, terms.index(gone[0])])
        )
    if effects.rank + len(kept) >= design.n:
        raise CollinearityError(
            f"{effects.rank} effects and {len(kept)} regressors are as many as the {design.n} rows; take fewer."
        )
    if kept:
        check_rank(left, terms)
    return replace(design, X=X, terms=terms, columns=tuple(design.columns[place] for place in kept))


def _product(design: PanelDesign, kind: Kind, term: str, x: np.ndarray) -> str:
    """The end of the advice: a product that effects leave, of what is constant in units, or else in periods."""
    stack, time = design.stack, design.periods.name or "time"
    if term == time:
        return "."
    if kind.unit and _constant_in(stack.unit, x) and not (kind.time and _constant_in(stack.period, x)):
        return f", or take its product with time, such as {term}:{time}."
    if kind.time and _constant_in(stack.period, x) and not (kind.unit and _constant_in(stack.unit, x)):
        return ", or take its product with a variable that differs between units."
    return "."


def _constant_in(group: np.ndarray, x: np.ndarray) -> bool:
    """Whether `x` is the same in all rows of each group, to rounding."""
    count = np.bincount(group)
    mean = np.bincount(group, weights=x) / np.maximum(count, 1)
    return bool(np.abs(x - mean[group]).max() <= _ABSORBED * np.abs(x).max())


def _not_absorbed(design: PanelDesign, effects: Effects) -> list[int]:
    """The columns less the intercepts that effects absorb, alone or together.

    One by regime may change with the regime over time: then those of later classes stay, as differences from the first.
    """
    known, kept = np.zeros((design.n, 0)), []
    for place, term in reversed(list(enumerate(design.terms))):
        if not is_intercept(term):
            kept.append(place)
            continue
        left = effects.take_out(design.X[:, place])
        rest = left - known @ np.linalg.lstsq(known, left, rcond=None)[0]
        if np.abs(rest).max() > 1e-8:
            kept.append(place)
            known = np.column_stack([known, left])
    return sorted(kept)


def _check_weights(
    w: PanelWeights | None, error_w: PanelWeights | None, design: PanelDesign, effects: Effects, kind: Kind, *,
    fixed: bool,
) -> None:  # fmt: skip
    """`fixed` effects of a likelihood may be moved by both W: adjusted scores of rho and lambda know what to do."""
    for name, given in (("rho", w), ("lambda", error_w)):
        if given is None:
            continue
        check_linked(*given.different)
        if w is not None and error_w is not None and not fixed:
            check_error_effects(given, effects, kind.told)
        check_informed_panel(name, design.X, given.sparse, effects)
