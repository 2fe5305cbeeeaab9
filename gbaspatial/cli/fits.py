"""The fits that ``gbaspatial fit`` and ``gbaspatial compare`` show: of a cross-section, or of a panel."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Literal

from gbaspatial.cli.inputs import units_of, weights_of
from gbaspatial.cli.long_tables import long_data
from gbaspatial.errors import OptionError

if TYPE_CHECKING:
    from gbaspatial.weights import Weights

MODELS = ("ols", "slx", "lag", "error", "sarar", "durbin", "durbin_error", "gns")


@dataclass(frozen=True, slots=True)
class Asked:
    """What the options say of a model beside its formula; `time` makes it a panel."""

    inference: Literal["recommended", "asymptotic"]
    time: str | None
    years: str | None
    effects: str | None
    unbalanced: str

    def check(self) -> None:
        """Refuse options of panels where none is asked for."""
        if self.time is None and (self.effects or self.unbalanced or self.years):
            raise OptionError(
                "--effects, --unbalanced and --years are of panels; name the time with --panel, such as year."
            )


def asked_of(
    inference: Literal["recommended", "asymptotic"],
    time: str | None,
    years: str | None,
    effects: str | None,
    unbalanced: str,
    **where: Any,
) -> tuple[Asked, dict[str, Any]]:
    """The options of the model, and those that are left: where the data are and what W is."""
    return Asked(inference, time, years, effects, unbalanced), where


def fitted(formulas: list[str], models: list[str], asked: Asked, **where: object) -> tuple[list[list[Any]], Weights]:
    """Every model of every formula, on one reading of the data, and W."""
    asked.check()
    read = _panels if asked.time else _cross_sections
    return read(formulas, models, asked, **where)


def _cross_sections(
    formulas: list[str], models: list[str], asked: Asked, **where: Any
) -> tuple[list[list[Any]], Weights]:
    import gbaspatial as gba

    units = units_of(used=tuple(formulas), **where)
    w = weights_of(units, **where)

    def _fit(formula: str, model: str) -> Any:
        given = None if model == "ols" else w
        return getattr(gba.models, model)(formula, units, given, inference=asked.inference)

    return [[_fit(formula, model) for model in models] for formula in formulas], w


def _panels(formulas: list[str], models: list[str], asked: Asked, **where: Any) -> tuple[list[list[Any]], Weights]:
    import gbaspatial as gba

    effects, unbalanced = asked.effects or "unit", asked.unbalanced or "error"
    units, frame = long_data(" ".join(formulas), effects, asked.time or "", unbalanced, asked.years, **where)
    w = weights_of(units, **where)

    def _fit(formula: str, model: str) -> Any:
        estimator = getattr(gba.models, f"panel_{model}")
        made = estimator(formula, frame, None if model == "ols" else w, effects=effects, unbalanced=unbalanced)
        return replace(made, inference="asymptotic") if asked.inference == "asymptotic" else made

    return [[_fit(formula, model) for model in models] for formula in formulas], w
