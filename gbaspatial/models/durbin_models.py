"""The Durbin models: lag, error and both, with the lag of every regressor."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from gbaspatial.models.fit import Fit
from gbaspatial.models.regression import Method, error, lag, sarar
from gbaspatial.options import public

if TYPE_CHECKING:
    from gbaspatial.weights.annotations import WeightsGiven


@public
def durbin(formula: str, data: pd.DataFrame, w: WeightsGiven, *, method: Method = "ml", **options: object) -> Fit:
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
    >>> import numpy as np
    >>> import pandas as pd
    >>> from gbaspatial.weights import Weights
    >>> chain = Weights(np.eye(9, k=1) + np.eye(9, k=-1), list("abcdefghi")).row_standardized()
    >>> data = pd.DataFrame({"y": [1.0, 2, 2, 3, 7, 8, 6, 7, 8], "x": [0.0, 2, 1, 2, 4, 3, 1, 0, 2]}, index=chain.ids)
    >>> durbin("y ~ x", data, chain).params.round(3).to_dict()
    {'Intercept': 0.302, 'x': 0.716, 'W(x)': -0.427, 'rho': 0.84}
    """
    return lag(formula, data, w, method=method, durbin=True, **options)


@public
def durbin_error(formula: str, data: pd.DataFrame, w: WeightsGiven, *, method: Method = "ml", **options: object) -> Fit:
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
    >>> import numpy as np
    >>> import pandas as pd
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
    **options: object,
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
    >>> import numpy as np
    >>> import pandas as pd
    >>> from gbaspatial.weights import Weights
    >>> chain = Weights(np.eye(9, k=1) + np.eye(9, k=-1), list("abcdefghi")).row_standardized()
    >>> data = pd.DataFrame({"y": [1.0, 2, 2, 3, 7, 8, 6, 7, 8], "x": [0.0, 2, 1, 2, 4, 3, 1, 0, 2]}, index=chain.ids)
    >>> fit = gns("y ~ x", data, chain, error_w=chain.higher_order(2).row_standardized())
    >>> round(fit.rho, 3), round(fit.lambda_, 3)
    (0.769, 0.634)
    """
    return sarar(formula, data, w, error_w=error_w, method=method, durbin=True, **options)
