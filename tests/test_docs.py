"""What the README and docs/ promise: their Python runs as it stands there, and their links lead somewhere."""

import re
import sys
import types
from pathlib import Path

import geopandas as gpd
import pandas as pd
import pytest
import shapely
from click.testing import CliRunner

import gbaspatial as gba
from gbaspatial.cli import main

ROOT = Path(__file__).resolve().parents[1]
PAGES = sorted([
    *ROOT.glob("README*.md"), *(page for page in (ROOT / "docs").rglob("*.md") if page.parent.name != "tables"),
])  # fmt: skip
CHINESE = [page for page in PAGES if "zh" in (page.parent.name, *page.suffixes, *page.name.split("."))]
sys.path.insert(0, str(ROOT / "docs"))
import make_outputs  # noqa: E402

OUTPUTS = [page for page in make_outputs.pages() if page not in CHINESE]
NO_NAMES = {"gba.gpkg", "gba.qpt", "gba.html", "gba.queen"}  # three files, and what a page shows to be absent
LINK = re.compile(r"(?<!`)!?\[[^\]]*\]\(([^)\s]+)\)")


def blocks(page: Path, language: str) -> list[str]:
    fenced = re.findall(r"^```(\w*)\n(.*?)^```", page.read_text(encoding="utf-8"), re.DOTALL | re.MULTILINE)
    return [body for kind, body in fenced if kind == language]


# the Chinese pages hold the code of the English ones (test_chinese_pages.py); the site draws the gallery (test_site.py)
ELSEWHERE = [*OUTPUTS, *CHINESE, ROOT / "docs" / "gallery.md"]
PLAIN = [page for page in PAGES if blocks(page, "python") and page not in ELSEWHERE]


@pytest.fixture
def desk(tmp_path, monkeypatch):
    """A folder with the files of a user that the pages speak of."""
    rows = [(i, j) for i in range(6) for j in range(6)]
    codes = [f"0{i}{j}" for i, j in rows]
    layer = gpd.GeoDataFrame({"code": codes}, geometry=[shapely.box(i, j, i + 1, j + 1) for i, j in rows], crs=4326)
    table = pd.DataFrame({
        "code": codes,
        "income": [20.0 + i * j % 7 + i for i, j in rows],
        "schooling": [8.0 + (5 * i + j) % 9 for i, j in rows],
    })  # fmt: skip
    layer.to_file(tmp_path / "my.gpkg")
    layer.merge(table).to_file(tmp_path / "full.gpkg")
    table.to_csv(tmp_path / "my.csv", index=False, encoding="gb18030")
    table.assign(year=2019).to_excel(tmp_path / "my.xlsx", index=False)
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.filterwarnings("ignore::gbaspatial.errors.GbaWarning")
@pytest.mark.parametrize("page", PLAIN, ids=lambda page: page.name)
def test_the_python_of_a_page_runs_from_top_to_bottom(page, desk, capsys):
    import matplotlib as mpl

    mpl.use("Agg")
    names: dict[str, object] = {}
    for block in blocks(page, "python"):
        exec(compile(block, str(page), "exec"), names)
    if page.name == "README.md":
        assert "exact: all 39,916,800 orders" in capsys.readouterr().out
        assert (desk / "bay.html").stat().st_size > 50_000
        assert (desk / "bay.gpkg").exists()


@pytest.mark.parametrize("page", OUTPUTS, ids=lambda page: page.relative_to(ROOT / "docs").as_posix())
def test_what_a_page_prints_is_what_its_reader_gets(page):
    assert make_outputs.renewed(page) == page.read_text(encoding="utf-8"), f"python docs/make_outputs.py {page}"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_every_name_that_a_page_calls_is_there(page):
    missing = []
    for name in sorted(set(re.findall(r"\bgba((?:\.[a-z]\w*)+)", page.read_text(encoding="utf-8")))):
        thing = gba
        for part in name[1:].split("."):
            if not hasattr(thing, part):
                missing.append(f"gba{name}")
                break
            thing = getattr(thing, part)
            if not isinstance(thing, types.ModuleType):
                break  # what a result has is seen where the page runs
    assert set(missing) <= NO_NAMES


def test_the_commands_of_the_readme_run(desk):
    lines = [
        line
        for block in blocks(ROOT / "README.md", "")
        for line in block.splitlines()
        if line.startswith("gbaspatial ") and "my.gpkg" in line
    ]
    assert len(lines) >= 3
    (desk / "full.gpkg").replace(desk / "my.gpkg")
    for line in lines:
        words = [word.strip('"') for word in re.findall(r'"[^"]*"|\S+', line)][1:]
        result = CliRunner().invoke(main, words)
        assert result.exit_code == 0, (line, result.output)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_relative_link_and_picture_exists(page):
    text = re.sub(r"^```.*?^```", "", page.read_text(encoding="utf-8"), flags=re.DOTALL | re.MULTILINE)
    dead = []
    for target in LINK.findall(text):
        if re.match(r"[a-z]+:", target) or target.startswith("#"):
            continue
        path = (page.parent / target.partition("#")[0]).resolve()
        if not path.exists():
            dead.append(target)
    assert not dead, f"{page.name} links to what is not there: {dead}"


@pytest.mark.parametrize("name", ["size_of_tests", "size_of_further_tests"])
def test_the_page_on_inference_holds_the_tables_as_they_were_made(name):
    docs = Path(__file__).parents[1] / "docs"
    page = (docs / "inference.md").read_text(encoding="utf-8")
    rows = [
        line for line in (docs / "tables" / f"{name}.md").read_text(encoding="utf-8").splitlines() if line[:1] == "|"
    ]
    assert len(rows) > 10
    assert "\n".join(rows) in page
