"""Moran eigenvectors and spatial filtering against spatialreg, against dense algebra, and by their laws."""

import geopandas as gpd
import numpy as np
import oracle
import pandas as pd
import pytest

import gbaspatial as gba
from gbaspatial.errors import AlignmentError, DataError, MissingDataError, OptionError, WeightsError
from gbaspatial.inference.moments import residual_moran_moments
from gbaspatial.models import eigenvectors
from gbaspatial.weights import Weights

CASE = "moran_eigenvectors_esf__columbus"


def simulated(side: int = 8, seed: int = 0) -> tuple[pd.DataFrame, Weights]:
    """A grid with a smooth pattern in the outcome that x does not explain."""
    rng = np.random.default_rng(seed)
    ids = pd.Index([f"g{i:02d}" for i in range(side**2)])
    line = np.eye(side, k=1) + np.eye(side, k=-1)
    w = Weights(np.kron(line, np.eye(side)) + np.kron(np.eye(side), line), ids)
    row, column = np.divmod(np.arange(side**2), side)
    pattern = np.sin(row / 2) + np.cos(column / 2)
    x = rng.normal(size=side**2)
    counts = rng.poisson(np.exp(1 + 0.3 * x + 0.7 * pattern))
    y = 1 + x + pattern + 0.5 * rng.normal(size=side**2)
    return pd.DataFrame({"y": y, "counts": counts, "x": x, "size": rng.uniform(1, 3, side**2)}, index=ids), w


def test_eigenvalues_are_those_of_r():
    case = oracle.case(CASE)
    found = gba.models.moran_eigenvectors(case.w("B"))
    want = np.array(case.expected["MCM_eigenvalues_sorted"])
    zeros = np.flatnonzero(np.abs(want) < 1e-12)  # one of the two belongs to the mean, which is not a map pattern
    case.close(found.eigenvalues, np.delete(want, zeros[0]))
    case.close(found.moran, np.delete(case.expected["moran_of_eigenvectors"], zeros[0]))
    low, high = case.expected["griffith_bounds"]
    case.close([found.moran.min(), found.moran.max()], [low, high])
    assert found.candidates().shape[1] == case.expected["n_I_ratio_gt_0.25"]


def test_vectors_are_orthonormal_patterns_with_their_moran():
    _, w = simulated()
    found = gba.models.moran_eigenvectors(w)
    V = found.vectors.to_numpy()
    np.testing.assert_allclose(V.T @ V, np.eye(63), atol=1e-10)
    np.testing.assert_allclose(V.sum(axis=0), 0, atol=1e-10)
    for name in ("EV1", "EV7", "EV63"):
        moran = gba.autocorrelation.moran(found.vectors[name], w, inference="normal")
        assert moran.statistic == pytest.approx(found.moran[name], abs=1e-10)
    assert (V[np.abs(V).argmax(axis=0), np.arange(63)] > 0).all()


def test_selection_is_that_of_spatialreg():
    # SpatialFiltering judges candidates by the moments of the step before (ExactEV=FALSE), ours are exact and cost
    # nothing: the first six vectors are the same, the seventh (2 there, 7 here) brings z nearer to zero than theirs
    case = oracle.case(CASE)
    want = case.expected
    result = gba.models.spatial_filter("CRIME ~ INC + HOVAL", case.data, case.w("W"))
    names = [f"EV{i}" for i in want["SpatialFiltering_EV_eigenvalue"]]
    assert list(result.selected[:6]) == names[:6]
    case.close(result.steps["moran"].iloc[:7], want["SpatialFiltering_ZMinMi"][:7])  # shifted by one column there
    case.close(result.steps["eigenvalue"].iloc[1:7], want["SpatialFiltering_MinMi"][1:7])
    case.close(result.fit.params[["Intercept", "INC", "HOVAL"]], want["filtered_coef"])
    assert result.settled
    assert abs(result.steps["z"].iloc[-1]) < 0.1
    S = case.w("W").sparse
    X = np.column_stack([np.ones(49), case.data[["INC", "HOVAL"]]])
    values, vectors = eigenvectors.eigenvectors_off((S + S.T) / 2, X)
    places = np.array(want["SpatialFiltering_EV_eigenvalue"]) - 1
    left = np.setdiff1d(np.arange(46), places)
    squares = (vectors.T @ case.data["CRIME"].to_numpy()) ** 2
    statistic, z = eigenvectors.moran_z(values[left], squares[left], 49 / S.sum())
    case.close(statistic, want["SpatialFiltering_ZMinMi"][7])
    assert abs(result.steps["z"].iloc[-1]) < abs(z)
    y = case.data["CRIME"].to_numpy()
    case.close(1 - squares[left].sum() / (y @ y), want["filtered_r2"])  # R's r.squared without an intercept


def test_moran_z_is_that_of_the_residuals():
    data, w = simulated()
    result = gba.models.spatial_filter("y ~ x", data, w)
    for step in (0, 1, len(result.selected)):
        names = list(result.selected[:step])
        frame = data.join(result.eigenvectors)
        fit = gba.models.ols(" + ".join(["y ~ x", *names]), frame)
        e = fit.residuals.to_numpy()
        statistic = 64 / w.s0 * (e @ (w.sparse @ e)) / (e @ e)
        basis = np.linalg.qr(fit.design.X)[0]
        mean, variance = residual_moran_moments(w.sparse, basis)
        assert result.steps["moran"].iloc[step] == pytest.approx(statistic)
        assert result.steps["z"].iloc[step] == pytest.approx((statistic - mean) / np.sqrt(variance))


def test_filter_leaves_coefficients_and_shortens_standard_errors():
    data, w = simulated()
    plain, result = gba.models.ols("y ~ x", data), gba.models.spatial_filter("y ~ x", data, w)
    np.testing.assert_allclose(result.fit.params[["Intercept", "x"]], plain.params, rtol=1e-8)
    assert result.fit.std_errors["x"] < plain.std_errors["x"]
    assert result.steps["p_value"].iloc[0] < 1e-4
    assert result.steps["p_value"].iloc[-1] > 0.9
    np.testing.assert_allclose(result.component, result.eigenvectors @ result.fit.params[list(result.selected)])


def test_poisson_filter_takes_up_the_pattern():
    data, w = simulated()
    result = gba.models.spatial_filter("counts ~ x", data, w, model="poisson")
    assert result.fit.model == "ppml"
    assert result.steps["z"].iloc[0] > 4
    assert result.steps["z"].iloc[-1] < 1.645
    assert (np.diff(result.steps["z"]) < 0).all()
    assert result.settled
    strict = gba.models.spatial_filter("counts ~ x", data, w, model="poisson", tolerance=0.01)
    assert not strict.settled  # the candidates run out of what they can take up
    plain = gba.models.ppml("counts ~ x", data)
    assert result.fit.deviance < 0.7 * plain.deviance
    patterns = gba.models.moran_eigenvectors(w)
    assert set(result.selected) <= set(patterns.candidates().columns)
    for name in result.selected:
        pd.testing.assert_series_equal(result.eigenvectors[name], patterns.vectors[name], atol=1e-10)


def test_first_poisson_choice_has_the_largest_score_statistic():
    # the score statistic is, to second order, what the deviance falls by
    data, w = simulated()
    result = gba.models.spatial_filter("counts ~ x", data, w, model="poisson", max_vectors=1)
    patterns = gba.models.moran_eigenvectors(w).candidates()
    gains = {
        name: gba.models.ppml(f"counts ~ x + {name}", data.join(patterns[name])).deviance for name in patterns.columns
    }
    best = sorted(gains, key=gains.get)[:2]
    assert result.selected[0] in best


def test_nothing_is_selected_where_nothing_is_to_filter():
    data, w = simulated()
    result = gba.models.spatial_filter("y ~ x", data, w, tolerance=50)
    assert result.selected == ()
    assert (result.component == 0).all()
    np.testing.assert_allclose(result.fit.params, gba.models.ols("y ~ x", data).params)
    none = gba.models.spatial_filter("y ~ x", data, w, max_vectors=0)
    assert none.selected == ()
    assert not none.settled
    assert "No further" in str(none)


def test_negative_autocorrelation_takes_patterns_of_its_sign():
    data, w = simulated()
    row, column = np.divmod(np.arange(64), 8)
    checked = data.assign(y=data["x"] + 2 * (-1.0) ** (row + column) + np.random.default_rng(0).normal(size=64))
    result = gba.models.spatial_filter("y ~ x", checked, w)
    assert result.steps["z"].iloc[0] < 0
    assert (result.steps["eigenvalue"].iloc[1:] < 0).all()


def test_exposure_and_geometry():
    data, w = simulated()
    one = gba.models.spatial_filter("counts ~ x", data, w, model="poisson", exposure="size", covariance="HC3")
    assert one.fit.covariance_kind == "HC3, as if the eigenvectors had been given"
    row, column = np.divmod(np.arange(64), 8)
    shapes = gpd.GeoDataFrame(data, geometry=gpd.points_from_xy(113 + column / 10, 22 + row / 10, crs=4326))
    two = gba.models.spatial_filter("counts ~ x", shapes, w, model="poisson", covariance="hac", neighbors=5)
    assert "HAC" in two.fit.covariance_kind


@pytest.mark.parametrize("model", ["ols", "poisson"])
def test_shuffled_rows_change_no_bit(model):
    data, w = simulated()
    formula = "y ~ x" if model == "ols" else "counts ~ x"
    one = gba.models.spatial_filter(formula, data, w, model=model)
    two = gba.models.spatial_filter(formula, data.sample(frac=1, random_state=3), w, model=model)
    assert one.selected == two.selected
    pd.testing.assert_series_equal(one.fit.params, two.fit.params, check_exact=True)
    assert two.eigenvectors.index.equals(two.fit.residuals.index)


def test_relabelled_units_give_the_same_filter():
    data, w = simulated()
    one = gba.models.spatial_filter("y ~ x", data, w)
    two = gba.models.spatial_filter("y ~ x", data, w.subset(w.ids[::-1]))
    np.testing.assert_allclose(two.steps["z"], one.steps["z"], atol=1e-7)
    assert two.fit.std_errors["x"] == pytest.approx(one.fit.std_errors["x"])


def test_bad_input():
    data, w = simulated()
    with pytest.raises(OptionError, match="model="):
        gba.models.spatial_filter("y ~ x", data, w, model="probit")
    with pytest.raises(OptionError, match="tolerance"):
        gba.models.spatial_filter("y ~ x", data, w, tolerance=0)
    with pytest.raises(OptionError, match="max_vectors"):
        gba.models.spatial_filter("y ~ x", data, w, max_vectors=-1)
    with pytest.raises(OptionError, match="rename"):
        gba.models.spatial_filter("y ~ x", data.assign(EV1=1.0, EV2=1.0, EV3=1.0, EV4=1.0), w)
    with pytest.raises(OptionError, match="weights="):
        gba.models.spatial_filter("y ~ x", data, w, weights="size")
    with pytest.raises(DataError, match="negative"):
        gba.models.spatial_filter("y ~ x", data, w, model="poisson")
    with pytest.raises(WeightsError, match="no links"):
        gba.models.moran_eigenvectors(Weights(np.zeros((3, 3)), list("abc")))
    with pytest.raises(OptionError, match="share"):
        gba.models.moran_eigenvectors(w).candidates(1.5)
    with pytest.raises(MissingDataError):
        gba.models.spatial_filter("y ~ x", data.assign(x=data["x"].mask(data.index == "g00")), w)
    with pytest.raises(AlignmentError):
        gba.models.spatial_filter("y ~ x", data.iloc[1:], w)
    with pytest.raises(TypeError, match="Weights"):
        gba.models.moran_eigenvectors(w.sparse)


def test_tables_for_machines_are_those_of_the_fit():
    data, w = simulated()
    result = gba.models.spatial_filter("y ~ x", data, w)
    assert result.tidy().equals(result.fit.tidy())
    assert result.glance().equals(result.fit.glance())
    assert result.augment()["component"].equals(result.component)
    both = gba.tables.compare({"plain": gba.models.ols("y ~ x", data), "filter": result})
    assert both.fit.loc["n_params", "filter"] == result.fit.n_params


def test_a_selection_by_the_data_is_never_called_exact():
    data, w = simulated()
    told = str(gba.models.spatial_filter("y ~ x", data, w).summary())
    assert "exact" not in told
    assert "These data chose the eigenvectors" in told
