"""How scripts begin: what it is, the data and W as lines of CSV, read in R, Python and Stata."""

from __future__ import annotations

from collections.abc import Iterable
from urllib.parse import quote

import numpy as np
import pandas as pd

from gbaspatial.opinions.subject import Subject


def times_of(subject: Subject) -> np.ndarray:
    """The time of each row of a panel: as it is where it is whole numbers, else numbered from 1."""
    assert subject.panel is not None
    periods = subject.panel.periods
    values = periods.to_numpy() if periods.inferred_type == "integer" else np.arange(1, len(periods) + 1)
    return np.asarray(values)[subject.panel.period]


def _keys(subject: Subject) -> pd.DataFrame:
    """The unit of each row by number, from 1, and of panels the time."""
    if subject.panel is None:
        return pd.DataFrame({"id": np.arange(1, subject.n + 1)})
    return pd.DataFrame({"id": subject.panel.unit + 1, "time": times_of(subject)})


def _names(subject: Subject) -> list[str]:
    """The columns of the table."""
    return [*_keys(subject).columns, "y", *subject.columns.columns]


def table(subject: Subject) -> list[str]:
    """The data as lines of CSV: id, of panels time, y and the columns, numbers to the last digit."""
    numbers = np.column_stack([np.asarray(subject.outcome, dtype=float), subject.columns.to_numpy(dtype=float)])
    rows = [
        ",".join([*map(str, key), *(repr(float(value)) for value in row)])
        for key, row in zip(_keys(subject).to_numpy(), numbers, strict=True)
    ]
    return [",".join(_names(subject)), *rows]


def _links(subject: Subject) -> list[str]:
    """W as lines of CSV: focal, neighbor, weight; units by number."""
    assert subject.w is not None
    W = subject.w.sparse.tocoo()
    rows = [f"{i + 1},{j + 1},{float(v)!r}" for i, j, v in zip(W.row, W.col, W.data, strict=True)]
    return ["focal,neighbor,weight", *rows]


def _legend(subject: Subject, sign: str) -> list[str]:
    """Comments: what it is, the units by number, the columns by name."""
    labels = subject.outcome.index if subject.panel is None else subject.panel.units
    units = ", ".join(f"{number} {label}" for number, label in enumerate(labels, start=1))
    told = [f"{sign} {subject.title}; y = {subject.outcome.name}", f"{sign} units: {units}"]
    told += [f"{sign} {short} = {name}" for short, name in zip(subject.columns.columns, subject.terms, strict=False)]
    told += [f"{sign} standard errors are those of the program, not the robust ones of the fit"] * subject.own_errors
    return [" ".join(line.split()) for line in told]


def formula(subject: Subject) -> str:
    """The formula over the columns of the table, as R has it."""
    right = " + ".join(subject.columns.columns) or "1"
    return f"y ~ {right}" + ("" if subject.intercept else " - 1")


def r_name(text: str) -> str:
    """A name as a string of R that comes back whole, whatever is in it: by percent signs, as in a URL."""
    return f'"{quote(text, safe="")}"'


def r_names(texts: Iterable[str]) -> str:
    """Names as a vector of R; see `r_name`."""
    return f"c({', '.join(map(r_name, texts))})"


def _units(subject: Subject) -> int:
    return subject.n if subject.panel is None else len(subject.panel.units)


# -- by language ----------------------------------------------------------------------------
def r_head(subject: Subject) -> list[str]:
    """Data as `data`, W as `W` and as listw `lw`, in R."""
    head = [*_legend(subject, "#"), 'data <- read.csv(text = "', *table(subject), '")']
    if subject.w is None:
        return head
    n = _units(subject)
    return [
        *head,
        'links <- read.csv(text = "', *_links(subject), '")',
        f"W <- matrix(0, {n}, {n}, dimnames = list(1:{n}, 1:{n}))",
        "W[cbind(links$focal, links$neighbor)] <- links$weight",
        "suppressPackageStartupMessages(library(spdep))",
        "invisible(set.ZeroPolicyOption(TRUE))  # units without neighbors are legal",
        f'lw <- suppressWarnings(mat2listw(W, style = "{r_style(subject)}"))  # the weights as given',
    ]  # fmt: skip


def r_style(subject: Subject) -> str:
    """What spdep calls a W: "W" keeps stsls from taking W 1 = 1 for an instrument of its own."""
    assert subject.w is not None
    return "W" if np.allclose(np.asarray(subject.w.sparse.sum(axis=1)), 1.0) else "M"


def python_head(subject: Subject) -> list[str]:
    """Data as `data`, the outcome as `y` and W as `w` of libpysal, in Python."""
    head = [
        *_legend(subject, "#"),
        "import io", "import numpy as np", "import pandas as pd",
        'data = pd.read_csv(io.StringIO("""', *table(subject), '""".strip()))',
        "y = data['y'].to_numpy(float)",
    ]  # fmt: skip
    if subject.w is None:
        return head
    return [
        *head,
        "from libpysal.weights import W",
        'links = pd.read_csv(io.StringIO("""', *_links(subject), '""".strip()))',
        f"units = range(1, {_units(subject) + 1})",
        "near = {i: [] for i in units}", "weight = {i: [] for i in units}",
        "for focal, neighbor, value in links.itertuples(index=False):",
        "    near[int(focal)].append(int(neighbor)); weight[int(focal)].append(float(value))",
        "w = W(near, weight, id_order=list(units), silence_warnings=True)",
        "w.transform = 'O'  # the weights as given",
    ]  # fmt: skip


def stata_head(subject: Subject) -> list[str]:
    """Data, and W as the spatial matrix `W`, in Stata."""
    # within a comment by a star these begin another comment, or go on in the next line
    told = [line.replace("/", " / ") if "//" in line or "/*" in line else line for line in _legend(subject, "*")]
    head = [*told, "clear", f"input {' '.join(_names(subject))}"]
    head += [line.replace(",", " ") for line in table(subject)[1:]] + ["end"]
    head += ["spset id"] if subject.panel is None else ["xtset id time", "spset id"]
    if subject.w is None:
        return head
    n = _units(subject)
    cells = [f"W[{focal}, {neighbor}] = {weight}"
             for focal, neighbor, weight in (line.split(",") for line in _links(subject)[1:])]  # fmt: skip
    return [
        *head, "mata:", f"W = J({n}, {n}, 0)", *cells, f"ids = (1::{n})", 'st_matrix("Wids", ids)',
        *([] if subject.panel is None else ['st_matrix("Wm", W)']), "end",
        "spmatrix spfrommata W = W ids, replace normalize(none)",
    ]  # fmt: skip
