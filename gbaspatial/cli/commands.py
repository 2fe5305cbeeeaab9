"""The commands: each one reads, calls the public API and prints or writes. Nothing is computed here.

Only click is imported at the top, so that ``gbaspatial --help`` answers at once.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import click

from gbaspatial.cli.fits import MODELS, asked_of, fitted
from gbaspatial.cli.group import Commands
from gbaspatial.cli.inputs import (
    check_page,
    check_seed,
    moran_by_year,
    names_of,
    numbers_of,
    seed_for,
    seed_written,
    units_of,
    weights_of,
)
from gbaspatial.cli.output import form_of, table_of, write
from gbaspatial.cli.own_region import columns_for, only_id_of, region_of
from gbaspatial.cli.shared_options import (
    Place,
    data_options,
    inference_option,
    output_options,
    panel_options,
    seed_option,
    weights_options,
)
from gbaspatial.cli.spatial_commands import draw, export, weights
from gbaspatial.errors import LabelTypeError, OptionError, UnknownNameError, names_near, nearest_names

if TYPE_CHECKING:
    from gbaspatial.opinions.opinion import Peer, SecondOpinion
    from gbaspatial.results import Result


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(package_name="gbaspatial")
def main() -> None:
    """Spatial econometrics and GIS for the Greater Bay Area, and for any other region.

    \b
    gbaspatial report                       everything about the bay, in out/report.html
    gbaspatial moran my.gpkg --id code --column x --weights queen
    """


for spatial in (weights, draw, export):
    main.add_command(spatial)


@main.command()
@click.option("--out", type=Place(file_okay=False), default=Path("out"), show_default=True)
@click.option("--year", type=int, help="Year of the cross-section (default: the newest complete one).")
@click.option(
    "--lang", type=click.Choice(["both", "en", "zh"]), default="both", show_default=True, help="Language of the pages."
)
@click.option("--only", help="Chapters to write, by commas: claims, cities, weights, autocorrelation, ...")
@click.option("--units", type=Place(), help="Layer of a region of your own, instead of the bay.")
@click.option("--id", "unit", help="Column of --units (and of --panel) that identifies a unit.")
@click.option("--panel", type=Place(), help="Table joined to --units by its id.")
@click.option("--time", help="Column of --panel that holds the year: a chapter on the years.")
@click.option("--outcome", help="Column that the report on --units is about.")
@click.option("--groups", help="Column of groups of --units, between which inequality is split.")
@click.option("--people", help="Column of people of --units, which weigh an outcome per head.")
@click.option("--regressors", help="Columns, by commas, that a model explains the outcome by.")
@seed_option
def report(
    out: Path, year: int | None, lang: Literal["both", "en", "zh"], only: str | None, seed: int, **own: Any
) -> None:
    """Run the main job: the real bay to a report in English and Chinese, maps, tables and layers.

    With --units and --outcome the report is on a region of your own: the chapters that its data allow.

    \b
    Example: gbaspatial report --out out --year 2019 --lang zh --only cities,tiers
    Example: gbaspatial report --units my.gpkg --id code --panel my.csv --outcome income --groups tier
    """
    from gbaspatial.report import write_region_report, write_report

    if own["units"] is not None:
        if only is not None:
            raise OptionError("--only chooses chapters about the bay; leave it out with --units.")
        if own["unit"] is None:
            own["unit"] = only_id_of(own["units"])
        units, outcome, years = region_of(year=year, **own)
        for path in write_region_report(units, outcome, out, lang=lang, seed=seed, **columns_for(**own), **years):
            click.echo(path)
        return
    given = [name for name, value in own.items() if value is not None]
    if given:
        name = "id" if given[0] == "unit" else given[0]
        raise OptionError(f"--{name} is for a region of your own; name its layer with --units, or leave it out.")
    chapters = None if only is None else [name.strip() for name in only.split(",") if name.strip()]
    for path in write_report(out, year=year, lang=lang, only=chapters, seed=seed):
        click.echo(path)


@main.command()
@click.argument("what", default="catalog")
@click.option("--year", type=int, help="Only this year.")
@output_options
def data(what: str, year: int | None, form: str | None, out: Path | None) -> None:
    """Show what is shipped: catalog, variables, sources, caveats, links, bay_areas, or a variable's values.

    \b
    Example: gbaspatial data caveats
             gbaspatial data gdp_pc_cny --year 2019 --format csv
    """
    import gbaspatial as gba

    form_of(form, out)
    shown: dict[str, Callable[[], object]] = {
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
            near = names_near(what, [*shown, *known])
            cure = nearest_names(what, near) if near else "`gbaspatial data variables` lists the variables."
            raise UnknownNameError(
                f"there is nothing called {what!r}: neither one of {', '.join(shown)} nor a variable. {cure}"
            )
        panel = gba.load_panel(variables=what, years=year)
        frame = panel[[what]]
        if year is None:
            frame = panel[what].unstack("year").reindex(panel.index.unique("city"))
            frame.columns = frame.columns.astype(str)
    write(table_of(frame, what), form, out)


@main.command()
@data_options
@click.option("--column", required=True, help="Column of numbers to test.")
@weights_options
@click.option("--local", is_flag=True, help="The local statistic of each unit, with its cluster.")
@click.option(
    "--by", type=click.Choice(["year"]), help="The test of every year, of the cities or of a --table with --table-time."
)
@click.option(
    "--inference",
    default="auto",
    show_default=True,
    help="auto, exact, permutation, normal, randomization, saddlepoint.",
)
@click.option("--second-opinion", "peer", type=click.Choice(["pysal", "r"]), help="Also the same by another program.")
@click.option("--map", "map_file", type=Place(to_write=True), help="Also write a map of the clusters (HTML).")
@seed_option
@output_options
def moran(
    column: str,
    peer: Peer | None,
    local: bool,
    by: str | None,
    inference: str,
    map_file: Path | None,
    seed: int,
    form: str | None,
    out: Path | None,
    **where: Any,
) -> None:
    """Test a column of DATA for spatial autocorrelation with Moran's I.

    DATA is a file of polygons or points, or one of: cities, districts, prefectures.

    \b
    Example: gbaspatial moran my.gpkg --id code --column income --weights queen
             gbaspatial moran cities --column gdp_pc_cny --by year
             gbaspatial moran my.gpkg --id code --table panel.csv --table-time year --column income --by year
    """
    import gbaspatial as gba

    check_page(map_file)
    form_of(form, out)
    if by == "year":
        if local or map_file:
            raise OptionError("--by year gives the global test of every year; leave --local and --map out.")
        result: Any = moran_by_year(column, inference, seed, **where)
        asked = result.results
    else:
        units = units_of(used=(column,), **where)
        values = numbers_of(units, column)
        w = weights_of(units, **where)
        how: Any = inference
        if local or map_file:
            lisa = gba.autocorrelation.local_moran(values, w, inference=how, rng=seed_for(how, seed))
        result = lisa if local else gba.autocorrelation.moran(values, w, inference=how, rng=seed_for(how, seed))
        asked = {"": result}
        if map_file:
            layers = [gba.maps.choropleth(column), gba.maps.clusters(lisa), gba.maps.links(w)]
            gba.maps.atlas(units, layers, title=f"Moran's I of {column}").save(map_file)
            click.echo(f"map: {map_file}", err=True)
    write([result, *(opinion_on(one, peer, when) for when, one in asked.items())] if peer else result, form, out)


def opinion_on(made: Result, peer: Peer, of: object = "") -> SecondOpinion:
    """The second opinion on a result, with what it is `of` (a year, a model) in its title."""
    from dataclasses import replace

    from gbaspatial.opinions import second_opinion

    found = second_opinion(made, peer)
    return replace(found, title=f"{found.title}, {of}") if of != "" else found


def opinions_on(made: list[Result], peer: Peer, of: object = "") -> list[Result]:
    """Second opinions on what was `made` of a fit; of what the peer has none, it is told on standard error."""
    found: list[Result] = []
    for one in made:
        try:
            found.append(opinion_on(one, peer, of))
        except (OptionError, LabelTypeError) as error:
            click.echo(str(error), err=True)
    return found


def impacts_of(fit: Any, time: str | None, seed: int) -> Result:
    """The impacts of a fit, from the seed that was asked for; those of a panel have one of their own."""
    found: Result = fit.impacts(rng=seed) if time is None or seed_written() else fit.impacts()
    return found


@main.command()
@click.argument("formula")
@data_options
@click.option("--model", type=click.Choice(MODELS), default="lag", show_default=True)
@weights_options
@panel_options
@click.option("--impacts", is_flag=True, help="Also direct, indirect and total impacts.")
@click.option("--diagnostics", is_flag=True, help="Also the specification tests.")
@click.option("--second-opinion", "peer", type=click.Choice(["pysal", "r"]), help="Also the same by another program.")
@inference_option
@seed_option
@output_options
def fit(
    formula: str,
    model: str,
    impacts: bool,
    diagnostics: bool,
    peer: Peer | None,
    seed: int,
    form: str | None,
    out: Path | None,
    **where: Any,
) -> None:
    """Fit a spatial model given by FORMULA to DATA.

    \b
    Example: gbaspatial fit "log(gdp_pc_cny) ~ C(tier)" --model lag --impacts
             gbaspatial fit "price ~ area + W(area)" houses.gpkg --id id --weights nearest:8
             gbaspatial fit "log(gdp_pc_cny) ~ log(employment)" --panel year --effects twoway
             gbaspatial fit "log(patents_granted + 1) ~ log(gdp_cny)" prefectures --panel year --years 2010-2021 \\
                 --effects twoway --weights nearest:5 --unbalanced common
    """
    form_of(form, out)
    check_seed(impacts)
    asked, where = asked_of(**where)
    ((made,),), w = fitted([formula], [model], asked, **where)
    results = [made]
    if impacts:
        results.append(impacts_of(made, asked.time, seed))
    if diagnostics:
        results.append(made.diagnostics(w))
    if peer:
        results += [opinion_on(made, peer), *opinions_on(results[1:], peer)]
    write(results, form, out)


@main.command()
@click.argument("formula")
@data_options
@click.option("--also", multiple=True, help="Another formula, fitted by the same models; repeatable.")
@click.option(
    "--models", default="ols,lag,error", show_default=True, help=f"Models side by side, by commas: {', '.join(MODELS)}."
)
@weights_options
@panel_options
@click.option(
    "--below",
    type=click.Choice(["std_error", "p_value", "interval", "none"]),
    default="std_error",
    show_default=True,
    help="What stands below each estimate.",
)
@click.option("--stars", is_flag=True, help="Mark p below 0.01, 0.05, 0.1.")
@click.option("--impacts", is_flag=True, help="Also direct, indirect and total impacts.")
@click.option("--decimals", type=click.IntRange(0, 15), help="Decimals of every estimate.")
@click.option("--second-opinion", "peer", type=click.Choice(["pysal", "r"]), help="Also each by another program.")
@inference_option
@seed_option
@output_options
def compare(
    formula: str,
    also: tuple[str, ...],
    models: str,
    below: Literal["std_error", "p_value", "interval", "none"],
    stars: bool,
    impacts: bool,
    decimals: int | None,
    peer: Peer | None,
    seed: int,
    form: str | None,
    out: Path | None,
    **where: Any,
) -> None:
    """Fit several models to DATA and put them side by side, as a paper does.

    \b
    Example: gbaspatial compare "log(gdp_pc_cny) ~ C(tier)" --models ols,lag,error --out table.docx
             gbaspatial compare "price ~ area" houses.gpkg --id id --also "price ~ area + W(area)" --models lag
    """
    from gbaspatial.tables import compare as side_by_side

    form_of(form, out)
    check_seed(impacts)
    names = names_of(models, MODELS, "models")
    asked, where = asked_of(**where)
    formulas = list(dict.fromkeys((formula, *also)))
    made, _ = fitted(formulas, names, asked, **where)
    several = len(formulas) > 1
    fits = {
        f"{name} {number}" if several else name: one
        for number, row in enumerate(made, start=1)
        for name, one in zip(names, row, strict=True)
    }
    table = side_by_side(fits, below=below, stars=stars, impacts=impacts, decimals=decimals, rng=seed)
    results: list[Result] = [table]
    if peer:
        for name, one in fits.items():
            spilling = [impacts_of(one, asked.time, seed)] if impacts and hasattr(one, "impacts") else []
            results += opinions_on([one, *spilling], peer, name)
    write(results if len(results) > 1 else table, form, out)


@main.command()
@click.argument("request", type=click.File("r", encoding="utf-8"), default="-")
def worker(request: Any) -> None:
    """Do what a REQUEST in JSON asks for, for programs such as the plugin for QGIS, and answer in JSON.

    \b
    Example: echo '{"do": "moran", "units": "my.gpkg", "id": "code", "column": "income"}' | gbaspatial worker
    """
    from contextlib import redirect_stdout

    from gbaspatial.cli.worker import answered

    with redirect_stdout(sys.stderr):
        answer = answered(request.read())
    sys.stdout.buffer.write(answer.encode("utf-8") + b"\n")
    sys.stdout.flush()


@main.command()
@output_options
def doctor(form: str | None, out: Path | None) -> None:
    """Tell whether this installation is whole: versions, extras, fonts and a self-check, in some seconds.

    \b
    Example: gbaspatial doctor
    """
    from gbaspatial.doctor import examine

    form_of(form, out)
    found = examine()
    write(found, form, out)
    if not found.sound:
        raise click.exceptions.Exit(1)
