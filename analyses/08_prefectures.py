# ---
# jupyter:
#   jupytext:
#     text_representation:
#       format_name: percent
# ---

# %% [markdown]
# # The bay among the prefectures of China 大湾区与全国地级市
# Patents of 2010-2023: are they clustered, where, and does what neighbors have (income, people, loans, industry) come
# with them? Hundreds of prefectures tell what nine cities cannot. Hong Kong and Macao count patents in another way and
# are not in this panel.

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
years = range(2010, 2024)
formula = "log(patents_granted) ~ log(income) + log(population) + log(loans) + log(industry)"
terms = ["log(income)", "log(population)", "log(loans)", "log(industry)"]

# %% [markdown]
# ## Data, and what is doubted 数据与存疑值

# %%
doubted = gba.data.prefecture_suspects(["patents_granted", "gdp_cny", "population", "loans_cny"], years=years)
print(doubted.groupby("variable")["city"].agg(["count", "nunique"]).to_string())
warnings.simplefilter("ignore", gba.errors.CaveatWarning)  # printed above, and left out below
warnings.simplefilter("ignore", gba.errors.IslandWarning)  # those without a neighbor are named below
table = gba.load_prefecture_panel(years=years).rename(columns={"province_zh": "province"})
table["income"] = table["gdp_cny"] / table["population"]
table["loans"] = table["loans_cny"] / table["gdp_cny"]
table["industry"] = table["secondary_value_added_cny"] / table["gdp_cny"]
shapes = gba.load_prefectures(area="china")
variables = ["patents_granted", "income", "population", "loans", "industry"]
known = (table[variables] > 0).all(axis=1).groupby(level="city").all()


def with_neighbors(cities: pd.Index) -> tuple[pd.DataFrame, gba.weights.Weights]:
    """The rows and W of those of the cities that have a neighbor among them."""
    while True:
        w = gba.weights.contiguity(shapes.loc[cities], islands="keep")
        linked = w.sparse.sum(axis=1) > 0
        if linked.all():
            return table[table.index.get_level_values("city").isin(cities)], w.row_standardized()
        cities = cities[linked]


complete = known.index[known]
panel, w = with_neighbors(complete)
cities = w.ids
alone = complete.difference(cities)
print(f"{len(known)} prefectures, {len(complete)} complete in all years, {len(cities)} with a neighbor among these.")
print(f"Without one, and left out: {', '.join(alone)}.")

# %% [markdown]
# ## Clustered, year by year 逐年莫兰指数

# %%
print(gba.inference.power("moran", w, draws=999).sentence())
heads = np.log(panel["patents_granted"] / panel["population"]).rename("log patents per head")
moran = gba.autocorrelation.moran_by(heads, w, draws=999, rng=1)
print(moran.summary())
moran.to_frame().to_csv(out / "prefectures_moran.csv")

# %% [markdown]
# ## Where? 局部聚集

# %%
local = gba.autocorrelation.local_moran(heads.xs(2023, level="year"), w, draws=9999, rng=1)
picture = gba.figures.cluster_map(local, shapes.loc[cities])
gba.figures.save(picture, out / "prefectures_clusters.png")
found = local.to_frame()
sure = found[found["p_adjusted"] <= 0.05]
print(found["cluster"].value_counts().to_string())
print("After adjustment for as many tests as prefectures:", ", ".join(map(str, sure.index)) or "none")
picture

# %% [markdown]
# ## A Durbin panel 空间杜宾面板
# Effects of prefectures and years; standard errors clustered by prefecture, whose errors last.

# %%
durbin = gba.models.panel_durbin(formula, panel, w, effects="twoway")
# what these prefectures over these years can find at all, before anything is read into the estimates
print(durbin.detectable_effect().sentence)
print(durbin.summary())
impacts = durbin.impacts(rng=1, draws=999)
print(impacts.summary())
picture = impacts.plot()
gba.figures.save(picture, out / "prefectures_impacts.svg")
picture

# %% [markdown]
# ## Neighbors or common shocks? 邻近还是共同冲击
# A province that has a good year lifts all of its prefectures; effects of each province in each year take that out.

# %%
shocks = gba.models.panel_effects(formula, panel, w, region="province", durbin=True)
print(shocks.summary())
shocks.to_frame().to_csv(out / "prefectures_effects.csv")

# %% [markdown]
# ## Who gives, who receives; three regions 珠三角、长三角与京津冀
# What a percent more of industry in one prefecture does to all others, and to it from all others; and the model fitted
# in each region alone, with links inside of it.

# %%
delta, capital = ["上海市", "江苏省", "浙江省", "安徽省"], ["北京市", "天津市", "河北省"]
first = panel.groupby(level="city").first().loc[cities]
region = pd.Series("elsewhere", index=cities)
region[first["province"].isin(delta)] = "Yangtze"
region[first["province"].isin(capital)] = "Beijing-Tianjin-Hebei"
region[first["in_gba"].astype(bool)] = "Pearl"
for term in ("log(income)", "log(industry)"):
    flows = impacts.by_unit(term)
    print(f"{term}: by region, and the nine cities of the bay")
    columns = ["own", "gives", "receives", "net"]
    print(flows[columns].groupby(region).mean().round(3).to_string())
    print(flows.loc[region == "Pearl", columns].round(3).to_string())
    flows.to_csv(out / f"prefectures_flows_{term[4:-1]}.csv")
rows = {}
for name in ("Pearl", "Yangtze", "Beijing-Tianjin-Hebei"):
    inside, links = with_neighbors(region.index[region == name])
    fit = gba.models.panel_lag(formula, inside, links, effects="twoway")
    low, high = fit.conf_int().loc["rho"]
    rows[name] = [fit.n_units, fit.rho, fit.pvalues["rho"], low, high, *fit.params[terms]]
regions = pd.DataFrame.from_dict(rows, orient="index", columns=["units", "rho", "p", "lower", "upper", *terms])
print(regions.round(3).to_string())
regions.to_csv(out / "prefectures_regions.csv")

# %% [markdown]
# ## Without the values that are doubted 剔除存疑值

# %%
clean, clean_w = with_neighbors(complete.difference(doubted["city"]))
without = gba.models.panel_durbin(formula, clean, clean_w, effects="twoway")
both = {"all": durbin.tidy(), f"{without.n_units} without doubt": without.tidy()}
print(pd.concat({name: fit[["estimate", "p_value"]] for name, fit in both.items()}, axis=1).round(3).to_string())

# %% [markdown]
# ## What would a simulation from the fitted model give back? 由模型模拟
# Patents made again by the model, with its residuals, whose histories get random signs; then with no spillover at all,
# and shocks of provinces (means of a province in a year of the residuals of least squares), with random signs too.
# Such means hold what neighbors give each other as well, so this is the most that shocks can explain.


# %%
def wide(values: pd.Series) -> pd.DataFrame:
    """Years by prefectures, in the order of W."""
    return values.rename("value").reset_index().pivot_table(index="year", columns="city", values="value")[cities]


def made(fitted: pd.DataFrame, errors: np.ndarray, rho: float) -> pd.DataFrame:
    """The panel with other patents."""
    solved = np.linalg.solve(np.eye(len(cities)) - rho * w.sparse.toarray(), (fitted.to_numpy() + errors).T).T
    logs = pd.DataFrame(solved, index=fitted.index, columns=fitted.columns)
    return panel.assign(patents_granted=np.exp(logs).stack().reorder_levels(["city", "year"]))


def estimated(data: pd.DataFrame) -> float:
    """The two-way rho of the Durbin model."""
    return gba.models.panel_durbin(formula, data, w, effects="twoway", covariance="information").rho


ols = gba.models.panel_slx(formula, panel, w, effects="twoway")
outcome = wide(np.log(panel["patents_granted"]))
lagged = (w.sparse @ outcome.to_numpy().T).T
own = wide(durbin.residuals)
base = outcome - durbin.rho * lagged - own
rest = wide(ols.residuals)
province = first["province"].to_numpy()
shared = rest.T.groupby(province).transform("mean").T
codes = pd.factorize(province)[0]
samples, rng = 15, np.random.default_rng(1)
signs = rng.choice([-1, 1], size=(samples, len(cities)))
of_provinces = rng.choice([-1, 1], size=(samples, codes.max() + 1))[:, codes]
again = np.array([estimated(made(base, own.to_numpy() * s, durbin.rho)) for s in signs])
nothing = np.array([
    estimated(made(outcome - rest, shared.to_numpy() * p + (rest - shared).to_numpy() * s, 0.0))
    for s, p in zip(signs, of_provinces, strict=True)
])  # fmt: skip
print(f"made with rho = {durbin.rho:.2f}: {again.mean():.2f} (sd {again.std():.2f}) from {samples} samples")
print(f"made with shocks of provinces and no spillover: {nothing.mean():.2f} (sd {nothing.std():.2f})")

# %% [markdown]
# ## How far do these numbers go? 能说什么

# %%
rho = shocks.frame.loc["all"]
beyond = rho.iloc[2]
error = durbin.std_errors["rho"]
share = "most of" if nothing.mean() > durbin.rho / 2 else "a part of"
apart = regions["lower"].max() > regions["upper"].min()
indirect = impacts.indirect
told = [f"{t} {indirect.loc[t, 'estimate']:+.2f} (p = {indirect.loc[t, 'p_value']:.2f})" for t in terms]
print(
    f"Patents per head are clustered in all years (I = {moran.table['statistic'].min():.2f} to "
    f"{moran.table['statistic'].max():.2f}); {len(sure)} prefectures stand out after adjustment, of which "
    f"{int((region[sure.index] == 'Pearl').sum())} in the bay and {int((region[sure.index] == 'Yangtze').sum())} in "
    f"the Yangtze delta."
)
print(
    f"rho is {rho['rho'].iloc[0]:.2f} with effects of prefectures, {rho['rho'].iloc[1]:.2f} with those of years and "
    f"{beyond['rho']:.2f} ({beyond['lower']:.2f} to {beyond['upper']:.2f}) with those of provinces by year. Shocks of "
    f"provinces without any spillover would alone give up to {nothing.mean():.2f}: {share} the two-way rho can be what "
    f"a province shares. {without.n_units} without doubt have {without.rho:.2f} for {durbin.rho:.2f}. A rho "
    f"of {2.8 * error:.2f} would be found with a chance of 80 % (2.8 standard errors)."
)
print(f"Indirect impacts, of the two-way model and as doubtful as its rho: {'; '.join(told)}.")
print(
    f"Regions alone: {'; '.join(f'{n} {r.rho:.2f} ({r.lower:.2f} to {r.upper:.2f})' for n, r in regions.iterrows())}. "
    f"{'Two of the intervals do not overlap' if apart else 'All intervals overlap: that rho differs cannot be said'}. "
    f"Income, loans and patents make each other, so none of this is an effect of policy."
)
