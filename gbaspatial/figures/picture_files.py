"""A picture as files: SVG and PNG, the same bytes for the same picture."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

from gbaspatial.errors import FileFormatError
from gbaspatial.figures.fonts import letters_told
from gbaspatial.filenames import file_of
from gbaspatial.options import public
from gbaspatial.writing import replace_file

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

ENDINGS = (".svg", ".png", ".pdf")


@public
def save(figure: Figure | Axes, path: str | os.PathLike[str], *, dpi: int = 200) -> list[Path]:
    """Write a figure as SVG and PNG, or in the one format that the ending names.

    Parameters
    ----------
    figure : matplotlib.figure.Figure or matplotlib.axes.Axes
        The picture; of axes, the whole figure in which they stand.
    path : path
        Without an ending both are written; with ``.svg``, ``.png`` or ``.pdf`` that one.
    dpi : int
        Dots per inch of the PNG.

    Returns
    -------
    list of pathlib.Path
        What was written.

    Raises
    ------
    FileFormatError
        The ending names another format.

    Examples
    --------
    >>> import tempfile
    >>> from matplotlib.figure import Figure
    >>> [path.name for path in save(Figure(), tempfile.mkdtemp() + "/empty")]
    ['empty.svg', 'empty.png']
    """
    import matplotlib as mpl
    from matplotlib.figure import Figure as MplFigure

    target = file_of(path)
    if target.suffix and target.suffix.lower() not in ENDINGS:
        raise FileFormatError(
            f"{target.name} ends in none of {', '.join(ENDINGS)}; leave the ending out for SVG and PNG."
        )
    wanted = [target] if target.suffix else [target.with_name(target.name + ending) for ending in (".svg", ".png")]
    drawn: Any = figure if isinstance(figure, MplFigure) else figure.get_figure(root=True)
    dateless = {".svg": {"Date": None}, ".pdf": {"CreationDate": None}, ".png": {"Software": None}}
    with mpl.rc_context({"svg.hashsalt": "gbaspatial"}), letters_told():
        for each in wanted:
            options = {"dpi": dpi, "bbox_inches": "tight", "metadata": dateless[each.suffix.lower()]}
            replace_file(each, lambda half, how=options: drawn.savefig(half, **how))  # type: ignore[misc]
    return wanted
