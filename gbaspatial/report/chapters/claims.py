"""Chapter: twenty claims of a policy paper, each with what the shipped data say to it."""

from __future__ import annotations

from gbaspatial.report.bay import Bay
from gbaspatial.report.claims.ledger import claims_ledger
from gbaspatial.report.section import Section


def chapter(bay: Bay) -> Section:
    """The ledger, and how many claims have which verdict."""
    ledger = claims_ledger(rng=bay.seed, progress=False)
    counts = ledger.counts().reindex(["supported", "not supported", "cannot tell"], fill_value=0)
    finding = (
        f"Of twenty claims of a policy paper on the bay the shipped data support {counts['supported']}, do not support "
        f"{counts['not supported']}, and cannot tell {counts['cannot tell']}."
    )
    return Section(
        key="claims",
        title="Claims and verdicts",
        title_zh="论断与检验",
        text=(
            "A policy paper says why the bay should innovate together and what holds it back. Each claim, in our own "
            "words, is held against the shipped data; where they do not decide, the verdict is that they cannot tell, "
            "with what would.",
        ),
        findings=(finding,),
        tables={"claims": ledger.table("en"), "claims_zh": ledger.table("zh")},
        numbers={"claims": ledger.to_frame()},
    )
