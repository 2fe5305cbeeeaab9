"""Who gives and who receives: sums over units, groups and pairs that must hold."""

import numpy as np
import pandas as pd
import pytest

import gbaspatial as gba
from gbaspatial.errors import DataError, OptionError


@pytest.fixture(scope="module")
def cities():
    return gba.load_cities(year=2019)


@pytest.fixture(scope="module")
def fit(cities):
    w = gba.weights.contiguity(cities, links=2019).row_standardized()
    return gba.models.durbin("log(gdp_pc_cny) ~ log(employment)", cities, w)


def test_what_is_given_is_received(cities, fit):
    found = gba.spillover.balance(fit, groups=cities["side"], method="delta")
    assert found.units["gives"].sum() == pytest.approx(found.units["receives"].sum(), rel=1e-9)
    assert found.units["net"].sum() == pytest.approx(0, abs=1e-9)
    sums = found.flows.groupby("giver")["value"].sum()
    np.testing.assert_allclose(sums.reindex(found.units.index), found.units["gives"], rtol=1e-9)
    pd.testing.assert_frame_equal(found.units, fit.impacts(method="delta").by_unit())


def test_a_pair_within_and_a_pair_across(cities, fit):
    found = gba.spillover.balance(fit, groups=cities["side"], method="delta")
    S = fit.impacts(method="delta").matrix()
    side = cities["side"].loc[S.index].to_numpy()
    same = side[:, None] == side[None, :]
    off = ~np.eye(11, dtype=bool)
    assert found.border.loc["within", "estimate"] == pytest.approx(S.to_numpy()[same & off].mean(), rel=1e-9)
    assert found.border.loc["across", "estimate"] == pytest.approx(S.to_numpy()[~same].mean(), rel=1e-9)
    assert found.border["pairs"].tolist()[:2] == [72, 38]
    links = fit.w.sparse.toarray() != 0
    ids = fit.design.ids
    side = cities["side"].loc[ids].to_numpy()
    assert found.border.loc["across", "linked"] == (links & (side[:, None] != side[None, :])).sum()


def test_pairs_are_counted_without_decimals(cities, fit):
    found = gba.spillover.balance(fit, groups=cities["side"], method="delta")
    rows = found.tables()[-1].cells()[1]
    assert [row[1] for row in rows] == [f"{found.border['pairs'].iloc[k]:.0f}" for k in (0, 1)] + ["-"]


def test_a_map_and_a_layer(cities, fit):
    found = gba.spillover.balance(fit, method="delta")
    layer = found.to_gis(cities)
    assert {"own", "gives", "receives", "net", "geometry"} <= set(layer.columns)
    assert layer.crs == cities.crs
    assert found.groups is None
    assert len(found.tables()) == 1


def test_bad_groups_are_refused(cities, fit):
    with pytest.raises(DataError, match="all units are in the group"):
        gba.spillover.balance(fit, groups=cities["side"].map(lambda _: "one"), method="delta")
    with pytest.raises(DataError, match="a group of its own"):
        gba.spillover.balance(fit, groups=pd.Series(cities.index, cities.index), method="delta")
    with pytest.raises(OptionError, match="has no spillover"):
        gba.spillover.balance(gba.models.ols("log(gdp_pc_cny) ~ log(employment)", cities))
