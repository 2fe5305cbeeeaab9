"""The Chinese pages say what the English ones say: the same headings, code, outputs, tables, links and numbers."""

import re
import sys
from collections import Counter
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "docs"))
import make_chinese  # noqa: E402

PAIRS = [pytest.param(*pair, id=pair[1].relative_to(ROOT).as_posix()) for pair in make_chinese.PAIRS.items()]


def prose(page: Path) -> str:
    return make_chinese.FENCE.sub("", page.read_text(encoding="utf-8"))


def headings(page: Path) -> list[int]:
    return [len(marks) for marks in re.findall(r"^(#+) ", prose(page), re.MULTILINE)]


def numbers(page: Path) -> Counter:
    """Numerals of the prose outside of code and links; single digits may be words in one language and not the other."""
    text = re.sub(r"`[^`]*`|\]\([^)]*\)", " ", prose(page)).replace(",", "")
    return Counter(found for found in re.findall(r"\d+(?:\.\d+)?", text) if len(found) > 1)


def targets(page: Path) -> set[Path]:
    """Pages and files linked to; a Chinese page that has an English one stands for it."""
    found = re.findall(r"\]\(([^)#\s]+)", prose(page))
    paths = {(page.parent / target).resolve() for target in found if not target.startswith("http")}
    english = {chinese: english for english, chinese in make_chinese.PAIRS.items()}
    return {english.get(path, path) for path in paths}


@pytest.mark.parametrize(("english", "chinese"), PAIRS)
def test_headings_and_tables_are_the_same(english, chinese):
    assert headings(chinese) == headings(english)
    assert len(re.findall(r"^\|", prose(chinese), re.MULTILINE)) >= len(
        re.findall(r"^\|", prose(english), re.MULTILINE)
    )


@pytest.mark.parametrize(("english", "chinese"), PAIRS)
def test_code_and_outputs_are_the_same(english, chinese):
    assert make_chinese.blocks(chinese.read_text(encoding="utf-8")) == make_chinese.blocks(
        english.read_text(encoding="utf-8")
    ), "python docs/make_chinese.py"


@pytest.mark.parametrize(("english", "chinese"), PAIRS)
def test_numbers_are_the_same(english, chinese):
    assert numbers(chinese) == numbers(english)


@pytest.mark.parametrize(("english", "chinese"), PAIRS)
def test_links_lead_to_the_same_places(english, chinese):
    assert targets(english) - targets(chinese) - {chinese} == set()


@pytest.mark.parametrize(("english", "chinese"), PAIRS)
def test_the_words_are_chinese(english, chinese):
    signs = len(re.findall(r"[\u4e00-\u9fff]", prose(chinese)))
    assert signs > 0.1 * len(prose(english)), "much of the English page is not there"


def test_the_gauge_sees_a_number_that_is_another(tmp_path):
    page = tmp_path / "page.md"
    page.write_text("# A\n\nabout 0.53 of `99`\n", encoding="utf-8")
    assert numbers(page) == Counter({"0.53": 1})
