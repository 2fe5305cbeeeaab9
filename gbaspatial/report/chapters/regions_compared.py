"""Chapter: the bay among others - clustering, convergence and spillover in three regions, measured alike."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from gbaspatial import autocorrelation, data, disparity, inference, models
from gbaspatial.report.bay import Bay
from gbaspatial.report.chapters.equal_numbers import (
    connected_sets,
    difference_of,
    moran_as_elsewhere,
    of_sets,
    place_of,
)
from gbaspatial.report.chinese import in_chinese
from gbaspatial.report.claims.evidence_data import PREFECTURE_YEARS, quietly
from gbaspatial.report.languages import Words, listed, listed_zh
from gbaspatial.report.section import Section
from gbaspatial.results import Table, p_text

if TYPE_CHECKING:
    from gbaspatial.weights import Weights

FORMULA = "log(patents_granted) ~ log(income) + log(population)"
BAY, OTHERS = "nine cities of the bay", ("Yangtze", "Beijing-Tianjin-Hebei")
SETS, SAMPLES = 999, 9999  # of connected cities; of the bay's own as if clustered as elsewhere
NAMES_ZH = {BAY: "湾区九市", "Guangdong": "广东", "Yangtze": "长三角", "Beijing-Tianjin-Hebei": "京津冀"}
PROVINCES = {
    "Yangtze": ("上海市", "江苏省", "浙江省", "安徽省"),
    "Beijing-Tianjin-Hebei": ("北京市", "天津市", "河北省"),
}


def chapter(bay: Bay) -> Section:
    """The same measures in each region, and whether the bay differs."""
    found, sets, alike = measures(bay)
    gaps = differences(found, alike)
    table = Table(
        found.drop(columns=["rho_se", "slope", "slope_se", "lambda", "lambda_se"]),
        f"Prefectures of four regions, {PREFECTURE_YEARS[0]} to {PREFECTURE_YEARS[-1]}",
        _NOTES,
        formats=dict.fromkeys(("moran", "rho", "rho_lower", "rho_upper", "sd_log_first", "sd_log_last"), ".2f"),
    )
    beside = Table(gaps, "The nine cities of the bay beside each other region", _GAP_NOTES, formats=_GAP_FORMATS)
    title = f"四个区域的地级市，{PREFECTURE_YEARS[0]}—{PREFECTURE_YEARS[-1]} 年"
    title_of_gaps = "湾区九市与其他区域之比较"
    return Section(
        key="regions",
        title=Words("The bay among others", "三大城市群中的湾区"),
        text=_TEXT,
        findings=(_answer(gaps), _clustering(found, sets), _spillover(found, gaps), _convergence(found)),
        tables={"regions": table, "regions_differences": beside},
        tables_zh={
            "regions": in_chinese(table, title, _NOTES_ZH, names=NAMES_ZH),
            "regions_differences": in_chinese(beside, title_of_gaps, _GAP_NOTES_ZH, names=NAMES_ZH | MEASURES_ZH),
        },
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


MEASURES = {"moran": "clustering (Moran's I)", "rho": "spillover (rho)", "slope": "convergence (slope)"}
MEASURES_ZH = {
    "clustering (Moran's I)": "集聚（莫兰指数）", "spillover (rho)": "溢出（rho）", "convergence (slope)": "收敛（斜率）",
}  # fmt: skip
_GAP_FORMATS = dict.fromkeys(("bay", "other", "difference", "std_error"), ".3f")
_GAP_NOTES = (
    f"Numbers of cities are unequal. Clustering: other is what the bay's own cities would show (median of {SAMPLES:,} normal "
    f"samples), were they clustered as those of the other region, whose lambda is drawn with its error; the p-value is the "
    f"bay's place among them, two-sided.",
    "Spillover and convergence: Welch's t with the errors of both regions, whose degrees of freedom count cities. slope: "
    "yearly growth of GDP per head on its first logarithm. p_adjusted: Holm's, for all comparisons of this table.",
)
_GAP_NOTES_ZH = (
    f"各区域城市数不等。集聚：对照值为假若湾区各市如该区域那样集聚时所应出现的莫兰指数（{SAMPLES:,} 个正态样本的中位数，其 lambda 按该区域的估计及误差抽取）；"
    f"p 值为湾区在其中的位置，双侧。",
    "溢出与收敛：韦尔奇 t 检验，合并两区域的误差，自由度按城市数计。斜率：人均 GDP 年均增长对初期对数的回归系数。校正 p 值：对本表全部比较作霍尔姆校正。",
)


def differences(found: pd.DataFrame, alike: dict[str, np.ndarray]) -> pd.DataFrame:
    """The bay less each other region, by measure, with p-values adjusted for all comparisons."""
    rows: list[dict[str, object]] = []
    for measure, words in MEASURES.items():
        for name in OTHERS:
            own, other = found.loc[BAY], found.loc[name]
            if measure == "moran":
                beside, error = float(np.median(alike[name])), float(np.std(alike[name]))
                gap, p = float(own[measure]) - beside, place_of(float(own[measure]), alike[name])
            else:
                first, second = (
                    (float(row[measure]), float(row[f"{measure}_se"]), int(row["cities"])) for row in (own, other)
                )
                beside, (gap, error, p) = second[0], difference_of(first, second)
            row = {"measure": words, "region": name, "bay": float(own[measure]), "other": beside, "difference": gap}
            rows.append(row | {"std_error": error, "p_value": p})
    frame = pd.DataFrame(rows).set_index("measure")
    return frame.assign(p_adjusted=inference.adjust(frame["p_value"].to_numpy(), "holm"))


def measures(bay: Bay) -> tuple[pd.DataFrame, dict[str, np.ndarray], dict[str, np.ndarray]]:
    """Moran's I, rho, convergence and spread by region, and Moran's I of as many cities as the bay has.

    The latter by other region: of connected sets inside it, and of the bay's own cities if clustered as it is.
    """
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
    parts = {name: _linked(quietly(borders.subset, whole.index[whole & member])) for name, member in inside.items()}
    rows = {name: _measured(table, w, bay.seed) for name, w in parts.items()}
    found = pd.DataFrame.from_dict(rows, orient="index").rename_axis("region")
    size = int(found.loc[BAY, "cities"])
    own = parts[BAY].row_standardized().sparse.toarray()
    alike = {
        name: moran_as_elsewhere(own, (found.loc[name, "lambda"], found.loc[name, "lambda_se"]), SAMPLES, bay.seed)
        for name in OTHERS
    }
    return found, {name: _of_sets(table, parts[name], size, bay.seed) for name in OTHERS}, alike


def _linked(w: Weights) -> Weights:
    return w.subset(w.ids[np.asarray(w.sparse.sum(axis=1)).ravel() > 0])


def _of_sets(table: pd.DataFrame, w: Weights, size: int, seed: int) -> np.ndarray:
    """Moran's I of patents per head in connected sets of `size` cities."""
    links = w.sparse.toarray() != 0
    z = _heads(table).reindex(w.ids).to_numpy()
    every = connected_sets(links, size, SETS, seed)
    return of_sets(lambda each: _moran_of(z[each], links[np.ix_(each, each)]), every)


def _heads(table: pd.DataFrame) -> pd.Series:
    """The logarithm of patents per head in the last year."""
    last = table.xs(PREFECTURE_YEARS[-1], level="year")
    return np.log(last["patents_granted"].where(last["patents_granted"] > 0) / last["population"])


def _moran_of(values: np.ndarray, links: np.ndarray) -> float:
    """Moran's I with rows of W that sum to one."""
    z = values - values.mean()
    return float(z @ ((links @ z) / links.sum(axis=1)) / (z @ z))


def _measured(table: pd.DataFrame, w: Weights, seed: int) -> dict[str, float]:
    linked, w = w.ids, w.row_standardized()
    rows = table[table.index.get_level_values("city").isin(linked)]
    beta = disparity.beta_convergence(rows["income"])
    heads = _heads(rows)
    alone = models.error("heads ~ 1", heads.to_frame("heads"), w, inference="asymptotic")
    moran = autocorrelation.moran(heads, w, rng=seed)
    spread = disparity.sigma_convergence(rows["income"]).to_frame()["sd_log"]
    fit = models.panel_lag(FORMULA, rows, w, effects="twoway")
    low, high = fit.conf_int().loc["rho"]
    return {
        "cities": len(linked), "moran": moran.statistic, "p_moran": moran.p_value, "rho": fit.rho, "rho_lower": low,
        "rho_upper": high, "rho_se": float(fit.std_errors["rho"]),
        "lambda": alone.params["lambda"], "lambda_se": float(alone.std_errors["lambda"]), "speed": beta.speed,
        "slope": float(beta.params["log_initial"]), "slope_se": float(beta.std_errors["log_initial"]), "sd_log_first": spread.iloc[0],
        "sd_log_last": spread.iloc[-1],
    }  # fmt: skip


def _clustering(found: pd.DataFrame, sets: dict[str, np.ndarray]) -> Words:
    own = found.loc[BAY]
    clustered = [name for name in found.index if found.loc[name, "p_moran"] < 0.05 and found.loc[name, "moran"] > 0]
    told = [f"{name} ({found.loc[name, 'moran']:.2f}, {found.loc[name, 'cities']:.0f} cities)" for name in clustered]
    told_zh = [
        f"{NAMES_ZH[name]}（{found.loc[name, 'moran']:.2f}，{found.loc[name, 'cities']:.0f} 市）" for name in clustered
    ]
    small = {name: np.quantile(values, [0.5, 0.025, 0.975]) for name, values in sets.items() if len(values)}
    parts = [f"{name} {middle:.2f} ({low:.2f} to {high:.2f})" for name, (middle, low, high) in small.items()]
    parts_zh = [
        f"{NAMES_ZH[name]} {middle:.2f}（{low:.2f} 至 {high:.2f}）" for name, (middle, low, high) in small.items()
    ]
    return Words(
        f"Patents per head cluster in {listed(told) or 'none of them'}; among the nine cities of the bay Moran's I is "
        f"{own['moran']:.2f} (p = {p_text(own['p_moran'])}, {own['cities']:.0f} cities). Numbers of cities are unequal: in "
        f"connected sets of {own['cities']:.0f} cities inside the others it is (median, and the middle 95 %): "
        f"{listed(parts) or 'none is as large'}.",
        f"人均专利呈集聚的：{listed_zh(told_zh) or '无'}；湾区九市的莫兰指数为 {own['moran']:.2f}（p = {p_text(own['p_moran'])}，{own['cities']:.0f} "
        f"市）。各区城市数不等：在其他区域内同为 {own['cities']:.0f} 市的连片城市组中（中位数与中间 95%）：{listed_zh(parts_zh) or '无'}。",
    )


def _answer(gaps: pd.DataFrame) -> Words:
    """Is the bay different, and how sure is that."""
    sure = gaps[gaps["p_adjusted"] < 0.05]
    told = listed([f"{measure} beside {row['region']}" for measure, row in sure.iterrows()])
    told_zh = listed_zh(
        [f"{MEASURES_ZH[str(measure)]}（与{NAMES_ZH[row['region']]}相比）" for measure, row in sure.iterrows()]
    )
    least = gaps.sort_values("p_value").iloc[0]
    if len(sure):
        return Words(
            f"The bay differs in {told}: {len(sure)} of {len(gaps)} comparisons at 5 %, adjusted for their number.",
            f"湾区在以下方面有别：{told_zh}；{len(gaps)} 项比较中 {len(sure)} 项在校正后显著（5%）。",
        )
    return Words(
        f"Whether the bay differs cannot be told: none of {len(gaps)} comparisons (clustering, spillover and convergence "
        f"beside {listed(list(OTHERS))}) is sure at 5 % after adjustment for their number. The nearest to it is "
        f"{least.name} beside {least['region']}, p = {p_text(least['p_value'])}, adjusted {p_text(least['p_adjusted'])}. "
        "That is no proof of likeness: so few cities show large differences only.",
        f"无法判断湾区是否不同：集聚、溢出、收敛与{listed_zh([NAMES_ZH[name] for name in OTHERS])}的 {len(gaps)} 项比较，校正后在 5% 水平均不显著。"
        f"最接近的是{MEASURES_ZH[str(least.name)]}（与{NAMES_ZH[least['region']]}相比），p = {p_text(least['p_value'])}，校正后 "
        f"{p_text(least['p_adjusted'])}。这并不证明相同：湾区城市太少。",
    )


def _spillover(found: pd.DataFrame, gaps: pd.DataFrame) -> Words:
    rows = gaps.loc[[MEASURES["rho"]]].set_index("region")
    gap = rows["difference"]
    parts = [f"{name} {gap[name]:+.2f} (adjusted p = {p_text(row['p_adjusted'])})" for name, row in rows.iterrows()]
    parts_zh = [
        f"{NAMES_ZH[str(name)]} {gap[name]:+.2f}（校正 p = {p_text(row['p_adjusted'])}）"
        for name, row in rows.iterrows()
    ]
    own = found.loc[BAY]
    span = f"{own['rho_lower']:.2f} to {own['rho_upper']:.2f}"
    return Words(
        f"rho of the nine is {own['rho']:.2f} (95 % interval {span}); less that of {listed(parts)}.",
        f"九市的 rho 为 {own['rho']:.2f}（95% 区间 {span.replace(' to ', ' 至 ')}）；与各区域之差：{listed_zh(parts_zh)}。",
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
