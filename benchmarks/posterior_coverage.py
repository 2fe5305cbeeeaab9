"""How often the 95 % posterior interval of rho or lambda holds the truth, on eleven cities.

Writes the table of docs/small-samples.md between its markers. About three minutes on one core:

    OPENBLAS_NUM_THREADS=1 python benchmarks/posterior_coverage.py [--samples 1000] [--out docs/small-samples.md]
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np

import gbaspatial as gba
from gbaspatial.models.bayes import intercept_of, posterior_of, problem_for
from gbaspatial.randomness import stream

TRUTHS = (0.0, 0.4, 0.7, 0.9)
MODELS = {"lag": "rho", "durbin": "rho", "error": "lambda"}
SEED = 20_261_130
MARKS = "<!-- posterior -->", "<!-- /posterior -->"


def outcomes(model: str, truth: float, x: np.ndarray, W: np.ndarray, samples: int) -> np.ndarray:
    """Outcomes (n, samples) of y = rho W y + 1 + x + e, or of y = 1 + x + u, u = lambda W u + e, e standard normal."""
    n = len(x)
    e = stream(SEED, list(MODELS).index(model), TRUTHS.index(truth)).standard_normal((n, samples))
    A, mean = np.eye(n) - truth * W, (1 + x)[:, None]
    return mean + np.linalg.solve(A, e) if model == "error" else np.linalg.solve(A, mean + e)


def coverage(model: str, truth: float, samples: int) -> tuple[float, float]:
    """Share of intervals that hold the truth, and their mean length."""
    cities = gba.load_cities(year=2019)
    w = gba.weights.contiguity(cities, links=2019).row_standardized()
    x = stream(SEED).standard_normal(len(cities))
    data = cities.assign(x=x, y=x)[["x", "y"]]
    spec = gba.formula.design("y ~ x", data, w, durbin=model == "durbin")
    order = spec.ids.get_indexer(cities.index)
    base = problem_for(model, spec)
    hits, length = 0, 0.0
    for y in outcomes(model, truth, x[np.argsort(order)], w.sparse.toarray(), samples).T:
        grid = posterior_of(base.with_outcome(y), intercept_of(spec), float(spec.n)).to_frame().iloc[0]
        hits += grid["lower"] <= truth <= grid["upper"]
        length += grid["upper"] - grid["lower"]
    return hits / samples, length / samples


def table(samples: int) -> str:
    """The table in Markdown."""
    error = 100 * np.sqrt(0.95 * 0.05 / samples)
    lines = [
        f"95 % posterior intervals of the eleven cities (queen and bridges of 2019), {samples} samples (a true 95 % "
        f"shows as 95 with a standard error of {error:.1f}); seed {SEED}. Coverage in percent, "
        f"mean length in brackets.",
        "",
        "| model | parameter | " + " | ".join(f"{truth:g}" for truth in TRUTHS) + " |",
        "| --- | --- | " + " | ".join("---:" for _ in TRUTHS) + " |",
    ]
    for model, name in MODELS.items():
        cells = [coverage(model, truth, samples) for truth in TRUTHS]
        lines.append(
            f"| {model} | {name} | " + " | ".join(f"{100 * hit:.1f} ({size:.2f})" for hit, size in cells) + " |"
        )
    return "\n".join(lines)


def main() -> None:
    """Put the table between the markers of the page."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--samples", type=int, default=1_000)
    parser.add_argument("--out", type=Path, default=Path("docs/small-samples.md"))
    options = parser.parse_args()
    made = table(options.samples)
    print(made)
    before, rest = options.out.read_text(encoding="utf-8").split(MARKS[0])
    after = rest.split(MARKS[1])[1]
    options.out.write_text(f"{before}{MARKS[0]}\n{made}\n{MARKS[1]}{after}", encoding="utf-8")


if __name__ == "__main__":
    main()
