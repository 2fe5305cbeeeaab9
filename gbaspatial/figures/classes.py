"""Classes of a choropleth: where the breaks lie, how they are written, which color they get."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import pandas as pd

from gbaspatial.errors import DataError, OptionError, nearest_names
from gbaspatial.figures.palette import qualitative, ramp

MAPCLASSIFY = (
    "BoxPlot", "FisherJenks", "FisherJenksSampled", "HeadTailBreaks", "JenksCaspall", "MaximumBreaks", "NaturalBreaks",
    "Percentiles", "PrettyBreaks", "StdMean",
)  # fmt: skip
SCHEMES = ("quantiles", "equal_interval", "categorical", *(name.lower() for name in MAPCLASSIFY))
_WITHOUT_K = {"BoxPlot", "HeadTailBreaks", "Percentiles", "StdMean"}


@dataclass(frozen=True, slots=True, eq=False)
class Classes:
    """The classes of one variable.

    Parameters
    ----------
    labels : tuple of str, length k
        How a legend names each class.
    colors : tuple of str, length k
    upper : numpy.ndarray, shape (k,)
        The upper bound of each class, included in it (numbers).
    categories : tuple
        The values themselves (text); empty for numbers.
    digits : int
        Decimals with which a value is written.
    scheme : str
    """

    labels: tuple[str, ...]
    colors: tuple[str, ...]
    upper: np.ndarray
    categories: tuple[object, ...] = ()
    digits: int = 0
    scheme: str = "quantiles"

    @property
    def k(self) -> int:
        """The number of classes."""
        return len(self.labels)

    def codes(self, values: pd.Series) -> np.ndarray:
        """The class number of each value; -1 where there is none."""
        if self.categories:
            return pd.Categorical(values.astype(object), categories=list(self.categories)).codes.astype(int)
        numbers = values.to_numpy(dtype=float, na_value=np.nan)
        codes = np.searchsorted(self.upper[:-1], numbers, side="left")
        return np.where(np.isnan(numbers), -1, codes)


def classify(
    values: pd.Series, *, scheme: str | Sequence[float] | None = None, k: int = 5, palette: str = "YlGnBu"
) -> Classes:
    """Choose classes for `values`; missing ones are left out of the choice.

    Parameters
    ----------
    values : pandas.Series
        Numbers, or text and booleans (each value is then a class).
    scheme : str or sequence of float, optional
        ``"quantiles"`` (the default for numbers), ``"equal_interval"``, any scheme of mapclassify
        by its name in small letters (``"fisherjenks"``, ``"stdmean"``, ``"boxplot"``...),
        ``"categorical"``, or upper bounds of your own.
    k : int
        Number of classes, 2 to 12; fewer where the values are too few or too much tied.
    palette : str
        A ColorBrewer ramp.

    Examples
    --------
    >>> classes = classify(pd.Series([1.0, 2, 3, 4, None]), k=2)
    >>> classes.labels, classes.codes(pd.Series([1.0, 4, None])).tolist()
    (('1.00 – 2.50', '2.50 – 4.00'), [0, 1, -1])
    """
    known = values.dropna()
    if not len(known):
        raise DataError(f"{values.name!r} has no value at all, so there is nothing to draw; choose another column.")
    is_text = not pd.api.types.is_numeric_dtype(values) or pd.api.types.is_bool_dtype(values)
    if scheme == "categorical" or (scheme is None and is_text):
        return _categorical(known)
    if is_text:
        raise DataError(f"{values.name!r} is not numeric, so scheme={scheme!r} cannot class it; use 'categorical'.")
    numbers = known.to_numpy(dtype=float)
    if not np.isfinite(numbers).all():
        raise DataError(f"{values.name!r} has infinite values, which no class can hold; correct them first.")
    if not 2 <= k <= 12:
        raise OptionError(f"k={k!r} is not a number of classes that a reader can tell apart; use 2 to 12.")
    upper = _upper_bounds(numbers, "quantiles" if scheme is None else scheme, k)
    edges = np.concatenate([[min(numbers.min(), upper[0])], upper])
    digits = decimals(edges)
    texts = [format_number(edge, digits) for edge in edges]
    labels = tuple(f"{low} – {high}" if low != high else low for low, high in pairwise(texts))
    name = scheme if isinstance(scheme, str) else "quantiles" if scheme is None else "own breaks"
    return Classes(labels, ramp(palette, len(upper)), upper, digits=digits, scheme=name)


def _categorical(known: pd.Series) -> Classes:
    if isinstance(known.dtype, pd.CategoricalDtype):
        present = set(known)
        categories = [c for c in known.cat.categories if c in present]
    else:
        categories = sorted(known.unique(), key=lambda c: (str(type(c)), c))
    labels = tuple(str(c) for c in categories)
    return Classes(labels, qualitative(len(categories)), np.array([]), tuple(categories), scheme="categorical")


def _upper_bounds(numbers: np.ndarray, scheme: str | Sequence[float], k: int) -> np.ndarray:
    """Strictly increasing upper bounds; the last one is at least the largest value."""
    if not isinstance(scheme, str):
        upper = np.unique(np.asarray(scheme, dtype=float))
        if not len(upper) or not np.isfinite(upper).all():
            raise OptionError(f"scheme={scheme!r} holds no finite upper bounds; give numbers such as [10, 20, 50].")
    elif scheme == "quantiles":
        few = min(k, len(np.unique(numbers)))
        upper = np.unique(np.quantile(numbers, np.arange(1, few + 1) / few))
    elif scheme == "equal_interval":
        upper = np.unique(np.linspace(numbers.min(), numbers.max(), k + 1)[1:])
    else:
        upper = _by_mapclassify(numbers, scheme, k)
    top = numbers.max()
    upper = upper[upper < top]
    return np.append(upper[: 12 - 1], top)


def _by_mapclassify(numbers: np.ndarray, scheme: str, k: int) -> np.ndarray:
    names = {name.lower(): name for name in MAPCLASSIFY}
    name = names.get(scheme.lower().replace("_", ""))
    if name is None:
        raise OptionError(f"scheme={scheme!r} is not known. {nearest_names(scheme, SCHEMES)}")
    import mapclassify

    few = min(k, len(np.unique(numbers)))  # the optimal schemes cannot make more classes than values
    made = mapclassify.classify(numbers, name) if name in _WITHOUT_K else mapclassify.classify(numbers, name, k=few)
    bounds = np.unique(np.asarray(made.bins, dtype=float))
    return bounds[np.isfinite(bounds) & (bounds >= numbers.min())]


def decimals(edges: np.ndarray) -> int:
    """The fewest decimals that keep the edges apart and show about three figures of the range.

    Examples
    --------
    >>> decimals(np.array([0, 1000, 2000])), decimals(np.array([0.0, 0.012, 0.02])), decimals(np.array([3.0]))
    (0, 4, 2)
    """
    span = float(np.ptp(edges)) or abs(float(edges[0])) or 1.0
    digits = int(np.clip(2 - np.floor(np.log10(span)), 0, 8))
    while digits < 8 and len({format_number(e, digits) for e in edges}) < len(np.unique(edges)):
        digits += 1
    return digits


def format_number(value: float, digits: int) -> str:
    """A number with thousands set apart.

    Examples
    --------
    >>> format_number(1234567.891, 1), format_number(-0.0, 1)
    ('1,234,567.9', '0.0')
    """
    return f"{value + 0.0:,.{digits}f}" if round(value, digits) != 0 else f"{0:.{digits}f}"
