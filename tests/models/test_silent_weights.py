"""W that say little: complete groups, rings, stars and few units, for every estimator.

Whatever is not told by the data is refused with its reason, and what is given is a number with a meaning: no error
of the linear algebra, no standard error beyond all measure beside a parameter inside its interval.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pytest

from gbaspatial import models
from gbaspatial.errors import ConvergenceError, GbaError
from gbaspatial.weights import Weights

pytestmark = pytest.mark.slow  # minutes: every estimator by every law


def groups(*sizes: int) -> tuple[np.ndarray, np.ndarray]:
    """Complete groups, row-standardized, and which unit is in which."""
    group = np.repeat(np.arange(len(sizes)), sizes)
    links = (group[:, None] == group) & ~np.eye(len(group), dtype=bool)
    return links / links.sum(axis=1, keepdims=True), group


def star(n: int) -> np.ndarray:
    W = np.zeros((n, n))
    W[0, 1:], W[1:, 0] = 1 / (n - 1), 1.0
    return W


def bipartite(a: int, b: int) -> np.ndarray:
    W = np.zeros((a + b, a + b))
    W[:a, a:], W[a:, :a] = 1 / b, 1 / a
    return W


def chain(n: int) -> np.ndarray:
    W = np.eye(n, k=1) + np.eye(n, k=-1)
    return W / W.sum(axis=1, keepdims=True)


def thirds(W: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    return W, np.arange(len(W)) * 3 // len(W)


GRAPHS = {
    "complete": groups(12), "equal groups": groups(4, 4, 4), "unequal groups": groups(3, 4, 5),
    "pairs": groups(2, 2, 2, 2, 3), "directed ring": thirds(np.roll(np.eye(12), 1, axis=1)), "star": thirds(star(9)),
    "bipartite": thirds(bipartite(3, 5)), "four": groups(4), "chain of four": thirds(chain(4)),
}  # fmt: skip
FORMULAS = ("y ~ 1", "y ~ x", "y ~ x + C(g)")


def _family(name: str, **options: Any) -> Callable[..., Any]:
    return lambda formula, data, w: getattr(models, name)(formula, data, w, **options)


def _sur(**options: Any) -> Callable[..., Any]:
    return lambda formula, data, w: models.sur([formula, formula.replace("y", "y2", 1)], data, w, **options)


FAMILY = ("lag", "error", "sarar", "durbin", "durbin_error", "gns")
ESTIMATORS: dict[str, Callable[..., Any]] = {
    **{name: _family(name) for name in FAMILY},
    **{f"{name} gmm": _family(name, method="gmm") for name in FAMILY},
    **{f"{name} {kind}": _family(name, method="gmm", moments=kind)
       for name in ("error", "sarar") for kind in ("kp98", "homoskedastic")},
    "mess": _family("mess"), "mess error": _family("mess", model="error"), "sma": _family("sma"),
    "car": lambda formula, data, w: models.car(formula, data, w.binary()),
    "slx": _family("slx"), "rho_by_regime": _family("rho_by_regime", regimes="half"),
    "spatial_filter": lambda formula, data, w: models.spatial_filter(formula, data, w).fit,
    **{f"sur {kind}": _sur(model=kind) for kind in ("lag", "error", "sarar")},
    "sur 3sls": _sur(model="lag", method="3sls"),
}  # fmt: skip


def world(graph: str, seed: int = 3) -> tuple[pd.DataFrame, Weights]:
    W, group = GRAPHS[graph]
    n, rng = len(W), np.random.default_rng(seed)
    index = pd.Index([f"u{i:02d}" for i in range(n)], name="unit")
    data = pd.DataFrame(rng.normal(size=(n, 3)), index=index, columns=["y", "y2", "x"])
    data["g"], data["half"] = [f"g{k}" for k in group], np.where(np.arange(n) % 2, "a", "b")
    return data, Weights(W, index)


@pytest.mark.filterwarnings("ignore::gbaspatial.errors.GbaWarning")
@pytest.mark.parametrize("formula", FORMULAS)
@pytest.mark.parametrize("graph", GRAPHS)
@pytest.mark.parametrize("name", ESTIMATORS)
def test_a_fit_means_something_or_is_refused(name: str, graph: str, formula: str) -> None:
    data, w = world(graph)
    try:
        fit = ESTIMATORS[name](formula, data, w)
    except GbaError:
        return
    errors = fit.std_errors.to_numpy()
    assert np.isfinite(fit.params.to_numpy()).all()
    assert not (errors > 1e6).any()
    told = " ".join(fit.notes)
    assert np.isfinite(errors).all() or any(word in told for word in ("standard error", "singular", "edge"))


@pytest.mark.parametrize("model", ["lag", "error"])
@pytest.mark.parametrize("sizes", [(3, 4, 5), (2, 2, 2, 2, 3), (3, 7)])
def test_mess_of_unequal_groups_with_a_dummy_each_has_no_maximum(model: str, sizes: tuple[int, ...]) -> None:
    """e'e is a sum of exp(-2 alpha / (size - 1)) times squares: it falls to nothing as alpha grows."""
    W, group = groups(*sizes)
    rng = np.random.default_rng(1)
    data = pd.DataFrame(rng.normal(size=(len(W), 2)), columns=["y", "x"]).assign(g=[f"g{k}" for k in group])
    with pytest.raises(ConvergenceError, match="still falls at alpha = .* one way"):
        models.mess("y ~ x + C(g)", data, Weights(W, data.index), model=model)


def test_mess_of_a_star_falls_to_a_limit() -> None:
    data, w = world("star")
    with pytest.raises(ConvergenceError, match="still falls at alpha"):
        models.mess("y ~ 1", data, w)


@pytest.mark.parametrize("moments", ["homoskedastic", "heteroskedastic"])
@pytest.mark.parametrize("graph", ["equal groups", "directed ring"])
def test_moments_that_say_one_thing_are_not_weighed(graph: str, moments: str) -> None:
    """W'W beside its diagonal is a multiple of W + W', or nothing: their weight would be an inverse of noise."""
    data, w = world(graph)
    with pytest.raises(ConvergenceError, match="the two moments of lambda say nothing or one and the same"):
        models.error("y ~ x", data, w, method="gmm", moments=moments)
    assert np.isfinite(models.error("y ~ x", data, w, method="gmm", moments="kp98").lambda_)


def test_a_filter_at_an_end_that_kills_the_regressors_is_told() -> None:
    data, w = world("bipartite")
    with pytest.raises(ConvergenceError, match="makes the regressors linearly dependent"):
        models.sarar("y ~ x", data, w, method="gmm")
