# ---
# jupyter:
#   jupytext:
#     text_representation:
#       format_name: percent
# ---

# %% [markdown]
# # How far does it reach, who gives, who receives? 溢出的距离与收支
# A Durbin panel of patents on science money in the nine mainland cities, effects of cities and years, and one among the
# prefectures of China, where it can be told better.

# %%
import sys
import warnings
from pathlib import Path

import gbaspatial as gba

given = sys.argv[1] if len(sys.argv) > 1 and not sys.argv[1].startswith("-") else "out/analyses"
out = Path(given)
out.mkdir(parents=True, exist_ok=True)
warnings.simplefilter("ignore", gba.errors.CaveatWarning)  # the doubted values stand in 08_prefectures.py
warnings.simplefilter("ignore", gba.errors.IslandWarning)

# %% [markdown]
# ## Nine cities 内地九市

# %%
cities = gba.load_cities(year=2023)
nine = cities.index[cities["side"] == "mainland"]
variables = ["patents_granted", "fiscal_science_cny", "employment"]
panel = gba.load_panel(variables=variables, years=range(2003, 2024), cities=nine).dropna()
w = gba.weights.contiguity(cities, links=2023).row_standardized().subset(nine)
formula = "log(patents_granted) ~ log(fiscal_science_cny) + log(employment)"
fit = gba.models.panel_durbin(formula, panel, w, effects="twoway")
print(fit.summary())
term = "log(fiscal_science_cny)"
balance = gba.spillover.balance(fit, groups=cities.loc[nine, "tier"], term=term)
print(balance)
balance.to_frame().to_csv(out / "spillover_balance.csv")
print(gba.spillover.decay(fit, cities.loc[nine], term=term))
picture = balance.plot(cities.loc[nine])
gba.figures.save(picture, out / "spillover_flows.png")
picture

# %% [markdown]
# ## Prefectures of China, 2010-2023 全国地级市
# Links with neighbors of another province count as much as within: `across` and `within` say what is passed on.

# %%
table = gba.load_prefecture_panel(years=range(2010, 2024)).rename(columns={"province_zh": "province"})
table["income"] = table["gdp_cny"] / table["population"]
table["loans"] = table["loans_cny"] / table["gdp_cny"]
used = ["patents_granted", "income", "population", "loans"]
whole = (table[used] > 0).all(axis=1).groupby(level="city").all()
shapes = gba.load_prefectures(area="china")
links = gba.weights.contiguity(shapes.loc[whole.index[whole]], islands="keep")
linked = links.ids[links.sparse.sum(axis=1) > 0]
links = links.subset(linked).row_standardized()
rows = table[table.index.get_level_values("city").isin(linked)]
model = "log(patents_granted) ~ log(income) + log(population) + log(loans)"
china = gba.models.panel_durbin(model, rows, links, effects="twoway")
decay = gba.spillover.decay(china, shapes.loc[linked], term="log(income)", bands=[100, 200, 300, 500, 1000], draws=499)
print(decay)
picture = decay.plot()
gba.figures.save(picture, out / "spillover_decay.svg")
province = rows["province"].groupby(level="city").first()
print(gba.spillover.balance(china, groups=province, term="log(income)", draws=499).border)
picture
