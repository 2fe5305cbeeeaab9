"""What a browser that opens a page would load beyond the page itself."""

from __future__ import annotations

import re
from html.parser import HTMLParser

from gbaspatial.errors import MissingFileError, some

_LOADED = {"src", "srcset", "data", "poster", "background", "action", "formaction", "ping"}
_IN_SCRIPT = re.compile(r"""L\.(?:tileLayer(?:\.wms)?|imageOverlay|videoOverlay|icon)\s*\(\s*[{\s\w:]*["'`](\w+:)?//""")
_CSS_URL = re.compile(r"url\(\s*['\"]?([^'\")]+)['\"]?\s*\)")


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
