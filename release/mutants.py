"""Mutation testing: does a test fail when a line is wrong? python release/mutants.py [module ...] [--minutes 120]

mutmut changes one sign, number or condition of a module at a time and runs the module's own test file; a change that no
test sees has survived, and is written as a difference into build/mutants. Ten modules of arrays only; each runs in a
copy of the tree, so that nothing here is changed. A module that its share of the time does not suffice for is told with
what was tried.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
MODULES = (
    "autocorrelation/cross", "geography/search", "inference/local_joint", "inference/multiple", "inference/permutation",
    "inference/quadratic", "inference/tails", "models/solve/factor", "models/solve/squares", "weights/spectrum",
)  # fmt: skip
COPIED = ("gbaspatial", "shapefiles", "tests", "docs", "README.md", "pyproject.toml")
OUTCOMES = {0: "survived", None: "not tried", 5: "no test", 33: "no test"}  # by exit code of the tests


def test_of(module: str) -> str:
    """The test file of a module: tests mirror the package."""
    folder, _, name = module.rpartition("/")
    return f"tests/{folder}/test_{name}.py"


def prepared(module: str, folder: Path) -> None:
    """A copy of the tree in which mutmut knows what to change and what to run."""
    for name in COPIED:
        source = ROOT / name
        copy = shutil.copytree if source.is_dir() else shutil.copy
        copy(source, folder / name)
    told = "\n".join([
        "", "[tool.mutmut]", 'source_paths = ["gbaspatial"]', f'only_mutate = ["gbaspatial/{module}.py"]',
        f"also_copy = {json.dumps(list(COPIED[1:]))}",
        f'pytest_add_cli_args_test_selection = ["{test_of(module)}"]',
        'pytest_add_cli_args = ["-x", "-n", "0"]', "",
    ])  # fmt: skip
    with (folder / "pyproject.toml").open("a", encoding="utf-8") as file:
        file.write(told)


def tried(module: str, seconds: float) -> dict[str, int]:
    """How many changes of a module were seen, survived, or were not tried in time."""
    with tempfile.TemporaryDirectory(prefix="gba-mutants-") as made:
        folder = Path(made)
        prepared(module, folder)
        surroundings = os.environ | {"OPENBLAS_NUM_THREADS": "1", "MPLBACKEND": "Agg"}
        command = [sys.executable, "-m", "mutmut", "run", "--max-children", "1"]
        log = (folder / "log.txt").open("w")
        run = subprocess.Popen(
            command, cwd=folder, stdout=log, stderr=subprocess.STDOUT, env=surroundings, start_new_session=True
        )
        try:
            run.wait(seconds)
        except subprocess.TimeoutExpired:
            os.killpg(run.pid, signal.SIGTERM)
            run.wait()
        kinds = kinds_in(folder / "mutants" / "gbaspatial" / f"{module}.py.meta")
        if not kinds:
            raise SystemExit((folder / "log.txt").read_text()[-3000:])
        kept(module, folder, [name for name, kind in kinds.items() if kind in ("survived", "no test")])
        return {kind: list(kinds.values()).count(kind) for kind in ("seen", "survived", "no test", "not tried")}


def kinds_in(meta: Path) -> dict[str, str]:
    """What became of each change: mutmut keeps the exit code of its tests."""
    if not meta.exists():
        return {}
    codes = json.loads(meta.read_text())["exit_code_by_key"]
    return {name: OUTCOMES.get(code, "seen") for name, code in codes.items()}


def kept(module: str, folder: Path, names: list[str]) -> None:
    """Write what survived as differences, to be read by whoever mends the tests."""
    target = ROOT / "build" / "mutants" / f"{module.replace('/', '-')}.txt"
    target.parent.mkdir(parents=True, exist_ok=True)
    show = [sys.executable, "-m", "mutmut", "show"]
    told = [subprocess.run([*show, name], cwd=folder, capture_output=True, text=True).stdout for name in names]
    target.write_text("\n".join(told), encoding="utf-8")


def line_of(module: str, counts: dict[str, int]) -> str:
    """One row: the surviving share is of those that were tried."""
    tried_ones = counts["seen"] + counts["survived"] + counts["no test"]
    share = (counts["survived"] + counts["no test"]) / tried_ones if tried_ones else float("nan")
    cells = [module, tried_ones, *counts.values(), f"{share:.0%}"]
    return f"| {' | '.join(map(str, cells))} |"


if __name__ == "__main__":
    asked = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    asked.add_argument("modules", nargs="*", default=MODULES)
    asked.add_argument("--minutes", type=float, default=120)
    options = asked.parse_args()
    print("| module | changes tried | seen | survived | reached by no test | not tried | surviving share |")
    print("| --- | ---: | ---: | ---: | ---: | ---: | ---: |", flush=True)
    for name in options.modules:
        print(line_of(name, tried(name, 60 * options.minutes / len(options.modules))), flush=True)
