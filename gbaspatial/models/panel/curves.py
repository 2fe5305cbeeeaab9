"""Log-determinants of a panel, with what the effects take out of them: curves in rho, arrays only.

The score of rho after effects D were taken out by the projection M is

    df (e'M W y) / (e'M e) - tr(M G),   G = W (I - rho W)^-1 within each period, df = m - rank D,

with tr(M G) in place of tr(G), which would be that of a likelihood without effects. It is the
slope of -df/2 log(e'M e) + tr(M log(I - rho W)), so that one curve, tr(M log(I - rho W)),
serves where the transformation of Lee and Yu (2010) exists (there it is their likelihood)
and where it does not: W by year, W without unit row sums, further effects, gaps.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from scipy import sparse

from gbaspatial.errors import OptionError
from gbaspatial.models.panel.common_effects import CommonEffects
from gbaspatial.models.panel.within import Effects
from gbaspatial.models.solve.determinant_curves import Curve, EigenCurve
from gbaspatial.sizes import PERIOD_EIGEN_LIMIT

_STEPS = 120  # of Arnoldi: nodes enough for the smooth part of the spectrum


class SumCurve:
    """A sum of curves, each times a factor."""

    def __init__(self, parts: Sequence[tuple[float, Curve]]) -> None:
        self.parts = [(factor, curve) for factor, curve in parts if factor != 0]
        kinds = list(dict.fromkeys(curve.kind for _, curve in self.parts if curve.kind != "inside"))
        self.kind = kinds[0] if kinds else "none"
        self.exact = all(curve.exact for _, curve in self.parts)

    def __call__(self, rho: float) -> float:
        """The value at `rho`."""
        return float(sum(factor * curve(rho) for factor, curve in self.parts))

    def along(self, rho: np.ndarray) -> np.ndarray:
        """The values (m,) at `rho` (m,)."""
        return np.asarray(sum(factor * curve.along(rho) for factor, curve in self.parts))

    def derivatives(self, rho: float) -> tuple[float, float]:
        """The first and the second derivative."""
        found = np.array([np.multiply(factor, curve.derivatives(rho)) for factor, curve in self.parts]).sum(axis=0)
        return float(found[0]), float(found[1])

    def error(self, rho: float) -> float:
        """The standard error of a value that random probes estimate."""
        return float(sum(abs(factor) * curve.error(rho) for factor, curve in self.parts))

    def rough(self) -> SumCurve:
        """A curve over the whole interval that costs little."""
        rough = [(factor, curve.rough()) for factor, curve in self.parts]
        same = all(new is old for (_, new), (_, old) in zip(rough, self.parts, strict=True))
        return self if same else SumCurve(rough)

    def near(self, rho: float, reach: float) -> SumCurve:
        """A curve that costs little and is as exact within `reach` of `rho`."""
        return SumCurve([(factor, curve.near(rho, reach)) for factor, curve in self.parts])


class InsideCurve(EigenCurve):
    """tr(Q' log(I - rho W) Q): the sum of c log(1 - rho v) over nodes v with shares c, both complex."""

    kind = "inside"

    def __init__(self, nodes: np.ndarray, shares: np.ndarray) -> None:
        super().__init__(nodes)
        self.shares = shares

    def __call__(self, rho: float) -> float:
        """The value at `rho`."""
        return float((self.shares * np.log(1 - rho * self.values.astype(complex))).sum().real)

    def derivatives(self, rho: float) -> tuple[float, float]:
        """The first and the second derivative."""
        ratio = self.values / (1 - rho * self.values)
        return -float((self.shares * ratio).sum().real), -float((self.shares * ratio**2).sum().real)


def inside_curve(W: sparse.csr_array, Q: np.ndarray) -> EigenCurve:
    """tr(Q' log(I - rho W) Q) for orthonormal columns Q (n, r).

    Where W maps their span into itself, as a row-standardized W does with the vector of ones, by
    the few eigenvalues of Q'WQ; else by the nodes of Arnoldi's process, started from each column.
    """
    small = Q.T @ (W @ Q)
    if np.abs(W @ Q - Q @ small).max() <= 1e-12 * max(np.abs(W).max(), 1e-300):
        return EigenCurve(np.linalg.eigvals(small))
    nodes, shares = zip(*(_arnoldi(W, column) for column in Q.T), strict=True)
    return InsideCurve(np.concatenate(nodes), np.concatenate(shares))


def _arnoldi(W: sparse.csr_array, start: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Nodes and shares with q'f(W)q = sum of shares f(nodes) for the unit vector q."""
    n = len(start)
    steps = min(n, _STEPS)
    V, H = np.zeros((n, steps + 1)), np.zeros((steps + 1, steps))
    V[:, 0] = start
    for j in range(steps):
        vector = W @ V[:, j]
        scale = float(np.linalg.norm(vector))
        for _ in range(2):  # twice, to stay orthogonal
            part = V[:, : j + 1].T @ vector
            H[: j + 1, j] += part
            vector = vector - V[:, : j + 1] @ part
        H[j + 1, j] = np.linalg.norm(vector)
        if H[j + 1, j] <= 1e-13 * max(scale, 1e-300):
            steps = j + 1
            break
        V[:, j + 1] = vector / H[j + 1, j]
    nodes, vectors = np.linalg.eig(H[:steps, :steps])
    return nodes, vectors[0] * np.linalg.inv(vectors)[:, 0]


def weighted_curve(W: sparse.csr_array, K: np.ndarray) -> InsideCurve:
    """tr(K log(I - rho W)) for a dense symmetric K (n, n)."""
    nodes, vectors = np.linalg.eig(W.toarray())
    return InsideCurve(nodes, np.einsum("ij,ji->i", np.linalg.inv(vectors) @ K, vectors))


def panel_curve(blocks: Sequence[sparse.csr_array], curves: Sequence[Curve], effects: Effects | None) -> SumCurve:
    """tr(M log(I - rho W)) over the periods, from the W and the log-determinant curve of each.

    Parameters
    ----------
    blocks, curves : sequences of length T
        The W of each period over the units seen in it, with its curve; the same object
        in several periods is worked on once.
    effects : Effects or None
        None leaves the log-determinant as it is.

    Raises
    ------
    OptionError
        If the projection has no product form and a period has more than 2,000 units.
    """
    T = len(blocks)
    if effects is None or effects.rank == 0:
        return SumCurve([(float(count), curve) for count, (_, curve) in _counted(blocks, curves)])
    if isinstance(effects, CommonEffects):
        return _common_curve(blocks, curves, effects)
    if effects.separable:
        keep = 1 - 1 / T if effects.unit else 1.0
        parts: list[tuple[float, Curve]] = []
        for count, (W, curve) in _counted(blocks, curves):
            parts.append((keep * count, curve))
            if effects.groups is not None:
                parts.append((-keep * count, inside_curve(W, indicators(effects.groups))))
        return SumCurve(parts)
    if max(block.shape[0] for block in blocks) > PERIOD_EIGEN_LIMIT:
        raise OptionError(
            f"the bias correction of an unbalanced panel needs the eigenvectors of W, which is refused above "
            f"{PERIOD_EIGEN_LIMIT:,} units; use correction='none', or unbalanced='common'."
        )
    parts = [(float(count), curve) for count, (_, curve) in _counted(blocks, curves)]
    for period, W in enumerate(blocks):
        parts.append((-1.0, weighted_curve(W, effects.share_in_period(period))))
    return SumCurve(parts)


def _common_curve(blocks: Sequence[sparse.csr_array], curves: Sequence[Curve], effects: CommonEffects) -> SumCurve:
    """Each period counts by what the factors leave of it, less the mean over units."""
    shares: dict[int, list[Any]] = {}
    for period, (W, curve) in enumerate(zip(blocks, curves, strict=True)):
        shares.setdefault(id(W), [0.0, W, curve])[0] += effects.left_of(period)
    parts: list[tuple[float, Curve]] = []
    for share, W, curve in shares.values():
        parts.append((share, curve))
        if effects.across:
            parts.append((-share, inside_curve(W, indicators(np.zeros(W.shape[0], dtype=int)))))
    return SumCurve(parts)


def _counted(
    blocks: Sequence[sparse.csr_array], curves: Sequence[Curve]
) -> list[tuple[int, tuple[sparse.csr_array, Curve]]]:
    """Each different W with its curve and the number of its periods."""
    found: dict[int, list[Any]] = {}
    for W, curve in zip(blocks, curves, strict=True):
        found.setdefault(id(W), [0, (W, curve)])[0] += 1
    return [(count, pair) for count, pair in found.values()]


def indicators(groups: np.ndarray) -> np.ndarray:
    """Orthonormal indicators (n, r) of the groups (n,)."""
    Q = (groups[:, None] == np.arange(groups.max() + 1)[None, :]).astype(float)
    return Q / np.sqrt(Q.sum(axis=0))
