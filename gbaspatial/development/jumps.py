"""Values that jump: a change of coverage looks like growth, or like technical change, and has to be named."""

from __future__ import annotations

import numpy as np
import pandas as pd

from gbaspatial.errors import some

LIMIT = 0.15
"""A change of the logarithm this far from zero, and from the median of the unit's own changes, is a jump."""


def jumps_of(panel: pd.DataFrame) -> pd.DataFrame:
    """Where columns of `panel` (unit, period) jump: rows by unit, period and variable with the change in per cent.

    Examples
    --------
    >>> index = pd.MultiIndex.from_product([["Dongguan"], range(2001, 2006)], names=["city", "year"])
    >>> panel = pd.DataFrame({"employment": [1.0, 1.02, 1.8, 1.84, 1.88]}, index=index)
    >>> jumps_of(panel)["change_pct"].round(1).to_dict()
    {('Dongguan', 2003, 'employment'): 76.5}
    """
    ordered = panel.sort_index()
    with np.errstate(divide="ignore", invalid="ignore"):
        growth = np.log(ordered.astype(float)).groupby(level=0).diff()
    growth = growth.where(np.isfinite(growth))
    away = growth - growth.groupby(level=0).transform("median")
    found = growth.where((away.abs() > LIMIT) & (growth.abs() > LIMIT)).stack().rename("change_pct")
    found.index.names = [*panel.index.names, "variable"]
    return (100 * np.expm1(found.dropna())).to_frame()


def jump_note(jumps: pd.DataFrame) -> tuple[str, ...]:
    """The sentence that names jumps, if there are any."""
    if jumps.empty:
        return ()
    told = [
        f"{variable} of {unit} in {period} ({change:+.0f} %)"
        for (unit, period, variable), change in jumps["change_pct"].items()
    ]
    return (
        f"Jumps, which look like technical change: {some(told, 6)}. Ask whether the coverage changed before reading "
        f"these years.",
    )
