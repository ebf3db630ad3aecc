"""Attacks: faults of sellers that are after the buyer's money. Each says what falling for it would have cost."""

from __future__ import annotations

from x402_harness.sandbox.behaviour import Fault
from x402_harness.sandbox.faults.attacks import (
    assets,
    binding,
    elsewhere,
    envelopes,
    options,
    payees,
    prices,
    receipts,
    settling,
    wire,
)

_ROOMS = (prices, payees, assets, binding, options, envelopes, settling, receipts, elsewhere, wire)
FAULTS: tuple[Fault, ...] = tuple(fault for room in _ROOMS for fault in room.FAULTS)
