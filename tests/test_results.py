"""Tables render themselves; text from data is escaped where it lands."""

import re

import numpy as np
import pandas as pd
import pytest

from gbaspatial.errors import GbaError, MissingPackageError, OptionError, UnknownNameError, import_extra
from gbaspatial.randomness import seed_of, stream
from gbaspatial.results import Result, Summary, Table, data_hash

FRAME = pd.DataFrame(
    {"gdp_pc": [1234.5678, np.nan], "p_value": [0.04321, 1e-9], "name": ["<b>澳门</b> & $x_1$", "a|b"]},
    index=pd.Index(["Macao", "Hong Kong"], name="city"),
)
TABLE = Table(FRAME, "GDP & more", ("n = 2",))


def test_text_is_aligned_also_for_wide_characters():
    lines = Table(FRAME[["name"]]).to_text().splitlines()
    assert "1234.57" in TABLE.to_text()
    assert "<0.0001" in TABLE.to_text()
    assert "-" in TABLE.to_text()
    assert lines[1].startswith("city")


def test_long_texts_are_folded_and_running_numbers_are_not_shown():
    text = Table(pd.DataFrame({"note": ["word " * 30], "year": [2019]})).to_text()
    assert max(map(len, text.splitlines())) < 70
    assert text.count("word") == 30
    assert text.splitlines()[1].split() == ["note", "year"]


def test_html_escapes_data():
    page = TABLE.to_html()
    assert "<b>" not in page
    assert "&lt;b&gt;澳门&lt;/b&gt; &amp; $x_1$" in page
    assert re.search("<caption[^>]*>GDP &amp; more</caption>", page)
    assert "<caption>GDP &amp; more</caption>" in TABLE.to_html(inline=False)


def test_latex_escapes_data():
    text = TABLE.to_latex()
    assert r"\textless{}b\textgreater{}" in text
    assert r"\& \$x\_1\$" in text
    assert re.search(r"\\begin\{tabular\}\{lrrl\}", text)
    assert r"\caption{GDP \& more}" in text


def test_markdown_escapes_bars():
    assert r"a\|b" in TABLE.to_markdown()
    assert TABLE.to_markdown().count("\n| ") == 4  # header, rule and two rows


def test_a_multiindex_has_a_column_a_level():
    frame = pd.DataFrame({"x": [1]}, index=pd.MultiIndex.from_tuples([("Macao", 2019)], names=["city", "year"]))
    assert Table(frame).cells() == (["city", "year", "x"], [["Macao", "2019", "1"]])


def test_result_shows_itself():
    class Two(Result):
        def tables(self):
            return (TABLE, TABLE)

    result = Two()
    assert str(result.summary()).count("GDP & more") == 2
    assert isinstance(result.summary(), Summary)
    assert result._repr_html_() == TABLE.to_html() * 2
    assert result.to_frame().equals(FRAME)
    assert result.to_frame() is not FRAME


def test_hash_ignores_row_order_and_sees_values():
    assert data_hash(FRAME) == data_hash(FRAME[::-1])
    assert data_hash(FRAME) != data_hash(FRAME.assign(gdp_pc=1.0))


def test_streams_repeat_and_differ():
    assert stream(1, 2).random(3).tolist() == stream(1, 2).random(3).tolist()
    assert stream(1, 2).random() != stream(1, 3).random() != stream(2, 3).random()
    assert seed_of(None) != seed_of(None)
    with pytest.raises(OptionError, match="not a seed"):
        seed_of(-1)


def test_errors_read_as_sentences_and_are_builtins():
    assert str(UnknownNameError("no city X.")) == "no city X."
    assert issubclass(UnknownNameError, KeyError)
    assert issubclass(UnknownNameError, GbaError)
    with pytest.raises(MissingPackageError, match=r"pip install 'gbaspatial\[parquet\]'"):
        import_extra("no_such_package_here", extra="parquet")


def test_names_in_markdown_are_words_and_nothing_else():
    """A name of a unit is neither a tag, nor code, nor the end of a cell or line."""
    frame = pd.DataFrame({"p_value": [0.00001]}, index=pd.Index(["<img src=x onerror=alert(1)>|`a`\\\nb"], name="id"))
    shown = Table(frame, "<b>title</b>", ("a </b> note",)).to_markdown()
    assert r"\<img src=x onerror=alert(1)>\|\`a\`\\ b" in shown
    assert "<0.0001" in shown
    assert r"**\<b>title\</b>**" in shown
    assert r"a \</b> note" in shown


def test_a_result_at_the_prompt_is_its_summary():
    """And not the listing of every number that a dataclass would give."""
    import gbaspatial as gba

    cities = gba.load_cities(year=2019)
    result = gba.disparity.theil(cities["gdp_cny"], cities["population"], groups=cities["tier"])
    assert repr(result) == str(result) == str(result.summary())
    assert repr(result.tables()[0]) == result.tables()[0].to_text()


def test_a_label_that_is_a_tuple_is_one_cell():
    frame = pd.DataFrame({"x": [1.0, 2.0]}, index=pd.Index([("a", 1), ("b", 2)], tupleize_cols=False))
    table = Table(frame)
    assert "('a', 1)  1.0000" in table.to_text()
    for text in (table.to_html(), table.to_latex(), table.to_markdown()):
        assert "(&#x27;a&#x27;, 1)" in text or "('a', 1)" in text
