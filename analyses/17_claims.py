# ---
# jupyter:
#   jupytext:
#     text_representation:
#       format_name: percent
# ---

# %% [markdown]
# # Claims and verdicts 论断与检验
# Twenty claims of a policy paper, each with its measure, its result, and a verdict; those that rest on a test are
# adjusted for their number.

# %%
import sys
from pathlib import Path

import gbaspatial as gba

given = sys.argv[1] if len(sys.argv) > 1 and not sys.argv[1].startswith("-") else "out/analyses"
out = Path(given)
out.mkdir(parents=True, exist_ok=True)

# %%
ledger = gba.report.claims_ledger()
print(ledger.counts().to_string())
print(ledger.table("en").to_text(width=140))

# %% [markdown]
# ## In Chinese 中文

# %%
print(ledger.table("zh").to_text(width=140))
ledger.to_frame().to_csv(out / "claims.csv")

# %% [markdown]
# ## What would change a verdict 什么会改变结论

# %%
print(ledger.to_frame()[["verdict", "change"]].to_string())
