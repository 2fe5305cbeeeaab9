"""Counts of a panel against dummies in a cross-section of all rows, and what is told and refused."""

import numpy as np
import pandas as pd
import pytest

from gbaspatial import models
from gbaspatial.errors import CollinearityError, ConvergenceError, DataError, GbaWarning, OptionError
from gbaspatial.weights import Weights


def made(n=10, T=6, seed=1):
    rng = np.random.default_rng(seed)
    ids = [f"u{i:02d}" for i in range(n)]
    w = Weights(np.eye(n, k=1) + np.eye(n, k=-1), ids).row_standardized()
    index = pd.MultiIndex.from_product([ids, range(2001, 2001 + T)], names=["unit", "year"])
    x = rng.standard_normal(n * T)
    mean = np.exp(0.5 * x + np.repeat(rng.standard_normal(n), T) + np.tile(0.3 * rng.standard_normal(T), n) + 0.5)
    people = rng.uniform(1, 5, n * T)
    return pd.DataFrame({"y": rng.poisson(mean * people), "x": x, "people": people}, index=index), w


def dummies(data, formula):
    frame = data.reset_index()
    frame.index = [f"{u} {t}" for u, t in zip(frame["unit"], frame["year"], strict=True)]
    return models.ppml(formula, frame, exposure="people")


@pytest.mark.parametrize("effects", ["pooled", "unit", "time", "twoway"])
@pytest.mark.parametrize("gaps", [False, True])
def test_effects_equal_dummies(effects, gaps):
    data, _ = made()
    options = {}
    if gaps:
        data, options = data.drop(index=[("u03", 2002), ("u05", 2006)]), {"unbalanced": "keep"}
    fit = models.ppml("y ~ x", data, effects=effects, exposure="people", **options)
    terms = {"pooled": "", "unit": " + C(unit)", "time": " + C(year)", "twoway": " + C(unit) + C(year)"}[effects]
    want = dummies(data, "y ~ x" + terms)
    assert fit.params["x"] == pytest.approx(want.params["x"], abs=1e-7)
    assert fit.log_likelihood == pytest.approx(want.log_likelihood, abs=1e-7)
    assert fit.n_params == len(want.params)
    with pytest.warns(GbaWarning, match="classical standard errors"):
        classical = models.ppml("y ~ x", data, effects=effects, exposure="people", covariance="classical", **options)
    frame = data.reset_index()
    X = pd.get_dummies(frame[["unit", "year"]].astype(str), drop_first=True).to_numpy(float)
    blocks = {"pooled": X[:, :0], "unit": X[:, : frame["unit"].nunique() - 1],
              "time": X[:, frame["unit"].nunique() - 1 :], "twoway": X}[effects]  # fmt: skip
    Z = np.column_stack([frame["x"], np.ones(len(frame)), blocks])
    mu = fit.mean.reindex(data.index).to_numpy()
    bread = np.linalg.inv(Z.T @ (mu[:, None] * Z))
    assert classical.std_errors["x"] == pytest.approx(np.sqrt(bread[0, 0]), rel=1e-6)
    # clustered by unit
    scores = pd.DataFrame(Z * (frame["y"].to_numpy() - mu)[:, None]).groupby(frame["unit"]).sum().to_numpy()
    V = 10 / 9 * bread @ scores.T @ scores @ bread
    assert fit.std_errors["x"] == pytest.approx(np.sqrt(V[0, 0]), rel=1e-5)
    assert fit.covariance_code == "cluster"
    assert fit.df == 9


def test_effects_of_classes_by_year():
    data, _ = made()
    data["region"] = data.index.get_level_values(0).str[1:].astype(int) % 2
    fit = models.ppml("y ~ x", data, effects="unit + region:year", exposure="people")
    data["cell"] = data["region"].astype(str) + "-" + data.index.get_level_values(1).astype(str)
    D = pd.get_dummies(data["cell"]).join(pd.get_dummies(data.index.get_level_values(0)).set_axis(data.index))
    assert fit.absorbed == np.linalg.matrix_rank(D.to_numpy(float))
    y, mu = data["y"], fit.mean
    assert (y - mu).groupby(data["cell"]).sum().abs().max() < 1e-6
    assert (y - mu).groupby(level=0).sum().abs().max() < 1e-6


def test_units_without_events_tell_nothing_and_are_named():
    data, w = made()
    data.loc["u04", "y"] = 0
    fit = models.ppml("y ~ x + W(x)", data, w, effects="unit", exposure="people")
    assert "Always zero" in " ".join(fit.notes)
    assert "u04" in " ".join(fit.notes)
    assert (fit.mean.loc["u04"] == 0).all()
    assert "9 clusters" in fit.covariance_kind
    lag = pd.concat({t: w.lag(part.droplevel("year")) for t, part in data["x"].groupby(level="year")}).swaplevel()
    rest = data.assign(lag=lag.reindex(data.index)).drop(index="u04")
    pd.testing.assert_index_equal(fit.params.index, pd.Index(["x", "W(x)"]))
    other = models.ppml("y ~ x + lag", rest, effects="unit", exposure="people")
    np.testing.assert_allclose(fit.params, other.params, atol=1e-8)


def test_scale_and_order_change_nothing():
    data, _ = made()
    one = models.ppml("y ~ x", data, effects="twoway")
    two = models.ppml("y ~ x", data.sample(frac=1, random_state=1).assign(x=lambda d: d["x"] * 1e6), effects="twoway")
    assert two.params["x"] * 1e6 == pytest.approx(one.params["x"], rel=1e-7)
    assert "Panel, counts (PPML)" in str(one.summary())


def test_what_is_refused():
    data, _ = made()
    with pytest.raises(DataError, match="negative"):
        models.ppml("y ~ x", data.assign(y=data["y"] - 5), effects="unit")
    with pytest.raises(OptionError, match="cluster"):
        models.ppml("y ~ x", data, effects="unit", covariance="HC1")
    with pytest.raises(OptionError, match="covariance"):
        models.ppml("y ~ x", data.xs(2001, level=1), covariance="cluster")
    with pytest.raises(OptionError, match="fixed effects"):
        models.ppml("y ~ x", data, effects="random")
    data["area"] = data.index.get_level_values(0).str[1:].astype(float)
    with pytest.raises(CollinearityError, match="absorb area"):
        models.ppml("y ~ x + area", data, effects="unit")
    data["late"] = (data.index.get_level_values(1) == 2006).astype(float)
    data.loc[data["late"] == 1, "y"] = 0
    with pytest.raises(ConvergenceError, match="separates"):
        models.ppml("y ~ x + late", data, effects="unit")
