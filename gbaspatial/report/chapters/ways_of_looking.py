"""Chapter: does it hang on how one looks? Prices, purchasing power, and which units the bay is cut into."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from gbaspatial import autocorrelation, data, disparity, weights
from gbaspatial.report.bay import FIRST_YEAR, LAST_YEAR, Bay
from gbaspatial.report.chinese import in_chinese
from gbaspatial.report.claims.evidence_data import quietly
from gbaspatial.report.languages import Words
from gbaspatial.report.section import Section
from gbaspatial.results import Table, p_text
from gbaspatial.sizes import LEVEL

DEARER = 1.5  # tried, not known: what a basket costs in Hong Kong and Macao against the mainland
# the three circles of cities of the delta, named in the province's outline of 2008
CIRCLES = {
    "Guangzhou": "Guangzhou circle", "Foshan": "Guangzhou circle", "Zhaoqing": "Guangzhou circle",
    "Shenzhen": "Shenzhen circle", "Dongguan": "Shenzhen circle", "Huizhou": "Shenzhen circle",
    "Zhuhai": "Zhuhai circle", "Zhongshan": "Zhuhai circle", "Jiangmen": "Zhuhai circle",
}  # fmt: skip
BASE = Words("eleven cities, market rates", "十一市，市场汇率")


@dataclass(frozen=True, slots=True)
class Look:
    """One way of looking: GDP, people and GDP per head by unit and year, and who is whose neighbor in the last one."""

    name: Words
    table: pd.DataFrame
    w: weights.Weights


def chapter(bay: Bay) -> Section:
    """Inequality, convergence and clustering under other prices and other units, and what changes."""
    looks = looks_at(bay)
    names = {look.name.en: look.name for look in looks}
    rows = {look.name.en: _measured(look, bay) for look in looks}
    frame = pd.DataFrame.from_dict(rows, orient="index").rename_axis("look")
    table = Table(
        frame, f"The same questions under other prices and units, {FIRST_YEAR} to {bay.year}", _NOTES, _FORMATS
    )
    density = _density(bay)
    return Section(
        key="looks",
        title=Words("Does it hang on how one looks?", "结论是否取决于怎么看：价格与空间单元"),
        text=_TEXT,
        findings=(*(_changes(frame, names, question) for question in _QUESTIONS), density),
        tables={"looks": table},
        tables_zh={
            "looks": in_chinese(
                table,
                f"在其他价格与单元下的同样问题，{FIRST_YEAR}—{bay.year} 年",
                _NOTES_ZH,
                names=dict(names.values()),
            )
        },
    )


_TEXT = (
    Words(
        "The same measures in yuan of each year at market rates, in constant prices (growth of volumes), at price levels of "
        f"Hong Kong and Macao {DEARER:g} times those of the mainland (a trial: no purchasing power parities are among the "
        "data), and for other units: without Macao, the nine mainland cities, and the nine merged into the three circles of "
        "the delta.",
        f"同样的指标：按当年市场汇率的人民币、按不变价（实际增速）、设港澳物价为内地的 {DEARER:g} 倍（试算：数据中没有购买力平价），以及其他"
        "单元：不含澳门、内地九市、九市并为珠三角三个都市圈。",
    ),
)
_NOTES = (
    "theil: Theil's T of GDP per head, weighed by people; trend: of the standard deviation of its logarithm, a year; speed: "
    "of absolute convergence, a year; moran: of GDP per head, borders and bridges, exact p.",
    "p_speed: of the slope on the logarithm of the first level.",
)
_NOTES_ZH = (
    "泰尔指数：人均 GDP，以人口加权；趋势：其对数标准差每年的变化；收敛速度：绝对收敛，每年；莫兰指数：人均 GDP，陆地邻接与桥隧，精确 p 值。",
    "收敛 p 值：对初始水平对数的斜率。",
)
_FORMATS = {"theil_first": ".3f", "theil_last": ".3f", "trend": "+.4f", "speed": "+.3f", "moran": ".2f"}


def looks_at(bay: Bay) -> list[Look]:
    """The ways of looking, that of the other chapters first."""
    last = max(bay.year, FIRST_YEAR + 3)  # a trend needs some years
    years = range(FIRST_YEAR, min(last, LAST_YEAR) + 1)
    dearer = pd.Series(1.0, index=bay.cities.index).mask(bay.cities["side"] != "mainland", DEARER)
    market = quietly(data.load_gdp, years=years)
    real = quietly(data.load_gdp, prices="real", base_year=years[-1], years=years)
    w = weights.contiguity(bay.cities, links=bay.year)
    no_macao, nine = (
        bay.cities.index[kept] for kept in (bay.cities.index != "Macao", bay.cities["side"] == "mainland")
    )
    return [
        Look(BASE, market, w),
        Look(Words("constant prices", "不变价"), real, w),
        Look(
            Words(f"Hong Kong and Macao {DEARER:g} times as dear", f"港澳物价为 {DEARER:g} 倍"),
            quietly(data.load_gdp, prices="ppp", price_level=dearer, years=years),
            w,
        ),
        Look(Words("without Macao", "不含澳门"), _only(market, no_macao), w.subset(no_macao)),
        Look(Words("nine mainland cities", "内地九市"), _only(market, nine), w.subset(nine)),
        Look(Words("three circles, Hong Kong, Macao", "三个都市圈与港澳"), _merged(market), _merged_w(w)),
    ]


def _only(table: pd.DataFrame, cities: pd.Index) -> pd.DataFrame:
    return table[table.index.get_level_values("city").isin(cities)]


def _merged(table: pd.DataFrame) -> pd.DataFrame:
    """Cities of a circle as one unit: sums of GDP and people."""
    circle = [CIRCLES.get(city, city) for city in table.index.get_level_values("city")]
    parts = table.assign(people=table["gdp"] / table["gdp_pc"], city=circle).droplevel("city")
    sums = parts.set_index("city", append=True).groupby(level=["city", "year"])[["gdp", "population", "people"]].sum()
    return sums.assign(gdp_pc=sums["gdp"] / sums["people"])


def _merged_w(w: weights.Weights) -> weights.Weights:
    pairs = w.to_frame().reset_index()[["focal", "neighbor"]]
    pairs = pairs.apply(lambda column: column.map(lambda city: CIRCLES.get(city, city))).drop_duplicates()
    return weights.from_pairs(pairs[pairs["focal"] != pairs["neighbor"]])


def _measured(look: Look, bay: Bay) -> dict[str, float]:
    table = look.table
    years = table.index.get_level_values("year")
    theil = {}
    for year in (years.min(), years.max()):
        rows = table.xs(year, level="year")
        theil[year] = disparity.theil(rows["gdp"], rows["population"]).total
    trend = disparity.sigma_convergence(table["gdp_pc"]).trend
    assert trend is not None  # of four years and more
    beta = disparity.beta_convergence(table["gdp_pc"])
    last = table["gdp_pc"].xs(years.max(), level="year")
    moran = autocorrelation.moran(last, look.w.row_standardized(), rng=bay.seed)
    return {
        "units": len(last),
        "theil_first": theil[years.min()],
        "theil_last": theil[years.max()],
        "trend": float(trend.params["year"]),
        "p_trend": float(trend.pvalues["year"]),
        "speed": beta.speed,
        "p_speed": float(beta.pvalues["log_initial"]),
        "moran": moran.statistic,
        "p_moran": moran.p_value,
    }


@dataclass(frozen=True, slots=True)
class Question:
    """A finding: the columns of its estimate and p-value, and what is said of a negative, no and a positive one."""

    name: Words
    estimate: str
    p: str
    said: tuple[Words, Words, Words]


_QUESTIONS = (
    Question(
        Words("The spread of GDP per head", "人均 GDP 的离散度"),
        "trend",
        "p_trend",
        (Words("shrinks", "缩小"), Words("has no established trend", "无确立的趋势"), Words("grows", "扩大")),
    ),
    Question(
        Words("Convergence of poorer on richer units", "较穷单元向较富单元的收敛"),
        "speed",
        "p_speed",
        (
            Words("is divergence", "为发散"),
            Words("is not established", "未能确立"),
            Words("is established", "得到确立"),
        ),
    ),
    Question(
        Words("Likeness of neighbors in GDP per head", "邻居人均 GDP 的相似"),
        "moran",
        "p_moran",
        (
            Words("is unlikeness", "为相异"),
            Words("is not established", "未能确立"),
            Words("is established", "得到确立"),
        ),
    ),
)


def _verdict(row: pd.Series, question: Question) -> Words:
    p = row[question.p]
    if not p < LEVEL:  # NaN, too, establishes nothing
        return question.said[1]
    return question.said[2 if row[question.estimate] > 0 else 0]


def _changes(frame: pd.DataFrame, names: dict[str, Words], question: Question) -> Words:
    """What is found under the first look, and under which others it is not."""
    verdicts = {names[str(name)]: _verdict(row, question) for name, row in frame.iterrows()}
    first = verdicts[BASE]
    p = {name: _told_p(value) for name, value in zip(verdicts, frame[question.p], strict=True)}
    base = frame.iloc[0]
    start = Words(
        f"{question.name.en} {first.en} ({BASE.en}: {base[question.estimate]:+.3f}, {_told_p(base[question.p])})",
        f"{question.name.zh}{first.zh}（{BASE.zh}：{base[question.estimate]:+.3f}，{_told_p(base[question.p])}）",
    )
    others = {name: said for name, said in verdicts.items() if said != first}
    if not others:
        return Words(
            f"{start.en}; the same under all {len(frame)} ways of looking.",
            f"{start.zh}；{len(frame)} 种看法下都一样。",
        )
    kinds = list(dict.fromkeys(others.values()))
    told = "; ".join(_listed(kind.en, [f"{n.en} ({p[n]})" for n in others if others[n] == kind]) for kind in kinds)
    told_zh = "；".join(
        f"{kind.zh}的有：{'、'.join(f'{n.zh}（{p[n]}）' for n in others if others[n] == kind)}" for kind in kinds
    )
    return Words(f"{start.en}. Elsewhere it {told}.", f"{start.zh}。{told_zh}。")


def _listed(verdict: str, looks: list[str]) -> str:
    return f"{verdict}: {', '.join(looks)}"


def _told_p(value: float) -> str:
    return f"p = {p_text(value)}".replace("= <", "< ")


def _density(bay: Bay) -> Words:
    """Population density by cities and by districts: the units decide how clustered it looks."""
    tests = {}
    for name, units in {"cities": bay.cities, "districts": bay.districts}.items():
        density = (units["population"] / units["area_km2"]).rename("density")
        tests[name] = autocorrelation.moran(density, weights.contiguity(units).row_standardized(), rng=bay.seed)
    one, many = tests["cities"], tests["districts"]
    p, q = p_text(one.p_value), p_text(many.p_value)
    return Words(
        f"Population density has a Moran's I of {one.statistic:.2f} by {one.n} cities (p = {p}) and of {many.statistic:.2f} by "
        f"{many.n} districts (p = {q}): the units are part of the answer.",
        f"人口密度的莫兰指数，按 {one.n} 市为 {one.statistic:.2f}（p = {p}），按 {many.n} 个区县为 {many.statistic:.2f}（p = {q}）："
        "单元本身是答案的一部分。",
    )
