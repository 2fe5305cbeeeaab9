"""Classes of a choropleth: where the breaks lie, how they are written, which color they get."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from warnings import warn

import numpy as np
import pandas as pd

from gbaspatial import options
from gbaspatial.errors import DataError, GbaWarning, OptionError, nearest_names, outside
from gbaspatial.figures.class_names import names_of
from gbaspatial.figures.palette import MOST_CATEGORIES, qualitative, ramp
from gbaspatial.randomness import CLASS_BREAKS

MAPCLASSIFY = (
    "BoxPlot", "FisherJenks", "FisherJenksSampled", "HeadTailBreaks", "JenksCaspall", "MaximumBreaks", "NaturalBreaks",
    "Percentiles", "PrettyBreaks", "StdMean",
)  # fmt: skip
SCHEMES = ("quantiles", "equal_interval", "categorical", *(name.lower() for name in MAPCLASSIFY))
MOST_CLASSES = 12  # more shades of a ramp no reader tells apart
_ENOUGH = 1_000
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
        Numbers, or text, booleans, days and categories (each value is then a class, ordered categories in their
        order and in the colors of a ramp).
    scheme : str or sequence of float, optional
        ``"quantiles"`` (the default for numbers), ``"equal_interval"``, any scheme of mapclassify
        by its name in small letters (``"fisherjenks"``, ``"stdmean"``, ``"boxplot"``...),
        ``"categorical"``, or up to eleven breaks of your own, ascending: values up to the first, between two, and
        above the last are classes that keep their colors whatever the data, empty ones too. By default
        up to `k` different whole numbers, such as tiers, are classes of their own.
    k : int
        Number of classes, 2 to 12; where there are no more different values than that, each is a class.
    palette : str
        A ColorBrewer ramp.

    Raises
    ------
    DataError
        If there is no value, an infinite one, or text that a scheme for numbers cannot class.
    OptionError
        If `scheme`, `k` or `palette` is not known, or breaks do not ascend or are too many.

    Examples
    --------
    >>> classes = classify(pd.Series([1.0, 2, 3, 4, None]), k=2)
    >>> classes.labels, classes.codes(pd.Series([1.0, 4, None])).tolist()
    (('1.00 – 2.50', '2.50 – 4.00'), [0, 1, -1])
    >>> classify(pd.Series([3, 1, 2, 1])).labels, classify(pd.Series([3.0, 12.0]), scheme=[5, 10]).labels
    (('1', '2', '3'), ('≤ 5', '5 – 10', '> 10'))
    """
    options.text(palette, "palette")
    known = values.dropna()
    if not len(known):
        raise DataError(f"{values.name!r} has no value at all, so there is nothing to draw; choose another column.")
    if pd.api.types.is_complex_dtype(values):
        raise DataError(f"{values.name!r} holds complex numbers, which no map shows; take their real part or modulus.")
    is_text = not pd.api.types.is_numeric_dtype(values) or pd.api.types.is_bool_dtype(values)
    if (isinstance(scheme, str) and scheme == "categorical") or (scheme is None and is_text):
        return _categorical(known, palette)
    if is_text:
        raise DataError(f"{values.name!r} is not numeric, so scheme={scheme!r} cannot class it; use 'categorical'.")
    numbers = known.to_numpy(dtype=float)
    if not np.isfinite(numbers).all():
        raise DataError(f"{values.name!r} has infinite values, which no class can hold; correct them first.")
    if np.abs(numbers).max() > 1e306:  # bounds of several ranges or deviations would be infinite
        raise DataError(f"{values.name!r} holds numbers beyond 1e306; divide it by a constant first.")
    k = options.whole(k, "k", least=2, most=MOST_CLASSES)
    if scheme is not None and not isinstance(scheme, str):
        return _own_breaks(scheme, palette)
    _tell_merged(known, numbers)
    if scheme is None and _few_whole_numbers(numbers, k):
        return _ranked(numbers, palette)
    if scheme is not None:
        _tell_few(values.name, len(np.unique(numbers)), k)
    return _by_scheme(numbers, "quantiles" if scheme is None else scheme, k, palette)


def check_scheme(scheme: str | Sequence[float] | None) -> None:
    """Raise `OptionError` for what can be no scheme, whatever the values.

    Examples
    --------
    >>> check_scheme("quantiles")
    >>> check_scheme(5)
    Traceback (most recent call last):
    gbaspatial.errors.OptionError: scheme=5 holds no finite upper bounds; give numbers such as [10, 20, 50].
    """
    if isinstance(scheme, str):
        if scheme != "categorical":
            _maker(scheme)
    elif scheme is not None:
        _own_breaks(scheme, "YlGnBu")


def _tell_few(name: object, different: int, k: int) -> None:
    """Warn that there are fewer different values than classes asked for, in the same words for every scheme."""
    if different < k:
        values = "one value only" if different == 1 else f"{different} different values only"
        warn(
            f"{name!r} has {values}, fewer than the {k} classes asked for; each is a class.",
            GbaWarning,
            stacklevel=outside(),
        )


def _tell_merged(known: pd.Series, numbers: np.ndarray) -> None:
    """Warn of whole numbers of more digits than a number of a map or a style keeps."""
    if not pd.api.types.is_integer_dtype(known) or np.abs(numbers).max() <= 2**53:
        return
    lost = known.nunique() - len(np.unique(numbers))
    if lost:
        warn(
            f"{known.name!r} holds whole numbers beyond 2^53, of which maps and styles keep 16 digits, so that "
            f"{lost} of {known.nunique()} different ones fall together with a neighbor; subtract a constant first.",
            GbaWarning,
            stacklevel=outside(),
        )


def _by_scheme(numbers: np.ndarray, scheme: str, k: int, palette: str) -> Classes:
    """Classes between bounds that `scheme` finds; each value for itself where there are no more than `k`."""
    found = _maker(scheme)
    different = np.unique(numbers)
    upper = different if len(different) <= k else found(numbers, k)
    upper = np.unique(upper[np.isfinite(upper) & (upper >= different[0]) & (upper < different[-1])])
    if len(upper) >= MOST_CLASSES:
        raise OptionError(
            f"scheme={scheme!r} makes {len(upper) + 1} classes of these values, and a map tells at most {MOST_CLASSES} "
            f"apart; use another scheme, or breaks of your own."
        )
    upper = np.append(upper, different[-1])
    if len(different) <= k:
        labels, digits = write_numbers(different)
    else:
        edges = np.concatenate([[min(different[0], upper[0])], upper])
        texts, digits = write_numbers(edges)
        labels = tuple(f"{low} – {high}" if low != high else low for low, high in pairwise(texts))
    return Classes(labels, ramp(palette, len(upper)), upper, digits=digits, scheme=scheme)


def _own_breaks(breaks: Sequence[float], palette: str) -> Classes:
    """Up to the first break, between two, above the last: the same classes for any data."""
    try:
        bounds = np.asarray(list(breaks), dtype=float)
    except (TypeError, ValueError):
        bounds = np.empty(0)
    if bounds.ndim != 1 or not len(bounds) or not np.isfinite(bounds).all():
        raise OptionError(f"scheme={breaks!r} holds no finite upper bounds; give numbers such as [10, 20, 50].")
    if (np.diff(bounds) <= 0).any():
        raise OptionError(f"scheme={breaks!r} does not ascend; give each bound once, from low to high.")
    if len(bounds) >= MOST_CLASSES:
        raise OptionError(
            f"scheme has {len(bounds)} breaks, which make {len(bounds) + 1} classes, and a map tells at most "
            f"{MOST_CLASSES} apart; give up to {MOST_CLASSES - 1}."
        )
    texts, digits = write_numbers(bounds, exact=True)
    labels = (f"≤ {texts[0]}", *(f"{low} – {high}" for low, high in pairwise(texts)), f"> {texts[-1]}")
    return Classes(labels, ramp(palette, len(labels)), np.append(bounds, np.inf), digits=digits, scheme="own breaks")


def _few_whole_numbers(numbers: np.ndarray, k: int) -> bool:
    written_out = np.abs(numbers).max() < 1e15  # beyond, every number is whole and none is a category
    return bool(written_out and (numbers == np.round(numbers)).all()) and len(np.unique(numbers)) <= k


def _ranked(numbers: np.ndarray, palette: str) -> Classes:
    """Whole numbers as categories, which keep their order in the ramp."""
    different = [int(number) for number in np.unique(numbers)]
    labels = tuple(f"{number:,}" for number in different)
    return Classes(labels, ramp(palette, len(labels)), np.array([]), tuple(different), scheme="categorical")


def _categorical(known: pd.Series, palette: str) -> Classes:
    if isinstance(known.dtype, pd.CategoricalDtype):
        present = set(known)
        categories = [c for c in known.cat.categories if c in present]
    else:
        try:
            categories = sorted(known.unique(), key=lambda c: (str(type(c)), c))
        except TypeError as error:
            raise DataError(
                f"{known.name!r} holds values that are no categories, such as {options.brief(known.iloc[0])}; "
                f"make them text or numbers first."
            ) from error
    if len(categories) > MOST_CATEGORIES:
        raise DataError(_too_many(known, len(categories)))
    ordered = isinstance(known.dtype, pd.CategoricalDtype) and known.cat.ordered
    colors = ramp(palette, len(categories)) if ordered else qualitative(len(categories))
    return Classes(names_of(categories), colors, np.array([]), tuple(categories), scheme="categorical")


def _too_many(known: pd.Series, count: int) -> str:
    name = "the column" if known.name is None else repr(known.name)
    told = f"{name} has {count} different classes and a map tells at most {MOST_CATEGORIES} apart; "
    if pd.api.types.is_datetime64_any_dtype(known):
        return told + "make the dates numbers first, such as their years (column.dt.year)."
    if pd.to_numeric(known.astype(str), errors="coerce").notna().all():
        return told + "they are numbers written as text: make them numbers with pd.to_numeric."
    return told + "keep the most frequent and call the rest 'other', or give a column of groups."


Maker = Callable[[np.ndarray, int], np.ndarray]


def _maker(scheme: str) -> Maker:
    """What finds the upper bounds of `scheme` for numbers (n,) and a number of classes."""
    name = scheme.lower().replace("_", "")
    own: dict[str, Maker] = {"quantiles": _quantiles, "equalinterval": _equal, "jenkscaspall": jenks_caspall}
    if name in own:
        return own[name]
    names = {peer.lower(): peer for peer in MAPCLASSIFY}
    if name not in names:
        raise OptionError(f"scheme={scheme!r} is not known. {nearest_names(scheme, SCHEMES)}")
    return lambda numbers, k: _by_mapclassify(numbers, names[name], k)


def _quantiles(numbers: np.ndarray, k: int) -> np.ndarray:
    return np.quantile(numbers, np.arange(1, k + 1) / k)


def _equal(numbers: np.ndarray, k: int) -> np.ndarray:
    return np.linspace(numbers.min(), numbers.max(), k + 1)[1:]


def _by_mapclassify(numbers: np.ndarray, name: str, k: int) -> np.ndarray:
    """Bounds by a scheme of mapclassify, in units of their range; those that sample do so from a fixed seed."""
    import mapclassify

    exponent = int(np.frexp(np.abs(numbers).max())[1])  # a power of two changes no digit, and squares stay numbers
    options_of: dict[str, float] = {} if name in _WITHOUT_K else {"k": k}
    if name == "FisherJenksSampled":  # a tenth of few values is no sample to speak of
        name = name if len(numbers) > _ENOUGH else "FisherJenks"
        options_of |= {"pct": max(0.1, _ENOUGH / len(numbers))} if len(numbers) > _ENOUGH else {}
    before = np.random.get_state()  # noqa: NPY002 (the schemes that sample draw from numpy's global stream)
    np.random.seed(CLASS_BREAKS)  # noqa: NPY002
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of ties, which are no fault of the data
            made = mapclassify.classify(np.ldexp(numbers, -exponent), name, **options_of)
    finally:
        np.random.set_state(before)  # noqa: NPY002
    return np.ldexp(np.asarray(made.bins, dtype=float), exponent)


def jenks_caspall(numbers: np.ndarray, k: int) -> np.ndarray:
    """Upper bounds by moving values to the class with the nearest median, from quantiles on, until none moves.

    Ties may empty a class, which is then left out, or send values back and forth, which ends the search.

    References
    ----------
    Jenks, G. F. and Caspall, F. C. (1971). Error on choroplethic maps: definition, measurement, reduction.
    Annals of the Association of American Geographers 61, 217-244.

    Examples
    --------
    >>> jenks_caspall(np.array([1.0, 1, 1, 1, 1, 2, 9, 10]), 3).tolist()
    [2.0, 10.0]
    """
    bounds = np.unique(_quantiles(numbers, k))
    codes = np.searchsorted(bounds, numbers, side="left").clip(max=len(bounds) - 1)
    seen: set[bytes] = set()
    while codes.tobytes() not in seen:
        seen.add(codes.tobytes())
        medians = np.array([np.median(numbers[codes == code]) for code in np.unique(codes)])
        codes = np.abs(numbers[:, None] - medians).argmin(axis=1)
    return np.array([numbers[codes == code].max() for code in np.unique(codes)])


def write_numbers(edges: np.ndarray, *, exact: bool = False) -> tuple[tuple[str, ...], int]:
    """`edges` as texts that tell them apart, and the decimals used; powers of ten where decimals would not do.

    Parameters
    ----------
    exact : bool
        Write every number in full, without the figures that bounds found by a scheme are given.

    Examples
    --------
    >>> write_numbers(np.array([1e-12, 2e-12])), write_numbers(np.array([0.5, 2.0]), exact=True)
    ((('1.00e-12', '2.00e-12'), 15), (('0.5', '2.0'), 1))
    """
    digits = _decimals_of(edges) if exact else decimals(edges)
    texts = tuple(format_number(edge, digits) for edge in edges)
    largest = float(np.abs(edges).max())
    told = np.abs(edges[edges != 0]).min(initial=np.inf) if exact else largest or np.inf
    if largest < 1e15 and len(set(texts)) == len(np.unique(edges)) and told >= 1e-5:
        return texts, digits
    for figures in range(2, 17):
        texts = tuple(f"{edge:.{figures}e}" for edge in edges)
        if len(set(texts)) == len(np.unique(edges)):
            break
    smallest = float(np.abs(edges[edges != 0]).min())
    return texts, int(np.clip(figures + 1 - np.floor(np.log10(smallest)), 0, 100))


def _decimals_of(edges: np.ndarray) -> int:
    """The fewest decimals, up to eight, that write every number in full."""
    return next((d for d in range(9) if (np.round(edges, d) == edges).all()), 8)


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
    text = f"{value:,.{digits}f}"
    return text.removeprefix("-") if not text.strip("-0.,") else text
