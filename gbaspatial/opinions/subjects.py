"""What a second opinion is asked about: the kind of a result, its data and W in the order of W, and our numbers."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd

from gbaspatial.autocorrelation.bivariate import CrossResult
from gbaspatial.autocorrelation.dispersion import LoshResult
from gbaspatial.autocorrelation.geary import GearyResult, LocalGearyResult
from gbaspatial.autocorrelation.getis_ord import GeneralGResult, LocalGResult
from gbaspatial.autocorrelation.global_results import GlobalTest
from gbaspatial.autocorrelation.join_count import JoinCountResult
from gbaspatial.autocorrelation.local_moran import LocalMoranResult
from gbaspatial.autocorrelation.local_results import LocalTest
from gbaspatial.autocorrelation.moran import MoranResult
from gbaspatial.errors import LabelTypeError
from gbaspatial.models import Fit
from gbaspatial.models.panel.panel_fit import PanelFit
from gbaspatial.models.spatial_fit import SpatialFit
from gbaspatial.opinions.panel_subjects import of_panel_fit
from gbaspatial.opinions.subject import Subject

PLAIN = ("information", "classical", "heteroskedastic")  # covariances that other programs have by default


def subject_of(result: Any) -> Subject:
    """The `Subject` of a result.

    Raises
    ------
    LabelTypeError
        If it is neither a test of `gba.autocorrelation` nor a fit of `gba.models`.
    """
    if isinstance(result, Fit):
        return _of_fit(result)
    if isinstance(result, PanelFit):
        return of_panel_fit(result)
    for cls, how in _TESTS.items():
        if type(result) is cls or (isinstance(result, cls) and cls is not GlobalTest):
            return how(result)
    raise LabelTypeError(
        f"a second opinion is to be had of those tests of gba.autocorrelation and fits of gba.models that PySAL or R "
        f"has, too, not of a {type(result).__name__}."
    )


def _global(kind: str) -> Callable[[Any], Subject]:
    def _of(result: Any) -> Subject:
        ids = result.weights.ids
        values = result.values.reindex(ids)
        other = getattr(result, "other", None)
        columns = pd.DataFrame(index=ids) if other is None else other.reindex(ids).to_frame("x")
        ours = {"statistic": result.statistic}
        if kind != "moran" or _of_values(result):  # residuals have moments of their own, which no peer serves
            ours |= {"expected": result.expected, "variance": result.variance, "z": result.z}
        if result.inference in ("randomization", "normal"):
            ours["p_value"] = result.p_value
        return Subject(kind, result.inference, values, columns, result.weights, ours, result.name)

    return _of


def _of_values(result: Any) -> bool:
    """Whether the moments are those of exchangeable values, and not of the residuals of a regression."""
    n = len(result.values)
    share = result.n / n
    return bool(abs(result.expected + share / (n - 1)) < 1e-9)


def _local(kind: str) -> Callable[[Any], Subject]:
    def _of(result: LocalTest) -> Subject:
        ids = result.weights.ids
        frame, values = result.frame.reindex(ids), result.values.reindex(ids)
        wanted = [c for c in ("statistic", "expected", "variance", "z") if c in frame]
        ours = {f"{column}[{unit}]": float(frame.loc[unit, column]) for column in wanted for unit in ids}
        first = values.iloc[:, 0]
        return Subject(
            kind, result.inference, first, values.iloc[:, 1:], result.weights, ours, f"{result.name} of {first.name}"
        )

    return _of


def _local_g(result: LocalGResult) -> Subject:
    """Gi or Gi*: told apart by what the statistic of a unit without others would hold, its own value."""
    ids = result.weights.ids
    values = result.values.iloc[:, 0].reindex(ids).to_numpy(dtype=float)
    plain = result.weights.sparse @ values
    with np.errstate(divide="ignore", invalid="ignore"):
        without_self = plain / (values.sum() - values)
    own = result.frame["statistic"].reindex(ids).to_numpy(dtype=float)
    there = np.isfinite(own) & np.isfinite(without_self)
    star = not np.allclose(own[there], without_self[there], rtol=1e-9, atol=0)
    return _local("local_g_star" if star else "local_g")(result)


def _join_counts(result: JoinCountResult) -> Subject:
    ids = result.weights.ids
    frame = result.frame
    ours = {f"{column}[{pair}]": float(frame.loc[pair, column]) for column in ("count", "expected", "variance")
            for pair in frame.index}  # fmt: skip
    values = result.values.reindex(ids)
    return Subject("join_count", result.inference, values, pd.DataFrame(index=ids), result.weights, ours, "Join counts")


def _cross(result: CrossResult) -> Subject:
    return _global("cross")(result)


def _of_fit(fit: Fit) -> Subject:
    design = fit.design
    kept = [place for place, term in enumerate(design.terms) if term != "Intercept"]
    names = [f"x{number + 1}" for number in range(len(kept))]
    columns = pd.DataFrame(design.X[:, kept], index=design.ids, columns=names)
    ours = {f"params[{term}]": float(value) for term, value in fit.params.items()}
    ours |= {f"std_errors[{term}]": float(value) for term, value in fit.std_errors.items()}
    ours |= {"sigma2": fit.sigma2, "log_likelihood": fit.log_likelihood}
    classical = fit.covariance_code in PLAIN
    return Subject(
        fit.model, fit.method, pd.Series(design.y, design.ids, name=design.response), columns, fit.w or fit.error_w,
        {name: value for name, value in ours.items() if np.isfinite(value)}, f"{fit.model} by {fit.method}",
        error_w=fit.error_w, intercept=len(kept) < design.k,
        plain=classical and design.observation_weights is None and design.regimes is None
        and isinstance(fit, SpatialFit) and (fit.w is None or fit.error_w is None or fit.w is fit.error_w),
        terms=tuple(design.terms[place] for place in kept),
    )  # fmt: skip


_TESTS: dict[type, Callable[[Any], Subject]] = {
    MoranResult: _global("moran"),
    GearyResult: _global("geary"),
    GeneralGResult: _global("general_g"),
    LocalMoranResult: _local("local_moran"),
    LocalGearyResult: _local("local_geary"),
    LocalGResult: _local_g,
    LoshResult: _local("losh"),
    JoinCountResult: _join_counts,
    CrossResult: _cross,
}
