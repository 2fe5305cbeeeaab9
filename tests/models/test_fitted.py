"""What fits of cross-sections and of panels have in common: p-values, intervals, tables, words and absent verbs."""

from dataclasses import replace

import numpy as np
import oracle
import pandas as pd
import pytest
from scipy import stats

from gbaspatial import models
from gbaspatial.errors import OptionError
from gbaspatial.models.fitted import Fitted
from gbaspatial.weights import Weights, from_pairs

CITIES = list("abcdef")
W = Weights(np.eye(6, k=1) + np.eye(6, k=-1), CITIES).row_standardized()
ROWS = pd.MultiIndex.from_product([CITIES, range(2000, 2008)], names=["city", "year"])
DATA = pd.DataFrame(np.random.default_rng(2).normal(size=(48, 2)), index=ROWS, columns=["y", "x"])
COLUMBUS = oracle.data("columbus")
QUEEN = from_pairs(pd.read_csv(oracle.find("data/columbus_B.csv")), ids=COLUMBUS.index).row_standardized()
FITS = {
    "ols": lambda: models.ols("CRIME ~ INC", COLUMBUS),
    "ols HC3": lambda: models.ols("CRIME ~ INC", COLUMBUS, covariance="HC3"),
    "panel_ols": lambda: models.panel_ols("y ~ x", DATA, covariance="information"),
    "panel_ols cluster": lambda: models.panel_ols("y ~ x", DATA, covariance="cluster"),
    "panel_lag": lambda: models.panel_lag("y ~ x", DATA, W, covariance="information"),
}


@pytest.mark.parametrize("name", FITS)
def test_p_values_and_intervals_are_t_or_normal(name):
    fit = FITS[name]()
    assert isinstance(fit, Fitted)
    null = stats.norm() if fit.df is None else stats.t(fit.df)
    np.testing.assert_allclose(fit.pvalues, 2 * null.sf(np.abs(fit.tvalues)), rtol=1e-12)
    width = null.ppf(0.95) * fit.std_errors
    for interval in (fit.conf_int(0.9), fit.conf_int(0.9, inference="asymptotic")):
        np.testing.assert_allclose(interval["upper"], fit.params + width, rtol=1e-10)
    table = fit.tidy(0.9)
    pd.testing.assert_frame_equal(fit.to_frame(), fit.tidy())
    np.testing.assert_array_equal(table["lower"], fit.conf_int(0.9)["lower"])
    with pytest.raises(OptionError, match="inference"):
        fit.conf_int(inference="exactly")


@pytest.mark.parametrize("name", FITS)
def test_every_summary_names_its_inference_and_measures_are_numbers(name):
    fit = FITS[name]()
    text = str(fit.summary())
    assert f"Standard errors: {fit.covariance_kind}; p-values and intervals: " in text
    assert ("normal" if fit.df is None else f"t with {fit.df:g} degrees of freedom") in text
    assert ("exact for normal errors" in text) == (fit.covariance_kind == "classical")
    measures = fit.tables()[1].frame["value"]
    assert all(isinstance(value, (int, float, np.number)) for value in measures)
    assert fit.tables()[0].title == fit.heading
    assert fit.heading.endswith(f": {fit.formula}")


def test_a_fit_of_a_panel_tells_of_the_verbs_of_others():
    fit = FITS["panel_lag"]()
    with pytest.raises(AttributeError, match=r"a HistoriesFit has no exact_test\(\): it is for .* It has impacts"):
        fit.exact_test()
    with pytest.raises(AttributeError, match="Did you mean pvalues"):
        _ = fit.pvalue


@pytest.mark.parametrize("name", ["ols", "panel_lag"])
def test_the_data_with_fitted_values_and_residuals(name):
    fit = FITS[name]()
    data = COLUMBUS if name == "ols" else DATA
    augmented = fit.augment()
    assert augmented.index.equals(data.index)
    np.testing.assert_allclose(augmented["fitted"] + augmented["residuals"], data[fit.response], rtol=1e-12)


CODES = {
    "classical": lambda: models.ols("CRIME ~ INC", COLUMBUS),
    "HC3": lambda: models.ols("CRIME ~ INC", COLUMBUS, covariance="HC3"),
    "information": lambda: models.lag("CRIME ~ INC", COLUMBUS, QUEEN),
    "sandwich": lambda: models.error("CRIME ~ INC", COLUMBUS, QUEEN, covariance="sandwich"),
    "HC1": lambda: models.lag("CRIME ~ INC", COLUMBUS, QUEEN, method="gmm", covariance="HC1"),
    "heteroskedastic": lambda: models.error("CRIME ~ INC", COLUMBUS, QUEEN, method="gmm"),
    "kp98": lambda: models.error("CRIME ~ INC", COLUMBUS, QUEEN, method="gmm", moments="kp98"),
    "gls": lambda: models.sma("CRIME ~ INC", COLUMBUS, QUEEN),
    "HC0": lambda: models.mess("CRIME ~ INC", COLUMBUS, QUEEN, covariance="HC0"),
    "cluster": lambda: models.panel_lag("y ~ x", DATA, W, covariance="cluster"),
}


@pytest.mark.parametrize("code", CODES)
def test_a_code_stands_beside_the_words_for_a_covariance(code):
    fit = CODES[code]()
    assert fit.covariance_code == code
    other = replace(fit, covariance_kind="in other words")
    assert str(other.summary()).replace("in other words", fit.covariance_kind) == str(fit.summary())
    pd.testing.assert_series_equal(other.pvalues, fit.pvalues)


def test_no_distribution_is_exact_after_selection():
    fit = models.spatial_filter("CRIME ~ INC", COLUMBUS, QUEEN).fit
    assert fit.selected
    assert fit.covariance_code == "classical"
    assert "degrees of freedom, approximate" in str(fit.summary())
