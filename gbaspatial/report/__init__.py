"""The main job: from the shipped data to a page in each language, with tables, figures, maps and layers beside it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from gbaspatial.errors import OptionError, UnknownNameError, nearest_names, no_attribute
from gbaspatial.options import path_of, public
from gbaspatial.progress import shows_progress, track
from gbaspatial.randomness import Rng, seed_of
from gbaspatial.repeated.threads import one_thread
from gbaspatial.report.languages import LANGUAGES, Language
from gbaspatial.writing import replace_in_folder

if TYPE_CHECKING:
    import pandas as pd

    from gbaspatial.data.in_memory import Source
    from gbaspatial.report.bay import Bay
    from gbaspatial.report.claims import LedgerResult, claims_ledger

__all__ = ["LedgerResult", "claims_ledger", "write_region_report", "write_report"]


@shows_progress
@public
def write_report(
    out: str | Path = "out",
    *,
    year: int | None = None,
    lang: Literal["both", "en", "zh"] = "both",
    only: str | Sequence[str] | None = None,
    seed: Rng = 1,
    progress: bool | None = None,
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
    lang : {"both", "en", "zh"}
        English (``report.html``), Chinese (``report.zh.html``) or both pages, from the same results.
    only : str or sequence of str, optional
        Chapters to write: ``"claims"``, ``"cities"``, ``"weights"``, ``"autocorrelation"``, ``"disparity"``,
        ``"tiers"``, ``"innovation"``, ``"coupling"``, ``"productivity"``, ``"panels"``, ``"bays"``, ``"regions"``,
        ``"signs"``, ``"looks"``, ``"limits"``; all by default.
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
        For a year without a complete cross-section, or a chapter that there is not.
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
    chapters = _chosen(only)
    # Before the work: it would be lost where nothing can be written.
    kept = made_before(out)
    with one_thread(), replace_in_folder(out, folders=("tables", "figures", "maps"), companions=kept) as folder:
        written = _write(bay, folder, chapters, LANGUAGES if lang == "both" else (lang,))
        return [out / each.relative_to(folder) for each in written]


def _chosen(only: str | Sequence[str] | None) -> tuple[str, ...]:
    """The chapters asked for, in reading order."""
    from gbaspatial.report.chapters import CHAPTERS

    if only is None:
        return tuple(CHAPTERS)
    asked = [only] if isinstance(only, str) else list(only)
    for name in asked:
        if name not in CHAPTERS:
            raise UnknownNameError(f"the report has no chapter {name!r}. {nearest_names(name, CHAPTERS)}")
    if not asked:
        raise OptionError(f"only= names no chapter; name some of {', '.join(CHAPTERS)}, or leave it out.")
    return tuple(name for name in CHAPTERS if name in asked)


def _write(bay: Bay, folder: Path, chapters: Sequence[str], languages: Sequence[Language]) -> list[Path]:
    from gbaspatial.report import attachments
    from gbaspatial.report.chapters import CHAPTERS
    from gbaspatial.report.covers import cover_of
    from gbaspatial.report.document import Pictures

    sections = [CHAPTERS[name](bay) for name in track(chapters, "chapters of the report")]
    atlas = folder / "maps" / "atlas.html"
    attachments.atlas_of(bay).save(atlas)
    drawn = Pictures()
    written = [
        *attachments.write_pages(sections, cover_of(bay), folder, languages, drawn, atlas),
        atlas,
        *attachments.write_tables(sections, folder / "tables"),
        *attachments.write_figures(sections, folder / "figures", drawn),
        attachments.write_layers(bay, folder / "gba.gpkg"),
        attachments.write_layout(bay, folder / "gba.qpt"),
    ]
    return [*written, attachments.write_record(bay, folder / "run.json", written, chapters, languages)]


@public
def write_region_report(
    units: Source,
    outcome: str,
    out: str | Path = "out",
    *,
    groups: str | None = None,
    people: str | None = None,
    regressors: Sequence[str] = (),
    panel: pd.DataFrame | None = None,
    year: int | None = None,
    lang: Literal["both", "en", "zh"] = "both",
    seed: Rng = 1,
) -> list[Path]:
    """Write the report on a region of one's own: the chapters that its data allow, and why others are left out.

    Parameters
    ----------
    units : GeoDataFrame
        Indexed by unit, with the columns named below and no missing value in them.
    outcome : str
        The column that the report is about.
    out : path
        Folder, as in `write_report`.
    groups : str, optional
        Column of groups, between which inequality is split.
    people : str, optional
        Column of people, which weigh an outcome per head.
    regressors : sequence of str
        Columns that a model explains the outcome by; none for no model.
    panel : DataFrame, optional
        Rows by (unit, time) with the outcome and, where they have years, the regressors: power, rho under effects and
        Moran's I by year, of the years in which every unit has a value.
    year : int, optional
        The year of the columns of `units`, for the title.
    lang : {"both", "en", "zh"}
        Language of the pages.
    seed : int
        Of every random draw.

    Returns
    -------
    list of pathlib.Path
        The files written, the page first.

    Raises
    ------
    UnknownNameError
        For a column that there is not.
    MissingDataError
        Where a column has no value for some units.
    DataError
        With fewer than four units, or an outcome that is the same everywhere.

    Examples
    --------
    >>> import gbaspatial as gba
    >>> write_region_report(gba.load_cities(year=2019), "gdp_pc", "out")
    Traceback (most recent call last):
    gbaspatial.errors.UnknownNameError: ...
    """
    from gbaspatial.report import attachments
    from gbaspatial.report.document import Pictures
    from gbaspatial.report.region import Region, cover_of, sections_of

    out = path_of(out, "out")
    region = Region(units, outcome, groups, people, tuple(regressors), year, seed_of(seed), panel)
    languages = LANGUAGES if lang == "both" else (lang,)
    kept = attachments.made_before(out)
    with one_thread(), replace_in_folder(out, folders=("tables", "figures", "maps"), companions=kept) as folder:
        sections = sections_of(region)
        drawn = Pictures()
        atlas = folder / "maps" / "atlas.html"
        attachments.atlas_of_region(region).save(atlas)
        written = [
            *attachments.write_pages(sections, cover_of(region), folder, languages, drawn, atlas),
            atlas,
            *attachments.write_tables(sections, folder / "tables"),
            *attachments.write_figures(sections, folder / "figures", drawn),
            attachments.write_layers_of(region, folder / "region.gpkg"),
            attachments.write_layout_of(region, folder / "region.qpt"),
        ]
        written.append(attachments.write_record_of(region, folder / "run.json", written))
        return [out / each.relative_to(folder) for each in written]


def __getattr__(name: str) -> Any:
    """The ledger of claims loads the models, which `import gbaspatial.report` alone does not need."""
    if name in ("LedgerResult", "claims_ledger"):
        from gbaspatial.report.claims import ledger

        return getattr(ledger, name)
    raise no_attribute(__name__, name, __all__)


def __dir__() -> list[str]:
    return sorted(__all__)
