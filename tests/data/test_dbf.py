"""Texts of shapefiles: every width, encoding, cut and .cpg gives the same names."""

import contextlib
import struct
import warnings
import zipfile

import geopandas as gpd
import pytest
from hypothesis import given, strategies as st
from shapely.geometry import box

import gbaspatial as gba
from gbaspatial.data.dbf import fits, header_of, recoded
from gbaspatial.errors import FileFormatError, ReadingWarning

NAMES = {
    "gbk": ["广州市", "深圳市"],
    "big5": ["香港島", "九龍城"],
    "utf-8": ["广州市", "深圳市"],
    "latin-1": ["Zürich", "Genève"],
}


def shapefile(path, names, encoding, memo=10, width=60):
    """Two squares with names in `encoding`, a .dbf written by hand and no .cpg."""
    gpd.GeoDataFrame({"code": ["a", "b"]}, geometry=[box(0, 0, 1, 1), box(1, 0, 2, 1)], crs=4326).to_file(path)
    path.with_suffix(".cpg").unlink(missing_ok=True)
    fields = [(b"code", 10), (b"nm", width), (b"memo", memo)]
    head = struct.pack("<BBBBIHH", 3, 124, 1, 1, 2, 32 + 32 * 3 + 1, 1 + sum(x for _, x in fields)) + b"\0" * 20
    for name, size in fields:
        head += name.ljust(11, b"\0") + b"C" + b"\0" * 4 + bytes([size, 0]) + b"\0" * 14
    rows = b"".join(
        b" " + code.ljust(10) + text.encode(encoding)[:width].ljust(width) + b"x".ljust(memo)
        for code, text in zip((b"a", b"b"), names, strict=True)
    )
    path.with_suffix(".dbf").write_bytes(head + b"\r" + rows + b"\x1a")
    return path


@pytest.mark.parametrize("memo", [10, 127, 128, 254])
@pytest.mark.parametrize("encoding", NAMES)
def test_names_at_every_width_and_encoding(tmp_path, encoding, memo):
    path = shapefile(tmp_path / "g.shp", NAMES[encoding], encoding, memo)
    assert gba.read_units(path, id="code")["nm"].tolist() == NAMES[encoding]


@pytest.mark.parametrize("said", ["", "UTF-8", "ISO-8859-1\n", "klingon", "936", "GBK", "ANSI 936", "\x00\xff"])
@pytest.mark.filterwarnings("ignore::gbaspatial.errors.ReadingWarning")
def test_an_empty_or_wrong_cpg_does_not_hide_the_names(tmp_path, said):
    path = shapefile(tmp_path / "g.shp", NAMES["gbk"], "gbk")
    path.with_suffix(".cpg").write_text(said)
    assert gba.read_units(path, id="code")["nm"].tolist() == NAMES["gbk"]


@pytest.mark.parametrize("encoding", ["gbk", "utf-8"])
def test_a_name_cut_in_half_a_character_keeps_the_rest(tmp_path, encoding):
    path = shapefile(tmp_path / "g.shp", ["广州市天河区", "深圳市南山区"], encoding, width=7)
    whole = 7 // len("广".encode(encoding))
    assert gba.read_units(path, id="code")["nm"].tolist() == ["广州市天河区"[:whole], "深圳市南山区"[:whole]]


def test_a_zipped_layer_is_read_as_the_layer(tmp_path):
    path = shapefile(tmp_path / "g.shp", NAMES["gbk"], "gbk")
    with zipfile.ZipFile(tmp_path / "layer.zip", "w") as archive:
        for part in tmp_path.glob("g.*"):
            archive.write(part, f"folder/{part.name}")
    zipped, plain = (gba.read_units(file, id="code") for file in (tmp_path / "layer.zip", path))
    assert zipped["nm"].tolist() == NAMES["gbk"]
    assert zipped.drop(columns="geometry").equals(plain.drop(columns="geometry"))


def test_a_record_count_that_the_file_cannot_hold_is_refused(tmp_path):
    path = shapefile(tmp_path / "g.shp", NAMES["gbk"], "gbk")
    content = bytearray(path.with_suffix(".dbf").read_bytes())
    content[4:8] = (2_000_000_000).to_bytes(4, "little")
    path.with_suffix(".dbf").write_bytes(content)
    with pytest.raises(FileFormatError, match="2000000000 records"):
        gba.read_units(path, id="code")


@given(text=st.text(min_size=1), encoding=st.sampled_from(["utf-8", "gb18030"]), cut=st.integers(0, 3))
def test_any_text_cut_anywhere_fits_and_keeps_its_beginning(text, encoding, cut):
    text = text.encode("utf-8", "ignore").decode("utf-8")
    written = text.encode(encoding)
    kept = written[: len(written) - cut]
    assert fits(kept, encoding)
    read = recoded(kept.decode("latin-1"), encoding)
    assert text.startswith(read)
    assert len(read) >= len(text) - max(cut, 0)


@given(content=st.binary(max_size=200))
def test_any_bytes_are_a_header_or_a_sentence(content):
    with contextlib.suppress(FileFormatError):
        assert header_of(content, "t.dbf").width > 0


SPOKEN = {
    "gbk": ["广州市", "深圳市", "香港岛"],
    "big5": ["香港島", "九龍", "澳門"],
    "utf-8": ["广州市", "深圳市", "香港岛"],
    "cp1252": ["Zürich", "Genève", "Málaga"],
}


@pytest.mark.parametrize("said", [None, "", "UTF-8", "ISO-8859-1", "1252", "GBK", "936", "Big5", "klingon"])
@pytest.mark.parametrize("encoding", SPOKEN)
def test_names_of_fields_and_texts_survive_every_cpg(tmp_path, encoding, said):
    plain = encoding == "cp1252"
    column = "città" if plain else "名"
    frame = gpd.GeoDataFrame(
        {"code": list("abc"), column: SPOKEN[encoding]}, geometry=[box(i, 0, i + 1, 1) for i in range(3)], crs=4326
    )
    path = tmp_path / "g.shp"
    frame.rename(columns={column: "field_x"}).to_file(path, encoding=encoding)
    table = path.with_suffix(".dbf")
    table.write_bytes(table.read_bytes().replace(b"field_x\0\0\0\0", column.encode(encoding).ljust(11, b"\0")))
    path.with_suffix(".cpg").unlink(missing_ok=True)
    if said is not None:
        path.with_suffix(".cpg").write_text(said)
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always")
        units = gba.read_units(path, id="code")
    assert units[column].tolist() == SPOKEN[encoding]
    assert all(issubclass(each.category, ReadingWarning) for each in told)
    another = {"GBK": "gbk", "936": "gbk", "Big5": "big5", "UTF-8": "utf-8", "1252": "cp1252", "ISO-8859-1": "cp1252"}
    clear = (said == "UTF-8" and encoding == "gbk") or (encoding == "utf-8" and said in ("1252", "Big5"))  # cannot be
    if another.get(said, encoding) != encoding and not clear:
        assert told  # the file says another encoding than the one that it was read in
        assert "encoding=" in str(told[0].message)


def test_a_short_name_that_is_also_utf_8_is_what_the_cpg_says(tmp_path):
    path = shapefile(tmp_path / "g.shp", ["联通", "联通"], "gbk")  # the bytes of 联通 in GBK are valid UTF-8, by chance
    path.with_suffix(".cpg").write_text("GBK")
    assert gba.read_units(path, id="code")["nm"].tolist() == ["联通", "联通"]


@pytest.mark.parametrize("wrong", ["utf-8", "ascii"])
def test_an_encoding_that_is_asked_for_and_does_not_fit_is_refused(tmp_path, wrong):
    """Never a name of replacement characters."""
    names = ["广州市", "深圳市"]
    path = shapefile(tmp_path / "g.shp", names, "gbk")
    with pytest.raises(FileFormatError, match=f"not in the encoding '{wrong}'"):
        gba.read_units(path, id="code", encoding=wrong)
    assert gba.read_units(path, id="code", encoding="gbk")["nm"].tolist() == names


def test_a_name_cut_in_mid_character_is_read_in_the_encoding_that_is_asked_for(tmp_path):
    path = shapefile(tmp_path / "g.shp", ["广州市", "深圳市天河"], "gbk", width=7)
    assert gba.read_units(path, id="code", encoding="gbk")["nm"].tolist() == ["广州市", "深圳市"]


def test_control_characters_tell_that_what_is_said_is_wrong(tmp_path):
    path = shapefile(tmp_path / "g.shp", ["東京都", "大阪府"], "shift_jis")
    path.with_suffix(".cpg").write_text("ISO-8859-1")
    with pytest.warns(ReadingWarning, match=r"control characters .* encoding="):
        gba.read_units(path, id="code")
    assert gba.read_units(path, id="code", encoding="shift_jis")["nm"].tolist() == ["東京都", "大阪府"]


@pytest.mark.parametrize("name", ["广州市", "深圳", "Zürich", "九龍城寨"])
@pytest.mark.parametrize("said", ["GBK", "ISO-8859-1", "936"])
def test_a_guess_is_shown_without_half_characters_and_with_the_name_of_the_archive(tmp_path, name, said):
    path = shapefile(tmp_path / "g.shp", [name, name], "utf-8")
    path.with_suffix(".cpg").write_text(said)
    packed = tmp_path / "packed.zip"
    with zipfile.ZipFile(packed, "w") as archive:
        for part in tmp_path.glob("g.*"):
            archive.write(part, part.name)
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always")
        gba.read_units(packed, id="code")
    for each in told:
        assert "\ufffd" not in str(each.message)
        assert str(each.message).startswith("packed.")
