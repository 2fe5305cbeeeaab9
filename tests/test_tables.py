"""The table of a paper holds the numbers of the fits, in every format."""

import numpy as np
import oracle
import pandas as pd
import pytest
from scipy import stats

from gbaspatial import models, tables
from gbaspatial.errors import DataError, GbaWarning, OptionError

COLUMBUS = oracle.data("columbus")
W = oracle.weights("columbus_W", COLUMBUS.index)
FORMULA = "CRIME ~ INC + HOVAL"


@pytest.fixture(scope="module")
def fits():
    return {
        "OLS": models.ols(FORMULA, COLUMBUS),
        "Lag": models.lag(FORMULA, COLUMBUS, W),
        "Error": models.error(FORMULA, COLUMBUS, W),
    }


def test_numbers_are_those_of_the_fits(fits):
    table = tables.compare(fits)
    frame = table.to_frame()
    for name, fit in fits.items():
        for term in fit.params.index:
            assert frame.loc[("coefficient", term, "estimate"), name] == fit.params[term]
            assert frame.loc[("coefficient", term, "std_error"), name] == fit.std_errors[term]
        assert frame.loc[("fit", "aic", "value"), name] == fit.aic
    assert np.isnan(frame.loc[("coefficient", "rho", "estimate"), "OLS"])


def test_table_reads_like_a_paper(fits):
    text = tables.compare(fits, below="p_value", stars=True).to_markdown()
    rows = [line.split("|")[1].strip() for line in text.splitlines() if line.startswith("|")]
    assert rows[2:8:2] == ["Intercept", "INC", "HOVAL"]
    assert rows[8:12:2] == ["rho", "lambda"]
    assert "W of Lag, Error: " in text
    assert "***" in text
    case = oracle.case("ml_lag__columbus")
    assert f"{case.expected['rho']:.4f}" in text
    assert f"{case.expected['AIC']:.3f}" in text


def test_impacts_join_the_table(fits):
    result = tables.compare(fits, impacts=True)
    case = oracle.case("ml_lag__columbus")
    for effect in ("direct", "indirect", "total"):
        got = [result.impacts.loc[(effect, term, "estimate"), "Lag"] for term in ("INC", "HOVAL")]
        case.close(got, case.expected["impacts"][effect], rtol=1e-4)
    assert "total: INC" in result.to_latex()


def test_models_of_every_kind_stand_side_by_side(fits):
    """MESS needs no draws for its impacts, SLX has no W of its own outcome, CAR and OLS have no impacts."""
    kinds = {
        "OLS": fits["OLS"],
        "SLX": models.slx(FORMULA, COLUMBUS, W),
        "MESS": models.mess(FORMULA, COLUMBUS, W),
        "CAR": models.car(FORMULA, COLUMBUS, W.binary()),
        "2SLS": models.lag(FORMULA, COLUMBUS, W, method="gmm"),
    }
    table = tables.compare(kinds, impacts=True)
    totals = table.impacts.xs("estimate", level="what").loc["total"]
    assert totals[["SLX", "MESS", "2SLS"]].notna().all(axis=None)
    assert totals[["OLS", "CAR"]].isna().all(axis=None)
    assert totals.loc["INC", "SLX"] == pytest.approx(kinds["SLX"].params["INC"] + kinds["SLX"].params["W(INC)"])
    assert "W of SLX, MESS, 2SLS: " in str(table)


@pytest.mark.parametrize("below", ["std_error", "p_value", "interval", "none"])
def test_every_format_renders(fits, below, tmp_path):
    table = tables.compare(fits, below=below)
    assert r"\begin{tabular}" in table.to_latex()
    assert "<table" in table.to_html()
    table.to_excel(tmp_path / "table.xlsx")
    back = pd.read_excel(tmp_path / "table.xlsx", sheet_name="numbers")
    assert len(back) == len(table.to_frame())


def test_bad_input_is_told(fits):
    with pytest.raises(DataError, match="no fits"):
        tables.compare({})
    with pytest.raises(OptionError, match="mapping"):
        tables.compare(list(fits.values()))
    with pytest.raises(OptionError, match="below"):
        tables.compare(fits, below="t")
    with pytest.raises(OptionError, match="stars='no'"):
        tables.compare(fits, stars="no")
    with pytest.raises(OptionError, match="inference='wald'"):
        tables.compare(fits, inference="wald")


@pytest.mark.parametrize("other", ["fewer units", "other units", "other values", "another outcome"])
def test_models_of_other_data_stand_side_by_side_but_their_aic_does_not_compare(fits, other):
    data = {
        "fewer units": COLUMBUS.iloc[1:],
        "other units": COLUMBUS.rename(index={1: 10_001}),
        "other values": COLUMBUS.assign(CRIME=COLUMBUS["CRIME"] + 1.0),
        "another outcome": COLUMBUS,
    }[other]
    fit = models.ols("INC ~ HOVAL" if other == "another outcome" else FORMULA, data)
    assert "AIC and BIC do not compare" in str(tables.compare({"OLS": fits["OLS"], "Other": fit}))
    turned = models.ols("CRIME ~ HOVAL", COLUMBUS.iloc[::-1])
    assert "do not compare" not in str(tables.compare({"OLS": fits["OLS"], "Turned": turned}))


def test_kind_of_inference_is_named_and_can_be_chosen(fits):
    """Stars and p-values are those of the inference that the notes name."""
    shown = tables.compare(fits, below="p_value", stars=True)
    assert "Lag: Inference recommended below 50 units" in str(shown)
    assert "OLS: Standard errors: classical; p-values and intervals: t with 46" in str(shown)
    assert shown.estimates.loc[("rho", "p_value"), "Lag"] == fits["Lag"].pvalues["rho"]
    plain = tables.compare(fits, below="p_value", inference="asymptotic")
    assert "normal, approximate with 49 units" in str(plain)
    z = fits["Lag"].params["rho"] / fits["Lag"].std_errors["rho"]
    assert plain.estimates.loc[("rho", "p_value"), "Lag"] == pytest.approx(2 * stats.norm.sf(z), rel=1e-6)
    assert "Asymptotic standard errors" in str(tables.compare(fits))


# -- panels -------------------------------------------------------------------------------------------
def _panel() -> pd.DataFrame:
    random = np.random.default_rng(3)
    index = pd.MultiIndex.from_product([COLUMBUS.index, range(2001, 2005)], names=["unit", "year"])
    data = pd.DataFrame({"x": random.standard_normal(len(index))}, index=index)
    own = pd.Series(random.standard_normal(len(COLUMBUS)), index=COLUMBUS.index)
    data["y"] = data["x"] + own.reindex(data.index, level=0) + random.standard_normal(len(index))
    return data


PANEL = _panel()


def test_panels_stand_side_by_side_with_the_numbers_of_the_fits():
    fits = {
        "OLS": models.panel_ols("y ~ x", PANEL, effects="unit"),
        "Lag": models.panel_lag("y ~ x", PANEL, W, effects="unit"),
        "SLX": models.panel_slx("y ~ x", PANEL, W, effects="unit"),
        "Moments": models.panel_lag("y ~ x", PANEL, W, effects="unit", method="gmm"),
    }
    table = tables.compare(fits, impacts=True)
    for name, fit in fits.items():
        for term in fit.params.index:
            assert table.estimates.loc[(term, "estimate"), name] == fit.params[term]
        assert table.fit.loc["r_squared_within", name] == fit.r_squared_within
        assert table.fit.loc["n_units", name] == 49
    assert "r_squared" not in table.fit.index
    total = table.impacts.loc[("total", "x", "estimate")]
    assert total["Lag"] == pytest.approx(fits["Lag"].params["x"] / (1 - fits["Lag"].rho))  # rows of W sum to one
    assert np.isnan(total["OLS"])
    assert "do not compare" not in str(table)
    assert "W of Lag, SLX, Moments: " in str(table)


def test_likelihoods_of_panels_with_other_effects_do_not_compare_unless_all_are_of_the_outcome():
    def compared(**options):
        kinds = ("pooled", "unit", "twoway", "random")
        fits = {kind: models.panel_lag("y ~ x", PANEL, W, effects=kind, **options) for kind in kinds}
        return tables.compare(fits)

    text = str(compared())
    assert "of unit is of the outcome less unit effects" in text
    assert "of twoway is of the outcome less unit and time effects" in text
    assert "of pooled, random is of the outcome;" in text.replace(".", ";")
    assert "among likelihoods of the same only" not in str(compared(correction="none"))


def test_impacts_of_panels_whose_w_changes_need_a_period_and_dynamic_ones_give_the_short_run():
    other = W.power(2).row_standardized()
    by_year = {year: W if year < 2003 else other for year in range(2001, 2005)}
    moving = models.panel_lag("y ~ x", PANEL, by_year)
    with pytest.raises(OptionError, match="name the period"):
        tables.compare({"a": moving}, impacts=True)
    found = tables.compare({"a": moving}, impacts=True, period=2004)
    assert found.impacts.loc[("total", "x", "estimate"), "a"] == pytest.approx(
        moving.impacts(period=2004).total.loc["x", "estimate"]
    )
    assert "(2 W by period)" in str(found)
    with pytest.warns(GbaWarning, match="N / T"):
        dynamic = models.panel_lag("y ~ x", PANEL, W, dynamic="y")
    found = tables.compare({"a": dynamic}, impacts=True)
    short = dynamic.impacts(rng=0).frame.loc["short"]
    assert found.impacts.loc[("direct", "x", "estimate"), "a"] == short.loc[("direct", "x"), "estimate"]


def test_panels_and_cross_sections_stand_side_by_side(fits):
    table = tables.compare({"Lag": fits["Lag"], "Panel": models.panel_lag("y ~ x", PANEL, W)})
    assert "do not compare" in str(table)
    assert np.isnan(table.fit.loc["r_squared", "Panel"])
    assert np.isnan(table.fit.loc["r_squared_within", "Lag"])
