"""What spreg says of a model of a cross-section: which of its classes has it, and with which arguments.

One `Call` serves the second opinion and the code: what is written is what is run. Models without an intercept are
asked of spreg's base classes, since the others add one; models by regime of its classes for regimes.
"""

from __future__ import annotations

import importlib
from dataclasses import dataclass
from importlib.metadata import version
from typing import Any

import numpy as np

from gbaspatial.opinions import known
from gbaspatial.opinions.answers import Answer
from gbaspatial.opinions.subject import Subject, libpysal_w


@dataclass(frozen=True, slots=True)
class Call:
    """A class of spreg: its `module` and `name`, options, what `w` is to it, and what is known of the answer."""

    name: str
    options: dict[str, Any]
    spatial: tuple[str, ...] = ()
    skip: tuple[str, ...] = ()
    known: tuple[known.Known, ...] = ()
    tolerance: float = 1e-4
    module: str = "spreg"
    weights: str = "w"  # or "w.sparse", or "" where it takes none
    regimes: bool = False
    halved: bool = False  # columns and their lags: it makes the lags itself

    def told(self) -> str:
        """The call as it is written."""
        return f"{self.name}({', '.join(f'{name}={value!r}' for name, value in self.options.items())})"

    def lines(self) -> list[str]:
        """The call as lines of Python, on y, x, w and regimes."""
        given = ["y[:, None]", "x", *(["regimes"] if self.regimes else []), *(["w=w"] if self.weights == "w" else [])]
        given += [self.weights] if self.weights == "w.sparse" else []
        given += [f"{name}={value!r}" for name, value in self.options.items()]
        return [f"from {self.module} import {self.name}", f"fit = {self.name}({', '.join(given)})"]


_FULL = {"method": "full", "epsilon": 1e-12}
_LAGGED = ("lag", "durbin")
_ERRED = ("error", "durbin_error")
_STRAIGHT = ("ols", "slx")


def call_of(subject: Subject) -> Call | None:
    """How spreg is asked about `subject`; None where it has no counterpart."""
    if not subject.plain:
        return None
    if subject.regimes:
        return _by_regime(subject) if regimes_of(subject) is not None else None
    return _whole(subject) if subject.intercept else _bare(subject)


def _whole(subject: Subject) -> Call | None:
    """With an intercept, which spreg adds itself."""
    kind, method = subject.kind, subject.method
    if kind in _STRAIGHT and method == "ols":
        return Call("OLS", {}, weights="", tolerance=1e-6)
    if kind in _LAGGED and method == "ml":
        return Call("ML_Lag", {**_FULL, "spat_diag": False}, ("rho",), known=_searched(subject))
    if kind in _ERRED and method == "ml":
        return Call("ML_Error", dict(_FULL), ("lambda",), known=_searched(subject))
    if kind in _LAGGED and method == "gmm":
        halved = kind == "durbin"
        if halved and not _is_halved(subject):
            return None
        options = {"w_lags": 2, "sig2n_k": True, "spat_diag": False} | ({"slx_lags": 1} if halved else {})
        return Call("GM_Lag", options, ("rho",), ("log_likelihood",), (known.GMM_DIVISOR,), halved=halved)
    if kind == "error" and method == "gmm":
        return Call("GM_Error_Het", {}, ("lambda",), ("log_likelihood", "sigma2"))
    if kind == "sarar" and method == "gmm":
        return Call("GM_Combo_Het", {"w_lags": 2}, ("rho", "lambda"), ("log_likelihood", "sigma2"))
    return None


def _bare(subject: Subject) -> Call | None:
    """Without an intercept: base classes, which take X as it is; their instruments leave the first column out."""
    kind, method = subject.kind, subject.method
    if kind in _STRAIGHT and method == "ols":
        return Call("BaseOLS", {}, weights="", tolerance=1e-6, module="spreg.ols")
    if kind in _LAGGED and method == "ml":
        return Call("BaseML_Lag", dict(_FULL), ("rho",), known=_searched(subject), module="spreg.ml_lag")
    if kind in _ERRED and method == "ml":
        return Call("BaseML_Error", dict(_FULL), ("lambda",), known=_searched(subject), module="spreg.ml_error")
    if kind == "error" and method == "gmm":
        return Call("BaseGM_Error_Het", {}, ("lambda",), ("log_likelihood", "sigma2"), module="spreg.error_sp_het",
                    weights="w.sparse")  # fmt: skip
    return None


def _by_regime(subject: Subject) -> Call | None:
    kind, method = subject.kind, subject.method
    if kind in _STRAIGHT and method == "ols":
        return Call("OLS_Regimes", {"regime_err_sep": False}, weights="", tolerance=1e-6, regimes=True)
    if kind in _LAGGED and method == "ml":
        options = {**_FULL, "spat_diag": False}
        return Call("ML_Lag_Regimes", options, ("rho",), known=_searched(subject), regimes=True)
    if kind in _ERRED and method == "ml":
        noted = (known.REGIME_FILTER, *_searched(subject))
        return Call("ML_Error_Regimes", dict(_FULL), ("lambda",), known=noted, regimes=True)
    if kind == "lag" and method == "gmm":
        options = {"w_lags": 2, "sig2n_k": True, "robust": None, "spat_diag": False}
        noted = (known.REGIME_INSTRUMENTS, known.GMM_DIVISOR)
        return Call("GM_Lag_Regimes", options, ("rho",), ("log_likelihood",), noted, regimes=True)
    if kind == "error" and method == "gmm":
        return Call("GM_Error_Het_Regimes", {}, ("lambda",), ("log_likelihood", "sigma2"), (known.REGIME_FILTER,),
                    regimes=True)  # fmt: skip
    if kind == "sarar" and method == "gmm":
        noted = (known.REGIME_FILTER, known.REGIME_INSTRUMENTS)
        return Call("GM_Combo_Het_Regimes", {"w_lags": 2}, ("rho", "lambda"), ("log_likelihood", "sigma2"), noted,
                    regimes=True)  # fmt: skip
    return None


def _searched(subject: Subject) -> tuple[known.Known, ...]:
    return known.interval(subject.w)


def _is_halved(subject: Subject) -> bool:
    """Whether the second half of the columns are the lags of the first, as spreg makes them."""
    X = subject.columns.to_numpy(dtype=float)
    half = X.shape[1] // 2
    assert subject.w is not None
    return X.shape[1] == 2 * half and np.allclose(subject.w.sparse @ X[:, :half], X[:, half:])


def regimes_of(subject: Subject) -> tuple[np.ndarray, np.ndarray] | None:
    """X (n, k) before it was split, without the intercept, and the class (n,) of each unit by number.

    None where there is no intercept by class: spreg adds one.
    """
    blocks = subject.columns.to_numpy(dtype=float).reshape(subject.n, subject.regimes, -1)
    X = blocks.sum(axis=1)
    if not np.array_equal(X[:, 0], np.ones(subject.n)):
        return None
    return X[:, 1:], np.argmax(blocks[:, :, 0], axis=1)


def answer_of(subject: Subject, call: Call) -> Answer:
    """The numbers of spreg."""
    return _read(subject, made_by(subject, call), call)


def made_by(subject: Subject, call: Call) -> Any:
    """The model of spreg."""
    made = getattr(importlib.import_module(call.module), call.name)
    y, x = subject.outcome.to_numpy(dtype=float)[:, None], subject.columns.to_numpy(dtype=float)
    given: list[object] = [y, x[:, : x.shape[1] // 2] if call.halved else x]
    if call.regimes:
        split = regimes_of(subject)
        assert split is not None
        given = [y, split[0], split[1].tolist()]
    options = dict(call.options)
    if call.weights:
        W = libpysal_w(subject.w)
        if call.weights == "w":
            options["w"] = W
        else:
            given.append(W.sparse)
    return made(*given, **options)


def _read(subject: Subject, model: Any, call: Call) -> Answer:
    """The numbers of a fitted `model`: the intercept, the regressors, then the spatial parameters."""
    names = [*(["Intercept"] if subject.intercept else []), *subject.terms, *call.spatial]
    betas = np.asarray(model.betas, dtype=float).ravel()
    errors = np.sqrt(np.diag(np.asarray(model.vm, dtype=float)))
    numbers = {f"params[{name}]": float(value) for name, value in zip(names, betas, strict=True)}
    # the variance of sigma2 may follow, and that of lambda be missing
    numbers |= {f"std_errors[{name}]": float(value) for name, value in zip(names, errors, strict=False)}
    if "sigma2" not in call.skip:
        numbers["sigma2"] = float(np.asarray(model.sig2).ravel()[0])
    if getattr(model, "logll", None) is not None and "log_likelihood" not in call.skip:
        numbers["log_likelihood"] = float(np.ravel(model.logll)[0])
    noted = (known.CRITERIA, *known.excused(call.known, subject.w, subject.ours, numbers))
    return Answer(numbers, "spreg", version("spreg"), call.told(), noted, call.tolerance)
