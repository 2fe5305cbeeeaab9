"""How a W shows itself: tables, a drawing, a map."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from gbaspatial.alignment import check_same_units
from gbaspatial.errors import some
from gbaspatial.results import Summary, Table

if TYPE_CHECKING:
    from gbaspatial.weights.core import Weights


def described(w: Weights) -> Summary:
    """Two tables: properties of `w`, and units by number of neighbors."""
    counts = w.cardinalities
    facts: dict[str, Any] = {
        "units": w.n,
        "links": w.n_links,
        "density": f"{w.density:.4f}",
        "neighbors (least, mean, most)": f"{counts.min()}, {counts.mean():.2f}, {counts.max()}",
        "islands": some(w.islands) if len(w.islands) else "none",
        "components": w.n_components,
        "symmetric": "yes" if w.is_symmetric else "no",
        "standardization": w.standardization,
        "sum of weights": f"{w.s0:.6g}",
    }
    if w.n_links:
        facts["weights (least, largest)"] = f"{w.sparse.data.min():.4g}, {w.sparse.data.max():.4g}"
    if w.n <= 1_000:  # larger ones take noticeable time; w.interval gives it on request
        low, high = w.interval
        facts["admissible rho"] = f"{low:.4f} to {high:.4f}"
    table = pd.DataFrame(
        {"value": [str(value) for value in facts.values()]}, index=pd.Index(list(facts), name="weights")
    )
    histogram = counts.value_counts().sort_index().rename("units").to_frame()
    histogram.index.name = "neighbors"
    first = Table(table, title="Spatial weights", notes=(f"Recipe: {w.recipe}",))
    return Summary((first, Table(histogram, title="Units by number of neighbors")))


def drawn(w: Weights, units: Any, ax: Any, color: str) -> Any:
    """The links of `w` over a map of `units`, or its matrix if there are none."""
    import matplotlib.pyplot as plt

    if ax is None:
        _, ax = plt.subplots(figsize=(6, 5), layout="constrained")
    if units is None:
        return _matrix(w, ax)
    from matplotlib.collections import LineCollection

    from gbaspatial.geography.geodesy import representative_points

    check_same_units(units.index, w.ids, "units")
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
    ax.scatter(*xy[~alone].T, s=14, color="#222222", zorder=3)
    ax.scatter(*xy[alone].T, s=22, facecolor="white", edgecolor="#222222", zorder=3)
    if shapes.crs is not None and shapes.crs.is_geographic:
        ax.set_aspect(1 / np.cos(np.radians(xy[:, 1].mean())))
    else:
        ax.set_aspect("equal")
    ax.autoscale_view()
    ax.set_axis_off()
    return ax


def _matrix(w: Weights, ax: Any) -> Any:
    if w.n > 200:
        ax.spy(w.sparse, markersize=0.5, color="#222222")
        return ax
    image = ax.imshow(np.ma.masked_equal(w.sparse.toarray(), 0), cmap="viridis", interpolation="nearest")
    ax.figure.colorbar(image, ax=ax, label="weight", shrink=0.8)
    if w.n <= 40:
        ax.set_xticks(range(w.n), [str(label) for label in w.ids], rotation=90, fontsize=7)
        ax.set_yticks(range(w.n), [str(label) for label in w.ids], fontsize=7)
    ax.set_xlabel("neighbor")
    ax.set_ylabel("focal")
    return ax


def explored(w: Weights, units: Any) -> Any:
    """An offline map of the links."""
    from gbaspatial import maps

    return maps.atlas(units, [maps.links(w)])
