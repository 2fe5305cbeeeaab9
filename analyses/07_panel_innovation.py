# ---
# jupyter:
#   jupytext:
#     text_representation:
#       format_name: percent
# ---

# %% [markdown]
# # Do patents of a city come with those of its neighbors? 九市专利与溢出
# A knowledge production function of the nine mainland cities, whose patents are counted alike, 2000-2023: patents
# granted by income and people of the city, and of its neighbors. Nine cities are few: p-values and intervals exchange
# or draw whole histories of cities.

# %%
import sys
from pathlib import Path

import numpy as np
import pandas as pd

import gbaspatial as gba

given = sys.argv[1] if len(sys.argv) > 1 and not sys.argv[1].startswith("-") else "out/analyses"
out = Path(given)
out.mkdir(parents=True, exist_ok=True)

# %%
panel = gba.load_panel(variables=["patents_granted", "inventions_granted", "gdp_pc_cny", "population"])
panel = panel[panel["side"] == "mainland"].copy()
cities = gba.load_cities(year=2023)
nine = cities.index[cities["side"] == "mainland"]
w = (
    gba.weights.contiguity(cities, links=2023).subset(nine).row_standardized()
)  # no link between the nine opens or closes
right = "log(gdp_pc_cny) + log(population)"
formula = f"log(patents_granted) ~ {right}"

# %% [markdown]
# ## What could be seen? 检验功效

# %%
print(gba.inference.power("moran", w).sentence())

# %% [markdown]
# ## Models and effects side by side 模型与效应
# With effects of cities alone the growth that all share is in rho; effects of years take it out.

# %%
kinds = {"unit": "unit", "unit and time": "twoway"}
models = {
    "OLS": gba.models.panel_ols,
    "lag": gba.models.panel_lag,
    "error": gba.models.panel_error,
    "Durbin": gba.models.panel_durbin,
}
fits = {
    (effects, name): model(formula, panel, w, effects=word)
    for effects, word in kinds.items()
    for name, model in models.items()
}
# what nine cities over these years can find at all, before anything is read into the estimates
print(fits["unit and time", "lag"].detectable_effect(draws=499).sentence)
rows = {key: fit.tidy()[["estimate", "p_value", "lower", "upper"]] for key, fit in fits.items()}
table = pd.concat(rows, names=["effects", "model"])
print(table.round(3).to_string())
table.to_csv(out / "panel_innovation.csv")
print(fits["unit and time", "Durbin"].summary())

# %% [markdown]
# ## Who gives, who receives 直接与间接效应
# Intervals of impacts are draws from the normal distribution of the estimates, and nine cities make them too narrow.

# %%
impacts = fits["unit and time", "Durbin"].impacts(rng=1)
print(impacts.summary())
picture = impacts.plot()
gba.figures.save(picture, out / "panel_innovation_impacts.svg")
picture

# %% [markdown]
# ## Tests, and counts as counts 检验与计数模型
# Poisson takes counts themselves, so that large cities weigh more.

# %%
print(fits["unit and time", "OLS"].diagnostics(w).summary())
counts = gba.models.ppml(f"patents_granted ~ {right} + W(log(gdp_pc_cny))", panel, w, effects="twoway")
print(counts.summary())

# %% [markdown]
# ## Inventions alone 发明专利
# Designs and utility models answer to subsidies; inventions are examined. Those of 2015 are doubted.

# %%
inventions = panel.drop(index=2015, level="year")
lag = {
    name: gba.models.panel_lag(f"log(inventions_granted) ~ {right}", rows, w, effects="twoway")
    for name, rows in {"all years": panel, "without 2015": inventions}.items()
}
for name, fit in lag.items():
    print(f"{name}: rho = {fit.rho:.3f}, p = {fit.pvalues['rho']:.3f}")

# %% [markdown]
# ## What would a simulation from the fitted model give back? 由模型模拟
# Patents made by the lag model with effects of city and year, each city's errors as persistent as its residuals,
# estimated again in the same way.

# %%
chosen = fits["unit and time", "lag"]


def wide(values: pd.Series) -> pd.DataFrame:
    """Years by cities, in the order of W."""
    return values.rename("value").reset_index().pivot_table(index="year", columns="city", values="value")[nine]


residuals = wide(chosen.residuals)
outcome = wide(np.log(panel["patents_granted"]))
lagged = pd.DataFrame((w.sparse @ outcome.to_numpy().T).T, index=outcome.index, columns=outcome.columns)
known = (outcome - chosen.rho * lagged - residuals).to_numpy()
memory = min(chosen.serial_correlation, 0.95)
spread = residuals.std().to_numpy() * np.sqrt(chosen.n / chosen.df_resid)


def made(rho: float, rng: np.random.Generator) -> pd.DataFrame:
    """The panel with patents that the model could have given, with this rho."""
    errors = spread * rng.standard_normal(residuals.shape)
    for year in range(1, len(errors)):
        errors[year] = memory * errors[year - 1] + np.sqrt(1 - memory**2) * errors[year]
    logs = np.linalg.solve(np.eye(len(nine)) - rho * w.sparse.toarray(), (known + errors).T).T
    table = pd.DataFrame(np.exp(logs), index=outcome.index, columns=outcome.columns)
    return panel.assign(patents_granted=table.stack().reorder_levels(["city", "year"]))


samples, rng = 60, np.random.default_rng(1)
drawn = {}
for rho in (chosen.rho, 0.0):
    again = [gba.models.panel_lag(formula, made(rho, rng), w, effects="twoway") for _ in range(samples)]
    drawn[rho] = pd.DataFrame([fit.params for fit in again])
    told = "; ".join(f"{name} {drawn[rho][name].mean():.3f} (sd {drawn[rho][name].std():.3f})" for name in drawn[rho])
    print(f"made with rho = {rho:.3f}: {samples} samples give back {told}")
noise = drawn[0.0]["rho"].std()

# %% [markdown]
# ## How far do these numbers go? 能说什么
# Detectable here: 2.8 standard deviations of the estimates that samples without a spillover give (power 80 % at 5 %).

# %%
unit, twoway = fits["unit", "lag"], fits["unit and time", "lag"]
low, high = twoway.conf_int().loc["rho"]
naive = gba.models.panel_lag(formula, panel, w, effects="twoway", covariance="information")
income = twoway.tidy().loc["log(gdp_pc_cny)"]
print(
    f"With effects of cities rho is {unit.rho:.2f} (p = {unit.pvalues['rho']:.2f}); with those of years too it is "
    f"{twoway.rho:.2f} (interval {low:.2f} to {high:.2f}, p = {twoway.pvalues['rho']:.2f}). Nine cities find a rho of "
    f"about {2.8 * noise:.2f} with a chance of 80 %: that no spillover is seen does not say that there is none."
)
print(
    f"A city whose income grows by a percent more has {income['estimate']:.2f} % more patents (interval "
    f"{income['lower']:.2f} to {income['upper']:.2f}); income and patents make each other, so this is no effect. "
    f"Residuals are correlated over time at {twoway.serial_correlation:.2f}: 24 years are far fewer than 24 samples, "
    f"and the standard error that overlooks it is {naive.std_errors['log(gdp_pc_cny)']:.2f} for "
    f"{twoway.std_errors['log(gdp_pc_cny)']:.2f} clustered by city."
)
several = lag["all years"].rho, lag["without 2015"].rho
print(
    f"Inventions alone have rho {several[0]:.2f} (p = {lag['all years'].pvalues['rho']:.3f}; {several[1]:.2f} without "
    f"2015), where samples without a spillover spread by {noise:.2f}. These are two of {len(lag) + 6} rhos and "
    f"lambdas asked here, and a negative one says that neighbors moved against each other around the years they share, "
    f"which competition, moves of firms and different dates of growth all do."
)
