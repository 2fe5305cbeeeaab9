"""Every promise about speed and memory, ours and the peers' by turns in one run: `make bench`.

A row is one piece of work that both sides do. Sides take turns, `--rounds` times, and the median of the CPU seconds
(of all threads, or of R's own process) stands for each; the peak of memory is that of a process that does the work
once, less what it held before. Only ratios carry over to another machine. The answers are kept in
benchmarks/results/bench.json, and docs/performance.md shows them.

    python benchmarks/bench.py                          # all rows but the largest
    python benchmarks/bench.py --rows moran_10000 gmm_10000
    python benchmarks/bench.py --large                  # a million units, ten million points: an hour, 6 GiB
"""

from __future__ import annotations

import argparse
import contextlib
import importlib.util
import io
import json
import os
import platform
import resource
import statistics
import subprocess
import sys
import tempfile
import time
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

ONE_THREAD = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMBA_NUM_THREADS"), "1")
RESULTS = Path(__file__).parent / "results" / "bench.json"
VERSIONS = ("gbaspatial", "numpy", "scipy", "numba", "pandas", "libpysal", "esda", "spreg", "pygeoda", "folium", "dask")
Work = Callable[[], Any]
Sides = dict[str, Work]


@dataclass(frozen=True)
class Row:
    """One piece of work: how its sides are made, what was promised, and whether it takes long."""

    title: str
    make: Callable[[], Sides]
    goal: float | None = None  # times quicker than the best peer
    limit: float | None = None  # CPU seconds of ours, where no peer does it
    large: bool = False
    times: Callable[[str], float] | None = None  # of a side, where it is no call in this process


def _lattice(n: int) -> tuple[Any, Any]:
    import numpy as np
    import pandas as pd

    from gbaspatial.weights import from_pairs

    sides = {11: (1, 11), 69: (3, 23), 1_000: (25, 40), 10_000: (100, 100), 100_000: (250, 400)}
    rows, columns = sides[n]
    place = np.arange(n).reshape(rows, columns)
    a = np.concatenate([place[:, :-1].ravel(), place[:-1].ravel()])
    b = np.concatenate([place[:, 1:].ravel(), place[1:].ravel()])
    w = from_pairs(pd.DataFrame({"focal": np.r_[a, b], "neighbor": np.r_[b, a]})).row_standardized()
    return pd.Series(np.random.default_rng(n).normal(size=n), w.ids, name="y"), w


def _autocorrelation(name: str, n: int) -> Sides:
    import autocorrelation as both

    y, w = _lattice(n)
    found = {"gbaspatial": both.ours(y, w)[name]}
    for peer, of in (("esda", both.of_esda), ("pygeoda", both.of_pygeoda)):
        with contextlib.suppress(ImportError):
            work = of(y, w).get(name)
            if work is not None:
                found[peer] = work
    return found


def _exact() -> Sides:
    import gbaspatial as gba

    y, w = _lattice(11)
    return {"gbaspatial": lambda: gba.autocorrelation.moran(y, w, inference="exact")}


def _product(name: str, n: int) -> Sides:
    import numpy as np
    import pandas as pd

    import gbaspatial as gba

    y, w = _lattice(n)
    x = pd.Series(np.random.default_rng(n + 1).normal(size=n), w.ids, name="x")
    test = getattr(gba.autocorrelation, name)
    found: Sides = {"gbaspatial": lambda: test(y, x, w, inference="permutation", draws=999, rng=1)}
    if name == "bivariate_moran":
        import esda

        W = w.to_libpysal()
        W.transform = "r"
        found["esda"] = lambda: esda.Moran_BV(y.to_numpy(), x.to_numpy(), W, permutations=999)
    return found


def _bootstrap() -> Sides:
    import numpy as np
    import pandas as pd

    import gbaspatial as gba

    x, w = _lattice(11)
    data = pd.DataFrame({"x": x})
    data["y"] = np.linalg.solve(np.eye(11) - 0.5 * w.sparse.toarray(), data["x"] + x.to_numpy()[::-1])
    fit = gba.models.lag("y ~ x", data, w)
    import spreg

    other = w.to_libpysal()
    other.transform = "r"
    y, X = data[["y"]].to_numpy(), data[["x"]].to_numpy()

    def refits() -> None:  # as many as take a moment: the time of 9,999 is that of one, times 9,999
        for _ in range(11):
            _quiet(lambda: spreg.ML_Lag(y, X, w=other))

    return {"gbaspatial": lambda: fit.bootstrap(draws=9_999, rng=1), "spreg (11 of 9,999 refits)": refits}


def _quiet(work: Work) -> Any:
    with contextlib.redirect_stdout(io.StringIO()):
        return work()


def _moments(n: int) -> Sides:
    import numpy as np
    import pandas as pd
    import spreg
    from libpysal.weights import WSP
    from scipy import sparse
    from scipy.spatial import Delaunay

    import gbaspatial as gba
    from gbaspatial.weights import Weights

    rng = np.random.default_rng(n)
    t = Delaunay(rng.random((n, 2))).simplices
    e = np.unique(np.sort(np.vstack([t[:, [0, 1]], t[:, [1, 2]], t[:, [0, 2]]]), axis=1), axis=0)
    half = sparse.coo_array((np.ones(len(e)), (e[:, 0], e[:, 1])), shape=(n, n))
    whole = sparse.csr_array(half + half.T)
    W = sparse.csr_array(sparse.diags_array(1 / whole.sum(axis=1)) @ whole)
    data = pd.DataFrame({"x": rng.normal(size=n)})
    data["y"] = data["x"] + 0.5 * (W @ data["x"].to_numpy()) + rng.normal(size=n)
    other = WSP(sparse.csr_matrix((W.data, W.indices, W.indptr), shape=W.shape)).to_W(silence_warnings=True)
    y, X = data[["y"]].to_numpy(), data[["x"]].to_numpy()
    return {
        "gbaspatial": lambda: gba.models.lag("y ~ x", data, Weights(W, data.index), method="gmm"),
        "spreg": lambda: _quiet(lambda: spreg.GM_Lag(y, X, w=other, w_lags=2)),
    }


def _contiguity(n: int) -> Sides:
    import weights as both

    runs = both.polygon_runs(both.cells(n))
    return {name: work for name, work in runs.items() if name != "libpysal.weights"}


def _page(n: int) -> Sides:
    import maps as both

    units, folder = both.cells(n), Path(tempfile.mkdtemp())
    return {
        "gbaspatial": lambda: both.ours(units, folder / "ours.html"),
        "folium": lambda: both.theirs(units, folder / "theirs.html"),
    }


def _in_child(code: str) -> float:
    """CPU seconds of a new interpreter that runs `code`."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run([sys.executable, "-c", code], check=True, capture_output=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


STARTS = {
    "import": {"gbaspatial": "import gbaspatial", "esda, spreg": "import esda, spreg"},
    "help": {"gbaspatial": "from gbaspatial.cli import main; main(['--help'])"},
    "first use": {
        "gbaspatial": "import gbaspatial as gba; c = gba.load_cities(year=2019); "
        "gba.weights.contiguity(c, links=2019).row_standardized()"
    },
}


def _likelihood(model: str, n: int, side: str) -> float:
    import models as both

    one = both.in_r(model, n) if side == "spatialreg" else both.in_process(side, model, n, 3 if n < 50_000 else 1)
    return float(one["seconds"])


def _panel(model: str, side: str) -> float:
    import panel as pn

    return float(pn.cell(side, 1_000, 20, model, "unit", 3 if side == "gbaspatial" else 1)["seconds"])


def _partitions(n: int) -> Sides:
    from scale_points import in_parts

    return {"gbaspatial": lambda: in_parts(n, Path(tempfile.mkdtemp()))}


def _sides(*names: str) -> Callable[[], Sides]:
    return lambda: dict.fromkeys(names, lambda: None)


def _from(what: str) -> Row:
    codes, goals = STARTS[what], {"import": 10.0}
    limits = {"help": 0.3, "first use": 1.0}
    return Row(
        {"import": "import", "help": "gbaspatial --help", "first use": "imports, data and W of eleven cities"}[what],
        _sides(*codes), goals.get(what), limits.get(what), times=lambda side: _in_child(codes[side]),
    )  # fmt: skip


def rows() -> dict[str, Row]:
    """Every row by its name."""
    found = {what.replace(" ", "_"): _from(what) for what in STARTS}
    found["exact_11"] = Row("exact Moran, all 39,916,800 orders, n = 11", _exact, limit=1.0)
    for n, goal in ((69, 15.0), (10_000, 4.0), (100_000, 4.0)):
        found[f"moran_{n}"] = Row(f"Moran, 999 permutations, n = {n:,}", lambda n=n: _autocorrelation("Moran", n), goal)
    found["join_counts_10000"] = Row(
        "join counts, 999, n = 10,000", lambda: _autocorrelation("Join counts", 10_000), 20.0
    )
    for name in ("Local Moran", "Local Geary", "Local G*"):
        found[f"{name.lower().replace(' ', '_')}_10000"] = Row(
            f"{name}, 999, n = 10,000", lambda name=name: _autocorrelation(name, 10_000), 30.0
        )
    for name in ("bivariate_moran", "lee_l"):
        found[f"{name}_10000"] = Row(f"{name}, 999, n = 10,000", lambda name=name: _product(name, 10_000), 5.0)
    for model in ("lag", "error"):
        found[f"ml_{model}_3600"] = Row(
            f"ML {model} with standard errors, n = 3,600", _sides("gbaspatial", "spatialreg", "spreg LU"), 5.0,
            times=lambda side, model=model: _likelihood(model, 3_600, side),
        )  # fmt: skip
    found["ml_lag_99856"] = Row(
        "ML lag, n = 99,856", _sides("gbaspatial", "spatialreg"), 1.0,
        times=lambda side: _likelihood("lag", 99_856, side),
    )  # fmt: skip
    found["ml_lag_1000000"] = Row(
        "ML lag, n = 1,000,000", _sides("gbaspatial"), limit=30.0, large=True,
        times=lambda side: _likelihood("lag", 1_000_000, side),
    )  # fmt: skip
    for n in (3_136, 10_000, 100_000):
        found[f"gmm_{n}"] = Row(f"lag by moments, a new W, n = {n:,}", lambda n=n: _moments(n), 3.0)
    found["bootstrap_11"] = Row("bootstrap of a lag model, 9,999 refits, n = 11", _bootstrap, limit=1.0)
    for model in ("lag", "error"):
        found[f"panel_{model}"] = Row(
            f"panel FE {model}, N = 1,000, T = 20", _sides("gbaspatial", "spreg"), 100.0,
            times=lambda side, model=model: _panel(model, side),
        )  # fmt: skip
    for n, goal in ((1_000, 1.0), (10_000, 3.0), (100_000, 3.0)):
        found[f"contiguity_{n}"] = Row(f"queen contiguity, n = {n:,}", lambda n=n: _contiguity(n), goal)
    for n, goal in ((3_000, 5.0), (50_000, 5.0)):
        found[f"page_{n}"] = Row(f"map page, n = {n:,}", lambda n=n: _page(n), goal, large=n > 3_000)
    for n in (200_000, 10_000_000):
        found[f"parts_{n}"] = Row(
            f"{n:,} points: parts, 6 nearest, local Moran of 999", lambda n=n: _partitions(n), large=n > 200_000
        )
    return found


def measured(row: Row, rounds: int) -> dict[str, list[float]]:
    """CPU seconds of each side, the sides by turns; one run to warm up where a run is short."""
    sides, times = row.make(), {}
    counts = {}
    for name, work in sides.items():
        times[name], counts[name] = [], 1
        if row.times is None and not row.title[0].isdigit():
            work()
            start = time.process_time()
            work()
            counts[name] = max(1, min(200, int(0.1 / max(time.process_time() - start, 1e-6))))
    for turn in range(rounds):
        for name, work in sides.items():
            if turn and sum(times[name]) > 60:
                continue
            start = time.process_time()
            for _ in range(counts[name]):
                work()
            own = (time.process_time() - start) / counts[name]
            times[name].append(own if row.times is None else row.times(name))
    return times


def judged(name: str, row: Row, rounds: int) -> dict[str, Any]:
    """The medians, the ratio to the best peer, and whether the promise is kept."""
    medians = {side: round(statistics.median(seconds), 5) for side, seconds in measured(row, rounds).items()}
    own = medians["gbaspatial"]
    peers = {side: seconds for side, seconds in medians.items() if side != "gbaspatial" and seconds == seconds}
    ratio = round(min(peers.values()) / own, 2) if peers else None
    kept = None if row.goal is None or ratio is None else ratio >= row.goal
    kept = own <= row.limit if row.limit is not None else kept
    memory = {side: _peak_of(name, side) for side in medians} if row.times is None else {}
    return {
        "row": name, "title": row.title, "cpu_seconds": medians, "ratio": ratio, "goal": row.goal,
        "limit_seconds": row.limit, "kept": kept, "peak_mib": memory,
    }  # fmt: skip


def _peak_of(name: str, side: str) -> float | None:
    """MiB that doing it once adds to a process of its own."""
    command = [sys.executable, __file__, "--peak", name, side]
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=os.environ | ONE_THREAD)
    return round(float(done.stdout.split()[-1]), 1) if not done.returncode else None


def peak(name: str, side: str) -> float:
    """MiB that this process holds at most while doing it, above what it held when it began (Linux only)."""
    work = rows()[name].make()[side]
    _quiet(work)  # what is loaded and compiled once is no part of it
    Path("/proc/self/clear_refs").write_text("5")  # the peak so far is forgotten
    before = _held("VmRSS")
    _quiet(work)
    return (_held("VmHWM") - before) / 1024


def _held(what: str) -> float:
    """KiB of this process, as the kernel counts them."""
    told = Path("/proc/self/status").read_text()
    return float(told.partition(f"{what}:")[2].split()[0])


def machine() -> dict[str, Any]:
    """Where and with what it was measured."""
    found = {}
    for name in VERSIONS:
        with contextlib.suppress(PackageNotFoundError):
            found[name] = version(name)
    told = {"python": platform.python_version(), "system": platform.system(), "machine": platform.machine()}
    return {**told, "processors": os.cpu_count(), "load": round(os.getloadavg()[0], 1), "versions": found}


def main() -> None:
    """Measure, print and keep."""
    given = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    given.add_argument("--rows", nargs="*", help="names of rows; all by default")
    given.add_argument("--rounds", type=int, default=3)
    given.add_argument("--large", action="store_true", help="the rows that take long, too")
    given.add_argument("--peak", nargs=2, metavar=("ROW", "SIDE"), help=argparse.SUPPRESS)
    asked = given.parse_args()
    warnings.simplefilter("ignore")
    if asked.peak:
        print(peak(*asked.peak))
        return
    if any(os.environ.get(name) != value for name, value in ONE_THREAD.items()):
        os.execve(sys.executable, [sys.executable, *sys.argv], os.environ | ONE_THREAD)
    every = rows()
    chosen = asked.rows or [name for name, row in every.items() if asked.large or not row.large]
    before = json.loads(RESULTS.read_text()) if RESULTS.exists() and asked.rows else {"rows": []}
    kept = {row["row"]: row for row in before["rows"]}
    for name in chosen:
        row = every[name]
        if "spatialreg" in row.make() and not _has_r():
            continue
        kept[name] = _quiet(lambda name=name, row=row: judged(name, row, asked.rounds))
        print(json.dumps(kept[name]), flush=True)
        ordered = [kept[other] for other in every if other in kept]
        RESULTS.write_text(json.dumps({**machine(), "rounds": asked.rounds, "rows": ordered}, indent=1) + "\n")


def _has_r() -> bool:
    import shutil

    return shutil.which("Rscript") is not None


if __name__ == "__main__":
    assert importlib.util.find_spec("esda"), "esda, the peer, is not installed"
    main()
