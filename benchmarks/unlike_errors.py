"""How often tests reject a true value when errors are not normal or have variances that differ, also by place.

Writes the table of docs/small-samples.md between its markers. About six minutes on one core:

    OPENBLAS_NUM_THREADS=1 python benchmarks/unlike_errors.py [--samples 250] [--out docs/small-samples.md]
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

import numpy as np
from scipy import special

import gbaspatial as gba
from gbaspatial.models.few_units.wild import coefficient_roots
from gbaspatial.models.likelihood.confidence import mixture
from gbaspatial.models.likelihood.inversion import invert
from gbaspatial.models.likelihood.many_outcomes import batch_of
from gbaspatial.models.likelihood.many_refits import refit
from gbaspatial.models.likelihood.problem import Problem, problem
from gbaspatial.models.likelihood.signed_root import noise, signed_roots
from gbaspatial.models.solve.side import side_of
from gbaspatial.randomness import stream
from gbaspatial.weights import Weights

SIZES = (9, 11, 25, 69)
KINDS = {
    "normal": "normal, one variance",
    "t3": "t with 3 degrees of freedom",
    "lognormal": "lognormal",
    "tier": "variances by tier",
    "blocks": "variances in blocks",
    "wild": "one wild unit",
}
TESTS = {
    "rho = 0|rotation": "`exact_test()`",
    "rho = 0|wild": "`wild_test()`",
    "rho = 0.4|rotation": "interval by rotations",
    "rho = 0.4|wild": 'interval of `bootstrap(kind="wild")`',
    "lambda = 0|rotation": "`exact_test()`",
    "lambda = 0|wild": "`wild_test()`",
    "slope|usual": "p-value of the fit",
    "slope|wild": "`wild_test()`",
    "group of two|usual": "p-value of the fit",
    "group of two|wild": "`wild_test()`",
}
DRAWS, LEVEL, SEED = 199, 0.05, 20_261_130
MARKS = "<!-- unlike -->", "<!-- /unlike -->"


def place_of(n: int) -> tuple[Weights, np.ndarray]:
    """W, row-standardized, and the tier of each unit (1 to 3)."""
    if n in (9, 11):
        cities = gba.load_cities(year=2019)
        w = gba.weights.contiguity(cities, links=2019).row_standardized()
        kept = cities[cities["side"] == "mainland"] if n == 9 else cities
        return w.subset(kept.index), kept["tier"].to_numpy()
    if n == 69:
        districts = gba.load_districts()
        w = gba.weights.contiguity(districts).row_standardized()
        tier = gba.load_cities(year=2019)["tier"]
        return w, districts["city"].map(tier).to_numpy(dtype=int)
    side = int(np.sqrt(n))
    row, column = np.divmod(np.arange(n), side)
    near = np.abs(row[:, None] - row) + np.abs(column[:, None] - column) == 1
    return Weights(near.astype(float), [str(i) for i in range(n)]).row_standardized(), 1 + (row + column) // 3


def scales(kind: str, W: np.ndarray, tier: np.ndarray) -> np.ndarray:
    """Standard deviations (n,): 4, 2, 1 by tier; 4 in a third of the units around the best linked one; 8 for one."""
    n = len(W)
    scale = np.ones(n)
    if kind == "tier":
        scale = np.array([4.0, 2.0, 1.0])[np.clip(tier, 1, 3) - 1]
    elif kind == "blocks":
        reached, steps = (W > 0).sum(axis=1) == (W > 0).sum(axis=1).max(), np.full(n, n)
        reached = np.arange(n) == int(np.flatnonzero(reached)[0])
        for step in range(n):
            steps[reached & (steps == n)] = step
            reached = reached | (W[reached] > 0).any(axis=0)
        scale[np.argsort(steps, kind="stable")[: n // 3]] = 4.0
    elif kind == "wild":
        scale[0] = 8.0
    return scale


def errors(kind: str, scale: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Errors (n,) with mean zero."""
    n = len(scale)
    if kind == "t3":
        return rng.standard_t(3, n)
    if kind == "lognormal":
        return rng.lognormal(size=n) - np.exp(0.5)
    return scale * rng.standard_normal(n)


def rejects(seen: float, null: np.ndarray) -> bool:
    """Whether either tail is below 2.5 %."""
    above, below = ((1 + hits.sum()) / (len(null) + 1) for hits in (null >= seen - 1e-9, null <= seen + 1e-9))
    return bool(min(above, below) <= LEVEL / 2)


def spatial(model: Problem, name: str, value: float, seed: int) -> dict[str, bool]:
    """The test of one value of rho or lambda, by rotations and by random signs."""
    kinds = {"rotation": "parametric", "wild": "wild"}
    return {
        f"{name} = {value:g}|{way}": rejects(*signed_roots(model, name, noise(model.n, DRAWS, seed, kind))(value))
        for way, kind in kinds.items()
    }


def coefficient(model: Problem, what: str, seed: int) -> dict[str, bool]:
    """The test of the second coefficient of a lag model: that of the fit (below 50 units by rho's tests), and wild."""
    if model.n < 50:
        p = mixture(model, "rho", invert(model, "rho", draws=99, seed=seed)).p_values()[1]
    else:
        own = refit(batch_of(model), model.y[:, None], errors=True)
        p = 2 * special.ndtr(-abs(float(own.beta[1, 0] / own.std_errors[1, 0])))
    signs = noise(model.n, DRAWS, seed, "wild").numbers
    return {f"{what}|usual": bool(p <= LEVEL), f"{what}|wild": rejects(*coefficient_roots(model, 1, signs))}


def run(n: int, kind: str, samples: int) -> dict[str, float]:
    """Percent of samples in which each test rejects what is true."""
    w, tier = place_of(n)
    W, side, scale = w.sparse.toarray(), side_of(w), scales(kind, w.sparse.toarray(), tier)
    x = np.linalg.solve(np.eye(n) - 0.7 * W, stream(SEED, n).standard_normal(n))  # alike among neighbors
    group = np.zeros(n)
    group[[0, n // 2]] = 1.0
    one, X, G = (np.column_stack([np.ones(n), *columns]) for columns in ((), (x,), (group,)))
    found: dict[str, list[bool]] = {name: [] for name in TESTS}
    for sample in range(samples):
        rng = stream(SEED, n, list(KINDS).index(kind), sample)
        e, seed = errors(kind, scale, rng), int(rng.integers(2**31))
        free, lagged = 1 + e, np.linalg.solve(np.eye(n) - 0.4 * W, 1 + e)
        results = {
            **spatial(problem(free, one, side), "rho", 0.0, seed),
            **spatial(problem(lagged, one, side), "rho", 0.4, seed),
            **spatial(problem(free, X, None, side), "lambda", 0.0, seed),
            **coefficient(problem(lagged, X, side), "slope", seed),
            **coefficient(problem(lagged, G, side), "group of two", seed),
        }
        for name, rejected in results.items():
            found[name].append(rejected)
    return {name: 100 * float(np.mean(hits)) for name, hits in found.items()}


def table(results: dict[str, dict[str, float]], samples: int) -> str:
    """The table in Markdown."""
    margin = 100 * np.sqrt(LEVEL * (1 - LEVEL) / samples)
    lines = [
        f"Percent of {samples} samples in which a test at 5 % rejects what is true (standard error of a true 5: "
        f"{margin:.1f}); the interval at 95 % covers in the rest. {DRAWS} draws; seed {SEED}. n = 9: mainland cities, "
        "11: all, with queen and the bridges of 2019; 25: 5 x 5 lattice, rook; 69: districts, queen; all "
        "row-standardized. y = rho W y + 1 + e or y = 1 + e, slope and group coefficient zero with rho = 0.4. The "
        "regressor is alike among neighbors; the group holds two units. Standard deviations are 4, 2, 1 by tier; 4 in "
        "a third of the units around the one with most links and 1 elsewhere (blocks); 8 for one unit and 1 else.",
        "",
        "| errors | what is true | test | " + " | ".join(f"n = {n}" for n in SIZES) + " |",
        "| --- | --- | --- | " + " | ".join("---:" for _ in SIZES) + " |",
    ]
    for kind, words in KINDS.items():
        for name, test in TESTS.items():
            what = name.split("|")[0]
            true = what if "=" in what else f"{what}: 0"
            cells = (f"{results[f'{n}|{kind}'][name]:.1f}" for n in SIZES)
            lines.append(f"| {words} | {true} | {test} | " + " | ".join(cells) + " |")
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--samples", type=int, default=250)
    parser.add_argument("--sizes", type=int, nargs="*", default=list(SIZES))
    parser.add_argument("--save", type=Path, help="keep results here instead of writing the page")
    parser.add_argument("--load", type=Path, nargs="*", help="results kept before, to be written")
    parser.add_argument("--out", type=Path, default=Path(__file__).parents[1] / "docs" / "small-samples.md")
    options = parser.parse_args()
    results: dict[str, dict[str, float]] = {}
    for kept in options.load or []:
        results |= json.loads(kept.read_text())
    for n in [] if options.load else options.sizes:
        for kind in KINDS:
            results[f"{n}|{kind}"] = run(n, kind, options.samples)
            print(n, kind, results[f"{n}|{kind}"], flush=True)
            if options.save:
                options.save.write_text(json.dumps(results))
    if options.save:
        return
    before, rest = options.out.read_text().split(MARKS[0])
    after = rest.split(MARKS[1])[1]
    options.out.write_text(f"{before}{MARKS[0]}\n{table(results, options.samples)}\n{MARKS[1]}{after}")


if __name__ == "__main__":
    main()
