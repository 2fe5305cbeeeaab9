"""Puts this folder on the path, so that tests import `oracle`; gives matplotlib a canvas without a screen.

Tests marked slow run where CI is set, or with --slow.
"""

import os
import sys
from pathlib import Path

os.environ.setdefault("MPLBACKEND", "Agg")
sys.path.insert(0, str(Path(__file__).parent))

import pytest
from hypothesis import settings

collect_ignore = ["export/qgis_reading.py"]  # it is run by the Python of QGIS

settings.register_profile("laws", deadline=None)  # machines are shared: no law is broken by being slow
settings.load_profile("laws")


def pytest_addoption(parser):
    parser.addoption("--slow", action="store_true", help="run the tests marked slow, too, as CI does")


def pytest_collection_modifyitems(config, items):
    if config.getoption("--slow") or os.environ.get("CI"):
        return
    skipped = pytest.mark.skip(reason="slow: runs in CI, or with pytest --slow")
    for item in items:
        if "slow" in item.keywords:
            item.add_marker(skipped)
