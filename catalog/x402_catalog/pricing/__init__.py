"""Pricing: what a catalogue declares of its prices, and what the numbers of many listings say of one."""

from x402_catalog.pricing.declared import FLAGS, UNKNOWN, Position, as_ratio, position, possible_flags
from x402_catalog.pricing.robust import LEAST_SCALE, Spread, spread_of
from x402_catalog.pricing.slips import Slip, slip_of
from x402_catalog.pricing.units import unit_of

__all__ = [
    "FLAGS", "LEAST_SCALE", "UNKNOWN", "Position", "Slip", "Spread", "as_ratio", "position", "possible_flags",
    "slip_of", "spread_of", "unit_of",
]  # fmt: skip
