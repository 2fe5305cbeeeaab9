"""Counts what stands behind the numbers, and writes the table of docs/trust.md anew: python docs/make_trust.py"""

from __future__ import annotations

import ast
import json
import sys
from collections import Counter
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
PAGE = ROOT / "docs" / "trust.md"
BEGIN, END = "<!-- made by docs/make_trust.py -->\n", "<!-- end of what is made -->\n"


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
                drawn = any("given" in ast.dump(mark) for mark in node.decorator_list)
                count["laws on drawn examples (hypothesis)"] += drawn
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


def renewed(page: str) -> str:
    """The page with its table made anew."""
    before, _, rest = page.partition(BEGIN)
    return before + BEGIN + "\n" + measured() + "\n" + END + rest.partition(END)[2]


if __name__ == "__main__":
    PAGE.write_text(renewed(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
    sys.stdout.write(measured())
