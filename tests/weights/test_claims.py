"""What a W says of itself is so: its standardization, the labels of a frame, the friction it still has."""

import json
import warnings

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings, strategies as st

import gbaspatial as gba
from gbaspatial import weights as gw
from gbaspatial.errors import AlignmentError, FileFormatError, GbaWarning, OptionError, WeightsError
from gbaspatial.weights import Weights

VERBS = {
    "row": "row_standardized", "binary": "binary", "spectral": "spectral", "min_max": "min_max",
    "variance_stabilized": "variance_stabilized", "doubly": "doubly_standardized", "global": "globally_standardized",
}  # fmt: skip
RING = np.roll(np.eye(6), 1, axis=1) * 2 + np.roll(np.eye(6), -1, axis=1) * 3 + np.roll(np.eye(6), 2, axis=1)
RING[0, 1] = 5.0
W = Weights(RING, list("abcdef"))


@pytest.mark.parametrize("style", VERBS)
def test_a_claim_is_verified(style, tmp_path):
    made = getattr(W, VERBS[style])()
    assert Weights(made.sparse, made.ids, standardization=style).standardization == style
    with pytest.raises(WeightsError, match=f"standardization='{style}' is claimed"):
        Weights(W.sparse, W.ids, standardization=style)
    for ending in ("json", "npz", "parquet", "mtx"):
        assert gw.read(gw.write(made, tmp_path / f"w.{ending}")).standardization == style
    file = gw.write(W, tmp_path / "w.json")
    told = json.loads(file.read_text()) | {"standardization": style}
    file.write_text(json.dumps(told))
    with pytest.raises(FileFormatError, match=f"says standardization '{style}', but"):
        gw.read(file)


@settings(max_examples=40, deadline=None)
@given(st.integers(2, 8), st.integers(0, 10_000), st.sampled_from(list(VERBS)))
def test_what_a_verb_makes_is_what_it_says(n, seed, style):
    rng = np.random.default_rng(seed)
    square = rng.random((n, n)) * (rng.random((n, n)) < 0.6)
    np.fill_diagonal(square, 0)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            made = getattr(Weights(square, range(n)), VERBS[style])()
    except WeightsError:
        return
    assert Weights(made.sparse, made.ids, standardization=style).standardization == style


def test_unknown_claims_are_refused():
    for wrong in ("R", "rows", None, True, ["row"]):
        with pytest.raises(OptionError, match="standardization"):
            Weights(RING, list("abcdef"), standardization=wrong)
    for wrong in (3, None, b"abcdef"):
        with pytest.raises(OptionError, match="list of labels"):
            Weights(RING, wrong)
    with pytest.raises(OptionError, match="recipe"):
        Weights(RING, list("abcdef"), recipe="mine")


@given(st.permutations(range(4)), st.permutations(range(4)))
def test_a_frame_is_matched_by_its_labels(rows, columns):
    square = np.arange(16.0).reshape(4, 4) * (1 - np.eye(4))
    frame = pd.DataFrame(square, index=list("abcd"), columns=list("abcd"))
    assert (Weights(frame.iloc[list(rows), list(columns)], list("abcd")).sparse.toarray() == square).all()


@pytest.mark.parametrize("labels", [list("abcx"), list("abca"), range(4), list("abc")])
def test_a_frame_of_other_labels_is_refused(labels):
    n = len(labels)
    frame = pd.DataFrame(np.ones((n, n)) - np.eye(n), index=labels, columns=labels)
    with pytest.raises(AlignmentError, match="frame are labelled"):
        Weights(frame, list("abcd"))


def test_friction_that_rows_undo_is_told_by_name():
    cities = gba.load_cities(year=2019)
    land = gw.contiguity(cities)
    slow = land.with_friction(cities["side"], 0.5)
    for verb in ("row_standardized", "variance_stabilized"):
        with pytest.warns(GbaWarning, match=f"{verb} undoes the friction of .*Hong Kong.*Macao.*spectral"):
            getattr(slow, verb)()
    frames = [w.to_frame().set_index(["focal", "neighbor"])["weight"] for w in (land.spectral(), slow.spectral())]
    ratio = (frames[1] / frames[0])[("Hong Kong", "Shenzhen")] / (frames[1] / frames[0])[("Foshan", "Zhaoqing")]
    assert ratio == pytest.approx(0.5)  # spectral standardization keeps it
    for quiet in (land, land.with_friction(cities["side"], 1.0)):
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            quiet.row_standardized()
            slow.spectral()
            slow.min_max()
    with pytest.warns(GbaWarning, match="Hong Kong"):
        slow.scaled(2.0).row_standardized()


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 10_000), st.floats(0.05, 3))
def test_the_warning_names_all_whose_rows_are_as_before_and_no_other(seed, friction):
    rng = np.random.default_rng(seed)
    square = (rng.random((8, 8)) < 0.4) * 1.0
    np.fill_diagonal(square, 0)
    w = Weights(square, list("abcdefgh"))
    side = pd.Series(rng.integers(0, 2, 8), index=w.ids, name="side")
    slow = w.with_friction(side, friction)
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always")
        after = slow.row_standardized()
    said = " ".join(str(warning.message) for warning in told)
    across = side.to_numpy()[:, None] != side.to_numpy()[None, :]
    undone = (square.sum(axis=1) > 0) & (square * ~across).sum(axis=1).__eq__(0) & (friction != 1)
    before = w.row_standardized().sparse.toarray()
    assert np.allclose(after.sparse.toarray()[undone], before[undone])
    assert ("undoes the friction" in said) == bool(undone.any())
