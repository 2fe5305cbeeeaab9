"""Axes that a notebook shows without pyplot."""

from __future__ import annotations

import io
import os
from pathlib import Path
from typing import Any, cast
from warnings import warn

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.projections.polar import PolarAxes

from gbaspatial.errors import outside
from gbaspatial.figures.fonts import letters_told
from gbaspatial.writing import replace_file


class _Shown:
    """What `Picture` and `PolarPicture` add to the axes of matplotlib."""

    def _whole(self) -> Figure:
        return cast(Figure, cast(Axes, self).get_figure(root=True))

    def _repr_png_(self) -> bytes:
        """The whole figure: what a notebook shows of the axes that a cell gives."""
        buffer = io.BytesIO()
        with letters_told():
            self._whole().savefig(buffer, format="png", bbox_inches="tight")
        return buffer.getvalue()

    def savefig(self, fname: Any, **options: Any) -> None:
        """The figure's own; maps and forests gave the figure before they gave the axes."""
        warn(
            "pictures give their axes; use gba.figures.save(ax, path) or ax.figure.savefig(path).",
            DeprecationWarning,
            stacklevel=outside(),
        )
        if not isinstance(fname, (str, os.PathLike)):
            buffer = fname  # a stream in memory
            self._whole().savefig(buffer, **options)
            return
        place = Path(fname)
        target = place if place.suffix or "format" in options else place.with_name(f"{place.name}.png")
        replace_file(target, lambda half: self._whole().savefig(half, **options))


class Picture(_Shown, Axes):
    """Axes of a figure of their own.

    Examples
    --------
    >>> ax = Figure().add_subplot(axes_class=Picture)
    >>> ax._repr_png_()[1:4]
    b'PNG'
    """


class PolarPicture(_Shown, PolarAxes):
    """Polar axes of a figure of their own."""
