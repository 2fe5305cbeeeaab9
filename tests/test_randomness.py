"""Streams: what they are drawn for stands in one place, and no two purposes draw the same."""

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


def test_seeds_of_purposes_and_methods_stand_in_one_place():
    """A stream is named where it is drawn: no bare number says what it is for."""
    bare = re.compile(r"\bstream\((?:seed, )?\d[\d_]*\b")
    package = Path(randomness.__file__).parent
    files = [path for path in package.rglob("*.py") if path.name != "randomness.py"]
    assert not [str(path) for path in files if bare.search(path.read_text(encoding="utf-8"))]
