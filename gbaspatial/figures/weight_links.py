"""The links of a W over a plain map of its units, or its matrix."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from gbaspatial.alignment import check_same_units
from gbaspatial.figures.canvas import axes_of
from gbaspatial.figures.fonts import written_names

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from gbaspatial.geography.places import Units
    from gbaspatial.weights.annotations import WeightsLike

MOST_CELLS, MOST_NAMED = 200, 40


def weight_links(w: WeightsLike, units: Units, *, color: str = "#b2182b", ax: Axes | None = None) -> Axes:
    """A line for each link of `w` between points of the `units`, as wide as its weight; hollow points have none.

    Parameters
    ----------
    w : Weights
    units : GeoDataFrame or GeoSeries
        The same units in any order.
    color : str
        Of the links.
    ax : matplotlib.axes.Axes, optional
        Where to draw; a new figure if not given.
    """
    from matplotlib.collections import LineCollection

    from gbaspatial.geography.geodesy import representative_points

    check_same_units(units.index, w.ids, "units")
    ax = axes_of(ax, (6.0, 5.0))
    shapes = units.geometry
    if (shapes.geom_type != "Point").any():
        shapes.plot(ax=ax, color="#f2f0eb", edgecolor="#9a9a9a", linewidth=0.6)
    points = representative_points(units).reindex(w.ids)
    xy = np.column_stack([points.x, points.y])
    pairs = w.sparse.tocoo()
    i, j = pairs.coords
    weight = pairs.data / pairs.data.max() if w.n_links else pairs.data
    lines = LineCollection(
        list(np.stack([xy[i], xy[j]], axis=1)), colors=color, linewidths=0.3 + 1.9 * weight, alpha=0.25 + 0.5 * weight
    )
    ax.add_collection(lines)
    alone = np.diff(w.sparse.indptr) == 0
    ax.scatter(xy[~alone, 0], xy[~alone, 1], s=14, color="#222222", zorder=3)
    ax.scatter(xy[alone, 0], xy[alone, 1], s=22, facecolor="white", edgecolor="#222222", zorder=3)
    geographic = shapes.crs is not None and shapes.crs.is_geographic
    ax.set_aspect(1 / np.cos(np.radians(xy[:, 1].mean())) if geographic else "equal")
    ax.autoscale_view()
    ax.set_axis_off()
    return ax


def weight_matrix(w: WeightsLike, *, ax: Axes | None = None) -> Axes:
    """The entries of `w` by color up to 200 units, beyond as dots; rows receive."""
    with written_names("en"):
        ax = axes_of(ax, (6.0, 5.0))
        if w.n > MOST_CELLS:
            ax.spy(w.sparse, markersize=0.5, color="#222222")
            return ax
        image = ax.imshow(np.ma.masked_equal(w.sparse.toarray(), 0), cmap="viridis", interpolation="nearest")
        ax.figure.colorbar(image, ax=ax, label="weight", shrink=0.8)
        if w.n <= MOST_NAMED:
            ax.set_xticks(range(w.n), [str(label) for label in w.ids], rotation=90, fontsize=7)
            ax.set_yticks(range(w.n), [str(label) for label in w.ids], fontsize=7)
        ax.set(xlabel="neighbor", ylabel="focal")
    return ax
