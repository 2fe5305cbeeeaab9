"""Chapter: what eleven cities cannot tell."""

from __future__ import annotations

from typing import Any

import pandas as pd

from gbaspatial import inference
from gbaspatial.report.bay import Bay
from gbaspatial.report.section import Section
from gbaspatial.results import Table

GRID = (0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9)


def chapter(bay: Bay) -> Section:
    """The power of Moran's test with eleven and with nine cities, and what follows."""
    eleven = inference.power("moran", bay.main_weights, rho=GRID)
    nine = inference.power("moran", bay.main_weights.subset(bay.mainland.index), rho=GRID)
    finding = (
        f"What these data cannot tell: with eleven cities Moran's test detects {_smallest(eleven)}, with nine "
        f"{_smallest(nine)}. A test that is not significant here is no evidence that there is no spillover."
    )
    frame = pd.DataFrame({"eleven cities": eleven.curve, "nine cities": nine.curve}).rename_axis("rho")
    return Section(
        key="limits",
        title="What eleven cities cannot tell",
        title_zh="样本的局限",
        text=(
            "The table gives the chance that a two-sided test at 5 % sees autocorrelation of size rho on "
            "the weights of this report. Panels over years, districts, or firms carry more information "
            "than one cross-section of cities; the caveats below say which figures break in which year.",
        ),
        findings=(finding,),
        tables={"power": Table(frame, "Power of Moran's test at 5 %", formats=dict.fromkeys(frame.columns, ".2f"))},
    )


def _smallest(power: Any) -> str:
    if pd.isna(power.detectable):
        return f"no positive rho four times out of five (at rho = 0.6 it does so in {power.curve[0.6]:.0%} of samples)"
    return f"a rho of {power.detectable:.2f} or more four times out of five"
