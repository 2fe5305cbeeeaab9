"""The Durbin models of panels: lag, error and both, with the lag of every regressor."""

from __future__ import annotations

from typing import TYPE_CHECKING, Unpack

import pandas as pd

from gbaspatial.models.panel.estimators import panel_error, panel_lag, panel_sarar
from gbaspatial.models.panel.panel_fit import PanelFit
from gbaspatial.models.panel.panel_options import PanelOptions
from gbaspatial.options import public

if TYPE_CHECKING:
    from gbaspatial.weights.annotations import WeightsGiven


@public
def panel_durbin(formula: str, data: pd.DataFrame, w: WeightsGiven, **options: Unpack[PanelOptions]) -> PanelFit:
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
        `PanelOptions`: ``effects`` ("unit" by default, "time", "twoway", "pooled", "unit + region:year", "random",
        "mundlak"), ``errors``, ``dynamic``, ``correction``, ``covariance``, ``inference``, ``unbalanced``.

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
    >>> import numpy as np
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
def panel_durbin_error(formula: str, data: pd.DataFrame, w: WeightsGiven, **options: Unpack[PanelOptions]) -> PanelFit:
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
        `PanelOptions`: ``effects`` ("unit" by default, "time", "twoway", "pooled", "unit + region:year", "random",
        "mundlak"), ``errors``, ``dynamic``, ``correction``, ``covariance``, ``inference``, ``unbalanced``.

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
    >>> import numpy as np
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
    formula: str,
    data: pd.DataFrame,
    w: WeightsGiven,
    *,
    error_w: WeightsGiven | None = None,
    **options: Unpack[PanelOptions],
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
        `PanelOptions`: ``effects`` ("unit" by default, "time", "twoway", "pooled", "unit + region:year", "random",
        "mundlak"), ``errors``, ``dynamic``, ``correction``, ``covariance``, ``inference``, ``unbalanced``.

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
    >>> import numpy as np
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
