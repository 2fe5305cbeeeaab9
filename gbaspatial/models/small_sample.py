"""Inference for few units, in one place.

=======================  =============================================================
`profile`                profile likelihood of rho or lambda, intervals by chi-squared
                         and by simulation
`bias_correction`        the bias of order 1/n, and estimates without it
`exact_test`             no spatial dependence: exact by rotation, or by permutation
`influence`              the model without each unit
`detectable_effect`      power, and the smallest effect detectable
=======================  =============================================================
"""

from __future__ import annotations

from gbaspatial.models.bias import BiasResult as BiasResult, bias_correction as bias_correction
from gbaspatial.models.detectable import DetectableResult as DetectableResult, detectable_effect as detectable_effect
from gbaspatial.models.influence import InfluenceResult as InfluenceResult, influence as influence
from gbaspatial.models.profile import ProfileResult as ProfileResult, profile as profile
from gbaspatial.models.rotation import ExactTest as ExactTest, exact_test as exact_test
