"""Styles as QGIS reads them: renderers that it can classify anew, labels by scale, names of fields, map tips."""

from __future__ import annotations

import numbers
from collections.abc import Sequence
from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

import numpy as np

from gbaspatial.export.descriptions import Description, Field
from gbaspatial.export.legend_rules import OUTLINE, decimal, expression, quoted, xml_text

if TYPE_CHECKING:
    from gbaspatial.export.styles import Style

_METHODS = {"quantiles": "Quantile", "equal_interval": "EqualInterval", "equalinterval": "EqualInterval",
            "fisherjenks": "Jenks", "naturalbreaks": "Jenks", "jenkscaspall": "Jenks", "prettybreaks": "Pretty",
            "stdmean": "StdDev"}  # fmt: skip
_NARROWEST_MM = {"one": 12.0, "both": 24.0}  # of a usual unit on the map, for its name in one language, or in both
_SYMBOLS = {"polygon": ("fill", "SimpleFill"), "line": ("line", "SimpleLine"), "point": ("marker", "SimpleMarker")}


def qml_text(style: Style, description: Description | None = None) -> str:
    """`style`, and how its layer is described, as a style file of QGIS.

    Numbers without gaps are a Graduated renderer and texts a Categorized one, which a reader can classify anew; where
    values are missing beside numbers, and for flags and dates, only rules tell all classes.
    """
    root = ET.Element("qgis", version="3.22.0", styleCategories="Symbology|Labeling|Fields|MapTips|LayerConfiguration")
    _RENDERERS[renderer_of(style)](root, style)
    if style.labels and style.shape != "line":
        _labeling(root, style)
    if description is not None:
        _fields(root, description.fields)
        ET.SubElement(root, "previewExpression").text = xml_text(_names(style.labels or list(description.fields)[:1]))
        ET.SubElement(root, "mapTip").text = xml_text(_map_tip(style, description))
    head = "<!DOCTYPE qgis PUBLIC 'http://mrcc.com/qgis.dtd' 'SYSTEM'>\n"
    return head + ET.tostring(root, encoding="unicode") + "\n"


def renderer_of(style: Style) -> str:
    """The kind of renderer that holds all classes of `style`: `single`, `graduated`, `categorized` or `rules`."""
    rules = style.rules
    if not style.column:
        return "single"
    bounded = [rule.value is None and (rule.above, rule.upto) != (None, None) for rule in rules]
    if all(bounded) and style.ends is not None:
        return "graduated"
    values = [rule.value for rule in rules if rule.value is not None]
    plain = all((isinstance(value, str) and value == xml_text(value) != "") or _is_whole(value) for value in values)
    return "categorized" if values and plain and not any(bounded) else "rules"


def _is_whole(value: object) -> bool:
    return isinstance(value, numbers.Real) and not isinstance(value, (bool, np.bool_)) and float(value).is_integer()


def _single(root: ET.Element, style: Style) -> None:
    renderer = ET.SubElement(root, "renderer-v2", type="singleSymbol", symbollevels="0", forceraster="0")
    _symbol(ET.SubElement(renderer, "symbols"), style.shape, "0", style.rules[0].color)


def _graduated(root: ET.Element, style: Style) -> None:
    renderer = ET.SubElement(
        root, "renderer-v2", type="graduatedSymbol", attr=xml_text(style.column), graduatedMethod="GraduatedColor",
        symbollevels="0", forceraster="0",
    )  # fmt: skip
    ranges, symbols = ET.SubElement(renderer, "ranges"), ET.SubElement(renderer, "symbols")
    for number, (rule, (low, high)) in enumerate(zip(style.rules, ranges_of(style), strict=True)):
        ET.SubElement(ranges, "range", lower=decimal(low), upper=decimal(high), symbol=str(number),
                      label=xml_text(rule.label), render="true")  # fmt: skip
        _symbol(symbols, style.shape, str(number), rule.color)
    _symbol(ET.SubElement(renderer, "source-symbol"), style.shape, "0", style.rules[0].color)
    _ramp(renderer, [rule.color for rule in style.rules])
    ET.SubElement(renderer, "classificationMethod", id=_METHODS.get(style.scheme, "Custom"))


def ranges_of(style: Style) -> list[tuple[float, float]]:
    """Lower and upper bound of each class of numbers; the outer ones reach to the ends of the data.

    A bound belongs to the class below it: of two that hold a value, QGIS takes the first.
    """
    assert style.ends is not None
    low, high = style.ends
    made = []
    for rule in style.rules:
        above = -np.inf if rule.above is None else rule.above
        upto = np.inf if rule.upto is None else rule.upto
        lower = above if np.isfinite(above) else min(low, upto)
        made.append((float(lower), float(upto if np.isfinite(upto) else max(high, lower))))
    return made


def _ramp(renderer: ET.Element, colors: Sequence[str]) -> None:
    """The colors as a ramp, from which QGIS takes those of other classes."""
    ramp = ET.SubElement(renderer, "colorramp", type="gradient", name="[source]")
    inner = [f"{place / (len(colors) - 1):.6g};{_rgba(color)}" for place, color in enumerate(colors)][1:-1]
    _options(ramp, {"color1": _rgba(colors[0]), "color2": _rgba(colors[-1]), "discrete": "0", "rampType": "gradient",
                    **({"stops": ":".join(inner)} if inner else {})})  # fmt: skip


def _categorized(root: ET.Element, style: Style) -> None:
    renderer = ET.SubElement(root, "renderer-v2", type="categorizedSymbol", attr=xml_text(style.column),
                             symbollevels="0", forceraster="0")  # fmt: skip
    categories, symbols = ET.SubElement(renderer, "categories"), ET.SubElement(renderer, "symbols")
    for number, rule in enumerate(style.rules):
        kind = "NULL" if rule.value is None else "string" if isinstance(rule.value, str) else "long"
        value = "" if rule.value is None else rule.value if isinstance(rule.value, str) else decimal(rule.value)
        ET.SubElement(categories, "category", value=value, symbol=str(number), label=xml_text(rule.label),
                      render="true", type=kind)  # fmt: skip
        _symbol(symbols, style.shape, str(number), rule.color)
    _symbol(ET.SubElement(renderer, "source-symbol"), style.shape, "0", style.rules[0].color)


def _rule_based(root: ET.Element, style: Style) -> None:
    renderer = ET.SubElement(root, "renderer-v2", type="RuleRenderer", symbollevels="0", forceraster="0")
    rules = ET.SubElement(renderer, "rules", key="root")
    symbols = ET.SubElement(renderer, "symbols")
    for number, rule in enumerate(style.rules):
        ET.SubElement(
            rules, "rule", key=f"rule{number}", symbol=str(number), label=xml_text(rule.label),
            filter=xml_text(expression(style.column, rule)),
        )  # fmt: skip
        _symbol(symbols, style.shape, str(number), rule.color)


_RENDERERS = {"single": _single, "graduated": _graduated, "categorized": _categorized, "rules": _rule_based}


def _rgba(color: str) -> str:
    return ",".join(str(part) for part in bytes.fromhex(color[1:])) + ",255"


def _symbol(symbols: ET.Element, shape: str, name: str, color: str) -> None:
    kind, layer_class = _SYMBOLS[shape]
    symbol = ET.SubElement(symbols, "symbol", type=kind, name=name, alpha="1", clip_to_extent="1")
    layer = ET.SubElement(symbol, "layer", {"class": layer_class, "enabled": "1", "locked": "0", "pass": "0"})
    _options(layer, {
        "polygon": {"color": _rgba(color), "style": "solid", "outline_color": _rgba(OUTLINE), "outline_style": "solid",
                    "outline_width": "0.2", "outline_width_unit": "MM", "joinstyle": "round"},
        "line": {"line_color": _rgba(color), "line_style": "solid", "line_width": "0.5", "line_width_unit": "MM"},
        "point": {"color": _rgba(color), "name": "circle", "size": "2.4", "size_unit": "MM",
                  "outline_color": _rgba(OUTLINE), "outline_style": "solid", "outline_width": "0.2"},
    }[shape])  # fmt: skip


def _options(holder: ET.Element, options: dict[str, str]) -> None:
    """Newer QGIS reads the map of options, older ones the plain properties."""
    held = ET.SubElement(holder, "Option", type="Map")
    for name, value in options.items():
        ET.SubElement(held, "Option", type="QString", name=name, value=value)
    for name, value in options.items():
        ET.SubElement(holder, "prop", k=name, v=value)


def _names(columns: Sequence[str], between: str = " ") -> str:
    """An expression for the names of a unit in all languages, each once."""
    fields = ", ".join(quoted(column) for column in columns)
    return fields if len(columns) == 1 else f"array_to_string(array_distinct(array({fields})), '{between}')"


def label_scales(style: Style) -> dict[str, float]:
    """The denominators of the smallest scales at which names in one language, and in both, have room."""
    return {languages: style.width_m / (mm / 1000.0) for languages, mm in _NARROWEST_MM.items()}


def _labeling(root: ET.Element, style: Style) -> None:
    rules = ET.SubElement(ET.SubElement(root, "labeling", type="rule-based"), "rules", key="names")
    scales = label_scales(style)
    near = {"scalemaxdenom": f"{scales['both']:.0f}"}
    far = {"scalemindenom": f"{scales['both']:.0f}", "scalemaxdenom": f"{scales['one']:.0f}"}
    one = quoted(style.labels[0])
    if len(style.labels) > 1:
        one = f"if(@qgis_locale LIKE 'zh%', {quoted(style.labels[1])}, {one})"
    for name, limits, words in (("near", near, _names(style.labels, "\\n")), ("far", far, one)):
        rule = ET.SubElement(rules, "rule", {"key": name, "description": name, **limits})
        _label_settings(rule, words, style.shape)


def _label_settings(rule: ET.Element, words: str, shape: str) -> None:
    """Dark letters with a light halo, which read on every color."""
    settings = ET.SubElement(rule, "settings", calloutType="simple")
    style = ET.SubElement(
        settings, "text-style", fieldName=xml_text(words), isExpression="1", fontSize="9", fontSizeUnit="Point",
        textColor="34,34,34,255", textOpacity="1", multilineHeight="1",
    )  # fmt: skip
    ET.SubElement(style, "text-buffer", bufferDraw="1", bufferSize="0.9", bufferSizeUnits="MM", bufferOpacity="1",
                  bufferColor="255,255,255,255", bufferNoFill="1", bufferJoinStyle="128")  # fmt: skip
    ET.SubElement(settings, "text-format", multilineAlign="1", wrapChar="")
    placement = {"placement": "6", "dist": "1", "distUnits": "MM"} if shape == "point" else {"placement": "1"}
    ET.SubElement(settings, "placement", {"centroidInside": "1", "quadOffset": "4", **placement})
    # names keep off other points; polygons beside would forbid every name that is wider than its own
    obstacle = "1" if shape == "point" else "0"
    ET.SubElement(settings, "rendering", drawLabels="1", displayAll="0", obstacle=obstacle, labelPerPart="0")


def _fields(root: ET.Element, fields: dict[str, Field]) -> None:
    aliases = ET.SubElement(root, "aliases")
    for place, (column, field) in enumerate(fields.items()):
        ET.SubElement(aliases, "alias", index=str(place), field=xml_text(column), name=xml_text(field.both()))


def _map_tip(style: Style, description: Description) -> str:
    """A small table of what the unit is called and has; values are texts there, whatever stands in them."""
    fields = description.fields
    shown = [column for column in dict.fromkeys((*style.labels, style.column)) if column in fields]
    shown += [column for column in fields if column not in shown][: max(0, 8 - len(shown))]
    rows = "".join(
        f"<tr><td>{_escaped(fields[column].both())}</td><td>[% {_safe_value(column)} %]</td></tr>" for column in shown
    )
    return f"<b>{_escaped(description.title)}</b><table>{rows}</table>"


def _safe_value(column: str) -> str:
    return f"replace(coalesce(to_string({quoted(column)}), '–'), map('&', '&amp;', '<', '&lt;', '>', '&gt;'))"


def _escaped(text: str) -> str:
    """`text` for HTML in which QGIS looks for expressions."""
    plain = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return plain.replace("[%", "[&#37;").replace("%]", "&#37;]")
