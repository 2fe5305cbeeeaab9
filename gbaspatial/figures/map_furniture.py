"""What stands on and around a printed map: legend, scale bar, north, sources, in the language that can be written."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from typing import TYPE_CHECKING, Literal

import numpy as np

from gbaspatial.figures.palette import BORDER, Swatch
from gbaspatial.figures.surroundings import NOT_LEGAL

if TYPE_CHECKING:
    from matplotlib.artist import Artist
    from matplotlib.axes import Axes

Names = Literal["en", "zh", "both", "none"]
NAMES: tuple[Names, ...] = ("en", "zh", "both", "none")
GIVES, TAKES_AWAY, INK = "#D95F0E", "#542788", "#333333"


def in_language(pair: Sequence[str], written: Names) -> str:
    """One of a pair of texts, English and Chinese, or both where both are written.

    Examples
    --------
    >>> in_language(("km", "千米"), "both"), in_language(("Macao", ""), "zh")
    ('km 千米', 'Macao')
    """
    english, chinese = pair
    if not chinese or not english or english == chinese:
        return english or chinese
    return {"zh": chinese, "both": f"{english} {chinese}"}.get(written, english)


def swatch_keys(rows: Sequence[tuple[Swatch, int]], written: Names) -> list[Artist]:
    """The legend of classes, each with its count."""
    from matplotlib.patches import Patch

    return [
        Patch(
            facecolor=each.color, edgecolor=BORDER, lw=0.4,
            label=f"{in_language((each.english, each.chinese), written)}  ({count:,})",
        )
        for each, count in rows
    ]  # fmt: skip


def line_key(words: str, color: str, width: float = 1.5, alpha: float = 1.0) -> Artist:
    """A line of a legend; without width, words alone."""
    from matplotlib.lines import Line2D

    return Line2D([], [], lw=width, color=color, alpha=alpha, label=words, ls="-" if width else "")


def flow_keys(values: Sequence[float], written: Names) -> list[Artist]:
    """The legend of flows: what an arrow is, the widest and the thinnest with what they stand for, and negative ones.

    Examples
    --------
    >>> [key.get_label() for key in flow_keys([4.0, -2.0, 0.5], "en")]
    ['from giver to receiver, width: size', '4 (largest)', '0.5 (least drawn)', 'negative']
    """
    sizes = np.abs(np.asarray(values, dtype=float))
    most, least = float(sizes.max()), float(sizes.min())
    color = GIVES if max(values) > 0 else TAKES_AWAY
    keys = [
        line_key(
            in_language(("from giver to receiver, width: size", "由给予方指向接受方，线宽：大小"), written), INK, 0
        )
    ]
    told = [(most, "largest", "最大"), (least, "least drawn", "所绘最小")][: 1 + (least < most)]
    for size, *how in told:
        width, strength = arrow_width(size / most)
        keys.append(line_key(f"{_figures(size)} ({in_language(how, written)})", color, width, strength))
    if min(values) < 0:
        keys.append(line_key(in_language(("negative", "负值"), written), TAKES_AWAY, 2.0))
    return keys


def arrow_width(share: float) -> tuple[float, float]:
    """Width in points, and strength of the color, of a flow of this `share` of the largest."""
    return 0.5 + 3.5 * share, 0.45 + 0.4 * share


def _figures(value: float) -> str:
    return f"{value:,.0f}" if 1000 <= value < 1e15 else f"{value:.3g}"


def put_legend(ax: Axes, keys: list[Artist]) -> None:
    """The legend where it covers least; none without keys."""
    if keys:
        ax.legend(handles=keys, loc="best", fontsize=7.5, framealpha=0.94, edgecolor="#DDDDDD").set_zorder(8)


def put_sources(ax: Axes, sources: Sequence[tuple[str, str]], written: Names) -> None:
    """Whose data the map shows, below it, and that it is not for legal boundaries."""
    one: Names = "zh" if written == "zh" else "en"
    told = [in_language(pair, one) for pair in dict.fromkeys(sources)] + [in_language(NOT_LEGAL, written)]
    text = " · ".join(told)
    wide = sum(1 if ord(letter) < 0x2E80 else 2 for letter in text) / max(len(text), 1)
    lines = textwrap.wrap(text, max(24, int(20 * _inches_across(ax) / wide)))
    ax.set_xlabel("\n".join(lines), fontsize=6, color="#666666", loc="left")


def _inches_across(ax: Axes) -> float:
    """How wide the map will be, which its height may narrow."""
    figure = ax.figure
    wide, high = figure.bbox.width / figure.dpi, figure.bbox.height / figure.dpi
    if figure.get_layout_engine() is None or len(figure.axes) > 1:
        place = ax.get_position(original=True)
        wide, high = wide * place.width, high * place.height
    (west, east), (south, north) = ax.get_xlim(), ax.get_ylim()
    aspect = ax.get_aspect()
    return float(min(wide, high * (east - west) / ((north - south) * (1.0 if aspect == "auto" else float(aspect)))))


def put_scale_and_north(ax: Axes) -> None:
    """A bar of a round number of kilometers, measured on the ellipsoid along the lower edge; above it, the north."""
    from pyproj import Geod

    (west, east), (south, north) = ax.get_xlim(), ax.get_ylim()
    latitude = float(np.clip(south + 0.05 * (north - south), -89, 89))
    step = (east - west) / 100  # the shortest way between both edges may lead over a pole
    width_km = Geod(ellps="WGS84").inv(west, latitude, west + step, latitude)[2] / 10
    left, base = west + 0.03 * (east - west), south + 0.03 * (north - south)
    if np.isfinite(width_km) and width_km > 0:
        power = 10.0 ** np.floor(np.log10(width_km / 5))
        length = next(step * power for step in (5, 2, 1) if step * power <= width_km / 5)
        span = (east - west) * length / width_km
        ax.plot([left, left + span], [base, base], color=INK, lw=2, solid_capstyle="butt", zorder=6)
        ax.annotate(
            f"{length:g} km",
            (left + span / 2, base),
            (0, 3),
            textcoords="offset points",
            ha="center",
            fontsize=7,
            zorder=6,
        )
    _north(ax, left + 0.008 * (east - west), south + 0.09 * (north - south))


def _north(ax: Axes, x: float, foot: float) -> None:
    """An arrow to the north, which is up on these maps, and its letter."""
    (west, east), (south, north) = ax.get_xlim(), ax.get_ylim()
    tip, barb = foot + 0.06 * (north - south), 0.008 * (east - west)
    low = tip - 0.02 * (north - south)
    for xs, ys in (([x, x], [foot, tip]), ([x - barb, x, x + barb], [low, tip, low])):
        ax.plot(xs, ys, color=INK, lw=1.2, solid_capstyle="butt", zorder=6)
    ax.annotate("N", (x, tip), (0, 2), textcoords="offset points", ha="center", fontsize=7, zorder=6)
