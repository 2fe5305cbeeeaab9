"""The twenty claims, in our own words, each with the section of the paper, what measures it and what would decide."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from gbaspatial.report.claims import of_bays, of_growth, of_innovation
from gbaspatial.report.claims.evidence_data import Evidence
from gbaspatial.report.claims.finding import Finding


class Claim(NamedTuple):
    """One claim: its words, its measure, its data, what would change the verdict, and what tests it."""

    key: str
    section: str
    en: str
    zh: str
    measure: str
    measure_zh: str
    data: str
    data_zh: str
    change: str
    change_zh: str
    test: Callable[[Evidence], Finding]


_NINE, _NINE_ZH = "nine mainland cities", "内地九市"
_BAYS, _BAYS_ZH = "table of four bay areas", "四大湾区对照表"
_PREFECTURES, _PREFECTURES_ZH = "prefectures of China 2010-2023", "全国地级市 2010—2023"

CLAIMS: tuple[Claim, ...] = (
    Claim(
        "C1", "abstract, 1.1", "Growth came from quantity and has to turn to total factor productivity.",
        "增长依靠数量，须转向全要素生产率。", "growth accounting, with a band over assumptions", "增长核算及假设区间",
        f"{_NINE}, 2006-2016", f"{_NINE_ZH}，2006—2016",
        "investment after 2016; hours worked and skills", "2016 年后的投资；工时与技能", of_growth.quantity_or_efficiency,
    ),
    Claim(
        "C2", "2", "By level of development the eleven cities form three tiers.", "按发展水平十一市分为三个层级。",
        "groups found in data against the tiers (adjusted Rand, exact p)", "数据分组与层级的一致性（调整兰德指数，精确 p）",
        "GDP and GDP per head, eleven cities", "十一市 GDP 与人均 GDP",
        "a stated definition of development", "对发展水平的明确定义", of_growth.three_tiers,
    ),
    Claim(
        "C3", "2", "Bay economies make 60 % of the world's output.", "湾区经济占世界产出的 60%。", "share of output", "产出份额",
        "none shipped", "无所附数据", "gridded output by distance from harbors", "按到港口距离的网格产出", of_bays.world_output,
    ),
    Claim(
        "C4", "2", "Tokyo's bay holds over 30 % of Japan's economy; New York leads in finance, San Francisco in technology.",
        "东京湾区占日本经济三成以上；纽约以金融、旧金山以科技领先。", "shares of output", "产出份额", _BAYS, _BAYS_ZH,
        "national accounts of Japan and of the two bays by industry", "日本国民账户及两湾区分行业账户", of_bays.tokyo_share,
    ),
    Claim(
        "C5", "2", "The bay's GDP grows faster than that of the three others.", "湾区 GDP 增速高于其他三个湾区。",
        "real growth in the same years", "同年实际增速", f"{_BAYS}; {_NINE}", f"{_BAYS_ZH}；{_NINE_ZH}",
        "series of all four bays after 2018", "四湾区 2018 年后的序列", of_bays.fastest_growth,
    ),
    Claim(
        "C6", "2", "Its area exceeds that of the three others together.", "其面积超过其他三个湾区之和。", "areas by definition",
        "按定义的面积", _BAYS, _BAYS_ZH, "one definition of Tokyo's bay", "东京湾区的统一定义", of_bays.largest_area,
    ),
    Claim(
        "C7", "2", "It has a great advantage in labor and market size.", "劳动力与市场规模优势大。", "people, income per head",
        "人口与人均收入", _BAYS, _BAYS_ZH, "purchasing power, not market rates", "按购买力而非市场汇率", of_bays.largest_market,
    ),
    Claim(
        "C8", "2", "It has the most developed logistics.", "物流最为发达。", "containers, passengers, freight", "集装箱、旅客与货运量",
        _BAYS, _BAYS_ZH, "times and costs instead of volumes", "以时间与成本代替数量", of_bays.logistics,
    ),
    Claim(
        "C9", "2", "Services are only about 60 % of its economy, far below the others.", "服务业仅约占 60%，远低于其他湾区。",
        "share of services", "服务业占比", f"{_BAYS}; {_NINE}", f"{_BAYS_ZH}；{_NINE_ZH}",
        "accounts of all bays in one classification", "各湾区统一分类的账户", of_bays.few_services,
    ),
    Claim(
        "C10", "2", "Only 17 of the world's 500 largest firms are there, far fewer than elsewhere.",
        "世界 500 强仅 17 家，远少于其他湾区。", "seats by bay and year", "按湾区与年份的总部数", _BAYS, _BAYS_ZH,
        "a source for 17 with its year", "17 家的来源与年份", of_bays.few_leading_firms,
    ),
    Claim(
        "C11", "2", "Too little education holds innovation back.", "教育与人才不足制约创新。",
        "university teachers in a Durbin panel of patents", "专利空间杜宾面板中的高校教师", f"{_NINE}, 2005-2022",
        f"{_NINE_ZH}，2005—2022", "degrees of people at work, by year", "分年份的从业人员学历", of_innovation.education_holds_back,
    ),
    Claim(
        "C12", "3", "Three systems hold back the exchange of talent, resources and knowledge, and so innovation.",
        "三种制度阻碍人才、资源与信息流动，从而制约创新。", "spillover across borders against within; friction of the border, scanned", "跨界与界内溢出之比较；边界摩擦的扫描",
        "eleven cities", "十一市", "flows by pair of cities", "城市对流量", of_innovation.borders_hold_back,
    ),
    Claim(
        "C13", "3", "Cities differ so much that the bay lacks wholeness.", "城市差距过大，湾区缺乏整体性。",
        "Theil's index by tier; trend of the spread", "按层级的泰尔指数；离散度趋势", "eleven and nine cities, 2000-2023",
        "十一市与九市，2000—2023", "a measure of wholeness, such as flows", "对整体性的度量，如流量", of_growth.cities_too_unequal,
    ),
    Claim(
        "C14", "4.1", "Knowledge spills over in clusters, driven by firms and universities.", "知识溢出在集群中发生，由企业与高校推动。",
        "Moran's I; Durbin panels", "莫兰指数；空间杜宾面板", f"{_PREFECTURES}; {_NINE}", f"{_PREFECTURES_ZH}；{_NINE_ZH}",
        "citations or joint patents by pair", "按城市对的引用或合作专利", of_innovation.clustered_spillover,
    ),
    Claim(
        "C15", "4.2", "Finance should flow to technology.", "金融应流向科技。", "loans to GDP in a Durbin panel of patents",
        "专利空间杜宾面板中的贷款/GDP", _PREFECTURES, _PREFECTURES_ZH, "loans and venture capital by industry", "分行业贷款与风险投资",
        of_innovation.finance_to_technology,
    ),
    Claim(
        "C16", "4.3.1", "The interplay of universities and industry is the driving force.", "高校与产业集群的互动是驱动力。",
        "coupling coordination", "耦合协调度", f"{_NINE}, 2010-2022", f"{_NINE_ZH}，2010—2022",
        "joint patents and projects", "合作专利与项目", of_innovation.universities_and_industry,
    ),
    Claim(
        "C17", "4.3.2", "Leading firms are the focus of innovation and carry smaller ones.", "龙头企业是创新焦点并带动中小企业。",
        "seats by city", "分城市总部数", "firms of 2024", "2024 年企业", "patents by firm and year", "分企业、分年份专利",
        of_innovation.leading_firms,
    ),
    Claim(
        "C18", "5.1", "Different education systems hinder cooperation.", "教育体制差异阻碍合作。", "none", "无", "none shipped", "无所附数据",
        "joint degrees and contracts before and after a reform", "改革前后的联合学位与合同", of_innovation.schooling_systems,
    ),
    Claim(
        "C19", "5.2", "Finance in Hong Kong, technology in Shenzhen, manufacturing elsewhere: chains should couple.",
        "香港金融、深圳科技、其他制造：价值链应当耦合。", "location quotients, Krugman's index", "区位商与克鲁格曼指数",
        "industry of the nine, 2018", "九市工业，2018", "accounts by branch with Hong Kong and Macao", "含港澳的分行业账户",
        of_growth.specialized_sides,
    ),
    Claim(
        "C20", "5.3", "Common culture lowers friction and costs.", "共同文化降低摩擦与成本。", "likeness of neighbors", "相邻城市的相似性",
        "eleven cities", "十一市", "measures of culture by pair of cities", "按城市对的文化度量", of_innovation.near_and_alike,
    ),
)  # fmt: skip

# claims that data by pair of cities would decide
BY_PAIR = ("C12", "C13", "C14", "C16", "C18", "C20")
