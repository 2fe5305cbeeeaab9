"""Reading and writing W: GAL, GWT, Matrix Market, CSV, Parquet, npz, Stata text, ArcGIS SWM, JSON."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from scipy import sparse

from gbaspatial.alignment import check_same_units, check_units
from gbaspatial.data.files import existing
from gbaspatial.errors import (
    AlignmentError,
    FileFormatError,
    GbaError,
    MissingDataError,
    MissingFileError,
    OptionError,
    UnknownNameError,
    nearest_names,
    some,
)
from gbaspatial.filenames import file_of
from gbaspatial.options import path_of, public, word
from gbaspatial.weights.adoption import as_weights
from gbaspatial.weights.core import Weights
from gbaspatial.weights.diagonal import Diagonal, without_self_links
from gbaspatial.weights.exchange import matrix_market, numbered_formats, table_formats, text_formats
from gbaspatial.weights.exchange.lossless_formats import (
    checked_description,
    description,
    read_json,
    read_npz,
    read_parquet,
    write_json,
    write_npz,
    write_parquet,
)
from gbaspatial.weights.exchange.text_formats import Links
from gbaspatial.weights.recipe import Recipe
from gbaspatial.weights.scaling import false_claim
from gbaspatial.writing import replace_file

if TYPE_CHECKING:
    from gbaspatial.alignment import Label


MOST_UNITS = 10_000_000  # of a W that is read: their labels alone take a gigabyte


@public
def read(path: str | Path, *, ids: Iterable[Label] | None = None, diagonal: Diagonal = "error") -> Weights:
    """Read W from a file; its ending says how.

    Parameters
    ----------
    path : str or Path
        ``.gal, .gwt, .kwt`` (GeoDa, PySAL, R), ``.mtx`` (Matrix Market), ``.csv`` (separated by
        comma, semicolon or tab) and ``.parquet`` (columns ``focal, neighbor, weight``; a unit
        with itself and weight zero is an island), ``.csv`` of a square matrix (labels in the first
        row and column, in the first row, or none), ``.npz``, ``.txt`` (Stata ``spmatrix`` and
        ``spmat``), ``.swm`` (ArcGIS), ``.json``.
    ids : iterable, optional
        The labels of all units, in the wanted order. Matched with those of the file by
        text (``7``, ``"7"`` and ``"7.0"`` are the same; so are ``Hong_Kong`` and ``Hong Kong``), so that integer
        labels come back as integers. Needed for formats that cannot hold all units (GWT with
        islands; a Matrix Market file of other software).
    diagonal : {"error", "drop"}
        What to do with links of units with themselves, which kernel weights of GeoDa and
        libpysal have and a W has not: refuse them, or leave them out and warn.

    Returns
    -------
    Weights
        JSON, npz, Parquet and Matrix Market files written by `write` also bring back
        recipe, standardization and island policy. Text formats give text labels, so
        leading zeros are safe.

    Raises
    ------
    MissingFileError
        If there is no such file.
    FileFormatError
        If the ending is unknown or the content is not what it says.
    UnknownNameError
        If the file names units that are not among `ids`.
    WeightsError
        If a unit is linked with itself, unless ``diagonal="drop"``.

    Examples
    --------
    >>> import tempfile
    >>> w = Weights([[0, 1], [1, 0]], ["Hong Kong", "Shenzhen"])
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     read(write(w, Path(folder) / "w.gal")).ids.tolist()
    ['Hong Kong', 'Shenzhen']
    """
    file = path_of(path)
    how = _of(file, _READERS, "read")
    word(diagonal, ("error", "drop"), "diagonal")
    _check_no_folder(file)
    file = existing(path)
    wanted = None if ids is None else labels_of(ids, "ids")
    if wanted is not None:
        check_units(wanted, "ids")
    links = _read_with(how, file, None if wanted is None else [str(label) for label in wanted])
    labels = pd.Index(links.ids) if links.ids is not None else _numbered(links, wanted)
    matrix = _matrix_of(file, links, labels)
    if wanted is not None:
        labels, matrix = _relabelled(file, labels, matrix, wanted)
    elif links.n is not None and links.n > len(labels):
        raise FileFormatError(
            f"{file.name} says {links.n} units but names {len(labels)}, because this format cannot hold islands; "
            f"pass ids= with all labels."
        )
    about = links.about
    recipe = Recipe.from_dict(about["recipe"]) if "recipe" in about else Recipe().then("file", name=file.name)
    style = about.get("standardization", "none")
    if matrix.shape[0] > MOST_UNITS:
        raise FileFormatError(f"{file.name} says {matrix.shape[0]:,} units; more than {MOST_UNITS:,} are not read.")
    kept, dropped = without_self_links(matrix, labels, diagonal, file.name)
    broken = false_claim(style, sparse.csr_array(kept), recipe.total(), spectrum=True)
    if broken is not None and not dropped:
        raise FileFormatError(
            f"{file.name} says standardization {style!r}, but {broken}; it was changed since. Say 'none' in it, and "
            f"standardize what is read."
        )
    if dropped:
        recipe, style = recipe.then("without_diagonal", dropped=dropped), "binary" if style == "binary" else "none"
    return Weights(
        kept,
        labels.rename(about.get("id_name")),
        recipe=recipe,
        standardization=style,
        islands=about.get("islands", "zero"),
    )


@public
def write(w: Weights, path: str | Path, *, ids: pd.Series | None = None) -> Path:
    """Write `w` to a file; its ending says how (see `read`; ``.swm`` is read only).

    JSON, npz, Parquet and Matrix Market keep everything: labels, islands, weights to the
    last bit, recipe. GAL holds no weights (a warning says so if they are not all one);
    GWT holds no islands (`read` then needs ``ids``). Both hold no spaces in labels: they get
    ``_`` for them, which other software reads and `read` turns back. A file that cannot be
    written whole leaves what was there. Stata wants numbers as ids: labels that
    are not go into ``<name>.ids.csv`` beside the file.

    Parameters
    ----------
    w : Weights
    path : str or Path
    ids : pandas.Series, optional
        What each unit is called in the file, by its label in `w`, such as ``cities["adcode"]``: codes without
        spaces, which every program reads.

    Returns
    -------
    Path
        The file.

    Raises
    ------
    FileFormatError
        If the ending is unknown, or the format cannot hold the labels, or two of them would be the same in it.
    MissingFileError
        If there is no such folder.
    WritingError
        If the file cannot be written.

    Examples
    --------
    >>> import tempfile
    >>> w = Weights([[0, 0.5], [1, 0]], ["0075", "澳门"]).row_standardized()
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     read(write(w, Path(folder) / "w.json"))
    <Weights: 2 units, 2 links, row; matrix -> row_standardized>
    """
    file = file_to_write(path)
    how = _WRITERS[file.suffix.lower()]
    w = as_weights(w)
    if ids is not None:
        w = _called(w, ids)
    labels = w.ids.tolist()
    wrong = [label for label in labels if not isinstance(label, (str, int, float))]
    if wrong:
        raise FileFormatError(f"files hold text or numbers as ids, but {some(wrong)} is a {type(wrong[0]).__name__}.")
    if not file.parent.is_dir():
        raise MissingFileError(f"there is no folder {file.parent} to write {file.name} into; create it first.")
    return replace_file(file, lambda half: how(w, half), companions=numbered_formats.companions(file))


def _called(w: Weights, ids: pd.Series) -> Weights:
    """`w` with the labels that `ids` gives its units."""
    if not isinstance(ids, pd.Series):
        raise OptionError('ids= takes a Series of new labels by the units of w, such as cities["adcode"].')
    check_same_units(w.ids, ids.index, "ids")
    labels = ids.loc[w.ids]
    if labels.isna().any():
        raise MissingDataError(f"ids= has no label for {some(w.ids[labels.isna().to_numpy()])}; give each unit one.")
    check_units(pd.Index(labels), "ids")
    return Weights(
        w.sparse,
        pd.Index(labels.tolist(), name=ids.name),
        recipe=w.recipe,
        standardization=w.standardization,
        islands=w.island_policy,
    )


def file_to_write(path: str | Path) -> Path:
    """`path`, if weights can be written to it; looked at before they are made."""
    file = file_of(path)
    _of(file, _WRITERS, "written")
    return file


def _check_no_folder(file: Path) -> None:
    """Raise if a folder stands where a file is meant."""
    if file.is_dir():
        raise FileFormatError(f"{file} is a folder; give the path of a file.")


def labels_of(ids: Iterable[Label] | Mapping[Label, Label] | None, name: str) -> pd.Index:
    """`ids` as an index of labels, or `OptionError` if it is a single value."""
    if isinstance(ids, pd.Index):
        return ids
    if isinstance(ids, (str, bytes)) or not isinstance(ids, Iterable):
        raise OptionError(f"{name}={ids!r} must be a list of labels.")
    return pd.Index(list(ids))


def _of(file: Path, table: dict[str, Any], what: str) -> Any:
    if file.suffix.lower() not in table:
        raise FileFormatError(
            f"weights cannot be {what} as {file.suffix or 'a file without ending'}; use one of {', '.join(table)}."
        )
    return table[file.suffix.lower()]


def _read_with(how: Callable[[Path, list[str] | None], Links], file: Path, ids: list[str] | None) -> Links:
    """What the file says; whatever a parser of other software raises is told as one sentence."""
    try:
        return how(file, ids)
    except (GbaError, KeyboardInterrupt):
        raise
    except MemoryError as error:
        raise FileFormatError(
            f"{file.name} takes more memory than there is; it may say sizes that it has not."
        ) from error
    except RecursionError as error:
        raise FileFormatError(f"{file.name} is nested too deep; no W is written so.") from error
    except PermissionError as error:
        raise FileFormatError(f"{file.name} cannot be opened: reading it is not allowed.") from error
    except Exception as error:  # whatever zlib, pandas, Arrow or json raise about a damaged file
        raise FileFormatError(
            f"{file.name} cannot be read as {file.suffix}: it is damaged, or not what its ending says."
        ) from error


def _matrix_of(file: Path, links: Links, labels: pd.Index) -> sparse.coo_array:
    """The links as a matrix, or an error: every place must exist, every unit and link occur once."""
    n = len(labels)
    if n == 0:
        raise FileFormatError(f"{file.name} holds no units; a W needs at least one.")
    if labels.has_duplicates:
        raise FileFormatError(f"{file.name} names {some(labels[labels.duplicated()].unique())} more than once.")
    i, j = links.focal, links.neighbor
    if not len(i) == len(j) == len(links.weight):
        raise FileFormatError(f"{file.name} has {len(i)} focal, {len(j)} neighbor and {len(links.weight)} weights.")
    outside = (np.minimum(i, j) < 0) | (np.maximum(i, j) >= n)
    if outside.any():
        told = [f"{a} to {b}" for a, b in zip(i[outside], j[outside], strict=True)]
        raise FileFormatError(f"{file.name} has links between places that do not exist among {n} units: {some(told)}.")
    pairs, first = np.unique(i * n + j, return_index=True)
    if len(pairs) < len(i):
        again = np.setdiff1d(np.arange(len(i)), first)
        told = [f"{labels[i[at]]} to {labels[j[at]]}" for at in again]
        raise FileFormatError(f"{file.name} has a link more than once: {some(told)}; keep one row a link.")
    return sparse.coo_array((links.weight, (i, j)), shape=(n, n))


def _numbered(links: Links, wanted: pd.Index | None) -> pd.Index:
    """Labels of a file that has none: the given ones in order, or 1 to n."""
    n = int(links.n or 0)
    if wanted is None:
        return pd.Index(np.arange(1, n + 1))
    if len(wanted) != n:
        raise FileFormatError(f"the file has {n} units without labels, but ids has {len(wanted)}.")
    return wanted


def _relabelled(
    file: Path, labels: pd.Index, matrix: sparse.coo_array, wanted: pd.Index
) -> tuple[pd.Index, sparse.coo_array]:
    """`matrix` with the labels and order of `wanted`, matched by text."""
    text, shown = (pd.Index([str(label) for label in some_labels]) for some_labels in (wanted, labels))
    if text.has_duplicates:
        raise AlignmentError(f"ids are matched by text, but {some(text[text.duplicated()])} is so more than once.")
    places = text.get_indexer(shown)
    plain = text.map(_plain)
    if (places < 0).any() and plain.is_unique:
        places = np.where(places < 0, plain.get_indexer(shown.map(_plain)), places)
    if (places < 0).any():
        unknown = shown[places < 0]
        raise UnknownNameError(
            f"{file.name} names units that are not among the ids: {some(unknown)}. {nearest_names(unknown[0], text)}"
        )
    same = pd.Index(places).duplicated(keep=False)
    if same.any():
        raise AlignmentError(f"{file.name} names units that match the same label of ids: {some(shown[same])}.")
    i, j = matrix.coords
    n = len(wanted)
    return wanted, sparse.coo_array((matrix.data, (places[i], places[j])), shape=(n, n))


def _plain(label: str) -> str:
    """A label as software writes it that knows no spaces, or takes whole numbers for floats."""
    return re.sub(r"^([+-]?\d+)\.0*$", r"\1", re.sub(r"[\s_]+", "_", label).strip("_"))


# -- text and binary formats of others ------------------------------------------------
def _write_mtx(w: Weights, file: Path) -> None:
    matrix_market.write_mtx(w, file, json.dumps(description(w)))


def _read_mtx(file: Path, ids: list[str] | None) -> Links:
    links, kept = matrix_market.read_mtx(file)
    if kept is None:
        return links
    try:
        about = checked_description(json.loads(kept), file)
    except json.JSONDecodeError as error:
        raise FileFormatError(f"the comments %gbaspatial of {file.name} are broken: {error}; remove them.") from error
    if len(about["ids"]) != links.n:
        raise FileFormatError(f"{file.name} has {links.n} rows, but its comments name {len(about['ids'])} units.")
    return links.named(about)


_READERS: dict[str, Callable[[Path, list[str] | None], Links]] = {
    ".gal": text_formats.read_gal,
    ".gwt": text_formats.read_gwt,
    ".kwt": text_formats.read_gwt,
    ".mtx": _read_mtx,
    ".csv": table_formats.read_csv,
    ".parquet": read_parquet,
    ".npz": read_npz,
    ".txt": numbered_formats.read_stata,
    ".swm": numbered_formats.read_swm,
    ".json": read_json,
}
_WRITERS: dict[str, Callable[[Weights, Path], None]] = {
    ".gal": text_formats.write_gal,
    ".gwt": text_formats.write_gwt,
    ".kwt": text_formats.write_gwt,
    ".mtx": _write_mtx,
    ".csv": table_formats.write_csv,
    ".parquet": write_parquet,
    ".npz": write_npz,
    ".txt": numbered_formats.write_stata,
    ".json": write_json,
}
