"""Formulas of columns as they stand, which formulaic reads once: the same matrices as when it works out each."""

import numpy as np
import pandas as pd
import pytest

from gbaspatial.formula import reading
from gbaspatial.formula.design import design
from gbaspatial.formula.reading import parsed_formula

KINDS = ["float64", "float32", "int64", "uint8", "Float64", "Int64", "bool", "str"]
FORMULAS = [
    "y ~ x",
    "y ~ z + x",
    "y ~ x + z - 1",
    "y ~ 1",
    "y ~ x:z + x",
    "y ~ log(x)",
    "y ~ `a b` + x",
    "y ~ `x + z` + z",
]


def frame(kind="float64"):
    rng = np.random.default_rng(1)
    data = pd.DataFrame(rng.integers(1, 200, (9, 4)).astype(float), columns=["y", "z", "a b", "x + z"])
    numbers = rng.integers(1, 200, 9)
    data["x"] = numbers % 2 == 0 if kind == "bool" else numbers.astype(str) if kind == "str" else numbers
    return data.astype({"x": kind})


def by_formulaic(formula, data):
    parsed = parsed_formula(formula, data, {})
    made = reading._worked_out(parsed.formula, data, {}, "no")
    return made.lhs, made.rhs, made.rhs.model_spec


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("formula", FORMULAS)
def test_both_ways_give_the_same(formula, kind):
    data = frame(kind)
    if kind == "str" and formula in ("y ~ log(x)",):
        return
    parsed = parsed_formula(formula, data, {})
    for one, two in zip(reading.evaluate(parsed.formula, data, {}), by_formulaic(formula, data), strict=True):
        if isinstance(one, pd.DataFrame):
            assert [str(name) for name in one.columns] == [str(name) for name in two.columns]
            assert reading.as_matrix(one).tolist() == reading.as_matrix(two).tolist()
        else:
            assert str(one.formula) == str(two.formula)
            assert [part.columns for part in one.structure] == [part.columns for part in two.structure]
            assert one.encoder_state.keys() == two.encoder_state.keys()


def test_designs_do_not_share_what_is_remembered():
    one, two = design("y ~ x + z", frame()), design("y ~ x + z", frame() * 2)
    assert one.model_spec.encoder_state is not two.model_spec.encoder_state
    assert one.model_spec.transform_state is not two.model_spec.transform_state
    assert one.matrix(frame().head(3)).tolist() == one.X[:3].tolist()


def test_formulaic_is_asked_once(monkeypatch):
    reading._recipe_of.cache_clear()
    asked, worked_out = [], reading._worked_out
    monkeypatch.setattr(reading, "_worked_out", lambda *given: asked.append(given) or worked_out(*given))
    for _ in range(3):
        design("y ~ x + z", frame())
    assert len(asked) == 1
