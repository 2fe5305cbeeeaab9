"""What the opening of a link changes: a fitted panel with the W of one period, and with that of another."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from gbaspatial.errors import OptionError, some
from gbaspatial.figures import map_of
from gbaspatial.inference.null import check_draws_of_interval
from gbaspatial.models.few_units.recommended import SEED
from gbaspatial.models.impacts import average
from gbaspatial.models.panel.frame import weights_of
from gbaspatial.models.panel.impacts_in_period import DRAWS, histories_behind, place_of
from gbaspatial.models.solve.admissible import window
from gbaspatial.options import level_of, public
from gbaspatial.randomness import IMPACT_DRAWS, Rng, seed_of, stream
from gbaspatial.results import Result, Table
from gbaspatial.sizes import UNBOUNDED
from gbaspatial.weights import Weights, as_weights

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from gbaspatial.alignment import Label
    from gbaspatial.formula.regressors import Column
    from gbaspatial.geography.places import Units
    from gbaspatial.models.panel.panel_fit import PanelFit
    from gbaspatial.weights.annotations import WeightsLike


@dataclass(frozen=True, slots=True, eq=False)
class LinkImpacts(Result):
    """What other links change.

    Attributes
    ----------
    frame : pandas.DataFrame
        By unit: `before` and `after` the fitted outcome, `change` with `lower, upper, p_value`, and `links` gained.
    impacts : pandas.DataFrame
        By regressor and effect (direct, indirect, total): `before, after, change, lower, upper`.
    notes, title
    """

    frame: pd.DataFrame
    impacts: pd.DataFrame
    title: str
    notes: tuple[str, ...]

    def to_frame(self) -> pd.DataFrame:
        """The units; see `frame`."""
        return self.frame.copy()

    def tables(self) -> tuple[Table, ...]:
        """The units, and the impacts of regressors."""
        return Table(self.frame, self.title, self.notes), Table(self.impacts, "Impacts of regressors by W")

    def plot(self, units: Units, *, ax: Axes | None = None) -> Axes:
        """The change of each unit on a map: gains and losses in colors of their own, classes alike on both sides.

        Parameters
        ----------
        units : geopandas.GeoDataFrame
            Indexed by unit.
        ax : matplotlib.axes.Axes, optional
            Where to draw.

        Returns
        -------
        matplotlib.axes.Axes
        """
        change = self.frame["change"]
        bounds, palette = classes_around_zero(change)
        return map_of(units.join(change), "change", label=self.title, scheme=bounds, palette=palette, ax=ax)


def classes_around_zero(change: pd.Series) -> tuple[list[float], str]:
    """Bounds between classes by thirds of the sizes, alike on both sides of zero, and the colors for them.

    Where all changes have one sign there is one side, in its colors.

    Examples
    --------
    >>> classes_around_zero(pd.Series([-1.0, 2.0, 3.0, 4.0]))
    ([-3.0, -2.0, 0.0, 2.0, 3.0], 'RdBu_r')
    >>> classes_around_zero(pd.Series([1.0, 2.0, 3.0, 4.0]))
    ([2.0, 3.0], 'Reds')
    """
    size = change.abs()
    inner, outer = (float(f"{v:.2g}") for v in np.quantile(size[size > 0], [1 / 3, 2 / 3]))
    if (change >= 0).all():
        return [inner, outer], "Reds"
    if (change <= 0).all():
        return [-outer, -inner], "Blues_r"
    return [-outer, -inner, 0.0, inner, outer], "RdBu_r"


@public
def impact_of_links(
    fit: PanelFit,
    *,
    before: WeightsLike | Label,
    after: WeightsLike | Label,
    draws: int = DRAWS,
    rng: Rng = SEED,
    level: float = 0.95,
) -> LinkImpacts:
    """What the links of one period, or of another W, change in a fitted panel, unit by unit.

    The outcome that the model expects, (I - rho W)^-1 (X b + effects), with regressors and effects of the period
    `after` and the W of `before`, then of `after`; spatial lags among the regressors are made anew with each. That
    is what the model says of the links if they change nothing but W: not what an opening did to trade or prices.

    Parameters
    ----------
    fit : PanelFit
        With rho, spatial lags of regressors, or both.
    before, after : period or Weights
        Periods of the fit (whose W are then meant), or W of the same units. Regressors and effects are those of the
        period `after`, of the last period where `after` is a W.
    draws : int
        Draws of the parameters: those of the recommended inference below fifty units (of the units' histories), else
        from their normal distribution, with the covariance of the fit.
    rng : int, Generator or None
        Seed; recorded.
    level : float
        Of the intervals.

    Returns
    -------
    LinkImpacts

    Raises
    ------
    OptionError
        If the model has no W, or both W are the same.
    UnknownNameError
        For a period that the fit does not have.

    Examples
    --------
    >>> import gbaspatial as gba
    >>> panel = gba.load_panel().loc[:, ["gdp_pc_cny", "employment"]].dropna()
    >>> cities = gba.load_cities(year=2019)
    >>> by_year = gba.weights.by_year(cities, years=range(2000, 2024))
    >>> fit = gba.models.panel_lag("log(gdp_pc_cny) ~ log(employment)", panel, by_year, effects="unit",
    ...                            unbalanced="common")
    >>> found = gba.models.impact_of_links(fit, before=2017, after=2019, draws=199)
    >>> found.frame.columns.tolist()
    ['before', 'after', 'change', 'lower', 'upper', 'p_value', 'links']
    """
    level, seed = level_of(level), seed_of(rng)
    draws = check_draws_of_interval(draws, level)
    lagged = [column for column in fit.design.columns if column.weights is not None]
    if fit.w is None and not lagged:
        raise OptionError("the model has no W, so links change nothing in it; use panel_lag, panel_slx or durbin=True.")
    place = _place(fit, after) if not _is_weights(after) else len(fit.design.periods) - 1
    one, two = (_weights(fit, given, place) for given in (before, after))
    if one.ids.equals(two.ids) and abs(one.sparse - two.sparse).max() == 0:
        raise OptionError("both W are the same, so that nothing changes; name periods between which links opened.")
    parts = _Parts(fit, place, lagged)
    names = [*fit.terms] + (["rho"] if fit.w is not None else [])
    theta = fit.params[names].to_numpy(dtype=float)
    ends = window((max(one.interval[0], two.interval[0]), min(one.interval[1], two.interval[1])))
    few = histories_behind(fit, "auto", draws, rng)
    drawn = _normal(fit, names, ends, draws, seed) if few is None else few.draws_of(names)
    if fit.w is not None:
        drawn[:, -1] = np.clip(drawn[:, -1], *ends)
    W1, W2 = one.sparse.toarray(), two.sparse.toarray()
    own = [parts.outcome(theta, W) for W in (W1, W2)]
    changes = np.array([parts.outcome(t, W2) - parts.outcome(t, W1) for t in drawn])
    frame = _units(fit, parts, own, changes, level, (W2 != 0).sum(axis=1) - (W1 != 0).sum(axis=1))
    impacts = _impacts(parts, theta, drawn, W1, W2, level)
    told = (
        f"normal draws of the parameters ({fit.covariance_kind}; {draws:,} draws, seed {seed})"
        if few is None
        else few.how
    )
    notes: tuple[str, ...] = (
        f"Expected outcome in {fit.design.periods[place]} with the W of {_told(before)} and of {_told(after)}; "
        f"regressors and effects as in {fit.design.periods[place]}.",
        f"{level:.0%} intervals: percentiles of {told}; effects as estimated at the estimates.",
    )
    if parts.past:
        notes += ("The outcome of the period before stays as it was: this is what links change within a period.",)
    alone = parts.units[((W1 != 0).sum(axis=1) == 0) != ((W2 != 0).sum(axis=1) == 0)]
    if len(alone) and fit.w is not None:
        notes += (
            f"{some(alone)} had no link with one of both W: the change there holds the whole level of rho W y, which "
            f"an effect of the unit would otherwise take up.",
        )
    return LinkImpacts(frame, impacts, f"What links change: {fit.formula}", notes)


def _normal(fit: PanelFit, names: list[str], ends: tuple[float, float], draws: int, seed: int) -> np.ndarray:
    """Draws (draws, p) of the parameters `names` from the normal distribution with the covariance of the fit."""
    spread = fit.covariance.loc[names, names].to_numpy(dtype=float)
    if not np.isfinite(spread).all():
        raise OptionError("the parameters have no covariance (the notes of the fit say why), so changes have none.")
    where = len(names) - 1 if fit.w is not None else None
    return average.normal_draws(
        fit.params[names].to_numpy(float), spread, where, ends, draws, stream(seed, IMPACT_DRAWS)
    )[0]


def _is_weights(given: object) -> bool:
    return isinstance(given, Weights) or hasattr(given, "sparse") or hasattr(given, "neighbors")


def _told(given: object) -> str:
    return str(given) if not _is_weights(given) else "the W given"


def _place(fit: PanelFit, period: Label) -> int:
    return place_of(period, fit.design.periods)


def _weights(fit: PanelFit, given: object, place: int) -> Weights:
    """The W of a period, or one given, over the units of the period at `place`."""
    used = fit.w if fit.w is not None else fit.design.weights["W"]
    units = used.by_period[place].ids
    if _is_weights(given):
        return weights_of(as_weights(given), fit.design, "W").by_period[place]
    found = used.by_period[_place(fit, given)]
    if not found.ids.equals(units):
        raise OptionError(f"the units of {given} are not those of {fit.design.periods[place]}; fit a balanced panel.")
    return found


class _Parts:
    """Regressors of one period by what they are: own columns, and columns to be lagged by whatever W."""

    def __init__(self, fit: PanelFit, place: int, lagged: list[Column]) -> None:
        stack = fit.design.stack
        rows = slice(int(stack.starts[place]), int(stack.starts[place + 1]))
        self.units = fit.design.units[stack.unit[rows]]
        self.names = list(fit.terms)
        self.X = fit.design.X[rows]
        own = {name: k for k, name in enumerate(self.names)}
        before = f"L({fit.design.response})"  # of a dynamic model: the past stays as it was
        self.pairs = {k: own.get(c.regressor, -1) for k, c in enumerate(fit.design.columns) if c in lagged}
        if before in own and f"W({before})" in own:
            self.pairs[own[f"W({before})"]] = own[before]
        self.past = {own[before]} if before in own else set()
        columns = enumerate(fit.design.columns)
        other = [
            c.name
            for k, c in columns
            if self.pairs.get(k) == -1 or (c.lagged and k not in self.pairs and k not in self.past)
        ]
        if other:
            raise OptionError(
                f"{some(other)} cannot be made anew with another W, because what it lags is not a regressor itself; "
                f"add that, or use durbin=True."
            )
        eta = fit._own_part()[rows]
        self.effects = eta - self.X @ fit.beta
        self.lag = fit.w is not None

    def outcome(self, theta: np.ndarray, W: np.ndarray) -> np.ndarray:
        """(I - rho W)^-1 (X b + effects) (n,) with spatial lags made by `W`."""
        X = self.X.copy()
        for column, of in self.pairs.items():
            X[:, column] = W @ self.X[:, of]
        right = X @ theta[: X.shape[1]] + self.effects
        return np.linalg.solve(np.eye(len(W)) - theta[-1] * W, right) if self.lag else right

    def averages(self, theta: np.ndarray, W: np.ndarray) -> np.ndarray:
        """Direct, indirect and total impacts (regressors, 3)."""
        n, lags = len(W), {of: column for column, of in self.pairs.items()}
        inverse = np.linalg.inv(np.eye(n) - theta[-1] * W) if self.lag else np.eye(n)
        found = []
        for k in range(self.X.shape[1]):
            if k in self.pairs or k in self.past:
                continue
            S = inverse * theta[k] + (inverse @ W * theta[lags[k]] if k in lags else 0.0)
            direct, total = float(np.trace(S)) / n, float(S.sum()) / n
            found.append([direct, total - direct, total])
        return np.array(found)


def _units(
    fit: PanelFit, parts: _Parts, own: list[np.ndarray], changes: np.ndarray, level: float, links: np.ndarray
) -> pd.DataFrame:
    tail = (1 - level) / 2
    low, high = _ends(changes, own[1] - own[0], tail)
    sides = np.minimum((changes <= 0).sum(axis=0), (changes >= 0).sum(axis=0))
    columns = {
        "before": own[0], "after": own[1], "change": own[1] - own[0], "lower": low, "upper": high,
        "p_value": np.minimum(1.0, 2 * (1 + sides) / (len(changes) + 1)), "links": links,
    }  # fmt: skip
    frame = pd.DataFrame(columns, index=parts.units)
    order = pd.Index([unit for unit in fit.design.index.unique(0) if unit in set(parts.units)], name=parts.units.name)
    return frame.reindex(order)


def _ends(drawn: np.ndarray, size: np.ndarray, tail: float) -> np.ndarray:
    """Quantiles (2, ...) of draws (m, ...); infinite where they are those of the end of the interval of rho."""
    ends = np.quantile(drawn, [tail, 1 - tail], axis=0)
    limit = UNBOUNDED * max(float(np.abs(size).max()), 1e-300)
    return np.where(np.abs(ends) > limit, np.copysign(np.inf, ends), ends)


def _impacts(
    parts: _Parts, theta: np.ndarray, drawn: np.ndarray, W1: np.ndarray, W2: np.ndarray, level: float
) -> pd.DataFrame:
    tail = (1 - level) / 2
    first, second = parts.averages(theta, W1), parts.averages(theta, W2)
    gaps = np.array([parts.averages(t, W2) - parts.averages(t, W1) for t in drawn])
    low, high = _ends(gaps, second, tail)
    names = [name for k, name in enumerate(parts.names) if k not in parts.pairs and k not in parts.past]
    index = pd.MultiIndex.from_product([names, ["direct", "indirect", "total"]], names=["term", "effect"])
    columns = {"before": first, "after": second, "change": second - first, "lower": low, "upper": high}
    return pd.DataFrame({name: values.ravel() for name, values in columns.items()}, index=index)
