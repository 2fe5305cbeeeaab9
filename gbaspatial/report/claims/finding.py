"""What the data say to one claim: a verdict, a sentence in two languages, and the p-value it rests on, if it does."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Verdict = Literal["supported", "not supported", "cannot tell"]
VERDICTS_ZH = {"supported": "支持", "not supported": "不支持", "cannot tell": "无法判断"}


@dataclass(frozen=True, slots=True)
class Finding:
    """A verdict with its reason.

    Attributes
    ----------
    verdict : {"supported", "not supported", "cannot tell"}
    en, zh : str
        The result with its interval, in a sentence.
    p_value : float or None
        Of the test that decides; None where no test does. A verdict "supported" that rests on a test is taken back
        where the p-value, adjusted for all tests of the ledger, is above 5 %.
    """

    verdict: Verdict
    en: str
    zh: str
    p_value: float | None = None


def cannot_tell(en: str, zh: str) -> Finding:
    """The verdict where the shipped data hold nothing that decides."""
    return Finding("cannot tell", en, zh)
