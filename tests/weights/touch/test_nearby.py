"""The sieve of boxes leaves nothing out."""

import numpy as np
import shapely
from hypothesis import given, strategies as st

from gbaspatial.weights.touch.nearby import Nearby, boxes_near

SIDE = st.floats(-50, 50)
BOX = st.tuples(SIDE, SIDE, st.floats(0, 9), st.floats(0, 9))


@given(boxes=st.lists(BOX, min_size=1, max_size=30), room=st.floats(0, 5), data=st.data())
def test_every_box_that_meets_a_chosen_one_is_found(boxes, room, data):
    x, y, width, height = np.array(boxes).T
    bounds = np.column_stack([x, y, x + width, y + height])
    chosen = np.array(sorted(data.draw(st.sets(st.integers(0, len(boxes) - 1), max_size=4))), dtype=np.int64)
    found = boxes_near(bounds, chosen, lambda b: np.full((len(b), 2), room))
    wide = bounds[chosen] + [-room, -room, room, room]
    apart = (bounds[:, None, :2] > wide[None, :, 2:]) | (bounds[:, None, 2:] < wide[None, :, :2])
    assert set(np.flatnonzero((~apart.any(axis=2)).any(axis=1))) <= set(found.tolist())


def test_few_are_left_of_many():
    columns, rows = np.divmod(np.arange(10_000), 100)
    bounds = np.column_stack([columns, rows, columns + 1, rows + 1]).astype(float)
    edge = np.flatnonzero((columns == 0) | (rows == 0))
    found = boxes_near(bounds, edge, lambda b: np.full((len(b), 2), 0.01))
    assert set(edge) < set(found)
    assert len(found) < 600


def test_answers_are_numbers_among_all():
    squares = shapely.box([0, 5, 10], 0, [1, 6, 11], 1)
    near = Nearby(np.array([4, 8, 9]), shapely.STRtree(squares))
    place, number = near.query(shapely.box([10.5, 0.5], 0, [12, 5.5], 1))
    assert sorted(zip(place.tolist(), number.tolist(), strict=True)) == [(0, 9), (1, 4), (1, 8)]
