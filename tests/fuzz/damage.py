"""Damaged copies of valid files, one after another from a seed."""

import random
import struct

HUGE = [b"\xff\xff\xff\xff", b"\xff\xff\xff\x7f", b"\x00\x00\x00\x80", b"\x7f\xff\xff\xff", b"\x00\x00\x00\x00"]


def damaged(content, others, seed):
    """`content` changed in one to four places; `others` lend their beginnings."""
    chance = random.Random(seed)
    for _ in range(chance.choice([1, 1, 2, 4])):
        content = chance.choice(WAYS)(content, chance, others)
    return content


def _place(content, chance):
    """A place in `content`: half of them in its header, where sizes are."""
    return chance.randrange(max(1, min(len(content), 256) if chance.random() < 0.5 else len(content)))


def flip(content, chance, _):
    """Some bits turned round."""
    changed = bytearray(content)
    for _ in range(chance.choice([1, 3, 20])):
        if changed:
            changed[_place(changed, chance)] ^= 1 << chance.randrange(8)
    return bytes(changed)


def cut(content, chance, _):
    """The end left out."""
    return content[: chance.randrange(len(content) + 1)]


def nuls(content, chance, _):
    """NUL bytes put in."""
    at = _place(content, chance)
    return content[:at] + bytes(chance.choice([1, 8, 500])) + content[at:]


def twice(content, chance, _):
    """A piece repeated, up to a thousand times."""
    at = _place(content, chance)
    piece = content[at : at + chance.choice([1, 16, 300])]
    return content[:at] + piece * chance.choice([2, 50, 1000]) + content[at:]


def huge(content, chance, _):
    """A number of a header made huge."""
    at = _place(content, chance)
    number = chance.choice([*HUGE, struct.pack("<d", 1e300), struct.pack("<d", float("nan"))])
    return content[:at] + number + content[at + len(number) :]


def digits(content, chance, _):
    """A digit of a text made many."""
    places = [at for at in range(min(len(content), 5000)) if content[at : at + 1].isdigit()]
    if not places:
        return content
    at = chance.choice(places)
    return content[:at] + chance.choice([b"9" * 30, b"-1", b"1e999", b"nan", b"99999999"]) + content[at + 1 :]


def head_of_another(content, chance, others):
    """The beginning of another file in place of its own."""
    size = chance.choice([4, 16, 100])
    return chance.choice(others)[:size] + content[size:]


def nested(content, chance, _):
    """Brackets without end."""
    at = _place(content, chance)
    return content[:at] + chance.choice([b"[", b"{", b'{"a":', b"<a>", b"("]) * 20_000 + content[at:]


WAYS = [flip, flip, cut, nuls, twice, huge, huge, digits, head_of_another, nested]
