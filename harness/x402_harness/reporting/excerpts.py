"""Excerpts: the line of text that a finding points at, cut around its column."""

from __future__ import annotations

import codecs
import os
import stat
from collections.abc import Iterator
from dataclasses import dataclass

from x402_catalog.findings import Location
from x402_catalog.reading.grammar import BLANK, OPENERS, QUOTE, SCALAR, STRING
from x402_catalog.reading.streams import STDIN, SourceError, chunks
from x402_catalog.records import Record

BEFORE, AFTER = 50, 90  # characters of a long line that are shown on either side of the column
WIDTH = BEFORE + AFTER  # up to here a line is not long
_MARK = b"\xef\xbb\xbf"


@dataclass(frozen=True, slots=True)
class Excerpt:
    """Part of a line: ``text[start : start + length]`` is what the finding is about; ``cut_before`` and ``cut_after``
    say whether the line goes on. ``start`` may stand behind the text, at the end of the line."""

    text: str
    start: int
    length: int = 1
    cut_before: bool = False
    cut_after: bool = False


class Excerpts:
    """Finds excerpts: in the record at hand, else in the file itself, read again and forwards only as far as asked.

    Memory holds one chunk of one file. A file that is no longer there, or a stream, has none.
    """

    def __init__(self) -> None:
        self._lines: _Lines | None = None

    def find(self, location: Location, record: Record | None = None) -> Excerpt | None:
        """The excerpt at ``location``, whose finding stands in ``record``."""
        if location.file is None or location.line is None:
            return None
        column = location.column or 1
        offset = None if record is None else _line_offset(record, location)
        if record is not None and offset is not None:
            first = record.column if location.line == record.line else 1
            return _of_record(record.raw, offset, column - first)
        return self._of_file(location.file, location.line, column)

    def _of_file(self, file: str, line: int, column: int) -> Excerpt | None:
        try:
            if self._lines is None or self._lines.file != file or not self._lines.is_before(line):
                if not _can_be_read_again(file):
                    return None
                self._lines = _Lines(file)
            return self._lines.excerpt(line, column)
        except (SourceError, OSError, ValueError):
            self._lines = None
            return None


def token_end(location: Location, record: Record | None) -> int | None:
    """The column behind the string, number or word at ``location``; ``None`` where that is not known."""
    offset = None if record is None else _line_offset(record, location)
    if record is None or offset is None:
        return None
    first = record.column if location.line == record.line else 1
    column = location.column or 1
    start = _character_offset(record.raw, offset, column - first)
    if record.raw[start : start + 1] in (b"{", b"["):
        return None
    length = _token_length(record.raw, start)
    return column + length if length else None


def _line_offset(record: Record, location: Location) -> int | None:
    """The offset in the record's text of the line at ``location``; ``None`` if it stands outside."""
    if location.file != record.file or location.line is None or location.line < record.line:
        return None
    if location.line == record.line and (location.column or 1) < record.column:
        return None
    offset = 0
    for _ in range(location.line - record.line):
        offset = record.raw.find(b"\n", offset) + 1
        if not offset:
            return None
    return offset


def _of_record(raw: bytes, offset: int, index: int) -> Excerpt:
    end = raw.find(b"\n", offset)
    line = raw[offset : end if end >= 0 else len(raw)]
    start = _character_offset(line, 0, index)
    near = start + 4 * WIDTH + 4  # a character has four bytes at most
    after = line[start:near].decode("utf-8", "replace")
    before = line[:start].decode("utf-8", "replace")
    return _excerpt(before, after, _token_length(raw, offset + start), (False, near < len(line)))


def _excerpt(before: str, after: str, length: int, goes_on: tuple[bool, bool]) -> Excerpt:
    """The line ``before`` and ``after`` the column, whole if it is short; ``goes_on`` tells of either end whether the
    line goes on there."""
    cut_before, cut_after = goes_on
    if cut_before or cut_after or len(before) + len(after) > WIDTH:
        cut_before, cut_after = cut_before or len(before) > BEFORE, cut_after or len(after) > AFTER
        before, after = before[-BEFORE:], after[:AFTER]
    if not cut_after:
        after = after.removesuffix("\r")
    text = before + after
    return Excerpt(text, len(before), max(1, min(length, len(after))), cut_before, cut_after)


def _character_offset(raw: bytes, offset: int, index: int) -> int:
    """The offset of the character ``index`` places behind ``offset``; at the end of the text where it has fewer."""
    if raw.isascii():
        return min(offset + index, len(raw))
    text = raw[offset : offset + 4 * index].decode("utf-8", "surrogateescape")[:index]
    return offset + len(text.encode("utf-8", "surrogateescape"))


def _token_length(raw: bytes, start: int) -> int:
    """How many characters the string, number or word at ``start`` has; 1 for a bracket, 0 for nothing."""
    kind = raw[start] if start < len(raw) else 0
    if kind in OPENERS:
        return 1
    match = STRING.match(raw, start) if kind == QUOTE else SCALAR.match(raw, start)
    return len(match[0].strip(BLANK).decode("utf-8", "replace")) if match else 0


def _can_be_read_again(file: str) -> bool:
    # A pipe would be waited on for ever.
    return file != STDIN and stat.S_ISREG(os.stat(file).st_mode)


class _Lines:
    """A file, read line by line as far as findings ask for; ``_number`` is the line in which ``_pos`` stands."""

    def __init__(self, file: str) -> None:
        self.file = file
        self._chunks: Iterator[bytes] = chunks(file, file)
        self._chunk = next(self._chunks, b"").removeprefix(_MARK)  # which no column counts
        self._pos = 0
        self._number = 1
        self._at_start = True

    def is_before(self, line: int) -> bool:
        """Whether the beginning of ``line`` is still to come."""
        return self._number < line or (self._number == line and self._at_start)

    def excerpt(self, line: int, column: int) -> Excerpt | None:
        """The excerpt at ``line`` and ``column``; ``None`` if the file has no such line."""
        if not self._go_to(line):
            return None
        index = column - 1
        begin = max(0, index - WIDTH)
        text, goes_on = self._window(begin, index + WIDTH)
        return _excerpt(text[: index - begin], text[index - begin :], 1, (begin > 0, goes_on))

    def _go_to(self, line: int) -> bool:
        while self._number < line:
            inside = self._chunk.count(b"\n", self._pos)
            if self._number + inside < line:
                self._number += inside
                if not self._advance():
                    return False
                continue
            for _ in range(line - self._number):
                self._pos = self._chunk.index(b"\n", self._pos) + 1
            self._number = line
        self._at_start = True
        return self._pos < len(self._chunk) or self._advance()

    def _window(self, begin: int, end: int) -> tuple[str, bool]:
        """Characters ``begin`` to ``end`` of the line, and whether it goes on."""
        decoder = codecs.getincrementaldecoder("utf-8")("replace")
        kept, seen, pos = "", 0, self._pos
        while True:
            newline = self._chunk.find(b"\n", pos)
            text = decoder.decode(self._chunk[pos : newline if newline >= 0 else None], newline >= 0)
            kept += text[max(0, begin - seen) : max(0, end + 1 - seen)]
            seen += len(text)
            if newline >= 0 or seen > end or not self._advance():
                return kept[: end - begin], seen > end
            self._at_start, pos = False, 0

    def _advance(self) -> bool:
        self._chunk, self._pos = next(self._chunks, b""), 0
        return bool(self._chunk)
