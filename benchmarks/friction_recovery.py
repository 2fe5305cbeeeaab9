"""When is the friction of a border identified? A known one is looked for: python benchmarks/friction_recovery.py

Lag models with rho = 0.5 on the bay (11 cities, bridges open) and on lattices of 69 and 276 places that a border cuts,
one period or ten with effects of units; innovations are normal, and over time white or with a correlation of 0.8. For
each true friction: how often the likelihood-ratio interval (95 %) covers it, how often it holds both ends, the median
estimate and its quartiles, and (up to 69 places) how often the bootstrap test rejects no border at 5 %.
"""

import sys
import warnings

import numpy as np
import pandas as pd

import gbaspatial as gba
from gbaspatial.spillover.friction import links_of
from gbaspatial.spillover.friction_cells import Cell, Choice, cell_of, examined, slowed_by
from gbaspatial.spillover.friction_likelihood import (
    FRICTIONS,
    best_friction,
    interval_of_friction,
    profile_of,
)

RHO, CUT = 0.5, 3.841458820694124
SAMPLES, TESTED, DRAWS = 400, 100, 99
PAGE_COLUMNS = ["covered", "both_ends", "median", "lower_quartile", "upper_quartile", "rejects_no_border"]


def lattice(rows: int, columns: int) -> tuple[gba.weights.Weights, pd.Series]:
    """Places on a lattice, those that touch by an edge linked; the border runs along the middle of its shorter side."""
    n = rows * columns
    table = np.zeros((n, n))
    for place in range(n):
        if place % columns < columns - 1:
            table[place, place + 1] = table[place + 1, place] = 1
        if place + columns < n:
            table[place, place + columns] = table[place + columns, place] = 1
    names = pd.Index([f"place {i:03d}" for i in range(n)])
    side = pd.Series(np.where(np.arange(n) // columns < rows // 2, "north", "south"), index=names)
    return gba.weights.Weights(table, names), side


def bay() -> tuple[gba.weights.Weights, pd.Series]:
    """The eleven cities with the bridges that are open."""
    cities = gba.load_cities(year=2019)
    return gba.weights.contiguity(cities, links=2019), cities["side"]


def cell(w: gba.weights.Weights, side: pd.Series, standardization: str, periods: int) -> Cell:
    """The likelihoods of one design with two regressors, of any outcome."""
    rng = np.random.default_rng(periods)
    index = pd.MultiIndex.from_product([w.ids, range(periods)])
    data = pd.DataFrame(rng.normal(size=(len(index), 3)), index=index, columns=["y", "x", "z"])
    effects = "unit" if periods > 1 else "pooled"
    choice = Choice(standardization, effects, "static")
    alone = links_of(w, side)[3]
    return cell_of("y ~ x + z", data, slowed_by(w, side, standardization), "lag", choice, islands=len(alone) > 0)


def outcomes(made: Cell, friction: float, serial: float, samples: int, seed: int) -> np.ndarray:
    """Outcomes (rows, samples) where `friction` is true."""
    at = made.models[int(np.abs(FRICTIONS - friction).argmin())]
    assert at is not None
    rng = np.random.default_rng(seed)
    n, periods = at.effects.stack.n, at.effects.stack.periods
    white = rng.normal(size=(periods, n, samples))
    for t in range(1, periods):
        white[t] = serial * white[t - 1] + np.sqrt(1 - serial**2) * white[t]
    return at.outcomes(RHO, at.model.X.sum(axis=1), white.reshape(periods * n, samples))


def row(made: Cell, friction: float, serial: float, tested: int) -> dict[str, float]:
    """What the profile says of `friction`."""
    Y = outcomes(made, friction, serial, SAMPLES, 7)
    values = profile_of(made.family, Y).values
    ratio = 2 * (np.nanmax(values, axis=0) - values)
    ends = np.array([interval_of_friction(one, CUT) for one in ratio.T])
    tops = np.array([best_friction(one) for one in values.T])
    found = {
        "covered": float(((ends[:, 0] <= friction + 1e-9) & (friction <= ends[:, 1] + 1e-9)).mean()),
        "both_ends": float(((ends[:, 0] <= FRICTIONS[1]) & (ends[:, 1] >= 1)).mean()),
        "median": float(np.median(tops)),
        "lower_quartile": float(np.quantile(tops, 0.25)),
        "upper_quartile": float(np.quantile(tops, 0.75)),
    }
    p = []
    for sample in range(tested):
        one = Cell(made.choice, made.models, Y[:, sample], made.design, made.torn)
        p.append(examined(one, DRAWS, sample, 0.95).p_values["no_border"])
    found["rejects_no_border"] = float(np.mean(np.array(p) <= 0.05)) if p else np.nan
    return found


def main() -> pd.DataFrame:
    """The whole table, one row a design."""
    found = {}
    places = {"11": bay(), "69": lattice(3, 23), "276": lattice(12, 23)}
    for name, (w, side) in places.items():
        for standardization in ("row", "spectral"):
            for periods in (1, 10):
                with warnings.catch_warnings():
                    warnings.simplefilter("ignore")
                    made = cell(w, side, standardization, periods)
                    for serial in (0.0, 0.8) if periods > 1 else (0.0,):
                        for friction in (0.2, 0.6, 1.0):
                            tested = 0 if w.n > 69 else TESTED
                            key = (int(name), periods, standardization, serial, friction)
                            found[key] = row(made, friction, serial, tested)
                            print(key, found[key], file=sys.stderr, flush=True)
    names = ["places", "periods", "standardization", "serial", "friction"]
    return pd.DataFrame.from_dict(found, orient="index", columns=PAGE_COLUMNS).rename_axis(index=names)


if __name__ == "__main__":
    print(main().round(2).reset_index().to_markdown(index=False))
