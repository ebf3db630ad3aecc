"""Entries: the states of a purchase in the books, the moves between them, and what an entry tells."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum


class Entry(StrEnum):
    """Where a purchase stands in the books."""

    PLANNED = "planned"
    RESERVED = "reserved"
    SIGNED = "signed"
    SENT = "sent"
    SETTLED = "settled"
    REFUSED = "refused"
    EXPIRED = "expired"
    UNKNOWN = "unknown"


MOVES: dict[Entry, frozenset[Entry]] = {
    Entry.PLANNED: frozenset({Entry.REFUSED}),  # and reserved, by a reservation only, which looks at the caps
    Entry.RESERVED: frozenset({Entry.SIGNED, Entry.REFUSED, Entry.EXPIRED}),
    Entry.SIGNED: frozenset({Entry.SENT, Entry.REFUSED, Entry.UNKNOWN, Entry.EXPIRED}),
    Entry.SENT: frozenset({Entry.SETTLED, Entry.UNKNOWN, Entry.REFUSED}),
    Entry.UNKNOWN: frozenset({Entry.SETTLED, Entry.EXPIRED}),
    Entry.SETTLED: frozenset(),
    Entry.REFUSED: frozenset(),
    Entry.EXPIRED: frozenset(),
}
# Money that may yet move: nothing is signed again for a case with such an entry.
OPEN = (Entry.RESERVED, Entry.SIGNED, Entry.SENT, Entry.UNKNOWN)
HOLDING = (*OPEN, Entry.SETTLED)  # money that counts as spent


@dataclass(frozen=True, slots=True)
class Row:
    """One purchase as it stands. Amounts are atomic units, times seconds since 1970.

    What only an authorization has (``nonce``, ``digest``, ``payer``, ``valid_before``) is ``None`` of what is planned.
    ``transaction`` is the hash that a receipt or a chain named; ``at`` is when the entry came to where it stands.
    """

    id: int
    run: str
    case: str
    state: Entry
    network: str
    asset: str
    symbol: str
    amount: int
    nonce: str | None
    digest: str | None
    payer: str | None
    valid_before: int | None
    transaction: str | None
    at: float


def spent(rows: Iterable[Row]) -> Iterator[tuple[tuple[str, str, str], int]]:
    """Atomic units held per ``(network, asset, symbol)``."""
    sums: dict[tuple[str, str, str], int] = {}
    for row in rows:
        if row.state in HOLDING:
            key = (row.network, row.asset, row.symbol)
            sums[key] = sums.get(key, 0) + row.amount
    yield from sorted(sums.items())
