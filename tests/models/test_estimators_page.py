"""The page on estimators names every estimator, and its examples run."""

import re
import warnings
from pathlib import Path

import gbaspatial as gba

PAGE = (Path(__file__).parents[2] / "docs" / "estimators.md").read_text(encoding="utf-8")
ESTIMATORS = (
    "ols", "slx", "lag", "durbin", "error", "durbin_error", "sarar", "gns", "mess", "car", "sma", "sur",
    "moran_eigenvectors", "spatial_filter", "ppml",
)  # fmt: skip


def test_every_estimator_is_named_and_public():
    for name in ESTIMATORS:
        assert f"`{name}" in PAGE
        assert callable(getattr(gba.models, name))


def test_examples_run():
    blocks = re.findall(r"```python\n(.*?)```", PAGE, flags=re.DOTALL)
    assert blocks
    for block in blocks:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", gba.errors.GbaWarning)
            exec(compile(block, "docs/estimators.md", "exec"), {})  # the page is the project's own text
