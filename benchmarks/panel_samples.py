"""Panels of few units, simulated: coverage of 95 % intervals of rho and of a slope, and the size of rho = 0.

Writes the table of docs/small-samples.md between its markers; CI repeats two of its cells. Some minutes on one core:

    OPENBLAS_NUM_THREADS=1 python benchmarks/panel_samples.py [--samples 500] [--out docs/small-samples.md]
"""

from __future__ import annotations

import argparse
import re
import time
import warnings
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from scipy import stats

import gbaspatial as gba
from gbaspatial.models.few_units.recommended import ranks_of
from gbaspatial.models.likelihood.problem import maximize
from gbaspatial.models.panel.block_bootstrap import blocks_of
from gbaspatial.models.panel.histories import history_roots, orders
from gbaspatial.models.panel.information_less_effects import clustered, information_apart, parts_of
from gbaspatial.randomness import stream
from gbaspatial.weights import Weights

SEED = 20_261_130
DRAWS = 199
SAMPLES = 500
_TIE = 1e-9
COLUMNS = ("rho, information", "rho, clusters", "rho, histories", "slope, information", "slope, clusters",
           "slope, bootstrap")  # fmt: skip


@dataclass(frozen=True)
class Cell:
    """One design: units, periods, rho, serial correlation of the errors, and what else is unlike the base."""

    n: int
    T: int
    rho: float
    serial: float = 0.6
    errors: str = "normal"

    @property
    def name(self) -> str:
        """As in the table."""
        return f"{self.n} x {self.T} | {self.rho:g} | {self.serial:g} | {self.errors}"


CELLS = (
    Cell(9, 8, 0.0), Cell(9, 8, 0.6), Cell(9, 24, 0.0), Cell(9, 24, 0.6), Cell(11, 8, 0.0), Cell(11, 8, 0.6),
    Cell(11, 24, 0.0), Cell(11, 24, 0.6), Cell(11, 24, 0.0, 0.0), Cell(11, 24, 0.0, 0.6, "skewed"),
    Cell(11, 24, 0.0, 0.6, "unequal variances"),
)  # fmt: skip


def weights_of(n: int) -> Weights:
    """The eleven cities with the bridges of 2019, or the nine of them on the mainland."""
    cities = gba.load_cities(year=2019)
    cities = cities if n == 11 else cities[~cities.index.isin(["Hong Kong", "Macao"])]
    return gba.weights.contiguity(cities, links=2019).row_standardized()


def sample(cell: Cell, w: Weights, number: int) -> pd.DataFrame:
    """One panel: y = rho W y + x + effects + e, with a regressor that is persistent and clustered."""
    rng = stream(SEED, cell.n, cell.T, number)
    W, (n, T) = w.sparse.toarray(), (cell.n, cell.T)
    shape = (T + 30, n)
    v = rng.standard_normal(shape) if cell.errors != "skewed" else rng.exponential(size=shape) - 1
    if cell.errors == "unequal variances":
        v = v * np.linspace(0.4, 2.0, n)[rng.permutation(n)]
    e, x = np.zeros(shape), np.zeros(shape)
    shocks = np.linalg.solve(np.eye(n) - 0.5 * W, rng.standard_normal(shape).T).T
    for t in range(1, len(e)):
        e[t] = cell.serial * e[t - 1] + v[t]
        x[t] = 0.7 * x[t - 1] + shocks[t]
    mean = (x + e)[30:] + rng.standard_normal(n) + rng.standard_normal((T, 1))
    y = np.linalg.solve(np.eye(n) - cell.rho * W, mean.T).T
    index = pd.MultiIndex.from_product([range(2000, 2000 + T), w.ids], names=["year", "city"])
    return pd.DataFrame({"y": y.ravel(), "x": x[30:].ravel()}, index=index).swaplevel()


def covered(cell: Cell, w: Weights, number: int) -> list[bool]:
    """Whether each interval of one sample holds the true value."""
    fit = gba.models.panel_lag("y ~ x", sample(cell, w, number), w, effects="twoway", covariance="information")
    model = fit.problem
    full = maximize(model)
    parts = parts_of(model, full)
    apart = information_apart(model, full, parts, True)
    truth = np.array([1.0, cell.rho])
    few = np.sqrt(np.diag(clustered(model, full, parts, apart, True, True))[:2])
    gap = np.abs(np.array([full.beta[0], full.rho]) - truth)
    wide, wider = stats.norm.ppf(0.975) * fit.std_errors.to_numpy(), stats.t.ppf(0.975, cell.n - 1) * few
    given = orders(cell.n, DRAWS, number, ranks_of(fit.design.units))
    seen, null = history_roots(model, given)(cell.rho)
    tails = [(1 + int((null >= seen - _TIE).sum())) / (DRAWS + 1), (1 + int((null <= seen + _TIE).sum())) / (DRAWS + 1)]
    low, high = blocks_of(fit, "residual", "unit", DRAWS, number).conf_int(0.95).loc["x"]
    return [gap[1] <= wide[1], gap[1] <= wider[1], 2 * min(tails) > 0.05, gap[0] <= wide[0], gap[0] <= wider[0],
            low <= 1.0 <= high]  # fmt: skip


def coverage(cell: Cell, samples: int) -> np.ndarray:
    """The share of samples whose intervals hold the truth, by column."""
    w = weights_of(cell.n)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return np.mean([covered(cell, w, number) for number in range(samples)], axis=0)


def table(samples: int, cells: tuple[Cell, ...] = CELLS) -> str:
    """The table in Markdown, with the sentence above it."""
    error = 100 * np.sqrt(0.95 * 0.05 / samples)
    lines = [
        f"Coverage of 95 % intervals in percent ({samples} samples: a true 95 % shows as 95 ± {2 * error:.1f}; {DRAWS} "
        f"draws; seed {SEED}). Two-way effects, a persistent regressor clustered in space with the slope 1; one "
        "less the coverage of rho = 0 is the size of its test. Nine mainland or all eleven cities, bridges of 2019.",
        "",
        "| units x periods | rho | serial correlation | errors | " + " | ".join(COLUMNS) + " |",
        "| --- | ---: | ---: | --- |" + " ---: |" * len(COLUMNS),
    ]
    for cell in cells:
        start = time.perf_counter()
        found = coverage(cell, samples)
        lines.append(f"| {cell.name} | " + " | ".join(f"{100 * share:.1f}" for share in found) + " |")
        print(lines[-1], f"{time.perf_counter() - start:.0f} s", flush=True)
    return "\n".join(lines)


def main() -> None:
    """Simulate, and write the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--samples", type=int, default=SAMPLES)
    parser.add_argument("--out", type=Path)
    options = parser.parse_args()
    text = table(options.samples)
    if options.out is not None:
        page = options.out.read_text(encoding="utf-8")
        begin, end = "<!-- panels -->", "<!-- /panels -->"
        made = re.sub(f"{begin}.*?{end}", lambda _: f"{begin}\n{text}\n{end}", page, flags=re.DOTALL)
        options.out.write_text(made, encoding="utf-8")


if __name__ == "__main__":
    main()
