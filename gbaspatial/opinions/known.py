"""Where peers are known to differ, by release: verified defects and other conventions, as data."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from gbaspatial.weights import Weights

_ALIKE = 1e-6  # relative: log-likelihoods of one maximum


@dataclass(frozen=True, slots=True)
class Known:
    """A difference that was verified: in which `package`, in which `releases` seen, for which `quantities`, and why.

    Without `quantities` it is told and excuses nothing: what is rescaled before it is compared, or not compared at all.
    """

    package: str
    releases: tuple[str, ...]
    quantities: tuple[str, ...]
    why: str
    defect: bool

    def told(self, version: str) -> str:
        """The sentence for a table."""
        there = version in self.releases or not self.releases
        seen = "" if there else f" (seen in {', '.join(self.releases)}; here {version})"
        return f"{self.package}: {self.why}{seen}"


LOCAL_G_ROW = Known(
    "esda", ("2.8.2", "2.10.0"), ("z", "variance", "expected"),
    "the analytic z of G_Local assumes binary weights and is wrong for others; z does not change when rows are scaled, "
    "and spdep gives our value",
    defect=True,
)  # fmt: skip
FOLDED_P = Known(
    "esda", ("2.8.2", "2.10.0"), (),
    "p_sim is the smaller tail, one-sided and not named so: about half of a two-sided p-value; it is not compared",
    defect=True,
)  # fmt: skip
ISLANDS_COUNT = Known(
    "esda", ("2.8.2", "2.10.0"), (),
    "units without neighbors stay in the n that Moran's I and Geary's C are multiplied by; here and in spdep they do "
    "not (adjust.n = TRUE): rescaled before they are compared, z is the same",
    defect=False,
)  # fmt: skip
LOCAL_SCALE = Known(
    "esda", ("2.8.2", "2.10.0"), (),
    "local Moran divides by the sum of squares over n - 1, local Geary over n",
    defect=False,
)  # fmt: skip
LEE_ROWS = Known(
    "esda", ("2.8.2",), ("statistic",),
    "Spatial_Pearson_Local standardizes the rows of W, whatever was given; here W is used as given",
    defect=False,
)  # fmt: skip
GEARY_ROWS = Known(
    "esda", ("2.8.2",), (),
    "local Geary standardizes the rows of W, whatever was given; here W is used as given: multiplied by the sums of "
    "rows before they are compared",
    defect=False,
)  # fmt: skip
LOSH_ISLANDS = Known(
    "esda", ("2.8.2",), ("statistic",),
    "LOSH has no number for any unit where one of them has no neighbors; here the others have theirs",
    defect=True,
)  # fmt: skip
G_BINARY = Known(
    "esda", ("2.8.2",), ("statistic", "expected", "variance", "z"),
    "G makes every weight one, whatever was given; here and in spdep W is used as given",
    defect=True,
)  # fmt: skip
SPDEP_ISLANDS = Known(
    "spdep", ("1.2.7",), ("expected", "variance", "z", "p_value"),
    "with units without neighbors the moments take the number of the others for n, though the values of all are "
    "exchanged; here they are those over all orders of all values",
    defect=True,
)  # fmt: skip
SPDEP_G_ISLANDS = Known(
    "spdep", ("1.2.7",), ("statistic", "expected", "variance", "z", "p_value"),
    "globalG.test leaves the values of units without neighbors out of its sum over all pairs; here, as in esda, all "
    "pairs are in it",
    defect=False,
)  # fmt: skip
JOINS_COUNTED = Known(
    "esda", ("2.8.2",), ("statistic", "count"),
    "join counts count links, whatever their weights; here weights are summed",
    defect=False,
)  # fmt: skip
GEARY_SIGN = Known(
    "esda", ("2.8.2", "2.10.0"), ("z",),
    "z of Geary's C is (C - E) / sd: negative means alike neighbors, as here; spdep has the other sign",
    defect=False,
)  # fmt: skip
CRITERIA = Known(
    "spreg", ("1.9.0", "1.9.1"), (),
    "AIC and BIC do not count every parameter (neither sigma2 nor, in error models, lambda), so they do not compare "
    "across models; they are not set against ours",
    defect=True,
)  # fmt: skip
ML_INTERVAL = Known(
    "spreg", ("1.9.0", "1.9.1"),
    ("params", "std_errors", "log_likelihood", "likelihood_ratio", "direct", "indirect", "total"),
    "maximum likelihood searches rho in (-1, 1) whatever W is; where W is not row-standardized this is not the "
    "admissible interval, and the answer may be outside it or miss the maximum",
    defect=True,
)  # fmt: skip
GMM_DIVISOR = Known(
    "spreg", ("1.9.0", "1.9.1"), (),
    "two-stage least squares divide by n unless sig2n_k is set; it is set here",
    defect=False,
)  # fmt: skip
REGIME_FILTER = Known(
    "spreg", ("1.9.0",), ("params", "std_errors", "sigma2", "log_likelihood", "statistic"),
    "error models by regime filter the regressors first and split them by regime afterwards, so that neighbors of "
    "another regime enter with the wrong coefficients; spatialreg on the split columns gives our values",
    defect=True,
)  # fmt: skip
REGIME_INSTRUMENTS = Known(
    "spreg", ("1.9.0",), ("params", "std_errors", "sigma2", "statistic"),
    "the instruments of models by regime are lags of X split by regime; here they are lags of the split X",
    defect=False,
)  # fmt: skip
LAG_SUM_P = Known(
    "spdep", ("1.2.7",), ("z",),
    "z of Geary's C is (E - C) / sd: the other sign",
    defect=False,
)  # fmt: skip
FE_DIVISOR = Known(
    "spreg", ("1.9.0",), (),
    "PanelFE divides the sum of squares by NT - N and forgets the k columns of X; it is put right before comparing",
    defect=True,
)  # fmt: skip
PANEL_LIKELIHOOD = Known(
    "spreg", ("1.9.0", "1.9.1"), (),
    "the log-likelihood of the panels with fixed effects misses NT / 2 log(NT); it is not set against ours",
    defect=True,
)  # fmt: skip
LISA_EXPECTED = Known(
    "giddy", ("2.3.8",), ("statistic",),
    "LISA_Markov takes the expected moves from means over time and moves from unit to unit, since it turns the panel "
    "first; the moves themselves are right",
    defect=True,
)  # fmt: skip
EMPTY_ROWS = Known(
    "giddy", ("2.3.8",), ("df",),
    "homogeneity counts (0 - 1)(0 - 1) = 1 degree of freedom for a class from which nobody ever moved, which has none",
    defect=True,
)  # fmt: skip
FOLDED_TAU = Known(
    "giddy", ("2.3.8",), (),
    "tau_p is the normal approximation whatever n is (here exact for few units), and p-values among neighbors are the "
    "smaller tail; they are not compared",
    defect=False,
)  # fmt: skip
FOLDED_ROSE = Known(
    "giddy", ("2.3.8",), (),
    "the two-sided p of Rose.permute is zero where no draw is smaller; it is not compared",
    defect=True,
)  # fmt: skip
ROSE_STILL = Known(
    "giddy", ("2.3.8",), ("count",),
    "Rose counts units that did not move, and units without neighbors, as moves in the direction of 0 or 180 degrees; "
    "here they have no direction",
    defect=True,
)  # fmt: skip
ROSE_EDGE = Known(
    "giddy", ("2.3.8",), ("count", "angle"),
    "a move lies on the border of two sectors, where rounding decides in which one Rose counts it",
    defect=False,
)  # fmt: skip
JENKS_SINGLE = Known(
    "mapclassify", ("2.10.0",), ("tier", "explained"),
    "FisherJenks sums squares of the values as they are in single precision (seven digits), so that values of a high "
    "level beside their spread are not grouped best; here more of the variance is between tiers",
    defect=True,
)  # fmt: skip
TIERS_TIED = Known(
    "other programs", (), ("tier",),
    "there are several groupings that are as good as each other (the same share of the variance); each takes one",
    defect=False,
)  # fmt: skip
SEARCHED = Known(
    "other programs", (), ("tier", "explained"),
    "means of groups are searched from random starts, and theirs ended where less of the variance is between tiers",
    defect=False,
)  # fmt: skip
SPREG_TOTAL = Known(
    "spreg", ("1.9.0",), ("total", "indirect"),
    "total impacts are b / (1 - rho), which holds only where every row of W sums to one; here (I - rho W)^-1 is summed",
    defect=True,
)  # fmt: skip
R_INSTRUMENTS = Known(
    "spatialreg", ("1.2.6",), ("params", "std_errors", "sigma2", "direct", "indirect", "total"),
    "stsls takes W 1 for an instrument, too, where the rows of W do not sum to one; here, as in spreg, lags of the "
    "regressors alone are",
    defect=False,
)  # fmt: skip
R_RESIDUALS = Known(
    "spdep", ("1.2.7",), ("moran_residuals",),
    "lm.morantest takes the units with neighbors for n in its moments, and the residuals of all; here, as in spreg, "
    "all units are n",
    defect=True,
)  # fmt: skip
R_TOTAL = Known(
    "spatialreg", ("1.2.6",), ("total", "indirect"),
    "total impacts are b / (1 - rho), right only where every row of W sums to one; here (I - rho W)^-1 is added up",
    defect=True,
)  # fmt: skip
WITHIN_LAG = Known(
    "other programs", (), ("lm_lag", "robust_lm_lag", "robust_lm_error"),
    "the lag of what X explains is freed of X less its effects, as in Elhorst (2014); with dummies of time it is freed "
    "of these, too, which is the same where the columns of W sum to one",
    defect=False,
)  # fmt: skip
BSK_JOINT = Known(
    "spreg", ("1.9.0",), ("bsk_lmh",),
    "the joint test leaves a negative LM2 out, though lambda may have either sign",
    defect=True,
)  # fmt: skip
RANDOM_LAG = Known(
    "spreg", ("1.9.0",), ("std_errors", "log_likelihood", "sigma2"),
    "ML_LagRE finds the maximum, but its log-likelihood misses NT / 2 log(NT) and its information matrix treats the "
    "variance of the effects otherwise; splm gives our values",
    defect=True,
)  # fmt: skip
RANDOM_ERROR = Known(
    "spreg", ("1.9.0",), ("params", "std_errors", "log_likelihood", "sigma2"),
    "ML_ErrorRE ends below the maximum: its criterion mixes a matrix in the basis of the eigenvectors of W with one "
    "that is not; splm gives our values",
    defect=True,
)  # fmt: skip
TIME_FREEDOM = Known(
    "other programs", (), ("params", "std_errors", "sigma2", "log_likelihood"),
    "effects of time are dummies there, and not corrected for (Lee and Yu 2010): with correction='none' both agree",
    defect=False,
)  # fmt: skip
OWN_ERRORS = Known(
    "gbaspatial", (), ("std_errors",),
    "the standard errors of this fit are robust ones of our own, so only the estimates are compared; with "
    "covariance='information' (least squares and moments: 'classical') standard errors are, too",
    defect=False,
)  # fmt: skip


def excused(
    differences: tuple[Known, ...], w: Weights | None, ours: dict[str, float], theirs: dict[str, float]
) -> tuple[Known, ...]:
    """`differences` without that of the interval, where they are inside it and their likelihood is as high as ours."""
    name = "log_likelihood"
    if w is None or name not in ours or name not in theirs:
        return differences
    low, high = w.interval
    inside = all(low < theirs[key] < high for key in ("params[rho]", "params[lambda]") if key in theirs)
    as_high = theirs[name] >= ours[name] - _ALIKE * abs(ours[name])
    return tuple(k for k in differences if not (k is ML_INTERVAL and inside and as_high))


def interval(w: Weights | None) -> tuple[Known, ...]:
    """What is known of spreg's search for this W: nothing where its rows sum to one."""
    assert w is not None
    sums = np.asarray(w.sparse.sum(axis=1)).ravel()
    return () if np.allclose(sums[sums != 0], 1.0) else (ML_INTERVAL,)
