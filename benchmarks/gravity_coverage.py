"""How often do intervals of a gravity model cover a known border? python benchmarks/gravity_coverage.py

Flows of 10, 20 and 40 units with border -1.5 and log distance -0.7, their means multiplied by log-normal errors (mean
one, standard deviation of the logarithm 0.7): independent, or shared by both directions of a pair. Per cent of samples
whose 95 % interval holds the border. Prints a table in Markdown; about a minute.
"""

import numpy as np

from gbaspatial.spillover.two_way_poisson import TwoWay, poisson_two_way, sandwich_of_flows

SAMPLES, SPREAD, BORDER = 400, 0.7, -1.5
KINDS = ("robust", "cluster", "HC3")


def flows(units: int, shared: bool, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Flows (units squared,) between random points, and their regressors: log distance and the border."""
    at = rng.uniform(size=(units, 2))
    log_km = np.log(1000 * np.sqrt(((at[:, None] - at[None]) ** 2).sum(axis=2)) + 20)
    error = rng.normal(size=(units, units))
    if shared:
        error = np.triu(error) + np.triu(error, 1).T
    abroad = 1 - np.eye(units)
    eta = rng.normal(3, 1, units)[:, None] + rng.normal(3, 1, units)[None] - 0.7 * log_km + BORDER * abroad
    mean = np.exp(eta + SPREAD * error - SPREAD**2 / 2)
    return rng.poisson(mean).ravel().astype(float), np.column_stack([log_km.ravel(), abroad.ravel()])


def covered(units: int, shared: bool) -> list[float]:
    """Per cent of intervals that hold the border, by kind of standard error."""
    i, j = np.divmod(np.arange(units**2), units)
    ways = TwoWay(i, j)
    pairs = np.unique(np.minimum(i, j) * units + np.maximum(i, j), return_inverse=True)[1]
    inside = np.zeros(len(KINDS))
    for seed in range(SAMPLES):
        y, X = flows(units, shared, np.random.default_rng([units, seed]))
        fit = poisson_two_way(y, X, ways)
        for place, kind in enumerate(KINDS):
            error = np.sqrt(sandwich_of_flows(y, fit, ways, kind, pairs)[1, 1])
            inside[place] += abs(fit.beta[1] - BORDER) <= 1.959964 * error
    return (100 * inside / SAMPLES).tolist()


if __name__ == "__main__":
    print(f"| units | errors | {' | '.join(KINDS)} |\n| ---: | --- | ---: | ---: | ---: |")
    for units in (10, 20, 40):
        for shared in (False, True):
            told = "shared by a pair" if shared else "independent"
            shares = " | ".join(f"{share:.0f}" for share in covered(units, shared))
            print(f"| {units} | {told} | {shares} |", flush=True)
