"""The friction of a border, estimated: how much less a link across it counts than one within."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np
import pandas as pd
from scipy import special

from gbaspatial.errors import (
    CollinearityError,
    ConvergenceError,
    GbaError,
    LabelTypeError,
    OptionError,
    WeightsError,
    some,
)
from gbaspatial.figures.friction_profiles import friction_profiles
from gbaspatial.formula import design as read_design
from gbaspatial.models.panel.frame import read_panel
from gbaspatial.options import brief, level_of, public, unused, whole, word
from gbaspatial.progress import shows_progress, track
from gbaspatial.randomness import Rng, seed_of
from gbaspatial.results import Result, Table
from gbaspatial.spillover.friction_cells import (
    MODELS,
    STANDARDIZATIONS,
    CellResult,
    Choice,
    cell_of,
    examined,
    slowed_by,
)
from gbaspatial.spillover.friction_likelihood import FRICTIONS
from gbaspatial.spillover.friction_links import links_of, no_mixed, rescaled_words, sides_of, weights_given
from gbaspatial.spillover.friction_verdict import POINTS, SENTENCES, verdict_of, verdict_of_all
from gbaspatial.spillover.kilometers import kilometers_of
from gbaspatial.weights import Weights

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from gbaspatial.spillover.friction_links import PeriodWeights
    from gbaspatial.weights.annotations import WeightsGiven

DYNAMICS = ("static", "y", "y + Wy")
LEVELS = ["standardization", "effects", "dynamics"]


@dataclass(frozen=True, slots=True, eq=False)
class FrictionScan(Result):
    """The friction of a border under each standardization, effects and dynamics.

    Attributes
    ----------
    cells : pandas.DataFrame
        By choice: `n, rho, f_hat, lower, upper, p_no_border, p_closed_border, p_spillover, serial_correlation,
        equivalent_km, equivalent_km_lower, equivalent_km_upper, verdict`. `f_hat` and what follows from it are NaN
        where the data do not identify it: the profile stands in `profiles` all the same.
    profiles : pandas.DataFrame
        By choice and friction: `ratio`, twice what the log-likelihood of the best friction has more; negative at a
        closed border that is torn off (see `islands`) and higher.
    verdict : str
        Of all cells; ``"choice_decides"`` where they contradict each other. `sentence` says it.
    canceled : pandas.Index
        Units all of whose links cross the border: standardizing rows cancels the friction for them.
    islands : pandas.Index
        Units that a closed border leaves without links. With rows standardized the likelihood jumps there, with their
        level, and the closed border is tested as the limit of small frictions.
    refused : dict of Choice to str
        Cells whose model does not exist, and why.
    crossing, within : int
        Links across the border, and within groups.
    level, draws, seed, recipe
    title : str
        Of the table.
    told : tuple of str
        Notes below the table.
    """

    cells: pd.DataFrame
    profiles: pd.DataFrame
    verdict: str
    canceled: pd.Index
    islands: pd.Index
    refused: dict[Choice, str]
    crossing: int
    within: int
    level: float
    draws: int
    seed: int
    recipe: str
    title: str
    told: tuple[str, ...]

    @property
    def sentence(self) -> str:
        """The verdict of all cells in words."""
        return f"The friction of the border: {SENTENCES[self.verdict]}."

    def tables(self) -> tuple[Table, ...]:
        """One row a cell."""
        kilometers = [column for column in self.cells if column.startswith("equivalent_km")]
        shown = self.cells.drop(columns=kilometers if self.cells["equivalent_km"].isna().all() else [])
        codes = self.cells["verdict"].unique()
        endless = np.isinf(self.cells["equivalent_km_upper"].to_numpy(dtype=float)).any()
        notes = [
            self.sentence,
            *(f"{code}: {SENTENCES[code]}." for code in codes),
            *self.told,
            f"Intervals at {self.level:.0%} by likelihood ratio; p by {self.draws} samples under each null, seed "
            f"{self.seed}. 0 is a closed border, 1 none. Friction has no point where it is not identified.",
            *(f"{'; '.join(_words(choice))}: {why}" for choice, why in self.refused.items()),
            *(["A closed border lies within the interval, so that the kilometers have no end."] if endless else []),
            f"W: {self.recipe}; {self.crossing} links cross the border, {self.within} do not.",
        ]
        return (Table(shown, self.title, tuple(notes)),)

    def plot(self, *, ax: Axes | None = None) -> Axes:
        """The profiles: what the likelihood of each friction lacks to the best one, and the cut of the interval."""
        return friction_profiles(self.profiles["ratio"], float(special.chdtri(1, 1 - self.level)), ax=ax)


@shows_progress
@public
def border_friction(
    formula: str,
    data: pd.DataFrame,
    w: WeightsGiven,
    *,
    groups: pd.Series,
    model: Literal["lag", "durbin", "error"] = "lag",
    standardizations: Sequence[str] = ("row", "spectral"),
    effects: Sequence[str] | str | None = None,
    dynamics: Sequence[str] | str | None = None,
    draws: int = 199,
    rng: Rng = 0,
    level: float = 0.95,
    progress: bool | None = None,
) -> FrictionScan:
    """How much less a link across a border counts than one within: the friction f of ``w.with_friction(groups, f)``.

    The likelihood is maximized at each f from 0 (closed) to 1 (no border). What it says often hangs on how W is
    standardized, on effects and on dynamics, so the answer is a scan over them, and "not identified by these data" is
    one of its results: where the interval holds both ends, where there is no spillover that a border could hold back,
    and where serially correlated residuals make the interval far too narrow, no point is given.

    Parameters
    ----------
    formula : str
        As in `gbaspatial.models.lag`, or in `gbaspatial.models.panel_lag`.
    data : pandas.DataFrame
        One row per unit, or of a panel per unit and time.
    w : Weights or mapping of period to Weights
        Not standardized yet: `standardizations` are taken after the friction.
    groups : pandas.Series
        The side of each unit, such as ``cities["side"]``.
    model : {"lag", "durbin", "error"}
    standardizations : sequence of {"row", "spectral", "min_max", "none"}
        All but rows only rescale W, and so have one profile.
    effects : sequence of str, optional
        Of a panel, each as in `panel_lag`; ``("unit", "twoway")`` by default.
    dynamics : sequence of {"static", "y", "y + Wy"}, optional
        Of a panel: whether the outcome of the period before is a regressor; ``("static", "y")`` by default.
    draws : int
        Samples under each null: normal ones of a cross-section, whole residual histories of a panel.
    rng : int, Generator or None
        Seed; recorded.
    level : float
        Of confidence.
    progress : bool, optional
        True tells on standard error how far work over two seconds has come, False never; by default on a terminal.

    Returns
    -------
    FrictionScan

    Raises
    ------
    WeightsError
        If no link crosses the border, or all do, or W has a friction already.
    OptionError
        For options that do not fit, such as effects of a cross-section.

    Notes
    -----
    With rows standardized a unit whose links all cross the border (Hong Kong by land) has the same row at every f but
    zero, where it becomes an island and the likelihood jumps: what identifies f are units with links of both kinds. A
    dynamic model takes the outcome of the period before as given in its samples. What the units of one side share, such
    as policies, makes neighbors within alike and looks like a closed border.

    References
    ----------
    Hansen, B. E. (1996). Inference when a nuisance parameter is not identified under the null hypothesis.
    Econometrica 64, 413-430.
    Davies, R. B. (1987). Hypothesis testing when a nuisance parameter is present only under the alternative.
    Biometrika 74, 33-43.

    Examples
    --------
    >>> import gbaspatial as gba
    >>> cities = gba.load_cities(year=2019)
    >>> w = gba.weights.contiguity(cities, links=2019)
    >>> scan = border_friction("log(gdp_pc_cny) ~ log(employment)", cities, w, groups=cities["side"], draws=99)
    >>> scan.verdict, list(scan.canceled)
    ('no_spillover', ['Hong Kong', 'Macao'])
    """
    word(model, tuple(MODELS), "model")
    draws, level, seed = whole(draws, "draws", least=19), level_of(level), seed_of(rng)
    weights = weights_given(w)
    choices = _choices(data, standardizations, effects, dynamics)
    sides = sides_of(groups, weights)
    crossing, within, canceled, islands = links_of(weights, sides)
    first = weights if isinstance(weights, Weights) else next(iter(weights.values()))
    frame = _checked(formula, data, weights, model)
    asked = _Scan(formula, frame, weights, sides, model, len(islands) > 0)
    found, refused = _scanned(asked, choices, draws, seed, level)
    only_crossing = no_mixed(weights, sides)
    verdicts = {
        one.choice: verdict_of(one, level, canceled=only_crossing and one.choice.standardization == "row")
        for one in found
    }
    return FrictionScan(
        _cells(found, verdicts, refused, first, sides, _is_panel(data)), _profiles(found, _is_panel(data)),
        verdict_of_all([*verdicts.values(), *("refused" for _ in refused)]), canceled, islands, refused, crossing,
        within, level, draws, seed, str(first.recipe), f"Friction of the border ({model} model): {formula}",
        (*rescaled_words(first, (one.standardization for one in choices)), *_told(found, canceled, islands, sides)),
    )  # fmt: skip


def _is_panel(data: object) -> bool:
    if not isinstance(data, pd.DataFrame):
        raise LabelTypeError(f"the data are a {type(data).__name__}; pass a DataFrame indexed by unit (and time).")
    return data.index.nlevels == 2


def _choices(data: pd.DataFrame, standardizations: object, effects: object, dynamics: object) -> list[Choice]:
    by = _listed(standardizations, "standardizations", tuple(STANDARDIZATIONS))
    if not _is_panel(data):
        unused({"effects": effects, "dynamics": dynamics}, "the data are a cross-section")
        return [Choice(one, "pooled", "static") for one in by]
    kinds = _listed(("unit", "twoway") if effects is None else effects, "effects", None)
    lags = _listed(("static", "y") if dynamics is None else dynamics, "dynamics", DYNAMICS)
    return [Choice(one, kind, lag) for one in by for kind in kinds for lag in lags]


def _listed(given: object, name: str, allowed: tuple[str, ...] | None) -> list[str]:
    listed = [given] if isinstance(given, str) else list(given) if isinstance(given, Sequence) else None
    if not listed or not all(isinstance(one, str) for one in listed):
        raise OptionError(f"{name}={brief(given)} must be a word or a list of words.")
    return [word(one, allowed, name) if allowed else one for one in dict.fromkeys(listed)]


def _checked(formula: str, data: pd.DataFrame, weights: PeriodWeights, model: str) -> pd.DataFrame:
    """The data as a panel, read once so that what is wrong with them is told in their own words."""
    if _is_panel(data):
        read_panel(formula, data, weights)
        return data
    if not isinstance(weights, Weights):
        raise OptionError("w is a mapping of periods, and the data are a cross-section; give one W.")
    read_design(formula, data, weights, durbin=model == "durbin")
    plain = pd.DataFrame(data.drop(columns="geometry", errors="ignore"))
    plain.index = pd.MultiIndex.from_arrays([data.index, np.zeros(len(data), dtype=int)])
    return plain


# -- the scan -----------------------------------------------------------------------------------
@dataclass(frozen=True, slots=True, eq=False)
class _Scan:
    """What all cells share: a formula on rows of a panel, W and the sides of its units, the model, and whether a
    closed border makes islands."""

    formula: str
    frame: pd.DataFrame
    weights: PeriodWeights
    sides: pd.Series
    model: str
    islands: bool


def _scanned(
    asked: _Scan, choices: list[Choice], draws: int, seed: int, level: float
) -> tuple[list[CellResult], dict[Choice, str]]:
    """The cells that have a model, and why the others have none."""
    found, refused = [], {}
    first: GbaError | None = None
    known: dict[str, list[PeriodWeights]] = {}
    for choice in track(choices, "cells"):
        by = choice.standardization
        try:
            known[by] = known.get(by) or slowed_by(asked.weights, asked.sides, by)
            cell = cell_of(asked.formula, asked.frame, known[by], asked.model, choice, islands=asked.islands)
        except (OptionError, CollinearityError, WeightsError, ConvergenceError) as error:
            refused[choice], first = str(error), first or error
            continue
        found.append(examined(cell, draws, seed, level))
    if not found and first is not None:
        raise first
    return found, refused


def _words(choice: Choice) -> list[str]:
    return [choice.standardization, choice.effects, choice.dynamics]


def _index(choices: list[Choice], panel: bool) -> pd.Index:
    if panel:
        return pd.MultiIndex.from_tuples([tuple(_words(one)) for one in choices], names=LEVELS)
    return pd.Index([one.standardization for one in choices], name=LEVELS[0])


def _cells(
    found: list[CellResult], verdicts: Mapping[Choice, str], refused: Mapping[Choice, str], w: Weights,
    sides: pd.Series, panel: bool,
) -> pd.DataFrame:  # fmt: skip
    rows = []
    for one in found:
        verdict = verdicts[one.choice]
        point = one.top if verdict in POINTS else np.nan
        rows.append({
            "n": one.n, "rho": one.rho, "f_hat": point, "lower": one.lower, "upper": one.upper,
            "p_no_border": one.p_values["no_border"], "p_closed_border": one.p_values["closed_border"],
            "p_spillover": one.p_values["spillover"], "serial_correlation": one.serial,
            **_kilometers(point, one, w, sides), "verdict": verdict,
        })  # fmt: skip
    rows += [{"verdict": "refused"} for _ in refused]
    frame = pd.DataFrame(rows, index=_index([*(one.choice for one in found), *refused], panel))
    return frame if panel else frame.drop(columns="serial_correlation")


def _kilometers(point: float, one: CellResult, w: Weights, sides: pd.Series) -> dict[str, float]:
    """The kilometers of a point and of its interval: the lower the friction's factor, the farther."""
    ends = (point, one.upper, one.lower) if np.isfinite(point) else (np.nan, np.nan, np.nan)
    names = ("equivalent_km", "equivalent_km_lower", "equivalent_km_upper")
    return {name: kilometers_of(end, w, sides) for name, end in zip(names, ends, strict=True)}


def _profiles(found: list[CellResult], panel: bool) -> pd.DataFrame:
    parts = [pd.DataFrame({"ratio": one.ratio}, index=pd.Index(FRICTIONS, name="friction")) for one in found]
    keys = _index([one.choice for one in found], panel)
    return pd.concat(parts, keys=list(keys), names=list(keys.names))


def _told(found: list[CellResult], canceled: pd.Index, islands: pd.Index, sides: pd.Series) -> list[str]:
    """What identifies the friction, and where the likelihood jumps."""
    notes = []
    if len(canceled):
        notes.append(
            f"Standardizing rows cancels the friction for {some(canceled, 8)}, all of whose links cross the border; "
            f"other standardizations keep it."
        )
    jumps = [(one.ratio[1] - one.ratio[0]) / 2 for one in found if one.choice.standardization == "row"]
    if len(islands) and np.isfinite(jumps).any():
        notes.append(
            f"A closed border makes islands of {some(islands, 8)}: with rows standardized the log-likelihood jumps "
            f"there, by {max(jumps, key=abs):+.2f}, with their level and not with spillover; zero is left out of "
            f"these cells, and the closed border is tested as the limit of small frictions."
        )
    if sides.value_counts().max() > 1:
        notes.append(
            "What units of one side share (policies, shocks) looks like a closed border; dummies of the side, or in a "
            "panel effects='unit + side:year', take it out."
        )
    return notes
