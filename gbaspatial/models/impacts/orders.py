"""Impacts by order: how far along links of W they travelled."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from scipy import sparse

from gbaspatial.formula import Regressor
from gbaspatial.models.impacts.average import Quantity, mixed, order_readers
from gbaspatial.models.impacts.engine import COLUMNS, Engine
from gbaspatial.models.solve.resolvent import average_readings
from gbaspatial.options import whole
from gbaspatial.sizes import POWERS_LIMIT

if TYPE_CHECKING:
    from gbaspatial.models.solve.resolvent import Reader


MOST_ORDERS = 30


def by_order(engine: Engine, regressor: Regressor, orders: int) -> pd.DataFrame:
    """Direct, indirect and total impact by order 0 to `orders`, and what is beyond; rows (order, effect)."""
    orders = whole(orders, "orders", most=MOST_ORDERS)
    fit = engine.fit
    W = fit.w.sparse if fit.w is not None else None
    parts: list[tuple[int, sparse.csr_array | None, int]] = (
        [(regressor.beta, None, 0)] if regressor.beta is not None else []
    )
    parts += [(place, fit.design.weights[name].sparse, 1) for name, place in regressor.theta.items()]
    direct, total = [], []
    for place, M, shift in parts:
        traces, sums = _powers(W, M, fit.n, orders - shift)
        power = [q - shift for q in range(orders + 1)]
        pad = [0.0] * shift
        direct.append((place, order_readers((pad + traces)[: orders + 1], power)))
        total.append((place, order_readers((pad + sums)[: orders + 1], power)))
    one, two = (Quantity(tuple(p for p, _ in x), tuple(r for _, r in x)) for x in (direct, total))
    trace, rows = average_readings(fit.n)
    beyond_direct = mixed(engine.quantity(regressor, trace), _summed(one))
    beyond_total = mixed(engine.quantity(regressor, rows), _summed(two))
    frames = []
    for label, first, second in ((None, one, two), ("beyond", beyond_direct, beyond_total)):
        for effect, quantity in (("direct", first), ("indirect", mixed(second, first)), ("total", second)):
            found = engine.measure(quantity)
            frame = pd.DataFrame({c: getattr(found, c) for c in COLUMNS})
            frame["order"] = [label] if label else [str(q) for q in range(orders + 1)]
            frames.append(frame.assign(effect=effect))
    index = [(o, e) for o in [*map(str, range(orders + 1)), "beyond"] for e in ("direct", "indirect", "total")]
    return pd.concat(frames).set_index(["order", "effect"]).loc[index]


def _summed(quantity: Quantity) -> Quantity:
    """The sum over all orders."""

    def _total(reader: Reader) -> Reader:
        def _read(rho: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
            value, slope = reader(rho)
            return value.sum(axis=1, keepdims=True), slope.sum(axis=1, keepdims=True)

        return _read

    return Quantity(quantity.places, tuple(map(_total, quantity.readers)))


def _powers(
    W: sparse.csr_array | None, M: sparse.csr_array | None, n: int, orders: int
) -> tuple[list[float], list[float]]:
    """Mean diagonal and mean row sum of W^q M for q = 0 to `orders`."""
    if orders < 0:
        return [], []
    P: sparse.csr_array | np.ndarray = sparse.eye_array(n, format="csr") if M is None else M
    traces, sums = [], []
    for _ in range(orders + 1):
        traces.append(float(P.diagonal().mean()))
        sums.append(float(P.sum() / n))
        P = sparse.csr_array((n, n)) if W is None else W @ P
        if sparse.issparse(P) and P.nnz > 0.1 * n * n and n <= POWERS_LIMIT:
            P = P.toarray()
    return traces, sums
