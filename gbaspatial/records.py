"""Tables as JSON and back: full numbers, names of rows and columns as they are, nothing that runs when it is read."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from gbaspatial import typesetting
from gbaspatial.errors import FileFormatError, door_of, own_names
from gbaspatial.filenames import file_of

FORMAT = "gbaspatial result 1"


def place(path: str | Path) -> Path:
    """A path that ends in .json.

    Raises
    ------
    FileFormatError
        If it does not.
    """
    found = file_of(path)
    if found.suffix.lower() != ".json":
        raise FileFormatError(f"{found.name!r} does not end in .json: results are kept as JSON; name it so.")
    return found


def text_of(content: Mapping[str, object]) -> str:
    """JSON as every reader takes it: no NaN, no infinity, Chinese as it is."""
    return json.dumps(content, ensure_ascii=False, indent=1, allow_nan=False)


def content_of(text: str, where: str) -> dict[str, Any]:
    """What JSON holds.

    Raises
    ------
    FileFormatError
        If `text` is no JSON object.
    """
    try:
        found = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise FileFormatError(f"{where} is no JSON ({error}); give a file that to_json wrote.") from None
    if not isinstance(found, dict):
        raise FileFormatError(f"{where} holds JSON, but no object; give a file that to_json wrote.")
    return found


def rows_of(frame: pd.DataFrame, labelled: bool, texts: Mapping[Any, str | Callable[[Any], str]]) -> dict[str, Any]:
    """Columns and rows of a frame: by row a mapping from names to full values; what is missing is null.

    Parameters
    ----------
    frame : pandas.DataFrame
    labelled : bool
        Whether the index belongs to the table.
    texts : mapping
        By column: how its cells are written, a format or a function; a function is kept as the texts that it gives.

    Examples
    --------
    >>> rows_of(pd.DataFrame({"p": [0.5]}, index=pd.Index(["Macao"], name="city")), True, {"p": ".1f"})["rows"]
    [{'city': 'Macao', 'p': 0.5}]
    """
    levels = [frame.index.get_level_values(level) for level in range(frame.index.nlevels)] if labelled else []
    columns = [(level.name, pd.Series(level), True) for level in levels]
    columns += [(name, frame.iloc[:, place], False) for place, name in enumerate(frame.columns)]
    keys = _unlike([_word(name) for name, _, _ in columns])
    about = [
        {"key": key, "name": _name(name), "kind": _kind(values), "index": index} | _writing(texts, name, values, index)
        for key, (name, values, index) in zip(keys, columns, strict=True)
    ]
    cells = [[_cell(value) for value in values] for _, values, _ in columns]
    heads = [_name(name) for name in frame.columns.names]
    return {
        "column_names": heads,
        "columns": about,
        "rows": [dict(zip(keys, row, strict=True)) for row in zip(*cells, strict=True)],
    }


def frame_of(record: Mapping[str, Any]) -> tuple[pd.DataFrame, dict[Any, str | Callable[[Any], str]]]:
    """The frame that `rows_of` told, and how its cells are written.

    Examples
    --------
    >>> told = rows_of(pd.DataFrame({"p": [0.5, np.inf]}, index=["a", "b"]), True, {})
    >>> frame_of(told)[0]["p"].tolist()
    [0.5, inf]
    """
    rows, about = record["rows"], record["columns"]
    values = [_column([row[one["key"]] for row in rows], one["kind"]) for one in about]
    index = [(pd.Index(v, name=_named(one["name"]))) for one, v in zip(about, values, strict=True) if one["index"]]
    inside = [(_named(one["name"]), v) for one, v in zip(about, values, strict=True) if not one["index"]]
    frame = pd.DataFrame(dict(enumerate(v for _, v in inside)), index=range(len(rows)))
    frame.columns = _labels([name for name, _ in inside]).set_names([_named(name) for name in record["column_names"]])
    if index:
        frame.index = index[0] if len(index) == 1 else pd.MultiIndex.from_arrays(index)
    return frame, {_named(one["name"]): _written(one["format"], rows, one) for one in about if "format" in one}


def _labels(names: list[object]) -> pd.Index:
    return pd.MultiIndex.from_tuples(names) if names and all(isinstance(n, tuple) for n in names) else pd.Index(names)


def _word(name: object) -> str:
    return " ".join(map(str, name)) if isinstance(name, tuple) else "index" if name is None else str(name)


def _unlike(words: list[str]) -> list[str]:
    found: list[str] = []
    for word in words:
        found.append(
            word if word not in found else next(f"{word}_{i}" for i in range(2, 10**6) if f"{word}_{i}" not in found)
        )
    return found


def _name(name: object) -> Any:
    return [_name(part) for part in name] if isinstance(name, tuple) else _cell(name)


def _named(name: object) -> Any:
    return tuple(_named(part) for part in name) if isinstance(name, list) else name


def _kind(values: pd.Series) -> str:
    kinds = {"f": "float", "i": "whole", "u": "whole", "b": "flag", "M": "datetime"}
    is_string = isinstance(values.dtype, pd.StringDtype)
    return "string" if is_string else kinds.get(getattr(values.dtype, "kind", "O"), "mixed")


def _cell(value: object) -> Any:
    value = typesetting.plain(value)
    if value is pd.NA or value is pd.NaT or value is None:
        return None
    if isinstance(value, float) and not np.isfinite(value):
        return None if np.isnan(value) else "inf" if value > 0 else "-inf"
    if isinstance(value, pd.Timestamp):
        return value.isoformat()
    return value if isinstance(value, (bool, int, float, str)) else str(value)


def _column(cells: list[Any], kind: str) -> pd.Series:
    if kind == "float":
        return pd.Series([np.nan if cell is None else float(cell) for cell in cells], dtype=float)
    if kind == "datetime":
        return pd.Series(pd.to_datetime(cells))
    if kind == "string":
        return pd.Series(cells, dtype="str")
    types = {"whole": "int64", "flag": "bool"}
    missing = any(cell is None for cell in cells)  # whole numbers that pandas keeps with gaps
    return pd.Series(cells, dtype=types.get(kind, "object") if not missing else "object")


def _writing(texts: Mapping[Any, Any], name: Any, values: pd.Series, index: bool) -> dict[str, Any]:
    how = None if index else texts.get(name)
    if how is None:
        return {}
    return {"format": how if isinstance(how, str) else [how(value) for value in values]}


def _written(how: Any, rows: list[dict[str, Any]], about: Mapping[str, Any]) -> str | Callable[[Any], str]:
    if isinstance(how, str):
        return how
    known = {row[about["key"]]: text for row, text in zip(rows, how, strict=True)}
    return lambda value: known[_cell(value)]


__getattr__, __dir__ = door_of(__name__, own_names(globals()))
