"""The commands: each one reads, calls the public API and prints or writes. Nothing is computed here.

Only click is imported at the top, so that ``gbaspatial --help`` answers at once.
"""

from __future__ import annotations

import re
import shutil
import sys
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from gbaspatial.errors import (
    FileFormatError,
    GbaError,
    MissingFileError,
    OptionError,
    UnknownNameError,
    nearest_names,
    some,
)

if TYPE_CHECKING:
    import geopandas as gpd

    from gbaspatial.results import Result
    from gbaspatial.weights import Weights

BUILT_IN = ("cities", "districts", "prefectures")

# The library tells its cures in Python; here they are told as options.
_SAME_NAME = "crs|layer|repair|encoding|missing|sheet|inference|scheme|links"
_IN_OPTIONS = (
    (r"gba\.data\.caveats\('[^']*'\)", "gbaspatial data caveats"),
    (r" from the data and from the weights \(w\.subset\) yourself", " with --without"),
    (r"\bby=", "--id and --table-id"),
    (r"\btime=", "--table-time"),
    (rf"\b({_SAME_NAME})='([^']*)'", r"--\1 \2"),
    (rf"\b({_SAME_NAME})=(?=\w)", r"--\1 "),
    (rf"\b({_SAME_NAME})=", r"--\1"),
)


class Commands(click.Group):
    """A group whose commands tell an error of ours as one sentence, and end with code 2."""

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command; no traceback for what the user can mend."""
        warnings.showwarning = _show_warning
        try:
            return super().invoke(ctx)
        except GbaError as error:
            click.echo(f"error: {_in_options(error)}", err=True)
            sys.exit(2)
        except BrokenPipeError:
            sys.exit(1)
        except OSError as error:
            reason = (error.strerror or str(error)).lower()
            click.echo(f"error: {error.filename or 'a file'} cannot be read or written ({reason}).", err=True)
            sys.exit(2)


def _in_options(message: object) -> str:
    """A sentence of the library in the words of the command line."""
    text = str(message)
    for pattern, words in _IN_OPTIONS:
        text = re.sub(pattern, words, text)
    return text


def _show_warning(message: Warning | str, category: type[Warning], *_: Any, **__: Any) -> None:
    from gbaspatial.errors import GbaWarning

    if issubclass(category, GbaWarning):
        click.echo(f"warning: {_in_options(message)}", err=True)


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
        click.option("--crs", help="CRS of DATA where the file does not say, such as EPSG:4547; or gcj02, bd09."),
        click.option("--repair", type=click.Choice(["make_valid"]), help="Repair invalid geometries of DATA."),
        click.option("--table", type=click.Path(path_type=Path), help="CSV, Excel, Stata or Parquet joined by its id."),
        click.option("--table-id", help="Column of the table that holds the id (default: the same as --id)."),
        click.option("--table-time", help="Column of the table that holds the year; choose one with --year."),
        click.option("--sheet", help="Sheet of an Excel table (default: the first)."),
        click.option("--missing", multiple=True, help="Text of the table that stands for a missing value; repeatable."),
        click.option("--encoding", help="Of the CSV table, or else of the shapefile (default: UTF-8 or GB18030)."),
        click.option("--year", type=int, help="Year of the built-in statistics (default: the newest) or of the table."),
        click.option("--without", multiple=True, help="Id of a unit to leave out; give it again for more."),
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
    return click.option(
        "--seed", type=click.IntRange(min=0), default=1, show_default=True, help="Seed of the random draws."
    )(command)


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
        "caveats": lambda: gba.data.caveats(years=year),
        "links": lambda: gba.load_links(year=year),
        "bay_areas": gba.load_bay_areas,
        "firms_universities": gba.load_firms_universities,
    }
    if what in shown:
        if year is not None and what not in ("caveats", "links"):
            raise OptionError(f"{what} has no years to choose from; leave --year out.")
        frame = shown[what]()
    else:
        known = gba.data.variables().index
        if what not in known:
            hint = nearest_names(what, [*shown, *known])
            cure = hint if hint.startswith("Did you") else "`gbaspatial data variables` lists the variables."
            raise UnknownNameError(
                f"there is nothing called {what!r}: neither one of {', '.join(shown)} nor a variable. {cure}"
            )
        panel = gba.load_panel(variables=what, years=year)
        frame = panel[[what]]
        if year is None:
            frame = panel[what].unstack("year").reindex(panel.index.unique("city"))
            frame.columns = frame.columns.astype(str)
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

    _check_page(map_file)
    if by == "year":
        if local or map_file:
            raise OptionError("--by year gives the global test of every year; leave --local and --map out.")
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
@click.option("--classes", type=click.IntRange(2, 12), default=5, show_default=True)
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

    _check_page(out)
    _check_clusters(clusters, where)
    units = _units(**where)
    layers: list[Any] = [gba.maps.choropleth(column, scheme=scheme, k=classes) for column in columns]
    if clusters:
        w = _weights(units, **where)
        for column in columns:
            lisa = gba.autocorrelation.local_moran(_numbers(units, column), w, rng=seed)
            name = None if len(columns) == 1 else (f"LISA clusters: {column}", f"局部空间自相关聚类：{column}")
            layers.append(gba.maps.clusters(lisa, label=name))
        layers.append(gba.maps.links(w))
    options: dict[str, Any] = {"label": label} if label else {}
    gba.maps.atlas(units, layers, title=title or ", ".join(columns), **options).save(out)
    click.echo(out)


@main.command()
@data_options
@click.option(
    "--out", type=click.Path(path_type=Path), required=True, help=".gpkg, .shp, .geojson, .parquet, .kml, .csv"
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
    _check_clusters(clusters, where)
    units = _units(**where)
    if column is not None:
        columns_of(units, column, "units")
    if clusters and column is not None:
        lisa = gba.autocorrelation.local_moran(_numbers(units, column), _weights(units, **where), rng=seed)
        units = lisa.to_gis(units)
    gba.export.write(out, units, style="cluster" if clusters else column)
    if out.suffix.lower() == ".shp":
        click.echo(f"note: a shapefile has short names; {out.stem}_fields.csv tells the full ones.", err=True)
    click.echo(out)


# -- what the commands share ---------------------------------------------------------------
def _check_page(path: Path | None) -> None:
    if path is not None and path.suffix.lower() not in (".html", ".htm"):
        raise FileFormatError(f"{path} does not end in .html; a map is written as one HTML page.")


def _check_clusters(clusters: bool, where: dict[str, Any]) -> None:
    """Refuse options of W that nothing would use."""
    context = click.get_current_context()
    given = [name for name in ("weights", "links", "style") if _was_given(context, name)]
    if given and not clusters:
        raise OptionError(f"--{given[0]} is used by the clusters alone; add --clusters, or leave it out.")


def _was_given(context: click.Context, name: str) -> bool:
    return context.get_parameter_source(name) is click.core.ParameterSource.COMMANDLINE


def _units(data: str, table: Path | None, without: tuple[str, ...], **where: Any) -> gpd.GeoDataFrame:
    """The layer that DATA names, joined with the table, less the units left out."""
    import gbaspatial as gba

    for option in ("table_id", "table_time", "sheet", "missing"):
        if table is None and where[option]:
            raise OptionError(f"--{option.replace('_', '-')} says how to read a table; name the file with --table.")
    built_in = data in BUILT_IN and not Path(data).exists()
    units = _built_in(data, table, **where) if built_in else _own(data, table, **where)
    if table is not None:
        units = gba.data.join(
            units, _read_table(table, where["table_id"] or str(units.index.name), **where), time=_time(where)
        )
    for label in without:
        if label not in units.index:
            raise UnknownNameError(f"--without {label!r} is no unit of {data}. {nearest_names(label, units.index)}")
    return units.drop(index=list(without))


def _built_in(data: str, table: Path | None, year: int | None, table_time: str | None, **where: Any) -> Any:
    import gbaspatial as gba

    for option in ("unit", "layer", "crs", "repair"):
        if where[option]:
            name = "id" if option == "unit" else option
            raise OptionError(f"--{name} is for a file of your own; leave it out with the built-in {data}.")
    given: dict[str, Any] = {} if year is None or table_time else {"year": year}
    if given and data == "prefectures":
        raise OptionError("the built-in prefectures have no years; leave --year out.")
    loaders: dict[str, Callable[[], Any]] = {
        "cities": lambda: gba.load_cities(**given),
        "districts": lambda: gba.load_districts(**given),
        "prefectures": gba.load_prefectures,
    }
    return loaders[data]()


def _own(data: str, table: Path | None, unit: str | None, year: int | None, **where: Any) -> Any:
    import gbaspatial as gba

    if not Path(data).exists() and not Path(data).suffix:
        hint = nearest_names(data, BUILT_IN)
        raise MissingFileError(f"{data} is neither a file nor one of the built-in layers. {hint}")
    if unit is None and Path(data).exists():
        raise OptionError(f"say with --id which column of {data} identifies a unit.")
    if year is not None and where["table_time"] is None:
        raise OptionError("--year needs --table and --table-time with a file of your own, which has no years.")
    encoding = None if table is not None and _is_csv(table) else where["encoding"]
    return gba.read_units(
        data, id=unit or "", layer=where["layer"], crs=where["crs"], repair=where["repair"], encoding=encoding
    )


def _read_table(table: Path, key: str, **where: Any) -> Any:
    import gbaspatial as gba

    return gba.read_panel(
        table,
        unit=key,
        time=where["table_time"],
        missing=where["missing"],
        sheet=where["sheet"] or 0,
        encoding=where["encoding"] if _is_csv(table) else None,
    )


def _is_csv(table: Path) -> bool:
    return table.suffix.lower() in (".csv", ".tsv", ".txt")


def _time(where: dict[str, Any]) -> int | None:
    """The year to take from the table, which --table-time makes a panel."""
    if where["table_time"] and where["year"] is None:
        raise OptionError("--table-time needs --year, the year to take from the table.")
    return where["year"] if where["table_time"] else None


def _weights(units: gpd.GeoDataFrame, weights: str, links: int | None, style: str, **_: Any) -> Weights:
    """W of `units` as the option --weights says."""
    import gbaspatial as gba

    kind, sep, number = weights.partition(":")
    if links is not None and kind not in ("queen", "rook"):
        raise OptionError(f"--links adds bridges to borders; use it with --weights queen or rook, not {weights}.")
    if Path(weights).is_file():
        w = gba.weights.read(weights)
    elif kind in ("queen", "rook") and not sep:
        criterion: Any = kind
        w = gba.weights.contiguity(units, criterion=criterion, links=links)
    elif kind == "nearest":
        w = gba.weights.nearest(units, k=_count(number, weights))
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


def _count(text: str, whole: str) -> int:
    number = _amount(text, whole)
    if not number.is_integer():
        raise OptionError(f"--weights {whole!r} needs a whole number of neighbors, such as nearest:4.")
    return int(number)


def _numbers(units: gpd.GeoDataFrame, column: str) -> Any:
    from gbaspatial.alignment import columns_of

    return units[columns_of(units, column)[0]]


def _moran_by_year(column: str, inference: str, seed: int, **where: Any) -> Any:
    import gbaspatial as gba

    if where["data"] != "cities":
        raise OptionError(
            "--by year is for the built-in cities; for your own panel use gbaspatial.autocorrelation.moran_by."
        )
    if where["table"] or where["year"] is not None:
        raise OptionError("--by year takes every year of the built-in statistics; leave --year and --table out.")
    panel = gba.load_panel(variables=column).dropna(subset=[column])
    cities = _units(**where)
    has_values = cities.index.isin(panel.index.get_level_values("city"))
    if not has_values.all():
        click.echo(f"note: {column} has no values for {some(cities.index[~has_values])}, left out.", err=True)
    present = cities.loc[has_values]
    values = panel.loc[panel.index.get_level_values("city").isin(present.index), column]
    how: Any = inference
    return gba.autocorrelation.moran_by(values, _weights(present, **where), inference=how, rng=seed)


def _table(frame: Any, title: str) -> Any:
    """`frame` as a table; large amounts in full, as statistics print them, where there is room."""
    from gbaspatial.results import Table

    numbers = frame.select_dtypes("number")
    large = [column for column in numbers if numbers[column].abs().max() >= 1e6 and len(numbers.columns) < 10]
    return Table(frame, title, formats=dict.fromkeys(large, ",.0f"))


def _write(result: Result | list[Any] | Any, form: str, out: Path | None) -> None:
    """Print `result`, or several, in the form asked for; or write it to a file."""
    from gbaspatial.results import Table

    width = shutil.get_terminal_size((160, 40)).columns if out is None else None
    results = result if isinstance(result, list) else [result]
    texts = {
        "text": lambda r: r.to_text(width) if isinstance(r, Table) else str(r),
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
