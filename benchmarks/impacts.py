"""Refits a second against spreg at n = 11, and impacts with 1,000 draws at n = 1,000 against R's spatialreg.

Side by side in one run, CPU seconds; spatialreg only where Rscript is.

    OMP_NUM_THREADS=1 python benchmarks/impacts.py
"""

from __future__ import annotations

import contextlib
import io
import os
import shutil
import subprocess
import tempfile
import time
from typing import Any

import numpy as np
import pandas as pd

import gbaspatial as gba
from gbaspatial.weights import Weights


def seconds(work, times: int = 3) -> float:  # type: ignore[no-untyped-def]
    """The least CPU seconds of some runs."""
    best = np.inf
    for _ in range(times):
        start = time.process_time()
        work()
        best = min(best, time.process_time() - start)
    return best


def lattice(side: int) -> Weights:
    """A row-standardized rook grid, 25 units wide."""
    from scipy import sparse

    n, place = side * 25, np.arange(side * 25)
    right, below = place[place % 25 < 24], place[place < n - 25]
    rows, columns = np.concatenate([right, below]), np.concatenate([right + 1, below + 25])
    W = sparse.coo_array((np.ones(len(rows)), (rows, columns)), shape=(n, n)).tocsr()
    return Weights(W + W.T, [f"u{i:04d}" for i in range(n)]).row_standardized()


def refits() -> None:
    from spreg import ML_Lag

    from gbaspatial.models.likelihood.many_outcomes import batch_of
    from gbaspatial.models.likelihood.many_refits import refit

    cities = gba.load_cities(year=2019)
    w = gba.weights.contiguity(cities, links=2019).row_standardized()
    fit = gba.models.lag("log(gdp_pc_cny) ~ log(employment)", cities, w)
    ours = batch_of(fit._problem())
    Y = fit.design.y[:, None] + 0.1 * np.random.default_rng(1).standard_normal((11, 9_999))
    bare = seconds(lambda: refit(ours, Y))
    whole = seconds(lambda: fit.bootstrap(draws=9_999, rng=1))
    peer_w = w.to_libpysal()

    def peer() -> None:
        with contextlib.redirect_stdout(io.StringIO()):
            for column in range(10):
                ML_Lag(Y[:, [column]], fit.design.X[:, 1:], peer_w, method="full")

    one = seconds(peer) / 10
    print(f"n = 11, 9,999 refits: {bare:.4f} s ({9_999 / bare:,.0f} a second); spreg {1 / one:,.0f} a second; "
          f"ratio {9_999 / bare * one:,.0f}")  # fmt: skip
    print(f"n = 11, fit.bootstrap with intervals, tests of all rho, LM and LR tests: {whole:.3f} s")


R_SCRIPT = """
suppressMessages(library(spatialreg)); a <- commandArgs(TRUE); set.seed(1)
d <- read.csv(file.path(a[1], "data.csv")); e <- read.csv(file.path(a[1], "pairs.csv"))
nb <- unname(lapply(split(as.integer(e$j), factor(e$i, levels = seq_len(nrow(d)))), sort))
nb <- structure(nb, class = "nb", region.id = as.character(seq_len(nrow(d))), sym = TRUE)
lw <- spdep::nb2listw(nb, style = "W"); f <- lagsarlm(y ~ x, d, lw, method = "Matrix")
seconds <- function(work) min(sapply(1:5, function(i) sum(system.time(work())[c("user.self", "sys.self")])))
W <- as(lw, "CsparseMatrix"); traces <- trW(W, type = "mult")
mine <- function(tr) { m <- impacts(f, tr = tr, R = 1000); summary(m, zstats = TRUE, short = TRUE) }
cat(seconds(function() mine(trW(W, type = "mult"))), seconds(function() mine(traces)), mine(traces)$res$direct)
"""


def in_r(w: Weights, data: pd.DataFrame) -> list[float]:
    """Seconds of spatialreg with its traces, with traces given, and its direct impact."""
    pairs = w.sparse.tocoo()
    with tempfile.TemporaryDirectory() as folder:
        data.to_csv(f"{folder}/data.csv", index=False)
        frame = pd.DataFrame({"i": pairs.coords[0] + 1, "j": pairs.coords[1] + 1})
        frame.to_csv(f"{folder}/pairs.csv", index=False)
        command = ["Rscript", "-e", R_SCRIPT, folder]
        one_thread = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
        done = subprocess.run(command, capture_output=True, text=True, check=True, env=os.environ | one_thread)
    return [float(word) for word in done.stdout.split()]


def sample() -> tuple[Weights, pd.DataFrame, Any]:
    """W, data and our fit of a lag model of 1,000 units."""
    w = lattice(40)
    rng = np.random.default_rng(2)
    data = pd.DataFrame({"x": rng.standard_normal(w.n)}, index=w.ids)
    data["y"] = np.linalg.solve(np.eye(w.n) - 0.5 * w.sparse.toarray(), 1 + data["x"] + rng.standard_normal(w.n))
    return w, data, gba.models.lag("y ~ x", data, w)


def of_ours() -> float:
    """CPU seconds of our 1,000 draws."""
    fit = sample()[2]
    return seconds(lambda: fit.impacts(method="simulated", draws=1_000, rng=1), 10)


def impacts() -> None:
    w, data, fit = sample()
    ours = seconds(lambda: fit.impacts(method="simulated", draws=1_000, rng=1), 10)
    direct = float(fit.impacts(method="simulated", draws=1_000, rng=1).direct["estimate"].iloc[0])
    print(f"n = 1,000, impacts with 1,000 draws: {ours:.4f} s (direct impact {direct:.6f})")
    if shutil.which("Rscript"):
        whole, given, theirs = in_r(w, data)
        print(f"spatialreg: with its traces {whole:.4f} s, ratio {whole / ours:.1f}; traces given {given:.4f} s, "
              f"ratio {given / ours:.1f} (direct impact {theirs:.6f})")  # fmt: skip


if __name__ == "__main__":
    refits()
    impacts()
