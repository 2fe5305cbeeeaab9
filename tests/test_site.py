"""The site made of docs/: formulas as MathML, docstrings as they were meant, search in two languages, no network."""

import re
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path

import pytest

from tests.browser import open_page
from tests.test_docstrings import PUBLIC

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "docs" / "_ext"))
pytest.importorskip("sphinx", reason="the extra `docs` is not installed")

import chinese_search  # noqa: E402
import gallery  # noqa: E402
import mathematics  # noqa: E402
import plain_docstrings  # noqa: E402
import reference_pages  # noqa: E402


@pytest.fixture(scope="module")
def site(tmp_path_factory) -> Path:
    """The site, built as `make docs` builds it."""
    folder = tmp_path_factory.mktemp("site")
    command = [sys.executable, "-m", "sphinx", "-W", "--keep-going", "-q", "-b", "html", "-d", f"{folder}/read"]
    done = subprocess.run([*command, str(ROOT / "docs"), f"{folder}/html"], capture_output=True, text=True, cwd=ROOT)
    assert done.returncode == 0, done.stderr[-3000:]
    return folder / "html"


def test_formulas_become_mathml():
    made = mathematics.mathml(r"y = \rho W y + X \beta", display=True)
    assert made.startswith("<math")
    assert "ρ" in made


def test_markup_in_a_docstring_is_escaped_and_code_is_kept():
    assert plain_docstrings.plain("|u| * W_ of `a*b_`") == r"\|u\| \* W\_ of ``a*b_``"
    lines = ["Says.", "", ">>> 2 * 3  # |x|", "6", "", "a * b"]
    assert [line for _, run in plain_docstrings.blocks(lines) for line in run] == lines
    assert [example for example, _ in plain_docstrings.blocks(lines)] == [False, True, False]


def test_chinese_is_found_by_its_signs_and_english_by_its_words():
    assert {"空间权重", "权重", "moran", "空间"} <= {
        piece.lower() for piece in chinese_search.pieces("空间权重 Moran's")
    }


def test_every_public_name_has_its_place_in_the_reference():
    told = {f"{room}.{name}" for room in reference_pages.ROOMS for name in reference_pages.public_names(room)}
    assert set(PUBLIC) <= told


def test_every_picture_of_the_gallery_has_its_block_and_its_place():
    page = (ROOT / "docs" / "gallery.md").read_text(encoding="utf-8")
    drawn = [gallery.slug(title) for title, code in gallery.snippets(page) if re.search(r"^ax = ", code, re.MULTILINE)]
    assert drawn == re.findall(r"gallery/([\w-]+)\.png", page)
    assert len(drawn) == len(set(drawn)) >= 30


@pytest.mark.slow
def test_the_site_is_whole_and_asks_the_network_for_nothing(site):
    pages = [path.read_text(encoding="utf-8") for path in site.rglob("*.html")]
    assert len(pages) > 35
    asked = [found for page in pages for found in re.findall(r"<(?:script|link|img|iframe)[^>]+https?://[^>]*>", page)]
    assert not asked
    assert len(re.findall(r"<img [^>]+>", (site / "gallery.html").read_text(encoding="utf-8"))) >= 30
    with open_page(site / "reference" / "autocorrelation.html") as page:
        assert [url for url in page.requests if not url.startswith("file:")] == []
        assert page.errors == []
        assert page.evaluate("document.getElementById('gbaspatial.autocorrelation.moran') !== null")


@pytest.mark.slow
@pytest.mark.parametrize(("word", "target"), [("contiguity", "weights"), ("论断", "claims"), ("moran", "correlation")])
def test_search_works_without_a_server(site, word, target):
    with open_page(site / "search.html") as page:
        page.evaluate(f"void setTimeout(() => {{ location.search = '?q={word}'; }}, 0)")
        links = []
        for _ in range(100):
            time.sleep(0.2)
            with suppress(RuntimeError):  # between two pages there is none to ask
                links = page.evaluate("[...document.querySelectorAll('#search-results li a')].map(a => a.href)")
            if any(target in link for link in links):
                break
        assert any(target in link for link in links), links
        assert [url for url in page.requests if not url.startswith("file:")] == []
