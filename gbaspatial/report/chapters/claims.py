"""Chapter: twenty claims of a policy paper, each with what the shipped data say to them."""

from __future__ import annotations

from gbaspatial.report.bay import Bay
from gbaspatial.report.claims.ledger import LedgerResult, ledger_of
from gbaspatial.report.claims.statements import BY_PAIR
from gbaspatial.report.languages import Words
from gbaspatial.report.section import Section


def chapter(bay: Bay) -> Section:
    """The ledger, and how many claims have which verdict."""
    return section_of(ledger_of(bay.evidence))


def section_of(ledger: LedgerResult) -> Section:
    """The chapter on a ledger."""
    counts = ledger.counts().reindex(["supported", "not supported", "cannot tell"], fill_value=0)
    total, yes, no, open_ = int(counts.sum()), *(int(count) for count in counts)
    return Section(
        key="claims",
        title=Words("Claims and verdicts", "论断与检验"),
        text=(
            Words(
                "A policy paper says why the bay should innovate together and what holds it back. Each claim, in our "
                "own words, is held against the shipped data; where they do not decide, the verdict is that they "
                "cannot tell, with what would.",
                "一篇政策论文论述了湾区为何应当协同创新、受何制约。每条论断（以我们的话转述）都与所附数据对照；"
                "数据不能决定时，结论为“无法判断”，并说明什么数据可以决定。",
            ),
        ),
        findings=(
            Words(
                f"Of {total} claims of a policy paper on the bay the shipped data support {yes}, do not support {no}, "
                f"and cannot tell {open_}.",
                f"关于湾区的一篇政策论文的 {total} 条论断中，所附数据支持 {yes} 条，不支持 {no} 条，无法判断 {open_} 条。",
            ),
        ),
        tables={"claims": ledger.table("en")},
        tables_zh={"claims": ledger.table("zh")},
        numbers={"claims": ledger.to_frame()},
        advice=(_wanted(ledger),),
        unknown=(
            Words(
                f"{open_} of the {total} claims of a policy paper on the bay cannot be told from the shipped data; the "
                "ledger below says for each what would decide it.",
                f"政策论文的 {total} 条论断中有 {open_} 条无法由所附数据判断；下面的论断表逐条说明需要什么数据。",
            ),
        ),
    )


def _wanted(ledger: LedgerResult) -> Words:
    """What to publish first: what most of the open claims wait for."""
    open_ = ledger.rows.index[ledger.rows["verdict"] == "cannot tell"]
    waiting = [key for key in open_ if key in BY_PAIR]
    return Words(
        f"Publish data by pair of cities (moves of people, money and goods; joint patents, projects and degrees): "
        f"{len(waiting)} of the {len(open_)} open claims wait for them.",
        f"宜公布城市对之间的数据（人员、资金与货物流动，合作专利、项目与学位）：{len(open_)} 条未决论断中有 {len(waiting)} 条等待这类数据。",
    )
