"""Every script of analyses/ runs from top to bottom, uses the public API only, and writes what it says."""

import ast
import re
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


def run_as_notebook(script, folder):
    """The notebook of `script` after every cell has run, in a kernel of this Python."""
    import jupytext
    from jupyter_client.manager import KernelManager
    from nbclient import NotebookClient

    notebook = jupytext.read(script)
    manager = KernelManager()
    manager.kernel_spec.argv = [sys.executable, "-m", "ipykernel_launcher", "-f", "{connection_file}"]
    client = NotebookClient(
        notebook, km=manager, timeout=None, startup_timeout=600, resources={"metadata": {"path": str(folder)}}
    )
    client.execute()  # raises at the first cell that fails
    return notebook


def shown(notebook, kind):
    """How many cells show something of `kind`, such as "text/html"."""
    return sum(any(kind in given.get("data", {}) for given in cell.get("outputs", [])) for cell in notebook.cells)


AT_ONCE = {"05_maps", "15_bay_areas"}  # the others take more than a moment each, and run where CI is set


@pytest.mark.parametrize(
    "script",
    [pytest.param(s, marks=() if s.stem in AT_ONCE else pytest.mark.slow, id=s.stem) for s in SCRIPTS],
)
def test_notebook_runs(script, tmp_path):
    """As a notebook, whose kernel has arguments of its own: they are no folder to write to."""
    notebook = run_as_notebook(script, tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["out"]
    assert all(path.stat().st_size for path in tmp_path.rglob("*") if path.is_file())
    if script.stem == "05_maps":
        assert shown(notebook, "text/html") == 2  # an atlas at the end of a cell is seen
    if script.stem == "02_autocorrelation":
        assert shown(notebook, "image/png") >= 2


def cells(script):
    """The statements of each cell of code."""
    text = script.read_text(encoding="utf-8")
    parts = [part for part in re.split(r"(?m)^# %%.*$", text) if not part.lstrip("\n").startswith("# ---")]
    return [body for part in parts if (body := ast.parse(part).body)]


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda s: s.stem)
def test_cells_show_their_pictures_and_no_leftovers(script):
    """A notebook shows what ends a cell: a picture that was kept, and no count of bytes written or list of files."""
    for body in cells(script):
        told = [ast.unparse(node.func) for one in body for node in ast.walk(one) if isinstance(node, ast.Call)]
        last = body[-1].value if isinstance(body[-1], ast.Expr) else None
        if "gba.figures.save" in told and "plt.subplots" not in told:  # pyplot's own are shown by the notebook
            assert isinstance(last, ast.Name), ast.unparse(body[-1])
        if isinstance(last, ast.Call):
            assert not ast.unparse(last.func).endswith((".write_text", "figures.save")), ast.unparse(last)


def test_titles_are_in_both_languages():
    for script in SCRIPTS:
        title = next(line for line in script.read_text(encoding="utf-8").splitlines() if line.startswith("# # "))
        assert any("\u4e00" <= letter <= "\u9fff" for letter in title), title


def test_there_are_scripts():
    assert len(SCRIPTS) >= 5
