"""Puts this folder on the path, so that tests import `oracle`; gives matplotlib a canvas without a screen."""

import os
import sys
from pathlib import Path

os.environ.setdefault("MPLBACKEND", "Agg")
sys.path.insert(0, str(Path(__file__).parent))

from hypothesis import settings

settings.register_profile("laws", deadline=None)  # machines are shared: no law is broken by being slow
settings.load_profile("laws")
