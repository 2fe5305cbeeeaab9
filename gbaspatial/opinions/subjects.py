"""What a second opinion is asked about: the kind of a result, its data and W in the order of W, and our numbers."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd

from gbaspatial.autocorrelation.autoregression import ApleResult
from gbaspatial.autocorrelation.bivariate import CrossResult
from gbaspatial.autocorrelation.dispersion import LoshResult
from gbaspatial.autocorrelation.gamma import GammaResult
from gbaspatial.autocorrelation.geary import GearyResult, LocalGearyResult, SeveralGearyResult
from gbaspatial.autocorrelation.getis_ord import GeneralGResult, LocalGResult
from gbaspatial.autocorrelation.join_count import JoinCountResult, classes_in_order
from gbaspatial.autocorrelation.lee import LeeResult, LocalLeeResult
from gbaspatial.autocorrelation.local_join_count import LocalJoinCountResult
from gbaspatial.autocorrelation.local_moran import LocalMoranResult
from gbaspatial.autocorrelation.local_results import LocalTest
from gbaspatial.autocorrelation.moran import MoranResult
from gbaspatial.disparity.strata import TiersResult
from gbaspatial.errors import LabelTypeError
from gbaspatial.models import Fit
from gbaspatial.models.counts import PoissonFit
from gbaspatial.models.diagnostics.chow import ChowResult
from gbaspatial.models.diagnostics.suite import DiagnosticsResult
from gbaspatial.models.impacts.summary_measures import ImpactsResult
from gbaspatial.models.matrix_exponential import MessLagFit
from gbaspatial.models.panel.panel_fit import PanelFit
from gbaspatial.models.panel.panel_tests import PanelDiagnostics
from gbaspatial.models.spatial_fit import ErrorProcessFit, SpatialFit
from gbaspatial.models.sur_fit import SurFit
from gbaspatial.opinions.disparity_peers import OF_DISPARITY
from gbaspatial.opinions.equation_peers import of_sur
from gbaspatial.opinions.mobility_peers import OF_MOBILITY
from gbaspatial.opinions.panel_peers import DUMMIES, STRAIGHT
from gbaspatial.opinions.panel_subjects import of_panel_fit
from gbaspatial.opinions.several_tests import OF_SEVERAL
from gbaspatial.opinions.subject import NORMAL, UNBIASED, Subject
from gbaspatial.opinions.tier_peers import of_tiers
from gbaspatial.saved import SavedResult
from gbaspatial.weights import Weights

PLAIN = ("information", "classical", "heteroskedastic")  # covariances that other programs have by default
OWN = ("HC0", "HC1", "HC3", "hac", "cluster", "sandwich")  # robust ones of our own: estimates are as without


def subject_of(result: object) -> Subject:
    """The `Subject` of a result.

    Raises
    ------
    LabelTypeError
        If it is no test of `gba.autocorrelation`, fit of `gba.models` or result of `gba.disparity` that others have.
    """
    if isinstance(result, Fit):
        return _of_fit(result)
    if isinstance(result, PanelFit):
        return of_panel_fit(result)
    for cls, how in _TESTS.items():
        if isinstance(result, cls):
            return how(result)
    if isinstance(result, SavedResult):
        raise LabelTypeError(
            f"a {result.kind} that was read back holds its tables, not its data and W; make the analysis again and ask "
            f"that for a second opinion."
        )
    raise LabelTypeError(
        f"a second opinion is to be had of those tests of gba.autocorrelation, fits of gba.models and results of "
        f"gba.disparity that PySAL or R has, too, not of a {type(result).__name__}."
    )


def _global(kind: str) -> Callable[[Any], Subject]:
    def _of(result: Any) -> Subject:
        ids = result.weights.ids
        values = result.values.reindex(ids)
        other = getattr(result, "other", None)
        columns = pd.DataFrame(index=ids) if other is None else other.reindex(ids).to_frame("x1")
        ours = {"statistic": result.statistic}
        if kind != "moran" or _of_values(result):  # residuals have moments of their own, which no peer serves
            ours |= {"expected": result.expected, "variance": result.variance, "z": result.z}
        if result.inference in ("randomization", "normal") and result.alternative == "two-sided":  # as theirs
            ours["p_value"] = result.p_value
        terms = () if other is None else (str(other.name),)
        return Subject(kind, result.inference, values, columns, result.weights, ours, result.name, terms=terms)

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
        linked = ids[~ids.isin(result.weights.islands)]  # units without neighbors have no local statistic
        ours = {f"{column}[{unit}]": float(frame.loc[unit, column]) for column in wanted for unit in linked}
        first, others = values.iloc[:, 0], values.iloc[:, 1:]
        columns = others.set_axis([f"x{number}" for number in range(1, 1 + others.shape[1])], axis=1)
        return Subject(
            kind, result.inference, first, columns, result.weights, ours, f"{result.name} of {first.name}",
            terms=tuple(map(str, others.columns)),
        )  # fmt: skip

    return _of


def _local_moran(result: LocalMoranResult) -> Subject:
    """With the moments where they are those given the unit's value; others, and those of residuals, no peer serves."""
    of, w = _local("local_moran")(result), result.weights
    if result.values.shape[1] > 1:
        return _local("bivariate_local_moran")(result)
    frame = result.frame.reindex(w.ids)
    z = of.outcome.to_numpy(dtype=float)
    z = z - z.mean()
    square = float(z @ z)
    statistic = z * (w.sparse @ z) / square
    given = -(z**2) * np.asarray(w.sparse.sum(axis=1)).ravel() / square * of.n / (of.n - 1)
    linked = ~w.ids.isin(w.islands)

    def _are(column: str, numbers: np.ndarray) -> bool:
        return np.allclose(frame[column].to_numpy(dtype=float)[linked], numbers[linked], rtol=1e-9, atol=1e-12)

    unbiased = not _are("statistic", of.n * statistic) and _are("statistic", (of.n - 1) * statistic)
    if not unbiased and of.method not in NORMAL and _are("expected", given):
        return of
    ours = {name: value for name, value in of.ours.items() if name.startswith("statistic[")}
    return replace(of, ours=ours, method=UNBIASED if unbiased else of.method)


def _gamma(result: GammaResult) -> Subject:
    return _global(f"gamma_{result.measure}")(result)


def _local_joins(result: LocalJoinCountResult) -> Subject:
    """Of one variable, or bivariate or of colocation: told apart by what the statistic of the second would be."""
    if result.values.shape[1] == 1:
        return _local("local_join")(result)
    x, z = result.values.reindex(result.weights.ids).to_numpy(dtype=float).T
    both = x * z
    own = result.frame["statistic"].reindex(result.weights.ids).to_numpy(dtype=float)
    together = np.allclose(np.nan_to_num(own), both * (result.weights.sparse @ both), rtol=1e-9)
    return _local("local_join_colocation" if together else "local_join_bivariate")(result)


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
    codes, classes = classes_in_order(result.values, result.weights)
    values = pd.Series(codes, ids, name=result.values.name)
    return Subject("join_count", result.inference, values, pd.DataFrame(index=ids), result.weights, ours,
                   f"Join counts of classes {', '.join(map(str, classes))}, by number from 0",
                   terms=tuple(map(str, classes)))  # fmt: skip


def _of_fit(fit: Fit) -> Subject:
    design = fit.design
    kept = [place for place, term in enumerate(design.terms) if term != "Intercept"]
    names = [f"x{number + 1}" for number in range(len(kept))]
    columns = pd.DataFrame(design.X[:, kept], index=design.ids, columns=names)
    ours = {f"params[{term}]": float(value) for term, value in fit.params.items()}
    own = isinstance(fit, SpatialFit) and fit.covariance_code in OWN
    if not own:
        ours |= {f"std_errors[{term}]": float(value) for term, value in fit.std_errors.items()}
    ours |= {"sigma2": fit.sigma2, "log_likelihood": fit.log_likelihood}
    return Subject(
        fit.model, fit.method, pd.Series(design.y, design.ids, name=design.response), columns, fit.w or fit.error_w,
        {name: value for name, value in ours.items() if np.isfinite(value)}, f"{fit.model} by {fit.method}",
        error_w=fit.error_w, intercept=len(kept) < design.k,
        regimes=_classes(fit), plain=_plain(fit),
        terms=tuple(design.terms[place] for place in kept), own_errors=own,
    )  # fmt: skip


def _of_model(fit: Fit | PanelFit, kind: str, method: str, ours: dict[str, float], w: Weights | None) -> Subject:
    """What is made of a fit: `kind`, with the model itself in `of`; `w` where it is not that of the model."""
    of = of_panel_fit(fit) if isinstance(fit, PanelFit) else _of_fit(fit)
    told = {"specification": "specification tests of", "chow": "Chow tests of", "impacts": "impacts of"}[kind]
    by_panel = isinstance(fit, PanelFit)
    kept = {name: value for name, value in ours.items() if np.isfinite(value)}
    return replace(of, kind=f"panel_{kind}" if by_panel else kind, method=method, ours=kept, w=w or of.w, of=of,
                   own_errors=False, title=f"{told} {of.title}", plain=of.plain and not by_panel)  # fmt: skip


def _diagnostics(result: DiagnosticsResult) -> Subject:
    ours = {str(test): float(value) for test, value in result.frame["statistic"].items()}
    ours |= {"condition_number": result.condition_number}
    ours |= {f"vif[{term}]": float(value) for term, value in result.vif.items()}
    fit = result._fit
    found = _of_model(fit, "specification", fit.method, ours, result._w)
    if fit.method != "ols" or fit.design.observation_weights is not None or found.of is None:
        return replace(found, plain=found.plain and fit.covariance_code in PLAIN)
    # the tests are those of residuals, whatever the covariance of the coefficients
    return replace(found, w=result._w, plain=True, of=replace(found.of, plain=True))


def _panel_diagnostics(result: PanelDiagnostics) -> Subject:
    ours = {str(test): float(value) for test, value in result.frame["statistic"].items()}
    w, fit = result._w, result._fit
    one = w.by_period[0] if w is not None and w.constant and fit.design.stack.balanced else None
    found = _of_model(fit, "specification", "", ours, one)
    assert found.of is not None
    straight = found.of.kind in STRAIGHT and found.of.method in DUMMIES and fit.kind.rows is None
    return replace(found, method=found.of.method, w=one, plain=straight)


def _chow(result: ChowResult) -> Subject:
    frame = result.frame
    ours = {f"statistic[{name}]": float(value) for name, value in frame["statistic"].items()}
    divisors = frame["df"] if "df_resid" in frame else frame["df"] * 0 + 1  # F tests: Wald over its degrees of freedom
    found = _of_model(result._fit, "chow", ",".join(str(int(value)) for value in divisors), ours, None)
    return replace(found, plain=found.plain and result._fit.covariance_code in PLAIN)  # a test by the covariance


def _impacts(result: ImpactsResult) -> Subject:
    fit = result._engine.fit
    ours = {
        f"{effect}[{term}]": float(value)
        for effect in ("direct", "indirect", "total")
        for term, value in getattr(result, effect)["estimate"].items()
    }
    if not isinstance(fit, (Fit, PanelFit)):
        raise LabelTypeError(f"impacts are compared where they are those of a model, not of a {type(fit).__name__}.")
    return _of_model(fit, "impacts", fit.method if isinstance(fit, Fit) else "", ours, None)


def _plain(fit: Fit) -> bool:
    """Whether other programs can hold it: one W, a usual covariance, neither observation weights nor an exposure."""
    if fit.design.observation_weights is not None or (fit.w and fit.error_w and fit.w is not fit.error_w):
        return False
    if isinstance(fit, SpatialFit):
        return fit.covariance_code in (*PLAIN, *OWN)
    if isinstance(fit, PoissonFit):
        return fit.extra["exposure"] is None
    return isinstance(fit, (ErrorProcessFit, MessLagFit)) and fit.covariance_code in (*PLAIN, "gls")


def _classes(fit: Fit) -> int:
    """How many classes of units have coefficients of their own."""
    regimes = fit.design.regimes
    return 0 if regimes is None else fit.design.data[regimes].loc[fit.design.index].nunique()


_TESTS: dict[type, Callable[[Any], Subject]] = {
    MoranResult: _global("moran"),
    GearyResult: _global("geary"),
    GeneralGResult: _global("general_g"),
    LocalMoranResult: _local_moran,
    LocalGearyResult: _local("local_geary"),
    SeveralGearyResult: _local("several_local_geary"),
    LocalGResult: _local_g,
    LoshResult: _local("losh"),
    JoinCountResult: _join_counts,
    GammaResult: _gamma,
    ApleResult: _global("aple"),
    LeeResult: _global("lee"),
    CrossResult: _global("bivariate_moran"),
    LocalLeeResult: _local("local_lee"),
    LocalJoinCountResult: _local_joins,
    SurFit: of_sur,
    DiagnosticsResult: _diagnostics,
    PanelDiagnostics: _panel_diagnostics,
    ChowResult: _chow,
    ImpactsResult: _impacts,
    TiersResult: of_tiers,
    **OF_DISPARITY,
    **OF_SEVERAL,
    **OF_MOBILITY,
}
