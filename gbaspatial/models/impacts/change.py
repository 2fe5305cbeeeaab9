"""Impacts of a change of a variable, through every term that it enters: factors, products, logarithms, lags."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from gbaspatial.errors import DataError, OptionError, UnknownNameError, nearest_names, some
from gbaspatial.models.impacts import average as effects
from gbaspatial.models.impacts.average import Quantity, Uncertainty
from gbaspatial.models.impacts.engine import COLUMNS, Method, prepared
from gbaspatial.models.solve.resolvent import Reader, Reading, Resolvent
from gbaspatial.options import public, undrawn, word
from gbaspatial.randomness import Rng
from gbaspatial.results import Result, Table
from gbaspatial.sizes import SCENARIO_LIMIT

if TYPE_CHECKING:
    from gbaspatial.alignment import Label
    from gbaspatial.models.fit import Fit


@dataclass(frozen=True, slots=True, eq=False)
class ChangeImpacts(Result):
    """What a change in one unit does there and elsewhere.

    Attributes
    ----------
    average : pandas.DataFrame
        Rows `direct`, `indirect`, `total`: means over the units that change; `estimate,
        std_error, lower, upper, p_value`.
    matrix : pandas.DataFrame
        Row receives, column is the unit that changes; columns of units that already have the
        value are zero.
    changed : pandas.Index
        The units that change.
    title, notes
    """

    average: pd.DataFrame
    matrix: pd.DataFrame
    changed: pd.Index
    title: str
    notes: tuple[str, ...]

    def tables(self) -> tuple[Table, ...]:
        """The averages."""
        return (Table(self.average, self.title, self.notes),)


@undrawn("method", "delta")
@public
def impact_of_change(
    fit: Fit,
    variable: str,
    *,
    to: Label = None,
    add: float | None = None,
    multiply: float | None = None,
    method: Method = "auto",
    rng: Rng = 0,
) -> ChangeImpacts:
    """What it does to all outcomes when one unit changes a variable, unit by unit.

    The formula is evaluated anew for each unit's change, so every term that the variable
    enters counts: levels of a factor, products, powers, logarithms, lags of them. For a
    Poisson regression it is the change of the expected outcome, not of its logarithm.

    Parameters
    ----------
    fit : Fit
        Up to 500 units.
    variable : str
        A column of the data.
    to : value, optional
        What it becomes, e.g. a level of a factor.
    add, multiply : float, optional
        Or by how much it grows; `add` is 1 if nothing is given.
    method : {"auto", "delta", "simulated", "bootstrap", "confidence"}
        Where standard errors and intervals come from: by default a bootstrap below 50 units and the delta method from
        there on.
    rng : int, Generator or None
        Seed of what is drawn; recorded.

    Returns
    -------
    ChangeImpacts
        The effect of each unit on each other unit, its rows and sums with their intervals.

    Raises
    ------
    OptionError
        If more than one of `to`, `add` and `multiply` is given, or the fit has no such variable.
    DataError
        If no unit changes by it.

    Examples
    --------
    >>> import gbaspatial as gba
    >>> cities = gba.load_cities(year=2019)
    >>> w = gba.weights.contiguity(cities, links=2019).row_standardized()
    >>> fit = gba.models.lag("log(gdp_pc_cny) ~ C(tier)", cities, w)
    >>> found = fit.impact_of_change("tier", to=1, method="delta")
    >>> len(found.changed)  # the three cities of tier 1 have nothing to change
    8
    """
    changed_to = _change(fit, variable, to, add, multiply)
    how = f"to {to!r}" if to is not None else f"times {multiply:g}" if multiply is not None else f"by {add or 1.0:+g}"
    if fit._exponential:
        word(method, ("auto", "delta"), "method")
        return _of_counts(fit, f"{variable} {how}", *_steps(fit, variable, changed_to))
    engine = prepared(fit, method, 1999, rng, 0.95)
    steps, moved = _steps(fit, variable, changed_to)
    readers = {kind: _readers(engine.resolvent, steps, moved, kind) for kind in ("direct", "total")}
    places = tuple(range(fit.k))
    direct, total = (Quantity(places, readers[kind]) for kind in ("direct", "total"))
    rows = {"direct": direct, "indirect": effects.mixed(total, direct), "total": total}
    measured = {name: engine.measure(quantity) for name, quantity in rows.items()}
    frame = pd.DataFrame({c: [getattr(m, c)[0] for m in measured.values()] for c in COLUMNS}, index=list(rows))
    right = np.einsum("jik,k->ij", steps, fit.beta)
    S = right if fit.w is None else np.linalg.solve(np.eye(fit.n) - fit.rho * fit.w.sparse.toarray(), right)
    told = engine.known.method + (f", seed {engine.seed}." if engine.seed is not None else ".")
    return _labelled(fit, frame, S, moved, f"Impacts of {variable} {how}", told)


def _of_counts(fit: Fit, change: str, steps: np.ndarray, moved: np.ndarray) -> ChangeImpacts:
    """What a change does to E y = mu = exp(X b), which is mu (exp(step b) - 1); delta method."""
    mu = fit.fitted.reindex(fit.design.ids).to_numpy(dtype=float)
    growth = np.exp(np.einsum("jik,k->ij", steps, fit.beta))  # receiver, giver
    S = mu[:, None] * (growth - 1)
    own = np.eye(fit.n)[:, moved] / moved.sum()
    everywhere = np.ones((fit.n, int(moved.sum()))) / moved.sum()
    values, slopes = [], []
    for share in (own, everywhere - own, everywhere):
        values.append(float((share * S[:, moved]).sum()))
        moving = np.einsum("ij,jik->k", share * (mu[:, None] * growth)[:, moved], steps[moved])
        slopes.append((share * S[:, moved]).sum(axis=1) @ fit.design.X + moving)
    estimate, gradient = np.array(values), np.array(slopes)
    covariance = fit.covariance.to_numpy(dtype=float)
    known = Uncertainty(fit.beta, covariance, None, "delta", 0.95, fit.df)
    error = np.sqrt(np.einsum("qp,pr,qr->q", gradient, covariance, gradient))
    found = effects.normal(estimate, error, known)
    frame = pd.DataFrame({c: getattr(found, c) for c in COLUMNS}, index=["direct", "indirect", "total"])
    return _labelled(fit, frame, S, moved, f"Impacts on the expected outcome of {change}", "delta.")


def _labelled(fit: Fit, frame: pd.DataFrame, S: np.ndarray, moved: np.ndarray, title: str, told: str) -> ChangeImpacts:
    """The result, in the order of the data."""
    ids, index = fit.design.ids, fit.design.index
    matrix = pd.DataFrame(S, index=ids.rename("receiver"), columns=ids.rename("giver"))
    return ChangeImpacts(
        average=frame.rename_axis("effect"),
        matrix=matrix.loc[index, index],
        changed=index[index.isin(ids[moved])],
        title=f"{title} in the {fit.model} model: {fit.formula}",
        notes=(f"Means over {int(moved.sum())} of {fit.n} units that change; 95% intervals: {told}",),
    )


def check_evaluated(n: int) -> None:
    """Raise if there are more units than a formula is evaluated for, one after the other."""
    if n > SCENARIO_LIMIT:
        raise OptionError(f"{n} units are too many: the formula is evaluated for each; this goes to {SCENARIO_LIMIT}.")


def _change(fit: Fit, variable: str, to: Label, add: float | None, multiply: float | None) -> pd.Series:
    """The column with every unit changed."""
    data = fit.design.data
    check_evaluated(fit.n)
    if variable not in data.columns or variable == fit.design.response:
        raise UnknownNameError(f"the formula uses no column {variable!r}. {nearest_names(variable, data.columns)}")
    if sum(part is not None for part in (to, add, multiply)) > 1:
        raise OptionError("give one of to=, add= and multiply=.")
    old = data[variable]
    if to is not None:
        if not pd.api.types.is_float_dtype(old) and to not in set(old):
            raise DataError(f"{variable} never is {to!r}; it is {some(pd.unique(old))}.")
        return pd.Series([to] * len(old), index=old.index).astype(old.dtype)
    if not pd.api.types.is_numeric_dtype(old):
        raise OptionError(f"{variable} is not a number; say what it becomes with to=.")
    return old * multiply if multiply is not None else old + (1.0 if add is None else add)


def _steps(fit: Fit, variable: str, changed: pd.Series) -> tuple[np.ndarray, np.ndarray]:
    """Changes of X (n changed units, n, k) when one unit changes at a time, and which units do change."""
    design = fit.design
    base = design.matrix(design.data)
    steps = np.zeros((fit.n, fit.n, fit.k))
    moved = np.zeros(fit.n, dtype=bool)
    for place, unit in enumerate(design.ids):
        if changed[unit] == design.data.loc[unit, variable]:
            continue
        data = design.data.copy()
        data[variable] = data[variable].astype(changed.dtype)
        data.loc[unit, variable] = changed[unit]
        with np.errstate(divide="ignore", invalid="ignore"):  # a logarithm of zero is told below
            steps[place], moved[place] = design.matrix(data) - base, True
        if not np.isfinite(steps[place]).all():
            gone = [term for term, ok in zip(fit.terms, np.isfinite(steps[place]).all(axis=0), strict=True) if not ok]
            raise DataError(
                f"{some(gone)} is not finite where {variable} of {unit!r} becomes {changed[unit]}; "
                f"choose a change for which the formula is defined."
            )
    if not moved.any():
        raise DataError(f"no unit changes: {variable} already has that value everywhere.")
    return steps, moved


def _readers(resolvent: Resolvent, steps: np.ndarray, moved: np.ndarray, kind: str) -> tuple[Reader, ...]:
    """By column of X: the mean over changed units j of entry j, or of the sum, of A^-1 times the change of X."""
    n, k = steps.shape[0], steps.shape[2]
    left = (np.eye(n) if kind == "direct" else np.ones((n, n)))[:, moved] / moved.sum()
    found = []
    for column in range(k):
        parts = resolvent.reader(None, Reading("pairs", left, np.ascontiguousarray(steps[moved, :, column].T)))

        def _read(rho: np.ndarray, parts: Reader = parts) -> tuple[np.ndarray, np.ndarray]:
            value, slope = parts(rho)
            return value.sum(axis=1, keepdims=True), slope.sum(axis=1, keepdims=True)

        found.append(_read)
    return tuple(found)
