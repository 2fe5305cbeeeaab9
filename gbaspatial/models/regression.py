"""The estimators: a formula, data and W in, a `Fit` out.

Each function reads the formula (`design`), sets up the likelihood (`problem_of`) and wraps
its maximum. Which spatial parameters a model has is all that tells the models apart.
"""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any, Literal, Unpack

import pandas as pd

from gbaspatial.formula import Design, design as read_design, in_order
from gbaspatial.models import covariance as covariances
from gbaspatial.models.fit import Fit, build
from gbaspatial.models.likelihood.identification import check_given, check_linked
from gbaspatial.models.likelihood.problem import log_likelihood, problem, solution
from gbaspatial.models.maximum_likelihood import by_maximum_likelihood, inference_of
from gbaspatial.models.request import KERNEL_OPTIONS, Options, Request
from gbaspatial.models.solve.logdet import METHODS
from gbaspatial.models.spatial_fit import LeastSquaresByRegime, LeastSquaresFit
from gbaspatial.options import flag, only, public, unused, word
from gbaspatial.weights import Weights
from gbaspatial.weights.adoption import as_weights_called

if TYPE_CHECKING:
    from gbaspatial.weights.annotations import WeightsGiven

Method = Literal["ml", "gmm"]


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
    >>> import pandas as pd
    >>> data = pd.DataFrame({"y": [1.0, 2, 4, 4], "x": [0.0, 1, 2, 3]}, index=list("abcd"))
    >>> ols("y ~ x", data).params.round(3).to_dict()
    {'Intercept': 1.1, 'x': 1.1}
    """
    return _least_squares(Request("ols", formula, data, w, False, dict(options)))


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
    >>> import numpy as np
    >>> import pandas as pd
    >>> from gbaspatial.weights import Weights
    >>> chain = Weights(np.eye(9, k=1) + np.eye(9, k=-1), list("abcdefghi")).row_standardized()
    >>> data = pd.DataFrame({"y": [1.0, 2, 2, 3, 7, 8, 6, 7, 8], "x": [0.0, 2, 1, 2, 4, 3, 1, 0, 2]}, index=chain.ids)
    >>> slx("y ~ x", data, chain).params.round(3).to_dict()
    {'Intercept': 4.218, 'x': 0.989, 'W(x)': -0.586}
    """
    return _least_squares(Request("slx", formula, data, w, durbin, dict(options)))


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
    >>> import numpy as np
    >>> import pandas as pd
    >>> from gbaspatial.weights import Weights
    >>> chain = Weights(np.eye(6, k=1) + np.eye(6, k=-1), list("abcdef")).row_standardized()
    >>> data = pd.DataFrame({"y": [1.0, 2, 2, 3, 5, 4], "x": [0.0, 2, 1, 2, 4, 3]}, index=list("abcdef"))
    >>> round(lag("y ~ x", data, chain).rho, 3)
    0.288
    """
    name = "durbin" if durbin else "lag"
    return _spatial(Request(name, formula, data, w, durbin, dict(options), lagged=True), method)


@public
def error(
    formula: str, data: pd.DataFrame, w: WeightsGiven, *, method: Method = "ml", durbin: bool = False, **options: object
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
    >>> import numpy as np
    >>> import pandas as pd
    >>> from gbaspatial.weights import Weights
    >>> chain = Weights(np.eye(9, k=1) + np.eye(9, k=-1), list("abcdefghi")).row_standardized()
    >>> data = pd.DataFrame({"y": [1.0, 2, 2, 3, 7, 8, 6, 7, 8], "x": [0.0, 2, 1, 2, 4, 3, 1, 0, 2]}, index=chain.ids)
    >>> round(error("y ~ x", data, chain).lambda_, 3)
    0.828
    """
    name = "durbin_error" if durbin else "error"
    return _spatial(Request(name, formula, data, w, durbin, dict(options), erred=True), method)


@public
def sarar(
    formula: str,
    data: pd.DataFrame,
    w: WeightsGiven,
    *,
    error_w: WeightsGiven | None = None,
    method: Method = "ml",
    durbin: bool = False,
    **options: object,
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
    >>> import numpy as np
    >>> import pandas as pd
    >>> from gbaspatial.weights import Weights
    >>> chain = Weights(np.eye(9, k=1) + np.eye(9, k=-1), list("abcdefghi")).row_standardized()
    >>> data = pd.DataFrame({"y": [1.0, 2, 2, 3, 7, 8, 6, 7, 8], "x": [0.0, 2, 1, 2, 4, 3, 1, 0, 2]}, index=chain.ids)
    >>> fit = sarar("y ~ x", data, chain)
    >>> round(fit.rho, 3), round(fit.lambda_, 3)
    (0.433, 0.649)
    """
    name = "gns" if durbin else "sarar"
    asked = Request(name, formula, data, w, durbin, dict(options), lagged=True, erred=True, error_w=error_w)
    return _spatial(asked, method)


def _read(asked: Request) -> Design:
    options = asked.options
    only(options, Options.__annotations__, "an estimator")
    inference_of(options)
    return read_design(
        asked.formula, asked.data, asked.w, durbin=flag(asked.durbin, "durbin"), weights=options.get("weights"),
        regimes=options.get("regimes"),
    )  # fmt: skip


def _least_squares(asked: Request) -> Fit:
    name, options = asked.name, asked.options
    spec = _read(asked)
    model = problem(spec.y, spec.X, d=spec.observation_weights)
    beta, sse, _, _ = solution(model, 0.0, 0.0)
    residuals = spec.y - spec.X @ beta
    df = spec.n - spec.k
    kind = options.get("covariance") or "classical"
    unused({"logdet": options.get("logdet")}, "least squares have no log-determinant")
    if kind != "hac":
        unused({option: options.get(option) for option in KERNEL_OPTIONS}, "they belong to covariance='hac'")
    matrix, told = covariances.least_squares(spec, residuals, kind, options, asked.data)
    return build(
        kind=LeastSquaresFit if spec.regimes is None else LeastSquaresByRegime,
        model=name, method="ols", design=spec, params=dict(zip(spec.terms, beta, strict=True)), covariance=matrix,
        residuals=residuals, sigma2=sse / df, log_likelihood=log_likelihood(model), covariance_kind=told,
        covariance_code=kind, df=float(df), inference=inference_of(options),
        _estimator=ols if name == "ols" else partial(slx, durbin=asked.durbin),
    )  # fmt: skip


def _spatial(asked: Request, method: str) -> Fit:
    word(method, ("ml", "gmm"), "method")
    asked = replace(asked, durbin=flag(asked.durbin, "durbin"))
    check_given(asked.w)
    if method == "gmm":
        return _by_moments(asked)
    options, spec = asked.options, _read(asked)
    word(options.get("logdet", "auto"), METHODS, "logdet")
    if options.get("covariance") != "hac":  # which maximum likelihood refuses with its reason
        unused(
            {name: options.get(name) for name in KERNEL_OPTIONS}, "they belong to covariance='hac' with method='gmm'"
        )
    W1 = spec.weights["W"] if asked.lagged else None
    W2 = _error_weights(asked.error_w, spec) if asked.erred else None
    for W in (W1, W2):
        if W is not None:
            check_linked(W)
    again = partial(error if W1 is None else lag if W2 is None else sarar, durbin=spec.durbin)
    return by_maximum_likelihood(asked.name, spec, W1, W2, options, again)


def _by_moments(asked: Request) -> Fit:
    from gbaspatial.models import gmm

    inference = inference_of(asked.options)
    options = {name: given for name, given in asked.options.items() if name != "inference"}
    return replace(gmm.estimated(replace(asked, options=options)), inference=inference)


def _error_weights(error_w: WeightsGiven | None, spec: Design) -> Weights:
    return spec.weights["W"] if error_w is None else in_order(as_weights_called(error_w, "error_w"), spec.ids)
