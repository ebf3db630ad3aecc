"""The ledger: what was planned, reserved, signed, sent and settled, on disk before it happens."""

from x402_harness.ledger.entries import HOLDING, MOVES, OPEN, Entry, Row, spent
from x402_harness.ledger.errors import AlreadySigned, Cap, CapReached, LedgerError, Unusable
from x402_harness.ledger.ledger import DAY, Ledger
from x402_harness.ledger.reconciling import NonceOracle, Reconciled, Sighting, Verdict, reconcile

__all__ = [
    "DAY",
    "HOLDING",
    "MOVES",
    "OPEN",
    "AlreadySigned",
    "Cap",
    "CapReached",
    "Entry",
    "Ledger",
    "LedgerError",
    "NonceOracle",
    "Reconciled",
    "Row",
    "Sighting",
    "Unusable",
    "Verdict",
    "reconcile",
    "spent",
]
