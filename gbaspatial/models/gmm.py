"""Two-stage least squares and generalized moments for the lag, error and SARAR models.

``lag(..., method="gmm")`` and its siblings come here. These estimators need no normal
errors and no log-determinant; they have no log-likelihood, so `log_likelihood`, `aic` and
`bic` of their fits are NaN. The numbers are made in `two_stage`, `moments` and `kernels`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, TypedDict

import numpy as np
from scipy import sparse

from gbaspatial.errors import OptionError, some
from gbaspatial.formula import Design, design as read_design, is_intercept, sides
from gbaspatial.models.fit import Fit, build
from gbaspatial.models.instruments import error_moments as gm, two_stage as iv
from gbaspatial.models.instruments.hac import Kernel, kernel_weights
from gbaspatial.models.instruments.instrument_set import (
    InstrumentTests,
    check_apart,
    check_identified,
    check_instrumented,
    instrument_tests,
    instruments_of,
)
from gbaspatial.models.likelihood.identification import check_informed
from gbaspatial.models.request import Request
from gbaspatial.models.solve.origin import scale_of
from gbaspatial.models.spatial_fit import moments_kind
from gbaspatial.options import only, renamed, unused, word
from gbaspatial.weights import Weights
from gbaspatial.weights.adoption import as_weights_called

if TYPE_CHECKING:
    import pandas as pd

    from gbaspatial.geography.places import Units
    from gbaspatial.options import Given
    from gbaspatial.weights.annotations import WeightsGiven

COVARIANCES = ("classical", "HC0", "HC1", "HC3", "hac")
NO_LIKELIHOOD = "Generalized moments have no likelihood: log-likelihood, AIC and BIC do not exist."


class Options(TypedDict, total=False):
    """Options of the estimators by generalized moments.

    endogenous : the right side of a formula, such as ``"log(price)"``; instruments : another,
    for them; instrument_lags : 1 takes W X as instruments for W y, 2 also W^2 X;
    covariance : ``"classical"``, ``"HC0"``, ``"HC1"``, ``"HC3"`` or ``"hac"``, the last with
    kernel, neighbors or bandwidth_km, and coordinates (the geometry of the data by default);
    moments : ``"heteroskedastic"``, ``"homoskedastic"`` or ``"kp98"``; df : the variance is e'e over
    ``"n-k"`` or ``"n"`` (degrees_of_freedom is its older name); regimes : a column of classes.
    """

    endogenous: str | None
    instruments: str | None
    instrument_lags: Literal[1, 2]
    covariance: Literal["classical", "HC0", "HC1", "HC3", "hac"] | None
    kernel: Kernel
    neighbors: int | None
    bandwidth_km: float | None
    coordinates: Units | pd.DataFrame
    moments: gm.Moments
    df: Literal["n-k", "n"] | None
    degrees_of_freedom: Literal["n-k", "n"] | None
    regimes: str | None


def estimated(asked: Request) -> Fit:
    """The model of `asked` by two-stage least squares, or by generalized moments where its errors are spatial.

    The instruments of W y are X, W X and W^2 X; by default `instrument_lags` is 2, ``covariance="classical"`` and
    ``df="n-k"`` without a spatial error, as R's `stsls` has it (PySAL: 1 and ``"n"``).

    Parameters
    ----------
    asked : Request
        Its options are those of `Options`.

    Returns
    -------
    Fit
        `fit.instrument_tests()` tells whether the instruments are strong and valid.

    Raises
    ------
    OptionError
        If an option does not apply, or there are fewer instruments than endogenous regressors, or as many as units.

    References
    ----------
    Kelejian, H. H. and Prucha, I. R. (1998). A generalized spatial two-stage least squares
    procedure. Journal of Real Estate Finance and Economics 17, 99-121.

    Examples
    --------
    >>> import pandas as pd
    >>> from gbaspatial.weights import Weights
    >>> ring = Weights(np.roll(np.eye(9), 1, 0) + np.roll(np.eye(9), -1, 0), list("abcdefghi")).row_standardized()
    >>> x = pd.Series([0.0, 2, 1, 2, 4, 3, 1, 5, 2], index=list("abcdefghi"))
    >>> y = np.linalg.solve(np.eye(9) - 0.5 * ring.sparse.toarray(), 1 + x)
    >>> asked = Request("lag", "y ~ x", pd.DataFrame({"x": x, "y": y}), ring, False, {}, lagged=True)
    >>> estimated(asked).params.round(6).to_dict()
    {'Intercept': 1.0, 'x': 1.0, 'rho': 0.5}
    """
    return _generalized(asked) if asked.erred else _two_stage(asked)


# -- what is estimated ----------------------------------------------------------------------
@dataclass(frozen=True, slots=True, eq=False)
class _Spec:
    """The design, its endogenous columns, regressors Z (n, p), basis Q (n, q) of instruments or None, weights."""

    model: str
    design: Design
    endogenous: tuple[str, ...]
    Z: np.ndarray
    Q: np.ndarray | None
    instruments: tuple[str, ...]
    w: Weights | None
    error_w: Weights | None
    degrees: str | None

    @classmethod
    def read(cls, asked: Request) -> _Spec:
        """The specification of one call, with its instruments where there is something to instrument."""
        _check(asked.options)
        options = renamed(asked.options, "degrees_of_freedom", "df")
        design, columns, extra, extra_names = _columns(asked, options)
        first = design.weights["W"] if asked.lagged else None
        second = _error_weights(asked.error_w, design) if asked.erred else None
        for term, matrix in (("rho", first), ("lambda", second)):
            if matrix is not None:
                check_informed(term, design.X, matrix.sparse)
        inside = [place for place, term in enumerate(design.terms) if term not in columns]
        Z = design.X if first is None else np.column_stack([design.X, first.sparse @ design.y])
        Q: np.ndarray | None = None
        names: tuple[str, ...] = ()
        if first is not None or columns:
            lags = options.get("instrument_lags", 2)
            base = np.column_stack([design.X[:, inside], extra])
            base_names = [*(design.terms[p] for p in inside), *extra_names]
            Q, names = instruments_of(base, base_names, design.weights["W"], lags, len(inside))
            check_identified(Q, Z, names, lags, (*columns, *(["W(y)"] if first is not None else [])))
        else:
            unused({"instrument_lags": options.get("instrument_lags")}, "without endogenous= there are no instruments")
        return cls(asked.name, design, columns, Z, Q, names, first, second, options.get("df"))

    def df(self, usual: str) -> int:
        """The divisor of e'e."""
        return self.design.n - self.Z.shape[1] if (self.degrees or usual) == "n-k" else self.design.n

    def tests(self, stage: iv.TwoStage, K: sparse.csr_array | None = None) -> InstrumentTests:
        """The tests of the instruments; `stage` is the last two-stage fit."""
        terms = self.design.terms
        columns = {term: self.design.X[:, terms.index(term)] for term in self.endogenous}
        if self.w is not None:
            columns[f"W({self.design.response})"] = self.Z[:, -1]
        exogenous = self.design.X[:, [p for p, term in enumerate(terms) if term not in self.endogenous]]
        return instrument_tests(columns, exogenous, stage, self.instruments, K)


def _check(options: Given) -> None:
    for name in options:
        if name in ("weights", "logdet"):
            raise OptionError(f"method='gmm' has no option {name!r}; it belongs to method='ml'.")
    only(options, Options.__annotations__, "method='gmm'")
    word(options.get("instrument_lags", 2), (1, 2), "instrument_lags")
    for name in ("df", "degrees_of_freedom"):
        if options.get(name) is not None:
            word(options[name], ("n-k", "n"), name)
    check_instrumented(options.get("endogenous"), options.get("instruments"))


def _columns(
    asked: Request, options: Given
) -> tuple[Design, tuple[str, ...], np.ndarray, list[str]]:  # fmt: skip
    """The design with all regressors, which of its terms are endogenous, and the user's instruments with names."""
    endogenous, instruments, regimes = (options.get(name) for name in ("endogenous", "instruments", "regimes"))
    formula, data, w, durbin = asked.formula, asked.data, asked.w, asked.durbin
    whole = f"{formula} + {endogenous}" if endogenous else formula
    design = read_design(whole, data, w, durbin=durbin, regimes=regimes)
    if not endogenous:
        return design, (), np.empty((design.n, 0)), []
    outcome, _ = sides(formula)
    part = read_design(f"{outcome} ~ {endogenous}", data, w, durbin=durbin, regimes=regimes)
    named = {term for term in part.terms if not is_intercept(term)}
    # the lag of an endogenous regressor is endogenous too, wherever it was written
    columns = tuple(column.name for column in design.columns if {column.name, column.regressor} & named)
    given = read_design(f"{outcome} ~ {instruments}", data, w, regimes=regimes)
    fresh = [p for p, term in enumerate(given.terms) if not is_intercept(term) and term not in design.terms]
    check_apart(given.terms, columns)
    return design, columns, given.X[:, fresh], [given.terms[p] for p in fresh]


def _error_weights(error_w: WeightsGiven | None, design: Design) -> Weights:
    if error_w is None:
        return design.weights["W"]
    given = as_weights_called(error_w, "error_w")
    return given if given.ids.equals(design.ids) else given.subset(design.ids)


def _kernel(design: Design, data: pd.DataFrame, options: Given) -> tuple[sparse.csr_array, str]:
    coordinates = options.get("coordinates")
    if coordinates is None and hasattr(data, "geometry"):
        coordinates = data
    named = ("kernel", "neighbors", "bandwidth_km")
    chosen = {name: options[name] for name in named if options.get(name) is not None}
    K = kernel_weights(coordinates, design.ids, **chosen)
    fixed, count = chosen.get("bandwidth_km"), chosen.get("neighbors")
    width = f"{fixed:g} km" if fixed is not None else f"{count or 'n^(1/3)'} nearest neighbors"
    return K, f"spatial HAC ({chosen.get('kernel', 'triangular')} kernel, bandwidth {width})"


# -- estimating and wrapping ------------------------------------------------------------------
def _two_stage(asked: Request) -> Fit:
    options = asked.options
    _refuse(options, "moments", "method='gmm' of the lag model is two-stage least squares")
    spec = _Spec.read(asked)
    assert spec.Q is not None
    stage = iv.two_stage(spec.design.y, spec.Z, spec.Q)
    matrix, sigma2 = iv.classic_covariance(stage, spec.df("n-k"))
    kind = options.get("covariance") or "classical"
    word(kind, COVARIANCES, "covariance")
    K = None
    told = str(kind)
    if kind == "hac":
        K, told = _kernel(spec.design, asked.data, options)
        matrix = iv.hac_covariance(stage, K)
    else:
        kernel = ("kernel", "neighbors", "bandwidth_km", "coordinates")
        unused({name: options.get(name) for name in kernel}, "they belong to covariance='hac'")
    if kind not in ("hac", "classical"):
        matrix = iv.robust_covariance(stage, kind)
    return _wrap(spec, _Found(stage.delta, None, matrix, stage.residuals, sigma2, kind, told), spec.tests(stage, K))


def _generalized(asked: Request) -> Fit:
    spec, options = _Spec.read(asked), asked.options
    for name in ("covariance", "kernel", "neighbors", "bandwidth_km", "coordinates"):
        _refuse(options, name, "moments='heteroskedastic' is the robust choice for a model with a spatial error")
    kind = options.get("moments") or "heteroskedastic"
    word(kind, gm.MOMENTS, "moments")
    assert spec.error_w is not None
    design, W = spec.design, spec.error_w
    df = spec.df("n-k" if kind == "kp98" else "n")
    scale = scale_of(W)
    at = gm.generalized_two_stage(design.y, spec.Z, spec.Q, W.sparse, W.interval, kind, df, scale)  # type: ignore[arg-type]
    tests = spec.tests(at.stage) if spec.Q is not None else None
    told = {"kp98": "generalized moments (1998)"}.get(kind, f"{kind} generalized moments")
    edges = ("lambda",) if at.at_edge else ()
    found = _Found(at.delta, at.lam, at.covariance, at.innovations, at.sigma2, kind, told, edges, moments=kind)
    return _wrap(spec, found, tests)


@dataclass(frozen=True, slots=True, eq=False)
class _Found:
    """What was estimated: `delta` (p,), lambda or None, their covariance and its code and name, the errors (n,)."""

    delta: np.ndarray
    lam: float | None
    matrix: np.ndarray
    residuals: np.ndarray
    sigma2: float
    code: str
    told: str
    edges: tuple[str, ...] = ()
    moments: str = ""


def _wrap(spec: _Spec, found: _Found, tests: InstrumentTests | None) -> Fit:
    edges = found.edges
    names = [*spec.design.terms, *(["rho"] if spec.w is not None else [])]
    params = dict(zip(names, found.delta, strict=True))
    if found.lam is not None:
        params["lambda"] = found.lam
    if spec.w is not None and _at_edge(params["rho"], spec.w):
        edges = ("rho", *edges)
    covariance = np.array(found.matrix)
    negative = [name for name, variance in zip(params, np.diag(covariance), strict=True) if variance <= 0]
    for edge in (*edges, *negative):
        place = list(params).index(edge)
        covariance[place, :] = covariance[:, place] = np.nan
    return build(
        kind=moments_kind(tests is not None, spec.design.regimes is not None),
        model=spec.model,
        method="gmm",
        design=spec.design,
        params=params,
        covariance=covariance,
        residuals=found.residuals,
        sigma2=found.sigma2,
        w=spec.w,
        error_w=spec.error_w,
        covariance_code=found.code,
        covariance_kind=found.told,
        edges=edges,
        notes=(*_notes(spec, params, tests, edges, found.moments), *_negative_notes(negative)),
        extra={"instruments": tests, "moments": found.moments or None},
    )


def _at_edge(rho: float, w: Weights) -> bool:
    """Whether `rho` is at an end of its interval, or beyond; without eigenvalues where row sums tell."""
    return not gm.inside_any(rho, w.row_sums) and gm.near_edge(rho, w.interval)


def _notes(
    spec: _Spec, params: Mapping[str, float], tests: InstrumentTests | None, edges: tuple[str, ...], kind: str
) -> list[str]:
    notes = [NO_LIKELIHOOD]
    if kind == "kp98":
        notes.append("moments='kp98' treat lambda as a nuisance without a standard error; other moments give one.")
    for edge in edges:
        w = spec.w if edge == "rho" else spec.error_w
        assert w is not None
        low, high = w.interval
        notes.append(
            f"{edge} = {params[edge]:.6g} is at or beyond the edge of its admissible interval ({low:.6g}, {high:.6g}): "
            f"the model does not suit these data, and no standard error is given for it."
        )
    if tests is not None:
        smallest = float(tests.first_stage["f"].min())
        weak = ": weak, so estimates lean towards least squares and intervals are too short" if tests.weak else ""
        notes.append(f"Smallest first-stage F of the instruments: {smallest:.2f}{weak}.")
    return notes


def _negative_notes(names: list[str]) -> list[str]:
    if not names:
        return []
    return [
        f"The kernel gives {some(names)} a negative variance and so no standard error: use another kernel "
        f"(triangular and Parzen are safest) or another bandwidth."
    ]


def _refuse(options: Given, name: str, because: str) -> None:
    if options.get(name) is not None:
        raise OptionError(f"{name}= cannot be given here: {because}.")
