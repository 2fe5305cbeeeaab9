"""What a layer file really is, told from its first bytes: its ending alone would let it be anything.

GDAL opens a file with whichever of sixty drivers takes it; among them are small texts that make it read other
files or ask servers (VRT, GDALG, service descriptions). So a file is looked at before GDAL sees it, and must be
one of the formats that we read.
"""

from __future__ import annotations

import contextlib
import mmap
import re
import shutil
import struct
import tempfile
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import IO

from gbaspatial.data.door import LARGEST_TEXT
from gbaspatial.errors import FileFormatError, MissingFileError, OptionError, some

READ = "GeoPackage (.gpkg), shapefile (.shp, or zipped), GeoJSON, GeoParquet, FlatGeobuf, KML or .gdb folder"
"""The formats of layers that are read, in words."""

DRIVERS = {
    "GeoPackage": ("GPKG",),
    "shapefile": ("ESRI Shapefile",),
    "GeoJSON": ("GeoJSON",),
    "FlatGeobuf": ("FlatGeobuf",),
    "KML": ("KML", "LIBKML"),
    "gdb": ("OpenFileGDB",),
}
"""The drivers of GDAL that may open each kind."""

ENDINGS = {
    "GeoPackage": (".gpkg",),
    "shapefile": (".shp",),
    "GeoJSON": (".geojson", ".json"),
    "GeoParquet": (".parquet", ".geoparquet"),
    "FlatGeobuf": (".fgb",),
    "KML": (".kml",),
    "zip": (".zip", ".shz", ".kmz"),
}
"""The endings of each kind: some drivers go by the ending, so it must fit the content."""

_TABLES = (".csv", ".tsv", ".txt", ".xlsx", ".xlsm", ".xls", ".dta")
_PARTS = (".shp", ".shx", ".dbf", ".prj", ".cpg")
_GEOJSON_TYPES = (b"FeatureCollection", b"Feature", b"Point", b"MultiPoint", b"LineString", b"MultiLineString",
                  b"Polygon", b"MultiPolygon", b"GeometryCollection")  # fmt: skip
_TYPE = re.compile(rb'"type"\s*:\s*"([^"\\]{0,40})"')
_OTHER = re.compile(rb"<ogr|gdal_streamed_alg|gdal-streamed|%pdf|_capabilities", re.IGNORECASE)
"""What would make another driver of GDAL take the file, one that reads elsewhere."""
_DEEPEST = 60  # brackets; GeoJSON needs ten


def kind_of(file: Path) -> str:
    """The format of the layer `file`: a key of `DRIVERS`, "GeoParquet" or "zip"; anything else is refused."""
    ending = file.suffix.lower()
    if ending in _TABLES:
        raise FileFormatError(
            f"{file.name} is a table, not a layer with shapes; read it with gba.read_panel (on the command line "
            f"--table) and join it to your layer."
        )
    if file.is_dir():
        if ending == ".gdb" and (file / "a00000001.gdbtable").is_file():
            return "gdb"
        raise FileFormatError(f"{file.name} is a folder, but no file geodatabase; give {READ}.")
    with file.open("rb") as stream:
        head = stream.read(4096)
    if not head:
        raise FileFormatError(f"{file.name} is empty; give {READ}.")
    kind = _by_content(head)
    if kind is None:
        raise _no_layer(file)
    if ending not in ENDINGS[kind]:
        raise FileFormatError(
            f"{file.name} holds a {kind} file under another ending; call it {' or '.join(ENDINGS[kind])}, "
            f"if you know where it comes from."
        )
    return kind


def _by_content(head: bytes) -> str | None:
    text = head.removeprefix(b"\xef\xbb\xbf").lstrip()
    starts = {
        b"SQLite format 3\0": "GeoPackage",
        b"\x00\x00\x27\x0a": "shapefile",
        b"fgb\x03": "FlatGeobuf",
        b"PAR1": "GeoParquet",
        b"PK\x03\x04": "zip",
    }
    for start, kind in starts.items():
        if head.startswith(start):
            return kind
    if text.startswith(b"{"):
        return "GeoJSON"
    if re.match(rb"(<\?xml[^>]*>\s*)?(<!--.*?-->\s*)*<(\w+:)?kml[\s>]", text, re.DOTALL):
        return "KML"
    return None


def check_content(file: Path, kind: str) -> None:
    """Refuse what GDAL should not be given: texts that name other files, sizes that the file cannot hold."""
    if kind == "GeoJSON":
        _check_geojson(file)
    elif kind == "KML":
        _check_kml(file)
    elif kind == "shapefile":
        _check_parts(file)
        check_shapes(file)


def _check_geojson(file: Path) -> None:
    content = file.read_bytes()
    if b"\0" in content:
        raise FileFormatError(f"{file.name} holds NUL bytes, so it is damaged, or no GeoJSON; copy it again.")
    types = set(_TYPE.findall(content[:1_000_000]))
    if not types & set(_GEOJSON_TYPES) or _OTHER.search(content):
        raise FileFormatError(
            f"{file.name} is no layer that can be read: it has no features as GeoJSON has them; give {READ}."
        )
    if _depth(content) > _DEEPEST:
        raise FileFormatError(
            f"{file.name} is nested more than {_DEEPEST} brackets deep, which no GeoJSON layer needs; is it damaged?"
        )


def _depth(content: bytes) -> int:
    """How deep the brackets of a JSON text are nested, those within its strings left out."""
    import numpy as np

    bare = re.sub(rb'"(?:[^"\\]|\\.)*"', b"", content, flags=re.DOTALL)
    codes = np.frombuffer(bare, dtype=np.uint8)
    opens, closes = (codes == 0x5B) | (codes == 0x7B), (codes == 0x5D) | (codes == 0x7D)
    steps = opens.astype(np.int8) - closes.astype(np.int8)
    return int(np.cumsum(steps, dtype=np.int32).max(initial=0))


def _no_layer(file: Path) -> FileFormatError:
    """The error of a file that holds no layer that is known."""
    return FileFormatError(f"{file.name} is no layer that can be read; give {READ}.")


def _check_kml(file: Path) -> None:
    content = file.read_bytes()
    if _OTHER.search(content):
        raise _no_layer(file)
    lowered = content.lower()
    for word, told in ((b"<!doctype", "declares a document type"), (b"<!entity", "declares entities"),
                       (b"networklink", "links to other places")):  # fmt: skip
        if word in lowered:
            raise FileFormatError(f"{file.name} {told}, which is not read; save the layer itself as {READ}.")


def _check_parts(file: Path) -> None:
    """Refuse a shapefile of which a part was left behind."""
    lost = [end for end in (".shx", ".dbf") if beside(file, end) is None]
    if lost:
        names = some(file.with_suffix(end).name for end in lost)
        raise MissingFileError(
            f"{names} is not beside {file.name}: a shapefile is several files (.shp, .shx, .dbf, .prj); copy them all."
        )


def beside(file: Path, ending: str) -> Path | None:
    """The part of a shapefile with this ending, in small or capital letters."""
    places = (file.with_suffix(end) for end in (ending, ending.upper()))
    return next((place for place in places if place.is_file()), None)


def check_shapes(file: Path) -> None:
    """Refuse records of a .shp file whose numbers of parts and points do not fit into the record."""
    with file.open("rb") as stream, mmap.mmap(stream.fileno(), 0, access=mmap.ACCESS_READ) as content:
        at, record, end = 100, 0, len(content)
        if end < 100:
            raise FileFormatError(f"{file.name} is cut short: it has no header; copy it again.")
        while at + 12 <= end:
            record += 1
            length = 2 * struct.unpack_from(">i", content, at + 4)[0]
            if length < 4 or at + 8 + length > end:
                raise FileFormatError(f"record {record} of {file.name} does not fit into the file; copy it again.")
            if not _holds(content, at + 8, length):
                raise FileFormatError(f"record {record} of {file.name} says more points than it holds; copy it again.")
            at += 8 + length


def _holds(content: mmap.mmap, at: int, length: int) -> bool:
    """Whether a record of `length` bytes can hold the parts and points that it says."""
    kind = struct.unpack_from("<i", content, at)[0]
    family = kind % 10
    if family in (3, 5) or kind == 31:  # lines, polygons, patches: box, numbers of parts and points
        if length < 44:
            return False
        parts, points = struct.unpack_from("<ii", content, at + 36)
        return parts >= 0 and points >= 0 and 44 + 4 * parts + 16 * points <= length
    if family == 8:  # several points: box, number of points
        return length >= 40 and 0 <= 16 * struct.unpack_from("<i", content, at + 36)[0] <= length - 40
    return True


@contextlib.contextmanager
def unpacked(file: Path) -> Iterator[Path]:
    """The layer within a .zip, in a folder of its own for as long as it is read."""
    with tempfile.TemporaryDirectory(prefix="gbaspatial-") as folder:
        yield _unpack(file, Path(folder))


def _unpack(file: Path, folder: Path) -> Path:
    with zipfile.ZipFile(file) as archive:
        names = [info for info in archive.infolist() if not info.is_dir() and "__MACOSX" not in info.filename]
        layers = [info for info in names if _ending(info) in (".shp", ".gpkg", ".geojson", ".json", ".fgb", ".kml")]
        if not layers:
            raise FileFormatError(f"{file.name} holds no layer ({some(i.filename for i in names)}); give {READ}.")
        if len(layers) > 1:
            raise OptionError(
                f"{file.name} holds {len(layers)} layers ({some(i.filename for i in layers)}); unpack it, and name one."
            )
        stem = layers[0].filename[: -len(_ending(layers[0]))]
        shapefile = _ending(layers[0]) == ".shp"
        parts = [i for i in names if i.filename[: -len(_ending(i)) or None] == stem and _ending(i) in _PARTS]
        chosen = parts if shapefile else layers
        check_archive(archive, chosen, file.name)
        for info in chosen:
            with archive.open(info) as source, (folder / f"{file.stem}{_ending(info)}").open("wb") as target:
                shutil.copyfileobj(_Bounded(source), target)
    return folder / f"{file.stem}{_ending(layers[0])}"


def _ending(info: zipfile.ZipInfo) -> str:
    return Path(info.filename).suffix.lower()


def check_archive(archive: zipfile.ZipFile, chosen: list[zipfile.ZipInfo], name: str) -> None:
    """Refuse a small archive that unfolds to a huge one."""
    packed, size = sum(i.compress_size for i in chosen), sum(i.file_size for i in chosen)
    if size > LARGEST_TEXT and size > 50 * packed:
        raise FileFormatError(
            f"{name} would unfold from {packed / 1e6:,.1f} to {size / 1e6:,.0f} MB, which no layer or table does; "
            f"unpack it yourself if you trust it."
        )
    if any(i.flag_bits & 1 for i in chosen):
        raise FileFormatError(f"{name} is locked with a password; unpack it first.")


class _Bounded:
    """A stream of an archive that stops where its declared size was a lie."""

    def __init__(self, source: IO[bytes]) -> None:
        self.source, self.left = source, 16 * LARGEST_TEXT

    def read(self, size: int = -1, /) -> bytes:
        """At most `size` bytes, within what may be unfolded."""
        piece = self.source.read(size)
        self.left -= len(piece)
        if self.left < 0:
            raise FileFormatError("the archive unfolds to more than 4 GB; unpack it yourself if you trust it.")
        return piece
