"""Border friction: within groups, groups that have no units left, and tables of another kind."""

import numpy as np
import pandas as pd
import pytest

from gbaspatial.errors import OptionError, UnknownNameError
from gbaspatial.weights import Weights

SIDE = pd.Series({"Macao": "M", "Hong Kong": "H", "Shenzhen": "C", "Zhuhai": "C"}, name="side")
W = Weights(np.ones((4, 4)) - np.eye(4), ["Shenzhen", "Zhuhai", "Hong Kong", "Macao"])
TABLE = {("C", "H"): 0.7, ("C", "M"): 0.5, ("H", "M"): 0.6}


def weight(w, focal, neighbor):
    return w.to_frame().set_index(["focal", "neighbor"])["weight"][focal, neighbor]


def test_a_pair_of_the_same_group_holds_within_it():
    slow = W.with_friction(SIDE, {**TABLE, ("C", "C"): 0.9})
    assert weight(slow, "Shenzhen", "Zhuhai") == weight(slow, "Zhuhai", "Shenzhen") == 0.9
    assert weight(slow, "Shenzhen", "Hong Kong") == 0.7
    assert "C to C: 0.9" in str(slow.recipe)
    assert weight(W.with_friction(SIDE, TABLE), "Shenzhen", "Zhuhai") == 1
    square = pd.DataFrame(0.25, index=list("CHM"), columns=list("CHM"))  # its diagonal is not read
    assert weight(W.with_friction(SIDE, square), "Shenzhen", "Zhuhai") == 1
    with pytest.raises(OptionError, match="from C to C is -1"):
        W.with_friction(SIDE, {**TABLE, ("C", "C"): -1})


def test_a_category_may_have_no_unit():
    some = W.subset(["Shenzhen", "Zhuhai", "Hong Kong"])
    with pytest.raises(UnknownNameError, match="'M', which no unit has.*Categorical"):
        some.with_friction(SIDE.drop("Macao"), TABLE)
    left = SIDE.astype("category").drop("Macao")
    assert weight(some.with_friction(left, TABLE), "Hong Kong", "Zhuhai") == 0.7
    with pytest.raises(UnknownNameError, match="'X', which no unit has"):
        some.with_friction(left, {**TABLE, ("C", "X"): 1})
    assert weight(W.with_friction(SIDE.astype("category"), TABLE), "Macao", "Hong Kong") == 0.6
    assert (W.with_friction(SIDE.astype("category"), 0.5).sparse != W.with_friction(SIDE, 0.5).sparse).nnz == 0


def test_a_series_is_not_a_table():
    with pytest.raises(OptionError, match="friction is a Series.*to_dict"):
        W.with_friction(SIDE, pd.Series(TABLE))
