"""One thread of linear algebra inside, and as many as before after, an error too."""

import pytest
from threadpoolctl import threadpool_info, threadpool_limits

from gbaspatial.repeated.threads import one_thread


def _threads() -> set[int]:
    return {part["num_threads"] for part in threadpool_info() if part["user_api"] == "blas"}


def test_linear_algebra_has_one_thread_inside_and_what_it_had_after():
    with threadpool_limits(2, user_api="blas"):
        before = _threads()
        with one_thread():
            assert _threads() == {1}
        assert _threads() == before
        with pytest.raises(ZeroDivisionError), one_thread():
            raise ZeroDivisionError
        assert _threads() == before
