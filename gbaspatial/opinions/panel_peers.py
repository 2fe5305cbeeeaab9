"""What spreg says of a panel; effects for which it has no class of its own stand as dummies."""

from __future__ import annotations

from collections.abc import Callable
from importlib.metadata import version
from typing import TYPE_CHECKING, Any

import numpy as np
from scipy import sparse

from gbaspatial.opinions import known
from gbaspatial.opinions.answers import Answer
from gbaspatial.opinions.subject import PanelShape, Subject, libpysal_w
from gbaspatial.weights import Weights

if TYPE_CHECKING:
    from libpysal.weights import W

LAGGED = ("panel_lag", "panel_durbin")
ERRED = ("panel_error", "panel_durbin_error")
STRAIGHT = ("panel_ols", "panel_slx")
DUMMIES: dict[str, tuple[str, ...]] = {  # of fixed effects, by their word
    "pooled": (), "unit": ("unit",), "time": ("period",), "twoway": ("unit", "period"),
}  # fmt: skip


def shape_of(subject: Subject) -> PanelShape:
    """The shape of a subject that is a panel."""
    assert subject.panel is not None
    return subject.panel


def freedom(subject: Subject) -> float:
    """What the peers' variances are multiplied by: T / (T - 1) where only units have effects and are corrected for."""
    shape = shape_of(subject)
    if subject.method != "unit" or not shape.corrected or subject.kind in STRAIGHT or subject.of is not None:
        return 1.0
    periods = len(shape.periods)
    return periods / (periods - 1)


def told_freedom(subject: Subject) -> str:
    """How that is told beside the call."""
    return "" if freedom(subject) == 1.0 else ", variances times T / (T - 1)"


def differences(subject: Subject, *others: known.Known) -> tuple[known.Known, ...]:
    """The known differences of any peer that does not correct for effects of time, and of our own covariances."""
    shape = shape_of(subject)
    if subject.of is not None:  # tests, not estimates
        return others
    found = list(others)
    spatial = subject.kind not in STRAIGHT
    if spatial and shape.corrected and subject.method in ("time", "twoway"):
        found.append(known.TIME_FREEDOM)
    if shape.own_errors:
        found.append(known.OWN_ERRORS)
    return tuple(found)


def added_intercept(subject: Subject) -> bool:
    """Whether spreg would add an intercept that the model has not."""
    return not subject.intercept and subject.method in ("pooled", "random")


# -- spreg --------------------------------------------------------------------------------
def spreg_answer(subject: Subject) -> Callable[[Subject], Answer] | None:
    """How spreg is asked about `subject`; None where it has no counterpart."""
    if not subject.plain or added_intercept(subject):
        return None
    if subject.kind in STRAIGHT:
        return {"unit": _panel_fe}.get(subject.method, _ols) if subject.method in DUMMIES else None
    if subject.kind not in (*LAGGED, *ERRED):
        return None
    if subject.method == "random":
        return _random if shape_of(subject).errors == "baltagi" else None
    return {"pooled": _stacked, "time": _stacked, "unit": _within, "twoway": _within}.get(subject.method)


def with_dummies(subject: Subject, *of: str) -> np.ndarray:
    """The regressors, and a column for each unit or period but the first."""
    columns = [subject.columns.to_numpy(dtype=float)]
    for name in of:
        codes = getattr(shape_of(subject), name)
        columns.append((codes[:, None] == np.arange(1, codes.max() + 1)[None, :]).astype(float))
    return np.column_stack(columns)


def _y(subject: Subject) -> np.ndarray:
    return subject.outcome.to_numpy(dtype=float)[:, None]


def blocks_of(subject: Subject, periods: int = 1) -> W:
    """W, or with `periods` one block of it for each, as libpysal has it; as given."""
    assert subject.w is not None
    W = sparse.csr_array(sparse.kron(sparse.eye_array(periods), subject.w.sparse))
    return libpysal_w(Weights(W, range(W.shape[0])))


def _spreg(
    subject: Subject, model: Any, call: str, spatial: tuple[str, ...], skip: tuple[str, ...], factor: float,
    intercept: bool, *known_ones: known.Known,
) -> Answer:  # fmt: skip
    """Their numbers by our names: coefficients in the order intercept, X, spatial; what dummies have is left out."""
    k = len(subject.terms)
    betas = np.ravel(model.betas)
    errors = np.sqrt(np.diag(np.asarray(model.vm))[: len(betas)] * factor)
    first = int(intercept)
    places = list(range(first, first + k)) + ([len(betas) - 1 - _trailing(model)] if spatial else [])
    names = [*subject.terms, *spatial]
    if intercept and subject.intercept:
        names, places = ["Intercept", *names], [0, *places]
    numbers = {f"params[{name}]": float(betas[place]) for name, place in zip(names, places, strict=True)}
    numbers |= {f"std_errors[{name}]": float(errors[place]) for name, place in zip(names, places, strict=True)}
    numbers |= {"sigma2": float(np.ravel(model.sig2)[0]) * factor}
    if hasattr(model, "logll"):
        numbers["log_likelihood"] = float(np.ravel(model.logll)[0])
    kept = {name: value for name, value in numbers.items() if name.partition("[")[0] not in skip}
    # what their searches stop at: that of random effects takes turns between rho and the variance
    tolerance = 1e-6 if subject.kind in STRAIGHT else 1e-3 if subject.method == "random" else 1e-4
    return Answer(kept, "spreg", version("spreg"), call + told_freedom(subject), differences(subject, *known_ones),
                  tolerance)  # fmt: skip


def _trailing(model: type) -> int:
    """How many variances stand behind the spatial parameter."""
    return int(type(model).__name__ in ("ML_LagRE", "ML_ErrorRE"))


def _ols(subject: Subject) -> Answer:
    from spreg import OLS

    of = DUMMIES[subject.method]
    model = OLS(_y(subject), with_dummies(subject, *of), nonspat_diag=False)
    call = "OLS()" + (f" with dummies of each {' and '.join(of)}" if of else "")
    skip = ("log_likelihood",) if of else ()
    return _spreg(subject, model, call, (), skip, 1.0, True)


def _panel_fe(subject: Subject) -> Answer:
    shape = shape_of(subject)
    if len(subject.outcome) != len(shape.units) * len(shape.periods):
        return _ols(subject)
    from spreg import PanelFE

    units = Weights(np.zeros((len(shape.units),) * 2), range(len(shape.units))).to_libpysal()
    model = PanelFE(_y(subject), subject.columns.to_numpy(dtype=float), units)
    factor = model.df_resid / (len(subject.outcome) - len(shape.units) - len(subject.terms))
    mended = factor != 1  # releases before 1.9.1
    call = "PanelFE(), variances over NT - N - k" if mended else "PanelFE()"
    told = (known.FE_DIVISOR,) if mended else ()
    return _spreg(subject, model, call, (), ("log_likelihood",), factor, False, *told)


def _within(subject: Subject) -> Answer:
    from spreg import ML_ErrorFE, ML_LagFE

    lagged = subject.kind in LAGGED
    of = ("period",) if subject.method == "twoway" else ()
    arguments = (_y(subject), with_dummies(subject, *of), blocks_of(subject))
    model = ML_LagFE(*arguments, epsilon=1e-12, spat_impacts=None) if lagged else ML_ErrorFE(*arguments, epsilon=1e-12)
    call = ("ML_LagFE()" if lagged else "ML_ErrorFE()") + (" with dummies of each period" if of else "")
    return _spreg(subject, model, call, ("rho" if lagged else "lambda",), ("log_likelihood",), freedom(subject), False,
                  known.PANEL_LIKELIHOOD, *known.interval(subject.w))  # fmt: skip


def _stacked(subject: Subject) -> Answer:
    from spreg import ML_Error, ML_Lag

    lagged = subject.kind in LAGGED
    of = ("period",) if subject.method == "time" else ()
    arguments = {"w": blocks_of(subject, len(shape_of(subject).periods)), "method": "full", "epsilon": 1e-12}
    y, x = _y(subject), with_dummies(subject, *of)
    model = ML_Lag(y, x, spat_diag=False, **arguments) if lagged else ML_Error(y, x, **arguments)
    call = ("ML_Lag" if lagged else "ML_Error") + "(method='full') with W in blocks"
    call += " and dummies of each period" if of else ""
    return _spreg(subject, model, call, ("rho" if lagged else "lambda",), (), 1.0, True, *known.interval(subject.w))


def _random(subject: Subject) -> Answer:
    from spreg import ML_ErrorRE, ML_LagRE

    lagged = subject.kind in LAGGED
    arguments = (_y(subject), subject.columns.to_numpy(dtype=float), blocks_of(subject))
    if lagged:
        model = ML_LagRE(*arguments, epsilon=1e-12, spat_impacts=None)
        return _spreg(subject, model, "ML_LagRE()", ("rho",), (), 1.0, True, known.RANDOM_LAG)
    model = ML_ErrorRE(*arguments, epsilon=1e-12)
    return _spreg(subject, model, "ML_ErrorRE()", ("lambda",), (), 1.0, True, known.RANDOM_ERROR)
