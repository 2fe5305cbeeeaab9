"""Predictions in sample, for new units and for a changed W.

The predictors are those of Goulard, Laurent and Thomas-Agnan (2017). With A = I - rho W,
B = I - lambda W2 and Q = A'B'BA (the precision of y up to sigma2):

=================  ==========================================================  ================
kind               prediction                                                  in the paper
=================  ==========================================================  ================
``"trend"``        X b                                                         trend
``"signal"``       X b + rho W y + lambda W2 (y - rho W y - X b)               TS
``"corrected"``    A^-1 X b, the mean of y given X                             TC
``"best"``         the mean of y given X and all other observed y              BP
``"neighbors"``    the mean of y given X and the observed y of its neighbors   BPN
=================  ==========================================================  ================
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import numpy as np
import pandas as pd
from scipy import sparse
from scipy.sparse import linalg

from gbaspatial.alignment import check_frame, check_units
from gbaspatial.errors import AlignmentError, OptionError, some
from gbaspatial.formula import named_weights
from gbaspatial.options import public, word
from gbaspatial.sizes import DENSE_LIMIT
from gbaspatial.weights import Weights
from gbaspatial.weights.adoption import as_weights_called

if TYPE_CHECKING:
    from gbaspatial.models.fit import Fit
    from gbaspatial.weights.annotations import WeightsGiven

Kind = Literal["trend", "signal", "corrected", "best", "neighbors"]
KINDS = ("trend", "signal", "corrected", "best", "neighbors")
PAPER_KINDS = {"TS": "signal", "TC": "corrected", "BP": "best", "BPN": "neighbors"}
NOT_SERVED = ("TS1", "TC1", "BP1", "BPW", "BPW1", "BPN1")


@public
def predict(
    fit: Fit,
    data: pd.DataFrame | None = None,
    w: WeightsGiven | None = None,
    *,
    kind: Kind = "corrected",
    error_w: WeightsGiven | None = None,
) -> pd.Series:
    """Predict the outcome of a fitted model, on the scale of the formula's left side.

    Parameters
    ----------
    fit : Fit
    data : pandas.DataFrame, optional
        Units to predict, indexed by unit: new ones, or the fitted ones with changed
        values. By default the fitted units as they were.
    w : Weights or mapping of str to Weights, optional
        Another W: over the fitted units (a bridge opens), or over the fitted and the new
        units together; needed as soon as `data` has new units and the model is spatial.
    kind : {"trend", "signal", "corrected", "best", "neighbors"}
        See the module. All but ``"trend"`` and ``"corrected"`` use observed outcomes of
        other units, so they need `data` to hold new units only.
    error_w : Weights, optional
        The W of the error, where it differs from that of the lag.

    Returns
    -------
    pandas.Series
        In the order of `data`.

    Raises
    ------
    OptionError, AlignmentError
        If the kind does not fit the data, or the weights do not cover the units.

    References
    ----------
    Goulard, M., Laurent, T., Thomas-Agnan, C. (2017). About predictions in spatial
    autoregressive models: optimal and almost optimal strategies. Spatial Economic
    Analysis 12(2-3), 304-325.

    Examples
    --------
    >>> import gbaspatial as gba
    >>> cities = gba.load_cities(year=2019)
    >>> w = gba.weights.contiguity(cities).row_standardized()
    >>> fit = gba.models.lag("log(gdp_pc_cny) ~ C(tier)", cities, w)
    >>> bridges = gba.weights.contiguity(cities, links=2024).row_standardized()
    >>> fit.predict(w=bridges).shape
    (11,)
    """
    if kind in PAPER_KINDS:
        raise OptionError(f"kind={kind!r} of Goulard et al. is called {PAPER_KINDS[kind]!r} here.")
    if kind in NOT_SERVED:
        raise OptionError(f"kind={kind!r} of Goulard et al. is not served; kind='best' (BP) is the optimal one.")
    word(kind, KINDS, "kind")
    frame, trend, lags, W2 = trend_everywhere(fit, data, w, error_w)
    ids, signal = trend.index, trend.to_numpy()
    W = lags.get("W") if fit.w is not None else None
    if kind not in ("trend", "signal"):
        check_inside("rho", fit.rho, W, f"kind={kind!r}", "; use kind='trend' or kind='signal'")
    if kind == "neighbors":
        check_inside("lambda", fit.lambda_, W2, f"kind={kind!r}", "; use another kind")
    rho = fit.rho if W is None or kind == "trend" else rho_of(fit, frame, ids)
    A, B = operator_of(ids, rho, W), operator_of(ids, fit.lambda_, W2)
    observed = ids.isin(fit.design.ids)
    y = np.zeros(len(ids))
    y[observed] = pd.Series(fit.design.y, index=fit.design.ids).reindex(ids[observed]).to_numpy()
    wanted = fit.design.index if data is None else data.index
    target = ids.isin(wanted)
    if kind not in ("trend", "corrected") and data is not None and (observed & target).any():
        raise OptionError(
            f"kind={kind!r} uses the observed outcomes of other units, but {some(ids[observed & target])} were "
            f"fitted and are to be predicted anew; use kind='corrected', or leave them out of the data."
        )
    if kind == "signal" and data is not None:
        _check_known(ids, A, B, target)
    numbers = _predicted(kind, signal, A, B, y, target if data is not None else None)
    return pd.Series(numbers, index=ids, name="prediction").reindex(wanted)


@public
def predict_mean(
    fit: Fit,
    data: pd.DataFrame | None = None,
    w: WeightsGiven | None = None,
    *,
    kind: Literal["trend", "corrected"] = "corrected",
    error_w: WeightsGiven | None = None,
) -> pd.Series:
    """The mean of the outcome given X, which is X b where only errors depend on each other.

    Parameters
    ----------
    fit : Fit
    data : pandas.DataFrame, optional
        Units to predict; by default the fitted ones.
    w, error_w : Weights, optional
        Over the units of `data`, for formulas with ``W(x)``.
    kind : {"trend", "corrected"}
        The same here.

    Returns
    -------
    pandas.Series
        In the order of `data`.

    Examples
    --------
    >>> import gbaspatial as gba
    >>> cities = gba.load_cities(year=2019)
    >>> w = gba.weights.contiguity(cities).row_standardized()
    >>> fit = gba.models.sma("log(gdp_pc_cny) ~ log(employment)", cities, w)
    >>> fit.predict().shape
    (11,)
    """
    word(kind, ("trend", "corrected"), "kind")
    return predict(fit, data, w, kind="trend", error_w=error_w)


def trend_everywhere(
    fit: Fit, data: pd.DataFrame | None, w: WeightsGiven, error_w: WeightsGiven | None = None
) -> tuple[pd.DataFrame, pd.Series, dict[str, Weights], Weights | None]:
    """The regressors and X b of fitted and new units, the named weights over them, and that of the error."""
    frame = _frame(fit, data)
    lags, W2 = _weights(fit, frame.index, w, error_w)
    X = pd.DataFrame(fit.design.matrix(frame, lags or None), index=frame.index)
    ids = next(iter(lags.values())).ids if lags else frame.index
    return frame, pd.Series(X.reindex(ids).to_numpy() @ fit.beta, index=ids, name="prediction"), lags, W2


# -- the door -------------------------------------------------------------------------------
def _frame(fit: Fit, data: pd.DataFrame | None) -> pd.DataFrame:
    """The regressors of the fitted units with the rows of `data` put in or added."""
    fitted = fit.design.data
    if data is None:
        return fitted
    check_frame(data)
    check_units(data.index, "data")
    if fit.w is None and fit.error_w is None and not fit.design.uses_weights:
        return data
    kept = fitted.loc[~fitted.index.isin(data.index)]
    shared = [column for column in fitted.columns if column in data.columns]
    return pd.concat([kept, pd.DataFrame(data[shared])])


def _weights(
    fit: Fit, units: pd.Index, w: WeightsGiven, error_w: WeightsGiven | None
) -> tuple[dict[str, Weights], Weights | None]:
    """The named weights over all `units`, and that of the error."""
    own = dict(fit.design.weights)
    if not own:
        return {}, None
    lags = own if w is None else {**own, **named_weights(w)}
    main = lags["W"]
    if len(main.ids) != len(units) or not main.ids.isin(units).all():
        absent, extra = units.difference(main.ids, sort=False), main.ids.difference(units, sort=False)
        raise AlignmentError(
            f"the weights must cover the fitted and the new units (absent from the weights: {some(absent) or 'none'}; "
            f"neither fitted nor in the data: {some(extra) or 'none'}); give them as w=."
        )
    lags = {
        name: x if x.ids.equals(main.ids) else x.subset(main.ids) for name, x in lags.items() if len(x) == len(main)
    }
    if fit.error_w is None:
        return lags, None
    if error_w is not None:
        second = as_weights_called(error_w, "error_w")
    elif fit.error_w is fit.w or fit.w is None or w is None:
        second = lags["W"] if fit.error_w is own["W"] else fit.error_w
    else:
        raise OptionError("the model has a W of its own for the error: give it over the same units as error_w=.")
    return lags, second if second.ids.equals(main.ids) else second.subset(main.ids)


def rho_of(fit: Fit, frame: pd.DataFrame, ids: pd.Index) -> float | np.ndarray:
    """The rho of all units, or (n,) that of the class of each."""
    column = fit.extra.get("regimes")
    if "rho" in fit.params or column is None:
        return fit.rho
    if column not in frame.columns:
        raise OptionError(
            f"the fit does not keep the classes {column!r} of the units, by which rho differs; estimate it with "
            f"coefficients='regimes', or use kind='trend', which is X b."
        )
    names = [f"rho[{level}]" for level in frame[column].reindex(ids)]
    unknown = [unit for unit, name in zip(ids, names, strict=True) if name not in fit.params.index]
    if unknown:
        raise OptionError(f"{some(unknown)} is of a class of {column!r} that was not fitted, so it has no rho.")
    return fit.params[names].to_numpy(dtype=float)


def check_inside(name: str, value: float, w: Weights | None, what: str, cure: str = "") -> None:
    """Raise `OptionError` where the process explodes, so that it has no mean and no variance."""
    if w is None or not np.isfinite(value) or value == 0:
        return
    low, high = w.interval
    if not low < value < high:
        raise OptionError(
            f"{what} needs (I - {name} W)^-1, and {name} = {value:.6g} lies outside the admissible interval "
            f"({low:.6g}, {high:.6g}) of W, where the process explodes{cure}."
        )


def _check_known(ids: pd.Index, A: sparse.csc_array, B: sparse.csc_array, new: np.ndarray) -> None:
    """Raise `OptionError` where the signal of a new unit takes an outcome that is not known: never one of zero."""
    weights = sparse.csr_array((sparse.eye_array(len(ids)) - B @ A)[np.flatnonzero(new)])
    unknown = abs(weights[:, np.flatnonzero(new)]).sum(axis=1) > 1e-14 * abs(weights).sum(axis=1)
    if unknown.any():
        raise OptionError(
            f"kind='signal' of {some(ids[new][unknown])} takes the outcomes of new units, which are not known; use "
            f"kind='best', which takes what the observed outcomes tell of them, or predict new units that are "
            f"neighbors one at a time."
        )


def scales_of(fit: Fit) -> np.ndarray:
    """Standard deviation (n,) of each innovation."""
    d = fit.design.observation_weights
    return np.sqrt(fit.sigma2 / (np.ones(fit.n) if d is None else d))


# -- arrays only ------------------------------------------------------------------------------
def operator_of(ids: pd.Index, parameter: float | np.ndarray, w: Weights | None) -> sparse.csc_array:
    """I - parameter W (n, n), the parameter one number or a number by unit (n,)."""
    identity = sparse.eye_array(len(ids), format="csc")
    if isinstance(parameter, np.ndarray) and w is not None:
        return sparse.csc_array(identity - sparse.diags_array(parameter) @ w.sparse)
    return identity if w is None or not np.isfinite(parameter) else sparse.csc_array(identity - parameter * w.sparse)


def _predicted(
    kind: str, signal: np.ndarray, A: sparse.csc_array, B: sparse.csc_array, y: np.ndarray, new: np.ndarray | None
) -> np.ndarray:
    """Predictions (n,): of every unit from the others where `new` is None, else of the units in `new` (n,)."""
    if kind == "trend":
        return signal
    if kind == "signal":
        return signal + (y - A @ y) + (A @ y - signal) - B @ (A @ y - signal)
    mean = linalg.spsolve(A, signal)
    if kind == "corrected":
        return mean
    precision = sparse.csc_array((B @ A).T @ (B @ A))
    surprise = y - mean
    if new is None:
        if kind == "best":
            return y - (precision @ surprise) / precision.diagonal()
        return _from_neighbors(mean, surprise, A, B)
    prediction = mean.copy()
    if kind == "best":
        inside, across = precision[new][:, new], precision[new][:, ~new]
        prediction[new] -= linalg.spsolve(sparse.csc_array(inside), across @ surprise[~new])
        return prediction
    links = _links(A, B)
    near = (np.asarray(links[new].sum(axis=0)).ravel() > 0) & ~new
    units = np.flatnonzero(new | near)
    variance = _variance(A, B, units)
    o, j = new[units], near[units]
    if j.any():
        prediction[new] += variance[np.ix_(o, j)] @ np.linalg.solve(variance[np.ix_(j, j)], surprise[near])
    return prediction


def _from_neighbors(mean: np.ndarray, surprise: np.ndarray, A: sparse.csc_array, B: sparse.csc_array) -> np.ndarray:
    n = len(mean)
    if n > DENSE_LIMIT:
        raise OptionError(
            f"kind='neighbors' for all units needs a dense variance, refused above {DENSE_LIMIT} units; "
            f"use kind='best', which is sparse."
        )
    variance = _variance(A, B, np.arange(n))
    links = sparse.csr_array(_links(A, B))
    prediction = mean.copy()
    for unit in range(n):
        near = links.indices[links.indptr[unit] : links.indptr[unit + 1]]
        if len(near):
            gain = np.linalg.solve(variance[np.ix_(near, near)], variance[near, unit])
            prediction[unit] += gain @ surprise[near]
    return prediction


def _links(A: sparse.csc_array, B: sparse.csc_array) -> sparse.csr_array:
    """Who is linked with whom in either direction by one of the weights (n, n), without the diagonal."""
    both = abs(A) + abs(A.T) + abs(B) + abs(B.T)
    both = sparse.coo_array(both)
    off = both.coords[0] != both.coords[1]
    pairs = (np.ones(int(off.sum())), (both.coords[0][off], both.coords[1][off]))
    return sparse.csr_array(pairs, shape=A.shape)


def _variance(A: sparse.csc_array, B: sparse.csc_array, units: np.ndarray) -> np.ndarray:
    """The variance of y among `units` (m, m), up to sigma2."""
    chosen = np.zeros((A.shape[0], len(units)))
    chosen[units, np.arange(len(units))] = 1.0
    columns = linalg.splu(sparse.csc_array(A.T)).solve(chosen)
    columns = linalg.splu(sparse.csc_array(B.T)).solve(columns)
    return columns.T @ columns
