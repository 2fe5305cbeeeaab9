"""QGIS itself opens every format with its style: features by class, painted shares, names, halos, metadata."""

import io

import geopandas as gpd
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
import qgis
from shapely import box

import gbaspatial as gba
from gbaspatial.export.styles import style

EXTENT, SIZE = (0.0, 0.0, 6.0, 4.0), (360, 240)
COLUMNS = ["flag", "open", "tier", "number", "gap", "thirds", "kind", "hole", "day", "late", "born", "hour"]


@pytest.fixture(scope="module")
def squares():
    """Twenty-four squares of one degree with every kind of column."""
    places = np.arange(24)
    rng = np.random.default_rng(4)
    number = rng.normal(size=24) * 1e9
    days = pd.to_datetime("2018-10-24") + pd.to_timedelta(places % 3, unit="D")
    kinds = np.array(["it's", '"q"', "广州", "a & b"], dtype=object)[places % 4]
    return gpd.GeoDataFrame(
        {
            "name_zh": [f"方格{i}" for i in places], "flag": places % 3 == 0,
            "open": pd.array([True, None, False] * 8, dtype="boolean"), "tier": places % 3 + 1, "number": number,
            "gap": np.where(places % 5 == 0, np.nan, number / 1e9), "thirds": (places % 7) / 3, "kind": kinds,
            "hole": np.where(places % 6 == 0, None, kinds),
            "day": days, "late": days.where(places % 4 > 0),
            "hour": (days + pd.to_timedelta(places % 2, unit="h")).where(places % 4 > 0),
            "born": pd.Series(days).dt.date.where(places % 5 > 0, None).to_numpy(dtype=object),
        },
        index=pd.Index([f"{i:04d}" for i in places], name="code"),
        geometry=[box(i % 6, i // 6, i % 6 + 1, i // 6 + 1) for i in places],
        crs=4326,
    )  # fmt: skip


def expected_counts(frame, made):
    """How many units fall under each class, from the rules alone."""
    values = frame[made.column]
    counts = {}
    for rule in made.rules:
        if rule.value is not None:
            held = values == rule.value
        elif (rule.above, rule.upto) == (None, None):
            held = values.isna()
        else:
            held = (values > (rule.above if rule.above is not None else -np.inf)) & (
                values <= (rule.upto if rule.upto is not None else np.inf)
            )
        counts[rule.label] = int(held.fillna(False).sum())
    return counts


def our_picture(frame, made):
    """Pixels by color of a figure of ours: the same classes and colors, the same extent and size."""
    figure = plt.figure(figsize=(SIZE[0] / 100, SIZE[1] / 100), dpi=100)
    ax = figure.add_axes((0, 0, 1, 1))
    ax.set(xlim=EXTENT[::2], ylim=EXTENT[1::2])
    ax.axis("off")
    counts = expected_counts(frame, made)
    assert sum(counts.values()) == len(frame)
    for rule in made.rules:
        values = frame[made.column]
        if rule.value is not None:
            held = (values == rule.value).fillna(False)
        elif (rule.above, rule.upto) == (None, None):
            held = values.isna()
        else:
            held = (values > (rule.above or -np.inf if rule.above is None else rule.above)) & (
                values <= (np.inf if rule.upto is None else rule.upto)
            )
        frame[held.astype(bool)].plot(ax=ax, color=rule.color, aspect=None, antialiased=False, linewidth=0)
    buffer = io.BytesIO()
    figure.savefig(buffer, format="raw", dpi=100)
    plt.close(figure)
    pixels = np.frombuffer(buffer.getvalue(), dtype=np.uint8).reshape(-1, 4)
    found, counts = np.unique(pixels[:, :3], axis=0, return_counts=True)
    return {"#{:02X}{:02X}{:02X}".format(*color): int(n) for color, n in zip(found, counts, strict=True)}


def written(folder, frame, ending):
    """Each column styled in a file of its own, and the jobs that ask for it, by QML and by SLD."""
    jobs, made = [], []
    for column in COLUMNS:
        path = folder / f"{column}.{ending}"
        gba.export.write(path, frame, style=column)
        job = {"path": str(path), "extent": EXTENT, "size": SIZE}
        made.append((column, job))
        jobs.append(job)
        if ending != "gpkg":
            jobs.append({**job, "style": str(path.with_suffix(".sld"))})
    return jobs


@pytest.mark.slow
@pytest.mark.parametrize("ending", ["gpkg", "shp", "geojson", "kml", "fgb"])
def test_every_format_is_painted_as_our_figure_paints_it(tmp_path, squares, ending):
    qgis.needed()
    jobs = written(tmp_path, squares, ending)
    answers = qgis.ask(jobs, tmp_path)
    for job, answer in zip(jobs, answers, strict=True):
        column = job["path"].rsplit("/", 1)[1].split(".")[0]
        made = style(squares, column)
        where = (column, job.get("style", "")[-3:], answer)
        assert answer["counts"] == expected_counts(squares, made), where
        assert (answer["features"], answer["without"]) == (24, 0), where
        ours = our_picture(squares, made)
        for rule in made.rules:
            share = answer["colors"].get(rule.color.upper(), 0) / np.prod(SIZE)
            expected = ours[rule.color.upper()] / np.prod(SIZE)
            assert share == pytest.approx(expected, rel=0.06), where  # outlines take some


def test_the_layers_of_the_bay_tell_what_they_are(tmp_path):
    qgis.needed()
    cities = gba.load_cities(year=2019)
    lisa = gba.autocorrelation.local_moran(cities["gdp_pc_cny"], gba.weights.contiguity(cities))
    told = gba.export.describe(cities, title="Cities 城市", abstract="Eleven <cities> & their numbers.")
    hostile = cities.assign(name_zh="<script>alert(1)</script>")
    path = gba.export.geopackage(
        tmp_path / "bay.gpkg",
        {"cities": cities, "clusters": lisa.to_gis(cities), "hostile": hostile},
        styles={"cities": "gdp_pc_cny"},
        descriptions={"cities": told},
    )
    first, clusters, hostile = qgis.ask(
        [{"path": f"{path}|layername={name}"} for name in ("cities", "clusters", "hostile")], tmp_path
    )
    assert (first["title"], first["abstract"]) == ("Cities 城市", "Eleven <cities> & their numbers.")
    for each in (first, clusters, hostile):
        assert "Tianditu" in each["rights"][0]
        assert each["names"].startswith("array_to_string(array_distinct")
    assert first["renderer"] == "graduatedSymbol"
    assert clusters["renderer"] == "categorizedSymbol"
    assert first["aliases"]["gdp_pc_cny"] == "GDP per capita 人均地区生产总值 (yuan per person)"
    assert first["labels"]
    assert [rule["halo"] for rule in first["label_rules"]] == [True, True]
    near, far = first["label_rules"]
    assert near["far"] == far["near"] < far["far"]
    assert "alert" in hostile["tip_of_first"]
    assert "<script>" not in hostile["tip_of_first"]


def test_every_layer_of_the_report_is_styled_and_tells_whose_it_is(tmp_path):
    qgis.needed()
    from gbaspatial.report import attachments
    from gbaspatial.report.bay import Bay

    bay = Bay(2019, 7)
    path = attachments.write_layers(bay, tmp_path / "gba.gpkg")
    names = [name for name in gpd.list_layers(path)["name"] if name != "layer_styles"]
    page = attachments.write_layout(bay, tmp_path / "gba.qpt")
    layers = [f"{path}|layername={name}" for name in names]
    *answers, printed = qgis.ask(
        [*({"path": layer} for layer in layers), {"layout": str(page), "layers": layers, "size": [594, 420]}], tmp_path
    )
    assert len(names) >= 5
    for name, each in zip(names, answers, strict=True):
        assert each["renderer"] != "singleSymbol", name
        assert each["without"] == 0, name
        assert min(each["counts"].values()) > 0, name  # no class that does not occur
        assert "Tianditu" in each["rights"][0], name
        assert each["title"], name
        assert each["title"] != name
        assert each["abstract"], name
        assert each["tip_of_first"], name
        assert each["names"], name
        assert [field for field, alias in each["aliases"].items() if not alias] == ["fid"], name
        assert any("(" in alias for alias in each["aliases"].values()) or name in ("links", "prefectures"), name
    _, top, _, high = printed["places"]["legend"]
    assert top + high <= printed["places"]["north"][1]  # the legend of all layers has room above the arrow


def test_the_print_layout_of_a_region_is_printed_with_its_layers(tmp_path):
    qgis.needed()
    from gbaspatial.report import attachments
    from gbaspatial.report.region import Region

    shapes = [box(i % 5, i // 5, i % 5 + 1, i // 5 + 1) for i in range(20)]
    columns = {"income": np.random.default_rng(1).normal(50, 10, 20)}
    units = gpd.GeoDataFrame(
        columns, index=pd.Index([f"u{i}" for i in range(20)], name="code"), geometry=shapes, crs=4326
    )
    region = Region(units, "income")
    page = attachments.write_layout_of(region, tmp_path / "region.qpt")
    layers = attachments.write_layers_of(region, tmp_path / "region.gpkg")
    names = [f"{layers}|layername={name}" for name in ("units", "clusters", "links")]
    jobs = [{"layout": str(page), "layers": part, "size": [1188, 840]} for part in (names[:1], names)]
    of_units, whole = qgis.ask(jobs, tmp_path)
    for answer in (of_units, whole):
        assert answer["whole"]
        assert answer["true_crs"]
        assert answer["north_valid"]
        assert answer["texts"]["title"] == "income in 20 units 20 个单元的 income"
        assert answer["bar_mm"] == pytest.approx(answer["bar_km"] * 1e6 / answer["scale"], abs=12)
    assert (len(of_units["legend"]), len(whole["legend"])) == (1, 3)
    _, top, _, high = whole["places"]["legend"]
    assert top + high <= whole["places"]["north"][1]
    _, _, wide, high = of_units["places"]["map"]
    painted = sum(of_units["colors"].get(rule.color.upper(), 0) for rule in style(units, "income").rules) / (1188 * 840)
    land = gba.geography.area_km2(units).sum() * 1e12 / of_units["scale"] ** 2
    assert land < wide * high
    assert painted == pytest.approx(land / (297 * 210), rel=0.12)  # outlines and names take some
