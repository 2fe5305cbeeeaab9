"""Panel models whose effects are filtered or weighted: errors with any W beside effects, and observation weights.

With observation weights v every row is multiplied by sqrt(v): y, X, the effects, and W as sqrt(v_i) w_ij / sqrt(v_j),
which has the log-determinant of W. What is left has one variance, and the projection is that off weighted effects.
"""

from __future__ import annotations

from dataclasses import dataclass, fields

import numpy as np

from gbaspatial.errors import OptionError
from gbaspatial.models.likelihood.maximum import maximize
from gbaspatial.models.panel.filtered_effects import basis_of, maximize_restricted, with_basis
from gbaspatial.models.panel.fixed_effects import correction_note, edge_notes, effects_by_row, wrapped
from gbaspatial.models.panel.frame import PanelWeights
from gbaspatial.models.panel.information_less_effects import parts_of
from gbaspatial.models.panel.less_effects import panel_problem, part_of
from gbaspatial.models.panel.panel_fit import PanelFit
from gbaspatial.models.panel.panel_specification import Specification
from gbaspatial.models.panel.sides import leaves_effects, panel_side, weighted_side
from gbaspatial.models.panel.within import Effects
from gbaspatial.models.solve.side import Side


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class FilteredFit(PanelFit):
    """A panel model whose effects were filtered by the error process or weighted; see `PanelFit`.

    Attributes
    ----------
    level : numpy.ndarray
        What the effects add to the outcome's own part, by row.
    """

    level: np.ndarray

    def _own_part(self) -> np.ndarray:
        return np.asarray(self.design.X @ self.beta + self.level)


def needs_filter(given: Specification) -> bool:
    """Whether the effects of a specification are weighted, or moved by its error process."""
    if given.design.observation_weights is not None:
        return True
    return given.error_w is not None and not leaves_effects(given.error_w, given.effects)


def filtered_fit(given: Specification) -> FilteredFit:
    """The fit of such a specification.

    Raises
    ------
    OptionError
        For rho and lambda together.
    """
    design, effects = given.design, given.effects
    root = None if design.observation_weights is None else np.sqrt(design.observation_weights)
    if given.w is not None and given.error_w is not None and effects.rank:
        raise OptionError(
            f"rho and lambda beside {given.kind.told} effects need a W of the error that maps the effects onto "
            f"themselves (one W for all periods, rows that sum to one beside effects of time) and no weights=; fit one "
            f"of both (panel_lag, panel_error), or take effects='pooled'."
        )
    basis = basis_of(effects, root)
    own = with_basis(effects, basis) if effects.rank else Effects(design.stack)
    off = own if given.corrected and effects.rank else None
    one = _side(given.w, off, root)
    two = one if given.error_w is given.w else _side(given.error_w, None, root)
    y, X = (design.y, design.X) if root is None else (root * design.y, root[:, None] * design.X)
    model = panel_problem(y, X, one, two, own, corrected=given.corrected)
    if two is not None and effects.rank:
        model, at = maximize_restricted(model, basis, given.corrected)
        note = (
            f"Restricted likelihood, less {effects.rank} effects that W filters (adjusted score); W by period, rows "
            f"that do not sum to one, gaps or weights leave no transformation of Lee and Yu (2010)."
        )
        notes = [note if given.corrected else correction_note(effects.rank, False, False)]
    else:
        at = maximize(model)
        notes = [correction_note(effects.rank, given.corrected, False)] if one is not None and effects.rank else []
        notes += edge_notes(at, at.edges, model)
    if root is not None:
        notes.append("Weighted: the variance of a row is sigma2 over its weight; residuals are not weighted.")
    fit = wrapped(given, model, at, (*design.notes, *notes), root)
    parts = {one.name: getattr(fit, one.name) for one in fields(fit) if one.init}
    plain = panel_problem(
        design.y, design.X, _side(given.w, None, None), _side(given.error_w, None, None), effects,
        corrected=given.corrected,
    )  # fmt: skip
    shift = 0.0 if root is None else float(np.log(root).sum())
    level = effects_by_row(design, parts_of(model, at), at, root)
    parts |= {"problem": part_of(plain), "log_likelihood": at.log_likelihood + shift}
    return FilteredFit(**parts, level=level)


def _side(w: PanelWeights | None, off: Effects | None, root: np.ndarray | None) -> Side | None:
    if w is None:
        return None
    return panel_side(w, off) if root is None else weighted_side(w, off, root)
