"""What is too large for a page: a PMTiles archive beside it, from which the page reads the tiles it shows."""

from __future__ import annotations

import math
import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

import numpy as np
import pandas as pd
import shapely

from gbaspatial.errors import FileFormatError, OptionError
from gbaspatial.figures.surroundings import check_layer
from gbaspatial.filenames import check_portable
from gbaspatial.geography.date_line import in_degrees, move_beside
from gbaspatial.maps.fills import LETTERS
from gbaspatial.maps.geometry import pack_integers
from gbaspatial.maps.layers import Layer
from gbaspatial.options import public
from gbaspatial.writing import replace_file

if TYPE_CHECKING:
    import geopandas as gpd

    from gbaspatial.maps.escape import Payload

ACROSS = 150  # squares of the wide view
UNITS_IN_A_TILE = 1_000  # of the finest tiles; those two levels above hold sixteen times as many
FINEST, WIDER = 14, 2
MOST_BYTES, MOST_FEATURES = 20_000_000, 2_000_000  # of a tile: so many that the writer leaves nothing out


@dataclass(frozen=True, slots=True, eq=False, kw_only=True, repr=False)
class Tiled(Layer):
    """A fill of very many units, drawn from an archive beside the page; see `tiled`."""

    frame: gpd.GeoDataFrame
    fill: Layer
    archive: str
    is_fill: ClassVar[bool] = False
    is_of_units: ClassVar[bool] = False

    def payload(self, units: pd.DataFrame) -> Payload:
        """The legend, and squares of the most frequent class for wide views; the units lie in the archive."""
        told, codes, _ = _classed(self)
        frame = move_beside(self.frame, units)
        return {
            "kind": "tiles", "label": told["label"], "unit": told["unit"], "note": told["note"], "years": None,
            "digits": told["digits"], "legend": told["legend"], "archive": self.archive, "of": len(codes),
            "counts": np.bincount(codes, minlength=len(told["legend"])).tolist(), "from": zooms(self.frame)[0],
            **squares(*_with_gaps(frame, codes), frame.total_bounds),
        }  # fmt: skip

    def write(self, folder: Path) -> Path:
        """Write the archive into `folder`."""
        told, codes, values = _classed(self)
        english = self.frame["name_en"] if "name_en" in self.frame.columns else self.frame.index
        table = in_degrees(self.frame[[self.frame.geometry.name]].reset_index(drop=True))  # tiles end at 180 degrees
        table = table.assign(unit=[str(name) for name in english], code=codes.astype(np.int32))
        if any(value is not None for value in values):
            table["value"] = pd.array([np.nan if value is None else float(value) for value in values])
        return replace_file(
            folder / self.archive, lambda half: _write(table, half, zooms(self.frame), told["label"][0])
        )


@public
def tiled(units: gpd.GeoDataFrame, layer: Layer, *, archive: str) -> Tiled:
    """A fill of more units than a page can hold, in a PMTiles archive that ``save`` writes beside the page.

    A wide view shows squares, each in the most frequent class of its units; nearer by the page reads the tiles it
    shows from the archive. A page on a web server does so by HTTP (best one that answers ranges; of one that does
    not, the whole archive is fetched). A page opened as a file may not read what lies beside it: it asks its reader
    to choose the archive by hand. QGIS opens the archive as a layer.

    Parameters
    ----------
    units : GeoDataFrame
        Polygons or points, as many as there are.
    layer : layer
        A fill of one year: of `choropleth`, `clusters`, `hotspots` or `significance`.
    archive : str
        The name of the file, which ends in ``.pmtiles``; it is written into the folder of the page.

    Returns
    -------
    Tiled
        An overlay for `atlas`, whose own units may be few, such as the outlines of districts.

    Raises
    ------
    FileFormatError
        If `archive` is no name that ends in ``.pmtiles``.
    OptionError
        If the layer is no fill of one year.
    CRSError, GeometryError
        If the units cannot be placed.

    References
    ----------
    Protomaps (2022). PMTiles version 3 specification.

    Examples
    --------
    >>> import tempfile, gbaspatial as gba
    >>> from pathlib import Path
    >>> cities, districts = gba.load_cities(), gba.load_districts()
    >>> layer = gba.maps.tiled(districts, gba.maps.choropleth("population"), archive="districts.pmtiles")
    >>> page = gba.maps.atlas(cities, layer).save(Path(tempfile.mkdtemp()) / "map.html")
    >>> page.with_name("districts.pmtiles").read_bytes()[:7]
    b'PMTiles'
    """
    name = str(archive)
    if not name.endswith(".pmtiles") or name != Path(name).name:
        raise FileFormatError(f"archive={name!r} is not the name of a file that ends in .pmtiles, without a folder.")
    check_portable(name)
    if not isinstance(layer, Layer) or not layer.is_fill:
        raise OptionError(
            f"a {type(layer).__name__} is no fill; tile a choropleth, clusters, hotspots or significance."
        )
    frame = check_layer(units)
    made = Tiled(label=layer.label, frame=frame, fill=layer, archive=name)
    _classed(made)
    return made


def _classed(layer: Tiled) -> tuple[Payload, np.ndarray, list[float | None]]:
    """What the fill tells the page, and the row of the legend and the value of each unit."""
    told = layer.fill.payload(layer.frame)
    if told["years"] is not None or told["kind"] == "bivariate":
        raise OptionError(
            "a tiled layer has one year and one variable; give a choropleth without panel=, or one result."
        )
    codes = np.array([LETTERS.index(letter) for letter in told["codes"][0]], dtype=np.int64)
    return told, codes, told["values"][0] or [None] * len(codes)


def _with_gaps(frame: gpd.GeoDataFrame, codes: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """A place in each unit with its code, and one in each square that lies inside a unit larger than squares are."""
    shapes = np.asarray(frame.geometry.array, dtype=object)
    places = shapely.get_coordinates(shapely.centroid(shapes))
    if (shapely.get_dimensions(shapes) == 0).all():
        return places, codes
    west, south, size = _grid(frame.total_bounds)
    row, column = np.divmod(np.arange((ACROSS + 1) ** 2), ACROSS + 1)
    taken = np.floor((places - [west, south]) / size).astype(np.int64) @ [1, ACROSS + 1]
    empty = np.setdiff1d(np.arange(len(row)), taken)
    centers = np.column_stack([west + (column[empty] + 0.5) * size, south + (row[empty] + 0.5) * size])
    inside, unit = shapely.STRtree(shapes).query(shapely.points(centers), predicate="intersects")
    return np.vstack([places, centers[inside]]), np.append(codes, codes[unit])


def _grid(bounds: np.ndarray) -> tuple[float, float, float]:
    """West, south and side of the squares."""
    west, south, east, north = map(float, bounds)
    return west, south, max(east - west, north - south, 1e-6) / ACROSS * (1 + 1e-9)


def squares(places: np.ndarray, codes: np.ndarray, bounds: np.ndarray) -> Payload:
    """The most frequent of the `codes` in each square that holds a place; of equal ones the first.

    Examples
    --------
    >>> places = np.array([[0.0, 0.0], [0.01, 0.01], [0.01, 0.0], [9.0, 9.0]])
    >>> made = squares(places, np.array([1, 2, 2, 0]), np.array([0.0, 0.0, 9.0, 9.0]))
    >>> made["classes"]
    'ca'
    """
    west, south, size = _grid(bounds)
    column, row = np.floor((places - [west, south]) / size).astype(np.int64).T
    kinds = int(codes.max()) + 1
    both, counts = np.unique((row * (ACROSS + 1) + column) * kinds + codes, return_counts=True)
    order = np.lexsort((both, -counts, both // kinds))
    cells, first = np.unique(both[order] // kinds, return_index=True)
    letters = "".join(LETTERS[code] for code in both[order][first] % kinds)
    return {
        "west": west, "south": south, "size": size, "across": ACROSS + 1,
        "cells": pack_integers(np.diff(cells, prepend=0)), "classes": letters,
    }  # fmt: skip


def zooms(frame: gpd.GeoDataFrame) -> tuple[int, int]:
    """The coarsest and the finest level: a finest tile holds about a thousand units."""
    west, south, east, north = frame.total_bounds
    area = max((east - west) * (north - south), 1e-9)
    side = math.sqrt(area / len(frame) * UNITS_IN_A_TILE)
    finest = int(np.clip(math.ceil(math.log2(360 / side)), 2, FINEST))
    return max(finest - WIDER, 0), finest


def _write(table: gpd.GeoDataFrame, half: Path, levels: tuple[int, int], name: str) -> None:
    import pyogrio

    if not pyogrio.list_drivers(write=True).get("PMTiles"):
        raise FileFormatError(
            "this GDAL was built without PMTiles (3.8 and later have it); install pyogrio's own wheel."
        )
    options = {
        "MINZOOM": levels[0], "MAXZOOM": levels[1], "MAX_SIZE": MOST_BYTES, "MAX_FEATURES": MOST_FEATURES,
        "NAME": name or "units",
    }  # fmt: skip
    with _gdal_threads():
        pyogrio.write_dataframe(table, half, driver="PMTiles", layer="units", **{k: str(v) for k, v in options.items()})


class _gdal_threads:
    """GDAL may use what cores there are while an archive is written."""

    def __enter__(self) -> None:
        import pyogrio

        self.before = pyogrio.get_gdal_config_option("GDAL_NUM_THREADS")
        pyogrio.set_gdal_config_options({"GDAL_NUM_THREADS": str(os.cpu_count() or 1)})

    def __exit__(self, *_: object) -> None:
        import pyogrio

        pyogrio.set_gdal_config_options({"GDAL_NUM_THREADS": self.before})
