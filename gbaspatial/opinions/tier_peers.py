"""What mapclassify, scikit-learn and R say of tiers: the tier of each unit, and the share of the variance between."""

from __future__ import annotations

from collections.abc import Callable
from importlib.metadata import version

import numpy as np

from gbaspatial.disparity.strata import TiersResult
from gbaspatial.opinions import known
from gbaspatial.opinions.answers import Answer
from gbaspatial.opinions.subject import Subject, by_unit, numbered

TOGETHER = "tiers_together"  # found by spopt itself: there is nobody else to ask
_SAME = 1e-9  # of the share of the variance
_THEIR_STARTS = 50


def of_tiers(result: TiersResult) -> Subject:
    """The tier of each unit, 1 is the highest; k is that of the tiers found."""
    values = result.values
    ours = {"explained": result.explained}
    ours |= {f"tier[{unit}]": float(result.tiers[unit]) for unit in values.index}
    kind = TOGETHER if result.weights is not None else f"tiers_{_method(result)}"
    title = f"Tiers by {result.method}" + (f" of {values.shape[1]} variables" if values.shape[1] > 1 else "")
    return Subject(
        kind, str(len(result.table)), values.iloc[:, 0].rename(str(values.columns[0])),
        numbered(values.iloc[:, 1:]), None, ours, title, terms=tuple(map(str, values.columns[1:])),
    )  # fmt: skip


def _method(result: TiersResult) -> str:
    """Least squares of one variable are exact, by whatever name they were asked for."""
    return "fisher_jenks" if result.method == "k_means" and result.values.shape[1] == 1 else result.method


def _values(subject: Subject) -> np.ndarray:
    """The variables (n, p)."""
    return np.column_stack([subject.outcome.to_numpy(dtype=float), subject.columns.to_numpy(dtype=float)])


def _answer(subject: Subject, x: np.ndarray, groups: np.ndarray, call: str, program: str, *known_ones: known.Known,
            tied: tuple[known.Known, ...]) -> Answer:  # fmt: skip
    """Their groups as tiers, of `x` (n, p); `known_ones` where they explain less than ours, `tied` where as much."""
    z = (x - x.mean(axis=0)) / x.std(axis=0)
    names, place = np.unique(groups, return_inverse=True)
    level = np.array([z[place == g].mean() for g in range(len(names))])
    tier = (np.argsort(np.argsort(-level, kind="stable")) + 1)[place]
    within = sum(((z[place == g] - z[place == g].mean(axis=0)) ** 2).sum() for g in range(len(names)))
    explained = 1 - within / (z**2).sum()
    more = subject.ours["explained"] - explained
    numbers = {"explained": float(explained)} | by_unit(subject, tier=tier)
    differences = known_ones if more > _SAME else tied if more > -_SAME else ()
    other = any(numbers[name] != subject.ours[name] for name in numbers if name != "explained")
    return Answer(numbers, program, version(program), call, differences if other else ())


def _fisher_jenks(subject: Subject) -> Answer:
    from mapclassify import FisherJenks

    x, k = _values(subject), int(subject.method)
    found = FisherJenks(x[:, 0], k=k)
    return _answer(subject, x, found.yb, f"FisherJenks(k={k})", "mapclassify", known.JENKS_SINGLE,
                   tied=(known.TIERS_TIED,))  # fmt: skip


def _head_tail(subject: Subject) -> Answer:
    from mapclassify import HeadTailBreaks

    x, k = _values(subject), int(subject.method)
    cuts = np.asarray(HeadTailBreaks(x[:, 0]).bins)[: k - 1]
    groups = np.searchsorted(cuts, x[:, 0], side="left")
    call = f"HeadTailBreaks(), its first {k - 1} cuts"
    return _answer(subject, x, groups, call, "mapclassify", tied=())


def _k_means(subject: Subject) -> Answer:
    from sklearn.cluster import KMeans

    x, k = _values(subject), int(subject.method)
    found = KMeans(n_clusters=k, n_init=_THEIR_STARTS, random_state=0).fit(x / x.std(axis=0))
    call = f"KMeans(n_clusters={k}, n_init={_THEIR_STARTS}), of variables over their standard deviation"
    return _answer(subject, x, found.labels_, call, "scikit-learn", known.SEARCHED, tied=(known.TIERS_TIED,))


TIERS: dict[str, Callable[[Subject], Answer]] = {
    "tiers_fisher_jenks": _fisher_jenks, "tiers_head_tail": _head_tail, "tiers_k_means": _k_means,
}  # fmt: skip


# -- as code -----------------------------------------------------------------------------------
def _k_means_lines(subject: Subject) -> list[str]:
    return [
        "from sklearn.cluster import KMeans", "x = data.drop(columns=['id']).to_numpy(float)",
        f"found = KMeans(n_clusters={subject.method}, n_init={_THEIR_STARTS}, random_state=0).fit(x / x.std(axis=0))",
        "groups = found.labels_", "print(groups)",
    ]  # fmt: skip


TIER_SCRIPTS: dict[str, Callable[[Subject], list[str]]] = {
    "tiers_fisher_jenks": lambda s: [
        "from mapclassify import FisherJenks", f"groups = FisherJenks(y, k={s.method}).yb", "print(groups)",
    ],
    "tiers_head_tail": lambda s: [
        "from mapclassify import HeadTailBreaks", f"cuts = HeadTailBreaks(y).bins[:{int(s.method) - 1}]",
        "groups = np.searchsorted(cuts, y, side='left')", "print(groups)",
    ],
    "tiers_k_means": _k_means_lines,
}  # fmt: skip
R_TIERS: dict[tuple[str, str], Callable[[Subject], list[str]]] = {
    ("tiers_fisher_jenks", ""): lambda s: [
        f'breaks <- classInt::classIntervals(data$y, n = {s.method}, style = "fisher")',
        "print(classInt::findCols(breaks))",
    ],
    ("tiers_k_means", ""): lambda s: [
        "x <- scale(data[, -1])", "set.seed(1)",
        f"print(kmeans(x, {s.method}, iter.max = 100, nstart = {_THEIR_STARTS})$cluster)",
    ],
}  # fmt: skip
R_TIER_LINES = (
    "groups <- found",
    "z <- scale(as.matrix(data[, -1]))",
    "within <- sum(sapply(unique(groups), function(g) { m <- z[groups == g, , drop = FALSE]; "
    "sum(sweep(m, 2, colMeans(m))^2) }))",
    'say("explained", 1 - within / sum(z^2))',
    "level <- tapply(rowMeans(z), groups, mean)",
    "tier <- rank(-level)[as.character(groups)]",
)
