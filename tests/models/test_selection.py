"""The specification curve holds the numbers of the fits it is made of."""

import numpy as np
import oracle
import pytest

from gbaspatial import models
from gbaspatial.errors import DataError, OptionError

COLUMBUS = oracle.data("columbus")
W = oracle.weights("columbus_W", COLUMBUS.index)
BINARY = oracle.weights("columbus_B", COLUMBUS.index)
FORMULA = "CRIME ~ INC + HOVAL"


@pytest.fixture(scope="module")
def curve():
    return models.over_weights(FORMULA, COLUMBUS, {"row": W, "binary": BINARY}, models=("lag", "error"))


def test_numbers_are_those_of_the_fits(curve):
    for (outcome, name, model), fit in curve.fits.items():
        row = curve.frame.loc[(outcome, name, model)]
        assert row["aic"] == fit.aic
        assert curve.spatial[(outcome, name, model)] == fit.params["rho" if model == "lag" else "lambda"]
        assert row["lower"] < curve.spatial[(outcome, name, model)] < row["upper"]
    case = oracle.case("ml_lag__columbus")
    row = curve.frame.loc[("CRIME", "row", "lag")]
    case.close(row["rho"], case.expected["rho"])
    total = curve.totals.loc[("CRIME", "row", "lag", "INC"), "estimate"]
    case.close(total, case.expected["impacts"]["total"][0], rtol=1e-4)


def test_probabilities_are_those_of_the_models(curve):
    whole = models.model_probabilities(FORMULA, COLUMBUS, {"row": W, "binary": BINARY}, models=("lag", "error"))
    np.testing.assert_allclose(curve.frame["probability"], whole.frame["probability"], rtol=1e-8)


def test_several_outcomes_and_pictures(curve):
    both = models.over_weights({"crime": FORMULA, "value": "HOVAL ~ INC"}, COLUMBUS[::-1], {"row": W})
    assert both.to_frame().index.tolist() == ["crime", "value"]
    assert both.frame["probability"].tolist() == [1.0, 1.0]
    assert len(curve.plot().get_yticklabels()) == 4
    assert "INC" in curve.plot("INC").get_xlabel()
    with pytest.raises(OptionError, match="no impact of 'XX'"):
        curve.plot("XX")


def test_bad_input_is_told():
    with pytest.raises(OptionError, match="mapping of names"):
        models.over_weights(FORMULA, COLUMBUS, W)
    with pytest.raises(DataError, match="nothing to compare"):
        models.over_weights(FORMULA, COLUMBUS, {})
    with pytest.raises(OptionError, match="models='sdm'"):
        models.over_weights(FORMULA, COLUMBUS, {"W": W}, models=("sdm",))


def test_formulas_may_come_in_a_list():
    both = models.over_weights([FORMULA, "HOVAL ~ INC"], COLUMBUS, {"row": W})
    assert both.to_frame().index.tolist() == ["CRIME", "HOVAL"]
    same = models.over_weights(["CRIME ~ INC", "CRIME ~ HOVAL"], COLUMBUS, {"row": W})
    assert same.to_frame().index.tolist() == ["CRIME ~ INC", "CRIME ~ HOVAL"]
    with pytest.raises(DataError, match="at least one formula"):
        models.over_weights([], COLUMBUS, {"row": W})


def test_models_with_both_parameters_or_none():
    names = ("slx", "lag", "durbin", "sarar", "gns")
    found = models.over_weights(FORMULA, COLUMBUS, {"row": W}, models=names)
    frame = found.frame.droplevel(["outcome", "weights"])
    assert frame["rho"].isna().tolist() == [True, False, False, False, False]
    assert frame["lambda"].isna().tolist() == [True, True, True, False, False]
    assert frame["lower"].isna().tolist() == [True, False, False, False, False]
    whole = models.model_probabilities(FORMULA, COLUMBUS, W, models=("slx", "lag", "durbin")).frame["probability"]
    part = frame.loc[["slx", "lag", "durbin"], "probability"]
    np.testing.assert_allclose(part / part.sum(), whole, rtol=1e-8)
    assert frame["probability"].sum() == pytest.approx(1)
    assert len(found.plot().get_yticklabels()) == 4  # without slx, which has no spatial parameter
    assert len(found.plot("INC").get_yticklabels()) == 5
    with pytest.raises(OptionError, match="no model has a spatial parameter"):
        models.over_weights(FORMULA, COLUMBUS, {"row": W}, models=("slx",)).plot()
