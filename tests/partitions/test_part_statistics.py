"""A layer in parts gives what the whole layer gives, however it was cut."""

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

import gbaspatial as gba
from gbaspatial.errors import (
    AlignmentError,
    CRSError,
    DataError,
    FileFormatError,
    MissingDataError,
    OptionError,
    UnknownNameError,
)  # fmt: skip

DRAWN = {"draws": 499, "rng": 4}


def cloud(n, seed=2, text=False):
    rng = np.random.default_rng(seed)
    xy = np.vstack([rng.normal([500_000, 2_500_000], 9_000, (n // 2, 2)), rng.uniform(0, 1, (n - n // 2, 2)) * 60_000])
    xy[n // 2 :] += [470_000, 2_470_000]
    labels = rng.permutation(n)
    names = [f"shop {i}" for i in labels] if text else labels
    made = gpd.GeoDataFrame({"shop": names, "rent": rng.gamma(2, size=n)}, geometry=shapely.points(xy), crs=32649)
    made["rent"] += xy[:, 0] / 30_000
    return made


def cells(side=20):
    at = np.arange(side * side)
    shapes = [shapely.box(500_000 + 100 * c, 2_500_000 + 100 * r, 500_100 + 100 * c, 2_500_100 + 100 * r)
              for r, c in zip(at // side, at % side, strict=True)]  # fmt: skip
    rent = np.random.default_rng(1).normal(size=len(at)) + at / 100
    return gpd.GeoDataFrame({"shop": at[::-1], "rent": rent}, geometry=shapes, crs=32649)


def cut(layer, folder, size):
    layer.to_parquet(folder / "layer.parquet", row_group_size=150)
    return gba.partitions.partition(folder / "layer.parquet", folder / f"parts{size}", id="shop", size=size)


KINDS = {
    "nearest": (
        lambda parts: gba.partitions.nearest(parts, k=5),
        lambda units: gba.weights.nearest(units, k=5, metric="planar").row_standardized(),
    ),
    "band": (
        lambda parts: gba.partitions.distance_band(parts, threshold_km=2.5),
        lambda units: gba.weights.distance_band(units, threshold_km=2.5, metric="planar").row_standardized(),
    ),
    "queen": (
        lambda parts: gba.partitions.contiguity(parts),
        lambda units: gba.weights.contiguity(units).row_standardized(),
    ),
    "rook": (
        lambda parts: gba.partitions.contiguity(parts, criterion="rook", row_standardized=False),
        lambda units: gba.weights.contiguity(units, criterion="rook"),
    ),
}


@pytest.mark.filterwarnings("ignore::gbaspatial.errors.IslandWarning")
@pytest.mark.parametrize("text", [False, True])
@pytest.mark.parametrize("size", [60, 200, 10_000])
@pytest.mark.parametrize("kind", KINDS)
def test_parts_give_what_the_whole_gives(kind, size, text, tmp_path):
    layer = cells() if kind in ("queen", "rook") else cloud(700, text=text)
    in_parts, at_once = KINDS[kind]
    units = layer.set_index("shop")
    w = at_once(units)
    parts = cut(layer, tmp_path, size)
    assert parts.n == len(layer)
    assert (parts.n_parts > 1) is (size < 700)
    split = in_parts(parts)
    assert (split.n_links, split.n_islands) == (w.n_links, len(w.islands))

    links = pd.read_parquet(split.to_parquet(tmp_path / "links.parquet"))
    made = links.set_index(["focal", "neighbor"])["weight"].sort_index()
    first, second = w.sparse.nonzero()
    expected = pd.Series(w.sparse.data, index=pd.MultiIndex.from_arrays([w.ids[first], w.ids[second]])).sort_index()
    pd.testing.assert_series_equal(made, expected, check_names=False, check_exact=True)

    lagged = pd.read_parquet(gba.partitions.lag(split, "rent", tmp_path / "lag.parquet")).set_index("shop")["lag"]
    pd.testing.assert_series_equal(lagged.sort_index(), w.lag(units["rent"]).sort_index(), check_names=False)

    counts = gba.partitions.local_moran(split, "rent", tmp_path / "lisa.parquet", **DRAWN)
    found = pd.read_parquet(tmp_path / "lisa.parquet").set_index("shop").sort_index()
    whole = gba.autocorrelation.local_moran(units["rent"], w, inference="permutation", **DRAWN).to_frame().sort_index()
    np.testing.assert_array_equal(found["p_value"], whole["p_value"])
    for name in ("statistic", "expected", "variance", "z"):
        np.testing.assert_allclose(found[name], whole[name], rtol=1e-9, atol=1e-12)
    told = whole["cluster"].to_numpy(dtype=str)
    assert (found["cluster"].to_numpy(dtype=str) == told).all()
    assert counts.to_dict() == pd.Series(told).value_counts().to_dict()


def test_how_a_layer_is_cut_changes_no_bit(tmp_path):
    layer = cloud(600)
    found = []
    for size, order in ((50, 1), (170, 2), (1_000, 3)):
        folder = tmp_path / str(size)
        folder.mkdir()
        w = gba.partitions.nearest(cut(layer.sample(frac=1, random_state=order), folder, size), k=4)
        gba.partitions.local_moran(w, "rent", folder / "lisa.parquet", **DRAWN)
        found.append(pd.read_parquet(folder / "lisa.parquet").set_index("shop").sort_index())
    for other in found[1:]:
        pd.testing.assert_frame_equal(found[0], other, check_exact=True)


def test_what_was_stopped_goes_on(tmp_path, monkeypatch):
    parts = cut(cloud(600), tmp_path, 80)
    w = gba.partitions.nearest(parts, k=4)
    from gbaspatial.partitions import part_statistics

    plain, made = part_statistics._moran_of, []

    def stops(w, shared, part):
        if part == 5 and made.count(5) == 0:
            made.append(5)
            raise KeyboardInterrupt
        made.append(part)
        return plain(w, shared, part)

    monkeypatch.setattr(part_statistics, "_moran_of", stops)
    with pytest.raises(KeyboardInterrupt):
        gba.partitions.local_moran(w, "rent", tmp_path / "lisa.parquet", **DRAWN)
    assert not (tmp_path / "lisa.parquet").exists()
    counts = gba.partitions.local_moran(w, "rent", tmp_path / "lisa.parquet", **DRAWN)
    assert sorted(made) == sorted([*range(parts.n_parts), 5]), "no part was made twice"
    assert counts.sum() == 600


def test_a_folder_can_be_opened_again(tmp_path):
    parts = cut(cloud(300), tmp_path, 80)
    again = gba.partitions.open_parts(parts.folder)
    assert (again.n, again.n_parts, again.columns) == (300, parts.n_parts, ("rent",))
    assert sum(len(again.part(number)) for number in range(again.n_parts)) == 300
    assert again.part(0).crs == "EPSG:32649"
    assert "300 units" in repr(again)
    with pytest.raises(FileFormatError, match="no whole set of parts"):
        gba.partitions.open_parts(tmp_path)


BAD = {
    "no such column": (lambda layer: layer, "nothing", UnknownNameError, "nothing"),
    "a missing value": (lambda layer: layer.assign(rent=layer["rent"].mask(layer["shop"] == 7)), "rent",
                        MissingDataError, "7"),
    "text": (lambda layer: layer.assign(rent="high"), "rent", DataError, "no number"),
    "a constant": (lambda layer: layer.assign(rent=1.0), "rent", DataError, "one value"),
}  # fmt: skip


@pytest.mark.parametrize("bad", BAD)
def test_bad_columns_are_named(bad, tmp_path):
    change, column, error, words = BAD[bad]
    w = gba.partitions.nearest(cut(change(cloud(200)), tmp_path, 80), k=3)
    with pytest.raises(error, match=words):
        gba.partitions.local_moran(w, column, tmp_path / "lisa.parquet", **DRAWN)


def test_layers_that_cannot_be_cut_are_told(tmp_path):
    layer = cloud(100)
    with pytest.raises(AlignmentError, match="more than once"):
        cut(layer.assign(shop=layer["shop"] // 2), tmp_path, 50)
    with pytest.raises(FileFormatError, match="no column 'town'"):
        gba.partitions.partition(tmp_path / "layer.parquet", tmp_path / "x", id="town")
    layer[["shop"]].to_parquet(tmp_path / "plain.parquet")
    with pytest.raises(FileFormatError, match="no GeoParquet"):
        gba.partitions.partition(tmp_path / "plain.parquet", tmp_path / "x", id="shop")
    layer.loc[3, "geometry"] = None
    with pytest.raises(DataError, match="row 3"):
        cut(layer, tmp_path, 50)
    degrees = cut(cloud(100).to_crs(4326), tmp_path, 50)
    with pytest.raises(CRSError):
        gba.partitions.nearest(degrees, k=3)
    with pytest.raises(OptionError, match="smaller k"):
        gba.partitions.nearest(degrees, k=100)


@pytest.mark.slow
def test_two_hundred_thousand_points_in_parts(tmp_path):
    layer = cloud(200_000)
    parts = cut(layer, tmp_path, 25_000)
    w = gba.partitions.nearest(parts, k=6)
    counts = gba.partitions.local_moran(w, "rent", tmp_path / "lisa.parquet", draws=999, rng=1)
    units = layer.set_index("shop")
    whole = gba.weights.nearest(units, k=6, metric="planar").row_standardized()
    told = gba.autocorrelation.local_moran(units["rent"], whole, inference="permutation", draws=999, rng=1)
    found = pd.read_parquet(tmp_path / "lisa.parquet").set_index("shop")
    np.testing.assert_array_equal(found["p_value"].reindex(units.index), told.to_frame()["p_value"])
    assert counts.sum() == 200_000
