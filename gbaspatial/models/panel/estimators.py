"""The estimators of panels: a formula, a long frame and W in, a `PanelFit` out.

W is applied first, within each period, and effects are taken out after, so that the likelihood is
exact for any W. With ``correction="lee-yu"`` the degrees of freedom of the effects are taken off:
where the transformation of Lee and Yu exists this is their likelihood; elsewhere (W by period, rows
of W that do not sum to one beside effects of time, further effects, gaps) tr(M G) takes the place
of tr(G) in the score, which is the same where both exist.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, Literal, TypedDict, Unpack

import pandas as pd

from gbaspatial.errors import OptionError
from gbaspatial.models.fitted import INFERENCES, with_inference
from gbaspatial.models.panel.difference_fit import dynamic_by_moments
from gbaspatial.models.panel.dynamic import dynamic_effects
from gbaspatial.models.panel.filtered_fit import filtered_fit, needs_filter
from gbaspatial.models.panel.fixed_effects import fixed_effects
from gbaspatial.models.panel.left_out import PanelCall
from gbaspatial.models.panel.less_effects import part_of
from gbaspatial.models.panel.pairs_fit import pairs_of_units
from gbaspatial.models.panel.panel_fit import PanelFit
from gbaspatial.models.panel.panel_moments import by_moments, formula_with, instruments_for
from gbaspatial.models.panel.panel_specification import Specification, specified
from gbaspatial.models.panel.random_effects import random_effects
from gbaspatial.models.panel.random_moments import random_by_moments
from gbaspatial.models.request import Request
from gbaspatial.options import brief, only, public, unused, word

if TYPE_CHECKING:
    from gbaspatial.weights.core import WeightsGiven

ERRORS = ("baltagi", "kkp", "ar1")


class PanelOptions(TypedDict, total=False):
    """Options that the estimators of panels share.

    effects : ``"unit"`` (default), ``"time"``, ``"twoway"``, ``"pooled"``, or such as ``"unit + region:year"``
    (effects of each class of the column region in each year); ``"random"``, ``"mundlak"`` (random, with the means of
    units among the regressors), ``"random + time"``; of least squares ``"between"``, ``"first-difference"`` and
    ``"common"`` (common correlated effects);
    correction : ``"lee-yu"``, ``"none"``, or ``"pairs"`` (rho and lambda from pairs of different units alone, for units
    whose variances differ; see docs/panels.md);
    covariance : ``"information"`` (``"classical"`` of least squares) or ``"cluster"`` (by unit; below fifty units
    of leaving a unit out); by default clusters where residuals are serially correlated above 0.3; for least squares
    also ``"driscoll-kraay"`` (`lags`) or ``"hac"`` (`lags`, `coordinates` of the units, `kernel`, `neighbors` or
    `bandwidth_km`); a covariance that is named leaves p-values and intervals to t or normal;
    inference : ``"recommended"`` (default; below fifty units from the units' whole histories) or ``"asymptotic"``;
    errors : of random effects, ``"baltagi"`` (default), ``"kkp"`` (the effects are filtered by lambda too) or
    ``"ar1"`` (innovations are correlated over time);
    dynamic : of least squares and lag models, ``"y"`` (the outcome of the period before is a regressor) or
    ``"y + Wy"`` (its spatial lag too): a `DynamicFit`;
    method : ``"ml"`` or ``"gmm"`` (two-stage least squares and moments, of fixed and random effects; with ``dynamic``
    moments of differences), with
    ``endogenous`` and ``instruments``, right sides of formulas, and ``instrument_lags`` (2: W X and W^2 X for W y);
    unbalanced : ``"error"``, ``"common"`` (units that are there in all periods) or ``"keep"``;
    weights : observation weights, a column or a Series by row or by unit (variance sigma2 / weight); beside random
        effects and between units by unit, for effects or means too;
    regimes : column of classes, which may change over time: every coefficient by class (`chow` tests that they agree).
    """

    effects: str
    errors: Literal["baltagi", "kkp", "ar1"] | None
    dynamic: Literal["y", "y + Wy"] | None
    method: Literal["ml", "gmm"]
    endogenous: str | None
    instruments: str | None
    instrument_lags: Literal[1, 2]
    correction: Literal["lee-yu", "none", "pairs"]
    covariance: Literal["classical", "information", "cluster", "driscoll-kraay", "hac"] | None
    unbalanced: Literal["error", "common", "keep"]
    weights: pd.Series | str | None
    regimes: str | None
    lags: int | None
    coordinates: Any
    kernel: str
    neighbors: int | None
    bandwidth_km: float | None
    inference: Literal["recommended", "asymptotic"]


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
    return _fit(Request("panel_ols", formula, data, w, False, dict(options)))


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
    return _fit(Request("panel_slx", formula, data, w, durbin, dict(options)))


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
    return _fit(
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
    return _fit(
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
    return _fit(Request(name, formula, data, w, durbin, dict(options), lagged=True, erred=True, error_w=error_w))


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


# -- from the door to the cellar ------------------------------------------------------------
def _fit(asked: Request) -> PanelFit:
    only(asked.options, PanelOptions.__annotations__, f"{asked.name}()")
    inference = _inference_of(asked.options)

    def _again(data: pd.DataFrame, w: Any, *, error_w: Any = None) -> PanelFit:
        return _fit(replace(asked, data=data, w=w, error_w=error_w))

    fit = with_inference(_estimated(asked), inference)
    return replace(fit, call=PanelCall(_again, asked.data.copy(deep=False), asked.w, asked.error_w))


def _inference_of(options: dict[str, Any]) -> str | None:
    """How p-values and intervals are asked for; a covariance that is named leaves them to t or normal."""
    if "inference" not in options:
        return None
    inference: str = word(options["inference"], INFERENCES, "inference")
    if inference == "recommended" and options.get("covariance") is not None:
        raise OptionError(
            f"covariance={options['covariance']!r} leaves p-values and intervals to t or normal; give either it or "
            f"inference='recommended'."
        )
    return inference


def _estimated(asked: Request) -> PanelFit:
    options = asked.options
    if word(options.get("method", "ml"), ("ml", "gmm"), "method") == "gmm":
        return _by_moments(asked)
    for of_moments in ("endogenous", "instruments", "instrument_lags"):
        if options.get(of_moments) is not None:
            raise OptionError(f"{of_moments}= belongs to method='gmm'.")
    errors = options.get("errors")
    given = specified(asked)
    if given.pairs:
        return _by_pairs(given, options)
    if given.kind.random is not None:
        return random_effects(given, word(errors or "baltagi", ERRORS, "errors"))
    if errors is not None:
        raise OptionError(f"errors={brief(errors)} is an option of random effects; use it with effects='random'.")
    if options.get("dynamic") is not None:
        return dynamic_effects(given, options["dynamic"])
    if needs_filter(given):
        return filtered_fit(given)
    fit = fixed_effects(given)
    # the means of the outcome are its own: residuals cannot be exchanged under them
    return replace(fit, problem=part_of(fit.problem)) if given.kind.common else fit


def _by_pairs(given: Specification, options: dict[str, Any]) -> PanelFit:
    if given.kind.random is not None or given.kind.rows is not None or given.kind.common:
        raise OptionError(f"correction='pairs' is for fixed effects or none, not for effects={given.kind.name!r}.")
    unused(
        {name: options.get(name) for name in ("errors", "dynamic")}, "correction='pairs' is for static fixed effects"
    )
    return pairs_of_units(given)


def _by_moments(asked: Request) -> PanelFit:
    options = asked.options
    if options.get("errors") not in (None, "kkp"):
        raise OptionError(
            f"errors={brief(options['errors'])} belongs to method='ml'; these moments are those of errors='kkp'."
        )
    if options.get("correction") == "pairs":
        raise OptionError("correction='pairs' belongs to method='ml': these moments do not lean on the variances.")
    given = specified(replace(asked, formula=formula_with(asked.formula, options)))
    if options.get("dynamic") is not None:
        if options.get("endogenous") is not None:
            raise OptionError("moments of differences have their own instruments; leave out endogenous=.")
        lags = word(options.get("instrument_lags", 2), (1, 2), "instrument_lags")
        return dynamic_by_moments(given, options["dynamic"], lags)
    if given.kind.rows is not None:
        raise OptionError(f"method='gmm' is for effects of units or time, not for effects={given.kind.name!r}.")
    known = instruments_for(given.design, asked.formula, asked.data, asked.w, options)
    return random_by_moments(given, known) if given.kind.random is not None else by_moments(given, known)
