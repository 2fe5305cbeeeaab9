"""KML as Google Earth reads it, made here: drivers lose missing values, and tell nobody when the disk is full."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

import numpy as np
import pandas as pd
import shapely

from gbaspatial.export.legend_rules import OUTLINE, holds
from gbaspatial.export.names import without_controls

if TYPE_CHECKING:
    import geopandas as gpd

    from gbaspatial.export.descriptions import Description
    from gbaspatial.export.styles import Style

KML = "http://www.opengis.net/kml/2.2"


def kml_text(
    table: gpd.GeoDataFrame,
    field: str,
    layer: str,
    style: Style | None = None,
    description: Description | None = None,
) -> str:
    """`table`, in longitude and latitude, as a KML document whose placemarks are called by `field`.

    With a `style` the document carries a style for each class: Google Earth shows no color without.
    """
    root = ET.Element("kml", xmlns=KML)
    document = ET.SubElement(root, "Document", id="root_doc")
    columns = [column for column in table.columns if column != table.geometry.name]
    schema = ET.SubElement(document, "Schema", name=_clean(layer), id="fields")
    for column in columns:
        made = ET.SubElement(schema, "SimpleField", name=_clean(column), type=_kind(table[column]))
        if description is not None and column in description.fields:
            ET.SubElement(made, "displayName").text = _clean(description.fields[column].both())
    if description is not None and description.attribution:
        ET.SubElement(document, "description").text = _clean(description.attribution)
    classes = [None] * len(table) if style is None else _classes(document, style, table)
    folder = ET.SubElement(document, "Folder")
    ET.SubElement(folder, "name").text = _clean(layer)
    cells = {column: table[column].astype(object).tolist() for column in columns}
    for place, shape in enumerate(table.geometry):
        _placemark(folder, {column: cells[column][place] for column in columns}, field, shape, classes[place])
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + ET.tostring(root, encoding="unicode") + "\n"


def _classes(document: ET.Element, style: Style, table: gpd.GeoDataFrame) -> list[int | None]:
    """A style in the document for each class; and the class of each row."""
    for number, rule in enumerate(style.rules):
        made = ET.SubElement(document, "Style", id=f"class{number}")
        red, green, blue = rule.color[1:3], rule.color[3:5], rule.color[5:7]
        line = ET.SubElement(made, "LineStyle")
        outline = OUTLINE if style.shape == "polygon" else rule.color
        ET.SubElement(line, "color").text = f"ff{outline[5:7]}{outline[3:5]}{outline[1:3]}".lower()
        ET.SubElement(line, "width").text = "1" if style.shape == "polygon" else "2.5"
        ET.SubElement(ET.SubElement(made, "PolyStyle"), "color").text = f"cc{blue}{green}{red}".lower()
        icon = ET.SubElement(made, "IconStyle")
        ET.SubElement(icon, "color").text = f"ff{blue}{green}{red}".lower()
    if not style.column:
        return [0] * len(table)
    return [next((place for place, rule in enumerate(style.rules) if holds(rule, value)), None)
            for value in table[style.column].astype(object)]  # fmt: skip


def _placemark(
    folder: ET.Element, row: Mapping[str, object], field: str, shape: shapely.Geometry, style: int | None
) -> None:
    made = ET.SubElement(folder, "Placemark")
    known = {column: value for column, value in row.items() if not pd.isna(value)}
    if field in known:
        ET.SubElement(made, "name").text = _value(known[field])
    if style is not None:
        ET.SubElement(made, "styleUrl").text = f"#class{style}"
    data = ET.SubElement(ET.SubElement(made, "ExtendedData"), "SchemaData", schemaUrl="#fields")
    for column, value in known.items():  # a missing value is left out: an empty text would be a value
        ET.SubElement(data, "SimpleData", name=_clean(column)).text = _value(value)
    if shape is not None and not shape.is_empty:
        _geometry(made, shape)


def _geometry(holder: ET.Element, shape: shapely.Geometry) -> None:
    if shape.geom_type.startswith("Multi") or shape.geom_type == "GeometryCollection":
        several = ET.SubElement(holder, "MultiGeometry")
        for part in shape.geoms:
            _geometry(several, part)
    elif shape.geom_type == "Polygon":
        polygon = ET.SubElement(holder, "Polygon")
        rings = [("outerBoundaryIs", shape.exterior), *(("innerBoundaryIs", ring) for ring in shape.interiors)]
        for name, ring in rings:
            _coordinates(ET.SubElement(ET.SubElement(polygon, name), "LinearRing"), ring)
    else:
        _coordinates(ET.SubElement(holder, "Point" if shape.geom_type == "Point" else "LineString"), shape)


def _coordinates(holder: ET.Element, shape: shapely.Geometry) -> None:
    numbers = shapely.get_coordinates(shape, include_z=bool(shape.has_z))
    ET.SubElement(holder, "coordinates").text = " ".join(",".join(map(repr, row)) for row in numbers.tolist())


def _kind(column: pd.Series) -> str:
    """The type of a field; text where the numbers could lose something, such as leading zeros."""
    if pd.api.types.is_bool_dtype(column.dtype):
        return "bool"
    if pd.api.types.is_integer_dtype(column.dtype):
        return "int" if column.dropna().between(-(2**31), 2**31 - 1).all() else "string"
    return "double" if pd.api.types.is_float_dtype(column.dtype) else "string"


def _value(value: object) -> str:
    if isinstance(value, (bool, np.bool_)):
        return "1" if value else "0"  # drivers read "true" as the number 0
    if isinstance(value, (float, np.floating)):
        return repr(float(value))
    if isinstance(value, pd.Timestamp):
        return value.isoformat(timespec="milliseconds")  # as QGIS compares times with texts
    return _clean(value.isoformat() if hasattr(value, "isoformat") else str(value))


def _clean(text: str) -> str:
    """`text` with a sign in the place of what XML cannot hold; tabs and line ends stay."""
    return "".join(ch if ch in "\t\n\r" else without_controls(ch, "\N{REPLACEMENT CHARACTER}") for ch in text)
