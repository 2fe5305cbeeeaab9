"""What giddy says of chains by the class of the neighbors, of ranks that move, and of directions of moves."""

from __future__ import annotations

import json
from collections.abc import Callable
from importlib.metadata import version

import numpy as np
import pandas as pd

from gbaspatial.disparity.directional import RoseResult
from gbaspatial.disparity.ranks import RankMobilityResult
from gbaspatial.disparity.spatial_chains import SpatialMarkovResult
from gbaspatial.errors import import_extra
from gbaspatial.opinions import known
from gbaspatial.opinions.answers import Answer
from gbaspatial.opinions.subject import Subject, by_unit, libpysal_w, numbered
from gbaspatial.weights import Weights

_EDGE = 1e-9  # radians: nearer to the border of a sector, rounding decides


# -- what is asked about ---------------------------------------------------------------------
def of_spatial_markov(result: SpatialMarkovResult) -> Subject:
    """Moves by class of the neighbors, and the tests that they follow one chain."""
    counts = result.transitions
    ours = {
        f"count[{lag}: {a} to {b}]": float(counts.loc[(lag, a), b]) for lag, a in counts.index for b in counts.columns
    }
    for test, letters in (("pearson", "Q"), ("likelihood_ratio", "LR")):
        ours[letters] = float(result.tests.loc[test, "statistic"])
    ours["df"] = float(result.tests["df"].iloc[0])
    ours |= {f"by_lag[{lag}]": float(value) for lag, value in result.by_lag["statistic"].items()}
    values = result.values.to_numpy()
    lags = result.weights.sparse @ values
    cuts = [
        _between(values, result.cutoffs.to_numpy()[0]),
        _between(lags, result.lag_cutoffs.to_numpy()[0]),
    ]
    return Subject(
        "spatial_markov", json.dumps(cuts), result.values.iloc[:, 0], numbered(result.values.iloc[:, 1:]),
        result.weights, ours, "Spatial Markov chain", terms=tuple(map(str, result.values.columns[1:])),
    )  # fmt: skip


def _between(values: np.ndarray, cuts: np.ndarray) -> list[float]:
    """The cuts moved to the middle between the values beside them: the same classes, whatever the rounding."""
    ordered = np.unique(values)
    places = np.searchsorted(ordered, cuts, side="right")
    return [
        float((ordered[place - 1] + ordered[place]) / 2) if 0 < place < len(ordered) else float(cut)
        for place, cut in zip(places, cuts, strict=True)
    ]


def of_rank_mobility(result: RankMobilityResult) -> Subject:
    """Kendall's tau of all pairs, of neighbors and of each unit; theta by step."""
    values, ids = result.values, result.values.index
    ours = {
        "tau": result.tau, "concordant": float(result.concordant), "discordant": float(result.discordant),
        "spatial_tau": result.spatial_tau,
    }  # fmt: skip
    columns = values.iloc[:, 1:]
    if result.groups is not None:
        ours |= {f"theta[{step}]": float(value) for step, value in result.theta["theta"].items()}
        codes = pd.Series(pd.factorize(result.groups, sort=True)[0], ids, name="group, by number")
        columns = pd.concat([columns, codes], axis=1)
    for name in ("tau", "neighbor_tau"):
        if name in result.local:
            ours |= {f"local_{name}[{unit}]": float(value) for unit, value in result.local[name].items()}
    has_w = result.weights is not None and result.weights.n_links > 0
    return Subject(
        "rank_mobility", json.dumps({"groups": result.groups is not None}), values.iloc[:, 0], numbered(columns),
        result.weights if has_w else None, {name: value for name, value in ours.items() if np.isfinite(value)},
        "Rank mobility", terms=tuple(map(str, columns.columns)),
    )  # fmt: skip


def of_rose(result: RoseResult) -> Subject:
    """Moves in the Moran scatterplot by sector, and by unit."""
    ids = result.weights.ids
    moved = result.angle.reindex(ids).dropna().index
    ours = {f"count[{sector}]": float(value) for sector, value in result.counts["count"].items()}
    for name in ("angle", "length"):
        ours |= {f"{name}[{unit}]": float(getattr(result, name)[unit]) for unit in moved}
    return Subject(
        "directional_lisa", str(len(result.counts)), result.step.reindex(ids), pd.DataFrame(index=ids), result.weights,
        ours, "Directional LISA",
    )  # fmt: skip


# -- what is answered ------------------------------------------------------------------------
def _answer(numbers: dict[str, float], call: str, *differences: known.Known) -> Answer:
    return Answer({k: float(v) for k, v in numbers.items()}, "giddy", version("giddy"), call, differences)


def _wide(subject: Subject) -> np.ndarray:
    """Units by periods (n, T)."""
    return np.column_stack([subject.outcome.to_numpy(dtype=float), subject.columns.to_numpy(dtype=float)])


def _spatial_markov(subject: Subject) -> Answer:
    made = import_extra("giddy.markov", "pysal")
    cuts, lag_cuts = (np.array(part) for part in json.loads(subject.method))
    found = made.Spatial_Markov(
        _wide(subject), libpysal_w(subject.w), k=len(cuts) + 1, m=len(lag_cuts) + 1, permutations=0, fixed=True,
        cutoffs=cuts, lag_cutoffs=lag_cuts,
    )  # fmt: skip
    places = [name.partition("[")[2].rstrip("]") for name in subject.ours if name.startswith("count[")]
    numbers = dict(zip((f"count[{place}]" for place in places), np.ravel(found.T), strict=True))
    numbers |= {"Q": found.Q, "LR": found.LR, "df": found.dof_hom}
    pooled = found.T.sum(axis=0)  # its own `transitions` lack a class in which nobody ever was
    numbers |= {f"by_lag[{lag}]": made.chi2(part, pooled)[0] for lag, part in enumerate(found.T, start=1)}
    empty = bool((pooled.sum(axis=1) == 0).any())
    call = "Spatial_Markov(fixed=True, cutoffs=, lag_cutoffs=), our cuts"
    return _answer(numbers, call, *((known.EMPTY_ROWS,) if empty else ()))


def _either(w: Weights) -> Weights:
    """Who is linked, in either direction."""
    return Weights(((w.sparse + w.sparse.T) != 0).astype(float), w.ids)


def _rank_mobility(subject: Subject) -> Answer:
    made = import_extra("giddy.rank", "pysal")
    panel, grouped = _wide(subject), json.loads(subject.method)["groups"]
    codes, panel = (panel[:, -1], panel[:, :-1]) if grouped else (None, panel)
    first, last = panel[:, 0], panel[:, -1]
    whole = made.Tau(first, last)
    numbers = {"tau": whole.tau, "concordant": whole.concordant, "discordant": whole.discordant}
    numbers |= {f"local_{k}": v for k, v in by_unit(subject, tau=made.Tau_Local(first, last).tau_local).items()}
    called = ["Tau()", "Tau_Local()"]
    if subject.w is not None:
        with np.errstate(all="ignore"):
            numbers["spatial_tau"] = made.SpatialTau(first, last, libpysal_w(_either(subject.w))).tau_spatial
            near = made.Tau_Local_Neighbor(first, last, libpysal_w(_linked(subject.w))).tau_ln
        numbers |= {f"local_{k}": v for k, v in by_unit(subject, neighbor_tau=near).items()}
        called += ["SpatialTau()", "Tau_Local_Neighbor()"]
    if codes is not None:
        with np.errstate(all="ignore"):
            shares = made.Theta(panel, codes, permutations=0).theta
        steps = subject.terms[:-1]
        numbers |= {f"theta[{step}]": share for step, share in zip(steps, np.ravel(shares), strict=True)}
        called.append("Theta()")
    return _answer(numbers, ", ".join(called), known.FOLDED_TAU)


def _linked(w: Weights) -> Weights:
    """`w` where units without neighbors have one: giddy divides by their number; what it says of them is not read."""
    islands = w.ids.get_indexer(w.islands)
    if not len(islands):
        return w
    matrix = w.sparse.tolil()
    for place in islands:
        matrix[place, (place + 1) % w.n] = 1.0
    return Weights(matrix.tocsr(), w.ids)


def _rose(subject: Subject) -> Answer:
    made = import_extra("giddy.directional", "pysal")
    sectors, step = int(subject.method), subject.outcome.to_numpy(dtype=float)
    found = made.Rose(np.column_stack([np.zeros_like(step), step]), libpysal_w(subject.w), k=sectors)
    numbers = dict(zip((f"count[{s}]" for s in range(1, sectors + 1)), np.ravel(found.counts)[:sectors], strict=True))
    numbers |= by_unit(subject, angle=found.theta, length=found.r)
    assert subject.w is not None
    directed = (found.r > 0) & (subject.w.cardinalities.to_numpy() > 0)
    still = not directed.all()
    turn = found.theta[directed] / (2 * np.pi / sectors)
    at_edge = (np.abs(turn - np.round(turn)) < _EDGE).any()
    differences = [*((known.ROSE_STILL,) if still else ()), *((known.ROSE_EDGE,) if at_edge else ())]
    return _answer(numbers, f"Rose(k={sectors}), of the moves", known.FOLDED_ROSE, *differences)


MOBILITY: dict[str, Callable[[Subject], Answer]] = {
    "spatial_markov": _spatial_markov, "rank_mobility": _rank_mobility, "directional_lisa": _rose,
}  # fmt: skip
OF_MOBILITY: dict[type, Callable[..., Subject]] = {
    SpatialMarkovResult: of_spatial_markov, RankMobilityResult: of_rank_mobility, RoseResult: of_rose,
}  # fmt: skip


# -- as code -----------------------------------------------------------------------------------
_PANEL = "panel = data.drop(columns=['id']).to_numpy(float)"


def _spatial_markov_lines(subject: Subject) -> list[str]:
    cuts, lag_cuts = json.loads(subject.method)
    return [
        "from giddy.markov import Spatial_Markov", _PANEL,
        f"test = Spatial_Markov(panel, w, k={len(cuts) + 1}, m={len(lag_cuts) + 1}, permutations=0, fixed=True,",
        f"                      cutoffs=np.array({cuts}), lag_cutoffs=np.array({lag_cuts}))",
        "print(test.T, test.Q, test.LR, test.dof_hom)",
    ]  # fmt: skip


def _rank_lines(subject: Subject) -> list[str]:
    grouped = json.loads(subject.method)["groups"]
    lines = [
        "from giddy.rank import SpatialTau, Tau, Tau_Local, Tau_Local_Neighbor, Theta", _PANEL,
        *(["groups, panel = panel[:, -1], panel[:, :-1]"] if grouped else []),
        "test, local = Tau(panel[:, 0], panel[:, -1]), Tau_Local(panel[:, 0], panel[:, -1])",
        "print(test.tau, test.concordant, test.discordant, local.tau_local)",
    ]  # fmt: skip
    if subject.w is not None:
        lines += [
            "from libpysal.weights import WSP",
            "either = WSP(((w.sparse + w.sparse.T) != 0).astype(float)).to_W(silence_warnings=True)",
            "near = SpatialTau(panel[:, 0], panel[:, -1], either)", "print(near.tau_spatial)",
        ]  # fmt: skip
        if not len(subject.w.islands):
            lines += [
                "near_each = Tau_Local_Neighbor(panel[:, 0], panel[:, -1], WSP(w.sparse).to_W(silence_warnings=True))",
                "print(near_each.tau_ln)",
            ]
    return [*lines, *(["theta = Theta(panel, groups, permutations=0)", "print(theta.theta)"] if grouped else [])]


def _rose_lines(subject: Subject) -> list[str]:
    return [
        "from giddy.directional import Rose  # y holds the move of each unit",
        f"test = Rose(np.column_stack([np.zeros_like(y), y]), w, k={subject.method})", "print(test.counts, test.theta)",
    ]  # fmt: skip


MOBILITY_SCRIPTS: dict[str, Callable[[Subject], list[str]]] = {
    "spatial_markov": _spatial_markov_lines, "rank_mobility": _rank_lines, "directional_lisa": _rose_lines,
}  # fmt: skip
