"""The stochastic kernel against its definition summed by hand, scipy's densities, and chains that are known."""

import numpy as np
import pandas as pd
import pytest
from scipy.stats import gaussian_kde, norm

from gbaspatial.disparity import stochastic_kernel
from gbaspatial.errors import DataError, OptionError
from gbaspatial.weights import Weights, from_pairs

N, T = 40, 12
UNITS = [f"u{i:02}" for i in range(N)]
RING = from_pairs(pd.DataFrame({"focal": UNITS + UNITS, "neighbor": UNITS[1:] + UNITS[:1] + UNITS[-1:] + UNITS[:-1]}))
W = RING.row_standardized()


def panel_of(values):
    """(T, n) as a panel."""
    index = pd.MultiIndex.from_product([UNITS[: values.shape[1]], range(2000, 2000 + len(values))])
    return pd.Series(values.T.ravel(), index=index)


def autoregression(keep, periods=T, seed=1):
    rng = np.random.default_rng(seed)
    path = [rng.normal(size=N) / np.sqrt(1 - keep**2)]
    for _ in range(periods - 1):
        path.append(keep * path[-1] + rng.normal(size=N))
    return np.array(path)


def test_every_number_is_the_sum_over_pairs():
    y = autoregression(0.7)
    got = stochastic_kernel(panel_of(y), relative=False, bandwidth=0.4, step=2)
    start, end = y[:-2].ravel(), y[2:].ravel()
    at = got.density.index
    for row, column in ((20, 25), (40, 40), (55, 30)):
        near = norm.pdf(at[row], start, 0.4)
        known = (near * norm.pdf(at[column], end, 0.4)).sum() / near.sum()
        assert got.density.iloc[row, column] == pytest.approx(known, rel=1e-9)
    assert got.slope == pytest.approx(np.polyfit(start, end, 1)[0])
    density = gaussian_kde(start, bw_method=0.4 / start.std(ddof=1))
    np.testing.assert_allclose(got.start, density(at), rtol=1e-9)
    assert (got.moves, got.step, got.bandwidths) == (N * (T - 2), 2, (0.4, 0.4))


def test_rows_are_densities_and_the_ridge_is_their_median():
    got = stochastic_kernel(panel_of(autoregression(0.8)), relative=False, points=300)
    rows = got.density.dropna()
    gap = np.diff(got.density.columns)[0]
    np.testing.assert_allclose(rows.sum(axis=1) * gap, 1, atol=0.01)
    below = np.cumsum(rows.to_numpy(), axis=1) * gap
    at_median = [np.interp(m, rows.columns, b) for m, b in zip(got.median.loc[rows.index], below, strict=True)]
    np.testing.assert_allclose(at_median, 0.5, atol=0.02)


def test_the_long_run_of_a_known_chain_is_found():
    keep = 0.6
    y = autoregression(keep, periods=400)
    got = stochastic_kernel(panel_of(y), relative=False)
    at, gap = got.ergodic.index.to_numpy(), np.diff(got.ergodic.index)[0]
    assert got.ergodic.sum() * gap == pytest.approx(1)
    mean = (got.ergodic * at).sum() * gap
    sd = np.sqrt((got.ergodic * (at - mean) ** 2).sum() * gap)
    assert mean == pytest.approx(0, abs=0.1)
    assert sd == pytest.approx(1 / np.sqrt(1 - keep**2), rel=0.12)  # the kernel's own width adds to it
    assert got.slope == pytest.approx(keep, abs=0.03)
    inside = got.median[got.median.index.to_series().abs() < 1.5]
    assert np.polyfit(inside.index, inside, 1)[0] == pytest.approx(keep, abs=0.1)


def test_neighbors_that_are_alike_leave_nothing_and_strangers_leave_everything():
    around = np.exp(np.sin(2 * np.pi * np.arange(N) / N))[None, :].repeat(T, axis=0)
    alike = stochastic_kernel(panel_of(around), W)
    order = np.random.default_rng(3).permutation(N)
    mixed = stochastic_kernel(panel_of(around[:, order]), W)
    assert abs(alike.slope) < 0.03 < 0.7 < mixed.slope
    assert alike.ergodic.isna().all()
    assert (alike.moves, alike.step) == (N * T, None)
    x = around[0] / around[0].mean()
    lag = W.lag(pd.Series(around[0], UNITS)).to_numpy()
    assert alike.slope == pytest.approx(np.polyfit(x, around[0] / lag, 1)[0])


def test_order_and_the_unit_of_money_change_nothing():
    y = panel_of(np.exp(autoregression(0.8)))
    got, again = stochastic_kernel(y, W), stochastic_kernel(y.sample(frac=1, random_state=2) * 1e9, W)
    np.testing.assert_allclose(again.density.index, got.density.index)
    np.testing.assert_allclose(again.density, got.density, rtol=1e-6, atol=1e-12)


def test_nobody_near_means_no_row():
    y = np.array([[1.0, 1.1, 1.2, 9.0], [1.1, 1.0, 1.3, 9.1]])
    got = stochastic_kernel(panel_of(y), relative=False, bandwidth=0.2)
    between = (got.density.index > 3) & (got.density.index < 7)
    assert got.density[between].isna().all().all()
    assert "Stochastic kernel" in str(got)


POSITIVE = panel_of(np.exp(autoregression(0.5)))


@pytest.mark.parametrize(
    ("call", "error", "told"),
    [
        (lambda: stochastic_kernel(POSITIVE, step=T), DataError, "step=12"),
        (lambda: stochastic_kernel(POSITIVE, W, step=1), OptionError, "step="),
        (lambda: stochastic_kernel(POSITIVE, RING), OptionError, "row_standardized"),
        (lambda: stochastic_kernel(-POSITIVE, W), DataError, "u00"),
        (lambda: stochastic_kernel(POSITIVE * 0 + 2), DataError, "all alike"),
        (lambda: stochastic_kernel(POSITIVE, bandwidth=0), OptionError, "bandwidth"),
        (lambda: stochastic_kernel(POSITIVE, points=5), OptionError, "points"),
        (lambda: stochastic_kernel(POSITIVE, Weights(np.zeros((N, N)), UNITS)), DataError, "no neighbors"),
    ],
)
def test_bad_input_is_told(call, error, told):
    with pytest.raises(error, match=told):
        call()
