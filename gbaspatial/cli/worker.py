"""What another program asks for in JSON: one request, one answer, files where the request wants them.

QGIS cannot hold the packages that gbaspatial stands on, so its plugin asks a worker in a Python of the user's own.
The answer stands between two marks, so that a caller finds it among what libraries print.
"""

from __future__ import annotations

import json
import warnings
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

from gbaspatial.cli.inputs import weights_of
from gbaspatial.errors import DataError, GbaError, GbaWarning, OptionError, UnknownNameError, nearest_names
from gbaspatial.options import only

if TYPE_CHECKING:
    import geopandas as gpd
    import pandas as pd

    from gbaspatial.maps.layers import Layer
    from gbaspatial.results import Result, Table
    from gbaspatial.weights import Weights


BEGIN, END = "<<<gbaspatial", "gbaspatial>>>"
Question: TypeAlias = "dict[str, Any]"  # one request, and what it is told, as JSON: Any is whatever JSON can hold
Answer: TypeAlias = "dict[str, Any]"


_LAYER = {"units": None, "layer": None, "id": "", "crs": None, "repair": None}
_WEIGHTS = {"weights": "queen", "style": "row"}
# What each task takes beside the layer, with its default; None where it must be given.
TASKS: dict[str, dict[str, Any]] = {
    "about": {},
    "weights": {**_LAYER, **_WEIGHTS, "out": None, "table": ""},
    "moran": {**_LAYER, **_WEIGHTS, "column": None, "inference": "auto", "seed": 1, "table": ""},
    "lisa": {**_LAYER, **_WEIGHTS, "column": None, "inference": "auto", "seed": 1, "out": None, "table": ""},
    "fit": {**_LAYER, **_WEIGHTS, "formula": None, "model": "lag", "out": "", "table": ""},
    "impacts": {**_LAYER, **_WEIGHTS, "formula": None, "model": "lag", "seed": 1, "table": ""},
    "atlas": {
        **_LAYER,
        **_WEIGHTS,
        "columns": None,
        "clusters": False,
        "label": "",
        "title": "",
        "seed": 1,
        "out": None,
    },
}
_MAY_BE_LEFT_OUT = ("layer", "crs", "repair")
_MODELS = ("ols", "slx", "lag", "error", "sarar", "durbin", "durbin_error")


def answered(text: str) -> str:
    """The answer to a request, as JSON between its marks; an error is a sentence in it."""
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("ignore")
        warnings.simplefilter("always", GbaWarning)
        try:
            answer = {"ok": True, **_done(_request(text))}
        except GbaError as error:
            answer = {"ok": False, "error": str(error)}
        except OSError as error:
            reason = (error.strerror or str(error)).lower()
            answer = {"ok": False, "error": f"{error.filename or 'a file'} cannot be read or written ({reason})."}
    answer["warnings"] = list(dict.fromkeys(str(warning.message) for warning in told))
    return f"{BEGIN}\n{json.dumps(answer, ensure_ascii=False)}\n{END}"


def _request(text: str) -> Answer:
    """The request with the defaults of its task, checked."""
    try:
        asked = json.loads(text)
    except ValueError as error:
        raise DataError(f"the request is no JSON ({error}).") from error
    if not isinstance(asked, Mapping):
        raise DataError('the request is no JSON object, such as {"do": "moran", ...}.')
    task = asked.get("do")
    if task not in TASKS:
        raise UnknownNameError(f"there is no task {task!r}. {nearest_names(task, TASKS)}")
    given = {name: value for name, value in asked.items() if name != "do"}
    only(given, TASKS[task], f"the task {task}")
    whole = TASKS[task] | given
    missing = [name for name, value in whole.items() if value is None and name not in _MAY_BE_LEFT_OUT]
    if missing:
        raise OptionError(f"the task {task} needs {', '.join(missing)}.")
    return {"do": task, **whole}


def _done(asked: Question) -> Answer:
    tasks: dict[str, Callable[[Question], Answer]] = {
        "about": _about, "weights": _weights, "moran": _moran, "lisa": _lisa, "fit": _fit, "impacts": _impacts,
        "atlas": _atlas,
    }  # fmt: skip
    return tasks[asked["do"]](asked)


def _about(_: Question) -> Answer:
    import sys
    from importlib.metadata import version

    return {"text": f"gbaspatial {version('gbaspatial')}, Python {sys.version.split()[0]}", "files": {}}


def _read(asked: Question) -> gpd.GeoDataFrame:
    import gbaspatial as gba

    names = ("layer", "crs", "repair")
    return gba.read_units(asked["units"], id=asked["id"], **{name: asked[name] for name in names})


def _units_and_w(asked: Question) -> tuple[gpd.GeoDataFrame, Weights]:
    units = _read(asked)
    if asked["style"] not in ("row", "binary", "none"):
        raise OptionError(f"style={asked['style']!r} is none of row, binary, none.")
    return units, weights_of(units, str(asked["weights"]), None, asked["style"])


def _told(results: Sequence[Result | Table], asked: Question, **files: str) -> Answer:
    """Text, numbers and files of an answer; the tables go into the page, table or document that ``table`` names."""
    from gbaspatial.cli.output import written
    from gbaspatial.results import Together

    if asked.get("table"):
        written(results, Path(asked["table"]))
        files["table"] = asked["table"]
    whole = Together(tuple(results))
    return {"text": str(whole), "tables": json.loads(whole.to_json())["tables"], "files": files}


def _weights(asked: Question) -> Answer:
    import gbaspatial as gba

    _, w = _units_and_w(asked)
    out = gba.weights.write(w, asked["out"])
    return _told(list(w.describe()), asked, weights=str(out))


def _moran(asked: Question) -> Answer:
    import gbaspatial as gba

    units, w = _units_and_w(asked)
    result = gba.autocorrelation.moran(_numbers(units, asked), w, inference=asked["inference"], rng=_seed(asked))
    return _told([result], asked)


def _lisa(asked: Question) -> Answer:
    import gbaspatial as gba

    units, w = _units_and_w(asked)
    result = gba.autocorrelation.local_moran(_numbers(units, asked), w, inference=asked["inference"], rng=_seed(asked))
    out = gba.export.write(asked["out"], result.to_gis(units), style="cluster")
    return _told([result], asked, layer=str(out))


def _seed(asked: Question) -> int | None:
    """The seed where the inference may draw; others would refuse it."""
    return asked["seed"] if asked["inference"] in ("auto", "permutation") else None


def _numbers(units: gpd.GeoDataFrame, asked: Question) -> pd.Series:
    from gbaspatial.cli.inputs import numbers_of

    return numbers_of(units, asked["column"])


def _fitted(asked: Question) -> tuple[gpd.GeoDataFrame, Any]:
    import gbaspatial as gba

    if asked["model"] not in _MODELS:
        raise OptionError(f"model={asked['model']!r} is none of {', '.join(_MODELS)}.")
    units, w = _units_and_w(asked)
    fit = getattr(gba.models, asked["model"])(asked["formula"], units, None if asked["model"] == "ols" else w)
    return units, fit


def _fit(asked: Question) -> Answer:
    import gbaspatial as gba

    units, fit = _fitted(asked)
    files = {}
    if asked["out"]:
        layer = units.assign(residual=fit.residuals.reindex(units.index))
        files["layer"] = str(gba.export.write(asked["out"], layer, style="residual"))
    return _told([fit], asked, **files)


def _impacts(asked: Question) -> Answer:
    _, fit = _fitted(asked)
    return _told([fit.impacts(rng=asked["seed"])], asked)


def _atlas(asked: Question) -> Answer:
    import gbaspatial as gba
    from gbaspatial.cli.inputs import numbers_of

    units, w = _units_and_w(asked)
    columns = [asked["columns"]] if isinstance(asked["columns"], str) else list(asked["columns"])
    layers: list[Layer] = [gba.maps.choropleth(column) for column in columns]
    if asked["clusters"]:
        for column in columns:
            lisa = gba.autocorrelation.local_moran(numbers_of(units, column), w, rng=asked["seed"])
            name = None if len(columns) == 1 else (f"LISA clusters: {column}", f"局部空间自相关聚类：{column}")
            layers.append(gba.maps.clusters(lisa, label=name))
    layers.append(gba.maps.links(w))
    options = {"label": asked["label"]} if asked["label"] else {}
    page = gba.maps.atlas(units, layers, title=asked["title"] or ", ".join(columns), **options).save(asked["out"])
    return {"text": f"{page}", "tables": [], "files": {"page": str(page)}}
