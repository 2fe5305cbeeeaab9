"""Flows: arcs from givers to receivers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import numpy as np
import pandas as pd

from gbaspatial.alignment import places_in
from gbaspatial.errors import DataError, UnknownNameError, nearest_names, some
from gbaspatial.maps.layers import Label, Layer, bilingual
from gbaspatial.options import public, whole

if TYPE_CHECKING:
    from gbaspatial.maps.escape import Payload


@dataclass(frozen=True, slots=True, eq=False, kw_only=True, repr=False)
class Flows(Layer):
    """Arcs from givers to receivers."""

    frame: pd.DataFrame
    top: int
    is_fill: ClassVar[bool] = False

    def payload(self, units: pd.DataFrame) -> Payload:
        """The largest flows, each with the places of giver and receiver."""
        return {"label": list(self.label), **_flows(self, units.index)}


@public
def flows(frame: pd.DataFrame, *, label: Label = None, top: int = 30) -> Flows:
    """Arcs from giver to receiver, as wide as the value, with an arrow at the receiver.

    Parameters
    ----------
    frame : DataFrame or impacts
        Columns `giver`, `receiver`, `value`, or a result whose ``flows()`` has them, such as the impacts of a
        model; negative values get another color.
    label : str or (str, str), optional
        What the layer is called, in English or (English, Chinese).
    top : int
        How many of the largest (in size) are drawn; the legend says how many there are.

    Returns
    -------
    Flows
        A layer for `atlas`.

    Raises
    ------
    UnknownNameError
        If `giver`, `receiver` or `value` is no column.

    Examples
    --------
    >>> flows(pd.DataFrame({"giver": ["a"], "receiver": ["b"], "value": [2.0]})).top
    30
    """
    frame = frame.flows() if hasattr(frame, "flows") else frame
    wanted = ("giver", "receiver", "value")
    lacking = [c for c in wanted if c not in frame.columns]
    if lacking:
        raise UnknownNameError(
            f"the flows have no column {some(lacking)}. {nearest_names(lacking[0], frame.columns)} "
            f"Rename yours to giver, receiver and value."
        )
    bad = ~pd.to_numeric(frame["value"], errors="coerce").abs().lt(float("inf"))
    if bad.any():
        pairs = [f"{a} to {b}" for a, b in zip(frame.loc[bad, "giver"], frame.loc[bad, "receiver"], strict=True)]
        raise DataError(f"the flow from {some(pairs)} is not a finite number; correct it or leave the pair out.")
    whole(top, "top", least=1)
    if frame.empty:
        raise DataError("the flows have no rows, so there is no arc to draw; check what they were filtered by.")
    return Flows(label=bilingual(label, ("Flows", "溢出流")), frame=frame[list(wanted)].copy(), top=top)


def _flows(layer: Flows, index: pd.Index) -> Payload:
    frame = layer.frame
    giver = places_in(pd.Index(frame["giver"]), index, "flows")
    receiver = places_in(pd.Index(frame["receiver"]), index, "flows")
    value = frame["value"].to_numpy(dtype=float)
    between = giver != receiver  # what a unit gives to itself has no arc
    giver, receiver, value = giver[between], receiver[between], value[between]
    if not len(value):
        raise DataError("every flow stays inside its own unit, so there is no arc to draw.")
    if not value.any():
        raise DataError("every flow from one unit to another is zero, so there is no arc to draw.")
    largest = np.argsort(-np.abs(value), kind="stable")[: layer.top]
    shown = (giver[largest], receiver[largest], value[largest])
    return {
        "kind": "flows",
        "years": None,
        "flows": [[int(a), int(b), float(f"{v:.6g}")] for a, b, v in zip(*shown, strict=True)],
        "of": len(value),
        "negative": bool((shown[2] < 0).any()),
        "note": ["", ""],
    }
