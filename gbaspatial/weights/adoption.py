"""Whatever is a W, taken as `Weights`: the door of every function that reads a W."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gbaspatial.options import public
from gbaspatial.weights.core import Weights
from gbaspatial.weights.diagonal import Diagonal
from gbaspatial.weights.foreign_weights import adopted

if TYPE_CHECKING:
    from gbaspatial.weights.annotations import WeightsLike


@public
def as_weights(w: WeightsLike, *, diagonal: Diagonal = "error") -> Weights:
    """`w` as `Weights`: takes ours, a `libpysal.graph.Graph` or a `libpysal.weights.W`, and changes none.

    Parameters
    ----------
    w : Weights, or a libpysal Graph or W
    diagonal : {"error", "drop"}
        What to do with links of units with themselves, as the kernels of libpysal have:
        refuse them, or leave them out and warn.

    Returns
    -------
    Weights
        The same object, if it is ours.

    Raises
    ------
    LabelTypeError
        For anything else (it is a TypeError).
    WeightsError
        If a unit is linked with itself, unless ``diagonal="drop"``.

    Examples
    --------
    >>> w = Weights([[0, 1], [1, 0]], ["Macao", "Zhuhai"])
    >>> as_weights(w.to_libpysal()).ids.tolist()
    ['Macao', 'Zhuhai']
    """
    return adopted(Weights, w, diagonal)


def as_weights_called(w: WeightsLike, what: str) -> Weights:
    """`w` as `Weights`, as `as_weights` takes it; an error calls it `what`: the option, and the name or the year in it.

    Examples
    --------
    >>> as_weights_called(Weights([[0, 1], [1, 0]], "ab"), "error_w of 2003").n
    2
    """
    return adopted(Weights, w, what=what)
