"""Inference for few units, in one place.

=======================  =============================================================
`profile`                profile likelihood of rho or lambda, intervals by chi-squared
                         and by simulation
`bias_correction`        the bias of order 1/n, and estimates without it
`exact_test`             no spatial dependence: exact by rotation, or by permutation
`influence`              the model without each unit
`detectable_effect`      power, and the smallest effect detectable
`inference_table`        what `summary()` shows below 50 units
=======================  =============================================================
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from gbaspatial.models.bias import BiasResult as BiasResult, bias_correction as bias_correction
from gbaspatial.models.bootstrap import MODELS, bootstrap
from gbaspatial.models.detectable import DetectableResult as DetectableResult, detectable_effect as detectable_effect
from gbaspatial.models.influence import InfluenceResult as InfluenceResult, influence as influence
from gbaspatial.models.profile import ProfileResult as ProfileResult, profile as profile
from gbaspatial.models.rotation import ExactTest as ExactTest, exact_test as exact_test

if TYPE_CHECKING:
    from gbaspatial.models.fit import Fit

SEED = 20_240_303
DRAWS = 1999


def inference_table(fit: Fit, *, level: float = 0.95) -> tuple[pd.DataFrame, tuple[str, ...]] | None:
    """`estimate, std_error, p_value, lower, upper` by simulation, with notes; None where t is exact or no refit is had.

    Least squares keeps its t distribution, which is exact for normal errors. The seed is
    fixed, so that a summary says the same thing twice.
    """
    if fit.model not in MODELS or fit.method != "ml" or not (fit.w is not None or fit.error_w is not None):
        return None
    draws = DRAWS if fit.w is None or fit.error_w is None else 499
    boot = bootstrap(fit, draws=draws, rng=SEED, level=level)
    frame = pd.DataFrame({"estimate": fit.params, "std_error": boot.std_errors, "p_value": boot.p_values}).join(
        boot.conf_int()
    )
    spatial = ", ".join(boot.inversions)
    notes = (
        f"n = {fit.n} is below 50: standard errors, p-values and {level:.0%} intervals are by parametric bootstrap "
        f"({draws} draws, seed {SEED}), studentized"
        + (f"; of {spatial} by simulated tests of all its values." if spatial else "."),
        "Asymptotic ones: fit.tidy(). What the test can see: fit.detectable_effect().",
    )
    return frame.rename_axis("term"), notes
