"""Many variables at once: every bivariate Moran, and one test of all (Wartenberg, Mantel)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from scipy import sparse

from gbaspatial.autocorrelation.bivariate import KINDS, aligned_columns
from gbaspatial.autocorrelation.cross import MOST_PAIRS, Shuffled, linear_cross_null, paired_cross_null, paired_moments
from gbaspatial.autocorrelation.entrance import DRAWING, drawn_by
from gbaspatial.autocorrelation.local_results import adjusted_p
from gbaspatial.autocorrelation.procedure import Procedure
from gbaspatial.errors import OptionError
from gbaspatial.inference import exact_distribution as exact
from gbaspatial.inference.moments import pair_sums, permutation_moments
from gbaspatial.inference.null import Alternative, Inference, Null, check_draws, check_test, normal_null
from gbaspatial.inference.ordering import by_label
from gbaspatial.inference.permutation import permutation_null, sampled_null
from gbaspatial.inference.reassigned import drawn_in_blocks, matrix_draws
from gbaspatial.options import public, word
from gbaspatial.progress import shows_progress, track
from gbaspatial.randomness import Rng, seed_of
from gbaspatial.referee import code as _code, second_opinion as _second_opinion
from gbaspatial.results import Result, Table
from gbaspatial.sizes import DENSE_LIMIT, SHUFFLED_FROM
from gbaspatial.weights import Weights

if TYPE_CHECKING:
    pass


@dataclass(frozen=True, slots=True, eq=False)
class MoranMatrixResult(Result):
    """Bivariate Moran statistics of all pairs of variables.

    Parameters
    ----------
    statistic, p_value, p_adjusted : pandas.DataFrame, shape (variables, variables)
        Row: the variable in place, column: that of the neighbors; the diagonal is Moran's I.
        Adjusted for all entries (Holm).
    overall : Null
        The test of the mean of the diagonal, over reassignments of whole rows.
    values : pandas.DataFrame, shape (n, variables)
    weights : Weights
    alternative : str
        Against which the tests are.
    reassign : {"pairs", "second"}
        What the null reassigns to units.
    n : int
        Units.
    recipe : str
        How the weights were made.
    """

    statistic: pd.DataFrame
    p_value: pd.DataFrame
    p_adjusted: pd.DataFrame
    overall: Null
    alternative: str
    reassign: str
    n: int
    recipe: str
    values: pd.DataFrame
    weights: Weights

    second_opinion = _second_opinion
    code = _code

    def tables(self) -> tuple[Table, ...]:
        """The matrix, its p-values, the test of all variables together."""
        row = {
            "statistic": self.overall.observed,
            "expected": self.overall.mean,
            "z": self.overall.z,
            "p_value": self.overall.p_value(self.alternative),  # type: ignore[arg-type]
        }
        whole = pd.DataFrame([row], index=pd.Index(["mean Moran's I of all variables"], name="test"))
        notes = (
            f"{self.n} units; p-values {self.alternative}, {self.overall.kind}; null: {self.reassign} reassigned.",
            f"Weights: {self.recipe}.",
        )
        p_formats = dict.fromkeys(self.p_value.columns, ".4f")
        return (
            Table(self.statistic, "Bivariate Moran's I (row: in place, column: of the neighbors)", notes),
            Table(self.p_value, "p-values", formats=p_formats),
            Table(self.p_adjusted, "p-values adjusted for all entries (Holm)", formats=p_formats),
            Table(whole, "All variables together", ("Whole rows of the data are reassigned to units.",)),
        )


@drawn_by(*DRAWING)
@shows_progress
@public
def moran_matrix(
    data: pd.DataFrame,
    w: Weights,
    *,
    reassign: Shuffled = "pairs",
    inference: Inference = "auto",
    alternative: Alternative = "two-sided",
    draws: int = 9_999,
    rng: Rng = None,
    progress: bool | None = None,
) -> MoranMatrixResult:
    """Bivariate Moran's I of every pair of columns, and one test of spatial association of them all.

    Parameters
    ----------
    data : pandas.DataFrame, shape (n, variables)
        All columns but a geometry are used.
    w : Weights
        Used as given.
    reassign : {"pairs", "second"}
        The null of the entries off the diagonal, as for `bivariate_moran`. The diagonal
        is Moran's I with its own null.
    inference : str
        All orders (``"exact"``), random ones (``"permutation"``) or moments over all orders (``"randomization"``);
        ``"auto"`` takes the most exact that can be computed.
    alternative : {"two-sided", "greater", "less"}
        Which tail the p-value counts.
    draws : int
        Random orders, or random sets of neighbors of a local statistic.
    rng : int, Generator or None
        Seed of what is drawn; recorded.
    progress : bool, optional
        True tells on standard error how far work over two seconds has come, False never; by default on a terminal.

    Returns
    -------
    MoranMatrixResult

    Notes
    -----
    The test of all is Mantel's for the weights and the inner products of the units'
    standardized rows: the mean of the variables' Moran's I (Wartenberg 1985).

    References
    ----------
    Mantel, N. (1967). The detection of disease clustering and a generalized regression approach. Cancer Research 27,
    209-220.
    Wartenberg, D. (1985). Multivariate spatial correlation: a method for exploratory geographical analysis.
    Geographical Analysis 17, 263-283.

    Examples
    --------
    >>> from gbaspatial.weights import from_pairs
    >>> w = from_pairs(pd.DataFrame({"focal": list("abcbcd"), "neighbor": list("bcdabc")}))
    >>> data = pd.DataFrame({"x": [1.0, 2, 4, 5], "y": [2.0, 2, 3, 5]}, index=list("abcd"))
    >>> moran_matrix(data, w).statistic.round(3).to_numpy().tolist()
    [[0.4, 0.344], [0.344, 0.222]]
    """
    check_test(inference, alternative, KINDS)
    word(reassign, ("second", "pairs"), "reassign")
    w = by_label(w)
    names, Z = aligned_columns(data, w)
    how = Procedure(inference, alternative, check_draws(draws), seed_of(rng))
    linked = int((w.cardinalities > 0).sum())
    scale = linked / w.s0 / w.n
    sample = _drawn_together(w.sparse, Z, scale, how) if reassign == "pairs" else None
    nulls = [
        [_entry(w.sparse, Z, i, j, scale, reassign, how, sample) for j in range(len(Z))]
        for i in track(range(len(Z)), "variables")
    ]

    def _frame(of: Callable[[Null], object]) -> pd.DataFrame:
        return pd.DataFrame([[of(null) for null in row] for row in nulls], index=names, columns=names)

    p = _frame(lambda null: null.p_value(alternative))
    adjusted = adjusted_p(p.to_numpy().ravel(), np.zeros(p.size), "holm").reshape(p.shape)
    return MoranMatrixResult(
        statistic=_frame(lambda null: null.observed),
        p_value=p,
        p_adjusted=pd.DataFrame(adjusted, index=names, columns=names),
        overall=mantel_null(w.sparse, Z, scale / len(Z), how, sample),
        alternative=alternative,
        reassign=reassign,
        n=linked,
        recipe=str(w.recipe),
        values=data.loc[w.ids, names],
        weights=w,
    )


def _entry(
    W: sparse.csr_array,
    Z: np.ndarray,
    i: int,
    j: int,
    scale: float,
    reassign: str,
    how: Procedure,
    sample: np.ndarray | None,
) -> Null:
    if sample is not None:
        observed, (mean, variance) = scale * float(Z[i] @ (W @ Z[j])), paired_moments(W, Z[i], Z[j])
        moments = scale * mean, scale**2 * variance
        return sampled_null(lambda start, stop: sample[start:stop, i, j], observed, moments=moments, **how.drawing())
    if i == j or reassign == "pairs":
        return paired_cross_null(W, Z[i], Z[j], scale, how, lee=False)
    return linear_cross_null(W.T @ Z[i], Z[j], scale, how)


def _drawn_together(W: sparse.csr_array, Z: np.ndarray, scale: float, how: Procedure) -> np.ndarray | None:
    """scale * sum_ij w_ij z_ui z_vj (draws, V, V) of all pairs, in the same orders; None where none are drawn."""
    n = Z.shape[1]
    if n < SHUFFLED_FROM or how.inference not in {"auto", "permutation"}:
        return None
    return drawn_in_blocks(partial(matrix_draws, scale * W, np.ascontiguousarray(Z), how.seed), n, 0, how.draws)


def mantel_null(
    W: sparse.csr_array, Z: np.ndarray, scale: float, how: Procedure, sample: np.ndarray | None = None
) -> Null:
    """The null of scale * sum_ij w_ij z_i'z_j over reassignments of the columns of `Z` (variables, n).

    `sample` (draws, V, V) are the sums of all pairs of variables, where they were drawn already.
    """
    n, inference = Z.shape[1], how.inference
    if inference == "auto":
        inference = "exact" if n <= MOST_PAIRS else "permutation"
    if inference == "exact":
        return exact.pair_null(scale * W.toarray(), Z.T @ Z)
    observed = float(scale * np.einsum("in,ni->", Z, W @ Z.T))
    moments = None
    if n <= DENSE_LIMIT:
        mean, variance = permutation_moments(pair_sums(W), pair_sums(Z.T @ Z), n)
        moments = scale * mean, scale**2 * variance
    if inference == "randomization":
        if moments is None:
            raise OptionError(f"the moments of all variables together need at most {DENSE_LIMIT} units; w has {n}.")
        return normal_null(inference, observed, *moments)

    if sample is not None:
        means = np.einsum("mvv->m", sample) / len(Z)
        return sampled_null(lambda start, stop: means[start:stop], observed, moments=moments, **how.drawing())

    def _values(order: np.ndarray) -> np.ndarray:
        return scale * sum(np.einsum("mi,im->m", z[order], W @ z[order].T) for z in Z)

    return permutation_null(_values, n, observed, moments=moments, **how.drawing())
