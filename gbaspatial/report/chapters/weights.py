"""Chapter: W is a hypothesis; these are compared."""

from __future__ import annotations

import pandas as pd

from gbaspatial import data, figures
from gbaspatial.report.bay import FIRST_YEAR, Bay
from gbaspatial.report.section import Section
from gbaspatial.results import Table


def chapter(bay: Bay) -> Section:
    """The weights of the report and how bridges changed the graph of the bay."""
    before, now = bay.weights_by_year[FIRST_YEAR], bay.main_weights
    borders = bay.weights["borders"]
    alone = borders.cardinalities.index[borders.cardinalities == 1]
    finding = (
        f"On land borders the eleven cities have {borders.n_links // 2} links, and {', '.join(alone)} one neighbor "
        f"each; bridges and tunnels open by {bay.year} make it {now.n_links // 2} links."
    )
    text = (
        "A spatial weights matrix W says who may influence whom; each result below is conditional on it, "
        "so several are compared. Borders come from the polygons; bridges and tunnels add a link in the "
        "year they open. Each W but one is row-standardized: the spatial lag of a city is the weighted mean of "
        "its neighbors. Border friction halves links across a border between customs territories; that W is divided "
        "by its largest eigenvalue instead, for all links of Hong Kong and Macao cross a border, and their rows would "
        "be as without friction.",
        f"In {FIRST_YEAR} the graph with bridges had {before.n_links // 2} links.",
    )
    return Section(
        key="weights",
        title="Who is whose neighbor",
        title_zh="空间权重",
        text=text,
        findings=(finding,),
        tables={"weights": _weights(bay), "links": _links(bay)},
        figures={
            "weights": figures.weights_map(
                bay.cities, now, label=f"Land borders, and bridges and tunnels open by {bay.year}"
            )
        },
    )


def _weights(bay: Bay) -> Table:
    rows = {
        name: {
            "links": w.n_links,
            "neighbors, mean": w.cardinalities.mean(),
            "neighbors, least": int(w.cardinalities.min()),
            "components": w.n_components,
            "rho from": w.interval[0],
            "rho to": w.interval[1],
            "recipe": str(w.recipe),
        }
        for name, w in bay.weights.items()
    }
    frame = pd.DataFrame.from_dict(rows, orient="index").rename_axis("weights")
    notes = ("rho from, to: the admissible interval, from the eigenvalues of W",)
    formats = dict.fromkeys(["neighbors, mean", "rho from", "rho to"], ".2f")
    return Table(frame, "The weights compared", notes, formats)


def _links(bay: Bay) -> Table:
    links = data.load_links(year=bay.year)
    return Table(links, f"Bridges, tunnels and railways open by {bay.year}", formats={"length_km": ".1f"})
