"""A folium page that opens anywhere: one file that asks the network for nothing.

folium writes addresses of scripts and styles into its pages. Here every one of them is
replaced by a packaged copy, and an address without a copy is an error. A content security
policy then forbids the browser what the page does not need.
"""

from __future__ import annotations

import re
from typing import Any

from branca.element import Figure

from gbaspatial.maps.addresses import check_inside
from gbaspatial.maps.escape import safe_json
from gbaspatial.maps.packaged_assets import PACKED, asset, hash_of, marker_pictures, packed

PACKAGED = "packaged:"
MARKER_BLOCK = "gba-marker-pictures"
_NEED_PICTURES = ("L.marker(", "L.control.layers(")  # folium's own elements; the atlas draws without pictures
_VIEWPORT = re.compile(r'<meta name="viewport"[^>]*>')  # folium's keeps readers from enlarging the page
_LEAFLET = re.compile(r"^https://[^\s\"']*/leaflet@1\.9\.\d+/dist/(leaflet\.(?:js|css))$")
_SCRIPT = re.compile(r"<script\b([^>]*)>(.*?)</script>", re.DOTALL | re.IGNORECASE)
_LINK = re.compile(r"<link\b[^>]*>", re.IGNORECASE)
_ATTRIBUTE = re.compile(r"""\b(src|href|type|rel)\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s>]+))""", re.IGNORECASE)


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


def policy(page: str, hosts: tuple[str, ...] = (), *, beside: bool = False) -> str:
    """The meta element that lets a browser run the scripts of `page` as they are and load nothing but `hosts`.

    `beside` lets it read archives of its own server.
    """
    hashes = []
    for attributes, body in _SCRIPT.findall(page):
        if _attributes(attributes).get("type", "text/javascript") == "text/javascript":
            hashes.append(hash_of(body))
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

    def render(self, **kwargs: object) -> str:
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
