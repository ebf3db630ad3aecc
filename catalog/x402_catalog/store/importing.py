"""Importing: records become a snapshot of the catalogue, all of it or nothing, in constant memory."""

from __future__ import annotations

import json
import sqlite3
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from x402_catalog.collector import seldom_collecting
from x402_catalog.findings import Finding
from x402_catalog.models import Listing
from x402_catalog.records import Record
from x402_catalog.sources import Kind, listings
from x402_catalog.store.documents import Documents, digest_of
from x402_catalog.store.index import Index
from x402_catalog.store.schema import StoreError
from x402_catalog.store.selection import SHAPE
from x402_catalog.store.typos import learn_words
from x402_catalog.store.waiting import Waiting

PATIENCE = 600.0  # seconds that an import waits for another one
MOST_FINDINGS = 1000  # that are kept whole
_MERGED = 4  # pieces of the full text from which they are merged, as FTS5 has it
_PAUSE = 0.05
_MEMBER = "INSERT INTO member VALUES (?,?,?,?,?,?,?)"
_EVERYTHING = (
    "tally", "payee", "facet", "way", "payment", "shape", "member", "listing", "document", "dictionary", "term",
    "spelling", "snapshot",
)  # fmt: skip

Told = Callable[[int], None]


@dataclass(slots=True)
class Imported:
    """What an import did: ``new`` listings were not in the file before. ``findings`` are what could not be read, the
    first thousand whole; ``levels`` counts all of them."""

    snapshot: int = 0
    listings: int = 0
    new: int = 0
    findings: list[Finding] = field(default_factory=list)
    levels: Counter[str] = field(default_factory=Counter)

    def found(self, finding: Finding) -> None:
        """Take in a finding."""
        self.levels[str(finding.level)] += 1
        if len(self.findings) < MOST_FINDINGS:
            self.findings.append(finding)


class NothingToImport(StoreError):
    """Sources without a listing, which are no new state of a catalogue; ``done`` has what was wrong with them."""

    def __init__(self, done: Imported) -> None:
        super().__init__("there is no listing in the sources: nothing was imported")
        self.done = done


class Importer:
    """Writes one snapshot into an open file, inside a transaction of its own."""

    def __init__(self, db: sqlite3.Connection, kind: Kind | None, told: Told | None = None) -> None:
        self._db = db
        self._kind = kind
        self._told = told
        self._copies: dict[tuple[int, int], int] = {}
        self._documents = Documents(db)
        self._waiting = Waiting(db)
        self._recent: set[bytes] = set()  # digests of documents of which something waits
        self.done = Imported()

    def run(
        self, items: Iterable[Record | Finding], sources: Iterable[str], at: float, *, replace: bool = False
    ) -> Imported:
        """Import ``items``, read from ``sources`` at ``at`` (seconds since 1970). ``replace`` empties the file first.

        Raises :class:`NothingToImport` where no listing is found, and :class:`StoreError` if another import goes on for
        longer than ten minutes. Whatever is raised, the file is as it was.
        """
        with transaction(self._db), seldom_collecting():
            if replace:
                self._empty()
            row = self._db.execute(
                "INSERT INTO snapshot (at, sources, listings, findings) VALUES (?, ?, 0, 0)",
                (at, json.dumps(list(sources))),
            )
            self.done.snapshot = int(row.lastrowid or 0)
            self._index = Index(self._db, self.done.snapshot, self._waiting)
            # The pieces of the full text are merged by what is added to it later: of one import there are few.
            self._merge(0)
            for item in items:
                if isinstance(item, Finding):
                    self.done.found(item)
                else:
                    self._record(item)
            self._write()
            if not self.done.listings:
                raise NothingToImport(self.done)
            self._close()
            self._merge(_MERGED)
        return self.done

    def _merge(self, pieces: int) -> None:
        self._db.execute("INSERT INTO words (words, rank) VALUES ('automerge', ?)", (pieces,))

    def _record(self, record: Record) -> None:
        document, number = (0, False), 0
        for made in listings(record, self._kind):
            if isinstance(made, Finding):
                self.done.found(made)
                continue
            if not number:
                document = self._document(record.raw)
            self._listing(made, record, document, number)
            number += 1
        if number:
            for fault in record.faults:
                self.done.found(fault)
            if self._waiting.is_full:
                self._write()

    def _document(self, raw: bytes) -> tuple[int, bool]:
        """The document that holds ``raw``, and whether it is new."""
        digest = digest_of(raw)
        if digest in self._recent:
            self._write()  # which of its listings are members is asked of the database
        self._recent.add(digest)
        if (known := self._documents.find(digest)) is not None:
            return known, False
        return self._documents.add(digest, raw, self._waiting), True

    def _write(self) -> None:
        self._waiting.write()
        self._recent.clear()

    def _listing(self, listing: Listing, record: Record, document: tuple[int, bool], number: int) -> None:
        where, is_new = document
        copy, known = (0, None) if is_new else self._known(where, number)
        if known is None:
            kind = str(self._kind or "")
            known = self._index.add(listing, document=where, number=number, copy=copy, kind=kind)
            self.done.new += 1
        place = (self._index.place(record.file), record.line, record.column, record.pointer, record.offset)
        self._waiting.put(_MEMBER, (self.done.snapshot, known, *place))
        self.done.listings += 1
        if self._told and self.done.listings % 1000 == 0:
            self._told(self.done.listings)

    def _known(self, document: int, number: int) -> tuple[int, int | None]:
        """Which copy of a listing this is in the snapshot, and its id if an earlier snapshot has so many copies."""
        key = (document, number)
        first = self._find(document, number, 0)
        copy = self._copies.get(key, 1) if first is not None and self._is_member(first) else 0
        if copy:
            self._copies[key] = copy + 1
            return copy, self._find(document, number, copy)
        return 0, first

    def _find(self, document: int, number: int, copy: int) -> int | None:
        row = self._db.execute(
            "SELECT id FROM listing WHERE document = ? AND number = ? AND copy = ? AND kind = ?",
            (document, number, copy, str(self._kind or "")),
        ).fetchone()
        return row[0] if row else None

    def _is_member(self, listing: int) -> bool:
        sought = (self.done.snapshot, listing)
        return (
            self._db.execute("SELECT 1 FROM member WHERE snapshot = ? AND listing = ?", sought).fetchone() is not None
        )

    def _close(self) -> None:
        done, execute = self.done, self._db.execute
        counts = (done.listings, sum(done.levels.values()), done.snapshot)
        execute("UPDATE snapshot SET listings = ?, findings = ? WHERE id = ?", counts)
        members = "SELECT listing FROM member WHERE snapshot = ?1"
        execute(f"UPDATE facet SET seen = ?1 WHERE seen <> ?1 AND id IN ({members})", (done.snapshot,))
        tally(self._db, done.snapshot)
        if done.new:
            learn_words(self._db)

    def _empty(self) -> None:
        for table in _EVERYTHING:
            self._db.execute(f"DELETE FROM {table}")
        self._db.execute("INSERT INTO words (words) VALUES ('delete-all')")
        self._documents.forget()


def tally(db: sqlite3.Connection, snapshot: int) -> None:
    """Count the facets of a whole snapshot once, while it is the latest, so that nobody has to count them again."""
    seen = "facet f JOIN shape s ON s.id = f.shape"
    for facet, number in (*((name, f"s.{name}") for name in SHAPE), ("host", "f.host")):
        db.execute(
            f"INSERT INTO tally SELECT ?1, '{facet}', t.text, count(*) FROM {seen} JOIN term t ON t.id = {number}"
            " WHERE f.seen = ?1 GROUP BY t.text",
            (snapshot,),
        )
    for facet, value in (("output", "s.answers"), ("price", "coalesce(f.price, '')")):
        db.execute(
            f"INSERT INTO tally SELECT ?1, '{facet}', {value}, count(*) FROM {seen} WHERE f.seen = ?1 GROUP BY {value}",
            (snapshot,),
        )
    db.execute(
        "INSERT INTO tally SELECT ?1, 'network', t.text, count(DISTINCT f.id) FROM facet f"
        " JOIN way w ON w.payment = f.payment JOIN term t ON t.id = w.network"
        " WHERE f.seen = ?1 AND t.text <> '' GROUP BY t.text",
        (snapshot,),
    )


@contextmanager
def transaction(db: sqlite3.Connection, patience: float = PATIENCE) -> Iterator[None]:
    """One transaction: committed at the end, undone when anything is raised. Waits for another writer."""
    deadline = time.monotonic() + patience
    while True:
        try:
            db.execute("BEGIN IMMEDIATE")
            break
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY:
                raise StoreError(f"it cannot be written: {error}") from error
            if time.monotonic() > deadline:
                raise StoreError("another import is under way") from error
        time.sleep(_PAUSE)  # in Python, so that Ctrl-C is heard
    try:
        yield
        db.execute("COMMIT")
    except BaseException as error:
        if db.in_transaction:
            db.execute("ROLLBACK")
        if isinstance(error, sqlite3.Error):
            raise StoreError(f"it cannot be written: {error}") from error
        raise
