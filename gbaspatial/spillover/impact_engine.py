"""The door of this room: the impacts of a fit, of whatever kind, ready for any reading of them."""

from __future__ import annotations

import inspect
from typing import TYPE_CHECKING

import numpy as np

from gbaspatial.errors import OptionError
from gbaspatial.models.impacts.engine import Engine
from gbaspatial.models.impacts.open_ends import nothing_ends, spatial_parameter
from gbaspatial.models.impacts.summary_measures import ImpactsResult
from gbaspatial.models.solve.admissible import window
from gbaspatial.randomness import IMPACT_DRAWS, Rng, stream
from gbaspatial.results import number
from gbaspatial.sizes import DENSE_LIMIT

if TYPE_CHECKING:
    from collections.abc import Iterable

    import pandas as pd

    from gbaspatial.alignment import Label
    from gbaspatial.formula import Regressor
    from gbaspatial.models import Fit, PanelFit
    from gbaspatial.models.impacts.average import Quantity


def engine_of(fit: Fit | PanelFit, *, period: Label | None, method: str, draws: int, rng: Rng, level: float) -> Engine:
    """The engine of the impacts of a fit; of a panel, those of a period.

    Raises
    ------
    OptionError
        If the fit has no impact matrix, is no panel and a period is named, or has more units than a dense matrix
        can hold.
    """
    verb = getattr(fit, "impacts", None)
    if verb is None:
        raise OptionError(
            f"a {type(fit).__name__} has no impacts that could spill over; fit a lag, SLX or Durbin model, such as "
            f"gba.models.durbin(...)."
        )
    options: dict[str, object] = {"method": method, "level": level}
    if method != "delta":
        options |= {"draws": draws, "rng": rng}
    if "period" in inspect.signature(verb).parameters:
        options["period"] = period
    elif period is not None:
        raise OptionError(f"period={period!r} is for panels, but this fit is of one cross-section; leave it out.")
    found = verb(**options)
    if not isinstance(found, ImpactsResult):
        raise OptionError(
            f"the impacts of a {type(fit).__name__} run over time; spillover is measured within a period, so fit the "
            f"model without dynamic=, or read fit.impacts() itself."
        )
    if found.n > DENSE_LIMIT:
        raise OptionError(
            f"spillover from unit to unit needs a dense matrix of {found.n} units; it goes to {DENSE_LIMIT}."
        )
    return found._engine


def check_spills(engine: Engine, regressor: Regressor) -> None:
    """Raise if nothing of a regressor reaches other units."""
    if engine.fit.w is None and not regressor.theta:
        raise OptionError(
            f"{regressor.name} has no spillover in this model: it has neither rho nor a spatial lag of it; fit "
            f"gba.models.slx, lag or durbin."
        )


def check_known(engine: Engine) -> None:
    """Refuse where every rho is possible: then every change is.

    Raises
    ------
    OptionError
        If so, or if the estimates have no covariance.
    """
    known = engine.known
    if not np.isfinite(known.covariance).all():
        raise OptionError(
            "the estimates have no covariance (the notes of the fit say why), so that nothing here has an interval."
        )
    if known.rho_place is None or known.draws is None or engine.fit.w is None:
        return
    low, high = window(engine.fit.w.interval)
    rho = known.draws[:, known.rho_place]
    tail = (1 - known.level) / 2
    first, last = np.quantile(rho, [tail, 1 - tail])
    if first <= low + 0.01 * (high - low) and last >= high - 0.01 * (high - low):
        raise OptionError(
            f"the data do not say what rho is: its {known.level:.0%} interval runs from one end of what is possible "
            f"to the other, so anything could follow. Use a model without rho (gba.models.slx), or more units."
        )


def check_bounded(engine: Engine, frames: Iterable[pd.DataFrame], what: str) -> None:
    """Refuse where no interval of any table has an end: rho can be anything up to the end of what is possible.

    Raises
    ------
    OptionError
        If so; `what` says what the data do not tell.
    """
    if not nothing_ends(frames):
        return
    name = spatial_parameter(engine)
    raise OptionError(
        f"the data do not say {what}: no {name} up to the end of what is possible can be rejected "
        f"({name} {number(float(engine.fit.params[name]))}), so that no interval has an end at "
        f"{engine.known.level:.0%}. Use a model without {name} (gba.models.slx) or more units; method='delta' tells "
        f"what the estimate alone would say."
    )


def linked(engine: Engine, regressor: Regressor) -> np.ndarray:
    """Pairs (n, n) between which some W of the effect has a link."""
    lags = [engine.fit.design.weights[name] for name in regressor.theta]
    used = [*lags, *([engine.fit.w] if engine.fit.w is not None else [])]
    return np.logical_or.reduce([w.sparse.toarray() != 0 for w in used])


def drawn_values(engine: Engine, quantity: Quantity, draws: int) -> np.ndarray | None:
    """A quantity at draws of the parameters (m, q); None where rho is no parameter and draws would all agree in shape.

    Those of the engine where it has them, else normal ones with the covariance of the fit.
    """
    known = engine.known
    if known.rho_place is None:
        return None
    drawn = known.draws
    if drawn is None:
        root = np.linalg.cholesky(known.covariance + 1e-15 * np.trace(known.covariance) * np.eye(len(known.estimate)))
        rng = stream(engine.seed or 0, IMPACT_DRAWS)
        drawn = known.estimate + rng.standard_normal((draws, len(known.estimate))) @ root.T
    return quantity.values(drawn, known.rho_place)


def method_words(engine: Engine) -> str:
    """How the intervals were made, in words."""
    known = engine.known
    told = {
        "delta": "delta method",
        "simulated": "normal draws of the estimates",
        "bootstrap": "studentized refits",
        "confidence": "confidence distribution of the spatial parameter",
    }[known.method]
    return f"{known.level:.0%} intervals: {told}" + ("" if engine.seed is None else f", seed {engine.seed}") + "."
