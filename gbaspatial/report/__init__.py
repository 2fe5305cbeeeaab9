"""The main job: from the shipped data to one page, with tables, figures, maps and layers beside it."""

from __future__ import annotations

from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING, Any

from gbaspatial import data
from gbaspatial.errors import no_attribute
from gbaspatial.options import path_of, public
from gbaspatial.progress import shows_progress, track
from gbaspatial.randomness import Rng, seed_of
from gbaspatial.results import Table, data_hash
from gbaspatial.writing import replace_in_folder, replace_text

if TYPE_CHECKING:
    from gbaspatial.report.bay import Bay
    from gbaspatial.report.claims import LedgerResult, claims_ledger

__all__ = ["LedgerResult", "claims_ledger", "write_report"]


@shows_progress
@public
def write_report(
    out: str | Path = "out", *, year: int | None = None, seed: Rng = 1, progress: bool | None = None
) -> list[Path]:
    """Analyze the Greater Bay Area and write everything to the folder `out`.

    Parameters
    ----------
    out : path
        Folder, made if it does not exist. All is written beside it first and put in place at the end: files of an
        earlier report are replaced then, or removed where this one does not make them and nobody changed them
        (``run.json`` says what was made). All others stay.
    year : int, optional
        Year of the cross-section, 2000 to 2023 (default 2023).
    seed : int
        Of every random draw; the same seed writes the same numbers.
    progress : bool, optional
        True tells on standard error how far work over two seconds has come, False never; by default on a terminal.

    Returns
    -------
    list of pathlib.Path
        The files written, the page first.

    Raises
    ------
    UnknownNameError
        For a year without a complete cross-section.
    WritingError
        If `out` is a file or cannot be written to; then, and after any other error, nothing in it has changed.

    Examples
    --------
    >>> write_report("out", year=1998)
    Traceback (most recent call last):
    gbaspatial.errors.UnknownNameError: ...
    """
    from gbaspatial.report.attachments import made_before
    from gbaspatial.report.bay import LAST_YEAR, Bay

    out = path_of(out, "out")
    bay = Bay(year=LAST_YEAR if year is None else year, seed=seed_of(seed))
    # Before the work: it would be lost where nothing can be written.
    with replace_in_folder(out, folders=("tables", "figures", "maps"), companions=made_before(out)) as folder:
        written = _write(bay, folder)
        return [out / each.relative_to(folder) for each in written]


def _write(bay: Bay, folder: Path) -> list[Path]:
    from gbaspatial.report import attachments
    from gbaspatial.report.chapters import CHAPTERS
    from gbaspatial.report.document import render

    sections = [chapter(bay) for chapter in track(CHAPTERS, "chapters of the report")]
    atlas = attachments.atlas_of(bay)
    atlas.save(folder / "maps" / "atlas.html")
    page = render(
        sections,
        atlas=(folder / "maps" / "atlas.html").read_text(encoding="utf-8"),
        title=f"The Greater Bay Area, {bay.year}: weights, autocorrelation, spillover, disparities",
        title_zh=f"粤港澳大湾区 {bay.year}：空间权重、自相关、溢出与差距",
        lead="Eleven cities, three tiers, three customs territories. Every number on this page was computed "
        "from the shipped statistics by gbaspatial; nothing is interpolated.",
        caveats=Table(data.caveats(), "Known caveats of the statistics"),
        sources=Table(data.sources(), "Sources"),
        attribution=data.ATTRIBUTION,
        version=metadata.version("gbaspatial"),
        seed=bay.seed,
        fingerprint=data_hash(bay.panel),
    )
    replace_text(folder / "report.html", page)
    written = [
        folder / "report.html",
        folder / "maps" / "atlas.html",
        *attachments.write_tables(sections, folder / "tables"),
        *attachments.write_figures(sections, folder / "figures"),
        attachments.write_layers(bay, folder / "gba.gpkg"),
    ]
    return [*written, attachments.write_record(bay, folder / "run.json", written)]


def __getattr__(name: str) -> Any:
    """The ledger of claims loads the models, which `import gbaspatial.report` alone does not need."""
    if name in ("LedgerResult", "claims_ledger"):
        from gbaspatial.report.claims import ledger

        return getattr(ledger, name)
    raise no_attribute(__name__, name, __all__)


def __dir__() -> list[str]:
    return sorted(__all__)
