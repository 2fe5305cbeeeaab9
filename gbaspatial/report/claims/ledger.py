"""The ledger: every claim with its verdict, the verdicts that rest on tests adjusted for their number."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd

from gbaspatial import inference
from gbaspatial.options import public, word
from gbaspatial.progress import shows_progress, track
from gbaspatial.randomness import Rng, seed_of
from gbaspatial.report.claims.evidence_data import Evidence
from gbaspatial.report.claims.finding import VERDICTS_ZH, Finding
from gbaspatial.report.claims.statements import CLAIMS
from gbaspatial.results import Result, Table
from gbaspatial.sizes import LEVEL

Language = Literal["en", "zh"]


@dataclass(frozen=True, slots=True, eq=False)
class LedgerResult(Result):
    """What the shipped data say to the claims of a policy paper.

    Attributes
    ----------
    rows : pandas.DataFrame
        By claim: `section, claim, claim_zh, measure, data, result, result_zh, change` (what would change the verdict),
        `p_value` where a test decides, `p_adjusted` (Holm, over all claims with a test), `verdict, verdict_zh`.
    seed : int
    """

    rows: pd.DataFrame
    seed: int

    def to_frame(self) -> pd.DataFrame:
        """All columns."""
        return self.rows.copy()

    def counts(self) -> pd.Series:
        """How many claims have which verdict."""
        return self.rows["verdict"].value_counts().rename("claims")

    def table(self, language: Language = "en") -> Table:
        """The ledger for a reader.

        Parameters
        ----------
        language : {"en", "zh"}

        Returns
        -------
        Table
        """
        word(language, ("en", "zh"), "language")
        names = {
            "en": {
                "section": "section", "claim": "claim", "result": "what the data say", "verdict": "verdict",
                "p_adjusted": "p (adjusted)", "change": "what would change it",
            },
            "zh": {
                "section": "章节", "claim_zh": "论断", "result_zh": "数据所示", "verdict_zh": "结论",
                "p_adjusted": "p（校正）", "change_zh": "什么会改变结论",
            },
        }[language]  # fmt: skip
        title = {"en": "Claims and what the shipped data say to them", "zh": "论断与所附数据的检验"}[language]
        note = {
            "en": "p-values of claims that a test decides, adjusted for their number (Holm); claims in our own words.",
            "zh": "由检验决定的论断，其 p 值按检验个数校正（Holm）；论断为我们的转述。",
        }[language]
        frame = self.rows[list(names)].rename(columns=names)
        if language == "zh":
            frame["章节"] = frame["章节"].str.replace("abstract, ", "摘要、")
        return Table(frame.rename_axis("" if language == "zh" else "claim no."), title, (note,))

    def tables(self) -> tuple[Table, ...]:
        """The ledger in English, and how many claims have which verdict."""
        return self.table("en"), Table(self.counts().to_frame(), "Verdicts")


@shows_progress
@public
def claims_ledger(*, rng: Rng = 1, progress: bool | None = None) -> LedgerResult:
    """Hold the claims of a policy paper on the bay against the shipped data, one by one.

    Parameters
    ----------
    rng : int, Generator or None
        Seed of every draw; recorded.
    progress : bool, optional
        True tells on standard error how far the work has come, False never; by default on a terminal.

    Returns
    -------
    LedgerResult

    Notes
    -----
    A verdict is "cannot tell" wherever the shipped data do not decide, which is the most frequent one: eleven cities
    carry little. A claim that a test supports before adjustment and not after it cannot be told either.

    References
    ----------
    Holm, S. (1979). A simple sequentially rejective multiple test procedure. Scandinavian Journal of Statistics 6(2),
    65-70.

    Examples
    --------
    >>> import gbaspatial as gba
    >>> ledger = gba.report.claims_ledger()  # doctest: +SKIP
    >>> ledger.counts().index.tolist()  # doctest: +SKIP
    ['cannot tell', 'supported', 'not supported']
    """
    return ledger_of(Evidence(seed_of(rng)))


def ledger_of(given: Evidence) -> LedgerResult:
    """The ledger from evidence that others use, too."""
    findings = {claim.key: claim.test(given) for claim in track(CLAIMS, "claims of the ledger")}
    tested = {key: found.p_value for key, found in findings.items() if found.p_value is not None}
    adjusted = dict(zip(tested, inference.adjust(np.array(list(tested.values())), "holm").tolist(), strict=True))
    rows = {}
    for claim in CLAIMS:
        found = findings[claim.key]
        verdict = judged(found, adjusted.get(claim.key))
        rows[claim.key] = {
            "section": claim.section, "claim": claim.en, "claim_zh": claim.zh, "measure": claim.measure,
            "measure_zh": claim.measure_zh, "data": claim.data, "data_zh": claim.data_zh, "result": found.en,
            "result_zh": found.zh, "change": claim.change, "change_zh": claim.change_zh, "p_value": found.p_value,
            "p_adjusted": adjusted.get(claim.key), "verdict": verdict, "verdict_zh": VERDICTS_ZH[verdict],
        }  # fmt: skip
    frame = pd.DataFrame.from_dict(rows, orient="index").rename_axis("claim no.")
    return LedgerResult(frame.astype({"p_value": float, "p_adjusted": float}), given.seed)


def judged(found: Finding, adjusted: float | None) -> str:
    """The verdict after adjustment: what a test no longer supports, or no longer rejects, cannot be told.

    Examples
    --------
    >>> judged(Finding("supported", "", "", 0.03), 0.2)
    'cannot tell'
    """
    if found.verdict != "cannot tell" and adjusted is not None and adjusted >= LEVEL:
        return "cannot tell"
    return found.verdict
