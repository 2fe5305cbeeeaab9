"""The chapters of the report, in reading order."""

from __future__ import annotations

from collections.abc import Callable

from gbaspatial.report.bay import Bay
from gbaspatial.report.chapters import autocorrelation, claims, disparity, innovation, limits, overview, tiers, weights
from gbaspatial.report.section import Section

CHAPTERS: tuple[Callable[[Bay], Section], ...] = (
    overview.chapter,
    weights.chapter,
    autocorrelation.chapter,
    disparity.chapter,
    tiers.chapter,
    innovation.chapter,
    claims.chapter,
    limits.chapter,
)
