"""What exports leave of the old file, and of what others put beside it."""

import subprocess
import sys

import geopandas as gpd
import pytest
from shapely import Point, box

import gbaspatial as gba
from gbaspatial.errors import GbaError, WritingError


def squares(n=9):
    return gpd.GeoDataFrame(
        {"a": range(n)}, geometry=[box(i, 0, i + 1, 1) for i in range(n)], crs=4326, index=[f"u{i}" for i in range(n)]
    )


@pytest.mark.parametrize("ending", ["-wal", "-shm", "-journal"])
def test_a_geopackage_that_another_program_has_open_is_refused(tmp_path, ending):
    path = gba.export.geopackage(tmp_path / "bay.gpkg", {"l": squares()})
    if ending == "-wal":
        code = (
            f"import sqlite3, os; c = sqlite3.connect({str(path)!r}); c.execute('pragma journal_mode=wal'); "
            "c.execute('create table notes(a)'); c.commit(); os._exit(0)"
        )
        subprocess.run([sys.executable, "-c", code], check=True)
    else:
        path.with_name(path.name + ending).write_bytes(b"x")
    before = {each.name: each.read_bytes() for each in tmp_path.iterdir()}
    for target in (path, tmp_path / "link.gpkg"):
        if target != path:
            target.symlink_to(path)
        with pytest.raises(WritingError, match=f"open in another program.*bay.gpkg{ending}"):
            gba.export.geopackage(target, {"l": squares(3)})
    assert {name: (tmp_path / name).read_bytes() for name in before} == before


def test_a_shapefile_that_cannot_be_finished_leaves_the_old_one(tmp_path):
    path = gba.export.shapefile(tmp_path / "k.shp", squares(), style="a")
    before = {each.name: each.read_bytes() for each in tmp_path.iterdir()}
    mixed = squares(3)
    mixed.loc["u2", "geometry"] = Point(0, 0)
    with pytest.raises(GbaError, match=r"k\.shp was not written"):
        gba.export.shapefile(path, mixed)
    assert {each.name: each.read_bytes() for each in tmp_path.iterdir()} == before
    assert len(gpd.read_file(path)) == 9


@pytest.mark.parametrize("ending", ["shp", "geojson", "kml", "parquet"])
def test_styles_beside_are_kept_in_step_and_those_of_others_stay(tmp_path, ending):
    path = tmp_path / f"k.{ending}"
    gba.export.write(path, squares(), style="a")
    assert {"k.qml", "k.sld"} <= {each.name for each in tmp_path.iterdir()}
    gba.export.write(path, squares(3))  # without a style, the old one would be stale
    assert not {"k.qml", "k.sld"} & {each.name for each in tmp_path.iterdir()}
    (tmp_path / "k.qml").write_text("<qgis>mine</qgis>")
    gba.export.write(path, squares(4))
    with pytest.raises(WritingError, match="k.qml would be overwritten, but gbaspatial did not make it"):
        gba.export.write(path, squares(5), style="a")
    assert (tmp_path / "k.qml").read_text() == "<qgis>mine</qgis>"
    assert not (tmp_path / "k.sld").exists()
    if ending != "kml":
        read = gpd.read_parquet(path) if ending == "parquet" else gpd.read_file(path)
        assert len(read) == 4


def test_a_style_of_another_layer_or_written_alone_stays(tmp_path):
    gba.export.write(tmp_path / "k.shp", squares(), style="a")
    gba.export.write(tmp_path / "k.geojson", squares())
    assert (tmp_path / "k.qml").exists()
    gba.export.qml(tmp_path / "j.qml", gba.export.style(squares(), "a"))
    gba.export.write(tmp_path / "j.geojson", squares())
    assert (tmp_path / "j.qml").exists()


def test_a_shapefile_takes_no_parts_of_others_and_leaves_no_index_that_misleads(tmp_path):
    (tmp_path / "k.dbf").write_text("a table of somebody")
    with pytest.raises(WritingError, match=r"k.dbf would be overwritten although there is no k\.shp"):
        gba.export.shapefile(tmp_path / "k.shp", squares())
    gba.export.shapefile(tmp_path / "m.shp", squares())
    (tmp_path / "m.qix").write_text("index")
    with pytest.raises(WritingError, match=r"m.qix is an index"):
        gba.export.shapefile(tmp_path / "m.shp", squares(3))
    (tmp_path / "n_fields.csv").write_text("mine")
    with pytest.raises(WritingError, match=r"n_fields.csv would be overwritten"):
        gba.export.shapefile(tmp_path / "n.shp", squares(3))
    assert [(tmp_path / name).read_text() for name in ("k.dbf", "m.qix", "n_fields.csv")] == [
        "a table of somebody", "index", "mine",
    ]  # fmt: skip
    assert len(gpd.read_file(tmp_path / "m.shp")) == 9


def test_labels_of_others_beside_a_text_for_stata_stay(tmp_path):
    (tmp_path / "bay.ids.csv").write_text("_ID,id\n1,mine\n")
    w = gba.weights.Weights([[0, 1.0], [1.0, 0]], [1, 2])
    gba.weights.write(w, tmp_path / "bay.txt")
    with pytest.raises(WritingError, match=r"bay.ids.csv would be overwritten"):
        gba.weights.write(gba.weights.Weights(w.sparse, ["a", "b"]), tmp_path / "bay.txt")
    assert (tmp_path / "bay.ids.csv").read_text() == "_ID,id\n1,mine\n"
    (tmp_path / "bay.ids.csv").unlink()
    gba.weights.write(gba.weights.Weights(w.sparse, ["a", "b"]), tmp_path / "bay.txt")
    gba.weights.write(w, tmp_path / "bay.txt")
    assert not (tmp_path / "bay.ids.csv").exists()  # ours, of the file before
