"""Two variables in one square of classes, and values around a center."""

import browser
import numpy as np
import pandas as pd
import pytest
from small_world import HOSTILE, grid_of

from gbaspatial import maps
from gbaspatial.errors import DataError, OptionError
from gbaspatial.maps.choropleth import breaks_around
from gbaspatial.maps.two_variables import mixed


def test_each_unit_is_in_the_class_of_both_its_values(tmp_path):
    rng = np.random.default_rng(1)
    units = grid_of(5, 6).assign(x=rng.random(30), y=rng.random(30))
    units.loc["u3", "y"] = np.nan
    fill = maps.bivariate("x", "y", k=3).payload(units)
    upper = {c: np.quantile(units[c].dropna(), [1 / 3, 2 / 3]) for c in "xy"}
    for letter, (_, row) in zip(fill["codes"][0], units.iterrows(), strict=True):
        at = ord(letter) - 97
        if np.isnan(row["y"]):
            assert fill["legend"][at][1] == "No data"
            continue
        across, up = (int((row[c] > upper[c]).sum()) for c in "xy")
        assert at == 3 * up + across
        assert fill["legend"][at][0] == mixed(3, 3)[at]
    page = maps.atlas(units, maps.bivariate("x", "y", label=HOSTILE[0]), context=False)
    with browser.open_page(page.save(tmp_path / "map.html")) as opened:
        cells = opened.evaluate("[...document.querySelectorAll('.gba-grid td div')].map(d => +d.textContent)")
        assert sum(cells) == 29
        assert len(cells) == 9
        assert (opened.requests, opened.errors, opened.dialogs) == ([], [], [])


def test_colors_of_a_square_are_all_different():
    for k in (2, 3, 4):
        assert len(set(mixed(k, k))) == k * k


@pytest.mark.parametrize("k", range(2, 13))
@pytest.mark.parametrize("center", [-3.0, 0.0, 1.0])
def test_classes_lie_equally_far_on_both_sides(k, center):
    values = pd.Series(np.random.default_rng(k).normal(center + 0.3, 2, 200))
    breaks = np.array(breaks_around(values, center, k))
    assert breaks + breaks[::-1] == pytest.approx(2 * center)
    assert len(breaks) == k - 1
    assert (center in breaks) == (k % 2 == 0)


def test_values_at_the_center_alone_are_one_class():
    units = grid_of(1, 3).assign(x=0.0)
    assert len(set(maps.diverging("x").payload(units)["codes"][0])) == 1


@pytest.mark.parametrize(
    ("layer", "error", "words"),
    [
        (lambda: maps.bivariate("x", 3), OptionError, "second=3 must be text"),
        (lambda: maps.bivariate("x", "y", k=9), OptionError, "k=9"),
        (lambda: maps.bivariate("x", "name").payload(grid_of(1, 2).assign(name=["a", "b"])), DataError, "not numeric"),
        (lambda: maps.diverging("x", center="middle"), OptionError, "center"),
        (lambda: maps.diverging("x", k=1), OptionError, "k=1"),
    ],
)
def test_what_has_no_square_and_no_center_is_said(layer, error, words):
    with pytest.raises(error, match=words):
        layer()
