"""The ledger: what was reserved, signed, sent and settled, on disk before it happens.

One SQLite file. A reservation is one atomic statement that checks the run's cap, so caps hold over tasks, threads and
processes; a commit is on disk before the next step is taken. Authorization and digest are kept, never the signature.
"""

from __future__ import annotations

import json
import sqlite3
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from x402_catalog.money import Money
from x402_harness.policy import Caps, dollars_micro
from x402_harness.protocol.messages import Authorization

SCHEMA_VERSION = 1
_ATTEMPTS, _PAUSE = 1500, 0.02  # half a minute for others that open the same file
_MOST = 2**62  # micros; two of them still fit an SQLite integer


class Entry(StrEnum):
    """Where a purchase stands in the books."""

    RESERVED = "reserved"
    SIGNED = "signed"
    SENT = "sent"
    SETTLED = "settled"
    REFUSED = "refused"
    EXPIRED = "expired"
    UNKNOWN = "unknown"


MOVES: dict[Entry, frozenset[Entry]] = {
    Entry.RESERVED: frozenset({Entry.SIGNED, Entry.REFUSED}),
    Entry.SIGNED: frozenset({Entry.SENT, Entry.REFUSED, Entry.UNKNOWN}),
    Entry.SENT: frozenset({Entry.SETTLED, Entry.UNKNOWN, Entry.REFUSED}),
    Entry.UNKNOWN: frozenset({Entry.SETTLED, Entry.EXPIRED}),
    Entry.SETTLED: frozenset(),
    Entry.REFUSED: frozenset(),
    Entry.EXPIRED: frozenset(),
}
HOLDING = (Entry.RESERVED, Entry.SIGNED, Entry.SENT, Entry.SETTLED, Entry.UNKNOWN)  # money that counts as spent

_TABLES = """
CREATE TABLE IF NOT EXISTS purchase (
  id INTEGER PRIMARY KEY,
  run TEXT NOT NULL, "case" TEXT NOT NULL, state TEXT NOT NULL,
  network TEXT NOT NULL, asset TEXT NOT NULL, symbol TEXT NOT NULL, amount TEXT NOT NULL, micros INTEGER NOT NULL,
  "authorization" TEXT NOT NULL, digest TEXT NOT NULL UNIQUE, nonce TEXT NOT NULL,
  UNIQUE (run, "case")
) STRICT;
CREATE TABLE IF NOT EXISTS transition (
  purchase INTEGER NOT NULL REFERENCES purchase (id), at REAL NOT NULL, state TEXT NOT NULL, reason TEXT NOT NULL
) STRICT;
"""

_RESERVE = f"""
INSERT INTO purchase (run, "case", state, network, asset, symbol, amount, micros, "authorization", digest, nonce)
SELECT :run, :case, 'reserved', :network, :asset, :symbol, :amount, :micros, :authorization, :digest, :nonce
WHERE :micros <= :per_call AND :micros + COALESCE((SELECT SUM(micros) FROM purchase WHERE run = :run
  AND state IN ({", ".join(f"'{state}'" for state in HOLDING)})), 0) <= :per_run
"""


class CapReached(Exception):
    """The reservation would exceed a cap; nothing was reserved."""


class LedgerError(Exception):
    """The books do not allow the step; the message says which entry and why."""


@dataclass(frozen=True, slots=True)
class Row:
    """One purchase as it stands. Amounts are atomic units."""

    id: int
    run: str
    case: str
    state: Entry
    network: str
    asset: str
    symbol: str
    amount: int
    nonce: str
    digest: str


class Ledger:
    """An open ledger. ``clock`` gives the seconds since 1970 that transitions are dated with."""

    def __init__(self, path: Path, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._db = sqlite3.connect(path, isolation_level=None, timeout=30)
        try:
            self._prepare()
        except BaseException:
            self._db.close()
            raise

    def _prepare(self) -> None:
        # Changing the journal mode needs the file alone, and SQLite does not wait for that by itself.
        for attempt in range(_ATTEMPTS):
            try:
                self._migrate()
                return
            except sqlite3.OperationalError as error:
                if error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY or attempt == _ATTEMPTS - 1:
                    raise
            time.sleep(_PAUSE)

    def _migrate(self) -> None:
        (version,) = self._db.execute("PRAGMA user_version").fetchone()
        if version > SCHEMA_VERSION:
            raise LedgerError(f"the ledger is of version {version}, this program reads up to {SCHEMA_VERSION}")
        self._db.execute("PRAGMA journal_mode = WAL")
        self._db.execute("PRAGMA synchronous = FULL")
        self._db.executescript(_TABLES)
        self._db.execute(f"PRAGMA user_version = {SCHEMA_VERSION}")

    def close(self) -> None:
        """Close the file."""
        self._db.close()

    def __enter__(self) -> Ledger:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def reserve(
        self, *, run: str, case: str, price: Money, caps: Caps, authorization: Authorization, digest: bytes
    ) -> int:
        """Reserve the price for one case and return the entry's id.

        Raises :class:`CapReached` if a cap would be exceeded, and :class:`LedgerError` if the case was reserved before:
        a case is signed for once.
        """
        values = {
            "run": run, "case": case, "network": price.asset.network, "asset": price.asset.address,
            "symbol": price.asset.symbol, "amount": str(price.atomic), "micros": dollars_micro(price),
            "authorization": json.dumps(authorization.wire()), "nonce": authorization.nonce,
            "digest": "0x" + digest.hex(),
            "per_call": min(caps.per_call, _MOST), "per_run": min(caps.per_run, _MOST),
        }  # fmt: skip
        if dollars_micro(price) > min(caps.per_call, _MOST):
            raise CapReached(f"{price} would exceed the cap for one call")
        with self._transaction():
            try:
                cursor = self._db.execute(_RESERVE, values)
            except sqlite3.IntegrityError as error:
                raise LedgerError(f"case {case} of run {run} was signed for before: {error}") from error
            if cursor.rowcount == 0:
                raise CapReached(f"{price} would exceed the cap")
            entry = int(cursor.lastrowid or 0)
            self._note(entry, Entry.RESERVED, "policy approved")
        return entry

    def move(self, entry: int, *states: Entry, reason: str = "") -> None:
        """Move an entry through ``states`` in one commit. Raises :class:`LedgerError` for an illegal step."""
        with self._transaction():
            for state in states:
                self._move(entry, state, reason)

    def _move(self, entry: int, state: Entry, reason: str) -> None:
        found = self._db.execute("SELECT state FROM purchase WHERE id = ?", (entry,)).fetchone()
        if found is None:
            raise LedgerError(f"there is no entry {entry}")
        if state not in MOVES[Entry(found[0])]:
            raise LedgerError(f"entry {entry} cannot go from {found[0]} to {state}")
        self._db.execute("UPDATE purchase SET state = ? WHERE id = ?", (state, entry))
        self._note(entry, state, reason)

    def rows(self, run: str | None = None) -> list[Row]:
        """The entries of a run, or all, in the order in which they were reserved."""
        found = self._db.execute(
            'SELECT id, run, "case", state, network, asset, symbol, amount, nonce, digest FROM purchase '
            "WHERE ?1 IS NULL OR run = ?1 ORDER BY id",
            (run,),
        )
        return [
            Row(row[0], row[1], row[2], Entry(row[3]), row[4], row[5], row[6], int(row[7]), *row[8:]) for row in found
        ]

    def history(self, entry: int) -> list[tuple[float, Entry, str]]:
        """Every transition of an entry: when, to which state, why."""
        found = self._db.execute("SELECT at, state, reason FROM transition WHERE purchase = ? ORDER BY rowid", (entry,))
        return [(at, Entry(state), reason) for at, state, reason in found]

    def _note(self, entry: int, state: Entry, reason: str) -> None:
        kept = reason.encode("utf-8", "replace").decode()  # reasons of strangers may hold half surrogate pairs
        self._db.execute("INSERT INTO transition VALUES (?, ?, ?, ?)", (entry, self._clock(), state, kept))

    def _transaction(self) -> _Transaction:
        return _Transaction(self._db)


class _Transaction:
    def __init__(self, db: sqlite3.Connection) -> None:
        self._db = db

    def __enter__(self) -> None:
        self._db.execute("BEGIN IMMEDIATE")

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        self._db.execute("COMMIT" if kind is None else "ROLLBACK")


def spent(rows: list[Row]) -> Iterator[tuple[tuple[str, str, str], int]]:
    """Atomic units held per ``(network, asset, symbol)``."""
    sums: dict[tuple[str, str, str], int] = {}
    for row in rows:
        if row.state in HOLDING:
            key = (row.network, row.asset, row.symbol)
            sums[key] = sums.get(key, 0) + row.amount
    yield from sorted(sums.items())
