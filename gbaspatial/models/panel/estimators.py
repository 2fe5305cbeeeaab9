"""The estimators of panels: a formula, a long frame and W in, a `PanelFit` out.

W is applied first, within each period, and effects are taken out after, so that the likelihood is
exact for any W. With ``correction="lee-yu"`` the degrees of freedom of the effects are taken off:
where the transformation of Lee and Yu exists this is their likelihood; elsewhere (W by period, rows
of W that do not sum to one beside effects of time, further effects, gaps) tr(M G) takes the place
of tr(G) in the score, which is the same where both exist.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Literal, TypedDict, Unpack

import numpy as np
import pandas as pd

from gbaspatial.errors import CollinearityError, OptionError, WeightsError, some
from gbaspatial.formula import is_intercept
from gbaspatial.formula.collinearity import check_rank
from gbaspatial.models.likelihood.problem import Estimate, maximize
from gbaspatial.models.panel.effect_kinds import Kind, effects_for, kind_of
from gbaspatial.models.panel.frame import PanelDesign, PanelWeights, read_panel, time_numbers, weights_of
from gbaspatial.models.panel.information_less_effects import Parts, clustered, information_apart, parts_of
from gbaspatial.models.panel.less_effects import PanelProblem, panel_problem
from gbaspatial.models.panel.panel_fit import SMALL, PanelFit
from gbaspatial.models.panel.panel_tests import serial_correlation
from gbaspatial.models.panel.sides import check_error_effects, check_informed_panel, leaves_effects, panel_side
from gbaspatial.models.panel.within import Effects
from gbaspatial.models.solve.logdet import window
from gbaspatial.options import flag, only, public, word

CORRECTIONS = ("lee-yu", "none")
COVARIANCES = ("classical", "information", "cluster")
SERIAL = 0.3  # of residuals, from which standard errors that overlook it are half or a third of the truth
_ABSORBED = 1e-10


class PanelOptions(TypedDict, total=False):
    """Options that the estimators of panels share.

    effects : ``"unit"`` (default), ``"time"``, ``"twoway"``, ``"pooled"``, or such as ``"unit + region:year"``
    (effects of each class of the column region in each year);
    correction : ``"lee-yu"`` or ``"none"``;
    covariance : ``"information"`` (``"classical"`` of least squares) or ``"cluster"`` (by unit; below fifty units
    of leaving a unit out); by default clusters where residuals are serially correlated above 0.3;
    unbalanced : ``"error"``, ``"common"`` (units that are there in all periods) or ``"keep"``.
    """

    effects: str
    correction: Literal["lee-yu", "none"]
    covariance: Literal["classical", "information", "cluster"] | None
    unbalanced: Literal["error", "common", "keep"]


@public
def panel_ols(formula: str, data: pd.DataFrame, w: Any = None, **options: Unpack[PanelOptions]) -> PanelFit:
    """Least squares on a panel, with effects taken out.

    Parameters
    ----------
    formula : str
        ``"y ~ x + L(x)"``; L(x) is x a period before, L(x, 2) two; with `w` also ``W(x)``, ``W(L(x))``.
    data : pandas.DataFrame
        Indexed by unit and time (whole numbers, such as years), in any order.
    w : Weights, mapping of period to Weights, or mapping of name to either, optional
        Needed only for ``W(x)``.
    **options
        `PanelOptions`: ``effects`` ("unit" by default, "time", "twoway", "pooled", "unit + region:year"),
        ``correction``, ``covariance``, ``unbalanced``.

    Returns
    -------
    PanelFit
        p-values from t, with rows less effects less coefficients, or units less one (clusters), degrees of freedom.

    Raises
    ------
    AlignmentError, MissingDataError, LabelTypeError
        For rows that do not fit; nothing is dropped unasked.
    CollinearityError
        If effects absorb a regressor.

    Examples
    --------
    >>> index = pd.MultiIndex.from_product([list("abc"), [2000, 2001, 2002]], names=["city", "year"])
    >>> data = pd.DataFrame({"x": [0.0, 1, 3, 2, 2, 5, 1, 4, 3]}, index=index)
    >>> data["y"] = 2 * data["x"] + [0, 1, 0, 5, 5, 6, 9, 9, 8]
    >>> panel_ols("y ~ x", data, effects="unit").params.round(3).to_dict()
    {'x': 2.087}
    """
    return _fit("panel_ols", formula, data, w, False, dict(options))


@public
def panel_slx(
    formula: str, data: pd.DataFrame, w: Any, *, durbin: bool = True, **options: Unpack[PanelOptions]
) -> PanelFit:
    """Least squares on regressors and their spatial lags, with effects taken out.

    Parameters
    ----------
    formula : str
        ``"y ~ x + L(x)"``; L(x) is x a period before, ``W(x)`` its spatial lag.
    data : pandas.DataFrame
        Indexed by unit and time (whole numbers, such as years), in any order.
    w : Weights, mapping of period to Weights, or mapping of name to either
        W, used as given; by period it may change.
    durbin : bool
        Adds the spatial lag of every regressor; False takes only the lags that are written.
    **options
        `PanelOptions`: ``effects`` ("unit" by default, "time", "twoway", "pooled", "unit + region:year"),
        ``correction``, ``covariance``, ``unbalanced``.

    Returns
    -------
    PanelFit

    Raises
    ------
    AlignmentError, MissingDataError, LabelTypeError
        For rows that do not fit; nothing is dropped unasked.
    CollinearityError
        If effects absorb a regressor.

    References
    ----------
    Halleck Vega, S. and Elhorst, J. P. (2015). The SLX model. Journal of Regional Science 55(3).

    Examples
    --------
    >>> from gbaspatial.weights import Weights
    >>> w = Weights(np.eye(6, k=1) + np.eye(6, k=-1), list("abcdef")).row_standardized()
    >>> index = pd.MultiIndex.from_product([list("abcdef"), range(2000, 2006)], names=["city", "year"])
    >>> random = np.random.default_rng(1)
    >>> data = pd.DataFrame(random.normal(size=(36, 2)), index=index, columns=["y", "x"])
    >>> fit = panel_slx("y ~ x", data, w, effects="unit")
    >>> list(fit.params.index)
    ['x', 'W(x)']
    """
    return _fit("panel_slx", formula, data, w, durbin, dict(options))


@public
def panel_lag(
    formula: str, data: pd.DataFrame, w: Any, *, durbin: bool = False, **options: Unpack[PanelOptions]
) -> PanelFit:
    """The spatial lag model of a panel, y_t = rho W_t y_t + X_t b + effects + e_t, by maximum likelihood.

    Parameters
    ----------
    formula : str
        ``"y ~ x + L(x)"``; ``"y ~ x + W(x)"`` or ``durbin=True`` is the Durbin model.
    data : pandas.DataFrame
        Indexed by unit and time (whole numbers, such as years), in any order.
    w : Weights, mapping of period to Weights, or mapping of name to either
        W, used as given; by period it may change.
    durbin : bool
        Adds the spatial lag of every regressor.
    **options
        `PanelOptions`: ``effects`` ("unit" by default, "time", "twoway", "pooled", "unit + region:year"),
        ``correction``, ``covariance``, ``unbalanced``.

    Returns
    -------
    PanelFit

    Raises
    ------
    AlignmentError, MissingDataError, LabelTypeError
        For rows that do not fit; nothing is dropped unasked.
    CollinearityError
        If effects absorb a regressor.
    ConvergenceError
        If the likelihood has no maximum in the admissible interval.

    References
    ----------
    Lee, L.-F. and Yu, J. (2010). Estimation of spatial autoregressive panel data models with fixed effects. Journal
    of Econometrics 154(2).
    Elhorst, J. P. (2014). Spatial Econometrics: From Cross-Sectional Data to Spatial Panels. Springer.

    Examples
    --------
    >>> import gbaspatial as gba
    >>> panel = gba.load_panel().loc[:, ["gdp_pc_cny", "employment"]].dropna()
    >>> w = gba.weights.contiguity(gba.load_cities(year=2019), links=2019).row_standardized()
    >>> fit = gba.models.panel_lag("log(gdp_pc_cny) ~ log(employment)", panel, w, effects="twoway", unbalanced="keep")
    >>> list(fit.params.index)
    ['log(employment)', 'rho']
    """
    return _fit("panel_durbin" if durbin else "panel_lag", formula, data, w, durbin, dict(options), lagged=True)


@public
def panel_error(
    formula: str, data: pd.DataFrame, w: Any, *, durbin: bool = False, **options: Unpack[PanelOptions]
) -> PanelFit:
    """The spatial error model of a panel, u_t = lambda W u_t + e_t; arguments as `panel_lag`.

    Parameters
    ----------
    formula : str
        ``"y ~ x + L(x)"``; L(x) is x a period before, ``W(x)`` its spatial lag.
    data : pandas.DataFrame
        Indexed by unit and time (whole numbers, such as years), in any order.
    w : Weights, mapping of period to Weights, or mapping of name to either
        W, used as given; by period it may change.
    durbin : bool
        Adds the spatial lag of every regressor.
    **options
        `PanelOptions`: ``effects`` ("unit" by default, "time", "twoway", "pooled", "unit + region:year"),
        ``correction``, ``covariance``, ``unbalanced``.

    Returns
    -------
    PanelFit

    Raises
    ------
    AlignmentError, MissingDataError, LabelTypeError
        For rows that do not fit; nothing is dropped unasked.
    CollinearityError
        If effects absorb a regressor.

    References
    ----------
    Lee, L.-F. and Yu, J. (2010). Estimation of spatial autoregressive panel data models with fixed effects. Journal
    of Econometrics 154(2).

    Examples
    --------
    >>> from gbaspatial.weights import Weights
    >>> w = Weights(np.eye(6, k=1) + np.eye(6, k=-1), list("abcdef")).row_standardized()
    >>> index = pd.MultiIndex.from_product([list("abcdef"), range(2000, 2006)], names=["city", "year"])
    >>> random = np.random.default_rng(1)
    >>> data = pd.DataFrame(random.normal(size=(36, 2)), index=index, columns=["y", "x"])
    >>> fit = panel_error("y ~ x", data, w, effects="unit")
    >>> list(fit.params.index)
    ['x', 'lambda']
    """
    return _fit("panel_durbin_error" if durbin else "panel_error", formula, data, w, durbin, dict(options), erred=True)


@public
def panel_sarar(
    formula: str,
    data: pd.DataFrame,
    w: Any,
    *,
    error_w: Any = None,
    durbin: bool = False,
    **options: Unpack[PanelOptions],
) -> PanelFit:
    """Spatial lag and error of a panel; `error_w` is the W of the error (W by default).

    Parameters
    ----------
    formula : str
        ``"y ~ x + L(x)"``; L(x) is x a period before, ``W(x)`` its spatial lag.
    data : pandas.DataFrame
        Indexed by unit and time (whole numbers, such as years), in any order.
    w : Weights, mapping of period to Weights, or mapping of name to either
        W, used as given; by period it may change.
    error_w : Weights, optional
        The W of the error; by default that of the lag.
    durbin : bool
        Adds the spatial lag of every regressor.
    **options
        `PanelOptions`: ``effects`` ("unit" by default, "time", "twoway", "pooled", "unit + region:year"),
        ``correction``, ``covariance``, ``unbalanced``.

    Returns
    -------
    PanelFit

    Raises
    ------
    AlignmentError, MissingDataError, LabelTypeError
        For rows that do not fit; nothing is dropped unasked.
    CollinearityError
        If effects absorb a regressor.

    References
    ----------
    Lee, L.-F. and Yu, J. (2010). Estimation of spatial autoregressive panel data models with fixed effects. Journal
    of Econometrics 154(2).

    Examples
    --------
    >>> from gbaspatial.weights import Weights
    >>> w = Weights(np.eye(6, k=1) + np.eye(6, k=-1), list("abcdef")).row_standardized()
    >>> index = pd.MultiIndex.from_product([list("abcdef"), range(2000, 2006)], names=["city", "year"])
    >>> random = np.random.default_rng(1)
    >>> data = pd.DataFrame(random.normal(size=(36, 2)), index=index, columns=["y", "x"])
    >>> fit = panel_sarar("y ~ x", data, w, effects="unit")
    >>> list(fit.params.index)
    ['x', 'rho', 'lambda']
    """
    name = "panel_gns" if durbin else "panel_sarar"
    return _fit(name, formula, data, w, durbin, dict(options), lagged=True, erred=True, error_w=error_w)


@public
def panel_durbin(formula: str, data: pd.DataFrame, w: Any, **options: Unpack[PanelOptions]) -> PanelFit:
    """The spatial Durbin model of a panel: `panel_lag` with the lag of every regressor.

    Parameters
    ----------
    formula : str
        ``"y ~ x + L(x)"``; L(x) is x a period before, ``W(x)`` its spatial lag.
    data : pandas.DataFrame
        Indexed by unit and time (whole numbers, such as years), in any order.
    w : Weights, mapping of period to Weights, or mapping of name to either
        W, used as given; by period it may change.
    **options
        `PanelOptions`: ``effects`` ("unit" by default, "time", "twoway", "pooled", "unit + region:year"),
        ``correction``, ``covariance``, ``unbalanced``.

    Returns
    -------
    PanelFit

    Raises
    ------
    AlignmentError, MissingDataError, LabelTypeError
        For rows that do not fit; nothing is dropped unasked.
    CollinearityError
        If effects absorb a regressor.

    References
    ----------
    Elhorst, J. P. (2014). Spatial Econometrics: From Cross-Sectional Data to Spatial Panels. Springer.

    Examples
    --------
    >>> from gbaspatial.weights import Weights
    >>> w = Weights(np.eye(6, k=1) + np.eye(6, k=-1), list("abcdef")).row_standardized()
    >>> index = pd.MultiIndex.from_product([list("abcdef"), range(2000, 2006)], names=["city", "year"])
    >>> random = np.random.default_rng(1)
    >>> data = pd.DataFrame(random.normal(size=(36, 2)), index=index, columns=["y", "x"])
    >>> fit = panel_durbin("y ~ x", data, w, effects="unit")
    >>> list(fit.params.index)
    ['x', 'W(x)', 'rho']
    """
    return panel_lag(formula, data, w, durbin=True, **options)


@public
def panel_durbin_error(formula: str, data: pd.DataFrame, w: Any, **options: Unpack[PanelOptions]) -> PanelFit:
    """The spatial Durbin error model of a panel: `panel_error` with the lag of every regressor.

    Parameters
    ----------
    formula : str
        ``"y ~ x + L(x)"``; L(x) is x a period before, ``W(x)`` its spatial lag.
    data : pandas.DataFrame
        Indexed by unit and time (whole numbers, such as years), in any order.
    w : Weights, mapping of period to Weights, or mapping of name to either
        W, used as given; by period it may change.
    **options
        `PanelOptions`: ``effects`` ("unit" by default, "time", "twoway", "pooled", "unit + region:year"),
        ``correction``, ``covariance``, ``unbalanced``.

    Returns
    -------
    PanelFit

    Raises
    ------
    AlignmentError, MissingDataError, LabelTypeError
        For rows that do not fit; nothing is dropped unasked.
    CollinearityError
        If effects absorb a regressor.

    References
    ----------
    LeSage, J. (2014). What regional scientists need to know about spatial econometrics. Review of Regional Studies 44.

    Examples
    --------
    >>> from gbaspatial.weights import Weights
    >>> w = Weights(np.eye(6, k=1) + np.eye(6, k=-1), list("abcdef")).row_standardized()
    >>> index = pd.MultiIndex.from_product([list("abcdef"), range(2000, 2006)], names=["city", "year"])
    >>> random = np.random.default_rng(1)
    >>> data = pd.DataFrame(random.normal(size=(36, 2)), index=index, columns=["y", "x"])
    >>> fit = panel_durbin_error("y ~ x", data, w, effects="unit")
    >>> list(fit.params.index)
    ['x', 'W(x)', 'lambda']
    """
    return panel_error(formula, data, w, durbin=True, **options)


@public
def panel_gns(
    formula: str, data: pd.DataFrame, w: Any, *, error_w: Any = None, **options: Unpack[PanelOptions]
) -> PanelFit:
    """The general nesting model of a panel: `panel_sarar` with the lag of every regressor.

    Parameters
    ----------
    formula : str
        ``"y ~ x + L(x)"``; L(x) is x a period before, ``W(x)`` its spatial lag.
    data : pandas.DataFrame
        Indexed by unit and time (whole numbers, such as years), in any order.
    w : Weights, mapping of period to Weights, or mapping of name to either
        W, used as given; by period it may change.
    error_w : Weights, optional
        The W of the error; by default that of the lag.
    **options
        `PanelOptions`: ``effects`` ("unit" by default, "time", "twoway", "pooled", "unit + region:year"),
        ``correction``, ``covariance``, ``unbalanced``.

    Returns
    -------
    PanelFit

    Raises
    ------
    AlignmentError, MissingDataError, LabelTypeError
        For rows that do not fit; nothing is dropped unasked.
    CollinearityError
        If effects absorb a regressor.

    References
    ----------
    Elhorst, J. P. (2014). Spatial Econometrics: From Cross-Sectional Data to Spatial Panels. Springer.

    Examples
    --------
    >>> from gbaspatial.weights import Weights
    >>> w = Weights(np.eye(6, k=1) + np.eye(6, k=-1), list("abcdef")).row_standardized()
    >>> index = pd.MultiIndex.from_product([list("abcdef"), range(2000, 2006)], names=["city", "year"])
    >>> random = np.random.default_rng(1)
    >>> data = pd.DataFrame(random.normal(size=(36, 2)), index=index, columns=["y", "x"])
    >>> fit = panel_gns("y ~ x", data, w, effects="unit")
    >>> list(fit.params.index)
    ['x', 'W(x)', 'rho', 'lambda']
    """
    return panel_sarar(formula, data, w, error_w=error_w, durbin=True, **options)


# -- from the door to the cellar ------------------------------------------------------------
def _fit(
    name: str,
    formula: str,
    data: pd.DataFrame,
    w: Any,
    durbin: bool,
    options: dict[str, Any],
    *,
    lagged: bool = False,
    erred: bool = False,
    error_w: Any = None,
) -> PanelFit:
    only(options, PanelOptions.__annotations__, f"{name}()")
    corrected = word(options.get("correction", "lee-yu"), CORRECTIONS, "correction") == "lee-yu"
    covariance = options.get("covariance")
    if covariance is not None:
        word(covariance, COVARIANCES, "covariance")
    if w is None and name != "panel_ols":
        raise OptionError("a spatial model needs weights: give a W, such as gba.weights.contiguity(data).")
    time_name = data.index.names[-1] if isinstance(data, pd.DataFrame) else None
    kind = kind_of(options.get("effects", "unit"), time_name)
    unbalanced = options.get("unbalanced", "error")
    design = read_panel(formula, data, w, durbin=flag(durbin, "durbin"), unbalanced=unbalanced)
    effects = effects_for(kind, design, data)
    design = _less_absorbed(design, effects, kind)
    W1 = design.weights["W"] if lagged else None
    W2 = None if not erred else design.weights["W"] if error_w is None else weights_of(error_w, design, "error_w")
    _check_weights(W1, W2, design, effects, kind)
    model = _problem(design, W1, W2, effects, corrected)
    at = maximize(model)
    notes = [*design.notes, *_correction_notes(W1, W2, effects, corrected), *_edge_notes(at, model)]
    if design.stack.n < SMALL and effects.rank and (lagged or erred):
        notes.append(_other_correction(design, W1, W2, effects, corrected))
    return _wrapped(name, kind, design, model, at, W1, W2, corrected, covariance, tuple(notes))


def _problem(
    design: PanelDesign, w: PanelWeights | None, error_w: PanelWeights | None, effects: Effects, corrected: bool
) -> PanelProblem:
    off = effects if corrected else None
    one = panel_side(w, off) if w is not None else None
    two = one if error_w is w else panel_side(error_w, off) if error_w is not None else None
    return panel_problem(design.y, design.X, one, two, effects, corrected=corrected)


def _less_absorbed(design: PanelDesign, effects: Effects, kind: Kind) -> PanelDesign:
    """The design without the intercept that effects absorb; raise for other columns that they absorb."""
    if effects.rank == 0:
        check_rank(design.X, design.terms)
        return design
    kept = [place for place, term in enumerate(design.terms) if not is_intercept(term)]
    X = design.X[:, kept]
    terms = tuple(design.terms[place] for place in kept)
    if not kept:
        raise CollinearityError("the formula has no regressor beside the effects; there is nothing to estimate.")
    left = effects.take_out(X)
    gone = [t for t, x, m in zip(terms, X.T, left.T, strict=True) if np.abs(m).max() <= _ABSORBED * np.abs(x).max()]
    if gone:
        within = " vary over time within units" if kind.unit and not kind.time else " vary otherwise"
        time = design.periods.name or "time"
        raise CollinearityError(
            f"{kind.told} effects absorb {some(gone)}, which do{'es' * (len(gone) == 1)} not{within}, so the "
            f"coefficient cannot be told; leave it out, or take its product with time, such as {gone[0]}:{time}."
        )
    if effects.rank + len(kept) >= design.n:
        raise CollinearityError(
            f"{effects.rank} effects and {len(kept)} regressors are as many as the {design.n} rows; take fewer."
        )
    check_rank(left, terms)
    return replace(design, X=X, terms=terms, columns=tuple(design.columns[place] for place in kept))


def _check_weights(
    w: PanelWeights | None, error_w: PanelWeights | None, design: PanelDesign, effects: Effects, kind: Kind
) -> None:
    for name, given in (("rho", w), ("lambda", error_w)):
        if given is None:
            continue
        if all(one.n_links == 0 for one in given.different):
            raise WeightsError("W has no links, so there is nothing spatial to estimate; build it with other options.")
        if error_w is not None:
            check_error_effects(given, effects, kind.told)
        check_informed_panel(name, design.X, given.sparse, effects)


def _wrapped(
    name: str, kind: Kind, design: PanelDesign, model: PanelProblem, at: Estimate, w: PanelWeights | None,
    error_w: PanelWeights | None, corrected: bool, covariance: str | None, notes: tuple[str, ...],
) -> PanelFit:  # fmt: skip
    parts = parts_of(model, at)
    serial = serial_correlation(parts.e, design.stack.unit, time_numbers(design.periods)[design.stack.period])
    if covariance is None:
        covariance = "cluster" if serial > SERIAL else "information"
        if covariance == "cluster":
            notes += (
                f"Standard errors are clustered by unit because residuals are serially correlated ({serial:.2f}); "
                f"covariance='information' overlooks that.",
            )
    spatial = {n: v for n, v, there in (("rho", at.rho, w), ("lambda", at.lam, error_w)) if there is not None}
    df_resid = design.n - model.effects.rank - design.k
    variance, told, df = _variance(model, at, parts, covariance, corrected, df_resid)
    for term in at.edges:
        place = design.k + list(spatial).index(term)
        variance[place, :] = variance[:, place] = np.nan
    terms = [*design.terms, *spatial]
    sse = float(parts.e @ parts.e)
    return PanelFit(
        model=name, kind=kind, correction="lee-yu" if corrected else "none", design=design,
        params=pd.Series([*at.beta, *spatial.values()], index=terms, name="estimate", dtype=float),
        covariance=pd.DataFrame(variance, index=terms, columns=terms), sigma2=at.sigma2 if spatial else sse / df_resid,
        log_likelihood=at.log_likelihood, residuals=design.label(parts.e, "residuals"),
        effects=_labelled_effects(design, model.effects, kind, parts.eta - design.X @ at.beta),
        absorbed=model.effects.rank, count=model.n, covariance_kind=told, df=df, df_resid=df_resid,
        serial_correlation=serial, problem=model, w=w, error_w=error_w, edges=at.edges, notes=notes,
    )  # fmt: skip


def _variance(
    model: PanelProblem, at: Estimate, parts: Parts, covariance: str, corrected: bool, df_resid: int
) -> tuple[np.ndarray, str, float | None]:
    """The covariance without sigma2, how to call it, and the degrees of freedom of t."""
    apart = information_apart(model, at, parts, corrected)
    spatial = model.lag is not None or model.error is not None
    n = model.effects.stack.n
    if covariance == "cluster":
        few = n < SMALL
        matrix = clustered(model, at, parts, apart, corrected, few)[:-1, :-1]
        told = f"clustered by unit ({n} clusters{', leaving one out: CR3' if few else ''})"
        return matrix, told, float(n - 1)
    matrix = apart.covariance()[:-1, :-1]
    if not spatial:
        return matrix * (model.n / df_resid), "classical", float(df_resid)
    exact = apart.error == 0
    return matrix, "information matrix" + ("" if exact else f", traces by probes (error {apart.error:.1e})"), None


def _labelled_effects(design: PanelDesign, effects: Effects, kind: Kind, total: np.ndarray) -> pd.Series:
    """The effects from what they sum to (m,) in each row."""
    by_unit, by_cell = effects.split(total)
    if by_unit is None and by_cell is None:
        return pd.Series(dtype=float, name="effect")
    parts = {}
    if by_unit is not None:
        parts["unit"] = pd.Series(by_unit, index=design.units)
    if by_cell is not None:
        stack = design.stack
        assert effects.cells is not None
        first = np.unique(effects.cells, return_index=True)[1]
        labels = design.periods[stack.period[first]]
        if kind.groups is not None:
            assert effects.group_labels is not None
            names = effects.group_labels[stack.unit[first]]
            index = pd.MultiIndex.from_arrays([names, labels], names=[kind.groups, design.periods.name])
            parts[f"{kind.groups} by time"] = pd.Series(by_cell, index=[f"{a} ({b})" for a, b in index])
        else:
            parts["time"] = pd.Series(by_cell, index=labels)
    if len(parts) == 1:
        return next(iter(parts.values())).rename("effect")
    return pd.concat(parts, names=["effect", "label"]).rename("effect")


# -- what a reader must know ------------------------------------------------------------------
def _correction_notes(
    w: PanelWeights | None, error_w: PanelWeights | None, effects: Effects, corrected: bool
) -> list[str]:
    if effects.rank == 0 or (w is None and error_w is None):
        return []
    if not corrected:
        return ["Not corrected for the degrees of freedom of the effects: sigma2 is too small."]
    if all(leaves_effects(one, effects) for one in (w, error_w) if one is not None):
        return [f"Likelihood of the outcome less {effects.rank} effects (the transformation of Lee and Yu 2010)."]
    return [
        f"Adjusted score, less {effects.rank} effects: the transformation of Lee and Yu (2010) does not exist for this "
        f"W and these effects; the log-likelihood is the one whose slope that score is."
    ]


def _other_correction(
    design: PanelDesign, w: PanelWeights | None, error_w: PanelWeights | None, effects: Effects, corrected: bool
) -> str:
    """Below fifty units: the estimates with the other choice of correction."""
    at = maximize(_problem(design, w, error_w, effects, not corrected))
    values = [("rho", at.rho, w), ("lambda", at.lam, error_w)]
    told = ", ".join(f"{name} = {value:.4f}" for name, value, there in values if there is not None)
    how = "Without the correction" if corrected else "Corrected (lee-yu)"
    return f"{how}: {told}, sigma2 = {at.sigma2:.4g}."


def _edge_notes(at: Estimate, model: PanelProblem) -> list[str]:
    notes = []
    for name, value, side in (("rho", at.rho, model.lag), ("lambda", at.lam, model.error)):
        if name in at.edges and side is not None:
            low, high = window(side.interval)
            notes.append(
                f"{name} = {value:.6g} lies at the edge of the interval ({low:.6g}, {high:.6g}) that was searched, so "
                f"no standard error is given."
            )
    return notes
