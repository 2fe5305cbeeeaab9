"""The ledger: every claim is there in both languages, its numbers are those of the data, and tests are adjusted."""

import re
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import gbaspatial as gba
from gbaspatial.report.claims import evidence_data, of_bays, of_growth
from gbaspatial.report.claims.finding import Finding
from gbaspatial.report.claims.ledger import judged
from gbaspatial.report.claims.statements import CLAIMS

PAGE = Path(__file__).parents[2] / "docs" / "claims.md"


@pytest.fixture(scope="module")
def ledger():
    return gba.report.claims_ledger(progress=False)


def test_twenty_claims_each_with_words_in_both_languages(ledger):
    assert ledger.rows.index.tolist() == [f"C{k}" for k in range(1, 21)]
    english = ["claim", "measure", "data", "result", "change", "verdict"]
    for name in english:
        assert (ledger.rows[name].str.len() > 2).all()
    for name in ("claim_zh", "result_zh", "verdict_zh"):
        assert ledger.rows[name].str.contains("[\u4e00-\u9fff]").all()
    assert set(ledger.rows["verdict"]) <= {"supported", "not supported", "cannot tell"}


def test_both_languages_tell_the_same_numbers(ledger):
    for key, row in ledger.rows.iterrows():
        told = [set(re.findall(r"\d+\.\d\d+", row[name])) for name in ("result", "result_zh")]
        assert told[0] == told[1], key


def test_tests_are_adjusted_for_their_number(ledger):
    p = ledger.rows["p_value"].dropna()
    assert len(p) >= 2
    adjusted = gba.inference.adjust(p.to_numpy(), "holm")
    np.testing.assert_allclose(ledger.rows["p_adjusted"].dropna(), adjusted)
    weak = ledger.rows["p_adjusted"] >= 0.05
    assert (ledger.rows.loc[weak, "verdict"] == "cannot tell").all()
    assert judged(Finding("not supported", "", "", 0.04), 0.08) == "cannot tell"
    assert judged(Finding("supported", "", ""), None) == "supported"


@pytest.mark.parametrize("language", ["en", "zh"])
def test_a_table_for_readers(ledger, language):
    table = ledger.table(language)
    assert len(table.frame) == 20
    assert table.to_html().count("<tr>") == 21
    assert table.frame.iloc[0, 0] == {"en": "abstract, 1.1", "zh": "摘要、1.1"}[language]
    with pytest.raises(gba.errors.OptionError):
        ledger.table("fr")


def test_the_page_is_what_the_ledger_says(ledger):
    text = PAGE.read_text(encoding="utf-8")
    for key, row in ledger.rows.iterrows():
        assert f"## {key} ({row['section']}): {row['verdict']} {row['verdict_zh']}" in text
        assert row["result"] in text, f"run python docs/make_claims.py: {key} changed"


def test_other_data_give_other_verdicts():
    given = evidence_data.Evidence()
    bays = given.bays.copy()
    firms = bays["variable"] == "fortune_global_500_hq"
    earlier = bays.loc[firms & (bays["bay_area"] == "GBA")].iloc[[0]].assign(year=of_bays.PAPER - 1)
    counted = evidence_data.Evidence()
    counted.__dict__["bays"] = pd.concat([bays, earlier])
    bays.loc[firms & (bays["bay_area"] == "GBA"), "value"] = 5
    changed = evidence_data.Evidence()
    changed.__dict__["bays"] = pd.concat([bays, earlier])
    late = of_bays.few_leading_firms(given)
    assert late.verdict == "cannot tell"
    assert "after the paper" in late.en
    assert of_bays.few_leading_firms(counted).verdict == "not supported"
    assert of_bays.few_leading_firms(changed).verdict == "supported"
    assert "GBA 5" in of_bays.few_leading_firms(changed).en
    assert "after the paper" not in of_bays.few_leading_firms(changed).en
    panel = given.panel.copy()
    level = pd.Series({1: 9e5, 2: 3e5, 3: 1e5})
    panel["gdp_pc_cny"] = panel["tier"].map(level) * np.linspace(1, 1.01, len(panel))
    tiered = evidence_data.Evidence()
    tiered.__dict__["panel"] = panel
    assert of_growth.three_tiers(given).verdict == "not supported"
    assert of_growth.three_tiers(tiered).verdict == "supported"


def test_every_claim_names_its_section():
    assert all(re.fullmatch(r"(abstract, )?\d(\.\d)*", claim.section) for claim in CLAIMS)
