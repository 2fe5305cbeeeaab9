"""Puts this folder on the path, so that tests import `oracle`; gives matplotlib a canvas without a screen."""

import os
import sys
from pathlib import Path

os.environ.setdefault("MPLBACKEND", "Agg")
sys.path.insert(0, str(Path(__file__).parent))
