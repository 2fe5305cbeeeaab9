"""p_joint: not below the p-value of a test alone, and equal to it where there is one test."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import gbaspatial as gba
from gbaspatial.weights import Weights

ac = gba.autocorrelation


def line(n: int) -> Weights:
    links = np.eye(n, k=1) + np.eye(n, k=-1)
    return Weights(links, pd.Index([f"u{k:02d}" for k in range(n)], name="unit")).row_standardized()


def trended(n: int, seed: int) -> pd.Series:
    rng = np.random.default_rng(seed)
    return pd.Series(np.linspace(0, 2, n) + rng.normal(size=n), index=line(n).ids, name="x")


@pytest.mark.parametrize("statistic", ["moran", "geary", "correlation"])
@pytest.mark.parametrize("n", [8, 24])  # all orders, random ones
@pytest.mark.parametrize("alternative", ["two-sided", "greater", "less"])
def test_a_correlogram_has_joint_p_values(statistic, n, alternative):
    kind = "exact" if n == 8 else "permutation"
    options = {"statistic": statistic, "alternative": alternative, "inference": kind, "rng": 1}
    for seed in range(3):
        frame = ac.correlogram(trended(n, seed), line(n), orders=4, **options).table
        assert (frame["p_joint"] >= frame["p_value"] - 1e-12).all()
        assert frame["p_joint"].between(0, 1).all()
        # the smallest is not adjusted more than by Bonferroni, up to the error of the draws
        assert frame["p_joint"].min() <= 4 * frame["p_value"].min() + 0.02
        one = ac.correlogram(trended(n, seed), line(n), orders=1, **options).table
        assert one["p_joint"].iloc[0] == one["p_value"].iloc[0]


@pytest.mark.parametrize("n", [8, 24])
def test_one_period_is_not_adjusted(n):
    panel = pd.concat({2020: trended(n, 1)}, names=["year"]).swaplevel()
    table = ac.moran_by(panel, line(n), rng=1).table
    assert table["p_joint"].iloc[0] == table["p_value"].iloc[0]


def test_the_joint_p_value_of_a_correlogram_is_that_of_the_smallest_p_over_the_same_orders():
    y, w = trended(24, 2), line(24)
    frame = ac.correlogram(y, w, orders=3, inference="permutation", alternative="greater", rng=5).table
    binary = [Weights((np.abs(np.subtract.outer(range(24), range(24))) == k) * 1.0, w.ids) for k in (1, 2, 3)]
    drawn = [ac.moran(y, m.row_standardized(), inference="permutation", alternative="greater", rng=5) for m in binary]
    every = np.column_stack([np.append(each.null.sample, each.statistic) for each in drawn])
    p = np.column_stack([[np.mean(column >= value - 1e-12) for value in column] for column in every.T])
    best = int(np.argmin(p[-1]))
    assert frame["p_joint"].iloc[best] == pytest.approx(np.mean(p.min(axis=1) <= p[-1, best] + 1e-12), abs=1e-9)


def test_it_is_shown_with_its_orders_and_left_out_where_none_are_drawn():
    found = ac.correlogram(trended(24, 2), line(24), orders=3, inference="permutation", rng=5)
    assert "p_joint" in found.tables()[0].frame.columns
    assert "p_joint: 9,999 orders of the units, the same in all classes" in found.tables()[0].notes[0]
    found = ac.correlogram(trended(24, 2), line(24), orders=3, inference="randomization")
    assert "p_joint" not in found.table.columns
    assert "p_joint" not in found.tables()[0].frame.columns


# -- local tests of the years of a panel ------------------------------------------------------
def persistent(n: int, years: int = 20, seed: int = 0) -> pd.Series:
    """Values that hardly change, falling from one end of the line."""
    rng = np.random.default_rng(seed)
    level = np.r_[9.0 - np.arange(n // 4), rng.normal(size=n - n // 4)]
    wide = pd.DataFrame({2001 + t: level + 0.02 * rng.normal(size=n) for t in range(years)}, index=line(n).ids)
    return wide.rename_axis(columns="year").stack().rename("x")


def both(n: int, **options):
    panel = persistent(n)
    return [call(panel, line(n), **options) for call in (ac.emerging_hot_spots, ac.lisa_transitions)]


@pytest.mark.parametrize("inference", ["exact", "permutation", "auto"])
def test_years_that_are_alike_stay_found_where_holm_loses_them(inference):
    for found in both(16, inference=inference, rng=1):
        joint, holm, raw = found.p_joint, found.p_adjusted, found.p_value
        assert (joint.to_numpy() >= raw.to_numpy() - 1e-12).all()
        for unit in raw.index:
            np.testing.assert_allclose(holm.loc[unit], gba.inference.adjust(raw.loc[unit].to_numpy(), "holm"))
        assert (joint.min(axis=1) < 0.05).sum() > (holm.min(axis=1) < 0.05).sum()
        assert "units exchange their whole histories" in str(found)
        assert "p_any_joint" in str(found)


def test_without_draws_holm_alone_is_shown():
    for found in both(16, inference="randomization"):
        assert found.p_joint.isna().all().all()
        assert found.p_adjusted.notna().all().all()
        assert "p_any_joint " not in str(found).split("p_any: ")[0]
        assert "for p_any_joint use inference='permutation'" in str(found)


def test_the_order_of_units_does_not_matter_to_joint_p_values():
    panel, w = persistent(16), line(16)
    order = np.random.default_rng(2).permutation(16)
    for call in (ac.emerging_hot_spots, ac.lisa_transitions):
        one = call(panel, w, rng=3, draws=499)
        other = call(panel.sample(frac=1, random_state=1), w.subset(w.ids[order]), rng=3, draws=499)
        pd.testing.assert_frame_equal(one.p_joint, other.p_joint.loc[one.p_joint.index])


def test_a_unit_without_neighbors_has_no_joint_p_value():
    links = np.eye(8, k=1) + np.eye(8, k=-1)
    links[0] = links[:, 0] = 0
    for call in (ac.emerging_hot_spots, ac.lisa_transitions):
        found = call(persistent(8), Weights(links, line(8).ids), rng=1, draws=99)
        assert found.p_joint.loc["u00"].isna().all()
        assert found.p_joint.drop("u00").notna().all().all()
