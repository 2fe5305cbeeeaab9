"""Copies the code and outputs of the English pages to the Chinese ones: python docs/make_chinese.py

A Chinese page is written by hand, with the blocks of its English page in the same order; only their content is copied.
"""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
DOCS = ROOT / "docs"
NAMES = ("quickstart", "tutorial", "data", "report")
PAIRS = {ROOT / "README.md": ROOT / "README.zh.md"} | {DOCS / f"{n}.md": DOCS / "zh" / f"{n}.md" for n in NAMES}
FENCE = re.compile(r"^```(\w*)\n(.*?)^```$", re.DOTALL | re.MULTILINE)


def blocks(page: str) -> list[tuple[str, str]]:
    """Language and content of each fenced block of a page."""
    return FENCE.findall(page)


def renewed(chinese: str, english: str) -> str:
    """The Chinese page with the blocks of the English one."""
    theirs = iter(blocks(english))

    def _copied(match: re.Match) -> str:
        language, content = next(theirs)
        return f"```{language}\n{content}```"

    if len(blocks(chinese)) != len(blocks(english)):
        raise SystemExit(f"{len(blocks(chinese))} blocks in Chinese, {len(blocks(english))} in English.")
    return FENCE.sub(_copied, chinese)


if __name__ == "__main__":
    for english, chinese in PAIRS.items():
        text = renewed(chinese.read_text(encoding="utf-8"), english.read_text(encoding="utf-8"))
        chinese.write_text(text, encoding="utf-8")
        print(chinese.relative_to(ROOT))
