"""Which language a picture can be lettered in: Chinese needs a font that has the characters."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from typing import Literal

from gbaspatial.errors import check_option

Language = Literal["en", "zh"]

CHINESE_FONTS = (
    "Noto Sans CJK SC", "Source Han Sans SC", "Microsoft YaHei", "SimHei", "PingFang SC", "Hiragino Sans GB",
    "WenQuanYi Zen Hei", "WenQuanYi Micro Hei", "Noto Serif CJK SC", "Noto Sans CJK JP", "SimSun",
)  # fmt: skip


@cache
def chinese_font() -> str | None:
    """The first installed font with Chinese characters, or None."""
    from matplotlib import font_manager

    installed = {entry.name for entry in font_manager.fontManager.ttflist}
    return next((name for name in CHINESE_FONTS if name in installed), None)


@contextmanager
def lettering(language: Language) -> Iterator[Language]:
    """Set the font for `language` and say which language can be written: English where there is no Chinese font.

    Examples
    --------
    >>> with lettering("en") as written:
    ...     written
    'en'
    """
    import matplotlib as mpl

    check_option(language, ("en", "zh"), "language")
    font = chinese_font() if language == "zh" else None
    if font is None:
        yield "en"
        return
    with mpl.rc_context({"font.sans-serif": [font, *mpl.rcParams["font.sans-serif"]], "axes.unicode_minus": False}):
        yield "zh"
