"""Installs the wheel in empty environments and tries it: python release/try_wheels.py dist 3.11:lowest 3.13:newest

`lowest` installs every dependency at the version that pyproject.toml declares as its floor, `newest` what the registry
has today. A Python that is not on this machine is told and is an error, so that nothing is passed over in silence.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
import time
import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
EXTRAS = ("parquet", "excel")


def python(version: str) -> str | None:
    """The path of a Python of this version: on the path, or among those of pyenv."""
    roots = [Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv")) / "versions"]
    known = sorted((found for root in roots for found in root.glob(f"{version}.*/bin/python")), reverse=True)
    ask = "import sys; print(*sys.version_info[:2], sep='.')"
    for found in filter(None, [shutil.which(f"python{version}"), *map(str, known)]):
        if subprocess.run([found, "-c", ask], capture_output=True, text=True).stdout.strip() == version:
            return found
    return None


def floors() -> list[str]:
    """Every dependency at its declared floor."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    needs = [*project["dependencies"], *(need for extra in EXTRAS for need in project["optional-dependencies"][extra])]
    return [need.replace(">=", "==") for need in needs]


def tried(wheel: Path, version: str, kind: str) -> None:
    """One environment: made, filled, tried, taken away."""
    program = python(version)
    if program is None:
        raise SystemExit(f"Python {version} was not found: install it, or leave {version}:{kind} out.")
    start = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="gba-wheel-") as made:
        folder = Path(made)
        subprocess.run([program, "-m", "venv", str(folder / "venv")], check=True)
        own = str(folder / "venv" / "bin" / "python")
        limits = folder / "floors.txt"
        limits.write_text("\n".join(floors()) + "\n", encoding="utf-8")
        held = ["--constraint", str(limits)] if kind == "lowest" else []
        target = f"{wheel}[{','.join(EXTRAS)}]"
        subprocess.run([own, "-m", "pip", "install", "--quiet", *held, target], check=True)
        shutil.copy(ROOT / "release" / "smoke.py", folder / "smoke.py")
        subprocess.run([own, "-I", "smoke.py"], check=True, cwd=folder)
    print(f"Python {version}, {kind} versions: {time.monotonic() - start:.0f} s\n", flush=True)


if __name__ == "__main__":
    wheels = sorted(Path(sys.argv[1]).glob("gbaspatial-*.whl"))
    if len(wheels) != 1:
        raise SystemExit(f"{sys.argv[1]} holds {len(wheels)} wheels, not one: run `make dist`.")
    for asked in sys.argv[2:]:
        tried(wheels[0].resolve(), *asked.split(":"))
