"""A user's own files: every format and encoding gives the same frame, every defect one clear sentence."""

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from shapely.geometry import MultiPolygon, Polygon, box

import gbaspatial as gba
from gbaspatial.errors import (
    AlignmentError,
    CRSError,
    DataError,
    FileFormatError,
    GbaError,
    GeometryError,
    LabelTypeError,
    MissingDataError,
    MissingFileError,
    OptionError,
    UnknownNameError,
)

NAMES = ["中山市", "珠海市", "肇庆市"]
TABLE = pd.DataFrame({"code": ["0760", "0756", "0758"], "名称": NAMES, "x": [1.5, 2.0, -3.25], "n": [1, 2, 3]})


@pytest.fixture
def layer():
    shapes = [box(i, 0, i + 1, 1) for i in range(3)]
    return gpd.GeoDataFrame({"code": TABLE["code"], "name": NAMES}, geometry=shapes, crs="EPSG:4326")


def write_table(path):
    if path.suffix == ".xlsx":
        TABLE.to_excel(path, index=False)
    elif path.suffix == ".dta":
        TABLE.to_stata(path, write_index=False, version=118)
    else:
        TABLE.to_parquet(path)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
@pytest.mark.parametrize("ending", ["csv", "tsv", "txt"])
def test_text_tables_in_every_encoding(tmp_path, encoding, ending):
    path = tmp_path / f"表.{ending}"
    TABLE.to_csv(path, index=False, encoding=encoding, sep={"csv": ",", "tsv": "\t", "txt": ";"}[ending])
    read = gba.read_panel(path, unit="code")
    assert read.index.tolist() == ["0760", "0756", "0758"]
    assert read["名称"].tolist() == NAMES
    assert read["x"].tolist() == [1.5, 2.0, -3.25]
    assert read["n"].dtype.kind == "i"


@pytest.mark.parametrize("ending", ["xlsx", "dta", "parquet"])
def test_binary_tables(tmp_path, ending):
    path = tmp_path / f"table.{ending}"
    write_table(path)
    read = gba.read_panel(path, unit="code")
    assert read.index.tolist() == ["0760", "0756", "0758"]
    assert read["名称"].tolist() == NAMES
    assert read["x"].tolist() == [1.5, 2.0, -3.25]
    assert read["n"].tolist() == [1, 2, 3]


def test_shuffled_rows_give_the_same_rows(tmp_path):
    for seed in range(3):
        path = tmp_path / f"{seed}.csv"
        TABLE.sample(frac=1, random_state=seed).to_csv(path, index=False)
        read = gba.read_panel(path, unit="code").loc[TABLE["code"]]
        pd.testing.assert_frame_equal(read, TABLE.set_index("code"), check_dtype=False, check_index_type=False)


def test_codes_written_as_decimals_match_codes_written_as_text(tmp_path):
    (tmp_path / "t.csv").write_text("code,x\n440100.0,1\n440300.0,2\n", encoding="utf-8")
    assert gba.read_panel(tmp_path / "t.csv", unit="code").index.tolist() == ["440100", "440300"]


def test_panels_get_a_double_index_with_whole_years(tmp_path):
    path = tmp_path / "panel.xlsx"
    pd.DataFrame({"code": [440100, 440100, 440300.0], "year": [2019.0, 2020, 2019], "x": [1, 2, 3]}).to_excel(path)
    read = gba.read_panel(path, unit="code", time="year")
    assert read.index.names == ["code", "year"]
    assert read.index.tolist() == [("440100", 2019), ("440100", 2020), ("440300", 2019)]


def test_codes_with_leading_zeros_stay_text_in_other_columns(tmp_path):
    path = tmp_path / "t.csv"
    path.write_text("id,phone,x\na,0755,1\nb,1234,2\n", encoding="utf-8")
    assert gba.read_panel(path, unit="id")["phone"].tolist() == ["0755", "1234"]


def test_empty_lines_at_the_end_are_no_rows(tmp_path):
    path = tmp_path / "t.csv"
    path.write_text("id,x\na,1\n\n,\n", encoding="utf-8")
    assert gba.read_panel(path, unit="id")["x"].tolist() == [1]


def test_missing_values_stay_missing(tmp_path):
    path = tmp_path / "t.csv"
    path.write_text("id,x,name\na,NA,one\nb,,\nc,3,..\n", encoding="utf-8")
    read = gba.read_panel(path, unit="id", missing=[".."])
    assert read["x"].isna().tolist() == [True, True, False]
    assert read["name"].isna().tolist() == [False, True, True]


@pytest.mark.parametrize(
    ("text", "options", "error", "message"),
    [
        ("id,x\na,1\n", {"unit": "idd"}, UnknownNameError, r"no column 'idd'.*Did you mean id\?"),
        ("id,x\na,1\n", {"unit": "id", "time": "year"}, UnknownNameError, "no column 'year'"),
        ("id,x\na,1\n", {"unit": "id", "numeric": ["z"]}, UnknownNameError, "no column 'z'"),
        ("id,x\na,1\na,2\n", {"unit": "id"}, AlignmentError, "more than one row for a"),
        ("id,y,x\na,2019,1\na,2019,2\n", {"unit": "id", "time": "y"}, AlignmentError, r"a \(2019\)"),
        ("id,x\na,1\n,2\n", {"unit": "id"}, AlignmentError, "no id in row 3"),
        ("id,x\na,1\nb,2\nc,n.a.\n", {"unit": "id"}, DataError, "column 'x'.*'n.a.' in row 4.*missing="),
        ("id,x\na,1\nb,\n", {"unit": "id", "numeric": ["x"]}, MissingDataError, "column 'x'.*row 3"),
        ("id,x\na,one\nb,two\n", {"unit": "id", "numeric": ["x"]}, DataError, "column 'x'.*row 2, 3.*'one'"),
        ("id,x\na,1\nb,inf\n", {"unit": "id", "numeric": ["x"]}, DataError, "column 'x'.*row 3"),
        ("id,y,x\na,2019.5,1\n", {"unit": "id", "time": "y"}, DataError, "row 2.*'2019.5'"),
        ("id,x,x\na,1,2\n", {"unit": "id"}, FileFormatError, "two columns called x"),
        ("id,x\na,1,2\n", {"unit": "id"}, FileFormatError, "row 2 of t.csv has 3 cells"),
        ("", {"unit": "id"}, FileFormatError, "is empty"),
        ("id,x\na,1\n\nb,2\n", {"unit": "id"}, AlignmentError, "no id in row 3"),
    ],
)
def test_every_defect_of_a_table_is_one_sentence(tmp_path, text, options, error, message):
    path = tmp_path / "t.csv"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(error, match=message) as caught:
        gba.read_panel(path, **options)
    assert "\n" not in str(caught.value)
    assert isinstance(caught.value, GbaError)


def test_files_that_are_not_there_or_not_readable(tmp_path):
    (tmp_path / "panel.csv").write_text("id,x\na,1\n", encoding="utf-8")
    (tmp_path / "broken.xlsx").write_bytes(b"no workbook")
    (tmp_path / "t.docx").write_bytes(b"")
    (tmp_path / "latin.csv").write_bytes(b"id,x\n\xff\xff,1\n")
    with pytest.raises(MissingFileError, match="Did you mean panel.csv"):
        gba.read_panel(tmp_path / "panell.csv", unit="id")
    with pytest.raises(FileNotFoundError):
        gba.read_units(tmp_path / "panell.gpkg", id="id")
    with pytest.raises(MissingFileError, match="folder"):
        gba.read_units(tmp_path / "nowhere" / "x.gpkg", id="id")
    with pytest.raises(MissingFileError, match="is a folder"):
        gba.read_panel(tmp_path, unit="id")
    with pytest.raises(FileFormatError, match=r"broken\.xlsx"):
        gba.read_panel(tmp_path / "broken.xlsx", unit="id")
    with pytest.raises(FileFormatError, match=r"\.docx"):
        gba.read_panel(tmp_path / "t.docx", unit="id")
    with pytest.raises(FileFormatError, match="encoding="):
        gba.read_panel(tmp_path / "latin.csv", unit="id")
    assert len(gba.read_panel(tmp_path / "latin.csv", unit="id", encoding="latin-1")) == 1


@pytest.mark.parametrize("ending", ["gpkg", "shp", "geojson", "parquet"])
def test_layers_of_every_format(tmp_path, layer, ending):
    path = tmp_path / f"units.{ending}"
    if ending == "parquet":
        layer.to_parquet(path)
    else:
        layer.to_file(path)
    for seed in range(2):
        shuffled = layer.sample(frac=1, random_state=seed)
        shuffled.to_parquet(path) if ending == "parquet" else shuffled.to_file(path)
        read = gba.read_units(path, id="code").loc[TABLE["code"]]
        assert read.index.name == "code"
        assert read["name"].tolist() == NAMES
        assert read.crs.to_epsg() == 4326
        assert read.geometry.geom_equals(layer.set_index("code").geometry).all()


def test_a_shapefile_in_gb18030_without_cpg_keeps_its_names(tmp_path, layer):
    path = tmp_path / "units.shp"
    layer.to_file(path, encoding="gb18030")
    path.with_suffix(".cpg").unlink()
    assert gba.read_units(path, id="code")["name"].tolist() == NAMES


def test_geoparquet_without_a_named_crs_is_wgs84(tmp_path, layer):
    path = tmp_path / "units.parquet"
    layer.set_crs("OGC:CRS84", allow_override=True).to_parquet(path)
    assert gba.read_units(path, id="code").crs.to_epsg() == 4326


def test_numeric_ids_become_text(tmp_path, layer):
    layer["number"] = [440100, 440300, 440400]
    layer["float"] = layer["number"].astype(float)
    path = tmp_path / "units.gpkg"
    layer.to_file(path)
    for column in ("number", "float"):
        assert gba.read_units(path, id=column).index.tolist() == ["440100", "440300", "440400"]


def test_a_layer_without_crs_needs_one_said(tmp_path, layer):
    path = tmp_path / "units.shp"
    layer.set_crs(None, allow_override=True).to_file(path)
    with pytest.raises(CRSError, match="crs='EPSG:4326'"):
        gba.read_units(path, id="code")
    assert gba.read_units(path, id="code", crs="EPSG:4326").crs.to_epsg() == 4326
    with pytest.raises(CRSError, match="no known CRS"):
        gba.read_units(path, id="code", crs="EPSG:999999")


def test_a_crs_that_contradicts_file_or_coordinates_is_an_error(tmp_path, layer):
    path = tmp_path / "units.gpkg"
    layer.to_file(path)
    with pytest.raises(CRSError, match=r"EPSG:4326.*EPSG:4547"):
        gba.read_units(path, id="code", crs="EPSG:4547")
    metres = tmp_path / "metres.shp"
    layer.to_crs("EPSG:3857").set_crs(None, allow_override=True).to_file(metres)
    with pytest.raises(CRSError, match="not degrees"):
        gba.read_units(metres, id="code", crs="EPSG:4326")


def test_shifted_layers_are_moved_to_wgs84(tmp_path):
    cities = gba.load_cities(year=2019, variables="population").reset_index()
    shifted = gba.geography.shift_layer(cities, source="wgs84", target="gcj02")
    shifted[["adcode", "geometry"]].to_file(tmp_path / "amap.geojson")
    read = gba.read_units(tmp_path / "amap.geojson", id="adcode", crs="gcj02")
    hausdorff = read.geometry.to_numpy()[0].hausdorff_distance(cities.geometry[0])
    assert hausdorff < 1e-6


def test_defects_of_a_layer_are_told(tmp_path, layer):
    bow = Polygon([(0, 0), (1, 1), (1, 0), (0, 1)])
    broken = layer.copy()
    broken.loc[1, "geometry"] = bow
    broken.to_file(tmp_path / "broken.gpkg")
    with pytest.raises(GeometryError, match=r"0756 \(Self-intersection.*make_valid"):
        gba.read_units(tmp_path / "broken.gpkg", id="code")
    repaired = gba.read_units(tmp_path / "broken.gpkg", id="code", repair="make_valid")
    assert repaired.is_valid.all()
    assert isinstance(repaired.geometry["0756"], MultiPolygon)
    empty = layer.copy()
    empty.loc[2, "geometry"] = Polygon()
    empty.to_parquet(tmp_path / "empty.parquet")
    with pytest.raises(GeometryError, match="no geometry for 0758"):
        gba.read_units(tmp_path / "empty.parquet", id="code")
    twice = pd.concat([layer, layer.head(1)])
    twice.to_file(tmp_path / "twice.gpkg")
    with pytest.raises(AlignmentError, match="more than one row for 0760"):
        gba.read_units(tmp_path / "twice.gpkg", id="code")
    with pytest.raises(UnknownNameError, match="Did you mean code"):
        gba.read_units(tmp_path / "twice.gpkg", id="kode")
    with pytest.raises(OptionError, match="make_valid"):
        gba.read_units(tmp_path / "twice.gpkg", id="code", repair="buffer")
    layer.to_file(tmp_path / "two.gpkg", layer="a")
    layer.to_file(tmp_path / "two.gpkg", layer="b")
    with pytest.raises(OptionError, match="a, b"):
        gba.read_units(tmp_path / "two.gpkg", id="code")
    with pytest.raises(UnknownNameError, match="no layer 'c'"):
        gba.read_units(tmp_path / "two.gpkg", id="code", layer="c")
    assert len(gba.read_units(tmp_path / "two.gpkg", id="code", layer="b")) == 3
    (tmp_path / "junk.gpkg").write_bytes(b"junk")
    with pytest.raises(FileFormatError, match=r"junk\.gpkg"):
        gba.read_units(tmp_path / "junk.gpkg", id="code")


def test_join_matches_by_id_in_any_order(layer):
    units = layer.set_index("code")
    for seed in range(3):
        table = TABLE.set_index("code")[["x"]].sample(frac=1, random_state=seed)
        joined = gba.data.join(units, table)
        assert joined.index.equals(units.index)
        assert joined["x"].tolist() == [1.5, 2.0, -3.25]
        assert joined.crs == units.crs
    assert "x" not in units.columns


def test_join_of_a_panel_takes_one_year(layer):
    units = layer.set_index("code")
    panel = pd.concat({2019: TABLE.set_index("code")[["x"]], 2020: TABLE.set_index("code")[["x"]] * 2}).swaplevel()
    assert gba.data.join(units, panel, time=2020)["x"].tolist() == [3.0, 4.0, -6.5]
    with pytest.raises(OptionError, match="time="):
        gba.data.join(units, panel)
    with pytest.raises(UnknownNameError, match="no year 2000; there are 2019, 2020"):
        gba.data.join(units, panel, time=2000)
    with pytest.raises(OptionError, match="no years"):
        gba.data.join(units, TABLE.set_index("code")[["x"]], time=2019)


def test_ids_that_do_not_match_are_named_on_both_sides():
    cities = gba.load_cities(year=2019, variables="population")
    x = pd.DataFrame({"x": np.arange(11.0)}, index=cities.index)
    with pytest.raises(AlignmentError, match=r"without a row in the table: Macao; only in the table: Macau"):
        gba.data.join(cities, x.rename({"Macao": "Macau"}))
    with pytest.raises(AlignmentError, match="and 6 more.*No id is shared.*by="):
        gba.data.join(cities, x.set_axis(cities["adcode"]))
    with pytest.raises(AlignmentError, match="more than one row for Macao"):
        gba.data.join(cities, pd.concat([x, x.tail(1)]))
    with pytest.raises(AlignmentError, match="both have the columns population"):
        gba.data.join(cities, cities[["population"]] * 2)
    with pytest.raises(UnknownNameError, match="Did you mean adcode"):
        gba.data.join(cities, x, by="adcod")
    with pytest.raises(LabelTypeError):
        gba.data.join(cities, x.to_numpy())


@pytest.mark.parametrize("cut", [lambda name: name.removesuffix("市"), lambda name: name])
def test_names_with_and_without_the_word_for_their_kind_meet(cut):
    cities = gba.load_cities(year=2019, variables="population").drop(index=["Hong Kong", "Macao"])
    table = pd.DataFrame({"x": np.arange(9.0)}, index=cities["name_zh"].map(cut)).sample(frac=1, random_state=1)
    if cut("广州市") == "广州":
        with pytest.warns(gba.errors.ReadingWarning, match="matched without the word for the kind of place"):
            joined = gba.data.join(cities, table, by="name_zh")
    else:
        joined = gba.data.join(cities, table, by="name_zh")
    assert joined["x"].tolist() == list(range(9))


def test_names_that_could_be_two_places_are_not_guessed():
    shapes = [box(0, 0, 1, 1), box(1, 0, 2, 1)]
    units = gpd.GeoDataFrame(geometry=shapes, index=["伊宁市", "伊宁县"], crs="EPSG:4326")
    table = pd.DataFrame({"x": [1, 2]}, index=["伊宁", "伊犁"])
    with pytest.raises(AlignmentError, match="伊宁"):
        gba.data.join(units, table)


def test_the_cure_for_a_missing_id_is_one_that_the_reader_has(tmp_path):
    units = gpd.GeoDataFrame({"code": ["a", None]}, geometry=gpd.points_from_xy([113, 114], [23, 22]), crs=4326)
    units.to_file(tmp_path / "u.gpkg")
    with pytest.raises(AlignmentError, match="no id in row 2; give every row one") as told:
        gba.read_units(tmp_path / "u.gpkg", id="code")
    assert "fill_down" not in str(told.value)
    (tmp_path / "t.csv").write_text("code,x\na,1\n,2\n")
    with pytest.raises(AlignmentError, match=r"say fill_down=\['code'\]"):
        gba.read_panel(tmp_path / "t.csv", unit="code")


def test_parquet_without_the_metadata_of_geoparquet_is_read_where_its_crs_is_said(tmp_path):
    frame = gpd.GeoDataFrame({"code": ["a", "b"]}, geometry=[box(113, 22, 114, 23), box(114, 22, 115, 23)], crs=4326)
    pd.DataFrame({"code": frame["code"], "geometry": frame.geometry.to_wkb()}).to_parquet(tmp_path / "u.parquet")
    with pytest.raises(CRSError, match=r"does not say its CRS; say it with crs="):
        gba.read_units(tmp_path / "u.parquet", id="code")
    read = gba.read_units(tmp_path / "u.parquet", id="code", crs="EPSG:4326")
    assert read.geometry.geom_equals(frame.set_index("code").geometry).all()


def test_a_column_that_both_have_alike_is_joined_once():
    units = gba.load_cities(year=2019, variables="population")
    same = units[["population", "tier"]].astype({"population": float}).assign(x=1).sample(frac=1, random_state=1)
    same.loc["Macao", "population"] = units.loc["Macao", "population"] = np.nan
    joined = gba.data.join(units, same)
    assert sorted(joined) == sorted([*units, "x"])
    assert joined["tier"].tolist() == units["tier"].tolist()
    with pytest.raises(AlignmentError, match="both have the columns tier, with other values"):
        gba.data.join(units, same.assign(tier=same["tier"] + 1))
