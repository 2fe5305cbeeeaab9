"""The Gaussian likelihood of a panel with effects, as a `Problem` of the cross-section: arrays only.

W is applied first, period by period, and effects are taken out after; what is left of
[y, W1 y, X] and of its lag by W2 goes through the same concentrated likelihood as a
cross-section, with the degrees of freedom in place of n and `panel_curve` in place of the
log-determinant. Nothing of the size of units times periods squared is ever made.
"""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from typing import Any

import numpy as np

from gbaspatial.models.likelihood.problem import Problem, Side, Straight
from gbaspatial.models.panel.within import Effects


@dataclass(frozen=True, slots=True, eq=False)
class PanelProblem(Problem):
    """A `Problem` whose effects are taken out; `count` takes the place of n in the likelihood."""

    effects: Any = None
    count: int = 0

    @property
    def n(self) -> int:
        """Number of rows that are left to the likelihood, once effects are taken out."""
        return self.count

    def with_outcome(self, y: np.ndarray) -> PanelProblem:
        """The same model for another outcome."""
        return reduced(replace(self, y=np.asarray(y, dtype=float)))


@dataclass(frozen=True, slots=True, eq=False)
class PartOfPanelProblem(PanelProblem):
    """Outcome, regressors and W of a model whose likelihood has more: random effects, or a lagged outcome.

    Its own maximum is not the estimate, so that refits and exchanged residuals are not made from it.
    """


def part_of(model: PanelProblem) -> PartOfPanelProblem:
    """`model`, marked as a part."""
    return PartOfPanelProblem(**{one.name: getattr(model, one.name) for one in fields(model)})


def panel_problem(
    y: np.ndarray,
    X: np.ndarray,
    lag: Side | None,
    error: Side | None,
    effects: Effects,
    *,
    corrected: bool = True,
    d: np.ndarray | None = None,
) -> PanelProblem:
    """The panel model of y (m,) on X (m, k) less `effects`, with the sides of rho and lambda.

    With `corrected` the degrees of freedom of the effects are taken off; the curves of the
    sides must be those of the same choice.
    """
    count = len(y) - effects.rank if corrected else len(y)
    return reduced(
        PanelProblem(np.asarray(y, float), np.asarray(X, float), lag, error, d, effects=effects, count=count)
    )


def reduced(model: PanelProblem) -> PanelProblem:
    """`model` with the QR decomposition of its columns, W applied and effects taken out, in this order."""
    wy = model.lag.W @ model.y if model.lag is not None else np.zeros_like(model.y)
    Z = np.column_stack([model.y, wy, model.X])
    q = Z.shape[1]
    if model.error is not None:
        Z = np.hstack([Z, model.error.W @ Z])
    R = np.asarray(np.linalg.qr(model.effects.take_out(Z), mode="r"))
    if model.error is not None:
        return replace(model, R0=R[:, :q], R1=R[:, q:], straight=None)
    return replace(model, R0=R, R1=None, straight=Straight.of(R))
