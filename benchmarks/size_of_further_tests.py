"""How often do the tests of two variables, rates, APLE and LOSH reject at 5 % when there is nothing to find?

Writes docs/tables/size_of_further_tests.md, with the weights of `size_of_tests.py`. Two variables are
drawn independent, and correlated in place (r = 0.9) without any spatial order.

Run: python benchmarks/size_of_further_tests.py [samples]
"""

from __future__ import annotations

import sys
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from size_of_tests import weights

import gbaspatial as gba
from gbaspatial import autocorrelation as ac

SAMPLES, ALPHA, DRAWS = 2_000, 0.05, 999
Rejections = Iterator[tuple[str, str, float]]


def two_variables(w: gba.weights.Weights, samples: int) -> Rejections:
    rng = np.random.default_rng(w.n)
    for seed in range(samples):
        x, e = rng.normal(size=(2, w.n))
        for told, r in (("r = 0", 0.0), ("r = 0.9", 0.9)):
            pair = pd.Series(x, w.ids, name="x"), pd.Series(r * x + np.sqrt(1 - r * r) * e, w.ids, name="y")
            for name, test in (("Bivariate Moran", ac.bivariate_moran), ("Lee's L", ac.lee_l)):
                for reassign in ("pairs", "second"):
                    options = {"reassign": reassign, "inference": "permutation", "draws": DRAWS, "rng": seed}
                    yield f"{name}, {told}", f"{reassign}, permutation", test(*pair, w, **options).p_value <= ALPHA
            for name, test in (("Bivariate local Moran", ac.bivariate_local_moran), ("Local Lee", ac.local_lee)):
                p = test(*pair, w, draws=DRAWS, rng=seed).p_value
                yield f"{name}, {told}, units", "conditional", float((p <= ALPHA).mean())


def one_variable(w: gba.weights.Weights, samples: int) -> Rejections:
    rng = np.random.default_rng(300 + w.n)
    people = pd.Series(np.geomspace(100, 10_000, w.n), w.ids, name="people").round()
    for seed in range(samples):
        y = pd.Series(rng.normal(size=w.n), w.ids, name="y")
        drawn: dict[str, Any] = {"draws": DRAWS, "rng": seed}
        for kind, options in (("permutation", drawn), ("imhof", {})):
            yield "APLE", kind, ac.aple(y, w, inference=kind, **options).p_value <= ALPHA
        p = ac.lag_correlation(y, w, inference="permutation", draws=DRAWS, rng=seed).p_value
        yield "Correlation with the lag", "permutation", p <= ALPHA
        for kind, options in (("chi-square", {}), ("bootstrap", drawn), ("permutation", drawn)):
            p = ac.losh(y, w, inference=kind, **options).p_value
            yield "LOSH, units (greater)", kind, float((p <= ALPHA).mean())
        events = pd.Series(rng.poisson(0.05 * people), w.ids, name="events").astype(float)
        p = ac.moran_rates(events, people, w, inference="permutation", draws=DRAWS, rng=seed).p_value
        yield "Moran of rates (equal true rates)", "permutation", p <= ALPHA
        plain = (events / people).rename("rate")
        p = ac.moran(plain, w, inference="permutation", draws=DRAWS, rng=seed).p_value
        yield "Moran of raw rates (equal true rates)", "permutation", p <= ALPHA


def main(samples: int) -> None:
    warnings.simplefilter("ignore")
    columns = {}
    for n, w in weights().items():
        rows = [*two_variables(w, samples), *one_variable(w, samples)]
        frame = pd.DataFrame(rows, columns=["test", "inference", "rejected"])
        columns[f"n = {n}"] = frame.groupby(["test", "inference"], sort=False)["rejected"].mean() * 100
    table = pd.DataFrame(columns)
    path = Path(__file__).parents[1] / "docs" / "tables" / "size_of_further_tests.md"
    error = 100 * np.sqrt(0.05 * 0.95 / samples)
    head = (
        f"# Size of the tests of two variables, rates, APLE and LOSH\n\n"
        f"Per cent of {samples:,} samples without spatial association in which the test rejects at 5 % (Monte Carlo "
        f"error {error:.1f} points for one test a sample); two-sided but for LOSH. Weights as in size_of_tests.md. "
        f"Normal values; r is the correlation of two variables in place. Rates have populations from 100 to 10,000. "
        f'"Units" are shares of units over all samples. Made by `python benchmarks/size_of_further_tests.py`.\n\n'
    )
    names = ["test", "inference", *table.columns]
    lines = ["| " + " | ".join(names) + " |", "| --- | --- |" + " ---: |" * len(table.columns)]
    lines += [
        f"| {test} | {how} | " + " | ".join(f"{v:.1f}" for v in row) + " |" for (test, how), row in table.iterrows()
    ]
    path.write_text(head + "\n".join(lines) + "\n", encoding="utf-8")
    print(table.round(1).to_string())


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else SAMPLES)
