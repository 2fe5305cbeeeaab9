"""Moran eigenvectors, and regressions filtered by them.

The eigenvectors of M S M, with S = (W + W')/2 and M the projection off the mean (or off the
regressors), are the map patterns that W allows: mutually uncorrelated, each with the largest
Moran's I that is left. Regressions that take some of them in have residuals without spatial
autocorrelation, whatever the model of the outcome.

References
----------
Griffith, D. A. (2003). Spatial Autocorrelation and Spatial Filtering. Springer.
Tiefelsdorf, M. and Griffith, D. A. (2007). Semiparametric filtering of spatial
autocorrelation: the eigenvector approach. Environment and Planning A 39, 1193-1221.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal

import numpy as np
import pandas as pd
from scipy import sparse, special

from gbaspatial.errors import OptionError, WeightsError, some
from gbaspatial.formula import Design, design as read_design
from gbaspatial.models.counts import log_exposure, ppml
from gbaspatial.models.eigenvectors import Steps, eigenvectors_off, linear_steps, poisson_steps
from gbaspatial.models.fit import Fit
from gbaspatial.models.regression import ols
from gbaspatial.models.request import Request
from gbaspatial.options import number, public, whole, word
from gbaspatial.results import Result, Table
from gbaspatial.sizes import DENSE_LIMIT
from gbaspatial.weights import Weights, as_weights

if TYPE_CHECKING:
    from gbaspatial.weights.annotations import WeightsGiven


@dataclass(frozen=True, slots=True, eq=False)
class MoranEigenvectors(Result):
    """The n - 1 map patterns of a W, from the most to the least autocorrelated.

    Attributes
    ----------
    vectors : pandas.DataFrame
        Columns ``EV1``, ``EV2``, ... by unit, of length one and orthogonal to the mean. The
        sign of a vector is free: its largest element is made positive.
    eigenvalues : pandas.Series
    moran : pandas.Series
        Moran's I of each vector: its eigenvalue times n / S0.
    """

    vectors: pd.DataFrame
    eigenvalues: pd.Series
    moran: pd.Series

    def candidates(self, share: float = 0.25) -> pd.DataFrame:
        """The vectors whose Moran's I is more than `share` of the largest one (Griffith 2003).

        Examples
        --------
        >>> from gbaspatial.weights import Weights
        >>> chain = Weights(np.eye(6, k=1) + np.eye(6, k=-1), list("abcdef"))
        >>> list(moran_eigenvectors(chain).candidates().columns)
        ['EV1', 'EV2']
        """
        number(share, "share", least=0, most=1 - 1e-12)
        return self.vectors.loc[:, self.moran > share * self.moran.max()]

    def tables(self) -> tuple[Table, ...]:
        """Eigenvalues and Moran's I by vector."""
        frame = pd.DataFrame({"eigenvalue": self.eigenvalues, "moran": self.moran})
        return (Table(frame, f"Moran eigenvectors of {len(self.vectors)} units"),)


@dataclass(frozen=True, slots=True, eq=False)
class SpatialFilter(Result):
    """A regression with the Moran eigenvectors that free its residuals of spatial autocorrelation.

    Attributes
    ----------
    fit : Fit
        The regression with the selected eigenvectors among its terms. Its standard errors take
        the selection as given.
    selected : tuple of str
        Names of the eigenvectors in the order of their selection.
    eigenvectors : pandas.DataFrame
        By unit, the selected ones.
    component : pandas.Series
        The spatial component: the eigenvectors times their coefficients.
    steps : pandas.DataFrame
        By step `eigenvector, eigenvalue, moran, z, p_value` of the residuals; step 0 is
        without eigenvectors.
    settled : bool
        Whether |z| came below the tolerance.
    """

    fit: Fit
    selected: tuple[str, ...]
    eigenvectors: pd.DataFrame
    component: pd.Series
    steps: pd.DataFrame
    settled: bool

    def tidy(self, level: float = 0.95) -> pd.DataFrame:
        """As of `fit`."""
        return self.fit.tidy(level)

    def glance(self) -> pd.DataFrame:
        """As of `fit`."""
        return self.fit.glance()

    def augment(self) -> pd.DataFrame:
        """As of `fit`, with the spatial `component`."""
        return self.fit.augment().assign(component=self.component)

    def tables(self) -> tuple[Table, ...]:
        """The coefficients, the fit and the steps of the selection."""
        notes = []
        if self.selected:
            notes += [
                "These data chose the eigenvectors: standard errors and p-values of the fit are approximate, and too "
                "small for the eigenvectors themselves.",
                "p_value by step is that of Moran's I for eigenvectors chosen beforehand; here it tells when the "
                "selection ended, and tests nothing.",
            ]
        if not self.settled:
            notes.append("No further eigenvector brings residual autocorrelation closer to none.")
        return (*self.fit.tables(), Table(self.steps, "Selection of eigenvectors", tuple(notes)))


@public
def moran_eigenvectors(w: WeightsGiven) -> MoranEigenvectors:
    """The eigenvectors of (I - 11'/n) (W + W')/2 (I - 11'/n) without the mean.

    Parameters
    ----------
    w : Weights
        Any W of at most 5,000 units; used as given.

    Returns
    -------
    MoranEigenvectors

    Raises
    ------
    WeightsError
        If W has no links, or more units than a dense matrix is good for.

    Examples
    --------
    >>> from gbaspatial.weights import Weights
    >>> chain = Weights(np.eye(6, k=1) + np.eye(6, k=-1), list("abcdef"))
    >>> moran_eigenvectors(chain).moran.round(3).tolist()
    [0.748, 0.329, -0.267, -0.729, -1.081]
    """
    w = as_weights(w)
    S = _symmetric(w)
    values, vectors = eigenvectors_off(S, np.ones((w.n, 1)))
    names = [f"EV{i + 1}" for i in range(len(values))]
    eigenvalues = pd.Series(values, index=pd.Index(names, name="eigenvector"), name="eigenvalue")
    return MoranEigenvectors(
        vectors=pd.DataFrame(vectors, index=w.ids, columns=names),
        eigenvalues=eigenvalues,
        moran=(eigenvalues * (w.n / float(S.sum()))).rename("moran"),
    )


@public
def spatial_filter(
    formula: str,
    data: pd.DataFrame,
    w: WeightsGiven,
    *,
    model: Literal["ols", "poisson"] = "ols",
    tolerance: float | None = None,
    max_vectors: int | None = None,
    **options: object,
) -> SpatialFilter:
    """A regression whose residuals Moran eigenvectors have freed of spatial autocorrelation.

    Least squares takes eigenvectors that are orthogonal to the regressors, so that
    coefficients stay and only their standard errors change (Tiefelsdorf and Griffith 2007);
    each step takes the one that brings the z of residual Moran's I, with its exact mean and
    variance, closest to zero. Poisson regression takes eigenvectors of W itself whose
    Moran's I is more than a quarter of the largest, each step the one with the largest score
    statistic, and Moran's I of Pearson residuals (Jacqmin-Gadda and others 1997).

    Parameters
    ----------
    formula : str
    data : pandas.DataFrame
        One row per unit, indexed by unit.
    w : Weights
        At most 5,000 units.
    model : {"ols", "poisson"}
    tolerance : float, optional
        Selection ends where |z| of residual Moran's I is below it; by default 0.1 for least
        squares and 1.645 for Poisson regression, as in R's `SpatialFiltering` and `ME`.
    max_vectors : int, optional
        How many eigenvectors at most; by default all but as many as leave two degrees of
        freedom for each that is used.
    **options
        Those of `ols` or `ppml`, such as `covariance` and `inference`.

    Returns
    -------
    SpatialFilter

    Raises
    ------
    OptionError
        If an eigenvector's name is a column of the data, or an option does not apply.

    References
    ----------
    Jacqmin-Gadda, H., Commenges, D., Nejjari, C. and Dartigues, J.-F. (1997). Tests of
    geographical correlation with adjustment for explanatory variables. Statistics in
    Medicine 16, 1283-1297.

    Examples
    --------
    >>> from gbaspatial.weights import Weights
    >>> chain = Weights(np.eye(9, k=1) + np.eye(9, k=-1), list("abcdefghi")).row_standardized()
    >>> data = pd.DataFrame({"y": [1.0, 2, 2, 3, 7, 8, 6, 7, 8], "x": [0.0, 2, 1, 2, 4, 3, 1, 0, 2]}, index=chain.ids)
    >>> spatial_filter("y ~ x", data, chain).selected
    ('EV1', 'EV3')
    """
    word(model, ("ols", "poisson"), "model")
    usual = {"ols": 0.1, "poisson": 1.645}[model]
    bound = number(usual if tolerance is None else tolerance, "tolerance", least=0, open_ends=True)
    if options.get("weights") is not None or options.get("regimes") is not None:
        raise OptionError("spatial_filter() takes neither weights= nor regimes=.")
    asked = Request(model, formula, data, w, False, options)
    design = read_design(formula, data, w)
    if model == "ols" and design.n - design.k < 2:
        raise OptionError(
            f"{design.n} units with {design.k} coefficients leave one residual or none, in which no pattern can be "
            f"seen; use fewer regressors."
        )
    return _filtered(asked, design, _selected(asked, design, bound, max_vectors), bound)


@dataclass(frozen=True, slots=True, eq=False)
class _Selection:
    """Map patterns with their eigenvalues (m,), by column (n, m), and the steps by which some were selected."""

    eigenvalues: np.ndarray
    vectors: np.ndarray
    steps: Steps


def _selected(asked: Request, design: Design, bound: float, max_vectors: int | None) -> _Selection:
    S = _symmetric(design.weights["W"])
    most = _most(design, max_vectors)
    if asked.name == "ols":
        values, vectors = eigenvectors_off(S, design.X)
        steps = linear_steps(values, vectors, design.y, design.n / float(S.sum()), bound, most)
        return _Selection(values, vectors, steps)
    ppml(asked.formula, asked.data, asked.w, **asked.options)  # says what is wrong with the outcome or the exposure
    offset = log_exposure(asked.options.get("exposure"), asked.data, design.ids)
    values, vectors = eigenvectors_off(S, np.ones((design.n, 1)))
    return _Selection(
        values, vectors, poisson_steps(design.y, design.X, offset, S, (values, vectors), bound, most)
    )  # fmt: skip


def _symmetric(w: Weights) -> sparse.csr_array:
    if w.n > DENSE_LIMIT:
        raise WeightsError(
            f"eigenvectors need a dense matrix, which is refused above {DENSE_LIMIT} units (W has {w.n})."
        )
    if w.n_links == 0:
        raise WeightsError("W has no links, so that it has no map patterns.")
    return sparse.csr_array((w.sparse + w.sparse.T) / 2)


def _most(design: Design, wanted: int | None) -> int:
    most = (design.n - design.k - 2) // 2
    if wanted is None:
        return max(most, 0)
    return min(whole(wanted, "max_vectors"), most)


def _filtered(asked: Request, design: Design, selection: _Selection, tolerance: float) -> SpatialFilter:
    data, steps = asked.data, selection.steps
    places = [place for place, _, _ in steps[1:]]
    names = [f"EV{place + 1}" for place in places]
    taken = [name for name in names if name in data.columns]
    if taken:
        raise OptionError(f"the data have a column {some(taken)}, which is the name of an eigenvector; rename it.")
    frame = pd.DataFrame(selection.vectors[:, places], index=design.ids, columns=names).reindex(design.index)
    whole = " + ".join([asked.formula, *names])
    joined = pd.concat([pd.DataFrame(data), frame], axis=1) if names else data
    if names and hasattr(data, "geometry"):
        joined = data.assign(**{name: frame[name] for name in names})
    fit = (ols if asked.name == "ols" else ppml)(whole, joined, asked.w, **asked.options)
    assert isinstance(fit, Fit)
    if names:  # selected by these data: no t distribution is exact then
        fit = replace(
            fit, covariance_kind=f"{fit.covariance_kind}, as if the eigenvectors had been given", selected=True
        )
    component = (frame @ fit.params[names]).rename("spatial component")
    table = pd.DataFrame(
        {
            "eigenvector": ["", *names],
            "eigenvalue": [np.nan, *(float(selection.eigenvalues[place]) for place in places)],
            "moran": [step[1] for step in steps],
            "z": [step[2] for step in steps],
            "p_value": [2 * float(special.ndtr(-abs(step[2]))) for step in steps],
        }
    ).rename_axis("step")
    z = steps[-1][2]
    settled = abs(z) < tolerance or z * steps[0][2] < 0
    return SpatialFilter(fit, tuple(names), frame, component, table, settled)
