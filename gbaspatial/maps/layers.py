"""The layers of an atlas: what is drawn, said in the words of the field.

A layer is a small frozen description. Fills (choropleth, clusters, hot spots, significance)
color the units and are shown one at a time; overlays (links, flows, points) lie above and
can be shown together.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, ClassVar, Literal, Self, TypeAlias

import pandas as pd

from gbaspatial.errors import DataError, OptionError, UnknownNameError, nearest_names, some
from gbaspatial.figures.classes import check_scheme
from gbaspatial.options import public

if TYPE_CHECKING:
    import geopandas as gpd

Label: TypeAlias = "str | tuple[str, str] | None"
ByYear: TypeAlias = Mapping[Any, Any]


def bilingual(label: Label, default: tuple[str, str]) -> tuple[str, str]:
    """A label as a pair (English, Chinese); one text alone serves for both."""
    if label is None:
        return default
    if isinstance(label, str):
        return (label, "")
    if len(label) != 2:
        raise OptionError(f"label={label!r} is neither a text nor a pair (English, Chinese).")
    return (str(label[0]), str(label[1]))


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Layer:
    """What all layers have: a label and, where it differs from the atlas, the units they lie on."""

    label: tuple[str, str]
    units: gpd.GeoDataFrame | None = None
    is_fill: ClassVar[bool] = True

    def on(self, units: gpd.GeoDataFrame) -> Self:
        """The same layer on other units than those of the atlas, e.g. districts under cities.

        Examples
        --------
        >>> choropleth("density").on(None) is None
        False
        """
        return replace(self, units=units)


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Choropleth(Layer):
    """Units colored by the class of a variable; see `choropleth`."""

    column: str
    scheme: str | Sequence[float] | None
    k: int
    palette: str
    panel: pd.DataFrame | None
    unit: str


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Classed(Layer):
    """Units colored by the outcome of a local test, for one year or several."""

    kind: Literal["clusters", "hotspots", "significance"]
    by_year: ByYear
    column: str


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Links(Layer):
    """The graph of spatial weights, for one year or several."""

    by_year: ByYear
    color: str
    is_fill: ClassVar[bool] = False


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Flows(Layer):
    """Arcs from givers to receivers."""

    frame: pd.DataFrame
    top: int
    is_fill: ClassVar[bool] = False


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Points(Layer):
    """Places such as cities' centers, universities or airports."""

    frame: gpd.GeoDataFrame
    name: str | None
    color: str
    is_fill: ClassVar[bool] = False


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


@public
def clusters(lisa: Any, *, label: Label = None) -> Classed:
    """Clusters of a local Moran (or Geary, bivariate...) in the colors of GeoDa, counted in the legend.

    Parameters
    ----------
    lisa : result, DataFrame or Series, or mapping of year to these
        Anything with a column `cluster` by unit. A mapping gets a year slider.
    label : str or (str, str), optional
        What the layer is called, in English or (English, Chinese).

    Returns
    -------
    Classed
        A layer for `atlas`.

    Examples
    --------
    >>> clusters(pd.Series({"Macao": "HH", "Foshan": "LL"})).kind
    'clusters'
    """
    words = bilingual(label, ("LISA clusters", "局部空间自相关聚类"))
    return Classed(label=words, kind="clusters", by_year=_years_of(lisa), column="cluster")


@public
def hotspots(gi: Any, *, label: Label = None) -> Classed:
    """Hot and cold spots of a local Getis-Ord G, counted in the legend; takes what `clusters` takes.

    Parameters
    ----------
    gi : result, DataFrame or Series, or mapping of year to these
        Anything with a column `cluster` of hot and cold by unit, such as `local_g_star` gives. A mapping gets a year
        slider.
    label : str or (str, str), optional
        What the layer is called, in English or (English, Chinese).

    Returns
    -------
    Classed
        A layer for `atlas`.

    Examples
    --------
    >>> hotspots(pd.Series({"Macao": "hot", "Foshan": "not significant"})).label[0]
    'Gi* hot and cold spots'
    """
    words = bilingual(label, ("Gi* hot and cold spots", "Gi* 冷热点"))
    return Classed(label=words, kind="hotspots", by_year=_years_of(gi), column="cluster")


@public
def significance(lisa: Any, *, adjusted: bool = False, label: Label = None) -> Classed:
    """How small the p-value of each unit's local test is, in the greens of GeoDa.

    Parameters
    ----------
    lisa : result, DataFrame or Series, or mapping of year to these
        Anything with a column `p_value` by unit.
    adjusted : bool
        Use `p_adjusted`, the p-values corrected for multiple testing.
    label : str or (str, str), optional
        What the layer is called, in English or (English, Chinese).

    Returns
    -------
    Classed
        A layer for `atlas`.

    Examples
    --------
    >>> significance(pd.Series({"Macao": 0.01, "Foshan": 0.4})).column
    'p_value'
    """
    default = ("Significance, adjusted", "显著性（校正后）") if adjusted else ("Significance", "显著性")
    column = "p_adjusted" if adjusted else "p_value"
    return Classed(label=bilingual(label, default), kind="significance", by_year=_years_of(lisa), column=column)


@public
def links(w: Any, *, label: Label = None, color: str = "#333333") -> Links:
    """The graph of the spatial weights `w`.

    Each half of a line is as wide as the weight that the unit at its end gives to its neighbor; a link that
    exists one way only ends in an arrow. A mapping of year to weights shows those of the slider's year, or
    of the last year before it.

    Parameters
    ----------
    w : Weights (or a libpysal Graph or W), or mapping of year to these
    label : str or (str, str), optional
        What the layer is called, in English or (English, Chinese).
    color : str
        A color such as ``"#333333"``.

    Returns
    -------
    Links
        A layer for `atlas`.

    Examples
    --------
    >>> from gbaspatial.weights import from_pairs
    >>> links(from_pairs(pd.DataFrame({"focal": ["a"], "neighbor": ["b"], "weight": [1.0]}))).label[0]
    'Weights graph'
    """
    from gbaspatial.weights import as_weights

    by_year = {year: as_weights(each) for year, each in _years_of(w).items()}
    return Links(label=bilingual(label, ("Weights graph", "空间权重图")), by_year=by_year, color=_color(color))


@public
def flows(frame: Any, *, label: Label = None, top: int = 30) -> Flows:
    """Arcs from giver to receiver, as wide as the value, with an arrow at the receiver.

    Parameters
    ----------
    frame : DataFrame or impacts
        Columns `giver`, `receiver`, `value`, or a result whose ``flows()`` has them, such as the impacts of a
        model; negative values get another color.
    label : str or (str, str), optional
        What the layer is called, in English or (English, Chinese).
    top : int
        How many of the largest (in size) are drawn; the legend says how many there are.

    Returns
    -------
    Flows
        A layer for `atlas`.

    Raises
    ------
    UnknownNameError
        If `giver`, `receiver` or `value` is no column.

    Examples
    --------
    >>> flows(pd.DataFrame({"giver": ["a"], "receiver": ["b"], "value": [2.0]})).top
    30
    """
    frame = frame.flows() if hasattr(frame, "flows") else frame
    wanted = ("giver", "receiver", "value")
    lacking = [c for c in wanted if c not in frame.columns]
    if lacking:
        raise UnknownNameError(
            f"the flows have no column {some(lacking)}. {nearest_names(lacking[0], frame.columns)} "
            f"Rename yours to giver, receiver and value."
        )
    bad = ~pd.to_numeric(frame["value"], errors="coerce").abs().lt(float("inf"))
    if bad.any():
        pairs = [f"{a} to {b}" for a, b in zip(frame.loc[bad, "giver"], frame.loc[bad, "receiver"], strict=True)]
        raise DataError(f"the flow from {some(pairs)} is not a finite number; correct it or leave the pair out.")
    if top < 1:
        raise OptionError(f"top={top!r} draws nothing; use 1 or more.")
    return Flows(label=bilingual(label, ("Flows", "溢出流")), frame=frame[list(wanted)].copy(), top=top)


@public
def points(frame: gpd.GeoDataFrame, *, name: str | None = None, label: Label = None, color: str = "#B10026") -> Points:
    """Places as dots, with their columns in the popup.

    Parameters
    ----------
    frame : GeoDataFrame
        Points in any coordinate reference system.
    name : str, optional
        The column that names a point; by default the index.
    label : str or (str, str), optional
        What the layer is called, in English or (English, Chinese).
    color : str
        A color such as ``"#B10026"``.

    Returns
    -------
    Points
        A layer for `atlas`.

    Raises
    ------
    UnknownNameError
        If `name` is no column.
    OptionError
        If `color` is no color.

    Examples
    --------
    >>> import geopandas as gpd
    >>> from shapely import Point
    >>> points(gpd.GeoDataFrame(index=["HKG"], geometry=[Point(113.9, 22.3)], crs=4326)).color
    '#B10026'
    """
    if name is not None and name not in frame.columns:
        raise UnknownNameError(f"the points have no column {name!r}. {nearest_names(name, frame.columns)}")
    return Points(label=bilingual(label, ("Points", "地点")), frame=frame, name=name, color=_color(color))


def _years_of(results: Any) -> ByYear:
    """A mapping of year to result; one result alone has the year None."""
    if isinstance(results, Mapping):
        if not results:
            raise DataError("the mapping of years is empty, so there is nothing to draw.")
        return dict(sorted(results.items()))
    return {None: results}


def _color(color: str) -> str:
    import re

    if not re.fullmatch(r"#[0-9A-Fa-f]{6}", str(color)):
        raise OptionError(f"color={color!r} is not a color such as '#B10026'.")
    return color
