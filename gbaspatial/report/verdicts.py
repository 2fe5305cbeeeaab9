"""Sentences on the spatial parameter of a model, made from the one recommended inference of its fits."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, NamedTuple

import pandas as pd

from gbaspatial import autocorrelation
from gbaspatial.report.languages import Words, listed, listed_zh
from gbaspatial.results import p_text
from gbaspatial.sizes import LEVEL

if TYPE_CHECKING:
    from gbaspatial.models import Fit
    from gbaspatial.weights import Weights

WEAK = 0.3  # a rho that eleven cities would see in one sample of ten
MODELS_ZH = {
    "OLS": "最小二乘",
    "Lag": "空间滞后",
    "Error": "空间误差",
    "Durbin": "空间杜宾",
    "lag": "空间滞后",
    "error": "空间误差",
}


class Spatial(NamedTuple):
    """What is said of rho or lambda: the only p-value and interval of it in the report."""

    estimate: float
    p_value: float
    lower: float
    upper: float

    @property
    def significant(self) -> bool:
        """At 5 %."""
        return self.p_value < LEVEL

    def __str__(self) -> str:
        interval = f"95 % interval {self.lower:.2f} to {self.upper:.2f}"
        return f"{self.estimate:.2f} (p = {p_text(self.p_value)}, {interval})"

    @property
    def zh(self) -> str:
        """The same in Chinese."""
        return f"{self.estimate:.2f}（p = {p_text(self.p_value)}，95% 区间 {self.lower:.2f} 至 {self.upper:.2f}）"


def spatial_of(fit: Fit) -> Spatial:
    """rho of a fit, or lambda where there is no rho, by the inference of the fit."""
    row = fit.tidy().loc["rho" if "rho" in fit.params.index else "lambda"]
    return Spatial(*(float(row[name]) for name in Spatial._fields))


def agreement(lag: Fit, ols: Fit, w: Weights) -> Words:
    """Whether the tests of spatial dependence agree: that of rho, the likelihood ratio, Moran's I of residuals.

    The first takes each tail by itself, the second both together, the third needs no model: rho of few units is
    estimated too low, so that a ratio hardly sees positive dependence.
    """
    p = {
        Words("the test of rho, each tail by itself", "rho 的检验（两尾各自）"): spatial_of(lag).p_value,
        Words("the likelihood ratio", "似然比"): lag.exact_test().p_ratio,
        Words("Moran's I of the least-squares residuals", "最小二乘残差的莫兰指数"): autocorrelation.moran(
            ols, w
        ).p_value,
    }
    told = {
        name: Words(f"{name.en} (p = {p_text(value)})", f"{name.zh}（p = {p_text(value)}）")
        for name, value in p.items()
    }
    against = [told[name] for name, value in p.items() if value < LEVEL]
    others = [told[name] for name, value in p.items() if not value < LEVEL]
    no, yes = _both(others), _both(against)
    if not against:
        return Words(
            f"No test of spatial dependence rejects at 5 %: {no.en}.",
            f"在 5% 水平没有空间依赖检验拒绝原假设：{no.zh}。",
        )
    if not others:
        return Words(
            f"All tests of spatial dependence reject at 5 %: {yes.en}.",
            f"在 5% 水平所有空间依赖检验都拒绝原假设：{yes.zh}。",
        )
    return Words(
        f"The tests of spatial dependence do not agree at 5 %: {yes.en} {_verb(against, 'reject')}, "
        f"{no.en} {_verb(others, 'do')} not.",
        f"空间依赖的检验在 5% 水平并不一致：{yes.zh}拒绝原假设，{no.zh}不拒绝。",
    )


def better(fits: Mapping[str, Fit]) -> Words:
    """Which of several models of one outcome has the lowest AIC."""
    aic = pd.Series({name: fit.aic for name, fit in fits.items()}).sort_values()
    rest = listed([f"{value:.1f} for {name}" for name, value in aic.iloc[1:].items()])
    rest_zh = listed_zh([f"{_model(name)} {value:.1f}" for name, value in aic.iloc[1:].items()])
    margin = aic.iloc[1] - aic.iloc[0]
    weight = "by less than two, which is little" if margin < 2 else f"by {margin:.1f}"
    weight_zh = "差距小于 2，很小" if margin < 2 else f"领先 {margin:.1f}"
    return Words(
        f"By AIC the {aic.index[0]} model fits best ({aic.iloc[0]:.1f}, against {rest}), {weight}.",
        f"按 AIC，{_model(aic.index[0])}模型拟合最好（{aic.iloc[0]:.1f}；{rest_zh}），{weight_zh}。",
    )


def without_one(fit: Fit, zh: Callable[[str], str] = str) -> Words:
    """How far rho or lambda moves when one unit is left out, and whose absence makes it weak."""
    name = "rho" if "rho" in fit.params.index else "lambda"
    values = fit.influence().estimates[name].dropna().sort_values()
    first, last = str(values.index[0]), str(values.index[-1])
    low, high = values.iloc[0], values.iloc[-1]
    said = Words(
        f"With one city left out, {name} of the {fit.model} model runs from {low:.2f} (without {first}) to {high:.2f} "
        f"(without {last})",
        f"逐一剔除一个城市，{_model(fit.model)}模型的 {name} 由 {low:.2f}（剔除{zh(first)}）到 {high:.2f}（剔除{zh(last)}）",
    )
    weak = [str(unit) for unit in values[values < WEAK].index]
    if spatial_of(fit).estimate < WEAK or not weak:
        return Words(f"{said.en}.", f"{said.zh}。")
    return Words(
        f"{said.en}; it falls below {WEAK} without {listed(weak, 'or')}.",
        f"{said.zh}；剔除{listed_zh([zh(unit) for unit in weak], '或')}时低于 {WEAK}。",
    )


def choice(pairs: Mapping[Words, tuple[Fit, Fit]]) -> Words:
    """Whether logs or levels decide: for each model its fit in logs and in levels."""
    found = {name: tuple(spatial_of(fit) for fit in both) for name, both in pairs.items()}
    turned = [name for name, (logs, levels) in found.items() if logs.significant != levels.significant]
    told = _both([_logs_and_levels(name, *both) for name, both in found.items()])
    names = _both(turned)
    verdict = (
        f"decides whether {names.en} {_verb(turned, 'be')} significant at 5 %" if turned else "decides nothing at 5 %"
    )
    verdict_zh = f"决定{names.zh}在 5% 水平是否显著" if turned else "在 5% 水平不改变任何结论"
    return Words(
        f"The choice between logarithms and levels {verdict}: {told.en}.", f"取对数还是水平值{verdict_zh}：{told.zh}。"
    )


def _logs_and_levels(name: Words, logs: Spatial, levels: Spatial) -> Words:
    p, q = p_text(logs.p_value), p_text(levels.p_value)
    return Words(
        f"{name.en} {logs.estimate:.2f} in logarithms (p = {p}) and {levels.estimate:.2f} in levels (p = {q})",
        f"{name.zh}对数 {logs.estimate:.2f}（p = {p}）、水平值 {levels.estimate:.2f}（p = {q}）",
    )


def _both(said: list[Words]) -> Words:
    return Words(listed([one.en for one in said]), listed_zh([one.zh for one in said]))


def _model(name: object) -> str:
    return MODELS_ZH.get(str(name), str(name))


_ONE = {"reject": "rejects", "do": "does", "be": "is"}
_MANY = {"reject": "reject", "do": "do", "be": "are"}


def _verb(subjects: list[Words], verb: str) -> str:
    return (_ONE if len(subjects) == 1 else _MANY)[verb]
