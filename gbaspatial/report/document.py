"""The report as one self-contained HTML page: every picture and the map are inside the file."""

from __future__ import annotations

import base64
import io
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from gbaspatial.report.section import Section

if TYPE_CHECKING:
    from matplotlib.axes import Axes


def render(sections: Sequence[Section], *, atlas: str, **words: Any) -> str:
    """The page as text.

    Parameters
    ----------
    sections : sequence of Section
    atlas : str
        The map as a whole HTML page; it is put into a frame of its own.
    **words
        Title, lead, version and the like: see the template.
    """
    import jinja2

    # autoescape: names and sentences come from data; only tables, which escape themselves, pass as they are
    loader = jinja2.PackageLoader("gbaspatial.report", package_path="")
    environment = jinja2.Environment(loader=loader, autoescape=True, trim_blocks=True, lstrip_blocks=True)
    pictures = {s.key: {name: data_uri(ax) for name, ax in s.figures.items()} for s in sections}
    template = environment.get_template("page.html.j2")
    return template.render(sections=sections, pictures=pictures, atlas=atlas, **words)


def data_uri(ax: Axes) -> str:
    """A picture as an SVG inside a URI."""
    return "data:image/svg+xml;base64," + base64.b64encode(svg_of(ax)).decode()


def svg_of(ax: Axes) -> bytes:
    """A picture as SVG, the same bytes for the same picture."""
    import matplotlib as mpl

    buffer = io.BytesIO()
    with mpl.rc_context({"svg.hashsalt": "gbaspatial"}):
        figure = ax.get_figure(root=True)
        assert figure is not None
        figure.savefig(buffer, format="svg", metadata={"Date": None}, bbox_inches="tight")
    return buffer.getvalue()
