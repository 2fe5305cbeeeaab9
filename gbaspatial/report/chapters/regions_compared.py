"""Chapter: the bay among others - clustering, convergence and spillover in three regions, measured alike."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from gbaspatial import autocorrelation, data, disparity, inference, models
from gbaspatial.report.bay import Bay
from gbaspatial.report.chinese import in_chinese
from gbaspatial.report.claims.evidence_data import PREFECTURE_YEARS, quietly
from gbaspatial.report.languages import Words, listed, listed_zh
from gbaspatial.report.section import Section
from gbaspatial.results import Table, p_text

if TYPE_CHECKING:
    from gbaspatial.weights import Weights

FORMULA = "log(patents_granted) ~ log(income) + log(population)"
BAY, OTHERS = "nine cities of the bay", ("Yangtze", "Beijing-Tianjin-Hebei")
NAMES_ZH = {BAY: "湾区九市", "Guangdong": "广东", "Yangtze": "长三角", "Beijing-Tianjin-Hebei": "京津冀"}
PROVINCES = {
    "Yangtze": ("上海市", "江苏省", "浙江省", "安徽省"),
    "Beijing-Tianjin-Hebei": ("北京市", "天津市", "河北省"),
}


def chapter(bay: Bay) -> Section:
    """The same measures in each region, and whether the bay differs."""
    found = measures(bay)
    table = Table(
        found.drop(columns="rho_se"),
        f"Prefectures of four regions, {PREFECTURE_YEARS[0]} to {PREFECTURE_YEARS[-1]}",
        _NOTES,
        formats=dict.fromkeys(("moran", "rho", "rho_lower", "rho_upper", "sd_log_first", "sd_log_last"), ".2f"),
    )
    title = f"四个区域的地级市，{PREFECTURE_YEARS[0]}—{PREFECTURE_YEARS[-1]} 年"
    return Section(
        key="regions",
        title=Words("The bay among others", "三大城市群中的湾区"),
        text=_TEXT,
        findings=(_clustering(found), _spillover(found), _convergence(found)),
        tables={"regions": table},
        tables_zh={"regions": in_chinese(table, title, _NOTES_ZH, names=NAMES_ZH)},
    )


_TEXT = (
    Words(
        "The same statistics for the nine mainland cities, all of Guangdong, the Yangtze delta's four provinces and "
        "Beijing-Tianjin-Hebei: patents per head and GDP per head of prefectures that have both in all years.",
        "对内地九市、全广东、长三角四省市与京津冀计算同样的统计量：各年均有专利与 GDP 数据的地级市。",
    ),
)
_NOTES = (
    "moran: of the logarithm of patents per head in the last year; rho: panel lag model of patents by income and people, "
    "effects of cities and years, 95 % interval.",
    "speed: of absolute convergence of GDP per head a year; sd_log: spread of its logarithm in the first and the last year.",
)
_NOTES_ZH = (
    "莫兰指数：末年人均专利的对数；rho：专利对收入与人口的面板空间滞后模型，控制城市与年份，95% 区间。",
    "收敛速度：人均 GDP 绝对收敛，每年；对数离散度：首年与末年人均 GDP 对数的标准差。",
)


def measures(bay: Bay) -> pd.DataFrame:
    """Moran's I, rho, speed of convergence and spread, by region."""
    table = quietly(data.load_prefecture_panel, years=PREFECTURE_YEARS).rename(columns={"province_zh": "province"})
    table["income"] = table["gdp_cny"] / table["population"]
    whole = (table[["patents_granted", "income", "population"]] > 0).all(axis=1).groupby(level="city").all()
    province = table["province"].groupby(level="city").first()
    inside = {
        BAY: table["in_gba"].groupby(level="city").first().astype(bool),
        "Guangdong": province == "广东省",
        **{name: province.isin(provinces) for name, provinces in PROVINCES.items()},
    }
    borders = bay.evidence.touching
    rows = {
        name: _measured(table, quietly(borders.subset, whole.index[whole & member]), bay.seed)
        for name, member in inside.items()
    }
    return pd.DataFrame.from_dict(rows, orient="index").rename_axis("region")


def _measured(table: pd.DataFrame, w: Weights, seed: int) -> dict[str, float]:
    linked = w.ids[np.asarray(w.sparse.sum(axis=1)).ravel() > 0]
    w = w.subset(linked).row_standardized()
    rows = table[table.index.get_level_values("city").isin(linked)]
    heads = np.log(rows["patents_granted"] / rows["population"]).xs(PREFECTURE_YEARS[-1], level="year")
    moran = autocorrelation.moran(heads, w, rng=seed)
    spread = disparity.sigma_convergence(rows["income"]).to_frame()["sd_log"]
    fit = models.panel_lag(FORMULA, rows, w, effects="twoway")
    low, high = fit.conf_int().loc["rho"]
    return {
        "cities": len(linked), "moran": moran.statistic, "p_moran": moran.p_value, "rho": fit.rho, "rho_lower": low,
        "rho_upper": high, "rho_se": float(fit.std_errors["rho"]),
        "speed": disparity.beta_convergence(rows["income"]).speed, "sd_log_first": spread.iloc[0],
        "sd_log_last": spread.iloc[-1],
    }  # fmt: skip


def _clustering(found: pd.DataFrame) -> Words:
    own = found.loc[BAY]
    clustered = [name for name in found.index if found.loc[name, "p_moran"] < 0.05 and found.loc[name, "moran"] > 0]
    told = listed([f"{name} ({found.loc[name, 'moran']:.2f})" for name in clustered]) or "none of them"
    told_zh = listed_zh([f"{NAMES_ZH[name]}（{found.loc[name, 'moran']:.2f}）" for name in clustered]) or "无"
    return Words(
        f"Patents per head cluster in {told}; among the nine cities of the bay Moran's I is {own['moran']:.2f} (p = "
        f"{p_text(own['p_moran'])}, {own['cities']:.0f} cities).",
        f"人均专利呈集聚的：{told_zh}；湾区九市的莫兰指数为 {own['moran']:.2f}（p = {p_text(own['p_moran'])}，{own['cities']:.0f} 市）。",
    )


def _spillover(found: pd.DataFrame) -> Words:
    others = list(OTHERS)
    gap = found.loc[BAY, "rho"] - found.loc[others, "rho"]
    error = np.hypot(found.loc[BAY, "rho_se"], found.loc[others, "rho_se"])
    p = inference.adjust(np.array([math.erfc(abs(z) / math.sqrt(2)) for z in gap / error]), "holm")
    sure = [name for name, value in zip(others, p, strict=True) if value < 0.05]
    parts = [f"{name} {gap[name]:+.2f} (adjusted p = {p_text(value)})" for name, value in zip(others, p, strict=True)]
    parts_zh = [
        f"{NAMES_ZH[name]} {gap[name]:+.2f}（校正 p = {p_text(value)}）" for name, value in zip(others, p, strict=True)
    ]
    said, said_zh = (
        (f"differs from {listed(sure)}", f"异于{listed_zh([NAMES_ZH[name] for name in sure])}")
        if sure
        else ("is not shown to differ from any", "未显示异于任何一个")
    )
    return Words(
        f"The spillover of the bay {said}: rho of the nine less that of {listed(parts)}.",
        f"湾区的溢出{said_zh}：九市的 rho 减去{listed_zh(parts_zh)}。",
    )


def _convergence(found: pd.DataFrame) -> Words:
    parts = [f"{name} {row['sd_log_first']:.2f} to {row['sd_log_last']:.2f}" for name, row in found.iterrows()]
    parts_zh = [
        f"{NAMES_ZH[str(name)]} {row['sd_log_first']:.2f} 到 {row['sd_log_last']:.2f}" for name, row in found.iterrows()
    ]
    first, last = PREFECTURE_YEARS[0], PREFECTURE_YEARS[-1]
    return Words(
        f"The spread of GDP per head (standard deviation of logarithms, {first} and {last}): {listed(parts)}.",
        f"人均 GDP 的离散度（对数标准差，{first} 年与 {last} 年）：{listed_zh(parts_zh)}。",
    )
