"""Chapter: do innovation, universities, finance and the economy of the nine cities go together?"""

from __future__ import annotations

import pandas as pd

from gbaspatial import data, development
from gbaspatial.report.bay import Bay
from gbaspatial.report.chinese import in_chinese
from gbaspatial.report.claims.evidence_data import quietly
from gbaspatial.report.languages import Words, listed, listed_zh
from gbaspatial.report.section import Section
from gbaspatial.results import Table

YEARS = range(2010, 2020)
SUBSYSTEMS = {
    "innovation": ["inventions_per_10k", "fiscal_science_cny"],
    "universities": ["he_teachers"],
    "finance": ["loans_cny", "deposits_cny"],
    "economy": ["gdp_pc_cny"],
}
WORDS_ZH = {
    "innovation": "创新", "universities": "高校", "finance": "金融", "economy": "经济",
    "inventions_per_10k": "每万人发明专利", "fiscal_science_cny": "财政科技支出", "he_teachers": "高校教师",
    "loans_cny": "贷款", "deposits_cny": "存款", "gdp_pc_cny": "人均 GDP",
}  # fmt: skip


def chapter(bay: Bay) -> Section:
    """Coupling coordination, its interval over the choices made, and what holds each city back."""
    result = development.coupling(indicators(bay), SUBSYSTEMS)
    sensitivity = result.sensitivity()
    last = sensitivity.interval.xs(YEARS[-1], level="year").sort_values("coordination", ascending=False)
    obstacles = result.obstacles()
    main = obstacles.main.xs(YEARS[-1], level="year")
    variables = data.variables()["label"].to_dict() | {"loans_cny": "Loans", "deposits_cny": "Deposits"}
    frame = last.assign(obstacle=[variables.get(name, name) for name in main.reindex(last.index)])
    title = f"Coordination of four subsystems, {YEARS[-1]}, with its interval over the choices made"
    note = (
        f"lower and upper: over {sensitivity.combinations.shape[1]} combinations of weights, degree, scale and range.",
    )
    note_zh = (f"上下限：权重、耦合度、比较范围与取值范围的 {sensitivity.combinations.shape[1]} 种组合。",)
    table = Table(frame, title, note)
    zh = frame.assign(obstacle=[WORDS_ZH.get(name, name) for name in main.reindex(last.index)])
    title_zh = f"四个子系统的协调度及其对各种选择的区间，{YEARS[-1]} 年"
    return Section(
        key="coupling",
        title=Words(
            "Do innovation, universities, finance and the economy go together?", "创新、高校、金融与经济是否协调"
        ),
        text=_TEXT,
        findings=(
            _level(bay, result.by_period(), last),
            _choices(sensitivity.variants),
            _obstacle(main, obstacles.by_indicator.xs(YEARS[-1], level="year"), variables),
        ),
        tables={"coupling": table},
        tables_zh={"coupling": in_chinese(Table(zh, title, note), title_zh, note_zh, names=bay.names_zh)},
    )


_TEXT = (
    Words(
        f"Coupling coordination of the nine mainland cities, {YEARS[0]} to {YEARS[-1]}: high where all four subsystems "
        "are high and alike. It is an index of levels made by weighing; it shows no cause, and its grades hang on how it is "
        "made.",
        f"内地九市 {YEARS[0]}—{YEARS[-1]} 年的耦合协调度：四个子系统都高且相近时才高。它是由加权得到的水平指数，不说明因果，等级"
        "取决于构造方法。",
    ),
)


def indicators(bay: Bay) -> pd.DataFrame:
    """The indicators of the nine mainland cities by city and year."""
    nine = bay.mainland.index
    own = ["inventions_per_10k", "fiscal_science_cny", "he_teachers", "gdp_pc_cny"]
    panel = quietly(data.load_panel, variables=own, years=YEARS, cities=nine)
    china = quietly(data.load_prefecture_panel, variables=["loans_cny", "deposits_cny"], years=YEARS)
    money = china.loc[china.index.get_level_values("city").isin(nine), ["loans_cny", "deposits_cny"]]
    return panel.join(money)


def _level(bay: Bay, by_year: pd.DataFrame, last: pd.DataFrame) -> Words:
    mean, year = by_year["mean"], YEARS[-1]
    first, end = last.iloc[0], last.iloc[-1]
    high, low = str(last.index[0]), str(last.index[-1])
    return Words(
        f"Mean coordination went from {mean.iloc[0]:.2f} in {YEARS[0]} to {mean.iloc[-1]:.2f} in {year}. {high} leads "
        f"({first['coordination']:.2f}; {first['lower']:.2f} to {first['upper']:.2f} over the choices made), {low} is last "
        f"({end['coordination']:.2f}; {end['lower']:.2f} to {end['upper']:.2f}).",
        f"平均协调度由 {YEARS[0]} 年的 {mean.iloc[0]:.2f} 变为 {year} 年的 {mean.iloc[-1]:.2f}。{bay.zh(high)}居首"
        f"（{first['coordination']:.2f}；各种选择下 {first['lower']:.2f} 至 {first['upper']:.2f}），{bay.zh(low)}居末"
        f"（{end['coordination']:.2f}；{end['lower']:.2f} 至 {end['upper']:.2f}）。",
    )


def _choices(variants: pd.DataFrame) -> Words:
    """Which single change puts another city first."""
    away = {f"without {name}": name for name in SUBSYSTEMS}
    turned = [name for change, name in away.items() if variants["same_first"].get(change, 1.0) < 1]
    largest = variants["mean_change"].drop(list(away), errors="ignore").max()
    if not turned:
        return Words(
            f"The same city leads whichever subsystem is left out; other choices move a city by {largest:.2f} on average at "
            "most.",
            f"无论去掉哪个子系统，居首城市都不变；其他选择平均最多使一市变动 {largest:.2f}。",
        )
    return Words(
        f"Who leads hangs on what is counted: another city is first without {listed(turned, 'or')}. Other choices move a city "
        f"by {largest:.2f} on average at most.",
        f"谁居首取决于计入什么：去掉{listed_zh([WORDS_ZH[name] for name in turned], '或')}则另一城市居首。其他选择平均最多使一市变动 "
        f"{largest:.2f}。",
    )


def _obstacle(main: pd.Series, shares: pd.DataFrame, variables: dict[str, str]) -> Words:
    counts = main.value_counts()
    name, count = str(counts.index[0]), int(counts.iloc[0])
    share = float(
        shares.xs(name, axis=1, level=-1).mean().iloc[0] if shares.columns.nlevels > 1 else shares[name].mean()
    )
    return Words(
        f"The largest obstacle in {YEARS[-1]} is the same in {count} of {len(main)} cities: {variables.get(name, name)}, "
        f"{share:.1f} % of what holds a city back on average.",
        f"{YEARS[-1]} 年，{len(main)} 市中 {count} 市的首要障碍相同：{WORDS_ZH.get(name, name)}，平均占各市障碍的 "
        f"{share:.1f}%。",
    )
