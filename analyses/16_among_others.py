# ---
# jupyter:
#   jupytext:
#     text_representation:
#       format_name: percent
# ---

# %% [markdown]
# # The bay among others 三大城市群比较
# Clustering of patents, convergence of income and spillover in the Pearl, Yangtze and Beijing-Tianjin-Hebei regions,
# measured alike; and whether the bay differs.

# %%
import math
import sys
import warnings
from pathlib import Path

import numpy as np
import pandas as pd

import gbaspatial as gba

given = sys.argv[1] if len(sys.argv) > 1 and not sys.argv[1].startswith("-") else "out/analyses"
out = Path(given)
out.mkdir(parents=True, exist_ok=True)
warnings.simplefilter("ignore", gba.errors.CaveatWarning)  # the doubted values stand in 08_prefectures.py
warnings.simplefilter("ignore", gba.errors.IslandWarning)
table = gba.load_prefecture_panel(years=range(2010, 2024)).rename(columns={"province_zh": "province"})
table["income"] = table["gdp_cny"] / table["population"]
used = ["patents_granted", "income", "population"]
whole = (table[used] > 0).all(axis=1).groupby(level="city").all()
shapes = gba.load_prefectures(area="china")
province = table["province"].groupby(level="city").first()
regions = {
    "nine cities of the bay": table["in_gba"].groupby(level="city").first().astype(bool),
    "Guangdong": province == "广东省",
    "Yangtze": province.isin(["上海市", "江苏省", "浙江省", "安徽省"]),
    "Beijing-Tianjin-Hebei": province.isin(["北京市", "天津市", "河北省"]),
}

# %% [markdown]
# ## The same measures in each 同一指标

# %%
rows = {}
for name, member in regions.items():
    units = whole.index[whole & member]
    w = gba.weights.contiguity(shapes.loc[units], islands="keep")
    linked = w.ids[w.sparse.sum(axis=1) > 0]
    w = w.subset(linked).row_standardized()
    inside = table[table.index.get_level_values("city").isin(linked)]
    heads = np.log(inside["patents_granted"] / inside["population"])
    moran = gba.autocorrelation.moran(heads.xs(2023, level="year"), w, rng=1)
    beta = gba.disparity.beta_convergence(inside["income"])
    sigma = gba.disparity.sigma_convergence(inside["income"])
    fit = gba.models.panel_lag("log(patents_granted) ~ log(income) + log(population)", inside, w, effects="twoway")
    low, high = fit.conf_int().loc["rho"]
    rows[name] = {
        "cities": len(linked), "moran": moran.statistic, "p_moran": moran.p_value, "rho": fit.rho,
        "rho_se": fit.std_errors["rho"], "rho_lower": low, "rho_upper": high, "speed": beta.speed,
        "sd_log_first": sigma.to_frame()["sd_log"].iloc[0], "sd_log_last": sigma.to_frame()["sd_log"].iloc[-1],
    }  # fmt: skip
found = pd.DataFrame.from_dict(rows, orient="index").rename_axis("region")
print(found.round(3).T.to_string())
found.to_csv(out / "among_others.csv")

# %% [markdown]
# ## Does the bay differ, and how sure is that? 差异与把握
# rho of the nine less that of each other region, with the errors of both fits (independent: no city is in two regions,
# but for Guangdong, which holds the nine). p-values adjusted for both comparisons.

# %%
first = found.loc["nine cities of the bay"]
others = ["Yangtze", "Beijing-Tianjin-Hebei"]
gap = first["rho"] - found.loc[others, "rho"]
error = np.hypot(first["rho_se"], found.loc[others, "rho_se"])
test = pd.DataFrame({"difference": gap, "std_error": error, "lower": gap - 1.96 * error, "upper": gap + 1.96 * error})
test["p_value"] = [math.erfc(abs(z) / math.sqrt(2)) for z in gap / error]
test["p_adjusted"] = gba.inference.adjust(test["p_value"].to_numpy(), "holm")
print(test.round(3).to_string())
sure = test.index[test["p_adjusted"] < 0.05].tolist()
print(
    "The bay's spillover differs from that of",
    ", ".join(sure) if sure else "no other region, as far as these data tell",
)
