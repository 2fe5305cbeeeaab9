"""Every autocorrelation oracle (R's spdep): statistic, expectation, variance, z and p."""

import re

import numpy as np
import oracle
import pandas as pd
import pytest

from gbaspatial import autocorrelation as ac
from gbaspatial.autocorrelation.entrance import check_testable
from gbaspatial.inference.conditional import LocalSums, conditional_null
from gbaspatial.weights import Weights

DATASETS = ("columbus", "baltimore", "boston", "ncsids")
VARIABLE = {"columbus": "CRIME", "baltimore": "PRICE", "boston": "CMEDV", "ncsids": "ft_SID74"}
CLASS = {"columbus": "CRIMEHI", "baltimore": "HI", "boston": "HIVAL", "ncsids": "HI"}


def numbers(values):
    return np.array([np.nan if v is None else v for v in values], dtype=float)


def variable_of(case):
    """The variable named first in the call of the case."""
    names = re.findall(r"[A-Za-z_]\w*", case.raw["call"])
    return next(name for name in names if name in case.data.columns and name != "x")


def least_squares(case):
    """A fit with what `moran` asks of one: residuals by unit and the regressors."""
    left, right = re.search(r"lm\(([^)]*)\)", case.raw["call"]).group(1).split("~")
    data = case.data
    X = np.column_stack([np.ones(len(data)), *(data[x.strip()].astype(float) for x in right.split("+"))])
    y = data[left.strip()].to_numpy(float)
    e = y - X @ np.linalg.lstsq(X, y, rcond=None)[0]

    class Design:
        formula, ids = f"{left}~{right}", data.index

    Design.X = X

    class Fit:
        design, residuals = Design, pd.Series(e, data.index)

    return Fit()


@pytest.mark.parametrize("dataset", DATASETS)
@pytest.mark.parametrize("style", ["W", "B"])
@pytest.mark.parametrize(("short", "inference"), [("rand", "randomization"), ("norm", "normal")])
def test_moran_and_geary(dataset, style, short, inference):
    case = oracle.case(f"moran_geary__{dataset}")
    y, w = case.data[variable_of(case)], case.w(style)
    for name, test, key, sign in (("moran", ac.moran, "Moran I", 1), ("geary", ac.geary, "Geary C", -1)):
        want = case.expected[f"{name}_{style}_{short}"]
        got = test(y, w, inference=inference)
        case.close(got.statistic, want[f"{key} statistic"])
        case.close(got.expected, want["Expectation"])
        case.close(got.variance, want["Variance"])
        case.close(sign * got.z, want["statistic"])  # spdep's z of Geary's C is (E - C) / sd
        case.close(got.p_value, want["p_value"])


@pytest.mark.parametrize("dataset", DATASETS)
def test_permutation_of_moran_and_geary(dataset):
    case = oracle.case(f"permutation_global__{dataset}")
    y, w = case.data[variable_of(case)], case.w("W")
    moran = ac.moran(y, w, inference="permutation", alternative="greater", rng=1)
    geary = ac.geary(y, w, inference="permutation", alternative="less", rng=1)  # spdep turns the sign
    for got, name, p in ((moran, "moran", "moran_p"), (geary, "geary", "geary_p")):
        case.close(got.statistic, case.expected[f"{name}_{'I' if name == 'moran' else 'C'}"])
        sample = got.null.sample
        assert sample.mean() == pytest.approx(case.expected[f"{name}_sim_mean"], abs=0.005)
        assert sample.std() == pytest.approx(case.expected[f"{name}_sim_sd"], rel=0.05)
        error = 3 * np.sqrt(got.p_value * (1 - got.p_value) / 9_999)
        assert got.p_value == pytest.approx(case.expected[p], abs=0.003 + 3 * error)


@pytest.mark.parametrize("dataset", DATASETS)
@pytest.mark.parametrize("style", ["W", "B"])
@pytest.mark.parametrize("moments", ["conditional", "total"])
def test_local_moran(dataset, style, moments):
    case = oracle.case(f"local_moran__{dataset}")
    y = case.data[variable_of(case)]
    got = ac.local_moran(y, case.w(style), inference="randomization", moments=moments)
    want = case.expected[f"{style}_{moments}"]
    for ours, theirs in (("statistic", "Ii"), ("expected", "E"), ("variance", "Var"), ("z", "Z"), ("p_value", "p")):
        case.close(got.frame[ours], want[theirs])


@pytest.mark.parametrize("dataset", DATASETS)
def test_local_moran_with_the_other_divisor_quadrants_and_adjusted_p(dataset):
    case = oracle.case(f"local_moran__{dataset}")
    y, w = case.data[variable_of(case)], case.w("W")
    got = ac.local_moran(y, w, inference="randomization", ddof=1)
    # spdep divides Ii by n / (n - 1) but not its moments, so that its z changes; a z-value should not
    case.close(got.statistic, case.expected["W_mlvarFALSE_conditional"]["Ii"])
    case.close(got.z, case.expected["W_conditional"]["Z"])
    names = {"HH": "High-High", "LL": "Low-Low", "HL": "High-Low", "LH": "Low-High"}
    # spdep compares the lags with their own mean, GeoDa and we with the mean of the variable
    lag = w.lag(y)
    agreed = (lag > y.mean()) == (lag > lag.mean())
    assert agreed.mean() > 0.9
    assert (got.quadrant.map(names) == case.expected["quadrant_mean"])[agreed].all()
    case.close(got.adjusted("bh"), case.expected["p_adjust_fdr"])
    case.close(got.adjusted("bonferroni"), case.expected["p_adjust_bonferroni"])
    case.close(got.adjusted("by-neighbor"), case.expected["p_adjustSP_holm"])


@pytest.mark.parametrize("dataset", DATASETS)
def test_local_moran_by_permutation(dataset):
    case = oracle.case(f"local_moran_perm__{dataset}")
    y = case.data[variable_of(case)]
    got = ac.local_moran(y, case.w("W"), inference="permutation", draws=9_999, rng=1)
    case.close(got.statistic, case.expected["Ii"], rtol=1e-8)
    # Two-sided is twice the smaller tail, as spdep's "Pr(folded)" doubled. spdep 1.2-7 draws neighbors with
    # replacement, which widens its distribution by some 1 / (1 - k / n): seen with few units, gone with 506.
    folded, n = numbers(case.expected["p_folded"]), len(y)
    error = 4.5 * np.sqrt(folded * (1 - folded) * 2 / 9_999) + 0.0005
    replaced = 0.3 * case.w("W").cardinalities.to_numpy() / n
    assert np.all(np.abs(got.p_value / 2 - folded) < error + np.minimum(replaced, 0.3) * folded)
    untied = got.null.upper + got.null.lower < 1.003  # its rank splits ties, its folded p and ours count them
    apart = np.abs(got.p_value - numbers(case.expected["p_sim_rank"]))
    assert np.all((apart < 2 * error + 2 * replaced * folded)[untied])


def test_local_draws_are_without_replacement():
    """Drawn p-values agree with all sets where these can be listed (columbus, up to four neighbors)."""
    case = oracle.case("local_moran_perm__columbus")
    y, w = case.data["CRIME"], case.w("W")
    z = (y - y.mean()).to_numpy()
    sums = LocalSums(w.sparse, z[None, :], z[None, :])
    few = w.cardinalities.to_numpy() <= 4
    exact = conditional_null(sums, "exact", needed=few)
    drawn = conditional_null(sums, "permutation", draws=40_000, seed=3, needed=few)
    error = np.sqrt(exact.upper * (1 - exact.upper) / 40_000)[few]
    assert few.sum() == 27
    assert np.all(np.abs(drawn.upper - exact.upper)[few] < 4.5 * error + 1e-4)


@pytest.mark.parametrize("dataset", DATASETS)
def test_moran_of_residuals(dataset):
    case = oracle.case(f"moran_residual_exact_sad__{dataset}")
    fit = least_squares(case)
    for style, key in (("W", "lm_moran"), ("B", "lm_moran_B")):
        want, got = case.expected[key], ac.moran(fit, case.w(style), inference="normal")
        case.close(got.statistic, want["Observed Moran I"])
        case.close(got.expected, want["Expectation"])
        case.close(got.variance, want["Variance"])
        case.close(got.p_value, want["p_value"])
    sad = ac.moran(fit, case.w("W"), inference="saddlepoint", alternative="greater")
    case.close(sad.p_value, case.expected["sad"]["p_value"], rtol=1e-4)
    for style, key in (("W", "exact"), ("B", "exact_B")):
        exact = ac.moran(fit, case.w(style), inference="imhof", alternative="greater")
        case.close(exact.p_value, case.expected[key]["p_value"], rtol=1e-4, atol=1e-6)


@pytest.mark.parametrize("dataset", DATASETS)
def test_moran_of_a_variable_exact_for_normal_values(dataset):
    case = oracle.case(f"moran_residual_exact_sad__{dataset}")
    want = case.expected["exact_mean_only"]
    y = case.data[want["variable"]]
    got = ac.moran(y, case.w("W"), inference="imhof", alternative="greater")
    case.close(got.p_value, want["p_value"], rtol=1e-4, atol=1e-6)
    sad = ac.moran(y, case.w("W"), inference="saddlepoint", alternative="greater")
    case.close(sad.p_value, case.expected["sad_mean_only"]["p_value"], rtol=1e-4, atol=1e-9)


@pytest.mark.parametrize("dataset", ["columbus", "boston", "ncsids"])
def test_local_moran_of_residuals(dataset):
    case = oracle.case(f"local_moran_sad_exact__{dataset}")
    fit, w = least_squares(case), case.w("W")
    sad = ac.local_moran(fit, w, inference="saddlepoint", alternative="greater")
    exact = ac.local_moran(fit, w, alternative="greater")
    assert exact.inference == "imhof"
    want = case.expected["sad"]
    for ours, theirs in (("statistic", "Ii"), ("expected", "E"), ("variance", "Var")):
        case.close(sad.frame[ours], want[theirs])
    # Near its mean the approximation is 0 / 0 and spdep loses digits (0.51157 for unit 47 of boston)
    away = np.abs(sad.z.to_numpy()) > 1e-3
    assert away.sum() >= len(away) - 2
    case.close(sad.p_value[away], numbers(want["p_sad"])[away])
    if dataset == "boston":
        assert sad.p_value[47] == pytest.approx(0.508996486, abs=1e-7)  # with 50 digits
    # spdep's integration is good to some 1e-5 where the statistic is near zero
    case.close(exact.p_value, case.expected["exact"]["p_exact"], rtol=1e-4, atol=1e-6)
    normal = ac.local_moran(fit, w, inference="normal", alternative="greater")
    case.close(normal.p_value, want["p_norm"])


def test_local_moran_of_residuals_under_asymmetric_weights():
    """spdep makes W symmetric first ((B + B') / 2, rows then standardized); with that W the numbers are the same."""
    case = oracle.case("local_moran_sad_exact__baltimore")
    B = case.w("B")
    both = Weights(B.sparse + B.sparse.T, B.ids).row_standardized()
    sad = ac.local_moran(least_squares(case), both, inference="saddlepoint", alternative="greater")
    want = case.expected["sad"]
    for ours, theirs in (("statistic", "Ii"), ("expected", "E"), ("variance", "Var"), ("p_value", "p_sad")):
        case.close(sad.frame[ours], want[theirs])
    exact = ac.local_moran(least_squares(case), both, inference="imhof", alternative="greater")
    case.close(exact.p_value, case.expected["exact"]["p_exact"], rtol=2e-4, atol=1e-6)


@pytest.mark.parametrize("dataset", DATASETS)
def test_local_geary(dataset):
    case = oracle.case(f"local_geary__{dataset}")
    y = case.data[variable_of(case)]
    for style in ("W", "B"):
        got = ac.local_geary(y, case.w(style), inference="randomization")
        case.close(got.statistic, case.expected[f"univariate_{style}"])
    got = ac.local_geary(y, case.w("W"), inference="randomization")
    # the conditional moments that spdep simulates with 4,999 permutations
    np.testing.assert_allclose(got.expected, numbers(case.expected["perm_E"]), rtol=0.05, atol=0.05)
    np.testing.assert_allclose(got.variance, numbers(case.expected["perm_Var"]), rtol=0.2, atol=0.05)
    # esda divides by n, spdep by n - 1: factor (n - 1) / n
    other = ac.local_geary(y, case.w("W"), inference="randomization", ddof=0)
    case.close(other.statistic * (len(y) - 1) / len(y), case.expected["univariate_W"])


@pytest.mark.parametrize("dataset", DATASETS)
def test_multivariate_local_geary(dataset):
    case = oracle.case(f"local_geary__{dataset}")
    columns = re.search(r"data.frame\(([^)]*)\)", case.raw["call"]).group(1).split(",")
    got = ac.multivariate_local_geary(case.data[[c.strip() for c in columns]], case.w("W"), inference="randomization")
    case.close(got.statistic, case.expected["multivariate_W"])


@pytest.mark.parametrize("dataset", DATASETS)
def test_general_g(dataset):
    case = oracle.case(f"getis_ord_g__{dataset}")
    y = case.data[variable_of(case)]
    for style in ("B", "W"):
        got, want = ac.general_g(y, case.w(style), inference="randomization"), case.expected[f"globalG_{style}"]
        case.close(got.statistic, want["Global G statistic"])
        case.close(got.expected, want["Expectation"])
        case.close(got.variance, want["Variance"])
        case.close(got.z, want["statistic"])
        case.close(got.p_value, want["p_value"])
    old = ac.general_g(y, case.w("B"), inference="randomization", corrected=False)
    case.close(old.variance, case.expected["globalG_B_B1correctFALSE"]["Variance"])


@pytest.mark.parametrize("dataset", DATASETS)
@pytest.mark.parametrize("style", ["W", "B"])
def test_local_g(dataset, style):
    case = oracle.case(f"local_g__{dataset}")
    y = case.data[variable_of(case)]
    for test, key in ((ac.local_g, "G"), (ac.local_g_star, "Gstar")):
        got, want = test(y, case.w(style), inference="randomization"), case.expected[f"{key}_{style}"]
        for ours, theirs in (("statistic", "G"), ("expected", "E"), ("variance", "V"), ("z", "z")):
            case.close(got.frame[ours], want[theirs])


@pytest.mark.parametrize("dataset", DATASETS)
@pytest.mark.parametrize("style", ["W", "B"])
def test_join_count(dataset, style):
    case = oracle.case(f"join_count__{dataset}")
    got = ac.join_count(case.data[CLASS[dataset]], case.w(style), inference="randomization", alternative="greater")
    frame = got.to_frame()
    for row in case.expected[style]["multi"]:
        pair = {"1:0": "0:1", "Jtot": "different"}.get(row["pair"], row["pair"])
        case.close(frame.loc[pair, "count"], row["Joincount"])
        case.close(frame.loc[pair, "expected"], row["Expected"])
        case.close(frame.loc[pair, "variance"], row["Variance"])
        case.close(frame.loc[pair, "z"], row["z-value"])
    for label in "01":
        case.close(frame.loc[f"{label}:{label}", "p_value"], case.expected[style][f"same_{label}"]["p_value"])


@pytest.mark.parametrize("dataset", DATASETS)
def test_local_join_count(dataset):
    case = oracle.case(f"local_join_count__{dataset}")
    data, w = case.data, case.w("B")
    b = data[CLASS[dataset]]
    case.close(ac.local_join_count(b, w, draws=9, rng=1).statistic, case.expected["BB"])
    bivariate = ac.local_join_count(b, w, other=1 - b, kind="bivariate", draws=9, rng=1)
    case.close(bivariate.statistic, case.expected["BJC"])
    second = re.search(r"(\w+)>median", case.raw["call"]).group(1)
    above = (data[second] > data[second].median()).astype(int)
    together = ac.local_join_count(b, w, other=above, kind="colocation", draws=9, rng=1)
    case.close(together.statistic, case.expected["CLC_with_y2_above_median"])


def test_anselin_1988_residuals():
    """Moran's I of the residuals of Anselin (1988, table 12.1), as spdep gives it."""
    case = oracle.case("classic_anselin1988__oldcol")
    want = {k: v for k, v in case.expected.items() if "oran" in k}
    assert want, "the case has a Moran test"
    case.raw["call"] = "lm(CRIME ~ INC + HOVAL)"
    got = ac.moran(least_squares(case), case.w("W"), inference="normal")
    (numbers_of,) = want.values()
    flat = {k.lower(): v for k, v in numbers_of.items()}
    case.close(got.z, flat["statistic"])
    case.close(got.p_value, flat["p_value"])


def test_what_is_refused_before_anything_is_computed():
    w = oracle.weights("columbus_W")
    with pytest.raises(ValueError, match="is the same"):
        check_testable(np.ones(49), w, "x")
