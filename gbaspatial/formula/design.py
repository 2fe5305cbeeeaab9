"""A formula, data and weights become a `Design`: arrays with names, in the order of the units of W.

The formula language is Wilkinson notation, as in R: data, never a program (see `grammar`, `expressions`,
`vocabulary`); formulaic codes the classes and builds the columns. Two things are added:
``W(x)`` is the spatial lag of `x` with the model's weights, and every further W has the
name under which it is given, e.g. ``{"W": queen, "Wroad": minutes}`` makes ``Wroad(x)``.
Transforms and lags nest: ``W(log(x))``, ``log(W(x))``, ``C(tier):W(x)``, ``W(C(tier))``.

What a `Design` holds
---------------------
* ``y`` (n,), ``X`` (n, k), ``terms`` (k names) and ``response``, in the order of ``ids``
  (the ids of W; without W the sorted index); ``index`` is the order of the user's data.
* ``weights``: the named `Weights`; ``observation_weights`` (n,) or None.
* ``columns``: for each column of X which `regressor` it belongs to and, where the column
  is the lag of a regressor, the name of the W. So for impacts: ``regressors()`` gives, by
  regressor, the column of beta and the columns of theta.
* ``matrix(data)``: X for other data (new units, a changed value), with the levels and
  transforms learned here.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from gbaspatial.alignment import align, align_frame, check_frame
from gbaspatial.errors import (
    DataError,
    FormulaError,
    GbaWarning,
    SmallSampleWarning,
    outside,
    some,
)
from gbaspatial.formula.collinearity import check_rank
from gbaspatial.formula.kinds import like, plain
from gbaspatial.formula.lag_weights import in_order, named_weights
from gbaspatial.formula.magnitude import check_finite, check_magnitude
from gbaspatial.formula.mentions import names_in
from gbaspatial.formula.reading import (
    as_matrix,
    check_classes,
    check_columns,
    class_columns,
    columns_named,
    evaluate,
    known_column,
    outcome_of,
    parsed_formula,
    rebuild,
    sorted_index,
)
from gbaspatial.formula.regressors import Column, complete, is_intercept, named_twice, written
from gbaspatial.results import data_hash
from gbaspatial.weights import Weights

if TYPE_CHECKING:
    from formulaic import ModelSpec

    from gbaspatial.weights.annotations import WeightsGiven

_LEVERAGE_LIMIT = 20_000
_PARAMETERS = ("rho", "lambda", "alpha")  # under these names results keep what is no coefficient


@dataclass(frozen=True, slots=True)
class Regressor:
    """Where the coefficients of one regressor stand: column `beta` (or None) and columns `theta` by name of W."""

    name: str
    beta: int | None
    theta: Mapping[str, int]


@dataclass(frozen=True, slots=True, eq=False)
class Design:
    """A model's numbers in the order of `ids`, with their names; see the module."""

    formula: str
    response: str
    terms: tuple[str, ...]
    y: np.ndarray
    X: np.ndarray
    ids: pd.Index
    index: pd.Index
    data: pd.DataFrame
    weights: Mapping[str, Weights]
    columns: tuple[Column, ...]
    model_spec: ModelSpec
    durbin: bool = False
    observation_weights: np.ndarray | None = None
    regimes: str | None = None

    @property
    def n(self) -> int:
        """Number of units."""
        return len(self.ids)

    @property
    def k(self) -> int:
        """Number of columns of X."""
        return len(self.terms)

    @property
    def fingerprint(self) -> str:
        """A hash of the data used, the same for any order of rows."""
        return data_hash(self.data, self.formula)

    def regressors(self) -> tuple[Regressor, ...]:
        """All regressors but the intercept (of a regime too), in the order of X.

        Warns of a lag of a lag: ``W(W(x))`` is the lag of the regressor ``W(x)``, so it is not
        among the columns of ``x``.
        """
        for column in self.columns:
            if column.base is not None:
                warnings.warn(
                    f"the impacts of {column.base} leave out {column.name}, which is told as the lag of a regressor "
                    f"{column.regressor} of its own; fit.impact_of_change(variable) has all terms of a variable.",
                    GbaWarning,
                    stacklevel=outside(),
                )
        found: dict[str, dict[str | None, int]] = {}
        for place, column in enumerate(self.columns):
            found.setdefault(column.regressor, {})[column.weights] = place
        return tuple(
            Regressor(name, places.get(None), {w: p for w, p in places.items() if w is not None})
            for name, places in found.items()
            if not is_intercept(name)
        )

    def matrix(self, data: pd.DataFrame, weights: WeightsGiven | None = None) -> np.ndarray:
        """X (m, k) for `data`, in its order; lags by `weights` (the design's own by default).

        Raises
        ------
        UnknownNameError, MissingDataError, DataError
            As at fitting; a level that did not occur then is an error too.
        """
        lags = named_weights(weights) if weights is not None else dict(self.weights)
        lagged = {name: w for name, w in lags.items() if any(c.weights == name for c in self.columns) or name == "W"}
        ids = next(iter(lagged.values())).ids if self.uses_weights and lagged else data.index
        if self.uses_weights:
            lags = {name: in_order(w, ids) for name, w in lags.items()}
        used = [c for c in self.data.columns if c in names_in([self.model_spec.formula]).read]
        wanted = list(dict.fromkeys([*used, self.regimes])) if self.regimes else used
        frame = align_frame(columns_named(data, wanted), ids)
        check_columns(frame, wanted)
        classes = class_columns(self.model_spec, self.data[used], lags)
        frame = like(frame, self.data[wanted], [*classes, self.regimes] if self.regimes else classes)
        matrix = rebuild(self.model_spec, frame[used], lags)
        X, columns = as_matrix(matrix), written(matrix.model_spec, lags)
        X, columns = complete(X, columns, frame, lags, self.durbin, self.regimes, self.data)
        terms = tuple(c.name for c in columns)
        if terms != self.terms:
            raise DataError(f"the data give the columns {some(terms)}, the model has {some(self.terms)}.")
        return pd.DataFrame(X, index=ids).reindex(data.index).to_numpy()

    @property
    def uses_weights(self) -> bool:
        """Whether a column of X is a spatial lag."""
        return any(column.lagged for column in self.columns)

    def with_outcome(self, y: np.ndarray) -> Design:
        """The same design with another outcome (n,) in the order of `ids`."""
        return replace(self, y=np.asarray(y, dtype=float))

    def label(self, numbers: np.ndarray, name: object = None) -> pd.Series:
        """`numbers` (n,) in the order of `ids` as a Series in the order of the data."""
        return pd.Series(numbers, index=self.ids, name=name).reindex(self.index)


def design(
    formula: str,
    data: pd.DataFrame,
    w: WeightsGiven | None = None,
    *,
    durbin: bool = False,
    weights: pd.Series | str | None = None,
    regimes: str | None = None,
) -> Design:
    """Read `formula` on `data`, matched to `w` by label.

    Parameters
    ----------
    formula : str
        Such as ``"log(y) ~ log(x) + C(tier) + W(log(x))"``.
    data : pandas.DataFrame
        One row per unit, in any order, indexed by unit.
    w : Weights or mapping of str to Weights, optional
        The weights of ``W(x)``; further ones by name.
    durbin : bool
        Adds the lag by ``W`` of every regressor that has none.
    weights : pandas.Series or str, optional
        Observation weights: a column or a Series; the variance of a unit is sigma2 / weight.
    regimes : str, optional
        A column of classes; every coefficient is estimated by class.

    Raises
    ------
    FormulaError
        If the formula cannot be read, names an unknown column, or asks for ``lag(x)``.
    MissingDataError, DataError
        If a value is missing, infinite or text; nothing is dropped.
    CollinearityError
        If regressors depend on each other, or are more than the units.

    Examples
    --------
    >>> data = pd.DataFrame({"y": [1.0, 2, 4], "x": [0.0, 1, 5]}, index=["a", "b", "c"])
    >>> design("y ~ x", data).terms
    ('Intercept', 'x')
    """
    lags = named_weights(w)
    check_frame(data)
    ids = next(iter(lags.values())).ids if lags else sorted_index(data.index)
    lags = {name: in_order(matrix, ids) for name, matrix in lags.items()}
    parsed = parsed_formula(formula, data, lags)
    needed = used = parsed.columns
    if regimes is not None:
        used = list(dict.fromkeys([*needed, known_column(regimes, data)]))
    frame = pd.DataFrame(align_frame(columns_named(data, used), ids))
    check_columns(frame, used)
    others = [name for name in used if name not in needed]
    frame = plain(frame, needed).join(frame[others]) if others else plain(frame, needed)
    check_classes(parsed.terms, frame, lags)
    lhs, rhs, spec = evaluate(parsed.formula, frame[needed], lags)
    response, y = outcome_of(lhs, parsed.terms)
    columns = written(spec, lags)
    _check_names(columns, rhs)
    X, columns = complete(as_matrix(rhs), columns, frame, lags, durbin, regimes, frame)
    terms = tuple(column.name for column in columns)
    _check_values(y, X, terms, response, ids)
    observation = _observation_weights(weights, data, ids)
    result = Design(
        formula=formula, response=response, terms=terms, y=y, X=X, ids=ids, index=data.index, data=frame,
        weights=lags, columns=columns, model_spec=spec, durbin=durbin,
        observation_weights=observation, regimes=regimes,
    )  # fmt: skip
    check_rank(X, terms)
    _warn_of_lone_units(X, ids)
    return result


# -- checking ---------------------------------------------------------------------------
def _check_names(columns: Iterable[Column], rhs: pd.DataFrame) -> None:
    """Raise if a column of X would be taken for a parameter of the model, or for another column."""
    names = [column.name for column in columns]
    twice = [name for name in names if names.count(name) > 1]
    if twice or len(names) != rhs.shape[1]:
        raise named_twice(twice[0] if twice else names[0])
    for name in names:
        parameter, bracket, _ = name.partition("[")
        if parameter in _PARAMETERS and (name == parameter or bracket):
            raise FormulaError(
                f"the regressor {name!r} has the name of the parameter {parameter} of spatial models; "
                f"rename the column, or write I({name if name == parameter else f'`{name}`'})."
            )


def _check_values(y: np.ndarray, X: np.ndarray, terms: tuple[str, ...], response: str, ids: pd.Index) -> None:
    columns = [(response, y), *zip(terms, X.T, strict=True)]
    check_finite(columns, lambda bad: ids[bad])
    check_magnitude(columns)
    if not len(y):
        raise DataError("the data have no rows, so there is nothing to estimate from.")
    if np.ptp(y) == 0:
        raise DataError(f"{response} is {y[0]:g} for every unit; a constant outcome has nothing to explain.")


def _warn_of_lone_units(X: np.ndarray, ids: pd.Index) -> None:
    """Says which units have a coefficient of their own: they are fitted exactly and tell nothing."""
    if len(X) > _LEVERAGE_LIMIT:
        return
    alone = np.square(np.linalg.qr(X)[0]).sum(axis=1) > 1 - 1e-9
    if alone.any():
        warnings.warn(
            f"{some(ids[alone])} alone determines a coefficient (the only unit of a factor level?), so it is fitted "
            f"exactly and adds nothing to the others; merge the level with another.",
            SmallSampleWarning,
            stacklevel=outside(),
        )


def _observation_weights(weights: pd.Series | str | None, data: pd.DataFrame, ids: pd.Index) -> np.ndarray | None:
    if weights is None:
        return None
    series = data[known_column(weights, data)] if isinstance(weights, str) else weights
    numbers = align(series, ids, "observation weights")
    if (numbers <= 0).any():
        raise DataError(f"observation weights must be positive, but are not for {some(ids[numbers <= 0])}.")
    check_magnitude([("the observation weights", numbers)])
    return numbers
