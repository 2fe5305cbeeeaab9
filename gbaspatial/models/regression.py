"""The estimators: a formula, data and W in, a `Fit` out.

Each function reads the formula (`design`), sets up the likelihood (`problem_of`) and wraps
its maximum. Which spatial parameters a model has is all that tells the models apart.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any, Literal, TypedDict, Unpack

import numpy as np
import pandas as pd

from gbaspatial.errors import OptionError, WeightsError
from gbaspatial.formula import Design, design as read_design, in_order
from gbaspatial.models import covariance as covariances
from gbaspatial.models.fit import Fit, build
from gbaspatial.models.fitted import INFERENCES, Inference
from gbaspatial.models.likelihood.identification import check_informed, cut_note
from gbaspatial.models.likelihood.information import information_apart
from gbaspatial.models.likelihood.of_design import problem_of
from gbaspatial.models.likelihood.problem import Estimate, Problem, log_likelihood, maximize, problem, solution
from gbaspatial.models.solve.logdet import METHODS, window
from gbaspatial.models.solve.origin import Centered, Ground, refuse_perfect
from gbaspatial.models.spatial_fit import LeastSquaresByRegime, LeastSquaresFit, LikelihoodByRegime, LikelihoodFit
from gbaspatial.options import flag, only, public, unused, word
from gbaspatial.weights import Weights, as_weights

if TYPE_CHECKING:
    from gbaspatial.weights.core import WeightsGiven

Method = Literal["ml", "gmm"]
KERNEL_OPTIONS = ("kernel", "neighbors", "bandwidth_km", "coordinates")
Covariance = Literal["classical", "information", "sandwich", "HC0", "HC1", "HC3", "hac"]


class Options(TypedDict, total=False):
    """Options that the estimators share.

    weights : column or Series of observation weights (variance sigma2 / weight);
    regimes : column of classes; covariance, kernel, neighbors, bandwidth_km, coordinates :
    kind of standard errors; logdet : how log|I - rho W| is computed; inference : where
    p-values and intervals come from (``"recommended"`` or ``"asymptotic"``).
    """

    weights: pd.Series | str | None
    regimes: str | None
    covariance: Covariance | None
    kernel: str
    neighbors: int
    bandwidth_km: float
    coordinates: Any
    logdet: str
    inference: Inference


@public
def ols(formula: str, data: pd.DataFrame, w: WeightsGiven | None = None, **options: Unpack[Options]) -> Fit:
    """Least squares.

    Parameters
    ----------
    formula : str
        ``"y ~ x + C(tier)"``; with `w` also ``W(x)``.
    data : pandas.DataFrame
        One row per unit, indexed by unit.
    w : Weights, optional
        Needed only for ``W(x)``.
    **options
        `weights`, `regimes`, `covariance` (``"HC0"``, ``"HC1"``, ``"HC3"``, ``"hac"``) with
        `kernel`, `neighbors`, `bandwidth_km`, `coordinates`; see `Options`.

    Returns
    -------
    Fit
        p-values and intervals from t with n - k degrees of freedom.

    Raises
    ------
    FormulaError, AlignmentError, MissingDataError, DataError, CollinearityError
        For input that cannot be used; nothing is dropped.
    OptionError
        If an option is not known or does not apply, such as `kernel` without ``covariance="hac"``.

    Examples
    --------
    >>> data = pd.DataFrame({"y": [1.0, 2, 4, 4], "x": [0.0, 1, 2, 3]}, index=list("abcd"))
    >>> ols("y ~ x", data).params.round(3).to_dict()
    {'Intercept': 1.1, 'x': 1.1}
    """
    return _least_squares("ols", formula, data, w, False, options)


@public
def slx(formula: str, data: pd.DataFrame, w: WeightsGiven, *, durbin: bool = True, **options: Unpack[Options]) -> Fit:
    """Least squares on regressors and their spatial lags: y = X b + W X g + e.

    Parameters
    ----------
    formula : str
        ``"y ~ x + C(tier)"``; ``W(x)`` is the spatial lag of a regressor. See docs/models.md for what a formula may
        say.
    data : pandas.DataFrame
        One row per unit, indexed by unit; matched with W by label, in any order.
    w : Weights or mapping of str to Weights
        W, used as given; the first of a mapping is the model's, others serve ``W2(x)``.
    durbin : bool
        The lag of every regressor; False takes only the lags that are written as ``W(x)``.
    **options
        Of `Options`: `weights`, `regimes`, `covariance` (``"HC0"``, ``"HC1"``, ``"HC3"``, ``"hac"`` with `kernel`,
        `neighbors`, `bandwidth_km`, `coordinates`) and `inference`.

    Returns
    -------
    Fit
        With the coefficients of the lags under ``W(x)``; they are the indirect impacts.

    Raises
    ------
    FormulaError, AlignmentError, MissingDataError, DataError, CollinearityError
        For input that cannot be used; nothing is dropped.
    OptionError
        If an option is not known or does not apply.

    References
    ----------
    Halleck Vega, S. and Elhorst, J. P. (2015). The SLX model. Journal of Regional Science 55, 339-363.

    Examples
    --------
    >>> from gbaspatial.weights import Weights
    >>> chain = Weights(np.eye(9, k=1) + np.eye(9, k=-1), list("abcdefghi")).row_standardized()
    >>> data = pd.DataFrame({"y": [1.0, 2, 2, 3, 7, 8, 6, 7, 8], "x": [0.0, 2, 1, 2, 4, 3, 1, 0, 2]}, index=chain.ids)
    >>> slx("y ~ x", data, chain).params.round(3).to_dict()
    {'Intercept': 4.218, 'x': 0.989, 'W(x)': -0.586}
    """
    return _least_squares("slx", formula, data, w, durbin, options)


@public
def lag(
    formula: str,
    data: pd.DataFrame,
    w: WeightsGiven,
    *,
    method: Method = "ml",
    durbin: bool = False,
    **options: Any,
) -> Fit:
    """The spatial lag model y = rho W y + X b + e.

    Parameters
    ----------
    formula : str
        ``"y ~ x"``; ``"y ~ x + W(x)"`` or ``durbin=True`` is the Durbin model.
    data : pandas.DataFrame
        One row per unit, indexed by unit.
    w : Weights or mapping of str to Weights
        W, used as given; the first of a mapping is the model's, others serve ``W2(x)``.
    method : {"ml", "gmm"}
        Maximum likelihood, or generalized moments with W X and W^2 X as instruments.
    durbin : bool
        Adds the lag of every regressor.
    **options
        Of `Options`: `weights` (a column or Series of observation weights), `regimes` (a column of classes),
        `covariance`, `logdet` (how log|I - rho W| is computed), `inference` (``"recommended"`` or ``"asymptotic"``);
        with ``method="gmm"`` those of `gbaspatial.models.gmm`.

    Returns
    -------
    Fit
        With ``rho``; standard errors from the information matrix.

    Raises
    ------
    FormulaError, AlignmentError, MissingDataError, DataError, CollinearityError
        For input that cannot be used; nothing is dropped.
    WeightsError
        If W has no links, or says nothing of the spatial parameters.
    ConvergenceError
        If the likelihood has no maximum in the admissible interval of W.

    References
    ----------
    Ord, K. (1975). Estimation methods for models of spatial interaction. Journal of the American Statistical
    Association 70, 120-126.
    Anselin, L. (1988). Spatial Econometrics: Methods and Models. Kluwer.

    Examples
    --------
    >>> from gbaspatial.weights import Weights
    >>> chain = Weights(np.eye(6, k=1) + np.eye(6, k=-1), list("abcdef")).row_standardized()
    >>> data = pd.DataFrame({"y": [1.0, 2, 2, 3, 5, 4], "x": [0.0, 2, 1, 2, 4, 3]}, index=list("abcdef"))
    >>> round(lag("y ~ x", data, chain).rho, 3)
    0.288
    """
    return _spatial("durbin" if durbin else "lag", formula, data, w, method, durbin, dict(options), lagged=True)


@public
def error(
    formula: str, data: pd.DataFrame, w: WeightsGiven, *, method: Method = "ml", durbin: bool = False, **options: Any
) -> Fit:
    """The spatial error model y = X b + u, u = lambda W u + e.

    Parameters
    ----------
    formula : str
        ``"y ~ x + C(tier)"``; ``W(x)`` is the spatial lag of a regressor. See docs/models.md for what a formula may
        say.
    data : pandas.DataFrame
        One row per unit, indexed by unit; matched with W by label, in any order.
    w : Weights or mapping of str to Weights
        W, used as given; the first of a mapping is the model's, others serve ``W2(x)``.
    method : {"ml", "gmm"}
        Maximum likelihood, or generalized moments with W X and W^2 X as instruments.
    durbin : bool
        Adds the lag of every regressor.
    **options
        Of `Options`: `weights` (a column or Series of observation weights), `regimes` (a column of classes),
        `covariance`, `logdet` (how log|I - rho W| is computed), `inference` (``"recommended"`` or ``"asymptotic"``);
        with ``method="gmm"`` those of `gbaspatial.models.gmm`.

    Returns
    -------
    Fit
        With ``lambda_``; standard errors from the information matrix.

    Raises
    ------
    FormulaError, AlignmentError, MissingDataError, DataError, CollinearityError
        For input that cannot be used; nothing is dropped.
    WeightsError
        If W has no links, or says nothing of the spatial parameters.
    ConvergenceError
        If the likelihood has no maximum in the admissible interval of W.

    References
    ----------
    Ord, K. (1975). Estimation methods for models of spatial interaction. Journal of the American Statistical
    Association 70, 120-126.
    Anselin, L. (1988). Spatial Econometrics: Methods and Models. Kluwer.

    Examples
    --------
    >>> from gbaspatial.weights import Weights
    >>> chain = Weights(np.eye(9, k=1) + np.eye(9, k=-1), list("abcdefghi")).row_standardized()
    >>> data = pd.DataFrame({"y": [1.0, 2, 2, 3, 7, 8, 6, 7, 8], "x": [0.0, 2, 1, 2, 4, 3, 1, 0, 2]}, index=chain.ids)
    >>> round(error("y ~ x", data, chain).lambda_, 3)
    0.828
    """
    name = "durbin_error" if durbin else "error"
    return _spatial(name, formula, data, w, method, durbin, dict(options), erred=True)


@public
def sarar(
    formula: str,
    data: pd.DataFrame,
    w: WeightsGiven,
    *,
    error_w: WeightsGiven | None = None,
    method: Method = "ml",
    durbin: bool = False,
    **options: Any,
) -> Fit:
    """Spatial lag and spatial error: y = rho W y + X b + u, u = lambda W2 u + e.

    Parameters
    ----------
    formula : str
        ``"y ~ x + C(tier)"``; ``W(x)`` is the spatial lag of a regressor. See docs/models.md for what a formula may
        say.
    data : pandas.DataFrame
        One row per unit, indexed by unit; matched with W by label, in any order.
    w : Weights or mapping of str to Weights
        W, used as given; the first of a mapping is the model's, others serve ``W2(x)``.
    error_w : Weights, optional
        W2, the weights of the errors; W by default.
    method : {"ml", "gmm"}
        Maximum likelihood, or generalized moments with W X and W^2 X as instruments.
    durbin : bool
        Adds the lag of every regressor.
    **options
        Of `Options`: `weights` (a column or Series of observation weights), `regimes` (a column of classes),
        `covariance`, `logdet` (how log|I - rho W| is computed), `inference` (``"recommended"`` or ``"asymptotic"``);
        with ``method="gmm"`` those of `gbaspatial.models.gmm`.

    Returns
    -------
    Fit
        With ``rho`` and ``lambda_``; standard errors from the information matrix.

    Raises
    ------
    FormulaError, AlignmentError, MissingDataError, DataError, CollinearityError
        For input that cannot be used; nothing is dropped.
    WeightsError
        If W has no links, or says nothing of the spatial parameters.
    ConvergenceError
        If the likelihood has no maximum in the admissible interval of W.

    References
    ----------
    Anselin, L. (1988). Spatial Econometrics: Methods and Models. Kluwer.
    Kelejian, H. H. and Prucha, I. R. (1998). A generalized spatial two-stage least squares procedure for estimating a
    spatial autoregressive model with autoregressive disturbances. Journal of Real Estate Finance and Economics 17,
    99-121.

    Examples
    --------
    >>> from gbaspatial.weights import Weights
    >>> chain = Weights(np.eye(9, k=1) + np.eye(9, k=-1), list("abcdefghi")).row_standardized()
    >>> data = pd.DataFrame({"y": [1.0, 2, 2, 3, 7, 8, 6, 7, 8], "x": [0.0, 2, 1, 2, 4, 3, 1, 0, 2]}, index=chain.ids)
    >>> fit = sarar("y ~ x", data, chain)
    >>> round(fit.rho, 3), round(fit.lambda_, 3)
    (0.433, 0.649)
    """
    name = "gns" if durbin else "sarar"
    return _spatial(name, formula, data, w, method, durbin, dict(options), lagged=True, erred=True, error_w=error_w)


@public
def durbin(formula: str, data: pd.DataFrame, w: WeightsGiven, *, method: Method = "ml", **options: Any) -> Fit:
    """The spatial Durbin model y = rho W y + X b + W X g + e: `lag` with the lag of every regressor.

    Parameters
    ----------
    formula : str
        ``"y ~ x + C(tier)"``; lags are added. See docs/models.md for what a formula may say.
    data : pandas.DataFrame
        One row per unit, indexed by unit; matched with W by label, in any order.
    w : Weights or mapping of str to Weights
        W, used as given; the first of a mapping is the model's, others serve ``W2(x)``.
    method : {"ml", "gmm"}
        Maximum likelihood, or generalized moments with W X and W^2 X as instruments.
    **options
        Of `Options`: `weights` (a column or Series of observation weights), `regimes` (a column of classes),
        `covariance`, `logdet` (how log|I - rho W| is computed), `inference` (``"recommended"`` or ``"asymptotic"``);
        with ``method="gmm"`` those of `gbaspatial.models.gmm`.

    Returns
    -------
    Fit
        With ``rho`` and a coefficient ``W(x)`` beside each ``x``.

    Raises
    ------
    FormulaError, AlignmentError, MissingDataError, DataError, CollinearityError
        For input that cannot be used; nothing is dropped.
    WeightsError
        If W has no links, or says nothing of the spatial parameters.
    ConvergenceError
        If the likelihood has no maximum in the admissible interval of W.

    References
    ----------
    LeSage, J. and Pace, R. K. (2009). Introduction to Spatial Econometrics. CRC Press.

    Examples
    --------
    >>> from gbaspatial.weights import Weights
    >>> chain = Weights(np.eye(9, k=1) + np.eye(9, k=-1), list("abcdefghi")).row_standardized()
    >>> data = pd.DataFrame({"y": [1.0, 2, 2, 3, 7, 8, 6, 7, 8], "x": [0.0, 2, 1, 2, 4, 3, 1, 0, 2]}, index=chain.ids)
    >>> durbin("y ~ x", data, chain).params.round(3).to_dict()
    {'Intercept': 0.302, 'x': 0.716, 'W(x)': -0.427, 'rho': 0.84}
    """
    return lag(formula, data, w, method=method, durbin=True, **options)


@public
def durbin_error(formula: str, data: pd.DataFrame, w: WeightsGiven, *, method: Method = "ml", **options: Any) -> Fit:
    """The spatial Durbin error model y = X b + W X g + u, u = lambda W u + e: `error` with the lag of every regressor.

    Parameters
    ----------
    formula : str
        ``"y ~ x + C(tier)"``; lags are added. See docs/models.md for what a formula may say.
    data : pandas.DataFrame
        One row per unit, indexed by unit; matched with W by label, in any order.
    w : Weights or mapping of str to Weights
        W, used as given; the first of a mapping is the model's, others serve ``W2(x)``.
    method : {"ml", "gmm"}
        Maximum likelihood, or generalized moments with W X and W^2 X as instruments.
    **options
        Of `Options`: `weights` (a column or Series of observation weights), `regimes` (a column of classes),
        `covariance`, `logdet` (how log|I - rho W| is computed), `inference` (``"recommended"`` or ``"asymptotic"``);
        with ``method="gmm"`` those of `gbaspatial.models.gmm`.

    Returns
    -------
    Fit
        With ``lambda_`` and a coefficient ``W(x)`` beside each ``x``.

    Raises
    ------
    FormulaError, AlignmentError, MissingDataError, DataError, CollinearityError
        For input that cannot be used; nothing is dropped.
    WeightsError
        If W has no links, or says nothing of the spatial parameters.
    ConvergenceError
        If the likelihood has no maximum in the admissible interval of W.

    References
    ----------
    LeSage, J. and Pace, R. K. (2009). Introduction to Spatial Econometrics. CRC Press.

    Examples
    --------
    >>> from gbaspatial.weights import Weights
    >>> chain = Weights(np.eye(9, k=1) + np.eye(9, k=-1), list("abcdefghi")).row_standardized()
    >>> data = pd.DataFrame({"y": [1.0, 2, 2, 3, 7, 8, 6, 7, 8], "x": [0.0, 2, 1, 2, 4, 3, 1, 0, 2]}, index=chain.ids)
    >>> durbin_error("y ~ x", data, chain).params.round(3).to_dict()
    {'Intercept': 1.665, 'x': 1.094, 'W(x)': 0.84, 'lambda': 0.916}
    """
    return error(formula, data, w, method=method, durbin=True, **options)


@public
def gns(
    formula: str,
    data: pd.DataFrame,
    w: WeightsGiven,
    *,
    error_w: WeightsGiven | None = None,
    method: Method = "ml",
    **options: Any,
) -> Fit:
    """The general nesting model: `sarar` with the lag of every regressor.

    y = rho W y + X b + W X g + u, u = lambda W2 u + e.

    Parameters
    ----------
    formula : str
        ``"y ~ x + C(tier)"``; lags are added. See docs/models.md for what a formula may say.
    data : pandas.DataFrame
        One row per unit, indexed by unit; matched with W by label, in any order.
    w : Weights or mapping of str to Weights
        W, used as given; the first of a mapping is the model's, others serve ``W2(x)``.
    error_w : Weights, optional
        W2, the weights of the errors; W by default.
    method : {"ml", "gmm"}
        Maximum likelihood, or generalized moments with W X and W^2 X as instruments.
    **options
        Of `Options`: `weights` (a column or Series of observation weights), `regimes` (a column of classes),
        `covariance`, `logdet` (how log|I - rho W| is computed), `inference` (``"recommended"`` or ``"asymptotic"``);
        with ``method="gmm"`` those of `gbaspatial.models.gmm`.

    Returns
    -------
    Fit
        With ``rho``, ``lambda_`` and a coefficient ``W(x)`` beside each ``x``. The spatial parameters of this model
        are told apart only weakly.

    Raises
    ------
    FormulaError, AlignmentError, MissingDataError, DataError, CollinearityError
        For input that cannot be used; nothing is dropped.
    WeightsError
        If W has no links, or says nothing of the spatial parameters.
    ConvergenceError
        If the likelihood has no maximum in the admissible interval of W.

    References
    ----------
    Elhorst, J. P. (2014). Spatial Econometrics: From Cross-Sectional Data to Spatial Panels. Springer.

    Examples
    --------
    >>> from gbaspatial.weights import Weights
    >>> chain = Weights(np.eye(9, k=1) + np.eye(9, k=-1), list("abcdefghi")).row_standardized()
    >>> data = pd.DataFrame({"y": [1.0, 2, 2, 3, 7, 8, 6, 7, 8], "x": [0.0, 2, 1, 2, 4, 3, 1, 0, 2]}, index=chain.ids)
    >>> fit = gns("y ~ x", data, chain, error_w=chain.higher_order(2).row_standardized())
    >>> round(fit.rho, 3), round(fit.lambda_, 3)
    (0.769, 0.634)
    """
    return sarar(formula, data, w, error_w=error_w, method=method, durbin=True, **options)


def _read(formula: str, data: pd.DataFrame, w: WeightsGiven, durbin: bool, options: dict[str, Any]) -> Design:
    only(options, Options.__annotations__, "an estimator")
    _inference(options)
    return read_design(
        formula, data, w, durbin=flag(durbin, "durbin"), weights=options.get("weights"), regimes=options.get("regimes")
    )


def _inference(options: Mapping[str, Any]) -> str:
    return str(word(options.get("inference", "recommended"), INFERENCES, "inference"))


def _least_squares(name: str, formula: str, data: Any, w: WeightsGiven, durbin: bool, options: Any) -> Fit:
    spec = _read(formula, data, w, durbin, dict(options))
    model = problem(spec.y, spec.X, d=spec.observation_weights)
    beta, sse, _, _ = solution(model, 0.0, 0.0)
    residuals = spec.y - spec.X @ beta
    df = spec.n - spec.k
    kind = options.get("covariance") or "classical"
    unused({"logdet": options.get("logdet")}, "least squares have no log-determinant")
    if kind != "hac":
        unused({name: options.get(name) for name in KERNEL_OPTIONS}, "they belong to covariance='hac'")
    matrix, told = covariances.least_squares(spec, residuals, kind, options, data)
    return build(
        kind=LeastSquaresFit if spec.regimes is None else LeastSquaresByRegime,
        model=name, method="ols", design=spec, params=dict(zip(spec.terms, beta, strict=True)), covariance=matrix,
        residuals=residuals, sigma2=sse / df, log_likelihood=log_likelihood(model), covariance_kind=told,
        covariance_code=kind, df=float(df), inference=_inference(options),
        estimator=ols if name == "ols" else partial(slx, durbin=durbin),
    )  # fmt: skip


def _spatial(
    name: str,
    formula: str,
    data: pd.DataFrame,
    w: WeightsGiven,
    method: str,
    durbin: bool,
    options: dict[str, Any],
    *,
    lagged: bool = False,
    erred: bool = False,
    error_w: WeightsGiven | None = None,
) -> Fit:
    word(method, ("ml", "gmm"), "method")
    durbin = flag(durbin, "durbin")
    if w is None:
        raise OptionError("a spatial model needs weights: give a W, such as gba.weights.contiguity(data).")
    if method == "gmm":
        from gbaspatial.models import gmm

        inference = _inference(options)
        options.pop("inference", None)
        estimator = gmm.sarar if lagged and erred else gmm.lag if lagged else gmm.error
        extra: dict[str, Any] = {"error_w": error_w} if lagged and erred else {}
        return replace(estimator(formula, data, w, durbin=durbin, **extra, **options), inference=inference)
    spec = _read(formula, data, w, durbin, options)
    word(options.get("logdet", "auto"), METHODS, "logdet")
    if options.get("covariance") != "hac":  # which maximum likelihood refuses with its reason
        unused(
            {name: options.get(name) for name in KERNEL_OPTIONS}, "they belong to covariance='hac' with method='gmm'"
        )
    W1 = spec.weights["W"] if lagged else None
    W2 = _error_weights(error_w, spec) if erred else None
    for W in (W1, W2):
        if W is not None and W.n_links == 0:
            raise WeightsError("W has no links, so there is nothing spatial to estimate; build it with other options.")
    return _maximum_likelihood(name, spec, W1, W2, options)


def _error_weights(error_w: WeightsGiven | None, spec: Design) -> Weights:
    return spec.weights["W"] if error_w is None else in_order(as_weights(error_w), spec.ids)


def _maximum_likelihood(
    name: str, spec: Design, w: Weights | None, error_w: Weights | None, options: dict[str, Any]
) -> Fit:
    if spec.k + 2 > spec.n:
        raise OptionError(f"{spec.n} units cannot carry {spec.k} coefficients, a spatial parameter and a variance.")
    for term, given in (("rho", w), ("lambda", error_w)):
        if given is not None:
            check_informed(term, spec.X, given.sparse, spec.observation_weights)
    origin = Centered.of(spec.y, spec.X)
    if origin.exact:
        refuse_perfect(0.0, 1.0)
    # an orthonormal basis stands for X; what X says of y is taken off where W y does not need it
    ground = None if w is None else Ground.of(spec.y, origin.Q, w.sparse)
    centered = replace(spec, X=origin.Q, y=origin.rest if ground is None else spec.y - ground.m)
    model = problem_of(centered, w, error_w, options.get("logdet", "auto"))
    at = maximize(model)
    spatial = {n: v for n, v, there in (("rho", at.rho, w), ("lambda", at.lam, error_w)) if there is not None}
    apart = information_apart(model, at)
    variance = apart.covariance()[:-1, :-1]
    probes = "" if apart.error == 0 else f", traces by probes (relative error {apart.error:.1e})"
    told = f"information matrix{probes}"
    kind = options.get("covariance") or "information"
    residuals = innovations(centered, at, w, error_w)
    if kind not in ("information", "classical"):
        variance, told = covariances.maximum_likelihood(spec, model, at, apart, kind)
    else:
        kind = "information"
    beta = at.beta
    if ground is not None:
        share, slope = np.array([1 - at.rho * ground.s]), np.array([-ground.s])
        beta, variance = ground.lifted(beta, variance, share, slope, spec.k)
    beta, variance = origin.coefficients(beta, whole=ground is not None), origin.covariance(variance)
    notes = [*_edge_notes(at, model), *_cut_notes(model)]
    if not np.all(np.isfinite(variance)) and not at.edges:
        notes.append(
            "The information matrix is singular: a column of X, W y or W u is all but a combination of others, so "
            "there are no standard errors; see fit.profile()."
        )
    for term in at.edges:
        place = spec.k + list(spatial).index(term)
        variance[place, :] = variance[:, place] = np.nan
    curve = at.lag_curve if w is not None else at.error_curve
    return build(
        kind=LikelihoodFit if spec.regimes is None else LikelihoodByRegime,
        model=name, method="ml", design=spec, params={**dict(zip(spec.terms, beta, strict=True)), **spatial},
        covariance=variance, residuals=residuals, sigma2=at.sigma2, log_likelihood=at.log_likelihood, w=w,
        error_w=error_w, covariance_kind=told, covariance_code=kind, logdet=curve.kind, edges=at.edges,
        notes=(*notes, *_curve_notes(at)), inference=_inference(options),
        estimator=partial(error if w is None else lag if error_w is None else sarar, durbin=spec.durbin),
    )  # fmt: skip


def innovations(spec: Design, at: Estimate, w: Weights | None, error_w: Weights | None) -> np.ndarray:
    """e (n,) in the order of the ids: not weighted by observation weights."""
    u = spec.y - spec.X @ at.beta
    if w is not None:
        u = u - at.rho * (w.sparse @ spec.y)
    return u if error_w is None else u - at.lam * (error_w.sparse @ u)


def _edge_notes(at: Estimate, model: Problem) -> list[str]:
    notes = []
    for name in at.edges:
        side = model.lag if name == "rho" else model.error
        assert side is not None
        low, high = side.interval
        value = at.rho if name == "rho" else at.lam
        if not np.isfinite(low if value < sum(window(side.interval)) / 2 else high):
            notes.append(
                f"{name} = {value:.6g} lies where the search was cut: the likelihood still rises there, so this is "
                f"not its maximum, and no standard error is given; use other weights or another model."
            )
            continue
        notes.append(
            f"{name} = {value:.6g} lies at the edge of its admissible interval ({low:.6g}, {high:.6g}): "
            f"normal theory fails there and no standard error is given; use fit.profile() or fit.bootstrap()."
        )
    return notes


def _cut_notes(model: Problem) -> list[str]:
    sides = [(name, side) for name, side in (("rho", model.lag), ("lambda", model.error)) if side is not None]
    return [note for name, side in sides if (note := cut_note(name, side.interval)) is not None]


def _curve_notes(at: Estimate) -> list[str]:
    notes = []
    for name, value, curve in (("rho", at.rho, at.lag_curve), ("lambda", at.lam, at.error_curve)):
        if not getattr(curve, "exact", True):
            notes.append(
                f"log-determinant at {name} by {curve.kind}: estimated, standard error {curve.error(value):.2g}."
            )
    return notes
