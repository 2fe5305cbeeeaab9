"""Measure the house and write the table of docs/architecture.md anew: python docs/make_architecture.py"""

from __future__ import annotations

import ast
from collections import Counter
from functools import cache
from pathlib import Path
from statistics import median

ROOT = Path(__file__).resolve().parents[1]
HOUSE, PAGE = ROOT / "gbaspatial", ROOT / "docs" / "architecture.md"
BEGIN, END = "<!-- made by docs/make_architecture.py -->\n", "<!-- end of what is made -->\n"
FUNCTION = (ast.FunctionDef, ast.AsyncFunctionDef)


@cache
def modules() -> dict[str, ast.Module]:
    """Every file of the package by its path within it."""
    return {
        path.relative_to(HOUSE).as_posix(): ast.parse(path.read_text(encoding="utf-8"))
        for path in sorted(HOUSE.rglob("*.py"))
    }


@cache
def nodes(tree: ast.AST) -> tuple[ast.AST, ...]:
    """All that stands in a file, walked once."""
    return tuple(ast.walk(tree))


@cache
def floors() -> dict[str, int]:
    """The floor of each room, as tests/test_rooms.py lists them."""
    tree = ast.parse((ROOT / "tests" / "test_rooms.py").read_text(encoding="utf-8"))
    listed = next(
        node.value for node in tree.body if isinstance(node, ast.Assign) and node.targets[0].id == "FLOORS"
    )  # fmt: skip
    return {room: number for number, rooms in enumerate(ast.literal_eval(listed)) for room in rooms}


def room_of(path: str) -> str:
    return path.partition("/")[0].removesuffix(".py")


def length(function: ast.FunctionDef) -> int:
    """Lines of code from `def` to the end, without the docstring."""
    first = function.body[0]
    told = isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant) and isinstance(first.value.value, str)
    docstring = first.end_lineno - first.lineno + 1 if told else 0
    return function.end_lineno - function.lineno + 1 - docstring


def ours(node: ast.AST) -> list[str]:
    """The rooms that an import statement takes from."""
    if isinstance(node, ast.ImportFrom) and node.module == "gbaspatial":
        return [alias.name for alias in node.names]
    named = [node.module or ""] if isinstance(node, ast.ImportFrom) else []
    if isinstance(node, ast.Import):
        named = [alias.name for alias in node.names]
    return [name.split(".")[1] for name in named if name.startswith("gbaspatial.")]


def checked_only(tree: ast.Module) -> set[int]:
    """What stands under TYPE_CHECKING is for the type checker and never runs."""
    return {
        id(child)
        for node in nodes(tree)
        if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.dump(node.test)
        for child in ast.walk(node)
    }


@cache
def inner_imports(tree: ast.Module) -> list[ast.AST]:
    """Import statements inside functions."""
    inside = (child for f in nodes(tree) if isinstance(f, FUNCTION) for child in ast.walk(f))
    return list({id(n): n for n in inside if isinstance(n, (ast.Import, ast.ImportFrom))}.values())


def upward(house: dict[str, ast.Module]) -> list[str]:
    """Imports from a floor above, wherever in a file they stand; the first door, which hands names on, is none."""
    floor, found = floors(), set()
    for path, tree in house.items():
        here, skipped = room_of(path), checked_only(tree)
        if path == "__init__.py":
            continue
        for node in nodes(tree):
            if id(node) not in skipped:
                found |= {f"{path} -> {there}" for there in ours(node) if floor.get(there, -1) > floor[here]}
    return sorted(found)


def named_twice(house: dict[str, ast.Module]) -> list[str]:
    """Names of modules that occur in more than one place."""
    count = Counter(Path(path).stem for path in house if not Path(path).stem.startswith("__"))
    return sorted(name for name, times in count.items() if times > 1)


def by_room(house: dict[str, ast.Module]) -> dict[str, tuple[int, int, float, int, int]]:
    """Files, functions, median and longest function, imports inside functions: by room."""
    measured = {}
    for room in sorted({room_of(path) for path in house if path != "__init__.py"}, key=lambda r: (floors()[r], r)):
        trees = [tree for path, tree in house.items() if room_of(path) == room]
        lengths = [length(f) for tree in trees for f in nodes(tree) if isinstance(f, FUNCTION)] or [0]
        inner = sum(len(inner_imports(tree)) for tree in trees)
        measured[room] = (len(trees), len(lengths), median(lengths), max(lengths), inner)
    return measured


def longest(house: dict[str, ast.Module]) -> str:
    """The longest function, with its file."""
    lines, path, name = max(
        (length(f), path, f.name) for path, tree in house.items() for f in nodes(tree) if isinstance(f, FUNCTION)
    )
    return f"{lines} lines, `{name}` in {path}"


def measured() -> str:
    """The tables, in Markdown."""
    house = modules()
    lengths = [length(f) for tree in house.values() for f in nodes(tree) if isinstance(f, FUNCTION)]
    arrows, twice = upward(house), named_twice(house)
    inner = sum(len(inner_imports(tree)) for tree in house.values())
    rows = [
        "| matter | measured |",
        "| --- | --- |",
        f"| files | {len(house)} |",
        f"| functions | {len(lengths)}, median {median(lengths):g} lines without docstring |",
        f"| longest function | {longest(house)} |",
        f"| imports inside functions | {inner} |",
        f"| upward arrows | {len(arrows)}{': ' if arrows else ''}{'; '.join(arrows)} |",
        f"| modules named twice | {', '.join(twice) or 'none'} |",
        "",
        "| room | files | functions | median lines | longest | imports inside functions |",
        "| --- | ---: | ---: | ---: | ---: | ---: |",
        *(f"| {room} | {a} | {b} | {c:g} | {d} | {e} |" for room, (a, b, c, d, e) in by_room(house).items()),
    ]
    return "\n".join(rows) + "\n"


def renewed(page: str) -> str:
    """The page with its tables made anew."""
    before, _, rest = page.partition(BEGIN)
    return before + BEGIN + "\n" + measured() + "\n" + END + rest.partition(END)[2]


if __name__ == "__main__":
    PAGE.write_text(renewed(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
    print(measured())
