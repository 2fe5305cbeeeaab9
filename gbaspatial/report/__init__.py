"""The main job: from the shipped data to one page, with tables, figures, maps and layers beside it."""

from __future__ import annotations

from importlib import metadata
from pathlib import Path

from gbaspatial import data
from gbaspatial.errors import FileFormatError
from gbaspatial.randomness import Rng, seed_of
from gbaspatial.results import Table, data_hash

__all__ = ["write_report"]


def write_report(out: str | Path = "out", *, year: int | None = None, seed: Rng = 1) -> list[Path]:
    """Analyze the Greater Bay Area and write everything to the folder `out`.

    Parameters
    ----------
    out : path
        Folder, made if it does not exist; files of an earlier report are overwritten.
    year : int, optional
        Year of the cross-section, 2000 to 2023 (default 2023).
    seed : int
        Of every random draw; the same seed writes the same numbers.

    Returns
    -------
    list of pathlib.Path
        The files written, the page first.

    Raises
    ------
    UnknownNameError
        For a year without a complete cross-section.
    FileFormatError
        If `out` is a file.
    """
    from gbaspatial.report import files
    from gbaspatial.report.bay import LAST_YEAR, Bay
    from gbaspatial.report.chapters import CHAPTERS
    from gbaspatial.report.page import render

    folder = Path(out)
    if folder.exists() and not folder.is_dir():
        raise FileFormatError(f"{folder} is a file; name a folder to write the report to.")
    bay = Bay(year=LAST_YEAR if year is None else year, seed=seed_of(seed))
    for name in ("tables", "figures", "maps"):  # before the work: it would be lost where nothing can be written
        (folder / name).mkdir(parents=True, exist_ok=True)
    sections = [chapter(bay) for chapter in CHAPTERS]
    atlas = files.atlas_of(bay)
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
    (folder / "report.html").write_text(page, encoding="utf-8")
    return [
        folder / "report.html",
        folder / "maps" / "atlas.html",
        *files.write_tables(sections, folder / "tables"),
        *files.write_figures(sections, folder / "figures"),
        files.write_layers(bay, folder / "gba.gpkg"),
        files.write_record(bay, folder / "run.json"),
    ]
