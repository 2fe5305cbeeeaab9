"""CIPS against plm, and its simulated p-values against its null."""

import numpy as np
import oracle
import pytest
from test_estimators import PRODUC

from gbaspatial import models
from gbaspatial.models.panel.unit_roots import cips, cips_p, least_periods

PLM = oracle.case("panel_more_tests__produc").expected["cips"]


@pytest.mark.parametrize("part", ["none", "drift", "trend"])
@pytest.mark.parametrize("lags", [1, 2])
def test_statistics_equal_plm(part, lags):
    values = PRODUC["unemp"].unstack(0).to_numpy()
    assert float(cips(values, lags, part)) == pytest.approx(PLM[f"{part}{lags}"]["stat"], rel=1e-9)


def test_many_panels_at_once_are_each_by_itself():
    walks = np.cumsum(np.random.default_rng(1).standard_normal((3, 20, 6)), axis=1)
    np.testing.assert_allclose(cips(walks, 2, "trend"), [float(cips(one, 2, "trend")) for one in walks])


def test_p_values_are_even_under_walks_and_small_for_stationary_series():
    rng = np.random.default_rng(2)
    p = [cips_p(float(cips(np.cumsum(rng.standard_normal((20, 10)), axis=0))), 10, 20) for _ in range(200)]
    assert np.mean(np.array(p) < 0.1) == pytest.approx(0.1, abs=0.07)
    assert cips_p(float(cips(rng.standard_normal((20, 10)))), 10, 20) <= 0.02


def test_short_panels_have_no_such_test():
    short = PRODUC[PRODUC.index.get_level_values(1) < 1970 + least_periods() - 1]
    found = models.panel_ols("lgsp ~ lpcap", short).diagnostics().frame.index
    assert "cips" not in found
    assert "cips" in models.panel_ols("lgsp ~ lpcap", PRODUC).diagnostics().frame.index
