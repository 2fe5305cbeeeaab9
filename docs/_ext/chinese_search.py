"""Search in Chinese: a text is indexed by each of its pairs of signs, so that no dictionary is needed."""

import re

from sphinx.search import languages
from sphinx.search.en import SearchEnglish

CHINESE = re.compile(r"[\u3400-\u9fff]+")
WORD = re.compile(r"[^\W\u3400-\u9fff]+")


def pieces(text: str) -> list[str]:
    """Latin words, and every one, two, three and four signs of Chinese that stand side by side.

    The search page asks for what was typed as one word, so that words of up to four signs are found whole.
    """
    found = WORD.findall(text)
    for run in CHINESE.findall(text):
        found += [run[i : i + size] for size in (1, 2, 3, 4) for i in range(len(run) - size + 1)]
    return found


class SearchBoth(SearchEnglish):
    """English by stems, Chinese by pieces."""

    lang = "zh"

    def split(self, input: str) -> list[str]:
        return pieces(input)

    def word_filter(self, word: str) -> bool:
        return bool(CHINESE.match(word)) or super().word_filter(word)


def setup(app) -> dict:
    languages["zh"] = SearchBoth
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
