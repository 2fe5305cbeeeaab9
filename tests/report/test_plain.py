"""Words for readers: no names of the API stand on a page, and no number moves."""

import numpy as np
import pandas as pd

from gbaspatial import data
from gbaspatial.report.chinese import note_in_chinese
from gbaspatial.report.page_tables import for_people, html_of
from gbaspatial.report.plain import for_readers, plain_note
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
