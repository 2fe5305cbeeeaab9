"""The notes below the tables of fits: a term that rests on one or two units is named, whatever the covariance."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import gbaspatial as gba
from gbaspatial.models.fit_tables import lonely
from gbaspatial.weights import Weights

models = gba.models
N = 40
IDS = pd.Index([f"u{k:02d}" for k in range(N)], name="unit")


def ring() -> Weights:
    links = np.roll(np.eye(N), 1, axis=1) + np.roll(np.eye(N), 2, axis=1)
    return Weights(links + links.T, IDS).row_standardized()


def data(members: int) -> pd.DataFrame:
    rng = np.random.default_rng(4)
    frame = pd.DataFrame(rng.normal(size=(N, 2)), columns=["y", "x"], index=IDS)
    frame["count"] = rng.poisson(3.0, N).astype(float)
    frame["few"] = (np.arange(N) < members).astype(float)
    frame["group"] = np.where(np.arange(N) < members, "special", "usual")
    return frame


FITS = {
    "classical": lambda d: models.ols("y ~ x + few", d),
    "HC0": lambda d: models.ols("y ~ x + few", d, covariance="HC0"),
    "HC1": lambda d: models.ols("y ~ x + few", d, covariance="HC1"),
    "lag": lambda d: models.lag("y ~ x + few", d, ring()),
    "lag by moments": lambda d: models.lag("y ~ x + few", d, ring(), method="gmm", covariance="HC0"),
    "sandwich": lambda d: models.error("y ~ x + few", d, ring(), covariance="sandwich"),
    "counts": lambda d: models.ppml("count ~ x + few", d),
}


def notes(fit) -> str:
    return " ".join(fit.tables()[0].notes)


@pytest.mark.parametrize("name", FITS)
@pytest.mark.parametrize("members", [1, 2])
def test_the_table_names_a_term_that_rests_on_one_or_two_units(name, members):
    fit = FITS[name](data(members))
    assert "few: at most 2 units against all others. No test keeps its level" in notes(fit)
    assert ("fit.wild_test()" in notes(fit).partition("few: at most")[2]) == hasattr(fit, "wild_test")
    assert "few: at most 2 units" in " ".join(str(fit.summary()).split())


@pytest.mark.parametrize("name", FITS)
def test_three_units_are_not_named(name):
    assert "at most 2 units" not in notes(FITS[name](data(3)))


def test_the_dummy_of_a_category_and_its_product_are_named():
    told = notes(models.ols("y ~ C(group) + x:few", data(2)))
    assert "C(group)[T.usual], x:few: at most 2 units" in told


def test_who_is_lonely():
    x = np.zeros((9, 4))
    x[:, 0], x[:1, 1], x[:2, 2], x[:3, 3] = 1.0, 5.0, [3.0, 4.0], 1.0
    assert lonely(["Intercept", "one", "two", "three"], x) == ["one", "two"]
    assert lonely(["one"], np.eye(4)[:, :1]) == []  # of four units two are half
