"""A real cluster of processes gives the bits that one process gives, whatever happens to its workers."""

import os
import signal
import threading
import time

import numpy as np
import pandas as pd
import pytest

import gbaspatial as gba
from gbaspatial.errors import ClusterError, DataError, OptionError
from gbaspatial.repeated import cluster
from gbaspatial.repeated.blocks import map_blocks, spans
from gbaspatial.weights import from_pairs

distributed = pytest.importorskip("distributed")
pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")


@pytest.fixture(scope="module")
def client():
    made = distributed.LocalCluster(n_workers=2, threads_per_worker=1, processes=True, dashboard_address=None)
    with made, distributed.Client(made) as connected:
        yield connected


@pytest.fixture(scope="module")
def crowd():
    """Seven workers in threads of this process: as many as a cluster of seven, without its start."""
    made = distributed.LocalCluster(n_workers=7, threads_per_worker=1, processes=False, dashboard_address=None)
    with made, distributed.Client(made, set_as_default=False) as connected:
        yield connected


def ring(n):
    at = np.arange(n)
    pairs = pd.DataFrame({"focal": np.r_[at, at], "neighbor": np.r_[(at + 1) % n, (at - 1) % n]})
    return from_pairs(pairs).row_standardized()


W = ring(60)
_rng = np.random.default_rng(3)
Y = pd.Series(_rng.normal(size=60).cumsum(), W.ids, name="y")
X = pd.Series(_rng.normal(size=60), W.ids, name="x")
DATA = pd.DataFrame({"y": Y, "x": X})
FIT = gba.models.lag("y ~ x", DATA, W)
PANEL = pd.concat({t: X + t * _rng.normal(size=60) for t in (1, 2, 3)}).swaplevel().rename_axis(["unit", "year"])
LONG = PANEL.rename("y").to_frame().assign(x=_rng.normal(size=180))
PANEL_FIT = gba.models.panel_lag("y ~ x", LONG, W)
DRAWN = {"inference": "permutation", "draws": 2999, "rng": 5}
SECOND = gba.weights.from_pairs(pd.DataFrame({"focal": range(60), "neighbor": [(i + 7) % 60 for i in range(60)]}))
_units = [f"u{i}" for i in range(8)]
TRADE = pd.DataFrame([(a, b) for a in _units for b in _units], columns=["origin", "destination"])
TRADE["km"] = _rng.uniform(10, 900, len(TRADE))
TRADE["trade"] = _rng.gamma(2.0, 50 / np.sqrt(TRADE["km"]) * np.where(TRADE["origin"] == TRADE["destination"], 3, 1))
GRAVITY = gba.spillover.gravity(TRADE, "trade ~ log(km)")
WORK = {
    "moran": lambda: gba.autocorrelation.moran(Y, W, **DRAWN),
    "geary": lambda: gba.autocorrelation.geary(Y, W, **DRAWN),
    "join_count": lambda: gba.autocorrelation.join_count((Y > 0).rename("high"), W.binary(), **DRAWN),
    "lee_l": lambda: gba.autocorrelation.lee_l(Y, X, W, **DRAWN),
    "local_moran": lambda: gba.autocorrelation.local_moran(Y, W, **DRAWN),
    "local_geary": lambda: gba.autocorrelation.local_geary(Y, W, **DRAWN),
    "bootstrap": lambda: FIT.bootstrap(draws=2999, rng=5),
    "power": lambda: gba.inference.power("join_count", W, rho=[0.0, 0.3, 0.6], draws=999),
    "over_weights": lambda: gba.models.over_weights("y ~ x", DATA, {"ring": W, "far": SECOND}),
    "over_weights of a panel": lambda: gba.models.over_weights("y ~ x", LONG, {"ring": W, "far": SECOND}),
    "bootstrapped impacts": lambda: FIT.impacts(method="bootstrap", draws=199, rng=5),
    "equilibrium": lambda: GRAVITY.without_border(draws=99, rng=5),
    "influence": lambda: FIT.influence(),
    "panel bootstrap": lambda: PANEL_FIT.bootstrap(draws=1999, rng=5),
    "directional_lisa": lambda: gba.disparity.directional_lisa(Y, X, W, draws=1999, rng=5),
    "spatial_gini": lambda: gba.disparity.spatial_gini(Y - Y.min() + 1, W, draws=1999, rng=5),
}


def bits(result):
    """Every number of a result that has a frame, and of what it was made from."""
    frames = [result.to_frame()]
    names = ("replicates", "ratios", "estimates", "counts", "frame", "imports", "totals")
    frames += [getattr(result, name) for name in names if hasattr(result, name)]
    null = getattr(result, "null", None)
    frames += [] if null is None or getattr(null, "sample", None) is None else [null.sample]
    return [np.asarray(pd.DataFrame(frame).select_dtypes("number")).tobytes() for frame in frames]


@pytest.mark.parametrize("name", WORK)
def test_a_cluster_gives_the_same_bits(client, name):
    alone = bits(WORK[name]())
    with gba.compute(client=client):
        assert bits(WORK[name]()) == alone


@pytest.mark.parametrize("name", ["moran", "local_moran", "bootstrap"])
def test_seven_workers_give_the_same_bits(crowd, name):
    alone = bits(WORK[name]())
    with gba.compute(client=crowd):
        assert bits(WORK[name]()) == alone


def test_a_long_run_begins_with_the_short_one(client):
    few = {**DRAWN, "draws": 99}
    with gba.compute(client=client):
        short, long = (gba.autocorrelation.moran(Y, W, **how).null.sample for how in (few, DRAWN))
    assert short.tobytes() == long[:99].tobytes()


def _slow(seed, span):
    time.sleep(0.2)
    return np.random.default_rng([seed, span[0]]).normal(size=3)


def _alone(count):
    return [_slow(1, span).tobytes() for span in spans(0, count, 1)]


def run(count):
    from functools import partial

    return [part.tobytes() for part in map_blocks(partial(_slow, 1), spans(0, count, 1), "numbers")]


def kill_one(client):
    pids = client.run(os.getpid)
    os.kill(next(iter(pids.values())), signal.SIGKILL)


def test_a_worker_killed_in_the_middle_loses_nothing(client):
    """The one that opened the work is as likely to be killed as the other, so that both are, one after another."""
    killer = threading.Timer(0.9, kill_one, [client])
    killer.start()
    with gba.compute(client=client):
        found = run(16)
    killer.join()
    assert found == _alone(16)
    client.wait_for_workers(2, timeout=60)


def _deadly(span):
    if span[0] == 2:
        os.kill(os.getpid(), signal.SIGKILL)
    return span[0]


def test_a_block_that_ends_each_worker_is_told_and_the_next_work_runs(client):
    distributed.wait(client.submit(int, 1))
    with gba.compute(client=client), pytest.raises(ClusterError, match=r"block \(\d, \d\) ended the process"):
        # a block whose result died with the worker that another ended may be told instead
        list(map_blocks(_deadly, spans(0, 4, 1), "numbers"))
    client.wait_for_workers(2, timeout=60)
    with gba.compute(client=client):
        assert run(3) == _alone(3)


def _fails(span):
    if span[0] == 3:
        raise DataError("unit 3 has no value.")
    return span[0]


def test_an_error_is_told_as_it_is_and_hangs_nothing(client):
    with gba.compute(client=client):
        with pytest.raises(DataError, match="unit 3 has no value"):
            list(map_blocks(_fails, spans(0, 50, 1), "numbers"))
        assert run(3) == _alone(3)


def test_what_is_stopped_keeps_what_is_done_and_goes_on(client, tmp_path):
    with gba.compute(client=client, folder=tmp_path):
        from functools import partial

        begun = map_blocks(partial(_slow, 1), spans(0, 12, 1), "numbers")
        for _ in range(3):
            next(begun)
        begun.close()  # what Ctrl-C does
        kept = {path.name: path.stat().st_mtime_ns for path in tmp_path.rglob("*.npz")}
        assert 3 <= len(kept) < 12
        assert run(12) == _alone(12)
    again = {path.name: path.stat().st_mtime_ns for path in tmp_path.rglob("*.npz")}
    assert len(again) == 12
    assert {name: again[name] for name in kept} == kept


def test_a_worker_with_another_version_is_refused(client, monkeypatch):
    monkeypatch.setattr(cluster, "_versions", lambda: ("0.0.1", "1", "1", "1"))
    with gba.compute(client=client), pytest.raises(ClusterError, match=r"a worker has gbaspatial .*the caller 0\.0\.1"):
        run(2)


def test_without_workers_it_is_told_after_a_while(monkeypatch):
    monkeypatch.setattr(cluster, "ALONE_S", 0.5)
    monkeypatch.setattr(cluster, "LOOK_S", 0.2)
    with (
        distributed.LocalCluster(n_workers=0, processes=False, dashboard_address=None) as empty,
        distributed.Client(empty, set_as_default=False) as nobody,
        gba.compute(client=nobody),
        pytest.raises(ClusterError, match="no worker"),
    ):
        run(2)


@pytest.mark.parametrize("given", ["tcp://127.0.0.1:8786", 4])
def test_what_is_no_client_is_refused(given):
    with pytest.raises(OptionError, match="give a distributed.Client"), gba.compute(client=given):
        pass


def test_a_closed_client_is_refused():
    with distributed.LocalCluster(n_workers=0, processes=False, dashboard_address=None) as made:
        closed = distributed.Client(made, set_as_default=False)
        closed.close()
        with pytest.raises(OptionError, match="connected"), gba.compute(client=closed):
            pass
