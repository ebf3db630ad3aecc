"""Pieces: a text cut into the texts of its records, in constant memory, without parsing them."""

from __future__ import annotations

import re
from collections.abc import Iterator

from msgspec import Struct
from msgspec.structs import replace

from x402_catalog.reading.grammar import BLANK, CLOSERS, OPENERS, QUOTE
from x402_catalog.reading.text import Text

# A newline ends a string: in JSON none stands in one, so that a missing quote costs its line and not all the rest.
_INSIDE = rb'[^"\\\n]*+(?:\\[^\n][^"\\\n]*+)*+'


def _runs(outside: bytes) -> bytes:
    """Whole strings and what ``outside`` matches between them."""
    return outside + rb'(?:"' + _INSIDE + rb'"' + outside + rb")*+"


_STRING_REST = re.compile(_INSIDE)
_IN_CONTAINER = re.compile(_runs(rb'[^"\[\]{}]*+'))
_IN_ARRAY = re.compile(_runs(rb'[^"\[\]{},]*+'))
_COMMA, _BACKSLASH, _ARRAY_END, _NEWLINE = b",\\]\n"


class Piece(Struct, frozen=True):
    """The text of one record: ``raw`` without white space around it, or None when its ``size`` (bytes) is beyond the
    limit; ``line``, ``column`` and ``offset`` (bytes) where it begins; whether it runs into the end of the source."""

    raw: bytes | None
    size: int
    line: int
    column: int
    at_end: bool
    offset: int


def lines(text: Text, limit: int) -> Iterator[Piece]:
    """The lines from where ``text`` stands that are not blank."""
    number, column = text.here()
    offset = text.offset
    parts: list[bytes] = []
    size = 0
    for data in text.rest():
        begin = 0
        while (end := data.find(b"\n", begin)) >= 0:  # several times as fast as to split, for lines of some length
            line, begin = data[begin:end], end + 1
            size += len(line)
            piece = _line(parts, line, size if size > limit else 0, number, column, offset)
            if piece:
                yield piece
            offset += size + 1
            parts, size, column, number = [], 0, 1, number + 1
        rest = data[begin:]
        size += len(rest)
        parts = [*parts, rest] if size <= limit else []
    last = _line(parts, b"", size if size > limit else 0, number, column, offset)
    if last:
        yield replace(last, at_end=True)


def _line(parts: list[bytes], line: bytes, excess: int, number: int, column: int, offset: int) -> Piece | None:
    if excess:
        return Piece(None, excess, number, column, False, offset)
    if parts:
        line = b"".join((*parts, line))
    raw = line.strip(BLANK)
    blank = line.find(raw[:1])
    return Piece(raw, len(raw), number, column + blank, False, offset + blank) if raw else None


def document(text: Text, limit: int) -> Piece:
    """The value at which ``text`` stands: up to the bracket that closes it, or to the end."""
    return _Cutter(text, limit, _IN_CONTAINER).cut()


def rest_of_object(text: Text) -> bool:
    """Go behind the object inside which ``text`` stands; False if the text ends before it does."""
    cutter = _Cutter(text, 0, _IN_CONTAINER)
    cutter.depth = 1
    return not cutter.cut().at_end


class Elements:
    """The elements of the array at whose bracket ``text`` stands; when they are through, it stands behind the array.

    A missing element is a piece without bytes. ``closed`` tells afterwards whether the array was.
    """

    def __init__(self, text: Text, limit: int) -> None:
        self._text = text
        self._limit = limit
        self.closed = False

    def __iter__(self) -> Iterator[Piece]:
        text = self._text
        text.pos += 1
        after_comma = False
        while text.skip_blank():
            if text.chunk[text.pos] == _ARRAY_END and not after_comma:
                text.pos += 1
                self.closed = True
                return
            yield _Cutter(text, self._limit, _IN_ARRAY).cut()
            after_comma = text.skip_blank() and text.chunk[text.pos] == _COMMA
            text.pos += after_comma


class _Cutter:
    """Cuts one value, which may begin in one chunk and end many chunks later. ``outer`` matches what may stand in it
    outside its own brackets, up to the next byte that matters."""

    def __init__(self, text: Text, limit: int, outer: re.Pattern[bytes]) -> None:
        self.text = text
        self.limit = limit
        self.outer = outer
        self.depth = 0
        self.in_string = False
        self.escaped = False
        self.parts: list[bytes] = []
        self.size = 0

    def cut(self) -> Piece:
        line, column = self.text.here()
        offset = self.text.offset
        while not (ended := self._scan()) and self.text.advance():
            pass
        raw = b"".join(self.parts).rstrip(BLANK) if self.size <= self.limit else None
        return Piece(raw, self.size if raw is None else len(raw), line, column, not ended, offset)

    def _scan(self) -> bool:
        """Go to the end of the value or of the chunk; whether the value ended."""
        chunk, start = self.text.chunk, self.text.pos
        pos, ended = self._find_end(chunk, start)
        self.text.pos = pos
        self.size += pos - start
        self.parts = [*self.parts, chunk[start:pos]] if self.size <= self.limit else []
        return ended

    def _find_end(self, chunk: bytes, pos: int) -> tuple[int, bool]:
        size = len(chunk)
        while pos < size:
            if self.in_string:
                pos = self._leave_string(chunk, pos)
                continue
            match = (_IN_CONTAINER if self.depth else self.outer).match(chunk, pos)
            pos = match.end() if match else pos
            if pos == size:
                break
            byte = chunk[pos]
            if byte == QUOTE:
                self.in_string = True
            elif byte in OPENERS:
                self.depth += 1
            elif self.depth and byte in CLOSERS:
                self.depth -= 1
                if not self.depth and self.outer is _IN_CONTAINER:
                    return pos + 1, True
            elif not self.depth and byte in b",]" and self.outer is _IN_ARRAY:
                return pos, True
            pos += 1
        return size, False

    def _leave_string(self, chunk: bytes, pos: int) -> int:
        """Go to the end of the string or of the chunk, which may part a backslash from what it escapes."""
        if self.escaped:
            self.escaped = False
            if chunk[pos] != _NEWLINE:
                pos += 1
        match = _STRING_REST.match(chunk, pos)
        pos = match.end() if match else pos
        if pos == len(chunk):
            return pos
        if chunk[pos] == _BACKSLASH and pos + 1 == len(chunk):
            self.escaped = True
        else:
            self.in_string = False
        return pos + 1
