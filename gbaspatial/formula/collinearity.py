"""Are the columns of X independent, and if not: which ones, and of what?"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from scipy import linalg

from gbaspatial.errors import CollinearityError, some

TOLERANCE = 1e-10


def check_rank(X: np.ndarray, terms: Sequence[str]) -> None:
    """Raise `CollinearityError`, naming columns, unless `X` (n, k) has rank k < n.

    Examples
    --------
    >>> check_rank(np.eye(4)[:, :2], ["a", "b"])
    """
    n, k = X.shape
    if k == 0:
        raise CollinearityError("the formula has no regressor and no intercept; there is nothing to estimate.")
    size = np.abs(X).max(axis=0)
    if (size == 0).any():
        zeros = [term for term, s in zip(terms, size, strict=True) if s == 0]
        raise CollinearityError(f"{some(zeros)} is zero for every unit; leave it out.")
    if k >= n:
        raise CollinearityError(
            f"the model has {k} coefficients but only {n} units ({some(terms)}); leave some regressors out."
        )
    constant = [t for t, x in zip(terms, X.T, strict=True) if np.ptp(x) == 0]
    if len(constant) > 1:
        told = [t for t in constant if not t.endswith("Intercept")] or constant[1:]
        raise CollinearityError(f"{some(told)} is the same for every unit, as the intercept is; leave it out.")
    # Centering first: the scale of a variable far from zero must not hide that it varies.
    work = X - X.mean(axis=0) if constant else X
    places = [i for i, t in enumerate(terms) if t not in constant]
    if not places:
        return
    scaled = work[:, places] / np.linalg.norm(work[:, places], axis=0)
    R, order = linalg.qr(scaled, mode="r", pivoting=True)
    diagonal = np.abs(np.diag(R))
    rank = int((diagonal > TOLERANCE * diagonal[0]).sum())
    if rank == len(places):
        return
    kept, lost = order[:rank], order[rank:]
    sentences = []
    for column in lost[:3]:
        share = np.linalg.lstsq(scaled[:, kept], scaled[:, column], rcond=None)[0]
        others = [terms[places[j]] for j, s in zip(kept, share, strict=True) if abs(s) > 1e-6]
        sentences.append(f"{terms[places[column]]} is a linear combination of {some(sorted(others))}")
    raise CollinearityError(f"{'; '.join(sentences)}: leave one of them out.")
