"""`Answer`: what a peer said, with the differences that are known."""

from __future__ import annotations

from dataclasses import dataclass

from gbaspatial.opinions.known import Known

_SAME = 1e-6  # relative: what two programs that do the same agree in


@dataclass(frozen=True, slots=True, eq=False)
class Answer:
    """What a peer said: numbers by quantity, what was called, and the differences that are known for this call."""

    numbers: dict[str, float]
    program: str
    version: str
    call: str
    known: tuple[Known, ...] = ()
    tolerance: float = _SAME
