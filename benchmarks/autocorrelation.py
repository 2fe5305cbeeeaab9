"""Autocorrelation side by side with esda (and pygeoda where it is installed), in one run.

Prints a Markdown table of CPU times (all threads together, the best of some warm runs) and the ratio
to the better peer. CPU time and not the clock, so that other work on the machine disturbs
less; only ratios carry over from one machine to another.

Run: python benchmarks/autocorrelation.py [largest n, default 100000]
"""

from __future__ import annotations

import contextlib
import subprocess
import sys
import tempfile
import time
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from gbaspatial import autocorrelation as ac
from gbaspatial.weights import Weights, from_pairs

DRAWS = 999
SIDES = {11: (1, 11), 69: (3, 23), 10_000: (100, 100), 100_000: (250, 400), 1_000_000: (1_000, 1_000)}


def lattice(rows: int, columns: int) -> Weights:
    """Rook neighbors on a lattice, row-standardized."""
    place = np.arange(rows * columns).reshape(rows, columns)
    a = np.concatenate([place[:, :-1].ravel(), place[:-1].ravel()])
    b = np.concatenate([place[:, 1:].ravel(), place[1:].ravel()])
    return from_pairs(pd.DataFrame({"focal": np.r_[a, b], "neighbor": np.r_[b, a]})).row_standardized()


def best(work: Callable[[], Any], seconds: float = 1.0) -> float:
    """Least CPU time of as many runs as fit in `seconds` (at least two, the first of which warms up)."""
    work()
    times: list[float] = []
    while not times or (sum(times) < seconds and len(times) < 50):
        start = time.process_time()
        work()
        times.append(time.process_time() - start)
    return min(times)


def ours(y: pd.Series, w: Weights) -> dict[str, Callable[[], Any]]:
    positive, high = y - y.min() + 1, (y > 0).astype(int)
    drawn = {"inference": "permutation", "draws": DRAWS, "rng": 1}
    return {
        "Moran": lambda: ac.moran(y, w, **drawn),
        "Geary": lambda: ac.geary(y, w, **drawn),
        "General G": lambda: ac.general_g(positive, w, **drawn),
        "Join counts": lambda: ac.join_count(high, w, **drawn),
        "Local Moran": lambda: ac.local_moran(y, w, **drawn),
        "Local Geary": lambda: ac.local_geary(y, w, **drawn),
        "Local G*": lambda: ac.local_g_star(positive, w, **drawn),
        "Local join count": lambda: ac.local_join_count(high, w, **drawn),
    }


def of_esda(y: pd.Series, w: Weights) -> dict[str, Callable[[], Any]]:
    import esda

    values, W = y.to_numpy(), w.to_libpysal()
    W.transform = "r"
    B = w.binary().to_libpysal()
    positive, high = values - values.min() + 1, (values > 0).astype(int)
    return {
        "Moran": lambda: esda.Moran(values, W, permutations=DRAWS),
        "Geary": lambda: esda.Geary(values, W, permutations=DRAWS),
        "General G": lambda: esda.G(positive, B, permutations=DRAWS),
        "Join counts": lambda: esda.Join_Counts(high, B, permutations=DRAWS),
        "Local Moran": lambda: esda.Moran_Local(values, W, permutations=DRAWS, seed=1),
        "Local Geary": lambda: esda.Geary_Local(connectivity=W, permutations=DRAWS).fit(values),
        "Local G*": lambda: esda.G_Local(positive, B, transform="B", star=True, permutations=DRAWS, n_jobs=1, seed=1),
        "Local join count": lambda: esda.Join_Counts_Local(connectivity=B, permutations=DRAWS).fit(high),
    }


def of_pygeoda(y: pd.Series, w: Weights) -> dict[str, Callable[[], Any]]:
    try:
        import pygeoda
    except ImportError:
        return {}
    values, high = y.tolist(), (y > 0).astype(int).tolist()
    positive = (y - y.min() + 1).tolist()
    W = _read_by_pygeoda(w)
    options = {"permutations": DRAWS, "cpu_threads": 2, "seed": 1}
    return {
        "Local Moran": lambda: pygeoda.local_moran(W, values, **options),
        "Local Geary": lambda: pygeoda.local_geary(W, values, **options),
        "Local G*": lambda: pygeoda.local_gstar(W, positive, **options),
        "Local join count": lambda: pygeoda.local_joincount(W, high, **options),
    }


def _read_by_pygeoda(w: Weights) -> Any:
    """The links of `w` as pygeoda's weights, by way of a GAL file."""
    import pygeoda

    S = w.sparse
    lines = [f"0 {w.n} lattice id"]
    for i in range(w.n):
        near = S.indices[S.indptr[i] : S.indptr[i + 1]]
        lines += [f"{i} {len(near)}", " ".join(map(str, near))]
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "lattice.gal"
        path.write_text("\n".join(lines) + "\n")
        return pygeoda.read_gal(str(path), [str(i) for i in range(w.n)])


def compare(n: int, seconds: float) -> list[dict[str, Any]]:
    w = lattice(*SIDES[n])
    y = pd.Series(np.random.default_rng(n).normal(size=n), w.ids, name="y")
    with contextlib.redirect_stdout(sys.stderr):
        peers = {"esda": of_esda(y, w), "pygeoda": of_pygeoda(y, w)} if n < 1_000_000 else {}
    rows = []
    for name, work in ours(y, w).items():
        row: dict[str, Any] = {"n": n, "test": name, "gbaspatial": best(work, seconds)}
        for peer, tests in peers.items():
            # too slow to wait for, or out of memory: General G and join counts of esda at 100,000
            if name in tests and not (n >= 100_000 and name in ("General G", "Join counts", "Local join count")):
                row[peer] = best(tests[name], seconds)
        known = [row[peer] for peer in peers if peer in row]
        row["ratio"] = min(known) / row["gbaspatial"] if known else np.nan
        rows.append(row)
        print({k: v if isinstance(v, (str, int)) else round(v, 5) for k, v in row.items()}, file=sys.stderr)
    return rows


FIRST = """
import time
import numpy as np, pandas as pd, gbaspatial as gba
n = 69
pairs = pd.DataFrame({"focal": np.r_[:n - 1, 1:n], "neighbor": np.r_[1:n, :n - 1]})
w = gba.weights.from_pairs(pairs).row_standardized()
y = pd.Series(np.random.default_rng(0).normal(size=n), w.ids)
gba.autocorrelation.moran(y, w, rng=1, draws=999); gba.autocorrelation.local_moran(y, w, rng=1, draws=999)
print(time.process_time())
"""
FIRST_OF_ESDA = """
import time
import numpy as np, esda, libpysal
w = libpysal.weights.lat2W(1, 69); w.transform = "r"
y = np.random.default_rng(0).normal(size=69)
esda.Moran(y, w); esda.Moran_Local(y, w)
print(time.process_time())
"""


def first_call(script: str, runs: int = 3) -> float:
    """CPU seconds of a fresh process to the end of its first tests, imports included."""
    made = [subprocess.run([sys.executable, "-W", "ignore", "-c", script], capture_output=True, text=True, check=True)
            for _ in range(runs)]  # fmt: skip
    return min(float(run.stdout.split()[-1]) for run in made)


def exact_at_eleven() -> float:
    w = lattice(1, 11)
    y = pd.Series(np.random.default_rng(0).normal(size=11), w.ids)
    return best(lambda: ac.moran(y, w))


def main(largest: int) -> None:
    warnings.simplefilter("ignore")
    print(f"Exact Moran at n = 11, all 39,916,800 orders: {exact_at_eleven():.2f} s\n")
    print(f"First global and local Moran in a fresh process, imports included: {first_call(FIRST):.2f} s of CPU "
          f"(esda {first_call(FIRST_OF_ESDA, 1):.1f} s)\n")  # fmt: skip
    rows = []
    for n in SIDES:
        if n <= largest:
            rows += compare(n, seconds=1.0 if n <= 10_000 else 0.0)
    table = pd.DataFrame(rows)
    columns = [c for c in ("gbaspatial", "esda", "pygeoda") if c in table]
    print("| n | test | " + " | ".join(f"{c}, CPU ms" for c in columns) + " | ratio |")
    print("| ---: | --- |" + " ---: |" * (len(columns) + 1))
    for row in table.to_dict("records"):
        cells = ["-" if np.isnan(row[c]) else f"{1_000 * row[c]:.4g}" for c in columns]
        ratio = "-" if np.isnan(row["ratio"]) else f"{row['ratio']:.{0 if row['ratio'] >= 10 else 1}f}x"
        print(f"| {row['n']:,} | {row['test']} | " + " | ".join(cells) + f" | {ratio} |")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 100_000)
