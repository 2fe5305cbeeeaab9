"""The pictures of docs/gallery.md: each block of the page runs, and what it draws is saved beside the page.

A section without a block is a part; the block of every other section leaves its axes in `ax`.
"""

import re
import warnings
from hashlib import sha256
from pathlib import Path

from sphinx.util import logging

LOG = logging.getLogger(__name__)


def slug(title: str) -> str:
    """The name of the file of a picture."""
    return re.sub(r"[^a-z0-9]+", "-", title.lower()).strip("-")


def snippets(page: str) -> list[tuple[str, str]]:
    """Title and code of every section that has code."""
    parts = re.split(r"^#{1,3} (.+)$", page, flags=re.MULTILINE)
    pairs = zip(parts[1::2], parts[2::2])
    found = [(title, re.search(r"^```python\n(.*?)^```", body, re.DOTALL | re.MULTILINE)) for title, body in pairs]
    return [(title, code[1]) for title, code in found if code]


def draw(page: Path, folder: Path) -> list[Path]:
    """Run the blocks of `page` from top to bottom and save every picture."""
    import matplotlib as mpl

    mpl.use("Agg")
    folder.mkdir(exist_ok=True)
    names: dict[str, object] = {}
    made = []
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for title, code in snippets(page.read_text(encoding="utf-8")):
            names.pop("ax", None)
            exec(compile(code, f"{page.name}: {title}", "exec"), names)
            if "ax" in names:
                made.append(folder / f"{slug(title)}.png")
                names["ax"].figure.savefig(made[-1], dpi=80, bbox_inches="tight")
    return made


def _drawn_once(app) -> None:
    """Draw what is not drawn yet; `make clean` takes the pictures away."""
    page, folder = Path(app.srcdir) / "gallery.md", Path(app.srcdir) / "gallery"
    seal = folder / "drawn-from"
    now = sha256(page.read_bytes()).hexdigest()
    if not seal.exists() or seal.read_text() != now:
        LOG.info("drawing the gallery")
        draw(page, folder)
        seal.write_text(now)


def setup(app) -> dict:
    app.connect("builder-inited", _drawn_once)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
