"""Statistics over the years, one panel for each."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from gbaspatial.errors import DataError
from gbaspatial.figures import autocorrelation
from gbaspatial.options import public

if TYPE_CHECKING:
    from matplotlib.figure import Figure


@public
def year_line(results: Any) -> Figure:
    """A statistic by year with its p-values, or several below one another.

    Parameters
    ----------
    results : result of `moran_by` and its kin, or mapping of name to these

    Returns
    -------
    matplotlib.figure.Figure

    Examples
    --------
    >>> import gbaspatial as gba
    >>> panel = gba.load_panel(variables="population", years=[2019, 2020])
    >>> w = gba.weights.contiguity(gba.load_cities()).row_standardized()
    >>> many = gba.autocorrelation.moran_by(panel["population"], w, inference="normal")
    >>> len(year_line({"one": many, "two": many}).axes)
    2
    """
    from matplotlib.figure import Figure

    listed = dict(results) if isinstance(results, Mapping) else {"": results}
    if not listed:
        raise DataError("there is no result to draw; the mapping is empty.")
    figure = Figure(figsize=(9.0, 3.4 * len(listed)), layout="constrained")
    for number, (name, result) in enumerate(listed.items(), start=1):
        ax = autocorrelation.year_line(result, figure.add_subplot(len(listed), 1, number))
        if name:
            ax.set_title(f"{name}: {ax.get_title()}", fontsize=9)
    return figure
