"""Recovery: simulated samples of 11, 69 and 400 units, what the estimators and intervals make of them.

Writes the tables of docs/small-samples.md (between its markers). About ten minutes on one core;
sizes may be run apart, their results kept in files and put together at the end:

    python benchmarks/small_samples.py [--quick] [--out docs/small-samples.md]
    python benchmarks/small_samples.py --sizes 11 --save eleven.json
    python benchmarks/small_samples.py --load eleven.json others.json
"""

from __future__ import annotations

import argparse
import json
import time
from pathlib import Path

import numpy as np
from scipy import special

import gbaspatial as gba
from gbaspatial.models.few_units.bias import error_bias, lag_bias
from gbaspatial.models.impacts import average as effects
from gbaspatial.models.likelihood.information import information, inverse
from gbaspatial.models.likelihood.many_outcomes import Batch, batch_of
from gbaspatial.models.likelihood.many_refits import Refits, refit
from gbaspatial.models.likelihood.many_tests import scores
from gbaspatial.models.likelihood.problem import Estimate, Problem, problem
from gbaspatial.models.likelihood.resample import generator, held
from gbaspatial.models.likelihood.signed_root import noise, signed_roots
from gbaspatial.models.solve.determinant_curves import ZeroCurve
from gbaspatial.models.solve.resolvent import average_readings, resolvent_of
from gbaspatial.models.solve.side import side_of
from gbaspatial.randomness import stream
from gbaspatial.weights import Weights

RHOS = (0.0, 0.4, 0.7)
BETA = np.array([1.0, 1.0])
DRAWS = 399
LEVEL = 0.95
SEED = 20_261_124
SAMPLES = {11: 2_000, 69: 1_000, 400: 400}


def weights_of(n: int) -> tuple[Weights, str]:
    """The contiguity of the eleven cities with bridges, of the districts, and a square grid."""
    if n == 11:
        cities = gba.load_cities(year=2019)
        return gba.weights.contiguity(cities, links=2019).row_standardized(), "11 cities, queen and bridges of 2019"
    if n == 69:
        districts = gba.load_districts()
        near = gba.weights.nearest(districts, k=5).sparse
        W = ((near + near.T) > 0).astype(float)
        return Weights(W, districts.index).row_standardized(), "69 districts, 5 nearest, either way"
    side = int(np.sqrt(n))
    place = np.arange(n)
    right, below = place[place % side < side - 1], place[place < n - side]
    links = np.concatenate([np.stack([right, right + 1]), np.stack([below, below + side])], axis=1)
    W = np.zeros((n, n))
    W[links[0], links[1]] = W[links[1], links[0]] = 1
    return Weights(W, [str(i) for i in place]).row_standardized(), f"{side} x {side} grid, rook"


class Tally:
    """Hits and sums by name."""

    def __init__(self) -> None:
        self.values: dict[tuple[str, ...], list[float]] = {}

    def add(self, *key: str, value: float) -> None:
        self.values.setdefault(key, []).append(float(value))


def at_of(found: Refits) -> Estimate:
    """One refit as an `Estimate`."""
    zero = ZeroCurve()
    return Estimate(
        found.beta[:, 0], float(found.rho[0]), float(found.lam[0]), float(found.sigma2[0]),
        float(found.log_likelihood[0]), (), zero, zero,
    )  # fmt: skip


def stacked(found: Refits, name: str) -> tuple[np.ndarray, np.ndarray]:
    """(intercept, slope, spatial) (m, 3) and standard errors by observed information."""
    place = 2 if name == "rho" else 3
    values = np.stack([found.beta[0], found.beta[1], found.rho if name == "rho" else found.lam], axis=1)
    return values, found.std_errors[[0, 1, place]].T


def one_sample(model: Problem, full: Batch, name: str, truth: float, seed: int, tally: Tally, W, quantities) -> None:  # type: ignore[no-untyped-def]
    """Everything about one simulated sample goes into `tally`."""
    y = model.y[:, None]
    own = refit(full, y, errors=True)
    values, errors = stacked(own, name)
    center, scale = values[0], errors[0]
    true = np.array([BETA[0], BETA[1], truth])
    source = generator(model, seed)
    drawn = [refit(full, Y, errors=True) for Y in source.outcomes(DRAWS)]
    boot = Refits(*(np.concatenate(c, axis=-1) for c in zip(*drawn, strict=True)))
    replicates, spread = stacked(boot, name)
    ratio = np.abs(replicates - center) / spread
    tail = (1 - LEVEL) / 2
    matrix, _ = information(model, at_of(own))
    wald = np.sqrt(np.diag(inverse(matrix)))[: len(true)]
    lag = name == "rho"
    side = model.lag if lag else model.error
    bias = (
        lag_bias(W, model.X, own.beta[:, 0], center[2], own.sigma2[0])
        if lag
        else error_bias(W, model.X, center[2], own.sigma2[0])
    )
    for place, what in ((2, name), (1, "slope")):
        low, high = np.quantile(replicates[:, place], [tail, 1 - tail])
        size = abs(center[place] - true[place])
        tally.add("bias", what, "maximum likelihood", value=center[place] - true[place])
        tally.add(
            "bias",
            what,
            "analytic correction",
            value=center[place] - bias[place if lag or place < 2 else 2] - true[place],
        )
        tally.add(
            "bias", what, "bootstrap correction", value=2 * center[place] - replicates[:, place].mean() - true[place]
        )
        tally.add("coverage", what, "Wald, information matrix", value=size <= 1.959964 * wald[place])
        tally.add("coverage", what, "bootstrap percentile", value=low <= true[place] <= high)
        tally.add(
            "coverage",
            what,
            "bootstrap basic",
            value=2 * center[place] - high <= true[place] <= 2 * center[place] - low,
        )
        tally.add(
            "coverage", what, "bootstrap studentized", value=size / scale[place] <= np.quantile(ratio[:, place], LEVEL)
        )
    best = held(model, full, **{"rho" if lag else "lam": truth})
    observed = 2 * (own.log_likelihood - best(y))[0]
    tally.add("coverage", name, "profile, chi-squared", value=observed <= special.chdtri(1, 1 - LEVEL))
    root, null = signed_roots(model, name, noise(model.n, DRAWS, seed))(truth)
    above, below = (1 + np.sum(null >= root - 1e-9)) / (DRAWS + 1), (1 + np.sum(null <= root + 1e-9)) / (DRAWS + 1)
    tally.add("coverage", name, "profile, simulated (inverted)", value=min(above, below) > tail)
    if lag:
        impact_coverage(own, boot, matrix, quantities, truth, side, seed, tally)
    if truth == 0.0:
        sizes(model, full, name, seed, observed, center[2] / wald[2], (min(above, below) <= tail), W, tally)


def impact_coverage(own, boot, matrix, quantities, truth: float, side, seed: int, tally: Tally) -> None:  # type: ignore[no-untyped-def]
    """Whether intervals of average impacts cover the true ones."""
    true = np.array([BETA[0], BETA[1], truth])
    estimate = np.array([*own.beta[:, 0], own.rho[0]])
    expected = inverse(matrix)[:3, :3]
    redrawn, _ = effects.normal_draws(estimate, expected, 2, side.interval, 999, stream(seed, 5))
    refits = np.stack([boot.beta[0], boot.beta[1], boot.rho], axis=1)
    ways = {
        "delta method": effects.Uncertainty(estimate, expected, 2, "delta", LEVEL),
        "simulated, normal": effects.Uncertainty(estimate, expected, 2, "simulated", LEVEL, None, redrawn),
        "bootstrap studentized": effects.Uncertainty(
            estimate, own.covariance[:3, :3, 0], 2, "bootstrap", LEVEL, None, refits, boot.covariance[:3, :3]
        ),
    }
    for what, quantity in quantities.items():
        value = quantity.values(true[None, :], 2)[0, 0]
        percentiles = np.quantile(quantity.values(refits, 2)[:, 0], [0.025, 0.975])
        tally.add("coverage", what, "bootstrap percentile", value=percentiles[0] <= value <= percentiles[1])
        for way, known in ways.items():
            found = effects.measure(quantity, known)
            tally.add("coverage", what, way, value=found.lower[0] <= value <= found.upper[0])
            tally.add(
                "bias", what, "maximum likelihood", value=found.estimate[0] - value
            ) if way == "delta method" else None


def sizes(
    model: Problem, full: Batch, name: str, seed: int, ratio: float, z: float, inverted: bool, W, tally: Tally
) -> None:  # type: ignore[no-untyped-def]
    """Which tests reject a true rho = 0 at 5 %."""
    alpha = 1 - LEVEL
    seen = scores(model.y[:, None], model.X, W)[:, 0]
    source = generator(problem(model.y, model.X), seed, "parametric", 2)
    null = np.concatenate([scores(Y, model.X, W) for Y in source.outcomes(DRAWS)], axis=1)
    cut = float(special.chdtri(1, alpha))
    for place, what in ((0, "LM error"), (1, "LM lag"), (2, "robust LM error"), (3, "robust LM lag")):
        tally.add("size", name, f"{what}, chi-squared", value=seen[place] > cut)
        tally.add(
            "size", name, f"{what}, bootstrap", value=(1 + np.sum(null[place] >= seen[place])) / (DRAWS + 1) <= alpha
        )
    root, rotated = signed_roots(model, name, noise(model.n, DRAWS, seed + 1))(0.0)
    tally.add("size", name, "LR, chi-squared", value=ratio > cut)
    tally.add(
        "size", name, "LR, rotation (exact)", value=(1 + np.sum(rotated**2 >= root**2 - 1e-9)) / (DRAWS + 1) <= alpha
    )
    tally.add("size", name, "signed LR, simulated (inverted)", value=inverted)
    tally.add("size", name, "Wald, information matrix", value=abs(z) > 1.959964)


def run(n: int, model_name: str, rho: float, samples: int) -> Tally:
    """All samples of one size, model and rho."""
    w, _ = weights_of(n)
    W = w.sparse.toarray()
    side = side_of(w)
    x = stream(SEED, n).standard_normal(n)
    X = np.column_stack([np.ones(n), x])
    A = np.linalg.inv(np.eye(n) - rho * W)
    tally = Tally()
    base = problem(x, X, side if model_name == "lag" else None, side if model_name == "error" else None)
    full = batch_of(base)
    quantities = {}
    if model_name == "lag":
        resolvent = resolvent_of(side, n, -0.999, 0.9999)
        trace, sums = average_readings(n)
        direct, total = (effects.Quantity((1,), (resolvent.reader(None, r),)) for r in (trace, sums))
        quantities = {"direct impact": direct, "indirect impact": effects.mixed(total, direct), "total impact": total}
    for sample in range(samples):
        rng = stream(SEED, n, int(100 * rho), int(model_name == "lag"), sample)
        e = rng.standard_normal(n)
        y = A @ (X @ BETA + e) if model_name == "lag" else X @ BETA + A @ e
        seed = int(rng.integers(0, 2**31))
        name = "rho" if model_name == "lag" else "lambda"
        one_sample(base.with_outcome(y), full, name, rho, seed, tally, W, quantities)
    return tally


def tables(results: dict[str, dict[str, float]]) -> str:
    """The Markdown of all tables."""
    titles = {
        "coverage": ("Coverage of 95 % intervals, in percent", "parameter", "interval"),
        "bias": ("Bias", "parameter", "estimate"),
        "size": ("Size of tests of no spatial dependence at 5 %, in percent", "against", "test"),
    }
    parts = []
    for kind, (title, second, third) in titles.items():
        rows: dict[tuple[str, str, str], dict[str, str]] = {}
        for setting, values in results.items():
            n, model, rho = setting.split("|")
            column = f"n = {n}" if kind == "size" else f"n = {n}, {rho}"
            for key, value in values.items():
                what_kind, what, way = key.split("|")
                if what_kind == kind:
                    text = f"{value:.3f}" if kind == "bias" else f"{100 * value:.1f}"
                    rows.setdefault((model, what, way), {})[column] = text
        columns = list(dict.fromkeys(column for row in rows.values() for column in row))
        lines = [f"### {title}", "", "| " + " | ".join(["model", second, third, *columns]) + " |"]
        lines.append("|" + " --- |" * 3 + " ---: |" * len(columns))
        for key, row in sorted(rows.items(), key=lambda item: (item[0][0] != "lag", *item[0][1:])):
            lines.append("| " + " | ".join([*key, *(row.get(column, "-") for column in columns)]) + " |")
        parts.append("\n".join(lines))
    return "\n\n".join(parts)


def means(tally: Tally) -> dict[str, float]:
    """The mean of everything counted."""
    return {"|".join(key): float(np.mean(values)) for key, values in tally.values.items()}


def intro() -> str:
    """What was simulated."""
    told = []
    for n, samples in SAMPLES.items():
        margin = 100 * 1.96 * np.sqrt(0.95 * 0.05 / samples)
        told.append(f"n = {n}: {weights_of(n)[1]}, {samples} samples (a true 95 % shows as 95 ± {margin:.1f})")
    return (
        "y = rho W y + 1 + x + e (lag) and y = 1 + x + u, u = lambda W u + e (error), e standard normal, x fixed; "
        f"{DRAWS} draws a sample; seed {SEED}. " + "; ".join(told) + ". Columns: n and the true rho or lambda."
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="a twentieth of the samples, printed only")
    parser.add_argument("--sizes", type=int, nargs="*", default=list(SAMPLES))
    parser.add_argument("--save", type=Path, help="keep results here instead of writing the page")
    parser.add_argument("--load", type=Path, nargs="*", help="results kept before, to be written")
    parser.add_argument("--out", type=Path, default=Path(__file__).parents[1] / "docs" / "small-samples.md")
    options = parser.parse_args()
    start = time.perf_counter()
    results: dict[str, dict[str, float]] = {}
    for kept in options.load or []:
        results |= json.loads(kept.read_text())
    for n in [] if options.load else options.sizes:
        samples = max(20, SAMPLES[n] // 20) if options.quick else SAMPLES[n]
        for model in ("lag", "error"):
            for rho in RHOS:
                results[f"{n}|{model}|{rho:g}"] = means(run(n, model, rho, samples))
                print(f"{n} {model} {rho}: {time.perf_counter() - start:.0f} s", flush=True)
    if options.save:
        options.save.write_text(json.dumps(results))
        return
    text = f"{intro()}\n\n{tables(results)}\n"
    if options.quick:
        print(text)
        return
    page = options.out.read_text() if options.out.exists() else "<!-- recovery -->\n<!-- /recovery -->\n"
    before, rest = page.split("<!-- recovery -->")
    after = rest.split("<!-- /recovery -->")[1]
    options.out.write_text(f"{before}<!-- recovery -->\n{text}<!-- /recovery -->{after}")


if __name__ == "__main__":
    main()
