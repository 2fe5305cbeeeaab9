"""What esda says of tests that compare two variables, or values by any measure, and of counts of joins by unit."""

from __future__ import annotations

from collections.abc import Callable
from importlib.metadata import version
from typing import Any

import numpy as np

from gbaspatial.opinions import known
from gbaspatial.opinions.answers import Answer
from gbaspatial.opinions.subject import Subject, by_unit, libpysal_w, row_sums

OPERATIONS = {"gamma_product": "c", "gamma_squared": "s", "gamma_absolute": "a"}  # esda's letters of our measures
CASES = {"local_join_bivariate": "BJC", "local_join_colocation": "CLC"}


def _answer(numbers: dict[str, float], call: str, *differences: known.Known) -> Answer:
    return Answer(numbers, "esda", version("esda"), call, (known.FOLDED_P, *differences))


def _two(subject: Subject) -> tuple[np.ndarray, np.ndarray]:
    """The variable in place (n,) and that of the neighbors (n,)."""
    return subject.outcome.to_numpy(dtype=float), subject.columns.iloc[:, 0].to_numpy(dtype=float)


def _sparse(subject: Subject) -> Any:
    assert subject.w is not None
    return subject.w.sparse


def _gamma(subject: Subject) -> Answer:
    from esda import Gamma

    letter = OPERATIONS[subject.kind]
    y = subject.outcome.to_numpy(dtype=float)
    found = Gamma(y, libpysal_w(subject.w), operation=letter, permutations=0)
    return _answer({"statistic": float(found.g)}, f"Gamma(operation={letter!r})")


def _bivariate_moran(subject: Subject) -> Answer:
    from esda import Moran_BV

    found = Moran_BV(*_two(subject), libpysal_w(subject.w), transformation="O", permutations=0)
    assert subject.w is not None
    factor = (subject.w.n - len(subject.w.islands)) / subject.w.s0  # theirs takes the sum of W for n
    told = "" if abs(factor - 1) < 1e-12 else ", times m / s0"
    return _answer({"statistic": float(found.I) * factor}, f"Moran_BV(transformation='O'){told}")


def _lee(subject: Subject) -> Answer:
    from esda import Spatial_Pearson

    x, y = _two(subject)
    found = Spatial_Pearson(connectivity=_sparse(subject), permutations=0).fit(x[:, None], y[:, None])
    return _answer({"statistic": float(found.association_[0, 1])}, "Spatial_Pearson()")


def _bivariate_local_moran(subject: Subject) -> Answer:
    from esda import Moran_Local_BV

    found = Moran_Local_BV(*_two(subject), libpysal_w(subject.w), transformation="O", permutations=0)
    call = "Moran_Local_BV(transformation='O')"
    return _answer(by_unit(subject, statistic=found.Is), call, known.LOCAL_SCALE)


def _local_lee(subject: Subject) -> Answer:
    from esda import Spatial_Pearson_Local

    x, y = _two(subject)
    with np.errstate(all="ignore"):
        found = Spatial_Pearson_Local(connectivity=_sparse(subject), permutations=0).fit(x[:, None], y[:, None])
    standardized = np.allclose(np.asarray(_sparse(subject).sum(axis=1)), 1.0)
    differences = () if standardized else (known.LEE_ROWS,)
    return _answer(by_unit(subject, statistic=found.associations_), "Spatial_Pearson_Local()", *differences)


def _several_local_geary(subject: Subject) -> Answer:
    from esda import Geary_Local_MV

    x = [subject.outcome.to_numpy(dtype=float), *subject.columns.to_numpy(dtype=float).T]
    found = Geary_Local_MV(connectivity=libpysal_w(subject.w), permutations=0, drop_islands=False).fit(x)
    scale = (subject.n - 1) / subject.n * row_sums(subject)
    differences = (known.LOCAL_SCALE, known.GEARY_ROWS)
    numbers = by_unit(subject, statistic=np.asarray(found.localG) * scale)
    return _answer(numbers, "Geary_Local_MV, rescaled by (n - 1) / n", *differences)


def _local_joins(subject: Subject) -> Answer:
    from esda import Join_Counts_Local, Join_Counts_Local_BV

    W = libpysal_w(subject.w)
    if subject.kind == "local_join":
        found = Join_Counts_Local(connectivity=W, permutations=0).fit(subject.outcome.to_numpy(), permutations=0)
        call = "Join_Counts_Local()"
    else:
        case = CASES[subject.kind]
        x, z = _two(subject)
        found = Join_Counts_Local_BV(connectivity=W, permutations=0).fit(x, z, case=case, permutations=0)
        call = f"Join_Counts_Local_BV(case={case!r})"
    differences = () if np.allclose(_sparse(subject).data, 1.0) else (known.JOINS_COUNTED,)
    return _answer(by_unit(subject, linked=True, statistic=found.LJC), call, *differences)


CROSS_TESTS: dict[str, Callable[[Subject], Answer]] = {
    **dict.fromkeys(OPERATIONS, _gamma),
    "bivariate_moran": _bivariate_moran,
    "lee": _lee,
    "bivariate_local_moran": _bivariate_local_moran,
    "local_lee": _local_lee,
    "several_local_geary": _several_local_geary,
    "local_join": _local_joins,
    **dict.fromkeys(CASES, _local_joins),
}
