"""Streams: what they are drawn for stands in one place, and no two purposes draw the same."""

import ast
import re
from pathlib import Path

from gbaspatial import randomness


def test_no_two_purposes_share_a_stream():
    """RATIO_TESTS goes on by one for each restriction: of rho, of lambda, and of both."""
    r = randomness
    one = [r.REFITS, r.SCORE_TESTS, *(r.RATIO_TESTS + number for number in range(3)), r.IMPACT_DRAWS]
    purposes = [*one, r.PLACEBO_ORDERS, r.ROTATIONS, r.NO_EFFECT, r.AN_EFFECT, r.CONFIDENCE_DRAWS]
    assert len(set(purposes)) == len(purposes)
    drawn = {float(r.stream(1, purpose, 0).random()) for purpose in purposes}
    assert len(drawn) == len(purposes)


def unnamed(tree):
    """Numbers that a module gives to a stream or a generator as written, or under a name of its own.

    Numbers of blocks (``start // 1_000``) say which draws they are, and not what for.
    """
    own = {
        name.id
        for line in tree.body
        if isinstance(line, ast.Assign) and isinstance(line.value, ast.Constant)
        for name in line.targets
        if isinstance(name, ast.Name)
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and re.search(r"\b(stream|default_rng|SeedSequence)$", ast.unparse(node.func)):
            counted = [each for each in node.args if "//" not in ast.unparse(each) and " or " not in ast.unparse(each)]
            for given in (part for argument in counted for part in ast.walk(argument)):
                if isinstance(given, ast.Constant) or (isinstance(given, ast.Name) and given.id in own):
                    yield ast.unparse(node)


def test_seeds_of_purposes_and_methods_stand_in_one_place():
    """A stream is named where it is drawn: no bare number, nor one of the module's own, says what it is for."""
    package = Path(randomness.__file__).parent
    files = [path for path in package.rglob("*.py") if path.name != "randomness.py"]
    assert {path.name: found for path in files if (found := [*unnamed(ast.parse(path.read_text("utf-8")))])} == {}
    seen = ast.parse("_STREAM = 31\nstream(seed, _STREAM + 1, n)\nstream(seed, 11)\nstream(seed, ROTATIONS, block)")
    assert list(unnamed(seen)) == ["stream(seed, _STREAM + 1, n)"] * 2 + ["stream(seed, 11)"]
