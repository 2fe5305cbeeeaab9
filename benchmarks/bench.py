"""Every promise about speed and memory, ours and the peers' by turns in one run: `make bench`.

A row (of `promises.rows`) is one piece of work that all its sides do. Sides take turns, `--rounds` times, and the
median of the CPU seconds (of all threads, or of R's own process) stands for each; memory is what the work, done once
in a process of its own that has loaded all it needs, adds at most. Only ratios carry over to another machine. The
answers are kept in benchmarks/results/bench.json, and docs/performance.md shows them.

    python benchmarks/bench.py                          # all rows but the largest
    python benchmarks/bench.py --rows moran_10000 gmm_10000
    python benchmarks/bench.py --large                  # a million units, ten million points: an hour, 6 GiB
"""

from __future__ import annotations

import argparse
import contextlib
import importlib.util
import json
import os
import platform
import shutil
import statistics
import subprocess
import sys
import time
import warnings
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from peak_memory import added
from promises import OURS, Measured, Row, quiet, rows

ONE_THREAD = {
    **dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMBA_NUM_THREADS"), "1"),
    "LOKY_MAX_CPU_COUNT": "1",  # joblib's workers, of which no clock of this process knows
}
RESULTS = Path(__file__).parent / "results" / "bench.json"
VERSIONS = ("gbaspatial", "numpy", "scipy", "numba", "pandas", "libpysal", "esda", "spreg", "pygeoda", "folium", "dask")
_LONG, _SHORT = 3.0, 0.1  # a side that took so many seconds in all is not run again; shorter works are repeated


def sides_of(row: Row) -> tuple[str, ...]:
    """Who does the work of `row` here: R only where it is installed."""
    names = row.names if row.outside is not None else tuple(row.make(row.n))  # type: ignore[misc]
    return tuple(name for name in names if not name.startswith("spatialreg") or shutil.which("Rscript"))


def measured(row: Row, rounds: int) -> dict[str, list[Measured]]:
    """CPU seconds (and MiB, where processes of their own do it) of each side, the sides by turns."""
    if row.outside is not None:
        once = {name: (lambda name=name: row.outside(name)) for name in sides_of(row)}  # type: ignore[misc]
    else:
        once = {name: Repeated(work) for name, work in row.make(row.n).items()}  # type: ignore[misc]
    times: dict[str, list[Measured]] = {name: [] for name in once}
    for turn in range(rounds):
        for name, work in once.items():
            if not turn or sum(seconds for seconds, _ in times[name]) < _LONG:
                times[name].append(work())
    return times


class Repeated:
    """A measurement of `work`, which was done once to warm up, repeated so often that a clock can tell."""

    def __init__(self, work: Any) -> None:
        self.work, self.count = work, 0
        work()

    def __call__(self) -> Measured:
        """CPU seconds of one piece; the first call finds how many a clock can tell."""
        if not self.count:
            seconds = self._timed(1)
            self.count = max(1, min(200, int(_SHORT / max(seconds, 1e-6))))
            if self.count == 1:
                return seconds, None
        return self._timed(self.count), None

    def _timed(self, count: int) -> float:
        begun = time.process_time()
        for _ in range(count):
            self.work()
        return (time.process_time() - begun) / count


def judged(name: str, row: Row, rounds: int) -> dict[str, Any]:
    """The medians, the ratio to the best peer, and whether the promise is kept."""
    found = measured(row, rounds)
    share = dict([row.share])
    medians = {s: round(statistics.median(t for t, _ in turns) / share.get(s, 1.0), 5) for s, turns in found.items()}
    own = medians[OURS]
    peers = {side: seconds for side, seconds in medians.items() if side != OURS and seconds == seconds}
    ratio = round(min(peers.values()) / own, 2) if peers else None
    kept = None if row.goal is None or ratio is None else ratio >= row.goal
    kept = own <= row.limit if row.limit is not None else kept
    if row.outside is not None:
        memory = {side: None if turns[0][1] is None else round(turns[0][1], 1) for side, turns in found.items()}
    else:
        memory = {side: _peak_of(name, side) for side in medians}
    return {
        "row": name, "title": row.title, "cpu_seconds": medians, "ratio": ratio, "goal": row.goal,
        "limit_seconds": row.limit, "kept": kept, "peak_mib": memory,
        "when": {"load": round(os.getloadavg()[0], 1), "rounds": min(map(len, found.values()))},
    }  # fmt: skip


def _peak_of(name: str, side: str) -> float | None:
    command = [sys.executable, __file__, "--peak", name, side]
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=os.environ | ONE_THREAD)
    return round(float(done.stdout.split()[-1]), 1) if not done.returncode else None


def peak(name: str, side: str) -> float:
    """MiB that doing it for the first time adds to this process, after it was done for a few units."""
    row = rows()[name]
    assert row.make is not None
    quiet(row.make(row.small)[side])  # what is loaded and compiled once is no part of it
    work = row.make(row.n)[side]
    return added(lambda: quiet(work))


def machine() -> dict[str, Any]:
    """Where and with what it was measured."""
    found = {}
    for name in VERSIONS:
        with contextlib.suppress(PackageNotFoundError):
            found[name] = version(name)
    told = {"python": platform.python_version(), "system": platform.system(), "machine": platform.machine()}
    return {**told, "processors": os.cpu_count(), "processor": _processor(), "versions": found}


def _processor() -> str:
    with contextlib.suppress(OSError):
        for told in Path("/proc/cpuinfo").read_text().splitlines():
            if told.startswith("model name"):
                return told.partition(":")[2].strip()
    return platform.processor()


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
    before = json.loads(RESULTS.read_text()) if RESULTS.exists() else {"rows": []}
    kept = {row["row"]: row for row in before["rows"] if row["row"] in every}
    for name in chosen:
        kept[name] = quiet(lambda name=name: judged(name, every[name], asked.rounds))
        print(json.dumps(kept[name]), flush=True)
        ordered = [kept[other] for other in every if other in kept]
        RESULTS.write_text(json.dumps({**machine(), "rows": ordered}, indent=1) + "\n")


if __name__ == "__main__":
    assert importlib.util.find_spec("esda"), "esda, the peer, is not installed"
    main()
