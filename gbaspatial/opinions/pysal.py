"""What PySAL says: esda for tests, spreg for models, on a W of their own, which they may change as they like."""

from __future__ import annotations

import contextlib
import io
import warnings
from collections.abc import Callable
from importlib.metadata import version
from typing import Any

import numpy as np
import pandas as pd

from gbaspatial.opinions import known
from gbaspatial.opinions.answers import Answer
from gbaspatial.opinions.panel_peers import spreg_answer
from gbaspatial.opinions.subject import Subject
from gbaspatial.weights import Weights


def answer(subject: Subject) -> Answer | None:
    """The numbers of esda or spreg for `subject`; None where they have no counterpart."""
    if subject.kind in _TESTS:
        return _asked(_TESTS[subject.kind], subject)
    if subject.panel is not None:
        asked = spreg_answer(subject)
        return None if asked is None else _asked(asked, subject)
    how = _MODELS.get((subject.kind, subject.method))
    return _asked(how, subject) if how is not None and subject.plain else None


def _asked(how: Callable[[Subject], Answer], subject: Subject) -> Answer:
    """The answer without what the peers print and warn of."""
    with warnings.catch_warnings(), contextlib.redirect_stdout(io.StringIO()):
        warnings.simplefilter("ignore")
        return how(subject)


def _w(w: Weights | None, transform: str = "O") -> Any:
    assert w is not None
    # units by number: Geary_Local puts its answer in the order of sorted ids, whatever the order of the values
    matrix = Weights(w.sparse, range(w.n)).to_libpysal()
    matrix.transform = transform  # "O": as given, never standardized in passing
    return matrix


def _y(subject: Subject) -> np.ndarray:
    return subject.outcome.to_numpy(dtype=float)


def _esda(numbers: dict[str, float], call: str, *differences: known.Known) -> Answer:
    return Answer(numbers, "esda", version("esda"), call, differences)


def _islands(subject: Subject) -> tuple[known.Known, ...]:
    return (known.ISLANDS_COUNT,) if subject.w is not None and len(subject.w.islands) else ()


def _moran(subject: Subject) -> Answer:
    from esda import Moran

    found = Moran(_y(subject), _w(subject.w), transformation="O", permutations=0)
    normal = subject.method == "normal"
    variance, z, p = (found.VI_norm, found.z_norm, found.p_norm) if normal else (
        found.VI_rand, found.z_rand, found.p_rand)  # fmt: skip
    numbers = {"statistic": found.I, "expected": found.EI, "variance": variance, "z": z, "p_value": p}
    return _esda(numbers, "Moran(transformation='O')", known.FOLDED_P, *_islands(subject))


def _geary(subject: Subject) -> Answer:
    from esda import Geary

    found = Geary(_y(subject), _w(subject.w), transformation="O", permutations=0)
    normal = subject.method == "normal"
    variance, z = (found.VC_norm, found.z_norm) if normal else (found.VC_rand, found.z_rand)
    numbers = {"statistic": found.C, "expected": found.EC, "variance": variance, "z": z}
    return _esda(numbers, "Geary(transformation='O')", known.FOLDED_P, *_islands(subject))


def _general_g(subject: Subject) -> Answer:
    from esda import G

    found = G(_y(subject), _w(subject.w), permutations=0)
    numbers = {"statistic": found.G, "expected": found.EG, "variance": found.VG, "z": found.z_norm}
    return _esda(numbers, "G()", known.FOLDED_P, *_islands(subject))


def _join_count(subject: Subject) -> Answer | None:  # type: ignore[return]
    from esda import Join_Counts

    classes = pd.unique(subject.outcome)
    if set(classes) <= {0, 1} and len(classes) == 2:
        found = Join_Counts(_y(subject), _w(subject.w), permutations=0)
        numbers = {"count[1:1]": found.bb, "count[0:0]": found.ww, "count[0:1]": found.bw}
        return _esda({k: float(v) for k, v in numbers.items()}, "Join_Counts()")
    return None


def _labelled(subject: Subject, **columns: Any) -> dict[str, float]:
    ids = subject.outcome.index
    return {
        f"{name}[{unit}]": float(value)
        for name, values in columns.items()
        for unit, value in zip(ids, np.asarray(values, dtype=float), strict=True)
    }


def _local_moran(subject: Subject) -> Answer:
    from esda import Moran_Local

    found = Moran_Local(_y(subject), _w(subject.w), transformation="O", permutations=0)
    n = subject.n
    scale = n / (n - 1)  # theirs divides by the sum of squares over n - 1
    expected, variance = found.EIc, found.VIc  # moments of the rescaled statistic already
    with np.errstate(divide="ignore", invalid="ignore"):
        z = (found.Is * scale - expected) / np.sqrt(variance)
    numbers = _labelled(subject, statistic=found.Is * scale, expected=expected, variance=variance, z=z)
    return _esda(numbers, "Moran_Local(transformation='O'), rescaled by n / (n - 1)", known.LOCAL_SCALE, known.FOLDED_P)


def _local_geary(subject: Subject) -> Answer:
    from esda import Geary_Local

    found = Geary_Local(connectivity=_w(subject.w), permutations=0).fit(_y(subject))
    scale = (subject.n - 1) / subject.n
    return _esda(_labelled(subject, statistic=found.localG * scale), "Geary_Local, rescaled by (n - 1) / n",
                 known.LOCAL_SCALE)  # fmt: skip


def _local_g(subject: Subject, star: bool = False) -> Answer:
    from esda import G_Local

    w = subject.w
    assert w is not None
    binary = bool(np.allclose(w.sparse.data, 1.0))
    transform = "B" if binary else "R"
    found = G_Local(_y(subject), _w(w), transform=transform, permutations=0, star=star)
    numbers = _labelled(subject, z=found.Zs)
    differences = () if binary else (known.LOCAL_G_ROW,)
    return _esda(numbers, f"G_Local(transform={transform!r}, star={star})", *differences)


def _losh(subject: Subject) -> Answer:
    from esda import LOSH

    found = LOSH(connectivity=_w(subject.w), inference="chi-square").fit(_y(subject))
    return _esda(_labelled(subject, statistic=found.Hi), "LOSH(inference='chi-square')")


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
}


# -- models -----------------------------------------------------------------------------
def _spreg(subject: Subject, model: Any, call: str, spatial: tuple[str, ...], *differences: known.Known,
           tolerance: float = 1e-4, skip: tuple[str, ...] = ()) -> Answer:  # fmt: skip
    """The numbers of a fitted spreg `model`: the intercept, the regressors, then the `spatial` parameters."""
    names = [*(["Intercept"] if subject.intercept else []), *subject.terms, *spatial]
    betas = np.asarray(model.betas, dtype=float).ravel()
    errors = np.asarray(model.std_err, dtype=float).ravel()
    numbers = {f"params[{name}]": float(value) for name, value in zip(names, betas, strict=False)}
    numbers |= {f"std_errors[{name}]": float(value) for name, value in zip(names, errors, strict=False)}
    if "sigma2" not in skip:
        numbers["sigma2"] = float(np.asarray(model.sig2).ravel()[0])
    if hasattr(model, "logll") and "log_likelihood" not in skip:
        numbers["log_likelihood"] = float(model.logll)
    return Answer(numbers, "spreg", version("spreg"), call, (known.CRITERIA, *differences), tolerance)


def _arguments(subject: Subject) -> tuple[np.ndarray, np.ndarray]:
    return _y(subject)[:, None], subject.columns.to_numpy(dtype=float)


def _ols(subject: Subject) -> Answer:
    from spreg import OLS

    return _spreg(subject, OLS(*_arguments(subject)), "OLS()", (), tolerance=1e-6)


def _ml_lag(subject: Subject) -> Answer:
    from spreg import ML_Lag

    model = ML_Lag(*_arguments(subject), w=_w(subject.w), method="full", epsilon=1e-12, spat_diag=False)
    return _spreg(subject, model, "ML_Lag(method='full')", ("rho",), *known.interval(subject.w))


def _ml_error(subject: Subject) -> Answer:
    from spreg import ML_Error

    model = ML_Error(*_arguments(subject), w=_w(subject.w), method="full", epsilon=1e-12)
    return _spreg(subject, model, "ML_Error(method='full')", ("lambda",), *known.interval(subject.w))


def _gm_lag(subject: Subject) -> Answer:
    from spreg import GM_Lag

    y, x = _arguments(subject)
    model = GM_Lag(y, x, w=_w(subject.w), w_lags=2, sig2n_k=True, spat_diag=False)
    return _spreg(
        subject, model, "GM_Lag(w_lags=2, sig2n_k=True)", ("rho",), known.GMM_DIVISOR, skip=("log_likelihood",)
    )


def _gm_error(subject: Subject) -> Answer:
    from spreg import GM_Error_Het

    model = GM_Error_Het(*_arguments(subject), w=_w(subject.w))
    return _spreg(subject, model, "GM_Error_Het()", ("lambda",), skip=("log_likelihood", "sigma2"))


def _gm_both(subject: Subject) -> Answer:
    from spreg import GM_Combo_Het

    y, x = _arguments(subject)
    model = GM_Combo_Het(y, x, w=_w(subject.w), w_lags=2)
    return _spreg(subject, model, "GM_Combo_Het(w_lags=2)", ("rho", "lambda"), skip=("log_likelihood", "sigma2"))


_MODELS: dict[tuple[str, str], Callable[[Subject], Answer]] = {
    ("ols", "ols"): _ols,
    ("slx", "ols"): _ols,
    ("lag", "ml"): _ml_lag,
    ("durbin", "ml"): _ml_lag,
    ("error", "ml"): _ml_error,
    ("durbin_error", "ml"): _ml_error,
    ("lag", "gmm"): _gm_lag,
    ("error", "gmm"): _gm_error,
    ("sarar", "gmm"): _gm_both,
}
