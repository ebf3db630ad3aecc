"""Pages: what was fetched of a feed, kept in the catalogue file, so that a feed that broke off goes on where it stopped
and pages that have not changed need not be sent again."""

from __future__ import annotations

import sqlite3
import zlib
from collections.abc import Iterator
from dataclasses import dataclass

from x402_catalog.findings import Finding
from x402_catalog.reading import Limits, read_stream
from x402_catalog.records import Record

_CHUNK = 256 * 1024


@dataclass(frozen=True, slots=True)
class Page:
    """One page: ``at`` is when it was fetched or confirmed (seconds since 1970), ``pending`` that no import has had it
    yet; ``etag`` and ``modified`` are empty where the server names none."""

    number: int
    url: str
    etag: str
    modified: str
    at: float
    pending: bool
    body: bytes


class Pages:
    """The pages of the feed that begins at the URL ``feed``, in an open catalogue file. Each is kept at once."""

    def __init__(self, db: sqlite3.Connection, feed: str) -> None:
        self._db = db
        self._feed = feed

    def get(self, number: int) -> Page | None:
        """The page of that number, from 0."""
        row = self._db.execute(
            "SELECT url, etag, modified, at, pending, body FROM page WHERE feed = ? AND number = ?",
            (self._feed, number),
        ).fetchone()
        if row is None:
            return None
        url, etag, modified, at, pending, body = row
        return Page(number, url, etag, modified, at, bool(pending), zlib.decompress(body))

    def put(self, page: Page) -> None:
        """Keep a page in place of the one of its number."""
        row = (self._feed, page.number, page.url, page.etag, page.modified, page.at, page.pending)
        self._db.execute("REPLACE INTO page VALUES (?,?,?,?,?,?,?,?)", (*row, zlib.compress(page.body)))

    def cut(self, count: int) -> None:
        """Forget what lies behind the first ``count`` pages: the feed has become shorter."""
        self._db.execute("DELETE FROM page WHERE feed = ? AND number >= ?", (self._feed, count))

    def close(self) -> None:
        """Note that the pages were imported: the next time each is asked for again."""
        self._db.execute("UPDATE page SET pending = 0 WHERE feed = ?", (self._feed,))

    def records(self, limits: Limits) -> Iterator[Record | Finding]:
        """The records of all pages in order, as those of a file are read; their file is the page's URL."""
        number = 0
        while (page := self.get(number)) is not None:
            body = page.body
            chunks = (body[start : start + _CHUNK] for start in range(0, len(body), _CHUNK))
            yield from read_stream(chunks, page.url, limits=limits)
            number += 1
