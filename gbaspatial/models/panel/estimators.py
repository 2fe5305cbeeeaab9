"""The estimators of panels: a formula, a long frame and W in, a `PanelFit` out.

W is applied first, within each period, and effects are taken out after, so that the likelihood is
exact for any W. With ``correction="lee-yu"`` the degrees of freedom of the effects are taken off:
where the transformation of Lee and Yu exists this is their likelihood; elsewhere (W by period, rows
of W that do not sum to one beside effects of time, further effects, gaps) tr(M G) takes the place
of tr(G) in the score, which is the same where both exist.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Unpack

import pandas as pd

from gbaspatial.models.panel.estimation import panel_fit_of
from gbaspatial.models.panel.panel_fit import PanelFit
from gbaspatial.models.panel.panel_options import PanelOptions
from gbaspatial.models.request import Request
from gbaspatial.options import public

if TYPE_CHECKING:
    from gbaspatial.weights.annotations import WeightsGiven


@public
def panel_ols(
    formula: str, data: pd.DataFrame, w: WeightsGiven | None = None, **options: Unpack[PanelOptions]
) -> PanelFit:
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
        `PanelOptions`: ``effects`` ("unit" by default, "time", "twoway", "pooled", "unit + region:year", "random",
        "mundlak"), ``errors``, ``dynamic``, ``correction``, ``covariance``, ``inference``, ``unbalanced``.

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
    return panel_fit_of(Request("panel_ols", formula, data, w, False, dict(options)))


@public
def panel_slx(
    formula: str, data: pd.DataFrame, w: WeightsGiven, *, durbin: bool = True, **options: Unpack[PanelOptions]
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
    Halleck Vega, S. and Elhorst, J. P. (2015). The SLX model. Journal of Regional Science 55(3).

    Examples
    --------
    >>> import numpy as np
    >>> from gbaspatial.weights import Weights
    >>> w = Weights(np.eye(6, k=1) + np.eye(6, k=-1), list("abcdef")).row_standardized()
    >>> index = pd.MultiIndex.from_product([list("abcdef"), range(2000, 2006)], names=["city", "year"])
    >>> random = np.random.default_rng(1)
    >>> data = pd.DataFrame(random.normal(size=(36, 2)), index=index, columns=["y", "x"])
    >>> fit = panel_slx("y ~ x", data, w, effects="unit")
    >>> list(fit.params.index)
    ['x', 'W(x)']
    """
    return panel_fit_of(Request("panel_slx", formula, data, w, durbin, dict(options)))


@public
def panel_lag(
    formula: str, data: pd.DataFrame, w: WeightsGiven, *, durbin: bool = False, **options: Unpack[PanelOptions]
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
    return panel_fit_of(
        Request("panel_durbin" if durbin else "panel_lag", formula, data, w, durbin, dict(options), lagged=True)
    )


@public
def panel_error(
    formula: str, data: pd.DataFrame, w: WeightsGiven, *, durbin: bool = False, **options: Unpack[PanelOptions]
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
    Lee, L.-F. and Yu, J. (2010). Estimation of spatial autoregressive panel data models with fixed effects. Journal
    of Econometrics 154(2).

    Examples
    --------
    >>> import numpy as np
    >>> from gbaspatial.weights import Weights
    >>> w = Weights(np.eye(6, k=1) + np.eye(6, k=-1), list("abcdef")).row_standardized()
    >>> index = pd.MultiIndex.from_product([list("abcdef"), range(2000, 2006)], names=["city", "year"])
    >>> random = np.random.default_rng(1)
    >>> data = pd.DataFrame(random.normal(size=(36, 2)), index=index, columns=["y", "x"])
    >>> fit = panel_error("y ~ x", data, w, effects="unit")
    >>> list(fit.params.index)
    ['x', 'lambda']
    """
    return panel_fit_of(
        Request("panel_durbin_error" if durbin else "panel_error", formula, data, w, durbin, dict(options), erred=True)
    )


@public
def panel_sarar(
    formula: str,
    data: pd.DataFrame,
    w: WeightsGiven,
    *,
    error_w: WeightsGiven | None = None,
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
    Lee, L.-F. and Yu, J. (2010). Estimation of spatial autoregressive panel data models with fixed effects. Journal
    of Econometrics 154(2).

    Examples
    --------
    >>> import numpy as np
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
    return panel_fit_of(
        Request(name, formula, data, w, durbin, dict(options), lagged=True, erred=True, error_w=error_w)
    )
