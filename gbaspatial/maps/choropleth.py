"""Choropleths: units colored by the class of a variable."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from gbaspatial.alignment import columns_of
from gbaspatial.errors import AlignmentError, DataError, GbaWarning, OptionError, some
from gbaspatial.figures.classes import MOST_CLASSES, Classes, check_scheme, classify
from gbaspatial.figures.palette import NO_DATA, Swatch
from gbaspatial.maps.fills import legend_and_codes, on_units, rounded
from gbaspatial.maps.layers import Label, Layer, bilingual, year_labels
from gbaspatial.maps.legend_words import IN_CHINESE, SCHEMES_IN_CHINESE, UNITS_IN_CHINESE
from gbaspatial.options import number, public, whole

if TYPE_CHECKING:
    from gbaspatial.maps.escape import Payload


_OF_UNITS = {
    "tier": ("Tier", "层级"),
    "side": ("Side of the border", "关境"),
    "area_km2": ("Area, km²", "面积，平方千米"),
}


@dataclass(frozen=True, slots=True, eq=False, kw_only=True, repr=False)
class Choropleth(Layer):
    """Units colored by the class of a variable; see `choropleth`."""

    column: str
    scheme: str | Sequence[float] | None
    k: int
    palette: str
    panel: pd.DataFrame | None
    unit: tuple[str, str]
    center: float | None = None

    def payload(self, units: pd.DataFrame) -> Payload:
        """For every year one letter per unit, the legend that the letters point to, and the values."""
        return {**words_of(self.column, self.label, self.unit, units), **_choropleth(self, units)}


@public
def choropleth(
    column: str,
    *,
    scheme: str | Sequence[float] | None = None,
    k: int = 5,
    palette: str = "YlGnBu",
    panel: pd.DataFrame | None = None,
    label: Label = None,
    unit: Label = None,
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
        The classes are chosen once from all years, so that a color means the same in each; a switch on the page
        shows those of each year by itself.
    label : str or (str, str), optional
        What the layer is called, in English or (English, Chinese); by default what the catalog says of a
        shipped variable, else the column's name.
    unit : str or (str, str), optional
        The unit of measurement, shown in the legend, e.g. ``"CNY"`` or ``("yuan", "元")``; of shipped variables it
        is known.

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
    check_source(column, panel)
    check_scheme(scheme)
    return Choropleth(
        label=bilingual(label, ("", "")), column=column, scheme=scheme, k=k, palette=palette, panel=panel,
        unit=bilingual(unit, ("", "")),
    )  # fmt: skip


@public
def diverging(
    column: str,
    *,
    center: float = 0.0,
    k: int = 6,
    palette: str = "RdBu_r",
    panel: pd.DataFrame | None = None,
    label: Label = None,
    unit: Label = None,
) -> Choropleth:
    """Units colored by how far `column` lies above or below a center, with classes of equal reach on both sides.

    Parameters
    ----------
    column : str
        A column of numbers of the units, or of `panel`.
    center : float
        Where the color turns: 0 for growth rates and residuals, 1 for location quotients.
    k : int
        Number of classes, 2 to 12; of an odd number the middle class holds the center. The bounds are quantiles of
        the distance from the center, in three figures.
    palette : str
        A ColorBrewer ramp with a light middle, such as ``"RdBu_r"`` or ``"PuOr"``.
    panel : DataFrame, optional
        Values by (unit, year), as in `choropleth`.
    label : str or (str, str), optional
        What the layer is called, in English or (English, Chinese).
    unit : str or (str, str), optional
        The unit of measurement.

    Returns
    -------
    Choropleth
        A layer for `atlas`.

    Raises
    ------
    OptionError
        If `column` is no text, `center` no number, `k` no number of classes, or `panel` not indexed by (unit, year).

    Examples
    --------
    >>> units = pd.DataFrame({"growth": [-4.0, -1.0, 1.0, 2.0, 3.0]}, index=list("abcde"))
    >>> [row[1] for row in diverging("growth", k=4).payload(units)["legend"]]
    ['≤ -2', '-2 – 0', '0 – 2', '> 2']
    """
    check_source(column, panel)
    return Choropleth(
        label=bilingual(label, ("", "")), column=column, scheme=None, k=whole(k, "k", least=2, most=MOST_CLASSES),
        palette=palette, panel=panel, unit=bilingual(unit, ("", "")), center=number(center, "center"),
    )  # fmt: skip


def check_source(column: str, panel: pd.DataFrame | None) -> None:
    """Raise `OptionError` for what can be no column and no panel."""
    if not isinstance(column, str):
        raise OptionError(f"column={column!r} is not the name of a column.")
    if panel is not None and (not isinstance(panel, pd.DataFrame) or panel.index.nlevels != 2):
        raise OptionError("panel is not a DataFrame indexed by (unit, year); set it with set_index([unit, year]).")


def breaks_around(values: pd.Series, center: float, k: int) -> list[float]:
    """Bounds of `k` classes that lie equally far on both sides of `center`.

    Examples
    --------
    >>> breaks_around(pd.Series([-4.0, -1.0, 1.0, 2.0, 3.0]), 0.0, 3)
    [-1.33, 1.33]
    """
    away = np.abs(values.dropna().to_numpy(dtype=float) - center)
    away = away[np.isfinite(away) & (away > 0)]
    sides = k // 2
    shares = np.arange(1, sides) / sides if k % 2 == 0 else np.arange(1, 2 * sides, 2) / k
    far = [float(f"{d:.3g}") for d in np.quantile(away, shares)] if len(away) else []
    middle = [center] if k % 2 == 0 or not far else []
    return sorted({*(center - d for d in far), *middle, *(center + d for d in far)})


def words_of(column: str, label: tuple[str, str], unit: tuple[str, str], units: pd.DataFrame) -> dict[str, list[str]]:
    """Label and unit of a variable: those given, or the catalog's where the units are shipped."""
    known = [column.replace("_", " "), ""], ""
    if units.attrs.get("attribution"):
        from gbaspatial.data import variables

        about = variables()
        if column in _OF_UNITS:
            known = list(_OF_UNITS[column]), ""
        elif column in about.index:
            row = about.loc[column]
            known = [str(row["label"]), str(row["label_zh"])], str(row["unit"])
    return {
        "label": list(label) if any(label) else known[0],
        "unit": list(unit) if any(unit) else [known[1], UNITS_IN_CHINESE.get(known[1], "")],
    }


def _choropleth(layer: Choropleth, units: pd.DataFrame) -> Payload:
    wide = by_year(layer.column, layer.panel, units)
    pooled = wide.stack() if wide.shape[1] > 1 else wide.iloc[:, 0]
    classes = _classes(layer, pooled)
    numeric = not classes.categories
    return {
        "kind": "choropleth" if numeric else "categories",
        "note": scheme_note(classes, fixed=wide.shape[1] > 1) if layer.center is None else _around(layer.center),
        "digits": classes.digits,
        "years": year_labels(wide.columns),
        "values": [rounded(wide[year], classes.digits + 1) if numeric else None for year in wide.columns],
        **legend_and_codes(_swatches(classes), [classes.codes(wide[year]) for year in wide.columns], NO_DATA),
        **(_of_each_year(layer, wide) if numeric and wide.shape[1] > 1 else {}),
    }


def _classes(layer: Choropleth, values: pd.Series) -> Classes:
    values = values.rename(layer.column)
    if values.dtype == object and pd.api.types.infer_dtype(values.dropna()) in ("integer", "floating", "decimal"):
        values = values.astype(float)
    if layer.center is not None and (not pd.api.types.is_numeric_dtype(values) or pd.api.types.is_bool_dtype(values)):
        raise DataError(f"{layer.column!r} holds no numbers, so none lies above or below a center; use choropleth.")
    scheme = layer.scheme if layer.center is None else breaks_around(values, layer.center, layer.k)
    return classify(values, scheme=scheme, k=layer.k, palette=layer.palette)


def _of_each_year(layer: Choropleth, wide: pd.DataFrame) -> Payload:
    """Legend and letters of each year by itself; nothing where the breaks are given."""
    if layer.center is not None or (layer.scheme is not None and not isinstance(layer.scheme, str)):
        return {}
    made = []
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", GbaWarning)  # of few values; the classes of all years have told it
        for year in wide.columns:
            known = wide[year].notna().any()
            classes = _classes(layer, wide[year]) if known else None
            codes = np.full(len(wide), -1) if classes is None else classes.codes(wide[year])
            made.append((classes, legend_and_codes([] if classes is None else _swatches(classes), [codes], NO_DATA)))
    first = next(classes for classes, _ in made if classes is not None)
    legends, letters = [each["legend"] for _, each in made], [each["codes"][0] for _, each in made]
    return {"own": {"legends": legends, "codes": letters, "note": scheme_note(first, of_the_year=True)}}


def _swatches(classes: Classes) -> list[Swatch]:
    """The rows of the legend; yes and no, and sides of the border, in both languages."""
    return [
        Swatch(color, label, IN_CHINESE.get(label, ""))
        for color, label in zip(classes.colors, classes.labels, strict=True)
    ]


def by_year(column: str, panel: pd.DataFrame | None, units: pd.DataFrame) -> pd.DataFrame:
    """Values by unit, one column a year (the column None without a panel)."""
    columns_of(units if panel is None else panel, [column], "units" if panel is None else "rows of the panel")
    if panel is None:
        return units[column].to_frame(None)
    values = panel[column]
    twice = values.index[values.index.duplicated()]
    if len(twice):
        raise AlignmentError(f"the panel has more than one row for {some(twice)}; keep one per unit and year.")
    wide = values.unstack()  # noqa: PD010 (pivot_table would average duplicates)
    if wide.shape[1] > 400:
        raise OptionError(f"the panel has {wide.shape[1]} periods in its second index level; a slider holds up to 400.")
    placed = [on_units(wide[year], units.index, f"panel's {column}") for year in wide.columns]
    return pd.concat(placed, axis=1)


def scheme_note(classes: Classes, *, fixed: bool = False, of_the_year: bool = False) -> list[str]:
    """How the classes came about, in both languages; nothing where each value is one."""
    if classes.scheme == "categorical":
        return ["", ""]
    told = (
        (", the same in all years", "，各年相同")
        if fixed
        else (", of the year shown", "，按所示年份")
        if of_the_year
        else ("", "")
    )
    chinese = SCHEMES_IN_CHINESE.get(classes.scheme.replace("_", ""), classes.scheme)
    return [f"{classes.k} classes, {classes.scheme.replace('_', ' ')}{told[0]}", f"{chinese}，{classes.k} 级{told[1]}"]


def _around(center: float) -> list[str]:
    return [f"classes of equal reach on both sides of {center:g}", f"以 {center:g} 为中心、两侧对称分级"]
