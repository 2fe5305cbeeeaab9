"""A small valid file of every format that a reader takes, as bytes by name."""

import geopandas as gpd
import numpy as np
import pandas as pd
from shapely.geometry import box

import gbaspatial as gba

CODES = [f"0{i}" for i in range(10, 19)]
WEIGHTS = [".gal", ".gwt", ".mtx", ".csv", ".parquet", ".npz", ".txt", ".swm", ".json"]


def layer():
    shapes = [box(i % 3, i // 3, i % 3 + 1, i // 3 + 1) for i in range(9)]
    names = ["广州市", "深圳市", "珠海市"] * 3
    return gpd.GeoDataFrame({"Name": CODES, "label": names, "x": np.arange(9.0)}, geometry=shapes, crs="EPSG:4326")


def write_all(folder):
    """Write every file into `folder`; returns what to read: (kind, name), kind being units, panel or weights."""
    units = layer()
    for ending in ("gpkg", "geojson", "fgb", "shp"):
        units.to_file(folder / f"units.{ending}")
    units.to_file(folder / "units.kml", driver="KML")
    units.to_parquet(folder / "units.parquet")
    table = pd.DataFrame({"Name": CODES, "year": 2019, "x": np.arange(9) / 7, "day": pd.Timestamp("2018-10-24")})
    table.assign(名称="中山市").to_csv(folder / "table.csv", index=False, encoding="gb18030")
    table.to_excel(folder / "table.xlsx", index=False)
    table.to_stata(folder / "table.dta", write_index=False, version=118)
    table.to_parquet(folder / "table.parquet")
    found = [("units", f"units.{end}") for end in ("gpkg", "geojson", "fgb", "shp", "kml", "parquet")]
    found += [("panel", f"table.{end}") for end in ("csv", "xlsx", "dta", "parquet")]
    w = gba.weights.contiguity(units.set_index("Name"))
    for ending in WEIGHTS:
        try:
            gba.weights.write(w, folder / f"w{ending}")
        except gba.errors.GbaError:
            continue
        found.append(("weights", f"w{ending}"))
    return found


def parts_of(name):
    """The files of which one is damaged at a time."""
    stem = name.rpartition(".")[0]
    return [f"{stem}.{end}" for end in ("shp", "shx", "dbf", "prj", "cpg")] if name.endswith(".shp") else [name]
