"""Print layouts of QGIS: an A4 page with map, title, legend, scale, north and sources, to be opened as a template."""

from __future__ import annotations

import base64
import os
import uuid
from pathlib import Path
from typing import TYPE_CHECKING, Any
from xml.etree import ElementTree as ET

import numpy as np

from gbaspatial.errors import DataError, FileFormatError, OptionError
from gbaspatial.export.descriptions import Description, describe
from gbaspatial.export.frames import flat
from gbaspatial.export.legend_rules import xml_text
from gbaspatial.filenames import file_of
from gbaspatial.geography import metric_crs
from gbaspatial.options import brief, public
from gbaspatial.writing import replace_text

if TYPE_CHECKING:
    import geopandas as gpd

NOT_LEGAL = "Not a map for legal boundaries 非法定界线地图"
PAGE_MM = (297.0, 210.0)
# Left, top, width and height on the page in mm.
_PLACES = {"title": (10, 7, 277, 12), "map": (10, 21, 205, 165), "legend": (219, 21, 68, 124),
           "scale": (219, 166, 68, 10), "north": (269, 147, 16, 18), "legal": (219, 178, 68, 8),
           "sources": (10, 189, 277, 16)}  # fmt: skip
_KINDS = {"map": "65639", "north": "65640", "title": "65641", "sources": "65641", "legal": "65641", "legend": "65642",
          "scale": "65646"}  # fmt: skip
_ARROW = (
    '<svg xmlns="http://www.w3.org/2000/svg" width="36" height="40" viewBox="0 0 36 40"><path d="M18 14L27 39L18 33'
    'L9 39Z" fill="#222222"/><path d="M13.5 11V1L22.5 11V1" fill="none" stroke="#222222" stroke-width="2"/></svg>'
)
_MARGIN = 0.04  # of the width and height of the map, around the units
_ROUND = (1, 2, 5)


@public
def qpt(path: str | os.PathLike[str], frame: gpd.GeoDataFrame, *, description: Description | None = None) -> Path:
    """Write a print layout for QGIS around `frame`: map, title, legend, scale bar, north and sources on A4.

    In QGIS: *Project > Layout Manager > Specific template*. The map shows the layers of the project in a projection
    whose lengths are true at the units, so that the scale bar is; the legend follows the layers.

    Parameters
    ----------
    path : path
        Ends in ``.qpt``.
    frame : GeoDataFrame
        Units with a CRS, indexed by unit: where the map is.
    description : Description, optional
        Title, abstract and attribution, made by `describe`; by default the name of the file, and what the layer
        carries.

    Returns
    -------
    pathlib.Path
        Of the file.

    Raises
    ------
    FileFormatError, OptionError, DataError
        If the path ends otherwise, the description is none, or no unit has a shape.

    Examples
    --------
    >>> import tempfile, gbaspatial as gba
    >>> cities = gba.load_cities(year=2019)
    >>> told = gba.export.describe(cities, title="Cities of the bay 湾区城市")
    >>> gba.export.qpt(tempfile.mkdtemp() + "/bay.qpt", cities, description=told).name
    'bay.qpt'
    """
    target = file_of(path)
    if target.suffix.lower() != ".qpt":
        raise FileFormatError(f"{target.name} is no name of a print layout; end it in .qpt.")
    if description is not None and not isinstance(description, Description):
        raise OptionError(f"description={brief(description)} is none; make one by gba.export.describe.")
    told = describe(frame) if description is None else description
    return replace_text(target, layout_text(frame, told, told.title or target.stem))


def layout_text(frame: gpd.GeoDataFrame, told: Description, title: str) -> str:
    """The layout as QGIS reads it."""
    crs = metric_crs(flat(frame))
    extent = _extent(frame.to_crs(crs))
    root = ET.Element("Layout", name=xml_text(title), units="mm", printResolution="300", worldFileMap="")
    _page(root)
    chart = _item(root, "map", frame="true", background="true", drawCanvasItems="false", keepLayerSet="false",
                  mapRotation="0")  # fmt: skip
    ET.SubElement(chart, "Extent", dict(zip(("xmin", "ymin", "xmax", "ymax"), map(repr, extent), strict=True)))
    ET.SubElement(
        ET.SubElement(ET.SubElement(chart, "crs"), "spatialrefsys", nativeFormat="Wkt"), "wkt"
    ).text = crs.to_wkt()
    uuid_of_map = chart.attrib["uuid"]
    _words(root, "title", title, size=18, bold=True)
    _legend(root, uuid_of_map)
    _item(root, "north", file="base64:" + base64.b64encode(_ARROW.encode()).decode(), mode="0", resizeMode="0",
          northMode="1", mapUuid=uuid_of_map)  # fmt: skip
    _scale_bar(root, uuid_of_map, extent[2] - extent[0])
    _words(root, "legal", NOT_LEGAL, size=8)
    sources = f"Sources 资料来源: {told.attribution}" if told.attribution else ""
    _words(root, "sources", "\n".join(text for text in (told.abstract, sources) if text), size=7.5)
    return "<!DOCTYPE qgis-layout>\n" + ET.tostring(root, encoding="unicode") + "\n"


def _extent(moved: gpd.GeoDataFrame) -> tuple[float, float, float, float]:
    """What the map shows, in metres: all units with a margin, in the proportions of the map on the page."""
    bounds = moved.geometry.total_bounds
    if not np.isfinite(bounds).all():
        raise DataError("no unit has a shape, so there is nothing to lay a map around.")
    middle = (bounds[:2] + bounds[2:]) / 2
    size = np.maximum(bounds[2:] - bounds[:2], 1.0) * (1 + 2 * _MARGIN)
    _, _, wide, high = _PLACES["map"]
    half = max(size[0] / wide, size[1] / high) * np.array([wide, high]) / 2
    return tuple(float(x) for x in (*(middle - half), *(middle + half)))  # type: ignore[return-value]


def _page(root: ET.Element) -> None:
    pages = ET.SubElement(root, "PageCollection")
    ET.SubElement(
        pages, "LayoutItem", type="65638", uuid=_name_of("page"), position="0,0,mm", positionOnPage="0,0,mm",
        size=f"{PAGE_MM[0]:g},{PAGE_MM[1]:g},mm", background="true", visibility="1",
    )  # fmt: skip


def _item(root: ET.Element, name: str, **more: str) -> ET.Element:
    left, top, wide, high = _PLACES[name]
    place = {"position": f"{left},{top},mm", "positionOnPage": f"{left},{top},mm", "size": f"{wide},{high},mm"}
    own = {"type": _KINDS[name], "id": name, "uuid": _name_of(name), "templateUuid": _name_of(name)}
    look = {"visibility": "1", "opacity": "1", "frame": "false", "background": "false", "outlineWidthM": "0.2,mm"}
    made = ET.SubElement(root, "LayoutItem", {**own, **look, **place, **more})
    ET.SubElement(made, "FrameColor", red="90", green="90", blue="90", alpha="255")
    ET.SubElement(made, "BackgroundColor", red="255", green="255", blue="255", alpha="255")
    return made


def _name_of(name: str) -> str:
    """The identifier of an item, the same in every file: QGIS gives new ones when it opens a template."""
    return "{" + str(uuid.uuid5(uuid.NAMESPACE_URL, f"gbaspatial/layout/{name}")) + "}"


def _words(root: ET.Element, name: str, text: str, *, size: float, bold: bool = False) -> None:
    shown = xml_text(text).replace("[%", "[\N{ZERO WIDTH SPACE}%")  # which QGIS would run as an expression
    made = _item(root, name, labelText=shown, htmlState="0", halign="1", valign="32", marginX="0", marginY="0")
    ET.SubElement(made, "LabelFont", description=_font(size, bold), style="")
    ET.SubElement(made, "FontColor", red="34", green="34", blue="34", alpha="255")


def _font(size: float, bold: bool = False) -> str:
    return f"Arial,{size:g},-1,5,{75 if bold else 50},0,0,0,0,0"


def _legend(root: ET.Element, uuid_of_map: str) -> None:
    made = _item(
        root, "legend", title="Legend 图例", map_uuid=uuid_of_map, legendFilterByAtlas="0", resizeToContents="1",
        columnCount="1", symbolWidth="6", symbolHeight="4", boxSpace="0", columnSpace="2", titleAlignment="1",
        symbolAlignment="1", lineSpacing="1", fontColor="#222222", wrapChar="",
    )  # fmt: skip
    styles = ET.SubElement(made, "styles")
    sizes: tuple[tuple[str, float, dict[str, str]], ...] = (
        ("title", 11, {"marginBottom": "2"}), ("group", 10, {"marginTop": "2"}), ("subgroup", 9, {"marginTop": "2"}),
        ("symbol", 8, {"marginTop": "1"}), ("symbolLabel", 8, {"marginTop": "1", "marginLeft": "2"}),
    )  # fmt: skip
    for name, size, margins in sizes:
        style = ET.SubElement(styles, "style", {"name": name, "alignment": "1", "indent": "0", **margins})
        ET.SubElement(style, "styleFont", description=_font(size, name == "title"), style="")


def _scale_bar(root: ET.Element, uuid_of_map: str, width_m: float) -> None:
    """Two round segments that take about a quarter of the page together."""
    meters = _round_length(width_m * 24 / _PLACES["map"][2])
    large = meters >= 1000
    each = meters / 1000 if large else meters
    on_page = meters / width_m * _PLACES["map"][2]
    made = _item(
        root, "scale", mapUuid=uuid_of_map, style="Single Box", unitType="km" if large else "meters",
        unitLabel="km" if large else "m", numMapUnitsPerScaleBarUnit="1", numUnitsPerSegment=f"{each:g}",
        segmentMillimeters=repr(on_page), numSegments="2", numSegmentsLeft="0", numSubdivisions="1",
        segmentSizeMode="0", height="2", labelBarSpace="1.5", boxContentSpace="0", alignment="0", outlineWidth="0.2",
        minBarWidth="20", maxBarWidth="66", labelVerticalPlacement="0", labelHorizontalPlacement="0",
    )  # fmt: skip
    attributes: dict[str, Any] = {"fontFamily": "Arial", "fontSize": "8", "fontSizeUnit": "Point",
                                  "textColor": "34,34,34,255", "textOpacity": "1", "multilineHeight": "1"}  # fmt: skip
    ET.SubElement(made, "text-style", attributes)


def _round_length(most: float) -> float:
    """The longest of 1, 2 and 5 times a power of ten that is no longer than `most`.

    Examples
    --------
    >>> _round_length(48_000.0), _round_length(9.9)
    (20000.0, 5.0)
    """
    power = 10.0 ** np.floor(np.log10(most))
    return float(max(part * power for part in _ROUND if part * power <= most))
