"""The matrix exponential spatial specification (MESS) for a spatial lag or a spatial error.

exp(alpha W) takes the place of I - rho W: it is never singular, log|exp(alpha W)| = alpha
tr W = 0, and so maximum likelihood is least squares of exp(alpha W) y on X. Decay is
exponential rather than geometric; with a row-standardized W, rho = 1 - exp(alpha) gives
the same total multiplier. Negative alpha is positive dependence.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, TypedDict, Unpack

import numpy as np
import pandas as pd
from scipy import special

from gbaspatial.errors import OptionError
from gbaspatial.formula import design as read_design
from gbaspatial.models.fit import Fit, build
from gbaspatial.models.fitted import INFERENCES, Inference
from gbaspatial.models.likelihood.exponential import Arrays, expm, search_alpha
from gbaspatial.models.likelihood.identification import check_informed, endless
from gbaspatial.models.likelihood.problem import LOG_2PI
from gbaspatial.models.predict import trend_everywhere
from gbaspatial.models.solve.origin import Centered, Ground, refuse_perfect
from gbaspatial.options import flag, level_of, only, public, word
from gbaspatial.randomness import EXPONENTIAL_PROBES, label_ranks, probes_of
from gbaspatial.referee import code as _code, second_opinion as _second_opinion
from gbaspatial.results import Result, Table
from gbaspatial.sizes import DENSE_LIMIT, PROBES
from gbaspatial.weights import Weights

if TYPE_CHECKING:
    from gbaspatial.weights.annotations import WeightsGiven


class Options(TypedDict, total=False):
    """weights : observation weights; regimes : a column of classes; covariance : ``"information"`` or ``"HC0"``.

    inference : ``"recommended"`` or ``"asymptotic"``, of this estimator the same.
    """

    weights: pd.Series | str | None
    regimes: str | None
    inference: Inference
    covariance: Literal["information", "HC0"]


@dataclass(frozen=True, slots=True, eq=False)
class MessImpacts(Result):
    """Average impacts of the regressors of a MESS lag model, exp(-alpha W) (beta I + theta W).

    Attributes
    ----------
    direct, indirect, total : pandas.DataFrame
        By regressor: `estimate, std_error, lower, upper, p_value` (delta method).
    level : float
    note : str
    """

    direct: pd.DataFrame
    indirect: pd.DataFrame
    total: pd.DataFrame
    level: float
    note: str

    def tables(self) -> tuple[Table, ...]:
        """One table, by regressor and kind of impact."""
        parts = {"direct": self.direct, "indirect": self.indirect, "total": self.total}
        order = pd.MultiIndex.from_product([self.total.index, list(parts)], names=["term", "impact"])
        frame = pd.concat(parts, names=["impact", "term"]).swaplevel().reindex(order)
        return (Table(frame, "Average impacts", (self.note,)),)


@dataclass(frozen=True, slots=True, eq=False)
class MessFit(Fit):
    """A fitted MESS: `params` has ``alpha`` after the terms of X."""

    @property
    def alpha(self) -> float:
        """The exponent: negative where neighbors are alike."""
        return float(self.params["alpha"])

    @property
    def rho_equivalent(self) -> float:
        """1 - exp(alpha): the rho with the same total multiplier if W is row-standardized."""
        return 1 - float(np.exp(self.alpha))

    def predict(
        self,
        data: pd.DataFrame | None = None,
        w: WeightsGiven | None = None,
        *,
        kind: Literal["trend", "corrected"] = "corrected",
    ) -> pd.Series:
        """X b (``"trend"``), or the mean of y given X, which is exp(-alpha W) X b in the lag model.

        Parameters
        ----------
        data : pandas.DataFrame, optional
            Other units or values; by default the fitted ones.
        w : Weights or mapping of str to Weights, optional
            Over the units of `data`; by default that of the fit.
        kind : {"trend", "corrected"}
            Which of the two.
        """
        word(kind, ("trend", "corrected"), "kind")
        _, mean, lags, _ = trend_everywhere(self, data, w)
        if kind == "corrected" and self.model == "mess":
            mean = pd.Series(expm(lags["W"].sparse, -self.alpha, mean.to_numpy()), index=mean.index, name=mean.name)
        return mean.reindex(self.design.index if data is None else data.index)


@dataclass(frozen=True, slots=True, eq=False)
class MessLagFit(MessFit):
    """A fitted MESS of the outcome, whose regressors spill over; see `MessFit`."""

    second_opinion = _second_opinion
    code = _code

    def impacts(self, *, level: float = 0.95) -> MessImpacts:
        """Direct, indirect and total impacts with delta-method standard errors.

        Parameters
        ----------
        level : float
            Of the intervals.

        Returns
        -------
        MessImpacts
        """
        return _impacts(self, level)


@public
def mess(
    formula: str,
    data: pd.DataFrame,
    w: WeightsGiven,
    *,
    model: Literal["lag", "error"] = "lag",
    durbin: bool = False,
    **options: Unpack[Options],
) -> MessFit:
    """exp(alpha W) y = X b + e (lag), or y = X b + u, exp(alpha W) u = e (error), by maximum likelihood.

    Parameters
    ----------
    formula : str
        ``"y ~ x"``; ``W(x)`` or ``durbin=True`` adds lags of regressors.
    data : pandas.DataFrame
        One row per unit, indexed by unit.
    w : Weights or mapping of str to Weights
        Any W, used as given.
    model : {"lag", "error"}
    durbin : bool
        Adds the lag of every regressor.
    **options
        `weights`, a column or Series of observation weights (the variance of a unit is
        sigma2 / weight); `regimes`, a column of classes by which every coefficient is
        estimated; `covariance`: ``"information"`` (observed) by default, or ``"HC0"``, as
        MESS, unlike the lag model, stays consistent if variances differ by unit (Debarsy,
        Jin and Lee 2015); `inference`, ``"recommended"`` or ``"asymptotic"``: of this
        estimator both are normal, approximate below 50 units.

    Returns
    -------
    MessFit
        `alpha`, `rho_equivalent`, `impacts()`.

    Raises
    ------
    ConvergenceError
        If the likelihood has no maximum within a very wide window of alpha.

    References
    ----------
    LeSage, J. P. and Pace, R. K. (2007). A matrix exponential spatial specification. Journal
    of Econometrics 140, 190-214.
    Debarsy, N., Jin, F. and Lee, L. F. (2015). Large sample properties of the matrix exponential
    spatial specification with an application to FDI. Journal of Econometrics 188, 1-21.

    Examples
    --------
    >>> from gbaspatial.weights import Weights
    >>> chain = Weights(np.eye(6, k=1) + np.eye(6, k=-1), list("abcdef")).row_standardized()
    >>> data = pd.DataFrame({"y": [1.0, 2, 2, 3, 5, 4], "x": [0.0, 2, 1, 2, 4, 3]}, index=list("abcdef"))
    >>> fit = mess("y ~ x", data, chain)
    >>> round(fit.alpha, 3), round(fit.rho_equivalent, 3)
    (-0.287, 0.25)
    """
    word(model, ("lag", "error"), "model")
    only(options, Options.__annotations__, "mess()")
    kind = word(options.get("covariance", "information"), ("information", "HC0"), "covariance")
    inference = word(options.get("inference", "recommended"), INFERENCES, "inference")
    design = read_design(
        formula, data, w, durbin=flag(durbin, "durbin"), weights=options.get("weights"), regimes=options.get("regimes")
    )
    if design.k + 2 > design.n:
        raise OptionError(f"{design.n} units cannot carry {design.k} coefficients, alpha and a variance.")
    first = design.weights["W"]
    if first.n_links == 0:
        raise OptionError("W has no links, so that alpha cannot be estimated; use ols.")
    check_informed("alpha", design.X, first.sparse, design.observation_weights)
    root = np.ones(design.n) if design.observation_weights is None else np.sqrt(design.observation_weights)
    origin = Centered.of(design.y, design.X)
    if origin.exact:
        refuse_perfect(0.0, 1.0)
    lagged = model == "lag"
    ground = Ground.of(design.y, origin.Q, first.sparse)
    arrays = Arrays(design.y - ground.m if lagged else origin.rest, origin.Q, first.sparse, root)
    alpha = search_alpha(arrays.lag_sums if lagged else arrays.error_sums, first)
    at = arrays.lag(alpha) if lagged else arrays.error(alpha)
    if not at.bend > 0:
        raise endless("alpha", alpha)
    sigma2 = float(at.e @ at.e) / design.n
    covariance = arrays.sandwich(model, alpha, at) if kind == "HC0" else sigma2 * arrays.inverse_hessian(at)
    beta, e = at.beta, at.e
    if lagged:  # exp(alpha W) 1 = exp(alpha s) 1
        share = np.array([np.exp(alpha * ground.s)])
        beta, covariance = ground.lifted(beta, covariance, share, ground.s * share, design.k)
    beta, covariance = origin.coefficients(beta, whole=lagged), origin.covariance(covariance)
    likelihood = -design.n / 2 * (LOG_2PI + 1 + np.log(sigma2)) + float(np.log(root).sum())
    return build(
        kind=MessLagFit if model == "lag" else MessFit,
        model="mess" if model == "lag" else "mess_error", method="ml", design=design,
        params={**dict(zip(design.terms, beta, strict=True)), "alpha": alpha},
        covariance=covariance, residuals=e / root, sigma2=sigma2, log_likelihood=likelihood,
        w=first if model == "lag" else None, error_w=first if model == "error" else None,
        covariance_kind="HC0" if kind == "HC0" else "observed information",
        covariance_code="HC0" if kind == "HC0" else "information", notes=_notes(alpha, first),
        inference=inference,
    )  # fmt: skip


def _notes(alpha: float, w: Weights) -> tuple[str, ...]:
    if not w.is_row_stochastic:
        return ()
    return (f"rho with the same total multiplier: 1 - exp(alpha) = {1 - np.exp(alpha):.4f}.",)


# -- impacts ----------------------------------------------------------------------------------
def _impacts(fit: MessFit, level: float) -> MessImpacts:
    level_of(level)
    assert fit.w is not None
    design, w = fit.design, fit.w
    names = list(design.weights)
    traces, note = _traces(w, fit.alpha, [design.weights[name] for name in names])
    places = {term: place for place, term in enumerate(fit.params.index)}
    rows: dict[str, dict[str, np.ndarray]] = {"direct": {}, "indirect": {}, "total": {}}
    values: dict[str, dict[str, float]] = {"direct": {}, "indirect": {}, "total": {}}
    for regressor in design.regressors():
        terms = [(None, regressor.beta)] + [(names.index(name), place) for name, place in regressor.theta.items()]
        for kind in ("direct", "total"):
            slope, value = np.zeros(len(places)), 0.0
            for which, place in terms:
                if place is None:
                    continue
                multiplier, change = traces[kind][0 if which is None else which + 1]
                coefficient = fit.params.iloc[place]
                value += multiplier * coefficient
                slope[place] += multiplier
                slope[places["alpha"]] += change * coefficient
            rows[kind][regressor.name], values[kind][regressor.name] = slope, value
        rows["indirect"][regressor.name] = rows["total"][regressor.name] - rows["direct"][regressor.name]
        values["indirect"][regressor.name] = values["total"][regressor.name] - values["direct"][regressor.name]
    frames = {kind: _frame(values[kind], rows[kind], fit.covariance.to_numpy(), level) for kind in rows}
    return MessImpacts(**frames, level=level, note=note)


def _frame(
    values: dict[str, float], slopes: dict[str, np.ndarray], covariance: np.ndarray, level: float
) -> pd.DataFrame:
    estimate = pd.Series(values, dtype=float)
    error = pd.Series({name: float(np.sqrt(slope @ covariance @ slope)) for name, slope in slopes.items()})
    width = float(special.ndtri(0.5 + level / 2)) * error
    frame = pd.DataFrame(
        {
            "estimate": estimate,
            "std_error": error,
            "lower": estimate - width,
            "upper": estimate + width,
            "p_value": 2 * special.ndtr(-np.abs(estimate / error)),
        }
    )
    return frame.rename_axis("term")


def _traces(w: Weights, alpha: float, lags: list[Weights]) -> tuple[dict[str, list[tuple[float, float]]], str]:
    """Mean diagonal and mean row sum of exp(-alpha W) V and their slopes in alpha, for V = I and each W of `lags`."""
    n = w.n
    S, ones = w.sparse, np.ones(n)
    left = expm(S.T.tocsr(), -alpha, ones)
    left_slope = -(S.T @ left)
    rights = [ones, *(v.sparse @ ones for v in lags)]
    total = [(float(left @ right) / n, float(left_slope @ right) / n) for right in rights]
    if n <= DENSE_LIMIT and all(v is w for v in lags):
        values = w.eigenvalues()
        spread = np.exp(-alpha * values)
        powers = [spread, *(spread * values for _ in lags)]
        direct = [(float(p.sum().real) / n, -float((p * values).sum().real) / n) for p in powers]
        return {"direct": direct, "total": total}, "Delta-method standard errors; exact traces."
    probes = probes_of(label_ranks(w.ids), PROBES, EXPONENTIAL_PROBES, n)
    moved = expm(S.T.tocsr(), -alpha, probes)
    change = -(S.T @ moved)
    direct = []
    for image in [probes, *(v.sparse @ probes for v in lags)]:
        by_probe = np.einsum("ij,ij->j", moved, image) / n
        direct.append((float(by_probe.mean()), float(np.einsum("ij,ij->", change, image)) / n / PROBES))
    error = float(np.einsum("ij,ij->j", moved, probes).std(ddof=1) / n / np.sqrt(PROBES))
    note = (
        f"Delta-method standard errors; the direct multiplier by {PROBES} random probes (standard error {error:.2g})."
    )
    return {"direct": direct, "total": total}, note
