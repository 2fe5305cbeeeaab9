"""Estimates whose intervals have no end: told in words, seen in tables and pictures, refused where none has one."""

import warnings

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, strategies as st

import gbaspatial as gba
from gbaspatial.errors import OptionError
from gbaspatial.models.impacts.open_ends import ends_of, nothing_ends, open_rows

FORMULA = "log(gdp_pc_cny) ~ log(employment)"


def _fit(year, k):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", gba.errors.CaveatWarning)  # of columns that are not used here
        cities = gba.load_cities(year=year)
    return cities, gba.models.lag(FORMULA, cities, gba.weights.nearest(cities, k=k).row_standardized())


FITS = {"some": _fit(2010, 2), "none": _fit(2010, 3), "all": _fit(2015, 2)}
DOORS = {
    "scenario": lambda cities, fit, **how: gba.spillover.scenario(
        fit, {"Foshan": {"employment": 1.05}}, groups=cities["tier"], **how
    ),
    "balance": lambda cities, fit, **how: gba.spillover.balance(fit, groups=cities["tier"], **how),
    "decay": lambda cities, fit, **how: gba.spillover.decay(fit, cities, **how),
    "allocate": lambda cities, fit, **how: gba.spillover.allocate(fit, "employment", groups=cities["tier"], **how),
}


def _asked(door, fit):
    """What a door gives, or the sentence with which it refuses."""
    try:
        return DOORS[door](*FITS[fit]), ""
    except OptionError as error:
        return None, str(error)


def _tables(found):
    frames = [table.frame for table in found.tables()]
    return [frame for frame in frames if any(str(column).endswith("lower") for column in frame)]


@pytest.mark.parametrize("fit", FITS)
@pytest.mark.parametrize("door", DOORS)
def test_no_interval_without_an_end_is_silent(door, fit, tmp_path):
    cities, model = FITS[fit]
    found, refusal = _asked(door, fit)
    if found is None:
        assert "so that no interval has an end at 95%" in refusal
        assert "method='delta'" in refusal
        sure = DOORS[door](cities, model, method="delta")
        assert not any(open_rows(frame).any() for frame in _tables(sure))
        assert "Not determined" not in str(sure)
        return
    frames = _tables(found)
    assert not nothing_ends(frames)
    told = [note for table in found.tables() for note in table.notes if note.startswith("Not determined at 95%")]
    assert bool(told) == any(open_rows(frame).any() for frame in frames)
    path = tmp_path / "found.json"
    found.to_json(path)
    again = gba.read_result(path)
    for one, other in zip(found.tables(), again.tables(), strict=True):
        pd.testing.assert_frame_equal(one.frame, other.frame, check_dtype=False)


def test_all_three_kinds_of_fit_are_here():
    """The suite above sees what is refused, what is told, and what is bounded."""
    seen = set()
    for cities, model in (*FITS.values(), _fit(2019, 2)):
        try:
            found = gba.spillover.balance(model, groups=cities["tier"])
        except OptionError:
            seen.add("refused")
            continue
        seen.add("told" if open_rows(found.units).any() else "bounded")
    assert seen == {"refused", "told", "bounded"}


def test_impacts_tell_what_has_no_end_and_are_given_all_the_same():
    _, model = FITS["none"]
    found = model.impacts()
    assert np.isinf(found.total[["lower", "upper"]]).all(axis=None)
    assert any(note.startswith("Not determined at 95%: direct of log(employment), indirect of") for note in found.notes)
    assert not any("Not determined" in note for note in model.impacts(method="delta").notes)
    cities, _ = FITS["none"]
    assert any("tier 1, tier 2, tier 3, 1 to 1" in note for note in found.by_group(cities["tier"]).notes)


def _arrows(ax):
    return [line for line in ax.get_lines() if line.get_marker() in ("^", "v", "<", ">")]


def test_pictures_draw_what_has_no_end_as_an_arrow():
    cities, model = FITS["some"]
    for name in ("balance", "allocate", "decay"):
        found = DOORS[name](cities, model)
        assert _arrows(found.plot()), name
        assert not _arrows(DOORS[name](cities, model, method="delta").plot())
    found = DOORS["balance"](cities, model)
    assert "(not determined: Guangzhou, " in found.plot(cities).get_title("left").replace("\n", " ")
    assert "not determined" not in DOORS["balance"](cities, model, method="delta").plot(cities).get_title("left")


def test_the_waterfall_shows_the_interval_of_the_total():
    cities, model = FITS["some"]
    found = DOORS["scenario"](cities, model, method="delta")
    line = found.plot().get_lines()[-1]
    np.testing.assert_allclose(line.get_xdata(), found.groups.loc["all", ["lower", "upper"]].astype(float))
    open_one = DOORS["scenario"](cities, model)
    assert bool(np.isinf(open_one.groups.loc["all", ["lower", "upper"]].astype(float)).any()) == bool(
        _arrows(open_one.plot())
    )


ENDS = st.sampled_from([-np.inf, -1.0, 0.0, 1.0, np.inf, np.nan])


@given(st.lists(st.tuples(ENDS, ENDS, ENDS, ENDS), min_size=1, max_size=6))
def test_ends_are_read_from_all_columns_of_ends(rows):
    frame = pd.DataFrame(rows, columns=["lower", "upper", "net_lower", "net_upper"])
    assert ends_of(frame).shape == (len(rows), 2, 2)
    assert open_rows(frame).tolist() == [any(np.isinf(row)) for row in rows]
    pairs = [pair for row in rows for pair in (row[:2], row[2:])]
    moving = [pair for pair in pairs if pair != (0.0, 0.0) and not all(np.isnan(pair))]
    assert nothing_ends([frame]) == (bool(moving) and not any(np.isfinite(end) for pair in moving for end in pair))
