"""Tables of links and square tables that cannot be a W."""

import numpy as np
import pandas as pd
import pytest

from gbaspatial import weights as gw
from gbaspatial.errors import DataError, LabelTypeError, UnknownNameError, WeightsError


def pairs(focal, neighbor, **columns):
    return pd.DataFrame({"focal": focal, "neighbor": neighbor, **columns})


def test_labels_of_several_types_have_no_order():
    mixed = pairs([1, "a"], ["a", 1])
    with pytest.raises(DataError, match=r"several types, int and str, .*ids="):
        gw.from_pairs(mixed)
    assert gw.from_pairs(mixed, ids=["a", 1]).ids.tolist() == ["a", 1]


def test_pairs_of_a_unit_with_itself_are_named():
    with pytest.raises(WeightsError, match=r"paired with themselves: a; remove these pairs"):
        gw.from_pairs(pairs(["a", "a"], ["a", "b"]))
    assert gw.from_pairs(pairs(["a", "b"], ["a", "a"], weight=[0.0, 1.0])).islands.tolist() == ["a"]  # as in files


def test_categories_are_labels_too():
    both = pairs(pd.Categorical(["a", "b"]), pd.Categorical(["b", "c"]))
    assert gw.from_pairs(both, ids=["a", "b", "c"]).n_links == 2


def test_text_against_numbers_is_told():
    with pytest.raises(UnknownNameError, match="not among the ids: 1, 2. The labels are integer in the pairs, string"):
        gw.from_pairs(pairs([1, 2], [2, 1]), ids=["1", "2"])
    with pytest.raises(UnknownNameError, match=r"ids: c\.$"):
        gw.from_pairs(pairs(["a", "c"], ["c", "a"]), ids=["a", "b"])


def test_a_bare_array_has_no_labels():
    with pytest.raises(LabelTypeError, match="the matrix is a ndarray"):
        gw.from_matrix(np.eye(2))
