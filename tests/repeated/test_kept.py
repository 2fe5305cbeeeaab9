"""What made a block names its file, and nothing else does; a file holds arrays and no program."""

import functools
import pickle

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, strategies as st
from scipy import sparse

import gbaspatial as gba
from gbaspatial.repeated.kept import Kept, Unnamed, digest_of, kept_in
from gbaspatial.weights import from_pairs

W = from_pairs(pd.DataFrame({"focal": list("abc"), "neighbor": list("bca")}))


def _closure(x, scale=1.0):
    return lambda block: scale * x[block]


SAME_AND_OTHER = {
    "arrays": (lambda: np.arange(3.0), lambda: np.arange(3)),
    "shapes": (lambda: np.ones((2, 3)), lambda: np.ones((3, 2))),
    "objects": (lambda: np.array(["a", None], dtype=object), lambda: np.array(["a", "b"], dtype=object)),
    "nesting": (lambda: [(1, 2), 3], lambda: [1, (2, 3)]),
    "true and one": (lambda: True, lambda: 1),
    "mappings": (lambda: {"b": 1, "a": 2}, lambda: {"b": 2, "a": 1}),
    "sets": (lambda: {"x", "y"}, lambda: {"x", "z"}),
    "closures": (lambda: _closure(np.ones(2)), lambda: _closure(np.zeros(2))),
    "defaults in closures": (lambda: _closure(np.ones(2)), lambda: _closure(np.ones(2), 2.0)),
    "functions": (lambda: np.sum, lambda: np.prod),
    "other code": (lambda: lambda x: x + 1, lambda: lambda x: x + 2),
    "partial": (lambda: functools.partial(max, 1), lambda: functools.partial(max, 2)),
    "sparse": (lambda: sparse.csr_array(np.eye(3)), lambda: sparse.csr_array(np.eye(3)[::-1])),
    "series": (lambda: pd.Series([1.0, 2], ["a", "b"]), lambda: pd.Series([1.0, 2], ["a", "c"])),
    "frames": (lambda: pd.DataFrame({"x": [1.0]}), lambda: pd.DataFrame({"y": [1.0]})),
    "W": (lambda: W, lambda: W.row_standardized().scaled(2)),
    "methods": (lambda: np.random.SeedSequence, lambda: np.random.Philox),
}


@pytest.mark.parametrize("name", SAME_AND_OTHER)
def test_the_same_content_has_one_name_and_other_content_another(name):
    same, other = SAME_AND_OTHER[name]
    assert digest_of(same()) == digest_of(same())
    assert digest_of(same()) != digest_of(other())


def test_what_was_computed_before_does_not_change_the_name_of_w():
    fresh = from_pairs(pd.DataFrame({"focal": list("abc"), "neighbor": list("bca")}))
    before = digest_of(fresh)
    _ = fresh.interval, fresh.cardinalities
    assert digest_of(fresh) == before


def test_circles_end():
    circle = [1]
    circle.append(circle)
    assert digest_of(circle) == digest_of(circle)


def test_what_cannot_be_told_is_not_kept(tmp_path):
    with pytest.raises(Unnamed):
        digest_of(np.random.default_rng(1))
    assert kept_in(tmp_path, functools.partial(max, np.random.default_rng(1)), "numbers") is None


plain = st.none() | st.booleans() | st.integers(-(2**40), 2**40) | st.floats() | st.text(max_size=5)
arrays = st.lists(st.floats(), max_size=4).map(np.array)
results = st.recursive(plain | arrays, lambda part: st.lists(part, max_size=3).map(tuple), max_leaves=6)


@given(results)
def test_what_is_written_is_read(tmp_path_factory, result):
    kept = Kept(tmp_path_factory.mktemp("kept"), "k" * 40)
    kept.write((0, 1), result)
    found = kept.read((0, 1))
    assert found is not None
    assert _told(found.value) == _told(result)
    assert kept.read((0, 2)) is None


def _told(item):
    if isinstance(item, tuple):
        return tuple(map(_told, item))
    return (type(item), item.dtype.str, item.tobytes()) if isinstance(item, np.ndarray) else (type(item), repr(item))


def test_a_file_that_is_cut_off_is_made_again(tmp_path):
    kept = Kept(tmp_path, "k" * 40)
    kept.write(0, np.arange(100.0))
    (path,) = tmp_path.rglob("*.npz")
    path.write_bytes(path.read_bytes()[:200])
    assert kept.read(0) is None


def test_a_file_with_a_program_runs_nothing(tmp_path):
    kept = Kept(tmp_path, "k" * 40)
    kept.write(0, np.arange(3.0))
    (path,) = tmp_path.rglob("*.npz")
    np.savez(path, form=np.array([object()], dtype=object), allow_pickle=True)
    assert kept.read(0) is None
    path.write_bytes(pickle.dumps([1, 2]))
    assert kept.read(0) is None


def test_tables_and_fits_are_not_kept(tmp_path):
    kept = Kept(tmp_path, "k" * 40)
    kept.write(0, (1.0, pd.Series([1.0])))
    assert not list(tmp_path.rglob("*.npz"))
    assert gba.compute.__module__ == "gbaspatial.repeated.blocks"
