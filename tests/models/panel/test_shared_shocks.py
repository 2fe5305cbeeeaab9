"""Neighbors or common shocks: rho by effects and links."""

import numpy as np
import pandas as pd
import pytest
from test_estimators import made

from gbaspatial import models
from gbaspatial.errors import DataError, OptionError, UnknownNameError
from gbaspatial.models import panel_effects


def with_regions(data, n=12):
    regions = pd.Series(["north" if i < n // 2 else "south" for i in range(n)], index=[f"u{i}" for i in range(n)])
    return data.assign(region=regions.reindex(data.index, level=0).to_numpy())


def compared(data, w, **options):
    return panel_effects("y ~ x", data, w, region="region", covariance="information", **options)


def test_rows_are_those_of_fits():
    data, w = made()
    found = compared(with_regions(data), w).frame
    assert list(found.index.unique("effects")) == ["unit", "twoway", "unit + region:year"]
    fit = models.panel_lag("y ~ x", data, w, effects="twoway", covariance="information")
    assert found.loc[("all", "twoway"), "rho"] == pytest.approx(fit.rho)
    assert found.loc[("all", "twoway"), "std_error"] == pytest.approx(fit.std_errors["rho"])
    error = models.panel_error("y ~ x", with_regions(data), w, effects="unit + region:year", covariance="information")
    assert found.loc[("all", "unit + region:year"), "lambda"] == pytest.approx(error.lambda_)
    assert found.loc[("all", "unit + region:year"), "lambda_p_value"] == pytest.approx(error.pvalues["lambda"])


def test_shocks_that_a_region_shares_look_like_neighbors_until_they_are_taken_out():
    data, w = made(12, 12, rho=0.0)
    data = with_regions(data)
    rng = np.random.default_rng(1)
    shocks = {(r, t): 3 * rng.standard_normal() for r in ("north", "south") for t in data.index.unique(1)}
    data["y"] += [shocks[region, t] for region, (_, t) in zip(data["region"], data.index, strict=True)]
    found = compared(data, w).frame["rho"]
    assert found["all", "twoway"] > 0.5
    assert abs(found["all", "unit + region:year"]) < 0.35
    assert found["within", "twoway"] > found["across", "twoway"]


def test_links_are_parted_and_their_share_is_told():
    data, w = made()
    found = compared(with_regions(data), w)
    W = w.sparse.toarray()
    same = np.equal.outer(np.arange(12) < 6, np.arange(12) < 6)
    assert found.share_within == pytest.approx(W[same].sum() / W.sum())
    assert f"{found.share_within:.0%}" in str(found)
    by_year = dict.fromkeys(data.index.unique(1), w)
    pd.testing.assert_frame_equal(compared(with_regions(data), by_year).frame, found.frame)


def test_a_model_that_does_not_exist_is_told_and_the_others_are_shown():
    data, w = made(6, 6)
    data = with_regions(data, 6)
    inner = w.intersection(w.power(1))
    blocks = inner.sparse.toarray() * np.equal.outer(np.arange(6) < 3, np.arange(6) < 3)
    from gbaspatial.weights import Weights

    found = compared(data, Weights(blocks, w.ids).row_standardized())
    assert found.frame.loc["across", "rho"].isna().all()
    assert sum("Links across" in note for note in found.notes) == 3


def test_regions_must_be_regions():
    data, w = made()
    with pytest.raises(UnknownNameError, match="no column"):
        compared(data, w)
    with pytest.raises(DataError, match="one class only"):
        compared(data.assign(region="a"), w)
    with pytest.raises(DataError, match="changes over time"):
        compared(data.assign(region=data.index.get_level_values(1)), w)
    with pytest.raises(OptionError, match="compares effects"):
        compared(with_regions(data), w, effects="unit")


def test_a_rho_outside_its_interval_is_told():
    """What all units share over time moves the estimate; histories exchanged between units do not."""
    rng = np.random.default_rng(2)
    w = made(10)[1]
    index = pd.MultiIndex.from_product([range(12), w.ids], names=["year", "unit"])
    shared = np.repeat(3 * rng.standard_normal(12), 10)
    data = pd.DataFrame(
        {"y": shared + rng.standard_normal(120), "x": rng.standard_normal(120)}, index=index
    ).swaplevel()
    data["side"] = data.index.get_level_values(0).isin(list(w.ids[:5]))
    data["side"] = data["side"].map({True: "a", False: "b"})
    found = models.panel_effects("y ~ x", data, w, region="side")
    row = found.frame.loc[("all", "unit")]
    assert row["rho"] > row["upper"]
    assert "Links all, unit: The estimate of rho, " in str(found.summary())
