"""Common correlated effects: shocks that all units share, each in its own measure."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from gbaspatial.errors import DataError, OptionError
from gbaspatial.models.panel.frame import PanelDesign
from gbaspatial.models.panel.within import Effects


@dataclass(frozen=True, eq=False)
class CommonEffects(Effects):
    """For each unit its own coefficients on a constant and on the `factors` (T, q), the means of all units by period.

    References
    ----------
    Pesaran, M. H. (2006). Estimation and inference in large heterogeneous panels with a multifactor error structure.
    Econometrica 74(4), 967-1012.
    """

    factors: np.ndarray | None = None

    @property
    def separable(self) -> bool:
        """Whether M is a projection over time times one over units: yes, but with no product form for the curves."""
        return False

    @cached_property
    def _basis(self) -> np.ndarray:
        assert self.factors is not None
        full = np.column_stack([np.ones(len(self.factors)), self.factors])
        U, size, _ = np.linalg.svd(full / np.maximum(np.abs(full).max(axis=0), 1e-300), full_matrices=False)
        return np.asarray(U[:, size > 1e-10 * size[0]])

    @cached_property
    def rank(self) -> int:
        """The number of coefficients of all units."""
        return int(self.stack.n * self._basis.shape[1])

    def take_out(self, values: np.ndarray) -> np.ndarray:
        """What is left of `values` (m,) or (m, q) in each unit."""
        wide = values.reshape(self.stack.periods, -1).astype(float)
        return np.asarray((wide - self._basis @ (self._basis.T @ wide)).reshape(values.shape))

    def split(self, total: np.ndarray) -> tuple[None, None]:
        """No effects by unit or period: each is a history of its own."""
        return None, None


def common_effects(design: PanelDesign) -> CommonEffects:
    """The effects that the means by period of outcome and regressors stand for.

    Raises
    ------
    OptionError, DataError
        For gaps, or too few periods for the coefficients of a unit.
    """
    stack = design.stack
    if not stack.balanced:
        raise OptionError("effects='common' needs a balanced panel; fill in the rows, or use unbalanced='common'.")
    columns = np.column_stack([design.y, design.X])
    factors = columns.reshape(stack.periods, stack.n, -1).mean(axis=1)
    found = CommonEffects(stack, factors=factors)
    if found._basis.shape[1] + 1 >= stack.periods:
        raise DataError(
            f"effects='common' takes {found._basis.shape[1]} coefficients for each unit, which {stack.periods} periods "
            f"cannot carry; use fewer regressors or more periods."
        )
    return found
