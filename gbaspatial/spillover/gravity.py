"""Gravity: flows between units by what lies between them, with effects of origins and destinations, and a border."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import pandas as pd
from scipy import special

from gbaspatial.errors import ConvergenceError, UnknownNameError, nearest_names, some
from gbaspatial.models.fitted import Fitted
from gbaspatial.models.panel.panel_counts import all_zero
from gbaspatial.options import number, public, text, word
from gbaspatial.sizes import EIGEN_LIMIT
from gbaspatial.spillover.border_removal import without_border
from gbaspatial.spillover.flow_dependence import flow_moran
from gbaspatial.spillover.flow_filter import filtered
from gbaspatial.spillover.flow_table import BORDER, FlowDesign, check_estimable, read_flows
from gbaspatial.spillover.separation import separated, without_total
from gbaspatial.spillover.two_way_poisson import FittedFlows, TwoWay, poisson_two_way, sandwich_of_flows

if TYPE_CHECKING:
    from gbaspatial.weights.annotations import WeightsGiven

COVARIANCES = ("robust", "HC3", "cluster", "classical")
_RUN_OFF = 1e-6  # of the mean flow: zeros below it may be separated
_PULLED = 1.05  # standard errors freed of leverage over those that are not
_FEW_OWN = 0.5  # of the units: below it the border rests on few flows within


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class GravityResult(Fitted):
    """A gravity model by Poisson pseudo-maximum likelihood, with effects of origins and destinations.

    `params`, `std_errors`, `conf_int()` and the other verbs are those of every fit; rows are flows.

    Attributes
    ----------
    design : FlowDesign
    mean : pandas.Series
        Fitted flows mu; residuals are y - mu.
    kept : numpy.ndarray of bool, shape (m,)
        The flows that tell something: without those of places with no total, and those that effects fit exactly.
    silent : pandas.MultiIndex
        The flows that are not kept, all of them zero.
    absorbed : int
        Number of effects that are free.
    deviance : float
    filters : pandas.DataFrame
        Selected eigenvectors of W x W by pair; without columns if none were asked for.
    """

    design: FlowDesign
    mean: pd.Series
    kept: np.ndarray
    silent: pd.MultiIndex
    absorbed: int
    deviance: float
    filters: pd.DataFrame

    without_border = without_border
    moran = flow_moran

    @property
    def n_units(self) -> int:
        """Origins and destinations."""
        return len(self.design.units)

    @property
    def n_params(self) -> int:
        """Coefficients and effects."""
        return len(self.params) + self.absorbed

    @property
    def heading(self) -> str:
        """The model in words, and its formula: the title of its tables."""
        return f"Gravity (PPML): {self.formula}"

    def tariff_equivalent(self, sigma: float = 7, *, term: str = BORDER, level: float = 0.95) -> pd.Series:
        """The tariff that would hold back as much as `term`: exp(-b / (sigma - 1)) - 1.

        Parameters
        ----------
        sigma : float
            Elasticity of substitution between goods of different origins, above one.
        term : str
            The border, or another dummy of the formula.
        level : float
            Of confidence.

        Returns
        -------
        pandas.Series
            `estimate`, `lower`, `upper`: 0.51 is a tariff of 51 per cent.

        References
        ----------
        Yotov, Y. V., Piermartini, R., Monteiro, J.-A. and Larch, M. (2016). An Advanced Guide to Trade Policy
        Analysis: The Structural Gravity Model. World Trade Organization.
        """
        sigma = number(sigma, "sigma", least=1, open_ends=True)
        if text(term, "term") not in self.params.index:
            raise UnknownNameError(f"the model has no term {term!r}. {nearest_names(term, self.params.index)}")
        ends = self.conf_int(level).loc[term]
        found = {"estimate": self.params[term], "lower": ends["upper"], "upper": ends["lower"]}
        return np.expm1(-pd.Series(found) / (sigma - 1)).rename("tariff_equivalent")

    def glance(self) -> pd.DataFrame:
        """One row that tells the whole fit."""
        row = {
            "model": self.model, "n": self.n, "n_units": self.n_units, "n_kept": int(self.kept.sum()), "k": self.k,
            "absorbed": self.absorbed, "log_likelihood": self.log_likelihood, "aic": self.aic, "bic": self.bic,
            "deviance": self.deviance, "dispersion": self.sigma2,
        }  # fmt: skip
        return pd.DataFrame([row])

    def _about(self) -> list[str]:
        own = int((~self.design.abroad).sum())
        zeros = int((self.design.y == 0).sum())
        return [
            f"{self.n} flows of {self.n_units} units, {zeros} of them zero; {self.absorbed} effects of origins and "
            f"destinations absorbed; {own} flows stay on their side of the border."
        ]


@public
def gravity(
    flows: pd.DataFrame,
    formula: str,
    *,
    origin: str = "origin",
    destination: str = "destination",
    groups: pd.Series | None = None,
    border: bool = True,
    covariance: Literal["robust", "HC3", "cluster", "classical"] = "robust",
    filter_w: WeightsGiven | None = None,
) -> GravityResult:
    """Flows as E y = exp(X b + effect of the origin + effect of the destination), with a border dummy.

    The effects stand for all that makes a unit send or receive much, multilateral resistance among it (Fally 2015),
    so that only what differs from pair to pair has a coefficient. Zeros stay in; flows need not be whole numbers.

    Parameters
    ----------
    flows : pandas.DataFrame
        One row per origin and destination, in two columns or as the two levels of the index; flows of a unit to
        itself (production less exports) are what a border is measured against.
    formula : str
        Such as ``"trade ~ log(distance_km) + C(language)"``.
    origin, destination : str
        The columns that name them; of no use where the index does.
    groups : pandas.Series, optional
        The side of each unit; a flow crosses the border if sides differ. By default each unit is a side of its own.
    border : bool
        Whether the term ``border`` is added: one for flows that cross it.
    covariance : {"robust", "HC3", "cluster", "classical"}
        Robust, each flow for itself, as is usual and too small; the same freed of leverage, which covers
        (docs/spillover.md); clustered by pair, there and back; or the inverse information.
    filter_w : Weights, optional
        W of the units: eigenvectors of W x W are added until residual flows show no network autocorrelation.

    Returns
    -------
    GravityResult
        With `tariff_equivalent`, `without_border` and `moran`.

    Raises
    ------
    DataError
        If a flow is negative, or no flow stays within a region: a border needs such flows.
    CollinearityError
        If effects absorb a regressor, as those of one importer.
    ConvergenceError
        If a regressor separates zeros from the rest, so that its coefficient runs off.

    Notes
    -----
    Where goods pass through (re-exports), imports stand for more than is used and exports for more than is made, so
    that flows within (output less exports) are too small or negative, and the method breaks: such units are to be
    corrected, or left out. `without_border` names units whose exports the model does not describe.

    References
    ----------
    Fally, T. (2015). Structural gravity and fixed effects. Journal of International Economics 97, 76-85.
    McCallum, J. (1995). National borders matter: Canada-U.S. regional trade patterns. American Economic Review 85,
    615-623.
    Santos Silva, J. M. C. and Tenreyro, S. (2006). The log of gravity. Review of Economics and Statistics 88, 641-658.

    Examples
    --------
    >>> pairs = pd.MultiIndex.from_product([list("abc"), list("abc")], names=["origin", "destination"])
    >>> flows = pd.DataFrame({"trade": [9.0, 2, 1, 2, 8, 3, 1, 4, 9]}, index=pairs)
    >>> fit = gravity(flows, "trade ~ 1")
    >>> fit.params.round(3).to_dict(), round(float(fit.tariff_equivalent(sigma=7)["estimate"]), 3)
    ({'border': -1.39}, 0.261)
    """
    covariance = word(covariance, COVARIANCES, "covariance")
    design = read_flows(flows, formula, origin, destination, groups, border)
    at, kept, ways = _fitted(design)
    added, told = pd.DataFrame(index=design.index), []
    if filter_w is not None:
        design, at, added, note = filtered(design, at, kept, filter_w)
        told = [note]
    return _result(design, at, kept, ways, covariance, added, [*told, *_notes(design, kept)])


def _informative(design: FlowDesign, kept: np.ndarray) -> np.ndarray:
    """The flows (m,) among `kept` (m,) of places that send and receive something."""
    kept = kept.copy()
    while True:
        rows = np.flatnonzero(kept)
        if not len(rows) or not design.y.any():
            raise all_zero(design.response)
        gone = without_total(design.y[rows], design.ways.among(kept))
        if not gone.any():
            return kept
        kept[rows[gone]] = False


def _fitted(design: FlowDesign) -> tuple[FittedFlows, np.ndarray, TwoWay]:
    """The fit, the flows (m,) that it rests on, and their places: zeros that effects alone separate are left out.

    Raises
    ------
    CollinearityError, ConvergenceError
        For regressors that effects absorb, or that separate zeros.
    """
    kept = _informative(design, np.ones(design.n, dtype=bool))
    while True:
        ways = design.ways.among(kept)
        check_estimable(design, kept, ways)
        y, X = design.y[kept], design.X[kept]
        trouble: ConvergenceError | None = None
        try:
            at = poisson_two_way(y, X, ways)
            if not ((y == 0) & (at.mu < _RUN_OFF * y.mean())).any():
                return at, kept, ways
        except ConvergenceError as error:
            trouble = error
        alone = separated(y, np.empty((len(y), 0)), ways)
        if not alone.any():
            break
        kept[np.flatnonzero(kept)[alone]] = False
        kept = _informative(design, kept)
    gone = separated(y, X, ways)
    if gone.any():
        names = design.names(np.flatnonzero(kept)[gone])
        raise ConvergenceError(
            f"the regressors separate zero flows ({some(names)}) from the rest, so that their expected value tends to "
            f"zero and a coefficient to infinity; leave out the regressor or these flows."
        )
    if trouble is not None:
        raise trouble
    return at, kept, ways


def _result(
    design: FlowDesign, at: FittedFlows, kept: np.ndarray, ways: TwoWay, covariance: str, added: pd.DataFrame,
    notes: list[str],
) -> GravityResult:  # fmt: skip
    y, mu = design.y[kept], at.mu
    terms = list(design.terms)
    clusters = np.unique(_pairs_of(design)[kept], return_inverse=True)[1]
    V = sandwich_of_flows(y, at, ways, covariance, clusters)
    fitted = np.zeros(design.n)
    fitted[kept] = mu
    told = {
        "robust": "robust (each flow for itself)",
        "HC3": "robust, freed of leverage (HC3)",
        "classical": "classical (the variance is the mean)",
        "cluster": f"clustered by pair ({clusters.max() + 1} pairs)",
    }  # fmt: skip
    if covariance == "robust" and BORDER in terms and len(design.units) <= EIGEN_LIMIT:
        place = terms.index(BORDER)
        other = sandwich_of_flows(y, at, ways, "HC3", clusters)[place, place]
        notes = [*notes, *_told_leverage(np.sqrt(other), np.sqrt(V[place, place]))]
    absorbed = ways.rank
    return GravityResult(
        model="gravity", design=design, params=pd.Series(at.beta, index=terms, name="estimate"),
        covariance=pd.DataFrame(V, index=terms, columns=terms),
        sigma2=float(((y - mu) ** 2 / mu).sum() / max(len(y) - absorbed - len(terms), 1)),
        log_likelihood=float((special.xlogy(y, mu) - mu - special.gammaln(y + 1)).sum()),
        residuals=design.label(design.y - fitted, "residuals"), mean=design.label(fitted, "fitted"),
        covariance_kind=told[covariance], covariance_code=covariance, notes=tuple(notes),
        kept=kept, silent=design.pairs[~kept], absorbed=absorbed,
        deviance=float(2 * (special.xlogy(y, y) - special.xlogy(y, mu) - y + mu).sum()),
        selected=bool(added.shape[1]), filters=added,
    )  # fmt: skip


def _told_leverage(freed: float, robust: float) -> list[str]:
    """A sentence where the border rests on few flows within, each of which pulls the fit to itself."""
    if freed <= _PULLED * robust:
        return []
    return [
        f"The border rests on few flows within, which pull the fit to themselves: freed of that (covariance='HC3', "
        f"near to leaving out each flow in turn) its standard error is {freed:.4g} instead of {robust:.4g}."
    ]


def _pairs_of(design: FlowDesign) -> np.ndarray:
    """The number of the pair of each flow (m,), the same there and back."""
    ways = design.ways
    low, high = np.minimum(ways.origin, ways.destination), np.maximum(ways.origin, ways.destination)
    return np.asarray(low * len(design.units) + high)


def _notes(design: FlowDesign, kept: np.ndarray) -> list[str]:
    notes = []
    if not kept.all():
        empty = _without_flows(design)
        notes.append(
            f"{int((~kept).sum())} zero flows tell nothing of the coefficients, since effects fit them exactly: "
            + ("; ".join(empty) if empty else some(design.names(np.flatnonzero(~kept))))
            + "."
        )
    if BORDER in design.terms:
        units = len(design.units)
        own = len(np.unique(design.ways.origin[~design.abroad & kept]))
        if own < _FEW_OWN * units:
            notes.append(f"Only {own} of {units} units have flows that stay on their side: the border rests on these.")
    return notes


def _without_flows(design: FlowDesign) -> list[str]:
    """Sentences on units that send, or receive, nothing."""
    found: list[Any] = []
    for codes, what in ((design.ways.origin, "sends"), (design.ways.destination, "receives")):
        totals = np.bincount(codes, design.y, len(design.units))
        empty = np.intersect1d(np.flatnonzero(totals == 0), codes)
        if len(empty):
            found.append(f"nothing that {some(design.units[empty])} {what} is above zero")
    return found
