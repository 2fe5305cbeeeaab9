"""Panels of few units, simulated: coverage of 95 % intervals of rho and of a slope, and the size of rho = 0.

Writes the table of docs/small-samples.md between its markers; CI repeats two of its cells. Some minutes on one core:

    OPENBLAS_NUM_THREADS=1 python benchmarks/panel_samples.py [--samples 200] [--out docs/small-samples.md] [--both]
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
from gbaspatial.models.likelihood.maximum import maximize
from gbaspatial.models.panel import few_histories
from gbaspatial.models.panel.few_histories import histories_of
from gbaspatial.models.panel.information_less_effects import clustered, information_apart, parts_of
from gbaspatial.randomness import stream
from gbaspatial.weights import Weights

SEED = 20_261_130
DRAWS = 199
SAMPLES = 200
_UNBOUNDED = 1e5
COLUMNS = ("rho, information", "rho, clusters", "rho, as printed", "slope, information", "slope, clusters",
           "slope, as printed", "total impact, as printed", "(unbounded)", "rho: wild test",
           "slope: wild test")  # fmt: skip


@dataclass(frozen=True)
class Cell:
    """One design: units, periods, rho, serial correlation of the errors, and what else is unlike the base."""

    n: int
    T: int
    rho: float
    serial: float = 0.6
    errors: str = "normal"
    lam: float = 0.0

    @property
    def name(self) -> str:
        """As in the table."""
        last = self.errors if not self.lam else f"{self.lam:g}"
        return f"{self.n} x {self.T} | {self.rho:g} | {self.serial:g} | {last}"


CELLS = (
    Cell(9, 8, 0.0), Cell(9, 8, 0.6), Cell(9, 24, 0.0), Cell(9, 24, 0.6), Cell(11, 8, 0.0), Cell(11, 8, 0.6),
    Cell(11, 24, 0.0), Cell(11, 24, 0.6), Cell(11, 24, 0.0, 0.0), Cell(11, 24, 0.0, 0.6, "skewed"),
)  # fmt: skip
BOTH = (Cell(9, 8, 0.4, lam=0.3),)
OF_BOTH = ("rho, information", "rho, as printed", "lambda, information", "lambda, as printed", "slope, information",
           "slope, as printed", "total impact, as printed", "(unbounded)")  # fmt: skip
SAMPLES_BOTH = 100


def weights_of(n: int) -> Weights:
    """The eleven cities with the bridges of 2019, the nine of them on the mainland, or a lattice."""
    if n not in (9, 11):
        side = int(np.sqrt(n))
        line = np.eye(side, k=1) + np.eye(side, k=-1)
        rook = np.kron(line, np.eye(side)) + np.kron(np.eye(side), line)
        return Weights(rook, [f"cell {place:02d}" for place in range(n)]).row_standardized()
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
    if cell.lam:
        e = np.linalg.solve(np.eye(n) - cell.lam * W, e.T).T
    mean = (x + e)[30:] + rng.standard_normal(n) + rng.standard_normal((T, 1))
    y = np.linalg.solve(np.eye(n) - cell.rho * W, mean.T).T
    index = pd.MultiIndex.from_product([range(2000, 2000 + T), w.ids], names=["year", "city"])
    return pd.DataFrame({"y": y.ravel(), "x": x[30:].ravel()}, index=index).swaplevel()


def covered(cell: Cell, w: Weights, number: int) -> list[bool]:
    """Whether each interval of one sample holds the true value, and each test of the true values does not reject."""
    data = sample(cell, w, number)
    fit = gba.models.panel_lag("y ~ x", data, w, effects="twoway", covariance="information")
    model = fit._problem
    full = maximize(model)
    parts = parts_of(model, full)
    apart = information_apart(model, full, parts, True)
    truth = np.array([1.0, cell.rho])
    few = np.sqrt(np.diag(clustered(model, full, parts, apart, True, True))[:2])
    gap = np.abs(np.array([full.beta[0], full.rho]) - truth)
    wide, wider = stats.norm.ppf(0.975) * fit.std_errors.to_numpy(), stats.t.ppf(0.975, cell.n - 1) * few
    printed = histories_of(fit, number, 2 * DRAWS)
    ends = printed.conf_int(0.95)
    low, high = ends.loc["x"]
    drawn = printed.draws_of(["x", "rho"])
    total = np.quantile(drawn[:, 0] / (1 - drawn[:, 1]), [0.025, 0.975])
    moved = data.assign(y=data["y"] - data["x"] - cell.rho * lagged(w, data["y"]))  # with both parameters zero
    wild = gba.models.panel_lag("y ~ x", moved, w, effects="twoway").wild_test(draws=DRAWS, rng=number).p_values
    return [gap[1] <= wide[1], gap[1] <= wider[1], ends.loc["rho", "lower"] <= cell.rho <= ends.loc["rho", "upper"],
            gap[0] <= wide[0], gap[0] <= wider[0], low <= 1.0 <= high, total[0] <= 1 / (1 - cell.rho) <= total[1],
            bool(np.abs(total).max() > _UNBOUNDED), wild["rho"] > 0.05, wild["x"] > 0.05]  # fmt: skip


def covered_by_both(cell: Cell, w: Weights, number: int) -> list[bool]:
    """Whether the intervals of a model with rho and lambda hold the true values."""
    fit = gba.models.panel_sarar("y ~ x", sample(cell, w, number), w, effects="twoway", covariance="information")
    truth = pd.Series({"x": 1.0, "rho": cell.rho, "lambda": cell.lam})
    wide = fit.conf_int()
    printed = histories_of(fit, number, 2 * DRAWS)
    ends = printed.conf_int(0.95)
    plain, few = ((part["lower"] <= truth) & (truth <= part["upper"]) for part in (wide, ends))
    drawn = printed.draws_of(["x", "rho"])
    total = np.quantile(drawn[:, 0] / (1 - drawn[:, 1]), [0.025, 0.975])
    return [plain["rho"], few["rho"], plain["lambda"], few["lambda"], plain["x"], few["x"],
            total[0] <= 1 / (1 - cell.rho) <= total[1], bool(np.abs(total).max() > _UNBOUNDED)]  # fmt: skip


def lagged(w: Weights, values: pd.Series) -> pd.Series:
    """W y within each period, in the order of `values`."""
    parts = {year: w.lag(part.droplevel(1)) for year, part in values.groupby(level=1)}
    return pd.concat(parts).swaplevel().reindex(values.index)


def coverage(cell: Cell, samples: int) -> np.ndarray:
    """The share of samples whose intervals hold the truth, by column."""
    w, measured = weights_of(cell.n), covered_by_both if cell.lam else covered
    few_histories.DRAWS = DRAWS
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return np.mean([measured(cell, w, number) for number in range(samples)], axis=0)


def table(samples: int, cells: tuple[Cell, ...] = CELLS) -> str:
    """The table in Markdown, with the sentence above it."""
    error = 100 * np.sqrt(0.95 * 0.05 / samples)
    lines = [
        f"Coverage of 95 % intervals in percent ({samples} samples: a true 95 % shows as 95 ± {2 * error:.1f}; {DRAWS} "
        f"draws; seed {SEED}). Two-way effects, a persistent regressor clustered in space with the slope 1; one "
        "hundred less the coverage of rho = 0 is the size of its test. Nine mainland or all eleven cities, bridges of "
        "2019. *As printed*: by the units' histories, as `conf_int()` and `impacts()` have it; "
        "*(unbounded)* is the share of total impacts with no finite end. Wild tests: percent of samples in which "
        "`wild_test()` does not reject a true zero.",
        "",
        "| units x periods | rho | serial correlation | errors | " + " | ".join(COLUMNS) + " |",
        "| --- | ---: | ---: | --- |" + " ---: |" * len(COLUMNS),
    ]
    return "\n".join(lines + [row(cell, samples) for cell in cells])


def table_of_both(samples: int) -> str:
    """The table of models with rho and lambda, with the sentence above it."""
    error = 100 * np.sqrt(0.95 * 0.05 / samples)
    lines = [
        f"The same for `panel_sarar` with one W for both ({samples} samples: ± {2 * error:.1f}; {DRAWS} draws). Both "
        "are hardly told apart by so few units, so that many intervals are wide.",
        "",
        "| units x periods | rho | serial correlation | lambda | " + " | ".join(OF_BOTH) + " |",
        "| --- | ---: | ---: | ---: |" + " ---: |" * len(OF_BOTH),
    ]
    return "\n".join(lines + [row(cell, samples) for cell in BOTH])


def row(cell: Cell, samples: int) -> str:
    """One line of a table."""
    start = time.perf_counter()
    found = coverage(cell, samples)
    line = f"| {cell.name} | " + " | ".join(f"{100 * share:.1f}" for share in found) + " |"
    print(line, f"{time.perf_counter() - start:.0f} s", flush=True)
    return line


def main() -> None:
    """Simulate, and write the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--samples", type=int, default=SAMPLES)
    parser.add_argument("--both", action="store_true", help="models with rho and lambda")
    parser.add_argument("--out", type=Path)
    options = parser.parse_args()
    text = table_of_both(SAMPLES_BOTH) if options.both else table(options.samples)
    if options.out is not None:
        page = options.out.read_text(encoding="utf-8")
        name = "panels with both" if options.both else "panels"
        begin, end = f"<!-- {name} -->", f"<!-- /{name} -->"
        made = re.sub(f"{begin}.*?{end}", lambda _: f"{begin}\n{text}\n{end}", page, flags=re.DOTALL)
        options.out.write_text(made, encoding="utf-8")


if __name__ == "__main__":
    main()
