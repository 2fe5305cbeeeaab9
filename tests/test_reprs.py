"""What a console shows of anything that the toolkit gives: short, however many units there are."""

import numpy as np
import pandas as pd
import pytest
from calls import CALLS, made

from gbaspatial.results import Result, Summary, Table

OBJECTS = sorted(name for name in CALLS if name.startswith(("maps.", "export.", "weights.")))


@pytest.mark.parametrize("name", OBJECTS)
def test_objects_are_one_short_line(name):
    shown = made(name)
    if isinstance(shown, Result) or not type(shown).__module__.startswith("gbaspatial"):
        return
    text = repr(shown)
    assert "\n" not in text
    assert len(text) < 220
    assert " at 0x" not in text


def long_table(rows):
    index = pd.Index([f"unit {i}" for i in range(rows)], name="id")
    return Table(pd.DataFrame({"x": np.arange(rows) / 4}, index=index), "Many", ("A note.",))


class Many(Result):
    def tables(self):
        return (long_table(3000), long_table(60))


def test_a_long_table_shows_both_ends_and_says_so():
    table = long_table(3000)
    text, page = repr(table), table._repr_html_()
    for shown in (text, page):
        assert "unit 0" in shown
        assert "unit 2999" in shown
        assert "unit 1500" not in shown
        assert "30 of 3,000 rows" in shown
        assert "A note." in shown
    assert text.count("\n") < 45
    assert len(page) < 20_000
    lines = text.splitlines()
    assert lines[lines.index(next(line for line in lines if line.startswith("unit 14 "))) + 1].startswith("...")


def test_what_is_asked_for_has_every_row():
    table = long_table(3000)
    for whole in (str(table), table.to_html(), table.to_latex(), table.to_markdown(), str(Many())):
        assert "1500" in whole
        assert "..." not in whole
    assert len(Many().to_frame()) == 3000


def test_a_short_table_is_shown_whole():
    table = long_table(60)
    assert repr(table) == str(table)
    assert table._repr_html_() == table.to_html()


def test_a_result_and_its_summary_are_as_short():
    shown = Many()
    assert repr(shown) == repr(shown.summary())
    assert isinstance(shown.summary(), Summary)
    assert shown._repr_html_() == shown.summary()._repr_html_()
    assert repr(shown).count("\n") < 120
    assert "..." in repr(shown)
