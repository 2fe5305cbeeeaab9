"""One question under every W, model and outcome: the specification curve."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from gbaspatial.errors import DataError, OptionError
from gbaspatial.figures.effects import specification_curve
from gbaspatial.formula import Design, design
from gbaspatial.models import durbin_models, regression
from gbaspatial.models.bayes import (
    intercept_of,
    is_panel,
    posterior,
    posterior_of,
    probabilities,
    problem_for,
    says_something,
    uninformed_note,
)
from gbaspatial.models.fit import SPATIAL as PARAMETERS, problem_again
from gbaspatial.models.fit_tables import told_kind
from gbaspatial.models.fitted import with_inference
from gbaspatial.models.impacts.summary_measures import impacts
from gbaspatial.models.likelihood.marginal import evidence
from gbaspatial.models.solve.admissible import window
from gbaspatial.options import only, public, word
from gbaspatial.randomness import Rng, seed_of
from gbaspatial.repeated.blocks import map_blocks
from gbaspatial.results import Result, Table
from gbaspatial.weights.adoption import as_weights_called

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from gbaspatial.models.fit import Fit
    from gbaspatial.weights.annotations import WeightsLike

ESTIMATORS = {
    "lag": regression.lag,
    "error": regression.error,
    "durbin": durbin_models.durbin,
    "durbin_error": durbin_models.durbin_error,
    "slx": regression.slx,
    "sarar": regression.sarar,
    "gns": durbin_models.gns,
}
DURBIN = ("durbin", "durbin_error", "slx", "gns")
SPATIAL = ("lag", "error", "durbin", "durbin_error", "sarar", "gns")


@dataclass(frozen=True, slots=True, eq=False)
class SpecificationCurve(Result):
    """The spatial parameter and the impacts under each specification.

    Attributes
    ----------
    frame : pandas.DataFrame
        Index (``outcome``, ``weights``, ``model``); `rho` or `lambda` with the `p_value` and the 95 %
        interval `lower`, `upper` of the fit's inference, `log_likelihood`, `aic` and the posterior
        `probability` among the specifications of the same outcome.
    totals : pandas.DataFrame
        Index (``outcome``, ``weights``, ``model``, ``term``); the total impact of each regressor with
        `estimate, std_error, lower, upper, p_value`.
    fits : mapping
        The fits, by the same keys.
    uninformed : tuple of str
        Weights under which the data say nothing of rho or lambda: there is no fit, the
        posterior is the prior, and `lower`, `upper` are all of the admissible interval.
    told : tuple of str
        What a reader must know beside the rest.
    seed : int
        Seed of the draws.
    """

    frame: pd.DataFrame
    totals: pd.DataFrame
    fits: Mapping[tuple[str, str, str], Fit]
    seed: int
    uninformed: tuple[str, ...] = ()
    told: tuple[str, ...] = ()

    @property
    def spatial(self) -> pd.Series:
        """The spatial parameter of each specification: rho where there is one, else lambda."""
        return self.frame["rho"].fillna(self.frame["lambda"]).rename("spatial")

    @property
    def _rows(self) -> str:
        """What `n` counts, in a word."""
        panel = any(fit.n != fit.n_units for fit in self.fits.values())
        return "rows" if panel else "units"

    def to_frame(self) -> pd.DataFrame:
        """`frame`; levels that do not vary are left out of the index."""
        return _shortened(self.frame)

    def tables(self) -> tuple[Table, ...]:
        """The specifications, then the total impacts under each."""
        sizes = sorted({fit.n for fit in self.fits.values()})
        notes = [
            f"{len(self.frame)} specifications of n = {', '.join(map(str, sizes))} {self._rows}; p_value, lower, "
            f"upper (95 %): of the spatial parameter; probability: posterior, among the specifications of one outcome, "
            f"each equally likely before.",
            *dict.fromkeys(told_kind(fit) for fit in self.fits.values()),
        ]
        if self.uninformed:
            notes.append(uninformed_note(self.uninformed))
        notes += self.told
        first = Table(_shortened(self.frame), "Specification curve", tuple(notes))
        return first, Table(_shortened(self.totals), "Total impacts under each specification")

    def drawn_part(self, term: str | None = None) -> pd.DataFrame:
        """What `plot` shows: `estimate, lower, upper` of the spatial parameter, or of the total impact of `term`."""
        part = self.frame.assign(estimate=self.spatial) if term is None else self._totals_of(term)
        part = part.dropna(subset="estimate").sort_values("estimate")
        if part.empty:
            raise OptionError("no model has a spatial parameter to draw; name a term= to draw its total impact.")
        return _shortened(part[["estimate", "lower", "upper"]].astype(float), empty=True)

    def plot(self, term: str | None = None, ax: Axes | None = None) -> Axes:
        """The curve: the spatial parameter, or the total impact of `term`, with its interval, in ascending order.

        Parameters
        ----------
        term : str, optional
            A regressor; without it the spatial parameter is drawn.
        ax : matplotlib.axes.Axes, optional
            Where to draw; a new figure if not given.
        """
        return specification_curve(self, term, ax=ax)

    def _totals_of(self, term: str) -> pd.DataFrame:
        known = self.totals.index.get_level_values("term").unique()
        if term not in known:
            raise OptionError(f"there is no impact of {term!r}; there are: {', '.join(known)}.")
        return self.totals.xs(term, level="term")


@public
def over_weights(
    formula: str | Sequence[str] | Mapping[str, str],
    data: pd.DataFrame,
    weights: Mapping[str, WeightsLike],
    *,
    models: Sequence[str] = ("lag",),
    rng: Rng = 0,
    inference: str | None = None,
    **options: object,
) -> SpecificationCurve:
    """Fit the same question under several W, models and outcomes.

    Parameters
    ----------
    formula : str, sequence of str or mapping of str to str
        One formula, or several: named by their outcomes (by the whole formula where two have
        the same), or by the names of the mapping.
    data : pandas.DataFrame
        Indexed by unit; or a panel, indexed by unit and time.
    weights : mapping of str to Weights
        The hypotheses of contact, each under its name.
    models : sequence of {"lag", "error", "durbin", "durbin_error", "slx", "sarar", "gns"}
        `rho` or `lambda` is NaN where the model has none; `lower` and `upper` are those of rho
        where there are both, and NaN for ``"slx"``.
    rng : int, Generator or None
        Of the simulated standard errors of the impacts.
    inference : {"recommended", "asymptotic"}, optional
        Where p-values and intervals come from; recommended if not given.
    **options
        Of the estimators of panels (`PanelOptions`): ``effects``, ``covariance``, ``unbalanced`` and so on, and
        ``period``, whose W the impacts are made of (the last one by default).

    Returns
    -------
    SpecificationCurve
        Tables and `plot()`; which result depends on the choice of W is the point of it.

    Raises
    ------
    OptionError, DataError
        If a model is not known or there is nothing to compare.

    References
    ----------
    Simonsohn, U., Simmons, J. P., Nelson, L. D. (2020). Specification curve analysis.
    Nature Human Behaviour 4, 1208-1214. LeSage, J., Pace, R. K. (2014). The biggest myth
    in spatial econometrics. Econometrics 2(4), 217-249.

    Examples
    --------
    >>> import gbaspatial as gba
    >>> cities = gba.load_cities(year=2019)
    >>> near = gba.weights.nearest(cities, k=4).row_standardized()
    >>> queen = gba.weights.contiguity(cities).row_standardized()
    >>> curve = over_weights("log(gdp_pc_cny) ~ C(tier)", cities, {"queen": queen, "4 nearest": near})
    >>> curve.to_frame().index.tolist()
    ['queen', '4 nearest']
    """
    if is_panel(data):
        from gbaspatial.models import panel_over_weights

        found: SpecificationCurve = panel_over_weights(
            formula, data, weights, models=models, rng=rng, inference=inference, **options
        )
        return found
    only(options, (), "over_weights() of a cross-section")
    for name in models:
        word(name, ESTIMATORS, "models")
    check_compared(weights, models)
    formulas = formulas_by_name(formula)
    named = {str(name): as_weights_called(w, f"weights[{name!r}]") for name, w in weights.items()}
    seed = seed_of(rng)

    def _of(key: tuple[str, str, str]) -> tuple[Fit | None, dict[str, float]]:
        outcome, name, model = key
        spec = design(formulas[outcome], data, named[name], durbin=model in DURBIN)
        if model in SPATIAL and not says_something(spec):
            return None, _prior_row(spec, model)
        fit = with_inference(ESTIMATORS[model](formulas[outcome], data, named[name]), inference)
        return fit, _row(fit)

    asked = [(outcome, name, model) for outcome in formulas for name in named for model in models]
    fitted = dict(zip(asked, map_blocks(_of, asked, "models"), strict=True))
    fits = {key: fit for key, (fit, _) in fitted.items() if fit is not None}
    rows = {key: row for key, (_, row) in fitted.items()}
    uninformed = [name for (_, name, _), (fit, _) in fitted.items() if fit is None]
    keys = pd.MultiIndex.from_tuples(list(rows), names=["outcome", "weights", "model"])
    frame = pd.DataFrame(list(rows.values()), index=keys)
    frame["probability"] = np.concatenate(
        [probabilities(frame.loc[[outcome], "log_evidence"].to_numpy()) for outcome in formulas]
    )
    frame, told = frame.drop(columns="log_evidence"), tuple(dict.fromkeys(uninformed))
    return SpecificationCurve(frame, _totals(fits, keys, seed), fits, seed, told)


def _totals(fits: Mapping[tuple[str, str, str], Fit], keys: pd.MultiIndex, seed: int) -> pd.DataFrame:
    """The total impacts of every fit."""
    names = [*keys.names, "term"]
    if not fits:
        empty = pd.MultiIndex.from_arrays([[]] * len(names), names=names)
        return pd.DataFrame(columns=["estimate", "std_error", "lower", "upper", "p_value"], index=empty, dtype=float)
    return pd.concat({key: impacts(fit, rng=seed).total for key, fit in fits.items()}, names=names)


def check_compared(weights: object, models: object) -> None:
    """Refuse what is no mapping of names to W, or nothing to compare."""
    if not isinstance(weights, Mapping):
        raise OptionError('over_weights takes a mapping of names to W, such as {"queen": w, "4 nearest": near}.')
    if not weights or not models:
        raise DataError("there is nothing to compare: give at least one W and one model.")


def formulas_by_name(formula: str | Sequence[str] | Mapping[str, str]) -> dict[str, str]:
    """The formulas by name: those of the mapping, or their outcomes."""
    if isinstance(formula, Mapping):
        formulas = {str(name): text for name, text in formula.items()}
    else:
        texts = [formula] if isinstance(formula, str) else list(dict.fromkeys(formula))
        outcomes = [str(text).split("~")[0].strip() for text in texts]
        same = len(set(outcomes)) < len(outcomes)
        formulas = dict(zip(texts if same else outcomes, texts, strict=True))
    if not formulas:
        raise DataError("there is nothing to compare: give at least one formula.")
    return formulas


def _row(fit: Fit) -> dict[str, float]:
    spatial = next((name for name in PARAMETERS if name in fit.params.index), None)
    if spatial is None:
        known = pd.Series({"p_value": np.nan, "lower": np.nan, "upper": np.nan})
        _, log_evidence = evidence(problem_again(fit), intercept_of(fit.design), float(fit.n))
    else:
        known, log_evidence = fit.tidy().loc[spatial], posterior(fit).log_evidence
    return {
        "rho": fit.rho,
        "lambda": fit.lambda_,
        "p_value": known["p_value"],
        "lower": known["lower"],
        "upper": known["upper"],
        "log_likelihood": fit.log_likelihood,
        "aic": fit.aic,
        "log_evidence": log_evidence,
    }


def _prior_row(spec: Design, model: str) -> dict[str, float]:
    """The row of a model whose likelihood has no maximum: no estimate, and an interval that excludes nothing."""
    asked = problem_for(model, spec)
    side = asked.lag if asked.lag is not None else asked.error
    assert side is not None
    low, high = window(side.interval)
    marginal = posterior_of(asked, intercept_of(spec), float(spec.n))
    missing = dict.fromkeys(("rho", "lambda", "p_value", "log_likelihood", "aic"), np.nan)
    return {**missing, "lower": low, "upper": high, "log_evidence": marginal.log_evidence}


def _shortened(frame: pd.DataFrame, *, empty: bool = False) -> pd.DataFrame:
    """Without the levels of the index that hold one value only, and (unless `empty`) without empty columns."""
    names = [name for name in frame.index.names if len(frame.index.unique(name)) > 1]
    kept = names or [frame.index.names[-1]]
    dropped = [name for name in frame.index.names if name not in kept]
    frame = frame.droplevel(dropped) if dropped else frame
    return frame if empty else frame.dropna(axis=1, how="all")
