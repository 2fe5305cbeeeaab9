"""Neighbors, or shocks that a region shares? rho under several effects, with all links and with those of one kind."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Unpack

import numpy as np
import pandas as pd
from scipy import sparse

from gbaspatial.alignment import columns_of
from gbaspatial.errors import AlignmentError, DataError, GbaError, OptionError, some
from gbaspatial.models.panel.estimators import panel_error, panel_lag
from gbaspatial.models.panel.panel_options import PanelOptions
from gbaspatial.options import public
from gbaspatial.results import Result, Table
from gbaspatial.weights import Weights, as_weights

if TYPE_CHECKING:
    from gbaspatial.weights.annotations import WeightsGiven

KINDS = ("all", "within", "across")
LEVEL = 0.95
COLUMNS = ("rho", "std_error", "p_value", "lower", "upper", "serial_correlation", "log_likelihood")
OF_ERRORS = ("lambda", "lambda_p_value")


@dataclass(frozen=True, slots=True, eq=False)
class PanelEffects(Result):
    """rho under different effects and links.

    Attributes
    ----------
    frame : pandas.DataFrame
        By (links, effects): `rho, std_error, p_value, lower, upper, serial_correlation, log_likelihood` of the lag
        model, and `lambda, lambda_p_value` of the error model with the same effects and links; NaN where such a model
        cannot be estimated, which `notes` say.
    share_within : float
        The share of all weight that links units of one region.
    region, formula, notes
    """

    frame: pd.DataFrame
    share_within: float
    region: str
    formula: str
    notes: tuple[str, ...]

    def to_frame(self) -> pd.DataFrame:
        """See `frame`."""
        return self.frame.copy()

    def tables(self) -> tuple[Table, ...]:
        """One row for each kind of links and effects."""
        told = [
            f"{self.share_within:.0%} of the weight of W links units of one {self.region}; with links within or across "
            f"it alone, W is standardized anew.",
            f"What falls from two-way effects to those of {self.region} by time is what a {self.region} shares in a "
            f"period; what stays is between neighbors beyond that.",
        ]
        return (Table(self.frame, f"rho by effects and links: {self.formula}", (*told, *self.notes)),)


@public
def panel_effects(
    formula: str,
    data: pd.DataFrame,
    w: WeightsGiven,
    *,
    region: str,
    durbin: bool = False,
    **options: Unpack[PanelOptions],
) -> PanelEffects:
    """Neighbors or common shocks: rho and lambda under unit, two-way and region-by-time effects, side by side.

    A province that has a good year lifts all of its cities; a two-way model takes that for a spillover between them.
    Effects of each region in each period take it out. Links within and across regions apart tell where rho comes from.

    Parameters
    ----------
    formula : str
        ``"y ~ x + L(x)"``; L(x) is x a period before, ``W(x)`` its spatial lag.
    data : pandas.DataFrame
        Indexed by unit and time, with the column `region`.
    w : Weights or mapping of period to Weights
    region : str
        A column of the data that is constant within units.
    durbin : bool
        Adds the spatial lag of every regressor.
    **options
        `PanelOptions` other than ``effects``.

    Returns
    -------
    PanelEffects

    Raises
    ------
    OptionError
        If `effects` are given.
    UnknownNameError, DataError
        If the data have no such column, or it changes over time, or has one class only.

    References
    ----------
    Manski, C. F. (1993). Identification of endogenous social effects: the reflection problem. Review of Economic
    Studies 60(3), 531-542.

    Examples
    --------
    >>> import gbaspatial as gba
    >>> panel = gba.load_panel().loc[:, ["gdp_pc_cny", "employment"]].dropna()
    >>> cities = gba.load_cities(year=2019)
    >>> w = gba.weights.contiguity(cities, links=2019).row_standardized()
    >>> panel["bank"] = panel.index.get_level_values(0).isin(["Foshan", "Zhuhai", "Jiangmen", "Zhongshan", "Macao"])
    >>> panel["bank"] = panel["bank"].map({True: "west", False: "east"})
    >>> found = panel_effects(
    ...     "log(gdp_pc_cny) ~ log(employment)", panel, w, region="bank", unbalanced="common", covariance="cluster"
    ... )
    >>> found.frame.loc["all"].index.tolist()
    ['unit', 'twoway', 'unit + bank:year']
    """
    if "effects" in options:
        raise OptionError("panel_effects() compares effects; leave effects= out, or use panel_lag().")
    regions = _regions(data, region)
    time = data.index.names[1] if isinstance(data.index.names[1], str) else "time"
    kinds = ("unit", "twoway", f"unit + {region}:{time}")
    rows: dict[tuple[str, str], list[float]] = {}
    notes: list[str] = []
    for links in KINDS:
        used = w if links == "all" else _part(w, regions, links == "within")
        for effects in kinds:
            given: PanelOptions = {**options, "effects": effects}
            try:
                fit = panel_lag(formula, data, used, durbin=durbin, **given)
            except GbaError as error:
                if links == "all":
                    raise
                rows[links, effects] = [np.nan] * (len(COLUMNS) + len(OF_ERRORS))
                notes.append(f"Links {links}, {effects}: {error}")
                continue
            low, high = fit.conf_int(LEVEL).loc["rho"]
            rows[links, effects] = [
                fit.rho, fit.std_errors["rho"], fit.pvalues["rho"], low, high, fit.serial_correlation,
                fit.log_likelihood, *_lambda_of(formula, data, used, durbin, given, (links, effects), notes),
            ]  # fmt: skip
            few = fit._few_units()
            outside = "" if few is None else few.outside("rho", LEVEL)
            notes.extend([f"Links {links}, {effects}: {outside}"] * bool(outside))
            notes.extend(note for note in fit._about()[-1:] if links == "all" and effects == "unit")
    index = pd.MultiIndex.from_tuples(list(rows), names=["links", "effects"])
    frame = pd.DataFrame(list(rows.values()), index=index, columns=[*COLUMNS, *OF_ERRORS])
    return PanelEffects(frame, _share(w, regions), region, formula, tuple(notes))


def _lambda_of(
    formula: str, data: pd.DataFrame, w: WeightsGiven, durbin: bool, given: PanelOptions, where: tuple[str, str],
    notes: list[str],
) -> list[float]:  # fmt: skip
    """lambda of the error model and its p-value; NaN, with a note, where there is none."""
    try:
        fit = panel_error(formula, data, w, durbin=durbin, **given)
    except GbaError as error:
        notes.append(f"No lambda with links {where[0]}, {where[1]}: {error}")
        return [np.nan, np.nan]
    return [fit.lambda_, float(fit.pvalues["lambda"])]


def _regions(data: pd.DataFrame, region: str) -> pd.Series:
    """The region of each unit."""
    if not isinstance(data, pd.DataFrame) or not isinstance(data.index, pd.MultiIndex) or data.index.nlevels != 2:
        raise AlignmentError("panel_effects() needs a frame indexed by unit and time.")
    columns_of(data, [region])
    by_unit = data[region].groupby(level=0)
    changed = by_unit.nunique(dropna=False)
    if (changed > 1).any():
        raise DataError(f"{region!r} changes over time for {some(changed.index[changed > 1])}.")
    found = by_unit.first()
    if found.isna().any():
        raise DataError(f"{region!r} is missing for {some(found.index[found.isna()])}.")
    if found.nunique() < 2:
        raise DataError(f"{region!r} has one class only, {found.iloc[0]!r}, which is the same as effects of time.")
    return found


def _same(w: Weights, regions: pd.Series) -> np.ndarray:
    """Whether both ends of each stored weight lie in one region."""
    absent = w.ids.difference(regions.index, sort=False)
    if len(absent):
        raise AlignmentError(f"the data have no row for {some(absent)}, which W has; use w.subset(units).")
    codes = pd.factorize(regions.reindex(w.ids))[0]
    rows = np.repeat(np.arange(w.n), np.diff(w.sparse.indptr))
    return np.asarray(codes[rows] == codes[w.sparse.indices])


def _part(w: WeightsGiven, regions: pd.Series, within: bool) -> Any:
    """W, or each W of a mapping, with its links within or across regions only, standardized anew."""
    if isinstance(w, Mapping):
        known: dict[int, object] = {}
        return {key: known.setdefault(id(one), _part(one, regions, within)) for key, one in w.items()}
    weights = as_weights(w)
    kept = sparse.csr_array(weights.sparse.copy())
    kept.data = np.where(_same(weights, regions) == within, kept.data, 0.0)
    kept.eliminate_zeros()
    part = Weights(kept, weights.ids)
    return part.row_standardized() if weights.is_row_stochastic else part


def _share(w: WeightsGiven, regions: pd.Series) -> float:
    """The share of weight that links units of one region."""
    every = [as_weights(one) for one in (w.values() if isinstance(w, Mapping) else [w])]
    inside = sum(float(one.sparse.data[_same(one, regions)].sum()) for one in every)
    return inside / sum(float(one.sparse.sum()) for one in every)
