"""How a W was made, in words: the recipe of the API read out for a page."""

from __future__ import annotations

import re

from gbaspatial.report.languages import Words

_OPEN = r"links\(which=open by (\d{4})[-\d]*(?:, added=(\d+))?(?:, kinds=[\w, ]+)?\)"
_STEPS = (
    (r"contiguity\(criterion=queen.*\)", Words("a common border or corner", "有共同边界或顶点")),
    (r"contiguity\(criterion=rook.*\)", Words("a common border", "有共同边界")),
    (r"nearest\(k=(\d+).*\)", Words(r"the \1 nearest", r"最近的 \1 个单元")),
    (r"inverse_distance\(power=1,.*\)", Words("the inverse of the distance", "距离的倒数")),
    (r"inverse_distance\(power=([\d.]+).*\)", Words(r"the inverse of the distance to the power \1", r"距离的 \1 次方之倒数")),
    (r"union\(other=\[" + _OPEN + r"\].*\)", Words(r"bridges and tunnels open by \1", r"\1 年前开通的桥隧")),
    (_OPEN, Words(r"bridges and tunnels open by \1", r"\1 年前开通的桥隧")),
    (
        r"with_friction\(friction=([\d.]+), by=side\)",
        Words(r"links across a border of customs territories times \1", r"跨关税区的联系乘以 \1"),
    ),
    (r"row_standardized", Words("rows that sum to one", "按行标准化")),
    (r"spectral", Words("divided by the largest eigenvalue", "除以最大特征值")),
    (r"subset\(n=(\d+)\)", Words(r"cut to \1 units", r"取其中 \1 个单元")),
)  # fmt: skip


def in_words(recipe: str) -> Words:
    """The steps of a recipe one after the other; a step without words stays as it is.

    Examples
    --------
    >>> in_words("contiguity(criterion=queen, crs=EPSG:4326) -> row_standardized").en
    'a common border or corner; rows that sum to one'
    >>> in_words("nearest(k=4, metric=geodesic, crs=EPSG:4326) -> spectral").zh
    '最近的 4 个单元；除以最大特征值'
    """
    steps = [_step(step) for step in recipe.removesuffix(".").split(" -> ")]
    return Words("; ".join(step.en for step in steps), "；".join(step.zh for step in steps))


def _step(step: str) -> Words:
    for pattern, words in _STEPS:
        found = re.fullmatch(pattern, step)
        if found:
            return Words(found.expand(words.en), found.expand(words.zh))
    return Words(step, step)


def owner_and_recipe(line: str) -> tuple[str, str] | None:
    """What stands before a recipe in a line below a table, and the recipe; None where the line tells none.

    Examples
    --------
    >>> owner_and_recipe("W of Lag: nearest(k=4, metric=geodesic, crs=EPSG:4326) -> spectral.")
    ('W of Lag', 'nearest(k=4, metric=geodesic, crs=EPSG:4326) -> spectral')
    >>> owner_and_recipe("p: 11 units") is None
    True
    """
    parts = re.fullmatch(r"([^:]*): (.*?)\.?", line)
    if parts is None or not any(re.fullmatch(pattern, parts[2].split(" -> ")[0]) for pattern, _ in _STEPS):
        return None
    return parts[1], parts[2]
