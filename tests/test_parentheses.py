"""Numbers stand alone in CSV and Excel: a spreadsheet reads ``(0.0569)`` as -0.0569."""

import csv
import io
import re

import openpyxl
import pandas as pd
import pytest
from calls import CALLS, VERBS, made
from click.testing import CliRunner

import gbaspatial as gba
from gbaspatial.cli import main
from gbaspatial.cli.output import write as shown
from gbaspatial.results import Result

READ_AS_NEGATIVE = re.compile(r"\s*[(\[]\s*[-+]?[\d.,]+(?:[eE][-+]?\d+)?\s*[%*]*\s*[)\]]\s*")
# Ours never need the guard of formulas: numbers stand alone, and no text of ours begins as a formula does.
READ_AS_FORMULA = re.compile(r"'|[=+@\t\r]|-(?!(\d+\.?\d*(e[-+]?\d+)?|inf)$)")
QUICK = [
    name
    for name in CALLS
    if name.partition(".")[0] not in ("partitions", "report", "opinions", "figures", "data", "doctor")
]


def lone_brackets(cells):
    """The cells that a spreadsheet would read as a negative number, or whose number hides behind brackets."""
    return [cell for cell in cells if isinstance(cell, str) and READ_AS_NEGATIVE.fullmatch(cell)]


def cells_of_workbook(path):
    book = openpyxl.load_workbook(path)
    return [cell.value for sheet in book for row in sheet.iter_rows() for cell in row]


def results():
    for name in QUICK:
        yield pytest.param(lambda name=name: made(name), id=name)
    for number, verb in enumerate(VERBS):
        yield pytest.param(verb, id=f"verb {number}")


def test_the_law_sees_what_it_forbids():
    assert lone_brackets(["(0.0569)", "[0.1]", "(1.2e-05)", "( 3 )", "(-0.4)"]) == [
        "(0.0569)", "[0.1]", "(1.2e-05)", "( 3 )", "(-0.4)",
    ]  # fmt: skip
    assert lone_brackets(["L(y)", "log(x)", "(a)", "0.5", "C(tier)[T.2]", 3, None]) == []


@pytest.mark.parametrize("make", results())
def test_no_result_hides_a_number_in_brackets(make, tmp_path, capsys):
    result = make()
    if not isinstance(result, Result):
        return
    result.to_excel(tmp_path / "a.xlsx")
    assert lone_brackets(cells_of_workbook(tmp_path / "a.xlsx")) == []
    shown(result, "csv", None)
    cells = [cell for row in csv.reader(io.StringIO(capsys.readouterr().out)) for cell in row]
    assert lone_brackets(cells) == []
    assert [cell for cell in cells if READ_AS_FORMULA.match(cell)] == []


def test_what_is_said_of_w_needs_no_apostrophe(capsys):
    shown(list(gba.weights.contiguity(gba.load_cities()).describe()), "csv", None)
    cells = [cell for row in csv.reader(io.StringIO(capsys.readouterr().out)) for cell in row]
    assert float(cells[cells.index("admissible rho, above") + 1]) < 0
    assert [cell for cell in cells if READ_AS_FORMULA.match(cell)] == []


@pytest.mark.parametrize("below", ["std_error", "p_value", "interval"])
def test_compared_models_have_brackets_only_for_eyes(below, tmp_path):
    words = ["compare", "log(gdp_pc_cny) ~ C(tier)", "--year", "2019", "--models", "ols,lag", "--below", below]
    for ending in ("csv", "xlsx", "tex", "html"):
        done = CliRunner().invoke(main, [*words, "--out", str(tmp_path / f"a.{ending}")])
        assert done.exit_code == 0, done.output
    rows = csv.reader((tmp_path / "a.csv").read_text(encoding="utf-8").splitlines())
    assert lone_brackets(cell for row in rows for cell in row) == []
    assert lone_brackets(cells_of_workbook(tmp_path / "a.xlsx")) == []
    for ending in ("tex", "html"):
        text = (tmp_path / f"a.{ending}").read_text(encoding="utf-8")
        assert re.search(r"[(\[][-<]?\d", text), ending


def test_layers_have_none(tmp_path):
    cities = gba.load_cities(year=2019)
    lisa = gba.autocorrelation.local_moran(cities["gdp_pc_cny"], gba.weights.contiguity(cities))
    layer = lisa.to_gis(cities)
    gba.export.csv(tmp_path / "a.csv", layer)
    gba.export.xlsx(tmp_path / "a.xlsx", layer)
    assert lone_brackets(pd.read_csv(tmp_path / "a.csv", dtype=str).stack()) == []
    assert lone_brackets(cells_of_workbook(tmp_path / "a.xlsx")) == []
