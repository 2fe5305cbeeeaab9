"""The picture of average impacts."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from gbaspatial.models.impacts import ImpactsResult


def forest(result: ImpactsResult) -> Any:
    """Estimates and intervals, three rows a regressor, on new axes."""
    from matplotlib import pyplot as plt

    frame = result.to_frame()
    colors = {"direct": "#2166ac", "indirect": "#b2182b", "total": "#404040"}
    figure, axis = plt.subplots(figsize=(7, 0.34 * len(frame) + 1))
    known = frame[["estimate", "lower", "upper"]].replace([np.inf, -np.inf], np.nan).stack()
    margin = 0.1 * float(known.max() - known.min())
    ends = frame[["lower", "upper"]].clip(known.min() - margin, known.max() + margin)
    for place, ((_, effect), row) in enumerate(frame.iterrows()):  # type: ignore[misc]
        axis.plot(ends.iloc[place], [place, place], color=colors[effect], linewidth=1.5)
        axis.plot(row["estimate"], place, "o", color=colors[effect], markersize=5)
        for end, arrow in (("lower", "<"), ("upper", ">")):  # an arrow where the interval has no finite end
            if np.isinf(row[end]):
                axis.plot(ends[end].iloc[place], place, arrow, color=colors[effect], markersize=7)
    axis.axvline(0, color="#888888", linewidth=0.8)
    axis.set_yticks(range(len(frame)), [f"{term}: {effect}" for term, effect in frame.index])
    axis.invert_yaxis()
    open_ended = "; arrows: no finite end" if np.isinf(frame[["lower", "upper"]]).any(axis=None) else ""
    axis.set_xlabel(
        f"impact on {result.engine.fit.response} ({result.level:.0%} intervals, {result.method}{open_ended})"
    )
    axis.spines[["top", "right", "left"]].set_visible(False)
    figure.tight_layout()
    return axis
