"""Code that a result writes for another program, run as whoever copies it would."""

import contextlib
import io


def run(result):
    """The names that the Python of `result.code("pysal")` leaves; it prints something, which is not shown."""
    names: dict = {}
    with contextlib.redirect_stdout(io.StringIO()) as printed:
        exec(compile(result.code("pysal"), "work.py", "exec"), names)
    assert printed.getvalue().strip()
    return names
