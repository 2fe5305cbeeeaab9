"""Second opinions of panels: spreg, and plm, nlme and spatialreg where R is, agree or differ for a known reason."""

import shutil
import subprocess
import sys

import numpy as np
import pandas as pd
import pytest

import gbaspatial as gba
from gbaspatial.errors import MissingPackageError, OptionError
from gbaspatial.weights import Weights

models = gba.models
UNITS = [f"city {letter}" for letter in "hgfedcbaijkl"]
YEARS = range(2001, 2008)


def _ring(n: int) -> Weights:
    near = np.eye(n, k=1) + np.eye(n, k=-1) + 0.5 * np.eye(n, k=3) + 0.5 * np.eye(n, k=-3)
    return Weights(near, UNITS[:n]).row_standardized()


W = _ring(len(UNITS))


def _panel() -> pd.DataFrame:
    """A lag and error process with effects of units and periods."""
    random = np.random.default_rng(20)
    n, T = len(UNITS), len(YEARS)
    x, z, e = random.normal(size=(3, T, n))
    units, years = random.normal(size=n), random.normal(size=(T, 1))
    dense = W.to_frame().pivot_table(index="focal", columns="neighbor", values="weight", fill_value=0.0)
    dense = dense.reindex(index=UNITS, columns=UNITS).to_numpy()
    inverse = np.linalg.inv(np.eye(n) - 0.4 * dense)
    y = (x - 0.5 * z + units + 0.5 * years + e @ inverse.T) @ inverse.T
    index = pd.MultiIndex.from_product([YEARS, UNITS], names=["year", "city"])
    data = pd.DataFrame({"y": y.ravel(), "x": x.ravel(), "z": z.ravel()}, index=index)
    return data.swaplevel().sample(frac=1, random_state=1)


DATA = _panel()
STRAIGHT = ("panel_ols", "panel_slx")
FIXED = ("pooled", "unit", "time", "twoway")


def fit(name, effects, correction="none", **options):
    if name in STRAIGHT:
        kind = {} if effects == "random" else {"covariance": "classical"}
    else:
        kind = {"covariance": "information", "correction": correction}
    return getattr(models, name)("y ~ x + z", DATA, W, effects=effects, **{**kind, **options})


SPREG = [(name, effects) for name in ("panel_ols", "panel_slx", "panel_lag", "panel_error", "panel_durbin")
         for effects in FIXED]  # fmt: skip


@pytest.mark.parametrize(("name", "effects"), SPREG)
def test_spreg_agrees(name, effects):
    opinion = fit(name, effects).second_opinion()
    assert opinion.frame["agree"].all(), opinion
    assert opinion.program == "spreg"
    assert {f"params[{term}]" for term in fit(name, effects).params.index} <= set(opinion.frame.index)
    assert any(row.startswith("std_errors[") for row in opinion.frame.index)


FIRST = [
    ("panel_ols", "twoway"), ("panel_ols", "random"), ("panel_lag", "unit"), ("panel_error", "time"),
    ("panel_sarar", "twoway"),
]  # fmt: skip
R = [*SPREG, *(("panel_sarar", effects) for effects in FIXED), ("panel_slx", "between"),
     ("panel_ols", "first-difference")]  # fmt: skip
R = [*FIRST, *(pytest.param(*case, marks=pytest.mark.slow) for case in R if case not in FIRST)]


def _from_r(result):
    if shutil.which("Rscript") is None:
        pytest.skip("R is not installed")
    try:
        return result.second_opinion("r")
    except MissingPackageError as error:
        pytest.skip(str(error))


@pytest.mark.parametrize(("name", "effects"), R)
def test_r_agrees(name, effects):
    opinion = _from_r(fit(name, effects))
    assert opinion.frame["agree"].all(), opinion
    assert len(opinion.frame) >= 5
    assert opinion.program in ("R", "plm", "nlme", "spatialreg")


def test_r_has_common_effects_too():
    opinion = _from_r(models.panel_ols("y ~ x", DATA, effects="common"))
    assert list(opinion.frame.index) == ["params[x]"]
    assert opinion.frame["agree"].all()


@pytest.mark.parametrize("name", ["panel_lag", "panel_error"])
def test_corrected_unit_effects_agree_but_for_their_freedom(name):
    """Lee and Yu: rho and b as without the correction, variances times T / (T - 1)."""
    corrected, plain = fit(name, "unit", "lee-yu"), fit(name, "unit")
    opinion = corrected.second_opinion()
    assert opinion.frame["agree"].all(), opinion
    assert "T / (T - 1)" in opinion.call
    ratio = corrected.std_errors / plain.std_errors
    np.testing.assert_allclose(ratio, np.sqrt(len(YEARS) / (len(YEARS) - 1)), rtol=1e-6)


@pytest.mark.parametrize("effects", ["time", "twoway"])
def test_that_peers_do_not_correct_for_effects_of_time_is_told(effects):
    opinion = fit("panel_lag", effects, "lee-yu").second_opinion()
    assert not opinion.frame["agree"].all()
    assert opinion.agree
    assert opinion.frame["why"][~opinion.frame["agree"]].str.contains("not corrected for").all()


def test_random_effects_of_lags_agree_in_their_estimates():
    opinion = fit("panel_lag", "random").second_opinion()
    assert opinion.frame.filter(like="params[", axis=0)["agree"].all(), opinion
    assert opinion.agree


def test_that_spreg_misses_the_maximum_of_random_error_models_is_told():
    found = fit("panel_error", "random")
    opinion = found.second_opinion()
    assert opinion.agree
    assert "ends below the maximum" in opinion.to_frame()["why"].str.cat()


def test_clustered_errors_are_not_set_against_others():
    opinion = models.panel_ols("y ~ x + z", DATA, effects="unit", covariance="cluster").second_opinion()
    assert not opinion.frame.index.str.startswith("std_errors").any()
    assert any("only the estimates are compared" in told for told in opinion.known)


@pytest.mark.parametrize("make", [
    lambda: models.panel_sarar("y ~ x", DATA, W),
    lambda: models.panel_lag("y ~ x", DATA, W, method="gmm"),
    lambda: models.panel_lag("y ~ x", DATA, W, dynamic="y"),
    lambda: models.panel_lag("y ~ x", DATA, {year: _ring(12) if year > 2004 else W for year in YEARS}),
    lambda: models.panel_lag("y ~ x", DATA.drop(index=[("city a", 2003)]), W, unbalanced="keep"),
    lambda: models.panel_error("y ~ x", DATA, W, effects="random", errors="kkp"),
])  # fmt: skip
def test_what_spreg_does_not_have_is_refused(make):
    with pytest.raises(OptionError, match="no counterpart of panel_"):
        gba.opinions.second_opinion(make())


def test_an_unbalanced_panel_without_w_has_counterparts():
    data = DATA.drop(index=[("city a", 2003), ("city b", 2005)])
    found = models.panel_ols("y ~ x", data, effects="twoway", unbalanced="keep", covariance="classical")
    assert found.second_opinion().frame["agree"].all()


def test_it_does_not_depend_on_the_order_of_rows():
    first = fit("panel_lag", "unit").second_opinion().frame
    again = models.panel_lag("y ~ x + z", DATA.sort_index(), W, correction="none", covariance="information")
    pd.testing.assert_frame_equal(first, again.second_opinion().frame)


@pytest.mark.parametrize(("name", "effects"), [
    ("panel_ols", "twoway"), ("panel_lag", "unit"), ("panel_durbin", "twoway"), ("panel_error", "time"),
    ("panel_lag", "random"),
])  # fmt: skip
def test_python_code_runs_as_it_stands_and_gives_our_number(name, effects, tmp_path):
    found = fit(name, effects)
    script = tmp_path / "work.py"
    text = found.code("pysal").replace("print(fit.summary)", "print(*fit.betas.ravel().tolist())")
    script.write_text(text, encoding="utf-8")
    done = subprocess.run([sys.executable, str(script)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    numbers = [float(number) for number in done.stdout.split() if "." in number]
    assert min(abs(number - found.params["x"]) for number in numbers) < 1e-4


@pytest.mark.skipif(shutil.which("Rscript") is None, reason="R is not installed")
@pytest.mark.parametrize(("name", "effects"), [("panel_ols", "twoway"), ("panel_ols", "random")])
def test_r_code_runs_as_it_stands(name, effects, tmp_path):
    script = tmp_path / "work.R"
    script.write_text(fit(name, effects).code("r"), encoding="utf-8")
    done = subprocess.run(["Rscript", "--vanilla", str(script)], capture_output=True, text=True, check=False)
    if "there is no package" in done.stderr:
        pytest.skip("R lacks plm or nlme")
    assert done.returncode == 0, done.stderr


def _last(text: str) -> str:
    return next(line for line in reversed(text.splitlines()) if not line.startswith("print("))


@pytest.mark.parametrize(("name", "effects", "correction", "told"), [
    ("panel_lag", "unit", "lee-yu", 'effect = "individual", LeeYu = TRUE, lag = TRUE, spatial.error = "none"'),
    ("panel_error", "twoway", "none", 'effect = "twoways", LeeYu = FALSE, lag = FALSE, spatial.error = "b"'),
    ("panel_sarar", "pooled", "none", 'model = "pooling", lag = TRUE, spatial.error = "b"'),
    ("panel_error", "random", "none", 'model = "random", lag = FALSE, spatial.error = "b"'),
])  # fmt: skip
def test_r_code_of_spatial_panels_is_for_splm(name, effects, correction, told):
    assert told in _last(fit(name, effects, correction).code("r"))


def test_the_nested_error_of_random_effects_keeps_its_name():
    found = fit("panel_error", "random", errors="kkp")
    assert 'spatial.error = "kkp"' in _last(found.code("r"))
    assert _last(found.code("stata")) == "spxtregress y x1 x2, re errorlag(W) sarpanel"


@pytest.mark.parametrize(("name", "effects", "correction", "told"), [
    ("panel_ols", "twoway", "none", "xtreg y x1 x2 i.time, fe"),
    ("panel_lag", "unit", "lee-yu", "spxtregress y x1 x2, fe dvarlag(W)"),
    ("panel_sarar", "unit", "lee-yu", "spxtregress y x1 x2, fe dvarlag(W) errorlag(W)"),
    ("panel_error", "twoway", "none", "xsmle y x1 x2, fe model(sem) emat(Wm) type(both) nolog"),
    ("panel_durbin", "random", "none", "spxtregress y x1 x2 x3 x4, re dvarlag(W)"),
])  # fmt: skip
def test_stata_code_is_of_the_same_model(name, effects, correction, told):
    text = fit(name, effects, correction).code("stata")
    assert _last(text) == told
    assert "xtset id time" in text
    assert "input id time y x1" in text


def test_what_would_have_code_is_told():
    with pytest.raises(OptionError, match="of the same with correction='none' it can"):
        fit("panel_lag", "twoway", "lee-yu").code("stata")
    with pytest.raises(OptionError, match="code\\('r'\\) writes it for splm"):
        fit("panel_lag", "random").second_opinion("r")


def test_a_second_w_of_the_error_has_no_counterpart():
    other = Weights(np.eye(12, k=2) + np.eye(12, k=-2), UNITS).row_standardized()
    cross = DATA.xs(2003, level="year")
    with pytest.raises(OptionError, match="no counterpart"):
        models.sarar("y ~ x", cross, W, error_w=other, method="gmm").second_opinion()
    with pytest.raises(OptionError, match="no counterpart"):
        models.panel_sarar("y ~ x", DATA, W, error_w=other).code("r")
