"""Impacts against R's spatialreg, against what is wrong in other programs, and the laws they obey."""

import re

import numpy as np
import oracle
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings, strategies as st

import gbaspatial as gba
from gbaspatial import models
from gbaspatial.errors import AlignmentError, DataError, OptionError, UnknownNameError
from gbaspatial.models.solve.resolvent import Direct, Nodes, Reading, average_readings, resolvent_of, spectral
from gbaspatial.models.solve.side import side_of
from gbaspatial.weights import Weights

SETS = ("columbus", "baltimore", "boston", "ncsids")
ESTIMATORS = {
    "ml_lag": models.lag, "ml_sdm": models.durbin, "ml_sac": models.sarar,
    "ml_sdem": models.durbin_error, "slx": models.slx, "ml_gns": models.gns,
}  # fmt: skip
CRIME = "CRIME ~ INC + HOVAL"
COLUMBUS = oracle.data("columbus")
QUEEN = oracle.weights("columbus_poly_queen", COLUMBUS.index)


def formula_of(case: oracle.Case) -> str:
    return re.search(r"\(([^(]*?~.*?),", case.raw["call"] + ",").group(1).rstrip(")")


def rook(side: int = 10) -> Weights:
    n = side * side
    W = np.zeros((n, n))
    for i in range(n):
        for j in ([i + 1] if i % side < side - 1 else []) + ([i + side] if i < n - side else []):
            W[i, j] = W[j, i] = 1
    return Weights(W, list(range(n)))


def dense_impacts(fit, name: str) -> np.ndarray:
    """S by its definition."""
    n = fit.n
    regressor = next(r for r in fit.design.regressors() if r.name == name)
    S = fit.beta[regressor.beta] * np.eye(n)
    for w, place in regressor.theta.items():
        S = S + fit.beta[place] * fit.design.weights[w].sparse.toarray()
    return np.linalg.inv(np.eye(n) - np.nan_to_num(fit.rho) * fit.design.weights["W"].sparse.toarray()) @ S


@pytest.fixture(scope="module")
def durbin():
    return models.durbin(CRIME, COLUMBUS, QUEEN.row_standardized())


@pytest.mark.parametrize("dataset", SETS)
@pytest.mark.parametrize("capability", ESTIMATORS)
def test_equals_spatialreg(capability: str, dataset: str) -> None:
    case = oracle.case(f"{capability}__{dataset}")
    want = case.expected
    fit = ESTIMATORS[capability](formula_of(case), case.data, case.w())
    found = fit.impacts(method="delta")
    two = capability in ("ml_sac", "ml_gns")  # the optimum is that of a numerical optimizer
    for effect in ("direct", "indirect", "total"):
        got = getattr(found, effect)
        scale = np.abs(np.atleast_1d(want["impacts"]["total"])) + np.abs(np.atleast_1d(want["impacts"]["direct"]))
        tolerance = (4e-3 if two else 6e-5) * scale
        assert np.all(np.abs(got["estimate"].to_numpy() - np.atleast_1d(want["impacts"][effect])) <= tolerance)
        if capability == "slx":
            case.close(got["std_error"], want["impacts_se"][effect], rtol=1e-6)
        if capability == "ml_sdem":  # spatialreg scales to n - k degrees of freedom, which ML does not have
            scaled = got["std_error"] * np.sqrt(fit.n / (fit.n - fit.k))
            case.close(scaled, want["impacts_se"][effect], rtol=1e-3)


@pytest.mark.parametrize("dataset", SETS)
def test_simulated_errors_equal_spatialreg(dataset: str) -> None:
    """spatialreg's are from 5,000 draws of its own."""
    case = oracle.case(f"ml_lag__{dataset}")
    found = models.lag(formula_of(case), case.data, case.w()).impacts(method="simulated", draws=5000, rng=1)
    for effect in ("direct", "indirect", "total"):
        case.close(getattr(found, effect)["std_error"], case.expected["impacts_sim_sd"][effect], rtol=0.12)


def test_durbin_feedback_is_direct(durbin) -> None:
    """spreg counts all of W x as indirect and reports -0.9607 and -1.5602 for INC, -0.3103 is the direct of HOVAL."""
    found = durbin.impacts(method="delta")
    assert found.direct["estimate"].to_numpy() == pytest.approx([-1.0250, -0.2820], abs=6e-4)
    assert found.indirect.loc["INC", "estimate"] == pytest.approx(-1.4959, abs=1e-3)


def average_direct(w: Weights, rho: float, b: float, t: float) -> tuple[float, float]:
    side = side_of(w)
    resolvent = resolvent_of(side, w.n, rho - 0.01, rho + 0.01)
    trace, sums = average_readings(w.n)
    value = [
        b * resolvent.reader(None, reading)(np.array([rho]))[0][0, 0]
        + t * resolvent.reader(side.W, reading)(np.array([rho]))[0][0, 0]
        for reading in (trace, sums)
    ]
    return value[0], value[1]


def test_lattice_direct_impact_of_a_durbin_model() -> None:
    """spreg gives 1.132, the impact of b alone."""
    assert average_direct(rook().row_standardized(), 0.6, 1.0, 1.5)[0] == pytest.approx(1.463447, abs=1e-6)


@pytest.mark.parametrize(("rho", "direct"), [(0.8, 1.324220), (0.5, 1.083837)])
def test_series_does_not_stop_at_a_vanishing_term(rho: float, direct: float) -> None:
    """Odd powers of a lattice have zero traces; spreg's series stops at the first and gives 1.181 and 1.071."""
    assert average_direct(rook().row_standardized(), rho, 1.0, 0.0)[0] == pytest.approx(direct, abs=1e-6)


def test_total_of_a_binary_w_is_not_the_shortcut() -> None:
    """spreg gives 1 / (1 - 0.1) = 1.111 whatever W is."""
    assert average_direct(QUEEN.binary(), 0.1, 1.0, 0.0)[1] == pytest.approx(2.141, abs=6e-4)
    island = Weights([[0, 1, 0], [1, 0, 0], [0, 0, 0]], list("abc")).row_standardized()
    assert average_direct(island, 0.5, 1.0, 0.0)[1] == pytest.approx((2 + 2 + 1) / 3)


@pytest.mark.parametrize("style", ["row", "binary", "knn"])
def test_averages_are_those_of_the_matrix(style: str) -> None:
    w = {"row": QUEEN.row_standardized(), "binary": QUEEN.binary()}.get(style)
    w = w if w is not None else oracle.weights("columbus_poly_knn4", COLUMBUS.index)
    fit = models.durbin(CRIME, COLUMBUS, w)
    found = fit.impacts(method="delta")
    for name in ("INC", "HOVAL"):
        S = fit.impact_matrix(name)
        assert S.loc[fit.design.ids, fit.design.ids].to_numpy() == pytest.approx(dense_impacts(fit, name), abs=1e-10)
        assert found.direct.loc[name, "estimate"] == pytest.approx(np.diag(S).mean(), rel=1e-8)
        assert found.total.loc[name, "estimate"] == pytest.approx(S.to_numpy().sum() / fit.n, rel=1e-8)
    assert np.allclose(found.direct["estimate"] + found.indirect["estimate"], found.total["estimate"])


def test_delta_errors_are_those_of_numerical_derivatives(durbin) -> None:
    found = durbin.impacts(method="delta")
    w = durbin.w.sparse.toarray()
    names = [*durbin.terms, "rho"]
    at = durbin.params[names].to_numpy()
    place = {name: i for i, name in enumerate(names)}

    def averages(p: np.ndarray) -> np.ndarray:
        S = np.linalg.inv(np.eye(49) - p[-1] * w) @ (p[place["INC"]] * np.eye(49) + p[place["W(INC)"]] * w)
        return np.array([np.trace(S) / 49, S.sum() / 49])

    J = np.array([(averages(at + h) - averages(at - h)) / 2e-6 for h in 1e-6 * np.eye(len(at))]).T
    variance = J @ durbin.covariance.loc[names, names].to_numpy() @ J.T
    got = [found.direct.loc["INC", "std_error"], found.total.loc["INC", "std_error"]]
    assert got == pytest.approx(np.sqrt(np.diag(variance)), rel=1e-5)


def test_without_rho_impacts_are_coefficients() -> None:
    fit = models.ols(CRIME, COLUMBUS)
    found = fit.impacts()
    assert found.method == "delta"
    assert found.direct["estimate"].to_numpy() == pytest.approx(fit.beta[1:])
    assert found.direct["p_value"].to_numpy() == pytest.approx(fit.pvalues[1:].to_numpy())
    assert (found.indirect[["estimate", "std_error"]] == 0).all(axis=None)
    assert found.indirect["p_value"].isna().all()
    interval = fit.conf_int().loc[["INC", "HOVAL"]]
    assert np.allclose(found.total[["lower", "upper"]], interval)


@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(order=st.permutations(range(49)), scale=st.sampled_from([0.01, 3.0, 100.0]))
def test_order_and_scale(durbin, order: list[int], scale: float) -> None:
    data = COLUMBUS.iloc[order].assign(INC=COLUMBUS["INC"] * scale)
    found = models.durbin(CRIME, data, QUEEN.row_standardized()).impacts(method="delta")
    base = durbin.impacts(method="delta")
    assert found.total.loc["INC", "estimate"] * scale == pytest.approx(base.total.loc["INC", "estimate"], rel=1e-6)
    assert found.total.loc["HOVAL", "std_error"] == pytest.approx(base.total.loc["HOVAL", "std_error"], rel=1e-6)


def test_shuffled_rows_change_no_bit() -> None:
    w = QUEEN.row_standardized()
    one = models.lag(CRIME, COLUMBUS, w).impacts(method="bootstrap", draws=199, rng=3)
    two = models.lag(CRIME, COLUMBUS.iloc[::-1], w).impacts(method="bootstrap", draws=199, rng=3)
    assert one.to_frame().equals(two.to_frame())
    assert list(two.matrix("INC").index) == list(COLUMBUS.index[::-1])


def test_by_unit_adds_up(durbin) -> None:
    found = durbin.impacts(method="simulated", draws=200, rng=1)
    S = dense_impacts(durbin, "INC")
    frame = found.by_unit("INC")
    assert frame["own"].to_numpy() == pytest.approx(np.diag(S), abs=1e-9)
    assert frame["gives"].to_numpy() == pytest.approx(S.sum(axis=0) - np.diag(S), abs=1e-9)
    assert frame["receives"].to_numpy() == pytest.approx(S.sum(axis=1) - np.diag(S), abs=1e-9)
    assert frame["net"].sum() == pytest.approx(0, abs=1e-9)
    assert (frame["gives_lower"] < frame["gives"]).all()
    flows = found.flows("INC", largest=5)
    assert list(flows.columns) == ["giver", "receiver", "value"]
    first = flows.iloc[0]
    off = np.abs(S - np.diag(np.diag(S)))
    assert abs(first["value"]) == pytest.approx(off.max())


def test_by_order_adds_up(durbin) -> None:
    found = durbin.impacts(method="delta")
    frame = (
        found.by_order(3, term="HOVAL").reset_index().pivot_table(index="order", columns="effect", values="estimate")
    )
    assert frame.sum()["direct"] == pytest.approx(found.direct.loc["HOVAL", "estimate"], rel=1e-8)
    assert frame.sum()["total"] == pytest.approx(found.total.loc["HOVAL", "estimate"], rel=1e-8)
    b, t, rho = (durbin.params[name] for name in ("HOVAL", "W(HOVAL)", "rho"))
    W = durbin.w.sparse.toarray()
    assert frame.loc["0", "direct"] == pytest.approx(b)
    assert frame.loc["2", "direct"] == pytest.approx((rho**2 * b + rho * t) * np.trace(W @ W) / 49)
    with pytest.raises(OptionError, match="orders=-1"):
        found.by_order(-1, term="HOVAL")


def test_by_group(durbin) -> None:
    found = durbin.impacts(method="simulated", draws=400, rng=2)
    groups = pd.Series(np.where(COLUMBUS["INC"] > 14, "rich", "poor"), index=COLUMBUS.index, name="side")
    result = found.by_group(groups.iloc[::-1], term="INC")
    S = dense_impacts(durbin, "INC")
    rich = (groups == "rich").to_numpy()
    balance = result.balance
    assert balance.index.name == "side"
    assert balance.loc["rich", "gives"] == pytest.approx(S[~rich][:, rich].sum() / rich.sum(), rel=1e-8)
    assert balance.loc["rich", "receives"] == pytest.approx(S[rich][:, ~rich].sum() / rich.sum(), rel=1e-8)
    assert balance.loc["rich", "net"] * rich.sum() == pytest.approx(-balance.loc["poor", "net"] * (~rich).sum())
    assert result.matrix.loc["rich", "poor"] == pytest.approx(S[rich][:, ~rich].sum() / rich.sum(), rel=1e-8)
    sizes = groups.value_counts()
    total = sum(result.matrix.loc[g].sum() * sizes[g] for g in result.matrix.index) / 49
    assert total == pytest.approx(found.total.loc["INC", "estimate"], rel=1e-8)
    assert set(result.to_frame().columns) >= {"giver", "receiver", "value"}
    p = balance["p_gives_more"]
    assert p["rich"] + p["poor"] == pytest.approx(1, abs=0.01)
    with pytest.raises(AlignmentError):
        found.by_group(groups.iloc[1:], term="INC")
    with pytest.raises(DataError, match="two groups"):
        found.by_group(pd.Series("x", index=COLUMBUS.index), term="INC")


def test_a_hub_gives_more_than_it_receives() -> None:
    n = 13
    W = np.zeros((n, n))
    W[1:, 0] = 1.0
    W[0, 1:] = 1.0
    star = Weights(W, list(range(n))).row_standardized()
    rng = np.random.default_rng(5)
    x = rng.standard_normal(n)
    y = np.linalg.solve(np.eye(n) - 0.6 * star.sparse.toarray(), 1 + 4 * x + 0.1 * rng.standard_normal(n))
    fit = models.lag("y ~ x", pd.DataFrame({"y": y, "x": x}), star)
    groups = pd.Series(["hub", *["rim"] * (n - 1)])
    balance = fit.impacts(rng=1).by_group(groups).balance
    assert balance.loc["hub", "net"] > 0
    assert balance.loc["hub", "p_gives_more"] < 0.01 < 0.99 < balance.loc["rim", "p_gives_more"]


def test_auto_method_by_size() -> None:
    w = QUEEN.row_standardized()
    assert models.lag(CRIME, COLUMBUS, w).impacts(draws=99, rng=1).method == "confidence"
    assert models.sarar(CRIME, COLUMBUS, w).impacts(draws=99, rng=1).method == "bootstrap"
    case = oracle.case("ml_lag__ncsids")
    assert models.lag(formula_of(case), case.data, case.w()).impacts(draws=99, rng=1).method == "simulated"
    two = models.lag(CRIME, COLUMBUS, w, method="gmm").impacts(draws=99, rng=1)
    assert two.method == "simulated"


def test_second_w() -> None:
    near = oracle.weights("columbus_poly_knn4", COLUMBUS.index)
    fit = models.lag("CRIME ~ INC + HOVAL + Near(INC)", COLUMBUS, {"W": QUEEN.row_standardized(), "Near": near})
    found = fit.impacts(method="delta")
    S = dense_impacts(fit, "INC")
    assert found.direct.loc["INC", "estimate"] == pytest.approx(np.trace(S) / 49, rel=1e-8)
    assert found.total.loc["INC", "estimate"] == pytest.approx(S.sum() / 49, rel=1e-8)


def test_change_of_a_variable_in_all_its_terms() -> None:
    """A product, a square and a lag: by brute force over units."""
    w = QUEEN.row_standardized()
    fit = models.lag("CRIME ~ INC * HOVAL + I(INC ** 2) + W(HOVAL)", COLUMBUS, w)
    found = fit.impact_of_change("HOVAL", add=2.0, method="delta")
    b = fit.params
    W = w.sparse.toarray()
    A = np.linalg.inv(np.eye(49) - fit.rho * W)
    step = 2 * np.diag(b["HOVAL"] + b["INC:HOVAL"] * COLUMBUS["INC"]) + 2 * b["W(HOVAL)"] * W
    assert found.matrix.to_numpy() == pytest.approx(A @ step, abs=1e-9)
    assert found.average.loc["direct", "estimate"] == pytest.approx(np.trace(A @ step) / 49)
    assert found.average.loc["total", "estimate"] == pytest.approx((A @ step).sum() / 49)


def test_change_of_a_factor() -> None:
    data = COLUMBUS.assign(zone=np.where(COLUMBUS["INC"] > 16, "c", np.where(COLUMBUS["INC"] > 10, "b", "a")))
    fit = models.lag("CRIME ~ HOVAL + C(zone)", data, QUEEN.row_standardized())
    found = fit.impact_of_change("zone", to="c", method="delta")
    assert list(found.changed) == list(data.index[data["zone"] != "c"])
    A = np.linalg.inv(np.eye(49) - fit.rho * fit.w.sparse.toarray())
    b = fit.params
    gap = (b["C(zone)[T.c]"] - data["zone"].map({"a": 0.0, "b": b["C(zone)[T.b]"], "c": b["C(zone)[T.c]"]})).to_numpy()
    changed = (data["zone"] != "c").to_numpy()
    assert found.average.loc["direct", "estimate"] == pytest.approx((np.diag(A) * gap)[changed].mean())
    assert found.average.loc["total", "estimate"] == pytest.approx((A.sum(axis=0) * gap)[changed].mean())
    with pytest.raises(DataError, match="never is 'd'"):
        fit.impact_of_change("zone", to="d")
    with pytest.raises(UnknownNameError, match="zone"):
        fit.impact_of_change("zon", to="c")


def test_a_change_to_where_the_formula_is_not_defined_is_told() -> None:
    fit = models.lag("CRIME ~ log(HOVAL)", COLUMBUS, QUEEN.row_standardized())
    with pytest.raises(DataError, match=r"log\(HOVAL\).*not finite|HOVAL"):
        fit.impact_of_change("HOVAL", multiply=0)


@pytest.mark.parametrize("method", ["delta", "simulated", "bootstrap", "confidence"])
def test_a_net_that_is_zero_by_symmetry_is_exactly_zero(method) -> None:
    ids = [f"u{i:02d}" for i in range(20)]
    ring = np.roll(np.eye(20), 1, axis=1)
    data = pd.DataFrame(np.random.default_rng(1).normal(size=(20, 2)), index=ids, columns=["y", "x"])
    fit = models.lag("y ~ x", data, Weights(ring + ring.T, ids).row_standardized())
    halves = pd.Series(np.repeat(["a", "b"], 10), index=ids)
    drawn = {} if method == "delta" else {"rng": 1, "draws": 199}
    balance = fit.impacts(method=method, **drawn).by_group(halves).balance
    assert (balance[["net", "net_std_error", "net_lower", "net_upper"]] == 0).all(axis=None)
    assert balance[["p_value", "p_gives_more"]].isna().all(axis=None)


def test_bad_input(durbin) -> None:
    with pytest.raises(OptionError, match="method='exact'"):
        durbin.impacts(method="exact")
    with pytest.raises(OptionError, match="several regressors"):
        durbin.impact_matrix()
    with pytest.raises(UnknownNameError, match="Did you mean INC"):
        durbin.impact_matrix("INCO")
    with pytest.raises(OptionError, match="level=95"):
        durbin.impacts(level=95)


def test_pictures_and_tables(durbin) -> None:
    found = durbin.impacts(method="delta")
    axis = found.plot()
    assert [t.get_text() for t in axis.get_yticklabels()][:3] == ["INC: direct", "INC: indirect", "INC: total"]
    with pytest.raises(OptionError, match="give units="):
        found.plot("flows", term="INC")
    groups = pd.Series(np.arange(49) % 3, index=COLUMBUS.index)
    assert found.by_group(groups, term="INC").plot().get_xlabel() == "gives"
    assert "delta method" in str(found)


def test_flows_are_drawn_on_the_map() -> None:
    cities = gba.load_cities(year=2019)
    w = gba.weights.contiguity(cities, links=2019).row_standardized()
    fit = models.lag("log(gdp_pc_cny) ~ log(employment)", cities, w)
    axis = fit.impacts(method="delta").plot("flows", units=cities, top=12)
    assert len(axis.patches) == 12
    assert "log(employment)" in axis.get_title(loc="left") + axis.get_title()


@pytest.mark.parametrize("kind", ["nodes", "direct"])
def test_other_resolvents_equal_the_spectral_one(kind: str) -> None:
    w = QUEEN.row_standardized()
    side = side_of(w)
    exact = spectral(w.sparse)
    other = Nodes(side, -0.5, 0.9) if kind == "nodes" else Direct(w.sparse.toarray())
    rho = np.linspace(-0.45, 0.85, 7)
    rng = np.random.default_rng(1)
    readings = [*average_readings(49), Reading("diagonal"), Reading("pairs", rng.random((49, 2)), rng.random((49, 2)))]
    second = oracle.weights("columbus_poly_knn4", COLUMBUS.index).sparse
    for M in (None, side.W, second):
        for reading in readings:
            for got, want in zip(other.reader(M, reading)(rho), exact.reader(M, reading)(rho), strict=True):
                assert got == pytest.approx(want, rel=1e-6, abs=1e-7)


def test_w_that_cannot_be_diagonalized() -> None:
    """A one-way chain has only zero eigenvalues; its impacts are finite sums."""
    W = np.eye(6, k=-1)
    data = pd.DataFrame({"x": [0.0, 2, 1, 4, 3, 5], "y": [1.0, 2, 3, 3, 6, 7]}, index=list("abcdef"))
    fit = models.lag("y ~ x", data, Weights(W, list("abcdef")))
    assert spectral(fit.w.sparse) is None
    found = fit.impacts(method="delta")
    S = fit.params["x"] * sum(fit.rho**q * np.linalg.matrix_power(W, q) for q in range(6))
    assert found.direct.loc["x", "estimate"] == pytest.approx(fit.params["x"])
    assert found.total.loc["x", "estimate"] == pytest.approx(S.sum() / 6)


@pytest.mark.parametrize("options", [{"draws": 99}, {"rng": 1}])
def test_draws_that_nothing_makes_are_refused(options):
    cities = gba.load_cities(year=2019)
    w = gba.weights.contiguity(cities, links=2019).row_standardized()
    fit = gba.models.lag("log(gdp_pc_cny) ~ log(employment)", cities, w)
    with pytest.raises(OptionError, match="'delta' draws nothing"):
        fit.impacts(method="delta", **options)
    with pytest.raises(OptionError, match="'analytic' draws nothing"):
        fit.bias_correction(**options)
