"""What flows would be without the border: conditional general equilibrium.

Output and expenditure of every unit stay; prices of origins and destinations (multilateral resistances) adjust to
trade costs without the border, which is the scaling of a table to given margins.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from gbaspatial.errors import ConvergenceError, OptionError, some
from gbaspatial.figures.effects import forest
from gbaspatial.options import level_of, public, whole
from gbaspatial.randomness import Rng, seed_of, stream
from gbaspatial.repeated.blocks import map_blocks, spans
from gbaspatial.results import Result, Table
from gbaspatial.sizes import SETTLED
from gbaspatial.spillover.flow_table import BORDER
from gbaspatial.spillover.two_way_poisson import TwoWay

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from gbaspatial.spillover.gravity import GravityResult

_ROUNDS = 20_000
_BLOCK = 20  # draws of an equilibrium, some milliseconds each
_FAR = 5.0  # observed over fitted exports: beyond it the model does not describe a unit


@dataclass(frozen=True, slots=True, eq=False)
class BorderRemovalResult(Result):
    """Flows without the border, output and expenditure held.

    Attributes
    ----------
    exports, imports, within : pandas.DataFrame
        By unit: `observed`, `before` (fitted), `after`, and `change` in per cent with `lower` and `upper`; exports
        and imports are flows that cross the border, within is what stays on its side.
    flows : pandas.DataFrame
        By pair: fitted flows `before` and `after`.
    level, draws, seed
        Of the intervals.
    """

    exports: pd.DataFrame
    imports: pd.DataFrame
    within: pd.DataFrame
    flows: pd.DataFrame
    level: float
    draws: int
    seed: int

    def tables(self) -> tuple[Table, ...]:
        """Exports, imports, and what stays within."""
        drawn = f"Intervals at {self.level:.0%}: {self.draws} draws of the coefficients, seed {self.seed}."
        notes = [
            "Conditional general equilibrium: output and expenditure of every unit are held, prices adjust.",
            drawn if self.draws else "No intervals were asked for (draws=0).",
        ]
        ratio = self.exports["observed"] / self.exports["before"]
        far = ratio.index[(ratio > _FAR) | (ratio < 1 / _FAR)]
        if len(far):
            notes.append(
                f"The model does not describe the exports of {some(far, 12)}: observed ones are more than {_FAR:g} "
                f"times the fitted ones, or less than a part of {_FAR:g}, as where goods only pass through "
                f"(re-exports). Their changes are no forecast."
            )
        return (
            Table(self.exports, "Exports without the border, change in per cent", tuple(notes)),
            Table(self.imports, "Imports without the border, change in per cent"),
            Table(self.within, "Flows within, change in per cent"),
        )

    def plot(self, *, ax: Axes | None = None) -> Axes:
        """The change of exports by unit, with its interval."""
        changes = self.exports.rename(columns={"change": "estimate"})
        return forest(changes, label="Exports without the border, change in per cent", ax=ax)


@public
def without_border(fit: GravityResult, *, draws: int = 199, rng: Rng = 0, level: float = 0.95) -> BorderRemovalResult:
    """Flows without the border, in conditional general equilibrium.

    Parameters
    ----------
    fit : GravityResult
        With the term ``border``.
    draws : int
        Of the coefficients from their normal distribution, for intervals; 0 for none.
    rng : int, Generator or None
        Seed; recorded.
    level : float
        Of confidence.

    Returns
    -------
    BorderRemovalResult

    Raises
    ------
    OptionError
        If the model has no border.

    References
    ----------
    Yotov, Y. V., Piermartini, R., Monteiro, J.-A. and Larch, M. (2016). An Advanced Guide to Trade Policy Analysis:
    The Structural Gravity Model. World Trade Organization.
    """
    if BORDER not in fit.params.index:
        raise OptionError("the model has no term 'border'; fit it with border=True.")
    draws, level = whole(draws, "draws"), level_of(level)
    seed = seed_of(rng)
    design, kept = fit.design, fit.kept
    ways, abroad = design.ways.among(kept), design.abroad[kept]
    mu = fit.mean.reindex(design.pairs).to_numpy()[kept]
    after = scaled_to(mu * np.exp(-fit.params[BORDER] * abroad), mu, ways)
    many = _drawn(fit, mu, ways, abroad, draws, seed)
    places = (design.ways.origin[kept], design.ways.destination[kept])

    def _by(codes: np.ndarray, rows: np.ndarray) -> pd.DataFrame:
        found = _changes(design.units, codes[rows], mu[rows], after[rows], [(a[rows], b[rows]) for a, b in many], level)
        found.insert(0, "observed", np.bincount(codes[rows], design.y[kept][rows], len(design.units)))
        return found

    flows = pd.DataFrame({"before": mu, "after": after}, index=design.pairs[kept]).reindex(design.index).fillna(0.0)
    return BorderRemovalResult(
        _by(places[0], abroad), _by(places[1], abroad), _by(places[0], ~abroad), flows, level, draws, seed
    )


def _drawn(
    fit: GravityResult, mu: np.ndarray, ways: TwoWay, abroad: np.ndarray, draws: int, seed: int
) -> list[tuple[np.ndarray, np.ndarray]]:
    """Flows before and after under drawn coefficients, with the same margins."""
    root = np.linalg.cholesky(fit.covariance.to_numpy() + 1e-14 * np.trace(fit.covariance) * np.eye(len(fit.params)))
    X = fit.design.X[fit.kept]
    place = list(fit.params.index).index(BORDER)
    slope = float(fit.params.iloc[place])

    def _of(span: tuple[int, int]) -> list[tuple[np.ndarray, np.ndarray]]:
        found = []
        for draw in range(*span):
            step = root @ stream(seed, draw).normal(size=len(root))
            before = scaled_to(mu * np.exp(X @ step - (X @ step).mean()), mu, ways)
            after = scaled_to(before * np.exp(-(slope + step[place]) * abroad), mu, ways)
            found.append((before, after))
        return found

    return [pair for part in map_blocks(_of, spans(0, draws, _BLOCK), "draws") for pair in part]


def _changes(
    units: pd.Index,
    codes: np.ndarray,
    before: np.ndarray,
    after: np.ndarray,
    many: list[tuple[np.ndarray, np.ndarray]],
    level: float,
) -> pd.DataFrame:
    def _change(a: np.ndarray, b: np.ndarray) -> np.ndarray:
        old, new = (np.bincount(codes, part, len(units)) for part in (a, b))
        with np.errstate(invalid="ignore", divide="ignore"):
            return np.where(old > 0, 100 * (new / old - 1), np.nan)

    frame = pd.DataFrame(index=units.rename(units.name or "unit"))
    frame["before"], frame["after"] = (np.bincount(codes, part, len(units)) for part in (before, after))
    frame["change"] = _change(before, after)
    tails = (0.5 - level / 2, 0.5 + level / 2)
    changes = np.array([_change(a, b) for a, b in many]) if many else np.full((1, len(units)), np.nan)
    frame["lower"], frame["upper"] = (np.quantile(changes, tail, axis=0) for tail in tails)
    return frame


def scaled_to(table: np.ndarray, margins: np.ndarray, ways: TwoWay) -> np.ndarray:
    """`table` (m,) with rows and columns scaled in turn to the sums of `margins` (m,).

    Raises
    ------
    ConvergenceError
        If the sums are not reached.

    Examples
    --------
    >>> ways = TwoWay(np.array([0, 0, 1, 1]), np.array([0, 1, 0, 1]))
    >>> scaled_to(np.array([1.0, 2, 2, 1]), np.array([4.0, 0, 0, 4]), ways).round(6).tolist()
    [1.333333, 2.666667, 2.666667, 1.333333]
    """
    first, second = ways.incidence
    rows, columns = first @ margins, second @ margins
    costs = ((first * table) @ second.T).toarray()
    after = np.ones(len(columns))
    for _ in range(_ROUNDS):
        before = rows / (costs @ after)
        new = columns / (before @ costs)
        moved, after = float(np.abs(new / after - 1).max()), new
        if moved < SETTLED:
            return np.asarray(table * before[ways.origin] * after[ways.destination])
    raise ConvergenceError(f"flows could not be scaled to output and expenditure in {_ROUNDS} rounds.")
