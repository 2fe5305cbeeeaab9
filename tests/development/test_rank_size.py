"""The rank-size rule and primacy: exact sizes, the regression itself, coverage, and what is refused."""

import numpy as np
import pandas as pd
import pytest

from gbaspatial.development import primacy, rank_size
from gbaspatial.errors import DataError, LabelTypeError, MissingDataError, OptionError


@pytest.mark.parametrize("exponent", [0.7, 1.0, 1.6])
def test_sizes_on_the_rule_give_their_exponent(exponent):
    sizes = pd.Series(1e6 * (np.arange(1, 31) - 0.5) ** (-1 / exponent), index=[f"u{k}" for k in range(30)])
    found = rank_size(sizes.sample(frac=1, random_state=1))
    assert found.exponent == pytest.approx(exponent)
    assert found.std_error == pytest.approx(exponent * np.sqrt(2 / 30))
    assert found.r_squared == pytest.approx(1)
    np.testing.assert_allclose(found.ranks["fitted"], found.ranks["size"])
    assert found.upper - found.exponent == pytest.approx(1.959964 * found.std_error)
    few = rank_size(sizes, largest=10)
    assert (few.n, round(few.exponent, 6)) == (10, round(exponent, 6))


def test_it_is_the_regression_of_gabaix_and_ibragimov():
    sizes = pd.Series(np.random.default_rng(1).pareto(1.2, 40) + 1)
    slope = np.polyfit(np.log(np.sort(sizes)[::-1]), np.log(np.arange(1, 41) - 0.5), 1)[0]
    assert rank_size(sizes).exponent == pytest.approx(-slope)
    assert rank_size(sizes * 1e9).exponent == pytest.approx(-slope)


def test_the_interval_covers_a_known_exponent():
    rng = np.random.default_rng(2)
    found = [rank_size(pd.Series(rng.pareto(1.0, 100) + 1)) for _ in range(300)]
    assert np.mean([f.lower <= 1 <= f.upper for f in found]) == pytest.approx(0.95, abs=0.04)
    assert np.mean([f.exponent for f in found]) == pytest.approx(1, abs=0.03)


def test_primacy():
    zipf = primacy(pd.Series(60.0 / np.arange(1, 13), index=list("abcdefghijkl")))
    assert (zipf.first, zipf.two) == ("a", pytest.approx(2))
    assert zipf.four == pytest.approx(1 / (1 / 2 + 1 / 3 + 1 / 4))
    assert zipf.eleven == pytest.approx(2 / sum(1 / k for k in range(2, 12)))
    assert zipf.share == pytest.approx(1 / sum(1 / k for k in range(1, 13)))
    few = primacy(pd.Series({"a": 3.0, "b": 1.0}))
    assert (few.share, few.two) == (0.75, pytest.approx(3))
    assert np.isnan([few.four, few.eleven]).all()


def test_bad_input_is_told():
    sizes = pd.Series([3.0, 2, 1], index=list("abc"))
    for function in (rank_size, primacy):
        with pytest.raises(LabelTypeError, match="list"):
            function([1, 2, 3])
        with pytest.raises(DataError, match="not positive for c"):
            function(sizes.where(sizes > 1, 0.0))
        with pytest.raises(MissingDataError, match="for b"):
            function(sizes.where(sizes != 2))
    with pytest.raises(DataError, match="needs 3 units; there are 2"):
        rank_size(sizes.iloc[:2])
    with pytest.raises(DataError, match="needs 5 units; there are 3"):
        rank_size(sizes, largest=5)
    with pytest.raises(OptionError, match="largest=1"):
        rank_size(sizes, largest=1)
    with pytest.raises(DataError, match="of one size"):
        rank_size(sizes * 0 + 1)
    with pytest.raises(DataError, match="one only"):
        primacy(sizes.iloc[:1])
    assert "hardly any exponent can be excluded" in str(rank_size(sizes).summary())
