"""The worker: what other programs ask for in JSON gives the numbers of the API, and errors as sentences."""

import json
import subprocess
import sys

import geopandas as gpd
import numpy as np
import pytest

import gbaspatial as gba
from gbaspatial.cli.worker import BEGIN, END, TASKS, answered


def ask(**request):
    text = answered(json.dumps(request))
    assert text.startswith(BEGIN)
    assert text.endswith(END)
    return json.loads(text.removeprefix(BEGIN).removesuffix(END))


@pytest.fixture(scope="module")
def layer(tmp_path_factory):
    path = tmp_path_factory.mktemp("目录 one") / "bay.gpkg"
    gba.load_cities(variables=["gdp_pc_cny"], year=2019).reset_index().to_file(path, layer="城市")
    return {"units": str(path), "id": "adcode"}


@pytest.fixture(scope="module")
def units(layer):
    return gba.read_units(layer["units"], id="adcode")


def test_moran_is_that_of_the_api(layer, units, tmp_path):
    answer = ask(do="moran", **layer, column="gdp_pc_cny", weights="nearest:3", table=str(tmp_path / "m.html"))
    want = gba.autocorrelation.moran(units["gdp_pc_cny"], gba.weights.nearest(units, k=3).row_standardized(), rng=1)
    row = answer["tables"][0]["rows"][0]
    assert (row["statistic"], row["p_value"]) == (want.statistic, want.p_value)
    assert "<table" in (tmp_path / "m.html").read_text(encoding="utf-8")
    assert answer["files"] == {"table": str(tmp_path / "m.html")}


def test_moments_need_no_seed_and_a_fit_takes_none(layer, units):
    answer = ask(do="moran", **layer, column="gdp_pc_cny", inference="normal")
    w = gba.weights.contiguity(units).row_standardized()
    want = gba.autocorrelation.moran(units["gdp_pc_cny"], w, inference="normal")
    assert answer["tables"][0]["rows"][0]["p_value"] == want.p_value
    assert "no option 'seed'" in ask(do="fit", **layer, formula="gdp_pc_cny ~ tier", seed=1)["error"]


def test_clusters_and_residuals_are_layers(layer, units, tmp_path):
    w = gba.weights.contiguity(units).row_standardized()
    ask(do="lisa", **layer, column="gdp_pc_cny", out=str(tmp_path / "l.gpkg"))
    made = gpd.read_file(tmp_path / "l.gpkg", layer="l").set_index("adcode")
    want = gba.autocorrelation.local_moran(units["gdp_pc_cny"], w, rng=1).to_frame()
    np.testing.assert_allclose(made["statistic"].reindex(want.index), want["statistic"])
    ask(do="fit", **layer, formula="log(gdp_pc_cny) ~ C(tier)", out=str(tmp_path / "f.gpkg"))
    fit = gba.models.lag("log(gdp_pc_cny) ~ C(tier)", units, w)
    made = gpd.read_file(tmp_path / "f.gpkg", layer="f").set_index("adcode")["residual"]
    np.testing.assert_allclose(made.reindex(units.index), fit.residuals.reindex(units.index))


def test_weights_impacts_and_atlas(layer, units, tmp_path):
    ask(do="weights", **layer, style="none", out=str(tmp_path / "w.gwt"))
    assert gba.weights.read(tmp_path / "w.gwt", ids=units.index).n == 11
    answer = ask(do="impacts", **layer, formula="log(gdp_pc_cny) ~ C(tier)")
    fit = gba.models.lag("log(gdp_pc_cny) ~ C(tier)", units, gba.weights.contiguity(units).row_standardized())
    got = [row["estimate"] for row in answer["tables"][0]["rows"] if row.get("effect", "total") == "total"][:1]
    assert got[0] == pytest.approx(fit.impacts(rng=1).total["estimate"].iloc[0])
    ask(do="atlas", **layer, columns=["gdp_pc_cny"], clusters=True, label="name_zh", out=str(tmp_path / "a.html"))
    assert "澳门" in (tmp_path / "a.html").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("request_", "told"),
    [
        ({"do": "morann"}, "Did you mean moran"),
        ({}, "there is no task None"),
        ({"do": "moran"}, "the task moran needs units, column"),
        ({"do": "moran", "units": "no.gpkg", "id": "a", "column": "x"}, "no.gpkg"),
        ({"do": "moran", "colum": "x"}, "Did you mean column"),
        ({"do": "moran", "column": "nothing"}, "nothing"),
        ({"do": "moran", "column": "gdp_pc_cny", "id": "tier"}, "tier"),
        ({"do": "moran", "column": "gdp_pc_cny", "weights": "nearest:0.5"}, "nearest"),
        ({"do": "moran", "column": "gdp_pc_cny", "style": "rows"}, "none of row"),
        ({"do": "fit", "formula": "gdp_pc_cny ~ __import__('os')"}, "Allowed"),
        ({"do": "fit", "formula": "gdp_pc_cny ~ tier", "model": "logit"}, "none of ols"),
        ({"do": "lisa", "column": "gdp_pc_cny", "out": "l.xyz"}, ".xyz"),
    ],
)
def test_what_cannot_be_done_is_a_sentence(layer, request_, told):
    given = request_ if request_.get("do") in (None, "morann") or len(request_) == 1 else layer | request_
    answer = ask(**given)
    assert not answer["ok"]
    assert told in answer["error"]
    assert "Traceback" not in answer["error"]


@pytest.mark.parametrize("text", ["", "[]", "3", "{", '"moran"', "null"])
def test_what_is_no_request_is_a_sentence(text):
    answer = json.loads(answered(text).removeprefix(BEGIN).removesuffix(END))
    assert not answer["ok"]
    assert "the request is no JSON" in answer["error"]


def test_every_task_says_what_it_needs():
    for task, options in TASKS.items():
        needed = [name for name, value in options.items() if value is None and name not in ("layer", "crs", "repair")]
        answer = ask(do=task)
        assert answer["ok"] == (not needed)
        assert all(name in answer.get("error", "") for name in needed)


def test_the_answer_stands_alone_on_standard_output(layer):
    """Warnings are in the answer; nothing else is printed beside it."""
    request = json.dumps({"do": "moran", **layer, "column": "gdp_pc_cny", "weights": "band:30"})
    done = subprocess.run(
        [sys.executable, "-m", "gbaspatial.cli", "worker"], input=request.encode(), capture_output=True, timeout=120
    )
    lines = done.stdout.decode().strip().splitlines()
    assert (lines[0], lines[-1], len(lines)) == (BEGIN, END, 3)
    answer = json.loads(lines[1])
    assert answer["warnings"] or not answer["ok"]
