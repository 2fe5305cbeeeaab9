"""What a formula may call, with which options, and within which bounds. Nothing else is known to it."""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

LARGEST_DEGREE = 10  # beyond it, powers of numbers in a double have lost their last digits
LARGEST_DF = 50
MOST_LEVELS = 500  # in a list that is written out
LARGEST_EXPONENT = 100
MOST_PERIODS = 1_000  # back in time; a year has fewer days


@dataclass(frozen=True, slots=True)
class Option:
    """An option of a function: `kind` is whole, number, flag, word, numbers, level, levels or contrasts."""

    kind: str
    least: float = -1e15
    most: float = 1e15
    words: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Function:
    """A function of the formula language.

    `columns` is how many columns it takes, `options` what may follow them, in order;
    `form` is numbers (number by number, `ufunc` does it), columns (a transform of formulaic),
    classes, as_it_is, lag, contrast or earlier (the lag in time of a panel).
    """

    form: str
    columns: int = 1
    options: Mapping[str, Option] = field(default_factory=dict)
    ufunc: Callable[..., Any] | None = None


def _ddof() -> Option:
    return Option("whole", 0, 1)


_EDGES = ("raise", "clip", "na", "zero", "extend")
_SPLINE = {
    "lower_bound": Option("number"),
    "upper_bound": Option("number"),
    "extrapolation": Option("word", words=_EDGES),
}
_KNOTS = {"df": Option("whole", 1, LARGEST_DF), "knots": Option("numbers")}
_CUBIC = {**_KNOTS, "lower_bound": Option("number"), "upper_bound": Option("number"),
          "constraints": Option("word", words=("center",)), "extrapolation": Option("word", words=_EDGES)}  # fmt: skip

NUMBER_BY_NUMBER: dict[str, Callable[..., Any]] = {
    "abs": np.abs, "exp": np.exp, "expm1": np.expm1, "log": np.log, "log10": np.log10, "log1p": np.log1p,
    "log2": np.log2, "sign": np.sign, "sqrt": np.sqrt,
}  # fmt: skip
OF_TWO: dict[str, Callable[..., Any]] = {"maximum": np.maximum, "minimum": np.minimum}

FUNCTIONS: dict[str, Function] = {
    **{name: Function("numbers", 1, ufunc=made) for name, made in NUMBER_BY_NUMBER.items()},
    **{name: Function("numbers", 2, ufunc=made) for name, made in OF_TWO.items()},
    "I": Function("as_it_is"),
    "L": Function("earlier", 1, {"periods": Option("whole", 1, MOST_PERIODS)}),
    "C": Function("classes", 1, {"contrasts": Option("contrasts"), "levels": Option("levels")}),
    "Q": Function("as_it_is"),
    "center": Function("columns"),
    "scale": Function("columns", 1, {"center": Option("flag"), "scale": Option("flag"), "ddof": _ddof()}),
    "standardize": Function("columns", 1, {"center": Option("flag"), "rescale": Option("flag"), "ddof": _ddof()}),
    "poly": Function("columns", 1, {"degree": Option("whole", 1, LARGEST_DEGREE), "raw": Option("flag")}),
    "bs": Function(
        "columns", 1,
        {**_KNOTS, "degree": Option("whole", 0, LARGEST_DEGREE), "include_intercept": Option("flag"), **_SPLINE},
    ),
    "cr": Function("columns", 1, _CUBIC), "cs": Function("columns", 1, _CUBIC), "cc": Function("columns", 1, _CUBIC),
}  # fmt: skip

CONTRASTS: dict[str, Mapping[str, Option]] = {
    "contr.treatment": {"base": Option("level")}, "contr.SAS": {"base": Option("level")}, "contr.sum": {},
    "contr.helmert": {"reverse": Option("flag"), "scale": Option("flag")},
    "contr.diff": {"backward": Option("flag")}, "contr.poly": {"scores": Option("numbers")},
    "Treatment": {"reference": Option("level")}, "Sum": {}, "Diff": {"backward": Option("flag")},
    "Helmert": {"reverse": Option("flag"), "scale": Option("flag")}, "Poly": {"scores": Option("numbers")},
}  # fmt: skip

ALLOWED = (
    "columns, numbers, + - * / // % **, comparisons with & | ~ between them, and the functions "
    f"{', '.join(sorted(FUNCTIONS, key=str.lower))}, W and the names of other weights"
)


@functools.cache
def transform(name: str) -> Callable[..., Any]:
    """The function of formulaic that serves a name of the vocabulary."""
    from formulaic.transforms import TRANSFORMS

    found: Callable[..., object] = TRANSFORMS[name]
    return found


@functools.cache
def contrast(name: str) -> Callable[..., Any]:
    """The contrasts of formulaic that serve a name such as contr.sum."""
    from formulaic.transforms import TRANSFORMS, ContrastsRegistry

    room, _, member = name.rpartition(".")
    found: Callable[..., object] = getattr(ContrastsRegistry, member) if room else TRANSFORMS[name]
    return found
