"""Claims: what a listing says, leaf by leaf, and what became of each."""

from x402_catalog.claims.sheet import Claim, leaves, totals, truth_sheet
from x402_catalog.claims.statements import About

__all__ = ["About", "Claim", "leaves", "totals", "truth_sheet"]
