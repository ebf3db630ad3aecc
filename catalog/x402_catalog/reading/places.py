"""Places: where a record begins in its file."""

from __future__ import annotations

from typing import Any

from msgspec import Struct

from x402_catalog.findings import Finding, Location
from x402_catalog.reading.positions import line_and_column
from x402_catalog.records import Record


class Place(Struct, frozen=True):
    """Where a record begins: the file as the user named it, line and column (from 1), and the JSON pointer of the
    record in its container (``""`` or ``"/3"``), and the ``offset`` of its first byte in the (unpacked) file."""

    file: str
    line: int = 1
    column: int = 1
    pointer: str = ""
    offset: int = 0

    def record(self, value: Any, raw: bytes, faults: tuple[Finding, ...] = ()) -> Record:
        """The record that begins here and has the text ``raw``."""
        return Record(value, raw, self.file, self.line, self.column, self.pointer, self.offset, faults)

    def location(self) -> Location:
        """The record's own location."""
        return Location(file=self.file, line=self.line, column=self.column, pointer=self.pointer)

    def within(self, raw: bytes, offset: int, pointer: str = "") -> Location:
        """The location of the byte at ``offset`` of the record's text ``raw``; ``pointer`` is relative to it."""
        line, column = line_and_column(raw, offset)
        return Location(
            file=self.file,
            line=self.line + line - 1,
            column=column + self.column - 1 if line == 1 else column,
            pointer=self.pointer + pointer,
        )
