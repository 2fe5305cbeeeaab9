"""One inference below fifty units: every output of a fit shows the same numbers and names where they come from."""

import itertools
import time

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from gbaspatial import load_cities, models, tables, weights
from gbaspatial.errors import OptionError
from gbaspatial.models.few_units.recommended import applies, few_units
from gbaspatial.models.few_units.refits import ranks_of
from gbaspatial.weights import Weights

ESTIMATORS = ("ols", "slx", "lag", "error", "durbin", "durbin_error")
SLOW = ("sarar", "gns")
SIZES = (9, 11, 25, 49)


def grid_of(n: int) -> Weights:
    W = np.eye(n, k=1) + np.eye(n, k=-1) + np.eye(n, k=3) + np.eye(n, k=-3)
    return Weights(W, [f"u{i:02d}" for i in range(n)]).row_standardized()


def sample(n: int, rho: float = 0.5) -> pd.DataFrame:
    rng = np.random.default_rng(n)
    x = rng.standard_normal(n)
    y = np.linalg.solve(np.eye(n) - rho * grid_of(n).sparse.toarray(), 1 + x + rng.standard_normal(n))
    return pd.DataFrame({"y": y, "x": x, "v": 1.0 + np.arange(n) % 3}, index=grid_of(n).ids)


def fitted(name: str, n: int, **options):
    return getattr(models, name)("y ~ x", sample(n), *(() if name == "ols" else (grid_of(n),)), **options)


# -- the law ------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("name", "n", "inference"),
    [
        *itertools.product(ESTIMATORS, SIZES, ("recommended",)),
        *itertools.product(("lag", "error", "ols"), (11,), ("asymptotic",)),
        *itertools.product(SLOW, (11,), ("recommended", "asymptotic")),
    ],
)
def test_every_output_shows_the_same_numbers(name: str, n: int, inference: str) -> None:
    fit = fitted(name, n, inference=inference)
    p, ends = fit.pvalues, fit.conf_int()
    shown = fit.summary()[0].frame
    compared = tables.compare({"it": fit}).estimates["it"].unstack()  # noqa: PD010
    for frame in (fit.tidy(), shown, fit.to_frame(), compared.loc[list(p.index)]):
        assert frame["p_value"].tolist() == p.tolist()
        assert frame[["lower", "upper"]].to_numpy().tolist() == ends.to_numpy().tolist()
        assert frame["std_error"].tolist() == fit.std_errors.tolist()
    again = fitted(name, n, inference=inference)
    assert again.pvalues.tolist() == p.tolist()
    assert again.conf_int().equals(ends)
    assert ((p < 0.05) == ((ends["lower"] > 0) | (ends["upper"] < 0))).all()
    assert (fit.conf_int(0.5)["lower"] >= ends["lower"]).all()
    assert (fit.conf_int(0.5)["upper"] <= ends["upper"]).all()
    assert fit.std_errors.equals(fitted(name, n, inference="asymptotic").std_errors)


@pytest.mark.parametrize("name", ["lag", "error", "durbin_error"])
def test_other_outputs_show_them_too(name: str) -> None:
    fit = fitted(name, 11)
    spatial = "rho" if name == "lag" else "lambda"
    curve = models.over_weights("y ~ x", sample(11), {"grid": grid_of(11)}, models=(name,))
    row = curve.frame.iloc[0]
    assert [row["p_value"], row["lower"], row["upper"]] == [fit.pvalues[spatial], *fit.conf_int().loc[spatial]]
    totals = fit.impacts().total.loc["x"].tolist()
    assert curve.totals.iloc[0].tolist() == totals
    compared = tables.compare({"it": fit}, impacts=True).impacts
    if name == "error":  # nothing spills over
        assert compared is None
    else:
        columns = list(curve.totals.columns)
        assert compared["it"].loc["total", "x"].loc[columns].tolist() == totals
    if name == "error":  # the impact is the coefficient
        direct = fit.impacts().direct.loc["x", ["lower", "upper", "p_value"]].tolist()
        assert direct == pytest.approx([*fit.conf_int().loc["x"], fit.pvalues["x"]], rel=1e-9)
    stars = tables.compare({"it": fit}, stars=True).to_markdown()
    mark = "***" if fit.pvalues[spatial] < 0.01 else "**" if fit.pvalues[spatial] < 0.05 else "*"
    assert (mark in stars) == (fit.pvalues < 0.1).any()


def test_asymptotic_inference_is_the_classical_one() -> None:
    fit = fitted("lag", 11, inference="asymptotic")
    z = (fit.params / fit.std_errors).to_numpy()
    assert fit.pvalues.to_numpy() == pytest.approx(2 * stats.norm.sf(np.abs(z)), rel=1e-9)
    other = fitted("lag", 11)
    assert other.tidy(inference="asymptotic").equals(fit.tidy())
    assert other.conf_int(inference="asymptotic").equals(fit.conf_int())
    assert fit.impacts(draws=99).method == "simulated"
    assert "normal, approximate with 11 units" in str(fit.summary())
    curve = models.over_weights("y ~ x", sample(11), {"w": grid_of(11)}, inference="asymptotic")
    assert curve.frame["p_value"].iloc[0] == fit.pvalues["rho"]


def test_what_does_not_carry_it_says_what_it_uses() -> None:
    few = {
        "weights": fitted("lag", 11, weights="v"),
        "sandwich": fitted("lag", 11, covariance="sandwich"),
        "gmm": fitted("lag", 11, method="gmm"),
        "hac": models.ols("y ~ x", sample(11), covariance="HC3"),
    }
    assert {name: applies(fit) for name, fit in few.items()} == {
        "weights": True, "sandwich": False, "gmm": False, "hac": False,
    }  # fmt: skip
    assert few_units(few["weights"]).exact
    for name in ("sandwich", "gmm"):
        assert "normal, approximate with 11 units" in str(few[name].summary())
    assert "t with 9 degrees of freedom, approximate" in str(few["hac"].summary())
    assert "rotations" in str(few["weights"].summary())


def test_fifty_units_are_enough_for_normal_theory() -> None:
    n = 50
    fit = fitted("lag", n)
    assert not applies(fit)
    z = (fit.params / fit.std_errors).abs()
    assert fit.pvalues.to_numpy() == pytest.approx(2 * stats.norm.sf(z))


def test_made_once_and_anew_in_a_copy() -> None:
    fit = fitted("lag", 11)
    assert few_units(fit) is few_units(fit)
    assert few_units(fit.bootstrap and models.lag("y ~ x", sample(11), grid_of(11))) is not few_units(fit)


def test_ranks_follow_labels() -> None:
    assert ranks_of(pd.Index(["b", "a", "c"])).tolist() == [1, 0, 2]


@pytest.mark.parametrize("value", ["no", "bootstrap", None, 1])
def test_unknown_inference_is_refused(value) -> None:
    with pytest.raises(OptionError, match="inference="):
        fitted("lag", 11, inference=value)


# -- the cities -----------------------------------------------------------------------------------
def test_one_verdict_on_eleven_cities() -> None:
    """The same p and interval in every table; over seeds they move by their printed error; quick enough to wait for."""
    cities = load_cities(year=2023)
    w = weights.contiguity(cities, links=2023).row_standardized()
    fit = models.lag("log(gdp_pc_cny) ~ C(tier)", cities, w)
    start = time.process_time()
    p, low = fit.pvalues["rho"], fit.conf_int().loc["rho", "lower"]
    assert time.process_time() - start < 2
    found = few_units(fit).inversions["rho"]
    for seed in (1, 2):
        boot = fit.bootstrap(rng=seed)
        assert boot.p_values["rho"] == pytest.approx(p, abs=5 * found.p_error(0.0))
        assert boot.conf_int().loc["rho", "lower"] == pytest.approx(low, abs=6 * found.end_errors(0.95)[0])
    text = tables.compare({"lag": fit}, below="p_value", stars=True).to_frame()
    assert text.loc[("coefficient", "rho", "p_value"), "lag"] == p
