"""The commands that make W, maps and layers of the data they are given."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from gbaspatial.cli.inputs import (
    check_clusters,
    check_page,
    layers_by_year,
    numbers_of,
    units_of,
    weights_of,
)
from gbaspatial.cli.output import FORMS, form_of, write
from gbaspatial.cli.shared_options import (
    Place,
    data_options,
    seed_option,
    weights_options,
)
from gbaspatial.errors import OptionError


@click.command()
@data_options
@weights_options
@click.option("--out", type=Place(to_write=True), help="Also write W: .gal, .gwt, .csv, .json, .mtx, .npz, ...")
@click.option("--ids", help="Column of DATA whose values label the units in the file of --out, such as adcode.")
@click.option(
    "--format", "form", type=click.Choice(FORMS), help="Form of what is said of W (default: table); --out is W itself."
)
@click.option(
    "--tables", type=Place(to_write=True),
    help="Write what is said of W to this file instead: .txt, .csv, .json, .tex, .md, .html, .xlsx, .docx.",
)  # fmt: skip
def weights(out: Path | None, ids: str | None, form: str | None, tables: Path | None, **where: Any) -> None:
    """Build the spatial weights of DATA, say what they are, and write them for other programs.

    \b
    Example: gbaspatial weights cities --links 2019
             gbaspatial weights my.gpkg --id code --weights nearest:4 --out my.gwt
             gbaspatial weights cities --ids adcode --out bay.gal --tables weights.xlsx
    """
    import gbaspatial as gba
    from gbaspatial.alignment import columns_of
    from gbaspatial.weights.exchange.weight_files import file_to_write

    form_of(form, tables, "--tables")
    if out is not None:
        file_to_write(out)
    if ids is not None and out is None:
        raise OptionError("--ids labels the units of the file of W; name it with --out, or leave --ids out.")
    units = units_of(**where)
    labels = None if ids is None else units[columns_of(units, ids)[0]]
    w = weights_of(units, **where)
    write(list(w.describe()), form, tables)
    if out is not None:
        click.echo(gba.weights.write(w, out, ids=labels), err=tables is None and form not in (None, "table"))


@click.command(name="map")
@data_options
@click.option(
    "--column", "columns", multiple=True, required=True, help="Column to draw; give it again for more layers."
)
@click.option("--label", help="Column with the names to show (default: the id).")
@click.option(
    "--scheme", help="Classification, as mapclassify names it (default: quantiles, or categories of few whole numbers)."
)
@click.option("--classes", type=click.IntRange(2, 12), default=5, show_default=True)
@click.option("--by", type=click.Choice(["year"]), help="A slider over the years of the cities, or of a --table.")
@click.option("--title", default="")
@click.option("--out", type=Place(to_write=True), default=Path("map.html"), show_default=True)
@weights_options
@click.option("--clusters", is_flag=True, help="Add the local Moran clusters of each column and the graph of W.")
@seed_option
def draw(
    columns: tuple[str, ...],
    label: str | None,
    scheme: str | None,
    classes: int,
    by: str | None,
    title: str,
    out: Path,
    clusters: bool,
    seed: int,
    **where: Any,
) -> None:
    """Write one interactive HTML map that opens anywhere, also without the internet.

    \b
    Example: gbaspatial map cities --column gdp_pc_cny --clusters --out bay.html
             gbaspatial map cities --column patents_per_10k --by year
    """
    import gbaspatial as gba

    check_page(out)
    check_clusters(clusters, where)
    if by == "year":
        if clusters:
            raise OptionError("--by year draws the values of every year; leave --clusters out.")
        units, layers = layers_by_year(columns, scheme, classes, **where)
    else:
        units = units_of(used=columns, **where)
        layers = [gba.maps.choropleth(column, scheme=scheme, k=classes) for column in columns]
    if clusters:
        w = weights_of(units, **where)
        for column in columns:
            lisa = gba.autocorrelation.local_moran(numbers_of(units, column), w, rng=seed)
            name = None if len(columns) == 1 else (f"LISA clusters: {column}", f"局部空间自相关聚类：{column}")
            layers.append(gba.maps.clusters(lisa, label=name))
        layers.append(gba.maps.links(w))
    options: dict[str, Any] = {"label": label} if label else {}
    gba.maps.atlas(units, layers, title=title or ", ".join(columns), **options).save(out)
    click.echo(out)


@click.command()
@data_options
@click.option(
    "--out",
    type=Place(to_write=True),
    required=True,
    help=".gpkg, .shp, .geojson, .parquet, .fgb, .kml, .csv, .xlsx",
)
@click.option("--column", help="Column to color the layer by; with --clusters the column of numbers to test.")
@weights_options
@click.option("--clusters", is_flag=True, help="Add the local Moran statistics of --column to the layer.")
@seed_option
def export(out: Path, column: str | None, clusters: bool, seed: int, **where: Any) -> None:
    """Write a layer for a GIS, styled where the format can carry a style.

    \b
    Example: gbaspatial export cities --column gdp_pc_cny --clusters --out bay.gpkg
    """
    import gbaspatial as gba
    from gbaspatial.alignment import columns_of

    if clusters and column is None:
        raise OptionError("--clusters needs --column, the numbers to test.")
    check_clusters(clusters, where)
    units = units_of(**where)
    if column is not None:
        columns_of(units, column, "units")
    if clusters and column is not None:
        lisa = gba.autocorrelation.local_moran(numbers_of(units, column), weights_of(units, **where), rng=seed)
        units = lisa.to_gis(units)
    gba.export.write(out, units, style="cluster" if clusters else column)
    if out.suffix.lower() == ".shp":
        click.echo(f"note: a shapefile has short names; {out.stem}_fields.csv tells the full ones.", err=True)
    click.echo(out)
