"""Sentences on the spatial parameter of a model, made from the one recommended inference of its fits."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, NamedTuple

import pandas as pd

from gbaspatial import autocorrelation
from gbaspatial.results import p_text

if TYPE_CHECKING:
    from gbaspatial.models import Fit
    from gbaspatial.weights import Weights

LEVEL = 0.05
WEAK = 0.3  # a rho that eleven cities would see in one sample of ten


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


def listed(names: Sequence[str], last: str = "and") -> str:
    """Names in a sentence.

    Examples
    --------
    >>> listed(["Foshan", "Hong Kong", "Macao"], "or")
    'Foshan, Hong Kong or Macao'
    """
    return f" {last} ".join(part for part in (", ".join(names[:-1]), *names[-1:]) if part)


def spatial_of(fit: Fit) -> Spatial:
    """rho of a fit, or lambda where there is no rho, by the inference of the fit."""
    row = fit.tidy().loc["rho" if "rho" in fit.params.index else "lambda"]
    return Spatial(*(float(row[name]) for name in Spatial._fields))


def agreement(lag: Fit, ols: Fit, w: Weights) -> str:
    """Whether the tests of spatial dependence agree: that of rho, the likelihood ratio, Moran's I of residuals.

    The first takes each tail by itself, the second both together, the third needs no model: rho of few units is
    estimated too low, so that a ratio hardly sees positive dependence.
    """
    p = {
        "the test of rho, each tail by itself": spatial_of(lag).p_value,
        "the likelihood ratio": lag.exact_test().p_ratio,
        "Moran's I of the least-squares residuals": autocorrelation.moran(ols, w).p_value,
    }
    told = [f"{name} (p = {p_text(value)})" for name, value in p.items()]
    against = [text for text, value in zip(told, p.values(), strict=True) if value < LEVEL]
    others = [text for text in told if text not in against]
    if not against:
        return f"No test of spatial dependence rejects at 5 %: {listed(others)}."
    if not others:
        return f"All tests of spatial dependence reject at 5 %: {listed(against)}."
    return (
        f"The tests of spatial dependence do not agree at 5 %: {listed(against)} {_verb(against, 'reject')}, "
        f"{listed(others)} {_verb(others, 'do')} not."
    )


def better(fits: Mapping[str, Fit]) -> str:
    """Which of several models of one outcome has the lowest AIC."""
    aic = pd.Series({name: fit.aic for name, fit in fits.items()}).sort_values()
    rest = listed([f"{value:.1f} for {name}" for name, value in aic.iloc[1:].items()])
    margin = aic.iloc[1] - aic.iloc[0]
    weight = "by less than two, which is little" if margin < 2 else f"by {margin:.1f}"
    return f"By AIC the {aic.index[0]} model fits best ({aic.iloc[0]:.1f}, against {rest}), {weight}."


def without_one(fit: Fit) -> str:
    """How far rho or lambda moves when one unit is left out, and whose absence makes it weak."""
    name = "rho" if "rho" in fit.params.index else "lambda"
    values = fit.influence().estimates[name].dropna().sort_values()
    words = (
        f"With one city left out, {name} of the {fit.model} model runs from {values.iloc[0]:.2f} (without "
        f"{values.index[0]}) to {values.iloc[-1]:.2f} (without {values.index[-1]})"
    )
    weak = values[values < WEAK]
    if spatial_of(fit).estimate < WEAK or weak.empty:
        return f"{words}."
    return f"{words}; it falls below {WEAK} without {listed([str(unit) for unit in weak.index], 'or')}."


def choice(pairs: Mapping[str, tuple[Fit, Fit]]) -> str:
    """Whether logs or levels decide: for each model its fit in logs and in levels."""
    found = {name: tuple(spatial_of(fit) for fit in both) for name, both in pairs.items()}
    turned = [name for name, (logs, levels) in found.items() if logs.significant != levels.significant]
    told = [
        f"{name} {logs.estimate:.2f} in logarithms (p = {p_text(logs.p_value)}) and {levels.estimate:.2f} in levels "
        f"(p = {p_text(levels.p_value)})"
        for name, (logs, levels) in found.items()
    ]
    verdict = (
        f"decides whether {listed(turned)} {_verb(turned, 'be')} significant at 5 %"
        if turned
        else "decides nothing at 5 %"
    )
    return f"The choice between logarithms and levels {verdict}: {listed(told)}."


_ONE = {"reject": "rejects", "do": "does", "be": "is"}
_MANY = {"reject": "reject", "do": "do", "be": "are"}


def _verb(subjects: list[str], verb: str) -> str:
    return (_ONE if len(subjects) == 1 else _MANY)[verb]
