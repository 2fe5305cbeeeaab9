"""`fit.wild_test()` of panels: the restricted wild bootstrap, clustered by unit.

The parameter is held at zero, the model is estimated so, and the whole residual history of every unit keeps its place
and size and gets one random sign: whatever the variances of the units and the correlation over time, the samples have
them too. The statistic is the signed root of the likelihood ratio, of the data as of the samples. With so few units
that all patterns of signs are fewer than the draws, all of them are taken, and nothing is random.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from gbaspatial.errors import OptionError
from gbaspatial.formula import is_intercept
from gbaspatial.inference.null import check_draws
from gbaspatial.models.few_units.refits import ranks_of
from gbaspatial.models.few_units.wild import WildTest, frame_of, row_of
from gbaspatial.models.fit import SPATIAL
from gbaspatial.models.likelihood.maximum import maximize
from gbaspatial.models.panel.block_bootstrap import BLOCK, check_movable, outcomes_of
from gbaspatial.models.panel.information_less_effects import parts_of, without_unit
from gbaspatial.models.panel.less_effects import PanelProblem, panel_problem
from gbaspatial.models.panel.many_panels import ManyPanels
from gbaspatial.options import public, word
from gbaspatial.progress import shows_progress
from gbaspatial.randomness import HISTORY_SIGNS, Rng, seed_of, stream
from gbaspatial.repeated.blocks import map_blocks, spans

if TYPE_CHECKING:
    from gbaspatial.models.panel.panel_fit import PanelFit


@shows_progress
@public
def wild_test(fit: PanelFit, *terms: str, draws: int = 999, rng: Rng = 0, progress: bool | None = None) -> WildTest:
    """Test that parameters of a panel are zero, one at a time, with residuals of a unit correlated over time.

    Variances may differ from unit to unit; units are taken as independent of each other.

    Parameters
    ----------
    fit : PanelFit
        Balanced, up to 200 units, with fixed effects or none.
    *terms : str
        Terms of the fit, ``"rho"`` and ``"lambda"`` among them; all of them but an intercept, if none is named.
    draws : int
        Random signs of the histories; all patterns of signs where there are no more.
    rng : int, Generator or None
        Seed; recorded. Random numbers belong to labels: the order of units changes nothing.
    progress : bool, optional
        True tells on standard error how far work over two seconds has come, False never; by default on a terminal.

    Returns
    -------
    WildTest

    Raises
    ------
    OptionError
        For an unbalanced panel, random effects, a term that is not there, or more units.

    References
    ----------
    Cameron, A. C., Gelbach, J. B. and Miller, D. L. (2008). Bootstrap-based improvements for inference with clustered
    errors. Review of Economics and Statistics 90(3), 414-427.
    Davidson, R. and Flachaire, E. (2008). The wild bootstrap, tamed at last. Journal of Econometrics 146, 162-169.

    Examples
    --------
    >>> import gbaspatial as gba
    >>> panel = gba.load_panel().loc[:, ["gdp_pc_cny", "employment"]].dropna()
    >>> w = gba.weights.contiguity(gba.load_cities(year=2019), links=2019).row_standardized()
    >>> fit = gba.models.panel_lag("log(gdp_pc_cny) ~ log(employment)", panel, w, unbalanced="common")
    >>> fit.wild_test("rho").frame.index.tolist()
    ['rho']
    """
    check_movable(fit, "wild_test()")
    draws, seed = check_draws(draws), seed_of(rng)
    named = _named(fit, terms)
    signs = signs_of(fit.n_units, draws, seed, ranks_of(fit.design.units))
    full = ManyPanels(fit._problem)
    rows = {term: row_of(fit.params[term], *_roots(fit, full, term, signs)) for term in named}
    every = signs.shape[1] < draws
    return WildTest(
        frame_of(rows),
        (f"These are all {signs.shape[1] + 1:,} patterns of signs: nothing is random.",) if every else (),
        signs.shape[1],
        seed,
        fit.n_units,
        f"Wild bootstrap tests of the {fit.model} model: {fit.formula}",
        "whole residual histories of units",
    )


def _named(fit: PanelFit, terms: tuple[str, ...]) -> list[str]:
    for term in terms:
        word(term, list(fit.params.index), "term")
    found = list(terms) or [term for term in fit.params.index if not is_intercept(term)]
    if not found:
        raise OptionError(f"{fit.formula} has nothing to test but its intercept; name it.")
    return found


def signs_of(n: int, draws: int, seed: int, ranks: np.ndarray) -> np.ndarray:
    """Signs (n, m) of the units: random ones, or all patterns but that of the data where these are fewer."""
    if 2**n <= draws:
        patterns = np.arange(1, 2**n)
        return np.where((patterns >> np.arange(n)[:, None]) & 1, -1.0, 1.0)[ranks]
    return (2.0 * stream(seed, HISTORY_SIGNS, n).integers(0, 2, (draws, n)).T - 1)[ranks]


def restricted(model: PanelProblem, term: str, place: int) -> PanelProblem:
    """`model` without `term`, the column at `place` where it is a coefficient."""
    lag = None if term == "rho" else model.lag
    error = None if term == "lambda" else model.error
    X = model.X if term in SPATIAL else np.delete(model.X, place, axis=1)
    corrected = model.count < len(model.y) or model.effects.rank == 0
    return panel_problem(model.y, X, lag, error, model.effects, corrected=corrected, d=model.d)


def _roots(fit: PanelFit, full: ManyPanels, term: str, signs: np.ndarray) -> tuple[float, np.ndarray]:
    """The signed root of the likelihood ratio of `term` = 0: of the data, and of samples (m,)."""
    place = list(fit.params.index).index(term)
    small = restricted(fit._problem, term, place)
    part, at = ManyPanels(small), maximize(small)
    parts = parts_of(small, at)
    n, T = fit.n_units, fit.n_periods
    e = without_unit(parts, fit.design.stack.unit, n).reshape(T, n, 1)

    def _of(span: tuple[int, int]) -> np.ndarray:
        noise = (e * signs[:, slice(*span)]).reshape(T * n, -1)
        return _root(full, part, place, outcomes_of(small, at, parts.eta, noise))

    drawn = map_blocks(_of, spans(0, signs.shape[1], BLOCK), "draws")
    every = np.concatenate([_root(full, part, place, small.y[:, None]), *drawn])
    return float(every[0]), every[1:]


def _root(full: ManyPanels, part: ManyPanels, place: int, Y: np.ndarray) -> np.ndarray:
    own = full(Y)
    ratio = np.maximum(2 * (own.log_likelihood - part(Y).log_likelihood), 0.0)
    return np.asarray(np.sign(own.params[place]) * np.sqrt(ratio))
