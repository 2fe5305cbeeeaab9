"""How a p-value is made: what doors take option by option goes on as one frozen thing."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Procedure:
    """How the p-value of a test is made.

    Parameters
    ----------
    inference : str
        ``"exact"``, ``"permutation"``, ...; ``"auto"`` where what is computed decides.
    alternative : {"two-sided", "greater", "less"}
    draws : int
        Random orders.
    seed : int
        Of the random orders.
    stop_after : int, optional
        Stop once the tail holds this many draws.
    """

    inference: str
    alternative: str
    draws: int
    seed: int
    stop_after: int | None = None

    def drawing(self) -> dict[str, Any]:
        """What a null distribution by random orders asks for.

        Examples
        --------
        >>> Procedure("permutation", "greater", 99, 1).drawing()
        {'draws': 99, 'seed': 1, 'alternative': 'greater', 'stop_after': None}
        """
        return {
            "draws": self.draws,
            "seed": self.seed,
            "alternative": self.alternative,
            "stop_after": self.stop_after,
        }
