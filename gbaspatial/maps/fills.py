"""Fills as the page gets them: for every year one letter per unit, and the numbers behind it."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from gbaspatial.alignment import check_units
from gbaspatial.errors import AlignmentError, DataError, OptionError, UnknownNameError, nearest_names, some
from gbaspatial.figures.classes import classify
from gbaspatial.figures.palette import (
    CLUSTERS,
    HOTSPOTS,
    ISOLATE,
    NO_DATA,
    NOT_SIGNIFICANT,
    SIGNIFICANCE,
    Swatch,
)
from gbaspatial.maps.layers import Choropleth, Classed

_OF_UNITS = {
    "tier": ("Tier", "层级"),
    "side": ("Side of the border", "关境"),
    "area_km2": ("Area, km²", "面积，平方千米"),
}
MOST_DECIMALS = 9  # one more than `figures.classes` writes before it turns to powers of ten
LETTERS = "abcdefghijklmnopqrstuvwxyz"
NO_TEST = Swatch(NO_DATA.color, "Not in the analysis", "未参与分析")


def fill_payload(layer: Any, units: pd.DataFrame) -> dict[str, Any]:
    """The JSON object of a fill on `units`."""
    if isinstance(layer, Choropleth):
        label, unit = _words(layer, units)
        return {"label": label, "unit": unit, **_choropleth(layer, units)}
    return {"label": list(layer.label), **_classed(layer, units)}


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


def on_units(values: pd.Series, index: pd.Index, what: str) -> pd.Series:
    """`values` in the order of the map's units; NaN where a unit has none; unknown units are an error."""
    check_units(values.index, what)
    extra = values.index.difference(index, sort=False)
    if len(extra):
        kinds = ""
        if values.index.inferred_type != index.inferred_type:
            kinds = f" (labels are {values.index.inferred_type} there, {index.inferred_type} on the map)"
        raise AlignmentError(
            f"the {what} hold units that the map does not have: {some(extra)}{kinds}; "
            f"use the units' ids as index, or keep the map's units with .loc[units.index]."
        )
    return values.reindex(index)


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
        "years": _years(wide.columns),
        "values": [_rounded(wide[year], classes.digits + 1) if numeric else None for year in wide.columns],
        **_legend_and_codes(legend, codes, NO_DATA),
    }


def _by_year(layer: Choropleth, units: pd.DataFrame) -> pd.DataFrame:
    """Values by unit, one column a year (the column None without a panel)."""
    source = units if layer.panel is None else layer.panel
    if layer.column not in source.columns:
        others = [c for c in source.columns if c != "geometry"]
        where = "units" if layer.panel is None else "panel"
        raise UnknownNameError(f"the {where} have no column {layer.column!r}. {nearest_names(layer.column, others)}")
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


def _classed(layer: Classed, units: pd.DataFrame) -> dict[str, Any]:
    codes, numbers = [], []
    swatches = None if layer.kind == "significance" else _swatches_of(layer)
    legend = _significance_legend() if swatches is None else list(swatches.values())
    for year, result in layer.by_year.items():
        what = f"{layer.label[0]} of {year}" if year is not None else layer.label[0]
        values = on_units(column_of(result, layer.column, what), units.index, what)
        codes.append(_p_codes(result, values, what) if swatches is None else _class_codes(values, swatches, what))
        numbers.append(_rounded(values if swatches is None else _p_values(result, units.index)))
    return {
        "kind": layer.kind,
        "unit": "",
        "note": _inference_note(next(iter(layer.by_year.values()))),
        "digits": 4,
        "years": _years(layer.by_year),
        "values": numbers,
        **_scatter(layer, units.index),
        **_legend_and_codes(legend, codes, NO_TEST),
    }


def _swatches_of(layer: Classed) -> dict[str, Swatch]:
    """The classes of the layer's kind, or those of the other kind where the results have them."""
    known = (CLUSTERS, HOTSPOTS) if layer.kind == "clusters" else (HOTSPOTS, CLUSTERS)
    seen = {v for r in layer.by_year.values() for v in column_of(r, layer.column, layer.label[0]).dropna()}
    return known[1] if not seen <= set(known[0]) and seen <= set(known[1]) else known[0]


def _scatter(layer: Classed, index: pd.Index) -> dict[str, Any]:
    """The Moran scatterplot of each year: value and neighbors' mean, where the results carry what they tested."""
    results = list(layer.by_year.values())
    if layer.kind != "clusters" or not all(_has_quadrants(result) for result in results):
        return {}
    return {"scatter": [_moran_plot(result, index) for result in results]}


def _has_quadrants(result: Any) -> bool:
    """Whether a result carries what it tested and places units by value and neighbors."""
    if isinstance(result, (pd.Series, pd.DataFrame)) or not hasattr(result, "weights"):
        return False
    frame = frame_of(result)
    return frame is not None and "quadrant" in frame.columns and hasattr(result, "values")


def _moran_plot(result: Any, index: pd.Index) -> dict[str, Any] | None:
    ids = result.weights.ids
    tested = pd.DataFrame(result.values).reindex(ids).to_numpy(dtype=float)
    spread = tested.std(axis=0)
    if not np.isfinite(spread).all() or (spread == 0).any():
        return None
    standard = (tested - tested.mean(axis=0)) / spread
    lag = result.weights.sparse @ standard[:, -1]
    both = zip("xy", (standard[:, 0], lag), strict=True)
    return {axis: _rounded(pd.Series(numbers, index=ids).reindex(index), 4) for axis, numbers in both}


def frame_of(result: Any) -> pd.DataFrame | None:
    """The table of a result, or None for a bare Series."""
    if isinstance(result, pd.Series):
        return None
    return result if isinstance(result, pd.DataFrame) else result.to_frame()


def column_of(result: Any, column: str, what: str) -> pd.Series:
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


def _p_codes(result: Any, values: pd.Series, what: str) -> np.ndarray:
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


def _p_values(result: Any, index: pd.Index) -> pd.Series:
    frame = frame_of(result)
    if frame is None or "p_value" not in frame.columns:
        return pd.Series(np.nan, index=index)
    return frame["p_value"].reindex(index)


_CHINESE = {
    "two-sided": "双侧", "greater": "单侧（大于）", "less": "单侧（小于）", "permutation": "置换检验",
    "exact": "精确检验", "normal": "正态近似", "randomization": "随机化近似", "saddlepoint": "鞍点近似",
    "imhof": "正态精确分布",
}  # fmt: skip


def _inference_note(result: Any) -> list[str]:
    """How the p-values came about, in the words of the result."""
    parts = [str(getattr(result, name)) for name in ("alternative", "inference") if getattr(result, name, None)]
    return [", ".join(parts), "，".join(_CHINESE.get(part, part) for part in parts)]


def _years(labels: Any) -> list[Any] | None:
    years = list(labels)
    if years == [None]:
        return None
    return [int(y) if isinstance(y, (int, np.integer)) else str(y) for y in years]


def _rounded(values: pd.Series, digits: int = 6) -> list[float | None]:
    """The numbers with as many decimals as a tooltip shows; whole where it writes powers of ten."""
    numbers = values.to_numpy(dtype=float, na_value=np.nan)
    if digits <= MOST_DECIMALS:
        plain = np.abs(numbers) < 1e15  # rounding multiplies first, which ends beyond the largest number
        numbers = np.where(plain, np.round(np.where(plain, numbers, 0), digits), numbers)
    return [None if v != v else int(v) if abs(v) < 1e15 and v == int(v) else v for v in numbers.tolist()]


def _legend_and_codes(legend: list[Swatch], codes: list[np.ndarray], missing: Swatch) -> dict[str, Any]:
    """Legend rows, and one letter per unit and year that points to its row; the missing come last."""
    if any((each < 0).any() for each in codes):
        legend = [*legend, missing]
    letters = np.array(list(LETTERS[: len(legend)]))
    return {
        "legend": [list(swatch) for swatch in legend],
        "codes": ["".join(letters[np.where(each < 0, len(legend) - 1, each)]) for each in codes],
    }
