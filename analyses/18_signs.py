# ---
# jupyter:
#   jupytext:
#     text_representation:
#       format_name: percent
# ---

# %% [markdown]
# # Why published results differ in sign 为何符号不一
# Moran's I of the bay in the literature is positive, negative or nothing. Here it is computed side by side: nine or
# eleven cities, totals or per head, levels or logarithms, five W.

# %%
import sys
import warnings
from pathlib import Path

import numpy as np
import pandas as pd

import gbaspatial as gba

given = sys.argv[1] if len(sys.argv) > 1 and not sys.argv[1].startswith("-") else "out/analyses"
out = Path(given)
out.mkdir(parents=True, exist_ok=True)
year = 2019
warnings.simplefilter("ignore", gba.errors.EndogeneityWarning)  # likeness of income is made of income: that is shown
cities = gba.load_cities(year=year)
nine = cities[cities["side"] == "mainland"]

# %% [markdown]
# ## All choices 全部选择

# %%
values = {
    ("eleven", "GDP"): cities["gdp_cny"], ("eleven", "GDP per head"): cities["gdp_pc_cny"],
    ("nine", "GDP"): nine["gdp_cny"], ("nine", "GDP per head"): nine["gdp_pc_cny"],
    ("nine", "patents"): nine["patents_granted"], ("nine", "patents per head"): nine["patents_per_10k"],
}  # fmt: skip
rows = {}
for (units, what), column in values.items():
    frame = cities if units == "eleven" else nine
    weights = {
        "borders": gba.weights.contiguity(frame),
        "borders and bridges": gba.weights.contiguity(cities, links=year).subset(frame.index),
        "4 nearest": gba.weights.nearest(frame, k=4),
        "inverse distance": gba.weights.inverse_distance(frame),
        "likeness of income": gba.weights.economic(frame["gdp_pc_cny"]),
    }
    for scale, series in {"levels": column, "logs": np.log(column)}.items():
        for name, w in weights.items():
            test = gba.autocorrelation.moran(series, w.row_standardized(), rng=1)
            rows[units, what, scale, name] = [test.statistic, test.expected, test.p_value]
table = pd.DataFrame.from_dict(rows, orient="index", columns=["I", "expected", "p_value"])
table.index = pd.MultiIndex.from_tuples(list(rows), names=["cities", "variable", "scale", "W"])
table["p_adjusted"] = gba.inference.adjust(table["p_value"].to_numpy(), "by")
print(table["I"].reset_index().pivot_table(index=table.index.names[:3], columns="W", values="I").round(2).to_string())
table.to_csv(out / "signs.csv")

# %% [markdown]
# ## What turns the sign 什么改变符号

# %%
least, most = table["I"].min(), table["I"].max()
print(f"I runs from {least:.2f} to {most:.2f}; {(table['I'] > 0).sum()} of {len(table)} are positive.")
for level in table.index.names:
    others = [name for name in table.index.names if name != level]
    turns = table["I"].groupby(level=others).agg(["min", "max", "size"])
    turns = turns[turns["size"] > 1]
    share = ((turns["min"] < 0) & (turns["max"] > 0)).mean()
    print(f"{level}: in {share:.0%} of what else can be chosen, the sign hangs on it")
strong = table[table["p_adjusted"] < 0.05]
print("After adjustment for all of them:", len(strong), "of", len(table), "differ from no autocorrelation")
print(strong.round(4).to_string() if len(strong) else "")

# %% [markdown]
# ## Published values 已发表结果
# With a source that can be cited. The first is a total of ports with a W of its own, so it is no contradiction.

# %%
published = {
    "Mathematical Problems in Engineering 2020, doi:10.1155/2020/2343860": "Moran's I of port throughput -0.2452",
    "Meng and Lu 2020, kjjb.org 37(14)": "clusters high-high and low-low of innovation",
}
for source, result in published.items():
    print(f"{result} ({source})")
