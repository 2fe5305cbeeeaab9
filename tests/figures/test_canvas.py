"""A picture is drawn in figures, in the axes that are given or in a figure that pyplot does not know of."""

import ast
import inspect
import io
import textwrap
from functools import partial
from pathlib import Path

import calls
import matplotlib.pyplot as plt
import numpy as np
import pytest
from matplotlib.axes import Axes
from matplotlib.figure import Figure

import gbaspatial as gba
from gbaspatial.errors import OptionError
from gbaspatial.figures.canvas import folded, keep_inside, panels_of
from gbaspatial.results import Result
from gbaspatial.typesetting import display_width

PACKAGE = Path(gba.__file__).parent
SOURCES = {path: ast.parse(path.read_text(encoding="utf-8")) for path in sorted(PACKAGE.rglob("*.py"))}
PLOTS = [
    (str(path.relative_to(PACKAGE)), node)
    for path, tree in SOURCES.items()
    for node in ast.walk(tree)
    if isinstance(node, ast.FunctionDef) and node.name == "plot"
]
PICTURES = [name for name in calls.CALLS if name.startswith("figures.") and name != "figures.save"]


def kinds_with_a_plot():
    found, waiting = set(), [Result]
    while waiting:
        for kind in waiting.pop().__subclasses__():
            waiting.append(kind)
            if hasattr(kind, "plot") and kind.__module__.startswith("gbaspatial."):
                found.add(kind)
    return found


@pytest.fixture(scope="module")
def results():
    """One result of every kind that draws itself."""
    made = [
        calls.made(name) for name in calls.CALLS if name.split(".")[0] in calls.ROOMS and name in calls_with_plots()
    ]
    made += [make() for make in calls.VERBS]
    made += [
        gba.models.over_weights("income ~ price", calls.DATA, {"rook": calls.W}),
        gba.models.posterior(calls.fit()),
        calls.fit().detectable_effect(draws=99, rng=1),
        calls.W,
    ]
    panel = partial(gba.models.panel_lag, "income ~ price", calls.LONG_DATA, calls.W)
    split = calls.LONG_DATA.assign(kind=calls.KIND.reindex(calls.LONG_DATA.index.get_level_values(0)).to_numpy())
    raw = gba.weights.contiguity(calls.UNITS)
    made += [
        panel(effects="unit").detectable_effect(),
        panel(effects="random", method="gmm"),
        gba.models.panel_lag("income ~ price", split, calls.W, effects="unit", regimes="kind"),
        gba.models.panel_error("income ~ price", calls.LONG_DATA, raw, effects="twoway"),
        gba.models.panel_ols("income ~ price", calls.LONG_DATA, effects="unit", dynamic="y", method="gmm"),
    ]
    return {type(result): result for result in made if hasattr(result, "plot") and not hasattr(result, "columns")}


def calls_with_plots():
    rooms = (
        "autocorrelation.",
        "causal.event_study",
        "disparity.",
        "inference.power",
        "geography.check_coverage",
        "models.impact_of_links",
        "spillover.",
    )
    return [name for name in calls.CALLS if name.startswith(rooms)]


def drawn(result, **options):
    units = inspect.signature(result.plot).parameters.get("units")
    needs_units = units is not None and (units.default is units.empty or hasattr(result, "cluster"))
    return result.plot(calls.UNITS, **options) if needs_units else result.plot(**options)


def test_every_kind_that_draws_itself_is_tried(results):
    tried = {kind.__name__ for got in results for kind in got.__mro__}  # by name: a class with slots is made twice
    assert {kind.__name__ for kind in kinds_with_a_plot()} - tried == set()


def test_pyplot_knows_of_no_picture_and_none_changes_what_it_holds(results):
    plt.close("all")
    mine = plt.figure()
    for result in results.values():
        shown = np.ravel(np.asarray(drawn(result), dtype=object))
        assert all(isinstance(ax, Axes) for ax in shown), type(result)
        assert plt.get_fignums() == [mine.number], type(result)
    for name in PICTURES:
        args, options = calls.CALLS[name]()
        assert isinstance(calls.function(name)(*args, **options), Axes), name
        assert plt.get_fignums() == [mine.number], name
    plt.close("all")
    for result in results.values():  # nor with nothing open, where some would open one
        drawn(result)
    assert plt.get_fignums() == []


def test_the_axes_that_are_given_are_drawn_in_and_given_back(results):
    plt.close("all")
    for result in results.values():
        count = np.size(np.asarray(drawn(result), dtype=object))
        polar = type(result).__name__ == "RoseResult"
        axes = Figure().subplots(1, count, squeeze=False, subplot_kw={"projection": "polar"} if polar else {})[0]
        given = axes if count > 1 else axes[0]
        before = [len(ax.get_children()) for ax in axes]
        assert np.ravel(np.asarray(drawn(result, ax=given), dtype=object)).tolist() == axes.tolist()
        assert all(len(ax.get_children()) > n for ax, n in zip(axes, before, strict=True)), type(result)
    for name in PICTURES:
        args, options = calls.CALLS[name]()
        polar = {"projection": "polar"} if name == "figures.rose" else {}
        ax = Figure().add_subplot(**polar)
        assert calls.function(name)(*args, **options, ax=ax) is ax, name
    assert plt.get_fignums() == []


@pytest.mark.parametrize(("place", "node"), PLOTS, ids=[place for place, _ in PLOTS])
def test_a_plot_only_checks_and_calls(place, node):
    """Beside imports, checks that raise and a title, a `plot` is one call; what it calls stands in figures."""
    body = node.body[1:] if ast.get_docstring(node) else node.body
    assert not any(isinstance(part, (ast.For, ast.While, ast.With)) for part in ast.walk(node))
    rest = [part for part in body if not isinstance(part, (ast.Import, ast.ImportFrom))]
    checks = [part for part in rest if isinstance(part, ast.If)]
    assert all(isinstance(check.body[0], (ast.Raise, ast.Return)) and len(check.body) == 1 for check in checks)
    assert isinstance(rest[-1], ast.Return)
    assert sum(len(textwrap.wrap(ast.unparse(part), 400)) for part in rest) <= 6
    assert "ax" in {arg.arg for arg in [*node.args.args, *node.args.kwonlyargs]}


def test_only_figures_and_no_pyplot():
    for path, tree in SOURCES.items():
        for node in ast.walk(tree):
            names = [a.name for a in node.names] if isinstance(node, ast.Import) else []
            names = [node.module or ""] if isinstance(node, ast.ImportFrom) else names
            names += [f"{node.module}.{a.name}" for a in node.names] if isinstance(node, ast.ImportFrom) else []
            assert "matplotlib.pyplot" not in names, path


def test_a_notebook_shows_the_axes_that_a_cell_gives():
    for name in ("figures.forest", "figures.rose", "figures.map_of"):
        assert calls.made(name)._repr_png_()[1:4] == b"PNG"


def test_what_gave_a_figure_still_saves_and_says_what_to_write(tmp_path):
    with pytest.warns(DeprecationWarning, match="gba.figures.save"):
        calls.made("figures.map_of").savefig(tmp_path / "a.png", dpi=30)
    assert (tmp_path / "a.png").read_bytes()[1:4] == b"PNG"


@pytest.mark.parametrize("ax", ["axes", Figure(), 3])
def test_what_is_no_axes_is_refused(ax):
    with pytest.raises(OptionError, match="ax"):
        gba.figures.forest(calls.made("models.lag").impacts(method="delta"), ax=ax)


def test_panels_are_as_many_as_there_is_to_draw():
    assert len(panels_of(None, 5, columns=2)) == 5
    with pytest.raises(OptionError, match="5 panels and ax 2"):
        panels_of(list(Figure().subplots(1, 2)), 5)


@pytest.mark.parametrize(
    "text", ["", "a", "one two  three four", "粤港澳大湾区九市二区", "x" * 50, "log(gdp_pc_cny): 直接效应"]
)
@pytest.mark.parametrize("columns", [4, 9, 40])
def test_folding_loses_no_letter_and_keeps_within_the_columns(text, columns):
    lines = folded(text, columns).split("\n")
    assert "".join(lines).replace(" ", "") == text.replace(" ", "")
    assert all(display_width(line) <= columns for line in lines)


def test_axes_without_a_layout_make_room_for_their_labels():
    figure = Figure(figsize=(4, 3))
    ax = figure.subplots()
    ax.set_yticks([0, 1], ["a name that is as long as this one", "b"])
    keep_inside(ax)
    figure.canvas.draw()
    box = ax.get_tightbbox()
    assert box.x0 >= -1
    assert box.x1 <= figure.bbox.width + 1


def test_the_older_savefig_of_maps_writes_beside_and_then_in_place(tmp_path):
    ax = gba.figures.map_of(calls.UNITS, "income", k=3, names="none")
    (tmp_path / "map.png").write_bytes(b"old")
    with pytest.warns(DeprecationWarning, match="figures.save"):
        ax.savefig(tmp_path / "map", dpi=30)
    assert (tmp_path / "map.png").read_bytes()[1:4] == b"PNG"
    assert [path.name for path in tmp_path.iterdir()] == ["map.png"]
    buffer = io.BytesIO()
    with pytest.warns(DeprecationWarning, match="figures.save"):
        ax.savefig(buffer, format="svg", dpi=30)
    assert b"<svg" in buffer.getvalue()
