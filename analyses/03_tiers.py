# ---
# jupyter:
#   jupytext:
#     text_representation:
#       format_name: percent
# ---

# %% [markdown]
# # What separates the tiers? 什么区分各层级?
# GDP per capita of the eleven cities, by tier, year by year: least squares, the spatial lag and
# the spatial error model; several W; impacts tier by tier; and what eleven cities cannot say.

# %%
import sys
from pathlib import Path

import pandas as pd

import gbaspatial as gba

given = sys.argv[1] if len(sys.argv) > 1 and not sys.argv[1].startswith("-") else "out/analyses"
out = Path(given)
out.mkdir(parents=True, exist_ok=True)
year = 2023

# %% [markdown]
# ## The cities and who is whose neighbor

# %%
cities = gba.load_cities(year=year)
borders = gba.weights.contiguity(cities)
bridges = gba.weights.contiguity(cities, links=year)
hypotheses = {
    "borders and bridges": bridges.row_standardized(),
    "borders": borders.row_standardized(),
    "4 nearest": gba.weights.nearest(cities, k=4).row_standardized(),
    "inverse distance": gba.weights.inverse_distance(cities).row_standardized(),
    "border friction": borders.with_friction(cities["side"], 0.5).spectral(),
}
w = hypotheses["borders and bridges"]
print(gba.disparity.mean_by_group(cities["gdp_pc_cny"], cities["tier"]).round(2))

# %% [markdown]
# ## Do the data show these tiers? 数据中的层级
# Tiers found year by year in one variable, and their agreement with those given: the adjusted Rand index, one for the
# same groups and zero by chance, with the exact share of all ways to give out tiers that agree as well, adjusted for
# the number of years and variables. Then tiers that lie together, by SKATER and max-p (extra `regions`).

# %%
found = {}
for variable in ("gdp_cny", "gdp_pc_cny", "population"):
    for one, column in gba.load_panel(variables=[variable])[variable].dropna().groupby(level="year"):
        if len(column) == len(cities):
            tiers = gba.disparity.tiers(column.droplevel("year"), 3, given=cities["tier"])
            found[variable, one] = {"adjusted Rand": tiers.adjusted_rand, "exact p": tiers.p_value}
agreement = pd.DataFrame.from_dict(found, orient="index").rename_axis(["variable", "year"])
agreement["adjusted p"] = gba.inference.adjust(agreement["exact p"].to_numpy(), "holm")
print(agreement.groupby(level="variable")["adjusted Rand"].describe()[["count", "min", "50%", "max"]].round(3))
print(agreement.loc[agreement["adjusted p"] <= 0.05].round(4).to_string())
agreement.to_csv(out / "tiers_found.csv")

# %%
try:
    for method in ("skater", "max_p"):
        print(gba.disparity.tiers(cities["gdp_cny"], 3, method=method, w=bridges, given=cities["tier"], rng=1))
except gba.errors.MissingPackageError as error:
    print(error)

# %% [markdown]
# ## Three models of the same gap
# The lag model says that a city is richer where its neighbors are, the error model that what is
# left unexplained is shared with them.

# %%
formula = "log(gdp_pc_cny) ~ C(tier)"
ols = gba.models.ols(formula, cities)
lag = gba.models.lag(formula, cities, w)
error = gba.models.error(formula, cities, w)
table = gba.tables.compare({"OLS": ols, "Lag": lag, "Error": error}, below="p_value")
(out / "tiers.tex").write_text(table.to_latex(), encoding="utf-8")
print(table)

# %%
print(ols.diagnostics(w).summary())

# %% [markdown]
# ## Do the tests agree?
# The p-values above are those of the inference recommended for so few units. The likelihood ratio, Moran's I of
# the residuals and a test that allows for variances that differ ask the same question in other ways; and one
# city after the other is left out.

# %%
print(lag.exact_test().summary())
print(gba.autocorrelation.moran(ols, w).summary())
print(lag.wild_test("rho").summary())
print(lag.influence().summary())

# %% [markdown]
# ## From tier to tier
# The impacts of being in another tier; then of one per cent more employment, tier by tier and side by
# side: who gives more than it receives?

# %%
impacts = lag.impacts(rng=1)
print(impacts.summary())
picture = impacts.plot()
gba.figures.save(picture, out / "tiers_impacts.svg")
picture

# %%
growth = gba.models.lag("log(gdp_pc_cny) ~ log(employment)", cities, w).impacts(rng=1)
print(growth.by_group(cities["tier"]).summary())
print(growth.by_group(cities["side"]).summary())

# %% [markdown]
# ## Does the answer depend on W, or on logarithms?

# %%
outcomes = {"logs": formula, "levels": "gdp_pc_cny ~ C(tier)"}
curve = gba.models.over_weights(outcomes, cities, hypotheses, models=("lag", "error"), rng=1)
print(curve.summary())
picture = curve.plot()
gba.figures.save(picture, out / "tiers_weights.svg")
print(gba.models.model_probabilities("log(gdp_pc_cny) ~ log(employment)", cities, hypotheses).by_model)
picture

# %% [markdown]
# ## Year by year
# Bridges enter W in the year they open.

# %%
panel = gba.load_panel(variables=["gdp_pc_cny"])
by_year = gba.weights.by_year(cities, years=range(2000, 2024))
rows = {}
for one, frame in panel.groupby(level="year"):
    data, now = frame.droplevel("year"), by_year[one].row_standardized()
    fit = gba.models.lag(formula, data, now)
    left = gba.autocorrelation.moran(gba.models.ols(formula, data), now)
    rows[one] = {**fit.params.drop("Intercept"), "residual I": left.statistic, "exact p": left.p_value}
years = pd.DataFrame.from_dict(rows, orient="index").rename_axis("year")
years["adjusted p"] = gba.inference.adjust(years["exact p"].to_numpy(), "holm")  # for the number of years
print(years.round(3))
years.to_csv(out / "tiers_by_year.csv")

# %% [markdown]
# ## What cannot be said
# How large rho would have to be for Moran's test to see it four times out of five.

# %%
print(gba.inference.power("moran", w).summary())
