"""Counts what stands behind the numbers, and writes docs/trust.md and docs/tables/laws.md anew.

python docs/make_trust.py; after `make coverage` with --coverage build/coverage.json, which tells what the tests ran.
"""

from __future__ import annotations

import argparse
import ast
import json
import sys
from collections import Counter
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
PAGE = ROOT / "docs" / "trust.md"
LAWS = ROOT / "docs" / "tables" / "laws.md"
BEGIN, END = "<!-- {} made by docs/make_trust.py -->\n", "<!-- end of what is made -->\n"


def numbers_in(told: object) -> int:
    """How many numbers a case holds."""
    if isinstance(told, dict):
        return sum(map(numbers_in, told.values()))
    if isinstance(told, list):
        return sum(map(numbers_in, told))
    return isinstance(told, (int, float)) and not isinstance(told, bool)


def tests() -> Counter:
    """Test functions, those that are laws (drawn by hypothesis), and files of tests."""
    count: Counter = Counter()
    for path in (ROOT / "tests").rglob("test_*.py"):
        count["files of tests"] += 1
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.FunctionDef) and node.name.startswith("test_"):
                count["test functions (many run with many parameters)"] += 1
                count["laws on drawn examples (hypothesis)"] += is_law(node)
    return count


def examples() -> int:
    """Docstrings of the package with an example, which is a test."""
    trees = (ast.parse(path.read_text(encoding="utf-8")) for path in (ROOT / "gbaspatial").rglob("*.py"))
    kinds = (ast.FunctionDef, ast.ClassDef, ast.Module)
    return sum(">>>" in (ast.get_docstring(n) or "") for tree in trees for n in ast.walk(tree) if isinstance(n, kinds))


def measured() -> str:
    """The table, in Markdown."""
    cases = [json.loads(path.read_text(encoding="utf-8")) for path in (ROOT / "tests/reference/cases").glob("*.json")]
    rows = {
        "cases of other software and of printed tables": len(cases),
        "numbers in them": sum(numbers_in(case.get("expected", {})) for case in cases),
        "data sets that they are on": len({case.get("dataset") for case in cases}),
        **tests(),
        "docstrings with an example that runs": examples(),
    }
    return "| what | count |\n| --- | ---: |\n" + "".join(f"| {name} | {count:,} |\n" for name, count in rows.items())


def is_law(node: ast.AST) -> bool:
    """Whether a function is a test on examples that hypothesis draws."""
    named = isinstance(node, ast.FunctionDef) and node.name.startswith("test_")
    return named and any("given" in ast.dump(mark) for mark in node.decorator_list)


def laws() -> str:
    """Every law by the file of its test, in Markdown."""
    told = "What is tried on data that hypothesis draws, by the file of its test."
    found = ["# Laws on drawn examples", "", told, ""]
    for path in sorted((ROOT / "tests").rglob("test_*.py")):
        names = [node.name for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))) if is_law(node)]
        if names:
            found += [f"- `{path.relative_to(ROOT).as_posix()}`"]
            found += [f"  - {name.removeprefix('test_').replace('_', ' ')}" for name in names]
    return "\n".join(found) + "\n"


def compiled_lines(path: Path) -> set[int]:
    """Lines inside functions that numba compiles, which a tracer of Python cannot see."""
    inside: set[int] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.FunctionDef) and any("njit" in ast.dump(mark) for mark in node.decorator_list):
            inside |= set(range(node.body[0].lineno, (node.end_lineno or node.lineno) + 1))
    return inside


def room_of(name: str) -> str:
    """The room of a file: its folder under the package, or the package itself."""
    parts = Path(name).parts[1:]
    return f"{parts[0]}/" if len(parts) > 1 else "files beside the rooms"


def covered(report: Path) -> str:
    """Statements and those that the tests ran, by room, in Markdown."""
    told = json.loads(report.read_text(encoding="utf-8"))["files"]
    ran, missed = Counter(), Counter()
    for name, file in told.items():
        hidden = compiled_lines(ROOT / name)
        ran[room_of(name)] += len(set(file["executed_lines"]) - hidden)
        missed[room_of(name)] += len(set(file["missing_lines"]) - hidden)
    rows = [(room, ran[room] + missed[room], missed[room]) for room in sorted(ran)]
    rows.append(("**all**", ran.total() + missed.total(), missed.total()))
    cells = [f"| {room} | {all_:,} | {not_:,} | {1 - not_ / all_:.1%} |\n" for room, all_, not_ in rows if all_]
    return "| room | statements | run by no test | run |\n| --- | ---: | ---: | ---: |\n" + "".join(cells)


def renewed(page: str, what: str, table: str) -> str:
    """The page with one of its tables made anew."""
    before, begin, rest = page.partition(BEGIN.format(what))
    return before + begin + "\n" + table + "\n" + END + rest.partition(END)[2]


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--coverage", type=Path)
    asked = parser.parse_args()
    page = renewed(PAGE.read_text(encoding="utf-8"), "counts", measured())
    if asked.coverage:
        page = renewed(page, "coverage", covered(asked.coverage))
    PAGE.write_text(page, encoding="utf-8")
    LAWS.write_text(laws(), encoding="utf-8")
    sys.stdout.write(measured())
