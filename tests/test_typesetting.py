"""Tables as documents show them: decimals, words for names, mathematics, points under each other."""

import re

import pandas as pd
import pytest

import gbaspatial as gba
from gbaspatial import typesetting
from gbaspatial.errors import OptionError
from gbaspatial.results import Table
from gbaspatial.tables import compare

FRAME = pd.DataFrame(
    {"estimate": [0.25, -1234.5678, 2e-7], "p_value": [0.04321, 1e-9, 0.5]},
    index=pd.Index(["log(gdp_pc_cny)", "W(gdp_pc_cny)", "rho"], name="term"),
)
TABLE = Table(FRAME, "Lag model: y ~ log(gdp_pc_cny)", ("n = 3",), parameters=True)


@pytest.fixture(scope="module")
def fit():
    cities = gba.load_cities(year=2019)
    w = gba.weights.contiguity(cities, links=2019).row_standardized()
    return gba.models.lag("log(gdp_pc_cny) ~ C(tier)", cities, w, inference="asymptotic")


def cells(latex):
    return [[c.strip() for c in line.removesuffix(r"\\").split("&")] for line in latex.splitlines() if " & " in line]


def test_points_stand_under_each_other_in_latex_and_html():
    """What follows the point, with its filler, is as wide in every cell of a column."""
    for row in cells(TABLE.to_latex())[1:]:
        visible = re.sub(r"\\phantom\{(.*?)\}", r"\1", row[1]).replace("$-$", "-")
        assert len(visible.partition(".")[2]) == len(".000e-07") - 1
    found = re.findall(r"<td[^>]*>([^<]*)</td>", TABLE.to_html())
    numbers = [found[place] for place in range(1, len(found), 3)]
    assert len({len(n) - n.index(".") for n in numbers}) == 1
    assert [float(n.replace("\u2008", "")) for n in numbers] == [0.25, -1234.57, 2e-7]


def test_parameters_are_mathematics_and_other_names_stay():
    latex = TABLE.to_latex()
    assert r"$\rho$ &" in latex
    assert r"$W$(gdp\_pc\_cny)" in latex
    assert "std\\_error" not in latex
    assert ">ρ</td>" in TABLE.to_html()
    city = Table(FRAME.rename_axis("city"), "cities")
    assert "rho &" in city.to_latex()


def test_decimals_are_those_asked_for_and_small_p_say_so():
    rows = cells(TABLE.to_latex(decimals=2))
    assert [re.sub(r"\\phantom\{.*?\}", "", row[1]) for row in rows[1:]] == ["0.25", "$-$1234.57", "0.00"]
    assert [row[2] for row in rows[1:]] == ["0.04", r"\textless{}0.01", "0.50"]


def test_words_for_names_reach_into_terms_and_nothing_else():
    words = {"gdp_pc_cny": "GDP per head", "y": "growth"}
    text = TABLE.to_markdown(labels=words)
    assert "| log(GDP per head) |" in text
    assert "| W(GDP per head) |" in text
    assert "**Lag model: growth ~ log(GDP per head)**" in text
    whole = TABLE.to_markdown(labels={"log(gdp_pc_cny)": "Wealth", "gdp_pc_cny": "GDP"})
    assert "| Wealth |" in whole
    assert "| W(GDP) |" in whole
    with pytest.raises(OptionError, match="labels of gdp_pc: no row or column"):
        TABLE.to_latex(labels={"gdp_pc": "GDP"})


def test_caption_and_label_are_those_of_the_first_table(fit):
    latex = fit.to_latex(caption="Tiers & borders", label="tab:tiers")
    assert latex.count(r"\caption{Tiers \& borders}") == 1
    assert latex.index(r"\label{tab:tiers}") < latex.index(r"\begin{tabular}")
    assert latex.count(r"\label") == 1
    assert "Tiers &amp; borders" in fit.to_html(caption="Tiers & borders")


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ({"decimals": -1}, "decimals"), ({"decimals": 2.0}, "decimals"), ({"decimals": 16}, "decimals"),
        ({"labels": ["a"]}, "labels"), ({"labels": {"rho": 1}}, "labels"), ({"caption": 3}, "caption"),
    ],
)  # fmt: skip
def test_wrong_options_are_refused(fit, options, told):
    for thing in (fit, TABLE):
        for form in ("to_latex", "to_html", "to_markdown"):
            with pytest.raises(OptionError, match=told):
                getattr(thing, form)(**options)


def test_a_comparison_takes_decimals_everywhere(fit):
    table = compare({"Lag": fit}, stars=True, below="p_value")
    latex = table.to_latex(decimals=2)
    rho = next(row for row in cells(latex) if row[0] == r"$\rho$")
    assert re.sub(r"\\phantom\{.*?\}", "", rho[1]).rstrip("*") == f"{fit.rho:.2f}"
    assert str(compare({"Lag": fit}, decimals=2)).count(f"{fit.rho:.2f}") == 1
    assert "{lr}" in latex  # numbers with stars and brackets are set to the right
    with pytest.raises(OptionError, match="decimals"):
        compare({"Lag": fit}, decimals="two")


def test_inline_styles_need_no_style_sheet_and_a_page_can_do_without(fit):
    page = fit.to_html()
    assert "border-top:2px solid" in page
    assert "<style" not in page
    assert "border" not in TABLE.to_html(inline=False)


DAYS = pd.to_datetime(["2018-10-24", "2018-10-25", None])


@pytest.mark.parametrize(
    ("values", "told"),
    [
        (DAYS, ["2018-10-24", "2018-10-25", "-"]),
        (DAYS.tz_localize("Asia/Hong_Kong"), ["2018-10-24", "2018-10-25", "-"]),
        (DAYS + pd.to_timedelta([0, 90, 0], unit="min"), ["2018-10-24 00:00:00", "2018-10-25 01:30:00", "-"]),
        (pd.to_datetime(["2018-10-24T00:00:00.000000001"] * 3), ["2018-10-24 00:00:00.000000001"] * 3),
        (pd.Series([*DAYS[:2].date, None], dtype=object), ["2018-10-24", "2018-10-25", "-"]),
        (pd.Series([*DAYS[:2], None], dtype=object), ["2018-10-24", "2018-10-25", "-"]),
    ],
)
def test_days_have_no_time_and_moments_of_a_column_all_have_one(values, told):
    header, rows = Table(pd.DataFrame({"x": [1.0, 2.0, 3.0], "day": values.array}, index=list("abc"))).cells()
    assert [row[header.index("day")] for row in rows] == told
    known = told[:2] if told[2] == "-" else []
    assert [row[0] for row in Table(pd.DataFrame({"x": [1.0, 2.0]}, index=values[:2])).cells()[1]] == known or not known


def test_midnights_of_two_zones_are_told_apart():
    moments = [pd.Timestamp("2018-10-24", tz=zone) for zone in ("Asia/Hong_Kong", "UTC")]
    assert len(set(typesetting.moments(moments))) == 2
