"""What a table of specification tests says, in words that do not oversell."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from gbaspatial.errors import some
from gbaspatial.sizes import LEVEL

if TYPE_CHECKING:
    from gbaspatial.models.fit import Fit


def reading(fit: Fit, tests: pd.DataFrame, *, small: bool) -> tuple[str, ...]:
    """A few sentences on `tests`, a frame with `p_value` by name of test."""
    rejected = {str(name) for name, p in tests["p_value"].items() if p < LEVEL}
    parts = _least_squares(rejected, tests) if fit.method == "ols" else _spatial(fit, rejected, tests)
    parts.extend(_assumptions(rejected))
    if small:
        parts.append(
            f"With {fit.n} units these p-values are approximate and the tests see only strong dependence: "
            f"a test that does not reject is no evidence of independence. fit.bootstrap() gives p-values "
            f"that hold at this size, fit.wild_test() also where variances differ, such as in blocks."
        )
    return tuple(parts)


def _least_squares(rejected: set[str], tests: pd.DataFrame) -> list[str]:
    if "lm_lag" not in tests.index:
        return [
            "Nothing is said here about spatial dependence: the LM tests need diagnostics(w) of an unweighted fit, and "
            "a W that does not act on its residuals as a mere number, as complete weights do."
        ]
    lag, error = "lm_lag" in rejected, "lm_error" in rejected
    robust_lag, robust_error = "robust_lm_lag" in rejected, "robust_lm_error" in rejected
    words = []
    if not lag and not error:
        words.append("At 5 % neither LM test rejects: these tests find no spatial lag or error.")
    elif lag and not error:
        words.append("Of the LM tests only that for a lag rejects at 5 %, which points to a lag model.")
    elif error and not lag:
        words.append("Of the LM tests only that for an error rejects at 5 %, which points to an error model.")
    elif robust_lag and not robust_error:
        words.append("Both LM tests reject at 5 %; of the robust ones only that for a lag: a lag model is nearer.")
    elif robust_error and not robust_lag:
        words.append("Both LM tests reject at 5 %; of the robust ones only that for an error: that model is nearer.")
    elif robust_lag and robust_error:
        words.append("Both LM tests and both robust ones reject at 5 %: a richer model or another W is worth a look.")
    else:
        words.append("Both LM tests reject at 5 % but neither robust one does: the data do not tell lag from error.")
    if "lm_wx" in rejected:
        words.append("LM-WX rejects: lags of the regressors matter, so compare SLX and Durbin models.")
    words.append("This is a path through tests, not proof: theory and several W should decide with it.")
    return words


def _spatial(fit: Fit, rejected: set[str], tests: pd.DataFrame) -> list[str]:
    words = []
    if fit.edges:
        words.append(f"{some(fit.edges)} lies at the edge of its interval; tests that use its variance are left out.")
    if "likelihood_ratio" in tests.index:
        told = "rejects" if "likelihood_ratio" in rejected else "does not reject"
        words.append(f"The likelihood ratio test {told} the model without spatial parameters at 5 %.")
    if "lm_error_residual" in rejected:
        words.append("Residuals are still spatially correlated (lm_error_residual): W or the model misses something.")
    if "common_factor" in tests.index:
        told = "is rejected" if "common_factor" in rejected else "is not rejected"
        words.append(f"The common factor restriction {told}, so the error model is {_enough(rejected)}.")
    if "hausman_corrected" in rejected:
        words.append(
            "Hausman's test rejects: least squares and the error model estimate different things, "
            "a sign of omitted variables or of a missing lag."
        )
    if "anselin_kelejian" in rejected:
        words.append("Anselin-Kelejian rejects: a spatial error is left.")
    return words


def _enough(rejected: set[str]) -> str:
    return "not enough" if "common_factor" in rejected else "a simpler candidate"


def _assumptions(rejected: set[str]) -> list[str]:
    words = []
    if rejected & {"koenker_bassett", "white", "spatial_breusch_pagan"}:
        words.append("The variance is not constant: use fit.wild_test(), or covariance='HC3', 'hac' or the sandwich.")
    if "jarque_bera" in rejected:
        words.append("Residuals are not normal, which Breusch-Pagan relies on; Koenker-Bassett does not.")
    return words
