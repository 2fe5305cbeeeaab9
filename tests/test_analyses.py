"""Every script of analyses/ runs from top to bottom, uses the public API only, and writes what it says."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

TOLD = "default:known breaks:UserWarning"  # a caveat of the shipped statistics is told, and no fault of a script
SCRIPTS = sorted((Path(__file__).parents[1] / "analyses").glob("[0-9]*.py"))


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda s: s.stem)
def test_script_runs(script, tmp_path):
    done = subprocess.run(
        [sys.executable, "-W", "error::UserWarning:__main__", "-W", TOLD, str(script), str(tmp_path)],
        capture_output=True,
        text=True,
        cwd=tmp_path,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    written = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert written, "the script wrote nothing"
    assert all(path.stat().st_size for path in written)


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda s: s.stem)
def test_script_is_a_notebook_and_uses_the_public_names_only(script):
    text = script.read_text(encoding="utf-8")
    assert "format_name: percent" in text
    assert text.count("# %% [markdown]") >= 3
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.ImportFrom):
            assert not (node.module or "").startswith("gbaspatial"), "scripts say `import gbaspatial as gba`"
        if isinstance(node, ast.Attribute):
            assert not node.attr.startswith("_")


def test_there_are_scripts():
    assert len(SCRIPTS) >= 5
