"""The friction of a border: its likelihood against fits at each friction, known frictions, and what cannot be told."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings, strategies as st

import gbaspatial as gba
from gbaspatial.errors import AlignmentError, FormulaError, LabelTypeError, MissingDataError, OptionError, WeightsError
from gbaspatial.spillover import border_friction
from gbaspatial.spillover.friction_likelihood import FRICTIONS
from gbaspatial.weights import Weights

FEW = {"draws": 39, "rng": 1}


def lattice(rows, columns):
    """Places on a lattice that a border cuts along the middle."""
    n = rows * columns
    table = np.zeros((n, n))
    for place in range(n):
        if place % columns < columns - 1:
            table[place, place + 1] = table[place + 1, place] = 1
        if place + columns < n:
            table[place, place + columns] = table[place + columns, place] = 1
    names = pd.Index([f"p{i:02d}" for i in range(n)], name="place")
    side = pd.Series(np.where(np.arange(n) // columns < rows // 2, "north", "south"), index=names, name="side")
    return Weights(table, names), side


W, SIDE = lattice(4, 6)


def panel(w, side, friction, *, periods=8, rho=0.6, serial=0.0, seed=0, standardization="row"):
    """Outcomes of a lag model with effects of units where `friction` is true."""
    rng = np.random.default_rng(seed)
    slow = w.with_friction(side, friction)
    slow = getattr(slow, {"row": "row_standardized", "spectral": "spectral"}[standardization])()
    inverse = np.linalg.inv(np.eye(w.n) - rho * slow.sparse.toarray())
    level, shock, rows = rng.normal(size=w.n), rng.normal(size=w.n), []
    for year in range(2001, 2001 + periods):
        x = rng.normal(size=w.n)
        shock = serial * shock + np.sqrt(1 - serial**2) * rng.normal(size=w.n)
        rows.append(pd.DataFrame({"place": w.ids, "year": year, "y": inverse @ (x + level + 0.5 * shock), "x": x}))
    return pd.concat(rows).set_index(["place", "year"])


def cross_section(w, side, friction, seed=0, rho=0.6):
    return panel(w, side, friction, periods=1, seed=seed, rho=rho).droplevel("year")


PANEL = panel(W, SIDE, 0.2)
CITIES = gba.load_cities(year=2019)
LINKS = gba.weights.contiguity(CITIES, links=2019)


# -- the likelihood ---------------------------------------------------------------------------
@pytest.mark.filterwarnings("ignore::gbaspatial.errors.GbaWarning")
@pytest.mark.parametrize("standardization", ["row", "spectral"])
@pytest.mark.parametrize("model", ["lag", "durbin", "error"])
def test_the_profile_is_that_of_fits_at_each_friction(model, standardization):
    data = cross_section(W, SIDE, 0.3)
    scan = border_friction("y ~ x", data, W, groups=SIDE, model=model, standardizations=standardization, **FEW)
    ratio = scan.profiles["ratio"][standardization]
    heights = {}
    for friction in (0.0, 0.2, 0.6, 1.0):
        slow = W.with_friction(SIDE, friction)
        slow = slow.row_standardized() if standardization == "row" else slow.spectral()
        heights[friction] = getattr(gba.models, model)("y ~ x", data, slow, inference="asymptotic").log_likelihood
    falls = {f: 2 * (heights[0.6] - one) for f, one in heights.items()}
    assert [ratio[f] - ratio[0.6] for f in heights] == pytest.approx(list(falls.values()), abs=2e-3)


@pytest.mark.parametrize("effects", ["unit", "twoway"])
def test_the_profile_of_a_panel_is_that_of_panel_fits(effects):
    scan = border_friction(
        "y ~ x", PANEL, W, groups=SIDE, standardizations="row", effects=effects, dynamics="static", **FEW
    )
    ratio = scan.profiles["ratio"]["row"][effects]["static"]
    fits = [
        gba.models.panel_lag("y ~ x", PANEL, W.with_friction(SIDE, f).row_standardized(), effects=effects)
        for f in (0.2, 1.0)
    ]
    assert ratio[1.0] - ratio[0.2] == pytest.approx(2 * (fits[0].log_likelihood - fits[1].log_likelihood), abs=5e-3)


def test_the_profile_of_many_rows_is_that_of_panel_fits():
    w, side = lattice(6, 10)
    data = panel(w, side, 0.5, periods=30)
    options = {"standardizations": "row", "effects": "unit", "dynamics": "static", **FEW}
    ratio = border_friction("y ~ x", data, w, groups=side, **options).profiles["ratio"]["row"]["unit"]["static"]
    heights = [
        gba.models.panel_lag("y ~ x", data, w.with_friction(side, f).row_standardized()).log_likelihood
        for f in (0.2, 0.52, 1.0)
    ]
    falls = [ratio[f] - ratio[0.52] for f in (0.2, 1.0)]
    assert falls == pytest.approx([2 * (heights[1] - heights[0]), 2 * (heights[1] - heights[2])], abs=0.02)


def test_standardizations_by_a_number_have_one_profile():
    scan = border_friction("y ~ x", cross_section(W, SIDE, 0.3), W, groups=SIDE,
                           standardizations=("spectral", "min_max", "none"), **FEW)  # fmt: skip
    ratio = scan.profiles["ratio"]
    for other in ("min_max", "none"):
        assert ratio[other].to_numpy() == pytest.approx(ratio["spectral"].to_numpy(), abs=5e-3)


# -- known frictions ----------------------------------------------------------------------------
@pytest.mark.parametrize("standardization", ["row", "spectral"])
def test_a_known_friction_is_found(standardization):
    data = panel(W, SIDE, 0.4, standardization=standardization, periods=30)
    scan = border_friction("y ~ x", data, W, groups=SIDE, standardizations=standardization, effects="unit",
                           dynamics="static", draws=99)  # fmt: skip
    row = scan.cells.iloc[0]
    assert row["verdict"] == scan.verdict == "partly_open"
    assert row["lower"] < 0.4 < row["upper"]
    assert row["f_hat"] == pytest.approx(0.4, abs=0.15)
    assert row["rho"] == pytest.approx(0.6, abs=0.07)
    assert row["p_no_border"] == 0.01


def test_no_border_is_not_rejected_where_there_is_none():
    data = panel(W, SIDE, 1.0, periods=20)
    scan = border_friction(
        "y ~ x", data, W, groups=SIDE, standardizations="row", effects="unit", dynamics="static", draws=99
    )
    assert scan.verdict == "open"
    assert (scan.cells["upper"] == 1).all()
    assert (scan.cells["p_closed_border"] < 0.05).all()


def test_the_test_of_no_border_keeps_its_level():
    p = []
    for seed in range(60):
        data = panel(W, SIDE, 1.0, periods=3, seed=seed, serial=0.8)
        options = {"standardizations": "row", "effects": "unit", "dynamics": "static", "draws": 19}
        p.append(border_friction("y ~ x", data, W, groups=SIDE, **options).cells["p_no_border"].iloc[0])
    assert np.mean(np.array(p) <= 0.1) <= 0.2  # 0.1 and two and a half Monte Carlo errors


def test_without_spillover_there_is_no_friction():
    data = panel(W, SIDE, 0.5, rho=0.0, seed=3)
    scan = border_friction("y ~ x", data, W, groups=SIDE, effects="unit", dynamics="static", **FEW)
    assert scan.verdict == "no_spillover"
    assert scan.cells["f_hat"].isna().all()
    assert "not identified by these data" in scan.sentence


def test_serial_correlation_takes_the_point_away():
    data = panel(W, SIDE, 0.3, serial=0.95, periods=20, rho=0.7)
    scan = border_friction(
        "y ~ x", data, W, groups=SIDE, standardizations="row", effects="unit", dynamics="static", **FEW
    )
    row = scan.cells.iloc[0]
    assert row["serial_correlation"] > 0.5
    assert row["verdict"] in ("serial_correlation", "not_identified")
    assert np.isnan(row["f_hat"])
    assert len(scan.profiles) == len(FRICTIONS)


# -- what nothing tells -------------------------------------------------------------------------
def test_the_eleven_cities_cannot_tell():
    scan = border_friction("log(gdp_pc_cny) ~ log(employment)", CITIES, LINKS, groups=CITIES["side"], draws=99)
    assert scan.verdict in ("no_spillover", "not_identified", "choice_decides")
    assert scan.cells["f_hat"].isna().all()
    assert set(scan.canceled) == set(scan.islands) == {"Hong Kong", "Macao"}
    told = str(scan.summary())
    assert "cancels the friction for Hong Kong, Macao" in told
    assert "makes islands of Hong Kong, Macao" in told
    assert scan.profiles["ratio"]["row"][0.0] < -5  # the level of islands, and no spillover


def test_rows_cancel_a_friction_that_no_unit_has_beside_other_links():
    table = np.zeros((8, 8))
    for a, b in ((0, 1), (2, 3), (4, 5), (5, 6), (6, 7)):
        table[a, b] = table[b, a] = 1
    w = Weights(table, list("abcdefgh"))
    side = pd.Series(list("nsnsnnnn"), index=w.ids)
    scan = border_friction("y ~ x", cross_section(w, side, 1.0), w, groups=side, **FEW)
    assert scan.cells.loc["row", "verdict"] == "canceled"
    assert np.ptp(scan.profiles["ratio"]["row"][1:]) < 1e-6
    assert scan.cells.loc["spectral", "verdict"] != "canceled"


def test_links_that_all_cross_or_none_are_refused():
    data = cross_section(W, SIDE, 1.0)
    with pytest.raises(WeightsError, match="no link crosses the border"):
        border_friction("y ~ x", data, W, groups=pd.Series("north", index=W.ids))
    with pytest.raises(WeightsError, match="every link crosses the border"):
        border_friction("y ~ x", data, W, groups=pd.Series(W.ids, index=W.ids))


def test_cells_that_do_not_exist_say_why():
    scan = border_friction(
        "y ~ x", PANEL, W, groups=SIDE, model="error", effects=("unit", "twoway"), dynamics="static", **FEW
    )
    assert scan.cells["verdict"][("spectral", "twoway", "static")] == "refused"
    assert "rows that sum to one" in str(scan.summary())
    with pytest.raises(OptionError, match="rows that sum to one"):
        border_friction("y ~ x", PANEL, W, groups=SIDE, model="error", effects="twoway", dynamics="static",
                        standardizations="spectral", **FEW)  # fmt: skip


def test_the_level_of_the_outcome_gives_no_point():
    """Without spillover, a level of a hundred makes the number of links within a side look like one."""
    rng = np.random.default_rng(2)
    data = pd.DataFrame({"y": 100 + rng.normal(size=24), "x": rng.normal(size=24)}, index=W.ids)
    degree = (W.sparse != 0).sum(axis=1) * (SIDE.index.isin(SIDE.index[6:18]))
    data["y"] += -0.7 * degree  # places at the border differ, for whatever reason
    cells = border_friction("y ~ x", data, W, groups=SIDE, draws=99).cells
    assert cells.loc["spectral", "verdict"] not in ("open", "closed", "partly_open")
    moved = border_friction("y ~ x", data.assign(y=data["y"] + 1000), W, groups=SIDE, draws=99).cells
    assert moved.loc["row"].drop("verdict").astype(float).to_numpy() == pytest.approx(
        cells.loc["row"].drop("verdict").astype(float).to_numpy(), abs=1e-6, nan_ok=True
    )


# -- laws -----------------------------------------------------------------------------------------
@given(seed=st.integers(0, 10**6))
@settings(max_examples=5, deadline=None)
def test_order_changes_nothing(seed):
    mixed = PANEL.sample(frac=1, random_state=seed)
    sides = SIDE.sample(frac=1, random_state=seed)
    options = {"standardizations": "row", "effects": "twoway", **FEW}
    one = border_friction("y ~ x", PANEL, W, groups=SIDE, **options).cells
    two = border_friction("y ~ x", mixed, W, groups=sides, **options).cells
    pd.testing.assert_frame_equal(one, two, rtol=1e-6)


def test_a_w_by_period_that_does_not_change_is_one_w():
    by = dict.fromkeys(range(2001, 2009), W)
    options = {"standardizations": "row", "effects": "unit", "dynamics": "static", **FEW}
    one, two = (border_friction("y ~ x", PANEL, w, groups=SIDE, **options).cells for w in (W, by))
    pd.testing.assert_frame_equal(one, two, rtol=1e-6)


def test_dynamics_add_the_outcome_of_the_year_before():
    scan = border_friction("y ~ x", PANEL, W, groups=SIDE, standardizations="row", effects="unit",
                           dynamics=("static", "y", "y + Wy"), **FEW)  # fmt: skip
    assert scan.cells["n"].tolist() == [192, 168, 168]
    assert list(scan.cells.index.names) == ["standardization", "effects", "dynamics"]


def test_a_seed_repeats_the_scan():
    data = cross_section(W, SIDE, 0.3)
    one, two, other = (border_friction("y ~ x", data, W, groups=SIDE, draws=39, rng=rng).cells for rng in (4, 4, 5))
    assert one.equals(two)
    assert not one.equals(other)


# -- the window ---------------------------------------------------------------------------------
def test_the_picture_has_a_line_for_each_cell():
    scan = border_friction("y ~ x", cross_section(W, SIDE, 0.3), W, groups=SIDE, **FEW)
    ax = scan.plot()
    assert [text.get_text() for text in ax.get_legend().get_texts()] == ["row", "spectral"]
    assert ax.get_ylim()[1] == 0


def test_a_cross_section_has_no_columns_of_panels():
    scan = border_friction("y ~ x", cross_section(W, SIDE, 0.3), W, groups=SIDE, **FEW)
    assert "serial_correlation" not in scan.cells
    assert list(scan.cells.index) == ["row", "spectral"]


# -- the door -----------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("options", "error", "words"),
    [
        ({"model": "lags"}, OptionError, "model='lags'"),
        ({"standardizations": ("rows",)}, OptionError, "standardizations='rows' is not known"),
        ({"standardizations": ()}, OptionError, "must be a word or a list of words"),
        ({"effects": "unit"}, OptionError, "effects= would not be used here: the data are a cross-section"),
        ({"dynamics": "y"}, OptionError, "dynamics= would not be used here"),
        ({"draws": 5}, OptionError, "draws=5 must be a whole number of at least 19"),
        ({"level": 95}, OptionError, "level=95"),
        ({"groups": SIDE.drop("p03")}, AlignmentError, "absent from the groups: p03"),
        ({"groups": SIDE.to_numpy()}, LabelTypeError, "groups are a bare ndarray"),
        ({"groups": SIDE.where(SIDE.index != "p03")}, MissingDataError, "groups are missing for p03"),
        ({"w": {"a": W}}, OptionError, "mapping of names"),
        ({"w": {2001: W}}, OptionError, "the data are a cross-section; give one W"),
        ({"w": {}}, OptionError, "empty mapping"),
        ({"w": W.with_friction(SIDE, 0.5)}, WeightsError, "a friction of 0.5 already"),
        ({"w": W.with_friction(SIDE, 0.0).spectral()}, WeightsError, "a friction of 0 already"),
        ({"formula": "y ~ z"}, FormulaError, "z"),
    ],
)
def test_what_cannot_be_used_is_told(options, error, words):
    given_ = {"formula": "y ~ x", "w": W, "groups": SIDE} | options
    formula, w = given_.pop("formula"), given_.pop("w")
    with pytest.raises(error, match=words):
        border_friction(formula, cross_section(W, SIDE, 0.3), w, **given_)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"effects": "units"}, "effects='units' is not known"),
        ({"dynamics": "yy"}, "dynamics='yy' is not known"),
    ],
)
def test_options_of_panels_are_checked(options, words):
    with pytest.raises(OptionError, match=words):
        border_friction("y ~ x", PANEL, W, groups=SIDE, **options, **FEW)


def test_a_missing_row_is_told():
    with pytest.raises(MissingDataError, match=r"no row for p00 \(2001\)"):
        border_friction("y ~ x", PANEL.iloc[1:], W, groups=SIDE)


def test_rows_standardized_beforehand_are_another_w_but_for_rows():
    data = cross_section(W, SIDE, 0.3)
    raw, rows = (border_friction("y ~ x", data, w, groups=SIDE, **FEW) for w in (W, W.row_standardized()))
    np.testing.assert_allclose(raw.profiles["ratio"]["row"], rows.profiles["ratio"]["row"], atol=1e-6)
    told = "spectral rescale those rows and not the links"
    assert told in str(rows)
    assert told not in str(raw)
