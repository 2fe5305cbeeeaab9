"""The colors and the bilingual names of classes, the same on paper and on the interactive map."""

from __future__ import annotations

from typing import NamedTuple

from gbaspatial.errors import OptionError, nearest_names


class Swatch(NamedTuple):
    """A class as a legend shows it: color, English name, Chinese name."""

    color: str
    english: str
    chinese: str


# The colors of GeoDa, which readers of LISA maps know by heart.
CLUSTERS = {
    "HH": Swatch("#FF0000", "High-High", "高-高"),
    "LL": Swatch("#0000FF", "Low-Low", "低-低"),
    "LH": Swatch("#A7ADF9", "Low-High", "低-高"),
    "HL": Swatch("#F4ADA8", "High-Low", "高-低"),
    "not significant": Swatch("#EEEEEE", "Not significant", "不显著"),
    "isolate": Swatch("#999999", "No neighbors", "无邻居"),
    "undefined": Swatch("#464646", "Undefined", "未定义"),
}
HOTSPOTS = {
    "hot": Swatch("#FF0000", "Hot spot", "热点"),
    "cold": Swatch("#0000FF", "Cold spot", "冷点"),
    **{name: CLUSTERS[name] for name in ("not significant", "isolate", "undefined")},
}
# From the strongest evidence to the weakest, each with its upper bound of p.
SIGNIFICANCE = (
    (0.0001, Swatch("#014603", "p ≤ 0.0001", "p ≤ 0.0001")),
    (0.001, Swatch("#037406", "p ≤ 0.001", "p ≤ 0.001")),
    (0.01, Swatch("#06C40B", "p ≤ 0.01", "p ≤ 0.01")),
    (0.05, Swatch("#4BFF50", "p ≤ 0.05", "p ≤ 0.05")),
)
NOT_SIGNIFICANT = CLUSTERS["not significant"]
ISOLATE = CLUSTERS["isolate"]
# A grey that no ramp contains: no data must never look like a class, least of all the strongest.
NO_DATA = Swatch("#C9C9C9", "No data", "无数据")

LAND, SEA, BORDER = "#F3F1EC", "#DCE9F2", "#5A5A5A"
RAMPS = (
    "Blues", "BrBG", "BuGn", "BuPu", "GnBu", "Greens", "Greys", "OrRd", "Oranges", "PiYG", "PuBu", "PuBuGn", "PuOr",
    "PuRd", "Purples", "RdBu", "RdPu", "RdYlBu", "RdYlGn", "Reds", "Spectral", "YlGn", "YlGnBu", "YlOrBr", "YlOrRd",
)  # fmt: skip
MOST_CATEGORIES = 12


def ramp(palette: str, k: int) -> tuple[str, ...]:
    """`k` colors of a ColorBrewer ramp, from low to high; a trailing ``_r`` turns it around.

    Examples
    --------
    >>> ramp("YlGnBu", 3)
    ('#edf8b1', '#7fcdbb', '#2c7fb8')
    >>> ramp("RdBu_r", 3)[0]
    '#67a9cf'
    """
    from branca.utilities import color_brewer

    name = palette.removesuffix("_r")
    if name not in RAMPS:
        raise OptionError(f"palette={palette!r} is not a ColorBrewer ramp. {nearest_names(name, RAMPS)}")
    few = {1: (1,), 2: (0, 2)}  # ColorBrewer begins at three colors
    full = tuple(color_brewer(name, max(k, 3)))
    colors = tuple(full[i] for i in few[k]) if k < 3 else full
    return colors[::-1] if palette.endswith("_r") else colors


def qualitative(k: int) -> tuple[str, ...]:
    """`k` colors, at most `MOST_CATEGORIES`, for classes without an order.

    Examples
    --------
    >>> len(set(qualitative(11)))
    11
    """
    from branca.utilities import color_brewer

    name = "Set2" if k <= 8 else "Set3"
    return tuple(color_brewer(name, max(k, 3)))[:k]
