"""`second_opinion`: ours and theirs side by side, with the difference and, where one is known, its reason."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
import pandas as pd

from gbaspatial.errors import OptionError
from gbaspatial.opinions import known, pysal, r
from gbaspatial.opinions.answers import Answer
from gbaspatial.opinions.scripts import script
from gbaspatial.opinions.subject import Subject
from gbaspatial.opinions.subjects import subject_of
from gbaspatial.opinions.tier_peers import TOGETHER
from gbaspatial.options import public, word
from gbaspatial.results import Result, Table

Peer = Literal["pysal", "r"]
PEERS = ("pysal", "r")


@dataclass(frozen=True, slots=True, eq=False)
class SecondOpinion(Result):
    """The same work by two programs.

    Attributes
    ----------
    frame : pandas.DataFrame
        Index `quantity`; columns `ours`, `theirs`, `difference` (ours less theirs), `agree`
        (True within `tolerance`, relative to the size of the numbers), `why` (empty, or the
        reason of a difference that is known).
    program, version, call : str
        Who was asked, and what.
    tolerance : float
    title : str
        Of the table.
    known : tuple of str
        What is known to differ, in sentences.
    """

    frame: pd.DataFrame
    program: str
    version: str
    call: str
    tolerance: float
    title: str
    known: tuple[str, ...]

    @property
    def agree(self) -> bool:
        """Whether all numbers agree, but for differences that are known."""
        return bool((self.frame["agree"] | (self.frame["why"] != "")).all())

    def tables(self) -> tuple[Table, ...]:
        """Quantity by quantity."""
        apart = int((~self.frame["agree"]).sum())
        told = "all agree" if not apart else f"{apart} of {len(self.frame)} differ"
        notes = [f"{self.program} {self.version}, {self.call}: {told} (relative tolerance {self.tolerance:g})."]
        notes += [f"Known: {sentence}." for sentence in self.known]
        return (Table(self.frame, self.title, tuple(notes), {"difference": ".2e"}),)


@public
def second_opinion(result: object, peer: Peer = "pysal") -> SecondOpinion:
    """Run the same test or model in another program, on the same data and W, and set the numbers side by side.

    Only quantities that both programs define alike are compared: p-values by permutation
    are not, since no two programs draw alike, nor criteria that count parameters otherwise.

    Parameters
    ----------
    result : a test of `gba.autocorrelation`, a fit of `gba.models` or a result of `gba.disparity`
        Tests, impacts and Chow tests of a fit are results, too.
    peer : {"pysal", "r"}
        ``"pysal"``: esda and spreg, which are installed with gbaspatial, inequality and giddy. ``"r"``: spdep and
        spatialreg, plm and nlme of panels, through ``Rscript``, if that and they are installed.

    Returns
    -------
    SecondOpinion

    Raises
    ------
    OptionError
        If the peer has no counterpart of this result.
    LabelTypeError
        If `result` is something else, or was read back and holds no data.
    MissingPackageError
        If R or its packages are not installed.
    ConvergenceError
        If the peer ends in an error, or R does not end.

    References
    ----------
    Rey, S. and Anselin, L. (2007). PySAL: A Python library of spatial analytical methods.
    Review of Regional Studies 37, 5-27.
    Bivand, R. and Piras, G. (2015). Comparing implementations of estimation methods for
    spatial econometrics. Journal of Statistical Software 63(18).

    Examples
    --------
    >>> import gbaspatial as gba
    >>> cities = gba.load_cities(year=2019)
    >>> w = gba.weights.contiguity(cities).row_standardized()
    >>> test = gba.autocorrelation.moran(cities["gdp_pc_cny"], w, inference="randomization")
    >>> opinion = second_opinion(test)
    >>> opinion.agree, list(opinion.frame.index)
    (True, ['statistic', 'expected', 'variance', 'z', 'p_value'])
    """
    word(peer, PEERS, "peer")
    asked = (pysal if peer == "pysal" else r).answer

    subject = subject_of(result)
    answer = asked(subject)
    if answer is None:
        raise OptionError(_not_asked(subject, peer))
    if subject.own_errors:
        answer = replace(answer, known=(*answer.known, known.OWN_ERRORS))
    return compared(subject.ours, answer, subject.title)


def _not_asked(subject: Subject, peer: Peer) -> str:
    """Why there is no second opinion, and what there is instead."""
    if peer == "r" and subject.panel is not None and script(subject, "r") is not None:
        return f"R is not asked about {subject.title} from here; code('r') writes it for splm, ready to run."
    if subject.kind == TOGETHER:
        return (
            f"{subject.title} are found by spopt of PySAL itself, so there is nobody else to ask for a second opinion."
        )
    program = "PySAL" if peer == "pysal" else "R (spdep, spatialreg, plm, nlme)"
    other = "r" if peer == "pysal" else "pysal"
    instead = f"; second_opinion({other!r}) asks another program that has" if script(subject, other) else ""
    return f"{program} has no counterpart of {subject.title}, so there is no second opinion of it{instead}."


def compared(ours: dict[str, float], answer: Answer, title: str) -> SecondOpinion:
    """The table of `ours` and what the peer gave of it."""
    rows = {name: (ours[name], theirs) for name, theirs in answer.numbers.items() if name in ours}
    if not rows:
        raise OptionError(f"{answer.program} gives nothing of {title} that could be compared.")
    frame = pd.DataFrame.from_dict(rows, orient="index", columns=["ours", "theirs"]).rename_axis("quantity")
    frame["difference"] = frame["ours"] - frame["theirs"]
    size = np.maximum(frame[["ours", "theirs"]].abs().max(axis=1), 1e-12)
    both_missing = frame["ours"].isna() & frame["theirs"].isna()
    frame["agree"] = (frame["difference"].abs() <= answer.tolerance * size) | both_missing
    why = [
        "" if agree else "; ".join(k.why for k in answer.known if _kind_of(name) in k.quantities)
        for name, agree in frame["agree"].items()
    ]
    frame["why"] = why
    reasons = tuple(k.told(answer.version) for k in answer.known)
    return SecondOpinion(
        frame, answer.program, answer.version, answer.call, answer.tolerance, f"Second opinion: {title}", reasons
    )


def _kind_of(quantity: str) -> str:
    """The kind of a row such as ``"params[x]"`` or ``"z[Macao]"``."""
    return quantity.partition("[")[0]
