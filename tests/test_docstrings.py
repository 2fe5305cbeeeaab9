"""Every public name says what it takes, gives and refuses, where it comes from, and shows itself in an example."""

import ast
import importlib
import inspect
import re
import textwrap
from pathlib import Path

import pytest

import gbaspatial

ROOMS = (
    "autocorrelation", "causal", "data", "development", "disparity", "doctor", "export", "figures", "geography",
    "inference", "maps", "models", "opinions", "partitions", "report", "saved", "spillover", "tables", "weights",
)  # fmt: skip
SECTION = re.compile(r"^([A-Z][A-Za-z ]+)\n-+$", re.MULTILINE)
ELSEWHERE = re.compile(r"^(as|see)\b[^.]*`[\w.]+`\.?$", re.IGNORECASE)
UNTITLED = re.compile(r"\(\d{4}[a-z]?\)\. [A-Z][^.?!]*? \d+(?:\(\d+\))?, \d+")


def public_names() -> dict[str, object]:
    """Functions and classes of ours that a room hands on, by room and name."""
    found = {}
    for room in ROOMS:
        module = importlib.import_module(f"gbaspatial.{room}")
        for name in getattr(module, "__all__", [n for n in vars(module) if not n.startswith("_")]):
            thing = getattr(module, name)
            own = getattr(thing, "__module__", "").startswith(f"gbaspatial.{room}")
            if own and (inspect.isfunction(thing) or inspect.isclass(thing)):
                found[f"{room}.{name}"] = thing
    return found


def results() -> dict[str, type]:
    """Every class of results that is public or that a public function gives back."""
    from gbaspatial.results import Result

    found, waiting = {}, [Result]
    while waiting:
        for kind in waiting.pop().__subclasses__():
            if kind.__module__.startswith("gbaspatial."):
                found[f"{kind.__module__.removeprefix('gbaspatial.')}.{kind.__qualname__}"] = kind
                waiting.append(kind)
    return found


PUBLIC = public_names()
FUNCTIONS = {name: thing for name, thing in PUBLIC.items() if inspect.isfunction(thing)}
CLASSES = {name: thing for name, thing in PUBLIC.items() if inspect.isclass(thing)} | results()
VERBS = {
    f"{owner}.{name}": verb
    for owner, kind in CLASSES.items()
    for name, verb in vars(kind).items()
    if not name.startswith("_") and inspect.isfunction(getattr(verb, "__func__", verb))
}


def sections_of(thing: object) -> dict[str, str]:
    """The sections of a docstring by title; the summary and what follows it stand under the empty title."""
    parts = SECTION.split(inspect.getdoc(thing) or "")
    return {"": parts[0].strip(), **{title: text.strip("\n") for title, text in zip(parts[1::2], parts[2::2])}}


def parameters_told(text: str) -> dict[str, str]:
    """What each parameter of a section is said to be: the text below its line, by name."""
    told, names = {}, []
    for line in text.splitlines():
        if line and not line.startswith(" "):
            names = [name.strip().lstrip("*") for name in line.partition(":")[0].split(",")]
            told |= dict.fromkeys(names, line.partition(":")[2].strip())
        else:
            for name in names:
                told[name] += "\n" + line.strip()
    return told


def own_parameters(function: object) -> list[str]:
    return [name for name in inspect.signature(function).parameters if name not in ("self", "cls")]


def raises_itself(function: object) -> bool:
    function = inspect.unwrap(getattr(function, "__func__", function))
    tree = ast.parse(textwrap.dedent(inspect.getsource(function)))
    return any(isinstance(node, ast.Raise) for node in ast.walk(tree))


def faults(function: object, *, verb: bool = False) -> list[str]:
    """What the docstring of `function` lacks."""
    function = getattr(function, "__func__", function)
    sections = sections_of(function)
    found = [] if sections[""] else ["no docstring"]
    told = parameters_told(sections.get("Parameters", ""))
    names = own_parameters(function)
    # A function that is assigned to a class as its verb takes the result as the first, by whatever name.
    given = names[1:] if verb and not {"self", "cls"} & set(inspect.signature(function).parameters) else names
    if not verb or len(given) > 1:
        missing = [name for name in given if name not in told]
        found += [f"parameters not told: {missing}"] if missing else []
    strange = [name for name in told if name not in names]
    found += [f"parameters that it has not: {strange}"] if strange else []
    borrowed = [name for name, text in told.items() if ELSEWHERE.match(" ".join(text.split("\n")[1:]).strip())]
    found += [f"parameters told elsewhere only: {borrowed}"] if borrowed else []
    gives = inspect.signature(function).return_annotation not in ("None", None)
    if gives and not verb and "Returns" not in sections and "Yields" not in sections:
        found.append("no Returns")
    if raises_itself(function) and "Raises" not in sections and not verb:
        found.append("no Raises")
    if not verb and ">>>" not in sections.get("Examples", ""):
        found.append("no example")
    return found + untitled(sections)


def untitled(sections: dict[str, str]) -> list[str]:
    """References that go from the year to the journal and its volume."""
    text = " ".join(sections.get("References", "").split())
    return [f"a reference without its title: {found}" for found in UNTITLED.findall(text)]


def test_the_gauge_sees_what_is_missing():
    def bare(y, w):
        raise ValueError

    def borrowed(y: int) -> int:
        """Borrowed.

        Parameters
        ----------
        y : int
            As for `other`.
        z : int

        References
        ----------
        Moran, P. A. P. (1950). Biometrika 37, 17-23.
        """
        return y

    assert {fault.partition(":")[0] for fault in faults(bare)} == {
        "no docstring", "parameters not told", "no Returns", "no Raises", "no example",
    }  # fmt: skip
    assert {fault.partition(":")[0] for fault in faults(borrowed)} == {
        "parameters that it has not", "parameters told elsewhere only", "no Returns", "no example",
        "a reference without its title",
    }  # fmt: skip


@pytest.mark.parametrize("name", sorted(FUNCTIONS))
def test_a_public_function_tells_all_of_itself(name):
    found = faults(FUNCTIONS[name])
    assert not found, "; ".join(found)


@pytest.mark.parametrize("name", sorted(VERBS))
def test_a_verb_of_a_result_says_what_it_does_and_takes(name):
    assert not (found := faults(VERBS[name], verb=True)), "; ".join(found)


def named(tree: ast.Module):
    """Functions and classes of a module or of its classes under names without an underscore, and their class."""
    waiting: list[tuple[ast.Module | ast.ClassDef, str]] = [(tree, "")]
    while waiting:
        owner, path = waiting.pop()
        for node in owner.body:
            if isinstance(node, (ast.FunctionDef, ast.ClassDef)):
                if not node.name.startswith("_"):
                    yield owner, node, f"{path}{node.name}"
                if isinstance(node, ast.ClassDef):
                    waiting.append((node, f"{path}{node.name}."))


def is_protocol(owner: ast.AST) -> bool:
    """Whether it tells what other classes have."""
    return isinstance(owner, ast.ClassDef) and any(ast.unparse(base) == "Protocol" for base in owner.bases)


HOUSE = {
    str(path.relative_to(Path(gbaspatial.__file__).parent)): ast.parse(path.read_text(encoding="utf-8"))
    for path in sorted(Path(gbaspatial.__file__).parent.rglob("*.py"))
}
OF_PROTOCOLS = {
    node.name for tree in HOUSE.values() for owner, node, _ in named(tree) if is_protocol(owner)
}  # told there, once, for all classes that have them


def untold(tree: ast.Module) -> list[str]:
    """Names for readers of the code that nothing is said of."""
    return [
        name
        for owner, node, name in named(tree)
        if not ast.get_docstring(node)
        and (is_protocol(owner) or not isinstance(owner, ast.ClassDef) or node.name not in OF_PROTOCOLS)
    ]


@pytest.mark.parametrize("place", HOUSE)
def test_every_name_without_an_underscore_is_told(place):
    assert untold(HOUSE[place]) == []


@pytest.mark.parametrize("place", HOUSE)
def test_functions_inside_functions_keep_to_themselves(place):
    """What a function makes for itself is called with an underscore: nobody else can call it."""
    inner = {
        node.name
        for outer in ast.walk(HOUSE[place])
        if isinstance(outer, ast.FunctionDef)
        for node in ast.walk(outer)
        if node is not outer and isinstance(node, (ast.FunctionDef, ast.ClassDef)) and not node.name.startswith("_")
    }
    assert inner == set()


def test_the_gauge_of_names_sees_what_is_untold():
    seen = ast.parse("class A:\n    def b(self): ...\n    def derivatives(self): ...\n    def _c(self): ...")
    assert untold(seen) == ["A", "A.b"], "derivatives are told by the protocol of curves"


ROOT = Path(__file__).resolve().parents[1]
INSIDE = re.compile(r"(?:from|import) (gbaspatial\.[a-z_]+\.[a-z_]+)|\bgba\.([a-z_]+\.[a-z_]+\.[a-z_]+)\(")


def deep_paths(text: str) -> list[str]:
    """Names that an example takes from a file of a room, which may move, and not from the room."""
    return [found[1] or found[2] for found in INSIDE.finditer(text)]


def test_pages_take_names_from_rooms_only():
    kinds = ("*.md", "docs/**/*.md", "analyses/**/*.py", "qgis_plugin/**/*.py")
    pages = [path for kind in kinds for path in ROOT.glob(kind)]
    assert len(pages) > 40
    assert {path.name: found for path in pages if (found := deep_paths(path.read_text(encoding="utf-8")))} == {}
    assert deep_paths("from gbaspatial.weights.core import Weights") == ["gbaspatial.weights.core"]
    assert deep_paths("gba.models.regression.lag(formula)") == ["models.regression.lag"]


def test_examples_of_public_names_take_names_from_rooms_only():
    told = {
        name: [line for line in (thing.__doc__ or "").splitlines() if line.lstrip().startswith((">>>", "..."))]
        for name, thing in {**PUBLIC, **VERBS}.items()
    }
    assert {name: found for name, lines in told.items() if (found := deep_paths("\n".join(lines)))} == {}
