"""Chapter: what others found, and why the sign of Moran's I differs from study to study."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from gbaspatial import autocorrelation, inference, weights
from gbaspatial.errors import EndogeneityWarning
from gbaspatial.report.bay import Bay
from gbaspatial.report.chinese import in_chinese
from gbaspatial.report.languages import Words
from gbaspatial.report.section import Section
from gbaspatial.results import Table, p_text

if TYPE_CHECKING:
    import geopandas as gpd

    from gbaspatial.weights import Weights

CHOICES = {"cities": "城市范围", "variable": "变量", "scale": "形式", "W": "W"}
WORDS_ZH = {
    "eleven": "十一市", "nine": "九市", "GDP": "GDP", "GDP per head": "人均 GDP", "patents": "专利", "patents per head": "人均专利",
    "likeness of income": "收入相似度",
    "Moran's I of port throughput, ports as units": "港口吞吐量的莫兰指数（以港口为单元）",
    "clusters high-high and low-low of innovation": "创新的高—高与低—低聚类",
    "spillover of human capital on innovation, spatial panel": "人力资本对创新的空间溢出（空间面板）",
    "negative, significant": "负，显著", "Meng and Lu 2020, kjjb.org 37(14)": "Meng 与 Lu（2020），《科技进步与对策》37(14)",
}  # fmt: skip
# as printed in the papers named: not computed here
PUBLISHED = pd.DataFrame(
    {
        "what": [
            "Moran's I of port throughput, ports as units",
            "clusters high-high and low-low of innovation",
            "spillover of human capital on innovation, spatial panel",
        ],
        "published": ["I = -0.2452", "positive", "negative, significant"],
        "source": [
            "Mathematical Problems in Engineering 2020, doi:10.1155/2020/2343860",
            "Meng and Lu 2020, kjjb.org 37(14)",
            "Meng and Lu 2020, kjjb.org 37(14)",
        ],
    }
)


def chapter(bay: Bay) -> Section:
    """Moran's I under every choice that studies of the bay make, and which choice turns its sign."""
    tests = every_choice(bay)
    rows = tests["I"].reset_index()
    wide = rows.pivot_table(index=["cities", "variable", "scale"], columns="W", values="I", sort=False)
    names = {**WORDS_ZH, "positive": "正"}
    table = Table(wide, f"Moran's I under every choice, {bay.year}", formats=dict.fromkeys(wide, ".2f"))
    published = Table(PUBLISHED, "What others found", _NOTES)
    return Section(
        key="signs",
        title=Words("What others found, and why signs differ", "他人的发现，以及符号为何不同"),
        text=_TEXT,
        findings=(_range(tests), _turning(tests), _left(tests)),
        tables={"signs": table, "published": published},
        tables_zh={
            "signs": in_chinese(table, f"各种选择下的莫兰指数，{bay.year} 年", names=names),
            "published": in_chinese(published, "他人的发现", _NOTES_ZH, names=names),
        },
    )


_TEXT = (
    Words(
        "Published values of Moran's I for the bay are positive, negative or nothing. Here it is computed side by side: nine "
        "or eleven cities, totals or per head, levels or logarithms, and five W.",
        "已发表的湾区莫兰指数有正、有负、也有不显著。这里并列计算：九市或十一市、总量或人均、水平值或对数，以及五种 W。",
    ),
)
_NOTES = ("As printed; a total of ports under a W of its own does not contradict values of cities.",)
_NOTES_ZH = ("照原文；港口总量使用自己的 W，与城市数值并不矛盾。",)


def every_choice(bay: Bay) -> pd.DataFrame:
    """I and its p-value by cities, variable, scale and W."""
    cities, nine = bay.cities, bay.mainland
    values = {
        ("eleven", "GDP"): cities["gdp_cny"], ("eleven", "GDP per head"): cities["gdp_pc_cny"],
        ("nine", "GDP"): nine["gdp_cny"], ("nine", "GDP per head"): nine["gdp_pc_cny"],
        ("nine", "patents"): nine["patents_granted"], ("nine", "patents per head"): nine["patents_per_10k"],
    }  # fmt: skip
    rows = {}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", EndogeneityWarning)  # likeness of income is made of income: that is shown
        matrices = {"eleven": _matrices(bay, cities), "nine": _matrices(bay, nine)}
        for (units, what), column in values.items():
            for scale, series in {"levels": column, "logs": np.log(column)}.items():
                for name, w in matrices[units].items():
                    test = autocorrelation.moran(series, w, rng=bay.seed)
                    rows[units, what, scale, name] = [test.statistic, test.p_value]
    table = pd.DataFrame.from_dict(rows, orient="index", columns=["I", "p_value"])
    table.index = pd.MultiIndex.from_tuples(list(rows), names=list(CHOICES))
    # any dependence between the tests is allowed for: they share their data
    table["p_adjusted"] = inference.adjust(table["p_value"].to_numpy(), "by")
    return table


def _matrices(bay: Bay, units: gpd.GeoDataFrame) -> dict[str, Weights]:
    built = {
        "borders": weights.contiguity(units),
        "borders and bridges": weights.contiguity(bay.cities, links=bay.year).subset(units.index),
        "4 nearest": weights.nearest(units, k=4),
        "inverse distance": weights.inverse_distance(units),
        "likeness of income": weights.economic(units["gdp_pc_cny"]),
    }
    return {name: w.row_standardized() for name, w in built.items()}


def _range(tests: pd.DataFrame) -> Words:
    values = tests["I"]
    positive, count = int((values > 0).sum()), len(values)
    return Words(
        f"Over {count} choices Moran's I runs from {values.min():.2f} to {values.max():.2f}; {positive} of them are positive.",
        f"在 {count} 种选择下，莫兰指数由 {values.min():.2f} 到 {values.max():.2f}；其中 {positive} 个为正。",
    )


def turning_shares(tests: pd.DataFrame) -> pd.Series:
    """By choice: how often it alone turns the sign, all else the same."""
    shares = {}
    for level in CHOICES:
        turns = tests["I"].groupby(level=[name for name in CHOICES if name != level]).agg(["min", "max", "size"])
        turns = turns[turns["size"] > 1]
        shares[level] = float(((turns["min"] < 0) & (turns["max"] > 0)).mean())
    return pd.Series(shares).sort_values(ascending=False)


def _turning(tests: pd.DataFrame) -> Words:
    shares = turning_shares(tests)
    told = ", ".join(f"{name} in {share:.0%}" for name, share in shares.items())
    told_zh = "、".join(f"{CHOICES[str(name)]} {share:.0%}" for name, share in shares.items())
    return Words(
        f"How often one choice alone turns the sign, all else the same: {told}.",
        f"其他不变时，单独一项选择改变符号的比例：{told_zh}。",
    )


def _left(tests: pd.DataFrame) -> Words:
    left, count, least = int((tests["p_adjusted"] < 0.05).sum()), len(tests), p_text(tests["p_adjusted"].min())
    return Words(
        f"Adjusted for all of them, {left or 'none'} of {count} differ{'s' if left == 1 else ''} from no autocorrelation at "
        f"5 % (smallest adjusted p = {least}).",
        f"按全部检验校正后，{count} 个中有 {left} 个在 5% 水平异于无自相关（最小校正 p = {least}）。",
    )
