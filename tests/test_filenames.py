"""Names that Windows does not take are told when a file is written, in every writer."""

import warnings

import pytest
from hypothesis import example, given, strategies as st

import gbaspatial as gba
from gbaspatial import filenames
from gbaspatial.errors import GbaWarning, OptionError

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
