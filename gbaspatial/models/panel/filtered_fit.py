"""Panel models whose effects are filtered or weighted: errors with any W beside effects, and observation weights.

With observation weights v every row is multiplied by sqrt(v): y, X, the effects, and W as sqrt(v_i) w_ij / sqrt(v_j),
which has the log-determinant of W. What is left has one variance, and the projection is that off weighted effects.
"""

from __future__ import annotations

from dataclasses import dataclass, fields

import numpy as np
from scipy import sparse

from gbaspatial.models.fit_tables import SMALL
from gbaspatial.models.likelihood.information import Apart
from gbaspatial.models.likelihood.maximum import maximize
from gbaspatial.models.likelihood.problem import Estimate
from gbaspatial.models.panel.adjusted_scores import AdjustedScores, apart_of, solved
from gbaspatial.models.panel.filtered_effects import basis_of, check_size, dummies_of, maximize_restricted, with_basis
from gbaspatial.models.panel.fixed_effects import (
    correction_note,
    edge_notes,
    effects_by_row,
    told_other_correction,
    wrapped,
)
from gbaspatial.models.panel.information_less_effects import parts_of
from gbaspatial.models.panel.less_effects import PanelProblem, panel_problem, part_of
from gbaspatial.models.panel.panel_fit import SharedPanelFit
from gbaspatial.models.panel.panel_specification import Specification
from gbaspatial.models.panel.period_weights import PanelWeights
from gbaspatial.models.panel.sides import leaves_effects, panel_side, weighted_side
from gbaspatial.models.panel.within import Effects
from gbaspatial.models.solve.side import Side

_RESTRICTED = (
    "Restricted likelihood, less {} effects that W filters (adjusted score); W by period, rows that do not sum to one, "
    "gaps or weights leave no transformation of Lee and Yu (2010)."
)
_JOINT = (
    "Adjusted scores of rho and lambda, less {} effects that W filters; W by period, rows that do not sum to one, gaps "
    "or weights leave no transformation of Lee and Yu (2010), and the two scores are no slopes of one likelihood."
)


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class FilteredFit(SharedPanelFit):
    """A panel model whose effects were filtered by the error process or weighted; see `PanelFit`.

    Attributes
    ----------
    level : numpy.ndarray
        What the effects add to the outcome's own part, by row.
    """

    level: np.ndarray

    def _own_part(self) -> np.ndarray:
        return np.asarray(self.design.X @ self.beta + self.level)


@dataclass(frozen=True, slots=True, eq=False)
class _Maximum:
    """A model with the projection at its estimate, the estimate, notes, and the slopes of equations."""

    model: PanelProblem
    at: Estimate
    notes: tuple[str, ...]
    apart: Apart | None = None


def needs_filter(given: Specification) -> bool:
    """Whether the effects of a specification are weighted, or moved by its error process."""
    if given.design.observation_weights is not None:
        return True
    if given.error_w is None:
        return False
    sides = [one for one in (given.w, given.error_w) if one is not None]
    return not all(leaves_effects(one, given.effects) for one in sides)


def filtered_fit(given: Specification) -> FilteredFit:
    """The fit of such a specification.

    Raises
    ------
    OptionError
        For more units than whole inverses are made of.
    ConvergenceError
        If there is no estimate inside the intervals.
    """
    design, effects = given.design, given.effects
    root = None if design.observation_weights is None else np.sqrt(design.observation_weights)
    found = _maximum(given, root, given.corrected)
    model, at, notes = found.model, found.at, found.notes
    if design.stack.n < SMALL and effects.rank and (given.w is not None or given.error_w is not None):
        notes += (told_other_correction(given, _maximum(given, root, not given.corrected).at),)
    if root is not None:
        notes += ("Weighted: the variance of a row is sigma2 over its weight; residuals are not weighted.",)
    fit = wrapped(given, model, at, (*design.notes, *notes), root, found.apart)
    parts = {one.name: getattr(fit, one.name) for one in fields(fit) if one.init}
    plain = panel_problem(
        design.y, design.X, _side(given.w, None, None), _side(given.error_w, None, None), effects,
        corrected=given.corrected,
    )  # fmt: skip
    shift = 0.0 if root is None else float(np.log(root).sum())
    level = effects_by_row(design, parts_of(model, at), at, root)
    parts |= {"_problem": part_of(plain), "log_likelihood": at.log_likelihood + shift}
    return FilteredFit(**parts, level=level)


def _maximum(given: Specification, root: np.ndarray | None, corrected: bool) -> _Maximum:
    """The estimate of a specification, with or without the correction."""
    design, effects = given.design, given.effects
    basis = basis_of(effects, root)
    own = with_basis(effects, basis) if effects.rank else Effects(design.stack)
    both = given.w is not None and given.error_w is not None and effects.rank > 0
    one = _side(given.w, own if corrected and effects.rank and not both else None, root)
    two = one if given.error_w is given.w else _side(given.error_w, None, root)
    y, X = (design.y, design.X) if root is None else (root * design.y, root[:, None] * design.X)
    model = panel_problem(y, X, one, two, own, corrected=corrected)
    rank = effects.rank
    if both:
        check_size(model)
        model, at = solved(AdjustedScores(model, sparse.csr_array(dummies_of(effects, root)), corrected))
        note = _JOINT.format(rank) if corrected else correction_note(rank, False, False)
        return _Maximum(model, at, (note,), apart_of(model, at, corrected))
    if two is not None and rank:
        model, at = maximize_restricted(model, basis, corrected)
        return _Maximum(model, at, (_RESTRICTED.format(rank) if corrected else correction_note(rank, False, False),))
    at = maximize(model)
    notes = [correction_note(rank, corrected, False)] if one is not None and rank else []
    return _Maximum(model, at, (*notes, *edge_notes(at, at.edges, model)))


def _side(w: PanelWeights | None, off: Effects | None, root: np.ndarray | None) -> Side | None:
    if w is None:
        return None
    return panel_side(w, off) if root is None else weighted_side(w, off, root)
