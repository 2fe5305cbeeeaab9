"""The regression table of a paper: several fits side by side, to every format."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import pandas as pd

from gbaspatial.errors import DataError, OptionError, door_of, own_names, some
from gbaspatial.options import flag, public, whole, word
from gbaspatial.randomness import seed_of
from gbaspatial.results import Result, Table, number, p_text

if TYPE_CHECKING:
    from gbaspatial.alignment import Label
    from gbaspatial.models.fit import Fit
    from gbaspatial.models.fitted import Fitted

Below = Literal["std_error", "p_value", "interval", "none"]
SPATIAL = ("rho", "lambda", "alpha")
WHAT = ("estimate", "std_error", "p_value", "lower", "upper")
STATISTICS = {
    "log_likelihood": "log-likelihood", "aic": "AIC", "bic": "BIC", "sigma2": "sigma2",
    "r_squared": "R2", "r_squared_within": "R2 less effects", "n": "n", "n_units": "units", "n_params": "parameters",
}  # fmt: skip


@dataclass(frozen=True, slots=True, eq=False)
class Comparison(Result):
    """Fits side by side.

    Attributes
    ----------
    estimates : pandas.DataFrame
        Index (``term``, ``what``) with `estimate, std_error, p_value, lower, upper`; a column a model.
    impacts : pandas.DataFrame or None
        Index (``effect``, ``term``, ``what``), a column a model.
    fit : pandas.DataFrame
        Log-likelihood, AIC, BIC, variance, R2, n and parameters; a column a model. With panels also their R2
        less the effects, and how many units they have.
    responses, weights : mapping of str
        The outcome and the recipe of W by model.
    inference : mapping of str
        Where p-values, stars and intervals come from, by model, in a sentence.
    same_data : bool
        Whether all models stand on the same units and the same values of one outcome; only then
        do log-likelihood, AIC and BIC compare.
    likelihoods : mapping of str
        What the log-likelihood of each model is of: the outcome, or what effects leave of it. Only
        those of the same compare.
    decimals : int or None
        Decimals of every number in the table but counts; as many as its size needs if None.
    below : str
        What stands below each estimate.
    stars : bool
        Whether p-values are marked by stars.
    """

    estimates: pd.DataFrame
    impacts: pd.DataFrame | None
    fit: pd.DataFrame
    responses: Mapping[str, str]
    weights: Mapping[str, str]
    inference: Mapping[str, str]
    same_data: bool
    likelihoods: Mapping[str, str]
    below: Below
    stars: bool
    decimals: int | None = None

    def to_frame(self) -> pd.DataFrame:
        """All numbers: (``block``, ``row``, ``what``) by model."""
        blocks = {"coefficient": self.estimates.rename_axis(["row", "what"])}
        if self.impacts is not None:
            joined = [f"{effect} {term}" for effect, term, _ in self.impacts.index]
            what = self.impacts.index.get_level_values(2)
            index = pd.MultiIndex.from_arrays([joined, what], names=["row", "what"])
            blocks["impact"] = self.impacts.set_axis(index)
        fit = self.fit.set_axis(pd.MultiIndex.from_product([self.fit.index, ["value"]], names=["row", "what"]))
        return pd.concat({**blocks, "fit": fit}, names=["block"])

    def tables(self) -> tuple[Table, ...]:
        """One table: coefficients with what stands below them, impacts, fit."""
        rows = self._cells(self.estimates)
        if self.impacts is not None:
            joined = self.impacts.set_axis(
                pd.MultiIndex.from_tuples([(f"{effect}: {term}", what) for effect, term, what in self.impacts.index])
            )
            rows += self._cells(joined)
        rows += [
            (STATISTICS[name], [_fit_text(name, v, self.decimals) for v in self.fit.loc[name]])
            for name in self.fit.index
        ]
        index = pd.Index([label for label, _ in rows], name=" / ".join(dict.fromkeys(self.responses.values())))
        frame = pd.DataFrame([cells for _, cells in rows], index=index, columns=self.estimates.columns)
        return (Table(frame, "Models compared", self._notes(), parameters=True),)

    def _sheets(self) -> dict[str, pd.DataFrame]:
        """The table with what stands below each estimate in a row of its own, and all numbers."""
        what = ["estimate", *{"none": [], "interval": ["lower", "upper"]}.get(self.below, [self.below])]
        frame = self.to_frame()
        shown = frame.index.get_level_values("what").isin([*what, "value"])
        return {"table": frame[shown], "numbers": frame}

    def _tables_with(self, decimals: int | None) -> tuple[Table, ...]:
        return replace(self, decimals=decimals).tables()

    def _p_text(self, p: float) -> str:
        if self.decimals is None or np.isnan(p):
            return p_text(p)
        least = 10.0**-self.decimals
        return f"<{least:.{self.decimals}f}" if p < least else f"{p:.{self.decimals}f}"

    def _number(self, value: float) -> str:
        return number(value) if self.decimals is None else f"{value:.{self.decimals}f}"

    def _cells(self, block: pd.DataFrame) -> list[tuple[str, list[str]]]:
        rows = []
        for term in block.index.get_level_values(0).unique():
            part = block.loc[term]
            rows.append((str(term), [self._estimate_text(part[model]) for model in block.columns]))
            if self.below != "none":
                rows.append(("", [self._below_text(part[model]) for model in block.columns]))
        return rows

    def _estimate_text(self, column: pd.Series) -> str:
        if np.isnan(column["estimate"]):
            return ""
        p = column["p_value"]
        mark = (
            "" if not self.stars or np.isnan(p) else "***" if p < 0.01 else "**" if p < 0.05 else "*" if p < 0.1 else ""
        )
        return self._number(float(column["estimate"])) + mark

    def _below_text(self, column: pd.Series) -> str:
        if np.isnan(column["estimate"]):
            return ""
        if self.below == "interval":
            return f"[{self._number(float(column['lower']))}, {self._number(float(column['upper']))}]"
        value = float(column[self.below])
        return f"({self._p_text(value) if self.below == 'p_value' else self._number(value)})"

    def _notes(self) -> tuple[str, ...]:
        words = {
            "std_error": "Asymptotic standard errors in parentheses.",
            "p_value": "Two-sided p-values in parentheses.",
            "interval": "95 % intervals in brackets.",
            "none": "",
        }
        notes = [words[self.below]] if words[self.below] else []
        if self.stars:
            notes.append("*** p < 0.01, ** p < 0.05, * p < 0.1.")
        if self.stars or self.below in ("p_value", "interval"):
            notes += [f"{', '.join(models)}: {words}" for words, models in _models_by(self.inference).items()]
        notes.append("AIC and BIC count every parameter, the variance and the spatial ones among them.")
        if not self.same_data:
            notes.append(
                "The models stand on different units or outcomes: their log-likelihood, AIC and BIC do not compare."
            )
        elif len(by := _models_by(self.likelihoods)) > 1:
            told = "; ".join(f"that of {', '.join(models)} is of {words}" for words, models in by.items())
            notes.append(f"Log-likelihood, AIC and BIC compare among likelihoods of the same only: {told}.")
        if len(set(self.responses.values())) > 1:
            notes.append("Outcomes: " + "; ".join(f"{model}: {name}" for model, name in self.responses.items()) + ".")
        notes += [f"W of {', '.join(models)}: {recipe}." for recipe, models in _models_by(self.weights).items()]
        return tuple(notes)


@public
def compare(
    fits: Mapping[str, Fit],
    *,
    below: Below = "std_error",
    stars: bool = False,
    impacts: bool = False,
    period: Label | None = None,
    inference: str | None = None,
    decimals: int | None = None,
    rng: int = 0,
) -> Comparison:
    """Put fits side by side.

    Parameters
    ----------
    fits : mapping of str to Fit, PanelFit or SpatialFilter
        The heading of each column and its model.
    below : {"std_error", "p_value", "interval", "none"}
        What stands below each estimate.
    stars : bool
        Mark p below 0.01, 0.05, 0.1.
    impacts : bool
        Add direct, indirect and total impacts of the models that have them (of dynamic panels those of the short run).
    period : optional
        The period whose W the impacts of panels take; needed where W changes over time.
    inference : {"recommended", "asymptotic"}, optional
        Where p-values, stars and intervals come from; that of each fit if not given. Standard
        errors are always the asymptotic ones.
    decimals : int, optional
        Decimals of every number but counts, from 0 to 15.
    rng : int
        Seed of simulated standard errors of impacts.

    Returns
    -------
    Comparison
        Renders to text, HTML, LaTeX, Markdown, Word, Excel.

    Raises
    ------
    DataError
        If there is nothing to compare.

    Examples
    --------
    >>> import gbaspatial as gba
    >>> cities = gba.load_cities(year=2019)
    >>> w = gba.weights.contiguity(cities).row_standardized()
    >>> ols = gba.models.ols("log(gdp_pc_cny) ~ C(tier)", cities)
    >>> lag = gba.models.lag("log(gdp_pc_cny) ~ C(tier)", cities, w)
    >>> list(compare({"OLS": ols, "Lag": lag}).fit.columns)
    ['OLS', 'Lag']
    """
    from gbaspatial.models.filtering import SpatialFilter
    from gbaspatial.models.fit import Fit
    from gbaspatial.models.fit_tables import told_kind
    from gbaspatial.models.fitted import with_inference
    from gbaspatial.models.panel.panel_fit import PanelFit

    word(below, ("std_error", "p_value", "interval", "none"), "below")
    stars, impacts, rng = flag(stars, "stars"), flag(impacts, "impacts"), seed_of(rng)
    if not isinstance(fits, Mapping):
        raise OptionError('compare takes a mapping of headings to fits, such as {"OLS": ols, "Lag": lag}.')
    if not fits:
        raise DataError("there are no fits to compare.")
    # a spatial filter holds the regression that it ends with
    fits = {name: fit.fit if isinstance(fit, SpatialFilter) else fit for name, fit in fits.items()}
    strange = [f"{name} ({type(fit).__name__})" for name, fit in fits.items() if not isinstance(fit, (Fit, PanelFit))]
    if strange:
        raise OptionError(f"only fits of gba.models can be compared, not {some(strange)}.")
    fits = {name: with_inference(fit, inference) for name, fit in fits.items()}
    columns = {name: fit.tidy()[list(WHAT)].stack() for name, fit in fits.items()}
    index = pd.MultiIndex.from_product([_terms(fits), WHAT], names=["term", "what"])
    estimates = pd.DataFrame(columns).reindex(index)
    panels = [isinstance(fit, PanelFit) for fit in fits.values()]
    left_out = {"r_squared"} if all(panels) else set() if any(panels) else {"r_squared_within", "n_units"}
    rows = {k: [getattr(fit, k, np.nan) for fit in fits.values()] for k in STATISTICS if k not in left_out}
    return Comparison(
        estimates=estimates,
        impacts=_impacts(fits, rng, period) if impacts else None,
        fit=pd.DataFrame(rows, index=list(fits), dtype=float).T,
        responses={name: fit.response for name, fit in fits.items()},
        weights={name: told for name, fit in fits.items() if (told := _recipe_of(fit)) is not None},
        inference={name: told_kind(fit) for name, fit in fits.items()},
        same_data=_same_data(list(fits.values())),
        likelihoods={
            name: fit.likelihood_of if isinstance(fit, PanelFit) else "the outcome"
            for name, fit in fits.items()
            if np.isfinite(fit.log_likelihood)
        },
        below=below,
        stars=stars,
        decimals=None if decimals is None else whole(decimals, "decimals", most=15),
    )


def _recipe_of(fit: Fitted) -> str | None:
    """The recipe of the W of the lag, else of the error, else of that of W(x)."""
    from gbaspatial.models.panel.period_weights import PanelWeights

    named = (fit.w, fit.error_w, fit.design.weights.get("W"))  # type: ignore[attr-defined]
    w = next((w for w in named if w is not None), None)
    if not isinstance(w, PanelWeights):
        return None if w is None else str(w.recipe)
    count = len(w.different)
    return f"{w.by_period[0].recipe}" + (f" ({count} W by period)" if count > 1 else "")


def _terms(fits: Mapping[str, Fitted]) -> list[str]:
    """Terms in the order they first occur, spatial parameters last."""
    found = dict.fromkeys(term for fit in fits.values() for term in fit.params.index)
    return [t for t in found if t not in SPATIAL] + [t for t in SPATIAL if t in found]


def _impacts(fits: Mapping[str, Fit], rng: int, period: Label | None) -> pd.DataFrame | None:
    """Impacts of each model in long form; models without spatial lags have none."""
    columns = {}
    for name, fit in fits.items():
        if fit.w is None and not any(column.lagged for column in fit.design.columns):
            continue
        effects = _impacts_of(fit, rng, period)
        columns[name] = pd.concat(effects)[list(WHAT)].stack()
    if not columns:
        return None
    return pd.DataFrame(columns).reindex(columns=list(fits)).rename_axis(["effect", "term", "what"])


def _impacts_of(fit: Any, rng: int, period: Label | None) -> dict[str, pd.DataFrame]:
    """Tables by effect."""
    from gbaspatial.models.panel.dynamic_fit import DynamicFit
    from gbaspatial.models.panel.panel_fit import PanelFit
    from gbaspatial.models.spatial_fit import SpatialFit

    if isinstance(fit, DynamicFit):
        short = fit.impacts(rng=rng).frame.loc["short"].reindex(columns=list(WHAT))
        return {effect: short.loc[effect] for effect in ("direct", "indirect", "total")}
    if isinstance(fit, PanelFit):
        result = fit.impacts(period=period, rng=rng)
    else:
        result = fit.impacts(rng=rng) if isinstance(fit, SpatialFit) else fit.impacts()  # others need no draws
    return {effect: getattr(result, effect) for effect in ("direct", "indirect", "total")}


def _fit_text(name: str, value: float, decimals: int | None) -> str:
    if name in ("n", "n_units", "n_params") and np.isfinite(value):
        return number(int(value))
    return number(float(value), 3) if decimals is None or not np.isfinite(value) else f"{value:.{decimals}f}"


def _models_by(words: Mapping[str, str]) -> dict[str, list[str]]:
    """The models that share a text, by that text."""
    found: dict[str, list[str]] = {}
    for model, text in words.items():
        found.setdefault(text, []).append(model)
    return found


def _same_data(fits: list[Fitted]) -> bool:
    """Whether all fits explain the same values of one outcome of the same units."""
    first, *others = [_explained(fit) for fit in fits]
    return all(
        one.name == first.name
        and len(one) == len(first)
        and one.index.symmetric_difference(first.index).empty
        and one.reindex(first.index).equals(first)
        for one in others
    )


def _explained(fit: Fitted) -> pd.Series:
    """The outcome, NaN in rows that have no equation: those of a panel may lack regressors."""
    unknown = getattr(fit.design, "unknown", None)
    outcome = fit.outcome.rename(fit.response).astype(float)
    return outcome if unknown is None else outcome.mask(fit.design.label(unknown).astype(bool))


__getattr__, __dir__ = door_of(__name__, own_names(globals()))
