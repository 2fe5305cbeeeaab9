"""The log-determinant log|I - rho W| as a curve in rho: exact by eigenvalues or factors, or estimated."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal
from weakref import WeakKeyDictionary

from gbaspatial.errors import OptionError
from gbaspatial.models.solve.determinant_curves import ChebyshevCurve, Curve, EigenCurve, FactorCurve, LanczosCurve
from gbaspatial.options import public, word
from gbaspatial.randomness import label_ranks
from gbaspatial.sizes import DENSE_LIMIT, EIGEN_LIMIT
from gbaspatial.weights import Weights, as_weights

if TYPE_CHECKING:
    from gbaspatial.weights.annotations import WeightsGiven

Method = Literal["auto", "eigen", "sparse", "chebyshev", "lanczos"]
METHODS = ("auto", "eigen", "sparse", "chebyshev", "lanczos")


_factor_curves: WeakKeyDictionary[Weights, FactorCurve] = WeakKeyDictionary()  # with their values over the interval


def curve_of(w: Weights, method: Method = "auto") -> Curve:
    """The log-determinant curve of `w`, by size and shape unless `method` says how.

    Exact by eigenvalues for small or dense W, exact by the factors of I - rho W otherwise.
    """
    word(method, METHODS, "logdet")
    if method == "auto":
        dense = w.n <= DENSE_LIMIT and w.density > 0.1
        method = "eigen" if w.n <= EIGEN_LIMIT or dense else "sparse"
    if method == "eigen":
        return EigenCurve(w.eigenvalues())
    if method == "sparse":
        if w not in _factor_curves:
            _factor_curves[w] = FactorCurve(w)
        return _factor_curves[w]
    if method == "lanczos":
        if w.similar_symmetric is None:
            raise OptionError(
                "logdet='lanczos' needs a W that is similar to a symmetric matrix, as a row-standardized symmetric "
                "graph is; use 'sparse' or 'chebyshev' for this W."
            )
        return LanczosCurve(w.similar_symmetric, label_ranks(w.ids))
    return ChebyshevCurve(w)


@public
def log_determinant(w: WeightsGiven, rho: float, *, method: Method = "auto") -> float:
    """log|I - rho W|.

    Parameters
    ----------
    w : Weights
    rho : float
        Inside the admissible interval ``w.interval``.
    method : {"auto", "eigen", "sparse", "chebyshev", "lanczos"}
        The last two are stochastic estimates; `logdet.curve_of(w, method).error(rho)`
        is their standard error.

    Returns
    -------
    float
        Its value, finite inside the interval.

    Raises
    ------
    OptionError
        If `rho` is outside the interval.

    References
    ----------
    Ord, K. (1975). Estimation methods for models of spatial interaction. Journal of the American Statistical
    Association 70, 120-126.
    Pace, R. K. and LeSage, J. (2004). Chebyshev approximation of log-determinants of spatial weight matrices.
    Computational Statistics & Data Analysis 45, 179-196.

    Examples
    --------
    >>> from gbaspatial.weights import Weights
    >>> round(log_determinant(Weights([[0, 1], [1, 0]], ["a", "b"]), 0.5), 6)
    -0.287682
    """
    w = as_weights(w)
    low, high = w.interval
    if not low < rho < high:
        raise OptionError(
            f"rho={rho} is outside the admissible interval ({low:.6g}, {high:.6g}) of this W, "
            f"where I - rho W stays invertible."
        )
    return curve_of(w, method)(float(rho))
