"""How a W shows itself: tables, a drawing, a map."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from gbaspatial.errors import some
from gbaspatial.results import Summary, Table

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from gbaspatial.geography.places import Units
    from gbaspatial.maps.atlas import Atlas
    from gbaspatial.weights.core import Weights


def described(w: Weights) -> Summary:
    """Two tables: properties of `w`, and units by number of neighbors."""
    counts = w.cardinalities
    facts: dict[str, object] = {
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


def drawn(w: Weights, units: Units, ax: Axes | None, color: str) -> Axes:
    """The links of `w` over a map of `units`, or its matrix if there are none."""
    from gbaspatial.figures.weight_links import weight_links, weight_matrix

    return weight_matrix(w, ax=ax) if units is None else weight_links(w, units, color=color, ax=ax)


def explored(w: Weights, units: Units) -> Atlas:
    """An offline map of the links."""
    from gbaspatial import maps

    return maps.atlas(units, [maps.links(w)])
