"""What inequality and giddy say of indices of inequality and of Markov chains of regions."""

from __future__ import annotations

from collections.abc import Callable
from importlib.metadata import version
from typing import Any

import numpy as np
import pandas as pd

from gbaspatial.disparity.inequality import InequalityResult
from gbaspatial.disparity.lisa import LisaMarkovResult
from gbaspatial.disparity.mobility import MarkovResult
from gbaspatial.disparity.neighbors import SpatialGiniResult
from gbaspatial.disparity.theil import TheilResult
from gbaspatial.errors import import_extra
from gbaspatial.opinions import known
from gbaspatial.opinions.answers import Answer
from gbaspatial.opinions.subject import Subject, libpysal_w, numbered

INDICES = ("gini", "theil", "theil_by_group", "atkinson", "hoover")
MEASURES = {"prais": "P", "determinant": "D", "second_eigenvalue": "L2"}  # giddy's letters of our indices


# -- what is asked about ---------------------------------------------------------------------
def of_inequality(result: InequalityResult) -> Subject:
    """Indices of units that weigh the same; `inequality` weighs nobody by people."""
    values, groups = result.values, result.groups if isinstance(result, TheilResult) else None
    ours = {"statistic": float(result)}
    kind, columns = result.index, pd.DataFrame(index=values.index)
    if groups is not None and kind == "theil":
        assert isinstance(result, TheilResult)
        assert result.between is not None
        assert result.within is not None
        kind = "theil_by_group"
        codes = pd.Series(pd.factorize(groups.reindex(values.index), sort=True)[0], values.index)
        columns = codes.to_frame("x1")
        ours |= {"between": result.between, "within": result.within}
    return Subject(kind, repr(result.aversion), values, columns, None, ours, result.name, plain=not result.by_head)


def of_spatial_gini(result: SpatialGiniResult) -> Subject:
    """The Gini coefficient and its two sums."""
    ours = {name: float(getattr(result, name)) for name in ("statistic", "neighbors_sum", "others_sum")}
    ids = result.weights.ids
    return Subject("spatial_gini", "", result.values.reindex(ids), pd.DataFrame(index=ids), result.weights, ours,
                   "Spatial Gini")  # fmt: skip


def of_markov(result: MarkovResult) -> Subject:
    """The classes of units by period, as numbers, and what follows from them."""
    states = list(result.probabilities.index)
    codes = result.classes.map(states.index)
    ours = {
        f"probability[{a} to {b}]": float(result.probabilities.loc[a, b]) for a in states for b in states
    }  # fmt: skip
    ours |= {f"steady_state[{a}]": float(result.steady_state[a]) for a in states}
    ours |= {f"mobility[{name}]": float(result.mobility[name]) for name in MEASURES}
    first, others = codes.iloc[:, 0], numbered(codes.iloc[:, 1:])
    return Subject("markov", "", first, others, None, ours, f"Markov chain of {len(states)} classes, by number from 0",
                   terms=tuple(map(str, states)))  # fmt: skip


def of_lisa_markov(result: LisaMarkovResult) -> Subject:
    """Moves between quadrants, and the test that unit and neighbors move by themselves."""
    states = list(result.transitions.index)
    ours = {f"count[{a} to {b}]": float(result.transitions.loc[a, b]) for a in states for b in states}
    ours |= {"statistic": result.statistic}
    panel, terms = result.values, tuple(map(str, result.values.columns[1:]))
    return Subject("lisa_markov", "", panel.iloc[:, 0], numbered(panel.iloc[:, 1:]), result.weights, ours,
                   "LISA Markov", plain=result.weights is not None, terms=terms)  # fmt: skip


# -- what is answered ------------------------------------------------------------------------
def _answer(package: str, numbers: dict[str, float], call: str, *differences: known.Known) -> Answer:
    return Answer({k: float(np.ravel(v)[0]) for k, v in numbers.items()}, package, version(package), call, differences)


def _y(subject: Subject) -> np.ndarray:
    return subject.outcome.to_numpy(dtype=float)


def _gini(subject: Subject) -> Answer:
    made = import_extra("inequality", "pysal")
    return _answer("inequality", {"statistic": made.gini.Gini(_y(subject)).g}, "Gini()")


def _theil(subject: Subject) -> Answer:
    made = import_extra("inequality", "pysal").theil
    if subject.kind == "theil":
        return _answer("inequality", {"statistic": made.Theil(_y(subject)).T}, "Theil()")
    found = made.TheilD(_y(subject), subject.columns["x1"].to_numpy())
    return _answer("inequality", {"statistic": found.T, "between": found.bg, "within": found.wg}, "TheilD()")


def _atkinson(subject: Subject) -> Answer:
    made = import_extra("inequality", "pysal").atkinson
    epsilon = float(subject.method)
    return _answer("inequality", {"statistic": made.Atkinson(_y(subject), epsilon).A}, f"Atkinson(epsilon={epsilon:g})")


def _hoover(subject: Subject) -> Answer:
    made = import_extra("inequality", "pysal").schutz
    found = made.Schutz(pd.DataFrame({"y": _y(subject)}), "y")
    return _answer("inequality", {"statistic": found.distance}, "Schutz().distance")


def _spatial_gini(subject: Subject) -> Answer:
    made = import_extra("inequality", "pysal").gini
    found = made.Gini_Spatial(_y(subject), libpysal_w(subject.w), permutations=0)
    numbers = {"statistic": found.g, "neighbors_sum": found.wg, "others_sum": found.wcg}
    return _answer("inequality", numbers, "Gini_Spatial()", known.FOLDED_P)


def _wide(subject: Subject) -> np.ndarray:
    """Units by periods (n, T)."""
    return np.column_stack([_y(subject), subject.columns.to_numpy(dtype=float)])


def _markov(subject: Subject) -> Answer:
    made = import_extra("giddy.markov", "pysal")
    mobility = import_extra("giddy.mobility", "pysal").markov_mobility
    k = len(subject.terms)
    found = made.Markov(_wide(subject).astype(int), classes=np.arange(k), summary=False)
    numbers = {
        f"probability[{a} to {b}]": found.p[i, j]
        for i, a in enumerate(subject.terms)
        for j, b in enumerate(subject.terms)
    }
    numbers |= {f"steady_state[{a}]": found.steady_state[i] for i, a in enumerate(subject.terms)}
    numbers |= {f"mobility[{name}]": mobility(found.p, measure=letter) for name, letter in MEASURES.items()}
    return _answer("giddy", numbers, "Markov()")


QUADRANTS = ("HH", "LH", "LL", "HL")  # giddy's classes 1 to 4


def _lisa_markov(subject: Subject) -> Answer:
    made = import_extra("giddy.markov", "pysal")
    found = made.LISA_Markov(_wide(subject), libpysal_w(subject.w), permutations=0)
    numbers = {
        f"count[{QUADRANTS[int(a) - 1]} to {QUADRANTS[int(b) - 1]}]": found.transitions[i, j]
        for i, a in enumerate(found.classes)
        for j, b in enumerate(found.classes)
    }
    return _answer("giddy", {**numbers, "statistic": found.chi_2[0]}, "LISA_Markov()", known.LISA_EXPECTED)


DISPARITY: dict[str, Callable[[Subject], Answer]] = {
    "gini": _gini,
    "theil": _theil,
    "theil_by_group": _theil,
    "atkinson": _atkinson,
    "hoover": _hoover,
    "spatial_gini": _spatial_gini,
    "markov": _markov,
    "lisa_markov": _lisa_markov,
}
OF_DISPARITY: dict[type, Callable[[Any], Subject]] = {
    InequalityResult: of_inequality,
    SpatialGiniResult: of_spatial_gini,
    MarkovResult: of_markov,
    LisaMarkovResult: of_lisa_markov,
}

_PANEL = "data.drop(columns=['id']).to_numpy(float)"
SCRIPTS: dict[str, Callable[[Subject], list[str]]] = {
    "gini": lambda s: ["from inequality.gini import Gini", "test = Gini(y)", "print(test.g)"],
    "theil": lambda s: ["from inequality.theil import Theil", "test = Theil(y)", "print(test.T)"],
    "theil_by_group": lambda s: [
        "from inequality.theil import TheilD", "test = TheilD(y, data['x1'].to_numpy())",
        "print(test.T, test.bg, test.wg)",
    ],
    "atkinson": lambda s: [
        "from inequality.atkinson import Atkinson", f"test = Atkinson(y, {s.method})", "print(test.A)",
    ],
    "hoover": lambda s: [
        "from inequality.schutz import Schutz", "test = Schutz(data, 'y')", "print(test.distance)",
    ],
    "spatial_gini": lambda s: [
        "from libpysal.weights import WSP",
        "w = WSP(w.sparse).to_W(silence_warnings=True)  # units by place from 0, as Gini_Spatial reads them",
        "from inequality.gini import Gini_Spatial", "test = Gini_Spatial(y, w, permutations=0)",
        "print(test.g, test.wg, test.wcg)",
    ],
    "markov": lambda s: [
        "from giddy.markov import Markov",
        f"test = Markov({_PANEL}.astype(int), classes=np.arange({len(s.terms)}), summary=False)",
        "print(test.p, test.steady_state)",
    ],
    "lisa_markov": lambda s: [
        "from giddy.markov import LISA_Markov", f"test = LISA_Markov({_PANEL}, w, permutations=0)",
        "print(test.transitions, test.classes)",
    ],
}  # fmt: skip
