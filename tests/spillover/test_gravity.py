"""Gravity against the published border effect of 69 countries, against dummies, and on flows that cannot be used."""

import numpy as np
import oracle
import pandas as pd
import pytest
from hypothesis import given, settings, strategies as st

import gbaspatial as gba
from gbaspatial.errors import (
    AlignmentError,
    CollinearityError,
    ConvergenceError,
    DataError,
    FormulaError,
    LabelTypeError,
    MissingDataError,
    OptionError,
    UnknownNameError,
)
from gbaspatial.spillover import gravity

WORLD = pd.read_csv(oracle.find("data/border_2006.csv"))
NAMED = {"origin": "exporter", "destination": "importer"}
FIT = gravity(WORLD, "trade ~ log(dist) + cntg", **NAMED)
UNITS = list("abcdef")


def flows(seed=0, units=UNITS, b=(-0.7, -1.5)):
    """Flows drawn from a gravity model with a border between all units."""
    rng = np.random.default_rng(seed)
    pairs = pd.MultiIndex.from_product([units, units], names=["origin", "destination"])
    km = rng.uniform(1, 9, len(pairs))
    abroad = pairs.get_level_values(0) != pairs.get_level_values(1)
    effects = [dict(zip(units, rng.normal(2, 1, len(units)), strict=True)) for _ in range(2)]
    eta = b[0] * np.log(km) + b[1] * abroad
    eta += pairs.get_level_values(0).map(effects[0]) + pairs.get_level_values(1).map(effects[1])
    return pd.DataFrame({"trade": rng.poisson(np.exp(eta)).astype(float), "km": km}, index=pairs)


SMALL = flows()


# -- published ------------------------------------------------------------------------------
def test_the_published_border_of_69_countries():
    assert FIT.params.to_numpy() == pytest.approx([-0.7912879, 0.6736456, -2.47445], abs=5e-7)
    assert FIT.std_errors.to_numpy() == pytest.approx([0.0501494, 0.1073719, 0.1193816], abs=5e-7)
    assert FIT.log_likelihood == pytest.approx(-2284121.5, abs=0.05)
    assert FIT.n == 4761
    assert FIT.absorbed == 137
    assert FIT.tariff_equivalent(sigma=7)["estimate"] == pytest.approx(np.exp(2.47445 / 6) - 1, abs=1e-6)


# -- against dummies ------------------------------------------------------------------------
@pytest.mark.parametrize("seed", range(3))
def test_effects_are_those_of_dummies(seed):
    table = flows(seed)
    fit = gravity(table, "trade ~ log(km)")
    wide = table.reset_index().assign(border=lambda d: (d["origin"] != d["destination"]).astype(float))
    wide.index = wide["origin"] + wide["destination"]
    whole = gba.models.ppml(
        "trade ~ log(km) + border + C(origin) + C(destination)", wide, covariance="HC0", inference="asymptotic"
    )
    assert fit.params.to_numpy() == pytest.approx(whole.params[["log(km)", "border"]].to_numpy(), abs=1e-8)
    scale = np.sqrt(len(wide) / (len(wide) - 1))
    assert fit.std_errors.to_numpy() == pytest.approx(
        scale * whole.std_errors[["log(km)", "border"]].to_numpy(), rel=1e-6
    )
    assert fit.log_likelihood == pytest.approx(whole.log_likelihood, rel=1e-10)
    assert fit.deviance == pytest.approx(whole.deviance, rel=1e-8)


def test_sums_of_origins_and_destinations_are_fitted():
    sums = FIT.fitted.groupby(level="exporter").sum(), FIT.fitted.groupby(level="importer").sum()
    seen = WORLD.groupby("exporter")["trade"].sum(), WORLD.groupby("importer")["trade"].sum()
    for one, two in zip(sums, seen, strict=True):
        assert one.to_numpy() == pytest.approx(two.to_numpy(), rel=1e-7)


@given(seed=st.integers(0, 10**6), unit=st.floats(1e-6, 1e6))
@settings(max_examples=15, deadline=None)
def test_order_of_rows_and_unit_of_money_change_no_coefficient(seed, unit):
    mixed = SMALL.sample(frac=1, random_state=seed).assign(trade=lambda d: d["trade"] * unit)
    one, two = gravity(SMALL, "trade ~ log(km)"), gravity(mixed, "trade ~ log(km)")
    assert two.params.to_numpy() == pytest.approx(one.params.to_numpy(), rel=1e-7)
    assert two.std_errors.to_numpy() == pytest.approx(one.std_errors.to_numpy(), rel=1e-6)
    assert two.fitted.reindex(one.fitted.index).to_numpy() == pytest.approx(unit * one.fitted.to_numpy(), rel=1e-7)
    assert list(two.residuals.index) == list(mixed.index)


def test_columns_and_levels_of_the_index_name_pairs_alike():
    columns = gravity(SMALL.reset_index(), "trade ~ log(km)")
    assert columns.params.equals(gravity(SMALL, "trade ~ log(km)").params)


def test_clusters_hold_a_pair_there_and_back():
    robust, cluster, classical = (
        gravity(SMALL, "trade ~ log(km)", covariance=kind) for kind in ("robust", "cluster", "classical")
    )
    assert "21 pairs" in cluster.covariance_kind
    assert robust.params.equals(cluster.params)
    scores = (SMALL["trade"] - robust.fitted).to_numpy()
    X = np.column_stack([np.log(SMALL["km"]), SMALL.index.get_level_values(0) != SMALL.index.get_level_values(1)])
    dummies = pd.get_dummies(SMALL.reset_index()[["origin", "destination"]], dtype=float).to_numpy()
    mu = robust.fitted.to_numpy()
    root = np.sqrt(mu)[:, None]
    left = X - dummies @ np.linalg.lstsq(root * dummies, root * X, rcond=None)[0]
    bread = np.linalg.inv(left.T @ (mu[:, None] * left))
    keys = np.array(["".join(sorted(pair)) for pair in SMALL.index])
    sums = pd.DataFrame(left * scores[:, None]).groupby(keys).sum().to_numpy()
    expected = np.sqrt(np.diag(21 / 20 * bread @ sums.T @ sums @ bread))
    assert cluster.std_errors.to_numpy() == pytest.approx(expected, rel=1e-7)
    assert classical.std_errors.to_numpy() == pytest.approx(np.sqrt(np.diag(bread)), rel=1e-7)


def test_errors_freed_of_leverage_are_those_of_dummies():
    fit = gravity(SMALL, "trade ~ log(km)", covariance="HC3")
    dummies = pd.get_dummies(SMALL.reset_index()[["origin", "destination"]], dtype=float).to_numpy()
    abroad = SMALL.index.get_level_values(0) != SMALL.index.get_level_values(1)
    D = np.column_stack([np.log(SMALL["km"]), abroad, dummies[:, 1:]])
    mu, e = fit.fitted.to_numpy(), fit.residuals.to_numpy()
    bread = np.linalg.inv(D.T @ (mu[:, None] * D))
    freed = e / (1 - mu * np.einsum("mi,ij,mj->m", D, bread, D))
    expected = bread @ D.T @ (freed[:, None] ** 2 * D) @ bread
    assert fit.std_errors.to_numpy() == pytest.approx(np.sqrt(np.diag(expected))[:2], rel=1e-6)
    assert "covariance='HC3'" in str(gravity(SMALL, "trade ~ log(km)").summary())


def test_a_border_between_groups_of_units():
    sides = pd.Series(list("xxxyyy"), index=UNITS)
    fit = gravity(SMALL, "trade ~ log(km)", groups=sides)
    far = [sides[a] != sides[b] for a, b in SMALL.index]
    own = gravity(SMALL.assign(far=np.array(far, dtype=float)), "trade ~ log(km) + far", border=False)
    assert fit.params["border"] == pytest.approx(own.params["far"], abs=1e-10)
    with pytest.raises(AlignmentError, match="absent from the groups: f"):
        gravity(SMALL, "trade ~ log(km)", groups=sides.drop("f"))


def test_the_tariff_falls_with_the_elasticity_and_has_an_interval():
    few, many = FIT.tariff_equivalent(sigma=4), FIT.tariff_equivalent(sigma=10)
    assert few["lower"] < few["estimate"] < few["upper"]
    assert many["estimate"] < few["estimate"]
    ends = FIT.conf_int().loc["border"]
    assert few["upper"] == pytest.approx(np.exp(-ends["lower"] / 3) - 1)
    with pytest.raises(OptionError, match="sigma=1 must be a number"):
        FIT.tariff_equivalent(sigma=1)
    with pytest.raises(UnknownNameError, match="no term 'bordr'. Did you mean border"):
        FIT.tariff_equivalent(term="bordr")


def test_coverage_of_a_known_border():
    inside = 0
    for seed in range(60):
        ends = gravity(flows(seed + 100, list("abcdefgh")), "trade ~ log(km)", covariance="HC3").conf_int()
        inside += ends.loc["border", "lower"] < -1.5 < ends.loc["border", "upper"]
    assert inside >= 53  # 57 is 95 %, less two and a half Monte Carlo errors


# -- zeros ----------------------------------------------------------------------------------
def test_a_unit_that_sends_nothing_is_named_and_changes_nothing():
    silent = SMALL.copy()
    silent.loc[("f", slice(None)), "trade"] = 0.0
    fit = gravity(silent, "trade ~ log(km)")
    less = gravity(silent.drop("f", level=0), "trade ~ log(km)")
    assert fit.params.to_numpy() == pytest.approx(less.params.to_numpy(), abs=1e-9)
    assert list(fit.silent) == [("f", unit) for unit in UNITS]
    assert (fit.fitted["f"] == 0).all()
    assert "nothing that f sends is above zero" in str(fit.summary())
    assert fit.absorbed == less.absorbed == 10


def test_other_zeros_stay():
    some = SMALL.copy()
    some.loc[[("a", "b"), ("c", "d")], "trade"] = 0.0
    fit = gravity(some, "trade ~ log(km)")
    assert fit.kept.all()
    assert (fit.fitted[[("a", "b"), ("c", "d")]] > 0).all()


def test_a_regressor_that_separates_zeros_is_refused_and_they_are_named():
    some = SMALL.assign(embargo=0.0)
    some.loc[[("a", "b"), ("c", "d")], ["trade", "embargo"]] = [[0.0, 1.0], [0.0, 1.0]]
    with pytest.raises(ConvergenceError, match=r"separate zero flows \(a to b, c to d\)"):
        gravity(some, "trade ~ log(km) + embargo")


def test_zeros_that_effects_alone_separate_are_left_out_and_named():
    table = SMALL.drop([(unit, "a") for unit in UNITS[1:]])  # nobody's flows to a are known,
    table.loc[[("a", unit) for unit in UNITS[1:]], "trade"] = 0.0  # and a sends to itself alone
    fit = gravity(table, "trade ~ log(km)", border=False)
    assert set(fit.silent) == {("a", unit) for unit in UNITS[1:]}
    assert "a to b" in str(fit.summary())
    rest = gravity(table.drop("a", level=0), "trade ~ log(km)", border=False)
    assert fit.params["log(km)"] == pytest.approx(rest.params["log(km)"], abs=1e-8)


# -- refused --------------------------------------------------------------------------------
def test_a_variable_of_one_importer_is_absorbed():
    table = SMALL.assign(income=SMALL.index.get_level_values(1).map(dict(zip(UNITS, range(1, 7), strict=True))))
    with pytest.raises(CollinearityError, match=r"log\(income\) cannot .* absorbed by the effects of the destinations"):
        gravity(table, "trade ~ log(km) + log(income)")
    both = table.assign(
        sum=lambda d: d["income"] + d.index.get_level_values(0).map(dict(zip(UNITS, [3, 1, 4, 1, 5, 9])))
    )
    with pytest.raises(CollinearityError, match="absorbed by the effects of origins and destinations together"):
        gravity(both, "trade ~ log(km) + sum")
    with pytest.raises(CollinearityError, match=r"log\(km\), twice depend on each other"):
        gravity(both.assign(twice=2 * np.log(both["km"]) + both["sum"]), "trade ~ log(km) + twice")


@pytest.mark.filterwarnings("ignore:z to z alone")
def test_a_border_needs_flows_within_regions():
    abroad = SMALL[SMALL.index.get_level_values(0) != SMALL.index.get_level_values(1)]
    with pytest.raises(DataError, match="needs flows within regions"):
        gravity(abroad, "trade ~ log(km)")
    assert list(gravity(abroad, "trade ~ log(km)", border=False).params.index) == ["log(km)"]
    with pytest.raises(DataError, match="no flow crosses the border"):
        gravity(SMALL, "trade ~ log(km)", groups=pd.Series("x", index=UNITS))
    lone = pd.concat(
        [abroad, pd.DataFrame({"trade": [7.0], "km": [1.0]}, index=pd.MultiIndex.from_tuples([("z", "z")]))]
    )
    with pytest.raises(CollinearityError, match="border cannot be told from the effects"):
        gravity(lone.rename_axis(["origin", "destination"]), "trade ~ log(km)")
    few = pd.concat([abroad, SMALL.loc[[("a", "a"), ("b", "b")]]])
    assert "Only 2 of 6 units have flows that stay" in str(gravity(few, "trade ~ log(km)").summary())


@pytest.mark.parametrize(
    ("change", "options", "error", "words"),
    [
        (lambda d: d.to_numpy(), {}, LabelTypeError, "are a ndarray"),
        (lambda d: d.reset_index(drop=True), {}, UnknownNameError, "no column 'origin'.*origin= and"),
        (lambda d: d.reset_index(), {"origin": "orgin"}, UnknownNameError, "no column 'orgin'. Did you mean origin"),
        (lambda d: d.reset_index(), {"destination": "origin"}, OptionError, "both 'origin'"),
        (lambda d: pd.concat([d, d.iloc[:1]]), {}, AlignmentError, "more than one row for a to a"),
        (lambda d: d.assign(trade=-1.0 - d["km"]), {}, DataError, "trade is negative for a to a"),
        (lambda d: d.assign(trade=d["trade"].where(d["km"] > 3)), {}, MissingDataError, "trade.* missing for "),
        (lambda d: d.assign(trade=0.0), {}, DataError, "constant outcome|zero everywhere"),
        (lambda d: d.iloc[:0], {}, DataError, "no rows"),
        (lambda d: d.assign(border=1.0), {}, OptionError, "have a column 'border'"),
        (lambda d: d, {"covariance": "clsuter"}, OptionError, "covariance='clsuter'"),
        (lambda d: d, {"border": "yes"}, OptionError, "border='yes' must be True or False"),
        (lambda d: d.rename(index={"a": None}), {}, MissingDataError, "missing in row 1"),
    ],
)
def test_what_cannot_be_used_is_told(change, options, error, words):
    with pytest.raises(error, match=words):
        gravity(change(SMALL), "trade ~ log(km)", **options)


def test_a_formula_without_regressors_needs_the_border():
    assert list(gravity(SMALL, "trade ~ 1").params.index) == ["border"]
    with pytest.raises(FormulaError, match="no regressor"):
        gravity(SMALL, "trade ~ 1", border=False)


def test_a_logarithm_of_flows_is_not_taken_twice():
    with pytest.raises(FormulaError, match=r"log\(trade\).*already"):
        gravity(flows(), "log(trade) ~ log(km)")
