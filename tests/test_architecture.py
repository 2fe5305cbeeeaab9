"""The plan of the house is in step with the house: python docs/make_architecture.py renews what is measured."""

import ast
import contextlib
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
    "referee.py -> opinions", "weights/show.py -> maps", "weights/show.py -> figures",
    "geography/coverage.py -> figures",
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


MOST_LINES = 400
WHOLE = {  # longer files that no noun divides, each with its reason: docs/architecture.md tells them too
    "results.py": "what every result can do; its verbs are short, and told in full",
    "figures/printed_maps.py": "one kind of picture: its parts are drawn by nobody else",
}


def test_what_is_long_is_listed_with_its_reason():
    lines = {place: len((made.HOUSE / place).read_text(encoding="utf-8").splitlines()) for place in HOUSE}
    assert {place for place, count in lines.items() if count > MOST_LINES} <= set(WHOLE)
    told = PAGE.partition(made.END)[2]
    assert [place for place in WHOLE if f"`{place}`" not in told] == []


OWN = {  # constants that stand twice under one name with one value, and are not one: each moves alone
    "DRAWS": "how many draws a chapter or a test takes by default",
    "_ROUNDS": "how long an algorithm goes on before it is given up, each its own",
    "_SAME": "how near two numbers of one algorithm are when they are one, relative to what it computes",
}


def constants(house):
    """The files in which a constant stands, by its name and number."""
    found = {}
    for place, tree in house.items():
        for node in tree.body:
            if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
                with contextlib.suppress(ValueError):
                    value = ast.literal_eval(node.value)
                    if isinstance(value, (int, float)) and not isinstance(value, bool):
                        found.setdefault((node.targets[0].id, value), set()).add(place)
    return found


def test_a_limit_stands_once():
    """Limits, margins and sizes of blocks that several files share are told once, with the reason, in sizes.py."""
    twice = {name: places for (name, _), places in constants(HOUSE).items() if len(places) > 1 and name not in OWN}
    assert twice == {}
    two = {
        "a.py": ast.parse("_EDGE = 0.001"),
        "b.py": ast.parse("_EDGE = 1e-3\nOPEN = True"),
        "c.py": ast.parse("_EDGE = 1"),
    }
    assert constants(two)["_EDGE", 0.001] == {"a.py", "b.py"}


VERBS = {("weights/conversion.py", "weights/exchange/weight_files.py"): "`save`, a verb of W, opens the room of files"}


def arrows(house):
    """What each file imports of the others, wherever in it; verbs that are listed open a room only when called."""
    rooms = {tuple(arrow.split(" -> ")) for arrow in ARROWS}
    found = {}
    for place, tree in house.items():
        skipped, theirs = made.checked_only(tree), set()
        for node in ast.walk(tree):
            if isinstance(node, ast.ImportFrom) and node.module and id(node) not in skipped:
                names = [node.module, *(f"{node.module}.{alias.name}" for alias in node.names)]
                theirs |= {name.removeprefix("gbaspatial.").replace(".", "/") + ".py" for name in names}
        found[place] = {
            other for other in theirs & set(house)
            if (place, other) not in VERBS and (place, other.partition("/")[0]) not in rooms
        }  # fmt: skip
    return found


def circles(graph):
    """Files that lead back to themselves."""
    reached = {place: set(others) for place, others in graph.items()}
    waiting = set(graph)
    while waiting:
        waiting = {
            place for place, others in reached.items()
            if (more := set().union(*(reached[other] for other in others))) - others and not others.update(more)
        }  # fmt: skip
    return {place for place, others in reached.items() if place in others}


def test_no_file_leads_back_to_itself():
    """Nor by an import inside a function, which would only hide the circle."""
    assert circles(arrows(HOUSE)) == set()
    assert circles({"a": {"b"}, "b": {"c"}, "c": {"a"}, "d": {"a"}}) == {"a", "b", "c"}


ANY = {  # how often a room may say Any in its annotations, and what for
    "__init__": (1, "names that are opened late"),
    "autocorrelation": (17, "options handed on by name; results of whichever statistic was asked; keys of mappings"),
    "checks": (6, "what anybody may have typed, before it is checked"),
    "cli": (52, "what click hands over by name; fits of whichever model was asked"),
    "data": (6, "cells of files; the address of a driver that is optional"),
    "disparity": (4, "keys of mappings, in which Mapping is invariant; fields handed on by name"),
    "documents": (3, "objects of python-docx, which says no types"),
    "export": (7, "values of any column; connections of a driver that is optional"),
    "figures": (19, "results that several rooms have, of which a picture reads a frame"),
    "formula": (33, "what a formula computes: columns, numbers or truths, as its text says"),
    "geography": (1, "values of any column"),
    "inference": (3, "names that are opened late; options handed on by name"),
    "maps": (3, "options of folium; `Payload`, which holds what JSON holds"),
    "models": (35, "options handed on by name; W by period or by name; factors of whichever solver serves"),
    "opinions": (14, "models of PySAL, which says no types; results of every room"),
    "options": (2, "what anybody may have typed, before it is checked"),
    "partitions": (1, "names that are opened late"),
    "records": (16, "values of JSON; cells and labels of any frame"),
    "repeated": (16, "what blocks give, which is kept and sent as it is"),
    "report": (12, "names that are opened late; what attachments hold; cells of tables, in two languages"),
    "results": (6, "values of any column"),
    "saved": (7, "fields of whichever result was saved"),
    "spillover": (6, "keys of mappings, in which Mapping is invariant"),
    "tables": (1, "fits of every room"),
    "weights": (23, "keys of mappings, in which Mapping is invariant; steps of recipes; labels of files"),
}


def anys(tree):
    """Annotations, and types that are named, in which Any occurs."""
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef):
            given = [*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs, node.args.vararg, node.args.kwarg]
            yield from (p.annotation for p in given if p is not None and says_any(p.annotation))
            yield from (told for told in [node.returns] if says_any(told))
        elif isinstance(node, ast.AnnAssign):
            named = isinstance(node.annotation, ast.Name) and node.annotation.id == "TypeAlias"
            yield from (told for told in [node.value if named else node.annotation] if says_any(told))
        elif isinstance(node, ast.Assign) and isinstance(node.value, ast.Subscript) and says_any(node.value):
            yield node.value


def says_any(told):
    return told is not None and re.search(r"\bAny\b", ast.unparse(told)) is not None


def test_any_needs_a_reason():
    """The numbers may fall, and are lowered here then; a room that needs more finds the type first."""
    now = {}
    for place, tree in HOUSE.items():
        room = made.room_of(place)
        now[room] = now.get(room, 0) + len(list(anys(tree)))
    assert {room: count for room, count in now.items() if count > ANY.get(room, (0, ""))[0]} == {}
    assert all(reason for most, reason in ANY.values() if most)
    assert (
        len(list(anys(ast.parse("def f(a: Any, *b: int) -> dict[str, Any]: ...\nx: list[Any]\nT: TypeAlias = 'Any'"))))
        == 4
    )
