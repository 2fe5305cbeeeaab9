"""Blocks on a cluster of dask.distributed: sent a few at a time, given back in order, none lost with its worker.

This is the one module that knows dask. The work is sent as bytes that the scheduler holds, so that it survives the
worker that opened it; a block whose worker died is given to another by the scheduler. What is stopped, by an error
or by the user, leaves no block behind that would hold up the next work, and keeps those that are done.
"""

from __future__ import annotations

import time
import warnings
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import CancelledError
from contextlib import suppress
from importlib.metadata import PackageNotFoundError, version
from itertools import islice
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

from gbaspatial.errors import ClusterError, OptionError, import_extra
from gbaspatial.progress import silenced
from gbaspatial.repeated.kept import Found, Kept

if TYPE_CHECKING:
    from distributed import Client


B = TypeVar("B")
T = TypeVar("T")

AHEAD = 4  # blocks for each thread of the cluster that wait or run: enough to keep it busy, few enough to hold
LOOK_S = 2.0  # between two looks whether there are workers
ALONE_S = 60.0  # without any worker, before the work is given up: a nanny takes some seconds to start one again
AGAIN = 3  # times that a block is sent anew because the scheduler let it go with a worker that died
ALIKE = ("gbaspatial", "numpy", "scipy", "numba")  # versions that decide numbers


class Dropped(Exception):
    """The scheduler let a block go although the cluster runs: what it stood on died with a worker."""


class Held(NamedTuple):
    """The work as workers get it: pickled, with the versions and the threads of BLAS it was made under."""

    content: bytes
    versions: tuple[str, ...]
    threads: int | None


def check_client(client: object) -> Client:
    """`client`, if it is a connected client of dask.distributed that can be waited for."""
    known = import_extra("distributed", extra="distributed").Client
    if not isinstance(client, known):
        raise OptionError(
            f"client is a {type(client).__name__}; give a distributed.Client, such as "
            f"Client(LocalCluster(n_workers=2, threads_per_worker=1))."
        )
    if client.status != "running" or client.asynchronous:
        raise OptionError(
            f"client={client.status!r} cannot be waited for; give one that is connected and not asynchronous."
        )
    return client


def on_cluster(client: Client, work: Callable[[B], T], blocks: Sequence[B], kept: Kept | None) -> Iterator[T]:
    """``work(block)`` of each block in order, computed by the workers of `client`."""
    rest, waiting = iter(blocks), deque[tuple[B, Any, "Found | None"]]()
    held = Held(_pickled(work), _versions(), _blas_threads())
    opened = _open(client, held)
    try:
        while True:
            for block in islice(rest, max(AHEAD * max(_threads_of(client), 1) - len(waiting), 0)):
                found = None if kept is None else kept.read(block)
                sent = None if found else client.submit(_run, opened, block, pure=False)
                waiting.append((block, sent, found))
            if not waiting:
                return
            block, sent, found = waiting[0]
            for left in reversed(range(AGAIN)):
                try:
                    result = found.value if found else _waited(client, sent, block)
                    break
                except Dropped:
                    if not left:
                        raise ClusterError(
                            f"the cluster let block {block!r} go {AGAIN} times; look into the logs of its workers."
                        ) from None
                    opened.release()
                    opened = _open(client, held)
                    sent = client.submit(_run, opened, block, pure=False)
                    waiting[0] = (block, sent, None)
            if kept is not None and not found:
                kept.write(block, result)
            waiting.popleft()
            yield result
    finally:
        _let_go(client, [(block, sent) for block, sent, _ in waiting if sent is not None], kept)
        opened.release()


def _open(client: Client, held: Held) -> Any:
    return _quietly(lambda: client.submit(_opened, held, pure=False))


def _opened(held: Held) -> tuple[Callable[[Any], Any], int | None]:
    """On a worker, once: the work, if this worker would give the same numbers as the caller."""
    import pickle

    here = _versions()
    for name, wanted, found in zip(ALIKE, held.versions, here, strict=True):
        if wanted != found:
            raise ClusterError(
                f"a worker has {name} {found}, the caller {wanted}, so that numbers might differ; install the same "
                f"versions on all machines of the cluster."
            )
    return pickle.loads(held.content), held.threads


def _run(opened: tuple[Callable[[B], T], int | None], block: B) -> T:
    """On a worker: one block, with as many threads of BLAS as the caller has, since they decide the last bits."""
    work, threads = opened
    if threads is not None:
        from threadpoolctl import threadpool_limits

        threadpool_limits(threads, user_api="blas")
    with silenced():
        return work(block)


def _waited(client: Client, sent: Any, block: Any) -> Any:
    """The result of a block; `ClusterError` where none can come any more."""
    from distributed import KilledWorker, wait

    busy = time.monotonic()
    while True:
        with suppress(TimeoutError, CancelledError):
            wait([sent], timeout=LOOK_S)
        if sent.status == "error":
            error = sent.exception()
            if isinstance(error, KilledWorker):
                raise ClusterError(
                    f"block {block!r} ended the process of each worker that took it; give workers more memory, or "
                    f"look into their logs."
                ) from error
            raise error
        if sent.status == "finished":
            return sent.result()
        if sent.status in ("cancelled", "lost") and client.status == "running":
            raise Dropped
        if client.status != "running":
            raise ClusterError(f"the cluster closed before block {block!r} was done; start it again, and the work.")
        busy = time.monotonic() if _threads_of(client) else busy
        if time.monotonic() - busy > ALONE_S:
            raise ClusterError(f"there has been no worker for {ALONE_S:.0f} s; start workers, and the work again.")


def _let_go(client: Client, waiting: list[tuple[Any, Any]], kept: Kept | None) -> None:
    """Keep what is done, and cancel the rest, so that nothing of this work is in the way of the next."""
    with suppress(Exception):  # a cluster that is gone has nothing to keep or to cancel
        for block, sent in waiting:
            if kept is not None and sent.status == "finished":
                kept.write(block, sent.result(timeout=LOOK_S))
        client.cancel([sent for _, sent in waiting])


def _threads_of(client: Client) -> int:
    """Threads of all workers that are there now."""
    return sum(client.nthreads().values())


def _pickled(work: Callable[..., object]) -> bytes:
    from cloudpickle import dumps

    return bytes(dumps(work))


def _quietly(submit: Callable[[], T]) -> T:
    """`submit` without the advice to send large data otherwise: data sent so would die with their worker."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="Sending large graph", category=UserWarning)
        return submit()


def _versions() -> tuple[str, ...]:
    return tuple(_version(name) for name in ALIKE)


def _version(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return "not installed"


def _blas_threads() -> int | None:
    """How many threads BLAS has in this process; None if it cannot be told."""
    from threadpoolctl import threadpool_info

    found = [part["num_threads"] for part in threadpool_info() if part["user_api"] == "blas"]
    return max(found, default=None)
