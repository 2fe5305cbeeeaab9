"""The formula: lags and transforms that nest, labels that are kept, and what is said of bad ones."""

import numpy as np
import oracle
import pandas as pd
import pytest

from gbaspatial.errors import (
    AlignmentError,
    CollinearityError,
    DataError,
    FormulaError,
    GbaWarning,
    LabelTypeError,
    MissingDataError,
    OptionError,
    SmallSampleWarning,
    UnknownNameError,
)
from gbaspatial.formula import design, named_weights
from gbaspatial.formula.collinearity import check_rank

DATA = oracle.data("columbus")[["CRIME", "INC", "HOVAL", "NSA"]].assign(tier=lambda d: np.arange(len(d)) % 3 + 1)
DATA["side"] = np.where(DATA["tier"] == 1, "south", "north")
QUEEN = oracle.weights("columbus_poly_queen", DATA.index).row_standardized()
NEAR = oracle.weights("columbus_poly_knn4", DATA.index).row_standardized()
LAG = QUEEN.sparse


def column(formula: str, term: str, w: object = QUEEN) -> np.ndarray:
    spec = design(formula, DATA, w)
    return spec.X[:, spec.terms.index(term)]


@pytest.mark.parametrize(
    ("formula", "term", "want"),
    [
        ("CRIME ~ W(INC)", "W(INC)", LAG @ DATA["INC"]),
        ("CRIME ~ W(log(INC))", "W(log(INC))", LAG @ np.log(DATA["INC"])),
        ("CRIME ~ log(W(INC))", "log(W(INC))", np.log(LAG @ DATA["INC"])),
        ("CRIME ~ W(W(INC))", "W(W(INC))", LAG @ (LAG @ DATA["INC"])),
        ("CRIME ~ W(INC ** 2)", "W(INC ** 2)", LAG @ DATA["INC"] ** 2),
        ("CRIME ~ W(INC * HOVAL)", "W(INC * HOVAL)", LAG @ (DATA["INC"] * DATA["HOVAL"])),
        ("CRIME ~ INC:W(HOVAL)", "INC:W(HOVAL)", DATA["INC"] * (LAG @ DATA["HOVAL"])),
        ("CRIME ~ C(tier):W(INC)", "C(tier)[T.2]:W(INC)", (DATA["tier"] == 2) * (LAG @ DATA["INC"])),
        ("CRIME ~ W(C(tier))", "W(C(tier)[T.3])", LAG @ (DATA["tier"] == 3).to_numpy(float)),
        ("CRIME ~ W(side)", "W(side[T.south])", LAG @ (DATA["side"] == "south").to_numpy(float)),
        ("CRIME ~ C(tier)", "C(tier)[T.2]", (DATA["tier"] == 2).astype(float)),
        ("CRIME ~ I(INC ** 2)", "I(INC ** 2)", DATA["INC"] ** 2),
    ],
)
def test_lags_and_transforms_nest(formula: str, term: str, want: object) -> None:
    spec = design(formula, DATA, QUEEN)
    if term not in spec.terms and ":" in term:  # all levels are there where no main effect is
        term = term.replace("[T.", "[")
    np.testing.assert_allclose(spec.X[:, spec.terms.index(term)], np.asarray(want), rtol=1e-12)


def test_second_w_has_its_own_name() -> None:
    spec = design("CRIME ~ INC + W(INC) + near(INC)", DATA, {"W": QUEEN, "near": NEAR})
    np.testing.assert_allclose(spec.X[:, 3], NEAR.sparse @ DATA["INC"])
    (income,) = spec.regressors()
    assert (income.beta, dict(income.theta)) == (1, {"W": 2, "near": 3})
    with pytest.raises(OptionError, match="cannot name a W"):
        named_weights({"four nearest": NEAR})
    with pytest.raises(OptionError, match="different units"):
        named_weights({"a": QUEEN, "b": NEAR.subset(NEAR.ids[:40])})


def test_the_weights_of_a_formula_may_have_another_order() -> None:
    turned = NEAR.subset(NEAR.ids[::-1])
    spec = design("CRIME ~ W2(INC)", DATA, {"W": QUEEN, "W2": turned})
    np.testing.assert_allclose(spec.X[:, 1], NEAR.sparse @ DATA["INC"])


def test_durbin_adds_the_missing_lags_only() -> None:
    spec = design("CRIME ~ INC + C(tier) + W(INC)", DATA, QUEEN, durbin=True)
    assert spec.terms[-2:] == ("W(C(tier)[T.2])", "W(C(tier)[T.3])")
    assert spec.terms.count("W(INC)") == 1
    by_name = {r.name: r for r in spec.regressors()}
    assert by_name["C(tier)[T.2]"].theta == {"W": spec.terms.index("W(C(tier)[T.2])")}
    with pytest.raises(OptionError, match="needs weights"):
        design("CRIME ~ INC", DATA, durbin=True)


def test_regimes_split_every_column() -> None:
    spec = design("CRIME ~ INC", DATA, QUEEN, durbin=True, regimes="NSA")
    assert spec.terms[:3] == ("NSA[0]:Intercept", "NSA[0]:INC", "NSA[0]:W(INC)")
    assert [r.name for r in spec.regressors()] == ["NSA[0]:INC", "NSA[1]:INC"]
    same = (spec.X[:, :3] + spec.X[:, 3:])[:, 1]
    np.testing.assert_allclose(same, DATA["INC"])


def test_slopes_by_class_can_be_written_out() -> None:
    spec = design("CRIME ~ C(tier):(INC + W(INC))", DATA, QUEEN)
    assert {"C(tier)[1]:INC", "C(tier)[3]:W(INC)"} <= set(spec.terms)
    total = sum(spec.X[:, spec.terms.index(f"C(tier)[{tier}]:W(INC)")] for tier in (1, 2, 3))
    np.testing.assert_allclose(total, LAG @ DATA["INC"])


def test_labels_and_order_are_kept() -> None:
    mixed = DATA.sample(frac=1, random_state=1)
    spec = design("CRIME ~ INC", mixed, QUEEN)
    assert spec.ids.equals(QUEEN.ids)
    assert spec.label(spec.y).equals(mixed["CRIME"].rename(None))
    assert (spec.X == design("CRIME ~ INC", DATA, QUEEN).X).all()
    assert (design("CRIME ~ INC", mixed).X == design("CRIME ~ INC", DATA).X).all()
    assert spec.fingerprint == design("CRIME ~ INC", DATA, QUEEN).fingerprint


def test_matrix_of_other_data() -> None:
    formula = "CRIME ~ log(INC) + C(tier) + W(log(INC))"
    spec = design(formula, DATA, QUEEN)
    richer = DATA.assign(INC=DATA["INC"] * 2).sample(frac=1, random_state=2)
    np.testing.assert_allclose(spec.matrix(richer), design(formula, richer, QUEEN).X[richer.index - 1])
    ids = DATA.index[:20]
    part = spec.matrix(DATA.loc[ids], QUEEN.subset(ids))
    np.testing.assert_allclose(part[:, -1], QUEEN.subset(ids).sparse @ np.log(DATA.loc[ids, "INC"]))
    plain = design("CRIME ~ INC + C(tier)", DATA)
    assert plain.matrix(DATA.iloc[:1]).shape == (1, 4)  # the levels of the factor were learned
    with pytest.raises(MissingDataError, match="INC"):
        plain.matrix(DATA.iloc[:2].assign(INC=np.nan))


@pytest.mark.parametrize(
    ("formula", "error", "words"),
    [
        ("CRIME ~ lag(INC)", FormulaError, r"W\(x\)"),
        ("CRIME ~ INK", FormulaError, "Did you mean INC"),
        ("CRIMES ~ INC", FormulaError, "Did you mean CRIME"),
        ("CRIME ~ foo(INC)", FormulaError, "function foo"),
        ("CRIME ~ W2(INC)", FormulaError, "named W"),
        ("CRIME ~ W", FormulaError, "brackets"),
        ("CRIME ~ INC +", FormulaError, "cannot be read"),
        ("CRIME + INC", FormulaError, "not a formula"),
        ("~ INC", FormulaError, "not a formula"),
        ("side ~ INC", FormulaError, "2 columns"),
        ("CRIME ~ W(INC:HOVAL)", FormulaError, "cannot be read"),
        ("CRIME ~ log(INC - INC)", DataError, "not a finite number for 1, 2, 3, 4, 5 and 44 more"),
        ("CRIME ~ INC + I(2 * INC + 1)", CollinearityError, "linear combination of"),
        ("CRIME ~ INC + I(0 * INC + 3)", CollinearityError, "same for every unit"),
        ("CRIME ~ 0 + I(0 * INC)", CollinearityError, "zero for every unit"),
        ("CRIME ~ C(INC)", CollinearityError, "49 coefficients but only 49 units"),
    ],
)
def test_bad_formulas_are_told(formula: str, error: type[Exception], words: str) -> None:
    with pytest.raises(error, match=words):
        design(formula, DATA, QUEEN)


def test_bad_data_are_told() -> None:
    with pytest.raises(FormulaError, match="no weights were given"):
        design("CRIME ~ W(INC)", DATA)
    with pytest.raises(UnknownNameError, match="Did you mean tier"):
        design("CRIME ~ INC", DATA, regimes="tiers")
    with pytest.raises(MissingDataError, match="'tier' is missing for 2"):
        design("CRIME ~ C(tier)", DATA.assign(tier=DATA["tier"].where(DATA.index != 2)))
    with pytest.raises(DataError, match="infinite for 3"):
        design("CRIME ~ INC", DATA.assign(INC=DATA["INC"].where(DATA.index != 3, np.inf)))
    with pytest.raises(AlignmentError, match="absent from the weights: 1"):
        design("CRIME ~ INC", DATA, QUEEN.subset(range(2, 50)))
    with pytest.raises(AlignmentError, match="more than one row"):
        design("CRIME ~ INC", pd.concat([DATA, DATA.iloc[:1]]), QUEEN)
    with pytest.raises(LabelTypeError):
        design("CRIME ~ INC", DATA["CRIME"])  # type: ignore[arg-type]
    with pytest.raises(DataError, match="positive"):
        design("CRIME ~ INC", DATA, weights=DATA["NSA"])
    with pytest.raises(LabelTypeError):
        design("CRIME ~ INC", DATA, weights=np.ones(49))  # type: ignore[arg-type]


def test_a_level_with_one_unit_is_told() -> None:
    lonely = DATA.assign(side=DATA["side"].where(DATA.index != 7, "island"))
    with pytest.warns(SmallSampleWarning, match="7 alone determines"):
        design("CRIME ~ INC + side", lonely, QUEEN)


def test_rank_is_judged_whatever_the_scale() -> None:
    rng = np.random.default_rng(0)
    x = rng.normal(size=30)
    check_rank(np.column_stack([np.ones(30), 1e9 + x, 1e-9 * rng.normal(size=30)]), ["Intercept", "a", "b"])
    with pytest.raises(CollinearityError, match="is a linear combination of"):
        check_rank(np.column_stack([np.ones(30), x, 1e-3 * x + 5, rng.normal(size=30)]), ["Intercept", "a", "b", "c"])


@pytest.mark.parametrize("contrast", ["contr.treatment(base=2)", "contr.sum", "contr.poly"])
@pytest.mark.parametrize("durbin", [True, False])
def test_the_lag_of_a_factor_is_that_of_its_own_columns(contrast: str, durbin: bool) -> None:
    factor = f"C(tier, {contrast})"
    spec = design(f"CRIME ~ {factor}" + ("" if durbin else f" + W({factor})"), DATA, QUEEN, durbin=durbin)
    np.testing.assert_allclose(spec.X[:, 3:], LAG @ spec.X[:, 1:3], atol=1e-15)
    assert [(r.beta, dict(r.theta)) for r in spec.regressors()] == [(1, {"W": 3}), (2, {"W": 4})]


@pytest.mark.parametrize("formula", ["CRIME ~ C(tier)", "CRIME ~ W(C(tier))", "CRIME ~ INC + side", "CRIME ~ W(side)"])
def test_a_level_not_known_is_told_at_prediction(formula: str) -> None:
    spec = design(formula, DATA, QUEEN)
    with pytest.raises(DataError, match=r"(tier is 9|side is moon) for 3, .*; it knows (1, 2, 3|north, south)"):
        spec.matrix(
            DATA.assign(tier=DATA["tier"].where(DATA.index != 3, 9), side=DATA["side"].where(DATA.index != 3, "moon"))
        )
    same = DATA.assign(tier=1, side="north")  # levels were learned, not those of the new data
    assert not spec.matrix(same)[:, [i for i, t in enumerate(spec.terms) if "T." in t]].any()


def test_levels_not_known_are_told_wherever_they_are_made() -> None:
    spec = design("CRIME ~ C(NSA * 2) + I(side == 'north')", DATA)
    with pytest.raises(FormulaError, match="categories outside"):
        spec.matrix(DATA.assign(NSA=9))
    assert not spec.matrix(DATA.assign(side="moon"))[:, -1].any()
    with pytest.raises(FormulaError, match="categories outside"):
        design("CRIME ~ C(tier, levels=[1, 2])", DATA)
    split = design("CRIME ~ INC", DATA, regimes="side")
    with pytest.raises(DataError, match="side is moon"):
        split.matrix(DATA.assign(side="moon"))


def test_levels_may_be_named_like_code() -> None:
    odd = DATA.assign(kind=DATA["tier"].map({1: "A", 2: "W(b)]d", 3: "b (x"}))
    for formula, durbin in (("CRIME ~ C(kind)", True), ("CRIME ~ kind", True), ("CRIME ~ kind + W(kind)", False)):
        spec = design(formula, odd, QUEEN, durbin=durbin)
        assert spec.k == 5
        assert [(r.beta, dict(r.theta)) for r in spec.regressors()] == [(1, {"W": 3}), (2, {"W": 4})]
        np.testing.assert_allclose(spec.X[:, 3:], LAG @ spec.X[:, 1:3])
        assert spec.terms[4] == f"W({spec.terms[2]})"


@pytest.mark.parametrize(
    "term", ["poly(INC, 2)", "scale(INC)", "center(INC)", "bs(INC, df=4)", "log1p(INC)", "W(poly(INC, 2))"]
)
def test_transforms_with_a_memory(term: str) -> None:
    spec = design(f"CRIME ~ {term}", DATA, QUEEN)
    np.testing.assert_allclose(spec.matrix(DATA), spec.X)
    part = spec.matrix(DATA.assign(INC=DATA["INC"].mean()))
    assert np.ptp(part, axis=0).max() < 1e-12  # the memory is of the first data: nothing is scaled anew
    lagged = design(f"CRIME ~ {term}", DATA, QUEEN, durbin=True)
    if not term.startswith("W"):
        np.testing.assert_allclose(lagged.X[:, spec.k :], LAG @ spec.X[:, 1:])
        written = design(f"CRIME ~ {term} + W({term})", DATA, QUEEN)
        assert written.terms == lagged.terms
        np.testing.assert_allclose(written.X, lagged.X)


def test_columns_may_be_named_like_functions() -> None:
    named = DATA.assign(W=DATA["HOVAL"], **{"a b": DATA["INC"]})
    spec = design("CRIME ~ W(INC)", named, QUEEN)
    np.testing.assert_allclose(spec.X[:, 1], LAG @ DATA["INC"])
    with pytest.raises(FormulaError, match="rename the column"):
        design("CRIME ~ W(INC) + W", named, QUEEN)
    (quoted,) = design("CRIME ~ `a b` + W(`a b`)", named, QUEEN).regressors()
    assert (quoted.beta, dict(quoted.theta)) == (1, {"W": 2})
    with pytest.raises(FormulaError, match="exposure="):
        design("CRIME ~ offset(INC)", DATA)


def test_the_first_of_a_mapping_is_the_w_of_a_durbin_model() -> None:
    spec = design("CRIME ~ INC + Q(INC)", DATA, {"Q": QUEEN, "near": NEAR}, durbin=True)
    assert spec.terms == ("Intercept", "INC", "Q(INC)")
    (income,) = spec.regressors()
    assert (income.beta, dict(income.theta)) == (1, {"W": 2})
    turned = spec.matrix(DATA, {"Q": QUEEN, "near": NEAR.subset(NEAR.ids[::-1])})
    np.testing.assert_allclose(turned, spec.X)


def test_bad_regimes_are_told() -> None:
    with pytest.raises(DataError, match=r"several types \(int, str\)"):
        design("CRIME ~ INC", DATA.assign(part=[1, "a"] * 24 + [1]), regimes="part")
    with pytest.raises(DataError, match="two classes or more"):
        design("CRIME ~ INC", DATA.assign(part="a"), regimes="part")


def test_a_lag_of_a_lag_is_told_where_regressors_are() -> None:
    spec = design("CRIME ~ INC + W(INC) + W(W(INC))", DATA, QUEEN)
    with pytest.warns(GbaWarning, match=r"impacts of INC leave out W\(W\(INC\)\).*impact_of_change"):
        assert [r.name for r in spec.regressors()] == ["INC", "W(INC)"]
