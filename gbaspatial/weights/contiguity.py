"""Contiguity of polygons: who shares a border, with bridges where water parts neighbors."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING, Literal

import numpy as np
import pandas as pd
import shapely
from scipy import sparse

from gbaspatial.errors import CRSError, GeometryError, GeometryWarning, OptionError, outside, some
from gbaspatial.geography.crs import metres_per_unit, require_crs
from gbaspatial.geography.geodesy import geodesic_between_km
from gbaspatial.geography.places import crs_name, places_of, shapes_of
from gbaspatial.geography.true_length import require_metric
from gbaspatial.options import public, word
from gbaspatial.weights.core import Weights
from gbaspatial.weights.isolation import ISLANDS, Islands, settle
from gbaspatial.weights.links import link_pairs
from gbaspatial.weights.recipe import Recipe
from gbaspatial.weights.square_table import is_number
from gbaspatial.weights.touch.contact import Contacts, contacts_of
from gbaspatial.weights.touch.grouping import pairs_in_groups, sums
from gbaspatial.weights.touch.segments import Meters

if TYPE_CHECKING:
    import geopandas as gpd

    from gbaspatial.geography.places import Units

Criterion = Literal["queen", "rook"]
BorderWeight = Literal["binary", "shared_border"]


@public
def contiguity(
    units: Units,
    *,
    criterion: Criterion = "queen",
    tolerance_m: float | None = None,
    weight: BorderWeight = "binary",
    links: int | pd.DataFrame | None = None,
    islands: Islands = "keep",
) -> Weights:
    """Units that touch: a common point (queen) or a common line (rook).

    A border counts however it is drawn: with the same vertices on both sides or with
    others. Overlapping units touch, too. Invalid shapes, overlaps and suspected gaps are
    told in a `GeometryWarning`; `borders` lists them pair by pair.

    Parameters
    ----------
    units : GeoDataFrame or GeoSeries, n rows
        Polygons indexed by unit id.
    criterion : {"queen", "rook"}
        A point in common is enough, or a line (or an overlap) is needed.
    tolerance_m : float, optional
        Units so far apart, in meters, still touch: closes gaps and slivers. By default
        only round-off (about a millimeter) is allowed for. With a tolerance, a line
        shorter than five tolerances counts as a point.
    weight : {"binary", "shared_border"}
        One, or the length of the shared border in km. Contacts at a point then drop out, and
        overlapping units count by the part of their border that coincides; where none does,
        the border has no length that could be told, and the layer is refused.
    links : int or DataFrame, optional
        A year: adds the shipped bridges and tunnels of the bay area opened on or before
        31 December of that year. Or a table of pairs (columns ``focal, neighbor`` or
        ``city_a, city_b``), all of which are added, whatever their kind. The shipped railways
        are left to `by_year`.
    islands : {"keep", "error", "nearest"}
        What becomes of units without neighbors: kept (with an `IslandWarning`), refused,
        or linked with their nearest unit both ways (not with ``weight="shared_border"``).

    Returns
    -------
    Weights
        Symmetric; weight 1, or km of border.

    Raises
    ------
    GeometryError
        If a geometry is missing, empty or not a polygon, or if overlapping units are to be
        weighed by a border that they do not share.
    CRSError
        If meters are needed and the layer has no CRS, or one whose meters are not meters on the ground
        (Mercator and other maps of the world); if a latitude is beyond 90 degrees.

    Notes
    -----
    Borders drawn with different vertices on both sides are missed by the usual search for
    shared vertices (``libpysal.weights.Queen``, ``Graph.build_contiguity(strict=False)``).
    Shapes that are drawn twice, vertex by vertex, touch and are not told as an overlap here:
    see `gbaspatial.geography.check_coverage`. A border on the 180th meridian is found in a
    projected CRS only.

    Examples
    --------
    >>> import geopandas as gpd, shapely
    >>> two = gpd.GeoSeries({"a": shapely.box(0, 0, 2, 2), "b": shapely.box(2, 0.5, 4, 1.5)})
    >>> contiguity(two).n_links
    2
    """
    word(weight, ("binary", "shared_border"), "weight")
    word(islands, ISLANDS, "islands")
    if weight == "shared_border" and links is not None:
        raise OptionError(
            "links have no shared border; use weight='binary', or add them with w.union(from_pairs(...))."
        )
    if weight == "shared_border" and islands == "nearest":
        raise OptionError(
            "islands='nearest' links units that share no border, so no km of it could be their weight; use "
            "weight='binary' or islands='keep', or add links with w.union(from_pairs(...))."
        )
    shapes, half, recipe = touching(units, criterion, tolerance_m, weight)
    if links is not None:
        i, j, told = link_pairs(links, shapes.index)
        joined = sparse.csr_array((np.ones(len(i)), (np.minimum(i, j), np.maximum(i, j))), shape=half.shape)
        more = half.maximum(joined)
        recipe = recipe.then("links", which=told, added=more.nnz - half.nnz)
        half = more
    matrix = settled(sparse.csr_array(half + half.T), shapes, islands, weight=weight)
    if islands != "keep":
        recipe = recipe.then("islands", policy=islands)
    return Weights(matrix, shapes.index, recipe=recipe)


def touching(
    units: Units, criterion: Criterion, tolerance_m: float | None, weight: BorderWeight = "binary"
) -> tuple[gpd.GeoSeries, sparse.csr_array, Recipe]:
    """The shapes of `units`, the weight of each touching pair i < j in a matrix (n, n), and the recipe so far."""
    word(criterion, ("queen", "rook"), "criterion")
    shapes = _polygons(units)
    meters = _meters(shapes, tolerance_m, weight)
    contacts = contacts_of(shapes.to_numpy(), meters, tolerance_m=tolerance_m, known_units=shapes.crs is not None)
    _warn(shapes, contacts)
    if weight == "shared_border":
        codes, values = border_lengths(contacts, meters)
        _refuse_overlaps(shapes, contacts.overlap[~np.isin(contacts.overlap, codes)])
    else:
        codes = contacts.touch if criterion == "queen" else contacts.border()
        values = np.ones(len(codes))
    recipe = Recipe().then(
        "contiguity",
        criterion=criterion,
        tolerance_m=tolerance_m,
        weight=weight if weight != "binary" else None,
        crs=crs_name(shapes.crs),
    )
    n = len(shapes)
    return shapes, sparse.csr_array((values, (codes // n, codes % n)), shape=(n, n)), recipe


def settled(
    matrix: sparse.csr_array, shapes: gpd.GeoSeries, islands: Islands, when: str = "", weight: str = "binary"
) -> sparse.csr_array:
    """`matrix` (n, n) of the polygons `shapes` with its islands kept, refused or linked: see `isolation.settle`."""
    advice = "tolerance_m= closes gaps"
    if weight == "binary":
        advice += ", links= adds pairs that a bridge joins, and islands='nearest' links them with their nearest unit"
    if shapes.crs is not None and shapes.crs.is_geographic:
        west, _, east, _ = shapes.total_bounds
        if west <= -180 and east >= 180:
            there = "gba.geography.to_metric(units)"
            advice += f"; shapes on both sides of the 180th meridian meet in a projected CRS only, {there}"
    return settle(matrix, shapes.index, lambda: places_of(shapes), islands, advice=f"{advice}.", when=when)


@public
def borders(units: Units, *, tolerance_m: float | None = None) -> pd.DataFrame:
    """Every pair of touching units: how they touch, along what length, and what is wrong there.

    Parameters
    ----------
    units : GeoDataFrame or GeoSeries, n rows
        Polygons with a CRS, indexed by unit id.
    tolerance_m : float, optional
        Gaps and overlaps up to this many meters count as contact; by default only round-off, about a millimeter.

    Returns
    -------
    pandas.DataFrame
        One row a pair: `focal`, `neighbor`; `contact` (``"border"``, ``"point"``,
        ``"overlap"``, ``"gap"``: joined by the tolerance only, ``"near"``: runs along within
        50 m, not joined); `border_km`, the length of the shared border.

    Raises
    ------
    CRSError
        If the units have no CRS, or one in which they cannot be measured.
    GeometryError
        If a shape is missing, empty, or no polygon.
    OptionError
        If `tolerance_m` is negative or no number.

    Examples
    --------
    >>> import geopandas as gpd, shapely
    >>> two = gpd.GeoSeries({"a": shapely.box(0, 0, 2000, 2000), "b": shapely.box(2000, 500, 4000, 1500)},
    ...                     crs="EPSG:2326")
    >>> borders(two).round(6)[["contact", "border_km"]].values.tolist()
    [['border', 1.0]]
    """
    shapes = _polygons(units)
    if shapes.crs is None:
        raise CRSError("border lengths need a CRS; say which one with units.set_crs(...).")
    meters = _meters(shapes, tolerance_m, "shared_border")
    contacts = contacts_of(shapes.to_numpy(), meters, tolerance_m=tolerance_m, known_units=True)
    pairs = np.union1d(contacts.touch, contacts.near_miss)
    contact = np.where(np.isin(pairs, contacts.border()), "border", "point").astype(object)
    contact[np.isin(pairs, contacts.near_miss)] = "near"
    contact[np.isin(pairs, contacts.apart)] = "gap"
    contact[np.isin(pairs, contacts.overlap)] = "overlap"
    codes, lengths = border_lengths(contacts, meters)
    km = pd.Series(lengths, index=codes).reindex(pairs, fill_value=0.0).to_numpy()
    i, j = pairs // len(shapes), pairs % len(shapes)
    return pd.DataFrame({"focal": shapes.index[i], "neighbor": shapes.index[j], "contact": contact, "border_km": km})


def border_lengths(contacts: Contacts, meters: Meters) -> tuple[np.ndarray, np.ndarray]:
    """Pairs that share a line, as codes (m,), and the length of it in km (m,)."""
    corners = contacts.corners
    code, edge = pairs_in_groups(corners.edge, corners.edge_owner, contacts.n)
    start, end = corners.coords[corners.first[edge]], corners.coords[corners.first[edge] + 1]
    km = (
        geodesic_between_km(start, end)
        if meters.degrees
        else np.linalg.norm(end - start, axis=1) * meters.factor / 1000
    )
    more = np.array(list(contacts.unshared), dtype=np.int64)
    more_km = np.array(list(contacts.unshared.values())) / 1000
    codes, place = np.unique(np.concatenate([code, more]), return_inverse=True)
    return codes, sums(place, np.concatenate([km, more_km]), len(codes))


def _polygons(units: Units) -> gpd.GeoSeries:
    shapes = shapes_of(units)
    kinds = shapely.get_type_id(shapes.to_numpy())
    other = ~np.isin(kinds, (3, 6))
    if other.any():
        raise GeometryError(
            f"contiguity needs polygons, but {some(shapes.index[other])} "
            f"{'are' if other.sum() > 1 else 'is a'} {shapes.geom_type[other].iloc[0]}; use nearest or distance_band."
        )
    return shapes


def _refuse_overlaps(shapes: gpd.GeoSeries, codes: np.ndarray) -> None:
    if len(codes):
        raise GeometryError(
            f"these units overlap, so that no line is the border of both and none has a length: "
            f"{_pairs_told(shapes, codes)}. Mend the layer, or set tolerance_m to the width of the overlaps."
        )


def _pairs_told(shapes: gpd.GeoSeries, codes: np.ndarray) -> str:
    n = len(shapes)
    return some([f"{shapes.index[code // n]} and {shapes.index[code % n]}" for code in codes])


def _meters(shapes: gpd.GeoSeries, tolerance_m: float | None, weight: str) -> Meters:
    if tolerance_m is not None and not (is_number(tolerance_m) and tolerance_m >= 0):
        raise OptionError(f"tolerance_m={tolerance_m!r} must be a number of meters, zero or more.")
    if shapes.crs is None:
        if tolerance_m is not None or weight == "shared_border":
            raise CRSError("meters need a CRS, and the units have none; say which one with units.set_crs(...).")
        return Meters(degrees=False)
    require_crs(shapes, "layer of units")
    if shapes.crs.is_geographic:
        return Meters(degrees=True)
    if tolerance_m is not None or weight == "shared_border":
        degrees = "bring the units to longitude and latitude, units.to_crs('EPSG:4326')"
        require_metric(shapes, "layer of units", instead=degrees)
    return Meters(degrees=False, factor=metres_per_unit(shapes.crs))


def _warn(shapes: gpd.GeoSeries, contacts: Contacts) -> None:
    invalid = ~contacts.valid
    told = []
    if invalid.any():
        told.append(f"invalid shapes ({int(invalid.sum())}): {some(shapes.index[invalid])}")
    for codes, what in (
        (contacts.overlap, "overlapping pairs of units"),
        (contacts.apart, "pairs joined across a gap by the tolerance"),
        (
            contacts.near_miss,
            "pairs that run along each other within 50 m without touching, which tolerance_m=50 would join",
        ),
    ):
        if len(codes):
            told.append(f"{what} ({len(codes)}): {_pairs_told(shapes, codes)}")
    if told:
        warnings.warn(f"{'; '.join(told)}. See gba.weights.borders(units).", GeometryWarning, stacklevel=outside())
