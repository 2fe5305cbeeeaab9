"""Direct, indirect and total impacts, averaged over the units: what ``fit.impacts()`` gives."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import numpy as np
import pandas as pd

from gbaspatial.errors import OptionError
from gbaspatial.figures import flow_map, forest
from gbaspatial.models.few_units.recommended import SEED
from gbaspatial.models.impacts import average as effects
from gbaspatial.models.impacts.average import Measured, Uncertainty
from gbaspatial.models.impacts.engine import (
    COLUMNS,
    Engine,
    Method,
    labelled_matrix,
    lag_of,
    parameters_of,
    prepared,
    range_of,
    unit_balance,
)
from gbaspatial.models.impacts.groups import GroupImpacts, by_group
from gbaspatial.models.impacts.open_ends import open_rows, open_words
from gbaspatial.models.impacts.orders import by_order
from gbaspatial.models.solve.resolvent import average_readings, resolvent_of
from gbaspatial.options import public, undrawn, word
from gbaspatial.randomness import Rng
from gbaspatial.referee import code as _code, second_opinion as _second_opinion
from gbaspatial.results import Result, Table

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from gbaspatial.geography.places import Units
    from gbaspatial.models.fit import Fit


@dataclass(frozen=True, slots=True, eq=False)
class ImpactsResult(Result):
    """Average impacts by regressor.

    Attributes
    ----------
    direct, indirect, total : pandas.DataFrame
        Columns `estimate, std_error, lower, upper, p_value`, by regressor.
    method : str
        ``"delta"``, ``"simulated"``, ``"bootstrap"``, ``"confidence"`` or, of dynamic panels, ``"draws"``.
    draws, seed : int or None
    level : float
    n : int
    notes : tuple of str
    """

    direct: pd.DataFrame
    indirect: pd.DataFrame
    total: pd.DataFrame
    method: str
    draws: int | None
    seed: int | None
    level: float
    n: int
    notes: tuple[str, ...]
    _engine: Engine

    _older: ClassVar[Mapping[str, str]] = {"engine": "_engine"}

    second_opinion = _second_opinion
    code = _code

    def to_frame(self) -> pd.DataFrame:
        """One row per regressor and effect."""
        parts = {"direct": self.direct, "indirect": self.indirect, "total": self.total}
        frame = pd.concat(parts, names=["effect", "term"]).swaplevel()
        order = [(term, effect) for term in self.direct.index for effect in parts]
        return frame.loc[order]

    def tables(self) -> tuple[Table, ...]:
        """The impacts, regressor by regressor."""
        return (
            Table(
                self.to_frame(),
                f"Impacts in the {self._engine.fit.model} model: {self._engine.fit.formula}",
                self.notes,
            ),
        )

    @property
    def _axis_words(self) -> dict[str, dict[str, str]]:
        """What the axis of the forest measures, by language."""
        response, level = self._engine.fit.response, f"{self.level:.0%}"
        return {
            "en": {"measured": f"impact on {response}, {level} intervals, {self.method}"},
            "zh": {"measured": f"对 {response} 的效应，{level} 区间，{self.method}"},
        }

    def plot(
        self,
        kind: str = "forest",
        *,
        units: Units | None = None,
        term: str | None = None,
        top: int = 30,
        ax: Axes | None = None,
    ) -> Axes:
        """The impacts as a forest, three rows a regressor, or as flows on the map of the `units`.

        Parameters
        ----------
        kind : {"forest", "flows"}
        units : GeoDataFrame, optional
            Needed for flows; indexed by unit.
        term : str, optional
            The regressor whose flows are drawn; needed where there are several.
        top : int
            How many of the largest flows are drawn.
        ax : matplotlib.axes.Axes, optional
            Where to draw; a new figure if not given.

        Returns
        -------
        matplotlib.axes.Axes
        """
        if word(kind, ("forest", "flows"), "kind") == "forest":
            return forest(self, ax=ax)
        if units is None:
            raise OptionError("flows are drawn on a map: give units=, the GeoDataFrame of the units.")
        label = f"Impacts of {term or self.direct.index[0]}"
        return flow_map(units, self.flows(term), label=label, top=top, ax=ax)

    def matrix(self, term: str | None = None) -> pd.DataFrame:
        """The impact matrix of a regressor: rows receive, columns give, in the order of the data."""
        return labelled_matrix(self._engine, self._engine.regressor(term))

    def flows(self, term: str | None = None, *, largest: int | None = None) -> pd.DataFrame:
        """From unit to unit: columns `giver, receiver, value`, strongest first (for arrows on a map).

        Parameters
        ----------
        term : str, optional
            The regressor; may be left out where there is only one.
        largest : int, optional
            How many of the strongest; by default all.
        """
        frame = self.matrix(term).T.stack().rename("value").reset_index()
        frame = frame[frame["giver"] != frame["receiver"]]
        order = frame["value"].abs().sort_values(ascending=False, kind="stable").index
        frame = frame.loc[order].reset_index(drop=True)
        return frame if largest is None else frame.head(largest)

    def by_unit(self, term: str | None = None) -> pd.DataFrame:
        """What each unit does to itself (`own`), gives to all others, receives from all others, and the net.

        Columns `own, gives, receives, net`, and of the last three `_lower` and `_upper`.
        """
        return unit_balance(self._engine, self._engine.regressor(term)).reindex(self._engine.fit.design.index)

    def by_order(self, orders: int = 4, *, term: str | None = None) -> pd.DataFrame:
        """Impacts by the number of links they travelled: 0 is W^0, the last row all that is beyond.

        Order q of a regressor is (rho^q b + rho^(q-1) t) times W^q.

        Parameters
        ----------
        orders : int
            The highest order that has a row of its own.
        term : str, optional
            The regressor; may be left out where there is only one.
        """
        return by_order(self._engine, self._engine.regressor(term), orders)

    def by_group(self, groups: pd.Series, *, term: str | None = None) -> GroupImpacts:
        """From group to group (tier by tier, side by side), and whether a group gives more than it receives.

        Parameters
        ----------
        groups : pandas.Series
            The group of each unit, matched by label.
        term : str, optional
            The regressor; may be left out where there is only one.
        """
        return by_group(self._engine, self._engine.regressor(term), groups)


@undrawn("method", "delta")
@public
def impacts(
    fit: Fit, *, method: Method = "auto", draws: int = 1999, rng: Rng = SEED, level: float = 0.95
) -> ImpactsResult:
    """Direct, indirect and total impacts of every regressor of a fit.

    Parameters
    ----------
    fit : Fit
        Any model with or without a spatial lag.
    method : {"auto", "delta", "simulated", "bootstrap", "confidence"}
        Standard errors by the delta method; by draws from the normal distribution of the
        estimates; from refits, studentized; or by the confidence distribution of the
        parameters, which tests every value of rho or lambda (see `confidence`; models with one
        of them). ``"auto"`` is the inference of the fit: below 50 units the last (the bootstrap
        with rho and lambda), normal draws above and with ``inference="asymptotic"``; without a
        spatial lag the delta method, which is then exact. An interval by ``"confidence"`` is
        unbounded where no rho up to the end of its admissible interval can be rejected.
    draws : int
    rng : int, Generator or None
        Seed; recorded.
    level : float
        Of the intervals.

    Returns
    -------
    ImpactsResult

    References
    ----------
    LeSage, J. and Pace, R. K. (2009). Introduction to Spatial Econometrics. CRC Press, ch. 2.

    Examples
    --------
    >>> import gbaspatial as gba
    >>> cities = gba.load_cities(year=2019)
    >>> w = gba.weights.contiguity(cities, links=2019).row_standardized()
    >>> fit = gba.models.lag("log(gdp_pc_cny) ~ log(employment)", cities, w)
    >>> found = fit.impacts(method="delta")
    >>> bool(np.allclose(found.direct["estimate"] + found.indirect["estimate"], found.total["estimate"]))
    True
    """
    return averages(prepared(fit, method, draws, rng, level))


def averages(engine: Engine) -> ImpactsResult:
    """Direct, indirect and total impacts of every regressor, averaged over the units."""
    fit, level = engine.fit, engine.known.level
    trace, sums = average_readings(fit.n)
    parts: dict[str, dict[str, Measured]] = {"direct": {}, "indirect": {}, "total": {}}
    for name, regressor in engine.regressors().items():
        direct, total = engine.quantity(regressor, trace), engine.quantity(regressor, sums)
        parts["direct"][name] = engine.measure(direct)
        parts["indirect"][name] = engine.measure(effects.mixed(total, direct))
        parts["total"][name] = engine.measure(total)
    frames = {effect: _frame(found) for effect, found in parts.items()}
    open_ones = [f"{effect} of {term}" for effect, frame in frames.items() for term in frame.index[open_rows(frame)]]
    return ImpactsResult(
        **frames,
        method=engine.known.method,
        draws=len(engine.known.draws) if engine.known.draws is not None else None,
        seed=engine.seed,
        level=level,
        n=fit.n,
        notes=(*_notes(engine), *open_words(engine, open_ones)),
        _engine=engine,
    )


def of_draws(
    fit: Fit, drawn: np.ndarray, *, seed: int, level: float, told: str, method: str = "confidence"
) -> ImpactsResult:
    """Impacts from draws (m, p) of the coefficients, rho last where there is one, made elsewhere and `told` there.

    `method` is ``"confidence"`` where they are a confidence distribution, else ``"draws"``.
    """
    names, estimate, covariance = parameters_of(fit)
    place, side, _ = lag_of(fit, names)
    low, high = range_of(estimate, covariance, place, drawn)
    known = Uncertainty(estimate, covariance, place, method, level, fit.df, drawn)
    return averages(Engine(fit, resolvent_of(side, fit.n, low, high), known, seed, 0, told))


def _frame(found: Mapping[str, Measured]) -> pd.DataFrame:
    rows = {name: [getattr(part, column)[0] for column in COLUMNS] for name, part in found.items()}
    return pd.DataFrame.from_dict(rows, orient="index", columns=list(COLUMNS)).rename_axis("term")


def _notes(engine: Engine) -> tuple[str, ...]:
    known, fit = engine.known, engine.fit
    told = {
        "delta": "delta method" + ("" if known.df is None else f", t with {known.df:g} degrees of freedom"),
        "simulated": "percentiles of draws from the normal distribution of the estimates",
        "bootstrap": "studentized parametric bootstrap",
        "confidence": "confidence distribution of {0} (all its values tested), coefficients by t given {0}; std_error: "
        "half of the middle 68 %".format("rho" if fit.w is not None else "lambda"),
    }
    how = told[known.method] if engine.told is None else engine.told
    notes = [f"{known.level:.0%} intervals: {how}; n = {fit.n}."]
    if known.draws is not None:
        notes.append(f"{len(known.draws):,} draws, seed {engine.seed}.")
    if engine.redrawn:
        notes.append(f"{engine.redrawn} draws had rho outside its admissible interval and were drawn anew.")
    if fit.w is not None:
        notes.append(f"W: {fit.w.recipe}.")
    if any(":" in name for name in engine.regressors()):
        notes.append(
            "A product of regressors is shown as a change of its own column; for a change of a variable "
            "in all its terms use fit.impact_of_change(variable)."
        )
    return tuple(notes)
