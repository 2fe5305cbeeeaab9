"""Maps and forests for print: right colors on the right units, whatever the order of rows; Chinese or said once."""

import warnings

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from matplotlib.colors import to_hex
from matplotlib.figure import Figure
from shapely import box

import gbaspatial as gba
from gbaspatial.errors import (
    AlignmentError,
    CRSError,
    DataError,
    FileFormatError,
    GbaWarning,
    OptionError,
    UnknownNameError,
)
from gbaspatial.figures import fonts
from gbaspatial.figures.palette import CLUSTERS, NO_DATA
from gbaspatial.weights import from_pairs

CITIES = gba.load_cities(year=2019)
NAMES = list(CITIES.index)


def words_of(ax):
    return [text.get_text() for text in ax.texts]


def legend_of(ax):
    legend = ax.get_legend()
    colors = [to_hex(patch.get_facecolor()).upper() for patch in legend.get_patches()]
    return dict(zip([text.get_text() for text in legend.get_texts()], colors, strict=True))


def test_classes_have_the_colors_of_geoda_and_are_counted():
    classes = pd.Series(["HH", "LL", "LH", "HL", *["not significant"] * 7], index=NAMES)
    ax = gba.figures.map_of(CITIES, classes.sample(frac=1, random_state=2))
    shown = legend_of(ax)
    assert shown == {
        "High-High  (1)": "#FF0000", "Low-Low  (1)": "#0000FF", "Low-High  (1)": "#A7ADF9", "High-Low  (1)": "#F4ADA8",
        "Not significant  (7)": "#EEEEEE",
    }  # fmt: skip
    face = ax.collections[-1].get_facecolor()  # one polygon part after another, units in order
    parts = CITIES.geometry.count_geometries() if hasattr(CITIES.geometry, "count_geometries") else None
    assert to_hex(face[0]).upper() == CLUSTERS["HH"].color
    assert parts is None or len(face) in (len(CITIES), int(parts.sum()))


def test_no_data_is_grey_and_counted():
    ax = gba.figures.map_of(CITIES, "patents_granted", names="none")
    assert legend_of(ax)["No data  (2)"] == NO_DATA.color
    assert [w for w in words_of(ax) if "km" not in w] == ["N"]  # scale and north


def test_the_order_of_rows_changes_nothing():
    shuffled = CITIES.sample(frac=1, random_state=5)
    one, two = (gba.figures.map_of(units, "gdp_pc_cny") for units in (CITIES, shuffled))
    assert legend_of(one) == legend_of(two)
    assert sorted(words_of(one)) == sorted(words_of(two))


def test_any_projection_is_drawn_in_the_same_place():
    limits = [gba.figures.map_of(units, "tier").get_xlim() for units in (CITIES, CITIES.to_crs("EPSG:4547"))]
    assert limits[0] == pytest.approx(limits[1], abs=1e-6)


def test_the_scale_bar_is_as_long_as_it_says():
    from pyproj import Geod

    axes = gba.figures.map_of(CITIES, "tier")
    bar = axes.lines[0]
    x, y = bar.get_xdata(), bar.get_ydata()
    told = next(float(text.get_text().removesuffix(" km")) for text in axes.texts if text.get_text().endswith(" km"))
    assert Geod(ellps="WGS84").inv(x[0], y[0], x[1], y[1])[2] / 1000 == pytest.approx(told, rel=0.01)


def test_links_are_as_wide_as_the_weight_at_their_end():
    pairs = pd.DataFrame(
        [("Macao", "Zhuhai", 1.0), ("Zhuhai", "Macao", 0.25), ("Foshan", "Macao", 0.5)],
        columns=["focal", "neighbor", "weight"],
    )
    lines = gba.figures.weights_map(CITIES, from_pairs(pairs)).collections[-1]
    at = CITIES.representative_point().loc[["Macao", "Zhuhai", "Foshan"]]
    starts = {name: (p.x, p.y) for name, p in at.items()}
    widths = {}
    for segment, width in zip(lines.get_segments(), lines.get_linewidths(), strict=True):
        widths[min(starts, key=lambda n: np.hypot(*(segment[0] - starts[n])))] = width
    assert widths["Macao"] > widths["Foshan"] > widths["Zhuhai"]


def test_flows_draw_the_largest():
    rows = [(a, b, float(i)) for i, (a, b) in enumerate((a, b) for a in NAMES for b in NAMES if a != b)]
    flows = pd.DataFrame(rows, columns=["giver", "receiver", "value"])
    ax = gba.figures.flow_map(CITIES, flows, top=7)
    assert len(ax.patches) == 7
    assert ax.get_title("right") == "the largest 7 of 110"


def test_chinese_is_written_where_a_font_has_it():
    if fonts.chinese_font() is None:
        pytest.skip("no font with Chinese characters is installed (on Debian: apt install fonts-noto-cjk)")
    with warnings.catch_warnings():
        warnings.simplefilter("error")  # matplotlib warns of a glyph that is missing
        ax = gba.figures.map_of(CITIES, "tier", names="zh", label="层级")
        ax.figure.canvas.draw()
        gba.figures.map_of(CITIES.set_index("name_zh"), "tier").figure.canvas.draw()  # ids without a translation
    assert "广州市" in words_of(ax)


def test_without_such_a_font_names_are_english_and_it_is_said_once(monkeypatch):
    monkeypatch.setattr(fonts, "chinese_font", lambda: None)
    fonts._say_once.cache_clear()
    with pytest.warns(GbaWarning, match="lettered in English"):
        ax = gba.figures.map_of(CITIES, "tier", names="both")
    assert "Guangzhou" in words_of(ax)
    with warnings.catch_warnings():
        warnings.simplefilter("error", GbaWarning)
        gba.figures.map_of(CITIES, "tier", names="zh")


def test_names_do_not_lie_on_one_another():
    ax = gba.figures.map_of(CITIES, "tier")
    ax.figure.canvas.draw()
    boxes = [t.get_window_extent() for t in ax.texts if "km" not in t.get_text()]
    assert len(boxes) >= 10
    assert not any(a.overlaps(b) for i, a in enumerate(boxes) for b in boxes[i + 1 :])


def test_a_forest_fills_what_leaves_zero_out():
    index = pd.MultiIndex.from_product([["x", "y"], ["direct", "indirect", "total"]])
    frame = pd.DataFrame(
        {"estimate": 1.0, "lower": [0.5, -1, 0.2, -3, -1, 0], "upper": [2, 2, 2, 2, 2, 2]}, index=index
    )
    axes = gba.figures.forest(frame, label="Impacts")
    dots = [line for line in axes.lines if line.get_marker() == "o"]
    assert [dot.get_markerfacecolor() != "white" for dot in dots] == [True, False, True, False, False, False]
    assert [text.get_text() for text in axes.get_yticklabels()][:2] == ["x: direct", "x: indirect"]


def test_the_same_picture_gives_the_same_bytes(tmp_path):
    one, two = (gba.figures.save(gba.figures.map_of(CITIES, "tier"), tmp_path / name) for name in ("a", "b"))
    assert [p.name for p in one] == ["a.svg", "a.png"]
    assert [a.read_bytes() == b.read_bytes() for a, b in zip(one, two, strict=True)] == [True, True]
    assert gba.figures.save(Figure().add_subplot(), tmp_path / "c.svg")[0].read_text().startswith("<?xml")


@pytest.mark.parametrize(
    ("act", "error", "words"),
    [
        (lambda: gba.figures.map_of(CITIES, "gdp_per_cny"), UnknownNameError, "Did you mean gdp_pc_cny"),
        (lambda: gba.figures.map_of(CITIES, "tier", names="cn"), OptionError, "names"),
        (lambda: gba.figures.map_of(CITIES, pd.Series({"Peking": "HH"})), AlignmentError, "Peking"),
        (lambda: gba.figures.map_of(CITIES, pd.Series({"Macao": "XX"})), DataError, "XX is no class"),
        (lambda: gba.figures.map_of(CITIES.set_crs(None, allow_override=True), "tier"), CRSError, "set_crs"),
        (lambda: gba.figures.flow_map(CITIES, CITIES), UnknownNameError, "giver"),
        (lambda: gba.figures.forest(pd.DataFrame({"estimate": [1.0]})), UnknownNameError, "lower"),
        (lambda: gba.figures.save(Figure(), "x.bmp"), FileFormatError, "ends in none of"),
    ],
)
def test_what_cannot_be_drawn_is_said(act, error, words):
    with pytest.raises(error, match=words):
        act()


def test_names_that_look_like_formulas_or_code_are_written_as_they_stand():
    names = ["$x$", "$\\frac{$", "${alert(1)}$", "{% raw %}", "a_b^c", "\\"]
    shapes = [box(9 + i, 50, 10 + i, 51) for i in range(6)]
    units = gpd.GeoDataFrame({"kind": names}, index=names, geometry=shapes, crs=4326)
    ax = gba.figures.map_of(units, "kind", label="$x$ and $")
    ax.figure.canvas.draw()
    assert set(names) <= set(words_of(ax))
    assert {text.rsplit("  ", 1)[0] for text in legend_of(ax)} == set(names)
    forest = gba.figures.forest(pd.DataFrame({"estimate": 1.0, "lower": 0.0, "upper": 2.0}, index=names), label="$a$b$")
    forest.figure.canvas.draw()
    assert [text.get_text() for text in forest.get_yticklabels()] == names


def test_a_stranger_s_region_is_drawn_without_our_background():
    units = gpd.GeoDataFrame(
        {"x": [1.0, 2.0]}, index=["a", "b"], geometry=[box(9, 50, 10, 51), box(10, 50, 11, 51)], crs=4326
    )
    ax = gba.figures.map_of(units, "x")
    assert "Tianditu" not in ax.get_xlabel()
    assert len(legend_of(ax)) == 2


def test_outside_china_the_background_is_the_land_of_the_world():
    from shapely import box

    from gbaspatial.figures.surroundings import surroundings

    london = gpd.GeoDataFrame(index=["a"], geometry=[box(-0.5, 51.3, 0.3, 51.7)], crs=4326)
    found = surroundings(london)
    assert found.prefectures is None
    assert found.sources == ("Land: Natural Earth (public domain)",)
    assert found.land.union_all().covers(box(-0.5, 51.4, 0, 51.6))
    sea = gpd.GeoDataFrame(index=["a"], geometry=[box(-40, 45, -39, 46)], crs=4326)
    assert surroundings(sea) is None
