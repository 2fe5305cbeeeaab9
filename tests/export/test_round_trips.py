"""What the formats hold comes back as it was: ids, names of columns, numbers; what one cannot hold is told."""

import geopandas as gpd
import pandas as pd
import pytest
from shapely import Point

import gbaspatial as gba
from gbaspatial.errors import DataError, GbaWarning

PLAIN = [".gpkg", ".shp", ".geojson", ".fgb", ".kml", ".parquet", ".xlsx", ".csv"]


def read_back(path, unit):
    of_table = path.suffix in (".xlsx", ".csv")
    return gba.read_panel(path, unit=unit) if of_table else gba.read_units(path, id=unit)


@pytest.mark.parametrize("ending", PLAIN)
@pytest.mark.parametrize(
    "name", ["id", "code", "name", "Name", "description", "timestamp", "begin", "visibility", "icon"]
)
def test_names_that_formats_use_themselves_come_back_as_ids_and_as_columns(tmp_path, name, ending):
    shapes = [Point(113, 22), Point(114, 22)]
    ids = pd.Index(["0755", "020"], name=name)
    layer = gpd.GeoDataFrame({"v": [1.5, 2.5]}, index=ids, geometry=shapes, crs=4326)
    gba.export.write(tmp_path / f"a{ending}", layer)
    assert read_back(tmp_path / f"a{ending}", name)["v"].to_dict() == {"0755": 1.5, "020": 2.5}
    other = layer.rename_axis("unit").assign(**{name: ["广州", "深圳"]})
    gba.export.write(tmp_path / f"b{ending}", other)
    assert read_back(tmp_path / f"b{ending}", "unit")[name].to_dict() == {"0755": "广州", "020": "深圳"}


def test_a_field_of_kml_that_is_called_so_keeps_its_name(tmp_path):
    layer = gpd.GeoDataFrame({"id2": ["a", "b"]}, index=pd.Index(["1", "2"], name="code"),
                             geometry=[Point(113, 22), Point(114, 22)], crs=4326)  # fmt: skip
    gba.export.write(tmp_path / "a.kml", layer)
    assert gba.read_units(tmp_path / "a.kml", id="code")["id2"].tolist() == ["a", "b"]


@pytest.mark.parametrize("ending", PLAIN)
def test_numbers_come_back_or_their_loss_is_told(tmp_path, ending):
    values = [1e10 + 0.5, -123456789.123456, 1e22, 3.25e-8, 0.1, float("nan")]
    units = pd.Index([f"{i:02d}" for i in range(6)], name="code")
    layer = gpd.GeoDataFrame({"v": values}, index=units, geometry=[Point(113 + i, 22) for i in range(6)], crs=4326)
    gba.export.write(tmp_path / f"a{ending}", layer)
    back = read_back(tmp_path / f"a{ending}", "code")["v"]
    assert back[units].tolist() == pytest.approx(values, rel=1e-9, abs=0, nan_ok=True)
    for odd, told in ((1e100, DataError), (-1e24, DataError), (3e-300, GbaWarning), (1e-10, GbaWarning)):
        small = layer.assign(v=[odd, 1, 2, 3, 4, 5])
        if ending == ".shp":
            how = pytest.raises if told is DataError else pytest.warns
            with how(told, match="digits"):
                gba.export.write(tmp_path / "b.shp", small)
        else:
            gba.export.write(tmp_path / f"b{ending}", small)
            assert read_back(tmp_path / f"b{ending}", "code")["v"]["00"] == odd


def test_what_is_missing_in_a_shapefile_comes_back_missing_and_is_in_its_style(tmp_path):
    days = pd.to_datetime(["2018-10-24", None, "2018-10-25"])
    frame = gpd.GeoDataFrame(
        {"day": days, "born": [None, days[0].date(), days[2].date()], "kind": ["", " a", "b"]},
        index=pd.Index(["x", "y", "z"], name="code"), geometry=[Point(i, i) for i in range(3)], crs=4326,
    )  # fmt: skip
    for column in ("day", "born", "kind"):
        path = gba.export.shapefile(tmp_path / f"{column}.shp", frame, style=column)
        assert "No data" in path.with_suffix(".qml").read_text(encoding="utf-8")
    read = gba.read_units(path, id="code")
    assert read["day"].isna().tolist() == [False, True, False]
    assert read["born"].isna().tolist() == [True, False, False]
    assert read["kind"].fillna("-").tolist() == ["-", "a", "b"]
    style = path.with_suffix(".qml").read_text(encoding="utf-8")
    assert 'value="a"' in style
    assert 'value=" a"' not in style
