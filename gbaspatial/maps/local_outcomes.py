"""Outcomes of local tests: units colored by their cluster, by hot and cold, or by how small their p-value is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np
import pandas as pd

from gbaspatial.errors import DataError, OptionError, UnknownNameError, nearest_names, some
from gbaspatial.figures.palette import CLUSTERS, HOTSPOTS, ISOLATE, NO_DATA, NOT_SIGNIFICANT, SIGNIFICANCE, Swatch
from gbaspatial.maps.fills import LETTERS, legend_and_codes, on_units, rounded
from gbaspatial.maps.layers import ByYear, Label, Layer, bilingual, year_labels, years_of
from gbaspatial.maps.legend_words import ADJUSTMENTS, recipe_in_words
from gbaspatial.options import public
from gbaspatial.weights.recipe import Recipe

if TYPE_CHECKING:
    from gbaspatial.maps.escape import Payload
    from gbaspatial.maps.layers import Local


NO_TEST = Swatch(NO_DATA.color, "Not in the analysis", "未参与分析")


@dataclass(frozen=True, slots=True, eq=False, kw_only=True, repr=False)
class Classed(Layer):
    """Units colored by the outcome of a local test, for one year or several."""

    kind: Literal["clusters", "hotspots", "significance"]
    by_year: ByYear
    column: str

    def payload(self, units: pd.DataFrame) -> Payload:
        """For every year one letter per unit, the legend that the letters point to, and the p-values."""
        return {"label": list(self.label), **_classed(self, units)}


@public
def clusters(lisa: Local, *, label: Label = None) -> Classed:
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
    return Classed(label=words, kind="clusters", by_year=years_of(lisa), column="cluster")


@public
def hotspots(gi: Local, *, label: Label = None) -> Classed:
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
    return Classed(label=words, kind="hotspots", by_year=years_of(gi), column="cluster")


@public
def significance(lisa: Local, *, adjusted: bool = False, label: Label = None) -> Classed:
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
    return Classed(label=bilingual(label, default), kind="significance", by_year=years_of(lisa), column=column)


def _classed(layer: Classed, units: pd.DataFrame) -> Payload:
    codes, numbers = [], []
    swatches = None if layer.kind == "significance" else _swatches_of(layer)
    legend = _significance_legend() if swatches is None else list(swatches.values())
    for year, result in layer.by_year.items():
        what = f"{layer.label[0]} of {year}" if year is not None else layer.label[0]
        values = on_units(column_of(result, layer.column, what), units.index, what)
        codes.append(_p_codes(result, values, what) if swatches is None else _class_codes(values, swatches, what))
        numbers.append(rounded(values if swatches is None else _p_values(result, units.index)))
    return {
        "kind": layer.kind,
        "unit": ["", ""],
        "note": _inference_note(next(iter(layer.by_year.values()))),
        "digits": 4,
        "years": year_labels(layer.by_year),
        "values": numbers,
        **_recipe(layer),
        **_scatter(layer, units.index),
        **_judgement(layer, units.index, swatches),
        **legend_and_codes(legend, codes, NO_TEST),
    }


def _swatches_of(layer: Classed) -> dict[str, Swatch]:
    """The classes of the layer's kind, or those of the other kind where the results have them."""
    known = (CLUSTERS, HOTSPOTS) if layer.kind == "clusters" else (HOTSPOTS, CLUSTERS)
    seen = {v for r in layer.by_year.values() for v in column_of(r, layer.column, layer.label[0]).dropna()}
    return known[1] if not seen <= set(known[0]) and seen <= set(known[1]) else known[0]


def _judgement(layer: Classed, index: pd.Index, swatches: dict[str, Swatch] | None) -> Payload:
    """What the page needs to judge anew at another level: each unit's class were it significant, and its p-values."""
    results = list(layer.by_year.values())
    if swatches is None or not all(isinstance(getattr(r, "classes", None), pd.Series) for r in results):
        return {}
    known = list(swatches)
    letters = [
        "".join(LETTERS[known.index(c) if c in known else known.index("undefined")] for c in r.classes.reindex(index))
        for r in results
    ]
    levels = {float(result.alpha) for result in results}
    if len(levels) > 1:  # one switch cannot stand for several levels
        return {}
    test = {"level": levels.pop(), "not": LETTERS[known.index("not significant")], "classes": letters}
    for key, column in (("p", "p_value"), ("adjusted", "p_adjusted")):
        test[key] = [rounded(column_of(result, column, layer.label[0]).reindex(index), 12) for result in results]
    how = str(results[0].adjust)
    return {"test": {**test, "how": list(ADJUSTMENTS.get(how, (how, how)))}}


def _recipe(layer: Classed) -> Payload:
    """The W of the test, or of the last of several, in words and in full."""
    recipe = getattr(getattr(list(layer.by_year.values())[-1], "weights", None), "recipe", None)
    if not isinstance(recipe, Recipe):
        return {}
    return {"recipe": list(recipe_in_words(recipe)), "recipe_in_full": str(recipe)}


def _scatter(layer: Classed, index: pd.Index) -> Payload:
    """The Moran scatterplot of each year: value and neighbors' mean, where the results carry what they tested."""
    results = list(layer.by_year.values())
    if layer.kind != "clusters" or not all(_has_quadrants(result) for result in results):
        return {}
    return {"scatter": [_moran_plot(result, index) for result in results]}


def _has_quadrants(result: Local) -> bool:
    """Whether a result carries what it tested and places units by value and neighbors."""
    if isinstance(result, (pd.Series, pd.DataFrame)) or not hasattr(result, "weights"):
        return False
    frame = frame_of(result)
    return frame is not None and "quadrant" in frame.columns and hasattr(result, "values")


def _moran_plot(result: Local, index: pd.Index) -> Payload | None:
    ids = result.weights.ids
    tested = pd.DataFrame(result.values).reindex(ids).to_numpy(dtype=float)
    spread = tested.std(axis=0)
    if not np.isfinite(spread).all() or (spread == 0).any():
        return None
    standard = (tested - tested.mean(axis=0)) / spread
    lag = result.weights.sparse @ standard[:, -1]
    both = zip("xy", (standard[:, 0], lag), strict=True)
    return {axis: rounded(pd.Series(numbers, index=ids).reindex(index), 4) for axis, numbers in both}


def frame_of(result: Local) -> pd.DataFrame | None:
    """The table of a result, or None for a bare Series."""
    if isinstance(result, pd.Series):
        return None
    return result if isinstance(result, pd.DataFrame) else result.to_frame()


def column_of(result: Local, column: str, what: str) -> pd.Series:
    """One column of a result, a table, or the Series itself."""
    if not isinstance(result, (pd.Series, pd.DataFrame)) and not hasattr(result, "to_frame"):
        raise OptionError(
            f"{what}: a {type(result).__name__} has no table by unit; pass the result of a local test, "
            f"its data frame, or a Series by unit."
        )
    frame = frame_of(result)
    if frame is None:
        return result
    if column not in frame.columns:
        raise UnknownNameError(f"{what}: there is no column {column!r}. {nearest_names(column, frame.columns)}")
    return frame[column]


def _class_codes(values: pd.Series, swatches: dict[str, Swatch], what: str) -> np.ndarray:
    known = list(swatches)
    strange = sorted({str(v) for v in values.dropna().unique()} - set(known))
    if strange:
        raise DataError(f"{what}: {some(strange)} is not a class of this map; its classes are {', '.join(known)}.")
    return pd.Categorical(values.astype(object), categories=known).codes.astype(int)


def _significance_legend() -> list[Swatch]:
    return [swatch for _, swatch in SIGNIFICANCE] + [NOT_SIGNIFICANT, ISOLATE]


def _p_codes(result: Local, values: pd.Series, what: str) -> np.ndarray:
    p = pd.to_numeric(values, errors="coerce").to_numpy(dtype=float)
    bad = (p < 0) | (p > 1)
    if bad.any():
        raise DataError(f"{what}: the p-value of {some(values.index[bad])} lies outside 0 to 1.")
    codes = np.searchsorted([bound for bound, _ in SIGNIFICANCE], p, side="left").astype(int)
    codes[np.isnan(p)] = -1
    frame = frame_of(result)
    if frame is not None and "cluster" in frame.columns:
        codes[(frame["cluster"].reindex(values.index) == "isolate").to_numpy()] = len(SIGNIFICANCE) + 1
    return codes


def _p_values(result: Local, index: pd.Index) -> pd.Series:
    frame = frame_of(result)
    if frame is None or "p_value" not in frame.columns:
        return pd.Series(np.nan, index=index)
    return frame["p_value"].reindex(index)


_CHINESE = {
    "two-sided": "双侧", "greater": "单侧（大于）", "less": "单侧（小于）", "permutation": "置换检验",
    "exact": "精确检验", "normal": "正态近似", "randomization": "随机化近似", "saddlepoint": "鞍点近似",
    "imhof": "正态精确分布",
}  # fmt: skip


def _inference_note(result: Local) -> list[str]:
    """How the p-values came about, in the words of the result."""
    parts = [str(getattr(result, name)) for name in ("alternative", "inference") if getattr(result, name, None)]
    return [", ".join(parts), "，".join(_CHINESE.get(part, part) for part in parts)]
