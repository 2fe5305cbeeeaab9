"""What spreg says of several equations that are estimated together (SUR): by maximum likelihood or in three stages."""

from __future__ import annotations

import importlib
import json
from collections.abc import Callable
from importlib.metadata import version

import numpy as np
import pandas as pd

from gbaspatial.models.sur_fit import SurFit
from gbaspatial.opinions.answers import Answer
from gbaspatial.opinions.subject import Subject, libpysal_w

_SAME = 1e-4  # relative: both search for a maximum
_KINDS = {"ols": "sur", "slx": "sur", "error": "sur_error", "durbin_error": "sur_error", "lag": "sur_lag"}
_CALLS: dict[
    str, tuple[str, str, dict[str, object], tuple[str, ...]]
] = {  # module, class, its options, and the spatial parameter that follows the terms of an equation
    "sur": ("spreg.sur", "BaseSUR", {"iter": True, "maxiter": 500, "epsilon": 1e-12}, ()),
    "sur_error": ("spreg.sur_error", "BaseSURerrorML", {"epsilon": 1e-12}, ("lambda",)),
    "sur_lag": ("spreg", "SURlagIV", {"nonspat_diag": False}, ("rho",)),
}


def of_sur(fit: SurFit) -> Subject:
    """The outcomes and regressors of all equations, one after the other; the first outcome is `outcome`."""
    ids, parts, terms = fit.w.ids, [], []
    for place, (name, design) in enumerate(fit.designs.items()):
        own = [design.X] if place == 0 else [design.y[:, None], design.X]
        parts.append(np.column_stack(own))
        terms += [*([] if place == 0 else [design.response]), *(f"{name}: {term}" for term in design.terms)]
    columns = np.column_stack(parts)
    names = [f"x{number}" for number in range(1, 1 + columns.shape[1])]
    ours = {f"params[{name}: {term}]": float(value) for (name, term), value in fit.params.items()}
    ours |= {f"std_errors[{name}: {term}]": float(value) for (name, term), value in fit.std_errors.items()}
    ours |= {f"sigma[{a}, {b}]": float(fit.sigma.loc[a, b]) for a in fit.equations for b in fit.equations}
    first = next(iter(fit.designs.values()))
    by_stages = fit.method == "3sls"
    kind = _KINDS.get(fit.model, "") if by_stages == (fit.model == "lag") and fit.divisor == "n" else ""
    shape = json.dumps([list(fit.designs), [design.k for design in fit.designs.values()], fit.instrument_lags])
    return Subject(
        kind or "sur_other", shape, pd.Series(first.y, ids, name=first.response),
        pd.DataFrame(columns, index=ids, columns=names), fit.w, ours,
        f"{len(fit.designs)} equations ({fit.model}) by {fit.method}", terms=tuple(terms), plain=bool(kind),
    )  # fmt: skip


def _places(subject: Subject) -> list[tuple[int | None, list[int]]]:
    """By equation the column of its outcome (None: `outcome`) and those of its regressors."""
    found: list[tuple[int | None, list[int]]] = []
    at = 0
    for place, width in enumerate(json.loads(subject.method)[1]):
        at += place > 0
        found.append((None if place == 0 else at - 1, list(range(at, at + width))))
        at += width
    return found


def _options(subject: Subject) -> dict[str, object]:
    own = {"w_lags": json.loads(subject.method)[2]} if subject.kind == "sur_lag" else {}
    return dict(_CALLS[subject.kind][2]) | own


def _answer(subject: Subject) -> Answer:
    module, name, _, spatial = _CALLS[subject.kind]
    X, places = subject.columns.to_numpy(dtype=float), _places(subject)
    first = subject.outcome.to_numpy(dtype=float)[:, None]
    ys = {g: first.copy() if y is None else X[:, [y]] for g, (y, _) in enumerate(places)}
    Xs = {g: X[:, kept] for g, (_, kept) in enumerate(places)}
    options = _options(subject) | ({} if subject.kind == "sur" else {"w": libpysal_w(subject.w)})
    found = getattr(importlib.import_module(module), name)(ys, Xs, **options)
    betas = found.b3SLS if subject.kind == "sur_lag" else found.bSUR
    values = [float(b) for g in range(len(places)) for b in np.ravel(betas[g])]
    errors = np.sqrt(np.diag(found.varb)).tolist()
    inside = spatial if subject.kind == "sur_lag" else ()  # rho stands among the coefficients, lambda beside them
    names = _names(subject, inside)
    numbers = {f"params[{name}]": value for name, value in zip(names, values, strict=True)}
    numbers |= {f"std_errors[{name}]": value for name, value in zip(names, errors, strict=True)}
    equations = _equations(subject)
    if subject.kind == "sur_error":
        lambdas = np.ravel(found.lamsur)
        numbers |= {f"params[{e}: lambda]": float(v) for e, v in zip(equations, lambdas, strict=True)}
    numbers |= {f"sigma[{a}, {b}]": float(found.sig[i, j]) for i, a in enumerate(equations) for j, b in
                enumerate(equations)}  # fmt: skip
    call = f"{name}({', '.join(f'{key}={value!r}' for key, value in _options(subject).items())})"
    return Answer(numbers, "spreg", version("spreg"), call, (), _SAME)


def _equations(subject: Subject) -> list[str]:
    return list(json.loads(subject.method)[0])


def _names(subject: Subject, inside: tuple[str, ...]) -> list[str]:
    found: list[str] = []
    for equation, (_, kept) in zip(_equations(subject), _places(subject), strict=True):
        found += [subject.terms[place] for place in kept] + [f"{equation}: {name}" for name in inside]
    return found


def _lines(subject: Subject) -> list[str]:
    module, name, _, _ = _CALLS[subject.kind]
    places, columns = _places(subject), list(subject.columns.columns)
    ys = ", ".join(f"{g}: data[['{'y' if y is None else columns[y]}']].to_numpy(float)" for g, (y, _) in
                   enumerate(places))  # fmt: skip
    Xs = ", ".join(f"{g}: data[{[columns[p] for p in kept]!r}].to_numpy(float)" for g, (_, kept) in enumerate(places))
    given = "" if subject.kind == "sur" else ", w=w"
    given += "".join(f", {key}={value!r}" for key, value in _options(subject).items())
    betas = "b3SLS" if subject.kind == "sur_lag" else "bSUR"
    shown = ", fit.lamsur" if subject.kind == "sur_error" else ""
    return [
        f"from {module} import {name}", f"ys = {{{ys}}}", f"xs = {{{Xs}}}", f"fit = {name}(ys, xs{given})",
        f"print(fit.{betas}, fit.varb.diagonal() ** 0.5, fit.sig{shown})",
    ]  # fmt: skip


EQUATIONS: dict[str, Callable[[Subject], Answer]] = dict.fromkeys(_CALLS, _answer)
EQUATION_SCRIPTS: dict[str, Callable[[Subject], list[str]]] = dict.fromkeys(_CALLS, _lines)
