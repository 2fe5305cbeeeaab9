"""What would follow: equal to predictions of changed data, to dense algebra, and to nothing where nothing changes."""

import numpy as np
import pandas as pd
import pytest

import gbaspatial as gba
from gbaspatial.errors import OptionError, UnknownNameError
from tests import calls

MODELS = ("ols", "slx", "lag", "durbin", "error")


@pytest.mark.parametrize("model", MODELS)
@pytest.mark.parametrize(("kind", "number"), [("factor", 1.02), ("add", 0.3), ("set", 5.0)])
def test_a_scenario_is_the_difference_of_predictions(model, kind, number):
    fit = calls.fit(model)
    found = gba.spillover.scenario(fit, {"city c": {"price": number}}, kind=kind, method="delta", extrapolate=True)
    data = calls.DATA.copy()
    data.loc["city c", "price"] = {
        "factor": data.loc["city c", "price"] * number,
        "add": data.loc["city c", "price"] + number,
        "set": number,
    }[kind]
    gap = fit.predict(data) - fit.predict(calls.DATA)
    np.testing.assert_allclose(found.units["estimate"], gap, atol=1e-10)
    assert found.groups.loc["all", "estimate"] == pytest.approx(gap.mean(), abs=1e-10)
    np.testing.assert_allclose(found.units["own"] + found.units["spillover"], found.units["estimate"])
    assert found.parts().sum() == pytest.approx(found.groups.loc["all", "estimate"])


@pytest.mark.parametrize("model", ["slx", "lag", "durbin"])
def test_other_links_by_dense_algebra(model):
    fit = calls.fit(model)
    other = gba.weights.nearest(calls.UNITS, k=4).row_standardized()
    found = gba.spillover.scenario(fit, w=other, method="delta")
    ids = fit.design.ids
    W0 = calls.W.subset(ids).sparse.toarray()
    W1 = other.subset(ids).sparse.toarray()
    rho = 0.0 if fit.w is None else fit.rho
    X = calls.DATA.loc[ids, ["price", "growth"]].to_numpy()
    theta = np.array([fit.params.get(f"W({name})", 0.0) for name in ("price", "growth")])
    y = calls.DATA.loc[ids, "income"].to_numpy()
    moved = rho * (W1 - W0) @ y + (W1 - W0) @ X @ theta
    expected = np.linalg.solve(np.eye(12) - rho * W1, moved)
    np.testing.assert_allclose(found.units["estimate"].reindex(ids), expected, atol=1e-10)
    assert found.links == int(W1.astype(bool).sum() - W0.astype(bool).sum())


@pytest.mark.parametrize("model", ["slx", "durbin"])
def test_links_of_another_scale_are_no_scenario(model):
    fit = calls.fit(model)
    other = gba.weights.nearest(calls.UNITS, k=4)
    with pytest.raises(OptionError, match="rows of w do not sum to one"):
        gba.spillover.scenario(fit, w=other)


def test_a_friction_is_another_w():
    fit = calls.fit("durbin")
    groups = calls.SIDES
    other = fit.w.with_friction(groups, 0.5).row_standardized()
    one = gba.spillover.scenario(fit, friction=0.5, groups=groups, method="delta")
    two = gba.spillover.scenario(fit, w=other, groups=groups, method="delta")
    pd.testing.assert_frame_equal(one.units, two.units)


def test_a_friction_never_lets_a_border_weigh_less_than_none():
    fit = calls.fit("durbin")
    for friction in (2, 1.01):
        with pytest.raises(OptionError, match=r"has no friction, so give 0 \(closed\) to 1 \(no border\)"):
            gba.spillover.scenario(fit, friction=friction, groups=calls.SIDES)
    half = fit.w.with_friction(calls.SIDES, 0.5).with_friction(calls.SIDES, 0.8).row_standardized()
    held = gba.models.slx("income ~ price + growth", calls.DATA, half)
    opened = gba.spillover.scenario(held, friction=2.5, groups=calls.SIDES)
    freely = gba.spillover.scenario(held, w=fit.w, groups=calls.SIDES)
    np.testing.assert_allclose(opened.units["estimate"], freely.units["estimate"], atol=1e-12)
    with pytest.raises(OptionError, match=r"has a friction of 0.4, so give 0 \(closed\) to 2.5"):
        gba.spillover.scenario(held, friction=2.6, groups=calls.SIDES)
    pairs = fit.w.with_friction(calls.SIDES, {tuple(sorted(set(calls.SIDES)))[:2]: 0.25})
    fitted = gba.models.slx("income ~ price", calls.DATA, pairs.row_standardized())
    with pytest.raises(OptionError, match="to 4 "):
        gba.spillover.scenario(fitted, friction=5, groups=calls.SIDES)


def test_units_that_lose_every_link_are_no_spillover():
    fit = calls.fit("slx")
    lost = calls.CITIES[0]
    frame = calls.W.to_frame()
    less = gba.weights.from_pairs(frame[(frame["focal"] != lost)], ids=list(calls.W.ids))
    with pytest.raises(OptionError, match=f"leaves {lost} without links"):
        gba.spillover.scenario(fit, w=less)
    found = gba.spillover.scenario(fit, w=less, extrapolate=True)
    assert any(note.startswith("Extrapolated: without any link") for note in found.notes)


@pytest.mark.parametrize(("name", "base"), [("log", np.e), ("log10", 10), ("log2", 2)])
def test_per_cent_are_the_same_whatever_the_base_of_the_logarithm(name, base):
    data = calls.DATA.assign(income=calls.INCOME.abs())
    fit = gba.models.slx(f"{name}(income) ~ price", data, calls.W)
    found = gba.spillover.scenario(fit, {"city c": {"price": 0.1}}, kind="add", extrapolate=True, groups=calls.SIDES)
    natural = gba.models.slx("log(income) ~ price", data, calls.W)
    same = gba.spillover.scenario(natural, {"city c": {"price": 0.1}}, kind="add", extrapolate=True, groups=calls.SIDES)
    for column in ("percent", "percent_lower", "percent_upper"):
        np.testing.assert_allclose(found.units[column], same.units[column], rtol=1e-9)
        np.testing.assert_allclose(found.groups[column], same.groups[column], rtol=1e-9)
    np.testing.assert_allclose(found.units["estimate"] * np.log(base), same.units["estimate"], rtol=1e-9)
    assert any(note.startswith("All units together: ") and " % to " in note for note in found.notes)


def test_a_difference_of_logarithms_is_no_logarithm_of_one_thing():
    data = calls.DATA.assign(income=calls.INCOME.abs(), price=calls.PRICE.abs())
    fit = gba.models.ols("I(log(income) - log(price)) ~ growth", data)
    found = gba.spillover.scenario(fit, {"city c": {"growth": 0.1}}, kind="add", extrapolate=True)
    assert "percent" not in found.units
    assert found.groups.loc["all", "estimate"] == pytest.approx(found.units["estimate"].mean())


def test_intervals_come_from_the_errors_of_the_fit():
    fit = calls.fit("ols")
    found = gba.spillover.scenario(fit, {"city c": {"price": 1.0}}, kind="add", extrapolate=True).units.loc["city c"]
    assert found["estimate"] == pytest.approx(fit.params["price"])
    assert found["std_error"] == pytest.approx(fit.std_errors["price"])
    np.testing.assert_allclose(found[["lower", "upper"]], fit.conf_int().loc["price"])
    assert found["p_value"] == pytest.approx(fit.pvalues["price"])


def test_two_scenarios_share_the_errors_of_one_fit():
    fit = calls.fit("slx")
    one, two = (
        gba.spillover.scenario(fit, {unit: {"price": 0.2}}, kind="add", groups=calls.SIDES, extrapolate=True)
        for unit in ("city c", "city d")
    )
    gap = one.versus(two)
    assert gap["estimate"].tolist() == pytest.approx((one.groups["estimate"] - two.groups["estimate"]).tolist())
    same = one.versus(one)
    assert (same["estimate"] == 0).all()
    assert (same["std_error"] < 1e-12).all()
    with pytest.raises(OptionError, match="of one fit"):
        one.versus(gba.spillover.scenario(calls.fit("ols"), {"city c": {"price": 1.01}}, groups=calls.SIDES))
    with pytest.raises(OptionError, match="the same groups"):
        one.versus(gba.spillover.scenario(fit, {"city c": {"price": 1.01}}))


def test_a_logarithm_is_told_in_percent():
    data = calls.DATA.assign(income=calls.INCOME.abs())
    fit = gba.models.ols("log(income) ~ price", data)
    found = gba.spillover.scenario(fit, {"city c": {"price": 0.1}}, kind="add", extrapolate=True)
    row = found.units.loc["city c"]
    assert row["percent"] == pytest.approx(100 * np.expm1(row["estimate"]))
    weight = data["income"] / data["income"].sum()
    assert found.groups.loc["all", "estimate"] == pytest.approx((weight * found.units["estimate"]).sum())


@pytest.mark.parametrize("effects", ["unit", "twoway", "random"])
def test_of_a_panel_in_a_period(effects):
    fit = gba.models.panel_durbin("income ~ price", calls.LONG_DATA, calls.W, effects=effects)
    found = gba.spillover.scenario(
        fit, {"city c": {"price": 0.1}}, kind="add", period=2002, method="delta", extrapolate=True
    )
    rows = calls.LONG_DATA.xs(2002, level="year", drop_level=False).copy()
    before = fit.predict(rows)
    rows.loc[("city c", 2002), "price"] += 0.1
    gap = (fit.predict(rows) - before).droplevel("year")
    np.testing.assert_allclose(found.units["estimate"].reindex(gap.index), gap, atol=1e-9)


@pytest.mark.parametrize(
    ("change", "error", "words"),
    [
        ({"city z": {"price": 1.1}}, UnknownNameError, "no unit 'city z'"),
        ({"city c": {"prise": 1.1}}, UnknownNameError, "Did you mean price"),
        ({"city c": {"income": 1.1}}, UnknownNameError, "lacks the variable 'income'"),
        ({"city c": {"price": np.inf}}, OptionError, "give a finite number"),
        ({"city c": {"price": 90.0}}, OptionError, "Outside the data: price of city c becomes"),
        ({"city c": 1.1}, OptionError, "name the variable"),
        ([1.1], OptionError, "such as"),
        (None, OptionError, "nothing is changed"),
        ({"city c": {"price": 1.0}}, gba.errors.DataError, "changes no term"),
    ],
)
def test_one_sentence_for_what_cannot_be(change, error, words):
    with pytest.raises(error, match=words):
        gba.spillover.scenario(calls.fit("slx"), change)


def test_a_class_is_set_not_multiplied():
    fit = gba.models.ols("income ~ C(kind)", calls.DATA)
    with pytest.raises(OptionError, match="kind='set'"):
        gba.spillover.scenario(fit, {"city a": {"kind": 2.0}})
    found = gba.spillover.scenario(fit, {"city a": {"kind": "y"}}, kind="set")
    assert found.units.loc["city a", "estimate"] == pytest.approx(fit.params["C(kind)[T.y]"])


def test_what_eleven_cities_cannot_tell_is_refused():
    cities = gba.load_cities(year=2019)
    w = gba.weights.contiguity(cities, links=2019).row_standardized()
    fit = gba.models.lag("log(gdp_pc_cny) ~ log(employment)", cities, w)
    change = {"Shenzhen": {"employment": 0.95}}
    with pytest.raises(OptionError, match="do not say what would follow"):
        gba.spillover.scenario(fit, change)
    assert np.isfinite(gba.spillover.scenario(fit, change, method="delta").units["upper"]).all()


def test_pictures(tmp_path):
    found = gba.spillover.scenario(calls.fit("slx"), {"city c": {"price": 1.01}}, groups=calls.SIDES)
    assert next(text.get_text() for text in found.plot().get_yticklabels()) == "own: city c"
    assert found.plot(calls.UNITS).get_title("left").startswith("What a scenario changes")
    assert "estimate" in found.to_gis(calls.UNITS).columns
