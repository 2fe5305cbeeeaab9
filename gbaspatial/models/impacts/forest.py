"""The picture of average impacts."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from gbaspatial.figures.effects import frame_of

if TYPE_CHECKING:
    from gbaspatial.models.impacts.engine import ImpactsResult


def forest(result: ImpactsResult) -> Any:
    """Estimates and intervals, three rows a regressor, on new axes."""
    from matplotlib import pyplot as plt

    frame = result.to_frame()
    colors = {"direct": "#2166ac", "indirect": "#b2182b", "total": "#404040"}
    figure, axis = plt.subplots(figsize=(7, 0.34 * len(frame) + 1))
    left, right = frame_of(frame)
    ends = frame[["lower", "upper"]].clip(left, right)
    for place, ((_, effect), row) in enumerate(frame.iterrows()):  # type: ignore[misc]
        axis.plot(ends.iloc[place], [place, place], color=colors[effect], linewidth=1.5)
        axis.plot(row["estimate"], place, "o", color=colors[effect], markersize=5)
    axis.axvline(0, color="#888888", linewidth=0.8)
    axis.set_xlim(left, right)
    axis.set_yticks(range(len(frame)), [f"{term}: {effect}" for term, effect in frame.index])
    axis.invert_yaxis()
    open_ended = "; to the frame: no finite end" if np.isinf(frame[["lower", "upper"]]).any(axis=None) else ""
    axis.set_xlabel(
        f"impact on {result.engine.fit.response} ({result.level:.0%} intervals, {result.method}{open_ended})"
    )
    axis.spines[["top", "right", "left"]].set_visible(False)
    figure.tight_layout()
    return axis
