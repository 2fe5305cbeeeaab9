"""Reading and writing W: GAL, GWT, Matrix Market, CSV, Parquet, npz, Stata text, ArcGIS SWM, JSON."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from scipy import sparse

from gbaspatial.alignment import check_units
from gbaspatial.errors import (
    FileFormatError,
    MissingFileError,
    UnknownNameError,
    import_extra,
    nearest_names,
    some,
)
from gbaspatial.weights import text_formats
from gbaspatial.weights.core import Weights
from gbaspatial.weights.recipe import Recipe
from gbaspatial.weights.text_formats import Links

_FORMAT = "gbaspatial weights"


def read(path: str | Path, *, ids: Iterable[Any] | None = None) -> Weights:
    """Read W from a file; its ending says how.

    Parameters
    ----------
    path : str or Path
        ``.gal, .gwt, .kwt`` (GeoDa, PySAL, R), ``.mtx`` (Matrix Market), ``.csv`` and
        ``.parquet`` (columns ``focal, neighbor, weight``; a unit with itself and weight zero is an
        island), ``.npz``, ``.txt`` (Stata ``spmatrix`` and ``spmat``), ``.swm`` (ArcGIS), ``.json``.
    ids : iterable, optional
        The labels of all units, in the wanted order. Matched with those of the file by
        text (``7`` and ``"7"`` are the same; so are ``Hong_Kong`` and ``Hong Kong``), so that integer labels
        come back as integers. Needed for formats that cannot hold all units (GWT with
        islands; a Matrix Market file of other software).

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

    Examples
    --------
    >>> import tempfile
    >>> w = Weights([[0, 1], [1, 0]], ["Hong Kong", "Shenzhen"])
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     read(write(w, Path(folder) / "w.gal")).ids.tolist()
    ['Hong Kong', 'Shenzhen']
    """
    file = Path(path)
    how = _of(file, _READERS, "read")
    if not file.exists():
        raise MissingFileError(f"there is no file {file}.")
    wanted = None if ids is None else pd.Index(list(ids))
    if wanted is not None:
        check_units(wanted, "ids")
    links = how(file, None if wanted is None else [str(label) for label in wanted])
    labels = pd.Index(links.ids) if links.ids is not None else _numbered(links, wanted)
    if labels.has_duplicates:
        raise FileFormatError(f"{file.name} names {some(labels[labels.duplicated()].unique())} more than once.")
    matrix = sparse.coo_array((links.weight, (links.focal, links.neighbor)), shape=(len(labels), len(labels)))
    if links.ids is not None and len(np.unique(links.focal * len(labels) + links.neighbor)) < len(links.focal):
        raise FileFormatError(f"{file.name} has a link more than once; keep one row a link.")
    if wanted is not None:
        labels, matrix = _relabelled(file, labels, matrix, wanted)
    elif links.n is not None and links.n > len(labels):
        raise FileFormatError(
            f"{file.name} says {links.n} units but names {len(labels)}, because this format cannot hold islands; "
            f"pass ids= with all labels."
        )
    about = links.about
    recipe = Recipe.from_dict(about["recipe"]) if "recipe" in about else Recipe().then("file", name=file.name)
    return Weights(
        matrix,
        labels.rename(about.get("id_name")),
        recipe=recipe,
        standardization=about.get("standardization", "none"),
        islands=about.get("islands", "zero"),
    )


def write(w: Weights, path: str | Path) -> Path:
    """Write `w` to a file; its ending says how (see `read`; ``.swm`` is read only).

    JSON, npz, Parquet and Matrix Market keep everything: labels, islands, weights to the
    last bit, recipe. GAL holds no weights (a warning says so if they are not all one);
    GWT holds no islands (`read` then needs ``ids``). Stata wants numbers as ids: labels that
    are not go into ``<name>.ids.csv`` beside the file.

    Parameters
    ----------
    w : Weights
    path : str or Path

    Returns
    -------
    Path
        The file.

    Raises
    ------
    FileFormatError
        If the ending is unknown, or labels are neither text nor numbers.

    Examples
    --------
    >>> import tempfile
    >>> w = Weights([[0, 0.5], [1, 0]], ["0075", "澳门"]).row_standardized()
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     read(write(w, Path(folder) / "w.json"))
    <Weights: 2 units, 2 links, row; matrix -> row_standardized>
    """
    file = Path(path)
    how = _of(file, _WRITERS, "written")
    labels = w.ids.tolist()
    wrong = [label for label in labels if not isinstance(label, (str, int, float))]
    if wrong:
        raise FileFormatError(f"files hold text or numbers as ids, but {some(wrong)} is a {type(wrong[0]).__name__}.")
    how(w, file)
    return file


def _of(file: Path, table: dict[str, Any], what: str) -> Any:
    if file.suffix.lower() not in table:
        raise FileFormatError(
            f"weights cannot be {what} as {file.suffix or 'a file without ending'}; use one of {', '.join(table)}."
        )
    return table[file.suffix.lower()]


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
    text = pd.Index([str(label) for label in wanted])
    plain = pd.Index(["_".join(label.split()) for label in text])
    shown = pd.Index([str(label) for label in labels])
    places = text.get_indexer(shown)
    if (places < 0).any() and plain.is_unique:
        places = np.where(places < 0, plain.get_indexer(shown), places)
    if (places < 0).any():
        unknown = shown[places < 0]
        raise UnknownNameError(
            f"{file.name} names units that are not among the ids: {some(unknown)}. {nearest_names(unknown[0], text)}"
        )
    i, j = matrix.coords
    n = len(wanted)
    return wanted, sparse.coo_array((matrix.data, (places[i], places[j])), shape=(n, n))


# -- formats that keep everything -----------------------------------------------------
def _about(w: Weights) -> dict[str, Any]:
    return {
        "format": _FORMAT,
        "version": 1,
        "ids": w.ids.tolist(),
        "id_name": w.ids.name if isinstance(w.ids.name, (str, int)) else None,
        "standardization": w.standardization,
        "islands": w.island_policy,
        "recipe": w.recipe.to_dict(),
    }


def _checked(about: Any, file: Path) -> dict[str, Any]:
    if not isinstance(about, dict) or about.get("format") != _FORMAT:
        raise FileFormatError(f"{file.name} was not written by gbaspatial.weights.write.")
    return about


def _write_json(w: Weights, file: Path) -> None:
    pairs = w.sparse.tocoo()
    links = {
        "focal": pairs.coords[0].tolist(),
        "neighbor": pairs.coords[1].tolist(),
        "weight": pairs.data.tolist(),
    }
    file.write_text(json.dumps({**_about(w), "links": links}, ensure_ascii=False), encoding="utf-8")


def _read_json(file: Path, ids: list[str] | None) -> Links:
    try:
        about = _checked(json.loads(file.read_text(encoding="utf-8")), file)
    except json.JSONDecodeError as error:
        raise FileFormatError(f"{file.name} is not JSON: {error}.") from error
    links = about["links"]
    return Links.of(about["ids"], links["focal"], links["neighbor"], links["weight"], about)


def _write_npz(w: Weights, file: Path) -> None:
    pairs = w.sparse.tocoo()
    about = np.array(json.dumps(_about(w), ensure_ascii=False))
    with file.open("wb") as out:
        np.savez_compressed(out, focal=pairs.coords[0], neighbor=pairs.coords[1], weight=pairs.data, about=about)


def _read_npz(file: Path, ids: list[str] | None) -> Links:
    try:
        with np.load(file, allow_pickle=False) as stored:
            about = _checked(json.loads(str(stored["about"])), file)
            return Links.of(about["ids"], stored["focal"], stored["neighbor"], stored["weight"], about)
    except (KeyError, ValueError, OSError) as error:
        if isinstance(error, FileFormatError):
            raise
        raise FileFormatError(f"{file.name} was not written by gbaspatial.weights.write: {error}.") from error


def _write_parquet(w: Weights, file: Path) -> None:
    arrow, parquet = import_extra("pyarrow", "parquet"), import_extra("pyarrow.parquet", "parquet")
    table = arrow.Table.from_pandas(_with_islands(w), preserve_index=False)
    about = json.dumps(_about(w), ensure_ascii=False).encode()
    parquet.write_table(table.replace_schema_metadata({**(table.schema.metadata or {}), b"gbaspatial": about}), file)


def _read_parquet(file: Path, ids: list[str] | None) -> Links:
    parquet = import_extra("pyarrow.parquet", "parquet")
    table = parquet.read_table(file)
    kept = (table.schema.metadata or {}).get(b"gbaspatial")
    about = _checked(json.loads(kept), file) if kept else {}
    return _of_frame(table.to_pandas(), file, about)


def _with_islands(w: Weights) -> pd.DataFrame:
    """Links, and each island as a link with itself of weight zero, in unit order."""
    alone = np.flatnonzero(np.diff(w.sparse.indptr) == 0)
    rows = np.repeat(np.arange(w.n), np.diff(w.sparse.indptr))
    focal = np.concatenate([rows, alone])
    neighbor = np.concatenate([w.sparse.indices, alone])
    weight = np.concatenate([w.sparse.data, np.zeros(len(alone))])
    order = np.argsort(focal, kind="stable")
    frame = {"focal": w.ids[focal[order]], "neighbor": w.ids[neighbor[order]], "weight": weight[order]}
    return pd.DataFrame(frame)


def _write_csv(w: Weights, file: Path) -> None:
    _with_islands(w).to_csv(file, index=False, encoding="utf-8")


def _read_csv(file: Path, ids: list[str] | None) -> Links:
    options: dict[str, Any] = {"dtype": {"focal": str, "neighbor": str}, "keep_default_na": False}
    try:
        frame = pd.read_csv(file, encoding="utf-8-sig", **options)
    except UnicodeDecodeError:
        frame = pd.read_csv(file, encoding="gb18030", **options)
    return _of_frame(frame, file, {})


def _of_frame(frame: pd.DataFrame, file: Path, about: dict[str, Any]) -> Links:
    if not {"focal", "neighbor"} <= set(frame.columns):
        frame = frame.reset_index()
    if not {"focal", "neighbor"} <= set(frame.columns):
        raise FileFormatError(f"{file.name} has no columns focal and neighbor. There are: {some(frame.columns)}.")
    weight = (
        pd.to_numeric(frame["weight"], errors="coerce") if "weight" in frame.columns else pd.Series(1.0, frame.index)
    )
    if weight.isna().any():
        raise FileFormatError(
            f"{file.name} has weights that are not numbers in line {some(np.flatnonzero(weight.isna()) + 2)}."
        )
    labels = pd.Index(about["ids"]) if "ids" in about else pd.Index(frame["focal"].unique())
    labels = labels.append(pd.Index(frame["neighbor"].unique()).difference(labels, sort=False))
    island = (frame["focal"] == frame["neighbor"]) & (weight == 0)
    links, weight = frame[~island], weight[~island]
    return Links.of(
        labels.tolist(), labels.get_indexer(links["focal"]), labels.get_indexer(links["neighbor"]), weight, about
    )


# -- text and binary formats of others ------------------------------------------------
def _write_mtx(w: Weights, file: Path) -> None:
    text_formats.write_mtx(w, file, json.dumps(_about(w)))


def _read_mtx(file: Path, ids: list[str] | None) -> Links:
    links, kept = text_formats.read_mtx(file)
    return links if kept is None else links.named(_checked(json.loads(kept), file))


_READERS: dict[str, Callable[[Path, list[str] | None], Links]] = {
    ".gal": text_formats.read_gal,
    ".gwt": text_formats.read_gwt,
    ".kwt": text_formats.read_gwt,
    ".mtx": _read_mtx,
    ".csv": _read_csv,
    ".parquet": _read_parquet,
    ".npz": _read_npz,
    ".txt": text_formats.read_stata,
    ".swm": text_formats.read_swm,
    ".json": _read_json,
}
_WRITERS: dict[str, Callable[[Weights, Path], None]] = {
    ".gal": text_formats.write_gal,
    ".gwt": text_formats.write_gwt,
    ".kwt": text_formats.write_gwt,
    ".mtx": _write_mtx,
    ".csv": _write_csv,
    ".parquet": _write_parquet,
    ".npz": _write_npz,
    ".txt": text_formats.write_stata,
    ".json": _write_json,
}
