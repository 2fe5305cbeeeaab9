"""Texts that stand for numbers: told where they are left as text, read where that is asked for."""

import warnings

import pandas as pd
import pytest
from hypothesis import given, strategies as st

import gbaspatial as gba
from gbaspatial.data.number_texts import NumberTexts, way_of
from gbaspatial.errors import DataError, OptionError, ReadingWarning


def write(tmp_path, *cells, name="t.csv"):
    rows = "\n".join(f'{code},"{cell}"' for code, cell in zip("abcdefgh", cells))
    (tmp_path / name).write_text(f"code,x\n{rows}\n", encoding="utf-8")
    return tmp_path / name


@pytest.mark.parametrize(
    ("cells", "options", "numbers"),
    [
        (["12%", "7.5%", "-3 %"], {"percent": "points"}, [12, 7.5, -3]),
        (["12%", "7.5%", "-3 %"], {"percent": "share"}, [0.12, 0.075, -0.03]),
        (["1,234", "1,234,567.5", "-2,000"], {"thousands": ","}, [1234, 1234567.5, -2000]),
        (["3,5", "1,25", "-0,1"], {"decimal": ","}, [3.5, 1.25, -0.1]),
        (["1.234,5", "2.000,25", "1.000.000,0"], {"decimal": ",", "thousands": "."}, [1234.5, 2000.25, 1e6]),
        (["1 234", "12 345", "1 000 000"], {"thousands": " "}, [1234, 12345, 1e6]),
        (["1'234", "12'345", "999"], {"thousands": "'"}, [1234, 12345, 999]),
        (["1,234%", "5,678%", "9,000%"], {"thousands": ",", "percent": "points"}, [1234, 5678, 9000]),
    ],
)
def test_texts_are_told_and_read_on_request(tmp_path, cells, options, numbers):
    path = write(tmp_path, *cells)
    if cells[-1] != "999":
        with pytest.warns(ReadingWarning, match="nearly all numbers") as told:
            left = gba.read_panel(path, unit="code")["x"]
        assert left.tolist() == cells
        assert all(f"{name}=" in str(told[0].message) for name in options)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert gba.read_panel(path, unit="code", **options)["x"].tolist() == pytest.approx(numbers)


def test_full_width_digits_and_other_minus_signs_are_numbers(tmp_path):
    assert gba.read_panel(write(tmp_path, "１２．５", "−3", "4"), unit="code")["x"].tolist() == [12.5, -3, 4]


def test_words_codes_and_ranges_stay_text_without_a_word(tmp_path):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for cells in (["red", "blue", "1,234"], ["0755", "0760", "1234"], ["1-5", "6-10", "11-20"], ["1,2", "a", "b"]):
            assert gba.read_panel(write(tmp_path, *cells), unit="code")["x"].tolist() == cells


def test_a_column_of_numbers_with_some_in_another_way_tells_the_option(tmp_path):
    with pytest.raises(DataError, match=r"'1,234' in row 4.*thousands=','"):
        gba.read_panel(write(tmp_path, "1", "2", "1,234"), unit="code")
    with pytest.raises(DataError, match="'12' in row 4"):  # 12 or 0.12? nobody can know
        gba.read_panel(write(tmp_path, "1%", "2%", "12"), unit="code", percent="share")
    with pytest.raises(DataError, match="'1.5' in row 4"):
        gba.read_panel(write(tmp_path, "1,5", "2,5", "1.5"), unit="code", decimal=",")


def test_digits_beyond_what_a_number_keeps_stay_text(tmp_path):
    cells = ["12345678901234567890123", "12345678901234567890124"]
    assert gba.read_panel(write(tmp_path, *cells), unit="code")["x"].tolist() == cells


@pytest.mark.parametrize(
    "options",
    [
        {"decimal": ";"},
        {"decimal": None},
        {"thousands": "x"},
        {"thousands": "."},
        {"percent": True},
        {"percent": "yes"},
    ],
)
def test_other_options_are_refused(tmp_path, options):
    with pytest.raises(OptionError, match=next(iter(options))):
        gba.read_panel(write(tmp_path, "1"), unit="code", **options)


@given(number=st.integers(-(10**12), 10**12), mark=st.sampled_from([",", " ", "'"]))
def test_every_number_written_with_marks_is_that_number(number, mark):
    text = f"{number:,}".replace(",", mark)
    assert NumberTexts(thousands=mark).value(text) == number


@given(
    text=st.text(max_size=12),
    options=st.sampled_from([NumberTexts(), NumberTexts(",", "."), NumberTexts(".", ",", "share")]),
)
def test_any_text_is_a_number_or_none(text, options):
    value = options.value(text)
    assert value is None or isinstance(value, float)


def test_the_way_of_words_is_none():
    assert way_of(pd.Series(["a", "b"])) is None
    assert way_of(pd.Series([], dtype=object)) is None


@pytest.mark.parametrize(
    "cells",
    [
        ["¥12", "¥7.5", "-¥3"],
        ["12万", "7.5万", "3亿"],
        ["1,200元", "300元", "5万元"],
        ["US$ 5", "US$ 6", "US$ 7"],
        ["３千", "４千", "５千"],
    ],
)
def test_signs_of_money_and_units_are_told(tmp_path, cells):
    with pytest.warns(ReadingWarning, match="nearly all numbers.*take away the sign of money or the unit"):
        left = gba.read_panel(write(tmp_path, *cells), unit="code")["x"]
    assert left.tolist() == cells


@pytest.mark.parametrize(
    "cells", [["千", "万", "百"], ["12km", "7km", "3km"], ["A12", "B7", "C3"], ["2019年", "2020年", "2021年"]]
)
def test_words_with_digits_are_not_taken_for_money(tmp_path, cells):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert gba.read_panel(write(tmp_path, *cells), unit="code")["x"].tolist() == cells


def test_numbers_in_brackets_are_told_as_negative_ones_of_accounts(tmp_path):
    path = write(tmp_path, "1,200", "(10)", "(1,234.5)", "7")
    with pytest.warns(ReadingWarning, match=r"'x'.*a number in brackets is negative in accounts: write \(10\) as -10"):
        frame = gba.read_panel(path, unit="code")
    assert frame["x"].tolist() == ["1,200", "(10)", "(1,234.5)", "7"]
    assert way_of(pd.Series(["(new)", "(old)"])) is None
    assert way_of(pd.Series(["Macao (10)", "Zhuhai"])) is None
