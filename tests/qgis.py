"""The Python of QGIS, where it is installed (Debian: python3-qgis): asked in a process of its own."""

import json
import os
import subprocess
from functools import cache
from pathlib import Path

import pytest

PYTHON = "/usr/bin/python3"
READING = Path(__file__).parent / "export" / "qgis_reading.py"
# Nothing of this process: its Python, PROJ and GDAL are others than those of QGIS.
CLEAN = {"PATH": "/usr/bin:/bin", "QT_QPA_PLATFORM": "offscreen", "LANG": "C.UTF-8", "LC_ALL": "C.UTF-8"}


@cache
def is_there():
    if not os.access(PYTHON, os.X_OK):
        return False
    tried = subprocess.run([PYTHON, "-c", "import qgis.core"], env=CLEAN, capture_output=True, check=False)
    return tried.returncode == 0


def needed():
    """Skip the test where there is no QGIS; in CI that is an error."""
    if not is_there():
        assert not os.environ.get("CI"), "QGIS is missing: .ci/run installs python3-qgis"
        pytest.skip("QGIS is not installed (on Debian: apt install python3-qgis)")


def ask(jobs, home):
    """What QGIS makes of layers; see `export/qgis_reading.py`."""
    needed()
    done = subprocess.run(
        [PYTHON, str(READING)], input=json.dumps(jobs), env={**CLEAN, "HOME": str(home)}, capture_output=True,
        text=True, timeout=240, check=False,
    )  # fmt: skip
    told = [line for line in done.stdout.splitlines() if line.startswith("ANSWERS ")]
    assert told, done.stderr[-3000:]
    return json.loads(told[0].removeprefix("ANSWERS "))
