"""The door for panels: time by value, units by label, gaps, and what is refused."""

import numpy as np
import pandas as pd
import pytest
from test_estimators import made

from gbaspatial import models
from gbaspatial.errors import (
    AlignmentError,
    CollinearityError,
    DataError,
    FormulaError,
    GbaWarning,
    LabelTypeError,
    MissingDataError,
    OptionError,
    UnknownNameError,
)
from gbaspatial.models.panel.frame import read_panel

DATA, RING = made()
UNIT = RING.ids[1]


def column(formula, data=DATA, w=None, term=None, **options):
    design = read_panel(f"y ~ {formula}", data, w, **options)
    return design.label(design.X[:, design.terms.index(term or formula)])


def before(series, periods):
    found = {(unit, year + periods): value for (unit, year), value in series.items()}
    return pd.Series({key: found[key] for key in series.index if key in found})


def spread(series, w):
    by_year = {t: part.droplevel(1).loc[w.ids].to_numpy() for t, part in series.groupby(level=1)}
    return pd.concat({t: pd.Series(w.sparse @ part, w.ids) for t, part in by_year.items()}).swaplevel()


def same(got, want):
    want = want.reindex(got.index)
    assert want.notna().all()
    np.testing.assert_allclose(got, want, rtol=1e-12)


@pytest.mark.parametrize("formula", ["L(x)", "L(x, 2)", "L(L(x))", "L(x, periods=2)"])
def test_lags_in_time_go_by_the_value_of_time(formula):
    same(column(formula), before(DATA["x"], 1 if formula == "L(x)" else 2))


def test_lags_in_time_and_space_nest():
    same(column("W(L(x))", w=RING), spread(before(DATA["x"], 1), RING))
    same(column("L(W(x))", w=RING), before(spread(DATA["x"], RING), 1))
    positive = DATA.assign(p=DATA["x"].abs() + 1)
    same(column("W(L(log(p)))", positive, RING), spread(before(np.log(positive["p"]), 1), RING))


def test_lags_over_a_gap_agree():
    """The year 2003 is not there: L(x) does not know 2001 and 2004, L(L(x)) and L(x, 2) not 2005."""
    gap = DATA[DATA.index.get_level_values(1) != 2003]
    same(column("L(x)", gap), before(gap["x"], 1))
    assert set(column("L(x)", gap).index.get_level_values(1)) == {2002, 2005, 2006}
    one, two = column("L(L(x))", gap), column("L(x, 2)", gap)
    np.testing.assert_array_equal(one, two)
    assert set(one.index.get_level_values(1)) == {2004, 2006}


def test_periods_further_apart_need_their_distance():
    wide = DATA[DATA.index.get_level_values(1) % 2 == 1]
    with pytest.raises(DataError, match=r"2 apart, so write L\(x, 2\)"):
        read_panel("y ~ L(x)", wide)
    assert len(column("L(x, 2)", wide)) == 24


def test_periods_that_lags_leave_out_are_told():
    fit = models.panel_lag("y ~ x + L(x)", DATA, RING, effects="unit")
    assert fit.n_periods == 5
    assert any("leaves out the periods 2001" in note for note in fit.notes)


def test_only_used_columns_count():
    holes = DATA.assign(other=np.nan)
    assert models.panel_ols("y ~ x", holes).n == len(DATA)


def test_time_is_a_variable():
    same(column("year"), pd.Series(DATA.index.get_level_values(1).astype(float), index=DATA.index))


def test_pandas_periods_are_times():
    years = pd.PeriodIndex([str(t) for t in DATA.index.get_level_values(1)], freq="Y", name="year")
    data = DATA.set_index(pd.MultiIndex.from_arrays([DATA.index.get_level_values(0), years], names=["unit", "year"]))
    np.testing.assert_allclose(column("L(x)", data).sort_index(), column("L(x)").sort_index())


# -- unbalanced ----------------------------------------------------------------------------------
HOLED = DATA.drop(index=[("u3", 2002), ("u5", 2004)])


def test_an_unbalanced_panel_is_refused_with_names_and_cures():
    with pytest.raises(MissingDataError, match=r"u3 \(2002\), u5 \(2004\).*'common' \(the 10 of 12.*'keep'"):
        models.panel_lag("y ~ x", HOLED, RING)


def test_the_units_of_all_periods():
    with pytest.warns(GbaWarning, match=r"Left out, because they lack periods: u3, u5"):
        fit = models.panel_lag("y ~ x", HOLED, RING, unbalanced="common")
    rest = DATA.drop(index=["u3", "u5"], level=0)
    want = models.panel_lag("y ~ x", rest, RING.subset([u for u in RING.ids if u not in ("u3", "u5")]))
    pd.testing.assert_series_equal(fit.params, want.params)


def test_keeping_all_rows_restricts_w_to_the_units_of_each_period():
    got = column("W(x)", HOLED, RING, unbalanced="keep")
    for year, part in HOLED["x"].groupby(level=1):
        part = part.droplevel(1)
        w = RING.subset([u for u in RING.ids if u in part.index])
        np.testing.assert_allclose(got.xs(year, level=1).loc[w.ids], w.sparse @ part.loc[w.ids])
    fit = models.panel_durbin("y ~ x", HOLED, RING, effects="twoway", unbalanced="keep")
    assert fit.n == 70
    assert any("2 of 72 rows are not there" in note for note in fit.notes)


# -- weights --------------------------------------------------------------------------------------
def test_weights_by_period_are_matched_by_time():
    other = RING.power(2)
    by = {year: RING if year < 2004 else other for year in range(2000, 2010)}
    got = column("W(x)", w=by)
    for year, part in DATA["x"].groupby(level=1):
        part = part.droplevel(1).loc[RING.ids]
        np.testing.assert_allclose(got.xs(year, level=1).loc[RING.ids], by[year].sparse @ part)
    with pytest.raises(UnknownNameError, match="no weights for 2006"):
        models.panel_lag("y ~ x", DATA, dict.fromkeys(range(2001, 2006), RING))


def test_weights_have_names_and_periods():
    named = {"near": RING, "far": {year: RING.power(2) for year in range(2001, 2007)}}
    design = read_panel("y ~ near(x) + far(x)", DATA, named)
    assert design.terms == ("Intercept", "near(x)", "far(x)")
    with pytest.raises(OptionError, match="where it is a function"):
        read_panel("y ~ x", DATA, {"L": RING})
    with pytest.raises(OptionError, match="partly text"):
        read_panel("y ~ x", DATA, {"near": RING, 2001: RING})


def test_other_units_are_named():
    with pytest.raises(AlignmentError, match="absent from the weights: u3"):
        models.panel_lag("y ~ x", DATA, RING.subset([u for u in RING.ids if u != "u3"]))
    with pytest.raises(AlignmentError, match="absent from the data: u3"):
        models.panel_lag("y ~ x", DATA.drop(index="u3", level=0), RING)
    years = {t: RING if t != 2003 else RING.subset([u for u in RING.ids if u != "u3"]) for t in range(2001, 2007)}
    with pytest.raises(AlignmentError, match="of 2003 lack u3"):
        models.panel_lag("y ~ x", DATA, years)
    with pytest.raises(AlignmentError, match="indexed by time first"):
        models.panel_lag("y ~ x", DATA.swaplevel(), RING)


# -- bad input --------------------------------------------------------------------------------------
def _with_times(times):
    return DATA.set_index(pd.MultiIndex.from_arrays([DATA.index.get_level_values(0), times], names=["unit", "year"]))


BAD = {
    "no frame": (lambda: DATA["y"], LabelTypeError, "pass a DataFrame"),
    "one level": (lambda: DATA.droplevel(1), LabelTypeError, "1 index level; index them by unit and time"),
    "three levels": (lambda: DATA.set_index("z", append=True), LabelTypeError, "3 index levels"),
    "twice": (lambda: pd.concat([DATA, DATA.iloc[:1]]), AlignmentError, r"more than one row for u\d+ \(200\d\)"),
    "text": (lambda: _with_times(DATA.index.get_level_values(1).astype(str)), LabelTypeError, "string.*whole numbers"),
    "dates": (
        lambda: _with_times(pd.to_datetime(DATA.index.get_level_values(1).astype(str))), LabelTypeError, "index.year",
    ),
    "halves": (lambda: _with_times(DATA.index.get_level_values(1) + 0.5), LabelTypeError, "floating"),
    "missing": (lambda: DATA.assign(x=DATA["x"].where(DATA["x"] > -1)), MissingDataError, "'x' is missing for"),
    "logarithm": (lambda: DATA.assign(x=-1.0), DataError, "not a finite number for u"),
    "empty": (lambda: DATA.iloc[:0], DataError, "no row"),
}  # fmt: skip


@pytest.mark.parametrize("bad", BAD)
def test_bad_panels_are_a_sentence(bad):
    data, error, words = BAD[bad]
    with pytest.raises(error, match=words):
        models.panel_ols("y ~ log(x)" if bad == "logarithm" else "y ~ x", data())


def test_the_outcome_of_a_period_before_is_refused():
    with pytest.raises(FormulaError, match=r"L\(y\) is the outcome of an earlier period.*give dynamic='y'"):
        models.panel_ols("y ~ x + L(y)", DATA)
    with pytest.raises(FormulaError, match=r"W\(L\(y\)\) is the outcome of an earlier period"):
        models.panel_lag("y ~ x + W(L(y))", DATA, RING)


def test_a_lag_in_time_needs_a_panel():
    year = DATA.xs(2001, level=1)
    with pytest.raises(FormulaError, match="lag in time, which only the models of panels have"):
        models.ols("y ~ L(x)", year)


def test_missing_and_infinite_values_are_named_by_unit_and_period():
    for value, told in ((np.nan, rf"'x' is missing for {UNIT} \(2002\); fill it in, or use unbalanced='keep'"),
                        (np.inf, rf"'x' is infinite for {UNIT} \(2002\)")):  # fmt: skip
        data = DATA.copy()
        data.loc[(UNIT, 2002), "x"] = value
        with pytest.raises((DataError, MissingDataError), match=told):
            models.panel_lag("y ~ x", data, RING)


def test_a_trend_that_effects_absorb_is_not_to_be_multiplied_with_itself():
    with pytest.raises(CollinearityError, match=r"absorb year.*leave it out\.$"):
        models.panel_lag("y ~ x + year", DATA, RING, effects="twoway")


def test_a_w_by_year_is_keyed_by_the_years_of_the_data():
    years = range(2001, 2007)
    with pytest.raises(OptionError, match=r"text \('2001', '2002'.*int\(year\): one for year"):
        models.panel_lag("y ~ x", DATA, {str(year): RING for year in years})
    periods = pd.period_range("2001", periods=6, freq="Y")
    with pytest.raises(UnknownNameError, match=r"it has them for 2001, 2002.*of one kind.*\(here integer and period\)"):
        models.panel_lag("y ~ x", DATA, dict.fromkeys(periods, RING))
    fit = models.panel_lag("y ~ x", DATA, {f"y{year}": RING.subset(RING.ids) for year in years})
    assert "No regressor uses the W named y2002" in str(fit.summary())
    assert "No regressor" not in str(models.panel_lag("y ~ x", DATA, dict.fromkeys(years, RING)).summary())


@pytest.mark.parametrize("draws", [1, 38])
def test_quantiles_of_too_few_draws_are_no_interval(draws):
    fit = models.panel_lag("y ~ x", DATA, RING)
    for interval in (
        lambda: fit.bootstrap(draws=draws),
        lambda: fit.impacts(method="simulated", draws=draws),
        lambda: models.impact_of_links(fit, before=2001, after=RING, draws=draws),
    ):
        with pytest.raises(OptionError, match=f"draws={draws} is too few for intervals of 0.95"):
            interval()


def test_one_lag_is_told_as_one():
    told = models.panel_ols("y ~ x", DATA, covariance="driscoll-kraay", lags=1).covariance_kind
    assert "1 lag;" in told


@pytest.mark.parametrize("wrong", ["queen", 3, None, [1], {}])
def test_a_w_of_a_wrong_kind_is_named_by_its_option_and_its_year(wrong):
    data, w = made()
    by_year = dict.fromkeys(data.index.unique(1), w)
    year = list(by_year)[1]
    with pytest.raises(LabelTypeError, match=f"^w of {year} is a "):
        models.panel_lag("y ~ x", data, by_year | {year: wrong})
    with pytest.raises(LabelTypeError, match=f"^error_w of {year} is a "):
        models.panel_sarar("y ~ x", data, w, error_w=by_year | {year: wrong})
    with pytest.raises(LabelTypeError, match="^error_w is a str"):
        models.panel_sarar("y ~ x", data, w, error_w="queen")
