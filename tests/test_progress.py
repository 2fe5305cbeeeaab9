"""Progress is a line on a terminal, after two seconds, and never anything else."""

import io

import pytest

from gbaspatial import progress


class Terminal(io.StringIO):
    def isatty(self):
        return True


@pytest.fixture
def clock(monkeypatch):
    now = [0.0]
    monkeypatch.setattr(progress.time, "monotonic", lambda: now[0])
    return now


def run(clock, seconds_each, show=True):
    for _ in progress.track(range(10), "years", show=show):
        clock[0] += seconds_each


def test_long_work_on_a_terminal_is_told_and_wiped_away(clock, monkeypatch):
    shown = Terminal()
    monkeypatch.setattr(progress.sys, "stderr", shown)
    run(clock, 1.0)
    assert "years [" in shown.getvalue()
    assert "50 %  about 5 s left" in shown.getvalue()
    assert shown.getvalue().endswith("\r\x1b[K")


@pytest.mark.parametrize(
    ("stream", "seconds", "show"),
    [(Terminal, 0.1, True), (io.StringIO, 1.0, True), (Terminal, 1.0, False)],
    ids=["short", "pipe", "show=False"],
)
def test_silent(clock, monkeypatch, stream, seconds, show):
    shown = stream()
    monkeypatch.setattr(progress.sys, "stderr", shown)
    run(clock, seconds, show)
    assert shown.getvalue() == ""


def test_only_the_outermost_work_is_told(clock, monkeypatch):
    shown = Terminal()
    monkeypatch.setattr(progress.sys, "stderr", shown)
    with progress.Work("report", 2) as work:
        run(clock, 1.0)
        assert shown.getvalue() == ""
        work.advance()
    assert "report [" in shown.getvalue()
    assert "years" not in shown.getvalue()


def test_silenced_holds_for_all_inside_and_ends(clock, monkeypatch):
    shown = Terminal()
    monkeypatch.setattr(progress.sys, "stderr", shown)
    with progress.silenced():
        run(clock, 1.0)
    assert shown.getvalue() == ""
    with progress.silenced(False):
        run(clock, 1.0)
    assert shown.getvalue() != ""


def test_a_stream_that_is_gone_loses_no_work(clock, monkeypatch):
    monkeypatch.setattr(progress.sys, "stderr", None)
    run(clock, 1.0)


def test_an_error_inside_leaves_no_line_and_no_silence(clock, monkeypatch):
    shown = Terminal()
    monkeypatch.setattr(progress.sys, "stderr", shown)

    def fail():
        with progress.Work("draws", 4) as work:
            clock[0] += 3
            work.advance()
            raise KeyError

    with pytest.raises(KeyError):
        fail()
    assert shown.getvalue().endswith("\r\x1b[K")
    shown.truncate(0)
    run(clock, 1.0)
    assert "years" in shown.getvalue()
