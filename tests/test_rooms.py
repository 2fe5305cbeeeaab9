"""The house rule: a room imports only rooms listed before it. And opening the door costs nothing."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

import gbaspatial

PACKAGE = Path(gbaspatial.__file__).parent
FLOORS = [
    ["errors"],
    ["options"],
    ["alignment", "results", "randomness"],
    ["data", "geography"],
    ["collinearity", "weights", "formula"],
    ["inference", "figures"],
    ["autocorrelation", "models", "disparity"],
    ["maps", "export", "tables"],
    ["report"],
    ["cli"],
]
FLOOR = {room: number for number, rooms in enumerate(FLOORS) for room in rooms}


def imports_of(path: Path) -> set[tuple[str, bool]]:
    """Rooms that `path` imports, each with whether it does so when it is loaded."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    typing_only = [n for n in ast.walk(tree) if isinstance(n, ast.If) and "TYPE_CHECKING" in ast.dump(n.test)]
    skipped = {id(child) for node in typing_only for child in ast.walk(node)}
    inner = {
        id(child)
        for node in ast.walk(tree)
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef))
        for child in ast.walk(node)
    }
    found = set()
    for node in ast.walk(tree):
        if id(node) in skipped:
            continue
        names = []
        if isinstance(node, ast.ImportFrom) and node.module:
            names = [node.module] if node.module != "gbaspatial" else [f"gbaspatial.{a.name}" for a in node.names]
        elif isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        for name in names:
            if name.startswith("gbaspatial."):
                found.add((name.split(".")[1], id(node) not in inner))
    return found


MODULES = sorted(path for path in PACKAGE.rglob("*.py") if path != PACKAGE / "__init__.py")  # that one hands names on


@pytest.mark.parametrize("path", MODULES, ids=lambda p: str(p.relative_to(PACKAGE)))
def test_a_room_imports_only_rooms_below_it(path):
    room = path.relative_to(PACKAGE).parts[0].removesuffix(".py")
    assert room in FLOOR, f"the room {room} is not in the plan"
    for other, at_load in imports_of(path):
        if other != room and at_load:
            assert FLOOR[other] <= FLOOR[room], f"{path.name} ({room}) imports {other} from a floor above"


HEAVY = ("numpy", "pandas", "geopandas", "libpysal", "esda", "spreg", "folium", "matplotlib", "scipy", "numba")


@pytest.mark.parametrize("code", ["import gbaspatial", "import gbaspatial.cli"])
def test_the_door_opens_without_heavy_packages(code):
    script = f"{code}; import sys; print([m for m in {HEAVY!r} if m in sys.modules])"
    shown = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert shown.stdout.strip() == "[]"


def test_every_name_handed_on_exists():
    for name in gbaspatial.__all__:
        assert getattr(gbaspatial, name) is not None
    with pytest.raises(AttributeError, match="no attribute 'utils'"):
        _ = gbaspatial.utils
