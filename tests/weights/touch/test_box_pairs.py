"""Boxes that meet are found by the raster as by comparing all with all, whatever their sizes."""

import numpy as np
from hypothesis import given, strategies as st

from gbaspatial.weights.touch import box_pairs
from gbaspatial.weights.touch.box_pairs import meeting

PLACE = st.one_of(st.integers(-5, 5).map(float), st.floats(-50, 50))
BOX = st.tuples(PLACE, PLACE, st.sampled_from([0.0, 1e-9, 0.5, 1.0, 30.0]), st.sampled_from([0.0, 0.5, 1.0, 200.0]))
BOXES = st.lists(BOX, max_size=25)


def bounds(boxes):
    x, y, width, height = np.array(boxes, dtype=float).reshape(-1, 4).T
    return np.column_stack([x, y, x + width, y + height])


def by_comparing(one, other):
    apart = (one[:, None, :2] > other[None, :, 2:]) | (one[:, None, 2:] < other[None, :, :2])
    return list(zip(*(part.tolist() for part in np.nonzero(~apart.any(axis=2))), strict=True))


def pairs(found):
    return sorted(zip(*(part.tolist() for part in found), strict=True))


@given(one=BOXES, other=BOXES)
def test_every_meeting_pair_once(one, other):
    one, other = bounds(one), bounds(other)
    assert pairs(meeting(one, other)) == by_comparing(one, other)


def test_few_giants_among_many_dwarfs_are_left_to_a_tree(monkeypatch):
    asked = []
    tree = box_pairs._by_tree
    monkeypatch.setattr(box_pairs, "_by_tree", lambda *boxes: asked.append(len(boxes)) or tree(*boxes))
    xy = np.random.default_rng(0).random((2_000, 2)) * 1_000
    dwarfs = np.concatenate([xy, xy + 0.1], axis=1)
    giants = np.array([[0.0, 0, 1_000, 1_000]] * 3)
    found = meeting(np.concatenate([dwarfs, giants]), dwarfs)
    assert asked == [2]
    assert pairs(found) == by_comparing(np.concatenate([dwarfs, giants]), dwarfs)
