"""Coverage of event studies and honest bounds with few treated units, for docs/causal.md.

python benchmarks/few_treated.py [samples]
"""

from __future__ import annotations

import sys
import warnings

import numpy as np
import pandas as pd
from scipy import special

import gbaspatial as gba
from gbaspatial.causal.honest_bounds import _Estimates, _relative, _smooth

UNITS, PERIODS, START, TREATED = 60, 7, 4, (3, 5, 8, 25)
NAMES = ("event study", "smoothness, size 0", "relative, size 1")


def sample(seed: int, treated: int) -> pd.DataFrame:
    """Effects of units and years and independent errors; the treatment does nothing."""
    rng = np.random.default_rng(seed)
    index = pd.MultiIndex.from_product([range(UNITS), range(PERIODS)], names=["unit", "year"])
    unit, year = (index.get_level_values(level) for level in (0, 1))
    y = rng.normal(size=UNITS)[unit] + rng.normal(size=PERIODS)[year] + rng.normal(0, 0.3, len(index))
    return pd.DataFrame({"y": y}, index=index).assign(treated=unit < treated)


def by_clusters(data: pd.DataFrame, treated: int) -> tuple[np.ndarray, np.ndarray]:
    """Estimates against the period before and their covariance by clusters of units (CR1), as most programs have it."""
    wide = data["y"].to_numpy().reshape(UNITS, PERIODS)
    gap = np.delete(wide - wide[:, [START - 1]], START - 1, axis=1)
    few = UNITS / (UNITS - 1) * (UNITS * PERIODS - 1) / (UNITS * PERIODS - 2 * (PERIODS - 1) - UNITS)
    parts = gap[:treated], gap[treated:]
    spread = [np.cov(part.T, ddof=0) / len(part) for part in parts]
    return parts[0].mean(axis=0) - parts[1].mean(axis=0), few * (spread[0] + spread[1])


def covered(data: pd.DataFrame, treated: int) -> dict[str, bool]:
    """Whether each interval holds zero: here, and by clusters and the normal distribution."""
    study = gba.causal.event_study("y ~ 1", data, treated=list(range(treated)), time=START)
    row = study.frame.loc[("treated", 0)]
    smooth, relative = (
        study.honest_bounds(kind=kind, sizes=[size]).frame.iloc[0]
        for kind, size in (("smoothness", 0.0), ("relative", 1.0))
    )
    here = {name: one["lower"] <= 0 <= one["upper"] for name, one in zip(NAMES, (row, smooth, relative), strict=True)}
    b, V = by_clusters(data, treated)
    weights = np.full(PERIODS - START, 1 / (PERIODS - START))
    at = _Estimates(np.arange(-START, -1), np.arange(PERIODS - START), -1, b, V, weights)
    place = START - 1
    width = special.stdtrit(UNITS - 1, 0.975) * np.sqrt(V[place, place])
    ends = [(b[place] - width, b[place] + width), _smooth(at, 0.0, 0.95)[2:], _relative(at, 1.0, 0.95)[2:]]
    return here | {f"{name}, by clusters": low <= 0 <= high for name, (low, high) in zip(NAMES, ends, strict=True)}


def main() -> None:
    """Print the table."""
    warnings.simplefilter("ignore")
    samples = int(sys.argv[1]) if len(sys.argv) > 1 else 300
    columns = [text for name in NAMES for text in (f"{name}, by clusters", name)]
    print(f"| treated of {UNITS} | {' | '.join(columns)} |")
    print("| ---: |" + " ---: |" * len(columns))
    for treated in TREATED:
        found = pd.DataFrame([covered(sample(seed, treated), treated) for seed in range(samples)]).mean() * 100
        print(f"| {treated} | {' | '.join(f'{found[name]:.1f}' for name in columns)} |", flush=True)


if __name__ == "__main__":
    main()
