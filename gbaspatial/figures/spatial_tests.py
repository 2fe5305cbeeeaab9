"""Pictures of autocorrelation: correlogram, line over years, rose, power, maps of clusters and of significance.

Every function draws a result of `gbaspatial.autocorrelation` (or of `disparity` and
`inference`) and gives back the matplotlib axes; `result.plot()` calls it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from gbaspatial.alignment import check_same_units
from gbaspatial.figures.canvas import FAINT, INK, SIGNAL, axes_of, tidy
from gbaspatial.figures.fonts import Language, lettering, written_names
from gbaspatial.figures.palette import CLUSTERS, HOTSPOTS, ISOLATE, NOT_SIGNIFICANT, SIGNIFICANCE, Swatch
from gbaspatial.options import public

if TYPE_CHECKING:
    import geopandas as gpd
    from matplotlib.axes import Axes

    from gbaspatial.autocorrelation.correlograms import CorrelogramResult
    from gbaspatial.autocorrelation.local_results import LocalTest
    from gbaspatial.autocorrelation.space_time import ByPeriodResult
    from gbaspatial.disparity.directional import RoseResult
    from gbaspatial.inference.detection import PowerResult


@written_names("en")
@public
def correlogram(result: CorrelogramResult, ax: Axes | None = None) -> Axes:
    """The statistic by order or distance, over the band of what chance alone gives.

    Parameters
    ----------
    result : CorrelogramResult
        What `gba.autocorrelation.correlogram` gives.
    ax : matplotlib.axes.Axes, optional
        Where to draw; a new figure if not given.

    Returns
    -------
    matplotlib.axes.Axes
        What was drawn in.

    Examples
    --------
    >>> import gbaspatial as gba
    >>> cities = gba.load_cities(year=2019)
    >>> w = gba.weights.nearest(cities, k=3)
    >>> found = gba.autocorrelation.correlogram(cities["gdp_pc_cny"], w, orders=2, inference="randomization")
    >>> correlogram(found).get_xlabel()
    'order of neighbors'
    """
    ax = axes_of(ax)
    frame = result.table
    place = np.arange(len(frame))
    ax.fill_between(place, frame["lower"], frame["upper"], color=FAINT, alpha=0.45, lw=0, label=result.band)
    ax.plot(place, frame["expected"], color=FAINT, lw=1, ls="--", label="expected")
    ax.plot(place, frame["statistic"], color=INK, lw=1.2)
    _dots(ax, place, frame["statistic"], frame["p_value"], result.alpha)
    ax.set_xticks(place, [str(label) for label in frame.index])
    ax.set_xlabel("order of neighbors" if frame.index.name == "order" else "distance (km)")
    ax.set_ylabel(result.title)
    ax.legend(frameon=False, fontsize="small")
    tidy(ax)
    return ax


def _dots(ax: Axes, x: np.ndarray | pd.Series, y: np.ndarray | pd.Series, p: pd.Series, alpha: float) -> None:
    """Filled where p is at most `alpha`, hollow elsewhere."""
    significant = p.to_numpy(float) <= alpha
    x, y = np.asarray(x), np.asarray(y, dtype=float)
    ax.scatter(x[significant], y[significant], color=SIGNAL, zorder=3, label=f"p ≤ {alpha:g}")
    ax.scatter(x[~significant], y[~significant], facecolor="white", edgecolor=INK, zorder=3, label=f"p > {alpha:g}")


@written_names("en")
def year_line(result: ByPeriodResult, ax: Axes | None = None, words: tuple[str, str, str] | None = None) -> Axes:
    """The statistic of each period, with its p-value written at the point.

    Parameters
    ----------
    result : ByPeriodResult
        What `gba.autocorrelation.moran_by` gives.
    ax : matplotlib.axes.Axes, optional
        Where to draw; a new figure if not given.
    words : (str, str, str), optional
        The title, the name of the statistic and that of its expected value, in another language.

    Returns
    -------
    matplotlib.axes.Axes
        What was drawn in.
    """
    told = f"{result.name}: {result.title} and its p-value ({result.kinds()}, {result.alternative})"
    title, measured, expected = words or (told, result.title, "expected")
    ax = axes_of(ax, (9.0, 4.2))
    frame = result.table
    place = np.arange(len(frame))
    ax.plot(place, frame["expected"], color=FAINT, lw=1, ls="--", label=expected)
    ax.plot(place, frame["statistic"], color=INK, lw=1.2)
    _dots(ax, place, frame["statistic"], frame["p_value"], 0.05)
    for at, value, p in zip(place, frame["statistic"], frame["p_value"], strict=True):
        told = "<.001" if p < 0.001 else f"{p:.3f}".lstrip("0") if p < 1 else "1"
        ax.annotate(told, (at, value), (0, 7), textcoords="offset points", ha="center", fontsize=7, color=INK)
    every = max(1, len(frame) // 12)
    ax.set_xticks(place[::every], [str(label) for label in frame.index[::every]])
    ax.set_ylabel(measured)
    ax.set_title(title, fontsize=10)
    ax.margins(y=0.15)
    ax.legend(frameon=False, fontsize="small")
    tidy(ax)
    return ax


@written_names("en")
@public
def rose(result: RoseResult, ax: Axes | None = None) -> Axes:
    """Moves by direction: bars for the number of units, a line for what is expected.

    Parameters
    ----------
    result : RoseResult
        What `gba.disparity.directional_lisa` gives.
    ax : matplotlib.axes.Axes, optional
        Where to draw; a new figure if not given.

    Returns
    -------
    matplotlib.axes.Axes
        What was drawn in.

    Examples
    --------
    >>> import pandas as pd, gbaspatial as gba
    >>> w = gba.weights.from_pairs(pd.DataFrame({"focal": list("abc"), "neighbor": list("bca")}))
    >>> before, after = pd.Series([1.0, 1, 1], list("abc")), pd.Series([2.0, 3, 1.5], list("abc"))
    >>> len(rose(gba.disparity.directional_lisa(before, after, w, sectors=4, draws=9, rng=1)).patches)
    4
    """
    from matplotlib.ticker import MaxNLocator

    ax = axes_of(ax, (5.0, 5.0), polar=True)
    counts = result.counts
    width = 2 * np.pi / len(counts)
    center = np.radians(counts["from_degrees"].to_numpy()) + width / 2
    colors = [SIGNAL if p <= 0.05 else "#7F9DB9" for p in counts["p_value"]]
    ax.bar(center, counts["count"], width=width * 0.94, color=colors, alpha=0.85)
    for at, expected in zip(center, counts["expected"], strict=True):
        arc = np.linspace(at - width / 2, at + width / 2, 60)
        ax.plot(arc, np.full(60, expected), color=INK, lw=1.2, ls="--")
    ax.set_xticks(np.radians([0, 90, 180, 270]), ["unit\ngains", "neighbors gain", "unit\nloses", "neighbors lose"])
    ax.yaxis.set_major_locator(MaxNLocator(4, integer=True))
    ax.set_title("Moves in the Moran scatterplot\n(dashed: expected; red: p ≤ 0.05)", fontsize=10)
    return ax


@written_names("en")
@public
def power_curve(result: PowerResult, ax: Axes | None = None) -> Axes:
    """The chance to reject by rho, with the target and the smallest rho that reaches it.

    Parameters
    ----------
    result : PowerResult
        What `gba.inference.power` gives.
    ax : matplotlib.axes.Axes, optional
        Where to draw; a new figure if not given.

    Returns
    -------
    matplotlib.axes.Axes
        What was drawn in.

    Examples
    --------
    >>> import gbaspatial as gba
    >>> w = gba.weights.contiguity(gba.load_cities(year=2019)).row_standardized()
    >>> power_curve(gba.inference.power("moran", w, rho=[0.0, 0.5, 0.9])).get_xlabel()
    'rho'
    """
    ax = axes_of(ax)
    ax.plot(result.curve.index, result.curve, color=INK)
    ax.axhline(result.target, color=FAINT, lw=1)
    ax.axhline(result.alpha, color=FAINT, lw=1, ls=":")
    for at in (result.detectable, result.detectable_negative):
        if not np.isnan(at):
            ax.axvline(at, color=SIGNAL, lw=1, ls="--")
            ax.annotate(f"{at:.2f}", (at, 0.02), (3, 0), textcoords="offset points", color=SIGNAL, fontsize=8)
    ax.set(xlabel="rho", ylabel="probability to reject", ylim=(0, 1.02), title=f"n = {result.n}")
    tidy(ax)
    return ax


def _drawn(units: gpd.GeoDataFrame, index: pd.Index) -> gpd.GeoDataFrame:
    check_same_units(units.index, index, "units")
    return units.loc[index]


def _map(units: gpd.GeoDataFrame, swatches: list[Swatch], title: str, ax: Axes | None, language: Language) -> Axes:
    from matplotlib.patches import Patch

    with lettering(language) as written:
        ax = axes_of(ax, (6.5, 5.5))
        units.plot(ax=ax, color=[s.color for s in swatches], edgecolor="white", linewidth=0.6, aspect=_aspect(units))
        unique = dict.fromkeys(swatches)
        known = [*(s for _, s in SIGNIFICANCE), *CLUSTERS.values(), *HOTSPOTS.values()]
        order = sorted(unique, key=lambda s: known.index(s) if s in known else len(known))
        patches = [Patch(facecolor=s.color, label=s.english if written == "en" else s.chinese) for s in order]
        ax.legend(handles=patches, loc="lower right", fontsize=8, frameon=True, framealpha=0.9)
        ax.set_title(title, fontsize=10)
        ax.set_axis_off()
    return ax


def _aspect(units: gpd.GeoDataFrame) -> float:
    """Height of a degree of latitude against one of longitude; 1 for projected layers."""
    if units.crs is None or not units.crs.is_geographic:
        return 1.0
    south, north = units.total_bounds[[1, 3]]
    return float(1 / np.cos(np.radians((south + north) / 2)))


@public
def cluster_map(
    result: LocalTest, units: gpd.GeoDataFrame, *, title: str = "", ax: Axes | None = None, language: Language = "en"
) -> Axes:
    """The classes of a local statistic (HH, LL, ... or hot, cold) in the colors of GeoDa.

    Parameters
    ----------
    result : local result
        Anything with a Series `cluster` by unit.
    units : geopandas.GeoDataFrame
        The same units, with their shapes.
    title : str
        Above the picture.
    ax : matplotlib.axes.Axes, optional
        Where to draw; a new figure if not given.
    language : {"en", "zh"}
        Of the legend; English where no Chinese font is installed.

    Returns
    -------
    matplotlib.axes.Axes
        What was drawn in.

    Examples
    --------
    >>> import gbaspatial as gba
    >>> cities = gba.load_cities(year=2019)
    >>> w = gba.weights.nearest(cities, k=3)
    >>> found = gba.autocorrelation.local_moran(cities["gdp_pc_cny"], w, inference="randomization")
    >>> cluster_map(found, cities, title="GDP per capita").get_title()
    'GDP per capita'
    """
    drawn = _drawn(units, result.cluster.index)
    swatches = [{**CLUSTERS, **HOTSPOTS}[name] for name in result.cluster]
    return _map(drawn, swatches, title, ax, language)


@public
def significance_map(
    result: LocalTest,
    units: gpd.GeoDataFrame,
    *,
    adjusted: bool = False,
    title: str = "",
    ax: Axes | None = None,
    language: Language = "en",
) -> Axes:
    """The p-values of a local statistic in four steps, raw or `adjusted` for many tests.

    Parameters
    ----------
    result : LocalTest
        Any local test.
    units : GeoDataFrame
        The units of the test, with a CRS.
    adjusted : bool
        Color by `p_adjusted` instead of `p_value`.
    title : str
        Above the picture.
    ax : matplotlib.axes.Axes, optional
        Where to draw; a new figure if not given.
    language : {"en", "zh"}
        Of the legend.

    Returns
    -------
    matplotlib.axes.Axes
        What was drawn in.

    Examples
    --------
    >>> import gbaspatial as gba
    >>> cities = gba.load_cities(year=2019)
    >>> w = gba.weights.nearest(cities, k=3)
    >>> found = gba.autocorrelation.local_moran(cities["gdp_pc_cny"], w, inference="randomization")
    >>> significance_map(found, cities, title="GDP per capita").get_title()
    'GDP per capita'
    """
    p_values = result.p_adjusted if adjusted else result.p_value
    drawn = _drawn(units, p_values.index)
    return _map(drawn, [significance_of(p) for p in p_values], title, ax, language)


def significance_of(p: float) -> Swatch:
    """The class of a p-value; a unit without a test is an isolate.

    Examples
    --------
    >>> significance_of(0.004).english, significance_of(0.3).english, significance_of(float("nan")).english
    ('p ≤ 0.01', 'Not significant', 'No neighbors')
    """
    if np.isnan(p):
        return ISOLATE
    return next((swatch for bound, swatch in SIGNIFICANCE if p <= bound), NOT_SIGNIFICANT)
