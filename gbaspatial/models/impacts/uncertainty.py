"""Which method gives impacts their uncertainty, and which a fit refuses."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from gbaspatial.errors import OptionError
from gbaspatial.models.few_units.recommended import applies
from gbaspatial.sizes import REFITS_LIMIT

if TYPE_CHECKING:
    from gbaspatial.models.fit import Fit


def chosen(fit: Fit, method: str) -> str:
    """The method asked for, or the usual one for ``"auto"``; an error where the fit cannot serve it."""
    refittable = fit._refits
    if method == "auto":
        method = _usual(fit, refittable)
    one = (fit.w is None) != (fit.error_w is None)
    if method == "confidence" and (not one or not refittable or fit.n > REFITS_LIMIT):
        raise OptionError(
            f"method='confidence' is for models with either rho or lambda, by maximum likelihood, up to {REFITS_LIMIT} "
            f"units."
        )
    if method in ("delta", "simulated"):
        if "rho" in fit.edges:
            other = (
                "; use method='bootstrap' or 'auto'" if refittable else ", so there are no standard errors of impacts"
            )
            raise OptionError(f"rho = {fit.rho:.6g} lies at or beyond the edge of its interval{other}.")
        names = [*fit.terms] + (["rho"] if fit.w is not None else [])
        if not np.isfinite(fit.covariance.loc[names, names].to_numpy()).all():
            raise OptionError("the parameters have no covariance (the notes of the fit say why), so impacts have none.")
    return method


def _usual(fit: Fit, refittable: bool) -> str:
    """The method that goes with the inference of a fit."""
    one = (fit.w is None) != (fit.error_w is None)
    if applies(fit):
        return "confidence" if one else "bootstrap"
    if fit.w is None and not fit.edges:
        return "delta"
    if not refittable or not fit.edges:
        return "simulated"
    return "confidence" if one and fit.n <= REFITS_LIMIT else "bootstrap"
