"""The prefecture panel: labels of the layer, the nine cities as in the city panel, suspects told once."""

import warnings

import numpy as np
import pytest

import gbaspatial as gba
from gbaspatial.data import files, prefectures
from gbaspatial.errors import CaveatWarning, OptionError, UnknownNameError


@pytest.fixture
def fresh():
    """No suspect value told yet."""
    before = set(prefectures._told)
    prefectures._told.clear()
    yield
    prefectures._told.clear()
    prefectures._told.update(before)


@pytest.fixture(scope="module")
def panel():
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", CaveatWarning)
        return gba.load_prefecture_panel(variables="all")


def test_it_is_balanced_and_carries_the_labels_of_the_layer(panel):
    units = gba.load_prefectures(area="china")
    assert panel.shape == (298 * 24, 24)
    assert panel.index.names == ["city", "year"]
    assert panel.index.is_unique
    assert panel.index.is_monotonic_increasing
    cities = panel.index.unique("city")
    assert cities.isin(units.index).all()
    codes = panel["adcode"].xs(2020, level="year")
    assert (codes == units["adcode"].reindex(codes.index)).all()


def test_one_year_joins_the_layer_by_label_and_by_code(panel):
    year = panel.xs(2020, level="year")
    units = gba.load_prefectures(area="china").loc[year.index]
    numbers = year[["adcode", "patents_granted"]]
    by_label = gba.data.join(units, numbers[["patents_granted"]])
    by_code = gba.data.join(units, numbers.set_index("adcode"), by="adcode")
    assert (by_label["patents_granted"] == by_code["patents_granted"]).all()


def test_the_nine_cities_agree_with_the_city_panel(panel):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", CaveatWarning)
        own = gba.load_panel(variables=["patents_granted", "population", "gdp_cny"], years=range(2005, 2024))
    nine = panel.loc[panel["in_gba"]]
    both = own.loc[own.index.isin(nine.index)]
    assert both.index.unique("city").size == 9
    assert (both["patents_granted"] / nine["patents_granted"].reindex(both.index)).sub(1).abs().max() < 1e-9
    assert (both["population"] / nine["population"].reindex(both.index)).sub(1).abs().max() < 0.007
    assert (both["gdp_cny"] / nine["gdp_cny"].reindex(both.index)).sub(1).abs().median() < 0.002


def test_kinds_of_patents_add_up(panel):
    for what in ("granted", "applied"):
        parts = panel[[f"{kind}_{what}" for kind in ("inventions", "utility_models", "designs")]].sum(axis=1)
        assert (parts == panel[f"patents_{what}"]).all()


def test_many_units_see_what_nine_cities_cannot(panel):
    """The README of the figures gives 0.53 to 0.61 for six nearest units, p = 0.0002."""
    year = panel.xs(2020, level="year")
    units = gba.load_prefectures(area="china").loc[year.index]
    w = gba.weights.nearest(units, k=6).row_standardized()
    test = gba.autocorrelation.moran(
        np.log(year["patents_granted"] / year["population"]), w, inference="permutation", draws=9999, rng=1
    )
    assert 0.53 < test.statistic < 0.61
    assert test.p_value == pytest.approx(0.0002)


def test_suspects_are_values_of_the_panel(panel):
    doubted = gba.data.prefecture_suspects()
    assert len(doubted) == 235
    keys = list(zip(doubted["city"], doubted["year"], strict=True))
    for variable, rows in doubted.groupby("variable"):
        kept = panel[variable].reindex([keys[i] for i in rows.index]).to_numpy()
        np.testing.assert_allclose(kept, rows["value"], rtol=1e-6)


def test_suspects_warn_once_and_only_where_they_are(fresh):
    with pytest.warns(CaveatWarning, match=r"of loans_cny.*prefecture_suspects"):
        gba.load_prefecture_panel(variables="loans_cny")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        gba.load_prefecture_panel(variables="loans_cny")
        gba.load_prefecture_panel(variables="inventions_granted")


def test_variables_say_what_is_covered(panel):
    about = gba.data.prefecture_variables()
    assert list(about.index) == [c for c in panel.columns if c not in ("adcode", "province_zh", "in_gba")]
    for name, row in about.iterrows():
        there = panel[name].dropna()
        assert len(there) == row["values"]
        assert there.index.unique("city").size == row["units"]


def test_what_does_not_exist_is_told():
    with pytest.raises(UnknownNameError, match="patents_granted"):
        gba.load_prefecture_panel(variables="patents_grantd")
    with pytest.raises(UnknownNameError, match="2000 to 2023"):
        gba.load_prefecture_panel(years=1999)
    with pytest.raises(OptionError, match="all"):
        gba.load_prefecture_panel(variables=[])


def test_the_table_stays_small():
    assert files.table_path("prefectures").stat().st_size < 600_000


def test_rail_minutes_make_weights():
    rides = gba.data.load_rail_minutes()
    w = gba.weights.travel_time(rides)
    assert w.n == 9
    assert w.n_links == len(rides) == 41
    shortest = gba.data.load_rail_minutes(ride="shortest")
    assert (shortest["minutes"] <= rides["minutes"]).all()
    with pytest.raises(OptionError, match="median"):
        gba.data.load_rail_minutes(ride="mean")


def test_industry_structure_and_grants():
    shares = gba.data.load_industry_structure()
    assert shares.shape == (9, 10)
    # the paper's manufacturing shares: Huizhou 38, Dongguan 42, Guangzhou 16 per cent
    assert shares.sum(axis=1)[["Huizhou", "Dongguan", "Guangzhou"]].round().tolist() == [38, 42, 16]
    grants = gba.data.load_invention_grants()
    assert grants["invention_grants"].iloc[0] == (2272 - 94) - (1924 - 106)
