"""Words for people never decide, and no sentence of an error stands twice: codes decide, and one function tells."""

import ast
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

import pytest

import gbaspatial

PACKAGE = Path(gbaspatial.__file__).parent
TREES = {
    str(path.relative_to(PACKAGE)): ast.parse(path.read_text(encoding="utf-8"))
    for path in sorted(PACKAGE.rglob("*.py"))
}

WORDS = {  # what readers read: names that hold sentences, titles and display words
    "caption", "covariance_kind", "covariance_label", "cure", "heading", "hint", "message", "note", "notes", "sentence",
    "sentences", "title", "told", "warning", "why",
}  # fmt: skip
READ = {"startswith", "endswith", "find", "index", "count", "partition", "rpartition", "removeprefix", "removesuffix"}
CODES_OF_TWO_WORDS = {  # compared in the source, each with its reason
    "EOF inside string": "pandas has no other sign of a quote that never ends",
    "Pseudo Mercator": "a name of a method in the EPSG registry",
    "by period": "an option, scale=",
    "steady state": "an option, initial=",
    "y + Wy": "an option, dynamic=",
    "W y": "the label of a column",
    "cannot tell": "a verdict, which is a code that is read",
}


def _named(node: ast.expr) -> str:
    return node.attr if isinstance(node, ast.Attribute) else node.id if isinstance(node, ast.Name) else ""


def _texts(node: ast.expr) -> list[str]:
    parts = node.elts if isinstance(node, (ast.Tuple, ast.List, ast.Set)) else [node]
    return [part.value for part in parts if isinstance(part, ast.Constant) and isinstance(part.value, str)]


def _is_search(node: ast.AST) -> bool:
    return (
        isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr in READ
        and _named(node.func.value) in WORDS
    )


def decisions_on_words(tree: ast.AST) -> Iterator[tuple[int, str]]:
    """Lines at which words for people are compared or searched, with what is compared."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Compare):
            sides = [node.left, *node.comparators]
            compared = any(isinstance(op, (ast.Eq, ast.NotEq, ast.In, ast.NotIn)) for op in node.ops)
            nothing = any(isinstance(side, ast.Constant) and not side.value for side in sides)
            if compared and not nothing and any(_named(side) in WORDS for side in sides):
                yield node.lineno, ast.unparse(node)
            for text in (text for side in sides for text in _texts(side)):
                if compared and " " in text.strip() and text not in CODES_OF_TWO_WORDS:
                    yield node.lineno, ast.unparse(node)
        elif _is_search(node):
            yield node.lineno, ast.unparse(node)


@pytest.mark.parametrize("name", TREES)
def test_words_for_people_never_decide(name):
    assert list(decisions_on_words(TREES[name])) == [], "let a code stand beside the words, and decide on that"


@pytest.mark.parametrize(
    "line",
    [
        "fit.covariance_kind.startswith('HC')",
        "'sandwich' in fit.covariance_kind",
        "NO_LIKELIHOOD in fit.notes",
        "fit.model == 'Spatial lag model'",
        "note in ('no upper end', 'no lower end')",
    ],
)
def test_a_decision_on_words_is_found(line):
    assert list(decisions_on_words(ast.parse(line)))


@pytest.mark.parametrize("line", ["fit.model == 'lag'", "fit.covariance_code in ('HC1', 'hac')", "note == ''"])
def test_a_decision_on_a_code_is_none(line):
    assert not list(decisions_on_words(ast.parse(line)))


def test_every_code_of_two_words_is_compared():
    found = {
        text
        for tree in TREES.values()
        for node in ast.walk(tree)
        if isinstance(node, ast.Compare)
        for side in [node.left, *node.comparators]
        for text in _texts(side)
    }
    assert set(CODES_OF_TWO_WORDS) <= found, "an exception that is none any more"


def sentence(node: ast.expr) -> str:
    """A text of the source with {} for what is put in; empty for anything else."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return node.value
    if isinstance(node, ast.JoinedStr):
        return "".join(part.value if isinstance(part, ast.Constant) else "{}" for part in node.values)
    return ""


def sentences_of_errors(tree: ast.AST) -> Iterator[tuple[str, int]]:
    """Sentences that an error is made with, raised here or handed to who raises it, with their lines."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and _named(node.func).endswith("Error"):
            for told in map(sentence, node.args):
                if " " in told:
                    yield told, node.lineno


def test_no_sentence_of_an_error_stands_twice():
    found = defaultdict(list)
    for name, tree in TREES.items():
        for told, line in sentences_of_errors(tree):
            found[told].append(f"{name}:{line}")
    assert {told: places for told, places in found.items() if len(places) > 1} == {}, "make one function of the guard"


def test_a_sentence_is_found_whatever_is_put_in():
    one, two = (next(sentences_of_errors(ast.parse(f"raise DataError(f'no {{{x}}} here')"))) for x in ("a", "b.c"))
    assert one == two == ("no {} here", 1)
