"""What every layer of an atlas is: a small frozen description in the words of the field, and what the page gets of it.

Fills (choropleth, clusters, hot spots, significance) color the units and are shown one at a time; overlays
(links, flows, points) lie above and can be shown together. Each kind of layer has a file of its own.
"""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from typing import TYPE_CHECKING, Any, ClassVar, Self, TypeAlias

import numpy as np
import pandas as pd

from gbaspatial.errors import DataError, OptionError
from gbaspatial.typesetting import moments

if TYPE_CHECKING:
    import geopandas as gpd

    from gbaspatial.autocorrelation.local_results import LocalTest
    from gbaspatial.maps.escape import Payload


Local: TypeAlias = "pd.Series | pd.DataFrame | LocalTest"  # what a local statistic found

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


@dataclass(frozen=True, slots=True, eq=False, kw_only=True, repr=False)
class Layer(ABC):
    """What all layers have: a label and, where it differs from the atlas, the units they lie on."""

    label: tuple[str, str]
    units: gpd.GeoDataFrame | None = None
    is_fill: ClassVar[bool] = True
    is_of_units: ClassVar[bool] = True  # False: it brings its own places

    def __repr__(self) -> str:
        of_columns = [getattr(self, name, "") for name in ("column", "first", "second")]
        told = [text for text in (*self.label,) if text] or [text for text in of_columns if text]
        return f"<{type(self).__name__}: {' '.join(told)}>"

    def on(self, units: gpd.GeoDataFrame) -> Self:
        """The same layer on other units than those of the atlas, e.g. districts under cities.

        Examples
        --------
        >>> from gbaspatial.maps import choropleth
        >>> choropleth("density").on(None) is None
        False
        """
        return replace(self, units=units)

    @abstractmethod
    def payload(self, units: pd.DataFrame) -> Payload:
        """What the page gets of the layer on `units`, ready for JSON.

        Examples
        --------
        >>> from gbaspatial.maps import choropleth
        >>> choropleth("x", k=2).payload(pd.DataFrame({"x": [1.0, 2.0]}, index=["a", "b"]))["codes"]
        ['ab']
        """


def years_of(results: object) -> ByYear:
    """A mapping of year to result; one result alone has the year None."""
    if isinstance(results, Mapping):
        if not results:
            raise DataError("the mapping of years is empty, so there is nothing to draw.")
        return dict(sorted(results.items()))
    return {None: results}


def year_labels(labels: pd.Index) -> list[int | str] | None:
    """The years as JSON has them; None without years."""
    years = list(labels)
    if years == [None]:
        return None
    if all(isinstance(year, date) for year in years):
        return [*moments(years)]
    return [int(y) if isinstance(y, (int, np.integer)) else str(y) for y in years]


def color_of(color: str) -> str:
    """`color`, if it is six digits behind a #."""
    if not re.fullmatch(r"#[0-9A-Fa-f]{6}", str(color)):
        raise OptionError(f"color={color!r} is not a color such as '#B10026'.")
    return color
