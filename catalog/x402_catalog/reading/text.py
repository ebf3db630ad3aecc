"""Text: a stream's chunks with a place in them that knows its line and column."""

from __future__ import annotations

from collections.abc import Iterator

from x402_catalog.reading.grammar import BLANK, SPACE
from x402_catalog.reading.positions import characters


class Text:
    """Chunks of bytes read one after the other. ``chunk[pos]`` is where reading stands; only one chunk is held,
    unless :meth:`first_line` was asked for."""

    def __init__(self, chunks: Iterator[bytes]) -> None:
        self._chunks = chunks
        self.chunk = b""
        self.pos = 0
        self._line, self._column = 1, 1
        self._before = 0  # bytes of the stream in front of the chunk
        self._mark = 0  # up to here the chunk is counted in line and column

    def advance(self) -> bool:
        """Go on to the next chunk; False at the end of the stream, where nothing is left."""
        self._count(len(self.chunk))
        self._before += len(self.chunk)
        self.chunk = next(self._chunks, b"")
        self.pos = self._mark = 0
        return bool(self.chunk)

    def here(self) -> tuple[int, int]:
        """Line and column (from 1, in characters) of ``pos``, which must not have gone back."""
        self._count(self.pos)
        return self._line, self._column

    @property
    def offset(self) -> int:
        """How many bytes of the stream stand in front of ``pos``."""
        return self._before + self.pos

    def skip_blank(self) -> bool:
        """Go to the next byte that is not white space; False when there is none."""
        while True:
            match = SPACE.match(self.chunk, self.pos)
            self.pos = match.end() if match else self.pos
            if self.pos < len(self.chunk):
                return True
            if not self.advance():
                return False

    def peek(self, size: int) -> bytes:
        """What stands at ``pos``, ``size`` bytes of it where there are so many. Stays where it is."""
        while len(self.chunk) - self.pos < size and (part := next(self._chunks, b"")):
            self.chunk += part
        return self.chunk[self.pos : self.pos + size]

    def skip(self, size: int) -> None:
        """Go on by ``size`` bytes that were peeked at."""
        self.pos += size

    def skip_mark(self) -> None:
        """Skip a byte order mark, which RFC 8259 §8.1 lets parsers ignore, at the beginning of the stream."""
        self._extend(3)
        if self.chunk.startswith(b"\xef\xbb\xbf"):
            self.chunk = self.chunk[3:]
            self._before = 3

    def rest(self) -> Iterator[bytes]:
        """What is left, in chunks. Lines and columns are counted no further."""
        if self.pos < len(self.chunk):
            yield self.chunk[self.pos :]
        self.chunk = b""
        yield from self._chunks

    def first_line(self, limit: int) -> tuple[bytes | None, bool]:
        """The line at ``pos``, None when it is longer than ``limit`` bytes, and whether more than white space seems
        to follow it. Stays where it is."""
        parts = [self.chunk[self.pos :]]
        size = len(parts[0])
        while b"\n" not in parts[-1] and size <= limit and (part := next(self._chunks, b"")):
            parts.append(part)
            size += len(part)
        line, newline, rest = b"".join(parts).partition(b"\n")
        parts = [line, newline, rest]
        size = len(rest)
        while newline and not parts[-1].strip(BLANK) and size <= limit and (part := next(self._chunks, b"")):
            parts.append(part)
            size += len(part)
        self.chunk = self.chunk[: self.pos] + b"".join(parts)
        more = size > limit or (bool(newline) and bool(parts[-1].strip(BLANK)))
        return (line if len(line) <= limit else None), more

    def _extend(self, size: int) -> None:
        while len(self.chunk) < size and (part := next(self._chunks, b"")):
            self.chunk += part

    def _count(self, pos: int) -> None:
        data, mark = self.chunk, self._mark
        if pos <= mark:
            return
        lines = data.count(b"\n", mark, pos)
        if lines:
            self._line += lines
            self._column = characters(data[data.rfind(b"\n", mark, pos) + 1 : pos]) + 1
        else:
            self._column += characters(data[mark:pos])
        self._mark = pos
