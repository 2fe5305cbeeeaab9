"""What docs/performance.md shows is what was measured last, and every promise has a row that can be measured."""

import json
import sys
from pathlib import Path

import numpy as np
import pytest

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT / "docs"), str(ROOT / "benchmarks")]
import bench  # noqa: E402
import make_performance as made  # noqa: E402
import peak_memory  # noqa: E402

FOUND = json.loads(made.RESULTS.read_text(encoding="utf-8"))


def test_the_page_shows_what_was_measured():
    page = made.PAGE.read_text(encoding="utf-8")
    assert made.renewed(page, FOUND) == page, "run python docs/make_performance.py"


def test_what_was_measured_are_rows_of_today():
    every = bench.rows()
    assert {row["row"] for row in FOUND["rows"]} <= set(every)
    for row in FOUND["rows"]:
        assert (row["title"], row["goal"], row["limit_seconds"]) == (
            every[row["row"]].title, every[row["row"]].goal, every[row["row"]].limit,
        )  # fmt: skip


@pytest.mark.parametrize("row", FOUND["rows"], ids=lambda row: row["row"])
def test_ratios_and_verdicts_follow_from_the_seconds(row):
    own, peers = row["cpu_seconds"]["gbaspatial"], [v for s, v in row["cpu_seconds"].items() if s != "gbaspatial"]
    assert row["ratio"] == (round(min(peers) / own, 2) if peers else None)
    if row["limit_seconds"] is not None:
        assert row["kept"] is (own <= row["limit_seconds"])
    elif row["goal"] is not None:
        assert row["kept"] is (row["ratio"] >= row["goal"])


def test_sides_are_measured_by_turns():
    turns = []

    def _outside(side):
        turns.append(side)
        return 1.0, 2.0

    found = bench.measured(bench.Row("two", names=("gbaspatial", "peer"), outside=_outside), 2)
    assert turns == ["gbaspatial", "peer", "gbaspatial", "peer"]
    assert found == {"gbaspatial": [(1.0, 2.0)] * 2, "peer": [(1.0, 2.0)] * 2}


def test_short_work_is_repeated_until_a_clock_can_tell():
    done = []
    row = bench.Row("short", n=3, make=lambda n: {"gbaspatial": lambda: done.append(n)})
    found = bench.measured(row, 2)
    assert [len(turns) for turns in found.values()] == [2]
    assert set(done) == {3}
    assert len(done) == 1 + 1 + 2 * 200  # to warm up, to count, and two turns


@pytest.mark.skipif(not Path("/proc/self/clear_refs").exists(), reason="the kernel counts no peaks here")
def test_memory_is_what_the_work_adds_at_most():
    before = np.ones(20 * 2**17)  # 20 MiB held and 20 MiB freed before count for nothing
    del before
    assert 38 < peak_memory.added(lambda: np.ones(40 * 2**17).sum()) < 50
    assert peak_memory.added(lambda: None) < 5
