"""What every estimator beside the lag and error family does with input that is unusual or wrong."""

import numpy as np
import pandas as pd
import pytest

import gbaspatial as gba
from gbaspatial.errors import AlignmentError, CollinearityError, DataError, FormulaError, GbaError, LabelTypeError
from gbaspatial.weights import Weights

m = gba.models
ESTIMATORS = {
    "lag gmm": lambda f, d, w: m.lag(f, d, w, method="gmm"),
    "error gmm": lambda f, d, w: m.error(f, d, w, method="gmm"),
    "sarar gmm": lambda f, d, w: m.sarar(f, d, w, method="gmm"),
    "mess": m.mess,
    "mess error": lambda f, d, w: m.mess(f, d, w, model="error"),
    "car": m.car,
    "sma": m.sma,
    "sur": lambda f, d, w: m.sur([f, "x ~ z"], d, w),
    "sur 3sls": lambda f, d, w: m.sur([f, "x ~ z"], d, w, method="3sls"),
    "filter": m.spatial_filter,
    "poisson filter": lambda f, d, w: m.spatial_filter(f, d, w, model="poisson"),
    "ppml": m.ppml,
}


def sample(n: int = 36) -> tuple[pd.DataFrame, Weights]:
    """A grid, binary contiguity, an outcome that is positive."""
    rng = np.random.default_rng(4)
    side = int(np.sqrt(n))
    line = np.eye(side, k=1) + np.eye(side, k=-1)
    w = Weights(np.kron(line, np.eye(side)) + np.kron(np.eye(side), line), [f"u{i:02d}" for i in range(n)])
    x, z, e = rng.normal(size=(3, n))
    y = np.linalg.solve(np.eye(n) - 0.1 * w.sparse.toarray(), 3 + x + 0.5 * z + 0.4 * e)
    return pd.DataFrame({"y": np.abs(y), "x": x, "z": z}, index=w.ids), w


def numbers(fit: object) -> np.ndarray:
    """The coefficients of any of these results."""
    return np.asarray(getattr(fit, "fit", fit).params, dtype=float)


@pytest.mark.parametrize("name", sorted(ESTIMATORS))
def test_weights_of_libpysal_are_taken_and_not_changed(name):
    data, w = sample()
    before = data.copy()
    want = numbers(ESTIMATORS[name]("y ~ x + z", data, w))
    graph, peer = w.to_graph(), w.to_libpysal()
    for given in (graph, peer):
        np.testing.assert_allclose(numbers(ESTIMATORS[name]("y ~ x + z", data, given)), want, rtol=1e-6, atol=1e-8)
    assert peer.transform == "O"
    assert graph.transformation == "O"
    pd.testing.assert_frame_equal(data, before)


@pytest.mark.parametrize("name", sorted(ESTIMATORS))
def test_an_island_is_legal(name):
    data, w = sample()
    dense = w.sparse.toarray()
    dense[7, :] = dense[:, 7] = 0
    found = numbers(ESTIMATORS[name]("y ~ x + z", data, Weights(dense, w.ids)))
    assert np.isfinite(found).all()


@pytest.mark.parametrize("name", sorted(ESTIMATORS))
@pytest.mark.parametrize(
    ("change", "error", "words"),
    [
        (lambda d: d.assign(y=d["y"].where(d.index != "u03")), GbaError, "u03"),
        (lambda d: d.assign(x=d["x"].where(d.index != "u03", -np.inf)), DataError, "u03"),
        (lambda d: d.assign(y="text"), GbaError, "y"),
        (lambda d: d.assign(y=2.0), DataError, "constant"),
        (lambda d: d.assign(x=5.0), GbaError, "x"),
        (lambda d: d.assign(z=2 * d["x"] + 1), GbaError, "x"),
        (lambda d: d.iloc[1:], AlignmentError, "u00"),
        (lambda d: d.rename(index={"u03": "u04"}), AlignmentError, "u04"),
        (lambda d: d.drop(columns="z"), FormulaError, "z"),
        (lambda d: d.to_numpy(), LabelTypeError, "DataFrame"),
    ],
)
def test_wrong_data_are_named(name, change, error, words):
    data, w = sample()
    with pytest.raises(error, match=words):
        ESTIMATORS[name]("y ~ x + z", change(data), w)


@pytest.mark.parametrize("name", sorted(ESTIMATORS))
def test_one_unit_is_too_few(name):
    data, w = sample()
    one = data.iloc[:1]
    with pytest.raises(GbaError):
        ESTIMATORS[name]("y ~ x + z", one, w.subset(one.index))
    two = data.iloc[:2]
    with pytest.raises(CollinearityError, match="only 2 units"):
        ESTIMATORS[name]("y ~ x + z", two, w.subset(two.index))


@pytest.mark.parametrize("name", sorted(set(ESTIMATORS) - {"ppml"}))
def test_a_bare_matrix_is_no_weights(name):
    data, w = sample()
    with pytest.raises(TypeError, match="Weights"):
        ESTIMATORS[name]("y ~ x + z", data, w.sparse.toarray())


@pytest.mark.parametrize("name", sorted(ESTIMATORS))
def test_results_show_themselves(name):
    data, w = sample()
    fit = ESTIMATORS[name]("y ~ x + z", data, w)
    assert "Intercept" in str(fit)
    assert "tabular" in fit.to_latex()
    assert "<table" in fit._repr_html_()
    assert len(fit.to_frame())
