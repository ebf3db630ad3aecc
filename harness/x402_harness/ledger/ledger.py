"""The ledger: what was planned, reserved, signed, sent and settled, on disk before it happens.

One SQLite file. A reservation is one atomic statement that checks every cap, so caps hold over tasks, threads and
processes. Before a signature leaves, all that led to it is on the disk itself; what comes after may be lost with the
machine's power, which leaves the entry as it was: open, its money held. Authorization and digest are kept, never the
signature.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable, Iterable
from pathlib import Path

from x402_catalog.money import Money
from x402_harness.ledger import schema
from x402_harness.ledger.entries import MOVES, Entry, Row
from x402_harness.ledger.errors import AlreadySigned, Cap, CapReached, LedgerError, Unusable
from x402_harness.ledger.file import LedgerFile, keep_to_owner
from x402_harness.ledger.filesystem import MOUNTS, network_filesystem
from x402_harness.policy import Caps, dollars_micro
from x402_harness.protocol.messages import Authorization

DAY = 86_400  # seconds
_MOST = 2**62  # micros; two of them still fit an SQLite integer
_COLUMNS = (
    'id, run, "case", state, network, asset, symbol, amount, nonce, digest, payer, valid_before, "transaction", '
    "(SELECT at FROM transition WHERE purchase = purchase.id ORDER BY rowid DESC LIMIT 1)"
)
_NEEDS_DISK = frozenset({Entry.SIGNED, Entry.SENT})  # steps after which a signature may leave


class Ledger:
    """An open ledger. ``clock`` gives the seconds since 1970 that transitions are dated with.

    Network file systems are refused unless the ledger is of ``sandbox`` money. Raises :class:`Unusable` for a file that
    cannot be opened or is of a later version, and from every step that cannot be written.
    """

    def __init__(self, path: Path, clock: Callable[[], float], *, sandbox: bool = False, mounts: Path = MOUNTS) -> None:
        remote = None if sandbox else network_filesystem(path, mounts)
        if remote is not None:
            raise Unusable(f"{path} is on {remote}: locks do not hold there, so caps would not either")
        if not sandbox:
            keep_to_owner(path)
        self._file = LedgerFile(path)
        self._db = self._file.db
        self._clock = clock

    def close(self) -> None:
        """Close the file."""
        self._file.close()

    def __enter__(self) -> Ledger:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def plan(self, run: str, cases: Iterable[tuple[str, Money]]) -> None:
        """Enter what a run is going to buy: cases with their prices. It holds no money.

        Raises :class:`AlreadySigned` for a case that the run has already; then nothing is entered.
        """
        with self._file.transaction(durable=True):
            for case, price in cases:
                self._plan(run, case, price)

    def _plan(self, run: str, case: str, price: Money) -> None:
        values = {**_priced(run, case, price), "state": Entry.PLANNED}
        try:
            cursor = self._db.execute(
                'INSERT INTO purchase (run, "case", state, network, asset, symbol, amount, micros) '
                "VALUES (:run, :case, :state, :network, :asset, :symbol, :amount, :micros)", values,
            )  # fmt: skip
        except sqlite3.IntegrityError as error:
            (entry,) = self._db.execute('SELECT id FROM purchase WHERE run = ? AND "case" = ?', (run, case)).fetchone()
            raise AlreadySigned(f"case {case} of run {run} is entered already", entry) from error
        self._note(int(cursor.lastrowid or 0), Entry.PLANNED, "planned")

    def decline(self, run: str, case: str, reason: str) -> None:
        """What was planned is not bought after all; nothing happens where it was not planned."""
        with self._file.transaction():
            found = self._db.execute(
                'SELECT id FROM purchase WHERE run = ? AND "case" = ? AND state = ?', (run, case, Entry.PLANNED)
            ).fetchone()
            if found is not None:
                self._move(found[0], Entry.REFUSED, reason)

    def reserve(
        self, *, run: str, case: str, price: Money, caps: Caps, authorization: Authorization, digest: bytes
    ) -> int:
        """Reserve the price for one case and return the entry's id.

        Raises :class:`CapReached` if a cap would be exceeded, and :class:`AlreadySigned` if the run had the case before
        or any run has an open entry for it: a case is signed for once.
        """
        values = {
            **_priced(run, case, price),
            "authorization": json.dumps(authorization.wire()), "nonce": authorization.nonce,
            "digest": "0x" + digest.hex(), "payer": authorization.from_,
            "valid_before": min(int(authorization.valid_before), _MOST),
            "per_call": min(caps.per_call, _MOST), "per_run": min(caps.per_run, _MOST),
            "per_day": None if caps.per_day is None else min(caps.per_day, _MOST),
        }  # fmt: skip
        if dollars_micro(price) > min(caps.per_call, _MOST):
            raise CapReached(str(price), Cap.CALL)
        with self._file.transaction():
            try:
                cursor = self._db.execute(schema.RESERVE, {**values, "since": int(self._clock()) - DAY})
            except sqlite3.IntegrityError as error:
                raise LedgerError(f"case {case} of run {run} cannot be reserved: {error}") from error
            if cursor.rowcount == 0:
                raise self._objection(values, price)
            (entry,) = self._db.execute("SELECT id FROM purchase WHERE digest = :digest", values).fetchone()
            self._note(entry, Entry.RESERVED, "policy approved")
        return int(entry)

    def _objection(self, values: dict[str, object], price: Money) -> LedgerError:
        found = self._db.execute(schema.STANDING_IN_THE_WAY, values).fetchone()
        if found is not None:
            entry, run, state = found
            return AlreadySigned(f"case {values['case']} was signed for before: entry {entry} of {run}, {state}", entry)
        (held,) = self._db.execute(schema.HELD_BY_RUN, values).fetchone()
        over_run = held + values["micros"] > values["per_run"]
        return CapReached(str(price), Cap.RUN if over_run else Cap.DAY)

    def move(self, entry: int, *states: Entry, reason: str = "", transaction: str | None = None) -> None:
        """Move an entry through ``states`` in one commit, and keep the ``transaction`` that was named, if any.

        After :data:`Entry.SIGNED` and :data:`Entry.SENT` the disk itself has it. Raises :class:`LedgerError` for an
        illegal step.
        """
        with self._file.transaction(durable=not _NEEDS_DISK.isdisjoint(states)):
            for state in states:
                self._move(entry, state, reason)
            if transaction is not None:
                self._db.execute('UPDATE purchase SET "transaction" = ? WHERE id = ?', (transaction, entry))

    def _move(self, entry: int, state: Entry, reason: str) -> None:
        found = self._db.execute("SELECT state FROM purchase WHERE id = ?", (entry,)).fetchone()
        if found is None:
            raise LedgerError(f"there is no entry {entry}")
        if state not in MOVES[Entry(found[0])]:
            raise LedgerError(f"entry {entry} cannot go from {found[0]} to {state}")
        self._db.execute("UPDATE purchase SET state = ? WHERE id = ?", (state, entry))
        self._note(entry, state, reason)

    def note(self, entry: int, reason: str) -> None:
        """Write into an entry's history that something happened which moved it nowhere; the disk itself has it."""
        with self._file.transaction(durable=True):
            self._note(entry, self._row(entry).state, reason)

    def release(self, entry: int, reason: str) -> Entry:
        """End an open entry on the word of a person, and return where it ended: ``refused`` if nothing had been sent.

        Raises :class:`LedgerError` for one that is not open, and while its signature could still move money.
        """
        with self._file.transaction(durable=True):
            row = self._row(entry)
            if row.state is Entry.PLANNED or not MOVES[row.state]:
                raise LedgerError(f"entry {entry} is {row.state}: there is nothing to release")
            left = (row.valid_before or 0) - self._clock()
            if row.state in (Entry.SENT, Entry.UNKNOWN) and left > 0:
                raise LedgerError(f"entry {entry} can still be settled for {left:.0f} seconds: release it after that")
            road = _RELEASED.get(row.state, (Entry.REFUSED,))
            for state in road:
                self._move(entry, state, f"released by a person: {reason}")
        return road[-1]

    def row(self, entry: int) -> Row:
        """One entry as it stands. Raises :class:`LedgerError` if there is none."""
        with self._file.told():
            return self._row(entry)

    def _row(self, entry: int) -> Row:
        found = self._db.execute(f"SELECT {_COLUMNS} FROM purchase WHERE id = ?", (entry,)).fetchone()
        if found is None:
            raise LedgerError(f"there is no entry {entry}")
        return _read(found)

    def rows(self, run: str | None = None) -> list[Row]:
        """The entries of a run, or all, in the order in which they were entered."""
        with self._file.told():
            found = self._db.execute(
                f"SELECT {_COLUMNS} FROM purchase WHERE ?1 IS NULL OR run = ?1 ORDER BY id", (run,)
            )
            return [_read(row) for row in found]

    def authorization(self, entry: int) -> Authorization:
        """What was, or is to be, signed for an entry: signing its digest again gives the same bytes.

        Raises :class:`LedgerError` for an entry without one.
        """
        with self._file.told():
            found = self._db.execute('SELECT "authorization" FROM purchase WHERE id = ?', (entry,)).fetchone()
        if found is None or found[0] is None:
            raise LedgerError(f"entry {entry} has no authorization")
        return Authorization.model_validate(json.loads(found[0]))

    def history(self, entry: int) -> list[tuple[float, Entry, str]]:
        """Every transition of an entry: when, to which state, why."""
        with self._file.told():
            found = self._db.execute(
                "SELECT at, state, reason FROM transition WHERE purchase = ? ORDER BY rowid", (entry,)
            )
            return [(at, Entry(state), reason) for at, state, reason in found]

    def _note(self, entry: int, state: Entry, reason: str) -> None:
        kept = reason.encode("utf-8", "replace").decode()  # reasons of strangers may hold half surrogate pairs
        self._db.execute("INSERT INTO transition VALUES (?, ?, ?, ?)", (entry, self._clock(), state, kept))


_RELEASED = {Entry.SENT: (Entry.UNKNOWN, Entry.EXPIRED), Entry.UNKNOWN: (Entry.EXPIRED,)}


def _priced(run: str, case: str, price: Money) -> dict[str, object]:
    asset = price.asset
    return {
        "run": run, "case": case, "network": asset.network, "asset": asset.address, "symbol": asset.symbol,
        "amount": str(price.atomic), "micros": min(dollars_micro(price), _MOST),
    }  # fmt: skip


def _read(found: tuple[object, ...]) -> Row:
    values = list(found)
    values[3], values[7] = Entry(str(values[3])), int(str(values[7]))
    return Row(*values)  # type: ignore[arg-type]  # the table is STRICT: the columns have the types of the members
