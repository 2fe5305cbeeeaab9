"""Runs a report of the bay again from its run.json and compares the numbers: python release/rerun.py out/run.json

Seed, year, chapters and languages are those of the record; every table (all digits) must be the same file again. Where
one is not, it is named, with the versions and data that are others than they were.
"""

from __future__ import annotations

import hashlib
import json
import sys
import tempfile
from importlib import metadata
from pathlib import Path

import gbaspatial as gba

NUMBERS = (".csv", ".tex")


def changed_since(record: dict) -> list[str]:
    """Packages and data files that are others than when the report was made."""
    found = [
        f"{name} {before} is now {metadata.version(name)}"
        for name, before in {"gbaspatial": record["gbaspatial"], **record["packages"]}.items()
        if metadata.version(name) != before
    ]
    now = {str(name): str(seal) for name, seal in gba.data.catalog()["sha256"].items()}
    files = record["data"]["files"]
    return found + [f"data file {name} is another one" for name in sorted(files) if now.get(name) != files[name]]


def differing(record: dict, folder: Path) -> list[str]:
    """The tables that come out otherwise when the report is made again in `folder`."""
    both = len(record["languages"]) > 1
    gba.report.write_report(
        folder, year=record["year"], seed=record["seed"], only=record["chapters"],
        lang="both" if both else record["languages"][0], progress=False,
    )  # fmt: skip
    seals = {name: seal for name, seal in record["made"].items() if name.endswith(NUMBERS)}
    return [name for name, seal in seals.items() if _seal(folder / name) != seal]


def _seal(path: Path) -> str | None:
    return hashlib.sha256(path.read_bytes()).hexdigest() if path.exists() else None


if __name__ == "__main__":
    told = json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))
    with tempfile.TemporaryDirectory() as made:
        others = differing(told, Path(made))
    count = sum(name.endswith(NUMBERS) for name in told["made"])
    print(f"{count - len(others)} of {count} tables are the same to the last digit")
    print("\n".join([*others, *(changed_since(told) if others else [])]))
    sys.exit(bool(others))
