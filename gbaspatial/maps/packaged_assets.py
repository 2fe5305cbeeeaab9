"""What lies in the package for pages: scripts, styles and pictures, and how they are packed into a page."""

from __future__ import annotations

import base64
import functools
import hashlib
import mimetypes
import re
import zlib
from importlib.resources import files

PACKED = ("leaflet.js", "atlas.js")
ATLAS_SCRIPTS = (
    "text.js",
    "decode.js",
    "classes.js",
    "patterns.js",
    "fills.js",
    "halo.js",
    "history.js",
    "overlays.js",
    "bins.js",
    "archive.js",
    "tiles.js",
    "names.js",
    "scatter.js",
    "describe.js",
    "table.js",
    "drawer.js",
    "panel.js",
    "tools.js",
    "view.js",
    "compare.js",
    "multiples.js",
    "address.js",
    "walk.js",
    "paper.js",
    "picture.js",
    "svgpen.js",
    "start.js",
)
_CSS_URL = re.compile(r"url\(\s*['\"]?([^'\")]+)['\"]?\s*\)")


@functools.cache
def asset(name: str, pictures: bool = True) -> str:
    """The text of a packaged asset; the `pictures` that a style names are put inside it, or left out."""
    folder = files("gbaspatial.maps") / "assets"
    if name == "atlas.js":
        body = "\n".join(_without_remarks((folder / "atlas" / part).read_text("utf-8")) for part in ATLAS_SCRIPTS)
        return f"(function () {{\n'use strict';\n{body}\n}})();"
    if name == "unpack.js":
        return _without_remarks((folder / name).read_text("utf-8"))
    text = (folder / name).read_text("utf-8")
    if name.endswith(".css"):
        return _CSS_URL.sub(lambda found: f"url({_picture(found.group(1))})" if pictures else "none", text)
    return re.sub(r"//# sourceMappingURL=\S*", "", text)


def _without_remarks(script: str) -> str:
    lines = (line.strip() for line in script.splitlines())
    return "\n".join(line for line in lines if line and not line.startswith("//"))


@functools.cache
def _picture(path: str) -> str:
    if path.startswith(("#", "data:")):
        return path
    content = (files("gbaspatial.maps") / "assets" / path).read_bytes()
    kind = mimetypes.guess_type(path)[0] or "application/octet-stream"
    return f"data:{kind};base64,{base64.b64encode(content).decode('ascii')}"


@functools.cache
def packed(name: str) -> tuple[str, int, str]:
    """A packaged script deflated as base64, its length in bytes, and its hash as a content policy names it."""
    body = asset(name).encode("utf-8")
    deflate = zlib.compressobj(9, zlib.DEFLATED, -15)
    text = base64.b64encode(deflate.compress(body) + deflate.flush()).decode("ascii")
    return text, len(body), hash_of(body.decode("utf-8"))


def hash_of(body: str) -> str:
    """The hash of a script as a content policy names it."""
    digest = hashlib.sha256(body.replace("\r\n", "\n").encode("utf-8")).digest()
    return f"'sha256-{base64.b64encode(digest).decode('ascii')}'"


def marker_pictures() -> dict[str, str]:
    """The pictures of Leaflet's plain marker, as data addresses."""
    names = {"iconUrl": "marker-icon.png", "iconRetinaUrl": "marker-icon-2x.png", "shadowUrl": "marker-shadow.png"}
    return {option: _picture(f"images/{name}") for option, name in names.items()}
