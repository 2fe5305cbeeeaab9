"""Randomness that comes in by the door and can be repeated.

A result must not depend on how work was split, or on the order in which units happened to be listed. So a random
number is never drawn from one long stream: each unit or block of work has a stream of its own, keyed by the seed
and its number; and units are numbered by their labels (`label_order`), not by their place in a file. The same data,
weights, seed and labels give the same draws, whatever the order of rows, the number of threads or the way work was
cut. The numbers made from the draws are the same to the last bit on one machine; between machines the last digits
follow the linear algebra (BLAS and LAPACK, and the number of their threads), which p-values, being counts with a
tolerance for ties, do not see.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable
from typing import TypeAlias

import numpy as np

from gbaspatial.errors import OptionError, door_of, own_names

Rng: TypeAlias = "int | np.random.Generator | None"

# What a stream of the user's seed is drawn for: two that shared a number would draw the same, and what is made of
# them would agree by accident. The numbers stay, so that results of earlier versions repeat.
REFITS = 0  # outcomes of the bootstrap
SCORE_TESTS = 2  # outcomes under independence, for LM tests
RATIO_TESTS = 3  # outcomes under each restriction, for LR tests: 3, 4 and so on
IMPACT_DRAWS = 11  # parameters from their normal distribution
PLACEBO_ORDERS = 17  # of the times at which units are treated
ROTATIONS = 21  # of residuals, for tests of every value of rho or lambda
NO_EFFECT, AN_EFFECT = 31, 32  # outcomes without and with an effect, for its power
CONFIDENCE_DRAWS = 41  # coefficients given rho or lambda
GROUP_RESAMPLES = 53  # of units within their groups
REGIONS = 59  # of units from which regions grow
AS_ELSEWHERE = 1  # beside it: values as they would be if they clustered as in these
PANEL_OUTCOMES = 47  # of a fitted panel, by unit
REPORTED_PANELS, REPORTED_SIGNS = 61, 62  # of the report: panels grown again, and signs of residual histories
# With how many units or periods as a further key, which no other purpose has beside its number:
HISTORY_ORDERS, HISTORY_RESAMPLES = 31, 32  # which unit gets whose residual history, each one's once, or any
BLOCK_SIGNS, BLOCK_PERIODS = 41, 42  # of residuals: signs of units or periods, and periods drawn again
HISTORY_SIGNS = 43  # of units' residual histories, for wild tests

# Seeds of what is part of a method and not of the user's randomness: each answer is the same for everyone. Methods
# that are added up in one number have seeds of their own, so that their errors are independent.
LOG_DETERMINANT_PROBES = 20_240_229
INFORMATION_PROBES = 20_240_301
TRACE_PROBES = 20_240_302  # of impacts, and of the score of a second W
EXPONENTIAL_PROBES = 20_070_301
EQUATION_PROBES = 19_880_501
PANEL_PROBES = 20_261_130
PAIR_SIGNS = 20_261_130  # of units, for tests of dependence between them
UNIT_ROOT_WALKS = 20_261_130  # by which the statistic of a panel is judged
LANCZOS_START = 0  # of the search for the ends of a spectrum
CLASS_BREAKS = 0  # of natural breaks
IDENTITY_VECTORS = 20_261_130  # which are tried decides nothing: an identity of matrices holds for all or for none
POWER_DRAWS = 0  # of the power of tests by simulation


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


def label_order(labels: Iterable[Hashable]) -> np.ndarray:
    """The places (n,) of `labels` in the one order that depends on the labels alone.

    Numbers ascend, texts follow their characters; labels of mixed types are sorted by type, then by how they are
    written. Draw for units in this order, and it no longer matters how they were listed.

    Parameters
    ----------
    labels : pandas.Index or iterable
        Unique labels of n units.

    Returns
    -------
    numpy.ndarray of int, shape (n,)

    Examples
    --------
    >>> label_order(["Macao", "Foshan", "Zhuhai"]).tolist(), label_order([10, 9, ("a", 1)]).tolist()
    ([1, 0, 2], [1, 0, 2])
    """
    if getattr(getattr(labels, "dtype", None), "kind", "") in tuple("iuf"):
        return np.argsort(np.asarray(labels), kind="stable")
    kept = list(labels.tolist() if hasattr(labels, "tolist") else labels)
    kinds = {type(label) for label in kept}
    if kinds <= {int, float} or kinds == {str}:
        return np.array(sorted(range(len(kept)), key=kept.__getitem__), dtype=np.intp)
    keys = [_key_of(label) for label in kept]
    return np.array(sorted(range(len(kept)), key=keys.__getitem__), dtype=np.intp)


def label_ranks(labels: Iterable[Hashable]) -> np.ndarray:
    """Where each of `labels` (n,) stands in their order: ``drawn[label_ranks(labels)]`` gives a label its own draws.

    Examples
    --------
    >>> label_ranks(["Macao", "Foshan", "Zhuhai"]).tolist()
    [1, 0, 2]
    """
    order = label_order(labels)
    ranks = np.empty_like(order)
    ranks[order] = np.arange(len(order))
    return ranks


def probes_of(ranks: np.ndarray, count: int, *key: int) -> np.ndarray:
    """Random signs (n, count) from the stream of `key`, by which traces are estimated (Hutchinson 1990).

    The row of a unit is that of its place among the sorted labels, `ranks` (n,): however units are listed, each has
    the same signs.

    References
    ----------
    Hutchinson, M. F. (1990). A stochastic estimator of the trace of the influence matrix for Laplacian smoothing
    splines. Communications in Statistics - Simulation and Computation 19, 433-450.

    Examples
    --------
    >>> one, two = (probes_of(label_ranks(labels), 3, 7) for labels in ("abc", "cab"))
    >>> bool((one == two[[1, 2, 0]]).all())
    True
    """
    seed, *rest = key
    drawn = stream(seed, *rest).integers(0, 2, (len(ranks), count))[ranks] * 2.0 - 1
    return np.asarray(drawn)


def _key_of(label: Hashable) -> tuple[str, float, str]:
    """A key that any two labels can be compared by."""
    if isinstance(label, (int, float)):
        return "number", float(label), ""
    return type(label).__name__, 0.0, str(label)


__getattr__, __dir__ = door_of(__name__, own_names(globals()))
