"""Is this installation whole? Versions, fonts, extras and a few numbers whose right values are known."""

from __future__ import annotations

import importlib
import platform
import re
import shutil
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path

import numpy as np
import pandas as pd

from gbaspatial.errors import door_of, own_names
from gbaspatial.options import public
from gbaspatial.results import Result, Table

__all__ = ["CheckUp", "examine"]

_EXTRAS = {  # what each brings: of several modules the one that we cannot do without
    "pysal": "giddy", "parquet": "pyarrow", "excel": "openpyxl", "postgis": "psycopg", "duckdb": "duckdb",
    "word": "docx", "notebook": "networkx", "causal": "rdrobust", "regions": "spopt", "distributed": "distributed",
}  # fmt: skip
_GOOD, _ABSENT, _WRONG = "good", "absent", "wrong"


@dataclass(frozen=True, slots=True, eq=False)
class CheckUp(Result):
    """What `examine` found.

    Attributes
    ----------
    frame : pandas.DataFrame
        By item: `area` (version, extra, program, font, self-check), `state` (good, absent, wrong), `found` and `cure`.
    """

    frame: pd.DataFrame

    @property
    def sound(self) -> bool:
        """Whether nothing is wrong; what is absent is optional."""
        return not (self.frame["state"] == _WRONG).any()

    def tables(self) -> tuple[Table, ...]:
        """One row an item."""
        wrong = self.frame.index[self.frame["state"] == _WRONG]
        told = f"Wrong: {', '.join(wrong)}." if len(wrong) else "Nothing is wrong; what is absent is optional."
        return (Table(self.frame, "gbaspatial: check-up", (told,)),)


@public
def examine() -> CheckUp:
    """Look at versions, extras and fonts, and compute a few numbers whose right values are known.

    Takes some seconds, writes only into a temporary folder and asks the network for nothing.

    Returns
    -------
    CheckUp
        `sound` is False if a required package is missing or older than it may be, or a number is not right.

    Examples
    --------
    >>> import gbaspatial as gba
    >>> gba.doctor.examine().sound
    True
    """
    rows = [*_versions(), *_extras(), _rscript(), _font(), *(_checked(name, check) for name, check in _CHECKS.items())]
    frame = pd.DataFrame(rows, columns=["item", "area", "state", "found", "cure"]).set_index("item")
    return CheckUp(frame)


Row = tuple[str, str, str, str, str]


def _versions() -> list[Row]:
    """Python, ourselves, and every package that we cannot do without."""
    rows: list[Row] = [("Python", "version", _GOOD, platform.python_version(), "")]
    rows.append(("gbaspatial", "version", _GOOD, metadata.version("gbaspatial"), ""))
    for line in metadata.requires("gbaspatial") or []:
        wanted = re.fullmatch(r"([\w.-]+)>=([\d.]+)", line)
        if wanted is not None:  # what has a condition belongs to an extra
            rows.append(_version(*wanted.groups()))
    return rows


def _version(package: str, least: str) -> Row:
    cure = f"pip install '{package}>={least}'"
    try:
        found = metadata.version(package)
    except metadata.PackageNotFoundError:
        return package, "version", _WRONG, "not installed", cure
    enough = version_of(found) >= version_of(least)
    return package, "version", _GOOD if enough else _WRONG, found, "" if enough else cure


def version_of(text: str) -> tuple[int, ...]:
    """The leading numbers of a version, to compare by.

    Examples
    --------
    >>> version_of("2.10.1rc1") > version_of("2.9")
    True
    """
    numbers = re.match(r"\d+(?:\.\d+)*", text)
    return tuple(int(part) for part in numbers.group().split(".")) if numbers else ()


def _extras() -> list[Row]:
    rows: list[Row] = []
    for extra, module in _EXTRAS.items():
        item, cure = f"{extra} ({module})", f"pip install 'gbaspatial[{extra}]'"
        try:
            found = getattr(importlib.import_module(module), "__version__", "installed")
            rows.append((item, "extra", _GOOD, str(found), ""))
        except ImportError:
            rows.append((item, "extra", _ABSENT, "not installed", cure))
    return rows


def _rscript() -> Row:
    """R, which second opinions ask where it is."""
    found = shutil.which("Rscript")
    cure = "install R with spdep and spatialreg"
    return ("Rscript", "program", _GOOD, found, "") if found else ("Rscript", "program", _ABSENT, "not installed", cure)


def _font() -> Row:
    from gbaspatial.figures.fonts import CHINESE_FONTS, chinese_font

    found = chinese_font()
    if found is None:
        return "Chinese letters", "font", _ABSENT, "pictures are in English", f"install {CHINESE_FONTS[0]}"
    return "Chinese letters", "font", _GOOD, found, ""


def _checked(name: str, check: Callable[[], str]) -> Row:
    """The row of a self-check: any failure is told, so that the others are still made."""
    cure = "pip install --force-reinstall gbaspatial"
    try:
        return name, "self-check", _GOOD, check(), ""
    except Exception as error:  # the very thing that is looked for, whatever it is
        return name, "self-check", _WRONG, f"{type(error).__name__}: {error}", cure


def _same(found: float, right: float) -> str:
    if not np.isclose(found, right, rtol=1e-9, atol=1e-12):
        raise ValueError(f"{found!r} is not {right!r}.")
    return f"as by the formula: {found:.6g}"


def _cities() -> tuple:
    import gbaspatial as gba

    cities = gba.load_cities(year=2019)
    return cities, np.log(cities["gdp_pc_cny"]), gba.weights.contiguity(cities, links=2019).row_standardized()


def _shipped_data() -> str:
    cities, _, w = _cities()
    if len(cities) != 11 or w.n != 11:
        raise ValueError(f"there are {len(cities)} cities, not 11.")
    return f"{len(cities)} cities, {w.n_links} links"


def _moran() -> str:
    import gbaspatial as gba

    _, y, w = _cities()
    z = (y - y.mean()).reindex(w.ids).to_numpy()
    W = w.sparse.toarray()
    return _same(
        gba.autocorrelation.moran(y, w, inference="normal").statistic, len(z) / W.sum() * (z @ W @ z) / (z @ z)
    )


def _lag_model() -> str:
    """The log-likelihood of a lag model at its estimates, beside the dense formula."""
    import gbaspatial as gba

    cities, _, w = _cities()
    fit = gba.models.lag("log(gdp_pc_cny) ~ log(employment)", cities, w, inference="asymptotic")
    A = np.eye(w.n) - fit.rho * w.sparse.toarray()
    e = fit.residuals.reindex(w.ids).to_numpy()
    right = np.linalg.slogdet(A)[1] - w.n / 2 * (np.log(2 * np.pi * (e @ e) / w.n) + 1)
    return _same(fit.log_likelihood, float(right))


def _layer() -> str:
    """A layer written and read again."""
    import gbaspatial as gba

    cities = _cities()[0]
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "cities.gpkg"
        gba.export.write(path, cities[["gdp_pc_cny", "geometry"]])
        back = gba.read_units(path, id="city")
    _same(float(back["gdp_pc_cny"].sum()), float(cities["gdp_pc_cny"].sum()))
    return f"{len(back)} units written and read again"


def _map() -> str:
    """A page that is one file."""
    import gbaspatial as gba

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "map.html"
        gba.maps.atlas(_cities()[0], [gba.maps.choropleth("gdp_pc_cny")]).save(path)
        text = path.read_text(encoding="utf-8")
    if re.search(r"<(?:script|link|img)[^>]+(?:src|href)=[\"']https?:", text):
        raise ValueError("the page asks the network for something.")
    return f"one file of {len(text) // 1000:,} kB"


_CHECKS: dict[str, Callable[[], str]] = {
    "data and weights": _shipped_data,
    "Moran's I": _moran,
    "lag model": _lag_model,
    "GeoPackage": _layer,
    "interactive map": _map,
}


__getattr__, __dir__ = door_of(__name__, own_names(globals()))
