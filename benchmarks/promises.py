"""The rows of `make bench`: each piece of work, how its sides are made for n units, and what was promised."""

from __future__ import annotations

import contextlib
import io
import os
import resource
import subprocess
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

Work = Callable[[], Any]
Sides = dict[str, Work]
Measured = tuple[float, float | None]  # CPU seconds and MiB
OURS = "gbaspatial"


@dataclass(frozen=True)
class Row:
    """One piece of work.

    `make` gives its sides for n units, `small` is an n that loads all that the work needs; or `outside` measures a
    side in processes of its own.
    """

    title: str
    n: int = 0
    make: Callable[[int], Sides] | None = None
    small: int = 0
    names: tuple[str, ...] = ()
    outside: Callable[[str], Measured] | None = None
    goal: float | None = None  # times quicker than the best peer
    limit: float | None = None  # CPU seconds of ours, where no peer does it
    large: bool = False
    share: tuple[str, float] = ("", 1.0)  # a side that does so small a part of the work, whose time is told for all


def quiet(work: Work) -> Any:
    """What `work` gives, and nothing that it prints."""
    with contextlib.redirect_stdout(io.StringIO()):
        return work()


def _series(n: int, seed: int = 0) -> tuple[Any, Any]:
    """Normal values and the row-standardized rook graph of a rectangle of `n` cells."""
    import autocorrelation as both
    import numpy as np
    import pandas as pd

    sides = {8: (1, 8), 11: (1, 11), 69: (3, 23), 400: (20, 20), 1_000: (25, 40), 10_000: (100, 100)}
    w = both.lattice(*{**sides, 100_000: (250, 400)}[n])
    return pd.Series(np.random.default_rng(n + seed).normal(size=n), w.ids, name=f"v{seed}"), w


def _autocorrelation(name: str) -> Callable[[int], Sides]:
    def _make(n: int) -> Sides:
        import autocorrelation as both

        y, w = _series(n)
        found = {OURS: both.ours(y, w)[name]}
        for peer, of in (("esda", both.of_esda), ("pygeoda", both.of_pygeoda)):
            with contextlib.suppress(ImportError):
                work = of(y, w).get(name)
                if work is not None:
                    found[peer] = work
        return found

    return _make


def _exact(n: int) -> Sides:
    import numba  # noqa: F401 - warm: the first two tests of a process that has no compiler loaded go without
    import numpy as np

    import gbaspatial as gba

    y, w = _series(n)
    rng = np.random.default_rng(1)

    def _test_of_others() -> Any:  # a distribution is kept, so that the same values would be looked up only
        return gba.autocorrelation.moran(y + rng.normal(size=n), w, inference="exact")

    return {OURS: _test_of_others}


def _product(name: str) -> Callable[[int], Sides]:
    def _make(n: int) -> Sides:
        import gbaspatial as gba

        (y, w), (x, _) = _series(n), _series(n, 1)
        test = getattr(gba.autocorrelation, name)
        drawn = {"inference": "permutation", "draws": 999, "rng": 1}
        found: Sides = {OURS: lambda: test(y, x, w, **drawn)}
        if name == "bivariate_moran":
            import esda

            W = w.to_libpysal()
            W.transform = "r"
            found["esda"] = lambda: esda.Moran_BV(y.to_numpy(), x.to_numpy(), W, permutations=999)
        return found

    return _make


def _matrix(n: int) -> Sides:
    import esda
    import pandas as pd

    import gbaspatial as gba

    frame = pd.concat([_series(n, seed)[0] for seed in range(3)], axis=1)
    w = _series(n)[1]
    W = w.to_libpysal()
    W.transform = "r"
    columns = [frame[name].to_numpy() for name in frame]
    return {
        OURS: lambda: gba.autocorrelation.moran_matrix(frame, w, draws=999, rng=1),
        "esda": lambda: esda.Moran_BV_matrix(columns, W, permutations=999, varnames=list(frame)),
    }


def _losh(n: int) -> Sides:
    import esda

    import gbaspatial as gba

    y, w = _series(n)
    W, values = w.to_libpysal(), y.to_numpy()
    W.transform = "r"
    return {
        OURS: lambda: gba.autocorrelation.losh(y, w, inference="chi-square"),
        "esda": lambda: esda.LOSH(connectivity=W, inference="chi-square").fit(values),
    }


def _least_squares(n: int) -> Sides:
    import pandas as pd
    import spreg

    import gbaspatial as gba

    (y, w), (x, _) = _series(n), _series(n, 1)
    data = pd.DataFrame({"y": y, "x": x})
    W = w.to_libpysal()
    W.transform = "r"
    a, b = data[["y"]].to_numpy(), data[["x"]].to_numpy()
    return {
        OURS: lambda: gba.models.ols("y ~ x", data, w).diagnostics(w).to_frame(),
        "spreg": lambda: quiet(lambda: spreg.OLS(a, b, w=W, spat_diag=True, moran=True)),
    }


def _bootstrap(draws: int) -> Sides:
    import numpy as np
    import pandas as pd
    import spreg

    import gbaspatial as gba

    x, w = _series(11)
    data = pd.DataFrame({"x": x})
    data["y"] = np.linalg.solve(np.eye(11) - 0.5 * w.sparse.toarray(), data["x"] + x.to_numpy()[::-1])
    fit = gba.models.lag("y ~ x", data, w)
    other = w.to_libpysal()
    other.transform = "r"
    y, X = data[["y"]].to_numpy(), data[["x"]].to_numpy()

    def refits() -> None:  # as many as take a moment: the time of 9,999 is that of one, times 9,999
        for _ in range(11):
            quiet(lambda: spreg.ML_Lag(y, X, w=other))

    return {OURS: lambda: fit.bootstrap(draws=draws, rng=1), "spreg (from 11 refits)": refits}


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
        OURS: lambda: gba.models.lag("y ~ x", data, Weights(W, data.index), method="gmm"),
        "spreg": lambda: quiet(lambda: spreg.GM_Lag(y, X, w=other, w_lags=2)),
    }


def _contiguity(kind: str) -> Callable[[int], Sides]:
    def _make(n: int) -> Sides:
        import weights as both

        layer = {"clean": both.cells, "detailed": both.detailed, "unclean": both.unclean}[kind](n)
        runs = both.polygon_runs(layer, precision=1e-3 if kind == "unclean" else 0.0)
        return {name: work for name, work in runs.items() if name != "libpysal.weights"}

    return _make


def _page(n: int) -> Sides:
    import maps as both

    units, folder = both.cells(n), Path(tempfile.mkdtemp())
    return {
        OURS: lambda: both.ours(units, folder / "ours.html"),
        "folium": lambda: both.theirs(units, folder / "theirs.html"),
    }


def _partitions(n: int) -> Sides:
    from scale_points import in_parts

    return {OURS: lambda: in_parts(n, Path(tempfile.mkdtemp()))}


# -- in processes of their own --------------------------------------------------------------------------
STARTS = {
    "import": {OURS: "import gbaspatial", "esda, spreg": "import esda, spreg"},
    "help": {OURS: "from gbaspatial.cli import main; main(['--help'])"},
    "first use": {
        OURS: "import gbaspatial as gba; c = gba.load_cities(year=2019); "
        "gba.weights.contiguity(c, links=2019).row_standardized()"
    },
    "report": {OURS: "import tempfile; from gbaspatial.cli import main; main(['report', '--out', tempfile.mkdtemp()])"},
}
_TELL = (
    "import atexit; atexit.register(lambda: print(chr(10) + "
    "open('/proc/self/status').read().partition('VmHWM:')[2].split()[0])); "
)


def in_child(code: str) -> Measured:
    """CPU seconds of a new interpreter that runs `code`, and MiB that it holds at most, less a bare one's.

    Byte code is kept, as it is beside an installed package: a first run makes it.
    """
    bare = _warmed("pass")[1]
    _warmed(code)
    seconds, mib = _child(code)
    return seconds, round(mib - bare, 1)


@cache
def _warmed(code: str) -> Measured:
    return _child(code)


def _child(code: str) -> tuple[float, float]:
    kept = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    kept["PYTHONPYCACHEPREFIX"] = str(Path(tempfile.gettempdir()) / "gbaspatial-bench-bytecode")
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    command = [sys.executable, "-W", "ignore", "-c", _TELL + code]
    done = subprocess.run(command, check=False, capture_output=True, text=True, env=kept)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    if done.returncode:
        raise RuntimeError(done.stderr)
    seconds = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return seconds, float(done.stdout.split()[-1]) / 1024


def _likelihood(model: str, n: int) -> Callable[[str], Measured]:
    def _outside(side: str) -> Measured:
        import models as both

        if side.startswith("spatialreg"):
            one = both.in_r(model, n, side.removeprefix("spatialreg "))
        else:
            one = both.in_process(side, model, n, 3 if n < 50_000 else 1)
        return float(one["seconds"]), float(one["mib"])

    return _outside


def _panel(model: str) -> Callable[[str], Measured]:
    def _outside(side: str) -> Measured:
        import panel as pn

        one = pn.cell(side, 1_000, 20, model, "unit", 3 if side == OURS else 1)
        return float(one["seconds"]), float(one["mib"])

    return _outside


def _impacts(side: str) -> Measured:
    import impacts as both

    given = {"spatialreg": 0, "spatialreg (traces given)": 1}
    return (both.in_r(*both.sample()[:2])[given[side]], None) if side in given else (both.of_ours(), None)


def _start(what: str, title: str, **promised: Any) -> Row:
    codes = STARTS[what]
    return Row(title, names=tuple(codes), outside=lambda side: in_child(codes[side]), **promised)


# -- all of them ----------------------------------------------------------------------------------------
def rows() -> dict[str, Row]:
    """Every row by its name."""
    return {**_starts(), **_tests(), **_models(), **_layers()}


def _starts() -> dict[str, Row]:
    return {
        "import": _start("import", "import", goal=10.0),
        "help": _start("help", "gbaspatial --help", limit=0.3),
        "first_use": _start("first use", "imports, data and W of eleven cities", limit=1.0),
        "report": _start("report", "gbaspatial report, with pictures and maps", limit=25.0, large=True),
    }


def _tests() -> dict[str, Row]:
    found = {"exact_11": Row("exact Moran, all 39,916,800 orders, n = 11", 11, _exact, 11, limit=0.3)}
    for n, goal in ((69, 15.0), (10_000, 4.0), (100_000, 4.0)):
        work = _autocorrelation("Moran")
        found[f"moran_{n}"] = Row(f"Moran, 999 permutations, n = {n:,}", n, work, 1_000, goal=goal)
    for name, goal in (("Join counts", 20.0), ("Local Moran", 30.0), ("Local Geary", 30.0), ("Local G*", 30.0)):
        title = f"{name}, 999, n = 10,000"
        found[f"{name.lower().replace(' ', '_')}_10000"] = Row(
            title[0].lower() + title[1:] if name == "Join counts" else title, 10_000, _autocorrelation(name), 1_000,
            goal=goal,
        )  # fmt: skip
    for name, promised in (("bivariate_moran", 5.0), ("lee_l", None)):
        found[f"{name}_10000"] = Row(f"{name}, 999, n = 10,000", 10_000, _product(name), 1_000, goal=promised)
    found["moran_matrix_10000"] = Row(
        "moran_matrix of three, 999, n = 10,000", 10_000, _matrix, 1_000, goal=5.0
    )  # fmt: skip
    for n in (69, 10_000):
        found[f"losh_{n}"] = Row(f"LOSH by chi-squared, n = {n:,}", n, _losh, 69, goal=1.0)
    return found


def _models() -> dict[str, Row]:
    peers, found = ("spatialreg Matrix", "spreg LU"), {}
    for model in ("lag", "error"):
        title = f"ML {model} with standard errors, n = 3,600"
        found[f"ml_{model}_3600"] = Row(
            title, names=(OURS, *peers), outside=_likelihood(model, 3_600), goal=5.0
        )  # fmt: skip
    for n in (400, 10_000):
        found[f"ml_lag_{n}"] = Row(
            f"ML lag with standard errors, n = {n:,}", names=(OURS, peers[0]), outside=_likelihood("lag", n), goal=5.0
        )
    found["ml_lag_99856"] = Row(
        "ML lag, n = 99,856 (spatialreg's Chebyshev and MC are approximations)", goal=1.0,
        names=(OURS, peers[0], "spatialreg Chebyshev", "spatialreg MC"), outside=_likelihood("lag", 99_856),
    )  # fmt: skip
    found["ml_lag_1000000"] = Row(
        "ML lag, n = 1,000,000", names=(OURS,), outside=_likelihood("lag", 1_000_000), limit=30.0, large=True
    )
    for n in (3_136, 10_000, 100_000):
        found[f"gmm_{n}"] = Row(f"lag by moments, a new W, n = {n:,}", n, _moments, 1_000, goal=3.0)
    for n in (69, 400):
        found[f"ols_{n}"] = Row(f"OLS with its spatial diagnostics, n = {n}", n, _least_squares, 69, goal=1.0)
    found["bootstrap_11"] = Row(
        "bootstrap of a lag model, 9,999 refits, n = 11", 9_999, _bootstrap, 99, limit=1.0,
        share=("spreg (from 11 refits)", 11 / 9_999),
    )  # fmt: skip
    for name, side in (("impacts", "spatialreg"), ("impacts_of_traces", "spatialreg (traces given)")):
        found[name] = Row(
            f"impacts, 1,000 draws, n = 1,000{', traces given' if name != 'impacts' else ''}",
            names=(OURS, side), outside=_impacts, goal=10.0,
        )  # fmt: skip
    for model in ("lag", "error"):
        found[f"panel_{model}"] = Row(
            f"panel FE {model}, N = 1,000, T = 20", names=(OURS, "spreg"), outside=_panel(model), goal=100.0
        )
    return found


def _layers() -> dict[str, Row]:
    found = {}
    for n, goal in ((1_000, 1.0), (10_000, 3.0), (100_000, 3.0)):
        found[f"contiguity_{n}"] = Row(f"queen contiguity, n = {n:,}", n, _contiguity("clean"), 200, goal=goal)
    found["detailed_1000"] = Row(
        "queen contiguity, 170 vertices a unit, n = 1,000", 1_000, _contiguity("detailed"), 200, goal=1.0
    )
    for n in (1_000, 10_000, 100_000):
        title = f"queen contiguity, vertices not bit-equal, n = {n:,}"
        found[f"unclean_{n}"] = Row(title, n, _contiguity("unclean"), 200, goal=1.0, large=n > 10_000)
    for n in (3_000, 50_000):
        found[f"page_{n}"] = Row(f"map page, n = {n:,}", n, _page, 50, goal=5.0, large=n > 3_000)
    for n in (200_000, 10_000_000):
        title = f"{n:,} points: parts, 6 nearest, local Moran of 999"
        found[f"parts_{n}"] = Row(title, n, _partitions, 20_000, large=n > 200_000)
    return found
