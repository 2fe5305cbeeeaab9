"""The links of W that cross a border, by sides and periods, as friction finds them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
import pandas as pd

from gbaspatial.alignment import align_labels
from gbaspatial.errors import (
    OptionError,
    WeightsError,
    some,
)
from gbaspatial.sizes import SPLINE_LIMIT
from gbaspatial.weights import Weights, as_weights
from gbaspatial.weights.adoption import as_weights_called

if TYPE_CHECKING:
    pass


PeriodWeights: TypeAlias = "Weights | Mapping[Any, Weights]"  # one W, or one for each period


# -- the door -----------------------------------------------------------------------------------
def weights_given(w: object) -> PeriodWeights:
    """The W, or that of each period, that the scan is about; each object read once."""
    if not isinstance(w, Mapping):
        return _without_friction(as_weights(w))
    if any(isinstance(key, str) for key in w):
        raise OptionError("w is a mapping of names; border_friction takes one W, or a mapping of periods to W.")
    if not w:
        raise OptionError("w is an empty mapping; give a W, or a mapping of periods to W.")
    known: dict[int, Weights] = {}
    for key, one in w.items():
        known.setdefault(id(one), _without_friction(as_weights_called(one, f"w of {key}")))
    return {key: known[id(one)] for key, one in w.items()}


def _without_friction(w: Weights) -> Weights:
    kept = friction_kept(w)
    if kept != 1:
        raise WeightsError(
            f"W has a friction of {kept:g} already, so that 1 would not be the absence of a border; give W as it was "
            f"before with_friction."
        )
    return w


def friction_kept(main: Weights) -> float:
    """The friction that W has by its recipe, the lowest where borders differ."""
    kept = 1.0
    for step in main.recipe.steps:
        if step.name == "with_friction":  # a number, or pairs of groups with theirs
            told = str(dict(step.options)["friction"]).split(", ")
            kept *= min(float(each.rpartition(": ")[2]) for each in told)
    return kept


def rescaled_words(w: Weights, standardizations: Iterable[str]) -> tuple[str, ...]:
    """What to say where W came with its rows standardized, which other standardizations then rescale."""
    others = [name for name in dict.fromkeys(standardizations) if name != "row"]
    if w.standardization != "row" or not others:
        return ()
    return (
        f"W came with its rows standardized, so that {some(others)} rescale those rows and not the links: give W as "
        f"its builder made it.",
    )


def sides_of(groups: pd.Series, weights: PeriodWeights) -> pd.Series:
    """The side of each unit of W, checked."""
    ids = weights.ids if isinstance(weights, Weights) else next(iter(weights.values())).ids
    labels = pd.Series(align_labels(groups, ids), index=ids, name=getattr(groups, "name", None) or "groups")
    if len(ids) > SPLINE_LIMIT:
        raise WeightsError(f"the friction is scanned up to {SPLINE_LIMIT:,} units; W has {len(ids):,}.")
    return labels


def links_of(weights: PeriodWeights, sides: pd.Series) -> tuple[int, int, pd.Index, pd.Index]:
    """Links across and within, units whose links all cross, and units that a closed border leaves alone.

    Raises
    ------
    WeightsError
        If no link crosses the border, or all do.
    """
    each = [weights] if isinstance(weights, Weights) else list({id(one): one for one in weights.values()}.values())
    crossing = within = 0
    alone = np.zeros(len(sides), dtype=bool)
    for one in each:
        far, near = _counts(one, sides)
        crossing, within = crossing + int(far.sum()), within + int(near.sum())
        alone |= pd.Series((far > 0) & (near == 0), index=one.ids).reindex(sides.index).to_numpy()
    if not crossing:
        raise WeightsError("no link crosses the border, so nothing tells its friction; give groups= that have links.")
    if not within:
        raise WeightsError(
            "every link crosses the border, so that its friction only rescales W and rho takes its place; use a W "
            "with links within groups too."
        )
    return crossing, within, sides.index[alone], sides.index[alone]


def _counts(w: Weights, sides: pd.Series) -> tuple[np.ndarray, np.ndarray]:
    """Links of each unit across, and within."""
    codes = pd.factorize(sides.reindex(w.ids))[0]
    rows = np.repeat(np.arange(w.n), np.diff(w.sparse.indptr))
    across = codes[rows] != codes[w.sparse.indices]
    return np.bincount(rows[across], minlength=w.n), np.bincount(rows[~across], minlength=w.n)


def no_mixed(weights: PeriodWeights, sides: pd.Series) -> bool:
    """Whether no unit has links both across and within the sides."""
    each = [weights] if isinstance(weights, Weights) else weights.values()
    return not any(((far > 0) & (near > 0)).any() for far, near in (_counts(one, sides) for one in each))
