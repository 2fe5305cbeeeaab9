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

import gbaspatial as gba
from gbaspatial import autocorrelation as ac
from gbaspatial.inference.null import Null, p_from_tails

SAMPLES, ALPHA, DRAWS = 2_000, 0.05, 999
SETS = 20  # value sets at n = 11, each with SAMPLES / SETS random orders: one exact distribution serves a set
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


def draw(rng: np.random.Generator, n: int, skewed: bool) -> np.ndarray:
    return rng.lognormal(size=n) if skewed else 10 + rng.normal(size=n)


def tail_p(null: Null, statistic: float) -> float:
    """The two-sided p-value of another order, from the histogram of an exact distribution."""
    share = null.counts / null.counts.sum()
    place = int(np.clip(np.searchsorted(null.edges, statistic, side="right") - 1, 0, len(share) - 1))
    return float(p_from_tails(share[place:].sum(), share[: place + 1].sum(), "two-sided"))


GLOBAL = {"Moran's I": ac.moran, "Geary's C": ac.geary, "General G": ac.general_g}
LOCAL = {
    "Local Moran": ac.local_moran,
    "Local Geary": ac.local_geary,
    "Local G": ac.local_g,
    "Local G*": ac.local_g_star,
}


def exact_sizes(w: gba.weights.Weights, samples: int, skewed: bool) -> Rejections:
    """Global tests at n = 11, exact over all orders."""
    rng = np.random.default_rng(11)
    for name, test in GLOBAL.items():
        for _ in range(SETS):
            x = draw(rng, w.n, skewed)
            null = test(pd.Series(x, w.ids), w).null
            for _ in range(samples // SETS):
                order = pd.Series(rng.permutation(x), w.ids)
                statistic = test(order, w, inference="randomization").statistic
                yield name, "exact", tail_p(null, statistic) <= ALPHA


def global_sizes(w: gba.weights.Weights, samples: int, skewed: bool) -> Rejections:
    rng = np.random.default_rng(w.n)
    kinds = {"Moran's I": ("randomization", "normal", "imhof", "saddlepoint"), "Geary's C": ("randomization", "normal")}
    for seed in range(samples):
        y = pd.Series(draw(rng, w.n, skewed), w.ids)
        for name, test in GLOBAL.items():
            p = test(y, w, inference="permutation", draws=DRAWS, rng=seed).p_value
            yield name, f"permutation ({DRAWS})", p <= ALPHA
            for kind in kinds.get(name, ("randomization",)):
                yield name, kind, test(y, w, inference=kind).p_value <= ALPHA
        high = (y > y.median()).map({True: "B", False: "W"})
        joins = ac.join_count(high, w, inference="randomization")
        yield "Join counts (BW)", "randomization", joins.p_value["B:W"] <= ALPHA
        joins = ac.join_count(high, w, inference="permutation", draws=DRAWS, rng=seed)
        yield "Join counts (BW)", f"permutation ({DRAWS})", joins.p_value["B:W"] <= ALPHA


def local_sizes(w: gba.weights.Weights, samples: int, skewed: bool) -> Rejections:
    """Shares of units rejected, and of samples in which any unit is by adjusted p-values."""
    rng = np.random.default_rng(100 + w.n)
    inference, told = ("exact", "exact") if w.n == 11 else ("permutation", f"permutation ({DRAWS})")
    for seed in range(samples):
        y = pd.Series(draw(rng, w.n, skewed), w.ids)
        for name, test in LOCAL.items():
            got = test(y, w, inference=inference, draws=DRAWS, rng=seed)
            yield f"{name}, units", told, float((got.p_value <= ALPHA).mean())
            if name == "Local Moran":
                yield f"{name}, any unit", f"{told}, BH", bool((got.p_adjusted <= ALPHA).any())
                yield f"{name}, any unit", f"{told}, none", bool((got.p_value <= ALPHA).any())
            normal = test(y, w, inference="randomization").p_value
            yield f"{name}, units", "randomization", float((normal <= ALPHA).mean())


class _Regression:
    """Least squares of noise on noise: what `moran` asks of a fit."""

    class Design:
        formula = "y ~ x"

    def __init__(self, w: gba.weights.Weights, X: np.ndarray, y: np.ndarray) -> None:
        self.design = self.Design()
        self.design.X, self.design.ids = X, w.ids
        self.residuals = pd.Series(y - X @ np.linalg.lstsq(X, y, rcond=None)[0], w.ids)


def residual_sizes(w: gba.weights.Weights, samples: int, skewed: bool) -> Rejections:
    rng = np.random.default_rng(200 + w.n)
    for _ in range(samples):
        X = np.column_stack([np.ones(w.n), rng.normal(size=(w.n, 2))])
        fit = _Regression(w, X, draw(rng, w.n, skewed))
        for kind in ("imhof", "saddlepoint", "normal"):
            yield "Moran's I of residuals", kind, ac.moran(fit, w, inference=kind).p_value <= ALPHA


def sizes(w: gba.weights.Weights, samples: int, skewed: bool) -> pd.Series:
    studies: list[Callable[..., Rejections]] = [global_sizes, residual_sizes, local_sizes]
    if w.n == 11:
        studies.insert(0, exact_sizes)
    rows = [row for study in studies for row in study(w, samples, skewed)]
    frame = pd.DataFrame(rows, columns=["test", "inference", "rejected"])
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
