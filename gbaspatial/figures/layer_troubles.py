"""A layer with what is wrong in it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gbaspatial.figures.canvas import axes_of
from gbaspatial.figures.fonts import written_names

if TYPE_CHECKING:
    import geopandas as gpd
    from matplotlib.axes import Axes

    from gbaspatial.geography.coverage import CoverageResult


def coverage_map(result: CoverageResult, *, ax: Axes | None = None) -> Axes:
    """A map of the units of a `CoverageResult` with the troubles in color; small ones are circled."""
    with written_names("en"):
        ax = axes_of(ax, (7.0, 6.0))
        result.layer.plot(ax=ax, color="#f0f0f0", edgecolor="#888888", linewidth=0.6)
        for number, kind in enumerate(result.counts().index):
            rows = result.troubles[result.troubles["kind"] == kind]
            if not rows.empty:
                _circled(ax, rows, kind, f"C{number}")
        ax.set_title(f"{result.n} units, {len(result.troubles)} troubles")
        ax.set(xlabel="longitude", ylabel="latitude")
        if not result.ok:
            ax.legend(loc="best", fontsize=8)
    return ax


def _circled(ax: Axes, rows: gpd.GeoDataFrame, kind: str, color: str) -> None:
    shapes = rows[rows.geometry.notna() & ~rows.geometry.is_empty]
    if kind != "shifted" and len(shapes):
        shapes.plot(ax=ax, color=color, alpha=0.7)
    ax.scatter(rows["lon"], rows["lat"], s=80, facecolors="none", edgecolors=color, label=f"{kind} ({len(rows)})")
