"""CHOLMOD (extra `fast`) gives the log-determinants of SuperLU and of the eigenvalues."""

import numpy as np
import oracle
import pytest

from gbaspatial import models
from gbaspatial.models.factor import cholesky_of
from gbaspatial.models.logdet import FactorCurve

pytest.importorskip("sksparse.cholmod", reason="needs scikit-sparse (extra fast), which needs SuiteSparse to build")


@pytest.mark.parametrize("name", ["columbus", "boston", "ncsids"])
@pytest.mark.parametrize("style", ["W", "B"])
def test_log_determinants_agree_with_eigenvalues(name, style):
    w = oracle.weights(f"{name}_{style}", oracle.data(name).index)
    chol, (low, high) = cholesky_of(w), w.interval
    for share in (0.02, 0.3, 0.5, 0.9, 0.98):
        rho = low + share * (high - low)
        want = float(np.log(1 - rho * w.eigenvalues()).sum())
        assert chol.log_abs_det(rho) == pytest.approx(want, abs=1e-9)
        assert FactorCurve(w)(rho) == pytest.approx(want, abs=1e-9)
    assert chol.log_abs_det(0.0) == pytest.approx(0, abs=1e-12)


def test_a_w_without_a_symmetric_likeness_has_no_cholesky():
    assert cholesky_of(oracle.weights("baltimore_W", oracle.data("baltimore").index)) is None


def test_estimates_do_not_depend_on_the_factorization(monkeypatch):
    boston = oracle.data("boston")
    w = oracle.weights("boston_W", boston.index)
    fast = models.lag("log(CMEDV) ~ RM + LSTAT", boston, w, logdet="sparse")
    monkeypatch.setattr("gbaspatial.models.logdet.cholesky_of", lambda w: None)
    slow = models.lag("log(CMEDV) ~ RM + LSTAT", boston, w, logdet="sparse")
    np.testing.assert_allclose(fast.params, slow.params, rtol=1e-9)
    np.testing.assert_allclose(fast.std_errors, slow.std_errors, rtol=1e-7)
