"""Panels: gbaspatial beside spreg in one run, and alone where spreg cannot go.

Every measurement is a process of its own with one thread, so that memory is its own too, and ours alternate with
spreg's. A cell is the least CPU time of warm fits with standard errors, without imports, over all rounds; memory is
the peak of a process less what it held before the fit.

    python benchmarks/panel.py [--rounds 2] [--repeat 3] [--without-spreg] [--json benchmarks/results/panel.json]
"""

from __future__ import annotations

import argparse
import contextlib
import importlib.metadata
import io
import json
import os
import platform
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import pandas as pd
from peak_memory import added
from scipy import sparse

RHO = 0.5
ONE_THREAD = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")
SIDES = {400: (20, 20), 1_000: (25, 40), 3_000: (50, 60), 10_000: (100, 100)}
BESIDE = (  # model, effects, units, periods
    ("lag", "unit", 1_000, 20), ("error", "unit", 1_000, 20), ("error", "unit", 3_000, 20),
    ("lag", "random", 1_000, 20), ("error", "random", 1_000, 20),
)  # fmt: skip
ALONE = (
    ("lag", "twoway", 1_000, 10), ("lag", "twoway", 1_000, 20), ("lag", "twoway", 1_000, 40),
    ("lag", "twoway", 10_000, 20), ("error", "unit", 10_000, 20),
)  # fmt: skip
VERSIONS = ("gbaspatial", "spreg", "numpy", "scipy", "pandas", "numba")


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
    times: list[float] = []
    value = np.nan

    def timed() -> None:
        nonlocal value
        start = time.process_time()
        value = fit()
        times.append(time.process_time() - start)

    mib = added(timed)
    for _ in range(repeat - 1):
        timed()
    return {"seconds": min(times), "mib": mib, "estimate": value}


def cell(who: str, n: int, T: int, model: str, effects: str, repeat: int) -> dict[str, float | str]:
    """One cell, in a process of its own; what stopped it, if something did."""
    done = subprocess.run(
        [sys.executable, __file__, "--cell", who, *map(str, (n, T, model, effects, repeat))], capture_output=True,
        text=True, env={**os.environ, **ONE_THREAD}, check=False,
    )  # fmt: skip
    if done.returncode:
        return {"stopped": done.stderr.strip().splitlines()[-1]}
    return dict(json.loads(done.stdout.splitlines()[-1]))


def least(rounds: list[dict[str, float | str]]) -> dict[str, float | str]:
    """The least time and memory of several rounds."""
    if any("stopped" in one for one in rounds):
        return next(one for one in rounds if "stopped" in one)
    return {**rounds[0], **{name: min(one[name] for one in rounds) for name in ("seconds", "mib")}}


def row(model: str, effects: str, n: int, T: int, beside: bool, rounds: int, repeat: int) -> dict[str, object]:
    """One row of the table: ours and, `beside` it, spreg's, by turns."""
    ours_, theirs_ = [], []
    for _ in range(rounds):
        ours_.append(cell("gbaspatial", n, T, model, effects, repeat))
        if beside and not any("stopped" in one for one in theirs_):
            theirs_.append(cell("spreg", n, T, model, effects, 1))
    found: dict[str, object] = {"model": model, "effects": effects, "units": n, "periods": T, "ours": least(ours_)}
    if theirs_:
        peer, own = least(theirs_), least(ours_)
        found["spreg"] = peer
        if "stopped" not in peer:
            found["times_quicker"] = round(float(peer["seconds"]) / float(own["seconds"]), 1)
            found["times_smaller"] = round(float(peer["mib"]) / max(float(own["mib"]), 0.1), 1)
    return found


def told(found: dict[str, object]) -> str:
    """A row of the table in docs/panels.md."""

    def _cell(one: dict[str, float | str] | None) -> str:
        if one is None:
            return ""
        if "stopped" in one:
            return f"stops: {one['stopped']}"
        return f"{one['seconds']:.3f} s, {one['mib']:.1f} MiB"

    spreg = _cell(found.get("spreg"))  # type: ignore[arg-type]
    ratio = f"{found['times_quicker']}, {found['times_smaller']}" if "times_quicker" in found else ""
    name = f"{found['model']}, {found['effects']} effects, {found['units']:,} x {found['periods']}"
    return f"| {name} | {_cell(found['ours'])} | {spreg} | {ratio} |"  # type: ignore[arg-type]


def first_call(compiled: str) -> dict[str, float]:
    """CPU seconds of the first fit of the eleven cities, imports of the package and data done, and with its table.

    Byte code stays in the folder `compiled`, as it does beside an installed package: a first round makes it.
    """
    code = (
        "import time, warnings; warnings.simplefilter('ignore'); import gbaspatial as gba;"
        "p = gba.load_panel().loc[:, ['gdp_pc_cny', 'employment']].dropna();"
        "w = gba.weights.contiguity(gba.load_cities(year=2019), links=2019).row_standardized();"
        "t = time.process_time(); f = gba.models.panel_lag('log(gdp_pc_cny) ~ log(employment)', p, w,"
        " effects='twoway', unbalanced='common'); a = time.process_time() - t; str(f.summary());"
        "print(a, time.process_time() - t)"
    )
    kept = {key: value for key, value in os.environ.items() if key != "PYTHONDONTWRITEBYTECODE"}
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True,
        env={**kept, **ONE_THREAD, "PYTHONPYCACHEPREFIX": compiled},
    )  # fmt: skip
    fit, table = map(float, done.stdout.split())
    return {"fit": fit, "with_table": table}


def main() -> None:
    """All cells."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=2)
    parser.add_argument("--repeat", type=int, default=3)
    parser.add_argument("--without-spreg", action="store_true")
    parser.add_argument("--json")
    parser.add_argument("--cell", nargs=6)
    options = parser.parse_args()
    if options.cell:
        who, n, T, model, effects, repeat = options.cell
        print(json.dumps(measured(who, int(n), int(T), model, effects, int(repeat))))
        return
    rows = []
    for cells, beside in ((BESIDE, not options.without_spreg), (ALONE, False)):
        for model, effects, n, T in cells:
            rows.append(row(model, effects, n, T, beside, options.rounds, options.repeat))
            print(told(rows[-1]), flush=True)
    with tempfile.TemporaryDirectory() as compiled:
        calls = [first_call(compiled) for _ in range(options.rounds + 1)]
    first = {name: min(call[name] for call in calls) for name in ("fit", "with_table")}
    print(
        f"| first call, 11 x 24: fit, with its table of 999 draws | {first['fit']:.2f}, {first['with_table']:.2f} s |"
    )
    if options.json:
        versions = {name: importlib.metadata.version(name) for name in VERSIONS}
        whole = {"python": platform.python_version(), "versions": versions, "rows": rows, "first_call": first}
        Path(options.json).parent.mkdir(exist_ok=True)
        Path(options.json).write_text(json.dumps(whole, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
