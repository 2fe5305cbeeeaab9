"""What every test of autocorrelation checks before it computes."""

from __future__ import annotations

import functools
from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ParamSpec, TypeAlias, TypeGuard, TypeVar

import numpy as np
import pandas as pd

from gbaspatial.alignment import align, labelled
from gbaspatial.errors import DataError, OptionError, WeightsError
from gbaspatial.inference.ordering import by_label
from gbaspatial.options import DRAWN_WITH, undrawn, unused
from gbaspatial.weights import Weights

if TYPE_CHECKING:
    from gbaspatial.models.fit import Fit
    from gbaspatial.weights.annotations import WeightsLike


Values: TypeAlias = "pd.Series | Fit"  # of the units; or a regression, whose residuals are meant

P = ParamSpec("P")
T = TypeVar("T")

DRAWING = ("auto", "permutation", "bootstrap")  # the inferences that may need random draws
_DRAWLESS = ("exact", "normal", "randomization", "saddlepoint", "imhof", "chi-square")
_HUGE = 1e70  # moments take fourth powers of weights: between 1e-70 and 1e70 their sums are numbers still


@dataclass(frozen=True, slots=True, eq=False)
class Subject:
    """Aligned values in the order of the labels (`inference.ordering`), and of a regression its regressors.

    Parameters
    ----------
    y : numpy.ndarray, shape (n,)
        Values divided by 2^`exponent`, so that their powers neither overflow nor vanish; in the order of `w.ids`.
    w : Weights
        In the order of the labels.
    values : pandas.Series
        What was tested, as given and in its order.
    exponent : int
        Dividing by a power of two changes no digit.
    regressors : numpy.ndarray, shape (n, k), optional
    """

    y: np.ndarray
    w: Weights
    values: pd.Series
    exponent: int = 0
    regressors: np.ndarray | None = None

    @property
    def linked(self) -> np.ndarray:
        """Which units have neighbors (n,)."""
        return np.diff(self.w.sparse.indptr) > 0

    @property
    def n(self) -> int:
        """Number of units with neighbors."""
        return int(self.linked.sum())


def admitted(values: Values, w: WeightsLike) -> Subject:
    """Align `values`, or the residuals of a regression, with `w`; refuse what has no test.

    Of a regression with observation weights v, sqrt(v) times residuals and regressors are what least squares
    made of independent errors with one variance, and so what has the null distribution.

    Raises
    ------
    DataError
        If all values are equal.
    OptionError
        If the fit is not one of least squares.
    WeightsError
        If there are fewer than three units, or none has a neighbor.
    """
    w = by_label(w)
    given, regressors = _of_regression(values) if _is_regression(values) else (values, None)
    series: pd.Series = given
    y = align(series, w.ids)
    check_testable(y, w, str(series.name) if series.name is not None else "the values")
    if regressors is not None:
        regressors = regressors.reindex(w.ids).to_numpy(dtype=float)
    y, exponent = in_unit(y)
    return Subject(y, w, series.copy(), exponent, regressors)


def _is_regression(values: object) -> TypeGuard[Fit]:
    return hasattr(values, "residuals") and hasattr(values, "design")


def _of_regression(fit: Fit) -> tuple[pd.Series, pd.DataFrame]:
    """Residuals and regressors (n, k) of a least-squares fit, both times the root of its observation weights."""
    _check_least_squares(fit)
    design = fit.design
    residuals, X = fit.residuals.rename(f"residuals of {design.formula}"), design.X
    variance_weights = getattr(design, "observation_weights", None)
    if variance_weights is not None:
        root = pd.Series(np.sqrt(variance_weights), index=design.ids)
        residuals = (residuals * root.reindex(residuals.index)).rename(f"weighted residuals of {design.formula}")
        X = X * root.to_numpy()[:, None]
    return residuals, pd.DataFrame(X, index=design.ids)


def admitted_values(values: object, w: WeightsLike) -> Subject:
    """`admitted`, of values only: the residuals of a regression are refused."""
    t = admitted(values, w)
    if t.regressors is not None:
        raise OptionError("residuals of a regression are tested by moran(fit, w) and local_moran(fit, w) only.")
    return t


def in_unit(y: np.ndarray) -> tuple[np.ndarray, int]:
    """`y` divided by the power of two that brings its largest size between one half and one, and its exponent.

    Examples
    --------
    >>> in_unit(np.array([3e200, -1e200]))[0].round(3).tolist()
    [0.98, -0.327]
    """
    exponent = int(np.frexp(np.abs(y).max(initial=0.0))[1])
    return np.ldexp(y, -exponent), exponent


def check_three(w: Weights) -> None:
    """Raise unless there are three units."""
    if w.n < 3:
        raise WeightsError(f"a test of autocorrelation needs at least three units; the weights have {w.n}.")


def check_for_residuals(inference: str, allowed: Collection[str]) -> None:
    """Raise if `inference` would permute the residuals of a regression."""
    if inference not in allowed:
        raise OptionError(
            f"inference={inference!r} permutes values, but the residuals of a regression are not exchangeable; "
            f"use 'imhof', 'saddlepoint' or 'normal'."
        )


def check_testable(y: np.ndarray, w: Weights, name: str) -> None:
    """Raise unless there are three units, a link, weights that can be squared, and values that differ."""
    check_three(w)
    if not w.n_links:
        raise WeightsError("no unit has a neighbor, so there is no autocorrelation to test; choose other weights.")
    check_size(w)
    y = in_unit(y)[0]
    if np.ptp(y) <= 1e-13 * np.abs(y).max(initial=0.0):
        raise DataError(f"'{name}' is the same for all {len(y)} units; a constant has no autocorrelation.")


def check_size(w: Weights) -> None:
    """Raise if the weights are so large or small that their squares are no numbers."""
    largest = float(np.abs(w.sparse.data).max(initial=0.0))
    if w.n_links and not 1 / _HUGE <= largest <= _HUGE:
        raise WeightsError(
            f"the largest weight is {largest:.3g}, and sums of fourth powers of such weights are no numbers; "
            f"standardize first, by w.row_standardized() or w.spectral()."
        )


def _check_least_squares(fit: Fit) -> None:
    if getattr(fit, "w", None) is not None or getattr(fit, "error_w", None) is not None:
        raise OptionError(
            "the tests of residuals are for least squares, whose residuals are those of a model without spatial "
            "terms; pass fit.residuals (a Series) to describe those of a spatial model."
        )
    method = getattr(fit, "method", "ols")
    if method != "ols":
        raise OptionError(
            f"the tests of residuals are for least squares, but this fit is by {method}, whose residuals differ in "
            f"variance from unit to unit, so that neither their permutation nor normal theory is the right null; "
            f"pass fit.residuals (a Series) to describe them."
        )


def residual_series(t: Subject, numbers: np.ndarray, name: str) -> pd.Series:
    """`numbers` (n,) in the order of the labels, in the order of the values of `t`."""
    return labelled(numbers, t.w.ids, t.values.index, name)


def drawn_by(*words: str) -> Callable[[Callable[P, T]], Callable[P, T]]:
    """Mark a test whose draws serve the inferences `words` only: draws and seeds for another are refused.

    It stands above `public` and looks at what the caller wrote, because the default of `draws` is a number, too.

    Examples
    --------
    >>> @drawn_by("auto", "permutation")
    ... def test(values, *, inference="auto", draws=9_999, rng=None):
    ...     return inference
    >>> test([1], inference="exact")
    'exact'
    >>> test([1], inference="exact", draws=99)
    Traceback (most recent call last):
    gbaspatial.errors.OptionError: draws= would not be used here: inference='exact' draws nothing.
    """

    def _marked(function: Callable[P, T]) -> Callable[P, T]:
        checked = undrawn("inference", *(how for how in _DRAWLESS if how not in words))(function)

        @functools.wraps(function)
        def _called(*args: P.args, **kwargs: P.kwargs) -> T:
            if kwargs.get("inference", "auto") == "auto" and args and _is_regression(args[0]):
                given = {name: kwargs.get(name) for name in DRAWN_WITH}
                unused(given, "the residuals of a regression are not exchangeable, and nothing is drawn of them")
            return checked(*args, **kwargs)

        return _called

    return _marked


def draws_for(inference: str, **options: object) -> dict[str, Any]:
    """`options` (draws, rng) for a test by `inference`, or nothing where it draws nothing.

    Examples
    --------
    >>> draws_for("permutation", draws=99), draws_for("exact", draws=99)
    ({'draws': 99}, {})
    """
    return options if inference in DRAWING else {}


tested = admitted
admitted.__test__ = False  # type: ignore[attr-defined]  # its other name looks like a test's
