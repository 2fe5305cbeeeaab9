"""Whether data and W say anything about a spatial parameter, and where a search for it was cut.

**No information.** Let M take the part of a vector that X does not explain. Where M W = c M, W
acts on that part as the number c, for every y: with a complete row-standardized W and an
intercept c = -1 / (n - 1). Then (I - rho W) y and (1 - rho c) y have the same residuals but
for their length, rho and sigma2 cannot be told apart, and what is left of the likelihood is a
determinant that has its supremum at an end of the interval. This holds for every model with
a lag, an error, a moving average, a conditional autoregression or exp(alpha W), whatever else
it has, for W then leaves the span of X as it is.

**No maximum inside.** A likelihood with a maximum falls without bound towards a finite end of the
admissible interval, where |I - rho W| vanishes. One that rises there has a pole: the sum of
squares vanishes faster than the determinant.

**A cut.** An admissible interval may have no end (a W without negative real eigenvalue, such as a
directed ring of three). The search then stops at a finite bound, which is not a limit of rho.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from scipy import sparse

from gbaspatial.errors import ConvergenceError, OptionError, WeightsError
from gbaspatial.models.solve.admissible import window
from gbaspatial.randomness import IDENTITY_VECTORS, stream
from gbaspatial.weights import Weights

_SAME = 1e-9
_NEAR, _NEARER = 1e-7, 1e-9  # of the interval, from its end: at a pole the second is the higher
_SETTLED = 1e-6  # the fall from half way: a t value of alpha below 0.002 times the root of n
_VECTORS = 3


def acts_as_number(X: np.ndarray, W: sparse.csr_array, d: np.ndarray | None = None) -> float | None:
    """The c with M W = c M, M what the regressors `X` (n, k) leave unexplained; None where W says more.

    `d` (n,) are observation weights.

    Examples
    --------
    >>> complete = sparse.csr_array((np.ones((5, 5)) - np.eye(5)) / 4)
    >>> round(acts_as_number(np.ones((5, 1)), complete), 6)
    -0.25
    >>> acts_as_number(np.ones((5, 1)), sparse.csr_array(np.eye(5, k=1) + np.eye(5, k=-1))) is None
    True
    """
    root = np.ones((len(X), 1)) if d is None else np.sqrt(d)[:, None]
    basis = np.linalg.qr(root * X)[0]
    rng = stream(IDENTITY_VECTORS, len(X))
    for count in (1, _VECTORS):  # nearly every W is found to say more by the first vector
        vectors = rng.standard_normal((len(X), count))
        images = W @ vectors
        left, moved = (root * part - basis @ (basis.T @ (root * part)) for part in (vectors, images))
        number = float(np.sum(left * moved) / np.sum(left**2))
        gap = float(np.linalg.norm(moved - number * left))
        if gap > _SAME * float(np.linalg.norm(root * images)):
            return None
    return number


def check_informed(name: str, X: np.ndarray, W: sparse.csr_array, d: np.ndarray | None = None) -> None:
    """Raise `ConvergenceError` where W acts on what `X` leaves unexplained as a number: nothing tells `name`."""
    number = acts_as_number(X, W, d)
    if number is not None:
        raise ConvergenceError(
            f"these data cannot tell {name}: W acts on all that the regressors leave unexplained as the number "
            f"{number:.6g} (as complete row-standardized weights with an intercept do, and complete groups of one size "
            f"with an intercept for each), so that {name} and sigma2 stand for each other and the likelihood has no "
            f"maximum inside the admissible interval; use weights that tell near units from far ones."
        )


def check_no_pole(name: str, value: Callable[[float], float], interval: tuple[float, float]) -> None:
    """Raise `ConvergenceError` where a profile likelihood `value` rises without bound to an end of `interval`."""
    low, high = window(interval)
    for end, other in ((low, high), (high, low)):
        if np.isfinite(interval[0 if end == low else 1]):
            far, near = value(end + _NEAR * (other - end)), value(end + _NEARER * (other - end))
            if near > far or np.isnan(near):
                raise no_maximum(name, end, interval)


def no_maximum(name: str, end: float, interval: tuple[float, float]) -> ConvergenceError:
    """The error for a likelihood that rises without bound to `end`."""
    return ConvergenceError(
        f"the likelihood has no maximum: it rises without bound as {name} tends to {end:.6g}, an end of its admissible "
        f"interval ({interval[0]:.6g}, {interval[1]:.6g}), because the regressors explain all that is left of the "
        f"outcome there; use fewer regressors or other weights."
    )


def check_settled(name: str, squares: Callable[[float], float], best: float, near: float) -> None:
    """Raise `ConvergenceError` where a sum of `squares` without a determinant only falls towards its limit at `best`.

    exp(alpha W) has the determinant one, so that the sum of squares alone decides. Where W moves all that X leaves
    unexplained one way, it falls for ever: to nothing, or to a limit that is reached to all digits beyond `near`.
    """
    if abs(best) > near and not squares(best / 2) > (1 + _SETTLED) * squares(best):
        raise endless(name, best)


def endless(name: str, best: float) -> ConvergenceError:
    """The error for a sum of squares that falls for ever."""
    return ConvergenceError(
        f"the likelihood has no maximum: the sum of squares still falls at {name} = {best:.4g} and beyond, because W "
        f"moves all that the regressors leave unexplained one way (as complete groups with a dummy for each and stars "
        f"do); use other weights or fewer regressors."
    )


def cut_note(name: str, interval: tuple[float, float]) -> str | None:
    """Where the search for `name` was cut because `interval` has no end there; None where both ends are finite.

    Examples
    --------
    >>> cut_note("rho", (-np.inf, 1.0))
    'The admissible interval of rho, (-inf, 1), has no lower end: it was searched down to -4, which is no limit of rho.'
    >>> cut_note("rho", (-1.0, 1.0)) is None
    True
    """
    low, high = window(interval)
    open_low, open_high = not np.isfinite(interval[0]), not np.isfinite(interval[1])
    if not open_low and not open_high:
        return None
    if open_low and open_high:
        which, reach = "no end", f"from {low:.4g} to {high:.4g}"
    elif open_low:
        which, reach = "no lower end", f"down to {low:.4g}"
    else:
        which, reach = "no upper end", f"up to {high:.4g}"
    return (
        f"The admissible interval of {name}, ({interval[0]:.4g}, {interval[1]:.4g}), has {which}: it was searched "
        f"{reach}, which is no limit of {name}."
    )


def check_carried(n: int, k: int, spatial: int = 1) -> None:
    """Raise if `n` units are too few for `k` coefficients, one or two `spatial` parameters and a variance."""
    if k + spatial + 1 > n:
        told = "a spatial parameter" if spatial == 1 else "two spatial parameters"
        raise OptionError(f"{n} units cannot carry {k} coefficients, {told} and a variance.")


def check_given(w: object) -> None:
    """Raise if a spatial model was given no W."""
    if w is None:
        raise OptionError("a spatial model needs weights: give a W, such as gba.weights.contiguity(data).")


def check_linked(*matrices: Weights) -> None:
    """Raise if none of the matrices, one W or one a period, has a link."""
    if not any(w.n_links for w in matrices):
        raise WeightsError("W has no links, so there is nothing spatial to estimate; build it with other options.")
