# ---
# jupyter:
#   jupytext:
#     text_representation:
#       format_name: percent
# ---

# %% [markdown]
# # Who is near whom? 谁与谁相邻?
# W is the hypothesis of every spatial analysis. This script builds the weights that the eleven cities
# suggest, draws each of them, and asks how much they agree: which links every W has, what range of
# rho each admits, and what the bridges changed.

# %%
import sys
import warnings
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd

import gbaspatial as gba

given = sys.argv[1] if len(sys.argv) > 1 and not sys.argv[1].startswith("-") else "out/analyses"
out = Path(given)
out.mkdir(parents=True, exist_ok=True)
year = 2023

# %% [markdown]
# ## Borders and bridges
# Fifteen pairs share a border. The Hong Kong-Zhuhai-Macao bridge adds two pairs from 2018, the
# Shenzhen-Zhongshan link one from 2024. A year means: open by 31 December.

# %%
cities = gba.load_cities(year=year)
queen = gba.weights.contiguity(cities)
bridges = gba.weights.contiguity(cities, links=year)
print(queen.describe())
print(gba.weights.borders(cities).sort_values("border_km", ascending=False).to_string(index=False))
by_year = gba.weights.by_year(cities, [2000, 2017, 2018, 2024], kinds=("bridge", "tunnel", "rail"))
for when, w in by_year.items():
    print(when, w)

# %% [markdown]
# ## A border that slows
# Hong Kong, Macao and the mainland each keep customs and law of their own. Half a link across a side
# is a guess; `gba.spillover` estimates it.

# %%
friction = bridges.with_friction(cities["side"], 0.5)
print(friction.to_frame().query("weight < 1").to_string(index=False))

# %% [markdown]
# ## Distance, geodesic
# Kilometers on the ellipsoid between points inside each city's largest part; and minutes, where
# the fastest connection of two cities has been published (`load_travel_times`, with sources).

# %%
times = gba.data.load_travel_times().query("unit == 'minutes'")
opened = pd.to_numeric(times["period"].str.extract(r"^(\d{4})-$")[0])  # lines that run from a year on
fastest = times[opened <= year].groupby(["city_a", "city_b"])["value"].min().reset_index()
fastest.columns = ["origin", "destination", "minutes"]
both_ways = pd.concat([fastest, fastest.rename(columns={"origin": "destination", "destination": "origin"})])
print(fastest.to_string(index=False))

sets = {
    "queen": queen,
    "rook": gba.weights.contiguity(cities, criterion="rook"),
    f"queen and bridges {year}": bridges,
    "border friction 0.5": friction,
    "4 nearest": gba.weights.nearest(cities, k=4),
    "band": gba.weights.distance_band(cities),
    "1 / distance": gba.weights.inverse_distance(cities),
    "exp(-distance / 50 km)": gba.weights.exponential_decay(cities, scale_km=50),
    "triangular kernel, 120 km": gba.weights.kernel(cities, function="triangular", bandwidth_km=120),
    "adaptive Gaussian, k = 4": gba.weights.kernel(cities, function="gaussian", k=4),
    "Delaunay": gba.weights.delaunay(cities),
    "Gabriel": gba.weights.gabriel(cities),
    "relative neighbors": gba.weights.relative_neighbors(cities),
    "shared border, km": gba.weights.contiguity(cities, weight="shared_border"),
    "same tier": gba.weights.block(cities["tier"]),
}
with warnings.catch_warnings():  # said here instead: seven cities have no published time and stay islands
    warnings.simplefilter("ignore", gba.errors.IslandWarning)
    sets["1 / published minutes"] = gba.weights.travel_time(both_ways, ids=cities.index)
with warnings.catch_warnings():  # said here instead: GDP is also what the models explain
    warnings.simplefilter("ignore", gba.errors.EndogeneityWarning)
    sets["1 / gap of GDP per capita"] = gba.weights.economic(cities["gdp_pc_cny"])
    sets["gravity of GDP"] = gba.weights.economic(cities["gdp_cny"], kind="gravity", units=cities, power=2)
sets["half queen, half 1 / distance"] = gba.weights.combine(
    {"queen": bridges.row_standardized(), "distance": sets["1 / distance"].row_standardized()},
    shares={"queen": 0.5, "distance": 0.5},
)

# %% [markdown]
# ## Each W drawn
# Line width and strength follow the weight; open circles have no neighbor.

# %%
figure, axes = plt.subplots(5, 4, figsize=(13, 13.5), layout="constrained")
for ax in axes.flat[len(sets) :]:
    ax.set_axis_off()
for ax, (name, w) in zip(axes.flat, sets.items(), strict=False):
    w.plot(cities, ax=ax)
    ax.set_title(f"{name}\n{w.n_links} links", fontsize=9)
written = gba.figures.save(figure, out / "weights_cities", dpi=110)

# %%
figure, axes = plt.subplots(1, 4, figsize=(11, 3), layout="constrained")
for ax, (when, w) in zip(axes.flat, by_year.items(), strict=True):
    w.plot(cities, ax=ax)
    ax.set_title(f"{when}: {w.n_links // 2} pairs", fontsize=9)
written += gba.figures.save(figure, out / "weights_by_year", dpi=110)
print("Written:", ", ".join(path.name for path in written))

# %% [markdown]
# ## How much do they agree?
# Correlation of spectrally standardized weights over the 110 ordered pairs, and the admissible rho of each. Row
# standardization would undo the friction of Hong Kong and Macao, all of whose land borders are customs borders.

# %%
standardized = {name: w.spectral() for name, w in sets.items()}
off = ~np.eye(len(cities), dtype=bool)
cells = pd.DataFrame({name: w.subset(cities.index).to_sparse().toarray()[off] for name, w in standardized.items()})
agreement = cells.corr()
ranges = pd.DataFrame(
    {
        name: {
            "links": w.n_links,
            "components": w.n_components,
            "symmetric": sets[name].is_symmetric,
            "rho_from": w.interval[0],
            "rho_to": w.interval[1],
            "agrees_with_bridges": agreement.loc[name, f"queen and bridges {year}"],
        }
        for name, w in standardized.items()
    }
).T
print(ranges.to_string())
ranges.to_csv(out / "weights_compared.csv")
agreement.to_csv(out / "weights_agreement.csv")

# %% [markdown]
# ## Kept for others
# One file with labels, recipe and the last bit of every weight; one that GeoDa and R read.

# %%
bridges.row_standardized().save(out / "weights_bridges.json")
with warnings.catch_warnings():  # said here instead: GAL has no spaces in labels, so it is Hong_Kong there
    warnings.simplefilter("ignore", gba.errors.GbaWarning)
    bridges.save(out / "weights_bridges.gal")
print(gba.weights.read(out / "weights_bridges.json"))
