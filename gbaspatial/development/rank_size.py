"""The sizes of cities: the rank-size rule, and how far the first stands above the others."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy import special

from gbaspatial.alignment import align, check_units
from gbaspatial.development.quantities import check_sizes
from gbaspatial.errors import DataError, LabelTypeError
from gbaspatial.options import level_of, public, whole
from gbaspatial.results import Result, Table


@dataclass(frozen=True, slots=True, eq=False)
class RankSizeResult(Result):
    """The exponent of the rank-size rule.

    Attributes
    ----------
    exponent : float
        b in ln(rank - 1/2) = a - b ln(size); one is Zipf's law, below one the large are larger than that.
    std_error : float
        b sqrt(2 / n), of Gabaix and Ibragimov; the one of least squares would be far too small.
    lower, upper : float
        Interval at `level`.
    p_value : float
        Of Zipf's law, b = 1.
    r_squared : float
    n : int
        Units used.
    level : float
    ranks : pandas.DataFrame
        Size, rank and fitted size of the units used.
    """

    exponent: float
    std_error: float
    lower: float
    upper: float
    p_value: float
    r_squared: float
    n: int
    level: float
    ranks: pd.DataFrame

    def tables(self) -> tuple[Table, ...]:
        """The exponent; the units."""
        values = {
            "exponent": self.exponent, "std_error": self.std_error, "lower": self.lower, "upper": self.upper,
            "p_value": self.p_value, "r_squared": self.r_squared,
        }  # fmt: skip
        notes = [f"{self.n} units; standard error b sqrt(2 / n); p_value of Zipf's law (b = 1)."]
        if self.n < 20:
            notes.append("Its standard error is asymptotic: with so few units hardly any exponent can be excluded.")
        frame = pd.DataFrame([values], index=pd.Index(["rank-size"], name="law"))
        return (Table(frame, "Rank-size rule (Gabaix and Ibragimov)", tuple(notes)), Table(self.ranks, "Units"))


@public
def rank_size(values: pd.Series, *, largest: int | None = None, level: float = 0.95) -> RankSizeResult:
    """Exponent of the rank-size rule by Gabaix and Ibragimov: ln(rank - 1/2) on ln(size).

    Parameters
    ----------
    values : pandas.Series
        Sizes by unit, positive, such as population.
    largest : int, optional
        Use the largest units only (the upper tail); by default all.
    level : float
        Of the interval.

    Returns
    -------
    RankSizeResult

    Raises
    ------
    MissingDataError, DataError
        If a size is missing or not positive, or fewer than three units are left.

    References
    ----------
    Gabaix, X. and Ibragimov, R. (2011). Rank - 1/2: a simple way to improve the OLS
    estimation of tail exponents. Journal of Business and Economic Statistics 29(1), 24-39.

    Examples
    --------
    >>> sizes = pd.Series([12.0, 6.0, 4.0, 3.0], index=list("abcd"))
    >>> result = rank_size(sizes)
    >>> round(result.exponent, 3), round(result.std_error, 3)
    (1.411, 0.998)
    """
    sizes = _sizes(values)
    chosen = level_of(level)
    count = len(sizes) if largest is None else whole(largest, "largest", least=3)
    if count > len(sizes) or len(sizes) < 3:
        raise DataError(f"the rule needs {max(count, 3)} units; there are {len(sizes)}.")
    used = sizes.sort_values(ascending=False, kind="stable").iloc[:count]
    if np.ptp(used) == 0:
        raise DataError("all units are of one size, so that there is no rule to estimate.")
    a, b, r_squared = exponent_of(used.to_numpy())
    error = b * float(np.sqrt(2 / count))
    reach = float(special.ndtri((1 + chosen) / 2)) * error
    ranks = pd.DataFrame({"size": used, "rank": np.arange(1, count + 1)})
    ranks["fitted"] = np.exp((a - np.log(ranks["rank"] - 0.5)) / b)
    return RankSizeResult(
        exponent=b,
        std_error=error,
        lower=b - reach,
        upper=b + reach,
        p_value=float(2 * special.ndtr(-(abs(b - 1) / error))),
        r_squared=r_squared,
        n=count,
        level=chosen,
        ranks=ranks,
    )


def exponent_of(descending: np.ndarray) -> tuple[float, float, float]:
    """Intercept a, exponent b and R squared of ln(rank - 1/2) = a - b ln(size), sizes (n,) descending."""
    x, y = np.log(descending), np.log(np.arange(1, len(descending) + 1) - 0.5)
    dx, dy = x - x.mean(), y - y.mean()
    slope = float(dx @ dy / (dx @ dx))
    return float(y.mean() - slope * x.mean()), -slope, float((dx @ dy) ** 2 / ((dx @ dx) * (dy @ dy)))


def _sizes(values: pd.Series) -> pd.Series:
    if not isinstance(values, pd.Series):
        raise LabelTypeError(f"the sizes are a {type(values).__name__}; pass a Series by unit.")
    check_units(values.index, "sizes")
    numbers = pd.Series(align(values, values.index, "sizes"), values.index)
    check_sizes(numbers)
    return numbers


@dataclass(frozen=True, slots=True, eq=False)
class PrimacyResult(Result):
    """How far the first unit stands above the others.

    Attributes
    ----------
    first : object
        The largest unit.
    share : float
        Its part of all.
    two, four, eleven : float
        Its size over that of the second; over the sum of the next three; twice its size over the sum of the next ten.
        Under Zipf's law nearly 2, 1 and 1. NaN where there are fewer units.
    """

    first: object
    share: float
    two: float
    four: float
    eleven: float

    def tables(self) -> tuple[Table, ...]:
        """The four measures."""
        values = {"share": self.share, "two": self.two, "four": self.four, "eleven": self.eleven}
        frame = pd.Series(values, name="primacy").to_frame().rename_axis("measure")
        return (Table(frame, f"Primacy of {self.first}"),)


@public
def primacy(values: pd.Series) -> PrimacyResult:
    """Primacy of the largest unit: its share, and its size over that of the next one, three and ten.

    Parameters
    ----------
    values : pandas.Series
        Sizes by unit, positive.

    Returns
    -------
    PrimacyResult

    Raises
    ------
    MissingDataError, DataError
        If a size is missing or not positive, or there is one unit only.

    References
    ----------
    Jefferson, M. (1939). The law of the primate city. Geographical Review 29(2), 226-232.

    Examples
    --------
    >>> found = primacy(pd.Series({"a": 12.0, "b": 6.0, "c": 4.0, "d": 2.0}))
    >>> found.first, round(found.share, 3), round(found.two, 3), round(found.four, 3)
    ('a', 0.5, 2.0, 1.0)
    """
    sizes = _sizes(values).sort_values(ascending=False, kind="stable")
    if len(sizes) < 2:
        raise DataError("primacy is told against other units; there is one only.")
    numbers = sizes.to_numpy() / sizes.iloc[0]
    return PrimacyResult(
        first=sizes.index[0],
        share=float(1 / numbers.sum()),
        two=float(1 / numbers[1]),
        four=float(1 / numbers[1:4].sum()) if len(numbers) >= 4 else float("nan"),
        eleven=float(2 / numbers[1:11].sum()) if len(numbers) >= 11 else float("nan"),
    )
