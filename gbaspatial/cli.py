"""The commands: each one reads, calls the public API and prints or writes. Nothing is computed here.

Only click is imported at the top, so that ``gbaspatial --help`` answers at once.
"""

from __future__ import annotations

import sys
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from gbaspatial.errors import GbaError, OptionError, nearest_names

if TYPE_CHECKING:
    import geopandas as gpd

    from gbaspatial.results import Result
    from gbaspatial.weights import Weights

BUILT_IN = ("cities", "districts", "prefectures")


class Commands(click.Group):
    """A group whose commands tell an error of ours as one sentence, and end with code 2."""

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command; no traceback for what the user can mend."""
        warnings.showwarning = _show_warning
        try:
            return super().invoke(ctx)
        except GbaError as error:
            click.echo(f"error: {error}", err=True)
            sys.exit(2)
        except BrokenPipeError:
            sys.exit(1)


def _show_warning(message: Warning | str, category: type[Warning], *_: Any, **__: Any) -> None:
    from gbaspatial.errors import GbaWarning

    if issubclass(category, GbaWarning):
        click.echo(f"warning: {message}", err=True)


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(package_name="gbaspatial")
def main() -> None:
    """Spatial econometrics and GIS for the Greater Bay Area, and for any other region.

    \b
    gbaspatial report                       everything about the bay, in out/report.html
    gbaspatial moran my.gpkg --id code --column x --weights queen
    """


def data_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """DATA and the options that say what of it is meant."""
    options = [
        click.argument("data", default="cities"),
        click.option("--id", "unit", help="Column of DATA that identifies a unit (of your own file)."),
        click.option("--layer", help="Layer of a GeoPackage with more than one."),
        click.option("--table", type=click.Path(path_type=Path), help="CSV, Excel, Stata or Parquet joined by its id."),
        click.option("--table-id", help="Column of the table that holds the id (default: the same as --id)."),
        click.option("--year", type=int, help="Year of the built-in statistics (default: the newest)."),
    ]
    for option in reversed(options):
        command = option(command)
    return command


def weights_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """How W is built."""
    options = [
        click.option(
            "--weights",
            default="queen",
            show_default=True,
            help="queen, rook, nearest:K, band:KM, inverse:POWER, or a file of weights (.gal, .gwt, .csv, ...).",
        ),
        click.option("--links", type=int, help="Built-in cities: add the bridges and tunnels open by this year."),
        click.option(
            "--style", type=click.Choice(["row", "binary", "none"]), default="row", show_default=True,
            help="Standardization of W.",
        ),
    ]  # fmt: skip
    for option in reversed(options):
        command = option(command)
    return command


def output_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """In which form, and where to."""
    options = [
        click.option(
            "--format", "form", type=click.Choice(["text", "csv", "latex", "markdown", "html"]), default="text",
            show_default=True, help="Form of what is printed.",
        ),
        click.option("--out", type=click.Path(path_type=Path), help="Write to this file instead of the screen."),
    ]  # fmt: skip
    for option in reversed(options):
        command = option(command)
    return command


def seed_option(command: Callable[..., Any]) -> Callable[..., Any]:
    """The seed of every random draw."""
    return click.option("--seed", type=int, default=1, show_default=True, help="Seed of the random draws.")(command)


# -- commands ---------------------------------------------------------------------------
@main.command()
@click.option("--out", type=click.Path(path_type=Path, file_okay=False), default=Path("out"), show_default=True)
@click.option("--year", type=int, help="Year of the cross-section (default: the newest complete one).")
@seed_option
def report(out: Path, year: int | None, seed: int) -> None:
    """Run the main job: the real bay to a report, maps, tables and layers.

    \b
    Example: gbaspatial report --out out --year 2019
    """
    from gbaspatial.report import write_report

    for path in write_report(out, year=year, seed=seed):
        click.echo(path)


@main.command()
@click.argument("what", default="catalog")
@click.option("--year", type=int, help="Only this year.")
@output_options
def data(what: str, year: int | None, form: str, out: Path | None) -> None:
    """Show what is shipped: catalog, variables, sources, caveats, links, bay_areas, or a variable's values.

    \b
    Example: gbaspatial data caveats
             gbaspatial data gdp_pc_cny --year 2019 --format csv
    """
    import gbaspatial as gba

    shown: dict[str, Callable[[], Any]] = {
        "catalog": gba.data.catalog,
        "variables": gba.data.variables,
        "sources": gba.data.sources,
        "caveats": gba.data.caveats,
        "links": lambda: gba.load_links(year=year),
        "bay_areas": gba.load_bay_areas,
        "firms_universities": gba.load_firms_universities,
    }
    if what in shown:
        frame = shown[what]()
    else:
        known = gba.data.variables().index
        if what not in known:
            raise OptionError(
                f"there is nothing called {what!r}: neither one of {', '.join(shown)} nor a variable. "
                f"{nearest_names(what, [*shown, *known])}"
            )
        panel = gba.load_panel(variables=what, years=year)
        frame = panel[[what]].unstack("year") if year is None else panel[[what]]
        if year is None:
            frame.columns = [str(column[1]) for column in frame.columns]
    _write(_table(frame, what), form, out)


@main.command()
@data_options
@click.option("--column", required=True, help="Column of numbers to test.")
@weights_options
@click.option("--local", is_flag=True, help="The local statistic of each unit, with its cluster.")
@click.option("--by", type=click.Choice(["year"]), help="Built-in cities: the test for every year.")
@click.option(
    "--inference",
    default="auto",
    show_default=True,
    help="auto, exact, permutation, normal, randomization, saddlepoint.",
)
@click.option("--map", "map_file", type=click.Path(path_type=Path), help="Also write a map of the clusters (HTML).")
@seed_option
@output_options
def moran(
    column: str,
    local: bool,
    by: str | None,
    inference: str,
    map_file: Path | None,
    seed: int,
    form: str,
    out: Path | None,
    **where: Any,
) -> None:
    """Test a column of DATA for spatial autocorrelation with Moran's I.

    DATA is a file of polygons or points, or one of: cities, districts, prefectures.

    \b
    Example: gbaspatial moran my.gpkg --id code --column income --weights queen
             gbaspatial moran cities --column gdp_pc_cny --by year
    """
    import gbaspatial as gba

    if by == "year":
        result: Any = _moran_by_year(column, inference, seed, **where)
    else:
        units = _units(**where)
        values = _numbers(units, column)
        w = _weights(units, **where)
        how: Any = inference
        if local or map_file:
            lisa = gba.autocorrelation.local_moran(values, w, inference=how, rng=seed)
        result = lisa if local else gba.autocorrelation.moran(values, w, inference=how, rng=seed)
        if map_file:
            layers = [gba.maps.choropleth(column), gba.maps.clusters(lisa), gba.maps.links(w)]
            gba.maps.atlas(units, layers, title=f"Moran's I of {column}").save(map_file)
            click.echo(f"map: {map_file}", err=True)
    _write(result, form, out)


@main.command()
@click.argument("formula")
@data_options
@click.option(
    "--model",
    type=click.Choice(["ols", "slx", "lag", "error", "sarar", "durbin", "durbin_error", "gns"]),
    default="lag",
    show_default=True,
)
@weights_options
@click.option("--impacts", is_flag=True, help="Also direct, indirect and total impacts.")
@click.option("--diagnostics", is_flag=True, help="Also the specification tests.")
@seed_option
@output_options
def fit(
    formula: str, model: str, impacts: bool, diagnostics: bool, seed: int, form: str, out: Path | None, **where: Any
) -> None:
    """Fit a spatial model given by FORMULA to DATA.

    \b
    Example: gbaspatial fit "log(gdp_pc_cny) ~ C(tier)" --model lag --impacts
             gbaspatial fit "price ~ area + W(area)" houses.gpkg --id id --weights nearest:8
    """
    import gbaspatial as gba

    units = _units(**where)
    w = _weights(units, **where)
    estimator = getattr(gba.models, model)
    fitted = estimator(formula, units) if model == "ols" else estimator(formula, units, w)
    results = [fitted]
    if impacts:
        results.append(fitted.impacts(rng=seed))
    if diagnostics:
        results.append(fitted.diagnostics(w))
    _write(results, form, out)


@main.command(name="map")
@data_options
@click.option(
    "--column", "columns", multiple=True, required=True, help="Column to draw; give it again for more layers."
)
@click.option("--label", help="Column with the names to show (default: the id).")
@click.option("--scheme", default="quantiles", show_default=True, help="Classification, as mapclassify names it.")
@click.option("--classes", type=int, default=5, show_default=True)
@click.option("--title", default="")
@click.option("--out", type=click.Path(path_type=Path), default=Path("map.html"), show_default=True)
@weights_options
@click.option("--clusters", is_flag=True, help="Add the local Moran clusters of each column and the graph of W.")
@seed_option
def draw(
    columns: tuple[str, ...],
    label: str | None,
    scheme: str,
    classes: int,
    title: str,
    out: Path,
    clusters: bool,
    seed: int,
    **where: Any,
) -> None:
    """Write one interactive HTML map that opens anywhere, also without the internet.

    \b
    Example: gbaspatial map cities --column gdp_pc_cny --clusters --out bay.html
    """
    import gbaspatial as gba

    units = _units(**where)
    layers: list[Any] = [gba.maps.choropleth(column, scheme=scheme, k=classes) for column in columns]
    if clusters:
        w = _weights(units, **where)
        for column in columns:
            lisa = gba.autocorrelation.local_moran(_numbers(units, column), w, rng=seed)
            layers.append(gba.maps.clusters(lisa))
        layers.append(gba.maps.links(w))
    options = {"label": label} if label else {}
    gba.maps.atlas(units, layers, title=title or ", ".join(columns), **options).save(out)
    click.echo(out)


@main.command()
@data_options
@click.option(
    "--out", type=click.Path(path_type=Path), required=True, help=".gpkg, .shp, .geojson, .parquet, .kml, .csv"
)
@click.option("--column", help="With --clusters: the column of numbers.")
@weights_options
@click.option("--clusters", is_flag=True, help="Add the local Moran statistics of --column to the layer.")
@seed_option
def export(out: Path, column: str | None, clusters: bool, seed: int, **where: Any) -> None:
    """Write a layer for a GIS, styled where the format can carry a style.

    \b
    Example: gbaspatial export cities --column gdp_pc_cny --clusters --out bay.gpkg
    """
    import gbaspatial as gba

    units = _units(**where)
    if clusters:
        if column is None:
            raise OptionError("--clusters needs --column, the numbers to test.")
        lisa = gba.autocorrelation.local_moran(_numbers(units, column), _weights(units, **where), rng=seed)
        units = lisa.to_gis(units)
    gba.export.write(out, units)
    click.echo(out)


# -- what the commands share ---------------------------------------------------------------
def _units(
    data: str, unit: str | None, layer: str | None, table: Path | None, table_id: str | None, year: int | None, **_: Any
) -> gpd.GeoDataFrame:
    """The layer that DATA names, with the columns of the table if one is given."""
    import gbaspatial as gba

    if data in BUILT_IN and not Path(data).exists():
        given = {} if year is None else {"year": year}
        loaders: dict[str, Callable[[], Any]] = {
            "cities": lambda: gba.load_cities(**given),
            "districts": lambda: gba.load_districts(**given),
            "prefectures": gba.load_prefectures,
        }
        units = loaders[data]()
    else:
        if unit is None:
            raise OptionError(f"say with --id which column of {data} identifies a unit.")
        units = gba.read_units(data, id=unit, layer=layer)
    if table is not None:
        key = table_id or unit or units.index.name
        units = gba.data.join(units, gba.read_panel(table, unit=key))
    return units


def _weights(units: gpd.GeoDataFrame, weights: str, links: int | None, style: str, **_: Any) -> Weights:
    """W of `units` as the option --weights says."""
    import gbaspatial as gba

    kind, _sep, number = weights.partition(":")
    if Path(weights).suffix and Path(weights).exists():
        w = gba.weights.read(weights)
    elif kind in ("queen", "rook"):
        criterion: Any = kind
        w = gba.weights.contiguity(units, criterion=criterion, links=links)
    elif kind == "nearest":
        w = gba.weights.nearest(units, k=int(_amount(number, weights)))
    elif kind == "band":
        w = gba.weights.distance_band(units, threshold_km=_amount(number, weights))
    elif kind == "inverse":
        w = gba.weights.inverse_distance(units, power=_amount(number or "1", weights))
    else:
        raise OptionError(
            f"--weights {weights!r} is no file that exists, nor one of queen, rook, nearest:4, band:50, inverse:1."
        )
    if style == "row":
        return w.row_standardized()
    return w.binary() if style == "binary" else w


def _amount(text: str, whole: str) -> float:
    try:
        return float(text)
    except ValueError:
        raise OptionError(
            f"--weights {whole!r} needs a number after the colon, such as nearest:4 or band:50."
        ) from None


def _numbers(units: gpd.GeoDataFrame, column: str) -> Any:
    from gbaspatial.alignment import columns_of

    return units[columns_of(units, column)[0]]


def _moran_by_year(column: str, inference: str, seed: int, **where: Any) -> Any:
    import gbaspatial as gba

    if where["data"] != "cities":
        raise OptionError(
            "--by year is for the built-in cities; for your own panel use gbaspatial.autocorrelation.moran_by."
        )
    panel = gba.load_panel(variables=column).dropna(subset=[column])
    cities = gba.load_cities()
    present = cities.loc[cities.index.isin(panel.index.get_level_values("city"))]
    how: Any = inference
    return gba.autocorrelation.moran_by(panel[column], _weights(present, **where), inference=how, rng=seed)


def _table(frame: Any, title: str) -> Any:
    from gbaspatial.results import Table

    return Table(frame, title)


def _write(result: Result | list[Any] | Any, form: str, out: Path | None) -> None:
    """Print `result`, or several, in the form asked for; or write it to a file."""
    results = result if isinstance(result, list) else [result]
    texts = {
        "text": lambda r: r.to_text() if hasattr(r, "to_text") else str(r),
        "csv": lambda r: r.to_frame().to_csv(),
        "latex": lambda r: r.to_latex(),
        "markdown": lambda r: r.to_markdown(),
        "html": lambda r: r.to_html(),
    }
    text = "\n\n".join(texts[form](one).rstrip("\n") for one in results)
    if out is None:
        click.echo(text)
    else:
        out.parent.mkdir(parents=True, exist_ok=True)
        out.write_text(text + "\n", encoding="utf-8")
        click.echo(out)


if __name__ == "__main__":
    main()
