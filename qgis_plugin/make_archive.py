"""Write the plugin for QGIS as an archive that QGIS installs: ``python qgis_plugin/make_archive.py dist``."""

import re
import sys
import zipfile
from pathlib import Path

HERE = Path(__file__).parent
NAME = "gbaspatial_processing"
MANDATORY = ("name", "description", "about", "version", "qgisMinimumVersion", "author", "hasProcessingProvider")
ENDINGS = {".py", ".txt", ".svg", ""}  # "" is the licence
WHEN = (2026, 1, 1, 0, 0, 0)  # of every file, so that the same sources give the same archive


def files():
    """The files of the plugin: no caches, nothing hidden."""
    found = sorted((HERE / NAME).iterdir())
    return [path for path in found if path.is_file() and not path.name.startswith(".") and path.suffix in ENDINGS]


def metadata():
    """The metadata by key, with the version of the package that the plugin asks."""
    text = (HERE / NAME / "metadata.txt").read_text(encoding="utf-8")
    return dict(line.split("=", 1) for line in text.splitlines() if "=" in line) | {"version": version()}


def version():
    """The version of gbaspatial, from where it is written."""
    project = (HERE.parent / "pyproject.toml").read_text(encoding="utf-8")
    if found := re.search(r'^version = "([^"]+)"', project, flags=re.MULTILINE):
        return found[1]
    for path in (HERE.parent / "gbaspatial" / "__init__.py", HERE.parent / "gbaspatial" / "version.py"):
        if path.exists() and (found := re.search(r'__version__ = "([^"]+)"', path.read_text(encoding="utf-8"))):
            return found[1]
    raise SystemExit("the version of gbaspatial is not where it was; tell qgis_plugin/make_archive.py.")


def archive(folder):
    """Write the archive into a folder, and give its path."""
    about = metadata()
    missing = [key for key in MANDATORY if not about.get(key)]
    if missing:
        raise SystemExit(f"metadata.txt lacks {', '.join(missing)}.")
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    target = folder / f"{NAME}.zip"
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as packed:
        for path in files():
            content = path.read_bytes()
            if path.name == "metadata.txt":
                lines = ["[general]", *(f"{key}={value}" for key, value in about.items())]
                content = ("\n".join(lines) + "\n").encode("utf-8")
            entry = zipfile.ZipInfo(f"{NAME}/{path.name}", WHEN)
            entry.external_attr = 0o644 << 16
            packed.writestr(entry, content, zipfile.ZIP_DEFLATED)
    return target


if __name__ == "__main__":
    print(archive(sys.argv[1] if len(sys.argv) > 1 else "dist"))
