"""Reconciling: what is open in the books is ended by what a chain says of its nonce, and by nothing less."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from x402_harness.ledger.entries import OPEN, Entry, Row
from x402_harness.ledger.ledger import Ledger


class Verdict(StrEnum):
    """What a chain says of an authorization's nonce."""

    USED = "used"
    UNUSED = "unused"
    CANCELED = "canceled"
    UNCLEAR = "unclear"


@dataclass(frozen=True, slots=True)
class Sighting:
    """What was seen: the ``verdict``, and ``time``, the chain's own clock (the block's timestamp) where it was seen.

    ``UNUSED`` and ``CANCELED``, by the payer for good, are only said of a block that will stay. ``transaction`` is the
    hash of the one that used or canceled the nonce.
    """

    verdict: Verdict
    time: int = 0
    transaction: str | None = None
    detail: str = ""


class NonceOracle(Protocol):
    """Something that can be asked whether a chain has used an authorization."""

    async def look(self, network: str, asset: str, payer: str, nonce: str, transaction: str | None) -> Sighting:
        """What the chain ``network`` (CAIP-2) says; ``transaction`` is where a receipt said that it would be found.

        Raises nothing for what a node does: that is ``UNCLEAR``, with its reason in ``detail``.
        """
        ...


@dataclass(frozen=True, slots=True)
class Reconciled:
    """An entry that was open: as it was, where it stands now, and why."""

    before: Row
    after: Entry
    reason: str


# How an entry gets to be settled or expired from where it stands.
_SETTLED = (Entry.SIGNED, Entry.SENT, Entry.UNKNOWN, Entry.SETTLED)
_EXPIRED = {
    Entry.RESERVED: (Entry.EXPIRED,),
    Entry.SIGNED: (Entry.EXPIRED,),
    Entry.SENT: (Entry.UNKNOWN, Entry.EXPIRED),
    Entry.UNKNOWN: (Entry.EXPIRED,),
}


async def reconcile(ledger: Ledger, oracle: NonceOracle | None) -> list[Reconciled]:
    """Ask the chain about every open entry, and end those of which it can tell.

    Settled is what the chain has used. Expired is what it has not used when its own clock is past the window, and what
    the payer canceled. All else stands, and everything does where there is no ``oracle``, until a person releases it.
    """
    return [await _reconcile(ledger, oracle, row) for row in ledger.rows() if row.state in OPEN]


async def _reconcile(ledger: Ledger, oracle: NonceOracle | None, row: Row) -> Reconciled:
    if oracle is None:
        return Reconciled(row, row.state, "no chain can be asked: it stands until a person releases it")
    assert row.payer is not None and row.nonce is not None  # every open entry has an authorization
    seen = await oracle.look(row.network, row.asset, row.payer, row.nonce, row.transaction)
    if seen.verdict is Verdict.USED:
        return _end(ledger, row, _to_settled(row), "the chain shows that the nonce is used", seen.transaction)
    if seen.verdict is Verdict.CANCELED:
        return _end(ledger, row, _EXPIRED[row.state], "the chain shows that the payer canceled the authorization")
    if seen.verdict is Verdict.UNCLEAR:
        return Reconciled(row, row.state, f"the chain could not tell: {seen.detail or 'no reason given'}")
    if seen.time < (row.valid_before or 0):
        return Reconciled(row, row.state, "unused, but its window is not over")
    return _end(ledger, row, _EXPIRED[row.state], "the window is over, and the chain shows that the nonce is unused")


def _to_settled(row: Row) -> tuple[Entry, ...]:
    return _SETTLED[_SETTLED.index(row.state) + 1 :] if row.state in _SETTLED else _SETTLED


def _end(ledger: Ledger, row: Row, road: tuple[Entry, ...], reason: str, transaction: str | None = None) -> Reconciled:
    ledger.move(row.id, *road, reason=reason, transaction=transaction)
    return Reconciled(row, road[-1], reason)
