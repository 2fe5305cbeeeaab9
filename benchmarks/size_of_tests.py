"""How often does each test reject at 5 % when there is nothing to find?

Writes docs/tables/size_of_tests.md: shares of 2,000 samples of independent values, with
the weights of the eleven cities (queen and open links), of a 5 x 5 lattice (rook) and of
the 69 districts (queen), all row-standardized; values normal, and lognormal (skewed).

Run: python benchmarks/size_of_tests.py [samples]
"""

from __future__ import annotations

import sys
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pandas as pd
from scipy import sparse, special

import gbaspatial as gba
from gbaspatial.autocorrelation.getis_ord import with_self
from gbaspatial.inference import adjust, quadratic
from gbaspatial.inference.conditional import LocalSums, conditional_null
from gbaspatial.inference.cross_product import CrossProduct, upper_links
from gbaspatial.inference.moments import (
    PairSums,
    geary_normal_moments,
    moran_normal_moments,
    permutation_moments,
    residual_moran_moments,
)
from gbaspatial.inference.null import Null, normal_local_null, normal_null, p_from_tails
from gbaspatial.inference.patterns import joined_weights
from gbaspatial.inference.permutation import class_draws, sampled_null

SAMPLES, ALPHA, DRAWS = 2_000, 0.05, 999
SETS = 8  # sets of values at n = 11, each in SAMPLES / SETS random orders: one exact distribution serves a set
Rejections = Iterator[tuple[str, str, float]]


def lattice(side: int) -> gba.weights.Weights:
    place = np.arange(side * side).reshape(side, side)
    a = np.concatenate([place[:, :-1].ravel(), place[:-1].ravel()])
    b = np.concatenate([place[:, 1:].ravel(), place[1:].ravel()])
    pairs = pd.DataFrame({"focal": np.r_[a, b], "neighbor": np.r_[b, a]})
    return gba.weights.from_pairs(pairs).row_standardized()


def weights() -> dict[int, gba.weights.Weights]:
    cities = gba.load_cities(year=2019)
    districts = gba.load_districts()
    found = {
        11: gba.weights.contiguity(cities, links=2019).row_standardized(),
        25: lattice(5),
        69: gba.weights.contiguity(districts).row_standardized(),
    }
    assert all(n == w.n for n, w in found.items())
    return found


def draw(rng: np.random.Generator, shape: tuple[int, int], skewed: bool) -> np.ndarray:
    return rng.lognormal(size=shape) if skewed else 10 + rng.normal(size=shape)


def tail_p(null: Null, statistic: float) -> float:
    """The two-sided p-value of another order, from the histogram of an exact distribution."""
    share = null.counts / null.counts.sum()
    place = int(np.clip(np.searchsorted(null.edges, statistic, side="right") - 1, 0, len(share) - 1))
    return float(p_from_tails(share[place:].sum(), share[: place + 1].sum(), "two-sided"))


GLOBAL = ("Moran's I", "Geary's C", "General G")
LOCAL = ("Local Moran", "Local Geary", "Local G", "Local G*")


def statistic(name: str, w: gba.weights.Weights, x: np.ndarray) -> CrossProduct:
    """A global statistic as the tests of the package see it, without labels."""
    sums, z, n = PairSums(w.s0, w.s1, w.s2), x - x.mean(), w.n
    if name == "Moran's I":
        return CrossProduct(w.sparse, z, n / w.s0 / float(z @ z), sums)
    if name == "Geary's C":
        return CrossProduct(w.sparse, z, (n - 1) / (2 * w.s0) / float(z @ z), sums, "difference")
    return CrossProduct(w.sparse, x, 1 / float(x.sum() ** 2 - x @ x), sums)


def exact_sizes(w: gba.weights.Weights, X: np.ndarray) -> Rejections:
    """Global tests at n = 11, exact over all orders: a few sets of values, each in many random orders."""
    rng = np.random.default_rng(11)
    for name in GLOBAL:
        for x in X[:SETS]:
            null = statistic(name, w, x).null("exact", draws=1, seed=0)
            for _ in range(len(X) // SETS):
                yield name, "exact", tail_p(null, statistic(name, w, rng.permutation(x)).observed) <= ALPHA


def global_sizes(w: gba.weights.Weights, X: np.ndarray) -> Rejections:
    normal = {"Moran's I": moran_normal_moments, "Geary's C": geary_normal_moments}
    for seed, x in enumerate(X):
        for name in GLOBAL:
            tested = statistic(name, w, x)
            kinds = ["permutation", "randomization", *(["normal"] if name in normal else [])]
            for kind in kinds:
                moments = normal[name](tested.sums, w.n) if name in normal else None
                p = tested.null(kind, draws=DRAWS, seed=seed, normal_moments=moments).p_value()
                yield name, f"permutation ({DRAWS})" if kind == "permutation" else kind, p <= ALPHA


def normal_sizes(w: gba.weights.Weights, X: np.ndarray) -> Rejections:
    """Exact for normal values and saddlepoint: of the values, and of residuals on two regressors of noise."""
    noise = np.random.default_rng(200 + w.n).normal(size=(w.n, 2))
    one = np.ones((w.n, 1))
    for name, regressors in (("Moran's I", one), ("Moran's I of residuals", np.column_stack([one, noise]))):
        basis = np.linalg.qr(regressors)[0]
        E = X - (X @ basis) @ basis.T
        observed = w.n / w.s0 * np.einsum("ij,ij->i", E @ w.sparse.toarray(), E) / np.einsum("ij,ij->i", E, E)
        forms = quadratic.residual_eigenvalues(w.sparse, regressors) - observed[:, None]
        degrees = np.ones_like(forms)
        upper = np.concatenate(
            [quadratic.positive_tail(f, d) for f, d in zip(np.split(forms, 20), np.split(degrees, 20))]
        )
        deviate = quadratic.saddlepoint_deviate(forms, degrees)
        mean, variance = residual_moran_moments(w.sparse, basis)
        z = (observed - mean) / np.sqrt(variance)
        tails = {"imhof": upper, "saddlepoint": special.ndtr(-deviate)}
        if name != "Moran's I":
            tails["normal"] = special.ndtr(-z)
        for kind, p in tails.items():
            yield from ((name, kind, bool(r)) for r in p_from_tails(p, 1 - p, "two-sided") <= ALPHA)


def join_sizes(w: gba.weights.Weights, X: np.ndarray) -> Rejections:
    upper, name = upper_links(w.sparse), "Join counts (BW)"
    sizes = np.bincount((X[0] > np.median(X[0])).astype(int))
    one, other = map(float, sizes)
    values = PairSums(2 * one * other, 4 * one * other, 4 * one * other * (one + other))
    mean, variance = permutation_moments(PairSums(w.s0, w.s1, w.s2), values, w.n)
    for seed, x in enumerate(X):
        codes = (x > np.median(x)).astype(int)
        observed = float((lambda c: c[0, 1] + c[1, 0])(joined_weights(upper, codes[None, :], 2)[0]))
        yield name, "randomization", normal_null("randomization", observed, mean, variance).p_value() <= ALPHA
        sample = class_draws(upper, codes, 2, DRAWS, seed)
        joins = sample[:, 0, 1] + sample[:, 1, 0]
        null = sampled_null(lambda a, b, joins=joins: joins[a:b], observed, draws=DRAWS, seed=seed)
        yield name, f"permutation ({DRAWS})", null.p_value() <= ALPHA


def local_sums(name: str, w: gba.weights.Weights, widened: sparse.csr_array, x: np.ndarray) -> LocalSums:
    z = x - x.mean()
    if name == "Local Moran":
        return LocalSums(w.sparse, z[None, :], z[None, :])
    if name == "Local Geary":
        return LocalSums(w.sparse, np.vstack([z, z**2]), np.vstack([-2 * z, np.ones(w.n)]))
    if name == "Local G":
        return LocalSums(w.sparse, x[None, :], (1 / (x.sum() - x))[None, :])
    return LocalSums(widened, x[None, :], np.full((1, w.n), 1 / x.sum()), everyone=True)


def local_sizes(w: gba.weights.Weights, X: np.ndarray) -> Rejections:
    """Shares of units rejected, and of samples in which any unit is, by raw and by adjusted p-values."""
    inference, told = ("exact", "exact") if w.n == 11 else ("permutation", f"permutation ({DRAWS})")
    widened = with_self(w)
    for seed, x in enumerate(X):
        for name in LOCAL:
            sums = local_sums(name, w, widened, x)
            p = conditional_null(sums, inference, draws=DRAWS, seed=seed).p_value()
            yield f"{name}, units", told, float((p <= ALPHA).mean())
            if name == "Local Moran":
                yield f"{name}, any unit", f"{told}, not adjusted", bool((p <= ALPHA).any())
                yield f"{name}, any unit", f"{told}, BH", bool((adjust(p) <= ALPHA).any())
            normal = normal_local_null("randomization", sums.observed, *sums.moments()).p_value()
            yield f"{name}, units", "randomization", float((normal <= ALPHA).mean())


def sizes(w: gba.weights.Weights, samples: int, skewed: bool) -> pd.Series:
    X = draw(np.random.default_rng(w.n), (samples, w.n), skewed)
    studies: list[Callable[..., Rejections]] = [global_sizes, normal_sizes, join_sizes, local_sizes]
    if w.n == 11:
        studies.insert(0, exact_sizes)
    rows = [row for study in studies for row in study(w, X)]
    frame = pd.DataFrame(rows, columns=["test", "inference", "rejected"])
    frame["rejected"] = frame["rejected"].astype(float)
    return frame.groupby(["test", "inference"], sort=False)["rejected"].mean() * 100


def main(samples: int) -> None:
    warnings.simplefilter("ignore")
    columns = {}
    for skewed in (False, True):
        for n, w in weights().items():
            columns[f"{'lognormal' if skewed else 'normal'}, n = {n}"] = sizes(w, samples, skewed)
            print(f"n = {n}, {'lognormal' if skewed else 'normal'}: done", file=sys.stderr)
    table = pd.DataFrame(columns)
    table.index = table.index.set_names(["test", "inference"])
    order = [*GLOBAL, "Join counts (BW)", "Moran's I of residuals", *(f"{name}, units" for name in LOCAL)]
    order.append("Local Moran, any unit")
    table = table.reindex(order, level=0)
    path = Path(__file__).parents[1] / "docs" / "tables" / "size_of_tests.md"
    path.parent.mkdir(parents=True, exist_ok=True)
    error = 100 * np.sqrt(0.05 * 0.95 / samples)
    head = (
        f"# Size of the tests\n\nPer cent of {samples:,} samples without spatial association in which a two-sided test "
        f"rejects at 5 % (Monte Carlo error {error:.1f} points for one test a sample). n = 11: the cities, queen and "
        f"links open in 2019; n = 25: a 5 x 5 lattice, rook; n = 69: the districts, queen; all row-standardized. "
        f'"Units" are shares of units over all samples, "any unit" shares of samples in which at least one unit is '
        f"rejected. Made by `python benchmarks/size_of_tests.py`.\n\n"
    )
    names = ["test", "inference", *table.columns]
    lines = ["| " + " | ".join(names) + " |", "| --- | --- |" + " ---: |" * len(table.columns)]
    for (test, inference), values in table.iterrows():
        cells = ["" if np.isnan(v) else f"{v:.1f}" for v in values]
        lines.append("| " + " | ".join([test, inference, *cells]) + " |")
    path.write_text(head + "\n".join(lines) + "\n", encoding="utf-8")
    print(table.round(1).to_string())


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else SAMPLES)
