"""Codes of cells and of scans: no point where the data do not identify one."""

from dataclasses import replace

import numpy as np
import pytest

from gbaspatial.spillover.friction_cells import CellResult, Choice
from gbaspatial.spillover.friction_verdict import SENTENCES, verdict_of, verdict_of_all


def found(lower=0.2, upper=0.6, no_border=0.01, closed=0.01, spillover=0.01, serial=0.0):
    p = {"no_border": no_border, "closed_border": closed, "spillover": spillover}
    return CellResult(Choice("row", "unit", "static"), 99, 0.5, 0.4, lower, upper, np.zeros(27), p, serial)


@pytest.mark.parametrize(
    ("cell", "code"),
    [
        (found(), "partly_open"),
        (found(upper=1.0, no_border=0.4), "open"),
        (found(lower=0.0, closed=0.4), "closed"),
        (found(lower=0.01, upper=1.0), "not_identified"),
        (found(no_border=0.2, closed=0.3), "not_identified"),
        (found(spillover=0.2), "no_spillover"),
        (found(serial=0.8), "serial_correlation"),
        (found(serial=np.nan), "partly_open"),
        (found(closed=np.nan), "partly_open"),
        (found(no_border=0.4, upper=1.0, closed=np.nan), "open"),
    ],
)
def test_the_code_of_a_cell(cell, code):
    assert verdict_of(cell, 0.95, canceled=False) == code
    assert verdict_of(cell, 0.95, canceled=True) == "canceled"


def test_a_point_that_moves_with_the_level_is_none():
    assert verdict_of(replace(found(), centered=found()), 0.95, canceled=False) == "partly_open"
    assert verdict_of(replace(found(), centered=found(spillover=0.4)), 0.95, canceled=False) == "level_decides"
    one = replace(found(spillover=0.3), centered=found())
    assert verdict_of(one, 0.95, canceled=False) == "no_spillover"


@pytest.mark.parametrize(
    ("codes", "code"),
    [
        (["open", "open"], "open"),
        (["open", "refused", "canceled"], "open"),
        (["open", "not_identified"], "choice_decides"),
        (["open", "partly_open"], "choice_decides"),
        (["no_spillover", "serial_correlation"], "no_spillover"),
        (["no_spillover", "not_identified"], "not_identified"),
        (["serial_correlation", "serial_correlation"], "serial_correlation"),
        (["closed", "partly_open"], "held_back"),
        (["closed", "partly_open", "open"], "choice_decides"),
        (["refused", "canceled"], "canceled"),
        (["refused"], "refused"),
    ],
)
def test_the_code_of_a_scan(codes, code):
    assert verdict_of_all(codes) == code
    assert code in SENTENCES
