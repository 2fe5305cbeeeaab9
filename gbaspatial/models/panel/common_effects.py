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

    With `across` the means are counted as taken out of the innovations too: the mean of the outcome by period holds
    the mean of the innovations of all units, so that the score of rho has lost tr(M G) with M the projection off the
    factors over time times that off the mean over units. Without it rho leans by about -1 / N.

    References
    ----------
    Pesaran, M. H. (2006). Estimation and inference in large heterogeneous panels with a multifactor error structure.
    Econometrica 74(4), 967-1012.
    """

    factors: np.ndarray | None = None
    across: bool = False

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
        """The number of coefficients of all units, and with `across` of the means of what is left of the periods."""
        q = self._basis.shape[1]
        return int(self.stack.n * q + (self.stack.periods - q) * self.across)

    def take_out(self, values: np.ndarray) -> np.ndarray:
        """What is left of `values` (m,) or (m, q) in each unit."""
        wide = values.reshape(self.stack.periods, -1).astype(float)
        return np.asarray((wide - self._basis @ (self._basis.T @ wide)).reshape(values.shape))

    def left_of(self, period: int) -> float:
        """The diagonal of the projection over time: what the factors leave of a period."""
        return float(1 - self._basis[period] @ self._basis[period])

    def share_in_period(self, period: int) -> np.ndarray:
        """The diagonal block (n, n) of what is taken out, for one period."""
        left, n = self.left_of(period), self.stack.n
        return np.asarray((1 - left) * np.eye(n) + (left / n if self.across else 0.0))

    def split(self, total: np.ndarray) -> tuple[None, None]:
        """No effects by unit or period: each is a history of its own."""
        return None, None


def common_effects(design: PanelDesign, across: bool = False) -> CommonEffects:
    """The effects that the means by period of outcome and regressors stand for; `across` beside rho.

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
    found = CommonEffects(stack, factors=factors, across=across)
    if found._basis.shape[1] + 1 >= stack.periods:
        raise DataError(
            f"effects='common' takes {found._basis.shape[1]} coefficients for each unit, which {stack.periods} periods "
            f"cannot carry; use fewer regressors or more periods."
        )
    return found
