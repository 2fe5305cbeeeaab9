"""Every command that prints tables gives each form, on the screen and as a file, whose ending decides."""

import io
import json
import re
import zipfile
from pathlib import Path

import click
import openpyxl
import pandas as pd
import pytest
from click.testing import CliRunner

import gbaspatial as gba
from gbaspatial.cli import main
from gbaspatial.cli.group import in_options
from gbaspatial.cli.output import ENDINGS, FORMS

FILES = {"report", "map", "export"}  # they write pages, layers and folders
PROGRAMS = {"worker"}  # JSON in, JSON out
CITIES = ["--column", "gdp_pc_cny"]
CALLS = {
    "data": ["data", "links"],
    "moran": ["moran", "cities", *CITIES, "--year", "2019"],
    "fit": ["fit", "log(gdp_pc_cny) ~ C(tier)", "--year", "2019", "--model", "slx", "--inference", "asymptotic"],
    "compare": ["compare", "log(gdp_pc_cny) ~ C(tier)", "--year", "2019", "--models", "ols,slx", "--below", "p_value"],
    "weights": ["weights", "cities", "--links", "2019"],
    "doctor": ["doctor"],
}
TABLES = {"weights": "--tables"}  # the option that names the file of the tables, where --out is something else
SCREEN = [form for form in FORMS if form not in ("xlsx", "docx")]


def run(*words):
    result = CliRunner().invoke(main, [str(word) for word in words])
    assert "Traceback" not in result.output
    return result


def options_of(name):
    return {word for param in main.commands[name].params for word in (*param.opts, *param.secondary_opts)}


def test_no_command_is_forgotten():
    assert set(main.commands) == set(CALLS) | FILES | PROGRAMS


@pytest.mark.parametrize("name", CALLS)
def test_every_command_with_tables_has_every_form(name):
    (form,) = [param for param in main.commands[name].params if "--format" in param.opts]
    assert isinstance(form.type, click.Choice)
    assert set(form.type.choices) == set(FORMS) >= {"table", "csv", "json", "latex", "html", "xlsx"}
    assert TABLES.get(name, "--out") in options_of(name)


def looks_like(form, text):
    if form == "json":
        return bool(json.loads(text)["tables"])
    if form == "csv":
        return len(pd.read_csv(io.StringIO(text.split("\n\n")[0])).columns) > 0
    return {"table": "---", "latex": "\\begin{tabular}", "markdown": "| ---", "html": "<table"}[form] in text


@pytest.mark.parametrize("form", SCREEN)
@pytest.mark.parametrize("name", [name for name in CALLS if name != "doctor"])
def test_every_form_on_the_screen(name, form):
    shown = run(*CALLS[name], "--format", form)
    assert shown.exit_code == 0, shown.output
    assert looks_like(form, shown.stdout)


@pytest.mark.parametrize("ending", ENDINGS)
@pytest.mark.parametrize("name", [name for name in CALLS if name != "doctor"])
def test_every_ending_holds_what_it_says(name, ending, tmp_path):
    path = tmp_path / f"out{ending}"
    done = run(*CALLS[name], TABLES.get(name, "--out"), path)
    assert done.exit_code == 0, done.output
    form = ENDINGS[ending]
    if form == "xlsx":
        assert openpyxl.load_workbook(path).sheetnames
    elif form == "docx":
        assert "word/document.xml" in zipfile.ZipFile(path).namelist()
    else:
        assert looks_like(form, path.read_text(encoding="utf-8-sig"))


@pytest.mark.parametrize("name", CALLS)
def test_a_form_that_the_ending_denies_is_refused(name, tmp_path):
    option = TABLES.get(name, "--out")
    for words in (["--format", "csv", option, tmp_path / "a.xlsx"], [option, tmp_path / "a"], ["--format", "xlsx"]):
        denied = run(*CALLS[name], *words)
        assert denied.exit_code == 2
        assert denied.output.startswith("error: ")
    assert not list(Path(tmp_path).iterdir())


def test_w_is_written_under_the_labels_of_a_column(tmp_path):
    done = run("weights", "cities", "--ids", "adcode", "--out", tmp_path / "w.gwt", "--format", "json")
    assert json.loads(done.stdout)["tables"]
    assert set(gba.weights.read(tmp_path / "w.gwt").ids) <= set(gba.load_cities()["adcode"])
    assert "--out" in run("weights", "cities", "--ids", "adcode").output


@pytest.mark.parametrize("words", [
    ["moran", "--column", "v", "--out"],
    ["weights", "--tables"],
    ["weights", "--out"],
    ["export", "--out"],
    ["fit", "v ~ x", "--model", "ols", "--inference", "asymptotic", "--out"],
])  # fmt: skip
@pytest.mark.parametrize("source", ["DATA", "--table", "--weights"])
def test_no_command_writes_over_what_it_reads(words, source, tmp_path):
    points = tmp_path / "points.csv"
    points.write_text("id,x,y,v\n" + "".join(f"{i},{113 + i * i / 90},{22 + i / 9},{i % 3}\n" for i in range(8)))
    table, w = tmp_path / "table.csv", tmp_path / "w.csv"
    table.write_text("id,z\n" + "".join(f"{i},{i % 2}\n" for i in range(8)))
    given = [points, "--id", "id", "--lon", "x", "--lat", "y"]
    assert run("weights", *given, "--weights", "nearest:2", "--out", w).exit_code == 0
    read = {"DATA": points, "--table": table, "--weights": w}[source]
    before = read.read_bytes()
    *options, out = words
    over = tmp_path / "." / read.name
    result = run(*options, *given, "--table", table, "--weights", w, out, over)
    assert result.exit_code == 2
    assert f"{out} {read.name} is {source} itself" in result.output
    assert read.read_bytes() == before


@pytest.mark.parametrize("name", ["", " ", ".", "..", "sub", "sub/", "new/", "layer.gpkg"])
@pytest.mark.parametrize("words", [
    ["moran", "cities", *CITIES, "--out"],
    ["moran", "cities", *CITIES, "--map"],
    ["map", "cities", *CITIES, "--out"],
    ["export", "cities", "--out"],
    ["weights", "cities", "--out"],
    ["weights", "cities", "--tables"],
    ["doctor", "--out"],
])  # fmt: skip
def test_no_name_and_a_folder_are_no_file(words, name, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("sub").mkdir()
    Path("layer.gpkg").mkdir()
    refused = run(*words, name)
    assert refused.exit_code == 2
    assert refused.output.startswith(f"error: {words[-1]} ")
    assert refused.output.count("\n") == 1
    assert ("is a folder" if name.strip() else "is empty") in refused.output
    assert not [file for file in Path().rglob("*") if file.is_file()]


@pytest.mark.parametrize("words", [["report", "--out", ""], ["report", "--units", ""], ["moran", "", *CITIES],
                                   ["moran", "cities", *CITIES, "--table", ""]])  # fmt: skip
def test_an_empty_place_is_refused_by_its_option(words):
    refused = run(*words)
    assert refused.exit_code == 2
    assert "is empty; name a f" in refused.output
    assert refused.output.count("\n") == 1


def test_the_ending_of_w_is_refused_before_anything_is_said(tmp_path):
    refused = run("weights", "cities", "--out", tmp_path / "w.txtt")
    assert refused.exit_code == 2
    assert refused.output.startswith("error: ")


# Words of Python in a sentence for the command line: an argument, a function, a value. A setting in quotes is data.
PYTHON = re.compile(r"(?<![-\w'\"(])[a-z_]+=(?!=)|\bgba\.|\bw\.\w+|\b(None|True|False)\b|Traceback|\w\(\)|<= k")
POINTS = ["points.csv", "--id", "id", "--lon", "x", "--lat", "y", "--weights", "nearest:3"]
PANEL = ["--table", "years.csv", "--panel", "year", "--model", "ols"]
PROBED = {
    "moran": ["moran", *POINTS, "--column", "v", "--inference", "normal"],
    "moran of a table": ["moran", *POINTS, "--column", "u", "--inference", "normal", "--table", "years.csv",
                         "--table-time", "year", "--year", "2019"],
    "fit of a panel": ["fit", "u ~ g", *POINTS, *PANEL, "--effects", "unit"],
    "compare": ["compare", "v ~ z", *POINTS, "--models", "ols", "--inference", "asymptotic"],
    "polygons": ["moran", "cities", "--column", "gdp_pc_cny", "--inference", "normal"],
}  # fmt: skip
WRONG = {"--weights": ["nearest:99", "nearest:0", "nearest:x", "band:-1", "band:1", "inverse:-2", "rook", "v"]}
ANYWHERE = ["nonsense", "-1", "id"]


def asked_wrongly(words):
    """The words of a command with one option after the other said wrongly."""
    for param in main.commands[words[0]].params:
        option = param.opts[0]
        if isinstance(param, click.Option) and not param.is_flag and not isinstance(param.type, click.Choice):
            for value in WRONG.get(option, ANYWHERE):
                asked = list(words)
                if option in asked:
                    asked[asked.index(option) + 1] = value
                else:
                    asked += [option, value]
                yield asked


@pytest.mark.parametrize("name", PROBED)
def test_errors_speak_the_words_of_the_command_line(name, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    rows = [f"{i},{113 + i * i / 90},{22 + i / 9},{i % 3 + i / 7},{i * i % 5}" for i in range(12)]
    Path("points.csv").write_text("\n".join(["id,x,y,v,z", *rows]))
    years = [f"{i},{year},{i + i * year % 7},{(3 * i + year) % 5}" for i in range(12) for year in (2019, 2020, 2021)]
    Path("years.csv").write_text("\n".join(["id,year,u,g", *years]))
    assert run(*PROBED[name]).exit_code == 0
    told = {" ".join(words): run(*words).stderr for words in asked_wrongly(PROBED[name])}
    assert len({text for text in told.values() if "error: " in text}) > 8
    assert {words: text for words, text in told.items() if PYTHON.search(text)} == {}


@pytest.mark.parametrize(("said", "told"), [
    ("unit='id' and time='id' are the same column; name two.", "--id 'id' and --table-time 'id' are"),
    ("k=99 neighbors cannot be had from 12 units; use 1 <= k <= 11.", "use nearest:1 to nearest:11."),
    ("threshold_km=-1.0 must be a positive number.", "--weights band:-1.0 must"),
    ("effects='both' is not known", "--effects both is"),
])  # fmt: skip
def test_sentences_of_the_library_in_options(said, told):
    assert told in in_options(said)
