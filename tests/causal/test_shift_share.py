"""Shift-shares: equivalences of the literature, size under shared shocks, and refusals."""

import numpy as np
import pandas as pd
import pytest

import gbaspatial as gba
from gbaspatial.errors import AlignmentError, CollinearityError, DataError


def _made(seed=0, n=60, industries=20, shared=0.0):
    rng = np.random.default_rng(seed)
    units = [f"u{i}" for i in range(n)]
    names = [f"s{k}" for k in range(industries)]
    shares = pd.DataFrame(rng.dirichlet(np.full(industries, 0.3), n), units, names)
    shocks = pd.Series(rng.normal(size=industries), names)
    hidden = shares @ pd.Series(rng.normal(size=industries), names)
    data = pd.DataFrame({"growth": shared * hidden + rng.normal(0, 0.1, n), "x": rng.normal(size=n)}, units)
    return data, shares, shocks


def test_the_estimate_is_least_squares_and_its_error_that_of_the_shocks():
    """Written out again with dense projections, as Adao, Kolesar and Morales define it."""
    data, shares, shocks = _made()
    found = gba.causal.shift_share("growth ~ x", data, shares, shocks)
    S, Z = shares.to_numpy(), np.column_stack([np.ones(60), data["x"]])
    b = S @ shocks.to_numpy()
    M = np.eye(60) - Z @ np.linalg.pinv(Z)
    beta = (b @ M @ data["growth"]) / (b @ M @ b)
    e = M @ (data["growth"].to_numpy() - beta * b)
    industries = np.linalg.pinv(S) @ (M @ b)
    error = np.sqrt(np.square(industries * (S.T @ e)).sum()) / (b @ M @ b)
    assert found.params["exposure"] == pytest.approx(beta)
    assert found.std_errors["exposure"] == pytest.approx(error)


def test_errors_by_shocks_hold_where_robust_errors_reject_too_often():
    by_shocks, robust = [], []
    for seed in range(200):
        data, shares, shocks = _made(seed, n=150, industries=40, shared=1.0)
        row = gba.causal.shift_share("growth ~ 1", data, shares, shocks).frame.loc["exposure"]
        by_shocks.append(abs(row["estimate"]) > 1.96 * row["std_error"])
        robust.append(abs(row["estimate"]) > 1.96 * row["hc1"])
    assert np.mean(robust) > 0.2
    assert np.mean(by_shocks) < 0.14


def test_neighbors_exposure_is_estimated_beside_the_own():
    data, shares, shocks = _made(industries=12)
    ring = pd.DataFrame({"focal": data.index, "neighbor": np.roll(data.index, 1), "weight": 1.0})
    w = gba.weights.from_pairs(ring)
    exposure = shares @ shocks
    near = pd.Series(w.sparse @ exposure[w.ids], w.ids)
    data["growth"] = 1.0 + 2.0 * exposure - 1.5 * near[data.index]
    found = gba.causal.shift_share("growth ~ 1", data.iloc[::-1], shares, shocks, w=w)
    np.testing.assert_allclose(found.params, [2.0, -1.5, 1.0], atol=1e-9)


def test_incomplete_shares_bring_their_sum():
    data, shares, shocks = _made()
    found = gba.causal.shift_share("growth ~ 1", data, shares.iloc[:, :-3], shocks.iloc[:-3])
    assert "sum of shares" in found.frame.index


def test_what_does_not_fit_is_said():
    data, shares, shocks = _made()
    with pytest.raises(AlignmentError, match="s0"):
        gba.causal.shift_share("growth ~ 1", data, shares, shocks.drop("s0"))
    for twice in (
        (shares, pd.concat([shocks, shocks["s3":"s3"]])),
        (pd.concat([shares, shares[["s3"]]], axis=1), shocks),
    ):
        with pytest.raises(AlignmentError, match="each once; they differ in s3"):
            gba.causal.shift_share("growth ~ 1", data, *twice)
    with pytest.raises(DataError, match="negative for u1"):
        gba.causal.shift_share("growth ~ 1", data, shares.assign(s0=np.where(shares.index == "u1", -1, 0)), shocks)
    few = data.iloc[:10]
    with pytest.raises(CollinearityError, match="cannot be told apart"):
        gba.causal.shift_share("growth ~ 1", few, shares.iloc[:10], shocks)
