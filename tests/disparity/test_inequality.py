"""Inequality indices against R's ineq and REAT, and against the laws that hold for them."""

import copy
import pickle

import numpy as np
import oracle
import pandas as pd
import pytest

from gbaspatial import disparity
from gbaspatial.errors import AlignmentError, DataError, LabelTypeError, MissingDataError, OptionError

INCOME = pd.read_csv(oracle.find("data/usincome.csv")).set_index("Name")
YEARS = [f"Y{year}" for year in range(1929, 2010)]
INDICES = {
    "gini": lambda v: disparity.gini(v),
    "gini_corrected": lambda v: disparity.gini(v, corrected=True),
    "theil_T": lambda v: disparity.theil(v).total,
    "theil_L_mld": lambda v: disparity.theil(v, kind="L").total,
    "atkinson_0.5": lambda v: disparity.atkinson(v, epsilon=0.5),
    "atkinson_1": lambda v: disparity.atkinson(v, epsilon=1),
    "atkinson_2": lambda v: disparity.atkinson(v, epsilon=2),
    "entropy_0.5": lambda v: disparity.generalized_entropy(v, alpha=0.5),
    "kolm_1": lambda v: disparity.kolm(v / 10_000),
    "hoover_RS": disparity.hoover,
    "herfindahl": disparity.herfindahl,
    "var_coeff_ddof1": lambda v: disparity.coefficient_of_variation(v, ddof=1),
    "var_coeff_ineq": disparity.coefficient_of_variation,
}


@pytest.mark.parametrize("name", INDICES)
def test_index_agrees_with_r(name):
    case = oracle.case("inequality_indices__usincome")
    case.close([INDICES[name](INCOME[year]) for year in YEARS], case.expected[name])


def test_theil_decomposition_agrees_with_r():
    case = oracle.case("inequality_theil_decomposition__usincome")
    results = [disparity.theil(INCOME[year], groups=INCOME["division"]) for year in YEARS]
    for part, key in (("total", "theil"), ("between", "between"), ("within", "within")):
        case.close([getattr(r, part) for r in results], case.expected[key])


@pytest.mark.parametrize("kind", ["T", "L"])
def test_parts_sum_to_total_and_order_does_not_matter(kind):
    rng = np.random.default_rng(4)
    gdp = pd.Series(rng.uniform(1, 9, 12), index=list("abcdefghijkl"))
    people = pd.Series(rng.uniform(1, 9, 12), index=gdp.index)
    tier = pd.Series(np.arange(12) % 3, index=gdp.index, name="tier")
    result = disparity.theil(gdp, people.sample(frac=1, random_state=1), groups=tier[::-1], kind=kind)
    assert result.between + result.within == pytest.approx(result.total)
    assert disparity.theil(gdp[::-1], people, groups=tier, kind=kind).total == pytest.approx(result.total)
    assert result.by_group.index.name == "tier"
    assert "between" in str(result.summary())


def test_splitting_a_unit_into_equal_parts_changes_nothing():
    gdp, people = pd.Series({"a": 6.0, "b": 1.0}), pd.Series({"a": 2.0, "b": 1.0})
    finer = pd.Series({"a1": 3.0, "a2": 3.0, "b": 1.0}), pd.Series({"a1": 1.0, "a2": 1.0, "b": 1.0})
    for index in (disparity.gini, disparity.hoover, disparity.atkinson, lambda v, p: disparity.theil(v, p).total):
        assert index(gdp, people) == pytest.approx(index(*finer))


def test_equal_amounts_have_no_inequality():
    same = pd.Series(3.0, index=list("abc"))
    for index in (disparity.gini, disparity.hoover, disparity.atkinson, disparity.coefficient_of_variation):
        assert index(same) == pytest.approx(0, abs=1e-12)


ALIKE = {
    "gini": disparity.gini,
    "hoover": disparity.hoover,
    "herfindahl": disparity.herfindahl,
    "coefficient_of_variation": disparity.coefficient_of_variation,
    "atkinson": disparity.atkinson,
    "theil": disparity.theil,
}


@pytest.mark.parametrize("name", ALIKE)
def test_all_indices_are_numbers_that_tabulate_themselves(name):
    values = pd.Series([1.0, 1.0, 4.0], index=list("abc"))
    got = ALIKE[name](values)
    assert isinstance(got, disparity.InequalityResult)
    number = got.value
    assert type(number) is float
    assert got == number == float(got) == got.to_frame().iloc[0, 0]
    assert (got.n, got.by_head) == (3, False)
    assert f"{got:.3f} {got}" == f"{number:.3f} {number}"
    assert type(got + 1) is type(round(got, 3)) is float
    assert pd.Series({"x": got}).dtype == float
    assert f"{number:.4f}" in str(got)
    for copied in (copy.deepcopy(got), pickle.loads(pickle.dumps(got))):
        assert (copied.value, copied.name, float(copied)) == (got.value, got.name, number)
    with pytest.raises(AttributeError):
        got.value = 0.0


def test_mean_by_group():
    frame = disparity.mean_by_group(INCOME["Y2009"], INCOME["region"])
    assert frame["units"].sum() == 48
    first = INCOME["region"].iloc[0]
    assert frame.loc[first, "mean"] == pytest.approx(INCOME.loc[INCOME["region"] == first, "Y2009"].mean())


def test_bad_input_is_told():
    values = pd.Series({"a": 1.0, "b": 2.0})
    with pytest.raises(LabelTypeError, match="bare ndarray"):
        disparity.gini(values.to_numpy())
    with pytest.raises(DataError, match="negative"):
        disparity.gini(-values)
    with pytest.raises(MissingDataError, match="b"):
        disparity.theil(values.replace(2.0, np.nan))
    with pytest.raises(DataError, match=r"positive.* a"):
        disparity.theil(values, pd.Series({"a": 0.0, "b": 1.0}))
    with pytest.raises(AlignmentError, match="c"):
        disparity.theil(values, pd.Series({"a": 1.0, "c": 1.0}))
    with pytest.raises(OptionError, match="epsilon"):
        disparity.atkinson(values, epsilon=0)
    with pytest.raises(OptionError, match="kind"):
        disparity.theil(values, kind="X")
    with pytest.raises(DataError, match="two units"):
        disparity.hoover(values[:1])


@pytest.mark.parametrize("epsilon", [0.5, 1, 2])
def test_equal_amounts_have_no_negative_inequality(epsilon):
    assert 0 <= disparity.atkinson(pd.Series(1.0, index=list("abcdefghi")), epsilon=epsilon).value < 1e-15
