"""The report on somebody's own region: its sentences follow the data, and what is left out is said."""

import json
import re
import xml.etree.ElementTree as ET

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from click.testing import CliRunner
from matplotlib.text import Text
from shapely.geometry import box

import gbaspatial as gba
from gbaspatial.cli import main
from gbaspatial.errors import DataError, MissingDataError, UnknownNameError
from gbaspatial.report import region_panel
from gbaspatial.report.chinese import note_in_chinese
from gbaspatial.report.region import Region, sections_of

SIDE = 10_000


@pytest.fixture(scope="module")
def squares():
    """Nine squares in three rows: the outcome rises from row to row."""
    shapes = [box(x * SIDE, y * SIDE, (x + 1) * SIDE, (y + 1) * SIDE) for y in range(3) for x in range(3)]
    rows = {
        "code": [f"u{i}" for i in range(9)],
        "income": [1.0, 2, 1.5, 4, 5, 4.5, 8, 9, 8.5],
        "people": [5.0, 3, 4, 2, 6, 3, 4, 5, 2],
        "schools": [1.0, 3, 2, 3, 5, 6, 7, 6, 9],
        "tier": ["low"] * 3 + ["middle"] * 3 + ["high"] * 3,
    }
    layer = gpd.GeoDataFrame(rows, geometry=shapes, crs="EPSG:32649").set_index("code")
    return layer.set_geometry(layer.translate(500_000, 2_500_000))


def test_the_chinese_page_has_chinese_pictures_and_notes(squares):
    sections = sections_of(Region(squares, "income"))
    section = next(s for s in sections if s.key == "autocorrelation")
    drawn = section.figures_in("zh")["lisa"].get_figure(root=True).findobj(Text)
    words = " ".join(text.get_text() for text in drawn)
    assert "聚类：income" in words
    assert not re.search("Clusters|High|Not significant|Boundaries", words)
    assert all(set(s.figures_zh) == set(s.figures) for s in sections)
    note = "p-value: two-sided, exact: all sets of neighbors, up to 75,582."
    assert note_in_chinese(note) == "p 值：双侧精确，遍历所有邻居组合（最多 75,582 种）。"


def said(sections, language):
    return " ".join(words.of(language) for s in sections for words in (*s.text, *s.findings))


def test_all_chapters_where_the_data_allow_them(squares):
    sections = sections_of(Region(squares, "income", "tier", "people", ("schools",), panel=years_of(squares)))
    keys = ["units", "weights", "autocorrelation", "disparity", "model", "panel", "limits"]
    assert [s.key for s in sections] == keys
    moran = gba.autocorrelation.moran(squares["income"], gba.weights.contiguity(squares).row_standardized())
    theil = gba.disparity.theil(squares["income"] * squares["people"], squares["people"], groups=squares["tier"])
    for language in ("en", "zh"):
        text = said(sections, language)
        assert f"{moran.statistic:.3f}" in text
        assert f"{theil.total:.3f}" in text
        assert f"{theil.between_share:.0%}" in text
    assert "Nothing was left out." in said(sections, "en")
    assert re.search("没有略去", said(sections, "zh"))


@pytest.mark.parametrize(
    ("options", "left", "left_zh"),
    [
        ({}, "no groups were named", "未指定分组列"),
        ({}, "no regressors were named", "未指定解释变量"),
        ({"groups": "one"}, "one has one group only", "one 只有一组"),
        ({"outcome": "debt", "groups": "tier"}, "debt is not positive for u0", "debt 在 u0 不为正"),
        ({"regressors": tuple("abcdef")}, "9 units are too few for 6 regressors", "不足以容纳 6 个解释变量"),
    ],
)
def test_what_is_left_out_is_said_with_its_reason(squares, options, left, left_zh):
    units = squares.assign(one="x", debt=squares["income"] - 1)
    units = units.assign(**{name: units["income"] + i for i, name in enumerate("abcdef")})
    sections = sections_of(Region(units, **{"outcome": "income", **options}))
    assert left in said(sections, "en")
    assert left_zh in said(sections, "zh")
    assert not {"disparity", "model"} & {s.key for s in sections}


def test_units_without_a_border_get_the_nearest(squares):
    apart = squares.set_geometry(squares.scale(0.5, 0.5))
    sections = sections_of(Region(apart, "income"))
    assert "share no border" in said(sections, "en")
    assert "没有共同边界" in said(sections, "zh")


def test_changed_data_change_the_sentences(squares):
    names = ("units", "autocorrelation", "disparity")
    before, after = (
        {s.key: s for s in sections_of(Region(units, "income", "tier"))}
        for units in (squares, squares.assign(income=squares["income"].to_numpy()[::-1] ** 2))
    )
    for name in names:
        for old, new in zip(before[name].findings, after[name].findings, strict=True):
            assert old.en != new.en
            assert old.zh != new.zh


def test_bad_input_is_one_sentence(squares):
    with pytest.raises(UnknownNameError, match="incom"):
        Region(squares, "incom")
    with pytest.raises(UnknownNameError, match="teir"):
        Region(squares, "income", "teir")
    with pytest.raises(MissingDataError, match="income is missing for u0"):
        Region(squares.assign(income=squares["income"].where(squares.index != "u0")), "income")
    with pytest.raises(DataError, match="at least 4 units; there are 3"):
        Region(squares.iloc[:3], "income")
    with pytest.raises(DataError, match="the same in all 9 units"):
        Region(squares.assign(income=1.0), "income")


def test_the_command_writes_both_pages_from_a_layer_and_a_panel(squares, tmp_path):
    layer, panel, out = tmp_path / "my.gpkg", tmp_path / "my.csv", tmp_path / "out"
    squares[["geometry"]].reset_index().to_file(layer)
    years = [squares.drop(columns="geometry").assign(year=year, income=squares["income"] * year) for year in (1, 2)]
    pd.concat(years).to_csv(panel)
    base = ["report", "--units", str(layer), "--id", "code", "--panel", str(panel), "--time", "year", "--out", str(out)]
    done = CliRunner().invoke(main, [*base, "--year", "2", "--outcome", "income", "--groups", "tier"])
    assert done.exit_code == 0, done.output
    for name, words in {"report.html": "from 2 (u0) to 18 (u7)", "report.zh.html": "由 2（u0）到 18（u7）"}.items():
        page = (out / name).read_text(encoding="utf-8")
        assert words in page
        assert "<iframe" in page
    assert (out / "maps" / "atlas.html").stat().st_size > 10_000
    layers = gpd.list_layers(out / "region.gpkg")["name"].tolist()
    assert {"units", "clusters", "links"} <= set(layers)
    styles = gpd.read_file(out / "region.gpkg", layer="layer_styles").set_index("f_table_name")
    assert styles.index.tolist() == ["units", "clusters", "links"]
    assert styles["useAsDefault"].all()
    for name, column in {"units": "income", "clusters": "cluster", "links": "weight"}.items():
        assert column in styles["styleQML"][name]
    assert ET.parse(out / "region.qpt").getroot().get("name") == "income in 9 units 9 个单元的 income"
    assert {"region.gpkg", "region.qpt"} <= set(json.loads((out / "run.json").read_text(encoding="utf-8"))["made"])
    assert gpd.read_file(out / "region.gpkg", layer="units").set_index("code")["income"]["u7"] == 18
    for wrong, told in {
        ("--year", "2"): "--outcome",
        ("--year", "2", "--outcome", "income", "--only", "cities"): "--only",
    }.items():
        failed = CliRunner().invoke(main, [*base, *wrong])
        assert failed.exit_code != 0
        assert told in failed.output
    failed = CliRunner().invoke(main, ["report", "--outcome", "income"])
    assert "--outcome is for a region of your own" in failed.output


def test_the_only_column_of_names_identifies_the_units(tmp_path):
    from gbaspatial.cli.own_region import only_id_of

    units = gpd.GeoDataFrame(
        {"name": ["甲县", "乙县"], "kind": ["一", "一"]}, geometry=[box(0, 0, 1, 1), box(1, 0, 2, 1)], crs=4326
    )
    units.to_file(tmp_path / "one.gpkg")
    units.assign(code=["a", "b"]).to_file(tmp_path / "two.gpkg")
    assert only_id_of(tmp_path / "one.gpkg") == "name"
    assert only_id_of(tmp_path / "two.gpkg") is None
    assert only_id_of(tmp_path / "none.gpkg") is None
    (tmp_path / "text.gpkg").write_text("no layer")
    assert only_id_of(tmp_path / "text.gpkg") is None


def years_of(squares, years=range(2001, 2007), seed=2):
    """Rows by unit and year: the outcome of each year is noise around that of the unit."""
    rng = np.random.default_rng(seed)
    index = pd.MultiIndex.from_product([squares.index, years], names=["code", "year"])
    level = squares["income"].reindex(index.get_level_values(0)).to_numpy()
    return pd.DataFrame(
        {"income": level * np.exp(0.2 * rng.normal(size=len(index))), "schools": rng.normal(size=len(index))}, index
    )


@pytest.mark.parametrize(("estimate", "told"), [(0.84, 2), (0.5, 0), (0.2, 2)])
def test_an_estimate_outside_its_interval_is_told_below_the_table(squares, monkeypatch, estimate, told):
    """A maximum of a likelihood and an interval of moved histories can part: no bare row of the two."""
    given = region_panel.spatial_of
    changed = {"estimate": estimate, "lower": 0.36, "upper": 0.76}
    monkeypatch.setattr(region_panel, "spatial_of", lambda fit: given(fit)._replace(**changed))
    section = next(s for s in sections_of(Region(squares, "income", panel=years_of(squares))) if s.key == "panel")
    assert " ".join(section.tables["panel"].notes).count("outside its interval") == told
    assert " ".join(section.tables_zh["panel"].notes).count("区间之外") == told


def test_years_give_a_chapter_with_the_numbers_of_the_api(squares):
    panel = years_of(squares)
    panel.loc[("u3", 2004), "income"] = np.nan
    panel = panel.drop(index=("u5", 2002))
    region = Region(squares, "income", regressors=("schools",), panel=panel)
    section = next(s for s in sections_of(region) if s.key == "panel")
    whole = panel[~panel.index.get_level_values("year").isin([2002, 2004])]
    w = gba.weights.contiguity(squares).row_standardized()
    moran = gba.autocorrelation.moran_by(whole["income"], w, rng=1)
    assert section.tables["panel_moran"].frame.index.tolist() == [2001, 2003, 2005, 2006]
    np.testing.assert_allclose(section.tables["panel_moran"].frame["p_joint"], moran.table["p_joint"])
    fit = gba.models.panel_lag("income ~ schools", whole, w, effects="twoway")
    assert section.tables["panel"].frame.loc["units and years", "rho"] == pytest.approx(fit.rho)
    for language in ("en", "zh"):
        text = said([section], language)
        assert "2002, 2004" in text
        assert f"{fit.rho:.2f}" in text
        assert f"{moran.table['statistic'].min():.3f}" in text
    shuffled = Region(squares, "income", regressors=("schools",), panel=years_of(squares, seed=5))
    other = next(s for s in sections_of(shuffled) if s.key == "panel")
    for old, new in zip(section.findings, other.findings, strict=True):
        assert old.en != new.en
        assert old.zh != new.zh


@pytest.mark.parametrize(
    ("change", "told", "told_zh"),
    [
        (lambda panel: None, "no panel was given", "未给出面板"),
        (lambda panel: panel[["schools"]], "the panel has no column income", "面板没有 income"),
        (lambda panel: panel.xs(2001, level="year", drop_level=False), "in one year only", "年份只有 1 个"),
        (lambda panel: panel.drop(index="u3"), "in no year only", "年份只有 0 个"),
        (lambda panel: panel[panel.index.get_level_values("year") < 2003], "2 whole years are too few", "只有 2 个"),
        (lambda panel: panel.assign(schools=1.0), "No panel model: ", "没有面板模型"),
    ],
)
def test_years_that_are_not_enough_are_told(squares, change, told, told_zh):
    sections = sections_of(Region(squares, "income", regressors=("schools",), panel=change(years_of(squares))))
    assert told in said(sections, "en")
    assert told_zh in said(sections, "zh")


def test_points_have_the_nearest_for_neighbors(squares):
    points = squares.set_geometry(squares.centroid)
    sections = sections_of(Region(points, "income", panel=years_of(squares)))
    assert "The units are points" in said(sections, "en")
    assert "单元为点" in said(sections, "zh")
    assert "panel" in [s.key for s in sections]


def test_many_units_show_the_ends_of_their_tables():
    names = [f"u{i}" for i in range(36 * 36)]
    shapes = [box(x, y, x + 1, y + 1) for y in range(36) for x in range(36)]
    layer = gpd.GeoDataFrame({"income": range(1, len(names) + 1)}, index=names, geometry=shapes, crs="EPSG:32649")
    sections = sections_of(Region(layer, "income"))
    assert "weak links are significant too" in said(sections, "en")
    units = sections[0]
    assert units.aside == ("units",)
    assert len(units.tables["units"].frame) == len(names)
    assert units.tables["units_ends"].frame["income"].tolist() == [*range(1296, 1286, -1), *range(10, 0, -1)]


def test_the_newest_whole_year_is_taken_and_names_without_rank_are_known(squares, tmp_path):
    layer, table, out = tmp_path / "my.gpkg", tmp_path / "my.csv", tmp_path / "out"
    names = {f"u{i}": f"{first}山" for i, first in enumerate("甲乙丙丁戊己庚辛壬")}
    squares.rename(index=lambda code: f"{names[code]}县")[["geometry"]].rename_axis("name").reset_index().to_file(layer)
    panel = years_of(squares)
    panel.loc[("u0", 2006), "income"] = np.nan
    panel.rename(index=names, level=0).rename_axis(["name", "year"]).to_csv(table)
    options = [
        "--units",
        layer,
        "--panel",
        table,
        "--time",
        "year",
        "--outcome",
        "income",
        "--lang",
        "zh",
        "--out",
        out,
    ]
    done = CliRunner().invoke(main, ["report", *map(str, options)])
    assert done.exit_code == 0, done.output
    page = (out / "report.zh.html").read_text(encoding="utf-8")
    assert "9 个单元的 income，2005 年" in page
    assert "历年变化" in page
    assert "略去的年份：2006" in page
