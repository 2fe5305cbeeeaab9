"""Pictures of a report: laid out once, drawn once for each file, whatever the settings of matplotlib are."""

import matplotlib as mpl
import pytest
from matplotlib.figure import Figure

from gbaspatial import figures, load_cities
from gbaspatial.report.document import Pictures


@pytest.mark.parametrize("rc", [{}, {"figure.constrained_layout.use": True}, {"figure.autolayout": True}])
def test_a_picture_is_drawn_once_a_file(rc, monkeypatch):
    drawn, draw = [], Figure.draw
    ax = figures.map_of(load_cities(year=2019), "gdp_pc_cny")

    def _noted(figure, renderer):
        drawn.append(type(renderer).__name__)
        return draw(figure, renderer)

    monkeypatch.setattr(Figure, "draw", _noted)
    pictures = Pictures()
    with mpl.rc_context(rc):
        svg, png = pictures.svg(ax), pictures.png(ax)
        assert pictures.svg(ax) == svg
    assert svg.startswith(b"<?xml")
    assert png.startswith(b"\x89PNG")
    assert len(drawn) == 2
