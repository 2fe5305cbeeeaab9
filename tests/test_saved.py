"""Results are kept as JSON and read back; that every kind is, is shown in test_conformance_doors."""

import json

import calls
import numpy as np
import pandas as pd
import pytest
from pandas.testing import assert_frame_equal

import gbaspatial as gba
from gbaspatial import records
from gbaspatial.errors import FileFormatError
from gbaspatial.results import Table
from gbaspatial.saved import SavedResult


def test_tests_and_fits_keep_the_fingerprint_of_data_and_weights_for_any_order_of_rows(tmp_path):
    order = calls.CITIES[::-1]
    w = gba.weights.contiguity(calls.UNITS.loc[order], criterion="rook").row_standardized()
    for one, other in (
        (gba.autocorrelation.moran(calls.INCOME, calls.W), gba.autocorrelation.moran(calls.INCOME[order], w)),
        (gba.models.ols(calls.FORMULA, calls.DATA), gba.models.ols(calls.FORMULA, calls.DATA.loc[order])),
    ):
        left, right = (json.loads(result.to_json())["origin"] for result in (one, other))
        assert left["data"]
        assert left["data"] == right["data"]
        assert (left["weights"] or {}).get("fingerprint") == (right["weights"] or {}).get("fingerprint")


def test_changed_data_and_changed_weights_are_seen(tmp_path):
    test = gba.autocorrelation.moran(calls.INCOME, calls.W)
    test.to_json(tmp_path / "kept.json")
    kept = gba.read_result(tmp_path / "kept.json")
    moved = calls.INCOME.copy()
    moved.iloc[0] += 1e-9
    other_data = kept.compare(gba.autocorrelation.moran(moved, calls.W)).frame["agree"]
    assert not other_data["data"]
    assert other_data["weights"]
    other_w = kept.compare(gba.autocorrelation.moran(calls.INCOME, gba.weights.nearest(calls.UNITS, k=2)))
    assert not other_w.frame.loc["weights", "agree"]
    assert other_w.frame.loc["data", "agree"]
    assert "largest difference" in other_w.frame.iloc[-1]["today"]
    assert not kept.compare(calls.made("models.ols")).frame["agree"].any()
    assert kept.compare(kept).frame["agree"].all()


def test_numbers_names_and_gaps_survive():
    frame = pd.DataFrame(
        {("a", 2000): [0.1, np.nan, np.inf], ("a", 2001): [1, 2, 3], ("b", 2000): ["x", None, "inf"]},
        index=pd.MultiIndex.from_tuples([("澳门", 2019), ("Macao", 2020), ("M", 2021)], names=["city", "year"]),
    )
    back, _ = records.frame_of(json.loads(records.text_of(records.rows_of(frame, True, {}))))
    assert_frame_equal(back, frame, check_dtype=False)
    assert records.text_of({"x": "澳门"}) == '{\n "x": "澳门"\n}'


def test_names_that_coincide_are_told_apart():
    frame = pd.DataFrame([[1, 2, 3]], columns=["x", "x", "x_2"])
    assert [one["key"] for one in records.rows_of(frame, False, {})["columns"]] == ["x", "x_2", "x_2_2"]


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("not JSON", "is no JSON"),
        ("[1]", "but no object"),
        ("{}", "does not say"),
        ('{"format": "gbaspatial result 1"}', "was changed after it was written"),
        ('{"format": "gbaspatial result 1", "kind": "A", "origin": {}, "made_by": {}, "tables": [{}]}', "was changed"),
    ],
)
def test_what_is_no_record_is_refused(tmp_path, content, said):
    place = tmp_path / "x.json"
    place.write_text(content, encoding="utf-8")
    with pytest.raises(FileFormatError, match=said):
        gba.read_result(place)


def test_missing_files_binary_files_and_other_endings_are_refused(tmp_path):
    (tmp_path / "x.json").write_bytes(b"\xff\xfe\x00")
    for name in ("x.json", "none.json"):
        with pytest.raises(FileFormatError, match="cannot be read"):
            gba.read_result(tmp_path / name)
    with pytest.raises(FileFormatError, match="does not end in"):
        calls.made("models.ols").to_json(tmp_path / "x.csv")


def test_only_results_are_compared():
    kept = SavedResult("A", {}, {"gbaspatial": "0"}, (Table(pd.DataFrame({"x": [1]})),))
    with pytest.raises(TypeError, match="takes a result"):
        kept.compare(3)
