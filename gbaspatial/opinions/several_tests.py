"""Results that hold a test of many pairs of variables, or of many classes of neighbors: what is asked, and as code."""

from __future__ import annotations

import json
from collections.abc import Callable

import pandas as pd

from gbaspatial.autocorrelation.correlograms import CorrelogramResult
from gbaspatial.autocorrelation.matrix import MoranMatrixResult
from gbaspatial.opinions.script_heads import r_name
from gbaspatial.opinions.subject import NORMAL, Subject, numbered
from gbaspatial.weights import Weights


# -- what is asked about ---------------------------------------------------------------------
def of_moran_matrix(result: MoranMatrixResult) -> Subject:
    """Every pair of variables: the one in place, that of the neighbors."""
    values = result.values
    ours = {
        f"statistic[{place}, {near}]": float(result.statistic.loc[place, near])
        for place in values.columns for near in values.columns
    }  # fmt: skip
    return Subject(
        "moran_matrix", "", values.iloc[:, 0].rename(str(values.columns[0])), numbered(values.iloc[:, 1:]),
        result.weights, ours, f"Bivariate Moran's I of {values.shape[1]} variables",
        terms=tuple(map(str, values.columns[1:])),
    )  # fmt: skip


def names_of(subject: Subject) -> list[str]:
    """The variables of a matrix."""
    return [str(subject.outcome.name), *subject.terms]


def of_correlogram(result: CorrelogramResult) -> Subject:
    """The statistic of every class with its moments; two-sided p-values of the normal distribution."""
    table, ids = result.table, result.classes.ids
    wanted = ["statistic", "expected", "variance", "z"]
    by_moments = set(table["inference"]) == {"randomization"} and result.alternative == "two-sided"
    wanted += ["p_value"] if by_moments else []
    ours = {f"{column}[{label}]": float(table.loc[label, column]) for column in wanted for label in table.index}
    shape = {
        "by": str(table.index.name), "classes": [str(label) for label in table.index],
        "standardized": result.standardized,
        "moments": "normal" if set(table["inference"]) <= set(NORMAL) else "randomization",
    }  # fmt: skip
    return Subject(
        f"correlogram_{result.statistic}", json.dumps(shape), result.values.reindex(ids), pd.DataFrame(index=ids),
        result.classes, ours, f"Correlogram of {result.name} ({result.title}); W holds the number of the class",
    )  # fmt: skip


def moments_of(subject: Subject) -> str:
    """Whose moments a correlogram has: those over all orders, or those of normal values."""
    return str(json.loads(subject.method)["moments"])


def parts_of(subject: Subject) -> dict[str, Weights]:
    """W of each class, by its label."""
    shape, w = json.loads(subject.method), subject.w
    assert w is not None
    found = {}
    for number, label in enumerate(shape["classes"], start=1):
        part = Weights((w.sparse == number).astype(float), w.ids)
        found[label] = part.row_standardized() if shape["standardized"] else part
    return found


OF_SEVERAL: dict[type, Callable[..., Subject]] = {
    MoranMatrixResult: of_moran_matrix, CorrelogramResult: of_correlogram,
}  # fmt: skip


# -- as code -----------------------------------------------------------------------------------
def _matrix_lines(subject: Subject) -> list[str]:
    scaled = factor(subject)
    return [
        "from esda import Moran_BV", "columns = data.drop(columns=['id'])",
        "tests = {(a, b): Moran_BV(columns[a], columns[b], w, transformation='O', permutations=0).I",
        "         for a in columns for b in columns}",
        f"table = pd.Series(tests).unstack() * {scaled!r}  # units with neighbors over the sum of W", "print(table)",
    ]  # fmt: skip


def factor(subject: Subject) -> float:
    """Units with neighbors over the sum of W, which esda's and spdep's bivariate tests take for alike."""
    assert subject.w is not None
    return float((subject.w.n - len(subject.w.islands)) / subject.w.s0)


def _correlogram_lines(subject: Subject) -> list[str]:
    shape = json.loads(subject.method)
    name, letter = ("Moran", "I") if subject.kind == "correlogram_moran" else ("Geary", "C")
    transform, z = "R" if shape["standardized"] else "B", "norm" if moments_of(subject) == "normal" else "rand"
    return [
        f"from esda import {name}", "from libpysal.weights import WSP", "numbers, tests = w.sparse.tocsr(), []",
        f"for number in range(1, {len(shape['classes'])} + 1):  # {', '.join(shape['classes'])}",
        "    part = WSP((numbers == number).astype(float)).to_W(silence_warnings=True)",
        f"    tests.append({name}(y, part, transformation='{transform}', permutations=0))",
        f"    print(number, tests[-1].{letter}, tests[-1].E{letter}, tests[-1].z_{z})",
    ]  # fmt: skip


SEVERAL_SCRIPTS: dict[str, Callable[[Subject], list[str]]] = {
    "moran_matrix": _matrix_lines, "correlogram_moran": _correlogram_lines, "correlogram_geary": _correlogram_lines,
}  # fmt: skip


def _r_correlogram(subject: Subject) -> list[str]:
    """Orders by spdep's own, which knows no units without neighbors; else as so many tests."""
    shape = json.loads(subject.method)
    letter = "I" if subject.kind == "correlogram_moran" else "C"
    style, orders = "W" if shape["standardized"] else "B", len(shape["classes"])
    random = "FALSE" if moments_of(subject) == "normal" else "TRUE"
    first = f'mat2listw((W == 1) * 1, style = "{style}")'
    if shape["by"] == "order" and orders > 1 and not len(next(iter(parts_of(subject).values())).islands):
        return [
            f"near <- suppressWarnings({first})$neighbours",
            f'print(sp.correlogram(near, data$y, order = {orders}, method = "{letter}", style = "{style}", '
            f"randomisation = {random}, zero.policy = TRUE)$res)",
        ]
    test = "moran.test" if letter == "I" else "geary.test"
    return [
        f"print(t(sapply(1:{orders}, function(number) "
        f'{test}(data$y, suppressWarnings(mat2listw((W == number) * 1, style = "{style}")), '
        f"randomisation = {random}, zero.policy = TRUE)"
        f"$estimate)))",
    ]  # fmt: skip


def _r_matrix(subject: Subject) -> list[str]:
    return [
        "columns <- names(data)[-1]",
        "print(sapply(columns, function(near) sapply(columns, function(place) "
        "moran_bv(data[[place]], data[[near]], lw, nsim = 2)$t0)))",
    ]  # fmt: skip


R_SEVERAL: dict[tuple[str, str], Callable[[Subject], list[str] | None]] = {
    ("moran_matrix", ""): _r_matrix,
    ("correlogram_moran", ""): _r_correlogram,
    ("correlogram_geary", ""): _r_correlogram,
}


def _read_matrix(subject: Subject) -> list[str]:
    names, scaled = names_of(subject), factor(subject)
    return [
        f"say({r_name(f'statistic[{place}, {near}]')}, found[{i}, {j}] * {scaled!r})"
        for i, place in enumerate(names, start=1) for j, near in enumerate(names, start=1)
    ]  # fmt: skip


def _read_correlogram(subject: Subject) -> list[str]:
    lines = []
    for number, label in enumerate(json.loads(subject.method)["classes"], start=1):
        where = {"statistic": f"found[{number}, 1]", "expected": f"found[{number}, 2]"}
        where |= {"variance": f"found[{number}, 3]",
                  "z": f"(found[{number}, 1] - found[{number}, 2]) / sqrt(found[{number}, 3])"}  # fmt: skip
        lines += [f"say({r_name(f'{name}[{label}]')}, {read})" for name, read in where.items()]
    return lines


R_READ_SEVERAL: dict[str, Callable[[Subject], list[str]]] = {
    "bivariate_moran": lambda subject: [f'say("statistic", found$t0 * {factor(subject)!r})'],
    "moran_matrix": _read_matrix, "correlogram_moran": _read_correlogram, "correlogram_geary": _read_correlogram,
}  # fmt: skip
