"""Arrays and matrices that cannot be changed, so that a W may show its own instead of copies."""

from __future__ import annotations

from typing import Any

import numpy as np
import scipy.sparse as sp

from gbaspatial.errors import WeightsError

_FLAGS = ("has_sorted_indices", "has_canonical_format")  # scipy notes these once it has looked


class FrozenError(WeightsError, AttributeError):
    """Something that never changes was to be changed; take a copy, or a verb that gives a new one."""


class FrozenMatrix(sp.csr_array):
    """A CSR array that shows read-only arrays and lets nobody put others in their place.

    Whatever is computed from it is a plain, writable `scipy.sparse.csr_array`.

    Examples
    --------
    >>> W = frozen(sp.csr_array([[0.0, 1.0], [1.0, 0.0]]))
    >>> type(W @ W).__name__, type(W.copy()).__name__
    ('csr_array', 'csr_array')
    """

    def __new__(cls, *made_of: object, **options: object) -> Any:
        """A plain CSR array where one is made of something: scipy makes its results so, and they may be changed."""
        return sp.csr_array(*made_of, **options) if made_of or options else super().__new__(cls)

    def __setattr__(self, name: str, value: object) -> None:
        if name.removeprefix("_") not in _FLAGS or not value:
            raise FrozenError(f"this matrix is read only ({name} cannot be set); change a copy of it, W.copy().")
        super().__setattr__(name, value)

    def __delattr__(self, name: str) -> None:
        raise FrozenError(f"this matrix is read only ({name} cannot be deleted); change a copy of it, W.copy().")

    def __setitem__(self, key: object, value: object) -> None:
        raise _read_only()

    def setdiag(self, values: object, k: int = 0) -> None:
        """Refused: the matrix is read only."""
        raise _read_only()

    def resize(self, *shape: object) -> None:
        """Refused: the matrix is read only."""
        raise _read_only()

    def __reduce__(self) -> tuple[object, ...]:
        return _restored, (self.data, self.indices, self.indptr, self.shape)


def _read_only() -> FrozenError:
    """The error of an entry that cannot be changed."""
    return FrozenError("this matrix is read only; change a copy of it, W.copy().")


def frozen(value: object) -> Any:
    """`value` made read only: an array, a CSR array, or a tuple of such; anything else is given back.

    Examples
    --------
    >>> frozen(np.zeros(2)).flags.writeable
    False
    """
    if isinstance(value, np.ndarray):
        value.flags.writeable = False
    elif isinstance(value, tuple):
        return tuple(map(frozen, value))
    elif isinstance(value, sp.csr_array) and type(value) is not FrozenMatrix:
        for part in (value.data, value.indices, value.indptr):
            part.flags.writeable = False
        shown = FrozenMatrix.__new__(FrozenMatrix)
        shown.__dict__.update(value.__dict__)
        return shown
    return value


def _restored(data: np.ndarray, indices: np.ndarray, indptr: np.ndarray, shape: tuple[int, int]) -> Any:
    return frozen(sp.csr_array((data, indices, indptr), shape=shape))
