"""A Parquet file looked at before it is unfolded: a few bytes can stand for millions of equal values."""

from __future__ import annotations

from pathlib import Path

from gbaspatial.data.door import LARGEST_TEXT, MOST_CELLS, MOST_COLUMNS
from gbaspatial.errors import FileFormatError, import_extra


def check_parquet(file: Path) -> None:
    """Refuse a Parquet file that is cut, or whose footer declares more than a table holds.

    The file's own words are compared with its size: columns of equal values are kept in a few bytes, but a table
    of millions of them is none that anybody keeps.
    """
    size = file.stat().st_size
    with file.open("rb") as stream:
        stream.seek(max(size - 8, 0))
        tail = stream.read(8)
    if size < 12 or tail[4:] != b"PAR1" or int.from_bytes(tail[:4], "little") > size - 12:
        raise FileFormatError(f"{file.name} is cut short: it does not end as a Parquet file does; copy it again.")
    about = import_extra("pyarrow.parquet", extra="parquet").read_metadata(file)
    groups = [about.row_group(number) for number in range(about.num_row_groups)]
    unfolded = sum(group.total_byte_size for group in groups)
    cells = about.num_rows * about.num_columns
    if about.num_rows < 0 or about.num_columns > MOST_COLUMNS:
        raise FileFormatError(
            f"{file.name} declares {about.num_columns} columns and {about.num_rows} rows; is it damaged?"
        )
    if (cells > MOST_CELLS and cells > 4 * size) or (unfolded > LARGEST_TEXT and unfolded > 50 * size):
        raise FileFormatError(
            f"{file.name} of {size / 1e6:,.1f} MB declares {cells:,} cells, which no table of this size holds; "
            f"is it damaged?"
        )
