# ---
# jupyter:
#   jupytext:
#     text_representation:
#       format_name: percent
# ---

# %% [markdown]
# # Quantity or efficiency? 全要素生产率
# How much of the growth of the nine mainland cities, 2006-2016, is more capital and labor, and how much is total
# factor productivity. Capital ends in 2016 with the last published investment; employment begins in 2006, after the
# break of Dongguan.

# %%
import sys
from pathlib import Path

import pandas as pd

import gbaspatial as gba

given = sys.argv[1] if len(sys.argv) > 1 and not sys.argv[1].startswith("-") else "out/analyses"
out = Path(given)
out.mkdir(parents=True, exist_ok=True)
table = gba.data.city_table()
nine = table.index[table["side"] == "mainland"]

# %% [markdown]
# ## Capital by perpetual inventory 永续盘存法

# %%
capital = gba.load_capital_panel(cities=nine)
stock = gba.development.perpetual_inventory(
    capital["fixed_asset_investment_cny"], deflator=capital["investment_price_index"], depreciation=0.096
)
print(stock)

# %% [markdown]
# ## Growth accounting, and the band of what is assumed 增长核算
# Output is GDP of 2006, carried on by the published indices of real growth.

# %%
panel = gba.load_panel(variables=["gdp_cny", "gdp_growth_index", "employment"], years=range(2006, 2017), cities=nine)
growth = (panel["gdp_growth_index"] / 100).where(panel.index.get_level_values("year") > 2006, 1.0)
real = growth.groupby(level="city").cumprod() * panel["gdp_cny"].groupby(level="city").transform("first")
accounts = gba.development.growth_accounting(real, stock, panel["employment"], share=0.5)
print(accounts.by_unit().round(2))
print(accounts.by_period().round(2))
band = accounts.sensitivity()
print(band)
band.to_frame().to_csv(out / "productivity_band.csv")
for note in accounts.tables()[0].notes:
    print(note)

# %% [markdown]
# ## The frontier: efficiency and Malmquist's index 数据包络分析
# One output and two inputs at nine cities: the summary says what that can carry.

# %%
rows = pd.DataFrame({"output": real, "capital": stock.stock.reindex(real.index), "labor": panel["employment"]})
last = rows.xs(2016, level="year")
efficiency = gba.development.dea(last["output"], last[["capital", "labor"]], returns="constant")
print(efficiency)
print(efficiency.bootstrap(draws=200, rng=1))
malmquist = gba.development.malmquist(rows, outputs="output", inputs=["capital", "labor"])
print(malmquist.by_unit().round(3))
print(malmquist.by_period().round(3))
malmquist.changes.to_csv(out / "productivity_malmquist.csv")

# %% [markdown]
# ## Is the growth of productivity shared with neighbors? 空间依赖

# %%
cities = gba.load_cities(year=2016).loc[nine]
w = gba.weights.contiguity(cities, links=2016).row_standardized()
print(gba.autocorrelation.moran(accounts.by_unit()["tfp"], w))
