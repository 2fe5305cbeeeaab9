"""What a referee asks of a result: the same by another program, and the same as code. Verbs that results assign."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from gbaspatial.opinions.opinion import Peer, SecondOpinion
    from gbaspatial.opinions.scripts import Language
    from gbaspatial.results import Result


def second_opinion(result: Result, peer: Peer = "pysal") -> SecondOpinion:
    """The same by PySAL, or by R, on the same data and W, side by side; see `gba.opinions.second_opinion`."""
    from gbaspatial.opinions import second_opinion as asked

    return asked(result, peer)


def code(result: Result, language: Language) -> str:
    """The same in another language ("pysal", "r", "stata"), ready to run; see `gba.opinions.code`."""
    from gbaspatial.opinions import code as written

    return written(result, language)
