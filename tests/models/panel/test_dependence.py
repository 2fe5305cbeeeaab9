"""Dependence between units: the weighted CD against its null, and the exponent against factors."""

import numpy as np
import pytest
from test_estimators import made

from gbaspatial import models
from gbaspatial.models.panel import dependence


def residuals(n, T, spread, rng, factor=0.0):
    """Independent series with variances that differ, less effects of units and of time."""
    e = rng.standard_normal((T, n)) * np.exp(spread * rng.standard_normal(n))
    e = e + factor * rng.standard_normal((T, 1)) * rng.standard_normal(n)
    e = e - e.mean(axis=0)
    return e - e.mean(axis=1, keepdims=True)


@pytest.mark.parametrize(("n", "T", "spread"), [(50, 12, 0.0), (50, 24, 0.5), (100, 12, 0.5)])
def test_weighted_cd_keeps_its_size_from_fifty_units_on(n, T, spread):
    rng = np.random.default_rng(1)
    hits = [
        abs(dependence.weighted_cd(dependence.correlations(residuals(n, T, spread, rng)), T, range(n))) > 1.96
        for _ in range(500)
    ]
    assert np.mean(hits) == pytest.approx(0.05, abs=3.3 * np.sqrt(0.05 * 0.95 / 500))


def test_a_factor_of_any_sign_is_seen_more_often_than_chance_and_always_by_the_squares():
    rng = np.random.default_rng(2)
    found = [dependence.correlations(residuals(50, 24, 0, rng, factor=2)) for _ in range(200)]
    weighted = [dependence.weighted_cd(R, 24, range(50)) for R in found]
    assert np.mean(np.abs(weighted) > 1.96) > 0.15
    assert min(dependence.scaled_lm(R, 24, unit_effects=True) for R in found) > 10


def test_weighted_cd_ignores_the_order_of_units():
    data, w = made(12, 8)
    order = list(w.ids[::-1])
    found = [
        models.panel_lag("y ~ x", data, one, effects="twoway").diagnostics().frame["statistic"]
        for one in (w, w.subset(order))
    ]
    np.testing.assert_allclose(found[0], found[1], rtol=1e-5)


def test_signs_of_weighted_cd_are_the_formula_of_its_authors():
    e = np.random.default_rng(3).standard_normal((9, 5))
    e = (e - e.mean(axis=0)) / e.std(axis=0)
    signs = np.sign(np.random.default_rng(4).standard_normal(5))
    R = dependence.correlations(e)
    by_hand = sum(
        signs[i] * signs[j] * float(e[:, i] @ e[:, j]) for i in range(5) for j in range(i)
    ) * np.sqrt(2 / (9 * 5 * 4))  # fmt: skip
    assert dependence.pesaran_cd(signs[:, None] * R * signs, 9) == pytest.approx(by_hand)


def test_exponent_tells_how_many_units_a_factor_reaches():
    rng = np.random.default_rng(5)
    T, n = 60, 100
    for alpha in (0.7, 1.0):
        reached = np.arange(n) < n**alpha
        found = []
        for _ in range(20):
            e = rng.standard_normal((T, n)) + rng.standard_normal((T, 1)) * reached * 2
            found.append(dependence.exponent(dependence.correlations(e), T))
        assert np.mean(found) == pytest.approx(alpha, abs=0.06)


def test_constant_residuals_have_no_correlations():
    e = np.random.default_rng(6).standard_normal((5, 3))
    e[:, 1] = 1.0
    assert dependence.correlations(e) is None
