# ---
# jupyter:
#   jupytext:
#     text_representation:
#       format_name: percent
# ---

# %% [markdown]
# # Four bay areas 四大湾区
# Every figure with its source, year and definition; and the sentences of a policy paper tested one by one.

# %%
import sys
from pathlib import Path

import gbaspatial as gba

given = sys.argv[1] if len(sys.argv) > 1 and not sys.argv[1].startswith("-") else "out/analyses"
out = Path(given)
out.mkdir(parents=True, exist_ok=True)

# %% [markdown]
# ## All figures 全部数字
# The same bay has other figures by year and by where it ends: Tokyo's is 13,600 or 36,898 square kilometers.

# %%
bays = gba.load_bay_areas()
keys = ["variable", "unit", "year", "source_id"]
wide = bays.pivot_table(index=keys, columns="bay_area", values="value", aggfunc="first")
print(wide.dropna(thresh=2).to_string())
wide.to_csv(out / "bay_areas.csv")

# %% [markdown]
# ## What the paper says of them 论断

# %%
ledger = gba.report.claims_ledger()
rows = ledger.to_frame().loc[["C3", "C4", "C5", "C6", "C7", "C8", "C9", "C10"]]
for key, row in rows.iterrows():
    print(f"{key} {row['verdict']}: {row['claim']}")
    print(f"   {row['result']}")

# %% [markdown]
# ## Sources 来源

# %%
sources = gba.data.sources()
print(sources.loc[sources.index.isin(bays["source_id"])].to_string())
