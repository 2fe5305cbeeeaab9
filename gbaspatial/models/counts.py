"""Poisson pseudo-maximum likelihood (PPML) for counts and other outcomes that are not negative.

E y = exp(X b) is all that must hold: y need not be Poisson, nor an integer, and zeros stay
in. Standard errors are robust. `spatial_filter(..., model="poisson")` adds Moran
eigenvectors that take up spatial autocorrelation.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, TypedDict, Unpack

import numpy as np
import pandas as pd
from scipy import linalg, special

from gbaspatial.alignment import align, check_frame, columns_of
from gbaspatial.errors import (
    ConvergenceError,
    DataError,
    OptionError,
    some,
)
from gbaspatial.formula import Design, design as read_design, is_intercept
from gbaspatial.models.fit import METHOD_NAMES, Fit, build
from gbaspatial.models.fitted import Inference
from gbaspatial.models.impacts.change import impact_of_change
from gbaspatial.models.instruments.hac import Kernel, kernel_weights
from gbaspatial.models.panel.panel_counts import PanelCountsFit, check_counts, panel_counts
from gbaspatial.models.solve.origin import taken_back
from gbaspatial.options import only, public, unused, word
from gbaspatial.referee import code as _code, second_opinion as _second_opinion

if TYPE_CHECKING:
    from scipy import sparse

    from gbaspatial.geography.places import Units
    from gbaspatial.options import Given
    from gbaspatial.weights.annotations import WeightsGiven

COVARIANCES = ("classical", "HC0", "HC1", "HC3", "hac")
METHOD_NAMES["ppml"] = "pseudo-maximum likelihood (PPML)"
_ROUNDS = 200


class KernelOptions(TypedDict, total=False):
    """Options of ``covariance="hac"``: kernel, neighbors or bandwidth_km, coordinates."""

    kernel: Kernel
    neighbors: int | None
    bandwidth_km: float | None
    coordinates: Units | pd.DataFrame | None


@dataclass(frozen=True, slots=True, eq=False)
class PoissonFit(Fit):
    """A fit by Poisson pseudo-maximum likelihood.

    `residuals` are y - mu, `fitted` mu, `sigma2` the Pearson dispersion; `log_likelihood`
    is that of the Poisson distribution.
    """

    _exponential = True

    impact_of_change = impact_of_change
    second_opinion = _second_opinion
    code = _code

    @property
    def n_params(self) -> int:
        """Coefficients; a Poisson model has no variance of its own."""
        return len(self.params)

    @property
    def deviance(self) -> float:
        """Twice the log-likelihood that a perfect fit would have more."""
        return float(self.extra["deviance"])

    @property
    def null_deviance(self) -> float:
        """Deviance of a model with an intercept only (and the exposure)."""
        return float(self.extra["null_deviance"])

    @property
    def r_squared(self) -> float:
        """1 - deviance / null deviance."""
        return 1 - self.deviance / self.null_deviance

    @property
    def adj_r_squared(self) -> float:
        """`r_squared` corrected for the number of columns of X."""
        return 1 - (1 - self.r_squared) * (self.n - 1) / (self.n - self.k)

    @property
    def dispersion(self) -> float:
        """Sum of (y - mu)^2 / mu over n - k; one under a Poisson distribution."""
        return self.sigma2

    def predict(
        self,
        data: pd.DataFrame | None = None,
        w: WeightsGiven | None = None,
        *,
        exposure: str | pd.Series | None = None,
    ) -> pd.Series:
        """Expected outcomes of these units, or of other `data`, or under another `w`.

        Parameters
        ----------
        data : pandas.DataFrame, optional
            By default the fitted units as they were.
        w : Weights or mapping of str to Weights, optional
            Over the units of `data`, for formulas with ``W(x)``; a formula without one has no use for it.
        exposure : str or pandas.Series, optional
            What the outcomes are counted over, a column of the data or a Series; by default that of the fit.
        """
        if data is None and w is None and exposure is None:
            return self.fitted
        if w is not None and not self.design.uses_weights:
            raise OptionError("the formula has no W(x), so predict() has no use for w; leave it out.")
        if data is not None:
            check_frame(data)
        frame = self.design.data if data is None else data
        chosen = self.extra["exposure"] if exposure is None else exposure
        offset = log_exposure(chosen, frame, frame.index)
        return pd.Series(np.exp(self.design.matrix(frame, w) @ self.beta + offset), frame.index, name="fitted")


@public
def ppml(
    formula: str,
    data: pd.DataFrame,
    w: WeightsGiven | None = None,
    *,
    exposure: str | pd.Series | None = None,
    effects: str | None = None,
    covariance: Literal["classical", "HC0", "HC1", "HC3", "hac", "cluster"] | None = None,
    unbalanced: Literal["error", "common", "keep"] = "error",
    inference: Inference = "recommended",
    **kernel: Unpack[KernelOptions],
) -> PoissonFit | PanelCountsFit:
    """Regression of counts: E y = exposure * exp(X b), with robust standard errors.

    Parameters
    ----------
    formula : str
        ``"patents_granted ~ log(employment)"``: the outcome itself, not its logarithm.
    data : pandas.DataFrame
        One row per unit, indexed by unit.
    w : Weights, optional
        Needed only for ``W(x)``.
    exposure : str or pandas.Series, optional
        A positive column, such as population, whose coefficient in logarithms is one.
    effects : str, optional
        Of a panel, indexed (unit, time): ``"unit"``, ``"time"``, ``"twoway"`` or such as ``"unit + region:year"``,
        taken out as in `panel_ols`; ``"pooled"`` for none.
    covariance : {"HC1", "HC0", "HC3", "classical", "hac", "cluster"}, optional
        HC1 by default; ``"classical"`` trusts that the variance is the mean. Panels have ``"cluster"`` (by
        unit, the default) and ``"classical"``, which warns.
    unbalanced : {"error", "common", "keep"}
        Of a panel, as in `panel_ols`.
    inference : {"recommended", "asymptotic"}
        Where p-values and intervals come from; of this estimator both are normal, approximate below 50 units
        (clusters of a panel: t with units less one degrees of freedom).
    **kernel
        For ``"hac"``: `kernel`, `neighbors` or `bandwidth_km`, `coordinates` (by default
        the geometry of the data).

    Returns
    -------
    PoissonFit
        With `effects` a `PanelCountsFit`.

    Raises
    ------
    DataError
        If the outcome is negative for a unit.
    ConvergenceError
        If a regressor separates zeros from the rest, so that a coefficient runs off.

    References
    ----------
    Gourieroux, C., Monfort, A. and Trognon, A. (1984). Pseudo maximum likelihood methods:
    applications to Poisson models. Econometrica 52, 701-720.
    Santos Silva, J. M. C. and Tenreyro, S. (2006). The log of gravity. Review of Economics
    and Statistics 88, 641-658.

    Examples
    --------
    >>> data = pd.DataFrame({"y": [2, 4, 9, 1, 3, 5], "g": list("aaabbb")}, index=list("uvwxyz"))
    >>> np.exp(ppml("y ~ C(g)", data).params).round(6).tolist()
    [5.0, 0.6]
    """
    if effects is not None:
        unused(kernel, "counts of a panel have clusters by unit")

        def _offset(ids: pd.Index) -> np.ndarray:
            return log_exposure(exposure, data, ids)

        return panel_counts(formula, data, w, effects, _offset, covariance, unbalanced, inference)
    covariance = word("HC1" if covariance is None else covariance, COVARIANCES, "covariance")
    design = read_design(formula, data, w)
    check_counts(design)
    offset = log_exposure(exposure, data, design.ids)
    beta, mu = poisson(design.y, design.X, offset)
    _check_not_separated(design, mu)
    K = _kernel(design, data, covariance, kernel)
    matrix = sandwich(design.y, design.X, mu, covariance, K)
    level = poisson(design.y, np.ones((design.n, 1)), offset)[1]
    residuals = design.y - mu
    return build(
        kind=PoissonFit, model="ppml", method="ppml", design=design, params=dict(zip(design.terms, beta, strict=True)),
        covariance=matrix, residuals=residuals, sigma2=float((residuals**2 / mu).sum() / (design.n - design.k)),
        log_likelihood=float((special.xlogy(design.y, mu) - mu - special.gammaln(design.y + 1)).sum()),
        covariance_kind="spatial HAC" if K is not None else covariance,
        covariance_code=covariance, notes=_notes(design, residuals, mu), inference=inference,
        extra={"deviance": deviance(design.y, mu), "null_deviance": deviance(design.y, level), "exposure": exposure},
    )  # fmt: skip


def log_exposure(exposure: str | pd.Series | None, data: pd.DataFrame, ids: pd.Index) -> np.ndarray:
    """The logarithm of the exposure (n,) in the order of `ids`; zeros without one."""
    if exposure is None:
        return np.zeros(len(ids))
    if isinstance(exposure, str):
        columns_of(data, exposure)
        exposure = data[exposure]
    numbers = _of_panel(exposure, ids) if ids.nlevels > 1 else align(exposure, ids, "exposure")
    if (numbers <= 0).any():
        raise DataError(f"the exposure must be positive, but is not for {some(list(ids[numbers <= 0]))}.")
    return np.log(numbers)


def _of_panel(exposure: pd.Series, ids: pd.Index) -> np.ndarray:
    """The exposure of the rows (unit, time) of `ids`."""
    if not isinstance(exposure, pd.Series) or exposure.index.nlevels != 2 or exposure.index.has_duplicates:
        raise DataError("the exposure of a panel must be a Series indexed by unit and time, one row for each.")
    numbers = exposure.reindex(ids).to_numpy(dtype=float)
    absent = ~np.isfinite(numbers)
    if absent.any():
        raise DataError(f"the exposure is missing for {some(list(ids[absent]))}.")
    return numbers


def _kernel(design: Design, data: pd.DataFrame, covariance: str, options: Given) -> sparse.csr_array | None:
    only(options, KernelOptions.__annotations__, "ppml()")
    if covariance != "hac":
        unused(options, "they belong to covariance='hac'")
        return None
    coordinates = options.get("coordinates")
    if coordinates is None and hasattr(data, "geometry"):
        coordinates = data
    chosen = {name: value for name, value in options.items() if name != "coordinates" and value is not None}
    return kernel_weights(coordinates, design.ids, **chosen)


def _running_off(y: np.ndarray, mu: np.ndarray) -> np.ndarray:
    """Which zeros (n,) have a mean that tends to zero."""
    return (y == 0) & (mu < 1e-7 * max(1.0, float(y.mean())))


def _check_not_separated(design: Design, mu: np.ndarray) -> None:
    gone = _running_off(design.y, mu)
    if gone.any():
        raise _separated(design.ids[gone])


def _separated(units: pd.Index) -> ConvergenceError:
    return ConvergenceError(
        f"the regressors separate units with a zero outcome ({some(units)}) from the rest, so that their expected "
        f"value tends to zero and a coefficient to infinity; leave out the regressor or the units."
    )


def _notes(design: Design, residuals: np.ndarray, mu: np.ndarray) -> tuple[str, ...]:
    ratio = float((residuals**2 / mu).sum() / (design.n - design.k))
    notes = [f"Pearson dispersion {ratio:.3g} (one under a Poisson distribution)."]
    if not any(map(is_intercept, design.terms)):
        notes.append("There is no intercept: the null deviance is that of a model with one.")
    return tuple(notes)


# -- arrays -------------------------------------------------------------------------------------
def poisson(y: np.ndarray, X: np.ndarray, offset: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Coefficients (k,) and means (n,) by iteratively reweighted least squares with step halving.

    Raises
    ------
    ConvergenceError
        If the deviance does not settle.
    """
    Q, R = np.linalg.qr(X)  # coefficients of an orthonormal basis: a column may be far from zero, or in any unit
    mu = (y + y.mean()) / 2
    eta = np.log(mu)
    beta, last = None, np.inf
    for _ in range(_ROUNDS):
        root = np.sqrt(mu)
        target = eta - offset + (y - mu) / mu
        new = np.linalg.lstsq(root[:, None] * Q, root * target, rcond=None)[0]
        step = 1.0
        while True:
            trial = new if beta is None else beta + step * (new - beta)
            eta = np.clip(Q @ trial + offset, -300, 300)
            mu = np.exp(eta)
            loss = float((mu - y * eta).sum())
            if beta is None or loss <= last + 1e-12 * abs(last) or step < 1e-6:
                break
            step /= 2
        change = np.inf if beta is None else float(np.abs(trial - beta).max() / (1 + np.abs(beta).max()))
        beta, last = trial, loss
        if change < 1e-12 or (change < 1e-9 and step < 1):
            return linalg.solve_triangular(R, beta), mu
        if eta[y == 0].min(initial=0.0) < -40:  # separated zeros: the caller names them
            return linalg.solve_triangular(R, beta), mu
    if _running_off(y, mu).any():  # steps grow too small to go on: the same
        return linalg.solve_triangular(R, beta), mu
    raise ConvergenceError(f"Poisson regression did not settle in {_ROUNDS} rounds; the last change was {change:.2g}.")


def deviance(y: np.ndarray, mu: np.ndarray) -> float:
    """The Poisson deviance."""
    return float(2 * (special.xlogy(y, y) - special.xlogy(y, mu) - (y - mu)).sum())


def sandwich(
    y: np.ndarray, X: np.ndarray, mu: np.ndarray, kind: str, K: sparse.csr_array | np.ndarray | None = None
) -> np.ndarray:
    """The covariance (k, k) of Poisson coefficients: classical, HC0, HC1, HC3, or HAC with kernel weights `K`."""
    n, k = X.shape
    root = np.sqrt(mu)
    N, R = np.linalg.qr(root[:, None] * X)
    if kind == "classical":
        return taken_back(R, np.eye(k))
    e = (y - mu) / root
    if kind == "HC3":
        e = e / (1 - np.square(N).sum(axis=1))
    scores = e[:, None] * N
    meat = scores.T @ (scores if K is None else K @ scores)
    return taken_back(R, (meat + meat.T) / 2) * (n / (n - k) if kind == "HC1" else 1.0)
