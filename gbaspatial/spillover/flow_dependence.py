"""Network autocorrelation of flows: do residual flows resemble those of neighboring origins and destinations?"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from scipy import sparse

from gbaspatial.alignment import check_same_units
from gbaspatial.errors import WeightsError
from gbaspatial.formula import in_order
from gbaspatial.options import public, whole
from gbaspatial.randomness import Rng, seed_of, stream
from gbaspatial.results import Result, Table
from gbaspatial.spillover.two_way_poisson import TwoWay
from gbaspatial.weights import as_weights

if TYPE_CHECKING:
    from gbaspatial.spillover.flow_table import FlowDesign
    from gbaspatial.spillover.gravity import GravityResult
    from gbaspatial.weights.annotations import WeightsGiven

KINDS = ("origin", "destination", "both")


@dataclass(frozen=True, slots=True, eq=False)
class FlowMoranResult(Result):
    """Moran's I of residual flows.

    Attributes
    ----------
    statistic, expected, z, p_value : pandas.Series
        By kind of neighbor: flows from neighboring origins to the same destination, to neighboring destinations
        from the same origin, and between neighbors of both.
    n, draws, seed, recipe
        Flows, random signs, and W.
    """

    statistic: pd.Series
    expected: pd.Series
    z: pd.Series
    p_value: pd.Series
    n: int
    draws: int
    seed: int
    recipe: str

    def tables(self) -> tuple[Table, ...]:
        """One row for each kind of neighbor."""
        frame = pd.DataFrame(
            {"statistic": self.statistic, "expected": self.expected, "z": self.z, "p_value": self.p_value}
        ).rename_axis("neighbors")
        note = (
            f"Pearson residuals of {self.n} flows; p two-sided from {self.draws} draws of random signs, refitted in "
            f"the first order, seed {self.seed}; W: {self.recipe}."
        )
        return (Table(frame, "Network autocorrelation of residual flows (Moran's I)", (note,)),)


@public
def flow_moran(fit: GravityResult, w: WeightsGiven, *, draws: int = 999, rng: Rng = 0) -> FlowMoranResult:
    """Moran's I of residual flows, with neighbors of the origin, of the destination, and of both.

    Parameters
    ----------
    fit : GravityResult
    w : Weights
        W of the units, used as given.
    draws : int
        Of random signs, under which residuals keep their size and lose their neighbors; each is freed of regressors
        and effects as the residuals are.
    rng : int, Generator or None
        Seed; recorded.

    Returns
    -------
    FlowMoranResult

    Raises
    ------
    AlignmentError
        If W has other units than the flows.
    WeightsError
        If no two of the flows are neighbors.

    References
    ----------
    LeSage, J. P. and Pace, R. K. (2008). Spatial econometric modeling of origin-destination flows. Journal of
    Regional Science 48, 941-967.
    """
    draws, seed = whole(draws, "draws", least=19), seed_of(rng)
    weights = as_weights(w)
    residuals = PearsonFlows.of(fit.design, fit.mean.reindex(fit.design.pairs).to_numpy()[fit.kept], fit.kept)
    lags = [FlowLag.of(kind, unit_matrix(weights, fit.design), residuals) for kind in KINDS]
    e = residuals.pearson(fit.design.y[fit.kept])
    drawn = residuals.with_random_signs(e, draws, seed)
    statistic = np.array([lag.moran(e[:, None])[0] for lag in lags])
    null = np.array([lag.moran(drawn) for lag in lags])
    expected, spread = null.mean(axis=1), null.std(axis=1, ddof=1)
    far = np.abs(null - expected[:, None]) >= np.abs(statistic - expected)[:, None] - 1e-12
    p = (far.sum(axis=1) + 1) / (draws + 1)
    named = {"statistic": statistic, "expected": expected, "z": (statistic - expected) / spread, "p_value": p}
    parts = {name: pd.Series(values, index=list(KINDS), name=name) for name, values in named.items()}
    return FlowMoranResult(**parts, n=int(fit.kept.sum()), draws=draws, seed=seed, recipe=str(weights.recipe))


def unit_matrix(w: WeightsGiven, design: FlowDesign) -> sparse.csr_array:
    """W (units, units) in the order of the units of the flows."""
    weights = as_weights(w)
    check_same_units(design.units, weights.ids, "flows")
    return in_order(weights, design.units).sparse


@dataclass(frozen=True, slots=True, eq=False)
class PearsonFlows:
    """What residuals of flows are freed of: effects and regressors, weighted by the means `mu` (m,)."""

    ways: TwoWay
    mu: np.ndarray
    basis: np.ndarray
    places: tuple[np.ndarray, np.ndarray]
    units: int

    @classmethod
    def of(cls, design: FlowDesign, mu: np.ndarray, kept: np.ndarray) -> PearsonFlows:
        """Of the flows `kept` (of all) with means `mu`."""
        ways = design.ways.among(kept)
        left = ways.less(design.X[kept] - design.X[kept].mean(axis=0), mu)
        basis = np.linalg.qr(np.sqrt(mu)[:, None] * left)[0]
        places = (design.ways.origin[kept], design.ways.destination[kept])
        return cls(ways, mu, basis, places, len(design.units))

    def pearson(self, y: np.ndarray) -> np.ndarray:
        """(y - mu) / sqrt(mu)."""
        return np.asarray((y - self.mu) / np.sqrt(self.mu))

    def freed(self, E: np.ndarray) -> np.ndarray:
        """`E` (m, p) less effects and regressors."""
        root = np.sqrt(self.mu)[:, None]
        E = root * self.ways.less(E / root, self.mu)
        return np.asarray(E - self.basis @ (self.basis.T @ E))

    def with_random_signs(self, e: np.ndarray, draws: int, seed: int) -> np.ndarray:
        """`e` (m,) with random signs (m, draws), freed again."""
        signs = stream(seed).integers(0, 2, (draws, len(e))).T * 2.0 - 1
        return self.freed(signs * e[:, None])


@dataclass(frozen=True, slots=True, eq=False)
class FlowLag:
    """The matrix of flows that are neighbors (m, m): W x I, I x W or W x W, for the flows that there are."""

    matrix: sparse.csr_array

    @classmethod
    def of(cls, kind: str, W: sparse.csr_array, flows: PearsonFlows) -> FlowLag:
        """For one of `KINDS`."""
        n = flows.units
        one = sparse.eye_array(n, format="csr")
        first, second = (W if kind in ("origin", "both") else one), (W if kind in ("destination", "both") else one)
        rows = flows.places[0] * n + flows.places[1]
        matrix = sparse.csr_array(sparse.kron(first, second, format="csr")[rows][:, rows])
        if matrix.nnz == 0:
            raise WeightsError(f"no two flows are neighbors by their {kind}; W has too few links for these flows.")
        return cls(matrix)

    def moran(self, E: np.ndarray) -> np.ndarray:
        """Moran's I (p,) of the columns of `E` (m, p)."""
        cross = np.einsum("mp,mp->p", E, self.matrix @ E)
        return np.asarray(len(E) / float(self.matrix.sum()) * cross / np.einsum("mp,mp->p", E, E))


def z_of(lag: FlowLag, flows: PearsonFlows, e: np.ndarray, draws: int, seed: int) -> float:
    """The z of Moran's I by random signs."""
    null = lag.moran(flows.with_random_signs(e, draws, seed))
    return (float(lag.moran(e[:, None])[0]) - float(null.mean())) / float(null.std(ddof=1))
