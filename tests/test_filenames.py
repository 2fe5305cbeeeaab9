"""Names that Windows does not take are told when a file is written, in every writer."""

import warnings

import pytest
from hypothesis import example, given, strategies as st

import gbaspatial as gba
from gbaspatial import filenames
from gbaspatial.errors import FileFormatError, GbaWarning, OptionError, WritingError

ODD = ["con", "NUL.csv", "Com1.tar.gz", "lpt9 .txt", "aux", "a:b.csv", "what?.csv", "a<b", "x.", "x ", "tab\t.csv"]
GOOD = ["bay.gpkg", "console.csv", "com10.csv", "nullify", "广州.csv", "a b.csv", ".hidden", "con_.csv", "x.con"]


@pytest.mark.parametrize("name", ODD)
def test_odd_names_have_a_fault(name):
    assert filenames.fault_of(name)


@pytest.mark.parametrize("name", GOOD)
def test_good_names_have_none(name):
    assert filenames.fault_of(name) is None


@given(st.text(st.characters(categories=["L", "N"]), min_size=5, max_size=20))
@example("conin")
def test_letters_and_digits_are_always_fine(name):
    assert filenames.fault_of(f"{name}.csv") is None


CITIES = gba.load_cities(year=2019)[["name_zh", "geometry"]]
WRITERS = {
    "csv": lambda path: gba.export.csv(path, CITIES),
    "gpkg": lambda path: gba.export.write(path, CITIES),
    "shp": lambda path: gba.export.shapefile(path, CITIES),
    "geojson": lambda path: gba.export.geojson(path, CITIES),
    "kml": lambda path: gba.export.kml(path, CITIES),
    "gal": lambda path: gba.weights.write(gba.weights.contiguity(CITIES), path),
    "html": lambda path: gba.maps.atlas(CITIES, [gba.maps.choropleth("name_zh")]).save(path),
}


@pytest.mark.parametrize("stem", ["nul", "what?", "a:b"])
@pytest.mark.parametrize("ending", WRITERS)
def test_every_writer_tells_and_writes(tmp_path, stem, ending):
    with pytest.warns(GbaWarning, match="no name of a file on Windows"):
        WRITERS[ending](tmp_path / f"{stem}.{ending}")
    assert (tmp_path / f"{stem}.{ending}").is_file()


def test_a_plain_name_is_written_without_a_word(tmp_path):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        gba.export.csv(tmp_path / "bay.csv", CITIES)


def test_on_windows_it_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(filenames.os, "name", "nt")
    with pytest.raises(OptionError, match="'NUL' is a device there; choose another"):
        filenames.check_portable("nul.csv")


FIT = gba.models.ols("gdp_pc_cny ~ area_km2", gba.load_cities(year=2019))
PICTURE = gba.figures.map_of(gba.load_cities(year=2019), "gdp_pc_cny")
NAMED = WRITERS | {
    "write": lambda path: gba.export.write(path, CITIES),
    "qpt": lambda path: gba.export.qpt(path, CITIES),
    "xlsx": FIT.to_excel,
    "docx": FIT.to_docx,
    "json": FIT.to_json,
    "png": lambda path: gba.maps.atlas(CITIES, [gba.maps.choropleth("name_zh")]).to_png(path),
    "svg": lambda path: gba.figures.save(PICTURE, path),
}


@pytest.mark.parametrize("name", [".", "..", "sub", "sub/"])
@pytest.mark.parametrize("writer", NAMED)
def test_a_folder_is_told_as_one_by_every_writer(tmp_path, monkeypatch, writer, name):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "sub").mkdir()
    with pytest.raises((FileFormatError, WritingError), match="folder") as told:
        NAMED[writer](name)
    assert name.rstrip("/") in str(told.value)
    assert [path.name for path in tmp_path.rglob("*")] == ["sub"]
