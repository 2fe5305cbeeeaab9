"""Writes docs/claims.md: the claims of a policy paper and what the shipped data say to them, in both languages."""

from pathlib import Path

from gbaspatial import report

TOP = """# Claims and verdicts 论断与检验

Made by `python docs/make_claims.py` from `gba.report.claims_ledger()`; every number is computed from the shipped data.
The claims are those of a policy paper of about 2020 on innovation in the bay, in our own words, with its sections.
p-values of claims that a test decides are adjusted for their number (Holm). "Cannot tell" is a result: eleven cities
carry little.
"""


def page() -> str:
    """The page as text."""
    ledger = report.claims_ledger(progress=False)
    counts = ", ".join(f"{name}: {count}" for name, count in ledger.counts().items())
    parts = [TOP, f"{counts}.\n"]
    for key, row in ledger.to_frame().iterrows():
        tested = row["p_value"] == row["p_value"]
        p = f" p {row['p_value']:.4f}, adjusted {row['p_adjusted']:.4f}." if tested else ""
        p_zh = f"p = {row['p_value']:.4f}，校正后 {row['p_adjusted']:.4f}。" if tested else ""
        parts.append(
            f"## {key} ({row['section']}): {row['verdict']} {row['verdict_zh']}\n\n"
            f"{row['claim']} {row['claim_zh']}\n\n"
            f"- **Measured by** {row['measure']} ({row['data']}). {row['measure_zh']}（{row['data_zh']}）\n"
            f"- **Result** {row['result']}{p}\n"
            f"- **结果** {row['result_zh']}{p_zh}\n"
            f"- **Would change it** {row['change']}. {row['change_zh']}\n"
        )
    return "\n".join(parts)


if __name__ == "__main__":
    Path(__file__).with_name("claims.md").write_text(page(), encoding="utf-8")
