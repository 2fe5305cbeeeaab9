"""What a column holds is told when a model is fitted, and kept for all data that come later."""

from decimal import Decimal
from fractions import Fraction

import numpy as np
import pandas as pd
import pytest

import gbaspatial as gba
from gbaspatial.errors import DataError, FormulaError, GbaWarning, MissingDataError
from gbaspatial.formula import design
from gbaspatial.weights import Weights

N = 32
RNG = np.random.default_rng(0)
DATA = pd.DataFrame(
    {"x": RNG.normal(size=N), "num": ([1, 2, 3] * 11)[:N], "flag": [True, False] * 16},
    index=[f"u{i:02d}" for i in range(N)],
)
DATA["y"] = DATA["x"] + DATA["num"].map({1: 0.0, 2: 5.0, 3: 1.0}) + 2 * DATA["flag"] + RNG.normal(size=N) * 0.1
DATA["text"] = DATA["num"].map({1: "a", 2: "b", 3: "c"})
ALL = Weights(np.eye(N, k=1) + np.eye(N, k=-1), list(DATA.index))

TYPES = {
    "num": ["int8", "uint16", "float64", "object", "category", "Int64", "Float32", "float32"],
    "flag": ["int64", "float64", "object", "category", "boolean", "Int8"],
    "text": ["object", "category", "string"],
}


@pytest.mark.parametrize(("name", "dtype"), [(name, dtype) for name, types in TYPES.items() for dtype in types])
@pytest.mark.parametrize("form", ["{}", "C({})", "W(C({}))", "C({}, contr.sum)"])
def test_predictions_do_not_depend_on_the_dtype(name, dtype, form):
    old, new = DATA.iloc[:-2], DATA.iloc[-2:]
    few, w = ALL.subset(old.index).row_standardized(), ALL.row_standardized()
    formula = f"y ~ {form.format(name)} + x"
    fit = gba.models.lag(formula, old, few)
    want = fit.predict(new, w)
    np.testing.assert_allclose(fit.predict(new.astype({name: dtype}), w), want, rtol=1e-9)
    if "W(" not in form:
        plain = gba.models.ols(formula, old)
        np.testing.assert_allclose(plain.predict(new.astype({name: dtype})), plain.predict(new), rtol=1e-9)
    if "C(" not in form and dtype == "category" and name != "text":
        return  # a category of numbers is classes, numbers are numbers
    again = gba.models.lag(formula, old.astype({name: dtype}), few)
    for given in (new, new.astype({name: dtype})):
        np.testing.assert_allclose(again.predict(given, w), want, rtol=1e-6)


def test_a_category_of_numbers_is_that_of_its_classes():
    old, new = DATA.iloc[:-2].astype({"num": "category"}), DATA.iloc[-2:]
    few, w = ALL.subset(old.index).row_standardized(), ALL.row_standardized()
    want = gba.models.lag("y ~ C(num) + x", DATA.iloc[:-2], few).predict(new, w)
    fit = gba.models.lag("y ~ num + x", old, few)
    for given in (new, new.astype({"num": "category"}), new.astype({"num": float}), new.astype({"num": object})):
        np.testing.assert_allclose(fit.predict(given, w), want)


def test_another_level_or_text_for_numbers_is_told():
    data = DATA.assign(text=list("abcabbca") * 4)
    fit = gba.models.ols("y ~ C(flag) + num + text", data)
    new = data.iloc[:3]
    with pytest.raises(
        DataError, match="flag is 2 for u01, a level that the model does not know; it knows False, True"
    ):
        fit.predict(new.assign(flag=[0, 2, 1]))
    with pytest.raises(DataError, match="flag is 'True', 'False'"):
        fit.predict(new.assign(flag=["True", "False", "True"]))
    with pytest.raises(DataError, match="'num' is text such as '1', and was a number"):
        fit.predict(new.assign(num=["1", "2", "3"]))
    with pytest.raises(DataError, match="text is z for u00"):
        fit.predict(new.assign(text=["z", "a", "b"]))
    with pytest.raises(MissingDataError, match="text"):
        fit.predict(new.assign(text=["a", None, "b"]))


@pytest.mark.parametrize(
    "made",
    [Decimal, Fraction, np.float32, lambda v: v, np.float64],
    ids=["decimal", "fraction", "single", "float", "double"],
)
def test_objects_that_are_numbers_are_numbers(made):
    data = DATA.assign(x=pd.Series([made(float(v)) for v in DATA["x"]], DATA.index, dtype=object))
    found = design("y ~ x + log(x**2)", data)
    assert found.terms == ("Intercept", "x", "log(x ** 2)")
    np.testing.assert_allclose(found.X[:, 1], DATA["x"], rtol=1e-6)


@pytest.mark.parametrize(
    ("column", "words"),
    [
        ([*range(N - 1), "n/a"], "'x' mixes kinds of values: 'n/a' for u31"),
        ([True] * 5 + [2.5] * (N - 5), "mixes kinds"),
        ([1j] * N, "complex"),
        (pd.date_range("2020-01-01", periods=N), "neither number nor class"),
        (pd.timedelta_range("1D", periods=N), "neither number nor class"),
        (pd.period_range("2020", periods=N, freq="Y"), "neither number nor class"),
        ([[1, 2]] * N, "neither numbers nor text"),
        ([{"a": 1}] * N, "neither numbers nor text"),
        ([b"bytes"] * N, "neither numbers nor text"),
        ([np.inf, *range(N - 1)], "infinite for u00"),
    ],
)
def test_what_is_neither_number_nor_class_is_told(column, words):
    with pytest.raises(DataError, match=words):
        design("y ~ x", DATA.assign(x=column))


def test_text_with_nearly_as_many_levels_as_units_is_told():
    name = DATA.assign(t=[f"name {i}" for i in range(N)])
    for formula in ("y ~ t", "y ~ W(t)", "y ~ x:t"):
        with pytest.raises(FormulaError, match=r"'t' is text with 32 levels for 32 units .* write C\(t\)"):
            design(formula, name, ALL)
    for values in ([f"{i % 10}%" for i in range(N)], [f"{i % 10},500" for i in range(N)]):
        with pytest.raises(FormulaError, match="it reads as numbers"):
            design("y ~ t", DATA.assign(t=values))
        assert design("y ~ C(t)", DATA.assign(t=values)).k == 10
    assert design("y ~ t", DATA.assign(t=[f"{i % 10}" for i in range(N)])).k == 10  # codes of classes


@pytest.mark.parametrize("form", ["c", "C(c)", "W(c)", "c:x"])
def test_a_level_without_units_is_dropped_and_told(form):
    data = DATA.assign(c=pd.Categorical(DATA["text"], categories=["moon", "c", "b", "a"], ordered=True))
    with pytest.warns(
        GbaWarning, match="'c' has no unit of the level moon: it is left out, and the levels are c, b, a"
    ):
        found = design(f"y ~ x + {form}" if form != "c:x" else "y ~ c:x", data, ALL)
    tidy = data.assign(c=data["c"].cat.remove_unused_categories())
    again = design(f"y ~ x + {form}" if form != "c:x" else "y ~ c:x", tidy, ALL)
    assert found.terms == again.terms
    np.testing.assert_array_equal(found.X, again.X)
    np.testing.assert_array_equal(found.matrix(data), found.X)
    assert list(data["c"].cat.categories) == ["moon", "c", "b", "a"]  # the data are not changed


def test_a_subset_of_cities_drops_what_it_does_not_hold():
    cities = gba.load_cities(year=2019)
    cities["tier"] = cities["tier"].astype("category")
    with pytest.warns(GbaWarning, match="'tier' has no unit of the level 1"):
        fit = gba.models.ols("log(gdp_pc_cny) ~ tier", cities[cities["tier"] != 1])
    assert fit.terms == ("Intercept", "tier[T.3]")


@pytest.mark.parametrize("form", ["{}%", "{},234", "1 {:03d}"])
@pytest.mark.parametrize("dtype", [object, "category"])
def test_classes_that_read_as_numbers_are_refused_in_every_dtype(form, dtype):
    data = pd.DataFrame({"y": np.arange(30.0) ** 2, "x": [form.format(i // 2) for i in range(30)]}, index=range(30))
    with pytest.raises(FormulaError, match="reads as numbers"):
        gba.models.ols("y ~ x", data.astype({"x": dtype}))
    assert len(gba.models.ols("y ~ C(x)", data.astype({"x": dtype})).params) == 15


def test_named_classes_of_a_category_stay_what_they_were_made_for():
    data = pd.DataFrame({"y": np.arange(30.0) ** 2, "x": [f"town {i // 2}" for i in range(30)]}, index=range(30))
    assert len(gba.models.ols("y ~ x", data.astype({"x": "category"})).params) == 15


def test_the_cure_for_a_name_in_brackets_names_that_column():
    data = pd.DataFrame({"y": [1.0, 4, 2, 8], "rho[a]": [0.0, 1, 1, 3]})
    with pytest.raises(FormulaError, match=r"write I\(`rho\[a\]`\)"):
        gba.models.ols("y ~ `rho[a]`", data)
    assert "I(`rho[a]`)" in gba.models.ols("y ~ I(`rho[a]`)", data).params


def test_levels_of_text_are_told_from_numbers():
    data = DATA.assign(y=RNG.normal(size=N))
    fit = gba.models.ols("y ~ C(num)", data)
    with pytest.raises(DataError, match=r"num is '1', '2', '3' .* it knows 1, 2, 3\."):
        fit.predict(data.assign(num=data["num"].astype(str)))


def test_a_whole_number_of_any_size_is_a_number():
    data = DATA.assign(y=RNG.normal(size=N))
    one, two = (gba.models.ols(f"y ~ I({number} * x)", data).tvalues for number in (7, 7 * 10**40))
    np.testing.assert_allclose(two, one)
    with pytest.raises(FormulaError, match="too deep|nested more than"):  # by Python or by us
        design(f"y ~ I({'-' * 5000}x)", data)
