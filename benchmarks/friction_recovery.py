"""When is the friction of a border identified? A known one is looked for: python benchmarks/friction_recovery.py

Lag models with rho = 0.5 on the bay (11 cities, bridges open) and on lattices of 69 and 276 places that a border cuts,
one period, or ten with effects of units. Innovations are normal: white, with a correlation of 0.8 from period to
period, or (0.5 of their standard deviation) shared by all places of a side. For each true friction: how often the
likelihood-ratio interval (95 %) covers it, how often it holds both ends, median and quartiles of the estimate, and how
often the bootstrap test rejects no border at 5 % (of up to 1,000 rows: it takes long). Prints a table in Markdown:
about half an hour, or less for one size, such as ``python benchmarks/friction_recovery.py 69``.
"""

import sys
import warnings

import numpy as np
import pandas as pd

import gbaspatial as gba
from gbaspatial.spillover.friction_cells import Cell, Choice, cell_of, p_of, slowed_by
from gbaspatial.spillover.friction_likelihood import (
    FRICTIONS,
    Profile,
    best_friction,
    interval_of_friction,
    profile_of,
)
from gbaspatial.spillover.friction_links import links_of

RHO, CUT, SERIAL, SHARED = 0.5, 3.841458820694124, 0.8, 0.5
SAMPLES, TESTED, DRAWS, MOST = 300, 100, 99, 1_000
COLUMNS = ["covered", "both_ends", "lower_quartile", "median", "upper_quartile", "rejects_no_border"]
NAMES = ["places", "periods", "standardization", "effects", "innovations", "friction"]


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


def cell(w: gba.weights.Weights, side: pd.Series, choice: Choice, periods: int) -> Cell:
    """The likelihoods of one design with two regressors, of any outcome."""
    rng = np.random.default_rng(periods)
    index = pd.MultiIndex.from_product([w.ids, range(periods)], names=["place", "year"])
    data = pd.DataFrame(rng.normal(size=(len(index), 3)), index=index, columns=["y", "x", "z"])
    data["side"] = side.reindex(index.get_level_values(0)).to_numpy()
    alone = links_of(w, side)[3]
    return cell_of("y ~ x + z", data, slowed_by(w, side, choice.standardization), "lag", choice, islands=len(alone) > 0)


def outcomes(made: Cell, side: pd.Series, friction: float, innovations: str) -> np.ndarray:
    """Outcomes (rows, samples) where `friction` is true."""
    at = made.models[int(np.abs(FRICTIONS - friction).argmin())]
    assert at is not None
    rng = np.random.default_rng(7)
    n, periods = at.effects.stack.n, at.effects.stack.periods
    drawn = rng.normal(size=(periods, n, SAMPLES))
    if innovations == "serial":
        for t in range(1, periods):
            drawn[t] = SERIAL * drawn[t - 1] + np.sqrt(1 - SERIAL**2) * drawn[t]
    if innovations == "shared":
        codes, names = pd.factorize(side.reindex(made.design.units))
        drawn = SHARED * rng.normal(size=(periods, len(names), SAMPLES))[:, codes] + np.sqrt(1 - SHARED**2) * drawn
    return at.outcomes(RHO, at.model.X.sum(axis=1), drawn.reshape(periods * n, SAMPLES))


def row(made: Cell, Y: np.ndarray, friction: float) -> dict[str, float]:
    """What the profile says of `friction`."""
    profile = profile_of(made.family, Y)
    ratio = 2 * (np.nanmax(profile.values, axis=0) - profile.values)
    ends = np.array([interval_of_friction(one, CUT) for one in ratio.T])
    tops = np.array([best_friction(one) for one in profile.values.T])
    p = []
    for sample in range(TESTED if len(Y) <= MOST else 0):
        seen = Profile(profile.values[:, [sample]], profile.rho[:, [sample]], profile.without[[sample]])
        one = Cell(made.choice, made.models, Y[:, sample], made.design, made.torn)
        p.append(p_of(one, "no_border", len(FRICTIONS) - 1, seen, DRAWS, sample))
    return {
        "covered": float(((ends[:, 0] <= friction + 1e-9) & (friction <= ends[:, 1] + 1e-9)).mean()),
        "both_ends": float(((ends[:, 0] <= FRICTIONS[1]) & (ends[:, 1] >= 1)).mean()),
        "lower_quartile": float(np.quantile(tops, 0.25)),
        "median": float(np.median(tops)),
        "upper_quartile": float(np.quantile(tops, 0.75)),
        "rejects_no_border": float(np.mean(np.array(p) <= 0.05)) if p else np.nan,
    }


def designs(n: int) -> list[tuple[int, str, str, list[str]]]:
    """Periods, standardization, effects and innovations that are tried with `n` places."""
    single = [(1, one, "pooled", ["white"]) for one in ("row", "spectral")]
    panels = [(10, one, "unit", ["white", "serial"]) for one in ("row", "spectral")]
    shared = [(10, "row", effects, ["shared"]) for effects in ("unit", "unit + side:year")] if n > 11 else []
    return [*single, *panels, *shared]


def main(sizes: list[int]) -> pd.DataFrame:
    """The whole table, one row a design."""
    warnings.simplefilter("ignore")
    found = {}
    for w, side in (place for place in (bay(), lattice(3, 23), lattice(12, 23)) if place[0].n in sizes):
        for periods, standardization, effects, kinds in designs(w.n):
            made = cell(w, side, Choice(standardization, effects, "static"), periods)
            for innovations in kinds:
                for friction in (1.0,) if innovations == "shared" else (0.2, 0.6, 1.0):
                    key = (w.n, periods, standardization, effects, innovations, friction)
                    found[key] = row(made, outcomes(made, side, friction, innovations), friction)
                    print(
                        key, {name: round(value, 2) for name, value in found[key].items()}, file=sys.stderr, flush=True
                    )
    return pd.DataFrame.from_dict(found, orient="index", columns=COLUMNS).rename_axis(index=NAMES)


if __name__ == "__main__":
    table = main([int(size) for size in sys.argv[1:]] or [11, 69, 276]).round(2)
    print("| " + " | ".join([*NAMES, *COLUMNS]) + " |")
    print("|" + " --- |" * 5 + " ---: |" * 7)
    for key, values in table.iterrows():
        cells = ["-" if np.isnan(value) else f"{value:.2f}" for value in values]
        print("| " + " | ".join([*map(str, key), *cells]) + " |")
