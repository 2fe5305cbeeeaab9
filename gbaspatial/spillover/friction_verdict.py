"""What a cell of a friction scan lets one say: a code, and beside it a sentence for people."""

from __future__ import annotations

import numpy as np

from gbaspatial.sizes import SERIAL
from gbaspatial.spillover.friction_cells import CellResult
from gbaspatial.spillover.friction_likelihood import LIMIT

POINTS = ("open", "closed", "partly_open")  # the verdicts that come with a friction
SENTENCES = {
    "open": "a closed border is rejected, no border is not",
    "closed": "no border is rejected, a closed border is not",
    "partly_open": "both no border and a closed border are rejected",
    "held_back": "no border is rejected wherever the data can tell, but how closed it is hangs on the choice",
    "not_identified": "not identified by these data: neither a closed border nor no border can be ruled out",
    "no_spillover": "not identified by these data: without spillover no border can hold any back",
    "serial_correlation": "not identified by these data: residuals are serially correlated, so that the interval is "
    "far too narrow",
    "level_decides": "not identified by these data: the answer moves with the level of the outcome (its unit, or the "
    "origin of its logarithm), which standardized rows or effects of units take out",
    "canceled": "not identified: standardizing rows takes the friction of every link away again",
    "refused": "the model does not exist under this choice",
    "choice_decides": "not identified by these data: the answer hangs on standardization, effects or dynamics",
}


def verdict_of(found: CellResult, level: float, *, canceled: bool) -> str:
    """The code of one cell.

    `canceled` tells that no unit has links of different friction and rows are standardized.
    """
    if canceled:
        return "canceled"
    code = _code_of(found, 1 - level)
    if code in POINTS and found.centered is not None and _code_of(found.centered, 1 - level) != code:
        return "level_decides"
    return code


def _code_of(found: CellResult, alpha: float) -> str:
    if not found.p_values["spillover"] < alpha:
        return "no_spillover"
    if found.lower <= LIMIT and found.upper >= 1:
        return "not_identified"
    no_border, closed = (found.p_values[name] for name in ("no_border", "closed_border"))
    if not no_border < alpha and not (np.isnan(closed) or closed < alpha):
        return "not_identified"
    if np.isfinite(found.serial) and found.serial > SERIAL:
        return "serial_correlation"
    if not no_border < alpha:
        return "open"
    return "closed" if not (np.isnan(closed) or closed < alpha) else "partly_open"


def verdict_of_all(codes: list[str]) -> str:
    """The code of a scan: that of its cells where they agree.

    Cells that do not exist, that standardizing rows cancels, that move with the level of the outcome or whose residuals
    are serially correlated are left out where others are there.

    Examples
    --------
    >>> verdict_of_all(["partly_open", "canceled"]), verdict_of_all(["open", "closed"])
    ('partly_open', 'choice_decides')
    >>> verdict_of_all(["not_identified", "open"]), verdict_of_all(["not_identified", "no_spillover"])
    ('choice_decides', 'not_identified')
    >>> verdict_of_all(["closed", "partly_open", "serial_correlation"])
    'held_back'
    """
    for left_out in ("refused", "canceled", "level_decides", "serial_correlation"):  # the last one kept says most
        codes = [code for code in codes if code != left_out] or codes[:1]
    there = set(codes)
    if len(there) == 1:
        return there.pop()
    if there <= {"closed", "partly_open"}:
        return "held_back"
    return "choice_decides" if there & set(POINTS) else "not_identified"
