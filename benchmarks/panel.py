"""Panels: gbaspatial beside spreg in one run, and alone where spreg cannot go.

Every measurement is a process of its own with one thread, so that memory is its own too. A cell is the least CPU time
of `--repeat` warm fits with standard errors, without imports; memory is the peak of the process less what it held
before the fit.

    python benchmarks/panel.py [--repeat 3] [--without-spreg]
"""

from __future__ import annotations

import argparse
import contextlib
import io
import json
import os
import resource
import subprocess
import sys
import time

import numpy as np
import pandas as pd
from scipy import sparse

RHO = 0.5
ONE_THREAD = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")
SIDES = {1_000: (25, 40), 10_000: (100, 100), 400: (20, 20)}


def rook(rows: int, columns: int) -> sparse.csr_array:
    """The row-standardized rook graph of a rectangle of cells."""

    def line(count: int) -> sparse.dia_array:
        return sparse.diags_array([np.ones(count - 1)] * 2, offsets=[-1, 1])

    binary = sparse.kron(line(rows), sparse.eye_array(columns)) + sparse.kron(sparse.eye_array(rows), line(columns))
    binary = sparse.csr_array(binary)
    return sparse.csr_array(sparse.diags_array(1 / np.asarray(binary.sum(axis=1)).ravel()) @ binary)


def sample(n: int, T: int, model: str) -> tuple[sparse.csr_array, pd.DataFrame]:
    """A panel with effects of units; rows by period."""
    rng = np.random.default_rng(1)
    W = rook(*SIDES[n])
    x, e = rng.standard_normal((T, n)), rng.standard_normal((T, n))
    solve = sparse.linalg.factorized(sparse.csc_array(sparse.eye_array(n) - RHO * W))
    mu = rng.standard_normal(n)
    y = np.array([solve(one + mu + two) if model == "lag" else one + mu + solve(two) for one, two in zip(x, e)])
    index = pd.MultiIndex.from_product([range(2000, 2000 + T), range(n)], names=["year", "unit"])
    return W, pd.DataFrame({"y": y.ravel(), "x": x.ravel()}, index=index).swaplevel()


def ours(W: sparse.csr_array, data: pd.DataFrame, model: str, effects: str):  # type: ignore[no-untyped-def]
    """A fit that is ready to be made."""
    import gbaspatial as gba

    w = gba.weights.Weights(W, data.index.unique(0))
    estimator = {"lag": gba.models.panel_lag, "error": gba.models.panel_error}[model]

    def fit() -> float:
        found = estimator("y ~ x", data, w, effects=effects, covariance="information")
        return float(found.params.iloc[-1])

    return fit


def theirs(W: sparse.csr_array, data: pd.DataFrame, model: str, effects: str):  # type: ignore[no-untyped-def]
    """The same by spreg; its rows are by period too."""
    import spreg
    from libpysal.weights import WSP

    w = WSP(sparse.csr_matrix(W)).to_W(silence_warnings=True)
    kind = {("lag", "unit"): "Panel_FE_Lag", ("error", "unit"): "Panel_FE_Error", ("lag", "random"): "Panel_RE_Lag",
            ("error", "random"): "Panel_RE_Error"}[model, effects]  # fmt: skip
    y, x = data[["y"]].to_numpy(), data[["x"]].to_numpy()

    def fit() -> float:
        with contextlib.redirect_stdout(io.StringIO()):
            found = getattr(spreg, kind)(y, x, w)
        return float(found.rho if model == "lag" else found.lam)

    return fit


def measured(who: str, n: int, T: int, model: str, effects: str, repeat: int) -> dict[str, float]:
    """One cell, in this process."""
    W, data = sample(n, T, model)
    fit = (ours if who == "gbaspatial" else theirs)(W, data, model, effects)
    if who == "gbaspatial":
        ours(*sample(400, 2, model), model, effects)()  # imports
    held = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    times, value = [], np.nan
    for _ in range(repeat):
        start = time.process_time()
        value = fit()
        times.append(time.process_time() - start)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return {"seconds": min(times), "mib": (peak - held) / 1024, "estimate": value}


def apart(*cell: object) -> dict[str, float]:
    """One cell, in a process of its own."""
    done = subprocess.run(
        [sys.executable, __file__, "--cell", *map(str, cell)], capture_output=True, text=True,
        env={**os.environ, **ONE_THREAD}, check=False,
    )  # fmt: skip
    if done.returncode:
        return {"seconds": np.nan, "mib": np.nan, "estimate": np.nan}
    return dict(json.loads(done.stdout.splitlines()[-1]))


def first_call() -> float:
    """Seconds of the first fit of the eleven cities with its table, imports of the package done."""
    code = (
        "import time, warnings; warnings.simplefilter('ignore'); import gbaspatial as gba;"
        "p = gba.load_panel().loc[:, ['gdp_pc_cny', 'employment']].dropna();"
        "w = gba.weights.contiguity(gba.load_cities(year=2019), links=2019).row_standardized();"
        "t = time.process_time(); f = gba.models.panel_lag('log(gdp_pc_cny) ~ log(employment)', p, w,"
        " effects='twoway', unbalanced='common'); a = time.process_time() - t; str(f.summary());"
        "print(a, time.process_time() - t)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, env={**os.environ, **ONE_THREAD}
    )
    fit, table = map(float, done.stdout.split())
    print(f"| first call, 11 x 24: fit, and with its table of 999 draws | {fit:.2f} s, {table:.2f} s |")
    return fit


def main() -> None:
    """All cells."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--repeat", type=int, default=3)
    parser.add_argument("--without-spreg", action="store_true")
    parser.add_argument("--cell", nargs=6)
    options = parser.parse_args()
    if options.cell:
        who, n, T, model, effects, repeat = options.cell
        print(json.dumps(measured(who, int(n), int(T), model, effects, int(repeat))))
        return
    first_call()
    for model, n, T in (("lag", 1_000, 20), ("error", 1_000, 20)):
        own = apart("gbaspatial", n, T, model, "unit", options.repeat)
        print(
            f"| {model}, unit effects, {n:,} x {T} | {own['seconds']:.3f} s, {own['mib']:.0f} MiB | ",
            end="",
            flush=True,
        )
        if not options.without_spreg:
            peer = apart("spreg", n, T, model, "unit", 1)
            faster, smaller = (peer[name] / max(own[name], 1e-3) for name in ("seconds", "mib"))
            print(
                f"spreg {peer['seconds']:.1f} s, {peer['mib']:.0f} MiB: {faster:.0f} and {smaller:.0f} times; ", end=""
            )
            print(f"estimates {own['estimate']:.6f} {peer['estimate']:.6f} |", end="")
        print(flush=True)
    for T in (10, 20, 40):
        own = apart("gbaspatial", 1_000, T, "lag", "twoway", options.repeat)
        print(f"| lag, two-way, 1,000 x {T} | {own['seconds']:.3f} s, {own['mib']:.0f} MiB |", flush=True)
    own = apart("gbaspatial", 10_000, 20, "lag", "twoway", 1)
    print(f"| lag, two-way, 10,000 x 20 | {own['seconds']:.1f} s, {own['mib']:.0f} MiB |", flush=True)


if __name__ == "__main__":
    main()
