"""Between and first-difference estimators against plm, and what they refuse."""

import numpy as np
import oracle
import pandas as pd
import pytest

from gbaspatial import models
from gbaspatial.errors import OptionError
from gbaspatial.weights import Weights

FORMULA = "lgsp ~ lpcap + lpc + lemp + unemp"


@pytest.mark.parametrize(("effects", "key"), [("between", "between"), ("first-difference", "fd")])
def test_they_equal_plm(effects, key):
    case = oracle.case("panel_nonspatial__produc")
    want = case.expected[key]
    fit = models.panel_ols(FORMULA, oracle.data("produc", ["state", "year"]), effects=effects, covariance="classical")
    case.close(fit.params, want["estimate"])
    case.close(fit.std_errors, want["se"])
    assert fit.df_resid == want["df_resid"]
    case.close(fit.residuals @ fit.residuals, want["ssr"])


def made():
    rng = np.random.default_rng(1)
    ids = list("abcdefgh")
    w = Weights(np.eye(8, k=1) + np.eye(8, k=-1), ids).row_standardized()
    index = pd.MultiIndex.from_product([ids, range(2000, 2005)], names=["unit", "year"])
    data = pd.DataFrame(rng.standard_normal((40, 2)), index=index, columns=["y", "x"])
    return data, w


@pytest.mark.parametrize("effects", ["between", "first-difference"])
def test_lags_in_space_are_taken_first_and_order_changes_nothing(effects):
    data, w = made()
    fit = models.panel_slx("y ~ x", data, w, effects=effects)
    lags = {year: w.lag(part.droplevel("year")) for year, part in data["x"].groupby(level="year")}
    frame = data.assign(lag=[lags[year][unit] for unit, year in data.index])
    rows = frame.groupby(level=0).mean() if effects == "between" else frame.groupby(level=0).diff().dropna()
    X = np.column_stack([np.ones(len(rows)), rows[["x", "lag"]]])
    np.testing.assert_allclose(fit.params, np.linalg.lstsq(X, rows["y"], rcond=None)[0], atol=1e-12)
    again = models.panel_slx("y ~ x", data.sample(frac=1, random_state=1), w, effects=effects)
    pd.testing.assert_series_equal(fit.params, again.params)


def test_differences_go_by_the_value_of_time():
    data, _ = made()
    short = data.drop(index=[("b", 2002)])
    fit = models.panel_ols("y ~ x", short, effects="first-difference", unbalanced="keep")
    assert fit.n == 8 * 4 - 2
    assert "leave out 1 rows" in " ".join(fit.notes)
    assert fit.covariance_kind.startswith("clustered")


def test_what_is_refused():
    data, w = made()
    with pytest.raises(OptionError, match="panel_ols and panel_slx"):
        models.panel_lag("y ~ x", data, w, effects="between")
    other = {year: w if year < 2002 else Weights(w.sparse.T.tocsr(), w.ids) for year in range(2000, 2005)}
    with pytest.raises(OptionError, match="one W"):
        models.panel_slx("y ~ x", data, other, effects="between")
