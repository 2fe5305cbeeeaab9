"""Panels with random effects of units by generalized moments: lag, error, both, and endogenous regressors.

Variances come from residuals within and between units (two-stage least squares where something is endogenous, least
squares otherwise: Swamy and Arora), lambda from the six moments of Kapoor, Kelejian and Prucha (2007), weighted, in a
model whose error process filters the effects too. What is filtered by lambda and less theta times the means of units
goes through two-stage least squares, whose instruments are those within and between units (Baltagi and Liu 2011).
"""

from __future__ import annotations

from dataclasses import dataclass, fields, replace

import numpy as np
import pandas as pd

from gbaspatial.errors import DataError, OptionError
from gbaspatial.models.instruments import two_stage as iv
from gbaspatial.models.instruments.instrument_set import WEAK, InstrumentTests
from gbaspatial.models.panel.kapoor_moments import Part, lambda_of_both, part_of_residuals
from gbaspatial.models.panel.panel_moments import (
    Instruments,
    PanelMomentsFit,
    filtered_by,
    instrumented,
    instruments_of_panel,
    regressors_of,
    staged,
    wrapped_moments,
)
from gbaspatial.models.panel.panel_specification import Specification
from gbaspatial.models.panel.random_effects import check_repeated, with_means
from gbaspatial.models.panel.within import Effects
from gbaspatial.models.solve.admissible import window
from gbaspatial.results import Table


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class RandomMomentsFit(PanelMomentsFit):
    """A panel model with random effects of units by generalized moments.

    Residuals are innovations less the predicted effects of units, which `effects` holds.

    Attributes
    ----------
    variances : pandas.DataFrame
        Rows `phi`, `theta`, `sigma2_unit`, `sigma2`, as of `RandomEffectsFit`; a column `estimate`.
    level : numpy.ndarray
        What the effects add to the outcome's own part, by row.
    """

    variances: pd.DataFrame
    level: np.ndarray

    def tables(self) -> tuple[Table, ...]:
        """Coefficients, the variances, and the fit."""
        first, *others = PanelMomentsFit.tables(self)
        return first, Table(self.variances, "Variances of effects and innovations"), *others

    def _own_part(self) -> np.ndarray:
        return np.asarray(self.design.X @ self.beta + self.level)


@dataclass(frozen=True, slots=True)
class Variances:
    """lambda, the variance of innovations, and that of their means over time times the periods."""

    lam: float
    within: float
    between: float
    strength: float = np.inf  # first-stage F of the instruments between units

    @property
    def theta(self) -> float:
        """The share of a unit's mean that is taken off."""
        return float(1 - np.sqrt(self.within / self.between))


def random_by_moments(given: Specification, known: Instruments) -> RandomMomentsFit:
    """The fit of a specification with random effects of units.

    Raises
    ------
    OptionError, DataError
        For gaps, a W by period, effects of time, or fewer than two periods.
    """
    _check(given)
    if given.kind.random == "mundlak":
        design, notes = with_means(given.design, given.effects)
        given = replace(given, design=replace(design, notes=(*design.notes, *notes)))
    units = Effects(given.design.stack, True)
    found, negative = _variances(given, known, units)
    stage, tests = _last_stage(given, known, units, found)
    lam = found.lam if given.error_w is not None else None
    plain = wrapped_moments(given, stage, tests, lam, given.design.n - len(stage.delta))
    return _with_effects(given, plain, found, units, negative)


def _check(given: Specification) -> None:
    stack = given.design.stack
    if given.effects.rank:
        raise OptionError(
            f"method='gmm' has no {given.kind.told} effects; use effects='random' with C({given.design.periods.name}) "
            f"in the formula, or method='ml'."
        )
    if not stack.balanced:
        raise OptionError("method='gmm' beside random effects needs a balanced panel; use unbalanced='common'.")
    if any(w is not None and not w.constant for w in (given.w, given.error_w)):
        raise OptionError("method='gmm' beside random effects needs one W for all periods; use method='ml'.")
    check_repeated(stack)


def _variances(given: Specification, known: Instruments, units: Effects) -> tuple[Variances, bool]:
    """lambda and both variances, and whether the variance of effects came out negative (and is taken as zero)."""
    stack = given.design.stack
    n, T = stack.n, stack.periods
    if given.error_w is None or given.w is not None or known.endogenous:
        (u0, k0, _), (u1, k1, strength) = (
            _part_residuals(given, known, take, rows)
            for take, rows in ((units.take_out, n * (T - 1)), (units.fitted, n))
        )
    else:  # all that is needed is consistent: Kapoor, Kelejian and Prucha take pooled least squares
        Z = given.design.X
        u = given.design.y - Z @ np.linalg.lstsq(Z, given.design.y, rcond=None)[0]
        u0, u1, k0, k1, strength = units.take_out(u), units.fitted(u), 0, 0, np.inf
    if given.error_w is None:
        if n <= k1:
            raise DataError(f"{n} units cannot carry {k1} coefficients between them; use fewer regressors.")
        own, across, lam = float(u0 @ u0) / (n * (T - 1) - k0), float(u1 @ u1) / (n - k1), 0.0
    else:
        w = given.error_w.by_period[0]
        low, high = window(w.interval)
        within, between = _part(given, u0, n * (T - 1)), _part(given, u1, n)
        lam, own, across = lambda_of_both(within, between, w.sparse, T, low, high)
    return Variances(lam, own, max(across, own), strength), across <= own


def _part(given: Specification, u: np.ndarray, df: float) -> Part:
    assert given.error_w is not None
    W, one = given.error_w.sparse, given.error_w.by_period[0]
    u1 = W @ u
    return part_of_residuals(u, u1, W @ u1, df, float(np.square(one.sparse.data).sum()) / one.n)


def _part_residuals(given: Specification, known: Instruments, take, rows: int) -> tuple[np.ndarray, int, float]:  # type: ignore[no-untyped-def]
    """Residuals (m,) of two-stage least squares within or between units, their coefficients, and the smallest F."""
    y, Z = take(given.design.y), take(regressors_of(given))
    kept = iv.independent_columns(Z)
    Z = Z[:, kept]
    if not known.endogenous and given.w is None:
        return iv.two_stage(y, Z, iv.basis(Z)).residuals, len(kept), np.inf
    exogenous = [place for place, term in enumerate(given.design.terms) if term not in known.endogenous]
    H = take(instruments_of_panel(given, known, exogenous)[0])
    H = H[:, iv.independent_columns(H)]
    if H.shape[1] < Z.shape[1]:
        raise OptionError(
            "the instruments do not vary enough within or between units for random effects; give more instruments=, "
            "or use effects='unit'."
        )
    terms = [*given.design.terms, *(["W y"] if given.w is not None else [])]
    own = [place for place, column in enumerate(kept) if terms[column] in (*known.endogenous, "W y")]
    stage = iv.two_stage(y, Z, iv.basis(H))
    return stage.residuals, len(kept), _strength(Z, own, stage, rows)


def _strength(Z: np.ndarray, own: list[int], stage: iv.TwoStage, rows: int) -> float:
    """The smallest first-stage F of the columns `own`, with as many rows as there are independent ones."""
    X, q = np.delete(Z, own, axis=1), stage.Q.shape[1]
    P = np.linalg.qr(X)[0]
    found = []
    for column in Z[:, own].T:
        rest = column - P @ (P.T @ column)
        left = column - stage.Q @ (stage.Q.T @ column)
        df = q - X.shape[1]
        found.append((rest @ rest - left @ left) / df / (left @ left / max(rows - q, 1)))
    return float(min(found)) if found else np.inf


def _last_stage(
    given: Specification, known: Instruments, units: Effects, found: Variances
) -> tuple[iv.TwoStage, InstrumentTests | None]:
    design = given.design

    def _transformed(values: np.ndarray) -> np.ndarray:
        rest = filtered_by(given, found.lam, values)
        return np.asarray(rest - found.theta * units.fitted(rest))

    y, Z = _transformed(design.y), _transformed(regressors_of(given))
    if not instrumented(given, known):
        return iv.two_stage(y, Z, iv.basis(Z)), None
    exogenous = [place for place, term in enumerate(design.terms) if term not in known.endogenous]
    H, names = instruments_of_panel(given, known, exogenous)
    first = _transformed(design.X[:, exogenous])
    H = np.column_stack([first, np.ones(len(H)), units.take_out(H), units.fitted(H)])
    told = [design.terms[place] for place in exogenous] + ["1"]
    told += [f"{name} within" for name in names] + [f"{name} between" for name in names]
    return staged(given, known, y, Z, (H, told))


def _with_effects(
    given: Specification, plain: PanelMomentsFit, found: Variances, units: Effects, negative: bool
) -> RandomMomentsFit:
    """The fit with the predicted effects of units, as of the likelihood."""
    design, T = given.design, given.design.stack.periods
    phi = (found.between - found.within) / (T * found.within)
    u = design.y - regressors_of(given) @ plain.params.to_numpy()[: design.k + (given.w is not None)]
    image = filtered_by(given, found.lam, u)
    effect = units.fitted(image) * (1 - found.within / found.between)
    side = plain._problem.error
    level = effect if side is None else side.factor(found.lam).solve(effect)
    rows = {
        "phi": phi, "theta": found.theta, "sigma2_unit": phi * found.within, "sigma2": found.within,
    }  # fmt: skip
    notes = plain.notes
    if negative:
        notes = (
            *notes,
            "The variance of the effects of units is negative and taken as zero: this is effects='pooled'.",
        )
    if found.strength < WEAK:
        notes = (
            *notes,
            f"The instruments are weak between units (F = {found.strength:.2f}): the variance of the effects may be "
            f"far too large, and the estimates lean towards those of fixed effects.",
        )
    own = {one.name: getattr(plain, one.name) for one in fields(plain) if one.init}
    own |= {
        "residuals": design.label(image - effect, "residuals"), "notes": notes, "sigma2": found.within,
        "effects": pd.Series(effect[: design.stack.n], index=design.units, name="effect"),
    }  # fmt: skip
    frame = pd.DataFrame({"estimate": rows}).rename_axis("parameter")
    return RandomMomentsFit(**own, variances=frame, level=level)
