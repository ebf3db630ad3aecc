"""Waiting rows: written many at a time, which takes half as long as a statement for each."""

from __future__ import annotations

import sqlite3
from collections import defaultdict
from collections.abc import Sequence

_ROWS = 1000  # of all statements together
_SIZE = 4 * 1024 * 1024  # bytes of documents and characters of texts


class Waiting:
    """Rows of statements that add rows, which are in the database after :meth:`write` and may be before."""

    def __init__(self, db: sqlite3.Connection) -> None:
        self._db = db
        self._rows: defaultdict[str, list[Sequence[object]]] = defaultdict(list)
        self._count = 0
        self._size = 0

    def put(self, statement: str, row: Sequence[object], size: int = 0) -> None:
        """Let ``row`` wait for its ``statement``; ``size`` is that of what may be large in it."""
        self._rows[statement].append(row)
        self._count += 1
        self._size += size

    @property
    def is_full(self) -> bool:
        """Whether it is time to write."""
        return self._count >= _ROWS or self._size >= _SIZE

    def write(self) -> None:
        """Write what waits."""
        for statement, rows in self._rows.items():
            self._db.executemany(statement, rows)
        self.forget()

    def forget(self) -> None:
        """Let go of what waits."""
        self._rows.clear()
        self._count = self._size = 0
