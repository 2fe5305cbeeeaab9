"""Styles for desktop GIS: the same classes and colors as on the map, as QML (QGIS) and SLD (everyone)."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple
from xml.etree import ElementTree as ET

import numpy as np
import pandas as pd
import shapely

from gbaspatial.alignment import columns_of
from gbaspatial.errors import OptionError
from gbaspatial.export.names import without_controls
from gbaspatial.figures.classes import Classes, classify
from gbaspatial.figures.palette import CLUSTERS, HOTSPOTS, NO_DATA, Swatch
from gbaspatial.options import brief, public
from gbaspatial.writing import Companion, is_ours, replace_text, sealed

if TYPE_CHECKING:
    import geopandas as gpd

OGC, SE, SLD = "http://www.opengis.net/ogc", "http://www.opengis.net/se", "http://www.opengis.net/sld"
OUTLINE = "#5A5A5A"


class Rule(NamedTuple):
    """One row of a legend: which values, what it is called, its color.

    `above` and `upto` bound numbers, `value` is a class; all None means no data.
    """

    label: str
    color: str
    value: Any = None
    above: float | None = None
    upto: float | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Style:
    """How a layer is colored: by which column, with which rules, on polygons, lines or points.

    Made by `style`; ``to_qml()`` and ``to_sld()`` give the text of a file.
    """

    column: str
    rules: tuple[Rule, ...]
    shape: str

    def to_qml(self) -> str:
        """The style as QGIS reads it."""
        return _qml(self)

    def to_sld(self, name: str = "layer") -> str:
        """The style as an OGC Styled Layer Descriptor 1.1, for the layer `name`."""
        return _sld(self, name)

    def renamed(self, column: str) -> Style:
        """The same style on a column that has another name in the file."""
        return Style(column, self.rules, self.shape)


@public
def style(
    frame: gpd.GeoDataFrame,
    column: str,
    *,
    scheme: str | Sequence[float] | None = None,
    k: int = 5,
    palette: str = "YlGnBu",
) -> Style:
    """Color `frame` by `column`: cluster classes in the colors of GeoDa, numbers in classes, text by value.

    Parameters
    ----------
    frame : GeoDataFrame
        Units with a CRS, indexed by unit.
    column : str
        The column to color by.
    scheme : str or sequence of float, optional
        How numbers are put into classes: ``"quantiles"`` (default), ``"equal_interval"``, any scheme of mapclassify
        in small letters, or upper bounds.
    k : int
        Number of classes.
    palette : str
        A ColorBrewer ramp such as ``"YlGnBu"``.

    Returns
    -------
    Style
        For `write`, `geopackage`, `qml` and `sld`.

    Examples
    --------
    >>> import geopandas as gpd
    >>> from shapely import Point
    >>> frame = gpd.GeoDataFrame({"cluster": ["HH", "LL"]}, geometry=[Point(0, 0), Point(1, 1)], crs=4326)
    >>> [(rule.label, rule.color) for rule in style(frame, "cluster").rules[:2]]
    [('High-High 高-高', '#FF0000'), ('Low-Low 低-低', '#0000FF')]
    """
    columns_of(frame, column, "layer")
    values = frame[column]
    known = _known_classes(values)
    if known is not None:
        rules = [Rule(f"{s.english} {s.chinese}", s.color, value=name) for name, s in known.items()]
    else:
        rules = _rules(classify(values, scheme=scheme, k=k, palette=palette), values)
    rules.append(Rule(f"{NO_DATA.english} {NO_DATA.chinese}", NO_DATA.color))
    return Style(column, tuple(rules), _shape(frame))


def styled(table: gpd.GeoDataFrame, choice: str | Style | None) -> Style | None:
    """The style that was asked for, by a column or made before, for a table that `flat` made."""
    if choice is None:
        return None
    if not isinstance(choice, (str, Style)):
        raise OptionError(
            f"style={brief(choice)} is neither the name of a column nor a style; make one by gba.export.style."
        )
    column = choice if isinstance(choice, str) else choice.column
    written = table.attrs["written_as"].get(column, column)
    return style(table, written) if isinstance(choice, str) else choice.renamed(written)


def default_column(frame: pd.DataFrame) -> str | None:
    """The column that styles a layer when nobody says so: the classes of a local test."""
    return "cluster" if "cluster" in frame.columns and _known_classes(frame["cluster"]) is not None else None


def _known_classes(values: pd.Series) -> dict[str, Swatch] | None:
    if pd.api.types.is_numeric_dtype(values):
        return None
    seen = set(values.dropna().astype(str))
    tests = [known for known in (CLUSTERS, HOTSPOTS) if seen and seen <= set(known)]
    return tests[0] if tests else None


def _rules(classes: Classes, values: pd.Series) -> list[Rule]:
    if classes.categories:
        named = zip(classes.labels, classes.colors, classes.categories, strict=True)
        return [Rule(label, color, value=value) for label, color, value in named]
    inner = _shortest(classes.upper[:-1], values)
    below = [None, *inner]
    above = [*inner, None]  # the last class is open: a new largest value is not lost
    bounds = zip(classes.labels, classes.colors, below, above, strict=True)
    if classes.k == 1:
        return [Rule(classes.labels[0], classes.colors[0], above=-np.inf)]
    return [Rule(label, color, above=low, upto=high) for label, color, low, high in bounds]


def _shortest(bounds: np.ndarray, values: pd.Series) -> list[float]:
    """Each bound with the fewest digits that still part the same values: SLD readers keep six."""
    known = np.sort(values.dropna().to_numpy(dtype=float))
    made = []
    for bound in bounds.tolist():
        at = np.searchsorted(known, bound, side="right")
        low = known[at - 1] if at else -np.inf
        high = known[at] if at < len(known) else np.inf
        tried = (number for digits in range(3, 18) for number in _rounded(bound, digits))
        made.append(next(number for number in tried if low <= number < high or number == bound))
    return made


def _rounded(bound: float, digits: int) -> tuple[float, float]:
    """`bound` with so many digits, to the nearest and up."""
    step = 10.0 ** (np.floor(np.log10(abs(bound))) - digits + 1) if bound else 0.0
    return float(f"{bound:.{digits}g}"), float(f"{bound + step / 2:.{digits}g}")


def _shape(frame: gpd.GeoDataFrame) -> str:
    kinds = set(np.unique(shapely.get_dimensions(np.asarray(frame.geometry.array, dtype=object))).tolist()) - {-1}
    return {0: "point", 1: "line"}.get(max(kinds, default=2), "polygon")


def _text(value: object) -> str:
    """Without the control characters that XML cannot hold."""
    return "".join(ch if ch in "\t\n" else without_controls(ch, "\N{REPLACEMENT CHARACTER}") for ch in str(value))


def _rgba(color: str) -> str:
    return ",".join(str(part) for part in bytes.fromhex(color[1:])) + ",255"


def _expression(column: str, rule: Rule) -> str:
    """The rule in the expression language of QGIS."""
    name = '"' + column.replace('"', '""') + '"'
    if rule.value is not None:
        return _equals(name, rule.value)
    parts = []
    if rule.above is not None and np.isfinite(rule.above):
        parts.append(f"{name} > {_decimal(rule.above)}")
    if rule.upto is not None and np.isfinite(rule.upto):
        parts.append(f"{name} <= {_decimal(rule.upto)}")
    if not parts:
        return f"{name} IS NOT NULL" if rule.above is not None else f"{name} IS NULL"
    return " AND ".join(parts)


def _equals(name: str, value: Any) -> str:
    """The test for one value, in words that QGIS and OGR both understand: QGIS asks both."""
    if isinstance(value, (bool, np.bool_)):
        return name if value else f"NOT {name}"
    if isinstance(value, (date, np.datetime64)):
        return f"to_datetime({name}) = to_datetime('{pd.Timestamp(value).isoformat()}')"
    if isinstance(value, (int, float, np.number)):
        return f"{name} = {_decimal(value)}"
    return f"{name} = '" + str(value).replace("'", "''") + "'"


def _decimal(value: Any) -> str:
    """The shortest decimal that reads back as `value`."""
    return str(int(value)) if float(value).is_integer() and abs(value) < 1e15 else repr(float(value))


def _qml(style: Style) -> str:
    root = ET.Element("qgis", version="3.22.0", styleCategories="Symbology")
    renderer = ET.SubElement(root, "renderer-v2", type="RuleRenderer", symbollevels="0", forceraster="0")
    rules = ET.SubElement(renderer, "rules", key="root")
    symbols = ET.SubElement(renderer, "symbols")
    for number, rule in enumerate(style.rules):
        ET.SubElement(
            rules, "rule", key=f"rule{number}", symbol=str(number), label=_text(rule.label),
            filter=_text(_expression(style.column, rule)),
        )  # fmt: skip
        _symbol(symbols, style.shape, number, rule.color)
    head = "<!DOCTYPE qgis PUBLIC 'http://mrcc.com/qgis.dtd' 'SYSTEM'>\n"
    return head + ET.tostring(root, encoding="unicode") + "\n"


def _symbol(symbols: ET.Element, shape: str, number: int, color: str) -> None:
    kind = {"polygon": "fill", "line": "line", "point": "marker"}[shape]
    layer_class = {"polygon": "SimpleFill", "line": "SimpleLine", "point": "SimpleMarker"}[shape]
    symbol = ET.SubElement(symbols, "symbol", type=kind, name=str(number), alpha="1", clip_to_extent="1")
    layer = ET.SubElement(symbol, "layer", {"class": layer_class, "enabled": "1", "locked": "0", "pass": "0"})
    options = {
        "polygon": {"color": _rgba(color), "style": "solid", "outline_color": _rgba(OUTLINE), "outline_style": "solid",
                    "outline_width": "0.2", "outline_width_unit": "MM", "joinstyle": "round"},
        "line": {"line_color": _rgba(color), "line_style": "solid", "line_width": "0.5", "line_width_unit": "MM"},
        "point": {"color": _rgba(color), "name": "circle", "size": "2.4", "size_unit": "MM",
                  "outline_color": _rgba(OUTLINE), "outline_style": "solid", "outline_width": "0.2"},
    }[shape]  # fmt: skip
    # Newer QGIS reads the map of options, older ones the plain properties.
    held = ET.SubElement(layer, "Option", type="Map")
    for name, value in options.items():
        ET.SubElement(held, "Option", type="QString", name=name, value=value)
    for name, value in options.items():
        ET.SubElement(layer, "prop", k=name, v=value)


def _sld(style: Style, name: str) -> str:
    for prefix, address in (("sld", SLD), ("se", SE), ("ogc", OGC)):
        ET.register_namespace(prefix, address)
    root = ET.Element(f"{{{SLD}}}StyledLayerDescriptor", version="1.1.0")
    layer = ET.SubElement(root, f"{{{SLD}}}NamedLayer")
    ET.SubElement(layer, f"{{{SE}}}Name").text = _text(name)
    user = ET.SubElement(layer, f"{{{SLD}}}UserStyle")
    ET.SubElement(user, f"{{{SE}}}Name").text = _text(style.column)
    kind = ET.SubElement(user, f"{{{SE}}}FeatureTypeStyle")
    for rule in style.rules:
        made = ET.SubElement(kind, f"{{{SE}}}Rule")
        ET.SubElement(made, f"{{{SE}}}Name").text = _text(rule.label)
        _filter(made, style.column, rule)
        _symbolizer(made, style.shape, rule.color)
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + ET.tostring(root, encoding="unicode") + "\n"


def _filter(rule_element: ET.Element, column: str, rule: Rule) -> None:
    holder = ET.SubElement(rule_element, f"{{{OGC}}}Filter")
    tests = []
    if rule.value is not None:
        tests.append(("PropertyIsEqualTo", _literal(rule.value)))
    if rule.above is not None and np.isfinite(rule.above):
        tests.append(("PropertyIsGreaterThan", _decimal(rule.above)))
    if rule.upto is not None and np.isfinite(rule.upto):
        tests.append(("PropertyIsLessThanOrEqualTo", _decimal(rule.upto)))
    if not tests:
        if rule.above is not None:
            holder = ET.SubElement(holder, f"{{{OGC}}}Not")
        test = ET.SubElement(holder, f"{{{OGC}}}PropertyIsNull")
        ET.SubElement(test, f"{{{OGC}}}PropertyName").text = _text(column)
    if len(tests) > 1:
        holder = ET.SubElement(holder, f"{{{OGC}}}And")
    for test_name, literal in tests:
        test = ET.SubElement(holder, f"{{{OGC}}}{test_name}")
        ET.SubElement(test, f"{{{OGC}}}PropertyName").text = _text(column)
        ET.SubElement(test, f"{{{OGC}}}Literal").text = _text(literal)


def _literal(value: Any) -> str:
    if isinstance(value, (bool, np.bool_)):
        return "true" if value else "false"
    if isinstance(value, (int, float, np.number)):
        return _decimal(value)
    return pd.Timestamp(value).isoformat() if isinstance(value, (date, np.datetime64)) else str(value)


def _symbolizer(rule: ET.Element, shape: str, color: str) -> None:
    def _parameters(holder: ET.Element, kind: str, **values: str) -> None:
        part = ET.SubElement(holder, f"{{{SE}}}{kind}")
        for key, value in values.items():
            ET.SubElement(part, f"{{{SE}}}SvgParameter", name=key.replace("_", "-")).text = value

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


def style_files(layer: Path) -> dict[str, Companion]:
    """The style files beside `layer`: ours if sealed, stale if we wrote them for this very layer."""
    each = Companion(is_ours, partial(is_ours, layer=layer.name))
    return {layer.with_suffix(ending).name: each for ending in (".qml", ".sld")}


def write_styles(style: Style, half: Path) -> None:
    """The style files of the layer that is being written to `half`."""
    half.with_suffix(".qml").write_text(sealed(style.to_qml(), half.name), encoding="utf-8")
    half.with_suffix(".sld").write_text(sealed(style.to_sld(half.stem), half.name), encoding="utf-8")


@public
def qml(path: str | os.PathLike[str], style: Style) -> Path:
    """Write `style` as a QGIS style file; beside a layer of the same name QGIS applies it by itself.

    Parameters
    ----------
    path : path
        Where to write; what stands there is kept until the new file is whole.
    style : Style
        What `style` gives.

    Returns
    -------
    pathlib.Path
        Of the file.

    Examples
    --------
    >>> import tempfile
    >>> made = Style("x", (Rule("all", "#FF0000", above=0.0),), "polygon")
    >>> qml(tempfile.mkdtemp() + "/x.qml", made).name
    'x.qml'
    """
    return replace_text(path, sealed(style.to_qml()))


@public
def sld(path: str | os.PathLike[str], style: Style) -> Path:
    """Write `style` as an OGC SLD 1.1 file, which QGIS, GeoServer and others read.

    Parameters
    ----------
    path : path
        Where to write; what stands there is kept until the new file is whole.
    style : Style
        What `style` gives.

    Returns
    -------
    pathlib.Path
        Of the file.

    Examples
    --------
    >>> import tempfile
    >>> made = Style("x", (Rule("all", "#FF0000", above=0.0),), "polygon")
    >>> sld(tempfile.mkdtemp() + "/x.sld", made).name
    'x.sld'
    """
    return replace_text(path, sealed(style.to_sld(Path(path).stem)))
