"""Restoring: listings as they were read, made again from the bytes that the file keeps of their records."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator

from x402_catalog.findings import Finding
from x402_catalog.models import Listing
from x402_catalog.reading.limits import BEARABLE_DEPTH, Limits
from x402_catalog.reading.parsing import parse
from x402_catalog.reading.places import Place
from x402_catalog.sources import Kind, listings
from x402_catalog.store.documents import Documents
from x402_catalog.store.schema import StoreError

_LIMITS = Limits(max_depth=BEARABLE_DEPTH)  # it was read once, whatever the limits were
_SELECT = """
SELECT l.id, l.document, l.number, l.kind, t.text, m.line, m."column", m.pointer, m.offset
FROM member m JOIN listing l ON l.id = m.listing JOIN term t ON t.id = m.file WHERE m.snapshot = ?
"""


def restored(
    db: sqlite3.Connection, documents: Documents, snapshot: int, listing: int | None = None
) -> Iterator[tuple[int, Listing]]:
    """The listings of a snapshot with their ids, or the one with that id. A record that holds several is read once.

    Raises :class:`StoreError` where the file is damaged.
    """
    sql, parameters = (
        (_SELECT, (snapshot,)) if listing is None else (_SELECT + " AND m.listing = ?", (snapshot, listing))
    )
    last: tuple[object, ...] = ()
    made: list[Listing] = []
    for key, document, number, kind, *place in db.execute(sql, parameters):
        if (document, kind, *place) != last:
            last = (document, kind, *place)
            made = _made(documents.get(document), Place(*place), kind)
        if number >= len(made):
            raise StoreError(f"document {document} holds {len(made)} listings, not {number + 1}: the file is damaged")
        yield key, made[number]


def _made(raw: bytes, place: Place, kind: str) -> list[Listing]:
    record = parse(raw, place, limits=_LIMITS)
    if isinstance(record, Finding):
        raise StoreError(f"a record cannot be read again: {record.message}")
    return [made for made in listings(record, Kind(kind) if kind else None) if isinstance(made, Listing)]
