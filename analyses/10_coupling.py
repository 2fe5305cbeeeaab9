# ---
# jupyter:
#   jupytext:
#     text_representation:
#       format_name: percent
# ---

# %% [markdown]
# # Do innovation, universities, finance and the economy go together? 耦合协调
# Coupling coordination of the nine mainland cities, and how far the answer hangs on the choices made.
# Hong Kong and Macao are not in it: no comparable patents, teachers or loans.

# %%
import sys
import warnings
from pathlib import Path

import pandas as pd

import gbaspatial as gba

given = sys.argv[1] if len(sys.argv) > 1 and not sys.argv[1].startswith("-") else "out/analyses"
out = Path(given)
out.mkdir(parents=True, exist_ok=True)
table = gba.data.city_table()
nine = table.index[table["side"] == "mainland"]
years = range(2010, 2020)

# %% [markdown]
# ## The indicators 指标
# Loans and deposits come from the panel of prefectures, by the same names of cities.

# %%
panel = gba.load_panel(
    variables=["inventions_per_10k", "fiscal_science_cny", "he_teachers", "gdp_pc_cny"], years=years, cities=nine
)
with warnings.catch_warnings():  # doubtful values of other prefectures; those of the nine are printed below
    warnings.simplefilter("ignore", UserWarning)
    china = gba.load_prefecture_panel(variables=["loans_cny", "deposits_cny"], years=years)
money = china.loc[china.index.get_level_values("city").isin(nine), ["loans_cny", "deposits_cny"]]
doubted = gba.data.prefecture_suspects(years=years)
print(doubted[doubted["city"].isin(nine) & doubted["variable"].isin(money.columns)])
data = panel.join(money)
subsystems = {
    "innovation": ["inventions_per_10k", "fiscal_science_cny"],
    "universities": ["he_teachers"],
    "finance": ["loans_cny", "deposits_cny"],
    "economy": ["gdp_pc_cny"],
}
result = gba.development.coupling(data, subsystems)
print(result.by_period().round(3))
print(result.weights.round(3))

# %% [markdown]
# ## What it hangs on 敏感性
# Every row has an interval over weights, degree, scale and range; each subsystem is left out in turn.

# %%
sensitivity = result.sensitivity()
print(sensitivity.variants.round(3))
print(sensitivity.interval.xs(2019, level="year").round(3))
sensitivity.interval.to_csv(out / "coupling_interval.csv")

# %% [markdown]
# ## What holds each city back 障碍因子

# %%
obstacles = result.obstacles()
print(pd.concat([obstacles.by_subsystem, obstacles.main], axis=1).xs(2019, level="year").round(1))

# %% [markdown]
# ## Is coordination clustered? 空间自相关

# %%
cities = gba.load_cities(year=2019).loc[nine]
w = gba.weights.contiguity(cities, links=2019).row_standardized()
(out / "coupling.tex").write_text(result.to_latex(), encoding="utf-8")
print(gba.autocorrelation.moran_by(result.coordination, w).to_frame().round(3))
