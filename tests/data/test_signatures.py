"""A layer file is what its bytes say, and nothing that reads elsewhere is opened."""

import gzip
import json
import sqlite3
import struct
import threading
import zipfile
from http.server import BaseHTTPRequestHandler, HTTPServer

import geopandas as gpd
import pandas as pd
import pytest
from shapely.geometry import box

import gbaspatial as gba
from gbaspatial.errors import FileFormatError, GbaError, MissingFileError, OptionError

LAYER = gpd.GeoDataFrame(
    {"code": ["a", "b"], "x": [1.0, 2.0]}, geometry=[box(0, 0, 1, 1), box(1, 0, 2, 1)], crs="EPSG:4326"
)
VRT = (
    '<OGRVRTDataSource><OGRVRTLayer name="secret"><SrcDataSource>{}</SrcDataSource><GeometryType>wkbPoint'
    '</GeometryType><GeometryField encoding="PointFromColumns" x="x" y="y"/></OGRVRTLayer></OGRVRTDataSource>'
)
ENDINGS = [".gpkg", ".geojson", ".json", ".fgb", ".kml", ".shp", ".parquet", ".zip", ".vrt", ".xml", ".gml", ".sqlite"]


@pytest.fixture
def server():
    asked = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            asked.append(self.path)
            self.send_response(404)
            self.end_headers()

        do_HEAD = do_GET

        def log_message(self, *words):
            pass

    with HTTPServer(("127.0.0.1", 0), Handler) as listening:
        threading.Thread(target=listening.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{listening.server_port}", asked
        listening.shutdown()


def disguises(secret, address):
    """Files that make GDAL read another file or ask a server, also within what looks like a layer."""
    inner = VRT.format(secret)
    pipeline = {"type": "gdal_streamed_alg", "command_line": f"gdal vector pipeline ! read {secret}"}
    return {
        "vrt": inner,
        "vrt of an address": VRT.format(f"/vsicurl/{address}/a.csv"),
        "pipeline": json.dumps(pipeline),
        "pipeline of features": json.dumps({**pipeline, "features": [{"type": "FeatureCollection"}]}),
        "vrt in features": json.dumps({"note": inner, "type": "FeatureCollection", "features": []}),
        "vrt in kml": f"<kml><!-- {inner} --></kml>",
        "link": f"<kml><NetworkLink><Link><href>{address}/a.kml</href></Link></NetworkLink></kml>",
        "entity": f'<!DOCTYPE kml [<!ENTITY x SYSTEM "file://{secret}">]><kml><name>&x;</name></kml>',
        "wfs": f"<OGRWFSDataSource><URL>{address}/wfs</URL></OGRWFSDataSource>",
        "gml": f'<FeatureCollection xmlns:xsi="x" xsi:schemaLocation="{address}/a.xsd"/>',
    }


@pytest.mark.parametrize("ending", ENDINGS)
def test_no_disguise_opens_another_file_or_asks_a_server(tmp_path, server, ending):
    address, asked = server
    secret = tmp_path / "secret.csv"
    secret.write_text("id,secret,x,y\na,42,1,1\nb,43,2,2\n")
    for name, text in disguises(secret, address).items():
        path = tmp_path / f"layer{ending}"
        path.write_text(text)
        with pytest.raises(GbaError, match="layer") as caught:
            gba.read_units(path, id="id")
        assert "secret" not in str(caught.value), name
    assert asked == []


@pytest.mark.parametrize(
    "path",
    [
        "/vsicurl/http://x.org/a.gpkg", "http://x.org/a.gpkg", "zip://a.zip", "s3://bucket/a.gpkg",
        r"\\server\share\a.shp", "/vsizip/a.zip/a.shp", "/vsimem/a", "file:///etc/passwd",
        "HTTPS://x.org/a.csv", "a.gpkg\0.csv",
    ],
)  # fmt: skip
@pytest.mark.parametrize("read", [lambda p: gba.read_units(p, id="code"), lambda p: gba.read_panel(p, unit="code")])
def test_addresses_are_no_files(path, read):
    with pytest.raises((MissingFileError, OptionError), match="is an address, not a file|not the path|no file name"):
        read(path)


@pytest.mark.parametrize("ending", [".gpkg", ".geojson", ".fgb", ".kml"])
def test_every_format_is_read_by_its_own_name_and_no_other(tmp_path, ending):
    path = tmp_path / f"units{ending}"
    layer = LAYER.rename(columns={"code": "Name"}) if ending == ".kml" else LAYER
    layer.to_file(path, driver="KML") if ending == ".kml" else layer.to_file(path)
    assert sorted(gba.read_units(path, id=layer.columns[0]).index) == ["a", "b"]
    for other in {".gpkg", ".geojson", ".fgb", ".kml", ".parquet", ".shp"} - {ending}:
        renamed = path.with_name(f"renamed{other}")
        renamed.write_bytes(path.read_bytes())
        with pytest.raises(FileFormatError, match="renamed"):
            gba.read_units(renamed, id="code")


def test_json_nested_without_end_is_one_sentence(tmp_path):
    path = tmp_path / "deep.geojson"
    path.write_text('{"type": "FeatureCollection", "features": ' + "[" * 2_000_000 + "]" * 2_000_000 + "}")
    with pytest.raises(FileFormatError, match="nested"):
        gba.read_units(path, id="code")


def test_a_shape_that_says_more_points_than_it_has_is_refused(tmp_path):
    LAYER.to_file(tmp_path / "a.shp")
    content = bytearray((tmp_path / "a.shp").read_bytes())
    struct.pack_into("<i", content, 100 + 8 + 40, 2_000_000_000)
    (tmp_path / "a.shp").write_bytes(content)
    with pytest.raises(FileFormatError, match="record 1 of a.shp"):
        gba.read_units(tmp_path / "a.shp", id="code")


ENDLESS = (
    "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT i AS fid, 'a' AS code, NULL AS geom FROM n"
)
HUGE = "SELECT 1 AS fid, zeroblob(900000000) AS code, NULL AS geom"


@pytest.mark.parametrize("body", [ENDLESS, HUGE])
def test_views_without_end_are_refused(tmp_path, body):
    LAYER.to_file(tmp_path / "a.gpkg", layer="a")
    base = sqlite3.connect(tmp_path / "a.gpkg")
    base.execute(f"CREATE VIEW v AS {body}")
    base.execute(
        "INSERT INTO gpkg_contents (table_name, data_type, identifier, srs_id) VALUES ('v','features','v',4326)"
    )
    base.execute("INSERT INTO gpkg_geometry_columns VALUES ('v','geom','POLYGON',4326,0,0)")
    base.commit()
    base.close()
    with pytest.raises(FileFormatError, match="the view 'v'"):
        gba.read_units(tmp_path / "a.gpkg", id="code", layer="v")


def test_a_view_of_a_layer_is_read(tmp_path):
    LAYER.to_file(tmp_path / "a.gpkg", layer="a")
    base = sqlite3.connect(tmp_path / "a.gpkg")
    base.execute("CREATE VIEW v AS SELECT fid, code, geom FROM a")
    base.execute(
        "INSERT INTO gpkg_contents (table_name, data_type, identifier, srs_id) VALUES ('v','features','v',4326)"
    )
    base.execute("INSERT INTO gpkg_geometry_columns VALUES ('v','geom','POLYGON',4326,0,0)")
    base.commit()
    base.close()
    assert gba.read_units(tmp_path / "a.gpkg", id="code", layer="v").index.tolist() == ["a", "b"]


def test_archives_that_unfold_without_end_are_refused(tmp_path):
    for name, inner in (("a.zip", "a.geojson"), ("a.xlsx", "xl/worksheets/sheet1.xml")):
        packed = zipfile.ZipFile(tmp_path / name, "w", zipfile.ZIP_DEFLATED)
        with packed as archive, archive.open(inner, "w") as stream:
            for _ in range(300):
                stream.write(b" " * 1_000_000)
    with pytest.raises(FileFormatError, match="would unfold from"):
        gba.read_units(tmp_path / "a.zip", id="code")
    with pytest.raises(FileFormatError, match="would unfold from"):
        gba.read_panel(tmp_path / "a.xlsx", unit="code")


def test_other_archives_are_told(tmp_path):
    (tmp_path / "a.geojson.gz").write_bytes(gzip.compress(LAYER.to_json().encode()))
    with pytest.raises(FileFormatError, match="no layer that can be read"):
        gba.read_units(tmp_path / "a.geojson.gz", id="code")
    with zipfile.ZipFile(tmp_path / "none.zip", "w") as archive:
        archive.writestr("readme.md", "x")
    with pytest.raises(FileFormatError, match=r"holds no layer \(readme.md\)"):
        gba.read_units(tmp_path / "none.zip", id="code")


def test_geoparquet_without_its_metadata_is_read(tmp_path):
    bare = pd.DataFrame({"code": LAYER["code"], "geometry": LAYER.geometry.to_wkb()})
    bare.to_parquet(tmp_path / "a.parquet")
    read = gba.read_units(tmp_path / "a.parquet", id="code", crs="EPSG:4326")
    assert read.geometry.geom_equals(LAYER.set_index("code").geometry).all()
    with pytest.raises(GbaError, match="does not say its CRS"):
        gba.read_units(tmp_path / "a.parquet", id="code")
    bare[["code"]].to_parquet(tmp_path / "table.parquet")
    with pytest.raises(FileFormatError, match="gba.read_panel"):
        gba.read_units(tmp_path / "table.parquet", id="code")


def test_a_parquet_file_of_few_bytes_and_many_rows_is_refused(tmp_path):
    import pyarrow as pa
    import pyarrow.parquet as pq

    schema = pa.schema([("code", pa.int8())])
    with pq.ParquetWriter(tmp_path / "a.parquet", schema) as writer:
        for _ in range(60):
            writer.write_table(pa.table({"code": pa.nulls(1_000_000, pa.int8())}, schema=schema))
    with pytest.raises(FileFormatError, match="60,000,000 cells"):
        gba.read_panel(tmp_path / "a.parquet", unit="code")
