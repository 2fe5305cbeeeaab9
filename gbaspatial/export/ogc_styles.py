"""Styles as an OGC Styled Layer Descriptor 1.1."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

import numpy as np

from gbaspatial.export.legend_rules import OUTLINE, Rule, decimal, literal, xml_text
from gbaspatial.export.qgis_styles import label_scales

if TYPE_CHECKING:
    from gbaspatial.export.styles import Style

OGC, SE, SLD = "http://www.opengis.net/ogc", "http://www.opengis.net/se", "http://www.opengis.net/sld"


def sld_text(style: Style, name: str) -> str:
    """`style` for the layer `name`: a rule for each class, and one for the names in each language."""
    for prefix, address in (("sld", SLD), ("se", SE), ("ogc", OGC)):
        ET.register_namespace(prefix, address)
    root = ET.Element(f"{{{SLD}}}StyledLayerDescriptor", version="1.1.0")
    layer = ET.SubElement(root, f"{{{SLD}}}NamedLayer")
    ET.SubElement(layer, f"{{{SE}}}Name").text = xml_text(name)
    user = ET.SubElement(layer, f"{{{SLD}}}UserStyle")
    ET.SubElement(user, f"{{{SE}}}Name").text = xml_text(style.column)
    kind = ET.SubElement(user, f"{{{SE}}}FeatureTypeStyle")
    of_times = any(isinstance(rule.value, (date, np.datetime64)) for rule in style.rules)
    for rule in style.rules:
        made = ET.SubElement(kind, f"{{{SE}}}Rule")
        ET.SubElement(made, f"{{{SE}}}Name").text = xml_text(rule.label)
        if style.column:
            _filter(made, style.column, rule, of_times)
        _symbolizer(made, style.shape, rule.color)
    if style.shape != "line":
        _labels(user, style)
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + ET.tostring(root, encoding="unicode") + "\n"


def _labels(user: ET.Element, style: Style) -> None:
    """Names with a halo, one above the other, from the scale on at which they have room."""
    kind = ET.SubElement(user, f"{{{SE}}}FeatureTypeStyle")
    farthest = label_scales(style)
    for place, column in enumerate(style.labels):
        made = ET.SubElement(kind, f"{{{SE}}}Rule")
        ET.SubElement(made, f"{{{SE}}}Name").text = xml_text(column)
        ET.SubElement(made, f"{{{SE}}}MaxScaleDenominator").text = f"{farthest['both' if place else 'one']:.0f}"
        text = ET.SubElement(made, f"{{{SE}}}TextSymbolizer")
        label = ET.SubElement(text, f"{{{SE}}}Label")
        ET.SubElement(label, f"{{{OGC}}}PropertyName").text = xml_text(column)
        _parameters(text, "Font", font_size="12")
        point = ET.SubElement(ET.SubElement(text, f"{{{SE}}}LabelPlacement"), f"{{{SE}}}PointPlacement")
        for kind_of_shift, x, y in (("AnchorPoint", "0.5", "0.5"), ("Displacement", "0", str(-14 * place))):
            shift = ET.SubElement(point, f"{{{SE}}}{kind_of_shift}")
            ET.SubElement(shift, f"{{{SE}}}{kind_of_shift}X").text = x
            ET.SubElement(shift, f"{{{SE}}}{kind_of_shift}Y").text = y
        halo = ET.SubElement(text, f"{{{SE}}}Halo")
        ET.SubElement(halo, f"{{{SE}}}Radius").text = "2"
        _parameters(halo, "Fill", fill="#FFFFFF")
        _parameters(text, "Fill", fill="#222222")


def _parameters(holder: ET.Element, kind: str, **values: str) -> None:
    part = ET.SubElement(holder, f"{{{SE}}}{kind}")
    for key, value in values.items():
        ET.SubElement(part, f"{{{SE}}}SvgParameter", name=key.replace("_", "-")).text = value


def _filter(rule_element: ET.Element, column: str, rule: Rule, of_times: bool) -> None:
    holder = ET.SubElement(rule_element, f"{{{OGC}}}Filter")
    tests = []
    if rule.value is not None:
        tests.append(("PropertyIsEqualTo", literal(rule.value)))
    if rule.above is not None and np.isfinite(rule.above):
        tests.append(("PropertyIsGreaterThan", decimal(rule.above)))
    if rule.upto is not None and np.isfinite(rule.upto):
        tests.append(("PropertyIsLessThanOrEqualTo", decimal(rule.upto)))
    if not tests:
        if rule.above is not None:
            holder = ET.SubElement(holder, f"{{{OGC}}}Not")
        elif of_times:
            holder = _or_no_text(holder, column)
        test = ET.SubElement(holder, f"{{{OGC}}}PropertyIsNull")
        ET.SubElement(test, f"{{{OGC}}}PropertyName").text = xml_text(column)
    if len(tests) > 1:
        holder = ET.SubElement(holder, f"{{{OGC}}}And")
    for test_name, words in tests:
        test = ET.SubElement(holder, f"{{{OGC}}}{test_name}")
        ET.SubElement(test, f"{{{OGC}}}PropertyName").text = xml_text(column)
        ET.SubElement(test, f"{{{OGC}}}Literal").text = xml_text(words)


def _or_no_text(holder: ET.Element, column: str) -> ET.Element:
    """Where the test for a missing time goes, beside one that no time passes.

    GDAL (up to 3.6 at least) fails at `time = '...' OR time IS NULL` where the time is missing, and QGIS, which hands
    it the filters of all rules, then draws no such unit. GDAL refuses LIKE for times, so that QGIS judges by itself.
    """
    either = ET.SubElement(holder, f"{{{OGC}}}Or")
    signs = {"wildCard": "%", "singleChar": "_", "escapeChar": "!"}
    like = ET.SubElement(ET.SubElement(either, f"{{{OGC}}}Not"), f"{{{OGC}}}PropertyIsLike", signs)
    ET.SubElement(like, f"{{{OGC}}}PropertyName").text = xml_text(column)
    ET.SubElement(like, f"{{{OGC}}}Literal").text = "%"
    return either


def _symbolizer(rule: ET.Element, shape: str, color: str) -> None:
    if shape == "line":
        _parameters(ET.SubElement(rule, f"{{{SE}}}LineSymbolizer"), "Stroke", stroke=color, stroke_width="1.5")
        return
    if shape == "polygon":
        holder = ET.SubElement(rule, f"{{{SE}}}PolygonSymbolizer")
    else:
        graphic = ET.SubElement(ET.SubElement(rule, f"{{{SE}}}PointSymbolizer"), f"{{{SE}}}Graphic")
        holder = ET.SubElement(graphic, f"{{{SE}}}Mark")
        ET.SubElement(holder, f"{{{SE}}}WellKnownName").text = "circle"
    _parameters(holder, "Fill", fill=color)
    _parameters(holder, "Stroke", stroke=OUTLINE, stroke_width="0.6")
    if shape == "point":
        ET.SubElement(graphic, f"{{{SE}}}Size").text = "7"
