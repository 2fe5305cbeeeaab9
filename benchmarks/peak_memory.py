"""What a piece of work adds to the memory of its process at most, as the kernel counts it (Linux only).

`ru_maxrss` will not do: a new process begins with the peak of the one that started it.
"""

from __future__ import annotations

import contextlib
import ctypes
import gc
from collections.abc import Callable
from pathlib import Path
from typing import Any

_STATUS, _FORGET = Path("/proc/self/status"), Path("/proc/self/clear_refs")


def added(work: Callable[[], Any]) -> float:
    """MiB that this process holds at most while doing `work`, above what it needs when it begins.

    What was freed before, yet kept by the allocator, is given back first: else the work would live on it for nothing.
    """
    gc.collect()
    with contextlib.suppress(OSError, AttributeError):  # another libc keeps what it keeps
        ctypes.CDLL("libc.so.6").malloc_trim(0)
    _FORGET.write_text("5")  # the peak so far
    before = held("VmRSS")
    work()
    return max(held("VmHWM") - before, 0.0)


def held(what: str) -> float:
    """MiB of this process: ``"VmRSS"`` now, ``"VmHWM"`` at most since the peak was forgotten."""
    return float(_STATUS.read_text().partition(f"{what}:")[2].split()[0]) / 1024
