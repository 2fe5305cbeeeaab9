"""Two variables at once: a square of classes whose colors mix."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from gbaspatial.errors import DataError
from gbaspatial.figures.classes import Classes, classify
from gbaspatial.figures.palette import NO_DATA, Swatch
from gbaspatial.maps.choropleth import by_year, check_source, words_of
from gbaspatial.maps.fills import legend_and_codes
from gbaspatial.maps.layers import Label, Layer, bilingual, year_labels
from gbaspatial.options import public, whole

if TYPE_CHECKING:
    from gbaspatial.maps.escape import Payload


MOST = 4  # a square of five by five no reader tells apart
# Low and low, high and low, low and high, high and high: the corners of a square, mixed between.
CORNERS = np.array([[[232, 232, 232], [90, 200, 200]], [[190, 100, 172], [59, 73, 148]]], dtype=float)


@dataclass(frozen=True, slots=True, eq=False, kw_only=True, repr=False)
class Bivariate(Layer):
    """Units colored by the classes of two variables; see `bivariate`."""

    first: str
    second: str
    k: int
    panel: pd.DataFrame | None

    def payload(self, units: pd.DataFrame) -> Payload:
        """For every year one letter per unit, and the square of classes that the letters point to."""
        return _bivariate(self, units)


@public
def bivariate(
    first: str, second: str, *, k: int = 3, panel: pd.DataFrame | None = None, label: Label = None
) -> Bivariate:
    """Units colored by two variables at once, in a square of `k` by `k` classes (quantiles of each).

    Parameters
    ----------
    first, second : str
        Columns of numbers of the units, or of `panel`; the first runs across the square, the second up.
    k : int
        Classes of each variable, 2 to 4.
    panel : DataFrame, optional
        Values by (unit, year); the classes are chosen once from all years.
    label : str or (str, str), optional
        What the layer is called, in English or (English, Chinese); by default both variables.

    Returns
    -------
    Bivariate
        A layer for `atlas`.

    Raises
    ------
    OptionError
        If a column is no text, `k` not 2 to 4, or `panel` not indexed by (unit, year).

    References
    ----------
    Stevens, J. (2015). Bivariate choropleth maps: a how-to guide. joshuastevens.net.

    Examples
    --------
    >>> units = pd.DataFrame({"x": [1.0, 2.0, 3.0], "y": [3.0, 1.0, 2.0]}, index=list("abc"))
    >>> bivariate("x", "y").payload(units)["codes"]
    ['gbf']
    """
    for column in (first, second):
        check_source(column, panel)
    whole(k, "k", least=2, most=MOST)
    return Bivariate(label=bilingual(label, ("", "")), first=first, second=second, k=k, panel=panel)


def mixed(wide: int, high: int) -> list[str]:
    """The colors of a square row by row from below, from grey to the mixture of both.

    Examples
    --------
    >>> mixed(2, 2)
    ['#e8e8e8', '#5ac8c8', '#be64ac', '#3b4994']
    """
    x, y = (np.linspace(0, 1, n) if n > 1 else np.zeros(1) for n in (wide, high))
    made = []
    for up in y:
        for across in x:
            below, above = ((1 - across) * row[0] + across * row[1] for row in CORNERS)
            red, green, blue = np.rint((1 - up) * below + up * above).astype(int)
            made.append(f"#{red:02x}{green:02x}{blue:02x}")
    return made


def _bivariate(layer: Bivariate, units: pd.DataFrame) -> Payload:
    tables = [by_year(column, layer.panel, units) for column in (layer.first, layer.second)]
    classes = [
        _classes(table, column, layer.k) for table, column in zip(tables, (layer.first, layer.second), strict=True)
    ]
    words = [words_of(column, ("", ""), ("", ""), units)["label"] for column in (layer.first, layer.second)]
    wide, high = classes[0].k, classes[1].k
    codes = []
    for year in tables[0].columns:
        across, up = (each.codes(table[year]) for each, table in zip(classes, tables, strict=True))
        codes.append(np.where((across < 0) | (up < 0), -1, up * wide + across))
    both = [" × ".join(filter(None, (words[0][side], words[1][side]))) for side in (0, 1)]
    legend = [
        Swatch(color, *(f"{_short(words[0], side)} {classes[0].labels[at % wide]}, {_short(words[1], side)} "
                        f"{classes[1].labels[at // wide]}" for side in (0, 1)))
        for at, color in enumerate(mixed(wide, high))
    ]  # fmt: skip
    return {
        "kind": "bivariate", "label": list(layer.label) if any(layer.label) else both, "unit": ["", ""],
        "note": [f"{wide} by {high} classes, quantiles", f"{wide} × {high} 级，分位数"], "digits": 0,
        "years": year_labels(tables[0].columns), "values": [None] * tables[0].shape[1],
        "square": {"wide": wide, "high": high, "across": words[0], "up": words[1]},
        **legend_and_codes(legend, codes, NO_DATA),
    }  # fmt: skip


def _short(words: list[str], side: int) -> str:
    return words[side] or words[0]


def _classes(table: pd.DataFrame, column: str, k: int) -> Classes:
    pooled = (table.stack() if table.shape[1] > 1 else table.iloc[:, 0]).rename(column)
    if not pd.api.types.is_numeric_dtype(pooled) or pd.api.types.is_bool_dtype(pooled):
        raise DataError(f"{column!r} is not numeric, and a square of classes needs two numbers; use choropleth.")
    return classify(pooled.astype(float), scheme="quantiles", k=k)
