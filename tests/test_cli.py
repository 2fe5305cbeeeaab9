"""The commands on a stranger's files: they print the numbers of the API, and say in one sentence what is wrong."""

import io
import json
import re
import subprocess
import sys

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from click.testing import CliRunner
from shapely.geometry import box

import gbaspatial as gba
from gbaspatial.cli import main


def run(*words, code=0):
    """Output and errors of a command that must end with `code`, without a traceback."""
    result = CliRunner().invoke(main, [str(word) for word in words])
    assert result.exit_code == code, result.output
    assert "Traceback" not in result.output
    return result


@pytest.fixture
def layer(tmp_path):
    """A five by five checkerboard of a stranger, with codes that begin with a zero."""
    rows = [(i, j) for i in range(5) for j in range(5)]
    frame = gpd.GeoDataFrame(
        {
            "code": [f"0{i}{j}" for i, j in rows],
            "x": [float(i + j) + 0.1 * (i * j % 3) for i, j in rows],
            "text": "many",
        },
        geometry=[box(1000 * i, 1000 * j, 1000 * i + 1000, 1000 * j + 1000) for i, j in rows],
        crs="EPSG:32650",
    )
    path = tmp_path / "my.gpkg"
    frame.to_file(path)
    return path


def test_moran_of_a_strangers_file_is_that_of_the_api(layer):
    shown = run("moran", layer, "--id", "code", "--column", "x", "--weights", "queen", "--format", "csv").output
    units = gba.read_units(layer, id="code")
    w = gba.weights.contiguity(units).row_standardized()
    result = gba.autocorrelation.moran(units["x"], w, rng=1)
    assert repr(result.statistic)[:10] in shown


@pytest.mark.parametrize("weights", ["queen", "rook", "nearest:4", "band:2", "inverse:1", "inverse"])
def test_every_kind_of_weights(layer, weights):
    assert "Moran" in run("moran", layer, "--id", "code", "--column", "x", "--weights", weights).output


def test_local_by_year_and_map(layer, tmp_path):
    shown = run("moran", layer, "--id", "code", "--column", "x", "--local", "--map", tmp_path / "m.html").output
    assert "HH" in shown
    assert (tmp_path / "m.html").stat().st_size > 50_000
    years = run("moran", "cities", "--column", "patents_per_10k", "--by", "year").output
    assert "2023" in years


def test_fit_of_a_panel_is_that_of_the_api():
    formula = "log(gdp_pc_cny) ~ log(employment)"
    words = ["fit", formula, "--panel", "year", "--effects", "twoway", "--links", 2019, "--unbalanced", "common"]
    shown = run(*words, "--inference", "asymptotic", "--diagnostics").output
    panel = gba.load_panel(variables=["gdp_pc_cny", "employment"]).dropna()
    w = gba.weights.contiguity(gba.load_cities(year=2019), links=2019).row_standardized()
    fit = gba.models.panel_lag(formula, panel, w, effects="twoway", unbalanced="common")
    assert f"{fit.rho:.4f}" in shown
    assert f"{fit.diagnostics(w).frame.loc['lr_rho', 'statistic']:.4f}" in shown
    assert "residual histories" not in shown
    by_side = run(*words[:4], "--effects", "unit + side:year", "--unbalanced", "common", "--model", "ols").output
    assert "side by time effects" in by_side


def test_fit_of_a_panel_of_prefectures_is_that_of_the_api():
    formula = "log(gdp_cny) ~ log(population)"
    words = ["fit", formula, "prefectures", "--panel", "year", "--years", "2018-2021", "--weights", "nearest:5"]
    shown = run(*words, "--effects", "twoway", "--unbalanced", "common").output
    panel = gba.load_prefecture_panel(variables=["gdp_cny", "population"], years=range(2018, 2022))
    panel = panel[["gdp_cny", "population"]].dropna()
    units = gba.load_prefectures(area="china")
    units = units[units.index.isin(panel.index.unique(0))]
    w = gba.weights.nearest(units, k=5).row_standardized()
    fit = gba.models.panel_lag(formula, panel, w, effects="twoway", unbalanced="common")
    assert f"{fit.rho:.4f}" in shown
    assert f"{fit.n_units} units in 4 periods (2018 to 2021)" in shown


def test_years_take_a_part_of_the_cities_too_and_impacts_share_the_seed_of_the_table():
    formula = "log(gdp_pc_cny) ~ log(employment)"
    words = ["fit", formula, "--panel", "year", "--years", "2010-2019", "--effects", "twoway", "--unbalanced", "common"]
    shown = run(*words, "--impacts").output
    assert "(2010 to 2019)" in shown
    assert "seed 1" not in shown
    assert "seed 7" in run(*words, "--impacts", "--seed", "7").output


def test_fit_of_a_strangers_panel(layer, tmp_path):
    units = gba.read_units(layer, id="code")
    rng = np.random.default_rng(1)
    rows = pd.DataFrame(
        [(code, year, *rng.standard_normal(2)) for code in units.index for year in (2001, 2002, 2003)],
        columns=["code", "year", "y", "z"],
    )
    rows.to_csv(tmp_path / "t.csv", index=False)
    own = ["--id", "code", "--table", tmp_path / "t.csv"]
    shown = run("fit", "y ~ z", layer, *own, "--panel", "year", "--model", "slx", "--inference", "asymptotic").output
    panel = rows.set_index(["code", "year"])
    fit = gba.models.panel_slx("y ~ z", panel, gba.weights.contiguity(units).row_standardized())
    assert f"{fit.params['W(z)']:.4f}" in shown
    rows.loc[0, "z"] = np.nan
    rows.to_csv(tmp_path / "t.csv", index=False)
    gap = run("fit", "y ~ z", layer, *own, "--panel", "year", "--model", "ols", "--unbalanced", "keep")
    assert "1 of 75 rows lack a value" in gap.output
    gone = rows.drop(index=[0, 40])
    gone.sample(frac=1, random_state=1).to_csv(tmp_path / "t.csv", index=False)
    code, year = rows.loc[40, ["code", "year"]]
    panel = gone.set_index(["code", "year"])
    refused = run("fit", "y ~ z", layer, *own, "--panel", "year", "--model", "ols", code=2)
    assert f"{code} ({year})" in refused.output
    assert "--unbalanced common" in refused.output
    assert "--unbalanced keep" in refused.output
    for how in ("common", "keep"):
        shown = run("fit", "y ~ z", layer, *own, "--panel", "year", "--model", "ols", "--unbalanced", how).output
        assert f"{gba.models.panel_ols('y ~ z', panel, unbalanced=how).params['z']:.4f}" in shown


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["--effects", "unit"], "--panel"),
        (["--panel", "year", "--year", 2019], "leave --year out"),
        (["--panel", "decade"], "write --panel year"),
        (["districts", "--panel", "year"], "needs years"),
        (["--years", "2010-2021"], "--panel"),
        (["--panel", "year", "--years", "2021-2010"], "no span of years"),
        (["--panel", "year", "--years", "1990-1995"], "the data have"),
        (["prefectures", "--panel", "decade"], "write --panel year"),
        (["prefectures", "--panel", "year"], "none of"),
    ],
)
def test_what_a_panel_cannot_be_is_a_sentence(words, told):
    assert told in run("fit", "log(gdp_pc_cny) ~ log(employment)", *words, code=2).output


def test_fit_with_impacts_and_diagnostics(layer):
    units = gba.read_units(layer, id="code")
    shown = run("fit", "log(gdp_pc_cny) ~ C(tier)", "--year", 2019, "--impacts", "--diagnostics").output
    cities = gba.load_cities(year=2019)
    fit = gba.models.lag("log(gdp_pc_cny) ~ C(tier)", cities, gba.weights.contiguity(cities).row_standardized())
    assert f"{fit.rho:.4f}" in shown
    assert "indirect" in shown.lower()
    assert len(units) == 25
    assert "r_squared" in run("fit", "gdp_pc_cny ~ C(tier)", "--model", "ols").output


def test_map_export_and_table(layer, tmp_path):
    pd.DataFrame({"code": [f"0{i}{j}" for i in range(5) for j in range(5)], "more": np.arange(25)}).to_csv(
        tmp_path / "more.csv", index=False
    )
    run(
        "map", layer, "--id", "code", "--column", "more", "--table", tmp_path / "more.csv", "--out", tmp_path / "a.html"
    )
    assert (tmp_path / "a.html").exists()
    for ending in ("gpkg", "geojson", "csv"):
        run("export", layer, "--id", "code", "--column", "x", "--clusters", "--out", tmp_path / f"out.{ending}")
        assert (tmp_path / f"out.{ending}").stat().st_size
    back = gpd.read_file(tmp_path / "out.gpkg")
    assert back["code"].tolist()[0] == "000"
    assert "cluster" in back.columns


def test_formats_and_files(tmp_path):
    assert run("data", "catalog").output.startswith("catalog")
    assert "\\begin{tabular}" in run("data", "links", "--format", "latex").output
    assert run("data", "gdp_pc_cny", "--year", 2019, "--format", "csv").output.startswith("city,year,gdp_pc_cny")
    assert "2000" in run("data", "gdp_pc_cny").output
    run("data", "caveats", "--format", "markdown", "--out", tmp_path / "deep" / "caveats.md")
    assert "employment" in (tmp_path / "deep" / "caveats.md").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["moran", "absent.gpkg", "--id", "code", "--column", "x"], "absent.gpkg"),
        (["moran", "LAYER", "--column", "x"], "--id"),
        (["moran", "LAYER", "--id", "cod", "--column", "x"], "Did you mean code"),
        (["moran", "LAYER", "--id", "text", "--column", "x"], "many"),
        (["moran", "LAYER", "--id", "code", "--column", "y"], "no column 'y'"),
        (["moran", "LAYER", "--id", "code", "--column", "text"], "not a number for 000 ('many')"),
        (["moran", "LAYER", "--id", "code", "--column", "x", "--weights", "quen"], "queen, rook"),
        (["moran", "LAYER", "--id", "code", "--column", "x", "--weights", "nearest:many"], "number after the colon"),
        (["moran", "LAYER", "--id", "code", "--column", "x", "--weights", "nearest:30"], "30"),
        (["moran", "LAYER", "--id", "code", "--column", "x", "--inference", "bayes"], "--inference bayes"),
        (["moran", "LAYER", "--id", "code", "--column", "x", "--by", "year"], "--table-time"),
        (["data", "gdp_pc_cn"], "Did you mean gdp_pc_cny"),
        (["data", "gdp_pc_cny", "--year", 1950], "1950"),
        (["fit", "y ~", "--year", 2019], "formula"),
        (["fit", "log(gdp_pc_cny) ~ C(teir)"], "Did you mean tier"),
        (["fit", "patents_granted ~ C(tier)"], "missing for Hong Kong, Macao"),
        (["report", "--year", 1990], "1990"),
        (["export", "cities", "--clusters", "--out", "x.gpkg"], "--column"),
        (["export", "cities", "--out", "x.doc"], "doc"),
    ],
)
def test_bad_input_is_one_sentence_and_code_2(words, told, layer, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    result = run(*[layer if word == "LAYER" else word for word in words], code=2)
    assert told in result.output
    assert result.output.startswith("error: ")
    assert result.output.count("\n") == 1


@pytest.fixture
def shops(tmp_path):
    """A stranger's table of points, with decimal commas and names in Chinese."""
    path = tmp_path / "shops.csv"
    rows = [
        f'"s{i}","店{i}","{113 + i / 10:.2f}|{22 + (i % 3) / 10:.2f}","{i * i}"'.replace(".", ",") for i in range(9)
    ]
    path.write_text("\n".join(["id,name,x,y,sales", *(row.replace("|", '","') for row in rows)]), encoding="utf-8")
    return path


def test_points_of_a_table_are_tested_and_drawn(tmp_path):
    path = tmp_path / "shops.csv"
    rows = [(f"0{i}", 113 + i / 10, 22 + i % 3 / 10, i * i) for i in range(9)]
    frame = pd.DataFrame(rows, columns=["id", "x", "y", "sales"])
    frame.to_csv(path, index=False)
    where = [path, "--id", "id", "--lon", "x", "--lat", "y"]
    shown = run("moran", *where, "--column", "sales", "--weights", "nearest:2", "--format", "csv").output
    points = gba.data.points_from(gba.read_panel(path, unit="id"), lon="x", lat="y")
    want = gba.autocorrelation.moran(points["sales"], gba.weights.nearest(points, k=2).row_standardized(), rng=1)
    assert repr(want.statistic)[:10] in shown
    run("map", *where, "--column", "sales", "--out", tmp_path / "m.html")
    run("weights", *where, "--weights", "nearest:2", "--out", tmp_path / "w.csv")
    assert set(gba.weights.read(tmp_path / "w.csv").neighbors("00")) == {"01", "02"}


def test_a_table_of_points_says_how_it_is_written(shops):
    words = ["moran", shops, "--id", "id", "--lon", "x", "--lat", "y", "--decimal", ",", "--column", "sales"]
    assert "Moran" in run(*words, "--weights", "nearest:2").output


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["--lon", "x"], "points need both --lon and --lat"),
        (["--lon", "x", "--lat", "z"], "z"),
        (["--lon", "y", "--lat", "x"], "are x and y swapped"),
        (["--lon", "x", "--lat", "name"], "name is no number for"),
        (["--lon", "x", "--lat", "x"], "name two columns"),
        (["--lon", "x", "--lat", "y", "--layer", "a"], "--layer is for a layer"),
        ([], "a table without shapes"),
    ],
)
def test_points_that_cannot_be_are_a_sentence(shops, words, told):
    decimal = ["--decimal", ","] if words else []
    assert told in run("moran", shops, "--id", "id", "--column", "sales", *words, *decimal, code=2).output


def test_the_ending_of_the_file_decides_its_form(tmp_path):
    begins = {".csv": b"city_a,", ".json": b"{", ".xlsx": b"PK", ".docx": b"PK", ".tex": b"\\begin", ".md": b"**",
              ".html": b"<table", ".txt": b"links"}  # fmt: skip
    for ending, start in begins.items():
        run("data", "links", "--out", tmp_path / f"links{ending}")
        assert (tmp_path / f"links{ending}").read_bytes().lstrip(b",").startswith(start), ending
    told = run("data", "links", "--format", "csv", "--out", tmp_path / "a.xlsx", code=2).output
    assert "end it in .csv, or leave" in told
    assert "does not say its form" in run("data", "links", "--out", tmp_path / "a.dat", code=2).output
    assert "is a file; name it" in run("data", "links", "--format", "xlsx", code=2).output
    assert not (tmp_path / "a.xlsx").exists()


def test_json_holds_full_numbers_and_null():
    shown = json.loads(run("fit", "log(gdp_pc_cny) ~ C(tier)", "--model", "ols", "--format", "json").output)
    fit = gba.models.ols("log(gdp_pc_cny) ~ C(tier)", gba.load_cities(variables=["gdp_pc_cny"]))
    got = {row["term"]: row["estimate"] for row in shown["tables"][0]["rows"]}
    assert got == fit.params.to_dict()


def test_compare_is_that_of_the_api():
    formula = "log(gdp_pc_cny) ~ C(tier)"
    shown = run("compare", formula, "--models", "ols,lag", "--below", "p_value", "--format", "csv").output
    cities = gba.load_cities(variables=["gdp_pc_cny"])
    w = gba.weights.contiguity(cities).row_standardized()
    fits = {"ols": gba.models.ols(formula, cities), "lag": gba.models.lag(formula, cities, w)}
    want = gba.tables.compare(fits, below="p_value").to_frame()
    got = pd.read_csv(io.StringIO(shown), index_col=[0, 1, 2])
    np.testing.assert_allclose(got.to_numpy(float), want.to_numpy(float), rtol=1e-12)
    both = run("compare", formula, "--also", "log(gdp_pc_cny) ~ log(gdp_cny)", "--models", "ols").output
    assert "ols 1" in both
    assert "ols 2" in both
    panel = ["log(gdp_pc_cny) ~ log(employment)", "--panel", "year", "--effects", "twoway", "--unbalanced", "common"]
    assert "less effects" in run("compare", *panel, "--models", "ols,lag").output
    assert "Did you mean lag" in run("compare", formula, "--models", "lagg", code=2).output
    assert "add --impacts" in run("compare", formula, "--seed", 3, code=2).output
    assert "add --impacts" in run("fit", formula, "--seed", 3, code=2).output
    assert "add --clusters" in run("map", "cities", "--column", "gdp_pc_cny", "--seed", 3, code=2).output
    assert "names none" in run("compare", formula, "--models", ",", code=2).output


def test_weights_are_told_and_written_for_others(layer, tmp_path):
    shown = run("weights", layer, "--id", "code", "--style", "none", "--out", tmp_path / "w.gal").output
    assert "Units by number of neighbors" in shown
    units = gba.read_units(layer, id="code")
    again = gba.weights.read(tmp_path / "w.gal")
    assert (again.to_frame() == gba.weights.contiguity(units).to_frame()).all(axis=None)


def test_a_map_of_every_year(layer, panel, tmp_path):
    words = ["map", layer, "--id", "code", "--table", panel, "--table-time", "年份", "--without", "999",
             "--column", "income", "--by", "year"]  # fmt: skip
    run(*words, "--out", tmp_path / "m.html")
    page = (tmp_path / "m.html").read_text(encoding="utf-8")
    assert "2019" in page
    assert "2020" in page
    assert "leave --clusters out" in run(*words, "--clusters", code=2).output
    assert "leave --year out" in run(*words, "--year", 2019, code=2).output
    assert "--by year needs years" in run("map", "districts", "--column", "tier", "--by", "year", code=2).output


def test_help_has_an_example_for_every_command():
    for name in main.commands:
        assert "Example" in run(name, "--help").output
    shown = subprocess.run(
        [sys.executable, "-m", "gbaspatial.cli", "--help"], capture_output=True, text=True, check=True
    )
    assert "gbaspatial report" in shown.stdout


def test_a_second_opinion_is_printed_below():
    told = run("moran", "cities", "--column", "gdp_pc_cny", "--second-opinion", "pysal").output
    assert "Second opinion: Moran's I" in told
    told = run("fit", "log(gdp_pc_cny) ~ log(employment)", "cities", "--second-opinion", "pysal").output
    assert "ML_Lag" in told


def test_impacts_and_diagnostics_have_second_opinions_below():
    asked = ("fit", "log(gdp_pc_cny) ~ log(employment)", "cities", "--diagnostics", "--second-opinion", "pysal")
    assert "Second opinion: specification tests of ols by ols" in run(*asked, "--model", "ols").output
    told = run(*asked, "--impacts", "--model", "lag").output
    assert "Second opinion: impacts of lag by ml" in told
    assert "Second opinion: specification tests of lag by ml" in told


def test_impacts_without_a_peer_are_told_and_the_rest_is_printed():
    told = run("fit", "log(gdp_pc_cny) ~ log(employment)", "cities", "--model", "durbin", "--impacts",
               "--second-opinion", "pysal")  # fmt: skip
    assert "Second opinion: durbin by ml" in told.output
    assert "no counterpart of impacts of durbin" in told.stderr


def test_a_second_opinion_of_a_panel_and_of_every_model_compared():
    told = run("fit", "log(gdp_pc_cny) ~ log(employment)", "--panel", "year", "--model", "ols",
               "--effects", "unit", "--second-opinion", "pysal").output  # fmt: skip
    assert "Second opinion: panel_ols" in told
    told = run(
        "compare", "log(gdp_pc_cny) ~ log(employment)", "--models", "ols,lag", "--second-opinion", "pysal"
    ).output
    assert "ML_Lag(" in told
    assert "OLS(" in told


def test_impacts_compared_have_second_opinions_that_name_their_model():
    told = run("compare", "log(gdp_pc_cny) ~ log(employment)", "--models", "ols,error,lag,durbin", "--impacts",
               "--second-opinion", "pysal")  # fmt: skip
    assert "Second opinion: impacts of lag by ml, lag" in told.output
    assert told.output.count("Second opinion:") == 5  # four models, and the impacts of one
    assert told.stderr.count("no counterpart of impacts of") == 3


def test_every_year_has_a_second_opinion():
    told = run("moran", "cities", "--column", "gdp_pc_cny", "--by", "year", "--second-opinion", "pysal").output
    years = re.findall(r"^Second opinion: Moran's I, (\d{4})$", told, re.MULTILINE)
    assert years == list(map(str, range(2000, 2000 + len(years))))
    assert len(years) > 20
    assert told.count("all agree") == len(years)


@pytest.fixture
def panel(tmp_path):
    """Two years of the checkerboard's codes, in another order than the layer, and one unit that it does not have."""
    codes = [f"0{i}{j}" for j in range(5) for i in range(5)]
    rows = [(code, f"{year}年", (int(code) * 7) % (5 + year % 7)) for year in (2019, 2020) for code in [*codes, "999"]]
    pd.DataFrame(rows, columns=["code", "年份", "income"]).to_csv(tmp_path / "panel.csv", index=False)
    return tmp_path / "panel.csv"


def test_every_year_of_a_table_is_that_of_the_api_with_raw_and_adjusted_p(layer, panel):
    shown = run("moran", layer, "--id", "code", "--table", panel, "--table-time", "年份", "--without", "999",
                "--column", "income", "--by", "year", "--inference", "normal", "--format", "csv").output  # fmt: skip
    printed = pd.read_csv(io.StringIO(shown), index_col=0)
    assert printed.index.tolist() == [2019, 2020]
    assert {"p_value", "p_adjusted"} <= set(printed.columns)
    units, table = gba.read_units(layer, id="code"), gba.read_panel(panel, unit="code", time="年份")
    w = gba.weights.contiguity(units).row_standardized()
    for year in (2019, 2020):
        values = table.xs(year, level=1)["income"].drop("999")
        assert printed.loc[year, "statistic"] == pytest.approx(gba.autocorrelation.moran(values, w).statistic)


def test_without_works_before_the_join_on_either_side(layer, panel, tmp_path):
    table = pd.read_csv(panel, dtype=str)
    table[table["年份"].eq("2019年") & table["code"].ne("000")].to_csv(tmp_path / "short.csv", index=False)
    line = ["moran", layer, "--id", "code", "--table", tmp_path / "short.csv", "--column", "income"]
    assert "999" in run(*line, code=2).output
    assert "Moran" in run(*line, "--without", "999", "--without", "000").output
    assert "is no unit" in run(*line, "--without", "99", code=2).output


def test_several_units_left_out_in_one_word_are_told_apart(layer):
    words = ["moran", layer, "--id", "code", "--column", "x", "--without"]
    assert "write --without once for each" in run(*words, "000,001", code=2).output
    assert "is no unit of" in run(*words, "000,nothing", code=2).output


def test_a_table_of_the_cities_in_chinese_or_by_code_finds_its_column(tmp_path):
    cities = gba.data.city_table()
    for key, ids in (("code", cities["adcode"]), ("市", cities["name_zh"]), ("short", cities["name_zh"].str[:2])):
        pd.DataFrame({key: ids.to_numpy(), "x": range(11)}).to_csv(tmp_path / "t.csv", index=False)
        shown = run("moran", "cities", "--table", tmp_path / "t.csv", "--table-id", key, "--column", "x").output
        assert "Moran" in shown


def test_how_a_table_is_written_is_told_on_the_command_line(layer, tmp_path):
    codes = [f"0{i}{j}" for i in range(5) for j in range(5)]
    rows = "\n".join(f'{code},"{1 + n * 137 % 29},{n:03d}"' for n, code in enumerate(codes, start=1))
    (tmp_path / "t.csv").write_text(f"a title\ncode,income\n{rows}\n")
    line = ["moran", layer, "--id", "code", "--table", tmp_path / "t.csv", "--column", "income"]
    assert "say --header 2" in run(*line, code=2).output
    assert "Moran" in run(*line, "--header", 2, "--thousands", ",").output


@pytest.mark.parametrize(
    "formula",
    [
        "x ~ z + I(z + np.f2py.os.system('touch {}'))",
        "x ~ z + I(z + C.__globals__['__builtins__']['__import__']('os').system('touch {}'))",
        "x ~ z + {{z.to_csv('{}') or z}}",
        "x ~ z + I(np.save('{}', z) or z)",
        "x ~ I(z * (9**9**9 % 7))",
        "x ~ poly(z, 100000)",
        "x ~ (z + x)**300",
        "x ~ " + "(" * 5000 + "z" + ")" * 5000,
    ],
)
def test_a_formula_runs_no_program_from_the_command_line_either(layer, tmp_path, formula):
    units = gpd.read_file(layer)
    units.assign(z=np.arange(25.0) ** 1.5).to_file(layer)
    before = sorted(tmp_path.iterdir())
    told = run("fit", formula.format(tmp_path / "made"), layer, "--id", "code", "--model", "ols", code=2).output
    assert told.startswith("error: ")
    assert sorted(tmp_path.iterdir()) == before


def test_a_seed_that_nothing_would_use_is_refused(layer):
    line = ["moran", layer, "--id", "code", "--column", "x", "--inference", "normal"]
    assert "Moran" in run(*line).output
    told = run(*line, "--seed", 2, code=2).output
    assert told == "error: --seed would not be used here: --inference normal draws nothing.\n"
