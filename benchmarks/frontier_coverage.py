"""How often do intervals of the DEA bootstrap hold the true efficiency? python benchmarks/frontier_coverage.py

The frontier is y = sqrt(x), x uniform on 1 to 9, 25 units whose efficiency is exp(-|N(0, 0.3)|); variable returns,
output orientation, 200 draws of the bootstrap of Simar and Wilson. Prints the mean and root mean square error of
efficiency before and after correction, and the share of units whose 95 % interval holds the truth. A number behind the
name is that of samples; 100 take some minutes.
"""

import sys

import numpy as np
import pandas as pd

from gbaspatial.development import dea

UNITS, SPREAD, DRAWS = 25, 0.3, 200


def sample(seed: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Errors of efficiency as found and as corrected, and whether intervals hold the truth, each (UNITS,)."""
    rng = np.random.default_rng(seed)
    x, truth = rng.uniform(1, 9, UNITS), np.exp(-np.abs(rng.normal(0, SPREAD, UNITS)))
    index = [f"unit {i}" for i in range(UNITS)]
    fit = dea(pd.Series(np.sqrt(x) * truth, index), pd.Series(x, index), returns="variable")
    table = fit.bootstrap(draws=DRAWS, rng=seed).to_frame().loc[index]
    inside = (table["lower"] <= truth) & (truth <= table["upper"])
    return fit.efficiency.loc[index].to_numpy() - truth, table["corrected"].to_numpy() - truth, inside.to_numpy()


if __name__ == "__main__":
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 100
    found, corrected, inside = (np.concatenate(part) for part in zip(*map(sample, range(count)), strict=True))
    print("| efficiency | mean error | root mean square |\n| --- | ---: | ---: |")
    for name, error in (("as found", found), ("corrected", corrected)):
        print(f"| {name} | {error.mean():.3f} | {np.sqrt((error**2).mean()):.3f} |")
    print(f"\n95 % intervals hold {100 * inside.mean():.0f} per cent of {len(inside)} true values.")
