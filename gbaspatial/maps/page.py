"""A folium page that opens anywhere: one file that asks the network for nothing.

folium writes addresses of scripts and styles into its pages. Here every one of them is
replaced by a packaged copy, and an address without a copy is an error. A content security
policy then forbids the browser what the page does not need.
"""

from __future__ import annotations

import base64
import functools
import hashlib
import mimetypes
import re
import zlib
from html.parser import HTMLParser
from importlib.resources import files
from typing import Any

from branca.element import Figure

from gbaspatial.errors import MissingFileError, some
from gbaspatial.maps.escape import safe_json

PACKAGED = "packaged:"
PACKED = ("leaflet.js", "atlas.js")
MARKER_BLOCK = "gba-marker-pictures"
_NEED_PICTURES = ("L.marker(", "L.control.layers(")  # folium's own elements; the atlas draws without pictures
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
_VIEWPORT = re.compile(r'<meta name="viewport"[^>]*>')  # folium's keeps readers from enlarging the page
_LEAFLET = re.compile(r"^https://[^\s\"']*/leaflet@1\.9\.\d+/dist/(leaflet\.(?:js|css))$")
_SCRIPT = re.compile(r"<script\b([^>]*)>(.*?)</script>", re.DOTALL | re.IGNORECASE)
_LINK = re.compile(r"<link\b[^>]*>", re.IGNORECASE)
_ATTRIBUTE = re.compile(r"""\b(src|href|type|rel)\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s>]+))""", re.IGNORECASE)
_CSS_URL = re.compile(r"url\(\s*['\"]?([^'\")]+)['\"]?\s*\)")
_LOADED = {"src", "srcset", "data", "poster", "background", "action", "formaction", "ping"}
_IN_SCRIPT = re.compile(r"""L\.(?:tileLayer(?:\.wms)?|imageOverlay|videoOverlay|icon)\s*\(\s*[{\s\w:]*["'`](\w+:)?//""")


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
    return text, len(body), _hash(body.decode("utf-8"))


def _hash(body: str) -> str:
    digest = hashlib.sha256(body.replace("\r\n", "\n").encode("utf-8")).digest()
    return f"'sha256-{base64.b64encode(digest).decode('ascii')}'"


def marker_pictures() -> dict[str, str]:
    """The pictures of Leaflet's plain marker, as data addresses."""
    names = {"iconUrl": "marker-icon.png", "iconRetinaUrl": "marker-icon-2x.png", "shadowUrl": "marker-shadow.png"}
    return {option: _picture(f"images/{name}") for option, name in names.items()}


def _packaged(address: str) -> str | None:
    """The name of the packaged copy of `address`."""
    if address.startswith(PACKAGED):
        return address.removeprefix(PACKAGED)
    found = _LEAFLET.match(address)
    return found.group(1) if found else None


def _attributes(text: str) -> dict[str, str]:
    return {name.lower(): a or b or c for name, a, b, c in _ATTRIBUTE.findall(text)}


def inline(page: str, *, tiles: bool = False, pictures: bool = True) -> str:
    """`page` with every script and style it asks for put inside; `tiles` may be asked for where they are wanted.

    Raises
    ------
    MissingFileError
        If it asks for anything that is not packaged.
    """

    opened: list[str] = []

    def _script(found: re.Match[str]) -> str:
        address = _attributes(found.group(1)).get("src")
        name = _packaged(address) if address else None
        if name is None:
            return found.group(0)
        text, size, _ = packed(name)
        opener = "" if opened else f"<script>{asset('unpack.js')}</script>"
        opened.append(name)
        return f"{opener}<script>gbaUnpack('{text}',{size})</script>"

    def _link(found: re.Match[str]) -> str:
        address = _attributes(found.group(0)).get("href")
        name = _packaged(address) if address else None
        return found.group(0) if name is None else f"<style>{asset(name, pictures)}</style>"

    made = _LINK.sub(_link, _SCRIPT.sub(_script, page))
    check_inside(made, tiles=tiles)
    return made


class _Addresses(HTMLParser):
    """Collects the addresses that a browser would load, and the texts of styles and scripts."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.found: list[str] = []
        self.inside = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Keep what the attributes of a tag would load."""
        self.inside = tag if tag in ("script", "style") else ""
        for name, value in attrs:
            if not value:
                continue
            if name in _LOADED or (name in ("href", "xlink:href") and tag in ("link", "image", "use", "base")):
                self._note(value)
            elif name == "style":
                self._style(value)

    def handle_endtag(self, tag: str) -> None:
        """Text is no longer that of a script or a style."""
        self.inside = ""

    def handle_data(self, data: str) -> None:
        """Keep what a script or a style would load."""
        if self.inside == "style":
            self._style(data)
        elif self.inside == "script":
            self.found += [found.group(0) for found in _IN_SCRIPT.finditer(data)]

    def _style(self, text: str) -> None:
        for address in _CSS_URL.findall(text):
            self._note(address)
        self.found += re.findall(r"@import\b[^;]*", text)

    def _note(self, address: str) -> None:
        if not address.strip().startswith(("data:", "#", "blob:")):
            self.found.append(address.strip())


def check_inside(page: str, *, tiles: bool = False) -> None:
    """Raise `MissingFileError` if a browser that opens `page` would ask for anything else."""
    reader = _Addresses()
    reader.feed(page)
    reader.close()
    found = [each for each in reader.found if not (tiles and each.startswith("L.tileLayer"))]
    if found:
        raise MissingFileError(
            f"the page would load {some(found)}, of which no packaged copy exists, so it would not open "
            f"without the internet; leave this element out, or add it to a plain folium.Map."
        )


def policy(page: str, hosts: tuple[str, ...] = (), *, beside: bool = False) -> str:
    """The meta element that lets a browser run the scripts of `page` as they are and load nothing but `hosts`.

    `beside` lets it read archives of its own server.
    """
    hashes = []
    for attributes, body in _SCRIPT.findall(page):
        if _attributes(attributes).get("type", "text/javascript") == "text/javascript":
            hashes.append(_hash(body))
    hashes += [packed(name)[2] for name in PACKED if f"gbaUnpack('{packed(name)[0]}'" in page]
    rules = (
        f"default-src 'none'; script-src {' '.join(dict.fromkeys(hashes)) or chr(39) + 'none' + chr(39)}; "
        f"style-src 'unsafe-inline'; img-src data: blob: {' '.join(hosts)}; font-src data:; base-uri 'none'; "
        f"form-action 'none'" + ("; connect-src 'self'" if beside else "")
    )
    return f'<meta http-equiv="Content-Security-Policy" content="{rules}">'


class OfflinePage(Figure):
    """A folium figure whose page is one file without any request.

    `data` maps the id of a block to its JSON; a block is put in after rendering, so that no
    template ever reads a name from the data.
    """

    def __init__(
        self, *, hosts: tuple[str, ...] = (), data: dict[str, str] | None = None, beside: bool = False, **options: Any
    ) -> None:
        super().__init__(**options)
        self.hosts, self.beside = hosts, beside
        self.data = data or {}

    def render(self, **kwargs: Any) -> str:
        """The page with every script, style and picture inside, and the rule that lets it load nothing else."""
        page = super().render(**kwargs)
        pictures = any(sign in page for sign in _NEED_PICTURES)
        page = inline(page, tiles=bool(self.hosts), pictures=pictures)
        data = {**self.data, MARKER_BLOCK: safe_json(marker_pictures())} if pictures else self.data
        page = page.replace(
            "<head>", f'<head>\n<meta charset="utf-8">{policy(page, self.hosts, beside=self.beside)}', 1
        )
        page = _VIEWPORT.sub('<meta name="viewport" content="width=device-width, initial-scale=1">', page, count=1)
        page = page.replace("<html>", '<html lang="en">', 1)
        blocks = "".join(
            f'<script type="application/json" id="{name}">{content}</script>\n' for name, content in data.items()
        )
        head, body = page.split("</body>", 1)
        return f"{head}{blocks}</body>{body}"
