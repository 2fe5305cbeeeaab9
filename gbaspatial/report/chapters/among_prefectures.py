"""What hundreds of prefectures tell that nine cities cannot: clusters, rho under several effects, who gives to whom."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from gbaspatial import autocorrelation, data, models
from gbaspatial.randomness import REPORTED_SIGNS, stream
from gbaspatial.report.bay import Bay
from gbaspatial.report.chapters.regions_compared import PROVINCES
from gbaspatial.report.claims.evidence_data import PATENTS, PREFECTURE_YEARS, quietly
from gbaspatial.report.languages import Words, listed, listed_zh
from gbaspatial.report.verdicts import spatial_of
from gbaspatial.results import p_text

if TYPE_CHECKING:
    from gbaspatial.autocorrelation.local_results import LocalTest
    from gbaspatial.autocorrelation.space_time import ByPeriodResult
    from gbaspatial.models import PanelFit
    from gbaspatial.models.impacts.summary_measures import ImpactsResult
    from gbaspatial.weights import Weights

DOUBTED = ["patents_granted", "gdp_cny", "population", "loans_cny"]
TERM = "log(industry)"
BAY, ELSEWHERE = "Pearl", "elsewhere"
REGIONS_ZH = {BAY: "珠三角", "Yangtze": "长三角", "Beijing-Tianjin-Hebei": "京津冀", ELSEWHERE: "其他"}
SAMPLES = 8
MORAN_DRAWS, LOCAL_DRAWS = 1999, 9999


@dataclass(frozen=True)
class Prefectures:
    """The panel of patents among prefectures that the ledger of claims has too, asked further."""

    bay: Bay

    @property
    def rows(self) -> pd.DataFrame:
        """Prefectures complete in all years, with a neighbor among these."""
        return self.bay.evidence.prefectures[0]

    @property
    def w(self) -> Weights:
        """Common borders, row-standardized."""
        return self.bay.evidence.prefectures[1]

    @property
    def twoway(self) -> PanelFit:
        """The Durbin panel with effects of prefectures and years."""
        return self.bay.evidence.durbin

    @cached_property
    def fits(self) -> dict[str, PanelFit]:
        """The Durbin panel by effects, and without the prefectures that have a doubted value."""
        unit = models.panel_durbin(PATENTS, self.rows, self.w, effects="unit")
        return {
            "unit": unit,
            "unit and time": self.twoway,
            "unit, province by time": self.bay.evidence.durbin_by_province,
            "unit and time, no doubted values": self._without_doubt(),
        }

    def _without_doubt(self) -> PanelFit:
        doubted = data.prefecture_suspects(DOUBTED, years=PREFECTURE_YEARS)["city"]
        kept = self.w.ids.difference(pd.Index(doubted.unique()), sort=False)
        while True:
            w = quietly(self.w.subset, kept)
            linked = np.asarray(w.sparse.sum(axis=1)).ravel() > 0
            if linked.all():
                break
            kept = w.ids[linked]
        rows = self.rows[self.rows.index.get_level_values("city").isin(kept)]
        return models.panel_durbin(PATENTS, rows, w.row_standardized(), effects="twoway")

    @cached_property
    def moran(self) -> ByPeriodResult:
        """Moran's I of patents per head, by year."""
        return autocorrelation.moran_by(self._heads, self.w, draws=MORAN_DRAWS, rng=self.bay.seed)

    @cached_property
    def local(self) -> LocalTest:
        """Local Moran of the last year."""
        last = self._heads.xs(PREFECTURE_YEARS[-1], level="year")
        return autocorrelation.local_moran(last, self.w, draws=LOCAL_DRAWS, rng=self.bay.seed)

    @cached_property
    def _heads(self) -> pd.Series:
        return np.log(self.rows["patents_granted"] / self.rows["population"]).rename("log patents per head")

    @cached_property
    def region(self) -> pd.Series:
        """The region of each prefecture."""
        first = self.rows.groupby(level="city").first().loc[self.w.ids]
        region = pd.Series(ELSEWHERE, index=self.w.ids)
        for name, provinces in PROVINCES.items():
            region[first["province"].isin(provinces)] = name
        region[first["in_gba"].astype(bool)] = BAY
        return region

    @cached_property
    def impacts(self) -> dict[str, ImpactsResult]:
        """Of the two-way model, and of that without shocks of provinces."""
        kinds = ("unit and time", "unit, province by time")
        return {kind: self.fits[kind].impacts(rng=self.bay.seed) for kind in kinds}

    @cached_property
    def giving(self) -> pd.DataFrame:
        """By region: what a per cent more of industry does to others' patents, per prefecture, and the reverse."""
        found = {
            kind: impacts.by_group(self.region, term=TERM).tables()[0].frame for kind, impacts in self.impacts.items()
        }
        columns = ["units", "gives", "receives", "net", "net_lower", "net_upper"]
        table = pd.concat(found, names=["effects", "region"])[columns].reset_index()
        order = [*REGIONS_ZH]
        place = {"effects": [*found].index, "region": order.index}
        return table.sort_values(["effects", "region"], key=lambda x: x.map(place[str(x.name)]), ignore_index=True)

    @cached_property
    def given_back(self) -> pd.DataFrame:
        """rho of samples: made as estimated, and by shocks of provinces alone, without any spillover."""
        fit, w = self.twoway, self.w
        plain = models.panel_slx(PATENTS, self.rows, w, effects="twoway", covariance="classical")
        y, own, rest = (self._wide(x) for x in (np.log(self.rows["patents_granted"]), fit.residuals, plain.residuals))
        base = y - fit.rho * (w.sparse @ y.to_numpy().T).T - own
        province = self.rows["province"].groupby(level="city").first().loc[w.ids].to_numpy()
        shared = rest.T.groupby(province).transform("mean").T
        codes = pd.factorize(province)[0]
        rows = []
        for draw in range(SAMPLES):
            rng = stream(self.bay.seed, REPORTED_SIGNS, draw)
            signs, common = (rng.choice([-1.0, 1.0], size=size) for size in (w.n, codes.max() + 1))
            nothing = y - rest + shared * common[codes] + (rest - shared) * signs
            rows.append([self._again(base + own * signs, fit.rho), self._again(nothing, 0.0)])
        return pd.DataFrame(rows, columns=["estimated", "shocks"])

    def _wide(self, values: pd.Series) -> pd.DataFrame:
        return values.to_frame("value").pivot_table(index="year", columns="city", values="value")[self.w.ids]

    def _again(self, known: pd.DataFrame, rho: float) -> float:
        """rho of the model on outcomes that (I - rho W)^-1 makes of what is `known` (years by prefectures)."""
        n = self.w.n
        logs = np.linalg.solve(np.eye(n) - rho * self.w.sparse.toarray(), known.to_numpy().T).T
        made = pd.DataFrame(np.exp(logs), known.index, known.columns).stack().reorder_levels(["city", "year"])
        rows = self.rows[["income", "population", "loans", "industry"]].assign(patents_granted=made)
        return models.panel_durbin(PATENTS, rows, self.w, effects="twoway", covariance="information").rho

    def table(self) -> pd.DataFrame:
        """rho by effects."""
        rows = [[name, fit.n_units, *spatial_of(fit)] for name, fit in self.fits.items()]
        return pd.DataFrame(rows, columns=["effects", "units", "rho", "p_rho", "rho_lower", "rho_upper"])

    def clusters(self) -> Words:
        """Moran's I by year, and who stands out in the last."""
        values, found, last = self.moran.table["statistic"], self.local.to_frame(), PREFECTURE_YEARS[-1]
        largest = self.moran.table["p_adjusted"].max()
        sure = found.index[found["p_adjusted"] <= 0.05]
        where = self.region[sure].value_counts()
        named = [(name, int(where.get(name, 0))) for name in REGIONS_ZH]
        high = int((found.loc[self.region == BAY, "cluster"] == "HH").sum())
        return Words(
            f"Patents per head of {self.w.n} prefectures are clustered in every year (Moran's I {values.min():.2f} to "
            f"{values.max():.2f}; largest p, adjusted for {len(values)} years, {p_text(largest)}). In {last} {high} of the "
            f"nine cities of the bay are in a cluster of high values; {len(sure)} prefectures stand out after adjustment for "
            f"their number ({listed([f'{name} {count}' for name, count in named])}).",
            f"{self.w.n} 个地级市的人均专利各年均呈集聚（莫兰指数 {values.min():.2f} 至 {values.max():.2f}；按 {len(values)} 年校正后最大 "
            f"p = {p_text(largest)}）。{last} 年湾区九市中有 {high} 市处于高值聚类；按检验个数校正后仍突出的有 {len(sure)} 个："
            f"{listed_zh([f'{REGIONS_ZH[name]}（{count}）' for name, count in named])}。",
        )

    def shocks(self) -> Words:
        """How much of rho is what provinces share, what doubted values do, and what samples give back."""
        unit, both, region, sure = (spatial_of(fit) for fit in self.fits.values())
        left, back = self.fits["unit and time, no doubted values"].n_units, self.given_back.mean()
        return Words(
            f"Durbin panel of patents by income, people, loans and industry: rho is {unit.estimate:.2f} with effects of "
            f"prefectures, {both.estimate:.2f} with those of years too, and {region} with those of provinces by year. Made "
            f"again by the two-way model patents give back {back['estimated']:.2f}; made with shocks of provinces and no "
            f"spillover at all they give {back['shocks']:.2f}: so much of a two-way rho can be what a province shares. "
            f"Without the prefectures that have a doubted value ({left} left) it is {sure.estimate:.2f}.",
            f"专利对收入、人口、贷款与工业的杜宾面板：控制地级市效应时 rho 为 {unit.estimate:.2f}，再控制年份为 {both.estimate:.2f}，控制"
            f"省份逐年效应为 {region.zh}。由双向模型再生成的专利得回 {back['estimated']:.2f}；只有省份冲击、毫无溢出时得回 "
            f"{back['shocks']:.2f}：双向模型的 rho 有这么多可以是省内共同冲击。剔除含存疑值的地级市（余 {left} 个）为 {sure.estimate:.2f}。",
        )

    def giving_told(self) -> Words:
        """What industry of others goes with, and who gives and receives by the geometry of W."""
        kind = "unit, province by time"
        across = self.impacts[kind].indirect.loc[TERM]
        rows = self.giving[self.giving["effects"] == kind].set_index("region").drop(ELSEWHERE)
        net = {str(name): f"{value:+.3f}" for name, value in rows["net"].items()}
        low, high = rows.loc[BAY, ["net_lower", "net_upper"]].astype(float)
        interval = f"{low:+.4f}", f"{high:+.4f}"
        sure = across["p_value"] < 0.05
        said, said_zh = ("goes", "相随") if sure else ("is not shown to go", "未显示相随")
        return Words(
            f"Who gives, who receives (shocks of provinces taken out): one per cent more of industry in the GDP of all others "
            f"{said} with {across['estimate']:+.2f} per cent of a prefecture's patents ({across['lower']:.2f} to "
            f"{across['upper']:.2f}, p = {p_text(across['p_value'])}). Given to other regions less received from them, per "
            f"prefecture: {listed([f'{name} {value}' for name, value in net.items()])} (the bay's interval {interval[0]} to "
            f"{interval[1]}). In this model one coefficient holds for all, so that only borders, who has how many neighbors, "
            f"make regions differ.",
            f"谁给出、谁得到（已去除省份冲击）：其他所有地级市工业占比提高 1%，与一市专利 {across['estimate']:+.2f}% 的变化{said_zh}"
            f"（{across['lower']:.2f} 至 {across['upper']:.2f}，p = {p_text(across['p_value'])}）。对其他区域给出减去得到，每个地级市："
            f"{listed_zh([f'{REGIONS_ZH[name]}（{value}）' for name, value in net.items()])}（湾区的区间 {interval[0]} 至 {interval[1]}）。"
            f"该模型对所有地级市只有一个系数，区域间的差别只来自边界，即邻居的多少。",
        )
