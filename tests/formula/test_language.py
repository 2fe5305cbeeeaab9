"""The formula language against the numbers that R's rules give, and what is told where a term would be lost."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings, strategies as st

from gbaspatial.errors import CollinearityError, DataError, FormulaError, OptionError
from gbaspatial.formula import design, sides
from gbaspatial.formula.expressions import Known, check
from gbaspatial.formula.grammar import Factor, parse
from gbaspatial.weights import Weights

N = 30
RNG = np.random.default_rng(1)
DATA = pd.DataFrame(
    {name: RNG.normal(size=N) for name in "yxz"} | {"num": [1, 2, 3] * 10, "text": list("abc") * 10},
    index=[f"u{i:02d}" for i in range(N)],
)
W = Weights(np.eye(N, k=1) + np.eye(N, k=-1), list(DATA.index)).row_standardized()


def terms_of(right: str) -> list[str]:
    found = parse(f"y ~ {right}", lambda text: Factor(text, False), lambda factor: factor.text == "c")
    return [":".join(map(str, term)) or "1" for term in found.terms]


@pytest.mark.parametrize(
    ("right", "terms"),
    [  # as attr(terms(y ~ ...), "term.labels") of R, before its sorting by degree
        ("a", "1 a"),
        ("a + b - 1", "a b"),
        ("0 + a", "a"),
        ("-1 + a", "a"),
        ("a + 0 + 1", "1 a"),
        ("a - 0", "1 a"),
        ("a + -1", "a"),
        ("a * b", "1 a b a:b"),
        ("a * b * c", "1 a b a:b c a:c b:c a:b:c"),
        ("a / b", "1 a a:b"),
        ("(a + b) / c", "1 a b a:b:c"),
        ("a:(b + c)", "1 a:b a:c"),
        ("(a + b + c)**2", "1 a b c a:b a:c b:c"),
        ("(a + b + c)^2 - a:b", "1 a b c a:c b:c"),
        ("(a + b)**3", "1 a b a:b"),
        ("a:b + b:a", "1 a:b"),
        ("a + a", "1 a"),
        ("c*c", "1 c"),
        ("c^2", "1 c"),
        ("(a)", "1 a"),
        ("a\n  + b", "1 a b"),
        ("1", "1"),
        ("0", ""),
    ],
)
def test_terms_are_those_of_r(right, terms):
    assert terms_of(right) == terms.split()


@pytest.mark.parametrize(
    ("right", "words"),
    [
        ("x^2", r"the power is I\(x\*\*2\)"),
        ("x**2", r"the power is I\(x\*\*2\)"),
        ("x + log(x*x)**3", r"the power is I\(log\(x\*x\)\*\*3\)"),
        ("x*x", r"the square is I\(x\*\*2\)"),
        ("z + x:x", r"the square is I\(x\*\*2\)"),
        ("I(x):I( x )", r"the square is"),
        ("x/x", r"the square is"),
        ("-x", r"takes away 'x'"),
        ("x - num", r"takes away 'num'"),
        ("2*x", r"I\(2 \* x\)"),
        ("x + 3", "only 0 and 1 may"),
        ("x:1", "only 0 and 1 may"),
        ("I(x^2)", r"\^ is no power; write x\*\*2"),
        ("I(num ^ 2)", r"write num\*\*2"),
        ("z + x + (1)", "may not stand within brackets"),
        ("x | z", "instruments have options"),
        ("x %in% z", "a:b"),
        (".", "name the regressors"),
        ("x ＋ z", r"full-width sign; write \+"),
        ("x z", "an operator such as"),
        ("log(x", "not closed"),
        ("(x", "not closed"),
        ("x)", "an operator such as|cannot be read"),
        ("`x", "backtick is not closed"),
        ("log('x)", "quote"),
        ("log(x, base=2)", "option base, which it does not have"),
        ("poly(x, 2, degree=3)", "twice"),
        ("log()", "lacks what log takes"),
        ("maximum(x)", "2 columns"),
        ("log(x, z)", "more than it takes"),
        ("log(text)", "given text or classes"),
        ("I(text + 1)", "given text or classes"),
        ("log(poly(x, 2))", "given several columns"),
        ("I(C(num) + 1)", "given text or classes|several columns"),
        ("I(x & z)", "is no comparison"),
        ("I(lambda)", "backticks"),
        ("C(num, contr.none)", "contr.treatment"),
        ("C(num, levels=x)", "must be a list"),
        ("scale(x, ddof=9)", "from 0 to 1"),
        ("bs(x, df=4, extrapolation='wild')", "one of 'raise'"),
        ("I(num % 0)", "not a finite number"),
    ],
)
def test_what_would_be_lost_or_mistaken_is_told(right, words):
    with pytest.raises((FormulaError, DataError), match=words):
        design(f"y ~ z + {right}" if right not in ("-x", ".") else f"y ~ {right}", DATA, W)


def test_the_product_of_terms_is_a_power_where_there_are_two():
    assert design("y ~ (x + z)^2", DATA).terms == ("Intercept", "x", "z", "x:z")
    assert design("y ~ text*text", DATA).terms == ("Intercept", "text[T.b]", "text[T.c]")


@pytest.mark.parametrize(
    ("term", "want"),
    [
        ("I(x**2)", DATA["x"] ** 2),
        ("np.exp(x)", np.exp(DATA["x"])),
        ("sqrt(abs(x))", np.sqrt(np.abs(DATA["x"]))),
        ("I(x / z)", DATA["x"] / DATA["z"]),
        ("I(-x - 2*z // 1)", -DATA["x"] - 2 * DATA["z"] // 1),
        ("I(x % 1)", DATA["x"] % 1),
        ("maximum(x, 0)", np.maximum(DATA["x"], 0)),
        ("I(x > 0)", DATA["x"] > 0),
        ("I(-1 < x < 1)", (DATA["x"] > -1) & (DATA["x"] < 1)),
        ("I((num == 2) | (text == 'a'))", (DATA["num"] == 2) | (DATA["text"] == "a")),
        ("I(~(text != 'a'))", DATA["text"] == "a"),
        ("expm1(log1p(abs(x)))", DATA["x"].abs()),
        ("W(I(x > 0))", W.sparse @ (DATA["x"] > 0).to_numpy(float)),
        ("center(x)", DATA["x"] - DATA["x"].mean()),
        ("scale(x)", (DATA["x"] - DATA["x"].mean()) / DATA["x"].std()),
        ("standardize(x)", (DATA["x"] - DATA["x"].mean()) / DATA["x"].std(ddof=0)),
    ],
)
def test_expressions_are_what_numpy_makes_of_them(term, want):
    found = design(f"y ~ {term}", DATA, W)
    np.testing.assert_allclose(found.X[:, 1], np.asarray(want, dtype=float), rtol=1e-12, atol=1e-15)


@pytest.mark.parametrize(
    ("term", "columns"),
    [
        ("C(text, Treatment('b'))", ["[T.a]", "[T.c]"]),
        ("C(text, contr.sum)", ["[S.a]", "[S.b]"]),
        ("C(num, levels=[3, 2, 1])", ["[T.2]", "[T.1]"]),
        ("C(num // 2)", ["[T.1]"]),
        ("C(num, contr.poly(scores=[1, 2, 4]))", ["[.L]", "[.Q]"]),
        ("C(num, Diff)", ["[D.2]", "[D.3]"]),
        ("C(num, Helmert)", ["[H.2]", "[H.3]"]),
        ("poly(x, 2)", ["[1]", "[2]"]),
    ],
)
def test_codings_keep_the_names_of_their_levels(term, columns):
    assert list(design(f"y ~ {term}", DATA).terms[1:]) == [f"{term}{column}" for column in columns]


@pytest.mark.parametrize("dtype", ["int8", "uint8", "int32", "int64", "uint64", "float32"])
def test_no_number_wraps_around(dtype):
    small = np.arange(N) % 11 + 1
    data = DATA.assign(k=small.astype(dtype), big=(small * (10**10 if "64" in dtype else 1)).astype(dtype))
    want = {
        "I(k - 20)": small - 20.0,
        "I(-k)": -1.0 * small,
        "I(k**19)": small**19.0,
        "I(big * big * k)": data["big"].astype(float) ** 2 * small,
        "big:k": data["big"].astype(float) * small,
        "I(k - 7):k": (small - 7.0) * small,
    }
    for term, numbers in want.items():
        np.testing.assert_allclose(design(f"y ~ {term}", data).X[:, 1], numbers, rtol=1e-6)


names = st.text(st.characters(exclude_characters="`\x00", exclude_categories=("Cs",)), min_size=1, max_size=12)


TAKEN = {"y", "x", "1", "rho", "lambda", "alpha", "I", "W"}  # I and W are called in the formula below


@given(names.filter(lambda n: n not in TAKEN and not n.endswith("Intercept")))
@settings(max_examples=60, deadline=None)
def test_a_name_in_backticks_is_a_column_whatever_it_is(name):
    data = pd.DataFrame({"y": DATA["y"], "x": DATA["x"] ** 2, name: DATA["z"]})
    found = design(f"y ~ x + `{name}` + W(`{name}`) + I(`{name}`**2)", data, W)
    np.testing.assert_allclose(found.X[:, 2], DATA["z"])
    np.testing.assert_allclose(found.X[:, 3], W.sparse @ DATA["z"])
    np.testing.assert_allclose(found.X[:, 4], DATA["z"] ** 2)
    assert found.regressors()[1].theta == {"W": 3}
    np.testing.assert_allclose(found.matrix(data[::-1]), found.X[::-1])


@pytest.mark.parametrize("name", ["收入", "ｘ", "𝐱", "ﬁ", "e\u0301", "straße", "ĳ", "ª"])
def test_names_are_not_changed_to_their_look_alikes(name):
    import unicodedata

    other = unicodedata.normalize("NFKC", name)
    data = DATA.assign(**{other: DATA["x"]})
    data[name] = DATA["z"]
    found = design(f"y ~ {name} + log({name}**2)", data)
    np.testing.assert_allclose(found.X[:, 1], DATA["z"])
    np.testing.assert_allclose(found.X[:, 2], np.log(DATA["z"] ** 2))


def test_names_of_other_sorts():
    data = DATA.rename(columns={"z": 2019}).assign(**{"a ~ b": DATA["z"] ** 3, "gdp.pc": DATA["x"] ** 2})
    assert design("y ~ `2019` + `a ~ b` + gdp.pc", data).terms[1:] == ("2019", "a ~ b", "gdp.pc")
    assert sides("`a ~ b` ~ x") == ("`a ~ b`", "x")
    assert design("`a ~ b` ~ x", data).response == "a ~ b"
    assert design("y ~ Q('a ~ b') + I(Q('a ~ b')**2)", data).terms[1:] == ("a ~ b", "I(`a ~ b` ** 2)")
    with pytest.raises(FormulaError, match="column of the data and an expression"):
        design("y ~ log(x) + `log(x)`", DATA.assign(x=DATA["x"] ** 2, **{"log(x)": DATA["z"]}))
    with pytest.raises(DataError, match="2 columns that are named 'x'"):
        design("y ~ x", pd.concat([DATA, DATA[["x"]]], axis=1))
    with pytest.raises(OptionError, match="where it is a function"):
        design("y ~ x", DATA, {"log": W})


@pytest.mark.parametrize("name", ["rho", "lambda", "alpha", "Intercept", "1", "rho[a]"])
def test_no_regressor_has_the_name_of_a_parameter(name):
    data = DATA.assign(**{name: DATA["x"]})
    with pytest.raises(FormulaError, match="rename the column"):
        design(f"y ~ `{name}`", data, W)
    assert design(f"y ~ I(`{name}`)", data, W).k == 2
    assert design(f"{'y' if name == '1' else f'`{name}`'} ~ z", data, W).k == 2


@pytest.mark.parametrize(
    "formula", ["y ~ x + y", "log(y) ~ y", "y ~ I(y**2)", "y ~ x:y", "I(y) ~ I( y )", "y ~ C(y > 0)"]
)
def test_an_outcome_is_not_explained_by_itself(formula):
    with pytest.raises(FormulaError, match="explained by itself"):
        design(formula, DATA)


@pytest.mark.parametrize("formula", ["y ~ x + W(y)", "y ~ W(log(y))", "log(y) ~ W(y)"])
def test_a_lag_of_the_outcome_is_no_regressor(formula):
    with pytest.raises(FormulaError, match="lag of the outcome"):
        design(formula, DATA.assign(y=DATA["y"] ** 2), W)


def test_an_outcome_of_two_columns_may_share_one():
    assert design("I(y - x) ~ x", DATA).k == 2


def test_more_columns_than_units_are_told_before_they_are_made():
    data = DATA.assign(a=np.arange(N) % 15, b=np.arange(N) % 14)
    with pytest.raises(CollinearityError, match="182 coefficients or more but only 30 units"):
        design("y ~ C(a):C(b)", data)


def test_what_is_read_is_written_in_one_way():
    known = Known(frozenset(["x", "a b", "class", "e"]), frozenset(["W"]))
    for text in ("W( log(`a b`)+1 )", "I(`class`**2)", "C(x,levels = [ 1,2 ])", "I(2e3*e)", "W(\nx)"):
        once = check(text, known)
        assert check(once, known) == once


def test_a_lag_that_is_made_and_a_column_of_its_name_are_not_told_apart():
    data = DATA.assign(**{"W(x)": RNG.normal(size=N), "W(z)": 1.0 * np.arange(N)})
    for formula in ("y ~ x + `W(x)`", "y ~ z + x + `W(z)`"):
        with pytest.raises(FormulaError, match=r"two columns of the model are named 'W\([xz]\)'"):
            design(formula, data, W, durbin=True)
    assert design("y ~ z + `W(x)`", data, W).k == 3
