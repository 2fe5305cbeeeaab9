"""Randomness that comes in by the door and can be repeated bit for bit.

A result must not depend on how work was split. So a random number is never drawn from
one long stream: each unit or block of work has a stream of its own, keyed by the seed
and its number.
"""

from __future__ import annotations

from typing import TypeAlias

import numpy as np

from gbaspatial.errors import OptionError

Rng: TypeAlias = "int | np.random.Generator | None"


def seed_of(rng: Rng) -> int:
    """The integer seed that stands for `rng`; results record it.

    An integer is its own seed. A Generator gives its next 63-bit integer (and so moves
    on). None takes fresh entropy from the system.

    Examples
    --------
    >>> seed_of(7)
    7
    >>> seed_of(np.random.default_rng(1)) == seed_of(np.random.default_rng(1))
    True
    """
    if rng is None:
        return int(np.random.SeedSequence().generate_state(1, np.uint64)[0] >> np.uint64(1))
    if isinstance(rng, np.random.Generator):
        return int(rng.integers(0, 2**63 - 1))
    if isinstance(rng, (int, np.integer)) and not isinstance(rng, bool) and rng >= 0:
        return int(rng)
    raise OptionError(f"rng={rng!r} is not a seed; use a non-negative integer, a numpy Generator or None.")


def stream(seed: int, *key: int) -> np.random.Generator:
    """The independent stream of `seed` for the unit or block numbered `key`.

    Examples
    --------
    >>> bool(stream(7, 3).random() == stream(7, 3).random() != stream(7, 4).random())
    True
    """
    return np.random.Generator(np.random.Philox(np.random.SeedSequence(seed, spawn_key=key)))
