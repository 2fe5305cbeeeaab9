"""Runs the Python of pages and writes what it prints below it: python docs/make_outputs.py [page ...]

A block marked `text` that stands right below a block marked `python` holds what that block prints. Blocks of a page run
from top to bottom in one namespace, at the root of a clone, as a reader would run them; files go to their own folder.
"""

from __future__ import annotations

import contextlib
import io
import os
import re
import sys
import tempfile
import warnings
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
SEEN = ("docs", "shapefiles", "tests")  # what a page may read of a clone
BLOCK = re.compile(
    r"^```python\n(?P<code>.*?)^```\n(?P<told>\n*```text\n(?P<output>.*?)^```\n)?", re.DOTALL | re.MULTILINE
)


def pages() -> list[Path]:
    """The pages that promise an output."""
    every = sorted((ROOT / "docs").rglob("*.md"))
    return [page for page in every if any(block["told"] for block in BLOCK.finditer(page.read_text(encoding="utf-8")))]


@contextlib.contextmanager
def desk() -> Iterator[Path]:
    """A folder that looks like the root of a clone to who reads, and takes what is written."""
    before = Path.cwd()
    with tempfile.TemporaryDirectory() as folder:
        for name in SEEN:
            (Path(folder) / name).symlink_to(ROOT / name)
        os.chdir(folder)
        try:
            yield Path(folder)
        finally:
            os.chdir(before)


def printed(code: str, names: dict[str, object], page: Path) -> str:
    """What a block prints, without spaces at ends of lines."""
    out = io.StringIO()
    with contextlib.redirect_stdout(out), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        exec(compile(code, str(page), "exec"), names)
    return "".join(f"{line.rstrip()}\n" for line in out.getvalue().splitlines())


def renewed(page: Path) -> str:
    """The page with its outputs made anew."""
    text, names = page.read_text(encoding="utf-8"), {"__name__": "page"}

    def _with_output(match: re.Match) -> str:
        output = printed(match["code"], names, page)
        if not match["told"]:
            return match[0]
        return f"```python\n{match['code']}```\n\n```text\n{output}```\n"

    with desk():
        return BLOCK.sub(_with_output, text)


if __name__ == "__main__":
    import matplotlib as mpl

    mpl.use("Agg")
    for page in [Path(name).resolve() for name in sys.argv[1:]] or pages():
        page.write_text(renewed(page), encoding="utf-8")
        print(page.relative_to(ROOT))
