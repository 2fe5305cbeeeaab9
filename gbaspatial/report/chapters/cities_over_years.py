"""What the cities' own panels tell: convergence with spillovers, W fixed and W with bridges, and patents of the nine."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from gbaspatial import inference, models
from gbaspatial.randomness import REPORTED_PANELS, REPORTED_SIGNS, stream
from gbaspatial.report.bay import FIRST_YEAR, LAST_YEAR, Bay
from gbaspatial.report.languages import Words
from gbaspatial.report.verdicts import spatial_of
from gbaspatial.results import p_text

if TYPE_CHECKING:
    from gbaspatial.models import PanelFit
    from gbaspatial.weights import Weights

GROWTH = "growth ~ L(log(gdp_pc_cny))"
LEVEL = "L(log(gdp_pc_cny))"
PATENTS = "log({}) ~ log(gdp_pc_cny) + log(population)"
DOUBTED = 2015  # of inventions granted: see the caveats
BROKEN = (2006, 2007)  # of GDP per head
SAMPLES = {"estimated": 10, "none": 24}  # as estimated, and with rho zero, whose tail is asked
_CITY = ["city", "year"]


@dataclass(frozen=True)
class Convergence:
    """Growth of GDP per head on the level of the year before, under W as it was, as it is, and as it changed."""

    bay: Bay

    @cached_property
    def panel(self) -> pd.DataFrame:
        """GDP per head and its growth; that of the first year, which leaves with its lag, is set to zero."""
        panel = self.bay.panel[["gdp_pc_cny"]].copy()
        panel["growth"] = np.log(panel["gdp_pc_cny"]).groupby(level="city").diff().fillna(0.0)
        return panel

    @cached_property
    def years(self) -> list[int]:
        """The years of the panel."""
        return sorted(self.panel.index.unique("year"))

    @cached_property
    def by_year(self) -> dict[int, Weights]:
        """The W of each year of the panel, one object as long as no link opens: then it is factorized once."""
        one: dict[bytes, Weights] = {}
        given = self.bay.weights_by_year
        return {year: one.setdefault(given[year].sparse.toarray().tobytes(), given[year]) for year in self.years}

    @cached_property
    def fits(self) -> dict[tuple[str, str], PanelFit]:
        """By effects and W."""
        w, first = self.by_year, f"as in {self.years[0]}"
        return {
            ("unit", "by year"): models.panel_lag(GROWTH, self.panel, w, effects="unit"),
            ("unit and time", first): models.panel_lag(GROWTH, self.panel, w[self.years[0]], effects="twoway"),
            ("unit and time", "by year"): models.panel_lag(GROWTH, self.panel, w, effects="twoway"),
        }

    @property
    def main(self) -> PanelFit:
        """Effects of cities and years, W by year."""
        return self.fits["unit and time", "by year"]

    @property
    def fixed(self) -> PanelFit:
        """The same with the W of the first year."""
        return self.fits["unit and time", f"as in {self.years[0]}"]

    @cached_property
    def without_doubt(self) -> PanelFit:
        """The main fit without the years in which the series of a city breaks, and those that look back at them."""
        rows = self.panel.drop(index=[year for year in BROKEN if year in self.years], level="year")
        return models.panel_lag(GROWTH, rows, self.by_year, effects="twoway")

    def wide(self, values: pd.Series) -> pd.DataFrame:
        """Years by cities, in the order of W."""
        return values.to_frame("value").pivot_table(index="year", columns="city", values="value")[
            self.by_year[self.years[0]].ids
        ]

    @cached_property
    def share_of_opening(self) -> float:
        """Of the variance of the neighbors' income, less effects of cities and years: what is W changing."""
        income = self.wide(np.log(self.panel["gdp_pc_cny"]))
        first, before = self.by_year[self.years[0]].sparse, income.loc[self.years[:-1]].to_numpy()
        later = zip(self.years[1:], before, strict=True)
        kept, now = before @ first.toarray().T, np.array([self.by_year[year].sparse @ row for year, row in later])
        moved, whole = _less_both(now - kept), _less_both(now)
        return float((moved * whole).sum() / (whole**2).sum())

    def table(self) -> pd.DataFrame:
        """Convergence and rho by effects and W."""
        rows = {}
        for key, fit in self.fits.items():
            rho = spatial_of(fit)
            own = [fit.params[LEVEL], fit.pvalues[LEVEL]]
            rows[key] = [*own, rho.estimate, rho.p_value, rho.lower, rho.upper]
        names = ["convergence", "p_convergence", "rho", "p_rho", "rho_lower", "rho_upper"]
        table = pd.DataFrame.from_dict(rows, orient="index", columns=names).reset_index(names="effects")
        table.insert(1, "weights", [key[1] for key in table["effects"]])
        return table.assign(effects=[key[0] for key in table["effects"]])

    @cached_property
    def given_back(self) -> dict[str, pd.DataFrame]:
        """What samples made by the main fit give back: as estimated, and with rho zero; each city's own variance."""
        rhos = {"estimated": self.main.rho, "none": 0.0}
        return {
            name: pd.DataFrame([self._estimated(rhos[name], number, draw) for draw in range(count)])
            for number, (name, count) in enumerate(SAMPLES.items())
        }

    def _estimated(self, rho: float, number: int, draw: int) -> pd.Series:
        rng = stream(self.bay.seed, REPORTED_PANELS, number, draw)
        made = self._grown(rho, rng)
        return models.panel_lag(GROWTH, made, self.by_year, effects="twoway", covariance="information").params

    @cached_property
    def _parts(self) -> tuple[pd.DataFrame, np.ndarray, pd.DataFrame]:
        """What is neither lag nor level nor innovation, by year; spread of innovations by city; income."""
        fit = self.main
        innovations, growth = self.wide(fit.residuals), self.wide(self.panel["growth"])
        income = self.wide(np.log(self.panel["gdp_pc_cny"]))
        lagged = pd.DataFrame(
            [self.by_year[year].sparse @ row for year, row in growth.iterrows()], growth.index, growth.columns
        )
        rest = growth - fit.rho * lagged - fit.params[LEVEL] * income.shift() - innovations
        return rest, innovations.std().to_numpy() * np.sqrt(fit.n / fit.df_resid), income

    def _grown(self, rho: float, rng: np.random.Generator) -> pd.DataFrame:
        """A panel that the model could have given with this `rho`, from the first year's incomes on."""
        rest, spread, income = self._parts
        slope, n = self.main.params[LEVEL], rest.shape[1]
        level = income.iloc[0].to_numpy()
        growth, levels = [np.zeros(n)], [level]
        for year in self.years[1:]:
            known = rest.loc[year].to_numpy() + slope * level + spread * rng.standard_normal(n)
            growth.append(np.linalg.solve(np.eye(n) - rho * self.by_year[year].sparse.toarray(), known))
            level = level + growth[-1]
            levels.append(level)
        columns = {"growth": np.array(growth), "gdp_pc_cny": np.exp(levels)}
        index = pd.MultiIndex.from_product([self.years, rest.columns], names=["year", "city"])
        return pd.DataFrame({name: values.ravel() for name, values in columns.items()}, index).reorder_levels(_CITY)

    def found(self) -> Words:
        """Convergence, rho under each W, and how much of it is W changing."""
        unit, both, first = (spatial_of(fit) for fit in (self.fits["unit", "by year"], self.main, self.fixed))
        slope, p = self.main.params[LEVEL], p_text(self.main.pvalues[LEVEL])
        sure = self.without_doubt.rho
        more, start, span = both.estimate - first.estimate, self.years[0], f"{self.years[1]}–{self.years[-1]}"
        return Words(
            f"Growth of GDP per head, {span}, effects of cities and years: a city one per cent richer than its own level "
            f"grows {-slope:.3f} points less (p = {p}). rho of growth is {both} with the W of each year and "
            f"{first.estimate:.2f} (p = {p_text(first.p_value)}) with that of {start}: {more:+.2f} of it comes with "
            f"bridges in W, although {self.share_of_opening:.0%} of the variance of neighbors' income is W changing. "
            f"Without the doubted {BROKEN[0]} and {BROKEN[1]} it is {sure:.2f}. "
            f"Without effects of years it is {unit.estimate:.2f} (p = {p_text(unit.p_value)}), the bay's common shocks "
            f"included.",
            f"{span} 年人均 GDP 增长，控制城市与年份效应：比自身水平高 1% 的城市增速低 {-slope:.3f} 个点（p = {p}）。用逐年 W 时增长的 "
            f"rho 为 {both.zh}，用 {start} 年的 W 时为 {first.estimate:.2f}（p = {p_text(first.p_value)}）：其中 {more:+.2f} "
            f"来自桥梁进入 W，尽管邻居收入的方差有 {self.share_of_opening:.0%} 出于 W 的变化。剔除存疑的 {BROKEN[0]} 与 {BROKEN[1]} 年为 {sure:.2f}。不控制年份效应时为 {unit.estimate:.2f}"
            f"（p = {p_text(unit.p_value)}），其中含全区共同冲击。",
        )

    def told_of_samples(self) -> Words:
        """What the fitted model gives back, and how often as much rho comes from nothing."""
        slope, back = self.main.params[LEVEL], self.given_back
        bias = back["estimated"][LEVEL].mean() - slope
        again, none = back["estimated"]["rho"].mean(), back["none"]["rho"]
        chance = float((none >= self.main.rho).mean())
        much = abs(bias) > abs(slope) / 4
        said = ("much of the speed is the bias of dynamic panels", "速度的相当一部分是动态面板偏误")
        little = ("the bias of dynamic panels is small beside it", "动态面板偏误相对很小")
        en, zh = said if much else little
        return Words(
            f"{SAMPLES['estimated']} panels made by this model give back a rho of {again:.2f} for {self.main.rho:.2f} and a coefficient "
            f"of {slope + bias:.3f} for {slope:.3f}: {en}. Made {len(none)} times without any spillover "
            f"they give {none.mean():+.2f}, and {chance:.0%} of them as much as was found.",
            f"由该模型生成的 {SAMPLES['estimated']} 个面板，rho 得回 {again:.2f}（估计 {self.main.rho:.2f}），系数得回 {slope + bias:.3f}"
            f"（估计 {slope:.3f}）：{zh}。不含任何溢出的 {len(none)} 个得回 {none.mean():+.2f}，其中 {chance:.0%} 不小于所估计的值。",
        )


def _less_both(values: np.ndarray) -> np.ndarray:
    """Years by cities less the means of both."""
    return np.asarray(values - values.mean(axis=0) - values.mean(axis=1, keepdims=True) + values.mean())


@dataclass(frozen=True)
class NinePatents:
    """Patents of the nine mainland cities by income and people; inventions with and without the year in doubt."""

    bay: Bay

    @cached_property
    def rows(self) -> pd.DataFrame:
        """The nine in all years."""
        variables = ["patents_granted", "inventions_granted", "gdp_pc_cny", "population"]
        return self.bay.evidence.nine(variables, range(FIRST_YEAR, LAST_YEAR + 1))

    @cached_property
    def fits(self) -> dict[tuple[str, str], PanelFit]:
        """By outcome and effects. Among the nine no link opens, so there is one W."""
        w, rows = self.bay.evidence.w.subset(self.bay.evidence.mainland), self.rows
        patents, inventions = PATENTS.format("patents_granted"), PATENTS.format("inventions_granted")
        sure = rows.drop(index=DOUBTED, level="year")
        return {
            ("patents", "unit"): models.panel_lag(patents, rows, w, effects="unit"),
            ("patents", "unit and time"): models.panel_lag(patents, rows, w, effects="twoway"),
            ("inventions", "unit and time"): models.panel_lag(inventions, rows, w, effects="twoway"),
            (f"inventions without {DOUBTED}", "unit and time"): models.panel_lag(inventions, sure, w, effects="twoway"),
        }

    @cached_property
    def given_back(self) -> float:
        """The mean rho of samples made by the two-way model of patents, whose residual histories get random signs."""
        fit = self.fits["patents", "unit and time"]
        w = self.bay.evidence.w.subset(self.bay.evidence.mainland)
        y, e = (x.to_frame("value").pivot_table(index="year", columns="city", values="value")[w.ids]
                for x in (np.log(self.rows["patents_granted"]), fit.residuals))  # fmt: skip
        W = w.sparse.toarray()
        base = y - fit.rho * (y.to_numpy() @ W.T) - e
        found = []
        for draw in range(SAMPLES["estimated"]):
            signs = stream(self.bay.seed, REPORTED_SIGNS, draw).choice([-1.0, 1.0], size=w.n)
            logs = np.linalg.solve(np.eye(w.n) - fit.rho * W, (base + e * signs).to_numpy().T).T
            made = pd.DataFrame(np.exp(logs), y.index, y.columns).stack().reorder_levels(_CITY)
            rows = self.rows.assign(patents_granted=made)
            again = models.panel_lag(fit.formula, rows, w, effects="twoway", covariance="information")
            found.append(again.rho)
        return float(np.mean(found))

    def table(self) -> pd.DataFrame:
        """rho by outcome and effects."""
        rows = [[*key, fit.params["log(gdp_pc_cny)"], *spatial_of(fit)] for key, fit in self.fits.items()]
        names = ["outcome", "effects", "log(gdp_pc_cny)", "rho", "p_rho", "rho_lower", "rho_upper"]
        return pd.DataFrame(rows, columns=names)

    def found(self) -> Words:
        """Whether patents come with those of neighbors."""
        unit, both, all_, sure = (spatial_of(fit) for fit in self.fits.values())
        serial = self.fits["patents", "unit and time"].serial_correlation
        tests = np.array([unit.p_value, both.p_value, all_.p_value, sure.p_value])
        least = p_text(float(inference.adjust(tests, "holm").min()))
        return Words(
            f"Patents of the nine cities by income and people: rho is {unit.estimate:.2f} (p = {p_text(unit.p_value)}) with "
            f"effects of cities and {both} with those of years too ({SAMPLES['estimated']} panels made by that model give back "
            f"{self.given_back:.2f}). Inventions alone have {all_.estimate:.2f} (p = "
            f"{p_text(all_.p_value)}), without the doubted {DOUBTED} {sure.estimate:.2f} (p = {p_text(sure.p_value)}); these "
            f"are {len(tests)} tests of one question (smallest p, adjusted for that, {least}), and errors last ({serial:.2f} from "
            f"year to year), so that the years are far fewer than they look.",
            f"九市专利对收入与人口：控制城市效应时 rho 为 {unit.estimate:.2f}（p = {p_text(unit.p_value)}），再控制年份时为 {both.zh}"
            f"（由该模型生成的 {SAMPLES['estimated']} 个面板得回 {self.given_back:.2f}）。"
            f"仅发明专利为 {all_.estimate:.2f}（p = {p_text(all_.p_value)}），剔除存疑的 {DOUBTED} 年为 {sure.estimate:.2f}"
            f"（p = {p_text(sure.p_value)}）；这是对同一问题的 {len(tests)} 次检验（校正后最小 p = {least}），"
            f"且误差持久（逐年相关 {serial:.2f}），有效年数远少于表面。",
        )
