"""What PySAL says: esda for tests, spreg for models, on a W of their own, which they may change as they like."""

from __future__ import annotations

import contextlib
import io
import warnings
from collections.abc import Callable
from dataclasses import replace
from importlib.metadata import version
from typing import Any

import numpy as np

from gbaspatial.errors import ConvergenceError, GbaError
from gbaspatial.opinions import known
from gbaspatial.opinions.answers import Answer
from gbaspatial.opinions.cross_peers import CROSS_TESTS
from gbaspatial.opinions.disparity_peers import DISPARITY
from gbaspatial.opinions.equation_peers import EQUATIONS
from gbaspatial.opinions.mobility_peers import MOBILITY
from gbaspatial.opinions.panel_peers import spreg_answer
from gbaspatial.opinions.panel_test_peers import panel_tests
from gbaspatial.opinions.several_tests import factor, moments_of, names_of, parts_of
from gbaspatial.opinions.specification_peers import OF_FITS
from gbaspatial.opinions.spreg_models import answer_of, call_of
from gbaspatial.opinions.subject import NORMAL, UNBIASED, Subject, by_unit, libpysal_w, row_sums
from gbaspatial.opinions.tier_peers import TIERS


def answer(subject: Subject) -> Answer | None:
    """The numbers of esda or spreg for `subject`; None where they have no counterpart."""
    if subject.kind in _TESTS and subject.plain:
        return _asked(_TESTS[subject.kind], subject)
    if subject.panel is not None:
        asked = spreg_answer(subject)
        return None if asked is None else _asked(asked, subject)
    call = call_of(subject)
    return None if call is None else _asked(lambda of: answer_of(of, call), subject)


def _asked(how: Callable[[Subject], Answer], subject: Subject) -> Answer:
    """The answer without what the peers print and warn of."""
    with warnings.catch_warnings(), contextlib.redirect_stdout(io.StringIO()):
        warnings.simplefilter("ignore")
        try:
            return how(subject)
        except GbaError:
            raise
        except Exception as error:  # whatever they stumble over; no error of another library reaches a user
            told = " ".join(str(error).split()) or type(error).__name__
            raise ConvergenceError(f"PySAL could not do {subject.title}: {told}.") from error


def _y(subject: Subject) -> np.ndarray:
    return subject.outcome.to_numpy(dtype=float)


def _esda(numbers: dict[str, float], call: str, *differences: known.Known) -> Answer:
    return Answer(numbers, "esda", version("esda"), call, differences)


def _islands(subject: Subject) -> tuple[known.Known, ...]:
    return (known.ISLANDS_COUNT,) if subject.w is not None and len(subject.w.islands) else ()


def _linked(subject: Subject) -> int:
    """How many units have neighbors."""
    assert subject.w is not None
    return subject.w.n - len(subject.w.islands)


def _moran(subject: Subject) -> Answer:
    from esda import Moran

    found = Moran(_y(subject), libpysal_w(subject.w), transformation="O", permutations=0)
    normal = subject.method in NORMAL
    variance, z, p = (found.VI_norm, found.z_norm, found.p_norm) if normal else (
        found.VI_rand, found.z_rand, found.p_rand)  # fmt: skip
    share = _linked(subject) / subject.n
    numbers = {"statistic": found.I * share, "expected": found.EI * share, "variance": variance * share**2, "z": z,
               "p_value": p}  # fmt: skip
    call = "Moran(transformation='O')" + (", times m / n" if share < 1 else "")
    return _esda(numbers, call, known.FOLDED_P, *_islands(subject))


def _geary(subject: Subject) -> Answer:
    from esda import Geary

    found = Geary(_y(subject), libpysal_w(subject.w), transformation="O", permutations=0)
    normal = subject.method == "normal"
    variance, z = (found.VC_norm, found.z_norm) if normal else (found.VC_rand, found.z_rand)
    share = (_linked(subject) - 1) / (subject.n - 1)
    numbers = {"statistic": found.C * share, "expected": found.EC * share, "variance": variance * share**2, "z": z}
    call = "Geary(transformation='O')" + (", times (m - 1) / (n - 1)" if share < 1 else "")
    return _esda(numbers, call, known.FOLDED_P, *_islands(subject))


def _general_g(subject: Subject) -> Answer:
    from esda import G

    found = G(_y(subject), libpysal_w(subject.w), permutations=0)
    numbers = {"statistic": found.G, "expected": found.EG, "variance": found.VG, "z": found.z_norm}
    assert subject.w is not None
    binary = bool(np.allclose(subject.w.sparse.data, 1.0))
    return _esda(numbers, "G()", known.FOLDED_P, *(() if binary else (known.G_BINARY,)))


def _join_count(subject: Subject) -> Answer | None:  # type: ignore[return]
    from esda import Join_Counts

    if len(subject.terms) == 2:
        zero, one = subject.terms
        found = Join_Counts(_y(subject), libpysal_w(subject.w), permutations=0)
        numbers = {f"count[{one}:{one}]": found.bb, f"count[{zero}:{zero}]": found.ww, f"count[{zero}:{one}]": found.bw}
        assert subject.w is not None
        binary = bool(np.allclose(subject.w.sparse.data, 1.0))
        differences = () if binary else (known.JOINS_COUNTED,)
        return _esda({k: float(v) for k, v in numbers.items()}, "Join_Counts()", *differences)
    return None


def _local_moran(subject: Subject) -> Answer:
    from esda import Moran_Local

    found = Moran_Local(_y(subject), libpysal_w(subject.w), transformation="O", permutations=0)
    n = subject.n
    scale = 1.0 if subject.method == UNBIASED else n / (n - 1)  # theirs divides by the sum of squares over n - 1
    expected, variance = found.EIc, found.VIc  # moments of the rescaled statistic already
    with np.errstate(divide="ignore", invalid="ignore"):
        z = (found.Is * scale - expected) / np.sqrt(variance)
    numbers = by_unit(subject, statistic=found.Is * scale, expected=expected, variance=variance, z=z)
    told = "" if scale == 1 else ", rescaled by n / (n - 1)"
    return _esda(numbers, f"Moran_Local(transformation='O'){told}", known.LOCAL_SCALE, known.FOLDED_P)


def _local_geary(subject: Subject) -> Answer:
    from esda import Geary_Local

    found = Geary_Local(connectivity=libpysal_w(subject.w), permutations=0, drop_islands=False).fit(_y(subject))
    scale = (subject.n - 1) / subject.n * row_sums(subject)
    return _esda(by_unit(subject, statistic=found.localG * scale), "Geary_Local, rescaled by (n - 1) / n",
                 known.LOCAL_SCALE, known.GEARY_ROWS)  # fmt: skip


def _local_g(subject: Subject, star: bool = False) -> Answer:
    from esda import G_Local

    w = subject.w
    assert w is not None
    binary = bool(np.allclose(w.sparse.data, 1.0))
    transform = "B" if binary else "R"
    found = G_Local(_y(subject), libpysal_w(w), transform=transform, permutations=0, star=star)
    numbers = by_unit(subject, z=found.Zs)
    differences = () if binary else (known.LOCAL_G_ROW,)
    return _esda(numbers, f"G_Local(transform={transform!r}, star={star})", *differences)


def _losh(subject: Subject) -> Answer:
    from esda import LOSH

    found = LOSH(connectivity=libpysal_w(subject.w), inference="chi-square").fit(_y(subject))
    return _esda(by_unit(subject, statistic=found.Hi), "LOSH(inference='chi-square')",
                 *((known.LOSH_ISLANDS,) if _islands(subject) else ()))  # fmt: skip


def _moran_matrix(subject: Subject) -> Answer:
    from esda import Moran_BV

    names, W = names_of(subject), libpysal_w(subject.w)
    x = [_y(subject), *subject.columns.to_numpy(dtype=float).T]
    scale = factor(subject)
    numbers = {
        f"statistic[{place}, {near}]": Moran_BV(a, b, W, transformation="O", permutations=0).I * scale
        for place, a in zip(names, x, strict=True)
        for near, b in zip(names, x, strict=True)
    }
    told = "" if abs(scale - 1) < 1e-12 else ", times m / s0"
    return _esda(numbers, f"Moran_BV(transformation='O') of every pair{told}", known.FOLDED_P)


def _correlogram(subject: Subject) -> Answer:
    asked = _moran if subject.kind == "correlogram_moran" else _geary
    numbers: dict[str, float] = {}
    differences: dict[known.Known, None] = {}
    for label, part in parts_of(subject).items():
        found = asked(replace(subject, w=part, method=moments_of(subject)))
        numbers |= {f"{name}[{label}]": value for name, value in found.numbers.items()}
        differences |= dict.fromkeys(found.known)
    return _esda(numbers, f"{found.call} of every class", *differences)


_TESTS: dict[str, Callable[[Subject], Any]] = {
    "moran": _moran,
    "geary": _geary,
    "general_g": _general_g,
    "join_count": _join_count,
    "local_moran": _local_moran,
    "local_geary": _local_geary,
    "local_g": _local_g,
    "local_g_star": lambda subject: _local_g(subject, star=True),
    "losh": _losh,
    "moran_matrix": _moran_matrix,
    "correlogram_moran": _correlogram,
    "correlogram_geary": _correlogram,
    **CROSS_TESTS,
    **DISPARITY,
    **EQUATIONS,
    **MOBILITY,
    **TIERS,
    **OF_FITS,
    "panel_specification": panel_tests,
}
