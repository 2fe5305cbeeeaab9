"""How many threads linear algebra uses: one, where thousands of small matrices are worked on."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def one_thread() -> Iterator[None]:
    """BLAS with one thread inside, with as many as before after.

    Matrices of some hundred rows are too small to share: threads that wait for each other take more time than they
    save. And the last bits of a sum hang on how many share it, so that one thread writes the same digits everywhere.

    Examples
    --------
    >>> from threadpoolctl import threadpool_info
    >>> with one_thread():
    ...     {part["num_threads"] for part in threadpool_info() if part["user_api"] == "blas"}
    {1}
    """
    import scipy.linalg  # noqa: F401 - brings a BLAS of its own, which only a limit set after it binds
    from threadpoolctl import threadpool_limits

    with threadpool_limits(1, user_api="blas"):
        yield
