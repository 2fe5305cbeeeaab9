"""The shipped tables that are not a panel: links, travel times, bay areas, firms and universities."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Literal

from gbaspatial.data import files
from gbaspatial.data.schema import FIRST_YEAR, LAST_YEAR, chosen_cities, chosen_variables, chosen_years
from gbaspatial.errors import OptionError, UnknownNameError, nearest_names
from gbaspatial.options import public, word

if TYPE_CHECKING:
    import pandas as pd


@public
def load_links(*, year: int | None = None, level: Literal["city", "district"] = "city") -> pd.DataFrame:
    """Bridges, tunnels and railways that join units of the bay area, with their opening dates.

    Parameters
    ----------
    year : int, optional
        Keep what was open by the end of this year; by default everything.
    level : {"city", "district"}
        Pairs of cities, or of districts (where the ends are known: bridges and tunnels).

    Returns
    -------
    pandas.DataFrame
        Columns ``city_a, city_b`` (or ``district_a, district_b``), ``name, opened`` (ISO date
        as text; only the year where the day was not found), ``opened_year, kind``
        ("bridge", "tunnel", "rail"), ``length_km, source_id, note``.

    Raises
    ------
    OptionError
        If `year` is no whole number, or `level` is not known.

    Examples
    --------
    >>> links = load_links(year=2019)
    >>> links.loc[links["kind"] == "bridge", ["city_a", "city_b", "opened"]].tail(1).values.tolist()
    [['Guangzhou', 'Dongguan', '2019-04-02']]
    """
    word(level, ("city", "district"), "level")
    links = files.table("links")
    if year is not None:
        if isinstance(year, bool) or not hasattr(year, "__index__"):
            raise OptionError(f"year={year!r} is not a year; use an integer such as 2019.")
        links = links[links["opened_year"] <= year]
    if level == "district":
        names = files.table("district_names").set_index("adcode")["name_en"]
        links = links[links["district_a"] != ""]
        links = links.assign(district_a=links["district_a"].map(names), district_b=links["district_b"].map(names))
        ends = ["district_a", "district_b"]
    else:
        links, ends = links[links["city_a"] != links["city_b"]], ["city_a", "city_b"]
    columns = [*ends, "name", "opened", "opened_year", "kind", "length_km", "source_id", "note"]
    return links[columns].reset_index(drop=True)


@public
def load_travel_times() -> pd.DataFrame:
    """Published travel times and distances between cities before and after links opened.

    Single statements from news and guides, sometimes in disagreement; no complete matrix.

    Returns
    -------
    pandas.DataFrame
        Columns ``city_a, city_b, what, route, period, value, unit, source_id, note``.

    Examples
    --------
    >>> times = load_travel_times()
    >>> float(times.loc[times["route"] == "Shenzhen-Zhongshan Link", "value"].item())
    30.0
    """
    return files.table("travel_times")


@public
def load_rail_minutes(*, ride: Literal["median", "shortest"] = "median") -> pd.DataFrame:
    """Minutes by rail between the main stations of the nine mainland cities, from the timetable of 10 March 2016.

    Direct rides only, those of pairs without a direct train are absent. Hong Kong and
    Macao are not in it. `gba.weights.travel_time` takes the frame as it is.

    Parameters
    ----------
    ride : {"median", "shortest"}
        Of all direct rides of the day.

    Returns
    -------
    pandas.DataFrame
        Columns ``city_a, city_b, minutes, services`` (direct trains a day), ``date, source_id``.

    Examples
    --------
    >>> rides = load_rail_minutes()
    >>> float(rides.set_index(["city_a", "city_b"])["minutes"]["Guangzhou", "Shenzhen"])
    38.0
    """
    word(ride, ("median", "shortest"), "ride")
    table = files.table("rail_minutes")
    table["minutes"] = table["median_minutes" if ride == "median" else "min_minutes"]
    return table[["city_a", "city_b", "minutes", "services", "date", "source_id"]]


@public
def load_industry_structure() -> pd.DataFrame:
    """Value added of ten groups of manufacturing in GDP, nine mainland cities, 2018.

    Returns
    -------
    pandas.DataFrame
        Index ``city``; one column a group, in per cent of GDP.

    Examples
    --------
    >>> load_industry_structure().loc["Shenzhen", "food"]
    np.float64(0.62)
    """
    long = files.table("industry_structure")
    wide = long.set_index(["city", "sector"])["gdp_pct"].unstack("sector")  # noqa: PD010
    wide.columns.name = None
    return wide.reindex(index=long["city"].unique(), columns=long["sector"].unique())


@public
def load_invention_grants() -> pd.DataFrame:
    """Invention patents that CNIPA granted to Hong Kong and Macao, by window of years.

    Comparable with the grants of the mainland cities, unlike the filings at their own
    offices; differences of cumulative official tables, so that some windows are two years.

    Returns
    -------
    pandas.DataFrame
        Columns ``city, first_year, last_year, invention_grants, source_id, note``.

    Examples
    --------
    >>> load_invention_grants()["invention_grants"].tolist()
    [360, 9, 850, 25, 1087, 31]
    """
    return files.table("invention_grants_windows")


@public
def load_bay_areas(*, source: str | None = None) -> pd.DataFrame:
    """The bay areas of Guangdong-Hong Kong-Macao, San Francisco, New York and Tokyo compared.

    Parameters
    ----------
    source : str, optional
        Give the figures of one source (e.g. ``"S30"``) as a wide frame by bay area.
        Figures of different sources rest on different delimitations: do not mix them.

    Returns
    -------
    pandas.DataFrame
        Without `source` one row per value: ``bay_area, variable, year, value, unit,
        source_id, note``. With it: index ``bay_area``, one column per variable.

    Raises
    ------
    UnknownNameError
        If no figure has this `source`.

    Examples
    --------
    >>> load_bay_areas(source="S30").loc["Tokyo", "population"]
    np.float64(44.0)
    """
    areas = files.table("bay_areas")
    if source is None:
        return areas
    rows = areas[areas["source_id"] == source]
    if rows.empty:
        raise UnknownNameError(
            f"no bay-area figure has the source {source!r}. {nearest_names(source, areas['source_id'].unique())}"
        )
    wide = rows.sort_values("year").groupby(["bay_area", "variable"])["value"].last().unstack()  # noqa: PD010
    wide.columns.name = None
    order = [name for name in areas["bay_area"].unique() if name in wide.index]
    return wide.loc[order, list(dict.fromkeys(rows["variable"]))]


@public
def load_firms_universities() -> pd.DataFrame:
    """Large firms and universities by city: Fortune Global 500 seats, papers, patents of institutions.

    Returns
    -------
    pandas.DataFrame
        Columns ``kind, name, city, year, value, unit, source_id, note``.

    Examples
    --------
    >>> firms = load_firms_universities()
    >>> int(firms.loc[firms["kind"].eq("fortune_global_500_hq_count") & firms["year"].eq(2024), "value"].sum())
    22
    """
    return files.table("firms_universities")


@public
def load_exchange_rates() -> pd.DataFrame:
    """Annual average exchange rates by which Hong Kong and Macao figures were turned into yuan.

    Returns
    -------
    pandas.DataFrame
        Index ``year``; ``cny_per_usd, hkd_per_usd, mop_per_hkd`` (legal peg), ``cny_per_hkd,
        cny_per_mop`` (derived), ``source_id, note``.

    Examples
    --------
    >>> round(float(load_exchange_rates().loc[2023, "cny_per_hkd"]), 4)
    0.9044
    """
    return files.table("exchange_rates").set_index("year")


@public
def load_values(
    *,
    variables: str | Iterable[str] | None = None,
    years: int | Iterable[int] | None = None,
    cities: str | Iterable[str] | None = None,
) -> pd.DataFrame:
    """The panel as it is kept: one row per value, each with its unit, source and note.

    Parameters
    ----------
    variables : str or list of str, optional
        Names as in ``gba.data.variables()``; ``"all"`` gives every one. By default the main ones.
    years : int or iterable of int, optional
        Within 1999 to 2024; by default 2000 to 2023, which the core variables cover whole.
    cities : str or list of str, optional
        By default all eleven.

    Returns
    -------
    pandas.DataFrame
        Columns ``city, year, variable, value, unit, source_id, note``.

    Raises
    ------
    UnknownNameError
        For a variable, year or city that does not exist.

    Examples
    --------
    >>> load_values(variables="gdp_cny", years=2019, cities="Macao")["note"].item()
    'derived: MOP / 1.03 (legal peg) x CNY per US$ / HKD per US$ of the year'
    """
    values = files.table("panel")
    chosen = values["variable"].isin(chosen_variables(variables))
    chosen &= values["year"].isin(chosen_years(years, FIRST_YEAR, LAST_YEAR)) & values["city"].isin(
        chosen_cities(cities)
    )
    return values[chosen].reset_index(drop=True)


@public
def load_second_values() -> pd.DataFrame:
    """What other sources say about a value of the panel: earlier vintages and independent counts.

    For checks, not for mixing: earlier vintages differ by up to 20 per cent from the panel.

    Returns
    -------
    pandas.DataFrame
        Columns ``city, year, variable, value, unit, source_id, note``.

    Examples
    --------
    >>> second = load_second_values()
    >>> int(second.loc[second["variable"].eq("patents_granted") & second["source_id"].eq("T01"), "value"].count())
    63
    """
    return files.table("second_values")
