"""Chapter: W is a hypothesis; these are compared."""

from __future__ import annotations

import pandas as pd

from gbaspatial import data, figures
from gbaspatial.report.bay import FIRST_YEAR, Bay
from gbaspatial.report.chinese import CELLS, in_chinese, map_in_chinese
from gbaspatial.report.languages import Language, Words, listed, listed_zh
from gbaspatial.report.recipes import in_words
from gbaspatial.report.section import Section
from gbaspatial.results import Table


def chapter(bay: Bay) -> Section:
    """The weights of the report and how bridges changed the graph of the bay."""
    compared, links = _weights(bay), _links(bay)
    drawn = Words(
        f"Land borders, and bridges and tunnels open by {bay.year}", f"陆地邻接，以及 {bay.year} 年前开通的桥隧"
    )
    return Section(
        key="weights",
        title=Words("Who is whose neighbor", "谁与谁相邻：空间权重"),
        text=_text(bay),
        findings=(_graph(bay),),
        tables={"weights": compared, "links": links},
        tables_zh={
            "weights": in_chinese(
                compared, "所比较的权重", ("rho 下限、上限：由 W 的特征值得出的可行区间", *_recipes(bay, "zh"))
            ),
            "links": in_chinese(links, f"{bay.year} 年前开通的桥梁、隧道与铁路", names=bay.names_zh),
        },
        figures={"weights": figures.weights_map(bay.cities, bay.main_weights, label=drawn.en)},
        figures_zh={
            "weights": map_in_chinese(figures.weights_map(bay.cities, bay.main_weights, label=drawn.zh, names="zh"))
        },
        captions={"weights": Words(f"The graph of W: {drawn.en}.", f"W 的图：{drawn.zh}。")},
    )


def _graph(bay: Bay) -> Words:
    now, borders = bay.main_weights, bay.weights["borders"]
    alone = [str(city) for city in borders.cardinalities.index[borders.cardinalities == 1]]
    land, all_ = borders.n_links // 2, now.n_links // 2
    single = (
        Words(f", and {listed(alone)} one neighbor each", f"，{listed_zh([bay.zh(c) for c in alone])}各只有一个邻居")
        if alone
        else Words("", "")
    )
    return Words(
        f"On land borders the eleven cities have {land} links{single.en}; bridges and tunnels open by {bay.year} make it "
        f"{all_} links.",
        f"按陆地邻接，十一市之间有 {land} 条联系{single.zh}；加上 {bay.year} 年前开通的桥隧共 {all_} 条。",
    )


def _text(bay: Bay) -> tuple[Words, ...]:
    before = bay.weights_by_year[FIRST_YEAR].n_links // 2
    return (
        Words(
            "A spatial weights matrix W says who may influence whom; each result below is conditional on it, "
            "so several are compared. Borders come from the polygons; bridges and tunnels add a link in the "
            "year they open. Each W but one is row-standardized: the spatial lag of a city is the weighted mean of "
            "its neighbors. Border friction halves links across a border between customs territories; that W is "
            "divided by its largest eigenvalue instead, for all links of Hong Kong and Macao cross a border, and "
            "their rows would be as without friction.",
            "空间权重矩阵 W 规定谁可能影响谁；以下每项结果都以它为条件，因此比较多种 W。陆地邻接取自边界图层；桥梁与隧道在开通"
            "当年加入联系。除一种外，W 均按行标准化：一市的空间滞后是其邻居的加权平均。边界摩擦将跨关税区的联系减半；该 W "
            "改为除以其最大特征值，因为港澳的所有联系都跨界，按行标准化会抵消摩擦。",
        ),
        Words(
            f"In {FIRST_YEAR} the graph with bridges had {before} links between two cities; the table below counts each in both directions.",
            f"{FIRST_YEAR} 年含桥隧的图有 {before} 条城市间联系；下表按两个方向分别计数。",
        ),
    )


def _recipes(bay: Bay, language: Language = "en") -> tuple[str, ...]:
    """How each W was built: too long for a column."""
    told = {name: in_words(str(w.recipe)) for name, w in bay.weights.items()}
    if language == "zh":
        return tuple(f"{CELLS.get(name, name)}：{words.zh}" for name, words in told.items())
    return tuple(f"{name}: {words.en}" for name, words in told.items())


def _weights(bay: Bay) -> Table:
    rows = {
        name: {
            "links": w.n_links,
            "neighbors, mean": w.cardinalities.mean(),
            "neighbors, least": int(w.cardinalities.min()),
            "components": w.n_components,
            "rho from": w.interval[0],
            "rho to": w.interval[1],
        }
        for name, w in bay.weights.items()
    }
    frame = pd.DataFrame.from_dict(rows, orient="index").rename_axis("weights")
    notes = ("rho from, to: the admissible interval, from the eigenvalues of W", *_recipes(bay))
    formats = dict.fromkeys(["neighbors, mean", "rho from", "rho to"], ".2f")
    return Table(frame, "The weights compared", notes, formats)


def _links(bay: Bay) -> Table:
    links = data.load_links(year=bay.year)[["city_a", "city_b", "name", "opened", "kind", "length_km"]]
    frame = links.rename(columns={"length_km": "length, km"})
    return Table(frame, f"Bridges, tunnels and railways open by {bay.year}", formats={"length, km": ".1f"})
