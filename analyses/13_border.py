# ---
# jupyter:
#   jupytext:
#     text_representation:
#       format_name: percent
# ---

# %% [markdown]
# # How closed are the borders of the bay? 大湾区的边界有多封闭?
# A link across a border may count for less than one within: by a friction between 0 (closed) and 1 (no border). It is
# looked for under every choice that is as good as another, because one choice alone would give any answer.

# %%
import sys
import warnings
from pathlib import Path

import pandas as pd

import gbaspatial as gba

given = sys.argv[1] if len(sys.argv) > 1 and not sys.argv[1].startswith("-") else "out/analyses"
out = Path(given)
out.mkdir(parents=True, exist_ok=True)
warnings.simplefilter("ignore", gba.errors.CaveatWarning)
found = {}

# %% [markdown]
# ## Eleven cities in one year 十一城，一年
# Hong Kong and Macao have no neighbor on their own side, so that standardizing rows cancels the friction of theirs.

# %%
cities = gba.load_cities(year=2019)
w = gba.weights.contiguity(cities, links=2019)
formula = "log(gdp_pc_cny) ~ log(employment)"
one_year = gba.spillover.border_friction(formula, cities, w, groups=cities["side"])
print(one_year)
found["eleven cities, 2019"] = one_year

# %% [markdown]
# ## Eleven cities in twenty-four years 十一城，二十四年
# In trending levels residuals of one year are those of the year before, and an interval that takes years for
# independent is far too narrow; with the outcome of the year before little spillover is left to be held back.

# %%
panel = gba.load_panel()
years = gba.spillover.border_friction(formula, panel, w, groups=cities["side"], draws=99)
print(years)
found["eleven cities, 2000-2023"] = years
picture = years.plot()
gba.figures.save(picture, out / "border_friction.png")
picture

# %% [markdown]
# ## In kilometers 以公里计
# Under exp(-distance / 50 km) a friction f is as if the border were 50 log(1 / f) km wide, where f is identified.

# %%
decayed = gba.weights.exponential_decay(cities, scale_km=50)
distances = gba.spillover.border_friction(
    formula, panel, decayed, groups=cities["side"], effects="twoway", dynamics="y", draws=99
)
print(distances)
found["eleven cities, exponential decay"] = distances

# %% [markdown]
# ## Where there are more places: borders of provinces 省界
# The prefectures of China have hundreds of links across borders of provinces. But what the prefectures of one province
# share looks like a closed border, too, and dummies of provinces take the spillover itself away.

# %%
prefectures = gba.load_prefectures(area="china")
table = gba.load_prefecture_panel(variables=["patents_granted", "gdp_cny", "population"], years=[2019])
table = table.xs(2019, level="year")
complete = table.index[(table[["patents_granted", "gdp_cny", "population"]] > 0).all(axis=1)]
with warnings.catch_warnings():
    warnings.simplefilter("ignore", gba.errors.IslandWarning)
    near = gba.weights.contiguity(prefectures.loc[complete])
linked = complete.difference(near.islands)
count = prefectures.loc[linked, "province_zh"].map(prefectures.loc[linked, "province_zh"].value_counts())
linked = linked[count.reindex(linked) > 1]  # a dummy of one prefecture fits it exactly
print(f"{len(linked)} of {len(table)} prefectures: complete, linked, and not the only one of their province.")
near, data, provinces = near.subset(linked), table.loc[linked], prefectures.loc[linked, "province_zh"]
plain = "log(patents_granted) ~ log(gdp_cny) + log(population)"
for told, written in {"alone": plain, "with dummies": f"{plain} + C(province_zh)"}.items():
    scan = gba.spillover.border_friction(written, data, near, groups=provinces, draws=99)
    print(scan)
    found[f"provinces {told}"] = scan

# %% [markdown]
# ## What the data let one say 数据能说什么
# Flows between the cities (goods, people, patents) are not in the shipped data, so that a gravity model cannot be
# estimated here; `gba.spillover.gravity` takes them from whoever has them.

# %%
print("\n".join(f"{name}: {scan.sentence}" for name, scan in found.items()))
cells = pd.concat({name: scan.to_frame().reset_index() for name, scan in found.items()}, names=["data"])
cells.droplevel(1).to_csv(out / "border_friction.csv")
