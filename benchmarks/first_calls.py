"""What a first call takes: CPU seconds of each function, once, in a process that has imported data and W only.

The process is a copy (fork) of one that has loaded data and W and nothing else, and Numba's cache is an empty folder,
so that everything the call imports and compiles is counted. Eleven cities, and 69 districts without missing values.

    python benchmarks/first_calls.py [--kept] [names ...]      # --kept: with the compiled loops of an earlier call
"""

from __future__ import annotations

import argparse
import contextlib
import io
import json
import os
import platform
import tempfile
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

RESULTS = Path(__file__).parent / "results" / "first_calls.json"
GOALS = {"cities": 1.0, "districts": 2.0}


def areas() -> dict[str, tuple[Any, Any, str, str]]:
    """Units, W and the names of two columns."""
    import gbaspatial as gba

    cities, districts = gba.load_cities(year=2019), gba.load_districts()
    parts = ["schooling_years", "bachelor_or_above", "population"]
    districts = districts.loc[districts[parts].notna().all(axis=1)]
    near = gba.weights.contiguity(cities, links=2019).row_standardized()
    four = gba.weights.nearest(districts, k=4).row_standardized()
    return {
        "cities": (cities, near, "gdp_pc_cny", "employment"),
        "districts": (districts, four, "schooling_years", "bachelor_or_above"),
    }


ONE = ("moran", "geary", "general_g", "aple", "lag_correlation", "local_moran", "local_geary", "local_g_star", "losh")
TWO = ("bivariate_moran", "bivariate_local_moran", "lee_l", "local_lee")
MODELS = ("ols", "slx", "lag", "error", "sarar", "durbin", "durbin_error", "gns", "mess")


def calls(units: Any, w: Any, y: str, x: str) -> dict[str, Callable[[], Any]]:
    """Each call by its name, with the options that it has where none are given."""
    import gbaspatial as gba

    ac, models = gba.autocorrelation, gba.models
    formula, text = f"log({y}) ~ log({x})", f"{y} ~ {x}"
    high = (units[y] > units[y].median()).astype(int)

    def lag() -> Any:
        return models.lag(formula, units, w)

    return {
        "nothing": lambda: None,
        **{name: (lambda name=name: getattr(ac, name)(units[y], w)) for name in ONE},
        **{name: (lambda name=name: getattr(ac, name)(units[y], units[x], w)) for name in TWO},
        "join_count": lambda: ac.join_count(high, w.binary()),
        "local_join_count": lambda: ac.local_join_count(high, w.binary()),
        "moran_matrix": lambda: ac.moran_matrix(units[[y, x]], w),
        "correlogram": lambda: ac.correlogram(units[y], w),
        "correlogram_by_distance": lambda: ac.correlogram_by_distance(units[y], units),
        **{name: (lambda name=name: getattr(models, name)(formula, units, w)) for name in MODELS},
        "lag by moments": lambda: models.lag(formula, units, w, method="gmm"),
        "summary of lag": lambda: str(lag().summary()),
        "lag.impacts": lambda: lag().impacts(rng=1),
        "lag.bootstrap": lambda: lag().bootstrap(rng=1),
        "lag.profile": lambda: lag().profile("rho"),
        "lag.influence": lambda: lag().influence(),
        "lag.diagnostics": lambda: lag().diagnostics(w).to_frame(),
        "ols.diagnostics": lambda: models.ols(formula, units, w).diagnostics(w).to_frame(),
        "moran of residuals": lambda: ac.moran(models.ols(formula, units, w), w),
        "compare": lambda: gba.tables.compare({"a": models.ols(text, units, w), "b": models.lag(text, units, w)}),
        "over_weights": lambda: models.over_weights(formula, units, {"a": w, "b": w.binary()}),
        "gini": lambda: gba.disparity.gini(units[y]),
        "theil": lambda: gba.disparity.theil(units[y]),
        "spatial_gini": lambda: gba.disparity.spatial_gini(units[y], w),
        "choropleth": lambda: gba.maps.atlas(units, gba.maps.choropleth(y)),
        "weights.nearest": lambda: gba.weights.nearest(units, k=4),
        "weights.delaunay": lambda: gba.weights.delaunay(units),
        "weights.kernel": lambda: gba.weights.kernel(units),
        "weights.inverse_distance": lambda: gba.weights.inverse_distance(units),
    }


def taken(work: Callable[[], Any]) -> tuple[float, str]:
    """CPU seconds that a copy of this process takes for `work`, with all threads and children; what stopped it."""
    read, write = os.pipe()
    child = os.fork()
    if not child:
        told = ""
        try:
            with contextlib.redirect_stdout(io.StringIO()), warnings.catch_warnings():
                warnings.simplefilter("ignore")
                work()
        except BaseException as error:
            told = f"{type(error).__name__}: {error}"
        os.write(write, told.encode()[:4000])
        os._exit(0)
    os.close(write)
    with os.fdopen(read) as pipe:
        told = pipe.read()
    used = os.wait4(child, 0)[2]
    return used.ru_utime + used.ru_stime, told


def main() -> None:
    """Measure, slowest first."""
    given = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    given.add_argument("names", nargs="*")
    given.add_argument("--kept", action="store_true", help="each call follows another one that compiled the loops")
    asked = given.parse_args()
    warnings.simplefilter("ignore")
    rows = []
    for area, place in areas().items():
        for name, work in calls(*place).items():
            if asked.names and name not in asked.names:
                continue
            with tempfile.TemporaryDirectory() as cache:
                os.environ["NUMBA_CACHE_DIR"] = cache
                seconds, told = taken(work)
                if asked.kept:
                    seconds, told = taken(work)
            rows.append({"area": area, "call": name, "seconds": round(seconds, 3), "stopped": told or None})
            print(f"{area:10} {name:26} {seconds:7.3f} {told[:90]}", flush=True)
    rows.sort(key=lambda row: -row["seconds"])
    if not asked.names and not asked.kept:
        kept = {"python": platform.python_version(), "goals": GOALS, "rows": rows}
        RESULTS.write_text(json.dumps(kept, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
