"""The ledger of claims: what a policy paper says of the bay, what the shipped data say to it, and how sure that is."""

from gbaspatial.report.claims.ledger import LedgerResult, claims_ledger

__all__ = ["LedgerResult", "claims_ledger"]
