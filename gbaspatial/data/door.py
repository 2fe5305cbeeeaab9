"""The door of every reader: what other libraries throw leaves as one sentence of ours."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from gbaspatial.errors import FileFormatError, GbaError

LARGEST_TEXT = 2**28
"""Bytes that an archive or a view may unfold to: a larger table or layer does not belong into a packed file."""

MOST_COLUMNS = 16_384
"""Columns of a table: as many as a spreadsheet has; more is a file that was turned round, or damaged."""

MOST_CELLS = 50_000_000
"""Cells of a table, empty ones too: what a cell in the last corner of a sheet would unfold to is more."""


@contextmanager
def reading(file: Path, what: str) -> Iterator[None]:
    """Read `file` inside: an error of ours passes, any other becomes a `FileFormatError` that says `what` it is no."""
    try:
        yield
    except GbaError:
        raise
    except MemoryError as error:
        raise FileFormatError(
            f"{file.name} needs more memory than there is; it is damaged, or too large to be read at once."
        ) from error
    except RecursionError as error:
        raise FileFormatError(f"{file.name} is nested too deeply to be read as {what}.") from error
    except PermissionError as error:
        raise FileFormatError(
            f"{file.name} cannot be read: permission denied; ask for the right to read it."
        ) from error
    except Exception as error:
        raise FileFormatError(f"{file.name} cannot be read as {what} ({reason(error)}).") from error


def no_rows(name: str) -> FileFormatError:
    """The error of a table in which nothing stands."""
    return FileFormatError(f"{name} is empty; it needs a header and rows.")


def reason(error: BaseException) -> str:
    """The first line of an error of another library, short and without places of ours, to be quoted in a sentence.

    Examples
    --------
    >>> reason(ValueError("no table here.\\nTraceback ..."))
    'no table here'
    """
    lines = str(error).strip().splitlines() or [type(error).__name__]
    line = "".join(c for c in lines[0] if c.isprintable()).strip().rstrip(".;:")
    if line.isdigit() or not line:
        line = type(error).__name__
    return line if len(line) <= 160 else f"{line[:157]}..."
