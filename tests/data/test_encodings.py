"""Which encoding a text is in: every name of a place in China, in every encoding it can be written in."""

import warnings

import pytest

import gbaspatial as gba
from gbaspatial.data.encodings import decode, guess
from gbaspatial.errors import OptionError, ReadingWarning

PLACES = gba.load_prefectures(area="china")
DISTRICTS = gba.load_districts()


def writable(texts, encoding):
    """Those of `texts` that have all their characters in `encoding`."""
    return [
        text for text in texts if isinstance(text, str) and text.encode(encoding, "ignore").decode(encoding) == text
    ]


def test_lists_of_ten_places_are_told_apart_in_every_encoding():
    names = {"gb18030": PLACES["name_zh"], "big5hkscs": DISTRICTS["name_zht"]}
    for encoding, texts in names.items():
        texts = writable(texts, encoding)
        for start in range(0, len(texts) - 10, 10):
            written = "\n".join(texts[start : start + 10]).encode(encoding)
            assert guess([written]) == encoding, texts[start : start + 10]


def test_single_names_of_the_bay_are_told_apart():
    for column, encoding in (("name_zh", "gb18030"), ("name_zht", "big5hkscs")):
        found = [guess([name.encode(encoding)]) for name in writable(DISTRICTS[column], encoding)]
        assert sum(one == encoding for one in found) >= 0.9 * len(found)


@pytest.mark.parametrize("text", ["id,name\nZürich,1\nGenève,2\n", "São Paulo,Münster\n", "Côte d'Azur\nÎle\n"])
def test_latin_1_is_read_and_told(text):
    with pytest.warns(ReadingWarning, match="Latin-1.*encoding="):
        assert decode(text.encode("latin-1"), "t.csv") == text


def test_big5_is_read_and_told(tmp_path):
    (tmp_path / "x.csv").write_bytes("code,名稱\n香港島,1\n九龍,2\n".encode("big5"))
    with pytest.warns(ReadingWarning, match="Big5"):
        read = gba.read_panel(tmp_path / "x.csv", unit="code")
    assert read.index.tolist() == ["香港島", "九龍"]
    assert read["名稱"].tolist() == [1, 2]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16"])
def test_what_is_clear_is_read_without_a_word(encoding):
    text = "编号,名称\n1,广州市\n2,深圳市\n3,珠海市\n"
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert decode(text.encode(encoding), "t.csv") == text


def test_what_is_no_text_is_none():
    assert decode(b"id,x\n\xff\xff,1\n", "t.csv") is None


@pytest.mark.parametrize("encoding", ["klingon", 7, "hex", "base64"])
def test_unknown_encodings_are_refused(tmp_path, encoding):
    (tmp_path / "x.csv").write_text("id,x\na,1\n")
    with pytest.raises(OptionError, match="encoding="):
        gba.read_panel(tmp_path / "x.csv", unit="id", encoding=encoding)


def test_characters_that_were_lost_before_are_told(tmp_path):
    path = tmp_path / "t.csv"
    path.write_text("code,name,x\n1,广\ufffd市,2\n2,珠海,3\n", encoding="utf-8")
    with pytest.warns(ReadingWarning, match="t.csv has characters that were lost when it was written, such as in .*市"):
        gba.read_panel(path, unit="code")
