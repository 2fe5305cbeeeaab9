"""What a console shows of anything that the toolkit gives: short, however many units there are."""

import re

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


def results():
    return [name for name in CALLS if name.partition(".")[0] in ("models", "tables", "disparity", "inference")]


@pytest.mark.parametrize("name", results())
def test_parameters_are_mathematics_and_decimals_are_those_asked_for_in_every_table(name):
    result = made(name)
    if not isinstance(result, Result):
        return
    latex = result.to_latex(decimals=2, caption="Caption", label="tab:x")
    assert latex.count("\\label{tab:x}") == latex.count("\\caption{Caption}") == 1
    lines = [line for line in latex.splitlines() if not line.startswith("\\par")]
    assert not [line for line in lines if re.match(r"(rho|lambda|sigma2) &", line)]
    cells = [cell.strip() for line in lines if "&" in line for cell in line.removesuffix(r"\\").split("&")]
    long = re.compile(r"[(\[]?(\$-\$)?\d+\.\d{3,}[)\]]?(\\phantom\{.*\})?")
    assert not [cell for cell in cells if long.fullmatch(cell)]
