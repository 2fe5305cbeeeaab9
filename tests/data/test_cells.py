"""The cells of table files: dates are dates, old workbooks say what reads them, longer rows are refused."""

import datetime as dt
import warnings

import openpyxl
import pandas as pd
import pytest

import gbaspatial as gba
from gbaspatial.errors import DataError, FileFormatError, MissingPackageError, OptionError, ReadingWarning

DAYS = ["2018-10-24", "2024-06-30"]


def test_dates_of_a_workbook_are_dates(tmp_path):
    pd.DataFrame({"code": ["a", "b"], "opened": pd.to_datetime(DAYS)}).to_excel(tmp_path / "d.xlsx", index=False)
    read = gba.read_panel(tmp_path / "d.xlsx", unit="code")["opened"]
    assert pd.api.types.is_datetime64_any_dtype(read)
    assert read.dt.strftime("%Y-%m-%d").tolist() == DAYS


def test_a_gap_among_dates_stays_missing_and_a_text_is_told(tmp_path):
    book = openpyxl.Workbook()
    for row in (["code", "opened"], ["a", dt.datetime(2018, 10, 24)], ["b", None], ["c", dt.date(2020, 1, 1)]):
        book.active.append(row)
    book.save(tmp_path / "d.xlsx")
    read = gba.read_panel(tmp_path / "d.xlsx", unit="code")["opened"]
    assert read.isna().tolist() == [False, True, False]
    book.active.append(["d", "soon"])
    book.save(tmp_path / "d.xlsx")
    with pytest.raises(DataError, match="holds dates but has 'soon' in row 5"):
        gba.read_panel(tmp_path / "d.xlsx", unit="code")


def test_dates_as_years_and_times_as_texts(tmp_path):
    frame = pd.DataFrame({"code": ["a", "b"], "year": pd.to_datetime(DAYS), "at": [dt.time(8), dt.time(9)]})
    frame.to_excel(tmp_path / "d.xlsx", index=False)
    read = gba.read_panel(tmp_path / "d.xlsx", unit="code", time="year")
    assert read.index.tolist() == [("a", 2018), ("b", 2024)]
    assert read["at"].astype(str).tolist() == ["08:00:00", "09:00:00"]


def test_old_and_locked_workbooks_say_what_to_do(tmp_path, monkeypatch):
    old = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600)
    for name in ("old.xls", "locked.xlsx"):
        (tmp_path / name).write_bytes(old)
    monkeypatch.setitem(__import__("sys").modules, "xlrd", None)
    with pytest.raises(MissingPackageError, match="save it as .xlsx.*pip install xlrd"):
        gba.read_panel(tmp_path / "old.xls", unit="code")
    with pytest.raises(FileFormatError, match="password"):
        gba.read_panel(tmp_path / "locked.xlsx", unit="code")


def test_a_cell_in_the_last_corner_is_told(tmp_path):
    book = openpyxl.Workbook()
    book.active["A1"], book.active["A2"] = "code", "a"
    book.active["XFD1048576"] = 1
    book.save(tmp_path / "far.xlsx")
    with pytest.raises(FileFormatError, match="far corners"):
        gba.read_panel(tmp_path / "far.xlsx", unit="code")


def test_longer_rows_are_refused_wherever_they_stand(tmp_path):
    for longer in (1, 70, 200):
        rows = [f"u{i},{i}" + (",9" if i == longer else "") for i in range(201)]
        (tmp_path / "t.csv").write_text("code,x\n" + "\n".join(rows) + "\n")
        with pytest.raises(FileFormatError, match=r"3"):
            gba.read_panel(tmp_path / "t.csv", unit="code")


def test_apostrophes_before_formulas_are_taken_off_and_told(tmp_path):
    (tmp_path / "t.csv").write_text("code,name\na,'=SUM(A1)\nb,'quoted'\nc,'@x\n")
    with pytest.warns(ReadingWarning, match="apostrophe"):
        read = gba.read_panel(tmp_path / "t.csv", unit="code")
    assert read["name"].tolist() == ["=SUM(A1)", "'quoted'", "@x"]


def test_old_stata_files_in_chinese_are_read(tmp_path):
    names = ["广州市", "深圳市", "珠海市"]
    frame = pd.DataFrame({"code": ["a", "b", "c"], "name": [n.encode("gbk").decode("latin-1") for n in names]})
    frame.to_stata(tmp_path / "old.dta", write_index=False, version=114)
    assert gba.read_panel(tmp_path / "old.dta", unit="code")["name"].tolist() == names


@pytest.mark.parametrize(
    ("name", "options"),
    [("t.csv", {"sheet": 1}), ("t.dta", {"encoding": "gbk"}), ("t.dta", {"header": 2}), ("t.csv", {"unit": 3}),
     ("t.csv", {"time": "code"}), ("t.csv", {"missing": 7}), ("t.csv", {"numeric": [1]}), ("t.xlsx", {"sheet": 5}),
     ("t.xlsx", {"sheet": 1.5})],
)  # fmt: skip
def test_options_that_nothing_would_use_are_refused(tmp_path, name, options):
    frame = pd.DataFrame({"code": ["a", "b"], "x": [1.0, 2.0]})
    path = tmp_path / name
    writers = {".csv": frame.to_csv, ".dta": lambda p: frame.to_stata(p, write_index=False), ".xlsx": frame.to_excel}
    writers[path.suffix](path)
    with pytest.raises(OptionError):
        gba.read_panel(path, **{"unit": "code", **options})


def test_formulas_that_nothing_has_calculated_are_told(tmp_path):
    book = openpyxl.Workbook()
    for row in (["code", "v", "w"], ["a", "=1+1", 1], ["b", 3, None]):
        book.active.append(row)
    book.save(tmp_path / "f.xlsx")
    with pytest.warns(ReadingWarning, match="formulas without results in B2, which"):
        table = gba.read_panel(tmp_path / "f.xlsx", unit="code")
    assert table["v"].isna().tolist() == [True, False]


def test_a_date_that_is_none_is_told_by_us_alone(tmp_path):
    book = openpyxl.Workbook()
    for row in (["code", "day"], ["a", 43397], ["b", 3_000_000]):
        book.active.append(row)
    for cell in ("B2", "B3"):
        book.active[cell].number_format = "yyyy-mm-dd"
    book.save(tmp_path / "d.xlsx")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        with pytest.raises(DataError, match="holds dates but has '#VALUE!' in row 3"):
            gba.read_panel(tmp_path / "d.xlsx", unit="code")


def test_an_open_quote_is_told_in_a_sentence(tmp_path):
    (tmp_path / "q.csv").write_text('code,v\n"a,1\nb,2\n')
    with pytest.raises(FileFormatError, match="opens a quote that never ends"):
        gba.read_panel(tmp_path / "q.csv", unit="code")


def test_shorter_rows_are_told_by_number(tmp_path):
    file = tmp_path / "s.csv"
    file.write_text('title\ncode,x,y\na,1,2\nb,3\n"c, d",4,\ne\n', encoding="utf-8")
    with pytest.warns(ReadingWarning, match=r"s\.csv has fewer cells than the header in row 4, 6;") as told:
        read = gba.read_panel(file, unit="code", header=2)
    assert len(told) == 1
    assert read["y"].isna().tolist() == [False, True, True, True]


@pytest.mark.parametrize("text", ["code,x,y\na,1,2\nb,3,\n", "code,x,y\na,1,\n\n\n", 'code,x\na,"1\n2"\n'])
def test_rows_of_one_length_are_told_nothing(tmp_path, text):
    (tmp_path / "s.csv").write_text(text, encoding="utf-8")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        gba.read_panel(tmp_path / "s.csv", unit="code")


@pytest.mark.parametrize("value", [440106199001011234, 4.4010619900101123e17, 2**53 + 1])
def test_ids_that_a_spreadsheet_has_cut_are_refused(tmp_path, value):
    book = openpyxl.Workbook()
    for row in (["code", "x"], [2**53 - 1, 1], [value, 2]):
        book.active.append(row)
    book.save(tmp_path / "ids.xlsx")
    with pytest.raises(DataError, match="have lost their last digits in row 3, such as .* give these ids as text"):
        gba.read_panel(tmp_path / "ids.xlsx", unit="code")


@pytest.mark.parametrize("value", ["4.40106E+17", "4E+11", "4,40106E+17"])
def test_ids_that_a_spreadsheet_has_shortened_in_csv_are_refused(tmp_path, value):
    (tmp_path / "ids.csv").write_text(f'code,x\n440106,1\n"{value}",2\n')
    with pytest.raises(DataError, match=r"in row 3, such as 4[.,\dE+]*: spreadsheets keep 15"):
        gba.read_panel(tmp_path / "ids.csv", unit="code")


def test_long_ids_that_are_whole_are_read(tmp_path):
    ids = [440106199001011234, 440106199001011235]
    (tmp_path / "ids.csv").write_text("code,x\n" + "".join(f"{i},1\n" for i in ids))
    pd.DataFrame({"code": ids, "x": 1}).to_parquet(tmp_path / "ids.parquet")
    for name in ("ids.csv", "ids.parquet"):
        assert gba.read_panel(tmp_path / name, unit="code").index.tolist() == [str(i) for i in ids]
