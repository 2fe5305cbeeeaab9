"""The plan of the house is in step with the house: python docs/make_architecture.py renews what is measured."""

import ast
import importlib.util
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
SPEC = importlib.util.spec_from_file_location("make_architecture", ROOT / "docs" / "make_architecture.py")
made = importlib.util.module_from_spec(SPEC)
SPEC.loader.exec_module(made)
PAGE = made.PAGE.read_text(encoding="utf-8")
HOUSE = made.modules()
ARROWS = {  # a verb of a result or of W that opens a room above only when it is called
    "referee.py -> opinions",
    "weights/show.py -> maps", "weights/core.py -> maps", "weights/matrix.py -> maps",
    "weights/show.py -> figures", "geography/coverage.py -> figures",
}  # fmt: skip


def rows(text):
    """The cells of the tables that are made, by what stands first in a row."""
    inside = text.partition(made.BEGIN)[2].partition(made.END)[0]
    return {
        cells[0]: cells[1:] for line in inside.splitlines() if (cells := [c.strip() for c in line.split("|")[1:-1]])
    }


def test_there_is_no_upward_arrow_but_the_listed_ones():
    assert set(made.upward(HOUSE)) <= ARROWS


def test_the_page_lists_the_rooms_there_are():
    listed, now = rows(PAGE), made.by_room(HOUSE)
    assert set(now) <= set(listed), "run python docs/make_architecture.py"
    for room in now:
        assert re.search(rf"\b{room}\b", PAGE.partition("```\n\nInside")[0]), f"the plan does not show {room}"


@pytest.mark.parametrize("matter", ["files", "functions", "imports inside functions"])
def test_what_the_page_measures_is_near_what_is_there(matter):
    """Within a tenth: the numbers move with every function that is added, the page with every run of its script."""
    told, now = (int(re.match(r"\d+", rows(text)[matter][0]).group()) for text in (PAGE, made.renewed(PAGE)))
    assert told == pytest.approx(now, rel=0.1), "run python docs/make_architecture.py"


def test_renewing_changes_nothing_but_what_is_made():
    once = made.renewed(PAGE)
    assert made.renewed(once) == once
    assert once.partition(made.BEGIN)[0] == PAGE.partition(made.BEGIN)[0]
    assert once.partition(made.END)[2] == PAGE.partition(made.END)[2]


def test_the_measure_sees_what_it_measures():
    house = {
        "errors.py": made.ast.parse('def f():\n    """Told."""\n    from gbaspatial.cli import main\n    return main\n')
    }
    assert made.upward(house) == ["errors.py -> cli"]
    assert len(made.inner_imports(house["errors.py"])) == 1
    assert made.by_room(house)["errors"] == (1, 1, 3, 3, 1)
    assert made.named_twice({"a/door.py": None, "b/door.py": None, "a/__init__.py": None, "__init__.py": None}) == [
        "door"
    ]


@pytest.mark.parametrize("path", ["CONTRIBUTING.md", "docs/architecture.md"])
def test_what_the_pages_speak_of_exists(path):
    text = (ROOT / path).read_text(encoding="utf-8")
    for linked in re.findall(r"\]\(([^)#]+)\)", text):
        assert ((ROOT / path).parent / linked).exists(), linked
    for named in re.findall(
        r"`((?:gbaspatial|tests|docs|models|autocorrelation|inference|maps|data|formula)/[\w/.]*)`", text
    ):
        assert (ROOT / named).exists() or (ROOT / "gbaspatial" / named).exists(), named


MOST_PARAMETERS = 8
MANY = {  # decorators of functions that take more, each with the reason
    "public": "what people call: options by name",
    "njit": "compiled loops take arrays, and nothing that holds them",
    "command": "a parameter for each option of a command",
}


def crowded(tree):
    """Functions that take more parameters than a reader keeps apart, and are not among those that may."""
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef):
            given = [p.arg for p in [*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs]]
            marks = {word for mark in node.decorator_list for word in re.findall(r"\w+", ast.unparse(mark))}
            if len(set(given) - {"self", "cls"}) > MOST_PARAMETERS and not marks & set(MANY):
                yield f"{node.name} ({len(given)})"


def test_what_travels_together_is_one_thing():
    """More than eight parameters of a function that is not public are handed on as one frozen thing."""
    assert {f"{place}: {found}" for place, tree in HOUSE.items() for found in crowded(tree)} == set()
    many = ", ".join("abcdefghi")
    assert list(crowded(ast.parse(f"def _f({many}): ...\n@public\ndef g({many}): ..."))) == ["_f (9)"]
