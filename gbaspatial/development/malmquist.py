"""Productivity over time by data envelopment analysis: Malmquist's index with its parts, and Hicks-Moorsteen's."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from gbaspatial.alignment import align_panel, columns_of, periods_of
from gbaspatial.development.frontier import Direction, Returns, Technology, radial
from gbaspatial.development.jumps import jump_note, jumps_of
from gbaspatial.development.quantities import as_table, check_dimensions, dimension_note, named, scaled
from gbaspatial.errors import DataError, LabelTypeError, OptionError, some
from gbaspatial.options import public
from gbaspatial.results import Result, Table


@dataclass(frozen=True, slots=True, eq=False)
class IndexResult(Result):
    """An index of productivity from period to period; above one is better, whatever the orientation.

    Attributes
    ----------
    changes : pandas.DataFrame
        By unit and later period: the index and its parts.
    jumps : pandas.DataFrame
        Inputs and outputs that jump (see `Notes` of the function), which look like technical change.
    caption : str
        Of the table.
    notes : tuple of str
        What a reader must know.
    """

    changes: pd.DataFrame
    jumps: pd.DataFrame
    caption: str
    notes: tuple[str, ...]

    @property
    def productivity_change(self) -> pd.Series:
        """The index itself, by unit and later period."""
        return self.changes["productivity_change"]

    def by_unit(self) -> pd.DataFrame:
        """Geometric means over the periods, by unit."""
        return _geometric(self.changes, 0)

    def by_period(self) -> pd.DataFrame:
        """Geometric means over the units, by later period."""
        return _geometric(self.changes, 1)

    def cumulative(self) -> pd.DataFrame:
        """Products from the first period on, by unit and period."""
        return self.changes.groupby(level=0, sort=False).cumprod()

    def tables(self) -> tuple[Table, ...]:
        """Means by unit and by period; all changes; jumps."""
        notes = (*self.notes, *jump_note(self.jumps))
        main = Table(self.by_unit(), f"{self.caption}: geometric means by unit", notes)
        return (main, Table(self.by_period(), "By later period"), Table(self.changes, "By unit and later period"))


class MalmquistResult(IndexResult):
    """Malmquist's index with its parts.

    Attributes
    ----------
    changes : pandas.DataFrame
        By unit and later period: `efficiency_change` (catching up with the frontier), `technical_change` (the frontier
        moves), `pure_efficiency_change` and `scale_change` (the two parts of `efficiency_change`), and
        `productivity_change`, the product of the first two.
    jumps : pandas.DataFrame
    """

    __slots__ = ()

    @property
    def efficiency_change(self) -> pd.Series:
        """How far the unit catches up with the frontier of constant returns."""
        return self.changes["efficiency_change"]

    @property
    def technical_change(self) -> pd.Series:
        """How far the frontier moves, seen from the unit."""
        return self.changes["technical_change"]

    @property
    def pure_efficiency_change(self) -> pd.Series:
        """Catching up with the frontier of variable returns."""
        return self.changes["pure_efficiency_change"]

    @property
    def scale_change(self) -> pd.Series:
        """Coming nearer to the best size."""
        return self.changes["scale_change"]


class HicksMoorsteenResult(IndexResult):
    """Hicks-Moorsteen's index: an index of outputs over an index of inputs.

    Attributes
    ----------
    changes : pandas.DataFrame
        By unit and later period: `output_change`, `input_change` and their ratio `productivity_change`.
    jumps : pandas.DataFrame
    """

    __slots__ = ()

    @property
    def output_change(self) -> pd.Series:
        """How much more is made."""
        return self.changes["output_change"]

    @property
    def input_change(self) -> pd.Series:
        """How much more is used."""
        return self.changes["input_change"]


def _geometric(changes: pd.DataFrame, level: int) -> pd.DataFrame:
    return np.exp(np.log(changes).groupby(level=level, sort=False).mean())


@public
def malmquist(
    panel: pd.DataFrame,
    *,
    outputs: str | Sequence[str],
    inputs: str | Sequence[str],
    orientation: Direction = "output",
) -> MalmquistResult:
    """Malmquist's index of total factor productivity between neighboring periods, with its parts.

    Parameters
    ----------
    panel : pandas.DataFrame
        Indexed by unit and period, balanced; money in constant prices.
    outputs, inputs : str or list of str
        Columns.
    orientation : {"output", "input"}
        Decides how efficiency is split into pure efficiency and scale; the index is the same.
        Above one is better in both.

    Returns
    -------
    MalmquistResult

    Raises
    ------
    MissingDataError, DataError
        If a period lacks a unit, a value is missing or negative, or there are as many columns as units.
    UnknownNameError
        For a column that does not exist.

    Notes
    -----
    Distances are those of constant returns (Färe et al. 1994); pure efficiency is that of variable returns. A change of
    coverage in a column moves the index like technical change: changes of more than 15 per cent from the median of the
    unit's own changes are listed in ``jumps``.

    References
    ----------
    Färe, R., Grosskopf, S., Norris, M. and Zhang, Z. (1994). Productivity growth, technical
    progress, and efficiency change in industrialized countries. American Economic Review
    84(1), 66-83. Coelli, T. (1996). A guide to DEAP version 2.1. CEPA Working Paper 96/08.

    Examples
    --------
    >>> index = pd.MultiIndex.from_product([list("abcd"), [2001, 2002]], names=["city", "year"])
    >>> panel = pd.DataFrame({"y": [1.0, 1, 2, 3, 3, 4, 4, 3], "x": [2.0, 2, 4, 4, 3, 3, 5, 5]}, index=index)
    >>> malmquist(panel, outputs="y", inputs="x").productivity_change.round(3).tolist()
    [1.0, 1.5, 1.333, 0.75]
    """
    years, units, X, Y = _stacked(panel, named(outputs, "outputs"), named(inputs, "inputs"))
    rows = []
    for t in range(len(years) - 1):
        rows.append(_malmquist_step(X[t], Y[t], X[t + 1], Y[t + 1], orientation))
    changes = _by_unit(rows, panel, units, years)
    efficient = int((radial(Technology(X[-1], Y[-1], "constant"), X[-1], Y[-1], "output") < 1 + 1e-6).sum())
    return MalmquistResult(
        changes=changes,
        jumps=jumps_of(panel[[*named(outputs, ""), *named(inputs, "")]]),
        caption="Malmquist's index",
        notes=(
            "productivity_change = efficiency_change x technical_change; efficiency_change = pure_efficiency_change x "
            f"scale_change; orientation {orientation}; above one is better.",
            f"{years[-1]}: {dimension_note(len(units), Y.shape[2], X.shape[2], efficient)}",
            *_gap_note(years),
        ),
    )


def _malmquist_step(
    x0: np.ndarray, y0: np.ndarray, x1: np.ndarray, y1: np.ndarray, direction: Direction
) -> dict[str, np.ndarray]:
    """The parts (n,) of the index between the data of two periods."""
    before, after = Technology(x0, y0, "constant"), Technology(x1, y1, "constant")
    own0, own1 = _efficiency(before, x0, y0, direction), _efficiency(after, x1, y1, direction)
    later_by_before, earlier_by_after = _efficiency(before, x1, y1, direction), _efficiency(after, x0, y0, direction)
    pure0 = _efficiency(Technology(x0, y0, "variable"), x0, y0, direction)
    pure1 = _efficiency(Technology(x1, y1, "variable"), x1, y1, direction)
    catching_up = own1 / own0
    technical = np.sqrt((later_by_before / own1) * (own0 / earlier_by_after))
    return {
        "efficiency_change": catching_up,
        "technical_change": technical,
        "pure_efficiency_change": pure1 / pure0,
        "scale_change": catching_up / (pure1 / pure0),
        "productivity_change": catching_up * technical,
    }


def _efficiency(technology: Technology, x: np.ndarray, y: np.ndarray, direction: Direction) -> np.ndarray:
    """Efficiency, larger is better: the output distance, or the inverse of the input distance."""
    factor = radial(technology, x, y, direction)
    return factor if direction == "input" else 1 / factor


@public
def hicks_moorsteen(
    panel: pd.DataFrame,
    *,
    outputs: str | Sequence[str],
    inputs: str | Sequence[str],
    returns: Returns = "variable",
) -> HicksMoorsteenResult:
    """Hicks-Moorsteen's index of total factor productivity: growth of outputs over growth of inputs.

    Both are measured by distances to the frontier, geometric means of the bases of the two periods. Unlike Malmquist's
    index it is a ratio of quantities under any returns to scale, and always exists.

    Parameters
    ----------
    panel : pandas.DataFrame
        Indexed by unit and period, balanced; money in constant prices.
    outputs, inputs : str or list of str
        Columns.
    returns : {"constant", "variable", "non-increasing"}
        Returns to scale of the frontier.

    Returns
    -------
    HicksMoorsteenResult

    Raises
    ------
    MissingDataError, DataError
        If a period lacks a unit, a value is missing or negative, or there are as many columns as units.
    UnknownNameError
        For a column that does not exist.

    References
    ----------
    Bjurek, H. (1996). The Malmquist total factor productivity index. Scandinavian Journal of
    Economics 98(2), 303-313.

    Examples
    --------
    >>> index = pd.MultiIndex.from_product([list("abcd"), [2001, 2002]], names=["city", "year"])
    >>> panel = pd.DataFrame({"y": [1.0, 1, 2, 3, 3, 4, 4, 3], "x": [2.0, 2, 4, 4, 3, 3, 5, 5]}, index=index)
    >>> hicks_moorsteen(panel, outputs="y", inputs="x").output_change.round(3).tolist()
    [1.0, 1.5, 1.333, 0.75]
    """
    years, units, X, Y = _stacked(panel, named(outputs, "outputs"), named(inputs, "inputs"))
    rows = [_quantities(X[t], Y[t], X[t + 1], Y[t + 1], returns) for t in range(len(years) - 1)]
    return HicksMoorsteenResult(
        changes=_by_unit(rows, panel, units, years),
        jumps=jumps_of(panel[[*named(outputs, ""), *named(inputs, "")]]),
        caption="Hicks-Moorsteen's index",
        notes=(f"productivity_change = output_change / input_change; {returns} returns.", *_gap_note(years)),
    )


def _quantities(
    x0: np.ndarray, y0: np.ndarray, x1: np.ndarray, y1: np.ndarray, returns: Returns
) -> dict[str, np.ndarray]:
    """Change of outputs, of inputs and their ratio (n,): geometric means of the bases of both periods."""
    before, after = Technology(x0, y0, returns), Technology(x1, y1, returns)
    made = np.sqrt(
        radial(before, x0, y0, "output") / radial(before, x0, y1, "output")
        * radial(after, x1, y0, "output") / radial(after, x1, y1, "output")
    )  # fmt: skip
    used = np.sqrt(
        radial(before, x0, y0, "input") / radial(before, x1, y0, "input")
        * radial(after, x0, y1, "input") / radial(after, x1, y1, "input")
    )  # fmt: skip
    return {"output_change": made, "input_change": used, "productivity_change": made / used}


def _stacked(
    panel: pd.DataFrame, outputs: list[str], inputs: list[str]
) -> tuple[pd.Index, pd.Index, np.ndarray, np.ndarray]:
    """Periods, units, inputs (T, n, m) and outputs (T, n, s), each column on a scale of its own."""
    if not isinstance(panel, pd.DataFrame):
        raise LabelTypeError(f"the panel is a {type(panel).__name__}; pass a DataFrame indexed by unit and period.")
    columns_of(panel, [*outputs, *inputs], "panel")
    named_once = pd.Index([*outputs, *inputs])
    if not named_once.is_unique:
        raise OptionError(
            f"{some(named_once[named_once.duplicated()])} is named twice; a column is an output or an input."
        )
    years = periods_of(panel[outputs[0]])
    as_table(panel[outputs], "outputs")
    as_table(panel[inputs], "inputs")
    if len(years) < 2:
        raise DataError(f"an index of change needs at least two periods; the panel has {some(years)} only.")
    units = panel.index.unique(0).sort_values()
    check_dimensions(len(units), len(outputs), len(inputs))
    tables = [np.dstack([align_panel(panel[name], units)[0] for name in names]) for names in (inputs, outputs)]
    X, Y = (scaled(table.reshape(-1, table.shape[2]))[0].reshape(table.shape) for table in tables)
    return years, units, X, Y


def _by_unit(rows: list[dict[str, np.ndarray]], panel: pd.DataFrame, units: pd.Index, years: pd.Index) -> pd.DataFrame:
    """The parts by unit and later period, in the order of the units of the panel."""
    frames = {year: pd.DataFrame(row, index=units) for year, row in zip(years[1:], rows, strict=True)}
    long = pd.concat(frames).swaplevel().rename_axis(panel.index.names)
    return long.reindex(pd.MultiIndex.from_product([panel.index.unique(0), years[1:]], names=panel.index.names))


def _gap_note(years: pd.Index) -> tuple[str, ...]:
    """What to say where periods are not equally far from each other."""
    if not pd.api.types.is_numeric_dtype(years):
        return ()
    steps: np.ndarray = np.diff(years.to_numpy())
    if (steps == steps[0]).all():
        return ()
    return (f"Changes over {some(sorted(set(steps.tolist())))} years stand side by side: periods are missing.",)
