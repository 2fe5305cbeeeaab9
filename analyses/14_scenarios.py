# ---
# jupyter:
#   jupytext:
#     text_representation:
#       format_name: percent
# ---

# %% [markdown]
# # What would follow? 情景与配置
# Scenarios carried through a fitted model, with what the errors of estimation leave of them: more science money in one
# city, an opened bridge, and where more would do most. It is what the model says, no forecast.

# %%
import sys
import warnings
from pathlib import Path

import gbaspatial as gba

given = sys.argv[1] if len(sys.argv) > 1 and not sys.argv[1].startswith("-") else "out/analyses"
out = Path(given)
out.mkdir(parents=True, exist_ok=True)
warnings.simplefilter("ignore", gba.errors.CaveatWarning)
cities = gba.load_cities(year=2023)
nine = cities.index[cities["side"] == "mainland"]
tier = cities.loc[nine, "tier"]
variables = ["patents_granted", "fiscal_science_cny", "employment"]
panel = gba.load_panel(variables=variables, years=range(2003, 2024), cities=nine).dropna()
w = gba.weights.contiguity(cities, links=2023).row_standardized().subset(nine)
formula = "log(patents_granted) ~ log(fiscal_science_cny) + log(employment)"
fit = gba.models.panel_durbin(formula, panel, w, effects="twoway")

# %% [markdown]
# ## A tenth more science money in one city 科技支出增加一成

# %%
more = {
    city: gba.spillover.scenario(fit, {city: {"fiscal_science_cny": 1.10}}, groups=tier)
    for city in ("Guangzhou", "Foshan")
}
for city, found in more.items():
    print(city)
    print(found.groups.round(4).to_string())
    found.to_frame().to_csv(out / f"scenario_{city.lower()}.csv")
print("Foshan less Guangzhou")
print(more["Foshan"].versus(more["Guangzhou"]).round(4).to_string())
picture = more["Foshan"].plot()
gba.figures.save(picture, out / "scenario_waterfall.svg")
picture

# %% [markdown]
# ## The Shenzhen-Zhongshan link of 2024 深中通道

# %%
opened = gba.weights.contiguity(cities, links=2024).row_standardized().subset(nine)
print(gba.spillover.scenario(fit, w=opened, groups=tier))

# %% [markdown]
# ## What the data refuse 数据之外
# A tenth more where science money is highest already lies outside of all that was seen.

# %%
try:
    gba.spillover.scenario(fit, {"Shenzhen": {"fiscal_science_cny": 2.0}}, groups=tier)
except gba.errors.OptionError as error:
    print(error)

# %% [markdown]
# ## Where would one billion more do most? 配置

# %%
people = cities.loc[nine, "population"]
ranking = gba.spillover.allocate(fit, "fiscal_science_cny", amount=1e9, groups=tier, people=people)
print(ranking)
ranking.places.to_csv(out / "allocation.csv")
picture = ranking.plot(label="One billion more: change of log patents")
gba.figures.save(picture, out / "allocation.svg")
picture
