"""Blocks one after another: in order, told of, and kept in a folder."""

import numpy as np
import pandas as pd
import pytest

import gbaspatial as gba
from gbaspatial.errors import OptionError
from gbaspatial.repeated.blocks import in_pieces, map_blocks, spans

CITIES = gba.load_cities(year=2019)
W = gba.weights.contiguity(CITIES, links=2019).row_standardized()
Y = np.log(CITIES["gdp_pc_cny"])


def test_spans_cover_everything_once():
    for stop, step in ((0, 3), (1, 3), (7, 3), (9, 3)):
        assert [i for a, b in spans(0, stop, step) for i in range(a, b)] == list(range(stop))


def test_results_come_in_the_order_of_the_blocks():
    assert list(map_blocks(lambda block: block**2, range(5), "numbers")) == [0, 1, 4, 9, 16]


def test_work_is_cut_finer_only_inside(tmp_path):
    assert not in_pieces()
    with gba.compute(folder=tmp_path):
        assert in_pieces()
        with gba.compute():
            assert in_pieces(), "the outer choice holds where the inner says nothing"
    assert not in_pieces()


CALLS = {
    "moran": lambda: gba.autocorrelation.moran(Y, W, inference="permutation", draws=1999, rng=1).to_frame(),
    "local_moran": lambda: gba.autocorrelation.local_moran(Y, W, inference="permutation", draws=1999, rng=1).to_frame(),
    "bootstrap": lambda: gba.models.lag("log(gdp_pc_cny) ~ 1", CITIES, W).bootstrap(draws=1999, rng=1).replicates,
    "over_weights": lambda: gba.models.over_weights("log(gdp_pc_cny) ~ 1", CITIES, {"w": W}).to_frame(),
}


@pytest.mark.parametrize("name", CALLS)
def test_what_is_kept_is_what_is_made(name, tmp_path):
    plain = CALLS[name]()
    with gba.compute(folder=tmp_path):
        made = CALLS[name]()
        files = {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*.npz")}
        assert bool(files) is (name != "over_weights"), "fits are no numbers, and are made again"
        read = CALLS[name]()
    assert {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*.npz")} == files
    pd.testing.assert_frame_equal(made, plain, check_exact=True)
    pd.testing.assert_frame_equal(read, plain, check_exact=True)


def test_other_data_another_seed_and_other_w_are_other_work(tmp_path):
    def run(y=Y, w=W, rng=1):
        with gba.compute(folder=tmp_path):
            found = gba.autocorrelation.moran(y, w, inference="permutation", draws=999, rng=rng)
        plain = gba.autocorrelation.moran(y, w, inference="permutation", draws=999, rng=rng)
        assert found.p_value == plain.p_value
        return len(list(tmp_path.rglob("*.npz")))

    assert run() == run() == 1
    assert run(y=Y + np.arange(11.0)) == 2
    assert run(rng=2) == 3
    assert run(w=gba.weights.nearest(CITIES, k=3).row_standardized()) == 4


def test_what_was_stopped_goes_on(tmp_path):
    made = []

    def work(block):
        if block == 3 and len(made) < 4:
            made.append(block)
            raise KeyboardInterrupt
        made.append(block)
        return np.array([block])

    for _ in range(2):
        try:
            with gba.compute(folder=tmp_path):
                found = [int(part[0]) for part in map_blocks(_Counted(work), range(5), "numbers")]
        except KeyboardInterrupt:
            continue
    assert found == [0, 1, 2, 3, 4]
    assert made == [0, 1, 2, 3, 3, 4]


class _Counted:
    """Work whose content, told by `_parts`, is no part of what it counts."""

    __module__ = "gbaspatial.of_a_test"

    def __init__(self, work):
        self.__dict__["_hidden"] = ()
        type(self).call = staticmethod(work)

    def __call__(self, block):
        return type(self).call(block)


@pytest.mark.parametrize("folder", ["", 3])
def test_a_folder_is_a_path(folder):
    with pytest.raises(OptionError, match="must be the path"), gba.compute(folder=folder):
        pass
