"""Refits a second against spreg at n = 11, and impacts with 1,000 draws at n = 1,000: side by side in one run.

python benchmarks/impacts.py
"""

from __future__ import annotations

import contextlib
import io
import time

import numpy as np
import pandas as pd

import gbaspatial as gba
from gbaspatial.weights import Weights


def seconds(work, times: int = 3) -> float:  # type: ignore[no-untyped-def]
    """The best of some runs."""
    best = np.inf
    for _ in range(times):
        start = time.perf_counter()
        work()
        best = min(best, time.perf_counter() - start)
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

    from gbaspatial.models import batch

    cities = gba.load_cities(year=2019)
    w = gba.weights.contiguity(cities, links=2019).row_standardized()
    fit = gba.models.lag("log(gdp_pc_cny) ~ log(employment)", cities, w)
    ours = batch.batch_of(fit.problem())
    Y = fit.design.y[:, None] + 0.1 * np.random.default_rng(1).standard_normal((11, 9_999))
    bare = seconds(lambda: batch.refit(ours, Y))
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


def impacts() -> None:
    w = lattice(40)
    rng = np.random.default_rng(2)
    data = pd.DataFrame({"x": rng.standard_normal(w.n)}, index=w.ids)
    data["y"] = np.linalg.solve(np.eye(w.n) - 0.5 * w.sparse.toarray(), 1 + data["x"] + rng.standard_normal(w.n))
    fit = gba.models.lag("y ~ x", data, w)
    ours = seconds(lambda: fit.impacts(method="simulated", draws=1_000, rng=1))
    print(f"n = 1,000, impacts with 1,000 draws: {ours:.4f} s")


if __name__ == "__main__":
    refits()
    impacts()
