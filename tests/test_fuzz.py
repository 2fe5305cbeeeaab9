"""Damaged files of every format, for a minute: a frame or a sentence, no crash, no hang, no raw error."""

import sys
from pathlib import Path

import pytest

FUZZ = Path(__file__).parent / "fuzz"


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["units", "table", "w."])
@pytest.mark.skipif(not Path("/proc/self/statm").exists(), reason="memory is bounded by what /proc says")
def test_damaged_files_are_read_or_refused_in_one_sentence(tmp_path, monkeypatch, kind):
    monkeypatch.syspath_prepend(str(FUZZ))
    sys.modules.pop("run", None)
    import run

    found, count = run.fuzz(tmp_path / "fuzz", seconds=30, seed=1, only=kind)
    assert not found
    assert count > 20
