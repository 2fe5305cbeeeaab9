"""The shipped data against the totals and cross-checks that were published or made independently."""

import numpy as np
import pandas as pd
import pytest

import gbaspatial as gba
from gbaspatial.errors import AlignmentError, CRSError, OptionError, UnknownNameError

pytestmark = pytest.mark.filterwarnings("ignore::gbaspatial.errors.CaveatWarning")
MAINLAND = ["Guangzhou", "Shenzhen", "Zhuhai", "Foshan", "Huizhou", "Dongguan", "Zhongshan", "Jiangmen", "Zhaoqing"]


@pytest.fixture(scope="module")
def panel():
    return gba.load_panel(variables="all", years=range(2000, 2025))


def test_cities_have_names_codes_tiers_and_sides():
    cities = gba.load_cities(year=2019)
    assert cities.index.name == "city"
    assert cities.index.tolist() == [*MAINLAND, "Hong Kong", "Macao"]
    assert cities["adcode"].tolist()[-2:] == ["810000", "820000"]
    assert cities.loc["Dongguan", ["name_zh", "name_zht"]].tolist() == ["东莞市", "東莞市"]
    assert cities["tier"].to_dict() == dict.fromkeys(cities.index, 3) | {
        "Hong Kong": 1, "Shenzhen": 1, "Guangzhou": 1, "Dongguan": 2, "Foshan": 2
    }  # fmt: skip
    assert set(cities.loc[MAINLAND, "side"]) == {"mainland"}
    assert cities.loc[["Hong Kong", "Macao"], "side"].tolist() == ["Hong Kong", "Macao"]
    assert cities.crs.to_epsg() == 4326


def test_population_and_gdp_add_up_to_the_published_totals(panel):
    total = panel[["population", "gdp_usd"]].groupby("year").sum()
    assert total.loc[2020, "population"] / 1e6 == pytest.approx(86.35, abs=0.005)
    assert total.loc[2023, "population"] / 1e6 == pytest.approx(86.91, abs=0.005)
    assert total.loc[2023, "gdp_usd"] / 1e9 == pytest.approx(1983.4, abs=0.05)
    assert total.loc[2020, "gdp_usd"] / 1e9 == pytest.approx(1671.7, abs=0.05)
    # HKTDC's own sum for 2019
    assert total.loc[2019, "gdp_usd"] / 1e9 == pytest.approx(1679.3, rel=0.001)


def test_patents_of_the_nine_add_up_to_the_published_totals(panel):
    total = panel["patents_granted"].groupby("year").sum()
    expected = {2010: 102908, 2015: 205913, 2020: 632954, 2021: 783009, 2022: 752954, 2023: 631738}
    assert {year: int(total[year]) for year in expected} == expected
    assert panel["inventions_granted"].groupby("year").sum()[2023] == 138370
    kinds = panel[["inventions_granted", "utility_models_granted", "designs_granted"]].sum(axis=1)
    nine = panel.loc[MAINLAND].loc[lambda p: p.index.get_level_values("year") <= 2023]
    assert (kinds.loc[nine.index] == nine["patents_granted"]).all()


def test_core_variables_have_no_gap_and_nothing_is_interpolated(panel):
    core = panel.loc[panel.index.get_level_values("year") <= 2023]
    assert core[["gdp_cny", "gdp_pc_cny", "population", "employment"]].notna().all(axis=None)
    assert core.loc[["Hong Kong", "Macao"], "patents_granted"].isna().all()
    assert panel.xs(2024, level="year")["employment"].isna().all()
    years = core["land_area_km2"].loc["Macao"].dropna()
    assert years.index.tolist() == [2018, 2020, 2021]


def test_hong_kong_and_macao_are_converted_at_the_rates_of_the_year(panel):
    # rates of 2019: 6.9081 RMB and 7.8351 HKD per US$; Macao through the peg of 1.03 MOP per HKD
    row = panel.loc[("Hong Kong", 2019)]
    assert row["gdp_cny"] == pytest.approx(row["gdp_local"] * 6.9081 / 7.8351, rel=1e-9)
    assert row["gdp_pc_usd"] == pytest.approx(row["gdp_pc_local"] / 7.8351, abs=0.01)
    row = panel.loc[("Macao", 2019)]
    assert row["gdp_cny"] == pytest.approx(row["gdp_local"] / 1.03 * 6.9081 / 7.8351, rel=1e-9)
    row = panel.loc[("Foshan", 2019)]
    assert row["gdp_cny"] == row["gdp_local"] == 1073976000000


def test_gdp_over_mean_population_reproduces_gdp_per_capita(panel):
    population = panel["population"].unstack("city")  # noqa: PD010
    gdp, per_capita = (panel[name].unstack("city") for name in ("gdp_local", "gdp_pc_local"))  # noqa: PD010
    error = gdp / population.rolling(2).mean() / per_capita - 1
    assert error["Zhaoqing"][[2006, 2007]].round(3).tolist() == [0.074, 0.088]
    error.loc[[2006, 2007], "Zhaoqing"] = np.nan
    assert error.abs().max(axis=None) < 0.0161


def test_second_sources_agree_as_far_as_documented(panel):
    second = gba.data.load_second_values()
    yearbook = second[(second["variable"] == "patents_granted") & (second["source_id"] == "T01")]
    totals = yearbook.groupby("year")["value"].sum()
    assert totals.to_dict()[2017] == 299025
    assert (totals / panel["patents_granted"].groupby("year").sum() - 1).dropna().abs().max() < 0.0012
    assert set(second["city"]) <= set(panel.index.get_level_values("city"))


def test_derived_columns_are_exact_arithmetic(panel):
    per_head = 1e4 * panel["patents_granted"] / panel["population"]
    pd.testing.assert_series_equal(panel["patents_per_10k"], per_head, check_names=False, atol=1e-6)
    shares = panel[["primary_share_pct", "secondary_share_pct", "tertiary_share_pct"]].dropna().sum(axis=1)
    assert shares.to_numpy() == pytest.approx(100.0, abs=2e-4)


def test_panel_takes_variables_years_and_cities():
    part = gba.load_panel(variables=["population"], years=[2010, 2005], cities=["Macao", "Foshan"])
    assert part.index.tolist() == [("Macao", 2005), ("Macao", 2010), ("Foshan", 2005), ("Foshan", 2010)]
    assert part.columns.tolist() == ["tier", "side", "population"]
    assert gba.load_panel(variables="population", years=2010).shape == (11, 3)


def test_values_come_with_unit_source_and_note(panel):
    values = gba.data.load_values(variables=["gdp_cny", "patents_granted"], years=[2019])
    assert values.columns.tolist() == ["city", "year", "variable", "value", "unit", "source_id", "note"]
    assert len(values) == 20
    wide = values.set_index(["city", "year", "variable"])["value"]
    assert all(panel.loc[(city, year), variable] == value for (city, year, variable), value in wide.items())


def test_loaded_frames_are_copies():
    cities = gba.load_cities(year=2019)
    cities.loc["Macao", "population"] = 0
    assert gba.load_cities(year=2019).loc["Macao", "population"] == 679600
    listed = gba.data.variables()
    listed.loc["gdp_cny", "unit"] = "bananas"
    assert gba.data.variables().loc["gdp_cny", "unit"] == "yuan"


@pytest.mark.parametrize(
    ("call", "error", "text"),
    [
        (lambda: gba.load_cities(year=1900), UnknownNameError, "1999 to 2024"),
        (lambda: gba.load_cities(year=2019.5), OptionError, "2019.5"),
        (lambda: gba.load_panel(years=[]), OptionError, "empty"),
        (lambda: gba.load_panel(years=["2019"]), OptionError, "'2019'"),
        (lambda: gba.load_panel(variables="gdp_yuan"), UnknownNameError, "Did you mean"),
        (lambda: gba.load_panel(cities="Shenzen"), UnknownNameError, "Did you mean Shenzhen"),
        (lambda: gba.load_districts(year=2015), OptionError, "2010, 2020"),
        (lambda: gba.load_prefectures(area="guangxi"), OptionError, "'guangdong', 'china'"),
        (lambda: gba.load_links(level="village"), OptionError, "'city', 'district'"),
        (lambda: gba.load_links(year="2019"), OptionError, "'2019'"),
        (lambda: gba.load_bay_areas(source="S1"), UnknownNameError, "S1"),
        (lambda: gba.data.load_points(kind="port"), OptionError, "'airport'"),
        (lambda: gba.data.caveats("gdp"), UnknownNameError, "gdp"),
        (lambda: gba.data.caveats(cities="Shenzen"), UnknownNameError, "Did you mean Shenzhen"),
    ],
)
def test_what_does_not_exist_is_told_with_what_does(call, error, text):
    with pytest.raises(error, match=text):
        call()


def test_districts_carry_the_census_of_2020_with_the_dates_of_hong_kong_and_macao():
    districts = gba.load_districts(year=2020)
    assert districts.index.is_unique
    assert districts.index.name == "district"
    assert len(districts) == 69
    by_city = districts.groupby("city")["population"].sum()
    # the published results of the census of 1 November 2020
    assert by_city["Guangzhou"] == 18676605
    assert by_city["Dongguan"] == 10466625
    assert by_city["Hong Kong"] == 7422300
    assert by_city["Macao"] == 682100
    dates = districts.groupby("side")["population_year"].unique()
    assert {side: year.tolist() for side, year in dates.items()} == {
        "mainland": [2020.0], "Hong Kong": [2019.0], "Macao": [2021.0]
    }  # fmt: skip
    assert districts.loc["Nansha", "name_zht"] == "南沙區"
    assert districts["name_zht"].notna().all()
    census = gba.load_panel(variables=["population_census", "bachelor_or_above"], years=2020).droplevel("year")
    nine = districts[districts["side"] == "mainland"].groupby("city")[["population", "bachelor_or_above"]].sum()
    assert (nine["bachelor_or_above"] == census["bachelor_or_above"].reindex(nine.index)).all()
    assert (nine["population"] / census["population_census"].reindex(nine.index) - 1).abs().max() < 1e-4


def test_districts_of_2010_keep_what_has_no_unit_today_as_missing():
    districts = gba.load_districts(year=2010)
    absent = districts.index[(districts["side"] == "mainland") & districts["population"].isna()]
    assert set(absent) == {"Conghua", "Zengcheng", "Gaoyao", "Longhua", "Pingshan", "Guangming"}
    assert "population" not in gba.load_districts(year=None).columns


def test_prefectures_have_unique_names():
    china = gba.load_prefectures(area="china")
    assert china.index.is_unique
    assert {"Suzhou (江苏省)", "Suzhou (安徽省)"} <= set(china.index)
    assert int(china["in_gba"].sum()) == 11
    assert gba.load_prefectures()["in_gba"].sum() == 11


def test_links_open_by_year():
    def pairs(year):
        links = gba.load_links(year=year)
        return {frozenset(pair) for pair in links.loc[links["kind"] == "bridge", ["city_a", "city_b"]].to_numpy()}

    bridge = {frozenset(("Hong Kong", "Zhuhai")), frozenset(("Hong Kong", "Macao"))}
    assert pairs(2017) == {frozenset(("Guangzhou", "Dongguan"))}
    assert pairs(2018) - pairs(2017) == bridge
    assert pairs(2024) - pairs(2019) == {frozenset(("Shenzhen", "Zhongshan"))}
    everything = gba.load_links()
    known = set(gba.load_cities(year=2019).index)
    assert set(everything["city_a"]) | set(everything["city_b"]) <= known
    assert everything.loc[everything["name"].str.contains("XRL"), "opened"].unique().tolist() == ["2018-09-23"]
    districts = gba.load_links(level="district")
    assert set(districts["district_a"]) | set(districts["district_b"]) <= set(gba.load_districts(year=None).index)


def test_bay_areas_and_firms():
    one = gba.load_bay_areas(source="S30")
    assert one.index.tolist() == ["GBA", "San Francisco", "New York", "Tokyo"]
    assert one.loc["GBA", "gdp"] == 1513.4
    assert gba.load_bay_areas()["source_id"].isin(gba.data.sources().index).all()
    assert "GBA total" in set(gba.load_firms_universities()["name"])
    assert gba.data.load_travel_times()["unit"].isin(["minutes", "km"]).all()


def test_another_layer_takes_the_place_of_the_shipped_one(tmp_path):
    other = gba.load_cities(year=2019, variables="population").reset_index()[["adcode", "geometry"]]
    other["geometry"] = other.geometry.convex_hull
    shuffled = other.sample(frac=1, random_state=3).to_crs("EPSG:32649")
    cities = gba.load_cities(year=2019, boundaries=shuffled)
    assert cities.crs.to_epsg() == 4326
    assert cities.attrs["attribution"] == ""
    own = other.set_index("adcode").geometry
    for code, shape in zip(cities["adcode"], cities.geometry, strict=True):
        assert shape.symmetric_difference(own[code]).area < 1e-9
    assert cities.loc["Macao", "population"] == 679600
    shuffled.to_file(tmp_path / "own.gpkg")
    from_file = gba.load_cities(year=2019, boundaries=tmp_path / "own.gpkg")
    assert from_file.geometry.geom_equals_exact(cities.geometry, 1e-12).all()
    with pytest.raises(AlignmentError, match=r"Macao \(820000\)"):
        gba.load_cities(year=2019, boundaries=other[other["adcode"] != "820000"])
    with pytest.raises(AlignmentError, match="more than one row for adcode 440100"):
        gba.load_cities(year=2019, boundaries=pd.concat([other, other.head(1)]))
    with pytest.raises(UnknownNameError, match="adcode"):
        gba.load_cities(year=2019, boundaries=other.rename(columns={"adcode": "code"}))
    with pytest.raises(CRSError, match="no CRS"):
        gba.load_cities(year=2019, boundaries=other.set_crs(None, allow_override=True))
    assert gba.load_prefectures(boundaries=gba.load_prefectures().reset_index()).shape == (23, 7)
    assert len(gba.load_districts(year=None, boundaries=gba.load_districts(year=None).reset_index())) == 69
