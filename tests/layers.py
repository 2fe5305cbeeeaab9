"""Layers that the weights tests share: the polygons and points of the oracle cases, and links by label."""

import geopandas as gpd
import oracle
import pandas as pd

PLANE = "EPSG:32617"  # the oracle layers have no CRS of their own; any in meters serves, as one unit = one meter
METERS = 1000.0  # one unit of those layers in km is 1 / METERS


def polygons(name):
    layer = gpd.read_file(oracle.find(f"data/{name}_polygons.gpkg"))
    layer["id"] = layer["id"].astype(int)
    return layer.set_index("id").set_crs(PLANE, allow_override=True)


def points(name):
    table = pd.read_csv(oracle.find(f"data/{name}_centroids.csv")).set_index("id")
    return gpd.GeoSeries.from_xy(table["x"], table["y"], index=table.index, crs=PLANE)


def lonlat(name):
    table = pd.read_csv(oracle.find(f"data/{name}_lonlat.csv")).set_index("id")
    return gpd.GeoSeries.from_xy(table["lon"], table["lat"], index=table.index, crs="EPSG:4326")


def links(w):
    return set(w.to_frame()[["focal", "neighbor"]].itertuples(index=False, name=None))


def edges(file):
    table = pd.read_csv(oracle.find(file))
    return set(table[["focal", "neighbor"]].itertuples(index=False, name=None))
