"""Choropleths: units colored by the class of a variable."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from gbaspatial.alignment import columns_of
from gbaspatial.errors import AlignmentError, OptionError, some
from gbaspatial.figures.classes import check_scheme, classify
from gbaspatial.figures.palette import NO_DATA, Swatch
from gbaspatial.maps.fills import legend_and_codes, on_units, rounded
from gbaspatial.maps.layers import Label, Layer, bilingual, year_labels
from gbaspatial.options import public

_OF_UNITS = {
    "tier": ("Tier", "层级"),
    "side": ("Side of the border", "关境"),
    "area_km2": ("Area, km²", "面积，平方千米"),
}


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Choropleth(Layer):
    """Units colored by the class of a variable; see `choropleth`."""

    column: str
    scheme: str | Sequence[float] | None
    k: int
    palette: str
    panel: pd.DataFrame | None
    unit: str

    def payload(self, units: pd.DataFrame) -> dict[str, Any]:
        """For every year one letter per unit, the legend that the letters point to, and the values."""
        label, unit = _words(self, units)
        return {"label": label, "unit": unit, **_choropleth(self, units)}


@public
def choropleth(
    column: str,
    *,
    scheme: str | Sequence[float] | None = None,
    k: int = 5,
    palette: str = "YlGnBu",
    panel: pd.DataFrame | None = None,
    label: Label = None,
    unit: str = "",
) -> Choropleth:
    """Units colored by the class of `column`.

    Parameters
    ----------
    column : str
        A column of the units, or of `panel`. Numbers are put into classes; text and booleans are
        classes themselves. Units without a value are drawn grey and counted as "No data".
    scheme : str or sequence of float, optional
        ``"quantiles"`` (default), ``"equal_interval"``, ``"categorical"``, any scheme of mapclassify in small
        letters (``"fisherjenks"``, ``"boxplot"``...), or upper bounds of your own.
    k : int
        Number of classes.
    palette : str
        A ColorBrewer ramp such as ``"YlGnBu"`` or, for values around a center, ``"RdBu_r"``.
    panel : DataFrame, optional
        Values by (unit, year): the page then has a year slider, and popups draw the unit's history.
        The classes are chosen once from all years, so that a color means the same in each.
    label : str or (str, str), optional
        What the layer is called, in English or (English, Chinese); by default what the catalog says of a
        shipped variable, else the column's name.
    unit : str
        The unit of measurement, shown in the legend, e.g. ``"CNY"``; of shipped variables it is known.

    Returns
    -------
    Choropleth
        A layer for `atlas`.

    Raises
    ------
    OptionError
        If `column` is no text, `scheme` is not known, or `panel` is not indexed by (unit, year). What classes and
        palette cannot be is told by `atlas`, which knows the values.

    Examples
    --------
    >>> choropleth("gdp_pc_cny", label=("GDP per capita", "人均生产总值"), unit="CNY").column
    'gdp_pc_cny'
    """
    if not isinstance(column, str):
        raise OptionError(f"column={column!r} is not the name of a column.")
    if panel is not None and (not isinstance(panel, pd.DataFrame) or panel.index.nlevels != 2):
        raise OptionError("panel is not a DataFrame indexed by (unit, year); set it with set_index([unit, year]).")
    check_scheme(scheme)
    words = bilingual(label, ("", ""))
    return Choropleth(label=words, column=column, scheme=scheme, k=k, palette=palette, panel=panel, unit=unit)


def _words(layer: Choropleth, units: pd.DataFrame) -> tuple[list[str], str]:
    """Label and unit: those given, or the catalog's for a variable of the shipped units."""
    known = {"label": layer.column.replace("_", " "), "label_zh": "", "unit": ""}
    if units.attrs.get("attribution"):
        from gbaspatial.data import variables

        about = variables()
        if layer.column in _OF_UNITS:
            known |= dict(zip(("label", "label_zh"), _OF_UNITS[layer.column], strict=True))
        elif layer.column in about.index:
            known = about.loc[layer.column, ["label", "label_zh", "unit"]].to_dict()
    label = list(layer.label) if any(layer.label) else [str(known["label"]), str(known["label_zh"])]
    return label, layer.unit or str(known["unit"])


def _choropleth(layer: Choropleth, units: pd.DataFrame) -> dict[str, Any]:
    wide = _by_year(layer, units)
    pooled = wide.stack() if wide.shape[1] > 1 else wide.iloc[:, 0]
    pooled = pooled.rename(layer.column)
    if pooled.dtype == object and pd.api.types.infer_dtype(pooled.dropna()) in ("integer", "floating", "decimal"):
        pooled = pooled.astype(float)
    classes = classify(pooled, scheme=layer.scheme, k=layer.k, palette=layer.palette)
    legend = [Swatch(color, label, "") for color, label in zip(classes.colors, classes.labels, strict=True)]
    codes = [classes.codes(wide[year]) for year in wide.columns]
    numeric = not classes.categories
    return {
        "kind": "choropleth" if numeric else "categories",
        "note": _scheme_note(classes.scheme, classes.k, wide.shape[1] > 1),
        "digits": classes.digits,
        "years": year_labels(wide.columns),
        "values": [rounded(wide[year], classes.digits + 1) if numeric else None for year in wide.columns],
        **legend_and_codes(legend, codes, NO_DATA),
    }


def _by_year(layer: Choropleth, units: pd.DataFrame) -> pd.DataFrame:
    """Values by unit, one column a year (the column None without a panel)."""
    source = units if layer.panel is None else layer.panel
    columns_of(source, [layer.column], "units" if layer.panel is None else "rows of the panel")
    if layer.panel is None:
        return source[layer.column].to_frame(None)
    values = layer.panel[layer.column]
    twice = values.index[values.index.duplicated()]
    if len(twice):
        raise AlignmentError(f"the panel has more than one row for {some(twice)}; keep one per unit and year.")
    wide = values.unstack()  # noqa: PD010 (pivot_table would average duplicates)
    if wide.shape[1] > 400:
        raise OptionError(f"the panel has {wide.shape[1]} periods in its second index level; a slider holds up to 400.")
    placed = [on_units(wide[year], units.index, f"panel's {layer.column}") for year in wide.columns]
    return pd.concat(placed, axis=1)


def _scheme_note(scheme: str, k: int, over_years: bool) -> list[str]:
    if scheme == "categorical":
        return ["", ""]
    names = {"quantiles": "分位数", "equal_interval": "等间距", "fisherjenks": "自然断点", "naturalbreaks": "自然断点"}
    fixed = (", the same in all years", "，各年相同") if over_years else ("", "")
    english = f"{k} classes, {scheme.replace('_', ' ')}{fixed[0]}"
    return [english, f"{names.get(scheme, scheme)}，{k} 级{fixed[1]}"]
