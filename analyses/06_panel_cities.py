# ---
# jupyter:
#   jupytext:
#     text_representation:
#       format_name: percent
# ---

# %% [markdown]
# # Do the eleven cities converge, and do neighbors grow together? 城市收敛与空间溢出
# Growth of GDP per capita 2001-2023 on the level of the year before, with spillovers. Bridges open on the way, so W
# is taken as it was in 2000, as it is in 2023, and as it was in each year. Eleven cities are few: p-values and
# intervals exchange the whole histories of cities.

# %%
import sys
from pathlib import Path

import numpy as np
import pandas as pd

import gbaspatial as gba

given = sys.argv[1] if len(sys.argv) > 1 and not sys.argv[1].startswith("-") else "out/analyses"
out = Path(given)
out.mkdir(parents=True, exist_ok=True)
years = range(2000, 2024)

# %%
panel = gba.load_panel(variables=["gdp_pc_cny"], years=years)
panel["growth"] = np.log(panel["gdp_pc_cny"]).groupby(level="city").diff()
panel["growth"] = panel["growth"].fillna(0)  # of 2000, which has no year before and leaves the sample with its lag
cities = gba.load_cities(year=2023)
by_year = {year: w.row_standardized() for year, w in gba.weights.by_year(cities, years=years).items()}
hypotheses = {"as in 2000": by_year[2000], "as in 2023": by_year[2023], "by year": by_year}
formula = "growth ~ L(log(gdp_pc_cny))"
print(gba.load_links()[["city_a", "city_b", "name", "opened_year", "kind"]].to_string(index=False))

# %% [markdown]
# ## Effects and W side by side 固定效应与权重
# Without effects of time every shock of the whole bay counts as a spillover in the estimate, and not in its interval,
# because such a shock is there in every order of the cities: the estimate then lies outside.

# %%
kinds = {"unit": "unit", "unit and time": "twoway"}
fits = {
    (effects, name): gba.models.panel_lag(formula, panel, w, effects=word)
    for effects, word in kinds.items()
    for name, w in hypotheses.items()
}
# what eleven cities over these years can find at all, before anything is read into the estimates
for name in hypotheses:
    print(name, "|", fits["unit and time", name].detectable_effect(draws=499).sentence)
rows = {}
for key, fit in fits.items():
    low, high = fit.conf_int().loc["rho"]
    own = fit.params["L(log(gdp_pc_cny))"]
    rows[key] = [own, fit.pvalues["L(log(gdp_pc_cny))"], fit.rho, fit.pvalues["rho"], low, high, fit.serial_correlation]
names = ["convergence", "p_convergence", "rho", "p_rho", "rho_lower", "rho_upper", "serial_correlation"]
table = pd.DataFrame.from_dict(rows, orient="index", columns=names)
table.index = pd.MultiIndex.from_tuples(list(rows), names=["effects", "W"])
print(table.round(3).to_string())
table.to_csv(out / "panel_cities.csv")
print(fits["unit and time", "by year"].summary())

# %% [markdown]
# ## How much of the "spillover" is W changing? 桥梁开通与权重变化
# The lag of a city's neighbors, W of the year times last year's income, less effects of city and year: how much of its
# variance is incomes changing under the W of 2000, how much is W? And do both parts have the same coefficient?


# %%
def wide(values: pd.Series) -> pd.DataFrame:
    """Years by cities, in the order of W."""
    return values.rename("value").reset_index().pivot_table(index="year", columns="city", values="value")[cities.index]


def within(values: pd.Series) -> pd.Series:
    """Values of a balanced panel less the effects of city and year."""
    table = wide(values)
    return table.sub(table.mean()).sub(table.mean(axis=1), axis=0).add(table.to_numpy().mean()).stack()


income = wide(np.log(panel["gdp_pc_cny"]))
past = {year: income.loc[year - 1].to_numpy() for year in years[1:]}
fixed = pd.DataFrame({year: by_year[2000].sparse @ past[year] for year in past}, index=income.columns).T
opened = pd.DataFrame({year: by_year[year].sparse @ past[year] for year in past}, index=income.columns).T - fixed
moved = opened.rename_axis(index="year", columns="city").stack()
kept = fixed.rename_axis(index="year", columns="city").stack()
share = np.cov(within(moved), within(kept + moved))[0, 1] / within(kept + moved).var()
panel["opened"] = moved.reorder_levels(["city", "year"]).reindex(panel.index).fillna(0)
parts = gba.models.panel_ols(f"{formula} + W(L(log(gdp_pc_cny))) + opened", panel, by_year[2000], effects="twoway")
print(parts.summary())
durbin = {name: gba.models.panel_durbin(formula, panel, w, effects="twoway") for name, w in hypotheses.items()}
told = {name: fit.tidy()[["estimate", "p_value"]] for name, fit in durbin.items()}
print(pd.concat(told, axis=1).round(3).to_string())

# %% [markdown]
# ## What the model says of the bridge 港珠澳大桥
# Expected growth of 2019 with the W of 2017 and of 2019, all else equal: what links change in this model alone, not
# what the bridge did.

# %%
change = gba.models.impact_of_links(durbin["by year"], before=2017, after=2019, rng=1)
print(change.summary())
change.to_frame().to_csv(out / "panel_cities_bridge.csv")
picture = change.plot(cities)
gba.figures.save(picture, out / "panel_cities_bridge.png")
picture

# %% [markdown]
# ## The bias of dynamic panels 动态面板
# Growth on the level before is a dynamic model: beside effects of cities its coefficient is too small. With one W the
# bias can be taken off; with W by year it cannot, and is not.

# %%
for name, w in hypotheses.items():
    dynamic = gba.models.panel_lag("log(gdp_pc_cny) ~ 1", panel, w, effects="twoway", dynamic="y + Wy")
    before, after = dynamic.uncorrected["L(log(gdp_pc_cny))"], dynamic.params["L(log(gdp_pc_cny))"]
    if isinstance(w, dict):
        print(f"W {name}: persistence {before:.3f}, bias not taken off, no one long run")
    elif not dynamic.stable:
        print(f"W {name}: persistence {before:.3f}, bias taken off {after:.3f}; not stable, so no half-life")
    else:
        life = dynamic.half_life(rng=1)
        end = f"to {life['upper']:.0f}" if np.isfinite(life["upper"]) else "and no upper end"
        print(
            f"W {name}: persistence {before:.3f}, bias taken off {after:.3f}; half-life {life['estimate']:.0f} years, "
            f"interval from {life['lower']:.0f} {end}"
        )

# %% [markdown]
# ## What would a simulation from the fitted model give back? 由模型模拟
# Incomes grown again from 2000 by the estimates, with normal innovations of each city's own variance and the W of each
# year, then estimated again in the same way: as estimated, and with no spillover at all.

# %%
chosen = fits["unit and time", "by year"]
innovations = wide(chosen.residuals)
spread = innovations.std().to_numpy() * np.sqrt(chosen.n / chosen.df_resid)
slope = chosen.params["L(log(gdp_pc_cny))"]
growth = wide(panel["growth"])
lagged = pd.DataFrame({year: by_year[year].sparse @ growth.loc[year] for year in past}, index=growth.columns).T
constant = (growth - chosen.rho * lagged - slope * income.shift() - innovations).loc[years[1] :]


def grown(rho: float, rng: np.random.Generator) -> pd.DataFrame:
    """A panel that the model could have given, with this rho."""
    level, made = income.loc[2000].to_numpy(), {2000: np.zeros(len(cities))}
    levels = {2000: level}
    for year in past:
        known = constant.loc[year].to_numpy() + slope * level + spread * rng.standard_normal(len(cities))
        made[year] = np.linalg.solve(np.eye(len(cities)) - rho * by_year[year].sparse.toarray(), known)
        level = levels[year] = level + made[year]
    frames = {"growth": made, "gdp_pc_cny": {year: np.exp(values) for year, values in levels.items()}}
    long = {
        name: pd.DataFrame(values, index=income.columns).T.rename_axis(index="year", columns="city").stack()
        for name, values in frames.items()
    }
    return pd.DataFrame(long).reorder_levels(["city", "year"])


samples, rng = 60, np.random.default_rng(1)
drawn = {}
for rho in (chosen.rho, 0.0):
    again = [gba.models.panel_lag(formula, grown(rho, rng), by_year, effects="twoway") for _ in range(samples)]
    drawn[rho] = pd.DataFrame([fit.params for fit in again])
    told = "; ".join(f"{name} {drawn[rho][name].mean():.3f} (sd {drawn[rho][name].std():.3f})" for name in drawn[rho])
    print(f"made with rho = {rho:.3f} and convergence {slope:.3f}, {samples} samples give back {told}")
noise = drawn[0.0]["rho"].std()
chance = (drawn[0.0]["rho"] >= chosen.rho).mean()

# %% [markdown]
# ## How far do these numbers go? 能说什么
# Detectable here: 2.8 standard deviations of the estimates that samples without a spillover give (power 80 % at 5 %).

# %%
unit, twoway = table.loc[("unit", "by year")], table.loc[("unit and time", "by year")]
start = table.loc[("unit and time", "as in 2000")]
print(gba.inference.power("moran", by_year[2023]).sentence())
print(
    f"With effects of cities rho is {unit['rho']:.2f}, with those of years too {twoway['rho']:.2f} (interval "
    f"{twoway['rho_lower']:.2f} to {twoway['rho_upper']:.2f}, p = {twoway['p_rho']:.3f}); with the W of 2000 "
    f"{start['rho']:.2f} (p = {start['p_rho']:.3f}), so {twoway['rho'] - start['rho']:+.2f} of it comes with W "
    f"changing. Samples made without any spillover give {drawn[0.0]['rho'].mean():+.2f} on average, and {chance:.0%} "
    f"of them as much as was found, so that {'a' if chance <= 0.05 else 'no'} spillover of growth can be told; "
    f"beyond that average, eleven cities and {len(past)} years find a rho of about {2.8 * noise:.2f} with a chance "
    f"of 80 %."
)
part = parts.pvalues
print(
    f"{share:.0%} of the variance of neighbors' income, less effects, is W changing and not incomes. Coefficients: "
    f"{parts.params['W(L(log(gdp_pc_cny)))']:+.3f} of neighbors as in 2000 (p = {part['W(L(log(gdp_pc_cny)))']:.3f}), "
    f"{parts.params['opened']:+.3f} of what openings changed (p = {part['opened']:.3f}): three cities at one bridge, "
    f"which had troubles of their own after 2018, so this is their story more than one of spillovers."
)
bias = drawn[chosen.rho]["L(log(gdp_pc_cny))"].mean() - slope
print(
    f"Convergence is {slope:.3f} a year (p = {twoway['p_convergence']:.3f}); samples made with it give {bias:+.3f} "
    f"beside it, so {'much' if abs(bias) > abs(slope) / 4 else 'little'} of the speed is the bias of dynamic panels. "
    f"It is convergence of each city to a level of its own, in yuan at market exchange rates."
)
