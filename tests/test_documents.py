"""Word and Excel: what was written is read back; numbers are numbers, identifiers text, no text runs."""

import numpy as np
import pandas as pd
import pytest

import gbaspatial as gba
from gbaspatial.errors import FileFormatError
from gbaspatial.results import Result, Table
from gbaspatial.tables import compare

docx = pytest.importorskip("docx")
openpyxl = pytest.importorskip("openpyxl")

IDS = pd.Index(["0440100", "1E5", "123456789012345678", "=1+1"], name="id")
FRAME = pd.DataFrame({"x": [0.1 + 0.2, np.nan, -np.inf, 2e-7], "n": [1, 2, 3, 4], "big": [10**17, 1, 2, 3]}, index=IDS)


class Two(Result):
    __slots__ = ()

    def tables(self):
        return (Table(FRAME, "Values: [of/units]", ("a note",)), Table(FRAME * 2, "Values: twice"))


def test_a_workbook_holds_full_numbers_and_texts_of_identifiers(tmp_path):
    Two().to_excel(tmp_path / "a.xlsx")
    book = openpyxl.load_workbook(tmp_path / "a.xlsx")
    assert book.sheetnames == ["Values", "Values 2", "notes"]
    sheet = book["Values"]
    assert [cell.value for cell in sheet["A"]] == ["id", *IDS]
    assert {cell.data_type for cell in sheet["A"]} == {"s"}
    assert [cell.value for cell in sheet["B"]] == ["x", pytest.approx(0.1 + 0.2, rel=1e-15), None, "-inf", 2e-7]
    assert sheet["D2"].value == str(10**17)  # a spreadsheet would keep fifteen digits
    assert book["notes"]["A1"].value == "a note"


def test_the_workbook_of_a_comparison_has_one_number_a_cell(tmp_path):
    cities = gba.load_cities(year=2019)
    fit = gba.models.ols("log(gdp_pc_cny) ~ C(tier)", cities)
    table = compare({"OLS": fit}, below="p_value", stars=True)
    table.to_excel(tmp_path / "a.xlsx")
    frame = pd.read_excel(tmp_path / "a.xlsx", sheet_name="table")
    assert list(frame.columns) == ["block", "row", "what", "OLS"]
    assert frame["OLS"].dtype == float
    got = frame.set_index(["row", "what"])["OLS"]
    assert got["C(tier)[T.2]", "estimate"] == fit.params["C(tier)[T.2]"]
    assert (got.xs("p_value", level="what") >= 0).all()


def test_a_word_document_holds_the_cells_of_the_tables(tmp_path):
    table = Table(FRAME, "Values", ("a note",))

    class One(Result):
        __slots__ = ()

        def tables(self):
            return (table,)

    One().to_docx(tmp_path / "a.docx", decimals=1, caption="My values")
    document = docx.Document(tmp_path / "a.docx")
    words = [p.text for p in document.paragraphs]
    assert words[0] == "My values"
    assert "a note" in words
    rows = [[cell.text for cell in row.cells] for row in document.tables[0].rows]
    assert rows[0] == ["id", "x", "n", "big"]
    assert [row[0] for row in rows[1:]] == list(IDS)
    assert rows[1][1].strip("\u2007\u2008 ") == "0.3"


def test_a_wide_table_turns_the_page(tmp_path):
    class Wide(Result):
        __slots__ = ()

        def tables(self):
            return (Table(pd.DataFrame(np.ones((2, 12)))),)

    Wide().to_docx(tmp_path / "a.docx")
    section = docx.Document(tmp_path / "a.docx").sections[0]
    assert section.page_width > section.page_height


@pytest.mark.parametrize(("verb", "name"), [("to_docx", "a.doc"), ("to_excel", "a.csv"), ("to_excel", "a")])
def test_another_ending_is_refused_and_nothing_is_written(verb, name, tmp_path):
    with pytest.raises(FileFormatError, match="name the file so"):
        getattr(Two(), verb)(tmp_path / name)
    assert not list(tmp_path.iterdir())


def test_a_day_is_a_cell_without_a_time(tmp_path):
    class Days(Result):
        __slots__ = ()

        def tables(self):
            days = pd.to_datetime(["2018-10-24", "2018-10-25"])
            return (Table(pd.DataFrame({"day": days, "hour": days + pd.Timedelta("90min")}, index=["a", "b"])),)

    Days().to_excel(tmp_path / "a.xlsx")
    sheet = openpyxl.load_workbook(tmp_path / "a.xlsx").worksheets[0]
    assert "h" not in sheet["B2"].number_format
    assert "h" in sheet["C2"].number_format
    Days().to_docx(tmp_path / "a.docx")
    cells = [cell.text for cell in docx.Document(tmp_path / "a.docx").tables[0].rows[1].cells]
    assert cells == ["a", "2018-10-24", "2018-10-24 01:30:00"]
