"""What openings of bridges and rail did to patents at their ends: an event study, judged by openings elsewhere."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import pandas as pd

from gbaspatial import causal, data
from gbaspatial.report.bay import Bay
from gbaspatial.report.claims.evidence_data import quietly
from gbaspatial.report.languages import Words, listed, listed_zh
from gbaspatial.results import p_text

if TYPE_CHECKING:
    from gbaspatial.causal import DifferenceInDifferences, EventStudy, PlaceboResult

YEARS = range(2006, 2024)
OPENED = {"Guangzhou": 2012, "Shenzhen": 2012, "Zhuhai": 2019, "Dongguan": 2019}  # first full year, or the year itself
FORMULA = "log(patents_granted) ~ 1"
EDGES = [60, 120]  # km
DRAWS = 99


@dataclass(frozen=True)
class Openings:
    """Four mainland cities at four openings, all other prefectures beyond the rings as controls."""

    bay: Bay

    @cached_property
    def rows(self) -> pd.DataFrame:
        """Patents of the prefectures that have some in every year."""
        table = quietly(data.load_prefecture_panel, variables=["patents_granted"], years=YEARS)
        none = table.index[~(table["patents_granted"] > 0)].get_level_values("city").unique()
        return table.drop(none, level="city")

    @cached_property
    def setting(self) -> dict[str, object]:
        """When who was treated, and the rings around."""
        cities = self.rows.index.unique("city")
        start = pd.Series(OPENED, dtype=float).reindex(cities)
        return {"treated": start, "distance": quietly(data.load_prefectures, area="china"), "rings": EDGES}

    @cached_property
    def did(self) -> DifferenceInDifferences:
        """The difference in differences with rings."""
        return causal.difference_in_differences(FORMULA, self.rows, **self.setting)  # type: ignore[arg-type]

    @cached_property
    def without_doubt(self) -> DifferenceInDifferences:
        """The same without the prefectures whose patents are doubted; the four cities stay."""
        doubted = data.prefecture_suspects("patents_granted", years=YEARS)["city"].unique()
        kept = self.rows.drop([city for city in doubted if city not in OPENED], level="city", errors="ignore")
        start = pd.Series(OPENED, dtype=float).reindex(kept.index.unique("city"))
        return causal.difference_in_differences(FORMULA, kept, **{**self.setting, "treated": start})  # type: ignore[arg-type]

    @cached_property
    def placebo(self) -> PlaceboResult:
        """The same openings given to other prefectures."""
        return self.did.placebo(draws=DRAWS, rng=self.bay.seed, progress=False)

    @cached_property
    def study(self) -> EventStudy:
        """Effects by year since the opening."""
        return causal.event_study(FORMULA, self.rows, **self.setting)  # type: ignore[arg-type]

    def table(self) -> pd.DataFrame:
        """Estimates, their p-values among placebos, and what these could tell from chance."""
        names = ["estimate", "p_value", "placebos", "detectable"]
        return self.placebo.frame[names].reset_index()

    def found(self) -> Words:
        """The effect, its placebo p-value, and what could be seen."""
        own, near = self.placebo.frame.loc["treated"], self.placebo.frame.iloc[1]
        sure = own["p_value"] < 0.05
        clean = self.without_doubt
        left, effect = clean.n_units, clean.to_frame().loc["treated", "estimate"]
        said, said_zh = (
            ("is unlikely to be chance", "难以归于偶然") if sure else ("cannot be told from chance", "无法与偶然区分")
        )
        return Words(
            f"Openings ({listed([f'{city} {year}' for city, year in OPENED.items()])}) against prefectures beyond "
            f"{EDGES[-1]} km: patents of the four moved by {own['estimate']:+.2f} log points, within {EDGES[0]} km of them by "
            f"{near['estimate']:+.2f}. Of {own['placebos']:.0f} random openings elsewhere a share p = {p_text(own['p_value'])} "
            f"moved as much ({p_text(near['p_value'])} near them): this {said}, and less than {own['detectable']:.2f} would "
            f"mostly be missed. Without the prefectures whose patents are doubted ({left} left) the effect is {effect:+.2f}.",
            f"开通：{listed_zh([f'{self.bay.zh(city)} {year} 年' for city, year in OPENED.items()])}。与 {EDGES[-1]} 公里以外的地级市相比："
            f"四市专利变动 {own['estimate']:+.2f} 对数点，其周围 {EDGES[0]} 公里内 {near['estimate']:+.2f}。在 {own['placebos']:.0f} 次随机"
            f"安慰剂开通中，变动同样大的比例为 p = {p_text(own['p_value'])}（周围为 {p_text(near['p_value'])}）：{said_zh}；小于 "
            f"{own['detectable']:.2f} 的效应多半看不出。剔除专利存疑的地级市后（余 {left} 个）效应为 {effect:+.2f}。",
        )
