"""The reference: one page a room with all its public names, written from what the rooms hand on."""

import importlib
import inspect
from pathlib import Path

ROOMS = (
    "data", "geography", "weights", "autocorrelation", "inference", "models", "causal", "disparity", "spillover",
    "development", "opinions", "figures", "maps", "export", "tables", "partitions", "saved", "report", "doctor",
)  # fmt: skip
FOLDER = "reference"


def public_names(room: str) -> list[str]:
    """Functions and classes of ours that a room hands on, functions first."""
    module = importlib.import_module(f"gbaspatial.{room}")
    things = {name: getattr(module, name) for name in getattr(module, "__all__", dir(module))}
    own = {
        name: thing
        for name, thing in things.items()
        if (inspect.isfunction(thing) or inspect.isclass(thing)) and thing.__module__.startswith("gbaspatial.")
    }
    return sorted(own, key=lambda name: (inspect.isclass(own[name]), name.lower()))


def summary_of(thing: object) -> str:
    """The first paragraph of a docstring in one line."""
    from plain_docstrings import plain

    return plain(" ".join((inspect.getdoc(thing) or "").partition("\n\n")[0].split()))


def page(room: str) -> str:
    """The page of a room in reStructuredText."""
    module = importlib.import_module(f"gbaspatial.{room}")
    title = f"gba.{room}"
    names = public_names(room)
    rows = [
        f"   * - :py:obj:`{name} <gbaspatial.{room}.{name}>`\n     - {summary_of(getattr(module, name))}"
        for name in names
    ]
    parts = [
        f"{title}\n{'=' * len(title)}\n\n{summary_of(module)}\n",
        ".. list-table::\n   :widths: 40 60\n\n" + "\n".join(rows) + "\n",
        f".. py:module:: gbaspatial.{room}\n",
    ]
    for name in names:
        kind = "class" if inspect.isclass(getattr(module, name)) else "function"
        options = "   :members:\n   :inherited-members: tuple, str, object\n" if kind == "class" else ""
        parts.append(f"{name}\n{'-' * len(name)}\n\n.. auto{kind}:: gbaspatial.{room}.{name}\n{options}")
    return "\n".join(parts)


def write(folder: Path) -> None:
    """Write every page, and leave alone those that are as they should be."""
    folder.mkdir(exist_ok=True)
    index = "Reference\n=========\n\nEvery public name, from its docstring.\n\n.. toctree::\n   :maxdepth: 1\n\n"
    pages = {"index": index + "".join(f"   {room}\n" for room in ROOMS)} | {room: page(room) for room in ROOMS}
    for name, text in pages.items():
        path = folder / f"{name}.rst"
        if not path.exists() or path.read_text(encoding="utf-8") != text:
            path.write_text(text, encoding="utf-8")


def setup(app) -> dict:
    app.connect("builder-inited", lambda app: write(Path(app.srcdir) / FOLDER))
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
