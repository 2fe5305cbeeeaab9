"""What the README and docs/ promise: their Python runs as it stands there, and their links lead somewhere."""

import re
from pathlib import Path

import geopandas as gpd
import pandas as pd
import pytest
import shapely
from click.testing import CliRunner

from gbaspatial.cli import main

ROOT = Path(__file__).resolve().parents[1]
PAGES = sorted([ROOT / "README.md", *(ROOT / "docs").glob("*.md")])
LINK = re.compile(r"(?<!`)!?\[[^\]]*\]\(([^)\s]+)\)")


def blocks(page: Path, language: str) -> list[str]:
    fenced = re.findall(r"^```(\w*)\n(.*?)^```", page.read_text(encoding="utf-8"), re.DOTALL | re.MULTILINE)
    return [body for kind, body in fenced if kind == language]


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
@pytest.mark.parametrize("page", [p for p in PAGES if blocks(p, "python")], ids=lambda page: page.name)
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
