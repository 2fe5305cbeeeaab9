"""How a W was made: the recipe that travels with it into every result."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import ROUND_CEILING, Context, Decimal
from typing import Any

import numpy as np


def _plain(value: object) -> object:
    """`value` as JSON knows it."""
    if isinstance(value, Recipe):
        return f"[{value}]"
    if isinstance(value, (np.datetime64, np.timedelta64)):  # whose item may be a count of nanoseconds
        return str(value)
    if isinstance(value, np.generic):
        return _plain(value.item())
    if isinstance(value, Mapping):
        return ", ".join(f"{key}: {_plain(item)}" for key, item in value.items())
    if isinstance(value, (list, tuple)):
        return ", ".join(str(_plain(item)) for item in value)
    return value if value is None or isinstance(value, (str, int, float)) else str(value)  # periods, dates


def rounded_up(value: float, digits: int = 6) -> str:
    """A threshold in few digits, that is never told smaller than it is.

    Examples
    --------
    >>> rounded_up(7.6883341), rounded_up(120.0), rounded_up(0.25)
    ('7.68834', '120', '0.25')
    """
    return format(
        float(Context(prec=digits, rounding=ROUND_CEILING).create_decimal(Decimal(repr(float(value))))), f".{digits}g"
    )


def _told(key: str, value: object) -> str:
    if not isinstance(value, float):
        return str(value)
    return rounded_up(value) if key.startswith("threshold") and np.isfinite(value) else format(value, ".6g")


@dataclass(frozen=True, slots=True)
class Step:
    """One step in the making of a W: what was done, with which options.

    Examples
    --------
    >>> print(Step("nearest", (("k", 4), ("metric", "geodesic"))))
    nearest(k=4, metric=geodesic)
    """

    name: str
    options: tuple[tuple[str, Any], ...] = ()

    def __str__(self) -> str:
        told = ", ".join(f"{key}={_told(key, value)}" for key, value in self.options if value is not None)
        return f"{self.name}({told})" if told else self.name


@dataclass(frozen=True, slots=True)
class Recipe:
    """How a W was made, step by step; travels with it into every result.

    Examples
    --------
    >>> print(Recipe().then("nearest", k=4).then("row_standardized"))
    nearest(k=4) -> row_standardized
    """

    steps: tuple[Step, ...] = ()

    def then(self, name: str, /, **options: object) -> Recipe:
        """This recipe with one more step; the recipe of another W may be an option.

        Parameters
        ----------
        name : str
            What was done.
        **options : object
            With which options; None is left out where the step is told.
        """
        return Recipe((*self.steps, Step(name, tuple((key, _plain(value)) for key, value in options.items()))))

    def total(self) -> float | None:
        """The sum of all weights that the last global standardization was told, None for the number of linked units."""
        totals = [dict(step.options).get("total") for step in self.steps if step.name == "globally_standardized"]
        return totals[-1] if totals else None

    def to_dict(self) -> list[dict[str, Any]]:
        """The steps as plain dictionaries, for JSON."""
        return [{"step": step.name, **dict(step.options)} for step in self.steps]

    @classmethod
    def from_dict(cls, steps: Iterable[Mapping[str, object]]) -> Recipe:
        """The inverse of `to_dict`."""
        return cls(tuple(Step(str(s["step"]), tuple((k, v) for k, v in s.items() if k != "step")) for s in steps))

    def __str__(self) -> str:
        return " -> ".join(map(str, self.steps)) or "given"
