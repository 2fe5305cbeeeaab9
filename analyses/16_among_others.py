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
import sys
import warnings
from pathlib import Path

import numpy as np
import pandas as pd
from scipy.special import stdtr

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
rows, weights = {}, {}
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
    last = heads.xs(2023, level="year").to_frame("heads")
    alone = gba.models.error("heads ~ 1", last, w, inference="asymptotic")
    weights[name] = w
    rows[name] = {
        "cities": len(linked), "moran": moran.statistic, "p_moran": moran.p_value, "rho": fit.rho,
        "rho_se": fit.std_errors["rho"], "rho_lower": low, "rho_upper": high, "speed": beta.speed,
        "sd_log_first": sigma.to_frame()["sd_log"].iloc[0], "sd_log_last": sigma.to_frame()["sd_log"].iloc[-1],
        "slope": beta.params["log_initial"], "slope_se": beta.std_errors["log_initial"],
        "lambda": alone.params["lambda"], "lambda_se": alone.std_errors["lambda"],
    }  # fmt: skip
found = pd.DataFrame.from_dict(rows, orient="index").rename_axis("region")
print(found.round(3).T.to_string())
found.to_csv(out / "among_others.csv")

# %% [markdown]
# ## Does the bay differ, and how sure is that? 差异与把握
# Numbers of cities are unequal, and nine show little. Clustering: what Moran's I would the bay's own cities have, were
# they clustered as those of another region are (its lambda drawn with its error)? The p-value is the bay's place among
# such samples. Spillover and convergence: the difference with the errors of both regions, by Welch's t with degrees of
# freedom that count cities. All p-values are adjusted for the number of comparisons; Guangdong holds the nine and is
# left out.

# %%
bay, others = "nine cities of the bay", ["Yangtze", "Beijing-Tianjin-Hebei"]
first, draws = found.loc[bay], np.random.default_rng(1)
W = weights[bay].sparse.toarray()
n, least = len(W), 1 / np.linalg.eigvals(W).real.min()
lines = []
for name in others:
    other = found.loc[name]
    drawn = np.clip(draws.normal(other["lambda"], other["lambda_se"], 9999), 0.99 * least, 0.99)
    made = np.linalg.solve(np.eye(n) - drawn[:, None, None] * W, draws.normal(size=(9999, n, 1)))[:, :, 0]
    z = made - made.mean(axis=1, keepdims=True)
    alike = np.einsum("mi,ij,mj->m", z, W, z) / (z**2).sum(axis=1)
    tail = min((alike >= first["moran"]).sum(), (alike <= first["moran"]).sum())
    beside = float(np.median(alike))
    lines.append(("clustering", name, first["moran"], beside, np.std(alike), min(1.0, 2 * (tail + 1) / 10000)))
    for what, value in (("spillover", "rho"), ("convergence", "slope")):
        s, t = first[f"{value}_se"], other[f"{value}_se"]
        error = np.hypot(s, t)
        df = error**4 / (s**4 / (first["cities"] - 1) + t**4 / (other["cities"] - 1))
        gap = first[value] - other[value]
        lines.append((what, name, first[value], other[value], error, 2 * stdtr(df, -abs(gap) / error)))
columns = ["measure", "region", "bay", "other", "std_error", "p_value"]
test = pd.DataFrame(lines, columns=columns).set_index(["measure", "region"]).sort_index()
test["p_adjusted"] = gba.inference.adjust(test["p_value"].to_numpy(), "holm")
print(test.round(3).to_string())
test.to_csv(out / "among_others_differences.csv")
sure = test.index[test["p_adjusted"] < 0.05]
nearest = test["p_value"].idxmin()
if len(sure):
    print("The bay differs in", "; ".join(f"{what} beside {name}" for what, name in sure))
else:
    print(
        f"Whether the bay differs cannot be told: of {len(test)} comparisons none is sure at 5 % after adjustment; the "
        f"nearest is {nearest[0]} beside {nearest[1]} (p = {test['p_value'].min():.3f}, adjusted "
        f"{test['p_adjusted'].min():.3f}). That is no proof of likeness: nine cities show large differences only."
    )
