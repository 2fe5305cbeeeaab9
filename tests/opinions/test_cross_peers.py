"""Second opinions of tests that compare two variables, values by any measure, and classes unit by unit."""

import shutil

import numpy as np
import pytest
from test_opinions import BINARY, COLUMBUS, HIGH, TESTS, W, Y, auto
from written_code import run

from gbaspatial.errors import MissingPackageError, OptionError
from gbaspatial.weights import Weights

X = COLUMBUS["INC"]
RICH = (X.median() < X).astype(int).rename("rich")
MORE = {
    "gamma": lambda: auto.gamma(Y, W, inference="randomization"),
    "gamma, squared": lambda: auto.gamma(Y, W, "squared", inference="randomization"),
    "gamma, absolute": lambda: auto.gamma(Y, BINARY, "absolute", inference="randomization"),
    "bivariate_moran": lambda: auto.bivariate_moran(Y, X, W, inference="randomization"),
    "bivariate_moran, binary W": lambda: auto.bivariate_moran(Y, X, BINARY, inference="randomization"),
    "lee_l": lambda: auto.lee_l(Y, X, BINARY, inference="randomization"),
    "bivariate_local_moran": lambda: auto.bivariate_local_moran(Y, X, W, inference="randomization"),
    "local_lee": lambda: auto.local_lee(Y, X, W, draws=9, rng=1),
    "multivariate_local_geary": lambda: auto.multivariate_local_geary(
        COLUMBUS[["CRIME", "INC", "HOVAL"]], W, inference="randomization"
    ),
    "local_join_count": lambda: auto.local_join_count(HIGH, BINARY, draws=9, rng=1),
    "local_join_count, bivariate": lambda: auto.local_join_count(
        HIGH, BINARY, other=RICH, kind="bivariate", draws=9, rng=1
    ),
    "local_join_count, colocation": lambda: auto.local_join_count(
        HIGH, BINARY, other=RICH, kind="colocation", draws=9, rng=1
    ),
    "moran_rates": lambda: auto.moran_rates(10 * Y, 100 * X, W, inference="randomization"),
}
NOT_IN_R = ("gamma", "gamma, squared", "gamma, absolute", "bivariate_moran, binary W",
            *(name for name in MORE if name.startswith("local_join")))  # fmt: skip


@pytest.mark.parametrize("name", MORE)
def test_pysal_agrees(name):
    opinion = MORE[name]().second_opinion()
    assert opinion.frame["agree"].all(), opinion
    assert "statistic" in opinion.frame.index[0]


@pytest.mark.parametrize("name", ["aple", *(name for name in MORE if name not in NOT_IN_R)])
@pytest.mark.skipif(shutil.which("Rscript") is None, reason="R is not installed")
def test_r_agrees(name):
    made = MORE.get(name, lambda: auto.aple(Y, W, draws=9, rng=1))
    try:
        opinion = made().second_opinion("r")
    except MissingPackageError as error:
        pytest.skip(str(error))
    assert opinion.frame["agree"].all(), opinion


def test_the_second_variable_is_not_forgotten():
    """The local test of two variables is set against that of two, not of the first alone."""
    assert "Moran_Local_BV" in MORE["bivariate_local_moran"]().second_opinion().call
    assert "Geary_Local_MV" in MORE["multivariate_local_geary"]().second_opinion().call


@pytest.mark.parametrize("name", ["bivariate_moran", "lee_l", "local_lee", "multivariate_local_geary",
                                  "local_join_count", "gamma"])  # fmt: skip
def test_with_units_without_neighbors(name):
    """What the peers leave out of their answer does not shift the others."""
    B = BINARY.sparse.tolil()
    B[3], B[:, 3] = 0, 0
    alone = Weights(B.tocsr(), BINARY.ids)
    w = alone if name in ("local_join_count", "gamma") else alone.row_standardized()
    made = {
        "bivariate_moran": lambda: auto.bivariate_moran(Y, X, w, inference="randomization"),
        "lee_l": lambda: auto.lee_l(Y, X, w, inference="randomization"),
        "local_lee": lambda: auto.local_lee(Y, X, w, draws=9, rng=1),
        "multivariate_local_geary": lambda: auto.multivariate_local_geary(
            COLUMBUS[["CRIME", "INC"]], w, inference="randomization"
        ),
        "local_join_count": lambda: auto.local_join_count(HIGH, w, draws=9, rng=1),
        "gamma": lambda: auto.gamma(Y, w, inference="randomization"),
    }
    opinion = made[name]().second_opinion()
    assert opinion.agree, opinion


@pytest.mark.parametrize("name", [name for name in TESTS if "normal" not in name])
def test_every_test_has_an_answer_where_units_have_no_neighbors(name):
    B = BINARY.sparse.tolil()
    B[3], B[:, 3] = 0, 0
    alone = Weights(B.tocsr(), BINARY.ids)
    options = {"inference": "randomization"} if name not in ("local_geary", "losh", "join_count") else {"rng": 1}
    values, w = (HIGH, alone) if name == "join_count" else (Y, alone if "_g" in name else alone.row_standardized())
    opinion = getattr(auto, name)(values, w, **options).second_opinion()
    assert opinion.agree, opinion
    assert not opinion.frame.index.str.contains(f"[{Y.index[3]}]", regex=False).any()


def test_that_local_lee_standardizes_is_told():
    opinion = auto.local_lee(Y, X, BINARY, draws=9, rng=1).second_opinion()
    assert opinion.agree
    assert opinion.frame["why"].str.contains("standardizes the rows").any()


def test_classes_of_any_name_have_a_second_opinion():
    for named in (HIGH.map({0: "low", 1: "high"}), HIGH.astype(bool)):
        found = auto.join_count(named, BINARY, draws=9, rng=1)
        opinion = found.second_opinion()
        assert opinion.frame["agree"].all(), opinion
        assert set(opinion.frame.index) <= {f"count[{pair}]" for pair in found.frame.index}
        assert "classes" in found.code("pysal").splitlines()[0]
    three = auto.join_count(Y.gt(20).astype(int) + Y.gt(40).astype(int), BINARY, draws=9, rng=1)
    with pytest.raises(OptionError, match="no counterpart of Join counts"):
        three.second_opinion()


STATISTIC = {  # where esda keeps it
    "moran": "I", "geary": "C", "general_g": "G", "local_moran": "Is", "local_geary": "localG", "local_g": "Zs",
    "local_g_star": "Zs", "losh": "Hi", "gamma": "g", "bivariate_moran": "I", "bivariate_local_moran": "Is",
    "local_lee": "associations_", "multivariate_local_geary": "localG", "local_join_count": "LJC", "moran_rates": "I",
}  # fmt: skip
CODED = {**TESTS, **MORE}


@pytest.mark.parametrize("name", CODED)
def test_python_code_gives_our_number(name):
    result = CODED[name]()
    space = run(result)
    test, kind = space["test"], name.partition(",")[0]
    if kind == "join_count":
        assert (test.ww, test.bw, test.bb) == tuple(result.statistic[["0:0", "0:1", "1:1"]])
        return
    theirs = test.association_[0, 1] if kind == "lee_l" else getattr(test, STATISTIC[kind])
    ours = result.z if STATISTIC.get(kind) == "Zs" else result.statistic
    n = len(Y)
    factor = {"local_moran": n / (n - 1), "local_geary": (n - 1) / n, "multivariate_local_geary": (n - 1) / n}
    scale = factor.get(kind, n / BINARY.s0 if name == "bivariate_moran, binary W" else 1.0)
    ids = result.weights.ids
    ours = ours.reindex(ids).to_numpy() if hasattr(ours, "reindex") else ours
    np.testing.assert_allclose(np.ravel(theirs) * scale, np.ravel(ours), rtol=1e-9, atol=1e-12)


def test_python_code_prints_the_z_that_was_asked_for():
    assert "test.z_norm" in TESTS["moran, normal values"]().code("pysal")
    assert "test.z_rand" in TESTS["geary"]().code("pysal")


def test_unlike_weights_are_not_made_binary_in_passing():
    ends = np.arange(1.0, 1.0 + BINARY.sparse.nnz)
    W = BINARY.sparse.copy()
    W.data = ends
    unlike = auto.local_g(Y, Weights(W, BINARY.ids), inference="randomization")
    assert "transform='R'" in unlike.code("pysal")
    assert "transform='B'" in TESTS["local_g"]().code("pysal")
