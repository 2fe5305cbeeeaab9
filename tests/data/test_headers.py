"""Titles above the header, merged cells, years in Chinese and years as columns."""

import openpyxl
import pandas as pd
import pytest

import gbaspatial as gba
from gbaspatial.data.headers import year_of
from gbaspatial.errors import AlignmentError, FileFormatError, OptionError, UnknownNameError


def workbook(path, rows, merged=()):
    book = openpyxl.Workbook()
    for row in rows:
        book.active.append(row)
    for cells in merged:
        book.active.merge_cells(cells)
    book.save(path)
    return path


TITLED = [["表1 主要指标"], ["单位：万元"], [], ["code", "年份", "gdp"], ["a", "2019年", 1], ["a", "2020年", 2]]


def test_titles_above_the_header_are_told_and_skipped(tmp_path):
    path = workbook(tmp_path / "t.xlsx", TITLED)
    with pytest.raises(FileFormatError, match=r"row 1 is a title \('表1 主要指标'\).*row 4; say header=4"):
        gba.read_panel(path, unit="code", time="年份")
    read = gba.read_panel(path, unit="code", time="年份", header=4)
    assert read["gdp"].to_dict() == {("a", 2019): 1, ("a", 2020): 2}
    (tmp_path / "t.csv").write_text("\n".join(",".join(map(str, row)) for row in TITLED), encoding="gb18030")
    with pytest.raises(FileFormatError, match="say header=4"):
        gba.read_panel(tmp_path / "t.csv", unit="code")
    assert gba.read_panel(tmp_path / "t.csv", unit="code", time="年份", header=4)["gdp"].tolist() == [1, 2]


def test_rows_in_errors_are_those_of_the_file(tmp_path):
    path = workbook(tmp_path / "t.xlsx", [*TITLED, [None, "2021年", 3]])
    with pytest.raises(AlignmentError, match="no id in row 7.*fill_down"):
        gba.read_panel(path, unit="code", time="年份", header=4)


def test_merged_cells_are_filled_on_request(tmp_path):
    rows = [["city", "year", "x"], ["广州", 2019, 1], [None, 2020, 2], ["深圳", 2019, 3], [None, 2020, 4]]
    path = workbook(tmp_path / "t.xlsx", rows, ["A2:A3", "A4:A5"])
    with pytest.raises(AlignmentError, match=r"row 3, 5.*fill_down=\['city'\]"):
        gba.read_panel(path, unit="city", time="year")
    read = gba.read_panel(path, unit="city", time="year", fill_down=["city"])
    assert read["x"].to_dict() == {("广州", 2019): 1, ("广州", 2020): 2, ("深圳", 2019): 3, ("深圳", 2020): 4}
    with pytest.raises(UnknownNameError, match="'ciry' to fill down. Did you mean city"):
        gba.read_panel(path, unit="city", fill_down=["ciry"])


@pytest.mark.parametrize("years", [["2010年", "2011年"], [2010, 2011], ["2010", "2011"], ["2010年度", "2011年度"]])
def test_years_as_columns_are_told_and_turned(tmp_path, years):
    path = workbook(tmp_path / "wide.xlsx", [["code", *years], ["a", 1, 2], ["b", 3, 4]])
    with pytest.raises(UnknownNameError, match=r"years stand as columns \(2010, 2011\).*gba.data.long"):
        gba.read_panel(path, unit="code", time="year")
    turned = gba.data.long(gba.read_panel(path, unit="code"), "gdp")
    assert turned["gdp"].to_dict() == {("a", 2010): 1, ("a", 2011): 2, ("b", 2010): 3, ("b", 2011): 4}
    assert turned.index.names == ["code", "year"]


def test_a_table_that_is_not_of_years_is_not_turned():
    with pytest.raises(UnknownNameError, match="no column of the table is a year"):
        gba.data.long(pd.DataFrame({"x": [1]}), "x")
    with pytest.raises(OptionError, match="name are no years"):
        gba.data.long(pd.DataFrame({"name": ["a"], "2010": [1]}), "x")
    with pytest.raises(OptionError, match="the same year"):
        gba.data.long(pd.DataFrame({"2010年": [1], "2010": [1]}), "x")


@pytest.mark.parametrize(
    "cell", [2010, 2010.0, "2010", " 2010 ", "2010年", "2010 年", "２０１０年", "2010年度", "2010年末"]
)
def test_2010_is_2010(cell):
    assert year_of(cell) == 2010


@pytest.mark.parametrize("cell", ["2010-12", "20100", "12", None, True, "2010a", float("nan"), "x2010"])
def test_what_is_no_year_is_none(cell):
    assert year_of(cell) is None


@pytest.mark.parametrize("header", [0, -1, 1.5, "1", True, 99])
def test_other_headers_are_refused(tmp_path, header):
    path = workbook(tmp_path / "t.xlsx", TITLED)
    with pytest.raises(OptionError, match="header="):
        gba.read_panel(path, unit="code", header=header)


@pytest.mark.parametrize("begins", ["gdp_", "GDP", "地区生产总值 ", "x.y-"])
def test_years_in_the_names_of_columns_are_told_with_a_cure_that_runs(tmp_path, begins):
    path = workbook(tmp_path / "wide.xlsx", [["code", "tier", f"{begins}2010", f"{begins}2011"], ["a", 1, 2, 3]])
    with pytest.raises(UnknownNameError, match="years stand in the names of columns") as told:
        gba.read_panel(path, unit="code", time="year")
    cure = str(told.value).split("turn what is read: ")[1].removesuffix(".")
    turned = eval(cure, {"gba": gba, "table": gba.read_panel(path, unit="code")})
    assert turned["value"].to_dict() == {("a", 2010): 2, ("a", 2011): 3}
