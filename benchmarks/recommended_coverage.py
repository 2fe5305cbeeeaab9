"""Coverage of what a fit of few units prints: `conf_int()` and `impacts()` as they come, on simulated samples.

Writes its table of docs/small-samples.md between its markers; a cell of 200 samples takes one to three minutes of one
core (with 69 units, where intervals are asymptotic, seconds):

    OPENBLAS_NUM_THREADS=1 python benchmarks/recommended_coverage.py [--samples 200] [--models lag] [--save kept.json]
    python benchmarks/recommended_coverage.py --sizes 25 --rhos 0.4 0.7 --save others.json
    python benchmarks/recommended_coverage.py --load kept.json others.json
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

import numpy as np
import pandas as pd

import gbaspatial as gba
from gbaspatial.randomness import stream
from gbaspatial.weights import Weights

SIZES = (9, 11, 25, 69)
RHOS = (0.0, 0.4, 0.7)
LEVEL, SEED = 0.95, 20_261_201
INTERCEPT = SLOPE = 1.0
FINITE = 1e5  # a true impact is about one
MARKS = "<!-- recommended -->", "<!-- /recommended -->"
ROWS = {  # what is counted, in the order of the table
    "lag": ("rho", "slope", "intercept", "direct impact", "indirect impact", "total impact", "unbounded total impact"),
    "error": ("lambda", "slope", "intercept"),
}


def weights_of(n: int) -> Weights:
    """Queen and bridges of nine or eleven cities, rook of a square lattice, queen of districts; row-standardized."""
    if n == 69:
        return gba.weights.contiguity(gba.load_districts()).row_standardized()
    if n in (9, 11):
        cities = gba.load_cities(year=2019)
        w = gba.weights.contiguity(cities, links=2019).row_standardized()
        return w.subset(cities.index[cities["side"] == "mainland"]) if n == 9 else w
    row, column = np.divmod(np.arange(n), int(np.sqrt(n)))
    near = np.abs(row[:, None] - row) + np.abs(column[:, None] - column) == 1
    return Weights(near.astype(float), [f"{i:02d}" for i in range(n)]).row_standardized()


def covered(interval: pd.Series, truth: float) -> bool:
    """Whether `lower` and `upper` hold the truth."""
    return bool(interval["lower"] <= truth <= interval["upper"])


def seen(model: str, data: pd.DataFrame, w: Weights, truth: float, impacts: dict[str, float]) -> dict[str, bool]:
    """What the intervals of one sample hold."""
    fit = gba.models.lag("y ~ x", data, w) if model == "lag" else gba.models.error("y ~ x", data, w)
    ends = fit.conf_int(LEVEL)
    name = "rho" if model == "lag" else "lambda"
    found = {
        name: covered(ends.loc[name], truth),
        "slope": covered(ends.loc["x"], SLOPE),
        "intercept": covered(ends.loc["Intercept"], INTERCEPT),
    }
    if model == "lag":
        measured = fit.impacts(level=LEVEL)
        for kind, value in impacts.items():
            found[f"{kind} impact"] = covered(getattr(measured, kind).loc["x"], value)
        total = measured.total.loc["x", ["lower", "upper"]].abs().max()
        found["unbounded total impact"] = bool(not total < FINITE)
    return found


def run(n: int, model: str, rho: float, samples: int) -> dict[str, float]:
    """Percent of samples by quantity, and how many samples."""
    w = weights_of(n)
    A = np.linalg.inv(np.eye(n) - rho * w.sparse.toarray())
    x = stream(SEED, n).standard_normal(n)
    direct, total = SLOPE * float(np.trace(A)) / n, SLOPE * float(A.sum()) / n
    impacts = {"direct": direct, "indirect": total - direct, "total": total}
    hits: dict[str, list[bool]] = {}
    for sample in range(samples):
        e = stream(SEED, n, int(100 * rho), int(model == "lag"), sample).standard_normal(n)
        mean = INTERCEPT + SLOPE * x
        y = A @ (mean + e) if model == "lag" else mean + A @ e
        for name, hit in seen(model, pd.DataFrame({"y": y, "x": x}, index=w.ids), w, rho, impacts).items():
            hits.setdefault(name, []).append(hit)
    return {"samples": samples, **{name: 100 * float(np.mean(values)) for name, values in hits.items()}}


def table(kept: dict[str, dict[str, float]]) -> str:
    """The table in Markdown, of the cells that there are."""
    fewest = int(min(cell["samples"] for cell in kept.values()))
    margin = 100 * np.sqrt(LEVEL * (1 - LEVEL) / fewest)
    cells = [(n, rho) for n in SIZES for rho in RHOS if any(f"{n}|{model}|{rho:g}" in kept for model in ROWS)]
    lines = [
        f"Coverage of 95 % intervals in percent, {fewest} samples a cell (a true 95 shows as 95 with a standard error "
        f"of {margin:.1f}); seed {SEED}: `fit.conf_int()` and `fit.impacts()` as they come, 9,999 rotations. n = 9: "
        "mainland cities, 11: all, with queen and the bridges of 2019; 25: 5 x 5 lattice, rook; 69: districts, queen; "
        "all row-standardized. From 50 units on intervals are asymptotic. "
        "y = rho W y + 1 + x + e (lag) or y = 1 + x + u, u = lambda W u + e (error), e standard normal, x fixed. "
        "Columns: n and the true rho or lambda. *Unbounded total impact* is no coverage: it is the share of samples "
        "whose interval has no finite end.",
        "",
        "| model | quantity | " + " | ".join(f"n = {n}, {rho:g}" for n, rho in cells) + " |",
        "| --- | --- | " + " | ".join("---:" for _ in cells) + " |",
    ]
    for model, names in ROWS.items():
        if not any(f"|{model}|" in name for name in kept):
            continue
        for name in names:
            found = (kept.get(f"{n}|{model}|{rho:g}", {}).get(name) for n, rho in cells)
            values = " | ".join("-" if value is None else f"{value:.1f}" for value in found)
            lines.append(f"| {model} | {name} | {values} |")
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--samples", type=int, default=200)
    parser.add_argument("--models", nargs="*", default=list(ROWS), choices=list(ROWS))
    parser.add_argument("--sizes", type=int, nargs="*", default=list(SIZES), choices=SIZES)
    parser.add_argument("--rhos", type=float, nargs="*", default=list(RHOS), choices=RHOS)
    parser.add_argument("--save", type=Path, help="keep results here instead of writing the page")
    parser.add_argument("--load", type=Path, nargs="*", default=[], help="results kept before, to be written")
    parser.add_argument("--out", type=Path, default=Path(__file__).parents[1] / "docs" / "small-samples.md")
    options = parser.parse_args()
    kept: dict[str, dict[str, float]] = {}
    for before in options.load:
        kept |= json.loads(before.read_text())
    for model in () if options.load else options.models:
        for n in options.sizes:
            for rho in options.rhos:
                kept[f"{n}|{model}|{rho:g}"] = run(n, model, rho, options.samples)
                print(n, model, rho, kept[f"{n}|{model}|{rho:g}"], flush=True)
                if options.save:
                    options.save.write_text(json.dumps(kept))
    if options.save:
        return
    before, rest = options.out.read_text().split(MARKS[0])
    after = rest.split(MARKS[1])[1]
    options.out.write_text(f"{before}{MARKS[0]}\n{table(kept)}\n{MARKS[1]}{after}")


if __name__ == "__main__":
    main()
