# ---
# jupyter:
#   jupytext:
#     text_representation:
#       format_name: percent
# ---

# %% [markdown]
# # What makes patents, and do they spill over? 创新及其溢出
# A knowledge production function for the nine mainland cities, whose patents are counted alike:
# patents granted by employment and by public money for science.

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
mainland = cities[cities["side"] == "mainland"]
w = gba.weights.contiguity(cities, links=year).row_standardized().subset(mainland.index)
near = gba.weights.nearest(mainland, k=3).row_standardized()
formula = "log(patents_granted) ~ log(employment)"

# %% [markdown]
# ## Least squares, lag, error, Durbin

# %%
ols = gba.models.ols(formula, mainland)
lag = gba.models.lag(formula, mainland, w)
error = gba.models.error(formula, mainland, w)
durbin = gba.models.lag(formula, mainland, w, durbin=True)
table = gba.tables.compare({"OLS": ols, "Lag": lag, "Error": error, "Durbin": durbin}, below="p_value")
(out / "innovation.tex").write_text(table.to_latex(), encoding="utf-8")
print(table)

# %% [markdown]
# ## Does money for science add anything?

# %%
print(gba.models.ols("log(patents_granted) ~ log(employment) + log(fiscal_science_cny)", mainland).summary())

# %% [markdown]
# ## Who gives, who receives
# In the Durbin model a city's employment also acts on its neighbors' patents.

# %%
impacts = durbin.impacts(rng=1)
print(impacts.summary())
print(durbin.impact_matrix("log(employment)"))
picture = impacts.plot()
gba.figures.save(picture, out / "innovation_impacts.svg")
print(impacts.by_group(mainland["tier"]).summary())
picture

# %% [markdown]
# ## Over weights and models

# %%
hypotheses = {"borders and bridges": w, "3 nearest": near}
print(gba.models.over_weights(formula, mainland, hypotheses, models=("lag", "error", "durbin"), rng=1).summary())
print(gba.models.model_probabilities(formula, mainland, hypotheses).summary())

# %% [markdown]
# ## What cannot be said
# With nine cities the interval of rho covers most of what is possible.

# %%
print(lag.summary())
print(
    f"admissible: {w.interval[0]:.2f} to {w.interval[1]:.2f}; 95 % interval:",
    lag.conf_int().loc["rho"].round(2).tolist(),
)
print(lag.influence().summary())
