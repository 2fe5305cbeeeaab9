"""Work by blocks: one after another, or by the cluster that `compute` names, with the same bits either way.

Whatever repeats (permutations, refits, years, values of a grid) is cut into blocks that do not know how they are
run: a block is told by its number, draws from the streams of its number, and may run twice. The results come back
in the order of the blocks, so that sums over them are in fixed order.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, replace
from os import PathLike
from typing import TYPE_CHECKING, TypeVar

from gbaspatial.options import path_of, public
from gbaspatial.progress import Work
from gbaspatial.repeated.kept import Kept, kept_in

if TYPE_CHECKING:
    from distributed import Client

B = TypeVar("B")
T = TypeVar("T")


@dataclass(frozen=True, slots=True, eq=False)
class Means:
    """What blocks are computed with: a dask `client` (None: here) and a `folder` for those that are done."""

    client: Client | None = None
    folder: str | PathLike[str] | None = None


_HERE = Means()
_means = ContextVar("_means", default=_HERE)


@contextmanager
def _compute(*, client: Client | None = None, folder: str | PathLike[str] | None = None) -> Iterator[None]:
    now = _means.get()
    if client is not None:
        from gbaspatial.repeated.cluster import check_client

        now = replace(now, client=check_client(client))
    if folder is not None:
        now = replace(now, folder=path_of(folder, "folder"))
    before = _means.set(now)
    try:
        yield
    finally:
        _means.reset(before)


@public
def compute(*, client: Client | None = None, folder: str | PathLike[str] | None = None) -> AbstractContextManager[None]:
    """Run what repeats inside on a dask cluster, and keep the blocks that are done.

    Permutations, bootstraps, power and size studies, sets of W and Monte Carlo runs are cut into blocks whose random
    numbers are keyed by (seed, block). Numbers are therefore the same, to the last bit on machines of one kind, for
    any number of workers and for none; a block whose worker dies is run again by another.

    Parameters
    ----------
    client : distributed.Client, optional
        Of a running cluster, such as ``Client(LocalCluster(n_workers=4, threads_per_worker=1))``. None computes here.
    folder : path, optional
        Where each block of numbers is written as soon as it is done. The same call of the same version then reads
        it back, so that work that was stopped, by Ctrl-C or by the end of the machine's time, goes on where it was.
        Delete the folder when it has served.

    Returns
    -------
    context manager

    Raises
    ------
    OptionError
        If `client` is no client, or not connected.
    MissingPackageError
        Without dask.distributed: ``pip install 'gbaspatial[distributed]'``.
    ClusterError
        Inside, if a block ends its worker again and again, no worker is left, or workers have other versions.

    Notes
    -----
    Threads of BLAS decide the last bits: workers use as many as this process does for the time of a block.

    Examples
    --------
    >>> import tempfile
    >>> import gbaspatial as gba
    >>> cities = gba.load_cities(year=2019)
    >>> w = gba.weights.contiguity(cities, links=2019).row_standardized()
    >>> with gba.compute(folder=tempfile.mkdtemp()):
    ...     kept = gba.autocorrelation.moran(cities["gdp_pc_cny"], w, inference="permutation", draws=999, rng=1)
    >>> plain = gba.autocorrelation.moran(cities["gdp_pc_cny"], w, inference="permutation", draws=999, rng=1)
    >>> kept.p_value == plain.p_value
    True
    """
    return _compute(client=client, folder=folder)


def in_pieces() -> bool:
    """Whether work is to be cut finer than one process needs: for the workers of a cluster, or to be kept."""
    means = _means.get()
    return means.client is not None or means.folder is not None


def spans(start: int, stop: int, step: int) -> list[tuple[int, int]]:
    """The whole numbers from `start` to `stop` (not with it) in pieces of `step`.

    Examples
    --------
    >>> spans(0, 5, 2)
    [(0, 2), (2, 4), (4, 5)]
    """
    return [(first, min(first + step, stop)) for first in range(start, stop, step)]


def map_blocks(work: Callable[[B], T], blocks: Sequence[B], what: str, *, told_inside: bool = False) -> Iterator[T]:
    """``work(block)`` of each of `blocks`, in their order, telling of them as `what`.

    Parameters
    ----------
    work : callable
        Its answer depends on the block alone. Numbers, arrays and tuples of these can be kept in a folder. It is sent
        to workers with all it holds, once each.
    blocks : sequence
        Small things that say what to do, such as the first draw of each.
    what : str
        For the line of progress, such as "permutations".
    told_inside : bool
        Whether `work` tells of its own parts, which is better to see where there is one block only.

    Examples
    --------
    >>> list(map_blocks(abs, [-1, 2], "numbers"))
    [1, 2]
    """
    means = _means.get()
    kept = None if means.folder is None else kept_in(means.folder, work, what)
    if told_inside and len(blocks) == 1:
        yield from _results(work, blocks, means, kept)
        return
    with Work(what, len(blocks)) as told:
        for result in _results(work, blocks, means, kept):
            yield result
            told.advance()


def _results(work: Callable[[B], T], blocks: Sequence[B], means: Means, kept: Kept | None) -> Iterator[T]:
    if means.client is None:
        for block in blocks:
            yield _kept_or_made(work, block, kept)
        return
    from gbaspatial.repeated.cluster import on_cluster

    yield from on_cluster(means.client, work, blocks, kept)


def _kept_or_made(work: Callable[[B], T], block: B, kept: Kept | None) -> T:
    if kept is None:
        return work(block)
    found = kept.read(block)
    if found is not None:
        return found.value
    result = work(block)
    kept.write(block, result)
    return result
