"""The check-up: what is right is good, what is wrong is told and ends with code 1, the rest is still looked at."""

import tomllib
from importlib import metadata
from pathlib import Path

import pytest
from click.testing import CliRunner

from gbaspatial import doctor
from gbaspatial.cli import main

ROOT = Path(__file__).resolve().parents[1]


def test_this_installation_is_whole():
    found = doctor.examine()
    assert found.sound, str(found)
    checks = found.to_frame().query("area == 'self-check'")
    assert len(checks) == len(doctor._CHECKS)
    assert (checks["state"] == "good").all()


def test_a_wrong_number_is_told_and_the_other_checks_are_made(monkeypatch):
    monkeypatch.setitem(doctor._CHECKS, "Moran's I", lambda: doctor._same(0.5, 0.25))
    found = doctor.examine()
    assert not found.sound
    row = found.frame.loc["Moran's I"]
    assert row["state"] == "wrong"
    assert "0.5 is not 0.25" in row["found"]
    assert found.frame.loc["lag model", "state"] == "good"
    assert "Wrong: Moran's I." in str(found)


def test_old_and_missing_packages_are_wrong_with_their_cure(monkeypatch):
    wanted = ["numpy>=99.1", "no-such-package>=1.0", "dask>=1; extra == 'distributed'"]
    monkeypatch.setattr(metadata, "requires", lambda _: wanted)
    rows = {row[0]: row[2:] for row in doctor._versions()}
    assert rows["numpy"] == ("wrong", metadata.version("numpy"), "pip install 'numpy>=99.1'")
    assert rows["no-such-package"] == ("wrong", "not installed", "pip install 'no-such-package>=1.0'")
    assert "dask" not in rows


def test_every_required_package_is_looked_at():
    looked_at = {row[0] for row in doctor._versions()}
    needed = [line for line in metadata.requires("gbaspatial") if ";" not in line]
    assert len(needed) > 10
    assert len(looked_at) == len(needed) + 2


def test_every_extra_is_looked_at_but_those_of_developers():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    offered = set(project["optional-dependencies"])
    assert offered >= {"parquet", "excel", "pysal"}
    assert set(doctor._EXTRAS) == offered - {"test", "docs"}


def test_what_is_absent_is_told_with_what_to_install(monkeypatch):
    monkeypatch.setattr(doctor.shutil, "which", lambda name: None)
    monkeypatch.setattr(doctor, "_EXTRAS", {"word": "no_such_module"})
    assert doctor._rscript()[2:] == ("absent", "not installed", "install R with spdep and spatialreg")
    assert doctor._extras() == [
        ("word (no_such_module)", "extra", "absent", "not installed", "pip install 'gbaspatial[word]'")
    ]


@pytest.mark.parametrize(("sound", "code"), [(True, 0), (False, 1)])
def test_the_command_ends_as_the_check_up_does(monkeypatch, sound, code):
    if not sound:
        monkeypatch.setattr(doctor, "_CHECKS", {"sum": lambda: doctor._same(1.0, 2.0)})
    shown = CliRunner().invoke(main, ["doctor"])
    assert shown.exit_code == code, shown.output
    assert ("Nothing is wrong" in shown.output) == sound


def test_make_knows_it():
    assert "gbaspatial doctor" in (ROOT / "Makefile").read_text(encoding="utf-8")
