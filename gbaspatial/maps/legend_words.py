"""What legends say in Chinese where the data say it in English only, and the recipe of W in words of both languages."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
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
    told = [pair for step in recipe.steps for pair in [_step(step)] if pair is not None]
    return "; ".join(pair[0] for pair in told), "；".join(pair[1] for pair in told)


def _step(step: Step) -> tuple[str, str] | None:
    """One step in words; None for what changes no weight."""
    given = dict(step.options)
    plain = {
        "row_standardized": ("weights of a unit sum to one", "各单元权重之和为一"),
        "globally_standardized": ("all weights sum to a fixed total", "全部权重之和固定"),
        "spectrally_standardized": ("weights divided by the largest eigenvalue", "权重除以最大特征值"),
        "doubly_standardized": ("weights scaled by rows and columns", "按行与列调整的权重"),
        "minutes": ("travel times in minutes", "按分钟计的行程时间"), "economic": ("economic likeness", "经济相近程度"),
        "border": ("links across a border", "跨境联系"), "power": ("neighbors of neighbors", "邻居的邻居"),
        "pairs": ("pairs as given", "给定的成对关系"), "matrix": ("a matrix as given", "给定的矩阵"),
        "file": ("read from a file", "读自文件"), "block": ("units of the same group", "同组单元"),
        "links": ("and those linked by bridge or tunnel", "以及由桥梁或隧道相连的单元"),
    }  # fmt: skip
    if step.name in ("islands", "with_islands", "subset", "lag", "places", "without_diagonal"):
        return None
    if step.name == "contiguity":
        return _contiguity(given)
    if step.name == "nearest":
        return f"the {given.get('k')} nearest units", f"最近的 {given.get('k')} 个单元"
    if step.name == "distance_band":
        km = f"{float(given.get('threshold_km', 0)):,.4g}"
        return f"units within {km} km", f"{km} 千米以内的单元"
    if step.name in ("inverse_distance", "exponential_decay", "kernel"):
        return "nearer units weigh more", "距离越近权重越大"
    name = step.name.replace("_", " ")
    return plain.get(step.name, (name, name))


def _contiguity(given: dict[str, Any]) -> tuple[str, str]:
    if given.get("criterion") == "rook":
        return "units that share a border line", "有公共边界线的单元"
    return "units that touch, at a border or a corner", "边界或角点相接的单元"
