"""Driscoll-Kraay and Conley covariances of panels: against plm, the definition, gaps, and what is refused."""

import numpy as np
import oracle
import pandas as pd
import pytest
from test_estimators import FORMULA, PRODUC, made

from gbaspatial import models
from gbaspatial.errors import OptionError

PLM = oracle.case("panel_more_tests__produc").expected


@pytest.mark.parametrize(
    ("effects", "key", "options"),
    [
        ("unit", ("scc_unit", "lag2"), {"lags": 2}),
        ("unit", ("scc_unit", "lag0"), {"lags": 0}),
        ("unit", ("scc_unit", "default"), {}),
        ("twoway", ("scc_two",), {"lags": 2}),
        ("pooled", ("scc_pool",), {"lags": 2}),
    ],
)
def test_driscoll_kraay_equals_plm(effects, key, options):
    want = PLM
    for part in key:
        want = want[part]
    fit = models.panel_ols(FORMULA, PRODUC, effects=effects, covariance="driscoll-kraay", **options)
    np.testing.assert_allclose(fit.covariance, want, rtol=1e-7, atol=1e-12)
    assert fit.df == 16
    assert "Driscoll-Kraay" in fit.covariance_kind


def places(units, far=1e3):
    """Units on a line, so far apart that none is near another unless asked."""
    return pd.DataFrame({"x": np.arange(len(units)) * far, "y": 0.0}, index=units)


def test_hac_without_neighbors_within_reach_is_newey_west_of_plm():
    units = PRODUC.index.unique(0)
    fit = models.panel_ols(
        FORMULA, PRODUC, effects="unit", covariance="hac", lags=2, coordinates=places(units), bandwidth_km=1.0
    )
    np.testing.assert_allclose(fit.covariance, PLM["nw_unit"], rtol=1e-7, atol=1e-12)


def test_hac_is_the_sum_of_both_kernels_with_own_terms_once():
    data, _ = made(6, 4)
    units = [f"u{i}" for i in range(6)]
    fit = models.panel_ols(
        "y ~ x", data, effects="unit", covariance="hac", lags=1, coordinates=places(units, 1.0), bandwidth_km=2.5
    )
    frame = data.assign(e=fit.residuals, X=data["x"] - data["x"].groupby(level=0).transform("mean"))
    score = (frame["X"] * frame["e"]).to_dict()
    meat = 0.0
    for (i, t), left in score.items():
        for (j, s), right in score.items():
            same_year = max(0.0, 1 - abs(int(i[1:]) - int(j[1:])) / 2.5) if t == s else 0.0
            same_unit = max(0.0, 1 - abs(t - s) / 2) if i == j else 0.0
            meat += left * right * (1.0 if (i, t) == (j, s) else same_year + same_unit)
    assert fit.covariance.iloc[0, 0] == pytest.approx(meat / float(frame["X"] @ frame["X"]) ** 2, rel=1e-10)


def test_lags_go_by_the_year_and_not_by_the_row():
    data, _ = made(8, 6)
    years = data.index.get_level_values(1)
    apart = data.set_axis(data.index.set_levels([data.index.levels[0], data.index.levels[1] * 10]))
    zero = models.panel_ols("y ~ x", apart, effects="unit", covariance="driscoll-kraay", lags=3).covariance
    none = models.panel_ols("y ~ x", data, effects="unit", covariance="driscoll-kraay", lags=0).covariance
    np.testing.assert_allclose(zero, none)
    gap = data[years != 2003]
    assert models.panel_ols("y ~ x", gap, effects="unit", covariance="driscoll-kraay", lags=1).df == 4


@pytest.mark.parametrize("kind", ["driscoll-kraay", "hac"])
def test_maximum_likelihood_refuses(kind):
    data, w = made()
    with pytest.raises(OptionError, match="maximum likelihood"):
        models.panel_lag("y ~ x", data, w, covariance=kind)
    with pytest.raises(OptionError, match="maximum likelihood"):
        models.panel_error("y ~ x", data, w, covariance=kind)


def test_lags_and_sums_over_all_periods_are_refused():
    data, _ = made(12, 6)
    with pytest.raises(OptionError, match="lags=6 reach beyond the 5 steps"):
        models.panel_ols("y ~ x", data, covariance="driscoll-kraay", lags=6)
    assert models.panel_ols("y ~ x", data, covariance="driscoll-kraay", lags=5).std_errors["x"] > 0
    first = data.xs(2001, level=1, drop_level=False)
    with pytest.raises(OptionError, match="needs two periods or more, and there is one"):
        models.panel_ols("y ~ x", first, effects="pooled", covariance="driscoll-kraay")


def test_options_that_do_not_belong_are_refused():
    data, _ = made()
    with pytest.raises(OptionError, match="was not asked for"):
        models.panel_ols("y ~ x", data, lags=2)
    with pytest.raises(OptionError, match="belong to covariance='hac'"):
        models.panel_ols("y ~ x", data, covariance="driscoll-kraay", bandwidth_km=3)
    with pytest.raises(OptionError, match="where the units are"):
        models.panel_ols("y ~ x", data, covariance="hac")


def test_few_units_leave_one_out_and_many_do_not_and_serial_correlation_is_printed():
    few, _ = made(12, 6)
    many, _ = made(60, 6)
    assert "CR3" in models.panel_ols("y ~ x", few, covariance="cluster").covariance_kind
    assert "CR3" not in models.panel_ols("y ~ x", many, covariance="cluster").covariance_kind
    assert "serial_correlation" in str(models.panel_ols("y ~ x", many).summary())


def test_serially_correlated_residuals_of_many_units_are_clustered_by_default():
    rng = np.random.default_rng(1)
    n, T = 60, 12
    e = rng.standard_normal((T, n))
    for t in range(1, T):
        e[t] += 0.9 * e[t - 1]
    index = pd.MultiIndex.from_product([range(2000, 2000 + T), range(n)], names=["year", "unit"])
    data = pd.DataFrame({"y": e.ravel(), "x": rng.standard_normal(n * T)}, index=index).swaplevel()
    fit = models.panel_ols("y ~ x", data)
    assert fit.serial_correlation > 0.3
    assert fit.covariance_kind.startswith("clustered by unit")
    assert models.panel_ols("y ~ x", data, covariance="classical").covariance_kind == "classical"
