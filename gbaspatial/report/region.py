"""The report on a region of one's own: the chapters that its layer and its table allow, and why others are left out."""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from functools import cached_property
from importlib import metadata
from typing import TYPE_CHECKING

import pandas as pd

from gbaspatial import autocorrelation, disparity, figures, inference, models, tables, weights
from gbaspatial.alignment import columns_of
from gbaspatial.errors import DataError, IslandWarning, MissingDataError, UnknownNameError, nearest_names, some
from gbaspatial.inference.detection import MOST_UNITS
from gbaspatial.report.chinese import in_chinese, map_in_chinese
from gbaspatial.report.document import Cover
from gbaspatial.report.languages import Words
from gbaspatial.report.region_panel import panel_section
from gbaspatial.report.section import Section
from gbaspatial.report.verdicts import spatial_of
from gbaspatial.results import Table, data_hash, p_text
from gbaspatial.sizes import LEVEL

if TYPE_CHECKING:
    import geopandas as gpd

    from gbaspatial.models.fit import Fit
    from gbaspatial.weights import Weights

FEWEST = 4  # units for which a statistic of neighbors means anything
_LONG = 60  # units from which a page shows the ends of a table alone
_ENDS = 10


@dataclass(frozen=True, eq=False)
class Region:
    """Units with an `outcome` and, where given, `groups` (a column), `people` (a column) and `regressors` (columns).

    `panel` has rows by unit and time of the same columns; `year` is that of the units' own values.
    """

    units: gpd.GeoDataFrame
    outcome: str
    groups: str | None = None
    people: str | None = None
    regressors: tuple[str, ...] = ()
    year: int | None = None
    seed: int = 1
    panel: pd.DataFrame | None = None

    def __post_init__(self) -> None:
        numbers = [name for name in (self.outcome, self.people, *self.regressors) if name is not None]
        columns_of(self.units, numbers, "table")
        if self.groups is not None and self.groups not in self.units:
            known = nearest_names(self.groups, [str(name) for name in self.units])
            raise UnknownNameError(f"the units have no column {self.groups!r} of groups. {known}")
        for name in [*numbers, *([self.groups] if self.groups else [])]:
            missing = self.units.index[self.units[name].isna()]
            if len(missing):
                raise MissingDataError(f"{name} is missing for {some(missing)}; leave these units out, or complete it.")
        if len(self.units) < FEWEST:
            raise DataError(f"a report on neighbors needs at least {FEWEST} units; there are {len(self.units)}.")
        if self.values.min() == self.values.max():
            raise DataError(f"{self.outcome} is the same in all {len(self.units)} units; there is nothing to compare.")

    @property
    def values(self) -> pd.Series:
        """The outcome."""
        return self.units[self.outcome]

    @cached_property
    def _borders(self) -> Weights | None:
        """Borders, where every unit has a neighbor across one; points have none."""
        if (self.units.geometry.geom_type == "Point").any():
            return None
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", IslandWarning)  # the page says it
            borders = weights.contiguity(self.units)
        return borders if (borders.cardinalities > 0).all() else None

    @cached_property
    def w(self) -> Weights:
        """Borders, row-standardized; the four nearest where borders leave a unit alone."""
        if self._borders is not None:
            return self._borders.row_standardized()
        return weights.nearest(self.units, k=min(4, len(self.units) - 1)).row_standardized()

    @property
    def by_borders(self) -> bool:
        """Whether every unit has a neighbor across a border."""
        return self._borders is not None

    @property
    def are_points(self) -> bool:
        """Whether the units are places without an area."""
        return bool((self.units.geometry.geom_type == "Point").all())


def sections_of(region: Region) -> list[Section]:
    """The chapters that the data allow; the last one says which were left out."""
    w = region.w
    made = [_overview(region), _neighbors(region, w), _autocorrelation(region, w)]
    left: list[Words] = []
    if region.groups is None:
        left.append(Words("No inequality by group: no groups were named.", "没有分组差距一章：未指定分组列。"))
    elif region.units[region.groups].nunique() < 2:
        left.append(
            Words(
                f"No inequality by group: {region.groups} has one group only.",
                f"没有分组差距一章：{region.groups} 只有一组。",
            )
        )
    elif (region.values <= 0).any():
        low = some(region.units.index[region.values <= 0])
        left.append(
            Words(
                f"No inequality by group: {region.outcome} is not positive for {low}.",
                f"没有分组差距一章：{region.outcome} 在 {low} 不为正。",
            )
        )
    else:
        made.append(_disparity(region))
    if not region.regressors:
        left.append(Words("No model: no regressors were named.", "没有模型一章：未指定解释变量。"))
    elif len(region.units) < len(region.regressors) + 4:
        left.append(
            Words(
                f"No model: {len(region.units)} units are too few for {len(region.regressors)} regressors.",
                f"没有模型一章：{len(region.units)} 个单元不足以容纳 {len(region.regressors)} 个解释变量。",
            )
        )
    else:
        made.append(_model(region, w))
    years, reasons = panel_section(region, w)
    left += reasons
    if years is not None:
        made.append(years)
    return [*made, _left_out(left, region, w)]


def cover_of(region: Region) -> Cover:
    """The cover of the report on the region."""
    n = len(region.units)
    when, when_zh = ("", "") if region.year is None else (f", {region.year}", f"，{region.year} 年")
    return Cover(
        title=Words(f"{region.outcome} in {n:,} units{when}", f"{n:,} 个单元的 {region.outcome}{when_zh}"),
        lead=Words(
            "Every number on this page was computed from the given layer and table by gbaspatial.",
            "本页每个数字都由 gbaspatial 从所给图层与表格计算得出。",
        ),
        asked=Words(
            f"How does {region.outcome} differ between the units, and do neighbors resemble each other?",
            f"{region.outcome} 在各单元之间有何差异，邻居是否相似？",
        ),
        methods=(
            Words(
                "Tests of autocorrelation are exact or by permutation; models of fewer than 50 units use inference made "
                "for few units.",
                "自相关检验为精确或置换检验；少于 50 个单元的模型使用为少数单元设计的推断。",
            ),
        ),
        attribution=Words(
            "Layer and table as given; not a map for legal boundaries.",
            "图层与表格由使用者提供；地图不作为法定边界依据。",
        ),
        version=metadata.version("gbaspatial"),
        seed=region.seed,
        fingerprint=data_hash(region.units.drop(columns=region.units.geometry.name)),
    )


def _overview(region: Region) -> Section:
    values = region.values
    high, low = values.idxmax(), values.idxmin()
    n, middle = len(values), f"{_read(values.median())}"
    finding = Words(
        f"{region.outcome} of the {n:,} units runs from {_read(values.min())} ({low}) to {_read(values.max())} ({high}), with a "
        f"median of {middle}.",
        f"{n:,} 个单元的 {region.outcome} 由 {_read(values.min())}（{low}）到 {_read(values.max())}（{high}），中位数 {middle}。",
    )
    ranked = values.sort_values(ascending=False).to_frame()
    made = {"units": Table(ranked, f"{region.outcome} by unit")}
    titles = {"units": f"各单元的 {region.outcome}", "units_ends": f"{region.outcome} 最高与最低的各 {_ENDS} 个单元"}
    if n > _LONG:
        ends = pd.concat([ranked.head(_ENDS), ranked.tail(_ENDS)])
        made["units_ends"] = Table(ends, f"{region.outcome} of the {_ENDS} highest and the {_ENDS} lowest units")
    return Section(
        key="units",
        title=Words("The units", "各单元"),
        findings=(finding,),
        brief=(finding,),
        tables=made,
        tables_zh={name: in_chinese(table, titles[name]) for name, table in made.items()},
        aside=("units",) if n > _LONG else (),
        figures={"outcome": figures.map_of(region.units, region.outcome, label=region.outcome)},
        figures_zh={
            "outcome": map_in_chinese(figures.map_of(region.units, region.outcome, label=region.outcome, names="zh"))
        },
        captions={"outcome": Words(f"Map of {region.outcome}.", f"{region.outcome} 的地图。")},
        front=("outcome",),
    )


def _read(value: float) -> str:
    """A number as a person reads it: no powers of ten below a billion."""
    return f"{value:,.0f}" if 1000 <= abs(value) < 1e9 else f"{value:.4g}"


def _neighbors(region: Region, w: Weights) -> Section:
    mean, parts = w.cardinalities.mean(), w.n_components
    kind = (
        Words("Neighbors are units that share a border", "邻居为有共同边界的单元")
        if region.by_borders
        else Words("The units are points, and neighbors are the nearest of them", "单元为点，邻居取最近的单元")
        if region.are_points
        else Words(
            "Some units share no border, so neighbors are the nearest units",
            "有的单元没有共同边界，因此邻居取最近的单元",
        )
    )
    finding = Words(
        f"{kind.en}: {mean:.1f} on average, in {parts} connected part{'s' if parts > 1 else ''}.",
        f"{kind.zh}：平均 {mean:.1f} 个，分 {parts} 个连通部分。",
    )
    return Section(
        key="weights",
        title=Words("Who is whose neighbor", "谁与谁相邻"),
        findings=(finding,),
        figures={"weights": figures.weights_map(region.units, w, label="W")},
        figures_zh={"weights": map_in_chinese(figures.weights_map(region.units, w, label="W", names="zh"))},
        captions={"weights": Words("The graph of the neighbors.", "邻居关系图。")},
    )


def _autocorrelation(region: Region, w: Weights) -> Section:
    moran = autocorrelation.moran(region.values, w, rng=region.seed)
    lisa = autocorrelation.local_moran(region.values, w, rng=region.seed)
    p, number = p_text(moran.p_value), f"{moran.statistic:.3f}"
    said = (
        Words("Neighbors are not shown to resemble each other or to differ", "未显示邻居相似或相异")
        if moran.p_value >= LEVEL
        else Words("Neighbors resemble each other", "邻居相似")
        if moran.statistic > 0
        else Words("Neighbors differ", "邻居相异")
    )
    finding = Words(
        f"{said.en}: Moran's I of {region.outcome} is {number} (p = {p}, {moran.n} units).",
        f"{said.zh}：{region.outcome} 的莫兰指数为 {number}（p = {p}，{moran.n} 个单元）。",
    )
    made = {"moran": moran.tables()[0], "local_moran": lisa.tables()[0]}
    titles = {"moran": "莫兰指数", "local_moran": "局部莫兰指数"}
    return Section(
        key="autocorrelation",
        title=Words("Do neighbors resemble each other?", "邻居是否相似"),
        findings=(finding,),
        brief=(finding,),
        tables=made,
        tables_zh={name: in_chinese(table, titles[name]) for name, table in made.items()},
        aside=("local_moran",) if len(region.units) > _LONG else (),
        figures={"lisa": figures.map_of(region.units, lisa, label=f"Clusters: {region.outcome}")},
        figures_zh={
            "lisa": map_in_chinese(figures.map_of(region.units, lisa, label=f"聚类：{region.outcome}", names="zh"))
        },
        captions={"lisa": Words(f"Map of clusters of {region.outcome}.", f"{region.outcome} 的聚类地图。")},
        front=("lisa",),
    )


def _disparity(region: Region) -> Section:
    assert region.groups is not None
    groups = region.units[region.groups]
    weighed = region.people is not None
    # an outcome per head is weighed by people: its amount is the outcome times the people
    people = region.units[region.people] if region.people else None
    amount = region.values if people is None else region.values * people
    theil = disparity.theil(amount, people, groups=groups)
    means = disparity.mean_by_group(region.values, groups)
    how = (
        Words(f"weighed by {region.people}", f"以 {region.people} 加权")
        if weighed
        else Words("every unit counting alike, for no people were named", "各单元等权，因为未指定人口列")
    )
    finding = Words(
        f"Inequality of {region.outcome} (Theil's T, {how.en}) is {theil.total:.3f}; {theil.between_share:.0%} of it lies "
        f"between the groups of {region.groups}.",
        f"{region.outcome} 的不平等（泰尔指数，{how.zh}）为 {theil.total:.3f}；其中 {theil.between_share:.0%} 在 {region.groups} 各组之间。",
    )
    table = Table(means, f"{region.outcome} by {region.groups}")
    return Section(
        key="disparity",
        title=Words("Disparities between and within the groups", "组间与组内差距"),
        findings=(finding,),
        brief=(finding,),
        tables={"groups": table},
        tables_zh={"groups": in_chinese(table, f"按 {region.groups} 的 {region.outcome}")},
    )


def _model(region: Region, w: Weights) -> Section:
    names = {"outcome": region.outcome, **{f"x{i}": name for i, name in enumerate(region.regressors, 1)}}
    frame = pd.DataFrame({short: region.units[name].astype(float) for short, name in names.items()})
    formula = "outcome ~ " + " + ".join(list(names)[1:])
    fits: dict[str, Fit] = {"OLS": models.ols(formula, frame), "Lag": models.lag(formula, frame, w)}
    rho = spatial_of(fits["Lag"])
    spills = "is shown" if rho.significant else "is not established"
    spills_zh = "可见" if rho.significant else "未能确立"
    finding = Words(
        f"Given the regressors, a link between neighbors {spills}: rho of the lag model is {rho}.",
        f"给定解释变量，邻居间的联系{spills_zh}：空间滞后模型的 rho 为 {rho.zh}。",
    )
    compared = tables.compare(fits, below="p_value")
    shown = compared.tables()[0]
    # the variance of an outcome in units of money is a number that nobody reads: the CSV has it
    frame = shown.frame.drop(index="sigma2", errors="ignore").rename(index=names)
    frame.index.name = names.get(str(frame.index.name), frame.index.name)
    table = Table(frame, f"Models of {region.outcome}", shown.notes, shown.formats, shown.parameters)
    return Section(
        key="model",
        title=Words("What goes with the outcome", "什么与结果相伴"),
        findings=(finding,),
        brief=(finding,),
        tables={"models": table},
        tables_zh={"models": in_chinese(table, f"{region.outcome} 的模型")},
        numbers={"models": compared.to_frame()},
    )


def _left_out(left: list[Words], region: Region, w: Weights) -> Section:
    unknown = _power(len(region.units), w)
    everything = Words("Nothing was left out.", "没有略去任何章节。")
    return Section(
        key="limits",
        title=Words("What was left out, and what cannot be told", "略去了什么，说明不了什么"),
        text=tuple(left) or (everything,),
        findings=(unknown,),
        unknown=(unknown,),
    )


def _power(n: int, w: Weights) -> Words:
    """How much Moran's test can see at all."""
    if n > MOST_UNITS:
        return Words(
            f"With {n:,} units weak links are significant too: read how large Moran's I is, not only its p-value, and think "
            f"of what makes neighbors alike without any link.",
            f"{n:,} 个单元时，微弱的联系也会显著：应看莫兰指数的大小而不只看 p 值，并考虑没有联系时是什么使邻居相似。",
        )
    seen = float(inference.power("moran", w, rho=(0.3, 0.6, 0.9)).curve[0.6])
    return Words(
        f"With {n} units Moran's test sees a rho of 0.6 in {seen:.0%} of samples; a test that is not significant is no "
        "evidence that there is no link.",
        f"{n} 个单元时，莫兰检验在 {seen:.0%} 的样本中能看到 0.6 的 rho；不显著的检验并不证明没有联系。",
    )
