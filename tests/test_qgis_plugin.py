"""The plugin for QGIS: its archive, its talk with the worker, and every algorithm run by QGIS itself."""

import ast
import importlib.util
import json
import re
import subprocess
import sys
import zipfile
from pathlib import Path

import geopandas as gpd
import numpy as np
import pytest
import qgis

import gbaspatial as gba

ROOT = Path(__file__).parents[1] / "qgis_plugin"
PLUGIN = ROOT / "gbaspatial_processing"


def loaded(path):
    spec = importlib.util.spec_from_file_location(f"_plugin_{path.stem}", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


CLIENT, WORDS, ARCHIVE = (
    loaded(PLUGIN / "client.py"), loaded(PLUGIN / "words.py"), loaded(ROOT / "make_archive.py"),
)  # fmt: skip


# -- the archive ---------------------------------------------------------------------------------
def test_the_archive_is_what_qgis_installs(tmp_path):
    made = ARCHIVE.archive(tmp_path)
    assert made.read_bytes() == ARCHIVE.archive(tmp_path / "again").read_bytes()
    with zipfile.ZipFile(made) as packed:
        names = packed.namelist()
        about = packed.read("gbaspatial_processing/metadata.txt").decode("utf-8")
        assert packed.testzip() is None
    assert {name.split("/")[0] for name in names} == {"gbaspatial_processing"}
    assert all(name.isascii() and "__pycache__" not in name and not name.endswith(".pyc") for name in names)
    for needed in ("__init__.py", "metadata.txt", "icon.svg", "LICENSE"):
        assert f"gbaspatial_processing/{needed}" in names
    assert "%" not in about
    assert f"version={ARCHIVE.version()}\n" in about
    for key in ARCHIVE.MANDATORY:
        assert re.search(rf"^{key}=.+", about, flags=re.MULTILINE), key


def test_the_version_is_that_of_the_package():
    from importlib.metadata import version

    assert ARCHIVE.version() == version("gbaspatial")


@pytest.mark.parametrize("path", sorted(PLUGIN.glob("*.py")), ids=lambda p: p.name)
def test_the_plugin_reads_in_the_python_of_old_qgis_and_starts_no_python_of_qgis(path):
    text = path.read_text(encoding="utf-8")
    ast.parse(text, feature_version=(3, 9))
    assert "sys.executable" not in text
    assert "sys.path" not in text


def test_every_word_that_is_shown_has_a_chinese_one():
    source = (PLUGIN / "algorithms.py").read_text(encoding="utf-8") + (PLUGIN / "provider.py").read_text(
        encoding="utf-8"
    )
    shown = set(re.findall(r'\btr\("((?:[^"\\]|\\.)*)"\)', source))
    for name in ("KINDS", "STYLES"):
        shown |= set(ast.literal_eval(re.search(rf"^{name} = (\(.*?\))", source, flags=re.MULTILINE)[1]))
    shown |= set(re.findall(r'task, title = "\w+", "([^"]+)"', source)) | set(re.findall(r'tells = "([^"]+)"', source))
    assert shown == set(WORDS._CHINESE)


# -- the talk with the worker ---------------------------------------------------------------------
def test_what_belongs_to_qgis_does_not_reach_the_worker():
    of_qgis = (
        "PYTHONHOME",
        "PYTHONPATH",
        "PYTHONEXECUTABLE",
        "GDAL_DATA",
        "PROJ_LIB",
        "QT_PLUGIN_PATH",
        "QGIS_PREFIX_PATH",
    )
    kept = CLIENT.clean_environment(dict.fromkeys(of_qgis, "/q") | {"PATH": "/bin", "HOME": "/h", "LANG": "zh"})
    assert kept == {"PATH": "/bin", "HOME": "/h", "LANG": "zh", "PYTHONUTF8": "1", "PYTHONIOENCODING": "utf-8"}


@pytest.mark.parametrize(
    ("output", "answer"),
    [
        ('noise\n<<<gbaspatial\n{"ok": true}\ngbaspatial>>>\nmore', {"ok": True}),
        ('<<<gbaspatial\r\n{"a": "澳门"}\r\ngbaspatial>>>\r\n', {"a": "澳门"}),
        ("noise", None), ("<<<gbaspatial\n{\ngbaspatial>>>", None), ("", None),
    ],
)  # fmt: skip
def test_the_answer_is_found_among_foreign_output(output, answer):
    assert CLIENT.answer_in(output) == answer


def test_the_worker_answers_and_its_sentence_is_the_error():
    assert "gbaspatial" in CLIENT.ask(sys.executable, {"do": "about"})["text"]
    with pytest.raises(CLIENT.WorkerError, match="Did you mean moran"):
        CLIENT.ask(sys.executable, {"do": "morann"})


def test_a_python_that_cannot_answer_is_a_sentence(tmp_path):
    with pytest.raises(CLIENT.WorkerError, match="needs a Python of your own"):
        CLIENT.ask("", {"do": "about"})
    with pytest.raises(CLIENT.WorkerError, match="cannot be started"):
        CLIENT.ask(str(tmp_path / "python"), {"do": "about"})
    bare, dead = tmp_path / "bare", tmp_path / "dead"
    bare.write_text("#!/bin/sh\necho \"No module named 'gbaspatial'\" >&2\nexit 1\n")
    dead.write_text("#!/bin/sh\necho Segmentation fault >&2\nexit 139\n")
    for path in (bare, dead):
        path.chmod(0o755)
    with pytest.raises(CLIENT.WorkerError, match="has no gbaspatial; install it there"):
        CLIENT.ask(str(bare), {"do": "about"})
    with pytest.raises(CLIENT.WorkerError, match="ended with code 139 and gave no answer: Segmentation fault"):
        CLIENT.ask(str(dead), {"do": "about"})


def test_cancelling_stops_the_worker(tmp_path):
    slow = tmp_path / "slow"
    slow.write_text("#!/bin/sh\nexec sleep 60\n")
    slow.chmod(0o755)
    with pytest.raises(CLIENT.WorkerError, match="cancelled"):
        CLIENT.ask(str(slow), {"do": "about"}, cancelled=lambda: True)


# -- in QGIS --------------------------------------------------------------------------------------
@pytest.fixture(scope="module")
def home(tmp_path_factory):
    """A profile of QGIS of its own with the plugin enabled, and a layer in a folder with a space and Chinese signs."""
    qgis.needed()
    folder = tmp_path_factory.mktemp("单元 home")
    gba.load_cities(variables=["gdp_pc_cny"], year=2019).rename(columns={"gdp_pc_cny": "人均"}).reset_index().to_file(
        folder / "bay.gpkg", layer="城市"
    )
    run_qgis(folder, "plugins", "enable", "gbaspatial_processing")
    return folder


def run_qgis(home, *words, python=sys.executable, **more):
    """What ``qgis_process`` prints, whether it succeeds or not (the wrapper of Debian is broken, its program works)."""
    environment = {
        **qgis.CLEAN, "HOME": str(home), "QGIS_CUSTOM_CONFIG_PATH": str(home / "profile"), "XDG_RUNTIME_DIR": str(home),
        "QGIS_PLUGINPATH": str(ROOT), "GBASPATIAL_PYTHON": python, **more,
    }  # fmt: skip
    done = subprocess.run(["qgis_process.bin", *words], env=environment, capture_output=True, timeout=240, check=False)
    return done.stdout.decode("utf-8", "replace") + done.stderr.decode("utf-8", "replace")


def run(home, algorithm, python=sys.executable, **parameters):
    """The outputs of an algorithm, or the whole text where it gave none."""
    given = {"INPUT": f"{home}/bay.gpkg|layername=城市", "ID": "adcode"} | parameters
    words = [f"{name}={value}" for name, value in given.items()]
    text = run_qgis(home, "run", f"gbaspatial:{algorithm}", "--", *words, python=python)
    after = text.partition("Results\n----------------")[2]
    return dict(re.findall(r"^(\w+):\t(.*)$", after, flags=re.MULTILINE)) or text


@pytest.fixture(scope="module")
def units(home):
    return gba.read_units(home / "bay.gpkg", id="adcode")


@pytest.mark.slow
def test_moran_in_qgis_is_that_of_the_api(home, units):
    found = run(home, "moran", COLUMN="人均", NEIGHBORS=2, NUMBER=3, TABLE=f"{home}/m.html")
    w = gba.weights.nearest(units, k=3).row_standardized()
    want = gba.autocorrelation.moran(units["人均"], w, rng=1)
    assert float(found["STATISTIC"]) == pytest.approx(want.statistic, rel=1e-12)
    assert float(found["P_VALUE"]) == pytest.approx(want.p_value, rel=1e-12)
    assert "<table" in (home / "m.html").read_text(encoding="utf-8")


@pytest.mark.slow
def test_clusters_in_qgis_are_a_styled_layer(home, units):
    assert run(home, "lisa", COLUMN="人均", OUTPUT=f"{home}/l.gpkg")["OUTPUT"] == f"{home}/l.gpkg"
    made = gpd.read_file(home / "l.gpkg", layer="l").set_index("adcode")
    w = gba.weights.contiguity(units).row_standardized()
    want = gba.autocorrelation.local_moran(units["人均"], w, rng=1).to_frame()
    np.testing.assert_allclose(made["statistic"].reindex(want.index), want["statistic"])
    styles = gpd.read_file(home / "l.gpkg", layer="layer_styles")
    assert "cluster" in styles["styleQML"].iloc[0]


@pytest.mark.slow
def test_the_other_algorithms_in_qgis(home, units):
    fitted = run(home, "fit", FORMULA="log(`人均`) ~ C(tier)", OUTPUT=f"{home}/f.gpkg", TABLE=f"{home}/f.json")
    fit = gba.models.lag("log(`人均`) ~ C(tier)", units, gba.weights.contiguity(units).row_standardized())
    rows = json.loads((home / "f.json").read_text(encoding="utf-8"))["tables"][0]["rows"]
    assert {row["term"]: row["estimate"] for row in rows}["rho"] == pytest.approx(fit.rho, rel=1e-9)
    assert len(gpd.read_file(fitted["OUTPUT"], layer="f")["residual"].dropna()) == 11
    run(home, "impacts", FORMULA="log(`人均`) ~ C(tier)", TABLE=f"{home}/i.csv")
    assert "indirect" in (home / "i.csv").read_text(encoding="utf-8")
    run(home, "atlas", COLUMNS="人均", LABEL="name_zh", OUTPUT=f"{home}/a.html")
    assert "澳门" in (home / "a.html").read_text(encoding="utf-8")
    run(home, "weights", OUTPUT=f"{home}/w.json")
    assert gba.weights.read(home / "w.json").n == 11


@pytest.mark.slow
def test_what_is_wrong_is_told_in_qgis(home):
    assert "has no gbaspatial" in run(home, "moran", python=qgis.PYTHON, COLUMN="人均")
    assert "cannot be started" in run(home, "moran", python="/no/python", COLUMN="人均")
    twice = run(home, "moran", ID="tier", COLUMN="人均")
    assert "tier" in twice
    assert "Traceback" not in twice
    assert "Allowed are columns" in run(home, "fit", FORMULA="tier ~ open('x')")


@pytest.mark.slow
def test_qgis_speaks_chinese(home):
    assert "莫兰指数" in run_qgis(home, "list", LANG="zh_CN.UTF-8", LC_ALL="zh_CN.UTF-8")
    assert "Moran's I" in run_qgis(home, "list")
