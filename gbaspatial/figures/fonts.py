"""Which language a picture can be lettered in: Chinese needs a font that has the characters."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any, Literal
from warnings import warn

from gbaspatial.errors import GbaWarning, check_option

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
    # Families by name: a generic one would be looked up when the figure is saved, outside of this context.
    families = [*mpl.rcParams["font.sans-serif"][:1], font]
    with mpl.rc_context({"font.family": families, "axes.unicode_minus": False}):
        yield "zh"


@cache
def _say_once() -> None:
    warn(
        "no font with Chinese characters is installed, so pictures are lettered in English "
        "(on Debian: apt install fonts-noto-cjk).",
        GbaWarning,
        stacklevel=4,
    )


@contextmanager
def written_names(names: Any) -> Iterator[Any]:
    """Set the font for `names` ("en", "zh", "both", "none"); "en" where Chinese cannot be written, said once.

    Text is written as it stands: a name with two dollar signs is no formula.
    """
    import matplotlib as mpl

    chinese = names in ("zh", "both")
    # The Chinese font stands by in any case: a stranger's ids may be Chinese where no translation is known.
    with mpl.rc_context({"text.parse_math": False}), lettering("zh") as language:
        if chinese and language == "en":
            _say_once()
        yield names if not chinese or language == "zh" else "en"
