"""Second opinions: esda, spreg, and R where it is installed, agree with us or differ for a reason that is known."""

import shutil
import subprocess
import sys

import numpy as np
import oracle
import pandas as pd
import pytest

import gbaspatial as gba
from gbaspatial.errors import ConvergenceError, LabelTypeError, MissingPackageError, OptionError
from gbaspatial.opinions import r as r_side, second_opinion
from gbaspatial.weights import from_pairs

COLUMBUS = oracle.data("columbus").rename(index=lambda i: f"tract {i}")
_PAIRS = pd.read_csv(oracle.find("data/columbus_B.csv"))
_PAIRS[["focal", "neighbor"]] = _PAIRS[["focal", "neighbor"]].map(lambda i: f"tract {i}")
BINARY = from_pairs(_PAIRS, ids=COLUMBUS.index)
W = BINARY.row_standardized()
Y = COLUMBUS["CRIME"]
HIGH = (Y > 30).astype(int).rename("high")
auto, models = gba.autocorrelation, gba.models

TESTS = {
    "moran": lambda: auto.moran(Y, W, inference="randomization"),
    "moran, normal values": lambda: auto.moran(Y, W, inference="normal"),
    "geary": lambda: auto.geary(Y, W, inference="randomization"),
    "general_g": lambda: auto.general_g(Y, BINARY, inference="randomization"),
    "local_moran": lambda: auto.local_moran(Y, W, inference="randomization"),
    "local_geary": lambda: auto.local_geary(Y, W, rng=1),
    "local_g": lambda: auto.local_g(Y, BINARY, inference="randomization"),
    "local_g_star": lambda: auto.local_g_star(Y, BINARY, inference="randomization"),
    "losh": lambda: auto.losh(Y, W, rng=1),
    "join_count": lambda: auto.join_count(HIGH, BINARY, rng=1),
}
FORMULA = "CRIME ~ INC + HOVAL"
FITS = {
    "ols": lambda: models.ols(FORMULA, COLUMBUS),
    "slx": lambda: models.slx(FORMULA, COLUMBUS, W),
    "lag": lambda: models.lag(FORMULA, COLUMBUS, W),
    "lag, binary W": lambda: models.lag(FORMULA, COLUMBUS, BINARY),
    "lag by gmm": lambda: models.lag(FORMULA, COLUMBUS, W, method="gmm"),
    "error": lambda: models.error(FORMULA, COLUMBUS, W),
    "error by gmm": lambda: models.error(FORMULA, COLUMBUS, W, method="gmm"),
    "sarar by gmm": lambda: models.sarar(FORMULA, COLUMBUS, W, method="gmm"),
    "durbin": lambda: models.durbin(FORMULA, COLUMBUS, W),
    "durbin_error": lambda: models.durbin_error(FORMULA, COLUMBUS, W),
}
BY_R = {"sarar": lambda: models.sarar(FORMULA, COLUMBUS, W), "gns": lambda: models.gns(FORMULA, COLUMBUS, W)}
NOT_IN_R = ("local_g_star", "error by gmm", "sarar by gmm")


@pytest.mark.parametrize("name", [*TESTS, *FITS])
def test_pysal_agrees(name):
    opinion = {**TESTS, **FITS}[name]().second_opinion()
    assert opinion.frame["agree"].all(), opinion
    assert len(opinion.frame) >= 3
    assert opinion.program in ("esda", "spreg")


@pytest.mark.parametrize("name", [n for n in (*TESTS, *FITS, *BY_R) if n not in NOT_IN_R])
@pytest.mark.skipif(shutil.which("Rscript") is None, reason="R is not installed")
def test_r_agrees(name):
    try:
        opinion = {**TESTS, **FITS, **BY_R}[name]().second_opinion("r")
    except MissingPackageError as error:
        pytest.skip(str(error))
    assert opinion.agree, opinion
    apart = opinion.frame[~opinion.frame["agree"]]
    assert list(apart.index) == (["z"] if name == "geary" else [])


ODD = ['a "q"', "b\\n", "c|d", "d[1]", "e'x", "f\ng", "\u5e7f\u5dde", "h%s", "i, j", " k", "%20"]


def _oddly_named():
    """Columbus with units, classes and terms that a program between two others may stumble over."""
    labels = pd.Index([*ODD, *COLUMBUS.index[len(ODD) :]], name="unit")
    data = COLUMBUS.set_axis(labels)
    data["kind"] = np.where(data["CRIME"] > 30, 'x "1"', "y\\z\n")
    return data, gba.weights.Weights(BINARY.sparse, labels)


@pytest.mark.parametrize(
    "make",
    [
        lambda data, w: auto.local_moran(data["CRIME"], w, inference="randomization"),
        lambda data, w: auto.join_count(data["kind"], w, inference="randomization"),
        lambda data, w: models.error("CRIME ~ INC + C(kind)", data, w),
        lambda data, w: models.panel_ols("CRIME ~ INC + C(kind)", _twice(data), effects="pooled"),
    ],
    ids=["units", "classes", "terms", "terms of panels"],
)
@pytest.mark.skipif(shutil.which("Rscript") is None, reason="R is not installed")
def test_no_number_of_r_is_lost_by_a_name(make):
    try:
        odd, plain = (make(*named).second_opinion("r") for named in (_oddly_named(), _plainly_named()))
    except MissingPackageError as error:
        pytest.skip(str(error))
    assert len(odd.frame) == len(plain.frame)
    assert odd.frame["agree"].all(), odd


def _plainly_named():
    return COLUMBUS.rename_axis("unit").assign(kind=np.where(COLUMBUS["CRIME"] > 30, "x", "y")), BINARY


def _twice(data):
    parts = {year: data.assign(CRIME=data["CRIME"] + year * data["HOVAL"]) for year in (1, 2)}
    return pd.concat(parts, names=["year"]).swaplevel()


def test_r_that_does_not_answer_in_time_is_told(monkeypatch):
    def _late(*given, **options):
        raise subprocess.TimeoutExpired("Rscript", 1)

    monkeypatch.setattr(r_side.subprocess, "run", _late)
    with pytest.raises(ConvergenceError, match="R had not answered after"):
        r_side._run("1")


def test_esda_counts_joins_whatever_the_weights_and_it_is_told():
    uneven = gba.weights.Weights(BINARY.sparse * 2.0, BINARY.ids)
    opinion = auto.join_count(HIGH, uneven, inference="randomization").second_opinion()
    assert opinion.agree
    assert opinion.frame["why"].str.contains("count links").all()
    np.testing.assert_allclose(opinion.frame["ours"], 2 * opinion.frame["theirs"], rtol=1e-12)


@pytest.mark.parametrize("alternative", ["greater", "less"])
@pytest.mark.parametrize("test", [auto.moran, auto.geary, auto.general_g])
def test_a_one_sided_p_value_is_not_set_against_a_two_sided_one(test, alternative):
    opinion = test(Y, BINARY, inference="randomization", alternative=alternative).second_opinion()
    assert "p_value" not in opinion.frame.index
    assert opinion.frame["agree"].all()


def test_a_result_that_was_read_back_says_that_it_holds_no_data(tmp_path):
    auto.moran(Y, W, inference="randomization").to_json(tmp_path / "moran.json")
    kept = gba.read_result(tmp_path / "moran.json")
    assert not hasattr(kept, "second_opinion")
    with pytest.raises(LabelTypeError, match="MoranResult that was read back holds its tables"):
        second_opinion(kept)


def test_a_second_opinion_can_be_kept_and_read_back(tmp_path):
    opinion = auto.moran(Y, W, inference="randomization").second_opinion()
    opinion.to_json(tmp_path / "opinion.json")
    assert gba.read_result(tmp_path / "opinion.json").compare(opinion).frame["agree"].all()


@pytest.mark.parametrize("make", [
    lambda: auto.moran(Y, W, inference="saddlepoint"), lambda: auto.moran(Y, BINARY, inference="imhof"),
    lambda: auto.moran(Y, W, rng=1, draws=99),
    lambda: auto.correlogram(Y, W, orders=2, inference="normal"),
    lambda: auto.correlogram(Y, W, orders=2, inference="saddlepoint"),
    lambda: auto.correlogram(Y, BINARY, orders=2, inference="normal", statistic="geary"),
    lambda: auto.local_moran(Y, W, rng=1, draws=99),
    lambda: auto.local_moran(Y, W, inference="normal"),
    lambda: auto.local_moran(Y, W, inference="randomization", moments="total"),
    lambda: auto.local_moran(Y, W, inference="randomization", ddof=1),
    lambda: auto.local_moran(Y, W, inference="normal", ddof=1),
    lambda: auto.local_moran(models.ols(FORMULA, COLUMBUS), W, inference="normal"),
])  # fmt: skip
def test_only_moments_of_the_same_kind_are_compared(make):
    opinion = make().second_opinion()
    assert opinion.frame["agree"].all(), opinion
    assert "statistic" in opinion.frame.index[0]


@pytest.mark.parametrize("make", [
    lambda: auto.moran(Y, W, inference="saddlepoint"),
    lambda: auto.correlogram(Y, W, orders=2, inference="normal"),
    lambda: auto.local_moran(Y, W, inference="randomization", ddof=1),
])  # fmt: skip
@pytest.mark.skipif(shutil.which("Rscript") is None, reason="R is not installed")
def test_r_is_asked_for_the_same_moments(make):
    try:
        opinion = make().second_opinion("r")
    except MissingPackageError as error:
        pytest.skip(str(error))
    assert opinion.frame["agree"].all(), opinion


def test_what_is_only_told_excuses_no_difference():
    """A rescaled statistic and a p-value that is the same kind as ours have to agree, whatever else is known."""
    from dataclasses import replace

    right = auto.local_moran(Y, W, inference="randomization")
    wrong = replace(right, frame=right.frame.assign(statistic=right.frame["statistic"] * 1.01))
    assert not wrong.second_opinion().agree


def test_a_higher_likelihood_of_theirs_is_not_excused_by_the_interval():
    from gbaspatial.opinions.known import ML_INTERVAL, excused

    ours, theirs = {"log_likelihood": -100.0}, {"log_likelihood": -99.0, "params[rho]": 0.1}
    assert excused((ML_INTERVAL,), BINARY, ours, theirs) == ()
    assert excused((ML_INTERVAL,), BINARY, ours, theirs | {"params[rho]": 0.9}) == (ML_INTERVAL,)
    assert excused((ML_INTERVAL,), BINARY, ours, theirs | {"log_likelihood": -101.0}) == (ML_INTERVAL,)


def test_the_wrong_z_of_local_g_is_told():
    """esda's analytic z assumes binary weights; z is the same for scaled rows, as spdep has it."""
    found = auto.local_g(Y, W, inference="randomization")
    opinion = found.second_opinion()
    assert not opinion.frame["agree"].any()
    assert opinion.frame["why"].str.contains("assumes binary weights").all()
    assert opinion.agree  # the difference has a reason that is known
    # the right value does not depend on how rows are scaled
    doubled = auto.local_g(Y, W.scaled(2.0), inference="randomization")
    np.testing.assert_allclose(found.z, doubled.z, rtol=1e-12)


def test_ours_is_asked_with_the_weights_as_given():
    """esda standardizes W in passing unless told not to, and changes its caller's W."""
    before = BINARY.to_frame()
    assert auto.moran(Y, BINARY, inference="randomization").second_opinion().agree
    pd.testing.assert_frame_equal(before, BINARY.to_frame())


def test_residuals_are_compared_by_the_statistic_only():
    opinion = auto.moran(models.ols(FORMULA, COLUMBUS), W).second_opinion()
    assert list(opinion.frame.index) == ["statistic"]
    assert opinion.agree


def test_it_does_not_depend_on_the_order_of_rows():
    first = second_opinion(auto.local_moran(Y, W, inference="randomization"))
    shuffled = Y.sample(frac=1, random_state=1)
    second = second_opinion(auto.local_moran(shuffled, W, inference="randomization"))
    pd.testing.assert_frame_equal(first.frame, second.frame)


def test_what_has_no_counterpart_is_told():
    with pytest.raises(OptionError, match="no counterpart of sarar by ml.*second_opinion\\('r'\\) asks another"):
        models.sarar(FORMULA, COLUMBUS, W).second_opinion()
    with pytest.raises(LabelTypeError, match="tests of gba.autocorrelation, fits of gba.models and results"):
        second_opinion(3)
    with pytest.raises(OptionError, match="peer='stata'"):
        TESTS["moran"]().second_opinion("stata")


def test_weighted_fits_have_no_second_opinion():
    data = COLUMBUS.assign(v=np.arange(1.0, 50.0))
    with pytest.raises(OptionError, match="no counterpart"):
        models.lag(FORMULA, data, W, weights="v").second_opinion()


@pytest.mark.parametrize(("name", "options"), [
    ("ols", {"covariance": "HC1"}), ("ols", {"covariance": "HC3"}), ("slx", {"covariance": "HC0"}),
    ("lag", {"covariance": "sandwich"}), ("error", {"covariance": "sandwich"}),
    ("lag", {"covariance": "HC0", "method": "gmm"}),
])  # fmt: skip
def test_robust_errors_are_our_own_and_all_else_is_compared(name, options):
    fit = getattr(models, name)(FORMULA, COLUMBUS, W, **options)
    opinion = fit.second_opinion()
    assert opinion.frame["agree"].all(), opinion
    assert {f"params[{term}]" for term in fit.params.index} <= set(opinion.frame.index)
    assert not opinion.frame.index.str.startswith("std_errors").any()
    assert any("robust ones of our own" in told for told in opinion.known)
    assert "# standard errors are those of the program, not the robust ones of the fit" in fit.code("pysal")
    usual = "classical" if name in ("ols", "slx") or "method" in options else "information"
    plain = getattr(models, name)(FORMULA, COLUMBUS, W, **options | {"covariance": usual})
    assert "robust ones of the fit" not in plain.code("pysal")


def test_a_chow_test_by_a_robust_covariance_has_no_counterpart():
    data = COLUMBUS.assign(side=np.where(COLUMBUS["INC"] > 14, "rich", "poor"))
    found = models.ols(FORMULA, data, regimes="side", covariance="HC1").chow()
    with pytest.raises(OptionError, match="no counterpart of Chow tests"):
        found.second_opinion()


def test_without_r_it_is_said_what_to_install(monkeypatch):
    monkeypatch.setattr(r_side.shutil, "which", lambda name: None)
    r_side._release.cache_clear()
    with pytest.raises(MissingPackageError, match="Rscript"):
        TESTS["moran"]().second_opinion("r")
    r_side._release.cache_clear()


@pytest.mark.parametrize("name", ["moran", "local_g", "lag", "error by gmm"])
def test_python_code_runs_as_it_stands(name, tmp_path):
    script = tmp_path / "work.py"
    script.write_text({**TESTS, **FITS}[name]().code("pysal"), encoding="utf-8")
    done = subprocess.run([sys.executable, str(script)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip()


def test_python_code_gives_our_number(tmp_path):
    test = TESTS["moran"]()
    script = tmp_path / "work.py"
    script.write_text(test.code("pysal"), encoding="utf-8")
    done = subprocess.run([sys.executable, str(script)], capture_output=True, text=True, check=True)
    first = float(done.stdout.strip().splitlines()[-1].split()[0].strip("()").removeprefix("np.float64("))
    assert first == pytest.approx(test.statistic, rel=1e-12)


@pytest.mark.skipif(shutil.which("Rscript") is None, reason="R is not installed")
@pytest.mark.parametrize("name", ["moran", "lag"])
def test_r_code_runs_as_it_stands(name, tmp_path):
    script = tmp_path / "work.R"
    script.write_text({**TESTS, **FITS}[name]().code("r"), encoding="utf-8")
    done = subprocess.run(["Rscript", "--vanilla", str(script)], capture_output=True, text=True, check=False)
    if "there is no package" in done.stderr:
        pytest.skip("R lacks spdep or spatialreg")
    assert done.returncode == 0, done.stderr


def test_stata_code_has_the_data_the_weights_and_the_model():
    text = FITS["lag"]().code("stata")
    assert "input id y x1 x2" in text
    assert "spregress y x1 x2, ml dvarlag(W)" in text
    assert text.count("W[") == BINARY.n_links
    assert "* x1 = INC" in text
    hostile = COLUMBUS.rename(columns={"INC": "inc\nome"})
    for mark in ("/*", "//"):  # Stata would take what follows for a comment, or the next line for a part of this one
        text = models.ols("CRIME ~ INC", COLUMBUS.rename(index={COLUMBUS.index[0]: f"a {mark} b"})).code("stata")
        assert mark not in text
    assert "inc ome" in models.ols("CRIME ~ `inc\nome`", hostile).code("r").splitlines()[2]


@pytest.mark.parametrize("name", ["ols", "slx", "lag", "error"])
def test_stata_has_no_intercept_where_the_model_has_none(name):
    last = [getattr(models, name)(text, COLUMBUS, W).code("stata").splitlines() for text in (FORMULA, FORMULA + " - 1")]
    kept, without = ("\n".join(lines[lines.index("end") :]) for lines in last)
    assert "noconstant" not in kept
    assert "noconstant" in without


def test_code_beyond_a_few_hundred_units_is_refused():
    n = 500
    ids = [f"u{i}" for i in range(n)]
    w = gba.weights.Weights(np.eye(n, k=1) + np.eye(n, k=-1), ids)
    values = pd.Series(np.random.default_rng(0).normal(size=n), ids, name="y")
    test = auto.moran(values, w, inference="normal")
    with pytest.raises(OptionError, match="500 units"):
        test.code("r")
    with pytest.raises(OptionError, match="language"):
        TESTS["moran"]().code("julia")
