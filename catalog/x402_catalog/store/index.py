"""The index: what is searched, filtered and counted, written for one listing after the other."""

from __future__ import annotations

import sqlite3

from x402_catalog.models import Listing
from x402_catalog.store.entries import TERMS, Entry, entry_of, storable

OFFER_TERMS = ("network", "asset", "symbol", "scheme")
_MOST_TERMS = 100_000  # held in memory while writing

_LISTING = (
    "INSERT INTO listing (id, document, number, copy, kind, slug, title, url, summary) VALUES (?,?,?,?,?,?,?,?,?)"
)
_FACET = "INSERT INTO facet VALUES (?,?,?,?,?,?,?,?,?,?,?,?)"
_OFFER = "INSERT INTO offer VALUES (?,?,?,?,?,?,?,?,?)"
_WORDS = "INSERT INTO words (rowid, title, address, summary, uses, fields, described) VALUES (?,?,?,?,?,?,?)"


class Index:
    """Writes entries for snapshot ``seen`` into an open file."""

    def __init__(self, db: sqlite3.Connection, seen: int) -> None:
        self._db = db
        self._seen = seen
        self._terms: dict[tuple[str, str], int] = {}
        self._last = int(db.execute("SELECT coalesce(max(id), 0) FROM listing").fetchone()[0])

    def add(self, listing: Listing, *, document: int = 0, number: int = 0, copy: int = 0, kind: str = "") -> int:
        """Write ``listing``, which ``document`` holds as its ``number``-th, and return its id."""
        self._last += 1
        entry, key, execute = entry_of(listing), self._last, self._db.execute
        execute(_LISTING, (key, document, number, copy, kind, *entry.card))
        terms = map(self.term, TERMS, entry.terms)
        execute(_FACET, (key, self._seen, entry.card[0], *terms, entry.answers, entry.price, entry.ratio))
        execute(_WORDS, (key, *entry.texts))
        self._offers(key, entry)
        return key

    def term(self, facet: str, text: str) -> int:
        """The number of a term of a facet; the text must be storable."""
        found = self._terms.get((facet, text))
        if found is None:
            if len(self._terms) >= _MOST_TERMS:
                self._terms.clear()
            found = self._terms[facet, text] = self._number(facet, text)
        return found

    def _number(self, facet: str, text: str) -> int:
        row = self._db.execute("SELECT id FROM term WHERE facet = ? AND text = ?", (facet, text)).fetchone()
        if row is not None:
            return int(row[0])
        return self._db.execute("INSERT INTO term (facet, text) VALUES (?, ?)", (facet, text)).lastrowid or 0

    def place(self, text: str) -> int:
        """The number of a file's name."""
        return self.term("file", storable(text))

    def _offers(self, key: int, entry: Entry) -> None:
        for number, offer in enumerate(entry.offers):
            named = map(self.term, OFFER_TERMS, (offer.network, offer.asset, offer.symbol, offer.scheme))
            self._db.execute(_OFFER, (key, number, *named, offer.amount, offer.price, offer.pay_to))
