"""Names are input, and input can carry code: how text is made harmless for the place where it lands.

The pages of this package carry names in one place only, a block of JSON that no template
reads and no parser runs, and write them as text nodes. `safe_json` is the door to that
block. `safe_text` is for those who hand names to folium's own elements.
"""

from __future__ import annotations

import html
import json
import math
from typing import Any, TypeAlias

from gbaspatial.options import public

Payload: TypeAlias = "dict[str, Any]"  # what a page is told, as JSON: Any is whatever JSON can hold

# Legal in JSON but not inside a script element, or a line end to older JavaScript.
_IN_SCRIPT = {"<": "\\u003c", ">": "\\u003e", "&": "\\u0026", "\u2028": "\\u2028", "\u2029": "\\u2029"}
# folium writes text into JavaScript template literals and renders it through Jinja once more.
_IN_TEMPLATE = {ord(ch): f"&#{ord(ch)};" for ch in "`$\\{}%#"}


def safe_json(value: object) -> str:
    """`value` as JSON that may stand inside a script element; NaN becomes null.

    Examples
    --------
    >>> print(safe_json({"name": "</script><b>", "value": float("nan")}))
    {"name":"\\u003c/script\\u003e\\u003cb\\u003e","value":null}
    """
    text = json.dumps(_plain(value), ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    for sign, escaped in _IN_SCRIPT.items():  # of a long text far quicker than str.translate
        text = text.replace(sign, escaped)
    # A lone surrogate cannot be written as UTF-8 and no reader could see it.
    return text.encode("utf-8", "replace").decode("utf-8")


def _plain(value: object) -> object:
    if isinstance(value, dict):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(item) for item in value]
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    return value


@public
def safe_text(text: object) -> str:
    """`text` for a popup, tooltip or layer name of folium: shown as it is written, never run.

    ``html.escape`` is not enough there: folium puts strings into JavaScript template literals,
    where a backtick and ``${...}`` still run, and through Jinja, which braces break.

    Parameters
    ----------
    text : object
        Anything that has a text.

    Returns
    -------
    str
        Without what a page could run.

    Examples
    --------
    >>> safe_text("<b>${x}`")
    '&lt;b&gt;&#36;&#123;x&#125;&#96;'
    """
    escaped = html.escape(str(text), quote=True)
    # The entities of html.escape hold '&', '#' and ';': only the raw characters are replaced.
    parts = [part.translate(_IN_TEMPLATE) if index % 2 == 0 else part for index, part in enumerate(_entities(escaped))]
    return "".join(parts)


def _entities(escaped: str) -> list[str]:
    """`escaped` cut into text and entities by turns."""
    import re

    return re.split(r"(&(?:lt|gt|amp|quot|#x27);)", escaped)
