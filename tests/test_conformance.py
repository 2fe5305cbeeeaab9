"""One suite for every public function that takes values and W: labels rule, nothing is dropped, nothing is changed.

A function that is added to a room belongs into the list of its kind below; `test_no_function_is_forgotten`
says so when one is missing.
"""

import inspect
import warnings

import numpy as np
import oracle
import pandas as pd
import pytest

import gbaspatial as gba
from gbaspatial.errors import AlignmentError, DataError, GbaError, GbaWarning, LabelTypeError, MissingDataError
from gbaspatial.weights import from_pairs

COLUMBUS = oracle.data("columbus").rename(index=lambda i: f"tract {i}")
IDS = COLUMBUS.index
_PAIRS = pd.read_csv(oracle.find("data/columbus_B.csv"))
_PAIRS[["focal", "neighbor"]] = _PAIRS[["focal", "neighbor"]].map(lambda i: f"tract {i}")
BINARY = from_pairs(_PAIRS, ids=IDS)
W = BINARY.row_standardized()
Y, X = COLUMBUS["CRIME"], COLUMBUS["INC"]
HIGH = (Y > 30).astype(int).rename("high")
PEOPLE = (100 + 10 * X.round()).rename("people")
EVENTS = Y.round().rename("events")
auto = gba.autocorrelation
DRAWS = {"inference": "permutation", "draws": 99, "rng": 1}

ONE = {
    "moran": lambda y, w: auto.moran(y, w, **DRAWS),
    "moran saddlepoint": lambda y, w: auto.moran(y, w, inference="saddlepoint"),
    "geary": lambda y, w: auto.geary(y, w, **DRAWS),
    "gamma": lambda y, w: auto.gamma(y, w, **DRAWS),
    "gamma absolute": lambda y, w: auto.gamma(y, w, "absolute", **DRAWS),
    "general_g": lambda y, w: auto.general_g(y, w, **DRAWS),
    "local_moran": lambda y, w: auto.local_moran(y, w, **DRAWS),
    "local_geary": lambda y, w: auto.local_geary(y, w, **DRAWS),
    "local_g": lambda y, w: auto.local_g(y, w, **DRAWS),
    "local_g_star": lambda y, w: auto.local_g_star(y, w, **DRAWS),
    "losh": lambda y, w: auto.losh(y, w, **DRAWS),
    "aple": lambda y, w: auto.aple(y, w, **DRAWS),
    "correlogram": lambda y, w: auto.correlogram(y, w, orders=2, inference="permutation", rng=1),
    "lag_correlation": lambda y, w: auto.lag_correlation(y, w, **DRAWS),
    "lag": lambda y, w: w.lag(y),
}
TWO = {
    "bivariate_moran": lambda y, x, w: auto.bivariate_moran(y, x, w, **DRAWS),
    "bivariate_local_moran": lambda y, x, w: auto.bivariate_local_moran(y, x, w, **DRAWS),
    "lee_l": lambda y, x, w: auto.lee_l(y, x, w, **DRAWS),
    "local_lee": lambda y, x, w: auto.local_lee(y, x, w, **DRAWS),
    "differential_moran": lambda y, x, w: auto.differential_moran(y, x, w, **DRAWS),
    "differential_local_moran": lambda y, x, w: auto.differential_local_moran(y, x, w, **DRAWS),
    "space_time_moran": lambda y, x, w: auto.space_time_moran(y, x, w, **DRAWS),
}
FORMULA = "CRIME ~ INC + HOVAL"
MODELS = {
    name: (lambda data, w, name=name: getattr(gba.models, name)(FORMULA, data, w))
    for name in ("slx", "lag", "error", "sarar", "durbin", "durbin_error", "gns", "mess", "sma")
}
MODELS["car"] = lambda data, w: gba.models.car(FORMULA, data, w.binary())  # CAR needs a symmetric W
MODELS["lag gmm"] = lambda data, w: gba.models.lag(FORMULA, data, w, method="gmm")
MODELS["error gmm"] = lambda data, w: gba.models.error(FORMULA, data, w, method="gmm")


def shuffled(data, seed=3):
    return data.sample(frac=1, random_state=seed)


def frame_of(result):
    """All numbers of a result, in an order that does not depend on that of the input."""
    frame = result.to_frame() if hasattr(result, "to_frame") else pd.DataFrame(result)
    return frame.sort_index() if set(frame.index) == set(IDS) else frame


def same(first, second, **tolerance):
    pd.testing.assert_frame_equal(frame_of(first), frame_of(second), **tolerance)


@pytest.mark.parametrize("name", ONE)
def test_shuffling_one_variable_changes_nothing(name):
    same(ONE[name](Y, W), ONE[name](shuffled(Y), W))


@pytest.mark.parametrize("name", TWO)
def test_shuffling_two_variables_changes_nothing(name):
    same(TWO[name](Y, X, W), TWO[name](shuffled(Y), shuffled(X, 4), W))


@pytest.mark.parametrize("name", MODELS)
def test_shuffling_the_data_of_a_model_changes_nothing(name):
    first, second = MODELS[name](COLUMBUS, W), MODELS[name](shuffled(COLUMBUS), W)
    pd.testing.assert_series_equal(first.params, second.params)
    pd.testing.assert_series_equal(first.residuals.reindex(IDS), second.residuals.reindex(IDS))
    assert second.residuals.index.equals(shuffled(COLUMBUS).index)


@pytest.mark.parametrize("name", ONE)
def test_output_by_unit_keeps_the_order_of_the_input(name):
    result = ONE[name](shuffled(Y), W)
    frame = result.to_frame()
    if set(frame.index) == set(IDS):
        assert frame.index.equals(shuffled(Y).index)


BAD = {
    "a unit missing": (lambda y: y.iloc[1:], AlignmentError, "tract 1"),
    "a unit too many": (lambda y: pd.concat([y, pd.Series({"tract 99": 1.0})]), AlignmentError, "tract 99"),
    "a unit twice": (lambda y: pd.concat([y, y[:1]]), AlignmentError, "tract 1"),
    "NaN": (lambda y: y.mask(y.index == "tract 7"), MissingDataError, "tract 7"),
    "infinite": (lambda y: y.mask(y.index == "tract 7", np.inf), DataError, "tract 7"),
    "text": (lambda y: y.astype(object).mask(y.index == "tract 7", "many"), DataError, "tract 7.*many"),
    "a bare array": (lambda y: y.to_numpy(), LabelTypeError, "label"),
}


@pytest.mark.parametrize("bad", BAD)
@pytest.mark.parametrize("name", ONE)
def test_bad_values_are_named(name, bad):
    change, error, words = BAD[bad]
    with pytest.raises(error, match=words):
        ONE[name](change(Y), W)


@pytest.mark.parametrize("bad", BAD)
@pytest.mark.parametrize("name", TWO)
def test_bad_second_values_are_named(name, bad):
    change, error, words = BAD[bad]
    with pytest.raises(error, match=words):
        TWO[name](Y, change(X), W)
    with pytest.raises(error, match=words):
        TWO[name](change(Y), X, W)


@pytest.mark.parametrize("name", [n for n in ONE if n not in ("lag", "general_g")])
def test_a_constant_has_no_autocorrelation_to_test(name):
    with pytest.raises(DataError, match=r"constant|same|all units|equal"):
        ONE[name](Y * 0 + 3, W)


@pytest.mark.parametrize("bad", ["a unit missing", "a unit too many", "a unit twice"])
@pytest.mark.parametrize("name", MODELS)
def test_models_refuse_other_units(name, bad):
    change, error, _ = BAD[bad]
    rows = change(pd.Series(1.0, index=IDS)).index
    with pytest.raises(error):
        MODELS[name](COLUMBUS.reindex(IDS).loc[[r for r in rows if r in IDS]] if bad != "a unit too many" else
                     pd.concat([COLUMBUS, COLUMBUS.iloc[:1].rename(index=lambda _: "tract 99")]), W)  # fmt: skip


@pytest.mark.parametrize("value", [np.nan, np.inf])
@pytest.mark.parametrize("name", MODELS)
def test_models_name_the_unit_with_a_bad_value(name, value):
    data = COLUMBUS.assign(INC=COLUMBUS["INC"].mask(IDS == "tract 7", value))
    with pytest.raises(GbaError, match="tract 7"):
        MODELS[name](data, W)


@pytest.mark.parametrize("name", [*ONE, *TWO, *MODELS])
def test_nothing_given_is_changed(name):
    y, x, data = Y.copy(), X.copy(), COLUMBUS.copy()
    before = W.sparse.copy()
    if name in MODELS:
        MODELS[name](data, W)
    elif name in TWO:
        TWO[name](y, x, W)
    else:
        ONE[name](y, W)
    pd.testing.assert_series_equal(y, Y)
    pd.testing.assert_series_equal(x, X)
    pd.testing.assert_frame_equal(data, COLUMBUS)
    assert (W.sparse != before).nnz == 0


@pytest.mark.parametrize("kind", ["to_graph", "to_libpysal"])
@pytest.mark.parametrize("name", [n for n in ONE if n != "lag"])
def test_weights_of_libpysal_are_taken_and_left_alone(name, kind):
    """PEERS: esda and spreg set `w.transform` of the caller's W (a second model then differs)."""
    theirs = getattr(W, kind)()
    before = theirs.sparse.copy()
    mine, other = frame_of(ONE[name](Y, W)), frame_of(ONE[name](Y, theirs))
    pd.testing.assert_frame_equal(mine, other)
    assert (theirs.sparse != before).nnz == 0
    if kind == "to_libpysal":
        assert theirs.transform.upper() == "O"


LOCAL = [name for name in ONE if name.startswith("local")]


@pytest.mark.parametrize("name", LOCAL)
def test_an_island_is_never_significant(name):
    """PEERS: esda gives an isolate p = 0.01 and the class LL."""
    links = W.to_frame()
    links = links[(links["focal"] != "tract 5") & (links["neighbor"] != "tract 5")]
    w = from_pairs(links, ids=IDS)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", GbaWarning)
        frame = ONE[name](Y, w).to_frame()
    assert np.isnan(frame.loc["tract 5", "p_value"])
    if "cluster" in frame:
        assert frame.loc["tract 5", "cluster"] == "isolate"
    assert frame["p_value"].drop("tract 5").notna().all()


def test_other_weights_than_ours_or_libpysals_are_refused():
    for function in (auto.moran, auto.local_moran, auto.geary):
        with pytest.raises(TypeError, match="w is a ndarray"):
            function(Y, W.sparse.toarray())


OTHER = {  # tested elsewhere: they take other things than one or two columns of numbers and W
    "moran_by", "moran_rates", "local_moran_rates", "empirical_bayes_rates", "join_count", "local_join_count",
    "multivariate_local_geary", "lisa_transitions", "emerging_hot_spots", "moran_matrix",
    "correlogram_by_distance", "rate_probabilities",
}  # fmt: skip


PANELS = ("panel_ols", "panel_slx", "panel_lag", "panel_error", "panel_sarar", "panel_durbin", "panel_durbin_error",
          "panel_gns")  # fmt: skip
_YEARS = {year: COLUMBUS[["CRIME", "INC"]] + 0.1 * year * shuffled(COLUMBUS, year)[["CRIME", "INC"]].to_numpy()
          for year in range(1, 5)}  # fmt: skip
LONG = pd.concat(_YEARS, names=["year", "tract"]).swaplevel()


@pytest.mark.parametrize("name", PANELS)
def test_panels_go_by_label_and_change_nothing(name):
    fit = getattr(gba.models, name)
    data, before = shuffled(LONG), W.sparse.copy()
    first, second = fit("CRIME ~ INC", LONG, W), fit("CRIME ~ INC", data, W)
    pd.testing.assert_series_equal(first.params, second.params)
    assert second.residuals.index.equals(data.index)
    pd.testing.assert_frame_equal(data, shuffled(LONG))
    assert (W.sparse != before).nnz == 0
    with pytest.raises(AlignmentError, match="tract 1"):
        fit("CRIME ~ INC", pd.concat([LONG, LONG.loc[["tract 1"]]]), W)
    with pytest.raises(AlignmentError, match="tract 3"):
        fit("CRIME ~ INC", LONG.drop(index="tract 3", level=0), W)
    with pytest.raises(MissingDataError, match=r"tract 7.*2"):
        fit("CRIME ~ INC", LONG.drop(index=("tract 7", 2)), W)
    with pytest.raises(MissingDataError, match="tract 7"):
        fit("CRIME ~ INC", LONG.assign(INC=LONG["INC"].where(LONG.index != ("tract 7", 2))), W)


def test_no_model_of_panels_is_forgotten():
    public = {name for name in gba.models.__all__ if name.startswith("panel_")}
    public -= {"panel_effects", "panel_over_weights", "panel_model_probabilities"}  # of several fits
    assert public == set(PANELS)


def test_no_function_is_forgotten():
    public = {name for name in auto.__all__ if inspect.isfunction(getattr(auto, name))}
    listed = {name.split()[0] for name in [*ONE, *TWO]} | OTHER
    assert public <= listed, f"add to the lists of this suite: {sorted(public - listed)}"
