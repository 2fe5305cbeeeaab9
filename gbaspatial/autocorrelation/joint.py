"""p-values of several tests of the same units, adjusted for their number by orders of the units that all share."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from gbaspatial.inference.conditional import LocalSums
from gbaspatial.inference.local_joint import joint_local_p
from gbaspatial.inference.multiple import adjust, adjust_jointly
from gbaspatial.inference.null import Alternative

if TYPE_CHECKING:
    pass


def joint_p(
    test: Callable[..., Any], results: Iterable[Any], alternative: Alternative, draws: int, seed: int
) -> tuple[np.ndarray, int]:
    """Step-down min-p (T,) of global tests of the same units, and by how many orders: NaN and 0 without orders.

    Parameters
    ----------
    test : callable
        Made each of `results`; called again by permutation where a result is of all orders.
    results : iterable of GlobalTest
        Draws are keyed by seed and number, so that those of single tests are of the same orders already.
    alternative, draws, seed
        Those of `results`.
    """
    found = list(results)
    if not all(each.inference in ("exact", "permutation") for each in found):
        return np.full(len(found), np.nan), 0
    p, samples = np.array([each.p_value for each in found]), []
    for each in found:
        drawn = each
        if each.inference != "permutation":
            drawn = test(
                each.values, each.weights, inference="permutation", alternative=alternative, draws=draws, rng=seed
            )
        samples.append(drawn.null.sample)
    if len(found) == 1:  # one test needs no adjustment, and its p-value may be exact
        return p, len(samples[0])
    orders = np.column_stack(samples)
    joint = adjust_jointly(np.array([each.statistic for each in found]), orders, alternative)
    return np.fmax(joint, p), len(orders)  # drawn, it may fall short of an exact p-value


@dataclass(frozen=True, slots=True, eq=False)
class PeriodTests:
    """Local tests of the same units in several periods, and their p-values adjusted for the number of periods.

    Parameters
    ----------
    p_value : pandas.DataFrame, shape (n, T)
        Of each unit in each period.
    p_adjusted, p_joint : pandas.DataFrame, shape (n, T)
        For the T periods of a unit: by Holm, and by draws that all periods share (step-down min-p); `p_joint` is NaN
        where tests are neither exact nor by permutation.
    inference : str
        Of all periods, joined where they differ.
    draws : int
        How many draws made `p_joint`; 0 for none.
    """

    p_value: pd.DataFrame
    p_adjusted: pd.DataFrame
    p_joint: pd.DataFrame
    inference: str
    draws: int

    @property
    def note(self) -> str:
        """How `any_period` was made, in a sentence."""
        words = f"p_any: the smallest of the {self.p_value.shape[1]} periods of a unit, adjusted for their number"
        if not self.draws:
            return f"{words} (Holm; for p_any_joint use inference='permutation')."
        return (
            f"{words}, by Holm or jointly: units exchange their whole histories (in all ways where they are few, else "
            f"{self.draws:,} random ones), so that periods alike count once (step-down min-p)."
        )

    def any_period(self) -> pd.DataFrame:
        """`p_any_adjusted` and `p_any_joint` by unit: whether it stands out in any period at all."""
        return pd.DataFrame({"p_any_adjusted": self.p_adjusted.min(axis=1), "p_any_joint": self.p_joint.min(axis=1)})


def period_tests(
    found: Mapping[Any, Any], sums: Sequence[LocalSums], labels: pd.Index, draws: int, seed: int
) -> PeriodTests:
    """The two-sided tests of local results `found`, one a period, with p-values adjusted for their number.

    Parameters
    ----------
    found : mapping of period to LocalResult
    sums : sequence of LocalSums
        The statistics of `found`.
    labels : pandas.Index
        The units of `sums`, in their order.
    draws, seed : int
        Those of `found`.
    """
    p = pd.DataFrame({period: each.p_value for period, each in found.items()})
    holm = p.copy()
    holm[:] = np.stack([adjust(row, "holm") for row in p.to_numpy()])
    joint = p * np.nan
    kinds = list(dict.fromkeys(each.inference for each in found.values()))
    drawn = all(kind in ("exact", "permutation") for kind in kinds)
    if drawn:
        by_draws = pd.DataFrame(joint_local_p(sums, draws, seed), index=labels).loc[p.index].to_numpy()
        # drawn, it may fall short of an exact p-value; a unit without neighbors has neither
        joint[:] = np.where(p.isna(), np.nan, np.fmax(by_draws, p.to_numpy()))
    return PeriodTests(p, holm, joint, " and ".join(kinds), draws if drawn else 0)
