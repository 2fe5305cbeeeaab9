"""What docs/performance.md shows is what was measured last, and every promise has a row that can be measured."""

import json
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT / "docs"), str(ROOT / "benchmarks")]
import bench  # noqa: E402
import make_performance as made  # noqa: E402

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
    row = bench.Row("two", lambda: {"gbaspatial": lambda: turns.append("a"), "peer": lambda: turns.append("b")})
    found = bench.measured(bench.Row(row.title, row.make, times=lambda side: 1.0), 2)
    assert turns == ["a", "b", "a", "b"]
    assert found == {"gbaspatial": [1.0, 1.0], "peer": [1.0, 1.0]}
