"""Which language a picture can be lettered in: Chinese needs a font that has the characters."""

from __future__ import annotations

import re
import time
import warnings
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal
from warnings import warn

from gbaspatial.errors import GbaWarning, outside, some
from gbaspatial.options import word

if TYPE_CHECKING:
    from matplotlib.axes import Axes

Language = Literal["en", "zh"]

CHINESE_FONTS = (
    "Noto Sans CJK SC", "Source Han Sans SC", "Microsoft YaHei", "SimHei", "PingFang SC", "Hiragino Sans GB",
    "WenQuanYi Zen Hei", "WenQuanYi Micro Hei", "Noto Serif CJK SC", "Noto Sans CJK JP", "SimSun",
)  # fmt: skip


_RESCAN_S = 5.0  # a scan takes a tenth of a second: not one for every picture
_scanned: list[float] = []


def chinese_font() -> str | None:
    """The first installed font with Chinese characters, or None.

    matplotlib keeps a list of fonts from its first use on: where it has no Chinese one, the folders are looked
    through again, so that a font installed since is found.
    """
    found = _listed()
    if found is None and (not _scanned or time.monotonic() - _scanned[-1] > _RESCAN_S):
        _scanned[:] = [time.monotonic()]
        _rescan()
        found = _listed()
    return found


def _listed() -> str | None:
    """The first of `CHINESE_FONTS` that matplotlib knows and that is still on the disk."""
    from matplotlib import font_manager

    known = {entry.name: entry.fname for entry in font_manager.fontManager.ttflist}
    return next((name for name in CHINESE_FONTS if name in known and Path(known[name]).exists()), None)


def _rescan() -> None:
    """Tell matplotlib of fonts that were installed since it made its list."""
    from matplotlib import font_manager

    known = {entry.fname for entry in font_manager.fontManager.ttflist}
    for path in font_manager.findSystemFonts():
        if path not in known:
            with suppress(Exception):  # a file that is no font, or a broken one, is none we can use
                font_manager.fontManager.addfont(path)


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

    word(language, ("en", "zh"), "language")
    font = chinese_font() if language == "zh" else None
    if font is None:
        yield "en"
        return
    # Families by name: a generic one would be looked up when the figure is saved, outside of this context.
    families = [*mpl.rcParams["font.sans-serif"][:1], font]
    with mpl.rc_context({"font.family": families, "axes.unicode_minus": False}):
        yield "zh"


def stand_by(ax: Axes) -> None:
    """Let the texts that axes already have (titles, labels) fall back on the Chinese font; their own stays the first.

    Parameters
    ----------
    ax : matplotlib.axes.Axes
        Axes that were made elsewhere, under whatever fonts were set there.
    """
    from matplotlib import rcParams
    from matplotlib.text import Text

    font = chinese_font()
    for text in ax.findobj(Text):
        families = list(text.get_fontfamily())
        if font is not None and font not in families:
            text.set_fontfamily([*families, font])
        text.set_parse_math(rcParams["text.parse_math"])


@cache
def _say_once() -> None:
    warn(
        "no font with Chinese characters is installed, so pictures are lettered in English "
        "(on Debian: apt install fonts-noto-cjk).",
        GbaWarning,
        stacklevel=outside(),
    )


_MISSING = re.compile(r"Glyph (\d+) \(.*missing from")


class letters_told:
    """Draw, and tell once which letters no font has: matplotlib tells each of them, each time that it measures a text.

    Examples
    --------
    >>> with letters_told():
    ...     pass
    """

    def __enter__(self) -> None:
        self._kept = warnings.catch_warnings(record=True)
        self._told = self._kept.__enter__()
        warnings.simplefilter("always")

    def __exit__(self, *_: object) -> None:
        self._kept.__exit__(None, None, None)
        missing: list[str] = []
        for each in self._told or []:
            found = _MISSING.match(str(each.message))
            if found:
                missing.append(chr(int(found[1])))
            else:
                warnings.warn_explicit(each.message, each.category, each.filename, each.lineno)
        if missing:
            warn(
                f"no font at hand has {some(list(dict.fromkeys(missing)))}, so the picture shows boxes there; "
                "install a font that has them, or write other names.",
                GbaWarning,
                stacklevel=outside(),
            )


@contextmanager
def letters_untold() -> Iterator[None]:
    """Measure texts in silence: what is missing is told when the picture is drawn."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", _MISSING.pattern)
        yield


@contextmanager
def written_names(names: str) -> Iterator[Any]:
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
