"""The formula language: from text to terms, with every piece and every number of pieces bounded.

``outcome ~ x + z`` with ``+ - : * / ** ^`` and brackets, as in R: a term is a product of factors,
a factor is a column or an expression such as ``log(x)``, which `expressions` reads.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence, Sized
from dataclasses import dataclass

from gbaspatial.errors import FormulaError
from gbaspatial.formula.tokens import FULL_WIDTH, MOST_BRACKETS, Token, is_plain, outside_brackets, tokens_of, too_deep
from gbaspatial.options import brief

LONGEST = 100_000  # characters: a thousand regressors with long names
MOST_TERMS = 2_000  # more than any table of coefficients is read
MOST_FACTORS = 6  # of one term; the coding of classes grows as two to this power
MOST_STEPS = 200_000  # products formed while brackets are multiplied out


@dataclass(frozen=True, slots=True)
class Factor:
    """A column (`text` is its name), or an expression in its one way of writing."""

    text: str
    column: bool

    def __str__(self) -> str:
        return f"`{self.text}`" if self.column and not is_plain(self.text) else self.text


Term = tuple[Factor, ...]  # () is the intercept
Reader = Callable[[str], Factor]


@dataclass(frozen=True, slots=True)
class Terms:
    """Outcome and terms of a formula; the intercept is the term ()."""

    outcome: Factor
    terms: tuple[Term, ...]


def sides(formula: str) -> tuple[str, str]:
    """The text left and right of the ``~``, which may also stand within names in backticks.

    Raises
    ------
    FormulaError
        If there is not exactly one ``~``.

    Examples
    --------
    >>> sides("`a ~ b` ~ x")
    ('`a ~ b`', 'x')
    """
    if not isinstance(formula, str):
        raise _no_formula(formula)
    if len(formula) > LONGEST:
        raise FormulaError(f"the formula has {len(formula):,} characters; {LONGEST:,} are the most.")
    bare = re.sub(r"`[^`]*`", lambda quoted: " " * len(quoted[0]), formula)
    bare = re.sub(r"\"[^\"]*\"|'[^']*'", lambda quoted: " " * len(quoted[0]), bare)
    places = outside_brackets("~", bare)
    if len(places) != 1:
        wide = next((sign for sign in bare if sign in FULL_WIDTH), None)
        hint = f" ({wide} is a full-width sign; write {FULL_WIDTH[wide]})" if wide else ""
        raise FormulaError(f"{brief(formula)} is not a formula; write 'outcome ~ regressor + regressor'{hint}.")
    return formula[: places[0]].strip(), formula[places[0] + 1 :].strip()


def parse(formula: str, read: Reader, classes: Callable[[Factor], bool] = lambda _: False) -> Terms:
    """The terms of a formula.

    Parameters
    ----------
    formula : str
    read : callable
        Makes a factor of the text of an expression, or raises.
    classes : callable
        Whether a factor stands for classes: their product with themselves is what they are.

    Raises
    ------
    FormulaError
        Naming the piece that cannot be read.

    Examples
    --------
    >>> found = parse("y ~ (a + b)**2 - 1", lambda text: Factor(text, False))
    >>> [":".join(map(str, term)) for term in found.terms]
    ['a', 'b', 'a:b']
    """
    left, right = sides(formula)
    if not left:
        raise _no_formula(formula)
    first = _Parser(tokens_of(left), read, classes)
    outcome = first.sum(0, [])
    first.end()
    if len(outcome) != 1 or len(outcome[0]) != 1:
        raise FormulaError(
            f"the outcome {brief(left)} must be one column or one expression; arithmetic goes in I(...), "
            f"such as I(a + b) or log(a / b)."
        )
    second = _Parser(tokens_of(right), read, classes)
    terms = second.sum(0, [()])
    second.end()
    return Terms(outcome[0][0], tuple(terms))


class _Parser:
    """Reads tokens from left to right; each method reads what binds at least as strongly as its name."""

    def __init__(self, tokens: Sequence[Token], read: Reader, classes: Callable[[Factor], bool]) -> None:
        self.tokens = tokens
        self.place = 0
        self.read = read
        self.classes = classes
        self.steps = 0

    def sum(self, depth: int, start: list[Term]) -> list[Term]:
        """Terms joined by + and -, after those in `start`."""
        found = _by_factors(start)
        sign: str | None = self._sign() or "+"
        while True:
            number = self._number(depth)
            if number is not None:
                if (number == "1") == (sign == "+"):
                    found = {frozenset(): (), **found}
                else:
                    found.pop(frozenset(), None)
            elif sign == "+":
                for key, term in _by_factors(self._product(depth)).items():
                    found.setdefault(key, term)
            else:
                self._remove(found, depth)
            _check_terms(found)
            sign = self._sign()
            if sign is None:
                return list(found.values())

    def end(self) -> None:
        """Raise unless all was read."""
        if self.place < len(self.tokens):
            raise FormulaError(f"the formula cannot be read at {self._near()}: an operator such as + is missing.")

    def _sign(self) -> str | None:
        """The sign before a term: + and - in a row are one."""
        sign = self._taken("+", "-")
        further = sign and self._taken("+", "-")
        while further:
            sign = "+" if sign == further else "-"
            further = self._taken("+", "-")
        return sign

    def _remove(self, found: dict[frozenset[Factor], Term], depth: int) -> None:
        at = self.place
        for term in self._product(depth):
            if frozenset(term) not in found:
                told = "".join(token.text for token in self.tokens[at : self.place])
                raise FormulaError(
                    f"the formula takes away {brief(told)}, which is not in it; '-' removes a term, and the negative "
                    f"of a column is I(-x)."
                )
            del found[frozenset(term)]

    def _number(self, depth: int) -> str | None:
        """0 or 1 where it stands alone in a sum."""
        token = self._next()
        if token is None or token.kind != "number":
            return None
        following = self.tokens[self.place + 1] if self.place + 1 < len(self.tokens) else None
        if token.text not in ("0", "1") or (following is not None and following.text not in ("+", "-", ")")):
            raise self._stray(token)
        if depth:
            raise FormulaError(f"{token.text}, for the intercept, may not stand within brackets; write it outside.")
        self.place += 1
        return token.text

    def _product(self, depth: int) -> list[Term]:
        """Terms joined by * and /."""
        left = self._interaction(depth)
        while sign := self._taken("*", "/"):
            right = self._interaction(depth)
            if sign == "*":
                left = _unique([*left, *right, *self._times(left, right)])
            else:
                whole = left[0]
                for term in left[1:]:
                    whole = self._joined(whole, term)
                left = _unique([*left, *self._times([whole], right)])
        return left

    def _interaction(self, depth: int) -> list[Term]:
        """Terms joined by a colon."""
        left = self._power(depth)
        while self._taken(":"):
            left = self._times(left, self._power(depth))
        return left

    def _power(self, depth: int) -> list[Term]:
        at = self.place
        base = self._atom(depth)
        sign = self._taken("**", "^")
        if sign is None:
            return base
        told = "".join(token.text for token in self.tokens[at : self.place - 1])
        token = self._next()
        exponent = token.text if token is not None and token.kind == "number" else ""
        if len(base) == 1 and len(base[0]) == 1 and not self.classes(base[0][0]):
            shown = f"{told}{sign}{exponent or '2'}"
            raise FormulaError(
                f"{brief(shown)} in a formula is a product of terms, and of one term with itself nothing is left but "
                f"the term; the power is I({brief(told)[1:-1]}**{exponent or '2'})."
            )
        if not re.fullmatch(r"[1-9]\d?", exponent) or int(exponent) > MOST_FACTORS:
            raise FormulaError(
                f"the power after {brief(told)} must be a whole number from 1 to {MOST_FACTORS}, "
                f"the most factors of a term."
            )
        self.place += 1
        if self._next() is not None and self._next().text in ("**", "^"):  # type: ignore[union-attr]
            raise FormulaError(f"the formula has a power of a power at {self._near()}; write one.")
        found = base
        for _ in range(int(exponent) - 1):
            found = _unique([*found, *self._times(found, base, squares=True)])
        return found

    def _atom(self, depth: int) -> list[Term]:
        token = self._next()
        if token is None:
            raise FormulaError("the formula cannot be read: it ends where a column or function is expected.")
        if self._taken("("):
            if depth >= MOST_BRACKETS:
                raise too_deep()
            found = self.sum(depth + 1, [])
            if not self._taken(")"):
                raise FormulaError("the formula cannot be read: a bracket is not closed.")
            return found
        if token.kind == "number":
            raise self._stray(token)
        if token.kind == "sign":
            raise FormulaError(
                f"the formula cannot be read at {self._near()}: a column or function is expected where "
                f"{token.text!r} stands."
            )
        self.place += 1
        return [(self.read(token.text),)] if token.kind == "call" else [(Factor(token.text, True),)]

    def _times(self, left: list[Term], right: list[Term], squares: bool = False) -> list[Term]:
        """All products of a term left with a term right; a number times itself is refused unless `squares`."""
        self.steps += len(left) * len(right)
        if self.steps > MOST_STEPS or len(left) * len(right) > MOST_STEPS // 2:
            raise FormulaError(f"the formula multiplies out to far more than {MOST_TERMS:,} terms, which are the most.")
        found: dict[frozenset[Factor], Term] = {}
        for one in left:
            for other in right:
                twice = [factor for factor in other if factor in one and not self.classes(factor)]
                if twice and not squares:
                    raise FormulaError(
                        f"the formula multiplies {twice[0]} by itself, of which nothing is left but {twice[0]}; "
                        f"the square is I({twice[0]}**2)."
                    )
                term = self._joined(one, other, cut=squares)
                found.setdefault(frozenset(term), term)
        _check_terms(found)
        return [term for term in found.values() if len(term) <= MOST_FACTORS]

    @staticmethod
    def _joined(one: Term, other: Term, cut: bool = False) -> Term:
        term = tuple(dict.fromkeys([*one, *other]))
        if len(term) > MOST_FACTORS and not cut:
            raise FormulaError(
                f"the term {brief(':'.join(map(str, term)))} has {len(term)} factors; {MOST_FACTORS} are the most."
            )
        return term

    def _next(self) -> Token | None:
        return self.tokens[self.place] if self.place < len(self.tokens) else None

    def _taken(self, *signs: str) -> str | None:
        """The next token if it is one of `signs`, which is then behind."""
        token = self._next()
        if token is None or token.kind != "sign" or token.text not in signs:
            return None
        self.place += 1
        return token.text

    def _stray(self, token: Token) -> FormulaError:
        return FormulaError(
            f"the number {brief(token.text)} stands in the formula at {self._near()}; only 0 and 1 may, for the "
            f"intercept. Arithmetic goes in I(...), such as I(2 * x)."
        )

    def _near(self) -> str:
        shown = self.tokens[max(self.place - 1, 0) : self.place + 3]
        return brief(" ".join(token.text for token in shown))


def _by_factors(terms: Iterable[Term]) -> dict[frozenset[Factor], Term]:
    """Terms without repetition: a:b is b:a."""
    found: dict[frozenset[Factor], Term] = {}
    for term in terms:
        found.setdefault(frozenset(term), term)
    return found


def _unique(terms: Iterable[Term]) -> list[Term]:
    return list(_by_factors(terms).values())


def _no_formula(given: object) -> FormulaError:
    """The error of what is no formula with two sides."""
    return FormulaError(f"{brief(given)} is not a formula; write 'outcome ~ regressor + regressor'.")


def _check_terms(found: Sized) -> None:
    """Raise if there are more terms than are read."""
    if len(found) > MOST_TERMS:
        raise FormulaError(f"the formula has more than {MOST_TERMS:,} terms, which are the most.")
