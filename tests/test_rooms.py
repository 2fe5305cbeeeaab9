"""The house rule: a room imports only rooms listed before it. And opening the door costs nothing."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

import gbaspatial
from gbaspatial import models

PACKAGE = Path(gbaspatial.__file__).parent
FLOORS = [
    ["errors", "sizes"],
    ["checks"],
    ["options"],
    ["filenames"],
    ["writing", "seals", "sheets", "typesetting"],
    ["documents", "records"],
    ["alignment", "results", "referee", "randomness", "progress"],
    ["saved"],
    ["repeated"],
    ["data", "geography"],
    ["weights", "formula"],
    ["inference", "figures"],
    ["autocorrelation", "models", "development"],
    ["causal", "disparity", "spillover", "partitions"],
    ["opinions"],
    ["maps", "export", "tables"],
    ["report", "doctor"],
    ["cli"],
]
FLOOR = {room: number for number, rooms in enumerate(FLOORS) for room in rooms}
MODELS = [  # the floors of the room of models, from the ground up
    ["solve"],
    ["instruments"],
    ["likelihood"],
    ["request", "fit_tables", "fitted", "fit", "predict", "simulation", "covariance"],
    ["few_units"],
    ["impacts"],
    ["diagnostics"],
    ["spatial_fit"],
    [
        "maximum_likelihood", "regression", "durbin_models", "gmm", "matrix_exponential", "autoregressive", "regimes",
        "sur_fit", "seemingly_unrelated", "bayes", "selection",
    ],
    ["panel", "counts", "eigenvectors", "filtering"],
]  # fmt: skip
FLOOR_OF_MODELS = {place: number for number, places in enumerate(MODELS) for place in places}
UPWARD = {  # arrows that go up, each with its reason
    ("referee.py", "opinions"): "the verbs second_opinion and code, which all results assign",
    ("weights/show.py", "maps"): "Weights.explore, a verb that people look for on W",
    ("weights/show.py", "figures"): "one line of Weights.plot, a verb that people look for on W",
    ("geography/coverage.py", "figures"): "one line of CoverageResult.plot, as every result has",
}


def imports_of(path: Path) -> set[tuple[str, bool]]:
    """Modules that `path` imports, each with whether it does so when it is loaded."""
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
            bare = node.module in ("gbaspatial", "gbaspatial.models")
            names = [f"{node.module}.{a.name}" for a in node.names] if bare else [node.module]
        elif isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        for name in names:
            if name.startswith("gbaspatial."):
                found.add((name.removeprefix("gbaspatial."), id(node) not in inner))
    return found


MODULES = sorted(path for path in PACKAGE.rglob("*.py") if path != PACKAGE / "__init__.py")  # that one hands names on


@pytest.mark.parametrize("path", MODULES, ids=lambda p: str(p.relative_to(PACKAGE)))
def test_a_room_imports_only_rooms_below_it(path):
    room = path.relative_to(PACKAGE).parts[0].removesuffix(".py")
    assert room in FLOOR, f"the room {room} is not in the plan"
    for name, at_load in imports_of(path):
        other = name.split(".")[0]
        if other == room or (not at_load and (str(path.relative_to(PACKAGE)), other) in UPWARD):
            continue
        assert FLOOR[other] <= FLOOR[room], f"{path.name} ({room}) imports {other} from a floor above"


@pytest.mark.parametrize(
    "path", [p for p in MODULES if p.is_relative_to(PACKAGE / "models")], ids=lambda p: str(p.relative_to(PACKAGE))
)
def test_a_place_in_models_imports_only_places_below_it(path):
    place = path.relative_to(PACKAGE / "models").parts[0].removesuffix(".py")
    if place == "__init__":
        return
    assert place in FLOOR_OF_MODELS, f"{place} is not in the plan of the models"
    for name, _ in imports_of(path):
        room, _, rest = name.partition(".")
        other = rest.split(".")[0]
        if room == "models" and other in FLOOR_OF_MODELS:  # else a public name, handed on by the room
            assert FLOOR_OF_MODELS[other] <= FLOOR_OF_MODELS[place], f"{path.name} imports {name} from a floor above"
        elif room == "models":
            assert other in models.__all__, f"{path.name} imports {name}, which the plan of the models does not have"


def test_every_exception_is_one():
    found = {(str(path.relative_to(PACKAGE)), name.split(".")[0]) for path in MODULES for name, _ in imports_of(path)}
    assert set(UPWARD) <= found


TOLD_ALIKE = {  # names that stand twice, since they mean the same
    "autocorrelation": "the room, and its chapter of the report",
    "claims": "the part of the report that tests them, and its chapter",
    "disparity": "the room, and its chapter of the report",
    "weights": "the room, and its chapter of the report",
}


def test_no_name_stands_for_two_modules():
    found: dict[str, list[str]] = {}
    for path in MODULES:
        place = path.parent if path.name == "__init__.py" else path.with_suffix("")
        if place.name != "__main__":
            found.setdefault(place.name, []).append(str(place.relative_to(PACKAGE)))
    twice = {name: places for name, places in found.items() if len(places) > 1}
    assert {name: places for name, places in twice.items() if name not in TOLD_ALIKE} == {}
    assert set(TOLD_ALIKE) <= set(twice), "an exception that is none any more"


def test_no_name_stands_for_two_files_of_tests():
    """The tests are no package: pytest imports each by its bare name, and the second of two is not run."""
    names = [path.name for path in Path(__file__).parent.rglob("*.py")]
    assert {name for name in names if names.count(name) > 1} == set()


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


OPENED = (
    "autocorrelation", "causal", "data", "development", "disparity", "export", "figures", "geography",
    "inference", "maps", "models", "partitions", "spillover", "weights",
)  # fmt: skip


@pytest.mark.parametrize("room", OPENED)
def test_a_room_shows_what_it_has_and_nothing_else(room):
    module = getattr(gbaspatial, room)
    assert dir(module) == sorted(module.__all__)
    for name in dir(module):
        assert getattr(module, name) is not None
    own = {
        name
        for name, value in vars(module).items()
        if not name.startswith("_") and getattr(value, "__module__", "").startswith(f"gbaspatial.{room}")
    }
    assert own <= set(dir(module)), "handed on, but not shown"


@pytest.mark.parametrize("room", OPENED)
def test_near_names_are_suggested_in_every_room(room):
    module = getattr(gbaspatial, room)
    name = next(name for name in dir(module) if len(name) > 5)
    with pytest.raises(AttributeError, match=f"module 'gbaspatial.{room}' has no attribute .* Did you mean .*{name}"):
        getattr(module, name[:2] + name[3:])
    assert not hasattr(module, "_ipython_canary_method_should_not_exist_")


@pytest.mark.parametrize(
    ("room", "name", "told"),
    [
        ("weights", "queen", "contiguity"),
        ("weights", "Rook", "criterion='rook'"),
        ("weights", "KNN", "nearest"),
        ("models", "sar", "lag"),
        ("models", "SEM", "error"),
        ("autocorrelation", "lisa", "local_moran"),
    ],
)
def test_names_of_the_field_lead_to_ours(room, name, told):
    module = getattr(gbaspatial, room)
    with pytest.raises(AttributeError, match=told):
        getattr(module, name)
    assert all(not hasattr(module, other) for other in module._CALLED), "an alias that hides nothing is never told"


def test_the_first_door_leads_on():
    with pytest.raises(AttributeError, match="Did you mean weights"):
        _ = gbaspatial.weigths
    for name, where in gbaspatial._ELSEWHERE.items():
        assert not hasattr(gbaspatial, name)
        found = gbaspatial
        for part in where.removeprefix("gba.").partition("(")[0].split("."):
            found = getattr(found, part)
