"""What stands around the chapters about the bay: the title, what was asked, methods, sources and caveats."""

from __future__ import annotations

from collections.abc import Mapping
from importlib import metadata

from gbaspatial import data
from gbaspatial.report.bay import FIRST_YEAR, LAST_YEAR, Bay
from gbaspatial.report.caveats_zh import CAVEATS_ZH
from gbaspatial.report.chinese import credit_in_chinese, in_chinese
from gbaspatial.report.claims.evidence_data import short_name
from gbaspatial.report.document import Cover
from gbaspatial.report.languages import Words
from gbaspatial.report.sources_zh import ADDRESSES_ZH, LICENSES_ZH, SOURCES_ZH
from gbaspatial.results import Table, data_hash


def cover_of(bay: Bay) -> Cover:
    """The cover of the report about the bay."""
    cities, sides, tiers = len(bay.cities), bay.cities["side"].nunique(), bay.cities["tier"].nunique()
    return Cover(
        title=Words(
            f"The Greater Bay Area, {bay.year}: who leads, who follows, and does it spill over?",
            f"粤港澳大湾区 {bay.year}：谁领先、谁跟随、是否外溢",
        ),
        lead=Words(
            f"{cities} cities, {tiers} tiers, {sides} customs territories. Every number on this page was computed from "
            "the shipped statistics by gbaspatial; nothing is interpolated.",
            f"{cities} 座城市，{tiers} 个层级，{sides} 个关税区。本页每个数字都由 gbaspatial 从所附统计数据计算得出；没有插值。",
        ),
        asked=Words(
            f"How far apart are the tiers of cities, does the gap close from {FIRST_YEAR} to {LAST_YEAR}, and does what "
            "happens in one city reach its neighbors?",
            f"各层级城市相距多远，{FIRST_YEAR}—{LAST_YEAR} 年差距是否缩小，一座城市的变化是否波及邻居？",
        ),
        methods=METHODS,
        attribution=Words(
            f"{data.ATTRIBUTION}. Not a map for legal boundaries. Land around: Natural Earth, public domain.",
            f"{credit_in_chinese(data.ATTRIBUTION)}。地图不作为法定边界依据。周边陆地：Natural Earth，公有领域。",
        ),
        version=metadata.version("gbaspatial"),
        seed=bay.seed,
        fingerprint=data_hash(bay.panel),
        tables=(_caveats(), _sources()),
    )


def _caveats() -> tuple[Table, Table]:
    """What is known of the statistics, a row for each sentence: it may hold for several variables."""
    known = data.caveats().fillna({"cities": ""})
    title, title_zh = "Known caveats of the statistics", "统计数据的已知问题"
    keys = ["cities", "first_year", "last_year", "severity", "text"]
    rows = known.groupby(keys, sort=False)["variable"].agg(list).reset_index()
    labels, nine = data.variables(), ";".join(data.load_cities().query("side == 'mainland'").index)
    words = {**_city_names(), nine: "内地九市", "": "全部"}
    english = rows.assign(
        variable=[", ".join(labels["label"].get(one, one) for one in names) for names in rows["variable"]],
        cities=[_several(cell, {nine: "nine mainland cities", "": "all"}, ", ") for cell in rows["cities"]],
    )
    chinese = rows.assign(
        variable=["、".join(labels["label_zh"].get(one, one) for one in names) for names in rows["variable"]],
        cities=[_several(cell, words, "、") for cell in rows["cities"]],
        text=[CAVEATS_ZH.get(text, text) for text in rows["text"]],
    )
    order = ["variable", *keys]
    table = Table(english[order].set_index("variable"), title, formats=_YEARS)
    return table, in_chinese(
        Table(chinese[order].set_index("variable"), title, formats=_YEARS),
        title_zh,
        names={"suspect": "可疑", "error": "错误"},
    )


_YEARS = {"first_year": ".0f", "last_year": ".0f"}


def _several(cell: str, words: Mapping[str, str], between: str) -> str:
    """The cities of a cell in words: some sets of them have a name."""
    return words[cell] if cell in words else between.join(words.get(one, one) for one in cell.split(";"))


def _sources() -> tuple[Table, Table]:
    sources = data.sources()
    table = Table(sources[[name for name in sources if name != "address_complete"]], "Sources")
    chinese = table.frame.copy()
    for sign in chinese.index.intersection(list(SOURCES_ZH)):
        chinese.loc[sign, ["title", "note"]] = SOURCES_ZH[str(sign)]
    chinese["address"] = [_address_zh(str(address)) if address else address for address in chinese["address"]]
    return table, in_chinese(Table(chinese, table.title), "数据来源", names=LICENSES_ZH)


def _address_zh(address: str) -> str:
    for english in sorted(ADDRESSES_ZH, key=len, reverse=True):
        address = address.replace(english, ADDRESSES_ZH[english])
    return address


def _city_names() -> dict[str, str]:
    return {str(label): short_name(str(name)) for label, name in data.load_cities()["name_zh"].items()}


METHODS = (
    Words(
        "Weights W are hypotheses of contact; results are shown under several, and every table names the W it rests on.",
        "权重 W 是关于联系的假设；结果在多种 W 下给出，每张表注明所用的 W。",
    ),
    Words(
        "Tests of autocorrelation are exact or by permutation; sequences of years are adjusted for their number.",
        "自相关检验为精确检验或置换检验；逐年检验按年份个数校正。",
    ),
    Words(
        "Models of few units use one inference: every value of the spatial parameter is tested by rotated residuals, and "
        "coefficients follow from it.",
        "少数单元的模型只用一种推断：以残差旋转检验空间参数的每个取值，系数由此得出。",
    ),
    Words(
        "The CSV files beside this page hold all digits; on the page they are rounded for reading.",
        "页旁的 CSV 文件保留全部位数；页面上的数字为便于阅读而取整。",
    ),
)
