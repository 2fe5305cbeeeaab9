"""The atlas: units, layers and their background as one folium map in one file."""

from __future__ import annotations

import hashlib
import html
import os
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Literal
from warnings import warn

import folium
from folium.elements import JSCSSMixin, MacroElement
from jinja2 import Template

from gbaspatial.alignment import columns_of
from gbaspatial.errors import FileFormatError, GbaWarning, OptionError, outside
from gbaspatial.figures.surroundings import NOT_LEGAL, SOURCES_IN_CHINESE, check_layer
from gbaspatial.filenames import check_page, file_of
from gbaspatial.geography.date_line import move_beside
from gbaspatial.maps.archives import Tiled
from gbaspatial.maps.context import context_payload
from gbaspatial.maps.escape import safe_json
from gbaspatial.maps.geometry import display_shapes, pack_shapes
from gbaspatial.maps.layers import Label, Layer, bilingual
from gbaspatial.maps.page import OfflinePage
from gbaspatial.options import public
from gbaspatial.sizes import ATLAS_LIMIT
from gbaspatial.writing import replace_text

if TYPE_CHECKING:
    import geopandas as gpd
    import pandas as pd

    from gbaspatial.geography.places import Units
    from gbaspatial.maps.escape import Payload

_BRACKETS = ((" (", ")"), ("（", "）"))
_SHIFTED = ("amap", "autonavi", "gtimg", "google.cn", "tencent", "gaode")


class _Drawing(JSCSSMixin, MacroElement):
    """Starts the page's own script on the folium map; the data wait in a block of JSON."""

    default_js = [("atlas", "packaged:atlas.js")]
    default_css = [("atlas_css", "packaged:atlas.css")]
    _template = Template(
        "{% macro script(this, kwargs) %}gbaAtlas.start({{ this._parent.get_name() }},"
        " '{{ this.block }}');{% endmacro %}"
    )

    def __init__(self, block: str) -> None:
        super().__init__()
        self._name = "GbaAtlas"
        self.block = block


class Atlas(folium.Map):
    """A folium map whose page is one file and asks the network for nothing; made by `atlas`.

    Any folium element that needs no other script can be added to it. Text given to such
    elements goes through `gbaspatial.maps.safe_text`.
    """

    default_js = [("leaflet", "packaged:leaflet.js")]
    default_css = [("leaflet_css", "packaged:leaflet.css")]

    def __init__(
        self,
        payload: Payload,
        tiles: folium.TileLayer | None = None,
        sets: _Sets | None = None,
        archives: Sequence[Tiled] = (),
    ) -> None:
        super().__init__(tiles=None, zoom_control=True, zoom_snap=0.25, attribution_control=True)
        self._payload, self._sets, self._archives = payload, sets, archives
        text = safe_json(payload)
        # The same input gives the same page, byte for byte.
        self._id = hashlib.sha256(text.encode()).hexdigest()[:16]
        block = f"gba-data-{self._id}"
        hosts = () if tiles is None else ("https:",)
        beside = bool(archives)
        title = html.escape(payload["title"][0] or "Map")
        page = OfflinePage(title=title, data={block: text}, hosts=hosts, beside=beside, ratio="70%")
        page._id = self._id
        page.add_child(self)
        if tiles is not None:
            tiles._id = f"tiles{self._id}"
            self.add_child(tiles)
        drawing = _Drawing(block)
        drawing._id = self._id
        self.add_child(drawing)

    def __repr__(self) -> str:
        payload = self._payload
        units = sum(len(each["ids"]) for each in payload["sets"])
        layers = len(payload["fills"]) + len(payload["overlays"])
        title = " ".join(part for part in payload["title"] if part)
        told = f"{units:,} units, {layers} layer{'s' if layers != 1 else ''}"
        return f"<Atlas: {title + ': ' if title else ''}{told}; save('map.html') writes it>"

    def to_html(self) -> str:
        """The whole page as text."""
        return self.get_root().render()

    def save(self, outfile: str | os.PathLike[str], **_: object) -> Path:  # type: ignore[override]
        """Write the page to one file and give its path back; the folder is made if needed.

        Archives of tiled layers are written into the same folder.

        Parameters
        ----------
        outfile : path
            Ends in ``.html`` or ``.htm``.
        **_ : object
            Options of the method of folium that this one takes the place of; none changes the page.
        """
        path = file_of(outfile)
        check_page(path)
        for archive in self._archives:
            archive.write(path.parent)
        return replace_text(path, self.to_html())

    def to_png(
        self,
        path: str | os.PathLike[str],
        *,
        layer: int = 0,
        year: int | str | None = None,
        language: Literal["en", "zh", "both"] = "en",
        dpi: int = 200,
    ) -> Path:
        """Write the view as a figure, without a browser: the same classes, colors, counts, names and sources.

        Parameters
        ----------
        path : path
            Ends in ``.png``; ``.svg`` and ``.pdf`` are written as such.
        layer : int
            Which of the fills, from 0.
        year : int or str, optional
            Of a layer with years; by default the last.
        language : {"en", "zh", "both"}
            Of names, title and legend.
        dpi : int
            Dots per inch.

        Returns
        -------
        pathlib.Path
            What was written.

        Raises
        ------
        OptionError
            If the atlas has no such layer, or the layer no such year.
        FileFormatError
            If the ending names no picture.

        Examples
        --------
        >>> import tempfile, gbaspatial as gba
        >>> page = gba.maps.atlas(gba.load_cities(year=2019), gba.maps.choropleth("gdp_pc_cny"))
        >>> page.to_png(tempfile.mkdtemp() + "/bay.png", dpi=50).name
        'bay.png'
        """
        from gbaspatial.figures import save
        from gbaspatial.maps.still import still

        target = file_of(path)
        if not target.suffix:
            raise FileFormatError(f"{target.name} has no ending; end it in .png, .svg or .pdf.")
        if self._sets is None:
            raise OptionError("this map was not made by gba.maps.atlas, so its units are not known; make it so.")
        axes = still(self._payload, self._sets.frames, layer, year, language)
        return save(axes, target, dpi=dpi)[0]


@public
def atlas(
    units: gpd.GeoDataFrame,
    layers: Sequence[Layer] | Layer = (),
    *,
    title: Label = None,
    source: Label = None,
    label: str | tuple[str, str] | None = None,
    context: bool = True,
    tiles: str | None = None,
) -> Atlas:
    """An interactive map of `units` in one HTML file that makes no network request.

    Parameters
    ----------
    units : GeoDataFrame
        Polygons or points in any coordinate reference system, indexed by unit id.
    layers : layer or sequence of layers
        Made by `choropleth`, `clusters`, `hotspots`, `significance`, `links`, `flows`, `points`, `tiled`.
        The first fill, the first overlay of lines and all points are shown at first. A tiled layer lies above the
        fills that are listed before it and below those listed after. Layers of one name are told apart by how they
        were made, or by a number.
    title : str or (str, str), optional
        In English, or (English, Chinese).
    source : str or (str, str), optional
        Named at the foot of the map beside the sources of the shipped layers, in English or (English, Chinese).
    label : str or (str, str), optional
        The column that names a unit, or the columns (English, Chinese); by default `name_en` or the
        index, and `name_zh` where there is one.
    context : bool
        Draw land beneath, and in China the neighboring prefectures.
    tiles : str, optional
        Tiles of folium, e.g. ``"OpenStreetMap"``, or an address with {z}, {x}, {y}; the page then needs
        the internet. Services of mainland China are drawn in GCJ-02 and lie 500 to 700 m off WGS84 there.

    Returns
    -------
    Atlas
        A folium map with ``save(path)``, which also shows itself in a notebook.

    Raises
    ------
    CRSError
        If the units have no coordinate reference system, or a wrong one.
    GeometryError, AlignmentError, UnknownNameError, DataError
        If something cannot be drawn; the error names the units.

    Examples
    --------
    >>> import geopandas as gpd, gbaspatial as gba
    >>> from shapely import box
    >>> units = gpd.GeoDataFrame({"x": [1, 2]}, index=["a", "b"], geometry=[box(0, 0, 1, 1), box(1, 0, 2, 1)], crs=4326)
    >>> page = atlas(units, [gba.maps.choropleth("x")], context=False)
    >>> "<script src" in page.to_html()
    False
    """
    listed = [layers] if isinstance(layers, Layer) else list(layers)
    strange = [layer for layer in listed if not isinstance(layer, Layer)]
    if strange:
        raise OptionError(
            f"a {type(strange[0]).__name__} is not a layer; make layers with gba.maps.choropleth, clusters, links..."
        )
    sets = _Sets(units, label)
    payloads = [_layer_payload(layer, sets) for layer in listed]
    _tell_apart(payloads)
    for place, layer in enumerate(listed):
        if isinstance(layer, Tiled):
            payloads[place]["after"] = sum(each.is_fill for each in listed[:place])
    background, sources = context_payload(sets.frames[0]) if context and tiles is None else (None, [])
    layer_of_tiles = None if tiles is None else _tile_layer(tiles)
    told = {text: SOURCES_IN_CHINESE.get(text, "") for text in (*sets.sources(), *sources)}
    payload = {
        "title": list(bilingual(title, ("", ""))),
        "sets": sets.payloads,
        "fills": [p for layer, p in zip(listed, payloads, strict=True) if layer.is_fill],
        "overlays": [p for layer, p in zip(listed, payloads, strict=True) if not layer.is_fill],
        "context": background,
        "sources": [list(pair) for pair in (bilingual(source, ("", "")), *told.items()) if any(pair)],
        "legal": list(NOT_LEGAL),
        "tiles": tiles is not None,
    }
    return Atlas(payload, layer_of_tiles, sets, [layer for layer in listed if isinstance(layer, Tiled)])


def _tell_apart(payloads: list[Payload]) -> None:
    """Give layers of one name what they differ in: the scheme, the recipe, or else a number."""
    for say_how in (_how, _number):
        named: dict[tuple[str, ...], list[Payload]] = {}
        for payload in payloads:
            named.setdefault(tuple(payload["label"]), []).append(payload)
        for same in named.values():
            notes = [say_how(payload, place) for place, payload in enumerate(same)]
            if len(same) > 1 and len(set(notes)) > 1:
                for payload, note in zip(same, notes, strict=True):
                    payload["label"] = [
                        f"{name}{opening}{told}{closing}" if name and told else name
                        for name, told, (opening, closing) in zip(payload["label"], note, _BRACKETS, strict=True)
                    ]


def _how(payload: Payload, _: int) -> tuple[str, str]:
    """How the layer came about: the recipe of its W, or its classes."""
    english, chinese = payload.get("recipe") or payload["note"]
    return english, chinese or english


def _number(_: Payload, place: int) -> tuple[str, str]:
    return str(place + 1), str(place + 1)


def _layer_payload(layer: Layer, sets: _Sets) -> Payload:
    if not layer.is_of_units:
        return layer.payload(sets.frames[0])
    number = sets.number_of(layer.units)
    return {"set": number, **layer.payload(sets.frames[number])}


class _Sets:
    """The sets of units of a page; the geometry of each is written once, however many layers lie on it."""

    def __init__(self, units: gpd.GeoDataFrame, names: str | tuple[str, str] | None) -> None:
        self.given: list[gpd.GeoDataFrame] = []
        self.frames: list[gpd.GeoDataFrame] = []
        self.payloads: list[Payload] = []
        self._add(units, names)

    def number_of(self, units: gpd.GeoDataFrame | None) -> int:
        """The number of the set that `units` are, adding it where it is new."""
        for number, each in enumerate(self.given):
            if units is None or units is each:
                return number
        return self._add(units, None)

    def _add(self, units: Units, names: str | tuple[str, str] | None) -> int:
        frame = check_layer(units)
        if self.frames:
            frame = move_beside(frame, self.frames[0])
        if len(frame) > ATLAS_LIMIT:
            warn(
                f"{len(frame):,} units on one page are slow to pan; put them beside it, gba.maps.tiled(units, layer, "
                f"archive='units.pmtiles'), map a part of them, or give them to a GIS (gba.export.geopackage).",
                GbaWarning,
                stacklevel=outside(),
            )
        english, chinese = _names(frame, names)
        ids = frame.index.astype(str).tolist()
        shapes = display_shapes(frame)
        self.given.append(units)
        self.frames.append(frame)
        self.payloads.append(
            {
                "shapes": pack_shapes(shapes),
                "ids": ids,
                "en": None if english == ids else english,
                "zh": chinese,
                "also": [str(v) for v in frame["name_zht"]] if "name_zht" in frame.columns else [],
            }
        )
        return len(self.frames) - 1

    def sources(self) -> list[str]:
        """The attributions that the layers carry."""
        return [str(frame.attrs["attribution"]) for frame in self.given if frame.attrs.get("attribution")]


def _names(frame: pd.DataFrame, names: str | tuple[str, str] | None) -> tuple[list[str], list[str]]:
    """The English (or only) and the Chinese name of each unit; an absent one is empty."""
    wanted = (names,) if isinstance(names, str) else tuple(names or ())
    columns_of(frame, wanted, "units")
    default = "name_en" if "name_en" in frame.columns else None
    first = wanted[0] if wanted else default
    second = wanted[1] if len(wanted) > 1 else None if wanted else "name_zh" if "name_zh" in frame.columns else None
    english = frame.index if first is None else frame[first].fillna("")
    chinese = [] if second is None else frame[second].fillna("")
    return [str(name) for name in english], [str(name) for name in chinese]


def _tile_layer(tiles: str) -> folium.TileLayer:
    """The tiles of folium by name or address, with the name of the host and, in the mainland, their shift."""
    if "://" not in tiles:
        try:
            return folium.TileLayer(tiles)
        except ValueError as error:
            raise OptionError(
                f"tiles={tiles!r} is no tile layer that folium knows; use e.g. 'OpenStreetMap', or an address "
                f"with {{z}}, {{x}} and {{y}}."
            ) from error
    shifted = any(host in tiles.lower() for host in _SHIFTED)
    note = "; tiles in GCJ-02: 500 to 700 m off in mainland China" if shifted else ""
    return folium.TileLayer(tiles, attr=html.escape(f"Tiles: {tiles.split('/')[2]}{note}"))
