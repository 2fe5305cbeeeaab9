"""The chapters of the report, in reading order."""

from __future__ import annotations

from collections.abc import Callable

from gbaspatial.report.bay import Bay
from gbaspatial.report.chapters import autocorrelation, claims, disparity, innovation, limits, overview, tiers, weights
from gbaspatial.report.section import Section

CHAPTERS: dict[str, Callable[[Bay], Section]] = {
    "claims": claims.chapter,
    "cities": overview.chapter,
    "weights": weights.chapter,
    "autocorrelation": autocorrelation.chapter,
    "disparity": disparity.chapter,
    "tiers": tiers.chapter,
    "innovation": innovation.chapter,
    "limits": limits.chapter,
}
