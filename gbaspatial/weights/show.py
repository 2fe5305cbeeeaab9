"""The verbs by which a W shows itself: tables, a drawing, a map."""

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


def describe(w: Weights) -> Summary:
    """What this W is, in two tables: its properties, and how many units have how many neighbors."""
    counts = w.cardinalities
    facts: dict[str, object] = {
        "units": w.n,
        "links": w.n_links,
        "density": round(w.density, 4),
        "neighbors, least": int(counts.min()),
        "neighbors, mean": round(float(counts.mean()), 2),
        "neighbors, most": int(counts.max()),
        "islands": some(w.islands) if len(w.islands) else "none",
        "components": w.n_components,
        "symmetric": "yes" if w.is_symmetric else "no",
        "standardization": w.standardization,
        "sum of weights": w.s0,
    }
    if w.n_links:
        facts["weights, least"], facts["weights, largest"] = map(float, (w.sparse.data.min(), w.sparse.data.max()))
    if w.n <= 1_000:  # larger ones take noticeable time; w.interval gives it on request
        facts["admissible rho, above"], facts["admissible rho, below"] = map(float, w.interval)
    values = pd.Series(list(facts.values()), index=pd.Index(list(facts), name="weights"), dtype=object)
    table = values.to_frame("value")  # numbers stay numbers: a spreadsheet would run text such as "-1.3 to 1"
    histogram = counts.value_counts().sort_index().rename("units").to_frame()
    histogram.index.name = "neighbors"
    first = Table(table, title="Spatial weights", notes=(f"Recipe: {w.recipe}",))
    return Summary((first, Table(histogram, title="Units by number of neighbors")))


def plot(w: Weights, units: Units | None = None, *, ax: Axes | None = None, color: str = "#b2182b") -> Axes:
    """Draw the links on a map of `units`, or the matrix where no units are given.

    Parameters
    ----------
    units : GeoDataFrame or GeoSeries, optional
        The same units in any order.
    ax : matplotlib.axes.Axes, optional
        Where to draw; a new figure if not given.
    color : str
        Of the links.
    """
    from gbaspatial.figures.weight_links import weight_links, weight_matrix

    return weight_matrix(w, ax=ax) if units is None else weight_links(w, units, color=color, ax=ax)


def explore(w: Weights, units: Units) -> Atlas:
    """An interactive map of the links over `units` (one offline page; see `gbaspatial.maps`)."""
    from gbaspatial import maps

    return maps.atlas(units, [maps.links(w)])
