"""A Chinese font is found when it comes, looked for no more often than it can come, and missed when it goes."""

import shutil
from pathlib import Path

import matplotlib as mpl
import pytest
from matplotlib import font_manager

from gbaspatial.figures import fonts


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """A computer without fonts but those of matplotlib, and with a folder into which one can be installed."""
    plain = [entry for entry in font_manager.fontManager.ttflist if entry.name.startswith("DejaVu")]
    monkeypatch.setattr(font_manager.fontManager, "ttflist", plain)
    monkeypatch.setattr(font_manager, "findSystemFonts", lambda: [str(path) for path in tmp_path.iterdir()])
    monkeypatch.setattr(fonts, "CHINESE_FONTS", ("DejaVu Sans Mono",))
    plain[:] = [entry for entry in plain if entry.name != "DejaVu Sans Mono"]
    monkeypatch.setattr(fonts, "_scanned", [])
    return tmp_path


def install(folder):
    source = Path(mpl.get_data_path(), "fonts", "ttf", "DejaVuSansMono.ttf")
    return Path(shutil.copy(source, folder))


def test_a_font_installed_after_matplotlib_made_its_list_is_found(folder):
    install(folder)
    assert fonts.chinese_font() == "DejaVu Sans Mono"
    with fonts.lettering("zh") as written:
        assert written == "zh"


def test_a_font_installed_while_the_program_runs_is_found(folder, monkeypatch):
    now = [100.0]
    monkeypatch.setattr(fonts.time, "monotonic", lambda: now[0])
    assert fonts.chinese_font() is None
    install(folder)
    assert fonts.chinese_font() is None  # not looked for again at once
    now[0] += 60
    assert fonts.chinese_font() == "DejaVu Sans Mono"


def test_the_folders_are_looked_through_once_for_many_pictures(folder, monkeypatch):
    scans = []
    monkeypatch.setattr(fonts, "_rescan", lambda: scans.append(1))
    for _ in range(20):
        fonts.chinese_font()
    assert len(scans) == 1


def test_a_file_that_is_no_font_and_a_font_that_is_gone_do_no_harm(folder, monkeypatch):
    (folder / "broken.ttf").write_bytes(b"no font")
    path = install(folder)
    assert fonts.chinese_font() == "DejaVu Sans Mono"
    path.unlink()
    monkeypatch.setattr(fonts, "_scanned", [])
    assert fonts.chinese_font() is None
