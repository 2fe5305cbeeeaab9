"""Docstrings of this house are plain text with `code` in backticks: what reStructuredText would read as markup is
escaped, so that `*`, `|u|` and `W_` stay what they are."""

import re

from sphinx.addnodes import pending_xref
from sphinx.ext.napoleon import Config, NumpyDocstring

CODE = re.compile(r"(``.+?``|`[^`]+`)", re.DOTALL)
SIGNS = re.compile(r"(?<!\\)([*|])")
TARGET = re.compile(r"(?<=\w)_(?!\w)")


def plain(text: str) -> str:
    """A text with its markup escaped; `x` becomes ``x``."""
    parts = CODE.split(text)
    for i, part in enumerate(parts):
        if i % 2:
            parts[i] = f"``{part.strip('`')}``"
        else:
            parts[i] = TARGET.sub(r"\\_", SIGNS.sub(r"\\\1", part))
    return "".join(parts)


def blocks(lines: list[str]) -> list[tuple[bool, list[str]]]:
    """Lines in runs, each an example or not."""
    found: list[tuple[bool, list[str]]] = []
    example = False
    for line in lines:
        example = line.lstrip().startswith((">>>", "...")) or (example and bool(line.strip()))
        if not found or found[-1][0] != example:
            found.append((example, []))
        found[-1][1].append(line)
    return found


# What a parameter is, is said in words with shapes and units: no word of it is a link.
READING = Config(napoleon_google_docstring=False, napoleon_use_param=False, napoleon_use_ivar=True)


def restructured(lines: list[str], what: str) -> list[str]:
    """A numpydoc docstring as reStructuredText."""
    escaped = [
        line for example, run in blocks(lines) for line in (run if example else plain("\n".join(run)).split("\n"))
    ]
    # else a colon in the first sentence of a property would make what stands before it the name of a type
    return NumpyDocstring(escaped, READING, what="method" if what == "property" else what).lines()


def _rewritten(app, what, name, thing, options, lines) -> None:
    lines[:] = restructured(lines, what)


def _without_chance_links(app, doctree) -> None:
    """A word of a description is no link to whatever attribute bears its name; the name of a class stays one."""
    for node in list(doctree.findall(pending_xref)):
        if (
            node.get("refdomain") == "py"
            and "refspecific" in node
            and not node["reftarget"].split(".")[-1][:1].isupper()
        ):
            node.replace_self(node.children)


def setup(app) -> dict:
    app.connect("autodoc-process-docstring", _rewritten)
    app.connect("doctree-read", _without_chance_links)
    return {"version": "2", "parallel_read_safe": True, "parallel_write_safe": True}
