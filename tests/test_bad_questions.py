"""Bad input of the questions of a region: one sentence each, which says what is wrong and what to do."""

import warnings

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from click.testing import CliRunner

import gbaspatial as gba
from gbaspatial.cli import main
from gbaspatial.errors import GbaError, GbaWarning

UNITS = ["青山", "碧水", "云岭", "石门", "柳林", "白沙", "龙泉", "临江", "望海", "长桥", "古城", "新港"]
N, YEARS = len(UNITS), range(2010, 2018)
RNG = np.random.default_rng(5)
INDEX = pd.MultiIndex.from_product([UNITS, YEARS], names=["unit", "year"])
BASE = np.repeat(RNG.lognormal(1, 0.8, N), len(YEARS))
PANEL = pd.DataFrame(
    {
        "output": BASE * np.exp(0.05 * RNG.normal(size=len(INDEX))),
        "capital": BASE**0.9 * np.exp(0.05 * RNG.normal(size=len(INDEX))),
        "labor": BASE**0.5 * np.exp(0.05 * RNG.normal(size=len(INDEX))),
    },
    INDEX,
)
FALLING = np.tile(0.7 ** np.arange(len(YEARS)), N)
DATA = PANEL.xs(2017, level="year")
RING = gba.weights.from_pairs(
    pd.DataFrame({"focal": UNITS + UNITS, "neighbor": UNITS[1:] + UNITS[:1] + UNITS[-1:] + UNITS[:-1]}), ids=UNITS
)
W = RING.row_standardized()
ONE, SIDES = pd.Series("one", UNITS), pd.Series(["east"] * 6 + ["west"] * 6, UNITS)
ZERO = DATA.assign(output=DATA["output"].where(DATA.index != "云岭", 0.0))
ZEROS = PANEL.assign(output=PANEL["output"].where(INDEX != ("云岭", 2010), 0.0))
with np.errstate(divide="ignore"):
    LOGS = np.log(ZEROS["output"])
GAP = PANEL.drop(index=2013, level="year")
HOLE = PANEL.drop(index=[("云岭", 2013)])
SWAPPED = PANEL.swaplevel()
PLACES = gpd.GeoSeries(gpd.points_from_xy(np.linspace(110, 112, N), np.full(N, 22.0)), index=UNITS, crs=4326)
SHARES = pd.DataFrame({"food": [40.0, 30, 20], "steel": [59.0, 68, 82]}, index=UNITS[:3])
PLANTS = pd.DataFrame({"size": [1.0, 2, 3, 4], "unit": list("aabb"), "sector": list("xxyy")}, index=list("pqrs"))
FORMULA = "log(output) ~ log(capital) + log(labor)"
disparity, development, spillover = gba.disparity, gba.development, gba.spillover


def slx():
    return gba.models.slx(FORMULA, DATA, W)


CASES = {
    "zeros under logs: a model": (lambda: gba.models.lag(FORMULA, ZERO, W), ["云岭", "log1p", "ppml"]),
    "zeros under logs: beta": (lambda: disparity.beta_convergence(ZEROS["output"]), ["云岭", "leave"]),
    "zeros under logs: sigma": (lambda: disparity.sigma_convergence(ZEROS["output"]), ["云岭", "leave"]),
    "zeros under logs: clubs": (lambda: disparity.convergence_clubs(LOGS), ["云岭", "logarithm"]),
    "zeros under logs: Theil L": (lambda: disparity.theil(ZERO["output"], kind="L"), ["云岭", "positive"]),
    "zeros under logs: accounting": (
        lambda: development.growth_accounting(ZEROS["output"], ZEROS["capital"], ZEROS["labor"]),
        ["云岭", "logarithm"],
    ),
    "zeros: rank-size": (lambda: development.rank_size(ZERO["output"]), ["云岭", "positive"]),
    "zeros: the kernel given the neighbors": (
        lambda: disparity.stochastic_kernel(ZEROS["output"], W),
        ["云岭", "zero or less"],
    ),
    "shares that do not add up": (lambda: development.location_quotient(SHARES), ["碧水", "add up to 100", "amounts"]),
    "shares that do not add up: of sides": (
        lambda: development.krugman(SHARES / 100),
        ["碧水", "add up to 1:", "amounts"],
    ),
    "shares that do not add up: of income": (
        lambda: development.growth_accounting(PANEL["output"], PANEL["capital"], PANEL["labor"], share=1.2),
        ["share=1.2", "0 to 1"],
    ),
    "negative shares: sectors": (lambda: development.krugman(SHARES - 30), ["food", "云岭", "negative"]),
    "negative shares: inequality": (lambda: disparity.gini(-DATA["output"]), ["青山", "not negative"]),
    "negative shares: weights": (
        lambda: development.coupling(
            PANEL, {"a": ["output"], "b": ["labor"]}, weights=pd.Series({"output": -1.0, "labor": 1.0})
        ),
        ["output", "negative="],
    ),
    "one group: between": (lambda: disparity.between_groups(DATA["output"], ONE), ["groups are one"]),
    "one group: tiers": (lambda: disparity.tiers(DATA["output"], given=ONE), ["tiers given are one"]),
    "one group: ranks": (lambda: disparity.rank_mobility(PANEL["output"], groups=ONE, rng=1), ["groups= out"]),
    "one group: a border": (
        lambda: spillover.border_friction("log(output) ~ log(capital)", DATA, RING, groups=ONE),
        ["no link crosses"],
    ),
    "one sector": (
        lambda: development.ellison_glaeser(PLANTS["size"], PLANTS["unit"], pd.Series("x", PLANTS.index)),
        ["one sector", "all sectors"],
    ),
    **{
        f"missing years: {name}": (call, ["2012", "equally far apart"])
        for name, call in {
            "markov": lambda: disparity.markov(GAP["output"], classes=2),
            "spatial markov": lambda: disparity.spatial_markov(GAP["output"], W, classes=2, draws=None),
            "lisa markov": lambda: disparity.lisa_markov(GAP["output"], W),
            "kernel": lambda: disparity.stochastic_kernel(GAP["output"]),
            "clubs": lambda: disparity.convergence_clubs(GAP["output"]),
        }.items()
    },
    **{
        f"a missing row: {name}": (call, ["云岭", "2013"])
        for name, call in {
            "markov": lambda: disparity.markov(HOLE["output"]),
            "beta": lambda: disparity.beta_convergence(HOLE["output"]),
            "malmquist": lambda: development.malmquist(HOLE, outputs="output", inputs="labor"),
            "accounting": lambda: development.growth_accounting(HOLE["output"], HOLE["capital"], HOLE["labor"]),
            "capital": lambda: development.perpetual_inventory(HOLE["capital"]),
        }.items()
    },
    "missing years: accounting": (
        lambda: development.growth_accounting(GAP["output"], GAP["capital"], GAP["labor"]),
        ["青山", "2013"],
    ),
    "too many dimensions": (
        lambda: development.dea(DATA[["output"]].iloc[:3], DATA[["capital", "labor"]].iloc[:3]),
        ["3 units", "nearly all would be efficient"],
    ),
    "too many dimensions: over time": (
        lambda: development.malmquist(PANEL.loc[UNITS[:3]], outputs="output", inputs=["capital", "labor"]),
        ["3:", "nearly all would be efficient"],
    ),
    "capital without a base": (
        lambda: development.perpetual_inventory(PANEL["capital"] * FALLING, depreciation=0.05),
        ["shrinks faster", "临江", "initial="],
    ),
    "capital without a base: one year": (
        lambda: development.perpetual_inventory(PANEL["capital"].xs(2010, level="year", drop_level=False)),
        ["no steady state", "initial="],
    ),
    "a variable that the model lacks": (
        lambda: spillover.scenario(slx(), {"青山": {"patents": 1.1}}),
        ["lacks the variable 'patents'", "capital"],
    ),
    "a variable that the model lacks: allocated": (
        lambda: spillover.allocate(slx(), "patents"),
        ["lacks the variable 'patents'"],
    ),
    "a unit that the model lacks": (lambda: spillover.scenario(slx(), {"青衫": {"capital": 1.1}}), ["no unit '青衫'"]),
    "all zero": (lambda: disparity.gini(DATA["output"] * 0), ["all amounts are zero"]),
    "one sector: Krugman": (lambda: development.krugman(SHARES[["food"]] * 7), ["one sector, food", "several"]),
    "more classes than units": (lambda: disparity.markov(PANEL["output"], classes=50), ["50 classes", "12 values"]),
    **{
        f"levels of the index swapped: {name}": (call, ["2010, 2011, 2012", "as periods", "swaplevel"])
        for name, call in {
            "markov": lambda: disparity.markov(SWAPPED["output"]),
            "beta": lambda: disparity.beta_convergence(SWAPPED["output"]),
            "sigma": lambda: disparity.sigma_convergence(SWAPPED["output"]),
            "clubs": lambda: disparity.convergence_clubs(SWAPPED["output"]),
            "ranks": lambda: disparity.rank_mobility(SWAPPED["output"], rng=1),
        }.items()
    },
    "a unit changed twice": (
        lambda: spillover.scenario(slx(), pd.DataFrame({"capital": [1.01, 1.02]}, index=["青山", "青山"])),
        ["more than one row", "青山"],
    ),
    "an amount that no unit has seen": (
        lambda: spillover.allocate(slx(), "capital", amount=1e12),
        ["amount=1e+12", "outside the data in every unit", "less"],
    ),
    "bands of text": (lambda: spillover.decay(slx(), PLACES, term="log(capital)", bands="50"), ["bands='50'", "ends"]),
    "a border that weighs less than none": (
        lambda: spillover.scenario(slx(), friction=2, groups=SIDES),
        ["friction=2", "0 (closed) to 1"],
    ),
    "a border that cuts units off": (
        lambda: spillover.scenario(slx(), friction=0, groups=pd.Series(UNITS, UNITS)),
        ["without links", "青山", "extrapolate=True"],
    ),
    "weights of subsystems as a list": (
        lambda: development.coupling(PANEL, {"a": ["output"], "b": ["labor"]}, weights=[1, 2]),
        ["weights=[1, 2]", "Series or mapping"],
    ),
    "extrapolation": (
        lambda: spillover.scenario(slx(), {"青山": {"capital": 1000.0}}),
        ["Outside the data", "青山", "extrapolate=True"],
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_one_sentence_says_what_is_wrong(case):
    call, told = CASES[case]
    with pytest.raises(GbaError) as caught:
        call()
    sentence = str(caught.value)
    assert all(word in sentence for word in told), sentence
    assert "\n" not in sentence
    assert len(sentence) < 400


def test_an_aversion_that_sees_the_lowest_value_only_is_told():
    with pytest.warns(GbaWarning, match="mean less the lowest value"):
        disparity.kolm(DATA["output"] * 1e6)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        disparity.kolm(DATA["output"])


def test_places_outside_the_data_are_told_in_an_allocation():
    most = DATA["capital"].idxmax()
    found = spillover.allocate(slx(), "capital", amount=1.01, kind="factor")
    assert [note for note in found.notes if note.startswith("Extrapolated")] == [
        f"Extrapolated: with more of it, capital lies outside the data in {most}."
    ]


def test_numbers_may_name_units_and_texts_quarters():
    index = pd.MultiIndex.from_product([[440100, 440300, 440400], ["2010Q1", "2010Q2", "2010Q3"]])
    quarters = pd.Series(np.arange(9.0) + 1, index)
    assert disparity.markov(quarters, classes=3).classes.columns.tolist() == ["2010Q1", "2010Q2", "2010Q3"]


def test_shares_that_add_up_are_told_apart_from_amounts():
    whole = SHARES.div(SHARES.sum(axis=1), axis=0)
    with pytest.warns(GbaWarning, match="a small unit counts as much"):
        development.location_quotient(whole)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        development.location_quotient(whole.mul([500.0, 20, 300], axis=0))


def test_one_group_splits_nothing_and_says_so():
    assert "one group only" in str(disparity.theil(DATA["output"], groups=ONE))
    assert "one group only" not in str(disparity.theil(DATA["output"], groups=SIDES))


def test_a_gap_stands_in_the_calendar_of_the_error_of_the_trend():
    """The error of a line over years: neighbors in time are those of the calendar, whatever rows are there."""
    spread = np.array([0.5, 0.52, 0.47, 0.53, 0.46, 0.49, 0.5])
    two = pd.DataFrame({year: np.exp([s / 2**0.5, -s / 2**0.5]) for year, s in zip(GAP.loc["青山"].index, spread)})
    panel = two.set_axis(["a", "b"]).stack()
    got = disparity.sigma_convergence(panel, lags=1)
    t = np.asarray(two.columns, dtype=float)
    X = np.column_stack([np.ones(7), t])
    beta = np.linalg.lstsq(X, spread, rcond=None)[0]
    scores = X * (spread - X @ beta)[:, None]
    kernel = np.clip(1 - np.abs(np.subtract.outer(t, t)) / 2, 0, None)
    inverse = np.linalg.inv(X.T @ X)
    known = np.sqrt(np.diag(inverse @ scores.T @ kernel @ scores @ inverse) * 7 / 5)
    assert got.trend.std_errors.iloc[1] == pytest.approx(known[1], rel=1e-5)


def test_a_border_without_spillover_is_a_result_and_no_number():
    noise = DATA.assign(output=np.exp(np.random.default_rng(3).normal(size=N)))
    found = spillover.border_friction("log(output) ~ 1", noise, RING, groups=SIDES)
    assert found.to_frame()["f_hat"].isna().all()
    assert "not identified by these data" in str(found)


@pytest.fixture
def files(tmp_path, monkeypatch):
    import shapely

    cells = [
        shapely.box(113 + i % 4 * 0.5, 22 + i // 4 * 0.5, 113.5 + i % 4 * 0.5, 22.5 + i // 4 * 0.5) for i in range(N)
    ]
    layer = gpd.GeoDataFrame({"unit": UNITS, "side": "east"}, geometry=cells, crs=4326)
    layer.to_file(tmp_path / "units.gpkg")
    for name, frame in {"zeros": ZEROS, "hole": HOLE, "panel": PANEL}.items():
        frame.to_csv(tmp_path / f"{name}.csv")
    monkeypatch.chdir(tmp_path)


FIT = ["--id", "unit", "--panel", "year", "--effects", "twoway"]
LINES = {
    "zeros under logs": (
        ["fit", "log(output) ~ log(labor)", "units.gpkg", "--table", "zeros.csv", *FIT],
        ["云岭", "2010"],
    ),
    "a missing year": (["fit", "output ~ labor", "units.gpkg", "--table", "hole.csv", *FIT], ["云岭"]),
    "a variable that is not there": (
        ["fit", "output ~ patents", "units.gpkg", "--table", "panel.csv", *FIT],
        ["patents", "output"],
    ),
}


@pytest.mark.parametrize("line", LINES)
def test_the_command_line_says_the_same_sentence(files, line):
    call, told = LINES[line]
    done = CliRunner().invoke(main, call)
    assert done.exit_code != 0
    assert all(word in done.output for word in told), done.output
    assert "Traceback" not in done.output
    assert done.output.strip().count("\n") <= 1
