"""The index: what is searched, filtered and counted, written for many listings at a time."""

from __future__ import annotations

import json
import sqlite3
from operator import attrgetter
from typing import Any

from x402_catalog.models import Listing
from x402_catalog.store.entries import Entry, Shape, Way, entry_of, storable
from x402_catalog.store.waiting import Waiting

_MOST_KNOWN = 100_000  # terms, shapes and payments held in memory while writing
_MOST_WAYS = 8  # of a payment that is held: what has more is seldom met again

_LISTING = (
    "INSERT INTO listing (id, document, number, copy, kind, slug, title, url, summary) VALUES (?,?,?,?,?,?,?,?,?)"
)
_FACET = "INSERT INTO facet (id, seen, host, shape, payment, price, ratio, slug) VALUES (?,?,?,?,?,?,?,?)"
_PAYEE = "INSERT INTO payee (listing, number, pay_to) VALUES (?,?,?)"
_WORDS = "INSERT INTO words (rowid, title, address, summary, uses, fields, described) VALUES (?,?,?,?,?,?,?)"
_SHAPE = ("category", "method", "flag", "tier", "answers")
_FIND_SHAPE = f"SELECT id FROM shape WHERE {' AND '.join(f'{name} = ?' for name in _SHAPE)}"
_ADD_SHAPE = f"INSERT INTO shape ({', '.join(_SHAPE)}) VALUES (?,?,?,?,?)"
_ADD_WAY = (
    "INSERT INTO way (payment, number, network, asset, symbol, scheme, amount, price)"
    " SELECT ?1, key, json_extract(value, '$[0]'), json_extract(value, '$[1]'), json_extract(value, '$[2]'),"
    " json_extract(value, '$[3]'), json_extract(value, '$[4]'), json_extract(value, '$[5]') FROM json_each(?2)"
)
_terms_of = attrgetter("network", "asset", "symbol", "scheme")
_WAY_TERMS = ("network", "asset", "symbol", "scheme")


class Index:
    """Writes entries for snapshot ``seen`` into an open file; what is added ``waiting`` writes."""

    def __init__(self, db: sqlite3.Connection, seen: int, waiting: Waiting) -> None:
        self._db = db
        self._seen = seen
        self._waiting = waiting
        self._terms: dict[tuple[str, str], int] = {}
        self._shapes: dict[Shape, int] = {}
        self._payments: dict[tuple[Way, ...], int] = {}
        self._last = int(db.execute("SELECT coalesce(max(id), 0) FROM listing").fetchone()[0])

    def add(self, listing: Listing, *, document: int = 0, number: int = 0, copy: int = 0, kind: str = "") -> int:
        """Add ``listing``, which ``document`` holds as its ``number``-th, and return its id."""
        self._last += 1
        entry, key, put = entry_of(listing), self._last, self._waiting.put
        put(_LISTING, (key, document, number, copy, kind, *entry.card), sum(map(len, entry.card)))
        put(_FACET, self._facet(key, entry))
        put(_WORDS, (key, *entry.texts), sum(map(len, entry.texts)))
        for place, pay_to in enumerate(entry.payees):
            put(_PAYEE, (key, place, pay_to))
        return key

    def term(self, facet: str, text: str) -> int:
        """The number of a term of a facet; the text must be storable."""
        found = self._terms.get((facet, text))
        if found is None:
            _forget_many(self._terms)
            sought = "SELECT id FROM term WHERE facet = ? AND text = ?"
            added = "INSERT INTO term (facet, text) VALUES (?, ?)"
            found = self._terms[facet, text] = self._number(sought, added, (facet, text))[0]
        return found

    def place(self, text: str) -> int:
        """The number of a file's name."""
        return self.term("file", storable(text))

    def _facet(self, key: int, entry: Entry) -> tuple[object, ...]:
        shape = self._shapes.get(entry.shape) or self._shape(entry.shape)
        payment = self._payments.get(entry.ways) or self._payment(entry.ways)
        host = self.term("host", entry.host)
        return (key, self._seen, host, shape, payment, entry.price, entry.ratio, entry.card[0])

    def _shape(self, shape: Shape) -> int:
        _forget_many(self._shapes)
        numbers = (*map(self.term, _SHAPE, shape[:-1]), shape.answers)
        found, _ = self._number(_FIND_SHAPE, _ADD_SHAPE, numbers)
        self._shapes[shape] = found
        return found

    def _payment(self, ways: tuple[Way, ...]) -> int:
        _forget_many(self._payments)
        rows = [[*map(self.term, _WAY_TERMS, _terms_of(way)), way.amount, way.price] for way in ways]
        text = json.dumps(rows, separators=(",", ":"), ensure_ascii=False)
        sought, added = "SELECT id FROM payment WHERE ways = ?", "INSERT INTO payment (ways) VALUES (?)"
        found, is_new = self._number(sought, added, (text,))
        if is_new:
            self._db.execute(_ADD_WAY, (found, text))
        if len(ways) <= _MOST_WAYS:
            self._payments[ways] = found
        return found

    def _number(self, sought: str, added: str, values: tuple[object, ...]) -> tuple[int, bool]:
        """The id of the row of these values, and whether it is new."""
        row = self._db.execute(sought, values).fetchone()
        if row is not None:
            return int(row[0]), False
        return self._db.execute(added, values).lastrowid or 0, True


def _forget_many(known: dict[Any, int]) -> None:
    if len(known) >= _MOST_KNOWN:
        known.clear()
