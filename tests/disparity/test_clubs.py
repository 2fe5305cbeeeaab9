"""Convergence clubs against R's ConvergenceClubs 2.2.5 on the countries of Phillips and Sul."""

import numpy as np
import oracle
import pandas as pd
import pytest

from gbaspatial import disparity
from gbaspatial.disparity import convergence_clubs
from gbaspatial.disparity.agreement import adjusted_rand
from gbaspatial.errors import DataError, OptionError

WIDE = pd.read_csv(oracle.find("data/clubs_gdp_152x34.csv")).set_index("country").rename(columns=int)
PANEL = WIDE.rename_axis(columns="year").stack()
SIZES = [50, 30, 21, 24, 14, 11, 2]
B = [0.382, 0.240, 0.110, 0.131, 0.190, 1.003, -0.470]
T = [9.282, 6.904, 3.402, 2.055, 1.701, 6.024, -0.559]
FOUND = convergence_clubs(PANEL, merge=True)


def test_seven_clubs_of_152_countries():
    plain = convergence_clubs(PANEL, merge=False)
    assert plain.clubs["size"].tolist() == SIZES
    assert plain.clubs["b"].to_numpy() == pytest.approx(B, abs=6e-4)
    assert plain.clubs["t"].to_numpy() == pytest.approx(T, abs=6e-4)
    assert plain.overall["b"] == pytest.approx(-0.8748, abs=6e-5)
    assert plain.overall["t"] == pytest.approx(-159.55, abs=6e-3)
    assert plain.members.value_counts().sort_index().tolist() == SIZES
    assert not plain.divergent


def test_merging_joins_the_fourth_and_fifth():
    assert FOUND.clubs["size"].tolist() == [50, 30, 21, 38, 11, 2]
    assert FOUND.clubs.loc[4, ["b", "t"]].tolist() == pytest.approx([-0.044, -0.636], abs=6e-4)
    assert FOUND.clubs["merged_from"].tolist() == ["1", "2", "3", "4, 5", "6", "7"]
    assert FOUND.unmerged["size"].tolist() == SIZES
    assert FOUND.first_used == 1981


def test_order_of_rows_and_a_factor_change_no_club():
    other = convergence_clubs(PANEL.sample(frac=1, random_state=2) * 3.0)
    assert (other.members.reindex(FOUND.members.index) == FOUND.members).all()


def test_the_unit_of_money_matters_for_logarithms_and_is_shown():
    shown = FOUND.sensitivity()
    assert shown.loc["as given", "adjusted_rand"] == 1
    moved = shown.loc["if logarithms: unit 1,000 times smaller"]
    direct = convergence_clubs(PANEL + np.log(1000))
    assert moved["clubs"] == len(direct.clubs)
    assert moved["adjusted_rand"] == pytest.approx(adjusted_rand(direct.members, FOUND.members))
    assert "unit of money" in str(FOUND)


def test_a_unit_that_runs_away_is_in_no_club():
    rng, years = np.random.default_rng(3), np.arange(1.0, 31)
    paths = {u: 10 + (rng.normal() + 0.05 * rng.normal(size=30)) / years for u in "abcd"}
    paths["z"] = 2 - 0.05 * years
    result = convergence_clubs(pd.DataFrame(paths).T.stack())
    assert result.divergent == ["z"]
    assert result.clubs["size"].tolist() == [4]


@pytest.mark.parametrize(
    ("call", "error", "told"),
    [
        (lambda: convergence_clubs(PANEL - PANEL.mean()), DataError, "sign"),
        (lambda: convergence_clubs(PANEL[PANEL.index.get_level_values(1) < 1975]), DataError, "periods"),
        (lambda: convergence_clubs(PANEL * 0), DataError, "is zero"),
        (lambda: convergence_clubs(PANEL, trim=2), OptionError, "trim"),
        (lambda: convergence_clubs(PANEL, "yes"), OptionError, "merge"),
        (lambda: convergence_clubs(WIDE.iloc[[0, 0, 1]].set_axis(list("abc")).stack()), DataError, "same value"),
        (lambda: convergence_clubs(WIDE.iloc[[0]].stack()), DataError, "two units"),
    ],
)
def test_bad_input_is_told(call, error, told):
    with pytest.raises(error, match=told):
        call()


def test_who_calls_the_field_s_short_name_is_told_the_function():
    with pytest.raises(AttributeError, match=r"Use convergence_clubs\(panel\)"):
        getattr(disparity, "clubs")(PANEL)  # noqa: B009
    from gbaspatial.disparity.clubs import convergence_clubs as same

    assert same is convergence_clubs
