"""Recovery of panel lag models: bias with and without the correction of Lee and Yu, and coverage, N = 9 to 276.

One factor at a time from a base design. Writes the table of docs/small-samples.md between its markers; CI repeats two
of its cells. About twenty minutes on one core; rows may be made apart and put together:

    OPENBLAS_NUM_THREADS=1 python benchmarks/panel_recovery.py [--sizes 9 11] [--save rows.json]
    python benchmarks/panel_recovery.py --load rows.json more.json --out docs/small-samples.md
"""

from __future__ import annotations

import argparse
import json
import re
import time
import warnings
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
import pandas as pd
from scipy import sparse

import gbaspatial as gba
from gbaspatial.models.few_units.refits import ranks_of
from gbaspatial.models.panel.histories import history_roots, orders
from gbaspatial.randomness import stream
from gbaspatial.weights import Weights

SEED = 20_261_201
DRAWS = 199
REGION = {9: 3, 11: 3, 69: 8, 276: 12}  # units that share shocks
SAMPLES = {9: 200, 11: 200, 69: 200, 276: 100}
_BURN = 30
_TIE = 1e-9
COLUMNS = ("rho, no correction", "rho", "slope", "sigma2, no correction", "sigma2", "rho, information",
           "rho, clusters", "rho, histories", "slope, information", "slope, clusters")  # fmt: skip


@dataclass(frozen=True)
class Cell:
    """One design: units, periods, rho, serial correlation and kind of the errors."""

    n: int
    T: int = 8
    rho: float = 0.3
    serial: float = 0.0
    errors: str = "normal"
    effects: str = "twoway"

    @property
    def name(self) -> str:
        """As in the table."""
        more = "" if self.effects == "twoway" else ", region:year effects"
        return f"{self.n} x {self.T} | {self.rho:g} | {self.serial:g} | {self.errors}{more}"


def around(n: int) -> tuple[Cell, ...]:
    """The base design with `n` units, and each factor changed alone."""
    return (Cell(n), Cell(n, T=24), Cell(n, rho=0.0), Cell(n, rho=0.6), Cell(n, serial=0.6), Cell(n, errors="skewed"),
            Cell(n, errors="shared in regions"), Cell(n, errors="unequal variances"))  # fmt: skip


BY_REGION = tuple(Cell(n, errors="shared in regions", effects="unit + region:year") for n in (69, 276))
CELLS = (*(cell for n in SAMPLES for cell in around(n)), *BY_REGION)


@cache
def weights_of(n: int) -> Weights:
    """Cities (queen and bridges of 2019), or districts and prefectures (five nearest, either way)."""
    if n <= 11:
        cities = gba.load_cities(year=2019)
        cities = cities if n == 11 else cities[~cities.index.isin(["Hong Kong", "Macao"])]
        return gba.weights.contiguity(cities, links=2019).row_standardized()
    units = gba.load_districts() if n == 69 else gba.load_prefectures(area="china").sort_index().iloc[:n]
    near = gba.weights.nearest(units, k=5).sparse
    return Weights(((near + near.T) > 0).astype(float), units.index).row_standardized()


@cache
def regions_of(n: int) -> np.ndarray:
    """Regions (n,) of neighboring units, of about `REGION` units each: cut along the slowest vector of the graph."""
    W = weights_of(n).sparse
    links = sparse.csr_array((W + W.T) > 0).toarray().astype(float)
    vectors = np.linalg.eigh(np.diag(links.sum(axis=1)) - links)[1]
    place = np.argsort(np.argsort(vectors[:, 1]))
    return place * max(n // REGION[n], 2) // n


def shocks(cell: Cell, shape: tuple[int, int], rng: np.random.Generator) -> np.ndarray:
    """Innovations with the variance one on average."""
    if cell.errors == "skewed":
        return rng.exponential(size=shape) - 1
    v = rng.standard_normal(shape)
    if cell.errors == "unequal variances":
        spread = np.linspace(0.4, 2.0, cell.n)[rng.permutation(cell.n)]
        return v * spread / np.sqrt(np.mean(spread**2))
    if cell.errors == "shared in regions":
        regions = regions_of(cell.n)
        return np.sqrt(0.7) * v + np.sqrt(0.3) * rng.standard_normal((shape[0], regions.max() + 1))[:, regions]
    return v


def sample(cell: Cell, number: int) -> pd.DataFrame:
    """One panel: y = rho W y + x + effects + e, with a regressor that is persistent and clustered in space."""
    w = weights_of(cell.n)
    rng = stream(SEED, cell.n, cell.T, number)
    W, (n, T) = w.sparse.toarray(), (cell.n, cell.T)
    shape = (T + _BURN, n)
    v = shocks(cell, shape, rng) * np.sqrt(1 - cell.serial**2)
    given = np.linalg.solve(np.eye(n) - 0.5 * W, rng.standard_normal(shape).T).T
    e, x = np.zeros(shape), np.zeros(shape)
    for t in range(1, len(e)):
        e[t] = cell.serial * e[t - 1] + v[t]
        x[t] = 0.7 * x[t - 1] + given[t]
    mean = (x + e)[_BURN:] + rng.standard_normal(n) + rng.standard_normal((T, 1))
    y = np.linalg.solve(np.eye(n) - cell.rho * W, mean.T).T
    index = pd.MultiIndex.from_product([range(2000, 2000 + T), w.ids], names=["year", "unit"])
    region = np.tile(regions_of(n), T)
    return pd.DataFrame({"y": y.ravel(), "x": x[_BURN:].ravel(), "region": region}, index=index).swaplevel()


def measured(cell: Cell, number: int) -> list[float]:
    """Estimates of one sample, and whether each interval holds the truth."""
    w, data = weights_of(cell.n), sample(cell, number)
    fits = {
        how: gba.models.panel_lag("y ~ x", data, w, effects=cell.effects, covariance=how)
        for how in ("information", "cluster")
    }
    fit = fits["information"]
    raw = gba.models.panel_lag("y ~ x", data, w, effects=cell.effects, covariance="information", correction="none")
    truth = pd.Series({"x": 1.0, "rho": cell.rho})
    ends = {how: one.conf_int() for how, one in fits.items()}
    inside = {how: (one["lower"] <= truth) & (truth <= one["upper"]) for how, one in ends.items()}
    held = np.nan
    if cell.n <= 11:
        given = orders(cell.n, DRAWS, number, ranks_of(fit.design.units))
        seen, null = history_roots(fit._problem, given)(cell.rho)
        tails = [1 + int(hits.sum()) for hits in (null >= seen - _TIE, null <= seen + _TIE)]
        held = float(2 * min(tails) / (DRAWS + 1) > 0.05)
    return [raw.rho, fit.rho, fit.params["x"], raw.sigma2, fit.sigma2, inside["information"]["rho"],
            inside["cluster"]["rho"], held, inside["information"]["x"], inside["cluster"]["x"]]  # fmt: skip


def recovered(cell: Cell, samples: int) -> tuple[np.ndarray, np.ndarray]:
    """Biases and shares of coverage by column, and their Monte Carlo errors (standard deviations)."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        found = np.array([measured(cell, number) for number in range(samples)], dtype=float)
    truth = np.array([cell.rho, cell.rho, 1.0, 1.0, 1.0, 0, 0, 0, 0, 0])
    return found.mean(axis=0) - truth, found.std(axis=0, ddof=1) / np.sqrt(samples)


def told(values: np.ndarray, errors: np.ndarray) -> list[str]:
    """The numbers of a row: biases with their Monte Carlo errors, then coverage in percent."""
    bias = [f"{value:.3f} ± {error:.3f}" for value, error in zip(values[:5], errors[:5], strict=True)]
    return bias + ["-" if np.isnan(value) else f"{100 * value:.1f}" for value in values[5:]]


def table(rows: dict[str, list[str]]) -> str:
    """The table in Markdown, with the sentence above it."""
    lines = [
        "Bias (± its Monte Carlo error) and coverage of 95 % intervals in percent; 200 samples a cell (a "
        f"true 95 % shows as 95 ± 3.1), 100 with 276 units (± 4.4); seed {SEED}. Two-way effects; a "
        "persistent regressor clustered in space with the slope 1; errors with the variance one. One factor "
        "at a time from the base 8 periods, rho = 0.3, independent normal errors. 9 and 11: cities, queen "
        "and bridges of 2019; 69 districts and 276 prefectures: five nearest, either way. *Shared in "
        "regions*: 0.3 of the variance is common to a region of about 3, 8 or 12 neighbors in a year. *No "
        f"correction*: a dummy for each effect. *Histories* ({DRAWS} orders): what is printed below fifty "
        "units.",
        "",
        "| units x periods | rho | serial correlation | errors | bias: " + " | ".join(COLUMNS[:5]) + " | coverage: "
        + " | ".join(COLUMNS[5:]) + " |",
        "| --- | ---: | ---: | --- |" + " ---: |" * len(COLUMNS),
    ]  # fmt: skip
    return "\n".join(
        lines + [f"| {cell.name} | " + " | ".join(rows[cell.name]) + " |" for cell in CELLS if cell.name in rows]
    )


def main() -> None:
    """Simulate, and write the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sizes", type=int, nargs="*", default=list(SAMPLES))
    parser.add_argument("--by-region", action="store_true", help="only the rows with effects of region by year")
    parser.add_argument("--save", type=Path)
    parser.add_argument("--load", type=Path, nargs="*", default=[])
    parser.add_argument("--out", type=Path)
    options = parser.parse_args()
    rows: dict[str, list[str]] = {}
    for path in options.load:
        rows |= json.loads(path.read_text(encoding="utf-8"))
    for cell in CELLS if not options.load else ():
        if cell.n not in options.sizes or (options.by_region and cell not in BY_REGION):
            continue
        start = time.perf_counter()
        rows[cell.name] = told(*recovered(cell, SAMPLES[cell.n]))
        print(cell.name, *rows[cell.name], f"{time.perf_counter() - start:.0f} s", flush=True)
        if options.save is not None:
            options.save.write_text(json.dumps(rows), encoding="utf-8")
    if options.out is not None:
        page = options.out.read_text(encoding="utf-8")
        begin, end = "<!-- panel recovery -->", "<!-- /panel recovery -->"
        made = re.sub(f"{begin}.*?{end}", lambda _: f"{begin}\n{table(rows)}\n{end}", page, flags=re.DOTALL)
        options.out.write_text(made, encoding="utf-8")


if __name__ == "__main__":
    main()
