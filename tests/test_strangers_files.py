"""What a regional scientist brings: Chinese names, GB18030, codes with zeros, and every mistake of such files.

Each mistake is one sentence that says what, where and what to do, with code 2 and without a traceback.
"""

import geopandas as gpd
import pandas as pd
import pytest
import shapely
from click.testing import CliRunner

import gbaspatial as gba
from gbaspatial.cli import main
from gbaspatial.errors import FileFormatError, MissingFileError, OptionError

CODES = [f"0{i}{j}" for i in range(4) for j in range(4)]
INCOMES = [30_000 + 997 * i * i % 7919 for i in range(16)]


def squares(crs="EPSG:4547"):
    shapes = [shapely.box(5e5 + 1e4 * i, 25e5 + 1e4 * j, 5e5 + 1e4 * (i + 1), 25e5 + 1e4 * (j + 1))
              for i in range(4) for j in range(4)]  # fmt: skip
    return gpd.GeoDataFrame({"代码": CODES, "名称": [f"第{c}县" for c in CODES]}, geometry=shapes, crs=crs)


def table():
    return pd.DataFrame({"代码": CODES, "收入": INCOMES, "教育": [9 + 0.3 * (i * 5 % 11) for i in range(16)]})


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Her folder: a layer in many states of repair and a table in many of disrepair."""
    here = tmp_path_factory.mktemp("mine")
    layer, sheet = squares(), table()
    layer.to_file(here / "县.shp", encoding="gb18030")
    (here / "县.cpg").unlink()
    layer.to_file(here / "noprj.shp", encoding="utf-8")
    (here / "noprj.prj").unlink()
    layer.to_crs("EPSG:4490").to_file(here / "degrees.gpkg")
    for lost in ("shx", "dbf"):
        layer.to_file(here / f"no{lost}.shp", encoding="utf-8")
        (here / f"no{lost}.{lost}").unlink()
    shapes = layer.geometry.tolist()
    x, y = 5e5, 25e5
    shapes[3] = shapely.Polygon([(x, y), (x + 9e3, y + 9e3), (x + 9e3, y), (x, y + 9e3)])
    layer.set_geometry(shapes, crs=layer.crs).to_file(here / "bowtie.gpkg")
    shapes[3], shapes[5] = None, shapely.Polygon()
    layer.set_geometry(shapes, crs=layer.crs).to_file(here / "gone.gpkg")
    layer.iloc[:0].to_file(here / "none.gpkg")
    csv = {"index": False, "encoding": "gb18030"}
    sheet.to_csv(here / "ok.csv", **csv)
    sheet.to_excel(here / "ok.xlsx", sheet_name="数据", index=False)
    sheet.set_axis(["code", "income", "school"], axis=1).to_stata(here / "ok.dta", write_index=False)
    mess = sheet.astype(object)
    mess.loc[2, "收入"] = "不详"
    mess.to_csv(here / "text.csv", **csv)
    sheet.assign(收入=sheet["收入"].where(sheet.index != 4)).to_csv(here / "blank.csv", **csv)
    pd.concat([sheet, sheet.iloc[[6]]]).to_csv(here / "twice.csv", **csv)
    sheet.drop(index=8).to_csv(here / "short.csv", **csv)
    sheet.assign(代码=sheet["代码"].astype(int)).to_csv(here / "numbers.csv", **csv)
    pd.concat([sheet.assign(年份=year, 收入=sheet["收入"] + year) for year in (2019, 2020)]).to_csv(
        here / "panel.csv", **csv
    )
    (here / "empty.csv").write_text("")
    (here / "header.csv").write_text("代码,收入\n", encoding="utf-8")
    (here / "notes.geojson").write_text("{}")
    return here


@pytest.fixture
def run(folder, monkeypatch):
    monkeypatch.chdir(folder)

    def command(line, code=0):
        result = CliRunner().invoke(main, line.split())
        assert result.exit_code == code, (result.output, result.exception)
        return result.output

    return command


LAYER = "县.shp --id 代码 --column 收入"


@pytest.mark.parametrize(
    "line",
    [
        "moran 县.shp --id 代码 --column 收入 --table ok.csv",
        "moran 县.shp --id 代码 --column 收入 --table ok.xlsx --sheet 数据 --weights nearest:4 --local",
        "moran 县.shp --id 代码 --column income --table ok.dta --table-id code --weights inverse:1",
        "moran noprj.shp --crs EPSG:4547 --id 代码 --column 收入 --table ok.csv --weights band:15",
        "moran degrees.gpkg --id 代码 --column 收入 --table ok.csv --weights rook",
        "moran bowtie.gpkg --repair make_valid --id 代码 --column 收入 --table ok.csv --weights nearest:3",
        "moran 县.shp --id 代码 --column 收入 --table text.csv --missing 不详 --without 002",
        "moran 县.shp --id 代码 --column 收入 --table blank.csv --without 010",
        "moran 县.shp --id 代码 --column 收入 --table panel.csv --table-time 年份 --year 2020",
        "fit 收入~教育+W(教育) 县.shp --id 代码 --table ok.csv --model lag --impacts --diagnostics",
        "map 县.shp --id 代码 --column 收入 --table ok.csv --label 名称 --clusters --out map.html",
        "export 县.shp --id 代码 --column 收入 --table ok.csv --out out.gpkg",
        "export 县.shp --id 代码 --column 收入 --table ok.csv --clusters --out out.shp",
    ],
)
def test_her_files_work(run, line):
    assert run(line)


def test_every_way_to_her_numbers_is_the_same(run, folder):
    units = gba.data.join(gba.read_units(folder / "县.shp", id="代码"), gba.read_panel(folder / "ok.csv", unit="代码"))
    assert units.index.tolist() == CODES
    assert units["收入"].tolist() == INCOMES
    assert units.loc["010", "名称"] == "第010县"
    moran = gba.autocorrelation.moran(units["收入"], gba.weights.contiguity(units).row_standardized(), rng=1)
    for line in (f"moran {LAYER} --table ok.csv", "moran degrees.gpkg --id 代码 --column 收入 --table ok.xlsx"):
        shown = run(f"{line} --format csv").splitlines()
        assert float(shown[1].split(",")[1]) == pytest.approx(moran.statistic, rel=1e-12)
        assert float(shown[1].split(",")[5]) == moran.p_value


@pytest.mark.parametrize(
    ("line", "told"),
    [
        (f"{LAYER} --table text.csv", ["'收入' of text.csv", "'不详' in row 4", "--missing"]),
        (f"{LAYER} --table blank.csv", ["'收入' is missing for 010", "--without"]),
        (f"{LAYER} --table twice.csv", ["more than one row for 012"]),
        (f"{LAYER} --table short.csv", ["without a row in the table: 020"]),
        (f"{LAYER} --table numbers.csv", ["have lost their leading zeros"]),
        (f"{LAYER} --table panel.csv", ["more than one row for 000", "--table-time"]),
        (f"{LAYER} --table panel.csv --table-time 年份", ["needs --year"]),
        (f"{LAYER} --table panel.csv --table-time 年份 --year 2031", ["no year 2031", "2019, 2020"]),
        (f"{LAYER} --table ok.csv --year 2019", ["--table-time"]),
        (f"{LAYER} --table-time 年份", ["--table"]),
        (f"{LAYER} --table ok.xlsx --sheet other", ["no sheet 'other'", "数据"]),
        (f"{LAYER} --table ok.dta", ["no column '代码'", "code"]),
        (f"{LAYER} --table empty.csv", ["empty.csv is empty"]),
        (f"{LAYER} --table header.csv", ["no rows"]),
        (f"{LAYER} --table ok.csv --encoding utf-16", ["'utf-16'"]),
        (f"{LAYER} --table ok.csv --encoding klingon", ["--encoding klingon is not known"]),
        (f"{LAYER} --table ok.csv --without 09", ["--without '09' is no unit"]),
        (f"{LAYER} --table ok.csv --weights nearest:2.5", ["whole number"]),
        (f"{LAYER} --table ok.csv --weights queen:2", ["'queen:2'"]),
        (f"{LAYER} --table ok.csv --weights nearest:2 --links 2019", ["--links"]),
        (f"{LAYER} --table ok.csv --map map.png", ["does not end in .html"]),
        ("县.shp --id 代码 --column geometry", ["holds the shapes"]),
        ("noprj.shp --id 代码 --column x", ["does not say its CRS", "--crs EPSG:4547"]),
        ("noprj.shp --id 代码 --column x --crs EPSG:4326", ["not degrees"]),
        ("bowtie.gpkg --id 代码 --column x", ["invalid geometry for 003", "--repair make_valid"]),
        ("gone.gpkg --id 代码 --column x", ["no geometry for 003, 011"]),
        ("none.gpkg --id 代码 --column x", ["holds no units"]),
        ("noshx.shp --id 代码 --column x", ["noshx.shx is not beside noshx.shp", "copy them all"]),
        ("nodbf.shp --id 代码 --column x", ["nodbf.dbf is not beside nodbf.shp"]),
        ("ok.csv --id 代码 --column 收入", ["is a table", "--table"]),
        ("notes.geojson --id 代码 --column x", ["no layer that can be read"]),
        ("citis --column x", ["Did you mean cities"]),
        ("cities --id x --column gdp_cny", ["--id is for a file of your own"]),
        ("prefectures --year 2019 --column area_km2", ["have no years"]),
        ("cities --column gdp_cny --by year --local", ["leave --local and --map out"]),
        ("cities --column gdp_cny --by year --year 2019", ["leave --year out"]),
    ],
)
def test_every_mistake_is_one_sentence(run, line, told):
    shown = run(f"moran {line}", code=2)
    assert shown.startswith("error: ")
    assert shown.count("\n") == 1
    for words in told:
        assert words in shown
    assert "=" not in shown.replace("W(", "")  # cures are told as options, not as arguments of Python


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("map 县.shp --id 代码 --column 收入 --table ok.csv --out map.pdf", ".html"),
        ("map 县.shp --id 代码 --column 收入 --table ok.csv --weights rook --out map.html", "add --clusters"),
        ("map 县.shp --id 代码 --column 收入 --table ok.csv --out ok.csv/map.html", "is a file, not a folder"),
        ("export 县.shp --id 代码 --column nothing --out a.gpkg", "no column 'nothing'"),
        ("export 县.shp --id 代码 --out ok.csv/a.gpkg", "is a file, not a folder"),
        ("data sources --year 2019", "has no years"),
        ("data nothing", "gbaspatial data variables"),
    ],
)
def test_nothing_is_ignored_or_told_as_a_traceback(run, line, told):
    shown = run(line, code=2)
    assert told in shown
    assert shown.count("\n") == 1


def test_the_report_fails_before_its_work_where_it_cannot_write(run, folder, monkeypatch):
    monkeypatch.setattr("gbaspatial.report.chapters.CHAPTERS", [lambda _: pytest.fail("worked before it looked")])
    (folder / "locked").mkdir(exist_ok=True)
    (folder / "locked" / "tables").write_text("")
    assert "locked/tables" in run("report --out locked", code=2)


def test_an_unsettled_place_is_told_by_its_own_name(folder):
    name = "a" * 300 + ".gpkg"  # longer than a file system takes
    with pytest.raises(OSError, match="aaa") as caught:
        gba.export.write(folder / name, squares().set_index("代码"))
    assert caught.value.filename == str(folder / name)


def test_units_left_out_by_the_year_are_told(run):
    shown = run("moran cities --column patents_per_10k --by year --inference normal")
    assert "note: patents_per_10k has no values for Hong Kong, Macao, left out." in shown


def test_a_geopackage_without_crs_is_not_taken_at_its_word(tmp_path):
    """GDAL calls it "Undefined Cartesian SRS" in meters, and the coordinates may be degrees."""
    squares(crs=None).to_file(tmp_path / "bare.gpkg")
    with pytest.raises(gba.errors.CRSError, match="does not say its CRS"):
        gba.read_units(tmp_path / "bare.gpkg", id="代码")
    assert gba.read_units(tmp_path / "bare.gpkg", id="代码", crs="EPSG:4547").crs.to_epsg() == 4547


def test_clusters_of_several_columns_have_their_own_names(run, folder):
    run("map 县.shp --id 代码 --column 收入 --column 教育 --table ok.csv --clusters --out two.html")
    page = (folder / "two.html").read_text(encoding="utf-8")
    assert "LISA clusters: 收入" in page
    assert "LISA clusters: 教育" in page


def test_large_amounts_are_printed_in_full(run):
    assert "2,506,874,920,000" in run("data gdp_cny --year 2020")


def test_wide_tables_fold_texts_and_never_numbers():
    frame = pd.DataFrame({"note": ["many words that can be folded into lines " * 3], "x": [1234567.25]}, index=["a"])
    wide = gba.results.Table(frame, formats={"x": ",.2f"})
    narrow = wide.to_text(40)
    assert max(map(len, narrow.splitlines())) <= 40
    assert "1,234,567.25" in narrow
    assert max(map(len, wide.to_text().splitlines())) > 60


def test_the_same_mistakes_in_python(folder):
    with pytest.raises(OptionError, match="encoding='klingon'"):
        gba.read_units(folder / "县.shp", id="代码", encoding="klingon")
    with pytest.raises(MissingFileError, match="copy them all"):
        gba.read_units(folder / "noshx.shp", id="代码")
    with pytest.raises(FileFormatError, match="gba.read_panel"):
        gba.read_units(folder / "ok.xlsx", id="代码")
    units = gba.read_units(folder / "县.shp", id="代码")
    with pytest.raises(gba.errors.DataError, match="holds the shapes"):
        gba.alignment.as_numbers(units["geometry"])
    with pytest.raises(gba.errors.DataError, match=r"\.\.\.\)"):
        gba.alignment.as_numbers(pd.Series(["long " * 20], index=["a"], name="x"))


def test_a_shapefile_of_ours_gets_its_full_names_back(folder, run):
    shown = run("export 县.shp --id 代码 --column 收入 --table ok.csv --out 结果.shp")
    assert "结果_fields.csv" in shown
    back = gba.read_units(folder / "结果.shp", id="代码")
    assert back.loc["012", "收入"] == INCOMES[6]
    assert back.loc["012", "名称"] == "第012县"
    (folder / "结果_fields.csv").write_text("field,column\nanother,file\n")
    assert "field_1" in gpd.read_file(folder / "结果.shp").columns
    with pytest.raises(gba.errors.UnknownNameError, match="代码"):
        gba.read_units(folder / "结果.shp", id="代码")


def test_other_mistakes_in_python(folder, tmp_path):
    units = gba.read_units(folder / "县.shp", id="代码")
    numbers = gba.read_panel(folder / "ok.csv", unit="代码")
    data = gba.data.join(units, numbers)
    w = gba.weights.contiguity(data).row_standardized()
    fit = gba.models.ols("收入 ~ 教育", data)
    mistakes = [
        (lambda: gba.data.join(numbers, units), gba.errors.LabelTypeError, "the units are a DataFrame"),
        (lambda: gba.read_units(None, id="代码"), OptionError, "path=None must be the path of a file"),
        (lambda: gba.read_panel(folder / "ok.csv", unit=["代码"]), OptionError, "must be text"),
        (lambda: gba.tables.compare({"OLS": fit, "lag": "lag"}), OptionError, r"lag \(str\)"),
        (lambda: gba.export.geopackage(tmp_path / "a.gpkg", data), gba.errors.DataError, "by name"),
        (lambda: gba.maps.atlas(data, []).save(tmp_path / "a.png"), FileFormatError, "does not end in .html"),
        (lambda: gba.models.lag("收入 ~ W(收入)", data, w), gba.errors.FormulaError, "spatial lag of the outcome"),
        (lambda: gba.disparity.gini(pd.Series([1.0, None])), gba.errors.MissingDataError, "^a value is missing for 1"),
    ]
    for mistake, error, told in mistakes:
        with pytest.raises(error, match=told):
            mistake()
