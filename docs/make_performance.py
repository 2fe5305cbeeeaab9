"""Write docs/performance.md and its picture from benchmarks/results/bench.json: the last step of `make bench`."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
RESULTS = HERE.parent / "benchmarks" / "results" / "bench.json"
PAGE, PICTURE = HERE / "performance.md", HERE / "pictures" / "performance.png"
BEGIN, END = "<!-- measured: made by make_performance.py -->", "<!-- end of what is measured -->"
FAMILIES = {
    "moran": "Moran, 999 permutations",
    "ml_lag": "ML lag with standard errors",
    "gmm": "lag by moments, a new W",
    "contiguity": "queen contiguity, clean",
    "unclean": "queen contiguity, vertices not bit-equal",
}


def seconds(value: float) -> str:
    """CPU time with two digits.

    >>> seconds(0.00087), seconds(2.345), seconds(150.3)
    ('0.87 ms', '2.3 s', '150 s')
    """
    if value >= 10:
        return f"{value:.0f} s"
    return f"{value * 1000:.2g} ms" if value < 0.1 else f"{value:.2g} s"


def mib(value: float | None) -> str:
    """Memory, or a dash where it was not measured."""
    return "-" if value is None else f"{value:,.0f}"


def line(row: dict[str, Any]) -> str:
    """One row of the table."""
    own, peers = row["cpu_seconds"]["gbaspatial"], {s: v for s, v in row["cpu_seconds"].items() if s != "gbaspatial"}
    told = "; ".join(f"{side} {seconds(value)}" for side, value in peers.items() if value == value) or "none"
    ratio = "-" if row["ratio"] is None else f"{row['ratio']:g}"
    promised = f"{row['goal']:g} x" if row["goal"] else f"{row['limit_seconds']:g} s" if row["limit_seconds"] else "-"
    kept = {True: "yes", False: "**no**", None: "-"}[row["kept"]]
    memory = " / ".join(mib(row["peak_mib"].get(side)) for side in ("gbaspatial", *peers))
    return f"| {row['title']} | {seconds(own)} | {told} | {ratio} | {promised} | {kept} | {memory} |"


def table(found: dict[str, Any]) -> str:
    """All rows, with where and when they were measured."""
    versions = ", ".join(f"{name} {number}" for name, number in found["versions"].items())
    head = "| work | ours, CPU | peers, CPU | ratio to the best | promised | kept | MiB |"
    rule = "|---|---:|---|---:|---:|---|---:|"
    turns = sorted({row["when"]["rounds"] for row in found["rows"]})
    loads = [row["when"]["load"] for row in found["rows"]]
    where = (
        f"Medians of {turns[0]} to {turns[-1]} turns on {found['processors']} processors ({found['processor']}, "
        f"{found['system']}, load {min(loads):g} to {max(loads):g}), one thread, Python {found['python']}; {versions}."
    )
    return "\n".join([where, "", head, rule, *map(line, found["rows"])])


def by_size(found: dict[str, Any], family: str) -> dict[str, list[tuple[int, float]]]:
    """CPU seconds over n of each side of the rows of a family."""
    out: dict[str, list[tuple[int, float]]] = {}
    for row in found["rows"]:
        if match := re.fullmatch(rf"{family}_(\d+)", row["row"]):
            for side, value in row["cpu_seconds"].items():
                if value == value:
                    out.setdefault(side, []).append((int(match[1]), value))
    return out


def picture(found: dict[str, Any], path: Path) -> None:
    """CPU seconds over n, a panel for each family, ours and the peers'."""
    import matplotlib as mpl

    mpl.use("Agg")
    import matplotlib.pyplot as plt

    figure, grid = plt.subplots(2, 3, figsize=(10, 6.4), layout="constrained")
    panels = grid.ravel()
    for axes, (family, title) in zip(panels, FAMILIES.items(), strict=False):
        for side, points in sorted(by_size(found, family).items()):
            ours = side == "gbaspatial"
            axes.loglog(*zip(*sorted(points), strict=True), marker="o", label=side, lw=2 if ours else 1,
                        color="#b2182b" if ours else None)  # fmt: skip
        axes.set(xlabel="units")
        axes.set_title(title, fontsize=9)
        if axes.lines:
            axes.legend(frameon=False, fontsize=8)
        axes.spines[["top", "right"]].set_visible(False)
    for axes in panels[:: grid.shape[1]]:
        axes.set_ylabel("CPU seconds")
    for axes in panels[len(FAMILIES) :]:
        axes.set_axis_off()
    figure.savefig(path, dpi=110, metadata={"Software": None})


def renewed(page: str, found: dict[str, Any]) -> str:
    """The page with the table of `found`."""
    before, _, rest = page.partition(BEGIN)
    return before + BEGIN + "\n\n" + table(found) + "\n\n" + END + rest.partition(END)[2]


if __name__ == "__main__":
    made = json.loads(RESULTS.read_text(encoding="utf-8"))
    PAGE.write_text(renewed(PAGE.read_text(encoding="utf-8"), made), encoding="utf-8")
    picture(made, PICTURE)
