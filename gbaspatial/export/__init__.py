"""Files for other programs: styled GeoPackages, shapefiles that can be read back, GeoJSON, GeoParquet, KML, CSV.

Examples
--------
>>> import tempfile, gbaspatial as gba
>>> cities = gba.load_cities(year=2019)
>>> gba.export.geopackage(tempfile.mkdtemp() + "/bay.gpkg", {"cities": cities}, styles={"cities": "gdp_pc_cny"}).name
'bay.gpkg'
"""

from gbaspatial.errors import door_of
from gbaspatial.export.descriptions import Description, Field, describe
from gbaspatial.export.formats import csv, flatgeobuf, geojson, geoparquet, kml, write, xlsx
from gbaspatial.export.geopackages import geopackage
from gbaspatial.export.legend_rules import Rule
from gbaspatial.export.link_lines import links
from gbaspatial.export.postgis_tables import postgis
from gbaspatial.export.print_layouts import qpt
from gbaspatial.export.shapefiles import shapefile
from gbaspatial.export.styles import Style, qml, sld, style

__all__ = [
    "Description",
    "Field",
    "Rule",
    "Style",
    "csv",
    "describe",
    "flatgeobuf",
    "geojson",
    "geopackage",
    "geoparquet",
    "kml",
    "links",
    "postgis",
    "qml",
    "qpt",
    "shapefile",
    "sld",
    "style",
    "write",
    "xlsx",
]

_CALLED = {  # by other software, or in the field
    "gpkg": "geopackage",
    "shp": "shapefile",
    "parquet": "geoparquet",
    "fgb": "flatgeobuf",
    "excel": "xlsx",
    "to_csv": "csv",
    "print_layout": "qpt",
}
__getattr__, __dir__ = door_of(__name__, __all__, _CALLED)
