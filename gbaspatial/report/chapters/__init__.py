"""The chapters of the report, in reading order."""

from __future__ import annotations

from collections.abc import Callable

from gbaspatial.report.bay import Bay
from gbaspatial.report.chapters import (
    autocorrelation,
    claims,
    disparity,
    four_bays,
    going_together,
    growth_sources,
    innovation,
    limits,
    over_time,
    overview,
    published_signs,
    regions_compared,
    tiers,
    ways_of_looking,
    weights,
)
from gbaspatial.report.section import Section

CHAPTERS: dict[str, Callable[[Bay], Section]] = {
    "claims": claims.chapter,
    "cities": overview.chapter,
    "weights": weights.chapter,
    "autocorrelation": autocorrelation.chapter,
    "disparity": disparity.chapter,
    "tiers": tiers.chapter,
    "innovation": innovation.chapter,
    "coupling": going_together.chapter,
    "productivity": growth_sources.chapter,
    "panels": over_time.chapter,
    "bays": four_bays.chapter,
    "regions": regions_compared.chapter,
    "signs": published_signs.chapter,
    "looks": ways_of_looking.chapter,
    "limits": limits.chapter,
}
