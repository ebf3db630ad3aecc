"""Faults: every named misbehaviour of a seller, by its name."""

from __future__ import annotations

from x402_harness.sandbox.behaviour import Fault
from x402_harness.sandbox.faults import answer, attacks, payment, receipt, settlement, transport, unpaid

_ROOMS = (unpaid, payment, settlement, receipt, answer, transport, attacks)
FAULTS: dict[str, Fault] = {fault.name: fault for room in _ROOMS for fault in room.FAULTS}


class UnknownFault(KeyError):
    """There is no fault of that name."""


def faults(names: tuple[str, ...]) -> tuple[Fault, ...]:
    """The faults of these names. Raises :class:`UnknownFault`."""
    for name in names:
        if name not in FAULTS:
            raise UnknownFault(name)
    return tuple(FAULTS[name] for name in names)
