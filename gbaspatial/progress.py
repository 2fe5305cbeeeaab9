"""How far long work has come: a line on a terminal after two seconds, nothing in a pipe or a notebook.

``for item in track(items, "years"): ...`` tells of a loop, ``with Work("permutations", total) as work:`` of
work that advances by parts (``work.advance(1_000)``, from any thread). Only the outermost work is shown.
A function with an option `progress` (True, False, or None: on a terminal only) is marked by `shows_progress`.
"""

from __future__ import annotations

import functools
import sys
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Sized
from contextlib import contextmanager
from contextvars import ContextVar
from types import TracebackType
from typing import ParamSpec, TypeVar

P = ParamSpec("P")
T = TypeVar("T")

PATIENCE_S = 2.0  # shorter work needs no telling
_STEP_S = 0.2  # a line that changes more often cannot be read, and costs time
_WIDTH = 30

_line = threading.Lock()  # held by the work that has the line: a terminal has one, whatever the threads
_asked = ContextVar("_asked", default=False)  # whether the caller wants to be told where there is no terminal too


class Work:
    """A piece of work with `total` parts that shows how far it has come.

    Parameters
    ----------
    what : str
        What is being done, such as "permutations".
    total : int
        The number of parts.
    show : bool
        False keeps it silent.

    Examples
    --------
    >>> with Work("draws", 10) as work:
    ...     work.advance(4)
    ...     work.done
    4
    """

    def __init__(self, what: str, total: int, *, show: bool = True) -> None:
        self.what, self.total, self.done = what, max(int(total), 1), 0
        self._wanted, self._first, self._shown, self._drawn = show, False, False, False
        self._lock = threading.Lock()
        self._began = self._told = 0.0

    def __enter__(self) -> Work:
        self._first = _line.acquire(blocking=False)
        self._shown = self._wanted and self._first and (_asked.get() or on_terminal())
        self._began = self._told = time.monotonic()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._first:
            _line.release()
        if self._drawn:  # the line goes away: what stays on the screen is the result
            _write("\r\x1b[K")

    def advance(self, parts: int = 1) -> None:
        """Tell that so many more parts are done."""
        with self._lock:
            self.done += parts
            if not self._shown:
                return
            now = time.monotonic()
            if now - self._began < PATIENCE_S or now - self._told < _STEP_S:
                return
            self._told, self._drawn = now, True
            _write("\r" + progress_line(self.what, self.done, self.total, now - self._began) + "\x1b[K")


def track(items: Iterable[T], what: str, *, total: int | None = None, show: bool = True) -> Iterator[T]:
    """The `items` one by one, telling how many are done; `total` is needed where they have no length.

    Examples
    --------
    >>> list(track([1, 2, 3], "years"))
    [1, 2, 3]
    """
    if total is None:
        total = len(items) if isinstance(items, Sized) else 1
    with Work(what, total, show=show) as work:
        for item in items:
            yield item
            work.advance()


@contextmanager
def silenced(silent: bool = True) -> Iterator[None]:
    """Show no progress of anything called inside (if `silent`).

    Examples
    --------
    >>> with silenced():
    ...     list(track([1, 2], "years"))
    [1, 2]
    """
    held = silent and _line.acquire(blocking=False)
    try:
        yield
    finally:
        if held:
            _line.release()


@contextmanager
def asked() -> Iterator[None]:
    """Tell of long work inside wherever standard error goes, a notebook or a log among them.

    Examples
    --------
    >>> with asked():
    ...     list(track([1, 2], "years"))
    [1, 2]
    """
    before = _asked.set(True)
    try:
        yield
    finally:
        _asked.reset(before)


def shows_progress(function: Callable[P, T]) -> Callable[P, T]:
    """Obey the option `progress` of `function`: True tells everywhere, False nowhere, None on a terminal only.

    It stands above `public`, which refuses other values.

    Examples
    --------
    >>> @shows_progress
    ... def squares(numbers, *, progress: bool | None = None):
    ...     return [number**2 for number in track(numbers, "squares")]
    >>> squares([1, 2], progress=False)
    [1, 4]
    """

    @functools.wraps(function)
    def _told(*args: P.args, **kwargs: P.kwargs) -> T:
        wanted = kwargs.get("progress")
        if wanted is None:
            return function(*args, **kwargs)
        with asked() if wanted is True else silenced(wanted is False):
            return function(*args, **kwargs)

    return _told


def on_terminal() -> bool:
    """Whether standard error is a terminal that can rewrite a line."""
    try:
        return bool(sys.stderr.isatty())
    except (AttributeError, ValueError):  # no stream at all, or one that is closed
        return False


def progress_line(what: str, done: int, total: int, seconds: float) -> str:
    """One line: what, a bar, the share done and the time left.

    Examples
    --------
    >>> progress_line("draws", 25, 100, 5.0)
    'draws [#######.......................]  25 %  about 15 s left'
    """
    share = min(done / total, 1.0)
    filled = int(share * _WIDTH)
    bar = "#" * filled + "." * (_WIDTH - filled)
    left = f"  about {seconds * (1 - share) / share:.0f} s left" if share > 0 else ""
    return f"{what} [{bar}] {100 * share:3.0f} %{left}"


def _write(text: str) -> None:
    try:
        sys.stderr.write(text)
        sys.stderr.flush()
    except (OSError, ValueError):  # a terminal that went away is no reason to lose the work
        return
