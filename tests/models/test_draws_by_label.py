"""Random numbers belong to labels: units in another order have the same numbers, where traces come from probes too.

The limits from which probes are used are lowered, and each result is asserted to depend on its probes.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pytest

import gbaspatial as gba
from gbaspatial import randomness
from gbaspatial.models.solve.resolvent import Nodes, Reading
from gbaspatial.models.solve.side import side_of
from gbaspatial.randomness import label_ranks, probes_of
from gbaspatial.weights import Weights

models = gba.models
N = 60


def world() -> tuple[pd.DataFrame, Weights, Weights]:
    """Units whose labels are not in their order, two W, and three outcomes."""
    rng = np.random.default_rng(3)
    ids = pd.Index([f"c{k}" for k in rng.permutation(N)], name="city")  # c10 before c9
    points = rng.uniform(size=(N, 2))
    far = np.linalg.norm(points[:, None] - points[None], axis=2) + 9 * np.eye(N)
    links = np.zeros((N, N))
    for row, near in enumerate(np.argsort(far, axis=1)[:, :4]):
        links[row, near] = links[near, row] = 1.0
    w = Weights(links, ids).row_standardized()
    second = Weights(np.where(far < 0.35, 1 / far, 0.0), ids).row_standardized()
    x, z, e, f = rng.normal(size=(4, N))
    y = np.linalg.solve(np.eye(N) - 0.4 * w.sparse.toarray(), 1 + x - 0.5 * z + e)
    return pd.DataFrame({"y": y, "y2": 2 - x + 0.6 * e + f, "x": x, "z": z}, index=ids), w, second


DATA, W, SECOND = world()


def panel(data: pd.DataFrame) -> pd.DataFrame:
    moved = {t: np.sin(t + data["z"] * (t + 1)) for t in range(4)}
    parts = [
        data.assign(year=2000 + t, y=data["y"] + 0.3 * one, x=data["x"] * (t + 1) ** 0.5, z=one**2)
        for t, one in moved.items()
    ]
    return pd.concat(parts).set_index("year", append=True)


Numbers = Callable[[pd.DataFrame, Weights, Weights], Any]


def cross_trace(data: pd.DataFrame, w: Weights, second: Weights) -> Any:
    from gbaspatial.models.diagnostics.specification import _cross_trace

    return _cross_trace(w, second, 0.4)


def trace_of_second(data: pd.DataFrame, w: Weights, second: Weights) -> Any:
    read = Nodes(side_of(w), -0.2, 0.6).reader(second.sparse, Reading("trace"))
    return read(np.array([0.1, 0.5]))[0]


M = "gbaspatial.models."
PROBED: dict[str, tuple[Numbers, tuple[str, ...]]] = {  # what is computed, and the limits that are lowered
    "sur lag": (lambda d, w, s: models.sur(["y ~ x + z", "y2 ~ x"], d, w, model="lag").std_errors,
                (f"{M}likelihood.several_equations.EQUATIONS_LIMIT",)),
    "sur sarar": (lambda d, w, s: models.sur(["y ~ x + z", "y2 ~ x"], d, w, model="sarar").std_errors,
                  (f"{M}likelihood.several_equations.EQUATIONS_LIMIT",)),
    "mess impacts": (lambda d, w, s: models.mess("y ~ x + z", d, w).impacts().to_frame(),
                     (f"{M}matrix_exponential.DENSE_LIMIT",)),
    "lag": (lambda d, w, s: models.lag("y ~ x + z", d, w, inference="asymptotic").std_errors,
            (f"{M}likelihood.information.TRACES_LIMIT", f"{M}likelihood.information.COLUMNS_LIMIT")),
    "sarar": (lambda d, w, s: models.sarar("y ~ x + z", d, w, error_w=s, inference="asymptotic").std_errors,
              (f"{M}likelihood.information.TRACES_LIMIT", f"{M}likelihood.information.COLUMNS_LIMIT")),
    "cross trace": (cross_trace, (f"{M}diagnostics.specification.TRACES_LIMIT",
                                  f"{M}diagnostics.specification.DENSE_LIMIT")),
    "trace of a second W": (trace_of_second, (f"{M}solve.resolvent.DENSE_LIMIT",)),
    "lanczos": (lambda d, w, s: models.log_determinant(w, 0.7, method="lanczos"), ()),
    "chebyshev": (lambda d, w, s: models.log_determinant(w, 0.7, method="chebyshev"), ()),
    "lag by lanczos": (lambda d, w, s: models.lag("y ~ x + z", d, w, logdet="lanczos").params, ()),
    "panel": (lambda d, w, s: models.panel_sarar("y ~ x + z", panel(d), w).std_errors,
              (f"{M}panel.information_less_effects.PANEL_TRACES_LIMIT",)),
}  # fmt: skip


def shuffled(data: pd.DataFrame, w: Weights, second: Weights) -> tuple[pd.DataFrame, Weights, Weights]:
    order = np.random.default_rng(8).permutation(N)
    return data.iloc[order], w.subset(w.ids[order]), second.subset(second.ids[order])


def lower(monkeypatch: pytest.MonkeyPatch, limits: tuple[str, ...]) -> None:
    for limit in limits:
        module, name = limit.rsplit(".", 1)
        monkeypatch.setattr(importlib.import_module(module), name, 0)


def numbers(found: Any) -> np.ndarray:
    return found.select_dtypes("number").to_numpy() if isinstance(found, pd.DataFrame) else np.asarray(found, float)


def test_the_order_is_another_one():
    assert (shuffled(DATA, W, SECOND)[1].ids != W.ids).any()
    assert (label_ranks(W.ids) != np.arange(N)).any()


@pytest.mark.parametrize("name", PROBED)
def test_probes_of_traces_belong_to_labels(name, monkeypatch):
    of, limits = PROBED[name]
    lower(monkeypatch, limits)
    one, two = numbers(of(DATA, W, SECOND)), numbers(of(*shuffled(DATA, W, SECOND)))
    np.testing.assert_allclose(two, one, rtol=2e-7)


@pytest.mark.parametrize("name", PROBED)
def test_other_probes_give_other_numbers(name, monkeypatch):
    of, limits = PROBED[name]
    lower(monkeypatch, limits)
    one = numbers(of(DATA, W, SECOND))
    plain = randomness.probes_of
    for module in {"likelihood.several_equations", "likelihood.information", "matrix_exponential",
                   "solve.determinant_curves", "solve.resolvent",
                   "diagnostics.specification", "panel.information_less_effects"}:  # fmt: skip
        monkeypatch.setattr(
            importlib.import_module(M + module), "probes_of", lambda ranks, *key: plain(np.arange(len(ranks)), *key)
        )
    assert np.abs(numbers(of(DATA, W, SECOND)) - one).max() > 1e-6 * np.abs(one).max()


def test_probes_are_signs_of_the_labels():
    one, two = probes_of(label_ranks(W.ids), 5, 7), probes_of(label_ranks(W.ids[::-1]), 5, 7)
    assert set(np.unique(one)) == {-1.0, 1.0}
    np.testing.assert_array_equal(one, two[::-1])
    assert (one != probes_of(label_ranks(W.ids), 5, 8)).any()


DRAWN: dict[str, Numbers] = {
    "simulate": lambda d, w, s: models.simulate(
        "~ x", d, w, params={"Intercept": 1.0, "x": 2.0, "rho": 0.4}, sigma2=1.0, draws=3, rng=1
    ).loc[DATA.index],
    "simulate from a fit": lambda d, w, s: models.lag("y ~ x", d, w).simulate(draws=3, rng=1).loc[DATA.index],
    "detectable effect": lambda d, w, s: models.lag("y ~ x", d, w).detectable_effect("rho", draws=199, rng=1).curve,
    "detectable coefficient": lambda d, w, s: models.lag("y ~ x", d, w).detectable_effect("x", draws=199, rng=1).curve,
    "orders of residuals": lambda d, w, s: np.array(
        [models.lag("y ~ x", d, w).exact_test(method="permutation", draws=199, rng=1).p_ratio]
    ),
}


@pytest.mark.parametrize("name", DRAWN)
def test_draws_belong_to_labels(name):
    one, two = numbers(DRAWN[name](DATA, W, SECOND)), numbers(DRAWN[name](*shuffled(DATA, W, SECOND)))
    np.testing.assert_allclose(two, one, rtol=1e-7, atol=1e-9)
