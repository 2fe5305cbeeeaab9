# ---
# jupyter:
#   jupytext:
#     text_representation:
#       format_name: percent
# ---

# %% [markdown]
# # Where is what? Maps and layers 地图与图层
# One HTML file that opens anywhere, without the internet, and a GeoPackage that opens styled in QGIS.

# %%
import sys
from pathlib import Path

import gbaspatial as gba

given = sys.argv[1] if len(sys.argv) > 1 and not sys.argv[1].startswith("-") else "out/analyses"
out = Path(given)
out.mkdir(parents=True, exist_ok=True)
year = 2023

# %%
cities = gba.load_cities(year=year)
panel = gba.load_panel(variables=["gdp_pc_cny", "patents_per_10k"])
w = gba.weights.contiguity(cities, links=year).row_standardized()
lisa = gba.autocorrelation.local_moran(cities["gdp_pc_cny"], w, rng=1)

# %% [markdown]
# ## The atlas
# Wealth and patents by year, clusters, and the graph of W; every layer has its legend.

# %%
atlas = gba.maps.atlas(
    cities,
    [
        gba.maps.choropleth("gdp_pc_cny", label="GDP per capita, yuan", panel=panel),
        gba.maps.choropleth("patents_per_10k", label="Patents granted per 10,000 persons", panel=panel),
        gba.maps.clusters(lisa),
        gba.maps.links(w),
    ],
    title=f"The Greater Bay Area, {year}",
)
atlas.save(out / "atlas.html")
atlas

# %% [markdown]
# ## The districts

# %%
districts = gba.load_districts()
districts["density"] = districts["population"] / districts["area_km2"]
near = gba.weights.contiguity(districts).row_standardized()
dense = gba.autocorrelation.local_moran(districts["density"], near, rng=1)
dense_atlas = gba.maps.atlas(
    districts,
    [gba.maps.choropleth("density", label="Persons per square kilometer"), gba.maps.clusters(dense)],
    title="Districts: population density",
)
dense_atlas.save(out / "districts.html")
dense_atlas

# %% [markdown]
# ## Layers for a GIS

# %%
gba.export.geopackage(out / "gba.gpkg", {"cities": lisa.to_gis(cities), "districts": dense.to_gis(districts)})
print(*sorted(path.name for path in out.iterdir()), sep="\n")
