"""What legends say in Chinese where the data say it in English only, and the recipe of W in words of both languages."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from gbaspatial.maps.escape import Payload
    from gbaspatial.weights.recipe import Recipe, Step

SCHEMES_IN_CHINESE = {
    "quantiles": "分位数", "equalinterval": "等间距", "fisherjenks": "自然断点",
    "fisherjenkssampled": "自然断点（抽样）",
    "naturalbreaks": "自然断点", "boxplot": "箱线图", "headtailbreaks": "头尾分割", "jenkscaspall": "Jenks-Caspall",
    "maximumbreaks": "最大间隔", "percentiles": "百分位数", "prettybreaks": "整齐断点", "stdmean": "均值与标准差",
    "ownbreaks": "自定断点", "own breaks": "自定断点",
}  # fmt: skip
IN_CHINESE = {
    "True": "是", "False": "否", "mainland": "内地", "Hong Kong": "香港", "Macao": "澳门",
    "(empty text)": "（空文本）",
}  # fmt: skip
UNITS_IN_CHINESE = {
    "yuan": "元", "applications": "件（申请）", "persons": "人", "patents": "件", "US dollars": "美元",
    "persons in the census long-form sample": "人（普查长表样本）", "% of the three sectors": "占三次产业 %",
    "patents per 10,000 persons": "件/万人", "CNY, HKD or MOP by city": "人民币、港元或澳门元（按城市）",
    "yuan per person": "元/人", "US dollars per person": "美元/人",
    "CNY, HKD or MOP per person by city": "人民币、港元或澳门元/人（按城市）",
    "yuan per employed person": "元/就业人员",
    "km2": "平方千米", "previous year = 100": "上年 = 100", "tonnes": "吨", "% of population": "占人口 %",
    "% of GDP": "占 GDP %", "CNY or HKD by city": "人民币或港元（按城市）",
    "full-time equivalents per million persons": "全时当量/百万人", "institutions": "个（机构）",
    "enterprises": "个（企业）",
}  # fmt: skip


def recipe_in_words(recipe: Recipe) -> tuple[str, str]:
    """The recipe of a W in words that a reader of maps knows, in English and Chinese.

    Examples
    --------
    >>> from gbaspatial.weights.recipe import Recipe
    >>> recipe_in_words(Recipe().then("nearest", k=4).then("row_standardized"))
    ('the 4 nearest units; weights of a unit sum to one', '最近的 4 个单元；各单元权重之和为一')
    """
    told = list(dict.fromkeys(pair for pair in map(_step, recipe.steps) if pair is not None))  # a subset is scaled anew
    return "; ".join(pair[0] for pair in told), "；".join(pair[1] for pair in told)


PLAIN_STEPS = {
    "row_standardized": ("weights of a unit sum to one", "各单元权重之和为一"),
    "globally_standardized": ("all weights sum to a fixed total", "全部权重之和固定"),
    "spectral": ("weights divided by the largest eigenvalue", "权重除以最大特征值"),
    "min_max": ("weights divided by the largest sum of a row or column", "权重除以行列和的最大值"),
    "variance_stabilized": ("weights of a unit evened in variance", "方差稳定化权重"),
    "doubly_standardized": ("weights scaled by rows and columns", "按行与列调整的权重"),
    "scaled": ("weights times a factor", "权重乘以系数"), "binary": ("every link weighs one", "每条联系权重为一"),
    "with_friction": ("links across the border weigh less", "跨境联系权重降低"),
    "symmetrized": ("the same both ways", "双向相同"), "power": ("neighbors of neighbors", "邻居的邻居"),
    "travel_time": ("travel times in minutes", "按分钟计的行程时间"), "economic": ("economic likeness", "经济相近程度"),
    "pairs": ("pairs as given", "给定的成对关系"), "matrix": ("a matrix as given", "给定的矩阵"),
    "libpysal.graph.Graph": ("a graph as given", "给定的图"), "libpysal.weights.W": ("a matrix as given", "给定的矩阵"),
    "file": ("read from a file", "读自文件"), "block": ("units of the same group", "同组单元"),
    "links": ("and those linked by bridge or tunnel", "以及由桥梁或隧道相连的单元"),
    "combine": ("several graphs, weighted together", "多个权重图的加权组合"),
    "delaunay": ("neighbors in a Delaunay triangulation", "Delaunay 三角网中的邻居"),
    "gabriel": ("neighbors in a Gabriel graph", "Gabriel 图中的邻居"),
    "relative_neighbors": ("relative neighbors", "相对邻居"),
}  # fmt: skip
SILENT_STEPS = ("islands", "with_islands", "subset", "lag", "places", "without_diagonal", "order")
_WITH_ANOTHER = {
    "union": ("and also", "以及"), "intersection": ("and at once", "同时须为"), "difference": ("but not", "但不含"),
    "hadamard": ("times", "乘以"),
}  # fmt: skip


def _step(step: Step) -> tuple[str, str] | None:
    """One step in words; None for what changes no weight."""
    given = dict(step.options)
    if step.name in SILENT_STEPS:
        return None
    if step.name in _WITH_ANOTHER:
        return _with_another(step.name, str(given.get("other", "")))
    if step.name == "contiguity":
        return _contiguity(given)
    if step.name == "nearest":
        return f"the {given.get('k')} nearest units", f"最近的 {given.get('k')} 个单元"
    if step.name == "higher_order":
        return f"units {given.get('k')} links away", f"相隔 {given.get('k')} 步的单元"
    if step.name == "distance_band":
        km = f"{float(given.get('threshold_km', 0)):,.4g}"
        return f"units within {km} km", f"{km} 千米以内的单元"
    if step.name in ("inverse_distance", "exponential_decay", "kernel"):
        return "nearer units weigh more", "距离越近权重越大"
    name = step.name.replace("_", " ")
    return PLAIN_STEPS.get(step.name, (name, name))


def _with_another(how: str, other: str) -> tuple[str, str] | None:
    """A second graph joined to the first, by the step that made it."""
    from gbaspatial.weights.recipe import Step

    made_by = re.match(r"\[(\w+)", other)
    name = made_by.group(1) if made_by else "matrix"
    if (how, name) == ("union", "links"):
        return PLAIN_STEPS["links"]
    numbers = dict(re.findall(r"\b(k|threshold_km)=([\d.e+-]+)", other))
    told = _step(Step(name, tuple({"criterion": "rook" if "rook" in other else "queen", **numbers}.items())))
    english, chinese = _WITH_ANOTHER[how]
    return None if told is None else (f"{english} {told[0]}", f"{chinese}{told[1]}")


def _contiguity(given: Payload) -> tuple[str, str]:
    if given.get("criterion") == "rook":
        return "units that share a border line", "有公共边界线的单元"
    return "units that touch, at a border or a corner", "边界或角点相接的单元"


ADJUSTMENTS = {
    "bh": ("Benjamini-Hochberg", "Benjamini-Hochberg"), "by": ("Benjamini-Yekutieli", "Benjamini-Yekutieli"),
    "fdr": ("false discovery rate", "错误发现率"), "holm": ("Holm", "Holm"), "bonferroni": ("Bonferroni", "Bonferroni"),
    "sidak": ("Sidak", "Sidak"), "hochberg": ("Hochberg", "Hochberg"), "none": ("none", "无"),
}  # fmt: skip
