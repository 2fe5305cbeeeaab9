"""A report made again from its run.json has the same numbers, and a table that is another is named."""

import json
import sys
from pathlib import Path

import pytest

from gbaspatial.report import write_report

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "release"))
import rerun


@pytest.mark.filterwarnings("ignore::gbaspatial.errors.GbaWarning")
def test_a_report_made_again_from_its_record_has_the_same_numbers(tmp_path):
    write_report(tmp_path / "first", year=2017, seed=11, only=["autocorrelation", "cities"], lang="en", progress=False)
    record = json.loads((tmp_path / "first" / "run.json").read_text(encoding="utf-8"))
    assert (record["chapters"], record["languages"]) == (["cities", "autocorrelation"], ["en"])
    assert sum(name.endswith(rerun.NUMBERS) for name in record["made"]) > 4
    assert rerun.differing(record, tmp_path / "again") == []
    assert rerun.changed_since(record) == []
    table = next(name for name in record["made"] if name.endswith(".csv"))
    record["made"][table] = "0" * 64
    record["packages"]["numpy"] = "1.0"
    assert rerun.differing(record, tmp_path / "again") == [table]
    assert [told.split()[0] for told in rerun.changed_since(record)] == ["numpy"]
