"""Chapter: what eleven cities cannot tell."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from gbaspatial import inference
from gbaspatial.report.bay import Bay
from gbaspatial.report.chinese import in_chinese
from gbaspatial.report.languages import Words
from gbaspatial.report.section import Section
from gbaspatial.results import Table

if TYPE_CHECKING:
    from gbaspatial.inference.detection import PowerResult


GRID = (0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9)


def chapter(bay: Bay) -> Section:
    """The power of Moran's test with eleven and with nine cities, and what follows."""
    eleven = inference.power("moran", bay.main_weights, rho=GRID)
    nine = inference.power("moran", bay.main_weights.subset(bay.mainland.index), rho=GRID)
    needed = _needed(_smallest(eleven), _smallest(nine))
    frame = pd.DataFrame({"eleven cities": eleven.curve, "nine cities": nine.curve}).rename_axis("rho")
    table = Table(frame, "Power of Moran's test at 5 %", formats=dict.fromkeys(frame.columns, ".2f"))
    seen11, seen9 = float(eleven.curve[0.6]), float(nine.curve[0.6])
    finding = Words(
        f"Eleven cities are few: were neighbors linked with a rho of 0.6, Moran's test would see it in {seen11:.0%} of samples "
        f"with eleven cities and in {seen9:.0%} with nine. To be seen four times out of five, {needed.en}. A test "
        f"that is not significant here is no evidence that there is no spillover.",
        f"十一市太少：即使邻市之间的 rho 为 0.6，莫兰检验在十一市时也只有 {seen11:.0%} 的样本能检出，九市时为 {seen9:.0%}。"
        f"要使检出率达到 80%，{needed.zh}。此处不显著，并不证明没有溢出。",
    )
    return Section(
        key="limits",
        title=Words("What eleven cities cannot tell", "十一市说明不了什么：样本的局限"),
        text=(
            Words(
                "The table gives the chance that a two-sided test at 5 % sees autocorrelation of size rho on "
                "the weights of this report. Panels over years, districts, or firms carry more information "
                "than one cross-section of cities; the caveats below say which figures break in which year.",
                "下表给出双侧 5% 检验在本报告的权重上看到强度为 rho 的自相关的概率。多年面板、区县或企业数据比一个年份的"
                "城市截面信息更多；下面的数据说明指出哪些序列在哪一年断裂。",
            ),
        ),
        findings=(finding,),
        tables={"power": table},
        tables_zh={"power": in_chinese(table, "莫兰检验在 5% 水平的功效")},
        unknown=(finding,),
    )


def _needed(eleven: Words, nine: Words) -> Words:
    """What it takes with eleven and with nine cities, said once where it is the same."""
    if eleven == nine:
        return Words(f"{eleven.en} with eleven or with nine", f"十一市与九市都{eleven.zh}")
    return Words(f"{eleven.en} with eleven and {nine.en} with nine", f"十一市{eleven.zh}，九市{nine.zh}")


def _smallest(power: PowerResult) -> Words:
    if pd.isna(power.detectable):
        return Words("no rho is large enough", "没有足够大的 rho")
    return Words(f"rho has to be {power.detectable:.2f} or more", f"rho 须达 {power.detectable:.2f} 以上")
