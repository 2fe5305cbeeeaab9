"""Words for readers: no names of the API stand on a page, and no number moves."""

import re
from itertools import combinations
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from gbaspatial import data, load_cities, models, weights
from gbaspatial.models.diagnostics.words import reading
from gbaspatial.report.chinese import note_in_chinese
from gbaspatial.report.page_tables import for_people, html_of
from gbaspatial.report.plain import for_readers, plain_note, rows_for_readers
from gbaspatial.report.recipes import in_words
from gbaspatial.report.sources_zh import SOURCES_ZH
from gbaspatial.results import Table

W = (
    "contiguity(criterion=queen, crs=EPSG:4326) -> union(other=[links(which=open by 2018-12-31, kinds=bridge, tunnel)]"
    ", weights=max) -> row_standardized -> subset(n=9)"
)


def test_a_recipe_is_read_out_in_both_languages():
    words = in_words(W)
    assert (
        words.en == "a common border or corner; bridges and tunnels open by 2018; rows that sum to one; cut to 9 units"
    )
    assert words.zh == "有共同边界或顶点；2018 年前开通的桥隧；按行标准化；取其中 9 个单元"
    assert note_in_chinese(f"Weights (2018 to 2023): {W}.") == f"权重（2018—2023）：{words.zh}。"
    assert plain_note(f"W of Lag, Error: {W}.") == f"W of Lag, Error: {words.en}."
    assert in_words("something_new(k=2)") == ("something_new(k=2)", "something_new(k=2)")


def test_readers_see_words_and_the_same_numbers():
    frame = pd.DataFrame({"p_value": [0.5, 0.0], "std_error": [np.inf, 1.5]}, index=["C(tier)[T.2]", "lm_lag"])
    table = for_people(for_readers(Table(frame, "log(gdp_pc_cny) ~ C(tier)", ("p_value: exact.",))))
    assert table.title == "logarithm of GDP per head by tier"
    assert table.frame.to_numpy().tolist() == frame.to_numpy().tolist()
    text = str(html_of(table))
    for raw in ("_", "C(tier)", "inf"):
        assert raw not in text
    assert "&lt;0.0001" in text
    assert "\u221e" in text


def test_every_source_has_a_chinese_title():
    assert set(SOURCES_ZH) == set(data.sources().index)


TESTS = (
    "lm_lag", "lm_error", "robust_lm_lag", "robust_lm_error", "lm_wx", "koenker_bassett", "jarque_bera",
    "common_factor", "likelihood_ratio", "lm_error_residual", "hausman_corrected", "anselin_kelejian",
)  # fmt: skip


@pytest.mark.parametrize("method", ["ols", "ml"])
@pytest.mark.parametrize("edges", [(), ("rho",)])
@pytest.mark.parametrize("there", [TESTS, TESTS[5:]])
def test_whatever_tests_of_a_specification_say_is_said_in_chinese(method, edges, there):
    fit = SimpleNamespace(method=method, edges=edges, n=11)
    for size in range(5):
        for rejected in combinations(there, size):
            tests = pd.DataFrame({"p_value": [0.01 if name in rejected else 0.5 for name in there]}, index=list(there))
            for note in reading(fit, tests, small=True):
                told = note_in_chinese(note)
                assert re.search("[\u4e00-\u9fff]", told), note
                assert "\\" not in told


def test_what_impacts_say_of_open_ends_is_said_in_both_languages():
    cities = load_cities(year=2015)
    w = weights.contiguity(cities, links=2015).row_standardized()
    impacts = models.lag("log(gdp_pc_cny) ~ C(tier)", cities, w).impacts()
    assert rows_for_readers(impacts.to_frame()).index[0] == ("tier 2 against tier 1", "direct")
    notes = impacts.tables()[0].notes
    assert any(note.startswith("Not determined") for note in notes)
    for note in notes:
        assert re.search("[\u4e00-\u9fff]", note_in_chinese(note)), note
        assert "C(tier)" not in plain_note(note)
