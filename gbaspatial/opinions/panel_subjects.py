"""What a second opinion on a panel fit is asked about: rows by period and unit, effects, and our numbers."""

from __future__ import annotations

import numpy as np
import pandas as pd

from gbaspatial.formula import is_intercept
from gbaspatial.models.panel.dynamic_fit import DynamicFit
from gbaspatial.models.panel.panel_fit import PanelFit
from gbaspatial.models.panel.panel_moments import PanelMomentsFit
from gbaspatial.models.panel.random_effects import RandomEffectsFit
from gbaspatial.opinions.subject import PanelShape, Subject

PLAIN = ("classical", "information")  # covariances that other programs have for panels by default


def of_panel_fit(fit: PanelFit) -> Subject:
    """The `Subject` of a panel fit: its kind is the model, its method the effects in one word."""
    design, stack = fit.design, fit.design.stack
    kept = [place for place, term in enumerate(design.terms) if not is_intercept(term)]
    names = [f"x{number + 1}" for number in range(len(kept))]
    ids = pd.Index([f"{unit} ({time})" for unit, time in design.ids], name="row")
    w = fit.w or fit.error_w
    shape = PanelShape(
        stack.unit, stack.period, design.units, design.periods, corrected=fit.correction == "lee-yu",
        errors=fit.errors if isinstance(fit, RandomEffectsFit) else None, own_errors=fit.covariance_code not in PLAIN,
    )  # fmt: skip
    return Subject(
        fit.model, _method(fit), pd.Series(design.y, ids, name=design.response),
        pd.DataFrame(design.X[:, kept], index=ids, columns=names), w.by_period[0] if w is not None else None,
        _numbers(fit), _title(fit), intercept=len(kept) < design.k,
        plain=_plain(fit), terms=tuple(design.terms[place] for place in kept), panel=shape,
    )  # fmt: skip


def _title(fit: PanelFit) -> str:
    """The model and what it stands on, so far as this decides who else has it."""
    design, given = fit.design, [w for w in (fit.w, fit.error_w) if w is not None]
    special = [] if design.stack.balanced else ["rows that are not there"]
    special += [] if design.unknown is None else ["rows without regressors"]
    special += ["W by period"] if design.stack.balanced and not all(w.constant for w in given) else []
    special += [] if len(given) < 2 or given[0] is given[1] else ["another W of the error"]
    special += [] if design.observation_weights is None else ["observation weights"]
    special += ["correction='pairs'"] if fit.correction == "pairs" else []
    return f"{fit.model} with {', '.join([f'effects={fit.kind.name!r}', *special])}"


def _numbers(fit: PanelFit) -> dict[str, float]:
    """What other programs define alike: not the log-likelihood of an outcome less its effects, nor robust errors."""
    ours = {f"params[{term}]": float(value) for term, value in fit.params.items()}
    if fit.covariance_code in PLAIN:
        ours |= {f"std_errors[{term}]": float(value) for term, value in fit.std_errors.items()}
    ours["sigma2"] = fit.sigma2
    if fit.absorbed == 0 or fit.correction == "none":
        ours["log_likelihood"] = fit.log_likelihood
    return {name: value for name, value in ours.items() if np.isfinite(value)}


def _method(fit: PanelFit) -> str:
    """The effects in one word; ``"gmm"`` and ``"dynamic"`` are methods of their own."""
    if isinstance(fit, PanelMomentsFit):
        return "gmm"
    if isinstance(fit, DynamicFit):
        return "dynamic"
    kind = fit.kind
    if kind.rows is not None:
        return "pooled"  # least squares on rows of their own: means, or differences
    if kind.common:
        return "common"
    if kind.random is not None:
        return "random with others" if kind.time or kind.groups is not None else "random"
    if kind.groups is not None:
        return "by group"
    return {(False, False): "pooled", (True, False): "unit", (False, True): "time"}.get(
        (kind.unit, kind.time), "twoway"
    )


def _plain(fit: PanelFit) -> bool:
    """Whether other programs can hold it: where W acts, one W for both, the same in all periods of all units."""
    given = [w for w in (fit.w, fit.error_w) if w is not None]
    one = not given or (given[0] is given[-1] and given[0].constant and fit.design.stack.balanced)
    own = fit.correction == "pairs" or (fit.kind.common and fit.w is not None)  # scores that no other program has
    return one and not own and fit.design.observation_weights is None and fit.design.unknown is None
