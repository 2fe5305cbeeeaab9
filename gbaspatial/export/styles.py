"""Styles for desktop GIS: the same classes and colors as on the map, as QML (QGIS) and SLD (everyone)."""

from __future__ import annotations

import os
import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import shapely

from gbaspatial.alignment import columns_of
from gbaspatial.errors import GbaWarning, OptionError, outside, some
from gbaspatial.export.legend_rules import OUTLINE, Rule
from gbaspatial.export.ogc_styles import sld_text
from gbaspatial.export.qgis_styles import qml_text
from gbaspatial.figures.classes import Classes, classify
from gbaspatial.figures.palette import CLUSTERS, HOTSPOTS, NO_DATA, Swatch, ramp
from gbaspatial.options import brief, public
from gbaspatial.seals import is_ours, sealed
from gbaspatial.writing import Companion, replace_text

if TYPE_CHECKING:
    import geopandas as gpd

    from gbaspatial.export.descriptions import Description

OUTLINE_ONLY = "#DDE7EE"  # of units that are colored by nothing
_TWO_SIDED = ("BrBG", "PiYG", "PuOr", "RdBu", "RdYlBu", "RdYlGn", "Spectral")  # ramps that are palest in the middle


@dataclass(frozen=True, slots=True, eq=False)
class Style:
    """How a layer is colored: by which column, with which rules, on polygons, lines or points.

    Made by `style`; ``to_qml()`` and ``to_sld()`` give the text of a file. `labels` are the columns of names, in
    English and Chinese, `width_m` how wide a usual unit is, from which follows at what scales names have room, and
    `ends` the smallest and the largest number.
    """

    column: str
    rules: tuple[Rule, ...]
    shape: str
    labels: tuple[str, ...] = ()
    width_m: float = 0.0
    ends: tuple[float, float] | None = None
    scheme: str = ""

    def __repr__(self) -> str:
        count = len(self.rules)
        by = f"by {self.column}, {count} class{'es' if count != 1 else ''}" if self.column else "all alike"
        return f"<Style: {self.shape}s {by}>"

    def to_qml(self, description: Description | None = None) -> str:
        """The style as QGIS reads it, with the names of the fields if the layer is described."""
        return qml_text(self, description)

    def to_sld(self, name: str = "layer") -> str:
        """The style as an OGC Styled Layer Descriptor 1.1, for the layer `name`."""
        return sld_text(self, name)

    def renamed(self, names: Mapping[str, str]) -> Style:
        """The same style on columns that have other names in the file."""
        labels = tuple(names.get(label, label) for label in self.labels)
        return replace(self, column=names.get(self.column, self.column), labels=labels)


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
    ends, found = None, ""
    if known is not None:
        seen = set(values.dropna().astype(str))
        rules = [Rule(f"{s.english} {s.chinese}", s.color, value=name) for name, s in known.items() if name in seen]
    else:
        classes = classify(values, scheme=scheme, k=k, palette=palette)
        if _shape(frame) == "line" and pd.api.types.is_numeric_dtype(values):
            classes = replace(classes, colors=_of_lines(palette, classes))
        rules, found = _rules(classes, values), classes.scheme
        ends = None if classes.categories else _ends(values)
    if values.isna().any():
        rules.append(_no_data())
    return Style(column, tuple(rules), _shape(frame), label_columns(frame), _usual_width(frame), ends, found)


def plain_style(frame: gpd.GeoDataFrame) -> Style:
    """All units of `frame` alike, with their names."""
    rules = (Rule("", OUTLINE_ONLY if _shape(frame) == "polygon" else OUTLINE, above=-np.inf),)
    return Style("", rules, _shape(frame), label_columns(frame), _usual_width(frame))


def label_columns(frame: gpd.GeoDataFrame) -> tuple[str, ...]:
    """The columns that name the units, in English (else the id) and in Chinese."""
    columns = [str(column) for column in frame.columns]
    ids = columns if "written_as" in frame.attrs else [str(name or "unit") for name in frame.index.names]
    english = "name_en" if "name_en" in columns else ids[0]
    chinese = next((name for name in ("name_zh", "name_zht") if name in columns), None)
    return (english,) if chinese is None or chinese == english else (english, chinese)


def _usual_width(frame: gpd.GeoDataFrame) -> float:
    """How wide a unit usually is in metres; of points, how far apart they would lie on a grid."""
    each = np.asarray(frame.geometry.array, dtype=object)
    shapes = frame.geometry[~(shapely.is_missing(each) | shapely.is_empty(each))]
    if not len(shapes):
        return 0.0
    bounds = shapes.bounds.to_numpy()
    widths = bounds[:, 2] - bounds[:, 0]
    whole = float(np.ptp(bounds[:, [0, 2]]))
    usual = float(np.median(widths)) or whole / np.sqrt(len(shapes))
    if not frame.crs.is_geographic:
        return float(usual) * float(frame.crs.axis_info[0].unit_conversion_factor or 1.0)
    middle = float(np.clip(bounds[:, [1, 3]].mean(), -89.0, 89.0))
    return float(usual) * 111_320.0 * float(np.cos(np.radians(middle)))


def _ends(values: pd.Series) -> tuple[float, float] | None:
    """The smallest and the largest number, or None where one is missing: a range would leave that unit out."""
    numbers = values.to_numpy(dtype=float, na_value=np.nan)
    return None if np.isnan(numbers).any() else (float(numbers.min()), float(numbers.max()))


def styled(table: gpd.GeoDataFrame, choice: str | Style | None) -> Style | None:
    """The style that was asked for, by a column or made before, for a table that `flat` made."""
    if choice is None:
        return None
    if not isinstance(choice, (str, Style)):
        raise OptionError(
            f"style={brief(choice)} is neither the name of a column nor a style; make one by gba.export.style."
        )
    written_as = table.attrs["written_as"]
    if isinstance(choice, str):
        column = written_as.get(choice, choice)
        kinds = table.attrs["categories"]
        return style(table.astype({column: kinds[column]}) if column in kinds else table, column)
    made = choice.renamed(written_as)
    if made.column:
        columns_of(table, made.column, "layer")
    labels = tuple(label for label in made.labels if label in table.columns) or label_columns(table)
    if not made.column:
        return replace(made, labels=labels, width_m=_usual_width(table))
    values = table[made.column]
    rules = _of_dates(made.rules) if values.dtype == object else made.rules
    if values.isna().any() and (None, None, None) not in [rule[2:] for rule in rules]:
        rules = (*rules, _no_data())
    # what was made of other data, another year say, holds the numbers of this layer too
    ends = _ends(values) if _is_bounded(rules) else None
    return replace(made, rules=rules, labels=labels, ends=ends, width_m=_usual_width(table))


def _of_dates(rules: Sequence[Rule]) -> tuple[Rule, ...]:
    """Rules for a column of dates, where `days_as_dates` made those of moments."""
    return tuple(rule._replace(value=rule.value.date()) if isinstance(rule.value, datetime) else rule for rule in rules)


def _is_bounded(rules: Sequence[Rule]) -> bool:
    return any(rule.above is not None or rule.upto is not None for rule in rules)


def _no_data() -> Rule:
    return Rule(f"{NO_DATA.english} {NO_DATA.chinese}", NO_DATA.color)


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
        return [Rule(_in_both(label, value), color, value=value) for label, color, value in named]
    inner = _shortest(classes.upper[:-1], values)
    below = [None, *inner]
    above = [*inner, None]  # the last class is open: a new largest value is not lost
    bounds = zip(classes.labels, classes.colors, below, above, strict=True)
    if classes.k == 1:
        return [Rule(classes.labels[0], classes.colors[0], above=-np.inf)]
    return [Rule(label, color, above=low, upto=high) for label, color, low, high in bounds]


def _in_both(label: str, value: object) -> str:
    """The name of a class; of a flag and of an empty text in Chinese too, as the other names of a legend."""
    if value == "":
        return f"{label} 空文本"
    return f"{label} {'是' if value else '否'}" if isinstance(value, (bool, np.bool_)) else label


def _of_lines(palette: str, classes: Classes) -> tuple[str, ...]:
    """The colors without the two palest of a ramp: a line has no outline and would be lost on white."""
    if palette.removesuffix("_r") in _TWO_SIDED:
        return classes.colors
    colors = ramp(palette, classes.k + 2)
    return colors[:-2] if palette.endswith("_r") else colors[2:]


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


def with_whole_numbers(style: Style) -> Style:
    """The classes of flags as those of 0 and 1, called as before, for formats without flags."""
    rules = tuple(r._replace(value=int(r.value)) if isinstance(r.value, (bool, np.bool_)) else r for r in style.rules)
    return replace(style, rules=rules)


def style_files(layer: Path) -> dict[str, Companion]:
    """The style files beside `layer`: ours if sealed, stale if we wrote them for this very layer."""
    each = Companion(is_ours, partial(is_ours, layer=layer.name))
    return {layer.with_suffix(ending).name: each for ending in (".qml", ".sld")}


def tell_shared_style(layer: Path) -> None:
    """Warn where the style files beside were made for a neighbor of the same name, which loses its style."""
    style = layer.with_suffix(".qml")
    if not is_ours(style) or is_ours(style, layer=layer.name):
        return
    others = [
        each.name for each in layer.parent.glob("*") if each.stem == layer.stem and is_ours(style, layer=each.name)
    ]
    if others:
        warnings.warn(
            f"{style.name} styles {layer.name} now and {some(others)} no longer, because QGIS takes one style for all "
            f"layers of a name; write them under two names, or into two folders.",
            GbaWarning,
            stacklevel=outside(),
        )


def write_styles(style: Style, half: Path, description: Description | None = None) -> None:
    """The style files of the layer that is being written to `half`."""
    half.with_suffix(".qml").write_text(sealed(style.to_qml(description), half.name), encoding="utf-8")
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
