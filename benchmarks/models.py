"""Spatial models: gbaspatial beside spreg (and R's spatialreg, where Rscript is) in one run.

Every measurement is a process of its own with one thread, so that memory is its own too. A
cell is the least CPU time of `--repeat` warm runs of a fit with standard errors, without
imports; memory is the peak of the process less what it held before the fit.

    python benchmarks/models.py                      # up to 3,600 units beside spreg, and 100,000 alone
    python benchmarks/models.py --largest 1000000    # adds a million units (about two minutes, 2 GiB)
"""

from __future__ import annotations

import argparse
import contextlib
import io
import json
import os
import platform
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from peak_memory import added
from scipy import sparse

PICTURES = Path(__file__).parents[1] / "docs" / "pictures"
RHO = 0.6
SIDES = {16: 4, 100: 10, 400: 20, 1_024: 32, 3_600: 60, 10_000: 100, 99_856: 316, 1_000_000: 1_000}
BESIDE_SPREG = (16, 100, 400, 1_024, 3_600)
ONE_THREAD = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")
PEERS = ("spreg full", "spreg ord", "spreg LU")
R_SCRIPT = """
suppressMessages(library(spatialreg)); a <- commandArgs(TRUE)
d <- read.csv(file.path(a[1], "data.csv")); e <- read.csv(file.path(a[1], "pairs.csv"))
nb <- unname(lapply(split(as.integer(e$j), factor(e$i, levels = seq_len(nrow(d)))), sort))
nb <- structure(nb, class = "nb", region.id = as.character(seq_len(nrow(d))), sym = TRUE)
lw <- spdep::nb2listw(nb, style = "W"); invisible(gc())
held <- function(what) as.numeric(gsub("[^0-9]", "", grep(what, readLines("/proc/self/status"), value = TRUE))) / 1024
cat("5", file = "/proc/self/clear_refs"); before <- held("VmRSS"); options(warn = -1)
f <- if (a[2] == "lag") lagsarlm else errorsarlm
one <- function(i) sum(system.time(r <<- f(y ~ x, d, lw, method = a[3]))[c("user.self", "sys.self")])
cat(min(sapply(seq_len(if (nrow(d) < 20000) 3 else 1), one)), if (a[2] == "lag") r$rho else r$lambda,
    held("VmHWM") - before)
"""


def rook(side: int) -> sparse.csr_array:
    """The row-standardized rook graph of a square of `side` x `side` cells."""
    line = sparse.diags_array([np.ones(side - 1)] * 2, offsets=[-1, 1])
    eye = sparse.eye_array(side)
    binary = sparse.csr_array(sparse.kron(line, eye) + sparse.kron(eye, line))
    return sparse.csr_array(sparse.diags_array(1 / np.asarray(binary.sum(axis=1)).ravel()) @ binary)


def sample(side: int, model: str) -> tuple[sparse.csr_array, pd.DataFrame]:
    """W and data with y = 1 + x and a spatial lag or error of `RHO`."""
    W, rng = rook(side), np.random.default_rng(0)
    n = W.shape[0]
    x, e = rng.normal(size=n), rng.normal(size=n)
    term = 1 + x + e if model == "lag" else e
    total = term.copy()
    for _ in range(60):
        term = RHO * (W @ term)
        total = total + term
    return W, pd.DataFrame({"y": total if model == "lag" else 1 + x + total, "x": x})


def measure(program: str, model: str, n: int, repeat: int) -> dict[str, Any]:
    """Seconds, MiB and the spatial coefficient of one program on one sample."""
    W, data = sample(SIDES[n], model)
    if program == "gbaspatial":
        from gbaspatial import models
        from gbaspatial.weights import Weights

        estimator = models.lag if model == "lag" else models.error
        small = Weights(rook(24), range(576))
        estimator("y ~ x", sample(24, model)[1], small)  # imports and compiled loops are not measured

        def fit() -> float:
            # a new W every time: its eigenvalues or factors are part of the work
            result = estimator("y ~ x", data, Weights(W, pd.RangeIndex(n)))
            result.std_errors  # noqa: B018
            return result.rho if model == "lag" else result.lambda_

    else:
        import spreg
        from libpysal.weights import WSP

        estimator = spreg.ML_Lag if model == "lag" else spreg.ML_Error
        w = WSP(sparse.csr_matrix(W)).to_W(silence_warnings=True)
        w.transform = "r"
        y, x = data[["y"]].to_numpy(), data[["x"]].to_numpy()

        def fit() -> float:
            with contextlib.redirect_stdout(io.StringIO()):
                result = estimator(y, x, w=w, method=program.removeprefix("spreg "))
            return float(np.squeeze(result.rho if model == "lag" else result.lam))

    times: list[float] = []
    value = np.nan

    def timed() -> None:
        nonlocal value
        start = time.process_time()
        value = fit()
        times.append(time.process_time() - start)

    mib = added(timed)
    while len(times) < repeat and sum(times) < 20:
        timed()
    return {"program": program, "model": model, "n": n, "seconds": min(times), "mib": mib, "value": value}


def in_process(program: str, model: str, n: int, repeat: int) -> dict[str, Any]:
    """`measure` in a process of its own."""
    command = [sys.executable, __file__, "--one", program, model, str(n), "--repeat", str(repeat)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=os.environ | ONE_THREAD)
    if done.returncode:
        reason = done.stderr.strip().splitlines()[-1] if done.stderr.strip() else "failed"
        return {"program": program, "model": model, "n": n, "seconds": np.nan, "mib": np.nan, "value": reason}
    return json.loads(done.stdout.strip().splitlines()[-1])


def in_r(model: str, n: int, method: str = "Matrix") -> dict[str, Any]:
    """A method of spatialreg on the same sample."""
    W, data = sample(SIDES[n], model)
    pairs = W.tocoo()
    with tempfile.TemporaryDirectory() as folder:
        data.to_csv(f"{folder}/data.csv", index=False)
        frame = pd.DataFrame({"i": pairs.coords[0] + 1, "j": pairs.coords[1] + 1, "w": pairs.data})
        frame.to_csv(f"{folder}/pairs.csv", index=False)
        command = ["Rscript", "-e", R_SCRIPT, folder, model, method]
        done = subprocess.run(command, capture_output=True, text=True, check=False, env=os.environ | ONE_THREAD)
    words = [float(word) for word in done.stdout.split()]
    seconds, value, mib = (
        words if len(words) == 3 else (np.nan, (done.stderr.strip() or "failed").splitlines()[-1], np.nan)
    )
    return {"program": f"spatialreg {method}", "model": model, "n": n, "seconds": seconds, "mib": mib, "value": value}


def bootstrap_rate(draws: int = 9_999) -> tuple[float, float]:
    """Seconds of a bootstrap of a lag model with 11 units, and lag fits of spreg a second."""
    import spreg
    from libpysal.weights import W as Other

    from gbaspatial import models
    from gbaspatial.weights import Weights

    ids = list(range(11))
    ring = Weights(np.roll(np.eye(11), 1, axis=1) + np.roll(np.eye(11), -1, axis=1), ids).row_standardized()
    rng = np.random.default_rng(0)
    data = pd.DataFrame({"x": rng.normal(size=11)}, index=ids)
    data["y"] = np.linalg.solve(np.eye(11) - 0.5 * ring.sparse.toarray(), data["x"] + rng.normal(size=11))
    fit = models.lag("y ~ x", data, ring)
    fit.bootstrap(draws=99, rng=0)
    start = time.process_time()
    fit.bootstrap(draws=draws, rng=0)
    ours = time.process_time() - start
    other = Other({i: [(i - 1) % 11, (i + 1) % 11] for i in ids}, silence_warnings=True)
    other.transform = "r"
    y, x = data[["y"]].to_numpy(), data[["x"]].to_numpy()
    start, count = time.process_time(), 0
    with contextlib.redirect_stdout(io.StringIO()):
        while time.process_time() - start < 2:
            spreg.ML_Lag(y, x, w=other)
            count += 1
    return ours, count / (time.process_time() - start)


def table(rows: pd.DataFrame) -> str:
    """Seconds by program and n, and how many times quicker gbaspatial is."""
    lines = ["| model | n | program | seconds | ratio | MiB | coefficient |", "|---|---:|---|---:|---:|---:|---:|"]
    for (model, n), group in rows.groupby(["model", "n"], sort=False):
        own = group.loc[group["program"] == "gbaspatial", "seconds"].iloc[0]
        for row in group.itertuples():
            value = f"{row.value:.7f}" if isinstance(row.value, float) else str(row.value)[:60]
            ratio = "" if row.program == "gbaspatial" else f"{row.seconds / own:.1f}"
            lines.append(f"| {model} | {n:,} | {row.program} | {row.seconds:.4g} | {ratio} | {row.mib:.0f} | {value} |")
    return "\n".join(lines)


def plot(rows: pd.DataFrame, path: Path) -> None:
    """Seconds and MiB over n, on logarithmic axes."""
    import matplotlib as mpl

    mpl.use("Agg")
    import matplotlib.pyplot as plt

    figure, axes = plt.subplots(1, 2, figsize=(9, 3.8), layout="constrained")
    labels = {"seconds": "seconds", "mib": "MiB above the data (1 or less drawn as 1)"}
    for axis, (column, label) in zip(axes, labels.items(), strict=True):
        for program, group in rows[rows["model"] == "lag"].groupby("program", sort=False):
            shown = group[column].clip(lower=1) if column == "mib" else group[column]
            axis.loglog(group["n"], shown, "o-", label=program, lw=2 if program == "gbaspatial" else 1)
        axis.set(xlabel="units n", ylabel=label)
        axis.grid(alpha=0.3)
    axes[0].set_title("Spatial lag model with standard errors")
    axes[0].legend(fontsize=8)
    figure.savefig(path, dpi=120)
    plt.close(figure)


def cells(largest: int) -> Iterator[tuple[str, int, str]]:
    """Model, n and program of every measurement."""
    for model in ("lag", "error"):
        for n in SIDES:
            if n > largest or (n >= 10**6 and model == "error"):
                continue
            yield model, n, "gbaspatial"
            yield from ((model, n, peer) for peer in PEERS if n in BESIDE_SPREG)
            if shutil.which("Rscript") and 400 <= n <= 100_000:
                yield model, n, "spatialreg Matrix"


def main() -> None:
    """Measure, print, draw."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--one", nargs=3, metavar=("PROGRAM", "MODEL", "N"))
    parser.add_argument("--repeat", type=int, default=3)
    parser.add_argument("--largest", type=int, default=100_000)
    chosen = parser.parse_args()
    if chosen.one:
        program, model, n = chosen.one
        print(json.dumps(measure(program, model, int(n), chosen.repeat)))
        return
    rows: list[dict[str, Any]] = []
    for model, n, program in cells(chosen.largest):
        repeat = chosen.repeat if n < 10**6 else 1
        row = in_r(model, n) if program.startswith("spatialreg") else in_process(program, model, n, repeat)
        print(json.dumps(row), file=sys.stderr, flush=True)
        rows.append(row)
    frame = pd.DataFrame(rows)
    print(f"{platform.machine()}, Python {platform.python_version()}, numpy {np.__version__}\n")
    print(table(frame))
    seconds, rate = bootstrap_rate()
    print(f"\nBootstrap of a lag model, n = 11, 9,999 draws with tests and intervals: {seconds:.2f} s")
    print(f"that is {9_999 / seconds:,.0f} fits a second and more; spreg: {rate:,.0f} fits a second")
    PICTURES.mkdir(parents=True, exist_ok=True)
    plot(frame, PICTURES / "models-time.png")


if __name__ == "__main__":
    main()
