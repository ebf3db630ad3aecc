"""The ledger's file: opened for many processes at once, its commits as durable as each step needs."""

from __future__ import annotations

import os
import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from x402_harness.ledger import schema
from x402_harness.ledger.errors import Unusable

_ATTEMPTS, _PAUSE = 1500, 0.02  # half a minute for others that open the same file


def keep_to_owner(path: Path) -> None:
    """Make the file if it is not there, for its owner alone: SQLite would make it for everybody, and gives what it puts
    beside it the same mode. Where that cannot be done nothing is said: opening it will say why."""
    with suppress(OSError):
        os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))


class LedgerFile:
    """An open SQLite file with today's tables. Raises :class:`Unusable` for one that cannot be that."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._durable: bool | None = None
        with self.told():
            self.db = sqlite3.connect(path, isolation_level=None, timeout=30)
        try:
            with self.told():
                self._prepare()
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        """Close the file."""
        self.db.close()

    @contextmanager
    def told(self) -> Iterator[None]:
        """What SQLite raises for the file is raised as :class:`Unusable`; what it raises for a row is left."""
        try:
            yield
        except sqlite3.IntegrityError:
            raise
        except sqlite3.DatabaseError as error:
            raise Unusable(f"the ledger {self._path} cannot be used: {error}") from error

    @contextmanager
    def transaction(self, *, durable: bool = False) -> Iterator[None]:
        """Everything within is committed together or not at all; what is ``durable`` is then on the disk itself."""
        with self.told():
            if self._durable is not durable:
                # In WAL mode FULL waits for the disk at each commit; a wait covers all commits before it.
                self.db.execute(f"PRAGMA synchronous = {'FULL' if durable else 'NORMAL'}")
                self._durable = durable
            self.db.execute("BEGIN IMMEDIATE")
            try:
                yield
                self.db.execute("COMMIT")
            except BaseException:
                if self.db.in_transaction:  # a full disk ends it by itself
                    self.db.execute("ROLLBACK")
                raise

    def _prepare(self) -> None:
        # Changing the journal mode needs the file alone, and SQLite does not wait for that by itself.
        for attempt in range(_ATTEMPTS):
            try:
                self._open()
                return
            except sqlite3.OperationalError as error:
                if error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY or attempt == _ATTEMPTS - 1:
                    raise
            time.sleep(_PAUSE)

    def _open(self) -> None:
        found = schema.version(self.db)
        if found > schema.SCHEMA_VERSION:
            raise Unusable(f"the ledger is of version {found}, this program reads up to {schema.SCHEMA_VERSION}")
        self.db.execute("PRAGMA journal_mode = WAL")
        if found < schema.SCHEMA_VERSION:
            with self.transaction(durable=True):
                schema.migrate(self.db)
