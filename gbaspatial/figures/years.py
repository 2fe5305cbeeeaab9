"""Statistics over the years, one panel for each."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from gbaspatial.errors import DataError
from gbaspatial.figures import spatial_tests
from gbaspatial.figures.canvas import panels_of
from gbaspatial.options import public

if TYPE_CHECKING:
    import numpy as np
    from matplotlib.axes import Axes

    from gbaspatial.autocorrelation.space_time import ByPeriodResult


@public
def year_line(results: Mapping[str, ByPeriodResult], *, ax: Axes | None = None) -> np.ndarray:
    """A statistic by year with its p-values, or several below one another.

    Parameters
    ----------
    results : result of `moran_by` and its kin, or mapping of name to these
        One, or several under the names that stand above them.
    ax : matplotlib.axes.Axes, optional
        Where to draw; a new figure if not given. For several results a sequence of as many axes.

    Returns
    -------
    matplotlib.axes.Axes or numpy.ndarray of these
        What was drawn in: of several results the axes of each, in their order.

    Raises
    ------
    DataError
        The mapping is empty.

    Examples
    --------
    >>> import gbaspatial as gba
    >>> panel = gba.load_panel(variables="population", years=[2019, 2020])
    >>> w = gba.weights.contiguity(gba.load_cities()).row_standardized()
    >>> many = gba.autocorrelation.moran_by(panel["population"], w, inference="normal")
    >>> len(year_line({"one": many, "two": many}))
    2
    """
    if not isinstance(results, Mapping):
        return spatial_tests.year_line(results, ax)
    if not results:
        raise DataError("there is no result to draw; the mapping is empty.")
    panels = panels_of(ax, len(results), size=(9.0, 3.4))
    for panel, (name, result) in zip(panels, results.items(), strict=True):
        spatial_tests.year_line(result, panel)
        panel.set_title(f"{name}: {panel.get_title()}", fontsize=9)
    return panels
